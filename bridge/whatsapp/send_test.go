package whatsapp

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/types"
	"modernc.org/sqlite"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

func TestServerErrorsAreClassified(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	to := bridge.Address(budi.Address().String())
	for code, want := range map[int]bridge.SendError{
		400: {Certainty: bridge.Refused},
		404: {Certainty: bridge.Refused},
		429: {Certainty: bridge.Blocked, RetryAfter: 5 * time.Minute},
		463: {Certainty: bridge.NotSent, RetryAfter: 30 * time.Minute},
		479: {Certainty: bridge.NotSent, RetryAfter: time.Minute},
		503: {Certainty: bridge.Unknown, Outage: true},
		600: {Certainty: bridge.Unknown},
	} {
		d.net.RefuseMessages(1, code)
		e := sendError(t, d.Send(soon(t), to, MessageID("a", fmt.Sprint(code)), bridge.Outgoing{Text: "x"}))
		if e.Certainty != want.Certainty || e.RetryAfter != want.RetryAfter || e.Outage != want.Outage || e.Reason == "" {
			t.Errorf("%d: %+v", code, e)
		}
	}
	if len(budi.Received()) != 0 {
		t.Error("refused messages arrived")
	}
}

// A failure of the network as a whole or of our own disk does not count against
// the message.
func TestOutagesOfASendDoNotCount(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bridge.SendError
	}{
		"unanswered":   {whatsmeow.ErrIQTimedOut, bridge.SendError{Certainty: bridge.Unknown, Outage: true}},
		"broken off":   {whatsmeow.ErrIQDisconnected, bridge.SendError{Certainty: bridge.Unknown, Outage: true}},
		"closed":       {socket.ErrSocketClosed, bridge.SendError{Certainty: bridge.Unknown, Outage: true}},
		"link ended":   {context.Canceled, bridge.SendError{Certainty: bridge.Unknown, Outage: true}},
		"database":     {&sqlite.Error{}, bridge.SendError{Certainty: bridge.Unknown, Outage: true}},
		"closed disk":  {sql.ErrConnDone, bridge.SendError{Certainty: bridge.Unknown, Outage: true}},
		"too fast":     {whatsmeow.ErrIQRateOverLimit, bridge.SendError{Certainty: bridge.Blocked, RetryAfter: 5 * time.Minute}},
		"who knows":    {errors.New("odd"), bridge.SendError{Certainty: bridge.Unknown}},
		"no address":   {errors.New("no LID found for 628 from server"), bridge.SendError{Certainty: bridge.NotSent, RetryAfter: time.Minute}},
		"disconnected": {whatsmeow.ErrNotConnected, bridge.SendError{Certainty: bridge.Blocked}},
	} {
		e := classify(fmt.Errorf("get device list: %w", test.err), write)
		if e.Certainty != test.want.Certainty || e.Outage != test.want.Outage || e.RetryAfter != test.want.RetryAfter || e.Reason == "" || !errors.Is(e, test.err) {
			t.Errorf("%s: %+v", name, e)
		}
	}
	if e := sendError(t, unanswered(&sqlite.Error{})); !e.Outage || e.Certainty != bridge.NotSent {
		t.Errorf("question: %+v", e)
	}
}

func TestUnansweredSendIsUnknownAndTheSameIDIsShownOnce(t *testing.T) {
	t.Parallel()
	set := quick()
	set.sendTimeout = 2 * time.Second
	d := linked(t, set)
	budi := d.customer("Budi")
	to := bridge.Address(budi.Address().String())
	if err := d.Send(soon(t), to, "3EB0WARM", bridge.Outgoing{Text: "halo"}); err != nil {
		t.Fatal(err)
	}
	d.net.LoseAcks(1)
	if e := sendError(t, d.Send(soon(t), to, "3EB0LOST", bridge.Outgoing{Text: "sekali"})); e.Certainty != bridge.Unknown || !errors.Is(e, whatsmeow.ErrMessageTimedOut) {
		t.Fatalf("got %+v", e)
	}
	if err := d.Send(soon(t), to, "3EB0LOST", bridge.Outgoing{Text: "sekali"}); err != nil {
		t.Fatal(err)
	}
	if got := budi.Received(); len(got) != 2 || got[1].Deliveries != 2 {
		t.Fatalf("phone shows %+v", got)
	}
}

