package bridge

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// TimerSurveyResume (ID: the survey's) asks the open question again, once the ticket that
// came in between is over.
const TimerSurveyResume = "survey_resume"

// Of what the desk sends first about a survey: until when it is worth sending.
const (
	inviteWithin = 25 * 24 * time.Hour // the next list comes after that
	resumeWithin = 7 * 24 * time.Hour
)

// againPart is what follows a survey's id in the reason of the second message, before the
// ticket that came in between.
const againPart = "/again/"

// invite asks for the first message of a survey to be sent when its turn comes: the
// invitation and the first question.
func (d Desk) invite(tx *ledger.Tx, s customer.Survey) error {
	text, err := d.surveyWords(tx, s, ticket.SaySurveyIntro, ticket.SaySurvey(s.At.Key()))
	if err != nil || text == "" {
		return err
	}
	return d.Approach(tx, customer.Outreach{
		ID: inviteID(s.ID), Kind: customer.OutreachSurvey, State: customer.OutreachWaiting, Customer: s.Customer, Contact: s.Contact,
		Conversation: s.Conversation, Ref: s.ID, Log: s.ID, Text: text, Say: ticket.SaySurveyIntro, By: "halo",
		Asked: tx.Now(), Until: tx.Now().Add(inviteWithin),
	})
}

