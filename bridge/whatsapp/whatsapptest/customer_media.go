package whatsapptest

import (
	"fmt"
	"io"
	"time"

	"go.mau.fi/whatsmeow/proto/waCommon"
	"go.mau.fi/whatsmeow/proto/waE2E"
)

// Media is a file that a person picks to send.
type Media struct {
	Kind string // KindImage and its like
	Name string // of a document
	MIME string // the app's own choice for the kind when empty
	Data []byte
	// Content is read instead of Data, for large files.
	Content       io.Reader
	Length        time.Duration // of sound or film
	Width, Height int
	Animated      bool // a sticker that moves
	Waveform      []byte
	// Odd makes an encrypted file of a length that no app makes, with a MAC that is
	// right.
	Odd bool
}

// SendImage sends a picture; Data may be a JPEG or anything else.
func (p *Phone) SendImage(data []byte, caption string) (string, error) {
	return p.Do(Draft{Media: &Media{Kind: KindImage, Data: data}, Text: caption})
}

// SendVideo sends a film.
func (p *Phone) SendVideo(data []byte, caption string, length time.Duration) (string, error) {
	return p.Do(Draft{Media: &Media{Kind: KindVideo, Data: data, Length: length}, Text: caption})
}

// SendGIF sends a film that plays over and over.
func (p *Phone) SendGIF(data []byte, caption string) (string, error) {
	return p.Do(Draft{Media: &Media{Kind: KindGIF, Data: data}, Text: caption})
}

// SendVoice sends a voice message as recorded in the app: OGG with Opus.
func (p *Phone) SendVoice(data []byte, length time.Duration) (string, error) {
	return p.Do(Draft{Media: &Media{Kind: KindVoice, Data: data, Length: length, Waveform: make([]byte, 64)}})
}

// SendAudio sends a sound file.
func (p *Phone) SendAudio(data []byte, length time.Duration) (string, error) {
	return p.Do(Draft{Media: &Media{Kind: KindAudio, Data: data, Length: length}})
}

// SendDocument sends a file under its name.
func (p *Phone) SendDocument(data []byte, name, mime, caption string) (string, error) {
	return p.Do(Draft{Media: &Media{Kind: KindDocument, Data: data, Name: name, MIME: mime}, Text: caption})
}

// SendSticker sends a WebP picture as a sticker.
func (p *Phone) SendSticker(data []byte, animated bool) (string, error) {
	return p.Do(Draft{Media: &Media{Kind: KindSticker, Data: data, Width: 512, Height: 512, Animated: animated}})
}

// SendViewOnce sends a picture, film or voice message that can be viewed once, the
// way a companion gets it from an app that does not withhold it.
func (p *Phone) SendViewOnce(media Media, caption string) (string, error) {
	return p.Do(Draft{Media: &media, Text: caption, ViewOnce: true})
}

// SendAlbum sends pictures and films that belong together; the first carries the
// caption. It returns the ids of the files, after that of the album.
func (p *Phone) SendAlbum(caption string, files ...Media) ([]string, error) {
	album := &waE2E.AlbumMessage{ExpectedImageCount: new(uint32(0)), ExpectedVideoCount: new(uint32(0))}
	for _, file := range files {
		if file.Kind == KindVideo {
			*album.ExpectedVideoCount++
		} else {
			*album.ExpectedImageCount++
		}
	}
	parent, err := p.Do(Draft{Message: &waE2E.Message{AlbumMessage: album}})
	if err != nil {
		return nil, err
	}
	ids := []string{parent}
	for _, file := range files {
		id, err := p.Do(Draft{Media: &file, Text: caption, Album: parent})
		if err != nil {
			return ids, err
		}
		ids, caption = append(ids, id), ""
	}
	return ids, nil
}

