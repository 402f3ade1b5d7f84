package whatsapp

import (
	"context"
	crand "crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/types"
	"google.golang.org/protobuf/proto"

	"github.com/haloerzap/halo/bridge"
)

// mostPollOptions is what WhatsApp's apps allow in a poll.
const mostPollOptions = 12

// validate refuses what no app could show.
func validate(o bridge.Outgoing) error {
	parts := 0
	for _, set := range []bool{o.Media != nil, o.Reaction != nil, o.Place != nil, o.Contact != nil, o.Poll != nil} {
		if set {
			parts++
		}
	}
	switch {
	case parts > 1:
		return refused("a message is one thing only")
	case o.Reaction != nil && o.Reaction.Target == "":
		return refused("there is no message to react to")
	case o.Place != nil && !onEarth(*o.Place):
		return refused("the place is not on the map")
	case o.Contact != nil && o.Contact.Card == "":
		return refused("the contact is empty")
	case parts == 1 && o.Media == nil && o.Text != "":
		return refused("this kind cannot have words beside it")
	case o.Poll != nil:
		return validatePoll(*o.Poll)
	}
	return nil
}

func onEarth(p bridge.Place) bool {
	return math.Abs(p.Latitude) <= 90 && math.Abs(p.Longitude) <= 180 // false for what is no number
}

func validatePoll(p bridge.Poll) error {
	known := make(map[string]bool)
	for _, option := range p.Options {
		if strings.TrimSpace(option) == "" || known[option] {
			return refused("the options of a poll must differ, and none be empty")
		}
		known[option] = true
	}
	switch {
	case strings.TrimSpace(p.Question) == "":
		return refused("the poll has no question")
	case len(p.Options) < 2, len(p.Options) > mostPollOptions:
		return refused(fmt.Sprintf("a poll has 2 to %d options", mostPollOptions))
	}
	return nil
}

// message is the draft in the words of the protocol. to is the LID of the person, or a
// group.
func (l *link) message(ctx context.Context, to types.JID, d draft) (*waE2E.Message, error) {
	switch d.action {
	case edit:
		return l.edited(ctx, to, d)
	case revoke:
		return l.cli.BuildRevoke(to, types.EmptyJID, d.target), nil
	}
	o := d.out
	if o.Reaction != nil {
		return reactionMessage(to, *o.Reaction), nil
	}
	message, err := l.content(ctx, to, d)
	if err != nil {
		return nil, err
	}
	if o.Quote != nil && o.Quote.ID != "" {
		inner := message
		if document := inner.GetDocumentWithCaptionMessage().GetMessage(); document != nil {
			inner = document
		}
		quote(inner, l.quotation(to, *o.Quote))
	}
	return message, nil
}

func (l *link) content(ctx context.Context, to types.JID, d draft) (*waE2E.Message, error) {
	o := d.out
	switch {
	case o.Media != nil:
		return fileMessage(*o.Media, o.Text)
	case o.Place != nil:
		place := &waE2E.LocationMessage{DegreesLatitude: &o.Place.Latitude, DegreesLongitude: &o.Place.Longitude}
		place.Name, place.Address, place.URL = said(cleanText(o.Place.Name)), said(cleanText(o.Place.Address)), said(o.Place.URL)
		return &waE2E.Message{LocationMessage: place}, nil
	case o.Contact != nil:
		return &waE2E.Message{ContactMessage: &waE2E.ContactMessage{
			DisplayName: new(cleanName(o.Contact.Name)), Vcard: new(strings.ToValidUTF8(o.Contact.Card, "\uFFFD")),
		}}, nil
	case o.Poll != nil:
		return l.poll(ctx, to, d.id, *o.Poll)
	}
	return textMessage(o.Text), nil
}

