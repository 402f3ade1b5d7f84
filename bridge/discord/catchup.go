package discord

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
)

// takeIn stores what the gateway brought, one after the other, until ctx ends. It also
// fetches what was missed: whatever is behind it in the intake waits.
func (c *Client) takeIn(ctx context.Context) {
	for {
		it, ok := c.intake.next(ctx)
		if !ok {
			return
		}
		c.take(ctx, it)
		if it.fetch != "" || it.forum != "" {
			c.countUnread()
		}
		if it.settled != 0 && ctx.Err() == nil && c.intake.current(it.settled) {
			c.changeStatus(func(s *Status) { s.Ready = s.Up })
		}
	}
}

func (c *Client) take(ctx context.Context, it item) {
	switch {
	case it.message != nil:
		if !c.intake.deaf(it.message.Channel) || !c.set.holdBack { // else it will be fetched, in its place
			c.deliver(ctx, *it.message, "dc.recv", "dc.persisted")
		}
	case it.change != nil:
		c.carry(ctx, *it.change)
	case it.reaction != nil:
		c.observe(ctx, it)
	case it.fetch != "":
		c.catchUpWith(ctx, it.fetch, "", it.whole, newRoleCache())
	case it.forum != "":
		c.compare(ctx, c.archivedMeanwhile(ctx, it.forum), newRoleCache())
	case it.list:
		c.compareAll(ctx, c.activeThreads(ctx))
	case it.compare:
		c.compareAll(ctx, it.threads)
	}
}

// compareAll is compare, of these threads and of those archived last.
func (c *Client) compareAll(ctx context.Context, active []threadInfo) {
	if !c.set.catchUp {
		return
	}
	beforeThreads, before := c.taken.now()
	defer func() {
		c.intake.amend(allRecent) // messages first
		if threads, messages := c.taken.now(); messages > before {
			c.log.Info("discord: what was missed is taken in", zap.Int("threads", threads-beforeThreads),
				zap.Int("messages", messages-before), zap.Int("unread", c.intake.unread()))
		}
	}()
	c.lookAtActive(active)
	roles := newRoleCache()
	c.compare(ctx, active, roles)
	if _, ok := c.inbox.(Witness); !ok {
		return // each archived post would look unread
	}
	for _, forum := range c.names.forumIDs() {
		if !c.intake.isPutOff(forum) {
			c.compare(ctx, c.archivedMeanwhile(ctx, forum), roles)
		}
	}
}

// progress counts what catching up took in.
type progress struct {
	mu                sync.Mutex
	threads, messages int
}

const progressEvery = 1000

func (p *progress) add(log *zap.Logger, threads, messages int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := p.messages / progressEvery
	p.threads += threads
	if p.messages += messages; p.messages/progressEvery > before {
		log.Info("discord: taking in what was missed", zap.Int("threads", p.threads), zap.Int("messages", p.messages))
	}
}

func (p *progress) now() (threads, messages int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.threads, p.messages
}

// threadsAtOnce is how many threads are fetched side by side: each is in order for
// itself, and waits for Discord's answer most of the time.
const threadsAtOnce = 8

