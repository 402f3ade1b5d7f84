package calendar

import (
	"strings"
	"testing"
	"time"
)

func TestSay(t *testing.T) {
	for _, test := range []struct{ zone, now, opening, indonesian, english string }{
		{"Asia/Jakarta", "2026-11-23 07:10", "2026-11-23 08:00", "hari ini pukul 08.00 WIB", "today at 08:00 WIB"},
		{"Asia/Jakarta", "2026-11-23 00:00", "2026-11-23 13:05", "hari ini pukul 13.05 WIB", "today at 13:05 WIB"},
		{"Asia/Jakarta", "2026-11-23 17:00", "2026-11-24 08:00", "besok pukul 08.00 WIB", "tomorrow at 08:00 WIB"},
		{"Asia/Jakarta", "2026-11-21 22:00", "2026-11-23 08:00", "Senin, 23 November pukul 08.00 WIB", "Monday, 23 November at 08:00 WIB"},
		{"Asia/Jakarta", "2026-12-31 18:00", "2027-01-01 08:00", "besok pukul 08.00 WIB", "tomorrow at 08:00 WIB"},
		{"Asia/Jakarta", "2026-12-30 18:00", "2027-01-02 08:00", "Sabtu, 2 Januari 2027 pukul 08.00 WIB", "Saturday, 2 January 2027 at 08:00 WIB"},
		{"Asia/Pontianak", "2026-11-23 17:00", "2026-11-24 08:00", "besok pukul 08.00 WIB", "tomorrow at 08:00 WIB"},
		{"Asia/Makassar", "2026-11-23 17:00", "2026-11-24 08:30", "besok pukul 08.30 WITA", "tomorrow at 08:30 WITA"},
		{"Asia/Jayapura", "2026-11-23 17:00", "2026-11-24 08:00", "besok pukul 08.00 WIT", "tomorrow at 08:00 WIT"},
		{"Asia/Kolkata", "2026-11-23 17:00", "2026-11-24 08:00", "besok pukul 08.00 UTC+05:30", "tomorrow at 08:00 UTC+05:30"},
		{"America/St_Johns", "2026-11-23 17:00", "2026-11-24 08:00", "besok pukul 08.00 UTC-03:30", "tomorrow at 08:00 UTC-03:30"},
		{"UTC", "2026-11-23 17:00", "2026-11-24 08:00", "besok pukul 08.00 UTC+00:00", "tomorrow at 08:00 UTC+00:00"},
	} {
		place := zone(t, test.zone)
		// Whoever asks may keep now in another zone.
		now, opening := at(t, place, test.now).In(time.UTC), at(t, place, test.opening)
		for lang, want := range map[string]string{"id": test.indonesian, "": test.indonesian, "en": test.english, "en-US": test.english} {
			if got := Say(opening, now, lang); got != want {
				t.Errorf("%q: %s, expected %s", lang, got, want)
			}
		}
	}
}

// Every day and month has its own name.
func TestSayNamesEveryDay(t *testing.T) {
	now := time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)
	for _, words := range []wording{indonesian, english} {
		seen := make(map[string]bool)
		for number := range 365 {
			if text := words.day(now.AddDate(0, 0, number+2), now); seen[text] || strings.Contains(text, "%") {
				t.Errorf("%q twice", text)
			} else {
				seen[text] = true
			}
		}
	}
}
