package whatsapp

import (
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/haloerzap/halo/bridge"
)

// Kinds beside those that [bridge] names.
const (
	kindRound      = "round" // a round video note
	kindViewOnce   = "view_once"
	kindEvent      = "event"
	kindInvite     = "invite"
	kindOrder      = "order"
	kindProduct    = "product"
	kindPayment    = "payment"
	kindPollResult = "poll_result"
	kindPack       = "sticker_pack"
	kindTimer      = "timer"    // the chat's disappearing messages were set, Fades says how
	kindPin        = "pin"      // Target was pinned
	kindIdentity   = "identity" // the person's phone was changed or set up anew
	kindNumber     = "number"   // the person goes on under another number
	kindUnknown    = "unknown"
)

const mostNested = 4 // envelopes within each other; apps use two

// A reading puts one message into the desk's words. Nothing in what it makes is
// longer than an app would write, whatever was sent.
type reading struct {
	info  *types.MessageInfo
	own   func(types.JID) bool // tells the desk's own addresses
	votes []string             // of a vote, opened
	// mentions are the people whose addresses stand in the text behind an @, and quoted
	// those in the words that it quotes.
	mentions, quoted mentions
	inner            bool // a quoted message: what it quotes itself does not matter
	m                bridge.ClientMessage
}

// readContent reads what a message says into r.m; ok is false for messages that
// mean nothing to people. Content that cannot be read is told, never an error.
func (r *reading) readContent(e *events.Message) (ok bool) {
	defer func() {
		if recover() != nil {
			r.m = bridge.ClientMessage{Kind: kindUnknown, Unreadable: "its content is malformed"}
			ok = true
		}
	}()
	if r.own == nil {
		r.own = func(types.JID) bool { return false }
	}
	ok = r.read(e.Message, 0)
	r.m.ViewOnce = r.m.ViewOnce || e.IsViewOnce
	r.m.Text = cleanText(r.m.Text)
	return ok
}

// read goes from what carries words to what carries none.
func (r *reading) read(m *waE2E.Message, depth int) bool {
	switch {
	case depth > mostNested:
		return r.unreadable(kindUnknown, "its content is nested too deeply")
	case m == nil:
		return r.unreadable(kindUnknown, "it is empty")
	}
	r.context(m)
	switch {
	case r.words(m), r.media(m), r.place(m), r.cards(m), r.poll(m), r.trade(m), r.business(m):
		return true
	}
	if p := m.GetProtocolMessage(); p != nil {
		return r.protocol(p, depth)
	}
	if ok, is := r.about(m, depth); is {
		return ok
	}
	for _, inner := range wrapped(m) {
		return r.read(inner, depth+1)
	}
	return r.rest(m)
}

// is notes what a message is.
func (r *reading) is(kind, text string) bool {
	r.m.Kind, r.m.Text = kind, text
	return true
}

func (r *reading) unreadable(kind, why string) bool {
	r.m.Kind, r.m.Unreadable = kind, why
	return true
}

// context reads what stands around a message: what it answers, whether it was
// forwarded, how long it stays, and the album it belongs to.
func (r *reading) context(m *waE2E.Message) {
	r.association(m)
	c := contextOf(m)
	if c == nil {
		return
	}
	if c.GetIsForwarded() || c.GetForwardingScore() > 0 {
		r.m.Forwarded = int(min(max(c.GetForwardingScore(), 1), 1000))
	}
	if c.GetExpiration() > 0 {
		r.m.Fades = seconds(c.GetExpiration())
	}
	for _, mention := range firstOf(c.GetMentionedJID(), mostMentions) {
		r.mentions.add(mention)
	}
	if c.GetStanzaID() != "" && !r.inner {
		r.m.Quote = r.quote(c)
	}
}

// quoteLimit bounds the words of a quoted message, in characters.
const quoteLimit = 300

func (r *reading) quote(c *waE2E.ContextInfo) *bridge.Quote {
	q := &bridge.Quote{ID: cleanID(c.GetStanzaID())}
	if author, ok := personOf(c.GetParticipant()); ok {
		q.Own = r.own(author)
		if r.info != nil && r.info.IsGroup && !q.Own {
			q.Sender = bridge.Address(author.String())
		}
	}
	if c.GetQuotedMessage() == nil {
		return q
	}
	quoted := reading{own: r.own, inner: true}
	if quoted.readContent(&events.Message{Message: c.GetQuotedMessage()}) && quoted.m.Unreadable == "" {
		q.Kind, q.Text = quoted.m.Kind, shorten(gist(quoted.m), quoteLimit)
		r.quoted = quoted.mentions
	}
	return q
}

// gist is what of a message can be said in words.
func gist(m bridge.ClientMessage) string {
	switch {
	case m.Text != "":
		return m.Text
	case m.Poll != nil:
		return m.Poll.Question
	case m.Place != nil:
		return m.Place.Name
	case len(m.Contacts) > 0:
		return m.Contacts[0].Name
	case m.Media != nil:
		return m.Media.Name
	}
	return ""
}

// association reads which other message a picture belongs to: the album it is
// part of, or the smaller version that it follows.
func (r *reading) association(m *waE2E.Message) {
	a := m.GetMessageContextInfo().GetMessageAssociation()
	parent := a.GetParentMessageKey().GetID()
	if parent == "" {
		return
	}
	if a.GetAssociationType() == waE2E.MessageAssociation_MEDIA_ALBUM {
		r.m.Album = cleanID(parent)
	} else if r.m.Quote == nil {
		r.m.Quote = &bridge.Quote{ID: cleanID(parent), Own: r.info != nil && r.info.IsFromMe}
	}
}

// contextOf finds the context that hangs on whatever a message holds.
func contextOf(m *waE2E.Message) (found *waE2E.ContextInfo) {
	if m == nil {
		return nil
	}
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Kind() != protoreflect.MessageKind || field.IsList() || field.IsMap() {
			return true
		}
		inner := field.Message().Fields().ByName("contextInfo")
		if inner == nil || inner.Kind() != protoreflect.MessageKind || !value.Message().Has(inner) {
			return true
		}
		found, _ = value.Message().Get(inner).Message().Interface().(*waE2E.ContextInfo)
		return found == nil
	})
	return found
}

// wrapped are the envelopes that the library leaves closed, at most one of
// which a message has.
func wrapped(m *waE2E.Message) (inner []*waE2E.Message) {
	for _, envelope := range []*waE2E.FutureProofMessage{
		m.GetEditedMessage(), m.GetEphemeralMessage(), m.GetViewOnceMessage(), m.GetViewOnceMessageV2(), m.GetViewOnceMessageV2Extension(),
		m.GetDocumentWithCaptionMessage(), m.GetGroupMentionedMessage(), m.GetLottieStickerMessage(), m.GetBotInvokeMessage(),
		m.GetAssociatedChildMessage(), m.GetPollCreationMessageV4(), m.GetSpoilerMessage(), m.GetEventCoverImage(),
		m.GetQuestionMessage(), m.GetQuestionReplyMessage(), m.GetBotForwardedMessage(), m.GetPollCreationOptionImageMessage(),
	} {
		if message := envelope.GetMessage(); message != nil {
			inner = append(inner, message)
		}
	}
	return inner
}

// seconds is a time that a message gives, at most some ten years.
func seconds(n uint32) time.Duration {
	return time.Duration(min(n, 10*366*24*3600)) * time.Second
}
