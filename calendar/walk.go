package calendar

import (
	"iter"
	"time"
)

// A stretch is a window in seconds after the midnight its day begins with.
type stretch struct{ opens, closes int64 }

// hours returns the windows that start on a day, numbered from 1970-01-01, in
// order.
func (c *Calendar) hours(number int64) []stretch {
	if number <= c.last {
		if hours, ok := c.other[number]; ok {
			return hours
		}
	}
	return c.week[weekday(number)]
}

// openings yields from when to when the desk is open, in Unix seconds and in
// order: whatever has a part in [from, until), whole. Windows that touch come
// one after the other, none is empty.
func (c *Calendar) openings(from, until int64) iter.Seq2[int64, int64] {
	from, until = min(max(from, earliest), latest), min(until, latest)
	return func(yield func(opens, closes int64) bool) {
		hand := dialAt(c.zone, from)
		// Two days back, because a window may have begun on the day before and
		// some zones once set their clocks back over midnight.
		for number := floor(from+hand.offset, day) - 2; c.weekly || number <= c.last; number++ {
			midnight := number * day
			// No zone has ever been a day away from another.
			if midnight-2*day > until {
				return
			}
			for _, window := range c.hours(number) {
				opens := hand.reach(midnight + window.opens)
				if opens >= until {
					return
				}
				closes := hand.reach(midnight + window.closes)
				if closes > max(from, opens) && !yield(opens, closes) {
					return
				}
			}
		}
	}
}

// What counting is held to, in Unix seconds: from the year 1 to the year 9999.
const (
	earliest = -62135596800
	latest   = 253402300800
)

// A dial turns what the wall clock shows into instants. Wall-clock readings are
// seconds since 1970-01-01 00:00 of the zone, instants are Unix seconds.
type dial struct {
	zone         *time.Location
	offset       int64 // what the wall clock is ahead of UTC
	since, until int64 // the instants between which it is
}

func dialAt(zone *time.Location, second int64) dial {
	hand := dial{zone: zone}
	hand.move(second)
	return hand
}

// move makes the dial show the offset in force at an instant.
func (d *dial) move(second int64) {
	const ever = 1 << 60
	t := time.Unix(second, 0).In(d.zone)
	_, offset := t.Zone()
	d.offset, d.since, d.until = int64(offset), -ever, ever
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		d.since = start.Unix()
	}
	if !end.IsZero() {
		d.until = end.Unix()
	}
	if d.until <= second {
		// ZoneBounds thinks that a year has 365 days, once the listed changes are
		// over: on the last day of a leap year its end is past. Nothing changes
		// before the year does.
		d.until = time.Date(t.UTC().Year()+1, time.January, 1, 0, 0, 0, 0, time.UTC).Unix()
	}
}

// reach returns the first instant at which the wall clock shows wall or later.
func (d *dial) reach(wall int64) int64 {
	// Far enough into a stretch of one offset no earlier stretch showed it.
	if second := wall - d.offset; second-2*day >= d.since && second < d.until {
		return second
	}
	d.move(wall - 2*day)
	for {
		if second := max(wall-d.offset, d.since); second < d.until {
			return second
		}
		d.move(d.until)
	}
}

func weekday(number int64) time.Weekday {
	// 1970-01-01 was a Thursday.
	return time.Weekday(((number+int64(time.Thursday))%7 + 7) % 7)
}

func floor(n, by int64) int64 {
	if n < 0 {
		return (n - by + 1) / by
	}
	return n / by
}
