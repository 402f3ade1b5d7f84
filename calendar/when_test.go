package calendar

import (
	"testing"
	"time"
)

func TestParseWhen(t *testing.T) {
	jakarta := time.FixedZone("WIB", 7*3600)
	now := time.Date(2026, 11, 23, 10, 15, 30, 0, jakarta) // a Monday
	for text, want := range map[string]string{
		"30m":                    "2026-11-23 10:45",
		"2h":                     "2026-11-23 12:15",
		"1h30m":                  "2026-11-23 11:45",
		"2 jam":                  "2026-11-23 12:15",
		"dalam 90 menit":         "2026-11-23 11:45",
		"in 3 days":              "2026-11-26 10:15",
		"1 minggu":               "2026-11-30 10:15",
		"09:00":                  "2026-11-24 09:00",
		"jam 14.30":              "2026-11-23 14:30",
		"besok 09:00":            "2026-11-24 09:00",
		"Besok pukul 9":          "2026-11-24 09:00",
		"tomorrow at 9:00":       "2026-11-24 09:00",
		"lusa 7.05":              "2026-11-25 07:05",
		"hari ini 16:00":         "2026-11-23 16:00",
		"hari ini 08:00":         "2026-11-23 08:00",
		"senin 08:00":            "2026-11-30 08:00",
		"senin 11:00":            "2026-11-23 11:00",
		"Jum'at 08.00":           "2026-11-27 08:00",
		"minggu 10:00":           "2026-11-29 10:00",
		"2026-11-24 09:00":       "2026-11-24 09:00",
		"24-11-2026, 09:00":      "2026-11-24 09:00",
		"24/11/2026 pukul 23.59": "2026-11-24 23:59",
		"besok":                  "2026-11-24 day",
		"senin":                  "2026-11-30 day",
		"rabu":                   "2026-11-25 day",
		"minggu depan":           "2026-11-30 day",
		"next week":              "2026-11-30 day",
		"2026-12-01":             "2026-12-01 day",
	} {
		at, day, err := ParseWhen(text, now)
		got := at.Format("2006-01-02 15:04")
		if day {
			got = at.Format("2006-01-02") + " day"
		}
		if err != nil || got != want {
			t.Errorf("%q is %s %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", " ", "x", "0m", "m", "24:00", "25:00", "9:7", "besok besok", "jam", "2 2", "99999h", "31-02-2026", "1h 09:00", "besok 09:00 wita"} {
		if at, _, err := ParseWhen(text, now); err == nil {
			t.Errorf("%q is %s, want none", text, at)
		}
	}
}

func FuzzParseWhen(f *testing.F) {
	for _, text := range []string{"2h", "besok 09:00", "senin 08:00", "2026-11-24 09:00", "minggu depan", "1h30m", "jam 9"} {
		f.Add(text, int64(1_795_000_000))
	}
	zone := time.FixedZone("WIB", 7*3600)
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		now := time.Unix(unix%4_000_000_000, 0).In(zone)
		at, day, err := ParseWhen(text, now)
		if err != nil {
			return
		}
		if at.Location() != zone {
			t.Errorf("%q is in %s", text, at.Location())
		}
		if h, m, s := at.Clock(); day && h+m+s > 0 {
			t.Errorf("%q is a day that begins at %s", text, at)
		}
	})
}

func TestDay(t *testing.T) {
	for word, want := range map[string]time.Weekday{
		"senin": 1, "Sel": 2, "rabu": 3, "kam": 4, "Jum'at": 5, "jumat": 5, "sabtu": 6, "minggu": 0, "ahad": 0, "min": 0, "Monday": 1, "tue": 2, "fri": 5,
	} {
		if d, ok := Day(word); !ok || d != want {
			t.Errorf("%q is %v %v", word, d, ok)
		}
	}
	for _, word := range []string{"", "x", "sen in", "besok"} {
		if d, ok := Day(word); ok {
			t.Errorf("%q is %v", word, d)
		}
	}
}

func TestCloses(t *testing.T) {
	c, err := New(Plan{Week: Hours{time.Monday: {{8 * 60, 12 * 60}, {12 * 60, 16 * 60}, {22 * 60, 6 * 60}}}})
	if err != nil {
		t.Fatal(err)
	}
	monday := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
	for in, out := range map[time.Duration]time.Duration{8 * time.Hour: 16 * time.Hour, 15*time.Hour + 1: 16 * time.Hour, 23 * time.Hour: 30 * time.Hour, 25 * time.Hour: 30 * time.Hour} {
		if got, ok := c.Closes(monday.Add(in)); !ok || !got.Equal(monday.Add(out)) {
			t.Errorf("open at %s closes at %s %v", in, got, ok)
		}
	}
	for _, shut := range []time.Duration{7 * time.Hour, 16 * time.Hour, 30 * time.Hour} {
		if got, ok := c.Closes(monday.Add(shut)); ok {
			t.Errorf("closed at %s, but it closes at %s", shut, got)
		}
	}
	always := Hours{}
	for d := range time.Saturday + 1 {
		always[d] = []Window{{0, 24 * 60}}
	}
	if c, err = New(Plan{Week: always}); err != nil {
		t.Fatal(err)
	}
	if got, ok := c.Closes(monday); ok {
		t.Errorf("always open, but it closes at %s", got)
	}
}
