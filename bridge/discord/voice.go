package discord

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"io"
	"math"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
)

const (
	flagVoice   = 1 << 13
	mostWave    = 256 // points
	mostPackets = 1 << 18
	// voiceAgain is how long recordings go as files once Discord refused a voice message:
	// the permission may be given meanwhile.
	voiceAgain = time.Hour
)

// voiced makes a voice message of one that is a recording and nothing else. false: it
// is none, or cannot be one; a file it is in any case.
func (c *Client) voiced(m bridge.Message, in *createMessage) bool {
	if len(m.Files) != 1 || !m.Files[0].Voice || in.Content != "" || m.Card != nil || len(m.Buttons) > 0 {
		return false
	}
	f := m.Files[0]
	if !strings.HasPrefix(fileType(f.MIME), "audio/") || time.Now().Before(c.voiceless()) {
		return false
	}
	wave, length := recording(f)
	if f.Length > 0 {
		length = f.Length
	}
	if length <= 0 {
		return false
	}
	in.Flags |= flagVoice
	in.Attachments[0].Seconds = math.Round(length.Seconds()*1000) / 1000
	in.Attachments[0].Waveform = new(base64.StdEncoding.EncodeToString(wave))
	return true
}

// unvoiced undoes voiced.
func unvoiced(in *createMessage) {
	in.Flags &^= flagVoice
	in.Attachments[0].Seconds, in.Attachments[0].Waveform = 0, nil
}

func (c *Client) voiceless() time.Time {
	if t := c.noVoice.Load(); t != nil {
		return *t
	}
	return time.Time{}
}

// recording is a picture of how loud an Ogg/Opus recording is, and how long it takes.
// The picture is made of the packets' sizes: a silence needs few bytes. A file that is
// none gives a flat one, and no length.
func recording(f bridge.File) (wave []byte, length time.Duration) {
	flat := []byte{0}
	file, err := f.Open()
	if err != nil {
		return flat, 0
	}
	defer file.Close()
	sizes, samples := oggPackets(bufio.NewReaderSize(io.LimitReader(file, mostRequest), 32<<10))
	if len(sizes) < 3 {
		return flat, 0
	}
	return waveform(sizes[2:]), time.Duration(samples) * time.Second / 48000 // after the two headers
}

// oggPackets are the sizes of the packets of an Ogg stream, and its last position.
func oggPackets(r io.Reader) (sizes []int, samples int64) {
	var head [27]byte
	size := 0
	for len(sizes) < mostPackets {
		if _, err := io.ReadFull(r, head[:]); err != nil || string(head[:4]) != "OggS" {
			return sizes, samples
		}
		lacing := make([]byte, head[26])
		if _, err := io.ReadFull(r, lacing); err != nil {
			return sizes, samples
		}
		whole := 0
		for _, n := range lacing {
			whole += int(n)
			if size += int(n); n < 255 {
				sizes, size = append(sizes, size), 0
			}
		}
		if _, err := io.CopyN(io.Discard, r, int64(whole)); err != nil {
			return sizes, samples
		}
		if at := int64(binary.LittleEndian.Uint64(head[6:14])); at > samples && at < 48000*24*3600 {
			samples = at
		}
	}
	return sizes, samples
}

// waveform draws sizes as at most 256 heights of 0 to 255.
func waveform(sizes []int) []byte {
	n := min(len(sizes), mostWave)
	wave := make([]byte, n)
	low, high := sizes[0], sizes[0]
	for _, s := range sizes {
		low, high = min(low, s), max(high, s)
	}
	if high == low {
		return wave
	}
	for i := range n {
		from, to := i*len(sizes)/n, (i+1)*len(sizes)/n
		sum := 0
		for _, s := range sizes[from:to] {
			sum += s
		}
		wave[i] = byte(255 * (sum/(to-from) - low) / (high - low))
	}
	return wave
}
