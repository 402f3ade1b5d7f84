package calendar

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Plan is what a [Calendar] is made of. For one day the first of these that
// says something about it counts: a special of exactly this date, a holiday, a
// special of several dates, the week. So a half day is open although the list
// of holidays has it, and a holiday in Ramadan is closed.
type Plan struct {
	Zone     *time.Location // where the wall clock hangs; nil is UTC
	Week     Hours          // a weekday that is not there is closed
	Special  []Special      // of which no two may say something about one day
	Holidays []Holiday      // the same day twice is one holiday
}

// Hours are windows by the weekday they start on, none where the desk is closed
// all day.
type Hours map[time.Weekday][]Window

// A Window is wall-clock time, with Open inside and Close outside it. A Close
// that is not after Open is that of the next day. A whole day is 00:00-24:00.
type Window struct{ Open, Close Clock }

// A Clock is a time of day, in minutes after midnight: 0 to 1440, which is the
// end of the day.
type Clock int

// A Special is a range of dates with other hours. A weekday that Hours does not
// have stays as it is in the week.
type Special struct {
	Days  Span
	Hours Hours
}

// A Holiday is a range of dates, mostly one, without a window.
type Holiday struct {
	Days Span
	Name string // as staff and clients know it, may be empty
}

// A Span is a range of dates, both inside, at most 366 days.
type Span struct{ First, Last Date }

// A Date is a day of the calendar on the wall, in the years 1 to 9999.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Faults is everything that is wrong with a [Plan].
type Faults []Fault

// A Fault is one thing a [Plan] cannot be used with.
type Fault struct {
	Part  Part
	Index int    // in Plan.Special or Plan.Holidays
	Found string // "fri 22:00-10:00 running into sat 08:00-14:00"
	Wants string // "windows that do not overlap"
}

// A Part is a field of a [Plan].
type Part string

// The parts that can be at fault.
const (
	Week     Part = "week"
	Specials Part = "special"
	Holidays Part = "holidays"
)

// Error returns one line for each fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		where := string(one.Part)
		if one.Part != Week {
			where += fmt.Sprintf(" %d", one.Index+1)
		}
		lines[i] = fmt.Sprintf("%s: read %s, expected %s", where, one.Found, one.Wants)
	}
	return strings.Join(lines, "\n")
}

const (
	noOverlap   = "windows that do not overlap"
	longestSpan = 366
)

// New makes a calendar. The error is [Faults] and holds everything that is wrong
// with the plan, which may be changed afterwards.
func New(plan Plan) (*Calendar, error) {
	c := &Calendar{zone: plan.Zone, other: make(map[int64][]stretch), names: make(map[int64]string)}
	if c.zone == nil {
		c.zone = time.UTC
	}
	faults := plan.check()
	if len(faults) > 0 {
		return nil, faults
	}
	for d, windows := range plan.Week {
		c.week[d] = stretches(windows)
		c.weekly = c.weekly || len(windows) > 0
	}
	oneDay := func(s Special) bool { return s.Days.First == s.Days.Last }
	for _, s := range plan.Special {
		if !oneDay(s) {
			c.setSpecial(s)
		}
	}
	for _, h := range plan.Holidays {
		for number := range h.Days.numbers {
			c.other[number] = nil
			c.names[number] = cmp.Or(c.names[number], h.Name)
		}
	}
	for _, s := range plan.Special {
		if oneDay(s) {
			c.setSpecial(s)
		}
	}
	c.last = earliest / day
	for number := range c.other {
		c.last = max(c.last, number)
	}
	if faults := append(c.checkWeek(), c.checkSpecials(plan.Special)...); len(faults) > 0 {
		return nil, faults
	}
	return c, nil
}

func (c *Calendar) setSpecial(s Special) {
	for number := range s.Days.numbers {
		if windows, ok := s.Hours[weekday(number)]; ok {
			c.other[number] = stretches(windows)
		}
	}
}

func stretches(windows []Window) []stretch {
	all := make([]stretch, len(windows))
	for i, w := range windows {
		all[i] = stretch{opens: int64(w.Open) * minute, closes: int64(w.end()) * minute}
	}
	slices.SortFunc(all, func(a, b stretch) int { return cmp.Compare(a.opens, b.opens) })
	return all
}

// check finds what is wrong with the parts by themselves.
func (p Plan) check() Faults {
	faults := p.Week.check(Week, 0)
	for i, s := range p.Special {
		if fault, ok := s.Days.check(Specials, i); ok {
			faults = append(faults, fault)
		}
		faults = append(faults, s.Hours.check(Specials, i)...)
		for _, earlier := range p.Special[:i] {
			// One date inside a range is an exception to it.
			if alike := (s.Days.First == s.Days.Last) == (earlier.Days.First == earlier.Days.Last); alike && s.Days.meets(earlier.Days) {
				faults = append(faults, Fault{Specials, i, s.Days.String() + " beside " + earlier.Days.String(), "dates that no other entry has"})
			}
		}
	}
	for i, h := range p.Holidays {
		if fault, ok := h.Days.check(Holidays, i); ok {
			faults = append(faults, fault)
		}
	}
	return faults
}

