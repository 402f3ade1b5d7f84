package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"

	"go.uber.org/zap/zaptest"
)

// heldHere is a desk with a ticket of sari's in thread 77, in which budi wrote message
// 5001: it is held.
func heldHere(t *testing.T) (*store.Store, *bot.Desk) {
	t.Helper()
	client := storetest.Memory(t)
	st := store.New(client, store.Options{Desk: "test"})
	update(t, st, ledger.Cause{}, func(tx *ledger.Tx) error {
		c := ticket.Conversation{ID: "c1", Reply: "62812@s.whatsapp.net"}
		tk := ticket.Open(&c, "HE-1", tx.Now())
		tk.Thread = "77"
		tk.Take("sari", tx.Now())
		if err := c.Save(tx); err != nil {
			return err
		}
		if err := (ticket.Thread{ID: "77", Ticket: "HE-1", Cursor: "77"}).Save(tx); err != nil {
			return err
		}
		return tk.Save(tx)
	})
	policy := bridge.Desk{Zone: time.UTC, AgentRoles: []string{"agent"}, NotePrefix: "//", MessageID: func(l string) string { return "3EB0" + l }}
	m := bridge.StaffMessage{ID: "5001", Channel: "77", Author: "budi", Roles: []string{"agent"}, Text: "coba ulang kak", At: time.Now()}
	if err := bridge.NewRelay(st, policy, zaptest.NewLogger(t)).Reply(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return st, bot.NewDesk(bot.Options{Store: kept{st}, Rights: rights, Bridge: policy, Log: zaptest.NewLogger(t)})
}

// target is somebody using an entry in the menu of a message.
func target(id, command string, on bot.Target) bot.Interaction {
	return bot.Interaction{ID: id, User: "u1", Roles: []string{"agent"}, Channel: "77", Command: command, Target: &on, At: time.Now()}
}

// The buttons under a held message and the entries in its menu do the same, once, and
// each is answered with what happened.
func TestHeldMessageIsDecidedUpon(t *testing.T) {
	mine := bot.Target{ID: "5001", Author: "budi", Text: "coba ulang kak"}
	for _, story := range []struct {
		asked []bot.Interaction
		want  []string
		sent  int // letters in the client's lane at the end
	}{
		{[]bot.Interaction{press("", "hold:send:5001", "agent"), press("", "hold:send:5001", "manager")}, []string{"Dikirim ke klien", "sudah dikirim"}, 1},
		{[]bot.Interaction{press("", "hold:note:5001", "agent"), press("", "hold:note:5001", "agent")}, []string{"Disimpan sebagai catatan", "sudah menjadi catatan"}, 0},
		{[]bot.Interaction{press("", "hold:note:5001", "agent"), target("", "Send to client", mine)}, []string{"Disimpan sebagai catatan", "Dikirim ke klien"}, 1},
		{[]bot.Interaction{target("", "Send to client", mine), target("", "Make it a note", mine), target("", "Make it a note", mine)},
			[]string{"Dikirim ke klien", "sedang ditarik dari klien", "sudah menjadi catatan"}, 2},
		{[]bot.Interaction{target("", "Send to client", bot.Target{ID: "1", Bot: true}), target("", "Make it a note", bot.Target{ID: "9999", Author: "tamu", Text: "hai"})},
			[]string{"hanya berlaku pada pesan seorang agen", "hanya berlaku pada pesan seorang agen"}, 0},
		{[]bot.Interaction{press("", "hold:send:5001", "developer"), press("", "hold:send:", "agent")}, []string{"Hanya ", "hanya berlaku"}, 0},
	} {
		st, desk := heldHere(t)
		for n, i := range story.asked {
			i.ID = fmt.Sprint("i", n)
			for range 2 { // Discord repeats nothing, but we may
				if a := desk.Handle(t.Context(), i); !strings.Contains(a.Text, story.want[n]) && !strings.Contains(a.Text, "sudah") {
					t.Errorf("%s%s is answered %q, want %q", i.Button, i.Command, a.Text, story.want[n])
				}
			}
		}
		waiting, err := st.Waiting(t.Context(), bridge.ClientLane("c1"), 0)
		if err != nil || len(waiting) != story.sent {
			t.Errorf("%v: %d letters wait for the client, %v; want %d", story.want, len(waiting), err, story.sent)
		}
	}
}

// In a closed ticket nothing is sent; whoever asks is told so, in English too.
func TestHeldMessageOfAClosedTicket(t *testing.T) {
	st, desk := heldHere(t)
	closing := bot.Interaction{ID: "c", User: "sari", Roles: []string{"agent"}, Channel: "77", Command: "ticket close", At: time.Now()}
	desk.Handle(t.Context(), closing)
	i := press("i1", "hold:send:5001", "agent")
	if a := desk.Handle(t.Context(), i); !strings.Contains(a.Text, "ditutup") {
		t.Errorf("answered %q", a.Text)
	}
	i.ID, i.Locale = "i2", "en-US"
	if a := desk.Handle(t.Context(), i); !strings.Contains(a.Text, "closed") {
		t.Errorf("answered %q in English", a.Text)
	}
	for _, l := range waitingFor(t, st) {
		if strings.HasPrefix(l.ID, "d/") {
			t.Errorf("sent: %s", l.ID)
		}
	}
}

func waitingFor(t *testing.T, st *store.Store) []ledger.Letter {
	t.Helper()
	all, err := st.Waiting(t.Context(), bridge.ClientLane("c1"), 0)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
