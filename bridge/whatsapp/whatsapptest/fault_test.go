package whatsapptest_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
)

func customer(n *whatsapptest.Network) *whatsapptest.Phone {
	return n.AddCustomer(whatsapptest.Customer{Phone: "6281200000001", Name: "Budi"})
}

func TestUnacknowledgedStanzasComeAgainInOrder(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	budi := customer(n)
	must(t)(budi.Send("nol"))
	waitFor[*events.Message](b, 1)
	check(t, n.WaitAcked(soon(t)))

	b.reject.Store(true)
	var want []string
	for i := range 3 {
		want = append(want, must(t)(budi.Send(fmt.Sprint("satu ", i))))
	}
	if n.Unacked() != 3 {
		t.Fatalf("%d unacked", n.Unacked())
	}
	b.stop()
	want = append(want, must(t)(budi.Send("while away")))
	if n.Unacked() != 4 {
		t.Fatalf("%d unacked", n.Unacked())
	}
	again := newBot(t, n, b.file)
	check(t, again.Connect())
	var got []string
	for _, message := range waitFor[*events.Message](again, 4) {
		got = append(got, message.Info.ID)
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	if preview := waitFor[*events.OfflineSyncPreview](again, 1)[0]; preview.Messages != 4 {
		t.Fatalf("preview %+v", preview)
	}
	waitFor[*events.OfflineSyncCompleted](again, 1)
	check(t, n.WaitAcked(soon(t)))
}

func TestSocketDropInTheMiddleOfASend(t *testing.T) {
	for name, delivered := range map[string]bool{"before": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			n, b := linked(t, whatsapptest.Options{})
			budi := customer(n)
			must(t)(budi.Send("halo"))
			waitFor[*events.Message](b, 1)
			n.FailMessages(whatsapptest.MessageFault{Drop: true, Deliver: delivered})
			id := b.say(budi.LID(), "sent twice on the wire")
			got := budi.Received()
			want := 1
			if delivered {
				want = 2
			}
			if len(got) != 1 || got[0].ID != id || got[0].Deliveries != want {
				t.Fatalf("screen %+v", got)
			}
		})
	}
}

func TestRefusedLogins(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	b.stop()
	n.SetFaults(whatsapptest.Faults{RefuseLogin: &whatsapptest.Refusal{Reason: 402, Code: 101, Expire: time.Hour}})
	b = newBot(t, n, b.file)
	check(t, b.Connect())
	if ban := waitFor[*events.TemporaryBan](b, 1)[0]; ban.Expire != time.Hour || ban.Code != 101 {
		t.Fatalf("ban %+v", ban)
	}
	b.stop()
	n.SetFaults(whatsapptest.Faults{RefuseLogin: &whatsapptest.Refusal{Reason: 405}})
	b = newBot(t, n, b.file)
	check(t, b.Connect())
	waitFor[*events.ClientOutdated](b, 1)
	b.stop()
	n.SetFaults(whatsapptest.Faults{RefuseLogin: &whatsapptest.Refusal{Reason: 400}})
	b = newBot(t, n, b.file)
	check(t, b.Connect())
	if failure := waitFor[*events.ConnectFailure](b, 1)[0]; failure.Reason != 400 {
		t.Fatalf("failure %+v", failure)
	}
	b.stop()
	n.SetFaults(whatsapptest.Faults{RefuseLogin: &whatsapptest.Refusal{Reason: 503}})
	b = newBot(t, n, b.file)
	check(t, b.Connect())
	waitFor[*events.Disconnected](b, 1)
	n.ClearFaults()
	waitFor[*events.Connected](b, 1)
	b.stop()
	n.SetFaults(whatsapptest.Faults{RefuseLogin: &whatsapptest.Refusal{Reason: 401}})
	b = newBot(t, n, b.file)
	check(t, b.Connect())
	if out := waitFor[*events.LoggedOut](b, 1)[0]; !out.OnConnect {
		t.Fatalf("logged out %+v", out)
	}
}

func TestStreamErrors(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	n.StreamError(503, "")
	waitFor[*events.Disconnected](b, 1)
	waitFor[*events.Connected](b, 2)
	n.StreamError(515, "")
	waitFor[*events.Connected](b, 3)
	n.StreamError(0, "replaced")
	waitFor[*events.StreamReplaced](b, 1)
	b.stop()
	b = b.restart()
	n.Unlink()
	if out := waitFor[*events.LoggedOut](b, 1)[0]; out.OnConnect {
		t.Fatalf("logged out %+v", out)
	}
	if n.Companions() != 0 {
		t.Fatalf("%d companions", n.Companions())
	}
}

