package whatsapptest

import (
	"context"
	"maps"
	"slices"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// stanza waits for a companion until it is acknowledged. It is sent once per
// connection, in order, and again on the next one.
type stanza struct {
	node   waBinary.Node
	sentOn *conn
}

func (s *stanza) offline(total int) waBinary.Node {
	node := s.node
	node.Attrs = maps.Clone(node.Attrs)
	node.Attrs["offline"] = min(total-1, 1)
	return node
}

func (s *stanza) matches(tag, id, kind string, from types.JID) bool {
	return s.sentOn != nil && s.node.Tag == tag && s.node.Attrs["id"] == id && attrJID(&s.node, "from") == from &&
		(tag != "receipt" || attr(&s.node, "type") == kind)
}

// push queues a stanza for one companion. Callers hold the mutex.
func (n *Network) push(device *companion, node waBinary.Node) {
	device.pending = append(device.pending, &stanza{node: node})
	n.touch()
	n.flush(device)
}

// pushAll queues a stanza for every companion.
func (n *Network) pushAll(node waBinary.Node) {
	for _, device := range n.business.companions {
		n.push(device, node)
	}
}

// flush sends what this connection has not seen yet.
func (n *Network) flush(device *companion) {
	c := device.conn
	if !device.live() || n.faults.set.HoldPush {
		return
	}
	// Only a tail can be unsent, save after a hold.
	start := len(device.pending)
	for start > 0 && device.pending[start-1].sentOn != c {
		start--
	}
	for _, waiting := range device.pending[start:] {
		waiting.sentOn = c
		c.send(pushes, waiting.node)
	}
}

// settle forgets the first stanza that matches and reports whether there was
// one.
func (n *Network) settle(device *companion, tag, id, kind string, from types.JID) bool {
	i := slices.IndexFunc(device.pending, func(s *stanza) bool { return s.matches(tag, id, kind, from) })
	if i < 0 {
		return false
	}
	device.pending = slices.Delete(device.pending, i, i+1)
	n.touch()
	return true
}

func (n *Network) onAck(c *conn, node *waBinary.Node) {
	class := attr(node, "class")
	if c.companion == nil {
		if class != "notification" {
			n.problem("unexpected stanza %s", node)
		}
		return
	}
	switch class {
	case "message", "receipt", "notification", "call":
		n.settle(c.companion, class, attr(node, "id"), attr(node, "type"), attrJID(node, "to"))
		if code := attrInt(node, "error"); code != 0 {
			n.business.refused = append(n.business.refused, Nack{ID: attr(node, "id"), Class: class, Code: code})
			n.touch()
		}
	default:
		n.problem("unexpected stanza %s", node)
	}
}

// Nack is a stanza the client acknowledged as one it could not handle.
type Nack struct {
	ID    string
	Class string
	Code  int
}

// Nacks returns what clients refused, oldest first.
func (n *Network) Nacks() []Nack {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.business.refused)
}

// Unacked is how many stanzas wait for companions to acknowledge them.
func (n *Network) Unacked() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	total := 0
	for _, device := range n.business.companions {
		total += len(device.pending)
	}
	return total
}

// WaitAcked returns when nothing waits for acknowledgement any more.
func (n *Network) WaitAcked(ctx context.Context) error {
	return n.WaitFor(ctx, func() bool { return n.Unacked() == 0 })
}

// Quiet reports whether nothing is under way: every stanza was acknowledged
// and every answer written.
func (n *Network) Quiet() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, device := range n.business.companions {
		if len(device.pending) > 0 {
			return false
		}
	}
	for c := range n.conns {
		for _, waiting := range c.queues {
			if len(waiting) > 0 {
				return false
			}
		}
	}
	return true
}

func (n *Network) onReceipt(c *conn, node *waBinary.Node) {
	id, to, kind := attr(node, "id"), attrJID(node, "to"), attr(node, "type")
	answer := waBinary.Attrs{"class": "receipt", "id": id, "from": to}
	if kind != "" {
		answer["type"] = kind
	}
	c.send(answers, waBinary.Node{Tag: "ack", Attrs: answer})
	ids := []string{id}
	if list := child(node, "list"); list != nil {
		for _, item := range list.GetChildren() {
			ids = append(ids, attr(&item, "id"))
		}
	}
	phone := n.user(to)
	switch kind {
	case "", "inactive", "sender", "peer_msg", "hist_sync":
		n.settle(c.companion, "message", id, kind, to)
		if phone != nil && kind == "" {
			phone.acknowledged(ids, StatusDelivered)
		}
	case "read", "played":
		if phone != nil {
			phone.acknowledged(ids, StatusRead)
		}
	case "read-self", "played-self":
	case "server-error":
		n.business.onMediaRetry(c.companion, node)
	case "retry":
		n.onRetry(c, phone, node)
	default:
		n.problem("unexpected stanza %s", node)
	}
	n.touch()
}
