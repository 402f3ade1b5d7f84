package desk

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// openOn returns when the desk opens and closes on one day, as hours write it.
func openOn(t *testing.T, c Config, date string) string {
	t.Helper()
	from, err := time.ParseInLocation(time.DateOnly, date, c.Zone)
	if err != nil {
		t.Fatal(err)
	}
	var windows []string
	for when, until := from, from.AddDate(0, 0, 1); when.Before(until); {
		opens, ok := c.Calendar.Next(when)
		if !ok || !opens.Before(until) {
			break
		}
		closes := opens
		for c.Calendar.Open(closes) {
			closes = closes.Add(30 * time.Minute)
		}
		windows = append(windows, opens.Format("15:04")+"-"+closes.Format("15:04"))
		when = closes
	}
	return strings.Join(windows, ", ")
}

func checkDays(t *testing.T, c Config, days map[string]string) {
	t.Helper()
	for date, want := range days {
		if got := openOn(t, c, date); got != want {
			t.Errorf("%s: open %q, expected %q", date, got, want)
		}
	}
}

func TestDefaultHours(t *testing.T) {
	checkDays(t, Default(), map[string]string{
		"2026-11-23": "08:00-17:00", "2026-11-27": "08:00-17:00", "2026-11-28": "08:00-14:00", "2026-11-29": "", "2026-12-25": "08:00-17:00",
	})
}

func TestHours(t *testing.T) {
	c := mustLoad(t, map[string]string{"HALO_CONFIG": "etc/halo.yaml"}, map[string]string{
		"etc/halo.yaml": `
desk: {zone: Asia/Makassar}
hours:
  mon-thu: 08:00-12:00, 13:00-17:00
  fri: 08:00-11:30,
    13:30-17:00
  sat: 22:00-06:00
  SUN: closed
  special:
    2027-02-08..2027-03-09:
      mon-fri: 08:00-15:00
    2027-02-17: 08:00-11:00
    2027-12-27..2027-12-31: closed
holidays:
  - 2026-12-25 Hari Raya Natal
  - 2027-03-19..2027-03-24 Idul Fitri
holidays_file: libur.txt
`,
		"etc/libur.txt": "# Libur nasional\r\n2027-01-01 Tahun Baru\r\n2026-12-25\r\n2027-02-17 Cuti bersama\r\n",
	})
	if c.Calendar.Zone().String() != "Asia/Makassar" {
		t.Errorf("the calendar is in %s", c.Calendar.Zone())
	}
	checkDays(t, c, map[string]string{
		"2026-11-23": "08:00-12:00, 13:00-17:00",
		"2026-11-27": "08:00-11:30, 13:30-17:00",
		"2026-11-28": "22:00-06:00",
		"2026-11-29": "00:00-06:00", // Saturday's
		"2026-12-25": "",            // on both lists
		"2027-01-01": "",            // in the file
		"2027-02-08": "08:00-15:00", // in Ramadan
		"2027-02-13": "22:00-06:00", // a Saturday in Ramadan, as always
		"2027-02-17": "08:00-11:00", // a half day, although the file has it
		"2027-03-10": "08:00-12:00, 13:00-17:00",
		"2027-03-22": "", // in the range on the list
		"2027-12-28": "",
	})
	natal := time.Date(2026, time.December, 25, 12, 0, 0, 0, c.Zone)
	if name, _ := c.Calendar.Holiday(natal); name != "Hari Raya Natal" {
		t.Errorf("the holiday is called %q", name)
	}
}

// What is not written stays at its default, and every way to write nothing is one.
func TestHoursThatSayNothing(t *testing.T) {
	for _, text := range []string{
		"", "hours:\n", "hours: {}\n", "hours: {special: none}\n", "hours:\n  special:\n",
		"holidays: none\nholidays_file: none\n", "holidays:\nholidays_file:\n", "holidays: []\n",
	} {
		if c := mustLoad(t, nil, map[string]string{"halo.yaml": text}); !reflect.DeepEqual(c, Default()) {
			t.Errorf("%q is no default", text)
		}
	}
	// Only what is special: the week stays.
	c := mustLoad(t, nil, map[string]string{"halo.yaml": "hours: {special: {2026-12-24: 08:00-12:00}}\nholidays: 2026-12-25 Natal\n"})
	checkDays(t, c, map[string]string{"2026-12-23": "08:00-17:00", "2026-12-24": "08:00-12:00", "2026-12-25": "", "2026-12-26": "08:00-14:00"})
}

