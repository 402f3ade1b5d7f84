package whatsapptest

import (
	crand "crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"
)

// Draft is what a person does in a chat: a text (perhaps as a reply), an edit,
// a deletion, a reaction, or any other message given as Message.
type Draft struct {
	Text    string // new text, or the text of Edit
	ReplyTo string // id of the quoted message
	Edit    string // id of the own message that changes
	Delete  string // id of the own message that goes
	React   string // id of the message Emoji is placed on
	Emoji   string // "" takes the reaction back
	// Message replaces all of the above.
	Message *waE2E.Message

	// ID is the stanza's id; a random one when empty. An id used before is
	// allowed, to send a message twice.
	ID string
	// Device is the number of the phone's device that writes.
	Device int
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
	plaintext []byte
}

func newMessageID() string {
	var raw [10]byte
	_, _ = crand.Read(raw[:])
	return "3A" + strings.ToUpper(hex.EncodeToString(raw[1:]))
}

// compose writes a draft in the protocol's words. me and them are the
// addresses of the two sides, as the writer sees them.
func compose(draft Draft, chat *screen, me, them types.JID) (composed, error) {
	out := composed{id: draft.ID, attrs: waBinary.Attrs{"type": "text"}, encAttrs: waBinary.Attrs{}}
	if out.id == "" {
		out.id = newMessageID()
	}
	key := func(id string, mustBeOwn bool) (*waCommon.MessageKey, error) {
		target := chat.byID[id]
		if target == nil || mustBeOwn && !target.FromMe {
			return nil, fmt.Errorf("%w: %s", ErrUnknownMessage, id)
		}
		return &waCommon.MessageKey{
			ID: new(id), FromMe: new(target.FromMe), RemoteJID: new(them.String()),
		}, nil
	}
	var err error
	var target *waCommon.MessageKey
	switch {
	case draft.Message != nil:
		out.message = draft.Message
	case draft.Edit != "":
		if target, err = key(draft.Edit, true); err != nil {
			return composed{}, err
		}
		out.message = &waE2E.Message{EditedMessage: &waE2E.FutureProofMessage{Message: &waE2E.Message{
			ProtocolMessage: &waE2E.ProtocolMessage{
				Key: target, Type: waE2E.ProtocolMessage_MESSAGE_EDIT.Enum(),
				EditedMessage: &waE2E.Message{Conversation: new(draft.Text)},
			},
		}}}
		out.attrs["edit"] = string(types.EditAttributeMessageEdit)
	case draft.Delete != "":
		if target, err = key(draft.Delete, true); err != nil {
			return composed{}, err
		}
		out.message = &waE2E.Message{ProtocolMessage: &waE2E.ProtocolMessage{
			Key: target, Type: waE2E.ProtocolMessage_REVOKE.Enum(),
		}}
		out.attrs["edit"] = string(types.EditAttributeSenderRevoke)
	case draft.React != "":
		if target, err = key(draft.React, false); err != nil {
			return composed{}, err
		}
		out.message = &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{Key: target, Text: new(draft.Emoji)}}
		out.attrs["type"], out.encAttrs["decrypt-fail"] = "reaction", "hide"
	case draft.ReplyTo != "":
		quoted := chat.byID[draft.ReplyTo]
		if quoted == nil {
			return composed{}, fmt.Errorf("%w: %s", ErrUnknownMessage, draft.ReplyTo)
		}
		author := them
		if quoted.FromMe {
			author = me
		}
		out.message = &waE2E.Message{ExtendedTextMessage: &waE2E.ExtendedTextMessage{
			Text: new(draft.Text),
			ContextInfo: &waE2E.ContextInfo{
				StanzaID: new(draft.ReplyTo), Participant: new(author.String()),
				QuotedMessage: &waE2E.Message{Conversation: new(quoted.Text)},
			},
		}}
	default:
		out.message = &waE2E.Message{Conversation: new(draft.Text)}
	}
	if out.shown, err = read(out.message); err != nil {
		return composed{}, fmt.Errorf("compose message: %w", err)
	}
	if kind := out.shown.kind; kind != "" && kind != KindText {
		out.attrs["type"], out.encAttrs["mediatype"] = "media", kind
	}
	out.plaintext, err = proto.Marshal(out.message)
	if err != nil {
		return composed{}, fmt.Errorf("marshal message: %w", err)
	}
	return out, nil
}
