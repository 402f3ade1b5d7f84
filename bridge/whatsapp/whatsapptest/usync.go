package whatsapptest

import (
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// answerUsync tells what the server knows about users: their devices, other
// address, and whether they have an account.
func (n *Network) answerUsync(node *waBinary.Node) ([]waBinary.Node, bool) {
	query, list := child(node, "usync", "query"), child(node, "usync", "list")
	if query == nil || list == nil {
		return nil, false
	}
	asked := map[string]bool{}
	for _, part := range query.GetChildren() {
		asked[part.Tag] = true
	}
	users := []waBinary.Node{}
	for _, user := range list.GetChildren() {
		if number := childContent(&user, "contact"); number != nil {
			users = append(users, n.contact(number))
			continue
		}
		jid, ok := user.Attrs["jid"].(types.JID)
		if !ok {
			return nil, false
		}
		users = append(users, n.describe(jid, asked))
	}
	return []waBinary.Node{{Tag: "usync", Content: []waBinary.Node{{Tag: "list", Content: users}}}}, true
}

// contact answers for a number as typed into an address book.
func (n *Network) contact(query []byte) waBinary.Node {
	number, _, _ := strings.Cut(strings.TrimPrefix(string(query), "+"), "@")
	attrs := waBinary.Attrs{"pn_jid": types.NewJID(number, types.DefaultUserServer)}
	kind := "out"
	if phone := n.users[number]; phone != nil && !phone.removed && phone.number == number {
		kind, attrs["jid"] = "in", phone.lid()
	} else if number == n.business.phone {
		kind, attrs["jid"] = "in", n.business.lid()
	}
	return waBinary.Node{Tag: "user", Attrs: attrs, Content: []waBinary.Node{
		{Tag: "contact", Attrs: waBinary.Attrs{"type": kind}, Content: query},
	}}
}

func (n *Network) describe(jid types.JID, asked map[string]bool) waBinary.Node {
	answer := waBinary.Node{Tag: "user", Attrs: waBinary.Attrs{"jid": jid}}
	var devices []uint16
	var lid types.JID
	switch phone := n.user(jid); {
	case n.business.is(jid):
		devices, lid = append(devices, 0), n.business.lid()
		for _, own := range n.business.companions {
			devices = append(devices, own.device)
		}
	case phone != nil && !phone.removed:
		lid = phone.lid()
		for _, d := range phone.devices {
			devices = append(devices, d.number)
		}
	default:
		return answer
	}
	var parts []waBinary.Node
	if asked["devices"] {
		nodes := []waBinary.Node{}
		for _, number := range devices {
			attrs := waBinary.Attrs{"id": int(number)}
			if number > 0 {
				attrs["key-index"] = int(number)
			}
			nodes = append(nodes, waBinary.Node{Tag: "device", Attrs: attrs})
		}
		parts = append(parts, waBinary.Node{Tag: "devices", Content: []waBinary.Node{{Tag: "device-list", Content: nodes}}})
	}
	if asked["lid"] {
		parts = append(parts, waBinary.Node{Tag: "lid", Attrs: waBinary.Attrs{"val": lid}})
	}
	if asked["status"] {
		parts = append(parts, waBinary.Node{Tag: "status", Content: []byte("Hey there!")})
	}
	if len(parts) > 0 {
		answer.Content = parts
	}
	return answer
}
