package discordtest

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Channel is a channel or thread as the guild sees it.
type Channel struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Kind     int      `json:"type"`
	Parent   string   `json:"parent,omitempty"`
	Topic    string   `json:"topic,omitempty"`
	Tags     []string `json:"tags,omitempty"` // names: of a post those applied, of a forum those there are
	Archived bool     `json:"archived"`
	Locked   bool     `json:"locked"`
	Owner    string   `json:"owner,omitempty"` // user id, of a thread
}

// Thread says whether it is a thread or forum post.
func (c Channel) Thread() bool { return c.Kind == KindThread }

// User is who wrote or reacted.
type User struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Bot  bool   `json:"bot,omitempty"`
}

// Embed is the framed part of a message.
type Embed struct {
	Title       string       `json:"title,omitempty"`
	Description string       `json:"description,omitempty"`
	URL         string       `json:"url,omitempty"`
	Color       int          `json:"color,omitempty"`
	Author      *EmbedText   `json:"author,omitempty"`
	Footer      *EmbedText   `json:"footer,omitempty"`
	Fields      []EmbedField `json:"fields,omitempty"`
	Image       *EmbedImage  `json:"image,omitempty"`
	Thumbnail   *EmbedImage  `json:"thumbnail,omitempty"`
}

// EmbedText is the author (Name) or footer (Text) of an embed.
type EmbedText struct {
	Name string `json:"name,omitempty"`
	Text string `json:"text,omitempty"`
}

// EmbedField is one row of an embed.
type EmbedField struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Inline bool   `json:"inline,omitempty"`
}

// EmbedImage is a picture in an embed.
type EmbedImage struct {
	URL string `json:"url"`
}

// Attachment is a file at a message; URL is signed and expires, its path and
// query work on this server too.
type Attachment struct {
	ID          string `json:"id"`
	Filename    string `json:"filename"`
	ContentType string `json:"content_type"`
	Size        int    `json:"size"`
	URL         string `json:"url"`
	Description string `json:"description,omitempty"`
	// Of a recording: how long it is, and its picture in base64.
	Seconds  float64 `json:"seconds,omitempty"`
	Waveform string  `json:"waveform,omitempty"`
	Width    int     `json:"width,omitempty"`
	Height   int     `json:"height,omitempty"`
}

// Reaction is an emoji and who chose it.
type Reaction struct {
	Emoji string `json:"emoji"`
	Users []User `json:"users"`
}

