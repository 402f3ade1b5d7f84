package discordtest

import (
	"fmt"
	"slices"
	"strings"
)

// foundGuild makes the empty guild every Discord starts with: an owner, the bot
// with a role of its own, and @everyone.
func (s *Server) foundGuild() {
	s.guildID, s.guildName = s.id(), s.opts.Guild
	s.owner = &user{id: s.id(), name: "owner", display: "Owner"}
	s.roles = []*role{{id: s.guildID, name: "@everyone", permissions: MemberPermissions}}
	s.appID = s.id()
	bot := &user{id: s.appID, name: s.opts.BotName, bot: true}
	s.botRole = &role{id: s.id(), name: s.opts.BotName, permissions: s.opts.BotPermissions, botID: bot.id, position: 1}
	s.roles = append(s.roles, s.botRole)
	s.bot = &member{user: bot, roles: []string{s.botRole.id}, joined: s.now()}
	s.members = []*member{{user: s.owner, joined: s.now()}, s.bot}
}

// GuildID, BotID and ApplicationID are the snowflakes of this Discord; the bot
// and its application share theirs, as on Discord.
func (s *Server) GuildID() string { return s.guildID }

// BotID is the user id of the bot.
func (s *Server) BotID() string { return s.bot.user.id }

// ApplicationID is the id of the bot's application.
func (s *Server) ApplicationID() string { return s.appID }

// Token is the bot token accepted now, without "Bot ".
func (s *Server) Token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}

// SetToken resets the token as in the portal: the old one meets 401 and its
// gateway sessions are closed with 4004.
func (s *Server) SetToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
	for l := range s.links {
		l.closeWith(4004, "Authentication failed.")
	}
	clear(s.sessions)
}

// DenyIntents replaces the privileged intents switched off in the portal;
// sessions that hold one are closed with 4014.
func (s *Server) DenyIntents(denied Intent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = denied
	for l := range s.links {
		if l.session != nil && l.session.intents&denied != 0 {
			delete(s.sessions, l.session.id)
			l.closeWith(4014, "Disallowed intent(s).")
		}
	}
}

// SetBotPermissions changes the bot's own role.
func (s *Server) SetBotPermissions(p Permission) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.botRole.permissions = p
	s.dispatch(event{name: "GUILD_ROLE_UPDATE", intent: IntentGuilds, data: obj{"guild_id": s.guildID, "role": s.botRole.render()}})
}

// AddRole makes a role and returns its id. Permissions come on top of
// @everyone's; mentionable lets everybody mention it.
func (s *Server) AddRole(name string, p Permission, mentionable bool) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addRole(&role{name: name, permissions: p, mentionable: mentionable}).id
}

func (s *Server) addRole(r *role) *role {
	r.id, r.position = s.id(), len(s.roles)
	s.roles = append(s.roles, r)
	s.dispatch(event{name: "GUILD_ROLE_CREATE", intent: IntentGuilds, data: obj{"guild_id": s.guildID, "role": r.render()}})
	s.touch(Change{Kind: "role"})
	return r
}

// Tag is a tag of a forum to be made.
type Tag struct {
	Name      string `json:"name"`
	Moderated bool   `json:"moderated,omitempty"` // only who manages threads may set it
	Emoji     string `json:"emoji,omitempty"`
}

// NewChannel describes a channel to be made.
type NewChannel struct {
	Kind       int // KindText, KindCategory, KindForum...
	Name       string
	Topic      string
	Parent     string // id of the category
	Tags       []Tag  // of a forum
	Overwrites []Overwrite
}

// AddChannel makes a channel and returns its id.
func (s *Server) AddChannel(n NewChannel) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &channel{kind: n.Kind, name: n.Name, topic: n.Topic, parent: n.Parent, overwrites: slices.Clone(n.Overwrites)}
	for _, t := range n.Tags {
		c.tags = append(c.tags, tag{id: s.id(), name: t.Name, moderated: t.Moderated, emoji: t.Emoji})
	}
	return s.addChannel(c).id
}

func (s *Server) addChannel(c *channel) *channel {
	c.id, c.created = s.id(), s.now()
	for _, other := range s.guildChannels() {
		if other.parent == c.parent {
			c.position = max(c.position, other.position+1)
		}
	}
	s.keepChannel(c)
	s.dispatch(event{name: "CHANNEL_CREATE", intent: IntentGuilds, channel: c, data: s.renderChannel(c)})
	s.touch(Change{Kind: "channel", Channel: c.id})
	return c
}

func (s *Server) keepChannel(c *channel) {
	s.channels[c.id] = c
	s.channelOrder = append(s.channelOrder, c.id)
}

// RemoveChannel deletes a channel or thread as a moderator would.
func (s *Server) RemoveChannel(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channels[id]; c != nil {
		s.removeChannel(c)
	}
}

func (s *Server) removeChannel(c *channel) {
	for _, t := range s.channelsWhere(func(t *channel) bool { return t.isThread() && t.parent == c.id }) {
		s.removeChannel(t)
	}
	name, data := "CHANNEL_DELETE", s.renderChannel(c)
	if c.isThread() {
		name, data = "THREAD_DELETE", obj{"id": c.id, "guild_id": s.guildID, "parent_id": c.parent, "type": c.kind}
	}
	s.dispatch(event{name: name, intent: IntentGuilds, channel: c, data: data})
	c.deleted = true
	delete(s.channels, c.id)
	s.channelOrder = slices.DeleteFunc(s.channelOrder, func(id string) bool { return id == c.id })
	s.touch(Change{Kind: "channel", Channel: c.id})
}

// AddMember lets a person join with the roles named (names or ids; an unknown
// name becomes a new role) and returns that person.
func (s *Server) AddMember(name string, roles ...string) *Member {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &member{user: &user{id: s.id(), name: strings.ToLower(name), display: name}, joined: s.now()}
	m.roles = s.roleIDs(roles)
	s.members = append(s.members, m)
	data := m.render()
	data["guild_id"] = s.guildID
	s.dispatch(event{name: "GUILD_MEMBER_ADD", intent: IntentGuildMembers, data: data})
	s.touch(Change{Kind: "member"})
	return &Member{s: s, m: m}
}

func (s *Server) roleIDs(names []string) []string {
	var ids []string
	for _, name := range names {
		i := slices.IndexFunc(s.roles, func(r *role) bool { return r.id == name || r.name == name })
		if i < 0 {
			ids = append(ids, s.addRole(&role{name: name}).id)
			continue
		}
		ids = append(ids, s.roles[i].id)
	}
	return ids
}

// RoleID finds a role by name; empty when there is none.
func (s *Server) RoleID(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.roles {
		if r.name == name {
			return r.id
		}
	}
	return ""
}

// ChannelID finds a channel or thread by name, the newest of that name; empty
// when there is none.
func (s *Server) ChannelID(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Backward(s.channelOrder) {
		if s.channels[id].name == name {
			return id
		}
	}
	return ""
}

// Member finds a person by user name (any case) or id.
func (s *Server) Member(name string) (*Member, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.members {
		if m.user.id == name || strings.EqualFold(m.user.name, name) {
			return &Member{s: s, m: m}, nil
		}
	}
	return nil, fmt.Errorf("find member %q: nobody of that name", name)
}

// SetMemberPermissions changes what @everyone may do.
func (s *Server) SetMemberPermissions(p Permission) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.roles[0].permissions = p
	s.dispatch(event{name: "GUILD_ROLE_UPDATE", intent: IntentGuilds, data: obj{"guild_id": s.guildID, "role": s.roles[0].render()}})
}
