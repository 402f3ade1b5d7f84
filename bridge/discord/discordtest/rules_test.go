package discordtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// nonceMessage is what discordgo's MessageSend lacks.
type nonceMessage struct {
	*discordgo.MessageSend
	Nonce        string `json:"nonce"`
	EnforceNonce bool   `json:"enforce_nonce"`
}

func (b *bot) sendNonce(channel, content, nonce string) (*discordgo.Message, error) {
	url := discordgo.EndpointChannelMessages(channel)
	body, err := b.RequestWithBucketID("POST", url, nonceMessage{&discordgo.MessageSend{Content: content}, nonce, true}, url)
	if err != nil {
		return nil, err
	}
	var m discordgo.Message
	return &m, json.Unmarshal(body, &m)
}

// post sends raw JSON as the bot, to say what discordgo would not.
func (b *bot) post(url string, body any) error {
	_, err := b.RequestWithBucketID("POST", url, body, url)
	return err
}

// A retry after a lost answer returns the first message; after the window it
// makes a second one; of a deleted one it is an error.
func TestNonce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := discordtest.NewPipe()
		d := newDesk(t, discordtest.Options{Listener: pipe})
		b := newBot(t, d.Server, pipe.DialContext)
		d.LoseAnswers(1)
		if _, err := b.sendNonce(d.general, "satu", "n1"); err == nil {
			t.Fatal("the answer was not lost")
		}
		again := must(b.sendNonce(d.general, "satu", "n1"))(t)
		if again.ID != d.Messages(d.general)[0].ID || d.Creates("n1") != 1 {
			t.Fatalf("creates: %d", d.Creates("n1"))
		}
		wantContents(t, d.Server, d.general, "satu")
		if err := b.ChannelMessageDelete(d.general, again.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := b.sendNonce(d.general, "satu", "n1"); code(err) != 10008 {
			t.Fatalf("retry of a deleted message: %v", err)
		}
		time.Sleep(61 * time.Second)
		must(b.sendNonce(d.general, "satu", "n1"))(t)
		if d.Creates("n1") != 2 {
			t.Fatalf("creates after the window: %d", d.Creates("n1"))
		}
		d.Close()
	})
}

