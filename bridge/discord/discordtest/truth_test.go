package discordtest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// A bot that was away finds what it missed: GUILD_CREATE names the last message
// of each active thread, and REST has what came after.
func TestCatchUp(t *testing.T) {
	d := newDesk(t, discordtest.Options{Limits: discordtest.NoLimits()})
	var posts []discordtest.Channel
	for i := range 3 {
		posts = append(posts, must(d.sari.OpenPost(d.forum, fmt.Sprint("HE-", i), "isi", "easy"))(t))
	}
	known := must(d.sari.Post(posts[1].ID, "0", discordtest.PostOptions{}))(t)
	for i := range 5 {
		must(d.sari.Post(posts[1].ID, fmt.Sprint(i+1), discordtest.PostOptions{}))(t)
	}
	if err := d.sari.SetThread(posts[2].ID, discordtest.ThreadState{Archived: new(true)}); err != nil {
		t.Fatal(err)
	}

	b := openBot(t, d.Server)
	guild := event[discordgo.Guild](t, b, "GUILD_CREATE", 0)
	last := map[string]string{}
	for _, thread := range guild.Threads {
		last[thread.ID] = thread.LastMessageID
	}
	there := d.Messages(posts[1].ID)
	if len(last) != 2 || last[posts[0].ID] != posts[0].ID || last[posts[1].ID] != there[len(there)-1].ID {
		t.Fatalf("last messages %v", last)
	}

	page := func(limit int, before, after, around string) (out []string) {
		for _, m := range must(b.ChannelMessages(posts[1].ID, limit, before, after, around))(t) {
			out = append(out, m.Content)
		}
		return out
	}
	for name, c := range map[string]struct{ got, want []string }{
		"after":           {page(100, "", known.ID, ""), []string{"5", "4", "3", "2", "1"}},
		"after, limited":  {page(2, "", known.ID, ""), []string{"2", "1"}},
		"before":          {page(2, there[4].ID, "", ""), []string{"2", "1"}},
		"around":          {page(3, "", "", there[3].ID), []string{"3", "2", "1"}},
		"newest":          {page(1, "", "", ""), []string{"5"}},
		"after the start": {page(100, "", posts[1].ID, ""), []string{"5", "4", "3", "2", "1", "0"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}

	url := discordgo.EndpointChannel(d.forum) + "/threads/search?name=he-1"
	body := must(b.RequestWithBucketID("GET", url, nil, url))(t)
	var found struct {
		Threads []struct{ ID string }
	}
	if err := json.Unmarshal(body, &found); err != nil || len(found.Threads) != 1 || found.Threads[0].ID != posts[1].ID {
		t.Fatalf("search: %s", body)
	}
}

// Who may not manage threads cannot set a moderated tag.
func TestModeratedTag(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	if _, err := d.sari.OpenPost(d.forum, "x", "x", "new"); err == nil {
		t.Fatal("an agent set a moderated tag")
	}
	post := must(d.sari.OpenPost(d.forum, "x", "x", "easy"))(t)
	if err := d.sari.SetThread(post.ID, discordtest.ThreadState{Tags: new([]string{"closed"})}); err == nil {
		t.Fatal("an agent closed a post by its moderated tag")
	}
	if err := d.sari.SetThread(post.ID, discordtest.ThreadState{Locked: new(true)}); err == nil {
		t.Fatal("an agent locked a post")
	}
}

// The same seed and clock give the same ids.
func TestIdsAreRepeatable(t *testing.T) {
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	ids := func() []string {
		d := newDesk(t, discordtest.Options{Seed: 7, Now: func() time.Time { return at }})
		m := must(d.sari.Post(d.general, "x", discordtest.PostOptions{}))(t)
		return []string{d.GuildID(), d.forum, d.sari.ID(), m.ID}
	}
	first, second := ids(), ids()
	if !slices.Equal(first, second) || !discordtest.SnowflakeTime(first[3]).Equal(at) {
		t.Fatalf("%v and %v", first, second)
	}
}

// A live page hears what changed, until it stops listening.
func TestSubscribe(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	changes, stop := d.Subscribe()
	m := must(d.sari.Post(d.general, "x", discordtest.PostOptions{}))(t)
	if c := <-changes; c != (discordtest.Change{Kind: "message", Channel: d.general, Message: m.ID}) {
		t.Fatalf("change %+v", c)
	}
	stop()
	stop()
	if _, open := <-changes; open {
		t.Fatal("still subscribed")
	}
}

func TestAutocomplete(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := openBot(t, d.Server)
	must(b.ApplicationCommandBulkOverwrite(d.ApplicationID(), d.GuildID(), []*discordgo.ApplicationCommand{{Name: "find", Description: "find",
		Options: []*discordgo.ApplicationCommandOption{{Type: discordgo.ApplicationCommandOptionString, Name: "ticket", Description: "which", Required: true, Autocomplete: true}}}}))(t)
	b.whenUsed(func(i *discordgo.Interaction) {
		typed := i.ApplicationCommandData().Options[0]
		respond(t, b, i, discordgo.InteractionApplicationCommandAutocompleteResult, &discordgo.InteractionResponseData{
			Choices: []*discordgo.ApplicationCommandOptionChoice{{Name: fmt.Sprint(typed.StringValue(), " ", typed.Focused), Value: "1"}}})
	})
	choices := must(d.sari.Autocomplete(t.Context(), d.general, "find", map[string]any{"ticket": "HE"}, "ticket"))(t)
	if len(choices) != 1 || choices[0].Label != "HE true" {
		t.Fatalf("choices %+v", choices)
	}
}

func TestMissingSpecificationNamedIsAnError(t *testing.T) {
	if s, err := discordtest.New(discordtest.Options{Spec: "nowhere.json"}); err == nil {
		s.Close()
		t.Fatal("started without the description it was told to use")
	}
}

func BenchmarkMessageCreate(b *testing.B) {
	for _, checked := range []bool{true, false} {
		b.Run(fmt.Sprint("checked=", checked), func(b *testing.B) {
			s, err := discordtest.New(discordtest.Options{Limits: discordtest.NoLimits(), NoSpec: !checked})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			channel := s.AddChannel(discordtest.NewChannel{Name: "c"})
			ses := newSession(s, nil)
			for b.Loop() {
				if _, err := ses.ChannelMessageSend(channel, "x"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
