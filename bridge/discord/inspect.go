package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// InspectOptions say what to look at.
type InspectOptions struct {
	Token, Guild string
	Network      Network
	Plan         Plan
}

// A Problem is something that keeps the desk from working, or shows it to
// somebody it is not for, and how to mend it.
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
	{permissionView, "View Channels"},
	{permissionSend, "Send Messages"},
	{permissionSendInThreads, "Send Messages in Threads"},
	{permissionCreateThreads, "Create Public Threads"},
	{permissionManageThreads, "Manage Threads"},
	{permissionEmbed, "Embed Links"},
	{permissionAttach, "Attach Files"},
	{permissionHistory, "Read Message History"},
	{permissionReact, "Add Reactions"},
}

const (
	// Flags of an application: the Message Content intent is on, for a bot in
	// many servers or in few.
	flagMessageContent        = 1 << 18
	flagMessageContentLimited = 1 << 19
)

// Inspect finds everything that would keep the desk from working in a guild, the
// roles that see a channel the plan does not show them, and the ids of what is
// there. It changes nothing. Its error means that
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
		if f.Optional {
			i.look(channels, f.Name, channelForum)
			continue
		}
		if ch, ok := i.channel(channels, "forum", f.Name, channelForum); ok {
			i.inChannel(ch, everyone|all)
			i.secluded(ch, f.VisibleTo, p.Roles)
			i.tags(ch, f.Tags)
		}
	}
	for _, t := range p.Channels {
		if t.Optional {
			i.look(channels, t.Name, channelText)
			continue
		}
		if ch, ok := i.channel(channels, "channel", t.Name, channelText); ok {
			i.inChannel(ch, everyone|all)
			i.secluded(ch, t.VisibleTo, p.Roles)
		}
	}
	return nil
}

func (i *inspection) application(ctx context.Context) error {
	var app struct {
		Flags uint64 `json:"flags"`
	}
	err := i.rest.do(ctx, "ask for the application", http.MethodGet, "/applications/@me", nil, &app)
	if isTokenRefused(err) {
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
		switch {
		case r.ID == i.guild:
			everyone = number(r.Permissions)
		case slices.Contains(i.mine, r.ID):
			ours |= number(r.Permissions)
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

// callable finds roles that are missing, or that the bot could not call. The ids of
// the others are noted too: what they may do needs no plan.
func (i *inspection) callable(plan []RolePlan, have uint64) {
	for _, r := range slices.Backward(i.roles) { // of one name the first counts
		if !r.Managed {
			i.layout.Roles[r.Name] = r.ID
		}
	}
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
	ch, ok := i.look(all, name, number)
	switch {
	case ok:
		return ch, true
	case slices.ContainsFunc(all, func(ch channel) bool { return strings.EqualFold(ch.Name, name) && ch.Type != channelCategory }):
		i.found("rename that one, for example to "+name+"-old, run `halo setup discord` and start the desk anew",
			"the %s %s is missing: a channel of another kind has its name", kind, name)
	default:
		i.found("run `halo setup discord`", "the %s %s is missing", kind, name)
	}
	return channel{}, false
}

// look notes where a channel is, if it is there.
func (i *inspection) look(all []channel, name string, number int) (channel, bool) {
	at := slices.IndexFunc(all, func(ch channel) bool { return ch.Type == number && strings.EqualFold(ch.Name, name) })
	if at < 0 {
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
	have := i.allowed(ch, base, i.mine, i.self)
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
