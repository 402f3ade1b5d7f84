package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/sync/errgroup"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// quick is a rhythm for tests: everything else is as it is.
var quick = rhythm{
	ttl: 1500 * time.Millisecond, renew: 300 * time.Millisecond, retry: 100 * time.Millisecond,
	look: 20 * time.Millisecond, yield: 100 * time.Millisecond, frozen: 500 * time.Millisecond, stop: 5 * time.Second,
}

// tolerance is what a machine that has more to do may add to a rhythm; those of
// production are longer.
const tolerance = 10 * time.Second

// A member is one of several processes of a desk, as far as that is possible in one.
type member struct {
	*Desk
	w    *world
	logs *observer.ObservedLogs
	stop func()
	over chan struct{} // closed when Run has returned
	err  error         // of Run

	expected string // part of an announced error
}

// join starts another desk beside that of the world, which should be stopped.
func (w *world) join(cfg Config, fail bridge.Failpoint) *member {
	w.t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	d, err := New(cfg, Options{Log: zap.New(core), Redis: w.redis, KeepsNothing: true, Failpoint: fail})
	if err != nil {
		w.t.Fatal(err)
	}
	d.rhythm = quick
	ctx, cancel := context.WithCancel(context.Background())
	m := &member{Desk: d, w: w, logs: logs, over: make(chan struct{})}
	go func() {
		defer close(m.over)
		m.err = d.Run(ctx)
	}()
	m.stop = sync.OnceFunc(func() {
		cancel()
		<-m.over
		for _, e := range logs.All() {
			if e.Level >= zapcore.ErrorLevel && (m.expected == "" || !strings.Contains(e.Message, m.expected)) {
				w.t.Errorf("unannounced error in the log: %s %v", e.Message, e.ContextMap())
			}
		}
	})
	w.t.Cleanup(m.stop)
	return m
}

// until waits until the status is as wanted, as long as it changes.
func (m *member) until(what string, ok func(Status) bool) {
	m.w.t.Helper()
	still, limit := time.NewTimer(stillness), time.Now().Add(longest)
	defer still.Stop()
	for time.Now().Before(limit) {
		m.mu.Lock()
		s, changed := m.status, m.changed
		m.mu.Unlock()
		if ok(s) {
			return
		}
		select {
		case <-still.C:
			m.failed(what, s)
		case <-changed:
			still.Reset(stillness)
		}
	}
	m.failed(what, m.Status())
}

// failed ends a test with what a member had logged until then.
func (m *member) failed(what string, s Status) {
	m.w.t.Helper()
	for _, e := range m.logs.All() {
		m.w.t.Logf("%s %s %s %v", e.Time.Format("05.000"), e.Level, e.Message, e.ContextMap())
	}
	m.w.t.Fatalf("waited in vain for %s; status %+v", what, s)
}

func (m *member) untilUp()           { m.w.t.Helper(); m.until("the lead and both links", Status.Up) }
func (m *member) untilStandby()      { m.w.t.Helper(); m.until("standing by", standsBy) }
func standsBy(s Status) bool         { return s.StandingBy != "" }
func (m *member) says(s string) bool { return m.logs.FilterMessageSnippet(s).Len() > 0 }

// talk has a client write, sees it in Discord once, and an agent answer, once.
func (w *world) talk(p *whatsapptest.Phone, text string) {
	w.t.Helper()
	if _, err := p.Send(text); err != nil {
		w.t.Fatal(err)
	}
	id := w.post()
	line := "**" + p.Name() + ":** " + text
	w.eventually(line, func() bool { return slices.Contains(w.thread(id), line) })
	if _, err := w.sari.Post(id, "jawaban "+text, discordtest.PostOptions{}); err != nil {
		w.t.Fatal(err)
	}
	answer := "halo: jawaban " + text
	w.eventually(answer, func() bool { return slices.Contains(screen(p), answer) })
	if n := count(w.thread(id), line) + count(screen(p), answer); n != 2 {
		w.t.Errorf("%q and its answer appear %d times, want 2", text, n)
	}
}

