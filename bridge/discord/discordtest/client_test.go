package discordtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// rewriter sends Discord's hosts to the server and refuses every other.
type rewriter struct {
	addr string
	next http.RoundTripper
}

func (r rewriter) RoundTrip(req *http.Request) (*http.Response, error) {
	switch req.URL.Host {
	case "discord.com", "cdn.discordapp.com", "media.discordapp.net":
	default:
		return nil, fmt.Errorf("host %s is not Discord", req.URL.Host)
	}
	req = req.Clone(req.Context())
	req.Host = req.URL.Host
	req.URL.Scheme, req.URL.Host = "http", r.addr
	return r.next.RoundTrip(req)
}

const botIntents = discordgo.IntentsGuilds | discordgo.IntentsGuildMessages | discordgo.IntentsGuildMessageReactions | discordgo.IntentMessageContent

// bot is a real discordgo session that remembers its events.
type bot struct {
	*discordgo.Session
	mu     sync.Mutex
	events []*discordgo.Event
	more   chan struct{}
	acting sync.WaitGroup // answers to interactions under way
}

// newSession makes a discordgo session for the server as a careful product
// would; dial is nil for a real socket.
func newSession(s *discordtest.Server, dial func(ctx context.Context, network, addr string) (net.Conn, error)) *discordgo.Session {
	ses, _ := discordgo.New("Bot " + s.Token()) // never fails
	ses.Client = &http.Client{Transport: rewriter{s.Addr(), &http.Transport{DialContext: dial}}}
	ses.Dialer = &websocket.Dialer{NetDialContext: dial}
	ses.Identify.Intents = botIntents
	ses.SyncEvents, ses.StateEnabled = true, false
	ses.ShouldRetryOnRateLimit, ses.MaxRestRetries = false, 0
	ses.LogLevel = -1
	return ses
}

// newBot is newSession with a memory of its events.
func newBot(t *testing.T, s *discordtest.Server, dial func(ctx context.Context, network, addr string) (net.Conn, error)) *bot {
	t.Helper()
	ses := newSession(s, dial)
	t.Cleanup(ses.Client.Transport.(rewriter).next.(*http.Transport).CloseIdleConnections)
	b := &bot{Session: ses, more: make(chan struct{})}
	ses.AddHandler(func(_ *discordgo.Session, e *discordgo.Event) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.events = append(b.events, e)
		close(b.more)
		b.more = make(chan struct{})
	})
	return b
}

// openBot is newBot, logged in, closed with the test.
func openBot(t *testing.T, s *discordtest.Server) *bot {
	t.Helper()
	b := newBot(t, s, nil)
	if err := b.Open(); err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		b.hangUp()
		b.acting.Wait() // a person sees an answer before the bot knows it arrived
	})
	return b
}

// hangUp ends the session without discordgo's second of sleep in Close. A
// session that discordgo deadlocked is left alone.
func (b *bot) hangUp() {
	for range 200 {
		if b.TryLock() {
			b.ShouldReconnectOnError = false
			b.Unlock()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// steady waits until the server has had n heartbeats. discordgo sends one after
// each login from a goroutine of its own; a link cut before that makes two
// goroutines reconnect, and an op 9 meeting the second deadlocks the session.
func steady(t *testing.T, s *discordtest.Server, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := s.WaitFor(ctx, func() bool { return s.Stats().Heartbeats >= n }); err != nil {
		t.Fatalf("%d heartbeats, want %d: %v", s.Stats().Heartbeats, n, err)
	}
}

// event waits for the n-th event (from 0) of a type and decodes it.
func event[T any](t *testing.T, b *bot, name string, n int) T {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		b.mu.Lock()
		seen, more := 0, b.more
		for _, e := range b.events {
			if e.Type != name {
				continue
			}
			if seen == n {
				b.mu.Unlock()
				var v T
				if err := json.Unmarshal(e.RawData, &v); err != nil {
					t.Fatalf("decode %s: %v", name, err)
				}
				return v
			}
			seen++
		}
		b.mu.Unlock()
		select {
		case <-more:
		case <-timeout:
			t.Fatalf("event %s number %d did not come", name, n)
		}
	}
}

// desk is a guild like the product's.
type desk struct {
	*discordtest.Server
	forum, general string
	sari           *discordtest.Member
}

func newDesk(t *testing.T, opts discordtest.Options) desk {
	t.Helper()
	s := discordtest.Start(t, opts)
	s.AddRole("agent", 0, false)
	category := s.AddChannel(discordtest.NewChannel{Kind: discordtest.KindCategory, Name: "Halo"})
	return desk{
		Server: s,
		forum: s.AddChannel(discordtest.NewChannel{Kind: discordtest.KindForum, Name: "halo-desk", Parent: category,
			Tags: []discordtest.Tag{{Name: "new", Moderated: true}, {Name: "closed", Moderated: true}, {Name: "easy"}}}),
		general: s.AddChannel(discordtest.NewChannel{Kind: discordtest.KindText, Name: "general", Parent: category}),
		sari:    s.AddMember("Sari", "agent"),
	}
}

// must is the value of a call that has to succeed.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// code is Discord's error code of a REST error, 0 for none.
func code(err error) int {
	if rest, isREST := err.(*discordgo.RESTError); isREST && rest.Message != nil {
		return rest.Message.Code
	}
	return 0
}

func contents(messages []discordtest.Message) []string {
	var out []string
	for _, m := range messages {
		out = append(out, m.Content)
	}
	return out
}

func wantContents(t *testing.T, s *discordtest.Server, channel string, want ...string) {
	t.Helper()
	if got := contents(s.Messages(channel)); !slices.Equal(got, want) {
		t.Fatalf("messages in %s: %q, want %q", channel, got, want)
	}
}
