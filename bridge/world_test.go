package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"
	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

// phone is a WhatsApp that shows what arrived and fails as told.
type phone struct {
	files

	mu    sync.Mutex
	up    bool
	fail  func(id string, attempt int) (applied bool, err error)
	tries map[string]int
	shown []string // "address: text", each id once
	order []string // their ids
	ids   map[string]bool
	read  []string // ids that were marked read
	signs []string // typing, watching
}

func (p *phone) Ready() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.up }

func (p *phone) Send(_ context.Context, to bridge.Address, id string, o bridge.Outgoing) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries[id]++
	applied, err := true, error(nil)
	if p.fail != nil {
		applied, err = p.fail(id, p.tries[id])
	}
	if applied && !p.ids[id] {
		p.ids[id] = true
		p.order = append(p.order, id)
		p.shown = append(p.shown, fmt.Sprintf("%s: %s", to, p.render(o)))
	}
	return err
}

func (p *phone) EditText(_ context.Context, to bridge.Address, id, target, text string) error {
	return p.alter(id, target, fmt.Sprintf("%s: %s", to, text))
}

func (p *phone) Revoke(_ context.Context, to bridge.Address, id, target string) error {
	return p.alter(id, target, fmt.Sprintf("%s: (ditarik)", to))
}

// alter makes the message target show as something else, once for each id.
func (p *phone) alter(id, target, shows string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries[id]++
	applied, err := true, error(nil)
	if p.fail != nil {
		applied, err = p.fail(id, p.tries[id])
	}
	if !applied || p.ids[id] {
		return err
	}
	i := slices.Index(p.order, target)
	if i < 0 {
		return &bridge.SendError{Certainty: bridge.Refused, Reason: "no such message"}
	}
	p.ids[id] = true
	p.shown[i] = shows
	return err
}

// board is a Discord that shows posts, messages and reactions, remembers nonces
// for a minute, and fails as told.
type board struct {
	files

	mu        sync.Mutex
	up        bool
	next      int
	fail      func(what string, attempt int) (applied bool, err error)
	queue     func(ctx context.Context) error                                 // waits for a request's turn; nil for none
	react     func(ctx context.Context, channel, emoji string, on bool) error // nil: reactions work
	tries     map[string]int
	nonces    map[string]nonced
	posts     []string      // titles
	made      []string      // their threads' ids
	forums    []string      // and where they are
	finds     int           // searches of the forum
	delay     time.Duration // of the first post: it appears that much after it was asked for
	threads   map[string][]said
	reactions map[string][]string
	tags      map[string]string
	arranged  map[string]bridge.PostState
	archived  map[string]bool
	buttons   map[string][]bridge.Button  // by message
	pings     map[string][]string         // people and roles, by message
	cards     map[string][]bridge.Message // what messages were made to show, oldest first
	caughtUp  []string
	limit     int64 // of a file; 0 for 10 MiB
	typed     []string
}

type nonced struct {
	id string
	at time.Time
}

type said struct{ id, content, replyTo string }

func (b *board) Ready() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.up }

func (b *board) try(what string) (bool, error) {
	b.tries[what]++
	if b.fail == nil {
		return true, nil
	}
	return b.fail(what, b.tries[what])
}

func (b *board) id() string { b.next++; return fmt.Sprint(1000 + b.next) }

