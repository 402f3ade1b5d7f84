package bridge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A file that does not come steps aside for those behind it: at first after a minute,
// then for ever longer turns. It is given up after an hour when the failures are its
// own, and after a day whatever they are.
const (
	firstTurn    = time.Minute
	longestTurn  = 30 * time.Minute
	longestRest  = 5 * time.Minute // between two tries of one that has failed for hours
	ownPatience  = time.Hour
	mostPatience = 24 * time.Hour
)

// missed decides what follows when a file could not be fetched.
func (c *Courier) missed(ctx context.Context, lease ledger.Lease, l ledger.Letter, st ledger.Status, body fetchBody, err error) (more bool, _ error) {
	se, ok := errors.AsType[*SendError](err)
	if st.First.IsZero() || ok && (se.Certainty == Blocked || se.Certainty == Refused || se.Denied || se.Gone) {
		return c.failed(ctx, lease, l, st, err)
	}
	now, turn := c.desk.now(), time.Since(st.First)
	if body.Since == 0 {
		body.Since = now.Add(-turn).UnixMilli()
	}
	age := now.Sub(time.UnixMilli(body.Since))
	switch own := !ok || !se.Outage; {
	case own && age > ownPatience || age > mostPatience:
		last := &SendError{Certainty: Refused, Reason: "no answer", Err: err}
		if ok {
			last.Reason = se.Reason
		}
		return c.failed(ctx, lease, l, st, last)
	case turn < min(max(age/2, firstTurn), longestTurn):
		if ok {
			later := *se
			later.RetryAfter = max(se.RetryAfter, min(age/16, longestRest))
			err = &later
		}
		return c.failed(ctx, lease, l, st, err)
	}
	body.Turn++
	out := ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Sent}
	_, err = c.outbox.Update(ctx, ledger.Cause{Outcome: &out}, func(tx *ledger.Tx) error {
		tx.Send(letter(fmt.Sprintf("f/%s~%d", body.Key, body.Turn), l.Lane, l.Log, kindFetch, body))
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("put letter %s behind the others: %w", l.ID, err)
	}
	return true, nil
}
