package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// noon is desk time in the stories.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newStore(c store.Client) *store.Store {
	o := store.Options{Desk: desk, Now: func() time.Time { return noon }}
	if r, ok := c.(replicated); ok {
		c, o.Replicas = r.Client, 1
	}
	return store.New(c, o)
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

func oneTicket(t *testing.T, client store.Client) {
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

func put(ref ledger.Ref, data string) func(*ledger.Tx) error {
	return func(tx *ledger.Tx) error { return tx.Put(ref, []byte(data)) }
}

func update(t *testing.T, s *store.Store, cause ledger.Cause, fn func(*ledger.Tx) error) bool {
	t.Helper()
	applied, err := s.Update(t.Context(), cause, fn)
	if err != nil {
		t.Fatalf("update: %v", err)
	}
	return applied
}

func want(t *testing.T, s *store.Store, ref ledger.Ref, data string) {
	t.Helper()
	d, err := s.Doc(t.Context(), ref)
	if err != nil || string(d.Data) != data || (d.Version == 0) != (data == "") {
		t.Errorf("document %s is %q at version %d (error %v), want %q", ref, d.Data, d.Version, err, data)
	}
}

// Every kind of cause, twice: the second time nothing happens.
func everyCauseTwice(t *testing.T, client store.Client) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	timer := ledger.Timer{Kind: "close", ID: "T-1", Due: noon.Add(-time.Second)}
	send(t, s, letter("1", "wa:1"), letter("2", "wa:1"))
	update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error { tx.Set(timer); return nil })
	first, _ := begin(t, s, epoch, "wa:1")
	for _, c := range []struct {
		name  string
		cause ledger.Cause
	}{
		{"inbox", inbox("m1")},
		{"timer", ledger.Cause{Timer: &timer}},
		{"outcome", ledger.Cause{Outcome: &ledger.Outcome{Letter: first, Epoch: epoch, State: ledger.Sent, Ext: "X"}}},
	} {
		fn := func(tx *ledger.Tx) error {
			tx.Log(c.name, ledger.Event{What: "happened"})
			return nil
		}
		if !update(t, s, c.cause, fn) {
			t.Errorf("%s: first time not applied", c.name)
		}
		before := Dump(t.Context(), client)
		if update(t, s, c.cause, fn) {
			t.Errorf("%s: applied twice", c.name)
		}
		if applied, err := s.Update(t.Context(), c.cause, func(*ledger.Tx) error { return errors.New("it is there already") }); applied || err != nil {
			t.Errorf("%s: what fn says when the cause is done must not matter: %v, %v", c.name, applied, err)
		}
		if after := Dump(t.Context(), client); after != before {
			t.Errorf("%s: the second time changed something:\n%s\nwas:\n%s", c.name, after, before)
		}
	}
	// The same id on another day or from another source is another thing.
	other := inbox("m1")
	other.Inbox.At = noon.AddDate(0, 0, 1)
	if !update(t, s, other, put(ledger.Ref{Kind: "k", ID: "1"}, "x")) {
		t.Error("a thing of another day was taken for a repetition")
	}
}

// Somebody is faster: fn runs again and sees his work; numbers are not burnt.
func conflicts(t *testing.T, client store.Client) {
	s := newStore(client)
	a, b := ledger.Ref{Kind: "k", ID: "a"}, ledger.Ref{Kind: "k", ID: "b"}
	runs := 0
	var number int64
	update(t, s, inbox("m1"), func(tx *ledger.Tx) error {
		runs++
		data, err := tx.Doc(a)
		if err != nil {
			return err
		}
		if runs == 1 {
			update(t, s, ledger.Cause{}, put(a, "theirs"))
		}
		if number, err = tx.Next("ticket"); err != nil {
			return err
		}
		again, err := tx.Next("ticket")
		if err != nil || again != number+1 {
			t.Errorf("numbers %d and %d (error %v), want one after the other", number, again, err)
		}
		return tx.Put(b, append(data, " and ours"...))
	})
	want(t, s, b, "theirs and ours")
	if runs != 2 || number != 1 {
		t.Errorf("%d runs and number %d, want 2 and 1", runs, number)
	}
}

