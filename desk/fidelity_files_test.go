package desk

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"math/rand/v2"
	"testing"
	"time"
)

// Files as people send them, small, and different for each seed.

func photo(t testing.TB, seed uint64) []byte { return painted(t, seed, 64, 48) }

// painted is a JPEG of noise.
func painted(t testing.TB, seed uint64, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(seed, 1))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32())
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func cartoon(t testing.TB) []byte {
	t.Helper()
	var frames []*image.Paletted
	for range 3 {
		frames = append(frames, image.NewPaletted(image.Rect(0, 0, 16, 16), color.Palette{color.Black, color.White}))
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: frames, Delay: []int{5, 5, 5}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func boxed(name string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(append(binary.BigEndian.AppendUint32(nil, uint32(8+len(body))), name...), body...)
}

// film is an MP4 of so many bytes of content that plays three seconds.
func film(seed uint64, size int) []byte {
	movie := boxed("mvhd", make([]byte, 12), []byte{0, 0, 3, 0xe8, 0, 0, 0x0b, 0xb8}, make([]byte, 80))
	track := boxed("trak",
		boxed("tkhd", make([]byte, 76), []byte{2, 0x80, 0, 0, 1, 0x68, 0, 0}),
		boxed("mdia", boxed("hdlr", make([]byte, 8), []byte("vide"), make([]byte, 13))))
	content := make([]byte, size)
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = r.Read(content) // never fails
	return bytes.Join([][]byte{boxed("ftyp", []byte("mp42"), make([]byte, 4), []byte("isom")), boxed("moov", movie, track), boxed("mdat", content)}, nil)
}

// recording is an OGG with Opus, one channel, of a length.
func recording(length time.Duration) []byte {
	page := func(granule uint64, number uint32, packet []byte) []byte {
		b := append([]byte("OggS\x00\x00"), binary.LittleEndian.AppendUint64(nil, granule)...)
		b = append(b, 7, 0, 0, 0)
		b = binary.LittleEndian.AppendUint32(b, number)
		return append(append(b, 0, 0, 0, 0, 1, byte(len(packet))), packet...)
	}
	b := page(0, 0, []byte("OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00"))
	b = append(b, page(0, 1, []byte("OpusTags\x00\x00\x00\x00\x00\x00\x00\x00"))...)
	for i := range int(length / (20 * time.Millisecond)) {
		b = append(b, page(uint64(i+1)*960, uint32(i+2), bytes.Repeat([]byte{0x78}, 20+i%50))...)
	}
	return b
}

// tone is a WAV of silence.
func tone(seconds int) []byte {
	n := uint32(16000 * seconds)
	b := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, 36+n)...)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data"...)
	return append(binary.LittleEndian.AppendUint32(b, n), make([]byte, n)...)
}

// sticker is a WebP; its picture data declares the size, so it can lie.
func sticker(w, h, frames int) []byte {
	chunk := func(name string, body []byte) []byte {
		b := append([]byte(name), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...)
		return append(append(b, body...), make([]byte, len(body)&1)...)
	}
	three := func(n int) []byte { return []byte{byte(n), byte(n >> 8), byte(n >> 16)} }
	data := chunk("VP8L", append(binary.LittleEndian.AppendUint32([]byte{0x2f}, uint32(w-1)|uint32(h-1)<<14), make([]byte, 20)...))
	body := append([]byte("WEBP"), data...)
	if frames > 1 {
		canvas := append(append([]byte{2, 0, 0, 0}, three(w-1)...), three(h-1)...)
		body = append(append([]byte("WEBP"), chunk("VP8X", canvas)...), chunk("ANIM", make([]byte, 6))...)
		for range frames {
			frame := append(append(make([]byte, 6), three(w-1)...), three(h-1)...)
			body = append(body, chunk("ANMF", append(append(append(frame, three(100)...), 0), data...))...)
		}
	}
	return chunk("RIFF", body)
}

func letterhead() []byte {
	return []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n")
}

func program() []byte {
	return append([]byte("MZ\x90\x00\x03\x00\x00\x00"), make([]byte, 200)...)
}

func archive(t testing.TB, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range names {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("isi")); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
