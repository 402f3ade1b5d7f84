package discordtest

import (
	"fmt"
	"slices"
	"time"
)

var messageRoutes = []route{
	{method: "POST", path: "/channels/{channel_id}/messages", do: inChannel(0, (*Server).postMessage), bucket: bucketMessageCreate},
	{method: "GET", path: "/channels/{channel_id}/messages", do: inChannel(0, (*Server).getMessages)},
	{method: "GET", path: "/channels/{channel_id}/messages/{message_id}", do: inChannel(PermissionReadMessageHistory, (*Server).getMessage)},
	{method: "PATCH", path: "/channels/{channel_id}/messages/{message_id}", do: inChannel(0, (*Server).patchMessage), bucket: bucketMessageEdit},
	{method: "DELETE", path: "/channels/{channel_id}/messages/{message_id}", do: inChannel(0, (*Server).deleteMessage), bucket: bucketMessageDelete},
}

// nonceUse remembers what a nonce made.
type nonceUse struct {
	message *message
	at      time.Time // real time
}

func (s *Server) postMessage(c *call, ch *channel) reply {
	d, bad := readDraft(c.body, c.files)
	if bad != nil {
		return *bad
	}
	key := ""
	if d.Nonce != nil && d.Nonce != "" {
		key = fmt.Sprint(d.Nonce)
	}
	if use, again := s.nonces[key]; again && key != "" && d.EnforceNonce && time.Since(use.at) < s.limits.NonceWindow {
		if use.message.deleted {
			return unknownMessage()
		}
		return s.answerMessage(use.message, d.Nonce)
	}
	m, refusal := s.send(d, s.bot, ch)
	if refusal != nil {
		return *refusal
	}
	if key != "" {
		s.nonces[key] = nonceUse{message: m, at: time.Now()}
		s.creates[key]++
	}
	return s.answerMessage(m, d.Nonce)
}

// answerMessage is the answer to a create: the only one that has the nonce.
func (s *Server) answerMessage(m *message, nonce any) reply {
	out := s.messageForREST(m)
	if nonce != nil && nonce != "" {
		out["nonce"] = nonce
	}
	return ok(out)
}

// send is the one way an ordinary message is made, for bot and people.
func (s *Server) send(d *draft, by *member, c *channel) (*message, *reply) {
	if c.kind == KindForum || c.kind == KindCategory {
		return nil, new(malformed(fail(400, 50008, "Cannot send messages in a non-text channel"), "message to a channel of kind "+fmt.Sprint(c.kind)))
	}
	if refusal := s.need(by, c, sendPermission(c)); refusal != nil {
		return nil, refusal
	}
	if refusal := s.mayWrite(by, c); refusal != nil {
		return nil, refusal
	}
	if bad := s.checkDraft(d, by, c); bad != nil {
		return nil, bad
	}
	if refusal := s.checkReference(d, by, c); refusal != nil {
		return nil, refusal
	}
	m := s.makeMessage(d, by, c)
	s.wake(c)
	s.keepMessage(m)
	s.announce(m)
	return m, nil
}

// mayWrite refuses locked threads; an archived one that is not locked is
// woken by writing.
func (s *Server) mayWrite(by *member, c *channel) *reply {
	if !c.locked {
		return nil
	}
	if !s.permissions(by, c).has(PermissionManageThreads) {
		return new(threadLocked())
	}
	if c.archived {
		return new(threadArchived())
	}
	return nil
}

func (s *Server) wake(c *channel) {
	if c.archived && !c.locked {
		c.archived, c.archiveChanged = false, s.now()
		s.channelChanged(c)
	}
}

func (s *Server) checkReference(d *draft, by *member, c *channel) *reply {
	if d.Reference == nil || d.Reference.MessageID == "" {
		return nil
	}
	if d.Reference.Type != 0 {
		return new(invalid("message_reference.type", "UNSUPPORTED", "this Discord forwards nothing"))
	}
	if !s.permissions(by, c).has(PermissionReadMessageHistory) {
		return new(fail(403, 160002, "Cannot reply without permission to read message history"))
	}
	if s.message(c.id, d.Reference.MessageID) != nil {
		return nil
	}
	if keep := d.Reference.FailIfNotExists; keep != nil && !*keep {
		d.Reference = nil
		return nil
	}
	r := invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
	r.problem = "" // the message may have been deleted a moment ago
	return &r
}

