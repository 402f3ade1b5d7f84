package whatsapptest

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Kinds of messages. Others are named after their field in the protocol.
const (
	KindText         = "text"
	KindImage        = "image"
	KindVideo        = "video"
	KindGIF          = "gif"
	KindVoice        = "voice"
	KindAudio        = "audio"
	KindDocument     = "document"
	KindSticker      = "sticker"
	KindLocation     = "location"
	KindLiveLocation = "live_location"
	KindContact      = "contact"
	KindContacts     = "contacts"
	KindPoll         = "poll"
	KindAlbum        = "album"
	KindUnreadable   = "unreadable" // "Waiting for this message": no device could open it
)

// Attachment is the file of a message as a phone shows it.
type Attachment struct {
	Name     string        `json:"name,omitempty"`
	MIME     string        `json:"mime,omitempty"`
	Size     int64         `json:"size"`
	Length   time.Duration `json:"length,omitempty"` // of sound or film
	Width    int           `json:"width,omitempty"`
	Height   int           `json:"height,omitempty"`
	Animated bool          `json:"animated,omitempty"`
	Waveform []byte        `json:"waveform,omitempty"`
	SHA256   string        `json:"sha256"` // of the content, hex
	// Problem is why the phone cannot show the file, "" when it was opened and is
	// what the message says.
	Problem string `json:"problem,omitempty"`
}

// Place is a point on the map.
type Place struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	URL       string  `json:"url,omitempty"`
}

// Contact is a card from an address book.
type Contact struct {
	Name  string `json:"name"`
	VCard string `json:"vcard"`
}

// Poll is a question with answers to choose from.
type Poll struct {
	Question string   `json:"question"`
	Options  []string `json:"options"`
	Most     int      `json:"most,omitempty"` // choices a person may take, 0 for any number
	// Votes are the options taken, by who took them: "me" or "them".
	Votes map[string][]string `json:"votes,omitempty"`
}