// said leaves an empty text out.
func said(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func reactionMessage(chat types.JID, r bridge.Reaction) *waE2E.Message {
	key := &waCommon.MessageKey{RemoteJID: new(chat.String()), FromMe: new(r.Own), ID: new(r.Target)}
	if chat.Server == types.GroupServer && !r.Own {
		key.Participant = new(string(r.Sender))
	}
	return &waE2E.Message{ReactionMessage: &waE2E.ReactionMessage{
		Key: key, Text: new(r.Emoji), SenderTimestampMS: new(time.Now().UnixMilli()),
	}}
}

// poll asks a question. Votes are encrypted with its secret, which must be the same
// at every attempt.
func (l *link) poll(ctx context.Context, to types.JID, id string, p bridge.Poll) (*waE2E.Message, error) {
	secret, _, err := l.cli.Store.MsgSecrets.GetMessageSecret(ctx, to, l.self, id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, &bridge.SendError{Certainty: bridge.NotSent, Outage: true, Reason: reasonDatabase, Err: err}
	}
	if len(secret) == 0 {
		secret = make([]byte, 32)
		_, _ = crand.Read(secret) // never fails
	}
	choices := p.Choices
	if choices < 0 || choices >= len(p.Options) {
		choices = 0
	}
	poll := &waE2E.PollCreationMessage{Name: new(cleanText(p.Question)), SelectableOptionsCount: new(uint32(choices))}
	for _, option := range p.Options {
		poll.Options = append(poll.Options, &waE2E.PollCreationMessage_Option{OptionName: new(cleanText(option))})
	}
	return &waE2E.Message{
		PollCreationMessage: poll, MessageContextInfo: &waE2E.MessageContextInfo{MessageSecret: secret},
	}, nil
}

// fileMessage is a file that WhatsApp has taken.
func fileMessage(u bridge.Upload, caption string) (*waE2E.Message, error) {
	var ref uploadRef
	if err := json.Unmarshal(u.Ref, &ref); err != nil {
		return nil, refused("the reference to the file makes no sense")
	}
	want, known := fileType(u.Kind)
	switch {
	case !known:
		return nil, refused(fmt.Sprintf("a file cannot be sent as %q", u.Kind))
	case ref.Type != want || ref.Path == "" || len(ref.Key) != fileKeySize || len(ref.Sum) == 0 || len(ref.EncSum) == 0:
		return nil, refused("the file was left with WhatsApp as another kind")
	case caption != "" && (u.Kind == bridge.KindVoice || u.Kind == bridge.KindAudio || u.Kind == bridge.KindSticker):
		return nil, refused("this kind of file cannot have words beside it")
	}
	f := wireFile{Upload: u, ref: ref, caption: said(caption), length: new(uint64(ref.Size)), at: new(ref.At)}
	f.URL = said(ref.URL)
	return f.message(), nil
}

// wireFile is a file on its way into a message.
type wireFile struct {
	bridge.Upload
	ref     uploadRef
	URL     *string
	caption *string
	length  *uint64
	at      *int64
}

func (f *wireFile) message() *waE2E.Message {
	ref := &f.ref
	switch f.Kind {
	case bridge.KindImage:
		return &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
			URL: f.URL, DirectPath: &ref.Path, MediaKey: ref.Key, FileSHA256: ref.Sum, FileEncSHA256: ref.EncSum, FileLength: f.length,
			MediaKeyTimestamp: f.at, Mimetype: f.mime("image/jpeg"), Caption: f.caption, Width: measure(f.Width), Height: measure(f.Height),
		}}
	case bridge.KindVideo, bridge.KindGIF:
		video := &waE2E.VideoMessage{
			URL: f.URL, DirectPath: &ref.Path, MediaKey: ref.Key, FileSHA256: ref.Sum, FileEncSHA256: ref.EncSum, FileLength: f.length,
			MediaKeyTimestamp: f.at, Mimetype: f.mime("video/mp4"), Caption: f.caption, Width: measure(f.Width), Height: measure(f.Height),
			Seconds: f.seconds(),
		}
		if f.Kind == bridge.KindGIF {
			video.GifPlayback = new(true)
		}
		return &waE2E.Message{VideoMessage: video}
	case bridge.KindVoice, bridge.KindAudio:
		audio := &waE2E.AudioMessage{
			URL: f.URL, DirectPath: &ref.Path, MediaKey: ref.Key, FileSHA256: ref.Sum, FileEncSHA256: ref.EncSum, FileLength: f.length,
			MediaKeyTimestamp: f.at, Mimetype: f.mime("audio/mpeg"), Seconds: f.seconds(),
		}
		if f.Kind == bridge.KindVoice {
			audio.PTT, audio.Mimetype, audio.Waveform = new(true), new("audio/ogg; codecs=opus"), ref.Wave
		}
		return &waE2E.Message{AudioMessage: audio}
	case bridge.KindSticker:
		const side = 512
		return &waE2E.Message{StickerMessage: &waE2E.StickerMessage{
			URL: f.URL, DirectPath: &ref.Path, MediaKey: ref.Key, FileSHA256: ref.Sum, FileEncSHA256: ref.EncSum, FileLength: f.length,
			MediaKeyTimestamp: f.at, Mimetype: new("image/webp"), Width: orElse(measure(f.Width), side), Height: orElse(measure(f.Height), side),
			IsAnimated: new(f.Animated),
		}}
	}
	return f.document()
}

func (f *wireFile) document() *waE2E.Message {
	ref := &f.ref
	name := cleanFileName(f.Name)
	if name == "" {
		name = "file"
	}
	document := &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
		URL: f.URL, DirectPath: &ref.Path, MediaKey: ref.Key, FileSHA256: ref.Sum, FileEncSHA256: ref.EncSum, FileLength: f.length,
		MediaKeyTimestamp: f.at, Mimetype: f.mime("application/octet-stream"), FileName: &name, Title: &name, Caption: f.caption,
	}}
	if f.caption == nil {
		return document
	}
	return &waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: document}}
}

func (f *wireFile) mime(otherwise string) *string {
	if mime := cleanMIME(f.MIME); mime != "" {
		return &mime
	}
	return &otherwise
}

// seconds is the length of sound or film, rounded up: a voice note of half a second
// is not shown as none.
func (f *wireFile) seconds() *uint32 {
	if f.Length <= 0 {
		return orNone(f.ref.Length)
	}
	return orNone(uint32(min((f.Length+time.Second-1)/time.Second, math.MaxInt32)))
}

