package desk

import (
	"context"
	"maps"
	"slices"

	"github.com/haloerzap/halo/web"
)

// Health is how a desk stands, for whoever looks from outside.
type Health = web.Health

// Health says how this process and its desk stand.
func (d *Desk) Health() Health {
	d.mu.Lock()
	s, w, q := d.status, d.watch, d.queue
	d.mu.Unlock()
	h := Health{
		Role:     web.Starting,
		WhatsApp: web.Link{State: stateOfLink(s.WhatsApp), Reason: s.WhatsApp.Reason, Until: s.WhatsApp.Until},
		Discord:  web.Link{State: "down", Reason: s.Discord.Reason},
	}
	switch {
	case s.Discord.Ready:
		h.Discord.State = "ready"
	case s.Discord.Up:
		h.Discord.State = "catching up"
	}
	switch {
	case s.Leading && w != nil:
		h.Role = web.Leading
		h.Gate.Open, h.Gate.Why = w.whyClosed()
		h.Ready = s.Up() && h.Gate.Open && d.leads()
	case s.StandingBy != "":
		h.Role = web.StandingBy
		h.Ready = !s.Useless
		return h
	default:
		return h
	}
	known := d.incidents.known()
	for _, kind := range slices.Sorted(maps.Keys(known)) {
		h.Incidents = append(h.Incidents, web.Incident{Kind: kind, Since: known[kind]})
	}
	h.Letters = web.Letters{Lanes: q.lanes, Waiting: q.letters, Dead: q.dead}
	if !q.oldest.IsZero() {
		h.Letters.Oldest = max(0, d.o.Now().Sub(q.oldest).Seconds())
	}
	return h
}

func (d *Desk) setQueue(q queue) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = q
}

// serveHealth tells the health of the desk where the configuration says, and returns
// what ends that.
func (d *Desk) serveHealth(ctx context.Context) (stop func()) {
	if d.cfg.Listen == "" {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := web.Serve(ctx, d.cfg.Listen, d, d.log.Named("web")); err != nil && ctx.Err() == nil {
			d.log.Error("tell the health: " + err.Error())
		}
	}()
	return func() {
		cancel()
		<-over
	}
}
