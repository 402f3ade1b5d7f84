package bridge

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// seen remembers how far threads have been read where the last messages needed
// no reply. Losing it costs one request a thread at the next start, so it is
// kept in memory and written now and then.
type seen struct {
	mu      sync.Mutex
	threads map[string]string // thread -> message id; guarded by mu
}

const (
	seenEvery = 2 * time.Second
	seenBatch = 50 // threads in one commit
)

// Seen notes that everything of a thread up to message id has been taken in or
// needs no taking in.
func (r *Relay) Seen(_ context.Context, thread, id string) error {
	r.seen.mu.Lock()
	defer r.seen.mu.Unlock()
	if r.seen.threads == nil {
		r.seen.threads = map[string]string{}
	}
	if newer(id, r.seen.threads[thread]) {
		r.seen.threads[thread] = id
	}
	return nil
}

// Run writes down how far threads have been read, until ctx ends and once more then.
func (r *Relay) Run(ctx context.Context) error {
	tick := time.NewTicker(seenEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), seenEvery)
			defer cancel()
			r.flush(last)
			return nil
		case <-tick.C:
			r.flush(ctx)
		}
	}
}

func (r *Relay) flush(ctx context.Context) {
	r.seen.mu.Lock()
	threads := r.seen.threads
	r.seen.threads = nil
	r.seen.mu.Unlock()
	for batch := range slices.Chunk(slices.Sorted(maps.Keys(threads)), seenBatch) {
		_, err := r.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
			for _, id := range batch {
				th, ok, err := ticket.LoadThread(tx, id)
				if err != nil {
					return err
				}
				if !ok || !newer(threads[id], th.Cursor) {
					continue
				}
				th.Cursor = threads[id]
				if err := th.Save(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			r.log.Warn("note how far threads have been read", zap.Error(err))
			return
		}
	}
}
