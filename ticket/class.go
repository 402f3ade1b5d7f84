package ticket

import (
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A Class says how heavy a concern is; its target to resolution follows.
type Class string

// The classes.
const (
	Easy   Class = "easy"   // general question, feature education, feedback
	Normal Class = "normal" // non-critical data error, user error
	Hard   Class = "hard"   // bug or system error that stops operations
)

// Classes are all of them, the lightest first.
func Classes() []Class { return []Class{Easy, Normal, Hard} }

// A Classed is one classification.
type Classed struct {
	Class Class
	By    string
	At    time.Time
}

const mostClasses = 8

// Classify says how heavy the concern is, for the first time or anew; the target
// counts from opening either way. A resolved ticket becomes hard only if it was
// escalated.
func (t *Ticket) Classify(c Class, by string, at time.Time) ([]ledger.Event, error) {
	switch {
	case !slices.Contains(Classes(), c):
		return nil, refuse("no_class")
	case t.State == Closed:
		return nil, refuse("closed")
	case t.Class == c:
		return nil, nil
	case t.State == Resolved && c == Hard && t.Escalated.IsZero():
		return nil, refuse("not_escalated")
	}
	what := "classified"
	if t.Class != "" {
		what = "reclassified"
	}
	e := event(at, what, by, "class", string(c), "from", string(t.Class))
	t.Class = c
	t.Classes = with(t.Classes, Classed{c, by, at}, mostClasses)
	return []ledger.Event{e}, nil
}

// SetIssue says what type of issue it is.
func (t *Ticket) SetIssue(issue, by string, at time.Time) ([]ledger.Event, error) {
	issue = strings.TrimSpace(issue)
	switch {
	case t.State == Closed:
		return nil, refuse("closed")
	case issue == "":
		return nil, refuse("no_issue")
	case tooLong(issue, longName):
		return nil, refuse("too_long")
	case t.Issue == issue:
		return nil, nil
	}
	e := event(at, "issue_set", by, "issue", issue, "from", t.Issue)
	t.Issue = issue
	return []ledger.Event{e}, nil
}

// MarkComplaint says whether the ticket is a complaint.
func (t *Ticket) MarkComplaint(complaint bool, by string, at time.Time) ([]ledger.Event, error) {
	switch {
	case t.State == Closed:
		return nil, refuse("closed")
	case t.Complaint == complaint:
		return nil, nil
	}
	t.Complaint = complaint
	what := "complaint_marked"
	if !complaint {
		what = "complaint_unmarked"
	}
	return []ledger.Event{event(at, what, by)}, nil
}
