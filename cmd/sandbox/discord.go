package main

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

func (s *sandbox) getChannels(*http.Request) (any, error) {
	return s.channels(), nil
}

// A channelView is a channel or thread with the staff who see it, by name.
type channelView struct {
	discordtest.Channel
	VisibleTo []string `json:"visible_to"`
}

func (s *sandbox) channels() []channelView {
	out := []channelView{}
	people := s.people()
	for _, c := range s.discord.Channels() {
		v := channelView{c, []string{}}
		for _, m := range people {
			if m.Sees(c.ID) {
				v.VisibleTo = append(v.VisibleTo, m.Name())
			}
		}
		out = append(out, v)
	}
	return out
}

func (s *sandbox) channel(id string) (discordtest.Channel, error) {
	c, known := s.discord.Channel(id)
	if !known {
		return c, notFound("no channel or thread has the id %q", id)
	}
	return c, nil
}

func (s *sandbox) getChannelMessages(r *http.Request) (any, error) {
	c, err := s.channel(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	out := append([]discordtest.Message{}, s.discord.Messages(c.ID)...)
	if name := r.URL.Query().Get("as"); name != "" {
		who, err := s.colleague(name)
		if err != nil {
			return nil, err
		}
		out = append(out, who.Whispers(c.ID)...)
		slices.SortStableFunc(out, func(a, b discordtest.Message) int {
			return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
		})
	}
	return inChannelView(out), nil
}

// interaction is a use of a command, a component, a form or a message menu.
type interaction struct {
	As       string         `json:"as"`
	Channel  string         `json:"channel"`
	Command  string         `json:"command"`
	Options  map[string]any `json:"options"`
	Message  string         `json:"message"`
	CustomID string         `json:"custom_id"`
	Values   []string       `json:"values"`
	Modal    string         `json:"modal"`
	Fields   map[string]any `json:"fields"`
	Context  string         `json:"context"`
}

// seen is what the person sees afterwards; nothing is an empty object.
type seen struct {
	Message *discordtest.Message `json:"message,omitempty"`
	Modal   *discordtest.Modal   `json:"modal,omitempty"`
}

const (
	// thinkingBound is how long a person looks at "thinking".
	thinkingBound = 20 * time.Second
	// changingBound is how long one waits for an answer to become another: one that
	// goes on begins with a few words.
	changingBound = 200 * time.Millisecond
	// deferredBound is how long one waits for something to show after a click
	// that was taken silently.
	deferredBound = 2 * time.Second
)

func (s *sandbox) postInteraction(r *http.Request) (any, error) {
	var body interaction
	if err := read(r, &body); err != nil {
		return nil, err
	}
	who, err := s.colleague(body.As)
	if err != nil {
		return nil, err
	}
	use, err := s.use(who, body)
	if err != nil {
		return nil, err
	}
	first, err := use(r.Context())
	switch {
	case errors.Is(err, discordtest.ErrInteractionFailed):
		return nil, problem{http.StatusGatewayTimeout, err.Error()}
	case err != nil:
		return nil, refused(err)
	}
	return s.outcome(r.Context(), first), nil
}

// use says what is to be done, after checking that it is one thing and that
// what it names is there.
func (s *sandbox) use(who *discordtest.Member, i interaction) (func(context.Context) (discordtest.Answer, error), error) {
	named := 0
	for _, one := range []string{i.Command, i.CustomID, i.Modal, i.Context} {
		if one != "" {
			named++
		}
	}
	if named != 1 {
		return nil, badRequest("name exactly one of command, custom_id, modal and context")
	}
	if i.CustomID != "" || i.Context != "" {
		if m, known := s.discord.Message(i.Message); !known || m.Deleted {
			return nil, notFound("no message has the id %q", i.Message)
		}
	}
	switch {
	case i.Command != "":
		if _, err := s.channel(i.Channel); err != nil {
			return nil, err
		}
		options, err := s.arguments(i.Command, i.Options)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) (discordtest.Answer, error) {
			return who.Command(ctx, i.Channel, i.Command, options)
		}, nil
	case i.CustomID != "":
		return func(ctx context.Context) (discordtest.Answer, error) {
			return who.Click(ctx, i.Message, i.CustomID, i.Values...)
		}, nil
	case i.Modal != "":
		return func(ctx context.Context) (discordtest.Answer, error) {
			return who.SubmitModal(ctx, i.Modal, i.Fields)
		}, nil
	default:
		return func(ctx context.Context) (discordtest.Answer, error) { return who.Context(ctx, i.Message, i.Context) }, nil
	}
}

// arguments are the options of a command as Discord takes them: members of staff by their ids,
// numbers as numbers.
func (s *sandbox) arguments(command string, given map[string]any) (map[string]any, error) {
	out := maps.Clone(given)
	for _, c := range commands("", bot.Commands()) {
		if c.Name != strings.TrimPrefix(command, "/") {
			continue
		}
		for _, o := range c.Options {
			text, isText := given[o.Name].(string)
			switch {
			case !isText:
			case o.Kind == string(bot.OptionUser):
				if who, err := s.colleague(strings.TrimPrefix(text, "@")); err == nil {
					out[o.Name] = who.ID()
				}
			case o.Kind == string(bot.OptionNumber):
				n, err := strconv.Atoi(text)
				if err != nil {
					return nil, badRequest("option %s is a number, not %q", o.Name, text)
				}
				out[o.Name] = n
			}
		}
	}
	return out, nil
}

// outcome waits for what a deferred answer becomes. One that goes on for longer is
// read anew with the messages that the person sees.
func (s *sandbox) outcome(ctx context.Context, a discordtest.Answer) seen {
	for {
		bound := changingBound
		switch {
		case a.Kind == "deferred":
			bound = deferredBound
		case a.Kind == "deleted":
			return seen{}
		case a.Modal != nil:
			return seen{Modal: a.Modal}
		case a.Message != nil && a.Message.Thinking:
			bound = thinkingBound
		}
		wait, cancel := context.WithTimeout(ctx, bound)
		next, err := a.Next(wait)
		cancel()
		if err != nil {
			return seen{Message: a.Message}
		}
		a = next
	}
}