// Message is a message as a member sees it; the slices are the caller's.
type Message struct {
	ID          string       `json:"id"`
	Channel     string       `json:"channel"`
	Author      User         `json:"author"`
	Content     string       `json:"content"`
	Embeds      []Embed      `json:"embeds,omitempty"`
	Components  []Component  `json:"components,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	Reactions   []Reaction   `json:"reactions,omitempty"`
	ReplyTo     string       `json:"reply_to,omitempty"`
	At          time.Time    `json:"at"`
	Edited      time.Time    `json:"edited,omitzero"`
	Before      []string     `json:"before,omitempty"` // earlier contents, oldest first
	Deleted     bool         `json:"deleted,omitempty"`
	DeletedAt   time.Time    `json:"deleted_at,omitzero"`
	Ephemeral   bool         `json:"ephemeral,omitempty"`
	Thinking    bool         `json:"thinking,omitempty"` // a deferred answer not given yet
	Pings       Pings        `json:"pings,omitzero"`
	Nonce       string       `json:"nonce,omitempty"`
	Voice       bool         `json:"voice,omitempty"`
	Stickers    []string     `json:"stickers,omitempty"` // names
	Poll        *Poll        `json:"poll,omitempty"`
	Forwarded   []Snapshot   `json:"forwarded,omitempty"`
}

// Reacted says whether the user named (by id or name) reacted with an emoji.
func (m Message) Reacted(emoji, who string) bool {
	return slices.ContainsFunc(m.Reactions, func(r Reaction) bool {
		return r.Emoji == emoji && slices.ContainsFunc(r.Users, func(u User) bool { return u.ID == who || u.Name == who })
	})
}

// Button finds a button by its label; its custom_id is what Click takes.
func (m Message) Button(label string) (Component, bool) {
	for _, row := range m.Components {
		for _, c := range row.Components {
			if c.Type == componentButton && c.Label == label {
				return c, true
			}
		}
	}
	return Component{}, false
}

func seeUser(u *user) User { return User{ID: u.id, Name: u.name, Bot: u.bot} }

func (s *Server) seeChannel(c *channel) Channel {
	out := Channel{ID: c.id, Name: c.name, Kind: c.kind, Parent: c.parent, Topic: c.topic, Archived: c.archived, Locked: c.locked, Owner: c.owner}
	if parent := s.channels[c.parent]; c.isThread() && parent != nil {
		for _, id := range c.applied {
			if t, known := parent.tag(id); known {
				out.Tags = append(out.Tags, t.name)
			}
		}
	}
	for _, t := range c.tags {
		out.Tags = append(out.Tags, t.name)
	}
	return out
}

// see copies a message as a person sees it.
func (s *Server) see(m *message) *Message {
	out := &Message{
		ID: m.id, Channel: m.channel.id, Author: seeUser(m.author), Content: m.content, Components: decodeComponents(m.components),
		ReplyTo: m.replyTo, At: m.at, Edited: m.edited, Before: slices.Clone(m.before), Deleted: m.deleted, DeletedAt: m.deletedAt,
		Ephemeral: m.viewer != "", Thinking: m.flags&flagLoading != 0, Pings: m.pings,
	}
	if nonce, isText := m.nonce.(string); isText {
		out.Nonce = nonce
	}
	if data, err := json.Marshal(m.embeds); err == nil && len(m.embeds) > 0 {
		json.Unmarshal(data, &out.Embeds) //nolint:errcheck // its shape was checked when it came in
	}
	for _, a := range m.attachments {
		out.Attachments = append(out.Attachments, s.seeAttachment(a))
	}
	s.seeContent(m, out)
	for _, r := range m.reactions {
		seen := Reaction{Emoji: r.emoji}
		for _, id := range r.users {
			if who := s.member(id); who != nil {
				seen.Users = append(seen.Users, seeUser(who.user))
			}
		}
		out.Reactions = append(out.Reactions, seen)
	}
	return out
}

// Channels are all channels and threads, in the order of their making.
func (s *Server) Channels() []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return list(s.channelsWhere(func(*channel) bool { return true }), s.seeChannel)
}

// Channel is one channel or thread.
func (s *Server) Channel(id string) (Channel, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[id]
	if c == nil {
		return Channel{}, false
	}
	return s.seeChannel(c), true
}

// Posts are the posts of a forum, or the threads of a channel, oldest first.
func (s *Server) Posts(parentID string) []Channel {
	s.mu.Lock()
	defer s.mu.Unlock()
	return list(s.channelsWhere(func(c *channel) bool { return c.isThread() && c.parent == parentID }), s.seeChannel)
}

// Messages are those a member sees in a channel, oldest first: no deleted and
// no ephemeral ones.
func (s *Server) Messages(channelID string) []Message {
	return slices.DeleteFunc(s.History(channelID), func(m Message) bool { return m.Deleted })
}

// History are all messages ever in a channel, deleted ones included, oldest
// first.
func (s *Server) History(channelID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channelID]
	if c == nil {
		return nil
	}
	return list(c.messages, func(m *message) Message { return *s.see(m) })
}

// Message finds a message by id, deleted and ephemeral ones included.
func (s *Server) Message(id string) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages[id]
	if m == nil {
		return Message{}, false
	}
	return *s.see(m), true
}

// Members are all members, the owner and the bot first.
func (s *Server) Members() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return list(s.members, func(m *member) User { return seeUser(m.user) })
}

// RolesOf are the names of the roles of a member, @everyone left out.
func (s *Server) RolesOf(userID string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := []string{}
	if m := s.member(userID); m != nil {
		for _, id := range m.roles {
			if r := s.role(id); r != nil {
				names = append(names, r.name)
			}
		}
	}
	return names
}

// Creates is how many messages a nonce made; more than one is a duplicate.
func (s *Server) Creates(nonce string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.creates[nonce]
}

// TypingCount is how often the bot showed that it types in a channel.
func (s *Server) TypingCount(channelID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.typing[channelID]
}

// Connected says whether a gateway session is connected now.
func (s *Server) Connected() bool { return s.Stats().Linked > 0 }

// InFlight is how many requests are being served and how many events wait to be
// written to a connected gateway; WaitFor notices when a request ends.
func (s *Server) InFlight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.inFlight
	for l := range s.links {
		n += len(l.queue)
	}
	return n
}

// Change names what changed, for live pages.
type Change struct {
	Kind    string `json:"kind"` // message, edit, delete, reaction, channel, role, member, typing, commands, interaction, answer, gateway, faults
	Channel string `json:"channel,omitempty"`
	Message string `json:"message,omitempty"`
}

type watcher struct {
	changes chan Change
}

// Subscribe delivers changes until stop is called or the server closes, which
// closes the channel. A reader 1024 changes behind misses the newest ones.
func (s *Server) Subscribe() (changes <-chan Change, stop func()) {
	w := &watcher{changes: make(chan Change, 1024)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		close(w.changes)
		return w.changes, func() {}
	}
	s.watchers[w] = struct{}{}
	return w.changes, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, there := s.watchers[w]; there {
			delete(s.watchers, w)
			close(w.changes)
		}
	}
}

// WaitFor returns when cond is true; it is asked at every change, without locks
// held. The error is the context's.
func (s *Server) WaitFor(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
