package bridge_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/bridgetest"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// A fault strikes at the nth passage of a step, or for "lost" at the nth call of a
// script: its answer is lost after it was carried out. Written "kind@point#n".
type fault struct {
	kind, point string
	n           int
}

// Kinds of faults of the reference.
var faultKinds = []string{"crash", "down", "stall40", "stall10m", "gap"}

func (f fault) String() string { return fmt.Sprintf("%s@%s#%d", f.kind, f.point, f.n) }

// A chaosRun is everything that decides how a run goes.
type chaosRun struct {
	faults []fault
	rough  bool // the networks refuse, lose answers and go away
	burst  bool // everybody writes at once
	slow   bool // somebody writes every four seconds
}

func (r chaosRun) String() string {
	parts := []string{}
	for _, f := range r.faults {
		parts = append(parts, f.String())
	}
	return fmt.Sprintf("%s;rough=%t;burst=%t;slow=%t", strings.Join(parts, ","), r.rough, r.burst, r.slow)
}

// parseChaosRun reads what String wrote.
func parseChaosRun(s string) (r chaosRun, err error) {
	fields := strings.Split(s, ";")
	for _, f := range fields[1:] {
		r.rough = r.rough || f == "rough=true"
		r.burst = r.burst || f == "burst=true"
		r.slow = r.slow || f == "slow=true"
	}
	for part := range strings.SplitSeq(fields[0], ",") {
		if part == "" {
			continue
		}
		kind, rest, ok := strings.Cut(part, "@")
		point, n, ok2 := strings.Cut(rest, "#")
		f := fault{kind: kind, point: point}
		if f.n, err = strconv.Atoi(n); err != nil || !ok || !ok2 {
			return r, fmt.Errorf("fault %q is not kind@point#n", part)
		}
		r.faults = append(r.faults, f)
	}
	return r, nil
}

// An ablation leaves an ingredient of the guarantee out.
type ablation struct {
	broken                                     bool // anything at all
	ackFirst, liveFirst, noCatchUp, noDeadline bool

	update func(ctx context.Context, g gatedStore, cause ledger.Cause, fn func(*ledger.Tx) error) (bool, error)
	nack   func(ctx context.Context, g gatedStore, epoch int64, l ledger.Letter, notBefore time.Time, reason string, counts bool) error
	phone  func(bridge.Phone) bridge.Phone
	board  func(bridge.Board) bridge.Board
}

// A faultScript carries out the faults of a run one after the other: a fault's
// passages are counted from the moment the one before it struck.
type faultScript struct {
	mu     sync.Mutex
	s      *sim
	left   []fault
	passed map[string]int // since the last fault
	total  map[string]int
}

func (c *faultScript) hit(in *instance, point string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total[point]++
	c.passed[point]++
	if len(c.left) == 0 || c.left[0].point != point || c.passed[point] < c.left[0].n {
		return
	}
	kind := c.left[0].kind
	c.left = c.left[1:]
	clear(c.passed)
	c.arm()
	switch kind {
	case "crash":
		in.die()
		c.s.start(2 * time.Second)
	case "down":
		in.die()
		c.s.start(10 * time.Minute)
	case "stall40":
		in.freeze(40 * time.Second)
		c.s.start(time.Second)
	case "stall10m":
		in.freeze(10 * time.Minute)
		c.s.start(time.Second)
	case "gap":
		c.s.dc.gap()
	}
}

// arm prepares the loss of a script's answer, when that is next.
func (c *faultScript) arm() {
	for len(c.left) > 0 && c.left[0].kind == "lost" {
		c.s.calls.Break(c.left[0].n, true)
		c.left = c.left[1:]
	}
}

// A sim is one desk between two model networks, for the length of one run.
type sim struct {
	t        *testing.T
	run      chaosRun
	ablation ablation
	client   store.Client
	calls    *storetest.Faults
	log      *zap.Logger
	logs     *observer.ObservedLogs
	wa       *modelWhatsApp
	dc       *modelDiscord
	script   *faultScript
	ctx      context.Context
	work     sync.WaitGroup

	mu     sync.Mutex
	holder *instance // of the lease
	epoch  int64
	until  time.Time
	all    []*instance
}

