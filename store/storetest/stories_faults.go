package storetest

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// A day of a ticket, with every script call in it. Each of them fails once before
// and once after it took effect, and what is stored in the end is the same.
func everyCallFails(t *testing.T, client store.Client) {
	faults := Inject(client)
	defer faults.Break(0, false)
	empty := func() {
		if err := client.FlushDB(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	aDay(t, client)
	empty()
	from := faults.Calls()
	aDay(t, client)
	calls := faults.Calls() - from
	want := settled(Dump(t.Context(), client))
	if calls < 20 {
		t.Fatalf("%d script calls, expected more", calls)
	}
	for n := 1; n <= calls; n++ {
		for _, applied := range []bool{false, true} {
			name := fmt.Sprintf("call %d of %d, applied %v", n, calls, applied)
			empty()
			faults.Break(n, applied)
			aDay(t, client)
			if have := settled(Dump(t.Context(), client)); have != want {
				t.Errorf("%s: stored is\n%s\nwant\n%s", name, have, want)
			}
			Check(t, client, desk)
			if t.Failed() {
				t.Fatalf("%s", name)
			}
		}
	}
}

// settled leaves out what a lost answer may change: random tokens, epochs, counted
// attempts and the numbers of commits.
func settled(dump string) string {
	for _, r := range []struct{ pattern, with string }{
		{`(?m)(\{test\}:seen:.*\n)((\t.* = ).*\n)+`, "$1"},
		{`(?m)^\{test\}:(hw|epoch|lease|counters)\n(\t.*\n)+`, ""},
		{`(?m)^\t(a:.*|f:.*|v) = .*\n`, ""},
		{`(?m)(\{test\}:views\n)\t\d+ `, "$1\t"},
	} {
		dump = regexp.MustCompile(r.pattern).ReplaceAllString(dump, r.with)
	}
	return dump
}

// aDay tells a story in which every kind of call is made, and demands at each step
// that it works.
func aDay(t *testing.T, client store.Client) {
	t.Helper()
	s := newStore(client)
	epoch := acquire(t, s, "a")
	ref := ledger.Ref{Kind: "conversation", ID: "c1"}
	due := ledger.Timer{Kind: "close", ID: "T-1", Due: noon}
	for range 2 { // the network brings it twice
		for _, id := range []string{"m1", "m2"} {
			update(t, s, inbox(id), func(tx *ledger.Tx) error {
				var c conversation
				var number error
				err := change(tx, ref, &c, func() {
					c.Messages = append(c.Messages, id)
					c.Ticket, number = tx.Next("ticket")
					c.Ticket = 1
				})
				tx.Log("T-1", ledger.Event{What: "client_wrote", Ref: id})
				tx.Send(letter("L"+id, "dc:1"))
				tx.Set(due)
				tx.Refresh("card")
				tx.Index("open", "T-1", 1)
				return errors.Join(err, number)
			})
		}
	}
	l, _ := begin(t, s, epoch, "dc:1")
	if err := s.Nack(t.Context(), epoch, l, noon.Add(time.Second), "no answer", true); err != nil {
		t.Fatalf("nack: %v", err)
	}
	l, _ = begin(t, s, epoch, "dc:1")
	if err := s.Nack(t.Context(), epoch, l, noon.Add(2*time.Second), "rate limit", false); err != nil {
		t.Fatalf("nack: %v", err)
	}
	l, _ = begin(t, s, epoch, "dc:1")
	if _, err := outcome(t, s, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Dead, Reason: "too long"}, func(tx *ledger.Tx) error {
		tx.SendFirst(letter("note", "dc:1"))
		return nil
	}); err != nil {
		t.Fatalf("bury: %v", err)
	}
	for _, ext := range []string{"900", "901"} {
		l, _ = begin(t, s, epoch, "dc:1")
		if _, err := outcome(t, s, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Sent, Ext: ext}, func(tx *ledger.Tx) error {
			tx.Log("T-1", ledger.Event{What: "shown", Ref: ext})
			return nil
		}); err != nil {
			t.Fatalf("sent: %v", err)
		}
	}
	update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error {
		tx.Raise("T-1", l.ID, ledger.Delivered)
		return nil
	})
	update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error {
		_, _, err := tx.Revive("Lm1")
		return err
	})
	views, err := s.Views(t.Context(), 10)
	if err != nil || len(views) != 1 {
		t.Fatalf("views %v, error %v", views, err)
	}
	if err := s.Viewed(t.Context(), epoch, views[0]); err != nil {
		t.Fatalf("viewed: %v", err)
	}
	update(t, s, ledger.Cause{Timer: &due}, func(tx *ledger.Tx) error {
		tx.Log("T-1", ledger.Event{What: "closed"})
		tx.Unindex("open", "T-1")
		tx.Refresh("card")
		return nil
	})
	old := ledger.Cause{Inbox: &ledger.Inbox{Source: "wa", ID: "old", At: noon.AddDate(0, 0, -60)}}
	update(t, s, old, func(tx *ledger.Tx) error { return tx.Put(ref, nil) })
	if _, err := s.Prune(t.Context(), noon.AddDate(0, 0, -45)); err != nil {
		t.Fatalf("prune: %v", err)
	}
	held, err := s.Acquire(t.Context(), "a", time.Minute)
	if err == nil {
		held, err = s.Renew(t.Context(), "a", held, time.Minute)
	}
	if err == nil {
		err = s.Release(t.Context(), "a", held)
	}
	if err != nil {
		t.Fatalf("lease: %v", err)
	}
}

