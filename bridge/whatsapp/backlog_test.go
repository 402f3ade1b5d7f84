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
// holds, because the connection is read no faster than its messages are taken in.
func TestManyThatWaitedKeepTheirOrder(t *testing.T) {
	t.Parallel()
	d := manyWait(t, mostUnsettled)
	d.run()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	got, err := d.inbox.wait(ctx, func(m []bridge.ClientMessage, _ []bridge.Receipt) bool { return len(m) >= manyWaiting })
	if err != nil {
		t.Fatalf("%d of %d messages: %v", len(got), manyWaiting, err)
	}
	sameTexts(t, got, numbers(1, manyWaiting))
	d.awaitReady()
	if d.wasHeld() {
		t.Error("the connection was given up")
	}
}

// Without that the library says that it gives the order up; then the connection is
// given up instead, and WhatsApp brings again what is behind.
func TestWhatDoesNotFitInTheQueueComesAgain(t *testing.T) {
	t.Parallel()
	d := manyWait(t, 1<<30)
	d.run()
	d.awaitState(StateHeld)
	// The one in hand was stored and not acknowledged any more: it comes twice.
	got := slices.CompactFunc(d.awaitMessages(20), func(a, b bridge.ClientMessage) bool { return a.ID == b.ID })
	sameTexts(t, got, numbers(1, len(got)))
}

const manyWaiting = 2300 // more than the library queues

// manyWait is a desk for which many messages wait at WhatsApp, with an inbox that
// takes the first one slowly: all that the connection can hold is read meanwhile.
func manyWait(t *testing.T, unsettled int) *desk {
	t.Helper()
	set := quick()
	set.mostUnsettled = unsettled
	d := linked(t, set)
	budi := d.customer("Budi")
	d.stop()
	for _, text := range numbers(1, manyWaiting) {
		must(budi.Send(text))
	}
	var first sync.Once
	d.inbox.setRefuse(func(m *bridge.ClientMessage, _ *bridge.Receipt) error {
		if m != nil {
			first.Do(func() { time.Sleep(200 * time.Millisecond) })
		}
		return nil
	})
	d.forgetStates()
	return d
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
