package bridge

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Surveys is every figure of surveys. Of the zero value each is the standard one.
type Surveys struct {
	// From and To are how long ago the orders on a month's list were completed: at least
	// From and less than To. See [Surveys.window] for months that are late.
	From, To time.Duration
	Wait     time.Duration // how long an open question may be answered
	Action   time.Duration // working time for the call after low answers
}

// StandardSurveys are the figures of a desk that configures none.
func StandardSurveys() Surveys {
	const day = 24 * time.Hour
	return Surveys{From: 90 * day, To: 120 * day, Wait: customer.SurveyWaits, Action: 24 * time.Hour}
}

// surveys are the figures in force.
func (d Desk) surveys() Surveys {
	s, standard := d.Surveys, StandardSurveys()
	s.From, s.To = cmp.Or(s.From, standard.From), cmp.Or(s.To, standard.To)
	s.Wait, s.Action = cmp.Or(s.Wait, standard.Wait), cmp.Or(s.Action, standard.Action)
	return s
}

// A SurveyTransition changes a survey by the rules of package customer.
type SurveyTransition func(s *customer.Survey) ([]ledger.Event, error)

// ErrNoSurvey means that there is no survey of an id.
var ErrNoSurvey = errors.New("no such survey")

// ChangeSurvey makes a transition of a survey with all that follows: events, timers, the
// conversation, the figures of its round, what client and staff are told. It is the only
// way one changes. The error of the transition comes back as it is, and then nothing was
// written. An id that there is not gives [ErrNoSurvey].
func (d Desk) ChangeSurvey(tx *ledger.Tx, id string, fn func(s *customer.Survey) ([]ledger.Event, error)) error {
	s, ok, err := customer.LoadSurvey(tx, id)
	if err != nil || !ok {
		return cmp.Or(err, fmt.Errorf("%w: %s", ErrNoSurvey, id))
	}
	c, err := goesOnIn(tx, s.Conversation)
	if err != nil {
		return err
	}
	before := c
	before.Told = slices.Clone(c.Told)
	if err := d.changeSurvey(tx, s, &c, fn); err != nil {
		return err
	}
	if c.ID == "" || reflect.DeepEqual(before, c) {
		return nil // who writes to it now need not wait for us
	}
	return c.Save(tx)
}

// changeSurveyIn is [Desk.ChangeSurvey] for who has the conversation in hand, and saves it.
func (d Desk) changeSurveyIn(tx *ledger.Tx, c *ticket.Conversation, id string, fn SurveyTransition) error {
	s, ok, err := customer.LoadSurvey(tx, id)
	if err != nil || !ok {
		return cmp.Or(err, fmt.Errorf("%w: %s", ErrNoSurvey, id))
	}
	return d.changeSurvey(tx, s, c, fn)
}

// goesOnIn is the conversation that goes on for one, the zero Conversation when there is
// none.
func goesOnIn(tx *ledger.Tx, id string) (c ticket.Conversation, err error) {
	for range 10 {
		ok := false
		if id == "" {
			return ticket.Conversation{}, nil
		}
		if c, ok, err = ticket.LoadConversation(tx, id); err != nil || !ok {
			return ticket.Conversation{}, err
		}
		if c.Into == "" {
			return c, nil
		}
		id = c.Into
	}
	return c, nil
}

func (d Desk) changeSurvey(tx *ledger.Tx, s customer.Survey, c *ticket.Conversation, fn SurveyTransition) error {
	before := copyOf(s)
	events, err := fn(&s)
	if err != nil {
		return err
	}
	return d.keepSurvey(tx, before, &s, c, events)
}

// copyOf is a survey that a transition of the other does not change.
func copyOf(s customer.Survey) customer.Survey {
	if s.Answers = maps.Clone(s.Answers); len(s.Answers) == 0 {
		s.Answers = nil
	}
	s.Orders = slices.Clone(s.Orders)
	return s
}

