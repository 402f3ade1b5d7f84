package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// Several writers work on the same conversations: each finds, in the middle of its
// change, that others have committed; answers get lost; messages are brought again,
// also days later. What is stored is what one writer after the other would have
// stored, every message once.
func TestWritersModel(t *testing.T) {
	for _, server := range storetest.Servers()[:2] {
		t.Run(server.Name, func(t *testing.T) {
			client := server.Open(t)
			faults := storetest.Inject(client)
			rapid.Check(t, func(rt *rapid.T) { writersModel(t, rt, client, faults) })
		})
	}
}

// talk is a conversation: what is stored of it, and what must be.
type talk struct {
	Messages []string `json:"messages"`
	Ticket   string   `json:"ticket"` // the open one, "" for none
}

// writers is the model and the stores under test.
type writers struct {
	stores  []*store.Store
	start   time.Time
	talks   map[string]*talk
	seen    map[string]bool
	tickets map[string]string   // number -> state
	events  map[string][]string // log -> refs
	letters []string
	presses int
	asked   map[string]int  // view -> how often it was asked for
	views   map[string]bool // to be rendered
}

// A step is one change that a writer may make.
type step struct {
	cause ledger.Cause
	id    string // of the message
	talk  string
	close bool
}

func writersModel(t *testing.T, rt *rapid.T, client store.Client, faults *storetest.Faults) {
	ctx := context.Background()
	faults.Break(0, false)
	if err := client.FlushDB(ctx).Err(); err != nil {
		rt.Fatal(err)
	}
	w := &writers{
		start: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		talks: map[string]*talk{"ana": {}, "budi": {}}, seen: map[string]bool{},
		tickets: map[string]string{}, events: map[string][]string{}, asked: map[string]int{}, views: map[string]bool{},
	}
	for range 3 {
		w.stores = append(w.stores, store.New(client, store.Options{Desk: "test", Now: func() time.Time { return w.start }}))
	}
	epoch := must(w.stores[0].Acquire(ctx, "a", time.Minute))(rt).Epoch
	var looked []ledger.View // as somebody saw them once
	counts := map[string]int{}
	rt.Repeat(map[string]func(*rapid.T){
		"write": func(rt *rapid.T) {
			if rapid.IntRange(0, 5).Draw(rt, "fault") == 0 {
				faults.Break(rapid.IntRange(1, 3).Draw(rt, "call"), rapid.Bool().Draw(rt, "applied"))
			}
			w.write(rt, rapid.IntRange(0, 2).Draw(rt, "interrupted by"))
			faults.Break(0, false)
		},
		"look at views": func(rt *rapid.T) {
			looked = must(w.stores[1].Views(ctx, 10))(rt)
			counts = maps.Clone(w.asked)
		},
		"render views": func(rt *rapid.T) {
			for _, v := range looked {
				check(rt, w.stores[1].Viewed(ctx, epoch, v))
				if counts[v.Name] == w.asked[v.Name] {
					delete(w.views, v.Name)
				}
			}
		},
		"": func(rt *rapid.T) { w.compare(ctx, rt) },
	})
	storetest.Check(t, client, "test")
	if t.Failed() {
		rt.FailNow()
	}
}

// write makes one change by one writer; interruptions others make theirs between
// its reading and its commit.
func (w *writers) write(rt *rapid.T, interruptions int) {
	s := w.stores[rapid.IntRange(0, len(w.stores)-1).Draw(rt, "writer")]
	st := step{
		id:    fmt.Sprint("m", rapid.IntRange(1, 12).Draw(rt, "message")),
		talk:  rapid.SampledFrom([]string{"ana", "budi"}).Draw(rt, "conversation"),
		close: rapid.IntRange(0, 4).Draw(rt, "deed") == 0,
	}
	if st.close {
		w.presses++
		st.id = fmt.Sprint("press", w.presses)
		st.cause = ledger.Cause{Inbox: &ledger.Inbox{Source: "dc", ID: st.id, At: w.start}}
	} else {
		// A message has its own time, whenever it is brought.
		var n int
		fmt.Sscan(st.id[1:], &n) //nolint:errcheck // it was printed above
		st.cause = ledger.Cause{Inbox: &ledger.Inbox{Source: "wa", ID: st.id, At: w.start.AddDate(0, 0, -n%3)}}
	}
	var number string
	applied, err := s.Update(context.Background(), st.cause, func(tx *ledger.Tx) error {
		ref := ledger.Ref{Kind: "conversation", ID: st.talk}
		data, err := tx.Doc(ref)
		if err != nil {
			return err
		}
		if interruptions > 0 {
			interruptions--
			w.write(rt, 0)
		}
		number, err = st.change(tx, ref, data)
		return err
	})
	check(rt, err)
	if want := st.close || !w.seen[st.id]; applied != want {
		rt.Fatalf("%s: applied %v, want %v", st.id, applied, want)
	}
	if applied {
		w.note(st, number)
	}
}

