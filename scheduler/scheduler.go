// Package scheduler starts what the clock starts: durable timers, fired once by
// whoever leads the desk, the overdue ones after downtime too.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
)

// Timers is where timers are kept.
type Timers interface {
	// Due lists the timers due at now, the longest overdue first, and when the next
	// one after them is due (zero for none).
	Due(ctx context.Context, now time.Time, limit int) (due []ledger.Timer, next time.Time, err error)
	// Update commits a change once per cause; a timer as cause is used up by it.
	Update(ctx context.Context, cause ledger.Cause, fn func(*ledger.Tx) error) (applied bool, err error)
	// SubscribeTimers signals when timers may have been set.
	SubscribeTimers() (signal <-chan struct{}, cancel func())
}

// A Handler says what a timer of its kind does. It runs inside the commit that
// uses the timer up, and may run several times before that commits.
type Handler func(tx *ledger.Tx, t ledger.Timer) error

// A Late policy says what becomes of a timer whose time passed while nobody was
// there to fire it.
type Late int

const (
	// FireLate fires it however late it is. A handler that sets the next row from
	// Due makes every time fire that was missed, one after the other.
	FireLate Late = iota
	// SkipLate uses it up without firing: what it was for no longer makes sense.
	SkipLate
	// FireOnce fires it with Due moved to now: a handler that sets the next row from
	// Due goes on from here, and all the times missed are one.
	FireOnce
)

// A Kind is what one kind of timer does.
type Kind struct {
	Fire Handler
	// Late is the policy for timers that are more than Grace overdue. A second or two
	// is no lateness: a take-over takes longer.
	Late  Late
	Grace time.Duration
	// Skipped, if set, runs instead of Fire for a timer that SkipLate leaves out: it may
	// say so, or set the next row.
	Skipped Handler
	// Apart fires it in a goroutine of its own, one timer of the kind at a time, so that
	// one that takes long keeps no other kind waiting.
	Apart bool
	// Failed, if set, uses up a timer whose Fire returned an error or panicked, which it is
	// told, in a commit of its own that holds nothing Fire wrote. Without it, or when it
	// fails too, the timer is fired again shortly.
	Failed func(tx *ledger.Tx, t ledger.Timer, err error) error
}

// A Scheduler fires timers.
type Scheduler struct {
	timers Timers
	kinds  map[string]Kind
	now    func() time.Time
	leads  func() bool
	log    *zap.Logger
	poke   chan struct{}

	mu     sync.Mutex
	failed map[string]time.Time // timers left alone, until when; guarded by mu
	apart  map[string]bool      // kinds of which one is being fired apart; guarded by mu

	// Failpoint is called at the steps timer.due and timer.fired; an error stops
	// there, as a crash would. It is nil outside crash tests and set before Run.
	Failpoint func(step string) error
}

// New makes a scheduler: what each kind of timer does, now is desk time, leads says
// whether this process may act for the desk.
func New(timers Timers, kinds map[string]Kind, now func() time.Time, leads func() bool, log *zap.Logger) *Scheduler {
	return &Scheduler{timers: timers, kinds: kinds, now: now, leads: leads, log: log.Named("scheduler"), poke: make(chan struct{}, 1),
		failed: map[string]time.Time{}, apart: map[string]bool{}}
}

// Poke makes the scheduler look at the clock again: desk time was moved.
func (s *Scheduler) Poke() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

const (
	batch = 100
	// poll bounds the sleep: timers set by other processes give no signal.
	poll = time.Second
	// again is the wait after a timer that failed, so that one cannot spin.
	again = time.Second
)

// Run fires timers until ctx ends, and what it fires apart has ended too.
func (s *Scheduler) Run(ctx context.Context) error {
	signal, unsubscribe := s.timers.SubscribeTimers()
	defer unsubscribe()
	var work sync.WaitGroup
	defer work.Wait()
	for ctx.Err() == nil {
		wait := s.round(ctx, &work)
		sleep := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-signal:
		case <-s.poke:
		case <-sleep.C:
		}
		sleep.Stop()
	}
	return nil
}

