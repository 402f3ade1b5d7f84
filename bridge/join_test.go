package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// open are the tickets that are open, the oldest first.
func (w *world) open() []string {
	w.t.Helper()
	all, err := w.policy.Members(w.t.Context(), ticket.IndexOpen, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// does commits a change.
func (w *world) does(fn func(tx *ledger.Tx) error) {
	w.t.Helper()
	if _, err := w.store.Update(w.t.Context(), ledger.Cause{}, fn); err != nil {
		w.t.Fatal(err)
	}
}

// saidIn is what the post of a ticket shows.
func (w *world) saidIn(number string) string {
	w.t.Helper()
	var thread string
	w.does(func(tx *ledger.Tx) error {
		t, _, err := ticket.Load(tx, number)
		thread = t.Thread
		return err
	})
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	var all []string
	for _, s := range w.board.threads[thread] {
		all = append(all, s.content)
	}
	return strings.Join(all, "\n")
}

// One person wrote under two addresses, and has two tickets. What he writes after they
// were merged goes where the work goes on, under whichever address, and either thread
// says where the other is.
func TestWhatComesAfterAMergeGoesToTheRightTicket(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		const lid, number = bridge.Address("99@lid"), bridge.Address("628123456001@s.whatsapp.net")
		w.receive(bridge.ClientMessage{ID: "1", Chat: lid, Text: "halo"})
		w.receive(bridge.ClientMessage{ID: "2", Chat: number, Text: "ini saya lagi"})
		w.settle()
		w.receive(bridge.ClientMessage{ID: "3", Chat: lid, Alt: number, Text: "nomor saya ganti"})
		w.settle()
		all := w.open()
		if len(all) != 2 {
			t.Fatalf("open: %v", all)
		}
		from, into := all[0], all[1]
		var wg sync.WaitGroup
		for range 3 { // all at once, and again
			wg.Go(func() {
				w.does(func(tx *ledger.Tx) error { _, err := w.policy.Merge(tx, into, from, "sari"); return err })
			})
		}
		wg.Wait()
		w.receive(bridge.ClientMessage{ID: "4", Chat: lid, Text: "satu setelah digabung"})
		w.receive(bridge.ClientMessage{ID: "5", Chat: number, Text: "dua setelah digabung"})
		w.settle()
		if got := w.open(); !slices.Equal(got, []string{into}) {
			t.Errorf("open: %v", got)
		}
		for _, text := range []string{"satu setelah digabung", "dua setelah digabung"} {
			if !strings.Contains(w.saidIn(into), text) || strings.Contains(w.saidIn(from), text) {
				t.Errorf("%q went elsewhere", text)
			}
		}
		if said := w.saidIn(from); strings.Count(said, into) != 1 {
			t.Errorf("the closed one does not say where it goes on, once:\n%s", said)
		}
		if said := w.saidIn(into); strings.Count(said, from) != 1 {
			t.Errorf("the other does not say what came to it, once:\n%s", said)
		}

		// An agent who writes in the closed one is sent to the other, not to re-open it.
		var thread string
		w.does(func(tx *ledger.Tx) error {
			t, _, err := ticket.Load(tx, from)
			thread = t.Thread
			return err
		})
		if err := w.relay.Reply(w.t.Context(), bridge.StaffMessage{ID: "5001", Channel: thread, Author: "sari", Roles: []string{agentRole}, Text: "baik kak", At: w.now()}); err != nil {
			t.Fatal(err)
		}
		w.settle()
		if said := w.saidIn(from); strings.Count(said, into) != 2 || !strings.Contains(said, "Tulislah di sana") {
			t.Errorf("who writes in the closed one reads:\n%s", said)
		}
		if slices.ContainsFunc(w.phone.shown, func(s string) bool { return strings.Contains(s, "baik kak") }) {
			t.Errorf("the client reads %q", w.phone.shown)
		}
	})
}

// A ticket of the phone has a post and a life, but no client to write to.
func TestATicketOfThePhone(t *testing.T) {
	liveFrom(t, in2025, func(w *world) {
		w.client("1", "halo")
		w.settle()
		var t1 ticket.Ticket
		w.does(func(tx *ledger.Tx) (err error) {
			t1, err = w.policy.Register(tx, bridge.Registration{ID: "p1", Channel: ticket.Phone, Name: "Ibu Ana", Phone: customer.Phone("6281234567890"), Summary: "stok *habis*", By: "sari"})
			return err
		})
		w.settle()
		if want := "HE-" + time.Now().In(w.policy.Zone).Format("060102") + "-0002"; t1.Number != want {
			t.Errorf("its number is %s, want %s: one series for all", t1.Number, want)
		}
		said := w.saidIn(t1.Number)
		if !strings.Contains(said, "stok") {
			t.Errorf("its post:\n%s", said)
		}
		w.does(func(tx *ledger.Tx) error {
			return w.policy.Change(tx, t1.Number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
				return t.Drop("selesai di telepon", "sari", tx.Now())
			})
		})
		w.settle()
		if got := w.open(); len(got) != 1 || got[0] == t1.Number {
			t.Errorf("open: %v", got)
		}
		w.wantPhone(fmt.Sprint("99@lid: ", "Selamat datang."))
	})
}