const modelAuto = "Selamat datang."

var modelNames = []string{"Ana", "Budi"}

const modelEach = 3 // messages a client, and answers to each

// A chaosResult is what a run came to.
type chaosResult struct {
	found  []bridgetest.Violation
	passed map[string]int // how often each step was passed
	calls  int            // of scripts
}

// chaos runs a scenario in virtual time.
func chaos(t *testing.T, run chaosRun, a ablation) (result chaosResult) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC))) // bubbles begin before there was Discord
		client, shut := storetest.NewMemory()
		defer shut()
		core, logs := observer.New(zapcore.ErrorLevel)
		ctx, cancel := context.WithCancel(t.Context())
		s := &sim{
			t: t, run: run, ablation: a, client: client, calls: storetest.Inject(client),
			log: zap.New(core), logs: logs, wa: newModelWhatsApp(), dc: newModelDiscord(), ctx: ctx,
		}
		s.script = &faultScript{s: s, left: slices.Clone(run.faults), passed: map[string]int{}, total: map[string]int{}}
		if run.rough {
			s.roughen()
		}
		s.script.arm()
		s.start(0)
		s.story()
		result.found = s.judge()
		cancel()
		s.work.Wait()
		result.passed, result.calls = s.script.total, s.calls.Calls()
		for _, e := range logs.All() {
			result.found = append(result.found, bridgetest.Violation{Kind: "LOGGED", Where: e.LoggerName, What: fmt.Sprint(e.Message, e.ContextMap())})
		}
		if len(result.found) == 0 && !a.broken {
			storetest.Check(t, client, "test")
		}
	})
	return result
}

func (s *sim) newStore() *store.Store { return store.New(s.client, store.Options{Desk: "test"}) }

// start begins another instance after a while.
func (s *sim) start(after time.Duration) {
	ctx, cancel := context.WithCancel(s.ctx)
	in := &instance{s: s, ctx: ctx, cancel: cancel}
	s.work.Go(func() {
		pauseFor(ctx, after)
		s.mu.Lock()
		s.all = append(s.all, in)
		s.mu.Unlock()
		in.run()
	})
}

// acquire gives the lease to an instance when nobody has it: its holder died on this
// host, or did not renew it in time.
func (s *sim) acquire(in *instance) (ledger.Lease, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.holder != nil && s.holder.alive() && time.Now().Before(s.until) {
		return ledger.Lease{}, false
	}
	l, err := s.newStore().Acquire(in.ctx, "desk", 1000*time.Hour)
	if err != nil {
		return ledger.Lease{}, false
	}
	s.holder, s.epoch, s.until = in, l.Epoch, time.Now().Add(modelTTL)
	l.Until = time.Now().Add(modelTTL * 8 / 10)
	return l, true
}

func (s *sim) renewed(in *instance, epoch int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != epoch {
		return false
	}
	s.until = time.Now().Add(modelTTL)
	in.setLease(ledger.Lease{Epoch: epoch, Until: time.Now().Add(modelTTL * 8 / 10)})
	return true
}

// roughen lets the networks lose answers, refuse, limit and go away for a while.
func (s *sim) roughen() {
	unknown := bridge.SendError{Certainty: bridge.Unknown, Reason: "no answer", Outage: true}
	s.dc.postFirst = &treatment{times: 1, applied: true, err: unknown}
	s.dc.weather = map[string]*treatment{
		"masuk Ana 1":  {times: 1, applied: true, err: unknown, away: 90 * time.Second},
		"masuk Budi 0": {times: 1, err: bridge.SendError{Certainty: bridge.Blocked, RetryAfter: 2 * time.Second, Reason: "rate limit"}},
		"masuk Budi 1": {always: true, err: bridge.SendError{Certainty: bridge.Refused, Reason: "Discord refused: it"}},
	}
	s.wa.weather = map[string]*treatment{
		modelAuto:       {times: 1, applied: true, err: unknown},
		"keluar Ana 1":  {times: 2, applied: true, err: unknown},
		"keluar Budi 0": {times: 1, err: bridge.SendError{Certainty: bridge.NotSent, Reason: "WhatsApp is not connected", Outage: true}},
		"keluar Budi 1": {always: true, err: bridge.SendError{Certainty: bridge.Refused, Reason: "WhatsApp refused the message (error 400)"}},
	}
}

