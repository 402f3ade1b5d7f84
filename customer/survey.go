package customer

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// KindSurvey documents are surveys, by their identifiers.
const KindSurvey ledger.Kind = "survey"

// SurveysOf is the index of a customer's surveys: ids, scored by their beginning.
func SurveysOf(customer string) string { return "surveys-of/" + customer }

// SurveysIn is the index of a round's surveys, scored by their beginning.
func SurveysIn(round string) string { return "surveys-in/" + round }

// A Question of a survey, in the order asked.
type Question int

// The questions.
const (
	Performance Question = iota // of the product, 1 to 5
	Quality
	Conformity
	Service
	Promotion // 0 to 10: would he recommend us
	Comment   // words, or none
	Questions // how many there are
)

// questionKeys are the stable names.
var questionKeys = [Questions]string{"performance", "quality", "conformity", "service", "promotion", "comment"}

// Bounds are the least and the most a question takes; ok is false for one of words.
func (q Question) Bounds() (least, most int, ok bool) {
	switch {
	case q >= Performance && q <= Service:
		return 1, 5, true
	case q == Promotion:
		return 0, 10, true
	}
	return 0, 0, false
}

// takes reports whether a value answers the question.
func (q Question) takes(value int) bool {
	least, most, ok := q.Bounds()
	return ok && value >= least && value <= most
}

// Key is its stable name: "performance", ..., "promotion", "comment"; "" for none.
func (q Question) Key() string {
	if q < 0 || q >= Questions {
		return ""
	}
	return questionKeys[q]
}

// QuestionOf is the question of a stable name.
func QuestionOf(key string) (q Question, ok bool) {
	i := slices.Index(questionKeys[:], key)
	return Question(max(i, 0)), i >= 0
}

// A SurveyState is where a survey stands.
type SurveyState string

// The states.
const (
	SurveyPlanned SurveyState = "planned" // on the list; its first message waits for its turn
	SurveyAsked   SurveyState = "asked"   // the customer has a question
	SurveyRests   SurveyState = "rests"   // a ticket came in between
	SurveyDone    SurveyState = "done"
	SurveyLapsed  SurveyState = "lapsed" // unanswered, or nobody to ask
)

// A Survey is one customer's for one window. Its methods are transitions as those of a
// [FollowUp]; events go to the log with its ID.
type Survey struct {
	ID           string // "SV-2612-0012"
	Round        string
	State        SurveyState
	Step         int
	Customer     string
	Contact      string
	Conversation string
	Owner        string   // of the company, in sales
	Orders       []string // numbers
	At           Question // the open one
	Answers      map[Question]int
	Comment      string
	Opened       time.Time
	Asked        time.Time // the open question was: first, or first after a rest
	Sent         time.Time // the first message
	Ended        time.Time
	Ticket       string // why it rests
	Again        int    // times the open question was repeated since then
	Why          string // of lapsing
	FollowUp     string // the call that low answers opened
}

// SurveyWaits is how long an asked question may be answered.
const SurveyWaits = 14 * 24 * time.Hour

// NewSurvey begins one: s says its ID, round, customer, whom to ask and the orders, at most
// 50; where it stands is made here. [Refusal] customer_unknown.
func NewSurvey(s Survey, by string, at time.Time) (Survey, []ledger.Event, error) {
	if err := checkID("survey", s.ID); err != nil {
		return Survey{}, nil, err
	}
	if s.Customer == "" {
		return Survey{}, nil, refuse("customer_unknown")
	}
	s = Survey{
		ID: s.ID, Round: s.Round, State: SurveyPlanned, Customer: s.Customer, Contact: s.Contact, Conversation: s.Conversation,
		Owner: s.Owner, Orders: s.Orders, Opened: at,
	}.bounded()
	return s, []ledger.Event{s.event("survey_planned", by, at, "contact", s.Contact, "orders", strconv.Itoa(len(s.Orders)), "owner", s.Owner)}, nil
}

// event says with every change what figures ask of it.
func (s Survey) event(what, by string, at time.Time, more ...string) ledger.Event {
	return event(what, by, at, append([]string{"customer", s.Customer, "round", s.Round}, more...)...)
}

// Leave notes that WhatsApp took the first message; of a survey that somebody began by
// phone, or that lapsed meanwhile, too.
func (s *Survey) Leave(at time.Time) []ledger.Event {
	if !s.Sent.IsZero() {
		return nil
	}
	s.Sent = at
	if s.State == SurveyPlanned {
		s.State, s.Asked = SurveyAsked, at
	}
	return []ledger.Event{s.event("survey_sent", "halo", at, "contact", s.Contact)}
}

