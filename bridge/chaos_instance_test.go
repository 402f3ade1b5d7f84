package bridge_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// An instance is a process of the desk: it waits for the lease, leads, and may die or
// freeze at any step. What it does then reaches nobody, or comes late.
type instance struct {
	s      *sim
	cancel context.CancelFunc
	ctx    context.Context
	unread chan string // threads to read from their beginning

	mu     sync.Mutex
	dead   bool
	frozen time.Time // until then
	lease  ledger.Lease
}

const modelTTL = 15 * time.Second

func (in *instance) alive() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return !in.dead
}

// gate is passed before and after everything that leaves the process.
func (in *instance) gate() error {
	for {
		in.mu.Lock()
		dead, wait := in.dead, time.Until(in.frozen)
		in.mu.Unlock()
		switch {
		case dead:
			return errGone
		case wait <= 0:
			return nil
		}
		time.Sleep(wait)
	}
}

// hit is the failpoint of the product and of the networks' own steps.
func (in *instance) hit(point string) error {
	if err := in.gate(); err != nil {
		return err
	}
	in.s.script.hit(in, point)
	return in.gate()
}

func (in *instance) die() {
	in.mu.Lock()
	in.dead = true
	in.mu.Unlock()
	in.cancel()
}

func (in *instance) freeze(d time.Duration) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.frozen = time.Now().Add(d)
}

func (in *instance) currentLease() ledger.Lease {
	in.mu.Lock()
	defer in.mu.Unlock()
	l := in.lease
	if in.s.ablation.noDeadline {
		l.Until = l.Until.Add(24 * time.Hour)
	}
	return l
}

func (in *instance) setLease(l ledger.Lease) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.lease = l
}

