package whatsapp

import (
	"sync/atomic"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// unreadable makes a customer's next message one that cannot be decrypted, and
// returns it with its placeholder. The customer does not send it again yet.
func unreadable(t *testing.T, d *desk) (budi *whatsapptest.Phone, placeholder bridge.ClientMessage) {
	t.Helper()
	budi = d.talking("Budi")
	budi.SetAnswersRetries(false)
	if _, err := d.db.Exec(`DELETE FROM whatsmeow_sessions WHERE their_id LIKE ?`, budi.LID().User+"%"); err != nil {
		t.Fatal(err)
	}
	id := must(budi.Send("penting"))
	placeholder = d.awaitMessages(2)[1]
	if placeholder.ID != id || placeholder.Unreadable == "" || placeholder.Text != "" || placeholder.Kind != "text" {
		t.Fatalf("placeholder %+v", placeholder)
	}
	if err := d.net.WaitFor(soon(t), func() bool { return budi.Asked() == 1 }); err != nil {
		t.Fatal("not asked for")
	}
	return budi, placeholder
}

// sameMessage checks that the inbox can put the content in the placeholder's
// place.
func sameMessage(t *testing.T, placeholder, m bridge.ClientMessage, other bool) {
	t.Helper()
	if m.ID != placeholder.ID || m.Unreadable != "" || m.Text != "penting" || m.Kind != "text" || m.Own {
		t.Fatalf("content %+v of %+v", m, placeholder)
	}
	chat, alt := placeholder.Chat, placeholder.Alt
	if other {
		chat, alt = alt, chat
	}
	if m.Chat != chat || m.Alt != alt || chat == "" || alt == "" || m.Phone != placeholder.Phone {
		t.Fatalf("addresses of %+v and %+v", m, placeholder)
	}
	if m.At.Unix() < placeholder.At.Unix()-1 {
		t.Fatalf("times of %+v and %+v", m, placeholder)
	}
}

func TestContentFollowsItsPlaceholder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ restart, other, phone bool }{
		"from the customer":                         {},
		"after a restart":                           {restart: true},
		"from the other address":                    {other: true},
		"after a restart, from the other address":   {restart: true, other: true},
		"from our phone":                            {phone: true},
		"from our phone, under the other address":   {phone: true, other: true},
		"from our phone and then from the customer": {phone: true, restart: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := linked(t, quick())
			if test.phone {
				d.net.Business().SetResends(true)
			}
			budi, placeholder := unreadableFrom(t, d, test.phone && test.other)
			if test.phone {
				sameMessage(t, placeholder, d.awaitMessages(3)[2], test.other)
			} else if got := d.inbox.all(); len(got) != 2 {
				t.Fatalf("got %+v", got)
			}
			d.acked()
			if test.restart {
				d.restart()
				d.awaitReady()
			}
			if test.other {
				budi.SetAddressing(whatsapptest.ByPhoneNumber)
			}
			before := len(d.inbox.all())
			budi.SetAnswersRetries(true)
			sameMessage(t, placeholder, d.awaitMessages(before + 1)[before], test.other)
			d.acked()
			must(budi.Send("lagi"))
			if m := d.awaitMessages(before + 2)[before+1]; m.Text != "lagi" || m.Unreadable != "" {
				t.Fatalf("after it %+v", m)
			}
		})
	}
}

// unreadableFrom is unreadable; the phone's answer comes under the customer's
// other address if so wanted.
func unreadableFrom(t *testing.T, d *desk, other bool) (*whatsapptest.Phone, bridge.ClientMessage) {
	t.Helper()
	if !other {
		return unreadable(t, d)
	}
	d.net.Business().SetResends(false)
	budi, placeholder := unreadable(t, d)
	d.acked()
	budi.SetAddressing(whatsapptest.ByPhoneNumber)
	if err := d.net.Business().Resend(budi, placeholder.ID); err != nil {
		t.Fatal(err)
	}
	return budi, placeholder
}

// The library takes a phone's answer for handled even when the inbox refused it.
func TestContentFromOurPhoneIsNotLostWhenTheInboxFails(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	d.net.Business().SetResends(true)
	var down atomic.Bool
	down.Store(true)
	d.inbox.setRefuse(func(m *bridge.ClientMessage, _ *bridge.Receipt) error {
		if down.Load() && m != nil && m.Text == "penting" {
			return bridge.ErrNotStored
		}
		return nil
	})
	_, placeholder := unreadable(t, d)
	d.awaitState(StateHeld)
	down.Store(false)
	sameMessage(t, placeholder, d.awaitMessages(3)[2], false)
	d.acked()
}

// What can be viewed once is on no companion, and our phone does not give it away.
func TestWhatIsViewedOnceStaysAPlaceholder(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	d.net.Business().SetResends(true)
	budi := d.talking("Budi")
	id := must(budi.SendNode(waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{"type": "media"}, Content: []waBinary.Node{
		{Tag: "unavailable", Attrs: waBinary.Attrs{"type": string(events.UnavailableTypeViewOnce)}},
	}}))
	if m := d.awaitMessages(2)[1]; m.ID != id || m.Kind != "view_once" || m.Unreadable != reasonViewOnce {
		t.Fatalf("got %+v", m)
	}
	if err := d.net.WaitFor(soon(t), func() bool { return len(d.net.Business().PeerRequests()) > 0 }); err != nil {
		t.Fatal("our phone was not asked")
	}
	d.acked()
	must(budi.Send("lagi"))
	if m := d.awaitMessages(3)[2]; m.Text != "lagi" {
		t.Fatalf("after it %+v", m)
	}
}

// Receipts that waited are in before anything is sent: they tell what arrived
// before the connection was lost.
func TestReceiptsThatWaitedComeBeforeSending(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	d.awaitReceipts(1)
	d.stop()
	budi.MarkRead()
	entered, release := make(chan struct{}, 1), make(chan struct{})
	d.inbox.setRefuse(func(_ *bridge.ClientMessage, r *bridge.Receipt) error {
		if r != nil && r.Read {
			select {
			case entered <- struct{}{}:
			default:
			}
			<-release
		}
		return nil
	})
	d.run()
	<-entered
	if e := sendError(t, d.Send(soon(t), addressOf(budi), "3EB0A", bridge.Outgoing{Text: "x"})); d.Ready() || e.Certainty != bridge.Blocked {
		t.Fatalf("sent before the receipt was in: %+v", e)
	}
	close(release)
	d.awaitReady()
	if r := d.awaitReceipts(2)[1]; !r.Read {
		t.Fatalf("receipt %+v", r)
	}
	if err := d.Send(soon(t), addressOf(budi), "3EB0A", bridge.Outgoing{Text: "x"}); err != nil {
		t.Fatal(err)
	}
	if got := budi.Received(); len(got) != 2 {
		t.Fatalf("phone shows %+v", got)
	}
}
