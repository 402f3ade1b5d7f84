package bridge_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// The two networks of the crash-point tests. They keep what people see, and know
// only what real ones are known to do: WhatsApp brings a message again on the next
// connection until it was acknowledged, and shows each id once; Discord remembers
// a nonce for a minute, forgets events nobody listened to, and has the history.

var errGone = fmt.Errorf("this process is gone: %w", context.Canceled)

// A treatment is what a network does to the first attempts at a text.
type treatment struct {
	times   int  // how many attempts it strikes
	always  bool // it strikes all of them
	applied bool
	err     bridge.SendError
	away    time.Duration // the network is away afterwards
}

// modelWhatsApp is the number, its clients' phones, and what waits for the number.
type modelWhatsApp struct {
	mu      sync.Mutex
	news    chan struct{}  // closed and replaced whenever something changed
	link    *instance      // who is connected; the newest wins
	queue   []modelMessage // not acknowledged yet, oldest first
	sent    int            // messages written so far
	phones  map[bridge.Address]*modelPhone
	weather map[string]*treatment
}

type modelMessage struct {
	id, text string
	from     *modelPhone
	at       time.Time
	read     []string // not a message but a receipt: ids of ours that were read
}

type modelPhone struct {
	name    string
	address bridge.Address
	ids     map[string]bool
	shown   []string
}

func newModelWhatsApp() *modelWhatsApp {
	return &modelWhatsApp{news: make(chan struct{}), phones: map[bridge.Address]*modelPhone{}, weather: map[string]*treatment{}}
}

func (w *modelWhatsApp) touch() {
	close(w.news)
	w.news = make(chan struct{})
}

// write is a client writing to the number.
func (w *modelWhatsApp) write(p *modelPhone, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent++
	w.queue = append(w.queue, modelMessage{id: fmt.Sprintf("3A%04d", w.sent), text: text, from: p, at: time.Now()})
	w.touch()
}

// seen is a phone's receipt for a message of ours.
func (w *modelWhatsApp) seen(p *modelPhone, id string) {
	w.sent++
	w.queue = append(w.queue, modelMessage{id: fmt.Sprintf("3A%04d", w.sent), from: p, at: time.Now(), read: []string{id}})
	w.touch()
}

func (w *modelWhatsApp) connect(in *instance) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.link = in
	w.touch()
}

// after returns the first message that waits behind id ("" for the first of all), or a
// channel that is closed when there may be one. ok is false when another instance
// is connected.
func (w *modelWhatsApp) after(in *instance, id string) (m modelMessage, news chan struct{}, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.link != in {
		return m, nil, false
	}
	for _, m := range w.queue {
		if m.id > id {
			return m, nil, true
		}
	}
	return m, w.news, true
}

func (w *modelWhatsApp) acknowledge(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = slices.DeleteFunc(w.queue, func(m modelMessage) bool { return m.id == id })
	w.touch()
}

func (w *modelWhatsApp) linked(in *instance) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.link == in
}

// take is WhatsApp taking a message from an instance.
func (w *modelWhatsApp) take(in *instance, to bridge.Address, id, text string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.link != in {
		return &bridge.SendError{Certainty: bridge.Blocked, Reason: "WhatsApp is not connected", Outage: true}
	}
	applied, err := strike(w.weather[text])
	if p := w.phones[to]; applied && !p.ids[id] {
		p.ids[id] = true
		p.shown = append(p.shown, text)
		w.seen(p, id)
	}
	return err
}

func strike(t *treatment) (applied bool, err error) {
	if t == nil || t.times == 0 && !t.always {
		return true, nil
	}
	if !t.always {
		t.times--
	}
	return t.applied, new(t.err)
}

// modelDiscord is one guild with one forum.
type modelDiscord struct {
	mu        sync.Mutex
	last      int64             // newest snowflake
	titles    map[string]string // thread -> title
	threads   []string
	messages  map[string][]modelWord
	nonces    map[string]nonced
	weather   map[string]*treatment
	postFirst *treatment
	until     time.Time // away until then
	listeners []*modelGateway
}

