package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

var _ Observer = (*bridge.Relay)(nil)

// An onlooker is a diary that also notes reactions and who types.
type onlooker struct {
	*diary
	reactions []bridge.StaffReaction
	typists   chan string
}

func (s *stage) withOnlooker() *onlooker {
	o := &onlooker{diary: newDiary(s.inbox), typists: make(chan string, 64)}
	s.opts.Inbox = o
	return o
}

func (o *onlooker) Reacted(ctx context.Context, r bridge.StaffReaction) error {
	if _, ours, err := o.Cursor(ctx, r.Thread); err != nil {
		return err
	} else if !ours {
		return bridge.ErrNotOurs
	}
	verb := "took"
	if r.On {
		verb = "put"
	}
	o.note(strings.TrimSpace(verb+" "+r.Emoji), func() { o.reactions = append(o.reactions, r) })
	return nil
}

func (o *onlooker) StaffTyping(_ context.Context, thread, user string) {
	o.typists <- thread + "/" + user
}

// What a message holds beside words is the same whether it is heard or fetched.
func TestEveryKindIsHeardAndCaughtUpAlike(t *testing.T) {
	t.Parallel()
	write := func(s *stage, thread string) {
		t.Helper()
		first, err := s.sari.Post(thread, "awal", discordtest.PostOptions{Files: []discordtest.File{{Name: "a.png", ContentType: "image/png", Data: []byte("png")}}})
		must(t, err)
		for _, o := range []discordtest.PostOptions{
			{Stickers: []string{"Halo", "Ok"}, ReplyTo: first.ID},
			{Poll: &discordtest.Poll{Question: "Kapan?", Answers: []string{"pagi", "sore"}}},
			{Voice: &discordtest.Voice{Data: []byte("OggS"), Length: 1500 * time.Millisecond, Waveform: []byte{1}}},
		} {
			_, err := s.sari.Post(thread, "", o)
			must(t, err)
		}
		_, err = s.sari.Forward(first.ID, thread)
		must(t, err)
	}
	for _, live := range []bool{true, false} {
		s := newStage(t, discordtest.Options{})
		thread := s.thread("HE-1")
		if live {
			s.ready()
		}
		write(s, thread)
		if !live {
			s.ready()
		}
		s.until("all is taken in", func() bool { return len(s.inbox.all()) == 5 })
		got := s.inbox.all()
		if f := got[0].Files; len(f) != 1 || f[0].Name != "a.png" || f[0].MIME != "image/png" || f[0].Size != 3 || f[0].Voice {
			t.Errorf("live %t: file %+v", live, f)
		}
		if got[1].ReplyTo != got[0].ID || !slices.Equal(got[1].Stickers, []string{"Halo", "Ok"}) {
			t.Errorf("live %t: reply %+v", live, got[1])
		}
		if p := got[2].Poll; p == nil || p.Question != "Kapan?" || !slices.Equal(p.Options, []string{"pagi", "sore"}) || p.Choices != 1 {
			t.Errorf("live %t: poll %+v", live, p)
		}
		if f := got[3].Files; len(f) != 1 || !f[0].Voice || f[0].Length != 1500*time.Millisecond {
			t.Errorf("live %t: voice message %+v", live, f)
		}
		snaps := got[4].Snapshots
		if len(snaps) != 1 || snaps[0].Text != "awal" || len(snaps[0].Files) != 1 || got[4].ReplyTo != "" || got[4].Forwarded != (bridge.Origin{Channel: thread, Message: got[0].ID}) {
			t.Fatalf("live %t: forward %+v", live, got[4])
		}
		s.c.now = func() time.Time { return time.Now().Add(48 * time.Hour) } // ask for the message again
		var out bytes.Buffer
		if err := s.c.Fetch(t.Context(), snaps[0].Files[0].Ref, &out); err != nil || out.String() != "png" {
			t.Errorf("live %t: the forward's file is %q, %v", live, out.String(), err)
		}
	}
}

