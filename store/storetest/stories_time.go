package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

func timers(t *testing.T, client store.Client) {
	s := newStore(client)
	set := func(ts ...ledger.Timer) {
		t.Helper()
		update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error {
			for _, timer := range ts {
				tx.Set(timer)
			}
			return nil
		})
	}
	at := func(id string, d time.Duration) ledger.Timer {
		return ledger.Timer{Kind: "close", ID: id, Due: noon.Add(d)}
	}
	set(at("3", 3*time.Second), at("1", time.Second), at("odd|id", 2*time.Second), at("late", 1500*time.Microsecond))
	set(at("3", 4*time.Second))

	due, next, err := s.Due(t.Context(), noon.Add(2*time.Second), 10)
	if err != nil || fmt.Sprint(names(due)) != "[close|late close|1 close|odd|id]" || !next.Equal(noon.Add(4*time.Second)) {
		t.Fatalf("due %v, next %v, error %v", due, next, err)
	}
	if !due[0].Due.Equal(noon.Add(2 * time.Millisecond)) {
		t.Errorf("a timer is due at %v, before the time meant", due[0].Due)
	}
	if one, _, err := s.Due(t.Context(), noon.Add(time.Hour), 1); err != nil || len(one) != 1 || one[0] != due[0] {
		t.Errorf("the first one due is %v, %v", one, err)
	}
	// Set anew between being read and fired: the old one does not fire.
	set(at("1", time.Hour))
	fired := 0
	for _, timer := range due {
		if update(t, s, ledger.Cause{Timer: &timer}, func(tx *ledger.Tx) error {
			tx.Log("T-1", ledger.Event{What: "fired", Ref: timer.ID})
			if timer.ID == "odd|id" { // and sets itself again
				tx.Set(at("odd|id", time.Minute))
			}
			return nil
		}) {
			fired++
		}
	}
	if fired != 2 {
		t.Errorf("%d timers fired, want 2", fired)
	}
	update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error {
		tx.Cancel("close", "3")
		tx.Cancel("close", "nobody")
		return nil
	})
	due, next, err = s.Due(t.Context(), noon.Add(24*time.Hour), 10)
	if err != nil || fmt.Sprint(names(due)) != "[close|odd|id close|1]" || !next.IsZero() {
		t.Errorf("left: %v, next %v, error %v", due, next, err)
	}
}

func names(ts []ledger.Timer) (out []string) {
	for _, t := range ts {
		out = append(out, t.Name())
	}
	return out
}

func indexes(t *testing.T, client store.Client) {
	s := newStore(client)
	update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error {
		for i := range 10 {
			tx.Index("open", fmt.Sprint("T-", i), int64(i*i)-3)
		}
		tx.Index("open", "T-2", 1<<53)
		tx.Unindex("open", "T-3")
		tx.Unindex("open", "nobody")
		return nil
	})
	for _, c := range []struct {
		name string
		r    store.Range
		want string
	}{
		{"all", store.Range{}, "[T-0 T-1 T-4 T-5 T-6 T-7 T-8 T-9 T-2]"},
		{"from", store.Range{Min: new(int64(22)), Limit: 2}, "[T-5 T-6]"},
		{"to", store.Range{Max: new(int64(-2))}, "[T-0 T-1]"},
		{"down", store.Range{Down: true, Limit: 3}, "[T-2 T-9 T-8]"},
		{"down between", store.Range{Min: new(int64(-3)), Max: new(int64(22)), Down: true, Offset: 1}, "[T-4 T-1 T-0]"},
		{"page", store.Range{Offset: 2, Limit: 2}, "[T-4 T-5]"},
	} {
		rows, err := s.Index(t.Context(), "open", c.r)
		var have []string
		for _, r := range rows {
			have = append(have, r.Member)
		}
		if err != nil || fmt.Sprint(have) != c.want {
			t.Errorf("%s: %v (error %v), want %s", c.name, have, err, c.want)
		}
	}
	rows, err := s.Index(t.Context(), "open", store.Range{Down: true, Limit: 1})
	if err != nil || len(rows) != 1 || rows[0].Score != 1<<53 {
		t.Errorf("the highest row is %v, %v", rows, err)
	}
	if n, err := s.IndexLen(t.Context(), "open"); n != 9 || err != nil {
		t.Errorf("%d members, %v", n, err)
	}
}

func longLog(t *testing.T, client store.Client) {
	s := newStore(client)
	for i := range 5 {
		update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error {
			for j := range 100 {
				tx.Log("T-1", ledger.Event{What: "counted", Ref: fmt.Sprint(i*100 + j), Data: map[string]string{"q": "\"\n\x00é"}})
			}
			return nil
		})
	}
	n := 0
	for e, err := range s.Events(t.Context(), "T-1") {
		if err != nil {
			t.Fatal(err)
		}
		if e.Ref != fmt.Sprint(n) || !e.At.Equal(noon) || e.Data["q"] != "\"\n\x00é" {
			t.Fatalf("event %d is %+v", n, e)
		}
		n++
	}
	if n != 500 {
		t.Errorf("%d events, want 500", n)
	}
	for range s.Events(t.Context(), "T-1") {
		break
	}
}

