package whatsapptest

import (
	"encoding/binary"
	"slices"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
)

// onIQ answers a request, or takes the answer to one of ours.
func (n *Network) onIQ(c *conn, node *waBinary.Node) {
	switch attr(node, "type") {
	case "result", "error":
		n.onPairAnswer(c, node)
	case "get", "set":
		if n.faults.set.IgnorePings && attr(node, "xmlns") == "w:p" {
			return
		}
		answer, known := n.answer(c, node)
		if !known {
			n.problem("unexpected request %s", node)
			answer = []waBinary.Node{iqError(501, "feature-not-implemented")}
		}
		kind := "result"
		if len(answer) == 1 && answer[0].Tag == "error" {
			kind = "error"
		}
		reply := waBinary.Node{Tag: "iq", Attrs: waBinary.Attrs{
			"from": types.ServerJID, "type": kind, "id": attr(node, "id"),
		}}
		if len(answer) > 0 {
			reply.Content = answer
		}
		c.send(answers, reply)
		// Delivery starts after the answer that lets it start.
		if attr(node, "xmlns") == "passive" && child(node, "active") != nil {
			n.activate(c)
		}
	default:
		n.problem("unexpected stanza %s", node)
	}
}

func iqError(code int, text string) waBinary.Node {
	return waBinary.Node{Tag: "error", Attrs: waBinary.Attrs{"code": code, "text": text}}
}

// answer returns the children of the result of a request, or one error node.
func (n *Network) answer(c *conn, node *waBinary.Node) (answer []waBinary.Node, known bool) {
	kind := attr(node, "type")
	space := attr(node, "xmlns")
	if c.companion == nil {
		switch {
		case space == "w:p" && kind == "get":
			return nil, true
		case space == "md" && child(node, "link_code_companion_reg") != nil:
			return n.answerLinkCode(c, child(node, "link_code_companion_reg"))
		}
		return nil, false
	}
	switch space + " " + kind {
	case "w:p get":
		return nil, true
	case "passive set":
		return nil, child(node, "active") != nil || child(node, "passive") != nil
	case "encrypt get":
		return n.answerKeys(c.companion, node)
	case "encrypt set":
		return nil, n.storeKeys(c.companion, node)
	case "usync get":
		return n.answerUsync(node)
	case "w:m set":
		return []waBinary.Node{{
			Tag:     "media_conn",
			Attrs:   waBinary.Attrs{"auth": mediaAuth, "ttl": 3600, "auth_ttl": 3600, "max_buckets": 12},
			Content: []waBinary.Node{{Tag: "host", Attrs: waBinary.Attrs{"hostname": mediaHost}}},
		}}, child(node, "media_conn") != nil
	case "w:g2 get":
		return n.answerGroups(node)
	case "privacy get":
		return privacySettings(), child(node, "privacy") != nil
	case "privacy set":
		// Tokens for customers: nothing to store yet.
		return nil, child(node, "tokens") != nil
	case "blocklist get":
		return []waBinary.Node{{Tag: "list", Attrs: waBinary.Attrs{"dhash": "none"}}}, true
	case "w:sync:app:state set":
		return emptyAppState(node)
	case "w:profile:picture get":
		return []waBinary.Node{iqError(404, "item-not-found")}, true
	case "status set", "urn:xmpp:whatsapp:dirty set":
		return nil, true
	case "md set":
		return nil, n.removeCompanion(c, node)
	}
	return nil, false
}

func privacySettings() []waBinary.Node {
	var categories []waBinary.Node
	for _, name := range []string{"groupadd", "last", "status", "profile", "readreceipts", "online", "calladd"} {
		categories = append(categories, waBinary.Node{Tag: "category", Attrs: waBinary.Attrs{"name": name, "value": "all"}})
	}
	return []waBinary.Node{{Tag: "privacy", Content: categories}}
}

// emptyAppState answers that every collection asked for is empty.
func emptyAppState(node *waBinary.Node) ([]waBinary.Node, bool) {
	sync := child(node, "sync")
	if sync == nil {
		return nil, false
	}
	var collections []waBinary.Node
	for _, asked := range sync.GetChildren() {
		if asked.Tag != "collection" || child(&asked, "patch") != nil {
			return nil, false
		}
		collections = append(collections, waBinary.Node{Tag: "collection", Attrs: waBinary.Attrs{
			"name": attr(&asked, "name"), "version": 0, "has_more_patches": "false",
		}})
	}
	return []waBinary.Node{{Tag: "sync", Content: collections}}, true
}

