package discord

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Whatever second Discord counts over, it never holds more than 49 requests,
// also after pauses of the machine; timers that are always a little late cost
// nothing of the pace.
func TestThePaceIsEvenAndCatchesUpOnlyALittle(t *testing.T) {
	t.Parallel()
	every := time.Second / time.Duration(standard().perSecond)
	for name, late := range map[string]func(i int) time.Duration{
		"on time":       func(int) time.Duration { return 0 },
		"a little late": func(i int) time.Duration { return time.Duration(i%10) * time.Millisecond },
		"with pauses":   func(i int) time.Duration { return time.Duration(i%60/59) * 150 * time.Millisecond },
	} {
		p := pace{every: every}
		now := time.Now()
		began := now
		var left []time.Time
		for i := range 1000 {
			for at := p.soonest(now); now.Before(at); at = p.soonest(now) {
				now = at
			}
			now = now.Add(late(i))
			p.over(p.taken(now), true, now)
			left = append(left, now)
		}
		for i, at := range left[49:] {
			if d := at.Sub(left[i]); d <= time.Second {
				t.Fatalf("%s: 50 requests within %s", name, d)
			}
		}
		if rate := 999 / now.Sub(began).Seconds(); rate < 47.5 && name != "with pauses" {
			t.Errorf("%s: %.1f requests a second", name, rate)
		}
	}
}

func TestThePaceKeepsTheOrderAndTheDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{every: 20 * time.Millisecond}
		var mu sync.Mutex
		var order []int
		for i := range 5 {
			go func() {
				if over, err := p.wait(t.Context()); err == nil {
					over(true)
					mu.Lock()
					defer mu.Unlock()
					order = append(order, i)
				}
			}()
			synctest.Wait()
		}
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := p.wait(ctx); !isHeld(err) || time.Since(began) > 0 {
			t.Errorf("no time to wait: %v after %s", err, time.Since(began))
		}
		given, giveUp := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Millisecond, giveUp)
		if _, err := p.wait(given); !isHeld(err) {
			t.Errorf("given up: %v", err)
		}
		if _, err := p.wait(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took < 80*time.Millisecond || took > 100*time.Millisecond {
			t.Errorf("the sixth left after %s: who gave up must not be waited for", took)
		}
		mu.Lock()
		defer mu.Unlock()
		if !slices.Equal(order, []int{0, 1, 2, 3, 4}) {
			t.Errorf("left in the order %v", order)
		}
	})
}

// departures is the network of a transport: it notes when requests leave.
type departures struct {
	mu sync.Mutex
	at []time.Time
}

func (d *departures) RoundTrip(*http.Request) (*http.Response, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = append(d.at, time.Now())
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}, nil
}

// Those who waited while everything was stopped go on at the pace.
func TestAfterAGlobalLimitNobodyRushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := new(departures)
		tr := newTransport(Network{}, standard())
		tr.base = net
		began := time.Now()
		ask := func(i int) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprint("https://discord.com/api/v9/channels/", i), nil)
			if err == nil {
				_, err = tr.RoundTrip(req)
			}
			if err != nil {
				t.Error(err)
			}
		}
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() { ask(i) })
		}
		time.Sleep(500 * time.Millisecond)
		net.mu.Lock()
		before := len(net.at)
		net.mu.Unlock()
		tr.gate.shut(3 * time.Second)
		wg.Wait()
		if before < 20 || net.at[before].Sub(began) < 3500*time.Millisecond {
			t.Errorf("%d left before the stop, the next after %s", before, net.at[before].Sub(began))
		}
		for i, at := range net.at[1:] {
			if d := at.Sub(net.at[i]); d < tr.pace.every/2 {
				t.Fatalf("requests %d and %d left within %s", i, i+1, d)
			}
		}
	})
}

// However long requests travel, and however differently, Discord never gets more
// than 50 in a second.
func TestRequestsThatTravelUnevenlyStayUnderTheLimit(t *testing.T) {
	for name, travel := range map[string]func(i int) time.Duration{
		"quick":           func(int) time.Duration { return time.Millisecond },
		"bunched":         func(i int) time.Duration { return time.Duration(100-i%100) * 3 * time.Millisecond },
		"one in ten slow": func(i int) time.Duration { return time.Duration(i%10/9) * 600 * time.Millisecond },
	} {
		synctest.Test(t, func(t *testing.T) {
			p := pace{every: time.Second / time.Duration(standard().perSecond)}
			var arrived []time.Time
			var mu sync.Mutex
			var wg sync.WaitGroup
			began := time.Now()
			for i := range 500 {
				over, err := p.wait(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				wg.Go(func() {
					time.Sleep(travel(i))
					mu.Lock()
					arrived = append(arrived, time.Now())
					mu.Unlock()
					time.Sleep(time.Millisecond)
					over(true)
				})
			}
			took := time.Since(began)
			wg.Wait()
			for i, at := range arrived[mostInSecond:] {
				if d := at.Sub(arrived[i]); d < time.Second {
					t.Fatalf("%s: 51 requests arrived within %s", name, d)
				}
			}
			if rate := 499 / took.Seconds(); rate > 48.1 || name == "quick" && rate < 47.5 || rate < 30 {
				t.Errorf("%s: %.1f requests a second", name, rate)
			}
		})
	}
}

// Requests without an answer cost pace, but do not stop it.
func TestLostAnswersDoNotStopThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{every: 20 * time.Millisecond}
		began := time.Now()
		for range 200 {
			if _, err := p.wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took < 6*time.Second || took > 8*time.Second {
			t.Errorf("200 took %s, want 50 in two seconds", took)
		}
	})
}

// Marks that wait in numbers hold up a message by one place at most, and get on.
func TestMarksYieldToMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{every: 20 * time.Millisecond}
		began := time.Now()
		var marks sync.WaitGroup
		for range 25 {
			marks.Go(func() {
				over, err := p.yield(t.Context(), &p.marks)
				if err != nil {
					t.Error(err)
					return
				}
				over(true)
			})
		}
		for range 10 {
			time.Sleep(45 * time.Millisecond)
			at := time.Now()
			over, err := p.wait(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			over(true)
			if d := time.Since(at); d > p.every {
				t.Errorf("a message waited %s behind marks", d)
			}
		}
		marks.Wait()
		if took := time.Since(began); took < 24*2*p.every || took > 1500*time.Millisecond {
			t.Errorf("25 marks took %s", took)
		}
	})
}
