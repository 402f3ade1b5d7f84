package whatsapp

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
)

func TestPairingByCodeWhileRunWaitsLoggedOut(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	d.net.Unlink()
	d.awaitState(StateLoggedOut)
	must(budi.Send("selama terputus"))
	d.forgetStates()
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
	d.awaitState(StateReady)
	d.awaitReady()
	must(budi.Send("sesudahnya"))
	messages := d.awaitMessages(2)
	if m := messages[len(messages)-1]; m.Text != "sesudahnya" {
		t.Fatalf("got %+v", m)
	}
	if err := d.Send(soon(t), addressOf(budi), "3EB0A", bridge.Outgoing{Text: "ya"}); err != nil {
		t.Fatal(err)
	}
}

func TestTwoPairingsAtOnceAreRefused(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	d.run()
	d.awaitState(StateNotPaired)
	shown, over := make(chan struct{}, 10), make(chan error, 1)
	ctx, cancel := context.WithCancel(soon(t))
	go func() { over <- d.Pair(ctx, func(string) { shown <- struct{}{} }) }()
	<-shown
	for name, err := range map[string]error{
		"picture": d.Pair(soon(t), func(string) { t.Error("offered a code") }),
		"code":    d.PairPhone(soon(t), d.net.Business().Number(), func(string) { t.Error("offered a code") }),
	} {
		if !errors.Is(err, ErrPairing) || !strings.Contains(err.Error(), "another pairing is under way") {
			t.Errorf("%s: %v", name, err)
		}
	}
	cancel()
	if err := <-over; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	d.pair()
	d.awaitReady()
	if err := d.Pair(soon(t), func(string) {}); !errors.Is(err, ErrPaired) {
		t.Fatalf("paired twice: %v", err)
	}
}

func TestDatabaseThatAnotherProcessKeepsLocked(t *testing.T) {
	t.Parallel()
	set := quick()
	set.lockWait = 100 * time.Millisecond
	d := forChild(t)
	p := start(t, d, "locker", "")
	for ctx := soon(t); len(readStatuses(t, d)) == 0; {
		if sleep(ctx, 5*time.Millisecond) != nil {
			t.Fatal("the child does not start")
		}
	}
	// Frozen in the middle of a write.
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, err := open(t.Context(), d.options, set)
	if took := time.Since(began); !errors.Is(err, ErrLocked) || took > 10*time.Second {
		t.Fatalf("after %s: %v", took, err)
	}
	if err := p.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	p.awaitDeath(t)
	c, err := open(t.Context(), d.options, set)
	if err != nil {
		t.Fatalf("after its death: %v", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if wait := defaultSettings().lockWait; wait > 5*time.Second {
		t.Fatalf("waits %s", wait)
	}
}

// A leader that is frozen outside a transaction keeps nobody out: the next one
// opens the same file, and takes the number over.
func TestDatabaseOfAFrozenProcessOpens(t *testing.T) {
	t.Parallel()
	d := forChild(t)
	budi := d.customer("Budi")
	p := start(t, d, "inbox", "")
	if err := d.net.WaitConnected(soon(t)); err != nil {
		t.Fatal(err)
	}
	must(budi.Send("1"))
	d.acked()
	_ = sleep(t.Context(), 2*forgetAfter) // it writes once more after a moment of quiet
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	c, err := open(t.Context(), d.options, d.set)
	if err != nil {
		t.Fatal(err)
	}
	d.Client = c
	d.run()
	d.awaitReady()
	must(budi.Send("2"))
	sameTexts(t, d.awaitMessages(1), []string{"2"})
	if err := d.Send(soon(t), addressOf(budi), "3EB0A", bridge.Outgoing{Text: "ya"}); err != nil {
		t.Fatal(err)
	}
	d.acked()
}
