package customer

import (
	"slices"
	"strconv"
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
// beginning in UTC milliseconds: they begin one after the other, in their rank.
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

// NewFollowUp begins one: f says its ID, kind, customer and everything known beforehand;
// where it stands is made here. [Refusal] customer_unknown.
func NewFollowUp(f FollowUp, by string, at time.Time) (FollowUp, []ledger.Event, error) {
	if err := checkID("follow-up", f.ID); err != nil {
		return FollowUp{}, nil, err
	}
	if f.Customer == "" {
		return FollowUp{}, nil, refuse("customer_unknown")
	}
	f.State, f.Opened = FollowUpOpen, at
	f.Reminded, f.Missed, f.Queued, f.Sent, f.Answered, f.Ended, f.WonAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}, time.Time{}, time.Time{}, time.Time{}
	f.By, f.Failed, f.Why, f.Won, f.Response, f.Forwarded = "", "", "", "", Response{}, nil
	f = f.bounded()
	return f, []ledger.Event{f.event("followup_opened", by, at,
		"contact", f.Contact, "conversation", f.Conversation, "round", f.Round, "survey", f.Survey, "owner", f.Owner,
		"topic", f.Topic, "last", moment(f.Last), "late", number(f.Late), "due", moment(f.Due))}, nil
}

// event says with every change what figures ask of it: whose it is, of what kind, and
// whether the customer had bought before.
func (f FollowUp) event(what, by string, at time.Time, more ...string) ledger.Event {
	bought := ""
	if !f.Last.IsZero() {
		bought = "yes"
	}
	return event(what, by, at, append([]string{"kind", string(f.Kind), "customer", f.Customer, "bought", bought}, more...)...)
}

// Reword changes the text while it is not sent. [Refusal] text_missing, followup_sent, followup_over.
func (f *FollowUp) Reword(text, by string, at time.Time) ([]ledger.Event, error) {
	text = block(text, longFollowUp)
	switch {
	case f.Over():
		return nil, refuse("followup_over")
	case !f.Sent.IsZero():
		return nil, refuse("followup_sent")
	case text == "":
		return nil, refuse("text_missing")
	case text == f.Text:
		return nil, nil
	}
	f.Text = text
	return []ledger.Event{f.event("followup_reworded", by, at, "text", line(text, longEvent))}, nil
}

// Take makes somebody its owner. [Refusal] followup_over.
func (f *FollowUp) Take(by string, at time.Time) ([]ledger.Event, error) {
	switch {
	case by == f.Owner:
		return nil, nil
	case f.Over():
		return nil, refuse("followup_over")
	}
	e := f.event("followup_taken", by, at, "from", f.Owner, "to", by)
	f.Owner = by
	return []ledger.Event{e}, nil
}

// Queue asks that its text be sent. [Refusal] followup_over, followup_sent (also when the
// customer wrote meanwhile), is_a_call, no_chat, text_missing.
func (f *FollowUp) Queue(by string, at time.Time) ([]ledger.Event, error) {
	switch {
	case f.Over():
		return nil, refuse("followup_over")
	case f.State == FollowUpQueued:
		return nil, nil
	case f.State != FollowUpOpen:
		return nil, refuse("followup_sent")
	case f.Kind.Calls():
		return nil, refuse("is_a_call")
	case f.Conversation == "":
		return nil, refuse("no_chat")
	case f.Text == "":
		return nil, refuse("text_missing")
	}
	f.State, f.By, f.Queued, f.Failed = FollowUpQueued, by, at, ""
	return []ledger.Event{f.event("followup_queued", by, at, "text", line(f.Text, longEvent))}, nil
}

// Return takes it out of the queue: somebody thought better of it, or it may not or could
// not be sent, for the reason why, which Failed then says.
func (f *FollowUp) Return(by, why string, at time.Time) []ledger.Event {
	if f.State != FollowUpQueued {
		return nil
	}
	f.State, f.Failed = FollowUpOpen, line(why, longReason)
	return []ledger.Event{f.event("followup_returned", by, at, "why", f.Failed)}
}

// Leave notes that WhatsApp took the message; of one that was answered, recorded or
// skipped meanwhile too, for then it was sent all the same.
func (f *FollowUp) Leave(at time.Time) []ledger.Event {
	if !f.Sent.IsZero() {
		return nil
	}
	f.Sent, f.Failed = at, ""
	if f.State == FollowUpOpen || f.State == FollowUpQueued {
		f.State = FollowUpSent
	}
	return []ledger.Event{f.event("followup_sent", "halo", at, "way", string(WayWhatsApp), "by", f.By, "contact", f.Contact, "topic", f.Topic)}
}

// Answer notes that the customer wrote about it; only the first time is told. It ends the
// wait for its turn.
func (f *FollowUp) Answer(at time.Time) []ledger.Event {
	if !f.Answered.IsZero() {
		return nil
	}
	f.Answered = at
	if !f.Over() {
		f.State = FollowUpAnswered
	}
	return []ledger.Event{f.event("followup_answered", "client", at, "sent", moment(f.Sent))}
}

