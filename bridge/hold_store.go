package bridge

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/haloerzap/halo/ledger"
)

// kindKept documents are agents' messages that are held or stay inside, whole: they can
// be sent hours later. A message is kept in pieces, because a document has its bounds:
// "<message>" says what became of it, "<message>/<n>" are its pieces.
const kindKept ledger.Kind = "kept"

const (
	keptPiece = 12 << 10  // bytes
	keptMost  = 120 << 10 // bytes of a message; what was forwarded is left out of a longer one
)

// A kept document says what became of a message.
type kept struct {
	V       int       `json:"v"`
	Ticket  string    `json:"t"`
	Channel string    `json:"c"`
	Author  string    `json:"a"`
	Why     string    `json:"w"`
	State   keptState `json:"s"`
	Edited  int64     `json:"e,omitzero"` // the version last heard of, in Unix nanoseconds
	Pieces  int       `json:"n"`
	Lines   int       `json:"l,omitzero"` // how often the line under it was changed
	Notes   bool      `json:"i,omitzero"` // it was sent, and some of it stayed inside
	Lost    bool      `json:"x,omitzero"` // not all of it was kept: it cannot be sent
}

type keptState string

const (
	keptHeld   keptState = "held"   // somebody has to decide
	keptInside keptState = "inside" // a note
	keptSent   keptState = "sent"
	keptGone   keptState = "gone"   // deleted in Discord
	keptQueued keptState = "queued" // it became the text of its talk's follow-up
)

func keptRef(message string) ledger.Ref { return ledger.Ref{Kind: kindKept, ID: message} }

func pieceRef(message string, n int) ledger.Ref {
	return ledger.Ref{Kind: kindKept, ID: fmt.Sprintf("%s/%d", message, n)}
}

func loadKept(tx *ledger.Tx, message string) (k kept, ok bool, err error) {
	data, err := tx.Doc(keptRef(message))
	if err != nil || data == nil {
		return k, false, err
	}
	k, err = decodeKept(data)
	return k, err == nil, err
}

func decodeKept(data []byte) (k kept, err error) {
	if err := json.Unmarshal(data, &k); err != nil {
		return k, fmt.Errorf("%w: kept message: %w", ledger.ErrCorrupt, err)
	}
	if k.V != 1 {
		return k, fmt.Errorf("%w: a kept message of version %d was written by a newer halo, update this program", ledger.ErrCorrupt, k.V)
	}
	return k, nil
}

func (k kept) save(tx *ledger.Tx, message string) error {
	k.V = 1
	data, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("encode kept message %s: %w", message, err)
	}
	return tx.Put(keptRef(message), data)
}

// put keeps a message, in place of an earlier version of it.
func (k *kept) put(tx *ledger.Tx, m StaffMessage) error {
	data, err := encodeStaff(m)
	if err == nil && len(data) > keptMost {
		m.Snapshots, k.Lost = nil, true
		data, err = encodeStaff(m)
	}
	if err != nil {
		return fmt.Errorf("encode message %s: %w", m.ID, err)
	}
	before := k.Pieces
	k.Pieces = 0
	for len(data) > 0 {
		n := min(len(data), keptPiece)
		if err := tx.Put(pieceRef(m.ID, k.Pieces), data[:n]); err != nil {
			return err
		}
		data = data[n:]
		k.Pieces++
	}
	for n := k.Pieces; n < before; n++ {
		if err := tx.Put(pieceRef(m.ID, n), nil); err != nil {
			return err
		}
	}
	return k.save(tx, m.ID)
}

// encodeStaff is a message with its files' references, as far as those are readable.
func encodeStaff(m StaffMessage) ([]byte, error) {
	m.ReplyOurs = false // it is known what it answers by the time it is sent
	whole := func(files []StaffFile) (out []StaffFile) {
		for _, f := range files {
			if !json.Valid(f.Ref) {
				f.Ref = nil
			}
			out = append(out, f)
		}
		return out
	}
	m.Files = whole(m.Files)
	snapshots := m.Snapshots
	m.Snapshots = nil
	for _, s := range snapshots {
		s.Files = whole(s.Files)
		m.Snapshots = append(m.Snapshots, s)
	}
	return json.Marshal(m)
}

// message is what was kept.
func (k kept) message(tx *ledger.Tx, id string) (m StaffMessage, err error) {
	var whole []byte
	for n := range k.Pieces {
		data, err := tx.Doc(pieceRef(id, n))
		if err != nil {
			return m, err
		}
		whole = append(whole, data...)
	}
	if err := json.Unmarshal(whole, &m); err != nil {
		return m, fmt.Errorf("%w: kept message %s: %w", ledger.ErrCorrupt, id, err)
	}
	return m, nil
}

// showKept marks a message that is held, or was, with what became of it.
func (c *Courier) showKept(ctx context.Context, channel, message string) error {
	d, err := c.outbox.Doc(ctx, keptRef(message))
	if err != nil || d.Data == nil {
		return err
	}
	k, err := decodeKept(d.Data)
	if err != nil {
		return err
	}
	marks := map[string]bool{markHeld: false, markNote: false}
	switch k.State {
	case keptHeld:
		marks = map[string]bool{markHeld: true}
	case keptInside:
		marks[markNote] = true
	case keptSent:
		marks[markNote] = k.Notes
	case keptGone:
		return nil
	}
	for _, mark := range []string{markHeld, markNote} {
		if on, ok := marks[mark]; ok {
			if err := c.board.React(ctx, channel, message, mark, on); err != nil {
				return err
			}
		}
	}
	return nil
}

// recentHeld is a message of a thread that is held; ok is false for others.
func (r *Relay) recentHeld(ctx context.Context, thread, message string) (recent Recent, ok bool, err error) {
	d, err := r.store.Doc(ctx, keptRef(message))
	if err != nil || d.Data == nil {
		return recent, false, err
	}
	k, err := decodeKept(d.Data)
	return Recent{ID: message, Edited: fromNanos(k.Edited)}, err == nil && k.State == keptHeld && k.Channel == thread, err
}
