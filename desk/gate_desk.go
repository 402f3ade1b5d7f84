package desk

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/store"
)

// A watch is what looks after the desk while this process leads it: the gate, the
// sentry of the store and the incidents.
type watch struct {
	*Desk
	store  *store.Store
	gate   *gate
	sentry *sentry
	queue  scan
	away   time.Time // since when Discord has not been ready; zero: it is
	seen   time.Time // of the last round, with its monotonic clock
	policy bridge.Desk
	number func() (string, bool) // that is linked
	first  first
}

// guard holds WhatsApp and makes what decides when it may connect.
func (d *Desk) guard(st *store.Store, p *parts, ops string) (*watch, error) {
	p.whatsapp.Hold("the store has not been looked at yet")
	d.incidents.bind(st, d.leads, p.discord, ops, d.haste)
	w := &watch{Desk: d, store: st, queue: scan{stuck: stuckAfter / d.haste}, away: time.Now(), policy: p.policy, number: p.whatsapp.Paired}
	w.gate = newGate(func(ctx context.Context) finding { return d.look(ctx, st) },
		p.whatsapp.Hold, p.whatsapp.Release, d.incidents.poke, d.log)
	w.gate.haste = d.haste
	w.sentry = &sentry{store: st, lost: d.tellLoss, heard: w.heard, log: d.log.Named("gate")}
	if d.cfg.RedisReplicas > 0 {
		w.sentry.lag = 2 * time.Second
	}
	if d.o.KeepsNothing {
		d.log.Warn("the store keeps nothing: whatever is acknowledged is gone with it")
		return w, nil
	}
	var err error
	w.sentry.mirror, err = openMirror(filepath.Join(d.cfg.Data, "commits-"+d.cfg.Desk))
	return w, err
}

// run looks after the desk until ctx ends or the store went back in time. Nothing is
// let in before the sentry has compared once.
func (w *watch) run(ctx context.Context) error {
	defer w.sentry.close()
	for {
		back, err := w.sentry.compare(ctx)
		if back && err == nil {
			return errRolledBack
		}
		if err == nil || pause(ctx, w.rhythm.retry) != nil {
			break
		}
		w.gate.take(finding{down: err}, time.Now())
	}
	inner, end := context.WithCancel(ctx)
	defer end()
	over := make(chan error, 1)
	go func() {
		defer end()
		over <- w.sentry.run(inner)
	}()
	_ = w.gate.run(inner) // it ends with inner alone
	return <-over
}

// heard wakes the gate when the store failed or came back.
func (w *watch) heard(answers bool) {
	if w.gate.now().doubted(answers) {
		w.gate.poke()
	}
}

// tellLoss tells the ops channel of a roll-back, once.
func (d *Desk) tellLoss(ctx context.Context, have, had mark) error {
	from := "lebih dari satu hari sebelumnya"
	if !have.at.IsZero() {
		from = clockIn(d.cfg.Zone, have.at)
	}
	return d.incidents.tellOnce(ctx, happening{
		id: fmt.Sprintf("incident/%s/%d", kindRolledBack, had.number),
		text: d.incidents.worded(kindRolledBack, "Redis kembali ke keadaan lama. Yang tercatat antara "+from+" dan "+clockIn(d.cfg.Zone, had.at)+
			" hilang. Bandingkan obrolan di ponsel nomor ini dengan tiketnya untuk jangka itu dan jawablah yang belum terjawab; "+
			"balasan dari jangka itu bisa terkirim dua kali. Tulisan tim di thread dibaca ulang dari Discord. Halo jalan terus. "+
			"Periksa mengapa Redis kehilangan data (`halo check`)."),
	})
}

// tellTakeOver tells the ops channel that this process leads from now on.
func (d *Desk) tellTakeOver(epoch int64, why string) {
	d.incidents.happened(kindTookOver, fmt.Sprint(epoch), why+
		" Tidak ada yang hilang. Bila bukan Anda yang menghentikannya, periksa mesin dan log proses itu, lalu jalankan lagi sebagai cadangan.")
}

