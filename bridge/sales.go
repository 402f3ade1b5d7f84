package bridge

import (
	"context"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Surveys is every figure of surveys. The zero value is the standard one.
type Surveys struct {
	From, To time.Duration // completed at most From and at least To ago... see docs
	Action   time.Duration // working time for the call after low answers
}

// ---- surveys (SURVEY) ----

// ChangeSurvey is ChangeFollowUp for surveys.
func (d Desk) ChangeSurvey(tx *ledger.Tx, id string, fn func(s *customer.Survey) ([]ledger.Event, error)) error {
	return nil
}

func (d Desk) surveyReached(tx *ledger.Tx, o customer.Outreach) error { return nil }

// ---- jobs ----

// A Job is work that the clock starts: it runs in the commit that notes that it ran, may
// run several times, and sets timers for what takes many commits. at is when it was due.
// The result is for people, one line.
type Job func(tx *ledger.Tx, at time.Time) (result string, err error)

// Jobs are the desk's jobs by name: "followups" and "surveys" (the monthly lists: started
// every morning of a month's first days, they act on its first working day, once), "nudge"
// (sales who are behind plan).
func (d Desk) Jobs() map[string]Job {
	return map[string]Job{"followups": d.listFollowUps, "surveys": d.listSurveys, "nudge": d.nudge}
}

func (d Desk) listSurveys(tx *ledger.Tx, at time.Time) (string, error) { return "", nil }

// surveyRoundCard is the head of a month's list of surveys (SURVEY).
func (c *Courier) surveyRoundCard(_ context.Context, t ticket.Ticket, _ customer.Round) (*Card, []Button, error) {
	return c.plainCard(t, ticket.Conversation{}, customer.Card{}), nil, nil
}
