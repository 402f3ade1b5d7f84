package desk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// Free room on a disk, in bytes. Below leastRoom the number is disconnected while
// everything can still be written down; below scarceRoom somebody is told. They are
// no shares of the disk: a hundredth of a large one is room for months.
const (
	leastRoom  = 64 << 20
	scarceRoom = 512 << 20
)

// A finding is what one look at the store and the disks came to.
type finding struct {
	down   error           // the store does not answer
	unsafe []store.Problem // why the store may lose what it acknowledged
	room   uint64          // bytes, on the fuller of the disks; only if asked
	asked  bool
}

// reasons are why the number may not be connected, in English; none: it may.
func (f finding) reasons() []string {
	var all []string
	if f.down != nil {
		all = append(all, "the store does not answer")
	}
	for _, p := range f.unsafe {
		all = append(all, p.String())
	}
	if f.full() {
		all = append(all, fmt.Sprintf("only %d MB are free on the disk, want %d MB", f.room>>20, leastRoom>>20))
	}
	return all
}

func (f finding) full() bool   { return f.asked && f.room < leastRoom }
func (f finding) scarce() bool { return f.asked && !f.full() && f.room < scarceRoom }

// A gate keeps WhatsApp disconnected while the store does not hold its promise:
// WhatsApp keeps the messages then, and nobody is told that we have them. It is
// closed until the first look.
type gate struct {
	look    func(context.Context) finding
	hold    func(reason string) // disconnect and stay so
	release func()              // connect again
	changed func()              // told after open, or what is known, changed
	log     *zap.Logger
	wake    chan struct{}
	haste   time.Duration // how many times faster than usual it looks

	mu    sync.Mutex
	state gateState // guarded by mu
}

// gateState is what the gate knows. Its transitions are next's alone.
type gateState struct {
	open   bool
	last   finding
	failed time.Time // since when the store has not answered; zero: it does
}

// How often the gate looks: while all is well, while it is closed, and while it is
// not certain yet that the store is away.
const (
	lookEvery   = 30 * time.Second
	lookClosed  = 2 * time.Second
	lookDoubt   = 500 * time.Millisecond
	storeGrace  = 3 * time.Second // a store that restarts is no reason to let go of the number
	lookTimeout = 5 * time.Second
)

// next returns the state after a look at real time now, and when to look again.
func (s gateState) next(f finding, now time.Time) (gateState, time.Duration) {
	was := s
	s.last = f
	if f.down == nil {
		s.failed = time.Time{}
	} else if s.failed.IsZero() {
		s.failed = now
	}
	onlyDown := f.down != nil && len(f.unsafe) == 0 && !f.full()
	switch {
	case onlyDown && was.open && now.Sub(s.failed) < storeGrace:
		return s, lookDoubt
	case len(f.reasons()) > 0:
		s.open = false
		return s, lookClosed
	}
	s.open = true
	return s, lookEvery
}

func newGate(look func(context.Context) finding, hold func(string), release, changed func(), log *zap.Logger) *gate {
	return &gate{look: look, hold: hold, release: release, changed: changed, log: log.Named("gate"), wake: make(chan struct{}, 1), haste: 1}
}

// run looks until ctx ends. The number must be held when it starts.
func (g *gate) run(ctx context.Context) error {
	for {
		asked, cancel := context.WithTimeout(ctx, lookTimeout)
		f := g.look(asked)
		cancel()
		if ctx.Err() != nil {
			return nil
		}
		wait := g.take(f, time.Now())
		timer := time.NewTimer(wait / g.haste)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-g.wake:
			timer.Stop()
		}
	}
}

// take acts on a finding.
func (g *gate) take(f finding, now time.Time) (wait time.Duration) {
	g.mu.Lock()
	before := g.state
	g.state, wait = before.next(f, now)
	after := g.state
	g.mu.Unlock()
	why := f.reasons()
	switch {
	case before.open && !after.open:
		g.log.Warn("whatsapp is disconnected until the store is safe", zap.Strings("why", why), zap.NamedError("cause", f.down))
		g.hold("the store is not safe")
	case !before.open && after.open:
		g.log.Info("the store is safe; whatsapp may connect")
		g.release()
	case !before.open && !slices.Equal(why, before.last.reasons()):
		g.log.Warn("the store is not safe", zap.Strings("why", why), zap.NamedError("cause", f.down))
	}
	g.changed()
	return wait
}

// poke makes the gate look now.
func (g *gate) poke() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

func (g *gate) now() gateState {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state
}

// doubted reports whether another look now may change anything: the store failed or
// came back.
func (s gateState) doubted(answers bool) bool {
	return answers == (s.last.down != nil) || answers && !s.open && len(s.last.unsafe) == 0 && !s.last.full()
}

