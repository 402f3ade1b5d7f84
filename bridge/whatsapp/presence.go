package whatsapp

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"

	"github.com/haloerzap/halo/bridge"
)

const (
	// onlineFor is how long the number is shown as online after somebody here was at
	// work: WhatsApp tells only those who are online that a client is writing.
	onlineFor = 5 * time.Minute
	// watchFor is how long a client is watched after the last word for it.
	watchFor    = 30 * time.Minute
	mostWatched = 200
	// oddID begins the ids that are ours and not the phone's; see cleanID.
	oddID = "odd-"
	// mostRead is how many messages one read mark names.
	mostRead = 200
)

// presence is what WhatsApp shows of us, and of whom we want to hear. All of it ends
// with the connection.
type presence struct {
	mu      sync.Mutex
	online  bool
	quiet   *time.Timer
	watched map[types.JID]time.Time // last asked for
	asked   map[types.JID]bool      // on this connection
	closed  bool
}

// Typing implements [bridge.Phone].
func (c *Client) Typing(ctx context.Context, to bridge.Address, on bool) error {
	return c.signal(ctx, to, func(ctx context.Context, l *link, jid types.JID) error {
		l.presence.show(ctx, l)
		state := types.ChatPresencePaused
		if on {
			state = types.ChatPresenceComposing
		}
		return l.cli.SendChatPresence(ctx, jid, state, types.ChatPresenceMediaText)
	})
}

// MarkRead implements [bridge.Phone].
func (c *Client) MarkRead(ctx context.Context, chat bridge.Address, ids []string, at time.Time) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" || strings.HasPrefix(id, oddID) })
	if len(ids) == 0 {
		return nil
	}
	return c.signal(ctx, chat, func(ctx context.Context, l *link, jid types.JID) error {
		for some := range slices.Chunk(ids, mostRead) {
			if err := l.cli.MarkRead(ctx, some, at, jid, types.EmptyJID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Watch implements [bridge.Phone]. It holds for half an hour, over reconnections.
func (c *Client) Watch(ctx context.Context, to bridge.Address) error {
	return c.signal(ctx, to, func(ctx context.Context, l *link, jid types.JID) error {
		l.presence.show(ctx, l)
		return l.presence.watch(ctx, l, jid)
	})
}

// signal sends something that nobody misses much. Groups get none of it.
func (c *Client) signal(ctx context.Context, to bridge.Address, send func(context.Context, *link, types.JID) error) error {
	if slices.Contains(c.options.Groups, string(to)) {
		return nil
	}
	jid, err := parseAddress(to)
	if err != nil {
		return &bridge.SendError{Certainty: bridge.Refused, Reason: "the address is not one of WhatsApp", Err: maskedError{err}}
	}
	return c.withFiles(ctx, func(ctx context.Context, l *link) error {
		if err := send(ctx, l, jid); err != nil {
			return unanswered(maskedError{err})
		}
		return nil
	})
}

// show makes us online for a while. Without a name of our own, which the phone
// tells some time after it was linked, it cannot be done.
func (p *presence) show(ctx context.Context, l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	if p.quiet == nil {
		p.quiet = time.AfterFunc(onlineFor, func() { p.hide(l) })
	}
	p.quiet.Reset(onlineFor)
	if p.online {
		return
	}
	switch err := l.cli.SendPresence(ctx, types.PresenceAvailable); {
	case err == nil:
		p.online = true
	case !errors.Is(err, whatsmeow.ErrNoPushName):
		l.c.log.Warn("show as online", logged(err))
	}
}

// hide ends being online, so that the phone rings again for what comes.
func (p *presence) hide(l *link) {
	if !l.begin() {
		return
	}
	defer l.work.Done()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.online {
		return
	}
	p.online = false
	if err := l.cli.SendPresence(l.ctx, types.PresenceUnavailable); err != nil {
		l.c.log.Warn("show as offline", logged(err))
	}
}

func (p *presence) watch(ctx context.Context, l *link, jid types.JID) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.watched == nil {
		p.watched, p.asked = make(map[types.JID]time.Time), make(map[types.JID]bool)
	}
	now := time.Now()
	for known, last := range p.watched {
		if now.Sub(last) > watchFor {
			delete(p.watched, known)
		}
	}
	if _, known := p.watched[jid]; !known && len(p.watched) >= mostWatched {
		return nil
	}
	p.watched[jid] = now
	if p.asked[jid] {
		return nil
	}
	if !p.online {
		return nil // WhatsApp would not tell; the next call tries again
	}
	if err := l.cli.SubscribePresence(ctx, jid); err != nil {
		return err
	}
	p.asked[jid] = true
	return nil
}

// anew asks again for everybody on a new connection.
func (p *presence) anew(l *link) {
	p.mu.Lock()
	p.online = false
	clear(p.asked)
	again := false
	for jid, last := range p.watched {
		if time.Since(last) > watchFor {
			delete(p.watched, jid)
		} else {
			again = true
		}
	}
	p.mu.Unlock()
	if again && l.begin() {
		go func() {
			defer l.work.Done()
			p.resume(l)
		}()
	}
}

func (p *presence) resume(l *link) {
	p.show(l.ctx, l)
	p.mu.Lock()
	defer p.mu.Unlock()
	for jid := range p.watched {
		if p.asked[jid] || !p.online {
			continue
		}
		if err := l.cli.SubscribePresence(l.ctx, jid); err != nil {
			l.c.log.Warn("watch a client", logged(err))
			return
		}
		p.asked[jid] = true
	}
}

func (p *presence) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	if p.quiet != nil {
		p.quiet.Stop()
	}
}
