// Package whatsapptest is a WhatsApp network on this machine, spoken at the
// wire: WebSocket, Noise, binary XML and Signal. An unmodified client library
// links to it, logs in and exchanges end-to-end encrypted messages with
// simulated phones; only the address it dials and the certificate root it
// trusts differ.
//
// The network keeps the truth: what every phone shows, and how often each
// message reached it. It is strict: a request it does not know and a stanza it
// cannot read are problems, and fail the test that started it. Faults are
// switched while it runs.
//
// Everything is safe for concurrent use. Nothing assumes that the client runs
// in this process. With an in-memory listener the network also works inside a
// testing/synctest bubble; it sleeps only for delays that were asked for.
package whatsapptest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"go.mau.fi/whatsmeow/types"
)

// Options describe a network. The zero value is usable.
type Options struct {
	// Root signs the server's certificates; SharedRoot when nil.
	Root *Root
	// Listener accepts the clients; 127.0.0.1 on a free port when nil. The
	// network closes it.
	Listener net.Listener
	// Now is the clock of message times and receipts; time.Now when nil.
	// Certificates and delays always follow the real clock.
	Now func() time.Time
	// Problem hears of everything a client did that the network does not
	// understand. It must not call back into the network.
	Problem func(string)
	// Trace hears of every stanza in both directions. It must not call back
	// into the network.
	Trace func(string)
	// BusinessPhone is the number that clients are linked to, digits only;
	// "6281100000000" when empty.
	BusinessPhone string
	// BusinessName is its display name; "HaloERZAP" when empty.
	BusinessName string
	// Seed makes random faults repeatable.
	Seed uint64
	// FewKeys lets a client make 50 one-time keys when it is linked, as it does later
	// whenever they run short, and not the usual 812: it is ready sooner.
	FewKeys bool
}

// TB is what Start needs of a testing.TB.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(func())
}

// ErrClosed is returned by calls that wait on a network that was closed.
var ErrClosed = errors.New("whatsapptest: network closed")

// Network is one simulated WhatsApp with one business number, the companions
// linked to it, and any number of customers.
type Network struct {
	options  Options
	root     *Root
	identity identity
	listener net.Listener
	server   *http.Server
	running  sync.WaitGroup
	stopped  context.Context
	stop     context.CancelFunc

	// mu guards everything below, and the fields of phones, companions and
	// connections. It is never held while waiting for a client or a timer.
	mu          sync.Mutex
	closed      bool
	changed     chan struct{}
	subscribers map[chan struct{}]struct{}
	problems    []string
	expected    []string
	faults      faultState
	random      *rand.Rand
	conns       map[*conn]struct{}
	business    *Business
	phones      []*Phone
	users       map[string]*Phone // by user part, phone number and LID alike
	sequence    uint64
	retries     []Retry
	blobs       blobs
	groups      map[types.JID]*Group
}

// New starts a network. Close must be called.
func New(options Options) (*Network, error) {
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.BusinessPhone == "" {
		options.BusinessPhone = "6281100000000"
	}
	if options.BusinessName == "" {
		options.BusinessName = "HaloERZAP"
	}
	root := options.Root
	if root == nil {
		root = SharedRoot()
	}
	identity, err := root.issue(time.Now())
	if err != nil {
		return nil, fmt.Errorf("issue certificates: %w", err)
	}
	listener := options.Listener
	if listener == nil {
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, fmt.Errorf("listen on loopback: %w", err)
		}
	}
	n := &Network{
		options: options, root: root, identity: identity, listener: listener,
		changed: make(chan struct{}), subscribers: make(map[chan struct{}]struct{}),
		random: rand.New(rand.NewPCG(options.Seed, 1)),
		conns:  make(map[*conn]struct{}), users: make(map[string]*Phone),
	}
	n.stopped, n.stop = context.WithCancel(context.Background())
	n.business = newBusiness(n, options.BusinessPhone, options.BusinessName)
	n.server = &http.Server{Handler: n.routes(), ReadHeaderTimeout: time.Minute}
	n.running.Go(func() {
		if err := n.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.problem("listener broke: %v", err)
		}
	})
	return n, nil
}