// unforgiven returns the problems that a promise does not forgive.
func (p Promise) unforgiven(problems []store.Problem) []store.Problem {
	return slices.DeleteFunc(slices.Clone(problems), func(q store.Problem) bool {
		return p == Second && q.Class == store.ClassSecond || p == Unchecked && q.Class == store.ClassUnchecked
	})
}

// folders are where the desk writes: its data, and its own redis-server's.
func (c Config) folders() []string {
	if c.RedisURL.Reveal() != "" {
		return []string{c.Data}
	}
	return []string{c.Data, filepath.Join(c.Data, "redis")}
}

// look is the gate's question about a store.
func (d *Desk) look(ctx context.Context, st *store.Store) (f finding) {
	if err := st.Ping(ctx); err != nil {
		return finding{down: err}
	}
	if d.o.KeepsNothing {
		return finding{}
	}
	problems, err := st.Durability(ctx)
	f.down, f.unsafe = err, d.cfg.RedisPromise.unforgiven(problems)
	for _, dir := range d.cfg.folders() {
		room, _, err := store.DiskFree(dir)
		if err != nil {
			d.log.Warn("look at the disk", zap.Error(err))
			continue
		}
		if !f.asked || room < f.room {
			f.room, f.asked = room, true
		}
	}
	return f
}

// watchEvery is how often the last commit's number is copied to the mirror.
const watchEvery = 250 * time.Millisecond

// errRolledBack ends the leading of this process: all it knows of the store is of a
// past that the store has lost. It begins anew, as after a take-over.
var errRolledBack = fmt.Errorf("the store went back in time: %w", ledger.ErrStale)

// A sentry watches a store that others may take back in time.
type sentry struct {
	store interface {
		HighWater(context.Context) (int64, error)
		RaiseHighWater(ctx context.Context, atLeast, skip int64) error
	}
	mirror *mirror                                         // nil for a store that keeps nothing
	lost   func(ctx context.Context, have, had mark) error // tells of a roll-back, durably
	heard  func(answers bool)                              // after each question
	// lag is how old a number must be before it is copied: with replicas one that can
	// be read is not confirmed yet.
	lag     time.Duration
	pending []mark // read and not yet copied, oldest first
	log     *zap.Logger
}

// How far the numbers leap after a roll-back, so that none is ever given twice: more
// than the mirror may have missed. People read those of tickets, so they leap by what
// was lost and little more; nobody opens more tickets a day than mostSkipped.
const (
	roundUp     = 1_000_000
	spare       = 1000
	mostSkipped = 100_000
)

// compare asks for the last commit's number once. back is true when the store went
// back in time; that was told then, and the numbers go on after the old ones.
func (s *sentry) compare(ctx context.Context) (back bool, err error) {
	asked, cancel := context.WithTimeout(ctx, 2*time.Second)
	number, err := s.store.HighWater(asked)
	cancel()
	if err != nil {
		return false, err
	}
	if s.mirror == nil {
		return false, nil
	}
	had := s.mirror.last()
	if number >= had.number {
		return false, s.copy(mark{number, time.Now()})
	}
	s.pending = nil
	have, _ := s.mirror.before(number)
	have.number = number
	s.log.Error("the store went back in time", zap.Int64("commit", number), zap.Int64("was", had.number),
		zap.Time("from", have.at), zap.Time("to", had.at))
	// Told before the numbers leap: what was told survives a crash here, and finding
	// it again tells it once.
	if err := s.lost(ctx, have, had); err != nil {
		return true, err
	}
	return true, s.store.RaiseHighWater(ctx, had.number+roundUp, min(had.number-number+spare, mostSkipped))
}

func (s *sentry) close() {
	if s.mirror != nil {
		s.mirror.close()
	}
}

// copy notes what is old enough.
func (s *sentry) copy(k mark) error {
	if len(s.pending) == 0 || s.pending[len(s.pending)-1].number != k.number {
		s.pending = append(s.pending, k)
	}
	for len(s.pending) > 0 && k.at.Sub(s.pending[0].at) >= s.lag {
		if err := s.mirror.note(s.pending[0]); err != nil {
			return err
		}
		s.pending = s.pending[1:]
	}
	return nil
}

// run compares until ctx ends or the store went back.
func (s *sentry) run(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	mirrored := true
	for {
		back, err := s.compare(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case back && err == nil:
			return errRolledBack
		case back:
			s.log.Warn("mend a store that went back in time", zap.Error(err))
		}
		_, fileTrouble := errors.AsType[*fs.PathError](err)
		if fileTrouble && mirrored {
			s.log.Warn("copy the last commit's number", zap.Error(err))
		}
		mirrored = !fileTrouble
		s.heard(err == nil || fileTrouble)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
