package bridge

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// kindPlaceholder documents stand, by conversation and WhatsApp id, for messages that
// could not be read when they came: where the line is that stands in for each.
const kindPlaceholder ledger.Kind = "placeholder"

type placeholder struct {
	Ticket string `json:"t"`
	Letter string `json:"l"`
	At     int64  `json:"at"`            // when it was written (desk time, ms)
	Done   bool   `json:"done,omitzero"` // the content has come
	By     author `json:"by,omitzero"`   // who wrote it

	reopens bool // the content re-opens the ticket
}

// soon is how long a replaced line is still being looked at: later, agents are told.
const soon = time.Minute

func placeholderRef(conversation string, m ClientMessage) ledger.Ref {
	m.Unreadable = ""
	return ledger.Ref{Kind: kindPlaceholder, ID: conversation + "/" + inboxRef(m)}
}

// placeholderOf finds the line that stands in for a message, also when the person was
// known as somebody else then.
func placeholderOf(tx *ledger.Tx, c ticket.Conversation, m ClientMessage) (p placeholder, ref ledger.Ref, ok bool, err error) {
	for _, id := range append([]string{c.ID}, c.Was...) {
		ref = placeholderRef(id, m)
		data, err := tx.Doc(ref)
		if err != nil {
			return p, ref, false, err
		}
		if data == nil {
			continue
		}
		if err := json.Unmarshal(data, &p); err != nil {
			return p, ref, false, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, ref, err)
		}
		return p, ref, true, nil
	}
	return p, ref, false, nil
}

func (p placeholder) save(tx *ledger.Tx, ref ledger.Ref) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode %s: %w", ref, err)
	}
	return tx.Put(ref, data)
}

// alreadyRead reports whether a message that now cannot be read has been taken in
// readable: the other delivery was faster.
func alreadyRead(tx *ledger.Tx, c ticket.Conversation, m ClientMessage) (bool, error) {
	m.Unreadable = ""
	for _, number := range c.Latest() {
		for _, id := range append([]string{c.ID}, c.Was...) {
			if _, ok, err := tx.Status(number, clientLetterID(id, m, 0, 0)); err != nil || ok {
				return ok, err
			}
		}
	}
	return false, nil
}

// bring adds the files of a message below the line that has its words now.
func (p placeholder) bring(tx *ledger.Tx, c ticket.Conversation, m ClientMessage) error {
	own := clientLetterID(c.ID, m, 0, 0)
	if err := hear(tx, c, m, p.Ticket, own); err != nil {
		return err
	}
	key := clientKey(c.ID, m)
	files := filesOf(m, key)
	if len(files) == 0 {
		return nil
	}
	if m.Media != nil {
		if err := expectFile(tx, key, p.Ticket, c.ID, fromWhatsApp, ThreadLane(p.Ticket), *m.Media); err != nil {
			return err
		}
	}
	tx.Send(sayLetter(own+"/file", p.Ticket, sayBody{Content: "📎 Berkas dari pesan ini:", Answers: &reference{p.Ticket, own}, Files: files}))
	return nil
}

// fill puts content in the place of the line that stood in for it. Pieces but the
// first follow it; the last of them may have to make agents look up.
func (p placeholder) fill(tx *ledger.Tx, c ticket.Conversation, m ClientMessage, piece int, last bool) error {
	text := clientText(m, whose(c, m), piece)
	if m.Quote != nil && piece == 0 {
		// The line that is there cannot be made a reply any more.
		if words := excerpt(quoteGist(*m.Quote), 120); words != "" {
			text = "-# ↩️ Membalas “" + words + "”\n" + text
		}
	}
	for i, content := range Split(text, discordLimit) {
		id := clientLetterID(c.ID, m, piece, i)
		if piece == 0 && i == 0 {
			tx.Send(Rewrite(id, ThreadLane(p.Ticket), p.Ticket, p.Letter, content))
			continue
		}
		tx.Send(Note(p.Ticket, id, content))
	}
	if piece == 0 {
		if err := p.bring(tx, c, m); err != nil {
			return err
		}
	}
	if !last || tx.Now().Sub(time.UnixMilli(p.At)) <= soon {
		return nil
	}
	t, _, err := ticket.Load(tx, p.Ticket)
	if err != nil || t.State == ticket.Closed && !p.reopens && !m.Own {
		return err // whoever has to look is called
	}
	st, _, err := tx.Status(p.Ticket, p.Letter)
	if err != nil {
		return err
	}
	tx.Send(noticeOn(p.Ticket, p.Letter+"/read", st.Ext, "⬆️ Pesan yang tadinya belum terbaca kini terbaca."))
	return nil
}
