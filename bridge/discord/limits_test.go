package discord

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

const createMessageRoute = "POST /channels/{channel_id}/messages"

func TestTheLibraryRepeatsNothing(t *testing.T) {
	t.Parallel()
	for _, retries := range []int{0, 3} {
		s := newStage(t, discordtest.Options{})
		s.set.retries = retries
		c, thread := s.client(), s.thread("HE-1")
		s.srv.Inject(discordtest.Failure{Route: createMessageRoute, Status: 502, Applied: true})
		_, _ = c.Say(t.Context(), bridge.Message{Channel: thread, Content: "halo"})
		if got := s.srv.Stats().Requests[createMessageRoute]; (got == 1) != (retries == 0) {
			t.Errorf("with %d retries: %d requests", retries, got)
		}
	}
}

func TestARateLimitIsTheCouriersToWaitFor(t *testing.T) {
	t.Parallel()
	for _, library := range []bool{false, true} {
		s := newStage(t, discordtest.Options{})
		s.set.retryLimits = library
		c, thread := s.client(), s.thread("HE-1")
		s.srv.SetFaults(discordtest.Faults{RateLimited: true, RetryAfter: 1500 * time.Millisecond})
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		_, err := c.Say(ctx, bridge.Message{Channel: thread, Content: "halo"})
		cancel()
		waited := time.Since(began) > time.Second
		e := sendErr(t, err)
		if waited != library || !library && (e.Certainty != bridge.Blocked || e.RetryAfter < time.Second) {
			t.Errorf("library repeats %t: %+v after %s", library, e, time.Since(began))
		}
	}
}

// A burst over many channels must not meet Discord's limit of 50 a second for
// all requests together; the simulator enforces it.
func TestABurstKeepsUnderTheGlobalLimit(t *testing.T) {
	t.Parallel()
	for _, pace := range []int{standard().perSecond, 0} {
		limits := discordtest.DefaultLimits()
		s := newStage(t, discordtest.Options{Limits: &limits})
		s.set.perSecond = pace
		c := s.client()
		var channels []string
		for i := range 40 {
			channels = append(channels, s.srv.AddChannel(discordtest.NewChannel{Kind: channelText, Name: fmt.Sprint("c", i)}))
		}
		began := time.Now()
		var wg sync.WaitGroup
		for i := range 120 {
			wg.Go(func() {
				_, err := c.Say(t.Context(), bridge.Message{Channel: channels[i%len(channels)], Content: "halo", Nonce: fmt.Sprint(i)})
				if err != nil && pace > 0 {
					t.Errorf("say: %v", err)
				}
			})
		}
		wg.Wait()
		got := s.srv.Stats().RateLimited()
		if (got == 0) != (pace > 0) {
			t.Errorf("pace %d: %d answers 429", pace, got)
		}
		if took := time.Since(began); pace > 0 && took > 8*time.Second {
			t.Errorf("120 requests took %s, want about 2.5 s", took)
		}
	}
}

// The limit of one channel is kept from its announcement, without a 429, and
// holds nobody else up; a caller without time for the wait is told at once.
func TestAChannelsLimitIsKeptAndHonoursTheDeadline(t *testing.T) {
	t.Parallel()
	limits := discordtest.DefaultLimits()
	limits.MessageCreate = discordtest.Limit{N: 3, Per: 2 * time.Second}
	s := newStage(t, discordtest.Options{Limits: &limits})
	c, busy, other := s.client(), s.thread("HE-1"), s.thread("HE-2")
	for range 3 {
		if _, err := c.Say(t.Context(), bridge.Message{Channel: busy, Content: "halo"}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := c.Say(ctx, bridge.Message{Channel: busy, Content: "halo"})
	if e := sendErr(t, err); e.Certainty != bridge.Blocked || e.RetryAfter <= 0 || time.Since(began) > 400*time.Millisecond {
		t.Errorf("no time to wait: %+v after %s", e, time.Since(began))
	}
	if _, err := c.Say(ctx, bridge.Message{Channel: other, Content: "halo"}); err != nil {
		t.Errorf("another channel waits too: %v", err)
	}
	if _, err := c.Say(t.Context(), bridge.Message{Channel: busy, Content: "halo"}); err != nil {
		t.Error(err)
	}
	if got := s.srv.Stats().RateLimited(); got != 0 {
		t.Errorf("%d answers 429", got)
	}
}

func TestAGlobalLimitStopsEveryLane(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]discordtest.Faults{
		"Discord's": {RateLimited: true, RetryAfter: 700 * time.Millisecond}, "the proxy's, in HTML": {HTML429: true, RetryAfter: time.Second},
	} {
		s := newStage(t, discordtest.Options{})
		c, one, two := s.client(), s.thread("HE-1"), s.thread("HE-2")
		s.srv.SetFaults(fault)
		_, err := c.Say(t.Context(), bridge.Message{Channel: one, Content: "halo"})
		s.srv.SetFaults(discordtest.Faults{})
		e := sendErr(t, err)
		if e.Certainty != bridge.Blocked || e.RetryAfter < time.Second {
			t.Errorf("%s: %+v", name, e)
		}
		before := s.srv.Stats().Requests
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if _, err := c.Say(ctx, bridge.Message{Channel: two, Content: "halo"}); sendErr(t, err).Certainty != bridge.Blocked {
			t.Errorf("%s: another channel: %v", name, err)
		}
		err = c.rest.do(ctx, "callback", http.MethodPost, "/interactions/1/x/callback", nil, nil)
		if !isHeld(err) {
			t.Errorf("%s: an interaction's answer is not held: %v", name, err)
		}
		cancel()
		if after := s.srv.Stats().Requests; fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("%s: requests were made in the time of the limit", name)
		}
	}
}

