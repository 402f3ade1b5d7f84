package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

func TestNothingOvertakesAMessageThatCouldNotBeStored(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi, sari := d.customer("Budi"), d.customer("Sari")
	must(budi.Send("1"))
	d.awaitMessages(1)
	d.acked()
	var down atomic.Bool
	down.Store(true)
	tried := make(chan struct{}, 100)
	d.inbox.setRefuse(func(*bridge.ClientMessage, *bridge.Receipt) error {
		if down.Load() {
			select {
			case tried <- struct{}{}:
			default:
			}
			return bridge.ErrNotStored
		}
		return nil
	})
	must(budi.Send("2"))
	<-tried
	for _, text := range numbers(3, 6) {
		must(budi.Send(text))
	}
	must(sari.Send("7"))
	d.awaitState(StateHeld)
	if d.Ready() {
		t.Fatal("ready while the inbox fails")
	}
	must(budi.Send("8"))
	down.Store(false)
	d.acked()
	sameTexts(t, d.awaitMessages(8), numbers(1, 8))
	d.awaitReady()
}

func TestStoreThatComesBackInTimeIsNoReasonToDisconnect(t *testing.T) {
	t.Parallel()
	set := quick()
	set.storeFor = time.Minute
	d := linked(t, set)
	budi := d.customer("Budi")
	var left atomic.Int32
	left.Store(3)
	d.inbox.setRefuse(func(m *bridge.ClientMessage, _ *bridge.Receipt) error {
		if left.Add(-1) >= 0 {
			return bridge.ErrNotStored
		}
		return nil
	})
	d.forgetStates()
	must(budi.Send("1"))
	must(budi.Send("2"))
	sameTexts(t, d.awaitMessages(2), numbers(1, 2))
	d.acked()
	if d.mu.Lock(); len(d.statuses) != 0 {
		t.Errorf("statuses %+v", d.statuses)
	}
	d.mu.Unlock()
}

func TestReadyComesAfterTheOfflineQueue(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	d.stop()
	if err := d.Send(soon(t), bridge.Address(budi.Address().String()), "3EB0A", bridge.Outgoing{Text: "x"}); sendError(t, err).Certainty != bridge.Blocked {
		t.Fatalf("stopped: %v", err)
	}
	for _, text := range numbers(1, 20) {
		must(budi.Send(text))
	}
	d.inbox.ready = d.Ready
	gate := make(chan struct{})
	d.inbox.setRefuse(func(m *bridge.ClientMessage, _ *bridge.Receipt) error {
		if m != nil && m.Text == "20" {
			<-gate
		}
		return nil
	})
	d.run()
	sameTexts(t, d.awaitMessages(19), numbers(1, 19))
	d.awaitState(StateCatchingUp)
	if err := d.Send(soon(t), bridge.Address(budi.Address().String()), "3EB0A", bridge.Outgoing{Text: "x"}); d.Ready() || sendError(t, err).Certainty != bridge.Blocked {
		t.Fatalf("ready in the middle of the queue: %v", err)
	}
	close(gate)
	d.awaitReady()
	sameTexts(t, d.awaitMessages(20), numbers(1, 20))
	if slices.Contains(d.inbox.wasReady, true) {
		t.Fatalf("ready before the queue was in: %v", d.inbox.wasReady)
	}
}

func TestConnectionComesBackAfterEveryPassingTrouble(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	troubles := []func(){
		d.net.DropSocket,
		func() { d.net.StreamError(503, "") },
		func() { d.net.StreamError(515, "") },
		func() { d.net.StreamError(440, "") }, // one that nobody knows
		func() {
			d.net.SetFaults(whatsapptest.Faults{Outage: true})
			d.awaitState(StateConnecting)
			d.net.ClearFaults()
		},
	}
	for i, trouble := range troubles {
		d.forgetStates()
		trouble()
		must(budi.Send("halo"))
		d.awaitMessages(i + 1)
		d.awaitState(StateReady)
		d.awaitReady()
		if err := d.Send(soon(t), bridge.Address(budi.Address().String()), MessageID("a", numbers(i, i)[0]), bridge.Outgoing{Text: "ya"}); err != nil {
			t.Fatalf("after trouble %d: %v", i, err)
		}
	}
}

func TestRefusalsThatPassAreTriedAgain(t *testing.T) {
	t.Parallel()
	for _, reason := range []int{500, 503} {
		t.Run(fmt.Sprint(reason), func(t *testing.T) {
			t.Parallel()
			d := linked(t, quick())
			refuseOnce(d, reason)
			must(d.customer("Budi").Send("halo"))
			d.awaitMessages(1)
			d.awaitReady()
		})
	}
}

// refuseOnce cuts the connection and refuses the next login in a way that passes.
func refuseOnce(d *desk, reason int) {
	d.net.SetFaults(whatsapptest.Faults{RefuseLogin: &whatsapptest.Refusal{Reason: reason}})
	d.net.DropSocket()
	for ctx := soon(d.t); d.logs.FilterMessageSnippet(fmt.Sprintf("Got %d/", reason)).Len() == 0; {
		if sleep(ctx, 2*time.Millisecond) != nil {
			d.t.Error("not refused")
			break
		}
	}
	d.net.ClearFaults()
}