func (b *board) CreatePost(ctx context.Context, p bridge.Post) (string, error) {
	if b.queue != nil {
		if err := b.queue(ctx); err != nil {
			return "", err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := b.delay; d > 0 {
		b.delay = 0
		time.AfterFunc(d, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.open(p)
		})
		return "", &bridge.SendError{Certainty: bridge.Unknown, Outage: true, RetryAfter: 2 * d, Reason: "no answer"}
	}
	applied, err := b.try("post")
	id := ""
	if applied {
		id = b.open(p)
	}
	if err != nil {
		return "", err
	}
	return id, nil
}

// open makes the post; b.mu is held.
func (b *board) open(p bridge.Post) string {
	id := b.id()
	b.posts, b.made, b.forums = append(b.posts, p.Title), append(b.made, id), append(b.forums, p.Forum)
	b.threads[id] = []said{}
	b.tags[id] = strings.Join(p.Tags, ",")
	b.cards[id] = append(b.cards[id], p.Message)
	return id
}

func (b *board) FindPost(_ context.Context, _, prefix string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.finds++
	i := slices.IndexFunc(b.posts, func(t string) bool { return strings.HasPrefix(t, prefix) })
	if i < 0 {
		return "", nil
	}
	return b.made[i], nil
}

func (b *board) Say(_ context.Context, m bridge.Message) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.threads[m.Channel]; !ok {
		return "", &bridge.SendError{Certainty: bridge.Refused, Gone: true, Reason: "the thread was deleted"}
	}
	if n, ok := b.nonces[m.Nonce]; ok && time.Since(n.at) < time.Minute {
		return n.id, nil
	}
	applied, err := b.try("say " + m.Content)
	id := ""
	if applied {
		id = b.id()
		b.nonces[m.Nonce] = nonced{id, time.Now()}
		b.threads[m.Channel] = append(b.threads[m.Channel], said{id, b.render(m), m.ReplyTo})
		if m.Card != nil {
			b.cards[id] = append(b.cards[id], m)
		}
		b.buttons[id], b.pings[id] = m.Buttons, slices.Concat(m.PingUsers, m.PingRoles)
		b.archived[m.Channel] = false // as Discord does
	}
	if err != nil {
		return "", err
	}
	return id, nil
}

func (b *board) FindMessage(_ context.Context, channel, after, content string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range b.threads[channel] {
		if s.content == content && (len(s.id) > len(after) || s.id > after) {
			return s.id, nil
		}
	}
	return "", nil
}

func (b *board) Edit(_ context.Context, channel, message, content string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	applied, err := b.try("edit " + content)
	if applied {
		i := slices.IndexFunc(b.threads[channel], func(s said) bool { return s.id == message })
		if i < 0 {
			return &bridge.SendError{Certainty: bridge.Refused, Reason: "Discord refused: Unknown Message"}
		}
		b.threads[channel][i].content = content
	}
	return err
}

func (b *board) Conclude(ctx context.Context, channel, message, content string) error {
	return b.Edit(ctx, channel, message, content)
}

func (b *board) Update(_ context.Context, message string, m bridge.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.deleted(message) {
		return &bridge.SendError{Certainty: bridge.Refused, Gone: true, Reason: "the thread was deleted"}
	}
	applied, err := b.try("update " + message)
	if applied {
		b.cards[message] = append(b.cards[message], m)
	}
	return err
}

func (b *board) Delete(_ context.Context, channel, message string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.threads[channel] = slices.DeleteFunc(b.threads[channel], func(s said) bool { return s.id == message })
	return nil
}

func (b *board) React(ctx context.Context, channel, message, emoji string, on bool) error {
	b.mu.Lock()
	react := b.react
	b.mu.Unlock()
	if react != nil {
		if err := react(ctx, channel, emoji, on); err != nil {
			return err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reactions[message] = slices.DeleteFunc(b.reactions[message], func(e string) bool { return e == emoji })
	if on {
		b.reactions[message] = append(b.reactions[message], emoji)
	}
	return nil
}

// deleted reports whether a post is gone; b.mu is held.
func (b *board) deleted(thread string) bool {
	_, there := b.threads[thread]
	return slices.Contains(b.made, thread) && !there
}

// CatchUp brings what people wrote in a thread before it was known.
func (b *board) CatchUp(thread string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.caughtUp = append(b.caughtUp, thread)
}

func (b *board) Settle(_ context.Context, thread, tag string, archived bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	applied, err := b.try("settle")
	if applied {
		b.tags[thread], b.archived[thread] = tag, archived
	}
	return err
}

func (b *board) Arrange(_ context.Context, thread string, p bridge.PostState) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.deleted(thread) {
		return &bridge.SendError{Certainty: bridge.Refused, Gone: true, Reason: "the thread was deleted"}
	}
	applied, err := b.try("arrange")
	if applied {
		b.arranged[thread], b.archived[thread] = p, p.Archived
	}
	return err
}

// world is one desk in a bubble, with the networks above.
type world struct {
	t       *testing.T
	phone   *phone
	board   *board
	store   *store.Store
	relay   *bridge.Relay
	courier *bridge.Courier
	expect  string // an error line the test announced
	library *library
	stop    func()
	lease   *ledger.Lease
	leaseMu *sync.Mutex
	crashAt map[string]bool // guarded by leaseMu
	policy  bridge.Desk
	log     *zap.Logger
	// forbidden is why WhatsApp lets nothing be sent first, nil for never.
	forbidden func() string
	ahead     atomic.Int64 // desk time is so much ahead, in nanoseconds
}

// now is desk time.
func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }

