package discordtest

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Server is one Discord with one guild and one bot. Make it with New or Start.
type Server struct {
	opts     Options
	now      func() time.Time
	address  string
	listener *cuttable
	http     *http.Server
	spec     *specification // nil when absent or switched off
	done     chan struct{}  // closed when the server closes
	served   chan struct{}  // closed when the listener is out of use
	work     sync.WaitGroup // connections, handlers, gateway writers
	closing  sync.Once

	mu           sync.Mutex // guards everything below
	stopped      bool
	ids          snowflakes
	random       *rand.Rand
	token        string
	denied       Intent
	limits       Limits
	faults       Faults
	failures     []Failure
	fileFailures []FileFailure
	buckets      map[string]*window
	global       window
	stats        Stats
	inFlight     int // REST requests being served
	problems     []string
	expected     []string
	changed      chan struct{} // closed and replaced at every change
	watchers     map[*watcher]struct{}

	guildID, guildName string
	owner              *user
	bot                *member
	botRole            *role
	appID              string
	roles              []*role
	members            []*member
	channels           map[string]*channel
	channelOrder       []string
	messages           map[string]*message
	attachments        map[string]*attachment
	commands           []obj
	nonces             map[string]nonceUse
	creates            map[string]int
	typing             map[string]int

	garble       int  // events still to arrive as rubbish
	away         bool // the guild is unavailable
	sessions     map[string]*session
	links        map[*link]struct{}
	interactions map[string]*interaction // by id
	tokens       map[string]*interaction // by token
	modals       map[string]*interaction // by user id and custom_id, shown and not sent yet
}

// New starts a Discord that runs until Close.
func New(opts Options) (*Server, error) {
	spec, err := opts.loadSpecification()
	if err != nil {
		return nil, err
	}
	ln := opts.Listener
	if ln == nil {
		if ln, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, fmt.Errorf("listen on loopback: %w", err)
		}
	}
	opts.Token = cmp.Or(opts.Token, DefaultToken)
	opts.Guild = cmp.Or(opts.Guild, "Halo")
	opts.BotName = cmp.Or(opts.BotName, "halo")
	opts.BotPermissions = cmp.Or(opts.BotPermissions, DeskPermissions)
	opts.Heartbeat = cmp.Or(opts.Heartbeat, 41250*time.Millisecond)
	opts.ReplayWindow = cmp.Or(opts.ReplayWindow, 3*time.Minute)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	limits := DefaultLimits()
	if opts.Limits != nil {
		limits = *opts.Limits
	}
	s := &Server{
		opts: opts, now: opts.Now, address: ln.Addr().String(),
		listener: &cuttable{Listener: ln, conns: map[net.Conn]struct{}{}},
		spec:     spec, done: make(chan struct{}), served: make(chan struct{}), changed: make(chan struct{}),
		ids:    snowflakes{now: opts.Now, worker: int64(opts.Seed & 0x3ff)},
		random: rand.New(rand.NewPCG(opts.Seed, 0x68616c6f)),
		token:  opts.Token, denied: opts.DeniedIntents, limits: limits,
		buckets: map[string]*window{}, watchers: map[*watcher]struct{}{},
		channels: map[string]*channel{}, messages: map[string]*message{}, attachments: map[string]*attachment{},
		nonces: map[string]nonceUse{}, creates: map[string]int{}, typing: map[string]int{},
		sessions: map[string]*session{}, links: map[*link]struct{}{},
		interactions: map[string]*interaction{}, tokens: map[string]*interaction{}, modals: map[string]*interaction{},
	}
	s.stats = Stats{Requests: map[string]int{}, Errors: map[int]int{}}
	s.foundGuild()
	s.http = &http.Server{Handler: s.handler(), ConnState: s.trackConn}
	go func() {
		defer close(s.served)
		s.http.Serve(s.listener) //nolint:errcheck // always ErrServerClosed
	}()
	return s, nil
}

// Addr is host:port of the server.
func (s *Server) Addr() string { return s.address }

// URL is http://host:port of the server.
func (s *Server) URL() string { return "http://" + s.address }

