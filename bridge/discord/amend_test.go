package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// A diary is an inbox that also follows changes, and writes down all it is told.
type diary struct {
	*memo
	mu      sync.Mutex
	lines   []string
	known   map[string]map[string]time.Time // thread -> message -> version
	roles   []string                        // of the last edit
	blocked chan struct{}                   // not nil: Recent waits for it
}

func newDiary(m *memo) *diary { return &diary{memo: m, known: map[string]map[string]time.Time{}} }

func (d *diary) note(line string, change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
	change()
}

func (d *diary) Reply(ctx context.Context, m bridge.StaffMessage) error {
	if _, ours, err := d.Cursor(ctx, m.Channel); err != nil || !ours {
		return bridge.ErrNotOurs
	}
	before := len(d.all())
	if err := d.memo.Reply(ctx, m); err != nil || len(d.all()) == before {
		return err
	}
	d.note("wrote "+m.Text, func() {
		if d.known[m.Channel] == nil {
			d.known[m.Channel] = map[string]time.Time{}
		}
		d.known[m.Channel][m.ID] = m.Edited
	})
	return nil
}

func (d *diary) Edited(_ context.Context, m bridge.StaffMessage) error {
	if d.isBroken() {
		return bridge.ErrNotStored
	}
	d.note("edited "+m.Text, func() {
		d.roles = m.Roles
		if at, ours := d.known[m.Channel][m.ID]; !ours || !m.Edited.After(at) {
			d.lines = append(d.lines, fmt.Sprintf("(of %s: known as of %s)", m.ID, at))
			return
		}
		d.known[m.Channel][m.ID] = m.Edited
	})
	return nil
}

func (d *diary) Deleted(_ context.Context, thread, message string, _ time.Time) error {
	if d.isBroken() {
		return bridge.ErrNotStored
	}
	line := "deleted " + message
	for _, m := range d.all() {
		if m.ID == message {
			line = "deleted " + m.Text
		}
	}
	d.note(line, func() {
		delete(d.known[thread], message)
		if message == thread {
			delete(d.known, thread)
		}
	})
	return nil
}

func (d *diary) isBroken() bool {
	d.memo.mu.Lock()
	defer d.memo.mu.Unlock()
	return d.broken
}

