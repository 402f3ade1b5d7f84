package bot_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

// An office is a desk's store with one ticket in thread 77 and one dead letter.
func office(t *testing.T) (*store.Store, *bot.Desk, ledger.Letter) {
	t.Helper()
	client := storetest.Memory(t)
	st := store.New(client, store.Options{Desk: "test"})
	dead := ledger.Letter{ID: "d/5001/0.1", Lane: bridge.ClientLane("c1"), Log: "HE-1", Kind: "text", Ext: "3EB0", Body: []byte(`{"text":"x"}`)}
	update(t, st, ledger.Cause{}, func(tx *ledger.Tx) error {
		c := ticket.Conversation{ID: "c1"}
		tk := ticket.Open(&c, "HE-1", tx.Now())
		tk.Thread = "77"
		tx.Send(dead)
		if err := c.Save(tx); err != nil {
			return err
		}
		if err := (ticket.Thread{ID: "77", Ticket: "HE-1", Cursor: "77"}).Save(tx); err != nil {
			return err
		}
		return tk.Save(tx)
	})
	lease, err := st.Acquire(t.Context(), "test", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	l, _, ok, err := st.Begin(t.Context(), lease.Epoch, dead.Lane)
	if err != nil || !ok {
		t.Fatalf("begin: %v %v", ok, err)
	}
	update(t, st, ledger.Cause{Outcome: &ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Dead, Reason: "no"}}, func(*ledger.Tx) error { return nil })
	t.Cleanup(func() { storetest.Check(t, client, "test") })
	return st, bot.NewDesk(st, []string{"agent"}, zaptest.NewLogger(t)), l
}

func update(t *testing.T, st *store.Store, cause ledger.Cause, fn func(*ledger.Tx) error) {
	t.Helper()
	if _, err := st.Update(t.Context(), cause, fn); err != nil {
		t.Fatal(err)
	}
}

func press(id, button string, roles ...string) bot.Interaction {
	return bot.Interaction{ID: id, User: "u1", Roles: roles, Channel: "77", Button: button, At: time.Now()}
}

func TestRetryTwiceSendsOnce(t *testing.T) {
	st, desk, l := office(t)
	for i, want := range []string{"Dikirim ulang", "sudah dikirim ulang"} {
		a := desk.Handle(t.Context(), press([]string{"i1", "i2"}[i], bridge.RetryPrefix+l.ID, "agent"))
		if !strings.Contains(a.Text, want) {
			t.Errorf("press %d is answered %q, want %q", i+1, a.Text, want)
		}
	}
	waiting, err := st.Waiting(t.Context(), l.Lane, 0)
	if err != nil || len(waiting) != 1 || waiting[0].ID != l.ID {
		t.Errorf("waiting: %v %v, want the letter once", waiting, err)
	}
}

func TestCloseTwice(t *testing.T) {
	st, desk, _ := office(t)
	closing := bot.Interaction{ID: "i1", User: "u1", Roles: []string{"agent"}, Channel: "77", Command: "ticket close", At: time.Now()}
	for i, want := range []string{"Tiket HE-1 ditutup.", "sudah ditutup"} {
		closing.ID = []string{"i1", "i2"}[i]
		if a := desk.Handle(t.Context(), closing); !strings.Contains(a.Text, want) {
			t.Errorf("close %d is answered %q, want %q", i+1, a.Text, want)
		}
	}
	var events []string
	for e, err := range st.Events(t.Context(), "HE-1") {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, e.What)
	}
	if !slices.Equal(events, []string{"closed"}) {
		t.Errorf("events: %v", events)
	}
	if rows, err := st.Index(t.Context(), ticket.IndexOpen, store.Range{}); err != nil || len(rows) != 0 {
		t.Errorf("open tickets: %v %v", rows, err)
	}
	closing.ID, closing.Channel = "i3", "another"
	if a := desk.Handle(t.Context(), closing); !strings.Contains(a.Text, "hanya berlaku di thread") {
		t.Errorf("outside a ticket it is answered %q", a.Text)
	}
}

// Whoever lacks the role gets a sentence, and nothing happens.
func TestRefusals(t *testing.T) {
	st, desk, l := office(t)
	for _, i := range []bot.Interaction{
		press("i1", bridge.RetryPrefix+l.ID),
		press("i2", bridge.RetryPrefix+l.ID, "developer"),
		{ID: "i3", Roles: []string{"developer"}, Channel: "77", Command: "ticket close", At: time.Now()},
	} {
		if a := desk.Handle(t.Context(), i); !strings.Contains(a.Text, "Hanya CS Agent") {
			t.Errorf("%+v is answered %q", i, a.Text)
		}
	}
	if a := desk.Handle(t.Context(), press("i4", "retry?", "agent")); !strings.Contains(a.Text, "tidak dikenal") {
		t.Errorf("an unknown button is answered %q", a.Text)
	}
	if waiting, err := st.Waiting(t.Context(), l.Lane, 0); err != nil || len(waiting) != 0 {
		t.Errorf("waiting: %v %v, want nothing", waiting, err)
	}
}
