package discord

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// A janitor is a diary that also keeps how some posts stand, and writes down what it is
// told of them.
type janitor struct {
	*diary
	mu    sync.Mutex
	kept  map[string]bool
	over  map[string]bool // of these, those that are closed
	lines []string
	down  int // so many reports are not stored
	do    func(ctx context.Context, thread string, s bridge.PostState) error
}

func (s *stage) withJanitor() *janitor {
	j := &janitor{diary: newDiary(s.inbox), kept: map[string]bool{}, over: map[string]bool{}}
	s.opts.Inbox = j
	return j
}

func (j *janitor) Keeps(_ context.Context, thread string) (bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.kept[thread], nil
}

func (j *janitor) KeptPosts(context.Context) (all []string, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for id, kept := range j.kept {
		if kept && !j.over[id] {
			all = append(all, id)
		}
	}
	return all, nil
}

func (j *janitor) PostChanged(ctx context.Context, thread string, s bridge.PostState) error {
	j.mu.Lock()
	if j.down > 0 {
		j.down--
		j.mu.Unlock()
		return bridge.ErrNotStored
	}
	slices.Sort(s.Tags)
	j.lines = append(j.lines, fmt.Sprintf("%s %v archived %v locked %v", thread, s.Tags, s.Archived, s.Locked))
	do := j.do
	j.mu.Unlock()
	if do == nil {
		return nil
	}
	return do(ctx, thread, s)
}

func (j *janitor) PostDeleted(_ context.Context, thread string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.kept[thread] {
		return bridge.ErrNotOurs
	}
	j.lines = append(j.lines, thread+" deleted")
	return nil
}

func (j *janitor) keep(thread string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.kept[thread] = true
	return thread
}

func (j *janitor) seen() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

func (j *janitor) forget() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = nil
}

func (j *janitor) last() string {
	if all := j.seen(); len(all) > 0 {
		return all[len(all)-1]
	}
	return ""
}

// lead is a member who may change posts by hand.
func (s *stage) lead() *discordtest.Member {
	s.srv.AddRole("lead", discordtest.PermissionManageThreads, false)
	return s.srv.AddMember("joko", "lead")
}

func (s *stage) byHand(m *discordtest.Member, thread string, state discordtest.ThreadState) {
	s.t.Helper()
	if err := m.SetThread(thread, state); err != nil {
		s.t.Fatal(err)
	}
}

const readPostRoute = "GET /channels/{channel_id}"

// What somebody changes by hand is told as the post stands then; of a post that nobody
// keeps, nothing is even asked.
func TestAPostChangedByHandIsTold(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	j, joko := s.withJanitor(), s.lead()
	report, other := j.keep(s.thread("HE-1-R1")), s.thread("HE-2")
	s.ready()
	s.until("it was looked at once", func() bool { return j.last() == report+" [new] archived false locked false" })
	asked := s.srv.Stats().Requests[readPostRoute]
	s.byHand(joko, other, discordtest.ThreadState{Locked: new(true)})
	s.byHand(joko, report, discordtest.ThreadState{Tags: &[]string{"closed", "Back End"}})
	s.until("the tags are told", func() bool { return j.last() == report+" [Back End closed] archived false locked false" })
	s.byHand(joko, report, discordtest.ThreadState{Locked: new(true), Archived: new(true)})
	s.until("the archive is told", func() bool { return j.last() == report+" [Back End closed] archived true locked true" })
	if got := s.srv.Stats().Requests[readPostRoute] - asked; got < 2 || got > 4 { // at the start it may be looked at twice
		t.Errorf("%d posts were read for two changes of a post that is kept", got)
	}
	if slices.ContainsFunc(j.seen(), func(line string) bool { return strings.HasPrefix(line, other) }) {
		t.Errorf("told of a post that nobody keeps: %q", j.seen())
	}
	if err := s.sari.SetThread(report, discordtest.ThreadState{Archived: new(false)}); err == nil {
		t.Error("a member without the right re-opened a locked post")
	}
}

// A post is given its tags and its place, also out of the archive and back; doing it again
// asks Discord for nothing.
func TestAPostIsArrangedTwice(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c := s.client()
	id := s.thread("HE-1-R1")
	for _, state := range []bridge.PostState{
		{Tags: []string{"back end", "assigned", "nobody knows this"}},
		{Tags: []string{"Back End", "closed"}, Archived: true, Locked: true},
		{Tags: []string{"Back End", "new"}, Archived: true, Locked: true},
		{Tags: []string{"Back End", "assigned"}},
	} {
		if err := c.Arrange(t.Context(), id, state); err != nil {
			t.Fatalf("arrange %+v: %v", state, err)
		}
		patched := s.srv.Stats().Requests[patchPostRoute]
		if err := c.Arrange(t.Context(), id, state); err != nil {
			t.Fatal(err)
		}
		if again := s.srv.Stats().Requests[patchPostRoute] - patched; again != 0 {
			t.Errorf("%+v twice: %d further requests", state, again)
		}
		post, _ := s.srv.Channel(id)
		if post.Archived != state.Archived || post.Locked != state.Locked || len(post.Tags) != 2 || !slices.Contains(post.Tags, "Back End") {
			t.Errorf("arranged as %+v, the post is %+v", state, post)
		}
	}
	if _, err := s.sari.Post(id, "saya", discordtest.PostOptions{}); err != nil {
		t.Errorf("a post that was unlocked cannot be written in: %v", err)
	}
}

