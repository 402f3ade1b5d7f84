package ledger

import (
	"fmt"
	"slices"
	"time"
)

// A Doc is a document as stored: opaque bytes under a version. Version 0 means
// that it does not exist.
type Doc struct {
	Version int64
	Data    []byte
}

// A Reader answers a [Tx]'s questions. What Doc answers is checked again when
// the change commits; the other answers are read-only hints.
type Reader interface {
	Doc(Ref) (Doc, error)
	// Next returns the next number of a series, starting at 1. Numbers may be
	// skipped but are never given twice.
	Next(series string) (int64, error)
	// Status returns the state of a letter; ok is false when the table does not know it.
	Status(log, letter string) (s Status, ok bool, err error)
	// LetterByExt finds the letter that has the identifier ext at its destination.
	LetterByExt(log, ext string) (letter string, ok bool, err error)
	// DeadLetter returns a buried letter whole.
	DeadLetter(id string) (l Letter, ok bool, err error)
}

// A Tx is one attempt at a change. It is used by one goroutine, for the length
// of one function, which may run several times: it must have no effect besides
// the Tx.
type Tx struct {
	now  time.Time
	read Reader

	docs  map[Ref]Doc // as read
	puts  map[Ref][]byte
	order []Ref // of puts, so that a change is the same bytes every time

	Change
}

// A Change is what a Tx asks to be written.
type Change struct {
	Reads     map[Ref]int64 // versions that must still hold
	Puts      []Put
	Events    []LoggedEvent
	Letters   []Letter
	First     []Letter // letters for the head of their lane, in reverse order of sending
	Revived   []string // dead letters taken out of the grave (their copies are in Letters)
	Timers    []Timer
	Cancelled []Timer
	Raised    []Raise
	Views     []string // to be rendered anew
	Indexed   []IndexRow
	Unindexed []IndexRow
}

// A Put is a document's new value; nil Data deletes it.
type Put struct {
	Ref  Ref
	Data []byte
}

// A LoggedEvent is an event and the log it goes to.
type LoggedEvent struct {
	Log   string
	Event Event
}

// A Raise moves a letter's state forward, never back and never out of Dead.
type Raise struct {
	Log, Letter string
	To          State
}

// An IndexRow is one member of a sorted index.
type IndexRow struct {
	Index  string
	Member string
	Score  int64
}

// NewTx starts an attempt at desk time now.
func NewTx(now time.Time, r Reader) *Tx {
	return &Tx{now: now, read: r, docs: map[Ref]Doc{}, puts: map[Ref][]byte{}}
}

// Now is desk time, the same for the whole attempt.
func (tx *Tx) Now() time.Time { return tx.now }

// Doc returns a document's bytes, nil when it does not exist. It sees what this
// Tx has put. The commit fails and is tried anew when another writer was faster.
func (tx *Tx) Doc(ref Ref) ([]byte, error) {
	if data, ok := tx.puts[ref]; ok {
		return data, nil
	}
	if d, ok := tx.docs[ref]; ok {
		return d.Data, nil
	}
	d, err := tx.read.Doc(ref)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", ref, err)
	}
	tx.docs[ref] = d
	return d.Data, nil
}

// Expect says which documents will be read, so that a Reader that can may fetch them
// in one go. It is a hint: one that is not read afterwards is no part of the change.
func (tx *Tx) Expect(refs ...Ref) {
	if r, ok := tx.read.(interface{ Expect([]Ref) }); ok {
		r.Expect(refs)
	}
}

// Put notes a document's new value. A document must be read before it is
// written, so that nobody overwrites what he has not seen.
func (tx *Tx) Put(ref Ref, data []byte) error {
	if _, err := tx.Doc(ref); err != nil {
		return err
	}
	if _, again := tx.puts[ref]; !again {
		tx.order = append(tx.order, ref)
	}
	tx.puts[ref] = data
	return nil
}

// Log appends an event to the log of a ticket. An event without a time gets Now.
func (tx *Tx) Log(log string, e Event) {
	if e.At.IsZero() {
		e.At = tx.now
	}
	tx.Events = append(tx.Events, LoggedEvent{log, e})
}

