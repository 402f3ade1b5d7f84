package bridge

import (
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// FollowUps is every figure of turning to customers. The zero value is the standard one.
type FollowUps struct {
	Target    int           // customers followed up in a month
	List      int           // cards on a month's list, at least Target
	Rest      time.Duration // who was turned to within it is left out
	Attribute time.Duration // an order within it after a follow-up is its
	Usual     time.Duration // from order to order, of who bought once
	Silent    time.Duration // working time without an answer after which sales are asked to phone
}

// ---- follow-ups (FOLLOW) ----

// ChangeFollowUp makes a transition of a follow-up with all that follows: events, timers,
// its card, its talk, its round, the world. It is the only way one changes.
func (d Desk) ChangeFollowUp(tx *ledger.Tx, id string, fn func(f *customer.FollowUp) ([]ledger.Event, error)) error {
	return nil
}

// OpenFollowUp begins one: it gets an id ("FU-" and the local date and a counter), its
// talk and, but for a Reminder, its post.
func (d Desk) OpenFollowUp(tx *ledger.Tx, f customer.FollowUp, by string) (id string, err error) {
	return "", nil
}

// PlaceOrder takes an order in, with all that follows: attribution to a follow-up, the
// expected date of a reminder (a durable timer), what waits and is worth nothing now, the
// check of a new customer.
func (d Desk) PlaceOrder(tx *ledger.Tx, o customer.Order, by string) (customer.Placed, error) {
	return customer.Place(tx, o, by)
}

// talkHeard takes in that the customer wrote in the talk of a follow-up: whoever takes in
// the words calls it in the same commit. A talk of none changes nothing.
func (d Desk) talkHeard(tx *ledger.Tx, number string) error { return nil }

func (d Desk) followUpReached(tx *ledger.Tx, o customer.Outreach) error { return nil }

// ---- jobs ----

// A Job is work that the clock starts: it runs in the commit that notes that it ran, may
// run several times, and sets timers for what takes many commits. at is when it was due.
// The result is for people, one line.
type Job func(tx *ledger.Tx, at time.Time) (result string, err error)

// Jobs are the desk's jobs by name: "followups" and "surveys" (the monthly lists: started
// every morning of a month's first days, they act on its first working day, once), "nudge"
// (sales who are behind plan).
func (d Desk) Jobs() map[string]Job {
	return map[string]Job{"followups": d.listFollowUps, "surveys": d.listSurveys, "nudge": d.nudge}
}

func (d Desk) listFollowUps(tx *ledger.Tx, at time.Time) (string, error) { return "", nil }
func (d Desk) nudge(tx *ledger.Tx, at time.Time) (string, error)         { return "", nil }
