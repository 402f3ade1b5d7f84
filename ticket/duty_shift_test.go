package ticket

import (
	"testing"
	"time"
)

func TestParseShift(t *testing.T) {
	for text, want := range map[string]Shift{
		"mon-fri 08:00-16:00":                           "mon-fri 08:00-16:00",
		"senin-jumat 08:00-16:00, sabtu 08:00-12:00":    "mon-fri 08:00-16:00, sat 08:00-12:00",
		"Senin s/d Jum'at 08.00 – 16.00; Sabtu 8-12":    "mon-fri 08:00-16:00, sat 08:00-12:00",
		"senin, rabu dan kamis 13:00-17:00 08:00-12:00": "mon 08:00-12:00 13:00-17:00, wed-thu 08:00-12:00 13:00-17:00",
		"setiap hari 22:00-06:00":                       "mon-sun 22:00-06:00",
		"minggu 08:00-10:00 senin 08:00-10:00":          "mon 08:00-10:00, sun 08:00-10:00",
		"mon 08:00-12:00, mon 13:00-17:00":              "mon 08:00-12:00 13:00-17:00",
		"fri-mon 9-17":                                  "mon 09:00-17:00, fri-sun 09:00-17:00",
		"senin-jumat jam 08.00-16.00, sabtu pukul 8-12": "mon-fri 08:00-16:00, sat 08:00-12:00",
		"none":      "",
		" ":         "",
		"tidak ada": "",
		"mon 00:00-24:00, tue 00:00-24:00, wed 00:00-24:00": "mon-wed 00:00-24:00",
	} {
		got, err := ParseShift(text)
		if err != nil || got != want {
			t.Errorf("%q is %q %v, want %q", text, got, err, want)
		}
		if again, err := ParseShift(string(got)); err != nil || again != got {
			t.Errorf("%q read again is %q %v", got, again, err)
		}
	}
	for _, text := range []string{"08:00-16:00", "senin", "besok 08:00-16:00", "senin 08:00", "senin 8-25", "mon 08:00-12:00 11:00-13:00", "mon-", "senin-besok 8-9", "jam 8-9"} {
		if got, err := ParseShift(text); key(err) != "shift_unreadable" {
			t.Errorf("%q is %q %v", text, got, err)
		}
	}
}

func FuzzParseShift(f *testing.F) {
	for _, text := range []string{"senin-jumat 08:00-16:00, sabtu 8-12", "every day 22-6", "mon,tue 9-10 11-12", "none"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseShift(text)
		if err != nil || s == "" {
			return
		}
		if again, err := ParseShift(string(s)); err != nil || again != s {
			t.Errorf("%q gives %q, which read again is %q %v", text, s, again, err)
		}
		if _, ok := s.calendar(time.UTC); !ok {
			t.Errorf("%q gives %q, which cannot be used", text, s)
		}
	})
}

func TestWhereAShiftBeginsAndEnds(t *testing.T) {
	zone := time.FixedZone("WIB", 7*3600)
	s, err := ParseShift("senin-jumat 08:00-12:00 13:00-16:00, sabtu 8-12")
	if err != nil {
		t.Fatal(err)
	}
	for from, want := range map[string]string{
		"2026-11-23 07:59": "off 2026-11-23 08:00",
		"2026-11-23 08:00": "on 2026-11-23 12:00",
		"2026-11-23 12:00": "off 2026-11-23 13:00",
		"2026-11-23 15:59": "on 2026-11-23 16:00",
		"2026-11-27 16:00": "off 2026-11-28 08:00",
		"2026-11-28 12:00": "off 2026-11-30 08:00",
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", from, zone)
		if err != nil {
			t.Fatal(err)
		}
		on, next, ok := s.At(at, zone)
		got := "off "
		if on {
			got = "on "
		}
		if got += next.In(zone).Format("2006-01-02 15:04"); got != want || !ok {
			t.Errorf("at %s: %s, want %s", from, got, want)
		}
	}
	if _, _, ok := Shift("").At(noon, zone); ok {
		t.Error("no shift has a beginning")
	}
	if on, _, ok := Shift("mon-sun 00:00-24:00").At(noon, zone); !on || ok {
		t.Errorf("a shift without end: %v %v", on, ok)
	}
}
