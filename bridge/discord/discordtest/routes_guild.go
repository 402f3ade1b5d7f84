package discordtest

import (
	"encoding/json"
	"slices"
	"strconv"
)

var guildRoutes = []route{
	{method: "GET", path: "/gateway", do: (*Server).getGateway, open: true},
	{method: "GET", path: "/gateway/bot", do: (*Server).getGatewayBot},
	{method: "GET", path: "/users/@me", do: (*Server).getMe},
	{method: "GET", path: "/users/@me/guilds", do: (*Server).getMyGuilds},
	{method: "GET", path: "/applications/@me", do: (*Server).getApplication},
	{method: "GET", path: "/oauth2/applications/@me", do: (*Server).getApplication},
	{method: "GET", path: "/guilds/{guild_id}", do: inGuild((*Server).getGuild)},
	{method: "GET", path: "/guilds/{guild_id}/channels", do: inGuild((*Server).getChannels)},
	{method: "POST", path: "/guilds/{guild_id}/channels", do: inGuild((*Server).postChannel)},
	{method: "GET", path: "/guilds/{guild_id}/roles", do: inGuild((*Server).getRoles)},
	{method: "POST", path: "/guilds/{guild_id}/roles", do: inGuild((*Server).postRole)},
	{method: "PATCH", path: "/guilds/{guild_id}/roles/{role_id}", do: inGuild((*Server).patchRole)},
	{method: "GET", path: "/guilds/{guild_id}/members", do: inGuild((*Server).getMembers)},
	{method: "GET", path: "/guilds/{guild_id}/members/{user_id}", do: inGuild((*Server).getMember)},
	{method: "GET", path: "/guilds/{guild_id}/threads/active", do: inGuild((*Server).getActiveThreads)},
}

// inGuild answers 404 for a guild the bot is not in.
func inGuild(do func(*Server, *call) reply) func(*Server, *call) reply {
	return func(s *Server, c *call) reply {
		if c.path("guild_id") != s.guildID {
			return unknownGuild()
		}
		return do(s, c)
	}
}

func (s *Server) getGateway(*call) reply { return ok(obj{"url": s.gatewayURL()}) }

func (s *Server) getGatewayBot(*call) reply {
	return ok(obj{"url": s.gatewayURL(), "shards": 1, "session_start_limit": obj{
		"total": 1000, "remaining": max(0, 1000-s.stats.Identifies), "reset_after": 86400000, "max_concurrency": 1,
	}})
}

func (s *Server) renderMe() obj {
	me := s.bot.user.render()
	me["mfa_enabled"], me["locale"], me["verified"], me["email"] = true, "en-US", true, nil
	return me
}

func (s *Server) getMe(*call) reply { return ok(s.renderMe()) }

func (s *Server) getMyGuilds(*call) reply {
	return ok([]obj{{"id": s.guildID, "name": s.guildName, "icon": nil, "banner": nil, "owner": false, "features": []any{},
		"permissions": strconv.FormatInt(int64(s.guildPermissions(s.bot)), 10)}})
}

// applicationFlags tell which privileged intents the portal allows.
func (s *Server) applicationFlags() int {
	flags := 0
	for intent, flag := range map[Intent]int{IntentPresences: 1 << 13, IntentGuildMembers: 1 << 15, IntentMessageContent: 1 << 19} {
		if s.denied&intent == 0 {
			flags |= flag
		}
	}
	return flags
}

func (s *Server) getApplication(*call) reply {
	return ok(obj{
		"id": s.appID, "name": s.bot.user.name, "icon": nil, "description": "", "type": nil, "bot": s.bot.user.render(),
		"verify_key": "00", "flags": s.applicationFlags(), "flags_new": strconv.Itoa(s.applicationFlags()), "redirect_uris": []any{},
		"interactions_endpoint_url": nil, "role_connections_verification_url": nil, "owner": s.owner.render(), "bot_public": false,
		"bot_require_code_grant": false, "approximate_guild_count": 1, "approximate_user_install_count": 0,
		"approximate_user_authorization_count": 0, "explicit_content_filter": 0, "team": nil, "eligible_oauth2_scopes": []any{},
	})
}

