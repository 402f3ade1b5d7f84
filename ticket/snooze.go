package ticket

import (
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// Snooze lets the ticket rest: nobody is reminded of it until then or until the client
// writes. Targets go on.
func (t *Ticket) Snooze(until time.Time, by string, at time.Time, p Policy) ([]ledger.Event, error) {
	if err := t.askable(); err != nil {
		return nil, err
	}
	switch {
	case t.Snoozed.Equal(until) && !until.IsZero():
		return nil, nil
	case !until.After(at):
		return nil, refuse("snooze_past")
	case until.Sub(at) > p.LongestSnooze:
		return nil, refuse("snooze_long")
	}
	t.Snoozed = until
	return []ledger.Event{event(at, "snoozed", by, "until", moment(until))}, nil
}

// Wake ends the rest early.
func (t *Ticket) Wake(by string, at time.Time) []ledger.Event { return t.wake(by, at) }

func (t *Ticket) wake(by string, at time.Time) []ledger.Event {
	if t.Snoozed.IsZero() {
		return nil
	}
	t.Snoozed, t.Woken = time.Time{}, at
	return []ledger.Event{event(at, "woken", by)}
}

// A Scheduled is a message to the client that leaves later.
type Scheduled struct {
	ID                 string // unique within the ticket
	Text               string
	Due                time.Time
	By                 string
	DropIfClientWrites bool
}

const mostScheduled = 4

// Schedule keeps a message until it is due; then "scheduled_due" brings its text.
func (t *Ticket) Schedule(s Scheduled, at time.Time, p Policy) ([]ledger.Event, error) {
	s.Text = strings.TrimSpace(s.Text)
	switch {
	case t.State == Closed:
		return nil, refuse("closed")
	case t.Channel != WhatsApp:
		return nil, refuse("no_bridge")
	case slices.ContainsFunc(t.Scheduled, func(o Scheduled) bool { return o.ID == s.ID }):
		return nil, nil
	case s.Text == "":
		return nil, refuse("schedule_empty")
	case tooLong(s.Text, longScheduled) || tooLong(s.ID, longID):
		return nil, refuse("too_long")
	case !s.Due.After(at):
		return nil, refuse("schedule_past")
	case s.Due.Sub(at) > p.LongestSchedule:
		return nil, refuse("schedule_long")
	case len(t.Scheduled) >= mostScheduled:
		return nil, refuse("schedule_full")
	}
	t.Scheduled = with(t.Scheduled, s, mostScheduled)
	e := event(at, "scheduled", s.By, "due", moment(s.Due), "text", s.Text)
	e.Ref = s.ID
	return []ledger.Event{e}, nil
}

// Unschedule drops a scheduled message; one that is not there is fine.
func (t *Ticket) Unschedule(id, by string, at time.Time) []ledger.Event {
	return t.dropScheduled(by, at, func(s Scheduled) bool { return s.ID == id })
}

func (t *Ticket) dropScheduled(by string, at time.Time, which func(Scheduled) bool) []ledger.Event {
	return t.takeScheduled("unscheduled", by, at, which)
}

// takeScheduled takes messages out, the earliest due first.
func (t *Ticket) takeScheduled(what, by string, at time.Time, which func(Scheduled) bool) (events []ledger.Event) {
	var left []Scheduled
	for _, s := range slices.SortedStableFunc(slices.Values(t.Scheduled), func(a, b Scheduled) int { return a.Due.Compare(b.Due) }) {
		if !which(s) {
			left = append(left, s)
			continue
		}
		e := event(at, what, by, "text", s.Text, "author", s.By)
		e.Ref = s.ID
		events = append(events, e)
	}
	if len(events) > 0 {
		t.Scheduled = left
	}
	return events
}
