package discordtest_test

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

var deskCommands = []*discordgo.ApplicationCommand{
	{Name: "ticket", Description: "tickets", Options: []*discordgo.ApplicationCommandOption{
		{Type: discordgo.ApplicationCommandOptionSubCommand, Name: "close", Description: "close it", Options: []*discordgo.ApplicationCommandOption{
			{Type: discordgo.ApplicationCommandOptionString, Name: "reason", Description: "why", Required: true},
			{Type: discordgo.ApplicationCommandOptionInteger, Name: "hours", Description: "when"},
		}},
	}},
	{Name: "Send to report", Type: discordgo.MessageApplicationCommand},
}

// whenUsed lets the bot react to every interaction in a goroutine of its own.
func (b *bot) whenUsed(act func(*discordgo.Interaction)) {
	b.AddHandler(func(_ *discordgo.Session, i *discordgo.InteractionCreate) {
		b.acting.Go(func() { act(i.Interaction) })
	})
}

func respond(t *testing.T, b *bot, i *discordgo.Interaction, kind discordgo.InteractionResponseType, data *discordgo.InteractionResponseData) {
	if err := b.InteractionRespond(i, &discordgo.InteractionResponse{Type: kind, Data: data}); err != nil {
		t.Errorf("respond: %v", err)
	}
}

func TestCommandIsAnsweredEphemerally(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := openBot(t, d.Server)
	registered := must(b.ApplicationCommandBulkOverwrite(d.ApplicationID(), d.GuildID(), deskCommands))(t)
	if len(registered) != 2 || !slices.Equal(d.Commands(), []string{"/ticket", "Send to report"}) {
		t.Fatalf("registered %+v", d.Commands())
	}
	listed := must(b.ApplicationCommands(d.ApplicationID(), d.GuildID()))(t)
	if listed[0].ID != registered[0].ID || len(listed[0].Options) != 1 {
		t.Fatalf("listed %+v", listed[0])
	}
	b.whenUsed(func(i *discordgo.Interaction) {
		data := i.ApplicationCommandData()
		text := data.Name
		switch data.CommandType {
		case discordgo.MessageApplicationCommand:
			text = "menu: " + data.Resolved.Messages[data.TargetID].Content
		case discordgo.ChatApplicationCommand:
			sub := data.Options[0]
			text = sub.Name + ": " + sub.Options[0].StringValue()
		}
		respond(t, b, i, discordgo.InteractionResponseChannelMessageWithSource,
			&discordgo.InteractionResponseData{Content: text + " by " + i.Member.User.Username, Flags: discordgo.MessageFlagsEphemeral})
	})

	a := must(d.sari.Command(t.Context(), d.general, "/ticket close", map[string]any{"reason": "done", "hours": 2}))(t)
	if a.Kind != "message" || a.Message.Content != "close: done by sari" || !a.Message.Ephemeral {
		t.Fatalf("answer %+v", a)
	}
	wantContents(t, d.Server, d.general)

	m := must(d.sari.Post(d.general, "rusak", discordtest.PostOptions{}))(t)
	a = must(d.sari.Context(t.Context(), m.ID, "Send to report"))(t)
	if a.Message.Content != "menu: rusak by sari" {
		t.Fatalf("answer %+v", a.Message)
	}
	if _, err := d.sari.Command(t.Context(), d.general, "ticket close", nil); err == nil {
		t.Fatal("a required option was left out")
	}
	if _, err := d.sari.Command(t.Context(), d.general, "ticket", nil); err == nil {
		t.Fatal("a subcommand was left out")
	}
}

// postButton lets the bot post a message with one button.
func postButton(t *testing.T, b *bot, channel, customID string) *discordgo.Message {
	t.Helper()
	return must(b.ChannelMessageSendComplex(channel, &discordgo.MessageSend{Content: "card", Components: []discordgo.MessageComponent{
		discordgo.ActionsRow{Components: []discordgo.MessageComponent{discordgo.Button{Label: "Go", CustomID: customID}}}}}))(t)
}

