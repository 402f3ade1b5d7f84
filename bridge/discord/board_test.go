package discord

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

func TestAPostIsOpenedFoundSettledAndClosed(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c := s.client()
	ctx := t.Context()
	id, err := c.CreatePost(ctx, bridge.Post{Forum: s.forum, Title: "HE-1 · Ana", Tags: []string{"new", "no such tag", "Back End"},
		Message: bridge.Message{Content: "  a card @everyone \n", Card: &bridge.Card{Title: "Ana", Color: 0x123456, Fields: []bridge.Field{{Name: "Phone", Value: "62"}}, Footer: "f"},
			Buttons: []bridge.Button{{ID: "accept|HE-1", Label: "Terima", Style: "success", Emoji: "✅"}}}})
	if err != nil {
		t.Fatal(err)
	}
	first := s.srv.Messages(id)[0]
	if _, ok := first.Button("Terima"); !ok || len(first.Embeds) != 1 || first.Content != "a card @everyone" {
		t.Errorf("first message is %+v", first)
	}
	if first.Pings.Everyone {
		t.Error("everyone was pinged")
	}
	for prefix, want := range map[string]string{"HE-1 ": id, "HE-2 ": ""} {
		if got, err := c.FindPost(ctx, s.forum, prefix); err != nil || got != want {
			t.Errorf("FindPost(%q) = %q, %v, want %q", prefix, got, err, want)
		}
	}
	for range 2 {
		if err := c.Settle(ctx, id, "closed", true); err != nil {
			t.Fatal(err)
		}
	}
	post, _ := s.srv.Channel(id)
	if slices.Sort(post.Tags); !post.Archived || !slices.Equal(post.Tags, []string{"Back End", "closed"}) {
		t.Errorf("settled post is %+v", post)
	}
	if got, err := c.FindPost(ctx, s.forum, "HE-1 "); err != nil || got != id {
		t.Errorf("an archived post is found as %q, %v", got, err)
	}
	if _, err := c.Say(ctx, bridge.Message{Channel: id, Content: "again", Nonce: "n1"}); err != nil {
		t.Errorf("saying something in an archived post: %v", err)
	}
	for range 2 {
		if err := c.Arrange(ctx, id, bridge.PostState{Tags: []string{"assigned"}, Archived: true, Locked: true}); err != nil {
			t.Fatal(err)
		}
	}
	if post, _ := s.srv.Channel(id); !post.Locked || !post.Archived || !slices.Equal(post.Tags, []string{"assigned"}) {
		t.Errorf("closed post is %+v", post)
	}
	if err := c.Arrange(ctx, id, bridge.PostState{Tags: []string{"closed"}, Archived: true, Locked: true}); err != nil {
		t.Errorf("changing the tags of an archived post: %v", err)
	}
	if err := c.Settle(ctx, id, "new", false); err != nil {
		t.Errorf("re-opening: %v", err)
	}
	if post, _ := s.srv.Channel(id); post.Archived || !slices.Equal(post.Tags, []string{"new"}) {
		t.Errorf("re-opened post is %+v", post)
	}
}

func TestNobodyIsPingedButWhoIsListed(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	role := s.srv.AddRole("Back End", 0, true)
	dewi := s.srv.AddMember("dewi")
	text := "@everyone <@&" + role + "> " + dewi.Mention() + " " + s.sari.Mention()
	id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: text, PingRoles: []string{role}, PingUsers: []string{dewi.ID()}})
	if err != nil {
		t.Fatal(err)
	}
	// Discord refuses a message that names somebody twice.
	if got := write(bridge.Message{PingRoles: []string{role, role}, PingUsers: []string{"2", "1", "2"}}).Mentions; !slices.Equal(got.Roles, []string{role}) || !slices.Equal(got.Users, []string{"1", "2"}) {
		t.Errorf("called twice: %+v", got)
	}
	m, _ := s.srv.Message(id)
	if p := m.Pings; p.Everyone || !slices.Equal(p.Roles, []string{role}) || !slices.Equal(p.Users, []string{dewi.ID()}) {
		t.Errorf("pinged %+v", p)
	}
}

