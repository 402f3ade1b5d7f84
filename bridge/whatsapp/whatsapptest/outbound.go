package whatsapptest

import (
	"bytes"
	"errors"
	"fmt"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// onMessage takes a message of a companion: it is acknowledged, then given to
// the customer and to the other devices of the business.
func (n *Network) onMessage(c *conn, node *waBinary.Node) {
	to, id := attrJID(node, "to"), attr(node, "id")
	if id == "" {
		n.problem("message without id %s", node)
		return
	}
	n.checkDeviceIdentity(c.companion, node)
	ack := waBinary.Attrs{"class": "message", "id": id, "from": to, "t": n.unix()}
	switch {
	case attr(node, "category") == "peer":
		c.send(acks, waBinary.Node{Tag: "ack", Attrs: ack})
		n.business.onPeer(c.companion, node)
		return
	case n.groups[to] != nil && child(node, "participants") != nil:
		c.send(acks, waBinary.Node{Tag: "ack", Attrs: ack})
		if err := n.groups[to].distribute(c.companion, node); err != nil {
			n.problem("message %s to group %s: %v", id, to, err)
		}
		n.touch()
		return
	case child(node, "enc") != nil:
		c.send(acks, waBinary.Node{Tag: "ack", Attrs: ack})
		n.onRetried(c.companion, to, node)
		return
	}
	phone := n.user(to)
	if phone == nil || phone.removed {
		n.problem("message to unknown %s", to)
		ack["error"] = 404
		c.send(acks, waBinary.Node{Tag: "ack", Attrs: ack})
		return
	}
	fault, faulty := n.fate()
	if n.business.forbids(phone) && !faulty {
		fault, faulty = MessageFault{Code: 463}, true
	}
	switch {
	case fault.Drop:
	case !faulty:
		c.send(acks, waBinary.Node{Tag: "ack", Attrs: ack})
	case fault.Code != 0:
		ack["error"] = fault.Code
		c.send(acks, waBinary.Node{Tag: "ack", Attrs: ack})
	}
	if !faulty || fault.Deliver {
		n.distribute(c.companion, phone, node)
	}
	if fault.Drop {
		c.abort()
	}
	n.touch()
}

// checkDeviceIdentity demands the proof of linking that goes with the first
// message of a session.
func (n *Network) checkDeviceIdentity(from *companion, node *waBinary.Node) {
	first := false
	encs := node.GetChildrenByTag("enc")
	if participants := child(node, "participants"); participants != nil {
		for _, to := range participants.GetChildren() {
			encs = append(encs, to.GetChildrenByTag("enc")...)
		}
	}
	for _, enc := range encs {
		first = first || attr(&enc, "type") == "pkmsg"
	}
	if !first {
		return
	}
	var proof waAdv.ADVSignedDeviceIdentity
	if err := proto.Unmarshal(childContent(node, "device-identity"), &proof); err != nil || !bytes.Equal(proof.GetDeviceSignature(), from.account.GetDeviceSignature()) {
		n.problem("first message of a session without the right device identity: %s", attr(node, "id"))
	}
}

// heldMessage is a message on its way to a customer.
type heldMessage struct {
	from *companion
	node *waBinary.Node
	encs map[uint16]*waBinary.Node
}

// distribute hands each device its ciphertext.
func (n *Network) distribute(from *companion, phone *Phone, node *waBinary.Node) {
	participants := child(node, "participants")
	if participants == nil {
		n.problem("message without participants %s", attr(node, "id"))
		return
	}
	message := heldMessage{from: from, node: node, encs: make(map[uint16]*waBinary.Node)}
	for _, to := range participants.GetChildren() {
		jid, enc := attrJID(&to, "jid"), child(&to, "enc")
		switch {
		case enc == nil:
			n.problem("participant %s without ciphertext", jid)
		case n.business.is(jid):
			n.business.copyFrom(from, phone, jid.Device, node, enc)
		case n.user(jid) == phone && phone.device(jid.Device) != nil:
			message.encs[jid.Device] = enc
		default:
			n.problem("message to %s with ciphertext for %s", attrJID(node, "to"), jid)
		}
	}
	if phone.offline {
		phone.held = append(phone.held, message)
		return
	}
	phone.take(message)
}

// take opens a message on every device, shows it, and sends the receipt.
// Callers hold the mutex.
func (p *Phone) take(message heldMessage) {
	n, id := p.net, attr(message.node, "id")
	var plaintext []byte
	var failed []*device
	readable, repeated := 0, 0
	for _, d := range p.devices {
		enc := message.encs[d.number]
		if enc == nil {
			continue
		}
		opened, err := d.decrypt(message.from, attr(enc, "type"), content(enc))
		switch {
		case errors.Is(err, errRepeated):
			repeated++
		case err != nil:
			failed = append(failed, d)
			if !d.lost {
				n.problem("device %d of %s cannot read %s: %v", d.number, p.number, id, err)
			}
		case plaintext != nil && !bytes.Equal(plaintext, opened):
			n.problem("message %s differs between the devices of %s", id, p.number)
		default:
			plaintext = opened
			readable++
		}
	}
	switch {
	case readable > 0:
		p.reveal(message, plaintext, readable)
	case repeated > 0:
		p.again(id)
	case p.screen.byID[id] == nil && !message.hidden():
		p.screen.add(&Message{ID: id, Kind: KindUnreadable, Status: StatusSent, Time: n.now()})
	}
	for _, d := range failed {
		p.askAgain(message.from, d, id)
	}
	if readable+repeated > 0 {
		p.screen.mark([]string{id}, false, StatusDelivered)
		if !p.manual {
			p.receipt(StatusDelivered, id)
		}
	}
	n.touch()
}

// hidden tells that an app shows nothing of the message while it cannot read it.
func (m heldMessage) hidden() bool {
	for _, enc := range m.encs {
		if enc != nil && attr(enc, "decrypt-fail") == "hide" {
			return true
		}
	}
	return false
}

// reveal puts a plaintext on the screen.
func (p *Phone) reveal(held heldMessage, plaintext []byte, devices int) {
	n, id := p.net, attr(held.node, "id")
	var message waE2E.Message
	if err := proto.Unmarshal(plaintext, &message); err != nil {
		n.problem("message %s to %s is no protobuf: %v", id, p.number, err)
		return
	}
	what, err := read(&message)
	if wanted := what.edit(); err == nil && child(held.node, "participants") != nil && attr(held.node, "edit") != wanted {
		err = fmt.Errorf("it is marked %q, want %q", attr(held.node, "edit"), wanted)
	}
	if group := n.groups[attrJID(held.node, "to")]; group != nil {
		what.group = group.jid.String()
	}
	if err == nil {
		p.typing = ""
		err = errors.Join(p.prepare(&what), p.screen.show(id, what, false, n.now(), devices))
	}
	if err != nil {
		n.problem("message %s to %s: %v", id, p.number, err)
	}
}

// again counts a stanza that came a second time byte by byte.
func (p *Phone) again(id string) {
	if known := p.screen.byID[id]; known != nil {
		known.Deliveries++
	} else {
		p.screen.actions[id]++
	}
}

// is reports whether an address belongs to the business account.
func (b *Business) is(jid types.JID) bool {
	return jid.User == b.phone && jid.Server == types.DefaultUserServer ||
		jid.User == b.lidNo && jid.Server == types.HiddenUserServer
}
