package discordtest_test

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// A bot logs in, hears a person, answers, and both see the same.
func TestMessageInAndOut(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := openBot(t, d.Server)
	guild := event[discordgo.Guild](t, b, "GUILD_CREATE", 0)
	if len(guild.Channels) != 3 || len(guild.Roles) != 3 {
		t.Fatalf("guild has %d channels and %d roles", len(guild.Channels), len(guild.Roles))
	}

	asked := must(d.sari.Post(d.general, "halo?", discordtest.PostOptions{}))(t)
	heard := event[discordgo.MessageCreate](t, b, "MESSAGE_CREATE", 0)
	if heard.Content != "halo?" || heard.Author.Username != "sari" || len(heard.Member.Roles) != 1 {
		t.Fatalf("heard %q by %v", heard.Content, heard.Author)
	}

	answer := must(b.ChannelMessageSendReply(d.general, "ya, **halo**", heard.Reference()))(t)
	wantContents(t, d.Server, d.general, "halo?", "ya, **halo**")
	seen := d.Messages(d.general)[1]
	if seen.ReplyTo != asked.ID || !slices.Equal(seen.Pings.Users, []string{d.sari.ID()}) || !seen.Author.Bot {
		t.Fatalf("answer seen as %+v", seen)
	}

	must(b.ChannelMessageEdit(d.general, answer.ID, "ya"))(t)
	if m := d.Messages(d.general)[1]; m.Content != "ya" || !slices.Equal(m.Before, []string{"ya, **halo**"}) || m.Edited.IsZero() {
		t.Fatalf("edit seen as %+v", m)
	}
	if err := b.ChannelMessageDelete(d.general, answer.ID); err != nil {
		t.Fatal(err)
	}
	wantContents(t, d.Server, d.general, "halo?")
	if h := d.History(d.general); len(h) != 2 || !h[1].Deleted {
		t.Fatalf("history %+v", h)
	}

	if err := d.sari.Edit(asked.ID, "halo!"); err != nil {
		t.Fatal(err)
	}
	if m := event[discordgo.Message](t, b, "MESSAGE_UPDATE", 1); m.Content != "halo!" || m.EditedTimestamp == nil {
		t.Fatalf("edit event %+v", m)
	}
	if err := d.sari.Delete(asked.ID); err != nil {
		t.Fatal(err)
	}
	if m := event[discordgo.Message](t, b, "MESSAGE_DELETE", 1); m.ID != asked.ID {
		t.Fatalf("delete event %+v", m)
	}
}

