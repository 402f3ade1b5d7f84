package ticket

import (
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

const mostReports = 10

// Escalate notes a report to a developer team that is open, new or open again: the
// ticket waits for it, and neither resolves nor closes before [Ticket.Unescalate].
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

// Unescalate notes that a report is over.
func (t *Ticket) Unescalate(report, by string, at time.Time) []ledger.Event {
	if !slices.Contains(t.Reports, report) {
		return nil
	}
	t.Reports = without(t.Reports, report)
	events := []ledger.Event{event(at, "report_ended", by, "report", report)}
	if len(t.Reports) == 0 {
		events = append(events, t.waited(Staff, Developer, at)...)
	}
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
