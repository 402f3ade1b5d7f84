package discordtest

import (
	"bytes"
	"compress/zlib"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// Gateway operations.
const (
	opHeartbeat = 1
	opIdentify  = 2
	opPresence  = 3
	opVoice     = 4
	opResume    = 6
	opMembers   = 8
)

// link is one gateway connection. Its handler reads; a goroutine of its own
// writes what the queue holds, in order.
type link struct {
	ws      *websocket.Conn
	session *session // nil before login
	queue   [][]byte
	closing []byte // a close frame to be sent after the queue
	wake    chan struct{}
	gone    chan struct{} // closed when the reader is done
	flushed chan struct{} // closed when the writer is done
	sends   window
	ended   bool // the server closed it: the client's close code says nothing
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

// push queues a frame; s.mu is held.
func (l *link) push(frame []byte) {
	if l.closing != nil {
		return
	}
	l.queue = append(l.queue, frame)
	l.signal()
}

func (l *link) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// closeWith ends the connection with a close code once the queue is sent; s.mu
// is held.
func (l *link) closeWith(code int, text string) {
	if l.closing == nil {
		l.closing, l.ended = websocket.FormatCloseMessage(code, text), true
		l.signal()
	}
}

func (s *Server) serveGateway(w http.ResponseWriter, r *http.Request) {
	if v := r.URL.Query().Get("v"); v != "9" && v != "10" && v != "" {
		s.report("gateway opened with version " + v)
	}
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		s.report("gateway opened without a WebSocket handshake")
		return
	}
	l := &link{ws: ws, wake: make(chan struct{}, 1), gone: make(chan struct{}), flushed: make(chan struct{})}
	ws.SetCloseHandler(func(int, string) error { return nil })
	s.mu.Lock()
	s.stats.Connections++
	s.links[l] = struct{}{}
	if !s.faults.NoHello {
		l.push(fmt.Appendf(nil, `{"op":10,"s":null,"t":null,"d":{"heartbeat_interval":%d,"_trace":[]}}`, s.opts.Heartbeat.Milliseconds()))
	}
	s.mu.Unlock()
	s.work.Go(func() { s.writeLink(l) })
	code := s.readLink(l)
	s.unlink(l, code)
	close(l.gone)
	ws.Close()
}

// unlink forgets a connection. A session outlives it unless the client ended it
// with 1000 or 1001.
func (s *Server) unlink(l *link, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.links, l)
	ses := l.session
	if ses == nil || ses.link != l {
		return
	}
	ses.link, ses.lostAt = nil, time.Now()
	if !l.ended && (code == websocket.CloseNormalClosure || code == websocket.CloseGoingAway) {
		delete(s.sessions, ses.id)
	}
	s.touch(Change{Kind: "gateway"})
}

// readLink handles what the client sends and returns its close code, 0 for
// none.
func (s *Server) readLink(l *link) int {
	l.ws.SetReadLimit(16 << 10)
	for {
		// Discord gives up on a client that misses its heartbeats.
		l.ws.SetReadDeadline(time.Now().Add(2 * s.opts.Heartbeat)) //nolint:errcheck
		_, data, err := l.ws.ReadMessage()
		if err != nil {
			if closed, isClose := errors.AsType[*websocket.CloseError](err); isClose {
				return closed.Code
			}
			if timeout, isNet := errors.AsType[net.Error](err); isNet && timeout.Timeout() {
				s.mu.Lock()
				l.closeWith(4009, "Session timed out.")
				s.mu.Unlock()
				s.settleClose(l)
			}
			return 0
		}
		s.receive(l, data)
	}
}

// settleClose gives the writer a moment to send the close frame.
func (s *Server) settleClose(l *link) {
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	select {
	case <-l.flushed:
	case <-timer.C:
	case <-s.done:
	}
}

// writeLink sends the queue until the reader is done.
func (s *Server) writeLink(l *link) {
	defer close(l.flushed)
	for {
		s.mu.Lock()
		queue, closing := l.queue, l.closing
		l.queue = nil
		compress := l.session != nil && l.session.compress
		s.mu.Unlock()
		for _, frame := range queue {
			packed, err := writeFrame(l.ws, frame, compress)
			if err != nil {
				l.ws.Close()
				return
			}
			if packed {
				s.mu.Lock()
				s.stats.Compressed++
				s.mu.Unlock()
			}
		}
		if closing != nil {
			l.ws.WriteControl(websocket.CloseMessage, closing, time.Now().Add(time.Second)) //nolint:errcheck
			// The client has a moment to answer the close.
			l.ws.SetReadDeadline(time.Now().Add(2 * time.Second)) //nolint:errcheck
			return
		}
		select {
		case <-l.wake:
		case <-l.gone:
			return
		case <-s.done:
			l.ws.Close()
			return
		}
	}
}