func TestReplacedSessionWaitsBeforeItComesBack(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	d.forgetStates()
	d.net.StreamError(0, "replaced")
	if s := d.awaitState(StateReplaced); s.Until.IsZero() || s.Reason == "" {
		t.Fatalf("status %+v", s)
	}
	d.awaitState(StateReady)
}

func TestRefusalsAreReportedAndDoNotLoop(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	for _, test := range []struct {
		refusal whatsapptest.Refusal
		state   State
		atLeast time.Duration
	}{
		{whatsapptest.Refusal{Reason: 402, Code: 101, Expire: time.Hour}, StateBanned, 50 * time.Minute},
		{whatsapptest.Refusal{Reason: 405}, StateOutdated, 50 * time.Minute},
		{whatsapptest.Refusal{Reason: 400}, StateRefused, 0},
	} {
		d.stop()
		d.forgetStates()
		d.net.SetFaults(whatsapptest.Faults{RefuseLogin: &test.refusal})
		d.run()
		s := d.awaitState(test.state)
		if s.Until.Before(time.Now().Add(test.atLeast-time.Second)) || s.Reason == "" {
			t.Fatalf("status %+v", s)
		}
		if d.Ready() {
			t.Fatal("ready while refused")
		}
		d.net.ClearFaults()
	}
	d.awaitReady() // the last one tries again after a short while
}

func TestLogoutEndsTheSessionAndAllowsPairingAnew(t *testing.T) {
	t.Parallel()
	for name, logOut := range map[string]func(d *desk){
		"while connected":   func(d *desk) { d.net.Unlink() },
		"locked account":    func(d *desk) { refuseForGood(d, 403) },
		"unknown to server": func(d *desk) { refuseForGood(d, 406) },
		"at login": func(d *desk) {
			d.stop()
			d.net.Unlink()
			d.run()
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := linked(t, quick())
			logOut(d)
			d.awaitState(StateLoggedOut)
			if number, ok := d.Paired(); ok {
				t.Fatalf("still paired as %s", number)
			}
			d.forgetStates()
			d.pair()
			d.awaitState(StateReady)
			budi := d.customer("Budi")
			must(budi.Send("masih di sana?"))
			d.awaitMessages(1)
			if err := d.Pair(soon(t), func(string) {}); err == nil {
				t.Fatal("paired twice")
			}
		})
	}
}

func refuseForGood(d *desk, reason int) {
	d.stop()
	d.net.SetFaults(whatsapptest.Faults{RefuseLogin: &whatsapptest.Refusal{Reason: reason}})
	d.run()
	d.awaitState(StateLoggedOut)
	d.net.ClearFaults()
}

func TestRunWaitsForPairing(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	d.run()
	d.awaitState(StateNotPaired)
	d.pair()
	d.awaitReady()
	d.restart()
	d.awaitReady()
}

func TestPairingByCode(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	err := d.PairPhone(soon(t), d.net.Business().Number(), func(code string) {
		go func() {
			if err := d.net.EnterCode(t.Context(), code); err != nil {
				t.Errorf("type code: %v", err)
			}
		}()
	})
	if err != nil {
		t.Fatal(err)
	}
	d.run()
	d.awaitReady()
}

func TestPairingThatNobodyScansEndsWithItsContext(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	ctx, cancel := context.WithCancel(soon(t))
	err := d.Pair(ctx, func(string) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	if _, ok := d.Paired(); ok {
		t.Fatal("paired")
	}
}

func TestStopFinishesTheMessageInHand(t *testing.T) {
	t.Parallel()
	set := quick()
	set.storeGrace = 10 * time.Second
	d := linked(t, set)
	budi := d.customer("Budi")
	entered, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	d.inbox.setRefuse(func(*bridge.ClientMessage, *bridge.Receipt) error {
		once.Do(func() { close(entered) })
		<-release
		return nil
	})
	must(budi.Send("1"))
	<-entered
	go func() {
		_ = sleep(t.Context(), 50*time.Millisecond)
		close(release)
	}()
	d.stop()
	sameTexts(t, d.inbox.all(), numbers(1, 1))
	if s := d.Status(); s.State != StateStopped {
		t.Fatalf("status %+v", s)
	}
}

func TestSessionOfAnotherNetworkIsRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	d.pair()
	other := d.options
	other.Network = Network{}
	_, err := Open(t.Context(), other)
	if !errors.Is(err, ErrOtherNetwork) || !strings.Contains(err.Error(), "the real WhatsApp") {
		t.Fatalf("got %v", err)
	}
	other.Network, other.Dir = must(ParseNetwork("http://127.0.0.1:1", strings.Repeat("ab", 32))), t.TempDir()
	if _, err := Open(t.Context(), other); err == nil || !strings.Contains(err.Error(), "another WhatsApp network") {
		t.Fatalf("two roots in one process: %v", err)
	}
}

func TestReadyWithoutAWordAboutTheQueue(t *testing.T) {
	t.Parallel()
	set := quick()
	set.readyFallback = 20 * time.Millisecond
	d := newDesk(t, set)
	d.pair()
	l := d.newLink(t.Context(), must(d.container.GetFirstDevice(t.Context())), nil)
	defer l.close()
	l.onConnected()
	if l.ready() {
		t.Fatal("ready at once")
	}
	d.awaitState(StateReady)
	if !l.ready() {
		t.Fatal("not ready")
	}
	if err := l.dialling(t.Context()); err != nil || l.ready() {
		t.Fatalf("ready while connecting again: %v", err)
	}
}