func count(all []string, s string) (n int) {
	for _, one := range all {
		if one == s {
			n++
		}
	}
	return n
}

// The second of two desks stands by without touching a network or the session, and
// leads at once when the first one ends.
func TestStandbyWaitsAndFollows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	ana := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
	first := w.join(w.cfg, nil)
	first.untilUp()
	w.talk(ana, "satu")
	second := w.join(w.cfg, nil)
	second.untilStandby()
	for _, want := range []string{fmt.Sprintf("process %d", os.Getpid()), w.cfg.Data, "to end, or to be silent"} {
		if s := second.Status(); !strings.Contains(s.StandingBy, want) || s.Leading || s.Up() {
			t.Errorf("%q is not in %+v", want, s)
		}
	}
	w.talk(ana, "dua")
	if n := second.logs.FilterMessageSnippet("standing by").Len(); n != 1 || second.logs.Len() != 1 {
		t.Errorf("the standby logged %d lines, %d of them that it stands by; want one of each", second.logs.Len(), n)
	}
	began := time.Now()
	first.stop()
	if first.err != nil {
		t.Errorf("the first one ended with %v", first.err)
	}
	second.until("the lead", func(s Status) bool { return s.Leading })
	t.Logf("led %s after the first one was told to end", time.Since(began).Round(time.Millisecond))
	second.untilUp()
	if s := second.Status(); s.StandingBy != "" {
		t.Errorf("it leads and %s", s.StandingBy)
	}
	w.talk(ana, "tiga")
}

// A leader that cannot renew its lease falls silent, loses the lead to the one that
// stands by, notices, stands by itself, and can lead again.
func TestLeaderThatIsLateLosesTheLead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	ana := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
	var late atomic.Bool
	first := w.join(w.cfg, func(step string) error {
		if step == "lease.renew-late" && late.Load() {
			return errors.New("late")
		}
		return nil
	})
	first.untilUp()
	w.talk(ana, "satu")
	second := w.join(w.cfg, nil)
	second.untilStandby()

	late.Store(true)
	began := time.Now()
	second.until("the lead", func(s Status) bool { return s.Leading })
	if took := time.Since(began); took > quick.ttl+tolerance {
		t.Errorf("it took the lead after %s", took)
	}
	if first.leads() {
		t.Error("two lead at once")
	}
	if owner := lastName(t, w.cfg.Data); owner == second.ownerNow(t) {
		t.Error("the folder names the new leader, which does not hold it")
	}
	second.untilUp()
	w.talk(ana, "dua")

	late.Store(false)
	first.untilStandby()
	if n := first.logs.FilterMessageSnippet("another instance took the lead").Len(); n != 1 {
		t.Errorf("said %d times that another leads", n)
	}
	w.eventually("the folder to follow the lead", func() bool { return lastName(t, w.cfg.Data) == second.ownerNow(t) })
	w.talk(ana, "tiga")
	if s := second.Status(); !s.Up() {
		t.Errorf("the one that leads is disturbed: %+v", s)
	}

	second.stop()
	first.untilUp()
	w.talk(ana, "empat")
}

func lastName(t *testing.T, dir string) string {
	t.Helper()
	name, err := readName(filepath.Join(dir, "instance"))
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// ownerNow is the owner of the lease.
func (m *member) ownerNow(t *testing.T) string {
	t.Helper()
	_, err := store.New(m.w.redis, store.Options{Desk: m.cfg.Desk}).Acquire(t.Context(), "nobody", time.Second)
	held, ok := errors.AsType[*store.HeldError](err)
	if !ok {
		t.Fatalf("asked for the lease: %v", err)
	}
	return held.Owner
}

// A process that dies where it took the lease, renews it or has just lost it is
// followed by another that loses nothing.
func TestCrashAroundTheLease(t *testing.T) {
	for _, point := range []string{"lease.acquired", "lease.renew-late", "lease.lost"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.stop()
			ana := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
			c := &crash{point: point, n: 1, over: make(chan struct{})}
			if point == "lease.lost" {
				c.n = -1 // see below
			}
			first := w.join(w.cfg, c.hit)
			if point == "lease.lost" {
				first.untilUp()
				w.talk(ana, "satu")
				c.mu.Lock()
				c.n = 1
				c.mu.Unlock()
				w.seizeLease(t)
			} else if _, err := ana.Send("satu"); err != nil {
				t.Fatal(err)
			}
			select {
			case <-c.over:
			case <-time.After(stillness):
				t.Fatal("no crash")
			}
			if point != "lease.renew-late" {
				<-first.over // Run is gone, as the process would be
				if !errors.Is(first.err, errCrash) {
					t.Errorf("it ended with %v", first.err)
				}
			}
			second := w.join(w.cfg, nil)
			second.untilUp()
			first.stop()
			w.talk(ana, "dua")
			id := w.post()
			if n := count(w.thread(id), "**Ana:** satu"); n != 1 {
				t.Errorf("%d times what was written before the crash", n)
			}
		})
	}
}

