package bridge

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// posts is the turn of what opens forum posts. Discord's limit on that is narrow, not
// published, and shared by the whole forum: were posts to queue with everything else,
// a crowd of new tickets would hold up the open ones.
type posts struct {
	slots chan struct{}
	mu    sync.Mutex
	until time.Time // guarded by mu; the limit is used up before it
}

// postsAtOnce is how many posts are being opened at a time.
const postsAtOnce = 4

// enter waits for a slot, and for the limit; false means that ctx ended.
func (p *posts) enter(ctx context.Context) bool {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	for {
		p.mu.Lock()
		wait := time.Until(p.until)
		p.mu.Unlock()
		if wait <= 0 {
			return true
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			p.leave()
			return false
		}
	}
}

func (p *posts) leave() { <-p.slots }

// shut lets no post be tried for d: one was told so.
func (p *posts) shut(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := time.Now().Add(d); until.After(p.until) {
		p.until = until
	}
}

// opensPost reports whether the letter at the head of a lane opens a forum post.
func (c *Courier) opensPost(ctx context.Context, lane string) (bool, error) {
	if !strings.HasPrefix(lane, laneThread) && !strings.HasPrefix(lane, laneReport) {
		return false, nil
	}
	head, err := c.outbox.Waiting(ctx, lane, 1)
	return err == nil && len(head) > 0 && head[0].Kind == kindPost, err
}

// certain remembers the letters of which every attempt so far certainly came to
// nothing: they need not be looked for. It is a cache of this process; what it does
// not know is looked for.
type certain struct {
	mu  sync.Mutex
	not map[string]bool // guarded by mu
}

// note takes in how an attempt ended that began in state st.
func (c *certain) note(letter string, st ledger.Status, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	se, ok := errors.AsType[*SendError](err)
	sure := ok && (se.Certainty == Blocked || se.Certainty == NotSent) && (c.not[letter] || !st.Tried())
	switch {
	case !sure:
		delete(c.not, letter)
	case c.not == nil || len(c.not) > 10_000:
		c.not = map[string]bool{letter: true}
	default:
		c.not[letter] = true
	}
}

// mayBeThere reports whether an earlier attempt may have brought a letter to its
// destination.
func (c *certain) mayBeThere(letter string, st ledger.Status) bool {
	if !st.Tried() {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.not[letter]
}
