package whatsapptest

import (
	"encoding/binary"
	"fmt"

	"go.mau.fi/libsignal/ecc"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// onRetry answers a companion that could not read a message: the sender makes
// a new session and sends the same id again.
func (n *Network) onRetry(c *conn, phone *Phone, node *waBinary.Node) {
	retry := child(node, "retry")
	if retry == nil {
		n.problem("retry receipt without count %s", node)
		return
	}
	id, to, count := attr(node, "id"), attrJID(node, "to"), attrInt(retry, "count")
	var sender *device
	switch {
	case n.business.is(to):
		sender = n.business.self
	case phone != nil:
		sender = phone.device(to.Device)
	}
	if sender == nil {
		n.problem("retry receipt to unknown %s", to)
		return
	}
	n.retries = append(n.retries, Retry{ID: id, Count: count, Keys: child(node, "keys") != nil})
	if err := sender.renew(c.companion, child(node, "keys")); err != nil {
		n.problem("retry receipt for %s: %v", id, err)
		return
	}
	answer := func() { n.sendAgain(c.companion, phone, sender, id, count) }
	if phone != nil && phone.slow {
		phone.waiting = append(phone.waiting, answer)
		return
	}
	answer()
}

// sendAgain sends a message once more to the companion that asked. phone is nil
// for one of the business itself.
func (n *Network) sendAgain(to *companion, phone *Phone, sender *device, id string, count int) {
	only := []*companion{to}
	if phone == nil {
		if own, known := n.business.sent[id]; known {
			if err := n.business.transmit(own.message, own.to, only, count); err != nil {
				n.problem("retry of %s: %v", id, err)
			}
		}
		return
	}
	sent, known := phone.sent[id]
	switch {
	case known:
		if err := phone.transmit(sent.message, sender, only, count); err != nil {
			n.problem("retry of %s: %v", id, err)
		}
	case !phone.hostile[id]:
		n.problem("retry receipt for unknown message %s", id)
	}
}

// SetAnswersRetries switches whether the phone sends messages again as soon as a
// companion asks, as it does by default. Requests that came meanwhile are
// answered when it is switched on, from the address the phone has then.
func (p *Phone) SetAnswersRetries(on bool) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	p.slow = !on
	if !on {
		return
	}
	waiting := p.waiting
	p.waiting = nil
	for _, answer := range waiting {
		answer()
	}
}

// Asked is how many requests to send again wait for SetAnswersRetries.
func (p *Phone) Asked() int {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	return len(p.waiting)
}

// Retry is a companion's request for a message it could not read. Keys tells
// that it sent new ones along.
type Retry struct {
	ID    string
	Count int
	Keys  bool
}

// Retries returns what companions asked for again, oldest first.
func (n *Network) Retries() []Retry {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]Retry(nil), n.retries...)
}

// renew drops the session with a companion and opens one from the keys it sent
// along, if it did.
func (d *device) renew(c *companion, keys *waBinary.Node) error {
	d.forget(c)
	if keys == nil {
		return nil
	}
	keyNode, signedNode := child(keys, "key"), child(keys, "skey")
	if keyNode == nil || signedNode == nil || string(childContent(keys, "identity")) != string(c.identity[:]) {
		return fmt.Errorf("keys are not complete")
	}
	key, err := readPreKey(keyNode)
	if err != nil {
		return err
	}
	signed, err := readPreKey(signedNode)
	if err != nil {
		return err
	}
	if !signed.signedBy(c.identity) {
		return fmt.Errorf("signed key has a wrong signature")
	}
	return d.open(c, key, signed)
}

// RequestRetry makes a device ask the business to send a message again, as
// apps do by themselves for one they cannot read. The first companion is
// asked.
func (p *Phone) RequestRetry(id string, number int) error {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	d := p.device(uint16(number))
	if d == nil || len(p.net.business.companions) == 0 {
		return fmt.Errorf("request retry: no device %d, or nobody linked", number)
	}
	p.askAgain(p.net.business.companions[0], d, id)
	return nil
}

// askAgain sends a retry receipt with fresh keys. Callers hold the mutex.
func (p *Phone) askAgain(from *companion, d *device, id string) {
	d.forget(from)
	d.lost = true
	d.asked[id]++
	const most = 4
	if d.asked[id] > most {
		return
	}
	attrs := waBinary.Attrs{"id": id, "from": p.address(d.number), "t": p.net.unix(), "type": "retry"}
	p.alternative(attrs, "sender")
	key := d.freshKey()
	p.net.push(from, waBinary.Node{Tag: "receipt", Attrs: attrs, Content: []waBinary.Node{
		{Tag: "retry", Attrs: waBinary.Attrs{"id": id, "count": d.asked[id], "t": p.net.unix(), "v": 1}},
		{Tag: "registration", Content: binary.BigEndian.AppendUint32(nil, d.registration)},
		{Tag: "keys", Content: []waBinary.Node{
			{Tag: "type", Content: []byte{ecc.DjbType}},
			{Tag: "identity", Content: d.identity.Pub[:]},
			preKeyNode("key", key),
			preKeyNode("skey", d.signed),
		}},
	}})
}

// onRetried takes a message sent again to a single device.
func (n *Network) onRetried(from *companion, to types.JID, node *waBinary.Node) {
	phone, enc := n.user(to), child(node, "enc")
	if phone == nil || phone.device(to.Device) == nil {
		n.problem("retry to unknown device %s", to)
		return
	}
	message := heldMessage{from: from, node: node, encs: map[uint16]*waBinary.Node{to.Device: enc}}
	if phone.offline {
		phone.held = append(phone.held, message)
		return
	}
	phone.take(message)
}
