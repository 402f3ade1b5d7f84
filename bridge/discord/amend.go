package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// An Editor is an [Inbox] that follows what becomes of messages after they were
// written. Each method may be called again with the same: nil means that it is durable,
// [bridge.ErrNotOurs] that the channel does not concern the desk, and any other error
// that it will be brought again, before anything later of its thread.
type Editor interface {
	// Edited takes a person's message in its present words; m.Edited is when they were
	// changed. Of several changes made while nobody listened only the last one comes.
	Edited(ctx context.Context, m bridge.StaffMessage) error
	// Deleted says that a message is gone since about at. When message is the thread
	// itself, the whole post was deleted.
	Deleted(ctx context.Context, thread, message string, at time.Time) error
	// Recent are the messages of a thread whose changes still matter, oldest first.
	Recent(ctx context.Context, thread string) ([]bridge.Recent, error)
	// RecentThreads are the threads that have any.
	RecentThreads(ctx context.Context) ([]string, error)
}

// A change is what became of messages of a channel: the new form of one, or that some
// are gone.
type change struct {
	channel string
	edited  *message
	gone    []string // message ids; the channel's own: the whole post
	at      time.Time
}

func (ch change) size() int {
	size := 24 * len(ch.gone)
	if ch.edited != nil {
		size += len(ch.edited.Content)
	}
	return size
}

// change queues what became of messages, behind what was written before.
func (q *intake) change(ch change) (forgotten bool) {
	return q.hear(ch.channel, "", item{change: &ch, size: ch.size()})
}

// versions is what was last told of messages, so that a preview of a link, or an answer
// that is older than what was heard since, counts as no change. What it has forgotten
// is told again.
type versions struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// deletedVersion is later than every edit.
var deletedVersion = time.Unix(1<<40, 0)

func (v *versions) isNews(id string, at time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return at.After(v.last[id])
}

func (v *versions) told(id string, at time.Time) {
	if at.IsZero() {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	put(v.last, id, at)
}

// carry hands a change on, and does not give up before it is stored.
func (c *Client) carry(ctx context.Context, ch change) {
	if ch.edited != nil {
		m := *ch.edited
		if c.versions.isNews(m.ID, m.Edited) && c.handOn(ctx, ch.channel, "dc.edit", func() error {
			return c.editor.Edited(ctx, m.staff(m.Member.Roles))
		}) {
			c.versions.told(m.ID, m.Edited)
		}
	}
	for _, id := range ch.gone {
		if id == ch.channel && c.postGone(ctx, id) {
			continue
		}
		if c.versions.isNews(id, deletedVersion) && c.handOn(ctx, ch.channel, "dc.delete", func() error {
			return c.editor.Deleted(ctx, ch.channel, id, ch.at)
		}) {
			c.versions.told(id, deletedVersion)
		}
	}
}

// handOn repeats do until it is durable; false means that it is not, or not ours.
func (c *Client) handOn(ctx context.Context, channel, step string, do func() error) bool {
	if c.intake.deaf(channel) || !c.reach(step) {
		return false // found when the channel has been fetched
	}
	foreign := false
	if !c.insist(ctx, "store change", channel, func() (err error) {
		defer func() {
			if v := recover(); v != nil {
				err = panicked("take change", v)
			}
		}()
		err = do()
		if foreign = errors.Is(err, bridge.ErrNotOurs); foreign {
			return nil
		}
		return err
	}) {
		return false
	}
	if foreign {
		c.intake.foreign(channel)
		return false
	}
	return c.reach(step + ".persisted")
}

// amendAll looks, thread by thread and yielding to everything else, for changes that
// were made while nobody listened, until ctx ends. What it finds goes the way of what
// is heard, so that it stays in order with that.
func (c *Client) amendAll(ctx context.Context) {
	if c.editor == nil || !c.set.amend {
		return
	}
	ctx = yielding(ctx)
	for {
		thread, wait, ok := c.intake.nextAmend(ctx)
		if !ok {
			return
		}
		err := c.amend(ctx, thread)
		if err == nil || ctx.Err() != nil {
			continue
		}
		again := c.intake.amendAgain(thread, wait, 30*c.set.backoff)
		c.log.Warn("changes of messages cannot be looked for now", inChannel(thread), after(again), errField(err))
	}
}

func (c *Client) amend(ctx context.Context, thread string) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked("look for changes", v)
		}
	}()
	if post, ok := strings.CutPrefix(thread, roundOfPost); ok {
		return c.lookAtPost(ctx, post)
	}
	if thread == allRecent {
		if err := c.lookAtPosts(ctx); err != nil {
			return err
		}
		threads, err := c.editor.RecentThreads(ctx)
		if err != nil {
			return fmt.Errorf("list threads with recent messages: %w", err)
		}
		for _, id := range threads {
			if id != allRecent {
				c.intake.amend(id)
			}
		}
		return nil
	}
	recent, err := c.editor.Recent(ctx, thread)
	if errors.Is(err, bridge.ErrNotOurs) || err == nil && len(recent) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list recent messages: %w", err)
	}
	err = c.look(ctx, thread, recent)
	if isCode(err, codeUnknownChannel) { // the post was deleted meanwhile
		c.intake.change(change{channel: thread, gone: []string{thread}, at: c.now()})
		return nil
	}
	return err
}

// look compares recent messages with what the channel holds. A page is read from the
// oldest that was not seen yet, so that what lies between them costs nothing.
func (c *Client) look(ctx context.Context, thread string, recent []bridge.Recent) error {
	recent = slices.SortedFunc(slices.Values(recent), func(a, b bridge.Recent) int { return compareIDs(a.ID, b.ID) })
	roles := newRoleCache()
	for len(recent) > 0 && ctx.Err() == nil {
		page, err := c.missed(ctx, thread, justBefore(recent[0].ID), roles)
		if err != nil {
			return err
		}
		end := recent[len(recent)-1].ID // a page that is not full is the channel's end
		if len(page) == pageSize {
			end = page[len(page)-1].ID
		}
		for len(recent) > 0 && compareIDs(recent[0].ID, end) <= 0 {
			if err := c.comparedWith(ctx, thread, recent[0], page); err != nil {
				return err
			}
			recent = recent[1:]
		}
	}
	return ctx.Err()
}

// comparedWith notes what became of one message. That a page lacks it proves little (a
// bot without the right to read history gets empty pages), so it is asked for.
func (c *Client) comparedWith(ctx context.Context, thread string, known bridge.Recent, page []message) error {
	i, found := slices.BinarySearchFunc(page, known.ID, func(m message, id string) int { return compareIDs(m.ID, id) })
	if found {
		if m := page[i]; m.Edited.After(known.Edited) && m.byStaff() {
			c.intake.change(change{channel: thread, edited: &m})
		}
		return nil
	}
	path := "/channels/" + thread + "/messages/" + known.ID
	err := c.patiently(ctx, func() error {
		return c.rest.do(ctx, "read message", http.MethodGet, path, nil, nil)
	}, soonOrLater())
	if isCode(err, codeUnknownMessage) {
		c.intake.change(change{channel: thread, gone: []string{known.ID}, at: c.now()})
		return nil
	}
	return err
}

// justBefore is the snowflake before another.
func justBefore(id string) string {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil || n == 0 {
		return "0"
	}
	return strconv.FormatUint(n-1, 10)
}
