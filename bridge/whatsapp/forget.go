package whatsapp

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/types"
)

// A forgetter clears the plaintexts of handled messages a little late: together
// with the next decryption, or after a moment of quiet. A transaction of its own
// for each, which waits for the disk, would cost as much as the decryption. A
// message that comes again meanwhile is only offered to the inbox again.
type forgetter struct {
	link *link
	next store.EventBuffer
	jid  string // of our own device, as the library stores it

	began time.Time // older plaintexts are of an earlier link

	mu      sync.Mutex
	closed  bool
	handled map[[32]byte]bool
	quiet   *time.Timer
}

// forgetAfter is the moment of quiet.
const forgetAfter = 200 * time.Millisecond

func newForgetter(l *link, next store.EventBuffer, own types.JID) *forgetter {
	f := &forgetter{link: l, next: next, jid: own.String(), began: time.Now(), handled: map[[32]byte]bool{}}
	f.quiet = time.AfterFunc(time.Hour, f.onQuiet)
	f.quiet.Stop()
	return f
}

// add notes a handled message. After close nobody comes to clear it later.
func (f *forgetter) add(ctx context.Context, hash [32]byte) error {
	f.mu.Lock()
	closed := f.closed
	if !closed {
		f.handled[hash] = true
		f.quiet.Reset(forgetAfter)
	}
	f.mu.Unlock()
	if closed {
		return f.next.ClearBufferedEventPlaintext(context.WithoutCancel(ctx), hash)
	}
	return nil
}

func (f *forgetter) onQuiet() {
	if !f.link.begin() {
		return // close does it
	}
	defer f.link.work.Done()
	f.flush(f.link.ctx)
}

// flush clears what is to be cleared now.
func (f *forgetter) flush(ctx context.Context) {
	var cleared [][32]byte
	err := f.next.DoDecryptionTxn(ctx, func(ctx context.Context) (err error) {
		cleared, err = f.clear(ctx)
		return err
	})
	if err != nil {
		f.link.c.log.Warn("clear handled messages", logged(err))
		return
	}
	f.done(cleared)
}

// clear clears within the transaction of ctx; when that is committed, what it
// returns goes to done.
func (f *forgetter) clear(ctx context.Context) ([][32]byte, error) {
	f.mu.Lock()
	handled := slices.Collect(maps.Keys(f.handled))
	f.mu.Unlock()
	for _, hash := range handled {
		if err := f.next.ClearBufferedEventPlaintext(ctx, hash); err != nil {
			return nil, err
		}
	}
	return handled, nil
}

func (f *forgetter) done(cleared [][32]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, hash := range cleared {
		delete(f.handled, hash)
	}
	if len(f.handled) == 0 {
		f.quiet.Stop()
	}
}

// sweepMargin is how old a plaintext must be to be swept: a message that was in
// flight when the last connection broke may come a little after the others.
const sweepMargin = 10 * time.Minute

// sweep clears what an earlier life decrypted and had no time to clear. The
// handler of events calls it at the end of the offline queue: then everything
// that life did not acknowledge was offered again, and either handled, or the
// link is poisoned. What is still to come must keep its plaintext.
func (f *forgetter) sweep(ctx context.Context) {
	if f.link.poisoned.Load() || f.link.stopping.Err() != nil {
		return
	}
	before := min(f.began.UnixMilli(), time.Now().Add(-sweepMargin).UnixMilli())
	_, err := f.link.c.db.ExecContext(ctx, `UPDATE whatsmeow_event_buffer SET plaintext = NULL
		WHERE our_jid = ? AND insert_timestamp < ? AND plaintext IS NOT NULL`, f.jid, before)
	if err != nil {
		f.link.c.log.Warn("clear messages of an earlier run", logged(err))
	}
}

// close clears the rest. The library may still be finishing a message; what it
// adds later is cleared at once.
func (f *forgetter) close(ctx context.Context) {
	f.mu.Lock()
	f.closed = true
	f.quiet.Stop()
	left := len(f.handled)
	f.mu.Unlock()
	if left > 0 {
		f.flush(ctx)
	}
}
