package discord

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

var teams = []string{"Back End", "POS", "Smart Repair", "BI", "Teams", "Sinkronisasi"}

func testPlan() Plan {
	p := StandardPlan(teams)
	p.Roles = []RolePlan{{"CS Agent", true}, {"Developer", true}}
	return p
}

// Setup creates what is missing and tells it in order; the second time it finds
// everything and changes nothing; inspection then has nothing to say.
func TestSetupTwiceThenInspect(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{}) // has a forum halo-desk with other tags
	plan := testPlan()
	var told []string
	o := SetupOptions{Token: s.opts.Token, Guild: s.opts.Guild, Network: s.opts.Network, Plan: plan,
		Did: func(st Step) { told = append(told, fmt.Sprintf("%s %s %s", st.Did, st.Kind, st.Name)) }}
	first, err := Setup(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"created role CS Agent", "created role Developer", "created category Halo", "updated forum halo-desk", "created forum inquiry-reports",
		"created channel halo-intake", "created channel halo-ops", "created channel follow-up", "created channel audit"}
	if !slices.Equal(told, want) {
		t.Errorf("told %q", told)
	}
	changes := func() (n int) {
		for route, count := range s.srv.Stats().Requests {
			if !strings.HasPrefix(route, "GET ") {
				n += count
			}
		}
		return n
	}
	before := changes()
	told = nil
	second, err := Setup(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if changes() != before || slices.ContainsFunc(told, func(line string) bool { return !strings.HasPrefix(line, "found ") }) {
		t.Errorf("the second setup did %q", told)
	}
	if fmt.Sprint(first.Layout) != fmt.Sprint(second.Layout) || len(first.Channels) != 6 || len(first.Roles) != 2 {
		t.Errorf("layouts %v and %v", first.Layout, second.Layout)
	}
	problems, layout, err := Inspect(t.Context(), InspectOptions{s.opts.Token, s.opts.Guild, s.opts.Network, plan})
	if err != nil || len(problems) != 0 || fmt.Sprint(layout) != fmt.Sprint(first.Layout) {
		t.Errorf("inspection: %v, %v, %v", problems, layout, err)
	}
	desk, _ := s.srv.Channel(first.Channels["halo-desk"])
	if !slices.Contains(desk.Tags, "Back End") || !slices.Contains(desk.Tags, "resolved") {
		t.Errorf("tags of the forum that was there: %q", desk.Tags)
	}
}

func TestInspectionNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{DeniedIntents: discordtest.IntentMessageContent,
		BotPermissions: discordtest.DeskPermissions &^ discordtest.PermissionManageThreads &^ discordtest.PermissionMentionEveryone})
	s.srv.AddRole("Developer", 0, false)
	s.srv.AddChannel(discordtest.NewChannel{Kind: channelText, Name: "audit",
		Overwrites: []discordtest.Overwrite{{ID: s.opts.Guild, Deny: discordtest.PermissionSendMessages}}})
	problems, _, err := Inspect(t.Context(), InspectOptions{s.opts.Token, s.opts.Guild, s.opts.Network, testPlan()})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, p := range problems {
		all = append(all, p.String())
		if p.Mend == "" {
			t.Errorf("%q has no remedy", p.What)
		}
	}
	text := strings.Join(all, "\n")
	for _, want := range []string{"Message Content intent is off", "in the server: Manage Threads:", "role CS Agent is missing", "cannot call the role Developer",
		"halo-desk lacks the tags waiting, developer, resolved", "forum inquiry-reports is missing", "channel follow-up is missing", "in #audit: Send Messages:"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing is said of %q in:\n%s", want, text)
		}
	}
	if len(problems) != 10 {
		t.Errorf("%d problems:\n%s", len(problems), text)
	}
}

func TestSetupAndInspectionSayHowToMend(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{BotPermissions: discordtest.PermissionViewChannel})
	for _, wrong := range []struct {
		token, guild, inspect string
		setup                 error
	}{
		{"not.the.token", s.opts.Guild, "token is not accepted", ErrToken},
		{s.opts.Token, "1", "not in the Discord server", ErrGuild},
	} {
		problems, _, err := Inspect(t.Context(), InspectOptions{wrong.token, wrong.guild, s.opts.Network, testPlan()})
		if err != nil || len(problems) != 1 || !strings.Contains(problems[0].What, wrong.inspect) {
			t.Errorf("inspection: %v, %v, want %q", problems, err, wrong.inspect)
		}
		_, err = Setup(t.Context(), SetupOptions{Token: wrong.token, Guild: wrong.guild, Network: s.opts.Network, Plan: testPlan()})
		if !errors.Is(err, wrong.setup) {
			t.Errorf("setup: %v, want %v", err, wrong.setup)
		}
	}
	_, err := Setup(t.Context(), SetupOptions{Token: s.opts.Token, Guild: s.opts.Guild, Network: s.opts.Network, Plan: testPlan()})
	if err == nil || !strings.Contains(err.Error(), "Manage Channels") {
		t.Errorf("setup without permissions: %v", err)
	}
}
