// Package calendar says when the desk is open, and counts in the time it is.
//
// A week has windows of wall-clock time, several a day and also past midnight;
// date ranges may have others (Ramadan, half days), holidays have none. A window
// belongs to the day it starts on: the night of Thursday 22:00-06:00 ends on
// Friday at 06:00, also when Friday is a holiday, and Thursday's holiday is what
// takes it away. The opening instant is inside a window, the closing instant is
// not.
//
// Where a zone changes its clocks, a window opens at the first instant at which
// the wall clock shows its opening or later, and closes at the first at which it
// shows its closing or later. So an hour that is repeated inside a window is
// worked twice, one that is left out is not worked, a window that lies in it
// whole does not exist that day, and no window opens twice. What is counted are
// the seconds in between, as they pass.
package calendar

import (
	"math"
	"time"
)

// A Calendar is a [Plan] one can count in. It never changes, so any number of
// goroutines may use it. Make one with [New]; the zero value is not usable.
type Calendar struct {
	zone   *time.Location
	week   [7][]stretch
	other  map[int64][]stretch // the days that differ from their weekday
	last   int64               // the latest day of other
	weekly bool                // some weekday has a window
	names  map[int64]string    // of holidays
}

// Never is what [Calendar.Add] and [Calendar.NextDay] answer when the desk is
// not open long enough for an answer: later than any other instant they give.
var Never = time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC)

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour

	// As far as Next looks, and as far as Add counts.
	nextHorizon = 731 * day
	addHorizon  = 36525 * day

	// A week of working days, after which NextDay gives a clock time up.
	enoughDays = 7
)

// Zone returns the zone of the wall clock, in which all answers are given.
func (c *Calendar) Zone() *time.Location { return c.zone }

// Open reports whether t is in working time.
func (c *Calendar) Open(t time.Time) bool { return c.open(t.Unix()) }

func (c *Calendar) open(second int64) bool {
	for range c.openings(second, second+1) {
		return true
	}
	return false
}

// Next returns t itself when it is in working time, else the instant the next
// window opens. It reports false when none opens within two years.
func (c *Calendar) Next(t time.Time) (opening time.Time, ok bool) {
	from := t.Unix()
	for opens := range c.openings(from, from+nextHorizon) {
		if opens <= from {
			return t.In(c.zone), true
		}
		return c.instant(opens, 0), true
	}
	return time.Time{}, false
}

// Closes returns the end of the working time that t is in; windows that touch are one.
// It reports false when t is in none, and when nothing closes within two years.
func (c *Calendar) Closes(t time.Time) (closing time.Time, ok bool) {
	from := t.Unix()
	end := from
	for opens, closes := range c.openings(from, from+nextHorizon) {
		if opens > end {
			break
		}
		end = closes
	}
	if end == from || end >= from+nextHorizon {
		return time.Time{}, false
	}
	return c.instant(end, 0), true
}

// Add returns the earliest instant at which d of working time has passed since
// t: t itself for d <= 0, a closing rather than the opening after it, and
// [Never] when d has not passed within a hundred years.
func (c *Calendar) Add(t time.Time, d time.Duration) time.Time {
	if d <= 0 {
		return t.In(c.zone)
	}
	// Windows begin and end at whole seconds, so the part of a second that has
	// passed at t is work to make up for when t is in a window, and nothing else.
	from := t.Unix()
	left, part := int64(d/time.Second), int64(d%time.Second)
	if c.open(from) {
		part += int64(t.Nanosecond())
		left, part = left+part/int64(time.Second), part%int64(time.Second)
	}
	for opens, closes := range c.openings(from, from+addHorizon) {
		opens = max(opens, from)
		if length := closes - opens; left > length || left == length && part > 0 {
			left -= length
			continue
		}
		return c.instant(opens+left, part)
	}
	return Never.In(c.zone)
}

// Between returns the working time from a to b: 0 if b is not after a, and the
// longest duration there is (292 years) if it is longer.
func (c *Calendar) Between(a, b time.Time) time.Duration {
	if !b.After(a) {
		return 0
	}
	from, until := a.Unix(), b.Unix()
	var seconds int64
	for opens, closes := range c.openings(from, until) {
		seconds += min(closes, until) - max(opens, from)
	}
	if seconds >= math.MaxInt64/int64(time.Second) {
		return math.MaxInt64
	}
	worked := time.Duration(seconds) * time.Second
	if c.open(from) {
		worked -= time.Duration(a.Nanosecond())
	}
	if c.open(until) {
		worked += time.Duration(b.Nanosecond())
	}
	return worked
}

// NextDay is the rule "1 x 24 h": the clock time of t on the next day whose
// hours contain it. When t is outside working time it starts at the next
// opening. A clock time that a day leaves out is the instant the clock passes it.
//
// A clock time that none of the next seven working days contains (07:30 on the
// last day of early hours) would stay open for weeks; then it is the first
// opening after that clock time of the next day. [Never] when there is none.
func (c *Calendar) NextDay(t time.Time) time.Time {
	start, ok := c.Next(t)
	if !ok {
		return Never.In(c.zone)
	}
	hand := dialAt(c.zone, start.Unix())
	wall := start.Unix() + hand.offset
	for ahead, working := int64(1), 0; ahead*day <= nextHorizon && working < enoughDays; ahead++ {
		if due := hand.reach(wall + ahead*day); c.open(due) {
			return c.instant(due, int64(start.Nanosecond()))
		}
		if len(c.hours(floor(wall, day)+ahead)) > 0 {
			working++
		}
	}
	if opening, ok := c.Next(c.instant(hand.reach(wall+day), 0)); ok {
		return opening
	}
	return Never.In(c.zone)
}

// Holiday returns the name of the holiday that the day of t is, and reports
// whether it is one. A holiday can have hours, see [Plan].
func (c *Calendar) Holiday(t time.Time) (name string, ok bool) {
	name, ok = c.names[dateOf(t.In(c.zone)).number()]
	return name, ok
}

func (c *Calendar) instant(second, part int64) time.Time {
	return time.Unix(second, part).In(c.zone)
}