func measure(n int) *uint32 { return orNone(uint32(min(max(n, 0), 1<<16))) }

func orNone(n uint32) *uint32 {
	if n == 0 {
		return nil
	}
	return &n
}

func orElse(n *uint32, otherwise uint32) *uint32 {
	if n == nil {
		return &otherwise
	}
	return n
}

// quotation is what a message answers, as apps repeat it above the answer.
func (l *link) quotation(chat types.JID, q bridge.Quote) *waE2E.ContextInfo {
	author := chat
	if q.Own {
		author = l.self
	} else if sender, err := types.ParseJID(string(q.Sender)); err == nil && sender.User != "" {
		author = sender
	}
	return &waE2E.ContextInfo{
		StanzaID: new(q.ID), Participant: new(author.String()), QuotedMessage: quotedMessage(q.Kind, cleanText(q.Text)),
	}
}

func quotedMessage(kind, text string) *waE2E.Message {
	switch kind {
	case bridge.KindImage:
		return &waE2E.Message{ImageMessage: &waE2E.ImageMessage{Caption: said(text), Mimetype: new("image/jpeg")}}
	case bridge.KindVideo, bridge.KindGIF:
		return &waE2E.Message{VideoMessage: &waE2E.VideoMessage{Caption: said(text), Mimetype: new("video/mp4"), GifPlayback: new(kind == bridge.KindGIF)}}
	case bridge.KindVoice, bridge.KindAudio:
		return &waE2E.Message{AudioMessage: &waE2E.AudioMessage{PTT: new(kind == bridge.KindVoice), Mimetype: new("audio/ogg; codecs=opus")}}
	case bridge.KindDocument:
		return &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{FileName: said(text), Title: said(text)}}
	case bridge.KindSticker:
		return &waE2E.Message{StickerMessage: &waE2E.StickerMessage{Mimetype: new("image/webp")}}
	case bridge.KindLocation:
		return &waE2E.Message{LocationMessage: &waE2E.LocationMessage{Name: said(text)}}
	case bridge.KindContact:
		return &waE2E.Message{ContactMessage: &waE2E.ContactMessage{DisplayName: said(text)}}
	case bridge.KindPoll:
		return &waE2E.Message{PollCreationMessage: &waE2E.PollCreationMessage{Name: said(text)}}
	}
	return textMessage(text)
}

// quote hangs a quotation on a message.
func quote(m *waE2E.Message, c *waE2E.ContextInfo) {
	switch {
	case m.Conversation != nil:
		m.ExtendedTextMessage, m.Conversation = &waE2E.ExtendedTextMessage{Text: m.Conversation, ContextInfo: c}, nil
	case m.ImageMessage != nil:
		m.ImageMessage.ContextInfo = c
	case m.VideoMessage != nil:
		m.VideoMessage.ContextInfo = c
	case m.AudioMessage != nil:
		m.AudioMessage.ContextInfo = c
	case m.DocumentMessage != nil:
		m.DocumentMessage.ContextInfo = c
	case m.StickerMessage != nil:
		m.StickerMessage.ContextInfo = c
	case m.LocationMessage != nil:
		m.LocationMessage.ContextInfo = c
	case m.ContactMessage != nil:
		m.ContactMessage.ContextInfo = c
	case m.PollCreationMessage != nil:
		m.PollCreationMessage.ContextInfo = c
	}
}

// edited is the message with new words: the kept one, so that a caption stays with
// its file and an answer with what it answers.
func (l *link) edited(ctx context.Context, to types.JID, d draft) (*waE2E.Message, error) {
	text := d.out.Text
	empty := strings.TrimSpace(text) == ""
	var kept waE2E.Message
	number, _ := l.alternative(ctx, to)
	format, data, err := l.cli.Store.EventBuffer.GetOutgoingEvent(ctx, to, number, d.target)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, &bridge.SendError{Certainty: bridge.NotSent, Outage: true, Reason: reasonDatabase, Err: err}
	}
	if err != nil || format != "wa" || proto.Unmarshal(data, &kept) != nil {
		kept = waE2E.Message{Conversation: &text} // nothing is kept of it any more
	}
	inner := &kept
	if document := inner.GetDocumentWithCaptionMessage().GetMessage(); document != nil {
		inner = document
	}
	inner.MessageContextInfo = nil
	switch {
	case inner.ImageMessage != nil:
		inner.ImageMessage.Caption = &text
	case inner.VideoMessage != nil:
		inner.VideoMessage.Caption = &text
	case inner.DocumentMessage != nil:
		inner.DocumentMessage.Caption = &text
	case empty:
		return nil, refused("the new text is empty")
	case inner.ExtendedTextMessage != nil:
		inner.ExtendedTextMessage.Text = &text
	case inner.Conversation != nil:
		inner.Conversation = &text
	default:
		return nil, refused("a message of this kind cannot be changed")
	}
	return l.cli.BuildEdit(to, d.target, inner), nil
}
