package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// Update makes one change: fn reads and notes its wishes in a [ledger.Tx], and
// what it noted is stored if nothing it read has changed meanwhile; otherwise fn
// runs again with a new Tx. It must have no effect besides the Tx.
//
// applied is false, without an error, when the cause took effect before: then
// nothing was written, whatever fn did or said. An error of fn is returned as it
// is and nothing is written. Other errors: [ledger.ErrStale] and
// [ledger.ErrNotHead] for outcomes, [ledger.ErrTooLarge], and whatever Redis or
// ctx say; after one of the last kind the outcome is unknown, and calling again
// with the same cause is safe. A change without a cause (or with a [ledger.Hold])
// may then happen twice: it must be one that bears it.
//
// A commit whose answer was lost is repeated. Then applied is true for what we did
// ourselves, except that a timer may be reported as used up by another.
func (s *Store) Update(ctx context.Context, cause ledger.Cause, fn func(*ledger.Tx) error) (applied bool, err error) {
	if err := errors.Join(CheckDesk(s.desk), checkCause(cause)); err != nil {
		return false, fmt.Errorf("update: %w", err)
	}
	u := &update{store: s, ctx: ctx, cause: cause, token: rand.Text()[:12], numbers: map[string][]int64{}}
	for conflicts := 0; ; {
		failures := u.failures
		applied, again, err := u.attempt(fn)
		if !again {
			return applied, err
		}
		if u.failures > failures {
			continue // it has waited for the network already
		}
		conflicts++
		if conflicts > 3 {
			if err := pause(ctx, backoff(conflicts-4)); err != nil {
				return false, fmt.Errorf("update after %d conflicts: %w", conflicts, err)
			}
		}
	}
}

// An update is one call of [Store.Update].
type update struct {
	store   *Store
	ctx     context.Context
	cause   ledger.Cause
	token   string // tells our own commit from another's in the dedupe bucket
	unknown bool   // a commit was sent and not answered

	failures int           // commits that were not answered
	spent    time.Duration // waiting because of them

	numbers map[string][]int64 // given per series, so that attempts do not burn them
}

// attempt runs fn once and commits. again asks for another attempt.
func (u *update) attempt(fn func(*ledger.Tx) error) (applied, again bool, err error) {
	r := &reader{update: u, given: map[string]int{}}
	tx := ledger.NewTx(u.store.now(), r)
	fnErr := fn(tx)
	if r.broken != nil {
		return false, false, fnErrOr(fnErr, r.broken)
	}
	change := tx.Finish()
	if fnErr != nil {
		// It may have failed because of what it saw between two commits of others, or
		// because of what its own cause did before.
		change = ledger.Change{Reads: change.Reads}
	}
	b, err := u.store.plan(u.cause, change, u.token, fnErr == nil)
	if err != nil {
		return false, false, fmt.Errorf("update: %w", err)
	}
	word, detail, again, err := u.commit(b)
	if err != nil || again {
		if fnErr != nil && err != nil {
			err = fnErr
		}
		return false, again, err
	}
	switch word {
	case wordOK:
		if fnErr != nil {
			return false, false, fnErr
		}
		if len(change.Letters)+len(change.First)+len(change.Views)+len(change.Timers) > 0 || u.cause.Outcome != nil {
			u.store.wake(len(change.Timers) > 0)
		}
		return true, false, nil
	case wordConflict:
		return false, true, nil
	case wordDone:
		ours := u.cause.Inbox != nil && detail == u.token
		if ours {
			u.store.wake(true)
		}
		return ours, false, nil
	case wordNotHead:
		return u.finished()
	}
	return false, false, fmt.Errorf("update: %w", verdict(word))
}

func fnErrOr(fnErr, broken error) error {
	if fnErr != nil {
		return fnErr
	}
	return broken // fn kept it to itself, but what it saw was not the truth
}

