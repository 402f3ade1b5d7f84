package discord

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bridge"
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
		"created forum follow-up", "created channel halo-intake", "created channel halo-ops", "created channel halo-qa", "created channel audit"}
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
	if fmt.Sprint(first.Layout) != fmt.Sprint(second.Layout) || len(first.Channels) != 7 || len(first.Roles) != 2 {
		t.Errorf("layouts %v and %v", first.Layout, second.Layout)
	}
	problems, layout, err := Inspect(t.Context(), InspectOptions{s.opts.Token, s.opts.Guild, s.opts.Network, plan})
	maps.DeleteFunc(layout.Roles, func(name, _ string) bool { return first.Roles[name] == "" }) // roles of no plan are noted too
	if err != nil || len(problems) != 0 || fmt.Sprint(layout) != fmt.Sprint(first.Layout) {
		t.Errorf("inspection: %v, %v, %v", problems, layout, err)
	}
	desk, _ := s.srv.Channel(first.Channels["halo-desk"])
	if !slices.Contains(desk.Tags, "Back End") || !slices.Contains(desk.Tags, "resolved") {
		t.Errorf("tags of the forum that was there: %q", desk.Tags)
	}
}

// A private channel is seen by the roles it is for and by the bot, which can do
// all its work there; setting it up again changes nothing.
func TestPrivateChannelsAreSeenByTheirRolesOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.srv.RemoveChannel(s.forum)
	plan := testPlan()
	plan.Forums[0].VisibleTo = []string{"CS Agent"}
	plan.Forums[1].VisibleTo = []string{"CS Agent", "Developer", "CS Agent"}
	plan.Channels[0].VisibleTo = []string{"CS Agent"}
	o := SetupOptions{Token: s.opts.Token, Guild: s.opts.Guild, Network: s.opts.Network, Plan: plan}
	first, err := Setup(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	// What is needed for the setup is taken away, and the server gives the bot
	// nothing that it does not have in its channels.
	s.srv.SetBotPermissions(discordtest.DeskPermissions &^ discordtest.PermissionManageChannels &^ discordtest.PermissionManageRoles)
	agent, developer, guest := s.srv.AddMember("dewi", "CS Agent"), s.srv.AddMember("bayu", "Developer"), s.srv.AddMember("tamu")
	for name, want := range map[string][3]bool{
		"halo-desk": {true, false, false}, "inquiry-reports": {true, true, false}, "halo-intake": {true, false, false}, "audit": {true, true, true},
	} {
		id := first.Channels[name]
		if got := [3]bool{agent.Sees(id), developer.Sees(id), guest.Sees(id)}; got != want {
			t.Errorf("#%s is seen by agent, developer, guest: %t, want %t", name, got, want)
		}
	}
	s.forum = first.Channels["halo-desk"]
	c := s.ready()
	post := s.thread("HE-1")
	said, err := c.Say(t.Context(), bridge.Message{Channel: post, Content: "halo"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Say(t.Context(), bridge.Message{Channel: first.Channels["halo-intake"], Content: "halo"}); err != nil {
		t.Error(err)
	}
	if _, err := developer.Post(post, "halo", discordtest.PostOptions{}); err == nil || !strings.Contains(err.Error(), "50001") {
		t.Errorf("a developer writes in a ticket: %v", err)
	}
	if err := developer.React(said, "✅"); err == nil {
		t.Error("a developer reacts in a ticket")
	}
	if _, err := agent.Post(post, "siap", discordtest.PostOptions{ReplyTo: said, Files: []discordtest.File{{Name: "a.txt", Data: []byte("a")}}}); err != nil {
		t.Error(err)
	}
	if err := agent.React(said, "✅"); err != nil {
		t.Error(err)
	}
	s.wantTexts(post, "siap")
	if err := c.Settle(t.Context(), post, "closed", true); err != nil {
		t.Error(err)
	}
	if second, err := Setup(t.Context(), o); err != nil || slices.ContainsFunc(second.Steps, func(st Step) bool { return st.Did != "found" }) {
		t.Errorf("the second setup did %v, %v", second.Steps, err)
	}
	problems, _, err := Inspect(t.Context(), InspectOptions{s.opts.Token, s.opts.Guild, s.opts.Network, plan})
	if err != nil || len(problems) != 0 {
		t.Errorf("inspection: %v, %v", problems, err)
	}
}

// Channels that were there keep their rights; inspection says who sees what is
// not for them, and lets be whom the desk does not know.
func TestInspectionNamesWhoSeesTooMuch(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{}) // its halo-desk is open to everybody
	view := discordtest.PermissionViewChannel
	developer, auditor := s.srv.AddRole("Developer", 0, true), s.srv.AddRole("Auditor", 0, true)
	hidden := discordtest.Overwrite{ID: s.opts.Guild, Deny: view}
	bot := discordtest.Overwrite{ID: s.srv.BotID(), Member: true, Allow: view}
	s.srv.AddChannel(discordtest.NewChannel{Kind: channelText, Name: "halo-intake",
		Overwrites: []discordtest.Overwrite{hidden, bot, {ID: developer, Allow: view}, {ID: auditor, Allow: view}}})
	plan := testPlan()
	plan.Roles = append(plan.Roles, RolePlan{Name: "Boss"})
	s.srv.AddRole("Boss", discordtest.PermissionAdministrator, true)
	plan.Forums[0].VisibleTo = []string{"CS Agent"}
	plan.Channels[0].VisibleTo = []string{"CS Agent"}
	result, err := Setup(t.Context(), SetupOptions{Token: s.opts.Token, Guild: s.opts.Guild, Network: s.opts.Network, Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	if !s.srv.AddMember("bayu", "Developer").Sees(result.Channels["halo-desk"]) {
		t.Error("the rights of a forum that was there were changed")
	}
	problems, _, err := Inspect(t.Context(), InspectOptions{s.opts.Token, s.opts.Guild, s.opts.Network, plan})
	if err != nil {
		t.Fatal(err)
	}
	var what []string
	for _, p := range problems {
		what = append(what, p.What)
	}
	want := []string{"everybody in the server can see #halo-desk", "the role CS Agent cannot see #halo-intake", "the role Developer can see #halo-intake"}
	if !slices.Equal(what, want) {
		t.Errorf("problems %q, want %q", what, want)
	}
	plan.Channels[3].Name, plan.Channels[3].VisibleTo = "audit-2", []string{"Nobody"}
	if _, err := Setup(t.Context(), SetupOptions{Token: s.opts.Token, Guild: s.opts.Guild, Network: s.opts.Network, Plan: plan}); err == nil || !strings.Contains(err.Error(), "Nobody") {
		t.Errorf("a channel for a role that is not planned: %v", err)
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
		"halo-desk lacks the tags waiting, developer, resolved", "forum inquiry-reports is missing", "forum follow-up is missing", "channel halo-qa is missing", "in #audit: Send Messages:"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing is said of %q in:\n%s", want, text)
		}
	}
	if len(problems) != 11 {
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