func TestSendsWaitForEachOtherAsLongAsTheyMay(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	to := bridge.Address(budi.Address().String())
	var group sync.WaitGroup
	for i := range 12 {
		group.Go(func() {
			if err := d.Send(soon(t), to, MessageID("a", fmt.Sprint(i)), bridge.Outgoing{Text: "x"}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := len(budi.Received()); got != 12 {
		t.Fatalf("%d arrived", got)
	}
	d.net.SetFaults(whatsapptest.Faults{AckDelay: 4 * time.Second})
	group.Go(func() {
		if err := d.Send(soon(t), to, "3EB0SLOW", bridge.Outgoing{Text: "x"}); err != nil {
			t.Error(err)
		}
	})
	for len(budi.Received()) != 13 {
		_ = sleep(t.Context(), time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	e := sendError(t, d.Send(ctx, to, "3EB0NEXT", bridge.Outgoing{Text: "x"}))
	if e.Certainty != bridge.Blocked || time.Since(began) > 3*time.Second {
		t.Fatalf("after %s: %+v", time.Since(began), e)
	}
	group.Wait()
}

func TestDeadlineIsHonouredWhileWhatsAppIsSilent(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	d.net.SetFaults(whatsapptest.Faults{AnswerDelay: 2 * atMost})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := d.Send(ctx, bridge.Address(budi.PN().String()), "3EB0A", bridge.Outgoing{Text: "x"})
	if e := sendError(t, err); time.Since(began) > atMost || e.Certainty == bridge.Refused {
		t.Fatalf("after %s: %+v", time.Since(began), e)
	}
}

func TestNumbersWithoutWhatsAppAreRefused(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	gone := d.customer("Budi")
	known := d.customer("Sari")
	must(known.Send("halo"))
	d.awaitMessages(1)
	known.Remove()
	lid := gone.LID()
	gone.Remove()
	for _, to := range []string{"628999999999@s.whatsapp.net", lid.String(), known.LID().String(), known.PN().String()} {
		e := sendError(t, d.Send(soon(t), bridge.Address(to), "3EB0A", bridge.Outgoing{Text: "x"}))
		if e.Certainty != bridge.Refused || e.Reason == "" {
			t.Errorf("%s: %+v", to, e)
		}
	}
	for _, to := range []bridge.Address{"", "x", "123@g.us", "status@broadcast", "628:3@s.whatsapp.net"} {
		if e := sendError(t, d.Send(soon(t), to, "3EB0A", bridge.Outgoing{Text: "x"})); e.Certainty != bridge.Refused {
			t.Errorf("%q: %+v", to, e)
		}
	}
}

func TestFailpointsStopASend(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	d.end()
	stop := errors.New("stopped by the test")
	at := "w.pre-send"
	d.options.Failpoint = func(step string) error {
		if step == at {
			return stop
		}
		return nil
	}
	d.open()
	d.pair()
	d.run()
	d.awaitReady()
	budi := d.customer("Budi")
	to := bridge.Address(budi.Address().String())
	if err := d.Send(soon(t), to, "3EB0A", bridge.Outgoing{Text: "x"}); !errors.Is(err, stop) || len(budi.Received()) != 0 {
		t.Fatalf("before: %v, phone shows %+v", err, budi.Received())
	}
	at = "w.sent"
	if err := d.Send(soon(t), to, "3EB0A", bridge.Outgoing{Text: "x"}); !errors.Is(err, stop) || len(budi.Received()) != 1 {
		t.Fatalf("after: %v, phone shows %+v", err, budi.Received())
	}
}

func TestMessageIDIsTheSameAtEveryAttempt(t *testing.T) {
	id := MessageID("desk", "letter-1")
	if id != MessageID("desk", "letter-1") || id == MessageID("desk", "letter-2") || id == MessageID("other", "letter-1") {
		t.Fatal(id)
	}
	if len(id) != 22 || id[:4] != "3EB0" || cleanID(id) != id {
		t.Fatal(id)
	}
}

func TestMessageThatNoDeviceCanReadIsNotSent(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi, sari := d.customer("Budi"), d.customer("Sari")
	if err := d.Send(soon(t), bridge.Address(budi.LID().String()), "3EB0A", bridge.Outgoing{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	l := d.link.Load()
	if err := l.readable(t.Context(), []types.JID{sari.LID(), budi.LID()}); err != nil {
		t.Fatal(err)
	}
	if e := sendError(t, l.readable(t.Context(), []types.JID{sari.LID()})); e.Certainty != bridge.NotSent || e.RetryAfter == 0 {
		t.Fatalf("got %+v", e)
	}
}
