// Package desk wires one desk together: the store, both networks, and the parts
// between them. It is used by both programs and by tests of the whole.
package desk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord"
	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/scheduler"
	"github.com/haloerzap/halo/store"
)

// Options are what a desk takes from the program that runs it.
type Options struct {
	Log *zap.Logger      // nil for silence
	Now func() time.Time // desk time; nil for time.Now
	// Redis is where the desk is kept; nil for what the configuration says: a redis
	// URL, or a redis-server of our own in the data folder. It stays the caller's to
	// close.
	Redis Redis
	// KeepsNothing says that Redis is one that forgets, as in a sandbox: it is not
	// asked whether it is durable.
	KeepsNothing bool
	// Failpoint is called at the named steps of the delivery protocol; nil outside
	// crash tests.
	Failpoint bridge.Failpoint
}

// A Desk is one WhatsApp number and one Discord server.
type Desk struct {
	cfg Config
	o   Options
	log *zap.Logger

	mu      sync.Mutex
	status  Status        // guarded by mu
	changed chan struct{} // guarded by mu; closed and replaced at every change of status
	parts   *parts        // guarded by mu; nil while this process does not lead
	store   *store.Store  // guarded by mu; nil before Run
	lease   ledger.Lease  // guarded by mu
	watch   *watch        // guarded by mu; nil while this process does not lead
	queue   queue         // guarded by mu; as of the last look

	leading sync.Mutex
	allLed  bool // guarded by leading; every company is found by its key, place and names

	incidents *incidents
	haste     time.Duration // how many times faster the gate and the incidents are, for tests

	rhythm rhythm
	busy   busy // the parts that run
}

// Status says how the desk stands.
type Status struct {
	Leading bool // this process speaks for the desk; otherwise it stands by or starts
	// StandingBy says who leads and what this process waits for; "" while it leads
	// or starts.
	StandingBy string
	// Useless says that it stands by and could not take over.
	Useless  bool
	WhatsApp whatsapp.Status
	Discord  discord.Status
}

// Links reports which of the two networks the desk is ready on.
func (s Status) Links() (onWhatsApp, onDiscord bool) {
	return s.WhatsApp.State == whatsapp.StateReady, s.Discord.Ready
}

// Up reports whether both links are ready.
func (s Status) Up() bool {
	onWhatsApp, onDiscord := s.Links()
	return s.Leading && onWhatsApp && onDiscord
}

// parts run while this process leads the desk.
type parts struct {
	relay     *bridge.Relay
	whatsapp  *whatsapp.Client
	discord   *discord.Client
	courier   *bridge.Courier
	presence  *bridge.Presence
	library   library
	scheduler *scheduler.Scheduler
	jobs      *scheduler.Jobs
	backlog   *backlog
	ops       string // Discord's id of the ops channel
	policy    bridge.Desk
}

// New makes a desk that is not running yet.
func New(cfg Config, o Options) (*Desk, error) {
	if err := cfg.NeedDiscord(); err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Desk{cfg: cfg, o: o, log: o.Log, changed: make(chan struct{}), rhythm: realRhythm, incidents: newIncidents(o.Log), haste: 1}, nil
}

// Run works until ctx ends. While another process leads the desk it stands by and
// takes over when that one is gone. It returns within 10 s of the end of ctx.
func (d *Desk) Run(ctx context.Context) error {
	h, err := openHome(d.cfg.Data)
	if err != nil {
		return err
	}
	st, shut, err := d.connect(h)
	if err != nil {
		return err
	}
	defer shut()
	defer d.letGo(h)
	defer d.serveHealth(ctx)()
	defer d.serveAPI(ctx, st)()
	d.mu.Lock()
	d.store = st
	d.mu.Unlock()
	s := d.newStandby(st, h)
	for ctx.Err() == nil {
		lease, err := s.await(ctx)
		if err != nil {
			return ignoreEnd(ctx, err)
		}
		if err := d.o.Failpoint.Hit("lease.acquired"); err != nil {
			return err
		}
		err = d.lead(ctx, st, h, lease)
		if !errors.Is(err, ledger.ErrStale) {
			return ignoreEnd(ctx, err)
		}
		if errors.Is(err, errRolledBack) {
			d.log.Warn("the store went back in time; leading anew")
			continue
		}
		if err := d.o.Failpoint.Hit("lease.lost"); err != nil {
			return err
		}
		s.makeWay(ctx)
	}
	return nil
}

func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		return nil
	}
	return err
}