// gatewayURL is what GET /gateway answers.
func (s *Server) gatewayURL() string { return "ws://" + s.address + "/gateway-ws" }

// Close cuts every connection and returns when nothing of the server runs any
// more. Calling it again does nothing.
func (s *Server) Close() error {
	s.closing.Do(func() {
		s.mu.Lock()
		s.stopped = true
		for w := range s.watchers {
			close(w.changes)
		}
		clear(s.watchers)
		s.mu.Unlock()
		close(s.done)
		s.http.Close()
		s.listener.cut()
		<-s.served
		s.work.Wait()
	})
	return nil
}

func (s *Server) trackConn(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		s.work.Add(1)
	case http.StateClosed, http.StateHijacked:
		s.work.Done()
	}
}

// handler routes by path; the host does not matter, because a product keeps the
// original name in Host.
func (s *Server) handler() http.Handler {
	api := s.apiMux()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A hijacked connection is no longer counted by its state.
		s.work.Add(1)
		defer s.work.Done()
		switch {
		case s.Faults().Outage:
			panic(http.ErrAbortHandler)
		case r.URL.Path == "/gateway-ws" || r.URL.Path == "/gateway-ws/":
			s.serveGateway(w, r)
		case strings.HasPrefix(r.URL.Path, "/attachments/"):
			s.serveFile(w, r)
		default:
			if path, known := apiPath(r.URL.EscapedPath()); known {
				r2 := r.Clone(r.Context())
				r2.URL.Path, r2.URL.RawPath = unescaped(path), path
				api.ServeHTTP(w, r2)
				return
			}
			s.unexpected(w, r)
		}
	})
}

// id makes a new snowflake.
func (s *Server) id() string { return s.ids.next() }

// touch tells waiting people that something changed, and live pages what, unless
// it has no kind.
func (s *Server) touch(c Change) {
	close(s.changed)
	s.changed = make(chan struct{})
	if c.Kind == "" {
		return
	}
	for w := range s.watchers {
		select {
		case w.changes <- c:
		default: // a reader that far behind looks anew anyway
		}
	}
}

// report records a problem and tells whoever listens; no locks may be held.
func (s *Server) report(problem string) {
	s.mu.Lock()
	for i, want := range s.expected {
		if strings.Contains(problem, want) {
			s.expected = append(s.expected[:i], s.expected[i+1:]...)
			s.mu.Unlock()
			return
		}
	}
	s.problems = append(s.problems, problem)
	stopped := s.stopped
	s.mu.Unlock()
	if s.opts.Problem != nil && !stopped {
		s.opts.Problem(problem)
	}
}

// Problems are all malformed or unexpected requests so far.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.problems...)
}

// ExpectProblem announces one problem whose text contains part; it is then
// neither kept nor reported.
func (s *Server) ExpectProblem(part string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expected = append(s.expected, part)
}

// cuttable is a listener whose connections can all be cut.
type cuttable struct {
	net.Listener
	mu     sync.Mutex
	refuse bool
	conns  map[net.Conn]struct{}
}

// Accept closes newcomers at once while connections are refused.
func (l *cuttable) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		refuse := l.refuse
		if !refuse {
			conn = &cutConn{Conn: conn, owner: l}
			l.conns[conn] = struct{}{}
		}
		l.mu.Unlock()
		if !refuse {
			return conn, nil
		}
		conn.Close()
	}
}

func (l *cuttable) setRefuse(refuse bool) {
	l.mu.Lock()
	l.refuse = refuse
	l.mu.Unlock()
	if refuse {
		l.cut()
	}
}

// cut closes every open connection.
func (l *cuttable) cut() {
	l.mu.Lock()
	conns := make([]net.Conn, 0, len(l.conns))
	for c := range l.conns {
		conns = append(conns, c)
	}
	l.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
}

type cutConn struct {
	net.Conn
	owner *cuttable
}

// Close forgets the connection and closes it.
func (c *cutConn) Close() error {
	c.owner.mu.Lock()
	delete(c.owner.conns, c)
	c.owner.mu.Unlock()
	return c.Conn.Close()
}
