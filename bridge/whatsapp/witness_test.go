package whatsapp

import (
	"testing"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// A stanza that the library cannot even parse leaves a placeholder.
func TestBrokenTimeLeavesAPlaceholder(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	must(budi.Send("1"))
	d.awaitMessages(1)
	id := must(budi.SendNode(waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{"t": "kapan?"}, Content: []waBinary.Node{
		{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": "msg"}, Content: []byte{0x33, 1, 2, 3}},
	}}))
	m := d.awaitMessages(2)[1]
	if m.ID != id || m.Unreadable == "" || m.Phone != budi.Number() || m.At.Unix() != 0 {
		t.Fatalf("got %+v", m)
	}
	d.acked()
	must(budi.Send("2"))
	sameTexts(t, d.awaitMessages(3), []string{"1", "", "2"})
}

// Only the stanza at hand counts as handled before, whatever settles it, and
// not what comes over the next connection.
func TestRepeatedStanzaHidesNoOther(t *testing.T) {
	t.Parallel()
	d := linked(t, quick())
	budi := d.customer("Budi")
	must(budi.Send("1"))
	d.awaitMessages(1)
	d.acked()
	own := types.NewJID(d.net.Business().Number(), types.DefaultUserServer)
	for i, settle := range []func(l *link){
		func(l *link) {
			l.witness.leaving(&waBinary.Node{Tag: "receipt", Attrs: waBinary.Attrs{"id": "A", "to": own, "type": "peer_msg"}})
		},
		func(l *link) {
			if err := l.dialling(t.Context()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		l := d.link.Load()
		l.witness.repeated()
		settle(l)
		id := "3EB0SILENT" + numbers(i, i)[0]
		from := budi.LID()
		l.witness.arrived(&waBinary.Node{Tag: "message", Attrs: waBinary.Attrs{"id": id, "from": from, "t": "1"}})
		l.witness.leaving(&waBinary.Node{Tag: "ack", Attrs: waBinary.Attrs{"id": id, "to": from, "class": "message", "error": "487"}})
		if m := d.awaitMessages(i + 2)[i+1]; m.ID != id || m.Unreadable == "" {
			t.Errorf("got %+v", m)
		}
	}
}
