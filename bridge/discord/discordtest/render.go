package discordtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"
)

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000+00:00") }

// orNull is null for an empty string.
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func list[T any, R any](in []T, render func(T) R) []R {
	out := make([]R, 0, len(in))
	for _, v := range in {
		out = append(out, render(v))
	}
	return out
}

func (u *user) render() obj {
	return obj{
		"id": u.id, "username": u.name, "discriminator": "0", "global_name": orNull(u.display), "avatar": nil,
		"bot": u.bot, "flags": 0, "public_flags": 0, "primary_guild": nil,
	}
}

// bare is a member without its user, as events carry it beside an author.
func (m *member) bare() obj {
	roles := m.roles
	if roles == nil {
		roles = []string{}
	}
	return obj{
		"nick": orNull(m.nick), "roles": roles, "joined_at": stamp(m.joined), "avatar": nil, "banner": nil,
		"communication_disabled_until": nil, "flags": 0, "pending": false, "premium_since": nil, "mute": false, "deaf": false,
	}
}

func (m *member) render() obj {
	out := m.bare()
	out["user"] = m.user.render()
	return out
}

func (r *role) render() obj {
	out := obj{
		"id": r.id, "name": r.name, "permissions": strconv.FormatInt(int64(r.permissions), 10), "position": r.position,
		"color": r.color, "colors": obj{"primary_color": r.color, "secondary_color": nil, "tertiary_color": nil},
		"hoist": r.hoist, "managed": r.botID != "", "mentionable": r.mentionable, "icon": nil, "unicode_emoji": nil, "flags": 0,
	}
	if r.botID != "" {
		out["tags"] = obj{"bot_id": r.botID}
	}
	return out
}

func (t tag) render() obj {
	return obj{"id": t.id, "name": t.name, "moderated": t.moderated, "emoji_id": nil, "emoji_name": orNull(t.emoji)}
}

func (o Overwrite) render() obj {
	kind := 0
	if o.Member {
		kind = 1
	}
	return obj{"id": o.ID, "type": kind, "allow": strconv.FormatInt(int64(o.Allow), 10), "deny": strconv.FormatInt(int64(o.Deny), 10)}
}

func (s *Server) renderChannel(c *channel) obj {
	out := obj{"id": c.id, "guild_id": s.guildID, "type": c.kind, "name": c.name, "flags": c.flags, "parent_id": orNull(c.parent)}
	if c.kind != KindCategory {
		out["last_message_id"] = orNull(c.last)
		out["rate_limit_per_user"] = 0
	}
	if c.isThread() {
		applied := c.applied
		if applied == nil {
			applied = []string{}
		}
		out["owner_id"] = c.owner
		out["thread_metadata"] = obj{
			"archived": c.archived, "locked": c.locked, "auto_archive_duration": c.autoArchive,
			"archive_timestamp": stamp(c.archiveChanged), "create_timestamp": stamp(c.created),
		}
		out["message_count"], out["total_message_sent"], out["member_count"] = c.live(), c.sent, 1
		out["applied_tags"] = applied
		return out
	}
	out["position"] = c.position
	out["permission_overwrites"] = list(c.overwrites, Overwrite.render)
	out["nsfw"] = false
	if c.kind != KindCategory {
		out["topic"] = orNull(c.topic)
	}
	if c.kind == KindForum {
		out["available_tags"] = list(c.tags, tag.render)
		out["default_reaction_emoji"], out["default_sort_order"], out["default_forum_layout"] = nil, nil, 0
	}
	maps.Copy(out, c.extra)
	return out
}

func (s *Server) renderAttachment(a *attachment) obj {
	path := s.signedPath(a)
	out := obj{
		"id": a.id, "filename": a.name, "size": len(a.data), "content_type": a.contentType,
		"url": "https://cdn.discordapp.com" + path, "proxy_url": "https://media.discordapp.net" + path,
	}
	if a.description != "" {
		out["description"] = a.description
	}
	if a.width > 0 {
		out["width"], out["height"] = a.width, a.height
	}
	if a.seconds > 0 {
		out["duration_secs"], out["waveform"] = a.seconds, a.waveform
	}
	if a.declared > 0 {
		out["size"] = a.declared
	}
	if a.ephemeral {
		out["ephemeral"] = true
	}
	return out
}

