package storetest

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// noon is desk time in the stories.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newStore(c redis.UniversalClient) *store.Store {
	return store.New(c, store.Options{Desk: desk, Now: func() time.Time { return noon }})
}

func inbox(id string) ledger.Cause {
	return ledger.Cause{Inbox: &ledger.Inbox{Source: "wa", ID: id, At: noon}}
}

func letter(id, lane string) ledger.Letter {
	return ledger.Letter{ID: id, Lane: lane, Log: "T-1", Kind: "text", Body: json.RawMessage(`{"text":"words of ` + id + `"}`)}
}

// conversation is a document of the stories: who writes, and which ticket is open.
type conversation struct {
	Ticket   int64
	Messages []string
}

func change(tx *ledger.Tx, ref ledger.Ref, into any, edit func()) error {
	data, err := tx.Doc(ref)
	if err != nil {
		return err
	}
	if data != nil {
		if err := json.Unmarshal(data, into); err != nil {
			return err
		}
	}
	edit()
	data, err = json.Marshal(into)
	if err != nil {
		return err
	}
	return tx.Put(ref, data)
}

func oneTicket(t *testing.T, client redis.UniversalClient) {
	const writers = 20
	s := newStore(client)
	ref := ledger.Ref{Kind: "conversation", ID: "c1"}
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			id := fmt.Sprintf("m%02d", i)
			applied, err := s.Update(t.Context(), inbox(id), func(tx *ledger.Tx) error {
				var c conversation
				var err error
				err2 := change(tx, ref, &c, func() {
					if c.Ticket == 0 {
						c.Ticket, err = tx.Next("ticket")
						tx.Log("T-1", ledger.Event{What: "opened"})
					}
					c.Messages = append(c.Messages, id)
				})
				tx.Log("T-1", ledger.Event{What: "client_wrote", Ref: id})
				tx.Send(letter("L"+id, "dc:thread"))
				if err != nil {
					return err
				}
				return err2
			})
			if err != nil || !applied {
				t.Errorf("message %s: applied %v, error %v", id, applied, err)
			}
		})
	}
	wg.Wait()

	d, err := s.Doc(t.Context(), ref)
	if err != nil {
		t.Fatalf("read conversation: %v", err)
	}
	var c conversation
	if err := json.Unmarshal(d.Data, &c); err != nil {
		t.Fatalf("decode conversation: %v", err)
	}
	seen := map[string]bool{}
	for _, m := range c.Messages {
		seen[m] = true
	}
	if len(seen) != writers || len(c.Messages) != writers || c.Ticket == 0 {
		t.Errorf("ticket %d has %d messages, %d different; want %d", c.Ticket, len(c.Messages), len(seen), writers)
	}
	events := map[string]int{}
	for e, err := range s.Events(t.Context(), "T-1") {
		if err != nil {
			t.Fatalf("read events: %v", err)
		}
		events[e.What]++
	}
	if events["opened"] != 1 || events["client_wrote"] != writers {
		t.Errorf("events are %v, want 1 opened and %d client_wrote", events, writers)
	}
	waiting, err := s.Waiting(t.Context(), "dc:thread", 0)
	if err != nil || len(waiting) != writers {
		t.Fatalf("%d letters wait (error %v), want %d", len(waiting), err, writers)
	}
	for i, l := range waiting {
		if l.ID != "L"+c.Messages[i] {
			t.Errorf("letter %d is %s, want L%s: not in the order of the commits", i, l.ID, c.Messages[i])
		}
	}
	if n, err := s.HighWater(t.Context()); err != nil || n != writers {
		t.Errorf("high water is %d (error %v), want %d", n, err, writers)
	}
}

// send queues letters without a cause.
func send(t *testing.T, s *store.Store, letters ...ledger.Letter) {
	t.Helper()
	_, err := s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		for _, l := range letters {
			tx.Send(l)
		}
		return nil
	})
	if err != nil {
		t.Fatalf("send letters: %v", err)
	}
}

func acquire(t *testing.T, s *store.Store, owner string) int64 {
	t.Helper()
	l, err := s.Acquire(t.Context(), owner, time.Minute)
	if err != nil {
		t.Fatalf("acquire lease: %v", err)
	}
	return l.Epoch
}

func begin(t *testing.T, s *store.Store, epoch int64, lane string) (ledger.Letter, ledger.Status) {
	t.Helper()
	l, st, ok, err := s.Begin(t.Context(), epoch, lane)
	if err != nil || !ok {
		t.Fatalf("begin lane %s: ok %v, error %v", lane, ok, err)
	}
	return l, st
}

func outcome(t *testing.T, s *store.Store, o ledger.Outcome, fn func(*ledger.Tx) error) (bool, error) {
	t.Helper()
	if fn == nil {
		fn = func(*ledger.Tx) error { return nil }
	}
	return s.Update(t.Context(), ledger.Cause{Outcome: &o}, fn)
}

func letterSent(t *testing.T, client redis.UniversalClient) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	send(t, s, letter("1", "wa:1"), letter("2", "wa:1"))
	l, st := begin(t, s, epoch, "wa:1")
	if l.ID != "1" || st.State != ledger.Sending || st.Attempts != 1 || st.First.IsZero() {
		t.Errorf("begun: letter %s, %+v", l.ID, st)
	}
	if err := s.Nack(t.Context(), epoch, l, noon.Add(time.Minute), "no link", true); err != nil {
		t.Fatalf("nack: %v", err)
	}
	lanes, err := s.Lanes(t.Context())
	if err != nil || len(lanes) != 1 || !lanes[0].NotBefore.Equal(noon.Add(time.Minute)) {
		t.Errorf("lanes are %+v (error %v)", lanes, err)
	}
	l, again := begin(t, s, epoch, "wa:1")
	if l.ID != "1" || again.Attempts != 2 || !again.First.Equal(st.First) {
		t.Errorf("begun again: letter %s, %+v; first was %v", l.ID, again, st.First)
	}
	applied, err := outcome(t, s, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Sent, Ext: "X1"}, nil)
	if err != nil || !applied {
		t.Fatalf("outcome: applied %v, error %v", applied, err)
	}
	st, ok, err := s.Status(t.Context(), "T-1", "1")
	if err != nil || !ok || st.State != ledger.Sent || st.Ext != "X1" || st.Reason != "" || !st.First.IsZero() {
		t.Errorf("sent: %+v, %v, %v", st, ok, err)
	}
	if id, ok, err := s.LetterByExt(t.Context(), "T-1", "X1"); err != nil || !ok || id != "1" {
		t.Errorf("letter by ext: %q, %v, %v", id, ok, err)
	}
	if l, _ := begin(t, s, epoch, "wa:1"); l.ID != "2" {
		t.Errorf("then comes letter %s, want 2", l.ID)
	}
}
