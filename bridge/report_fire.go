package bridge

import (
	"errors"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
)

// Climb takes in that a report has waited long enough for somebody to be called
// ([escalation.TimerLadder]).
func (d Desk) Climb(tx *ledger.Tx, timer ledger.Timer) error {
	return known(d.ChangeReport(tx, timer.ID, func(r *escalation.Report) ([]ledger.Event, error) {
		events := r.Climb(tx.Now(), d.Reports, d.hours())
		if len(events) == 0 {
			// It was set by an older ladder or calendar, and is used up now.
			for _, due := range r.Due(d.Reports, d.hours()) {
				tx.Set(due)
			}
		}
		return events, nil
	}))
}

// TellNext tells the next ticket of a closed report how it ended
// ([escalation.TimerTold]): one ticket a commit, for a report may have hundreds.
func (d Desk) TellNext(tx *ledger.Tx, timer ledger.Timer) error {
	var r escalation.Report
	number, more := "", false
	err := d.ChangeReport(tx, timer.ID, func(in *escalation.Report) ([]ledger.Event, error) {
		if in.State == escalation.Closed { // one that was taken up again waits with its tickets
			number, more = in.Told()
		}
		r = *in
		return nil, nil
	})
	if err != nil || !more {
		return known(err)
	}
	return d.reportOver(tx, r, number, "halo")
}

// known makes nothing of a report that is not there any more.
func known(err error) error {
	if errors.Is(err, ErrNoReport) {
		return nil
	}
	return err
}
