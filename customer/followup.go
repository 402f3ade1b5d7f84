package customer

import (
	"time"

	"github.com/haloerzap/halo/ledger"
)

// KindFollowUp documents are follow-ups, by their identifiers.
const KindFollowUp ledger.Kind = "followup"

// Indexes of follow-ups.
const (
	// IndexFollowUps holds the ids of those that are not over, scored by when they began.
	IndexFollowUps = "followups"
)

// FollowUpsOf is the index of all follow-ups of a customer: ids, scored by their beginning
// in UTC milliseconds.
func FollowUpsOf(customer string) string { return "followups-of/" + customer }

// FollowUpsIn is the index of the follow-ups of a round (see [Round]), scored by their
// rank.
func FollowUpsIn(round string) string { return "followups-in/" + round }

// A FollowUpKind is why somebody turns to a customer.
type FollowUpKind string

// The kinds.
const (
	Reorder     FollowUpKind = "reorder"      // of the monthly list
	Reminder    FollowUpKind = "reminder"     // on the expected date, by itself, for who agreed
	NewCustomer FollowUpKind = "new_customer" // the call after the first order was delivered
	Callback    FollowUpKind = "callback"     // the call, and the corrective action, after low answers to a survey
)

// Calls reports whether a person phones: nothing is sent by the desk.
func (k FollowUpKind) Calls() bool { return k == NewCustomer || k == Callback }

// A FollowUpState is where a follow-up stands.
type FollowUpState string

// The states.
const (
	FollowUpOpen     FollowUpState = "open"     // somebody has to act
	FollowUpQueued   FollowUpState = "queued"   // its message waits for its turn
	FollowUpSent     FollowUpState = "sent"     // WhatsApp took it
	FollowUpAnswered FollowUpState = "answered" // the customer wrote
	FollowUpDone     FollowUpState = "done"     // what came of it is recorded
	FollowUpSkipped  FollowUpState = "skipped"
)

// A FollowUp is one turn to one customer. Its methods are its transitions, like those of a
// ticket: each checks its rule, changes the value and returns the events to log (to the
// log with its ID), or a [Refusal] and nothing changed; done again they change nothing.
// People are Discord user ids, "client" or "halo"; times desk time.
type FollowUp struct {
	ID    string // "FU-261201-0003"; also the number of its talk (package ticket) and its log
	Kind  FollowUpKind
	State FollowUpState
	Step  int

	Customer     string
	Contact      string // whom to turn to, "" when nobody of the company is known
	Conversation string // his chat, "" when the desk may not write first: phone or e-mail
	Round        string // the list it is on, "" for none
	Survey       string // whose low answers made it, "" for none
	Owner        string // who of the staff it is for, "" for all of them

	Topic string    // of the suggested text: "reminder", "offer", "new_product"
	Text  string    // suggested, and once queued what is sent
	Last  time.Time // the customer's last order when it began
	Late  int       // in percent of the customer's rhythm, when it began

	Opened   time.Time
	Remind   time.Time // when who has to act is reminded; zero for never
	Due      time.Time // when it is late; zero for never
	Reminded time.Time
	Missed   time.Time // it was late then

	By       string    // who queued, recorded or skipped it
	Queued   time.Time // last
	Sent     time.Time
	Answered time.Time // first
	Ended    time.Time // recorded or skipped
	Failed   string    // why it could not be sent, for people
	Response Response
	Why      string // of skipping
	Won      string // number of the order it led to
	WonAt    time.Time
	// Forwarded are the reports (package escalation) by which something was forwarded.
	Forwarded []string
}

// A Way is how a customer was turned to.
type Way string

// The ways.
const (
	WayWhatsApp Way = "whatsapp"
	WayPhone    Way = "phone"
	WayEmail    Way = "email"
	WayVisit    Way = "visit"
)

// A Result is what came of it.
type Result string

// The results; Fine and Unusual are those of calls.
const (
	Ordered     Result = "ordered"
	Interested  Result = "interested"
	Later       Result = "later"
	NotNeeded   Result = "not_needed"
	Unreachable Result = "unreachable"
	NoAnswer    Result = "no_answer"
	Fine        Result = "fine"
	Unusual     Result = "unusual" // something a party has to hear
)

// A Response is what is recorded at the end.
type Response struct {
	Way    Way
	Result Result
	Note   string // several lines; of a Callback the corrective action too
}