// What is read is guarded also when it is not written, and when it did not exist.
func readsAreGuarded(t *testing.T, client store.Client) {
	s := newStore(client)
	a, b := ledger.Ref{Kind: "k", ID: "a"}, ledger.Ref{Kind: "k", ID: "b"}
	for i, interfere := range []func(*ledger.Tx) error{
		put(a, "created"),
		put(a, "changed"),
		func(tx *ledger.Tx) error { return tx.Put(a, nil) },
	} {
		runs := 0
		update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error {
			runs++
			if _, err := tx.Doc(a); err != nil {
				return err
			}
			if runs == 1 {
				update(t, s, ledger.Cause{}, interfere)
			}
			return tx.Put(b, fmt.Append(nil, i))
		})
		if runs != 2 {
			t.Errorf("interference %d: fn ran %d times, want 2", i, runs)
		}
	}
	want(t, s, a, "")

	// Deleted and made again with the same bytes is not what was read.
	update(t, s, ledger.Cause{}, put(a, "same"))
	runs := 0
	update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error {
		runs++
		if _, err := tx.Doc(a); err != nil {
			return err
		}
		if runs == 1 {
			update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error { return tx.Put(a, nil) })
			update(t, s, ledger.Cause{}, put(a, "same"))
		}
		return tx.Put(b, []byte("done"))
	})
	if runs != 2 {
		t.Errorf("a document made anew: fn ran %d times, want 2", runs)
	}
}

// An error of fn writes nothing and comes back as it is, unless fn saw a state
// that never was.
func errorsOfFn(t *testing.T, client store.Client) {
	s := newStore(client)
	a, b := ledger.Ref{Kind: "k", ID: "a"}, ledger.Ref{Kind: "k", ID: "b"}
	update(t, s, ledger.Cause{}, put(a, "1"))
	before := Dump(t.Context(), client)
	refused := errors.New("ticket is closed")
	applied, err := s.Update(t.Context(), inbox("m1"), func(tx *ledger.Tx) error {
		tx.Send(letter("1", "wa:1"))
		if err := tx.Put(a, []byte("2")); err != nil {
			return err
		}
		return refused
	})
	if applied || err != refused {
		t.Errorf("applied %v, error %v, want fn's own error", applied, err)
	}
	if after := Dump(t.Context(), client); after != before {
		t.Errorf("a refused change wrote something:\n%s\nwas:\n%s", after, before)
	}

	runs := 0
	update(t, s, inbox("m1"), func(tx *ledger.Tx) error {
		runs++
		x, err := tx.Doc(a)
		if err != nil {
			return err
		}
		if runs == 1 {
			update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error {
				return errors.Join(tx.Put(a, []byte("2")), tx.Put(b, []byte("2")))
			})
		}
		y, err := tx.Doc(b)
		if err != nil {
			return err
		}
		if string(x) != string(y) {
			return errors.New("a and b differ")
		}
		return nil
	})
	if runs != 2 {
		t.Errorf("fn ran %d times, want 2", runs)
	}
}

