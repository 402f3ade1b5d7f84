package bridge

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// pieceLimit bounds the text of one commit, in characters: a longer message is
// taken in as several commits, the last of which carries the message's own id.
const pieceLimit = 3800

// Receive takes in what a client wrote, or what was typed to him on the linked
// phone. The first message opens a ticket and owes the client the auto-text.
func (r *Relay) Receive(ctx context.Context, m ClientMessage) error {
	if m.Group != nil && !slices.Contains(r.desk.Groups, string(m.Chat)) {
		return nil // nobody asked us to listen there
	}
	m.Name = Clean(m.Name, 60)
	m.ID = shortID(m.ID)
	m.At = plausible(m.At)
	pieces := SplitPlain(m.Text, pieceLimit)
	if len(pieces) == 0 {
		pieces = []string{""}
	}
	id := inboxID(m)
	for i, piece := range pieces {
		cause := ledger.Inbox{Source: "wa", ID: id, At: m.At}
		if i < len(pieces)-1 {
			cause.ID = fmt.Sprintf("%s|%d", id, i)
		}
		part := m
		part.Text, part.whole, part.piece = piece, m.Text, i
		part.aside = setAside(part)
		err := r.once(ctx, cause, part.aside, func(tx *ledger.Tx) error { return r.receive(tx, part, i, i == len(pieces)-1) })
		if err != nil {
			return fmt.Errorf("take in WhatsApp message %s: %w", m.ID, err)
		}
	}
	return nil
}

