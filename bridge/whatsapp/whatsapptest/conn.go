package whatsapptest

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
	waBinary "go.mau.fi/whatsmeow/binary"
	"go.mau.fi/whatsmeow/proto/waWa6"
	"go.mau.fi/whatsmeow/socket"
	"go.mau.fi/whatsmeow/store"
	"go.mau.fi/whatsmeow/util/keys"
	"google.golang.org/protobuf/proto"
)

const webHost = "web.whatsapp.com"

// routes answers for every host of WhatsApp; the name asked for is in Host.
func (n *Network) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ws/chat", n.serveChat)
	mux.HandleFunc("GET /{$}", n.servePage)
	mux.HandleFunc("POST /mms/{kind}/{token}", n.takeUpload)
	mux.HandleFunc("GET "+mediaRoot+"{file}", n.serveMedia)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		n.mu.Lock()
		n.problem("unexpected request %s %s%s", r.Method, r.Host, r.URL.Path)
		n.mu.Unlock()
		http.NotFound(w, r)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !n.enter() {
			http.Error(w, "closed", http.StatusServiceUnavailable)
			return
		}
		defer n.running.Done()
		n.mu.Lock()
		outage, refuse := n.faults.set.Outage, n.faults.set.RefuseHTTP
		foreign := r.Host != webHost && !strings.HasSuffix(r.Host, ".whatsapp.net")
		if foreign && !outage {
			n.problem("request for foreign host %q", r.Host)
		}
		n.mu.Unlock()
		switch {
		case outage:
			// Like an unplugged network: no answer at all.
			if raw, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = raw.Close()
			}
		case refuse != 0:
			http.Error(w, http.StatusText(refuse), refuse)
		case foreign:
			http.Error(w, "unknown host", http.StatusMisdirectedRequest)
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

func (n *Network) enter() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return false
	}
	n.running.Add(1)
	return true
}

// servePage answers the library's look-up of the current web version with the
// version it was built with.
func (n *Network) servePage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = fmt.Fprintf(w, `<!doctype html><title>WhatsApp</title><script>{"client_revision":%d,"x":0}</script>`, store.GetWAVersion()[2])
}

// conn is one WebSocket of a client, from the handshake to its end.
type conn struct {
	net     *Network
	ws      *websocket.Conn
	ctx     context.Context
	cancel  context.CancelFunc
	reading cipher.AEAD
	writing cipher.AEAD
	wake    chan struct{}

	// Guarded by the network's mutex.
	queues    [queueCount][]outgoing
	order     uint64
	ending    bool
	active    bool
	companion *companion
	pairing   *pairing
}

// queue separates what may be delayed on its own; each keeps its order.
type queue int

const (
	answers queue = iota
	acks
	pushes
	queueCount
)

type outgoing struct {
	order uint64
	due   time.Time
	data  []byte
	last  bool
}

