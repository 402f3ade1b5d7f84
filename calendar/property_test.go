package calendar

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// places are zones, and instants near which their clocks do something.
var places = []struct {
	zone string
	near []string
}{
	{"Asia/Jakarta", []string{"2026-11-22", "2026-12-31"}},
	{"UTC", []string{"2028-02-29"}},
	{"Europe/Berlin", []string{"2026-03-29", "2026-10-25", "2048-12-31"}},
	{"America/New_York", []string{"2026-03-08", "2026-11-01"}},
	{"Australia/Lord_Howe", []string{"2026-04-05", "2026-10-04", "2051-10-01"}}, // by half an hour
	{"America/Sao_Paulo", []string{"2018-02-18", "2018-11-04"}},                 // at midnight
	{"America/St_Johns", []string{"2010-03-14", "2010-11-07"}},                  // a minute past midnight
	{"Africa/Cairo", []string{"2026-04-24", "2026-10-30"}},
	{"Africa/Casablanca", []string{"2026-02-15", "2026-03-22"}},
	{"Antarctica/Troll", []string{"2026-03-29", "2026-10-25"}}, // by two hours
	{"Asia/Pyongyang", []string{"2018-05-05"}},                 // half an hour left out before midnight
	{"Pacific/Apia", []string{"2011-12-30"}},                   // a day left out
	{"America/Juneau", []string{"1867-10-18"}},                 // a day repeated
}

// A world is a plan and a time to look at it.
type world struct {
	plan Plan
	from time.Time
}

func (w world) String() string {
	return fmt.Sprintf("%s from %s: week %v, special %v, holidays %v", w.plan.Zone, w.from, w.plan.Week, w.plan.Special, w.plan.Holidays)
}

func (w world) calendar(r *rapid.T) *Calendar {
	c, err := New(w.plan)
	if err != nil {
		r.Fatalf("%s: %v", w, err)
	}
	return c
}

func worlds(t *testing.T) *rapid.Generator[world] {
	zones := make(map[string]*time.Location)
	for _, p := range places {
		zones[p.zone] = zone(t, p.zone)
	}
	return rapid.Custom(func(r *rapid.T) world {
		place := rapid.SampledFrom(places).Draw(r, "place")
		near, err := time.ParseInLocation(time.DateOnly, rapid.SampledFrom(place.near).Draw(r, "near"), zones[place.zone])
		if err != nil {
			r.Fatal(err)
		}
		// Windows start after cut and end before it on the next day, so whatever
		// is drawn does not overlap.
		cut := rapid.SampledFrom([]int{0, 120, 360, 1080}).Draw(r, "cut")
		w := world{plan: Plan{Zone: zones[place.zone], Week: week(cut).Draw(r, "week")}, from: near}
		near = near.AddDate(0, 0, -4)
		for i := range rapid.IntRange(0, 2).Draw(r, "specials") {
			// Ranges of three days, one beside the other; and one date inside each.
			first := near.AddDate(0, 0, 4*i)
			w.plan.Special = append(w.plan.Special, Special{Span{dateOf(first), dateOf(first.AddDate(0, 0, 2))}, week(cut).Draw(r, "special")})
			if rapid.Bool().Draw(r, "exact") {
				one := dateOf(first.AddDate(0, 0, 1))
				w.plan.Special = append(w.plan.Special, Special{Span{one, one}, week(cut).Draw(r, "exact")})
			}
		}
		for _, ahead := range rapid.SliceOfN(rapid.IntRange(0, 8), 0, 3).Draw(r, "holidays") {
			one := dateOf(near.AddDate(0, 0, ahead))
			w.plan.Holidays = append(w.plan.Holidays, Holiday{Days: Span{one, one}})
		}
		return w
	})
}

// week draws some of the weekdays; a day may have no window.
func week(cut int) *rapid.Generator[Hours] {
	minutes := rapid.OneOf(
		rapid.Custom(func(r *rapid.T) int { return 30 * rapid.IntRange(0, 48).Draw(r, "half hour") }),
		rapid.IntRange(0, 1440))
	return rapid.Custom(func(r *rapid.T) Hours {
		hours := make(Hours)
		for _, d := range rapid.SliceOfNDistinct(rapid.IntRange(0, 6), 0, 7, rapid.ID).Draw(r, "days") {
			edges := rapid.SliceOfNDistinct(minutes, 0, 6, rapid.ID).Draw(r, "edges")
			slices.Sort(edges)
			windows := []Window{}
			for pair := range slices.Chunk(edges, 2) {
				if len(pair) == 2 {
					// Shifted by cut, what passes midnight is of the next day.
					windows = append(windows, shifted(pair[0]+cut, pair[1]+cut)...)
				}
			}
			hours[time.Weekday(d)] = windows
		}
		return hours
	})
}

func shifted(opens, closes int) []Window {
	switch {
	case opens >= 1440:
		return nil // it would start on the next day
	case closes > 1440:
		closes -= 1440
	}
	if closes == opens { // a whole day that is no 00:00-24:00
		return nil
	}
	return []Window{{Clock(opens), Clock(closes)}}
}

