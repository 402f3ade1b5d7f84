package whatsapp

import (
	"strings"
	"sync"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	waLog "go.mau.fi/whatsmeow/util/log"
)

// A witness sees the messages that come in and what is acknowledged. The library
// acknowledges some without an event: of an unknown kind, without content, or
// after a panic of its own; and those it cannot decrypt before the event. None
// may vanish, so that a placeholder is stored before the acknowledgement leaves.
//
// It looks through the library's log of stanzas, the one place where both pass.
// When that log should ever change, placeholders of silent messages are missing
// and nothing else.
type witness struct {
	link    *link
	backlog *backlog

	mu    sync.Mutex
	open  map[stanzaKey]*waBinary.Node // came in, and no event told of them yet
	known bool                         // the stanza at hand was handled in an earlier life
	last  stanzaKey                    // of the last placeholder stored here
}

type stanzaKey struct {
	id   string
	from types.JID
}

// stanzaOf is the key of the stanza that a message came in.
func stanzaOf(info *types.MessageInfo) stanzaKey {
	if info.Chat.Server == types.GroupServer {
		return stanzaKey{info.ID, info.Chat}
	}
	return stanzaKey{info.ID, info.Sender}
}

// witnessed bounds the memory for stanzas that wait for their turn; it is larger
// than the queue of the library.
const witnessed = 16384

func (w *witness) arrived(node *waBinary.Node) {
	w.backlog.arrived(w.link.stopping, node)
	contacts := node.Tag == "notification" && node.Attrs["type"] == "contacts"
	if node.Tag != "message" && !contacts || node.Attrs["category"] == "peer" {
		return
	}
	id, _ := node.Attrs["id"].(string)
	from, ok := node.Attrs["from"].(types.JID)
	if !ok || !contacts && !w.link.talksIn(from) {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.open) < witnessed {
		w.open[stanzaKey{id, from}] = node
	}
}

// told notes that an event came of a message.
func (w *witness) told(info *types.MessageInfo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, stanzaOf(info))
}

// placed reports whether a placeholder of a message was just stored here.
func (w *witness) placed(info *types.MessageInfo) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last == stanzaOf(info)
}

// repeated notes that the message at hand was handled before.
func (w *witness) repeated() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = true
}

// anew is called before every connection: an acknowledgement that could not
// leave settled nothing.
func (w *witness) anew() {
	w.backlog.forget()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = false
}

// leaving is called before a stanza is sent, by the goroutine that handles the
// one it answers.
func (w *witness) leaving(node *waBinary.Node) {
	w.backlog.leaving(node)
	if node.Tag == "message" && node.Attrs["device_fanout"] == false || node.Tag == "ack" && node.Attrs["type"] == "retry" {
		w.link.endTurn()
	}
	id, _ := node.Attrs["id"].(string)
	to, ok := node.Attrs["to"].(types.JID)
	kind, _ := node.Attrs["type"].(string)
	contacts := node.Tag == "ack" && node.Attrs["class"] == "notification" && kind == "contacts"
	settles := contacts || node.Tag == "ack" && node.Attrs["class"] == "message" || node.Tag == "receipt" && (kind == "" || kind == "inactive" || kind == "sender" || kind == "peer_msg")
	if !ok || !settles {
		return
	}
	if w.link.poisoned.Load() {
		// Nothing of a connection given up is acknowledged, whatever the library
		// thinks of it.
		w.link.cli.Disconnect()
		return
	}
	w.mu.Lock()
	message := w.open[stanzaKey{id, to}]
	delete(w.open, stanzaKey{id, to})
	known := w.known && !contacts
	w.known = w.known && contacts
	w.mu.Unlock()
	if message == nil || known {
		return
	}
	if contacts {
		if !w.link.numberChanged(message) {
			w.link.cli.Disconnect()
		}
		return
	}
	if w.link.vanishing(message, node.Tag == "ack" && node.Attrs["error"] == nil) {
		w.mu.Lock()
		w.last = stanzaKey{id, to}
		w.mu.Unlock()
		return
	}
	// Without a connection the acknowledgement cannot leave.
	w.link.cli.Disconnect()
}

// talksIn reports whether messages from an address may be the desk's to take in.
func (l *link) talksIn(from types.JID) bool {
	return from.Server == types.DefaultUserServer || from.Server == types.HiddenUserServer || from.Server == types.GroupServer && l.listens(from)
}

