package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// A page of ten thousand dead letters costs three questions, wherever it is.
func TestTenThousandDead(t *testing.T) {
	client := storetest.Redis(t)
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s := store.New(client, store.Options{Desk: "test", Now: func() time.Time { return now }})
	lease, err := s.Acquire(t.Context(), "a", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	const dead = 10_000
	for i := 0; i < dead; i += 100 {
		if _, err := s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
			for j := i; j < i+100; j++ {
				tx.Send(ledger.Letter{ID: fmt.Sprint("L", j), Lane: fmt.Sprint("dc:", i), Log: "T-1"})
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for j := i; j < i+100; j++ {
			now = now.Add(time.Second)
			l := ledger.Letter{ID: fmt.Sprint("L", j), Lane: fmt.Sprint("dc:", i), Log: "T-1"}
			if _, err := s.Update(t.Context(), outcome(l, lease.Epoch, ledger.Dead, ""), nothing); err != nil {
				t.Fatal(err)
			}
		}
	}
	count := &trips{}
	client.AddHook(count)
	if _, _, err := s.DeadLetters(t.Context(), 0, 1); err != nil { // connects
		t.Fatal(err)
	}
	for _, offset := range []int{0, 5_000, 9_980} {
		count.n = 0
		page, total, err := s.DeadLetters(t.Context(), offset, 20)
		if err != nil || total != dead || len(page) != 20 || page[0].Letter.ID != fmt.Sprint("L", dead-1-offset) {
			t.Errorf("from %d: %d letters of %d, %v", offset, len(page), total, err)
		}
		if count.n != 3 {
			t.Errorf("from %d: %d questions, want 3", offset, count.n)
		}
	}
}
