package bridge

import (
	"context"
	"fmt"
	"slices"
	"time"

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
	if why := unfitPerson(c, ""); why == unfitBlocked || why == unfitOptedOut {
		if err := d.DropOutreachTo(tx, c.ID, why); err != nil {
			return err
		}
	}
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

// followsCompany is for how long after its opening a ticket's card follows its company at
// once; what stays open for longer is shown anew with its own next change.
const followsCompany = 60 * 24 * time.Hour

// CompanyChanged asks that the cards of a company's open tickets be shown anew, whoever of
// its people they are of.
func (d Desk) CompanyChanged(tx *ledger.Tx, company string) error {
	if d.Members == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	all, err := d.Members(ctx, TicketsOfCompany(company), tx.Now().Add(-followsCompany).UnixMilli())
	if err != nil {
		return fmt.Errorf("look for the tickets of a company: %w", err)
	}
	open, err := d.members(ticket.IndexOpen)
	if err != nil {
		return fmt.Errorf("look for open tickets: %w", err)
	}
	for _, number := range all {
		if slices.Contains(open, number) {
			RefreshCard(tx, number)
		}
	}
	return nil
}

// IntakeNote writes a line into the intake channel, where staff and sales see who wrote.
func IntakeNote(id, content string) ledger.Letter {
	return letter(id, ChannelLane("intake"), ledger.DeskLog, kindSay, sayBody{Content: content})
}
