package desk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// The keys of the WhatsApp session are in one data folder, in no Redis. A process
// with another folder could take the lease, but would be deaf and dumb on WhatsApp,
// and keep the one that has the session from coming back. So the store knows which
// folder has it, and a process whose own folder has none stands by for ever, saying
// why.

var sessionRef = ledger.Ref{Kind: kindDesk, ID: "session"}

// openSession opens the session database, waiting as long as another process keeps it
// locked: it lets go soon, or takeHome sees to it.
func (d *Desk) openSession(ctx context.Context, o whatsapp.Options) (*whatsapp.Client, error) {
	for {
		c, err := whatsapp.Open(ctx, o)
		if !errors.Is(err, whatsapp.ErrLocked) || ctx.Err() != nil {
			return c, err
		}
		d.log.Warn("wait for the session database", zap.Error(err))
		if err := pause(ctx, d.rhythm.retry); err != nil {
			return nil, err
		}
	}
}

// rememberSession notes the folder of the session as soon as WhatsApp is ready.
func (d *Desk) rememberSession(ctx context.Context, st *store.Store, folder string) error {
	for {
		d.mu.Lock()
		ready, changed := d.status.WhatsApp.State == whatsapp.StateReady, d.changed
		d.mu.Unlock()
		if ready {
			break
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
	_, err := st.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
		if before, err := tx.Doc(sessionRef); err != nil || string(before) == folder {
			return err
		}
		return tx.Put(sessionRef, []byte(folder))
	})
	if err != nil && ctx.Err() == nil {
		// The next process to lead notes it; until then any may.
		d.log.Warn("remember where the WhatsApp session is", zap.Error(err))
	}
	<-ctx.Done()
	return nil
}

// A sessionLook is when the folder was last looked into for a session, and whether
// there was one.
type sessionLook struct {
	at    time.Time
	found bool
}

// mayLead reports whether the folder has the session, as far as the store knows, or
// may have it.
func (s *standby) mayLead(ctx context.Context) (bool, error) {
	doc, err := s.store.Doc(ctx, sessionRef)
	if err != nil {
		return true, nil // the lease will tell
	}
	if len(doc.Data) == 0 || string(doc.Data) == s.home.folder {
		return true, nil
	}
	if !s.home.held() {
		return false, nil
	}
	if time.Since(s.session.at) > s.rhythm.ttl {
		found, err := s.hasSession(ctx)
		if err != nil {
			return false, err
		}
		s.session = sessionLook{at: time.Now(), found: found}
	}
	if !s.session.found {
		s.say(s.unpaired(),
			"the process with that folder; a standby needs the same data folder on the same host (HALO_DATA), or link a phone here with: halo pair")
	}
	return s.session.found, nil
}

// unpaired is why this process stands by although it may never lead.
func (s *standby) unpaired() string {
	return "not paired: the WhatsApp session of this desk is in another data folder, and " + s.cfg.Data + " has none"
}

func (s *standby) hasSession(ctx context.Context) (bool, error) {
	if _, err := os.Stat(filepath.Join(s.cfg.Data, "whatsapp.db")); errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	c, err := openPhone(ctx, s.cfg, s.o)
	if err != nil {
		return false, fmt.Errorf("look for a WhatsApp session: %w", err)
	}
	_, ok := c.Paired()
	return ok, c.Close()
}
