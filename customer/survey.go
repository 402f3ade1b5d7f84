package customer

import (
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

// Bounds are the least and the most a question takes; ok is false for one of words.
func (q Question) Bounds() (least, most int, ok bool) { return 0, 0, false }

// Key is its stable name: "performance", ..., "promotion", "comment".
func (q Question) Key() string { return "" }

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
	Asked        time.Time // the open question was, first
	Sent         time.Time // the first message
	Ended        time.Time
	Ticket       string // why it rests
	Again        int    // times the open question was repeated
	Why          string // of lapsing
	FollowUp     string // the call that low answers opened
}

// SurveyWaits is how long an asked question may be answered.
const SurveyWaits = 14 * 24 * time.Hour

// TimerSurvey (ID: the survey's) ends one that nobody answers.
const TimerSurvey = "survey_lapse"

// Leave notes that WhatsApp took the first message.
func (s *Survey) Leave(at time.Time) []ledger.Event { return nil }

// Answer takes the answer to the open question, and goes on to the next; after the comment
// it is done. A value out of bounds is refused. [Refusal] answer_strange, survey_over.
func (s *Survey) Answer(value int, comment, by string, at time.Time) ([]ledger.Event, error) {
	return nil, nil
}

// Correct replaces an answer already given. [Refusal] answer_strange, survey_over.
func (s *Survey) Correct(q Question, value int, by string, at time.Time) ([]ledger.Event, error) {
	return nil, nil
}

// Rest makes it wait while a ticket is open; Resume asks the open question again.
func (s *Survey) Rest(ticket string, at time.Time) []ledger.Event { return nil }

// Resume is the end of the rest.
func (s *Survey) Resume(at time.Time) []ledger.Event { return nil }

// Lapse ends it unanswered, for a reason ("silence", "opted_out", "no_contact", "failed", ...).
// What was answered so far counts if all numbers are there.
func (s *Survey) Lapse(why string, at time.Time) []ledger.Event { return nil }

// Low are the questions answered with 2 or less of 5.
func (s Survey) Low() []Question { return nil }

// Returned reports whether all numbers were answered.
func (s Survey) Returned() bool { return false }

// Keep writes it with its events, index rows and timer.
func (s Survey) Keep(tx *ledger.Tx, before Survey, events []ledger.Event) error { return nil }

// LoadSurvey reads one; ok is false when there is none.
func LoadSurvey(tx *ledger.Tx, id string) (s Survey, ok bool, err error) { return Survey{}, false, nil }

// DecodeSurvey reads one as stored.
func DecodeSurvey(data []byte) (Survey, error) { return Survey{}, nil }
