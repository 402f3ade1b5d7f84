package whatsapptest

import (
	"fmt"
	"maps"
	"slices"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// Business is the phone that owns the business number. Companions are linked
// to it; a person may also write with it.
type Business struct {
	net   *Network
	phone string
	lidNo string

	// The network's mutex guards the rest.
	name       string
	self       *device
	companions []*companion
	lastDevice uint16
	chats      map[*Phone]*screen
	sent       map[string]ownMessage
	peers      []*waE2E.Message
	refused    []Nack
	resends    bool
	lacksMedia bool // files that expired are not left with the media hosts again
	lock       restriction
}

// ownMessage is kept for a companion that asks again.
type ownMessage struct {
	message composed
	to      *Phone
}

func newBusiness(n *Network, phone, name string) *Business {
	phone = digits(phone)
	return &Business{
		net: n, phone: phone, lidNo: lidOf(phone), name: name, self: newDevice(0),
		chats: make(map[*Phone]*screen), sent: make(map[string]ownMessage),
	}
}

// Business is the phone of the business number.
func (n *Network) Business() *Business { return n.business }

// Number is the business number, digits only.
func (b *Business) Number() string { return b.phone }

// PN is the business's address by phone number, LID its hidden one.
func (b *Business) PN() types.JID { return types.NewJID(b.phone, types.DefaultUserServer) }

// LID is the business's hidden address.
func (b *Business) LID() types.JID { return b.lid() }

func (b *Business) lid() types.JID { return types.NewJID(b.lidNo, types.HiddenUserServer) }

func (b *Business) deviceLID(number uint16) types.JID {
	jid := b.lid()
	jid.Device = number
	return jid
}

func (b *Business) devicePN(number uint16) types.JID {
	jid := b.PN()
	jid.Device = number
	return jid
}

// addressFor is the business as a customer addresses it.
func (b *Business) addressFor(p *Phone) types.JID {
	if p.addressing == ByPhoneNumber {
		return b.PN()
	}
	return b.lid()
}

func (b *Business) companion(noise [32]byte) *companion {
	i := slices.IndexFunc(b.companions, func(c *companion) bool { return c.noise == noise })
	if i < 0 {
		return nil
	}
	return b.companions[i]
}

func (b *Business) screen(p *Phone) *screen {
	if b.chats[p] == nil {
		b.chats[p] = new(newScreen())
	}
	return b.chats[p]
}

// Screen is the chat with a customer as the business phone shows it.
func (b *Business) Screen(with *Phone) []Message {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	return b.screen(with).copy()
}

// Do carries out a draft with the business phone itself, in the chat with a
// customer. Companions get their copy.
func (b *Business) Do(to *Phone, draft Draft) (string, error) {
	if err := b.net.upload(&draft); err != nil {
		return "", fmt.Errorf("send message: %w", err)
	}
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	message, err := writer{b.screen(to), b.addressFor(to), to.address(0), nil}.compose(draft)
	if err != nil {
		return "", err
	}
	now := b.net.now()
	if err := b.screen(to).show(message.id, message.shown, true, now, 1); err != nil {
		return "", err
	}
	if err := to.screen.show(message.id, message.shown, false, now, len(to.devices)); err != nil {
		return "", err
	}
	copied, err := proto.Marshal(&waE2E.Message{DeviceSentMessage: &waE2E.DeviceSentMessage{
		DestinationJID: new(to.address(0).String()), Message: message.message,
	}})
	if err != nil {
		return "", fmt.Errorf("marshal own copy: %w", err)
	}
	message.plaintext = copied
	b.sent[message.id] = ownMessage{message: message, to: to}
	if err := b.transmit(message, to, b.companions, 0); err != nil {
		return "", err
	}
	to.screen.mark([]string{message.id}, false, StatusDelivered)
	if !to.manual {
		to.receipt(StatusDelivered, message.id)
	}
	b.net.touch()
	return message.id, nil
}

// Send writes a text to a customer with the business phone itself.
func (b *Business) Send(to *Phone, text string) (string, error) { return b.Do(to, Draft{Text: text}) }

func (b *Business) transmit(message composed, to *Phone, receivers []*companion, count int) error {
	for _, receiver := range receivers {
		kind, ciphertext, err := b.self.encrypt(receiver, pad(message.plaintext))
		if err != nil {
			return fmt.Errorf("send own copy: %w", err)
		}
		enc := waBinary.Node{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": kind}, Content: ciphertext}
		maps.Copy(enc.Attrs, message.encAttrs)
		if count > 0 {
			enc.Attrs["count"] = count
		}
		attrs := waBinary.Attrs{
			"id": message.id, "from": b.addressFor(to), "recipient": to.address(0),
			"t": b.net.unix(), "notify": b.name,
		}
		to.alternative(attrs, "peer_recipient")
		maps.Copy(attrs, message.attrs)
		b.net.push(receiver, waBinary.Node{Tag: "message", Attrs: attrs, Content: append([]waBinary.Node{enc}, message.beside...)})
		b.net.warnLowKeys(receiver)
	}
	return nil
}

// copyFrom gives a device of the business its copy of what a companion sent.
func (b *Business) copyFrom(from *companion, to *Phone, number uint16, node, enc *waBinary.Node) {
	n, id := b.net, attr(node, "id")
	if number != 0 {
		i := slices.IndexFunc(b.companions, func(c *companion) bool { return c.device == number })
		if i < 0 {
			n.problem("own copy of %s for unknown device %d", id, number)
			return
		}
		attrs := waBinary.Attrs{
			"id": id, "from": b.deviceLID(from.device), "recipient": to.lid(), "peer_recipient_pn": to.pn(),
			"t": n.unix(), "type": attr(node, "type"), "edit": attr(node, "edit"),
		}
		n.push(b.companions[i], waBinary.Node{Tag: "message", Attrs: attrs, Content: []waBinary.Node{*enc}})
		return
	}
	plaintext, err := b.self.decrypt(from, attr(enc, "type"), content(enc))
	if err == errRepeated {
		return
	}
	var message waE2E.Message
	if err == nil {
		err = proto.Unmarshal(plaintext, &message)
	}
	if err == nil && message.GetDeviceSentMessage() == nil {
		err = fmt.Errorf("not marked as sent by an own device")
	}
	var what shown
	if err == nil {
		what, err = read(&message)
	}
	if err == nil {
		err = b.screen(to).show(id, what, true, n.now(), 1)
	}
	if err != nil {
		n.problem("own copy of %s: %v", id, err)
	}
}

// onPeer takes what a companion asks of its phone.
func (b *Business) onPeer(from *companion, node *waBinary.Node) {
	enc := child(node, "enc")
	if enc == nil {
		b.net.problem("peer message without ciphertext %s", attr(node, "id"))
		return
	}
	plaintext, err := b.self.decrypt(from, attr(enc, "type"), content(enc))
	if err == errRepeated {
		return
	}
	message := &waE2E.Message{}
	if err == nil {
		err = proto.Unmarshal(plaintext, message)
	}
	if err == nil && message.GetProtocolMessage() == nil {
		err = fmt.Errorf("no protocol message")
	}
	if err != nil {
		b.net.problem("peer message %s: %v", attr(node, "id"), err)
		return
	}
	b.peers = append(b.peers, message)
	if b.resends {
		if err := b.resend(from, attr(node, "id"), message.GetProtocolMessage()); err != nil {
			b.net.problem("resend of %s: %v", attr(node, "id"), err)
		}
	}
	b.net.touch()
}

// PeerRequests returns what companions asked of their phone, oldest first. The
// phone answers what SetResends lets it answer.
func (b *Business) PeerRequests() []*waE2E.Message {
	b.net.mu.Lock()
	defer b.net.mu.Unlock()
	return slices.Clone(b.peers)
}
