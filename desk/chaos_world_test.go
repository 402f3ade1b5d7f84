package desk

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/bridge/bridgetest"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/store/storetest"
)

// An arena is a desk over both wires and a redis-server, in which one life after the
// other ends by a fault. Every life has two new clients, who write three messages
// each and get three answers each.
type arena struct {
	stage
	t       *testing.T
	redis   Redis
	calls   *storetest.Faults
	clients int
	fault   *arenaFault
	logs    *observer.ObservedLogs
	end     func()
}

// Kinds of faults in an arena.
var arenaKinds = []string{
	"crash", // everything stops at the step, and nothing reaches the store any more
	"gap",   // Discord forgets the session
	"drop",  // the connection to WhatsApp is cut
	"lost",  // the answer of the next script does not come
}

// An arenaFault strikes at the nth passage of a step.
type arenaFault struct {
	mu     sync.Mutex
	a      *arena
	kind   string
	point  string
	n      int
	dead   bool
	struck chan struct{} // closed when it struck
	passed map[string]int
}

func (a *arena) newFault(kind, point string, n int) *arenaFault {
	return &arenaFault{a: a, kind: kind, point: point, n: n, struck: make(chan struct{}), passed: map[string]int{}}
}

func (f *arenaFault) String() string { return fmt.Sprintf("%s@%s#%d", f.kind, f.point, f.n) }

// hit is the failpoint of the desk.
func (f *arenaFault) hit(point string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dead {
		return errCrash
	}
	f.passed[point]++
	if point != f.point || f.passed[point] != f.n {
		return nil
	}
	defer close(f.struck)
	switch f.kind {
	case "crash":
		f.dead = true
		f.a.calls.Down(true)
		return errCrash
	case "gap":
		f.a.discord.InvalidateSessions(false)
	case "drop":
		f.a.whatsapp.DropSocket()
	case "lost":
		f.a.calls.Break(1, true)
	}
	return nil
}

func (f *arenaFault) hasStruck() bool {
	select {
	case <-f.struck:
		return true
	default:
		return false
	}
}

func newArena(t *testing.T) *arena {
	t.Helper()
	a := &arena{
		t:     t,
		stage: newStage(t, discordtest.Options{Limits: discordtest.NoLimits(), NoSpec: true}),
		redis: storetest.Durable(t),
	}
	a.calls = storetest.Inject(a.redis)
	t.Cleanup(func() {
		if a.end != nil {
			a.end()
		}
		storetest.Check(t, a.redis, "halo")
	})
	return a
}

// start begins a process of the desk; a fault ends it.
func (a *arena) start(f *arenaFault) {
	a.t.Helper()
	a.fault = f
	core, logs := observer.New(zapcore.WarnLevel)
	a.logs = logs
	d, err := New(a.cfg, Options{Log: zap.New(core), Redis: a.redis, Failpoint: f.hit})
	if err != nil {
		panic(err) // the configuration was good enough for Setup
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- d.Run(ctx) }()
	a.end = sync.OnceFunc(func() {
		cancel()
		if err := <-over; err != nil && !f.hasStruck() {
			a.t.Errorf("desk at %s: %v", f, err)
		}
	})
}

// restart ends the process and begins another.
func (a *arena) restart(f *arenaFault) {
	a.end()
	a.calls.Down(false)
	a.start(f)
}

// A talker is a client of one life.
type talker struct {
	phone *whatsapptest.Phone
	n     int // messages each way
}

func (a *arena) newTalker() *talker {
	a.clients++
	return &talker{n: 3, phone: a.whatsapp.AddCustomer(whatsapptest.Customer{
		Phone: fmt.Sprintf("62812%07d", a.clients), Name: fmt.Sprintf("Klien%dx", a.clients),
		Addressing: []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber}[a.clients%2],
	})}
}

func (a *arena) threads(p *talker) (ids []string) {
	for _, post := range a.discord.Posts(a.discord.ChannelID("halo-desk")) {
		if strings.Contains(post.Name, p.phone.Name()) {
			ids = append(ids, post.ID)
		}
	}
	return ids
}