// NewFollowUp begins one. [Refusal] customer_unknown.
func NewFollowUp(f FollowUp, by string, at time.Time) (FollowUp, []ledger.Event, error) {
	return f, nil, nil
}

// Reword changes the text while it is not sent. [Refusal] text_missing, followup_sent, followup_over.
func (f *FollowUp) Reword(text, by string, at time.Time) ([]ledger.Event, error) { return nil, nil }

// Take makes somebody its owner.
func (f *FollowUp) Take(by string, at time.Time) ([]ledger.Event, error) { return nil, nil }

// Queue asks that its text be sent. [Refusal] no_chat, text_missing, followup_over, is_a_call.
func (f *FollowUp) Queue(by string, at time.Time) ([]ledger.Event, error) { return nil, nil }

// Return takes it out of the queue: somebody thought better of it, or it may not or could
// not be sent, for the reason why.
func (f *FollowUp) Return(by, why string, at time.Time) []ledger.Event { return nil }

// Leave notes that WhatsApp took the message.
func (f *FollowUp) Leave(at time.Time) []ledger.Event { return nil }

// Answer notes that the customer wrote about it; only the first time is told.
func (f *FollowUp) Answer(at time.Time) []ledger.Event { return nil }

// Record notes what came of it, once; again it corrects. A turn by phone or e-mail counts
// from here. [Refusal] way_unknown, result_unknown, note_missing (of Unusual, and of a Callback).
func (f *FollowUp) Record(r Response, by string, at time.Time) ([]ledger.Event, error) {
	return nil, nil
}

// Skip ends it without a turn. [Refusal] reason_missing, followup_sent, followup_over.
func (f *FollowUp) Skip(why, by string, at time.Time) ([]ledger.Event, error) { return nil, nil }

// Win ties an order to it that came within the time of attribution; the first one counts.
func (f *FollowUp) Win(order string, at time.Time) []ledger.Event { return nil }

// Forward notes a report by which something was forwarded.
func (f *FollowUp) Forward(report, by string, at time.Time) []ledger.Event { return nil }

// Made reports whether the customer was turned to: it was sent, or recorded with a way by
// which somebody was reached or tried.
func (f FollowUp) Made() bool { return !f.Sent.IsZero() || f.State == FollowUpDone }

// Over reports whether nothing more is to be done.
func (f FollowUp) Over() bool { return f.State == FollowUpDone || f.State == FollowUpSkipped }

// Timers of a follow-up; their ID is the follow-up's.
const (
	TimerFollowUpRemind = "followup_remind"
	TimerFollowUpDue    = "followup_due"
)

// Keep writes it with its events (to the log with its ID), index rows and timers; before
// is what was loaded, zero for a new one.
func (f FollowUp) Keep(tx *ledger.Tx, before FollowUp, events []ledger.Event) error { return nil }

// Remember notes that its time to remind, or its end, came.
func (f *FollowUp) Remember(timer string, at time.Time) []ledger.Event { return nil }

// LoadFollowUp reads one; ok is false when there is none.
func LoadFollowUp(tx *ledger.Tx, id string) (f FollowUp, ok bool, err error) {
	return FollowUp{}, false, nil
}

// DecodeFollowUp reads one as stored.
func DecodeFollowUp(data []byte) (FollowUp, error) { return FollowUp{}, nil }

// KindRound documents are the monthly lists.
const KindRound ledger.Kind = "round"

// A Round is one monthly list: of follow-ups ("FU-2612") or of surveys ("SV-2612"). Its ID
// is also the number of the talk that shows it.
type Round struct {
	ID     string
	Opened time.Time
	// Chosen are the customers on a list of follow-ups whose cards are still to be made,
	// in their order.
	Chosen []string
	Made   int // cards or surveys made so far
	// From and To bound the completion of the orders on a list of surveys; Cursor is the
	// score up to which they were taken.
	From, To time.Time
	Cursor   int64
	Done     bool // everything on it was made
}

// Save writes the round.
func (r Round) Save(tx *ledger.Tx) error { return nil }

// LoadRound reads one; ok is false when there is none.
func LoadRound(tx *ledger.Tx, id string) (r Round, ok bool, err error) { return Round{}, false, nil }

// DecodeRound reads one as stored.
func DecodeRound(data []byte) (Round, error) { return Round{}, nil }
