package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/types"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

func TestMain(m *testing.M) {
	if story := os.Getenv("WHATSAPP_CHILD"); story != "" {
		os.Exit(child(story))
	}
	whatsmeow.RequestFromPhoneDelay = 50 * time.Millisecond
	// Before the tests, which run side by side.
	prepareLibrary("Halo", quick())
	os.Exit(m.Run())
}

// inbox keeps what it is given; refuse may be set to play a store that fails.
type inbox struct {
	mu       sync.Mutex
	changed  chan struct{}
	messages []bridge.ClientMessage
	receipts []bridge.Receipt
	refuse   func(m *bridge.ClientMessage, r *bridge.Receipt) error
	ready    func() bool // when set, sampled at each message
	wasReady []bool
}

func newInbox() *inbox { return &inbox{changed: make(chan struct{})} }

func (i *inbox) Receive(_ context.Context, m bridge.ClientMessage) error {
	if err := i.refused(&m, nil); err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.messages = append(i.messages, m)
	if i.ready != nil {
		i.wasReady = append(i.wasReady, i.ready())
	}
	i.touch()
	return nil
}

func (i *inbox) Receipts(_ context.Context, r bridge.Receipt) error {
	if err := i.refused(nil, &r); err != nil {
		return err
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.receipts = append(i.receipts, r)
	i.touch()
	return nil
}

func (i *inbox) refused(m *bridge.ClientMessage, r *bridge.Receipt) error {
	i.mu.Lock()
	refuse := i.refuse
	i.mu.Unlock()
	if refuse == nil {
		return nil
	}
	return refuse(m, r)
}

func (i *inbox) setRefuse(refuse func(*bridge.ClientMessage, *bridge.Receipt) error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.refuse = refuse
}

func (i *inbox) touch() {
	close(i.changed)
	i.changed = make(chan struct{})
}

func (i *inbox) all() []bridge.ClientMessage {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.messages)
}

// wait returns the messages as soon as condition holds for them.
func (i *inbox) wait(ctx context.Context, condition func([]bridge.ClientMessage, []bridge.Receipt) bool) ([]bridge.ClientMessage, error) {
	for {
		i.mu.Lock()
		messages, receipts, changed := slices.Clone(i.messages), slices.Clone(i.receipts), i.changed
		i.mu.Unlock()
		if condition(messages, receipts) {
			return messages, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return messages, ctx.Err()
		}
	}
}

// desk is a linked client on a simulated network.
type desk struct {
	*Client
	t     *testing.T
	net   *whatsapptest.Network
	dir   string
	inbox *inbox
	logs  *observer.ObservedLogs
	set   settings

	options Options
	stop    func()

	mu       sync.Mutex
	changed  chan struct{}
	statuses []Status
}

// quick are the settings of the product with shorter waits, those for the disk
// too: a killed process loses nothing by them.
func quick() settings {
	set := defaultSettings()
	set.storeFor, set.storeGrace, set.holdPause = 300*time.Millisecond, 100*time.Millisecond, 50*time.Millisecond
	set.sendTimeout = atMost
	set.replacedPause, set.refusedPause, set.outdatedPause = 100*time.Millisecond, 100*time.Millisecond, time.Hour
	set.connectPause = time.Hour
	set.durable = false
	set.largestFile = 64 << 20
	set.pokeEvery, set.allowedPoll = time.Millisecond, 20*time.Millisecond
	return set
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), atMost)
	t.Cleanup(cancel)
	return ctx
}

// a while is how long a test waits for something that must not happen.
const aWhile = 400 * time.Millisecond

// atMost is how long a test waits for what must happen, on a busy machine.
const atMost = time.Minute

// longIf is how long to wait for something: long when it must happen.
func longIf(expected bool) time.Duration {
	if expected {
		return atMost
	}
	return aWhile
}

func newDesk(t *testing.T, set settings) *desk {
	t.Helper()
	return newDeskOn(t, set, whatsapptest.Options{})
}

func newDeskOn(t *testing.T, set settings, network whatsapptest.Options) *desk {
	t.Helper()
	network.FewKeys = true
	d := &desk{t: t, net: whatsapptest.Start(t, network), dir: t.TempDir(), inbox: newInbox(), set: set, changed: make(chan struct{}), stop: func() {}}
	core, logs := observer.New(zap.DebugLevel)
	if os.Getenv("WHATSAPP_VERBOSE") != "" {
		core = zapcore.NewTee(core, zapcore.NewCore(zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig()), os.Stderr, zap.DebugLevel))
	}
	d.logs = logs
	d.options = Options{Dir: d.dir, Network: networkOf(t, d.net), Inbox: d.inbox, Log: zap.New(core), Changed: d.onStatus}
	d.open()
	t.Cleanup(d.end)
	return d
}

func networkOf(t *testing.T, n *whatsapptest.Network) Network {
	t.Helper()
	network, err := ParseNetwork(n.URL(), fmt.Sprintf("%x", n.RootKey()))
	if err != nil {
		t.Fatal(err)
	}
	return network
}

// linked returns a desk that is paired and ready.
func linked(t *testing.T, set settings) *desk {
	t.Helper()
	d := newDesk(t, set)
	d.pair()
	d.run()
	d.awaitReady()
	return d
}

func (d *desk) open() {
	d.t.Helper()
	client, err := open(d.t.Context(), d.options, d.set)
	if err != nil {
		d.t.Fatal(err)
	}
	d.Client = client
}

