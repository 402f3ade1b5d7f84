package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types/events"
)

// ErrPaired means that a phone is linked already.
var ErrPaired = errors.New("a phone is linked already")

// ErrPairing means that another pairing is under way.
var ErrPairing = errors.New("another pairing is under way")

// errAgain means that the codes were used up without a scan.
var errAgain = errors.New("codes expired")

// Pair links a phone: show is called with the text of one QR code after the
// other, each replacing the one before, until one was scanned. It returns nil
// when the phone is linked and the first login is over. It may be called while
// Run waits for it, which then goes on by itself, and ends with ctx. The error is
// [ErrPaired], [ErrPairing] or [ErrHeld] when there can be no pairing now.
func (c *Client) Pair(ctx context.Context, show func(code string)) error {
	return c.pair(ctx, func(_ context.Context, _ *link, code string) error {
		show(code)
		return nil
	}, true)
}

// PairPhone links the phone with the given number, in international form. show
// is called with the code to be typed on it, and again when that expired. The
// rest is as for Pair.
func (c *Client) PairPhone(ctx context.Context, number string, show func(code string)) error {
	return c.pair(ctx, func(ctx context.Context, l *link, _ string) error {
		code, err := l.cli.PairPhone(ctx, number, true, whatsmeow.PairClientChrome, "Chrome (Linux)")
		if err != nil {
			return fmt.Errorf("ask for a code: %w", err)
		}
		show(code)
		return nil
	}, false)
}

type offer func(ctx context.Context, l *link, code string) error

func (c *Client) pair(ctx context.Context, offer offer, each bool) error {
	if _, ok := c.Paired(); ok {
		return fmt.Errorf("pair: %w", ErrPaired)
	}
	if !c.pairing.CompareAndSwap(false, true) {
		return fmt.Errorf("pair: %w", ErrPairing)
	}
	defer c.pairing.Store(false)
	ctx, done := c.whileOpen(ctx)
	defer done()
	select {
	case <-c.slot:
		defer func() { c.slot <- struct{}{} }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return fmt.Errorf("pair: %w", context.Cause(ctx))
	}
	device, err := c.container.GetFirstDevice(ctx)
	if err != nil {
		return fmt.Errorf("pair: read linked device: %w", err)
	}
	if device.ID != nil {
		return fmt.Errorf("pair: %w", ErrPaired)
	}
	for {
		l := c.newLink(ctx, c.container.NewDevice(), make(chan any, 64))
		p := pairing{link: l, offer: offer, each: each}
		err := p.run(ctx)
		l.close()
		if p.number != "" {
			c.setNumber(p.number)
			c.sawPhone(time.Now())
			select {
			case c.paired <- struct{}{}:
			default:
			}
		}
		if !errors.Is(err, errAgain) {
			if err != nil {
				return fmt.Errorf("pair: %w", err)
			}
			return nil
		}
		if err := sleep(ctx, time.Second); err != nil {
			return fmt.Errorf("pair: %w", err)
		}
	}
}

// whileOpen returns a context that ends when the client may not connect any more.
// done must be called.
func (c *Client) whileOpen(ctx context.Context) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	check := func() (changed chan struct{}) {
		c.gate.mu.Lock()
		changed = c.gate.changed
		c.gate.mu.Unlock()
		if reason, barred := c.barred(); barred {
			cancel(fmt.Errorf("%w: %s", ErrHeld, reason))
		}
		return changed
	}
	changed := check()
	watching.Go(func() {
		for ctx.Err() == nil {
			c.waitUntil(ctx, time.Now().Add(c.settings.allowedPoll), changed, nil)
			changed = check()
		}
	})
	return ctx, func() {
		cancel(nil)
		watching.Wait()
	}
}

// pairing is one connection on which codes are offered.
type pairing struct {
	link   *link
	offer  offer
	each   bool // every code of the server is offered, not only the first
	codes  []string
	number string // of the linked phone
}

func (p *pairing) run(ctx context.Context) error {
	if err := p.link.cli.ConnectContext(p.link.ctx); err != nil {
		return fmt.Errorf("connect: %s", mask(err.Error()))
	}
	next := time.NewTimer(time.Minute)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-next.C:
			switch {
			case p.number != "":
				// Linked; Run will make the login that did not come.
				return nil
			case len(p.codes) == 0:
				return errAgain
			}
			if err := p.show(ctx, next, 20*time.Second); err != nil {
				return err
			}
		case event := <-p.link.pairing:
			done, err := p.on(ctx, event, next)
			if done || err != nil {
				return err
			}
		}
	}
}

func (p *pairing) on(ctx context.Context, event any, next *time.Timer) (done bool, err error) {
	switch e := event.(type) {
	case *events.QR:
		p.codes = e.Codes
		first := 20 * time.Second
		if len(p.codes) == 6 {
			first = time.Minute
		}
		if !p.each {
			p.codes, first = p.codes[:min(1, len(p.codes))], 160*time.Second
		}
		return false, p.show(ctx, next, first)
	case *events.PairSuccess:
		p.number, p.codes = e.ID.User, nil
		next.Reset(30 * time.Second)
	case *events.Connected:
		return p.number != "", nil
	case *events.PairError:
		return true, fmt.Errorf("link phone: %s", mask(e.Error.Error()))
	case *events.QRScannedWithoutMultidevice:
		return true, errors.New("the phone's WhatsApp is too old for linked devices")
	case *events.ClientOutdated:
		if p.link.c.refreshVersion(ctx) {
			return true, errAgain
		}
		return true, errors.New("WhatsApp wants a newer version of the library")
	case *events.ConnectFailure:
		return true, fmt.Errorf("WhatsApp refused the connection (reason %d)", int(e.Reason))
	case *events.TemporaryBan:
		return true, errors.New("WhatsApp banned the number for a time")
	case *events.LoggedOut:
		p.number = ""
		return true, errors.New("WhatsApp ended the link again")
	case *events.Disconnected:
		if p.number == "" {
			return true, errAgain
		}
	}
	return false, nil
}

func (p *pairing) show(ctx context.Context, next *time.Timer, wait time.Duration) error {
	if len(p.codes) == 0 {
		return errAgain
	}
	code := p.codes[0]
	p.codes = p.codes[1:]
	next.Reset(wait)
	return p.offer(ctx, p.link, strings.TrimSpace(code))
}
