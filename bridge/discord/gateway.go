package discord

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"
)

// A link is one Session of the library and its present connection. It is
// resumed as long as that makes sense, then dropped and replaced.
type link struct {
	session *discordgo.Session
	tap     atomic.Pointer[tap]
	down    chan struct{} // a word that the connection ended
	dropped atomic.Bool   // its events no longer count
	up      atomic.Bool   // READY or RESUMED came on this connection
	lostAt  time.Time     // zero before the first connection

	sequence atomic.Int64 // of the last event
}

// errDeaf means that the library's session no longer hears anything.
var errDeaf = errors.New("the session has gone deaf")

func (c *Client) newLink() (*link, error) {
	session, err := newSession(c.token, c.set)
	if err != nil {
		return nil, err
	}
	l := &link{session: session, down: make(chan struct{}, 1)}
	session.Client = c.rest.session.Client
	dial := func(reach func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
		return func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := reach(ctx, network, address)
			if err != nil {
				return nil, err
			}
			t := newTap(conn, c.set.foresight)
			l.tap.Store(t)
			if l.dropped.Load() {
				conn.Close()
			}
			return t, nil
		}
	}
	session.Dialer = &websocket.Dialer{
		HandshakeTimeout:  20 * time.Second,
		NetDialContext:    dial(c.net.dialPlain),
		NetDialTLSContext: dial(c.net.dialTLS),
	}
	session.AddHandler(func(_ *discordgo.Session, e *discordgo.Event) { c.event(l, e) })
	session.AddHandler(func(_ *discordgo.Session, _ *discordgo.Disconnect) {
		select {
		case l.down <- struct{}{}:
		default:
		}
	})
	return l, nil
}

// drop gives the session up without asking it: it may be deadlocked, and then
// one of its goroutines stays until the process ends.
func (l *link) drop() {
	l.dropped.Store(true)
	if t := l.tap.Load(); t != nil {
		t.Close()
	}
}

// leave ends a healthy session politely. The library sleeps for a second over it; who
// leaves goes as soon as the gateway has said goodbye too, and nothing comes of what
// the library does in the rest of that second.
func (l *link) leave() {
	if l.dropped.Swap(true) {
		return // cut off already: nobody is there to be polite to
	}
	var ended chan struct{}
	if t := l.tap.Load(); t != nil {
		ended = t.ended
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_ = l.session.Close()
	}()
	select {
	case <-closed:
	case <-ended:
	case <-time.After(3 * time.Second):
	}
	l.drop()
}

// keepUp keeps the gateway connected until ctx ends or something needs a person.
func (c *Client) keepUp(ctx context.Context) error {
	var l *link
	var identified time.Time
	for fails := 0; ; {
		if l == nil {
			if err := c.mayIdentify(ctx, identified); err != nil {
				return err
			}
			identified = time.Now()
			var err error
			if l, err = c.newLink(); err != nil {
				return err
			}
		}
		began := time.Now()
		err := c.open(ctx, l)
		if err == nil {
			err = c.watch(ctx, l)
		}
		if ctx.Err() != nil {
			l.leave()
			return context.Cause(ctx)
		}
		fresh, fatal := judge(l, err)
		if fatal != nil {
			l.drop()
			return fatal
		}
		if fails++; time.Since(began) > time.Minute {
			fails = 0
		}
		c.lost(l, err, fresh)
		if fresh || fails > 5 {
			l.drop()
			l = nil
		}
		if sleepFully(ctx, c.pause(fails)) != nil {
			if l != nil {
				l.leave()
			}
			return context.Cause(ctx)
		}
	}
}

// pause is the wait before the next connection: short after a healthy one, and
// never the same, so that many bots do not come back at once.
func (c *Client) pause(fails int) time.Duration {
	if fails == 0 {
		return c.set.backoff / 4
	}
	d := c.set.backoff << min(fails-1, 6)
	return d/2 + rand.N(d/2+1)
}

func (c *Client) lost(l *link, err error, fresh bool) {
	l.lostAt = time.Now()
	c.intake.newEpoch()
	why := "the connection to Discord ended"
	if err != nil {
		why = err.Error()
	}
	c.changeStatus(func(s *Status) {
		s.Up, s.Ready, s.Reason = false, false, why
		if errors.Is(err, errDeaf) {
			s.Replaced++
		}
	})
	c.log.Warn("discord gateway lost", reason(why))
}

// judge says whether a session is to be replaced, or that there is no use in
// trying any more.
func judge(l *link, err error) (fresh bool, fatal error) {
	code := 0
	greeted, over := false, false
	if t := l.tap.Load(); t != nil {
		code, greeted, over = t.closeCode(), t.greeted(), t.over()
	}
	switch code {
	case 4004:
		return true, ErrToken
	case 4013, 4014:
		return true, ErrIntents
	case 4010, 4011, 4012:
		return true, fmt.Errorf("%w (close code %d)", ErrGateway, code)
	case 4003, 4005, 4007, 4009:
		return true, nil
	}
	switch {
	case errors.Is(err, errReconnectFirst):
		return false, nil
	case over, errors.Is(err, errDeaf), errors.Is(err, errInvalidFirst):
		return true, nil
	}
	// A connection that was up may be resumed; one that broke before it was
	// greeted did not get as far as spoiling anything.
	return greeted && !l.up.Load(), nil
}

