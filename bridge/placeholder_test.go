package bridge_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

const (
	byNumber = bridge.Address("628123456001@s.whatsapp.net")
	byLID    = bridge.Address("99@lid")
)

// closeTicket closes the only ticket, as the command does.
func (w *world) closeTicket(number string) {
	w.t.Helper()
	if _, err := w.store.Update(w.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		t, _, err := ticket.Load(tx, number)
		if err != nil {
			return err
		}
		c, _, err := ticket.LoadConversation(tx, t.Conversation)
		if err != nil {
			return err
		}
		if _, err := t.Drop("", "sari", tx.Now()); err != nil {
			return err
		}
		c.Follow(t)
		if err := c.Save(tx); err != nil {
			return err
		}
		return t.Save(tx)
	}); err != nil {
		w.t.Fatal(err)
	}
}

// What could not be read stands as a line at once and is replaced by its content,
// once, whichever address either came from.
func TestUnreadableIsReplaced(t *testing.T) {
	for _, from := range [][4]bridge.Address{
		{byLID, byNumber, byLID, byNumber},
		{byLID, byNumber, byNumber, byLID},
		{byNumber, "", byLID, byNumber}, // the LID was not known at first
		{byNumber, byLID, byLID, ""},    // the number is not known later
	} {
		t.Run(fmt.Sprint(from), func(t *testing.T) {
			live(t, func(w *world) {
				locked := bridge.ClientMessage{ID: "m1", Unreadable: "no session", Chat: from[0], Alt: from[1]}
				open := bridge.ClientMessage{ID: "m1", Text: "sekarang *terbaca*", Chat: from[2], Alt: from[3]}
				w.receive(locked)
				time.Sleep(10 * time.Second)
				id := w.thread()
				w.board.mu.Lock()
				if first := w.board.threads[id][0].content; !strings.Contains(first, "belum dapat dibaca") {
					t.Errorf("at first it shows %q", first)
				}
				w.board.mu.Unlock()
				w.receive(bridge.ClientMessage{ID: "m2", Text: "kedua", Chat: from[0], Alt: from[1]})
				for range 2 {
					w.receive(open)
					w.receive(locked)
				}
				w.settle()
				w.wantThread("**Ana:** sekarang **terbaca**", autoNote, "**Ana:** kedua")
				if len(w.board.posts) != 1 {
					t.Errorf("posts: %q, want one", w.board.posts)
				}
			})
		})
	}
}

// The content comes first: no line appears any more.
func TestContentBeforeItsPlaceholder(t *testing.T) {
	live(t, func(w *world) {
		w.receive(bridge.ClientMessage{ID: "m1", Text: "terbaca", Chat: byLID, Alt: byNumber})
		w.receive(bridge.ClientMessage{ID: "m1", Unreadable: "no session", Chat: byNumber, Alt: byLID})
		w.settle()
		w.wantThread("**Ana:** terbaca", autoNote)
		w.closeTicket(w.number())
		w.receive(bridge.ClientMessage{ID: "m1", Unreadable: "no session", Chat: byLID, Alt: byNumber})
		w.settle()
		w.wantThread("**Ana:** terbaca", autoNote)
	})
}

// What cannot be read was read before, and tells that two conversations are one
// person's: both tickets go on.
func TestReadBeforeAndMerging(t *testing.T) {
	live(t, func(w *world) {
		w.receive(bridge.ClientMessage{ID: "m1", Text: "satu", Chat: byNumber})
		w.settle()
		w.receive(bridge.ClientMessage{ID: "m9", Text: "dua", Chat: byLID})
		w.settle()
		w.staff(w.board.made[1], "5000", "jawaban")
		w.settle()
		w.wantMark("5000", "☑️")
		w.receive(bridge.ClientMessage{ID: "m1", Unreadable: "no session", Chat: byNumber, Alt: byLID})
		w.settle()
		if err := w.relay.Receipts(w.t.Context(), bridge.Receipt{Chat: byNumber, IDs: []string{"ID-d/5000/0.1"}, At: time.Now()}); err != nil {
			w.t.Fatal(err)
		}
		w.settle()
		w.wantMark("5000", "✅")
	})
}

// Content that comes late is long and finds its ticket closed: it stands where its line
// stood, the rest follows, one more line makes agents look up, and no ticket opens.
func TestUnreadableIsReadLate(t *testing.T) {
	live(t, func(w *world) {
		w.receive(bridge.ClientMessage{ID: "m1", Unreadable: "no session", Chat: byNumber})
		w.settle()
		w.receive(bridge.ClientMessage{ID: "m9", Text: "dari lid", Chat: byLID})
		w.settle()
		w.receive(bridge.ClientMessage{ID: "m2", Text: "orang yang sama", Chat: byLID, Alt: byNumber})
		w.settle()
		first := w.board.made[0]
		w.closeTicket(w.number())
		long := strings.Repeat("kata ", 2000)
		for range 2 {
			w.receive(bridge.ClientMessage{ID: "m1", Text: long, Chat: byLID, Alt: byNumber})
			w.settle()
		}
		w.board.mu.Lock()
		defer w.board.mu.Unlock()
		got := w.board.threads[first]
		if n := len(got); n < 6 || !strings.HasPrefix(got[0].content, "**Ana:** kata kata") || got[1].content != autoNote ||
			!strings.HasPrefix(got[2].content, "kata") || !strings.Contains(got[n-1].content, "kini terbaca") || got[n-1].replyTo != got[0].id ||
			!strings.Contains(got[n-1].content, "sudah ditutup") {
			t.Errorf("thread shows %.60q", got)
		}
		var all strings.Builder
		for _, s := range got {
			all.WriteString(s.content + " ")
		}
		if n := strings.Count(all.String(), "kata"); n != 2000 {
			t.Errorf("%d of 2000 words", n)
		}
		if len(w.board.posts) != 2 {
			t.Errorf("posts: %q, want two", w.board.posts)
		}
	})
}

// Somebody deleted the line: the content comes as a message of its own.
func TestPlaceholderDeleted(t *testing.T) {
	live(t, func(w *world) {
		w.receive(bridge.ClientMessage{ID: "m1", Unreadable: "no session"})
		w.settle()
		id := w.thread()
		w.board.mu.Lock()
		w.board.threads[id] = w.board.threads[id][1:]
		w.board.mu.Unlock()
		w.receive(bridge.ClientMessage{ID: "m1", Text: "isi"})
		w.settle()
		w.wantThread(autoNote, "**Ana:** isi", "⬆️ Pesan yang tadinya belum terbaca kini terbaca.")
	})
}
