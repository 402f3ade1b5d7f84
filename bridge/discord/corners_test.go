package discord

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// Large packets come packed; one that cannot be unpacked is dropped by the library
// without a word, but the events after it show the gap, and what was in it is fetched
// before they are heard.
func TestPackedAndGarbledPacketsLoseNothing(t *testing.T) {
	t.Parallel()
	for _, inSequence := range []bool{true, false} {
		s := newStage(t, discordtest.Options{})
		s.set.inSequence = inSequence
		d := s.withDiary()
		thread := s.thread("HE-1")
		s.ready()
		long := strings.TrimSpace(strings.Repeat("panjang ", 200))
		first := s.post(thread, long)
		s.until("it is taken in", func() bool { return len(d.told()) == 1 })
		s.until("it and the server's description were sent packed", func() bool { return s.srv.Stats().Compressed >= 2 })
		s.srv.GarbleEvents(3)
		must(t, s.sari.Edit(first, "pendek"))
		s.write(thread, "lost 1", "lost 2", "heard")
		if !inSequence {
			s.wantTexts(thread, long, "heard")
			continue
		}
		s.wantTexts(thread, long, "lost 1", "lost 2", "heard")
		s.until("the edit is found", func() bool { return slices.Contains(d.told(), "edited pendek") })
		if got := s.c.Status(); got.Identifies != 1 || got.Resumes != 0 {
			t.Errorf("the session was given up: %+v", got)
		}
	}
}

// Whatever code the gateway closes with, what was written meanwhile is heard, once and
// in order; codes that end the session begin a new one, the others resume it.
func TestEveryCloseCodeIsSurvived(t *testing.T) {
	t.Parallel()
	for code, fresh := range map[int]bool{1000: false, 1001: false, 4000: false, 4001: false, 4002: false, 4003: true, 4005: true, 4007: true, 4008: false, 4009: true} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			s := newStage(t, discordtest.Options{})
			thread := s.thread("HE-1")
			s.ready()
			s.write(thread, "before")
			s.srv.CloseGateway(code)
			s.write(thread, "gap")
			s.until("it is up again", func() bool { st := s.c.Status(); return st.Ready && st.Identifies+st.Resumes > 1 })
			s.write(thread, "after")
			s.wantTexts(thread, "before", "gap", "after")
			if got := s.c.Status(); (got.Identifies > 1) != fresh {
				t.Errorf("status %+v, want a new session %t", got, fresh)
			}
		})
	}
}

// A session that cannot be resumed is replaced, however Discord says so.
func TestARefusedResumeBeginsANewSession(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]discordtest.Faults{
		"4007": {ResumeClose: 4007}, "4009": {ResumeClose: 4009},
		"op 9, for good": {ResumeRefused: true}, "op 9, to try again": {ResumeRefused: true, ResumeAgain: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, discordtest.Options{})
			thread := s.thread("HE-1")
			s.ready()
			s.srv.SetFaults(refusal)
			s.srv.CutGateway()
			s.write(thread, numbered("gap", 1, 3)...)
			s.until("there is a new session", func() bool { return s.c.Status().Identifies > 1 && s.c.Ready() })
			s.wantTexts(thread, numbered("gap", 1, 3)...)
		})
	}
}

// Told while up that its session is invalid but may be resumed, the bot resumes it.
func TestASessionToBeResumedIsResumed(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	thread := s.thread("HE-1")
	s.ready()
	s.srv.InvalidateSessions(true)
	s.write(thread, "gap")
	s.until("the session is resumed", func() bool { return s.c.Status().Resumes > 0 && s.c.Ready() })
	s.wantTexts(thread, "gap")
}

// A gateway that opens and says nothing is left again. The library would wait for ever.
func TestAGatewayWithoutHelloIsLeft(t *testing.T) {
	t.Parallel()
	for _, watch := range []bool{true, false} {
		s := newStage(t, discordtest.Options{})
		s.set.watch, s.set.greeting = watch, 400*time.Millisecond
		s.srv.SetFaults(discordtest.Faults{NoHello: true})
		s.run()
		s.until("the gateway was tried", func() bool { return s.srv.Stats().Connections > 0 })
		s.srv.SetFaults(discordtest.Faults{})
		if works := comesTrue(watch, 3*time.Second, s.c.Ready); works != watch {
			t.Errorf("watchdog %t: ready is %t", watch, works)
		}
	}
}

