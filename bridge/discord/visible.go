package discord

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Permissions that the desk gives or asks for; the numbers are Discord's.
const (
	permissionAdministrator uint64 = 1 << 3
	permissionReact         uint64 = 1 << 6
	permissionView          uint64 = 1 << 10
	permissionSend          uint64 = 1 << 11
	permissionEmbed         uint64 = 1 << 14
	permissionAttach        uint64 = 1 << 15
	permissionHistory       uint64 = 1 << 16
	permissionMentionAll    uint64 = 1 << 17
	permissionManageThreads uint64 = 1 << 34
	permissionCreateThreads uint64 = 1 << 35
	permissionSendInThreads uint64 = 1 << 38
)

// What is allowed in a private channel to those who see it.
const (
	permissionsOfStaff = permissionView | permissionSend | permissionSendInThreads |
		permissionHistory | permissionReact | permissionAttach
	permissionsOfTheBot = permissionsOfStaff | permissionManageThreads | permissionCreateThreads | permissionEmbed
)

// Whom an overwrite is for.
const (
	overwriteRole   = 0
	overwriteMember = 1
)

// seclude makes the overwrites of a channel that only the roles named see, and
// the bot; nil for a channel that everybody sees.
func (s *setup) seclude(ctx context.Context, name string, visibleTo []string) ([]overwrite, error) {
	if len(visibleTo) == 0 {
		return nil, nil
	}
	if s.self == "" {
		var me user
		if err := s.rest.do(ctx, "ask who we are", http.MethodGet, "/users/@me", nil, &me); err != nil {
			return nil, err
		}
		s.self = me.ID
	}
	out := []overwrite{
		{ID: s.guild, Type: overwriteRole, Allow: "0", Deny: bits(permissionView)},
		{ID: s.self, Type: overwriteMember, Allow: bits(permissionsOfTheBot), Deny: "0"},
	}
	for _, role := range visibleTo {
		id := s.result.Roles[role]
		if id == "" {
			return nil, fmt.Errorf("%s is for the role %s, which is not in the plan", name, role)
		}
		if !slices.ContainsFunc(out, func(o overwrite) bool { return o.ID == id }) {
			out = append(out, overwrite{ID: id, Type: overwriteRole, Allow: bits(permissionsOfStaff), Deny: "0"})
		}
	}
	return out, nil
}

// secluded finds who sees a private channel and should not, and who should and
// does not. It looks at the plan's roles only: whom else a person has let in is
// that person's business.
func (i *inspection) secluded(ch channel, visibleTo []string, plan []RolePlan) {
	if len(visibleTo) == 0 {
		return
	}
	everyone, _ := i.base()
	if i.allowed(ch, everyone, nil, "")&permissionView != 0 {
		i.found("in its permissions give View Channel to the bot and to "+strings.Join(visibleTo, ", ")+", then take it from @everyone",
			"everybody in the server can see #%s", ch.Name)
		return
	}
	asked := map[string]bool{}
	for _, p := range plan {
		at := slices.IndexFunc(i.roles, func(r role) bool { return r.Name == p.Name && !r.Managed })
		if at < 0 || asked[p.Name] {
			continue
		}
		asked[p.Name] = true
		have := everyone | number(i.roles[at].Permissions)
		if have&permissionAdministrator != 0 {
			continue // sees everything, whatever a channel says
		}
		sees := i.allowed(ch, have, []string{i.roles[at].ID}, "")&permissionView != 0
		switch wanted := slices.Contains(visibleTo, p.Name); {
		case sees && !wanted:
			i.found("take View Channel from that role in the channel's permissions", "the role %s can see #%s", p.Name, ch.Name)
		case wanted && !sees:
			i.found("give that role View Channel in the channel's permissions", "the role %s cannot see #%s", p.Name, ch.Name)
		}
	}
}

// allowed are the permissions in a channel of a user with some roles, whose
// permissions in the server are base.
func (i *inspection) allowed(ch channel, base uint64, roles []string, user string) uint64 {
	apply := func(have uint64, chosen func(overwrite) bool) uint64 {
		var allow, deny uint64
		for _, o := range ch.Overwrites {
			if chosen(o) {
				allow, deny = allow|number(o.Allow), deny|number(o.Deny)
			}
		}
		return have&^deny | allow
	}
	have := apply(base, func(o overwrite) bool { return o.ID == i.guild })
	have = apply(have, func(o overwrite) bool {
		return o.Type == overwriteRole && o.ID != i.guild && slices.Contains(roles, o.ID)
	})
	return apply(have, func(o overwrite) bool { return o.Type == overwriteMember && o.ID == user })
}

func bits(permissions uint64) string { return strconv.FormatUint(permissions, 10) }

// number reads permissions; what is none counts as no permission.
func number(text string) uint64 {
	n, _ := strconv.ParseUint(text, 10, 64)
	return n
}