// usualMIME is what the app calls files of a kind.
func usualMIME(kind string) string {
	switch kind {
	case KindImage:
		return "image/jpeg"
	case KindVideo, KindGIF:
		return "video/mp4"
	case KindVoice:
		return "audio/ogg; codecs=opus"
	case KindAudio:
		return "audio/mpeg"
	case KindSticker:
		return "image/webp"
	}
	return "application/octet-stream"
}

// message is the file in the protocol's words.
func (m *Media) message(caption string, s sealed, at time.Time) (*waE2E.Message, error) {
	mime, stamp := m.MIME, new(at.Unix())
	if mime == "" {
		mime = usualMIME(m.Kind)
	}
	var text *string
	if caption != "" {
		text = &caption
	}
	width, height, seconds := count(m.Width), count(m.Height), count(int(m.Length/time.Second))
	switch m.Kind {
	case KindImage:
		return &waE2E.Message{ImageMessage: &waE2E.ImageMessage{
			URL: &s.url, DirectPath: &s.directPath, MediaKey: s.key, FileSHA256: s.sum, FileEncSHA256: s.encSum, FileLength: &s.length,
			Mimetype: &mime, MediaKeyTimestamp: stamp, Caption: text, Width: width, Height: height,
		}}, nil
	case KindVideo, KindGIF:
		video := &waE2E.VideoMessage{
			URL: &s.url, DirectPath: &s.directPath, MediaKey: s.key, FileSHA256: s.sum, FileEncSHA256: s.encSum, FileLength: &s.length,
			Mimetype: &mime, MediaKeyTimestamp: stamp, Caption: text, Width: width, Height: height, Seconds: seconds,
		}
		if m.Kind == KindGIF {
			video.GifPlayback = new(true)
		}
		return &waE2E.Message{VideoMessage: video}, nil
	case KindVoice, KindAudio:
		return &waE2E.Message{AudioMessage: &waE2E.AudioMessage{
			URL: &s.url, DirectPath: &s.directPath, MediaKey: s.key, FileSHA256: s.sum, FileEncSHA256: s.encSum, FileLength: &s.length,
			Mimetype: &mime, MediaKeyTimestamp: stamp, Seconds: seconds, PTT: new(m.Kind == KindVoice), Waveform: m.Waveform,
		}}, nil
	case KindSticker:
		return &waE2E.Message{StickerMessage: &waE2E.StickerMessage{
			URL: &s.url, DirectPath: &s.directPath, MediaKey: s.key, FileSHA256: s.sum, FileEncSHA256: s.encSum, FileLength: &s.length,
			Mimetype: &mime, MediaKeyTimestamp: stamp, Width: width, Height: height, IsAnimated: new(m.Animated),
		}}, nil
	case KindDocument:
		document := &waE2E.Message{DocumentMessage: &waE2E.DocumentMessage{
			URL: &s.url, DirectPath: &s.directPath, MediaKey: s.key, FileSHA256: s.sum, FileEncSHA256: s.encSum, FileLength: &s.length,
			Mimetype: &mime, MediaKeyTimestamp: stamp, FileName: &m.Name, Title: &m.Name, Caption: text,
		}}
		if text == nil {
			return document, nil
		}
		return &waE2E.Message{DocumentWithCaptionMessage: &waE2E.FutureProofMessage{Message: document}}, nil
	}
	return nil, fmt.Errorf("a file cannot be sent as a %q", m.Kind)
}

func count(n int) *uint32 {
	if n <= 0 {
		return nil
	}
	return new(uint32(n))
}

// inAlbum marks a message as part of an album.
func inAlbum(message *waE2E.Message, album *waCommon.MessageKey) {
	info := message.GetMessageContextInfo()
	if info == nil {
		info = &waE2E.MessageContextInfo{}
		message.MessageContextInfo = info
	}
	info.MessageAssociation = &waE2E.MessageAssociation{
		AssociationType: waE2E.MessageAssociation_MEDIA_ALBUM.Enum(), ParentMessageKey: album,
	}
}