// snow is a message id of a moment.
func snow(at time.Time) string { return fmt.Sprint((at.UnixMilli() - 1420070400000) << 22) }

const agentRole = "role-agent"

// live runs a story in virtual time and checks at its end that nothing is left
// in flight and no unannounced error was logged.
func live(t *testing.T, story func(w *world)) {
	t.Helper()
	liveFrom(t, time.Time{}, story)
}

// liveFrom is live, beginning at a moment: bubbles begin in the year 2000, before
// Discord's ids.
func liveFrom(t *testing.T, start time.Time, story func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(start))
		client, shut := storetest.NewMemory()
		defer shut()
		w := &world{
			t:     t,
			phone: &phone{up: true, tries: map[string]int{}, ids: map[string]bool{}},
			board: &board{up: true, tries: map[string]int{}, nonces: map[string]nonced{}, threads: map[string][]said{"ops": {}, "intake": {}, "qa": {}},
				reactions: map[string][]string{}, tags: map[string]string{}, arranged: map[string]bridge.PostState{}, archived: map[string]bool{},
				buttons: map[string][]bridge.Button{}, pings: map[string][]string{}, cards: map[string][]bridge.Message{}},
			leaseMu: &sync.Mutex{}, library: newLibrary(),
		}
		st := store.New(client, store.Options{Desk: "test", Now: w.now})
		w.store = st
		core, logs := observer.New(zapcore.ErrorLevel)
		log := zap.New(zapcore.NewTee(core, zaptest.NewLogger(t).Core()))
		l, err := st.Acquire(t.Context(), "test", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		w.lease = &ledger.Lease{Epoch: l.Epoch, Until: time.Now().Add(1000 * time.Hour)}
		policy := bridge.Desk{
			Now: w.now, Prefix: "HE", Zone: time.FixedZone("WIB", 7*3600), Sentences: ticket.Sentences{ticket.AutoText: "Selamat datang."},
			AgentRoles: []string{agentRole}, NotePrefix: "//", MessageID: func(s string) string { return "ID-" + s },
			Members: func(ctx context.Context, index string, from int64) (members []string, err error) {
				rows, err := st.Index(ctx, index, store.Range{Min: &from})
				for _, row := range rows {
					members = append(members, row.Member)
				}
				return members, err
			},
			Rows: func(ctx context.Context, p bridge.Page) ([]ledger.IndexRow, error) {
				return st.Index(ctx, p.Index, store.Range{Min: p.Min, Max: p.Max, Offset: p.Offset, Limit: p.Limit})
			},
		}
		w.policy, w.log = policy, log
		w.relay = bridge.NewRelay(st, policy, log)
		w.start()
		story(w)
		w.settle()
		w.stop()
		if lanes, err := st.Lanes(t.Context()); err != nil || len(lanes) > 0 {
			t.Errorf("letters left at the end: %v %v", lanes, err)
		}
		storetest.Check(t, client, "test")
		for _, e := range logs.All() {
			if w.expect == "" || !strings.Contains(e.Message, w.expect) {
				t.Errorf("unannounced error in the log: %s %v", e.Message, e.ContextMap())
			}
		}
	})
}

