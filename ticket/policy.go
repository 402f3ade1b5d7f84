package ticket

import (
	"fmt"
	"time"
)

// A Clock counts working time. Add returns the instant at which d of working time has
// passed since t; Next the opening at or after t, ok is false when nothing opens any
// more.
type Clock interface {
	Next(t time.Time) (opening time.Time, ok bool)
	Add(t time.Time, d time.Duration) time.Time
	Between(a, b time.Time) time.Duration
}

// A Policy is every figure of a ticket's life. Times are working time unless they say
// otherwise.
type Policy struct {
	FirstReminder time.Duration // without an answer, everybody on duty is reminded
	FirstResponse time.Duration // exactly this is met
	ReplyReminder time.Duration // a client waits for an answer; again after each further one
	NewsReminder  time.Duration // the client of a hard ticket is without news; again as above
	OfferAgain    time.Duration // an offer that nobody accepts goes to the next
	SilentAgent   time.Duration // a client waits for his agent: the ticket is offered again

	Easy, Normal, Hard time.Duration // targets to resolution: exactly this is late
	Warn               int           // percent of a target at which it is announced, 1 to 99

	Silence       time.Duration // wall clock, after WhatsApp took the closing sentence: the ticket closes
	ReopenWithin  time.Duration // wall clock, after closing: the client's words re-open
	RatingValid   time.Duration // wall clock, after asking
	CommentWithin time.Duration // wall clock, after rating
	RatingGap     time.Duration // wall clock, between two questions to one contact; 0 asks after every closing
	LowRating     int           // stars up to which a review opens

	LongestSnooze   time.Duration // wall clock
	LongestSchedule time.Duration // wall clock

	Backlog  int // open tickets at which the alarm goes
	Capacity int // open tickets of one agent beyond which he is offered no more
}

// DefaultPolicy is the one of SPEC sections 2 and 4.
func DefaultPolicy() Policy {
	return Policy{
		FirstReminder: 60 * time.Second,
		FirstResponse: 120 * time.Second,
		ReplyReminder: 10 * time.Minute,
		NewsReminder:  2 * time.Hour,
		OfferAgain:    5 * time.Minute,
		SilentAgent:   30 * time.Minute,

		Easy:   30 * time.Minute,
		Normal: 120 * time.Minute,
		Hard:   720 * time.Minute,
		Warn:   75,

		Silence:       20 * time.Minute,
		ReopenWithin:  24 * time.Hour,
		RatingValid:   24 * time.Hour,
		CommentWithin: 10 * time.Minute,
		LowRating:     2,

		LongestSnooze:   30 * 24 * time.Hour,
		LongestSchedule: 30 * 24 * time.Hour,

		Backlog:  15,
		Capacity: 10,
	}
}

// Check returns the first figure that no desk can work with.
func (p Policy) Check() error {
	for name, d := range map[string]time.Duration{
		"first reminder": p.FirstReminder, "first response": p.FirstResponse, "reply reminder": p.ReplyReminder,
		"news reminder": p.NewsReminder, "offer again": p.OfferAgain, "silent agent": p.SilentAgent,
		"easy": p.Easy, "normal": p.Normal, "hard": p.Hard, "silence": p.Silence, "reopen within": p.ReopenWithin,
		"rating valid": p.RatingValid, "comment within": p.CommentWithin,
		"longest snooze": p.LongestSnooze, "longest schedule": p.LongestSchedule,
	} {
		// A second, because repeats that come faster would do nothing else.
		if d < time.Second {
			return fmt.Errorf("%s is %s, at least 1s", name, d)
		}
	}
	switch {
	case p.RatingGap < 0:
		return fmt.Errorf("rating gap is %s, at least 0", p.RatingGap)
	case p.Warn < 1 || p.Warn > 99:
		return fmt.Errorf("warning at %d percent, want 1 to 99", p.Warn)
	case p.LowRating < 0 || p.LowRating > 5:
		return fmt.Errorf("low rating is %d, want 0 to 5", p.LowRating)
	case p.Backlog < 1 || p.Capacity < 1:
		return fmt.Errorf("backlog %d and capacity %d, at least 1", p.Backlog, p.Capacity)
	}
	return nil
}

// Target is the working time to resolution for a class; ok is false for none.
func (p Policy) Target(c Class) (d time.Duration, ok bool) {
	switch c {
	case Easy:
		return p.Easy, true
	case Normal:
		return p.Normal, true
	case Hard:
		return p.Hard, true
	}
	return 0, false
}