// surveyWords are standard sentences of a survey, one below the other, in the customer's
// language: abroad English. One that the desk has not is left out.
func (d Desk) surveyWords(tx *ledger.Tx, s customer.Survey, keys ...string) (string, error) {
	company, _, err := customer.LoadCustomer(tx, s.Customer)
	if err != nil {
		return "", err
	}
	language := ticket.Indonesian
	if company.Market == customer.International {
		language = ticket.English
	}
	least, most, _ := s.At.Bounds()
	vars := map[string]string{
		"orders": ordersNamed(s.Orders, language), "least": strconv.Itoa(least), "most": strconv.Itoa(most),
	}
	var parts []string
	for _, key := range keys {
		if d.Sentences[key] == "" {
			continue
		}
		text, err := d.Sentences.Render(key, language, vars)
		if _, missing := errors.AsType[*ticket.Unfilled](err); missing {
			continue
		}
		if err != nil {
			return "", err
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "\n\n"), nil
}

// ordersNamed are the numbers of orders in a sentence, a few of them.
func ordersNamed(numbers []string, l ticket.Language) string {
	const most = 3
	and, more := " dan ", " pesanan lain"
	if l == ticket.English {
		and, more = " and ", " more"
	}
	if n := len(numbers) - most; n > 0 {
		return strings.Join(numbers[:most], ", ") + and + strconv.Itoa(n) + more
	}
	if len(numbers) < 2 {
		return strings.Join(numbers, "")
	}
	return strings.Join(numbers[:len(numbers)-1], ", ") + and + numbers[len(numbers)-1]
}

// surveyReached takes in that WhatsApp took a message of a survey, or that it was taken
// out of the queue for a reason.
func (d Desk) surveyReached(tx *ledger.Tx, o customer.Outreach) error {
	again := strings.Contains(o.ID, againPart)
	s, ok, err := customer.LoadSurvey(tx, o.Ref)
	if err != nil || !ok {
		return err
	}
	c, err := goesOnIn(tx, s.Conversation)
	if err != nil {
		return err
	}
	open := c.Open
	return knownSurvey(d.ChangeSurvey(tx, o.Ref, func(s *customer.Survey) ([]ledger.Event, error) {
		switch {
		case o.State == customer.OutreachDropped && (again || s.State != customer.SurveyPlanned):
			return notResumed(s, o.Why, tx.Now()), nil
		case o.State == customer.OutreachDropped:
			return s.Lapse(o.Why, tx.Now()), nil
		case again:
			return s.Resume(tx.Now()), nil
		}
		events := s.Leave(tx.Now())
		if open != "" { // what he writes belongs there, so long as he does not quote the question
			events = append(events, s.Rest(open, tx.Now())...)
		}
		return events, nil
	}))
}

// notResumed is what it means that the open question was not asked again: unless another
// ticket came, or somebody has answered meanwhile, the survey is over.
func notResumed(s *customer.Survey, why string, at time.Time) []ledger.Event {
	if why == unfitTicket || s.State != customer.SurveyRests {
		return nil
	}
	return s.Lapse(why, at)
}

// surveyUnwanted is why what waits to be sent about a survey is not to be sent any more, ""
// while it is.
func (d Desk) surveyUnwanted(tx *ledger.Tx, o customer.Outreach) (why string, err error) {
	s, ok, err := customer.LoadSurvey(tx, o.Ref)
	if err != nil {
		return "", err
	}
	again := strings.Contains(o.ID, againPart)
	switch {
	case !ok || s.Over():
		return unfitOver, nil
	case !again && s.State != customer.SurveyPlanned, again && s.State != customer.SurveyRests:
		return unfitOver, nil
	case !again:
		return "", nil
	}
	c, err := goesOnIn(tx, s.Conversation)
	if err == nil && c.Open != "" {
		why = unfitTicket
	}
	return why, err
}

// unfitTicket says that the open question is not asked again while a ticket is open: the
// end of that asks anew.
const unfitTicket = "ticket"

// surveySays says a standard sentence of a survey to its client, at once: he has just
// written. nth tells several of one step apart.
func (d Desk) surveySays(tx *ledger.Tx, s customer.Survey, c ticket.Conversation, keys ...string) error {
	text, err := d.surveyWords(tx, s, keys...)
	if err != nil || text == "" || c.ID == "" {
		return err
	}
	id := fmt.Sprintf("sv/%s/%d.%s", s.ID, s.Step, keys[len(keys)-1])
	l := letter(id, ClientLane(c.ID), s.ID, kindText, textBody{Text: text, Say: keys[len(keys)-1]})
	l.Ext = d.MessageID(id)
	tx.Send(l)
	tx.Log(s.ID, ledger.Event{What: "said", By: "halo", Ref: l.Ext, Data: map[string]string{"text": text, "sentence": strings.Join(keys, " ")}})
	return nil
}

// surveyTurns looks whether a change of a ticket opened it, so that the survey of its
// conversation rests, or closed it: a while after that, when its rating is over too, the
// survey goes on. The conversation has followed already.
func (d Desk) surveyTurns(tx *ledger.Tx, before, t ticket.Ticket, c *ticket.Conversation) error {
	if c.Survey == "" {
		return nil
	}
	switch was, is := before.Number != "" && before.State != ticket.Closed, t.State != ticket.Closed; {
	case is && !was:
		return d.surveyRests(tx, c, t.Number)
	case !is && c.Open == "":
		tx.Set(ledger.Timer{Kind: TimerSurveyResume, ID: c.Survey, Due: d.openAt(d.ratingOver(t, tx.Now()))})
	}
	return nil
}

// Waits before a survey goes on.
const (
	resumeAfter = 10 * time.Minute // behind a ticket without a rating: he may have a last word
	resumeLast  = 24 * time.Hour   // behind one whose rating nobody gives
)

// ratingOver is when nothing more is to be expected of the rating of a closed ticket.
func (d Desk) ratingOver(t ticket.Ticket, now time.Time) time.Time {
	r, p := t.Rating, d.policy()
	switch {
	case r.Asked.IsZero() || r.Asked.Before(t.ClosedAt.Add(-time.Minute)):
		return t.ClosedAt.Add(resumeAfter)
	case !r.Given.IsZero() && r.Comment == "":
		return r.Given.Add(p.CommentWithin)
	case !r.Given.IsZero():
		return now.Add(time.Minute)
	}
	return r.Asked.Add(min(p.RatingValid, resumeLast))
}

// openAt is a moment at which the desk works, not before at; at itself when it never does.
func (d Desk) openAt(at time.Time) time.Time {
	if opens, ok := d.hours().Next(at); ok {
		return opens
	}
	return at
}

// ResumeSurvey takes in that a survey may go on ([TimerSurveyResume]). The open question
// is asked again as whatever the desk sends first, for nobody has just asked for it.
func (d Desk) ResumeSurvey(tx *ledger.Tx, timer ledger.Timer) error {
	s, ok, err := customer.LoadSurvey(tx, timer.ID)
	if err != nil || !ok || s.State != customer.SurveyRests {
		return err
	}
	c, err := goesOnIn(tx, s.Conversation)
	if err != nil || c.ID == "" || c.Open != "" {
		return err // the end of that ticket sets the timer again
	}
	text, err := d.surveyWords(tx, s, ticket.SaySurveyResume, ticket.SaySurvey(s.At.Key()))
	if err != nil || text == "" {
		return err
	}
	return d.Approach(tx, customer.Outreach{
		ID: fmt.Sprintf("%s%s%s.%d", inviteID(s.ID), againPart, s.Ticket, s.Step), Kind: customer.OutreachSurvey, State: customer.OutreachWaiting, Customer: s.Customer, Contact: s.Contact,
		Conversation: c.ID, Ref: s.ID, Log: s.ID, Text: text, Say: ticket.SaySurveyResume, By: "halo",
		Asked: tx.Now(), Until: tx.Now().Add(resumeWithin),
	})
}
