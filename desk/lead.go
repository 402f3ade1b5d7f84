package desk

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// rhythm is how leadership is timed, in real time.
type rhythm struct {
	ttl   time.Duration // how long others wait for a leader that went silent; it falls silent itself after 80 % of it
	renew time.Duration // between renewals of the lease
	retry time.Duration // the same after one that failed
	look  time.Duration // between looks at the data folder
	yield time.Duration // after the folder was given back to whoever leads
	// frozen is how long the last holder of the folder may block the session database
	// after it lost the lease.
	frozen time.Duration
	stop   time.Duration // how long the parts may take to end
}

var realRhythm = rhythm{
	ttl: 15 * time.Second, renew: 3 * time.Second, retry: time.Second,
	look: 250 * time.Millisecond, yield: time.Second, frozen: 3 * time.Second, stop: 5 * time.Second,
}

// lead runs every part until ctx ends, one fails, or the lease is lost. The lease
// is kept from the first moment: finding Discord may take its time.
func (d *Desk) lead(ctx context.Context, st *store.Store, h *home, lease ledger.Lease) error {
	owner, folder := h.owner(), h.folder
	d.setLease(lease)
	d.log.Info("leading the desk", zap.Int64("epoch", lease.Epoch), zap.Bool("holds the data folder", h.held()))
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() error { return d.renew(inner, st, owner, lease) })
	g.Go(func() error { return d.takeHome(inner, h, owner) })
	g.Go(func() error { return d.rememberSession(inner, st, folder) })
	g.Go(func() error {
		d.busy.began("assembly")
		d.warnOfLoss(inner, st)
		p, err := d.assemble(inner, st)
		d.busy.ended("assembly")
		if err != nil {
			return err
		}
		return d.work(inner, st, p)
	})
	err, ended := d.await(inner, g)
	d.setLease(ledger.Lease{})
	switch {
	case !ended:
		// What still runs may be telling the world something: the lease runs out, it
		// is not given back.
		err = fmt.Errorf("%s did not stop in time (%v)", strings.Join(d.busy.list(), ", "), err)
		if ctx.Err() != nil {
			d.log.Warn("stop the desk", zap.Error(err))
			return nil
		}
		return err
	case errors.Is(err, ledger.ErrStale) && !errors.Is(err, errRolledBack):
		d.letGo(h)
		h.forsake()
		return err
	}
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if released := st.Release(release, owner, lease); released != nil {
		d.log.Warn("give the lease back; it runs out instead", zap.Error(released))
	}
	return err
}

// await waits for the parts, and no longer than they may take to end. ended is false
// when some still run.
func (d *Desk) await(ctx context.Context, g *errgroup.Group) (err error, ended bool) {
	done := make(chan error, 1)
	go func() { done <- g.Wait() }()
	select {
	case err := <-done:
		return err, true
	case <-ctx.Done():
	}
	limit := time.NewTimer(d.rhythm.stop)
	defer limit.Stop()
	select {
	case err := <-done:
		return err, true
	case <-limit.C:
		return context.Cause(ctx), false
	}
}

// renew keeps the lease; a store that does not answer makes it run out locally,
// which silences us, and it comes back with the store.
func (d *Desk) renew(ctx context.Context, st *store.Store, owner string, lease ledger.Lease) error {
	for wait, silent := d.rhythm.renew, false; ; {
		if pause(ctx, wait) != nil {
			return nil
		}
		wait = d.rhythm.retry
		err := d.o.Failpoint.Hit("lease.renew-late")
		if err == nil {
			try, cancel := context.WithTimeout(ctx, d.rhythm.ttl/3)
			lease, err = st.Renew(try, owner, lease, d.rhythm.ttl)
			cancel()
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ledger.ErrStale):
			d.setLease(ledger.Lease{}) // nothing more is said from here on
			return err
		case err == nil:
			d.setLease(lease)
			wait = d.rhythm.renew
			if silent {
				silent = false
				d.log.Info("the lease is renewed; the desk speaks again")
			}
		case !silent && !d.leads():
			silent = true
			d.log.Warn("the lease ran out; the desk is silent until the store answers", zap.Error(err))
		default:
			d.log.Warn("renew the lease", zap.Error(err))
		}
	}
}

func (d *Desk) setLease(l ledger.Lease) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lease = l
}

// currentLease is the lease as far as it is known; the zero value when there is
// none. A machine that slept has lost its lease, though its monotonic clock, which
// slept too, does not show that.
func (d *Desk) currentLease() ledger.Lease {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.lease.Valid(time.Now().Round(0)) {
		return ledger.Lease{}
	}
	return d.lease
}

// leads reports whether this process may speak for the desk now.
func (d *Desk) leads() bool { return d.currentLease().Valid(time.Now()) }

// letGo lets another process hold the data folder.
func (d *Desk) letGo(h *home) {
	if err := h.letGo(); err != nil {
		d.log.Warn("stop redis-server", zap.Error(err))
	}
}

// takeHome holds the data folder as soon as its last holder, from whom the lead was
// taken, is gone or stands by. While that one is frozen it may block the session
// database: then it is ended.
func (d *Desk) takeHome(ctx context.Context, h *home, owner string) error {
	if h.held() {
		return nil
	}
	var blocked blockade
	for {
		held, err := h.hold(forRun)
		if err != nil {
			return err
		}
		if held {
			if err := errors.Join(h.rename(owner), h.serve(ctx, d.log)); err != nil {
				return ignoreEnd(ctx, err)
			}
			d.log.Info("the process that led before has let the data folder go")
			return nil
		}
		if p, ok := blocked.look(h.dir, time.Now(), d.rhythm.frozen); ok && d.leads() {
			d.end(p, h.dir)
		}
		if pause(ctx, d.rhythm.look) != nil {
			return nil
		}
	}
}

// pause waits, or returns the error of ctx when that ends first.
func pause(ctx context.Context, wait time.Duration) error {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// busy names the parts that run.
type busy struct {
	mu    sync.Mutex
	names map[string]bool // guarded by mu
}

func (b *busy) began(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.names == nil {
		b.names = map[string]bool{}
	}
	b.names[name] = true
}

func (b *busy) ended(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.names, name)
}

func (b *busy) list() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.names))
}