func (d *diary) Recent(ctx context.Context, thread string) ([]bridge.Recent, error) {
	d.mu.Lock()
	blocked := d.blocked
	d.mu.Unlock()
	if blocked != nil {
		select {
		case <-blocked:
		case <-ctx.Done():
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []bridge.Recent
	for id, at := range d.known[thread] {
		out = append(out, bridge.Recent{ID: id, Edited: at})
	}
	return out, nil
}

func (d *diary) RecentThreads(context.Context) ([]string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Keys(d.known)), nil
}

func (d *diary) told() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

func (s *stage) withDiary() *diary {
	d := newDiary(s.inbox)
	s.opts.Inbox = d
	return d
}

func (s *stage) post(thread, text string) string {
	s.t.Helper()
	m, err := s.sari.Post(thread, text, discordtest.PostOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return m.ID
}

func (s *stage) wantLines(d *diary, want ...string) {
	s.t.Helper()
	s.until(fmt.Sprintf("%q is told", want), func() bool { return len(d.told()) >= len(want) })
	if got := d.told(); !slices.Equal(got, want) {
		s.t.Errorf("told %q, want %q", got, want)
	}
}

// wantAll is wantLines for what comes in any order, after the first few.
func (s *stage) wantAll(d *diary, after int, want ...string) {
	s.t.Helper()
	s.until(fmt.Sprintf("%q is told", want), func() bool { return len(d.told()) >= after+len(want) })
	got := d.told()[after:]
	if slices.Sort(got); !slices.Equal(got, want) {
		s.t.Errorf("told %q, want %q in any order", got, want)
	}
}

// written is a client at work, and a thread in which sari wrote texts that were told.
func (s *stage) written(texts ...string) (d *diary, thread string, ids []string) {
	s.t.Helper()
	d, thread = s.withDiary(), s.thread("HE-1")
	s.ready()
	var lines []string
	for _, text := range texts {
		ids = append(ids, s.post(thread, text))
		lines = append(lines, "wrote "+text)
	}
	s.wantLines(d, lines...)
	return d, thread, ids
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Edits and deletions are told in order with what is written in the thread; previews of
// links, pins and what concerns no agent's message are none.
func TestEditsAndDeletionsAreTold(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	d := s.withDiary()
	thread := s.thread("HE-1")
	s.ready()
	a := s.post(thread, "a https://example.com")
	s.srv.Unfurl(a, true)
	s.srv.Unfurl(a, false)
	must(t, s.sari.Edit(a, "a2"))
	s.srv.Unfurl(a, true)
	s.srv.Unfurl(a, false)
	b, c := s.post(thread, "b"), s.post(thread, "c")
	must(t, s.sari.Delete(a))
	must(t, s.sari.Edit(c, "c2"))
	card := s.srv.Messages(thread)[0]
	s.srv.DispatchRaw("MESSAGE_DELETE", json.RawMessage(`{"id":"`+card.ID+`","channel_id":"`+thread+`","guild_id":"`+s.srv.GuildID()+`"}`))
	s.srv.BulkDelete(thread, b, c)
	s.post(thread, "end")
	s.wantLines(d, "wrote a https://example.com", "edited a2", "wrote b", "wrote c", "deleted a https://example.com", "edited c2",
		"deleted b", "deleted c", "wrote end")
	if !slices.Equal(d.roles, []string{s.srv.RoleID("agent")}) {
		t.Errorf("roles of the editor are %v", d.roles)
	}
	s.srv.RemoveChannel(thread)
	s.until("the end of the post is told", func() bool { return slices.Contains(d.told(), "deleted "+thread) })
}

// A bot's own edits, other servers' and channels' that are none of ours, and events of
// any shape, are nobody's edit.
func TestWhatIsNoAgentsEditIsNotTold(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	d := s.withDiary()
	thread := s.thread("HE-1")
	c := s.ready()
	id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: "halo"})
	must(t, err)
	must(t, c.Edit(t.Context(), thread, id, "halo lagi"))
	for _, hostile := range []string{`{}`, `[]`, `"x"`, `{"id":1}`, `{"ids":[7]}`, `{"ids":["7"],"guild_id":"` + s.srv.GuildID() + `"}`,
		`{"id":"7","channel_id":"8","guild_id":"9","edited_timestamp":"2026-01-01T00:00:00Z","content":"x"}`} {
		for _, kind := range []string{"MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK", "THREAD_DELETE", "GUILD_DELETE"} {
			s.srv.DispatchRaw(kind, json.RawMessage(hostile))
		}
	}
	s.post(thread, "end")
	s.wantLines(d, "wrote end")
}

// An edit of which the event tells only part is read in the channel.
func TestAPartialEditIsReadInTheChannel(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	d, thread, ids := s.written("a")
	s.srv.SetGuildAvailable(false) // its event is not heard
	must(t, s.sari.Edit(ids[0], "a2"))
	s.srv.DispatchRaw("MESSAGE_UPDATE", json.RawMessage(`{"id":"`+ids[0]+`","channel_id":"`+thread+`","guild_id":"`+s.srv.GuildID()+
		`","edited_timestamp":"2026-01-01T00:00:00Z"}`))
	s.srv.SetGuildAvailable(true)
	s.wantLines(d, "wrote a", "edited a2")
}

// What was changed while the bot was away is found: after the messages, by comparing
// the recent ones. Without that it is lost.
func TestChangesMadeMeanwhileAreFound(t *testing.T) {
	t.Parallel()
	for _, amend := range []bool{true, false} {
		s := newStage(t, discordtest.Options{})
		s.set.amend = amend
		d := s.withDiary()
		one, two, three := s.thread("HE-1"), s.thread("HE-2"), s.thread("HE-3")
		s.ready()
		var ids []string
		for _, text := range numbered("m", 1, 250) {
			ids = append(ids, s.post(one, text))
		}
		other := s.post(two, "other")
		s.post(three, "post")
		s.until("all is told", func() bool { return len(d.told()) == 252 })
		s.until("the client is at rest", s.c.Ready)
		must(t, s.stop())
		d.note("---", func() {})
		must(t, s.sari.Edit(ids[2], "m3 baru"))
		must(t, s.sari.Delete(ids[0]))
		must(t, s.sari.Edit(ids[249], "m250 baru"))
		must(t, s.sari.Edit(ids[249], "m250 terbaru"))
		must(t, s.sari.Delete(ids[120]))
		must(t, s.sari.Delete(other))
		missed := s.post(one, "missed")
		must(t, s.sari.Edit(missed, "missed, then changed"))
		s.srv.RemoveChannel(three)
		reads := s.srv.Stats().Requests[messagesRoute]
		s.ready()
		want := []string{"deleted " + three, "deleted m1", "deleted m121", "deleted other", "edited m250 terbaru", "edited m3 baru", "wrote missed, then changed"}
		if !amend {
			s.until("the messages come", func() bool { return slices.Contains(d.told(), "wrote missed, then changed") })
			continue
		}
		s.wantAll(d, 253, want...)
		if got := s.srv.Stats().Requests[messagesRoute] - reads; got > 9 {
			t.Errorf("%d pages were read, want one a hundred messages and thread", got)
		}
	}
}

// An edit that is forgotten while its thread is behind is found when it no longer is.
func TestAnEditThatDoesNotFitIsFoundLater(t *testing.T) {
	t.Parallel()
	for _, amend := range []bool{true, false} {
		s := newStage(t, discordtest.Options{})
		s.set.intakeBytes, s.set.amend = 20_000, amend
		d, thread, ids := s.written("first")
		s.inbox.set(func(m *memo) { m.hold = make(chan struct{}) })
		s.write(thread, numbered("m", 1, 100)...)
		must(t, s.sari.Edit(ids[0], "first, changed"))
		last := s.post(thread, "last")
		s.until("all was heard, and some forgotten", func() bool { return s.c.intake.newest(thread) == last })
		s.inbox.set(func(m *memo) { close(m.hold); m.hold = nil })
		s.until("all messages come", func() bool { return len(s.inbox.texts(thread)) == 102 })
		if found := comesTrue(amend, time.Second, func() bool { return slices.Contains(d.told(), "edited first, changed") }); found != amend {
			t.Errorf("looking for changes %t: found %t", amend, found)
		}
	}
}

// A message that a page lacks is not taken for deleted before Discord says so.
func TestOnlyDiscordsWordMakesAMessageDeleted(t *testing.T) {
	t.Parallel()
	const messageRoute = "GET /channels/{channel_id}/messages/{message_id}"
	s := newStage(t, discordtest.Options{})
	s.set.backoff = 5 * time.Millisecond
	d, thread, ids := s.written("a", "b")
	must(t, s.stop())
	must(t, s.sari.Delete(ids[0]))
	must(t, s.sari.Edit(ids[1], "b2"))
	for _, failure := range []discordtest.Failure{{Status: 403, Code: codeNoAccess}, {Status: 404, Body: proxysPage, N: 2}, {Status: 503}} {
		failure.Route = messageRoute
		s.srv.Inject(failure)
	}
	s.ready()
	s.post(thread, "live")
	s.wantTexts(thread, "a", "b", "live")
	s.wantAll(d, 2, "deleted a", "edited b2", "wrote live")
}

// While changes are looked for, what happens now is heard; and what was found is not
// told after what was heard of the same message since.
func TestLookingForChangesHoldsNothingUp(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	d := s.withDiary()
	one, two := s.thread("HE-1"), s.thread("HE-2")
	s.ready()
	a := s.post(one, "a")
	s.wantLines(d, "wrote a")
	must(t, s.stop())
	must(t, s.sari.Edit(a, "a2"))
	blocked := make(chan struct{})
	d.note("---", func() { d.blocked = blocked })
	s.ready()
	must(t, s.sari.Edit(a, "a3"))
	s.post(two, "b")
	s.post(one, "c")
	s.wantLines(d, "wrote a", "---", "edited a3", "wrote b", "wrote c")
	close(blocked)
	s.post(two, "end")
	s.wantLines(d, "wrote a", "---", "edited a3", "wrote b", "wrote c", "wrote end")
}

// An older form of a message never follows a newer one, nor the word that it is gone.
func TestAnOlderFormIsNotTold(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	d := s.withDiary()
	c := s.client()
	version := func(n int) change {
		m := message{ID: "7", Channel: "1", Content: fmt.Sprint("v", n), Edited: time.Unix(int64(n), 0), Member: &member{}}
		return change{channel: "1", edited: &m}
	}
	d.known["1"] = map[string]time.Time{"7": {}}
	for _, ch := range []change{version(2), version(1), version(2), version(3), {channel: "1", gone: []string{"7"}}, version(4), {channel: "1", gone: []string{"7"}}} {
		c.carry(t.Context(), ch)
	}
	if got := d.told(); !slices.Equal(got, []string{"edited v2", "edited v3", "deleted 7"}) {
		t.Errorf("told %q", got)
	}
}

// A store that is down loses no change.
func TestAChangeWaitsForTheStore(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	d, _, ids := s.written("a", "b")
	s.inbox.set(func(m *memo) { m.broken = true })
	must(t, s.sari.Edit(ids[0], "a2"))
	must(t, s.sari.Delete(ids[1]))
	s.until("it waits", func() bool {
		return slices.ContainsFunc(s.logs.All(), func(e observer.LoggedEntry) bool { return strings.Contains(e.Message, "waits for the store") })
	})
	s.inbox.set(func(m *memo) { m.broken = false })
	s.wantLines(d, "wrote a", "wrote b", "edited a2", "deleted b")
}

// A crash at a change's steps loses none.
func TestACrashBeforeAChangeIsStoredLosesNothing(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"dc.edit", "dc.edit.persisted", "dc.delete", "dc.delete.persisted"} {
		s := newStage(t, discordtest.Options{})
		d, _, ids := s.written("a", "b")
		must(t, s.stop())
		crash := fmt.Errorf("crash at %s", step)
		s.opts.Failpoint = func(at string) error {
			if at == step {
				return crash
			}
			return nil
		}
		c := s.client()
		over := make(chan error, 1)
		go func() { over <- c.Run(t.Context()) }()
		s.until("the client is ready", c.Ready)
		must(t, s.sari.Edit(ids[0], "a2"))
		must(t, s.sari.Delete(ids[1]))
		if err := <-over; err == nil || !strings.Contains(err.Error(), step) {
			t.Fatalf("%s: run ended with %v", step, err)
		}
		s.opts.Failpoint = nil
		s.ready()
		s.wantAll(d, 0, "deleted b", "edited a2", "wrote a", "wrote b")
	}
}

// What cannot be looked at is tried again ever more seldom, and waits while its channel
// is behind.
func TestFailedLooksBecomeSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newIntake(1 << 20)
		q.amend("1")
		q.amend("1")
		began := time.Now()
		var at []time.Duration
		for range 5 {
			thread, wait, ok := q.nextAmend(t.Context())
			if !ok || thread != "1" {
				t.Fatalf("thread %q, %t", thread, ok)
			}
			at = append(at, time.Since(began))
			q.amendAgain(thread, wait, 30*time.Second)
		}
		if want := []time.Duration{0, 30 * time.Second, 90 * time.Second, 210 * time.Second, 450 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("looked after %v, want %v", at, want)
		}
		q.recover("2")
		q.amend("2")
		if _, _, left := q.popAmend(); left <= 0 {
			t.Error("a thread that is behind is looked at")
		}
		q.caughtUp("2", "")
		if thread, _, left := q.popAmend(); left > 0 || thread != "2" {
			t.Errorf("a thread that has caught up is not looked at (%q, %s)", thread, left)
		}
	})
}