// hoursOf is the priority of rules, in the words of the documentation.
func hoursOf(p Plan, d Date) []Window {
	weekday := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Weekday()
	for _, s := range p.Special {
		if windows, ok := s.Hours[weekday]; ok && s.Days.First == d && s.Days.Last == d {
			return windows
		}
	}
	for _, h := range p.Holidays {
		if h.Days.First == d {
			return nil
		}
	}
	for _, s := range p.Special {
		first, last := s.Days.First.String(), s.Days.Last.String()
		if windows, ok := s.Hours[weekday]; ok && first != last && first <= d.String() && d.String() <= last {
			return windows
		}
	}
	return p.Week[weekday]
}

// walk steps through time and watches the wall clock, which for a desk never goes
// back: it then stands still until it is later than ever before. It returns for
// each step from from whether the desk is open.
func walk(p Plan, from time.Time, step time.Duration, steps int) []bool {
	var open []bool
	var shown time.Time // what the wall clock shows, as if that were UTC
	days := make(map[time.Time][]Window)
	hours := func(midnight time.Time) []Window {
		if _, ok := days[midnight]; !ok {
			days[midnight] = hoursOf(p, dateOf(midnight))
		}
		return days[midnight]
	}
	for t := from.Add(-26 * time.Hour).Truncate(step); len(open) < steps; t = t.Add(step) {
		_, offset := t.In(p.Zone).Zone()
		if reading := t.UTC().Add(time.Duration(offset) * time.Second); reading.After(shown) {
			shown = reading
		}
		if !t.Before(from) {
			open = append(open, opensAt(hours, shown))
		}
	}
	return open
}

func opensAt(hours func(midnight time.Time) []Window, shown time.Time) bool {
	today := shown.Truncate(24 * time.Hour)
	yesterday := today.AddDate(0, 0, -1)
	for _, midnight := range []time.Time{yesterday, today} {
		for _, w := range hours(midnight) {
			opens, closes := midnight.Add(time.Duration(w.Open)*time.Minute), midnight.Add(time.Duration(w.Close)*time.Minute)
			if w.Close <= w.Open {
				closes = closes.AddDate(0, 0, 1)
			}
			if !shown.Before(opens) && shown.Before(closes) {
				return true
			}
		}
	}
	return false
}

// compare holds a calendar against what a walker saw.
func compare(r *rapid.T, w world, c *Calendar, from time.Time, step time.Duration, open []bool) {
	worked := make([]time.Duration, len(open)+1) // until each step
	for i, is := range open {
		worked[i+1] = worked[i]
		if is {
			worked[i+1] += step
		}
		if t := from.Add(time.Duration(i) * step); c.Open(t) != is {
			r.Fatalf("%s: at %s open is %t", w, t, !is)
		}
	}
	for range 20 {
		i := rapid.IntRange(0, len(open)-1).Draw(r, "i")
		j := rapid.IntRange(i, len(open)).Draw(r, "j")
		a, b := from.Add(time.Duration(i)*step), from.Add(time.Duration(j)*step)
		d := worked[j] - worked[i]
		if got := c.Between(a, b); got != d {
			r.Fatalf("%s: between %s and %s %s, expected %s", w, a, b, got, d)
		}
		// The first step at which as much has passed.
		first, _ := slices.BinarySearch(worked, worked[i]+d)
		if want := from.Add(time.Duration(max(first, i)) * step); !c.Add(a, d).Equal(want) {
			r.Fatalf("%s: add %s to %s: %s, expected %s", w, d, a, c.Add(a, d), want)
		}
		if next := slices.Index(open[i:], true); next >= 0 {
			want := a.Add(time.Duration(next) * step)
			if got, ok := c.Next(a); !ok || !got.Equal(want) {
				r.Fatalf("%s: next of %s: %s, expected %s", w, a, got, want)
			}
		}
	}
}

func TestAgainstAMinuteWalker(t *testing.T) {
	all := worlds(t)
	rapid.Check(t, func(r *rapid.T) {
		w := all.Draw(r, "world")
		c := w.calendar(r)
		from := w.from.Add(-3 * 24 * time.Hour).Truncate(time.Minute)
		if w.from.Year() < 1900 {
			r.Skip("no whole minutes") // seen by the second below
		}
		compare(r, w, c, from, time.Minute, walk(w.plan, from, time.Minute, 5*24*60))
	})
}

func TestAgainstASecondWalker(t *testing.T) {
	all := worlds(t)
	rapid.Check(t, func(r *rapid.T) {
		w := all.Draw(r, "world")
		c := w.calendar(r)
		from := w.from.Add(time.Duration(rapid.IntRange(-6*3600, 6*3600).Draw(r, "second")) * time.Second)
		compare(r, w, c, from, time.Second, walk(w.plan, from, time.Second, 3600))
	})
}

