package bridge

import (
	"errors"
	"fmt"
	"slices"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A Team is a developer team: its name, which is a tag of the report forum, and the ids of
// the Discord roles of its members and of who leads it.
type Team struct {
	Name  string
	Roles []string
	Leads []string
}

// A ReportTransition changes a report by the rules of package escalation.
type ReportTransition func(r *escalation.Report) ([]ledger.Event, error)

// ErrNoReport means that there is no report of an identifier.
var ErrNoReport = errors.New("no such report")

// ChangeReport makes a transition of the report with an identifier, with all that follows
// from it: the events are logged, timers set, its post and the threads of its tickets told,
// and its tickets follow. It is to a report what [Desk.Change] is to a ticket, and changes
// tickets by it: inside the transition of one it must not be called.
func (d Desk) ChangeReport(tx *ledger.Tx, id string, fn ReportTransition) error {
	before, ok, err := escalation.Load(tx, id)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoReport, id)
	}
	r := before
	events, err := fn(&r)
	if err != nil {
		return err
	}
	return d.keepReport(tx, before, &r, events)
}

// A NewReport is one to be made.
type NewReport struct {
	Party  escalation.Party
	Team   string // of developers
	Ticket string // number
	Form   escalation.Form
	By     string
}

// OpenReport makes a report of a ticket, and its post. Of developers, the ticket waits for
// it and its client is told that it is looked into. Errors are a [*escalation.Refusal], a
// [*ticket.Refusal] or [ErrNoTicket], and then nothing was written.
func (d Desk) OpenReport(tx *ledger.Tx, o NewReport) (id string, err error) {
	t, _, err := d.load(tx, o.Ticket)
	if err != nil {
		return "", err
	}
	if o.Party == escalation.Developers && len(d.Teams) > 0 && !d.hasTeam(o.Team) {
		return "", &escalation.Refusal{Key: "no_team"}
	}
	if id, err = freeReport(tx, o.Ticket); err != nil {
		return "", err
	}
	r, events, err := escalation.New(id, o.Party, o.Team, o.Ticket, o.Form, o.By, tx.Now())
	if err != nil {
		return "", err
	}
	r.Title = reportTitle(r)
	switch {
	case r.Party == escalation.Developers:
		err = d.Change(tx, o.Ticket, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			return t.Escalate(id, r.Team, o.By, tx.Now())
		})
	case t.State == ticket.Closed:
		err = &ticket.Refusal{Key: "closed"}
	}
	if err != nil {
		return "", err
	}
	return id, d.keepReport(tx, escalation.Report{}, &r, events)
}

// mostOfTicket bounds the reports of one ticket.
const mostOfTicket = 100

// freeReport is the identifier of a ticket's next report.
func freeReport(tx *ledger.Tx, number string) (string, error) {
	for n := range int64(mostOfTicket) {
		id := escalation.ID(number, n+1)
		if _, taken, err := escalation.Load(tx, id); err != nil || !taken {
			return id, err
		}
	}
	return "", &ticket.Refusal{Key: "reports_full"}
}

// CarryTicket makes a further ticket wait for a report to developers. Errors are those of
// [Desk.OpenReport].
func (d Desk) CarryTicket(tx *ledger.Tx, id, number, by string) error {
	r, ok, err := escalation.Load(tx, id)
	switch {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("%w: %s", ErrNoReport, id)
	case r.Party != escalation.Developers:
		return &escalation.Refusal{Key: "no_team"}
	case slices.Contains(r.Tickets, number):
		return nil
	}
	// The report refuses before the ticket is told.
	if _, err := r.Carry(number, by, tx.Now()); err != nil {
		return err
	}
	err = d.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.Escalate(id, r.Team, by, tx.Now())
	})
	if err != nil {
		return err
	}
	return d.ChangeReport(tx, id, func(r *escalation.Report) ([]ledger.Event, error) {
		return r.Carry(number, by, tx.Now())
	})
}

// LeaveReport lets a ticket go on without a report, which it waits for no longer: somebody
// made it or joined it by mistake, or the problem went away. One that no ticket waits for
// any more is withdrawn. Done again it changes nothing.
func (d Desk) LeaveReport(tx *ledger.Tx, id, number, by string) error {
	var left escalation.Report
	err := d.ChangeReport(tx, id, func(r *escalation.Report) (events []ledger.Event, err error) {
		if r.State != escalation.Closed {
			events, err = letGo(tx, r, number, "", by)
		}
		left = *r
		return events, err
	})
	if err != nil || slices.Contains(left.Untold, number) { // it hears how the report ended
		return err
	}
	return d.reportOver(tx, left, number, by)
}

// ReturnReport takes a report up again that had passed its re-test, because one of the
// staff (by) heard from a ticket's client that it is not mended. A ticket that is resolved
// or closed is opened again. Done again it changes nothing.
func (d Desk) ReturnReport(tx *ledger.Tx, id, number, by string) error {
	r, ok, err := escalation.Load(tx, id)
	switch {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("%w: %s", ErrNoReport, id)
	}
	err = d.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		switch {
		case slices.Contains(t.Reports, id):
			return nil, nil
		case !slices.Contains(t.Passed, id):
			return nil, &escalation.Refusal{Key: "not_closed"}
		}
		events, err := t.Reopen("", by, tx.Now())
		if err != nil {
			return nil, err
		}
		return append(events, t.ReportReturned(id, r.Team, by, tx.Now())...), nil
	})
	if err != nil {
		return err
	}
	return d.reopenReport(tx, id, number, by)
}

// laneReport is the lane of a report's post: + its identifier.
const laneReport = "rp/"

// ReportLane is the lane of a report's Discord thread.
func ReportLane(id string) string { return laneReport + id }

// Ids of the buttons of a report. The post says which report is meant; in a ticket's
// thread and in answers the identifier follows, e.g. "r:pass:HE-250114-0007-R1".
const (
	buttonReportTake   = "r:take"
	buttonReportOver   = "r:over" // take it over
	buttonReportData   = "r:data"
	buttonReportDone   = "r:adjusted"
	buttonReportReject = "r:reject"
	buttonReportMove   = "r:move"
	buttonReportPass   = "r:pass"
	buttonReportFail   = "r:fail"
	buttonReportAgree  = "r:accept"
	buttonReportObject = "r:object"
	buttonReportWords  = "r:forward"  // forwards what the client answered
	buttonReportAgain  = "r:again"    // another post for one that was deleted
	buttonReportDrop   = "r:withdraw" // nobody waits for it
	buttonReportBack   = "r:reopen"   // after it had passed: the client says that it is not mended
)