func (n *Network) serveChat(w http.ResponseWriter, r *http.Request) {
	if origin := r.Header.Get("Origin"); origin != socket.Origin {
		n.mu.Lock()
		n.problem("websocket with origin %q", origin)
		n.mu.Unlock()
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
	if err != nil {
		return
	}
	ws.SetReadLimit(socket.FrameMaxSize + 16)
	c := &conn{net: n, ws: ws, wake: make(chan struct{}, 1)}
	c.ctx, c.cancel = context.WithCancel(n.stopped)
	defer c.cancel()
	n.mu.Lock()
	n.conns[c] = struct{}{}
	n.mu.Unlock()
	defer c.leave()
	if err := c.run(); !c.over(err) {
		n.mu.Lock()
		n.problem("connection: %v", err)
		n.mu.Unlock()
	}
}

// over tells a connection that ended from one that misbehaved.
func (c *conn) over(err error) bool {
	return errors.Is(err, errEnded) || c.ctx.Err() != nil
}

var errEnded = errors.New("connection ended")

// run speaks with the client until the connection is over, and says why.
func (c *conn) run() error {
	var in frames
	var waiting [][]byte
	header := false
	next := func() ([]byte, error) {
		for len(waiting) == 0 {
			kind, data, err := c.ws.Read(c.ctx)
			if err != nil {
				return nil, fmt.Errorf("%w: %w", errEnded, err)
			}
			if kind != websocket.MessageBinary {
				return nil, errors.New("text message on the wire")
			}
			if !header {
				if len(data) < len(socket.WAConnHeader) || !slices.Equal(data[:len(socket.WAConnHeader)], socket.WAConnHeader) {
					return nil, errors.New("wrong connection header")
				}
				data, header = data[len(socket.WAConnHeader):], true
			}
			waiting = in.push(data)
		}
		data := waiting[0]
		waiting = waiting[1:]
		return data, nil
	}
	payload, noise, err := c.handshake(next)
	if err != nil {
		return err
	}
	c.net.running.Go(c.pump)
	c.net.admit(c, payload, noise)
	for counter := uint32(0); ; counter++ {
		sealed, err := next()
		if err != nil {
			return err
		}
		plaintext, err := c.reading.Open(nil, nonce(counter), sealed, nil)
		if err != nil {
			return fmt.Errorf("open frame %d: %w", counter, err)
		}
		node, err := decodeNode(plaintext)
		if err != nil {
			return err
		}
		c.net.receive(c, node)
	}
}

func (c *conn) handshake(next func() ([]byte, error)) (*waWa6.ClientPayload, [32]byte, error) {
	var none [32]byte
	hello, err := readHandshake(next)
	if err != nil {
		return nil, none, err
	}
	theirs := hello.GetClientHello().GetEphemeral()
	if len(theirs) != 32 {
		return nil, none, errShortHandshake
	}
	state, err := newNoiseState(socket.WAConnHeader)
	if err != nil {
		return nil, none, err
	}
	ephemeral := keys.NewKeyPair()
	state.mixHash(theirs)
	state.mixHash(ephemeral.Pub[:])
	if err := state.mixKey(ephemeral.Priv, theirs); err != nil {
		return nil, none, err
	}
	static := state.seal(c.net.identity.static.Pub[:])
	if err := state.mixKey(c.net.identity.static.Priv, theirs); err != nil {
		return nil, none, err
	}
	answer, err := proto.Marshal(&waWa6.HandshakeMessage{ServerHello: &waWa6.HandshakeMessage_ServerHello{
		Ephemeral: ephemeral.Pub[:], Static: static, Payload: state.seal(c.net.identity.chain),
	}})
	if err != nil {
		return nil, none, fmt.Errorf("marshal server hello: %w", err)
	}
	if err := c.ws.Write(c.ctx, websocket.MessageBinary, frame(answer)); err != nil {
		return nil, none, fmt.Errorf("%w: %w", errEnded, err)
	}
	finish, err := readHandshake(next)
	if err != nil {
		return nil, none, err
	}
	noise, err := state.open(finish.GetClientFinish().GetStatic())
	if err != nil {
		return nil, none, err
	}
	if len(noise) != 32 {
		return nil, none, errShortHandshake
	}
	if err := state.mixKey(ephemeral.Priv, noise); err != nil {
		return nil, none, err
	}
	plaintext, err := state.open(finish.GetClientFinish().GetPayload())
	if err != nil {
		return nil, none, err
	}
	var payload waWa6.ClientPayload
	if err := proto.Unmarshal(plaintext, &payload); err != nil {
		return nil, none, fmt.Errorf("read client payload: %w", err)
	}
	c.reading, c.writing, err = state.split()
	return &payload, [32]byte(noise), err
}

func readHandshake(next func() ([]byte, error)) (*waWa6.HandshakeMessage, error) {
	data, err := next()
	if err != nil {
		return nil, err
	}
	var message waWa6.HandshakeMessage
	if err := proto.Unmarshal(data, &message); err != nil {
		return nil, fmt.Errorf("read handshake: %w", err)
	}
	return &message, nil
}

// send queues a stanza for the client. Callers hold the network's mutex.
func (c *conn) send(q queue, node waBinary.Node) { c.queue(q, node, false) }

// finish queues the last stanza of the connection. Callers hold the network's
// mutex.
func (c *conn) finish(node waBinary.Node) {
	c.queue(answers, node, true)
	c.ending = true
}

func (c *conn) queue(q queue, node waBinary.Node, last bool) {
	if c.ending {
		return
	}
	if trace := c.net.options.Trace; trace != nil {
		trace("S->C " + node.String())
	}
	data, err := encodeNode(node)
	if err != nil {
		c.net.problem("own stanza <%s>: %v", node.Tag, err)
		return
	}
	due := time.Now().Add(c.net.faults.delay(q))
	if waiting := c.queues[q]; len(waiting) > 0 && waiting[len(waiting)-1].due.After(due) {
		due = waiting[len(waiting)-1].due
	}
	c.order++
	c.queues[q] = append(c.queues[q], outgoing{order: c.order, due: due, data: data, last: last})
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// due takes the next stanza that may go out, or tells when to look again; no
// time means that nothing waits.
func (c *conn) due() (item outgoing, ok bool, again time.Time) {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	best := -1
	for q, waiting := range c.queues {
		if len(waiting) == 0 {
			continue
		}
		if best < 0 || waiting[0].due.Before(c.queues[best][0].due) ||
			waiting[0].due.Equal(c.queues[best][0].due) && waiting[0].order < c.queues[best][0].order {
			best = q
		}
	}
	if best < 0 {
		return outgoing{}, false, time.Time{}
	}
	item = c.queues[best][0]
	if item.due.After(time.Now()) {
		return outgoing{}, false, item.due
	}
	c.queues[best] = c.queues[best][1:]
	return item, true, time.Time{}
}

// pump writes what is queued until the connection ends. One stanza is one
// WebSocket message: the library cannot put split frames together.
func (c *conn) pump() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for counter := uint32(0); ; {
		item, ok, again := c.due()
		if !ok {
			var tick <-chan time.Time
			if !again.IsZero() {
				timer.Reset(time.Until(again))
				tick = timer.C
			}
			select {
			case <-c.wake:
			case <-tick:
			case <-c.ctx.Done():
				return
			}
			continue
		}
		sealed := c.writing.Seal(nil, nonce(counter), item.data, nil)
		counter++
		if c.ws.Write(c.ctx, websocket.MessageBinary, frame(sealed)) != nil {
			c.cancel()
			return
		}
		if item.last {
			c.part(timer)
			return
		}
	}
}

// patience is how long the socket stays open after the last stanza. The
// library forgets stanzas it has not handled when the socket closes, so one
// that closed at once would race with its own message. Clients that leave by
// themselves, as after a link, are not waited for any longer.
const (
	patience     = time.Second
	linkPatience = 10 * time.Second
)

// part closes the connection after its last stanza.
func (c *conn) part(timer *time.Timer) {
	c.net.mu.Lock()
	wait := patience
	if c.pairing != nil {
		wait = linkPatience
	}
	c.net.mu.Unlock()
	timer.Reset(wait)
	select {
	case <-timer.C:
	case <-c.ctx.Done():
		return
	}
	_ = c.ws.Close(websocket.StatusNormalClosure, "")
	c.cancel()
}

// abort cuts the connection without a word. Callers hold the network's mutex.
func (c *conn) abort() {
	c.ending = true
	c.cancel()
}

func (c *conn) leave() {
	c.cancel()
	_ = c.ws.CloseNow()
	n := c.net
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.conns, c)
	if c.companion != nil && c.companion.conn == c {
		c.companion.conn = nil
	}
	if c.pairing != nil {
		c.pairing.fail(errEnded)
	}
	n.touch()
}
