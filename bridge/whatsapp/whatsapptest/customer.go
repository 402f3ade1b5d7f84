package whatsapptest

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// Addressing is which of a customer's two addresses stanzas carry; the other
// one comes along as an attribute.
type Addressing int

// The two kinds of addresses.
const (
	ByLID Addressing = iota
	ByPhoneNumber
)

// Customer describes a phone to add.
type Customer struct {
	// Phone is the number; everything but digits is ignored.
	Phone string
	// Name is the name the person gave themselves.
	Name string
	// Devices is how many devices use the account; 1 when 0, at most 99.
	Devices int
	// Addressing is ByLID when not set.
	Addressing Addressing
	// ManualReceipts leaves delivered receipts to MarkDelivered.
	ManualReceipts bool
}

// Phone is a customer: a number with a name, one or several devices, and the
// chat with the business.
type Phone struct {
	net    *Network
	number string
	lidNo  string

	// The network's mutex guards the rest.
	name       string
	addressing Addressing
	devices    []*device
	manual     bool
	removed    bool
	offline    bool
	held       []heldMessage
	slow       bool     // answers to retry receipts wait
	waiting    []func() // those answers
	typing     string
	watched    int
	screen     screen
	sent       map[string]sentMessage
	hostile    map[string]bool
}

// sentMessage is kept for a companion that asks again.
type sentMessage struct {
	message composed
	device  *device
}

// AddCustomer adds a phone. A number that is already known is returned as it
// is, with the new name.
func (n *Network) AddCustomer(customer Customer) *Phone {
	number := digits(customer.Phone)
	n.mu.Lock()
	defer n.mu.Unlock()
	if known := n.users[number]; known != nil {
		known.name, known.removed = customer.Name, false
		n.touch()
		return known
	}
	p := &Phone{
		net: n, number: number, lidNo: lidOf(number), name: customer.Name, addressing: customer.Addressing,
		manual: customer.ManualReceipts, screen: newScreen(),
		sent: make(map[string]sentMessage), hostile: make(map[string]bool),
	}
	for i := range min(max(customer.Devices, 1), 99) {
		p.devices = append(p.devices, newDevice(uint16(i)))
	}
	n.users[p.number], n.users[p.lidNo] = p, p
	n.phones = append(n.phones, p)
	n.touch()
	return p
}

// Phone finds a customer by number; nil when there is none.
func (n *Network) Phone(number string) *Phone {
	n.mu.Lock()
	defer n.mu.Unlock()
	if p := n.users[digits(number)]; p != nil && p.number == digits(number) {
		return p
	}
	return nil
}

// Phones returns all customers in the order they were added.
func (n *Network) Phones() []*Phone {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.phones)
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// lidOf derives the hidden number of a phone number.
func lidOf(number string) string {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(number))
	return fmt.Sprint(100_000_000_000_000 + sum.Sum64()%100_000_000_000_000)
}

func (p *Phone) pn() types.JID  { return types.NewJID(p.number, types.DefaultUserServer) }
func (p *Phone) lid() types.JID { return types.NewJID(p.lidNo, types.HiddenUserServer) }

// Number is the phone number, digits only.
func (p *Phone) Number() string { return p.number }

// PN is the address by phone number.
func (p *Phone) PN() types.JID { return p.pn() }

// LID is the hidden address.
func (p *Phone) LID() types.JID { return p.lid() }

// Name is the name the person gave themselves.
func (p *Phone) Name() string {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	return p.name
}

// Rename changes it; later messages carry the new one.
func (p *Phone) Rename(name string) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	p.name = name
	p.net.touch()
}

// Address is the address that stanzas of this customer carry.
func (p *Phone) Address() types.JID {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	return p.address(0)
}

// SetAddressing changes which address later stanzas carry.
func (p *Phone) SetAddressing(addressing Addressing) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	p.addressing = addressing
}

func (p *Phone) address(number uint16) types.JID {
	jid := p.lid()
	if p.addressing == ByPhoneNumber {
		jid = p.pn()
	}
	jid.Device = number
	return jid
}

// alternative adds the address that is not in from.
func (p *Phone) alternative(attrs waBinary.Attrs, prefix string) {
	if p.addressing == ByPhoneNumber {
		attrs[prefix+"_lid"] = p.lid()
	} else {
		attrs[prefix+"_pn"] = p.pn()
	}
}

func (p *Phone) device(number uint16) *device {
	if int(number) < len(p.devices) {
		return p.devices[number]
	}
	return nil
}

// Screen is the chat with the business as this phone shows it, oldest first.
func (p *Phone) Screen() []Message {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	return p.screen.copy()
}

// Received is the part of the screen that the business wrote.
func (p *Phone) Received() []Message {
	return slices.DeleteFunc(p.Screen(), func(m Message) bool { return m.FromMe })
}

// WaitFor returns when the screen satisfies condition.
func (p *Phone) WaitFor(ctx context.Context, condition func([]Message) bool) error {
	return p.net.WaitFor(ctx, func() bool { return condition(p.Screen()) })
}

