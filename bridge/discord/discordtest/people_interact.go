package discordtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Answer is one thing a person sees after using a command, component or modal.
type Answer struct {
	// Kind is "message" (new), "update" (of the message clicked), "edit" (of an
	// earlier answer), "deleted", "modal", "choices" (autocomplete) or
	// "deferred" (the click was taken, nothing to see yet).
	Kind    string   `json:"kind"`
	Message *Message `json:"message,omitempty"`
	Modal   *Modal   `json:"modal,omitempty"`
	Choices []Choice `json:"choices,omitempty"`

	s     *Server
	it    *interaction
	index int
}

// ErrInteractionFailed is what a person reads when the bot did not answer in
// time: "This interaction failed".
var ErrInteractionFailed = errors.New("this interaction failed")

// answerBound is how long people wait when their context has no deadline.
const answerBound = 10 * time.Second

// Next waits for what the person sees after this answer, such as the edit of a
// deferred one or a follow-up. The error is the context's; without a deadline
// it waits 10 s.
func (a Answer) Next(ctx context.Context) (Answer, error) {
	if a.it == nil {
		return Answer{}, errors.New("wait for next answer: there was no interaction")
	}
	return a.s.await(ctx, a.it, a.index)
}

// await waits for answer number index (from 0) of an interaction.
func (s *Server) await(ctx context.Context, it *interaction, index int) (Answer, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, answerBound)
		defer cancel()
	}
	s.mu.Lock()
	deadline := time.Until(it.at.Add(s.limits.FirstAnswer))
	s.mu.Unlock()
	timer := time.NewTimer(max(0, deadline))
	defer timer.Stop()
	late := timer.C
	for {
		s.mu.Lock()
		changed := s.changed
		if len(it.seen) > index {
			a := it.seen[index]
			s.mu.Unlock()
			return a, nil
		}
		if it.answered != 0 {
			late = nil
		} else if it.failed {
			s.mu.Unlock()
			return Answer{}, ErrInteractionFailed
		}
		s.mu.Unlock()
		select {
		case <-changed:
		case <-late:
			s.mu.Lock()
			it.failed = it.answered == 0
			s.mu.Unlock()
		case <-ctx.Done():
			return Answer{}, fmt.Errorf("wait for answer: %w", context.Cause(ctx))
		case <-s.done:
			return Answer{}, errors.New("wait for answer: the server closed")
		}
	}
}

// interact starts an interaction under the lock and waits for its first answer.
func (p *Member) interact(ctx context.Context, start func() (*interaction, error)) (Answer, error) {
	p.s.mu.Lock()
	p.s.forgetOld()
	it, err := start()
	p.s.mu.Unlock()
	if err != nil {
		return Answer{}, err
	}
	return p.s.await(ctx, it, 0)
}

// Click uses a button (no values) or a select of a message this person sees and
// returns the first thing seen. Without an answer within 3 s the error is
// ErrInteractionFailed.
func (p *Member) Click(ctx context.Context, messageID, customID string, values ...string) (Answer, error) {
	return p.interact(ctx, func() (*interaction, error) {
		m, err := p.visible(messageID)
		if err != nil {
			return nil, fmt.Errorf("click %q: %w", customID, err)
		}
		c := findComponent(m.components, customID)
		switch {
		case c == nil:
			return nil, fmt.Errorf("click %q: message %s has no such component", customID, messageID)
		case c["disabled"] == true:
			return nil, fmt.Errorf("click %q: it is disabled", customID)
		}
		data := obj{"custom_id": customID, "component_type": kindOf(c), "id": c["id"]}
		if isSelect(kindOf(c)) {
			if err := checkSelected(c, values); err != nil {
				return nil, fmt.Errorf("select %q: %w", customID, err)
			}
			data["values"] = append([]string{}, values...)
			if resolved := p.s.resolve(values); len(resolved) > 0 && kindOf(c) != componentSelect {
				data["resolved"] = resolved
			}
		}
		return p.s.newInteraction(interactionComponent, p.m, m.channel, m, data), nil
	})
}

func checkSelected(c obj, values []string) error {
	low, high := intOf(c["min_values"], 1), intOf(c["max_values"], 1)
	if len(values) < low || len(values) > high {
		return fmt.Errorf("%d values chosen, permitted are %d to %d", len(values), low, high)
	}
	if kindOf(c) != componentSelect {
		return nil
	}
	var options []Choice
	for _, o := range anyList(c["options"]) {
		value, _ := dig(o, "value").(string)
		options = append(options, Choice{Value: value})
	}
	id, _ := c["custom_id"].(string)
	return checkChosen(id, options, values)
}

