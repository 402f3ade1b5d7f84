package discordtest

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

var threadRoutes = []route{
	{method: "POST", path: "/channels/{channel_id}/threads", do: inChannel(0, (*Server).postThread), schema: (*Server).threadSchema},
	{method: "GET", path: "/channels/{channel_id}/threads/archived/public", do: inChannel(PermissionReadMessageHistory, (*Server).getArchivedThreads)},
	{method: "GET", path: "/channels/{channel_id}/threads/search", do: inChannel(PermissionReadMessageHistory, (*Server).searchThreads)},
}

func (s *Server) threadSchema(c *call) string {
	if ch := s.channels[c.path("channel_id")]; ch != nil && ch.kind == KindForum {
		return "CreateForumThreadRequest"
	}
	return "CreateTextThreadWithoutMessageRequest"
}

type threadBody struct {
	Name        string          `json:"name"`
	AutoArchive int             `json:"auto_archive_duration"`
	AppliedTags []string        `json:"applied_tags"`
	Message     json.RawMessage `json:"message"`
}

// postThread makes a forum post with its first message, or a thread in a text
// channel.
func (s *Server) postThread(c *call, parent *channel) reply {
	var body threadBody
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	forum := parent.kind == KindForum
	want := PermissionCreatePublicThreads
	if forum {
		want = PermissionSendMessages
	}
	if refusal := s.need(s.bot, parent, want); refusal != nil {
		return *refusal
	}
	thread, refusal := s.newThread(parent, body, s.bot)
	if refusal != nil {
		return *refusal
	}
	var draft *draft
	if forum {
		if draft, refusal = readDraft(body.Message, c.files); refusal == nil {
			refusal = s.checkDraft(draft, s.bot, thread)
		}
		if refusal != nil {
			return *refusal
		}
	}
	if refusal := s.hidden(s.threadWindow(parent), s.limits.ThreadCreate); refusal != nil {
		return *refusal
	}
	first := s.openThread(thread, parent, s.bot, draft)
	answer := s.renderChannel(thread)
	if first != nil {
		answer["message"] = s.messageForREST(first)
	}
	r := created(answer)
	r.schema = "CreatedThreadResponse"
	return r
}

func (s *Server) threadWindow(parent *channel) *window {
	key := "threads:" + parent.id
	if s.buckets[key] == nil {
		s.buckets[key] = &window{}
	}
	return s.buckets[key]
}

