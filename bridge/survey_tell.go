package bridge

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A surveyTelling is one change of a survey being told.
type surveyTelling struct {
	desk   Desk
	tx     *ledger.Tx
	before customer.Survey
	s      *customer.Survey
	c      *ticket.Conversation
	events []ledger.Event // all of the change; what follows from telling is added
}

// surveyTellings are what is said of a survey's event, by its name. What is in neither
// this table nor [surveyUntold] belongs to no survey.
var surveyTellings map[string]func(*surveyTelling, ledger.Event) error

// An initialisation cycle forbids the table in the declaration.
func init() {
	surveyTellings = map[string]func(*surveyTelling, ledger.Event) error{
		"survey_answered":  (*surveyTelling).answered,
		"survey_repeated":  (*surveyTelling).repeated,
		"survey_postponed": (*surveyTelling).postponed,
		"survey_done":      (*surveyTelling).done,
		"survey_lapsed":    (*surveyTelling).lapsed,
	}
}

// surveyUntold are the events that need no words, and why.
var surveyUntold = map[string]string{
	"survey_planned":   "the month's list says who is asked",
	"survey_sent":      "it was sent: the list counts it",
	"survey_returned":  "the comment is still asked for",
	"survey_corrected": "the result shows the answer that stands",
	"survey_rested":    "the ticket has the word",
	"survey_resumed":   "the question was asked in the message that was sent",
	"survey_entered":   "the answers that follow it say all",
	"survey_called":    "the call is a follow-up with a card of its own",
}

// ofCompany are the events that the log of the company has too: each contact with it.
var ofCompany = []string{"survey_sent", "survey_done", "survey_lapsed"}

// tellSurvey tells client and staff what the events of a change say, and notes in the
// company's log what was a contact with it. It returns the events to log.
func (d Desk) tellSurvey(tx *ledger.Tx, before customer.Survey, s *customer.Survey, c *ticket.Conversation, events []ledger.Event) ([]ledger.Event, error) {
	t := &surveyTelling{desk: d, tx: tx, before: before, s: s, c: c, events: slices.Clone(events)}
	for _, e := range events {
		if tell := surveyTellings[e.What]; tell != nil {
			if err := tell(t, e); err != nil {
				return nil, err
			}
		}
		if slices.Contains(ofCompany, e.What) && s.Customer != "" && (s.Reached() || e.What != "survey_lapsed") {
			e.Ref = s.ID
			tx.Log(customer.CustomerLog(s.Customer), e)
		}
	}
	return t.events, nil
}

func (t *surveyTelling) has(what string) bool {
	return slices.ContainsFunc(t.events, func(e ledger.Event) bool { return e.What == what })
}

// say answers the client in his chat.
func (t *surveyTelling) say(keys ...string) error {
	return t.desk.surveySays(t.tx, *t.s, *t.c, keys...)
}

// answered asks the next question of who answered himself.
func (t *surveyTelling) answered(e ledger.Event) error {
	if e.By != "client" || t.has("survey_done") || e.Data[askedBeside] != "" {
		return nil // the ticket has the word; the survey goes on behind it
	}
	return t.say(ticket.SaySurvey(t.s.At.Key()))
}

func (t *surveyTelling) repeated(ledger.Event) error { return t.say(ticket.SaySurveyAgain) }

func (t *surveyTelling) postponed(ledger.Event) error { return t.say(ticket.SaySurveyLater) }

// done thanks who answered, and brings the result to those who act on it.
func (t *surveyTelling) done(e ledger.Event) error {
	if e.By == "client" {
		if err := t.say(ticket.SaySurveyThanks); err != nil {
			return err
		}
	}
	return t.result()
}

// lapsed brings what was answered, if that is all, asks for a call or has words that
// somebody is to read.
func (t *surveyTelling) lapsed(e ledger.Event) error {
	if e.Data["why"] == whyDeclined {
		if err := t.say(ticket.SaySurveyStopped); err != nil {
			return err
		}
	}
	if !t.s.Returned() && len(t.s.Low()) == 0 && t.s.Comment == "" {
		return nil
	}
	return t.result()
}

