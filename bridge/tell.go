package bridge

import (
	"fmt"
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
	if shown := t.Tag(); shown != before.Tag() || (t.State == ticket.Closed) != (before.State == ticket.Closed) {
		tx.Send(Tags(t.Number, s.id("tag"), shown, t.State == ticket.Closed))
	}
	return s.events, nil
}

// id names the next thing said by this change.
func (s *telling) id(what string) string {
	s.n++
	return fmt.Sprintf("t/%s/%d/%d.%s", s.t.Number, s.t.Step, s.n, what)
}

// follow adds an event that follows from one that was told.
func (s *telling) follow(events []ledger.Event) { s.events = append(s.events, events...) }

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
	s.desk.sentence(s.tx, *s.c, s.t.Number, s.id(key), key, text)
	return nil
}

// line writes into the thread, and calls whom it has to reach.
func (s *telling) line(content string, to Mention, buttons ...Button) {
	s.tx.Send(letter(s.id("line"), ThreadLane(s.t.Number), s.t.Number, kindSay, sayBody{
		Content: content, PingUsers: to.Users, PingRoles: to.Roles, Buttons: buttons,
	}))
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

// tellings are what is said of an event, by its name; the others need no words.
var tellings map[string]func(*telling, ledger.Event) error

// An initialisation cycle forbids the table in the declaration.
func init() {
	tellings = map[string]func(*telling, ledger.Event) error{
		"accepted": (*telling).accepted,
		"closed":   (*telling).closed,

		"scheduled_due": (*telling).scheduledDue,
	}
}

// accepted greets the client, and says in the thread who has it.
func (s *telling) accepted(e ledger.Event) error {
	s.line("✋ <@"+e.By+"> menangani tiket ini.", Mention{})
	greet := s.desk.Greet
	if e.Data["how"] == "merge" || e.Data["from"] != "" || greet == GreetNever || greet == "" || greet == GreetButton && e.Data["how"] != "button" {
		return nil
	}
	name, err := s.agent(e.By)
	if err != nil {
		return err
	}
	if err := s.say(ticket.SayGreeting, map[string]string{"agent": name}); err != nil {
		return err
	}
	return s.say(ticket.SayReceived, nil)
}

// closed says who closed it.
func (s *telling) closed(e ledger.Event) error {
	s.line("🔒 Tiket ditutup oleh <@"+e.By+">.", Mention{})
	return nil
}
