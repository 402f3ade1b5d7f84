package discordtest

import (
	"encoding/json"
	"fmt"
	"time"
)

// Intent is a set of gateway intents.
type Intent int

// The intents that matter to a desk; values are Discord's.
const (
	IntentGuilds                Intent = 1 << 0
	IntentGuildMembers          Intent = 1 << 1 // privileged
	IntentPresences             Intent = 1 << 8 // privileged
	IntentGuildMessages         Intent = 1 << 9
	IntentGuildMessageReactions Intent = 1 << 10
	IntentGuildMessageTyping    Intent = 1 << 11
	IntentMessageContent        Intent = 1 << 15 // privileged
)

const privilegedIntents = IntentGuildMembers | IntentPresences | IntentMessageContent

// event is one dispatch before it is known who gets it.
type event struct {
	name           string
	intent         Intent   // 0: everybody gets it
	channel        *channel // the bot must see it; nil: no matter
	data           obj
	withoutContent obj // instead of data for sessions without message content
}

// dispatch queues an event for every session that asked for it, connected or
// not.
func (s *Server) dispatch(e event) {
	if len(s.sessions) == 0 || s.away {
		return
	}
	if e.channel != nil && !s.permissions(s.bot, e.channel).has(PermissionViewChannel) {
		return
	}
	full, err := json.Marshal(e.data)
	if err != nil {
		return
	}
	for _, ses := range s.sessions {
		if e.intent != 0 && ses.intents&e.intent == 0 {
			continue
		}
		payload := full
		if e.withoutContent != nil && ses.intents&IntentMessageContent == 0 {
			if payload, err = json.Marshal(e.withoutContent); err != nil {
				continue
			}
		}
		s.deliver(ses, e.name, payload)
	}
}

// session is what a bot can resume.
type session struct {
	id       string
	intents  Intent
	compress bool
	seq      int64
	sent     []sentEvent // newest last, for replay
	link     *link       // nil while disconnected
	lostAt   time.Time
}

type sentEvent struct {
	seq   int64
	frame []byte
}

// replayCap bounds what is kept for a resume.
const replayCap = 10000

// deliver numbers an event, keeps it for replay and sends it if connected.
func (s *Server) deliver(ses *session, name string, payload []byte) {
	ses.seq++
	frame := fmt.Appendf(nil, `{"op":0,"s":%d,"t":%q,"d":%s}`, ses.seq, name, payload)
	ses.sent = append(ses.sent, sentEvent{ses.seq, frame})
	if len(ses.sent) > replayCap {
		ses.sent = append([]sentEvent(nil), ses.sent[len(ses.sent)-replayCap/2:]...)
	}
	if ses.link == nil {
		return
	}
	if s.garble > 0 {
		s.garble--
		frame = []byte{garbled}
	}
	ses.link.push(frame)
	if s.faults.Twice {
		ses.link.push(frame)
	}
}

// deliverTo sends to one session, as at login.
func (s *Server) deliverTo(ses *session, name string, data obj) {
	payload, err := json.Marshal(data)
	if err == nil {
		s.deliver(ses, name, payload)
	}
}

// expire forgets sessions that can no longer be resumed.
func (s *Server) expire() {
	for id, ses := range s.sessions {
		if ses.link == nil && time.Since(ses.lostAt) > s.opts.ReplayWindow {
			delete(s.sessions, id)
		}
	}
}

// ready are the first events of a new session.
func (s *Server) ready(ses *session) {
	s.deliverTo(ses, "READY", obj{
		"v": 9, "user": s.renderMe(), "guilds": []obj{{"id": s.guildID, "unavailable": true}},
		"session_id": ses.id, "resume_gateway_url": s.gatewayURL() + "/", "session_type": "normal", "private_channels": []any{},
		"application": obj{"id": s.appID, "flags": s.applicationFlags()},
	})
	if s.away || s.faults.NoGuild {
		return
	}
	s.describeGuild(ses)
}

// describeGuild is GUILD_CREATE.
func (s *Server) describeGuild(ses *session) {
	if ses.intents&IntentGuilds == 0 {
		return
	}
	see := func(c *channel) bool { return s.permissions(s.bot, c).has(PermissionViewChannel) }
	guild := s.renderGuild()
	guild["joined_at"], guild["large"], guild["unavailable"] = stamp(s.bot.joined), false, false
	guild["member_count"] = len(s.members)
	guild["channels"] = list(s.channelsWhere(func(c *channel) bool { return !c.isThread() && see(c) }), s.renderChannel)
	guild["threads"] = list(s.channelsWhere(func(c *channel) bool { return c.isThread() && !c.archived && see(c) }), s.renderChannel)
	guild["members"] = []obj{s.bot.render()}
	if ses.intents&IntentPresences != 0 {
		guild["members"] = list(s.members, (*member).render)
	}
	guild["presences"], guild["voice_states"], guild["stage_instances"] = []any{}, []any{}, []any{}
	s.deliverTo(ses, "GUILD_CREATE", guild)
}
