package bridge

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A ticket is made of what a client wrote in a talk: he answered a follow-up with a
// problem. His words are shown there again, because agents do not see the talk.

// A TalkWord is something that a client wrote in a talk.
type TalkWord struct {
	Ref  string // WhatsApp's id
	Text string
	At   time.Time
}

// mostTalkWords bounds what goes over into a ticket: the last ones.
const mostTalkWords = 20

// TalkWords are what the client wrote in a talk, the oldest first, as far as it may go over
// into a ticket.
func TalkWords(ctx context.Context, from Records, talk string) (words []TalkWord, err error) {
	for e, err := range from.Events(ctx, talk) {
		if err != nil {
			return nil, fmt.Errorf("read the log of %s: %w", talk, err)
		}
		if kind := e.Data["kind"]; e.What == "client_wrote" && (!slices.Contains(echoes, kind) || kind == KindEdit) {
			words = append(words, TalkWord{e.Ref, e.Data["text"], e.At})
		}
	}
	return words[max(0, len(words)-mostTalkWords):], nil
}

// kindTalkTicket documents hold the number of the ticket that was made of a message in a
// talk, by the talk and the message.
const kindTalkTicket ledger.Kind = "talkticket"

type talkTicket struct {
	V      int    `json:"v"`
	Ticket string `json:"ticket"`
}

// TicketOfTalk opens a ticket for the client of a talk with what he wrote from a message
// of the thread (its Discord id) on. Where he has an open ticket it goes there. words are
// those of [TalkWords], read before. Of one message only one ticket is made: fresh is false
// for who asks again. A talk without a chat gives a [*ticket.Refusal], a number that is no
// talk's [ErrNoTicket].
func (d Desk) TicketOfTalk(tx *ledger.Tx, talk, message, by string, words []TalkWord) (t ticket.Ticket, fresh bool, err error) {
	from, ok, err := ticket.Load(tx, talk)
	switch {
	case err != nil:
		return t, false, err
	case !ok || !from.IsTalk():
		return t, false, fmt.Errorf("%w: %s", ErrNoTicket, talk)
	case from.Conversation == "":
		return t, false, &ticket.Refusal{Key: "no_bridge"}
	}
	done, ref, err := talkTicketOf(tx, talk, message)
	if err != nil || done != "" {
		t, _, err = ticket.Load(tx, done)
		return t, false, err
	}
	if words, err = d.wordsFrom(tx, talk, message, words); err != nil {
		return t, false, err
	}
	c, err := goingOn(tx, from.Conversation)
	if err != nil {
		return t, false, err
	}
	if t, err = d.intoTicketOf(tx, &c, from, by, words); err != nil {
		return t, false, err
	}
	data, err := json.Marshal(talkTicket{V: 1, Ticket: t.Number})
	if err != nil {
		return t, false, fmt.Errorf("encode the ticket made of %s: %w", talk, err)
	}
	if err := tx.Put(ref, data); err != nil {
		return t, false, err
	}
	tx.Log(talk, ledger.Event{At: tx.Now(), What: "talk_ticket", By: by, Ref: message, Data: map[string]string{"ticket": t.Number}})
	tx.Send(noticeOn(talk, "ft/"+talk+"/"+message, message, "🎫 "+user(by)+" menjadikan pesan ini tiket "+placeOf(t)+
		". Pesan klien berikutnya masuk ke tiket itu sampai ditutup; agen membalasnya di sana."))
	return t, true, nil
}

func talkTicketOf(tx *ledger.Tx, talk, message string) (number string, ref ledger.Ref, err error) {
	ref = ledger.Ref{Kind: kindTalkTicket, ID: talk + "/" + message}
	data, err := tx.Doc(ref)
	if err != nil || data == nil {
		return "", ref, err
	}
	var made talkTicket
	if err := json.Unmarshal(data, &made); err != nil {
		return "", ref, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, ref, err)
	}
	return made.Ticket, ref, nil
}

// goingOn is the conversation that goes on for one.
func goingOn(tx *ledger.Tx, id string) (c ticket.Conversation, err error) {
	for range 10 { // a person has a handful of addresses at most
		var ok bool
		if c, ok, err = ticket.LoadConversation(tx, id); err != nil || !ok || c.Into == "" {
			return c, cmp.Or(err, missing(ok, id))
		}
		id = c.Into
	}
	return c, fmt.Errorf("%w: conversation %s goes on in a circle", ledger.ErrCorrupt, id)
}

