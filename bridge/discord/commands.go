package discord

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"reflect"

	"github.com/haloerzap/halo/bot"
)

// command is one slash command as Discord keeps it.
type command struct {
	Name        string            `json:"name"`
	Names       map[string]string `json:"name_localizations,omitempty"`
	Description string            `json:"description"`
	Locales     map[string]string `json:"description_localizations,omitempty"`
	Type        int               `json:"type"`
	Options     []commandOption   `json:"options,omitempty"`
}

type commandOption struct {
	Type        int               `json:"type"`
	Name        string            `json:"name"`
	Names       map[string]string `json:"name_localizations,omitempty"`
	Description string            `json:"description"`
	Locales     map[string]string `json:"description_localizations,omitempty"`
	Required    bool              `json:"required,omitempty"`
	Completes   bool              `json:"autocomplete,omitempty"`
	Choices     []choice          `json:"choices,omitempty"`
	Options     []commandOption   `json:"options,omitempty"`
}

type choice struct {
	Name  string            `json:"name"`
	Names map[string]string `json:"name_localizations,omitempty"`
	Value any               `json:"value"`
}

const (
	commandChat     = 1
	commandMessage  = 3
	mostDescription = 100
	defaultLocale   = "id"
)

// register makes the guild's commands what they should be, once per run, with
// one request, and none if they already are.
func (c *Client) register(ctx context.Context) {
	if c.cmds == nil {
		return
	}
	select {
	case <-c.appSet:
	case <-ctx.Done():
		return
	}
	err := c.patiently(ctx, func() error { return c.putCommands(ctx) }, func(err error) bool {
		e, ok := errors.AsType[*apiError](err)
		return ok && e.Status == http.StatusBadRequest && e.Code != 0
	})
	if err != nil && ctx.Err() == nil {
		c.log.Error("the commands could not be registered", errField(err))
	}
}

func (c *Client) putCommands(ctx context.Context) error {
	path := "/applications/" + *c.app.Load() + "/guilds/" + c.guild + "/commands"
	var have []command
	if err := c.rest.do(ctx, "read commands", http.MethodGet, path+"?with_localizations=true", nil, &have); err != nil {
		return err
	}
	want := make([]command, 0, len(c.cmds))
	for _, cmd := range c.cmds {
		want = append(want, translate(cmd))
	}
	if sameCommands(have, want) {
		return nil
	}
	return c.rest.do(ctx, "register commands", http.MethodPut, path, want, nil)
}

func translate(cmd bot.Command) command {
	if cmd.OnMessage {
		return command{Name: cmd.Name, Names: cmd.Names, Type: commandMessage}
	}
	text, locales := describe(cmd.Name, cmd.Description)
	out := command{Name: cmd.Name, Names: cmd.Names, Description: text, Locales: locales, Type: commandChat}
	out.Options = inside(cmd)
	return out
}

var optionTypes = map[bot.OptionKind]int{bot.OptionText: optionText, bot.OptionUser: optionUser, bot.OptionNumber: optionNumber}

func inside(cmd bot.Command) []commandOption {
	var out []commandOption
	for _, sub := range cmd.Sub {
		text, locales := describe(sub.Name, sub.Description)
		o := commandOption{Type: optionSub, Name: sub.Name, Names: sub.Names, Description: text, Locales: locales, Options: inside(sub)}
		if len(sub.Sub) > 0 {
			o.Type = optionGroup
		}
		out = append(out, o)
	}
	for _, required := range []bool{true, false} { // Discord wants the required ones first
		for _, opt := range cmd.Options {
			if opt.Required != required {
				continue
			}
			text, locales := describe(opt.Name, opt.Description)
			o := commandOption{
				Type: optionTypes[opt.Kind], Name: opt.Name, Names: opt.Names, Description: text, Locales: locales, Required: opt.Required,
			}
			// Discord takes one or the other, and nothing else of a person.
			o.Completes = opt.Complete != "" && len(opt.Choices) == 0 && opt.Kind != bot.OptionUser
			for _, ch := range opt.Choices {
				label, labels := describe(ch.Value, ch.Label)
				o.Choices = append(o.Choices, choice{label, labels, ch.Value})
			}
			out = append(out, o)
		}
	}
	return out
}

// describe is a description in the default language, and in all.
func describe(name string, by map[string]string) (string, map[string]string) {
	locales := make(map[string]string, len(by))
	for locale, text := range by {
		locales[locale] = clip(text, mostDescription)
	}
	text := locales[defaultLocale]
	for _, other := range []string{"en-US", "en-GB"} {
		if text == "" {
			text = locales[other]
		}
	}
	if text == "" {
		text = name // Discord refuses an empty one
	}
	if len(locales) == 0 {
		locales = nil
	}
	return text, locales
}

func sameCommands(have, want []command) bool {
	byName := map[string]command{}
	for _, cmd := range have {
		byName[cmd.Name] = cmd
	}
	if len(have) != len(want) || len(byName) != len(have) {
		return false
	}
	for _, cmd := range want {
		if !sameCommand(byName[cmd.Name], cmd) {
			return false
		}
	}
	return true
}

func sameCommand(a, b command) bool {
	return a.Name == b.Name && a.Description == b.Description && max(a.Type, 1) == max(b.Type, 1) &&
		maps.Equal(a.Names, b.Names) && maps.Equal(a.Locales, b.Locales) && sameOptions(a.Options, b.Options)
}

func sameOptions(a, b []commandOption) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := a[i], b[i]
		if x.Type != y.Type || x.Name != y.Name || x.Description != y.Description || x.Required != y.Required || x.Completes != y.Completes ||
			!maps.Equal(x.Names, y.Names) || !maps.Equal(x.Locales, y.Locales) || !sameOptions(x.Options, y.Options) ||
			len(x.Choices)+len(y.Choices) > 0 && !reflect.DeepEqual(x.Choices, y.Choices) {
			return false
		}
	}
	return true
}
