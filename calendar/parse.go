package calendar

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// dayNames are the weekdays as settings write them.
var dayNames = [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Closed is how settings write a day without a window.
const Closed = "closed"

// ParseDays reads weekdays such as "mon", "mon-fri", "sat,sun" or "fri-mon",
// in the order written, whatever the case.
func ParseDays(text string) ([]time.Weekday, error) {
	var days []time.Weekday
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := parseDay(from)
		if err != nil {
			return nil, err
		}
		last := first
		if isRange {
			if last, err = parseDay(to); err != nil {
				return nil, err
			}
		}
		for d := first; ; d = (d + 1) % 7 {
			if slices.Contains(days, d) {
				return nil, fmt.Errorf("%s twice", dayNames[d])
			}
			days = append(days, d)
			if d == last {
				break
			}
		}
	}
	return days, nil
}

func parseDay(text string) (time.Weekday, error) {
	i := slices.Index(dayNames[:], strings.ToLower(strings.TrimSpace(text)))
	if i < 0 {
		return 0, fmt.Errorf("%q is no day", text)
	}
	return time.Weekday(i), nil
}

// DayName returns the name settings have for a weekday: "sun" to "sat".
func DayName(d time.Weekday) string { return dayNames[d] }

// ParseWindows reads the windows of one day, such as "08:00-12:00, 13:00-17:00",
// "22:00-06:00" (past midnight), or "closed" for none, which is an empty list.
// They come sorted and do not overlap.
func ParseWindows(text string) ([]Window, error) {
	if strings.EqualFold(strings.TrimSpace(text), Closed) {
		return []Window{}, nil
	}
	var windows []Window
	for part := range strings.SplitSeq(text, ",") {
		opens, closes, ok := strings.Cut(part, "-")
		if !ok {
			return nil, fmt.Errorf("%q is no window", strings.TrimSpace(part))
		}
		var w Window
		var err error
		if w.Open, err = parseClock(opens); err != nil {
			return nil, err
		}
		if w.Close, err = parseClock(closes); err != nil {
			return nil, err
		}
		windows = append(windows, w)
	}
	if err := checkDay(windows); err != nil {
		return nil, err
	}
	slices.SortFunc(windows, func(a, b Window) int { return int(a.Open - b.Open) })
	return windows, nil
}

func parseClock(text string) (Clock, error) {
	text = strings.TrimSpace(text)
	hours, minutes, ok := strings.Cut(text, ":")
	h, hoursRead := digits(hours, 1, 2)
	m, minutesRead := digits(minutes, 2, 2)
	if c := Clock(h*60 + m); ok && hoursRead && minutesRead && m < 60 && c <= endOfDay {
		return c, nil
	}
	return 0, fmt.Errorf("%q is no clock time", text)
}

// digits reads a number of so many digits and nothing else.
func digits(text string, fewest, most int) (n int, ok bool) {
	if len(text) < fewest || len(text) > most || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}

// ParseSpan reads a date, "2026-12-25", or a range of them with both ends
// inside, "2027-02-08..2027-03-09", at most 366 days.
func ParseSpan(text string) (Span, error) {
	from, to, isRange := strings.Cut(text, "..")
	if !isRange {
		to = from
	}
	first, err := parseDate(from)
	if err != nil {
		return Span{}, err
	}
	last, err := parseDate(to)
	if err != nil {
		return Span{}, err
	}
	span := Span{First: first, Last: last}
	if fault, ok := span.check("", 0); ok {
		return Span{}, errors.New(fault.Found)
	}
	return span, nil
}

func parseDate(text string) (Date, error) {
	text = strings.TrimSpace(text)
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1 {
		return Date{}, fmt.Errorf("%q is no date", text)
	}
	return dateOf(t), nil
}

// ParseHoliday reads a date or a range as [ParseSpan] does and, after a blank,
// the name: "2026-12-25 Hari Raya Natal".
func ParseHoliday(text string) (Holiday, error) {
	text = strings.TrimSpace(text)
	days, name := text, ""
	if i := strings.IndexAny(text, " \t"); i >= 0 {
		days, name = text[:i], strings.TrimSpace(text[i:])
	}
	span, err := ParseSpan(days)
	if err != nil {
		return Holiday{}, err
	}
	return Holiday{Days: span, Name: name}, nil
}

// A BadLine is a line of a list of holidays that cannot be read.
type BadLine struct {
	Number int // from 1
	Text   string
	Err    error
}

// ParseHolidays reads a list of holidays, one a line as [ParseHoliday] reads it.
// Empty lines and lines that start with # are skipped. The lines that cannot be
// read come beside the holidays of all the others.
func ParseHolidays(text string) ([]Holiday, []BadLine) {
	var holidays []Holiday
	var bad []BadLine
	number := 0
	// Some editors begin a file with a byte order mark.
	for line := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		h, err := ParseHoliday(line)
		if err != nil {
			bad = append(bad, BadLine{Number: number, Text: line, Err: err})
			continue
		}
		holidays = append(holidays, h)
	}
	return holidays, bad
}

// String returns the clock time as settings write it: "08:00".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c)/60, int(c)%60) }

// String returns the window as settings write it: "08:00-17:00".
func (w Window) String() string { return w.Open.String() + "-" + w.Close.String() }

// String returns the date as settings write it: "2026-12-25".
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day) }

// String returns the range as settings write it.
func (s Span) String() string {
	if s.First == s.Last {
		return s.First.String()
	}
	return s.First.String() + ".." + s.Last.String()
}
