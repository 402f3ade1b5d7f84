package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/bridgetest"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// What a process may come to in a soak, without and with the race detector.
const (
	mostGoroutines = 200
	mostMB         = 250
	mostMBWithRace = 1500
)

// TestSoak writes 34 messages a second from both sides for as long as HALO_TEST_SOAK
// says (10 minutes are 20,000 messages), and meanwhile kills the program and its
// redis-server, takes the networks away, lets them limit, fail and lose answers.
// At the end nothing is lost, nothing stands twice, everything is in order, and the
// process has not grown.
func TestSoak(t *testing.T) {
	long := soakFor(t)
	s := newSoak(t, 1)
	s.live(long, []trouble{
		{"kill -9 of halo", s.killOne}, {"kill -9 of redis-server", s.killRedis}, {"kill -9 of both", s.killBoth},
		{"Discord is away", s.discordAway}, {"Discord limits", s.discordLimits}, {"Discord forgets", s.discordForgets},
		{"WhatsApp is away", s.whatsAppAway}, {"WhatsApp cuts", s.whatsAppCuts}, {"nobody answers", s.bothAway},
	})
}

// TestSoakPair is the same with a standby on the same host and data folder; the
// processes are killed, frozen and thawed at random.
func TestSoakPair(t *testing.T) {
	long := soakFor(t)
	s := newSoak(t, 2)
	s.live(long, []trouble{
		{"kill -9 of a halo", s.killOne}, {"kill -9 of the leader", s.killLeader}, {"kill -9 of both halos", s.killAll},
		{"the leader is frozen", s.freezeLeader}, {"the leader is frozen for long", s.freezeLong},
		{"Discord is away", s.discordAway}, {"WhatsApp cuts", s.whatsAppCuts},
	})
}

type trouble struct {
	name  string
	cause func()
}

type soak struct {
	t      *testing.T
	c      *city
	random *rand.Rand
	halos  []*keeper
	w      *crowd

	counts map[string]int
	back   []time.Duration // from a kill to being ready again
	mostMB float64
}

func newSoak(t *testing.T, processes int) *soak {
	t.Helper()
	s := &soak{t: t, random: chaosSeed(t), c: newCity(t), counts: map[string]int{}}
	s.c.prepare()
	for range processes {
		s.halos = append(s.halos, s.c.keep())
	}
	s.w = newCrowd(t, s.c, 40)
	return s
}

func (s *soak) live(long time.Duration, troubles []trouble) {
	s.t.Helper()
	start := time.Now()
	ctx, cancel := context.WithTimeout(s.t.Context(), long)
	defer cancel()
	var talk sync.WaitGroup
	talkers := rand.New(rand.NewPCG(s.random.Uint64(), 0))
	talk.Go(func() { s.w.talk(ctx, talkers, 36) })
	s.calm()
	for ctx.Err() == nil {
		s.wait(ctx, 3*time.Second, 15*time.Second)
		s.grown()
		trouble := troubles[s.random.IntN(len(troubles))]
		s.counts[trouble.name]++
		trouble.cause()
	}
	talk.Wait()
	s.c.discord.SetFaults(discordtest.Faults{})
	s.c.whatsapp.ClearFaults()
	calm := time.Now()
	found := s.w.settled()
	caughtUp := time.Since(calm)
	if len(found) > 0 {
		s.t.Errorf("%d violations:\n%s", len(found), bridgetest.Report(found[:min(20, len(found))]))
	}
	s.grown()
	goroutines := s.goroutines()
	s.end()
	s.tell(time.Since(start), caughtUp, goroutines)
}

// calm is the usual state of the networks: a few requests fail all the same.
func (s *soak) calm() {
	s.c.discord.SetFaults(discordtest.Faults{LostAnswers: 0.01, ServerErrors: 0.01})
	s.c.whatsapp.SetFaults(whatsapptest.Faults{LostAcks: 0.01})
}

func (s *soak) wait(ctx context.Context, least, most time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(least + time.Duration(s.random.Int64N(int64(most-least)))):
	}
}

func (s *soak) kill(k *keeper) {
	at := time.Now()
	k.mu.Lock()
	old := k.live
	k.mu.Unlock()
	k.signal(syscall.SIGCONT) // a frozen one would not be noticed to be gone
	k.signal(syscall.SIGKILL)
	poll(stillness, func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.live != old
	})
	if len(s.halos) == 1 && k.ready() {
		s.back = append(s.back, time.Since(at))
	}
}

func (s *soak) killOne() { s.kill(s.halos[s.random.IntN(len(s.halos))]) }

func (s *soak) killRedis() { killRedisOf(s.c) }

