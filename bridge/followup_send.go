package bridge

import (
	"slices"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// followUpOutreach names the message of a follow-up among all that the desk sends first.
func followUpOutreach(id string) string { return "followup/" + id }

// worthFor is how long a reminder that waits for its turn is worth sending.
const worthFor = 7 * 24 * time.Hour

// sendFollowUp asks that the message of a follow-up be sent when it enters the queue, and
// takes it out when it leaves the queue unsent.
func (d Desk) sendFollowUp(tx *ledger.Tx, before, f customer.FollowUp) error {
	was, is := before.State == customer.FollowUpQueued, f.State == customer.FollowUpQueued
	switch {
	case was == is:
		return nil
	case !is && f.Sent.IsZero():
		return d.DropOutreach(tx, followUpOutreach(f.ID), unqueued(f))
	case !is:
		return nil
	}
	o := customer.Outreach{
		ID: followUpOutreach(f.ID), Kind: customer.OutreachFollowUp, Customer: f.Customer, Contact: f.Contact, Conversation: f.Conversation,
		Ref: f.ID, Log: f.ID, Text: f.Text, By: f.By, Asked: tx.Now(),
	}
	if f.Kind == customer.Reminder {
		o.Kind, o.Until = customer.OutreachReminder, tx.Now().Add(worthFor)
	}
	return d.Approach(tx, o)
}

// unqueued is why a message is not wanted any more.
func unqueued(f customer.FollowUp) string {
	switch f.State {
	case customer.FollowUpAnswered:
		return "answered"
	case customer.FollowUpSkipped:
		return "skipped"
	case customer.FollowUpDone:
		return "recorded"
	}
	return "returned"
}

// followUpReached is told what became of the message of a follow-up: WhatsApp took it, or
// it was dropped.
func (d Desk) followUpReached(tx *ledger.Tx, o customer.Outreach) error {
	err := d.ChangeFollowUp(tx, o.Ref, func(f *customer.FollowUp) ([]ledger.Event, error) {
		if o.State == customer.OutreachDropped || o.Why != "" {
			return d.unsent(tx, f, o.Why)
		}
		events := f.Leave(tx.Now())
		if f.State == customer.FollowUpSent && f.Kind == customer.Reorder && f.Reminded.IsZero() {
			f.Remind = d.hours().Add(tx.Now(), d.followUps().Silent)
		}
		return events, nil
	})
	return knownFollowUp(err)
}

// unsent takes in that a message was dropped. Nobody looks after a reminder: it is over.
func (d Desk) unsent(tx *ledger.Tx, f *customer.FollowUp, why string) ([]ledger.Event, error) {
	if f.State != customer.FollowUpQueued {
		return nil, nil
	}
	if f.Kind == customer.Reminder {
		return f.Skip(WhyNotSent(why, "id"), "halo", tx.Now())
	}
	return f.Return("halo", WhyNotSent(why, "id"), tx.Now()), nil
}

// talkHeard takes in that the customer wrote in the talk of a follow-up: whoever takes in
// the words calls it in the same commit. What else waits for him is dropped, for he is
// answered first. A talk of no follow-up changes nothing.
func (d Desk) talkHeard(tx *ledger.Tx, number string) error {
	var f customer.FollowUp
	err := d.ChangeFollowUp(tx, number, func(in *customer.FollowUp) ([]ledger.Event, error) {
		if in.Kind.Calls() {
			return nil, nil
		}
		events := in.Answer(tx.Now())
		if in.Reminded.IsZero() {
			in.Remind = time.Time{}
		}
		f = *in
		return events, nil
	})
	if err != nil || f.Contact == "" {
		return knownFollowUp(err)
	}
	return d.DropOutreachTo(tx, f.Contact, "answered", customer.OutreachFollowUp, customer.OutreachReminder)
}

// A turnTo is whom of a company to turn to.
type turnTo struct {
	Contact      customer.Contact // the zero Contact when nobody is known
	Conversation string           // "" when the desk may not write first
	Barred       bool             // there are people, and all of them are opted out or blocked: Contact is the one known longest
}

// whomToTurn chooses whom of a company to turn to: of those who may be written to the one
// who wrote last, else somebody who may be phoned.
func (d Desk) whomToTurn(tx *ledger.Tx, company string) (to turnTo, err error) {
	people, err := d.peopleOf(tx, company)
	if err != nil || len(people) == 0 {
		return to, err
	}
	to.Barred, to.Contact = true, people[0]
	wrote := time.Time{}
	for _, c := range people {
		if c.Consent.Choice == customer.Declined || c.Block.On() {
			continue
		}
		if to.Barred {
			to.Barred, to.Contact = false, c
		}
		conversation, at, err := d.chatOf(tx, c)
		if err != nil {
			return to, err
		}
		if conversation != "" && c.Proactive() && (to.Conversation == "" || at.After(wrote)) {
			to.Contact, to.Conversation, wrote = c, conversation, at
		}
	}
	return to, nil
}

// peopleOf are the people of a company, the one known longest first.
func (d Desk) peopleOf(tx *ledger.Tx, company string) (all []customer.Contact, err error) {
	ids, err := d.members(customer.PeopleOf(company))
	if err != nil {
		return nil, err
	}
	for _, id := range ids[:min(len(ids), mostPeople)] {
		c, ok, err := customer.Load(tx, id)
		if err != nil {
			return nil, err
		}
		if ok && c.Customer == company && !slices.ContainsFunc(all, func(o customer.Contact) bool { return o.ID == c.ID }) {
			all = append(all, c)
		}
	}
	return all, nil
}

// chatOf is the chat in which somebody wrote to the desk last, and when as far as is
// known; "" for none, and for a group's.
func (d Desk) chatOf(tx *ledger.Tx, c customer.Contact) (id string, at time.Time, err error) {
	for _, chat := range slices.Backward(c.Chats) {
		conv, ok, err := ticket.LoadConversation(tx, chat)
		if err != nil {
			return "", at, err
		}
		if !ok || slices.Contains(d.Groups, conv.Reply) {
			continue
		}
		return conv.ID, wroteLast(c), nil
	}
	return "", at, nil
}

// wroteLast is when somebody wrote, as far as is known without reading all tickets.
func wroteLast(c customer.Contact) time.Time {
	at := c.Wrote
	for _, t := range c.Figures.Recent {
		for _, on := range []time.Time{t.Opened, t.Closed} {
			if on.After(at) {
				at = on
			}
		}
	}
	return at
}
