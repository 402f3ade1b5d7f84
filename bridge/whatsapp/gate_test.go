package whatsapp

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

func TestHeldClientConnectsAfterItsRelease(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	d.pair()
	budi := d.customer("Budi")
	d.Hold("standing by")
	d.run()
	if s := d.awaitState(StateHeld); s.Reason != "standing by" {
		t.Fatalf("status %+v", s)
	}
	must(budi.Send("1"))
	d.Poke()
	_ = sleep(t.Context(), aWhile)
	if d.net.Connected() || d.Ready() || len(d.inbox.all()) != 0 {
		t.Fatal("connected while held")
	}
	d.Release()
	sameTexts(t, d.awaitMessages(1), numbers(1, 1))
	d.awaitReady()

	d.forgetStates()
	d.Hold("the store is not safe")
	if d.Ready() {
		t.Fatal("ready while held")
	}
	if e := sendError(t, d.Send(soon(t), addressOf(budi), "3EB0A", bridge.Outgoing{Text: "x"})); e.Certainty != bridge.Blocked {
		t.Fatalf("sent while held: %+v", e)
	}
	d.cut()
	d.awaitState(StateHeld)
	must(budi.Send("2"))
	d.Hold("another reason")
	d.awaitStatus(func(s Status) bool { return s.State == StateHeld && s.Reason == "another reason" })
	_ = sleep(t.Context(), aWhile)
	if d.net.Connected() || d.net.Unacked() == 0 {
		t.Fatal("connected while held")
	}
	d.Release()
	d.Release()
	sameTexts(t, d.awaitMessages(2), numbers(1, 2))
	d.awaitReady()
}

func TestHoldDoesNotCutTheMessageInHand(t *testing.T) {
	t.Parallel()
	set := quick()
	set.storeGrace = 10 * time.Second
	d := linked(t, set)
	budi := d.customer("Budi")
	entered, release := make(chan struct{}, 10), make(chan struct{})
	d.inbox.setRefuse(func(*bridge.ClientMessage, *bridge.Receipt) error {
		entered <- struct{}{}
		<-release
		return nil
	})
	must(budi.Send("1"))
	must(budi.Send("2"))
	<-entered
	d.Hold("the store is not safe")
	close(release)
	d.cut()
	d.awaitState(StateHeld)
	sameTexts(t, d.inbox.all(), numbers(1, 1))
	// Stored, but not acknowledged any more: it comes again, in its place.
	d.Release()
	d.acked()
	sameTexts(t, d.awaitMessages(3), []string{"1", "1", "2"})
}

// permitted is a linked desk whose permission can be taken away.
func permitted(t *testing.T, set settings, network whatsapptest.Options) (*desk, *atomic.Bool) {
	t.Helper()
	var yes atomic.Bool
	yes.Store(true)
	d := newDeskOn(t, set, network)
	d.end()
	d.options.Allowed = yes.Load
	d.open()
	d.pair()
	d.run()
	d.awaitReady()
	return d, &yes
}

