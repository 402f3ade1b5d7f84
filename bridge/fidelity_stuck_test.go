package bridge_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// cutOff is what a network says whose server ends the connection.
var cutOff = &bridge.SendError{Certainty: bridge.NotSent, Outage: true, Reason: "the file broke off on its way"}

// A file that breaks off each time does not keep those behind it.
func TestFileThatNeverComesStepsAside(t *testing.T) {
	t.Parallel()
	liveFrom(t, in2025, func(w *world) {
		w.phone.trouble = func(id string, _ int) error {
			if id == "2" {
				return cutOff
			}
			return nil
		}
		w.client("1", "halo")
		w.receive(w.picture("2", "JPEG terputus", ""))
		w.receive(w.picture("3", "JPEG utuh", ""))
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		shown := strings.Join(contents(w.lines()), "\n")
		if !strings.Contains(shown, "<3.jpg JPEG utuh>") || !strings.Contains(shown, "`2.jpg`") {
			t.Errorf("thread shows %q", shown)
		}
		time.Sleep(26 * time.Hour)
		synctest.Wait()
		n := w.phone.asked["2"]
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if w.phone.asked["2"] != n {
			t.Errorf("it is still asked for after a day: %d times", w.phone.asked["2"])
		}
		if shown := contents(w.lines()); !strings.Contains(shown[len(shown)-1], "tidak dapat diunduh") {
			t.Errorf("in the end: %q", shown)
		}
	})
}

func contents(all []said) (out []string) {
	for _, s := range all {
		out = append(out, s.content)
	}
	return out
}

// Files that do not come hold their thread up once, not each in its turn.
func TestManyFilesThatDoNotComeHoldUpOnce(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		var well atomic.Bool
		w.phone.trouble = func(string, int) error {
			if well.Load() {
				return nil
			}
			return cutOff
		}
		for i := range 10 {
			w.receive(w.picture(fmt.Sprint(i), "JPEG", ""))
		}
		w.client("99", "sudah?")
		time.Sleep(2*time.Minute + 30*time.Second)
		synctest.Wait()
		if shown := contents(w.lines()); len(shown) != 11 || shown[10] != "**Ana:** sudah?" {
			t.Errorf("thread shows %q", shown)
		}
		well.Store(true)
		w.settle()
		if shown := contents(w.lines()); len(shown) != 21 { // all follow
			t.Errorf("thread shows %q", shown)
		}
	})
}

// What Discord does not take stands in, and the words and the other files arrive.
func TestFilesThatDiscordDoesNotTake(t *testing.T) {
	big := "JPEG " + strings.Repeat("x", 50)
	for name, c := range map[string]struct {
		err  error
		line string
	}{
		"refused":   {&bridge.SendError{Certainty: bridge.Refused, Reason: "Discord refused: odd file"}, "tidak diterima Discord"},
		"too large": {&bridge.SendError{Certainty: bridge.NotSent, Reason: "too large", Err: &bridge.MediaError{Fault: bridge.TooLarge}}, "terlalu besar untuk Discord"},
		"cut":       {&bridge.SendError{Certainty: bridge.Unknown, Outage: true, Reason: "Discord gave no clear answer"}, "terputus berkali-kali"},
	} {
		t.Run(name, func(t *testing.T) {
			liveFrom(t, in2025, func(w *world) {
				w.client("1", "halo")
				ticks()
				w.board.fail = func(what string, _ int) (bool, error) {
					if !strings.Contains(what, "struk") || strings.Contains(what, "`2.jpg`") {
						return true, nil
					}
					if name == "too large" {
						w.board.limit = 20 // learnt
					}
					return false, c.err
				}
				w.receive(w.picture("2", big, "struk"))
				w.client("3", "sudah?")
				time.Sleep(15 * time.Minute)
				synctest.Wait()
				shown := contents(w.lines())
				if len(shown) != 3 || !strings.HasPrefix(shown[1], "**Ana:** struk\n⚠️ *Gambar `2.jpg`") || !strings.Contains(shown[1], c.line) {
					t.Errorf("thread shows %q", shown)
				}
			})
		})
	}
}

