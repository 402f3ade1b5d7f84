package calendar

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Each row is one slip and the line a person reads about it.
func TestPlansThatCannotBeUsed(t *testing.T) {
	office := map[string]string{"mon-fri": "08:00-17:00", "sat": "08:00-14:00"}
	special := func(days string, lines map[string]string) Special { return Special{span(t, days), hours(t, lines)} }
	for _, test := range []struct {
		name string
		plan Plan
		says []string
	}{
		{"overlapping windows", Plan{Week: Hours{time.Monday: {{480, 720}, {700, 1020}}}},
			[]string{"week: read mon: 08:00-12:00 running into 11:40-17:00, expected windows that do not overlap"}},
		{"one inside another, in any order", Plan{Week: Hours{time.Monday: {{600, 660}, {480, 720}}}},
			[]string{"week: read mon: 08:00-12:00 running into 10:00-11:00, expected windows that do not overlap"}},
		{"the same twice", Plan{Week: Hours{time.Monday: {{480, 720}, {480, 720}}}},
			[]string{"week: read mon: 08:00-12:00 running into 08:00-12:00, expected windows that do not overlap"}},
		{"two nights", Plan{Week: Hours{time.Monday: {{1320, 360}, {1380, 300}}}},
			[]string{"week: read mon: 22:00-06:00 running into 23:00-05:00, expected windows that do not overlap"}},
		{"an empty window", Plan{Week: Hours{time.Sunday: {{480, 480}}}},
			[]string{"week: read sun: 08:00-08:00, which closes as it opens, expected two clock times; a whole day is 00:00-24:00"}},
		{"no clock times", Plan{Week: Hours{time.Monday: {{-1, 480}}, time.Tuesday: {{1440, 480}}, time.Wednesday: {{0, 1441}}}},
			[]string{
				"week: read mon: 00:-1-08:00, expected clock times from 00:00 to 24:00",
				"week: read tue: 24:00-08:00, which opens when its day is over, expected an opening before 24:00",
				"week: read wed: 00:00-24:01, expected clock times from 00:00 to 24:00",
			}},
		{"no weekday", Plan{Week: Hours{7: nil}}, []string{"week: read weekday 7, expected 0 to 6"}},
		{"a night into the next day", Plan{Week: hours(t, map[string]string{"fri": "22:00-10:00", "sat": "08:00-14:00", "sun": "20:00-09:00", "mon": "08:59-12:00"})},
			[]string{
				"week: read sun 20:00-09:00 running into mon 08:59-12:00, expected windows that do not overlap",
				"week: read fri 22:00-10:00 running into sat 08:00-14:00, expected windows that do not overlap",
			}},
		{"a night into a special day", Plan{Week: hours(t, map[string]string{"mon-sun": "22:00-06:00"}), Special: []Special{special("2026-12-24", map[string]string{"mon-sun": "05:00-12:00"})}},
			[]string{"special 1: read 2026-12-23 22:00-06:00 running into 2026-12-24 05:00-12:00, expected windows that do not overlap"}},
		{"a special night into the next day", Plan{Week: hours(t, office), Special: []Special{special("2027-01-01..2027-01-07", map[string]string{"thu": "20:00-09:00"})}},
			[]string{"special 1: read 2027-01-07 20:00-09:00 running into 2027-01-08 08:00-17:00, expected windows that do not overlap"}},
		{"a special night into a special day", Plan{Special: []Special{
			special("2026-12-25", map[string]string{"fri": "08:00-12:00"}), special("2026-12-24", map[string]string{"thu": "20:00-12:00"}),
		}}, []string{"special 1: read 2026-12-24 20:00-12:00 running into 2026-12-25 08:00-12:00, expected windows that do not overlap"}},
		{"two ranges of one date", Plan{Special: []Special{
			special("2026-12-01..2026-12-24", map[string]string{"mon": "closed"}),
			special("2026-12-24..2026-12-31", map[string]string{"tue": "closed"}),
			special("2026-12-24", map[string]string{"mon": "closed"}),
			special("2026-12-24", map[string]string{"mon": "closed"}),
		}}, []string{
			"special 2: read 2026-12-24..2026-12-31 beside 2026-12-01..2026-12-24, expected dates that no other entry has",
			"special 4: read 2026-12-24 beside 2026-12-24, expected dates that no other entry has",
		}},
		{"dates", Plan{
			Special:  []Special{{Days: Span{Date{2026, 12, 24}, Date{2026, 12, 23}}}, {Days: Span{Date{2025, 1, 1}, Date{2026, 1, 2}}}},
			Holidays: []Holiday{{Days: Span{Date{2026, 1, 1}, Date{2026, 1, 1}}}, {Days: Span{Date{2026, 2, 29}, Date{2026, 2, 29}}}},
		}, []string{
			"special 1: read 2026-12-24..2026-12-23, which ends before it begins, expected the earlier date first",
			"special 2: read 2025-01-01..2026-01-02, which are 367 days, expected at most 366 days",
			"holidays 2: read 2026-02-29, expected dates that exist",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := New(test.plan)
			faults, ok := errors.AsType[Faults](err)
			if !ok || c != nil {
				t.Fatalf("error is %T (%v), expected Faults", err, err)
			}
			if says := strings.Split(faults.Error(), "\n"); !slices.Equal(says, test.says) {
				t.Errorf("says\n%v\nexpected\n%s", err, strings.Join(test.says, "\n"))
			}
		})
	}
}

