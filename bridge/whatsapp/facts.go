package whatsapp

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

// Facts outlast a restart, beside the session keys: a name each, and JSON.
const (
	factPhoneSeen = "phone_seen"
	factLocked    = "locked"
)

const factsSchema = `CREATE TABLE IF NOT EXISTS halo_facts (
	name TEXT PRIMARY KEY, value TEXT NOT NULL)`

func (c *Client) loadFacts(ctx context.Context) error {
	if _, err := c.db.ExecContext(ctx, factsSchema); err != nil {
		return fmt.Errorf("prepare facts: %w", err)
	}
	var seen time.Time
	var lock Lock
	for name, into := range map[string]any{factPhoneSeen: &seen, factLocked: &lock} {
		var value string
		err := c.db.QueryRowContext(ctx, `SELECT value FROM halo_facts WHERE name = ?`, name).Scan(&value)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read fact %s: %w", name, err)
		}
		if err := json.Unmarshal([]byte(value), into); err != nil {
			return fmt.Errorf("read fact %s: %w", name, err)
		}
	}
	c.statusMu.Lock()
	c.status.PhoneSeen = wholeSeconds(seen)
	c.statusMu.Unlock()
	if lock.Active() {
		c.setLock(Lock{Code: lock.Code, Since: wholeSeconds(lock.Since), Until: wholeSeconds(lock.Until)})
	}
	return nil
}

// keepFact writes a fact. A failure costs no more than the fact at the next start.
func (c *Client) keepFact(name string, value any) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	data, err := json.Marshal(value)
	if err == nil {
		_, err = c.db.ExecContext(ctx, `INSERT INTO halo_facts (name, value) VALUES (?, ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, string(data))
	}
	if err != nil {
		c.log.Warn("keep fact", logged(err))
	}
}

// sawPhone notes a sign of life of the linked phone. WhatsApp may bring it late,
// so that its own time counts.
func (c *Client) sawPhone(at time.Time) {
	if now := time.Now(); at.After(now) {
		at = now
	}
	at = wholeSeconds(at)
	news := false
	c.change(func(s *Status) {
		if news = at.After(s.PhoneSeen) && at.Sub(s.PhoneSeen) >= c.settings.seenEvery; news {
			s.PhoneSeen = at
		}
	})
	if news {
		c.keepFact(factPhoneSeen, at)
	}
}

// sawOwn notes what came from our own account, if the phone itself sent it.
func (l *link) sawOwn(source *types.MessageSource, at time.Time) {
	if source.IsFromMe && l.isOwn(source.Sender) && source.Sender.Device == 0 {
		l.c.sawPhone(at)
	}
}

// sawAppState notes a change of settings, which is made on the phone.
func (l *link) sawAppState(e *events.AppState) {
	if ms := e.GetTimestamp(); ms > 0 {
		l.c.sawPhone(time.UnixMilli(ms))
	}
}

// codeRefused is the code of a lock that only a refused message tells of.
const codeRefused = "463"

// onTimelock takes WhatsApp's word about writing first.
func (l *link) onTimelock(e *events.NotifyAccountReachoutTimelock) {
	if !e.IsActive {
		l.c.setLock(Lock{})
		return
	}
	until := wholeSeconds(e.TimeEnforcementEnds.Time)
	if until.IsZero() || until.Unix() <= 0 {
		until = wholeSeconds(time.Now().Add(l.c.settings.lockedFor))
	}
	code := cleanID(e.EnforcementType)
	if e.EnforcementType == "" {
		code = "unknown"
	}
	l.c.setLock(Lock{Code: code, Since: wholeSeconds(time.Now()), Until: until})
}

// refusedFirst notes that WhatsApp refused a message because we wrote first. A
// lock whose end WhatsApp told is not touched.
func (c *Client) refusedFirst() {
	now := time.Now()
	lock := c.Status().Locked
	if lock.Active() && lock.Code != codeRefused && lock.Until.After(now) {
		return
	}
	since := lock.Since
	if lock.Code != codeRefused {
		since = now
	}
	c.setLock(Lock{Code: codeRefused, Since: wholeSeconds(since), Until: wholeSeconds(now.Add(c.settings.lockedFor))})
}

// setLock reports a lock and clears it when it is over.
func (c *Client) setLock(lock Lock) {
	if lock.Active() && !lock.Until.After(time.Now()) {
		lock = Lock{}
	}
	c.lockMu.Lock()
	defer c.lockMu.Unlock()
	if c.lockTimer != nil {
		c.lockTimer.Stop()
		c.lockTimer = nil
	}
	if c.lockClosed {
		return
	}
	news := false
	c.change(func(s *Status) {
		if lock.Active() && s.Locked.Code == lock.Code {
			lock.Since = s.Locked.Since
		}
		news = s.Locked != lock
		s.Locked = lock
	})
	if news {
		c.keepFact(factLocked, lock)
	}
	if lock.Active() {
		c.lockTimer = time.AfterFunc(time.Until(lock.Until), c.lockOver)
	}
}

func (c *Client) lockOver() {
	c.lockMu.Lock()
	closed := c.lockClosed
	c.lockMu.Unlock()
	if lock := c.Status().Locked; !closed && lock.Active() {
		c.setLock(lock) // nothing of it is left, or the clock was set back
	}
}

// closeLock ends the timer of the lock.
func (c *Client) closeLock() {
	c.lockMu.Lock()
	defer c.lockMu.Unlock()
	c.lockClosed = true
	if c.lockTimer != nil {
		c.lockTimer.Stop()
	}
}
