package customer

import (
	"time"

	"github.com/haloerzap/halo/ledger"
)

// TimerSurvey (ID: the survey's) ends one that nobody answers.
const TimerSurvey = "survey_lapse"

// Keep writes it with its events (to the log with its ID), index rows and timer; before is
// what was loaded, zero for a new one.
func (s Survey) Keep(tx *ledger.Tx, before Survey, events []ledger.Event) error {
	if err := checkID("survey", s.ID); err != nil {
		return err
	}
	for _, e := range events {
		tx.Log(s.ID, e)
	}
	s = s.bounded()
	relist(tx, before.rows(), s.rows())
	for _, b := range before.timers() {
		tx.Cancel(b.Kind, b.ID)
	}
	for _, a := range s.timers() {
		tx.Set(a)
	}
	return put(tx, ledger.Ref{Kind: KindSurvey, ID: s.ID}, s.stored())
}

func (s Survey) rows() (rows []ledger.IndexRow) {
	if s.ID == "" {
		return nil
	}
	rows = append(rows, ledger.IndexRow{Index: SurveysOf(s.Customer), Member: s.ID, Score: millis(s.Opened)})
	if s.Round != "" {
		rows = append(rows, ledger.IndexRow{Index: SurveysIn(s.Round), Member: s.ID, Score: millis(s.Opened)})
	}
	return rows
}

func (s Survey) timers() []ledger.Timer {
	if s.State != SurveyAsked {
		return nil
	}
	return []ledger.Timer{{Kind: TimerSurvey, ID: s.ID, Due: s.Asked.Add(SurveyWaits)}}
}

type storedSurvey struct {
	V            int            `json:"v"`
	ID           string         `json:"id"`
	Round        string         `json:"round,omitzero"`
	State        string         `json:"state"`
	Step         int            `json:"step,omitzero"`
	Customer     string         `json:"customer"`
	Contact      string         `json:"contact,omitzero"`
	Conversation string         `json:"conversation,omitzero"`
	Owner        string         `json:"owner,omitzero"`
	Orders       []string       `json:"orders,omitzero"`
	At           string         `json:"at"` // key of the open question
	Answers      map[string]int `json:"answers,omitzero"`
	Comment      string         `json:"comment,omitzero"`
	Opened       int64          `json:"opened"`
	Asked        int64          `json:"asked,omitzero"`
	Sent         int64          `json:"sent,omitzero"`
	Ended        int64          `json:"ended,omitzero"`
	Ticket       string         `json:"ticket,omitzero"`
	Again        int            `json:"again,omitzero"`
	Why          string         `json:"why,omitzero"`
	FollowUp     string         `json:"followup,omitzero"`
}

// bounded is the survey as it may be stored.
func (s Survey) bounded() Survey {
	for _, id := range []*string{&s.Round, &s.Customer, &s.Contact, &s.Owner, &s.Ticket, &s.FollowUp} {
		*id = line(*id, mostID)
	}
	s.State = SurveyState(line(string(s.State), mostID))
	s.Conversation, s.Why = line(s.Conversation, longConversation), line(s.Why, longReason)
	s.Orders, s.Comment = lines(s.Orders, mostID, mostSurveyed), block(s.Comment, longComment)
	for _, t := range []*time.Time{&s.Opened, &s.Asked, &s.Sent, &s.Ended} {
		*t = millisecond(*t)
	}
	return s
}

func (s Survey) stored() storedSurvey {
	d := storedSurvey{
		V: 1, ID: s.ID, Round: s.Round, State: string(s.State), Step: s.Step, Customer: s.Customer, Contact: s.Contact,
		Conversation: s.Conversation, Owner: s.Owner, Orders: s.Orders, At: s.At.Key(), Comment: s.Comment,
		Opened: millis(s.Opened), Asked: millis(s.Asked), Sent: millis(s.Sent), Ended: millis(s.Ended),
		Ticket: s.Ticket, Again: s.Again, Why: s.Why, FollowUp: s.FollowUp,
	}
	for q, v := range s.Answers {
		if !q.takes(v) {
			continue
		}
		if d.Answers == nil {
			d.Answers = map[string]int{}
		}
		d.Answers[q.Key()] = v
	}
	return d
}

// LoadSurvey reads one; ok is false when there is none.
func LoadSurvey(tx *ledger.Tx, id string) (s Survey, ok bool, err error) {
	if id == "" {
		return Survey{}, false, nil
	}
	data, err := tx.Doc(ledger.Ref{Kind: KindSurvey, ID: id})
	if err != nil || data == nil {
		return Survey{}, false, err
	}
	s, err = DecodeSurvey(data)
	return s, err == nil, err
}

// DecodeSurvey reads one as stored, of any version.
func DecodeSurvey(data []byte) (Survey, error) {
	var d storedSurvey
	if err := decodeAs("survey", data, &d, &d.V); err != nil {
		return Survey{}, err
	}
	at, _ := QuestionOf(d.At)
	s := Survey{
		ID: d.ID, Round: d.Round, State: SurveyState(d.State), Step: d.Step, Customer: d.Customer, Contact: d.Contact,
		Conversation: d.Conversation, Owner: d.Owner, Orders: d.Orders, At: at, Comment: d.Comment,
		Opened: fromMillis(d.Opened), Asked: fromMillis(d.Asked), Sent: fromMillis(d.Sent), Ended: fromMillis(d.Ended),
		Ticket: d.Ticket, Again: d.Again, Why: d.Why, FollowUp: d.FollowUp,
	}
	for key, v := range d.Answers {
		q, ok := QuestionOf(key)
		if !ok {
			continue
		}
		if s.Answers == nil {
			s.Answers = map[Question]int{}
		}
		s.Answers[q] = v
	}
	return s, nil
}