func (s *soak) killBoth() {
	killRedisOf(s.c)
	time.Sleep(time.Duration(s.random.IntN(200)) * time.Millisecond)
	s.killOne()
}

func (s *soak) killAll() {
	for _, k := range s.halos {
		s.kill(k)
	}
}

// leader is the process that said last that it leads; the first one when none did.
func (s *soak) leader() *keeper {
	for _, k := range s.halos {
		said := k.now().log.String()
		if strings.LastIndex(said, leads) > strings.LastIndex(said, "standing by") {
			return k
		}
	}
	return s.halos[0]
}

func (s *soak) killLeader() { s.kill(s.leader()) }

func (s *soak) freezeLeader() { s.freeze(time.Second, 12*time.Second) }

func (s *soak) freezeLong() { s.freeze(20*time.Second, 40*time.Second) }

func (s *soak) freeze(least, most time.Duration) {
	k := s.leader()
	r := k.now()
	r.cmd.Process.Signal(syscall.SIGSTOP)
	time.Sleep(least + time.Duration(s.random.Int64N(int64(most-least))))
	r.cmd.Process.Signal(syscall.SIGCONT)
}

func (s *soak) some() {
	time.Sleep(500*time.Millisecond + time.Duration(s.random.IntN(5000))*time.Millisecond)
}

func (s *soak) discordAway() {
	s.c.discord.SetFaults(discordtest.Faults{Outage: true})
	s.some()
	s.calm()
}

func (s *soak) discordLimits() {
	s.c.discord.SetFaults(discordtest.Faults{RateLimited: true, RetryAfter: 2 * time.Second})
	s.some()
	s.calm()
}

func (s *soak) discordForgets() { s.c.discord.InvalidateSessions(s.random.IntN(2) == 0) }

func (s *soak) whatsAppAway() {
	s.c.whatsapp.SetFaults(whatsapptest.Faults{Outage: true})
	s.some()
	s.calm()
}

func (s *soak) whatsAppCuts() { s.c.whatsapp.DropSocket() }

func (s *soak) bothAway() {
	s.c.discord.SetFaults(discordtest.Faults{Outage: true})
	s.whatsAppAway()
}

// grown looks at the memory of the processes.
func (s *soak) grown() {
	for _, k := range s.halos {
		s.mostMB = max(s.mostMB, residentMB(k.now().cmd.Process.Pid))
	}
}

// residentMB is the resident memory of a process, 0 when it cannot be had.
func residentMB(pid int) float64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kB, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kB / 1024
		}
	}
	return 0
}

var goroutineHeader = regexp.MustCompile(`(?m)^goroutine \d+ `)

// goroutines makes every process say which goroutines it has, by the signal that ends
// it so, and returns the largest number.
func (s *soak) goroutines() (most int) {
	for _, k := range s.halos {
		r := k.now()
		r.cmd.Process.Signal(syscall.SIGQUIT)
		poll(stillness, func() bool { return k.now() != r })
		most = max(most, len(goroutineHeader.FindAllString(r.log.String(), -1)))
	}
	return most
}

// end stops all processes and looks for what they complained of.
func (s *soak) end() {
	for _, k := range s.halos {
		k.ready()
		log := k.end(syscall.SIGTERM)
		for _, line := range failures(log, "redis-server died", "nothing more is taken in") {
			s.t.Errorf("unannounced error in the log: %s", line)
		}
	}
}

func (s *soak) tell(took, caughtUp time.Duration, goroutines int) {
	delays := s.w.delays()
	at := func(share float64) time.Duration {
		if len(delays) == 0 {
			return 0
		}
		return delays[min(len(delays)-1, int(share*float64(len(delays))))].Round(time.Millisecond)
	}
	slices.Sort(s.back)
	s.t.Logf("%d messages in %s; troubles: %v", s.w.written.Load(), took.Round(time.Second), s.counts)
	s.t.Logf("written to shown: p50 %s, p90 %s, p99 %s, longest %s; all there %s after the last trouble",
		at(0.5), at(0.9), at(0.99), at(1), caughtUp.Round(time.Millisecond))
	if n := len(s.back); n > 0 {
		s.t.Logf("killed to ready: p50 %s, longest %s of %d", s.back[n/2].Round(time.Millisecond), s.back[n-1].Round(time.Millisecond), n)
	}
	s.t.Logf("at most %.0f MB resident; %d goroutines at the end", s.mostMB, goroutines)
	limit := float64(mostMB)
	if raced {
		limit = mostMBWithRace
	}
	if s.mostMB > limit || goroutines > mostGoroutines {
		s.t.Errorf("%.0f MB and %d goroutines are more than %.0f and %d", s.mostMB, goroutines, limit, mostGoroutines)
	}
}
