package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// ErrHeld means that the client may not connect at the moment.
var ErrHeld = errors.New("whatsapp is held")

// reasonNotLeading is why nothing happens when Options.Allowed says no.
const reasonNotLeading = "this instance no longer leads the desk"

var errNotLeading = errors.New(reasonNotLeading)

// A gate decides whether the client may be connected.
type gate struct {
	mu      sync.Mutex
	held    bool
	reason  string
	changed chan struct{} // closed and replaced by Hold and Release
	poked   time.Time     // when Poke last had an effect
	wake    chan struct{} // receives after Poke while there is no link
}

func newGate() *gate { return &gate{changed: make(chan struct{}), wake: make(chan struct{}, 1)} }

// Hold ends the connection and makes none until Release, whatever Run or Pair
// want to do. The state is [StateHeld] with the reason, a clause for people. When
// it returns nothing new is taken in or sent; the connection itself closes a
// moment later. What comes meanwhile stays with WhatsApp. It may be called before
// Run, and again with another reason.
func (c *Client) Hold(reason string) {
	g := c.gate
	g.mu.Lock()
	g.held, g.reason = true, reason
	close(g.changed)
	g.changed = make(chan struct{})
	g.mu.Unlock()
	if l := c.link.Load(); l != nil {
		l.hold(reason)
	}
}

// Release ends a Hold: Run connects at once. Without one it does nothing.
func (c *Client) Release() {
	g := c.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.held {
		return
	}
	g.held, g.reason = false, ""
	close(g.changed)
	g.changed = make(chan struct{})
}

// Poke makes Run connect now instead of waiting out a back-off. It does nothing
// while a connection is up or being made, within a second of the last time, and
// when WhatsApp itself set the time, as with a ban.
func (c *Client) Poke() {
	g := c.gate
	g.mu.Lock()
	often := time.Since(g.poked) < c.settings.pokeEvery
	if !often {
		g.poked = time.Now()
	}
	g.mu.Unlock()
	if often {
		return
	}
	if l := c.link.Load(); l != nil {
		l.poke()
		return
	}
	select {
	case g.wake <- struct{}{}:
	default:
	}
}

// allowed asks whether this process may have any effect.
func (c *Client) allowed() bool { return c.options.Allowed == nil || c.options.Allowed() }

// barred returns why the client must not be connected, if so.
func (c *Client) barred() (reason string, barred bool) {
	c.gate.mu.Lock()
	held, reason := c.gate.held, c.gate.reason
	c.gate.mu.Unlock()
	if held {
		return reason, true
	}
	if !c.allowed() {
		return reasonNotLeading, true
	}
	return "", false
}

// awaitOpen returns when the client may connect, or ctx ended.
func (c *Client) awaitOpen(ctx context.Context) {
	for ctx.Err() == nil {
		c.gate.mu.Lock()
		changed := c.gate.changed
		c.gate.mu.Unlock()
		reason, barred := c.barred()
		if !barred {
			return
		}
		c.report(Status{State: StateHeld, Reason: reason})
		c.waitUntil(ctx, time.Now().Add(c.settings.allowedPoll), changed, nil)
	}
}

// rest waits out a pause between links. Hold, Release and, unless the time is
// fixed, Poke end it early.
func (c *Client) rest(ctx context.Context, until time.Time, fixed bool) {
	c.gate.mu.Lock()
	changed, wake := c.gate.changed, c.gate.wake
	c.gate.mu.Unlock()
	if _, barred := c.barred(); barred {
		return
	}
	if fixed {
		wake = nil
	}
	c.waitUntil(ctx, until, changed, wake)
}

func (c *Client) waitUntil(ctx context.Context, until time.Time, changed, wake <-chan struct{}) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-wake:
	case <-ctx.Done():
	}
}

// hold ends a link because of Hold.
func (l *link) hold(reason string) {
	l.poisoned.Store(true)
	l.end(ending{state: StateHeld, reason: reason})
}

// poke ends a link that waits for its next attempt; the next one tries at once.
func (l *link) poke() {
	l.mu.Lock()
	waiting := l.waiting
	l.mu.Unlock()
	if waiting {
		l.end(ending{state: StateConnecting, reason: "trying again now"})
	}
}

// leads reports whether this process may still have effects. When not, the link
// is given up as for a store that fails.
func (l *link) leads() bool {
	if l.c.allowed() {
		return true
	}
	l.poison(reasonNotLeading)
	return false
}

// A fencedConn asks before every write: whatever the library was about to do when
// the permission ended does not leave. What asks also gives the link up, since
// nothing can be written after a refusal. To close the connection here would race
// with the library, which does it then.
type fencedConn struct {
	net.Conn
	leads func() bool
}

// Write implements [net.Conn].
func (c fencedConn) Write(p []byte) (int, error) {
	if !c.leads() {
		return 0, fmt.Errorf("write to whatsapp: %w", errNotLeading)
	}
	return c.Conn.Write(p)
}
