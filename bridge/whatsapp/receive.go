package whatsapp

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"

	"github.com/haloerzap/halo/bridge"
)

// Why a message could not be read, for people.
const (
	reasonViewOnce      = "it can be viewed once, on the phone only"
	reasonUnavailable   = "WhatsApp did not give us its content"
	reasonUndecryptable = "it could not be decrypted"
	reasonUnhandled     = "it could not be handled"
)

func (l *link) onMessage(e *events.Message) bool {
	m, ok := l.clientMessage(e)
	if !ok {
		return true
	}
	return l.receive(m)
}

// clientMessage puts an event into the desk's words; ok is false for what is
// not part of a chat that the desk has.
func (l *link) clientMessage(e *events.Message) (m bridge.ClientMessage, ok bool) {
	envelope, ok := l.envelope(&e.Info)
	if !ok {
		return m, false
	}
	r := reading{info: &e.Info, own: l.isOwn}
	l.disclose(e, &r)
	if !r.readContent(e) || r.m.Live && !l.live.worth(e) {
		return m, false
	}
	m = r.m
	m.ID, m.Chat, m.Alt, m.Phone, m.Name = envelope.ID, envelope.Chat, envelope.Alt, envelope.Phone, envelope.Name
	m.At, m.Own, m.Group = envelope.At, envelope.Own, envelope.Group
	m.Text = l.nameMentions(m.Text, r.mentions)
	if m.Quote != nil {
		m.Quote.Text = l.nameMentions(m.Quote.Text, r.quoted)
	}
	return m, true
}

func (l *link) onUndecryptable(e *events.UndecryptableMessage) bool {
	m, ok := l.envelope(&e.Info)
	if !ok || l.witness.placed(&e.Info) {
		return true
	}
	m.Kind = announcedKind(&e.Info)
	switch {
	case e.UnavailableType == events.UnavailableTypeViewOnce:
		m.Kind, m.ViewOnce, m.Unreadable = kindViewOnce, true, reasonViewOnce
	case e.IsUnavailable:
		m.Unreadable = reasonUnavailable
	default:
		m.Unreadable = reasonUndecryptable
	}
	return l.receive(m)
}

// envelope reads who wrote to whom; ok is false for everything but a chat with
// one person and a group that the desk listens to.
func (l *link) envelope(info *types.MessageInfo) (m bridge.ClientMessage, ok bool) {
	chat, alt := info.Chat, info.SenderAlt
	if info.IsFromMe {
		alt = info.RecipientAlt
	}
	switch {
	case info.Category == "peer":
		return m, false
	case chat.Server == types.GroupServer:
		return l.groupEnvelope(info)
	case chat.Server == types.BroadcastServer && chat != types.StatusBroadcastJID && !info.IsFromMe:
		// A message to a private broadcast list is one to us alone.
		chat = info.Sender
	case info.IsGroup:
		return m, false
	}
	switch {
	case chat.User == "" || chat.User == "0", chat.IsBot(), l.isOwn(chat):
		return m, false
	case chat.Server != types.DefaultUserServer && chat.Server != types.HiddenUserServer:
		return m, false
	}
	m = bridge.ClientMessage{ID: cleanID(info.ID), At: info.Timestamp, Own: info.IsFromMe}
	if !info.IsFromMe {
		m.Name = cleanName(info.PushName)
	}
	m.Chat, m.Alt, m.Phone = l.addresses(chat, alt)
	return m, true
}

// addresses returns the address to answer to, the same person's other one, and
// the number, never made of the digits of a LID.
func (l *link) addresses(chat, alt types.JID) (bridge.Address, bridge.Address, string) {
	chat, alt = chat.ToNonAD(), alt.ToNonAD()
	if alt.IsEmpty() || alt.Server == chat.Server {
		alt, _ = l.alternative(l.ctx, chat)
	}
	var phone string
	for _, jid := range []types.JID{chat, alt} {
		if jid.Server == types.DefaultUserServer && isDigits(jid.User) {
			phone = jid.User
		}
	}
	if alt.IsEmpty() {
		return bridge.Address(chat.String()), "", phone
	}
	return bridge.Address(chat.String()), bridge.Address(alt.String()), phone
}

// alternative finds the phone number to a LID and the LID to a phone number.
func (l *link) alternative(ctx context.Context, jid types.JID) (alt types.JID, err error) {
	switch jid.Server {
	case types.DefaultUserServer:
		alt, err = l.cli.Store.LIDs.GetLIDForPN(ctx, jid)
	case types.HiddenUserServer:
		alt, err = l.cli.Store.LIDs.GetPNForLID(ctx, jid)
	}
	return alt.ToNonAD(), err
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

func (l *link) onReceipt(e *events.Receipt) bool {
	var read bool
	switch e.Type {
	case types.ReceiptTypeDelivered:
	case types.ReceiptTypeRead, types.ReceiptTypePlayed:
		read = true
	default:
		return true
	}
	if e.IsGroup || e.IsFromMe {
		return true
	}
	r := bridge.Receipt{IDs: slices.Clone(e.MessageIDs), Read: read, At: e.Timestamp}
	r.Chat, r.Alt, _ = l.addresses(e.Chat, e.SenderAlt)
	return l.keep("w.receipt", "", func(ctx context.Context) error { return l.c.options.Inbox.Receipts(ctx, r) })
}

func (l *link) receive(m bridge.ClientMessage) bool {
	return l.keep("wa.decrypted", "wa.persisted", func(ctx context.Context) error { return l.c.options.Inbox.Receive(ctx, m) })
}

// keep offers something to the inbox until it is durable. When that takes too
// long, the connection is given up, so that it comes again, in order.
func (l *link) keep(before, after string, offer func(context.Context) error) bool {
	l.moved()
	if l.poisoned.Load() || l.stopping.Err() != nil || !l.leads() {
		return false
	}
	if err := l.c.options.Failpoint.Hit(before); err != nil {
		l.poison("a test stopped here")
		return false
	}
	err := l.persist(offer)
	if errors.Is(err, errNotLeading) {
		return false
	}
	if err != nil {
		l.c.log.Error("nothing more is taken in: the inbox does not store", logged(err))
		l.poison("what came could not be stored")
		return false
	}
	if after == "" {
		return true
	}
	if err := l.c.options.Failpoint.Hit(after); err != nil {
		l.poison("a test stopped here")
		return false
	}
	return true
}

func (l *link) persist(offer func(context.Context) error) error {
	set := l.c.settings
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), set.storeFor)
	defer cancel()
	// When the client is stopped the message in hand gets a short while more.
	stop := context.AfterFunc(l.stopping, func() {
		_ = sleep(ctx, set.storeGrace)
		cancel()
	})
	defer stop()
	for delay := 20 * time.Millisecond; ; delay = min(2*delay, 2*time.Second) {
		if !l.leads() {
			return errNotLeading
		}
		err := offer(ctx)
		if err == nil {
			return nil
		}
		if l.stopping.Err() != nil || sleep(ctx, delay) != nil {
			return err
		}
		l.moved() // the offline queue is not over while this is in hand
		l.c.log.Warn("store what came, trying again", logged(err))
	}
}

// announcedKind is what the envelope of an unreadable message says it holds.
func announcedKind(info *types.MessageInfo) string {
	switch info.MediaType {
	case "":
	case "ptt":
		return "voice"
	case "vcard", "contact_array":
		return "contact"
	case "livelocation":
		return "location"
	case "image", "video", "audio", "document", "sticker", "location":
		return info.MediaType
	default:
		return "unknown"
	}
	switch info.Type {
	case "text", "reaction", "poll":
		return info.Type
	}
	return "unknown"
}
