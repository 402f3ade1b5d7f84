package media

import (
	"errors"
	"io"
	"time"
)

// longest is the longest play that is believed.
const longest = 24 * time.Hour

// wave reads the length of uncompressed sound.
func (f section) wave() (Type, bool, error) {
	found := Type{MIME: "audio/wav"}
	at, rate := int64(12), int64(0)
	for range mostParts {
		var b [20]byte
		if !f.at(b[:8], at) {
			break
		}
		n := int64(le32(b[4:]))
		switch string(b[:4]) {
		case "fmt ":
			if f.at(b[:], at) {
				rate = int64(le32(b[16:]))
			}
		case "data":
			if n = min(n, f.size-at-8); rate > 0 {
				found.Length = believable(float64(n) / float64(rate))
			}
			return found, true, nil
		}
		at += 8 + n + n&1
	}
	return found, true, nil
}

// believable is a length of seconds, 0 for one that cannot be.
func believable(seconds float64) time.Duration {
	if !(seconds > 0 && seconds <= longest.Seconds()) {
		return 0
	}
	return time.Duration(seconds * float64(time.Second)).Round(time.Millisecond)
}

// ogg tells what the container holds.
func (f section) ogg([]byte) (Type, bool, error) {
	sound, err := readOgg(f)
	switch {
	case err == nil:
		return Type{MIME: Opus, Length: sound.Length, Mono: sound.Channels == 1}, true, nil
	case errors.Is(err, errTheora):
		return Type{MIME: "video/ogg"}, true, nil
	case errors.Is(err, errNotOpus):
		return Type{MIME: "audio/ogg"}, true, nil
	}
	return Type{}, false, nil
}

// Sound is an OGG/Opus recording.
type Sound struct {
	Channels int
	Length   time.Duration // 0 when the file does not say so credibly
	// Waveform is how loud it is in 64 equal parts, 0 to 100. It is judged by how
	// many bytes the encoder spent, which follows loudness closely enough to draw.
	Waveform [64]byte
}

var (
	errNotOgg  = errors.New("not an OGG file")
	errNotOpus = errors.New("no Opus in the OGG file")
	errTheora  = errors.New("video in the OGG file")
)

const (
	mostPages = 100_000
	opusRate  = 48_000
)

// ReadOpus reads the headers of an OGG/Opus file of size bytes, page by page.
func ReadOpus(r io.ReaderAt, size int64) (Sound, error) {
	return readOgg(section{r: r, size: size})
}

func readOgg(f section) (Sound, error) {
	var (
		sound   Sound
		serial  uint32
		skipped uint16
		last    uint64
		spent   loudness
		at      int64
	)
	for page := range mostPages {
		var b [27 + 255]byte
		if !f.at(b[:27], at) || string(b[:4]) != "OggS" || b[4] != 0 {
			break
		}
		lacing := b[27 : 27+int(b[26])]
		if !f.at(lacing, at+27) {
			break
		}
		body := at + 27 + int64(len(lacing))
		number, granule := le32(b[14:]), le64(b[6:])
		at = body + total(lacing)
		switch {
		case page == 0:
			var id [19]byte
			f.at(id[:8], body)
			if string(id[:7]) == "\x80theora" {
				return Sound{}, errTheora
			}
			if string(id[:8]) != "OpusHead" || !f.at(id[:], body) {
				return Sound{}, errNotOpus
			}
			sound.Channels, skipped, serial = int(id[9]), le16(id[10:]), number
		case number != serial, granule == 0: // another stream, or the page of comments
		default:
			spent.add(lacing)
			if granule != ^uint64(0) {
				last = granule
			}
		}
	}
	if sound.Channels == 0 {
		return Sound{}, errNotOgg
	}
	if last > uint64(skipped) {
		sound.Length = believable(float64(last-uint64(skipped)) / opusRate)
	}
	sound.Waveform = spent.waveform()
	return sound, nil
}

func total(lacing []byte) int64 {
	var n int64
	for _, c := range lacing {
		n += int64(c)
	}
	return n
}

// loudness collects the sizes of packets in a bounded number of bins, each twice as
// wide whenever they are full.
type loudness struct {
	bins [1024]uint32
	used int // bins begun
	each int // packets a bin
	have int // packets in the last bin
	part int // bytes of a packet not yet complete
}

func (l *loudness) add(lacing []byte) {
	for _, c := range lacing {
		l.part += int(c)
		if c < 255 {
			l.packet(uint32(min(l.part, 1<<16)))
			l.part = 0
		}
	}
}

func (l *loudness) packet(size uint32) {
	if l.each == 0 {
		l.each, l.used = 1, 1
	}
	if l.have == l.each {
		if l.used == len(l.bins) {
			for i := range len(l.bins) / 2 {
				l.bins[i] = l.bins[2*i]/2 + l.bins[2*i+1]/2
			}
			clear(l.bins[len(l.bins)/2:])
			l.used = len(l.bins) / 2
			l.each *= 2
		}
		l.used++
		l.have = 0
	}
	l.have++
	// The mean so far.
	bin := &l.bins[l.used-1]
	*bin = uint32((uint64(*bin)*uint64(l.have-1) + uint64(size)) / uint64(l.have))
}

func (l *loudness) waveform() (w [64]byte) {
	if l.used == 0 {
		return w
	}
	low, high := l.bins[0], l.bins[0]
	for _, b := range l.bins[:l.used] {
		low, high = min(low, b), max(high, b)
	}
	if high == low {
		return w
	}
	for i := range w {
		from := i * l.used / len(w)
		to := max((i+1)*l.used/len(w), from+1)
		var loudest uint32
		for _, b := range l.bins[from:to] {
			loudest = max(loudest, b)
		}
		w[i] = byte(uint64(loudest-low) * 100 / uint64(high-low))
	}
	return w
}
