package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

const (
	// importer is who an import is in logs.
	importer = "import"
	// fullRows and fullBytes are from which size on a commit takes no further row.
	fullRows  = 110
	fullBytes = 96 << 10
	// mostTogether is how many rows are tried in one commit at most.
	mostTogether = 60
	// askedTogether is how many documents are read in one round trip: a server that
	// answers while it is asked must not wait for us.
	askedTogether = 25
)

// An entered is what became of one row.
type entered struct {
	customer.Entered
	faults []customer.Fault
}

// take takes the first rows in, in one commit, and reports how many. A commit that is too
// large is tried with half as many; a row that alone is too large, or refused by what
// follows from it, is a bad one.
func (r *intake) take(ctx context.Context, all []listed) (int, error) {
	all = all[:min(len(all), r.size)]
	for {
		out, err := r.commit(ctx, all)
		switch {
		case err == nil:
			if len(out) == len(all) {
				r.size = min(r.size+r.size/2+1, mostTogether)
			}
			for i, e := range out {
				if err := r.count(all[i], e); err != nil {
					return i, err
				}
			}
			return len(out), nil
		case !errors.Is(err, ledger.ErrTooLarge) && !refused(err):
			return 0, fmt.Errorf("take in line %d: %w", all[0].row.Line, err)
		case len(all) > 1:
			all = all[:len(all)/2]
			r.size = len(all)
			continue
		}
		why := "Baris ini terlalu besar untuk disimpan. Ringkas isinya."
		if refusal, ok := errors.AsType[*customer.Refusal](err); ok {
			why = refusal.Say("id")
		}
		return 1, r.refuse(all[0].row, []trouble{{column: -1, why: why}})
	}
}

func refused(err error) bool {
	_, ok := errors.AsType[*customer.Refusal](err)
	return ok
}

// commit takes in as many of the rows as fit.
func (r *intake) commit(ctx context.Context, all []listed) (out []entered, err error) {
	var change ledger.Change
	_, err = r.store.Update(ctx, ledger.Cause{}, func(real *ledger.Tx) error {
		tx, at := real, real.Now()
		if r.dry != nil {
			tx = ledger.NewTx(at, &dryReader{dryStore: r.dry, tx: real})
		}
		out = out[:0]
		for refs := range slices.Chunk(r.ahead(all), askedTogether) {
			tx.Expect(refs...)
		}
		for _, l := range all {
			e, err := r.enter(tx, l)
			if err != nil {
				return err
			}
			out = append(out, e)
			if change = tx.Finish(); full(change) {
				break
			}
		}
		return nil
	})
	if err == nil && r.dry != nil {
		err = r.dry.keep(change)
	}
	return out, err
}

func (r *intake) enter(tx *ledger.Tx, l listed) (e entered, err error) {
	if r.what.List == ListOrders {
		e.Entered, e.faults, err = l.order.Enter(tx, r.policy.Zone, importer, r.policy.PlaceOrder)
	} else {
		e.Entered, e.faults, err = l.entry.Enter(tx, r.policy.Types, importer)
	}
	return e, err
}

// ahead are documents that the rows will ask for, to be read in one go.
func (r *intake) ahead(all []listed) (refs []ledger.Ref) {
	for _, l := range all {
		if r.what.List == ListOrders {
			refs = append(refs, l.order.Asks()...)
		} else {
			refs = append(refs, l.entry.Asks()...)
		}
	}
	return refs
}

// full reports whether a commit should take no further row.
func full(c ledger.Change) bool {
	rows := len(c.Puts) + len(c.Events) + len(c.Letters) + len(c.First) + len(c.Timers) + len(c.Cancelled) + len(c.Views) + len(c.Indexed) + len(c.Unindexed)
	bytes := 0
	for _, p := range c.Puts {
		bytes += len(p.Data)
	}
	return max(rows, len(c.Reads)) >= fullRows || bytes >= fullBytes
}

// count notes what became of a row.
func (r *intake) count(l listed, e entered) error {
	switch {
	case len(e.faults) > 0:
		var all []trouble
		for _, f := range e.faults {
			at, _ := r.header.At(f.Field)
			all = append(all, trouble{column: at, why: f.Say("id")})
		}
		return r.refuse(l.row, all)
	case e.New:
		r.done.New++
	case e.Changed:
		r.done.Changed++
	default:
		r.done.Same++
	}
	return nil
}
