package whatsapp

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// The phone gets the message again wherever it is kept, and whichever of its
// addresses it asks from.
func TestPhoneThatAsksAgainGetsTheMessage(t *testing.T) {
	t.Parallel()
	const id, text = "3EB0ABCDEF0123456789AB", "alamat kami di Jalan Sudirman"
	for name, prepare := range map[string]func(d *desk){
		"memory": func(*desk) {},
		"store":  func(d *desk) { d.restart() },
		"outbox": func(d *desk) {
			d.end()
			d.open()
			if _, err := d.db.Exec(`DELETE FROM whatsmeow_retry_buffer`); err != nil {
				d.t.Fatal(err)
			}
			d.run()
		},
	} {
		for from, addressing := range map[string]whatsapptest.Addressing{"the same address": whatsapptest.ByLID, "the other address": whatsapptest.ByPhoneNumber} {
			t.Run(name+", "+from, func(t *testing.T) {
				d := newDesk(t, quick())
				d.end()
				var mu sync.Mutex
				var asked []bridge.Address
				d.options.Sent = func(_ context.Context, chat bridge.Address, wanted string) (string, bool, error) {
					mu.Lock()
					defer mu.Unlock()
					asked = append(asked, chat)
					return text, wanted == id, nil
				}
				d.open()
				d.pair()
				d.run()
				d.awaitReady()
				budi := d.talking("Budi")
				budi.SetOnline(false)
				if err := d.Send(soon(t), addressOf(budi), id, bridge.Outgoing{Text: text}); err != nil {
					t.Fatal(err)
				}
				prepare(d)
				d.awaitReady()
				budi.SetAddressing(addressing)
				budi.LoseSessions()
				budi.SetOnline(true)
				err := budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return s[len(s)-1].Text == text })
				if err != nil {
					t.Fatalf("phone shows %+v", budi.Screen())
				}
				d.acked()
				mu.Lock()
				defer mu.Unlock()
				if (len(asked) > 0) != (name == "outbox") {
					t.Fatalf("the outbox was asked for %v", asked)
				}
			})
		}
	}
}

// retryNode is a request for a message, as far as a phone may choose it.
func retryNode(id string, attrs waBinary.Attrs) waBinary.Node {
	return waBinary.Node{Tag: "receipt", Attrs: waBinary.Attrs{"id": id, "type": "retry"}, Content: []waBinary.Node{
		{Tag: "retry", Attrs: attrs}, {Tag: "registration", Content: []byte{0, 0, 0, 1}},
	}}
}

func TestOddRequestsForMessagesAreLeftAlone(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var sent []string
	d := newDeskOn(t, quick(), whatsapptest.Options{Trace: func(stanza string) {
		if len(stanza) > 14 && stanza[:14] == "C->S <message " {
			mu.Lock()
			defer mu.Unlock()
			sent = append(sent, stanza)
		}
	}})
	d.end()
	// The outbox knows which chat a message was sent to.
	var budis []bridge.Address
	secret := MessageID("warm", "Budi")
	d.options.Sent = func(_ context.Context, chat bridge.Address, id string) (string, bool, error) {
		return "ya", id == secret && slices.Contains(budis, chat), nil
	}
	d.open()
	d.pair()
	d.run()
	d.awaitReady()
	budi := d.talking("Budi")
	sari := d.talking("Sari")
	budis = []bridge.Address{bridge.Address(budi.LID().String()), bridge.Address(budi.PN().String())}
	mu.Lock()
	before := len(sent)
	mu.Unlock()
	own := MessageID("warm", "Sari")
	for _, node := range []waBinary.Node{
		retryNode("3EB0NEVERSENT", waBinary.Attrs{"id": "3EB0NEVERSENT", "count": "1", "t": "1", "v": "1"}),
		retryNode(secret, waBinary.Attrs{"id": secret, "count": "1", "t": "1", "v": "1"}), // another client's
		retryNode(own, waBinary.Attrs{"id": secret, "count": "1", "t": "1", "v": "1"}),
		retryNode(own, waBinary.Attrs{"id": own, "count": "0", "t": "1", "v": "1"}),
		retryNode(own, waBinary.Attrs{"id": own, "count": "-1", "t": "1", "v": "1"}),
		retryNode(own, waBinary.Attrs{"id": own, "count": "999999999", "t": "1", "v": "1"}),
		retryNode(own, waBinary.Attrs{"id": own, "count": "99999999999999999999", "t": "1", "v": "1"}),
		retryNode(own, waBinary.Attrs{"id": own, "count": "satu", "t": "1", "v": "1"}),
		retryNode(own, waBinary.Attrs{"id": own, "t": "1", "v": "1"}),
		retryNode(own, waBinary.Attrs{}),
		{Tag: "receipt", Attrs: waBinary.Attrs{"id": own, "type": "retry"}},
	} {
		must(sari.SendNode(node))
	}
	d.acked()
	mu.Lock()
	if got := sent[before:]; len(got) != 0 {
		t.Errorf("sent %v", got)
	}
	mu.Unlock()
	if err := sari.RequestRetry(own, 0); err != nil {
		t.Fatal(err)
	}
	if err := sari.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return s[1].Deliveries == 2 }); err != nil {
		t.Fatalf("an honest request: phone shows %+v", sari.Screen())
	}
	d.acked()
	if e := d.errorsLogged(); len(e) > 0 {
		t.Fatalf("logged %+v", e)
	}
}