// garbled marks a frame that is to arrive as bytes that cannot be unpacked.
const garbled = 0xff

// writeFrame compresses larger packets when the client asked for that.
func writeFrame(ws *websocket.Conn, frame []byte, compress bool) (packed bool, err error) {
	if len(frame) > 0 && frame[0] == garbled {
		return false, ws.WriteMessage(websocket.BinaryMessage, []byte("not zlib"))
	}
	if !compress || len(frame) < 1024 {
		return false, ws.WriteMessage(websocket.TextMessage, frame)
	}
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	z.Write(frame) //nolint:errcheck // a buffer takes everything
	z.Close()
	return true, ws.WriteMessage(websocket.BinaryMessage, out.Bytes())
}

type packet struct {
	Op *int            `json:"op"`
	D  json.RawMessage `json:"d"`
}

// receive handles one packet of the client.
func (s *Server) receive(l *link, data []byte) {
	var p packet
	s.mu.Lock()
	problem := func() string {
		if len(data) > 4096 {
			l.closeWith(4002, "Decode error.")
			return fmt.Sprintf("gateway payload of %d bytes", len(data))
		}
		if err := json.Unmarshal(data, &p); err != nil || p.Op == nil {
			l.closeWith(4002, "Decode error.")
			return "gateway payload is no packet: " + string(data)
		}
		if limit := s.limits.GatewaySend; !s.limits.Off && limit.N > 0 {
			if _, _, allowed := l.sends.take(limit, time.Now()); !allowed {
				l.closeWith(4008, "Rate limited.")
				return "more than the permitted gateway payloads"
			}
		}
		return s.handle(l, *p.Op, p.D)
	}()
	s.mu.Unlock()
	if problem != "" {
		s.report(problem)
	}
}

// handle acts on a packet; the answer is a problem or empty.
func (s *Server) handle(l *link, op int, data json.RawMessage) string {
	switch op {
	case opHeartbeat:
		s.stats.Heartbeats++
		s.touch(Change{})
		if !s.faults.NoAck {
			l.push([]byte(`{"op":11,"s":null,"t":null,"d":null}`))
		}
		return ""
	case opIdentify:
		return s.identify(l, data)
	case opResume:
		return s.resume(l, data)
	}
	if l.session == nil {
		l.closeWith(4003, "Not authenticated.")
		return fmt.Sprintf("gateway op %d before login", op)
	}
	switch op {
	case opPresence, opVoice:
		return ""
	case opMembers:
		return s.sendMembers(l, data)
	default:
		l.closeWith(4001, "Unknown opcode.")
		return fmt.Sprintf("gateway op %d is unknown", op)
	}
}

type identifyData struct {
	Token    string `json:"token"`
	Intents  Intent `json:"intents"`
	Compress bool   `json:"compress"`
}

func bareToken(token string) string {
	if len(token) > 4 && token[:4] == "Bot " {
		return token[4:]
	}
	return token
}

func (s *Server) identify(l *link, data json.RawMessage) string {
	var d identifyData
	if err := json.Unmarshal(data, &d); err != nil {
		l.closeWith(4002, "Decode error.")
		return "identify: " + err.Error()
	}
	s.stats.Identifies++
	switch {
	case l.session != nil:
		l.closeWith(4005, "Already authenticated.")
		return "second identify on one connection"
	case bareToken(d.Token) != s.token:
		l.closeWith(4004, "Authentication failed.")
		return ""
	case s.faults.LoginClose != 0:
		l.closeWith(s.faults.LoginClose, "Closed by a fault.")
		return ""
	case d.Intents&s.denied&privilegedIntents != 0:
		l.closeWith(4014, "Disallowed intent(s).")
		return ""
	case s.faults.ReconnectFirst:
		l.push([]byte(`{"op":7,"s":null,"t":null,"d":null}`))
		return ""
	}
	s.expire()
	ses := &session{id: fmt.Sprintf("%016x%016x", s.random.Uint64(), s.random.Uint64()), intents: d.Intents, compress: d.Compress, link: l}
	s.sessions[ses.id], l.session = ses, ses
	s.ready(ses)
	s.touch(Change{Kind: "gateway"})
	return ""
}

