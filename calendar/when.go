package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// What languages call days, from Sunday.
var (
	indonesian = [7]string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"}
	english    = [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}
)

// Day understands a weekday as people write it, in Indonesian or English, whole or
// short: "senin", "Sen", "Jum'at", "monday", "mon".
func Day(word string) (d time.Weekday, ok bool) {
	word = strings.ToLower(strings.TrimSpace(word))
	word = strings.NewReplacer("'", "", "’", "").Replace(word)
	if word == "ahad" {
		return time.Sunday, true
	}
	for d := range time.Saturday + 1 {
		for _, name := range []string{indonesian[d], english[d]} {
			name = strings.ToLower(name)
			if word == name || word == name[:3] {
				return d, true
			}
		}
	}
	return 0, false
}

// longWhen bounds what is looked at for a time, in bytes: more is none.
const longWhen = 60

// ParseWhen understands a time to come as people write it, in Indonesian or English:
// "30m", "2 jam", "1h30m", "3 hari", "09:00", "besok 09.00", "lusa", "senin 08:00",
// "minggu depan", "2026-11-24 09:00". Days and hours are those of now's zone. A clock
// time alone is the next one, a weekday the next one that is not past. day is true when
// a day came without a clock time: then at is its midnight.
func ParseWhen(text string, now time.Time) (at time.Time, day bool, err error) {
	unreadable := fmt.Errorf("%q is no time", strings.TrimSpace(text))
	if len(text) > longWhen {
		return time.Time{}, false, fmt.Errorf("a time of %d bytes", len(text))
	}
	words := strings.Fields(strings.ToLower(strings.NewReplacer(",", " ", "pukul", " ", "pk.", " ").Replace(strings.ToLower(text))))
	if len(words) > 0 && slices.Contains([]string{"in", "dalam"}, words[0]) {
		words = words[1:]
	}
	if len(words) == 0 {
		return time.Time{}, false, unreadable
	}
	if after, ok := howLong(strings.Join(words, "")); ok {
		return now.Add(after), false, nil
	}
	date, named, rest := dayIn(words, now)
	if len(rest) > 0 && slices.Contains([]string{"jam", "at"}, rest[0]) {
		rest = rest[1:]
		if len(rest) == 0 {
			return time.Time{}, false, unreadable
		}
	}
	switch {
	case len(rest) == 0 && date != (Date{}):
		if !named.IsZero() {
			date = dateOf(named)
		}
		return clockOn(date, 0, now.Location()), true, nil
	case len(rest) != 1:
		return time.Time{}, false, unreadable
	}
	clock, err := oclock(rest[0])
	if err != nil {
		return time.Time{}, false, unreadable
	}
	if date == (Date{}) {
		date, named = dateOf(now), now.AddDate(0, 0, 1)
	}
	at = clockOn(date, clock, now.Location())
	if !at.After(now) && !named.IsZero() {
		at = clockOn(dateOf(named), clock, now.Location())
	}
	return at, false, nil
}

func clockOn(d Date, c Clock, zone *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, int(c)/60, int(c)%60, 0, 0, zone)
}

// dayIn reads the day that words begin with. Where that day comes again by itself,
// named is when: after the first has passed. A zero date is no day.
func dayIn(words []string, now time.Time) (date Date, named time.Time, rest []string) {
	in := func(days int) Date { return dateOf(now.AddDate(0, 0, days)) }
	two := strings.Join(words[:min(2, len(words))], " ")
	switch {
	case two == "hari ini":
		return in(0), time.Time{}, words[2:]
	case two == "minggu depan" || two == "pekan depan" || two == "next week":
		return in((int(time.Monday-now.Weekday())+6)%7 + 1), time.Time{}, words[2:]
	case words[0] == "today":
		return in(0), time.Time{}, words[1:]
	case words[0] == "besok" || words[0] == "tomorrow":
		return in(1), time.Time{}, words[1:]
	case words[0] == "lusa":
		return in(2), time.Time{}, words[1:]
	}
	if d, ok := Day(words[0]); ok {
		ahead := (int(d-now.Weekday()) + 7) % 7
		if ahead == 0 {
			named = now.AddDate(0, 0, 7)
		}
		return in(ahead), named, words[1:]
	}
	for _, form := range []string{time.DateOnly, "2-1-2006", "2/1/2006"} {
		if t, err := time.Parse(form, words[0]); err == nil && t.Year() >= 2000 && t.Year() < 2200 {
			return dateOf(t), time.Time{}, words[1:]
		}
	}
	return Date{}, time.Time{}, words
}

// oclock reads "09:00", "9.00" or "9".
func oclock(text string) (Clock, error) {
	text = strings.Replace(text, ".", ":", 1)
	if !strings.Contains(text, ":") {
		text += ":00"
	}
	c, err := parseClock(text)
	if err == nil && c == endOfDay {
		err = fmt.Errorf("%q is no time of a day", text)
	}
	return c, err
}

// units are how people write how long something takes.
var units = []struct {
	names []string
	long  time.Duration
}{
	{[]string{"m", "mnt", "menit", "min", "mins", "minute", "minutes"}, time.Minute},
	{[]string{"h", "j", "jam", "hr", "hour", "hours"}, time.Hour},
	{[]string{"d", "hari", "day", "days"}, 24 * time.Hour},
	{[]string{"w", "minggu", "pekan", "week", "weeks"}, 7 * 24 * time.Hour},
}

// howLong reads numbers with units, such as "1h30m" or "2jam".
func howLong(text string) (sum time.Duration, ok bool) {
	for text != "" {
		number := len(text) - len(strings.TrimLeft(text, "0123456789"))
		n, ok := digits(text[:number], 1, 4)
		if !ok {
			return 0, false
		}
		text = text[number:]
		unit := strings.IndexAny(text, "0123456789")
		if unit < 0 {
			unit = len(text)
		}
		long, ok := unitOf(text[:unit])
		if !ok {
			return 0, false
		}
		sum += time.Duration(n) * long
		text = text[unit:]
	}
	return sum, sum > 0
}

func unitOf(name string) (time.Duration, bool) {
	for _, u := range units {
		if slices.Contains(u.names, name) {
			return u.long, true
		}
	}
	return 0, false
}
