package desk

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/ledger"
)

// forbiddenBy is why WhatsApp does not let the desk write first at real time now, as a
// reason of [bridge.Desk.PauseOutreach], and until when; "" when it does.
func forbiddenBy(s whatsapp.Status, now time.Time) (why string, until time.Time) {
	lock := s.Locked
	switch {
	case s.State == whatsapp.StateBanned:
		return bridge.PauseBan, s.Until
	case !lock.Active() || !lock.Until.IsZero() && !now.Before(lock.Until):
		return "", time.Time{}
	case lock.Code == bridge.Pause463:
		return bridge.Pause463, lock.Until
	}
	return bridge.PauseTimeLock, lock.Until
}

// forbidden is forbiddenBy of the link as it stands.
func (d *Desk) forbidden() (why string, until time.Time) {
	return forbiddenBy(d.Status().WhatsApp, time.Now())
}

// A first is what was noted in the store of the link, for what the desk sends first.
type first struct {
	why    string    // of the pause
	at     time.Time // when it was asked for last
	number string    // that is linked
}

// pauseEvery is how often the pause is asked for again while WhatsApp forbids: whatever
// became of it, nothing is sent first as long as that lasts.
const pauseEvery = time.Minute

// noteFirst pauses what the desk sends first while WhatsApp forbids it, and notes which
// number is linked once it is ready. What cannot be noted now is noted by a later round.
func (w *watch) noteFirst(ctx context.Context, s whatsapp.Status, number func() (string, bool)) {
	now := time.Now()
	why, _ := forbiddenBy(s, now)
	if why == "" {
		w.first.why = ""
	} else if why != w.first.why || now.Sub(w.first.at) >= pauseEvery/w.haste {
		if w.changeFirst(ctx, func(d bridge.Desk, tx *ledger.Tx) error { return d.PauseOutreach(tx, "halo", why) }) {
			w.first.why, w.first.at = why, now
		}
	}
	if s.State != whatsapp.StateReady {
		return
	}
	linked, ok := number()
	if ok && linked != w.first.number && w.changeFirst(ctx, func(d bridge.Desk, tx *ledger.Tx) error { return d.LinkNumber(tx, linked) }) {
		w.first.number = linked
	}
}

// changeFirst commits a change, and reports whether it was made.
func (w *watch) changeFirst(ctx context.Context, fn func(d bridge.Desk, tx *ledger.Tx) error) bool {
	if !w.leads() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	_, err := w.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error { return fn(w.policy, tx) })
	if err != nil && ctx.Err() == nil {
		w.log.Warn("note what the link means for what is sent first", zap.Error(err))
	}
	return err == nil
}