func TestALostAnswerMakesNoSecondMessage(t *testing.T) {
	t.Parallel()
	for _, enforce := range []bool{true, false} {
		s := newStage(t, discordtest.Options{})
		s.set.enforceNonce = enforce
		c, thread := s.client(), s.thread("HE-1")
		s.srv.LoseAnswers(1)
		m := bridge.Message{Channel: thread, Nonce: "letter-1", Content: "halo"}
		_, err := c.Say(t.Context(), m)
		if e := sendErr(t, err); e.Certainty != bridge.Unknown || !e.Outage {
			t.Errorf("a cut connection is %+v, want unknown, by an outage", e)
		}
		if _, err := c.Say(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if got := len(s.srv.Messages(thread)) - 1; (got == 1) != enforce {
			t.Errorf("enforce_nonce %t: %d messages", enforce, got)
		}
	}
}

func TestAMessageDeletedBetweenAttemptsCountsAsSent(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	m := bridge.Message{Channel: thread, Nonce: "letter-1", Content: "halo"}
	id, err := c.Say(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.rest.do(t.Context(), "delete", http.MethodDelete, "/channels/"+thread+"/messages/"+id, nil, nil); err != nil {
		t.Fatal(err)
	}
	if id, err := c.Say(t.Context(), m); err != nil || id != "" {
		t.Errorf("Say = %q, %v, want nothing and no error", id, err)
	}
	if got := len(s.srv.Messages(thread)); got != 1 {
		t.Errorf("%d messages, want the first one only", got)
	}
}

func TestAnAnswerToADeletedMessageIsSaidAllTheSame(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Nonce: "n", Content: "halo", ReplyTo: "12345"})
	if err != nil || id == "" {
		t.Errorf("Say = %q, %v", id, err)
	}
}

func TestAMessageIsFoundAgainByItsWords(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	marker, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: "marker"})
	if err != nil {
		t.Fatal(err)
	}
	s.write(thread, "  baris satu\r\nbaris dua  ") // the same words by somebody else
	for _, text := range numbered("x", 1, 120) {
		s.write(thread, text)
	}
	const words = "\n  baris satu\r\nbaris dua \n"
	id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: words})
	if err != nil {
		t.Fatal(err)
	}
	for _, look := range []struct{ after, words, want string }{
		{marker, words, id}, {"", words, id}, {marker, "marker", ""}, {"", "marker", marker}, {id, words, ""},
	} {
		if got, err := c.FindMessage(t.Context(), thread, look.after, look.words); err != nil || got != look.want {
			t.Errorf("FindMessage(after %q, %q) = %q, %v, want %q", look.after, look.words, got, err, look.want)
		}
	}
}

