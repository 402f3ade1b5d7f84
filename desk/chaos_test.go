package desk

import (
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/bridgetest"
)

// chaosSeed is printed; HALO_TEST_SEED repeats a test's choices, and
// HALO_TEST_FAULTS="kind@point#n" a single life.
func chaosSeed(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("HALO_TEST_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("HALO_TEST_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// The steps that a conversation passes over the wires, and how often at least:
// to Discord (d), from Discord (dc), to WhatsApp (w), from WhatsApp (wa).
var arenaSteps = map[string]int{
	"wa.recv": 6, "wa.decrypted": 6, "wa.persisted": 6,
	"d.claimed": 11, "d.begun": 11, "d.pre-post": 11, "d.posted": 11, "d.committed": 11,
	"dc.recv": 1, "dc.persisted": 1, "dc.catchup": 1, "dc.catchup.persisted": 1,
	"w.claimed": 8, "w.begun": 8, "w.pre-post": 8, "w.pre-send": 8, "w.sent": 8, "w.posted": 8, "w.committed": 8, "w.receipt": 4,
	"lease.acquired": 1,
}

type strike struct {
	kind, point string
	n           int
}

// strikes are all single faults of an arena.
func strikes() (all []strike) {
	for _, point := range slices.Sorted(maps.Keys(arenaSteps)) {
		for n := range arenaSteps[point] {
			for _, kind := range arenaKinds {
				all = append(all, strike{kind, point, n + 1})
			}
		}
	}
	return all
}

// A fault at every step of the protocol, over both wires and on a redis-server, loses
// nothing, repeats nothing and keeps the order: a crash at each step, and a sample of
// forgotten sessions, cut connections and lost answers of scripts.
func TestCrashAnywhere(t *testing.T) {
	if replay := os.Getenv("HALO_TEST_FAULTS"); replay != "" {
		kind, rest, _ := strings.Cut(replay, "@")
		point, n, _ := strings.Cut(rest, "#")
		times, err := strconv.Atoi(n)
		if err != nil {
			t.Fatalf("HALO_TEST_FAULTS=%q is not kind@point#n", replay)
		}
		liveThrough(t, []strike{{kind, point, times}}, time.Now().Add(time.Hour))
		return
	}
	random := chaosSeed(t)
	var chosen []strike
	for _, point := range slices.Sorted(maps.Keys(arenaSteps)) {
		chosen = append(chosen, strike{"crash", point, 1 + random.IntN(arenaSteps[point])})
	}
	others := slices.DeleteFunc(strikes(), func(s strike) bool { return s.kind == "crash" })
	for range 11 {
		chosen = append(chosen, others[random.IntN(len(others))])
	}
	liveThrough(t, chosen, time.Now().Add(time.Hour))
}

// TestSoakCrashAnywhere strikes at every passage of every step in every way, in an
// order drawn by lot, for as long as HALO_TEST_SOAK says.
func TestSoakCrashAnywhere(t *testing.T) {
	soak, err := time.ParseDuration(os.Getenv("HALO_TEST_SOAK"))
	if err != nil {
		t.Skip("as long as you like: make soak")
	}
	random := chaosSeed(t)
	all := strikes()
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	liveThrough(t, all, time.Now().Add(soak))
}

// liveThrough plays the faults in six arenas side by side: a life is mostly waiting.
func liveThrough(t *testing.T, faults []strike, end time.Time) {
	t.Helper()
	next := make(chan strike, len(faults))
	for _, s := range faults {
		next <- s
	}
	close(next)
	var lives sync.WaitGroup
	for range min(6, len(faults)) {
		a := newArena(t)
		lives.Go(func() {
			for s := range next {
				if time.Now().After(end) {
					return
				}
				f := a.newFault(s.kind, s.point, s.n)
				if found := a.live(f); len(found) > 0 {
					t.Errorf("HALO_TEST_FAULTS=%q:\n%s", f, bridgetest.Report(found))
				}
				if !f.hasStruck() {
					t.Logf("%s: the life was over before", f)
				}
			}
		})
	}
	lives.Wait()
}