func (d *desk) pair() {
	d.t.Helper()
	err := d.Pair(soon(d.t), func(code string) {
		go func() {
			if err := d.net.Pair(d.t.Context(), code); err != nil {
				d.t.Errorf("scan: %v", err)
			}
		}()
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) run() {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- d.Run(ctx) }()
	d.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-over; err != nil {
			d.t.Errorf("run: %v", err)
		}
	})
}

func (d *desk) end() {
	d.stop()
	if err := d.Close(); err != nil {
		d.t.Error(err)
	}
}

// awaitStatus returns the status as soon as condition holds for it.
func (d *desk) awaitStatus(condition func(Status) bool) Status {
	d.t.Helper()
	ctx := soon(d.t)
	for {
		s := d.Status()
		if condition(s) {
			return s
		}
		if sleep(ctx, 2*time.Millisecond) != nil {
			d.t.Fatalf("status stays %+v", s)
		}
	}
}

// cut waits until WhatsApp sees no connection of the desk.
func (d *desk) cut() {
	d.t.Helper()
	if err := d.net.WaitFor(soon(d.t), func() bool { return !d.net.Connected() }); err != nil {
		d.t.Fatal("still connected")
	}
}

// talking returns a customer who wrote and got an answer: both sides have a
// session.
func (d *desk) talking(name string) *whatsapptest.Phone {
	d.t.Helper()
	p := d.customer(name)
	before := len(d.inbox.all())
	must(p.Send("halo"))
	d.awaitMessages(before + 1)
	if err := d.Send(soon(d.t), addressOf(p), MessageID("warm", name), bridge.Outgoing{Text: "ya"}); err != nil {
		d.t.Fatal(err)
	}
	d.acked()
	return p
}

func addressOf(p *whatsapptest.Phone) bridge.Address { return bridge.Address(p.Address().String()) }

// restart closes everything, as a new start of the program would find it.
func (d *desk) restart() {
	d.t.Helper()
	d.end()
	d.open()
	d.run()
}

func (d *desk) onStatus(s Status) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.statuses = append(d.statuses, s)
	close(d.changed)
	d.changed = make(chan struct{})
}

// awaitState returns the first status of a state since the last call with
// another one.
func (d *desk) awaitState(state State) Status {
	d.t.Helper()
	ctx := soon(d.t)
	for {
		d.mu.Lock()
		statuses, changed := slices.Clone(d.statuses), d.changed
		d.mu.Unlock()
		if i := slices.IndexFunc(statuses, func(s Status) bool { return s.State == state }); i >= 0 {
			return statuses[i]
		}
		select {
		case <-changed:
		case <-ctx.Done():
			d.t.Fatalf("never %s: %+v", state, statuses)
		}
	}
}

func (d *desk) forgetStates() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.statuses = nil
}

func (d *desk) awaitReady() {
	d.t.Helper()
	ctx := soon(d.t)
	for !d.Ready() {
		if sleep(ctx, 2*time.Millisecond) != nil {
			d.t.Fatalf("not ready, status %+v", d.Status())
		}
	}
}

func (d *desk) customer(name string) *whatsapptest.Phone {
	return d.net.AddCustomer(whatsapptest.Customer{Phone: fmt.Sprintf("62812%07d", len(d.net.Phones())+1), Name: name})
}

func (d *desk) awaitMessages(count int) []bridge.ClientMessage {
	d.t.Helper()
	messages, err := d.inbox.wait(soon(d.t), func(m []bridge.ClientMessage, _ []bridge.Receipt) bool { return len(m) >= count })
	if err != nil {
		d.t.Fatalf("want %d messages: %v: %+v", count, err, messages)
	}
	return messages
}

func (d *desk) awaitReceipts(count int) []bridge.Receipt {
	d.t.Helper()
	_, err := d.inbox.wait(soon(d.t), func(_ []bridge.ClientMessage, r []bridge.Receipt) bool { return len(r) >= count })
	if err != nil {
		d.t.Fatalf("want %d receipts: %v", count, err)
	}
	d.inbox.mu.Lock()
	defer d.inbox.mu.Unlock()
	return slices.Clone(d.inbox.receipts)
}

func (d *desk) acked() {
	d.t.Helper()
	if err := d.net.WaitAcked(soon(d.t)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) errorsLogged() []observer.LoggedEntry {
	return d.logs.Filter(func(e observer.LoggedEntry) bool { return e.Level >= zap.ErrorLevel }).All()
}

func texts(messages []bridge.ClientMessage) (out []string) {
	for _, m := range messages {
		out = append(out, m.Text)
	}
	return out
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func sendError(t *testing.T, err error) *bridge.SendError {
	t.Helper()
	e, ok := errors.AsType[*bridge.SendError](err)
	if !ok {
		t.Fatalf("not classified: %v", err)
	}
	return e
}

func numbers(from, to int) (out []string) {
	for i := from; i <= to; i++ {
		out = append(out, fmt.Sprint(i))
	}
	return out
}

func sameTexts(t *testing.T, messages []bridge.ClientMessage, want []string) {
	t.Helper()
	if got := texts(messages); !slices.Equal(got, want) {
		t.Fatalf("got %s, want %s", strings.Join(got, ","), strings.Join(want, ","))
	}
}

func parseJID(t *testing.T, text string) types.JID {
	t.Helper()
	jid, err := types.ParseJID(text)
	if err != nil {
		t.Fatal(err)
	}
	return jid
}

func sharedRoot() string { return fmt.Sprintf("%x", whatsapptest.SharedRoot().PublicKey()) }
