package desk

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/store/storetest"
)

// A stage is both networks on loopback, an agent, and the configuration of a desk
// between them.
type stage struct {
	cfg      Config
	whatsapp *whatsapptest.Network
	discord  *discordtest.Server
	sari     *discordtest.Member
}

// quiet takes away what a desk does by itself, and what makes it wait: for stories of
// the bridge, and for measuring it.
func quiet(cfg *Config) {
	closed, err := calendar.New(calendar.Plan{Zone: cfg.Zone})
	if err != nil {
		panic(err)
	}
	cfg.Calendar = closed
	cfg.Replies = Pace{}
	cfg.Greet = bridge.GreetNever
	cfg.Panel = false
	cfg.Undo = 0
	cfg.Flood = bridge.Flood{}
	cfg.Policy.ReopenWithin = 0 // who writes after closing opens the next ticket
}

// newStage sets up Discord by Setup and pairs the phone by its QR code.
func newStage(t *testing.T, onDiscord discordtest.Options) stage {
	t.Helper()
	s := stage{
		cfg:      Default(),
		whatsapp: whatsapptest.Start(t, whatsapptest.Options{BusinessPhone: "6281100000001", BusinessName: "HaloERZAP"}),
		discord:  discordtest.Start(t, onDiscord),
	}
	quiet(&s.cfg)
	s.cfg.Data = t.TempDir()
	s.cfg.DiscordToken = NewSecret(s.discord.Token())
	s.cfg.DiscordGuild = s.discord.GuildID()
	s.cfg.DiscordEndpoint = s.discord.URL()
	s.cfg.WhatsAppEndpoint = s.whatsapp.URL()
	key := s.whatsapp.RootKey()
	s.cfg.WhatsAppRootKey = key[:]
	if err := Setup(t.Context(), s.cfg, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if err := Pair(t.Context(), s.cfg, Options{}, func(code string) {
		if err := s.whatsapp.Pair(t.Context(), code); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	s.sari = s.discord.AddMember("sari", "CS Agent")
	return s
}

// A world is a desk on a stage.
type world struct {
	stage
	t        *testing.T
	redis    Redis
	keeps    bool // what the store is told
	desk     *Desk
	logs     *observer.ObservedLogs
	expected []string // parts of announced errors
	fail     bridge.Failpoint
	haste    time.Duration // of the gate and the incidents
	end      func()
}

// newWorld is a running desk.
func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, nil)
}

func newWorldWith(t *testing.T, fail bridge.Failpoint) *world {
	t.Helper()
	client, shut := storetest.NewMemory()
	t.Cleanup(shut)
	return newWorldOn(t, newStage(t, discordtest.Options{}), client, false, fail)
}

// newWorldOn is a desk on a given store, which keeps what it is told or not; nil for
// a redis-server of its own.
func newWorldOn(t *testing.T, on stage, client Redis, keeps bool, fail bridge.Failpoint) *world {
	t.Helper()
	w := &world{stage: on, t: t, redis: client, keeps: keeps, fail: fail, haste: 20}
	w.start()
	t.Cleanup(func() {
		w.stop()
		for _, e := range w.logs.All() {
			if e.Level >= zapcore.ErrorLevel && !slices.ContainsFunc(w.expected, func(s string) bool { return strings.Contains(e.Message, s) }) {
				t.Errorf("unannounced error in the log: %s %v", e.Message, e.ContextMap())
			}
		}
		if client != nil {
			storetest.Check(t, client, "halo")
		}
	})
	return w
}

// start runs the desk and waits until it is ready.
func (w *world) start() {
	w.t.Helper()
	w.begin()
	w.eventually("a ready desk", func() bool { return w.desk.Status().Up() && len(w.discord.Commands()) > 0 })
}

// begin runs the desk.
func (w *world) begin() {
	w.t.Helper()
	core, logs := observer.New(zapcore.DebugLevel)
	w.logs = logs
	d, err := New(w.cfg, Options{Log: zap.New(core), Redis: w.redis, KeepsNothing: !w.keeps, Failpoint: w.fail})
	if err != nil {
		w.t.Fatal(err)
	}
	d.haste = w.haste
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- d.Run(ctx) }()
	w.desk = d
	w.end = sync.OnceFunc(func() {
		cancel()
		if err := <-over; err != nil {
			w.t.Errorf("desk: %v", err)
		}
	})
}

func (w *world) stop() { w.end() }

func (w *world) dump() {
	for _, e := range w.logs.All() {
		w.t.Logf("%s %s %s %v", e.Level, e.LoggerName, e.Message, e.ContextMap())
	}
}

// post waits for the only forum post and returns its thread id.
func (w *world) post() string {
	w.t.Helper()
	var id string
	w.eventually("a forum post", func() bool {
		for _, c := range w.discord.Channels() {
			if c.Thread() {
				id = c.ID
			}
		}
		return id != ""
	})
	return id
}

// How long a wait goes on: while something happens, until nothing has for a while. A
// slow machine takes as long as it needs.
const (
	stillness = time.Minute
	longest   = 5 * time.Minute
)

