package discordtest

import (
	"regexp"
	"slices"
	"strings"
)

// Pings are the mentions of a message that really notified somebody.
type Pings struct {
	Users    []string `json:"users,omitempty"` // user ids
	Roles    []string `json:"roles,omitempty"` // role ids
	Everyone bool     `json:"everyone,omitempty"`
}

// None says that nobody was notified.
func (p Pings) None() bool { return len(p.Users) == 0 && len(p.Roles) == 0 && !p.Everyone }

var (
	userMention     = regexp.MustCompile(`<@!?(\d+)>`)
	roleMention     = regexp.MustCompile(`<@&(\d+)>`)
	everyoneMention = regexp.MustCompile(`@(everyone|here)\b`)
	codeSpan        = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
)

// mention works out what a message mentions and whom it notifies: the mentions
// written outside code, as far as allowed_mentions, the author's permissions
// and the roles' settings let them.
func (s *Server) mention(m *message, by *member, d *draft) {
	text := codeSpan.ReplaceAllString(m.content, "")
	allowed := func(kind, id string, named []string) bool {
		a := d.AllowedMentions
		switch {
		case a == nil:
			return true
		case a.Parse != nil && slices.Contains(*a.Parse, kind):
			return true
		default:
			return slices.Contains(named, id)
		}
	}
	var users, roles []string
	if d.AllowedMentions != nil {
		users, roles = d.AllowedMentions.Users, d.AllowedMentions.Roles
	}
	all := s.permissions(by, m.channel).has(PermissionMentionEveryone)
	m.mentions, m.mentionsRef, m.everyone, m.pings = nil, nil, false, Pings{}
	for _, found := range userMention.FindAllStringSubmatch(text, -1) {
		if id := found[1]; s.member(id) != nil && !slices.Contains(m.mentions, id) && allowed("users", id, users) {
			m.mentions = append(m.mentions, id)
		}
	}
	for _, found := range roleMention.FindAllStringSubmatch(text, -1) {
		r := s.role(found[1])
		if r != nil && !slices.Contains(m.mentionsRef, r.id) && allowed("roles", r.id, roles) && (r.mentionable || all) {
			m.mentionsRef = append(m.mentionsRef, r.id)
		}
	}
	m.everyone = everyoneMention.MatchString(text) && all && allowed("everyone", "", nil)
	if first := s.message(m.channel.id, m.replyTo); first != nil {
		silent := d.AllowedMentions != nil && !d.AllowedMentions.RepliedUser
		if id := first.author.id; !silent && !slices.Contains(m.mentions, id) {
			m.mentions = append(m.mentions, id)
		}
	}
	if m.flags&flagSilent == 0 {
		m.pings = Pings{Users: slices.Clone(m.mentions), Roles: slices.Clone(m.mentionsRef), Everyone: m.everyone}
	}
}

// cutCustom splits a custom emoji "name:id".
func cutCustom(emoji string) (name, id string, custom bool) {
	name, id, custom = strings.Cut(emoji, ":")
	return name, id, custom && snowflakeNumber(id) > 0
}