func TestSecondConnectionReplacesTheFirst(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	second := newBot(t, n, b.file)
	check(t, second.Connect())
	waitFor[*events.Connected](second, 1)
	waitFor[*events.StreamReplaced](b, 1)
}

func TestAnswersThatFail(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	budi := customer(n)
	message := &waE2E.Message{Conversation: new("once")}

	n.RefuseMessages(1, 463)
	_, err := b.SendMessage(t.Context(), budi.PN(), message)
	if !errors.Is(err, whatsmeow.ErrServerReturnedError) || !strings.Contains(err.Error(), "463") || len(budi.Screen()) != 0 {
		t.Fatalf("error %v, screen %+v", err, budi.Screen())
	}

	n.LoseAcks(1)
	extra := whatsmeow.SendRequestExtra{ID: "3EB0AAAAAAAAAAAAAAAA"}
	impatient := extra
	impatient.Timeout = 50 * time.Millisecond
	if _, err = b.SendMessage(t.Context(), budi.PN(), message, impatient); !errors.Is(err, whatsmeow.ErrMessageTimedOut) {
		t.Fatalf("error %v", err)
	}
	if _, err = b.SendMessage(t.Context(), budi.PN(), message, extra); err != nil {
		t.Fatal(err)
	}
	if got := budi.Screen(); len(got) != 1 || got[0].Deliveries != 2 || got[0].ID != extra.ID {
		t.Fatalf("screen %+v", got)
	}

	n.ExpectProblem("other content")
	other := &waE2E.Message{Conversation: new("something else")}
	if _, err = b.SendMessage(t.Context(), budi.PN(), other, extra); err != nil {
		t.Fatal(err)
	}
	if got := n.Problems(); len(got) != 2 || !strings.Contains(got[1], "other content") {
		t.Fatalf("problems %v", got)
	}
}

func TestOutageAndRefusedHTTP(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	n.SetFaults(whatsapptest.Faults{Outage: true})
	waitFor[*events.Disconnected](b, 1)
	if n.Connected() {
		t.Fatal("connected in an outage")
	}
	n.SetFaults(whatsapptest.Faults{})
	waitFor[*events.Connected](b, 2)
	b.stop()

	n.SetFaults(whatsapptest.Faults{RefuseHTTP: 403})
	b = newBot(t, n, b.file)
	if err := b.Connect(); err == nil {
		t.Fatal("connected against a 403")
	}
}

func TestDelaysAndHeldStanzas(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	budi := customer(n)
	n.SetFaults(whatsapptest.Faults{AckDelay: 60 * time.Millisecond})
	start := time.Now()
	b.say(budi.PN(), "slow")
	if took := time.Since(start); took < 60*time.Millisecond {
		t.Fatalf("acknowledged after %s", took)
	}
	n.SetFaults(whatsapptest.Faults{HoldPush: true})
	must(t)(budi.Send("held"))
	if n.Unacked() == 0 {
		t.Fatal("nothing held")
	}
	n.ClearFaults()
	waitFor[*events.Message](b, 1)
	check(t, n.WaitAcked(soon(t)))
}

func TestUnreadableMessageIsAskedForAgain(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	budi := customer(n)
	must(t)(budi.Send("halo"))
	waitFor[*events.Message](b, 1)
	b.say(budi.LID(), "hai")
	// The client's session breaks: it forgets it, and the next message is
	// sealed for the old one.
	check(t, b.Store.Sessions.DeleteSession(t.Context(), budi.LID().SignalAddress().String()))
	id := must(t)(budi.Send("unreadable at first"))
	waitFor[*events.UndecryptableMessage](b, 1)
	got := waitFor[*events.Message](b, 2)[1]
	if got.Info.ID != id || got.RetryCount != 1 || len(n.Retries()) != 1 {
		t.Fatalf("message %+v, retries %v", got, n.Retries())
	}
	check(t, n.WaitAcked(soon(t)))
}

func TestCustomerAsksForAMessageAgain(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	budi := n.AddCustomer(whatsapptest.Customer{Phone: "6281200000001", Devices: 2})
	b.say(budi.PN(), "satu")
	budi.LoseSessions()
	id := b.say(budi.PN(), "dua")
	check(t, budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return len(s) == 2 && s[1].Text == "dua" }))
	if got := budi.Screen()[1]; got.ID != id || got.Kind != whatsapptest.KindText {
		t.Fatalf("screen %+v", got)
	}
	check(t, budi.RequestRetry(id, 0))
	check(t, budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return s[1].Deliveries > 2 }))
	check(t, n.WaitAcked(soon(t)))
	b.say(budi.PN(), "tiga")
	if got := budi.Screen(); len(got) != 3 || got[2].Devices != 2 {
		t.Fatalf("screen %+v", got)
	}
}

