package discord

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
)

// directory is what is known of the guild: readable names, and the tags of its
// forums. It is fed by events and asked from anywhere.
type directory struct {
	mu       sync.RWMutex
	users    map[string]string
	roles    map[string]string
	channels map[string]string
	tags     map[string][]tag // forum -> tags
	forums   map[string]bool
}

// mostNames bounds each table: beyond it names are forgotten, never wrong.
const mostNames = 20000

func newDirectory() *directory {
	return &directory{
		users: map[string]string{}, roles: map[string]string{}, channels: map[string]string{},
		tags: map[string][]tag{}, forums: map[string]bool{},
	}
}

// User is the display name of a user, "" if not known.
func (c *Client) User(id string) string { return c.names.look(c.names.users, id) }

// Role is the name of a role, "" if not known.
func (c *Client) Role(id string) string { return c.names.look(c.names.roles, id) }

// Channel is the name of a channel or thread, "" if not known.
func (c *Client) Channel(id string) string { return c.names.look(c.names.channels, id) }

func (d *directory) look(table map[string]string, id string) string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return table[id]
}

func put[V any](table map[string]V, id string, v V) {
	if id == "" {
		return
	}
	if len(table) >= mostNames {
		clear(table)
	}
	table[id] = v
}

func (d *directory) user(u user, m *member) {
	d.mu.Lock()
	defer d.mu.Unlock()
	name := cmp.Or(u.Global, u.Name)
	if m != nil {
		name = cmp.Or(m.Nick, name)
	} else if d.users[u.ID] != "" {
		return // a nick, perhaps: better than what this one says
	}
	if name != "" {
		put(d.users, u.ID, name)
	}
}

func (d *directory) role(r role) {
	d.mu.Lock()
	defer d.mu.Unlock()
	put(d.roles, r.ID, r.Name)
}

func (d *directory) thread(id, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	put(d.channels, id, name)
}

func (d *directory) channel(ch channel) {
	d.mu.Lock()
	defer d.mu.Unlock()
	put(d.channels, ch.ID, ch.Name)
	if ch.Type == channelForum {
		put(d.tags, ch.ID, ch.Tags)
		put(d.forums, ch.ID, true)
	}
}

func (d *directory) channelGone(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.tags, id)
	delete(d.forums, id)
	delete(d.channels, id)
}

func (d *directory) forumIDs() []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var ids []string
	for id := range d.forums {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// tagsOf are the tags of a forum, asked for once and then kept up by events.
func (d *directory) tagsOf(ctx context.Context, r *rest, forum string) ([]tag, error) {
	d.mu.RLock()
	known, ok := d.tags[forum]
	d.mu.RUnlock()
	if ok || forum == "" {
		return known, nil
	}
	var ch channel
	if err := r.do(ctx, "read forum", http.MethodGet, "/channels/"+forum, nil, &ch); err != nil {
		return nil, err
	}
	d.channel(ch)
	return ch.Tags, nil
}

func nameOfTag(tags []tag, id string) string {
	for _, t := range tags {
		if t.ID == id {
			return t.Name
		}
	}
	return ""
}
