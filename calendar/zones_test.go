package calendar

import (
	"testing"
	"time"
)

// Berlin goes from 02:00 to 03:00 on 2026-03-29 and from 03:00 to 02:00 on
// 2026-10-25, both Sundays.
func TestWindowsWhereClocksChange(t *testing.T) {
	for _, test := range []struct {
		name, zone, windows, from, until string
		worked                           time.Duration
		opens                            string // in UTC, after from; "" for never before until
	}{
		{"a day of 23 hours", "Europe/Berlin", "00:00-24:00", "2026-03-29 00:00", "2026-03-30 00:00", 23 * time.Hour, "2026-03-28 23:00"},
		{"a day of 25 hours", "Europe/Berlin", "00:00-24:00", "2026-10-25 00:00", "2026-10-26 00:00", 25 * time.Hour, "2026-10-24 22:00"},
		{"office hours do not notice", "Europe/Berlin", "08:00-17:00", "2026-10-25 00:00", "2026-10-26 00:00", 9 * time.Hour, "2026-10-25 07:00"},
		{"opens in the gap", "Europe/Berlin", "02:30-10:00", "2026-03-29 00:00", "2026-03-30 00:00", 7 * time.Hour, "2026-03-29 01:00"},
		{"closes in the gap", "Europe/Berlin", "01:00-02:30", "2026-03-29 00:00", "2026-03-30 00:00", time.Hour, "2026-03-29 00:00"},
		{"lies in the gap", "Europe/Berlin", "02:10-02:50", "2026-03-29 00:00", "2026-03-30 00:00", 0, ""},
		{"opens at the first of two 02:30", "Europe/Berlin", "02:30-10:00", "2026-10-25 00:00", "2026-10-26 00:00", 8*time.Hour + 30*time.Minute, "2026-10-25 00:30"},
		{"closes at the first of two 02:30", "Europe/Berlin", "01:00-02:30", "2026-10-25 00:00", "2026-10-26 00:00", 90 * time.Minute, "2026-10-24 23:00"},
		{"does not open twice", "Europe/Berlin", "02:10-02:50", "2026-10-25 00:00", "2026-10-26 00:00", 40 * time.Minute, "2026-10-25 00:10"},
		{"a night over the gap", "Europe/Berlin", "22:00-06:00", "2026-03-28 12:00", "2026-03-29 12:00", 7 * time.Hour, "2026-03-28 21:00"},
		{"a night over the repeat", "Europe/Berlin", "22:00-06:00", "2026-10-24 12:00", "2026-10-25 12:00", 9 * time.Hour, "2026-10-24 20:00"},
		{"half an hour repeated", "Australia/Lord_Howe", "00:00-24:00", "2026-04-05 00:00", "2026-04-06 00:00", 24*time.Hour + 30*time.Minute, "2026-04-04 13:00"},
		{"midnight left out", "America/Sao_Paulo", "00:00-03:00", "2018-11-03 12:00", "2018-11-04 12:00", 2 * time.Hour, "2018-11-04 03:00"},
		{"clocks that go back over midnight", "America/Sao_Paulo", "22:00-01:00", "2018-02-17 12:00", "2018-02-18 12:00", 4 * time.Hour, "2018-02-18 00:00"},
		{"a day left out", "Pacific/Apia", "08:00-17:00", "2011-12-29 18:00", "2011-12-31 12:00", 4 * time.Hour, "2011-12-30 18:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			place := zone(t, test.zone)
			c := must(t, Plan{Zone: place, Week: hours(t, map[string]string{"mon-sun": test.windows})})
			from, until := at(t, place, test.from), at(t, place, test.until)
			if worked := c.Between(from, until); worked != test.worked {
				t.Errorf("%s worked, expected %s", worked, test.worked)
			}
			opens, ok := c.Next(from)
			if test.opens == "" {
				if ok && opens.Before(until) {
					t.Errorf("opens at %s", opens)
				}
				return
			}
			sameInstant(t, "opens", opens, at(t, time.UTC, test.opens))
		})
	}
}

// A day that is looked at from its second half is the same day.
func TestLookingBackOverARepeat(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	c := must(t, Plan{Zone: berlin, Week: hours(t, map[string]string{"sun": "02:30-10:00"})})
	for when, open := range map[string]bool{
		"2026-10-25 00:29:59": false, "2026-10-25 00:30": true, // the first 02:30
		"2026-10-25 01:00": true, "2026-10-25 01:15": true, // 02:15 again
		"2026-10-25 08:59:59": true, "2026-10-25 09:00": false,
	} {
		if c.Open(at(t, time.UTC, when)) != open {
			t.Errorf("%s in UTC: open is %t", when, !open)
		}
	}
}

// ZoneBounds is wrong on this day, see dial.move.
func TestLastDayOfALeapYear(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	c := must(t, Plan{Zone: berlin, Week: hours(t, map[string]string{"mon-sun": "08:00-17:00"})})
	from := at(t, berlin, "2048-12-31 12:00")
	sameInstant(t, "add", c.Add(from, 6*time.Hour), at(t, berlin, "2049-01-01 09:00"))
	if worked := c.Between(from, at(t, berlin, "2049-07-01 08:00")); worked != 5*time.Hour+181*9*time.Hour {
		t.Errorf("%s worked", worked)
	}
}

func TestNextDayWhereClocksChange(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	c := must(t, Plan{Zone: berlin, Week: hours(t, map[string]string{"mon-sun": "00:00-24:00"})})
	for _, test := range []struct{ name, from, due string }{
		{"23 hours later", "2026-03-28 11:00", "2026-03-29 10:00"},
		{"a clock time in the gap", "2026-03-28 01:30", "2026-03-29 01:00"},
		{"25 hours later", "2026-10-24 10:00", "2026-10-25 11:00"},
		{"the first of two", "2026-10-24 00:30", "2026-10-25 00:30"},
		{"from the first of two", "2026-10-25 00:30", "2026-10-26 01:30"},
		{"from the second of two", "2026-10-25 01:30", "2026-10-26 01:30"},
	} {
		t.Run(test.name, func(t *testing.T) { // all in UTC
			sameInstant(t, test.from, c.NextDay(at(t, time.UTC, test.from)), at(t, time.UTC, test.due))
		})
	}
}