// A desk may be closed all week, if that is what every line says.
func TestNoHoursAtAll(t *testing.T) {
	c := mustLoad(t, nil, map[string]string{"halo.yaml": "hours: {mon-sun: closed}\n"})
	if _, ok := c.Calendar.Next(time.Date(2026, time.November, 23, 9, 0, 0, 0, c.Zone)); ok {
		t.Error("it opens")
	}
}

const (
	days    = "mon, tue, wed, thu, fri, sat, sun, or a range such as mon-fri"
	windows = "windows such as 08:00-12:00, 13:00-17:00, or closed"
)

var badHours = []slip{
	{"hours without days", nil, map[string]string{"halo.yaml": "\nhours: 08:00-17:00\n"},
		`halo.yaml:2: hours: read "08:00-17:00", expected days with their hours, such as mon-fri: 08:00-17:00`},
	{"no day", nil, map[string]string{"halo.yaml": "hours:\n  mon-sun: closed\n  senin: 08:00-17:00\n"},
		`halo.yaml:3: hours.senin: read "senin" is no day, expected ` + days + `, or special`},
	{"a day twice", nil, map[string]string{"halo.yaml": "hours:\n  mon-sun: closed\n  fri: 08:00-11:00\n"},
		`halo.yaml:3: hours.fri: read fri a second time, expected every day in one line only`},
	{"a day forgotten", nil, map[string]string{"halo.yaml": "hours:\n  mon-fri: 08:00-17:00\n  sat: 08:00-14:00\n"},
		`halo.yaml:1: hours: read nothing about sun, expected a line for every day of the week, closed for one without hours`},
	{"no window", nil, map[string]string{"halo.yaml": "hours:\n  mon-sat: 08.00-17.00\n  sun: closed\n"},
		`halo.yaml:2: hours.mon-sat: read "08.00-17.00" ("08.00" is no clock time), expected ` + windows},
	{"an empty day", nil, map[string]string{"halo.yaml": "hours:\n  mon-sat: 08:00-17:00\n  sun:\n"},
		`halo.yaml:3: hours.sun: read "" is no window, expected ` + windows},
	{"a list of windows", nil, map[string]string{"halo.yaml": "hours:\n  mon-sun: [closed]\n"},
		`halo.yaml:2: hours.mon-sun: read a list of 1 ("closed"), expected ` + windows},
	{"overlapping windows", nil, map[string]string{"halo.yaml": "hours:\n  mon-sun: 08:00-12:00, 11:30-17:00\n"},
		`halo.yaml:2: hours.mon-sun: read "08:00-12:00, 11:30-17:00" (08:00-12:00 running into 11:30-17:00), expected ` + windows},
	{"a night into the morning", nil, map[string]string{"halo.yaml": "note_prefix: //\nhours:\n  mon-thu: 08:00-17:00\n  fri: 22:00-10:00\n  sat,sun: 09:00-14:00\n"},
		`halo.yaml:2: hours: read fri 22:00-10:00 running into sat 09:00-14:00, expected windows that do not overlap`},
	{"special hours without dates", nil, map[string]string{"halo.yaml": "hours:\n  special: 08:00-12:00\n"},
		`halo.yaml:2: hours.special: read "08:00-12:00", expected none, or dates with their hours, such as 2026-12-24: 08:00-12:00`},
	{"no special date", nil, map[string]string{"halo.yaml": "hours:\n  special:\n    24-12-2026: closed\n"},
		`halo.yaml:3: hours.special.24-12-2026: read "24-12-2026" is no date, expected a date such as 2026-12-24, or a range such as 2027-02-08..2027-03-09`},
	{"a range backwards", nil, map[string]string{"halo.yaml": "hours:\n  special:\n    2027-03-09..2027-02-08: closed\n"},
		`halo.yaml:3: hours.special.2027-03-09..2027-02-08: read "2027-03-09..2027-02-08" (2027-03-09..2027-02-08, which ends before it begins), expected a date such as 2026-12-24, or a range such as 2027-02-08..2027-03-09`},
	{"hours for all days of a range", nil, map[string]string{"halo.yaml": "hours:\n  special:\n    2027-02-08..2027-03-09: 08:00-15:00\n"},
		`halo.yaml:3: hours.special.2027-02-08..2027-03-09: read "08:00-15:00", expected closed, or for several dates the days of the week below, such as mon-fri: 08:00-15:00`},
	{"no special day", nil, map[string]string{"halo.yaml": "hours:\n  special:\n    2027-02-08..2027-03-09:\n      special: 08:00-15:00\n"},
		`halo.yaml:4: hours.special.2027-02-08..2027-03-09.special: read "special" is no day, expected ` + days},
	{"special dates twice", nil, map[string]string{"halo.yaml": "hours:\n  special:\n    2026-12-01..2026-12-24: {mon: closed}\n    2026-12-24..2026-12-31: closed\n"},
		`halo.yaml:4: hours.special: read 2026-12-24..2026-12-31 beside 2026-12-01..2026-12-24, expected dates that no other entry has`},
	{"a special night", nil, map[string]string{"halo.yaml": "hours:\n  special:\n    2026-12-22: closed\n    2026-12-24: 20:00-09:00\n"},
		`halo.yaml:4: hours.special: read 2026-12-24 20:00-09:00 running into 2026-12-25 08:00-17:00, expected windows that do not overlap`},
	{"no holiday", nil, map[string]string{"halo.yaml": "holidays:\n  - 2026-12-25 Natal\n  - 2026-02-29 Natal\n"},
		`halo.yaml:3: holidays: read "2026-02-29 Natal" ("2026-02-29" is no date), expected a date and a name, such as 2026-12-25 Hari Raya Natal`},
	{"holidays as keys", nil, map[string]string{"halo.yaml": "holidays:\n  2026-12-25: Natal\n"},
		`halo.yaml:1: holidays: read something that is neither a value nor a list of values, expected none, or a list of dates and names, such as - 2026-12-25 Hari Raya Natal`},
	{"no file of holidays", nil, map[string]string{"halo.yaml": "holidays_file: libur.txt\n"},
		`halo.yaml:1: holidays_file: read "open libur.txt: file does not exist", expected a file that can be read`},
	{"two files of holidays", nil, map[string]string{"halo.yaml": "holidays_file: [a, b]\n"},
		`halo.yaml:1: holidays_file: read a list of 2 ("a, b"), expected none, or a file`},
	{"a file that is no text", nil, map[string]string{"halo.yaml": "holidays_file: libur.xlsx\n", "libur.xlsx": "PK\xff\n2026"},
		`libur.xlsx: read something that is no text, expected a date and a name, such as 2026-12-25 Hari Raya Natal, a line`},
	{"a line of a file", nil, map[string]string{"halo.yaml": "holidays_file: /etc/halo/libur.txt\n", "/etc/halo/libur.txt": "2026-12-25 Natal\n\n26-12-2026 Cuti\n"},
		`/etc/halo/libur.txt:3: read "26-12-2026 Cuti" ("26-12-2026" is no date), expected a date and a name, such as 2026-12-25 Hari Raya Natal`},
}

