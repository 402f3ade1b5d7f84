package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// inbound is a typical message of a client: four documents read, two written, one
// event, two letters.
func inbound(s *store.Store, t testing.TB, conversation, n int64) error {
	at := time.Now()
	cause := ledger.Cause{Inbox: &ledger.Inbox{Source: "wa", ID: fmt.Sprint("m", n), At: at}}
	body := make([]byte, 600)
	for i := range body {
		body[i] = 'x'
	}
	_, err := s.Update(t.Context(), cause, func(tx *ledger.Tx) error {
		id := fmt.Sprint(conversation)
		for _, kind := range []ledger.Kind{"contact", "customer", "conversation", "ticket"} {
			if _, err := tx.Doc(ledger.Ref{Kind: kind, ID: id}); err != nil {
				return err
			}
		}
		for _, kind := range []ledger.Kind{"conversation", "ticket"} {
			if err := tx.Put(ledger.Ref{Kind: kind, ID: id}, body); err != nil {
				return err
			}
		}
		tx.Log("T-"+id, ledger.Event{What: "client_wrote", By: "client", Ref: fmt.Sprint("m", n)})
		tx.Send(ledger.Letter{ID: fmt.Sprint("a", n), Lane: "dc:" + id, Log: "T-" + id, Kind: "say", Body: []byte(`{"text":"hello, is anybody there"}`)})
		tx.Send(ledger.Letter{ID: fmt.Sprint("b", n), Lane: "wa:" + id, Log: "T-" + id, Kind: "text", Ext: fmt.Sprint("3EB0", n), Body: []byte(`{"text":"thank you"}`)})
		return nil
	})
	return err
}

func kinds(b *testing.B, run func(*testing.B, *store.Store)) {
	for _, k := range []struct {
		name string
		open func(testing.TB) store.Client
	}{{"durable", storetest.Durable}, {"redis", storetest.Redis}, {"memory", storetest.Memory}} {
		b.Run(k.name, func(b *testing.B) { run(b, store.New(k.open(b), store.Options{Desk: "bench"})) })
	}
}

// One conversation after the other, one caller.
func BenchmarkInbound(b *testing.B) {
	kinds(b, func(b *testing.B, s *store.Store) {
		n := int64(0)
		for b.Loop() {
			n++
			if err := inbound(s, b, n%100, n); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Sixteen callers of different conversations.
func BenchmarkInboundParallel(b *testing.B) {
	kinds(b, func(b *testing.B, s *store.Store) {
		var callers, messages atomic.Int64
		b.SetParallelism(8)
		b.RunParallel(func(pb *testing.PB) {
			conversation := callers.Add(1)
			for pb.Next() {
				if err := inbound(s, b, conversation, messages.Add(1)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

// One letter from its lane to its end.
func BenchmarkBeginOutcome(b *testing.B) {
	kinds(b, func(b *testing.B, s *store.Store) {
		lease, err := s.Acquire(b.Context(), "a", time.Hour)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for b.Loop() {
			if n%100 == 0 {
				b.StopTimer()
				_, err := s.Update(b.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
					for i := range 100 {
						tx.Send(ledger.Letter{ID: fmt.Sprint("L", n+i), Lane: "wa:1", Log: "T-1"})
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			n++
			l, _, ok, err := s.Begin(b.Context(), lease.Epoch, "wa:1")
			if err != nil || !ok {
				b.Fatal(ok, err)
			}
			if _, err := s.Update(b.Context(), outcome(l, lease.Epoch, ledger.Sent, "X"+l.ID), nothing); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Looking at a thousand lanes.
func BenchmarkThousandLanes(b *testing.B) {
	kinds(b, func(b *testing.B, s *store.Store) {
		for i := range 10 {
			_, err := s.Update(b.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
				for j := range 100 {
					id := fmt.Sprint(i*100 + j)
					tx.Send(ledger.Letter{ID: "L" + id, Lane: "wa:" + id, Log: "T-" + id})
				}
				return nil
			})
			if err != nil {
				b.Fatal(err)
			}
		}
		for b.Loop() {
			if heads, err := s.Lanes(b.Context()); err != nil || len(heads) != 1000 {
				b.Fatal(len(heads), err)
			}
		}
	})
}
