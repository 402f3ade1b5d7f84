package discordtest_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// Every fault does what it says and nothing else, and ends when cleared.
func TestFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := discordtest.NewPipe()
		d := newDesk(t, discordtest.Options{Listener: pipe, Limits: discordtest.NoLimits()})
		b := newBot(t, d.Server, pipe.DialContext)
		send := func() error { _, err := b.ChannelMessageSend(d.general, "x"); return err }
		count := func() int { return len(d.Messages(d.general)) }
		with := func(f discordtest.Faults, act func()) { d.SetFaults(f); act(); d.SetFaults(discordtest.Faults{}) }

		with(discordtest.Faults{Latency: 7 * time.Second}, func() {
			start := time.Now()
			if err := send(); err != nil || time.Since(start) != 7*time.Second || count() != 1 {
				t.Errorf("latency: %v after %v", err, time.Since(start))
			}
		})
		with(discordtest.Faults{LostAnswers: 1}, func() {
			if err := send(); err == nil || count() != 2 {
				t.Errorf("lost answer: %v, %d messages", err, count())
			}
		})
		with(discordtest.Faults{HTML429: true}, func() {
			if err := send(); err == nil || !strings.Contains(err.Error(), "invalid character '<'") {
				t.Errorf("HTML 429: %v", err)
			}
		})
		with(discordtest.Faults{RateLimited: true, RetryAfter: 9 * time.Second}, func() {
			limited, isLimit := send().(*discordgo.RateLimitError)
			if !isLimit || limited.RetryAfter != 9*time.Second {
				t.Errorf("rate limited: %+v", limited)
			}
		})
		time.Sleep(10 * time.Second)
		with(discordtest.Faults{ServerErrors: 1}, func() {
			before := count()
			for range 20 {
				if err := send(); err == nil {
					t.Error("no server error")
				}
			}
			if n := count() - before; n == 0 || n == 20 {
				t.Errorf("%d of 20 failed requests took effect, want some", n)
			}
		})
		before := count()
		d.Inject(discordtest.Failure{Route: "POST /channels/{channel_id}/messages", Status: 503})
		if err := send(); err == nil || count() != before {
			t.Errorf("injected 503: %v", err)
		}
		for body, failure := range map[string]discordtest.Failure{
			`"code":50013`: {Status: 403, Code: 50013}, "<h1>blocked</h1>": {Status: 403, Body: "<h1>blocked</h1>"},
		} {
			d.Inject(failure)
			said, isAnswer := errors.AsType[*discordgo.RESTError](send())
			if !isAnswer || said.Response.StatusCode != 403 || !strings.Contains(string(said.ResponseBody), body) || count() != before {
				t.Errorf("injected 403: %v, want %s", said, body)
			}
		}
		if err := send(); err != nil {
			t.Errorf("after it: %v", err)
		}

		d.SetFaults(discordtest.Faults{Hang: true})
		var hung sync.WaitGroup
		hung.Go(func() {
			if err := send(); err != nil {
				t.Errorf("after the hang: %v", err)
			}
		})
		time.Sleep(10 * time.Second)
		if count() != before+1 {
			t.Error("a hanging request took effect")
		}
		d.SetFaults(discordtest.Faults{})
		hung.Wait()
		if count() != before+2 {
			t.Error("the request did not go on after the hang")
		}
		if st := d.Stats(); st.HTMLLimited != 1 || st.FaultLimited != 1 || st.LostAnswers != 1 || st.ServerErrors != 21 {
			t.Errorf("stats %+v", st)
		}
		if p := d.Problems(); len(p) != 0 {
			t.Errorf("problems %q", p)
		}
		d.Close()
	})
}

// Close waits for hanging requests and open gateways.
func TestCloseLeavesNothingRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := discordtest.NewPipe()
		d := newDesk(t, discordtest.Options{Listener: pipe})
		b := newBot(t, d.Server, pipe.DialContext)
		b.ShouldReconnectOnError = false
		if err := b.Open(); err != nil {
			t.Fatal(err)
		}
		changes, stop := d.Subscribe()
		defer stop()
		d.SetFaults(discordtest.Faults{Hang: true})
		var hung sync.WaitGroup
		hung.Go(func() {
			if _, err := b.ChannelMessageSend(d.general, "x"); err == nil {
				t.Error("a request survived the end")
			}
		})
		synctest.Wait()
		d.Close()
		hung.Wait()
		for range changes { // closed by Close
		}
		time.Sleep(2 * time.Second) // discordgo notices and sleeps a second of bubble time
	})
}

// Heartbeats are acknowledged; ten minutes of them need no real time.
func TestHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := discordtest.NewPipe()
		d := newDesk(t, discordtest.Options{Listener: pipe, Heartbeat: 30 * time.Second})
		b := newBot(t, d.Server, pipe.DialContext)
		b.ShouldReconnectOnError = false
		if err := b.Open(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10*time.Minute + time.Second)
		b.RLock()
		silent := time.Since(b.LastHeartbeatAck)
		b.RUnlock()
		if n := d.Stats().Heartbeats; n != 21 || silent > 2*time.Second || !d.Connected() {
			t.Errorf("%d heartbeats, last acknowledged %v ago", n, silent)
		}
		d.SetFaults(discordtest.Faults{NoAck: true})
		time.Sleep(time.Minute)
		b.RLock()
		silent = time.Since(b.LastHeartbeatAck)
		b.RUnlock()
		if silent < time.Minute {
			t.Errorf("acknowledged %v ago in spite of the fault", silent)
		}
		d.Close()
		time.Sleep(2 * time.Second)
	})
}