func TestReactionsAreToldInOrder(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	o := s.withOnlooker()
	thread := s.thread("HE-1")
	boss := s.srv.AddMember("boss")
	s.srv.AddRole("mod", discordtest.PermissionManageMessages, false)
	boss.SetRoles("mod")
	c := s.ready()
	a := s.post(thread, "a")
	must(t, s.sari.React(a, "👍"))
	s.post(thread, "b")
	must(t, s.sari.Unreact(a, "👍"))
	must(t, s.sari.React(a, "halo:123456789012345678"))
	must(t, boss.ClearReactions(a, "halo:123456789012345678"))
	must(t, boss.ClearReactions(a, ""))
	must(t, c.React(t.Context(), thread, a, "✅", true)) // ours is nobody's
	s.post(thread, "c")
	s.wantLines(o.diary, "wrote a", "put 👍", "wrote b", "took 👍", "put halo", "took halo", "took", "wrote c")
	put, custom, cleared := o.reactions[0], o.reactions[2], o.reactions[3]
	if put.User != s.sari.ID() || put.Message != a || !slices.Equal(put.Roles, []string{s.srv.RoleID("agent")}) || put.Custom || put.At.IsZero() {
		t.Errorf("put %+v", put)
	}
	if !custom.Custom || cleared.User != "" || cleared.On {
		t.Errorf("custom %+v, cleared %+v", custom, cleared)
	}
}

// A reaction is not told before messages that were written earlier; one that was made
// while nobody listened is not told at all.
func TestAReactionWaitsForWhatWasMissed(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	o := s.withOnlooker()
	thread := s.thread("HE-1")
	missed := s.post(thread, "missed")
	must(t, s.sari.React(missed, "👎"))
	s.srv.SetFaults(discordtest.Faults{NoGuild: true})
	c := s.run()
	s.until("the gateway is up", func() bool { return c.Status().Up })
	must(t, s.sari.React(missed, "👍"))
	s.wantLines(o.diary, "wrote missed", "put 👍")
}

func TestReactionsOfABehindChannelAreBounded(t *testing.T) {
	t.Parallel()
	q := newIntake(4096)
	q.hear("1", "5", item{message: &message{}, size: 4096}) // does not fit: the channel is behind
	forgotten := 0
	for i := range 20 {
		if q.reaction(bridge.StaffReaction{Thread: "1", Emoji: fmt.Sprint(i)}) {
			forgotten++
		}
	}
	if forgotten == 0 || q.bytes > q.most {
		t.Errorf("%d forgotten, %d bytes held", forgotten, q.bytes)
	}
	q.caughtUp("1", "5")
	if n := len(q.items); n != 20-forgotten+1 || len(q.held) != 0 {
		t.Errorf("%d items after catching up, %d held", n, len(q.held))
	}
	for len(q.items) > 0 {
		q.pop()
	}
	if q.bytes != 0 {
		t.Errorf("%d bytes are still counted", q.bytes)
	}
}

func TestAReactionWaitsForTheStore(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	o := s.withOnlooker()
	thread := s.thread("HE-1")
	s.ready()
	a := s.post(thread, "a")
	s.wantLines(o.diary, "wrote a")
	s.inbox.set(func(m *memo) { m.broken = true })
	must(t, s.sari.React(a, "👍"))
	s.until("it waits", func() bool { return s.logs.FilterMessage("discord waits for the store").Len() > 0 })
	s.inbox.set(func(m *memo) { m.broken = false })
	s.wantLines(o.diary, "wrote a", "put 👍")
}