// Plans that look wrong and are not.
func TestPlansAtTheEdge(t *testing.T) {
	for name, plan := range map[string]Plan{
		"touching windows":            {Week: hours(t, map[string]string{"mon": "08:00-12:00, 12:00-17:00"})},
		"a night up to the next day":  {Week: hours(t, map[string]string{"mon-sun": "08:00-07:59"})},
		"a night that touches":        {Week: hours(t, map[string]string{"mon": "22:00-06:00", "tue": "06:00-07:00"})},
		"the end of the day, written": {Week: hours(t, map[string]string{"mon": "22:00-24:00", "tue": "00:00-00:30"})},
		"or as the next day's start":  {Week: hours(t, map[string]string{"mon": "22:00-00:00", "tue": "00:00-00:30"})},
		"a holiday takes the overlap away": {
			Week:     hours(t, map[string]string{"mon-sun": "08:00-17:00"}),
			Special:  []Special{{span(t, "2026-12-24"), hours(t, map[string]string{"thu": "20:00-10:00"})}},
			Holidays: []Holiday{{Days: span(t, "2026-12-25")}},
		},
		"a year of other hours": {Special: []Special{{span(t, "2028-01-01..2028-12-31"), hours(t, map[string]string{"mon": "08:00-17:00"})}}},
	} {
		t.Run(name, func(t *testing.T) { must(t, plan) })
	}
}

