package discordtest

import "slices"

// Permission is a set of Discord permission bits.
type Permission int64

// The permissions that matter to a desk; values are Discord's.
const (
	PermissionAdministrator        Permission = 1 << 3
	PermissionManageChannels       Permission = 1 << 4
	PermissionAddReactions         Permission = 1 << 6
	PermissionViewChannel          Permission = 1 << 10
	PermissionSendMessages         Permission = 1 << 11
	PermissionManageMessages       Permission = 1 << 13
	PermissionEmbedLinks           Permission = 1 << 14
	PermissionAttachFiles          Permission = 1 << 15
	PermissionReadMessageHistory   Permission = 1 << 16
	PermissionMentionEveryone      Permission = 1 << 17
	PermissionManageRoles          Permission = 1 << 28
	PermissionUseCommands          Permission = 1 << 31
	PermissionManageThreads        Permission = 1 << 34
	PermissionCreatePublicThreads  Permission = 1 << 35
	PermissionSendMessagesInThread Permission = 1 << 38
	PermissionSendVoiceMessages    Permission = 1 << 46
)

const everyPermission Permission = 1<<53 - 1

// DeskPermissions is what the desk's bot asks for when it is invited.
const DeskPermissions = PermissionViewChannel | PermissionSendMessages | PermissionSendMessagesInThread |
	PermissionCreatePublicThreads | PermissionManageThreads | PermissionEmbedLinks | PermissionAttachFiles |
	PermissionReadMessageHistory | PermissionAddReactions | PermissionMentionEveryone |
	PermissionManageChannels | PermissionManageRoles

// MemberPermissions is what @everyone may do in a new guild.
const MemberPermissions = PermissionViewChannel | PermissionSendMessages | PermissionSendMessagesInThread |
	PermissionCreatePublicThreads | PermissionEmbedLinks | PermissionAttachFiles |
	PermissionReadMessageHistory | PermissionAddReactions | PermissionUseCommands | PermissionSendVoiceMessages

// Overwrite changes permissions in one channel for one role or one member.
type Overwrite struct {
	ID     string     // of the role or member
	Member bool       // ID names a member
	Allow  Permission // granted here
	Deny   Permission // taken here
}

// has reports whether p holds every bit of want.
func (p Permission) has(want Permission) bool { return p&want == want }

// guildPermissions are a member's permissions before channel overwrites.
func (s *Server) guildPermissions(m *member) Permission {
	if m.user.id == s.owner.id {
		return everyPermission
	}
	p := s.roles[0].permissions
	for _, r := range s.roles {
		if slices.Contains(m.roles, r.id) {
			p |= r.permissions
		}
	}
	if p.has(PermissionAdministrator) {
		return everyPermission
	}
	return p
}

// permissions are a member's permissions in a channel; a thread inherits those
// of its parent.
func (s *Server) permissions(m *member, c *channel) Permission {
	p := s.guildPermissions(m)
	if p == everyPermission {
		return p
	}
	place := c
	if c.isThread() {
		if parent := s.channels[c.parent]; parent != nil {
			place = parent
		}
	}
	everyone := s.roles[0].id
	var allow, deny Permission
	for _, o := range place.overwrites {
		switch {
		case o.ID == everyone:
			p = p&^o.Deny | o.Allow
		case !o.Member && slices.Contains(m.roles, o.ID):
			allow |= o.Allow
			deny |= o.Deny
		}
	}
	p = p&^deny | allow
	for _, o := range place.overwrites {
		if o.Member && o.ID == m.user.id {
			p = p&^o.Deny | o.Allow
		}
	}
	if !p.has(PermissionViewChannel) {
		return 0
	}
	return p
}

// checkOverwrites refuses those the bot may not make: for nobody the guild has,
// or about permissions it has not itself. Those that were there before may stay.
func (s *Server) checkOverwrites(before, after []Overwrite) *reply {
	have := s.guildPermissions(s.bot)
	for _, o := range after {
		if slices.Contains(before, o) {
			continue
		}
		if o.Member && s.member(o.ID) == nil || !o.Member && s.role(o.ID) == nil {
			return new(malformed(fail(404, 10009, "Unknown Overwrite"), "overwrite for "+o.ID+", which is no role or member"))
		}
		if !have.has(PermissionManageRoles) || !have.has(o.Allow|o.Deny) {
			return new(missingPermission())
		}
	}
	return nil
}

// need answers 50001 when a member cannot see the channel and 50013 when it
// lacks one of the permissions wanted; nil when all is well.
func (s *Server) need(m *member, c *channel, want Permission) *reply {
	p := s.permissions(m, c)
	if !p.has(PermissionViewChannel) {
		return new(missingAccess())
	}
	if !p.has(want) {
		return new(missingPermission())
	}
	return nil
}

// sendPermission is the one needed to write in a channel.
func sendPermission(c *channel) Permission {
	if c.isThread() {
		return PermissionSendMessagesInThread
	}
	return PermissionSendMessages
}
