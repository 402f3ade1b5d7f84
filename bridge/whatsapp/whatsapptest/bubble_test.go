package whatsapptest_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"go.mau.fi/whatsmeow/types/events"
)

// pipes is a listener without a network.
type pipes struct {
	waiting chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func newPipes() *pipes { return &pipes{waiting: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.waiting:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.waiting <- theirs:
		return ours, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func TestWholeStoryInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		n := whatsapptest.Start(t, whatsapptest.Options{Listener: listener, FewKeys: true})
		b := newBot(t, n, t.TempDir()+"/session.db")
		client := &http.Client{Transport: &toLoopback{host: "pipe", next: &http.Transport{DialContext: listener.dial}}}
		b.SetPreLoginHTTPClient(client)
		b.SetWebsocketHTTPClient(client)
		b.pair(false)
		budi := customer(n)
		must(t)(budi.Send("halo"))
		waitFor[*events.Message](b, 1)

		n.SetFaults(whatsapptest.Faults{AckDelay: 7 * time.Second})
		start := time.Now()
		b.say(budi.PN(), "slow, and yet quick")
		if took := time.Since(start); took != 7*time.Second {
			t.Fatalf("acknowledged after %s", took)
		}
		n.SetFaults(whatsapptest.Faults{Outage: true})
		waitFor[*events.Disconnected](b, 1)
		time.Sleep(10 * time.Second)
		n.ClearFaults()
		waitFor[*events.Connected](b, 2)
		// A frame that comes while the library leaves keeps one of its goroutines for
		// ever: all of them come before.
		time.Sleep(time.Second)
		synctest.Wait()
	})
}
