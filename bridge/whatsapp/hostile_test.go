package whatsapp

import (
	"sync/atomic"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

func TestHostileStanzasLeaveAPlaceholderAndBlockNothing(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi\u202e\x00  Santoso")
	must(budi.Send("1"))
	d.awaitMessages(1)
	for i, attack := range whatsapptest.Attacks {
		id := must(budi.Attack(attack))
		m := d.awaitMessages(i + 2)[i+1]
		if m.ID != id || m.Unreadable == "" || m.Kind == "" || m.Text != "" || m.Phone != budi.Number() {
			t.Errorf("%s: %+v", attack, m)
		}
		d.acked()
	}
	must(budi.Send("2"))
	messages := d.awaitMessages(2 + len(whatsapptest.Attacks))
	if m := messages[len(messages)-1]; m.Text != "2" || m.Unreadable != "" {
		t.Fatalf("after the attacks: %+v", m)
	}
	d.acked()
	d.restart()
	d.awaitReady()
	if got := d.inbox.all(); len(got) != len(messages) {
		t.Fatalf("%d messages after a restart, had %d", len(got), len(messages))
	}
	if e := d.errorsLogged(); len(e) > 0 {
		t.Fatalf("logged %+v", e)
	}
}

// A placeholder is stored before the library acknowledges what it could not
// decrypt: else a crash or a failing store would make the message vanish.
func TestPlaceholderIsStoredBeforeTheAcknowledgement(t *testing.T) {
	t.Parallel()
	for _, attack := range []whatsapptest.Attack{whatsapptest.RandomCiphertext, whatsapptest.NoCiphertext, whatsapptest.UnknownCiphertext} {
		t.Run(string(attack), func(t *testing.T) {
			d := linked(t, quick())
			budi := d.customer("Budi")
			must(budi.Send("1"))
			d.awaitMessages(1)
			d.acked()
			var down atomic.Bool
			down.Store(true)
			d.inbox.setRefuse(func(*bridge.ClientMessage, *bridge.Receipt) error {
				if down.Load() {
					return bridge.ErrNotStored
				}
				return nil
			})
			id := must(budi.Attack(attack))
			d.awaitState(StateHeld)
			if d.net.Unacked() != 1 {
				t.Fatal("acknowledged without being stored")
			}
			down.Store(false)
			if m := d.awaitMessages(2)[1]; m.ID != id || m.Unreadable == "" {
				t.Fatalf("got %+v", m)
			}
			d.acked()
		})
	}
}

func TestMessageThatBecomesReadableFollowsItsPlaceholder(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	must(budi.Send("1"))
	d.awaitMessages(1)
	if err := d.Send(soon(t), bridge.Address(budi.Address().String()), "3EB0A", bridge.Outgoing{Text: "ya"}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.db.Exec(`DELETE FROM whatsmeow_sessions WHERE their_id LIKE ?`, budi.LID().User+"%"); err != nil {
		t.Fatal(err)
	}
	id := must(budi.Send("2"))
	messages := d.awaitMessages(3)
	if m := messages[1]; m.ID != id || m.Unreadable == "" {
		t.Fatalf("placeholder %+v", m)
	}
	if m := messages[2]; m.ID != id || m.Unreadable != "" || m.Text != "2" {
		t.Fatalf("message %+v", m)
	}
}

func TestWithheldContentIsTold(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	must(budi.Send("1"))
	d.awaitMessages(1)
	must(budi.SendNode(waBinary.Node{Tag: "message", Content: []waBinary.Node{
		{Tag: "unavailable", Attrs: waBinary.Attrs{"type": string(events.UnavailableTypeViewOnce)}},
	}}))
	if m := d.awaitMessages(2)[1]; m.Kind != "view_once" || m.Unreadable != reasonViewOnce {
		t.Fatalf("got %+v", m)
	}
}

func TestGroupsAndStatusAreNotOurs(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	must(budi.Send("1"))
	d.awaitMessages(1)
	// The network knows no groups, so that it wonders where the answers go.
	d.net.ExpectProblem("retry receipt to unknown")
	for _, from := range []string{"12036304@g.us", "status@broadcast"} {
		must(budi.SendNode(waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{
			"from": parseJID(t, from), "participant": budi.LID(),
		}, Content: []waBinary.Node{{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": "skmsg"}, Content: []byte{0x33, 1, 2, 3}}}}))
	}
	d.acked()
	must(budi.Send("2"))
	sameTexts(t, d.awaitMessages(2), numbers(1, 2))
}
