package storetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// bury sends letters and gives them up, one a minute.
func bury(t *testing.T, client store.Client, epoch int64, ids ...string) {
	t.Helper()
	for i, id := range ids {
		now := noon.Add(time.Duration(i) * time.Minute)
		s := store.New(client, store.Options{Desk: desk, Now: func() time.Time { return now }})
		send(t, s, letter(id, "dc:"+id))
		l, _ := begin(t, s, epoch, "dc:"+id)
		if _, err := outcome(t, s, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Dead, Reason: "thread " + id + " is gone"}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// listed are the ids of a page of the dead, newest first, and how many there are.
func listed(t *testing.T, s *store.Store, offset, limit int) string {
	t.Helper()
	page, total, err := s.DeadLetters(t.Context(), offset, limit)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, b := range page {
		ids = append(ids, b.Letter.ID)
	}
	return fmt.Sprint(strings.Join(ids, " "), " of ", total)
}

// The dead are listed, the one buried last first, with when and why; one that is
// revived leaves the list, and comes back if it dies again.
func deadByPage(t *testing.T, client store.Client) {
	s := newStore(client)
	epoch := acquire(t, s, "a")
	if have := listed(t, s, 0, 10); have != " of 0" {
		t.Errorf("nobody died, listed is %q", have)
	}
	bury(t, client, epoch, "a", "b", "c", "d", "e")
	for want, page := range map[string][2]int{
		"e d of 5": {0, 2}, "c b of 5": {2, 2}, "a of 5": {4, 2}, " of 5": {5, 2}, "e d c b a of 5": {0, 10},
	} {
		if have := listed(t, s, page[0], page[1]); have != want {
			t.Errorf("page %v is %q, want %q", page, have, want)
		}
	}
	page, _, err := s.DeadLetters(t.Context(), 1, 1)
	if err != nil || len(page) != 1 {
		t.Fatalf("page %v, %v", page, err)
	}
	if b := page[0]; !b.At.Equal(noon.Add(3*time.Minute)) || b.Reason != "thread d is gone" || b.Attempts != 1 || b.Letter.Lane != "dc:d" {
		t.Errorf("the second is %+v", b)
	}
	for range 2 {
		update(t, s, ledger.Cause{}, func(tx *ledger.Tx) error { _, _, err := tx.Revive("c"); return err })
		if have := listed(t, s, 0, 10); have != "e d b a of 4" {
			t.Errorf("after one was revived: %q", have)
		}
	}
	l, _ := begin(t, s, epoch, "dc:c")
	now := noon.Add(time.Hour)
	late := store.New(client, store.Options{Desk: desk, Now: func() time.Time { return now }})
	if _, err := outcome(t, late, ledger.Outcome{Letter: l, Epoch: epoch, State: ledger.Dead}, nil); err != nil {
		t.Fatal(err)
	}
	if have := listed(t, s, 0, 1); have != "c of 5" {
		t.Errorf("after it died again: %q", have)
	}
	for _, bad := range [][2]int{{-1, 1}, {0, 0}, {0, -5}} {
		if _, _, err := s.DeadLetters(t.Context(), bad[0], bad[1]); err == nil {
			t.Errorf("page %v: no error", bad)
		}
	}
}

// Letters that were buried before there was a list are listed by when they were written.
func deadOfOld(t *testing.T, client store.Client) {
	s := newStore(client)
	bury(t, client, acquire(t, s, "a"), "a", "b", "c")
	if err := client.ZRem(t.Context(), "{test}:buried", "a", "b").Err(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if have := listed(t, s, 0, 10); have != "c b a of 3" {
			t.Errorf("listed is %q", have)
		}
	}
}

// Redis comes back without its newest writes. Numbers of commits and epochs of leases
// that were given before are not given again.
func rollback(t *testing.T, client store.Client) {
	s := newStore(client)
	ref := ledger.Ref{Kind: "k", ID: "1"}
	old := acquire(t, s, "a")
	update(t, s, ledger.Cause{}, put(ref, "one"))
	kept, err := s.HighWater(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	snapshot := client.Get(t.Context(), "{test}:epoch").Val()
	doc := client.HGetAll(t.Context(), "{test}:d:k:1").Val()
	lost := acquire(t, s, "a")
	for range 3 {
		update(t, s, ledger.Cause{}, put(ref, "two"))
	}
	mirrored, err := s.HighWater(t.Context())
	if err != nil || mirrored != kept+3 {
		t.Fatalf("high water %d after %d, %v", mirrored, kept, err)
	}

	client.Set(t.Context(), "{test}:hw", kept, 0)
	client.Set(t.Context(), "{test}:epoch", snapshot, 0)
	client.HSet(t.Context(), "{test}:lease", "epoch", snapshot)
	client.HSet(t.Context(), "{test}:d:k:1", doc)

	for _, n := range []int64{mirrored, mirrored, kept} {
		if err := s.RaiseHighWater(t.Context(), n, 0); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := s.HighWater(t.Context()); n != mirrored || err != nil {
		t.Errorf("high water %d, %v; want %d", n, err, mirrored)
	}
	update(t, s, ledger.Cause{}, put(ref, "three"))
	if d, err := s.Doc(t.Context(), ref); err != nil || d.Version <= mirrored {
		t.Errorf("version %d was given before, %v", d.Version, err)
	}
	// Who spoke under the lost epoch finds out, and is older than who speaks next.
	if _, err := s.Renew(t.Context(), "a", ledger.Lease{Epoch: lost}, time.Minute); !errors.Is(err, ledger.ErrStale) {
		t.Errorf("renew a lease Redis has lost: %v", err)
	}
	if next := acquire(t, s, "a"); next <= lost || lost <= old {
		t.Errorf("epochs %d, %d, and after the loss %d", old, lost, next)
	}
	for _, bad := range [][2]int64{{-1, 0}, {1e15, 0}, {mirrored, -1}, {mirrored, 1e12 + 1}} {
		if err := s.RaiseHighWater(t.Context(), bad[0], bad[1]); err == nil {
			t.Errorf("raised to %d, leaving out %d", bad[0], bad[1])
		}
	}
}

// After such a loss no number of a series is given again: each leaves out as many as was
// said, once; also a series that was lost whole, but none of which nothing can have been
// given.
func rollbackOfSeries(t *testing.T, client store.Client) {
	now := noon
	s := store.New(client, store.Options{Desk: desk, Now: func() time.Time { return now }})
	for _, series := range []string{"kept", "other", "other"} {
		number(t, s, series)
	}
	ref := ledger.Ref{Kind: "k", ID: "1"}
	update(t, s, ledger.Cause{}, put(ref, "one"))
	hw := client.Get(t.Context(), "{test}:hw").Val()
	counters := client.HGetAll(t.Context(), "{test}:counters").Val()
	update(t, s, ledger.Cause{}, put(ref, "two"))
	given := map[string]int64{}
	for _, series := range []string{"kept", "other", "today"} {
		given[series] = number(t, s, series)
	}
	high, err := s.HighWater(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	client.Set(t.Context(), "{test}:hw", hw, 0)
	client.Del(t.Context(), "{test}:counters")
	client.HSet(t.Context(), "{test}:counters", counters)

	for range 2 {
		if err := s.RaiseHighWater(t.Context(), high, 5); err != nil {
			t.Fatal(err)
		}
	}
	for series, want := range map[string]int64{"kept": 7, "other": 8, "today": 6} {
		if n := number(t, s, series); n != want || n <= given[series] {
			t.Errorf("series %s goes on at %d after %d, want %d", series, n, given[series], want)
		}
	}
	now = noon.Add(48 * time.Hour)
	for series, want := range map[string]int64{"later": 1, "today": 7} {
		if n := number(t, s, series); n != want {
			t.Errorf("two days later series %s goes on at %d, want %d", series, n, want)
		}
	}
	_, err = s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { _, err := tx.Next("*"); return err })
	if !errors.Is(err, ledger.ErrInvalid) {
		t.Errorf("a series that cannot be is answered with %v", err)
	}
}

// number takes the next number of a series.
func number(t *testing.T, s *store.Store, series string) (n int64) {
	t.Helper()
	update(t, s, ledger.Cause{}, func(tx *ledger.Tx) (err error) {
		n, err = tx.Next(series)
		return err
	})
	return n
}