func TestAReactionIsPutAndTakenTwice(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	m, err := s.sari.Post(thread, "halo", discordtest.PostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, on := range []bool{true, true, false, false} {
		if err := c.React(t.Context(), thread, m.ID, "✅", on); err != nil {
			t.Fatalf("react %t: %v", on, err)
		}
		seen, _ := s.srv.Message(m.ID)
		if seen.Reacted("✅", s.srv.BotID()) != on {
			t.Errorf("reaction is %t, want %t", !on, on)
		}
	}
	if err := c.React(t.Context(), thread, "12345", "✅", true); sendErr(t, err).Certainty != bridge.Refused {
		t.Errorf("reacting to nothing: %v", err)
	}
}

func TestWhatDiscordSaysIsClassified(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	say := func(channel, text string) *bridge.SendError {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		_, err := c.Say(ctx, bridge.Message{Channel: channel, Content: text, Nonce: "n"})
		return sendErr(t, err)
	}
	want := func(what string, e *bridge.SendError, certainty bridge.Certainty, reason string) {
		t.Helper()
		if e.Certainty != certainty || !strings.Contains(e.Reason, reason) {
			t.Errorf("%s: %d %q, want %d %q", what, e.Certainty, e.Reason, certainty, reason)
		}
		if strings.Contains(e.Error(), s.srv.Token()) {
			t.Errorf("%s: the token is in the error", what)
		}
	}
	e := say("999", "halo")
	if want("no such channel", e, bridge.Refused, "no longer exists"); !e.Gone {
		t.Error("a thread that is gone is not said to be gone")
	}
	s.srv.ExpectProblem("empty message")
	want("nothing", say(thread, " \n "), bridge.Refused, "empty message")
	for status, certainty := range map[int]bridge.Certainty{500: bridge.Unknown, 502: bridge.Unknown, 503: bridge.Unknown} {
		s.srv.Inject(discordtest.Failure{Status: status})
		want(http.StatusText(status), say(thread, "halo"), certainty, "no clear answer")
	}
	s.srv.SetFaults(discordtest.Faults{Hang: true})
	want("no answer", say(thread, "halo"), bridge.Unknown, "no clear answer")
	s.srv.SetFaults(discordtest.Faults{})
	s.srv.Close()
	want("no connection", say(thread, "halo"), bridge.Blocked, "cannot be reached")
}

func TestAMissingPermissionIsNamed(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c := s.client()
	quiet := s.srv.AddChannel(discordtest.NewChannel{Kind: channelText, Name: "quiet",
		Overwrites: []discordtest.Overwrite{{ID: s.srv.BotID(), Member: true, Deny: discordtest.PermissionSendMessages}}})
	hidden := s.srv.AddChannel(discordtest.NewChannel{Kind: channelText, Name: "hidden",
		Overwrites: []discordtest.Overwrite{{ID: s.srv.BotID(), Member: true, Deny: discordtest.PermissionViewChannel}}})
	for channel, name := range map[string]string{quiet: "Send Messages", hidden: "View Channel"} {
		_, err := c.Say(t.Context(), bridge.Message{Channel: channel, Content: "halo"})
		if e := sendErr(t, err); e.Certainty != bridge.Blocked || !e.Denied || e.RetryAfter < time.Minute || !strings.Contains(e.Reason, name) {
			t.Errorf("%+v, want a wait for the right %s", e, name)
		}
	}
	thread := s.thread("HE-1")
	m, err := s.sari.Post(thread, "halo", discordtest.PostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.srv.Inject(discordtest.Failure{Status: 403, Code: codeNoPermission})
	if e := sendErr(t, c.React(t.Context(), thread, m.ID, "✅", true)); e.Certainty != bridge.Refused || !e.Denied {
		t.Errorf("a mark that is not allowed: %+v", e)
	}
}

// Only what Discord numbers as wrong in itself is refused for good: a page of
// somebody between us and Discord is not Discord's word.
func TestWhoRefusesDecidesWhetherItIsForGood(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	c.rest.refused = func() { t.Error("the token counts as refused") }
	const html = "<html>Attention required</html>"
	for _, said := range []struct {
		failure        discordtest.Failure
		certainty      bridge.Certainty
		outage, denied bool
	}{
		{discordtest.Failure{Status: 400, Code: codeInvalidForm}, bridge.Refused, false, false},
		{discordtest.Failure{Status: 404, Code: codeUnknownGuild}, bridge.Refused, false, false},
		{discordtest.Failure{Status: 413, Code: 40005}, bridge.Refused, false, false},
		{discordtest.Failure{Status: 409, Code: 40000}, bridge.Unknown, false, false},
		{discordtest.Failure{Status: 400}, bridge.Unknown, true, false},
		{discordtest.Failure{Status: 404}, bridge.Unknown, true, false},
		{discordtest.Failure{Status: 403}, bridge.Blocked, false, true},
		{discordtest.Failure{Status: 403, Code: codeNoAccess}, bridge.Blocked, false, true},
		{discordtest.Failure{Status: 403, Code: codeNoPermission}, bridge.Blocked, false, true},
		{discordtest.Failure{Status: 403, Code: 160005}, bridge.Blocked, false, true},
		{discordtest.Failure{Status: 403, Code: codeReactionBlocked}, bridge.Refused, false, false},
		{discordtest.Failure{Status: 401, Code: codeInvalidWebhookToken}, bridge.Blocked, false, false},
		{discordtest.Failure{Status: 400, Body: html}, bridge.Unknown, true, false},
		{discordtest.Failure{Status: 401, Body: html}, bridge.Unknown, true, false},
		{discordtest.Failure{Status: 403, Body: html}, bridge.Unknown, true, false},
		{discordtest.Failure{Status: 404, Body: html}, bridge.Unknown, true, false},
	} {
		s.srv.Inject(said.failure)
		_, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: "halo"})
		e := sendErr(t, err)
		if e.Certainty != said.certainty || e.Outage != said.outage || e.Denied != said.denied {
			t.Errorf("%+v is %+v, want certainty %d, outage %t, denied %t", said.failure, e, said.certainty, said.outage, said.denied)
		}
	}
}