// A server that is never described is asked for; without that the bot is never ready.
func TestAServerThatIsNotDescribedIsAskedFor(t *testing.T) {
	t.Parallel()
	for _, watch := range []bool{true, false} {
		s := newStage(t, discordtest.Options{})
		s.set.watch, s.set.greeting = watch, 400*time.Millisecond
		thread := s.thread("HE-1")
		s.write(thread, "missed")
		s.srv.SetFaults(discordtest.Faults{NoGuild: true})
		s.run()
		s.until("the gateway is up", func() bool { return s.c.Status().Up })
		s.write(thread, "early")
		if works := comesTrue(watch, 2*time.Second, s.c.Ready); works != watch {
			t.Errorf("watchdog %t: ready is %t", watch, works)
		}
		s.write(thread, "late")
		s.wantTexts(thread, "missed", "early", "late")
	}
}

// A server that is away for a while is waited for, and then caught up with.
func TestAServerThatWasAwayIsCaughtUpWith(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	d := s.withDiary()
	thread := s.thread("HE-1")
	s.ready()
	id := s.post(thread, "before")
	s.wantLines(d, "wrote before")
	s.srv.SetGuildAvailable(false)
	s.until("it is noticed", func() bool { return !s.c.Ready() })
	s.write(thread, numbered("away", 1, 3)...)
	must(t, s.sari.Edit(id, "changed"))
	s.srv.SetGuildAvailable(true)
	s.until("it is back", s.c.Ready)
	s.write(thread, "after")
	s.wantTexts(thread, "before", "away1", "away2", "away3", "after")
	s.until("the edit is found", func() bool { return slices.Contains(d.told(), "edited changed") })
	if got := s.c.Status().Identifies; got != 1 {
		t.Errorf("%d sessions were begun", got)
	}
}

// What comes twice counts once.
func TestWhatComesTwiceCountsOnce(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	d := s.withDiary()
	thread := s.thread("HE-1")
	s.opts.Commands = someCommands
	pressed := make(chan bot.Interaction, 10)
	s.opts.Bot = handlerFunc(func(_ context.Context, i bot.Interaction) bot.Answer {
		pressed <- i
		return bot.Answer{Text: "Sudah."}
	})
	s.srv.SetFaults(discordtest.Faults{Twice: true})
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	if _, err := s.sari.Command(t.Context(), thread, "queue", nil); err != nil {
		t.Fatal(err)
	}
	a := s.post(thread, "a")
	must(t, s.sari.Edit(a, "a2"))
	must(t, s.sari.Delete(a))
	s.srv.CutGateway()
	s.post(thread, "end")
	s.wantLines(d, "wrote a", "edited a2", "deleted a", "wrote end")
	if len(pressed) != 1 {
		t.Errorf("a command used once was handled %d times", len(pressed))
	}
}

// A gateway that turns every login away is tried ever more seldom: a thousand a day and
// Discord resets the token.
func TestAGatewayThatTurnsEverybodyAwayIsTriedSeldom(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.srv.SetFaults(discordtest.Faults{LoginClose: 4000})
	s.run()
	const tries = 8
	began := time.Now()
	s.until("it was tried", func() bool { return s.srv.Stats().Identifies >= tries })
	if took, least := time.Since(began), s.set.backoff<<(tries-3)/2; took < least {
		t.Errorf("%d logins in %s although each was refused, want at least %s", tries, took, least)
	}
	s.srv.SetFaults(discordtest.Faults{})
	s.until("it works", s.c.Ready)
}

// offline answers every request the same way, and counts.
type offline struct {
	status int
	header http.Header
	body   string
	asked  int
}

func (o *offline) RoundTrip(*http.Request) (*http.Response, error) {
	o.asked++
	return &http.Response{StatusCode: o.status, Header: o.header.Clone(), Body: io.NopCloser(strings.NewReader(o.body))}, nil
}

// Banned by the proxy before Discord, which does not say for how long, the bot stops
// asking ever longer; a busy hour costs a handful of requests of the 10,000 in ten
// minutes that block an address for good. An answer ends it.
func TestABanIsNotMadeLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := &offline{status: http.StatusTooManyRequests, header: http.Header{"Content-Type": {"text/html"}}, body: "<html>error 1015</html>"}
		tr := newTransport(Network{}, standard())
		tr.base = net
		ask := func() int {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://discord.com/api/v9/users/@me", nil)
			must(t, err)
			if resp, err := tr.RoundTrip(req); err == nil {
				return resp.StatusCode
			}
			return 0
		}
		for range 36_000 {
			ask()
			time.Sleep(100 * time.Millisecond)
		}
		if net.asked < 5 || net.asked > 12 {
			t.Errorf("%d requests were made in an hour of being banned", net.asked)
		}
		net.status, net.body = http.StatusOK, "{}"
		time.Sleep(longestBan)
		if got := ask(); got != http.StatusOK {
			t.Fatalf("after the ban: %d", got)
		}
		net.status, net.body = http.StatusTooManyRequests, "<html>"
		before := net.asked
		ask()
		time.Sleep(shortestBan + time.Second)
		ask()
		if net.asked != before+2 {
			t.Error("a ban after an answer is as long as one after a ban")
		}
	})
}