// open connects a link; it gives up when the library is stuck or ctx ends.
func (c *Client) open(ctx context.Context, l *link) error {
	select {
	case <-l.down:
	default:
	}
	l.up.Store(false)
	l.tap.Store(nil)
	done := make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				done <- panicked("open gateway", v)
			}
		}()
		done <- l.session.Open()
	}()
	tick := time.NewTicker(c.set.tick)
	defer tick.Stop()
	began := time.Now()
	for {
		select {
		case err := <-done:
			if errors.Is(err, discordgo.ErrWSAlreadyOpen) {
				return nil
			}
			return err
		case <-ctx.Done():
			l.drop()
			select {
			case <-done:
			case <-time.After(2 * time.Second):
			}
			return ctx.Err()
		case <-tick.C:
			t := l.tap.Load()
			if c.set.watch && (time.Since(began) > c.set.greeting || t != nil && t.stuck(c.set.lockPatience)) {
				l.drop()
				return fmt.Errorf("open gateway: %w", errDeaf)
			}
		}
	}
}

// watch waits for the end of a connection, and brings it about when the session
// shows no sign of life. nil means that it simply ended.
func (c *Client) watch(ctx context.Context, l *link) error {
	tick := time.NewTicker(c.set.tick)
	defer tick.Stop()
	began, free := time.Now(), time.Now()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-l.down:
			return nil
		case <-tick.C:
		}
		if !c.set.watch {
			continue
		}
		if l.up.Load() && c.intake.overdue(c.set.greeting) {
			c.log.Warn("discord did not describe the server")
		}
		if !l.up.Load() && time.Since(began) > c.set.greeting {
			return fmt.Errorf("no greeting from the gateway: %w", errDeaf)
		}
		if !l.session.TryRLock() {
			if time.Since(free) > c.set.lockPatience {
				return fmt.Errorf("the session is deadlocked: %w", errDeaf)
			}
			continue
		}
		ack := l.session.LastHeartbeatAck
		l.session.RUnlock()
		free = time.Now()
		if time.Since(ack) > c.silence(l) {
			return c.hangUp(l)
		}
	}
}

// silence is how long the gateway may leave heartbeats unanswered.
func (c *Client) silence(l *link) time.Duration {
	interval := 41250 * time.Millisecond
	if t := l.tap.Load(); t != nil && t.heartbeat() > 0 {
		interval = t.heartbeat()
	}
	return time.Duration(c.set.acks * float64(interval))
}

// hangUp ends a dead connection with a code that keeps the session, so that it
// can be resumed; the library would use one that ends it.
func (c *Client) hangUp(l *link) error {
	c.changeStatus(func(s *Status) { s.Up, s.Ready, s.Reason = false, false, "heartbeats were not answered" })
	go func() { _ = l.session.CloseWithCode(4000) }()
	select {
	case <-l.down:
		return errors.New("heartbeats were not answered")
	case <-time.After(c.set.lockPatience):
		return fmt.Errorf("heartbeats were not answered: %w", errDeaf)
	}
}

// mayIdentify waits until a new session may be begun: Discord resets the token
// of a bot that begins a thousand a day, and allows one in five seconds.
func (c *Client) mayIdentify(ctx context.Context, last time.Time) error {
	if !last.IsZero() {
		if err := sleepFully(ctx, time.Until(last.Add(c.set.identifyGap))); err != nil {
			return context.Cause(ctx)
		}
	}
	for {
		var out struct {
			Limit struct {
				Total      int   `json:"total"`
				Remaining  int   `json:"remaining"`
				ResetAfter int64 `json:"reset_after"` // ms
			} `json:"session_start_limit"`
		}
		err := c.rest.do(ctx, "ask for sessions left", http.MethodGet, "/gateway/bot", nil, &out)
		if isTokenRefused(err) {
			return ErrToken
		}
		const reserve = 20
		if err != nil || out.Limit.Total == 0 || out.Limit.Remaining > min(reserve, out.Limit.Total/10) {
			return nil
		}
		d := time.Duration(out.Limit.ResetAfter) * time.Millisecond
		c.log.Error("discord allows hardly any more sessions today", after(d))
		c.changeStatus(func(s *Status) { s.Reason = "too many sessions were begun today" })
		if err := sleepFully(ctx, min(max(d, time.Second), time.Hour)); err != nil {
			return context.Cause(ctx)
		}
	}
}

// sleepFully waits for d or the end of ctx.
func sleepFully(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