// compare fetches the threads in which something was written that we have not
// taken in, and returns when all of that is stored or put off.
func (c *Client) compare(ctx context.Context, threads []threadInfo, roles *roleCache) {
	var work sync.WaitGroup
	defer work.Wait()
	slots := make(chan struct{}, threadsAtOnce)
	for _, t := range threads {
		if t.Last == "" || c.intake.isPutOff(t.ID) {
			continue
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		work.Go(func() {
			defer func() { <-slots }()
			c.catchUpWith(ctx, t.ID, t.Last, false, roles)
		})
	}
}

func (c *Client) activeThreads(ctx context.Context) []threadInfo {
	var out struct {
		Threads []threadInfo `json:"threads"`
	}
	err := c.patiently(ctx, func() error {
		return c.rest.do(ctx, "list active posts", http.MethodGet, "/guilds/"+c.guild+"/threads/active", nil, &out)
	}, meaning(codeUnknownGuild, codeNoAccess))
	if err != nil && ctx.Err() == nil {
		c.log.Error("what was missed cannot be found", errField(err))
	}
	return out.Threads
}

// archivedMeanwhile are the posts of a forum archived last: somebody may have
// answered and archived while we were away. When they cannot be had now, they are
// asked for later.
func (c *Client) archivedMeanwhile(ctx context.Context, forum string) []threadInfo {
	var all []threadInfo
	err := c.patiently(ctx, func() error {
		all = nil
		return c.lastArchived(ctx, forum, func(page []threadInfo) bool {
			all = append(all, page...)
			return true
		})
	}, soonOrLater())
	if err != nil && !isCode(err, codeUnknownChannel) {
		c.putOff(ctx, item{forum: forum}, err)
	}
	return all
}

// putOff lets what cannot be read now be fetched later, so that nothing else waits
// for it.
func (c *Client) putOff(ctx context.Context, it item, why error) {
	if ctx.Err() != nil {
		return
	}
	d := 30 * c.set.backoff
	c.log.Warn("what was missed in a channel cannot be read now", inChannel(it.fetch+it.forum), after(d), errField(why))
	c.intake.putOff(it, d, 2*c.set.backoff)
	c.countUnread()
}

func (c *Client) countUnread() {
	n := c.intake.unread()
	c.changeStatus(func(s *Status) { s.Unread = n })
}

// CatchUp takes in, by and by, all that was written in a thread: it was not known
// as ours until now, so what came from it was not heard.
func (c *Client) CatchUp(thread string) { c.intake.recover(thread) }

// catchUpWith takes in what was written in a channel since its cursor, or all of
// it. last is its newest message, "" if not known: then it is fetched in any case.
func (c *Client) catchUpWith(ctx context.Context, channel, last string, whole bool, roles *roleCache) {
	var after string
	var ours bool
	if !c.insist(ctx, "read cursor", channel, func() (err error) {
		after, ours, err = c.inbox.Cursor(ctx, channel)
		return err
	}) {
		return
	}
	if ours {
		c.intake.familiar(channel)
	}
	after = cmp.Or(after, channel) // the id of a post's first message, which is ours
	if whole {
		after = channel
	}
	if !ours || last != "" && compareIDs(last, after) <= 0 {
		c.intake.caughtUp(channel, c.intake.newest(channel))
		return
	}
	threads := 1
	for ctx.Err() == nil {
		newest := c.intake.newest(channel)
		page, err := c.missed(ctx, channel, after, roles)
		switch {
		case isCode(err, codeUnknownChannel): // deleted meanwhile
			c.intake.caughtUp(channel, c.intake.newest(channel))
			c.intake.amend(roundOfPost + channel)
			return
		case err != nil:
			c.putOff(ctx, item{fetch: channel, whole: whole}, err)
			return
		}
		for _, m := range page {
			c.deliver(ctx, m, "dc.catchup", "dc.catchup.persisted")
			after = m.ID
		}
		c.taken.add(c.log, threads, len(page))
		threads = 0
		// What came after last is heard.
		end := len(page) < pageSize || last != "" && compareIDs(after, last) >= 0
		if end && ctx.Err() == nil && c.intake.caughtUp(channel, newest) {
			c.intake.amend(channel)
			return
		}
	}
}

// missed is a page of what was written after a message, with the roles of its
// authors: messages fetched by REST do not carry them.
func (c *Client) missed(ctx context.Context, channel, after string, roles *roleCache) ([]message, error) {
	var page []message
	err := c.patiently(ctx, func() (err error) {
		page, err = c.page(ctx, channel, after)
		return err
	}, soonOrLater())
	if err != nil {
		return nil, err
	}
	for i := range page {
		m := &page[i]
		m.Channel = channel
		if !m.byStaff() || m.Member != nil {
			continue
		}
		theirs, err := c.rolesFor(ctx, m.Author.ID, roles)
		if err != nil {
			return nil, err
		}
		m.Member = &member{Roles: theirs}
	}
	return page, nil
}

// A roleCache holds the roles of the authors of one catch-up.
type roleCache struct {
	mu    sync.Mutex
	known map[string][]string
}

func newRoleCache() *roleCache { return &roleCache{known: map[string][]string{}} }

// rolesFor are a member's roles. It asks once for each author of a catch-up; one
// who left has none.
func (c *Client) rolesFor(ctx context.Context, user string, asked *roleCache) ([]string, error) {
	asked.mu.Lock()
	defer asked.mu.Unlock() // whoever else needs them waits for the answer
	if roles, ok := asked.known[user]; ok {
		return roles, nil
	}
	var m member
	err := c.patiently(ctx, func() error {
		return c.rest.do(ctx, "look up member", http.MethodGet, "/guilds/"+c.guild+"/members/"+user, nil, &m)
	}, soonOrLater())
	if err != nil && !isCode(err, codeUnknownMember, codeUnknownUser) {
		return nil, err
	}
	if err == nil && m.User != nil {
		c.names.user(*m.User, &m)
	}
	asked.known[user] = m.Roles
	return m.Roles, nil
}

// deliver stores one message, and does not give up before it is stored: what
// comes after it must not be heard first.
func (c *Client) deliver(ctx context.Context, m message, before, stored string) {
	if !m.byStaff() {
		if w, ok := c.inbox.(Witness); ok {
			c.insist(ctx, "note message", m.Channel, func() error { return w.Seen(ctx, m.Channel, m.ID) })
		}
		return
	}
	var roles []string
	if m.Member != nil {
		roles = m.Member.Roles
	}
	if !c.reach(before) {
		return
	}
	words := m.staff(roles)
	words.ReplyOurs = words.ReplyTo != "" && m.Answers != nil && c.isMe(m.Answers.Author.ID)
	if words.Text == "" && len(words.Files)+len(words.Stickers)+len(words.Snapshots) == 0 && m.Poll == nil {
		c.mute.Do(func() {
			c.log.Warn("a message came without words: is the Message Content intent on?", inChannel(m.Channel))
		})
	}
	foreign := false
	if c.insist(ctx, "store message", m.Channel, func() error {
		err := c.reply(ctx, words)
		if foreign = errors.Is(err, bridge.ErrNotOurs); foreign {
			return nil
		}
		return err
	}) {
		if foreign {
			c.intake.foreign(m.Channel)
			return
		}
		c.versions.told(m.ID, m.Edited)
		c.reach(stored)
	}
}

func (c *Client) reply(ctx context.Context, m bridge.StaffMessage) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = panicked("take reply", v)
		}
	}()
	return c.inbox.Reply(ctx, m)
}

// insist repeats do until it works; false means that ctx ended first.
func (c *Client) insist(ctx context.Context, op, channel string, do func() error) bool {
	for wait := c.set.backoff / 4; ; wait = min(2*wait, 10*c.set.backoff) {
		if ctx.Err() != nil {
			return false
		}
		err := do()
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		c.log.Warn("discord waits for the store", inChannel(channel), after(wait), errField(fmt.Errorf("%s: %w", op, err)))
		if sleepFully(ctx, max(wait, time.Millisecond)) != nil {
			return false
		}
	}
}

// reach is a step at which a crash test may stop everything.
func (c *Client) reach(step string) bool {
	if err := c.fp.Hit(step); err != nil {
		c.giveUp(fmt.Errorf("at %s: %w", step, err))
		return false
	}
	return true
}
