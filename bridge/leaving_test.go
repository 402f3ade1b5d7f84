package bridge_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

func containsFold(text, part string) bool {
	return strings.Contains(strings.ToLower(text), strings.ToLower(part))
}

// Who lets a ticket go while his words wait does not get it back by them, and the client
// is not greeted below them; the words are the first response all the same.
func TestReleasedWhileItWaits(t *testing.T) {
	undoable(t, func(w *world) {
		w.desk(func(d *bridge.Desk) {
			d.Greet = bridge.GreetAlways
			d.Sentences = ticket.Sentences{ticket.AutoText: "Selamat datang.", ticket.SayGreeting: "Saya {{agent}}.", ticket.SayReceived: "Diterima."}
		})
		w.writtenBy("sari", "5001", "Baik kak")
		time.Sleep(time.Second)
		w.step(func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) { return t.Release("sari", "", tx.Now()) })
		time.Sleep(time.Second)
		w.changedBy("sari", "5001", strings.Repeat("Baik ya kak. ", 400)) // in other parts
		w.settle()
		if tk := w.ticketNow(); tk.Agent != "" || tk.Wanted.IsZero() || tk.Responded.IsZero() || len(tk.Waits) != 0 {
			t.Errorf("after it left: %+v", tk)
		}
		if n := w.eventsOf("accepted"); n != 1 {
			t.Errorf("accepted %d times", n)
		}
		if got := w.phone.shown; len(got) != 5 || got[1] != "99@lid: Saya Customer Service." || !strings.HasPrefix(got[3], "99@lid: Baik ya kak.") {
			t.Errorf("the client reads %.40q", got)
		}
	})
}

// What the client writes while an answer waits still has to be answered.
func TestClientWritesWhileAnAnswerWaits(t *testing.T) {
	undoable(t, func(w *world) {
		w.writtenBy("sari", "5001", "Baik kak")
		time.Sleep(2 * time.Second)
		w.client("m2", "dan satu lagi")
		w.settle()
		tk := w.ticketNow()
		if since, waits := tk.Waiting(ticket.Client, ticket.Staff); !waits || !since.Equal(tk.LastClient) || tk.Responded.IsZero() {
			t.Errorf("the client waits since %s, %v: %+v", since, waits, tk)
		}
		w.writtenBy("sari", "5002", "Siap")
		w.settle()
		if tk := w.ticketNow(); len(tk.Waits) != 0 {
			t.Errorf("he still waits: %+v", tk.Waits)
		}
	})
}

// A message that was closing its ticket's work waits while the ticket is closed: an edit
// that makes it a note keeps it inside.
func TestClosedWhileItWaits(t *testing.T) {
	undoable(t, func(w *world) {
		w.writtenBy("sari", "5001", "klien ini cerewet")
		w.writtenBy("sari", "5002", "terima kasih")
		w.step(func(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) { return t.Drop("", "sari", tx.Now()) })
		w.changedBy("sari", "5001", "// klien ini cerewet")
		w.settle()
		w.wantPhone(greeting, "99@lid: terima kasih")
		w.wantMark("5001", "📝")
		if n := w.sentTo(); n != 1 {
			t.Errorf("WhatsApp was asked %d times", n)
		}
	})
}

// A fault while a message leaves, and it is deleted then: nothing of it stays with the
// client, and where it certainly did not get through he sees nothing of it.
func TestDeletedInAFault(t *testing.T) {
	for name, fault := range map[string]struct {
		applied bool
		err     error
		want    []string
	}{
		"certainly not sent": {false, &bridge.SendError{Certainty: bridge.NotSent, Outage: true, Reason: "down"}, nil},
		"held back":          {false, &bridge.SendError{Certainty: bridge.Blocked, RetryAfter: 5 * time.Second, Reason: "slow down"}, nil},
		"unknown, not sent":  {false, &bridge.SendError{Certainty: bridge.Unknown, Reason: "no answer"}, []string{"99@lid: (ditarik)"}},
		"unknown, but sent":  {true, errors.New("the link broke"), []string{"99@lid: (ditarik)"}},
	} {
		t.Run(name, func(t *testing.T) {
			undoable(t, func(w *world) {
				faulty := func(on bool) {
					w.phone.mu.Lock()
					defer w.phone.mu.Unlock()
					w.phone.fail = nil
					if on {
						w.phone.fail = func(string, int) (bool, error) { return fault.applied, fault.err }
					}
				}
				faulty(true)
				w.writtenBy("sari", "5001", "salah")
				w.writtenBy("sari", "5002", "benar")
				time.Sleep(10 * time.Second)
				w.changedBy("sari", "5001", "salah sekali")
				w.remove("5001")
				time.Sleep(20 * time.Second)
				faulty(false)
				w.settle()
				w.wantPhone(append(append([]string{greeting}, fault.want...), "99@lid: benar")...)
				w.wantMark("5001")
				w.wantLineOn("5001")
				w.wantMark("5002", "☑️")
				if _, dead, err := w.store.DeadLetters(w.t.Context(), 0, 10); err != nil || dead != 0 {
					t.Errorf("%d dead letters, %v", dead, err)
				}
			})
		})
	}
}