// Link is the preview of an address in a text.
type Link struct {
	URL         string `json:"url"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
}

// contentOf names a message and fills in what a screen shows of it.
func contentOf(message *waE2E.Message) (shown, error) {
	var what shown
	switch {
	case message.Conversation != nil:
		what = shown{kind: KindText, text: message.GetConversation()}
	case message.ExtendedTextMessage != nil:
		text := message.GetExtendedTextMessage()
		what = shown{kind: KindText, text: text.GetText()}
		if text.Title != nil {
			what.link = &Link{URL: text.GetMatchedText(), Title: text.GetTitle(), Description: text.GetDescription()}
		}
	default:
		if !mediaOf(message, &what) && !objectOf(message, &what) {
			what.kind = fieldOf(message)
		}
	}
	if what.kind == "" {
		return shown{}, fmt.Errorf("empty message")
	}
	what.raw, what.context = message, contextOf(message)
	what.replyTo = what.context.GetStanzaID()
	what.forwarded = int(what.context.GetForwardingScore())
	if what.context.GetIsForwarded() {
		what.forwarded = max(what.forwarded, 1)
	}
	what.fades = time.Duration(what.context.GetExpiration()) * time.Second
	return what, nil
}

// file is what the media messages have in common.
type file interface {
	GetDirectPath() string
	GetURL() string
	GetMediaKey() []byte
	GetFileSHA256() []byte
	GetFileEncSHA256() []byte
	GetFileLength() uint64
	GetMimetype() string
}

func mediaOf(message *waE2E.Message, what *shown) bool {
	var media file
	a := &Attachment{}
	switch {
	case message.ImageMessage != nil:
		m := message.GetImageMessage()
		media, what.kind, what.text = m, KindImage, m.GetCaption()
		a.Width, a.Height, what.viewOnce = int(m.GetWidth()), int(m.GetHeight()), m.GetViewOnce()
	case message.VideoMessage != nil:
		m := message.GetVideoMessage()
		media, what.kind, what.text = m, KindVideo, m.GetCaption()
		if m.GetGifPlayback() {
			what.kind = KindGIF
		}
		a.Width, a.Height, what.viewOnce = int(m.GetWidth()), int(m.GetHeight()), m.GetViewOnce()
		a.Length = time.Duration(m.GetSeconds()) * time.Second
	case message.AudioMessage != nil:
		m := message.GetAudioMessage()
		media, what.kind = m, KindAudio
		if m.GetPTT() {
			what.kind = KindVoice
		}
		a.Length, a.Waveform, what.viewOnce = time.Duration(m.GetSeconds())*time.Second, m.GetWaveform(), m.GetViewOnce()
	case message.DocumentMessage != nil:
		m := message.GetDocumentMessage()
		media, what.kind, what.text, a.Name = m, KindDocument, m.GetCaption(), m.GetFileName()
	case message.StickerMessage != nil:
		m := message.GetStickerMessage()
		media, what.kind = m, KindSticker
		a.Width, a.Height, a.Animated = int(m.GetWidth()), int(m.GetHeight()), m.GetIsAnimated()
	default:
		return false
	}
	a.MIME, a.Size, a.SHA256 = media.GetMimetype(), int64(media.GetFileLength()), hex.EncodeToString(media.GetFileSHA256())
	what.media = a
	what.sealed = &sealed{
		url: media.GetURL(), directPath: media.GetDirectPath(), key: media.GetMediaKey(),
		sum: media.GetFileSHA256(), encSum: media.GetFileEncSHA256(), length: media.GetFileLength(),
	}
	return true
}

func objectOf(message *waE2E.Message, what *shown) bool {
	if poll := pollOf(message); poll != nil {
		what.kind, what.text = KindPoll, poll.GetName()
		what.poll = &Poll{Question: poll.GetName(), Most: int(poll.GetSelectableOptionsCount())}
		for _, option := range poll.GetOptions() {
			what.poll.Options = append(what.poll.Options, option.GetOptionName())
		}
		return true
	}
	switch {
	case message.LocationMessage != nil:
		m := message.GetLocationMessage()
		what.kind = KindLocation
		what.place = &Place{m.GetDegreesLatitude(), m.GetDegreesLongitude(), m.GetName(), m.GetAddress(), m.GetURL()}
	case message.LiveLocationMessage != nil:
		m := message.GetLiveLocationMessage()
		what.kind, what.text = KindLiveLocation, m.GetCaption()
		what.place = &Place{Latitude: m.GetDegreesLatitude(), Longitude: m.GetDegreesLongitude()}
	case message.ContactMessage != nil:
		m := message.GetContactMessage()
		what.kind, what.contacts = KindContact, []Contact{{m.GetDisplayName(), m.GetVcard()}}
	case message.ContactsArrayMessage != nil:
		what.kind = KindContacts
		for _, m := range message.GetContactsArrayMessage().GetContacts() {
			what.contacts = append(what.contacts, Contact{m.GetDisplayName(), m.GetVcard()})
		}
	case message.AlbumMessage != nil:
		what.kind = KindAlbum
	default:
		return false
	}
	return true
}

func pollOf(message *waE2E.Message) *waE2E.PollCreationMessage {
	for _, poll := range []*waE2E.PollCreationMessage{
		message.GetPollCreationMessage(), message.GetPollCreationMessageV2(), message.GetPollCreationMessageV3(),
	} {
		if poll != nil {
			return poll
		}
	}
	return nil
}

// fieldOf is the name of the field that a message has, "" when it is empty.
func fieldOf(message *waE2E.Message) (kind string) {
	message.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		switch name := string(field.Name()); name {
		case "messageContextInfo", "senderKeyDistributionMessage":
		default:
			kind = strings.TrimSuffix(name, "Message")
		}
		return kind == ""
	})
	return kind
}

// contextOf is what a message refers to, nil when there is nothing.
func contextOf(message *waE2E.Message) (found *waE2E.ContextInfo) {
	eachContext(message, func(part protoreflect.Message, field protoreflect.FieldDescriptor) {
		if part.Has(field) {
			found, _ = part.Get(field).Message().Interface().(*waE2E.ContextInfo)
		}
	})
	return found
}

// setContext gives a message what it refers to; a bare text becomes one that can.
func setContext(message *waE2E.Message, context *waE2E.ContextInfo) {
	if message.Conversation != nil {
		message.ExtendedTextMessage = &waE2E.ExtendedTextMessage{Text: message.Conversation}
		message.Conversation = nil
	}
	eachContext(message, func(part protoreflect.Message, field protoreflect.FieldDescriptor) {
		part.Set(field, protoreflect.ValueOfMessage(context.ProtoReflect()))
	})
}

func eachContext(message *waE2E.Message, visit func(protoreflect.Message, protoreflect.FieldDescriptor)) {
	message.ProtoReflect().Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.Kind() != protoreflect.MessageKind || field.IsList() || field.Name() == "messageContextInfo" {
			return true
		}
		part := value.Message()
		if inner := part.Descriptor().Fields().ByName("contextInfo"); inner != nil {
			visit(part, inner)
		}
		return true
	})
}

// stanzaType is what the envelope tells of a message: its type, and the media type
// of its ciphertext.
func stanzaType(kind string) (outer, inner string) {
	switch kind {
	case KindText:
		return "text", ""
	case KindPoll, "pollUpdate":
		return "poll", ""
	case KindVoice:
		return "media", "ptt"
	case KindContact:
		return "media", "vcard"
	case KindContacts:
		return "media", "contact_array"
	case KindLiveLocation:
		return "media", "livelocation"
	}
	return "media", kind
}