// commit sends b until it is answered. With a cause that is safe to repeat;
// without one, fn has to look again after an unknown outcome.
func (u *update) commit(b *batch) (word, detail string, again bool, err error) {
	if len(b.guards)+len(b.writes) == 0 {
		return wordOK, "", false, nil
	}
	for {
		var results []string
		word, results, err = u.store.run(u.ctx, b)
		if err == nil {
			return word, strings.Join(results, ""), false, nil
		}
		if !u.store.patient(u.ctx, err, &u.failures, &u.spent) {
			return "", "", false, fmt.Errorf("commit: %w", explain(err))
		}
		u.unknown = true
		if !once(u.cause) {
			return "", "", true, nil
		}
	}
}

// finished decides about an outcome whose letter does not lead its lane: it may
// have been stored before, by us or by a twin of ours.
func (u *update) finished() (applied, again bool, err error) {
	o := u.cause.Outcome
	if o == nil {
		return false, false, fmt.Errorf("update: %w", ledger.ErrNotHead)
	}
	st, ok, err := u.store.Status(u.ctx, o.Letter.Log, o.Letter.ID)
	if err != nil {
		return false, false, err
	}
	ended := st.State == ledger.Dead
	if o.State == ledger.Sent {
		ended = st.State >= ledger.Sent && st.State <= ledger.Read && (o.Ext == "" || o.Ext == st.Ext)
	}
	if !ok || !ended {
		return false, false, fmt.Errorf("update: %w", ledger.ErrNotHead)
	}
	if u.unknown {
		u.store.wake(true)
	}
	return u.unknown, false, nil
}

// reader answers a Tx from Redis, for one attempt.
type reader struct {
	*update
	given  map[string]int // numbers taken in this attempt, per series
	ahead  map[ledger.Ref]ledger.Doc
	broken error // the first question that could not be answered
}

func (r *reader) keep(err error) error {
	if err != nil && r.broken == nil {
		r.broken = err
	}
	return err
}

func (r *reader) Doc(ref ledger.Ref) (ledger.Doc, error) {
	if err := checkRef(ref); err != nil {
		return ledger.Doc{}, r.keep(err)
	}
	if d, ok := r.ahead[ref]; ok {
		return d, nil
	}
	d, err := r.store.Doc(r.ctx, ref)
	return d, r.keep(err)
}

// Expect fetches documents in one round trip, those that it has not fetched yet. What goes
// wrong here is met again, and then reported, when they are asked for.
func (r *reader) Expect(refs []ledger.Ref) {
	refs = slices.DeleteFunc(slices.Clone(refs), func(ref ledger.Ref) bool {
		_, known := r.ahead[ref]
		return known || checkRef(ref) != nil
	})
	if len(refs) == 0 {
		return
	}
	docs, err := r.store.docs(r.ctx, refs)
	switch {
	case err != nil:
	case r.ahead == nil:
		r.ahead = docs
	default:
		maps.Copy(r.ahead, docs)
	}
}

func (r *reader) Next(series string) (int64, error) {
	n := r.given[series]
	r.given[series]++
	if known := r.numbers[series]; n < len(known) {
		return known[n], nil
	}
	v, err := r.store.count(r.ctx, series)
	if err != nil {
		return 0, r.keep(fmt.Errorf("count %s: %w", series, err))
	}
	r.numbers[series] = append(r.numbers[series], v)
	return v, nil
}

func (r *reader) Status(log, letter string) (ledger.Status, bool, error) {
	s, ok, err := r.store.Status(r.ctx, log, letter)
	return s, ok, r.keep(err)
}

func (r *reader) LetterByExt(log, ext string) (string, bool, error) {
	l, ok, err := r.store.LetterByExt(r.ctx, log, ext)
	return l, ok, r.keep(err)
}

func (r *reader) DeadLetter(id string) (ledger.Letter, bool, error) {
	l, ok, err := r.store.DeadLetter(r.ctx, id)
	return l, ok, r.keep(err)
}