func tooLarge(t *testing.T, client store.Client) {
	s := newStore(client)
	before := Dump(t.Context(), client)
	for name, fn := range map[string]func(*ledger.Tx) error{
		"document": put(ledger.Ref{Kind: "k", ID: "1"}, strings.Repeat("x", store.MaxDoc+1)),
		"rows": func(tx *ledger.Tx) error {
			for i := range store.MaxRows + 1 {
				tx.Refresh(fmt.Sprint("view", i))
			}
			return nil
		},
		"bytes": func(tx *ledger.Tx) error {
			for i := range 20 {
				if err := tx.Put(ledger.Ref{Kind: "k", ID: fmt.Sprint(i)}, make([]byte, store.MaxDoc)); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		applied, err := s.Update(t.Context(), inbox("m1"), fn)
		if applied || !errors.Is(err, ledger.ErrTooLarge) {
			t.Errorf("%s: applied %v, error %v, want ErrTooLarge", name, applied, err)
		}
	}
	if after := Dump(t.Context(), client); after != before {
		t.Errorf("something was written:\n%s", after)
	}
	update(t, s, inbox("m1"), func(tx *ledger.Tx) error {
		for i := range store.MaxRows - 1 {
			tx.Send(letter(fmt.Sprint("L", i), fmt.Sprint("lane", i%7)))
		}
		return tx.Put(ledger.Ref{Kind: "k", ID: "1"}, make([]byte, store.MaxDoc))
	})
}

// What could not be stored or found again is refused before anything is sent.
func badInput(t *testing.T, client store.Client) {
	s := newStore(client)
	long := strings.Repeat("x", 201)
	nothing := func(*ledger.Tx) error { return nil }
	at := func(id string) ledger.Letter { return ledger.Letter{ID: id, Lane: "l", Log: "T-1"} }
	for name, c := range map[string]struct {
		cause ledger.Cause
		fn    func(*ledger.Tx) error
	}{
		"inbox without id":    {ledger.Cause{Inbox: &ledger.Inbox{Source: "wa", At: noon}}, nothing},
		"inbox without time":  {ledger.Cause{Inbox: &ledger.Inbox{Source: "wa", ID: "1"}}, nothing},
		"two causes":          {ledger.Cause{Inbox: inbox("1").Inbox, Timer: &ledger.Timer{Kind: "k", ID: "1"}}, nothing},
		"timer kind with bar": {ledger.Cause{Timer: &ledger.Timer{Kind: "a|b", ID: "1"}}, nothing},
		"outcome neither":     {ledger.Cause{Outcome: &ledger.Outcome{Letter: at("1"), State: ledger.Waiting}}, nothing},
		"letter without id":   {inbox("1"), func(tx *ledger.Tx) error { tx.Send(at("")); return nil }},
		"letter id of lines":  {inbox("1"), func(tx *ledger.Tx) error { tx.Send(at("a\nb")); return nil }},
		"letter of long id":   {inbox("1"), func(tx *ledger.Tx) error { tx.Send(at(long)); return nil }},
		"letter put first":    {inbox("1"), func(tx *ledger.Tx) error { tx.SendFirst(at("1")); return nil }},
		"log without name":    {inbox("1"), func(tx *ledger.Tx) error { tx.Log("", ledger.Event{What: "x"}); return nil }},
		"raise to dead":       {inbox("1"), func(tx *ledger.Tx) error { tx.Raise("T-1", "1", ledger.Dead); return nil }},
		"index of huge score": {inbox("1"), func(tx *ledger.Tx) error { tx.Index("i", "m", 1<<60); return nil }},
		"view without name":   {inbox("1"), func(tx *ledger.Tx) error { tx.Refresh(""); return nil }},
		"document of long id": {inbox("1"), put(ledger.Ref{Kind: "k", ID: long}, "x")},
		"document without id": {inbox("1"), put(ledger.Ref{Kind: "k"}, "x")},
		"kind with a colon":   {inbox("1"), put(ledger.Ref{Kind: "k:l", ID: "1"}, "x")},
		"timer without id":    {inbox("1"), func(tx *ledger.Tx) error { tx.Set(ledger.Timer{Kind: "k"}); return nil }},
		"a body that is no JSON": {inbox("1"), func(tx *ledger.Tx) error {
			l := at("1")
			l.Body = json.RawMessage("{")
			tx.Send(l)
			return nil
		}},
	} {
		if applied, err := s.Update(t.Context(), c.cause, c.fn); applied || err == nil {
			t.Errorf("%s: applied %v, error %v, want an error", name, applied, err)
		}
	}
	if d := Dump(t.Context(), client); d != "" {
		t.Errorf("something was written:\n%s", d)
	}
	if _, err := store.New(client, store.Options{Desk: "Not A Desk"}).Update(t.Context(), inbox("1"), nothing); err == nil {
		t.Error("a desk of a bad name stored something")
	}
}

// A letter's id is unique for ever: writing it again is writing it once, also
// after it was sent.
func letterOnce(t *testing.T, client store.Client) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	send(t, s, letter("1", "wa:1"), letter("1", "wa:1"), letter("2", "wa:1"))
	send(t, s, letter("2", "wa:1"))
	for _, id := range []string{"1", "2"} {
		l, _ := begin(t, s, epoch, "wa:1")
		if l.ID != id {
			t.Fatalf("begun %s, want %s", l.ID, id)
		}
		if _, err := outcome(t, s, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Sent}, nil); err != nil {
			t.Fatal(err)
		}
	}
	send(t, s, letter("1", "wa:1"))
	if _, _, ok, err := s.Begin(t.Context(), epoch, "wa:1"); ok || err != nil {
		t.Errorf("begin: %v, %v; want an empty lane", ok, err)
	}
}

// A key of the wrong type breaks the whole change, not half of it.
func allOrNothing(t *testing.T, client store.Client) {
	s := newStore(client)
	if err := client.Set(t.Context(), "{test}:views", "not a sorted set", 0).Err(); err != nil {
		t.Fatal(err)
	}
	defer client.Del(context.WithoutCancel(t.Context()), "{test}:views")
	before := Dump(t.Context(), client)
	_, err := s.Update(t.Context(), inbox("m1"), func(tx *ledger.Tx) error {
		tx.Log("T-1", ledger.Event{What: "opened"})
		tx.Send(letter("1", "wa:1"))
		tx.Refresh("card")
		return tx.Put(ledger.Ref{Kind: "k", ID: "1"}, []byte("x"))
	})
	if err == nil || !strings.Contains(err.Error(), "views") {
		t.Errorf("error %v, want one that names the key", err)
	}
	if after := Dump(t.Context(), client); after != before {
		t.Errorf("half of the change was written:\n%s", after)
	}
}
