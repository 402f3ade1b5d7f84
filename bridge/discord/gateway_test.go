package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

func TestWhatStaffWriteIsTakenInWhole(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.ready()
	thread := s.thread("HE-1")
	m, err := s.sari.Post(thread, "halo "+s.sari.Mention(), discordtest.PostOptions{Files: []discordtest.File{{Name: "a.txt", Data: []byte("x")}}})
	if err != nil {
		t.Fatal(err)
	}
	s.until("it is taken in", func() bool { return len(s.inbox.all()) == 1 })
	got := s.inbox.all()[0]
	if got.ID != m.ID || got.Channel != thread || got.Author != s.sari.ID() || got.Name != "sari" || len(got.Files) != 1 ||
		got.Text != m.Content || !slices.Equal(got.Roles, []string{s.srv.RoleID("agent")}) || time.Since(got.At) > time.Minute {
		t.Errorf("taken in: %+v", got)
	}
	if c := s.c; c.User(s.sari.ID()) != "sari" || c.Role(s.srv.RoleID("agent")) != "agent" || c.Channel(s.forum) != "halo-desk" ||
		c.Channel(thread) != "HE-1" || c.User("1") != "" {
		t.Errorf("names: %q %q %q %q", c.User(s.sari.ID()), c.Role(s.srv.RoleID("agent")), c.Channel(s.forum), c.Channel(thread))
	}
}

// Messages come in the order they were written, because handlers run in the
// library's reader.
func TestOrderIsKept(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	thread := s.thread("HE-1")
	s.ready()
	want := numbered("m", 1, 1500)
	s.write(thread, want...)
	s.wantTexts(thread, want...)
}

// The tests that switch something off show that it is needed; this one that it is
// on where it counts.
func TestTheStandardSettingsAreThosePromised(t *testing.T) {
	t.Parallel()
	promised := settings{
		intents: 1<<0 | 1<<9 | 1<<10 | 1<<11 | 1<<15, // guilds, messages, reactions, typing, message content
		inOrder: true, enforceNonce: true, foresight: true, watch: true, catchUp: true, holdBack: true, inSequence: true, amend: true,
		retryLimits: false, retries: 0,
		perSecond: 48, mostInvalid: 1000, exchange: 15 * time.Second, intakeBytes: 16 << 20,
		tick: time.Second, lockPatience: 6 * time.Second, greeting: time.Minute, acks: 1.5, longGap: time.Minute,
		backoff: time.Second, identifyGap: 5 * time.Second, ack: 2500 * time.Millisecond, back: 2 * time.Second,
	}
	if got := standard(); got != promised {
		t.Errorf("settings are %+v, want %+v", got, promised)
	}
}

func TestWithoutItsIntentsTheBotHearsNothing(t *testing.T) {
	t.Parallel()
	for _, intents := range []discordgo.Intent{standard().intents, discordgo.IntentsAllWithoutPrivileged} {
		s := newStage(t, discordtest.Options{})
		s.set.intents = intents
		thread := s.thread("HE-1")
		s.ready()
		s.write(thread, "halo")
		s.until("something is taken in", func() bool { return len(s.inbox.all()) == 1 })
		if heard := s.inbox.all()[0].Text == "halo"; heard != (intents == standard().intents) {
			t.Errorf("intents %d: text is %q", intents, s.inbox.all()[0].Text)
		}
	}
}

// What was written while the bot was away is fetched before anything that is
// written after.
func TestWhatWasMissedComesFirst(t *testing.T) {
	t.Parallel()
	for _, catchUp := range []bool{true, false} {
		s := newStage(t, discordtest.Options{})
		s.set.catchUp = catchUp
		thread, still := s.thread("HE-1"), s.thread("HE-2")
		s.write(thread, "first")
		s.ready()
		s.until("there is a cursor", func() bool { return !catchUp || len(s.inbox.texts(thread)) == 1 })
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
		missed := numbered("missed", 1, 230)
		s.write(thread, missed...)
		s.inbox.set(func(m *memo) { m.hold = make(chan struct{}) })
		s.run()
		s.until("the gateway is up", func() bool { return s.c.Status().Up })
		s.write(thread, numbered("live", 1, 20)...)
		if catchUp && s.c.Ready() {
			t.Error("ready before the catch-up is over")
		}
		s.inbox.set(func(m *memo) { close(m.hold); m.hold = nil })
		s.until("the client is ready", s.c.Ready)
		want := slices.Concat([]string{"first"}, missed, numbered("live", 1, 20))
		if !catchUp {
			s.until("live ones come", func() bool { return len(s.inbox.texts(thread)) == 20 })
			continue
		}
		s.wantTexts(thread, want...)
		for _, m := range s.inbox.all() {
			if !slices.Equal(m.Roles, []string{s.srv.RoleID("agent")}) {
				t.Fatalf("roles of %q are %v", m.Text, m.Roles)
			}
		}
		if got := s.inbox.texts(still); len(got) != 0 {
			t.Errorf("taken in of the bot's own: %q", got)
		}
	}
}

