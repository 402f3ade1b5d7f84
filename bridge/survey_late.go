package bridge

import (
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// surveyLate is the index of orders of which the desk heard so long after their completion
// that a list may have passed them, scored by when it heard in UTC milliseconds. The next
// list takes them off.
const surveyLate = "survey-late"

// atOnceForgotten is how many rows before the first list are taken off in one commit.
const atOnceForgotten = 100

// completedLate notes an order whose completion, or another day of it, is told only when
// the list of its days may have been made.
func (d Desk) completedLate(tx *ledger.Tx, p customer.Placed) {
	o, was := p.Order, p.Before
	told := !o.Done.IsZero() && !o.Void && (was.Void || !o.Done.Equal(was.Done))
	if ago := tx.Now().Sub(o.Done); told && o.Listed == "" && ago > d.surveys().From && ago <= customer.CompletedKept {
		tx.Index(surveyLate, o.Number, tx.Now().UnixMilli())
	}
}

// takeLate puts on a list the next orders of which the desk heard since the list before,
// completed before the window begins. Those of before the first list are a history that
// nobody is asked about.
func (d Desk) takeLate(tx *ledger.Tx, r customer.Round) error {
	before, err := d.roundBefore(tx, r.Opened)
	if err != nil {
		return err
	}
	most := int64(atOnceListed)
	if before.ID == "" {
		most = atOnceForgotten
	}
	until := r.Opened.UnixMilli()
	rows, err := d.rows(Page{Index: surveyLate, Max: &until, Limit: most})
	if err != nil {
		return err
	}
	var late []ledger.IndexRow
	for _, row := range rows {
		tx.Unindex(surveyLate, row.Member)
		if before.ID == "" {
			continue
		}
		o, ok, err := customer.LoadOrder(tx, row.Member)
		if err != nil {
			return err
		}
		if ok && !o.Void && !o.Done.IsZero() && IsLate(r, o.Done.UnixMilli()) && r.Opened.Sub(o.Done) <= customer.CompletedKept {
			late = append(late, ledger.IndexRow{Member: o.Number, Score: o.Done.UnixMilli()})
		}
	}
	if r, err = d.listOrders(tx, r, late); err != nil {
		return err
	}
	r.Caught = int64(len(rows)) < most
	return r.Save(tx)
}

// IsLate reports whether an order on a list, completed at a time in UTC milliseconds, is
// there because the desk heard of it only after the list of its days.
func IsLate(r customer.Round, done int64) bool { return time.UnixMilli(done).Before(r.From) }
