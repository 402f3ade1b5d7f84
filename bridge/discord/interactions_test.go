package discord

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

const callbackRoute = "POST /interactions/{interaction_id}/{interaction_token}/callback"

var someCommands = []bot.Command{
	{Name: "ticket", Description: map[string]string{"id": "Tiket", "en-US": "Ticket"}, Sub: []bot.Command{
		{Name: "close", Description: map[string]string{"id": "Tutup"}},
		{Name: "classify", Description: map[string]string{"id": "Golongkan"}, Options: []bot.Option{
			{Name: "note", Description: map[string]string{"id": "Catatan"}},
			{Name: "class", Description: map[string]string{"id": "Golongan"}, Required: true, Choices: []bot.Choice{{Value: "easy"}, {Value: "hard"}}}}},
	}},
	{Name: "queue", Description: map[string]string{"id": "Antrean"}},
}

// A person sees at once that the desk is at work, however slow it is, and then
// the answer, or nothing where what happened shows by itself.
func TestACommandIsAcknowledgedAtOnceAndThenAnswered(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = someCommands
	var got bot.Interaction
	let := make(chan string)
	s.opts.Bot = handlerFunc(func(ctx context.Context, i bot.Interaction) bot.Answer {
		got = i
		select {
		case text := <-let:
			return bot.Answer{Text: text}
		case <-ctx.Done():
			return bot.Answer{}
		}
	})
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })

	type shown struct {
		discordtest.Answer
		err error
	}
	seen := make(chan shown, 1)
	use := func(command string, options map[string]any) {
		a, err := s.sari.Command(t.Context(), thread, command, options)
		seen <- shown{a, err}
	}
	go use("ticket classify", map[string]any{"class": "hard", "note": "lama"})
	if !soon(time.Minute, func() bool { return s.srv.Stats().Requests[callbackRoute] == 1 }) {
		t.Error("not acknowledged in time, while the handler is at work")
	}
	let <- "Sudah. @everyone"
	if a := <-seen; a.err != nil || a.Message == nil || a.Message.Content != "Sudah. @everyone" || !a.Message.Ephemeral || a.Message.Pings.Everyone {
		t.Errorf("answer %+v", a)
	}
	want := map[string]string{"class": "hard", "note": "lama"}
	if got.Command != "ticket classify" || got.User != s.sari.ID() || got.Name != "sari" || got.Channel != thread || got.Locale != "id" ||
		got.Options["class"] != want["class"] || got.Options["note"] != want["note"] || !slices.Equal(got.Roles, []string{s.srv.RoleID("agent")}) {
		t.Errorf("handled %+v", got)
	}

	go use("queue", nil)
	let <- ""
	if a := <-seen; a.err != nil || a.Kind != "deleted" {
		t.Errorf("an empty answer is shown as %+v", a)
	}
}

func TestAButtonIsPressed(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Bot = handlerFunc(func(_ context.Context, i bot.Interaction) bot.Answer {
		if i.Button == "panic" {
			panic("boom")
		}
		return bot.Answer{Text: strings.TrimPrefix(i.Button, "quiet")}
	})
	thread := s.thread("HE-1")
	s.ready()
	id, err := s.c.Say(t.Context(), bridge.Message{Channel: thread, Content: "?", Buttons: []bridge.Button{
		{ID: "accept|1", Label: "Terima"}, {ID: "quiet", Label: "Diam"}, {ID: "panic", Label: "Rusak"}}})
	if err != nil {
		t.Fatal(err)
	}
	for button, want := range map[string]string{"accept|1": "accept|1", "panic": "something went wrong"} {
		shown, err := s.sari.Click(t.Context(), id, button)
		if err != nil {
			t.Fatal(err)
		}
		next, err := shown.Next(t.Context())
		if err != nil || next.Message == nil || !strings.Contains(next.Message.Content, want) || !next.Message.Ephemeral {
			t.Errorf("%s: %+v, %v", button, next, err)
		}
	}
	if shown, err := s.sari.Click(t.Context(), id, "quiet"); err != nil || shown.Kind != "deferred" {
		t.Errorf("quiet: %+v, %v", shown, err)
	}
}

