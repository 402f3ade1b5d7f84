package discord

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// A guesser offers what may be meant.
type guesser struct {
	handlerFunc
	complete func(ctx context.Context, i bot.Interaction, option, typed string) []bot.Choice
}

func (g guesser) Complete(ctx context.Context, i bot.Interaction, option, typed string) []bot.Choice {
	return g.complete(ctx, i, option, typed)
}

var orderCommands = []bot.Command{{Name: "order", Description: map[string]string{"id": "Pesanan"}, Sub: []bot.Command{
	{Name: "add", Description: map[string]string{"id": "Catat"}, Options: []bot.Option{
		{Name: "note", Description: map[string]string{"id": "Catatan"}},
		{Name: "company", Description: map[string]string{"id": "Perusahaan"}, Required: true, Complete: "company"},
		{Name: "who", Description: map[string]string{"id": "Siapa"}, Kind: bot.OptionUser, Complete: "company"},
		{Name: "way", Description: map[string]string{"id": "Cara"}, Choices: []bot.Choice{{Value: "a"}}, Complete: "company"},
	}},
}}}

// While an option is typed its choices are offered, as Discord takes them whatever the
// handler says; what is chosen arrives, and what is typed freely too.
func TestChoicesAreOfferedWhileAnOptionIsTyped(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = orderCommands
	var seen bot.Interaction
	var given bot.Interaction
	s.opts.Bot = guesser{
		handlerFunc: func(_ context.Context, i bot.Interaction) bot.Answer { given = i; return bot.Answer{Text: "ok"} },
		complete: func(ctx context.Context, i bot.Interaction, option, typed string) []bot.Choice {
			seen = i
			label := func(s string) map[string]string { return map[string]string{"id": s, "en-US": "no"} }
			switch typed {
			case "":
				return nil
			case "break":
				panic("boom")
			case "slow":
				<-ctx.Done()
				return []bot.Choice{{Value: "partly"}}
			case "many":
				var all []bot.Choice
				for n := range 60 {
					all = append(all, bot.Choice{Value: fmt.Sprint("k", n), Label: label(strings.Repeat("😀", n+20))})
				}
				return append([]bot.Choice{{Value: ""}, {Value: strings.Repeat("é", 101)}}, all...)
			}
			return []bot.Choice{{Value: "k1", Label: label(option + " @everyone <@1> " + typed)}, {Value: "k2"}}
		},
	}
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	ask := func(typed string) []discordtest.Choice {
		t.Helper()
		all, err := s.sari.Autocomplete(t.Context(), thread, "order add", map[string]any{"company": typed, "note": "baru"}, "company")
		if err != nil {
			t.Errorf("%q: %v", typed, err)
		}
		return all
	}
	if all := ask("maju"); !slices.Equal(all, []discordtest.Choice{{Label: "company @everyone <@1> maju", Value: "k1"}, {Label: "k2", Value: "k2"}}) {
		t.Errorf("offered %+v", all)
	}
	if seen.Command != "order add" || seen.User != s.sari.ID() || seen.Channel != thread || !slices.Equal(seen.Roles, []string{s.srv.RoleID("agent")}) ||
		len(seen.Options) != 1 || seen.Options["note"] != "baru" {
		t.Errorf("asked as %+v", seen)
	}
	for _, typed := range []string{"", "break"} {
		if all := ask(typed); len(all) != 0 {
			t.Errorf("%q offers %+v", typed, all)
		}
	}
	if all := ask("slow"); !slices.Equal(all, []discordtest.Choice{{Label: "partly", Value: "partly"}}) {
		t.Errorf("what was found in time is offered as %+v", all)
	}
	many := ask("many")
	if len(many) != 25 || many[0].Value != "k0" || many[24].Value != "k24" {
		t.Errorf("of 60 it offers %d: %+v", len(many), many)
	}
	for _, option := range []string{"note", "who", "way"} {
		if all, err := s.sari.Autocomplete(t.Context(), thread, "order add", map[string]any{"company": "x", option: "x"}, option); err == nil {
			t.Errorf("%s offers %v", option, all)
		}
	}
	if _, err := s.sari.Command(t.Context(), thread, "order add", map[string]any{"company": "apa saja"}); err != nil || given.Options["company"] != "apa saja" {
		t.Errorf("typed freely: %v, %v", given.Options, err)
	}
	// Once it is registered, comparing again finds nothing to do.
	const route = "PUT /applications/{application_id}/guilds/{guild_id}/commands"
	before := s.srv.Stats().Requests[route]
	if err := s.c.putCommands(t.Context()); err != nil || s.srv.Stats().Requests[route] != before {
		t.Errorf("the same commands were registered again: %v", err)
	}
}

// However many keys are struck while the store hangs, who presses a button is answered.
func TestKeystrokesDoNotHoldUpCommands(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = orderCommands
	typing, ended := make(chan bool, 300), make(chan bool)
	s.opts.Bot = guesser{
		handlerFunc: func(context.Context, bot.Interaction) bot.Answer { return bot.Answer{Text: "ok"} },
		complete: func(ctx context.Context, _ bot.Interaction, _, _ string) []bot.Choice {
			typing <- true
			select {
			case <-ctx.Done():
			case <-ended:
			}
			return nil
		},
	}
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	const keys = 200
	struck, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range keys {
		wg.Go(func() {
			// Most are dropped: the next key asks again.
			_, _ = s.sari.Autocomplete(struck, thread, "order add", map[string]any{"company": "a"}, "company")
		})
	}
	for range completers {
		<-typing
	}
	a, err := s.sari.Command(t.Context(), thread, "order add", map[string]any{"company": "apa saja"})
	if err != nil || a.Message == nil || a.Message.Content != "ok" {
		t.Errorf("the command is answered %+v, %v", a, err)
	}
	close(ended)
	if !soon(time.Minute, func() bool { return s.srv.Stats().Requests[callbackRoute] > completers && len(s.c.typed) == 0 }) {
		t.Errorf("%d answers, and %d keystrokes stay behind", s.srv.Stats().Requests[callbackRoute], len(s.c.typed))
	}
	stop()
	wg.Wait()
}

// A handler that offers nothing at all is no error for who types.
func TestNothingIsOffered(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = orderCommands
	s.opts.Bot = handlerFunc(func(context.Context, bot.Interaction) bot.Answer { return bot.Answer{} })
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	all, err := s.sari.Autocomplete(t.Context(), thread, "order add", map[string]any{"company": "a"}, "company")
	if err != nil || len(all) != 0 {
		t.Errorf("offered %v, %v", all, err)
	}
}