type modelWord struct {
	id, text string
	staff    bool
}

// A modelGateway is one session: what it has not handed out yet.
type modelGateway struct {
	in     *instance
	up     bool
	events []bridge.StaffMessage
	news   chan struct{}
}

func newModelDiscord() *modelDiscord {
	return &modelDiscord{
		titles: map[string]string{}, messages: map[string][]modelWord{"ops": nil},
		nonces: map[string]nonced{}, weather: map[string]*treatment{},
	}
}

func (d *modelDiscord) id() string {
	d.last = max(d.last+1, (time.Now().UnixMilli()-1420070400000)<<22)
	return strconv.FormatInt(d.last, 10)
}

func (d *modelDiscord) isAway() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.away()
}

func (d *modelDiscord) away() bool { return time.Now().Before(d.until) }

// write is an agent writing in a thread: whoever listens hears it.
func (d *modelDiscord) write(thread, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := modelWord{d.id(), text, true}
	d.messages[thread] = append(d.messages[thread], m)
	for _, g := range d.listeners {
		if g.up && !d.away() {
			g.events = append(g.events, staffWord(thread, m))
			g.wake()
		}
	}
}

func staffWord(thread string, m modelWord) bridge.StaffMessage {
	return bridge.StaffMessage{ID: m.id, Channel: thread, Author: "sari", Name: "Sari", Roles: []string{agentRole}, Text: m.text, At: time.Now()}
}

func (g *modelGateway) wake() {
	select {
	case g.news <- struct{}{}:
	default:
	}
}

func (d *modelDiscord) listen(in *instance) *modelGateway {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := &modelGateway{in: in, up: true, news: make(chan struct{}, 1)}
	d.listeners = append(d.listeners, g)
	return g
}

// gap cuts every session; what happens until they are back is not told to them.
func (d *modelDiscord) gap() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.cut()
}

func (d *modelDiscord) cut() {
	for _, g := range d.listeners {
		g.up, g.events = false, nil
		g.wake()
	}
	d.listeners = nil
}

func (d *modelDiscord) next(g *modelGateway) (m bridge.StaffMessage, some, up bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !g.up || len(g.events) == 0 {
		return m, false, g.up
	}
	m, g.events = g.events[0], g.events[1:]
	return m, true, true
}

// history is REST: what was written in a thread after a message.
func (d *modelDiscord) history(thread, after string) (page []bridge.StaffMessage) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.messages[thread] {
		if m.staff && (len(m.id) > len(after) || m.id > after) {
			page = append(page, staffWord(thread, m))
		}
	}
	return page
}

func (d *modelDiscord) all() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.threads)
}

// about returns the threads whose title names a client.
func (d *modelDiscord) about(name string) (threads []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range d.threads {
		if strings.Contains(d.titles[id], name) {
			threads = append(threads, id)
		}
	}
	return threads
}

// clientWords are what a thread shows of a client's words; a placeholder stands for
// what could not be shown.
func (d *modelDiscord) clientWords(thread, name string) (words []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.messages[thread] {
		if text, ok := strings.CutPrefix(m.text, "**"+name+":** "); ok && !m.staff {
			words = append(words, text)
		} else if strings.HasPrefix(m.text, "⚠️ Pesan") {
			words = append(words, "⚠️")
		}
	}
	return words
}

// ownWords are all texts of the bot in a thread: each is there once.
func (d *modelDiscord) ownWords(thread string) (words []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.messages[thread] {
		if !m.staff && m.text != "" {
			words = append(words, m.text)
		}
	}
	return words
}

// wire is how an instance reaches both networks: a process that is gone reaches
// nothing, one that is frozen comes too late.
type wire struct {
	bridge.Board // what the scenario never asks for
	in           *instance
}

func (w wire) reach(ctx context.Context) error {
	if err := w.in.gate(); err != nil {
		return err
	}
	if w.in.s.ablation.noDeadline {
		return nil
	}
	return ctx.Err()
}

type modelSender struct {
	bridge.Phone
	in *instance
}

func (p modelSender) Ready() bool { return p.in.alive() && p.in.s.wa.linked(p.in) }