// result opens the call that low answers ask for, and shows the original to the desk and a
// copy, without the person, to those who make the statistics.
func (t *surveyTelling) result() error {
	if err := t.callback(); err != nil {
		return err
	}
	company, _, err := customer.LoadCustomer(t.tx, t.s.Customer)
	if err != nil {
		return err
	}
	who, err := respondentOf(t.tx, *t.s)
	if err != nil {
		return err
	}
	card := t.desk.surveyCard(*t.s, company)
	original := sayBody{Card: t.desk.surveyOriginal(card, *t.s, company, who, t.places(who))}
	if len(t.s.Low()) > 0 {
		to := Mention{Roles: t.desk.Roles[maySupervise]}
		original.Content = "🚨 " + to.String() + " nilai rendah pada survei **" + cardLine(company.Name, 60) + "**. " + t.todo()
		original.PingRoles = to.Roles
	}
	t.tx.Send(letter(fmt.Sprintf("sv/%s/%d.result", t.s.ID, t.s.Step), ChannelLane("intake"), ledger.DeskLog, kindSay, original))
	t.tx.Send(letter(fmt.Sprintf("sv/%s/%d.qa", t.s.ID, t.s.Step), ChannelLane("qa"), ledger.DeskLog, kindSay, sayBody{Card: card}))
	return nil
}

// todo says what a low answer asks for.
func (t *surveyTelling) todo() string {
	if t.s.FollowUp == "" {
		return "Telepon pelanggan sesuai prosedur keluhan."
	}
	return "Tugas telepon dan tindakan perbaikan `" + Clean(t.s.FollowUp, 40) + "` sudah dibuka: telepon pelanggan sesuai prosedur keluhan."
}

// places are the last tickets of a person with the way to them.
func (t *surveyTelling) places(who customer.Contact) (lines []string) {
	for _, last := range who.Figures.Recent[:min(len(who.Figures.Recent), cardLines)] {
		place := "`" + Clean(last.Number, 40) + "`"
		if tk, ok, err := ticket.Load(t.tx, last.Number); err == nil && ok && tk.Thread != "" {
			place = "<#" + tk.Thread + ">"
		}
		lines = append(lines, beside(place, cardLine(last.Title, 60)))
	}
	return lines
}

func beside(a, b string) string {
	if b == "" {
		return a
	}
	return a + " " + b
}

// callback opens the call and corrective action for low answers, once.
func (t *surveyTelling) callback() error {
	if t.s.FollowUp != "" || len(t.s.Low()) == 0 {
		return nil
	}
	f := customer.FollowUp{
		Kind: customer.Callback, Customer: t.s.Customer, Contact: t.s.Contact, Conversation: t.s.Conversation, Survey: t.s.ID,
		Text: lowText(*t.s), Opened: t.tx.Now(),
	}
	if t.desk.Calendar != nil {
		action := t.desk.surveys().Action
		f.Remind, f.Due = t.desk.Calendar.Add(t.tx.Now(), action/2), t.desk.Calendar.Add(t.tx.Now(), action)
	}
	id, err := t.desk.OpenFollowUp(t.tx, f, "halo")
	if _, refused := errors.AsType[*customer.Refusal](err); refused {
		return nil // the company is gone: the result says what it is about
	}
	if err != nil {
		return err
	}
	t.events = append(t.events, t.s.Call(id, t.tx.Now())...)
	return nil
}

// lowText says why the customer is called.
func lowText(s customer.Survey) string {
	var text strings.Builder
	text.WriteString("Survei " + s.ID + ": ")
	for i, q := range s.Low() {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString(questionName(q, false) + " " + string(rune('0'+s.Answers[q])) + "/5")
	}
	text.WriteString(".")
	if s.Comment != "" {
		text.WriteString("\nKomentar: " + Clean(s.Comment, 300))
	}
	return text.String() + "\nTelepon pelanggan sesuai prosedur keluhan, lalu catat hasil telepon dan tindakan perbaikannya."
}
