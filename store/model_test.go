package store_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// The short form is for every day; HALO_TEST_SOAK=1 asks for the long one. A seed that
// failed is printed and may be given again by -rapid.seed.
func init() {
	if os.Getenv("HALO_TEST_SOAK") != "" {
		flag.CommandLine.Set("rapid.checks", "3000") //nolint:errcheck // the flag is there
	}
}

// A lane as it must be after any sequence of calls.
type lane struct {
	waiting []string
}

// Lanes keep their order whatever happens: a failed letter keeps its place, a
// buried one leaves a note there, a revived one goes to the end, and who has lost
// the lease changes nothing.
func TestLanesModel(t *testing.T) {
	for _, server := range storetest.Servers()[:2] {
		t.Run(server.Name, func(t *testing.T) {
			client := server.Open(t)
			rapid.Check(t, func(rt *rapid.T) { lanesModel(t, rt, client) })
		})
	}
}

func lanesModel(t *testing.T, rt *rapid.T, client store.Client) {
	ctx := context.Background()
	if err := client.FlushDB(ctx).Err(); err != nil {
		rt.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s := store.New(client, store.Options{Desk: "test", Now: func() time.Time { return now }})
	epoch := must(s.Acquire(ctx, "a", time.Minute))(rt).Epoch
	lanes := map[string]*lane{"wa:1": {}, "dc:1": {}, "dc:2": {}}
	dead := map[string]string{} // letter -> lane
	var buried []string         // the dead, the one buried last in front
	states := map[string]ledger.State{}
	count := 0
	anyLane := rapid.SampledFrom(slices.Sorted(maps.Keys(lanes)))
	write := func(name string) ledger.Letter {
		count++
		l := ledger.Letter{ID: fmt.Sprint("L", count), Lane: name, Log: "T-1"}
		states[l.ID] = ledger.Queued
		return l
	}
	head := func(name string) ledger.Letter {
		return ledger.Letter{ID: lanes[name].waiting[0], Lane: name, Log: "T-1"}
	}
	some := func(rt *rapid.T) (string, *lane) {
		name := anyLane.Draw(rt, "lane")
		if len(lanes[name].waiting) == 0 {
			rt.Skip("empty")
		}
		return name, lanes[name]
	}
	rt.Repeat(map[string]func(*rapid.T){
		"send": func(rt *rapid.T) {
			name := anyLane.Draw(rt, "lane")
			n := rapid.IntRange(1, 3).Draw(rt, "letters")
			_, err := s.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
				for range n {
					l := write(name)
					tx.Send(l)
					lanes[name].waiting = append(lanes[name].waiting, l.ID)
				}
				return nil
			})
			check(rt, err)
		},
		"begin": func(rt *rapid.T) {
			name := anyLane.Draw(rt, "lane")
			l, st, ok, err := s.Begin(ctx, epoch, name)
			check(rt, err)
			if ok != (len(lanes[name].waiting) > 0) || ok && (l.ID != lanes[name].waiting[0] || st.State != ledger.Sending) {
				rt.Fatalf("begun %s %+v %v, want the head of %v", l.ID, st, ok, lanes[name].waiting)
			}
			if ok {
				states[l.ID] = ledger.Sending
			}
		},
		"nack": func(rt *rapid.T) {
			name, _ := some(rt)
			l := head(name)
			check(rt, s.Nack(ctx, epoch, l, time.Now(), "no", rapid.Bool().Draw(rt, "counts")))
			if states[l.ID] == ledger.Sending {
				states[l.ID] = ledger.Waiting
			}
		},
		"sent": func(rt *rapid.T) {
			name, la := some(rt)
			l := head(name)
			applied, err := s.Update(ctx, outcome(l, epoch, ledger.Sent, "X"+l.ID), nothing)
			check(rt, err)
			if !applied {
				rt.Fatal("not applied")
			}
			la.waiting = la.waiting[1:]
			states[l.ID] = ledger.Sent
		},
		"bury": func(rt *rapid.T) {
			name, la := some(rt)
			l := head(name)
			now = now.Add(time.Second)
			buried = append([]string{l.ID}, buried...)
			_, err := s.Update(ctx, outcome(l, epoch, ledger.Dead, ""), func(tx *ledger.Tx) error {
				note := write(name)
				tx.SendFirst(note)
				la.waiting = append([]string{note.ID}, la.waiting[1:]...)
				return nil
			})
			check(rt, err)
			states[l.ID] = ledger.Dead
			dead[l.ID] = name
		},
		"revive": func(rt *rapid.T) {
			if len(dead) == 0 {
				rt.Skip("none")
			}
			id := rapid.SampledFrom(slices.Sorted(maps.Keys(dead))).Draw(rt, "letter")
			twice := rapid.Bool().Draw(rt, "another presses meanwhile")
			revive := func(tx *ledger.Tx) error { _, _, err := tx.Revive(id); return err }
			_, err := s.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
				err := revive(tx)
				if twice && err == nil {
					twice = false
					_, err = s.Update(ctx, ledger.Cause{}, revive)
				}
				return err
			})
			check(rt, err)
			buried = slices.DeleteFunc(buried, func(b string) bool { return b == id })
			lanes[dead[id]].waiting = append(lanes[dead[id]].waiting, id)
			delete(dead, id)
			states[id] = ledger.Queued
		},
		"takeover": func(rt *rapid.T) {
			old := epoch
			epoch = must(s.Acquire(ctx, "a", time.Minute))(rt).Epoch
			for name, la := range lanes {
				if len(la.waiting) == 0 {
					continue
				}
				l := head(name)
				_, _, _, err := s.Begin(ctx, old, name)
				_, err2 := s.Update(ctx, outcome(l, old, ledger.Sent, ""), nothing)
				err3 := s.Nack(ctx, old, l, time.Now(), "", false)
				for _, err := range []error{err, err2, err3} {
					if !errors.Is(err, ledger.ErrStale) {
						rt.Fatalf("error %v, want ErrStale", err)
					}
				}
			}
		},
		"": func(rt *rapid.T) {
			filled := []string{}
			for name, la := range lanes {
				letters := must(s.Waiting(ctx, name, 0))(rt)
				have := []string{}
				for _, l := range letters {
					have = append(have, l.ID)
				}
				if !slices.Equal(have, la.waiting) {
					rt.Fatalf("lane %s holds %v, want %v", name, have, la.waiting)
				}
				if len(have) > 0 {
					filled = append(filled, name)
				}
			}
			if heads := must(s.Lanes(ctx))(rt); len(heads) != len(filled) {
				rt.Fatalf("lanes %v, want %v", heads, filled)
			}
			page, total, err := s.DeadLetters(ctx, 0, 1000)
			check(rt, err)
			ids := []string{}
			for _, b := range page {
				ids = append(ids, b.Letter.ID)
			}
			if !slices.Equal(ids, buried) || total != len(buried) {
				rt.Fatalf("%d dead, listed are %v, want %v", total, ids, buried)
			}
			all := must(s.Statuses(ctx, "T-1"))(rt)
			for id, st := range all {
				if st.State != states[id] {
					rt.Fatalf("letter %s is %s, want %s", id, st.State, states[id])
				}
			}
			if len(all) != len(states) {
				rt.Fatalf("%d states, want %d", len(all), len(states))
			}
		},
	})
	storetest.Check(t, client, "test")
	if t.Failed() {
		rt.FailNow()
	}
}

