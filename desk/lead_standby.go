package desk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// A standby waits until this process may lead the desk.
//
// Whoever holds the data folder may lead as soon as the lease is free, or at once
// when it belongs to the folder's last holder, which is dead. Who does not hold it
// waits for that, and takes a lease that ran out: its owner is frozen or cut off.
// A lease that was given back is left to whoever holds the folder, since a process
// that ends lets go of the folder last.
type standby struct {
	*Desk
	store *store.Store
	home  *home
	said  string
	// patient is how long the lease is left alone while another process holds the
	// folder: until it runs out, as far as is known.
	patient time.Time
	checked bool // the store is that of our network
	session sessionLook
}

func (d *Desk) newStandby(st *store.Store, h *home) *standby {
	return &standby{Desk: d, store: st, home: h}
}

// await returns the lease once this process has it.
func (s *standby) await(ctx context.Context) (ledger.Lease, error) {
	s.patient = time.Now().Add(s.rhythm.ttl)
	for {
		lease, wait, err := s.try(ctx)
		if err != nil {
			return ledger.Lease{}, err
		}
		if lease.Epoch > 0 {
			s.said = ""
			s.setStatus(func(all *Status) { all.StandingBy, all.Useless = "", false })
			return lease, nil
		}
		if err := pause(ctx, wait); err != nil {
			return ledger.Lease{}, err
		}
	}
}

// makeWay stands by after another instance took the lead, and leaves it the time to
// hold the data folder: that belongs to whoever leads.
func (s *standby) makeWay(ctx context.Context) {
	s.say("another instance took the lead of this desk", "it to end")
	_ = pause(ctx, 2*s.rhythm.yield) // await looks at ctx
}

// try looks whether this process may lead. Without a lease it says how long to wait.
func (s *standby) try(ctx context.Context) (lease ledger.Lease, wait time.Duration, err error) {
	held, err := s.home.hold(forRun)
	if err != nil {
		return lease, 0, err
	}
	if held {
		return s.inside(ctx)
	}
	return s.outside(ctx)
}

// inside tries while this process holds the folder.
func (s *standby) inside(ctx context.Context) (lease ledger.Lease, wait time.Duration, err error) {
	if err := s.home.serve(ctx, s.log); err != nil {
		return lease, 0, err
	}
	if may, err := s.mayLead(ctx); err != nil || !may {
		s.letGo(s.home)
		return lease, s.rhythm.yield, err
	}
	lease, err = s.store.Acquire(ctx, s.home.name, s.rhythm.ttl)
	other, taken := errors.AsType[*store.HeldError](err)
	if taken && other.Owner == s.home.alias {
		// An attempt from outside succeeded and nobody told us.
		if err := s.home.rename(s.home.alias); err != nil {
			return lease, 0, err
		}
		lease, err = s.store.Acquire(ctx, s.home.name, s.rhythm.ttl)
		other, taken = errors.AsType[*store.HeldError](err)
	}
	switch {
	case ctx.Err() != nil:
		return lease, 0, ctx.Err()
	case taken:
		s.say(fmt.Sprintf("instance %s leads this desk", other.Owner), "its lease, renewed every few seconds, to end")
		defer s.letGo(s.home) // it belongs to whoever leads
	case err != nil:
		s.log.Warn("lead the desk", zap.Error(err))
	}
	if err == nil && strings.HasPrefix(s.said, "halo run ") {
		s.tellTakeOver(lease.Epoch, "Proses yang memimpin berhenti: dihentikan, atau mati.")
	}
	if err == nil || taken {
		return s.check(ctx, s.home.owner(), lease)
	}
	return lease, s.rhythm.yield, nil
}

// outside tries while another process holds the folder.
func (s *standby) outside(ctx context.Context) (lease ledger.Lease, wait time.Duration, err error) {
	p := holderOf(s.home.dir)
	if p.purpose == forPair || p.purpose == forCheck {
		s.say(fmt.Sprintf("halo %s (process %d) uses the data folder %s", p.purpose, p.pid, s.home.dir), "it to finish")
		s.patient = time.Now().Add(s.rhythm.ttl)
		return lease, s.rhythm.look, nil
	}
	s.say(fmt.Sprintf("halo run (process %d) leads this desk from the same data folder %s", p.pid, s.home.dir),
		fmt.Sprintf("it to end, or to be silent for %s", s.rhythm.ttl))
	if time.Now().Before(s.patient) {
		return lease, s.rhythm.look, nil
	}
	s.patient = time.Now().Add(s.rhythm.yield)
	try, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if may, err := s.mayLead(try); err != nil || !may {
		return lease, s.rhythm.look, nil // the store's silence is not ours to tell: we do not lead
	}
	lease, err = s.store.Acquire(try, s.home.alias, s.rhythm.ttl)
	if other, taken := errors.AsType[*store.HeldError](err); taken {
		s.patient = time.Now().Add(other.For)
	}
	if err != nil {
		return ledger.Lease{}, s.rhythm.look, nil
	}
	s.log.Warn("the process that holds the data folder was silent for too long; taking the lead from it", zap.Int("process", p.pid))
	s.tellTakeOver(lease.Epoch, "Proses yang memimpin tidak bergerak lebih dari "+lasted(s.rhythm.ttl)+".")
	return s.check(ctx, s.home.alias, lease)
}

// check refuses the store of another network, once, and passes the lease on if it
// has nothing against it.
func (s *standby) check(ctx context.Context, owner string, lease ledger.Lease) (ledger.Lease, time.Duration, error) {
	if s.checked {
		return lease, s.rhythm.yield, nil
	}
	err := s.sameNetwork(ctx, s.store)
	if err == nil {
		s.checked = true
		return lease, s.rhythm.yield, nil
	}
	if lease.Epoch > 0 {
		err = errors.Join(err, s.store.Release(ctx, owner, lease))
	}
	if errors.Is(err, errOtherNetwork) {
		return ledger.Lease{}, 0, err
	}
	s.log.Warn("look at the desk's store", zap.Error(err))
	return ledger.Lease{}, s.rhythm.yield, nil
}

// say tells people who leads and what we wait for, once each time that changes.
func (s *standby) say(who, until string) {
	if s.said == who {
		return
	}
	s.said = who
	s.log.Info("standing by: "+who, zap.String("waits for", until))
	s.setStatus(func(all *Status) { all.StandingBy, all.Useless = who+"; waiting for "+until, who == s.unpaired() })
}
