package discordtest

// What happens to a guild beside what its people do.

// SetGuildAvailable takes the guild away as an outage of Discord's does
// (GUILD_DELETE, unavailable), or brings it back (GUILD_CREATE). While it is away no
// events come from it, and none of them is replayed; what people do takes effect.
func (s *Server) SetGuildAvailable(available bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.away == !available {
		return
	}
	s.away = !available
	for _, ses := range s.sessions {
		if available {
			s.describeGuild(ses)
		} else {
			s.deliverTo(ses, "GUILD_DELETE", obj{"id": s.guildID, "unavailable": true})
		}
	}
}

// GarbleEvents lets the next n events arrive as bytes that cannot be read. Their
// sequence numbers are used up all the same; only a resume brings them again.
func (s *Server) GarbleEvents(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.garble = n
}

// Unfurl adds the preview of a link to a message, as Discord does a moment after it
// was written or changed: a MESSAGE_UPDATE that is nobody's edit. A bare one carries
// nothing but ids and embeds.
func (s *Server) Unfurl(messageID string, bare bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.messages[messageID]
	if m == nil || m.deleted {
		return
	}
	m.embeds = []any{obj{"type": "link", "url": "https://example.com/", "title": "Example"}}
	e := s.messageEvent("MESSAGE_UPDATE", m)
	if bare {
		e.data = obj{"id": m.id, "channel_id": m.channel.id, "guild_id": s.guildID, "embeds": m.embeds}
		e.withoutContent = nil
	}
	s.dispatch(e)
	s.touch(Change{Kind: "edit", Channel: m.channel.id, Message: m.id})
}

// BulkDelete removes messages of one channel at once, as a moderation bot does.
func (s *Server) BulkDelete(channelID string, messageIDs ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.channels[channelID]
	if c == nil {
		return
	}
	gone := []string{}
	for _, id := range messageIDs {
		if m := s.message(channelID, id); m != nil {
			s.bury(m)
			gone = append(gone, id)
			s.touch(Change{Kind: "delete", Channel: channelID, Message: id})
		}
	}
	s.dispatch(event{name: "MESSAGE_DELETE_BULK", intent: IntentGuildMessages, channel: c,
		data: obj{"ids": gone, "channel_id": channelID, "guild_id": s.guildID}})
}
