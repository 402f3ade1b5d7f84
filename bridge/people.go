package bridge

import (
	"slices"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Person is who a ticket is of, and is made known if the client only has a chat so far:
// then by identifies him. ok is false for a ticket of nobody known, as of a client who
// phoned and was not entered.
func (d Desk) Person(tx *ledger.Tx, number, by string) (c customer.Contact, ok bool, err error) {
	t, ok, err := ticket.Load(tx, number)
	if err != nil || !ok {
		return c, false, err
	}
	if t.Contact != "" {
		if c, ok, err = customer.Load(tx, t.Contact); err != nil || ok {
			return c, ok, err
		}
	}
	if t.Conversation == "" {
		return c, false, nil
	}
	conv, ok, err := ticket.LoadConversation(tx, t.Conversation)
	if err != nil || !ok || slices.Contains(d.Groups, conv.Reply) {
		return c, false, err
	}
	who := customer.Who{Chats: append([]string{conv.ID}, conv.Was...), Push: conv.Name, Phone: phoneOf(conv.Phone)}
	if c, _, err = customer.Find(tx, contactID(conv.ID), who); err != nil {
		return c, false, err
	}
	return c, true, d.identify(tx, number, c, by)
}

func (d Desk) identify(tx *ledger.Tx, number string, c customer.Contact, by string) error {
	return d.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.Identify(c.ID, c.Customer, by, tx.Now()), nil
	})
}

// PersonChanged makes the open tickets of a person, and those further ones, follow what is
// known of him now: whose they are, and what their cards show.
func (d Desk) PersonChanged(tx *ledger.Tx, c customer.Contact, by string, further ...string) error {
	numbers := slices.Clone(further)
	for _, chat := range c.Chats {
		conv, ok, err := ticket.LoadConversation(tx, chat)
		if err != nil {
			return err
		}
		if ok {
			numbers = append(numbers, append([]string{conv.Open}, conv.Also...)...)
		}
	}
	slices.Sort(numbers)
	for _, number := range slices.Compact(numbers) {
		if number == "" {
			continue
		}
		t, ok, err := ticket.Load(tx, number)
		if err != nil {
			return err
		}
		if !ok || t.State == ticket.Closed {
			continue
		}
		if err := d.identify(tx, number, c, by); err != nil {
			return err
		}
		RefreshCard(tx, number)
	}
	return nil
}

// IntakeNote writes a line into the intake channel, where staff and sales see who wrote.
func IntakeNote(id, content string) ledger.Letter {
	return letter(id, ChannelLane("intake"), ledger.DeskLog, kindSay, sayBody{Content: content})
}