// Start runs a network for one test: a problem fails it, and the end of the
// test closes the network.
func Start(tb TB, options Options) *Network {
	tb.Helper()
	next := options.Problem
	options.Problem = func(text string) {
		tb.Errorf("whatsapptest: %s", text)
		if next != nil {
			next(text)
		}
	}
	n, err := New(options)
	if err != nil {
		tb.Fatalf("whatsapptest: %v", err)
	}
	tb.Cleanup(func() { _ = n.Close() })
	return n
}

// Close drops every client and returns when all goroutines of the network
// ended. It may be called more than once.
func (n *Network) Close() error {
	n.mu.Lock()
	n.closed = true
	for c := range n.conns {
		c.abort()
	}
	n.touch()
	n.mu.Unlock()
	n.stop()
	err := n.server.Close()
	n.running.Wait()
	if n.blobs.dir != "" {
		err = errors.Join(err, os.RemoveAll(n.blobs.dir))
	}
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close network: %w", err)
	}
	return nil
}

// URL is the endpoint a client must be pointed at, without a trailing slash.
func (n *Network) URL() string { return "http://" + n.listener.Addr().String() }

// Addr is the address the network listens on.
func (n *Network) Addr() net.Addr { return n.listener.Addr() }

// RootKey is the public key a client must trust.
func (n *Network) RootKey() [32]byte { return n.root.PublicKey() }

// Problems returns what clients did that the network did not understand,
// oldest first.
func (n *Network) Problems() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.problems)
}

// ExpectProblem announces that problems whose text contains part are provoked
// on purpose: they are kept in Problems, but not reported.
func (n *Network) ExpectProblem(part string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.expected = append(n.expected, part)
}

// problem records a misunderstanding. Callers hold mu.
func (n *Network) problem(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	n.problems = append(n.problems, text)
	n.touch()
	if slices.ContainsFunc(n.expected, func(part string) bool { return strings.Contains(text, part) }) {
		return
	}
	if n.options.Problem != nil {
		n.options.Problem(text)
	}
}

// touch tells everybody who waits that something changed. Callers hold mu.
func (n *Network) touch() {
	close(n.changed)
	n.changed = make(chan struct{})
	for subscriber := range n.subscribers {
		select {
		case subscriber <- struct{}{}:
		default:
		}
	}
}

// Subscribe returns a channel that receives after changes; several changes may
// come as one. The returned function ends the subscription.
func (n *Network) Subscribe() (<-chan struct{}, func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	subscriber := make(chan struct{}, 1)
	n.subscribers[subscriber] = struct{}{}
	return subscriber, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.subscribers, subscriber)
	}
}

// WaitFor returns nil as soon as condition holds. It is asked again after
// every change of the network, and may call any of its methods.
func (n *Network) WaitFor(ctx context.Context, condition func() bool) error {
	for {
		n.mu.Lock()
		changed, closed := n.changed, n.closed
		n.mu.Unlock()
		if condition() {
			return nil
		}
		if closed {
			return ErrClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("wait for network: %w", context.Cause(ctx))
		}
	}
}

func (n *Network) now() time.Time { return n.options.Now() }

func (n *Network) unix() int64 { return n.now().Unix() }

// nextID returns a stanza id the network has not used. Callers hold mu.
func (n *Network) nextID() string {
	n.sequence++
	return fmt.Sprintf("%d.%d-%d", n.sequence>>16, n.sequence&0xffff, n.sequence)
}

// user finds the customer behind an address of either kind. Callers hold mu.
func (n *Network) user(jid types.JID) *Phone {
	if jid.Server != types.DefaultUserServer && jid.Server != types.HiddenUserServer {
		return nil
	}
	return n.users[jid.User]
}
