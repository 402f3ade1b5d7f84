package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// backlogRef is the document of the alarm: it outlasts restarts and take-overs, so that
// nothing is told twice.
var backlogRef = ledger.Ref{Kind: kindDesk, ID: "backlog"}

// storedBacklog is the stored form.
type storedBacklog struct {
	V     int       `json:"v"`
	On    bool      `json:"on,omitzero"` // the alarm was told, and is not over
	Since time.Time `json:"since,omitzero"`
	Told  int       `json:"told,omitzero"` // lines so far: names them
}

// A backlog tells the ops channel when as many tickets are open as the desk means to have
// at most, and when that is over.
type backlog struct {
	store *store.Store
	limit int      // tickets at which it is told
	roles []string // Discord role ids that are called
	now   func() time.Time
	log   *zap.Logger

	below time.Time // since when there are fewer, while the alarm is on; owned by run
}

const (
	backlogEvery = 2 * time.Second
	// A backlog that moves around the limit calls nobody each time it passes it.
	backlogCalm = time.Minute
)

// run looks at the backlog until ctx ends, haste times as often as usual.
func (b *backlog) run(ctx context.Context, haste time.Duration) error {
	tick := time.NewTicker(backlogEvery / haste)
	defer tick.Stop()
	for {
		if err := b.look(ctx); err != nil && ctx.Err() == nil {
			b.log.Warn("look at the backlog", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look tells what has changed since it was told last.
func (b *backlog) look(ctx context.Context) error {
	open, err := b.store.IndexLen(ctx, ticket.IndexOpen)
	if err != nil {
		return err
	}
	kept, err := b.store.Doc(ctx, backlogRef)
	if err != nil {
		return err
	}
	was, err := decodeBacklog(kept.Data)
	if err != nil {
		return err
	}
	on := int(open) >= b.limit
	if on || !was.On {
		b.below = time.Time{}
	} else if b.below.IsZero() {
		b.below = b.now()
	}
	if on == was.On || !on && b.now().Sub(b.below) < backlogCalm {
		return nil
	}
	_, err = b.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error { return b.turn(tx, on, int(open)) })
	return err
}

// turn tells that the alarm begins or ends; doing it again changes nothing.
func (b *backlog) turn(tx *ledger.Tx, on bool, open int) error {
	data, err := tx.Doc(backlogRef)
	if err != nil {
		return err
	}
	s, err := decodeBacklog(data)
	if err != nil || s.On == on {
		return err
	}
	began := s.Since
	s.On, s.Since, s.Told = on, tx.Now(), s.Told+1
	if data, err = json.Marshal(s); err != nil {
		return fmt.Errorf("encode %s: %w", backlogRef, err)
	}
	id := fmt.Sprintf("backlog/%d", s.Told)
	if on {
		tx.Send(bridge.OpsCall(id, fmt.Sprintf("📈 **%d tiket terbuka**, batasnya %d. Lihat siapa menunggu paling lama dengan `/queue`; bila perlu, tambah orang yang bertugas (`/duty`).", open, b.limit), b.roles))
	} else {
		tx.Send(bridge.OpsNote(id, fmt.Sprintf("✅ Antrean kembali di bawah %d: %d tiket terbuka (di atas batas sejak <t:%d:f>).", b.limit, open, began.Unix())))
	}
	return tx.Put(backlogRef, data)
}

func decodeBacklog(data []byte) (storedBacklog, error) {
	s := storedBacklog{V: 1}
	if data == nil {
		return s, nil
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, backlogRef, err)
	}
	return s, nil
}