func (n *Network) removeCompanion(c *conn, node *waBinary.Node) bool {
	removal := child(node, "remove-companion-device")
	if removal == nil {
		return false
	}
	if jid := attrJID(removal, "jid"); jid.Device != c.companion.device {
		n.problem("removal of foreign device %s", jid)
		return true
	}
	gone := c.companion
	n.business.companions = slices.DeleteFunc(n.business.companions, func(d *companion) bool { return d == gone })
	n.touch()
	return true
}

// answerKeys counts the companion's own keys or hands out those of others.
func (n *Network) answerKeys(own *companion, node *waBinary.Node) ([]waBinary.Node, bool) {
	if child(node, "count") != nil {
		count := len(own.oneTime)
		if n.options.FewKeys {
			count = max(count, 1) // none at all is what makes clients begin with 812
		}
		return []waBinary.Node{{Tag: "count", Attrs: waBinary.Attrs{"value": count}}}, true
	}
	asked := child(node, "key")
	if asked == nil {
		return nil, false
	}
	var users []waBinary.Node
	for _, user := range asked.GetChildren() {
		jid := attrJID(&user, "jid")
		answer := waBinary.Node{Tag: "user", Attrs: waBinary.Attrs{"jid": jid}}
		switch keys := n.keysOf(jid); {
		case keys == nil:
			answer.Content = []waBinary.Node{iqError(404, "item-not-found")}
		default:
			answer.Content = keys
		}
		users = append(users, answer)
	}
	return []waBinary.Node{{Tag: "list", Content: users}}, true
}

func (n *Network) keysOf(jid types.JID) []waBinary.Node {
	if n.business.is(jid) {
		if jid.Device == 0 {
			return n.business.self.keyNodes()
		}
		for _, other := range n.business.companions {
			if other.device == jid.Device {
				return other.keyNodes()
			}
		}
		return nil
	}
	phone := n.user(jid)
	if phone == nil || phone.removed {
		return nil
	}
	if d := phone.device(jid.Device); d != nil {
		return d.keyNodes()
	}
	return nil
}

// keyNodes is what another companion needs to open a session.
func (c *companion) keyNodes() []waBinary.Node {
	public := func(tag string, key publicPreKey) waBinary.Node {
		id := binary.BigEndian.AppendUint32(nil, key.id)
		children := []waBinary.Node{{Tag: "id", Content: id[1:]}, {Tag: "value", Content: key.key[:]}}
		if key.signature != nil {
			children = append(children, waBinary.Node{Tag: "signature", Content: key.signature})
		}
		return waBinary.Node{Tag: tag, Content: children}
	}
	nodes := []waBinary.Node{
		{Tag: "registration", Content: c.registration[:]},
		{Tag: "type", Content: []byte{5}},
		{Tag: "identity", Content: c.identity[:]},
		public("skey", c.signed),
	}
	if len(c.oneTime) > 0 {
		nodes = append(nodes, public("key", c.oneTime[0]))
		c.oneTime = c.oneTime[1:]
	}
	return nodes
}

// storeKeys takes an upload; false when it makes no sense.
func (n *Network) storeKeys(own *companion, node *waBinary.Node) bool {
	if string(childContent(node, "identity")) != string(own.identity[:]) {
		n.problem("key upload with a foreign identity")
	}
	if registration := childContent(node, "registration"); len(registration) == 4 {
		own.registration = [4]byte(registration)
	}
	signedNode, list := child(node, "skey"), child(node, "list")
	if signedNode == nil || list == nil {
		return false
	}
	signed, err := readPreKey(signedNode)
	if err != nil || !signed.signedBy(own.identity) {
		n.problem("key upload without a valid signed key")
		return true
	}
	own.signed = signed
	for _, keyNode := range list.GetChildren() {
		key, err := readPreKey(&keyNode)
		if err != nil {
			n.problem("key upload: %v", err)
			return true
		}
		own.oneTime = slices.DeleteFunc(own.oneTime, func(k publicPreKey) bool { return k.id == key.id })
		own.oneTime = append(own.oneTime, key)
	}
	own.lowKeys = false
	return true
}

const fewKeys = 5

// warnLowKeys tells a companion once that its keys run out.
func (n *Network) warnLowKeys(own *companion) {
	if len(own.oneTime) >= fewKeys || own.lowKeys {
		return
	}
	own.lowKeys = true
	n.push(own, waBinary.Node{
		Tag:     "notification",
		Attrs:   waBinary.Attrs{"from": types.ServerJID, "type": "encrypt", "id": n.nextID(), "t": n.unix()},
		Content: []waBinary.Node{{Tag: "count", Attrs: waBinary.Attrs{"value": len(own.oneTime)}}},
	})
}