// A forum post has tags, a starter of its own id, and lives through archive and
// lock.
func TestForumPost(t *testing.T) {
	d := newDesk(t, discordtest.Options{Limits: discordtest.NoLimits()})
	b := openBot(t, d.Server)
	forum := must(b.Channel(d.forum))(t)
	if len(forum.AvailableTags) != 3 {
		t.Fatalf("tags %+v", forum.AvailableTags)
	}
	thread := must(b.ForumThreadStartComplex(d.forum, &discordgo.ThreadStart{Name: "HE-1 Budi", AppliedTags: []string{forum.AvailableTags[0].ID}},
		&discordgo.MessageSend{Embeds: []*discordgo.MessageEmbed{{Title: "Budi", Fields: []*discordgo.MessageEmbedField{{Name: "nomor", Value: "62..."}}}},
			Components: []discordgo.MessageComponent{discordgo.ActionsRow{Components: []discordgo.MessageComponent{
				discordgo.Button{Label: "Terima", CustomID: "take:1", Style: discordgo.SuccessButton}}}}}))(t)
	starter := d.Messages(thread.ID)
	if len(starter) != 1 || starter[0].ID != thread.ID || starter[0].Embeds[0].Fields[0].Name != "nomor" {
		t.Fatalf("starter %+v", starter)
	}
	if button, there := starter[0].Button("Terima"); !there || button.CustomID != "take:1" {
		t.Fatalf("components %+v", starter[0].Components)
	}
	if born := event[struct {
		ID    string `json:"id"`
		Newly bool   `json:"newly_created"`
	}](t, b, "THREAD_CREATE", 0); born.ID != thread.ID || !born.Newly {
		t.Fatalf("THREAD_CREATE %+v", born)
	}

	patch := func(edit discordgo.ChannelEdit) error { _, err := b.ChannelEditComplex(thread.ID, &edit); return err }
	tags := []string{forum.AvailableTags[1].ID}
	if err := patch(discordgo.ChannelEdit{Archived: new(true), AppliedTags: &tags}); err != nil {
		t.Fatal(err)
	}
	if post, _ := d.Channel(thread.ID); !post.Archived || post.Locked || !slices.Equal(post.Tags, []string{"closed"}) {
		t.Fatalf("post %+v", post)
	}
	if err := patch(discordgo.ChannelEdit{Name: "other"}); code(err) != 50083 {
		t.Fatalf("renaming an archived post: %v", err)
	}
	archived := must(b.ThreadsArchived(d.forum, nil, 0))(t)
	if len(archived.Threads) != 1 {
		t.Fatalf("archived %+v", archived)
	}

	must(d.sari.Post(thread.ID, "lagi", discordtest.PostOptions{}))(t)
	if post, _ := d.Channel(thread.ID); post.Archived {
		t.Fatal("writing did not wake the post")
	}
	if err := patch(discordgo.ChannelEdit{Archived: new(true), Locked: new(true)}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.sari.Post(thread.ID, "halo", discordtest.PostOptions{}); err == nil {
		t.Fatal("an agent wrote in a locked post")
	}
	if _, err := b.ChannelMessageSend(thread.ID, "halo"); code(err) != 50083 {
		t.Fatalf("bot in a locked and archived post: %v", err)
	}
	active := must(b.GuildThreadsActive(d.GuildID()))(t)
	if len(active.Threads) != 0 {
		t.Fatalf("active %+v", active.Threads)
	}
}

func TestTooManyOrUnknownTagsAreRefused(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := newBot(t, d.Server, nil)
	start := func(tags ...string) error {
		_, err := b.ForumThreadStartComplex(d.forum, &discordgo.ThreadStart{Name: "x", AppliedTags: tags}, &discordgo.MessageSend{Content: "x"})
		return err
	}
	if err := start("123"); code(err) != 10087 {
		t.Fatalf("unknown tag: %v", err)
	}
	d.ExpectProblem("")
	if err := start("1", "2", "3", "4", "5", "6"); code(err) != 50035 {
		t.Fatalf("six tags: %v", err)
	}
}

func TestReactions(t *testing.T) {
	d := newDesk(t, discordtest.Options{Limits: discordtest.NoLimits()})
	b := openBot(t, d.Server)
	m := must(d.sari.Post(d.general, "ok", discordtest.PostOptions{}))(t)
	if err := b.MessageReactionAdd(d.general, m.ID, "✅"); err != nil {
		t.Fatal(err)
	}
	if err := d.sari.React(m.ID, "👍"); err != nil {
		t.Fatal(err)
	}
	r := event[discordgo.MessageReactionAdd](t, b, "MESSAGE_REACTION_ADD", 1)
	if r.Emoji.Name != "👍" || r.UserID != d.sari.ID() {
		t.Fatalf("reaction event %+v", r.MessageReaction)
	}
	seen, _ := d.Message(m.ID)
	if !seen.Reacted("✅", d.BotID()) || !seen.Reacted("👍", "sari") {
		t.Fatalf("reactions %+v", seen.Reactions)
	}
	users := must(b.MessageReactions(d.general, m.ID, "👍", 10, "", ""))(t)
	if len(users) != 1 || users[0].Username != "sari" {
		t.Fatalf("who reacted: %+v", users)
	}
	if err := b.MessageReactionRemove(d.general, m.ID, "✅", "@me"); err != nil {
		t.Fatal(err)
	}
	if err := b.MessageReactionRemove(d.general, m.ID, "👍", d.sari.ID()); code(err) != 50013 {
		t.Fatalf("removing another's reaction without MANAGE_MESSAGES: %v", err)
	}
	if err := d.sari.Unreact(m.ID, "👍"); err != nil {
		t.Fatal(err)
	}
	if seen, _ = d.Message(m.ID); len(seen.Reactions) != 0 {
		t.Fatalf("left: %+v", seen.Reactions)
	}
	d.ExpectProblem("reaction done")
	if err := b.MessageReactionAdd(d.general, m.ID, "done"); code(err) != 10014 {
		t.Fatalf("a word as reaction: %v", err)
	}
}

// Files go up in multipart and come down by links that expire.
func TestFiles(t *testing.T) {
	var ahead atomic.Int64
	d := newDesk(t, discordtest.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	b := newBot(t, d.Server, nil)
	picture := bytes.Repeat([]byte("x"), 1000)
	m := must(b.ChannelMessageSendComplex(d.general, &discordgo.MessageSend{Content: "bukti",
		Files: []*discordgo.File{{Name: "a b.bin", Reader: bytes.NewReader(picture)}}}))(t)
	if len(m.Attachments) != 1 || m.Attachments[0].Size != 1000 || m.Attachments[0].Filename != "a_b.bin" {
		t.Fatalf("attachments %+v", m.Attachments)
	}
	get := func(url string) (int, []byte) {
		resp := must(b.Client.Get(url))(t)
		defer resp.Body.Close()
		return resp.StatusCode, must(io.ReadAll(resp.Body))(t)
	}
	url := m.Attachments[0].URL
	if status, data := get(url); status != http.StatusOK || !bytes.Equal(data, picture) {
		t.Fatalf("download: %d, %d bytes", status, len(data))
	}
	if status, _ := get(strings.Replace(url, "hm=", "hm=0", 1)); status != http.StatusNotFound {
		t.Fatalf("forged link: %d", status)
	}
	ahead.Store(int64(25 * time.Hour))
	if status, _ := get(url); status != http.StatusNotFound {
		t.Fatalf("expired link: %d", status)
	}
	again := must(b.ChannelMessage(d.general, m.ID))(t)
	if status, _ := get(again.Attachments[0].URL); status != http.StatusOK {
		t.Fatalf("fresh link: %d", status)
	}

	limits := d.Limits()
	limits.AttachmentBytes = 999
	d.SetLimits(limits)
	_, err := b.ChannelFileSend(d.general, "big", bytes.NewReader(picture))
	if code(err) != 40005 {
		t.Fatalf("too large: %v", err)
	}
}
