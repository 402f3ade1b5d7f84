package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/scheduler"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// A clock shop: several schedulers over one store in virtual time.
type shop struct {
	t      *testing.T
	client store.Client
	store  *store.Store
	logs   *observer.ObservedLogs
	log    *zap.Logger
	start  time.Time
	ahead  atomic.Int64 // desk time before the bubble's, in ns
}

func (s *shop) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

func open(t *testing.T, story func(s *shop)) {
	synctest.Test(t, func(t *testing.T) {
		client, shut := storetest.NewMemory()
		defer shut()
		core, logs := observer.New(zapcore.WarnLevel)
		s := &shop{t: t, client: client, logs: logs, log: zap.New(core), start: time.Now()}
		s.store = store.New(client, store.Options{Desk: "test", Now: s.now})
		story(s)
		storetest.Check(t, client, "test")
	})
}

func (s *shop) set(id string, after time.Duration) {
	s.t.Helper()
	_, err := s.store.Update(s.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		tx.Set(ledger.Timer{Kind: "ring", ID: id, Due: tx.Now().Add(after)})
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// run starts n schedulers and returns what ends them.
func (s *shop) run(n int, kinds map[string]scheduler.Kind) (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	var work sync.WaitGroup
	for range n {
		work.Go(func() {
			scheduler.New(s.store, kinds, s.now, func() bool { return true }, s.log).Run(ctx)
		})
	}
	return func() { cancel(); work.Wait() }
}

// ring writes an event for each firing, in the commit that fires.
func (s *shop) ring(tx *ledger.Tx, t ledger.Timer) error {
	tx.Log("bell", ledger.Event{What: "rang", Ref: fmt.Sprintf("%s due +%s at +%s", t.ID, t.Due.Sub(s.start).Round(time.Second), s.now().Sub(s.start).Truncate(50*time.Millisecond))})
	return nil
}

func (s *shop) rang() (all []string) {
	for e, err := range s.store.Events(s.t.Context(), "bell") {
		if err != nil {
			s.t.Fatal(err)
		}
		all = append(all, e.Ref)
	}
	return all
}

// Every timer fires once, on time, whoever is there to fire it.
func TestOnceOnTime(t *testing.T) {
	open(t, func(s *shop) {
		stop := s.run(3, map[string]scheduler.Kind{"ring": {Fire: s.ring}})
		for i := range 20 {
			s.set(fmt.Sprintf("t%02d", i), time.Duration(i*i)*time.Second)
		}
		time.Sleep(10 * time.Minute)
		stop()
		got := s.rang()
		slices.Sort(got)
		var want []string
		for i := range 20 {
			at := time.Duration(i*i) * time.Second
			want = append(want, fmt.Sprintf("t%02d due +%s at +%s", i, at, at))
		}
		if !slices.Equal(got, want) {
			t.Errorf("rang\n%q\nwant\n%q", got, want)
		}
	})
}

func TestOverdueAfterDowntime(t *testing.T) {
	open(t, func(s *shop) {
		s.set("late", time.Minute)
		time.Sleep(time.Hour)
		stop := s.run(1, map[string]scheduler.Kind{"ring": {Fire: s.ring}})
		time.Sleep(time.Second)
		stop()
		if got := s.rang(); !slices.Equal(got, []string{"late due +1m0s at +1h0m0s"}) {
			t.Errorf("rang %q", got)
		}
	})
}

// A handler that fails or panics is tried again; the others ring meanwhile, and
// a kind nobody knows stays for a newer program.
func TestFailures(t *testing.T) {
	open(t, func(s *shop) {
		tries := 0
		stop := s.run(1, map[string]scheduler.Kind{
			"ring": {Fire: s.ring},
			"bad": {Fire: func(tx *ledger.Tx, t ledger.Timer) error {
				if tries++; tries == 1 {
					panic("boom")
				} else if tries == 2 {
					return errors.New("not today")
				}
				return s.ring(tx, t)
			}},
		})
		_, err := s.store.Update(s.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
			tx.Set(ledger.Timer{Kind: "bad", ID: "bad", Due: tx.Now()})
			tx.Set(ledger.Timer{Kind: "future", ID: "x", Due: tx.Now()})
			tx.Set(ledger.Timer{Kind: "ring", ID: "good", Due: tx.Now().Add(time.Second / 2)})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		stop()
		got := strings.Join(s.rang(), "\n")
		if strings.Count(got, "good") != 1 || strings.Count(got, "bad") != 1 || tries != 3 {
			t.Errorf("rang %q after %d tries", got, tries)
		}
		due, _, err := s.store.Due(s.t.Context(), time.Now(), 10)
		if err != nil || len(due) != 1 || due[0].Kind != "future" {
			t.Errorf("left: %v %v, want the timer of unknown kind", due, err)
		}
		if n := s.logs.FilterMessage("timer failed, tried again shortly").Len(); n != 2 {
			t.Errorf("%d failures logged, want 2", n)
		}
	})
}

// A crash before or after a firing: the next scheduler fires what is left, once.
func TestCrashAroundAFiring(t *testing.T) {
	for _, step := range []string{"timer.due", "timer.fired"} {
		t.Run(step, func(t *testing.T) {
			open(t, func(s *shop) {
				s.set("a", 0)
				ctx, cancel := context.WithCancel(s.t.Context())
				crashed := scheduler.New(s.store, map[string]scheduler.Kind{"ring": {Fire: s.ring}}, time.Now, func() bool { return true }, s.log)
				crashed.Failpoint = func(at string) error {
					if at != step {
						return nil
					}
					cancel()
					return errors.New("crashed here")
				}
				if err := crashed.Run(ctx); err != nil {
					t.Error(err)
				}
				stop := s.run(1, map[string]scheduler.Kind{"ring": {Fire: s.ring}})
				time.Sleep(time.Minute)
				stop()
				if got := s.rang(); len(got) != 1 {
					t.Errorf("rang %q, want once", got)
				}
			})
		})
	}
}

// What is overdue after downtime is fired, left out, or fired once for all the times
// that were missed, as its kind says.
func TestLatePolicies(t *testing.T) {
	for _, test := range []struct {
		name string
		kind scheduler.Kind
		want []string // minutes at which it rings, due -> at
	}{
		{"fire", scheduler.Kind{}, []string{"10->35", "20->35", "30->35", "40->40", "50->50"}},
		{"skip", scheduler.Kind{Late: scheduler.SkipLate, Grace: 6 * time.Minute}, []string{"30->35", "40->40", "50->50"}},
		{"once", scheduler.Kind{Late: scheduler.FireOnce}, []string{"35->35", "45->45", "55->55"}},
		{"within its grace", scheduler.Kind{Late: scheduler.FireOnce, Grace: time.Hour}, []string{"10->35", "20->35", "30->35", "40->40", "50->50"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			open(t, func(s *shop) {
				again := func(tx *ledger.Tx, t ledger.Timer) error {
					tx.Set(ledger.Timer{Kind: t.Kind, ID: t.ID, Due: t.Due.Add(10 * time.Minute)})
					return nil
				}
				kind := test.kind
				kind.Skipped = again
				kind.Fire = func(tx *ledger.Tx, t ledger.Timer) error {
					tx.Log("bell", ledger.Event{What: "rang", Ref: fmt.Sprintf("%.0f->%.0f", t.Due.Sub(s.start).Minutes(), tx.Now().Sub(s.start).Minutes())})
					return again(tx, t)
				}
				s.set("x", 10*time.Minute)
				time.Sleep(35 * time.Minute)
				stop := s.run(2, map[string]scheduler.Kind{"ring": kind})
				time.Sleep(24 * time.Minute)
				stop()
				if got := s.rang(); !slices.Equal(got, test.want) {
					t.Errorf("rang %q, want %q", got, test.want)
				}
			})
		})
	}
}

// Left out without a word: the row is used up all the same.
func TestSkippedIsUsedUp(t *testing.T) {
	open(t, func(s *shop) {
		s.set("x", time.Minute)
		time.Sleep(time.Hour)
		stop := s.run(1, map[string]scheduler.Kind{"ring": {Fire: s.ring, Late: scheduler.SkipLate}})
		time.Sleep(time.Second)
		stop()
		due, _, err := s.store.Due(s.t.Context(), time.Now(), 10)
		if got := s.rang(); err != nil || len(got)+len(due) != 0 {
			t.Errorf("rang %q, still due %v, %v", got, due, err)
		}
	})
}

// The lease decides who fires: a crowd of timers of the same moment is fired within
// 50 ms of it, once, while the lead goes from one process to the other.
func TestTheLeaderFires(t *testing.T) {
	open(t, func(s *shop) {
		var mu sync.Mutex
		leader := 0
		ctx, cancel := context.WithCancel(s.t.Context())
		var work sync.WaitGroup
		for i := range 2 {
			work.Go(func() {
				scheduler.New(s.store, map[string]scheduler.Kind{"ring": {Fire: func(tx *ledger.Tx, t ledger.Timer) error {
					tx.Log("by", ledger.Event{What: "fired", By: fmt.Sprint(i)})
					return s.ring(tx, t)
				}}}, time.Now, func() bool { mu.Lock(); defer mu.Unlock(); return leader == i }, s.log).Run(ctx)
			})
		}
		for i := range 300 {
			s.set(fmt.Sprintf("a%03d", i), time.Minute)
			s.set(fmt.Sprintf("b%03d", i), 3*time.Minute)
		}
		time.Sleep(2 * time.Minute)
		mu.Lock()
		leader = 1
		mu.Unlock()
		time.Sleep(2 * time.Minute)
		cancel()
		work.Wait()
		got := s.rang()
		for i, ring := range got {
			if at := []string{"+1m0s", "+3m0s"}[i/300]; !strings.HasSuffix(ring, "due "+at+" at "+at) {
				t.Fatalf("ring %d: %s", i, ring)
			}
		}
		by := map[string]int{}
		for e := range s.store.Events(s.t.Context(), "by") {
			by[e.By]++
		}
		if len(got) != 600 || by["0"] != 300 || by["1"] != 300 {
			t.Errorf("%d rings, by %v", len(got), by)
		}
	})
}