// Many people at once: each is acknowledged in time though the handlers are
// slow and messages fill the pace, and the answers do not wait for each other.
func TestInteractionsHaveALaneOfTheirOwn(t *testing.T) {
	t.Parallel()
	limits := discordtest.DefaultLimits()
	s := newStage(t, discordtest.Options{Limits: &limits})
	s.opts.Commands = someCommands
	s.opts.Bot = handlerFunc(func(context.Context, bot.Interaction) bot.Answer {
		time.Sleep(200 * time.Millisecond)
		return bot.Answer{Text: "ok"}
	})
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	busy, stop := context.WithCancel(t.Context())
	defer stop()
	for range 400 { // a second queue, eight seconds long
		go func() { _ = s.c.rest.do(busy, "read", "GET", "/users/@me", nil, nil) }()
	}
	done := make(chan error, 30)
	for range cap(done) {
		go func() {
			_, err := s.sari.Command(t.Context(), thread, "queue", nil)
			done <- err
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := s.srv.Stats().Requests["GET /users/@me"]; n >= 400 {
		t.Errorf("30 answers waited for %d other requests", n)
	}
}

func TestCommandsAreRegisteredOnlyWhenChanged(t *testing.T) {
	t.Parallel()
	const route = "PUT /applications/{application_id}/guilds/{guild_id}/commands"
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = someCommands
	for run, want := range []int{1, 1, 2} {
		if run == 2 {
			s.opts.Commands = append(slices.Clone(someCommands), bot.Command{Name: "duty", Description: map[string]string{"en-US": "Duty"}})
		}
		reads := s.srv.Stats().Requests["GET /applications/{application_id}/guilds/{guild_id}/commands"]
		s.ready()
		s.until("the commands are compared", func() bool {
			st := s.srv.Stats()
			return st.Requests["GET /applications/{application_id}/guilds/{guild_id}/commands"] > reads && st.Requests[route] >= want &&
				len(s.srv.Commands()) == len(s.opts.Commands)
		})
		// Whatever the client has still under way, comparing again asks for nothing.
		if err := s.c.putCommands(t.Context()); err != nil {
			t.Error(err)
		}
		if err := s.stop(); err != nil {
			t.Fatal(err)
		}
		if got := s.srv.Stats().Requests[route]; got != want {
			t.Errorf("run %d: registered %d times, want %d", run, got, want)
		}
	}
	if got := s.srv.Commands(); len(got) == 0 {
		t.Errorf("commands are %q", got)
	}
}

// An acknowledgement whose answer is lost is repeated, and the command still
// runs once.
func TestALostAcknowledgementIsRepeated(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = someCommands
	ran := make(chan string, 9)
	s.opts.Bot = handlerFunc(func(_ context.Context, i bot.Interaction) bot.Answer { ran <- i.ID; return bot.Answer{Text: "ok"} })
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	s.srv.Inject(discordtest.Failure{Route: callbackRoute, Lost: true, Applied: true})
	shown, err := s.sari.Command(t.Context(), thread, "queue", nil)
	if err != nil {
		t.Fatal(err)
	}
	if shown.Message == nil || shown.Message.Content != "ok" {
		t.Errorf("shown %+v", shown)
	}
	if len(ran) != 1 {
		t.Errorf("ran %d times", len(ran))
	}
}

// An interaction's token that is no longer good says nothing of the bot's.
func TestAnExpiredInteractionDoesNotEndTheDesk(t *testing.T) {
	t.Parallel()
	const editRoute = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original"
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = someCommands
	s.opts.Bot = handlerFunc(func(context.Context, bot.Interaction) bot.Answer { return bot.Answer{Text: "ok"} })
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	for _, failure := range []discordtest.Failure{
		{Route: callbackRoute, Status: 401, Code: codeInvalidWebhookToken}, {Route: callbackRoute, Status: 401},
		{Route: editRoute, Status: 401, Code: codeInvalidWebhookToken}, {Route: editRoute, Status: 401},
	} {
		before := s.srv.Stats().Requests[failure.Route]
		s.srv.Inject(failure)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _, _ = s.sari.Command(ctx, thread, "queue", nil) }()
		s.until("it is answered", func() bool { return s.srv.Stats().Requests[failure.Route] > before })
		stop()
		<-done
	}
	if shown, err := s.sari.Command(t.Context(), thread, "queue", nil); err != nil || shown.Message == nil {
		t.Errorf("a later command is answered with %+v, %v", shown, err)
	}
	if !s.c.Ready() {
		t.Errorf("the desk ended: %+v", s.c.Status())
	}
}
