// Package ledger is the vocabulary of one commit: the documents it read and
// rewrites, the events it appends, the timers it sets, the letters that will
// tell the world, and the cause that makes doing it twice the same as once.
//
// It does no I/O. The store hands a [Tx] to a function, the function reads and
// notes its wishes in it, and the store writes them all or none.
package ledger

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// A Kind names a family of documents.
type Kind string

// A Ref addresses one document of a desk. IDs are opaque, non-empty and at most
// 200 bytes.
type Ref struct {
	Kind Kind
	ID   string
}

// String names the document for logs; an address or a telephone number in it is masked
// to its last four characters.
func (r Ref) String() string {
	if user, server, ok := strings.Cut(r.ID, "@"); ok {
		return string(r.Kind) + ":…" + user[max(0, len(user)-4):] + "@" + server
	}
	if len(r.ID) >= 7 && len(r.ID) <= 15 && strings.Trim(r.ID, "0123456789") == "" { // Discord's ids are longer
		return string(r.Kind) + ":…" + r.ID[len(r.ID)-4:]
	}
	return string(r.Kind) + ":" + r.ID
}

// An Event is one line of a log, appended and never changed. Figures are
// computed from events alone.
type Event struct {
	At   time.Time         `json:"at"`           // desk time
	What string            `json:"what"`         // past tense, e.g. "opened", "client_wrote"
	By   string            `json:"by,omitempty"` // who did it: "client", "halo", or a Discord user id
	Ref  string            `json:"ref,omitempty"`
	Data map[string]string `json:"data,omitempty"`
}

// A Timer is a wish to be called back. Setting one with the name of another
// replaces it.
type Timer struct {
	Kind string // decides who is called, e.g. "close"
	ID   string // whom it concerns, e.g. a ticket number
	Due  time.Time
}

// Name identifies the timer among all of the desk.
func (t Timer) Name() string { return t.Kind + "|" + t.ID }

// A Letter is one effect the world is owed: it stays at the head of its lane
// until it is sent or buried, whatever restarts in between.
type Letter struct {
	// ID is unique for ever and derived from what caused the letter, so that
	// writing it twice is writing it once.
	ID string `json:"id"`
	// Lane is the destination. Letters of one lane leave in the order written.
	Lane string `json:"lane"`
	// Log is the message table (a ticket number, or [DeskLog]) that keeps its state.
	Log string `json:"log"`
	// Kind tells the courier what to do with Body.
	Kind string `json:"kind"`
	// Ext is the identifier at the destination where it is ours to choose
	// (WhatsApp), empty where the destination assigns it (Discord).
	Ext string    `json:"ext,omitempty"`
	At  time.Time `json:"at"` // desk time of writing
	// NotBefore is when it may leave, in desk time; zero for at once. What is behind it
	// in its lane waits too.
	NotBefore time.Time `json:"not_before,omitzero"`
	// Body is JSON, read by the courier alone.
	Body json.RawMessage `json:"body,omitempty"`
}

// DeskLog is the message table of letters that belong to no ticket.
const DeskLog = "desk"

// A State is how far a letter has come. The stored form is its number: never
// renumber.
type State int

// The states in their usual order. Waiting letters are retried by themselves;
// a dead one needs a person.
const (
	Queued    State = 0
	Sending   State = 1
	Waiting   State = 2
	Sent      State = 3 // the network took it
	Delivered State = 4 // a device of the receiver has it
	Read      State = 5
	Dead      State = 9
)

func (s State) String() string {
	switch s {
	case Queued:
		return "queued"
	case Sending:
		return "sending"
	case Waiting:
		return "waiting"
	case Sent:
		return "sent"
	case Delivered:
		return "delivered"
	case Read:
		return "read"
	case Dead:
		return "dead"
	}
	return "unknown"
}

// A Status is what a message table knows of one letter.
type Status struct {
	State    State
	Attempts int       // sends begun, also before it died and was revived
	First    time.Time // real time of the first attempt; zero before it and once sent
	Ext      string    // identifier at the destination, once known
	Reason   string    // why it waits or died, for people
}

// Tried reports whether an earlier attempt than the present one was made: the
// destination may have the letter already.
func (s Status) Tried() bool { return s.Attempts > 1 || s.Reason != "" }

// A Cause says why a commit happens. A cause that already took effect makes the
// whole commit a no-op: redelivery, a second instance and a double click are the
// same case. Exactly one of the fields is set; the zero Cause is allowed for
// changes that are idempotent by themselves.
type Cause struct {
	Inbox   *Inbox
	Timer   *Timer
	Outcome *Outcome
	Hold    *Hold
}

// Inbox is a thing received: a message, an interaction, a catch-up row.
type Inbox struct {
	Source string    // "wa", "dc", ...
	ID     string    // unique within the source
	At     time.Time // the thing's own time: a late redelivery looks in the same bucket
}

// Outcome is the end of a letter: sent, or dead.
type Outcome struct {
	Letter Letter
	Epoch  int64 // the lease under which it was sent; an older one is refused
	State  State // Sent or Dead
	Ext    string
	Reason string
}

// Hold is a change made by the courier that has begun a letter and not finished
// it. It happens only while the lease is the newest and the letter leads its lane,
// so nothing of that lane is in flight elsewhere. It is no cause that takes effect
// once: the change must be idempotent by itself.
type Hold struct {
	Letter Letter
	Epoch  int64
}

// An EarlyError means that the first letter of a lane is not to leave yet. No attempt
// at it was begun.
type EarlyError struct {
	Until time.Time // desk time
}

func (e *EarlyError) Error() string {
	return "not to be sent before " + e.Until.UTC().Format(time.RFC3339)
}

var (
	// ErrStale means the caller's lease is no longer the newest: stop acting.
	ErrStale = errors.New("another instance has taken over this desk")
	// ErrNotHead means the letter is no longer at the head of its lane: somebody
	// else has finished it.
	ErrNotHead = errors.New("letter is not at the head of its lane")
	// ErrCorrupt means that a stored document cannot be read: trying again will not help.
	ErrCorrupt = errors.New("stored document cannot be read")
	// ErrInvalid means that a change names something that can never be stored:
	// trying again will not help.
	ErrInvalid = errors.New("change cannot be stored")
	// ErrTooLarge means a commit or document exceeds what one commit may hold.
	ErrTooLarge = errors.New("change is too large for one commit")
)
