package whatsapp

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types/events"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// content is a message in the desk's words.
type content struct{ kind, text, unreadable string }

const (
	textLimit = 128 << 10 // bytes of one message; WhatsApp's apps stop at 65,536 characters
	nameLimit = 100       // characters of a push name
	idLimit   = 64        // bytes of a message id
)

// readContent tells what a message says; ok is false for messages that mean
// nothing to people. Content that cannot be read is told, never an error.
func readContent(e *events.Message) (c content, ok bool) {
	defer func() {
		if recover() != nil {
			c, ok = content{kind: "unknown", unreadable: "its content is malformed"}, true
		}
	}()
	c, ok = readMessage(e.Message, 0)
	if e.IsViewOnce && ok {
		c.kind = "view_once"
	}
	c.text = cleanText(c.text)
	return c, ok
}

// readMessage goes from what carries words to what carries none.
func readMessage(m *waE2E.Message, depth int) (content, bool) {
	if depth > 4 {
		return content{kind: "unknown", unreadable: "its content is nested too deeply"}, true
	}
	if c, ok := readWords(m); ok {
		return c, true
	}
	if c, ok := readMedia(m); ok {
		return c, true
	}
	if c, ok := readChoice(m); ok {
		return c, true
	}
	if p := m.GetProtocolMessage(); p != nil {
		return readProtocol(p, depth)
	}
	for _, inner := range wrapped(m) {
		return readMessage(inner, depth+1)
	}
	switch {
	case m.GetReactionMessage() != nil:
		text := m.GetReactionMessage().GetText()
		if text == "" {
			text = "(ditarik kembali)"
		}
		return content{kind: "reaction", text: text}, true
	case m.GetEncReactionMessage() != nil:
		return content{kind: "reaction", unreadable: "it is encrypted for others"}, true
	case m.GetSecretEncryptedMessage() != nil:
		return content{kind: "edit", unreadable: "an edit that only the phone can read"}, true
	case m.GetPlaceholderMessage() != nil:
		return content{kind: "unknown", unreadable: "only the phone can show it"}, true
	case m.GetAlbumMessage() != nil, m.GetKeepInChatMessage() != nil, m.GetPinInChatMessage() != nil:
		// The pictures of an album come one by one; the others mark messages.
		return content{}, false
	}
	return readRest(m)
}

func readWords(m *waE2E.Message) (content, bool) {
	switch {
	case m.Conversation != nil:
		return content{kind: "text", text: m.GetConversation()}, true
	case m.GetExtendedTextMessage() != nil:
		return content{kind: "text", text: m.GetExtendedTextMessage().GetText()}, true
	case m.GetButtonsResponseMessage() != nil:
		return content{kind: "text", text: m.GetButtonsResponseMessage().GetSelectedDisplayText()}, true
	case m.GetListResponseMessage() != nil:
		return content{kind: "text", text: m.GetListResponseMessage().GetTitle()}, true
	case m.GetTemplateButtonReplyMessage() != nil:
		return content{kind: "text", text: m.GetTemplateButtonReplyMessage().GetSelectedDisplayText()}, true
	case m.GetInteractiveResponseMessage() != nil:
		return content{kind: "text", text: m.GetInteractiveResponseMessage().GetBody().GetText()}, true
	}
	return content{}, false
}

func readMedia(m *waE2E.Message) (content, bool) {
	switch {
	case m.GetImageMessage() != nil:
		return content{kind: "image", text: m.GetImageMessage().GetCaption()}, true
	case m.GetVideoMessage() != nil:
		return content{kind: "video", text: m.GetVideoMessage().GetCaption()}, true
	case m.GetPtvMessage() != nil:
		return content{kind: "video", text: m.GetPtvMessage().GetCaption()}, true
	case m.GetAudioMessage() != nil:
		if m.GetAudioMessage().GetPTT() {
			return content{kind: "voice"}, true
		}
		return content{kind: "audio"}, true
	case m.GetDocumentMessage() != nil:
		return content{kind: "document", text: joined(m.GetDocumentMessage().GetFileName(), m.GetDocumentMessage().GetCaption())}, true
	case m.GetStickerMessage() != nil, m.GetStickerPackMessage() != nil:
		return content{kind: "sticker"}, true
	}
	return content{}, false
}