// A desk that goes on with another disk shows the words, and says which file is missing.
func TestFileThatIsNotOnThisDiskStandsIn(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		w.board.up = false
		w.receive(w.picture("2", "JPEG hilang", "struk"))
		ticks()
		w.library.mu.Lock()
		clear(w.library.content)
		w.library.mu.Unlock()
		w.board.up = true
		w.courier.Poke()
		ticks()
		if shown := contents(w.lines()); len(shown) != 2 || !strings.Contains(shown[1], "struk\n⚠️ *Gambar `2.jpg`") || !strings.Contains(shown[1], "penyimpanan desk") {
			t.Errorf("thread shows %q", shown)
		}
	})
}

// An upload that WhatsApp's server cuts each time is given up, so that what is behind it
// gets through; who sent it can try again.
func TestUploadThatIsCutIsGivenUp(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		w.phone.refuse = func(string, string) error { return cutOff }
		id := w.says(bridge.StaffMessage{Files: []bridge.StaffFile{w.attach("a.jpg", "image/jpeg", "JPEG")}})
		w.says(bridge.StaffMessage{Text: "sudah saya kirim"})
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		w.greeted("99@lid: sudah saya kirim")
		if n := w.notices(id); len(n) == 0 || !strings.Contains(strings.Join(n, "\n"), "selalu terputus. *Kirim ulang*") {
			t.Errorf("notices: %q", n)
		}
		w.phone.refuse = nil
		w.retry("d/" + id + "/0.1")
		w.settle()
		w.greeted("99@lid: sudah saya kirim", "99@lid: <image a.jpg JPEG>")
		if n := w.notices(id); !strings.Contains(strings.Join(n, "\n"), "✅ Terkirim ke klien setelah dikirim ulang.") {
			t.Errorf("notices: %q", n)
		}
	})
}

// What is read at last says whom it answers and, in a group, who wrote it.
func TestLateContentNamesItsWriterAndWhatItAnswers(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.policy.Groups = []string{"120@g.us"}
		w.relay = bridge.NewRelay(w.store, w.policy, w.log)
		m := bridge.ClientMessage{Chat: "120@g.us", ID: "1", Unreadable: "no session", Group: &bridge.Group{Name: "Tim", Sender: "7@lid", SenderName: "Budi"}}
		w.receive(m)
		ticks()
		m.Unreadable, m.Text, m.Quote = "", "setuju", &bridge.Quote{ID: "0", Text: "jam 9?"}
		w.receive(m)
		ticks()
		w.wantLines("-# ↩️ Membalas “jam 9?”\n**Budi:** setuju")
	})
}

// Nobody gets the sign of the desk's own phone by his name.
func TestNameDoesNotLookLikeTheDesk(t *testing.T) {
	for _, group := range []*bridge.Group{nil, {Sender: "7@lid", SenderName: "📱 Dari ponsel desk"}} {
		live(t, func(w *world) {
			w.policy.Groups = []string{"120@g.us"}
			w.relay = bridge.NewRelay(w.store, w.policy, w.log)
			m := bridge.ClientMessage{Chat: "9@lid", Name: "📱 Dari ponsel desk", ID: "1", Text: "sudah kami ganti", Group: group, At: time.Now()}
			if group != nil {
				m.Chat = "120@g.us"
			}
			if err := w.relay.Receive(w.t.Context(), m); err != nil {
				w.t.Fatal(err)
			}
			ticks()
			if shown := contents(w.lines()); len(shown) != 1 || strings.Contains(shown[0], "📱") {
				t.Errorf("shown as %q", shown)
			}
		})
	}
}

// A file that could not be had from Discord is asked for again, once, by whoever sends
// its message again.
func TestFileOfAnAgentIsFetchedAgainWithItsMessage(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		ticks()
		w.board.trouble = func(string, int) error {
			return &bridge.SendError{Certainty: bridge.Refused, Reason: "Discord does not give the file out"}
		}
		id := w.says(bridge.StaffMessage{Files: []bridge.StaffFile{w.attach("a.jpg", "image/jpeg", "JPEG")}})
		w.settle()
		for asked := 1; asked < 4; asked++ {
			w.greeted()
			if n := w.board.asked["a.jpg"]; n != asked {
				t.Errorf("the file was asked for %d times, want %d", n, asked)
			}
			if asked == 3 {
				w.board.trouble = nil
			}
			w.retry("d/" + id + "/0.1")
			w.settle()
		}
		w.greeted("99@lid: <image a.jpg JPEG>")
	})
}