// change is what a writer does: the product's rules in small.
func (st step) change(tx *ledger.Tx, ref ledger.Ref, data []byte) (number string, err error) {
	var c talk
	if data != nil {
		if err := json.Unmarshal(data, &c); err != nil {
			return "", err
		}
	}
	if st.close {
		if c.Ticket == "" {
			return "", nil
		}
		number, c.Ticket = c.Ticket, ""
		if err := tx.Put(ledger.Ref{Kind: "ticket", ID: number}, []byte("closed")); err != nil {
			return "", err
		}
	} else {
		if c.Ticket == "" {
			n, err := tx.Next("ticket")
			if err != nil {
				return "", err
			}
			c.Ticket = fmt.Sprint("T-", n)
			if err := tx.Put(ledger.Ref{Kind: "ticket", ID: c.Ticket}, []byte("open")); err != nil {
				return "", err
			}
		}
		number = c.Ticket
		c.Messages = append(c.Messages, st.id)
		tx.Send(ledger.Letter{ID: "L" + st.id, Lane: "dc:1", Log: number})
		tx.Set(ledger.Timer{Kind: "close", ID: number, Due: tx.Now().Add(time.Hour)})
	}
	tx.Log(number, ledger.Event{What: "happened", Ref: st.id})
	tx.Refresh("card " + ref.ID)
	out, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	return number, tx.Put(ref, out)
}

// note makes the same change in the model.
func (w *writers) note(st step, number string) {
	c := w.talks[st.talk]
	if number == "" {
		return // there was nothing to close
	}
	w.events[number] = append(w.events[number], st.id)
	w.asked["card "+st.talk]++
	w.views["card "+st.talk] = true
	if st.close {
		c.Ticket, w.tickets[number] = "", "closed"
		return
	}
	w.seen[st.id] = true
	c.Messages = append(c.Messages, st.id)
	c.Ticket, w.tickets[number] = number, "open"
	w.letters = append(w.letters, "L"+st.id)
}

func (w *writers) compare(ctx context.Context, rt *rapid.T) {
	s := w.stores[2]
	for name, want := range w.talks {
		d := must(s.Doc(ctx, ledger.Ref{Kind: "conversation", ID: name}))(rt)
		var have talk
		if d.Data != nil {
			check(rt, json.Unmarshal(d.Data, &have))
		}
		if !slices.Equal(have.Messages, want.Messages) || have.Ticket != want.Ticket {
			rt.Fatalf("conversation %s is %+v, want %+v", name, have, *want)
		}
	}
	for number, state := range w.tickets {
		if d := must(s.Doc(ctx, ledger.Ref{Kind: "ticket", ID: number}))(rt); string(d.Data) != state {
			rt.Fatalf("ticket %s is %s, want %s", number, d.Data, state)
		}
		var refs []string
		for e, err := range s.Events(ctx, number) {
			check(rt, err)
			refs = append(refs, e.Ref)
		}
		if !slices.Equal(refs, w.events[number]) {
			rt.Fatalf("log of %s is %v, want %v", number, refs, w.events[number])
		}
	}
	var ids []string
	for _, l := range must(s.Waiting(ctx, "dc:1", 0))(rt) {
		ids = append(ids, l.ID)
	}
	if !slices.Equal(ids, w.letters) {
		rt.Fatalf("the lane holds %v, want %v", ids, w.letters)
	}
	dirty := map[string]bool{}
	for _, v := range must(s.Views(ctx, 10))(rt) {
		dirty[v.Name] = true
	}
	if !maps.Equal(dirty, w.views) {
		rt.Fatalf("to be rendered is %v, want %v", dirty, w.views)
	}
}