// A store that is down loses nothing and changes no order.
func TestAStoreThatIsDownIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{Heartbeat: 500 * time.Millisecond})
	thread := s.thread("HE-1")
	s.ready()
	s.inbox.set(func(m *memo) { m.broken = true })
	s.write(thread, numbered("m", 1, 50)...)
	s.until("it was tried again", func() bool { s.inbox.mu.Lock(); defer s.inbox.mu.Unlock(); return s.inbox.calls > 3 })
	links := s.srv.Stats().Connections
	beats := s.srv.Stats().Heartbeats
	s.until("heartbeats go on", func() bool { return s.srv.Stats().Heartbeats > beats+3 })
	s.inbox.set(func(m *memo) { m.broken = false })
	s.wantTexts(thread, numbered("m", 1, 50)...)
	if got := s.srv.Stats().Connections; got != links {
		t.Errorf("the connection was lost meanwhile (%d, %d)", links, got)
	}
}

// When more comes in than memory allows, it is fetched afterwards.
func TestWhatDoesNotFitInMemoryIsFetchedLater(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{Heartbeat: 500 * time.Millisecond})
	s.set.intakeBytes = 20_000
	one, two := s.thread("HE-1"), s.thread("HE-2")
	s.ready()
	s.inbox.set(func(m *memo) { m.hold = make(chan struct{}) })
	want := numbered("m", 1, 300)
	for _, text := range want {
		s.write(one, text)
		s.write(two, text)
	}
	s.until("some do not fit", func() bool { return s.c.Status().Overflowed > 100 })
	s.inbox.set(func(m *memo) { close(m.hold); m.hold = nil })
	s.write(two, "last")
	s.wantTexts(one, want...)
	s.wantTexts(two, append(slices.Clone(want), "last")...)
}

// A component of a kind unknown to the library empties its message; read raw,
// its words are heard.
func TestAnUnknownComponentBreaksNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	thread := s.thread("HE-1")
	s.ready()
	odd := `{"id":"90","channel_id":"` + thread + `","guild_id":"` + s.srv.GuildID() + `","type":0,"content":"odd","timestamp":"2026-01-01T00:00:00Z",` +
		`"author":{"id":"` + s.sari.ID() + `","username":"sari"},"member":{"roles":[]},"components":[{"type":99,"id":1}],"attachments":[]}`
	s.srv.DispatchRaw("MESSAGE_CREATE", json.RawMessage(odd))
	for _, hostile := range []string{`{}`, `[]`, `"x"`, `{"id":1}`, `{"content":[],"id":"7","channel_id":"8"}`, `{"author":null,"member":null}`} {
		for _, kind := range []string{"MESSAGE_CREATE", "THREAD_CREATE", "CHANNEL_UPDATE", "GUILD_ROLE_UPDATE", "INTERACTION_CREATE", "NO_SUCH_EVENT"} {
			s.srv.DispatchRaw(kind, json.RawMessage(hostile))
		}
	}
	s.write(thread, "plain")
	s.wantTexts(thread, "odd", "plain")
}

func TestBotsWebhooksAndSystemAreNotStaff(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]message{
		"bot": {Author: user{ID: "1", Bot: true}}, "webhook": {Author: user{ID: "1"}, Webhook: "2"},
		"system": {Author: user{ID: "1", System: true}}, "pinned": {Author: user{ID: "1"}, Type: 6},
	} {
		if m.byStaff() {
			t.Errorf("a message of kind %s counts as staff", name)
		}
	}
	if !(message{Type: messageReply}).byStaff() || !(message{}).byStaff() {
		t.Error("a person's message or reply does not count as staff")
	}
}

// A cut connection is resumed, and nothing of the gap is lost.
func TestACutIsResumed(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	thread := s.thread("HE-1")
	s.ready()
	for i, cut := range []func(){s.srv.CutGateway, s.srv.Reconnect, func() { s.srv.CloseGateway(4000) }} {
		resumes := s.c.Status().Resumes
		cut()
		s.write(thread, numbered("gap", i, i)...)
		s.until("the session is resumed", func() bool { return s.c.Status().Resumes > resumes && s.c.Ready() })
	}
	s.wantTexts(thread, numbered("gap", 0, 2)...)
	if got := s.c.Status().Identifies; got != 1 {
		t.Errorf("%d sessions were begun, want 1", got)
	}
}

