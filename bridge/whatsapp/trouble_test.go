package whatsapp

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/proto/waSyncAction"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// WhatsApp tells of the lock, and when it ends. Answers still go out.
func TestTimeLockIsReportedUntilItIsOver(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi, stranger := d.talking("Budi"), d.customer("Sari")
	until := time.Now().Add(time.Hour)
	d.net.Business().Restrict("RESTRICT_ALL_COMPANIONS", until)
	s := d.awaitStatus(func(s Status) bool { return s.Locked.Active() })
	if s.State != StateReady || s.Locked.Code != "RESTRICT_ALL_COMPANIONS" || s.Locked.Until.Unix() != until.Unix() || time.Since(s.Locked.Since) > time.Minute {
		t.Fatalf("status %+v", s)
	}
	e := sendError(t, d.Send(soon(t), addressOf(stranger), "3EB0A", bridge.Outgoing{Text: "promo"}))
	if e.Certainty != bridge.NotSent || e.Outage || e.RetryAfter != 30*time.Minute || e.Reason == "" {
		t.Fatalf("got %+v", e)
	}
	if err := d.Send(soon(t), addressOf(budi), "3EB0B", bridge.Outgoing{Text: "jawaban"}); err != nil {
		t.Fatalf("an answer: %v", err)
	}
	if got := d.Status().Locked; got != s.Locked {
		t.Fatalf("the refusal changed what WhatsApp told: %+v", got)
	}
	d.acked()
	d.restart()
	d.awaitReady()
	if got := d.Status().Locked; got != s.Locked {
		t.Fatalf("after a restart %+v", got)
	}
	d.net.Business().Unrestrict("RESTRICT_ALL_COMPANIONS")
	d.awaitStatus(func(s Status) bool { return !s.Locked.Active() })
	d.acked()
	d.net.Business().Restrict("BIZ", time.Now().Add(2*time.Second))
	d.awaitStatus(func(s Status) bool { return s.Locked.Code == "BIZ" })
	d.awaitStatus(func(s Status) bool { return !s.Locked.Active() })
	d.restart()
	if s := d.Status(); s.Locked.Active() {
		t.Fatalf("came back: %+v", s)
	}
}

// Without a word of WhatsApp the refusal is all there is: the lock is a guess.
func TestRefusedFirstMessageIsALock(t *testing.T) {
	t.Parallel()
	set := quick()
	set.lockedFor = 3 * time.Second
	d := linked(t, set)
	stranger := d.customer("Sari")
	d.net.RefuseMessages(1, 463)
	sendError(t, d.Send(soon(t), addressOf(stranger), "3EB0A", bridge.Outgoing{Text: "promo"}))
	s := d.Status()
	if s.Locked.Code != codeRefused || s.Locked.Until.IsZero() || s.State != StateReady {
		t.Fatalf("status %+v", s)
	}
	d.awaitStatus(func(s Status) bool { return !s.Locked.Active() })
	d.net.RefuseMessages(1, 403)
	sendError(t, d.Send(soon(t), addressOf(stranger), "3EB0B", bridge.Outgoing{Text: "promo"}))
	if s := d.Status(); s.Locked.Active() {
		t.Fatalf("another refusal locked: %+v", s)
	}
}

func TestOddTimeLocksAreBounded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	d.pair()
	l := d.newLink(t.Context(), must(d.container.GetFirstDevice(t.Context())), nil)
	defer l.close()
	l.handle(&events.NotifyAccountReachoutTimelock{IsActive: true})
	if s := d.Status().Locked; s.Code == "" || !s.Until.After(time.Now()) {
		t.Fatalf("without code and end: %+v", s)
	}
	over := events.NotifyAccountReachoutTimelock{IsActive: true, EnforcementType: "X"}
	over.TimeEnforcementEnds.Time = time.Now().Add(-time.Hour)
	l.handle(&over)
	if s := d.Status().Locked; s.Active() {
		t.Fatalf("already over: %+v", s)
	}
}

