package bridge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// mostOutreachTurns is how often a message that WhatsApp certainly did not take is tried
// before it is given up.
const mostOutreachTurns = 6

// outreachOf is the message of the queue that a letter is of, "" for none.
func outreachOf(l ledger.Letter) string {
	if l.Kind != kindText || !bytes.Contains(l.Body, []byte(`"outreach":`)) {
		return ""
	}
	var body textBody
	if json.Unmarshal(l.Body, &body) != nil {
		return "" // what cannot be read is refused when it is delivered
	}
	return body.Outreach
}

// leaveOutreach asks, as late as can be, whether a message of the queue may leave now, and
// notes that it does: from here on it counts. One that may not gives a [mootError]: it is
// taken out of the lane. What WhatsApp forbids by now begins a pause at once.
func (c *Courier) leaveOutreach(ctx context.Context, lease ledger.Lease, l ledger.Letter, id string) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	forbidden := ""
	if c.cfg.Forbidden != nil {
		forbidden = c.cfg.Forbidden()
	}
	may := false
	hold := ledger.Hold{Letter: l, Epoch: lease.Epoch}
	_, err := c.outbox.Update(ctx, ledger.Cause{Hold: &hold}, func(tx *ledger.Tx) (err error) {
		may = false
		if forbidden != "" {
			return c.desk.PauseOutreach(tx, "halo", forbidden)
		}
		may, err = c.desk.leaves(tx, l, id)
		return err
	})
	switch {
	case errors.Is(err, ledger.ErrStale), errors.Is(err, ledger.ErrNotHead):
		return &SendError{Certainty: Blocked, Reason: "this instance no longer leads the desk", Err: err}
	case errors.Is(err, ledger.ErrCorrupt):
		return refused("what it belongs to cannot be read: %v", err)
	case err != nil:
		return &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	case !may:
		return &mootError{outreach: id}
	}
	if err := c.cfg.Failpoint.Hit("w.first"); err != nil {
		return crashError{err}
	}
	return nil
}

// leaves reports whether the letter of a message may leave now, and notes it.
func (d Desk) leaves(tx *ledger.Tx, l ledger.Letter, id string) (bool, error) {
	o, ok, err := customer.LoadOutreach(tx, id)
	if err != nil || !ok || o.State != customer.OutreachLeaving || outreachLetter(o) != l.ID {
		return false, err
	}
	pace, err := customer.LoadPace(tx)
	if err != nil || pace.Paused.On() || d.Calendar == nil || !d.Calendar.Open(tx.Now()) {
		return false, err
	}
	if why, err := d.unfit(tx, o); err != nil || why != "" {
		return false, err
	}
	u, err := loadUnderway(tx)
	if err != nil {
		return false, err
	}
	if u.ID == o.ID && u.Turn == o.Turn && u.Left {
		return true, nil // it was counted by an earlier attempt
	}
	if at, ok := pace.When(tx.Now(), d.Rates, d.Calendar); !ok || at.After(tx.Now()) {
		return false, nil
	}
	pace.Went(tx.Now(), d.gapAfter(o))
	if err := pace.Save(tx); err != nil {
		return false, err
	}
	return true, underway{ID: o.ID, Turn: o.Turn, At: tx.Now().UnixMilli(), Left: true}.save(tx)
}

// takeBack takes a letter that may not leave out of its lane. Its message waits again, or
// is dropped when it may never be sent.
func (c *Courier) takeBack(ctx context.Context, lease ledger.Lease, l ledger.Letter, id string) error {
	out := ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Sent}
	_, err := c.outbox.Update(ctx, ledger.Cause{Outcome: &out}, func(tx *ledger.Tx) error {
		return c.desk.tookBack(tx, l, id)
	})
	return err
}

// tookBack is what a letter taken out of its lane unsent means for its message.
func (d Desk) tookBack(tx *ledger.Tx, l ledger.Letter, id string) error {
	o, ok, err := customer.LoadOutreach(tx, id)
	if err != nil {
		return err
	}
	if !ok || o.State != customer.OutreachLeaving || outreachLetter(o) != l.ID {
		return nil // it was dropped, or has another letter
	}
	why, err := d.unfit(tx, o)
	switch {
	case err != nil:
		return err
	case why != "":
		return d.refuseOutreach(tx, o, why, "")
	}
	return d.backOutreach(tx, id, "taken_back")
}

// outreachWaits takes a message that WhatsApp certainly did not take now, and asks to wait
// for, out of the lane: nothing behind it there waits for that. done is false for a failure
// that means something else.
func (c *Courier) outreachWaits(ctx context.Context, lease ledger.Lease, l ledger.Letter, se *SendError) (done bool, err error) {
	id := outreachOf(l)
	if id == "" || !se.First && (se.RetryAfter == 0 || se.Certainty != Blocked && se.Certainty != NotSent) {
		return false, nil
	}
	out := ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Sent}
	_, err = c.outbox.Update(ctx, ledger.Cause{Outcome: &out}, func(tx *ledger.Tx) error {
		if se.First {
			if err := c.desk.PauseOutreach(tx, "halo", Pause463); err != nil {
				return err
			}
			return c.desk.tookBack(tx, l, id)
		}
		o, ok, err := customer.LoadOutreach(tx, id)
		if err == nil && ok && o.Turn >= mostOutreachTurns && se.Certainty == NotSent {
			return c.desk.refuseOutreach(tx, o, unfitFailed, reasonForStaff(se.Reason))
		}
		if err := errors.Join(err, c.desk.notBefore(tx, tx.Now().Add(se.RetryAfter))); err != nil {
			return err
		}
		return c.desk.tookBack(tx, l, id)
	})
	if err != nil {
		return true, fmt.Errorf("take letter %s back: %w", l.ID, err)
	}
	return true, nil
}

// notBefore makes the next message wait until a time.
func (d Desk) notBefore(tx *ledger.Tx, until time.Time) error {
	pace, err := customer.LoadPace(tx)
	if err != nil || !until.After(pace.Next) {
		return err
	}
	pace.Next = until
	return pace.Save(tx)
}

// outreachSent is what it means that WhatsApp took the letter of a message. It may have
// been dropped or put back while it left: it was sent all the same.
func (d Desk) outreachSent(tx *ledger.Tx, l ledger.Letter) error {
	id := outreachOf(l)
	if id == "" {
		return nil
	}
	o, ok, err := customer.LoadOutreach(tx, id)
	if err != nil || !ok || !o.Arrive(tx.Now()) {
		return err
	}
	if err := saveOutreach(tx, o); err != nil {
		return err
	}
	logOutreach(tx, o, "outreach_sent", "halo", map[string]string{"message": l.Ext})
	if err := d.reached(tx, o); err != nil {
		return err
	}
	// The gap counts from when WhatsApp took it: that may have been long after it left.
	if err := d.notBefore(tx, tx.Now().Add(d.gapAfter(o))); err != nil {
		return err
	}
	if err := d.landOutreach(tx, id); err != nil {
		return err
	}
	return d.outreachEnded(tx, o)
}

// outreachLost is what it means that the letter of a message was given up.
func (d Desk) outreachLost(tx *ledger.Tx, l ledger.Letter, id, why string) error {
	o, ok, err := customer.LoadOutreach(tx, id)
	if err != nil || !ok || o.State != customer.OutreachLeaving || outreachLetter(o) != l.ID {
		return err
	}
	return d.refuseOutreach(tx, o, unfitFailed, why)
}
