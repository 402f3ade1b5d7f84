package bridge_test

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/haloerzap/halo/bridge/bridgetest"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/customer/customertest"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// found takes the books over, as an import does: companies, people, and what they
// ordered before the desk began. Those who wrote before have their chats.
func (y *year) found() {
	y.world = customertest.New(y.plan.seed, customertest.Options{
		Customers: y.plan.customers, Orders: y.plan.orders, From: y.plan.from.AddDate(0, -8, 0), To: y.plan.to, Zone: wib,
	})
	for c := range y.world.Companies() {
		y.enter(c)
	}
	var past []customer.Order
	for _, o := range y.world.Placed() {
		o.Customer = y.ids[o.Customer]
		if !o.At.Before(y.plan.from) {
			y.at(evening(o.At), func() { y.places(o) })
			continue
		}
		if o.Done.After(y.plan.from) {
			done := o
			o.Done = time.Time{}
			y.at(evening(done.Done), func() { y.delivers(done) })
		}
		past = append(past, o)
		y.bought(o, true)
	}
	for some := range slices.Chunk(past, 5) {
		y.place(some...)
	}
}

// evening is when the orders of a day are taken into the desk.
func evening(at time.Time) time.Time {
	at = at.In(wib)
	return time.Date(at.Year(), at.Month(), at.Day(), 17, 59, 0, 0, wib)
}

// enter takes in a company with its people.
func (y *year) enter(c customertest.Company) {
	for _, e := range c.Entries() {
		y.commit(func(tx *ledger.Tx) error {
			entered, faults, err := e.Enter(tx, y.policy.Types, "import")
			if len(faults) > 0 {
				y.t.Errorf("%+v: %v", e, faults)
			}
			y.ids[c.Key] = entered.Customer
			return err
		})
	}
	for _, who := range c.People {
		p := y.meet(who.Phone, who.Name, y.ids[c.Key])
		y.seen.People[who.Phone] = p.customer
		y.step(who.Phone, bridgetest.Asked)
		switch who.Consent {
		case customer.Agreed:
			y.step(who.Phone, bridgetest.Agreed)
		case customer.Declined:
			p.out = true
			y.step(who.Phone, bridgetest.Declined)
		}
		switch {
		case who.Wrote.IsZero():
		case who.Wrote.Before(y.plan.from):
			y.wrote(p, who.Wrote)
		default:
			y.at(who.Wrote, func() { p.asks("halo, mau tanya soal printer kasir", false) })
		}
		if p.mood.complain {
			at := y.plan.from.Add(time.Duration(p.random.Float64() * float64(y.plan.to.Sub(y.plan.from))))
			if !who.Wrote.IsZero() && at.After(who.Wrote.AddDate(0, 0, 1)) {
				y.at(at, func() { p.asks("barang yang kami terima rusak!", true) })
			}
		}
		if p.lot(3) {
			y.at(y.plan.from.Add(time.Duration(p.random.Float64()*float64(y.plan.to.Sub(y.plan.from)))), func() { y.blocks(p) })
		}
	}
}

// wrote leaves somebody's chat as it is left by who wrote before.
func (y *year) wrote(p *person, at time.Time) {
	y.commit(func(tx *ledger.Tx) error {
		c, err := ticket.Find(tx, "c"+p.number, string(p.address()))
		if err != nil {
			return err
		}
		c.Reply, c.Phone, c.Name = string(p.address()), p.number, p.name
		if err := c.Save(tx); err != nil {
			return err
		}
		who, _, err := customer.Find(tx, "p"+p.number, customer.Who{Chats: []string{c.ID}, Phone: customer.Phone(p.number), Push: p.name})
		if err != nil {
			return err
		}
		who.HasWritten(at)
		return who.Save(tx)
	})
	y.step(p.number, bridgetest.Wrote)
}

// blocks puts somebody on the block list, and some off it again.
func (y *year) blocks(p *person) {
	if y.stop == nil {
		return
	}
	y.figures.blocks++
	y.commit(func(tx *ledger.Tx) error {
		who, ok, err := y.contact(tx, p.number)
		if err != nil || !ok {
			return errors.Join(err, errors.New("nobody to block"))
		}
		events, err := who.Shut("andi", "mengganggu", tx.Now())
		if err != nil {
			return err
		}
		for _, e := range events {
			tx.Log(customer.Log(who.ID), e)
		}
		return who.Save(tx)
	})
	y.step(p.number, bridgetest.Blocked)
	if p.lot(50) {
		y.at(y.now().AddDate(0, 0, 30), func() {
			y.commit(func(tx *ledger.Tx) error {
				who, _, err := y.contact(tx, p.number)
				if err != nil {
					return err
				}
				who.Admit("andi", tx.Now())
				return who.Save(tx)
			})
			y.step(p.number, bridgetest.Unblocked)
		})
	}
}

// bought notes an order that the desk hears of now.
func (y *year) bought(o customer.Order, old bool) {
	y.figures.orders++
	b := bridgetest.Bought{Number: o.Number, Customer: o.Customer, At: o.At, Came: y.now(), Void: o.Void, Old: old, Done: o.Done}
	if !o.Done.IsZero() {
		b.Delivered = y.now()
	}
	y.placed[o.Number] = len(y.seen.Bought)
	y.seen.Bought = append(y.seen.Bought, b)
}