func missing(ok bool, id string) error {
	if ok {
		return nil
	}
	return fmt.Errorf("%w: there is no conversation %s", ledger.ErrCorrupt, id)
}

// wordsFrom are the words from the one on that a message of the thread shows; all, if it
// shows none of them.
func (d Desk) wordsFrom(tx *ledger.Tx, talk, message string, words []TalkWord) ([]TalkWord, error) {
	letter, ok, err := tx.LetterByExt(talk, message)
	if err != nil || !ok {
		return words, err
	}
	if _, ref, ok := clientMessageOf(letter); ok {
		if i := slices.IndexFunc(words, func(w TalkWord) bool { return w.Ref == ref }); i >= 0 {
			return words[i:], nil
		}
	}
	return words, nil
}

// intoTicketOf opens a ticket of a conversation with words of a talk, or takes its open
// one.
func (d Desk) intoTicketOf(tx *ledger.Tx, c *ticket.Conversation, from ticket.Ticket, by string, words []TalkWord) (t ticket.Ticket, err error) {
	before := ticket.Ticket{}
	var events []ledger.Event
	if c.Open != "" {
		ok := false
		if t, ok, err = ticket.Load(tx, c.Open); err != nil {
			return t, err
		}
		if ok && t.State != ticket.Closed {
			before = t
		}
	}
	opens := before.Number == ""
	if opens {
		number, err := d.number(tx)
		if err != nil {
			return t, err
		}
		t = ticket.Open(c, number, tx.Now())
		events = append(events, ledger.Event{At: tx.Now(), What: "opened", By: by, Data: map[string]string{"conversation": c.ID, "talk": from.Number}})
		events = append(events, t.Identify(from.Contact, from.Customer, by, tx.Now())...)
		tx.Send(OpenPost(t.Number, t.Posts))
		tx.Index(ticket.IndexUnposted, t.Number, tx.Now().UnixMilli())
	}
	if err := d.showTalkWords(tx, *c, t.Number, from, by, words); err != nil {
		return t, err
	}
	if opens {
		if err := (&Relay{desk: d}).autoText(tx, *c, t.Number); err != nil {
			return t, err
		}
	}
	waits, err := t.ClientWrote(tx.Now(), false)
	if err != nil {
		return t, err
	}
	for _, w := range words {
		t.Begin(Clean(w.Text, 160))
	}
	if err := d.keep(tx, before, &t, c, append(events, waits...)); err != nil {
		return t, err
	}
	return t, c.Save(tx)
}

// showTalkWords shows in a ticket what the client wrote in a talk.
func (d Desk) showTalkWords(tx *ledger.Tx, c ticket.Conversation, number string, from ticket.Ticket, by string, words []TalkWord) error {
	who := cmp.Or(strings.TrimSpace(ToDiscord(strings.ReplaceAll(c.Name, signPhone, ""))), "Klien")
	tx.Send(Note(number, "ft/"+from.Number+"/"+number, "-# 🎫 Dibuat oleh "+user(by)+" dari jawaban klien atas tindak lanjut "+placeOf(from)+"."))
	for n, w := range words {
		var files []fileRef
		for _, conv := range append([]string{c.ID, from.Conversation}, c.Was...) {
			key := "w/" + conv + "/" + shortID(w.Ref)
			if _, ok, err := loadFile(tx, key); err != nil {
				return err
			} else if ok {
				files = []fileRef{{Key: key}}
				break
			}
		}
		text := below("**"+who+"** · "+dayTime(w.At), quoted(w.Text))
		for i, part := range Split(text, textLimit(files)) {
			body := sayBody{Content: part}
			if i == 0 {
				body.Files = files
			}
			tx.Send(sayLetter(fmt.Sprintf("ft/%s/%s/%s/%d.%d", from.Number, number, shortID(w.Ref), n, i), number, body))
		}
	}
	return nil
}

func quoted(text string) string {
	if strings.TrimSpace(text) == "" {
		return ""
	}
	return quote(ToDiscord(text))
}
