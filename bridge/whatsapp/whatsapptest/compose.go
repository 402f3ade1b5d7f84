package whatsapptest

import (
	crand "crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// Draft is what a person does in a chat. The first of its fields that is set, in
// their order, says what; a text when none is.
type Draft struct {
	// Message is sent as it is, and replaces everything but ID and Device.
	Message *waE2E.Message

	Edit   string // id of the own message that gets Text, also as its caption
	Delete string // id of the own message that goes
	React  string // id of the message Emoji is placed on
	Emoji  string // "" takes the reaction back
	Vote   string // id of the poll in which Options are chosen
	// Options of Vote; none takes the vote back.
	Options []string

	Media    *Media // a file; Text is its caption
	Place    *Place
	Live     bool // Place moves; Text is its caption
	Contacts []Contact
	Poll     *Poll
	Text     string
	Link     *Link // preview of an address in Text

	// What new messages may have besides.
	ReplyTo   string // id of the quoted message
	Forwarded int    // how often it was forwarded
	ViewOnce  bool
	Fades     time.Duration // after which it disappears
	Album     string        // id of the album that a file belongs to
	// Secret gives the message a secret: its edits are encrypted with it, as new
	// apps do.
	Secret bool
	// Alter changes the message before it is sealed, to lie in it.
	Alter func(*waE2E.Message)

	// ID is the stanza's id; a random one when empty. An id used before is
	// allowed, to send a message twice.
	ID string
	// Device is the number of the phone's device that writes.
	Device int
	// Group is where it is written; the chat with the business when nil.
	Group *Group

	upload sealed
	at     time.Time
}

// ErrUnknownMessage is returned for an action on a message the screen does not
// show, or that its author may not do.
var ErrUnknownMessage = errors.New("whatsapptest: no such message on this phone")

// composed is a draft ready to be sealed.
type composed struct {
	id        string
	message   *waE2E.Message
	shown     shown
	attrs     waBinary.Attrs
	encAttrs  waBinary.Attrs
	beside    []waBinary.Node // what the stanza has besides ciphertexts
	plaintext []byte
	group     *Group
}

func newMessageID() string {
	var raw [10]byte
	_, _ = crand.Read(raw[:])
	return "3A" + strings.ToUpper(hex.EncodeToString(raw[1:]))
}

// upload leaves the draft's file with the media hosts. Callers do not hold the
// mutex.
func (n *Network) upload(draft *Draft) (err error) {
	draft.at = n.now()
	if draft.Media != nil && draft.Message == nil {
		draft.upload, err = n.seal(draft.Media)
	}
	return err
}

// A writer composes in one chat: me and them are the addresses of its two sides, as
// the writer sees them.
type writer struct {
	chat     *screen
	me, them types.JID
	group    *Group
}

// compose writes a draft in the protocol's words.
func (w writer) compose(draft Draft) (composed, error) {
	out := composed{id: draft.ID, attrs: waBinary.Attrs{"type": "text"}, encAttrs: waBinary.Attrs{}, group: w.group}
	if out.id == "" {
		out.id = newMessageID()
	}
	var err error
	switch {
	case draft.Message != nil:
		out.message = draft.Message
	case draft.Edit != "", draft.Delete != "", draft.React != "", draft.Vote != "":
		err = w.change(draft, &out)
	default:
		err = w.create(draft, &out)
	}
	if err != nil {
		return composed{}, err
	}
	if draft.Alter != nil {
		draft.Alter(out.message)
	}
	if out.shown.action == actNone {
		if out.shown, err = read(out.message); err != nil {
			return composed{}, fmt.Errorf("compose message: %w", err)
		}
	}
	if w.group != nil {
		out.shown.group = w.group.jid.String()
	}
	if kind := out.shown.kind; out.shown.action == actNone && kind != "" {
		outer, inner := stanzaType(kind)
		out.attrs["type"] = outer
		if inner != "" {
			out.encAttrs["mediatype"] = inner
		}
		if kind == KindPoll {
			out.beside = []waBinary.Node{{Tag: "meta", Attrs: waBinary.Attrs{"polltype": "creation"}}}
		}
	}
	out.plaintext, err = proto.Marshal(out.message)
	if err != nil {
		return composed{}, fmt.Errorf("marshal message: %w", err)
	}
	return out, nil
}

func (w writer) target(id string, mustBeOwn bool) (*waCommon.MessageKey, *Message, error) {
	target := w.chat.byID[id]
	if target == nil || mustBeOwn && !target.FromMe {
		return nil, nil, fmt.Errorf("%w: %s", ErrUnknownMessage, id)
	}
	key := &waCommon.MessageKey{ID: new(id), FromMe: new(target.FromMe), RemoteJID: new(w.them.String())}
	if w.group != nil {
		key.RemoteJID = new(w.group.jid.String())
		if !target.FromMe {
			key.Participant = new(w.them.String())
		}
	}
	return key, target, nil
}

// change composes what is done to another message.
func (w writer) change(draft Draft, out *composed) error {
	switch {
	case draft.Edit != "":
		key, target, err := w.target(draft.Edit, true)
		if err != nil {
			return err
		}
		return w.edit(draft, key, target, out)
	case draft.Delete != "":
		key, _, err := w.target(draft.Delete, true)
		if err != nil {
			return err
		}
		out.message = &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Key: key, Type: waE2E.ProtocolMessage_REVOKE.Enum(),
		}}
		out.attrs["edit"] = string(types.EditAttributeSenderRevoke)
	case draft.React != "":
		key, _, err := w.target(draft.React, false)
		if err != nil {
			return err
		}
		out.message = &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
			Key: key, Text: new(draft.Emoji), SenderTimestampMS: new(draft.at.UnixMilli()),
		}}
		out.attrs["type"], out.encAttrs["decrypt-fail"] = "reaction", "hide"
		if draft.Emoji == "" {
			out.attrs["edit"] = string(types.EditAttributeSenderRevoke)
		}
	default:
		return w.vote(draft, out)
	}
	return nil
}