func (s *Server) renderGuild() obj {
	return obj{
		"id": s.guildID, "name": s.guildName, "icon": nil, "description": nil, "home_header": nil, "splash": nil,
		"discovery_splash": nil, "features": []any{"COMMUNITY"}, "banner": nil, "owner_id": s.owner.id, "application_id": nil, "region": "singapore",
		"afk_channel_id": nil, "afk_timeout": 300, "system_channel_id": nil, "system_channel_flags": 0, "widget_enabled": false,
		"widget_channel_id": nil, "verification_level": 1, "roles": list(s.roles, (*role).render), "default_message_notifications": 1,
		"mfa_level": 0, "explicit_content_filter": 0, "max_presences": nil, "max_members": 500000,
		"max_stage_video_channel_users": 50, "max_video_channel_users": 25, "vanity_url_code": nil, "premium_tier": 0,
		"premium_subscription_count": 0, "preferred_locale": "en-US", "rules_channel_id": nil, "safety_alerts_channel_id": nil,
		"public_updates_channel_id": nil, "premium_progress_bar_enabled": false, "nsfw": false, "nsfw_level": 0, "emojis": []any{},
		"stickers": []any{}, "incidents_data": nil,
	}
}

func (s *Server) getGuild(c *call) reply {
	guild := s.renderGuild()
	if c.query("with_counts") == "true" {
		guild["approximate_member_count"], guild["approximate_presence_count"] = len(s.members), len(s.members)
	}
	return ok(guild)
}

func (s *Server) getChannels(*call) reply { return ok(list(s.guildChannels(), s.renderChannel)) }

func (s *Server) getRoles(*call) reply { return ok(list(s.roles, (*role).render)) }

// bits is a permission set, which Discord takes as text or number.
type bits Permission

// UnmarshalJSON reads "1024" and 1024.
func (b *bits) UnmarshalJSON(data []byte) error {
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil {
		return err
	}
	if n == "" {
		return nil
	}
	v, err := n.Int64()
	*b = bits(v)
	return err
}

type roleBody struct {
	Name        *string `json:"name"`
	Permissions *bits   `json:"permissions"`
	Color       *int    `json:"color"`
	Hoist       *bool   `json:"hoist"`
	Mentionable *bool   `json:"mentionable"`
}

// change applies the fields that were sent; a bot cannot grant what it lacks.
func (b roleBody) change(s *Server, r *role) *reply {
	if b.Permissions != nil {
		if !s.guildPermissions(s.bot).has(Permission(*b.Permissions)) {
			return new(missingPermission())
		}
		r.permissions = Permission(*b.Permissions)
	}
	set(&r.name, b.Name)
	set(&r.color, b.Color)
	set(&r.hoist, b.Hoist)
	set(&r.mentionable, b.Mentionable)
	return nil
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

func (s *Server) postRole(c *call) reply {
	var body roleBody
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if !s.guildPermissions(s.bot).has(PermissionManageRoles) {
		return missingPermission()
	}
	r := &role{name: "new role", permissions: s.roles[0].permissions}
	if bad := body.change(s, r); bad != nil {
		return *bad
	}
	return ok(s.addRole(r).render())
}

func (s *Server) patchRole(c *call) reply {
	var body roleBody
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	r := s.role(c.path("role_id"))
	if r == nil {
		return unknownRole()
	}
	if !s.guildPermissions(s.bot).has(PermissionManageRoles) {
		return missingPermission()
	}
	if bad := body.change(s, r); bad != nil {
		return *bad
	}
	s.dispatch(event{name: "GUILD_ROLE_UPDATE", intent: IntentGuilds, data: obj{"guild_id": s.guildID, "role": r.render()}})
	s.touch(Change{Kind: "role"})
	return ok(r.render())
}

// getMembers needs the members intent in the portal, as on Discord.
func (s *Server) getMembers(c *call) reply {
	if s.denied&IntentGuildMembers != 0 {
		return missingAccess()
	}
	members := slices.Clone(s.members)
	slices.SortFunc(members, func(a, b *member) int { return int(snowflakeNumber(a.user.id) - snowflakeNumber(b.user.id)) })
	after, limit := snowflakeNumber(c.query("after")), c.number("limit", 1, 1000)
	members = slices.DeleteFunc(members, func(m *member) bool { return snowflakeNumber(m.user.id) <= after })
	return ok(list(members[:min(limit, len(members))], (*member).render))
}

func (s *Server) getMember(c *call) reply {
	if m := s.member(c.path("user_id")); m != nil {
		return ok(m.render())
	}
	return unknownMember()
}
