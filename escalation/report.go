// Package escalation is what becomes of a concern that goes to others of the house: a
// report to a developer team, or a question to another party (sales, QA, engineering).
// It says who may be waited for, for how long, and who is called when it gets late. It
// does no I/O; documents are read and written through a [ledger.Tx], and time comes in
// as a parameter.
package escalation

import (
	"fmt"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A State is where a report stands (SPEC section 1). Transitions set it, nobody else does.
type State string

// The states of a report.
const (
	Open      State = "open"       // nobody of the party has it
	Taken     State = "taken"      // somebody has
	NeedsData State = "needs_data" // the party waits for data of the desk
	Adjusted  State = "adjusted"   // done, says the party: the agent re-tests
	Rejected  State = "rejected"   // closed without change, says the party: the agent accepts or objects
	Closed    State = "closed"
)

// A Party is who a report goes to. Only developers have teams, and only their reports
// count as escalations and keep a ticket open.
type Party string

// The parties.
const (
	Developers  Party = "developer"
	Sales       Party = "sales"
	QA          Party = "qa"
	Engineering Party = "engineering"
)

// Parties are the ones beside developers.
func Parties() []Party { return []Party{Sales, QA, Engineering} }

// An Ending says why a report is closed.
type Ending string

// The endings.
const (
	EndPassed    Ending = "passed"    // the re-test passed, or the answer was enough
	EndAccepted  Ending = "accepted"  // closed without change, and the agent agreed
	EndWithdrawn Ending = "withdrawn" // nobody waits for it any more
)

// A Cause is why a party changes nothing.
type Cause string

// The causes.
const (
	Duplicate       Cause = "duplicate"
	AsDesigned      Cause = "as_designed"
	NotReproducible Cause = "not_reproducible"
)

// Causes are all of them, in the order in which they are offered.
func Causes() []Cause { return []Cause{Duplicate, AsDesigned, NotReproducible} }

// A Form is what the party is told. Texts are the desk's words, which no client reads.
type Form struct {
	System string // "panel" or "private", "" when it is not known
	Place  string // outlet group (panel) or domain (private)
	Detail string
	// Reproduction says how it shows in the demo account; of what did not show there,
	// NotReproducible says why not.
	Reproduction    string
	NotReproducible string
	// Evidence are the keys of screenshots and videos, in the order chosen.
	Evidence []string
}

// Bounds of what is typed, in characters, and of lists.
const (
	LongPlace    = 120
	LongText     = 1500
	MostEvidence = 10
	MostTickets  = 300
	mostWords    = 10 // client's messages that wait to be forwarded

	mostWordBytes = 11 << 10 // of all of them
)

// Material is something shown to the party: words, files by their keys, or both.
type Material struct {
	From string    // what brought it: unique within the report, so that it is shown once
	Text string    // at most LongText characters are kept
	Keys []string  // files
	At   time.Time // when it was written
}

// A Report is one concern with one party. Its methods are its transitions: each checks
// its rule, changes the value and returns the events to log, or a [Refusal] and nothing
// changed. A transition that has already happened returns no event. People are Discord
// user ids, times desk time. Slices and maps are never changed in place.
type Report struct {
	ID     string // the first ticket's number and a count, e.g. "HE-250114-0007-R1"
	Party  Party
	Team   string // of developers
	State  State
	Title  string // of the forum post; never changes (Discord limits renames)
	Thread string // Discord thread, "" until the post exists
	Posts  int    // forum posts asked for so far: more than one when one was deleted
	Step   int    // changes so far that were told: names what a change tells
	Lost   bool   // the post was deleted by hand: a lead decides
	Form   Form
	By     string // who reported it
	Opened time.Time

	// Tickets are the numbers of those that wait for it, the first one's agent re-tests.
	Tickets []string
	// Untold are those whose clients are still to be told how it ended: the last of Tickets.
	Untold []string

	Owner    string                  // who of the party has it
	Since    time.Time               // in the present state since then
	Spent    map[State]time.Duration // wall clock in earlier stays, by state
	Rungs    int                     // rungs of the present state's ladder that were climbed
	Called   time.Time               // when the last of them was, or the post was lost
	Question string                  // what the party needs to know
	Words    []Material              // client's messages since then that wait to be forwarded
	Proposed bool                    // the agent was asked whether to forward them
	Result   string                  // what was adjusted, answered, or why nothing was
	Cause    Cause                   // of a rejection
	Failed   int                     // re-tests that failed
	Objected int                     // rejections that were objected to
	Reopened int                     // times it came back after it had passed
	Moved    int                     // times it went to another team
	Ending   Ending
	ClosedAt time.Time // zero unless closed
}

// ID makes a report's identifier.
func ID(ticket string, n int64) string { return fmt.Sprintf("%s-R%d", ticket, n) }

// First is the ticket whose agent re-tests, "" for none.
func (r Report) First() string {
	if len(r.Tickets) == 0 {
		return ""
	}
	return r.Tickets[0]
}

// Tag is the forum tag that shows the state.
func (r Report) Tag() string {
	switch r.State {
	case NeedsData:
		return "needs data"
	case Rejected:
		return "no change"
	}
	return string(r.State)
}

// TeamTag is the forum tag of the party.
func (r Report) TeamTag() string {
	if r.Party == Developers {
		return r.Team
	}
	return "forwarded"
}

// WithParty reports whether the party is waited for; otherwise the desk is, or nobody.
func (r Report) WithParty() bool { return r.State == Open || r.State == Taken }

// KindReport documents are the reports by their identifiers.
const KindReport ledger.Kind = "report"

// IndexOpen holds the identifiers of reports that are not closed, scored by their opening
// in UTC milliseconds.
const IndexOpen = "reports"