func intOf(v any, byDefault int) int {
	switch n := v.(type) {
	case int:
		return n
	case float64:
		return int(n)
	}
	return byDefault
}

// resolve renders the users, roles and channels among ids.
func (s *Server) resolve(ids []string) obj {
	out := obj{}
	put := func(kind, id string, v obj) {
		if out[kind] == nil {
			out[kind] = obj{}
		}
		out[kind].(obj)[id] = v
	}
	for _, id := range ids {
		if m := s.member(id); m != nil {
			put("users", id, m.user.render())
			put("members", id, m.bare())
		}
		if r := s.role(id); r != nil {
			put("roles", id, r.render())
		}
		if c := s.channels[id]; c != nil {
			put("channels", id, s.renderChannel(c))
		}
		if a := s.attachments[id]; a != nil {
			put("attachments", id, s.renderAttachment(a))
		}
	}
	return out
}

// Whispers are the answers in a channel that only this person sees, as they are now,
// oldest first. Discord's own client forgets them when it is restarted.
func (p *Member) Whispers(channelID string) []Message {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	var out []Message
	for _, m := range p.s.messages {
		if m.viewer == p.m.user.id && m.channel.id == channelID && !m.deleted {
			out = append(out, *p.s.see(m))
		}
	}
	slices.SortFunc(out, func(a, b Message) int { return cmp.Compare(snowflakeNumber(a.ID), snowflakeNumber(b.ID)) })
	return out
}

// Command uses a chat command of the guild in a channel: "ticket close" names
// command and subcommand, with or without a leading slash. Options are string,
// bool, int, float64, ids of users, roles and channels as strings, or a File.
func (p *Member) Command(ctx context.Context, channelID, command string, options map[string]any) (Answer, error) {
	return p.interact(ctx, func() (*interaction, error) {
		data, c, err := p.invocation(channelID, command, options, "")
		if err != nil {
			return nil, fmt.Errorf("use /%s: %w", strings.TrimPrefix(command, "/"), err)
		}
		return p.s.newInteraction(interactionCommand, p.m, c, nil, data), nil
	})
}

// Autocomplete types part of the option named focused, as it stands in options, and
// returns the choices offered. What comes later than 3 s is not seen: the error is
// ErrInteractionFailed then. Of an option that was registered without autocomplete
// nothing is asked.
func (p *Member) Autocomplete(ctx context.Context, channelID, command string, options map[string]any, focused string) ([]Choice, error) {
	a, err := p.interact(ctx, func() (*interaction, error) {
		data, c, err := p.invocation(channelID, command, options, focused)
		if err != nil {
			return nil, fmt.Errorf("type /%s: %w", strings.TrimPrefix(command, "/"), err)
		}
		return p.s.newInteraction(interactionAutocomplete, p.m, c, nil, data), nil
	})
	return a.Choices, err
}

// invocation renders the use of a chat command; focused names the option being
// typed, if any.
func (p *Member) invocation(channelID, command string, options map[string]any, focused string) (obj, *channel, error) {
	words := strings.Fields(strings.TrimPrefix(command, "/"))
	if len(words) == 0 {
		return nil, nil, errors.New("no command named")
	}
	c, found, err := p.usable(channelID, words[0], commandChat)
	if err != nil {
		return nil, nil, err
	}
	var files []string
	definitions, wrap := anyList(found["options"]), func(inner []any) []any { return inner }
	for _, word := range words[1:] {
		i := slices.IndexFunc(definitions, func(d any) bool { return dig(d, "name") == word && kindOf(d) <= 2 })
		if i < 0 {
			return nil, nil, fmt.Errorf("no subcommand %q", word)
		}
		sub, outer := definitions[i], wrap
		wrap = func(inner []any) []any {
			return outer([]any{obj{"name": word, "type": kindOf(sub), "options": inner}})
		}
		definitions = anyList(dig(sub, "options"))
	}
	if len(definitions) > 0 && kindOf(definitions[0]) <= 2 {
		return nil, nil, errors.New("a subcommand is needed")
	}
	rendered, files, err := p.arguments(c, definitions, options, focused)
	if err != nil {
		return nil, nil, err
	}
	data := obj{"id": found["id"], "name": found["name"], "type": commandChat, "guild_id": p.s.guildID, "options": wrap(rendered)}
	var named []string
	for _, v := range options {
		if id, isText := v.(string); isText {
			named = append(named, id)
		}
	}
	if resolved := p.s.resolve(append(named, files...)); len(resolved) > 0 {
		data["resolved"] = resolved
	}
	return data, c, nil
}