// Do carries out a draft and returns the id of its stanza. The message is sent
// even when nobody is linked: the business phone has it.
func (p *Phone) Do(draft Draft) (string, error) {
	if err := p.net.upload(&draft); err != nil {
		return "", fmt.Errorf("send message: %w", err)
	}
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	d := p.device(uint16(draft.Device))
	if d == nil || p.removed {
		return "", fmt.Errorf("send message: %s has no device %d", p.number, draft.Device)
	}
	message, err := writer{&p.screen, p.address(0), p.net.business.addressFor(p), draft.Group}.compose(draft)
	if err != nil {
		return "", err
	}
	message.shown.secret = draft.Secret
	if p.screen.byID[message.id] == nil {
		if err := p.screen.show(message.id, message.shown, true, p.net.now(), len(p.devices)); err != nil {
			return "", err
		}
	}
	if draft.Group != nil {
		draft.Group.show(p, message)
	}
	// A repeated id may carry anything: that is the point of repeating it.
	_ = p.net.business.screen(p).show(message.id, message.shown, false, p.net.now(), 1)
	p.sent[message.id] = sentMessage{message: message, device: d}
	if err := p.transmit(message, d, p.net.business.companions, 0); err != nil {
		return "", err
	}
	p.net.touch()
	return message.id, nil
}

// Send writes a text.
func (p *Phone) Send(text string) (string, error) { return p.Do(Draft{Text: text}) }

// Reply writes a text that quotes a message.
func (p *Phone) Reply(to, text string) (string, error) { return p.Do(Draft{ReplyTo: to, Text: text}) }

// Edit changes an own message.
func (p *Phone) Edit(id, text string) (string, error) { return p.Do(Draft{Edit: id, Text: text}) }

// Delete takes an own message back for everyone.
func (p *Phone) Delete(id string) (string, error) { return p.Do(Draft{Delete: id}) }

// React places an emoji on a message; "" takes it away.
func (p *Phone) React(id, emoji string) (string, error) { return p.Do(Draft{React: id, Emoji: emoji}) }

// transmit seals a message for each of the companions. count is the number of
// the retry, 0 for the first attempt.
func (p *Phone) transmit(message composed, d *device, to []*companion, count int) error {
	if message.group != nil {
		return p.transmitToGroup(message, d, to, count)
	}
	for _, receiver := range to {
		kind, ciphertext, err := d.encrypt(receiver, pad(message.plaintext))
		if err != nil {
			return fmt.Errorf("send message: %w", err)
		}
		enc := waBinary.Node{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": kind}, Content: ciphertext}
		maps.Copy(enc.Attrs, message.encAttrs)
		if count > 0 {
			enc.Attrs["count"] = count
		}
		node := p.envelope(message.id, d.number, message.attrs)
		node.Content = append([]waBinary.Node{enc}, message.beside...)
		p.net.push(receiver, node)
		p.net.warnLowKeys(receiver)
	}
	return nil
}

func (p *Phone) envelope(id string, number uint16, extra waBinary.Attrs) waBinary.Node {
	attrs := waBinary.Attrs{
		"id": id, "from": p.address(number), "t": p.net.unix(), "type": "text", "notify": p.name,
	}
	if p.addressing == ByLID {
		attrs["addressing_mode"] = "lid"
	}
	p.alternative(attrs, "sender")
	maps.Copy(attrs, extra)
	return waBinary.Node{Tag: "message", Attrs: attrs}
}

// Compose shows the business that the customer is typing (true) or stopped.
// It reaches only companions that are connected.
func (p *Phone) Compose(typing bool) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	state := "paused"
	if typing {
		state = "composing"
	}
	p.chatState(waBinary.Node{Tag: state})
}

// chatState tells companions that are connected. Callers hold the mutex.
func (p *Phone) chatState(state waBinary.Node) {
	for _, receiver := range p.net.business.companions {
		if !receiver.live() {
			continue
		}
		attrs := waBinary.Attrs{"from": p.address(0)}
		p.alternative(attrs, "sender")
		receiver.conn.send(pushes, waBinary.Node{Tag: "chatstate", Attrs: attrs, Content: []waBinary.Node{state}})
	}
}

// Typing is what the business is seen doing: "composing", "recording",
// "paused", or "" when it never did.
func (p *Phone) Typing() string {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	return p.typing
}

// Watched is how often the business asked to hear when the customer is writing.
func (p *Phone) Watched() int {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	return p.watched
}

func (n *Network) onChatState(_ *conn, node *waBinary.Node) {
	phone := n.user(attrJID(node, "to"))
	children := node.GetChildren()
	if phone == nil || len(children) != 1 {
		n.problem("unexpected stanza %s", node)
		return
	}
	phone.typing = children[0].Tag
	if attr(&children[0], "media") == "audio" {
		phone.typing = "recording"
	}
	n.touch()
}

// SetOnline switches the phone's network off and on. While it is off, messages
// to it wait at the server.
func (p *Phone) SetOnline(online bool) {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	p.offline = !online
	if online {
		held := p.held
		p.held = nil
		for _, message := range held {
			p.take(message)
		}
	}
	p.net.touch()
}

// Remove deletes the account: the number is no longer on WhatsApp.
func (p *Phone) Remove() {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	p.removed = true
	p.net.touch()
}

// LoseSessions makes every device forget its Signal sessions, as after a
// restored backup. What companions send next is unreadable until the device
// asked for it again.
func (p *Phone) LoseSessions() {
	p.net.mu.Lock()
	defer p.net.mu.Unlock()
	for _, d := range p.devices {
		clear(d.sessions)
		d.lost = true
	}
}
