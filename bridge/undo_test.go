package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
)

// undoable is a world in which an agent's message waits three seconds, with a ticket.
func undoable(t *testing.T, story func(w *world)) {
	t.Helper()
	live(t, func(w *world) {
		w.desk(func(d *bridge.Desk) { d.Undo = 3 * time.Second })
		w.client("m1", "halo")
		w.settle()
		story(w)
	})
}

// sentTo is how often WhatsApp was asked for anything since the greeting.
func (w *world) sentTo() (n int) {
	w.phone.mu.Lock()
	defer w.phone.mu.Unlock()
	for id, tries := range w.phone.tries {
		if !strings.HasPrefix(id, "ID-auto/") {
			n += tries
		}
	}
	return n
}

// What is deleted while it waits was never sent: no change at the client's, no dead letter,
// no line, no mark.
func TestDeletedWhileItWaits(t *testing.T) {
	undoable(t, func(w *world) {
		w.writtenBy("sari", "5001", "salah kirim")
		time.Sleep(2900 * time.Millisecond)
		w.wantMark("5001")
		w.wantPhone(greeting)
		w.remove("5001")
		w.settle()
		w.wantPhone(greeting)
		w.wantMark("5001")
		w.wantLineOn("5001")
		if n := w.sentTo(); n != 0 {
			t.Errorf("WhatsApp was asked %d times", n)
		}
		if _, dead, err := w.store.DeadLetters(w.t.Context(), 0, 10); err != nil || dead != 0 {
			t.Errorf("%d dead letters, %v", dead, err)
		}
		if tk := w.ticketNow(); !tk.Responded.IsZero() {
			t.Errorf("responded at %s", tk.Responded)
		}
		w.writtenBy("sari", "5002", "benar")
		time.Sleep(3100 * time.Millisecond)
		w.wantPhone(greeting, "99@lid: benar")
	})
}

// What waits leaves after the delay, in the order it was written, and what waits behind
// it stays behind it.
func TestOrderOfWhatWaits(t *testing.T) {
	undoable(t, func(w *world) {
		w.writtenBy("sari", "5001", "satu")
		time.Sleep(2 * time.Second)
		w.writtenBy("sari", "5002", "dua")
		w.desk(func(d *bridge.Desk) { d.Undo = 0 })
		w.writtenBy("sari", "5003", "tiga")
		time.Sleep(900 * time.Millisecond)
		w.wantPhone(greeting)
		time.Sleep(300 * time.Millisecond)
		w.wantPhone(greeting, "99@lid: satu")
		time.Sleep(2 * time.Second)
		w.wantPhone(greeting, "99@lid: satu", "99@lid: dua", "99@lid: tiga")
	})
}

// What is edited while it waits is sent in its new words, without an edit; also when it
// becomes a note, calls a colleague, loses its file or goes in other parts.
func TestEditedWhileItWaits(t *testing.T) {
	undoable(t, func(w *world) {
		w.writtenBy("sari", "5001", "harga 10")
		w.writtenBy("sari", "5002", "kok dia cerewet")
		w.writtenBy("sari", "5003", "tanya Tono")
		shot := w.attach("a.jpg", "image/jpeg", "JPEG satu")
		other := w.attach("b.jpg", "image/jpeg", "JPEG dua")
		w.writtenBy("sari", "5004", "lihat", shot, other)
		time.Sleep(time.Second)
		w.changedBy("sari", "5001", "harga 100")
		w.changedBy("sari", "5002", "// kok dia cerewet")
		w.changedBy("sari", "5003", "tanya <@77>")
		w.changedBy("sari", "5004", "lihat ini", other)
		time.Sleep(time.Second)
		w.changedBy("sari", "5001", "harga 1000")
		w.settle()
		w.wantPhone(greeting, "99@lid: harga 1000", "99@lid: <image b.jpg JPEG dua> lihat ini")
		if n := w.sentTo(); n != 2 {
			t.Errorf("WhatsApp was asked %d times, want 2", n)
		}
		w.wantMark("5001", "☑️")
		w.wantMark("5002", "📝")
		w.wantMark("5003", "⏸️")
		w.wantMark("5004", "☑️")
		w.wantLineOn("5001")
		w.wantLineOn("5002")
		w.wantLineOn("5003", "menyebut rekan kerja")
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5002"), w.sendKept("5003")}, bridge.VerdictSent, bridge.VerdictSent)
		w.settle()
		w.wantPhone(greeting, "99@lid: harga 1000", "99@lid: <image b.jpg JPEG dua> lihat ini", "99@lid: kok dia cerewet", "99@lid: tanya @seseorang")
		w.changedBy("sari", "5001", "harga 5") // it has left: an edit
		w.settle()
		w.wantPhone(greeting, "99@lid: harga 5", "99@lid: <image b.jpg JPEG dua> lihat ini", "99@lid: kok dia cerewet", "99@lid: tanya @seseorang")
	})
}

