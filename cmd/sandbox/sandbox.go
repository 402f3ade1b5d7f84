package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/desk"
	"github.com/haloerzap/halo/store/storetest"
)

// options say how a sandbox starts. The zero value is a useful one.
type options struct {
	// Start is desk time at the start; zero is 09:00 of a working day.
	Start time.Time
	// Empty leaves out the phones and conversations to look at.
	Empty bool
	// Data is the folder of the desk's data, which must be empty and is kept;
	// "" is a temporary one.
	Data string
	// Redis is the URL of a store; "" is one in this process.
	Redis string
	// Policy changes the desk's policy from its defaults; nil leaves them.
	Policy func(*desk.Config)
	// Log takes what the desk and the simulators report; nil for silence.
	Log *zap.Logger
	// Problem hears of everything a network did not understand; it may be nil.
	Problem func(string)
	// Checked compares what goes to Discord with the official description of its
	// API, where that is at hand.
	Checked bool
}

// A sandbox is a desk between two simulated networks. Its methods are safe for
// concurrent use.
type sandbox struct {
	options  options
	log      *zap.Logger
	clock    *clock
	config   desk.Config
	whatsapp *whatsapptest.Network
	discord  *discordtest.Server
	store    *storetest.Faults
	kept     desk.Options // of the desk, the next one's too
	current  atomic.Pointer[desk.Desk]
	restarts chan chan error // asks [sandbox.Run] for another desk
	hub      *hub
	shut     []func() error // in reverse order of opening

	mu      sync.Mutex
	faults  faults                   // in force; guarded by mu
	fades   map[string]time.Duration // of new messages, by phone; guarded by mu
	ringing map[string]string        // phone by id of its call; guarded by mu
}

