package bridge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// How long WhatsApp lets a message be changed and taken back for everybody, counted
// from when it took it (reference WHATSAPP.md).
const (
	editWindow   = 15 * time.Minute
	revokeWindow = 48 * time.Hour
)

// reasonDeleted is why a dead letter whose message was deleted is not sent again.
const reasonDeleted = "the message was deleted in Discord"

// A moot error means that a letter has nothing (any more) to do in the world: it
// ends as if it were sent, with what follows.
type mootError struct {
	dropped  bool       // it was taken back before it left
	late     bool       // WhatsApp no longer allows it: the agent is told
	nowhere  bool       // what it was for is over, and has no place
	outreach string     // a message of the queue of what is sent first, which may not leave
	instead  *rewording // what the letter it is about is to say when it is sent, nil for nothing
}

func (e *mootError) Error() string { return "nothing to do" }

// kindReworded documents hold, by letter, what a text that was not sent yet is to say
// instead: its message was changed or deleted meanwhile.
const kindReworded ledger.Kind = "reworded"

type rewording struct {
	Text string `json:"text,omitzero"`
	Gone bool   `json:"gone,omitzero"` // it is not to be sent at all
}

func (w rewording) put(tx *ledger.Tx, letter string) error {
	data, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode new words of %s: %w", letter, err)
	}
	return tx.Put(ledger.Ref{Kind: kindReworded, ID: letter}, data)
}

func (c *Courier) reworded(ctx context.Context, letter string) (w rewording, err error) {
	d, err := c.outbox.Doc(ctx, ledger.Ref{Kind: kindReworded, ID: letter})
	if err != nil {
		return w, &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	}
	if d.Data == nil {
		return w, nil
	}
	if err := json.Unmarshal(d.Data, &w); err != nil {
		return w, refused("the letter's new words cannot be read: %v", err)
	}
	return w, nil
}

// deliverChange changes a part of an agent's message at the client's, or takes it
// back. What was meant is ahead of this letter in the lane: it was sent, or it died
// and then waits for somebody to retry it.
func (c *Courier) deliverChange(ctx context.Context, l ledger.Letter) error {
	var body changeBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return refused("the letter cannot be read: %v", err)
	}
	target, ok, err := c.outbox.Status(ctx, l.Log, body.Of)
	if err != nil {
		return &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	}
	if !ok || target.State < ledger.Sent || target.State == ledger.Dead {
		return &mootError{instead: &rewording{Text: body.Text, Gone: l.Kind == kindRevoke}}
	}
	part, err := c.partOf(ctx, body)
	switch {
	case err != nil:
		return err
	case part.Drop:
		return &mootError{} // it turned out that it never got through
	case c.tooLate(l.Kind, part):
		return &mootError{late: true}
	}
	to, err := c.client(ctx, l)
	if err != nil {
		return err
	}
	if l.Kind == kindRevoke {
		return c.phone.Revoke(ctx, to, l.Ext, target.Ext)
	}
	return c.phone.EditText(ctx, to, l.Ext, target.Ext, body.Text)
}

// partOf is the part that a change is about, empty for one of an earlier turn.
func (c *Courier) partOf(ctx context.Context, body changeBody) (part wordsPart, err error) {
	var w words
	if err := c.read(ctx, wordsRef(body.Message), func(data []byte) (err error) {
		w, err = decodeWords(data)
		return err
	}); err != nil {
		return part, err
	}
	if p, ok := staffPart(body.Of); ok && p.Turn != w.Turn || body.Part >= len(w.Parts) {
		return part, nil
	}
	return w.Parts[body.Part], nil
}

// tooLate reports whether WhatsApp no longer allows a change of a part.
func (c *Courier) tooLate(kind string, part wordsPart) bool {
	if part.Sent == 0 {
		return false
	}
	window := editWindow
	if kind == kindRevoke {
		window = revokeWindow
	}
	return c.desk.now().Sub(time.UnixMilli(part.Sent)) > window
}

// moot records that a letter has nothing to do.
func (c *Courier) moot(ctx context.Context, lease ledger.Lease, l ledger.Letter, m *mootError) error {
	if m.dropped {
		return c.dropped(ctx, lease, l)
	}
	if m.outreach != "" {
		return c.takeBack(ctx, lease, l, m.outreach)
	}
	out := ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Sent}
	_, err := c.outbox.Update(ctx, ledger.Cause{Outcome: &out}, func(tx *ledger.Tx) error {
		if m.nowhere {
			return nil
		}
		var body changeBody
		if err := json.Unmarshal(l.Body, &body); err != nil {
			return fmt.Errorf("%w: letter %s: %w", ledger.ErrCorrupt, l.ID, err)
		}
		if m.late {
			tx.Log(l.Log, ledger.Event{What: "change_too_late", By: "halo", Ref: body.Message, Data: map[string]string{"letter": l.ID}})
			tx.Send(noticeOn(l.Log, "late/"+l.ID, body.Message, lateText(l.Kind, body)))
		}
		if m.instead == nil {
			return nil
		}
		return m.instead.put(tx, body.Of)
	})
	return err
}

func lateText(kind string, body changeBody) string {
	switch {
	case body.Note:
		return "⚠️ Pesan yang dijadikan catatan ini tidak dapat ditarik lagi dari klien, karena sudah lebih dari 2 hari: “" + ToDiscord(body.Text) +
			"”. Klien masih melihatnya; bila perlu, jelaskan dengan pesan baru."
	case body.Deleted:
		return "⚠️ Pesan yang dihapus ini tidak dapat ditarik lagi dari klien, karena sudah lebih dari 2 hari: “" + ToDiscord(body.Text) +
			"”. Klien masih melihatnya; bila perlu, jelaskan dengan pesan baru."
	case kind == kindRevoke:
		return "⚠️ Sebagian perubahan ini tidak sampai ke klien: bagian akhir pesan tidak dapat ditarik lagi karena sudah lebih dari 2 hari. Kirimkan ralat sebagai pesan baru."
	}
	return "⚠️ Perubahan ini tidak sampai ke klien: WhatsApp hanya mengizinkannya dalam 15 menit. Klien masih melihat teks semula; kirimkan ralat sebagai pesan baru."
}

// deliverEdit changes a message of ours in Discord, or writes a new one when it is
// not there. It returns the id of the message that has the words now.
func (c *Courier) deliverEdit(ctx context.Context, l ledger.Letter, st ledger.Status) (string, error) {
	var body editBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return "", refused("the letter cannot be read: %v", err)
	}
	target, ok, err := c.outbox.Status(ctx, l.Log, body.Of)
	if err != nil {
		return "", &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	}
	if ok && target.Ext != "" && target.State >= ledger.Sent && target.State != ledger.Dead {
		channel, err := c.channel(ctx, l.Lane)
		if err != nil {
			return "", err
		}
		edit := c.board.Edit
		if body.Over {
			edit = c.board.Conclude
		}
		err = edit(ctx, channel, target.Ext, body.Content)
		if se, isSend := errors.AsType[*SendError](err); !isSend || se.Certainty != Refused || se.Denied {
			return target.Ext, err
		}
	}
	return c.deliverSay(ctx, l, st) // the body has the content under the same name
}
