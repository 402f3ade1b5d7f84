package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A changed ticket is one after a transition.
type changed struct {
	ticket.Ticket
	Events []ledger.Event // empty when nothing had to change
}

// change makes a transition of the ticket in whose thread something was asked for, and
// tells the world. What a rule forbids comes back as a sentence for the person who asked.
// Several changes of one interaction are told apart by part.
func (d *Desk) change(ctx context.Context, i Interaction, part string, fn func(tx *ledger.Tx, t *ticket.Ticket, c *ticket.Conversation) ([]ledger.Event, error)) (changed, error) {
	var out changed
	err := d.once(ctx, i, part, func(tx *ledger.Tx) error {
		number, err := d.numberHere(tx, i)
		if err != nil {
			return err
		}
		return d.transit(tx, number, &out, fn)
	})
	return out, d.led(i, err)
}

// changeOf is change for a ticket by its number.
func (d *Desk) changeOf(ctx context.Context, i Interaction, number, part string, fn func(tx *ledger.Tx, t *ticket.Ticket, c *ticket.Conversation) ([]ledger.Event, error)) (changed, error) {
	var out changed
	err := d.once(ctx, i, part, func(tx *ledger.Tx) error { return d.transit(tx, number, &out, fn) })
	return out, d.said(i, err)
}

func (d *Desk) transit(tx *ledger.Tx, number string, out *changed, fn func(tx *ledger.Tx, t *ticket.Ticket, c *ticket.Conversation) ([]ledger.Event, error)) error {
	return d.bridge.Change(tx, number, func(t *ticket.Ticket, c *ticket.Conversation) ([]ledger.Event, error) {
		events, err := fn(tx, t, c)
		*out = changed{*t, events}
		return events, err
	})
}

// said turns what a rule forbids into a sentence for the person who asked.
func (d *Desk) said(i Interaction, err error) error {
	if r, ok := errors.AsType[*ticket.Refusal](err); ok {
		return Refusal(r.Say(i.English()))
	}
	if r, ok := errors.AsType[*escalation.Refusal](err); ok {
		return Refusal(r.Say(i.English()))
	}
	if errors.Is(err, bridge.ErrNoFollowUp) {
		return noCard(i)
	}
	if errors.Is(err, bridge.ErrNoReport) {
		return Refusal(i.say("Laporan itu tidak ditemukan.", "There is no such report."))
	}
	if errors.Is(err, bridge.ErrNoTicket) {
		return Refusal(i.say("Tiket itu tidak ditemukan. Periksa nomornya, misalnya dengan /ticket find.", "There is no such ticket. Check its number, for example with /ticket find."))
	}
	return err
}

// numberHere is the number of the ticket in whose thread something was asked for. A talk
// is none.
func (d *Desk) numberHere(tx *ledger.Tx, i Interaction) (string, error) {
	number, err := d.threadHere(tx, i)
	if err != nil {
		return "", err
	}
	t, _, err := ticket.Load(tx, number)
	if err != nil {
		return "", err
	}
	return number, d.noTalk(i, t)
}

// ofReport refuses what belongs to a ticket in the post of a report.
func ofReport(i Interaction, th ticket.Thread) error {
	if th.Ticket != "" {
		return nil
	}
	return Refusal(i.say("Ini post sebuah laporan. Lakukan ini di thread tiketnya; tautannya ada di pesan pertama post ini.",
		"This is the post of a report. Do this in the thread of its ticket; the first message of this post leads there."))
}

// here is the ticket in whose thread something was asked for, as it stands. A talk is none.
func (d *Desk) here(ctx context.Context, i Interaction) (ticket.Ticket, error) {
	t, err := d.threadTicket(ctx, i)
	if err != nil {
		return t, err
	}
	return t, d.noTalk(i, t)
}

// threadTicket is the ticket or talk in whose thread something was asked for, as it stands.
func (d *Desk) threadTicket(ctx context.Context, i Interaction) (ticket.Ticket, error) {
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: ticket.KindThread, ID: i.Channel})
	if err != nil {
		return ticket.Ticket{}, err
	}
	if doc.Data == nil {
		return ticket.Ticket{}, Refusal(i.say("Ini hanya berlaku di thread sebuah tiket.", "This works only in the thread of a ticket."))
	}
	th, err := ticket.DecodeThread(i.Channel, doc.Data)
	if err != nil {
		return ticket.Ticket{}, err
	}
	if err := ofReport(i, th); err != nil {
		return ticket.Ticket{}, err
	}
	return d.ticket(ctx, th.Ticket)
}

// ticket is a ticket as it stands.
func (d *Desk) ticket(ctx context.Context, number string) (ticket.Ticket, error) {
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: number})
	if err != nil || doc.Data == nil {
		return ticket.Ticket{}, cmp.Or(err, fmt.Errorf("%w: %s", bridge.ErrNoTicket, number))
	}
	return ticket.Decode(doc.Data)
}