// work runs the parts.
func (d *Desk) work(ctx context.Context, st *store.Store, p *parts) error {
	w, err := d.guard(st, p, p.ops)
	if err != nil {
		return errors.Join(err, p.whatsapp.Close())
	}
	d.mu.Lock()
	d.parts, d.watch = p, w
	d.mu.Unlock()
	d.setStatus(func(s *Status) { s.Leading = true })
	defer func() {
		d.mu.Lock()
		d.parts, d.watch = nil, nil
		d.mu.Unlock()
		d.setStatus(func(s *Status) { *s = Status{} })
		if err := p.whatsapp.Close(); err != nil {
			d.log.Warn("close WhatsApp", zap.Error(err))
		}
		if err := p.library.files.Close(); err != nil {
			d.log.Warn("close the media folder", zap.Error(err))
		}
	}()
	g, ctx := errgroup.WithContext(ctx)
	run := func(name string, part func(context.Context) error) {
		d.busy.began(name)
		g.Go(func() error {
			defer d.busy.ended(name)
			err := part(ctx)
			switch {
			case err == nil && ctx.Err() == nil:
				return fmt.Errorf("%s stopped by itself", name) // nobody may die unheard
			case err == nil || errors.Is(err, ledger.ErrStale) || (ctx.Err() != nil && errors.Is(err, context.Canceled)):
				return err
			}
			return fmt.Errorf("%s: %w", name, err)
		})
	}
	run("gate", w.run)
	run("incidents", w.tellIncidents)
	run("whatsapp", p.whatsapp.Run)
	run("discord", p.discord.Run)
	run("relay", p.relay.Run)
	run("courier", p.courier.Run)
	run("presence", p.presence.Run)
	run("scheduler", p.scheduler.Run)
	run("jobs", func(ctx context.Context) error { return d.planJobs(ctx, st, p.jobs) })
	run("companies", func(ctx context.Context) error { return d.findCompanies(ctx, st) })
	run("backlog", func(ctx context.Context) error { return p.backlog.run(ctx, d.haste) })
	run("housekeeping", func(ctx context.Context) error { return d.keepHouse(ctx, st, p.library) })
	return g.Wait()
}

// A redelivery older than this would be taken for new.
const dedupeFor = 45 * 24 * time.Hour

// keepHouse forgets what no redelivery can need any more.
func (d *Desk) keepHouse(ctx context.Context, st *store.Store, files library) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if _, err := st.Prune(ctx, d.o.Now().Add(-dedupeFor)); err != nil && ctx.Err() == nil {
			d.log.Warn("forget old messages' identifiers", zap.Error(err))
		}
		if err := (apiAnswers{st}).prune(ctx, d.o.Now()); err != nil && ctx.Err() == nil {
			d.log.Warn("forget old answers of the API", zap.Error(err))
		}
		d.sweep(ctx, files)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// assemble makes the parts, in the order in which they need each other.