// Send puts a letter at the end of its lane. A letter without a time gets Now.
func (tx *Tx) Send(l Letter) {
	if l.At.IsZero() {
		l.At = tx.now
	}
	tx.Letters = append(tx.Letters, l)
}

// SendFirst puts a letter at the head of its lane. Only the outcome of a letter
// of the same lane, or the [Hold] of one, may do so: nothing is in flight there
// then. Letters put first by one change leave last first.
func (tx *Tx) SendFirst(l Letter) {
	if l.At.IsZero() {
		l.At = tx.now
	}
	tx.First = append(tx.First, l)
}

// Set sets a timer, replacing the one of its name. Of Set and Cancel in one Tx the
// later one counts.
func (tx *Tx) Set(t Timer) {
	tx.forget(t.Name())
	tx.Timers = append(tx.Timers, t)
}

// Cancel removes a timer by kind and id; a missing one is fine.
func (tx *Tx) Cancel(kind, id string) {
	t := Timer{Kind: kind, ID: id}
	tx.forget(t.Name())
	tx.Cancelled = append(tx.Cancelled, t)
}

func (tx *Tx) forget(timer string) {
	same := func(t Timer) bool { return t.Name() == timer }
	tx.Timers = slices.DeleteFunc(tx.Timers, same)
	tx.Cancelled = slices.DeleteFunc(tx.Cancelled, same)
}

// Raise moves a letter's state forward: Sent, Delivered, Read.
func (tx *Tx) Raise(log, letter string, to State) {
	tx.Raised = append(tx.Raised, Raise{log, letter, to})
}

// Refresh asks that a view (the marks of a message, a card, a panel) be rendered
// anew from what is stored. Asking often renders once: latest wins.
func (tx *Tx) Refresh(view string) { tx.Views = append(tx.Views, view) }

// Index puts member into a sorted index; Unindex takes it out. Of both in one Tx
// the later one counts.
func (tx *Tx) Index(index, member string, score int64) {
	tx.forgetRow(index, member)
	tx.Indexed = append(tx.Indexed, IndexRow{index, member, score})
}

// Unindex takes member out of a sorted index; a missing one is fine.
func (tx *Tx) Unindex(index, member string) {
	tx.forgetRow(index, member)
	tx.Unindexed = append(tx.Unindexed, IndexRow{Index: index, Member: member})
}

func (tx *Tx) forgetRow(index, member string) {
	same := func(r IndexRow) bool { return r.Index == index && r.Member == member }
	tx.Indexed = slices.DeleteFunc(tx.Indexed, same)
	tx.Unindexed = slices.DeleteFunc(tx.Unindexed, same)
}

// Next returns the next number of a series.
func (tx *Tx) Next(series string) (int64, error) { return tx.read.Next(series) }

// Status returns what is known of a letter.
func (tx *Tx) Status(log, letter string) (Status, bool, error) { return tx.read.Status(log, letter) }

// LetterByExt finds a letter by its identifier at the destination.
func (tx *Tx) LetterByExt(log, ext string) (string, bool, error) {
	return tx.read.LetterByExt(log, ext)
}

// DeadLetter returns a letter that is dead; ok is false when it is not (any more).
func (tx *Tx) DeadLetter(id string) (l Letter, ok bool, err error) { return tx.read.DeadLetter(id) }

// Revive queues a dead letter again under its old ID. ok is false when it is not
// dead (any more).
func (tx *Tx) Revive(id string) (l Letter, ok bool, err error) {
	l, ok, err = tx.read.DeadLetter(id)
	if err != nil || !ok {
		return l, false, err
	}
	tx.Revived = append(tx.Revived, id)
	tx.Letters = append(tx.Letters, l)
	return l, true, nil
}

// Finish returns the change, with every document that was read.
func (tx *Tx) Finish() Change {
	c := tx.Change
	c.Reads = make(map[Ref]int64, len(tx.docs))
	for ref, d := range tx.docs {
		c.Reads[ref] = d.Version
	}
	for _, ref := range tx.order {
		c.Puts = append(c.Puts, Put{ref, tx.puts[ref]})
	}
	return c
}