// seizeLease makes the lease another's, for a moment.
func (w *world) seizeLease(t *testing.T) {
	t.Helper()
	st := store.New(w.redis, store.Options{Desk: w.cfg.Desk})
	_, err := st.Acquire(t.Context(), "nobody", time.Minute)
	held, ok := errors.AsType[*store.HeldError](err)
	if !ok {
		t.Fatalf("asked for the lease: %v", err)
	}
	if _, err := st.Acquire(t.Context(), held.Owner, time.Millisecond); err != nil {
		t.Fatal(err)
	}
}

// A desk with another data folder has no session: it stands by and says so, also
// when nobody leads, and may lead when a phone is linked there.
func TestStandbyWithAnotherFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	ana := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
	first := w.join(w.cfg, nil)
	first.untilUp()
	w.talk(ana, "satu")
	other := w.cfg
	other.Data = t.TempDir()
	second := w.join(other, nil)
	notPaired := func(s Status) bool {
		return strings.Contains(s.StandingBy, "not paired") && strings.Contains(s.StandingBy, "same data folder") && strings.Contains(s.StandingBy, "halo pair")
	}
	second.until("saying that it is not paired", notPaired)
	if h := second.Health(); h.Ready || h.Role != "standing by" {
		t.Errorf("it could not take over and says %+v", h)
	}
	first.stop()
	if _, err := ana.Send("dua"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * quick.ttl) // nothing must happen
	if s := second.Status(); s.Leading || !notPaired(s) {
		t.Errorf("without a session it leads: %+v", s)
	}
	if _, err := os.Stat(filepath.Join(other.Data, "whatsapp.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it made a session database: %v", err)
	}
	again := w.join(w.cfg, nil)
	again.untilUp()
	w.talk(ana, "tiga")
}

// newLeader is a world with one member that leads, which has brought a first talk to
// both sides and whose connection to Redis may break.
func newLeader(t *testing.T) (w *world, ana *whatsapptest.Phone, m *member, faults *storetest.Faults) {
	t.Helper()
	w = newWorld(t)
	w.stop()
	ana = w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
	m, faults = w.joinByWire(t)
	m.untilUp()
	w.talk(ana, "satu")
	return w, ana, m, faults
}

// writeMeanwhile has both sides write while nobody brings it over.
func (w *world) writeMeanwhile(ana *whatsapptest.Phone) {
	w.t.Helper()
	w.says(ana, "dua")
	w.answers(w.post(), "jawaban dua")
}

// broughtOver is how often what was written meanwhile is on the other side.
func (w *world) broughtOver(ana *whatsapptest.Phone) (toPhone, toThread int) {
	return count(screen(ana), "halo: jawaban dua"), count(w.thread(w.post()), "**Ana:** dua")
}

func (w *world) broughtOnce(ana *whatsapptest.Phone) {
	w.t.Helper()
	w.eventually("what was written meanwhile", func() bool {
		toPhone, toThread := w.broughtOver(ana)
		return toPhone == 1 && toThread == 1
	})
}

