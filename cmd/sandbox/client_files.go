package main

import (
	"bytes"
	"encoding/binary"
	"image"
	_ "image/gif"  // sizes of pictures
	_ "image/jpeg" // sizes of pictures
	_ "image/png"  // sizes of pictures
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// fileKinds are what a client can send a file as.
var fileKinds = []string{
	whatsapptest.KindImage, whatsapptest.KindVideo, whatsapptest.KindGIF, whatsapptest.KindVoice,
	whatsapptest.KindAudio, whatsapptest.KindDocument, whatsapptest.KindSticker,
}

// postCustomerFiles lets a client send a file, or several pictures and films as an
// album.
func (s *sandbox) postCustomerFiles(r *http.Request, p *whatsapptest.Phone) (any, error) {
	f, err := readForm(r, "caption", "text", "reply_to", "kind", "name", "mime", "seconds", "view_once", "forwarded")
	if err != nil {
		return nil, err
	}
	defer f.close()
	first, err := f.clientDraft()
	if err != nil {
		return nil, err
	}
	if err := (clientAct{ReplyTo: first.ReplyTo}).check(p.Screen()); err != nil {
		return nil, err
	}
	var files []*whatsapptest.Media
	for _, one := range f.files {
		content, err := one.Open()
		if err != nil {
			return nil, badRequest("read file: %v", err)
		}
		defer content.Close()
		m, err := f.media(one, content)
		if err != nil {
			return nil, err
		}
		files = append(files, m)
	}
	first.Fades = s.fading(p)
	p.Compose(false)
	ids, err := sendFiles(p, first, files)
	if err != nil {
		return nil, refused(err)
	}
	return map[string]any{"id": ids[0], "ids": ids}, nil
}

// clientDraft is what the form says of the message that the file comes in.
func (f *form) clientDraft() (d whatsapptest.Draft, err error) {
	d.Text, d.ReplyTo = f.values["caption"], f.values["reply_to"]
	if d.Text == "" {
		d.Text = f.values["text"]
	}
	if !utf8.ValidString(d.Text) {
		return d, badRequest("caption is not UTF-8")
	}
	if given := f.values["forwarded"]; given != "" {
		if d.Forwarded, err = strconv.Atoi(given); err != nil {
			return d, badRequest("forwarded is %q: want a number", given)
		}
	}
	if err := checkForwarded(d.Forwarded); err != nil {
		return d, err
	}
	d.ViewOnce, err = f.flag("view_once")
	return d, err
}

// sendFiles sends one file as a message and more as an album, which does not disappear.
// It returns the ids of
// the messages that carry the files.
func sendFiles(p *whatsapptest.Phone, first whatsapptest.Draft, files []*whatsapptest.Media) ([]string, error) {
	if len(files) == 1 {
		first.Media = files[0]
		id, err := p.Do(first)
		return []string{id}, err
	}
	var album []whatsapptest.Media
	for _, m := range files {
		if m.Kind != whatsapptest.KindImage && m.Kind != whatsapptest.KindVideo || first.ReplyTo != "" || first.ViewOnce || first.Forwarded > 0 {
			return nil, badRequest("several files are an album of pictures and films: send others one by one")
		}
		album = append(album, *m)
	}
	ids, err := p.SendAlbum(first.Text, album...)
	if len(ids) > 1 {
		ids = ids[1:] // the first is that of the album
	}
	return ids, err
}

// media is a file as the phone sends it. The phone believes what the form says of the
// file: a client's phone may lie.
func (f *form) media(file received, content io.ReadSeeker) (*whatsapptest.Media, error) {
	m := &whatsapptest.Media{Kind: f.values["kind"], Name: file.name, MIME: file.mime, Content: content}
	if name := f.values["name"]; name != "" {
		m.Name = name
	}
	if mime := f.values["mime"]; mime != "" {
		m.MIME = mime
	}
	if !utf8.ValidString(m.Name + m.MIME) {
		return nil, badRequest("the file's name or type is not UTF-8")
	}
	head := make([]byte, 512)
	n, _ := io.ReadFull(content, head) // a shorter file is all in head
	head = head[:n]
	if m.Kind == "" {
		m.Kind = kindOf(m.MIME, head)
	}
	if !slices.Contains(fileKinds, m.Kind) {
		return nil, badRequest("kind is %q: want %s", m.Kind, strings.Join(fileKinds, ", "))
	}
	complete(m, head, content)
	if given := f.values["seconds"]; given != "" {
		n, err := strconv.ParseFloat(given, 64)
		if err != nil || !(n >= 0 && n <= 86400) {
			return nil, badRequest("seconds is %q: want 0 to 86400", given)
		}
		m.Length = time.Duration(n * float64(time.Second))
	}
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return nil, badRequest("read file: %v", err)
	}
	return m, nil
}

