package bridge

import (
	"context"
	"sync"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// The marks of an agent's message, a reaction each; one shows at a time.
const (
	markWaiting   = "🕓"
	markSent      = "☑️"
	markDelivered = "✅"
	markRead      = "👀"
	markDead      = "❌"
	markNote      = "📝"  // the writer chose to keep it inside
	markHeld      = "⏸️" // it waits for somebody to decide
	markStaff     = "🔒"  // the writer may not be heard by clients
)

var stateMarks = []string{markWaiting, markSent, markDelivered, markRead, markDead}

// markOf is the mark for a message in the given parts, "" for none yet: the
// part that lags behind decides.
//
// moving says whether what is queued leaves at once: it waits otherwise.
func markOf(parts []ledger.Status, moving bool) string {
	least := ledger.Read
	for _, p := range parts {
		switch p.State {
		case ledger.Dead:
			return markDead
		case ledger.Waiting:
			return markWaiting
		case ledger.Queued:
			if !moving {
				return markWaiting
			}
		case ledger.Sending:
			if p.Reason != "" {
				return markWaiting // it waited before and is being tried again
			}
		}
		least = min(least, p.State)
	}
	switch {
	case len(parts) == 0:
		return ""
	case least >= ledger.Read:
		return markRead
	case least >= ledger.Delivered:
		return markDelivered
	case least >= ledger.Sent:
		return markSent
	}
	return ""
}

// marks remembers which mark each message shows, so that one call usually does.
// It is a cache: what it has forgotten is repaired by removing every other mark.
type marks struct {
	board Board
	mu    sync.Mutex
	since string            // messages newer than this snowflake are all this run's own; guarded by mu
	shown map[string]string // channel/message -> mark or unsure, guarded by mu
}

// unsure stands for the mark of a message that is being changed, or was left half-way.
const unsure = "?"

func newMarks(board Board) *marks {
	return &marks{board: board, since: snowflake(time.Now()), shown: map[string]string{}}
}

// show makes mark the only state mark of a message. An error leaves it to be
// called again.
func (m *marks) show(ctx context.Context, channel, message, mark string) error {
	key := channel + "/" + message
	m.mu.Lock()
	before, known := m.shown[key]
	known = before != unsure && (known || newer(message, m.since)) // a newer one cannot have met an earlier run
	if known && before == mark {
		m.mu.Unlock()
		return nil
	}
	if len(m.shown) > 20_000 {
		clear(m.shown)
		m.since = snowflake(time.Now())
	}
	m.shown[key] = unsure
	m.mu.Unlock()
	if mark != "" {
		if err := m.board.React(ctx, channel, message, mark, true); err != nil {
			return err
		}
	}
	stale := []string{before}
	if !known {
		stale = stateMarks // an earlier run may have left any
	}
	for _, s := range stale {
		if s == "" || s == mark {
			continue
		}
		if err := m.board.React(ctx, channel, message, s, false); err != nil {
			return err
		}
	}
	m.mu.Lock()
	m.shown[key] = mark
	m.mu.Unlock()
	return nil
}

// A StatusReader answers how far letters have come.
type StatusReader interface {
	// Status returns what a message table knows of a letter; ok is false for nothing.
	Status(ctx context.Context, log, letter string) (st ledger.Status, ok bool, err error)
}
