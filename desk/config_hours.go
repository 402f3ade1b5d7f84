package desk

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haloerzap/halo/calendar"
)

// The keys of halo.yaml that say when the desk is open.
const (
	hoursKey        = "hours"
	specialKey      = "special" // inside hours
	holidaysKey     = "holidays"
	holidaysFileKey = "holidays_file"
)

const (
	none            = "none"
	daysExpected    = "mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri"
	windowsExpected = "windows such as 08:00-12:00, 13:00-17:00, or closed"
	datesExpected   = "a date such as 2026-12-24, or a range such as 2027-02-08..2027-03-09"
	holidayExpected = "a date and a name, such as 2026-12-25 Hari Raya Natal"
)

func defaultHours() calendar.Hours {
	office, half := []calendar.Window{{Open: 8 * 60, Close: 17 * 60}}, []calendar.Window{{Open: 8 * 60, Close: 14 * 60}}
	return calendar.Hours{
		time.Monday: office, time.Tuesday: office, time.Wednesday: office, time.Thursday: office, time.Friday: office,
		time.Saturday: half, time.Sunday: nil,
	}
}

func defaultCalendar(zone *time.Location) *calendar.Calendar {
	c, err := calendar.New(calendar.Plan{Zone: zone, Week: defaultHours()})
	if err != nil {
		panic("desk: the hours compiled in: " + err.Error())
	}
	return c
}

// An hoursReader collects what the keys say about working hours.
type hoursReader struct {
	file     string
	plan     calendar.Plan
	weekLine int
	lines    []int // of plan.Special
	found    Problems
}

// readHours makes the calendar of c from the keys about working hours.
func (c *Config) readHours(values []yamlValue, readFile func(string) ([]byte, error)) Problems {
	r := hoursReader{file: c.PolicyFile, plan: calendar.Plan{Zone: c.Zone, Week: defaultHours()}}
	for _, v := range values {
		switch v.key {
		case hoursKey:
			r.hours(v)
		case holidaysKey:
			r.holidays(v)
		case holidaysFileKey:
			r.holidaysFile(v, readFile)
		}
	}
	made, err := calendar.New(r.plan)
	faults, _ := errors.AsType[calendar.Faults](err)
	for _, f := range faults {
		// Holidays that were read have no faults.
		field, line := hoursKey, r.weekLine
		if f.Part == calendar.Specials {
			field, line = hoursKey+"."+specialKey, r.lines[f.Index]
		}
		r.found = append(r.found, Problem{Where: at(r.file, line), Field: field, Read: f.Found, Expected: f.Wants})
	}
	c.Calendar = made
	return r.found
}

func (r *hoursReader) problem(v yamlValue, field, read, expected string) {
	r.found = append(r.found, Problem{Where: at(r.file, v.line), Field: field, Read: read, Expected: expected})
}

// empty reports whether nothing stands at a key, or the word none.
func (v yamlValue) empty() bool {
	return v.form == oneValue && (v.values[0] == "" || v.values[0] == none)
}

func (r *hoursReader) hours(v yamlValue) {
	if v.form == oneValue && v.values[0] == "" {
		return
	}
	if v.form != manyKeys {
		r.problem(v, hoursKey, v.shown(), "days with their hours, such as mon-fri: 08:00-17:00")
		return
	}
	r.weekLine = v.line
	var days []yamlValue
	for _, part := range v.parts {
		if part.key == specialKey {
			r.special(part)
			continue
		}
		days = append(days, part)
	}
	if len(days) == 0 {
		return
	}
	before := len(r.found)
	r.plan.Week = r.days(hoursKey, days, daysExpected+", or special")
	var missing []string
	for i := range 7 {
		// As a week is read, from Monday.
		if d := time.Weekday((i + 1) % 7); r.plan.Week[d] == nil {
			missing = append(missing, calendar.DayName(d))
		}
	}
	// A day that was forgotten and one that is closed would look the same.
	if len(missing) > 0 && len(r.found) == before {
		r.problem(v, hoursKey, "nothing about "+strings.Join(missing, ", "), "a line for every day of the week, closed for one without hours")
	}
}

// days reads lines such as mon-fri: 08:00-17:00. A day that has a line has a
// list, if only an empty one.
func (r *hoursReader) days(field string, lines []yamlValue, expected string) calendar.Hours {
	hours := make(calendar.Hours)
	for _, v := range lines {
		field := field + "." + v.key
		days, err := calendar.ParseDays(v.key)
		if err != nil {
			r.problem(v, field, reason(err), expected)
			continue
		}
		twice := slices.DeleteFunc(slices.Clone(days), func(d time.Weekday) bool { return hours[d] == nil })
		if len(twice) > 0 {
			r.problem(v, field, calendar.DayName(twice[0])+" a second time", "every day in one line only")
			continue
		}
		windows, ok := r.windows(v, field)
		if !ok {
			// Not missing, only wrong.
			windows = []calendar.Window{}
		}
		for _, d := range days {
			hours[d] = windows
		}
	}
	return hours
}

