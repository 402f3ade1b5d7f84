package store_test

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// trips counts questions to the server.
type trips struct{ n int }

func (t *trips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (t *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		t.n++
		return next(ctx, cmd)
	}
}

func (t *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		t.n++
		return next(ctx, cmds)
	}
}

// Documents that are expected come by one question; they are read no less
// carefully, and those that are not read after all do not matter.
func TestExpectedDocuments(t *testing.T) {
	client := storetest.Memory(t)
	s := store.New(client, store.Options{Desk: "test"})
	a, b, c := ledger.Ref{Kind: "k", ID: "a"}, ledger.Ref{Kind: "k", ID: "b"}, ledger.Ref{Kind: "k", ID: "c"}
	put := func(ref ledger.Ref, value string) {
		if _, err := s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { return tx.Put(ref, []byte(value)) }); err != nil {
			t.Fatal(err)
		}
	}
	put(a, "1")
	put(b, "1")
	count := &trips{}
	client.AddHook(count)
	runs, last := 0, ""
	_, err := s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		runs++
		before := count.n
		tx.Expect(a, b, c, ledger.Ref{})
		if runs == 1 {
			put(a, "2")
			put(b, "2")
			before = count.n - 1
		}
		value, err := tx.Doc(a)
		if err != nil {
			return err
		}
		if absent, err := tx.Doc(c); absent != nil || err != nil {
			t.Errorf("what is not there reads %q, %v", absent, err)
		}
		if n := count.n - before; n != 1 {
			t.Errorf("%d questions, want one", n)
		}
		last = string(value)
		return tx.Put(c, value)
	})
	if err != nil || runs != 2 || last != "2" {
		t.Errorf("ran %d times, saw %q at last, %v", runs, last, err)
	}
	runs = 0
	_, err = s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		runs++
		tx.Expect(a, b)
		put(b, "3")
		_, err := tx.Doc(a)
		tx.Log("T-1", ledger.Event{What: "x"})
		return err
	})
	if err != nil || runs != 1 {
		t.Errorf("ran %d times, %v", runs, err)
	}
	storetest.Check(t, client, "test")
}

// Who waits for timers is not woken by letters.
func TestTimersWakeTheirOwn(t *testing.T) {
	s := store.New(storetest.Memory(t), store.Options{Desk: "test"})
	all, stop := s.Subscribe()
	defer stop()
	timers, stopTimers := s.SubscribeTimers()
	defer stopTimers()
	change := func(fn func(tx *ledger.Tx)) {
		if _, err := s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { fn(tx); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	change(func(tx *ledger.Tx) { tx.Send(ledger.Letter{ID: "1", Lane: "wa:1", Log: "T-1"}) })
	<-all
	select {
	case <-timers:
		t.Error("woken by a letter")
	default:
	}
	change(func(tx *ledger.Tx) { tx.Set(ledger.Timer{Kind: "k", ID: "1", Due: tx.Now()}) })
	<-all
	<-timers
}