// Each malformed message is refused with Discord's code and reported.
func TestMalformedMessages(t *testing.T) {
	d := newDesk(t, discordtest.Options{Limits: discordtest.NoLimits()})
	b := newBot(t, d.Server, nil)
	button := func(id string) map[string]any {
		return map[string]any{"type": 2, "style": 1, "label": "x", "custom_id": id}
	}
	rows := func(n, width int) []any {
		var out []any
		for i := range n {
			var inner []any
			for j := range width {
				inner = append(inner, button(fmt.Sprintf("%d.%d", i, j)))
			}
			out = append(out, map[string]any{"type": 1, "components": inner})
		}
		return out
	}
	embed := map[string]any{"description": strings.Repeat("x", 3500)}
	url := discordgo.EndpointChannelMessages(d.general)
	for name, c := range map[string]struct {
		body map[string]any
		code int
	}{
		"2001 characters":   {map[string]any{"content": strings.Repeat("é", 2001)}, 50035},
		"empty":             {map[string]any{"content": "  \n"}, 50006},
		"6 rows":            {map[string]any{"content": "x", "components": rows(6, 1)}, 50035},
		"6 buttons":         {map[string]any{"content": "x", "components": rows(1, 6)}, 50035},
		"long custom_id":    {map[string]any{"content": "x", "components": []any{map[string]any{"type": 1, "components": []any{button(strings.Repeat("x", 101))}}}}, 50035},
		"same custom_id":    {map[string]any{"content": "x", "components": []any{map[string]any{"type": 1, "components": []any{button("a"), button("a")}}}}, 50035},
		"7000 in embeds":    {map[string]any{"embeds": []any{embed, embed}}, 50035},
		"11 embeds":         {map[string]any{"embeds": slices.Repeat([]any{map[string]any{"title": "x"}}, 11)}, 50035},
		"long nonce":        {map[string]any{"content": "x", "nonce": strings.Repeat("n", 26)}, 50035},
		"both mention ways": {map[string]any{"content": "x", "allowed_mentions": map[string]any{"parse": []string{"users"}, "users": []string{"1"}}}, 50035},
	} {
		before := len(d.Messages(d.general))
		d.ExpectProblem("messages: ")
		if err := b.post(url, c.body); code(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
		if len(d.Messages(d.general)) != before {
			t.Errorf("%s: was posted", name)
		}
	}
	if err := b.post(url, map[string]any{"content": strings.Repeat("é", 2000), "components": rows(5, 5)}); err != nil {
		t.Errorf("as much as is permitted: %v", err)
	}
	if p := d.Problems(); len(p) != 0 {
		t.Errorf("problems %q", p)
	}
}

// What nobody taught this Discord, and who is not the bot, is refused.
func TestUnexpectedRequestsAreReported(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := newBot(t, d.Server, nil)
	d.ExpectProblem("unexpected request GET /channels/1/pins")
	if _, err := b.ChannelMessagesPinned("1", nil, 0); err == nil {
		t.Fatal("pins were answered")
	}
	b.Token = "Bot wrong"
	b.Identify.Token = b.Token
	if _, err := b.User("@me"); err == nil || !strings.Contains(err.Error(), "401") {
		t.Fatalf("wrong token: %v", err)
	}
	d.ExpectProblem("Authorization")
	b.Token = d.Token()
	if _, err := b.User("@me"); err == nil {
		t.Fatal("a token without Bot was taken")
	}
	if d.Stats().Invalid != 2 {
		t.Fatalf("stats %+v", d.Stats())
	}
	if p := d.Problems(); len(p) != 0 {
		t.Fatalf("problems %q", p)
	}
}

// A mention pings only as far as allowed_mentions, roles and permissions let it.
func TestPings(t *testing.T) {
	d := newDesk(t, discordtest.Options{Limits: discordtest.NoLimits()})
	b := newBot(t, d.Server, nil)
	role := d.RoleID("agent")
	text := d.sari.Mention() + " <@&" + role + "> @everyone"
	send := func(content string, allowed *discordgo.MessageAllowedMentions) discordtest.Pings {
		m := must(b.ChannelMessageSendComplex(d.general, &discordgo.MessageSend{Content: content, AllowedMentions: allowed}))(t)
		seen, _ := d.Message(m.ID)
		return seen.Pings
	}
	if p := send(text, &discordgo.MessageAllowedMentions{}); !p.None() {
		t.Errorf("nothing allowed, pinged %+v", p)
	}
	if p := send(text, nil); len(p.Users) != 1 || len(p.Roles) != 1 || !p.Everyone {
		t.Errorf("everything allowed, pinged %+v", p)
	}
	if p := send(text, &discordgo.MessageAllowedMentions{Roles: []string{role}}); len(p.Users) != 0 || len(p.Roles) != 1 || p.Everyone {
		t.Errorf("one role allowed, pinged %+v", p)
	}
	if p := send("`"+text+"`", nil); !p.None() {
		t.Errorf("in code, pinged %+v", p)
	}
	d.SetBotPermissions(discordtest.DeskPermissions &^ discordtest.PermissionMentionEveryone)
	if p := send(text, nil); len(p.Users) != 1 || len(p.Roles) != 0 || p.Everyone {
		t.Errorf("without the permission, pinged %+v", p)
	}
}

// Without a permission the answer is 50013, without seeing the channel 50001.
func TestPermissions(t *testing.T) {
	d := newDesk(t, discordtest.Options{Limits: discordtest.NoLimits()})
	everyone := d.RoleID("@everyone")
	b := newBot(t, d.Server, nil)
	m := must(b.ChannelMessageSend(d.general, "x"))(t)
	post := must(d.sari.OpenPost(d.forum, "p", "isi"))(t)
	// Only the bot's own role counts here.
	must(b.GuildRoleEdit(d.GuildID(), everyone, &discordgo.RoleParams{Permissions: new(int64(0))}))(t)
	for name, c := range map[string]struct {
		lacks discordtest.Permission
		code  int
		act   func() error
	}{
		"view":            {discordtest.PermissionViewChannel, 50001, func() error { _, err := b.Channel(d.general); return err }},
		"send":            {discordtest.PermissionSendMessages, 50013, func() error { _, err := b.ChannelMessageSend(d.general, "x"); return err }},
		"send in threads": {discordtest.PermissionSendMessagesInThread, 50013, func() error { _, err := b.ChannelMessageSend(post.ID, "x"); return err }},
		"attach":          {discordtest.PermissionAttachFiles, 50013, func() error { _, err := b.ChannelFileSend(d.general, "f", strings.NewReader("x")); return err }},
		"embed": {discordtest.PermissionEmbedLinks, 50013, func() error {
			_, err := b.ChannelMessageSendEmbed(d.general, &discordgo.MessageEmbed{Title: "x"})
			return err
		}},
		"history": {discordtest.PermissionReadMessageHistory, 50013, func() error { _, err := b.ChannelMessage(d.general, m.ID); return err }},
		"react":   {discordtest.PermissionAddReactions, 50013, func() error { return b.MessageReactionAdd(d.general, m.ID, "✅") }},
		"manage threads": {discordtest.PermissionManageThreads, 50013, func() error {
			_, err := b.ChannelEditComplex(post.ID, &discordgo.ChannelEdit{Locked: new(true)})
			return err
		}},
		"create threads": {discordtest.PermissionCreatePublicThreads, 50013, func() error {
			_, err := b.ThreadStart(d.general, "t", discordgo.ChannelTypeGuildPublicThread, 60)
			return err
		}},
		"manage channels": {discordtest.PermissionManageChannels, 50013, func() error { _, err := b.GuildChannelCreate(d.GuildID(), "c", 0); return err }},
		"manage roles":    {discordtest.PermissionManageRoles, 50013, func() error { _, err := b.GuildRoleCreate(d.GuildID(), &discordgo.RoleParams{Name: "r"}); return err }},
	} {
		d.SetBotPermissions(discordtest.DeskPermissions &^ c.lacks)
		if err := c.act(); code(err) != c.code {
			t.Errorf("without %s: %v, want %d", name, err, c.code)
		}
		d.SetBotPermissions(discordtest.DeskPermissions)
		if err := c.act(); err != nil {
			t.Errorf("with %s: %v", name, err)
		}
	}
	if p := d.Problems(); len(p) != 0 {
		t.Errorf("problems %q", p)
	}
}

// An empty guild can be furnished over REST alone.
func TestSetupFromNothing(t *testing.T) {
	s := discordtest.Start(t, discordtest.Options{})
	b := newBot(t, s, nil)
	role := must(b.GuildRoleCreate(s.GuildID(), &discordgo.RoleParams{Name: "agent", Mentionable: new(true), Permissions: new(int64(0))}))(t)
	category := must(b.GuildChannelCreateComplex(s.GuildID(), discordgo.GuildChannelCreateData{Name: "Halo", Type: discordgo.ChannelTypeGuildCategory}))(t)
	forum := must(b.GuildChannelCreateComplex(s.GuildID(), discordgo.GuildChannelCreateData{Name: "halo-desk", Type: discordgo.ChannelTypeGuildForum, ParentID: category.ID,
		PermissionOverwrites: []*discordgo.PermissionOverwrite{
			{ID: s.GuildID(), Type: discordgo.PermissionOverwriteTypeRole, Deny: discordgo.PermissionViewChannel},
			{ID: s.BotID(), Type: discordgo.PermissionOverwriteTypeMember, Allow: discordgo.PermissionViewChannel},
			{ID: role.ID, Type: discordgo.PermissionOverwriteTypeRole, Allow: discordgo.PermissionViewChannel}}}))(t)
	edited := must(b.ChannelEditComplex(forum.ID, &discordgo.ChannelEdit{AvailableTags: &[]discordgo.ForumTag{{Name: "new", Moderated: true}, {Name: "closed"}}}))(t)
	if len(edited.AvailableTags) != 2 || edited.AvailableTags[0].ID == "" {
		t.Fatalf("tags %+v", edited.AvailableTags)
	}
	channels := must(b.GuildChannels(s.GuildID()))(t)
	roles := must(b.GuildRoles(s.GuildID()))(t)
	if len(channels) != 2 || len(roles) != 3 {
		t.Fatalf("%d channels, %d roles", len(channels), len(roles))
	}
	agent, developer := s.AddMember("sari", "agent"), s.AddMember("bayu", "developer")
	if _, err := agent.OpenPost(forum.ID, "x", "x"); err != nil {
		t.Fatalf("agent: %v", err)
	}
	if _, err := developer.OpenPost(forum.ID, "x", "x"); err == nil {
		t.Fatal("a developer wrote in halo-desk")
	}
	members := must(b.GuildMembers(s.GuildID(), "", 100))(t)
	if len(members) != 4 {
		t.Fatalf("%d members", len(members))
	}
	if me := must(b.User("@me"))(t); me.ID != s.BotID() {
		t.Fatalf("me %+v", me)
	}
	guild := must(b.Guild(s.GuildID()))(t)
	if guild.Name != "Halo" {
		t.Fatalf("guild %+v", guild)
	}
	if app := must(b.Application("@me"))(t); app.ID != s.ApplicationID() {
		t.Fatalf("application %+v", app)
	}
	must(b.GatewayBot())(t)
	if _, err := b.GuildMember(s.GuildID(), agent.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ChannelDelete(forum.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Channel(forum.ID); code(err) != 10003 {
		t.Fatalf("deleted forum: %v", err)
	}
}

// A bot makes overwrites for whom the guild has, about what it may do itself;
// people who are denied a channel can do nothing in it.
func TestOverwrites(t *testing.T) {
	d := newDesk(t, discordtest.Options{BotPermissions: discordtest.DeskPermissions &^ discordtest.PermissionAttachFiles})
	b := newBot(t, d.Server, nil)
	channel := func(o ...*discordgo.PermissionOverwrite) (*discordgo.Channel, error) {
		return b.GuildChannelCreateComplex(d.GuildID(), discordgo.GuildChannelCreateData{Name: "secret", PermissionOverwrites: o})
	}
	agent := &discordgo.PermissionOverwrite{ID: d.RoleID("agent"), Allow: discordgo.PermissionViewChannel}
	if _, err := channel(&discordgo.PermissionOverwrite{ID: agent.ID, Allow: discordgo.PermissionBanMembers}); code(err) != 50013 {
		t.Errorf("more than the bot has: %v", err)
	}
	d.ExpectProblem("overwrite for 1")
	if _, err := channel(&discordgo.PermissionOverwrite{ID: "1"}); code(err) != 10009 {
		t.Errorf("for nobody: %v", err)
	}
	d.SetBotPermissions(discordtest.DeskPermissions &^ discordtest.PermissionManageRoles)
	if _, err := channel(agent); code(err) != 50013 {
		t.Errorf("without Manage Roles: %v", err)
	}
	d.SetBotPermissions(discordtest.DeskPermissions)
	secret := must(channel(agent,
		&discordgo.PermissionOverwrite{ID: d.GuildID(), Deny: discordgo.PermissionViewChannel},
		&discordgo.PermissionOverwrite{ID: d.BotID(), Type: discordgo.PermissionOverwriteTypeMember, Allow: discordgo.PermissionViewChannel}))(t)
	m := must(b.ChannelMessageSend(secret.ID, "x"))(t)
	must(d.sari.Post(secret.ID, "x", discordtest.PostOptions{}))(t)
	bayu := d.AddMember("bayu", "developer")
	if bayu.Sees(secret.ID) || !d.sari.Sees(secret.ID) || !bayu.Sees(d.general) || bayu.Sees("1") {
		t.Error("who sees what is wrong")
	}
	_, posted := bayu.Post(secret.ID, "x", discordtest.PostOptions{})
	_, used := bayu.Command(t.Context(), secret.ID, "ticket", nil)
	for what, err := range map[string]error{"post": posted, "command": used, "type": bayu.Type(secret.ID), "react": bayu.React(m.ID, "✅")} {
		if err == nil {
			t.Errorf("%s: somebody who does not see the channel can", what)
		}
	}
}

// Refusals have the form of the official description, except that the codes of
// fields are words there, as they are on Discord.
func TestRefusalsFitTheDescription(t *testing.T) {
	d := newDesk(t, discordtest.Options{Limits: discordtest.NoLimits()})
	b := newBot(t, d.Server, nil)
	for _, n := range []int{2001, 4001} { // the second is beyond the description too
		for _, url := range []string{discordgo.EndpointChannelMessages(d.general), discordgo.EndpointChannelThreads(d.forum)} {
			message := map[string]any{"content": strings.Repeat("x", n)}
			body := map[string]any{"name": "x", "message": message, "content": message["content"]}
			d.ExpectProblem("channels/")
			err := b.post(url, body)
			rest, isREST := err.(*discordgo.RESTError)
			if code(err) != 50035 || !isREST || !strings.Contains(string(rest.ResponseBody), `"_errors":[{"code":"`) {
				t.Errorf("%d characters: %v", n, err)
			}
		}
	}
	if p := d.Problems(); len(p) != 0 {
		t.Errorf("problems %q", p)
	}
}

// Old messages can be edited only a few times; a channel renamed only twice.
func TestHiddenLimits(t *testing.T) {
	var ahead atomic.Int64
	d := newDesk(t, discordtest.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	b := newBot(t, d.Server, nil)
	m := must(b.ChannelMessageSend(d.general, "x"))(t)
	ahead.Store(int64(2 * time.Hour))
	var err error
	for i := range 4 {
		_, err = b.ChannelMessageEdit(d.general, m.ID, fmt.Sprint(i))
	}
	if old, isLimit := err.(*discordgo.RateLimitError); !isLimit || !strings.Contains(old.Message, "older than 1 hour") || d.Stats().Errors[30046] != 1 {
		t.Fatalf("fourth edit of an old message: %v", err)
	}
	for i := range 3 {
		_, err = b.ChannelEdit(d.general, &discordgo.ChannelEdit{Name: fmt.Sprint("n", i)})
	}
	limited, isLimit := err.(*discordgo.RateLimitError)
	if !isLimit || limited.RetryAfter < 9*time.Minute {
		t.Fatalf("third rename: %v", err)
	}
	limits := d.Limits()
	limits.ThreadCreate = discordtest.Limit{N: 1, Per: time.Hour}
	d.SetLimits(limits)
	start := func() error {
		_, err := b.ForumThreadStart(d.forum, "x", 60, "x")
		return err
	}
	if err := start(); err != nil {
		t.Fatal(err)
	}
	if _, isLimit := start().(*discordgo.RateLimitError); !isLimit || d.Stats().SharedLimited != 3 {
		t.Fatalf("second post: stats %+v", d.Stats())
	}
}

// Buckets and the global limit say what Discord says.
func TestRateLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := discordtest.NewPipe()
		d := newDesk(t, discordtest.Options{Listener: pipe})
		transport := &http.Transport{DialContext: pipe.DialContext}
		send := func(channel string) *http.Response {
			req := must(http.NewRequest("POST", d.URL()+"/api/v10/channels/"+channel+"/messages", strings.NewReader(`{"content":"x"}`)))(t)
			req.Header.Set("Authorization", "Bot "+d.Token())
			req.Header.Set("Content-Type", "application/json")
			resp := must(transport.RoundTrip(req))(t)
			resp.Body.Close()
			return resp
		}
		for i := range 5 {
			resp := send(d.general)
			if resp.StatusCode != 200 || resp.Header.Get("X-RateLimit-Remaining") != fmt.Sprint(4-i) || resp.Header.Get("X-RateLimit-Limit") != "5" {
				t.Fatalf("send %d: %d %v", i, resp.StatusCode, resp.Header)
			}
		}
		resp := send(d.general)
		if resp.StatusCode != 429 || resp.Header.Get("X-RateLimit-Scope") != "user" || resp.Header.Get("X-RateLimit-Reset-After") != "5.000" || resp.Header.Get("Retry-After") != "5" {
			t.Fatalf("sixth: %d %v", resp.StatusCode, resp.Header)
		}
		time.Sleep(5 * time.Second)
		if resp := send(d.general); resp.StatusCode != 200 {
			t.Fatalf("after the window: %d", resp.StatusCode)
		}
		time.Sleep(time.Second)
		var last *http.Response
		for i := range 51 {
			if i%5 == 0 {
				d.AddChannel(discordtest.NewChannel{Name: fmt.Sprint("c", i/5)})
			}
			last = send(d.ChannelID(fmt.Sprint("c", i/5)))
		}
		if last.StatusCode != 429 || last.Header.Get("X-RateLimit-Global") != "true" || last.Header.Get("X-RateLimit-Reset-After") != "" {
			t.Fatalf("51st in a second: %d %v", last.StatusCode, last.Header)
		}
		if st := d.Stats(); st.BucketLimited != 1 || st.GlobalLimited != 1 || st.RateLimited() != 2 || st.Invalid != 2 {
			t.Fatalf("stats %+v", st)
		}
		transport.CloseIdleConnections()
		d.Close()
	})
}