func TestAllProblemsOfHoursAtOnce(t *testing.T) {
	_, err := load(nil, map[string]string{
		"halo.yaml": `
desk: {zone: Asia/Bandung}
hours:
  mon-thu: 8-17
  fri: 22:00-10:00
  sat: 08:00-14:00
  special:
    besok: closed
    2026-12-24: 20:00-12:00
    2026-12-25: 08:00-11:00
holidays: [Natal, 2026-12-25]
holidays_file: libur.txt
`,
		"libur.txt": "x\n2027-01-01\ny\n",
	})
	problems, _ := errors.AsType[Problems](err)
	var where []string
	for _, p := range problems {
		where = append(where, p.Where+" "+p.Field)
	}
	// Sunday is missing too, which is said once the other days can be read.
	want := []string{
		"halo.yaml:2 desk.zone", "halo.yaml:8 hours.special.besok", "halo.yaml:4 hours.mon-thu", "halo.yaml:11 holidays",
		"libur.txt:1 ", "libur.txt:3 ", "halo.yaml:3 hours", "halo.yaml:9 hours.special",
	}
	if !reflect.DeepEqual(where, want) {
		t.Errorf("problems\n%v\nexpected\n%s", err, strings.Join(want, "\n"))
	}
}

// The deployed file shows what stands inside hours too, with examples that can be
// used as they are.
func TestDeployedHours(t *testing.T) {
	text, err := os.ReadFile("../deploy/halo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "\n  special: none\n") {
		t.Error("deploy/halo.yaml has no hours.special")
	}
	var examples strings.Builder
	examples.WriteString("hours:\n  special:\n")
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "  #   "); ok {
			examples.WriteString("    " + rest)
		}
	}
	c := mustLoad(t, nil, map[string]string{"halo.yaml": examples.String()})
	checkDays(t, c, map[string]string{"2026-12-24": "08:00-12:00", "2027-02-09": "08:00-15:00", "2027-02-13": "08:00-14:00"})
}
