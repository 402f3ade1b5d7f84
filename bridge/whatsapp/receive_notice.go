package whatsapp

import (
	"context"
	"fmt"
	"sync"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/haloerzap/halo/bridge"
)

// onCall tells of a call. What follows of the same call has the same id, so that it
// counts once, whichever part of it comes first.
func (l *link) onCall(call types.BasicCallMeta) bool {
	m, ok := l.envelope(callInfo(call))
	if !ok {
		return true
	}
	m.Kind = bridge.KindCall
	return l.receive(m)
}

// callInfo describes a call as if it were a message.
func callInfo(call types.BasicCallMeta) *types.MessageInfo {
	from := call.CallCreator
	if from.IsEmpty() {
		from = call.From
	}
	info := types.MessageInfo{ID: "call-" + call.CallID, Timestamp: call.Timestamp}
	info.Chat, info.Sender, info.SenderAlt = from.ToNonAD(), from, call.CallCreatorAlt
	info.IsGroup = !call.GroupJID.IsEmpty()
	return &info
}

// onIdentity tells that a client's phone was changed or set up anew, as the apps
// do in the chat: the keys are others, and the person may be.
func (l *link) onIdentity(e *events.IdentityChange) bool {
	if e.Implicit {
		return true // a message said so, and no notification; there is no time that stays the same
	}
	info := &types.MessageInfo{ID: fmt.Sprintf("identity-%d", e.Timestamp.Unix()), Timestamp: e.Timestamp}
	info.Chat, info.Sender = e.JID.ToNonAD(), e.JID
	m, ok := l.envelope(info)
	if !ok {
		return true
	}
	m.Kind = kindIdentity
	return l.receive(m)
}

// numberChanged tells that a person goes on under another number. The library
// passes over these notifications; [witness] sees them. It returns false when it
// could not be stored.
func (l *link) numberChanged(node *waBinary.Node) bool {
	child, ok := node.GetOptionalChildByTag("modify")
	if !ok || l.pairing != nil {
		return true
	}
	if !l.begin() {
		return false
	}
	defer l.work.Done()
	ag := child.AttrGetter()
	before, after := ag.OptionalJIDOrEmpty("old").ToNonAD(), ag.OptionalJIDOrEmpty("new").ToNonAD()
	if before.IsEmpty() || after.IsEmpty() || before == after {
		return true
	}
	outer := node.AttrGetter()
	info := &types.MessageInfo{ID: "number-" + outer.OptionalString("id"), Timestamp: time.Unix(int64(outer.OptionalInt("t")), 0)}
	info.Chat, info.Sender = after, after
	m, ok := l.envelope(info)
	if !ok {
		return true
	}
	m.Kind, m.Alt = kindNumber, bridge.Address(before.String())
	if before.Server == types.DefaultUserServer && isDigits(before.User) {
		m.Text = "+" + before.User
	}
	return l.receive(m)
}

// A Watcher hears that a client is writing. An Inbox may be one.
type Watcher interface {
	ClientTyping(ctx context.Context, chat, alt bridge.Address, on bool)
}

// onTyping passes on that a client is writing, or no longer.
func (l *link) onTyping(e *events.ChatPresence) {
	w, ok := l.c.options.Inbox.(Watcher)
	if !ok || e.IsFromMe || e.IsGroup || !l.leads() {
		return
	}
	info := types.MessageInfo{MessageSource: e.MessageSource}
	m, ok := l.envelope(&info)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(l.ctx, time.Second)
	defer cancel()
	w.ClientTyping(ctx, m.Chat, m.Alt, e.State == types.ChatPresenceComposing)
}

// liveEvery is how often at most a place that moves is told anew.
const liveEvery = 10 * time.Minute

// liveKept bounds the memory for people whose place moves.
const liveKept = 1024

// A liveShare keeps places that move from flooding a thread.
type liveShare struct {
	mu   sync.Mutex
	last map[types.JID]liveSeen
}

type liveSeen struct {
	id string
	at time.Time
}

// worth reports whether a place is worth telling: the first of a share, then one
// every ten minutes by the sender's clock. The same message again is worth what it
// was.
func (s *liveShare) worth(e *events.Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := s.last[e.Info.Sender.ToNonAD()]
	follows := e.Message.GetLiveLocationMessage().GetSequenceNumber() > 0 && e.Message.GetLiveLocationMessage().GetTimeOffset() > 0
	if known && last.id != e.Info.ID && follows && e.Info.Timestamp.Sub(last.at) < liveEvery {
		return false
	}
	if s.last == nil || len(s.last) >= liveKept {
		s.last = map[types.JID]liveSeen{}
	}
	s.last[e.Info.Sender.ToNonAD()] = liveSeen{e.Info.ID, e.Info.Timestamp}
	return true
}
