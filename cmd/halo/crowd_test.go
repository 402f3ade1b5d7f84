package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/bridgetest"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// chaosSeed is printed; HALO_TEST_SEED repeats a test's choices.
func chaosSeed(t testing.TB) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s, err := strconv.ParseUint(os.Getenv("HALO_TEST_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("HALO_TEST_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// soakFor is how long make soak wants a test to go on; the test is skipped without.
func soakFor(t testing.TB) time.Duration {
	t.Helper()
	soak, err := time.ParseDuration(os.Getenv("HALO_TEST_SOAK"))
	if err != nil {
		t.Skip("as long as you like: make soak")
	}
	return soak
}

// A crowd writes to the desk and is answered, whatever happens to the desk meanwhile.
// It remembers who wrote what.
type crowd struct {
	t       testing.TB
	c       *city
	sari    *discordtest.Member
	auto    string
	people  []*person
	written atomic.Int64
}

type person struct {
	phone  *whatsapptest.Phone
	thread string // of the first post

	mu             sync.Mutex
	said, answered []string    // guarded by mu
	saidAt, toldAt []time.Time // when each was written; guarded by mu
}

// newCrowd adds so many clients and has each open a ticket.
func newCrowd(t testing.TB, c *city, clients int) *crowd {
	t.Helper()
	w := &crowd{t: t, c: c, sari: c.discord.AddMember("sari", "CS Agent")}
	for i := range clients {
		p := &person{phone: c.whatsapp.AddCustomer(whatsapptest.Customer{
			Phone: fmt.Sprintf("62812%07d", i), Name: fmt.Sprintf("Klien%dx", i), Devices: 1 + i%2,
			Addressing: []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber}[i%2],
		})}
		w.people = append(w.people, p)
		w.say(p)
	}
	if !c.await(func() bool {
		for _, p := range w.people {
			if posts := w.posts(p); len(posts) > 0 && len(p.phone.Received()) > 0 {
				p.thread = posts[0]
			} else {
				return false
			}
		}
		return true
	}) {
		t.Fatal("not every client has a thread and the auto-text")
	}
	w.auto = w.people[0].phone.Received()[0].Text
	return w
}

// poll asks until ok, for what has nothing to do with the networks.
func poll(most time.Duration, ok func() bool) bool {
	limit := time.After(most)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-limit:
			return false
		case <-tick.C:
		}
	}
	return true
}

func (w *crowd) posts(p *person) (ids []string) {
	for _, post := range w.c.discord.Posts(w.c.discord.ChannelID("halo-desk")) {
		if strings.Contains(post.Name, p.phone.Name()) {
			ids = append(ids, post.ID)
		}
	}
	return ids
}

// say is a client writing the next message.
func (w *crowd) say(p *person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("masuk %d", len(p.said))
	if _, err := p.phone.Send(text); err != nil {
		w.t.Errorf("%s writes: %v", p.phone.Name(), err)
		return
	}
	p.said = append(p.said, text)
	p.saidAt = append(p.saidAt, time.Now())
	w.written.Add(1)
}

// answer is the agent writing the next answer.
func (w *crowd) answer(p *person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text := fmt.Sprintf("keluar %d", len(p.answered))
	if _, err := w.sari.Post(p.thread, text, discordtest.PostOptions{}); err != nil {
		w.t.Errorf("answer %s: %v", p.phone.Name(), err)
		return
	}
	p.answered = append(p.answered, text)
	p.toldAt = append(p.toldAt, time.Now())
	w.written.Add(1)
}

// mostAtSpeed is after how many messages a crowd writes at a tenth of its speed, but for
// make soak: what piles up while a slow machine starts the program again has to leave.
const mostAtSpeed = 800

// talk lets the crowd write so many messages a second, from both sides, until ctx ends.
func (w *crowd) talk(ctx context.Context, random *rand.Rand, perSecond int) {
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if w.written.Load() > mostAtSpeed && os.Getenv("HALO_TEST_SOAK") == "" && random.IntN(10) > 0 {
			continue
		}
		p := w.people[random.IntN(len(w.people))]
		if random.IntN(2) == 0 {
			w.say(p)
		} else {
			w.answer(p)
		}
		if random.IntN(20) == 0 {
			p.phone.MarkRead()
		}
	}
}

// check is what is wrong with the conversations so far.
func (w *crowd) check() (found []bridgetest.Violation) {
	for _, p := range w.people {
		found = append(found, w.checkOne(p)...)
	}
	return found
}

func (w *crowd) checkOne(p *person) []bridgetest.Violation {
	posts := w.posts(p)
	p.mu.Lock()
	talk := bridgetest.Talk{Client: p.phone.Name(), Said: p.said, Answered: p.answered, Posts: len(posts)}
	p.mu.Unlock()
	for _, id := range posts {
		for _, m := range w.c.discord.Messages(id) {
			if text, ok := strings.CutPrefix(m.Content, "**"+talk.Client+":** "); ok && !m.Deleted {
				talk.Thread = append(talk.Thread, text)
			}
		}
	}
	for _, m := range p.phone.Received() {
		talk.Phone = append(talk.Phone, m.Text)
	}
	return talk.Check(w.auto)
}

// settled waits until everything written is where it belongs, as long as something
// happens, and returns what is not.
func (w *crowd) settled() []bridgetest.Violation {
	left := w.people
	w.c.await(func() bool {
		for len(left) > 0 && len(w.checkOne(left[0])) == 0 {
			left = left[1:]
		}
		return len(left) == 0
	})
	w.c.await(func() bool { // what comes twice comes now
		return w.c.whatsapp.Unacked() == 0 && w.c.whatsapp.Quiet() && w.c.discord.InFlight() == 0
	})
	return w.check()
}

// delays are how long everything written took to arrive, shortest first.
func (w *crowd) delays() (all []time.Duration) {
	for _, p := range w.people {
		for _, id := range w.posts(p) {
			for _, m := range w.c.discord.Messages(id) {
				if n, ok := lastNumber(m.Content, ":** masuk "); ok && n < len(p.saidAt) {
					all = append(all, m.At.Sub(p.saidAt[n]))
				}
			}
		}
		for _, m := range p.phone.Received() {
			if n, ok := lastNumber(m.Text, "keluar "); ok && n < len(p.toldAt) {
				all = append(all, m.Time.Sub(p.toldAt[n]))
			}
		}
	}
	slices.Sort(all)
	return all
}

func lastNumber(text, before string) (int, bool) {
	_, rest, ok := strings.Cut(text, before)
	n, err := strconv.Atoi(rest)
	return n, ok && err == nil
}