// A button may change its message, defer and follow up, or open a modal.
func TestButtons(t *testing.T) {
	d := newDesk(t, discordtest.Options{Limits: discordtest.NoLimits()})
	b := openBot(t, d.Server)
	b.whenUsed(func(i *discordgo.Interaction) {
		if i.Type == discordgo.InteractionModalSubmit {
			data := i.ModalSubmitData()
			input := data.Components[0].(*discordgo.ActionsRow).Components[0].(*discordgo.TextInput)
			respond(t, b, i, discordgo.InteractionResponseChannelMessageWithSource, &discordgo.InteractionResponseData{Content: input.CustomID + "=" + input.Value})
			return
		}
		switch i.MessageComponentData().CustomID {
		case "update":
			respond(t, b, i, discordgo.InteractionResponseUpdateMessage, &discordgo.InteractionResponseData{Content: "taken", Components: []discordgo.MessageComponent{}})
		case "defer":
			respond(t, b, i, discordgo.InteractionResponseDeferredChannelMessageWithSource, &discordgo.InteractionResponseData{Flags: discordgo.MessageFlagsEphemeral})
			if _, err := b.InteractionResponseEdit(i, &discordgo.WebhookEdit{Content: new("thought")}); err != nil {
				t.Errorf("edit deferred: %v", err)
			}
			if _, err := b.FollowupMessageCreate(i, true, &discordgo.WebhookParams{Content: "more"}); err != nil {
				t.Errorf("follow up: %v", err)
			}
			if err := b.InteractionResponseDelete(i); err != nil {
				t.Errorf("delete answer: %v", err)
			}
		case "later":
			respond(t, b, i, discordgo.InteractionResponseDeferredMessageUpdate, nil)
			if _, err := b.InteractionResponseEdit(i, &discordgo.WebhookEdit{Content: new("changed later")}); err != nil {
				t.Errorf("edit message clicked: %v", err)
			}
		case "modal":
			respond(t, b, i, discordgo.InteractionResponseModal, &discordgo.InteractionResponseData{CustomID: "form", Title: "Why", Components: []discordgo.MessageComponent{
				discordgo.ActionsRow{Components: []discordgo.MessageComponent{
					discordgo.TextInput{CustomID: "reason", Label: "Reason", Style: discordgo.TextInputShort, Required: new(true), MaxLength: 10}}}}})
		}
	})
	ctx := t.Context()

	card := postButton(t, b, d.general, "update")
	if a := must(d.sari.Click(ctx, card.ID, "update"))(t); a.Kind != "update" || a.Message.Content != "taken" || len(a.Message.Components) != 0 {
		t.Fatalf("update %+v", a)
	}

	card = postButton(t, b, d.general, "defer")
	a := must(d.sari.Click(ctx, card.ID, "defer"))(t)
	if a.Kind != "message" || a.Message.Content != "thought" || !a.Message.Ephemeral || a.Message.Thinking {
		t.Fatalf("deferred answer %+v", a)
	}
	if a = must(a.Next(ctx))(t); a.Kind != "message" || a.Message.Content != "more" {
		t.Fatalf("follow-up %+v", a)
	}
	if a = must(a.Next(ctx))(t); a.Kind != "deleted" {
		t.Fatalf("deletion %+v", a)
	}

	card = postButton(t, b, d.general, "later")
	if a = must(d.sari.Click(ctx, card.ID, "later"))(t); a.Kind != "deferred" {
		t.Fatalf("deferred update %+v", a)
	}
	if a = must(a.Next(ctx))(t); a.Kind != "update" || a.Message.ID != card.ID || a.Message.Content != "changed later" {
		t.Fatalf("late update %+v", a)
	}

	card = postButton(t, b, d.general, "modal")
	a = must(d.sari.Click(ctx, card.ID, "modal"))(t)
	if a.Kind != "modal" || a.Modal.CustomID != "form" || a.Modal.Fields[0].Label != "Reason" || !a.Modal.Fields[0].Required {
		t.Fatalf("modal %+v", a.Modal)
	}
	if _, err := d.sari.SubmitModal(ctx, "form", map[string]any{"reason": "far too long for it"}); err == nil {
		t.Fatal("a form with too long a text was sent")
	}
	if a = must(d.sari.SubmitModal(ctx, "form", map[string]any{"reason": "ok"}))(t); a.Message.Content != "reason=ok" {
		t.Fatalf("submitted: %+v", a.Message)
	}
	if _, err := d.sari.SubmitModal(ctx, "form", nil); err == nil {
		t.Fatal("a form was sent twice")
	}
	if _, err := d.sari.Click(ctx, card.ID, "nothing"); err == nil {
		t.Fatal("a button that is not there was clicked")
	}
}

