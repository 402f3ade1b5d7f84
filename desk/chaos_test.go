package desk

import (
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/bridgetest"
)

// chaosSeed is printed; HALO_TEST_SEED repeats a test's choices, and
// HALO_TEST_FAULTS a single life, as a failure prints it.
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

// A strike is a fault to come, written "kind@point#n".
type strike struct {
	kind, point string
	n           int
}

// parseLife reads the strikes of a life, separated by commas.
func parseLife(t *testing.T, text string) (life []strike) {
	t.Helper()
	for part := range strings.SplitSeq(text, ",") {
		kind, rest, _ := strings.Cut(part, "@")
		point, n, _ := strings.Cut(rest, "#")
		times, err := strconv.Atoi(n)
		if err != nil {
			t.Fatalf("HALO_TEST_FAULTS=%q is not kind@point#n,...", text)
		}
		life = append(life, strike{kind, point, times})
	}
	return life
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
// forgotten sessions, cut connections, lost answers of scripts, and pairs of all these.
func TestCrashAnywhere(t *testing.T) {
	t.Parallel()
	if replay := os.Getenv("HALO_TEST_FAULTS"); replay != "" {
		liveThrough(t, [][]strike{parseLife(t, replay)}, time.Now().Add(time.Hour))
		return
	}
	random := chaosSeed(t)
	var chosen [][]strike
	for _, point := range slices.Sorted(maps.Keys(arenaSteps)) {
		chosen = append(chosen, []strike{{"crash", point, 1 + random.IntN(arenaSteps[point])}})
	}
	all := strikes()
	others := slices.DeleteFunc(slices.Clone(all), func(s strike) bool { return s.kind == "crash" })
	for range 9 {
		chosen = append(chosen, []strike{others[random.IntN(len(others))]})
	}
	for range 4 {
		chosen = append(chosen, []strike{all[random.IntN(len(all))], all[random.IntN(len(all))]})
	}
	liveThrough(t, chosen, time.Now().Add(time.Hour))
}

// TestSoakCrashAnywhere strikes at every passage of every step in every way, in an
// order drawn by lot, and then in pairs, for as long as HALO_TEST_SOAK says.
func TestSoakCrashAnywhere(t *testing.T) {
	soak, err := time.ParseDuration(os.Getenv("HALO_TEST_SOAK"))
	if err != nil {
		t.Skip("as long as you like: make soak")
	}
	random := chaosSeed(t)
	all := strikes()
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var lives [][]strike
	for _, s := range all {
		lives = append(lives, []strike{s})
	}
	for range 10_000 {
		lives = append(lives, []strike{all[random.IntN(len(all))], all[random.IntN(len(all))]})
	}
	liveThrough(t, lives, time.Now().Add(soak))
}

// liveThrough plays lives in six arenas side by side: a life is mostly waiting.
func liveThrough(t *testing.T, lives [][]strike, end time.Time) {
	t.Helper()
	next := make(chan []strike, len(lives))
	for _, life := range lives {
		next <- life
	}
	close(next)
	var work sync.WaitGroup
	var played, idle atomic.Int64
	for range min(6, len(lives)) {
		a := newArena(t)
		work.Go(func() {
			for life := range next {
				if time.Now().After(end) {
					return
				}
				var faults []*arenaFault
				var names []string
				for _, s := range life {
					faults = append(faults, a.newFault(s.kind, s.point, s.n))
					names = append(names, faults[len(faults)-1].String())
				}
				began := time.Now()
				if found := a.live(faults...); len(found) > 0 {
					t.Errorf("HALO_TEST_FAULTS=%q:\n%s", strings.Join(names, ","), bridgetest.Report(found))
				}
				if took := time.Since(began); took > 15*time.Second {
					t.Logf("%s took %s", strings.Join(names, ","), took.Round(time.Second))
				}
				played.Add(1)
				if !faults[0].hasStruck() {
					idle.Add(1)
				}
			}
		})
	}
	work.Wait()
	t.Logf("%d lives, %d of which ended before their first fault", played.Load(), idle.Load())
}
