package discord

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// ErrForeignHost means that something was about to be asked of a host that is
// not Discord's. Nothing was sent.
var ErrForeignHost = errors.New("host is not Discord's")

// A Network says which Discord is spoken to. The zero value is the real one;
// [Loopback] makes the only other kind. Either reaches no host but its own.
type Network struct {
	endpoint string // host:port, "" for the real network
}

// Loopback is a simulated Discord at an address like "http://127.0.0.1:8088".
// Anything but plain http to this very machine is an error.
func Loopback(address string) (Network, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return Network{}, fmt.Errorf("read endpoint %q: want http://127.0.0.1:PORT", address)
	case u.Scheme != "http" || u.Port() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return Network{}, fmt.Errorf("read endpoint %q: want http://127.0.0.1:PORT and nothing more", address)
	}
	if ip, err := netip.ParseAddr(u.Hostname()); u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
		return Network{}, fmt.Errorf("read endpoint %q: a simulated Discord must be on this machine (127.0.0.1)", address)
	}
	return Network{endpoint: u.Host}, nil
}

// Real reports whether this is the real Discord.
func (n Network) Real() bool { return n.endpoint == "" }

var restHosts = []string{"discord.com", hostFiles, hostPreviews}

// aim makes a request go where this network is, keeping path, query and Host.
func (n Network) aim(req *http.Request) (*http.Request, error) {
	if req.URL.Scheme != "https" || req.URL.Port() != "" || !slices.Contains(restHosts, req.URL.Hostname()) {
		return nil, fmt.Errorf("ask %s: %w", req.URL.Host, ErrForeignHost)
	}
	out := req.Clone(req.Context())
	if !n.Real() {
		out.Host = req.URL.Host
		out.URL.Scheme, out.URL.Host = "http", n.endpoint
	}
	return out, nil
}

// roundTripper reaches this network over plain connections of its own.
func (n Network) roundTripper() *http.Transport {
	return &http.Transport{
		DialContext:         n.dialer().DialContext,
		ForceAttemptHTTP2:   n.Real(),
		MaxIdleConnsPerHost: 32,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
	}
}

// dialer refuses, for a simulated network, every address that is not loopback,
// whatever a name resolved to.
func (n Network) dialer() *net.Dialer {
	d := &net.Dialer{Timeout: 10 * time.Second}
	if !n.Real() {
		d.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
			if at, err := netip.ParseAddrPort(address); err != nil || !at.Addr().IsLoopback() {
				return fmt.Errorf("dial %s: %w", address, ErrForeignHost)
			}
			return nil
		}
	}
	return d
}

// dialPlain opens a gateway connection for a ws:// address.
func (n Network) dialPlain(ctx context.Context, network, address string) (net.Conn, error) {
	if n.Real() {
		return nil, fmt.Errorf("dial gateway %s without TLS: %w", address, ErrForeignHost)
	}
	return n.dialer().DialContext(ctx, network, address)
}

// dialTLS opens a gateway connection for a wss:// address.
func (n Network) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !n.Real() || !strings.HasSuffix(host, ".discord.gg") {
		return nil, fmt.Errorf("dial gateway %s: %w", address, ErrForeignHost)
	}
	d := tls.Dialer{NetDialer: n.dialer(), Config: &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}}
	return d.DialContext(ctx, network, address)
}
