package discord

import (
	"context"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// A clerk opens forms for some interactions and answers the others.
type clerk struct {
	form   func(context.Context, bot.Interaction) (bot.Form, bool)
	handle func(bot.Interaction) bot.Answer
}

func (c clerk) Form(ctx context.Context, i bot.Interaction) (bot.Form, bool) { return c.form(ctx, i) }
func (c clerk) Handle(_ context.Context, i bot.Interaction) bot.Answer       { return c.handle(i) }

var resolveForm = bot.Form{ID: "resolve|HE-1", Title: "Selesaikan", Fields: []bot.Field{
	{ID: "summary", Label: "Ringkasan", Hint: "satu kalimat", Most: 200},
	{ID: "solution", Label: "Solusi", Value: "sudah di", Long: true, Optional: true},
}}

// A command and a button open a form at once; what is filled in comes back with what
// the form is about, and only then is anything handled.
func TestAFormIsFilledIn(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = []bot.Command{{Name: "resolve", Description: map[string]string{"id": "Selesaikan"}}}
	handled := make(chan bot.Interaction, 9)
	s.opts.Bot = clerk{
		form: func(_ context.Context, i bot.Interaction) (bot.Form, bool) {
			return resolveForm, i.Command == "resolve" || i.Button == "resolve"
		},
		handle: func(i bot.Interaction) bot.Answer {
			handled <- i
			return bot.Answer{Text: "Beres: " + i.Fields["summary"]}
		},
	}
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	button, err := s.c.Say(t.Context(), bridge.Message{Channel: thread, Content: "?", Buttons: []bridge.Button{{ID: "resolve", Label: "Selesaikan"}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func() (discordtest.Answer, error){
		"command": func() (discordtest.Answer, error) { return s.sari.Command(t.Context(), thread, "resolve", nil) },
		"button":  func() (discordtest.Answer, error) { return s.sari.Click(t.Context(), button, "resolve") },
	} {
		shown, err := open()
		if err != nil || shown.Modal == nil {
			t.Fatalf("%s: %+v, %v", name, shown, err)
		}
		f := shown.Modal.Fields
		if shown.Modal.Title != "Selesaikan" || len(f) != 2 || f[0].Label != "Ringkasan" || !f[0].Required || f[0].MaxLength != 200 || f[1].Value != "sudah di" || f[1].Required {
			t.Errorf("%s: form %+v", name, shown.Modal)
		}
		if len(handled) != 0 {
			t.Errorf("%s: handled before it was filled in", name)
		}
		answer, err := s.sari.SubmitModal(t.Context(), "resolve|HE-1", map[string]any{"summary": "stok minus", "solution": "sudah dihitung ulang"})
		if err == nil && answer.Message == nil { // acknowledged first
			answer, err = answer.Next(t.Context())
		}
		if err != nil || answer.Message == nil || answer.Message.Content != "Beres: stok minus" || !answer.Message.Ephemeral {
			t.Errorf("%s: answer %+v, %v", name, answer, err)
		}
		i := <-handled
		if i.Form != "resolve|HE-1" || i.Channel != thread || i.User != s.sari.ID() || i.Command != "" || i.Button != "" ||
			!maps.Equal(i.Fields, map[string]string{"summary": "stok minus", "solution": "sudah dihitung ulang"}) {
			t.Errorf("%s: handled %+v", name, i)
		}
	}
}

// What a form would be filled with does not keep people waiting.
func TestAFormDoesNotWaitForItsContents(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = []bot.Command{{Name: "resolve", Description: map[string]string{"id": "Selesaikan"}}}
	s.opts.Bot = clerk{form: func(ctx context.Context, _ bot.Interaction) (bot.Form, bool) {
		select {
		case <-ctx.Done(): // the store is slow
		case <-time.After(time.Minute):
		}
		return resolveForm, true
	}}
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	if shown, err := s.sari.Command(t.Context(), thread, "resolve", nil); err != nil || shown.Modal == nil {
		t.Errorf("shown %+v, %v", shown, err)
	}
}

func TestAListIsChosenFrom(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = []bot.Command{{Name: "classify", Description: map[string]string{"id": "Golongkan"}}}
	label := func(id, en string) map[string]string { return map[string]string{"id": id, "en-US": en} }
	s.opts.Bot = handlerFunc(func(_ context.Context, i bot.Interaction) bot.Answer {
		if i.Button == "class" {
			return bot.Answer{Text: "Golongan: " + i.Values[0]}
		}
		return bot.Answer{Text: "Golongan?", Selects: []bot.Select{{ID: "class", Hint: "pilih satu", Options: []bot.Choice{
			{Value: "easy", Label: label("Mudah", "Easy"), Hint: "30 menit"}, {Value: "hard", Label: label("Sulit", "Hard"), Emoji: "🔥"},
		}}}, Buttons: []bot.Button{{ID: "later", Label: "Nanti"}}}
	})
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	shown, err := s.sari.Command(t.Context(), thread, "classify", nil)
	if err != nil || shown.Message == nil {
		t.Fatalf("shown %+v, %v", shown, err)
	}
	list := shown.Message.Components[0].Components[0]
	if len(list.Options) != 2 || list.Options[0].Label != "Mudah" || list.Options[1].Value != "hard" {
		t.Errorf("list %+v", list)
	}
	answer, err := s.sari.Click(t.Context(), shown.Message.ID, "class", "hard")
	if err == nil && answer.Kind == "deferred" {
		answer, err = answer.Next(t.Context())
	}
	if err != nil || answer.Message == nil || answer.Message.Content != "Golongan: hard" || len(answer.Message.Components) != 0 {
		t.Errorf("answer %+v, %v", answer, err)
	}
}

func TestACommandOnAMessage(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = []bot.Command{{Name: "Make it a note", Names: map[string]string{"id": "Jadikan catatan"}, OnMessage: true}}
	var got bot.Interaction
	s.opts.Bot = handlerFunc(func(_ context.Context, i bot.Interaction) bot.Answer { got = i; return bot.Answer{Text: "ok"} })
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	posted, err := s.sari.Post(thread, "ini rahasia", discordtest.PostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if shown, err := s.sari.Context(t.Context(), posted.ID, "Make it a note"); err != nil || shown.Message == nil || shown.Message.Content != "ok" {
		t.Fatalf("shown %+v, %v", shown, err)
	}
	if want := (bot.Target{ID: posted.ID, Author: s.sari.ID(), Text: "ini rahasia"}); got.Target == nil || !reflect.DeepEqual(*got.Target, want) || got.Command != "Make it a note" {
		t.Errorf("handled %+v, target %+v", got, got.Target)
	}
	posted, err = s.sari.Post(thread, "layarnya", discordtest.PostOptions{Files: []discordtest.File{{Name: "layar.png", Data: []byte("png")}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.sari.Context(t.Context(), posted.ID, "Make it a note"); err != nil {
		t.Fatal(err)
	}
	if got.Target == nil || len(got.Target.Files) != 1 || got.Target.Files[0].Name != "layar.png" || got.Target.Files[0].Size != 3 || !strings.Contains(string(got.Target.Files[0].Ref), posted.ID) || !strings.Contains(string(got.Target.Files[0].Ref), thread) {
		t.Errorf("with a file the target is %+v", got.Target)
	}
}

// Names of commands, options and choices are registered in each language, and users and
// numbers can be arguments.
func TestCommandsHaveNamesInEachLanguage(t *testing.T) {
	t.Parallel()
	s := newStage(t, discordtest.Options{})
	s.opts.Commands = []bot.Command{{Name: "ticket", Names: map[string]string{"id": "tiket"}, Description: map[string]string{"id": "Tiket"}, Sub: []bot.Command{
		{Name: "transfer", Names: map[string]string{"id": "serahkan"}, Description: map[string]string{"id": "Serahkan"}, Options: []bot.Option{
			{Name: "to", Names: map[string]string{"id": "kepada"}, Description: map[string]string{"id": "Kepada"}, Kind: bot.OptionUser, Required: true},
			{Name: "minutes", Description: map[string]string{"id": "Menit"}, Kind: bot.OptionNumber},
			{Name: "class", Description: map[string]string{"id": "Golongan"}, Choices: []bot.Choice{{Value: "easy", Label: map[string]string{"id": "Mudah", "en-US": "Easy"}}}},
		}},
	}}}
	var got bot.Interaction
	s.opts.Bot = handlerFunc(func(_ context.Context, i bot.Interaction) bot.Answer { got = i; return bot.Answer{Text: "ok"} })
	thread := s.thread("HE-1")
	s.ready()
	s.until("the commands are registered", func() bool { return len(s.srv.Commands()) > 0 })
	if _, err := s.sari.Command(t.Context(), thread, "ticket transfer", map[string]any{"to": s.sari.ID(), "minutes": 30, "class": "easy"}); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"to": s.sari.ID(), "minutes": "30", "class": "easy"}; !maps.Equal(got.Options, want) {
		t.Errorf("options %v, want %v", got.Options, want)
	}
	before := s.srv.Stats().Requests["PUT /applications/{application_id}/guilds/{guild_id}/commands"]
	if err := s.c.putCommands(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := s.srv.Stats().Requests["PUT /applications/{application_id}/guilds/{guild_id}/commands"]; after != before {
		t.Error("the same commands were registered again")
	}
}
