package customer

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/ledger"
	"pgregory.net/rapid"
)

func office(t tb, zone string) *calendar.Calendar {
	t.Helper()
	at, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatalf("%v", err)
	}
	full, short := []calendar.Window{{Open: 8 * 60, Close: 17 * 60}}, []calendar.Window{{Open: 8 * 60, Close: 12 * 60}, {Open: 13 * 60, Close: 14 * 60}}
	c, err := calendar.New(calendar.Plan{
		Zone: at,
		Week: calendar.Hours{
			time.Monday: full, time.Tuesday: full, time.Wednesday: full, time.Thursday: full,
			time.Friday: {{Open: 22 * 60, Close: 6 * 60}}, time.Saturday: short,
		},
		Holidays: []calendar.Holiday{
			{Days: calendar.Span{First: calendar.Date{Year: 2026, Month: 12, Day: 24}, Last: calendar.Date{Year: 2027, Month: 1, Day: 1}}, Name: "Natal"},
			{Days: calendar.Span{First: calendar.Date{Year: 2027, Month: 3, Day: 10}, Last: calendar.Date{Year: 2027, Month: 3, Day: 16}}, Name: "Idul Fitri"},
		},
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return c
}

// A year of one number: nothing leaves out of hours, no cap is passed, and a cap that has
// room is used.
func TestPaceOfAYear(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Asia/Jakarta", "Europe/Berlin", "America/Santiago", "Africa/Cairo", "Atlantic/Azores"} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			hours := office(t, zone)
			r := Rates{Least: time.Minute, Most: 3 * time.Minute, Hour: 12, Day: 60, NewDay: 15, New: 30 * day}
			p := Pace{}
			p.Link("6281234567890", nine)
			var sent []time.Time
			now, end := nine, nine.AddDate(1, 0, 0)
			for now.Before(end) {
				at, ok := p.When(now, r, hours)
				if !ok {
					t.Fatalf("never after %v", now)
				}
				sent = append(sent, at)
				p.Went(at, r.Least+time.Duration(len(sent)*37%120)*time.Second)
				now = at
			}
			checkSent(t, sent, r, p.Since, hours)
			perDay := map[string]int{}
			for _, at := range sent {
				perDay[at.In(hours.Zone()).Format(time.DateOnly)]++
			}
			if perDay["2026-11-25"] != 15 || perDay["2027-02-03"] != 60 || perDay["2026-12-25"] != 0 || perDay["2027-02-07"] != 0 {
				t.Errorf("a day of the first month %d, a later one %d, a holiday %d, a Sunday %d",
					perDay["2026-11-25"], perDay["2027-02-03"], perDay["2026-12-25"], perDay["2027-02-07"])
			}
		})
	}
}

// checkSent proves that what was sent kept to the rules.
func checkSent(t tb, sent []time.Time, r Rates, since time.Time, hours *calendar.Calendar) {
	t.Helper()
	days := map[string]int{}
	for i, at := range sent {
		local := at.In(hours.Zone()).Format(time.DateOnly)
		days[local]++
		most := r.Day
		if r.New > 0 && (since.IsZero() || at.Before(since.Add(r.New))) {
			most = min(most, r.NewDay)
		}
		switch {
		case !hours.Open(at):
			t.Fatalf("%v is out of hours", at)
		case days[local] > most:
			t.Fatalf("%d on %s, at most %d", days[local], local, most)
		case i > 0 && at.Sub(sent[i-1]) < r.Least:
			t.Fatalf("%v after %v", at, sent[i-1])
		case i >= r.Hour && at.Sub(sent[i-r.Hour]) < time.Hour:
			t.Fatalf("more than %d in the hour before %v", r.Hour, at)
		}
	}
}

// Whatever the rates, the hours and the moment asked at: the answer keeps to the rules, is
// the first that does, and asking later or then gives no earlier one.
func TestPaceKeepsTheRules(t *testing.T) {
	zones := []*calendar.Calendar{office(t, "Asia/Jakarta"), office(t, "Europe/Berlin"), office(t, "America/Santiago"), office(t, "Africa/Cairo")}
	rapid.Check(t, func(t *rapid.T) {
		hours := rapid.SampledFrom(zones).Draw(t, "zone")
		r := Rates{
			Least: time.Duration(rapid.IntRange(0, 600).Draw(t, "least")) * time.Second,
			Hour:  rapid.IntRange(1, 5).Draw(t, "hour"), Day: rapid.IntRange(1, 12).Draw(t, "day"),
			NewDay: rapid.IntRange(0, 4).Draw(t, "new day"), New: time.Duration(rapid.IntRange(0, 5*24).Draw(t, "new")) * time.Hour,
		}
		p := Pace{Since: nine}
		now := nine.Add(time.Duration(rapid.IntRange(0, 300*24*60).Draw(t, "start")) * time.Minute)
		if rapid.Bool().Draw(t, "linked now") {
			p.Since = now
		}
		var sent []time.Time
		for range rapid.IntRange(1, 30).Draw(t, "messages") {
			at, ok := p.When(now, r, hours)
			if !ok || at.Before(now) {
				t.Fatalf("%v at %v: %v %v", r, now, at, ok)
			}
			if again, ok := p.When(at, r, hours); !ok || !again.Equal(at) {
				t.Fatalf("at %v it is %v", at, again)
			}
			between := now.Add(time.Duration(rapid.Int64Range(0, int64(at.Sub(now))).Draw(t, "asked between")))
			if again, _ := p.When(between, r, hours); !again.Equal(at) {
				t.Fatalf("asked at %v it is %v, at %v it is %v", now, at, between, again)
			}
			if at.After(now) { // it was not too careful
				early := append(slices.Clone(sent), at.Add(-time.Millisecond))
				if p.Next.Before(at) && keeps(early, r, p.Since, hours) {
					t.Fatalf("%v was possible before %v", early[len(early)-1], at)
				}
			}
			sent = append(sent, at)
			p.Went(at, r.Least)
			now = at.Add(time.Duration(rapid.IntRange(0, 12*60).Draw(t, "pause")) * time.Minute)
			checkSent(t, sent, r, p.Since, hours)
		}
	})
}

