package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// InspectOptions say what to look at.
type InspectOptions struct {
	Token, Guild string
	Network      Network
	Plan         Plan
}

// A Problem is something that keeps the desk from working, and how to mend it.
type Problem struct {
	What string // e.g. "channel halo-desk is missing"
	Mend string // a sentence
}

func (p Problem) String() string { return p.What + ": " + p.Mend }

// Permissions the bot needs in its channels.
var needed = []struct {
	bit  uint64
	name string
}{
	{1 << 10, "View Channels"},
	{1 << 11, "Send Messages"},
	{1 << 38, "Send Messages in Threads"},
	{1 << 35, "Create Public Threads"},
	{1 << 34, "Manage Threads"},
	{1 << 14, "Embed Links"},
	{1 << 15, "Attach Files"},
	{1 << 16, "Read Message History"},
	{1 << 6, "Add Reactions"},
}

const (
	permissionAdministrator = 1 << 3
	permissionMentionAll    = 1 << 17

	// Flags of an application: the Message Content intent is on, for a bot in
	// many servers or in few.
	flagMessageContent        = 1 << 18
	flagMessageContentLimited = 1 << 19
)

// Inspect finds everything that would keep the desk from working in a guild,
// and the ids of what is there. It changes nothing. Its error means that
// Discord could not be asked.
func Inspect(ctx context.Context, o InspectOptions) ([]Problem, Layout, error) {
	layout := Layout{Channels: map[string]string{}, Roles: map[string]string{}}
	r, err := newRest(o.Token, o.Network, standard())
	if err != nil {
		return nil, layout, err
	}
	defer r.session.Client.CloseIdleConnections()
	i := &inspection{rest: r, guild: o.Guild, layout: layout}
	err = i.run(ctx, o.Plan)
	if _, stopped := errors.AsType[stop](err); stopped {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("inspect Discord: %w", err)
	}
	return i.problems, layout, err
}

// stop ends an inspection whose next step would only repeat the last problem.
type stop struct{}

func (stop) Error() string { return "stopped" }

type inspection struct {
	rest     *rest
	guild    string
	layout   Layout
	problems []Problem

	self  string
	roles []role
	mine  []string // our role ids
}

func (i *inspection) found(mend, what string, args ...any) {
	i.problems = append(i.problems, Problem{fmt.Sprintf(what, args...), mend})
}

func (i *inspection) run(ctx context.Context, p Plan) error {
	if err := i.application(ctx); err != nil {
		return err
	}
	if err := i.membership(ctx); err != nil {
		return err
	}
	everyone, all := i.base()
	i.permissions("in the server", everyone|all)
	i.callable(p.Roles, everyone|all)
	var channels []channel
	if err := i.rest.do(ctx, "list channels", http.MethodGet, "/guilds/"+i.guild+"/channels", nil, &channels); err != nil {
		return err
	}
	for _, f := range p.Forums {
		if ch, ok := i.channel(channels, "forum", f.Name, channelForum); ok {
			i.inChannel(ch, everyone|all)
			i.tags(ch, f.Tags)
		}
	}
	for _, t := range p.Channels {
		if ch, ok := i.channel(channels, "channel", t.Name, channelText); ok {
			i.inChannel(ch, everyone|all)
		}
	}
	return nil
}

func (i *inspection) application(ctx context.Context) error {
	var app struct {
		Flags uint64 `json:"flags"`
	}
	err := i.rest.do(ctx, "ask for the application", http.MethodGet, "/applications/@me", nil, &app)
	if isStatus(err, http.StatusUnauthorized) {
		i.found("reset it on the Bot page of the developer portal (discord.com/developers) and set HALO_DISCORD_TOKEN", "the bot token is not accepted")
		return stop{}
	}
	if err != nil {
		return err
	}
	if app.Flags&(flagMessageContent|flagMessageContentLimited) == 0 {
		i.found("switch on \"Message Content Intent\" on the Bot page of the developer portal", "the Message Content intent is off")
	}
	return nil
}