func TestWithoutPermissionNothingIsTakenInOrSent(t *testing.T) {
	t.Parallel()
	set := quick()
	d, yes := permitted(t, set, whatsapptest.Options{})
	budi := d.talking("Budi")
	yes.Store(false)
	must(budi.Send("1"))
	e := sendError(t, d.Send(soon(t), addressOf(budi), "3EB0A", bridge.Outgoing{Text: "x"}))
	if e.Certainty != bridge.Blocked || e.Reason != reasonNotLeading {
		t.Fatalf("got %+v", e)
	}
	d.cut()
	if s := d.awaitStatus(func(s Status) bool { return s.State == StateHeld }); s.Reason != reasonNotLeading {
		t.Fatalf("status %+v", s)
	}
	budi.MarkRead()
	_ = sleep(t.Context(), aWhile)
	if got := d.inbox.all(); len(got) != 1 || d.net.Unacked() != 2 || d.net.Connected() {
		t.Fatalf("without permission: %+v, %d unacknowledged", got, d.net.Unacked())
	}
	yes.Store(true)
	sameTexts(t, d.awaitMessages(2), []string{"halo", "1"})
	d.awaitReady()
	if err := d.Send(soon(t), addressOf(budi), "3EB0A", bridge.Outgoing{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	d.acked()
	if e := d.errorsLogged(); len(e) > 0 {
		t.Fatalf("logged %+v", e)
	}
}

// The permission ends after the library was given the message: the library asks
// for keys first, and what it then writes must not leave.
func TestPermissionIsAskedAtTheSocket(t *testing.T) {
	t.Parallel()
	var lose atomic.Pointer[atomic.Bool]
	d, yes := permitted(t, quick(), whatsapptest.Options{Trace: func(stanza string) {
		if yes := lose.Load(); yes != nil && strings.HasPrefix(stanza, "C->S <iq") && strings.Contains(stanza, "<key>") {
			yes.Store(false)
		}
	}})
	budi := d.customer("Budi")
	lose.Store(yes)
	e := sendError(t, d.Send(soon(t), addressOf(budi), "3EB0A", bridge.Outgoing{Text: "x"}))
	if e.Certainty == bridge.Refused || !e.Outage && e.Certainty != bridge.Blocked {
		t.Fatalf("got %+v", e)
	}
	if yes.Load() {
		t.Fatal("the library asked for no keys: the test shows nothing")
	}
	d.cut()
	if got := budi.Received(); len(got) != 0 {
		t.Fatalf("left without permission: %+v", got)
	}
	lose.Store(nil)
	yes.Store(true)
	d.awaitReady()
	if err := d.Send(soon(t), addressOf(budi), "3EB0A", bridge.Outgoing{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	if got := budi.Received(); len(got) != 1 || got[0].Text != "x" {
		t.Fatalf("phone shows %+v", got)
	}
}

func TestPermissionThatEndsBeforeTheLibraryIsCalled(t *testing.T) {
	t.Parallel()
	d, yes := permitted(t, quick(), whatsapptest.Options{})
	budi := d.talking("Budi")
	d.end()
	var once atomic.Bool
	d.options.Failpoint = func(step string) error {
		if step == "w.pre-send" && !once.Swap(true) {
			yes.Store(false)
		}
		return nil
	}
	d.open()
	d.run()
	d.awaitReady()
	e := sendError(t, d.Send(soon(t), addressOf(budi), "3EB0A", bridge.Outgoing{Text: "x"}))
	if e.Certainty != bridge.Blocked || e.Reason != reasonNotLeading || len(budi.Received()) != 1 {
		t.Fatalf("got %+v, phone shows %+v", e, budi.Received())
	}
}

// What was stored with the last of the permission is not acknowledged without it.
func TestNothingIsAcknowledgedWithoutPermission(t *testing.T) {
	t.Parallel()
	d, yes := permitted(t, quick(), whatsapptest.Options{})
	budi := d.talking("Budi")
	d.inbox.setRefuse(func(*bridge.ClientMessage, *bridge.Receipt) error {
		yes.Store(false)
		return nil
	})
	must(budi.Send("1"))
	sameTexts(t, d.awaitMessages(2), []string{"halo", "1"})
	d.cut()
	if d.net.Unacked() != 1 {
		t.Fatalf("%d unacknowledged", d.net.Unacked())
	}
	d.inbox.setRefuse(nil)
	yes.Store(true)
	d.acked()
}

func TestPokeEndsABackOff(t *testing.T) {
	t.Parallel()
	t.Run("of the library", func(t *testing.T) {
		set := quick()
		set.retrySpread = 24 * time.Hour
		d := linked(t, set)
		d.net.SetFaults(whatsapptest.Faults{Outage: true})
		for ctx := soon(t); d.logs.FilterMessageSnippet("Error reconnecting").Len() == 0; {
			if sleep(ctx, time.Millisecond) != nil {
				t.Fatal("no attempt failed")
			}
		}
		d.net.ClearFaults()
		awaitPoke(t, d)
	})
	t.Run("between links", func(t *testing.T) {
		set := quick()
		set.initialReconnect = false
		d := newDesk(t, set)
		d.pair()
		d.net.SetFaults(whatsapptest.Faults{RefuseHTTP: 503})
		d.run()
		d.awaitStatus(func(s Status) bool { return !s.Until.IsZero() })
		d.net.ClearFaults()
		awaitPoke(t, d)
	})
}

// awaitPoke pokes until the desk is ready: the first one may come just before
// the wait that it should end.
func awaitPoke(t *testing.T, d *desk) {
	t.Helper()
	for ctx := soon(t); !d.Ready(); {
		d.Poke()
		if sleep(ctx, 200*time.Millisecond) != nil {
			t.Fatalf("not woken: %+v", d.Status())
		}
	}
	l := d.link.Load()
	d.Poke()
	_ = sleep(t.Context(), aWhile)
	if d.link.Load() != l || !d.Ready() {
		t.Fatal("a connection that is up was given up")
	}
}

func TestPokesAreNotTooMany(t *testing.T) {
	set := quick()
	set.pokeEvery = time.Hour
	c := must(open(t.Context(), Options{Dir: t.TempDir(), Network: must(ParseNetwork("http://127.0.0.1:1", sharedRoot()))}, set))
	defer c.Close()
	c.Poke()
	<-c.gate.wake
	c.Poke()
	if len(c.gate.wake) != 0 {
		t.Fatal("the second one counts")
	}
}

// WhatsApp's own time is waited out, whoever asks for a connection.
func TestBanIsWaitedOut(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	d.stop()
	d.net.SetFaults(whatsapptest.Faults{RefuseLogin: &whatsapptest.Refusal{Reason: 402, Code: 101, Expire: time.Hour}})
	d.run()
	ban := d.awaitStatus(func(s Status) bool { return s.State == StateBanned && !s.Until.IsZero() })
	if left := time.Until(ban.Until); left < 59*time.Minute || left > time.Hour+time.Second {
		t.Fatalf("ends in %s", left)
	}
	d.net.ClearFaults()
	d.Poke()
	d.Hold("standing by")
	d.awaitStatus(func(s Status) bool { return s.State == StateHeld })
	d.Release()
	if again := d.awaitStatus(func(s Status) bool { return s.State == StateBanned }); again != ban {
		t.Fatalf("was %+v, is %+v", ban, again)
	}
	_ = sleep(t.Context(), aWhile)
	if d.net.Connected() || d.Status() != ban {
		t.Fatal("connected while banned")
	}
}

func TestPairingIsHeldToo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	d.Hold("standing by")
	err := d.Pair(soon(t), func(string) { t.Error("offered a code") })
	if !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), "standing by") {
		t.Fatalf("got %v", err)
	}
	d.Release()
	err = d.Pair(soon(t), func(string) { d.Hold("the store is not safe") })
	if !errors.Is(err, ErrHeld) {
		t.Fatalf("got %v", err)
	}
	d.Release()
	d.pair()
}

func TestReplacementsThatFollowEachOtherSlowDown(t *testing.T) {
	var b backoff
	now := time.Now()
	ours := ending{state: StateReplaced, pause: 30 * time.Second}
	for i, want := range []time.Duration{30, 60, 120, 240} {
		if e := b.after(ours, now.Add(time.Duration(i)*time.Second), 0); e.pause != want*time.Second || e.fixed {
			t.Fatalf("replacement %d: %+v", i, e)
		}
	}
	// The fifth within a minute, as when somebody pokes each time.
	if e := b.after(ours, now.Add(5*time.Second), 0); !e.fixed || e.pause < replacedLimit {
		t.Fatalf("the fifth: %+v", e)
	}
	if e := b.after(ours, now.Add(time.Hour), time.Hour); e.fixed || e.pause != 30*time.Second {
		t.Fatalf("an hour later: %+v", e)
	}
}

func TestHoldWakesWhoeverWaits(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	d.run()
	d.awaitState(StateNotPaired)
	d.Hold("standing by")
	d.awaitState(StateHeld)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.rest(ctx, time.Now().Add(time.Hour), true)
	d.forgetStates()
	d.Release()
	d.awaitState(StateNotPaired)
}
