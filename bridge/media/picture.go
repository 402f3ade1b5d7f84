package media

import (
	"bufio"
	"fmt"
	"io"
)

// Bounds of pictures. A telephone's largest photographs have 200 million pixels; a
// desktop shows a frame as four bytes a pixel.
const (
	mostPixels    = 250e6 // of one frame
	mostPlayed    = 1e9   // of all frames
	mostFrames    = 5000
	denseFrom     = 25e6 // above this, no real picture has more than
	densestPixels = 200  // pixels a byte
)

// frames is the size of a picture as its headers declare it.
type frames struct {
	width, height int // of the largest frame
	count         int
}

func (f *frames) grow(width, height int) {
	f.width, f.height = max(f.width, width), max(f.height, height)
}

// picture is the type of a picture within bounds. One without a size is broken:
// nobody can show it, and it is kept as it is.
func (f section) picture(mime string, p frames) (Type, bool, error) {
	one := float64(p.width) * float64(p.height)
	all := one * float64(max(p.count, 1))
	if one > mostPixels || all > mostPlayed || p.count > mostFrames || one > denseFrom && one > densestPixels*float64(f.size) {
		return Type{}, false, &Refusal{Reason: Bomb, What: fmt.Sprintf("%d x %d pixels, %d frames", p.width, p.height, max(p.count, 1))}
	}
	return Type{MIME: mime, Width: p.width, Height: p.height, Animated: p.count > 1}, true, nil
}

// mostParts bounds how many segments, chunks or boxes of one file are looked at.
const mostParts = 10_000

// jpeg walks the segments up to the one with the size.
func (f section) jpeg([]byte) (Type, bool, error) {
	p := frames{count: 1}
	at := int64(2)
	for range mostParts {
		var b [9]byte
		if !f.at(b[:4], at) || b[0] != 0xff {
			break
		}
		marker := b[1]
		switch {
		case marker == 0xff: // padding
			at++
			continue
		case marker == 0x01, marker >= 0xd0 && marker <= 0xd8:
			at += 2
			continue
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if f.at(b[:], at) {
				p.grow(int(be16(b[7:])), int(be16(b[5:])))
			}
			return f.picture("image/jpeg", p)
		case marker == 0xd9, marker == 0xda:
			return f.picture("image/jpeg", p)
		}
		at += 2 + int64(max(be16(b[2:]), 2))
	}
	return f.picture("image/jpeg", p)
}

// png reads the header, and the number of frames of an animation, which comes before
// the first data.
func (f section) png([]byte) (Type, bool, error) {
	p := frames{count: 1}
	at := int64(8)
	for range mostParts {
		var b [16]byte
		if !f.at(b[:], at) {
			break
		}
		n := int64(be32(b[:]))
		switch string(b[4:8]) {
		case "IHDR":
			p.grow(int(be32(b[8:])), int(be32(b[12:])))
		case "acTL":
			p.count = int(be32(b[8:]))
		case "IDAT", "IEND":
			return f.picture("image/png", p)
		}
		at += 12 + n
	}
	return f.picture("image/png", p)
}

// gif counts the frames, which needs a walk through all blocks.
func (f section) gif(b []byte) (Type, bool, error) {
	if len(b) < 13 {
		return Type{MIME: "image/gif"}, true, nil
	}
	p := frames{width: int(le16(b[6:])), height: int(le16(b[8:]))}
	r := bufio.NewReaderSize(io.NewSectionReader(f.r, 13, f.size-13), 32<<10)
	if skip(r, colours(b[10])) {
		for p.count <= mostFrames && p.block(r) {
		}
	}
	return f.picture("image/gif", p)
}

// block reads one block of a GIF; false at its end.
func (p *frames) block(r *bufio.Reader) bool {
	intro, err := r.ReadByte()
	switch {
	case err != nil:
		return false
	case intro == '!':
		if !skip(r, 1) {
			return false
		}
	case intro == ',':
		var d [9]byte
		if _, err := io.ReadFull(r, d[:]); err != nil {
			return false
		}
		p.count++
		p.grow(int(le16(d[4:])), int(le16(d[6:])))
		if !skip(r, colours(d[8])+1) {
			return false
		}
	default:
		return false
	}
	for {
		n, err := r.ReadByte()
		if err != nil {
			return false
		}
		if n == 0 {
			return true
		}
		if !skip(r, int(n)) {
			return false
		}
	}
}

// colours is the length of the table of colours that a GIF's flags announce.
func colours(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

func skip(r *bufio.Reader, n int) bool {
	_, err := r.Discard(n)
	return err == nil
}

// riff tells WebP, WAV and AVI.
func (f section) riff(b []byte) (Type, bool, error) {
	if len(b) < 12 {
		return Type{}, false, nil
	}
	switch string(b[8:12]) {
	case "WEBP":
		return f.webp()
	case "WAVE":
		return f.wave()
	case "AVI ":
		return Type{MIME: "video/x-msvideo"}, true, nil
	}
	return Type{}, false, nil
}

// webp looks at every frame: the canvas may say less than what it holds.
func (f section) webp() (Type, bool, error) {
	var p frames
	at := int64(12)
	for part := 0; ; part++ {
		var b [18]byte
		if !f.at(b[:8], at) {
			break
		}
		if part == mostParts {
			return Type{}, false, &Refusal{Reason: Bomb, What: "too many parts"}
		}
		n := int64(le32(b[4:]))
		switch string(b[:4]) {
		case "VP8X":
			if f.at(b[:], at) {
				p.grow(1+le24(b[12:]), 1+le24(b[15:]))
			}
		case "ANMF":
			p.count++
			if f.at(b[:16], at+8) {
				p.grow(1+le24(b[6:]), 1+le24(b[9:]))
				f.bitstream(&p, at+24)
			}
		case "VP8 ", "VP8L":
			p.count++
			f.bitstream(&p, at)
		}
		at += 8 + n + n&1
	}
	return f.picture("image/webp", p)
}

// bitstream reads the size of the picture data in the chunk at offset.
func (f section) bitstream(p *frames, at int64) {
	var b [18]byte
	switch {
	case !f.at(b[:], at):
	case string(b[:4]) == "VP8L" && b[8] == 0x2f:
		bits := le32(b[9:])
		p.grow(int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1)
	case string(b[:4]) == "VP8 " && string(b[11:14]) == "\x9d\x01\x2a":
		p.grow(int(le16(b[14:])&0x3fff), int(le16(b[16:])&0x3fff))
	}
}
