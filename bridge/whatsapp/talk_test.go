package whatsapp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

func TestWordsTravelBothWays(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	if number, ok := d.Paired(); !ok || number != d.net.Business().Number() {
		t.Fatalf("paired as %q", number)
	}
	for _, addressing := range []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber} {
		budi := d.net.AddCustomer(whatsapptest.Customer{Phone: fmt.Sprintf("62812000000%d", addressing), Name: "Budi", Devices: 2, Addressing: addressing})
		before := len(d.inbox.all())
		id := must(budi.Send("halo"))
		m := d.awaitMessages(before + 1)[before]
		if m.ID != id || m.Text != "halo" || m.Kind != "text" || m.Own || m.Name != "Budi" || m.Phone != budi.Number() || m.Unreadable != "" {
			t.Fatalf("message %+v", m)
		}
		if m.Chat != bridge.Address(budi.Address().String()) || m.Alt == "" || m.Alt == m.Chat || m.At.IsZero() {
			t.Fatalf("addresses of %+v", m)
		}
		d.acked()
		answer := MessageID("acc", fmt.Sprint("letter", addressing))
		receipts := len(d.awaitReceipts(0))
		if err := d.Send(soon(t), m.Chat, answer, bridge.Outgoing{Text: "selamat pagi"}); err != nil {
			t.Fatal(err)
		}
		got := budi.Received()
		if len(got) != 1 || got[0].ID != answer || got[0].Text != "selamat pagi" || got[0].Devices != 2 || got[0].Deliveries != 1 {
			t.Fatalf("phone shows %+v", got)
		}
		r := d.awaitReceipts(receipts + 1)[receipts]
		if r.Read || len(r.IDs) != 1 || r.IDs[0] != answer || r.Chat == "" || r.At.IsZero() {
			t.Fatalf("receipt %+v", r)
		}
		budi.MarkRead()
		if r = d.awaitReceipts(receipts + 2)[receipts+1]; !r.Read || r.IDs[0] != answer {
			t.Fatalf("receipt %+v", r)
		}
		for _, to := range []bridge.Address{m.Alt, m.Chat} {
			if err := d.Send(soon(t), to, MessageID("acc", string(to)), bridge.Outgoing{Text: "lagi"}); err != nil {
				t.Fatal(err)
			}
		}
		if got := budi.Received(); len(got) != 3 {
			t.Fatalf("phone shows %+v", got)
		}
	}
	d.acked()
	if e := d.errorsLogged(); len(e) > 0 {
		t.Fatalf("logged %+v", e)
	}
}

func TestLongTextPasses(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	long := strings.Repeat("panjang sekali ", 7000)
	must(budi.Send(long))
	if got := d.awaitMessages(1)[0].Text; got != long {
		t.Fatalf("got %d bytes of %d", len(got), len(long))
	}
	if err := d.Send(soon(t), bridge.Address(budi.Address().String()), "3EB0LONG", bridge.Outgoing{Text: long}); err != nil {
		t.Fatal(err)
	}
	if got := budi.Received()[0].Text; got != long {
		t.Fatalf("sent %d bytes of %d", len(got), len(long))
	}
}
