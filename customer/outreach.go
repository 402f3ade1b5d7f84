package customer

import (
	"fmt"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// KindOutreach documents are messages that the desk sends first, by their reason.
const KindOutreach ledger.Kind = "outreach"

// IndexOutreach holds the ids of messages that wait for their turn, scored by when they
// were asked for in UTC milliseconds: who asked first goes first.
const IndexOutreach = "outreach"

// TimerOutreach is the one timer (ID "desk") at which the next message may leave.
const TimerOutreach = "outreach"

// An OutreachKind is what a message that the desk sends first is.
type OutreachKind string

// The kinds.
const (
	OutreachFollowUp OutreachKind = "follow_up"
	OutreachReminder OutreachKind = "reminder" // only to who agreed
	OutreachSurvey   OutreachKind = "survey"
)

// An OutreachState is where such a message stands.
type OutreachState string

// The states.
const (
	OutreachWaiting OutreachState = "waiting"
	OutreachLeaving OutreachState = "leaving" // it is in the client's lane
	OutreachSent    OutreachState = "sent"
	OutreachDropped OutreachState = "dropped"
)

// An Outreach is one message that the desk sends first.
type Outreach struct {
	// ID names its reason, so that nobody is written to twice for one: "followup/FU-…",
	// "survey/SV-…". At most 200 bytes, one line.
	ID           string
	Kind         OutreachKind
	State        OutreachState
	Customer     string
	Contact      string
	Conversation string
	Ref          string // the follow-up or survey it belongs to
	Log          string // message table of its letter: the talk's number, or the survey's id
	Text         string
	Say          string // key of the standard sentence it is, "" for words of staff
	By           string // who asked for it, "halo" for a job
	Asked        time.Time
	Until        time.Time // after that it is worth nothing; zero for always
	Turn         int       // letters written for it so far
	Ended        time.Time // sent or dropped
	Why          string    // dropped: for people and figures, e.g. "opted_out"
}

// Depart is its letter being written: it has its turn. Like Arrive, Back and Drop it
// reports whether that moved the message on, and changes nothing when it is past that.
func (o *Outreach) Depart(at time.Time) bool {
	if o.State != OutreachWaiting {
		return false
	}
	o.State = OutreachLeaving
	o.Turn++
	return true
}

// Arrive is WhatsApp having taken it, also when its letter was thought to be taken back or
// it was given up meanwhile: then it was sent all the same.
func (o *Outreach) Arrive(at time.Time) bool {
	if o.State == OutreachSent {
		return false
	}
	o.State, o.Why, o.Ended = OutreachSent, "", at
	return true
}

// Back is its letter having been taken back: it waits again, at its old place.
func (o *Outreach) Back(at time.Time) bool {
	if o.State != OutreachLeaving {
		return false
	}
	o.State = OutreachWaiting
	return true
}

// Drop gives it up, for a reason.
func (o *Outreach) Drop(why string, at time.Time) bool {
	if o.State != OutreachWaiting && o.State != OutreachLeaving {
		return false
	}
	o.State, o.Why, o.Ended = OutreachDropped, line(why, longReason), at
	return true
}

type storedOutreach struct {
	V            int    `json:"v"`
	ID           string `json:"id"`
	Kind         string `json:"kind"`
	State        string `json:"state"`
	Customer     string `json:"customer,omitzero"`
	Contact      string `json:"contact,omitzero"`
	Conversation string `json:"conversation,omitzero"`
	Ref          string `json:"ref,omitzero"`
	Log          string `json:"log,omitzero"`
	Text         string `json:"text,omitzero"`
	Say          string `json:"say,omitzero"`
	By           string `json:"by,omitzero"`
	Asked        int64  `json:"asked"`
	Until        int64  `json:"until,omitzero"`
	Turn         int    `json:"turn,omitzero"`
	Ended        int64  `json:"ended,omitzero"`
	Why          string `json:"why,omitzero"`
}

// Save writes it and its row in [IndexOutreach].
func (o Outreach) Save(tx *ledger.Tx) error {
	if o.ID == "" || len(o.ID) > 200 || o.ID != line(o.ID, 200) {
		return fmt.Errorf("%w: outreach %.50q", ledger.ErrInvalid, o.ID)
	}
	if o.State == OutreachWaiting {
		tx.Index(IndexOutreach, o.ID, max(millis(o.Asked), 0))
	} else {
		tx.Unindex(IndexOutreach, o.ID)
	}
	return put(tx, ledger.Ref{Kind: KindOutreach, ID: o.ID}, storedOutreach{
		V: 1, ID: o.ID, Kind: line(string(o.Kind), mostID), State: line(string(o.State), mostID), Customer: line(o.Customer, mostID), Contact: line(o.Contact, mostID),
		Conversation: line(o.Conversation, longConversation), Ref: line(o.Ref, mostID), Log: line(o.Log, mostID),
		Text: block(o.Text, longFollowUp), Say: line(o.Say, longSay), By: line(o.By, mostID),
		Asked: millis(o.Asked), Until: millis(o.Until), Turn: o.Turn, Ended: millis(o.Ended), Why: line(o.Why, longReason),
	})
}

// LoadOutreach reads one; ok is false when there is none.
func LoadOutreach(tx *ledger.Tx, id string) (o Outreach, ok bool, err error) {
	if id == "" {
		return Outreach{}, false, nil
	}
	data, err := tx.Doc(ledger.Ref{Kind: KindOutreach, ID: id})
	if err != nil || data == nil {
		return Outreach{}, false, err
	}
	o, err = DecodeOutreach(data)
	return o, err == nil, err
}

// DecodeOutreach reads one as stored, of any version.
func DecodeOutreach(data []byte) (Outreach, error) {
	var s storedOutreach
	if err := decodeAs("outreach", data, &s, &s.V); err != nil {
		return Outreach{}, err
	}
	return Outreach{
		ID: s.ID, Kind: OutreachKind(s.Kind), State: OutreachState(s.State), Customer: s.Customer, Contact: s.Contact,
		Conversation: s.Conversation, Ref: s.Ref, Log: s.Log, Text: s.Text, Say: s.Say, By: s.By,
		Asked: fromMillis(s.Asked), Until: fromMillis(s.Until), Turn: s.Turn, Ended: fromMillis(s.Ended), Why: s.Why,
	}, nil
}
