package discord

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
)

const (
	mostTitle   = 100
	mostTags    = 5
	pageSize    = 100
	weekMinutes = 10080 // the longest a quiet post stays in the list
)

// CreatePost opens a forum post and returns its thread. Repeating it makes a
// second one: after an unclear outcome, look with FindPost first.
func (c *Client) CreatePost(ctx context.Context, p bridge.Post) (string, error) {
	const needs = "Send Messages and Create Posts"
	tags, err := c.tagIDs(ctx, p.Forum, p.Tags)
	if err != nil {
		return "", sendError(err, needs)
	}
	in := struct {
		Name    string        `json:"name"`
		Archive int           `json:"auto_archive_duration"`
		Tags    []string      `json:"applied_tags,omitempty"`
		Message createMessage `json:"message"`
	}{clip(normal(p.Title), mostTitle), weekMinutes, tags[:min(len(tags), mostTags)], write(p.Message)}
	var out struct {
		ID string `json:"id"`
	}
	if err := c.fit(p.Message.Files); err != nil {
		return "", err
	}
	if err := c.rest.doFiles(ctx, "create post", "/channels/"+p.Forum+"/threads", in, p.Message.Files, &out); err != nil {
		if large := c.tooLarge(err, p.Message.Files); large != nil {
			return "", large
		}
		return "", sendError(err, needs)
	}
	c.names.thread(out.ID, in.Name)
	return out.ID, nil
}

// FindPost looks for a post of ours whose title starts with prefix, among the
// active posts and the 300 last archived ones; "" when there is none.
func (c *Client) FindPost(ctx context.Context, forum, prefix string) (string, error) {
	const needs = "View Channel and Read Message History"
	self, err := c.self(ctx)
	if err != nil {
		return "", sendError(err, needs)
	}
	ours := func(t threadInfo) bool {
		return t.Parent == forum && (t.Owner == self || t.Owner == "") && strings.HasPrefix(t.Name, prefix)
	}
	var active struct {
		Threads []threadInfo `json:"threads"`
	}
	if err := c.rest.do(ctx, "list active posts", http.MethodGet, "/guilds/"+c.guild+"/threads/active", nil, &active); err != nil {
		return "", sendError(err, needs)
	}
	if i := slices.IndexFunc(active.Threads, ours); i >= 0 {
		return active.Threads[i].ID, nil
	}
	found := ""
	err = c.lastArchived(ctx, forum, func(page []threadInfo) (more bool) {
		if i := slices.IndexFunc(page, ours); i >= 0 {
			found = page[i].ID
		}
		return found == ""
	})
	if err != nil {
		return "", sendError(err, needs)
	}
	return found, nil
}

// lastArchived shows the 300 posts of a forum archived last, in pages, newest
// first, while more are wanted.
func (c *Client) lastArchived(ctx context.Context, forum string, see func([]threadInfo) (more bool)) error {
	before := ""
	for range 3 {
		page, err := c.archived(ctx, forum, before)
		if err != nil {
			return err
		}
		if !see(page.Threads) || !page.More || len(page.Threads) == 0 {
			return nil
		}
		before = page.Threads[len(page.Threads)-1].Metadata.ArchivedAt
	}
	return nil
}

type threadPage struct {
	Threads []threadInfo `json:"threads"`
	More    bool         `json:"has_more"`
}

func (c *Client) archived(ctx context.Context, forum, before string) (threadPage, error) {
	path := "/channels/" + forum + "/threads/archived/public?limit=100"
	if before != "" {
		path += "&before=" + url.QueryEscape(before)
	}
	var page threadPage
	err := c.rest.do(ctx, "list archived posts", http.MethodGet, path, nil, &page)
	return page, err
}