func TestRequestsWithoutEndAreAnsweredAFewTimes(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	id := MessageID("warm", "Budi")
	for range 50 {
		must(budi.SendNode(retryNode(id, waBinary.Attrs{"id": id, "count": "1", "t": "1", "v": "1"})))
	}
	d.acked()
	must(budi.Send("masih di sana?"))
	d.awaitMessages(2)
	if got := budi.Received()[0].Deliveries; got > mostRepeats {
		t.Fatalf("%d times", got)
	}
}

// What we cannot read we ask for: first plainly, then with keys of our own.
func TestOurOwnRequestsBringTheMessage(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	// Neither the session nor any key that the phone may use for a new one is left.
	for _, statement := range []string{`DELETE FROM whatsmeow_sessions`, `DELETE FROM whatsmeow_pre_keys`} {
		if _, err := d.db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	id := must(budi.Send("1"))
	messages, err := d.inbox.wait(soon(t), func(m []bridge.ClientMessage, _ []bridge.Receipt) bool {
		return len(m) > 1 && m[len(m)-1].Text == "1"
	})
	if err != nil {
		t.Fatalf("never readable: %+v", messages)
	}
	for _, m := range messages[1:] {
		if m.ID != id || m.Chat != messages[0].Chat {
			t.Errorf("message %+v", m)
		}
	}
	retries := d.net.Retries()
	if len(retries) != 2 || retries[0] != (whatsapptest.Retry{ID: id, Count: 1}) || retries[1] != (whatsapptest.Retry{ID: id, Count: 2, Keys: true}) {
		t.Fatalf("asked %+v", retries)
	}
	d.acked()
}

// A request that comes while the connection is given up is not lost.
func TestRequestIsAnsweredByTheNextConnection(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	l := d.link.Load()
	l.poisoned.Store(true)
	if err := budi.RequestRetry(MessageID("warm", "Budi"), 0); err != nil {
		t.Fatal(err)
	}
	d.cut()
	if d.net.Unacked() != 1 {
		t.Fatalf("%d unacknowledged", d.net.Unacked())
	}
	l.end(ending{state: StateConnecting})
	if err := budi.WaitFor(soon(t), func(s []whatsapptest.Message) bool { return s[1].Deliveries == 2 }); err != nil {
		t.Fatalf("phone shows %+v", budi.Screen())
	}
	d.acked()
}

// All that a phone missed is readable in the end, however much it asks for at once.
func TestPhoneThatLostItsKeysReadsAllItMissed(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	budi.SetOnline(false)
	for _, n := range numbers(1, 12) {
		if err := d.Send(soon(t), addressOf(budi), MessageID("missed", n), bridge.Outgoing{Text: n}); err != nil {
			t.Fatal(err)
		}
	}
	budi.LoseSessions()
	budi.SetOnline(true)
	want := append([]string{"ya"}, numbers(1, 12)...)
	err := budi.WaitFor(soon(t), func([]whatsapptest.Message) bool {
		var got []string
		for _, m := range budi.Received() {
			got = append(got, m.Text)
		}
		return slices.Equal(got, want)
	})
	if err != nil {
		t.Fatalf("phone shows %+v", budi.Received())
	}
	d.acked()
}

// A message sent again and a new one never use the session at the same time.
func TestSendsWaitForAMessageThatIsSentAgain(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.talking("Budi")
	l := d.link.Load()
	for name, over := range map[string]func(){
		"sent": func() {
			l.witness.leaving(&waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{"device_fanout": false}})
		},
		"given up": func() {
			l.witness.leaving(&waBinary.Node{Tag: "ack", Attrs: waBinary.Attrs{"class": "receipt", "type": "retry"}})
		},
	} {
		if !l.mayRepeat(nil, "3EB0OTHER", 1, nil) {
			t.Fatal("not answered")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if e := sendError(t, d.Send(ctx, addressOf(budi), "3EB0A", bridge.Outgoing{Text: "x"})); e.Certainty != bridge.Blocked {
			t.Errorf("%s: %+v", name, e)
		}
		cancel()
		over()
		over()
		if err := d.Send(soon(t), addressOf(budi), "3EB0A", bridge.Outgoing{Text: "x"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !l.mayRepeat(nil, "3EB0OTHER", 1, nil) {
		t.Fatal("not answered")
	}
	d.restart() // does not wait for it
	d.awaitReady()
}