// round fires what is due and returns how long to sleep. A timer that fails is
// left alone for a while, and does not keep the ones behind it waiting.
func (s *Scheduler) round(ctx context.Context, work *sync.WaitGroup) time.Duration {
	for left := 0; ctx.Err() == nil; {
		if !s.leads() {
			return poll
		}
		limit := batch + left
		leave := s.leave() // as of before the look: what ends during it is still in it
		due, next, err := s.timers.Due(ctx, s.now(), limit)
		if err != nil {
			if ctx.Err() == nil {
				s.log.Warn("look for due timers", zap.Error(err))
			}
			return poll
		}
		full := len(due) >= limit
		all := len(due)
		due = slices.DeleteFunc(due, leave)
		for _, t := range due {
			if ctx.Err() == nil {
				s.start(ctx, t, work)
			}
		}
		if left = all - len(due); len(due) > 0 || full {
			continue // what is left alone stays in front of what may be due behind it
		}
		wait := min(again, poll)
		if !next.IsZero() {
			wait = min(wait, max(0, next.Sub(s.now())))
		}
		return wait
	}
	return 0
}

// leave says which due timers are left alone now: those that failed a moment ago, and those
// of a kind of which one is being fired apart.
func (s *Scheduler) leave() func(ledger.Timer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.failed, func(_ string, until time.Time) bool { return !time.Now().Before(until) })
	failed, apart := maps.Clone(s.failed), maps.Clone(s.apart)
	return func(t ledger.Timer) bool {
		_, again := failed[t.Name()]
		return again || apart[t.Kind]
	}
}

// start fires a timer, here or apart.
func (s *Scheduler) start(ctx context.Context, t ledger.Timer, work *sync.WaitGroup) {
	if !s.kinds[t.Kind].Apart {
		s.try(ctx, t)
		return
	}
	s.mu.Lock()
	busy := s.apart[t.Kind]
	s.apart[t.Kind] = true
	s.mu.Unlock()
	if busy {
		return // one of the same look
	}
	work.Go(func() {
		s.try(ctx, t)
		s.mu.Lock()
		delete(s.apart, t.Kind)
		s.mu.Unlock()
		s.Poke()
	})
}

// try fires a timer, and leaves it alone for a while when that fails.
func (s *Scheduler) try(ctx context.Context, t ledger.Timer) {
	err := s.fire(ctx, t)
	if err == nil || ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	s.failed[t.Name()] = time.Now().Add(again)
	s.mu.Unlock()
	if !errors.Is(err, errUnknownKind) {
		s.log.Error("timer failed, tried again shortly", zap.String("timer", t.Name()), zap.Error(err))
	}
}

// errUnknownKind marks a timer that a newer halo set: it stays for that one.
var errUnknownKind = errors.New("no handler for this kind of timer")

// fire runs a timer's handler in the commit that uses the timer up.
func (s *Scheduler) fire(ctx context.Context, t ledger.Timer) (err error) {
	k, ok := s.kinds[t.Kind]
	if !ok {
		return errUnknownKind
	}
	if err := s.reach("timer.due"); err != nil {
		return err
	}
	var fault error
	_, err = s.timers.Update(ctx, ledger.Cause{Timer: &t}, func(tx *ledger.Tx) error {
		fault = guarded(func() error { return k.run(tx, t) })
		return fault
	})
	if err != nil && fault != nil && k.Failed != nil && ctx.Err() == nil {
		s.log.Warn("timer failed", zap.String("timer", t.Name()), zap.Error(err))
		_, err = s.timers.Update(ctx, ledger.Cause{Timer: &t}, func(tx *ledger.Tx) error {
			return guarded(func() error { return k.Failed(tx, t, fault) })
		})
	}
	if err != nil {
		return err
	}
	return s.reach("timer.fired")
}

// guarded makes an error of a panic.
func guarded(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return fn()
}

// run does what the kind does with a timer at the time of tx.
func (k Kind) run(tx *ledger.Tx, t ledger.Timer) error {
	if late := tx.Now().Sub(t.Due); late > k.Grace {
		switch {
		case k.Late == FireOnce:
			t.Due = tx.Now()
		case k.Late == SkipLate && k.Skipped != nil:
			return k.Skipped(tx, t)
		case k.Late == SkipLate:
			return nil
		}
	}
	return k.Fire(tx, t)
}

func (s *Scheduler) reach(step string) error {
	if s.Failpoint == nil {
		return nil
	}
	return s.Failpoint(step)
}