type resumeData struct {
	Token     string `json:"token"`
	SessionID string `json:"session_id"`
	Seq       int64  `json:"seq"`
}

func (s *Server) resume(l *link, data json.RawMessage) string {
	var d resumeData
	if err := json.Unmarshal(data, &d); err != nil {
		l.closeWith(4002, "Decode error.")
		return "resume: " + err.Error()
	}
	s.stats.Resumes++
	s.expire()
	ses := s.sessions[d.SessionID]
	switch {
	case bareToken(d.Token) != s.token:
		l.closeWith(4004, "Authentication failed.")
		return ""
	case s.faults.ResumeClose != 0:
		l.closeWith(s.faults.ResumeClose, "Closed by a fault.")
		return ""
	case s.faults.ReconnectFirst:
		l.push([]byte(`{"op":7,"s":null,"t":null,"d":null}`))
		return ""
	case s.faults.ResumeRefused:
		l.push(fmt.Appendf(nil, `{"op":9,"s":null,"t":null,"d":%t}`, s.faults.ResumeAgain))
		return ""
	case ses == nil || len(ses.sent) > 0 && d.Seq+1 < ses.sent[0].seq:
		delete(s.sessions, d.SessionID)
		l.push([]byte(`{"op":9,"s":null,"t":null,"d":false}`))
		return ""
	case d.Seq > ses.seq:
		l.closeWith(4007, "Invalid seq.")
		return ""
	}
	if old := ses.link; old != nil && old != l {
		old.closeWith(4000, "Session resumed elsewhere.")
	}
	ses.link, l.session = l, ses
	for _, e := range ses.sent {
		if e.seq > d.Seq {
			l.push(e.frame)
		}
	}
	s.deliverTo(ses, "RESUMED", obj{"_trace": []any{}})
	s.touch(Change{Kind: "gateway"})
	return ""
}

// sendMembers answers op 8 with one chunk.
func (s *Server) sendMembers(l *link, data json.RawMessage) string {
	var d struct {
		Query   *string  `json:"query"`
		UserIDs []string `json:"user_ids"`
		Limit   int      `json:"limit"`
		Nonce   string   `json:"nonce"`
	}
	if err := json.Unmarshal(data, &d); err != nil {
		l.closeWith(4002, "Decode error.")
		return "request members: " + err.Error()
	}
	var found []*member
	if len(d.UserIDs) > 0 {
		for _, id := range d.UserIDs {
			if m := s.member(id); m != nil {
				found = append(found, m)
			}
		}
	} else if l.session.intents&IntentGuildMembers != 0 {
		found = s.members
	}
	s.deliverTo(l.session, "GUILD_MEMBERS_CHUNK", obj{"guild_id": s.guildID, "members": list(found, (*member).render),
		"chunk_index": 0, "chunk_count": 1, "nonce": orNull(d.Nonce)})
	return ""
}

// Reconnect asks every connected client to reconnect and resume (op 7).
func (s *Server) Reconnect() { s.broadcast([]byte(`{"op":7,"s":null,"t":null,"d":null}`)) }

// InvalidateSessions tells every connected client that its session is over (op
// 9); resumable says whether it may be resumed all the same.
func (s *Server) InvalidateSessions(resumable bool) {
	s.broadcast(fmt.Appendf(nil, `{"op":9,"s":null,"t":null,"d":%t}`, resumable))
	if !resumable {
		s.mu.Lock()
		defer s.mu.Unlock()
		clear(s.sessions)
	}
}

func (s *Server) broadcast(frame []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.links {
		if l.session != nil {
			l.push(frame)
		}
	}
}

// CutGateway drops every gateway connection without a word; sessions stay
// resumable.
func (s *Server) CutGateway() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.links {
		l.ended = true
		l.ws.NetConn().Close()
	}
}

// CloseGateway closes every gateway connection with a code; sessions stay
// resumable, except after 4004 and 4014.
func (s *Server) CloseGateway(code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.links {
		if l.session != nil && (code == 4004 || code == 4014) {
			delete(s.sessions, l.session.id)
		}
		l.closeWith(code, "")
	}
}

// DispatchRaw sends an event of any shape to all sessions, to test a client
// against what this Discord does not make itself.
func (s *Server) DispatchRaw(name string, data json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ses := range s.sessions {
		s.deliver(ses, name, data)
	}
}
