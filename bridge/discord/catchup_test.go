package discord

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

const (
	messagesRoute = "GET /channels/{channel_id}/messages"
	memberRoute   = "GET /guilds/{guild_id}/members/{user_id}"
	guildRoute    = "GET /guilds/{guild_id}"
	archiveRoute  = "GET /channels/{channel_id}/threads/archived/public"
	proxysPage    = "<html>Attention required</html>"
)

// A late inbox learns of a thread while it still answers that it does not know it.
type late struct {
	*memo
	learn func(thread string)
}

func (l late) Reply(ctx context.Context, m bridge.StaffMessage) error {
	if _, ours, err := l.Cursor(ctx, m.Channel); err != nil || !ours {
		l.learn(m.Channel)
		return bridge.ErrNotOurs
	}
	return l.memo.Reply(ctx, m)
}

// A thread that becomes ours while its first message is turned away is heard.
func TestAThreadThatBecomesOursMeanwhileIsHeard(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Inbox = late{s.inbox, func(thread string) { s.inbox.own(thread); s.c.CatchUp(thread) }}
	s.ready()
	thread, err := s.c.CreatePost(t.Context(), bridge.Post{Forum: s.forum, Title: "HE-1", Message: bridge.Message{Content: "card"}})
	if err != nil {
		t.Fatal(err)
	}
	s.write(thread, "first")
	s.wantTexts(thread, "first")
	s.write(thread, "second", "third")
	s.wantTexts(thread, "first", "second", "third")
}

// A channel taken for a stranger's is heard again once its cursor is known.
func TestAStrangerIsHeardOnceItsCursorIsKnown(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.set.longGap = time.Nanosecond
	thread := s.thread("HE-1")
	s.ready()
	s.c.intake.foreign(thread)
	s.write(thread, "first")
	s.srv.CutGateway()
	s.wantTexts(thread, "first")
	s.write(thread, "second")
	s.wantTexts(thread, "first", "second")
}

// What was missed in a channel that cannot be read at first is taken in later, in
// order, and no other channel waits for it.
func TestWhatCannotBeReadNowIsReadLater(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]discordtest.Failure{
		"no access": {Status: 403, Code: codeNoAccess}, "a proxy's page": {Status: 403, Body: proxysPage},
		"a number that means nothing": {Status: 404, Code: codeUnknownGuild}, "an outage": {Status: 503, N: 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, discordtest.Options{})
			threads := []string{s.thread("HE-1"), s.thread("HE-2")}
			for _, thread := range threads {
				s.write(thread, numbered("missed", 1, 3)...)
			}
			failure.Route = messagesRoute
			s.srv.Inject(failure)
			s.ready()
			for _, thread := range threads {
				s.write(thread, "live")
			}
			for _, thread := range threads {
				s.wantTexts(thread, "missed1", "missed2", "missed3", "live")
			}
		})
	}
}

func TestADeletedThreadIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	thread := s.thread("HE-1")
	s.write(thread, "missed")
	s.srv.Inject(discordtest.Failure{Route: messagesRoute, Status: 404, Code: codeUnknownChannel})
	s.ready()
	if s.c.intake.isPutOff(thread) || s.c.intake.deaf(thread) {
		t.Error("a thread that is gone is still to be read")
	}
}

// The roles decide who may speak to a client: they are waited for, unless the
// author left.
func TestRolesAreWaitedFor(t *testing.T) {
	t.Parallel()
	for name, of := range map[string]struct {
		failure discordtest.Failure
		known   bool
	}{
		"an outage":             {discordtest.Failure{Status: 503, N: 5}, true},
		"a proxy's page":        {discordtest.Failure{Status: 404, Body: proxysPage}, true},
		"no access":             {discordtest.Failure{Status: 403, Code: codeNoAccess}, true},
		"the author left":       {discordtest.Failure{Status: 404, Code: codeUnknownMember}, false},
		"the author is no more": {discordtest.Failure{Status: 404, Code: codeUnknownUser}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, discordtest.Options{})
			thread := s.thread("HE-1")
			s.write(thread, "missed")
			of.failure.Route = memberRoute
			s.srv.Inject(of.failure)
			s.ready()
			s.wantTexts(thread, "missed")
			if got := s.inbox.all()[0].Roles; slices.Equal(got, []string{s.srv.RoleID("agent")}) != of.known {
				t.Errorf("roles %q, want them known %t", got, of.known)
			}
		})
	}
}

