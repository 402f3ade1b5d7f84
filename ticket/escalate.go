package ticket

import (
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

const (
	mostReports = 10
	mostPassed  = 5
)

// Escalate notes a report to a developer team that is open, new or open again: the
// ticket waits for it, and neither resolves nor closes before [Ticket.ReportEnded].
// The ticket counts as escalated once: further ones are "escalated_again".
func (t *Ticket) Escalate(report, team, by string, at time.Time) ([]ledger.Event, error) {
	if report == "" {
		return nil, refuse("no_report")
	}
	if slices.Contains(t.Reports, report) {
		return nil, nil
	}
	if err := t.askable(); err != nil {
		return nil, err
	}
	if tooLong(team, longName) || tooLong(report, longID) {
		return nil, refuse("too_long")
	}
	if len(t.Reports) >= mostReports {
		return nil, refuse("reports_full")
	}
	t.Reports = with(t.Reports, report, mostReports)
	t.Team = team
	t.wait(Staff, Developer, at)
	t.settle()
	return []ledger.Event{t.escalated(at, by, "to", "developer", "team", team, "report", report)}, nil
}

// ReportWaits says whom a report waits for: its developers, or, while back is true, the
// desk, which owes them data, a re-test or a word. Developers are waited for as long as
// one report is with them.
func (t *Ticket) ReportWaits(report string, back bool, at time.Time) []ledger.Event {
	if !slices.Contains(t.Reports, report) || slices.Contains(t.Back, report) == back {
		return nil
	}
	t.Back = without(t.Back, report)
	if back {
		t.Back = append(t.Back, report)
	}
	events := t.withDevelopers(at)
	t.settle()
	return events
}

// withDevelopers makes the staff wait for developers as long as a report is with them.
func (t *Ticket) withDevelopers(at time.Time) []ledger.Event {
	if len(t.Reports) > len(t.Back) {
		t.wait(Staff, Developer, at)
		return nil
	}
	return t.waited(Staff, Developer, at)
}

// ReportEnded notes that a report is over. One that passed its re-test comes back with
// [Ticket.ReportReturned] when the client says that it is not mended.
func (t *Ticket) ReportEnded(report string, passed bool, by string, at time.Time) []ledger.Event {
	if !slices.Contains(t.Reports, report) {
		return nil
	}
	t.Reports, t.Back = without(t.Reports, report), without(t.Back, report)
	if passed {
		t.Passed = with(without(t.Passed, report), report, mostPassed)
	}
	events := append([]ledger.Event{event(at, "report_ended", by, "report", report)}, t.withDevelopers(at)...)
	t.settle()
	return events
}

// letReportsGo ends the ticket's wait for reports that nobody says are over.
func (t *Ticket) letReportsGo(why Ending, by string, at time.Time) (events []ledger.Event) {
	for _, id := range t.Reports {
		events = append(events, event(at, "report_ended", by, "report", id, "why", string(why)))
	}
	t.Reports, t.Back = nil, nil
	return events
}

// takeReports makes the ticket wait for the reports of another one that goes on in it.
func (t *Ticket) takeReports(from Ticket, by string, at time.Time) (events []ledger.Event) {
	for _, id := range from.Reports {
		had, back := slices.Contains(t.Reports, id), slices.Contains(from.Back, id) && !slices.Contains(t.Back, id)
		if had && !back {
			continue
		}
		if !had {
			t.Reports, t.Passed, t.Team = append(slices.Clone(t.Reports), id), without(t.Passed, id), from.Team
		}
		if back {
			t.Back = append(slices.Clone(t.Back), id)
		}
		events = append(events, event(at, "report_came", by, "report", id, "ticket", from.Number))
	}
	for _, id := range from.Passed {
		if !slices.Contains(t.Reports, id) && !slices.Contains(t.Passed, id) {
			t.Passed = with(t.Passed, id, mostPassed)
		}
	}
	return append(events, t.withDevelopers(at)...)
}

// ReportReturned makes the ticket wait again for a report that had passed its re-test. It
// is no further escalation.
func (t *Ticket) ReportReturned(report, team, by string, at time.Time) []ledger.Event {
	if !slices.Contains(t.Passed, report) || slices.Contains(t.Reports, report) {
		return nil
	}
	t.Passed = without(t.Passed, report)
	t.Reports = append(slices.Clone(t.Reports), report)
	t.Team = team
	events := append([]ledger.Event{event(at, "report_returned", by, "report", report, "team", team)}, t.withDevelopers(at)...)
	t.settle()
	return events
}

// EscalateToSupervisor asks a supervisor; the work goes on meanwhile.
func (t *Ticket) EscalateToSupervisor(reason, by string, at time.Time) ([]ledger.Event, error) {
	if t.Supervisor != "" {
		return nil, nil
	}
	if err := t.askable(); err != nil {
		return nil, err
	}
	if strings.TrimSpace(reason) == "" {
		return nil, refuse("no_reason")
	}
	t.Supervisor = by
	return []ledger.Event{t.escalated(at, by, "to", "supervisor", "reason", strings.TrimSpace(reason))}, nil
}

// SupervisorAnswered ends the escalation to a supervisor.
func (t *Ticket) SupervisorAnswered(answer, by string, at time.Time) []ledger.Event {
	if t.Supervisor == "" {
		return nil
	}
	t.Supervisor = ""
	return []ledger.Event{event(at, "supervisor_answered", by, "answer", strings.TrimSpace(answer))}
}

func (t *Ticket) escalated(at time.Time, by string, data ...string) ledger.Event {
	if !t.Escalated.IsZero() {
		return event(at, "escalated_again", by, data...)
	}
	t.Escalated = at
	return event(at, "escalated", by, append(data, "class", string(t.Class))...)
}
