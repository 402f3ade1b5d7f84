package media

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"
)

// Files as programs make them, small.

func box(name string, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	b := binary.BigEndian.AppendUint32(nil, uint32(8+len(body)))
	return append(append(b, name...), body...)
}

func be(width int, values ...uint64) []byte {
	var b []byte
	for _, v := range values {
		b = append(b, binary.BigEndian.AppendUint64(nil, v)[8-width:]...)
	}
	return b
}

// mp4 is a file of a brand that plays 2.5 seconds.
func mp4(brand string, handlers ...string) []byte {
	mvhd := box("mvhd", make([]byte, 12), be(4, 1000, 2500), make([]byte, 80))
	parts := [][]byte{mvhd}
	for _, h := range handlers {
		tkhd := box("tkhd", make([]byte, 76), be(2, 640, 0, 360, 0))
		parts = append(parts, box("trak", tkhd, box("mdia", box("hdlr", make([]byte, 8), []byte(h), make([]byte, 13)))))
	}
	file := box("ftyp", []byte(brand), be(4, 512), []byte("isom"))
	file = append(file, box("mdat", bytes.Repeat([]byte{7}, 100))...)
	return append(file, box("moov", parts...)...)
}

func chunk(name string, body []byte) []byte {
	b := append([]byte(name), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...)
	b = append(b, body...)
	return append(b, make([]byte, len(body)&1)...)
}

func riff(kind string, chunks ...[]byte) []byte {
	body := append([]byte(kind), bytes.Join(chunks, nil)...)
	return chunk("RIFF", body)
}

func three(n int) []byte { return []byte{byte(n), byte(n >> 8), byte(n >> 16)} }

func lossless(w, h int) []byte {
	return chunk("VP8L", append(binary.LittleEndian.AppendUint32([]byte{0x2f}, uint32(w-1)|uint32(h-1)<<14), make([]byte, 20)...))
}

func webp(w, h int) []byte { return riff("WEBP", lossless(w, h)) }

// animated is a WebP of frames, each with picture data of its own size.
func animated(w, h, n, inner int) []byte {
	canvas := append(append([]byte{2, 0, 0, 0}, three(w-1)...), three(h-1)...)
	chunks := [][]byte{chunk("VP8X", canvas), chunk("ANIM", make([]byte, 6))}
	for range n {
		frame := append(append(make([]byte, 6), three(w-1)...), three(h-1)...)
		frame = append(append(frame, three(100)...), 0)
		chunks = append(chunks, chunk("ANMF", append(frame, lossless(inner, inner)...)))
	}
	return riff("WEBP", chunks...)
}

func wav(seconds int) []byte {
	format := binary.LittleEndian.AppendUint32([]byte{1, 0, 1, 0}, 8000)
	format = binary.LittleEndian.AppendUint32(format, 16000)
	return riff("WAVE", chunk("fmt ", append(format, 2, 0, 16, 0)), chunk("data", make([]byte, 16000*seconds)))
}

// opus is a recording of packets of 20 ms, whose sizes are given.
func opus(channels byte, sizes ...int) []byte {
	id := append([]byte("OpusHead\x01"), channels, 0x38, 0x01) // 312 samples are skipped
	id = append(id, 0x80, 0xbb, 0, 0, 0, 0, 0)
	file := page(0, 0, id)
	file = append(file, page(0, 1, []byte("OpusTags\x00\x00\x00\x00\x00\x00\x00\x00"))...)
	granule := uint64(312)
	for i, n := range sizes {
		granule += 960
		file = append(file, page(granule, uint32(i+2), bytes.Repeat([]byte{0x78}, n))...)
	}
	return file
}

func page(granule uint64, number uint32, packet []byte) []byte {
	b := append([]byte("OggS\x00\x00"), binary.LittleEndian.AppendUint64(nil, granule)...)
	b = binary.LittleEndian.AppendUint32(b, 77)
	b = binary.LittleEndian.AppendUint32(b, number)
	b = append(b, 0, 0, 0, 0, byte(len(packet)/255+1))
	b = append(b, bytes.Repeat([]byte{255}, len(packet)/255)...)
	return append(append(b, byte(len(packet)%255)), packet...)
}