// That an archived post could not be opened again is what the courier is told.
func TestAPostThatCannotBeReopenedNowIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	m := bridge.Message{Channel: thread, Content: "halo", Nonce: "n"}
	s.srv.Inject(discordtest.Failure{Route: createMessageRoute, Status: 400, Code: codeArchived})
	s.srv.Inject(discordtest.Failure{Route: "PATCH /channels/{channel_id}", Status: 503})
	_, err := c.Say(t.Context(), m)
	if e := sendErr(t, err); e.Certainty != bridge.Unknown || !e.Outage {
		t.Errorf("a post that could not be re-opened: %+v", e)
	}
	if _, err := c.Say(t.Context(), m); err != nil {
		t.Error(err)
	}
}

func TestOnlyDiscordIsSpokenTo(t *testing.T) {
	t.Parallel()
	for address, ok := range map[string]bool{
		"http://127.0.0.1:8088": true, "http://127.0.0.1:8088/": true, "http://[::1]:80": true, "http://localhost:80": true,
		"https://127.0.0.1:80": false, "http://127.0.0.1": false, "http://10.0.0.1:80": false, "http://example.com:80": false,
		"http://127.0.0.1:80/x": false, "http://u:p@127.0.0.1:80": false, "http://127.0.0.1:80?x": false, "": false, "http://127.0.0.1.example.com:80": false,
	} {
		if _, err := Loopback(address); (err == nil) != ok {
			t.Errorf("Loopback(%q) = %v, want ok %t", address, err, ok)
		}
	}
	local, _ := Loopback("http://127.0.0.1:8088")
	for _, n := range []Network{{}, local} {
		for address, ok := range map[string]bool{
			"https://discord.com/api/v9/x?y=1": true, "https://cdn.discordapp.com/a": true, "https://media.discordapp.net/a": true,
			"http://discord.com/": false, "https://discord.com:444/": false, "https://evil.com/": false, "https://discord.com.evil.com/": false,
			"http://127.0.0.1:8088/": false,
		} {
			req, _ := http.NewRequest(http.MethodGet, address, nil)
			out, err := n.aim(req)
			if (err == nil) != ok || err != nil && !errors.Is(err, ErrForeignHost) {
				t.Errorf("aim at %s: %v, want ok %t", address, err, ok)
			}
			if err == nil && !n.Real() && (out.URL.Host != "127.0.0.1:8088" || out.Host != req.URL.Host || out.URL.RequestURI() != req.URL.RequestURI()) {
				t.Errorf("aimed at %s (%s)", out.URL, out.Host)
			}
		}
	}
	for _, dial := range []struct {
		n       Network
		address string
		tls     bool
	}{{local, "192.0.2.1:80", false}, {local, "gateway.discord.gg:443", true}, {Network{}, "127.0.0.1:80", false}, {Network{}, "evil.com:443", true}} {
		reach := dial.n.dialPlain
		if dial.tls {
			reach = dial.n.dialTLS
		}
		if conn, err := reach(t.Context(), "tcp", dial.address); !errors.Is(err, ErrForeignHost) {
			t.Errorf("dial %s: %v %v, want a refusal", dial.address, conn, err)
		}
	}
}

func TestDiscordsWordsArePassedOn(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"code":50006,"message":"Cannot send an empty message"}`:                                                                                   "Cannot send an empty message",
		`{"code":50035,"message":"Invalid Form Body","errors":{"content":{"_errors":[{"code":"X","message":"Must be 2000 or fewer in length."}]}}}`: "Invalid Form Body (content: Must be 2000 or fewer in length.)",
		`{"code":50035,"message":"Invalid Form Body","errors":{"embeds":{"0":{"title":{"_errors":[{"code":"X","message":"Too long."}]}}}}}`:         "Invalid Form Body (embeds.0.title: Too long.)",
		`<html>`: "otherwise", `{"message":1}`: "otherwise", `{"message":"x","errors":[]}`: "x", ``: "otherwise",
	} {
		if got, _, _ := words([]byte(body), "otherwise"); got != want {
			t.Errorf("words(%s) = %q, want %q", body, got, want)
		}
	}
}