// Answer takes the answer to the open question, and goes on to the next; after the comment
// it is done. Words beside a number are added to the comment; the answer to the comment may
// be none. A value out of bounds is refused. It is no transition that can be made twice: the
// next question takes the same answer. [Refusal] answer_strange, survey_over.
//
// "survey_answered" is logged of each, "survey_returned" with all of them once every number
// is there, "survey_done" at the end with the comment.
func (s *Survey) Answer(value int, comment, by string, at time.Time) ([]ledger.Event, error) {
	q := s.At
	_, _, numeric := q.Bounds()
	switch {
	case s.Over() || q.Key() == "":
		return nil, refuse("survey_over")
	case numeric && !q.takes(value):
		return nil, refuse("answer_strange")
	}
	comment = block(comment, longComment)
	given := ""
	if numeric {
		s.Answers = maps.Clone(s.Answers)
		if s.Answers == nil {
			s.Answers = map[Question]int{}
		}
		s.Answers[q], given = value, strconv.Itoa(value)
	}
	if comment != "" {
		s.Comment = block(s.Comment+"\n"+comment, longComment)
	}
	events := []ledger.Event{s.event("survey_answered", by, at, "question", q.Key(), "value", given, "comment", line(comment, longEvent))}
	s.At, s.Asked, s.Again = q+1, at, 0
	if s.State == SurveyPlanned { // somebody asked by phone
		s.State = SurveyAsked
	}
	if q == Promotion {
		events = append(events, s.event("survey_returned", by, at, s.values()...))
	}
	if s.At == Questions {
		s.At, s.State, s.Ended, s.Ticket = Comment, SurveyDone, at, ""
		events = append(events, s.event("survey_done", by, at, append(s.values(), "comment", line(s.Comment, longComment))...))
	}
	return events, nil
}

// values are the answers as events say them.
func (s Survey) values() (pairs []string) {
	for q := Performance; q <= Promotion; q++ {
		if v, ok := s.Answers[q]; ok {
			pairs = append(pairs, q.Key(), strconv.Itoa(v))
		}
	}
	return pairs
}

// Correct replaces an answer already given. [Refusal] answer_strange, also for a question
// that was not answered, survey_over.
func (s *Survey) Correct(q Question, value int, by string, at time.Time) ([]ledger.Event, error) {
	was, given := s.Answers[q]
	switch {
	case s.Over():
		return nil, refuse("survey_over")
	case !given || !q.takes(value):
		return nil, refuse("answer_strange")
	case was == value:
		return nil, nil
	}
	s.Answers = maps.Clone(s.Answers)
	s.Answers[q] = value
	return []ledger.Event{s.event("survey_corrected", by, at, "question", q.Key(), "from", strconv.Itoa(was), "to", strconv.Itoa(value))}, nil
}

// Repeat notes that the open question was asked again, for what came was no answer.
func (s *Survey) Repeat(at time.Time) []ledger.Event {
	if s.State != SurveyAsked {
		return nil
	}
	s.Again++
	return []ledger.Event{s.event("survey_repeated", "halo", at, "question", s.At.Key(), "again", strconv.Itoa(s.Again))}
}

// Rest makes it wait while a ticket is open; Resume asks the open question again.
func (s *Survey) Rest(ticket string, at time.Time) []ledger.Event {
	ticket = line(ticket, mostID)
	if s.State != SurveyAsked || ticket == "" {
		return nil
	}
	s.State, s.Ticket = SurveyRests, ticket
	return []ledger.Event{s.event("survey_rested", "halo", at, "ticket", ticket, "question", s.At.Key())}
}

// Resume is the end of the rest: the time for an answer begins anew.
func (s *Survey) Resume(at time.Time) []ledger.Event {
	if s.State != SurveyRests {
		return nil
	}
	e := s.event("survey_resumed", "halo", at, "ticket", s.Ticket, "question", s.At.Key())
	s.State, s.Ticket, s.Asked, s.Again = SurveyAsked, "", at, 0
	return []ledger.Event{e}
}

// Lapse ends it unanswered, for a reason ("silence", "opted_out", "no_contact", "failed", ...).
// What was answered so far counts if all numbers are there.
func (s *Survey) Lapse(why string, at time.Time) []ledger.Event {
	if s.Over() {
		return nil
	}
	s.State, s.Why, s.Ended, s.Ticket = SurveyLapsed, line(why, longReason), at, ""
	returned := ""
	if s.Returned() {
		returned = "yes"
	}
	return []ledger.Event{s.event("survey_lapsed", "halo", at, append(s.values(), "why", s.Why, "returned", returned, "sent", moment(s.Sent),
		"comment", line(s.Comment, longComment))...)}
}

// Call notes the follow-up that low answers opened; the first one stays.
func (s *Survey) Call(followup string, at time.Time) []ledger.Event {
	followup = line(followup, mostID)
	if s.FollowUp != "" || followup == "" {
		return nil
	}
	s.FollowUp = followup
	return []ledger.Event{s.event("survey_called", "halo", at, "followup", followup, "low", strconv.Itoa(len(s.Low())))}
}

// Over reports whether nothing more is to be answered.
func (s Survey) Over() bool { return s.State == SurveyDone || s.State == SurveyLapsed }

// Low are the questions answered with 2 or less of 5.
func (s Survey) Low() (low []Question) {
	for q := Performance; q <= Service; q++ {
		if v, ok := s.Answers[q]; ok && v <= 2 {
			low = append(low, q)
		}
	}
	return low
}

// Returned reports whether all numbers were answered.
func (s Survey) Returned() bool {
	for q := Performance; q <= Promotion; q++ {
		if _, ok := s.Answers[q]; !ok {
			return false
		}
	}
	return true
}
