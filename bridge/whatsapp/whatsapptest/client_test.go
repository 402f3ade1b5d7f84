package whatsapptest_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store/sqlstore"
	"go.mau.fi/whatsmeow/types"
	"go.mau.fi/whatsmeow/types/events"
	waLog "go.mau.fi/whatsmeow/util/log"

	_ "modernc.org/sqlite"
)

func TestMain(m *testing.M) {
	whatsmeow.WACertPubKey = whatsapptest.SharedRoot().PublicKey()
	harden()
	m.Run()
}

// toLoopback sends requests for WhatsApp's hosts to one loopback address and
// refuses all others.
type toLoopback struct {
	host string
	next http.RoundTripper
}

func newToLoopback(t *testing.T, host string) *toLoopback {
	dialer := &net.Dialer{}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		if address != host {
			return nil, fmt.Errorf("dial %s: not the simulator", address)
		}
		return dialer.DialContext(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &toLoopback{host: host, next: transport}
}

func (l *toLoopback) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != "web.whatsapp.com" && !strings.HasSuffix(r.URL.Host, ".whatsapp.net") {
		return nil, fmt.Errorf("request for foreign host %s", r.URL.Host)
	}
	r = r.Clone(r.Context())
	r.Host, r.URL.Scheme, r.URL.Host = r.URL.Host, "http", l.host
	return l.next.RoundTrip(r)
}

// bot is a real client with its own session file.
type bot struct {
	*whatsmeow.Client
	t         *testing.T
	net       *whatsapptest.Network
	file      string
	container *sqlstore.Container
	reject    atomic.Bool // handlers report failure

	mu      sync.Mutex
	changed chan struct{}
	events  []any
}

func newBot(t *testing.T, n *whatsapptest.Network, file string) *bot {
	t.Helper()
	b := &bot{t: t, net: n, file: file, changed: make(chan struct{})}
	dsn := "file:" + file + "?_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(OFF)&_pragma=busy_timeout(5000)&_txlock=immediate"
	container, err := sqlstore.New(t.Context(), "sqlite", dsn, waLog.Noop)
	if err != nil {
		t.Fatal(err)
	}
	device, err := container.GetFirstDevice(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := container.LIDMap.FillCache(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.container = container
	b.Client = whatsmeow.NewClient(device, testLog{t: t})
	b.EnableDecryptedEventBuffer, b.SynchronousAck, b.InitialAutoReconnect = true, true, true
	b.UseRetryMessageStore = true
	b.SetMaxParallelRetryReceiptHandling(1)
	client := &http.Client{Transport: newToLoopback(t, n.Addr().String())}
	b.SetPreLoginHTTPClient(client)
	b.SetWebsocketHTTPClient(client)
	b.SetMediaHTTPClient(client)
	b.AddEventHandlerWithSuccessStatus(b.handle)
	t.Cleanup(b.stop)
	return b
}

var verbose = os.Getenv("WHATSAPPTEST_VERBOSE") != ""

type testLog struct {
	waLog.Logger
	t *testing.T
}

func (l testLog) print(kind, format string, args ...any) {
	if verbose {
		fmt.Printf(kind+" "+format+"\n", args...)
	}
}

func (l testLog) Warnf(format string, args ...any)  { l.print("WARN", format, args...) }
func (l testLog) Errorf(format string, args ...any) { l.print("ERROR", format, args...) }
func (l testLog) Infof(format string, args ...any)  { l.print("INFO", format, args...) }
func (l testLog) Debugf(format string, args ...any) { l.print("DEBUG", format, args...) }
func (l testLog) Sub(string) waLog.Logger           { return l }

func (b *bot) stop() {
	b.Disconnect()
	_ = b.container.Close()
}

func (b *bot) handle(event any) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, message := event.(*events.Message); message && b.reject.Load() {
		return false
	}
	b.events = append(b.events, event)
	close(b.changed)
	b.changed = make(chan struct{})
	return true
}

func (b *bot) seen() []any {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.events)
}

func (b *bot) wait(what string, condition func([]any) bool) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 60*time.Second)
	defer cancel()
	for {
		b.mu.Lock()
		list, changed := slices.Clone(b.events), b.changed
		b.mu.Unlock()
		if condition(list) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			b.t.Fatalf("no %s; events: %s", what, kinds(list))
		}
	}
}

func kinds(list []any) string {
	var names []string
	for _, event := range list {
		names = append(names, fmt.Sprintf("%T", event))
	}
	return strings.Join(names, " ")
}

// of returns the events of one type.
func of[T any](list []any) (out []T) {
	for _, event := range list {
		if typed, ok := event.(T); ok {
			out = append(out, typed)
		}
	}
	return out
}

func waitFor[T any](b *bot, count int) []T {
	b.t.Helper()
	var found []T
	b.wait(fmt.Sprintf("%d %T", count, *new(T)), func(list []any) bool {
		found = of[T](list)
		return len(found) >= count
	})
	return found
}

func texts(list []*events.Message) (out []string) {
	for _, message := range list {
		text := message.Message.GetConversation()
		if text == "" {
			text = message.Message.GetExtendedTextMessage().GetText()
		}
		out = append(out, text)
	}
	return out
}

// pair links the bot by QR code, with or without the link in front.
func (b *bot) pair(bare bool) {
	b.t.Helper()
	if err := b.Connect(); err != nil {
		b.t.Fatal(err)
	}
	code := waitFor[*events.QR](b, 1)[0].Codes[0]
	if bare {
		_, code, _ = strings.Cut(code, "#")
	}
	if err := b.net.Pair(b.t.Context(), code); err != nil {
		b.t.Fatal(err)
	}
	waitFor[*events.Connected](b, 1)
}

func (b *bot) say(to types.JID, text string) string {
	b.t.Helper()
	sent, err := b.SendMessage(b.t.Context(), to, &waE2E.Message{Conversation: new(text)})
	if err != nil {
		b.t.Fatal(err)
	}
	return sent.ID
}

// restart ends the client and starts a new one on the same session file.
func (b *bot) restart() *bot {
	b.t.Helper()
	b.stop()
	next := newBot(b.t, b.net, b.file)
	if err := next.Connect(); err != nil {
		b.t.Fatal(err)
	}
	waitFor[*events.Connected](next, 1)
	return next
}

func linked(t *testing.T, options whatsapptest.Options) (*whatsapptest.Network, *bot) {
	t.Helper()
	options.FewKeys = true
	n := whatsapptest.Start(t, options)
	b := newBot(t, n, filepath.Join(t.TempDir(), "session.db"))
	b.pair(false)
	return n, b
}

func must(t *testing.T) func(string, error) string {
	return func(id string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