// newThread checks a thread to be made by author; it is not kept yet.
func (s *Server) newThread(parent *channel, body threadBody, author *member) (*channel, *reply) {
	if n := utf8.RuneCountInString(body.Name); n < 1 || n > 100 {
		return nil, new(invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."))
	}
	if parent.kind != KindForum && parent.kind != KindText && parent.kind != KindNews {
		return nil, new(malformed(fail(400, 50024, "Cannot execute action on this channel type"), "no thread can be made here"))
	}
	if refusal := s.checkTags(parent, nil, body.AppliedTags, author); refusal != nil {
		return nil, refusal
	}
	if parent.kind == KindForum && parent.flags&flagRequireTag != 0 && len(body.AppliedTags) == 0 {
		return nil, new(fail(400, 40067, "A tag is required to create a forum post in this channel"))
	}
	active := s.channelsWhere(func(t *channel) bool { return t.isThread() && !t.archived })
	if n := s.limits.ActiveThreads; n > 0 && len(active) >= n {
		return nil, new(fail(400, 160006, "Maximum number of active threads reached"))
	}
	minutes := body.AutoArchive
	if minutes == 0 {
		minutes = 4320
	}
	return &channel{kind: KindThread, name: body.Name, parent: parent.id, owner: author.user.id,
		autoArchive: minutes, applied: slices.Clone(body.AppliedTags)}, nil
}

// openThread keeps the thread and its first message, if any, and tells the
// world in Discord's order.
func (s *Server) openThread(thread, parent *channel, author *member, first *draft) *message {
	thread.id, thread.created, thread.archiveChanged = s.id(), s.now(), s.now()
	s.keepChannel(thread)
	parent.last = thread.id
	var starter *message
	if first != nil {
		starter = s.makeMessage(first, author, thread)
		starter.id = thread.id
		s.keepMessage(starter)
	}
	data := s.renderChannel(thread)
	data["newly_created"] = true
	s.dispatch(event{name: "THREAD_CREATE", intent: IntentGuilds, channel: thread, data: data})
	s.touch(Change{Kind: "channel", Channel: thread.id})
	if starter != nil {
		s.announce(starter)
	}
	return starter
}

// checkTags allows at most five known tags; moderated ones change only by who
// manages threads.
func (s *Server) checkTags(parent *channel, before, after []string, by *member) *reply {
	if len(after) > 5 {
		return new(invalid("applied_tags", "BASE_TYPE_MAX_LENGTH", "Must be 5 or fewer in length."))
	}
	for _, id := range after {
		if _, known := parent.tag(id); !known {
			return new(unknownTag())
		}
	}
	for _, t := range parent.tags {
		changed := slices.Contains(before, t.id) != slices.Contains(after, t.id)
		if changed && t.moderated && !s.permissions(by, parent).has(PermissionManageThreads) {
			return new(missingPermission())
		}
	}
	return nil
}

type threadPatch struct {
	Name        *string   `json:"name"`
	Archived    *bool     `json:"archived"`
	Locked      *bool     `json:"locked"`
	AutoArchive *int      `json:"auto_archive_duration"`
	AppliedTags *[]string `json:"applied_tags"`
	Flags       *int      `json:"flags"`
}

func (s *Server) patchThread(c *call, t *channel) reply {
	var body threadPatch
	if bad := c.decode(&body); bad != nil {
		return *bad
	}
	if refusal := s.changeThread(t, body, s.bot); refusal != nil {
		return *refusal
	}
	return s.answerChannel(t)
}

// changeThread is the one way a thread's state changes by hand.
func (s *Server) changeThread(t *channel, body threadPatch, by *member) *reply {
	if refusal := s.mayChange(t, body, by); refusal != nil {
		return refusal
	}
	if body.AppliedTags != nil {
		if refusal := s.checkTags(s.channels[t.parent], t.applied, *body.AppliedTags, by); refusal != nil {
			return refusal
		}
	}
	if body.Name != nil && *body.Name != t.name {
		if n := utf8.RuneCountInString(*body.Name); n < 1 || n > 100 {
			return new(invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length."))
		}
		if refusal := s.hidden(&t.renames, s.limits.Rename); refusal != nil {
			return refusal
		}
		t.name = *body.Name
	}
	if body.AppliedTags != nil {
		t.applied = slices.Clone(*body.AppliedTags)
	}
	if body.Archived != nil && *body.Archived != t.archived {
		t.archiveChanged = s.now()
	}
	set(&t.archived, body.Archived)
	set(&t.locked, body.Locked)
	set(&t.autoArchive, body.AutoArchive)
	set(&t.flags, body.Flags)
	s.channelChanged(t)
	return nil
}

// mayChange knows who may do what: anyone who writes may un-archive a thread
// that is not locked, its owner may also rename, tag and archive it, the rest
// needs MANAGE_THREADS. An archived thread must be un-archived to be changed.
func (s *Server) mayChange(t *channel, body threadPatch, by *member) *reply {
	p := s.permissions(by, t)
	if !p.has(PermissionViewChannel) {
		return new(missingAccess())
	}
	reopens := body.Archived != nil && !*body.Archived
	changes := body.Name != nil || body.AppliedTags != nil || body.AutoArchive != nil || body.Flags != nil || body.Locked != nil
	if t.archived && !reopens && changes {
		return new(threadArchived())
	}
	if p.has(PermissionManageThreads) {
		return nil
	}
	changesLock := body.Locked != nil && *body.Locked != t.locked
	switch {
	case changesLock, t.locked, body.Flags != nil:
		return new(missingPermission())
	case t.owner == by.user.id:
		return nil
	case reopens && p.has(PermissionSendMessagesInThread) && body.Name == nil && body.AppliedTags == nil:
		return nil
	default:
		return new(missingPermission())
	}
}

func (s *Server) renderThreads(threads []*channel, more bool) obj {
	return obj{"threads": list(threads, s.renderChannel), "members": []any{}, "has_more": more}
}

func (s *Server) getActiveThreads(*call) reply {
	active := s.channelsWhere(func(t *channel) bool {
		return t.isThread() && !t.archived && s.permissions(s.bot, t).has(PermissionViewChannel)
	})
	slices.Reverse(active)
	answer := s.renderThreads(active, false)
	return ok(answer)
}

// getArchivedThreads lists newest first by the time of archiving, older than
// the parameter before.
func (s *Server) getArchivedThreads(c *call, parent *channel) reply {
	archived := s.channelsWhere(func(t *channel) bool { return t.isThread() && t.archived && t.parent == parent.id })
	slices.SortStableFunc(archived, func(a, b *channel) int { return b.archiveChanged.Compare(a.archiveChanged) })
	if before := c.query("before"); before != "" {
		at, err := time.Parse(time.RFC3339, before)
		if err != nil {
			return invalid("before", "INVALID_DATE", err.Error())
		}
		archived = slices.DeleteFunc(archived, func(t *channel) bool { return !t.archiveChanged.Before(at) })
	}
	limit := c.number("limit", 50, 100)
	return ok(s.renderThreads(archived[:min(limit, len(archived))], len(archived) > limit))
}

// searchThreads finds by name (any part, any case), tags, archived and ids.
func (s *Server) searchThreads(c *call, parent *channel) reply {
	query := c.r.URL.Query()
	found := s.channelsWhere(func(t *channel) bool {
		switch {
		case !t.isThread() || t.parent != parent.id,
			!strings.Contains(strings.ToLower(t.name), strings.ToLower(c.query("name"))),
			query.Has("archived") && (c.query("archived") == "true") != t.archived,
			query.Has("min_id") && snowflakeNumber(t.id) < snowflakeNumber(c.query("min_id")),
			query.Has("max_id") && snowflakeNumber(t.id) > snowflakeNumber(c.query("max_id")):
			return false
		}
		for _, id := range query["tag"] {
			if !slices.Contains(t.applied, id) {
				return false
			}
		}
		return true
	})
	slices.Reverse(found)
	offset, limit := min(c.number("offset", 0, 9975), len(found)), c.number("limit", 25, 25)
	page := found[offset:min(offset+limit, len(found))]
	answer := s.renderThreads(page, offset+len(page) < len(found))
	answer["total_results"] = len(found)
	r := ok(answer)
	r.schema = "ThreadSearchResponse"
	return r
}
