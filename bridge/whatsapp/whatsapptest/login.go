package whatsapptest

import (
	"context"
	"fmt"
	"slices"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waAdv"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/types"
)

// companion is a linked device of the business number, as the server knows it.
// The network's mutex guards it.
type companion struct {
	device       uint16
	noise        [32]byte
	identity     [32]byte
	registration [4]byte
	signed       publicPreKey
	oneTime      []publicPreKey
	account      *waAdv.ADVSignedDeviceIdentity
	conn         *conn
	pending      []*stanza
	available    bool
	name         string
	lowKeys      bool
}

// live reports whether stanzas reach the device now.
func (c *companion) live() bool { return c.conn != nil && c.conn.active && !c.conn.ending }

// admit decides about a client that finished the handshake: login, pairing or
// refusal.
func (n *Network) admit(c *conn, payload *waWa6.ClientPayload, noise [32]byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	defer n.touch()
	if refusal := n.faults.set.RefuseLogin; refusal != nil {
		c.finish(refusal.node())
		return
	}
	if payload.Username == nil {
		n.offerPairing(c, payload, noise)
		return
	}
	device := n.business.companion(noise)
	if device == nil {
		c.finish(Refusal{Reason: 401}.node())
		return
	}
	if fmt.Sprint(payload.GetUsername()) != n.business.phone || payload.GetDevice() != uint32(device.device) {
		n.problem("login as %d device %d with the key of device %d", payload.GetUsername(), payload.GetDevice(), device.device)
	}
	if old := device.conn; old != nil {
		old.finish(streamError(0, "replaced"))
	}
	device.conn, c.companion = c, device
	device.available = false
	c.send(answers, waBinary.Node{Tag: "success", Attrs: waBinary.Attrs{
		"t": n.unix(), "lid": n.business.deviceLID(device.device), "location": "sim", "props": 1,
	}})
}

// receive handles one stanza of a client.
func (n *Network) receive(c *conn, node *waBinary.Node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.options.Trace != nil {
		n.options.Trace("C->S " + node.String())
	}
	if c.ending {
		return
	}
	if c.companion == nil && node.Tag != "iq" && node.Tag != "ib" && node.Tag != "ack" {
		n.problem("<%s> from a client that is not logged in", node.Tag)
		return
	}
	switch node.Tag {
	case "iq":
		n.onIQ(c, node)
	case "message":
		n.onMessage(c, node)
	case "receipt":
		n.onReceipt(c, node)
	case "ack":
		n.onAck(c, node)
	case "presence":
		n.onPresence(c, node)
	case "chatstate":
		n.onChatState(c, node)
	case "ib":
		if child(node, "unified_session") == nil {
			n.problem("unexpected stanza %s", node)
		}
	default:
		n.problem("unexpected stanza %s", node)
	}
}

func (n *Network) onPresence(c *conn, node *waBinary.Node) {
	switch kind := attr(node, "type"); kind {
	case "available", "unavailable":
		c.companion.available = kind == "available"
		c.companion.name = attr(node, "name")
		n.touch()
	case "subscribe":
		phone := n.user(attrJID(node, "to"))
		if phone == nil {
			n.problem("presence subscription to unknown %s", attr(node, "to"))
			return
		}
		if !c.companion.available {
			n.problem("presence subscription while not available")
		}
		phone.watched++
		n.touch()
	default:
		n.problem("unexpected stanza %s", node)
	}
}

// activate starts delivery: what waited comes first, between the two marks
// that frame it.
func (n *Network) activate(c *conn) {
	device := c.companion
	if device == nil || c.active {
		return
	}
	c.active = true
	n.touch()
	if n.faults.set.HoldPush {
		return
	}
	count := map[string]int{}
	for _, waiting := range device.pending {
		count[waiting.node.Tag]++
	}
	mark := func(node waBinary.Node) {
		c.send(pushes, waBinary.Node{Tag: "ib", Attrs: waBinary.Attrs{"from": types.ServerJID}, Content: []waBinary.Node{node}})
	}
	total := len(device.pending)
	if total > 0 {
		mark(waBinary.Node{Tag: "offline_preview", Attrs: waBinary.Attrs{
			"count": total, "message": count["message"], "receipt": count["receipt"],
			"notification": count["notification"], "appdata": 0,
		}})
		for _, waiting := range device.pending {
			waiting.sentOn = c
			c.send(pushes, waiting.offline(total))
		}
	}
	mark(waBinary.Node{Tag: "offline", Attrs: waBinary.Attrs{"count": total}})
}

// Connected reports whether a companion is logged in and receiving.
func (n *Network) Connected() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.ContainsFunc(n.business.companions, (*companion).live)
}

// Available reports whether a companion shows itself online, and the name it
// gave.
func (n *Network) Available() (bool, string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, device := range n.business.companions {
		if device.live() && device.available {
			return true, device.name
		}
	}
	return false, ""
}

// WaitConnected returns when a companion is logged in and receiving.
func (n *Network) WaitConnected(ctx context.Context) error { return n.WaitFor(ctx, n.Connected) }

// Companions is how many devices are linked to the business number, its phone
// not counted.
func (n *Network) Companions() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.business.companions)
}

// Unlink removes all companions, as the owner does on the phone: connected
// ones are told, others are refused with 401 when they come back.
func (n *Network) Unlink() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, device := range n.business.companions {
		if device.conn != nil {
			device.conn.finish(streamError(401, "device_removed"))
		}
	}
	n.business.companions = nil
	n.touch()
}