// places takes an order of the day in, and has it delivered later.
func (y *year) places(o customer.Order) {
	if y.stop == nil {
		y.at(y.now().Add(6*time.Hour), func() { y.places(o) })
		return
	}
	done := o
	o.Done = time.Time{}
	y.bought(o, false)
	if !y.plan.without.orders {
		y.place(o)
	}
	if !done.Done.IsZero() {
		y.at(evening(done.Done), func() { y.delivers(done) })
	}
}

func (y *year) delivers(o customer.Order) {
	if y.stop == nil {
		y.at(y.now().Add(6*time.Hour), func() { y.delivers(o) })
		return
	}
	i := y.placed[o.Number]
	y.seen.Bought[i].Done, y.seen.Bought[i].Delivered = o.Done, y.now()
	y.place(o)
}

// place is what the ERP sends.
func (y *year) place(orders ...customer.Order) {
	y.commit(func(tx *ledger.Tx) error {
		for _, o := range orders {
			if _, err := y.policy.PlaceOrder(tx, o, "erp"); err != nil {
				return err
			}
		}
		return nil
	})
}

// sales look at their cards.
func (y *year) sales() {
	if y.stop == nil {
		return
	}
	for _, f := range y.cards() {
		y.card(f)
	}
}

// cards are the follow-ups that are not over.
func (y *year) cards() (all []customer.FollowUp) {
	rows, err := y.store.Index(y.t.Context(), customer.IndexFollowUps, store.Range{})
	if err != nil {
		y.t.Fatal(err)
	}
	for _, row := range rows {
		all = append(all, y.followUp(row.Member))
	}
	return all
}

func (y *year) followUp(id string) (f customer.FollowUp) {
	y.look(ledger.Ref{Kind: customer.KindFollowUp, ID: id}, func(data []byte) (err error) {
		f, err = customer.DecodeFollowUp(data)
		return err
	})
	return f
}

// look reads one document that is there.
func (y *year) look(ref ledger.Ref, decode func(data []byte) error) {
	d, err := y.store.Doc(context.WithoutCancel(y.t.Context()), ref)
	if err == nil && d.Data == nil {
		err = errors.New("is not there")
	}
	if err == nil {
		err = decode(d.Data)
	}
	if err != nil {
		y.t.Fatalf("%s: %v", ref, err)
	}
}

// card is what a member of sales does with a card on one day.
func (y *year) card(f customer.FollowUp) {
	age := y.now().Sub(f.Opened)
	lot := y.random.IntN(100)
	switch {
	case f.Kind.Calls():
		switch {
		case f.State != customer.FollowUpOpen || lot < 75:
		case lot < 98:
			y.record(f, customer.Response{Way: customer.WayPhone, Result: customer.Fine, Note: "sudah dihubungi, semua baik"})
		default:
			y.record(f, customer.Response{Way: customer.WayPhone, Result: customer.Unreachable, Note: "tidak diangkat"})
		}
	case f.Kind != customer.Reorder:
	case f.State == customer.FollowUpOpen && age < 26*24*time.Hour:
		switch {
		case lot < 70: // another day
		case lot < 74:
			y.figures.skipped++
			y.turn(f.ID, func(f *customer.FollowUp) ([]ledger.Event, error) {
				return f.Skip("sudah dihubungi bulan lalu", "rina", y.now())
			})
		case lot < 79 || f.Conversation == "":
			y.figures.called++
			y.record(f, customer.Response{Way: customer.WayPhone, Result: customer.Interested, Note: "akan dihitung dulu"})
		default:
			y.figures.queued++
			y.turn(f.ID, func(f *customer.FollowUp) ([]ledger.Event, error) {
				if f.Text != "" && lot < 92 {
					return f.Queue("rina", y.now())
				}
				events, err := f.Reword("[sales] Halo kak, stoknya masih aman?", "rina", y.now())
				if err != nil {
					return nil, err
				}
				more, err := f.Queue("rina", y.now())
				return append(events, more...), err
			})
		}
	case f.State == customer.FollowUpAnswered && lot < 30:
		y.record(f, customer.Response{Way: customer.WayWhatsApp, Result: customer.Interested})
	case f.State == customer.FollowUpSent && age > 40*24*time.Hour:
		y.record(f, customer.Response{Way: customer.WayWhatsApp, Result: customer.NoAnswer})
	}
}

func (y *year) record(f customer.FollowUp, r customer.Response) {
	y.turn(f.ID, func(f *customer.FollowUp) ([]ledger.Event, error) { return f.Record(r, "rina", y.now()) })
}

// turn is a button of a card; one that does not fit any more is refused.
func (y *year) turn(id string, fn func(f *customer.FollowUp) ([]ledger.Event, error)) {
	_, err := y.store.Update(y.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { return y.policy.ChangeFollowUp(tx, id, fn) })
	if _, refused := errors.AsType[*customer.Refusal](err); err != nil && !refused {
		y.t.Errorf("%s %s: %v", y.now().In(wib), id, err)
	}
}

// forget is what a desk would do that does not care who opted out.
func (y *year) forget(number string) {
	y.commit(func(tx *ledger.Tx) error {
		who, ok, err := y.contact(tx, number)
		if err != nil || !ok {
			return err
		}
		who.Consent = customer.Consent{}
		return who.Save(tx)
	})
}