func readChoice(m *waE2E.Message) (content, bool) {
	switch {
	case m.GetLocationMessage() != nil:
		place := m.GetLocationMessage()
		return content{kind: "location", text: joined(place.GetName(), place.GetAddress(), degrees(place.GetDegreesLatitude(), place.GetDegreesLongitude()))}, true
	case m.GetLiveLocationMessage() != nil:
		place := m.GetLiveLocationMessage()
		return content{kind: "location", text: joined(place.GetCaption(), degrees(place.GetDegreesLatitude(), place.GetDegreesLongitude()))}, true
	case m.GetContactMessage() != nil:
		return content{kind: "contact", text: m.GetContactMessage().GetDisplayName()}, true
	case m.GetContactsArrayMessage() != nil:
		var names []string
		for _, contact := range m.GetContactsArrayMessage().GetContacts() {
			names = append(names, contact.GetDisplayName())
		}
		return content{kind: "contact", text: joined(names...)}, true
	case m.GetPollUpdateMessage() != nil:
		return content{kind: "vote", unreadable: "votes are not read yet"}, true
	case m.GetEventMessage() != nil:
		return content{kind: "event", text: m.GetEventMessage().GetName()}, true
	case m.GetGroupInviteMessage() != nil:
		return content{kind: "invite", text: m.GetGroupInviteMessage().GetGroupName()}, true
	case m.GetOrderMessage() != nil:
		return content{kind: "order", text: m.GetOrderMessage().GetMessage()}, true
	case m.GetProductMessage() != nil:
		return content{kind: "product", text: m.GetProductMessage().GetProduct().GetTitle()}, true
	case m.GetCallLogMesssage() != nil, m.GetBcallMessage() != nil:
		return content{kind: "call"}, true
	}
	for _, poll := range []*waE2E.PollCreationMessage{
		m.GetPollCreationMessage(), m.GetPollCreationMessageV2(), m.GetPollCreationMessageV3(),
		m.GetPollCreationMessageV5(), m.GetPollCreationMessageV6(),
	} {
		if poll != nil {
			return content{kind: "poll", text: poll.GetName()}, true
		}
	}
	return content{}, false
}

func readProtocol(p *waE2E.ProtocolMessage, depth int) (content, bool) {
	switch p.GetType() {
	case waE2E.ProtocolMessage_MESSAGE_EDIT:
		c, ok := readMessage(p.GetEditedMessage(), depth+1)
		if !ok {
			c = content{unreadable: "the new content is malformed"}
		}
		c.kind = "edit"
		return c, true
	case waE2E.ProtocolMessage_REVOKE:
		if p.Type == nil {
			// The zero value is a revocation; a bare protocol message is none.
			return content{}, false
		}
		return content{kind: "delete"}, true
	default:
		return content{}, false
	}
}

// wrapped are the envelopes that the library leaves closed, at most one of
// which a message has.
func wrapped(m *waE2E.Message) (inner []*waE2E.Message) {
	for _, envelope := range []*waE2E.FutureProofMessage{
		m.GetEditedMessage(), m.GetEphemeralMessage(), m.GetViewOnceMessage(), m.GetViewOnceMessageV2(),
		m.GetDocumentWithCaptionMessage(), m.GetGroupMentionedMessage(), m.GetLottieStickerMessage(),
		m.GetAssociatedChildMessage(), m.GetPollCreationMessageV4(), m.GetSpoilerMessage(),
		m.GetQuestionMessage(), m.GetQuestionReplyMessage(), m.GetBotForwardedMessage(),
	} {
		if message := envelope.GetMessage(); message != nil {
			inner = append(inner, message)
		}
	}
	return inner
}

// readRest names what nobody asked about: the field's name is better than
// nothing.
func readRest(m *waE2E.Message) (content, bool) {
	if m == nil {
		return content{kind: "unknown", unreadable: "it is empty"}, true
	}
	var silent bool
	var name string
	m.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		switch field.Name() {
		case "messageContextInfo":
		case "senderKeyDistributionMessage", "fastRatchetKeySenderKeyDistributionMessage":
			silent = true
		default:
			name = string(field.Name())
		}
		return name == ""
	})
	switch {
	case name != "":
		return content{kind: "unknown", unreadable: "this version cannot show it (" + name + ")"}, true
	case len(m.ProtoReflect().GetUnknown()) > 0:
		return content{kind: "unknown", unreadable: "this version does not know its kind"}, true
	case silent:
		return content{}, false
	default:
		return content{kind: "unknown", unreadable: "it is empty"}, true
	}
}

func joined(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "\n")
}

func degrees(latitude, longitude float64) string {
	return fmt.Sprintf("%.6f, %.6f", latitude, longitude)
}

// cleanText makes text valid and printable: broken encoding is marked, control
// characters are left out, line ends are one kind, and what is longer than any
// app writes is cut, visibly.
func cleanText(text string) string {
	cut := 0
	if len(text) > textLimit {
		at := textLimit
		for at > 0 && !utf8.RuneStart(text[at]) {
			at--
		}
		cut, text = len(text)-at, text[:at]
	}
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
	if cut > 0 {
		text += fmt.Sprintf("\n[... %d more bytes cut]", cut)
	}
	return text
}

func cleanName(name string) string {
	if len(name) > 64*nameLimit {
		name = name[:64*nameLimit]
	}
	name = strings.Join(strings.Fields(cleanText(name)), " ")
	if runes := []rune(name); len(runes) > nameLimit {
		name = string(runes[:nameLimit])
	}
	return name
}

// cleanID keeps an id as it is unless it is longer or stranger than any app
// makes them; then it becomes a short one that is the same every time.
func cleanID(id string) string {
	plain := id != "" && len(id) <= idLimit && !strings.ContainsFunc(id, func(r rune) bool {
		return r <= ' ' || r > '~' || r == '{' || r == '}' || r == '|'
	})
	if plain {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "odd-" + hex.EncodeToString(sum[:16])
}
