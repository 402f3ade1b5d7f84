package desk

import (
	"slices"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bridge/discord"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// Developers see the reports and not the tickets; nobody sees more than the work
// takes; the bot works everywhere.
func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	server := discordtest.Start(t, discordtest.Options{Limits: discordtest.NoLimits()})
	cfg := Default()
	cfg.DiscordToken, cfg.DiscordGuild, cfg.DiscordEndpoint = NewSecret(server.Token()), server.GuildID(), server.URL()
	if err := Setup(t.Context(), cfg, func(string) {}); err != nil {
		t.Fatal(err)
	}
	places := []string{"halo-desk", "inquiry-reports", "halo-intake", "halo-ops", "follow-up", "halo-qa", "audit"}
	for role, want := range map[string]string{
		"CS Agent":             "halo-desk inquiry-reports halo-intake halo-ops",
		"Assistant Manager":    "halo-desk inquiry-reports halo-intake halo-ops follow-up halo-qa",
		"Manager":              "halo-desk inquiry-reports halo-intake halo-ops follow-up halo-qa audit",
		"Sales":                "halo-desk inquiry-reports follow-up",
		"After Sales":          "halo-desk inquiry-reports",
		"QA":                   "halo-desk inquiry-reports halo-qa",
		"Developer POS":        "inquiry-reports",
		"Developer Lead":       "inquiry-reports",
		"Head of Marketing":    "audit",
		"a role of no bearing": "",
	} {
		person := server.AddMember(role, role)
		seen := slices.DeleteFunc(slices.Clone(places), func(place string) bool { return !person.Sees(server.ChannelID(place)) })
		if got := strings.Join(seen, " "); got != want {
			t.Errorf("%s sees %s, want %s", role, got, want)
		}
	}
	if problems, err := checkDiscord(t.Context(), cfg); err != nil || len(problems) > 0 {
		t.Errorf("check: %q, %v", problems, err)
	}
	err := Setup(t.Context(), cfg, func(line string) {
		if !strings.HasPrefix(line, "found") {
			t.Errorf("the second setup: %s", line)
		}
	})
	if err != nil {
		t.Error(err)
	}
}

// A bot that was invited as the README says may call whom reminders and alerts call. Of a
// role that was there before, the check says what it lacks.
func TestTheBotMayCallRoles(t *testing.T) {
	t.Parallel()
	server := discordtest.Start(t, discordtest.Options{Limits: discordtest.NoLimits(), BotPermissions: discordtest.DeskPermissions &^ discordtest.PermissionMentionEveryone})
	server.AddRole("Sales", 0, false)
	cfg := Default()
	cfg.DiscordToken, cfg.DiscordGuild, cfg.DiscordEndpoint = NewSecret(server.Token()), server.GuildID(), server.URL()
	if err := Setup(t.Context(), cfg, func(string) {}); err != nil {
		t.Fatal(err)
	}
	problems, err := checkDiscord(t.Context(), cfg)
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0], "cannot call the role Sales") {
		t.Errorf("check: %q, %v", problems, err)
	}
}

// A server whose forum was open before goes on working; the check says so.
func TestAnOpenForumIsReportedAndDoesNotStopTheDesk(t *testing.T) {
	t.Parallel()
	server := discordtest.Start(t, discordtest.Options{Limits: discordtest.NoLimits()})
	server.AddChannel(discordtest.NewChannel{Kind: discordtest.KindForum, Name: "halo-desk"})
	cfg := Default()
	cfg.DiscordToken, cfg.DiscordGuild, cfg.DiscordEndpoint = NewSecret(server.Token()), server.GuildID(), server.URL()
	if err := Setup(t.Context(), cfg, func(string) {}); err != nil {
		t.Fatal(err)
	}
	problems, err := checkDiscord(t.Context(), cfg)
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0], "everybody in the server can see #halo-desk") {
		t.Errorf("check: %q, %v", problems, err)
	}
	network, err := cfg.discordNetwork()
	if err != nil {
		t.Fatal(err)
	}
	blocking, _, err := discord.Inspect(t.Context(), discord.InspectOptions{
		Token: server.Token(), Guild: server.GuildID(), Network: network, Plan: cfg.required(),
	})
	if err != nil || len(blocking) > 0 {
		t.Errorf("the desk cannot run: %v, %v", blocking, err)
	}
}

