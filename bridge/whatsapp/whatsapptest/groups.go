package whatsapptest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	libgroups "go.mau.fi/libsignal/groups"
	groups "go.mau.fi/libsignal/groups/state/record"
	"go.mau.fi/libsignal/protocol"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// Group is a chat of customers that the business is in.
type Group struct {
	net     *Network
	jid     types.JID
	subject string
	members []*Phone
	keys    map[*device]senderKeys // to write with
	theirs  map[*device]senderKeys // to read the business with
}

// AddGroup makes a group of customers and the business.
func (n *Network) AddGroup(subject string, members ...*Phone) *Group {
	n.mu.Lock()
	defer n.mu.Unlock()
	sum := fnv.New64a()
	_, _ = fmt.Fprint(sum, subject, len(n.groups))
	g := &Group{
		net: n, subject: subject, members: members, keys: make(map[*device]senderKeys), theirs: make(map[*device]senderKeys),
		jid: types.NewJID(fmt.Sprint("120363", sum.Sum64()%1_000_000_000_000), types.GroupServer),
	}
	if n.groups == nil {
		n.groups = make(map[types.JID]*Group)
	}
	n.groups[g.jid] = g
	n.touch()
	return g
}

// JID is the group's address.
func (g *Group) JID() types.JID { return g.jid }

// SendToGroup writes a text in a group.
func (p *Phone) SendToGroup(group *Group, text string) (string, error) {
	return p.Do(Draft{Text: text, Group: group})
}

// senderKeys are the keys of one device in one group. They implement the store the
// Signal library wants.
type senderKeys map[string]*groups.SenderKey

func (s senderKeys) StoreSenderKey(_ context.Context, name *protocol.SenderKeyName, key *groups.SenderKey) error {
	s[name.GroupID()] = key
	return nil
}

func (s senderKeys) LoadSenderKey(_ context.Context, name *protocol.SenderKeyName) (*groups.SenderKey, error) {
	return s[name.GroupID()], nil
}

// sealForGroup seals a message for everybody: the ciphertext, and the key to it
// that each receiver gets on its own.
func (g *Group) sealForGroup(p *Phone, d *device, plaintext []byte) (ciphertext []byte, key *waE2E.Message, err error) {
	ctx := context.Background()
	if g.keys[d] == nil {
		g.keys[d] = make(senderKeys)
	}
	builder := libgroups.NewGroupSessionBuilder(g.keys[d], serializer)
	name := protocol.NewSenderKeyName(g.jid.String(), p.address(d.number).SignalAddress())
	distribution, err := builder.Create(ctx, name)
	if err != nil {
		return nil, nil, fmt.Errorf("make group key: %w", err)
	}
	encrypted, err := libgroups.NewGroupCipher(builder, name, g.keys[d]).Encrypt(ctx, pad(plaintext))
	if err != nil {
		return nil, nil, fmt.Errorf("seal for group: %w", err)
	}
	return encrypted.SignedSerialize(), &waE2E.Message{SenderKeyDistributionMessage: &waE2E.SenderKeyDistributionMessage{
		GroupID: new(g.jid.String()), AxolotlSenderKeyDistributionMessage: distribution.Serialize(),
	}}, nil
}

