package bridge

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A Transition changes a ticket by the rules of package ticket, and its conversation
// where that has to follow. The conversation of a ticket without the bridge is empty.
type Transition func(t *ticket.Ticket, c *ticket.Conversation) ([]ledger.Event, error)

// Change makes a transition of the ticket with a number, with all that follows from it:
// the events are logged, timers set, indexes kept, and the world is told what the events
// say. Everything that changes a ticket goes through here, whoever asks for it: a person,
// the clock or a client; only which post shows it is noted where the post is made or lost
// (outcome.go). The error of the transition comes back as it is (a
// [*ticket.Refusal], mostly), and then nothing was written. A number that there is not
// gives [ErrNoTicket].
func (d Desk) Change(tx *ledger.Tx, number string, fn Transition) error {
	t, ok, err := ticket.Load(tx, number)
	if err != nil {
		return err
	}
	if !ok {
		return fmt.Errorf("%w: %s", ErrNoTicket, number)
	}
	var c ticket.Conversation
	if t.Conversation != "" {
		if c, ok, err = ticket.LoadConversation(tx, t.Conversation); err != nil {
			return err
		} else if !ok {
			return fmt.Errorf("%w: ticket %s has no conversation %s", ledger.ErrCorrupt, number, t.Conversation)
		}
	}
	before, conversation := t, c
	events, err := fn(&t, &c)
	if err != nil {
		return err
	}
	if err := d.keep(tx, before, &t, &c, events); err != nil {
		return err
	}
	if c.ID == "" || reflect.DeepEqual(c, conversation) {
		return nil // who writes to it now need not wait for us
	}
	return c.Save(tx)
}

// ErrNoTicket means that there is no ticket of a number.
var ErrNoTicket = errors.New("no such ticket")

// keep writes a ticket that was changed, with its events and timers, and tells the world.
// before is the ticket as it was loaded. The conversation follows, and is the caller's to
// save. What is told leaves in front of what the caller sends afterwards.
func (d Desk) keep(tx *ledger.Tx, before ticket.Ticket, t *ticket.Ticket, c *ticket.Conversation, events []ledger.Event) error {
	if t.IsTalk() {
		return d.keepTalk(tx, before, t, c, events)
	}
	events, returned, err := d.reportsReturn(tx, t, events)
	if err != nil {
		return err
	}
	if c.ID != "" {
		c.Follow(*t)
	}
	if len(events) > 0 {
		t.Step++
		told, err := d.tell(tx, before, t, c, events)
		if err != nil {
			return err
		}
		events = told
	}
	if t.Thread != "" && factsOf(before) != factsOf(*t) {
		RefreshCard(tx, t.Number)
	}
	if queuedOf(before) != queuedOf(*t) {
		d.RefreshPanel(tx)
	}
	if err := shelve(tx, before, *t); err != nil {
		return err
	}
	if err := track(tx, before, *t); err != nil {
		return err
	}
	refreshReports(tx, before, *t)
	if err := d.surveyTurns(tx, before, *t, c); err != nil {
		return err
	}
	if err := t.Keep(tx, before, events, d.policy(), d.hours()); err != nil {
		return err
	}
	return d.reportsHear(tx, before, *t, returned)
}