// A server that was set up before there were reports works on: what it lacks is found by
// the check, and the set-up brings all but what a person has to allow.
func TestAServerOfBeforeTheReports(t *testing.T) {
	t.Parallel()
	server := discordtest.Start(t, discordtest.Options{Limits: discordtest.NoLimits()})
	cfg := Default()
	cfg.DiscordToken, cfg.DiscordGuild, cfg.DiscordEndpoint = NewSecret(server.Token()), server.GuildID(), server.URL()
	older := cfg.plan()
	older.Forums[1].Tags = slices.DeleteFunc(older.Forums[1].Tags, func(tag string) bool { return tag == "forwarded" || tag == "BI" })
	older.Forums[1].VisibleTo = slices.DeleteFunc(older.Forums[1].VisibleTo, func(role string) bool { return role == "Engineering" })
	older.Roles = slices.DeleteFunc(older.Roles, func(r discord.RolePlan) bool { return r.Name == "Engineering" })
	network, err := cfg.discordNetwork()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := discord.Setup(t.Context(), discord.SetupOptions{Token: server.Token(), Guild: server.GuildID(), Network: network, Plan: older}); err != nil {
		t.Fatal(err)
	}
	blocking, _, err := discord.Inspect(t.Context(), discord.InspectOptions{Token: server.Token(), Guild: server.GuildID(), Network: network, Plan: cfg.required()})
	if err != nil || len(blocking) > 0 {
		t.Errorf("the desk cannot run: %v, %v", blocking, err)
	}
	check := func(want ...string) {
		t.Helper()
		problems, err := checkDiscord(t.Context(), cfg)
		if err != nil || len(problems) != len(want) {
			t.Fatalf("check: %q, %v", problems, err)
		}
		for i, part := range want {
			if !strings.Contains(problems[i], part) {
				t.Errorf("check: %q, want %q", problems[i], part)
			}
		}
	}
	check("the role Engineering is missing", "inquiry-reports lacks the tags BI, forwarded")
	if err := Setup(t.Context(), cfg, func(string) {}); err != nil {
		t.Fatal(err)
	}
	check("the role Engineering cannot see #inquiry-reports")
}

// A server whose follow-up is a text channel, as it was once, works on; what is meant for
// the forum waits. The check says what to do, and then nothing is wrong.
func TestAServerWhoseFollowUpIsATextChannel(t *testing.T) {
	t.Parallel()
	server := discordtest.Start(t, discordtest.Options{Limits: discordtest.NoLimits()})
	cfg := Default()
	cfg.DiscordToken, cfg.DiscordGuild, cfg.DiscordEndpoint = NewSecret(server.Token()), server.GuildID(), server.URL()
	older := cfg.plan()
	older.Forums, older.Channels = older.Forums[:2], slices.Clone(older.Channels)
	older.Channels[2] = discord.ChannelPlan{Name: "follow-up", VisibleTo: []string{"Sales", "Manager"}}
	network, err := cfg.discordNetwork()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := discord.Setup(t.Context(), discord.SetupOptions{Token: server.Token(), Guild: server.GuildID(), Network: network, Plan: older}); err != nil {
		t.Fatal(err)
	}
	find := func() layout {
		t.Helper()
		blocking, found, err := discord.Inspect(t.Context(), discord.InspectOptions{Token: server.Token(), Guild: server.GuildID(), Network: network, Plan: cfg.required()})
		if err != nil || len(blocking) > 0 {
			t.Errorf("the desk cannot run: %v, %v", blocking, err)
		}
		return cfg.place(found)
	}
	if l := find(); l.channels["forum"] == "" || l.channels["followups"] != "" || l.channels["qa"] != "" {
		t.Errorf("before the set-up: %v", l.channels)
	}
	problems, err := checkDiscord(t.Context(), cfg)
	if err != nil || len(problems) != 2 || !strings.Contains(problems[0], "forum follow-up is missing: a channel of another kind has its name: rename that one") ||
		!strings.Contains(problems[1], "channel halo-qa is missing") {
		t.Errorf("check: %q, %v", problems, err)
	}
	if err := Setup(t.Context(), cfg, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if l := find(); l.channels["followups"] == "" || l.channels["qa"] == "" {
		t.Errorf("after the set-up: %v", l.channels)
	}
	if problems, err := checkDiscord(t.Context(), cfg); err != nil || len(problems) > 0 {
		t.Errorf("check after the set-up: %q, %v", problems, err)
	}
}
