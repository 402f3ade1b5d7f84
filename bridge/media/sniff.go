package media

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// A Type is what the bytes of a file say it is.
type Type struct {
	// MIME is one of the table's, e.g. "image/jpeg" or "audio/ogg; codecs=opus";
	// "application/octet-stream" for what is not known.
	MIME string
	// Width and Height are pixels of pictures and videos, 0 when not known.
	Width, Height int
	// Animated is true for a picture of several frames.
	Animated bool
	// Length is how long sound and video play, 0 when not known.
	Length time.Duration
	// Mono is true for Opus of one channel, which is what a voice note has to be.
	Mono bool
}

const (
	Opus    = "audio/ogg; codecs=opus"
	Unknown = "application/octet-stream"
	Plain   = "text/plain"
)

// head is how many first bytes are looked at to tell types apart.
const head = 4096

// Sniff says what a file is, by its bytes alone. It reads headers and directories,
// never the whole content, and uses little memory however the file was made. Its
// error is a [*Refusal], or the reader's.
func Sniff(r io.ReaderAt, size int64) (Type, error) {
	b := make([]byte, min(head, size))
	if n, err := r.ReadAt(b, 0); n < len(b) {
		return Type{}, fmt.Errorf("read media: %w", err)
	}
	if len(b) == 0 {
		return Type{}, &Refusal{Reason: Empty}
	}
	if what := program(b); what != "" {
		return Type{}, &Refusal{Reason: Executable, What: what}
	}
	file := section{r: r, size: size}
	found, err := file.look(b)
	if err != nil {
		return Type{}, err
	}
	// A second file may hide behind the first: a program starts at its own end.
	if err := file.archive(); err != nil {
		return Type{}, err
	}
	return found, nil
}

// look finds the type of a file that is no program itself.
func (f section) look(b []byte) (Type, error) {
	for _, m := range magic {
		if len(b) < m.at+len(m.is) || string(b[m.at:m.at+len(m.is)]) != m.is {
			continue
		}
		switch {
		case m.deep == nil:
			return Type{MIME: m.mime}, nil
		default:
			found, ok, err := m.deep(f, b)
			if err != nil || ok {
				return found, err
			}
		}
	}
	if bytes.Contains(b[:min(1024, len(b))], []byte("%PDF-")) {
		return Type{MIME: "application/pdf"}, nil
	}
	if isText(b, f.size > int64(len(b))) {
		return Type{MIME: Plain}, nil
	}
	return Type{MIME: Unknown}, nil
}

// magic are the first bytes of the types we know. deep looks further and may say
// that it is something else after all.
var magic = []struct {
	at   int
	is   string
	mime string
	deep func(f section, b []byte) (Type, bool, error)
}{
	{0, "\xff\xd8\xff", "image/jpeg", section.jpeg},
	{0, "\x89PNG\r\n\x1a\n", "image/png", section.png},
	{0, "GIF87a", "image/gif", section.gif},
	{0, "GIF89a", "image/gif", section.gif},
	{0, "RIFF", "", section.riff},
	{4, "ftyp", "", section.iso},
	{4, "moov", "", section.iso},
	{4, "mdat", "", section.iso},
	{4, "wide", "", section.iso},
	{0, "\x1a\x45\xdf\xa3", "", matroska},
	{0, "OggS", "", section.ogg},
	{0, "ID3", "audio/mpeg", nil},
	{0, "\xff", "", mpegAudio},
	{0, "fLaC", "audio/flac", nil},
	{0, "#!AMR", "audio/amr", nil},
	{0, "%PDF-", "application/pdf", nil},
	{0, "PK\x03\x04", "", section.zip},
	{0, "PK\x05\x06", "", section.zip},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "", section.ole},
	{0, "{\\rtf", "application/rtf", nil},
	{0, "Rar!\x1a\x07", "", section.rar},
	{0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", nil},
	{0, "\x1f\x8b", "application/gzip", nil},
	{0, "II*\x00", "image/tiff", nil},
	{0, "MM\x00*", "image/tiff", nil},
	{0, "BM", "image/bmp", bitmap},
}