// Words that are taken out from under a file while it waits are not sent.
func TestCaptionTakenOutWhileItWaits(t *testing.T) {
	undoable(t, func(w *world) {
		shot := w.attach("a.jpg", "image/jpeg", "JPEG")
		w.writtenBy("sari", "5001", "dia cerewet", shot)
		time.Sleep(time.Second)
		w.changedBy("sari", "5001", "", shot)
		w.settle()
		w.wantPhone(greeting, "99@lid: <image a.jpg JPEG>")
		w.wantMark("5001", "☑️")
		w.wantLineOn("5001")
		if n := w.sentTo(); n != 1 {
			t.Errorf("WhatsApp was asked %d times, want 1", n)
		}
	})
}

// A longer or shorter edit of a message in parts, while it waits.
func TestEditedInPartsWhileItWaits(t *testing.T) {
	undoable(t, func(w *world) {
		a, b := strings.Repeat("aaa ", 1000), strings.Repeat("bbb ", 1000)
		w.writtenBy("sari", "5001", "singkat")
		w.writtenBy("sari", "5002", a+b)
		time.Sleep(time.Second)
		w.changedBy("sari", "5001", a+b)
		w.changedBy("sari", "5002", "pendek")
		w.settle()
		if got := w.phone.shown; len(got) != 4 || got[1] != "99@lid: pendek" || !strings.HasPrefix(got[2], "99@lid: aaa") || !strings.HasPrefix(got[3], "99@lid: bbb") {
			t.Errorf("the phone shows %.30q", got)
		}
		w.wantMark("5001", "☑️")
		w.wantMark("5002", "☑️")
		if n := w.sentTo(); n != 3 {
			t.Errorf("WhatsApp was asked %d times, want 3", n)
		}
		w.remove("5001")
		w.settle()
		w.wantPhone(greeting, "99@lid: pendek", "99@lid: (ditarik)", "99@lid: (ditarik)")
	})
}

// A message that is made a note while it waits never left.
func TestMadeANoteWhileItWaits(t *testing.T) {
	undoable(t, func(w *world) {
		w.writtenBy("sari", "5001", "untuk kita saja")
		time.Sleep(time.Second)
		w.wantVerdicts([]bridge.Verdict{w.keepInside("5001", "untuk kita saja", 0), w.keepInside("5001", "untuk kita saja", 0)}, bridge.VerdictUndone, bridge.VerdictAlready)
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5001"), w.keepInside("5001", "", 0)}, bridge.VerdictSent, bridge.VerdictBack)
		w.settle()
		w.wantMark("5001", "📝")
		w.wantLineOn("5001")
		if got := w.phone.shown; slices.Contains(got, "99@lid: untuk kita saja") {
			t.Errorf("the client reads %q", got)
		}
		w.wantVerdicts([]bridge.Verdict{w.sendKept("5001")}, bridge.VerdictSent)
		w.settle()
		if got := w.phone.shown; got[len(got)-1] != "99@lid: untuk kita saja" {
			t.Errorf("the phone shows %q", got)
		}
		w.wantMark("5001", "☑️")
	})
}

// The delay is desk time: moving the clock ends it, and a restart does not begin it anew.
func TestTheClockMovesWhileItWaits(t *testing.T) {
	undoable(t, func(w *world) {
		w.desk(func(d *bridge.Desk) { d.Undo = time.Hour })
		w.writtenBy("sari", "5001", "satu")
		w.settle()
		w.wantPhone(greeting)
		w.ahead.Add(int64(time.Hour))
		w.courier.Poke()
		synctest.Wait()
		time.Sleep(10 * time.Millisecond)
		w.wantPhone(greeting, "99@lid: satu")
		w.writtenBy("sari", "5002", "dua")
		w.away(40 * time.Minute)
		w.settle()
		w.wantPhone(greeting, "99@lid: satu")
		lanes, err := w.store.Lanes(w.t.Context())
		if err != nil || len(lanes) != 1 || !lanes[0].NotBefore.IsZero() {
			t.Errorf("lanes %v, %v: what waits counts as still to come", lanes, err)
		}
		time.Sleep(19 * time.Minute)
		w.wantPhone(greeting, "99@lid: satu", "99@lid: dua")
	})
}