// shortID keeps an identifier storable whatever a stanza carried, and leaves "~" to the
// names that are made of one here.
func shortID(id string) string {
	if id != "" && len(id) <= 100 && !strings.Contains(id, "~") {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "odd-" + hex.EncodeToString(sum[:12])
}

// plausible replaces a time that no message can have by one that is the same at
// every redelivery.
func plausible(at time.Time) time.Time {
	if at.Year() < 2009 || at.Year() > 2200 {
		return time.Date(2009, 1, 1, 0, 0, 0, 0, time.UTC) // before WhatsApp
	}
	return at
}

// inboxID is what makes a redelivery recognisable, whichever of the person's
// addresses it comes under. A message that could not be read is another thing than
// the same message once it can.
func inboxID(m ClientMessage) string {
	chat := m.Chat
	if m.Alt != "" {
		chat = max(chat, m.Alt) // any rule will do
	}
	id := string(chat) + "|"
	if m.Group != nil {
		id += string(m.Group.Sender) + "|" // members may choose the same id
	}
	id += m.ID
	if m.Own {
		id += "|own"
	}
	if m.Unreadable != "" {
		id += "|unreadable"
	}
	return id
}

func (r *Relay) receive(tx *ledger.Tx, m ClientMessage, piece int, last bool) error {
	r.expect(tx, m)
	c, err := r.writer(tx, m)
	if err != nil {
		return err
	}
	who, known, err := r.contact(tx, c, m)
	if err != nil {
		return err
	}
	if shut, ok, err := shutOut(tx, m, who); err != nil {
		return err
	} else if ok {
		return dropped(tx, c, m, shut, last)
	}
	if m, err = ownID(tx, c, m); err != nil {
		return err
	}
	a := &arrival{r: r, tx: tx, c: c, m: m, piece: piece, last: last, who: who, known: known, at: written(m, tx.Now())}
	a.ahead()
	subject, found, err := r.subject(tx, c, m)
	if err != nil {
		return err
	}
	if found && !subject.Author.same(authorOf(m)) {
		m = ofAnother(m)
	}
	if m, err = r.sealed(tx, &c, m); err != nil {
		return err
	}
	stood, ref, stands, err := placeholderOf(tx, c, m)
	if err != nil {
		return err
	}
	a.c, a.m, a.stood = c, m, ref
	switch {
	case m.Unreadable != "" && stands:
		return c.Save(tx)
	case m.Unreadable != "":
		read, err := alreadyRead(tx, c, m)
		if err != nil {
			return err
		}
		if read {
			return c.Save(tx)
		}
	case stands && (!stood.Done || piece > 0):
		return a.readAtLast(stood)
	}
	return a.takeIn(subject, found)
}

// writer is the conversation of whoever wrote, with what the message says of him.
func (r *Relay) writer(tx *ledger.Tx, m ClientMessage) (ticket.Conversation, error) {
	c, err := ticket.Find(tx, conversationID(m.Chat), string(m.Chat), string(m.Alt))
	if err != nil {
		return c, err
	}
	if m.Group != nil {
		c.Reply, c.Name = string(m.Chat), cmp.Or(Clean(m.Group.Name, 60), c.Name)
		return c, nil
	}
	if !m.Own {
		c.Reply = string(m.Chat)
		c.Name = cmp.Or(m.Name, c.Name)
	} else if c.Reply == "" {
		c.Reply = string(m.Chat)
	}
	c.Phone = cmp.Or(m.Phone, c.Phone)
	return c, nil
}

// waits notes that a message is to be read by an agent. What was answered at the
// linked phone was read there.
func waits(c *ticket.Conversation, m ClientMessage) {
	switch {
	case m.Own:
		c.Unread = nil
	case m.Group == nil && !slices.Contains(echoes, m.Kind) && m.Kind != KindCall && m.Unreadable == "":
		c.Wrote(m.ID)
	}
}

func logWrote(tx *ledger.Tx, number string, m ClientMessage) { tx.Log(number, wrote(m)) }

// wrote is the event that a message was taken in.
func wrote(m ClientMessage) ledger.Event {
	what, by := "client_wrote", "client"
	if m.Own {
		what, by = "phone_wrote", "phone"
	}
	return ledger.Event{What: what, By: by, Ref: m.ID, Data: eventData(m)}
}

// clientLetterID names message i of a piece of what a client wrote.
func clientLetterID(conversation string, m ClientMessage, piece, i int) string {
	return fmt.Sprintf("w/%s/%s/%d.%d", conversation, inboxRef(m), piece, i)
}

// whereabouts are the documents that lead from a person's addresses to the
// conversation, unless it was made under another address.
func whereabouts(addresses ...Address) (refs []ledger.Ref) {
	for _, a := range addresses {
		if a != "" {
			refs = append(refs, ledger.Ref{Kind: ticket.KindAlias, ID: string(a)},
				ledger.Ref{Kind: ticket.KindConversation, ID: conversationID(a)})
		}
	}
	return refs
}

// echoes are the kinds of messages that open no ticket by themselves.
var echoes = []string{KindReaction, KindEdit, KindDelete, kindOthersEdit, kindOthersDelete, KindVote, kindPin, kindTimer, kindIdentity, kindNumber}

func inboxRef(m ClientMessage) string {
	ref := m.ID
	if m.Own {
		ref += "~own"
	}
	if m.Unreadable != "" {
		ref += "~u"
	}
	return ref
}

func eventData(m ClientMessage) map[string]string {
	d := map[string]string{"text": m.Text, "at": m.At.UTC().Format(time.RFC3339)}
	if m.Kind != "" && m.Kind != KindPlainText {
		d["kind"] = m.Kind
	}
	if m.Unreadable != "" {
		d["unreadable"] = m.Unreadable
	}
	eventContent(d, m)
	return d
}

// conversationID is derived from the first address seen, so that two attempts
// at the same first message agree.
func conversationID(a Address) string {
	sum := sha256.Sum256([]byte(a))
	return "c" + hex.EncodeToString(sum[:8])
}

func quote(s string) string { return "> " + strings.ReplaceAll(s, "\n", "\n> ") }

// Receipts takes in WhatsApp's word that messages of ours arrived or were read.
func (r *Relay) Receipts(ctx context.Context, rc Receipt) error {
	to := ledger.Delivered
	if rc.Read {
		to = ledger.Read
	}
	// At most a few dozen ids come at once; the bound keeps a hostile one small.
	for ids := range slices.Chunk(rc.IDs, 50) {
		_, err := r.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
			c, ok, err := ticket.ByAddress(tx, string(rc.Chat), string(rc.Alt))
			if err != nil || !ok {
				return err
			}
			for _, number := range c.Latest() {
				if err := r.raise(tx, number, ids, to); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("take in receipt of %d messages: %w", len(ids), err)
		}
	}
	return nil
}

func (r *Relay) raise(tx *ledger.Tx, number string, ids []string, to ledger.State) error {
	for _, ext := range ids {
		id, ok, err := tx.LetterByExt(number, ext)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		tx.Raise(number, id, to)
		tx.Cancel(TimerUndelivered, number+"/"+id)
		if err := RefreshMark(tx, number, id); err != nil {
			return err
		}
	}
	return nil
}

// RefreshMark asks that an agent's message show anew how far it has come. Letters
// that are no part of one are left alone.
func RefreshMark(tx *ledger.Tx, number, letterID string) error {
	message, parts, ok := staffMessageOf(letterID)
	if !ok {
		return nil
	}
	t, ok, err := ticket.Load(tx, number)
	if err == nil && ok && t.Thread != "" {
		tx.Refresh(stateView(number, t.Thread, message, parts))
	}
	return err
}
