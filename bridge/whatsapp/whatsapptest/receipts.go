package whatsapptest

import (
	waBinary "go.mau.fi/whatsmeow/binary"
)

// SetAutoReceipts switches the delivered receipts a phone sends by itself.
func (p *Phone) SetAutoReceipts(on bool) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	p.manual = !on
}

// MarkDelivered tells the business that messages arrived.
func (p *Phone) MarkDelivered(ids ...string) { p.mark(StatusDelivered, ids) }

// MarkRead tells the business that messages were read. Without ids it is
// everything on the screen.
func (p *Phone) MarkRead(ids ...string) { p.mark(StatusRead, ids) }

func (p *Phone) mark(status Status, ids []string) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	if len(ids) == 0 {
		for _, message := range p.screen.list {
			if !message.FromMe && message.Status.rank() < status.rank() {
				ids = append(ids, message.ID)
			}
		}
	}
	p.receipt(status, ids...)
}

// receipt sends one receipt for all ids and raises the ticks on both phones.
// Callers hold the mutex.
func (p *Phone) receipt(status Status, ids ...string) {
	if len(ids) == 0 {
		return
	}
	attrs := waBinary.Attrs{"id": ids[0], "from": p.address(0), "t": p.net.unix()}
	p.alternative(attrs, "sender")
	if status == StatusRead {
		attrs["type"] = "read"
	}
	node := waBinary.Node{Tag: "receipt", Attrs: attrs}
	if len(ids) > 1 {
		var items []waBinary.Node
		for _, id := range ids[1:] {
			items = append(items, waBinary.Node{Tag: "item", Attrs: waBinary.Attrs{"id": id}})
		}
		node.Content = []waBinary.Node{{Tag: "list", Content: items}}
	}
	p.screen.mark(ids, false, status)
	p.net.business.screen(p).mark(ids, true, status)
	p.net.pushAll(node)
}

// acknowledged takes the business's receipt for the customer's own messages.
// Callers hold the mutex.
func (p *Phone) acknowledged(ids []string, status Status) {
	p.screen.mark(ids, true, status)
	p.net.business.screen(p).mark(ids, false, status)
	p.net.touch()
}
