package discord

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/bwmarrin/discordgo"
	"go.uber.org/zap"
)

// event is called in the library's reader: it must neither block nor touch the
// Session, and nothing that arrives may end the process.
func (c *Client) event(l *link, e *discordgo.Event) {
	defer func() {
		if v := recover(); v != nil {
			c.log.Error("discord event could not be read", zap.String("type", e.Type), errField(panicked("read event", v)))
		}
	}()
	if l.dropped.Load() {
		return
	}
	again := c.inSequence(l, e)
	switch e.Type {
	case "READY":
		c.onReady(l, e.RawData)
	case "RESUMED":
		c.onResumed(l)
	case "GUILD_CREATE":
		c.onGuild(e.RawData)
	case "MESSAGE_CREATE":
		c.onMessage(e.RawData)
	case "MESSAGE_UPDATE":
		c.onEdit(e.RawData)
	case "MESSAGE_DELETE", "MESSAGE_DELETE_BULK":
		c.onDelete(e.RawData)
	case "MESSAGE_REACTION_ADD", "MESSAGE_REACTION_REMOVE", "MESSAGE_REACTION_REMOVE_ALL", "MESSAGE_REACTION_REMOVE_EMOJI":
		c.onReaction(e.Type, e.RawData)
	case "TYPING_START":
		c.onTyping(e.RawData)
	case "THREAD_UPDATE":
		c.onThreadChanged(e.RawData)
		c.onNames(e.Type, e.RawData)
	case "THREAD_DELETE":
		c.onThreadGone(e.RawData)
		c.onNames(e.Type, e.RawData)
	case "GUILD_DELETE":
		c.onGuildGone(e.RawData)
	case "INTERACTION_CREATE":
		if !again { // of all else the inbox notices by itself
			c.onInteraction(e.RawData)
		}
	default:
		c.onNames(e.Type, e.RawData)
	}
}

func (c *Client) onReady(l *link, raw json.RawMessage) {
	var r ready
	if err := json.Unmarshal(raw, &r); err != nil {
		c.log.Error("discord greeting could not be read", errField(err))
		return
	}
	if r.User.ID != "" {
		c.me.Store(&r.User.ID)
	}
	c.knowApp(r.Application.ID)
	l.up.Store(true)
	c.intake.newSession()
	c.changeStatus(func(s *Status) { s.Up, s.Ready = true, false; s.Identifies++ })
	in := slices.ContainsFunc(r.Guilds, func(g struct {
		ID string `json:"id"`
	}) bool {
		return g.ID == c.guild
	})
	if !in {
		c.giveUp(ErrGuild)
	}
}

func (c *Client) onResumed(l *link) {
	l.up.Store(true)
	c.changeStatus(func(s *Status) { s.Up, s.Ready = true, false; s.Resumes++ })
	c.intake.resumed(time.Since(l.lostAt) > c.set.longGap)
}

func (c *Client) onGuild(raw json.RawMessage) {
	var g guildCreate
	if err := json.Unmarshal(raw, &g); err != nil {
		c.log.Error("discord server could not be read", errField(err))
	}
	if g.ID != c.guild || g.Unavailable {
		return
	}
	for _, r := range g.Roles {
		c.names.role(r)
	}
	for _, ch := range g.Channels {
		c.names.channel(ch)
	}
	for _, t := range g.Threads {
		c.names.thread(t.ID, t.Name)
	}
	for _, m := range g.Members {
		if m.User != nil {
			c.names.user(*m.User, &m)
		}
	}
	c.intake.guild(g.Threads)
}

func (c *Client) onMessage(raw json.RawMessage) {
	var m message
	if err := json.Unmarshal(raw, &m); err != nil {
		c.log.Error("discord message could not be read", errField(err))
	}
	if m.Guild != c.guild || m.ID == "" || m.Channel == "" {
		return
	}
	c.learnNames(m)
	if c.intake.message(m, len(raw)) {
		c.changeStatus(func(s *Status) { s.Overflowed++ })
	}
}