// program names the kind of program that starts with b, "" for none.
func program(b []byte) string {
	has := func(s string) bool { return bytes.HasPrefix(b, []byte(s)) }
	script := bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	switch {
	case has("MZ") && !isText(b, true), has("ZM") && !isText(b, true):
		return "Windows program"
	case has("\x7fELF"):
		return "Linux program"
	case has("\xfe\xed\xfa\xce"), has("\xfe\xed\xfa\xcf"), has("\xce\xfa\xed\xfe"), has("\xcf\xfa\xed\xfe"):
		return "macOS program"
	case has("\xca\xfe\xba\xbe"), has("\xca\xfe\xba\xbf"):
		return "macOS program or Java class"
	case bytes.HasPrefix(script, []byte("#!")) && !has("#!AMR"):
		return "script"
	case has("L\x00\x00\x00\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"):
		return "Windows shortcut"
	case has("dex\n"):
		return "Android program"
	case has("\x00asm"):
		return "WebAssembly program"
	case has("MSCF\x00\x00\x00\x00"):
		return "Windows cabinet"
	}
	return ""
}

// isText reports whether b is the beginning of words: no bytes that no text has. cut
// says that more follows.
func isText(b []byte, cut bool) bool {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return len(b) >= 4 && !bytes.Contains(b, []byte{0, 0, 0})
	}
	wide := 0
	for _, c := range b {
		switch {
		case c < 0x20 && !strings.ContainsRune("\t\n\v\f\r\x1b\b\x1a", rune(c)), c == 0x7f:
			return false
		case c >= 0x80:
			wide++
		}
	}
	if cut {
		for range utf8.UTFMax - 1 {
			if r, n := utf8.DecodeLastRune(b); r == utf8.RuneError && n == 1 && wide > 0 && len(b) > 0 {
				b = b[:len(b)-1]
			}
		}
	}
	// In an old one-byte encoding most letters are plain.
	return utf8.Valid(b) || wide*3 < len(b)
}

func matroska(_ section, b []byte) (Type, bool, error) {
	// The document type stands in the first header, whose other fields are numbers.
	if bytes.Contains(b[:min(len(b), 64)], []byte("webm")) {
		return Type{MIME: "video/webm"}, true, nil
	}
	return Type{MIME: "video/x-matroska"}, bytes.Contains(b[:min(len(b), 64)], []byte("matroska")), nil
}

func bitmap(f section, b []byte) (Type, bool, error) {
	if len(b) < 26 || b[6] != 0 || b[7] != 0 || b[8] != 0 || b[9] != 0 || le32(b[14:]) < 12 || le32(b[14:]) > 124 {
		return Type{}, false, nil
	}
	if le32(b[14:]) == 12 {
		return f.picture("image/bmp", frames{width: int(le16(b[18:])), height: int(le16(b[20:])), count: 1})
	}
	w, h := int32(le32(b[18:])), int32(le32(b[22:]))
	return f.picture("image/bmp", frames{width: int(max(w, -w, 0)), height: int(max(h, -h, 0)), count: 1})
}

// mpegAudio tells MP3 and AAC, which have only eleven bits of magic, by two frames in
// a row.
func mpegAudio(f section, b []byte) (Type, bool, error) {
	if len(b) >= 7 && b[1]&0xf6 == 0xf0 { // AAC with ADTS headers
		n := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5
		return Type{MIME: "audio/aac"}, n >= 7 && (int64(n) == f.size || len(b) > n+1 && b[n] == 0xff && b[n+1]&0xf6 == 0xf0), nil
	}
	n := mp3Frame(b)
	return Type{MIME: "audio/mpeg"}, n > 0 && (int64(n) >= f.size || len(b) > n+4 && mp3Frame(b[n:]) > 0), nil
}

var (
	mp3Rates   = [4]int{44100, 48000, 32000}
	mp3Layer3  = [16]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	mp3Layer3b = [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160}
)

// mp3Frame is the length in bytes of the layer III frame b starts with, 0 for none.
func mp3Frame(b []byte) int {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe0 != 0xe0 || b[1]>>1&3 != 1 {
		return 0
	}
	rate, version := mp3Rates[b[2]>>2&3], b[1]>>3&3
	kbps, samples := mp3Layer3[b[2]>>4], 144
	if version != 3 {
		kbps, samples = mp3Layer3b[b[2]>>4], 72
		rate /= 2
	}
	if version == 0 {
		rate /= 2
	}
	if rate == 0 || kbps == 0 || version == 1 {
		return 0
	}
	return samples*kbps*1000/rate + int(b[2]>>1&1)
}
