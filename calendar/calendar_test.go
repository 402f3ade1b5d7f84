package calendar

import (
	"math"
	"testing"
	"time"
	_ "time/tzdata"
)

// at reads an instant in a zone: "2026-11-23 08:00", or with seconds.
func at(t testing.TB, zone *time.Location, text string) time.Time {
	t.Helper()
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02 15:04:05.000000000"} {
		if when, err := time.ParseInLocation(layout, text, zone); err == nil {
			return when
		}
	}
	t.Fatalf("%q is no instant", text)
	return time.Time{}
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// hours reads hours as settings write them: {"mon-fri": "08:00-17:00"}.
func hours(t testing.TB, lines map[string]string) Hours {
	t.Helper()
	all := make(Hours)
	for names, text := range lines {
		days, err := ParseDays(names)
		if err != nil {
			t.Fatal(err)
		}
		windows, err := ParseWindows(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range days {
			all[d] = windows
		}
	}
	return all
}

func span(t testing.TB, text string) Span {
	t.Helper()
	s, err := ParseSpan(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func must(t testing.TB, p Plan) *Calendar {
	t.Helper()
	c, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// office is the calendar of the procedure.
func office(t testing.TB) *Calendar {
	return must(t, Plan{Zone: zone(t, "Asia/Jakarta"), Week: hours(t, map[string]string{"mon-fri": "08:00-17:00", "sat": "08:00-14:00"})})
}

func sameInstant(t *testing.T, what string, got, want time.Time) {
	t.Helper()
	if !got.Equal(want) {
		t.Errorf("%s: %s, expected %s", what, got, want)
	}
}

// 2026-11-20 is a Friday.
func TestOneTimesTwentyFourHours(t *testing.T) {
	c := office(t)
	for _, test := range []struct{ name, from, due string }{
		{"Saturday night starts on Monday", "2026-11-21 22:30", "2026-11-24 08:00"},
		{"Friday 16:00, Saturday has no 16:00", "2026-11-20 16:00", "2026-11-23 16:00"},
		{"Friday 10:00", "2026-11-20 10:00", "2026-11-21 10:00"},
		{"to the second", "2026-11-20 16:00:31", "2026-11-23 16:00:31"},
		{"and exactly", "2026-11-20 10:00:00.000000001", "2026-11-21 10:00:00.000000001"},
		{"Friday 14:00, as Saturday closes", "2026-11-20 14:00", "2026-11-23 14:00"},
		{"Friday, the last second Saturday has", "2026-11-20 13:59:59", "2026-11-21 13:59:59"},
		{"the opening instant", "2026-11-20 08:00", "2026-11-21 08:00"},
		{"the closing instant starts the next day", "2026-11-20 17:00", "2026-11-23 08:00"},
		{"before opening", "2026-11-23 06:00", "2026-11-24 08:00"},
		{"Sunday", "2026-11-22 12:00", "2026-11-24 08:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sameInstant(t, test.from, c.NextDay(at(t, c.Zone(), test.from)), at(t, c.Zone(), test.due))
		})
	}
}

func TestNextDayWhereHoursChange(t *testing.T) {
	jakarta := zone(t, "Asia/Jakarta")
	c := must(t, Plan{
		Zone: jakarta,
		Week: hours(t, map[string]string{"mon-fri": "08:00-12:00, 13:00-17:00", "sat": "22:00-06:00"}),
		Special: []Special{
			{span(t, "2027-02-08..2027-03-09"), hours(t, map[string]string{"mon-fri": "06:30-14:00", "sat": "closed"})},
			{span(t, "2026-11-25"), hours(t, map[string]string{"wed": "07:00-07:30"})},
		},
		Holidays: []Holiday{{span(t, "2026-12-25"), "Natal"}, {span(t, "2027-03-10..2027-03-19"), "Libur panjang"}},
	})
	for _, test := range []struct{ name, from, due string }{
		{"over a holiday and a night", "2026-12-24 15:00", "2026-12-28 15:00"},
		{"a clock time in the night, a week later", "2026-11-22 02:00", "2026-11-29 02:00"},
		{"a clock time only this day has: the first opening after it", "2026-11-25 07:10", "2026-11-26 08:00"},
		{"early hours that end before long holidays", "2027-03-09 06:45", "2027-03-20 22:00"},
		{"a clock time both kinds of hours have", "2027-03-09 10:00", "2027-03-22 10:00"},
		{"the break of noon starts after it", "2026-11-23 12:30", "2026-11-24 13:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sameInstant(t, test.from, c.NextDay(at(t, jakarta, test.from)), at(t, jakarta, test.due))
		})
	}
}

// The opening instant is inside, the closing instant is not.
func TestEdgesOfAWindow(t *testing.T) {
	c := must(t, Plan{
		Zone: zone(t, "Asia/Jakarta"),
		// Tuesday's windows touch.
		Week: hours(t, map[string]string{"mon": "08:00-12:00, 13:00-17:00", "tue": "13:00-17:00, 08:00-13:00", "wed": "00:00-24:00"}),
	})
	for _, test := range []struct {
		when string
		open bool
		next string
	}{
		{"2026-11-23 07:59:59.999999999", false, "2026-11-23 08:00"},
		{"2026-11-23 08:00", true, "2026-11-23 08:00"},
		{"2026-11-23 11:59:59.999999999", true, "2026-11-23 11:59:59.999999999"},
		{"2026-11-23 12:00", false, "2026-11-23 13:00"},
		{"2026-11-23 17:00", false, "2026-11-24 08:00"},
		{"2026-11-24 13:00", true, "2026-11-24 13:00"},
		{"2026-11-24 23:59:59", false, "2026-11-25 00:00"},
		{"2026-11-25 00:00", true, "2026-11-25 00:00"},
		{"2026-11-25 23:59:59.5", true, "2026-11-25 23:59:59.5"},
		{"2026-11-26 00:00", false, "2026-11-30 08:00"},
	} {
		t.Run(test.when, func(t *testing.T) {
			when := at(t, c.Zone(), test.when)
			if c.Open(when) != test.open {
				t.Errorf("open is %t", !test.open)
			}
			next, ok := c.Next(when)
			if !ok {
				t.Fatal("nothing opens any more")
			}
			sameInstant(t, "next", next, at(t, c.Zone(), test.next))
			if next.Location() != c.Zone() {
				t.Errorf("the answer is in %s", next.Location())
			}
		})
	}
}

func TestAddAndBetween(t *testing.T) {
	c := office(t)
	for _, test := range []struct {
		name, from string
		d          time.Duration
		until      string
	}{
		{"nothing to do", "2026-11-21 22:00", 0, "2026-11-21 22:00"},
		{"inside", "2026-11-20 08:00", 2 * time.Minute, "2026-11-20 08:02"},
		{"outside starts at the opening", "2026-11-21 22:00", 2 * time.Minute, "2026-11-23 08:02"},
		{"just to the closing", "2026-11-20 16:30", 30 * time.Minute, "2026-11-20 17:00"},
		{"a nanosecond over it", "2026-11-20 16:30", 30*time.Minute + 1, "2026-11-21 08:00:00.000000001"},
		{"1 x 8 h from Friday noon", "2026-11-20 12:00", 480 * time.Minute, "2026-11-21 11:00"},
		{"Hard, 720 minutes, over a Sunday", "2026-11-20 15:00", 720 * time.Minute, "2026-11-23 12:00"},
		{"parts of a second", "2026-11-20 16:59:59.250000000", time.Second, "2026-11-21 08:00:00.250000000"},
		{"parts of a second outside", "2026-11-20 17:00:00.250000000", 1500 * time.Millisecond, "2026-11-21 08:00:01.500000000"},
		{"a week", "2026-11-16 08:00", 51 * time.Hour, "2026-11-21 14:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			from, until := at(t, c.Zone(), test.from), at(t, c.Zone(), test.until)
			sameInstant(t, "add", c.Add(from, test.d), until)
			if worked := c.Between(from, until); worked != test.d {
				t.Errorf("%s worked, expected %s", worked, test.d)
			}
			if back := c.Between(until, from); back != 0 {
				t.Errorf("%s worked backwards", back)
			}
		})
	}
	// Time given in another zone is the same time.
	from := at(t, c.Zone(), "2026-11-20 16:30").UTC()
	sameInstant(t, "add in UTC", c.Add(from, time.Hour), at(t, c.Zone(), "2026-11-21 08:30"))
	sameInstant(t, "add less than nothing", c.Add(from, -time.Hour), from)
}

// A window belongs to the day it starts on.
func TestHolidayBesideANight(t *testing.T) {
	jakarta := zone(t, "Asia/Jakarta")
	week := hours(t, map[string]string{"mon-sun": "22:00-06:00"})
	c := must(t, Plan{Zone: jakarta, Week: week, Holidays: []Holiday{{span(t, "2026-12-25"), "Natal"}}})
	for when, open := range map[string]bool{
		"2026-12-24 23:00": true,  // the night before
		"2026-12-25 05:59": true,  // still the night of the 24th
		"2026-12-25 06:00": false, // which closes
		"2026-12-25 22:00": false, // the holiday has no night
		"2026-12-26 05:00": false,
		"2026-12-26 22:00": true,
	} {
		if c.Open(at(t, jakarta, when)) != open {
			t.Errorf("%s: open is %t", when, !open)
		}
	}
	if name, ok := c.Holiday(at(t, jakarta, "2026-12-25 23:59")); !ok || name != "Natal" {
		t.Errorf("the holiday is %q, %t", name, ok)
	}
	if name, ok := c.Holiday(at(t, jakarta, "2026-12-26 00:00")); ok {
		t.Errorf("%q on the day after", name)
	}
	// 2026-12-25 00:00 in Jakarta is still the 24th in UTC.
	if _, ok := c.Holiday(at(t, jakarta, "2026-12-25 00:00").UTC()); !ok {
		t.Error("the day is not that of the zone")
	}
}

// The more exact a rule is, the more it counts.
func TestWhichRuleCounts(t *testing.T) {
	jakarta := zone(t, "Asia/Jakarta")
	c := must(t, Plan{
		Zone: jakarta,
		Week: hours(t, map[string]string{"mon-fri": "08:00-17:00", "sat": "08:00-14:00"}),
		Special: []Special{
			{span(t, "2026-12-24"), hours(t, map[string]string{"mon-sun": "08:00-11:00"})}, // a half day, although on the list
			{span(t, "2026-12-14..2026-12-31"), hours(t, map[string]string{"mon-thu": "09:00-15:00", "fri": "closed"})},
			{span(t, "2026-12-27"), hours(t, map[string]string{"sun": "10:00-11:00"})},
		},
		Holidays: []Holiday{{span(t, "2026-12-24..2026-12-25"), "Natal"}, {span(t, "2026-12-28"), ""}, {span(t, "2026-12-28"), "Cuti bersama"}},
	})
	for when, worked := range map[string]time.Duration{
		"2026-12-11": 9 * time.Hour, // Friday before the range
		"2026-12-17": 6 * time.Hour, // Thursday inside
		"2026-12-18": 0,             // Friday inside
		"2026-12-19": 6 * time.Hour, // Saturday, of which the range says nothing
		"2026-12-20": 0,
		"2026-12-24": 3 * time.Hour,
		"2026-12-25": 0,
		"2026-12-27": time.Hour,
		"2026-12-28": 0,
		"2027-01-01": 9 * time.Hour, // Friday after the range
	} {
		from := at(t, jakarta, when+" 00:00")
		if got := c.Between(from, from.AddDate(0, 0, 1)); got != worked {
			t.Errorf("%s: %s, expected %s", when, got, worked)
		}
	}
	if name, _ := c.Holiday(at(t, jakarta, "2026-12-28 12:00")); name != "Cuti bersama" {
		t.Errorf("the holiday is called %q", name)
	}
}

func TestNoOpeningAtAll(t *testing.T) {
	for name, plan := range map[string]Plan{
		"an empty plan": {},
		"closed all week": {
			Week: hours(t, map[string]string{"mon-sun": "closed"}),
		},
		"the last opening was years ago": {
			Special: []Special{{span(t, "2001-01-01"), hours(t, map[string]string{"mon-sun": "08:00-17:00"})}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := must(t, plan)
			now := at(t, time.UTC, "2026-11-22 10:00")
			if c.Zone() != time.UTC || c.Open(now) {
				t.Errorf("open in %s", c.Zone())
			}
			if next, ok := c.Next(now); ok {
				t.Errorf("opens on %s", next)
			}
			sameInstant(t, "add", c.Add(now, 1), Never)
			sameInstant(t, "next day", c.NextDay(now), Never)
			sameInstant(t, "add nothing", c.Add(now, 0), now)
			if worked := c.Between(now, now.AddDate(50, 0, 0)); worked != 0 {
				t.Errorf("%s worked", worked)
			}
		})
	}
}

// A desk that is still to open: Next looks two years ahead, Add goes on.
func TestOpeningLongAfter(t *testing.T) {
	c := must(t, Plan{Special: []Special{{span(t, "2029-01-01"), hours(t, map[string]string{"mon-sun": "08:00-17:00"})}}})
	if next, ok := c.Next(at(t, time.UTC, "2026-11-22 10:00")); ok {
		t.Errorf("opens on %s", next)
	}
	if _, ok := c.Next(at(t, time.UTC, "2027-01-02 10:00")); !ok {
		t.Error("does not look two years ahead")
	}
	sameInstant(t, "add", c.Add(at(t, time.UTC, "2026-11-22 10:00"), time.Hour), at(t, time.UTC, "2029-01-01 09:00"))
	sameInstant(t, "add more than there is", c.Add(at(t, time.UTC, "2026-11-22 10:00"), 10*time.Hour), Never)
	sameInstant(t, "no second day", c.NextDay(at(t, time.UTC, "2029-01-01 09:00")), Never)
}

// No instant and no duration is too far away to be answered.
func TestTheFarEnds(t *testing.T) {
	c := must(t, Plan{Week: hours(t, map[string]string{"mon-sun": "00:00-24:00"})})
	ends := []time.Time{{}, time.Unix(math.MinInt64, 0), time.Unix(math.MaxInt64, 999_999_999), Never, time.Unix(0, 0)}
	for _, a := range ends {
		c.Open(a)
		c.Next(a)
		c.NextDay(a)
		c.Add(a, math.MaxInt64)
		for _, b := range ends {
			if worked := c.Between(a, b); worked < 0 {
				t.Errorf("%s worked from %s to %s", worked, a, b)
			}
		}
	}
	if worked := c.Between(time.Time{}, Never); worked != math.MaxInt64 {
		t.Errorf("%s worked ever", worked)
	}
	sameInstant(t, "more than a hundred years", c.Add(time.Unix(0, 0), 101*366*24*time.Hour), Never)
}
