package bot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// mergeTicket closes the ticket of the thread because another one goes on for it.
func (d *Desk) mergeTicket(ctx context.Context, i Interaction) (Answer, error) {
	into := strings.ToUpper(strings.TrimSpace(i.Options["into"]))
	if i.Button != "" {
		into = i.chosen()
	}
	if into == "" {
		return d.mergeChoice(ctx, i)
	}
	merged, from := false, ""
	err := d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		if from, err = d.numberHere(tx, i); err != nil {
			return err
		}
		merged, err = d.bridge.Merge(tx, into, from, i.User)
		return err
	})
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	one, err := d.ticket(ctx, into)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	if !merged {
		return Answer{Text: i.say("Tiket ini sudah digabungkan ke "+link(one)+".", "This ticket was merged into "+link(one)+" already.")}, nil
	}
	return Answer{Text: i.say("🔀 Tiket "+from+" digabungkan. Lanjutkan di "+link(one)+".", "🔀 Ticket "+from+" was merged. Go on in "+link(one)+".")}, nil
}

// mergeChoice offers the other open tickets of the contact.
func (d *Desk) mergeChoice(ctx context.Context, i Interaction) (Answer, error) {
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	others, err := d.siblings(ctx, t)
	if err != nil {
		return Answer{}, err
	}
	if len(others) == 0 {
		return Answer{Text: i.say("Kontak ini tidak punya tiket terbuka yang lain. Tiket lain disebut nomornya: /ticket merge into:.",
			"This contact has no other open ticket. Name another one by its number: /ticket merge into:.")}, nil
	}
	var choices []Choice
	for _, o := range others {
		label := bridge.Clean(o.Title, 100)
		choices = append(choices, Choice{Value: o.Number, Label: both(label, label), Emoji: "🎫"})
	}
	return Answer{
		Text: i.say("Tiket mana yang berlanjut? Tiket "+t.Number+" ditutup, dan pesan klien berikutnya masuk ke tiket yang dipilih.",
			"Which ticket goes on? Ticket "+t.Number+" is closed, and what the client writes next goes to the one you choose."),
		Selects: []Select{{ID: buttonMerge, Hint: i.say("Gabungkan ke …", "Merge into …"), Options: choices}},
	}, nil
}

const mostSiblings = 20

// siblings are the other open tickets of a ticket's contact.
func (d *Desk) siblings(ctx context.Context, t ticket.Ticket) (all []ticket.Ticket, err error) {
	var numbers []string
	if t.Conversation != "" {
		c, err := d.talk(ctx, t.Conversation)
		if err != nil {
			return nil, err
		}
		numbers = append(c.Also, c.Open)
	}
	if t.Contact != "" {
		rows, err := d.store.Rows(ctx, Page{Index: bridge.TicketsOf(t.Contact), Down: true, Limit: mostSiblings})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			numbers = append(numbers, row.Member)
		}
	}
	slices.Sort(numbers)
	for _, number := range slices.Compact(numbers) {
		if number == "" || number == t.Number || len(all) == mostSiblings {
			continue
		}
		o, err := d.ticket(ctx, number)
		if errors.Is(err, bridge.ErrNoTicket) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if o.State != ticket.Closed && o.State != ticket.Resolved {
			all = append(all, o)
		}
	}
	return all, nil
}

// talk is a conversation as it stands, or the one that goes on for it.
func (d *Desk) talk(ctx context.Context, id string) (c ticket.Conversation, err error) {
	for range 10 { // a person has a handful of addresses at most
		doc, err := d.store.Doc(ctx, ledger.Ref{Kind: ticket.KindConversation, ID: id})
		if err != nil || doc.Data == nil {
			return ticket.Conversation{}, err
		}
		if c, err = ticket.DecodeConversation(doc.Data); err != nil || c.Into == "" {
			return c, err
		}
		id = c.Into
	}
	return c, nil
}
