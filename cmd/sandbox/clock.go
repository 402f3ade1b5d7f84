package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A clock is desk time: it runs at real speed and can be moved forward. It is
// safe for concurrent use.
type clock struct {
	offset atomic.Int64 // nanoseconds ahead of this machine's clock
	moving sync.Mutex   // one mover at a time
}

func newClock(start time.Time) *clock {
	c := &clock{}
	c.offset.Store(int64(time.Until(start)))
	return c
}

// Now is desk time.
func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

// set moves the clock to at; it never goes back.
func (c *clock) set(at time.Time) {
	if ahead := at.Sub(c.Now()); ahead > 0 {
		c.offset.Add(int64(ahead))
	}
}

// workingMorning is 09:00 of the day of now, or of the Monday after a weekend.
func workingMorning(now time.Time, zone *time.Location) time.Time {
	day := now.In(zone)
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, 1)
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, zone)
}

// farthest is how far one call may move desk time.
const farthest = 5 * 366 * 24 * time.Hour

// advance moves desk time to at, from one due timer to the next, so that what
// happens on the way happens in its order.
func (s *sandbox) advance(ctx context.Context, at time.Time) (settled bool, err error) {
	s.clock.moving.Lock()
	defer s.clock.moving.Unlock()
	defer s.hub.changed(allOfState)
	for {
		next, some, err := s.desk().NextTimer(ctx)
		if err != nil && !s.currentFaults().Store.Down {
			return false, err
		}
		if err != nil || !some || next.After(at) {
			break
		}
		before := s.clock.Now()
		s.clock.set(next)
		s.desk().Poke()
		if settled, _ := s.settle(ctx); !settled {
			break
		}
		// A timer that stays due has failed and will be tried again in real time.
		if again, some, err := s.desk().NextTimer(ctx); err != nil || some && !again.After(before) {
			break
		}
	}
	s.clock.set(at)
	s.desk().Poke()
	settled, _ = s.settle(ctx)
	return settled, ctx.Err()
}

const (
	// quiet is how long nothing may move before everything counts as settled:
	// Discord gives no sign that the desk has read an event.
	quiet = 150 * time.Millisecond
	// stuck is how long what is left must stay the same before it counts as held
	// back by a fault that lets nothing through.
	stuck      = time.Second
	settlePoll = 15 * time.Millisecond
	// settleBound is when waiting gives up.
	settleBound = 30 * time.Second
)

// settle waits until nothing is in flight: not in the desk, not on either
// network. What a fault holds back is not waited for. waiting is how much was
// left when it gave up.
func (s *sandbox) settle(ctx context.Context) (settled bool, waiting int) {
	ctx, cancel := context.WithTimeout(ctx, settleBound)
	defer cancel()
	tick := time.NewTicker(settlePoll)
	defer tick.Stop()
	before, moves, since := flight{}, s.hub.moves.Load(), time.Now()
	for {
		now, held := s.inFlight(ctx), s.currentFaults().block()
		if m := s.hub.moves.Load(); now != before || m != moves {
			before, moves, since = now, m, time.Now()
		}
		still := time.Since(since)
		if now.count() == 0 && still >= quiet || held && now.moving == 0 && still >= stuck {
			return true, 0
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false, max(1, now.count())
		}
	}
}

// flight is what is on its way.
type flight struct {
	moving int // nothing holds it back
	left   int // in the desk: moving, waiting for another attempt, or held back
}

func (f flight) count() int { return f.moving + f.left }

// inFlight counts what is on its way. A link that is down without a fault
// counts: it is coming back, with what waits behind it.
func (s *sandbox) inFlight(ctx context.Context) flight {
	f := s.currentFaults()
	if f.Store.Down {
		return flight{}
	}
	var now flight
	onWhatsApp, onDiscord := s.links()
	if !f.WhatsApp.block() {
		now.moving += s.whatsapp.Unacked()
		if !onWhatsApp || now.moving == 0 && !s.whatsapp.Quiet() {
			now.moving++
		}
	}
	if !onDiscord && !f.Discord.block() {
		now.moving++
	}
	left, err := s.desk().Waiting(ctx)
	if err != nil {
		now.moving++
	}
	now.left = left.Due + left.Blocked
	return now
}