// While the number is away nothing has left: what is taken back then stays silent too.
func TestTakenBackDuringAnOutage(t *testing.T) {
	undoable(t, func(w *world) {
		up := func(on bool) {
			w.phone.mu.Lock()
			defer w.phone.mu.Unlock()
			w.phone.up = on
		}
		up(false)
		w.writtenBy("sari", "5001", "satu")
		w.writtenBy("sari", "5002", "dua")
		w.writtenBy("sari", "5003", "tiga")
		w.settle()
		w.wantMark("5001", "🕓")
		w.remove("5001")
		w.changedBy("sari", "5002", "DUA")
		w.wantVerdicts([]bridge.Verdict{w.keepInside("5003", "tiga", 0)}, bridge.VerdictUndone)
		up(true)
		w.settle()
		w.wantPhone(greeting, "99@lid: DUA")
		w.wantMark("5002", "☑️")
		w.wantMark("5003", "📝")
		if n := w.sentTo(); n != 1 {
			t.Errorf("WhatsApp was asked %d times, want 1", n)
		}
	})
}

// The process dies at any step of a message's leaving: it is sent once, in the words it
// had when it left, and what came after that follows as an edit.
func TestCrashesWhileItLeaves(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"claimed", "begun", "leaving", "pre-post", "posted", "committed"} {
		t.Run(step, func(t *testing.T) {
			undoable(t, func(w *world) {
				w.arm("w." + step)
				w.writtenBy("sari", "5001", "satu")
				w.writtenBy("sari", "5002", "dua")
				time.Sleep(4 * time.Second)
				w.changedBy("sari", "5001", "SATU")
				w.remove("5002")
				for range 2 {
					w.restart() // it dies once more
					time.Sleep(time.Second)
				}
				w.arm("")
				w.restart()
				w.settle()
				w.phone.mu.Lock()
				got := slices.Clone(w.phone.shown)
				w.phone.mu.Unlock()
				ok := len(got) >= 2 && got[1] == "99@lid: SATU" && (len(got) == 2 || len(got) == 3 && got[2] == "99@lid: (ditarik)")
				if !ok {
					t.Errorf("the phone shows %q", got)
				}
				w.wantLineOn("5001")
				w.wantLineOn("5002")
				if _, dead, err := w.store.DeadLetters(w.t.Context(), 0, 10); err != nil || dead != 0 {
					t.Errorf("%d dead letters, %v", dead, err)
				}
				if n := w.eventsOf("responded"); n != 1 {
					t.Errorf("%d first responses", n)
				}
			})
		})
	}
}

// A deletion against a message that leaves at that very moment: either it never left, or
// it is taken back from the client. Nothing stays there.
func TestDeletedAsItLeaves(t *testing.T) {
	for offset := -2 * time.Millisecond; offset <= 2*time.Millisecond; offset += time.Millisecond / 2 {
		undoable(t, func(w *world) {
			w.writtenBy("sari", "5001", "salah")
			time.Sleep(3*time.Second + offset)
			w.remove("5001")
			w.settle()
			if got := w.phone.shown; len(got) > 2 || len(got) == 2 && got[1] != "99@lid: (ditarik)" {
				t.Errorf("%s from its leaving: the phone shows %q", offset, got)
			}
			w.wantLineOn("5001")
		})
	}
}

// An early letter begins no attempt, whoever asks.
func TestBeginLeavesAnEarlyLetterAlone(t *testing.T) {
	undoable(t, func(w *world) {
		w.writtenBy("sari", "5001", "nanti")
		time.Sleep(time.Second)
		st, ok, err := w.store.Status(w.t.Context(), w.number(), "d/5001/0.1")
		if err != nil || !ok || st.State != ledger.Queued || st.Attempts != 0 || !st.First.IsZero() {
			t.Errorf("while it waits: %+v, %v, %v", st, ok, err)
		}
	})
}