// vanishing stores a placeholder for a message that no event will tell of, or
// not in time. It returns false when that failed.
func (l *link) vanishing(node *waBinary.Node, undecryptable bool) (stored bool) {
	if l.pairing != nil || !l.begin() {
		return false
	}
	defer l.work.Done()
	info := l.stanzaInfo(node)
	defer func() {
		if r := recover(); r != nil {
			stored = l.rescueMessage(node.Tag, info, r)
		}
	}()
	m, ok := l.envelope(info)
	if !ok {
		return true
	}
	m.Kind, m.Unreadable = announcedKind(info), "its content is malformed or of an unknown kind"
	unavailable, absent := node.GetOptionalChildByTag("unavailable")
	switch {
	case absent && unavailable.AttrGetter().OptionalString("type") == "view_once":
		m.Kind, m.ViewOnce, m.Unreadable = kindViewOnce, true, reasonViewOnce
	case absent:
		m.Unreadable = reasonUnavailable
	case undecryptable:
		m.Unreadable = reasonUndecryptable
	}
	return l.receive(m)
}

// stanzaInfo reads as much of a stanza as a placeholder needs. What is broken is
// left out: the sender is there, [witness.arrived] saw to it. A broken time
// becomes the beginning of all times, the same at every redelivery.
func (l *link) stanzaInfo(node *waBinary.Node) *types.MessageInfo {
	ag := node.AttrGetter()
	info := &types.MessageInfo{ID: ag.String("id"), PushName: ag.OptionalString("notify"), Type: ag.OptionalString("type"), Timestamp: time.Unix(int64(ag.OptionalInt("t")), 0)}
	info.Sender = ag.JID("from")
	info.Chat = info.Sender.ToNonAD()
	if info.Chat.Server == types.GroupServer {
		info.IsGroup, info.Sender = true, ag.OptionalJIDOrEmpty("participant")
		info.IsFromMe = l.isOwn(info.Sender)
		info.SenderAlt = ag.OptionalJIDOrEmpty("participant_pn")
		return l.announced(info, node)
	}
	info.SenderAlt = ag.OptionalJIDOrEmpty("sender_pn")
	if info.SenderAlt.IsEmpty() {
		info.SenderAlt = ag.OptionalJIDOrEmpty("sender_lid")
	}
	if l.isOwn(info.Chat) {
		info.IsFromMe = true
		info.Chat = ag.OptionalJIDOrEmpty("recipient")
		info.RecipientAlt = ag.OptionalJIDOrEmpty("peer_recipient_pn")
		if info.RecipientAlt.IsEmpty() {
			info.RecipientAlt = ag.OptionalJIDOrEmpty("peer_recipient_lid")
		}
	}
	return l.announced(info, node)
}

// announced adds what the envelope of a message says of its content.
func (l *link) announced(info *types.MessageInfo, node *waBinary.Node) *types.MessageInfo {
	for _, child := range node.GetChildrenByTag("enc") {
		if kind, ok := child.AttrGetter().GetString("mediatype", false); ok {
			info.MediaType = kind
		}
	}
	return info
}

// stanzaLog is the library's log of one direction.
type stanzaLog struct {
	libraryLog
	see func(*waBinary.Node)
}

var _ waLog.Logger = stanzaLog{}

// Debugf implements [waLog.Logger].
func (l stanzaLog) Debugf(_ string, args ...any) {
	for _, arg := range args {
		if node, ok := arg.(*waBinary.Node); ok && node != nil {
			l.see(node)
		}
	}
}

// linkLog is the log of one link.
type linkLog struct {
	libraryLog
	witness *witness
}

// Warnf implements [waLog.Logger].
func (l linkLog) Warnf(format string, args ...any) {
	if strings.HasPrefix(format, queueFullNotice) {
		l.witness.link.poison("WhatsApp brings more than can be taken in at once")
	}
	l.libraryLog.Warnf(format, args...)
}

// Sub implements [waLog.Logger].
func (l linkLog) Sub(module string) waLog.Logger {
	named := libraryLog{l.log.Named(module)}
	switch module {
	case "Recv":
		return stanzaLog{named, l.witness.arrived}
	case "Send":
		return stanzaLog{named, l.witness.leaving}
	}
	return named
}