func TestAddAndBetweenAreInverse(t *testing.T) {
	all := worlds(t)
	rapid.Check(t, func(r *rapid.T) {
		w := all.Draw(r, "world")
		c := w.calendar(r)
		a := w.from.Add(time.Duration(rapid.Int64Range(-int64(96*time.Hour), int64(96*time.Hour)).Draw(r, "a")))
		d := time.Duration(rapid.Int64Range(1, int64(2000*time.Hour)).Draw(r, "d"))
		b := c.Add(a, d)
		if b.Equal(Never) {
			if len(w.plan.Week) > 0 && c.weekly && d < 100*time.Minute {
				r.Fatalf("%s: %s never pass", w, d)
			}
			return
		}
		if got := c.Between(a, b); got != d {
			r.Fatalf("%s: %s + %s = %s, but between are %s", w, a, d, b, got)
		}
		// The earliest such instant, and in working time but for the closing.
		if got := c.Between(a, b.Add(-1)); got != d-1 || !c.Open(b.Add(-1)) {
			r.Fatalf("%s: %s + %s = %s, which a nanosecond before was %s", w, a, d, b, got)
		}
		if next, ok := c.Next(a); ok && !c.Add(next, d).Equal(b) {
			r.Fatalf("%s: counted from the opening it is another instant", w)
		}
		// In two parts it is the same.
		part := time.Duration(rapid.Int64Range(0, int64(d)).Draw(r, "part"))
		if again := c.Add(c.Add(a, part), d-part); part < d && !again.Equal(b) {
			r.Fatalf("%s: %s + %s + %s = %s, expected %s", w, a, part, d-part, again, b)
		}
		// An instant in between splits the working time.
		mid := a.Add(time.Duration(rapid.Int64Range(0, int64(b.Sub(a))).Draw(r, "mid")))
		if sum := c.Between(a, mid) + c.Between(mid, b); sum != d {
			r.Fatalf("%s: %s in two parts are %s", w, d, sum)
		}
		if back := c.Add(a, c.Between(a, mid)); back.After(mid) {
			r.Fatalf("%s: less working time than was counted", w)
		}
	})
}

func TestNextDayHolds(t *testing.T) {
	all := worlds(t)
	rapid.Check(t, func(r *rapid.T) {
		w := all.Draw(r, "world")
		c := w.calendar(r)
		a := w.from.Add(time.Duration(rapid.Int64Range(-int64(96*time.Hour), int64(96*time.Hour)).Draw(r, "a")))
		start, ok := c.Next(a)
		due := c.NextDay(a)
		switch {
		case !ok || due.Equal(Never):
			if !ok && !due.Equal(Never) {
				r.Fatalf("%s: %s is due although nothing opens", w, due)
			}
			return
		case !c.Open(due):
			r.Fatalf("%s: %s is due at %s, outside working time", w, a, due)
		case due.Sub(start) < 22*time.Hour && !skipsADay(w):
			r.Fatalf("%s: %s is due at %s, which is no day", w, start, due)
		}
		if !c.NextDay(start).Equal(due) {
			r.Fatalf("%s: %s starts at %s, and is due at another time", w, a, start)
		}
		// No day before it has that clock time in its hours.
		wall := start.In(w.plan.Zone)
		for ahead := 1; ; ahead++ {
			t := time.Date(wall.Year(), wall.Month(), wall.Day()+ahead, start.Hour(), start.Minute(), start.Second(), start.Nanosecond(), w.plan.Zone)
			if !t.Before(due) {
				break
			}
			// A day left out or repeated can lead back.
			if t.After(start) && sameClock(t, start) && c.Open(t) && !repeats(t) {
				r.Fatalf("%s: %s is due at %s, but %s is open", w, start, due, t)
			}
		}
	})
}

func skipsADay(w world) bool { return w.plan.Zone.String() == "Pacific/Apia" }

func sameClock(a, b time.Time) bool {
	return a.Hour() == b.Hour() && a.Minute() == b.Minute() && a.Second() == b.Second()
}

// repeats reports whether the clock changes near t: it may be the second of two.
func repeats(t time.Time) bool {
	_, before := t.Add(-25 * time.Hour).Zone()
	_, after := t.Add(25 * time.Hour).Zone()
	return before != after
}

func BenchmarkAddAYear(b *testing.B) {
	for _, name := range []string{"Asia/Jakarta", "Europe/Berlin"} {
		b.Run(name, func(b *testing.B) {
			p := Plan{Zone: zone(b, name), Week: hours(b, map[string]string{"mon-fri": "08:00-12:00, 13:00-17:00", "sat": "08:00-14:00"})}
			p.Special = []Special{{span(b, "2027-02-08..2027-03-09"), hours(b, map[string]string{"mon-fri": "08:00-15:00"})}}
			for i := range 20 {
				one := Date{2027, time.Month(1 + i/2), 3 + 14*(i%2)}
				p.Holidays = append(p.Holidays, Holiday{Days: Span{one, one}})
			}
			c := must(b, p)
			from := at(b, c.Zone(), "2026-11-22 10:00")
			year := c.Between(from, from.AddDate(1, 0, 0))
			for b.Loop() {
				c.Add(from, year)
			}
		})
	}
}

// What the desk asks all day: a target of some minutes.
func BenchmarkAddTwoHours(b *testing.B) {
	c := office(b)
	from := at(b, c.Zone(), "2026-11-20 16:00")
	for b.Loop() {
		c.Add(from, 2*time.Hour)
	}
}
