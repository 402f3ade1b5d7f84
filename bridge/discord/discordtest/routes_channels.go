package discordtest

import (
	"encoding/json"
	"slices"
	"unicode/utf8"
)

var channelRoutes = []route{
	{method: "GET", path: "/channels/{channel_id}", do: inChannel(0, (*Server).getChannel)},
	{method: "PATCH", path: "/channels/{channel_id}", do: inChannel(0, (*Server).patchChannel), schema: (*Server).patchSchema},
	{method: "DELETE", path: "/channels/{channel_id}", do: inChannel(0, (*Server).deleteChannel)},
	{method: "PUT", path: "/channels/{channel_id}/permissions/{overwrite_id}", do: inChannel(PermissionManageRoles, (*Server).putOverwrite)},
	{method: "DELETE", path: "/channels/{channel_id}/permissions/{overwrite_id}", do: inChannel(PermissionManageRoles, (*Server).deleteOverwrite)},
	{method: "POST", path: "/channels/{channel_id}/typing", do: inChannel(0, (*Server).postTyping)},
}

// inChannel finds the channel and checks that the bot sees it and has the
// permissions wanted.
func inChannel(want Permission, do func(*Server, *call, *channel) reply) func(*Server, *call) reply {
	return func(s *Server, c *call) reply {
		ch := s.channels[c.path("channel_id")]
		if ch == nil {
			return unknownChannel()
		}
		if refusal := s.need(s.bot, ch, want); refusal != nil {
			return *refusal
		}
		return do(s, c, ch)
	}
}

func channelSchema(c *channel) string {
	if c.isThread() {
		return "ThreadResponse"
	}
	return "GuildChannelResponse"
}

func (s *Server) answerChannel(c *channel) reply {
	r := ok(s.renderChannel(c))
	r.schema = channelSchema(c)
	return r
}

func (s *Server) getChannel(_ *call, c *channel) reply { return s.answerChannel(c) }

func (s *Server) patchSchema(c *call) string {
	if ch := s.channels[c.path("channel_id")]; ch != nil && ch.isThread() {
		return "UpdateThreadRequestPartial"
	}
	return "UpdateGuildChannelRequestPartial"
}

type overwriteBody struct {
	ID    string `json:"id"`
	Type  int    `json:"type"`
	Allow bits   `json:"allow"`
	Deny  bits   `json:"deny"`
}

func (o overwriteBody) overwrite() Overwrite {
	return Overwrite{ID: o.ID, Member: o.Type == 1, Allow: Permission(o.Allow), Deny: Permission(o.Deny)}
}

type tagBody struct {
	ID        *string `json:"id"`
	Name      string  `json:"name"`
	Moderated bool    `json:"moderated"`
	EmojiName string  `json:"emoji_name"`
}

type channelBody struct {
	Name       *string          `json:"name"`
	Type       *int             `json:"type"`
	Topic      *string          `json:"topic"`
	ParentID   *string          `json:"parent_id"`
	Position   *int             `json:"position"`
	Flags      *int             `json:"flags"`
	Overwrites *[]overwriteBody `json:"permission_overwrites"`
	Tags       *[]tagBody       `json:"available_tags"`
}

// keptSettings are given back as they were sent.
var keptSettings = []string{"default_auto_archive_duration", "default_reaction_emoji", "default_sort_order",
	"default_forum_layout", "default_thread_rate_limit_per_user", "rate_limit_per_user", "nsfw"}

// change applies the fields that were sent to a channel that is no thread.
func (b channelBody) change(s *Server, c *channel, raw []byte) *reply {
	if b.Overwrites != nil {
		overwrites := list(*b.Overwrites, overwriteBody.overwrite)
		if bad := s.checkOverwrites(c.overwrites, overwrites); bad != nil {
			return bad
		}
		c.overwrites = overwrites
	}
	if b.ParentID != nil {
		if parent := s.channels[*b.ParentID]; *b.ParentID != "" && (parent == nil || parent.kind != KindCategory) {
			return new(invalid("parent_id", "CHANNEL_PARENT_INVALID", "Category does not exist"))
		}
		c.parent = *b.ParentID
	}
	if b.Tags != nil {
		if bad := s.changeTags(c, *b.Tags); bad != nil {
			return bad
		}
	}
	set(&c.name, b.Name)
	set(&c.topic, b.Topic)
	set(&c.position, b.Position)
	set(&c.flags, b.Flags)
	sent := obj{}
	if json.Unmarshal(raw, &sent) == nil {
		for _, key := range keptSettings {
			if value := sent[key]; value != nil {
				if c.extra == nil {
					c.extra = obj{}
				}
				c.extra[key] = value
			}
		}
	}
	return nil
}