func TestTypingGoesBothWays(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	o := s.withOnlooker()
	c := s.ready()
	thread := s.thread("HE-1")
	must(t, s.sari.Type(thread))
	select {
	case got := <-o.typists:
		if got != thread+"/"+s.sari.ID() {
			t.Errorf("heard %q", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("nobody is heard typing")
	}
	must(t, c.Typing(t.Context(), thread))
	if n := s.srv.TypingCount(thread); n != 1 {
		t.Errorf("shown %d times", n)
	}
	if e := sendErr(t, c.Typing(t.Context(), "999")); !e.Gone {
		t.Errorf("a thread that is gone: %+v", e)
	}
}

// Whatever an event says, nothing breaks and nothing grows.
func TestHostileContentIsBounded(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c := s.client()
	parse := func(extra string) bridge.StaffMessage {
		t.Helper()
		var m message
		_ = json.Unmarshal([]byte(`{"id":"7","channel_id":"5","guild_id":"`+s.srv.GuildID()+`","author":{"id":"9"},"content":"a"`+extra+`}`), &m)
		return m.staff(nil)
	}
	many := parse(`,"attachments":[` + strings.Repeat(`{"id":"1","filename":"a","size":1,"url":"u"},`, 999) + `{}]`)
	if len(many.Files) != mostFiles+1 || !strings.Contains(many.Files[mostFiles].Name, "990") {
		t.Errorf("1,000 files become %d, the last %+v", len(many.Files), many.Files[len(many.Files)-1])
	}
	if err := c.Fetch(t.Context(), many.Files[mostFiles].Ref, &bytes.Buffer{}); fault(err) != bridge.Malformed {
		t.Errorf("those left out are fetched: %v", err)
	}
	for _, raw := range []string{
		`{"id":"1","filename":"a\u202egnp.exe\u0000","size":-5,"duration_secs":1e300,"content_type":"x\r\ny"}`,
		`{"id":1,"filename":[],"size":"9","url":7}`, `null`, `7`, `[]`,
	} {
		m := parse(`,"attachments":[` + raw + `]`)
		if len(m.Files) != 1 || m.Text != "a" {
			t.Errorf("%s: %+v", raw, m)
			continue
		}
		if f := m.Files[0]; f.Size < 0 || f.Length > 24*time.Hour || strings.ContainsAny(f.Name+f.MIME, "\u202e\x00\r\n") {
			t.Errorf("%s: %+v", raw, f)
		}
	}
	wild := parse(`,"sticker_items":[7,{"name":"` + strings.Repeat("x", 500) + `"}],"poll":{"question":{"text":"q"},"answers":[` + strings.Repeat(`{},`, 99) + `{}]},` +
		`"message_snapshots":[` + strings.Repeat(`{"message":{"attachments":[{"id":"1"}]}},`, 99) + `3],"type":19,"message_reference":{"message_id":"x"}`)
	if len(wild.Stickers) != 2 || len(wild.Stickers[1]) > 100 || len(wild.Poll.Options) != mostOptions || len(wild.Snapshots) != mostSnapshots || wild.ReplyTo != "" {
		t.Errorf("parsed %+v", wild)
	}
	for _, raw := range []string{"null", "7", "{}", `{"guild_id":"` + s.srv.GuildID() + `","channel_id":7,"emoji":3}`} {
		c.onReaction("MESSAGE_REACTION_ADD", json.RawMessage(raw))
		c.onTyping(json.RawMessage(raw))
	}
}

// It is told whether the message that somebody answers, or reacts to, is ours.
func TestWhatIsOursIsToldApart(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	o := s.withOnlooker()
	thread := s.thread("HE-1")
	c := s.ready()
	ours, err := c.Say(t.Context(), bridge.Message{Channel: thread, Nonce: "n", Content: "dari klien"})
	must(t, err)
	hers := s.post(thread, "a")
	for i, of := range []string{ours, hers} {
		must(t, s.sari.React(of, "👍"))
		_, err := s.sari.Post(thread, fmt.Sprint("jawab ", i), discordtest.PostOptions{ReplyTo: of})
		must(t, err)
	}
	s.wantLines(o.diary, "wrote a", "put 👍", "wrote jawab 0", "put 👍", "wrote jawab 1")
	if !o.reactions[0].Ours || o.reactions[1].Ours {
		t.Errorf("reactions %+v", o.reactions)
	}
	if got := s.inbox.all(); len(got) != 3 || got[0].ReplyOurs || !got[1].ReplyOurs || got[2].ReplyOurs {
		t.Errorf("messages %+v", got)
	}
}