// While Redis cannot be reached the desk is silent, and goes on when it is back.
func TestLeaderWithoutRedis(t *testing.T) {
	t.Parallel()
	w, ana, m, faults := newLeader(t)
	faults.Down(true)
	w.eventually("silence", func() bool { return !m.leads() })
	w.writeMeanwhile(ana)
	time.Sleep(quick.ttl) // nothing must happen
	if toPhone, toThread := w.broughtOver(ana); toPhone+toThread > 0 {
		t.Error("the desk speaks without a lease")
	}
	faults.Down(false)
	w.broughtOnce(ana)
	m.untilUp()
	w.talk(ana, "tiga")
}

// When another led while a leader could not reach Redis, that one stands by.
func TestLeaderCutOffFromRedis(t *testing.T) {
	t.Parallel()
	w, ana, first, faults := newLeader(t)
	second := w.join(w.cfg, nil)
	second.untilStandby()

	faults.Down(true)
	second.until("the lead", func(s Status) bool { return s.Leading })
	if first.leads() {
		t.Error("two lead at once")
	}
	second.untilUp()
	w.talk(ana, "dua")
	faults.Down(false)
	first.untilStandby()
	w.talk(ana, "tiga")

	faults.Down(true)
	second.stop()
	began := time.Now()
	first.stop()
	if took := time.Since(began); took > quick.stop+tolerance || first.err != nil {
		t.Errorf("without Redis Run took %s to end, with %v", took, first.err)
	}
}

// A leader that is told to end while Redis is away ends all the same.
func TestLeaderEndsWithoutRedis(t *testing.T) {
	t.Parallel()
	w, ana, m, faults := newLeader(t)
	faults.Down(true)
	w.writeMeanwhile(ana)
	time.Sleep(200 * time.Millisecond) // both are in hand
	began := time.Now()
	m.expected = "nothing more is taken in"
	m.stop()
	t.Logf("ended after %s", time.Since(began).Round(time.Millisecond))
	if took := time.Since(began); took > quick.stop+tolerance || m.err != nil {
		t.Errorf("Run took %s to end, with %v", took, m.err)
	}
	again := w.join(w.cfg, nil)
	again.untilUp()
	w.broughtOnce(ana)
}

// joinByWire is join with a connection to Redis of its own, which may break.
func (w *world) joinByWire(t *testing.T) (*member, *storetest.Faults) {
	t.Helper()
	shared := w.redis
	client := redis.NewClient(shared.(*redis.Client).Options())
	t.Cleanup(func() { client.Close() })
	w.redis = client
	m := w.join(w.cfg, nil)
	w.redis = shared
	return m, storetest.Inject(client)
}

// A desk that never found Redis ends when it is told to.
func TestRunEndsWhileNothingAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	client, err := store.Dial("unix://" + filepath.Join(t.TempDir(), "none.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	d, err := New(w.cfg, Options{Redis: client})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := d.Run(ctx); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > tolerance {
		t.Errorf("Run took %s to end", took)
	}
}

// While halo pair has the folder nobody leads from it, however long that takes.
func TestRunWaitsForPairing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	h, err := holdHome(w.cfg.Data, forPair)
	if err != nil {
		t.Fatal(err)
	}
	m := w.join(w.cfg, nil)
	m.until("waiting for halo pair", func(s Status) bool { return strings.Contains(s.StandingBy, "halo pair") })
	time.Sleep(2 * quick.ttl) // nothing must happen
	if s := m.Status(); s.Leading {
		t.Error("it leads while a phone is being linked")
	}
	if err := h.letGo(); err != nil {
		t.Fatal(err)
	}
	m.untilUp()
}

// Nothing that hangs keeps the process from ending or from giving up the lead.
func TestPartsThatHangAreNotWaitedFor(t *testing.T) {
	d := &Desk{rhythm: rhythm{stop: 10 * time.Millisecond}}
	hang := make(chan struct{})
	defer close(hang)
	g, ctx := errgroup.WithContext(t.Context())
	g.Go(func() error { <-hang; return nil })
	g.Go(func() error { return errCrash })
	if err, ended := d.await(ctx, g); ended || !errors.Is(err, errCrash) {
		t.Errorf("await answered %v, %t", err, ended)
	}
}