// What is long past is forgotten; nothing else is.
func prune(t *testing.T, client store.Client) {
	s := newStore(client)
	for day := range 5 {
		for _, source := range []string{"wa", "dc"} {
			c := ledger.Cause{Inbox: &ledger.Inbox{Source: source, ID: "m", At: noon.AddDate(0, 0, -day)}}
			update(t, s, c, func(*ledger.Tx) error { return nil })
		}
	}
	n, err := s.Prune(t.Context(), noon.AddDate(0, 0, -2))
	if err != nil || n != 4 {
		t.Errorf("forgot %d (error %v), want two days of two sources", n, err)
	}
	for day := range 5 {
		c := ledger.Cause{Inbox: &ledger.Inbox{Source: "wa", ID: "m", At: noon.AddDate(0, 0, -day)}}
		if applied := update(t, s, c, func(*ledger.Tx) error { return nil }); applied != (day > 2) {
			t.Errorf("a message of %d days ago: applied %v", day, applied)
		}
	}
}

func lease(t *testing.T, client store.Client) {
	now := noon
	clock := func() time.Time { return now }
	a := store.New(client, store.Options{Desk: desk, Clock: clock})
	b := store.New(client, store.Options{Desk: desk, Clock: clock})
	const ttl = 40 * time.Millisecond
	first, err := a.Acquire(t.Context(), "a", time.Minute)
	if err != nil || !first.Valid(now.Add(47*time.Second)) || first.Valid(now.Add(48*time.Second)) {
		t.Fatalf("lease %+v, %v; want it valid for 48 s", first, err)
	}
	_, err = b.Acquire(t.Context(), "b", time.Minute)
	if held, ok := errors.AsType[*store.HeldError](err); !ok || held.Owner != "a" || held.For <= 0 || held.For > time.Minute {
		t.Errorf("second owner: %v, want HeldError", err)
	}
	// A restarted owner need not wait, and its former self is out.
	again, err := a.Acquire(t.Context(), "a", ttl)
	if err != nil || again.Epoch <= first.Epoch {
		t.Fatalf("again: %+v, %v", again, err)
	}
	if _, err := a.Renew(t.Context(), "a", first, ttl); !errors.Is(err, ledger.ErrStale) {
		t.Errorf("renew the old one: %v", err)
	}
	now = now.Add(time.Second)
	if again, err = a.Renew(t.Context(), "a", again, ttl); err != nil || !again.Until.Equal(now.Add(ttl*8/10)) {
		t.Errorf("renew: %+v, %v", again, err)
	}
	var taken ledger.Lease
	await(t, "the end of the lease", func() (err error) {
		taken, err = b.Acquire(t.Context(), "b", time.Minute)
		return err
	})
	if taken.Epoch <= again.Epoch {
		t.Errorf("epoch %d after %d", taken.Epoch, again.Epoch)
	}
	if _, err := a.Renew(t.Context(), "a", again, ttl); !errors.Is(err, ledger.ErrStale) {
		t.Errorf("renew after it was taken: %v", err)
	}
	if err := a.Release(t.Context(), "a", again); err != nil {
		t.Errorf("release what is not ours: %v", err)
	}
	if _, err := b.Renew(t.Context(), "b", taken, time.Minute); err != nil {
		t.Errorf("the holder was disturbed: %v", err)
	}
	if err := b.Release(t.Context(), "b", taken); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := b.Begin(t.Context(), taken.Epoch, "wa:1"); err != nil {
		t.Errorf("an empty lane: %v", err)
	}
	if next, err := a.Acquire(t.Context(), "a", time.Minute); err != nil || next.Epoch <= taken.Epoch+1 {
		t.Errorf("after release: %+v, %v", next, err)
	}
	if (ledger.Lease{}).Valid(now) {
		t.Error("no lease is valid")
	}
}

// Commits wake who subscribed; several signals may be one.
func wakes(t *testing.T, client store.Client) {
	s := newStore(client)
	one, stop := s.Subscribe()
	two, stop2 := s.Subscribe()
	defer stop2()
	send(t, s, letter("1", "wa:1"))
	send(t, s, letter("2", "wa:1"))
	<-one
	<-two
	stop()
	update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error { tx.Set(ledger.Timer{Kind: "k", ID: "1", Due: noon}); return nil })
	<-two
	update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error { tx.Log("T-1", ledger.Event{What: "x"}); return nil })
	select {
	case <-one:
		t.Error("who has left was woken")
	case <-two:
		t.Error("woken for nothing")
	default:
	}
}