// eventually waits until ok, as long as there is traffic on one of the networks.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	changed, unsubscribe := w.discord.Subscribe()
	defer unsubscribe()
	phones, unsubscribe2 := w.whatsapp.Subscribe()
	defer unsubscribe2()
	still, limit := time.NewTimer(stillness), time.After(longest)
	defer still.Stop()
	for !ok() {
		select {
		case <-still.C:
			w.dump()
			w.t.Fatalf("waited in vain for %s", what)
		case <-limit:
			w.dump()
			w.t.Fatalf("waited in vain for %s, though something happens all the time", what)
		case <-changed:
			still.Reset(stillness)
		case <-phones:
			still.Reset(stillness)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (w *world) thread(id string) []string {
	var all []string
	for _, m := range w.discord.Messages(id) {
		if !m.Deleted && m.Content != "" {
			all = append(all, m.Content)
		}
	}
	return all
}

func screen(p *whatsapptest.Phone) []string {
	var all []string
	for _, m := range p.Screen() {
		who := "halo: "
		if m.FromMe {
			who = "me: "
		}
		all = append(all, who+m.Text)
	}
	return all
}

func TestMainStoryOverBothWires(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana Wijaya"})
	if _, err := ana.Send("halo, *stok* tidak cocok"); err != nil {
		t.Fatal(err)
	}
	id := w.post()
	auto := w.cfg.Texts["auto_text"]
	w.eventually("the auto-text", func() bool { return slices.Contains(screen(ana), "halo: "+auto) })
	w.eventually("the message in the thread", func() bool { return slices.Contains(w.thread(id), "**Ana Wijaya:** halo, **stok** tidak cocok") })

	m, err := w.sari.Post(id, "Baik kak, **kami cek** dulu", discordtest.PostOptions{})
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("the answer on the phone", func() bool { return slices.Contains(screen(ana), "halo: Baik kak, *kami cek* dulu") })
	w.eventually("the sent mark", func() bool { return marked(w, m.ID, "☑️") || marked(w, m.ID, "✅") })
	ana.MarkRead()
	w.eventually("the read mark", func() bool { return marked(w, m.ID, "👀") })

	if _, err := ana.Send("terima kasih"); err != nil {
		t.Fatal(err)
	}
	w.eventually("the second message", func() bool { return slices.Contains(w.thread(id), "**Ana Wijaya:** terima kasih") })
	want := []string{"me: halo, *stok* tidak cocok", "halo: " + auto, "halo: Baik kak, *kami cek* dulu", "me: terima kasih"}
	if got := screen(ana); !slices.Equal(got, want) {
		t.Errorf("the phone shows\n%q\nwant\n%q", got, want)
	}
	for _, m := range ana.Screen() {
		if !m.FromMe && m.Deliveries != 1 {
			t.Errorf("%q was delivered %d times", m.Text, m.Deliveries)
		}
	}

	answer, err := w.sari.Command(t.Context(), id, "ticket close", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("close answered %+v", answer)
	w.eventually("the archive", func() bool {
		for _, c := range w.discord.Channels() {
			if c.ID == id {
				return c.Archived && slices.Contains(c.Tags, "closed")
			}
		}
		return false
	})
}

func marked(w *world, message, emoji string) bool {
	m, ok := w.discord.Message(message)
	return ok && m.Reacted(emoji, "halo")
}

// A restart in the middle loses nothing and repeats nothing.
func TestRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
	if _, err := ana.Send("satu"); err != nil {
		t.Fatal(err)
	}
	id := w.post()
	w.eventually("the first message", func() bool { return slices.Contains(w.thread(id), "**Ana:** satu") })
	w.stop()
	if _, err := ana.Send("dua"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.sari.Post(id, "selagi mati", discordtest.PostOptions{}); err != nil {
		t.Fatal(err)
	}
	w.start()
	w.eventually("what was written meanwhile", func() bool {
		return slices.Contains(w.thread(id), "**Ana:** dua") && slices.Contains(screen(ana), "halo: selagi mati")
	})
	if got := strings.Count(strings.Join(screen(ana), "\n"), w.cfg.Texts["auto_text"]); got != 1 {
		t.Errorf("%d auto-texts, want one", got)
	}
}

func TestAnotherNetworkIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	w.cfg.WhatsAppRootKey, _ = hex.DecodeString(strings.Repeat("ab", 32))
	d, err := New(w.cfg, Options{Redis: w.redis, KeepsNothing: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "another WhatsApp network") {
		t.Errorf("Run answered %v, want a refusal", err)
	}
}

func TestSetupProblemsAreSentences(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stop()
	w.discord.RemoveChannel(w.discord.ChannelID("halo-ops"))
	w.discord.DenyIntents(discordtest.IntentMessageContent)
	d, err := New(w.cfg, Options{Redis: w.redis, KeepsNothing: true})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Run(t.Context())
	p, ok := errors.AsType[SetupProblem](err)
	if !ok || len(p) != 2 || !strings.Contains(err.Error(), "Message Content") || !strings.Contains(err.Error(), "halo-ops") {
		t.Errorf("Run answered %v, want two problems", err)
	}
}

// The making of a post is not confirmed, and an agent is quick: the post is
// recognised, there is no second one, and the answer reaches the client.
func TestAnswerInAPostNotYetConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ana := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
	w.discord.Inject(discordtest.Failure{Route: "POST /channels/{channel_id}/threads", N: 1, Lost: true, Applied: true})
	if _, err := ana.Send("halo"); err != nil {
		t.Fatal(err)
	}
	id := w.post()
	if _, err := w.sari.Post(id, "saya lihat dulu", discordtest.PostOptions{}); err != nil {
		t.Fatal(err)
	}
	w.eventually("the answer on the phone", func() bool { return slices.Contains(screen(ana), "halo: saya lihat dulu") })
	w.eventually("the client's words", func() bool { return slices.Contains(w.thread(id), "**Ana:** halo") })
	if n := len(w.discord.Posts(w.discord.ChannelID("halo-desk"))); n != 1 {
		t.Errorf("%d posts, want one", n)
	}
}
