package whatsapp

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"go.mau.fi/whatsmeow"
)

// A Network is which WhatsApp to talk to. The zero value is the real one.
type Network struct {
	address string // host:port on loopback
	root    [32]byte
}

// ParseNetwork reads the address of a simulated WhatsApp, such as
// "http://127.0.0.1:4000", and its certificate root, 64 hex digits. Both empty
// mean the real one. All problems are reported at once.
func ParseNetwork(endpoint, rootKey string) (Network, error) {
	switch {
	case endpoint == "" && rootKey == "":
		return Network{}, nil
	case rootKey == "":
		return Network{}, errors.New("whatsapp network: an endpoint is given without a root key")
	case endpoint == "":
		return Network{}, errors.New("whatsapp network: a root key is given without an endpoint")
	}
	address, addressErr := parseEndpoint(endpoint)
	root, rootErr := hex.DecodeString(rootKey)
	if rootErr != nil || len(root) != 32 {
		rootErr = errors.New("whatsapp network: the root key is not 64 hex digits")
	}
	if err := errors.Join(addressErr, rootErr); err != nil {
		return Network{}, err
	}
	return Network{address: address, root: [32]byte(root)}, nil
}

func parseEndpoint(endpoint string) (string, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", fmt.Errorf("whatsapp network: endpoint %q is not an address", endpoint)
	}
	bare := u.Path == "" || u.Path == "/"
	if u.Scheme != "http" || u.Port() == "" || !bare || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", fmt.Errorf("whatsapp network: endpoint %q is not of the form http://127.0.0.1:PORT", u.Redacted())
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return "", fmt.Errorf("whatsapp network: endpoint %q is not on this machine", endpoint)
	}
	return u.Host, nil
}

// Real reports whether this is the real WhatsApp.
func (n Network) Real() bool { return n.address == "" }

// Identity names the network for ever: what is kept for one must not be used
// with another.
func (n Network) Identity() string {
	if n.Real() {
		return "whatsapp"
	}
	sum := sha256.Sum256(n.root[:])
	return "simulated:" + hex.EncodeToString(sum[:])
}

var trusted struct {
	sync.Mutex
	chosen bool
	root   [32]byte
}

// trust makes the library accept the certificates of the network. The key is
// process-wide there, so that a process can talk to one network only.
func (n Network) trust() error {
	trusted.Lock()
	defer trusted.Unlock()
	root := n.root
	if n.Real() {
		root = realRoot
	}
	if trusted.chosen && trusted.root != root {
		return errors.New("trust network: this process already talks to another WhatsApp network")
	}
	if !trusted.chosen {
		whatsmeow.WACertPubKey = root
		trusted.chosen, trusted.root = true, root
	}
	return nil
}

var realRoot = whatsmeow.WACertPubKey

const (
	webHost = "web.whatsapp.com"
	// The most that is read of one answer, in bytes: of a media host for the library,
	// which keeps all of it in memory, of a file that streams (WhatsApp takes none
	// larger; whoever asks for one stops earlier), and of a page of the web host.
	mediaLimit  = 128 << 20
	largestFile = 2<<30 + 1<<20
	pageLimit   = 8 << 20
)

var errForeignHost = errors.New("address is not one of WhatsApp")

// door is the only way to the network: what is not WhatsApp does not pass.
type door struct {
	network  Network
	hosts    func(host string) bool
	limit    int64 // of an answer's body, 0 for none
	next     http.RoundTripper
	dialling func(context.Context) error // asked before every request, may be nil
	stopping context.Context             // ends waiting for an answer, may be nil
}

// RoundTrip implements [http.RoundTripper].
func (d *door) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL.Scheme != "https" || !d.hosts(request.URL.Hostname()) || request.URL.Port() != "" && request.URL.Port() != "443" {
		if request.Body != nil {
			_ = request.Body.Close()
		}
		return nil, fmt.Errorf("reach %s://%s: %w", request.URL.Scheme, request.URL.Host, errForeignHost)
	}
	if d.stopping != nil {
		// The connection that comes of the answer must outlast this call.
		ctx, cancel := context.WithCancel(request.Context())
		defer context.AfterFunc(d.stopping, cancel)()
		request = request.WithContext(ctx)
	}
	if d.dialling != nil {
		if err := d.dialling(request.Context()); err != nil {
			return nil, err
		}
	}
	if !d.network.Real() {
		request = request.Clone(request.Context())
		request.Host = request.URL.Hostname()
		request.URL.Scheme, request.URL.Host = "http", d.network.address
	}
	response, err := d.next.RoundTrip(request)
	if err != nil || d.limit == 0 {
		return response, err
	}
	if response.ContentLength > d.limit {
		_ = response.Body.Close()
		return nil, fmt.Errorf("read answer: %w", errTooLarge)
	}
	response.Body = &capped{response.Body, d.limit}
	return response, nil
}

var errTooLarge = errors.New("answer is larger than allowed")

// capped ends a body that goes on for too long with an error.
type capped struct {
	io.ReadCloser
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		// The end may be exactly here.
		if n, err := c.ReadCloser.Read(make([]byte, 1)); n == 0 {
			return 0, err
		}
		return 0, errTooLarge
	}
	n, err := c.ReadCloser.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

func isWeb(host string) bool { return host == webHost }

func isMedia(host string) bool { return strings.HasSuffix(host, ".whatsapp.net") }

// socketClient makes WebSockets. Its answers have no limit: they are
// connections.
func (n Network) socketClient(stopping context.Context, dialling func(context.Context) error, leads func() bool) *http.Client {
	transport := n.transport()
	dial := transport.DialContext
	transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return fencedConn{conn, leads}, nil
	}
	return &http.Client{
		Transport:     &door{network: n, hosts: isWeb, next: transport, dialling: dialling, stopping: stopping},
		CheckRedirect: noRedirect,
	}
}

// mediaClient fetches and stores media, at most so many bytes of each.
func (n Network) mediaClient(limit int64) *http.Client {
	return &http.Client{Transport: &door{network: n, hosts: isMedia, limit: limit, next: n.transport()}, Timeout: 10 * time.Minute}
}

// pageClient reads the web page that names the current version.
func (n Network) pageClient() *http.Client {
	return &http.Client{Transport: &door{network: n, hosts: isWeb, limit: pageLimit, next: n.transport()}, Timeout: 20 * time.Second}
}

func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// transport makes connections of our own, as those to Discord are: proxies named
// in the environment are not used.
func (n Network) transport() *http.Transport {
	dialer := &net.Dialer{Timeout: 20 * time.Second, KeepAlive: 15 * time.Second}
	t := &http.Transport{
		DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: 15 * time.Second, ResponseHeaderTimeout: 30 * time.Second,
		IdleConnTimeout: time.Minute, MaxIdleConns: 8,
	}
	if n.Real() {
		return t
	}
	dialer.Control = loopbackOnly
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != n.address {
			return nil, fmt.Errorf("dial %s: %w", address, errForeignHost)
		}
		return dialer.DialContext(ctx, network, address)
	}
	return t
}

func loopbackOnly(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("dial %s: %w", address, errForeignHost)
	}
	return nil
}
