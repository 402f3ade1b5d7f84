package bridge_test

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/bridgetest"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/customer/customertest"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/scheduler"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// A year is one desk with its customers, its sales and its clock. Desk time stands ahead
// of the bubble's by what was left out because nothing happened in it: schedulers and
// couriers, which look up every second, wait through none of a year.
type year struct {
	t      testing.TB
	plan   yearPlan
	random *rand.Rand

	phone *yearPhone
	board *board
	store *store.Store
	log   *zap.Logger
	lease ledger.Lease
	ahead atomic.Int64

	policy  bridge.Desk
	relay   *bridge.Relay
	courier *bridge.Courier
	clock   *scheduler.Scheduler
	stop    func() // ends the process; nil while there is none

	agenda       agenda
	n            int // of messages and agenda items
	steps, looks int

	world   *customertest.World
	ids     map[string]string  // customer by key
	clients map[string]*person // by phone
	placed  map[string]int     // where an order stands in seen.Bought
	seen    *bridgetest.Year
	figures yearFigures
	fired   map[string]int  // timers by kind; owned by the scheduler
	tended  map[string]bool // tickets somebody looks after
}

// yearFigures are what is told at the end.
type yearFigures struct {
	phone, tickets, answered, optOuts, optIns, blocks, complaints, orders, queued, skipped, called int
}

// A yearPhone is a WhatsApp that keeps what arrived until its owner has looked at it.
type yearPhone struct {
	*phone
	now   func() time.Time
	since []arrived // guarded by mu
}

// An arrived message stands on a client's phone.
type arrived struct {
	at       time.Time
	to       string // the phone
	id, text string
	again    bool
}

func (p *yearPhone) Send(_ context.Context, to bridge.Address, id string, o bridge.Outgoing) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	number, _, _ := strings.Cut(string(to), "@")
	p.since = append(p.since, arrived{at: p.now(), to: number, id: id, text: o.Text, again: p.ids[id]})
	p.ids[id] = true
	return nil
}

// news are the messages that nobody has looked at.
func (p *yearPhone) news() []arrived {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.since
	p.since = nil
	return all
}

// up says whether WhatsApp is there.
func (p *yearPhone) link(up bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up = up
}

// An item of the agenda is something that people do.
type item struct {
	at time.Time
	n  int
	do func()
}

type agenda []item

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at.Before(a[j].at) || a[i].at.Equal(a[j].at) && a[i].n < a[j].n
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(item)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

// at has somebody do something later.
func (y *year) at(when time.Time, do func()) {
	y.n++
	heap.Push(&y.agenda, item{when, y.n, do})
}

func (y *year) now() time.Time { return time.Now().Add(time.Duration(y.ahead.Load())) }

// inYear lives through a year in a bubble of its own and returns what was seen of it.
func inYear(t *testing.T, plan yearPlan) (seen *bridgetest.Year, figures yearFigures) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, shut := storetest.NewMemory()
		defer shut()
		core, logs := observer.New(zapcore.WarnLevel)
		y := &year{
			t: t, plan: plan, random: rand.New(rand.NewPCG(plan.seed, 2)), log: zap.New(core), ids: map[string]string{}, clients: map[string]*person{}, fired: map[string]int{}, placed: map[string]int{}, tended: map[string]bool{},
			board: newBoard(), agenda: agenda{},
		}
		y.phone = &yearPhone{phone: &phone{up: true, tries: map[string]int{}, ids: map[string]bool{}}, now: y.now}
		y.set(plan.from)
		y.store = store.New(client, store.Options{Desk: "test", Now: y.now})
		y.policy = y.desk()
		y.seen = y.promise()
		y.begin()
		y.found()
		y.live()
		y.end()
		y.collect()
		storetest.Check(t, client, "test")
		for _, e := range logs.All() {
			t.Errorf("in the log: %s %v", e.Message, e.ContextMap())
			break
		}
		seen, figures = y.seen, y.figures
		t.Logf("timers %v, %d steps, %d looks", y.fired, y.steps, y.looks)
	})
	return seen, figures
}

func newBoard() *board {
	return &board{
		up: true, tries: map[string]int{}, nonces: map[string]nonced{}, threads: map[string][]said{"ops": {}, "intake": {}, "qa": {}},
		reactions: map[string][]string{}, tags: map[string]string{}, arranged: map[string]bridge.PostState{}, archived: map[string]bool{},
		buttons: map[string][]bridge.Button{}, pings: map[string][]string{}, cards: map[string][]bridge.Message{},
	}
}

// set moves desk time to a moment, never back.
func (y *year) set(to time.Time) {
	if to.After(y.now()) {
		y.ahead.Store(int64(time.Until(to)))
	}
}