// Say writes a message. Its id is "" when Discord took the message at an
// earlier attempt and somebody deleted it since. A recording alone becomes a voice
// message, or a file where Discord allows none.
func (c *Client) Say(ctx context.Context, m bridge.Message) (string, error) {
	if err := c.fit(m.Files); err != nil {
		return "", err
	}
	in := write(m)
	in.Nonce, in.EnforceNonce = m.Nonce, m.Nonce != "" && c.set.enforceNonce
	if m.ReplyTo != "" {
		in.Reference = &reference{Message: m.ReplyTo}
	}
	voice := c.voiced(m, &in)
	id, err := c.post(ctx, m.Channel, in, m.Files)
	if voice && isCode(err, codeVoiceForbidden, codeVoiceAudio, codeVoiceMetadata, codeVoiceContent) {
		if isCode(err, codeVoiceForbidden) {
			c.noVoice.Store(new(time.Now().Add(voiceAgain)))
		}
		unvoiced(&in)
		id, err = c.post(ctx, m.Channel, in, m.Files)
	}
	if in.Reference != nil && isCode(err, codeUnknownMessage, codeInvalidForm) {
		in.Reference = nil
		id, err = c.post(ctx, m.Channel, in, m.Files)
	}
	if isCode(err, codeArchived) {
		if err := c.patch(ctx, m.Channel, patchThread{Archived: new(false)}); err != nil {
			return "", sendError(err, "Send Messages in Threads and Manage Threads")
		}
		id, err = c.post(ctx, m.Channel, in, m.Files)
	}
	switch {
	case err == nil:
		return id, nil
	case isCode(err, codeUnknownMessage) && in.EnforceNonce:
		return "", nil
	}
	if large := c.tooLarge(err, m.Files); large != nil {
		return "", large
	}
	return "", sendError(err, "Send Messages, Send Messages in Threads, Embed Links, Attach Files and Read Message History")
}

func (c *Client) post(ctx context.Context, channel string, in createMessage, files []bridge.File) (string, error) {
	var out struct {
		ID string `json:"id"`
	}
	err := c.rest.doFiles(ctx, "write message", "/channels/"+channel+"/messages", in, files, &out)
	return out.ID, err
}

// FindMessage looks in a channel, after message id after ("" for the
// beginning), for the first message of ours with exactly this content; "" when
// there is none. White space around it does not count: Discord drops it. No content
// means a message with files and without words.
func (c *Client) FindMessage(ctx context.Context, channel, after, content string) (string, error) {
	const needs = "View Channel and Read Message History"
	self, err := c.self(ctx)
	if err != nil {
		return "", sendError(err, needs)
	}
	content = normal(content)
	for after = cmp.Or(after, "0"); ; {
		page, err := c.page(ctx, channel, after)
		if err != nil {
			return "", sendError(err, needs)
		}
		for _, m := range page {
			if content == "" && len(m.Attachments) == 0 {
				continue // a message without words is one with files
			}
			if m.Author.ID == self && m.Webhook == "" && normal(m.Content) == content {
				return m.ID, nil
			}
		}
		if len(page) < pageSize {
			return "", nil
		}
		after = page[len(page)-1].ID
	}
}

// page is what follows a message, oldest first, at most pageSize.
func (c *Client) page(ctx context.Context, channel, after string) ([]message, error) {
	var page []message
	err := c.rest.do(ctx, "read messages", http.MethodGet, "/channels/"+channel+"/messages?limit=100&after="+after, nil, &page)
	slices.SortFunc(page, func(a, b message) int { return compareIDs(a.ID, b.ID) })
	return page, err
}

// React puts or removes a reaction of ours. Repeating either is harmless, and so
// is removing one from a message that is gone. Without the right to, it is refused
// rather than put off.
func (c *Client) React(ctx context.Context, channel, message, emoji string, on bool) error {
	method := http.MethodPut
	if !on {
		method = http.MethodDelete
	}
	path := "/channels/" + channel + "/messages/" + message + "/reactions/" + url.PathEscape(emoji) + "/@me"
	err := c.rest.do(ctx, "react", method, path, nil, nil)
	if err == nil || !on && isCode(err, codeUnknownMessage, codeUnknownEmoji) {
		return nil
	}
	err = sendError(err, "Add Reactions and Read Message History")
	if e, ok := errors.AsType[*bridge.SendError](err); ok && e.Denied {
		e.Certainty = bridge.Refused // a mark is not worth a refusal every second
	}
	return err
}

// Typing shows in a thread that somebody writes, for about ten seconds. It is of no
// weight: it yields to everything that is.
func (c *Client) Typing(ctx context.Context, thread string) error {
	err := c.rest.do(ctx, "show typing", http.MethodPost, "/channels/"+thread+"/typing", nil, nil)
	if err != nil {
		return sendError(err, "Send Messages in Threads")
	}
	return nil
}

// Settle sets the state tag of a post, keeping tags that are no state, and
// archives or re-opens it. Repeating it is harmless.
func (c *Client) Settle(ctx context.Context, thread, tag string, archived bool) error {
	leave, err := c.shelves.enter(ctx, thread)
	if err != nil {
		return sendError(err, "Manage Threads")
	}
	defer leave()
	info, err := c.thread(ctx, thread)
	if err != nil {
		return sendError(err, "View Channel")
	}
	known, err := c.names.tagsOf(ctx, c.rest, info.Parent)
	if err != nil {
		return sendError(err, "View Channel")
	}
	var keep []string
	for _, id := range info.Tags {
		name := nameOfTag(known, id)
		if name != "" && !slices.Contains(c.states, name) && name != tag {
			keep = append(keep, name)
		}
	}
	return c.close(ctx, info, append([]string{tag}, keep...), archived, nil)
}

