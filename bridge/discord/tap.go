package discord

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// What a gateway may say first that deadlocks the library for ever: its Open
// handles the packet while holding the lock that handling it takes.
var (
	errReconnectFirst = errors.New("the gateway asks to reconnect at once")
	errInvalidFirst   = errors.New("the gateway does not know the session")
)

// A tap listens in on a gateway connection. The library keeps to itself the
// heartbeat interval and the close code, and does not survive being told to
// reconnect first thing: then the tap ends the stream before that packet.
type tap struct {
	net.Conn
	r         *bufio.Reader
	foresight bool
	ended     chan struct{} // closed when the other end said goodbye, or is gone

	// of the reading goroutine alone
	upgraded bool // the HTTP answer is over
	pending  []byte
	rest     uint64 // payload of a large frame still to come
	stop     error
	bye      bool // ended is closed

	mu        sync.Mutex
	interval  time.Duration
	code      int
	hello     bool
	begun     bool // a packet after hello was let through
	forgotten bool // the gateway ended the session
	lastRead  time.Time
	lastWrite time.Time
}

func newTap(conn net.Conn, foresight bool) *tap {
	return &tap{Conn: conn, r: bufio.NewReader(conn), foresight: foresight, ended: make(chan struct{})}
}

// Read is called by one goroutine at a time.
func (t *tap) Read(p []byte) (int, error) {
	for len(t.pending) == 0 && t.rest == 0 {
		if t.stop != nil {
			t.end()
			return 0, t.stop
		}
		if err := t.fill(); err != nil {
			t.end()
			return 0, err
		}
	}
	if len(t.pending) > 0 {
		n := copy(p, t.pending)
		t.pending = t.pending[n:]
		return n, nil
	}
	n, err := t.r.Read(p[:min(uint64(len(p)), t.rest)])
	t.rest -= uint64(n)
	t.mark(&t.lastRead)
	if err != nil {
		t.end()
	}
	return n, err
}

func (t *tap) end() {
	if !t.bye {
		t.bye = true
		close(t.ended)
	}
}

func (t *tap) Write(p []byte) (int, error) {
	t.mark(&t.lastWrite)
	return t.Conn.Write(p)
}

func (t *tap) mark(at *time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*at = time.Now()
}

// smallFrame bounds the frames that are looked into: hello, close, reconnect
// and invalid session are all far below.
const smallFrame = 4096

// fill reads a line of the HTTP answer, or a frame.
func (t *tap) fill() error {
	if !t.upgraded {
		line, err := t.r.ReadBytes('\n')
		t.pending = line
		t.upgraded = len(bytes.TrimSpace(line)) == 0
		return err
	}
	head := make([]byte, 2, 14)
	if _, err := io.ReadFull(t.r, head); err != nil {
		return err
	}
	extra := map[byte]int{126: 2, 127: 8}[head[1]&0x7f]
	if head[1]&0x80 != 0 {
		extra += 4
	}
	head = head[:2+extra]
	if _, err := io.ReadFull(t.r, head[2:]); err != nil {
		return err
	}
	size := uint64(head[1] & 0x7f)
	switch size {
	case 126:
		size = uint64(binary.BigEndian.Uint16(head[2:]))
	case 127:
		size = binary.BigEndian.Uint64(head[2:])
	}
	t.mark(&t.lastRead)
	t.pending = head
	if size > smallFrame {
		t.rest = size
		t.note(0, nil)
		return nil
	}
	payload := make([]byte, size)
	if _, err := io.ReadFull(t.r, payload); err != nil {
		return err
	}
	if head[0] == frameClose {
		t.end() // the library reads no further
	}
	if t.stop = t.note(head[0], payload); t.stop != nil {
		t.pending = nil
		return nil
	}
	t.pending = append(head, payload...)
	return nil
}

const (
	frameFinalText   = 0x81
	frameFinalBinary = 0x82
	frameClose       = 0x88
)

// mostInvalidation bounds the packets looked into once a session goes: the word that
// it is over is far shorter.
const mostInvalidation = 256

// note draws from a frame what we need; an error means that the library must
// not see it. Fragmented and large frames have no payload here.
func (t *tap) note(kind byte, payload []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun && len(payload) > mostInvalidation {
		return nil
	}
	switch kind {
	case frameClose:
		if len(payload) >= 2 {
			t.code = int(binary.BigEndian.Uint16(payload))
		}
		return nil
	case frameFinalBinary:
		if z, err := zlib.NewReader(bytes.NewReader(payload)); err == nil {
			payload, _ = io.ReadAll(io.LimitReader(z, 4*smallFrame))
		}
	case frameFinalText, 0:
	default:
		return nil // ping, pong
	}
	var packet struct {
		Op   int             `json:"op"`
		Data json.RawMessage `json:"d"`
	}
	_ = json.Unmarshal(payload, &packet)
	if !t.hello {
		var hello struct {
			Interval int64 `json:"heartbeat_interval"`
		}
		_ = json.Unmarshal(packet.Data, &hello)
		t.hello, t.interval = true, time.Duration(hello.Interval)*time.Millisecond
		return nil
	}
	if packet.Op == 9 && string(packet.Data) == "false" {
		t.forgotten = true // and the library would begin another by itself
	}
	if t.begun {
		return nil
	}
	if t.foresight && packet.Op == 7 {
		return errReconnectFirst
	}
	if t.foresight && packet.Op == 9 {
		return errInvalidFirst
	}
	t.begun = true
	return nil
}

// heartbeat is the interval announced, 0 before it was.
func (t *tap) heartbeat() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.interval
}

// closeCode is the code the gateway closed with, 0 for none.
func (t *tap) closeCode() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.code
}

// over reports that the gateway ended the session: it can only be begun anew.
func (t *tap) over() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.forgotten
}

func (t *tap) greeted() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.hello
}

// stuck reports that the gateway spoke last, and so long ago that the library
// cannot be working on it.
func (t *tap) stuck(patience time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lastRead.After(t.lastWrite) && time.Since(t.lastRead) > patience
}