// Record notes what came of it, once; again it corrects. A turn by phone or e-mail counts
// from here; what was skipped is taken up again by it. [Refusal] way_unknown,
// result_unknown, note_missing (of Unusual, and of a Callback).
func (f *FollowUp) Record(r Response, by string, at time.Time) ([]ledger.Event, error) {
	r.Note = block(r.Note, longNote)
	switch {
	case !slices.Contains(Ways(), r.Way):
		return nil, refuse("way_unknown")
	case !slices.Contains(f.Kind.Results(), r.Result):
		return nil, refuse("result_unknown")
	case r.Note == "" && (r.Result == Unusual || f.Kind == Callback):
		return nil, refuse("note_missing")
	case f.State == FollowUpDone && r == f.Response:
		return nil, nil
	}
	what, was := "followup_recorded", ""
	if f.State == FollowUpDone {
		what, was = "followup_corrected", string(f.Response.Way)+" "+string(f.Response.Result)
	} else {
		f.Ended = at
	}
	f.State, f.Response, f.By, f.Why = FollowUpDone, r, by, ""
	return []ledger.Event{f.event(what, by, at, "way", string(r.Way), "result", string(r.Result), "note", line(r.Note, longEvent),
		"was", was, "sent", moment(f.Sent), "survey", f.Survey)}, nil
}

// Ways are the ways, in the order people choose from.
func Ways() []Way { return []Way{WayWhatsApp, WayPhone, WayEmail, WayVisit} }

// Results are what can come of a follow-up of the kind, in the order people choose from.
func (k FollowUpKind) Results() []Result {
	switch k {
	case Callback:
		return []Result{Fine, Unusual, NoAnswer, Unreachable}
	case NewCustomer:
		return []Result{Fine, Unusual, NoAnswer, Unreachable, Ordered, Interested, Later, NotNeeded}
	}
	return []Result{Ordered, Interested, Later, NotNeeded, NoAnswer, Unreachable}
}

// Skip ends it without a turn. [Refusal] reason_missing, followup_sent, followup_over.
func (f *FollowUp) Skip(why, by string, at time.Time) ([]ledger.Event, error) {
	why = line(why, longReason)
	switch {
	case f.State == FollowUpSkipped:
		return nil, nil
	case f.Over():
		return nil, refuse("followup_over")
	case f.State != FollowUpOpen && f.State != FollowUpQueued:
		return nil, refuse("followup_sent")
	case why == "":
		return nil, refuse("reason_missing")
	}
	f.State, f.Why, f.By, f.Ended = FollowUpSkipped, why, by, at
	return []ledger.Event{f.event("followup_skipped", by, at, "why", why)}, nil
}

// Win ties an order to it that came within the time of attribution; the first one counts.
func (f *FollowUp) Win(order string, at time.Time) []ledger.Event {
	order = line(order, mostID)
	if f.Won != "" || order == "" {
		return nil
	}
	f.Won, f.WonAt = order, at
	return []ledger.Event{f.event("followup_won", "halo", at, "order", order, "sent", moment(f.Sent), "ended", moment(f.Ended))}
}

// Lose takes back that an order was tied to it: the order was cancelled. What was recorded
// stays; somebody may correct it.
func (f *FollowUp) Lose(order string, at time.Time) []ledger.Event {
	if order == "" || f.Won != line(order, mostID) {
		return nil
	}
	f.Won, f.WonAt = "", time.Time{}
	return []ledger.Event{f.event("followup_lost", "halo", at, "order", line(order, mostID), "sent", moment(f.Sent), "ended", moment(f.Ended))}
}

// Forward notes a report by which something was forwarded, at most 10.
func (f *FollowUp) Forward(report, by string, at time.Time) []ledger.Event {
	if report == "" || slices.Contains(f.Forwarded, report) || len(f.Forwarded) >= mostForwarded {
		return nil
	}
	f.Forwarded = append(slices.Clone(f.Forwarded), line(report, mostID))
	return []ledger.Event{f.event("followup_forwarded", by, at, "report", report, "count", strconv.Itoa(len(f.Forwarded)))}
}

// Remember notes that its time to remind, or its end, came. What is over needs neither.
func (f *FollowUp) Remember(timer string, at time.Time) []ledger.Event {
	switch {
	case f.Over():
	case timer == TimerFollowUpRemind && f.Reminded.IsZero() && !f.Remind.IsZero():
		f.Reminded = at
		return []ledger.Event{f.event("followup_reminded", "halo", at, "owner", f.Owner)}
	case timer == TimerFollowUpDue && f.Missed.IsZero() && !f.Due.IsZero():
		f.Missed = at
		return []ledger.Event{f.event("followup_missed", "halo", at, "owner", f.Owner, "due", moment(f.Due))}
	}
	return nil
}

// Made reports whether the customer was turned to: it was sent, or recorded with a way by
// which somebody was reached or tried.
func (f FollowUp) Made() bool { return !f.Sent.IsZero() || f.State == FollowUpDone }

// Over reports whether nothing more is to be done.
func (f FollowUp) Over() bool { return f.State == FollowUpDone || f.State == FollowUpSkipped }
