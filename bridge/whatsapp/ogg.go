package whatsapp

import (
	"bytes"
	"encoding/binary"
)

// oggScan is told the bytes of an Ogg file one after the other and learns how long
// its sound is, and roughly how loud: Opus spends more bytes on what is louder. What
// is no Ogg file teaches it nothing. It never fails.
type oggScan struct {
	head   []byte // of a page, as far as it is there
	skip   int    // bytes of the page's body still to come
	last   uint64 // position at the end of a page, in samples
	pages  int
	broken bool
	sizes  []uint16 // of packets
	part   int      // of a packet that goes on in the next page
}

const (
	oggHead     = 27
	oggRate     = 48000   // of Opus
	mostPackets = 1 << 20 // some six hours
	wavePoints  = 64
)

// Write implements [io.Writer].
func (o *oggScan) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 && !o.broken {
		if o.skip > 0 {
			n := min(o.skip, len(p))
			o.skip, p = o.skip-n, p[n:]
			continue
		}
		want := oggHead
		if len(o.head) >= oggHead {
			want += int(o.head[26])
		}
		n := min(want-len(o.head), len(p))
		o.head, p = append(o.head, p[:n]...), p[n:]
		if len(o.head) >= oggHead && len(o.head) == oggHead+int(o.head[26]) {
			o.page()
		}
	}
	return total, nil
}

func (o *oggScan) page() {
	if !bytes.HasPrefix(o.head, []byte("OggS")) {
		o.broken = true
		return
	}
	if position := binary.LittleEndian.Uint64(o.head[6:]); position != ^uint64(0) {
		o.last = position
	}
	const continued = 1
	if o.head[5]&continued == 0 {
		o.part = 0
	}
	for _, length := range o.head[oggHead:] {
		o.skip += int(length)
		o.part += int(length)
		if length < 255 {
			if len(o.sizes) < mostPackets {
				o.sizes = append(o.sizes, uint16(min(o.part, 1<<16-1)))
			}
			o.part = 0
		}
	}
	o.pages++
	o.head = o.head[:0]
}

// seconds is how long the sound is, 0 for unknown, at most some days.
func (o *oggScan) seconds() uint32 {
	if o.broken || o.pages < 3 {
		return 0
	}
	return uint32(min((o.last+oggRate-1)/oggRate, 1<<20))
}

// wave is how loud the sound is at 64 points, nil for unknown.
func (o *oggScan) wave() []byte {
	const headers = 2 // the first packets hold no sound
	if o.broken || len(o.sizes) <= headers {
		return nil
	}
	sound, loudest := o.sizes[headers:], 1
	points := make([]int, wavePoints)
	for i := range points {
		from := i * len(sound) / wavePoints
		to := max((i+1)*len(sound)/wavePoints, from+1)
		sum := 0
		for _, size := range sound[from:to] {
			sum += int(size)
		}
		points[i] = sum / (to - from)
		loudest = max(loudest, points[i])
	}
	wave := make([]byte, wavePoints)
	for i, point := range points {
		wave[i] = byte(point * 100 / loudest)
	}
	return wave
}