// begin starts a process of the desk, end ends it.
func (y *year) begin() {
	l, err := y.store.Acquire(y.t.Context(), "test", time.Hour)
	if err != nil {
		y.t.Fatal(err)
	}
	y.lease = ledger.Lease{Epoch: l.Epoch, Until: time.Now().Add(100_000 * time.Hour)}
	cfg := bridge.CourierConfig{Channels: map[string]string{
		"forum": "forum", "ops": "ops", "intake": "intake", "reports": "reports", "followups": "followups", "qa": "qa",
	}, Library: newLibrary()}
	lease := y.lease
	y.courier = bridge.NewCourier(y.store, y.phone, y.board, func() ledger.Lease { return lease }, y.policy, cfg, y.log)
	y.relay = bridge.NewRelay(y.store, y.policy, y.log)
	kinds := map[string]scheduler.Kind{}
	for kind, fire := range y.policy.Timers() {
		kinds[kind] = scheduler.Kind{Fire: func(tx *ledger.Tx, timer ledger.Timer) error {
			y.fired[timer.Kind]++
			return fire(tx, timer)
		}}
	}
	y.jobs(kinds)
	y.clock = scheduler.New(y.store, kinds, y.now, func() bool { return true }, y.log)
	ctx, cancel := context.WithCancel(y.t.Context())
	var work sync.WaitGroup
	for name, run := range map[string]func(context.Context) error{"courier": y.courier.Run, "scheduler": y.clock.Run} {
		work.Go(func() {
			if err := run(ctx); err != nil {
				y.t.Errorf("%s: %v", name, err)
			}
		})
	}
	y.stop = func() { cancel(); work.Wait() }
}

func (y *year) end() {
	y.stop()
	y.stop = nil
}

// till lets desk and people live until a moment.
func (y *year) till(to time.Time) {
	for {
		y.steps++
		next := to
		if due := y.calm(); !due.IsZero() && due.Before(next) {
			next = due
		}
		if len(y.agenda) > 0 && y.agenda[0].at.Before(next) {
			next = y.agenda[0].at
		}
		y.set(next)
		for len(y.agenda) > 0 && !y.agenda[0].at.After(y.now()) {
			heap.Pop(&y.agenda).(item).do()
		}
		if !next.Before(to) {
			return
		}
	}
}

// due is when the next timer is.
func (y *year) due() time.Time {
	due, next, err := y.store.Due(y.t.Context(), y.now(), 1)
	if err != nil {
		y.t.Fatal(err)
	}
	if len(due) > 0 {
		return due[0].Due
	}
	return next
}

// calm waits until what is due is done and what was written has arrived, and lets the
// clients look at their phones. It returns when something is due next, zero for nothing.
func (y *year) calm() time.Time {
	if y.stop == nil {
		return time.Time{}
	}
	for range 10_000 {
		y.looks++
		synctest.Wait()
		for _, m := range y.phone.news() {
			y.shows(m)
		}
		lanes, err := y.store.Lanes(y.t.Context())
		if err != nil {
			y.t.Fatal(err)
		}
		busy := false
		for _, l := range lanes {
			busy = busy || y.phone.Ready() || !strings.HasPrefix(l.Lane, "wa/")
		}
		due := y.due()
		if !due.IsZero() && !due.After(y.now()) {
			y.clock.Poke()
		} else if !busy {
			return due
		}
		time.Sleep(20 * time.Millisecond)
	}
	lanes, _ := y.store.Lanes(y.t.Context())
	due, _, _ := y.store.Due(y.t.Context(), y.now(), 10)
	y.t.Fatalf("no calm at %s: lanes %v, due %v", y.now().In(wib), lanes, due)
	return time.Time{}
}

// commit changes something, as an interaction or the office does.
func (y *year) commit(fn func(tx *ledger.Tx) error) {
	if _, err := y.store.Update(y.t.Context(), ledger.Cause{}, fn); err != nil {
		y.t.Fatalf("%s: %v", y.now().In(wib), err)
	}
}

// live goes through the plan.
func (y *year) live() {
	for _, e := range y.plan.events {
		y.at(clockTime(e.at), func() { e.do(y) })
	}
	for day := y.plan.from; day.Before(y.plan.to); day = day.AddDate(0, 0, 1) {
		if y.seen.Works(day) {
			y.at(day.Add(9*time.Hour+30*time.Minute), y.sales)
		}
	}
	y.till(y.plan.to)
	y.calm()
}

// down ends the process; what clients write waits in WhatsApp.
func (y *year) down(until string) {
	y.calm()
	y.end()
	y.seen.Away = append(y.seen.Away, bridgetest.Span{From: y.now(), To: clockTime(until)})
	y.at(clockTime(until), y.begin)
}

// ban is WhatsApp's, with what the desk does at one (package desk).
func (y *year) ban(until, resumed string) {
	y.phone.link(false)
	y.seen.Stops = append(y.seen.Stops, bridgetest.Span{From: y.now(), To: clockTime(resumed)})
	if !y.plan.without.pause {
		y.commit(func(tx *ledger.Tx) error { return y.policy.PauseOutreach(tx, "halo", "ban") })
	}
	y.at(clockTime(until), func() { y.phone.link(true); y.courier.Poke() })
	y.at(clockTime(resumed), func() {
		y.commit(func(tx *ledger.Tx) error { return y.policy.ResumeOutreach(tx, "andi") })
	})
}

// contact is who has a number.
func (y *year) contact(tx *ledger.Tx, number string) (customer.Contact, bool, error) {
	return customer.ByPhone(tx, customer.Phone(number))
}

func (y *year) String() string { return fmt.Sprintf("%+v", y.figures) }