// check is what is wrong with a talker's conversation so far.
func (a *arena) check(p *talker) []bridgetest.Violation {
	talk := bridgetest.Talk{Client: p.phone.Name()}
	for i := range p.n {
		talk.Said = append(talk.Said, fmt.Sprint("masuk ", i))
		talk.Answered = append(talk.Answered, fmt.Sprint("keluar ", i))
	}
	threads := a.threads(p)
	talk.Posts = len(threads)
	for _, id := range threads {
		for _, m := range a.discord.Messages(id) {
			if text, ok := strings.CutPrefix(m.Content, "**"+p.phone.Name()+":** "); ok && !m.Deleted {
				talk.Thread = append(talk.Thread, text)
			}
		}
	}
	for _, m := range p.phone.Received() {
		talk.Phone = append(talk.Phone, m.Text)
	}
	return talk.Check(a.cfg.Texts["auto_text"])
}

// live plays a life: the first fault strikes somewhere in the conversation, what it
// ended begins anew with the next fault, until there is none. It returns what is
// wrong at the end.
func (a *arena) live(faults ...*arenaFault) []bridgetest.Violation {
	a.t.Helper()
	talkers := []*talker{a.newTalker(), a.newTalker()}
	a.start(faults[0])
	var people sync.WaitGroup
	for _, p := range talkers {
		people.Go(func() {
			for i := range p.n {
				if _, err := p.phone.Send(fmt.Sprint("masuk ", i)); err != nil {
					a.t.Error(err)
				}
			}
			if !a.await(func() bool { return len(a.threads(p)) > 0 }) {
				return
			}
			for i := range p.n {
				if _, err := a.sari.Post(a.threads(p)[0], fmt.Sprint("keluar ", i), discordtest.PostOptions{}); err != nil {
					a.t.Error(err)
				}
			}
			a.await(func() bool { return len(p.phone.Received()) > 0 })
			p.phone.MarkRead()
		})
	}
	whole := func() bool { return len(a.check(talkers[0])) == 0 && len(a.check(talkers[1])) == 0 }
	struck := false
	for i, f := range faults {
		a.await(func() bool { return f.hasStruck() || whole() })
		struck = struck || f.hasStruck()
		next := a.newFault("none", "", 0)
		if i+1 < len(faults) {
			next = faults[i+1]
		}
		if f.kind == "crash" || i+1 < len(faults) {
			a.restart(next)
		}
	}
	people.Wait()
	a.await(whole)
	a.await(a.idle) // what comes twice comes now
	found := append(a.check(talkers[0]), a.check(talkers[1])...)
	a.end()
	for _, e := range a.logs.All() {
		if e.Level >= zapcore.ErrorLevel && !struck {
			found = append(found, bridgetest.Violation{Kind: "LOGGED", Where: e.LoggerName, What: fmt.Sprint(e.Message, e.ContextMap())})
		}
	}
	return found
}

func (a *arena) idle() bool {
	ctx, cancel := context.WithTimeout(a.t.Context(), 5*time.Second)
	defer cancel()
	n, err := a.redis.ZCard(ctx, "{halo}:lanes").Result()
	return err == nil && n == 0 && a.whatsapp.Unacked() == 0 && a.whatsapp.Quiet() && a.discord.InFlight() == 0
}

// await polls as long as something happens on one of the networks; the store has a say,
// too, so that there is no one signal.
func (a *arena) await(ok func() bool) bool {
	changed, unsubscribe := a.discord.Subscribe()
	defer unsubscribe()
	phones, unsubscribe2 := a.whatsapp.Subscribe()
	defer unsubscribe2()
	still, limit := time.NewTimer(stillness), time.After(longest)
	defer still.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-still.C:
			return false
		case <-limit:
			return false
		case <-changed:
			still.Reset(stillness)
		case <-phones:
			still.Reset(stillness)
		case <-tick.C:
		}
	}
	return true
}