// kindOf is what the app sends a file as: by its type if one is known, else by its
// first bytes.
func kindOf(declared string, head []byte) string {
	kind, _, _ := mime.ParseMediaType(declared)
	if kind == "" {
		kind = http.DetectContentType(head)
	}
	switch {
	case kind == "image/jpeg" || kind == "image/png" || kind == "image/webp" || kind == "image/gif":
		return whatsapptest.KindImage
	case strings.HasPrefix(kind, "video/"):
		return whatsapptest.KindVideo
	case (kind == "audio/ogg" || kind == "application/ogg" || kind == "audio/opus") && bytes.Contains(head, []byte("OpusHead")):
		return whatsapptest.KindVoice
	case strings.HasPrefix(kind, "audio/") || kind == "application/ogg":
		return whatsapptest.KindAudio
	}
	return whatsapptest.KindDocument
}

// complete adds what the app finds out about a file that it sends.
func complete(m *whatsapptest.Media, head []byte, content io.ReadSeeker) {
	switch m.Kind {
	case whatsapptest.KindVoice:
		m.Length, m.Waveform = opusLength(content), wave(100)
		if strings.HasPrefix(m.MIME, "audio/ogg") {
			m.MIME = "" // the app names the codec too
		}
	case whatsapptest.KindSticker:
		m.Width, m.Height = 512, 512
		m.Animated = bytes.Contains(head, []byte("ANIM"))
	case whatsapptest.KindImage:
		if _, err := content.Seek(0, io.SeekStart); err == nil {
			size, _, _ := image.DecodeConfig(content)
			m.Width, m.Height = size.Width, size.Height
		}
	}
	if m.MIME == "" && (m.Kind == whatsapptest.KindImage || m.Kind == whatsapptest.KindDocument) {
		m.MIME, _, _ = mime.ParseMediaType(http.DetectContentType(head))
	}
}

// wave is a picture of a recording that goes up and down to most.
func wave(most int) []byte {
	out := make([]byte, 64)
	for i := range out {
		out[i] = byte(most/5 + most*4/5*((i*i)%17)/17)
	}
	return out
}

// opusLength is how long OGG with Opus plays: the position that its last page tells, in
// 48 kHz. It is 0 for anything else.
func opusLength(content io.ReadSeeker) time.Duration {
	const tail, rate = 64 << 10, 48000
	size, err := content.Seek(0, io.SeekEnd)
	if err != nil {
		return 0
	}
	if _, err := content.Seek(max(0, size-tail), io.SeekStart); err != nil {
		return 0
	}
	data, err := io.ReadAll(io.LimitReader(content, tail))
	if err != nil {
		return 0
	}
	last := bytes.LastIndex(data, []byte("OggS"))
	if last < 0 || len(data) < last+14 {
		return 0
	}
	samples := binary.LittleEndian.Uint64(data[last+6:])
	if samples > 24*60*60*rate {
		return 0
	}
	return time.Duration(samples) * time.Second / rate
}
