package ticket

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/calendar"
)

// TimerShift fires where a shift begins or ends; its id is the person's.
const TimerShift = "duty_shift"

// A Shift is somebody's weekly hours as they are stored, such as
// "mon-fri 08:00-16:00, sat 08:00-12:00"; "" for none.
type Shift string

// longShift bounds a shift as it is typed, in bytes.
const longShift = 300

// ParseShift reads weekly hours as people write them, in Indonesian or English:
// "senin-jumat 08.00-16.00, sabtu 8-12". "none", "tidak ada" and nothing at all are none.
func ParseShift(text string) (Shift, error) {
	if len(text) > longShift {
		return "", refuse("too_long")
	}
	text = shiftWords.Replace(strings.ToLower(text))
	text = aroundDash.ReplaceAllString(text, "-")
	if word := strings.TrimSpace(text); word == "" || word == "none" || word == "tidak ada" || word == "-" {
		return "", nil
	}
	hours := calendar.Hours{}
	var days []time.Weekday
	begun := false // the hours of days
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\n' || r == '\t' }) {
		if word == "jam" || word == "pukul" {
			continue
		}
		if word[0] < '0' || word[0] > '9' {
			more, ok := daysOf(word)
			if !ok {
				return "", refuse("shift_unreadable")
			}
			if begun {
				days, begun = nil, false
			}
			days = append(days, more...)
			continue
		}
		windows, err := calendar.ParseWindows(onTheHour(word))
		if err != nil || len(days) == 0 {
			return "", refuse("shift_unreadable")
		}
		for _, d := range days {
			hours[d] = append(hours[d], windows...)
		}
		begun = true
	}
	if !begun {
		return "", refuse("shift_unreadable")
	}
	if _, err := calendar.New(calendar.Plan{Week: hours}); err != nil {
		return "", refuse("shift_unreadable")
	}
	return shiftOf(hours), nil
}

var (
	shiftWords = strings.NewReplacer(".", ":", "–", "-", "—", "-", "s/d", "-", " sampai ", "-", " hingga ", "-", " to ", "-", " dan ", ",", " and ", ",", "&", ",",
		"setiap hari", "mon-sun", "tiap hari", "mon-sun", "every day", "mon-sun")
	aroundDash = regexp.MustCompile(`\s*-\s*`)
)

// onTheHour is a window with minutes: "8-16" is "8:00-16:00".
func onTheHour(window string) string {
	ends := strings.Split(window, "-")
	for i, end := range ends {
		if !strings.Contains(end, ":") {
			ends[i] = end + ":00"
		}
	}
	return strings.Join(ends, "-")
}

// daysOf reads a weekday or a range of them.
func daysOf(word string) (days []time.Weekday, ok bool) {
	from, to, isRange := strings.Cut(word, "-")
	first, ok := calendar.Day(from)
	if !ok || !isRange {
		return []time.Weekday{first}, ok
	}
	last, ok := calendar.Day(to)
	for d := first; ; d = (d + 1) % 7 {
		if days = append(days, d); d == last {
			return days, ok
		}
	}
}

// shiftOf writes hours in their one form: days with the same hours together, from Monday.
func shiftOf(hours calendar.Hours) Shift {
	var groups []string
	last := ""
	for n := range 7 {
		d := time.Weekday((n + 1) % 7)
		var windows []string
		for _, w := range slices.SortedFunc(slices.Values(hours[d]), func(a, b calendar.Window) int { return cmp.Compare(a.Open, b.Open) }) {
			windows = append(windows, w.String())
		}
		open := strings.Join(windows, " ")
		name := calendar.DayName(d)
		switch {
		case open == "":
		case open == last:
			days, _, _ := strings.Cut(groups[len(groups)-1], " ")
			first, _, _ := strings.Cut(days, "-")
			groups[len(groups)-1] = first + "-" + name + " " + open
		default:
			groups = append(groups, name+" "+open)
		}
		last = open
	}
	return Shift(strings.Join(groups, ", "))
}

// At says how an instant lies in the shift: whether it is inside, and when the next
// beginning or end comes. ok is false when none comes: there is no shift, or no end to it.
func (s Shift) At(t time.Time, zone *time.Location) (inside bool, next time.Time, ok bool) {
	c, ok := s.calendar(zone)
	if !ok {
		return false, time.Time{}, false
	}
	if c.Open(t) {
		next, ok = c.Closes(t)
		return true, next, ok
	}
	next, ok = c.Next(t)
	return false, next, ok
}

func (s Shift) calendar(zone *time.Location) (*calendar.Calendar, bool) {
	hours := calendar.Hours{}
	for group := range strings.SplitSeq(string(s), ", ") {
		days, windows, _ := strings.Cut(group, " ")
		on, err := calendar.ParseDays(days)
		if err != nil {
			return nil, false
		}
		open, err := calendar.ParseWindows(strings.ReplaceAll(windows, " ", ","))
		if err != nil {
			return nil, false
		}
		for _, d := range on {
			hours[d] = open
		}
	}
	c, err := calendar.New(calendar.Plan{Zone: zone, Week: hours})
	return c, err == nil
}

// Say is the shift for staff, "" for none.
func (s Shift) Say(english bool) string {
	if english {
		return string(s)
	}
	return indonesianDays.Replace(string(s))
}

var indonesianDays = strings.NewReplacer("mon", "Senin", "tue", "Selasa", "wed", "Rabu", "thu", "Kamis", "fri", "Jumat", "sat", "Sabtu", "sun", "Minggu")
