package customer

import (
	"time"

	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/ledger"
)

// Documents of what the desk sends first.
const (
	// KindOutreach documents are messages that the desk sends first, by their reason.
	KindOutreach ledger.Kind = "outreach"
	// KindPace is the one document ("desk") that says how many went, and whether any may.
	KindPace ledger.Kind = "pace"
)

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
	// "survey/SV-…".
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

// Rates bound what the desk sends first. The zero Rates send nothing.
type Rates struct {
	Least, Most time.Duration // between two messages, drawn anew each time
	Hour, Day   int           // at most in 60 minutes, and on one local day
	NewDay      int           // the cap of a day while the number is new
	New         time.Duration // for how long a number is new
}

// A Pace is what is known of a number's messages: how many went, and whether any may.
type Pace struct {
	Number string      // the linked number, masked
	Since  time.Time   // linked since
	Sent   []time.Time // the last ones, oldest first: of the last 25 hours
	Next   time.Time   // before that none may leave
	Paused Pause
}

// A Pause holds everything back until a person resumes. The zero Pause is none.
type Pause struct {
	By  string // Discord user id, or "halo"
	Why string // "person", "ban", "time_lock", "463"
	At  time.Time
}

// On reports whether there is a pause.
func (p Pause) On() bool { return !p.At.IsZero() }

// When is the first moment from now on at which a message may leave, by hours, gap and
// caps; ok is false while there is a pause, or never will be one.
func (p Pace) When(now time.Time, r Rates, hours *calendar.Calendar) (at time.Time, ok bool) {
	return time.Time{}, false
}

// Went notes that one left; gap is the time until the next may.
func (p *Pace) Went(at time.Time, gap time.Duration) {}

// Stop begins a pause; the one that stands stays.
func (p *Pace) Stop(by, why string, at time.Time) []ledger.Event { return nil }

// Resume ends it.
func (p *Pace) Resume(by string, at time.Time) []ledger.Event { return nil }

// Link notes which number is linked: another one is new.
func (p *Pace) Link(number string, at time.Time) []ledger.Event { return nil }

// Save writes it.
func (p Pace) Save(tx *ledger.Tx) error { return nil }

// LoadPace reads it; a desk that sent nothing has the zero Pace.
func LoadPace(tx *ledger.Tx) (Pace, error) { return Pace{}, nil }

// DecodePace reads it as stored.
func DecodePace(data []byte) (Pace, error) { return Pace{}, nil }

// Wait, Depart, Arrive and Drop move a message on; each changes nothing when it is past
// that. Depart is its letter being written, Arrive that WhatsApp took it, Back that its
// letter was taken back and it waits again.
func (o *Outreach) Depart(at time.Time) bool           { return false }
func (o *Outreach) Arrive(at time.Time) bool           { return false }
func (o *Outreach) Back(at time.Time) bool             { return false }
func (o *Outreach) Drop(why string, at time.Time) bool { return false }

// Save writes it and its row in [IndexOutreach].
func (o Outreach) Save(tx *ledger.Tx) error { return nil }

// LoadOutreach reads one; ok is false when there is none.
func LoadOutreach(tx *ledger.Tx, id string) (o Outreach, ok bool, err error) {
	return Outreach{}, false, nil
}

// DecodeOutreach reads one as stored.
func DecodeOutreach(data []byte) (Outreach, error) { return Outreach{}, nil }
