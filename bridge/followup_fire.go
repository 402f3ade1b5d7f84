package bridge

import (
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// Timers of what sales do, beside those of a follow-up.
const (
	// TimerReorder (ID: a company) is the day on which its next order is expected.
	TimerReorder = "reorder"
	// TimerNewCustomer (ID: an order) is the day from which a new customer is phoned.
	TimerNewCustomer = "new_customer"
	// TimerFollowUpList (ID: a round) makes the next card of a month's list.
	TimerFollowUpList = "followup_list"
)

// followUpTimers are the handlers of them all.
func (d Desk) followUpTimers() map[string]func(*ledger.Tx, ledger.Timer) error {
	return map[string]func(*ledger.Tx, ledger.Timer) error{
		customer.TimerFollowUpRemind: d.remindFollowUp, customer.TimerFollowUpDue: d.followUpDue,
		TimerReorder: d.remindReorder, TimerNewCustomer: d.checkNewCustomer, TimerFollowUpList: d.listNext,
	}
}

// remindFollowUp asks who has a follow-up to act: to phone, mostly. That the customer
// wrote, or that it is over, leaves nothing to ask for.
func (d Desk) remindFollowUp(tx *ledger.Tx, timer ledger.Timer) error {
	return knownFollowUp(d.ChangeFollowUp(tx, timer.ID, func(f *customer.FollowUp) ([]ledger.Event, error) {
		if f.Remind.After(timer.Due) && f.Remind.After(tx.Now()) {
			return nil, nil // it was put off; its own timer comes
		}
		if !f.Kind.Calls() && f.State != customer.FollowUpSent {
			f.Remind = time.Time{}
			return nil, nil
		}
		return f.Remember(timer.Kind, tx.Now()), nil
	}))
}

// followUpDue takes in that the time of a follow-up is over. A call is late then. What was
// on the list of a month gives way to the next month's: what nobody did is skipped, and a
// message that nobody answered is recorded as that.
func (d Desk) followUpDue(tx *ledger.Tx, timer ledger.Timer) error {
	return knownFollowUp(d.ChangeFollowUp(tx, timer.ID, func(f *customer.FollowUp) ([]ledger.Event, error) {
		switch {
		case f.Due.After(timer.Due) && f.Due.After(tx.Now()):
			return nil, nil
		case f.Kind.Calls():
		case f.State == customer.FollowUpOpen, f.State == customer.FollowUpQueued:
			return f.Skip("bulannya selesai tanpa tindak lanjut", "halo", tx.Now())
		case f.State == customer.FollowUpSent:
			return f.Record(customer.Response{Way: customer.WayWhatsApp, Result: customer.NoAnswer}, "halo", tx.Now())
		}
		return f.Remember(timer.Kind, tx.Now()), nil
	}))
}
