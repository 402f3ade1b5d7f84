package discord

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

func TestTooManyOrTooLargeFilesAreRefusedUnsent(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.FileLimit = 100 << 20 // no request holds that
	c, thread := s.client(), s.thread("HE-1")
	if c.Limit() != largestFile {
		t.Errorf("limit %d", c.Limit())
	}
	before := s.srv.Stats().Requests["POST /channels/{channel_id}/messages"]
	say := func(n int, size int64) *bridge.SendError {
		_, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: slices.Repeat([]bridge.File{{Name: "a", Size: size}}, n)})
		return sendErr(t, err)
	}
	for _, e := range []*bridge.SendError{say(11, 1), say(3, 9<<20)} {
		if e.Certainty != bridge.Refused || fault(e) != bridge.TooLarge {
			t.Errorf("refused as %+v", e)
		}
	}
	if e := say(1, 30<<20); e.Certainty != bridge.NotSent || fault(e) != bridge.TooLarge {
		t.Errorf("refused as %+v", e)
	}
	if n := s.srv.Stats().Requests["POST /channels/{channel_id}/messages"]; n != before {
		t.Error("something was sent")
	}
}

func TestTheFileLimitIsLearnt(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]discordtest.Failure{"by number": {}, "by a proxy": {Status: http.StatusRequestEntityTooLarge, Body: "<html>413 Request Entity Too Large</html>"}} {
		limits := discordtest.NoLimits()
		limits.AttachmentBytes = 10 << 20
		s := newStage(t, discordtest.Options{Limits: limits})
		s.opts.FileLimit = 20 << 20
		c, thread := s.client(), s.thread("HE-1")
		if answer.Status != 0 {
			answer.Route = "POST /channels/{channel_id}/messages"
			s.srv.Inject(answer)
		}
		big := file("big.bin", "", make([]byte, 12<<20))
		if _, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: []bridge.File{big}}); sendErr(t, err).Certainty != bridge.NotSent || fault(err) != bridge.TooLarge {
			t.Errorf("%s: refused as %v", name, err)
		}
		if c.Limit() != 10<<20 {
			t.Errorf("%s: learnt %d", name, c.Limit())
		}
		sent := s.srv.Stats().Requests["POST /channels/{channel_id}/messages"]
		if _, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: []bridge.File{big}}); fault(err) != bridge.TooLarge {
			t.Errorf("%s: again: %v", name, err)
		}
		if n := s.srv.Stats().Requests["POST /channels/{channel_id}/messages"]; n != sent {
			t.Errorf("%s: it was tried twice", name)
		}
		if _, err := c.Say(t.Context(), bridge.Message{Channel: thread, Files: []bridge.File{file("ok.bin", "", make([]byte, 10<<20))}}); err != nil {
			t.Errorf("%s: a file within the limit: %v", name, err)
		}
	}
}

// Of what was refused only a known limit is believed for good: a file that every server
// takes was refused by something else, which passes.
func TestARefusalLowersTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := limit{given: 20 << 20}
		for _, step := range []struct{ size, want int64 }{{15 << 20, 10 << 20}, {24 << 20, 10 << 20}, {10 << 20, 8 << 20}, {5 << 20, 5<<20 - 1}, {6 << 20, 5<<20 - 1}, {1, 0}} {
			for range 2 {
				if l.refused(step.size); l.now() != step.want {
					t.Errorf("after %d: %d, want %d", step.size, l.now(), step.want)
				}
			}
		}
		time.Sleep(oddLimitSpan)
		if l.now() != 8<<20 {
			t.Errorf("an hour later: %d", l.now())
		}
	})
}

// Discord tells with each interaction what it takes. What people say counts more, and
// what was refused most.
func TestTheLimitIsToldByInteractions(t *testing.T) {
	t.Parallel()
	limits := discordtest.NoLimits()
	limits.AttachmentBytes = 20 << 20
	s := newStage(t, discordtest.Options{Limits: limits})
	s.opts.Bot = handlerFunc(func(context.Context, bot.Interaction) bot.Answer { return bot.Answer{Text: "pong"} })
	s.opts.Commands = someCommands
	thread := s.thread("HE-1")
	c := s.ready()
	if c.Limit() != defaultFileLimit {
		t.Errorf("at first %d", c.Limit())
	}
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	if _, err := s.sari.Command(t.Context(), thread, "queue", nil); err != nil {
		t.Fatal(err)
	}
	if c.Limit() != 20<<20 {
		t.Errorf("after an interaction %d", c.Limit())
	}
	c.limit.refused(15 << 20)
	c.limit.tell(20 << 20)
	if c.Limit() != 10<<20 {
		t.Errorf("after a refusal %d", c.Limit())
	}
	l := limit{given: 12 << 20}
	for _, hostile := range []int64{-1, 0, 1 << 62, 20 << 20} {
		if l.tell(hostile); l.now() != 12<<20 {
			t.Errorf("told %d: %d, want what people say", hostile, l.now())
		}
	}
}

// A server may say that a request is too large before it has read it.
func TestARefusalBeforeTheFileIsReadIsHeard(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		fmt.Fprintf(w, `{"message":"Request entity too large","code":%d}`, codeTooLarge)
	}))
	defer server.Close()
	network, err := Loopback(server.URL)
	must(t, err)
	s := newStage(t, discordtest.Options{})
	s.opts.Network, s.opts.FileLimit = network, 20<<20
	c := s.client()
	var largest atomic.Int64
	var open, closed atomic.Int32
	big := bridge.File{Name: "big.bin", Size: 12 << 20, Open: func() (io.ReadCloser, error) {
		open.Add(1)
		return struct {
			io.Reader
			io.Closer
		}{&ramp{12 << 20, &largest}, closerFunc(func() error { closed.Add(1); return nil })}, nil
	}}
	_, err = c.Say(t.Context(), bridge.Message{Channel: "1", Files: []bridge.File{big}})
	if e := sendErr(t, err); e.Certainty != bridge.NotSent || fault(err) != bridge.TooLarge || c.Limit() != 10<<20 || asked.Load() != 1 {
		t.Errorf("after %d requests: %+v, limit %d", asked.Load(), e, c.Limit())
	}
	s.until("the file is closed", func() bool { return closed.Load() == open.Load() })
}

type closerFunc func() error

func (f closerFunc) Close() error { return f() }
