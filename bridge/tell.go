package bridge

import (
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// What the world is told of a change is a function of its events: a timer, a button and a
// client's word that lead to the same event say the same.

// A telling is one change being told.
type telling struct {
	desk   Desk
	tx     *ledger.Tx
	before ticket.Ticket
	t      *ticket.Ticket
	c      *ticket.Conversation
	events []ledger.Event // of the change; a telling may add what follows from one
	n      int            // things said so far: names them
	lines  int            // of them in the thread
	base   string         // names what is said; "" for the ticket's own change
}

// A Mention is whom a line calls.
type Mention struct{ Users, Roles []string }

// tell says what events mean to the client, in the thread, and in the post's tags. It
// returns the events with what followed from them.
func (d Desk) tell(tx *ledger.Tx, before ticket.Ticket, t *ticket.Ticket, c *ticket.Conversation, events []ledger.Event) ([]ledger.Event, error) {
	s := &telling{desk: d, tx: tx, before: before, t: t, c: c, events: events}
	for i := 0; i < len(s.events); i++ {
		if what, ok := tellings[s.events[i].What]; ok {
			if err := what(s, s.events[i]); err != nil {
				return nil, fmt.Errorf("tell %s of ticket %s: %w", s.events[i].What, t.Number, err)
			}
		}
	}
	if before.Number == "" || t.IsTalk() && t.Posts == 0 {
		return s.events, nil // the post is made with its tag
	}
	closed := t.State == ticket.Closed
	// A line opens a post in the archive: it goes back there.
	if shown := t.Tag(); shown != before.Tag() || closed != (before.State == ticket.Closed) || closed && s.lines > 0 {
		tx.Send(Tags(t.Number, s.id("tag"), shown, closed))
	}
	return s.events, nil
}

// id names the next thing said by this change.
func (s *telling) id(what string) string {
	s.n++
	base := s.base
	if base == "" {
		base = fmt.Sprintf("t/%s/%d", s.t.Number, s.t.Step)
	}
	return fmt.Sprintf("%s/%d.%s", base, s.n, what)
}

// putBack returns a closed ticket's post to the archive, which what was said opened.
func (s *telling) putBack() {
	if s.lines > 0 && s.t.State == ticket.Closed {
		s.tx.Send(Tags(s.t.Number, s.id("tag"), s.t.Tag(), true))
	}
}

// follow adds an event that follows from one that was told.
func (s *telling) follow(events []ledger.Event) { s.events = append(s.events, events...) }

// has reports whether an event of a name belongs to the change, as far as is known.
func (s *telling) has(what string) bool {
	for _, e := range s.events {
		if e.What == what {
			return true
		}
	}
	return false
}

// bridged reports whether the ticket has a client to be written to.
func (s *telling) bridged() bool { return s.t.Channel == ticket.WhatsApp && s.c.ID != "" }

// say sends a standard sentence to the client and shows it in the thread. A sentence that
// the desk has left empty is not said.
func (s *telling) say(key string, vars map[string]string) error {
	if !s.bridged() || s.desk.Sentences[key] == "" {
		return nil
	}
	text, err := s.desk.Sentences.Render(key, ticket.Indonesian, vars)
	if err != nil {
		return err
	}
	s.lines++
	s.desk.sentence(s.tx, *s.c, s.t.Number, s.id(key), key, text)
	return nil
}

// sayAll sends sentences without variables, one after the other.
func (s *telling) sayAll(keys ...string) error {
	for _, key := range keys {
		if err := s.say(key, nil); err != nil {
			return err
		}
	}
	return nil
}

// ask sends a poll whose question is a standard sentence, and shows it in the thread. One
// that lacks a text is not asked.
func (s *telling) ask(key string, options []string) {
	question := s.desk.Sentences[key]
	if !s.bridged() || question == "" {
		return
	}
	var shown strings.Builder
	shown.WriteString("-# 🤖 Pertanyaan otomatis kepada klien:\n" + quote(ToDiscord(question)))
	for _, o := range options {
		if o == "" {
			return
		}
		shown.WriteString("\n" + quote("▫️ "+ToDiscord(o)))
	}
	id := s.id(key)
	l := letter(id, ClientLane(s.c.ID), s.t.Number, kindPoll, pollBody{Poll: Poll{Question: question, Options: options, Choices: 1}, Say: key})
	l.Ext = s.desk.MessageID(id)
	s.tx.Send(l)
	s.tx.Log(s.t.Number, ledger.Event{What: "said", By: "halo", Ref: l.Ext, Data: map[string]string{"text": question, "sentence": key}})
	s.lines++
	s.tx.Send(Note(s.t.Number, id+"/note/0", shown.String()))
}

// line writes into the thread, and calls whom it has to reach. What is too long for one
// message goes on in another, which has the buttons.
func (s *telling) line(content string, to Mention, buttons ...Button) {
	s.lines++
	parts := Split(content, discordLimit)
	for i, part := range parts {
		body := sayBody{Content: part, PingUsers: to.Users, PingRoles: to.Roles}
		if i == len(parts)-1 {
			body.Buttons = buttons
		}
		s.tx.Send(letter(s.id("line"), ThreadLane(s.t.Number), s.t.Number, kindSay, body))
	}
}

// agent is the client-facing name of a member of the staff.
func (s *telling) agent(user string) (string, error) {
	d, err := ticket.LoadDuty(s.tx, user)
	if err != nil || d.Name != "" {
		return d.Name, err
	}
	if s.desk.Names.User != nil {
		if name := Clean(s.desk.Names.User(user), 40); name != "" {
			return name, nil
		}
	}
	return "Customer Service", nil
}

// at is the time of the change.
func (s *telling) at() time.Time { return s.tx.Now() }
