package discord

import (
	"context"
	"slices"
	"testing"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// The roles of whom a command names come with it, so that nobody without the role is
// given work.
func TestTheRolesOfWhomACommandNames(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = []bot.Command{{Name: "give", Description: map[string]string{"id": "Beri"}, Options: []bot.Option{
		{Name: "to", Description: map[string]string{"id": "Kepada"}, Kind: bot.OptionUser, Required: true},
	}}}
	got := make(chan bot.Interaction, 1)
	s.opts.Bot = handlerFunc(func(_ context.Context, i bot.Interaction) bot.Answer {
		got <- i
		return bot.Answer{Text: "Sudah."}
	})
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	if _, err := s.sari.Command(t.Context(), thread, "give", map[string]any{"to": s.sari.ID()}); err != nil {
		t.Fatal(err)
	}
	i := <-got
	if i.Options["to"] != s.sari.ID() || len(i.Members) != 1 || !slices.Equal(i.Members[s.sari.ID()], []string{s.srv.RoleID("agent")}) {
		t.Errorf("it names %q, of %v", i.Options["to"], i.Members)
	}
}