func (s *Server) changeTags(c *channel, bodies []tagBody) *reply {
	if c.kind != KindForum {
		return new(invalid("available_tags", "INVALID", "only forums have tags"))
	}
	if len(bodies) > 20 {
		return new(invalid("available_tags", "BASE_TYPE_MAX_LENGTH", "Must be 20 or fewer in length."))
	}
	var tags []tag
	for _, b := range bodies {
		if n := utf8.RuneCountInString(b.Name); n < 1 || n > 50 {
			return new(invalid("available_tags.name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 50 in length."))
		}
		t := tag{name: b.Name, moderated: b.Moderated, emoji: b.EmojiName}
		if slices.ContainsFunc(tags, func(other tag) bool { return other.name == t.name }) {
			return new(malformed(fail(400, 40061, "Tag names must be unique"), "two tags named "+t.name))
		}
		if b.ID != nil && *b.ID != "" && *b.ID != "0" {
			if _, known := c.tag(*b.ID); !known {
				return new(unknownTag())
			}
			t.id = *b.ID
		} else {
			t.id = s.id()
		}
		tags = append(tags, t)
	}
	c.tags = tags
	return nil
}

func (s *Server) postChannel(c *call) reply {
	var body channelBody
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if !s.guildPermissions(s.bot).has(PermissionManageChannels) {
		return missingPermission()
	}
	ch := &channel{}
	set(&ch.kind, body.Type)
	if !slices.Contains([]int{KindText, KindVoice, KindCategory, KindNews, KindForum}, ch.kind) {
		return invalid("type", "BASE_TYPE_CHOICES", "Value must be one of {0, 2, 4, 5, 13, 14, 15, 16}.")
	}
	if bad := body.change(s, ch, c.body); bad != nil {
		return *bad
	}
	if len(s.guildChannels()) >= 500 {
		return fail(400, 30013, "Maximum number of guild channels reached (500)")
	}
	return created(s.renderChannel(s.addChannel(ch)))
}

func (s *Server) patchChannel(c *call, ch *channel) reply {
	if ch.isThread() {
		return s.patchThread(c, ch)
	}
	var body channelBody
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if refusal := s.need(s.bot, ch, PermissionManageChannels); refusal != nil {
		return *refusal
	}
	renamed := body.Name != nil && *body.Name != ch.name || body.Topic != nil && *body.Topic != ch.topic
	if renamed {
		if refusal := s.hidden(&ch.renames, s.limits.Rename); refusal != nil {
			return *refusal
		}
	}
	if bad := body.change(s, ch, c.body); bad != nil {
		return *bad
	}
	s.channelChanged(ch)
	return s.answerChannel(ch)
}

// channelChanged tells the world about a channel or thread.
func (s *Server) channelChanged(c *channel) {
	name := "CHANNEL_UPDATE"
	if c.isThread() {
		name = "THREAD_UPDATE"
	}
	s.dispatch(event{name: name, intent: IntentGuilds, channel: c, data: s.renderChannel(c)})
	s.touch(Change{Kind: "channel", Channel: c.id})
}

func (s *Server) deleteChannel(_ *call, c *channel) reply {
	want := PermissionManageChannels
	if c.isThread() {
		want = PermissionManageThreads
	}
	if refusal := s.need(s.bot, c, want); refusal != nil {
		return *refusal
	}
	answer := s.answerChannel(c)
	s.removeChannel(c)
	return answer
}

func (s *Server) putOverwrite(c *call, ch *channel) reply {
	var body overwriteBody
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	body.ID = c.path("overwrite_id")
	if bad := s.checkOverwrites(ch.overwrites, []Overwrite{body.overwrite()}); bad != nil {
		return *bad
	}
	ch.overwrites = slices.DeleteFunc(ch.overwrites, func(o Overwrite) bool { return o.ID == body.ID })
	ch.overwrites = append(ch.overwrites, body.overwrite())
	s.channelChanged(ch)
	return noContent()
}

func (s *Server) deleteOverwrite(c *call, ch *channel) reply {
	ch.overwrites = slices.DeleteFunc(ch.overwrites, func(o Overwrite) bool { return o.ID == c.path("overwrite_id") })
	s.channelChanged(ch)
	return noContent()
}

func (s *Server) postTyping(_ *call, c *channel) reply {
	if refusal := s.need(s.bot, c, sendPermission(c)); refusal != nil {
		return *refusal
	}
	s.typing[c.id]++
	s.touch(Change{Kind: "typing", Channel: c.id})
	return noContent()
}
