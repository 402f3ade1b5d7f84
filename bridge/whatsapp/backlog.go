package whatsapp

import (
	"context"
	"sync"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
)

// A backlog counts the stanzas that came in and are not settled yet, and lets the
// reader of the connection wait while they are too many. The library queues 2,048
// of them (client.go, handlerQueueSize) and gives up their order beyond that.
type backlog struct {
	most     int           // unsettled stanzas before the reader waits
	patience time.Duration // how long nothing may settle before the reader goes on

	mu      sync.Mutex
	open    map[string]bool // ids of unsettled stanzas; guarded by mu
	settled chan struct{}   // closed and replaced when one settles; guarded by mu
}

const (
	mostUnsettled   = 1024
	settlePatience  = 5 * time.Second
	queueFullNotice = "Handler queue is full" // the library's warning that order is lost (client.go, handleFrame)
)

func newBacklog(most int, patience time.Duration) *backlog {
	return &backlog{most: most, patience: patience, open: map[string]bool{}, settled: make(chan struct{})}
}

// arrived notes a stanza, and returns once there is room for it. The wait is bounded:
// what is being handled may need an answer that only this reader can bring. It ends
// with ctx and with the connection as well.
func (b *backlog) arrived(ctx context.Context, node *waBinary.Node) {
	switch node.Tag {
	case "message", "receipt", "notification", "call":
	default:
		return // settled without a word
	}
	id, ok := node.Attrs["id"].(string)
	if !ok {
		return
	}
	for {
		b.mu.Lock()
		if len(b.open) < b.most {
			b.open[id] = true
			b.mu.Unlock()
			return
		}
		settled := b.settled
		b.mu.Unlock()
		timer := time.NewTimer(b.patience)
		select {
		case <-settled:
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			b.forget()
		}
		timer.Stop()
	}
}

// leaving notes that the stanza which node answers is settled.
func (b *backlog) leaving(node *waBinary.Node) {
	if node.Tag != "ack" && node.Tag != "receipt" {
		return
	}
	id, _ := node.Attrs["id"].(string)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open[id] {
		delete(b.open, id)
		b.signal()
	}
}

// forget ends every wait: the connection is another one, or nothing moves.
func (b *backlog) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.open)
	b.signal()
}

func (b *backlog) signal() {
	close(b.settled)
	b.settled = make(chan struct{})
}