func TestTooManyRefusalsStopEverything(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.set.mostInvalid = 4
	c := s.client()
	hidden := s.srv.AddChannel(discordtest.NewChannel{Kind: channelText, Name: "hidden",
		Overwrites: []discordtest.Overwrite{{ID: s.srv.BotID(), Member: true, Deny: discordtest.PermissionViewChannel}}})
	for i := range 6 {
		_, err := c.Say(t.Context(), bridge.Message{Channel: hidden, Content: "halo"})
		if e := sendErr(t, err); e.Certainty != bridge.Blocked || e.Denied != (i < 4) {
			t.Errorf("attempt %d: %+v, want blocked, by Discord %t", i, e, i < 4)
		}
	}
	if got := s.srv.Stats().Invalid; got != 4 {
		t.Errorf("%d refused requests reached Discord, want 4", got)
	}
}

func TestRoutesShareALimitByMajorParameter(t *testing.T) {
	t.Parallel()
	for _, r := range []struct{ method, path, route, major string }{
		{"POST", "/api/v9/channels/1/messages", "POST/channels/messages", "channels/1"},
		{"DELETE", "/api/v9/channels/1/messages/2", "DELETE/channels/messages/:id", "channels/1"},
		{"PUT", "/api/v9/channels/1/messages/2/reactions/✅/@me", "/channels/reactions", "channels/1"},
		{"DELETE", "/api/v9/channels/1/messages/2/reactions/✅/@me", "/channels/reactions", "channels/1"}, // one limit for both
		{"PATCH", "/api/v9/webhooks/1/tok/messages/@original", "PATCH/webhooks/messages/@original", "webhooks/1/tok"},
		{"GET", "/api/v9/users/@me", "GET/users/@me", ""},
		{"GET", "/", "GET/", ""},
	} {
		if route, major := routeOf(r.method, r.path); route != r.route || major != r.major {
			t.Errorf("routeOf(%s %s) = %q %q, want %q %q", r.method, r.path, route, major, r.route, r.major)
		}
	}
}

// A mark does not wait long in a channel whose limit is used up: eight such channels
// would keep every other mark of the desk from being shown.
func TestAMarkDoesNotWaitInASlowChannel(t *testing.T) {
	t.Parallel()
	limits := discordtest.DefaultLimits()
	limits.Reaction = discordtest.Limit{N: 1, Per: 8 * time.Second}
	s := newStage(t, discordtest.Options{Limits: &limits})
	c, slow, other := s.client(), s.thread("HE-1"), s.thread("HE-2")
	ids := map[string]string{}
	for _, thread := range []string{slow, other} {
		m, err := s.sari.Post(thread, "halo", discordtest.PostOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ids[thread] = m.ID
	}
	began := time.Now()
	if err := c.React(t.Context(), slow, ids[slow], "✅", true); err != nil {
		t.Fatal(err)
	}
	if e := sendErr(t, c.React(t.Context(), slow, ids[slow], "👀", true)); e.Certainty != bridge.Blocked || e.RetryAfter < time.Second {
		t.Errorf("a mark in a slow channel: %+v", e)
	}
	if err := c.React(t.Context(), other, ids[other], "✅", true); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 6*time.Second {
		t.Errorf("three marks took %s", took)
	}
}
