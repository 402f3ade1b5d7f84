package scheduler_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/haloerzap/halo/scheduler"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// Month ends, leap days, changes of clocks: when a job is due, by a moment and on.
func TestPlanIsDue(t *testing.T) {
	for _, test := range []struct {
		name, spec, zone, from string
		want                   string // the next times, with offsets
	}{
		{"the first ten days", "0 8 1-10 * *", "Asia/Jakarta", "2027-01-09T08:00:00+07:00",
			"2027-01-10T08:00:00+07:00 2027-02-01T08:00:00+07:00 2027-02-02T08:00:00+07:00"},
		{"a moment before", "0 8 * * *", "Asia/Jakarta", "2027-01-09T07:59:59+07:00", "2027-01-09T08:00:00+07:00 2027-01-10T08:00:00+07:00"},
		{"months with a 31st", "30 23 31 * *", "Asia/Jakarta", "2026-12-01T00:00:00+07:00",
			"2026-12-31T23:30:00+07:00 2027-01-31T23:30:00+07:00 2027-03-31T23:30:00+07:00 2027-05-31T23:30:00+07:00"},
		{"leap day", "0 9 29 2 *", "Asia/Jakarta", "2026-12-01T00:00:00+07:00", "2028-02-29T09:00:00+07:00 2032-02-29T09:00:00+07:00"},
		{"leap day over a century", "0 9 29 2 *", "Asia/Jakarta", "2096-03-01T00:00:00+07:00", "2104-02-29T09:00:00+07:00"},
		{"@monthly is local", "@monthly", "Asia/Jakarta", "2026-12-31T23:59:00+07:00", "2027-01-01T00:00:00+07:00 2027-02-01T00:00:00+07:00"},
		{"a zone of its own", "CRON_TZ=Asia/Makassar 0 8 * * *", "Asia/Jakarta", "2026-12-01T06:00:00+07:00", "2026-12-01T07:00:00+07:00 2026-12-02T07:00:00+07:00"},
		{"the same for short", "TZ=Asia/Jayapura @daily", "Asia/Jakarta", "2026-12-01T06:00:00+07:00", "2026-12-01T22:00:00+07:00"},
		{"working days", "0 8 * * mon-fri", "Asia/Jakarta", "2026-12-04T09:00:00+07:00", "2026-12-07T08:00:00+07:00"},
		{"@every", "@every 90m", "Asia/Jakarta", "2026-12-04T09:00:00+07:00", "2026-12-04T10:30:00+07:00 2026-12-04T12:00:00+07:00"},

		// Berlin skips 02:00-03:00 on 28 March 2027 and repeats it on 31 October.
		{"an hour that is skipped", "30 2 * * *", "Europe/Berlin", "2027-03-27T12:00:00+01:00", "2027-03-28T03:30:00+02:00 2027-03-29T02:30:00+02:00"},
		{"seen from behind the change", "30 2 * * *", "Europe/Berlin", "2027-03-28T03:10:00+02:00", "2027-03-28T03:30:00+02:00 2027-03-29T02:30:00+02:00"},
		{"an hour that comes twice", "30 2 * * *", "Europe/Berlin", "2027-10-30T12:00:00+02:00", "2027-10-31T02:30:00+02:00 2027-11-01T02:30:00+01:00"},
		{"seen from its second time", "30 2 * * *", "Europe/Berlin", "2027-10-31T02:10:00+01:00", "2027-11-01T02:30:00+01:00"},
		{"morning after the change", "0 9 * * *", "Europe/Berlin", "2027-10-30T09:00:00+02:00", "2027-10-31T09:00:00+01:00"},
		{"midnight that is skipped", "@daily", "America/Santiago", "2026-09-05T12:00:00-04:00", "2026-09-06T01:00:00-03:00 2026-09-07T00:00:00-03:00"},
		{"every hour through both", "0 * * * *", "Europe/Berlin", "2027-03-28T01:00:00+01:00", "2027-03-28T03:00:00+02:00 2027-03-28T04:00:00+02:00"},
	} {
		t.Run(test.name, func(t *testing.T) {
			z := zone(t, test.zone)
			p, err := scheduler.ParsePlan(test.spec, z)
			if err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, test.from)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for range strings.FieldsSeq(test.want) {
				at = p.Next(at)
				got = append(got, at.In(z).Format(time.RFC3339))
			}
			if test.name == "a zone of its own" || test.name == "the same for short" {
				if p.String() != test.spec {
					t.Errorf("it prints as %s", p)
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("due %s\nwant %s", strings.Join(got, " "), test.want)
			}
		})
	}
}

func TestPlansThatAreRefused(t *testing.T) {
	for spec, why := range map[string]string{
		"":                               "",
		"0 8 * *":                        "fields",
		"0 24 * * *":                     "24",
		"0 8 30 2 *":                     "never due",
		"0 8 31 4,6,9,11 *":              "never due",
		"@fortnightly":                   "descriptor",
		"@every 1s":                      "every minute",
		"@every 59.9s":                   "every minute",
		"@every soon":                    "soon",
		"CRON_TZ=Asia/Jakarta":           "ZONE",
		"TZ=":                            "ZONE",
		"CRON_TZ= 0 8 * * *":             "ZONE",
		"TZ=UTC TZ= 0 8 * * *":           "ZONE",
		"CRON_TZ=Asia/Bandung 0 8 * * *": "Bandung",
		"CRON_TZ=Local 0 8 * * *":        "Local",
		"Off":                            "",
	} {
		p, err := scheduler.ParsePlan(spec, time.UTC)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, error %v, want %q in it", spec, p, err, why)
		}
	}
	off, err := scheduler.ParsePlan(" off ", time.UTC)
	if err != nil || !off.Off() || off.String() != "off" || !off.Next(time.Now()).IsZero() {
		t.Errorf("off is %v, %v", off, err)
	}
}

// Whatever stands there, it is refused or it is due after any moment, and moves on.
func FuzzPlan(f *testing.F) {
	for _, spec := range []string{"0 8 1-10 * *", "@monthly", "CRON_TZ=Europe/Berlin 30 2 * * *", "TZ=", "*/7 */5 29 2 0", "@every 61s", "1-5/2,7 ? * jan-mar sun"} {
		f.Add(spec, int64(1_800_000_000))
	}
	berlin := zone(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, spec string, from int64) {
		p, err := scheduler.ParsePlan(spec, berlin)
		if err != nil || p.Off() {
			return
		}
		at := time.Unix(from%4_000_000_000, 0)
		for range 3 {
			next := p.Next(at)
			if !next.After(at) {
				t.Fatalf("%q is due at %s after %s", spec, next, at)
			}
			at = next
		}
	})
}