// What the plan holds afterwards is nothing to the calendar.
func TestACalendarKeepsNothingOfItsPlan(t *testing.T) {
	week := hours(t, map[string]string{"mon": "08:00-17:00"})
	c := must(t, Plan{Week: week})
	week[time.Monday][0] = Window{0, 1}
	delete(week, time.Monday)
	if !c.Open(at(t, time.UTC, "2026-11-23 10:00")) {
		t.Error("the calendar has changed")
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"08:00-17:00":              "08:00-17:00",
		"8:00 - 17:00":             "08:00-17:00",
		"13:00-17:00,08:00-12:00":  "08:00-12:00, 13:00-17:00",
		"22:00-06:00":              "22:00-06:00",
		" Closed ":                 "",
		"00:00-24:00":              "00:00-24:00",
		"":                         `"" is no window`,
		"08:00":                    `"08:00" is no window`,
		"08:00-12:00,":             `"" is no window`,
		"8-17":                     `"8" is no clock time`,
		"08.00-17.00":              `"08.00" is no clock time`,
		"08:00-17:60":              `"17:60" is no clock time`,
		"08:00-24:01":              `"24:01" is no clock time`,
		"+8:00-17:00":              `"+8:00" is no clock time`,
		"08:0-17:00":               `"08:0" is no clock time`,
		"08:00-12:00-17:00":        `"12:00-17:00" is no clock time`,
		"24:00-06:00":              "24:00-06:00, which opens when its day is over",
		"08:00-08:00":              "08:00-08:00, which closes as it opens",
		"08:00-12:00, 11:00-13:00": "08:00-12:00 running into 11:00-13:00",
	} {
		windows, err := ParseWindows(text)
		got := joined(windows)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("windows %q: %s, expected %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"mon":          "mon",
		"Mon-Fri":      "mon tue wed thu fri",
		"sat, sun":     "sat sun",
		"fri-mon":      "fri sat sun mon",
		"mon-sun":      "mon tue wed thu fri sat sun",
		"mon - tue":    "mon tue",
		"":             `"" is no day`,
		"monday":       `"monday" is no day`,
		"mon-":         `"" is no day`,
		"mon-wed,tue":  "tue twice",
		"mon-tue-wed":  `"tue-wed" is no day`,
		"mon-fri, sab": `" sab" is no day`,
	} {
		days, err := ParseDays(text)
		var names []string
		for _, d := range days {
			names = append(names, DayName(d))
		}
		got := strings.Join(names, " ")
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("days %q: %s, expected %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"2026-12-25":               "2026-12-25 ",
		"2026-12-25 Natal":         "2026-12-25 Natal",
		"2026-12-25\tHari  Raya ":  "2026-12-25 Hari  Raya",
		"2027-03-19..2027-03-24 L": "2027-03-19..2027-03-24 L",
		"2026-12-25..2026-12-25":   "2026-12-25 ",
		"2026-2-1":                 `"2026-2-1" is no date`,
		"2026-02-29":               `"2026-02-29" is no date`,
		"0000-02-29":               `"0000-02-29" is no date`,
		"25-12-2026 Natal":         `"25-12-2026" is no date`,
		"2026-12-25, Natal":        `"2026-12-25," is no date`,
		"Natal":                    `"Natal" is no date`,
		"":                         `"" is no date`,
		"2026-12-25..":             `"" is no date`,
		"2026-12-25..2026-12-24":   "2026-12-25..2026-12-24, which ends before it begins",
		"2026-01-01..2027-01-02":   "2026-01-01..2027-01-02, which are 367 days",
	} {
		h, err := ParseHoliday(text)
		got := h.Days.String() + " " + h.Name
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("holiday %q: %s, expected %s", text, got, want)
		}
	}
}

func joined(windows []Window) string {
	texts := make([]string, len(windows))
	for i, w := range windows {
		texts[i] = w.String()
	}
	return strings.Join(texts, ", ")
}

func TestParseHolidays(t *testing.T) {
	holidays, bad := ParseHolidays("\ufeff# Libur nasional\r\n\r\n2026-12-25 Natal\r\n25/12/2026 Natal\n  2027-01-01\nlibur\n  # 2027-02-30 x")
	if len(holidays) != 2 || holidays[0].Name != "Natal" || holidays[1].Days.First != (Date{2027, 1, 1}) {
		t.Errorf("read %v", holidays)
	}
	if len(bad) != 2 || bad[0].Number != 4 || bad[0].Text != "25/12/2026 Natal" || bad[0].Err.Error() != `"25/12/2026" is no date` || bad[1].Number != 6 {
		t.Errorf("bad lines are %v", bad)
	}
	if holidays, bad := ParseHolidays(""); holidays != nil || bad != nil {
		t.Errorf("of nothing: %v, %v", holidays, bad)
	}
}

// What is written is read again as the same.
func TestWindowsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		for d, windows := range week(rapid.SampledFrom([]int{0, 360}).Draw(r, "cut")).Draw(r, "week") {
			again, err := ParseWindows(joined(windows))
			if len(windows) > 0 && (err != nil || !slices.Equal(again, windows)) {
				r.Fatalf("%s: %v is read as %v (%v)", d, windows, again, err)
			}
		}
	})
}

// Whatever is written, reading it ends with a calendar that counts or with a
// reason.
func FuzzRead(f *testing.F) {
	f.Add("mon-fri", "08:00-12:00, 13:00-17:00", "2026-12-24", "2026-12-25 Natal\n")
	f.Add("sat,sun", "22:00-06:00", "2027-02-08..2027-03-09", "# x\n2026-12-25\nlibur")
	f.Add("mon-sun", "closed", "9999-12-31", "0001-01-01")
	f.Fuzz(func(t *testing.T, names, text, dates, list string) {
		holidays, _ := ParseHolidays(list)
		days, err := ParseDays(names)
		if err != nil {
			return
		}
		windows, err := ParseWindows(text)
		if err != nil {
			return
		}
		all := make(Hours)
		for _, d := range days {
			all[d] = windows
		}
		plan := Plan{Week: all, Holidays: holidays}
		if s, err := ParseSpan(dates); err == nil {
			plan.Special = []Special{{s, all}}
		}
		c, err := New(plan)
		if err != nil {
			if faults, ok := errors.AsType[Faults](err); !ok || len(faults) == 0 {
				t.Fatalf("error is %T: %v", err, err)
			}
			return
		}
		now := time.Date(2026, time.November, 22, 10, 0, 0, 0, time.UTC)
		if b := c.Add(now, time.Hour); !b.Equal(Never) && c.Between(now, b) != time.Hour {
			t.Fatalf("an hour after %s is %s", now, b)
		}
	})
}
