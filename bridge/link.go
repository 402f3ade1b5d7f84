package bridge

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
)

// link notices when the link to WhatsApp is down for longer than a reconnection takes.
type link struct {
	since time.Time // down since, zero while up
	told  bool
}

const linkGrace = 5 * time.Second

// wentDown reports, once each time, that the link has been down for a while.
func (l *link) wentDown(up bool, now time.Time) bool {
	switch {
	case up:
		*l = link{}
	case l.since.IsZero():
		l.since = now
	case !l.told && now.Sub(l.since) >= linkGrace:
		l.told = true
		return true
	}
	return false
}

// showWaiting lets every agent's message that has not left say that it waits: the
// link went down after it was written.
func (c *Courier) showWaiting(ctx context.Context, heads []ledger.LaneHead) {
	for _, h := range heads {
		if !strings.HasPrefix(h.Lane, laneClient) {
			continue
		}
		letters, err := c.outbox.Waiting(ctx, h.Lane, 0)
		if err != nil {
			c.log.Warn("show what waits for WhatsApp", zap.Error(err))
			return
		}
		for batch := range slices.Chunk(letters, 50) {
			_, err := c.outbox.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
				for _, l := range batch {
					if err := RefreshMark(tx, l.Log, l.ID); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil && ctx.Err() == nil {
				c.log.Warn("show what waits for WhatsApp", zap.Error(err))
				return
			}
		}
	}
}

// stuck are the clients' lanes whose head has been tried in vain for a while: what is
// behind it waits as well, and says so.
type stuck struct {
	mu    sync.Mutex
	lanes map[string]bool // guarded by mu
}

// add reports whether a lane is a client's and was not stuck before.
func (s *stuck) add(lane string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !strings.HasPrefix(lane, laneClient) || s.lanes[lane] {
		return false
	}
	if s.lanes == nil {
		s.lanes = map[string]bool{}
	}
	s.lanes[lane] = true
	return true
}

func (s *stuck) remove(lane string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lanes, lane)
}

// moving reports whether what is queued for a ticket's client leaves at once.
func (c *Courier) moving(ctx context.Context, number string) (bool, error) {
	if !c.phone.Ready() {
		return false, nil
	}
	c.stuck.mu.Lock()
	none := len(c.stuck.lanes) == 0
	c.stuck.mu.Unlock()
	if none {
		return true, nil
	}
	t, err := c.ticket(ctx, number)
	if err != nil {
		return false, err
	}
	c.stuck.mu.Lock()
	defer c.stuck.mu.Unlock()
	return !c.stuck.lanes[ClientLane(t.Conversation)], nil
}
