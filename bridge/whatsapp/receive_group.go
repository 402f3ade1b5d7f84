package whatsapp

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/haloerzap/halo/bridge"
)

// groupEnvelope reads who wrote in which group; ok is false for groups that the
// desk does not listen to.
func (l *link) groupEnvelope(info *types.MessageInfo) (m bridge.ClientMessage, ok bool) {
	if !l.listens(info.Chat) {
		return m, false
	}
	m = bridge.ClientMessage{
		ID: cleanID(info.ID), At: info.Timestamp, Own: info.IsFromMe,
		Chat: bridge.Address(info.Chat.ToNonAD().String()), Name: l.groups.name(l, info.Chat),
		Group: &bridge.Group{},
	}
	m.Group.Name = m.Name
	m.Group.Sender, _, m.Group.SenderPhone = l.addresses(info.Sender, info.SenderAlt)
	if !info.IsFromMe {
		m.Group.SenderName = cleanName(info.PushName)
	}
	return m, true
}

// listens reports whether a group is one of Options.Groups.
func (l *link) listens(group types.JID) bool {
	return slices.Contains(l.c.options.Groups, group.ToNonAD().String())
}

// groupNames are what groups are called. Whoever wants a name that is not known
// waits a moment for WhatsApp's answer; without one, it is asked again later.
type groupNames struct {
	mu    sync.Mutex
	known map[types.JID]groupName
}

type groupName struct {
	name  string
	asked time.Time
}

const (
	groupNameWait  = 3 * time.Second
	groupNameAgain = 10 * time.Minute
)

func (g *groupNames) name(l *link, group types.JID) string {
	g.mu.Lock()
	known := g.known[group]
	g.mu.Unlock()
	if known.name != "" || !known.asked.IsZero() && time.Since(known.asked) < groupNameAgain {
		return known.name
	}
	ctx, cancel := context.WithTimeout(l.ctx, groupNameWait)
	defer cancel()
	info, err := l.cli.GetGroupInfo(ctx, group)
	if err != nil {
		l.c.log.Warn("ask for the name of a group", logged(err))
		g.set(group, "")
		return ""
	}
	return g.set(group, info.Name)
}

func (g *groupNames) set(group types.JID, name string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.known == nil {
		g.known = map[types.JID]groupName{}
	}
	// Only groups of the allow-list come here, so that there are few.
	known := groupName{name: cleanName(name), asked: time.Now()}
	g.known[group] = known
	return known.name
}

// onGroup hears that a group was renamed.
func (l *link) onGroup(e *events.GroupInfo) {
	if e.Name != nil && l.listens(e.JID) {
		l.groups.set(e.JID.ToNonAD(), e.Name.Name)
	}
}
