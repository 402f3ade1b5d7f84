package discord

import (
	"context"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bot"
)

// formTime is what a handler has to make a form: people are looking, and the first
// answer must be there within 3 seconds.
const formTime = 700 * time.Millisecond

// Limits of forms and selects.
const (
	mostFormTitle = 45
	mostFields    = 5
	mostLabel     = 45
	mostHint      = 100
	mostTyped     = 4000
	mostChoices   = 25
	mostPrompt    = 150

	componentSelect = 3
	componentText   = 4
	textShort       = 1
	textLong        = 2
)

// filled is a part of a form that came back: a row or a field.
type filled struct {
	CustomID   string   `json:"custom_id"`
	Value      string   `json:"value"`
	Components []filled `json:"components"`
}

// fields are what was typed, by the field.
func fields(parts []filled, into map[string]string) {
	for _, p := range parts {
		if p.CustomID != "" {
			into[p.CustomID] = p.Value
		}
		fields(p.Components, into)
	}
}

// target is a message of a channel as a command of its menu is about it, with what it
// forwards.
func (m message) target(channel string) *bot.Target {
	m.Channel = channel
	out := &bot.Target{ID: m.ID, Author: m.Author.ID, Bot: m.Author.Bot, Text: m.Content, Files: m.staffFiles()}
	for _, s := range m.snapshots() {
		out.Text = strings.TrimSpace(out.Text + "\n" + s.Text)
		out.Files = append(out.Files, s.Files...)
	}
	return out
}

// form asks the handler for the form that an interaction opens.
func (c *Client) form(ctx context.Context, i interaction) (f bot.Form, ok bool) {
	former, is := c.bot.(bot.Former)
	if !is || i.Type == pressForm { // Discord shows no form after a form
		return f, false
	}
	defer func() {
		if v := recover(); v != nil {
			c.log.Error("an interaction broke", zap.Error(panicked("make form", v)), zap.String("interaction", i.ID))
			f, ok = bot.Form{}, false
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, formTime)
	defer cancel()
	return former.Form(ctx, i.forBot(c.now()))
}

type modalBody struct {
	CustomID   string      `json:"custom_id"`
	Title      string      `json:"title"`
	Components []component `json:"components"`
}

// encodeForm is a form as Discord takes it.
func encodeForm(f bot.Form) modalBody {
	out := modalBody{CustomID: f.ID, Title: clip(f.Title, mostFormTitle)}
	for _, field := range f.Fields[:min(len(f.Fields), mostFields)] {
		most := field.Most
		if most <= 0 || most > mostTyped {
			most = mostTyped
		}
		style := textShort
		if field.Long {
			style = textLong
		}
		required := !field.Optional
		in := component{
			Type: componentText, CustomID: field.ID, Style: style, Label: clip(field.Label, mostLabel), Placeholder: clip(field.Hint, mostHint),
			Value: clip(field.Value, most), Required: &required, MinLength: min(max(field.Least, 0), most), MaxLength: most,
		}
		out.Components = append(out.Components, component{Type: componentRow, Components: []component{in}})
	}
	return out
}

// selectRows are lists to choose from, a row each; empty and not null when there is none.
func selectRows(selects []bot.Select, locale string) []component {
	out := []component{}
	for _, s := range selects {
		least, most := max(s.Least, 1), max(s.Most, 1)
		options := make([]selectOption, 0, len(s.Options))
		for _, c := range s.Options[:min(len(s.Options), mostChoices)] {
			label, by := describe(c.Value, c.Label)
			if other := by[locale]; other != "" {
				label = other
			}
			o := selectOption{Label: label, Value: c.Value, Description: clip(c.Hint, mostHint), Default: c.Given}
			if c.Emoji != "" {
				o.Emoji = &emoji{Name: c.Emoji}
			}
			options = append(options, o)
		}
		most = min(most, len(options))
		in := component{
			Type: componentSelect, CustomID: s.ID, Placeholder: clip(s.Hint, mostPrompt), Options: options, MinValues: min(least, most), MaxValues: most,
		}
		out = append(out, component{Type: componentRow, Components: []component{in}})
	}
	return out
}