func TestSignsOfLifeOfThePhone(t *testing.T) {
	t.Parallel()
	set := quick()
	set.seenEvery = 0
	d := linked(t, set)
	if seen := d.Status().PhoneSeen; time.Since(seen) > time.Minute {
		t.Fatalf("pairing is no sign: %s", seen)
	}
	budi := d.talking("Budi")
	phone := d.net.Business()
	id := must(budi.Send("1"))
	d.awaitMessages(2)
	unsee := func() { d.change(func(s *Status) { s.PhoneSeen = time.Time{} }) }
	unsee()
	budi.MarkRead()
	must(budi.Send("2"))
	d.awaitMessages(3)
	d.acked()
	if seen := d.Status().PhoneSeen; !seen.IsZero() {
		t.Fatal("a customer's sign counts as ours")
	}
	for name, sign := range map[string]func(){
		"message": func() { must(phone.Send(budi, "dari ponsel")) },
		"read":    func() { phone.ReadSelf(budi, id) },
		"sender":  func() { phone.ConfirmSelf(budi, MessageID("warm", "Budi")) },
		"protocol": func() {
			must(0, phone.Tell(&waE2E.ProtocolMessage{Type: waE2E.ProtocolMessage_SHARE_PHONE_NUMBER.Enum()}))
		},
		"settings": func() {
			d.link.Load().handle(&events.AppState{SyncActionValue: &waSyncAction.SyncActionValue{Timestamp: new(time.Now().UnixMilli())}})
		},
	} {
		unsee()
		sign()
		if s := d.awaitStatus(func(s Status) bool { return !s.PhoneSeen.IsZero() }); time.Since(s.PhoneSeen) > time.Minute {
			t.Errorf("%s: %s", name, s.PhoneSeen)
		}
	}
	d.acked()
	seen := d.Status().PhoneSeen
	d.restart()
	if got := d.Status().PhoneSeen; got != seen {
		t.Fatalf("after a restart %s, was %s", got, seen)
	}
	if got := d.Status().PhoneSeen; got.After(time.Now()) {
		t.Fatalf("in the future: %s", got)
	}
	d.sawPhone(time.Now().Add(100 * time.Hour))
	if got := d.Status().PhoneSeen; got.After(time.Now()) {
		t.Fatalf("in the future: %s", got)
	}
}

func TestThePhoneIsNotedAtMostOnceAnHour(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	hour := time.Now().Add(-10 * time.Hour)
	changes := 0
	for at := hour; at.Before(hour.Add(3 * time.Hour)); at = at.Add(time.Minute) {
		before := d.Status().PhoneSeen
		d.sawPhone(at)
		if d.Status().PhoneSeen != before {
			changes++
		}
	}
	if changes != 3 {
		t.Fatalf("%d changes in three hours", changes)
	}
	d.sawPhone(hour) // brought late
	if s := d.Status().PhoneSeen; s.Before(hour.Add(time.Hour)) {
		t.Fatalf("went back to %s", s)
	}
}

// statusFile appends what Changed hears to a file, for the parent to read.
func statusFile(file *os.File) func(Status) {
	return func(s Status) {
		if line, err := json.Marshal(s); err == nil {
			_, _ = file.Write(append(line, '\n'))
		}
	}
}

func readStatuses(t *testing.T, d *desk) (out []Status) {
	t.Helper()
	file, err := os.Open(filepath.Join(d.dir, "statuses"))
	if err != nil {
		return nil
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var s Status
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	return out
}

// The library's keepalive times hold for a whole process, so that this one has
// its own.
func TestSilenceOfWhatsAppIsSeen(t *testing.T) {
	t.Parallel()
	d := forChild(t)
	start(t, d, "quick pings", "")
	if err := d.net.WaitConnected(soon(t)); err != nil {
		t.Fatal(err)
	}
	await := func(what string, condition func([]Status) bool) {
		t.Helper()
		for ctx := soon(t); !condition(readStatuses(t, d)); {
			if sleep(ctx, 5*time.Millisecond) != nil {
				t.Fatalf("never %s: %+v", what, readStatuses(t, d))
			}
		}
	}
	last := func(s []Status) Status { return s[len(s)-1] }
	await("ready", func(s []Status) bool { return len(s) > 0 && last(s).State == StateReady && !last(s).Unanswered })
	d.net.SetFaults(whatsapptest.Faults{IgnorePings: true})
	await("unanswered", func(s []Status) bool { return last(s).Unanswered })
	d.net.ClearFaults()
	await("answered again", func(s []Status) bool { return last(s).State == StateReady && !last(s).Unanswered })
	// A silence that lasts is a lost connection.
	before := len(readStatuses(t, d))
	d.net.SetFaults(whatsapptest.Faults{IgnorePings: true})
	await("connecting", func(s []Status) bool {
		return slices.ContainsFunc(s[before:], func(s Status) bool { return s.State == StateConnecting && !s.Unanswered })
	})
	d.net.ClearFaults()
	await("ready again", func(s []Status) bool { return last(s).State == StateReady && !last(s).Unanswered })
}
