package whatsapp

import (
	"context"
	"slices"
	"strings"
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// Where a person goes is told at the beginning and every ten minutes, not at every step.
func TestLiveLocationDoesNotFlood(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	must(budi.SendLiveLocation(whatsapptest.Place{Latitude: 1, Longitude: 2}, "jalan"))
	if m := d.next(0); !m.Live || m.Text != "jalan" || m.Place.Latitude != 1 {
		t.Fatalf("%+v", m)
	}
	for step := range 20 {
		must(budi.Do(whatsapptest.Draft{Place: &whatsapptest.Place{Latitude: 1, Longitude: 3}, Live: true, Alter: func(m *waE2E.Message) {
			m.LiveLocationMessage.SequenceNumber, m.LiveLocationMessage.TimeOffset = new(int64(step+2)), new(uint32(10*(step+1)))
		}}))
	}
	must(budi.Send("sampai"))
	if m := d.next(1); m.Text != "sampai" {
		t.Fatalf("%+v", m)
	}
	d.acked()
	must(budi.SendLiveLocation(whatsapptest.Place{Latitude: 5}, "lagi"))
	if m := d.next(2); !m.Live || m.Text != "lagi" {
		t.Fatalf("a new share: %+v", m)
	}
}

// A call is told once, whether its end comes too or comes alone.
func TestCallsAreToldOnce(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	call := budi.Call(true)
	first := d.next(0)
	if first.Kind != bridge.KindCall || first.ID != "call-"+call || first.Phone != budi.Number() {
		t.Fatalf("%+v", first)
	}
	budi.HangUp(call)
	budi.HangUp("lost")
	messages := d.awaitMessages(3)
	if m := messages[1]; m.ID != first.ID || m.Kind != bridge.KindCall || m.Chat != first.Chat {
		t.Errorf("its end is another call: %+v", m)
	}
	if m := messages[2]; m.ID != "call-lost" || m.Kind != bridge.KindCall {
		t.Errorf("%+v", m)
	}
	d.acked()
}

// typist is an inbox that hears who is writing.
type typist struct {
	*inbox
	saw []bool
	who bridge.Address
}

func (w *typist) ClientTyping(_ context.Context, chat, _ bridge.Address, on bool) {
	w.inbox.mu.Lock()
	defer w.inbox.mu.Unlock()
	w.saw, w.who = append(w.saw, on), chat
	w.touch()
}

func TestClientTypingIsHeard(t *testing.T) {
	t.Parallel()
	d := newDesk(t, quick())
	hears := &typist{inbox: d.inbox}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d.options.Inbox = hears
	d.open()
	d.pair()
	d.run()
	d.awaitReady()
	budi := d.talking("Budi")
	budi.Compose(true)
	budi.Compose(false)
	budi.Record()
	_, err := d.inbox.wait(soon(t), func([]bridge.ClientMessage, []bridge.Receipt) bool {
		d.inbox.mu.Lock()
		defer d.inbox.mu.Unlock()
		return len(hears.saw) == 3
	})
	if err != nil || !slices.Equal(hears.saw, []bool{true, false, true}) || hears.who != addressOf(budi) {
		t.Fatalf("saw %v of %s", hears.saw, hears.who)
	}
}

// A new phone, and a new number, are told in the chat; the number leads to the person
// that the old one was.
func TestNewPhoneAndNewNumberAreTold(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	after := types.NewJID("628999000111", types.DefaultUserServer)
	must(budi.SendNode(waBinary.Node{Tag: "notification", Attrs: waBinary.Attrs{"type": "encrypt", "from": budi.PN()},
		Content: []waBinary.Node{{Tag: "identity"}}}))
	m := d.next(1)
	if m.Kind != kindIdentity || m.Phone != budi.Number() || !strings.HasPrefix(m.ID, "identity-") {
		t.Fatalf("%+v", m)
	}
	must(budi.SendNode(waBinary.Node{Tag: "notification", Attrs: waBinary.Attrs{"type": "contacts", "from": types.ServerJID},
		Content: []waBinary.Node{{Tag: "modify", Attrs: waBinary.Attrs{"old": budi.PN(), "new": after}}}}))
	m = d.next(2)
	if m.Kind != kindNumber || m.Text != "+"+budi.Number() || m.Chat != bridge.Address(after.String()) || m.Alt != bridge.Address(budi.PN().String()) || m.Phone != after.User {
		t.Fatalf("%+v", m)
	}
	d.acked()
}