// tellRestart tells of a redis-server of our own that died.
func (d *Desk) tellRestart(error) {
	d.incidents.happened(kindRestarted, fmt.Sprint(time.Now().UnixMilli()),
		"redis-server milik Halo mati dan dijalankan lagi; tidak ada yang hilang. Bila terulang, periksa memori dan disk mesin ini (log menyebut sebabnya).")
}

// roundEvery is how often the incidents are looked at without news, scanEvery how
// often the outbox is.
const (
	roundEvery = 2 * time.Second
	scanEvery  = 15 * time.Second
)

// tellIncidents keeps the ops channel told until ctx ends.
func (w *watch) tellIncidents(ctx context.Context) error {
	tick := time.NewTicker(roundEvery / w.haste)
	defer tick.Stop()
	for ctx.Err() == nil {
		w.mu.Lock()
		status, changed := w.status, w.changed
		w.mu.Unlock()
		w.round(ctx, status)
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-changed:
		case <-w.incidents.wake:
		}
	}
	return nil
}

func (w *watch) round(ctx context.Context, status Status) {
	now := time.Now()
	onWhatsApp, onDiscord := status.Links()
	if onWhatsApp && !w.incidents.wasPaired() {
		w.incidents.markPaired(ctx)
	}
	w.noteFirst(ctx, status.WhatsApp, w.number)
	w.noticeDiscord(now, onDiscord)
	w.noticeClock(now)
	if now.Sub(w.queue.at) >= scanEvery/w.haste {
		if err := w.queue.look(ctx, w.store, now, w.o.Now(), onWhatsApp, onDiscord); err != nil && ctx.Err() == nil {
			w.log.Debug("look at the outbox", zap.Error(err))
		}
		w.setQueue(w.queue.found)
	}
	w.incidents.round(ctx, now, incidentsOf(snapshot{
		now: now, zone: w.cfg.Zone, gate: w.gate.now(), whatsapp: status.WhatsApp, paired: w.incidents.wasPaired(), queue: w.queue.found,
	}))
}

// awayFor is how long Discord must have been away to be told of once it is back.
const awayFor = time.Minute

func (w *watch) noticeDiscord(now time.Time, ready bool) {
	if text, told := awayText(w.away, now, ready, w.cfg.Zone); told {
		w.incidents.happened(kindDiscordAway, fmt.Sprint(w.away.UnixMilli()), text)
	}
	switch {
	case ready:
		w.away = time.Time{}
	case w.away.IsZero():
		w.away = now
	}
}

// awayText tells of an absence of Discord that is over.
func awayText(away, now time.Time, ready bool, zone *time.Location) (text string, tell bool) {
	if !ready || away.IsZero() || now.Sub(away) < awayFor {
		return "", false
	}
	return "Discord tidak tersambung " + lasted(now.Sub(away)) + ", sejak " + clockIn(zone, away) +
		". Yang ditulis tim selama itu sudah dibaca, pesan klien menyusul berurutan.", true
}

// noticeClock tells of a clock that was set: deadlines and the times of messages
// follow it.
func (w *watch) noticeClock(now time.Time) {
	before := w.seen
	w.seen = now
	if before.IsZero() {
		return
	}
	if jump := now.Round(0).Sub(before.Round(0)) - now.Sub(before); jump.Abs() >= store.MaxSkew {
		w.incidents.happened(kindClock, fmt.Sprint(now.UnixMilli()),
			"Jam berubah "+lasted(jump.Abs())+map[bool]string{true: " ke depan", false: " ke belakang"}[jump > 0]+
				" pada "+clockIn(w.cfg.Zone, now)+". Bila tidak disengaja, periksa NTP mesin ini: batas waktu tiket memakai jam ini.")
	}
}

// whyClosed says whether the gate is open, and what keeps it closed.
func (w *watch) whyClosed() (open bool, why []string) {
	s := w.gate.now()
	if s.open {
		return true, nil
	}
	if why = s.last.reasons(); len(why) == 0 {
		why = []string{"the store has not been looked at yet"}
	}
	return false, why
}

// stateOfLink is a WhatsApp state for people who look from outside.
func stateOfLink(s whatsapp.Status) string {
	if s.State == "" {
		return string(whatsapp.StateStopped)
	}
	return string(s.State)
}