// Timers fire once, at their time, whatever is set and cancelled meanwhile.
func TestTimersModel(t *testing.T) {
	for _, server := range storetest.Servers()[:2] {
		t.Run(server.Name, func(t *testing.T) {
			client := server.Open(t)
			rapid.Check(t, func(rt *rapid.T) { timersModel(rt, client) })
		})
	}
}

func timersModel(rt *rapid.T, client store.Client) {
	ctx := context.Background()
	if err := client.FlushDB(ctx).Err(); err != nil {
		rt.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s := store.New(client, store.Options{Desk: "test", Now: func() time.Time { return now }})
	set := map[string]ledger.Timer{}
	var fired []ledger.Timer // every one that ever fired
	rt.Repeat(map[string]func(*rapid.T){
		"set": func(rt *rapid.T) {
			timer := ledger.Timer{
				Kind: rapid.SampledFrom([]string{"close", "remind"}).Draw(rt, "kind"),
				ID:   rapid.SampledFrom([]string{"1", "2", "3|x"}).Draw(rt, "id"),
				Due:  now.Add(time.Duration(rapid.IntRange(-5, 60).Draw(rt, "seconds")) * time.Second),
			}
			_, err := s.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error { tx.Set(timer); return nil })
			check(rt, err)
			set[timer.Name()] = timer
		},
		"cancel": func(rt *rapid.T) {
			id := rapid.SampledFrom([]string{"1", "2", "3|x"}).Draw(rt, "id")
			_, err := s.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error { tx.Cancel("close", id); return nil })
			check(rt, err)
			delete(set, ledger.Timer{Kind: "close", ID: id}.Name())
		},
		"advance": func(rt *rapid.T) {
			now = now.Add(time.Duration(rapid.IntRange(1, 30).Draw(rt, "seconds")) * time.Second)
		},
		"fire": func(rt *rapid.T) {
			due, _, err := s.Due(ctx, now, rapid.IntRange(1, 3).Draw(rt, "limit"))
			check(rt, err)
			for _, timer := range due {
				applied, err := s.Update(ctx, ledger.Cause{Timer: &timer}, nothing)
				check(rt, err)
				if want, ok := set[timer.Name()]; !applied || !ok || !want.Due.Equal(timer.Due) || timer.Due.After(now) {
					rt.Fatalf("fired %v (applied %v) at %v, set is %v", timer, applied, now, want)
				}
				delete(set, timer.Name())
				fired = append(fired, timer)
			}
		},
		"fire an old one": func(rt *rapid.T) {
			if len(fired) == 0 {
				rt.Skip("none")
			}
			timer := rapid.SampledFrom(fired).Draw(rt, "timer")
			if again, ok := set[timer.Name()]; ok && again.Due.Equal(timer.Due) {
				rt.Skip("set again for the same time")
			}
			applied, err := s.Update(ctx, ledger.Cause{Timer: &timer}, nothing)
			check(rt, err)
			if applied {
				rt.Fatalf("%v fired twice", timer)
			}
		},
		"": func(rt *rapid.T) {
			due, next, err := s.Due(ctx, now, 100)
			check(rt, err)
			late, first := 0, time.Time{}
			for _, timer := range set {
				if !timer.Due.After(now) {
					late++
				} else if first.IsZero() || timer.Due.Before(first) {
					first = timer.Due
				}
			}
			if len(due) != late || !next.Equal(first) {
				rt.Fatalf("%d due and next %v, want %d and %v", len(due), next, late, first)
			}
			if !slices.IsSortedFunc(due, func(a, b ledger.Timer) int { return a.Due.Compare(b.Due) }) {
				rt.Fatalf("not the longest overdue first: %v", due)
			}
		},
	})
}

func nothing(*ledger.Tx) error { return nil }

func outcome(l ledger.Letter, epoch int64, to ledger.State, ext string) ledger.Cause {
	return ledger.Cause{Outcome: &ledger.Outcome{Letter: l, Epoch: epoch, State: to, Ext: ext}}
}

func check(rt *rapid.T, err error) {
	rt.Helper()
	if err != nil {
		rt.Fatalf("%v", err)
	}
}

func must[T any](v T, err error) func(*rapid.T) T {
	return func(rt *rapid.T) T {
		rt.Helper()
		check(rt, err)
		return v
	}
}