const patchPostRoute = "PATCH /channels/{channel_id}"

// Who puts a post back by what he is told is told of that too, and it ends there: also
// when the change takes two requests, nobody hears of what lies between them.
func TestOurOwnChangesComeToRest(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	j, joko := s.withJanitor(), s.lead()
	report := j.keep(s.thread("HE-1-R1"))
	s.ready()
	want := bridge.PostState{Tags: []string{"closed"}, Archived: true, Locked: true}
	if err := s.c.Arrange(t.Context(), report, want); err != nil {
		t.Fatal(err)
	}
	rest := report + " [closed] archived true locked true"
	s.until("our own change is told", func() bool { return j.last() == rest })
	j.mu.Lock()
	j.do = func(ctx context.Context, thread string, is bridge.PostState) error {
		if slices.Equal(is.Tags, want.Tags) && is.Archived && is.Locked {
			return nil
		}
		return s.c.Arrange(ctx, thread, want)
	}
	j.mu.Unlock()
	before := len(j.seen())
	s.byHand(joko, report, discordtest.ThreadState{Archived: new(false)})
	s.byHand(joko, report, discordtest.ThreadState{Tags: &[]string{"new"}, Archived: new(true)})
	s.until("it is put back", func() bool {
		post, _ := s.srv.Channel(report)
		return post.Archived && post.Locked && slices.Equal(post.Tags, []string{"closed"}) && j.last() == rest
	})
	s.write(s.thread("HE-2"), "satu")
	s.until("what came after is heard", func() bool { return len(s.inbox.all()) == 1 })
	if told := len(j.seen()) - before; told > 6 {
		t.Errorf("told %d times: %q", told, j.seen()[before:])
	}
}

// What was changed or deleted while nobody listened is found once the bot is back.
func TestPostsAreLookedAtAfterAReconnect(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	j, joko := s.withJanitor(), s.lead()
	changed, gone, closed, unlocked := j.keep(s.thread("HE-1-R1")), j.keep(s.thread("HE-2-R1")), j.keep(s.thread("HE-3-R1")), j.keep(s.thread("HE-4-R1"))
	j.over[closed], j.over[unlocked] = true, true
	s.ready()
	s.until("all were looked at", func() bool { return len(j.seen()) >= 4 })
	j.forget()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.byHand(joko, changed, discordtest.ThreadState{Tags: &[]string{"closed"}, Archived: new(true)})
	s.byHand(joko, closed, discordtest.ThreadState{Locked: new(true)}) // as one that was closed and taken out again
	if err := joko.DeleteThread(gone); err != nil {
		t.Fatal(err)
	}
	if err := s.sari.DeleteThread(changed); err == nil {
		t.Error("a member without the right deleted a post")
	}
	s.ready()
	s.until("the change and the deletion are told", func() bool {
		all := j.seen()
		return slices.Contains(all, changed+" [closed] archived true locked false") && slices.Contains(all, gone+" deleted") &&
			slices.Contains(all, closed+" [new] archived false locked true") &&
			slices.Contains(all, unlocked+" [new] archived false locked false")
	})
	s.srv.CutGateway()
	s.byHand(joko, changed, discordtest.ThreadState{Archived: new(false), Tags: &[]string{"assigned"}})
	s.until("what changed while the connection was cut is told", func() bool {
		return slices.Contains(j.seen(), changed+" [assigned] archived false locked false")
	})
}

var _ interface {
	Witness
	Editor
	Observer
	Keeper
} = (*bridge.Relay)(nil)

// A deletion by hand is told of posts that are kept as one of the post; of others as one
// of its first message. What the store does not take comes again.
func TestADeletedPostIsTold(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	j, joko := s.withJanitor(), s.lead()
	report, other := j.keep(s.thread("HE-1-R1")), s.thread("HE-2")
	s.ready()
	s.until("it was looked at", func() bool { return len(j.seen()) == 1 })
	j.mu.Lock()
	j.down = 2
	j.mu.Unlock()
	s.srv.Inject(discordtest.Failure{Route: readPostRoute, Status: 500})
	s.byHand(joko, report, discordtest.ThreadState{Tags: &[]string{"closed"}})
	s.until("it comes again", func() bool { return j.last() == report+" [closed] archived false locked false" })
	for _, id := range []string{report, other} {
		if err := joko.DeleteThread(id); err != nil {
			t.Fatal(err)
		}
	}
	s.until("both are told", func() bool { return j.last() == report+" deleted" && len(j.told()) == 1 })
	if got := j.told(); got[0] != "deleted "+other {
		t.Errorf("told of the other: %q", got)
	}
}
