package discord

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

const (
	editAnswerRoute = "PATCH /webhooks/{webhook_id}/{webhook_token}/messages/@original"
	followUpRoute   = "POST /webhooks/{webhook_id}/{webhook_token}"
)

// answerStage is a stage whose bot knows someCommands and answers by handle.
func answerStage(t *testing.T, o discordtest.Options, handle func(bot.Interaction) bot.Answer) (s *stage, thread string) {
	t.Helper()
	s = newStage(t, o)
	s.opts.Commands = someCommands
	s.opts.Bot = handlerFunc(func(_ context.Context, i bot.Interaction) bot.Answer { return handle(i) })
	thread = s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	return s, thread
}

func picture(words string) bot.File {
	return bot.File{Name: "qr.png", Type: "image/png", Description: "a picture", Data: []byte("\x89PNG\r\n\x1a\n" + words)}
}

// files are what a person opens of a message.
func (s *stage) files(m *discordtest.Message) (all []string) {
	if m == nil {
		return nil
	}
	for _, a := range m.Attachments {
		data, _ := s.srv.File(a.ID)
		all = append(all, a.Filename+" "+a.ContentType+" "+strings.TrimPrefix(string(data), "\x89PNG\r\n\x1a\n"))
	}
	return all
}

// An answer goes on: its picture is replaced, and the last word has neither picture
// nor buttons. Nobody else ever sees any of it.
func TestAnAnswerGoesOn(t *testing.T) {
	t.Parallel()
	next := make(chan bot.Answer)
	s, thread := answerStage(t, discordtest.Options{}, func(bot.Interaction) bot.Answer {
		return bot.Answer{
			Text: "first", Files: []bot.File{picture("one")},
			Buttons: []bot.Button{{ID: "a", Label: "A"}, {ID: "b", Label: "B", Emoji: "🔁", Style: "primary"}, {ID: "c", Label: "C", Row: true}},
			Follow: func(_ context.Context, show func(bot.Answer) error) {
				for a := range next {
					if err := show(a); err != nil {
						t.Error(err)
					}
				}
			},
		}
	})
	a, err := s.sari.Command(t.Context(), thread, "queue", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.files(a.Message); !a.Message.Ephemeral || a.Message.Content != "first" || !slices.Equal(got, []string{"qr.png image/png one"}) ||
		a.Message.Attachments[0].Description != "a picture" {
		t.Errorf("shown %+v with %q", a.Message, got)
	}
	var rows []int
	for _, row := range a.Message.Components {
		rows = append(rows, len(row.Components))
	}
	if b, ok := a.Message.Button("B"); !ok || !slices.Equal(rows, []int{2, 1}) || b.CustomID != "b" {
		t.Errorf("rows of %v buttons, B is %+v", rows, b)
	}

	next <- bot.Answer{Text: "second", Files: []bot.File{picture("two")}}
	a, err = a.Next(t.Context())
	if got := s.files(a.Message); err != nil || a.Message.Content != "second" || !slices.Equal(got, []string{"qr.png image/png two"}) || len(a.Message.Components) > 0 {
		t.Errorf("then %+v with %q, %v", a.Message, got, err)
	}
	dewi := s.srv.AddMember("dewi", "CS Agent")
	if seen := s.sari.Whispers(thread); len(seen) != 1 || seen[0].Content != "second" || len(seen[0].Attachments) != 1 {
		t.Errorf("sari sees %+v", seen)
	}
	if seen := dewi.Whispers(thread); len(seen) > 0 {
		t.Errorf("dewi sees %+v", seen)
	}
	if _, err := dewi.Click(t.Context(), a.Message.ID, "a"); err == nil {
		t.Error("dewi can press a button she does not see")
	}
	for _, m := range s.srv.History(thread) {
		if m.Ephemeral || len(m.Attachments) > 0 {
			t.Errorf("in the channel stands %+v", m)
		}
	}

	next <- bot.Answer{Text: "over"}
	a, err = a.Next(t.Context())
	if err != nil || a.Message.Content != "over" || len(a.Message.Attachments)+len(a.Message.Components) > 0 {
		t.Errorf("at last %+v, %v", a.Message, err)
	}
	close(next)
}

// A button of an answer changes that answer, also after the bot began anew; a button
// in the channel is answered below.
func TestAnAnswerTakesItsPlace(t *testing.T) {
	t.Parallel()
	handle := func(i bot.Interaction) bot.Answer {
		if i.Button == "quiet" {
			return bot.Answer{}
		}
		return bot.Answer{Text: "after " + i.Command + i.Button, Buttons: []bot.Button{{ID: "more", Label: "More"}, {ID: "quiet", Label: "Quiet"}},
			Follow: func(_ context.Context, show func(bot.Answer) error) {
				if i.Button == "inside" {
					_ = show(bot.Answer{Text: "and on"})
				}
			}}
	}
	s, thread := answerStage(t, discordtest.Options{}, handle)
	first, err := s.sari.Command(t.Context(), thread, "queue", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.ready()
	deferred, err := s.sari.Click(t.Context(), first.Message.ID, "more")
	if err != nil {
		t.Fatal(err)
	}
	changed, err := deferred.Next(t.Context())
	if err != nil || changed.Kind != "update" || changed.Message.ID != first.Message.ID || changed.Message.Content != "after more" {
		t.Errorf("%+v, %v", changed, err)
	}
	// What shows by itself leaves the answer as it is.
	if _, err := s.sari.Click(t.Context(), first.Message.ID, "quiet"); err != nil {
		t.Error(err)
	}

	public, err := s.c.Say(t.Context(), bridge.Message{Channel: thread, Content: "?", Buttons: []bridge.Button{{ID: "inside", Label: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	deferred, err = s.sari.Click(t.Context(), public, "inside")
	if err != nil {
		t.Fatal(err)
	}
	below, err := deferred.Next(t.Context())
	if err != nil || !below.Message.Ephemeral || below.Message.ID == public {
		t.Fatalf("%+v, %v", below, err)
	}
	below, err = below.Next(t.Context())
	if err != nil || below.Message.Content != "and on" {
		t.Errorf("%+v, %v", below, err)
	}
	if m, _ := s.srv.Message(public); m.Content != "?" || len(m.Components) == 0 {
		t.Errorf("the message in the channel became %+v", m)
	}
	if seen := s.sari.Whispers(thread); len(seen) != 2 || seen[0].Content != "after more" || seen[1].Content != "and on" {
		t.Errorf("sari sees %+v", seen)
	}
}

// When the program ends, what goes on ends with a last word.
func TestTheLastWord(t *testing.T) {
	t.Parallel()
	s, thread := answerStage(t, discordtest.Options{}, func(bot.Interaction) bot.Answer {
		return bot.Answer{Text: "first", Follow: func(ctx context.Context, show func(bot.Answer) error) {
			<-ctx.Done()
			if err := show(bot.Answer{Text: "over"}); err != nil {
				t.Error(err)
			}
		}}
	})
	if _, err := s.sari.Command(t.Context(), thread, "queue", nil); err != nil {
		t.Fatal(err)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	if seen := s.sari.Whispers(thread); len(seen) != 1 || seen[0].Content != "over" {
		t.Errorf("sari sees %+v", seen)
	}
}

// However many answers go on, others are answered meanwhile.
func TestAnswersThatGoOnHoldNobodyUp(t *testing.T) {
	t.Parallel()
	s, thread := answerStage(t, discordtest.Options{NoSpec: true}, func(bot.Interaction) bot.Answer {
		return bot.Answer{Text: "first", Follow: func(ctx context.Context, _ func(bot.Answer) error) { <-ctx.Done() }}
	})
	for range atWork + 1 {
		if a, err := s.sari.Command(t.Context(), thread, "queue", nil); err != nil || a.Message == nil {
			t.Fatalf("answered %+v, %v", a, err)
		}
	}
}

// What Discord does not confirm is shown again where that is harmless: a person
// never sees two of one answer. A sequel that breaks is told of.
func TestAnAnswerIsShownOnce(t *testing.T) {
	t.Parallel()
	s, thread := answerStage(t, discordtest.Options{}, func(i bot.Interaction) bot.Answer {
		a := bot.Answer{Text: "ok"}
		if i.Command == "queue" {
			a.Follow = func(context.Context, func(bot.Answer) error) { panic("boom") }
		}
		return a
	})
	s.srv.Inject(discordtest.Failure{Route: editAnswerRoute, Status: 500, N: 2})
	s.srv.Inject(discordtest.Failure{Route: editAnswerRoute, Lost: true, Applied: true})
	a, err := s.sari.Command(t.Context(), thread, "ticket close", nil)
	if err != nil || a.Message.Content != "ok" {
		t.Errorf("%+v, %v", a, err)
	}
	public, err := s.c.Say(t.Context(), bridge.Message{Channel: thread, Content: "?", Buttons: []bridge.Button{{ID: "x", Label: "x"}}})
	if err != nil {
		t.Fatal(err)
	}
	s.srv.Inject(discordtest.Failure{Route: followUpRoute, Lost: true, Applied: true})
	if _, err := s.sari.Click(t.Context(), public, "x"); err != nil {
		t.Error(err)
	}
	s.until("the answer stands there", func() bool { return len(s.sari.Whispers(thread)) == 2 })

	a, err = s.sari.Command(t.Context(), thread, "queue", nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, err = a.Next(t.Context()); err != nil || !strings.Contains(a.Message.Content, "went wrong") {
		t.Errorf("a sequel that breaks shows %+v, %v", a.Message, err)
	}
	if seen := s.sari.Whispers(thread); len(seen) != 3 {
		t.Errorf("sari sees %d answers, want 3: %+v", len(seen), seen)
	}
}

// Discord is slow and everything else of the desk is busy: a person still sees within
// a second that the desk is at work.
func TestAcknowledgedWithinASecond(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	s, thread := answerStage(t, discordtest.Options{NoSpec: true}, func(bot.Interaction) bot.Answer { <-release; return bot.Answer{Text: "ok"} })
	s.srv.SetFaults(discordtest.Faults{Latency: 300 * time.Millisecond})
	busy, stop := context.WithCancel(t.Context())
	defer stop()
	for range 100 {
		go func() { _ = s.c.rest.do(busy, "read", "GET", "/users/@me", nil, nil) }()
	}
	const people = 5
	// On a machine that is busy itself a second is not a second: what one plain
	// request takes now says how much.
	began := time.Now()
	if err := s.c.rest.do(t.Context(), "answer", "GET", "/webhooks/1/unknown/messages/@original", nil, nil); !isStatus(err, 404) {
		t.Fatal(err)
	}
	limit := max(time.Second, 4*time.Since(began))
	done := make(chan error, people)
	for range people {
		go func() {
			_, err := s.sari.Command(t.Context(), thread, "queue", nil)
			done <- err
		}()
	}
	if !soon(limit, func() bool { return s.srv.Stats().Requests[callbackRoute] == people }) {
		t.Errorf("%d of %d acknowledged within %s", s.srv.Stats().Requests[callbackRoute], people, limit)
	}
	close(release)
	for range people {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