func (w writer) edit(draft Draft, key *waCommon.MessageKey, target *Message, out *composed) error {
	out.attrs["edit"], out.encAttrs["decrypt-fail"] = string(types.EditAttributeMessageEdit), "hide"
	change := &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
		Key: key, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(),
		EditedMessage: edited(target, draft.Text), TimestampMS: new(draft.at.UnixMilli()),
	}}
	secret := target.raw.GetMessageContextInfo().GetMessageSecret()
	if !target.secret {
		out.message = &waE2E.Message{EditedMessage: &waE2E.FutureProofMessage{Message: change}}
		return nil
	}
	iv, payload, err := w.encrypt("Message Edit", target, secret, change)
	if err != nil {
		return err
	}
	out.message = &waE2E.Message{SecretEncryptedMessage: &waE2E.SecretEncryptedMessage{
		TargetMessageKey: key, EncIV: iv, EncPayload: payload,
		SecretEncType: waE2E.SecretEncryptedMessage_MESSAGE_EDIT.Enum(),
	}}
	out.shown, err = read(change)
	return err
}

// edited is the new content of a message: a text, or the same file with another
// caption.
func edited(target *Message, text string) *waE2E.Message {
	message := &waE2E.Message{}
	if target.raw != nil {
		message = proto.CloneOf(target.raw)
	}
	switch {
	case message.ImageMessage != nil:
		message.ImageMessage.Caption = &text
	case message.VideoMessage != nil:
		message.VideoMessage.Caption = &text
	case message.DocumentMessage != nil:
		message.DocumentMessage.Caption = &text
	default:
		return &waE2E.Message{Conversation: &text}
	}
	return message
}

// create composes a new message.
func (w writer) create(draft Draft, out *composed) (err error) {
	switch {
	case draft.Media != nil:
		if out.message, err = draft.Media.message(draft.Text, draft.upload, draft.at); err != nil {
			return fmt.Errorf("compose message: %w", err)
		}
	default:
		out.message = draft.object()
	}
	inner := out.message
	if document := inner.GetDocumentWithCaptionMessage().GetMessage(); document != nil {
		inner = document
	}
	context, err := w.context(draft)
	if err != nil {
		return err
	}
	if context != nil {
		setContext(inner, context)
	}
	if draft.Secret || draft.Poll != nil {
		secret := make([]byte, 32)
		_, _ = crand.Read(secret)
		out.message.MessageContextInfo = &waE2E.MessageContextInfo{MessageSecret: secret}
	}
	if draft.Album != "" {
		key, _, err := w.target(draft.Album, true)
		if err != nil {
			return err
		}
		inAlbum(out.message, key)
	}
	switch {
	case draft.ViewOnce:
		markOnce(inner)
		out.message = &waE2E.Message{
			ViewOnceMessageV2:  &waE2E.FutureProofMessage{Message: out.message},
			MessageContextInfo: out.message.MessageContextInfo,
		}
	case draft.Fades > 0:
		out.message = &waE2E.Message{
			EphemeralMessage:   &waE2E.FutureProofMessage{Message: out.message},
			MessageContextInfo: out.message.MessageContextInfo,
		}
	}
	return nil
}

func markOnce(message *waE2E.Message) {
	switch {
	case message.ImageMessage != nil:
		message.ImageMessage.ViewOnce = new(true)
	case message.VideoMessage != nil:
		message.VideoMessage.ViewOnce = new(true)
	case message.AudioMessage != nil:
		message.AudioMessage.ViewOnce = new(true)
	}
}

// context is what a draft refers to, nil for nothing.
func (w writer) context(draft Draft) (*waE2E.ContextInfo, error) {
	if draft.ReplyTo == "" && draft.Forwarded == 0 && draft.Fades == 0 {
		return nil, nil
	}
	context := &waE2E.ContextInfo{}
	if draft.ReplyTo != "" {
		quoted := w.chat.byID[draft.ReplyTo]
		if quoted == nil {
			return nil, fmt.Errorf("%w: %s", ErrUnknownMessage, draft.ReplyTo)
		}
		author := w.them
		if quoted.FromMe {
			author = w.me
		}
		context.StanzaID, context.Participant = new(draft.ReplyTo), new(author.String())
		context.QuotedMessage = quotation(quoted)
	}
	if draft.Forwarded > 0 {
		context.IsForwarded, context.ForwardingScore = new(true), new(uint32(draft.Forwarded))
	}
	if draft.Fades > 0 {
		context.Expiration = new(uint32(draft.Fades / time.Second))
	}
	return context, nil
}

// quotation is a message as a reply repeats it.
func quotation(quoted *Message) *waE2E.Message {
	if quoted.raw == nil || quoted.raw.Conversation != nil || quoted.raw.ExtendedTextMessage != nil || quoted.Deleted {
		return &waE2E.Message{Conversation: new(quoted.Text)}
	}
	message := proto.CloneOf(quoted.raw)
	message.MessageContextInfo = nil
	eachContext(message, clearField)
	return message
}