func (i *inspection) membership(ctx context.Context) error {
	var me user
	if err := i.rest.do(ctx, "ask who we are", http.MethodGet, "/users/@me", nil, &me); err != nil {
		return err
	}
	i.self = me.ID
	var g struct {
		Roles []role `json:"roles"`
	}
	err := i.rest.do(ctx, "look for the server", http.MethodGet, "/guilds/"+i.guild, nil, &g)
	if isStatus(err, http.StatusForbidden, http.StatusNotFound, http.StatusBadRequest) {
		i.found("invite it with the scopes bot and applications.commands, or correct HALO_DISCORD_GUILD", "the bot is not in the Discord server %s", i.guild)
		return stop{}
	}
	if err != nil {
		return err
	}
	var m member
	if err := i.rest.do(ctx, "look up ourselves", http.MethodGet, "/guilds/"+i.guild+"/members/"+me.ID, nil, &m); err != nil {
		return err
	}
	i.roles, i.mine = g.Roles, m.Roles
	return nil
}

// base are the permissions of everyone, and those our roles add.
func (i *inspection) base() (everyone, ours uint64) {
	for _, r := range i.roles {
		bits, _ := strconv.ParseUint(r.Permissions, 10, 64)
		switch {
		case r.ID == i.guild:
			everyone = bits
		case slices.Contains(i.mine, r.ID):
			ours |= bits
		}
	}
	return everyone, ours
}

func (i *inspection) permissions(where string, have uint64) {
	if have&permissionAdministrator != 0 {
		return
	}
	var missing []string
	for _, p := range needed {
		if have&p.bit == 0 {
			missing = append(missing, p.name)
		}
	}
	if len(missing) > 0 {
		i.found("give them to the bot's role there", "the bot lacks permissions %s: %s", where, strings.Join(missing, ", "))
	}
}

// callable finds roles that are missing, or that the bot could not call.
func (i *inspection) callable(plan []RolePlan, have uint64) {
	for _, p := range plan {
		at := slices.IndexFunc(i.roles, func(r role) bool { return r.Name == p.Name && !r.Managed })
		if at < 0 {
			i.found("run `halo setup discord`, or create it", "the role %s is missing", p.Name)
			continue
		}
		i.layout.Roles[p.Name] = i.roles[at].ID
		if p.Mentionable && !i.roles[at].Mentionable && have&(permissionMentionAll|permissionAdministrator) == 0 {
			i.found("allow anyone to mention it, or give the bot Mention Everyone", "the bot cannot call the role %s", p.Name)
		}
	}
}

func (i *inspection) channel(all []channel, kind, name string, number int) (channel, bool) {
	at := slices.IndexFunc(all, func(ch channel) bool { return ch.Type == number && strings.EqualFold(ch.Name, name) })
	if at < 0 {
		i.found("run `halo setup discord`", "the %s %s is missing", kind, name)
		return channel{}, false
	}
	i.layout.Channels[name] = all[at].ID
	return all[at], true
}

// inChannel finds permissions that the channel takes away; those missing in the
// whole server have been named.
func (i *inspection) inChannel(ch channel, base uint64) {
	if base&permissionAdministrator != 0 {
		return
	}
	apply := func(have uint64, chosen func(overwrite) bool) uint64 {
		var allow, deny uint64
		for _, o := range ch.Overwrites {
			if chosen(o) {
				a, _ := strconv.ParseUint(o.Allow, 10, 64)
				d, _ := strconv.ParseUint(o.Deny, 10, 64)
				allow, deny = allow|a, deny|d
			}
		}
		return have&^deny | allow
	}
	have := apply(base, func(o overwrite) bool { return o.ID == i.guild })
	have = apply(have, func(o overwrite) bool { return o.Type == 0 && o.ID != i.guild && slices.Contains(i.mine, o.ID) })
	have = apply(have, func(o overwrite) bool { return o.Type == 1 && o.ID == i.self })
	var known uint64
	for _, p := range needed {
		known |= p.bit &^ base
	}
	i.permissions("in #"+ch.Name, have|known)
}

func (i *inspection) tags(ch channel, want []string) {
	var missing []string
	for _, name := range want {
		if !slices.ContainsFunc(ch.Tags, func(t tag) bool { return strings.EqualFold(t.Name, name) }) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		i.found("run `halo setup discord`", "the forum %s lacks the tags %s", ch.Name, strings.Join(missing, ", "))
	}
}
