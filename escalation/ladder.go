package escalation

import (
	"fmt"
	"strconv"
	"time"

	"github.com/haloerzap/halo/ledger"
)

func count(n int) string { return strconv.Itoa(n) }

// A Clock counts working time: Add returns the instant at which d of working time has
// passed since t.
type Clock interface {
	Add(t time.Time, d time.Duration) time.Time
}

// A Rung is who is called when something has waited for a while, in working time.
type Rung struct {
	After time.Duration
	Calls Caller
}

// A Caller is a part in the work that can be called.
type Caller string

// Who can be called.
const (
	CallTeam    Caller = "team"    // the party, all of it
	CallLead    Caller = "lead"    // its lead
	CallAgent   Caller = "agent"   // of the first ticket
	CallManager Caller = "manager" // the assistant manager
)

// A Ladder gets louder the longer something waits; rungs rise.
type Ladder []Rung

// A Policy is every figure of a report's life, in working time.
type Policy struct {
	Untaken    Ladder        // nobody of the party has taken it
	Unanswered Ladder        // the desk owes an answer: data, a re-test, a word on a rejection; its last rung is also that of a post that was deleted
	Repeat     time.Duration // after the last rung it is climbed again, 0 for never
}

// DefaultPolicy is the one of the procedure.
func DefaultPolicy() Policy {
	return Policy{
		Untaken:    Ladder{{30 * time.Minute, CallTeam}, {120 * time.Minute, CallLead}},
		Unanswered: Ladder{{30 * time.Minute, CallAgent}, {60 * time.Minute, CallManager}},
	}
}

// TimerLadder is the one timer of a report; its id is the report's.
const TimerLadder = "report_ladder"

// TimerTold is the job that tells the clients of a report's tickets how it ended, one
// ticket a time; its id is the report's.
const TimerTold = "report_told"

func (r Report) ladder(p Policy) Ladder {
	if n := len(p.Unanswered); r.Lost && n > 0 {
		return Ladder{{p.Unanswered[n-1].After, CallLead}} // who decides was called at once
	} else if r.Lost {
		return nil
	}
	switch r.State {
	case Open:
		return p.Untaken
	case NeedsData, Adjusted, Rejected:
		return p.Unanswered
	}
	return nil
}

// Due is what the clock owes the report: at most one timer of each kind.
func (r Report) Due(p Policy, c Clock) []ledger.Timer {
	var due []ledger.Timer
	if at, _ := r.next(p, c); !at.IsZero() {
		due = append(due, ledger.Timer{Kind: TimerLadder, ID: r.ID, Due: at.UTC()})
	}
	if r.State == Closed && len(r.Untold) > 0 {
		due = append(due, ledger.Timer{Kind: TimerTold, ID: r.ID, Due: r.ClosedAt.UTC()})
	}
	return due
}

// next is when the next rung is climbed, and which one it is.
func (r Report) next(p Policy, c Clock) (time.Time, Rung) {
	l, since := r.ladder(p), r.Since
	if r.Lost && r.Called.After(since) {
		since = r.Called
	}
	switch {
	case len(l) == 0:
		return time.Time{}, Rung{}
	case r.Rungs < len(l):
		return after(c, since, l[r.Rungs].After), l[r.Rungs]
	case p.Repeat > 0:
		return after(c, r.Called, p.Repeat), l[len(l)-1]
	}
	return time.Time{}, Rung{}
}

// after is when d of working time has passed since t; zero for never.
func after(c Clock, t time.Time, d time.Duration) time.Time {
	at := c.Add(t, d)
	// Working time is no faster than time, and nobody waits for a century: a clock
	// without hours ahead has no answer.
	if at.Before(t.Add(d)) || at.After(t.AddDate(100, 0, 0)) {
		return time.Time{}
	}
	return at
}

// Climb takes in that the ladder's timer is due. However late it comes, one event tells
// the loudest rung that is due, so that repeats do not pile up.
func (r *Report) Climb(at time.Time, p Policy, c Clock) []ledger.Event {
	var called Caller
	for range len(r.ladder(p)) + 1 {
		due, rung := r.next(p, c)
		if due.IsZero() || due.After(at) {
			break
		}
		called = rung.Calls
		r.Called = at
		if r.Rungs < len(r.ladder(p)) {
			r.Rungs++
		}
	}
	if called == "" {
		return nil
	}
	return []ledger.Event{event(at, "report_waits", byHalo, "calls", string(called), "state", string(r.State), "since", r.Since.UTC().Format(time.RFC3339Nano))}
}

// Check returns what no desk can work with: rungs that do not rise, or figures under a
// minute.
func (p Policy) Check() error {
	for _, l := range []Ladder{p.Untaken, p.Unanswered} {
		for i, rung := range l {
			if rung.After < time.Minute || i > 0 && rung.After <= l[i-1].After {
				return fmt.Errorf("rung %d of a ladder is at %s, want more than the one before and at least 1m", i+1, rung.After)
			}
		}
	}
	if p.Repeat != 0 && p.Repeat < time.Minute {
		return fmt.Errorf("a ladder repeats after %s, want at least 1m", p.Repeat)
	}
	return nil
}
