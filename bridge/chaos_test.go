package bridge_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/bridgetest"
)

// weathers are the four ways in which a scenario is played.
var weathers = []chaosRun{{}, {burst: true}, {rough: true}, {rough: true, burst: true}}

// chaosSeed is printed; HALO_TEST_SEED repeats a test's choices and HALO_TEST_FAULTS
// a single run, as a failure prints it.
func chaosSeed(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("HALO_TEST_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("HALO_TEST_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// soak is how long a test may go on for, 0 for its short form.
func soak() time.Duration {
	d, _ := time.ParseDuration(os.Getenv("HALO_TEST_SOAK"))
	return d
}

// passages plays every weather without faults, and returns every passage of every
// step there is, with every answer of a script that can be lost.
func passages(t *testing.T) (all []chaosRun) {
	t.Helper()
	for _, weather := range weathers {
		calm := chaos(t, weather, ablation{})
		mustHold(t, weather, calm.found)
		for _, point := range slices.Sorted(maps.Keys(calm.passed)) {
			for n := range min(calm.passed[point], 24) {
				for _, kind := range faultKinds {
					run := weather
					run.faults = []fault{{kind, point, n + 1}}
					all = append(all, run)
				}
			}
		}
		for n := range calm.calls {
			run := weather
			run.faults = []fault{{"lost", "script", n + 1}}
			all = append(all, run)
		}
	}
	return all
}

func mustHold(t *testing.T, run chaosRun, found []bridgetest.Violation) {
	t.Helper()
	if len(found) > 0 {
		t.Errorf("HALO_TEST_FAULTS=%q:\n%s", run, bridgetest.Report(found))
	}
}

// play runs scenarios side by side, at most until end.
func play(t *testing.T, end time.Time, runs func(i int) (chaosRun, bool)) {
	t.Helper()
	var next, done atomic.Int64
	t.Run("runs", func(t *testing.T) {
		for range 2 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for time.Now().Before(end) {
					run, more := runs(int(next.Add(1) - 1))
					if !more {
						return
					}
					mustHold(t, run, chaos(t, run, ablation{}).found)
					done.Add(1)
				}
			})
		}
	})
	t.Logf("%d runs", done.Load())
}

// One fault at any step of the protocol: a crash, ten minutes of being away, a stall
// with another instance taking over, a gap of the gateway, a script's lost answer.
// Nothing is lost, nothing comes twice, everything is in order. The short form
// strikes the first passage of every step in every way, and a sample of the others.
func TestEveryStepMayFail(t *testing.T) { everyStepMayFail(t, false) }

// TestSoakEveryStep strikes every passage of every step in every way.
func TestSoakEveryStep(t *testing.T) {
	if soak() == 0 {
		t.Skip("some minutes: make soak")
	}
	everyStepMayFail(t, true)
}

func everyStepMayFail(t *testing.T, all bool) {
	t.Helper()
	if replay := os.Getenv("HALO_TEST_FAULTS"); replay != "" {
		run, err := parseChaosRun(replay)
		if err != nil {
			t.Fatal(err)
		}
		mustHold(t, run, chaos(t, run, ablation{}).found)
		return
	}
	random := chaosSeed(t)
	there := passages(t)
	random.Shuffle(len(there), func(i, j int) { there[i], there[j] = there[j], there[i] })
	chosen := there
	if !all {
		chosen = append(everyKindOnce(there), there[:10]...)
	}
	t.Logf("%d single faults of %d", len(chosen), len(there))
	play(t, time.Now().Add(time.Hour), func(i int) (run chaosRun, more bool) {
		if i < len(chosen) {
			return chosen[i], true
		}
		return run, false
	})
}

// everyKindOnce picks a run for each step and kind.
func everyKindOnce(all []chaosRun) (chosen []chaosRun) {
	seen := map[string]bool{}
	for _, run := range all {
		f := run.faults[0]
		if key := f.kind + f.point; f.kind != "lost" && !seen[key] {
			seen[key] = true
			chosen = append(chosen, run)
		}
	}
	return chosen
}

// Two to eight faults one after the other, at steps drawn by lot.
func TestSeveralFaultsInARow(t *testing.T) { severalFaultsInARow(t, 12, time.Minute) }

// TestSoakSeveralFaults goes on for as long as HALO_TEST_SOAK says.
func TestSoakSeveralFaults(t *testing.T) {
	if soak() == 0 {
		t.Skip("as long as you like: make soak")
	}
	severalFaultsInARow(t, 1<<30, soak())
}

func severalFaultsInARow(t *testing.T, runs int, most time.Duration) {
	t.Helper()
	random := chaosSeed(t)
	all := passages(t)
	end := time.Now().Add(most)
	draw := func() (run chaosRun) {
		run = all[random.IntN(len(all))]
		run.faults = slices.Clone(run.faults)
		run.slow = !run.burst && random.IntN(3) == 0
		more := 1
		if random.IntN(2) == 0 {
			more = 2 + random.IntN(6)
		}
		for range more {
			run.faults = append(run.faults, all[random.IntN(len(all))].faults[0])
		}
		return run
	}
	drawn := make(chan chaosRun)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case drawn <- draw():
			case <-stop:
				return
			}
		}
	}()
	play(t, end, func(i int) (chaosRun, bool) {
		if i >= runs {
			return chaosRun{}, false
		}
		return <-drawn, true
	})
}

func TestARunIsReplayedFromItsName(t *testing.T) {
	run := chaosRun{faults: []fault{{"crash", "d.begun", 2}, {"lost", "script", 17}}, rough: true}
	read, err := parseChaosRun(run.String())
	if err != nil || fmt.Sprint(read) != fmt.Sprint(run) {
		t.Errorf("%q was read as %q, %v", run, read, err)
	}
	if _, err := parseChaosRun("crash@d.begun"); err == nil {
		t.Error("a fault without its number was accepted")
	}
}
