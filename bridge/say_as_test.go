package bridge_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

// A shelfOf is a store with one ticket of WhatsApp, nobody's yet.
func shelfOf(t *testing.T) (*store.Store, bridge.Desk) {
	t.Helper()
	client := storetest.Memory(t)
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	st := store.New(client, store.Options{Desk: "test", Now: func() time.Time { return now }})
	t.Cleanup(func() { storetest.Check(t, client, "test") })
	change(t, st, func(tx *ledger.Tx) error {
		c := ticket.Conversation{ID: "c1", Name: "Budi", Reply: "62812@s.whatsapp.net", Unread: []string{"m1"}}
		tk := ticket.Open(&c, "HE-261123-0001", tx.Now())
		if err := c.Save(tx); err != nil {
			return err
		}
		return tk.Save(tx)
	})
	return st, bridge.Desk{Zone: time.UTC, MessageID: func(letter string) string { return "3EB0" + letter }}
}

func change(t *testing.T, st *store.Store, fn func(*ledger.Tx) error) {
	t.Helper()
	if _, err := st.Update(t.Context(), ledger.Cause{}, fn); err != nil {
		t.Fatal(err)
	}
}

// kindsIn are the kinds of letters that wait in a lane.
func kindsIn(t *testing.T, st *store.Store, lane string) (out []string) {
	t.Helper()
	all, err := st.Waiting(t.Context(), lane, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		out = append(out, l.Kind)
	}
	return out
}

// Words said for an agent accept the ticket, reach the client once, and are his first
// response when WhatsApp took them, not before.
func TestSayAsIsTheAgentsWord(t *testing.T) {
	st, desk := shelfOf(t)
	in := ledger.Inbox{Source: "test", ID: "1", At: time.Now()}
	for range 2 {
		_, err := st.Update(t.Context(), ledger.Cause{Inbox: &in}, func(tx *ledger.Tx) error {
			return desk.SayAs(tx, "HE-261123-0001", "100", "Caranya: buka *Menu* @everyone", "x")
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := kindsIn(t, st, bridge.ClientLane("c1")); !slices.Equal(got, []string{"read", "text"}) {
		t.Errorf("to the client: %v", got)
	}
	thread, err := st.Waiting(t.Context(), bridge.ThreadLane("HE-261123-0001"), 0)
	var said strings.Builder
	for _, l := range thread {
		said.WriteString(string(l.Body))
	}
	if err != nil || !strings.Contains(said.String(), "Caranya: buka") || strings.Contains(said.String(), "@everyone") {
		t.Errorf("the thread shows %s, %v", said.String(), err)
	}
	if tk := stored(t, st); tk.Agent != "100" || !tk.Responded.IsZero() {
		t.Errorf("before WhatsApp took it: agent %q, responded %s", tk.Agent, tk.Responded)
	}
	lease, err := st.Acquire(t.Context(), "test", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		l, _, ok, err := st.Begin(t.Context(), lease.Epoch, bridge.ClientLane("c1"))
		if err != nil || !ok {
			t.Fatalf("begin: %v %v", ok, err)
		}
		_, err = st.Update(t.Context(), ledger.Cause{Outcome: &ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Sent, Ext: l.Ext}}, func(tx *ledger.Tx) error {
			return bridge.Answered(tx, l)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if tk := stored(t, st); tk.Responded.IsZero() {
		t.Error("the first response was not noted")
	}
}

func stored(t *testing.T, st *store.Store) ticket.Ticket {
	t.Helper()
	doc, err := st.Doc(t.Context(), ledger.Ref{Kind: ticket.KindTicket, ID: "HE-261123-0001"})
	if err != nil {
		t.Fatal(err)
	}
	tk, err := ticket.Decode(doc.Data)
	if err != nil {
		t.Fatal(err)
	}
	return tk
}

func TestSayAsRefuses(t *testing.T) {
	st, desk := shelfOf(t)
	say := func(number, text string) error {
		_, err := st.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { return desk.SayAs(tx, number, "100", text, "x") })
		return err
	}
	if err := say("HE-9", "x"); !errors.Is(err, bridge.ErrNoTicket) {
		t.Errorf("a ticket that there is not: %v", err)
	}
	if err := say("HE-261123-0001", " "); !errors.Is(err, ledger.ErrInvalid) {
		t.Errorf("no words: %v", err)
	}
	change(t, st, func(tx *ledger.Tx) error {
		return desk.Change(tx, "HE-261123-0001", func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			return t.Drop("", "100", tx.Now())
		})
	})
	if r, ok := errors.AsType[*ticket.Refusal](say("HE-261123-0001", "x")); !ok || r.Key != "closed" {
		t.Errorf("a closed ticket: %v", r)
	}
	if got := kindsIn(t, st, bridge.ClientLane("c1")); len(got) != 0 {
		t.Errorf("to the client: %v", got)
	}
}

func TestTheOutageNotice(t *testing.T) {
	st, _ := shelfOf(t)
	var changed []bool
	for _, text := range []string{"Server @everyone sedang gangguan", "Server @everyone sedang gangguan", "", ""} {
		change(t, st, func(tx *ledger.Tx) error {
			ok, err := bridge.SetOutage(tx, text, "100")
			changed = append(changed, ok)
			return err
		})
	}
	if !slices.Equal(changed, []bool{true, false, true, false}) {
		t.Errorf("changed: %v", changed)
	}
	ops, err := st.Waiting(t.Context(), bridge.ChannelLane("ops"), 0)
	if err != nil || len(ops) != 2 || strings.Contains(string(ops[0].Body), "@everyone") {
		t.Errorf("the ops channel hears %v, %v", ops, err)
	}
	_, err = st.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		_, err := bridge.SetOutage(tx, strings.Repeat("x", bridge.LongestOutage+1), "100")
		return err
	})
	if !errors.Is(err, ledger.ErrInvalid) {
		t.Errorf("a long one: %v", err)
	}
}

// A ticket stands where it is looked for: by its end, its person, company and words, and
// no longer where it stood before.
func TestTicketsAreShelved(t *testing.T) {
	st, desk := shelfOf(t)
	number := "HE-261123-0001"
	transit := func(fn bridge.Transition) {
		change(t, st, func(tx *ledger.Tx) error { return desk.Change(tx, number, fn) })
	}
	now := time.Now()
	transit(func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.Identify("p1", "k1", "halo", now), nil
	})
	transit(func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.Identify("p2", "k1", "halo", now), nil
	})
	has := func(index string) int64 {
		n, err := st.IndexLen(t.Context(), index)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if has(bridge.TicketsOf("p1")) != 0 || has(bridge.TicketsOf("p2")) != 1 || has(bridge.TicketsOfCompany("k1")) != 1 {
		t.Error("the ticket is not with the person it belongs to")
	}
	transit(func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.SetIssue("printer kasir", "100", now)
	})
	before := has(string(bridge.TicketWords))
	transit(func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.SetIssue("stok", "100", now)
	})
	if after := has(string(bridge.TicketWords)); before != 3 || after != 2 {
		t.Errorf("words: %d, then %d; want Budi with two, then with one", before, after)
	}
}
