package discord

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

var (
	_ Inbox   = (*bridge.Relay)(nil)
	_ Witness = (*bridge.Relay)(nil)
	_ Editor  = (*bridge.Relay)(nil)
)

// A memo is an inbox in memory: it keeps what was taken in, and the order.
type memo struct {
	mu      sync.Mutex
	cursors map[string]string
	got     []bridge.StaffMessage
	broken  bool
	hold    chan struct{} // not nil: Reply waits for it
	calls   int
}

func (m *memo) Reply(ctx context.Context, s bridge.StaffMessage) error {
	m.mu.Lock()
	hold := m.hold
	m.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if m.broken {
		return bridge.ErrNotStored
	}
	if slices.ContainsFunc(m.got, func(o bridge.StaffMessage) bool { return o.ID == s.ID }) {
		return nil
	}
	m.got = append(m.got, s)
	if _, ours := m.cursors[s.Channel]; ours && compareIDs(s.ID, m.cursors[s.Channel]) > 0 {
		m.cursors[s.Channel] = s.ID
	}
	return nil
}

func (m *memo) Cursor(_ context.Context, thread string) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return "", false, bridge.ErrNotStored
	}
	last, ours := m.cursors[thread]
	return last, ours, nil
}

func (m *memo) own(thread string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cursors[thread] = ""
}

func (m *memo) set(change func(*memo)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// texts are what was taken in of a channel, in the order it was.
func (m *memo) texts(channel string) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for _, s := range m.got {
		if s.Channel == channel {
			out = append(out, s.Text)
		}
	}
	return out
}

func (m *memo) all() []bridge.StaffMessage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.got)
}

// A stage is a Discord with a forum and an agent, and the client under test.
type stage struct {
	t     *testing.T
	srv   *discordtest.Server
	forum string
	sari  *discordtest.Member
	inbox *memo
	set   settings
	opts  Options
	logs  *observer.ObservedLogs
	c     *Client
	stop  func() error
}

// quick are the standard settings with waits that suit a test.
func quick() settings {
	s := standard()
	s.tick = 10 * time.Millisecond
	s.lockPatience = 1500 * time.Millisecond // the library's Close holds its lock for a second
	s.greeting = 2500 * time.Millisecond
	s.backoff = 20 * time.Millisecond
	s.identifyGap = 0
	s.ack, s.back = 30*time.Second, 30*time.Second // a machine may be busy
	return s
}

func newStage(t *testing.T, o discordtest.Options) *stage {
	t.Helper()
	if o.Limits == nil {
		o.Limits = discordtest.NoLimits()
	}
	o.Limits.FirstAnswer = time.Minute
	srv := discordtest.Start(t, o)
	s := &stage{t: t, srv: srv, inbox: &memo{cursors: map[string]string{}}, set: quick()}
	s.forum = srv.AddChannel(discordtest.NewChannel{Kind: channelForum, Name: "halo-desk",
		Tags: []discordtest.Tag{{Name: "new", Moderated: true}, {Name: "assigned", Moderated: true}, {Name: "closed", Moderated: true}, {Name: "Back End"}}})
	s.sari = srv.AddMember("sari", "agent")
	core, logs := observer.New(zapcore.DebugLevel)
	s.logs = logs
	net, err := Loopback(srv.URL())
	if err != nil {
		t.Fatal(err)
	}
	s.opts = Options{Token: srv.Token(), Guild: srv.GuildID(), Network: net, Inbox: s.inbox, Log: zap.New(core)}
	t.Cleanup(func() {
		for _, e := range logs.All() {
			if t.Failed() {
				t.Logf("log: %s %v", e.Message, e.ContextMap())
			}
			if line := fmt.Sprint(e.Message, e.ContextMap()); strings.Contains(line, srv.Token()) {
				t.Errorf("the token is in the log: %s", line)
			}
		}
	})
	return s
}

func (s *stage) client() *Client {
	s.t.Helper()
	c, err := newClient(s.opts, s.set)
	if err != nil {
		s.t.Fatal(err)
	}
	s.c = c
	return c
}

// run starts a new client; its end is waited for when the test ends.
func (s *stage) run() *Client {
	s.t.Helper()
	c := s.client()
	ctx, cancel := context.WithCancel(s.t.Context())
	over := make(chan error, 1)
	go func() { over <- c.Run(ctx) }()
	var once sync.Once
	var err error
	s.stop = func() error {
		once.Do(func() { cancel(); err = <-over })
		return err
	}
	stop := s.stop
	s.t.Cleanup(func() {
		if err := stop(); err != nil {
			s.t.Errorf("run: %v", err)
		}
	})
	return c
}

func (s *stage) ready() *Client {
	s.t.Helper()
	c := s.run()
	s.until("the client is ready", c.Ready)
	return c
}

// soon polls a condition; it is for what has no channel to wait on.
func soon(limit time.Duration, cond func() bool) bool {
	for end := time.Now().Add(limit); ; time.Sleep(2 * time.Millisecond) {
		if cond() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

func (s *stage) until(what string, cond func() bool) {
	s.t.Helper()
	if !soon(time.Minute, cond) {
		s.t.Fatalf("%s: not within a minute (status %+v)", what, s.c.Status())
	}
}

// comesTrue says whether a condition is met. One that is expected has a minute, on
// whatever machine; one that is not must stay unmet for a while.
func comesTrue(expected bool, while time.Duration, cond func() bool) bool {
	if expected {
		while = time.Minute
	}
	return soon(while, cond)
}

// thread opens a post of the bot's that the inbox knows.
func (s *stage) thread(title string) string {
	s.t.Helper()
	c := s.c
	if c == nil {
		c = s.client()
	}
	id, err := c.CreatePost(s.t.Context(), bridge.Post{Forum: s.forum, Title: title, Tags: []string{"new"}, Message: bridge.Message{Content: "card of " + title}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.inbox.own(id)
	return id
}

func (s *stage) write(thread string, texts ...string) {
	s.t.Helper()
	for _, text := range texts {
		if _, err := s.sari.Post(thread, text, discordtest.PostOptions{}); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *stage) wantTexts(thread string, want ...string) {
	s.t.Helper()
	s.until(fmt.Sprintf("%d messages are taken in", len(want)), func() bool { return len(s.inbox.texts(thread)) >= len(want) })
	if got := s.inbox.texts(thread); !slices.Equal(got, want) {
		s.t.Errorf("taken in %q, want %q", got, want)
	}
}

func numbered(prefix string, from, to int) []string {
	var out []string
	for i := from; i <= to; i++ {
		out = append(out, fmt.Sprintf("%s%d", prefix, i))
	}
	return out
}

func sendErr(t *testing.T, err error) *bridge.SendError {
	t.Helper()
	e, ok := errors.AsType[*bridge.SendError](err)
	if !ok {
		t.Fatalf("error %v is no SendError", err)
	}
	return e
}

type handlerFunc func(context.Context, bot.Interaction) bot.Answer

func (f handlerFunc) Handle(ctx context.Context, i bot.Interaction) bot.Answer { return f(ctx, i) }