func (r *hoursReader) windows(v yamlValue, field string) ([]calendar.Window, bool) {
	if v.form != oneValue {
		r.problem(v, field, v.shown(), windowsExpected)
		return nil, false
	}
	windows, err := calendar.ParseWindows(v.values[0])
	if err != nil {
		r.problem(v, field, shownWith(v.values[0], err), windowsExpected)
		return nil, false
	}
	return windows, true
}

func (r *hoursReader) special(v yamlValue) {
	field := hoursKey + "." + specialKey
	if v.empty() {
		return
	}
	if v.form != manyKeys {
		r.problem(v, field, v.shown(), "none, or dates with their hours, such as 2026-12-24: 08:00-12:00")
		return
	}
	for _, part := range v.parts {
		field := field + "." + part.key
		days, err := calendar.ParseSpan(part.key)
		if err != nil {
			r.problem(part, field, shownWith(part.key, err), datesExpected)
			continue
		}
		var hours calendar.Hours
		if part.form == manyKeys {
			hours = r.days(field, part.parts, daysExpected)
		} else {
			hours = r.everyDay(part, field, days)
		}
		r.plan.Special = append(r.plan.Special, calendar.Special{Days: days, Hours: hours})
		r.lines = append(r.lines, part.line)
	}
}

// everyDay reads the hours of one date, or that several have none: whoever writes
// 08:00-15:00 for a month does not mean its Sundays.
func (r *hoursReader) everyDay(v yamlValue, field string, days calendar.Span) calendar.Hours {
	windows, ok := r.windows(v, field)
	if !ok {
		return nil
	}
	if len(windows) > 0 && days.First != days.Last {
		r.problem(v, field, v.shown(), "closed, or for several dates the days of the week below, such as mon-fri: 08:00-15:00")
		return nil
	}
	hours := make(calendar.Hours)
	for d := range 7 {
		hours[time.Weekday(d)] = windows
	}
	return hours
}

func (r *hoursReader) holidays(v yamlValue) {
	switch {
	case v.empty():
		return
	case v.form == oneValue:
		v.parts = []yamlValue{v}
	case v.form != severalValues:
		r.problem(v, holidaysKey, v.shown(), "none, or a list of dates and names, such as - 2026-12-25 Hari Raya Natal")
		return
	}
	for _, item := range v.parts {
		h, err := calendar.ParseHoliday(item.values[0])
		if err != nil {
			r.problem(item, holidaysKey, shownWith(item.values[0], err), holidayExpected)
			continue
		}
		r.plan.Holidays = append(r.plan.Holidays, h)
	}
}

// holidaysFile reads the file that is named, beside halo.yaml unless its path is
// a whole one.
func (r *hoursReader) holidaysFile(v yamlValue, readFile func(string) ([]byte, error)) {
	if v.empty() {
		return
	}
	if v.form != oneValue {
		r.problem(v, holidaysFileKey, v.shown(), "none, or a file")
		return
	}
	name := v.values[0]
	if !filepath.IsAbs(name) {
		name = filepath.Join(filepath.Dir(r.file), name)
	}
	text, err := readFile(name)
	if err != nil {
		r.problem(v, holidaysFileKey, quoted(err.Error()), "a file that can be read")
		return
	}
	if !utf8.Valid(text) {
		r.found = append(r.found, Problem{Where: name, Read: "something that is no text", Expected: holidayExpected + ", a line"})
		return
	}
	holidays, bad := calendar.ParseHolidays(string(text))
	r.plan.Holidays = append(r.plan.Holidays, holidays...)
	for _, line := range bad {
		r.found = append(r.found, Problem{Where: at(name, line.Number), Read: shownWith(line.Text, line.Err), Expected: holidayExpected})
	}
}

// shownWith shows a value with the reason it cannot be used, unless that begins
// with the value.
func shownWith(value string, err error) string {
	if strings.HasPrefix(err.Error(), quoted(value)) {
		return err.Error()
	}
	return quoted(value) + " (" + reason(err) + ")"
}

// reason keeps what repeats a value from being endless.
func reason(err error) string {
	const most = 120
	if runes := []rune(err.Error()); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return err.Error()
}
