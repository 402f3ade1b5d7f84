package discord

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// An edit changes the words and leaves the buttons, pings nobody, and can be repeated; a
// conclusion takes them away.
func TestAnEditChangesTheWordsAndNothingElse(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: "menunggu", Card: &bridge.Card{Title: "kartu"},
		Buttons: []bridge.Button{{ID: "x", Label: "Coba lagi"}}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Edit(t.Context(), thread, id, " isi @everyone "+s.sari.Mention()+"\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	m, _ := s.srv.Message(id)
	if _, ok := m.Button("Coba lagi"); !ok || len(m.Embeds) != 1 || m.Content != "isi @everyone "+s.sari.Mention() || m.Edited.IsZero() {
		t.Errorf("edited message is %+v", m)
	}
	if m.Pings.Everyone || len(m.Pings.Users) != 0 {
		t.Errorf("pinged %+v", m.Pings)
	}
	if err := c.Conclude(t.Context(), thread, id, "selesai"); err != nil {
		t.Fatal(err)
	}
	if m, _ = s.srv.Message(id); len(m.Components) != 0 || len(m.Embeds) != 1 || m.Content != "selesai" {
		t.Errorf("concluded message is %+v", m)
	}
}

// An edit that comes after the ticket's end leaves the post in the archive.
func TestAnEditLeavesAPostArchived(t *testing.T) {
	t.Parallel()
	for _, lock := range []bool{false, true} {
		s := newStage(t, discordtest.Options{})
		c, thread := s.client(), s.thread("HE-1")
		id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: "menunggu"})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Arrange(t.Context(), thread, bridge.PostState{Tags: []string{"closed"}, Archived: true, Locked: lock}); err != nil {
			t.Fatal(err)
		}
		if err := c.Edit(t.Context(), thread, id, "isi"); err != nil {
			t.Fatalf("lock %t: %v", lock, err)
		}
		m, _ := s.srv.Message(id)
		if post, _ := s.srv.Channel(thread); m.Content != "isi" || !post.Archived || post.Locked != lock {
			t.Errorf("lock %t: message %q, post %+v", lock, m.Content, post)
		}
	}
}

// An edit that is given up half-way leaves the post in the archive all the same.
func TestAnEditThatIsGivenUpLeavesAPostArchived(t *testing.T) {
	t.Parallel()
	limits := discordtest.DefaultLimits()
	limits.MessageEdit = discordtest.Limit{N: 1, Per: time.Hour} // the second attempt waits
	s := newStage(t, discordtest.Options{Limits: &limits})
	c, thread := s.client(), s.thread("HE-1")
	id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: "menunggu"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Arrange(t.Context(), thread, bridge.PostState{Tags: []string{"closed"}, Archived: true}); err != nil {
		t.Fatal(err)
	}
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	ended := make(chan error, 1)
	go func() { ended <- c.Update(ctx, id, bridge.Message{Channel: thread, Content: "isi"}) }()
	s.until("the post is open", func() bool { post, _ := s.srv.Channel(thread); return !post.Archived })
	giveUp()
	if err := <-ended; err == nil {
		t.Error("it was changed")
	}
	if post, _ := s.srv.Channel(thread); !post.Archived {
		t.Error("the post was left open")
	}
}

// Of an edit and a re-opening at the same time, the post stays open, whoever comes first.
func TestAnEditArchivesNoPostThatIsReopened(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c, thread := s.client(), s.thread("HE-1")
	id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: "menunggu"})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 20 {
		if err := c.Settle(t.Context(), thread, "closed", true); err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		both.Go(func() {
			if err := c.Edit(t.Context(), thread, id, fmt.Sprint(n)); err != nil {
				t.Error(err)
			}
		})
		both.Go(func() {
			if err := c.Settle(t.Context(), thread, "assigned", false); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		if post, _ := s.srv.Channel(thread); post.Archived {
			t.Fatalf("round %d: the post is in the archive", n)
		}
	}
}

// What can never be edited is refused with its reason; the cap on old messages stops
// no edit of a newer one, and counts as no refusal for which Discord blocks.
func TestWhatCannotBeEditedIsRefused(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	limits := discordtest.DefaultLimits()
	limits.OldEdit.N = 1 // all edits here fit into one span of the channel's own limit
	s := newStage(t, discordtest.Options{Limits: &limits, Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	c, thread := s.client(), s.thread("HE-1")
	id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: "lama"})
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := s.sari.Post(thread, "halo", discordtest.PostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(message, why string) {
		t.Helper()
		if e := sendErr(t, c.Edit(t.Context(), thread, message, "baru")); e.Certainty != bridge.Refused || !strings.Contains(e.Reason, why) {
			t.Errorf("edit of %s: %+v, want refused: %s", message, e, why)
		}
	}
	refused("12345", "was deleted")
	refused(theirs.ID, "not the bot's own")
	ahead.Store(int64(2 * time.Hour))
	for range limits.OldEdit.N {
		if err := c.Edit(t.Context(), thread, id, "baru"); err != nil {
			t.Fatal(err)
		}
	}
	refused(id, "older than an hour")
	fresh, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: "segar"})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := c.Edit(t.Context(), thread, fresh, "diubah"); err != nil || time.Since(began) > 7*time.Second {
		t.Errorf("edit of a new message: %v after %s", err, time.Since(began))
	}
	if got := s.srv.Stats(); got.Errors[30046] != 1 || got.Invalid != 1 {
		t.Errorf("%d answers 30046, %d invalid requests", got.Errors[30046], got.Invalid)
	}
}