// signedPath is path and query of a link that works for Limits.LinkLife.
func (s *Server) signedPath(a *attachment) string {
	now := s.now()
	expiry, issued := strconv.FormatInt(now.Add(s.limits.LinkLife).Unix(), 16), strconv.FormatInt(now.Unix(), 16)
	path := fmt.Sprintf("/attachments/%s/%s/%s", a.channel, a.id, url.PathEscape(a.name))
	return fmt.Sprintf("%s?ex=%s&is=%s&hm=%s&", path, expiry, issued, s.signature(a.id, expiry, issued))
}

func (s *Server) signature(id, expiry, issued string) string {
	mac := hmac.New(sha256.New, []byte(s.opts.Token))
	fmt.Fprintf(mac, "%s.%s.%s", id, expiry, issued)
	return hex.EncodeToString(mac.Sum(nil))
}

// renderEmoji renders a reaction's emoji, "✅" or "name:id".
func renderEmoji(emoji string) obj {
	if name, id, custom := cutCustom(emoji); custom {
		return obj{"id": id, "name": name}
	}
	return obj{"id": nil, "name": emoji}
}

func (s *Server) renderMessage(m *message) obj {
	out := s.renderBare(m)
	if m.replyTo != "" {
		out["message_reference"] = obj{"type": 0, "channel_id": m.channel.id, "guild_id": s.guildID, "message_id": m.replyTo}
		out["referenced_message"] = nil
		if first := s.message(m.channel.id, m.replyTo); first != nil {
			out["referenced_message"] = s.renderBare(first)
		}
	}
	return out
}

// renderBare leaves out the message that is replied to.
func (s *Server) renderBare(m *message) obj {
	var edited any
	if !m.edited.IsZero() {
		edited = stamp(m.edited)
	}
	mentions := []obj{}
	for _, id := range m.mentions {
		if u := s.member(id); u != nil {
			mentions = append(mentions, u.user.render())
		}
	}
	embeds, components, roles := m.embeds, m.components, m.mentionsRef
	if embeds == nil {
		embeds = []any{}
	}
	if components == nil {
		components = []any{}
	}
	if roles == nil {
		roles = []string{}
	}
	out := obj{
		"id": m.id, "channel_id": m.channel.id, "type": m.kind, "flags": m.flags, "content": m.content, "author": m.author.render(),
		"timestamp": stamp(m.at), "edited_timestamp": edited, "tts": false, "pinned": false,
		"mention_everyone": m.everyone, "mentions": mentions, "mention_roles": roles,
		"embeds": embeds, "components": components, "attachments": list(m.attachments, s.renderAttachment),
	}
	s.renderContent(m, out)
	if len(m.reactions) > 0 {
		out["reactions"] = list(m.reactions, s.renderReaction)
	}
	if m.interaction != "" {
		out["application_id"], out["webhook_id"] = s.appID, s.appID
	}
	return out
}

func (s *Server) renderReaction(r *reaction) obj {
	mine := false
	for _, id := range r.users {
		mine = mine || id == s.bot.user.id
	}
	return obj{
		"emoji": renderEmoji(r.emoji), "count": len(r.users), "count_details": obj{"burst": 0, "normal": len(r.users)},
		"me": mine, "me_burst": false, "burst_colors": []any{},
	}
}

// stripped is what a bot without the message content intent gets.
func stripped(message obj) obj {
	out := obj{}
	maps.Copy(out, message)
	out["content"], out["embeds"], out["attachments"], out["components"] = "", []any{}, []any{}, []any{}
	delete(out, "poll")
	delete(out, "message_snapshots")
	return out
}

// contentHidden says whether a message's content is kept from a bot that has
// no message content intent.
func (s *Server) contentHidden(m *message) bool {
	if m.author.id == s.bot.user.id {
		return false
	}
	return !slices.Contains(m.mentions, s.bot.user.id)
}

// messageForREST hides content when the portal denies it.
func (s *Server) messageForREST(m *message) obj {
	out := s.renderMessage(m)
	if s.denied&IntentMessageContent != 0 && s.contentHidden(m) {
		return stripped(out)
	}
	return out
}