// keepSurvey writes a survey that was changed, lets its conversation and its round follow,
// and tells the world. before is the survey as it was loaded, zero for a new one. The
// conversation is the caller's to save.
func (d Desk) keepSurvey(tx *ledger.Tx, before customer.Survey, s *customer.Survey, c *ticket.Conversation, events []ledger.Event) error {
	if len(events) == 0 && reflect.DeepEqual(before, *s) {
		return nil
	}
	if len(events) > 0 {
		s.Step++
	}
	if c.ID != "" {
		switch runs := s.State == customer.SurveyAsked || s.State == customer.SurveyRests; {
		case runs && c.Survey != s.ID:
			c.AskSurvey(s.ID)
		case !runs && c.Survey == s.ID:
			c.AskSurvey("")
		}
	}
	events, err := d.tellSurvey(tx, before, s, c, events)
	if err != nil {
		return err
	}
	if err := s.Keep(tx, before, events); err != nil {
		return err
	}
	d.lapses(tx, *s)
	if err := d.roundFollows(tx, before, *s); err != nil {
		return err
	}
	if before.State == customer.SurveyPlanned && s.State != customer.SurveyPlanned && s.Sent.IsZero() {
		return d.DropOutreach(tx, inviteID(s.ID), "over") // a person asked, or nobody is to be
	}
	return nil
}

// lapses sets the timer at which a survey that nobody answers is over, as long as it is
// not and something is waited for: an open question, a ticket in between, or a person who
// phones.
func (d Desk) lapses(tx *ledger.Tx, s customer.Survey) {
	at, ok := d.lapsesAt(s)
	if !ok {
		tx.Cancel(customer.TimerSurvey, s.ID)
		return
	}
	tx.Set(ledger.Timer{Kind: customer.TimerSurvey, ID: s.ID, Due: at})
}

// mostRest is how long a survey rests at most, beside the time for an answer: the next
// one must not wait for a ticket that never ends.
const mostRest = 60 * 24 * time.Hour

// byPhone is how long a customer who cannot be written to may be asked by phone.
const byPhone = 30 * 24 * time.Hour

func (d Desk) lapsesAt(s customer.Survey) (at time.Time, ok bool) {
	switch {
	case s.State == customer.SurveyAsked:
		return s.Asked.Add(d.surveys().Wait), true
	case s.State == customer.SurveyRests:
		return s.Asked.Add(d.surveys().Wait + mostRest), true
	case s.State == customer.SurveyPlanned && s.Conversation == "":
		return s.Opened.Add(byPhone), true
	}
	return time.Time{}, false
}

// LapseSurvey takes in that nobody answered a survey ([customer.TimerSurvey]).
func (d Desk) LapseSurvey(tx *ledger.Tx, timer ledger.Timer) error {
	return knownSurvey(d.ChangeSurvey(tx, timer.ID, func(s *customer.Survey) ([]ledger.Event, error) {
		at, ok := d.lapsesAt(*s)
		if !ok {
			return nil, nil
		}
		if at.After(tx.Now()) { // it was set by another figure, and is used up now
			tx.Set(ledger.Timer{Kind: customer.TimerSurvey, ID: s.ID, Due: at})
			return nil, nil
		}
		return s.Lapse("silence", tx.Now()), nil
	}))
}

// knownSurvey makes nothing of a survey that is not there any more.
func knownSurvey(err error) error {
	if errors.Is(err, ErrNoSurvey) {
		return nil
	}
	return err
}

// inviteID is the reason for which a survey's first message is sent.
func inviteID(survey string) string { return "survey/" + survey }

// roundFollows takes a survey into the figures of its round.
func (d Desk) roundFollows(tx *ledger.Tx, before, s customer.Survey) error {
	r, ok, err := customer.LoadRound(tx, s.Round)
	if err != nil || !ok {
		return err
	}
	tally := r.Tally
	tally.Recount(before, s)
	if tally == r.Tally {
		return nil
	}
	r.Tally = tally
	if err := r.Save(tx); err != nil {
		return err
	}
	RefreshCard(tx, r.ID)
	return nil
}
