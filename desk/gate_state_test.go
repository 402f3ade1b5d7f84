package desk

import (
	"errors"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/store"
)

// The gate is closed until the first look, lets go of the number at once when the
// store is not safe, and waits a moment when it only does not answer.
func TestGateStates(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	fine := finding{asked: true, room: 1000 * mb}
	down := finding{down: errors.New("refused")}
	unsafe := finding{unsafe: []store.Problem{{Setting: "appendfsync"}}}
	full := finding{asked: true, room: leastRoom - 1}
	type look struct {
		after time.Duration
		f     finding
		open  bool
		wait  time.Duration
	}
	for name, story := range map[string][]look{
		"all is well":    {{0, fine, true, lookEvery}, {lookEvery, fine, true, lookEvery}},
		"down at first":  {{0, down, false, lookClosed}, {lookClosed, fine, true, lookEvery}},
		"a short outage": {{0, fine, true, lookEvery}, {0, down, true, lookDoubt}, {2 * time.Second, down, true, lookDoubt}, {time.Second / 2, fine, true, lookEvery}},
		"an outage":      {{0, fine, true, lookEvery}, {0, down, true, lookDoubt}, {storeGrace, down, false, lookClosed}, {lookClosed, fine, true, lookEvery}},
		"two short ones": {{0, fine, true, lookEvery}, {0, down, true, lookDoubt}, {2 * time.Second, fine, true, lookEvery}, {time.Minute, down, true, lookDoubt}},
		"not durable":    {{0, fine, true, lookEvery}, {0, unsafe, false, lookClosed}, {lookClosed, down, false, lookClosed}, {lookClosed, fine, true, lookEvery}},
		"a full disk":    {{0, fine, true, lookEvery}, {0, full, false, lookClosed}, {lookClosed, finding{asked: true, room: leastRoom}, true, lookEvery}},
	} {
		t.Run(name, func(t *testing.T) {
			var s gateState
			now := time.Now()
			for n, l := range story {
				now = now.Add(l.after)
				var wait time.Duration
				if s, wait = s.next(l.f, now); s.open != l.open || wait != l.wait {
					t.Errorf("look %d: open %v, wait %s; want %v, %s", n, s.open, wait, l.open, l.wait)
				}
			}
		})
	}
}

func TestWhatAPromiseForgives(t *testing.T) {
	t.Parallel()
	problems := []store.Problem{{Setting: "a", Class: store.ClassSecond}, {Setting: "b", Class: store.ClassUnchecked}, {Setting: "c"}}
	for promise, want := range map[Promise][]string{Strict: {"a", "b", "c"}, Second: {"b", "c"}, Unchecked: {"a", "c"}, "": {"a", "b", "c"}} {
		var left []string
		for _, p := range promise.unforgiven(problems) {
			left = append(left, p.Setting)
		}
		if !slices.Equal(left, want) {
			t.Errorf("%s leaves %v, want %v", promise, left, want)
		}
	}
}

// The number is let go and taken up once each time.
func TestGateHoldsAndReleases(t *testing.T) {
	t.Parallel()
	var did []string
	g := newGate(nil, func(string) { did = append(did, "hold") }, func() { did = append(did, "release") },
		func() { did = append(did, "changed") }, zap.NewNop())
	for _, f := range []finding{{down: errors.New("x")}, {}, {}, {unsafe: []store.Problem{{What: "y"}}}, {}} {
		g.take(f, time.Now())
	}
	want := []string{"changed", "release", "changed", "changed", "hold", "changed", "release", "changed"}
	if !slices.Equal(did, want) {
		t.Errorf("did %v, want %v", did, want)
	}
}