// Only Discord's own numbers say that the bot is not in the server.
func TestAPassingRefusalAtTheStartIsWaitedOut(t *testing.T) {
	t.Parallel()
	for _, failure := range []discordtest.Failure{
		{Status: 403, Body: proxysPage}, {Status: 404}, {Status: 403}, {Status: 400, Body: proxysPage}, {Status: 401, Body: proxysPage},
	} {
		s := newStage(t, discordtest.Options{})
		failure.Route, failure.N = guildRoute, 2
		s.srv.Inject(failure)
		s.ready()
	}
}

// The archive is read three pages deep, also when it cannot be read at first.
func TestTheArchiveIsReadThreePagesDeep(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Inbox = witness{s.inbox}
	s.set.perSecond = 0
	first := s.thread("HE-1")
	s.write(first, "bye")
	threads := []string{first}
	for _, title := range numbered("HE-", 2, 210) {
		threads = append(threads, s.thread(title))
	}
	for _, thread := range threads {
		if err := s.c.Arrange(t.Context(), thread, bridge.PostState{Archived: true}); err != nil {
			t.Fatal(err)
		}
		if thread != first {
			s.inbox.set(func(m *memo) { m.cursors[thread] = thread })
		}
	}
	s.srv.Inject(discordtest.Failure{Route: archiveRoute, Status: 403, Code: codeNoAccess})
	s.ready()
	s.wantTexts(first, "bye")
}

// Fetches that were put off come one by one, and take turns with what is new.
func TestWhatWasPutOffTakesTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newIntake(1 << 20)
		began := time.Now()
		for _, channel := range []string{"1", "2", "3"} {
			q.putOff(item{fetch: channel, whole: channel == "3"}, time.Minute, 2*time.Second)
		}
		q.putOff(item{fetch: "3"}, time.Minute, 2*time.Second) // stays whole
		if !q.deaf("1") || !q.isPutOff("1") {
			t.Error("a channel whose fetch was put off is not behind")
		}
		for i, want := range []time.Duration{60, 62, 66} {
			it, ok := q.next(t.Context())
			if at := time.Since(began); !ok || it.whole != (i == 2) || at != want*time.Second {
				t.Errorf("fetch %d: %+v after %s, want %d s", i, it, at, want)
			}
		}
		for _, channel := range []string{"1", "2"} {
			q.putOff(item{fetch: channel}, time.Second, 0)
		}
		time.Sleep(5 * time.Second)
		q.message(message{ID: "10", Channel: "9"}, 1)
		var order []bool
		for range 3 {
			it, _ := q.next(t.Context())
			order = append(order, it.message != nil)
		}
		if !slices.Equal(order, []bool{true, false, false}) {
			t.Errorf("what is new comes %v", order)
		}
	})
}

// What is written while a thread has not caught up waits until it has. Heard at once, it
// would move the cursor past what was missed, which would then be lost.
func TestLiveMessagesWaitForTheMissedOnes(t *testing.T) {
	t.Parallel()
	for _, holdBack := range []bool{true, false} {
		s := newStage(t, discordtest.Options{})
		s.set.holdBack, s.set.greeting = holdBack, 500*time.Millisecond
		thread := s.thread("HE-1")
		s.write(thread, numbered("missed", 1, 3)...)
		s.srv.SetFaults(discordtest.Faults{NoGuild: true}) // the threads become known late
		s.run()
		s.until("the gateway is up", func() bool { return s.c.Status().Up })
		s.write(thread, "live")
		s.until("the client is ready", s.c.Ready)
		s.write(thread, "end")
		s.until("the last one comes", func() bool { return slices.Contains(s.inbox.texts(thread), "end") })
		want := []string{"missed1", "missed2", "missed3", "live", "end"}
		if got := s.inbox.texts(thread); slices.Equal(got, want) != holdBack {
			t.Errorf("held back %t: taken in %q", holdBack, got)
		}
	}
}

// A channel that cannot be read does not keep the desk from being ready; the status
// says that there is one, until it was read.
func TestAChannelThatCannotBeReadIsCounted(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	thread := s.thread("HE-1")
	s.write(thread, "missed")
	s.srv.Inject(discordtest.Failure{Route: messagesRoute, Status: 403, Code: codeNoAccess, N: 3})
	var mu sync.Mutex
	most, atReady := 0, 0
	s.opts.Changed = func(st Status) {
		mu.Lock()
		defer mu.Unlock()
		if most = max(most, st.Unread); st.Ready && atReady == 0 {
			atReady = st.Unread
		}
	}
	s.ready()
	s.wantTexts(thread, "missed")
	s.until("nothing is unread any more", func() bool { return s.c.Status().Unread == 0 })
	mu.Lock()
	defer mu.Unlock()
	if most != 1 || atReady != 1 {
		t.Errorf("at most %d unread, %d when ready, want 1", most, atReady)
	}
}