func pauseFor(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// run is a process from its start to its death.
func (in *instance) run() {
	for in.ctx.Err() == nil {
		lease, ok := in.s.acquire(in)
		if !ok {
			pauseFor(in.ctx, time.Second)
			continue
		}
		if in.hit("lease.acquired") != nil {
			return
		}
		in.setLease(lease)
		in.lead(lease.Epoch)
		in.setLease(ledger.Lease{})
		if in.hit("lease.lost") != nil {
			return
		}
	}
}

// lead runs every part until the process dies or another one leads.
func (in *instance) lead(epoch int64) {
	ctx, stop := context.WithCancel(in.ctx)
	defer stop()
	st := gatedStore{Store: in.s.newStore(), in: in}
	policy := bridge.Desk{
		Prefix: "HE", Zone: time.UTC, Sentences: ticket.Sentences{ticket.AutoText: modelAuto},
		AgentRoles: []string{agentRole}, NotePrefix: "//", MessageID: func(s string) string { return "ID-" + s },
	}
	if in.s.run.rough {
		policy.Undo = 2 * time.Second
	}
	relay := bridge.NewRelay(st, policy, in.s.log)
	var phone bridge.Phone = modelSender{in: in}
	var board bridge.Board = wire{in: in}
	if a := in.s.ablation; a.phone != nil {
		phone = a.phone(phone)
	}
	if a := in.s.ablation; a.board != nil {
		board = a.board(board)
	}
	courier := bridge.NewCourier(st, phone, board, in.currentLease, policy, bridge.CourierConfig{
		Channels: map[string]string{"forum": "forum", "ops": "ops", "intake": "ops"}, Failpoint: in.hit,
	}, in.s.log)
	in.unread = make(chan string, 64)
	var parts sync.WaitGroup
	parts.Go(func() {
		defer stop()
		in.renew(ctx, epoch)
	})
	parts.Go(func() { in.whatsapp(ctx, relay) })
	parts.Go(func() { in.discord(ctx, relay) })
	parts.Go(func() { _ = relay.Run(ctx) })
	parts.Go(func() {
		defer stop()
		if err := courier.Run(ctx); err != nil && !errors.Is(err, ledger.ErrStale) {
			in.s.t.Errorf("courier: %v", err)
		}
	})
	parts.Wait()
}

// renew keeps the lease until another instance has it.
func (in *instance) renew(ctx context.Context, epoch int64) {
	for ctx.Err() == nil {
		pauseFor(ctx, 3*time.Second)
		if in.hit("lease.renew-late") != nil || !in.s.renewed(in, epoch) {
			return
		}
	}
}

// whatsapp is the connection: messages in order, one at a time, each acknowledged
// when the relay has it. After a failure nothing more is taken from the connection.
func (in *instance) whatsapp(ctx context.Context, relay *bridge.Relay) {
	w := in.s.wa
	for ctx.Err() == nil {
		if in.gate() != nil {
			return
		}
		if !in.currentLease().Valid(time.Now()) {
			pauseFor(ctx, time.Second)
			continue
		}
		w.connect(in)
		for last := ""; ctx.Err() == nil; {
			m, news, ok := w.after(in, last)
			if !ok {
				break
			}
			if m.id == "" {
				select {
				case <-news:
				case <-ctx.Done():
				}
				continue
			}
			if last = m.id; in.take(ctx, relay, m) != nil {
				break
			}
		}
		pauseFor(ctx, time.Second)
	}
}

func (in *instance) take(ctx context.Context, relay *bridge.Relay, m modelMessage) error {
	alt := bridge.Address("628" + m.from.name + "@s.whatsapp.net")
	if len(m.read) > 0 {
		if err := in.hit("w.receipt"); err != nil {
			return err
		}
		if err := relay.Receipts(ctx, bridge.Receipt{Chat: m.from.address, Alt: alt, IDs: m.read, Read: true, At: m.at}); err != nil {
			return errNotAcknowledged
		}
		if err := in.gate(); err != nil {
			return err
		}
		in.s.wa.acknowledge(m.id)
		return nil
	}
	for _, step := range []string{"wa.recv", "wa.decrypted"} {
		if err := in.hit(step); err != nil {
			return err
		}
	}
	if in.s.ablation.ackFirst {
		in.s.wa.acknowledge(m.id)
		if err := in.hit("wa.acked"); err != nil {
			return err
		}
	}
	err := relay.Receive(ctx, bridge.ClientMessage{
		ID: m.id, Chat: m.from.address, Alt: alt,
		Name: m.from.name, At: m.at, Kind: bridge.KindPlainText, Text: m.text,
	})
	if err != nil {
		return errNotAcknowledged
	}
	if err := in.hit("wa.persisted"); err != nil {
		return err
	}
	in.s.wa.acknowledge(m.id)
	return in.hit("wa.acked")
}

// discord is the gateway: what was missed comes first, then what is heard.
func (in *instance) discord(ctx context.Context, relay *bridge.Relay) {
	d := in.s.dc
	for ctx.Err() == nil {
		for d.isAway() && ctx.Err() == nil {
			pauseFor(ctx, time.Second)
		}
		if in.gate() != nil {
			return
		}
		g := d.listen(in)
		if in.s.ablation.liveFirst {
			in.listen(ctx, relay, g, time.Now().Add(5*time.Second))
		}
		for _, thread := range d.all() {
			in.catchUp(ctx, relay, thread, false)
		}
		in.listen(ctx, relay, g, time.Time{})
		pauseFor(ctx, modelGap)
	}
}

// modelGap is how long a lost session is away.
const modelGap = 5 * time.Second

// listen hands on what a session hears until it is cut, or until a time.
func (in *instance) listen(ctx context.Context, relay *bridge.Relay, g *modelGateway, until time.Time) {
	var over <-chan time.Time
	if !until.IsZero() {
		over = time.After(time.Until(until))
	}
	for ctx.Err() == nil {
		m, some, up := in.s.dc.next(g)
		switch {
		case !up:
			return
		case some:
			in.hear(ctx, relay, m, "dc.recv", "dc.persisted")
			continue
		}
		select {
		case <-ctx.Done():
		case <-over:
			return
		case <-g.news:
		case thread := <-in.unread:
			in.catchUp(ctx, relay, thread, true)
		}
	}
}

func (in *instance) catchUp(ctx context.Context, relay *bridge.Relay, thread string, whole bool) {
	if in.s.ablation.noCatchUp && !whole {
		return
	}
	after, ours := "", false
	if !insist(ctx, func() (err error) {
		after, ours, err = relay.Cursor(ctx, thread)
		return err
	}) || !ours {
		return
	}
	if whole || after == "" {
		after = thread
	}
	for in.s.dc.isAway() && ctx.Err() == nil {
		pauseFor(ctx, time.Second)
	}
	if in.gate() != nil {
		return
	}
	for _, m := range in.s.dc.history(thread, after) {
		in.hear(ctx, relay, m, "dc.catchup", "dc.catchup.persisted")
	}
}

func (in *instance) hear(ctx context.Context, relay *bridge.Relay, m bridge.StaffMessage, before, after string) {
	if in.hit(before) != nil {
		return
	}
	if insist(ctx, func() error {
		err := relay.Reply(ctx, m)
		if errors.Is(err, bridge.ErrNotOurs) {
			return nil
		}
		return err
	}) {
		_ = in.hit(after) // a process that is gone hears nothing more
	}
}

func insist(ctx context.Context, do func() error) bool {
	for ctx.Err() == nil {
		if do() == nil {
			return true
		}
		pauseFor(ctx, 250*time.Millisecond)
	}
	return false
}

// gatedStore is the store as an instance reaches it. An ablation may take the place
// of a method.
type gatedStore struct {
	*store.Store
	in *instance
}

func (g gatedStore) Update(ctx context.Context, cause ledger.Cause, fn func(*ledger.Tx) error) (applied bool, err error) {
	if err := g.in.gate(); err != nil {
		return false, err
	}
	if g.in.s.ablation.update != nil {
		applied, err = g.in.s.ablation.update(ctx, g, cause, fn)
	} else {
		applied, err = g.Store.Update(ctx, cause, fn)
	}
	if gone := g.in.gate(); gone != nil {
		return false, gone
	}
	return applied, err
}

func (g gatedStore) Doc(ctx context.Context, ref ledger.Ref) (ledger.Doc, error) {
	if err := g.in.gate(); err != nil {
		return ledger.Doc{}, err
	}
	if g.in.s.ablation.noDeadline {
		ctx = context.WithoutCancel(ctx)
	}
	return g.Store.Doc(ctx, ref)
}

func (g gatedStore) Lanes(ctx context.Context) ([]ledger.LaneHead, error) {
	if err := g.in.gate(); err != nil {
		return nil, err
	}
	return g.Store.Lanes(ctx)
}

func (g gatedStore) Begin(ctx context.Context, epoch int64, lane string) (ledger.Letter, ledger.Status, bool, error) {
	if err := g.in.gate(); err != nil {
		return ledger.Letter{}, ledger.Status{}, false, err
	}
	return g.Store.Begin(ctx, epoch, lane)
}

func (g gatedStore) Nack(ctx context.Context, epoch int64, l ledger.Letter, notBefore time.Time, reason string, counts bool) error {
	if err := g.in.gate(); err != nil {
		return err
	}
	if g.in.s.ablation.nack != nil {
		return g.in.s.ablation.nack(ctx, g, epoch, l, notBefore, reason, counts)
	}
	return g.Store.Nack(ctx, epoch, l, notBefore, reason, counts)
}