// keeps reports whether checkSent has nothing against it.
func keeps(sent []time.Time, r Rates, since time.Time, hours *calendar.Calendar) bool {
	var f fails
	func() {
		defer func() { _ = recover() }()
		checkSent(&f, sent, r, since, hours)
	}()
	return !f.failed
}

type fails struct{ failed bool }

func (f *fails) Helper()               {}
func (f *fails) Errorf(string, ...any) { f.failed = true }
func (f *fails) Fatalf(string, ...any) { f.failed = true; panic(f) }

func TestPaceThatSendsNothing(t *testing.T) {
	hours := office(t, "Asia/Jakarta")
	shut, err := calendar.New(calendar.Plan{})
	if err != nil {
		t.Fatal(err)
	}
	r := Rates{Hour: 10, Day: 10}
	for name, test := range map[string]struct {
		p     Pace
		r     Rates
		hours *calendar.Calendar
	}{
		"zero rates":                     {Pace{}, Rates{}, hours},
		"none an hour":                   {Pace{}, Rates{Day: 1}, hours},
		"a pause":                        {Pace{Paused: Pause{At: nine}}, r, hours},
		"no hours":                       {Pace{}, r, nil},
		"never open":                     {Pace{}, r, shut},
		"a number that stays new":        {Pace{}, Rates{Hour: 1, Day: 1, New: day}, hours},
		"none of a day, and new forever": {Pace{}, Rates{Hour: 1, New: day, NewDay: 1}, hours},
	} {
		if at, ok := test.p.When(nine, test.r, test.hours); ok {
			t.Errorf("%s: at %v", name, at)
		}
	}
	if at, ok := (Pace{}).When(nine, r, hours); !ok || !at.Equal(nine) {
		t.Errorf("Monday at nine: %v %v", at, ok)
	}
	// None while it is new: from the end of that.
	if at, ok := (Pace{Since: nine}).When(nine, Rates{Hour: 1, Day: 1, New: 2 * day}, hours); !ok || !at.Equal(nine.Add(2*day)) {
		t.Errorf("when it is no longer new: %v %v", at, ok)
	}
}

func TestPauseStands(t *testing.T) {
	w := newWorld()
	var p Pace
	if events := p.Resume("maya", nine); len(events) != 0 {
		t.Errorf("nothing was paused: %v", events)
	}
	for i := range 2 {
		if events := p.Stop("halo", "ban", nine); len(events) != 1-i {
			t.Errorf("stopped: %v", events)
		}
	}
	p.Stop("maya", "person", nine.Add(time.Hour))
	if want := (Pause{"halo", "ban", nine}); p.Paused != want {
		t.Errorf("the pause is %+v, want %+v", p.Paused, want)
	}
	for i := range 2 {
		if events := p.Link("+6281234567890", nine); len(events) != 1-i || p.Number != "6281…7890" {
			t.Errorf("linked %q: %v", p.Number, events)
		}
	}
	p.Went(nine, time.Minute)
	p.Went(nine.Add(26*time.Hour), 0)
	if len(p.Sent) != 1 || !p.Next.Equal(nine.Add(26*time.Hour)) {
		t.Errorf("remembered: %+v", p)
	}
	w.do(t, p.Save)
	w.do(t, func(tx *ledger.Tx) error {
		got, err := LoadPace(tx)
		if !reflect.DeepEqual(got, p) {
			t.Errorf("%+v became %+v", p, got)
		}
		return err
	})
	for i := range 2 {
		if events := p.Resume("maya", nine); len(events) != 1-i || p.Paused.On() {
			t.Errorf("resumed: %v", events)
		}
	}
	// Another number is new; a pace as full as can be still fits.
	if p.Link("6281234560000", nine.Add(day)); !p.Since.Equal(nine.Add(day)) {
		t.Errorf("another number: %+v", p)
	}
	for i := range 2 * mostSent {
		p.Went(nine.Add(26*time.Hour+time.Duration(i)*time.Second), 0)
	}
	if w.do(t, p.Save); len(p.Sent) != mostSent {
		t.Errorf("%d are remembered", len(p.Sent))
	}
}
