package whatsapptest

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"

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
	keys    map[*device]senderKeys
}

// AddGroup makes a group of customers and the business.
func (n *Network) AddGroup(subject string, members ...*Phone) *Group {
	n.mu.Lock()
	defer n.mu.Unlock()
	sum := fnv.New64a()
	_, _ = fmt.Fprint(sum, subject, len(n.groups))
	g := &Group{
		net: n, subject: subject, members: members, keys: make(map[*device]senderKeys),
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