// Arrange gives a post exactly these tags (by name, unknown ones are left out), and
// archives and locks it, or the contrary. Repeating it is harmless, and asks nothing of a
// post that stands so.
func (c *Client) Arrange(ctx context.Context, thread string, p bridge.PostState) error {
	leave, err := c.shelves.enter(ctx, thread)
	if err != nil {
		return sendError(err, "Manage Threads")
	}
	defer leave()
	info, err := c.thread(ctx, thread)
	if err != nil {
		return sendError(err, "View Channel")
	}
	return c.close(ctx, info, p.Tags, p.Archived, &p.Locked)
}

func (c *Client) close(ctx context.Context, info threadInfo, tags []string, archive bool, lock *bool) error {
	const needs = "Manage Threads"
	ids, err := c.tagIDs(ctx, info.Parent, tags)
	if err != nil {
		return sendError(err, needs)
	}
	ids = ids[:min(len(ids), mostTags)]
	same := sameSet(ids, info.Tags) && info.Metadata.Archived == archive && (lock == nil || *lock == info.Metadata.Locked)
	if same {
		return nil
	}
	if info.Metadata.Archived && archive { // an archived post can only be re-opened
		if err := c.patch(ctx, info.ID, patchThread{Archived: new(false)}); err != nil {
			return sendError(err, needs)
		}
	}
	if err := c.patch(ctx, info.ID, patchThread{Archived: &archive, Locked: lock, Tags: &ids}); err != nil {
		return sendError(err, needs)
	}
	return nil
}

type patchThread struct {
	Archived *bool     `json:"archived,omitempty"`
	Locked   *bool     `json:"locked,omitempty"`
	Tags     *[]string `json:"applied_tags,omitempty"`
}

func (c *Client) patch(ctx context.Context, thread string, p patchThread) error {
	return c.rest.do(ctx, "change post", http.MethodPatch, "/channels/"+thread, p, nil)
}

func (c *Client) thread(ctx context.Context, id string) (threadInfo, error) {
	var info threadInfo
	err := c.rest.do(ctx, "read post", http.MethodGet, "/channels/"+id, nil, &info)
	return info, err
}

// tagIDs are the ids of a forum's tags by name; unknown names are left out.
func (c *Client) tagIDs(ctx context.Context, forum string, tags []string) ([]string, error) {
	ids := []string{}
	if len(tags) == 0 {
		return ids, nil
	}
	known, err := c.names.tagsOf(ctx, c.rest, forum)
	if err != nil {
		return nil, err
	}
	for _, name := range tags {
		i := slices.IndexFunc(known, func(t tag) bool { return strings.EqualFold(t.Name, name) })
		if i >= 0 && !slices.Contains(ids, known[i].ID) {
			ids = append(ids, known[i].ID)
		}
	}
	return ids, nil
}

// self is our own user id.
func (c *Client) self(ctx context.Context) (string, error) {
	if id := c.me.Load(); id != nil {
		return *id, nil
	}
	var out struct {
		ID string `json:"id"`
	}
	if err := c.rest.do(ctx, "ask who we are", http.MethodGet, "/users/@me", nil, &out); err != nil {
		return "", err
	}
	c.me.Store(&out.ID)
	return out.ID, nil
}

// patiently repeats do until it works, the bot's token is refused, hopeless says
// that there is no use, or ctx ends.
func (c *Client) patiently(ctx context.Context, do func() error, hopeless func(error) bool) error {
	for wait := c.set.backoff; ; wait = min(2*wait, 60*c.set.backoff) {
		err := do()
		if err == nil || ctx.Err() != nil || isTokenRefused(err) || hopeless(err) {
			return err
		}
		d := wait
		if e, ok := errors.AsType[*apiError](err); ok {
			d = max(d, e.retry)
		}
		c.log.Warn("discord answers badly", errField(err), after(d))
		if sleepFully(ctx, d) != nil {
			return err
		}
	}
}

// meaning is for patiently: only these numbers of Discord's end the waiting.
func meaning(codes ...int) func(error) bool {
	return func(err error) bool { return isCode(err, codes...) }
}

// soonOrLater is for patiently, where something else can be done meanwhile: it ends
// the waiting at once when Discord says no, and else after a few attempts.
func soonOrLater() func(error) bool {
	attempts := 0
	return func(err error) bool {
		attempts++
		return attempts >= 4 || isStatus(err, 400, 403, 404)
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}
