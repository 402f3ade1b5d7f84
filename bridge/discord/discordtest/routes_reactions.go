package discordtest

import (
	"slices"
	"unicode"
)

const reactionPath = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}"

var reactionRoutes = []route{
	{method: "PUT", path: reactionPath + "/@me", do: onMessage((*Server).putReaction), bucket: bucketReaction},
	{method: "DELETE", path: reactionPath + "/@me", do: onMessage((*Server).deleteOwnReaction), bucket: bucketReaction},
	{method: "DELETE", path: reactionPath + "/{user_id}", do: onMessage((*Server).deleteReaction), bucket: bucketReaction},
	{method: "GET", path: reactionPath, do: onMessage((*Server).getReactions)},
}

// onMessage finds the message of a reaction route.
func onMessage(do func(*Server, *call, *message) reply) func(*Server, *call) reply {
	return inChannel(PermissionReadMessageHistory, func(s *Server, c *call, ch *channel) reply {
		m := s.message(ch.id, c.path("message_id"))
		if m == nil || m.viewer != "" {
			return unknownMessage()
		}
		if c.r.Method != "GET" && ch.archived {
			return threadArchived()
		}
		return do(s, c, m)
	})
}

// validEmoji is true for "name:id" and for text that is no plain word.
func validEmoji(emoji string) bool {
	if _, _, custom := cutCustom(emoji); custom {
		return true
	}
	for _, r := range emoji {
		if r > 0x203b || r == '©' || r == '®' {
			return !slices.ContainsFunc([]rune(emoji), func(r rune) bool { return unicode.IsLetter(r) && r < 0x2000 })
		}
	}
	return false
}

func (s *Server) putReaction(c *call, m *message) reply {
	if refusal := s.react(m, c.path("emoji_name"), s.bot); refusal != nil {
		return *refusal
	}
	return noContent()
}

// react adds a reaction; a second one of the same person changes nothing.
func (s *Server) react(m *message, emoji string, by *member) *reply {
	if !validEmoji(emoji) {
		return new(malformed(unknownEmoji(), "reaction "+emoji))
	}
	i := slices.IndexFunc(m.reactions, func(r *reaction) bool { return r.emoji == emoji })
	if i < 0 {
		if !s.permissions(by, m.channel).has(PermissionAddReactions) {
			return new(missingPermission())
		}
		if len(m.reactions) >= 20 {
			return new(fail(400, 30010, "Maximum number of reactions reached (20)"))
		}
		m.reactions = append(m.reactions, &reaction{emoji: emoji})
		i = len(m.reactions) - 1
	}
	r := m.reactions[i]
	if slices.Contains(r.users, by.user.id) {
		return nil
	}
	r.users = append(r.users, by.user.id)
	data := s.reactionData(m, emoji, by.user.id)
	data["member"], data["message_author_id"] = by.render(), m.author.id
	s.dispatch(event{name: "MESSAGE_REACTION_ADD", intent: IntentGuildMessageReactions, channel: m.channel, data: data})
	s.touch(Change{Kind: "reaction", Channel: m.channel.id, Message: m.id})
	return nil
}

func (s *Server) reactionData(m *message, emoji, userID string) obj {
	return obj{"user_id": userID, "channel_id": m.channel.id, "message_id": m.id, "guild_id": s.guildID,
		"emoji": renderEmoji(emoji), "burst": false, "type": 0}
}

func (s *Server) unreact(m *message, emoji, userID string) *reply {
	i := slices.IndexFunc(m.reactions, func(r *reaction) bool { return r.emoji == emoji && slices.Contains(r.users, userID) })
	if i < 0 {
		return new(unknownEmoji())
	}
	r := m.reactions[i]
	r.users = slices.DeleteFunc(r.users, func(id string) bool { return id == userID })
	if len(r.users) == 0 {
		m.reactions = slices.Delete(m.reactions, i, i+1)
	}
	s.dispatch(event{name: "MESSAGE_REACTION_REMOVE", intent: IntentGuildMessageReactions, channel: m.channel,
		data: s.reactionData(m, emoji, userID)})
	s.touch(Change{Kind: "reaction", Channel: m.channel.id, Message: m.id})
	return nil
}

// deleteOwnReaction of a reaction that is not there is answered 204, as Discord
// does.
func (s *Server) deleteOwnReaction(c *call, m *message) reply {
	s.unreact(m, c.path("emoji_name"), s.bot.user.id)
	return noContent()
}

func (s *Server) deleteReaction(c *call, m *message) reply {
	id := c.path("user_id")
	if id != s.bot.user.id && !s.permissions(s.bot, m.channel).has(PermissionManageMessages) {
		return missingPermission()
	}
	s.unreact(m, c.path("emoji_name"), id)
	return noContent()
}

func (s *Server) getReactions(c *call, m *message) reply {
	users := []obj{}
	for _, r := range m.reactions {
		if r.emoji != c.path("emoji_name") {
			continue
		}
		for _, id := range r.users {
			if who := s.member(id); who != nil && snowflakeNumber(id) > snowflakeNumber(c.query("after")) {
				users = append(users, who.user.render())
			}
		}
	}
	return ok(users[:min(c.number("limit", 25, 100), len(users))])
}

func (s *Server) clearReactions(m *message, emoji string, by *member) *reply {
	if !s.permissions(by, m.channel).has(PermissionManageMessages) {
		return new(missingPermission())
	}
	m.reactions = slices.DeleteFunc(m.reactions, func(r *reaction) bool { return emoji == "" || r.emoji == emoji })
	e := event{name: "MESSAGE_REACTION_REMOVE_ALL", intent: IntentGuildMessageReactions, channel: m.channel,
		data: obj{"channel_id": m.channel.id, "message_id": m.id, "guild_id": s.guildID}}
	if emoji != "" {
		e.name, e.data["emoji"] = "MESSAGE_REACTION_REMOVE_EMOJI", renderEmoji(emoji)
	}
	s.dispatch(e)
	s.touch(Change{Kind: "reaction", Channel: m.channel.id, Message: m.id})
	return nil
}
