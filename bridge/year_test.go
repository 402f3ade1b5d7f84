package bridge_test

import (
	"os"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/bridgetest"
)

// A yearPlan is what happens in a year.
type yearPlan struct {
	seed              uint64
	customers, orders int
	from, to          time.Time
	events            []yearEvent
	leaves            int // of a hundred clients, who opt out; 0 for 12
	without           neglect
}

// A yearEvent is something that befalls the whole desk.
type yearEvent struct {
	at string
	do func(y *year)
}

// A neglect is what is left out of the desk to see that the judge notices.
type neglect struct{ holidays, caps, gap, optOut, pause, orders bool }

// yearOf is 2028: a leap year, with Lebaran over its leap day.
func yearOf(customers, orders int) yearPlan {
	return yearPlan{
		seed: 2028, customers: customers, orders: orders, from: clockTime("2028-01-01 00:00"), to: clockTime("2029-01-01 00:00"),
		events: []yearEvent{
			// The program is down over the first working day of June, and two days more.
			{"2028-05-31 20:00", func(y *year) { y.down("2028-06-03 07:30") }},
			// The number is banned for three days in September, and resumed by a person later.
			{"2028-09-12 10:30", func(y *year) { y.ban("2028-09-15 10:30", "2028-09-15 13:00") }},
		},
	}
}

// A year of a desk whose number is new: every promise about what is sent first holds, as
// the clients' phones saw it, and the lists are what they ought to be. The year of 2,000
// customers and 20,000 orders is that of [TestSoakAYear].
func TestAYear(t *testing.T) {
	customers := 400
	if raced || testing.Short() {
		customers = 30 // everything takes ten times as long
	}
	liveThrough(t, yearOf(customers, 10*customers))
}

// The same of a desk of the size that is promised.
func TestSoakAYear(t *testing.T) {
	if os.Getenv("HALO_TEST_SOAK") == "" {
		t.Skip("takes minutes: HALO_TEST_SOAK=1")
	}
	liveThrough(t, yearOf(2000, 20_000))
}

func liveThrough(t *testing.T, plan yearPlan) {
	t.Helper()
	began := time.Now()
	seen, figures := inYear(t, plan)
	mustKeep(t, seen)
	t.Logf("a year of %d customers in %s: %s; %+v; %d lists of follow-ups, %d of surveys, %d calls to new customers",
		plan.customers, time.Since(began).Round(time.Second/10), seen.Count(), figures, len(seen.Months), len(seen.Returns), len(seen.Tasks))
}

// Each rule is needed: a desk that neglects one is caught by the judge, on the days from
// New Year until after Lebaran, in which one that does not is blameless.
func TestAYearNeedsEveryRule(t *testing.T) {
	if raced {
		t.Skip("make test runs it without the race detector, which slows it down tenfold")
	}
	days := func(until string, without neglect) *bridgetest.Year {
		plan := yearOf(60, 600)
		plan.to, plan.leaves, plan.without = clockTime(until), 40, without
		plan.events = []yearEvent{{"2028-01-04 09:30", func(y *year) { y.ban("2028-01-05 10:00", "2028-01-08 09:00") }}}
		seen, _ := inYear(t, plan)
		return seen
	}
	const lebaran = "2028-03-04 00:00"
	mustKeep(t, days(lebaran, neglect{}))
	for _, test := range []struct {
		rule    string
		until   string
		without neglect
		want    string
	}{
		{"holidays", lebaran, neglect{holidays: true}, bridgetest.OutOfHours},
		{"caps", "2028-01-12 00:00", neglect{caps: true}, bridgetest.OverCap},
		{"the gap between two", "2028-01-12 00:00", neglect{gap: true}, bridgetest.Hasty},
		{"the opt-out", lebaran, neglect{optOut: true}, bridgetest.Unwanted},
		{"the pause after a ban", "2028-01-12 00:00", neglect{pause: true}, bridgetest.DuringStop},
		{"the books", "2028-02-03 00:00", neglect{orders: true}, bridgetest.WrongList},
	} {
		if found := days(test.until, test.without).Judge(); !kinds(found)[test.want] {
			t.Errorf("without %s the judge saw %v, and no %s", test.rule, found, test.want)
		}
	}
}

func mustKeep(t *testing.T, seen *bridgetest.Year) {
	t.Helper()
	for i, v := range seen.Judge() {
		if i == 30 {
			t.Fatal("and more")
		}
		t.Error(v)
	}
}
