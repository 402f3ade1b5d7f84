package calendar

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Say words an instant for a person who reads it at now: "besok pukul 08.00 WIB",
// "Senin, 24 November pukul 08.00 WIB", "Monday, 24 November at 08:00 WIB", with
// the year where it is another one. Days and hours are those of t's zone, as
// [Calendar] gives it. The language is English for "en" and what begins with
// "en-", Indonesian for all others.
func Say(t time.Time, now time.Time, lang string) string {
	words := indonesian
	if lang == "en" || strings.HasPrefix(lang, "en-") {
		words = english
	}
	now = now.In(t.Location())
	return fmt.Sprintf("%s %s %02d%s%02d %s", words.day(t, now), words.at, t.Hour(), words.separator, t.Minute(), zoneName(t))
}

// A wording is what a language calls days and how it writes clock times.
type wording struct {
	today, tomorrow string
	days            [7]string // from Sunday
	months          [12]string
	at, separator   string
}

var indonesian = wording{
	today: "hari ini", tomorrow: "besok",
	days: [7]string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"},
	months: [12]string{
		"Januari", "Februari", "Maret", "April", "Mei", "Juni",
		"Juli", "Agustus", "September", "Oktober", "November", "Desember",
	},
	at: "pukul", separator: ".",
}

var english = wording{
	today: "today", tomorrow: "tomorrow",
	days: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	months: [12]string{
		"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December",
	},
	at: "at", separator: ":",
}

func (w wording) day(t, now time.Time) string {
	switch dateOf(t).number() - dateOf(now).number() {
	case 0:
		return w.today
	case 1:
		return w.tomorrow
	}
	text := fmt.Sprintf("%s, %d %s", w.days[t.Weekday()], t.Day(), w.months[t.Month()-1])
	if t.Year() != now.Year() {
		text += fmt.Sprintf(" %d", t.Year())
	}
	return text
}

// zoneName returns what Indonesians call their zones, for others the offset:
// most abbreviations mean several zones.
func zoneName(t time.Time) string {
	name, offset := t.Zone()
	if slices.Contains([]string{"WIB", "WITA", "WIT"}, name) {
		return name
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	return fmt.Sprintf("UTC%c%02d:%02d", sign, offset/hour, offset%hour/minute)
}