// makeMessage builds a message without keeping it; the draft was checked.
func (s *Server) makeMessage(d *draft, by *member, c *channel) *message {
	m := &message{id: s.id(), channel: c, author: by.user, content: d.text(), at: s.now(), nonce: d.Nonce,
		flags: d.flags() & (flagEphemeral | flagSilent | flagVoice | flagComponentsV2 | 1<<2)}
	m.embeds = normalEmbeds(listOf(d.Embeds))
	m.components = normalComponents(listOf(d.Components))
	m.attachments = s.attach(d, c, m.flags&flagEphemeral != 0)
	if d.Reference != nil && d.Reference.MessageID != "" {
		m.replyTo, m.kind = d.Reference.MessageID, 19
	}
	s.add(d.extras, m)
	s.mention(m, by, d)
	return m
}

func (s *Server) keepMessage(m *message) {
	c := m.channel
	s.messages[m.id] = m
	if m.viewer != "" {
		return
	}
	c.messages = append(c.messages, m)
	c.last = m.id
	if m.id != c.id {
		c.sent++
	}
}

// announce sends MESSAGE_CREATE.
func (s *Server) announce(m *message) {
	if m.viewer == "" {
		s.dispatch(s.messageEvent("MESSAGE_CREATE", m))
	}
	s.touch(Change{Kind: "message", Channel: m.channel.id, Message: m.id})
}

func (s *Server) messageEvent(name string, m *message) event {
	data := s.renderMessage(m)
	data["guild_id"] = s.guildID
	if author := s.member(m.author.id); author != nil {
		data["member"] = author.bare()
	}
	if name == "MESSAGE_CREATE" && m.nonce != nil {
		data["nonce"] = m.nonce
	}
	e := event{name: name, intent: IntentGuildMessages, channel: m.channel, data: data}
	if s.contentHidden(m) {
		e.withoutContent = stripped(data)
	}
	return e
}

// getMessages lists newest first: before, after or around an id.
func (s *Server) getMessages(c *call, ch *channel) reply {
	if ch.kind == KindForum || ch.kind == KindCategory {
		return malformed(fail(400, 50024, "Cannot execute action on this channel type"), "no messages are kept here")
	}
	if !s.permissions(s.bot, ch).has(PermissionReadMessageHistory) {
		return ok([]any{})
	}
	limit := c.number("limit", 50, 100)
	there := slices.DeleteFunc(slices.Clone(ch.messages), func(m *message) bool { return m.deleted })
	position := func(id string) int {
		i, _ := slices.BinarySearchFunc(there, snowflakeNumber(id), func(m *message, want int64) int {
			return int(min(1, max(-1, snowflakeNumber(m.id)-want)))
		})
		return i
	}
	from, to := 0, len(there)
	switch {
	case c.query("after") != "":
		from = position(fmt.Sprint(snowflakeNumber(c.query("after")) + 1))
		to = min(from+limit, to)
	case c.query("around") != "":
		from = max(0, position(c.query("around"))-limit/2)
		to = min(from+limit, to)
	case c.query("before") != "":
		to = position(c.query("before"))
	}
	page := slices.Clone(there[max(from, to-limit):to])
	slices.Reverse(page)
	return ok(list(page, s.messageForREST))
}

func (s *Server) getMessage(c *call, ch *channel) reply {
	m := s.message(ch.id, c.path("message_id"))
	if m == nil || m.viewer != "" {
		return unknownMessage()
	}
	return ok(s.messageForREST(m))
}

func (s *Server) patchMessage(c *call, ch *channel) reply {
	d, bad := readDraft(c.body, c.files)
	if bad != nil {
		return *bad
	}
	m := s.message(ch.id, c.path("message_id"))
	if m == nil || m.viewer != "" {
		return unknownMessage()
	}
	if refusal := s.edit(m, d, s.bot); refusal != nil {
		return *refusal
	}
	return ok(s.messageForREST(m))
}

