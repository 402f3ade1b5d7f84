package bridge

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// kindHeard documents are messages that appeared on WhatsApp, by conversation and
// WhatsApp's id: where each stands in Discord, and what a quote of it shows.
const kindHeard ledger.Kind = "heard"

type heard struct {
	Ticket string  `json:"t"`
	Letter string  `json:"l"`
	Kind   string  `json:"k,omitzero"`
	Text   string  `json:"x,omitzero"` // its beginning
	Sender Address `json:"s,omitzero"` // who wrote it, in a group
	Phone  string  `json:"p,omitzero"` // his number, if known
	// Of is the message that this one speaks of: whoever answers an edit answers that.
	Of    string `json:"of,omitzero"`
	OfOwn bool   `json:"own,omitzero"`
	// Secret says that Text is masked: what the client quotes of it is not shown.
	Secret bool `json:"sec,omitzero"`
}

// quotedText is how much of a message a quote shows.
const quotedText = 200

func heardRef(conversation, ref string) ledger.Ref {
	return ledger.Ref{Kind: kindHeard, ID: conversation + "/" + ref}
}

// ownRef marks the messages of the linked phone.
const ownRef = "~own"

// hear notes where a message stands.
func hear(tx *ledger.Tx, c ticket.Conversation, m ClientMessage, number, letter string) error {
	h := heard{Ticket: number, Letter: letter, Kind: m.Kind, Text: Clean(m.Text, quotedText), Of: m.Target, OfOwn: m.TargetOwn, Secret: m.hasSecret}
	if m.Kind == kindOthersEdit || m.Kind == kindOthersDelete {
		h.Of, h.OfOwn = "", false // whoever answers it means its sender
	}
	if m.Group != nil {
		h.Sender, h.Phone = m.Group.Sender, m.Group.SenderPhone
	}
	data, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("encode message %s: %w", m.ID, err)
	}
	m.Unreadable = ""
	return tx.Put(heardRef(c.ID, inboxRef(m)), data)
}

// author is who wrote the message; own says that it was the desk.
func (h heard) author(own bool) author {
	switch {
	case own:
		return theDesk
	case h.Sender != "":
		return author{By: string(h.Sender), Phone: h.Phone}
	}
	return theClient
}

func loadHeard(tx *ledger.Tx, ref ledger.Ref) (h heard, ok bool, err error) {
	data, err := tx.Doc(ref)
	if err != nil || data == nil {
		return h, false, err
	}
	if err := json.Unmarshal(data, &h); err != nil {
		return h, false, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, ref, err)
	}
	return h, true, nil
}

// A spot is where a message of a conversation stands in Discord.
type spot struct {
	Ticket  string
	Letter  string // that became the message, or
	Message string // the message, when a person wrote it there
	Text    string
	Author  author
}

func (s spot) reference() *reference {
	if s.Letter == "" {
		return nil
	}
	return &reference{s.Ticket, s.Letter}
}

// spotOf finds a message by WhatsApp's id, whoever wrote it and in whichever ticket.
func spotOf(tx *ledger.Tx, c ticket.Conversation, id string, own bool) (s spot, ok bool, err error) {
	for range 3 { // a line about a message leads to the message
		h, found, err := heardIn(tx, c, id, own)
		if err != nil {
			return s, false, err
		}
		if !found {
			break
		}
		if h.Of == "" {
			return spot{Ticket: h.Ticket, Letter: h.Letter, Text: h.Text, Author: h.author(own)}, true, nil
		}
		id, own = h.Of, h.OfOwn
	}
	if !own {
		return s, false, nil
	}
	for _, number := range c.Latest() {
		letter, ok, err := tx.LetterByExt(number, id)
		if err != nil {
			return s, false, err
		}
		if !ok {
			continue
		}
		if message, _, byAgent := staffMessageOf(letter); byAgent {
			w, _, err := loadWords(tx, message)
			return spot{Ticket: number, Message: message, Text: w.Head, Author: theDesk}, true, err
		}
		// What halo said by itself has a line in the thread.
		return spot{Ticket: number, Letter: letter + "/note/0", Author: theDesk}, true, nil
	}
	return s, false, nil
}

// heardIn looks under every conversation that the person had.
func heardIn(tx *ledger.Tx, c ticket.Conversation, id string, own bool) (h heard, ok bool, err error) {
	id = shortID(id)
	if own {
		id += ownRef
	}
	for _, conv := range append([]string{c.ID}, c.Was...) {
		if h, ok, err = loadHeard(tx, heardRef(conv, id)); err != nil || ok {
			return h, ok, err
		}
	}
	return h, false, nil
}

// An aim is how a line in a thread points at a message.
type aim struct {
	ReplyTo string
	Answers *reference
	Line    string // in words, where Discord cannot: it stands in another thread or nowhere
}

// aimAt points from a ticket's thread at the message that something is about. quoted
// are its words as the other side showed them.
func (r *Relay) aimAt(tx *ledger.Tx, number string, s spot, found bool, quoted string) (a aim, err error) {
	if found && s.Ticket == number {
		return aim{ReplyTo: s.Message, Answers: s.reference()}, nil
	}
	words := excerpt(cmp.Or(strings.TrimSpace(quoted), s.Text), 120)
	if words != "" {
		words = ": “" + words + "”"
	}
	if !found {
		return aim{Line: "-# ↩️ Tentang pesan yang tidak ada di sini" + words}, nil
	}
	where := s.Ticket
	link, err := r.linkTo(tx, s)
	if err != nil {
		return a, err
	}
	if link != "" {
		where = "[" + where + "](" + link + ")"
	}
	return aim{Line: "-# ↩️ Tentang pesan di tiket " + where + words}, nil
}

// linkTo is the address of a message in Discord, "" when it has none.
func (r *Relay) linkTo(tx *ledger.Tx, s spot) (string, error) {
	t, ok, err := ticket.Load(tx, s.Ticket)
	if err != nil || !ok || t.Thread == "" || r.desk.Guild == "" {
		return "", err
	}
	message := s.Message
	if s.Letter != "" {
		st, _, err := tx.Status(s.Ticket, s.Letter)
		if err != nil {
			return "", err
		}
		message = st.Ext
	}
	if message == "" {
		return "", nil
	}
	return "https://discord.com/channels/" + r.desk.Guild + "/" + t.Thread + "/" + message, nil
}

// put gives the aim to the first message of several.
func (a aim) put(i int, content string, body sayBody) sayBody {
	body.Content = content
	if i == 0 {
		body.ReplyTo, body.Answers = a.ReplyTo, a.Answers
	}
	return body
}