func (p modelSender) Send(ctx context.Context, to bridge.Address, id string, o bridge.Outgoing) error {
	if err := p.in.hit("w.pre-send"); err != nil {
		return err
	}
	if err := (wire{in: p.in}).reach(ctx); err != nil {
		return err
	}
	err := p.in.s.wa.take(p.in, to, id, o.Text)
	if hit := p.in.hit("w.sent"); hit != nil {
		return hit
	}
	return err
}

func (modelSender) MarkRead(context.Context, bridge.Address, []string, time.Time) error { return nil }

func (w wire) Ready() bool {
	d := w.in.s.dc
	d.mu.Lock()
	defer d.mu.Unlock()
	return w.in.alive() && !d.away()
}

func (w wire) CreatePost(ctx context.Context, p bridge.Post) (string, error) {
	if err := w.reach(ctx); err != nil {
		return "", err
	}
	d := w.in.s.dc
	d.mu.Lock()
	defer d.mu.Unlock()
	applied, err := strike(d.postFirst)
	id := ""
	if applied {
		id = d.id()
		d.titles[id] = p.Title
		d.threads = append(d.threads, id)
		d.messages[id] = []modelWord{{id: id}}
	}
	if err != nil {
		return "", err
	}
	return id, nil
}

func (w wire) FindPost(ctx context.Context, _, prefix string) (string, error) {
	if err := w.reach(ctx); err != nil {
		return "", err
	}
	d := w.in.s.dc
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range d.threads {
		if strings.HasPrefix(d.titles[id], prefix) {
			return id, nil
		}
	}
	return "", nil
}

func (w wire) Update(ctx context.Context, _ string, _ bridge.Message) error { return w.reach(ctx) }
func (w wire) Delete(ctx context.Context, _, _ string) error                { return w.reach(ctx) }

func (w wire) Say(ctx context.Context, m bridge.Message) (string, error) {
	if err := w.reach(ctx); err != nil {
		return "", err
	}
	d := w.in.s.dc
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away() {
		return "", &bridge.SendError{Certainty: bridge.NotSent, Reason: "Discord is away", Outage: true}
	}
	if n, ok := d.nonces[m.Nonce]; ok && m.Nonce != "" && time.Since(n.at) < time.Minute {
		return n.id, nil
	}
	_, text, _ := strings.Cut(m.Content, ":** ")
	t := d.weather[text]
	struck := t != nil && (t.times != 0 || t.always)
	applied, err := strike(t)
	id := ""
	if applied {
		id = d.id()
		d.nonces[m.Nonce] = nonced{id, time.Now()}
		d.messages[m.Channel] = append(d.messages[m.Channel], modelWord{id: id, text: m.Content})
	}
	if struck && t.away > 0 {
		d.until = time.Now().Add(t.away)
		d.cut()
	}
	if err != nil {
		return "", err
	}
	return id, nil
}

func (w wire) FindMessage(ctx context.Context, channel, after, content string) (string, error) {
	if err := w.reach(ctx); err != nil {
		return "", err
	}
	d := w.in.s.dc
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.messages[channel] {
		if m.text == content && (len(m.id) > len(after) || len(m.id) == len(after) && m.id > after) {
			return m.id, nil
		}
	}
	return "", nil
}

func (w wire) React(ctx context.Context, _, _, _ string, _ bool) error { return w.reach(ctx) }

func (w wire) Arrange(ctx context.Context, _ string, _ bridge.PostState) error { return w.reach(ctx) }
func (w wire) Settle(ctx context.Context, _, _ string, _ bool) error           { return w.reach(ctx) }

func (w wire) Edit(ctx context.Context, _, _, _ string) error { return w.reach(ctx) }

func (w wire) Conclude(ctx context.Context, _, _, _ string) error { return w.reach(ctx) }

// CatchUp has the instance read a thread that was not known as ours.
func (w wire) CatchUp(thread string) {
	select {
	case w.in.unread <- thread:
	default:
		panic("more threads than the scenario has")
	}
}

var errNotAcknowledged = errors.New("not acknowledged")