func (d *Desk) assemble(ctx context.Context, st *store.Store) (*parts, error) {
	layout, err := d.layout(ctx, st)
	if err != nil {
		return nil, err
	}
	p := &parts{ops: layout.channels["ops"]}
	policy, err := d.cfg.policyFor(st)
	if err != nil {
		return nil, err
	}
	policy.AgentRoles, policy.Roles, policy.Teams = layout.rights[bot.Agent], layout.rights, layout.teams
	policy.Now, policy.Vault = d.o.Now, bridge.NewVault()
	// Mentions are made readable from what the Discord client has seen; it exists
	// before the first message is taken in.
	policy.Names = bridge.Names{
		User:    func(id string) string { return p.discord.User(id) },
		Role:    func(id string) string { return p.discord.Role(id) },
		Channel: func(id string) string { return p.discord.Channel(id) },
		Zone:    d.cfg.Zone,
	}
	p.policy = policy
	relay := bridge.NewRelay(st, policy, d.log)
	p.relay = relay
	network, err := d.cfg.whatsAppNetwork()
	if err != nil {
		return nil, err
	}
	p.whatsapp, err = d.openSession(ctx, whatsapp.Options{
		Dir: d.cfg.Data, Network: network, Inbox: relay, Sent: sentText(st), Log: d.log, Failpoint: d.o.Failpoint,
		Allowed: d.leads, Groups: d.cfg.Groups, Secret: secretWords(st, d.o.Now, d.log),
		Changed: func(s whatsapp.Status) { d.setStatus(func(all *Status) { all.WhatsApp = s }) },
	})
	if err != nil {
		return nil, err
	}
	board, err := d.cfg.discordNetwork()
	if err != nil {
		return nil, errors.Join(err, p.whatsapp.Close())
	}
	if p.library, err = d.openLibrary(); err != nil {
		return nil, errors.Join(err, p.whatsapp.Close())
	}
	if p.jobs, err = d.cfg.jobs(policy); err != nil {
		return nil, errors.Join(err, p.library.files.Close(), p.whatsapp.Close())
	}
	staff := bot.NewDesk(d.staff(st, layout.rights, policy, p))
	p.discord, err = discord.New(discord.Options{
		Token: d.cfg.DiscordToken.Reveal(), Guild: d.cfg.DiscordGuild, Network: board,
		Inbox: relay, Bot: staff, Commands: staff.Commands(),
		Log: d.log, Failpoint: d.o.Failpoint,
		FileLimit: int64(d.cfg.DiscordFile) << 20, Now: d.o.Now,
		Changed: func(s discord.Status) { d.setStatus(func(all *Status) { all.Discord = s }) },
	})
	if err != nil {
		return nil, errors.Join(err, p.library.files.Close(), p.whatsapp.Close())
	}
	p.courier = bridge.NewCourier(st, p.whatsapp, p.discord, d.currentLease, policy, bridge.CourierConfig{
		Channels: layout.channels, Pace: d.cfg.Replies.PerSecond, Burst: d.cfg.Replies.Burst, Failpoint: d.o.Failpoint,
		Library: p.library, LargestFile: int64(d.cfg.LargestFile) << 20,
		Forbidden: func() string { why, _ := d.forbidden(); return why },
	}, d.log)
	p.presence = d.presence(st, p)
	relay.Presence = p.presence
	p.scheduler = scheduler.New(st, withJobs(timers(policy), p.jobs), d.o.Now, d.leads, d.log)
	p.scheduler.Failpoint = d.o.Failpoint
	p.backlog = &backlog{store: st, limit: d.cfg.Policy.Backlog, roles: layout.rights[bot.AssistantManager], now: d.o.Now, log: d.log.Named("backlog")}
	return p, nil
}

// members reads sorted indexes of the store.
func members(st *store.Store) func(context.Context, string, int64) ([]string, error) {
	return func(ctx context.Context, index string, from int64) (all []string, err error) {
		rows, err := st.Index(ctx, index, store.Range{Min: &from})
		for _, row := range rows {
			all = append(all, row.Member)
		}
		return all, err
	}
}

// rows reads parts of sorted indexes of the store.
func rows(st *store.Store) func(context.Context, bridge.Page) ([]ledger.IndexRow, error) {
	return func(ctx context.Context, p bridge.Page) ([]ledger.IndexRow, error) {
		return st.Index(ctx, p.Index, store.Range{Min: p.Min, Max: p.Max, Offset: p.Offset, Limit: p.Limit})
	}
}

// timers are the handlers of durable timers by kind; all may be late.
func timers(policy bridge.Desk) map[string]scheduler.Kind {
	kinds := map[string]scheduler.Kind{}
	for kind, fire := range policy.Timers() {
		kinds[kind] = scheduler.Kind{Fire: fire, Apart: kind == bridge.TimerFollowUpList}
	}
	return kinds
}

func (d *Desk) setStatus(change func(*Status)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	before := d.status
	change(&d.status)
	if d.status == before {
		return
	}
	wasOnWhatsApp, wasOnDiscord := before.Links()
	onWhatsApp, onDiscord := d.status.Links()
	back := onWhatsApp && !wasOnWhatsApp || onDiscord && !wasOnDiscord
	if d.parts != nil && back {
		d.parts.courier.Poke() // what waited for the link goes now
	}
	close(d.changed)
	d.changed = make(chan struct{})
}

// Status returns how the desk stands.
func (d *Desk) Status() Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status
}

// Ready waits until this process leads and both links are up.
func (d *Desk) Ready(ctx context.Context) error {
	for {
		d.mu.Lock()
		up, changed := d.status.Up(), d.changed
		d.mu.Unlock()
		if up {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for both links: %w", ctx.Err())
		case <-changed:
		}
	}
}

// Poke makes everything that waits try again at once: a fault was cleared, or
// desk time was moved.
func (d *Desk) Poke() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.parts != nil {
		d.parts.courier.Poke()
		d.parts.scheduler.Poke()
		d.watch.gate.poke()
	}
}