func TestHostileStanzasStopNothing(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{})
	mallory := n.AddCustomer(whatsapptest.Customer{Phone: "6281299999999", Name: "Mallory"})
	budi := customer(n)
	must(t)(mallory.Send("hello"))
	waitFor[*events.Message](b, 1)
	for _, attack := range whatsapptest.Attacks {
		must(t)(mallory.Attack(attack))
	}
	must(t)(mallory.Send(strings.Repeat("z", 100_000)))
	must(t)(budi.Send("still here"))
	check(t, n.WaitAcked(soon(t)))
	if nacks := n.Nacks(); !slices.ContainsFunc(nacks, func(nack whatsapptest.Nack) bool { return nack.Code == 491 }) {
		t.Errorf("no nack for a wrong protobuf: %+v", nacks)
	}
	b.wait("honest message", func(list []any) bool {
		return slices.Contains(texts(of[*events.Message](list)), "still here")
	})
	b.say(budi.PN(), "yes")
}

func TestUnexpectedRequestIsAProblem(t *testing.T) {
	var heard []string
	n, err := whatsapptest.New(whatsapptest.Options{FewKeys: true, Problem: func(text string) { heard = append(heard, text) }})
	check(t, err)
	t.Cleanup(func() { check(t, n.Close()) })
	b := newBot(t, n, filepath.Join(t.TempDir(), "session.db"))
	b.pair(false)
	if err := b.SetGroupName(t.Context(), types.NewJID("120363", types.GroupServer), "x"); err == nil {
		t.Fatal("group renamed")
	}
	if _, err := b.SendMessage(t.Context(), types.NewJID("123", types.HiddenUserServer), &waE2E.Message{Conversation: new("x")}); err == nil {
		t.Fatal("message to nobody accepted")
	}
	got := n.Problems()
	if len(got) != 2 || !strings.Contains(got[0], "w:g2") || !strings.Contains(got[1], "unknown") {
		t.Fatalf("problems %q", got)
	}
	check(t, n.Close())
	if !slices.Equal(heard, got) {
		t.Fatalf("heard %q", heard)
	}
}

func TestLinkByCode(t *testing.T) {
	n := whatsapptest.Start(t, whatsapptest.Options{FewKeys: true})
	b := newBot(t, n, filepath.Join(t.TempDir(), "session.db"))
	check(t, b.Connect())
	waitFor[*events.QR](b, 1)
	code, err := b.PairPhone(t.Context(), n.Business().Number(), true, whatsmeow.PairClientChrome, "Chrome (Linux)")
	check(t, err)
	check(t, n.EnterCode(t.Context(), code))
	waitFor[*events.Connected](b, 1)
}

func TestWaitingEndsWithItsContext(t *testing.T) {
	n := whatsapptest.Start(t, whatsapptest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.WaitConnected(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	check(t, n.Close())
	if err := n.WaitConnected(t.Context()); !errors.Is(err, whatsapptest.ErrClosed) {
		t.Fatal(err)
	}
}

func TestSomeAcksAreLostAndAllMessagesArrive(t *testing.T) {
	n, b := linked(t, whatsapptest.Options{Seed: 7})
	budi := customer(n)
	b.say(budi.PN(), "opens the session")
	n.SetFaults(whatsapptest.Faults{LostAcks: 0.5})
	lost := 0
	for range 8 {
		_, err := b.SendMessage(t.Context(), budi.PN(), &waE2E.Message{Conversation: new("x")},
			whatsmeow.SendRequestExtra{Timeout: 200 * time.Millisecond})
		if errors.Is(err, whatsmeow.ErrMessageTimedOut) {
			lost++
		}
	}
	if got := len(budi.Received()); lost == 0 || got != 9 {
		t.Fatalf("%d lost, %d of 9 delivered", lost, got)
	}
}

func TestWrongLinkCode(t *testing.T) {
	n := whatsapptest.Start(t, whatsapptest.Options{})
	b := newBot(t, n, filepath.Join(t.TempDir(), "session.db"))
	check(t, b.Connect())
	waitFor[*events.QR](b, 1)
	_, err := b.PairPhone(t.Context(), n.Business().Number(), true, whatsmeow.PairClientChrome, "Chrome (Linux)")
	check(t, err)
	if err := n.EnterCode(t.Context(), "ABCD-EFGH"); err == nil || !strings.Contains(err.Error(), "wrong code") {
		t.Fatalf("error %v", err)
	}
	if err := n.Pair(t.Context(), "https://wa.me/settings/linked_devices#nothing"); err == nil {
		t.Fatal("scanned nonsense")
	}
	if n.Companions() != 0 {
		t.Fatal("linked by a wrong code")
	}
}
