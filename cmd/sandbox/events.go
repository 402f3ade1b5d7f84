package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// A hub tells open pages what changed. It watches both networks; changes that
// come together are told together.
type hub struct {
	s *sandbox
	// moves counts what happened on either network.
	moves atomic.Int64

	mu       sync.Mutex
	dirty    map[dirt]bool // what changed since the last round; the value says that it is a new message
	wake     chan struct{} // holds one
	watchers map[chan []byte]struct{}
	told     map[string][]byte // the last of each kind that was told
}

// dirt names something that may have changed: a part, or one of its channels.
type dirt struct{ part, id string }

var (
	allOfState = dirt{part: "state"}
	allPhones  = dirt{part: "phones"}
)

func newHub(s *sandbox) *hub {
	return &hub{s: s, dirty: map[dirt]bool{}, wake: make(chan struct{}, 1), watchers: map[chan []byte]struct{}{}, told: map[string][]byte{}}
}

const (
	// together is how long changes are gathered.
	together = 20 * time.Millisecond
	// lookAgain is how often links are looked at; they give no sign.
	lookAgain = 500 * time.Millisecond
	// mostBehind is how many events a page may be behind before it is dropped:
	// its EventSource comes back and loads everything anew.
	mostBehind = 256
)

// changed notes that something may look different.
func (h *hub) changed(what dirt) { h.note(what, false) }

func (h *hub) note(what dirt, news bool) {
	h.mu.Lock()
	h.dirty[what] = h.dirty[what] || news
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// run watches until ctx ends.
func (h *hub) run(ctx context.Context) {
	var watching sync.WaitGroup
	defer watching.Wait()
	phones, stopPhones := h.s.whatsapp.Subscribe()
	defer stopPhones()
	channels, stopChannels := h.s.discord.Subscribe()
	defer stopChannels()
	watching.Go(func() { h.watchPhones(ctx, phones) })
	watching.Go(func() { h.watchChannels(ctx, channels) })
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			h.note(allOfState, false)
		case <-h.wake:
		}
		h.tell()
		select {
		case <-ctx.Done():
			return
		case <-time.After(together):
		}
	}
}

func (h *hub) watchPhones(ctx context.Context, changes <-chan struct{}) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes:
			h.moves.Add(1)
			h.changed(allPhones)
			h.changed(allOfState)
		}
	}
}

func (h *hub) watchChannels(ctx context.Context, changes <-chan discordtest.Change) {
	for {
		select {
		case <-ctx.Done():
			return
		case c, open := <-changes:
			if !open {
				return
			}
			h.moves.Add(1)
			switch c.Kind {
			case "message", "edit", "delete", "reaction", "answer":
				h.note(dirt{"channel", c.Channel}, c.Kind == "message" && !h.whispered(c.Message))
			case "channel", "role", "member":
				h.changed(allOfState)
			case "typing":
				h.send(event("typing", map[string]any{"channel": c.Channel}))
			}
		}
	}
}

// whispered reports a message that only one person sees.
func (h *hub) whispered(id string) bool {
	m, known := h.s.discord.Message(id)
	return known && m.Ephemeral
}

// tell sends what really changed to every page.
func (h *hub) tell() {
	h.mu.Lock()
	dirty := h.dirty
	h.dirty = map[dirt]bool{}
	watched := len(h.watchers) > 0
	if !watched {
		clear(h.told)
	}
	h.mu.Unlock()
	if !watched {
		return
	}
	for what, news := range dirty {
		switch what.part {
		case "state":
			h.tellState()
		case "phones":
			for _, p := range h.s.whatsapp.Phones() {
				h.tellIf("phone", p.Number(), p.Screen(), map[string]any{"phone": p.Number()})
			}
		case "channel":
			h.send(event("channel", map[string]any{"channel": what.id, "news": news}))
		}
	}
}

func (h *hub) tellState() {
	channels := h.s.channels()
	h.tellIf("channels", "", channels, channels)
	state := h.s.state()
	fixed := state
	// The clock always runs; pages run it on by themselves, unless it was moved.
	fixed.Clock.Now = time.Unix(0, h.s.clock.offset.Load())
	h.tellIf("state", "", fixed, state)
}

// tellIf sends message as an event unless looks is as it was.
func (h *hub) tellIf(kind, id string, looks, message any) {
	data, err := json.Marshal(looks)
	if err != nil {
		return
	}
	h.mu.Lock()
	same := bytes.Equal(h.told[kind+id], data)
	h.told[kind+id] = data
	h.mu.Unlock()
	if !same {
		h.send(event(kind, message))
	}
}

func event(kind string, message any) []byte {
	data, err := json.Marshal(message)
	if err != nil {
		return nil
	}
	return fmt.Appendf(nil, "event: %s\ndata: %s\n\n", kind, data)
}

func (h *hub) send(event []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w := range h.watchers {
		select {
		case w <- event:
		default:
			delete(h.watchers, w)
			close(w)
		}
	}
}

func (h *hub) subscribe() (events <-chan []byte, stop func()) {
	w := make(chan []byte, mostBehind)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.watchers[w] = struct{}{}
	return w, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if _, there := h.watchers[w]; there {
			delete(h.watchers, w)
			close(w)
		}
	}
}

// alive is how often an idle stream says something.
const alive = 15 * time.Second

// serveEvents streams changes as server-sent events until the page goes away.
func (s *sandbox) serveEvents(w http.ResponseWriter, r *http.Request) {
	events, stop := s.hub.subscribe()
	defer stop()
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	write := func(data []byte) bool {
		_, err := w.Write(data)
		return err == nil && out.Flush() == nil
	}
	if !write([]byte("retry: 1000\n\n")) {
		return
	}
	s.hub.changed(allOfState)
	tick := time.NewTicker(alive)
	defer tick.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case event, open := <-events:
			if !open || !write(event) {
				return
			}
		case <-tick.C:
			if !write([]byte(": still here\n\n")) {
				return
			}
		}
	}
}
