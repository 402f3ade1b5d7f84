package bridge

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// An agent's message waits in its lane for [Desk.Undo]. Until then it is the desk's own:
// what changes it changes what will be sent, and what takes it back makes that nothing.
// From the moment on at which the courier notes that a part leaves, WhatsApp has to be
// asked for either.

// early are the lanes whose first letter is not to leave yet, until when (desk time). It
// is a cache: what it has forgotten is found in the lane again.
type early struct {
	mu    sync.Mutex
	lanes map[string]time.Time // guarded by mu
}

func (e *early) note(lane string, until time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lanes == nil {
		e.lanes = map[string]time.Time{}
	}
	e.lanes[lane] = until
}

// wait is for how long a lane has to wait at a time, 0 or less for not at all.
func (e *early) wait(lane string, now time.Time) time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	until, ok := e.lanes[lane]
	if !ok {
		return 0
	}
	wait := until.Sub(now)
	if wait <= 0 {
		delete(e.lanes, lane)
	}
	return wait
}

// leave notes that a part of an agent's message leaves now: from here on it cannot be
// undone in silence, unless it certainly did not get through. What was taken back until
// now gives a [mootError]. st is what was known before this attempt.
func (c *Courier) leave(ctx context.Context, lease ledger.Lease, l ledger.Letter, st ledger.Status) error {
	p, ok := staffPart(l.ID)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	dropped := false
	unsent := !c.certain.mayBeThere(l.ID, st)
	hold := ledger.Hold{Letter: l, Epoch: lease.Epoch}
	_, err := c.outbox.Update(ctx, ledger.Cause{Hold: &hold}, func(tx *ledger.Tx) error {
		w, ok, err := loadWords(tx, p.Message)
		if err != nil {
			return err
		}
		dropped = !ok || w.dropped(p)
		switch {
		case dropped || w.Turn != p.Turn:
			return nil
		case w.Parts[p.Part].Gone && w.Parts[p.Part].Left && unsent:
			w.drop(p.Part) // it was taken back after attempts that brought nothing
			dropped = true
		case w.Parts[p.Part].Left:
			return nil
		}
		w.Parts[p.Part].Left = true
		return w.save(tx, p.Message)
	})
	switch {
	case errors.Is(err, ledger.ErrStale), errors.Is(err, ledger.ErrNotHead):
		return &SendError{Certainty: Blocked, Reason: "this instance no longer leads the desk", Err: err}
	case errors.Is(err, ledger.ErrCorrupt):
		return refused("what it belongs to cannot be read: %v", err)
	case err != nil:
		return &SendError{Certainty: Blocked, Reason: "the store does not answer", Err: err}
	case dropped:
		return &mootError{dropped: true}
	}
	if err := c.cfg.Failpoint.Hit("w.leaving"); err != nil {
		return crashError{err}
	}
	return nil
}

// withdrawn gives a [mootError] for a part of an agent's message that was taken back before
// it left: nothing has to be prepared for it.
func (c *Courier) withdrawn(ctx context.Context, l ledger.Letter) error {
	p, ok := staffPart(l.ID)
	if !ok || l.NotBefore.IsZero() {
		return nil
	}
	var w words
	if err := c.read(ctx, wordsRef(p.Message), func(data []byte) (err error) {
		w, err = decodeWords(data)
		return err
	}); err != nil {
		return err
	}
	if w.dropped(p) {
		return &mootError{dropped: true}
	}
	return nil
}

// dropped reports whether a part never leaves. One of an earlier turn that had left by
// then is asked back from WhatsApp, behind its letter.
func (w words) dropped(p agentPart) bool {
	if w.Turn != p.Turn {
		return !slices.Contains(w.Away, p.id())
	}
	return p.Part >= len(w.Parts) || w.Parts[p.Part].Drop
}

// away are the letters of a message that was taken back, which have left and of which
// nobody knows yet that WhatsApp took them.
func (w words) away(message string) []string {
	all := w.Away
	for i, p := range w.Parts {
		if p.Left && !p.Drop && p.Sent == 0 {
			all = append(all, w.letter(message, i))
		}
	}
	return all
}

// here reports whether a part of a message has not left the desk, and may.
func (w words) here(part int) bool {
	p := w.Parts[part]
	return w.Due != 0 && !p.Left && !p.Drop && !p.Gone
}

// whole reports whether none of a message has left the desk.
func (w words) whole() bool {
	for i := range w.Parts {
		if !w.here(i) {
			return false
		}
	}
	return len(w.Parts) > 0
}

// drop makes sure that a part that is here never leaves.
func (w *words) drop(part int) { w.Parts[part].Gone, w.Parts[part].Drop = true, true }

// dropped ends a letter that was taken back before it left.
func (c *Courier) dropped(ctx context.Context, lease ledger.Lease, l ledger.Letter) error {
	out := ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Sent}
	_, err := c.outbox.Update(ctx, ledger.Cause{Outcome: &out}, func(tx *ledger.Tx) error {
		return RefreshMark(tx, l.Log, l.ID) // of the parts that are left
	})
	return err
}
