package whatsapp

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"

	"github.com/haloerzap/halo/bridge"
)

// More waits at WhatsApp than the library queues, while the inbox is slow: the order
// holds, because the connection is read no faster than its stanzas are taken in.
func TestManyThatWaitedKeepTheirOrder(t *testing.T) {
	t.Parallel()
	m := manyWait(t, mostUnsettled)
	m.mayGoOn = func() bool { return m.unsettled() >= mostUnsettled }
	m.run()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	_, err := m.inbox.wait(ctx, func(messages []bridge.ClientMessage, receipts []bridge.Receipt) bool {
		return len(messages)+len(receipts) >= manyWaiting
	})
	if err != nil {
		t.Fatalf("%d of %d came: %v", len(m.came()), manyWaiting, err)
	}
	if got := m.came(); !slices.Equal(got, numbers(1, manyWaiting)) {
		t.Fatalf("came as %q", got)
	}
	m.awaitReady()
	if m.wasHeld() {
		t.Error("the connection was given up")
	}
}

// Without that the library says that it gives the order up; then the connection is
// given up instead, and WhatsApp brings again what is behind.
func TestWhatDoesNotFitInTheQueueComesAgain(t *testing.T) {
	t.Parallel()
	m := manyWait(t, 1<<30)
	m.mayGoOn = func() bool { return m.link.Load().poisoned.Load() }
	m.run()
	m.awaitMessages(20)
	m.awaitState(StateHeld)
	// The one in hand was stored and not acknowledged any more: it comes twice.
	got := slices.Compact(m.came())
	if !slices.Equal(got, numbers(1, len(got))) {
		t.Fatalf("came as %q", got)
	}
}

const manyWaiting = 2300 // more than the library queues

// A flood is a desk for which many stanzas wait at WhatsApp: each tenth a message,
// the others receipts, named by their place. Its inbox takes the first one when
// mayGoOn says so.
type flood struct {
	*desk
	mayGoOn func() bool

	mu    sync.Mutex
	order []string
}

func manyWait(t *testing.T, unsettled int) *flood {
	t.Helper()
	set := quick()
	set.mostUnsettled, set.storeFor = unsettled, atMost
	m := &flood{desk: linked(t, set)}
	budi := m.customer("Budi")
	m.stop()
	for i, name := range numbers(1, manyWaiting) {
		if i%10 == 0 {
			must(budi.Send(name))
			continue
		}
		must(budi.SendNode(waBinary.Node{Tag: "receipt", Attrs: waBinary.Attrs{"id": name, "type": "read"}}))
	}
	m.inbox.setRefuse(m.note)
	m.forgetStates()
	return m
}

func (m *flood) note(message *bridge.ClientMessage, receipt *bridge.Receipt) error {
	m.mu.Lock()
	first := len(m.order) == 0
	if message != nil {
		m.order = append(m.order, message.Text)
	} else {
		m.order = append(m.order, receipt.IDs[0])
	}
	m.mu.Unlock()
	if !first {
		return nil
	}
	ctx := soon(m.t)
	for !m.mayGoOn() {
		if err := sleep(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func (m *flood) came() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.order)
}

// unsettled is how many stanzas the connection brought that are not taken in yet.
func (m *flood) unsettled() int {
	b := m.link.Load().witness.backlog
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.open)
}

func (d *desk) wasHeld() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.ContainsFunc(d.statuses, func(s Status) bool { return s.State == StateHeld })
}

// A backlog lets go what cannot settle, and whoever waits when the connection ends.
func TestBacklogHoldsNobodyForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBacklog(2, 5*time.Second)
		message := func(i int) *waBinary.Node {
			return &waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{"id": fmt.Sprint(i)}}
		}
		took := func(what func()) time.Duration {
			began := time.Now()
			what()
			return time.Since(began)
		}
		b.arrived(t.Context(), message(1))
		b.arrived(t.Context(), message(2))
		b.arrived(t.Context(), &waBinary.Node{Tag: "presence"})
		time.AfterFunc(time.Second, func() {
			b.leaving(&waBinary.Node{Tag: "ack", Attrs: waBinary.Attrs{"id": "7"}}) // not of these
			b.leaving(&waBinary.Node{Tag: "receipt", Attrs: waBinary.Attrs{"id": "1"}})
		})
		if d := took(func() { b.arrived(t.Context(), message(3)) }); d != time.Second {
			t.Errorf("room came after a second, the reader went on after %v", d)
		}
		if d := took(func() { b.arrived(t.Context(), message(4)) }); d != 5*time.Second {
			t.Errorf("nothing settled, and the reader waited %v", d)
		}
		b.arrived(t.Context(), message(5))
		time.AfterFunc(time.Second, b.forget)
		if d := took(func() { b.arrived(t.Context(), message(6)) }); d != time.Second {
			t.Errorf("another connection, and the reader waited %v", d)
		}
		b.arrived(t.Context(), message(7))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if d := took(func() { b.arrived(ctx, message(8)) }); d != 2*time.Second {
			t.Errorf("the end, and the reader waited %v", d)
		}
	})
}
