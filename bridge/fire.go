package bridge

import (
	"errors"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Fire takes in that a timer of a ticket is due.
func (d Desk) Fire(tx *ledger.Tx, timer ledger.Timer) error {
	err := d.Change(tx, timer.ID, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.Fire(timer.Kind, tx.Now(), d.policy(), d.hours()), nil
	})
	if errors.Is(err, ErrNoTicket) {
		return nil
	}
	return err
}
