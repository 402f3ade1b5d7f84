package discord

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

const upgradeAnswer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"

func frame(kind byte, payload []byte) []byte {
	switch n := len(payload); {
	case n < 126:
		return append([]byte{kind, byte(n)}, payload...)
	case n < 1<<16:
		return append(binary.BigEndian.AppendUint16([]byte{kind, 126}, uint16(n)), payload...)
	default:
		return append(binary.BigEndian.AppendUint64([]byte{kind, 127}, uint64(n)), payload...)
	}
}

// through is what a library reads of a stream behind a tap.
func through(stream []byte, foresight bool) (*tap, []byte, error) {
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		_, _ = far.Write(stream)
		far.Close()
	}()
	t := newTap(near, foresight)
	out, err := io.ReadAll(t)
	return t, out, err
}

func TestTheTapHearsWhatTheLibraryKeepsToItself(t *testing.T) {
	t.Parallel()
	hello := frame(frameFinalText, []byte(`{"op":10,"d":{"heartbeat_interval":41250}}`))
	large := frame(frameFinalText, bytes.Repeat([]byte("x"), 70000))
	small := frame(frameFinalText, []byte(`{"op":0,"t":"READY","d":{}}`))
	bye := frame(frameClose, []byte{0x0f, 0xa9})
	op := func(n string) []byte { return frame(frameFinalText, []byte(`{"op":`+n+`,"d":false}`)) }
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write([]byte(`{"op":9,"d":false}`))
	z.Close()
	for _, c := range []struct {
		name   string
		frames [][]byte
		pass   int // frames that come through
		err    error
		code   int
		over   bool
	}{
		{"everything passes", [][]byte{hello, small, large, bye}, 4, nil, 4009, false},
		{"a large first packet", [][]byte{hello, large, op("7")}, 3, nil, 0, false},
		{"reconnect later", [][]byte{hello, small, op("7")}, 3, nil, 0, false},
		{"invalid later", [][]byte{hello, small, op("9"), small}, 4, nil, 0, true},
		{"invalid later, compressed", [][]byte{hello, large, frame(frameFinalBinary, packed.Bytes())}, 3, nil, 0, true},
		{"to be resumed later", [][]byte{hello, small, frame(frameFinalText, []byte(`{"op":9,"d":true}`))}, 3, nil, 0, false},
		{"reconnect first", [][]byte{hello, op("7"), small}, 1, errReconnectFirst, 0, false},
		{"invalid first", [][]byte{hello, op("9")}, 1, errInvalidFirst, 0, true},
		{"a ping is no packet", [][]byte{hello, frame(0x89, []byte("hi")), op("9")}, 2, errInvalidFirst, 0, true},
	} {
		stream := append([]byte(upgradeAnswer), bytes.Join(c.frames, nil)...)
		want := append([]byte(upgradeAnswer), bytes.Join(c.frames[:c.pass], nil)...)
		tap, got, err := through(stream, true)
		if !errors.Is(err, c.err) || !bytes.Equal(got, want) || tap.closeCode() != c.code || tap.over() != c.over || tap.heartbeat() != 41250*time.Millisecond {
			t.Errorf("%s: %d bytes of %d, %v, code %d, over %t, interval %s", c.name, len(got), len(want), err, tap.closeCode(), tap.over(), tap.heartbeat())
		}
	}
}

// Who leaves need not wait any longer than for the other end's goodbye, after which the
// library reads nothing more, or for its silence.
func TestTheTapKnowsWhenTheOtherEndIsGone(t *testing.T) {
	t.Parallel()
	for name, part := range map[string]func(far net.Conn){
		"a goodbye":    func(far net.Conn) { _, _ = far.Write(frame(frameClose, []byte{0x03, 0xe8})) },
		"a cut":        func(far net.Conn) { far.Close() },
		"a cut packet": func(far net.Conn) { _, _ = far.Write([]byte{frameFinalText, 126}); far.Close() },
		"a large packet": func(far net.Conn) {
			_, _ = far.Write(frame(frameFinalText, make([]byte, 2*smallFrame))[:smallFrame])
			far.Close()
		},
	} {
		near, far := net.Pipe()
		tap := newTap(near, true)
		go func() {
			_, _ = far.Write([]byte(upgradeAnswer))
			part(far)
		}()
		buffer := make([]byte, 64)
		for range 3 { // the answer, line by line
			if _, err := tap.Read(buffer); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-tap.ended:
			t.Errorf("%s: it is over before it", name)
		default:
		}
		go io.Copy(io.Discard, tap) //nolint:errcheck // its end is what is looked for
		select {
		case <-tap.ended:
		case <-time.After(time.Minute):
			t.Errorf("%s: not noticed", name)
		}
		near.Close()
		far.Close()
	}
}

// Whatever comes, the tap changes nothing of what it lets through.
func FuzzTap(f *testing.F) {
	f.Add([]byte(upgradeAnswer))
	f.Add(append([]byte(upgradeAnswer), frame(frameFinalBinary, []byte("not zlib"))...))
	f.Add(append([]byte(upgradeAnswer), frame(frameClose, nil)...))
	f.Add(append([]byte(upgradeAnswer), 0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))
	f.Fuzz(func(t *testing.T, stream []byte) {
		_, out, _ := through(stream, true)
		if !bytes.HasPrefix(stream, out) {
			t.Errorf("%q became %q", stream, out)
		}
	})
}
