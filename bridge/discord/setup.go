package discord

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// SetupOptions say where to set up what.
type SetupOptions struct {
	Token, Guild string
	Network      Network
	Plan         Plan
	// Did is told each step, in order; nil: nobody is.
	Did func(Step)
}

// A Step is one thing of the plan and what became of it.
type Step struct {
	Kind string // "category", "forum", "channel", "role"
	Name string
	ID   string
	Did  string // "created", "found", "updated"
}

func (s Step) String() string { return fmt.Sprintf("%-8s %-8s %s", s.Did, s.Kind, s.Name) }

// A SetupResult is the layout after a setup, and the steps that led to it.
type SetupResult struct {
	Layout
	Steps []Step
}

// Setup creates what a plan lacks in a guild. Doing it again changes nothing.
// Who sees a channel is decided when it is created: one that is there already
// keeps its rights, which a person may have changed; see [Inspect].
// Its errors are sentences for the person who runs it; what was done before one
// stays, and is in the result.
func Setup(ctx context.Context, o SetupOptions) (SetupResult, error) {
	r, err := newRest(o.Token, o.Network, standard())
	if err != nil {
		return SetupResult{}, err
	}
	defer r.session.Client.CloseIdleConnections()
	s := &setup{rest: r, guild: o.Guild, did: o.Did,
		result: SetupResult{Layout: Layout{Channels: map[string]string{}, Roles: map[string]string{}}}}
	if err := s.run(ctx, o.Plan); err != nil {
		return s.result, fmt.Errorf("set up Discord: %w", explainSetup(err))
	}
	return s.result, nil
}

type setup struct {
	rest     *rest
	guild    string
	did      func(Step)
	channels []channel
	self     string // our user id, once asked
	result   SetupResult
}

func (s *setup) run(ctx context.Context, p Plan) error {
	if err := s.roles(ctx, p.Roles); err != nil {
		return err
	}
	if err := s.rest.do(ctx, "list channels", http.MethodGet, "/guilds/"+s.guild+"/channels", nil, &s.channels); err != nil {
		return err
	}
	parent := ""
	if p.Category != "" {
		ch, did, err := s.channel(ctx, newChannel{Name: p.Category, Type: channelCategory})
		if err != nil {
			return err
		}
		parent = ch.ID
		s.step(Step{"category", p.Category, ch.ID, did})
	}
	for _, f := range p.Forums {
		if err := s.forum(ctx, f, parent); err != nil {
			return err
		}
	}
	for _, t := range p.Channels {
		ch, did, err := s.channel(ctx, newChannel{Name: t.Name, Type: channelText, Topic: t.Topic, Parent: parent, visibleTo: t.VisibleTo})
		if err != nil {
			return err
		}
		s.result.Channels[t.Name] = ch.ID
		s.step(Step{"channel", t.Name, ch.ID, did})
	}
	return nil
}

func (s *setup) step(done Step) {
	s.result.Steps = append(s.result.Steps, done)
	if s.did != nil {
		s.did(done)
	}
}

func (s *setup) roles(ctx context.Context, plan []RolePlan) error {
	var have []role
	if err := s.rest.do(ctx, "list roles", http.MethodGet, "/guilds/"+s.guild+"/roles", nil, &have); err != nil {
		return err
	}
	for _, p := range plan {
		did := "found"
		i := slices.IndexFunc(have, func(r role) bool { return r.Name == p.Name && !r.Managed })
		if i < 0 {
			in := struct {
				Name        string `json:"name"`
				Mentionable bool   `json:"mentionable"`
				Permissions string `json:"permissions"`
			}{p.Name, p.Mentionable, "0"}
			var made role
			if err := s.rest.do(ctx, "create role "+p.Name, http.MethodPost, "/guilds/"+s.guild+"/roles", in, &made); err != nil {
				return err
			}
			have, i, did = append(have, made), len(have), "created"
		}
		s.result.Roles[p.Name] = have[i].ID
		s.step(Step{"role", p.Name, have[i].ID, did})
	}
	return nil
}

type newChannel struct {
	Name       string      `json:"name"`
	Type       int         `json:"type"`
	Topic      string      `json:"topic,omitempty"`
	Parent     string      `json:"parent_id,omitempty"`
	Tags       []tag       `json:"available_tags,omitempty"`
	Overwrites []overwrite `json:"permission_overwrites,omitempty"`

	visibleTo []string // becomes Overwrites
}

// channel finds a channel by kind and name, or creates it.
func (s *setup) channel(ctx context.Context, want newChannel) (channel, string, error) {
	i := slices.IndexFunc(s.channels, func(ch channel) bool {
		return ch.Type == want.Type && strings.EqualFold(ch.Name, want.Name)
	})
	if i >= 0 {
		return s.channels[i], "found", nil
	}
	var err error
	if want.Overwrites, err = s.seclude(ctx, want.Name, want.visibleTo); err != nil {
		return channel{}, "", err
	}
	var made channel
	err = s.rest.do(ctx, "create "+want.Name, http.MethodPost, "/guilds/"+s.guild+"/channels", want, &made)
	if err == nil {
		s.channels = append(s.channels, made)
	}
	return made, "created", err
}

func (s *setup) forum(ctx context.Context, plan ForumPlan, parent string) error {
	if len(plan.Tags) > mostForumTags {
		return fmt.Errorf("forum %s has %d tags, Discord allows %d", plan.Name, len(plan.Tags), mostForumTags)
	}
	want := newChannel{Name: plan.Name, Type: channelForum, Topic: plan.Topic, Parent: parent, visibleTo: plan.VisibleTo}
	for _, name := range plan.Tags {
		want.Tags = append(want.Tags, tag{Name: name, Moderated: plan.Moderated})
	}
	ch, did, err := s.channel(ctx, want)
	if err != nil {
		return err
	}
	tags, changed := mergeTags(ch.Tags, want.Tags)
	if changed {
		if len(tags) > mostForumTags {
			return fmt.Errorf("forum %s has tags of its own: with ours they would be %d, Discord allows %d. Remove some", plan.Name, len(tags), mostForumTags)
		}
		in := struct {
			Tags []tag `json:"available_tags"`
		}{tags}
		if err := s.rest.do(ctx, "change the tags of "+plan.Name, http.MethodPatch, "/channels/"+ch.ID, in, &ch); err != nil {
			return err
		}
		did = "updated"
	}
	s.result.Channels[plan.Name] = ch.ID
	s.step(Step{"forum", plan.Name, ch.ID, did})
	return nil
}

// mergeTags adds the tags that are missing; what people added stays.
func mergeTags(have, want []tag) ([]tag, bool) {
	out, changed := slices.Clone(have), false
	for _, w := range want {
		i := slices.IndexFunc(out, func(t tag) bool { return strings.EqualFold(t.Name, w.Name) })
		switch {
		case i < 0:
			out, changed = append(out, w), true
		case out[i].Moderated != w.Moderated:
			out[i].Moderated, changed = w.Moderated, true
		}
	}
	return out, changed
}

func explainSetup(err error) error {
	switch {
	case isTokenRefused(err):
		return ErrToken
	case isStatus(err, http.StatusNotFound), isCode(err, codeNoAccess):
		return ErrGuild
	case isStatus(err, http.StatusForbidden):
		return fmt.Errorf("%w: for the time of the setup the bot's role needs Manage Channels and Manage Roles (Server Settings, Roles), and always what `halo check` lists", err)
	}
	return err
}
