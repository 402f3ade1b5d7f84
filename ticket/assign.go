package ticket

import (
	"time"

	"github.com/haloerzap/halo/ledger"
)

const mostAgents = 10

// Accept gives the ticket to who pressed the button, before opening time too; it is
// the human sign that a first response needs. When somebody else was faster the
// [Refusal] names him. A ticket whose agent was silent goes over to who accepts it.
func (t *Ticket) Accept(user string, at time.Time) ([]ledger.Event, error) {
	switch {
	case t.State == Closed:
		return nil, refuse("closed")
	case user == "":
		return nil, refuse("nobody")
	case t.Agent == user:
		if t.Silent {
			t.heard(at)
		}
		return t.responded(user, at), nil
	case t.Agent != "" && !t.Silent:
		return nil, &Refusal{Key: "taken", Who: t.Agent}
	}
	return append(t.accept(user, "button", at), t.responded(user, at)...), nil
}

// Take gives a ticket that nobody has to who writes to its client: the first reply
// accepts. The human sign follows when WhatsApp took it ([Ticket.StaffWrote]).
func (t *Ticket) Take(user string, at time.Time) []ledger.Event {
	if t.IsTalk() || t.State == Closed || user == "" || t.Agent != "" && !t.Silent || t.Agent == user {
		return nil
	}
	return t.accept(user, "reply", at)
}

func (t *Ticket) accept(user, how string, at time.Time) []ledger.Event {
	from := t.Agent
	t.assign(user, at)
	t.keep(user)
	return []ledger.Event{event(at, "accepted", user, "how", how, "from", from)}
}

// Transfer gives the ticket to somebody else. It is no sign the client gets.
func (t *Ticket) Transfer(to, by string, at time.Time) ([]ledger.Event, error) {
	return t.move("transferred", to, by, at)
}

// TakeOver takes the ticket from its agent; without one it is [Ticket.Accept].
func (t *Ticket) TakeOver(user string, at time.Time) ([]ledger.Event, error) {
	if t.Agent == "" {
		return t.Accept(user, at)
	}
	return t.move("taken_over", user, user, at)
}

func (t *Ticket) move(what, to, by string, at time.Time) ([]ledger.Event, error) {
	switch {
	case t.State == Closed:
		return nil, refuse("closed")
	case to == "":
		return nil, refuse("nobody")
	case t.Agent == to:
		return nil, nil
	}
	from := t.Agent
	t.assign(to, at)
	t.keep(to)
	return []ledger.Event{event(at, what, by, "from", from, "to", to)}, nil
}

// Release takes the ticket, or its offer, from somebody who cannot keep it, as when he
// goes off duty: it looks for another. note is for who gets it next. Whoever has
// neither releases nothing.
func (t *Ticket) Release(user, note string, at time.Time) ([]ledger.Event, error) {
	switch {
	case user == "" || t.State == Closed:
		return nil, nil
	case t.Agent == user:
		t.letGo(user, at)
		t.assign("", at)
		t.want(at)
		return []ledger.Event{event(at, "released", user, "note", note)}, nil
	case t.OfferedTo == user && t.offerable() == nil:
		t.letGo(user, at)
		t.want(at)
		return []ledger.Event{event(at, "offer_declined", user, "note", note)}, nil
	}
	return nil, nil
}

// assign changes the agent, and the search ends.
func (t *Ticket) assign(user string, at time.Time) {
	if t.Agent != "" {
		t.Agents = with(without(t.Agents, t.Agent), t.Agent, mostAgents)
	}
	t.Agent, t.AgentSince, t.OnPhone = user, at, false
	t.found()
	t.settle()
}

// heard ends the search for another agent: this one is there.
func (t *Ticket) heard(at time.Time) {
	t.AgentSince = at
	t.found()
	t.keep(t.Agent)
}

// keep forgets that somebody once let the ticket go: he has it now.
func (t *Ticket) keep(user string) {
	var offers []Offered
	for _, o := range t.Offers {
		o.LetGo = o.LetGo && o.To != user
		offers = append(offers, o)
	}
	t.Offers = offers
}
