package discordtest

import (
	"slices"
	"time"
)

// Kinds of channel, with Discord's numbers.
const (
	KindText     = 0
	KindVoice    = 2
	KindCategory = 4
	KindNews     = 5
	KindThread   = 11 // a public thread; a forum post is one
	KindForum    = 15
)

// Flags of messages and channels.
const (
	flagEphemeral    = 1 << 6
	flagLoading      = 1 << 7
	flagSilent       = 1 << 12
	flagVoice        = 1 << 13
	flagSnapshot     = 1 << 14
	flagComponentsV2 = 1 << 15
	flagRequireTag   = 1 << 4
)

type user struct {
	id, name, display string
	bot               bool
}

type member struct {
	user   *user
	nick   string
	roles  []string
	joined time.Time
}

type role struct {
	id, name           string
	permissions        Permission
	color, position    int
	hoist, mentionable bool
	botID              string // set for the role that belongs to the bot
}

type tag struct {
	id, name  string
	moderated bool
	emoji     string
}

type channel struct {
	id, name, topic, parent string
	kind, position, flags   int
	overwrites              []Overwrite
	tags                    []tag
	extra                   obj // settings of a forum that are only kept and given back

	owner             string // of a thread
	archived, locked  bool
	archiveChanged    time.Time
	autoArchive       int // minutes
	applied           []string
	created           time.Time
	messages          []*message // in order of their ids, deleted ones included
	last              string     // id of the last message, of a forum: of the last post
	sent              int        // messages ever sent in a thread, starter excluded
	deleted           bool
	renames, oldEdits window
}

func (c *channel) isThread() bool { return c.kind == KindThread }

func (c *channel) tag(id string) (tag, bool) {
	i := slices.IndexFunc(c.tags, func(t tag) bool { return t.id == id })
	if i < 0 {
		return tag{}, false
	}
	return c.tags[i], true
}

// live is the number of messages in a thread, starter and deleted ones excluded.
func (c *channel) live() int {
	n := 0
	for _, m := range c.messages {
		if !m.deleted && m.id != c.id {
			n++
		}
	}
	return n
}

type message struct {
	id          string
	channel     *channel
	author      *user
	kind, flags int
	content     string
	embeds      []any
	components  []any
	attachments []*attachment
	reactions   []*reaction
	replyTo     string
	at, edited  time.Time
	deletedAt   time.Time
	before      []string // earlier contents, oldest first
	deleted     bool
	nonce       any
	pings       Pings
	mentions    []string // user ids
	mentionsRef []string // role ids
	everyone    bool
	viewer      string // the only user who sees an ephemeral message
	interaction string // id of the interaction it answers
	more        content
	forwardOf   string // message id
	forwardIn   string // its channel
}

type reaction struct {
	emoji string
	users []string
}

type attachment struct {
	id, name, description, contentType string
	channel                            string
	width, height                      int
	data                               []byte
	ephemeral                          bool
	seconds                            float64 // of a recording
	waveform                           string  // base64
	gone                               bool    // its message was deleted
	declared                           int     // size that is told, 0: the true one
}

// message finds a message that is still there.
func (s *Server) message(channelID, id string) *message {
	m := s.messages[id]
	if m == nil || m.deleted || m.channel.id != channelID {
		return nil
	}
	return m
}

// guildChannels are the channels that are no threads, in their order.
func (s *Server) guildChannels() []*channel {
	return s.channelsWhere(func(c *channel) bool { return !c.isThread() })
}

func (s *Server) channelsWhere(keep func(*channel) bool) []*channel {
	var out []*channel
	for _, id := range s.channelOrder {
		if c := s.channels[id]; c != nil && keep(c) {
			out = append(out, c)
		}
	}
	return out
}

func (s *Server) role(id string) *role {
	i := slices.IndexFunc(s.roles, func(r *role) bool { return r.id == id })
	if i < 0 {
		return nil
	}
	return s.roles[i]
}

func (s *Server) member(userID string) *member {
	i := slices.IndexFunc(s.members, func(m *member) bool { return m.user.id == userID })
	if i < 0 {
		return nil
	}
	return s.members[i]
}