// Labels and selects in a modal are sent as raw JSON, which discordgo cannot
// build.
func TestModalWithLabelAndSelect(t *testing.T) {
	d := newDesk(t, discordtest.Options{})
	b := openBot(t, d.Server)
	card := postButton(t, b, d.general, "go")
	type submit struct {
		Type int
		Data struct {
			Components []struct {
				Component struct {
					CustomID string `json:"custom_id"`
					Values   []string
				}
			}
		}
	}
	b.AddHandler(func(_ *discordgo.Session, e *discordgo.Event) {
		if e.Type != "INTERACTION_CREATE" {
			return
		}
		var s submit
		var i struct{ ID, Token string }
		if err := errors.Join(json.Unmarshal(e.RawData, &s), json.Unmarshal(e.RawData, &i)); err != nil {
			t.Error(err)
		}
		answer := `{"type":9,"data":{"custom_id":"f","title":"Team","components":[{"type":18,"label":"Which","component":{"type":3,"custom_id":"team","options":[{"label":"POS","value":"pos"},{"label":"BI","value":"bi"}]}}]}}`
		if s.Type == 5 {
			answer = `{"type":4,"data":{"content":"` + s.Data.Components[0].Component.Values[0] + `"}}`
		}
		url := discordgo.EndpointInteractionResponse(i.ID, i.Token)
		b.acting.Go(func() {
			if _, err := b.RequestWithBucketID("POST", url, json.RawMessage(answer), url); err != nil {
				t.Error(err)
			}
		})
	})
	a := must(d.sari.Click(t.Context(), card.ID, "go"))(t)
	if f := a.Modal.Fields[0]; f.Label != "Which" || len(f.Options) != 2 {
		t.Fatalf("field %+v", f)
	}
	if _, err := d.sari.SubmitModal(t.Context(), "f", map[string]any{"team": "hr"}); err == nil {
		t.Fatal("an option that is not there was chosen")
	}
	a = must(d.sari.SubmitModal(t.Context(), "f", map[string]any{"team": []any{"bi"}}))(t)
	if a.Message.Content != "bi" {
		t.Fatalf("answer %+v", a.Message)
	}
}

// The first answer must come within 3 s, only once, and its token dies after
// 15 minutes; all without waiting, in a bubble.
func TestInteractionDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pipe := discordtest.NewPipe()
		d := newDesk(t, discordtest.Options{Listener: pipe})
		b := newBot(t, d.Server, pipe.DialContext)
		b.ShouldReconnectOnError = false
		if err := b.Open(); err != nil {
			t.Fatal(err)
		}
		got := make(chan *discordgo.Interaction, 1)
		b.whenUsed(func(i *discordgo.Interaction) { got <- i })
		card := postButton(t, b, d.general, "slow")
		text := &discordgo.InteractionResponse{Type: discordgo.InteractionResponseChannelMessageWithSource, Data: &discordgo.InteractionResponseData{Content: "x"}}

		if _, err := d.sari.Click(t.Context(), card.ID, "slow"); !errors.Is(err, discordtest.ErrInteractionFailed) {
			t.Fatalf("nobody answered, the person saw %v", err)
		}
		late := <-got
		if err := b.InteractionRespond(late, text); code(err) != 10062 {
			t.Fatalf("answer after 3 s: %v", err)
		}

		answers := make(chan discordtest.Answer, 1)
		go func() { a, _ := d.sari.Click(t.Context(), card.ID, "slow"); answers <- a }()
		i := <-got
		if err := b.InteractionRespond(i, text); err != nil {
			t.Fatal(err)
		}
		if a := <-answers; a.Kind != "message" {
			t.Fatalf("answer %+v", a)
		}
		if err := b.InteractionRespond(i, text); code(err) != 40060 {
			t.Fatalf("second answer: %v", err)
		}
		time.Sleep(14 * time.Minute)
		if _, err := b.InteractionResponseEdit(i, &discordgo.WebhookEdit{Content: new("still")}); err != nil {
			t.Fatalf("edit after 14 min: %v", err)
		}
		time.Sleep(2 * time.Minute)
		if _, err := b.InteractionResponseEdit(i, &discordgo.WebhookEdit{Content: new("too late")}); code(err) != 50027 {
			t.Fatalf("edit after 16 min: %v", err)
		}
		d.Close()
		time.Sleep(2 * time.Second) // discordgo notices and sleeps a second of bubble time
	})
}