// usable finds a command that this person may use in a channel.
func (p *Member) usable(channelID, name string, kind int) (*channel, obj, error) {
	s := p.s
	c := s.channels[channelID]
	if c == nil || !s.permissions(p.m, c).has(PermissionViewChannel|PermissionUseCommands) {
		return nil, nil, fmt.Errorf("%s cannot use commands in channel %s", p.m.user.name, channelID)
	}
	if c.archived && c.locked {
		return nil, nil, fmt.Errorf("thread %s is locked", c.name)
	}
	i := slices.IndexFunc(s.commands, func(o obj) bool { return o["name"] == name && o["type"] == kind })
	if i < 0 {
		return nil, nil, fmt.Errorf("no command %q", name)
	}
	need, _ := s.commands[i]["default_member_permissions"].(string)
	if !s.permissions(p.m, c).has(Permission(snowflakeNumber(need))) {
		return nil, nil, fmt.Errorf("%s lacks the permissions of %q", p.m.user.name, name)
	}
	return c, s.commands[i], nil
}

// arguments checks options against their definitions; it returns the ids of
// files that were uploaded.
func (p *Member) arguments(c *channel, definitions []any, options map[string]any, focused string) (rendered []any, files []string, err error) {
	rendered = []any{}
	if _, typed := options[focused]; focused != "" && !typed {
		return nil, nil, fmt.Errorf("option %q is not being typed", focused)
	}
	for name := range options {
		if !slices.ContainsFunc(definitions, func(d any) bool { return dig(d, "name") == name }) {
			return nil, nil, fmt.Errorf("no option %q", name)
		}
	}
	for _, d := range definitions {
		name, _ := dig(d, "name").(string)
		value, given := options[name]
		if name == focused && dig(d, "autocomplete") != true {
			return nil, nil, fmt.Errorf("option %q offers nothing while it is typed", name)
		}
		if !given {
			if dig(d, "required") == true && focused == "" {
				return nil, nil, fmt.Errorf("option %q is required", name)
			}
			continue
		}
		if file, isFile := value.(File); isFile {
			a := p.s.attach(&draft{files: []upload{{name: file.Name, contentType: file.ContentType, data: file.Data}}}, c, true)[0]
			files, value = append(files, a.id), a.id
		}
		if choices := anyList(dig(d, "choices")); len(choices) > 0 && focused == "" &&
			!slices.ContainsFunc(choices, func(o any) bool { return fmt.Sprint(dig(o, "value")) == fmt.Sprint(value) }) {
			return nil, nil, fmt.Errorf("option %q has no choice %v", name, value)
		}
		argument := obj{"name": name, "type": kindOf(d), "value": value}
		if name == focused {
			argument["focused"] = true
		}
		rendered = append(rendered, argument)
	}
	return rendered, files, nil
}

// Context uses a message context menu.
func (p *Member) Context(ctx context.Context, messageID, name string) (Answer, error) {
	return p.interact(ctx, func() (*interaction, error) {
		m, err := p.visible(messageID)
		if err != nil {
			return nil, fmt.Errorf("use menu %q: %w", name, err)
		}
		c, found, err := p.usable(m.channel.id, name, commandMessage)
		if err != nil {
			return nil, fmt.Errorf("use menu %q: %w", name, err)
		}
		return p.s.newInteraction(interactionCommand, p.m, c, nil, obj{"id": found["id"], "name": name, "type": commandMessage,
			"guild_id": p.s.guildID, "target_id": m.id, "resolved": obj{"messages": obj{m.id: p.s.renderMessage(m)}}}), nil
	})
}

// SubmitModal fills in and sends a form that is open for this person. Values
// are texts, or lists of texts for selects; a field left out keeps what stood
// in it.
func (p *Member) SubmitModal(ctx context.Context, customID string, fields map[string]any) (Answer, error) {
	return p.interact(ctx, func() (*interaction, error) {
		key := p.m.user.id + " " + customID
		shown := p.s.modals[key]
		if shown == nil {
			return nil, fmt.Errorf("submit modal %q: it is not open for %s", customID, p.m.user.name)
		}
		components, err := shown.modal.fill(fields)
		if err != nil {
			return nil, err
		}
		delete(p.s.modals, key)
		source := shown.message
		if source != nil && source.deleted {
			source = nil
		}
		return p.s.newInteraction(interactionModal, p.m, shown.channel, source, obj{"custom_id": customID, "components": components}), nil
	})
}
