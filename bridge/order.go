package bridge

import (
	"errors"
	"hash/fnv"
	"slices"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// PlaceOrder takes an order in, with all that follows in the same commit: it is tied to
// the follow-up that led to it, what waits to ask for it is dropped, the day of the next
// one is noted (a durable timer), and a new customer is to be phoned after the delivery.
// The same order again changes nothing. [customer.Refusal] as [customer.Place].
func (d Desk) PlaceOrder(tx *ledger.Tx, o customer.Order, by string) (customer.Placed, error) {
	p, err := customer.Place(tx, o, by)
	if err != nil || !p.Changed() {
		return p, err
	}
	d.completedLate(tx, p)
	counted := p.Before.Number != "" && !p.Before.Void
	recent := tx.Now().Sub(p.Order.At) < d.followUps().Attribute+longestWait
	if !p.Order.Void && !counted && (recent || p.Customer.FollowUp != "") { // a history has no follow-ups
		err = d.attribute(tx, p.Order)
	}
	if p.Order.Void && counted {
		err = d.unwon(tx, p.Order, p.Customer)
	}
	if err = errors.Join(err, d.expectReorder(tx, p.Customer), d.welcome(tx, p)); err != nil || !recent {
		return p, err
	}
	return p, d.CompanyChanged(tx, p.Customer.ID)
}

// mostAttributed bounds the follow-ups of a company that an order is compared with.
const mostAttributed = 10

// attribute ties an order to the last follow-up before it, within the time of attribution,
// that led to none yet, and drops what still waits to ask for it.
func (d Desk) attribute(tx *ledger.Tx, o customer.Order) error {
	if d.Members == nil {
		return nil
	}
	figures := d.followUps()
	recent, err := d.followUpsOf(tx, o.Customer, o.At.Add(-figures.Attribute-longestWait), mostAttributed)
	if err != nil {
		return err
	}
	var led customer.FollowUp
	for _, f := range recent {
		at := made(f)
		if f.Kind.Calls() || at.IsZero() || !d.follows(o.At, at) || o.At.Sub(at) > figures.Attribute {
			continue
		}
		if led.ID == "" || at.After(made(led)) {
			led = f
		}
	}
	for _, f := range recent {
		switch {
		case f.ID == led.ID:
			err = d.won(tx, f.ID, o)
		case !f.Over() && f.Sent.IsZero() && !f.Kind.Calls() && o.At.After(f.Last):
			err = d.overtaken(tx, f.ID, o)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// longestWait is how long a follow-up may have waited until somebody made it. One that
// nobody ended for longer keeps its company off no list.
const longestWait = 62 * 24 * time.Hour

// follows reports whether an order came after a turn to the customer. Orders of which only
// the day is known follow all of that day.
func (d Desk) follows(order, turn time.Time) bool {
	if order.Equal(d.midnight(order)) {
		return !order.Before(d.midnight(turn))
	}
	return !order.Before(turn)
}

// won ties an order to a follow-up. What came of it needs nobody's record then.
func (d Desk) won(tx *ledger.Tx, id string, o customer.Order) error {
	return d.ChangeFollowUp(tx, id, func(f *customer.FollowUp) ([]ledger.Event, error) {
		events := f.Win(o.Number, tx.Now())
		if len(events) == 0 || f.Over() {
			return events, nil
		}
		more, err := f.Record(customer.Response{Way: customer.WayWhatsApp, Result: customer.Ordered}, "halo", tx.Now())
		return append(events, more...), err
	})
}

// unwon takes an order that was cancelled from the follow-up that led to it, and ties the
// next one to that which came in time, if there is one.
func (d Desk) unwon(tx *ledger.Tx, o customer.Order, c customer.Customer) error {
	recent, err := d.followUpsOf(tx, c.ID, o.At.Add(-d.followUps().Attribute-longestWait), mostAttributed)
	if err != nil {
		return err
	}
	n := slices.IndexFunc(recent, func(f customer.FollowUp) bool { return f.Won == o.Number })
	if n < 0 {
		return nil
	}
	next := customer.Order{}
	for _, other := range c.Orders {
		at := made(recent[n])
		tied := slices.ContainsFunc(recent, func(f customer.FollowUp) bool { return f.Won == other.Number })
		if other.Void || tied || at.IsZero() || !d.follows(other.At, at) || other.At.Sub(at) > d.followUps().Attribute {
			continue
		}
		if next.Number == "" || other.At.Before(next.At) {
			next = other
		}
	}
	return d.ChangeFollowUp(tx, recent[n].ID, func(f *customer.FollowUp) ([]ledger.Event, error) {
		events := f.Lose(o.Number, tx.Now())
		return append(events, f.Win(next.Number, tx.Now())...), nil
	})
}

// overtaken ends a follow-up that nobody made: the customer ordered without it.
func (d Desk) overtaken(tx *ledger.Tx, id string, o customer.Order) error {
	return d.ChangeFollowUp(tx, id, func(f *customer.FollowUp) ([]ledger.Event, error) {
		if f.State != customer.FollowUpOpen && f.State != customer.FollowUpQueued {
			return nil, nil // the customer wrote: somebody talks to him
		}
		return f.Skip("sudah memesan: "+o.Number, "halo", tx.Now())
	})
}

// expectReorder notes the day on which the next order of a company is expected. What it
// means is looked at on that day.
func (d Desk) expectReorder(tx *ledger.Tx, c customer.Customer) error {
	next := c.Rhythm.Next(d.followUps().Usual)
	if due := d.reorderDue(c.ID, next); !next.IsZero() && due.After(tx.Now()) {
		tx.Set(ledger.Timer{Kind: TimerReorder, ID: c.ID, Due: due})
	} else {
		tx.Cancel(TimerReorder, c.ID)
	}
	return nil
}

// reorderDue is the moment of a local day at which its expected orders are looked at: early
// in the morning, and of each company at another moment, so that they make no crowd.
func (d Desk) reorderDue(company string, day time.Time) time.Time {
	h := fnv.New32a()
	h.Write([]byte(company))
	return d.midnight(day).Add(5*time.Hour + time.Duration(h.Sum32()%7200)*time.Second).UTC()
}

// The working days after the delivery of a first order on which a new customer is to be
// phoned, is reminded of, and was to have been phoned by the end.
const (
	phoneFrom   = 5
	phoneRemind = 8
	phoneUntil  = 10
)

// welcome notes when a new customer is to be phoned: his first order was delivered. What
// was delivered long ago is history.
func (d Desk) welcome(tx *ledger.Tx, p customer.Placed) error {
	o := p.Order
	if !p.First || o.Void || o.Done.IsZero() {
		if p.First || p.Before.Number != "" {
			tx.Cancel(TimerNewCustomer, o.Number)
		}
		return nil
	}
	from, _, until, ok := d.phoneDays(o.Done)
	if !ok || !tx.Now().Before(until) {
		return nil
	}
	if was := p.Before.Done; !was.IsZero() && !p.Before.Void && was.Equal(o.Done) {
		return nil // nothing of that changed
	}
	tx.Set(ledger.Timer{Kind: TimerNewCustomer, ID: o.Number, Due: from.UTC()})
	return nil
}

// phoneDays are the moments of a new customer's check: from when, when it is reminded of,
// and when it is late. ok is false for a desk that never opens.
func (d Desk) phoneDays(delivered time.Time) (from, remind, until time.Time, ok bool) {
	days := make([]time.Time, 0, phoneUntil+1)
	for opening := range d.workdays(d.dayAfter(delivered, 1)) {
		if days = append(days, opening); len(days) > phoneUntil {
			return days[phoneFrom-1], days[phoneRemind-1], days[phoneUntil], true
		}
	}
	return from, remind, until, false
}

// checkNewCustomer makes the task to phone a new customer, unless there was one.
func (d Desk) checkNewCustomer(tx *ledger.Tx, timer ledger.Timer) error {
	o, ok, err := customer.LoadOrder(tx, timer.ID)
	if err != nil || !ok || o.Void || o.Done.IsZero() {
		return err
	}
	c, ok, err := customer.LoadCustomer(tx, o.Customer)
	if err != nil || !ok || !c.Rhythm.Began(o) { // an older one came in after it
		return err
	}
	had, err := d.followUpsOf(tx, c.ID, time.Time{}, mostAttributed)
	if err != nil || slices.ContainsFunc(had, func(f customer.FollowUp) bool { return f.Kind == customer.NewCustomer }) {
		return err
	}
	_, remind, until, ok := d.phoneDays(o.Done)
	if !ok {
		return nil
	}
	to, err := d.whomToTurn(tx, c.ID)
	if err != nil {
		return err
	}
	f := customer.FollowUp{Kind: customer.NewCustomer, Customer: c.ID, Contact: to.Contact.ID, Owner: c.Owner, Last: o.At, Remind: remind, Due: until}
	if !remind.After(tx.Now()) {
		f.Remind = time.Time{} // it comes late as it is
	}
	_, err = d.OpenFollowUp(tx, f, "halo")
	return err
}
