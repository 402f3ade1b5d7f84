package bridge

import (
	"slices"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// remindReorder looks at a company on the day its next order is expected: who agreed to be
// reminded of it is, when his turn comes. Nobody is who has a complaint, or whom sales
// speak to about it already. It may come however late: another day is looked at then.
func (d Desk) remindReorder(tx *ledger.Tx, timer ledger.Timer) error {
	c, ok, err := customer.LoadCustomer(tx, timer.ID)
	if err != nil || !ok {
		return err
	}
	next := c.Rhythm.Next(d.followUps().Usual)
	if next.IsZero() || d.reorderDue(c.ID, next).After(tx.Now()) {
		return d.expectReorder(tx, c) // the rhythm became another one
	}
	if tx.Now().Sub(next) > worthFor {
		return nil // it was looked at when it came, or nobody could: the month's list has it now
	}
	if complains, err := d.openComplaint(tx, c.ID); err != nil || complains {
		return err
	}
	to, ok, err := d.whoAgreed(tx, c.ID)
	if err != nil || !ok {
		return err
	}
	recent, err := d.followUpsOf(tx, c.ID, tx.Now().Add(-longestWait), mostAttributed)
	if err != nil {
		return err
	}
	for _, f := range recent {
		if !f.Over() && f.State != customer.FollowUpOpen || f.Kind == customer.Reminder && !f.Opened.Before(d.midnight(next)) {
			return nil // sales are at it, or this day was looked at
		}
	}
	return d.queueReminder(tx, c, to, recent)
}

// queueReminder makes a follow-up that sends itself, and ends those that nobody began.
func (d Desk) queueReminder(tx *ledger.Tx, c customer.Customer, to turnTo, recent []customer.FollowUp) error {
	// One that nobody answers is over when no order is tied to it any more: it would keep
	// the company off the lists.
	f := customer.FollowUp{Kind: customer.Reminder, Topic: TopicReminder, Due: tx.Now().Add(d.followUps().Attribute)}
	if err := d.suggest(tx, &f, c, to, ticket.SayReorderReminder); err != nil || f.Text == "" {
		return err // a desk without the sentence reminds nobody
	}
	id, err := d.OpenFollowUp(tx, f, "halo")
	if err != nil {
		return err
	}
	if err := d.ChangeFollowUp(tx, id, func(f *customer.FollowUp) ([]ledger.Event, error) { return f.Queue("halo", tx.Now()) }); err != nil {
		return err
	}
	for _, other := range recent {
		if other.Kind != customer.Reorder || other.State != customer.FollowUpOpen {
			continue
		}
		if err := d.ChangeFollowUp(tx, other.ID, func(f *customer.FollowUp) ([]ledger.Event, error) {
			return f.Skip("pengingat otomatis dikirim pada hari perkiraannya", "halo", tx.Now())
		}); err != nil {
			return err
		}
	}
	return nil
}

// whoAgreed is who of a company agreed to reminders and may be written to.
func (d Desk) whoAgreed(tx *ledger.Tx, company string) (to turnTo, ok bool, err error) {
	people, err := d.peopleOf(tx, company)
	if err != nil {
		return to, false, err
	}
	people = slices.DeleteFunc(people, func(c customer.Contact) bool { return c.Consent.Choice != customer.Agreed || !c.Proactive() })
	for _, c := range people {
		conversation, at, err := d.chatOf(tx, c)
		if err != nil {
			return to, false, err
		}
		if conversation != "" && (to.Conversation == "" || at.After(wroteLast(to.Contact))) {
			to.Contact, to.Conversation = c, conversation
		}
	}
	return to, to.Conversation != "", nil
}
