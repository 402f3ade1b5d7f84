package desk

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// The steps of the delivery protocol at which this process may die, by the names
// of the reference: to Discord (d), from Discord (dc), to WhatsApp (w), from
// WhatsApp (wa).
var crashPoints = []string{
	"wa.recv", "wa.decrypted", "wa.persisted",
	"d.claimed", "d.begun", "d.pre-post", "d.posted", "d.committed",
	"dc.recv", "dc.persisted",
	"w.claimed", "w.begun", "w.pre-post", "w.pre-send", "w.sent", "w.posted", "w.committed", "w.receipt",
}

// A crash is a failpoint that stops everything from its nth hit on: whatever
// passes a step afterwards stops there too, as in a process that is gone.
type crash struct {
	mu    sync.Mutex
	point string
	n     int
	dead  bool
	over  chan struct{}
}

var errCrash = errors.New("crashed here")

func (c *crash) hit(point string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		return errCrash
	}
	if point != c.point {
		return nil
	}
	if c.n--; c.n > 0 {
		return nil
	}
	c.dead = true
	close(c.over)
	return errCrash
}

// A crash at any step, with a conversation in both directions under way, loses
// nothing, repeats nothing and keeps the order.
func TestCrashAnywhere(t *testing.T) {
	for i, point := range crashPoints {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			c := &crash{point: point, n: 1 + i%3, over: make(chan struct{})}
			w := newWorldWith(t, c.hit)
			ana := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
			say := func(s string) {
				t.Helper()
				if _, err := ana.Send(s); err != nil {
					t.Fatal(err)
				}
			}
			say("masuk 0")
			w.eventually("a post, or the crash", func() bool {
				select {
				case <-c.over:
					return true
				default:
					return len(w.discord.Posts(w.discord.ChannelID("halo-desk"))) > 0
				}
			})
			say("masuk 1")
			say("masuk 2")
			for _, post := range w.discord.Posts(w.discord.ChannelID("halo-desk")) {
				for _, s := range []string{"keluar 0", "keluar 1", "keluar 2"} {
					if _, err := w.sari.Post(post.ID, s, discordtest.PostOptions{}); err != nil {
						t.Fatal(err)
					}
				}
			}
			ana.MarkRead()
			w.eventually("the crash", func() bool {
				select {
				case <-c.over:
					return true
				default:
					return len(screen(ana)) >= 3+1+3 // everything arrived without passing the step often enough
				}
			})
			w.stop()
			w.fail = nil
			w.start()
			id := w.post()
			if !slices.Contains(w.thread(id), "keluar 0") {
				for _, s := range []string{"keluar 0", "keluar 1", "keluar 2"} {
					if _, err := w.sari.Post(id, s, discordtest.PostOptions{}); err != nil {
						t.Fatal(err)
					}
				}
			}
			say("masuk 3")
			w.eventually("everything", func() bool {
				return slices.Contains(w.thread(id), "**Ana:** masuk 3") && slices.Contains(screen(ana), "halo: keluar 2")
			})
			thread := slices.DeleteFunc(w.thread(id), func(s string) bool { return s[:2] != "**" })
			if want := []string{"**Ana:** masuk 0", "**Ana:** masuk 1", "**Ana:** masuk 2", "**Ana:** masuk 3"}; !slices.Equal(thread, want) {
				t.Errorf("the thread shows %q", thread)
			}
			auto := "halo: " + w.cfg.Texts["auto_text"]
			var phone []string
			autos := 0
			for _, s := range screen(ana) {
				if s == auto {
					autos++
				} else if s[:4] == "halo" {
					phone = append(phone, s)
				}
			}
			if want := []string{"halo: keluar 0", "halo: keluar 1", "halo: keluar 2"}; !slices.Equal(phone, want) || autos != 1 {
				t.Errorf("the phone shows %q and %d auto-texts", phone, autos)
			}
			if posts := w.discord.Posts(w.discord.ChannelID("halo-desk")); len(posts) != 1 {
				t.Errorf("%d posts, want one", len(posts))
			}
		})
	}
}