// A message whose commit was carried out and not answered is ours: it was applied.
func lostAnswers(t *testing.T, client store.Client) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	faults := Inject(client)
	faults.Break(1, true)
	if !update(t, s, inbox("m1"), func(tx *ledger.Tx) error { tx.Send(letter("1", "wa:1")); return nil }) {
		t.Error("inbox: our own commit was taken for another's")
	}
	l, _ := begin(t, s, epoch, "wa:1")
	faults.Break(1, true)
	applied, err := outcome(t, s, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Sent, Ext: "X"}, nil)
	if !applied || err != nil {
		t.Errorf("outcome: applied %v, error %v", applied, err)
	}
}

// While Redis is away a call waits for it, up to its patience, and says so then.
func storeDown(t *testing.T, client store.Client) {
	faults := Inject(client)
	faults.Down(true)
	defer faults.Down(false)
	hasty := store.New(client, store.Options{Desk: desk, Patience: -1})
	for name, err := range map[string]error{
		"ping":   hasty.Ping(t.Context()),
		"update": second(hasty.Update(t.Context(), inbox("m1"), func(*ledger.Tx) error { return nil })),
		"due":    third(hasty.Due(t.Context(), noon, 1)),
		"lanes":  second(hasty.Lanes(t.Context())),
		"dead":   lastOf(hasty, t),
	} {
		if !errors.Is(err, ErrLost) {
			t.Errorf("%s: error %v, want what the network said", name, err)
		}
	}
	if err := hasty.Ping(t.Context()); err == nil || !strings.HasPrefix(err.Error(), "ping redis: ") {
		t.Errorf("error %v does not say what was tried", err)
	}
	// fn swallowed the error of a question: nothing is stored on such ground.
	applied, err := hasty.Update(t.Context(), inbox("m1"), func(tx *ledger.Tx) error {
		_, _ = tx.Doc(ledger.Ref{Kind: "k", ID: "1"})
		faults.Down(false)
		return nil
	})
	if applied || !errors.Is(err, ErrLost) {
		t.Errorf("applied %v, error %v", applied, err)
	}
	faults.Down(true)
	patient := newStore(client)
	time.AfterFunc(20*time.Millisecond, func() { faults.Down(false) })
	update(t, patient, inbox("m1"), put(ledger.Ref{Kind: "k", ID: "1"}, "kept"))
	want(t, patient, ledger.Ref{Kind: "k", ID: "1"}, "kept")
}

func second[A any](_ A, err error) error        { return err }
func third[A, B any](_ A, _ B, err error) error { return err }

func lastOf(s *store.Store, t *testing.T) (err error) {
	for _, err = range s.Dead(t.Context()) {
		if err != nil {
			return err
		}
	}
	return err
}