// story lets two clients and their agent write, and waits until all is calm.
func (s *sim) story() {
	pause := func() {
		switch {
		case s.run.slow:
			time.Sleep(4 * time.Second)
		case !s.run.burst:
			time.Sleep(700 * time.Millisecond)
		}
	}
	var people sync.WaitGroup
	for _, name := range modelNames {
		p := &modelPhone{name: name, address: bridge.Address("9" + name + "@lid"), ids: map[string]bool{}}
		s.wa.mu.Lock()
		s.wa.phones[p.address] = p
		s.wa.mu.Unlock()
		people.Go(func() {
			for i := range modelEach {
				s.wa.write(p, fmt.Sprintf("masuk %s %d", name, i))
				pause()
			}
		})
		people.Go(func() {
			for limit := time.Now().Add(time.Hour); len(s.dc.about(name)) == 0; time.Sleep(200 * time.Millisecond) {
				if time.Now().After(limit) {
					return
				}
			}
			thread := s.dc.about(name)[0]
			for i := range modelEach {
				s.dc.write(thread, fmt.Sprintf("keluar %s %d", name, i))
				pause()
			}
		})
	}
	people.Wait()
	for limit := time.Now().Add(30 * time.Minute); time.Now().Before(limit); time.Sleep(2 * time.Second) {
		if len(s.talks()) == 0 && s.idle() {
			break
		}
	}
	time.Sleep(modelGap + 40*time.Second) // what comes late comes now
}

// idle reports whether nobody is frozen and nothing is left to send.
func (s *sim) idle() bool {
	s.mu.Lock()
	all := slices.Clone(s.all)
	s.mu.Unlock()
	living := 0
	for _, in := range all {
		in.mu.Lock()
		if !in.dead {
			living++
		}
		frozen := time.Now().Before(in.frozen) && !in.dead
		in.mu.Unlock()
		if frozen {
			return false
		}
	}
	lanes, err := s.newStore().Lanes(s.ctx)
	return living > 0 && err == nil && len(lanes) == 0
}

// talks is what is wrong with the conversations so far.
func (s *sim) talks() (found []bridgetest.Violation) {
	for _, name := range modelNames {
		talk := bridgetest.Talk{Client: name}
		for i := range modelEach {
			said, answered := fmt.Sprintf("masuk %s %d", name, i), fmt.Sprintf("keluar %s %d", name, i)
			if t := s.dc.weather[said]; t != nil && t.always {
				said = "⚠️"
			}
			talk.Said = append(talk.Said, said)
			if t := s.wa.weather[answered]; t == nil || !t.always {
				talk.Answered = append(talk.Answered, answered)
			}
		}
		threads := s.dc.about(name)
		talk.Posts = len(threads)
		for _, thread := range threads {
			talk.Thread = append(talk.Thread, s.dc.clientWords(thread, name)...)
		}
		s.wa.mu.Lock()
		talk.Phone = slices.Clone(s.wa.phones[bridge.Address("9"+name+"@lid")].shown)
		s.wa.mu.Unlock()
		found = append(found, talk.Check(modelAuto)...)
		for _, thread := range threads {
			ours := s.dc.ownWords(thread)
			found = append(found, bridgetest.Compare("thread of "+name, slices.Compact(slices.Sorted(slices.Values(ours))), slices.Sorted(slices.Values(ours)))...)
		}
	}
	return found
}

// judge also looks for letters nobody will send.
func (s *sim) judge() []bridgetest.Violation {
	found := s.talks()
	lanes, err := s.newStore().Lanes(s.ctx)
	if err != nil || len(lanes) > 0 {
		found = append(found, bridgetest.Violation{Kind: "STUCK", Where: "store", What: fmt.Sprint(lanes, err)})
	}
	return found
}