// open builds a sandbox: both networks, the guild with its people, the desk
// paired and its channels made. Close must be called.
func open(ctx context.Context, o options) (*sandbox, error) {
	if o.Log == nil {
		o.Log = zap.NewNop()
	}
	s := &sandbox{options: o, log: o.Log, config: desk.Default(), restarts: make(chan chan error), fades: map[string]time.Duration{}, ringing: map[string]string{}}
	if o.Policy != nil {
		o.Policy(&s.config)
	}
	if err := s.build(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *sandbox) build(ctx context.Context) error {
	if s.options.Start.IsZero() {
		s.options.Start = workingMorning(time.Now(), s.config.Zone)
	}
	s.clock = newClock(s.options.Start)
	if !s.options.Empty {
		s.clock = newClock(s.options.Start.Add(-before))
	}
	s.hub = newHub(s)
	if err := s.openNetworks(); err != nil {
		return err
	}
	if !s.options.Empty {
		if err := s.announce(); err != nil {
			return err
		}
		s.clock.set(s.options.Start)
	}
	if err := s.openData(); err != nil {
		return err
	}
	kept, err := s.openRedis()
	if err != nil {
		return err
	}
	s.populate()
	s.kept = desk.Options{Log: s.log, Now: s.clock.Now, Redis: kept, KeepsNothing: true}
	if err := desk.Setup(ctx, s.config, func(line string) { s.log.Debug("setup", zap.String("did", line)) }); err != nil {
		return fmt.Errorf("set up the Discord server: %w", err)
	}
	if err := s.pair(ctx, s.kept); err != nil {
		return err
	}
	if !s.options.Empty {
		if err := s.stock(ctx); err != nil {
			return err
		}
	}
	return s.renew()
}

func (s *sandbox) openNetworks() (err error) {
	problem := func(network string) func(string) {
		return func(text string) {
			s.log.Error("the "+network+" simulator did not understand", zap.String("what", text))
			if s.options.Problem != nil {
				s.options.Problem(network + ": " + text)
			}
		}
	}
	s.whatsapp, err = whatsapptest.New(whatsapptest.Options{Now: s.clock.Now, Problem: problem("WhatsApp"), BusinessName: "HaloERZAP"})
	if err != nil {
		return fmt.Errorf("start WhatsApp: %w", err)
	}
	s.shut = append(s.shut, s.whatsapp.Close)
	limits := discordtest.DefaultLimits()
	// Who tries the desk out does not wait for figures that are guesses; of a clock that is
	// moved, every message is old.
	limits.ThreadCreate, limits.OldEdit = discordtest.Limit{}, discordtest.Limit{}
	s.discord, err = discordtest.New(discordtest.Options{
		Limits: &limits, Guild: "HaloERZAP", BotName: "Halo", Now: s.clock.Now, Problem: problem("Discord"), NoSpec: !s.options.Checked,
	})
	if err != nil {
		return fmt.Errorf("start Discord: %w", err)
	}
	s.shut = append(s.shut, s.discord.Close)
	root := s.whatsapp.RootKey()
	s.config.WhatsAppEndpoint, s.config.WhatsAppRootKey = s.whatsapp.URL(), root[:]
	s.config.DiscordEndpoint, s.config.DiscordGuild = s.discord.URL(), s.discord.GuildID()
	s.config.DiscordToken = desk.NewSecret(s.discord.Token())
	return nil
}

// openData chooses the folder. One that was used belongs to networks that are
// gone, so it is refused.
func (s *sandbox) openData() error {
	dir := s.options.Data
	if dir == "" {
		temporary, err := os.MkdirTemp("", "halo-sandbox-")
		if err != nil {
			return fmt.Errorf("make data folder: %w", err)
		}
		s.shut = append(s.shut, func() error { return os.RemoveAll(temporary) })
		s.config.Data = temporary
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read data folder: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("use data folder %s: it must be empty, because the simulated networks remember nothing of an earlier run", dir)
	}
	s.config.Data = dir
	return nil
}

// openRedis is where the desk is kept, with a switch to take it away.
func (s *sandbox) openRedis() (desk.Redis, error) {
	var client desk.Redis
	if s.options.Redis == "" {
		memory, end := storetest.NewMemory()
		client = memory
		s.shut = append(s.shut, func() error { end(); return nil })
	} else {
		dialed, err := desk.DialRedis(s.options.Redis)
		if err != nil {
			return nil, fmt.Errorf("--redis: %w", err)
		}
		client = dialed
		s.shut = append(s.shut, dialed.Close)
		// A store that outlives the networks is entered under a new name each time.
		s.config.Desk = "sandbox-" + strings.ToLower(rand.Text()[:8])
	}
	s.store = storetest.Inject(client)
	return client, nil
}

// pair lets the business phone scan the first code the desk shows.
func (s *sandbox) pair(ctx context.Context, o desk.Options) error {
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, errors.New("the phone did not confirm the link in time"))
	defer cancel()
	var scanning sync.WaitGroup
	defer scanning.Wait()
	var once sync.Once
	scanned := make(chan error, 1)
	err := desk.Pair(ctx, s.config, o, func(code string) {
		once.Do(func() { scanning.Go(func() { scanned <- s.whatsapp.Pair(ctx, code) }) })
	})
	if err != nil {
		select {
		case second := <-scanned:
			err = errors.Join(err, second)
		default:
		}
		return fmt.Errorf("link the desk to the phone: %w", err)
	}
	return nil
}

// Run works until ctx ends.
func (s *sandbox) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() { s.hub.run(ctx) })
	err := s.runDesks(ctx)
	cancel()
	watching.Wait()
	if err != nil {
		return fmt.Errorf("run the desk: %w", err)
	}
	return nil
}

// prepare returns when both links are up, commands can be used, and the first
// conversations stand.
func (s *sandbox) prepare(ctx context.Context) error {
	if err := s.desk().Ready(ctx); err != nil {
		return err
	}
	if err := s.discord.WaitFor(ctx, func() bool { return len(s.discord.Commands()) > 0 }); err != nil {
		return fmt.Errorf("wait for the desk's commands: %w", err)
	}
	if s.options.Empty {
		return nil
	}
	return s.demonstrate(ctx)
}

// links says which of the two networks the desk is connected to and ready on.
func (s *sandbox) links() (onWhatsApp, onDiscord bool) {
	return s.desk().Status().Links()
}

// Close ends both networks and removes temporary data. It may be called more
// than once.
func (s *sandbox) Close() error {
	var all error
	for i := len(s.shut) - 1; i >= 0; i-- {
		all = errors.Join(all, s.shut[i]())
	}
	s.shut = nil
	return all
}