func archived(t testing.TB, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range names {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("content")); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// ole is a compound file with storages of these names in its directory.
func ole(class string, names ...string) []byte {
	b := make([]byte, 512*3)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	b[30] = 9
	for i := 76; i < 512; i++ {
		b[i] = 0xff
	}
	copy(b[76:], []byte{0, 0, 0, 0})                    // the table is sector 0
	copy(b[48:], []byte{1, 0, 0, 0})                    // the directory sector 1
	copy(b[512+4:], []byte{0xfe, 0xff, 0xff, 0xff})     // and ends there
	for i, n := range append([]string{"R"}, names...) { // at most four
		e := b[1024+128*i:]
		for j, c := range []byte(n) {
			e[2*j] = c
		}
		e[64] = byte(2*len(n) + 2)
	}
	copy(b[1024+80:], class)
	return b
}

func encoded(t testing.TB, kind string, w, h int) []byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White})
	var b bytes.Buffer
	var err error
	switch kind {
	case "jpeg":
		err = jpeg.Encode(&b, m, nil)
	case "png":
		err = png.Encode(&b, m)
	case "gif":
		err = gif.Encode(&b, m, nil)
	case "moving":
		err = gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{m, m, m}, Delay: []int{1, 1, 1}})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// entriesOf is an archive without its directory.
func entriesOf(zip []byte) []byte { return bytes.Clone(zip[:bytes.Index(zip, []byte("PK\x01\x02"))]) }

// renamed is an archive of one file that has another name in a field behind it.
func renamed(t testing.TB, name, second string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	field := binary.LittleEndian.AppendUint16([]byte{0x75, 0x70}, uint16(5+len(second)))
	field = append(append(field, 1, 0, 0, 0, 0), second...)
	if _, err := z.CreateHeader(&zip.FileHeader{Name: name, Extra: append([]byte{9, 9, 1, 0, 7}, field...)}); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func rar4(names ...string) []byte {
	b := append([]byte("Rar!\x1a\x07\x00"), 0, 0, 0x73, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0)
	for _, name := range names {
		h := append([]byte{0, 0, 0x74, 0, 0x80, byte(32 + len(name)), 0}, le(4, 5, 5)...)
		h = append(append(h, 2), le(4, 0, 0)...)
		h = append(append(h, 29, 0x30), le(2, uint64(len(name)))...)
		b = append(append(append(b, h...), 0, 0, 0, 0), name+"12345"...)
	}
	return b
}

func rar5(names ...string) []byte {
	block := func(b []byte, header ...byte) []byte {
		return append(append(append(b, 0, 0, 0, 0), byte(len(header))), header...)
	}
	b := block([]byte("Rar!\x1a\x07\x01\x00"), 1, 0, 0)
	for _, name := range names {
		header := []byte{2, 2, 0x85, 0, 4, 5, 0x20, 1, 2, 3, 4, 0, 0, byte(len(name))} // 5, in two bytes
		b = append(block(b, append(header, name...)...), "12345"...)
	}
	return block(b, 5, 0, 0)
}

func le(width int, values ...uint64) []byte {
	var b []byte
	for _, v := range values {
		b = append(b, binary.LittleEndian.AppendUint64(nil, v)[:width]...)
	}
	return b
}

// lateOle is a compound file whose directory goes on where the header's list of tables
// does not reach.
func lateOle(first, last string) []byte {
	const list, table, middle, end = 2, 3, 109*128 + 8, 109*128 + 9
	b := append(ole("", first), make([]byte, 512*(end-1))...)
	put := func(sector, place int, v byte, more ...byte) {
		copy(b[512*(sector+1)+4*place:], append([]byte{v}, more...))
	}
	put(0, 1, middle&0xff, middle>>8, 0, 0) // behind the first sector of the directory
	copy(b[68:], []byte{list, 0, 0, 0})
	put(list, 0, table, 0, 0, 0)
	put(table, middle%128, end&0xff, end>>8, 0, 0)
	put(table, end%128, 0xfe, 0xff, 0xff, 0xff)
	name := b[512*(end+1):]
	for i, c := range []byte(last) {
		name[2*i] = c
	}
	name[64] = byte(2*len(last) + 2)
	return b
}
