package bridge_test

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

// BenchmarkMonthlyList makes the list of a month among 100,000 customers who bought, as a
// desk does it: all are ranked, and twenty cards made, each a commit of its own into a
// redis-server with appendfsync always. The heap is the most that Go had in use while the
// list was made, looked at every 10 ms; the server is another process and not in it.
func BenchmarkMonthlyList(b *testing.B) {
	const customers = 100_000
	now := time.Date(2026, 12, 1, 8, 0, 0, 0, wib)
	st := store.New(storetest.Durable(b), store.Options{Desk: "test", Now: func() time.Time { return now }})
	desk := bridge.Desk{
		Prefix: "HE", Zone: wib, Calendar: officeHours(b), Sentences: ticket.Defaults(), Now: func() time.Time { return now },
		Members: func(ctx context.Context, index string, from int64) (all []string, err error) {
			rows, err := st.Index(ctx, index, store.Range{Min: &from})
			for _, r := range rows {
				all = append(all, r.Member)
			}
			return all, err
		},
		Rows: func(ctx context.Context, p bridge.Page) ([]ledger.IndexRow, error) {
			return st.Index(ctx, p.Index, store.Range{Min: p.Min, Max: p.Max, Offset: p.Offset, Limit: p.Limit})
		},
	}
	change := func(fn func(tx *ledger.Tx) error) {
		b.Helper()
		if _, err := st.Update(b.Context(), ledger.Cause{}, fn); err != nil {
			b.Fatal(err)
		}
	}
	for from := 0; from < customers; from += 40 {
		change(func(tx *ledger.Tx) error { return buyers(tx, from, from+40) })
	}
	fire := desk.Timers()[bridge.TimerFollowUpList]
	runtime.GC()
	debug.FreeOSMemory()
	high := watchHeap()
	for b.Loop() {
		change(func(tx *ledger.Tx) error { _, err := desk.Jobs()["followups"](tx, now); return err })
		id := desk.RoundOf(now)
		for done := false; !done; {
			change(func(tx *ledger.Tx) error {
				if err := fire(tx, ledger.Timer{Kind: bridge.TimerFollowUpList, ID: id, Due: now}); err != nil {
					return err
				}
				r, _, err := customer.LoadRound(tx, id)
				if done = r.Done; done && r.Made != bridge.DefaultFollowUps().List {
					b.Errorf("%d cards", r.Made)
				}
				return err
			})
		}
		now = now.AddDate(0, 1, 2) // the next list
	}
	b.ReportMetric(float64(high())/(1<<20), "heap-MB")
}

// buyers makes customers who bought three times, a month apart.
func buyers(tx *ledger.Tx, from, to int) error {
	now := tx.Now()
	for n := from; n < to; n++ {
		c := customer.Customer{ID: fmt.Sprintf("k%06d", n), Name: fmt.Sprintf("Toko %d", n), Created: now, Updated: now}
		last := now.AddDate(0, 0, -1-n%700)
		c.Rhythm = customer.Rhythm{Orders: 3, First: last.AddDate(0, 0, -60), Last: last}
		for i := range 3 {
			c.Rhythm.Days = append(c.Rhythm.Days, customer.Day{Number: int(last.AddDate(0, 0, -30*i).Unix() / 86400), Orders: 1})
		}
		if err := c.Save(tx); err != nil {
			return err
		}
	}
	return nil
}

// watchHeap looks at the heap until the function returned is called, which tells the most.
func watchHeap() func() uint64 {
	var high uint64
	over, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			high = max(high, m.HeapInuse)
			select {
			case <-over:
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 {
		close(over)
		<-ended
		return high
	}
}
