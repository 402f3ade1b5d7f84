package whatsapp

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/store"
	"go.uber.org/zap"
)

// A forgetter clears the plaintexts of handled messages a little late: together
// with the next decryption, or after a moment of quiet. A transaction of its own
// for each, which waits for the disk, would cost as much as the decryption. A
// message that comes again meanwhile is only offered to the inbox again.
type forgetter struct {
	link *link
	next store.EventBuffer

	mu      sync.Mutex
	handled map[[32]byte]bool
	quiet   *time.Timer
}

// forgetAfter is the moment of quiet.
const forgetAfter = 200 * time.Millisecond

func newForgetter(l *link, next store.EventBuffer) *forgetter {
	f := &forgetter{link: l, next: next, handled: map[[32]byte]bool{}}
	f.quiet = time.AfterFunc(time.Hour, f.onQuiet)
	f.quiet.Stop()
	return f
}

func (f *forgetter) add(hash [32]byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.handled[hash] = true
	f.quiet.Reset(forgetAfter)
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
		f.link.c.log.Warn("clear handled messages", zap.Error(err))
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

// close clears the rest. The library may still be finishing a message; what it
// adds later is cleared after the next connection, or offered again.
func (f *forgetter) close(ctx context.Context) {
	f.quiet.Stop()
	f.mu.Lock()
	left := len(f.handled)
	f.mu.Unlock()
	if left > 0 {
		f.flush(ctx)
	}
}