// A message that may have left is made a note and sent again, while WhatsApp does not
// answer: the client reads it once.
func TestSentAgainInAFault(t *testing.T) {
	for name, applied := range map[string]bool{"it had arrived": true, "it had not": false} {
		t.Run(name, func(t *testing.T) {
			undoable(t, func(w *world) {
				faulty := func(on bool) {
					w.phone.mu.Lock()
					defer w.phone.mu.Unlock()
					w.phone.fail = nil
					if on {
						w.phone.fail = func(string, int) (bool, error) { return applied, errors.New("no answer") }
					}
				}
				faulty(true)
				w.writtenBy("sari", "5001", "satu")
				time.Sleep(10 * time.Second)
				w.wantVerdicts([]bridge.Verdict{w.keepInside("5001", "satu", 0), w.sendKept("5001")}, bridge.VerdictBack, bridge.VerdictSent)
				w.restart()
				time.Sleep(10 * time.Second)
				faulty(false)
				w.settle()
				w.wantPhone(greeting, "99@lid: (ditarik)", "99@lid: satu")
				w.wantMark("5001", "☑️")
			})
		})
	}
}

// A file is brought to WhatsApp before its message leaves: who deletes it meanwhile takes
// it back in silence.
func TestDeletedWhileItsFileIsBrought(t *testing.T) {
	undoable(t, func(w *world) {
		shot := w.attach("a.jpg", "image/jpeg", "JPEG")
		w.board.takes = map[string]time.Duration{"a.jpg": 20 * time.Second}
		w.writtenBy("sari", "5001", "lihat", shot)
		time.Sleep(10 * time.Second)
		w.remove("5001")
		w.writtenBy("sari", "5002", "halo")
		w.settle()
		w.wantPhone(greeting, "99@lid: halo")
		if n := w.sentTo(); n != 1 {
			t.Errorf("WhatsApp was asked %d times", n)
		}
		w.wantLineOn("5001")
	})
}

// Words that answer what stayed inside are held; so is what makes a held message a note
// kept inside, and who presses its button then is told so.
func TestAnswerToANoteIsHeld(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		w.writtenBy("sari", "5001", "// sudah dicek?")
		m := bridge.StaffMessage{ID: "5002", Channel: w.thread(), Author: "sari", Roles: []string{agentRole}, Text: "belum, dia cerewet", ReplyTo: "5001", At: w.now()}
		for range 2 {
			if err := w.relay.Reply(w.t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		w.settle()
		w.wantPhone(greeting)
		w.wantMark("5002", "⏸️")
		w.wantLineOn("5002", "membalas pesan yang tidak dibaca klien")
		w.changedBy("sari", "5002", "// belum, dia cerewet")
		w.settle()
		w.wantMark("5002", "📝")
		w.wantLineOn("5002", "diubah menjadi catatan")
		w.wantVerdicts([]bridge.Verdict{w.keepInside("5002", "", 0)}, bridge.VerdictAlready)
		if tk := w.ticketNow(); tk.Agent != "" {
			t.Errorf("the ticket is %s's", tk.Agent)
		}
	})
}

// A note stays one behind blanks that nobody sees.
func TestNotesBehindInvisibleBlanks(t *testing.T) {
	live(t, func(w *world) {
		w.client("m1", "halo")
		w.settle()
		for i, blank := range []string{"\u00a0", "\u200b", "\u2003 ", "\ufeff", "\u200e"} {
			w.writtenBy("sari", "500"+string(rune('1'+i)), "baik\n"+blank+"// rahasia")
		}
		w.settle()
		for _, shown := range w.phone.shown {
			if strings.Contains(shown, "rahasia") {
				t.Errorf("the client reads %q", shown)
			}
		}
		if len(w.phone.shown) != 6 {
			t.Errorf("the client reads %q", w.phone.shown)
		}
	})
}

// A quote says nothing that was not, or is no longer, said to the client.
func TestQuoteOfWhatWaits(t *testing.T) {
	undoable(t, func(w *world) {
		answer := func(id, to string) {
			m := bridge.StaffMessage{ID: id, Channel: w.thread(), Author: "sari", Roles: []string{agentRole}, Text: "maksudnya begini", ReplyTo: to, At: w.now()}
			if err := w.relay.Reply(w.t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		w.writtenBy("sari", "5001", "rahasia satu")
		w.writtenBy("sari", "5002", "rahasia dua")
		w.writtenBy("sari", "5003", "harga 10")
		for i, to := range []string{"5001", "5002", "5003"} {
			answer("600"+string(rune('1'+i)), to)
		}
		time.Sleep(time.Second)
		w.remove("5001")
		w.changedBy("sari", "5002", "// rahasia dua")
		w.changedBy("sari", "5003", "harga 100")
		w.settle()
		w.wantPhone(greeting, "99@lid: harga 100", "99@lid: maksudnya begini", "99@lid: maksudnya begini",
			"99@lid: [> ID-d/5003/0.1 true harga 100] maksudnya begini")
	})
}
