package whatsapp

import (
	"fmt"
	"runtime/debug"
	"strings"
	"sync"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"go.uber.org/zap"
)

const (
	// panicLimit is how often handling one stanza may panic before it is given up,
	// so that a single one does not hold up every other for ever.
	panicLimit = 3
	// panicsKept bounds the memory for such stanzas. What panicked comes first at
	// the next connection, so there is seldom more than one.
	panicsKept = 256
)

// panics counts how often handling a stanza panicked, over all links.
type panics struct {
	mu     sync.Mutex
	counts map[stanzaKey]int
}

// count notes one more and returns how many there were.
func (p *panics) count(key stanzaKey) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.counts[key]; p.counts == nil || !known && len(p.counts) >= panicsKept {
		p.counts = map[stanzaKey]int{}
	}
	p.counts[key]++
	return p.counts[key]
}

func (p *panics) settled(key stanzaKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.counts, key)
}

// rescue is called with what handling an event panicked with, and reports
// whether the stanza may be acknowledged all the same.
func (l *link) rescue(event, r any) bool {
	what := fmt.Sprintf("%T", event)
	switch e := event.(type) {
	case *events.Message:
		return l.rescueMessage(what, &e.Info, r)
	case *events.UndecryptableMessage:
		return l.rescueMessage(what, &e.Info, r)
	case *events.CallOffer:
		return l.rescueMessage(what, callInfo(e.BasicCallMeta), r)
	case *events.Receipt:
		// Without it a mark is missing, and nothing else.
		return l.givenUp(what, stanzaKey{strings.Join(e.MessageIDs, " ") + " " + string(e.Type), e.Sender}, r, func() bool { return true })
	}
	l.panicked(what, r)
	return false
}

// rescueMessage puts a placeholder in the place of a message given up.
func (l *link) rescueMessage(what string, info *types.MessageInfo, r any) bool {
	return l.givenUp(what, stanzaKey{info.ID, info.Sender}, r, func() bool {
		m, ok := l.envelope(info)
		if !ok {
			return true
		}
		m.Kind, m.Unreadable = "unknown", reasonUnhandled
		return l.receive(m)
	})
}

// givenUp settles a stanza that panicked too often; until then it gives the
// connection up, so that the stanza comes again.
func (l *link) givenUp(what string, key stanzaKey, r any, settle func() bool) (settled bool) {
	if l.pairing != nil || l.c.panics.count(key) < panicLimit {
		l.panicked(what, r)
		return false
	}
	defer func() {
		if r := recover(); r != nil {
			l.panicked(what, r)
			settled = false
		}
	}()
	if !settle() {
		return false
	}
	l.c.panics.settled(key)
	l.c.log.Error("given up: handling panicked every time", zap.String("what", what), zap.String("panic", mask(fmt.Sprint(r))))
	return true
}

func (l *link) panicked(what string, r any) {
	l.c.log.Error("handling panicked", zap.String("what", what),
		zap.String("panic", mask(fmt.Sprint(r))), zap.ByteString("stack", debug.Stack()))
	l.poison("a message could not be handled")
}
