package bridge

import (
	"errors"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
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
// and its tickets follow. It is to a report what [Desk.Change] is to a ticket.
func (d Desk) ChangeReport(tx *ledger.Tx, id string, fn ReportTransition) error {
	return ErrNoReport
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
// it and its client is told that it is looked into.
func (d Desk) OpenReport(tx *ledger.Tx, o NewReport) (id string, err error) {
	return "", ErrNoReport
}

// CarryTicket makes a further ticket wait for a report to developers.
func (d Desk) CarryTicket(tx *ledger.Tx, id, number, by string) error { return ErrNoReport }

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
)
