package whatsapp

import (
	"sync/atomic"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/types"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// One message that cannot be handled is told of, and does not keep the next
// client's message out.
func TestMessageThatPanicsEveryTimeBlocksNobody(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi, sari := d.customer("Budi"), d.customer("Sari")
	var tries atomic.Int32
	d.inbox.setRefuse(func(m *bridge.ClientMessage, _ *bridge.Receipt) error {
		if m != nil && m.Text == "beracun" {
			tries.Add(1)
			panic("nil map")
		}
		return nil
	})
	id := must(budi.Send("beracun"))
	must(sari.Send("halo"))
	messages := d.awaitMessages(2)
	if m := messages[0]; m.ID != id || m.Kind != "unknown" || m.Text != "" || m.Unreadable != reasonUnhandled || m.Phone != budi.Number() {
		t.Errorf("placeholder %+v", m)
	}
	if m := messages[1]; m.Text != "halo" || m.Phone != sari.Number() {
		t.Errorf("after it %+v", m)
	}
	d.acked()
	d.awaitReady()
	if n := tries.Load(); n != panicLimit {
		t.Errorf("tried %d times", n)
	}
	if n := len(d.panics.counts); n != 0 {
		t.Errorf("%d stanzas are remembered", n)
	}
	d.restart()
	d.awaitReady()
	if got := d.inbox.all(); len(got) != 2 {
		t.Errorf("came again: %+v", got)
	}
}

// The same for what the library settles without a word, and for receipts, which
// are given up without a placeholder.
func TestPlaceholdersAndReceiptsThatPanicBlockNobody(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	must(budi.Send("1"))
	chat := d.awaitMessages(1)[0].Chat
	d.inbox.setRefuse(func(m *bridge.ClientMessage, r *bridge.Receipt) error {
		if r != nil || m.Unreadable != "" && m.Unreadable != reasonUnhandled {
			panic("nil map")
		}
		return nil
	})
	id := must(budi.Attack(whatsapptest.NoCiphertext))
	must(budi.Send("2"))
	messages := d.awaitMessages(3)
	if m := messages[1]; m.ID != id || m.Unreadable != reasonUnhandled || messages[2].Text != "2" {
		t.Fatalf("got %+v", messages)
	}
	d.acked()
	d.awaitReady()
	// The receipt may end the connection before the send knows of its success.
	_ = d.Send(soon(t), chat, "3EB0A", bridge.Outgoing{Text: "ya"})
	d.awaitState(StateHeld)
	must(budi.Send("3"))
	d.awaitMessages(4)
	d.acked()
}

func TestPanicsAreRememberedWithinBounds(t *testing.T) {
	var p panics
	for i := range 3 * panicsKept {
		p.count(stanzaKey{id: numbers(i, i)[0]})
		if len(p.counts) > panicsKept {
			t.Fatalf("%d are remembered", len(p.counts))
		}
	}
	key := stanzaKey{"A", types.NewJID("1", types.DefaultUserServer)}
	if p.count(key) != 1 || p.count(key) != 2 {
		t.Error("not counted")
	}
	if p.settled(key); p.count(key) != 1 {
		t.Error("not forgotten")
	}
}

func TestPausesGrowWhileTheInboxTakesNothing(t *testing.T) {
	held := ending{state: StateHeld, pause: 5 * time.Second}
	var b backoff
	after := func(e ending, lasted time.Duration) time.Duration { return b.after(e, time.Now(), lasted).pause }
	for i, want := range []time.Duration{5, 10, 20, 40, 60, 60, 60} {
		if got := after(held, time.Minute); got != want*time.Second {
			t.Errorf("pause %d is %s", i, got)
		}
	}
	for range 100 {
		after(held, 0)
	}
	if got := after(held, 0); got != time.Minute {
		t.Errorf("in the end %s", got)
	}
	served := held
	served.served = true
	if first, second := after(served, time.Minute), after(held, time.Minute); first != 5*time.Second || second != 10*time.Second {
		t.Errorf("after a link that was ready: %s, %s", first, second)
	}
	after(ending{state: StateConnecting}, 0)
	if got := after(held, 0); got != 5*time.Second {
		t.Errorf("after another reason: %s", got)
	}
	replaced := ending{state: StateReplaced, pause: time.Second}
	if first, second, later := after(replaced, 0), after(replaced, 0), after(replaced, time.Hour); first != time.Second || second != 2*time.Second || later != time.Second {
		t.Errorf("replaced: %s, %s, %s", first, second, later)
	}
}
