package main

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// postCompletion types a part of an option, and answers what Discord offers for it.
func (s *sandbox) postCompletion(r *http.Request) (any, error) {
	var body struct {
		As      string         `json:"as"`
		Channel string         `json:"channel"`
		Command string         `json:"command"`
		Option  string         `json:"option"`
		Typed   string         `json:"typed"`
		Options map[string]any `json:"options"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	c, err := s.channel(body.Channel)
	if err != nil {
		return nil, err
	}
	who, err := s.colleagueIn(body.As, c)
	if err != nil {
		return nil, err
	}
	if !completing(body.Command, body.Option) {
		return nil, badRequest("/%s has no option %q for which anything is offered", strings.TrimPrefix(body.Command, "/"), body.Option)
	}
	options, err := s.arguments(body.Command, body.Options)
	if err != nil {
		return nil, err
	}
	typed := map[string]any{}
	maps.Copy(typed, options)
	typed[body.Option] = body.Typed
	found, err := who.Autocomplete(r.Context(), c.ID, body.Command, typed, body.Option)
	switch {
	case errors.Is(err, discordtest.ErrInteractionFailed):
		return nil, problem{http.StatusGatewayTimeout, err.Error()}
	case err != nil:
		return nil, refused(err)
	}
	return map[string]any{"choices": append([]discordtest.Choice{}, found...)}, nil
}

// completing reports whether choices are offered while an option is typed.
func completing(command, option string) bool {
	for _, c := range commands("", bot.Commands()) {
		if c.Name == strings.TrimPrefix(command, "/") {
			return slices.ContainsFunc(c.Options, func(o optionView) bool { return o.Name == option && o.Completes })
		}
	}
	return false
}