func (h Hours) check(part Part, index int) Faults {
	var faults Faults
	for _, d := range slices.Sorted(maps.Keys(h)) {
		if d < time.Sunday || d > time.Saturday {
			faults = append(faults, Fault{part, index, fmt.Sprintf("weekday %d", d), "0 to 6"})
			continue
		}
		if err := checkDay(h[d]); err != nil {
			faults = append(faults, Fault{part, index, dayNames[d] + ": " + err.Error(), err.wants})
		}
	}
	return faults
}

// checkWeek finds windows that run into those of the next weekday.
func (c *Calendar) checkWeek() Faults {
	var faults Faults
	for d, hours := range c.week {
		next := (d + 1) % 7
		if found := runsInto(dayNames[d], hours, dayNames[next], c.week[next]); found != "" {
			faults = append(faults, Fault{Week, 0, found, noOverlap})
		}
	}
	return faults
}

// checkSpecials finds windows that run into those of the next day because one of
// the two days is special; the first of each special is enough.
func (c *Calendar) checkSpecials(specials []Special) Faults {
	var faults Faults
	for i, s := range specials {
		for number := s.Days.First.number() - 1; number <= s.Days.Last.number(); number++ {
			_, differs := c.other[number]
			_, nextDiffers := c.other[number+1]
			if !differs && !nextDiffers {
				continue
			}
			found := runsInto(dateOfNumber(number).String(), c.hours(number), dateOfNumber(number+1).String(), c.hours(number+1))
			// Two specials, one beside the other, both find what is between them.
			known := slices.ContainsFunc(faults, func(f Fault) bool { return f.Found == found })
			if found != "" && !known {
				faults = append(faults, Fault{Specials, i, found, noOverlap})
				break
			}
		}
	}
	return faults
}

func runsInto(name string, hours []stretch, nextName string, next []stretch) string {
	if len(hours) == 0 || len(next) == 0 {
		return ""
	}
	late, early := hours[len(hours)-1], next[0]
	if late.closes <= day+early.opens {
		return ""
	}
	return fmt.Sprintf("%s %s running into %s %s", name, late.window(), nextName, early.window())
}

func (s stretch) window() Window {
	w := Window{Open: Clock(s.opens / minute), Close: Clock(s.closes / minute)}
	if w.Close > endOfDay {
		w.Close -= endOfDay
	}
	return w
}

// endOfDay is the last clock time, as a closing only.
const endOfDay Clock = 24 * 60

// end returns the closing in minutes after the midnight the window's day begins
// with.
func (w Window) end() Clock {
	if w.Close <= w.Open {
		return w.Close + endOfDay
	}
	return w.Close
}

// A dayError is what is wrong with the windows of one day.
type dayError struct{ found, wants string }

func (e *dayError) Error() string { return e.found }

// checkDay finds what is wrong with the windows of one day, in any order.
func checkDay(windows []Window) *dayError {
	for _, w := range windows {
		switch {
		case w.Open < 0 || w.Open > endOfDay || w.Close < 0 || w.Close > endOfDay:
			return &dayError{w.String(), "clock times from 00:00 to 24:00"}
		case w.Open == endOfDay:
			return &dayError{w.String() + ", which opens when its day is over", "an opening before 24:00"}
		case w.Open == w.Close:
			return &dayError{w.String() + ", which closes as it opens", "two clock times; a whole day is 00:00-24:00"}
		}
	}
	sorted := slices.SortedFunc(slices.Values(windows), func(a, b Window) int { return cmp.Compare(a.Open, b.Open) })
	for i := 1; i < len(sorted); i++ {
		if sorted[i-1].end() > sorted[i].Open {
			return &dayError{sorted[i-1].String() + " running into " + sorted[i].String(), noOverlap}
		}
	}
	return nil
}

func (s Span) check(part Part, index int) (Fault, bool) {
	fault := Fault{Part: part, Index: index, Found: s.String()}
	switch days := s.Last.number() - s.First.number() + 1; {
	case !s.First.valid() || !s.Last.valid():
		fault.Wants = "dates that exist"
	case days < 1:
		fault.Found += ", which ends before it begins"
		fault.Wants = "the earlier date first"
	case days > longestSpan:
		fault.Found += fmt.Sprintf(", which are %d days", days)
		fault.Wants = fmt.Sprintf("at most %d days", longestSpan)
	default:
		return Fault{}, false
	}
	return fault, true
}

func (s Span) meets(other Span) bool {
	return s.First.number() <= other.Last.number() && other.First.number() <= s.Last.number()
}

// numbers yields the numbers of the days.
func (s Span) numbers(yield func(int64) bool) {
	for number := s.First.number(); number <= s.Last.number(); number++ {
		if !yield(number) {
			return
		}
	}
}

func dateOf(t time.Time) Date {
	year, month, d := t.Date()
	return Date{year, month, d}
}

func dateOfNumber(number int64) Date { return dateOf(time.Unix(number*day, 0).UTC()) }

// number counts the days since 1970-01-01.
func (d Date) number() int64 {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / day
}

func (d Date) valid() bool {
	return d.Year >= 1 && d.Year <= 9999 && dateOf(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)) == d
}