// start runs a new courier, as a process that takes the lead does; crashAt stops it.
func (w *world) start() {
	cfg := bridge.CourierConfig{Channels: map[string]string{"forum": "forum", "ops": "ops", "intake": "intake", "reports": "reports", "followups": "followups", "qa": "qa"}, Library: w.library, Forbidden: w.forbidden}
	cfg.Failpoint = func(step string) error {
		w.leaseMu.Lock()
		defer w.leaseMu.Unlock()
		if !w.crashAt[step] {
			return nil
		}
		w.lease.Until = time.Time{} // the dead do nothing more
		return fmt.Errorf("crashed at %s", step)
	}
	w.courier = bridge.NewCourier(w.store, w.phone, w.board, func() ledger.Lease {
		w.leaseMu.Lock()
		defer w.leaseMu.Unlock()
		return *w.lease
	}, w.policy, cfg, w.log)
	presence := bridge.NewPresence(w.store, w.phone, w.board, func() ledger.Lease {
		w.leaseMu.Lock()
		defer w.leaseMu.Unlock()
		return *w.lease
	}, w.log)
	w.relay.Presence = presence
	ctx, cancel := context.WithCancel(w.t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		if err := presence.Run(ctx); err != nil {
			w.t.Errorf("presence: %v", err)
		}
	})
	work.Go(func() {
		if err := w.courier.Run(ctx); err != nil {
			w.t.Errorf("courier: %v", err)
		}
	})
	w.stop = func() { cancel(); work.Wait() }
}

// restart ends the courier and starts another under a new lease.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	l, err := w.store.Acquire(w.t.Context(), "test", time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	w.leaseMu.Lock()
	*w.lease = ledger.Lease{Epoch: l.Epoch, Until: time.Now().Add(1000 * time.Hour)}
	w.leaseMu.Unlock()
	w.relay = bridge.NewRelay(w.store, w.policy, w.log)
	w.start()
}

// away lets time go by with nobody at work.
func (w *world) away(d time.Duration) {
	w.t.Helper()
	w.stop()
	time.Sleep(d)
	w.restart()
}

// settle lets two minutes of waiting, retrying and rendering go by.
func (w *world) settle() {
	time.Sleep(2 * time.Minute)
	synctest.Wait()
}

func (w *world) client(id, text string) {
	w.t.Helper()
	w.receive(bridge.ClientMessage{ID: id, Text: text})
}

func (w *world) receive(m bridge.ClientMessage) {
	w.t.Helper()
	if m.Chat == "" {
		m.Chat, m.Alt = "99@lid", "628123456001@s.whatsapp.net"
	}
	m.Phone, m.Name, m.At = "628123456001", "Ana", time.Now()
	if m.Kind == "" {
		m.Kind = bridge.KindPlainText
	}
	if err := w.relay.Receive(w.t.Context(), m); err != nil {
		w.t.Fatalf("receive %s: %v", m.ID, err)
	}
}

func (w *world) staff(thread, id, text string, roles ...string) {
	w.t.Helper()
	if len(roles) == 0 {
		roles = []string{agentRole}
	}
	m := bridge.StaffMessage{ID: id, Channel: thread, Author: "sari", Name: "Sari", Roles: roles, Text: text, At: time.Now()}
	if err := w.relay.Reply(w.t.Context(), m); err != nil && !errors.Is(err, bridge.ErrNotOurs) {
		w.t.Fatalf("reply %s: %v", id, err)
	}
}

// thread returns the id of the first thread that was not deleted.
func (w *world) thread() string {
	w.t.Helper()
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	for _, id := range w.board.made {
		if _, ok := w.board.threads[id]; ok {
			return id
		}
	}
	w.t.Fatal("no thread")
	return ""
}

// wantThread checks what the thread shows, without the line on who has the ticket.
func (w *world) wantThread(want ...string) {
	w.t.Helper()
	id := w.thread()
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	var got []string
	for _, s := range w.board.threads[id] {
		if !strings.HasPrefix(s.content, whoHasIt) {
			got = append(got, s.content)
		}
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("thread shows\n%q\nwant\n%q", got, want)
	}
}

func (w *world) wantPhone(want ...string) {
	w.t.Helper()
	w.phone.mu.Lock()
	defer w.phone.mu.Unlock()
	if !slices.Equal(w.phone.shown, want) {
		w.t.Errorf("phone shows\n%q\nwant\n%q", w.phone.shown, want)
	}
}

func (w *world) wantMark(message string, want ...string) {
	w.t.Helper()
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	if got := w.board.reactions[message]; !slices.Equal(got, want) {
		w.t.Errorf("message %s is marked %q, want %q", message, got, want)
	}
}