// A session that Discord has forgotten is replaced, and the gap fetched; no session
// is begun without asking how many are left.
func TestAForgottenSessionIsReplaced(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*discordtest.Server){
		"told while up": func(srv *discordtest.Server) { srv.InvalidateSessions(false) },
		"told when resuming": func(srv *discordtest.Server) {
			srv.InvalidateSessions(true)
			srv.SetFaults(discordtest.Faults{ResumeClose: 4009})
		},
		"not known when resuming": func(srv *discordtest.Server) { srv.CutGateway() },
		"closed with 4007":        func(srv *discordtest.Server) { srv.CloseGateway(4007) },
	} {
		sim := discordtest.Options{}
		if strings.HasPrefix(name, "not known") {
			sim.ReplayWindow = time.Nanosecond // the answer to resuming is op 9, which would deadlock the library
		}
		s := newStage(t, sim)
		thread := s.thread("HE-1")
		s.ready()
		lose(s.srv)
		s.write(thread, numbered("gap", 1, 3)...)
		s.until(name+": there is a new session", func() bool { return s.c.Status().Identifies > 1 && s.c.Ready() })
		s.wantTexts(thread, numbered("gap", 1, 3)...)
		if st := s.srv.Stats(); st.Identifies > st.Requests["GET /gateway/bot"] {
			t.Errorf("%s: %d sessions were begun after %d questions", name, st.Identifies, st.Requests["GET /gateway/bot"])
		}
	}
}

// The library handles a first packet "reconnect" under its own lock and hangs
// for ever. The tap does not let it see one; the watchdog, without the tap,
// replaces the session; without both, the bot is deaf.
func TestTheDeadlockOfTheFirstPacketIsSurvived(t *testing.T) {
	t.Parallel()
	for _, with := range []struct {
		name             string
		foresight, watch bool
	}{{"tap", true, false}, {"watchdog", false, true}, {"neither", false, false}} {
		t.Run(with.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, discordtest.Options{})
			s.set.foresight, s.set.watch = with.foresight, with.watch
			s.srv.SetFaults(discordtest.Faults{ReconnectFirst: true})
			s.run()
			s.until("the gateway was tried", func() bool { return s.srv.Stats().Identifies > 0 })
			if with.foresight || with.watch {
				s.until("it is tried again", func() bool { return s.srv.Stats().Connections > 1 })
			}
			s.srv.SetFaults(discordtest.Faults{})
			survives := with.foresight || with.watch
			if works := comesTrue(survives, 3*time.Second, s.c.Ready); works != survives {
				t.Errorf("with %s: ready is %t", with.name, works)
			}
			if replaced := s.c.Status().Replaced > 0; replaced != (with.watch && !with.foresight) {
				t.Errorf("with %s: session replaced %t", with.name, replaced)
			}
		})
	}
}

// A link on which heartbeats are not answered any more is dead. The library
// waits five intervals; the watchdog one and a half, and keeps the session.
func TestASilentLinkIsNoticedSoon(t *testing.T) {
	t.Parallel()
	for _, watch := range []bool{true, false} {
		s := newStage(t, discordtest.Options{Heartbeat: 800 * time.Millisecond})
		s.set.watch = watch
		s.ready()
		links := s.srv.Stats().Connections
		s.srv.SetFaults(discordtest.Faults{NoAck: true})
		noticed := comesTrue(watch, 3600*time.Millisecond, func() bool { return !s.c.Ready() })
		if noticed != watch {
			t.Errorf("watchdog %t: noticed %t", watch, noticed)
		}
		s.srv.SetFaults(discordtest.Faults{})
		if !watch {
			continue
		}
		s.until("the session is resumed", func() bool { return s.c.Ready() && s.c.Status().Resumes > 0 })
		if got := s.srv.Stats().Connections; got <= links {
			t.Errorf("%d connections, want more than %d", got, links)
		}
	}
}

func TestWhatAPersonMustMendEndsTheRun(t *testing.T) {
	t.Parallel()
	for _, wrong := range []struct {
		name   string
		before func(*stage)
		while  func(*stage)
		want   error
		sim    discordtest.Options
	}{
		{"token", func(s *stage) { s.opts.Token = "not.the.token" }, nil, ErrToken, discordtest.Options{}},
		{"guild", func(s *stage) { s.opts.Guild = "1" }, nil, ErrGuild, discordtest.Options{}},
		{"intent", nil, nil, ErrIntents, discordtest.Options{DeniedIntents: discordtest.IntentMessageContent}},
		{"token reset", nil, func(s *stage) { s.srv.SetToken("another.token") }, ErrToken, discordtest.Options{}},
		{"removed from the server", nil, func(s *stage) {
			s.srv.DispatchRaw("GUILD_DELETE", json.RawMessage(`{"id":"`+s.srv.GuildID()+`"}`))
		}, ErrGuild, discordtest.Options{}},
		{"intent withdrawn", nil, func(s *stage) { s.srv.DenyIntents(discordtest.IntentMessageContent) }, ErrIntents, discordtest.Options{}},
	} {
		t.Run(wrong.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, wrong.sim)
			if wrong.before != nil {
				wrong.before(s)
			}
			c := s.client()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			over := make(chan error, 1)
			go func() { over <- c.Run(ctx) }()
			if wrong.while != nil {
				s.until("the client is ready", c.Ready)
				wrong.while(s)
			}
			err := <-over
			if !errors.Is(err, wrong.want) {
				t.Fatalf("run ended with %v, want %v", err, wrong.want)
			}
			if strings.Contains(err.Error(), s.opts.Token) || c.Ready() || c.Status().Reason == "" {
				t.Errorf("error %v, status %+v", err, c.Status())
			}
		})
	}
}

