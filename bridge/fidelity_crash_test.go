package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// A crash at any step of a file's way changes neither what arrives nor how often.
func TestFilesThroughCrashes(t *testing.T) {
	t.Parallel()
	for _, step := range []string{
		"md.claimed", "md.begun", "md.fetched", "md.committed",
		"d.claimed", "d.begun", "d.pre-post", "d.posted", "d.committed",
		"w.claimed", "w.begun", "w.uploaded", "w.pre-post", "w.posted", "w.committed",
	} {
		t.Run(step, func(t *testing.T) {
			liveFrom(t, in2025, func(w *world) {
				w.client("1", "halo")
				ticks()
				w.arm(step)
				m := w.picture("2", "JPEG klien", "struk")
				m.Album = "berdua"
				w.receive(m)
				m = w.picture("3", "JPEG lain", "")
				m.Album = "berdua"
				w.receive(m)
				w.says(bridge.StaffMessage{Text: "ini", Files: []bridge.StaffFile{w.attach("a.jpg", "image/jpeg", "JPEG kita")}})
				w.receive(bridge.ClientMessage{ID: "4", Kind: bridge.KindReaction, Target: "2", Text: "👍"})
				time.Sleep(10 * time.Second)
				synctest.Wait()
				w.arm("")
				w.restart()
				w.settle()
				shown := w.lines()
				if len(shown) != 2 || shown[1].content != "**Ana:** struk <2.jpg JPEG klien> <3.jpg JPEG lain>" || !slices.Equal(w.reactionsOn(shown[1].id), []string{"👍"}) {
					t.Errorf("thread shows %q", shown)
				}
				w.greeted("99@lid: <image a.jpg JPEG kita> ini")
				// An upload whose answer was not kept is done again; one that was kept, never.
				if n := len(w.phone.given); n != 1 {
					t.Errorf("%d uploads: %q", n, w.phone.given)
				}
			})
		})
	}
}

// arm makes the courier crash at a step, "" for none.
func (w *world) arm(step string) {
	w.leaseMu.Lock()
	defer w.leaseMu.Unlock()
	w.crashAt = map[string]bool{step: step != ""}
}

// The line that stood in for a file stays what it is, and the file follows once,
// though everything stopped in between.
func TestLateFileThroughCrash(t *testing.T) {
	for _, step := range []string{"md.fetched", "md.committed", "d.posted"} {
		t.Run(step, func(t *testing.T) {
			liveFrom(t, in2025, func(w *world) {
				w.client("1", "halo")
				ticks()
				w.phone.takes = map[string]time.Duration{"2": 3 * time.Minute}
				w.receive(w.picture("2", "JPEG lambat", ""))
				time.Sleep(50 * time.Second)
				w.arm(step)
				time.Sleep(4 * time.Minute)
				synctest.Wait()
				w.arm("")
				w.restart()
				w.settle()
				w.settle()
				shown := w.lines()
				if len(shown) != 3 || !strings.Contains(shown[1].content, "masih diunduh") || !strings.HasSuffix(shown[2].content, "<2.jpg JPEG lambat>") || shown[2].replyTo != shown[1].id {
					t.Errorf("thread shows %q", shown)
				}
			})
		})
	}
}

// A file that was given up and is fetched after all, because somebody retried it,
// follows the line that stood in for it.
func TestGivenUpFileFollowsAfterRetry(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.phone.trouble = func(string, int) error {
			return &bridge.SendError{Certainty: bridge.Refused, Reason: "WhatsApp answered with error 500"}
		}
		w.receive(w.picture("1", "JPEG", ""))
		ticks()
		if shown := w.lines(); len(shown) != 1 || !strings.Contains(shown[0].content, "⚠️ *Gambar `1.jpg` (4 B) tidak dapat diunduh: WhatsApp menjawab dengan kode 500.*") {
			t.Fatalf("thread shows %q", shown)
		}
		w.phone.trouble = nil
		for l, err := range w.store.Dead(w.t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			w.retry(l.ID)
		}
		ticks()
		if shown := w.lines(); len(shown) != 2 || !strings.HasSuffix(shown[1].content, "<1.jpg JPEG>") || shown[1].replyTo != shown[0].id {
			t.Errorf("thread shows %q", shown)
		}
	})
}
