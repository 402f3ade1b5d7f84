package discord

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// looksLike is a message as people see it: its words, its cards' titles and its rows of
// buttons.
func looksLike(t *testing.T, s *stage, id string) string {
	t.Helper()
	m, ok := s.srv.Message(id)
	if !ok || m.Deleted {
		return "(gone)"
	}
	out := []string{m.Content}
	for _, e := range m.Embeds {
		out = append(out, "<"+e.Title+">")
	}
	for _, row := range m.Components {
		var labels []string
		for _, b := range row.Components {
			labels = append(labels, b.Label)
		}
		out = append(out, fmt.Sprint(labels))
	}
	return strings.Join(out, " ")
}

// A message of ours shows what it is made to show, card and buttons with it, also in an
// archived post, which stays there.
func TestAnUpdateChangesWordsCardAndButtons(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	c := s.client()
	buttons := []bridge.Button{{ID: "d", Label: "Tutup", Row: 3}, {ID: "a", Label: "Easy", Row: 1}, {ID: "b", Label: "Hard", Row: 1}, {ID: "c", Label: "Terima"}}
	thread, err := c.CreatePost(t.Context(), bridge.Post{Forum: s.forum, Title: "HE-1 · Ana", Message: bridge.Message{Card: &bridge.Card{Title: "Baru"}, Buttons: buttons}})
	if err != nil {
		t.Fatal(err)
	}
	if got := looksLike(t, s, thread); got != " <Baru> [Terima] [Easy Hard] [Tutup]" {
		t.Errorf("the post begins with %q", got)
	}
	for range 2 {
		if err := c.Update(t.Context(), thread, bridge.Message{Channel: thread, Content: "hai @everyone " + s.sari.Mention(), Card: &bridge.Card{Title: "Ditangani"}, Buttons: buttons[:1]}); err != nil {
			t.Fatal(err)
		}
	}
	if got := looksLike(t, s, thread); got != "hai @everyone "+s.sari.Mention()+" <Ditangani> [Tutup]" {
		t.Errorf("then it shows %q", got)
	}
	if m, _ := s.srv.Message(thread); m.Pings.Everyone || len(m.Pings.Users) > 0 {
		t.Errorf("pinged %+v", m.Pings)
	}
	if err := c.Arrange(t.Context(), thread, bridge.PostState{Archived: true}); err != nil {
		t.Fatal(err)
	}
	if err := c.Update(t.Context(), thread, bridge.Message{Channel: thread, Card: &bridge.Card{Title: "Ditutup"}}); err != nil {
		t.Fatal(err)
	}
	post, _ := s.srv.Channel(thread)
	if got := looksLike(t, s, thread); got != " <Ditutup>" || !post.Archived {
		t.Errorf("in the archive it shows %q, archived: %v", got, post.Archived)
	}
}

// What is deleted is refused, deleting twice is deleting once, and Discord's cap on old
// messages makes an update wait without harm to others.
func TestAnUpdateThatHasToWait(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	limits := discordtest.DefaultLimits()
	limits.OldEdit.N = 1
	s := newStage(t, discordtest.Options{Limits: &limits, Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }})
	c, thread := s.client(), s.thread("HE-1")
	say := func(words string) string {
		t.Helper()
		id, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: words})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	old, gone := say("lama"), say("hilang")
	for range 2 {
		if err := c.Delete(t.Context(), thread, gone); err != nil {
			t.Fatal(err)
		}
	}
	update := func(id, words string) error {
		return c.Update(t.Context(), id, bridge.Message{Channel: thread, Content: words})
	}
	if e := sendErr(t, update(gone, "x")); e.Certainty != bridge.Refused {
		t.Errorf("update of what is gone: %+v", e)
	}
	ahead.Store(int64(2 * time.Hour))
	if err := update(old, "baru"); err != nil {
		t.Fatal(err)
	}
	if e := sendErr(t, update(old, "lebih baru")); e.Certainty != bridge.Blocked || e.RetryAfter < oldEditsPause {
		t.Errorf("update of what is too old: %+v", e)
	}
	fresh := say("segar")
	if err := update(fresh, "diubah"); err != nil {
		t.Fatal(err)
	}
	got := []string{looksLike(t, s, old), looksLike(t, s, gone), looksLike(t, s, fresh)}
	if want := []string{"baru", "(gone)", "diubah"}; !slices.Equal(got, want) {
		t.Errorf("the messages show %q, want %q", got, want)
	}
}