// edit changes a message of one's own where the place allows it.
func (s *Server) edit(m *message, d *draft, by *member) *reply {
	if m.author.id != by.user.id {
		return new(fail(403, 50005, "Cannot edit a message authored by another user"))
	}
	if m.flags&flagVoice != 0 {
		return new(malformed(fail(400, 50162, "Voice messages cannot be edited."), "edit of a voice message"))
	}
	if m.channel.archived {
		return new(threadArchived())
	}
	if refusal := s.checkEdit(m, d); refusal != nil {
		return refusal
	}
	if s.now().Sub(m.at) > s.limits.OldAge && !s.limits.Off && s.limits.OldEdit.N > 0 {
		if _, reset, allowed := m.channel.oldEdits.take(s.limits.OldEdit, time.Now()); !allowed {
			s.stats.SharedLimited++
			return new(tooManyOldEdits(reset))
		}
	}
	s.change(m, d, by)
	return nil
}

func (s *Server) checkEdit(m *message, d *draft) *reply {
	if bad := d.checkShape(); bad != nil {
		return bad
	}
	content, embeds, components := m.content, len(m.embeds), len(m.components)
	if d.has("content") {
		content = d.text()
	}
	if d.has("embeds") {
		embeds = len(listOf(d.Embeds))
	}
	if d.has("components") {
		components = len(listOf(d.Components))
	}
	if content == "" && embeds == 0 && components == 0 && len(s.keptAttachments(m, d)) == 0 && len(d.files) == 0 {
		return new(malformed(fail(400, 50006, "Cannot send an empty message"), "edit leaves an empty message"))
	}
	return nil
}

// has says whether a field was sent and is not null.
func (d *draft) has(field string) bool {
	raw, sent := d.sent[field]
	return sent && string(raw) != "null"
}

func (s *Server) keptAttachments(m *message, d *draft) []*attachment {
	if d.Attachments == nil {
		return m.attachments
	}
	return slices.DeleteFunc(slices.Clone(m.attachments), func(a *attachment) bool {
		return !slices.ContainsFunc(*d.Attachments, func(b attachmentBody) bool { return b.id() == a.id })
	})
}

// change applies a checked edit and tells the world.
func (s *Server) change(m *message, d *draft, by *member) {
	if d.has("content") && d.text() != m.content {
		m.before = append(m.before, m.content)
		m.content = d.text()
	}
	if d.has("content") || d.AllowedMentions != nil {
		pings := m.pings
		s.mention(m, by, d)
		m.pings = pings // an edit notifies nobody
	}
	if d.has("embeds") {
		m.embeds = normalEmbeds(listOf(d.Embeds))
	}
	if d.has("components") {
		m.components = normalComponents(listOf(d.Components))
	}
	m.attachments = append(slices.Clone(s.keptAttachments(m, d)), s.attach(d, m.channel, m.viewer != "")...)
	m.flags &^= flagLoading
	m.edited = s.now()
	if m.viewer == "" {
		s.dispatch(s.messageEvent("MESSAGE_UPDATE", m))
	}
	s.touch(Change{Kind: "edit", Channel: m.channel.id, Message: m.id})
}

func (s *Server) deleteMessage(c *call, ch *channel) reply {
	m := s.message(ch.id, c.path("message_id"))
	if m == nil || m.viewer != "" {
		return unknownMessage()
	}
	if refusal := s.remove(m, s.bot); refusal != nil {
		return *refusal
	}
	return noContent()
}

// remove deletes a message as somebody who may.
func (s *Server) remove(m *message, by *member) *reply {
	if m.author.id != by.user.id && !s.permissions(by, m.channel).has(PermissionManageMessages) {
		return new(missingPermission())
	}
	s.erase(m)
	return nil
}

// erase marks a message deleted; the truth keeps it.
func (s *Server) erase(m *message) {
	s.bury(m)
	if m.viewer == "" {
		s.dispatch(event{name: "MESSAGE_DELETE", intent: IntentGuildMessages, channel: m.channel,
			data: obj{"id": m.id, "channel_id": m.channel.id, "guild_id": s.guildID}})
	}
	s.touch(Change{Kind: "delete", Channel: m.channel.id, Message: m.id})
}

// bury notes that a message is gone, and its files with it.
func (s *Server) bury(m *message) {
	m.deleted, m.deletedAt = true, s.now()
	for _, a := range m.attached() {
		a.gone = true
	}
}
