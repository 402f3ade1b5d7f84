package bridge

import (
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// track keeps the line about a ticket with the person whose ticket it is; before is the
// ticket as it was, zero for a new one.
func track(tx *ledger.Tx, before, t ticket.Ticket) error {
	was, is := lineOf(before), lineOf(t)
	if before.Contact == t.Contact && was == is && before.MergedInto == t.MergedInto {
		return nil
	}
	if before.Contact != t.Contact {
		if err := retrack(tx, before.Contact, func(c *customer.Contact) bool { return c.Untrack(t.Number, tx.Now()) }); err != nil {
			return err
		}
	}
	return retrack(tx, t.Contact, func(c *customer.Contact) bool {
		if t.MergedInto != "" {
			return c.Untrack(t.Number, tx.Now())
		}
		return c.Track(is, tx.Now())
	})
}

// lineOf is what a person's card says of a ticket.
func lineOf(t ticket.Ticket) customer.Ticket {
	return customer.Ticket{Number: t.Number, Title: t.Summary, Opened: t.Opened, Closed: t.ClosedAt, Stars: t.Rating.Stars}
}

// retrack changes what is kept with a person; "" is nobody.
func retrack(tx *ledger.Tx, contact string, change func(*customer.Contact) bool) error {
	if contact == "" {
		return nil
	}
	c, ok, err := customer.Load(tx, contact)
	if err != nil || !ok || !change(&c) {
		return err
	}
	return c.Save(tx)
}
