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
	switch e.Type {
	case "READY":
		c.onReady(l, e.RawData)
	case "RESUMED":
		c.onResumed(l)
	case "GUILD_CREATE":
		c.onGuild(e.RawData)
	case "MESSAGE_CREATE":
		c.onMessage(e.RawData)
	case "INTERACTION_CREATE":
		c.onInteraction(e.RawData)
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