// onEdit takes the event that a message changed. It also comes for what is no edit (a
// link's preview, a pin), and may then hold no more than what changed.
func (c *Client) onEdit(raw json.RawMessage) {
	var u struct {
		message
		Content *string `json:"content"`
	}
	if err := json.Unmarshal(raw, &u); err != nil {
		c.log.Error("discord edit could not be read", errField(err))
	}
	m := u.message
	if c.editor == nil || m.Guild != c.guild || m.ID == "" || m.Channel == "" || m.Edited.IsZero() {
		return
	}
	if u.Content == nil || m.Author.ID == "" || m.byStaff() && m.Member == nil {
		c.intake.amend(m.Channel) // not all that is needed: it is read there
		return
	}
	if m.Content = *u.Content; m.byStaff() {
		c.learnNames(m)
		c.changed(change{channel: m.Channel, edited: &m})
	}
}

func (c *Client) onDelete(raw json.RawMessage) {
	var d struct {
		ID      string   `json:"id"`
		IDs     []string `json:"ids"`
		Channel string   `json:"channel_id"`
		Guild   string   `json:"guild_id"`
	}
	if err := json.Unmarshal(raw, &d); err != nil {
		c.log.Error("discord deletion could not be read", errField(err))
	}
	if d.Guild != c.guild || d.Channel == "" {
		return
	}
	// The first message of a post, which is ours, has the post's id.
	gone := slices.DeleteFunc(append(d.IDs, d.ID), func(id string) bool { return id == "" || id == d.Channel })
	if len(gone) > 0 {
		c.changed(change{channel: d.Channel, gone: gone, at: c.now()})
	}
}

func (c *Client) onThreadGone(raw json.RawMessage) {
	var t struct {
		ID    string `json:"id"`
		Guild string `json:"guild_id"`
	}
	if json.Unmarshal(raw, &t) == nil && t.Guild == c.guild && t.ID != "" {
		c.changed(change{channel: t.ID, gone: []string{t.ID}, at: c.now()})
	}
}

func (c *Client) changed(ch change) {
	if c.editor != nil && c.intake.change(ch) {
		c.changeStatus(func(s *Status) { s.Overflowed++ })
	}
}

// onGuildGone takes that the server cannot be reached for a while, or that the bot was
// removed from it.
func (c *Client) onGuildGone(raw json.RawMessage) {
	var g struct {
		ID          string `json:"id"`
		Unavailable bool   `json:"unavailable"`
	}
	if json.Unmarshal(raw, &g) != nil || g.ID != c.guild {
		return
	}
	if !g.Unavailable {
		c.giveUp(ErrGuild)
		return
	}
	c.log.Warn("discord cannot reach the server for now")
	c.intake.newSession()
	c.changeStatus(func(s *Status) { s.Ready = false })
}

// inSequence reports that an event was heard before, and notices that others were lost
// on the way to us: the library drops what it cannot read without a word. It is called
// in the library's reader.
func (c *Client) inSequence(l *link, e *discordgo.Event) (again bool) {
	last := l.sequence.Load()
	if e.Type == "READY" || e.Sequence > last {
		l.sequence.Store(e.Sequence)
	}
	if e.Type == "READY" || last == 0 {
		return false
	}
	if e.Sequence > last+1 && c.set.inSequence {
		c.log.Warn("discord events were lost", zap.Int64("after", last), zap.Int64("before", e.Sequence))
		c.intake.missed()
	}
	return e.Sequence <= last
}

func (c *Client) learnNames(m message) {
	if m.Webhook == "" {
		c.names.user(m.Author, m.Member)
	}
	for _, who := range m.Mentions {
		c.names.user(who.user, who.Member)
	}
}

func (c *Client) onNames(kind string, raw json.RawMessage) {
	switch kind {
	case "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE":
		var e struct {
			Guild string `json:"guild_id"`
			Role  role   `json:"role"`
		}
		if json.Unmarshal(raw, &e) == nil && e.Guild == c.guild {
			c.names.role(e.Role)
		}
	case "CHANNEL_CREATE", "CHANNEL_UPDATE":
		var ch channel
		if json.Unmarshal(raw, &ch) == nil {
			c.names.channel(ch)
		}
	case "THREAD_CREATE", "THREAD_UPDATE":
		var t threadInfo
		if json.Unmarshal(raw, &t) == nil {
			c.names.thread(t.ID, t.Name)
		}
	case "CHANNEL_DELETE", "THREAD_DELETE":
		var ch channel
		if json.Unmarshal(raw, &ch) == nil {
			c.names.channelGone(ch.ID)
		}
	}
}

func (c *Client) knowApp(id string) {
	if id == "" {
		return
	}
	c.app.Store(&id)
	c.appOnce.Do(func() { close(c.appSet) })
}
