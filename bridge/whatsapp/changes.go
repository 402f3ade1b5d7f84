package whatsapp

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"go.uber.org/zap"
)

// Edits and revokes are noted before they are sent: a phone that could not read
// one and asks again must not get it as a message of its own, and nobody may get
// what was taken back.
const changesSchema = `CREATE TABLE IF NOT EXISTS halo_changes (
	id TEXT PRIMARY KEY, target TEXT NOT NULL, revoke INTEGER NOT NULL, at INTEGER NOT NULL)`

// changesKept is how long they are remembered; nobody asks for older ones.
const changesKept = 60 * 24 * time.Hour

func (c *Client) prepareChanges(ctx context.Context) error {
	for _, statement := range []string{changesSchema, `CREATE INDEX IF NOT EXISTS halo_changes_target ON halo_changes (target)`} {
		if _, err := c.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("prepare changes: %w", err)
		}
	}
	return nil
}

func (c *Client) noteChange(ctx context.Context, id, target string, revoke bool) error {
	_, err := c.db.ExecContext(ctx, `INSERT OR IGNORE INTO halo_changes (id, target, revoke, at) VALUES (?, ?, ?, ?)`,
		id, target, revoke, time.Now().Unix())
	if err != nil {
		return fmt.Errorf("note change: %w", err)
	}
	return nil
}

// isChange reports whether an id is that of an edit or a revoke. A database that
// fails counts as yes: nothing is sent then.
func (c *Client) isChange(ctx context.Context, id string) bool {
	return c.knows(ctx, `SELECT count(*) FROM halo_changes WHERE id = ?`, id)
}

// isRevoked reports whether a message was taken back, or might have been.
func (c *Client) isRevoked(ctx context.Context, id string) bool {
	return c.knows(ctx, `SELECT count(*) FROM halo_changes WHERE target = ? AND revoke`, id)
}

func (c *Client) knows(ctx context.Context, query, id string) bool {
	var count int
	if err := c.db.QueryRowContext(ctx, query, id).Scan(&count); err != nil {
		c.log.Warn("look up changes", logged(err))
		return true
	}
	return count > 0
}

func (c *Client) pruneChanges(ctx context.Context) {
	if _, err := c.db.ExecContext(ctx, `DELETE FROM halo_changes WHERE at < ?`, time.Now().Add(-changesKept).Unix()); err != nil {
		c.log.Warn("forget old changes", logged(err))
	}
}

// mostRepeats is the highest number an honest phone gives its request: apps stop
// at four or five.
const mostRepeats = 10

// mayRepeat is asked, outside of every transaction, before a message is sent once more to a phone that could not
// read it.
func (l *link) mayRepeat(_ *events.Receipt, id string, count int, _ *waE2E.Message) bool {
	switch {
	case l.poisoned.Load(), l.stopping.Err() != nil, !l.leads():
		// The request itself must not be acknowledged: it comes again.
		l.cli.Disconnect()
		return false
	case count < 1 || count > mostRepeats:
		l.c.log.Warn("a phone asks again with an odd count", zap.Int("count", count))
		return false
	}
	if l.c.isRevoked(l.ctx, id) {
		return false
	}
	l.takeTurn()
	return true
}

// takeTurn keeps sends waiting until the message has left again, or was given up:
// the library does not see to it that the two use different keys of a session.
func (l *link) takeTurn() {
	limit := l.c.settings.sendTimeout
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-l.c.sender:
	case <-timer.C:
		return
	case <-l.stopping.Done():
		return
	}
	over := sync.OnceFunc(func() { l.c.sender <- struct{}{} })
	time.AfterFunc(limit, over)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn = over
}

func (l *link) endTurn() {
	l.mu.Lock()
	over := l.turn
	l.turn = nil
	l.mu.Unlock()
	if over != nil {
		over()
	}
}