// A failpoint stops the client as a crash would; what was not stored comes
// again with the next run.
func TestACrashBeforeStoringLosesNothing(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"dc.recv", "dc.persisted", "dc.catchup", "dc.catchup.persisted"} {
		s := newStage(t, discordtest.Options{})
		thread := s.thread("HE-1")
		crash := errors.New("crash")
		s.opts.Failpoint = func(at string) error {
			if at == step {
				return crash
			}
			return nil
		}
		c := s.client()
		if strings.Contains(step, "catchup") {
			s.write(thread, numbered("m", 1, 3)...)
		}
		over := make(chan error, 1)
		go func() { over <- c.Run(t.Context()) }()
		if !strings.Contains(step, "catchup") {
			s.until("the client is ready", c.Ready)
			s.write(thread, numbered("m", 1, 3)...)
		}
		if err := <-over; !errors.Is(err, crash) {
			t.Fatalf("%s: run ended with %v", step, err)
		}
		s.opts.Failpoint = nil
		s.ready()
		s.wantTexts(thread, numbered("m", 1, 3)...)
	}
}

// A witness is an inbox that also notes what needs no reply.
type witness struct{ *memo }

func (w witness) Seen(_ context.Context, thread, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ours := w.cursors[thread]; ours && compareIDs(id, w.cursors[thread]) > 0 {
		w.cursors[thread] = id
	}
	return nil
}

// An inbox that notes the bot's own messages spares a request for each thread
// at the next start, and hears what was said and archived meanwhile.
func TestAWitnessSparesRequestsAndHearsArchivedPosts(t *testing.T) {
	t.Parallel()
	const reads = "GET /channels/{channel_id}/messages"
	s := newStage(t, discordtest.Options{})
	s.opts.Inbox = witness{s.inbox}
	var threads []string
	for _, title := range numbered("HE-", 1, 10) {
		threads = append(threads, s.thread(title))
	}
	s.ready()
	before := s.srv.Stats().Requests[reads]
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.write(threads[3], "bye")
	if err := s.sari.SetThread(threads[3], discordtest.ThreadState{Archived: new(true)}); err != nil {
		if err := s.client().Settle(t.Context(), threads[3], "closed", true); err != nil {
			t.Fatal(err)
		}
	}
	s.ready()
	s.wantTexts(threads[3], "bye")
	if got := s.srv.Stats().Requests[reads] - before; got != 1 {
		t.Errorf("%d threads were read, want 1", got)
	}
}

// After a long gap a resumed session is not trusted: every thread is compared.
func TestALongGapIsComparedByREST(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.set.longGap = time.Nanosecond
	thread := s.thread("HE-1")
	s.ready()
	s.srv.CutGateway()
	s.write(thread, "gap")
	s.until("the session is resumed", func() bool { return s.c.Status().Resumes == 1 && s.c.Ready() })
	s.wantTexts(thread, "gap")
	if got := s.srv.Stats().Requests["GET /guilds/{guild_id}/threads/active"]; got != 1 {
		t.Errorf("active threads were listed %d times, want once", got)
	}
}

// A bot that begins too many sessions a day has its token reset: when few are
// left, the client waits, also right after a restart.
func TestTheDaysLastSessionsAreSpared(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		left := 5
		if asked.Add(1) > 1 {
			left = 1000
		}
		fmt.Fprintf(w, `{"url":"wss://gateway.discord.gg","session_start_limit":{"total":1000,"remaining":%d,"reset_after":1000}}`, left)
	}))
	defer srv.Close()
	net, err := Loopback(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newClient(Options{Token: "t", Guild: "1", Network: net, Inbox: &memo{}}, quick())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := c.mayIdentify(t.Context(), time.Time{}); err != nil || asked.Load() != 2 || time.Since(began) < time.Second {
		t.Errorf("%v after %s and %d questions", err, time.Since(began), asked.Load())
	}
}
