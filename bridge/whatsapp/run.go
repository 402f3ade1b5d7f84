package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/store"
	"go.uber.org/zap"
)

// Run keeps the number connected and takes in what comes until ctx ends; then
// it finishes the message in hand and returns nil. Without a linked phone it
// waits for Pair. It may be called again after it returned, never twice at a
// time.
func (c *Client) Run(ctx context.Context) error {
	if c.options.Inbox == nil {
		return errors.New("run whatsapp: no inbox given")
	}
	if !c.running.CompareAndSwap(false, true) {
		return errors.New("run whatsapp: already running")
	}
	defer c.running.Store(false)
	defer c.report(Status{State: StateStopped})
	var waits backoff
	var fixed time.Time // no attempt before
	for ctx.Err() == nil {
		c.awaitOpen(ctx)
		if time.Now().Before(fixed) {
			c.report(c.resting)
			c.rest(ctx, fixed, true)
			continue
		}
		began := time.Now()
		e, err := c.turn(ctx)
		if err != nil {
			return fmt.Errorf("run whatsapp: %w", err)
		}
		if ctx.Err() != nil {
			break
		}
		if _, barred := c.barred(); barred && e.state == StateHeld {
			continue
		}
		switch e.state {
		case StateNotPaired, StateLoggedOut:
			c.report(Status{State: e.state, Reason: e.reason})
			if e.state == StateLoggedOut {
				c.loggedOut = e.reason
			}
			c.awaitPairing(ctx)
			continue
		case StateOutdated:
			if c.refreshVersion(ctx) {
				e.pause = c.settings.holdPause
			}
		}
		e = waits.after(e, time.Now(), time.Since(began))
		pause := e.pause
		if !e.fixed {
			pause += rand.N(pause/5 + 1)
		}
		until := time.Now().Add(pause)
		c.resting = Status{State: e.state, Reason: e.reason, Until: wholeSeconds(until.Add(time.Second / 2))}
		if e.fixed {
			fixed = until
			continue
		}
		c.report(c.resting)
		c.rest(ctx, until, false)
	}
	return nil
}

// A backoff makes the pauses grow while links end for the same reason.
type backoff struct {
	replaced, held int
	times          []time.Time // of the last replacements
}

// replacedOften replacements within a minute end in a pause of replacedLimit
// that nobody shortens: whoever pokes or releases each time would keep two
// programs taking the session from each other.
const (
	replacedOften = 5
	replacedLimit = 5 * time.Minute
)

func (b *backoff) often(now time.Time) bool {
	b.times = slices.DeleteFunc(append(b.times, now), func(at time.Time) bool { return now.Sub(at) > time.Minute })
	return len(b.times) >= replacedOften
}

// heldPauseLimit bounds the pause while the inbox takes nothing.
const heldPauseLimit = time.Minute

// after returns the ending with the pause that is due after a link that ended
// now and lasted so long.
func (b *backoff) after(e ending, now time.Time, lasted time.Duration) ending {
	if e.state != StateHeld || e.served {
		b.held = 0
	}
	switch e.state {
	case StateReplaced:
		// Two programs that take the session from each other would do so for
		// ever: the pause grows until this one is left alone for a while.
		if lasted > 10*time.Minute {
			b.replaced = 0
		}
		e.pause <<= min(b.replaced, 5)
		b.replaced++
		if b.often(now) {
			e.pause, e.fixed = max(e.pause, replacedLimit), true
		}
	case StateHeld:
		e.pause = min(e.pause<<min(b.held, 8), max(e.pause, heldPauseLimit))
		b.held++
	}
	return e
}

// turn connects once, if a phone is linked, and returns when that is over.
func (c *Client) turn(ctx context.Context) (ending, error) {
	select {
	case <-c.slot:
		defer func() { c.slot <- struct{}{} }()
	case <-ctx.Done():
		return ending{}, nil
	}
	device, err := c.container.GetFirstDevice(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return ending{}, nil
	case err != nil:
		return ending{}, fmt.Errorf("read linked device: %w", err)
	case device.ID == nil:
		c.setNumber("")
		if c.loggedOut != "" {
			return ending{state: StateLoggedOut, reason: c.loggedOut}, nil
		}
		return ending{state: StateNotPaired, reason: "no phone is linked, pair first"}, nil
	}
	c.setNumber(device.ID.User)
	c.loggedOut = ""
	return c.live(ctx, device), nil
}

// awaitPairing does not look into the database: a session is there before its phone
// has confirmed it, and a login in between ends it.
func (c *Client) awaitPairing(ctx context.Context) {
	c.gate.mu.Lock()
	changed := c.gate.changed
	c.gate.mu.Unlock()
	if _, barred := c.barred(); barred {
		return // since before we listened for it
	}
	select {
	case <-changed:
	case <-c.paired:
	case <-ctx.Done():
	}
}

func (c *Client) live(ctx context.Context, device *store.Device) ending {
	jid := *device.ID
	l := c.newLink(ctx, device, nil)
	defer l.close()
	c.link.Store(l)
	defer c.link.Store(nil)
	if reason, barred := c.barred(); barred {
		return ending{state: StateHeld, reason: reason}
	}
	select {
	case <-c.gate.wake: // of an earlier pause
	default:
	}
	c.report(Status{State: StateConnecting})
	l.connect()
	watch := time.NewTicker(max(min(c.settings.stuckAfter/8, c.settings.allowedPoll), 10*time.Millisecond))
	defer watch.Stop()
	for {
		select {
		case e := <-l.over:
			c.log.Warn("whatsapp link ended", zap.String("state", string(e.state)), zap.String("reason", e.reason))
			if e.state == StateLoggedOut {
				// The library says so before it deletes the session.
				c.forget(context.WithoutCancel(ctx), jid)
				c.log.Warn("whatsapp session deleted", zap.String("number", mask(jid.User)))
			}
			e.served = l.wasReady()
			return e
		case <-watch.C:
			if !l.leads() {
				continue
			}
			if l.stuck() {
				return ending{state: StateConnecting, reason: "the connection did not get on", pause: c.settings.holdPause}
			}
		case <-ctx.Done():
			return ending{}
		}
	}
}

// refreshVersion asks WhatsApp which version it wants and reports whether that
// is newer than the one we announced.
func (c *Client) refreshVersion(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	latest, err := whatsmeow.GetLatestVersion(ctx, c.options.Network.pageClient())
	if err != nil {
		c.log.Warn("look up whatsapp version", logged(err))
		return false
	}
	if !store.GetWAVersion().LessThan(*latest) {
		return false
	}
	store.SetWAVersion(*latest)
	c.log.Info("announcing a newer whatsapp version", zap.Stringer("version", latest))
	return true
}
