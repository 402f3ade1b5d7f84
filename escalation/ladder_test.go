package escalation

import (
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// always is a clock without closing time.
type always struct{}

func (always) Add(t time.Time, d time.Duration) time.Time { return t.Add(d) }

// never is a clock of a desk that does not open.
type never struct{}

func (never) Add(time.Time, time.Duration) time.Time {
	return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
}

func (d *desk) climbs(after time.Duration, calls Caller) {
	d.Helper()
	at := d.r.Since.Add(after)
	p := DefaultPolicy()
	p.Repeat = 3 * time.Hour
	if early := d.r.Climb(at.Add(-time.Millisecond), p, always{}); len(early) > 0 {
		d.Fatalf("called too early: %v", early)
	}
	events := d.r.Climb(at, p, always{})
	if len(events) != 1 || events[0].Data["calls"] != string(calls) {
		d.Fatalf("after %s: %v, want %s called", after, events, calls)
	}
	if again := d.r.Climb(at, p, always{}); len(again) > 0 {
		d.Fatalf("called twice: %v", again)
	}
}

// Nobody takes a report: the team is called after 30 minutes, the lead after 120, and then
// every repeat. Once taken, nobody is; a question begins a ladder of its own.
func TestLadder(t *testing.T) {
	d := opened(t, Developers)
	d.climbs(30*time.Minute, CallTeam)
	d.climbs(2*time.Hour, CallLead)
	d.climbs(5*time.Hour, CallLead)
	d.at = d.r.Since.Add(6 * time.Hour)
	d.does("report_taken", func() ([]ledger.Event, error) { return d.r.Take("bayu", false, d.at) })
	if due := d.r.Due(DefaultPolicy(), always{}); len(due) > 0 {
		t.Errorf("due is %v", due)
	}
	d.does("report_needs_data", func() ([]ledger.Event, error) { return d.r.NeedData("Nota?", "bayu", d.at) })
	d.climbs(30*time.Minute, CallAgent)
	d.climbs(time.Hour, CallManager)
	if due := d.r.Due(DefaultPolicy(), always{}); len(due) > 0 {
		t.Errorf("without a repeat, due is %v", due)
	}
	if due := opened(t, Developers).r.Due(DefaultPolicy(), never{}); len(due) > 0 {
		t.Errorf("of a desk that never opens, due is %v", due)
	}
}

// After a long outage one call is made, the loudest.
func TestCallsDoNotPileUp(t *testing.T) {
	d := opened(t, Developers)
	p := DefaultPolicy()
	p.Repeat = time.Hour
	events := d.r.Climb(noon.Add(48*time.Hour), p, always{})
	if len(events) != 1 || events[0].Data["calls"] != string(CallLead) {
		t.Fatalf("called %v", events)
	}
	if due := d.r.Due(p, always{}); len(due) != 1 || !due[0].Due.Equal(noon.Add(49*time.Hour)) {
		t.Errorf("next is %v", due)
	}
}

func TestPolicyCheck(t *testing.T) {
	good := DefaultPolicy()
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for name, p := range map[string]Policy{
		"falls":     {Untaken: Ladder{{time.Hour, CallTeam}, {time.Minute, CallLead}}},
		"stays":     {Unanswered: Ladder{{time.Hour, CallAgent}, {time.Hour, CallManager}}},
		"too soon":  {Untaken: Ladder{{time.Second, CallTeam}}},
		"too often": {Repeat: time.Second},
	} {
		if p.Check() == nil {
			t.Errorf("a policy that %s is taken", name)
		}
	}
}
