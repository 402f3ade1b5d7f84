package whatsapp

import (
	"encoding/json"
	"math"
	"net/url"
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/haloerzap/halo/bridge"
)

// A mediaRef is what fetching a client's file takes; as JSON it is
// [bridge.Media.Ref]. Fields that make no sense are empty: fetching says so then.
type mediaRef struct {
	Type   string `json:"type"` // image, video, audio or document: which keys it has
	Path   string `json:"path"` // at WhatsApp's media hosts
	Key    []byte `json:"key"`
	Sum    []byte `json:"sum"` // SHA-256 of the content
	EncSum []byte `json:"enc"` // SHA-256 of what is stored at WhatsApp
	Size   int64  `json:"size,omitzero"`
	// The message it came with, to ask the linked phone for it when it expired; empty
	// when that cannot be done.
	ID     string `json:"id,omitzero"`
	Chat   string `json:"chat,omitzero"`
	Sender string `json:"sender,omitzero"` // in a group
	Own    bool   `json:"own,omitzero"`
}

// attached is what all messages with a file have.
type attached interface {
	GetURL() string
	GetDirectPath() string
	GetMediaKey() []byte
	GetFileSHA256() []byte
	GetFileEncSHA256() []byte
	GetFileLength() uint64
	GetMimetype() string
}

func (r *reading) media(m *waE2E.Message) bool {
	switch {
	case m.GetImageMessage() != nil:
		i := m.GetImageMessage()
		r.m.ViewOnce = r.m.ViewOnce || i.GetViewOnce()
		r.m.Media = r.describe(bridge.KindImage, "image", i)
		return r.is(bridge.KindImage, i.GetCaption())
	case m.GetVideoMessage() != nil:
		return r.video(m.GetVideoMessage(), bridge.KindVideo)
	case m.GetPtvMessage() != nil:
		return r.video(m.GetPtvMessage(), kindRound)
	case m.GetAudioMessage() != nil:
		a := m.GetAudioMessage()
		kind := bridge.KindAudio
		if a.GetPTT() {
			kind = bridge.KindVoice
		}
		r.m.ViewOnce = r.m.ViewOnce || a.GetViewOnce()
		r.m.Media = r.describe(kind, "audio", a)
		r.m.Media.Length = seconds(a.GetSeconds())
		return r.is(kind, "")
	case m.GetDocumentMessage() != nil:
		d := m.GetDocumentMessage()
		r.m.Media = r.describe(bridge.KindDocument, "document", d)
		r.m.Media.Name = cleanFileName(d.GetFileName())
		if r.m.Media.Name == "" {
			r.m.Media.Name = cleanFileName(d.GetTitle())
		}
		return r.is(bridge.KindDocument, d.GetCaption())
	case m.GetStickerMessage() != nil:
		s := m.GetStickerMessage()
		r.m.Media = r.describe(bridge.KindSticker, "image", s)
		r.m.Media.Animated = s.GetIsAnimated() || s.GetIsLottie()
		return r.is(bridge.KindSticker, "")
	}
	return false
}

func (r *reading) video(v *waE2E.VideoMessage, kind string) bool {
	r.m.ViewOnce = r.m.ViewOnce || v.GetViewOnce()
	r.m.Media = r.describe(bridge.KindVideo, "video", v)
	if v.GetGifPlayback() {
		kind = bridge.KindGIF
		r.m.Media.Kind, r.m.Media.Animated = bridge.KindGIF, true
	}
	r.m.Media.Length = seconds(v.GetSeconds())
	return r.is(kind, v.GetCaption())
}

// describe tells what a message says of its file.
func (r *reading) describe(kind, keys string, a attached) *bridge.Media {
	ref := mediaRef{
		Type: keys, Path: mediaPath(a), Key: exactly(32, a.GetMediaKey()),
		Sum: exactly(32, a.GetFileSHA256()), EncSum: exactly(32, a.GetFileEncSHA256()),
		Size: int64(min(a.GetFileLength(), math.MaxInt64)),
	}
	if r.info != nil && cleanID(r.info.ID) == r.info.ID {
		ref.ID, ref.Chat, ref.Own = r.info.ID, r.info.Chat.ToNonAD().String(), r.info.IsFromMe
		if r.info.IsGroup {
			ref.Sender = r.info.Sender.ToNonAD().String()
		}
	}
	data, err := json.Marshal(ref)
	if err != nil {
		data = nil // strings and bytes can always be marshalled
	}
	return &bridge.Media{Kind: kind, MIME: cleanMIME(a.GetMimetype()), Size: ref.Size, Sum: ref.Sum, Ref: data}
}

// mediaPath is where a file lies at WhatsApp's hosts. The sender's host does not
// count: it could be anybody's.
func mediaPath(a attached) string {
	path := a.GetDirectPath()
	if path == "" {
		if u, err := url.Parse(a.GetURL()); err == nil && strings.HasSuffix(u.Hostname(), ".whatsapp.net") {
			path = u.RequestURI()
		}
	}
	if !strings.HasPrefix(path, "/") || len(path) > 2048 || strings.ContainsFunc(path, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return ""
	}
	return path
}

func exactly(n int, data []byte) []byte {
	if len(data) != n {
		return nil
	}
	return data
}
