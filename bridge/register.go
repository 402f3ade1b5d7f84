package bridge

import (
	"fmt"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A Registration is a concern that reached the desk without the bridge.
type Registration struct {
	ID      string // of the contact, if the number is a new one
	Channel ticket.Channel
	Name    string
	Phone   customer.Phone // "" for unknown
	Summary string         // "" for none
	By      string         // who registers it: it is his
}

// Register opens a ticket for a client who phoned, wrote elsewhere or came, and asks for
// its post. A number leads to its contact, or makes one. [ticket.Refusal] for a channel
// that has tickets of its own.
func (d Desk) Register(tx *ledger.Tx, r Registration) (ticket.Ticket, error) {
	number, err := d.number(tx)
	if err != nil {
		return ticket.Ticket{}, err
	}
	t, events, err := ticket.Register(number, r.Channel, Clean(r.Name, 60), string(r.Phone), r.By, tx.Now())
	if err != nil {
		return t, err
	}
	if r.Phone != "" {
		c, _, err := customer.Find(tx, r.ID, customer.Who{Phone: r.Phone, Push: Clean(r.Name, 60)})
		if err != nil {
			return t, fmt.Errorf("find the contact of a new ticket: %w", err)
		}
		events = append(events, t.Identify(c.ID, c.Customer, r.By, tx.Now())...)
	}
	accepted, err := t.Accept(r.By, tx.Now())
	if err != nil {
		return t, err
	}
	tx.Send(OpenPost(t.Number, t.Posts))
	tx.Index(ticket.IndexUnposted, t.Number, tx.Now().UnixMilli())
	if r.Summary != "" {
		tx.Send(Note(t.Number, "registered/"+t.Number, "📝 "+inert(r.Summary)))
		events[0].Data["summary"] = r.Summary
	}
	return t, d.keep(tx, ticket.Ticket{}, &t, &ticket.Conversation{}, append(events, accepted...))
}

// number is the next of the desk's ticket numbers.
func (d Desk) number(tx *ledger.Tx) (string, error) {
	local := tx.Now().In(d.Zone)
	n, err := tx.Next("ticket-" + local.Format("060102"))
	if err != nil {
		return "", fmt.Errorf("number a ticket: %w", err)
	}
	return ticket.Number(d.Prefix, local, n), nil
}