// transmitToGroup gives companions a message to a group; count is as for transmit.
func (p *Phone) transmitToGroup(message composed, d *device, to []*companion, count int) error {
	sealed, distribution, err := message.group.sealForGroup(p, d, message.plaintext)
	if err != nil {
		return err
	}
	direct := distribution
	if count > 0 { // a repeated message comes directly
		direct = proto.CloneOf(message.message)
		direct.SenderKeyDistributionMessage = distribution.SenderKeyDistributionMessage
	}
	plaintext, err := proto.Marshal(direct)
	if err != nil {
		return fmt.Errorf("marshal message: %w", err)
	}
	for _, receiver := range to {
		kind, ciphertext, err := d.encrypt(receiver, pad(plaintext))
		if err != nil {
			return fmt.Errorf("send message: %w", err)
		}
		node := p.envelope(message.id, d.number, message.attrs)
		node.Attrs["participant"], node.Attrs["from"] = node.Attrs["from"], message.group.jid
		delete(node.Attrs, "sender_lid")
		delete(node.Attrs, "sender_pn")
		p.alternative(node.Attrs, "participant")
		enc := waBinary.Node{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": kind}, Content: ciphertext}
		if count > 0 {
			enc.Attrs["count"] = count
			node.Content = append([]waBinary.Node{enc}, message.beside...)
		} else {
			shared := waBinary.Node{Tag: "enc", Attrs: waBinary.Attrs{"v": "2", "type": "skmsg"}, Content: sealed}
			maps.Copy(shared.Attrs, message.encAttrs)
			node.Content = append([]waBinary.Node{enc, shared}, message.beside...)
		}
		p.net.push(receiver, node)
		p.net.warnLowKeys(receiver)
	}
	return nil
}

// show puts what one member writes on the phones of the others.
func (g *Group) show(writer *Phone, message composed) {
	for _, member := range g.members {
		if member == writer {
			continue
		}
		if err := member.screen.show(message.id, message.shown, false, g.net.now(), len(member.devices)); err != nil {
			g.net.problem("message %s in group %s: %v", message.id, g.jid, err)
		}
	}
}

// distribute gives a message of a companion to every member: each device gets the
// key on its own, and all the same ciphertext. Callers hold the mutex.
func (g *Group) distribute(from *companion, node *waBinary.Node) error {
	ctx := context.Background()
	shared := child(node, "enc")
	if shared == nil || attr(shared, "type") != "skmsg" {
		return errors.New("there is nothing for all")
	}
	name := protocol.NewSenderKeyName(g.jid.String(), from.address())
	plaintexts, devices := make(map[*Phone][]byte), make(map[*Phone]int)
	for _, to := range child(node, "participants").GetChildren() {
		jid, enc := attrJID(&to, "jid"), child(&to, "enc")
		phone := g.net.user(jid)
		switch {
		case enc == nil:
			return fmt.Errorf("nothing for %s", jid)
		case g.net.business.is(jid) && jid.Device == 0:
			if _, err := g.net.business.self.decrypt(from, attr(enc, "type"), content(enc)); err != nil {
				return fmt.Errorf("open own key: %w", err)
			}
			continue
		case phone == nil || phone.device(jid.Device) == nil || !slices.Contains(g.members, phone):
			continue
		}
		plaintext, err := g.open(ctx, from, phone.device(jid.Device), enc, name, content(shared))
		if err != nil {
			return fmt.Errorf("device %s: %w", jid, err)
		}
		plaintexts[phone] = plaintext
		devices[phone]++
	}
	for _, member := range g.members {
		if devices[member] == 0 {
			return fmt.Errorf("nothing for %s", member.number)
		}
		member.reveal(heldMessage{from: from, node: node}, plaintexts[member], devices[member])
	}
	return nil
}

// open lets one device take the key and read the message.
func (g *Group) open(ctx context.Context, from *companion, d *device, enc *waBinary.Node, name *protocol.SenderKeyName, shared []byte) ([]byte, error) {
	opened, err := d.decrypt(from, attr(enc, "type"), content(enc))
	var carrier waE2E.Message
	if err == nil {
		err = proto.Unmarshal(opened, &carrier)
	}
	if err != nil {
		return nil, fmt.Errorf("open key: %w", err)
	}
	key, err := protocol.NewSenderKeyDistributionMessageFromBytes(
		carrier.GetSenderKeyDistributionMessage().GetAxolotlSenderKeyDistributionMessage(), serializer.SenderKeyDistributionMessage)
	if err != nil {
		return nil, fmt.Errorf("parse key: %w", err)
	}
	if g.theirs[d] == nil {
		g.theirs[d] = make(senderKeys)
	}
	builder := libgroups.NewGroupSessionBuilder(g.theirs[d], serializer)
	if err := builder.Process(ctx, name, key); err != nil {
		return nil, fmt.Errorf("take key: %w", err)
	}
	// The library writes into what it checks: every device needs its own.
	message, err := protocol.NewSenderKeyMessageFromBytes(bytes.Clone(shared), serializer.SenderKeyMessage)
	if err != nil {
		return nil, fmt.Errorf("parse ciphertext: %w", err)
	}
	plaintext, err := libgroups.NewGroupCipher(builder, name, g.theirs[d]).Decrypt(ctx, message)
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return unpad(plaintext)
}

// answerGroups tells about groups.
func (n *Network) answerGroups(node *waBinary.Node) ([]waBinary.Node, bool) {
	if child(node, "query") != nil {
		group := n.groups[attrJID(node, "to")]
		if group == nil {
			return []waBinary.Node{iqError(404, "item-not-found")}, true
		}
		return []waBinary.Node{group.node()}, true
	}
	if child(node, "participating") != nil {
		var all []waBinary.Node
		for _, group := range n.groups {
			all = append(all, group.node())
		}
		return []waBinary.Node{{Tag: "groups", Content: all}}, true
	}
	return nil, false
}

func (g *Group) node() waBinary.Node {
	node := waBinary.Node{Tag: "group", Attrs: waBinary.Attrs{
		"id": g.jid.User, "subject": g.subject, "creation": g.net.unix(), "s_t": g.net.unix(), "addressing_mode": "lid",
	}}
	people := []waBinary.Node{{Tag: "participant", Attrs: waBinary.Attrs{"jid": g.net.business.lid(), "phone_number": g.net.business.PN()}}}
	for _, member := range g.members {
		people = append(people, waBinary.Node{Tag: "participant", Attrs: waBinary.Attrs{"jid": member.lid(), "phone_number": member.pn()}})
	}
	node.Content = people
	return node
}
