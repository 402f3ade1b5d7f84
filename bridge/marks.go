package bridge

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
)

// The marks of an agent's message, a reaction each; one shows at a time.
const (
	markWaiting   = "🕓"
	markSent      = "☑️"
	markDelivered = "✅"
	markRead      = "👀"
	markDead      = "❌"
	markNote      = "📝" // the writer chose to keep it inside
	markStaff     = "🔒" // the writer may not be heard by clients
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
	shown map[string]string // channel/message -> mark, guarded by mu
}

func newMarks(board Board) *marks {
	return &marks{board: board, since: snowflake(time.Now()), shown: map[string]string{}}
}

// show makes mark the only state mark of a message. An error leaves it to be
// called again.
func (m *marks) show(ctx context.Context, channel, message, mark string) error {
	key := channel + "/" + message
	m.mu.Lock()
	before, known := m.shown[key]
	known = known || newer(message, m.since) // it cannot have met an earlier run
	if len(m.shown) > 20_000 {
		clear(m.shown)
		m.since = snowflake(time.Now())
	}
	m.mu.Unlock()
	if known && before == mark {
		return nil
	}
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

// runViews renders what was asked to be rendered, channel by channel, until ctx ends.
func (c *Courier) runViews(ctx context.Context) {
	signal, unsubscribe := c.outbox.Subscribe()
	defer unsubscribe()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	for {
		more := false
		var again <-chan time.Time
		if c.board.Ready() {
			var err error
			if more, err = c.renderAll(ctx); err != nil && ctx.Err() == nil {
				c.log.Warn("render marks", zap.Error(err))
				more, again = false, time.After(pause)
			}
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-signal:
		case <-tick.C:
		case <-again:
		}
	}
}

const viewsAtOnce = 200

// renderAll renders one batch; more reports that there is another.
func (c *Courier) renderAll(ctx context.Context) (more bool, err error) {
	if !c.lease().Valid(time.Now()) {
		return false, nil
	}
	views, err := c.outbox.Views(ctx, viewsAtOnce)
	if err != nil {
		return false, err
	}
	byChannel := map[string][]ledger.View{}
	for _, v := range views {
		byChannel[viewChannel(v.Name)] = append(byChannel[viewChannel(v.Name)], v)
	}
	var work sync.WaitGroup
	slots := make(chan struct{}, 8)
	var mu sync.Mutex
	var errs []error
	for _, group := range byChannel {
		slots <- struct{}{}
		work.Go(func() {
			defer func() { <-slots }()
			for _, v := range group {
				if err := c.render(ctx, v); err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
					return
				}
			}
		})
	}
	work.Wait()
	return len(views) == viewsAtOnce, errors.Join(errs...)
}

func viewChannel(name string) string {
	f := strings.Split(name, "/")
	switch {
	case strings.HasPrefix(name, viewState) && len(f) == 5:
		return f[2]
	case strings.HasPrefix(name, viewInside) && len(f) == 4:
		return f[1]
	}
	return ""
}

// render shows one view and forgets the request. A refusal (the message was
// deleted) ends it too; anything else leaves it for later.
func (c *Courier) render(ctx context.Context, v ledger.View) error {
	lease := c.lease()
	now := time.Now()
	if !lease.Valid(now) {
		return nil
	}
	send, cancel := context.WithDeadline(ctx, now.Add(min(sendTimeout, lease.Until.Sub(now))))
	defer cancel()
	err := c.show(send, v.Name)
	if se, ok := errors.AsType[*SendError](err); ok && se.Certainty == Refused {
		err = nil
	}
	if err != nil {
		return err
	}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendTimeout)
	defer cancel()
	return c.outbox.Viewed(after, lease.Epoch, v)
}

func (c *Courier) show(ctx context.Context, name string) error {
	f := strings.Split(name, "/")
	switch {
	case strings.HasPrefix(name, viewState) && len(f) == 5:
		number, channel, message := f[1], f[2], f[3]
		n, err := strconv.Atoi(f[4])
		if err != nil || n < 1 || n > 1000 {
			return nil
		}
		parts := make([]ledger.Status, n)
		for i := range parts {
			if parts[i], _, err = c.outbox.Status(ctx, number, staffLetterID(message, i, n)); err != nil {
				return err
			}
		}
		moving, err := c.moving(ctx, number)
		if err != nil {
			return err
		}
		return c.marks.show(ctx, channel, message, markOf(parts, moving))
	case strings.HasPrefix(name, viewInside) && len(f) == 4:
		mark := map[string]string{"note": markNote, "staff": markStaff}[f[3]]
		if mark == "" {
			return nil
		}
		return c.board.React(ctx, f[1], f[2], mark, true)
	}
	return nil // asked by a newer halo
}
