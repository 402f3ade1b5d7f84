package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/haloerzap/halo/bridge/bridgetest"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// A behind is a listener that gives out the address of the proxy before it, so that a
// server tells its clients that one.
type behind struct {
	net.Listener
	front net.Addr
}

func (b behind) Addr() net.Addr { return b.front }

// newBehind makes a listener and the proxy before it.
func newBehind(t testing.TB, name string) (behind, *toxiproxy.Proxy) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := newProxy(t, name, l.Addr().String())
	front, err := net.ResolveTCPAddr("tcp", p.Listen)
	if err != nil {
		t.Fatal(err)
	}
	return behind{l, front}, p
}

func newProxy(t testing.TB, name, target string) *toxiproxy.Proxy {
	t.Helper()
	zerolog.SetGlobalLevel(zerolog.Disabled) // toxics have a logger of their own
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(server, name, "127.0.0.1:0", target)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

// A front is bad weather between the program and one of its neighbours.
type front struct {
	name string
	json string // of the toxic; "" for an outage
}

var fronts = []front{
	{"latency", `{"name":"x","type":"latency","stream":"downstream","attributes":{"latency":120,"jitter":100}}`},
	{"slow requests", `{"name":"x","type":"latency","stream":"upstream","attributes":{"latency":200,"jitter":150}}`},
	{"resets", `{"name":"x","type":"reset_peer","stream":"downstream","attributes":{"timeout":80}}`},
	{"lost answers", `{"name":"x","type":"timeout","stream":"downstream","attributes":{"timeout":0}}`},
	{"lost requests", `{"name":"x","type":"timeout","stream":"upstream","attributes":{"timeout":0}}`},
	{"slow close", `{"name":"x","type":"slow_close","stream":"downstream","attributes":{"delay":500}}`},
	{"bandwidth", `{"name":"x","type":"bandwidth","stream":"downstream","attributes":{"rate":8}}`},
	{"slices", `{"name":"x","type":"slicer","stream":"downstream","attributes":{"average_size":40,"size_variation":20,"delay":2000}}`},
	{"limit", `{"name":"x","type":"limit_data","stream":"downstream","attributes":{"bytes":3000}}`},
	{"outage", ""},
}

// blow lets a front pass over a proxy.
func (f front) blow(t testing.TB, p *toxiproxy.Proxy, d time.Duration) {
	t.Helper()
	if f.json == "" {
		p.Stop()
		time.Sleep(d)
		if err := p.Start(); err != nil {
			t.Errorf("proxy comes back: %v", err)
		}
		return
	}
	if _, err := p.Toxics.AddToxicJson(strings.NewReader(f.json)); err != nil {
		t.Errorf("add %s: %v", f.name, err)
		return
	}
	time.Sleep(d)
	p.Toxics.ResetToxics(context.Background())
	if strings.HasPrefix(f.name, "lost") {
		// What was swallowed never comes: a stream with a hole in it is not one that
		// TCP would deliver.
		p.Stop()
		if err := p.Start(); err != nil {
			t.Errorf("proxy comes back: %v", err)
		}
	}
}

// A climate is a city whose three links can be troubled.
type climate struct {
	*city
	redis *ownRedis
	links []*toxiproxy.Proxy // to Redis, Discord, WhatsApp
}

func newClimate(t testing.TB) *climate {
	t.Helper()
	wa, toWhatsApp := newBehind(t, "whatsapp")
	dc, toDiscord := newBehind(t, "discord")
	c := newCityOn(t, whatsapptest.Options{Listener: wa}, discordtest.Options{Listener: dc})
	server := newRedis(t, "always")
	toRedis := newProxy(t, "redis", server.address())
	c.env = append(c.env, "HALO_REDIS_URL=redis://"+toRedis.Listen)
	return &climate{city: c, redis: server, links: []*toxiproxy.Proxy{toRedis, toDiscord, toWhatsApp}}
}

// storms lets one front after the other pass over links drawn by lot, until ctx ends,
// and returns how many.
func (c *climate) storms(ctx context.Context, random *rand.Rand, least, most time.Duration) (n int) {
	for ctx.Err() == nil {
		link := c.links[random.IntN(len(c.links))]
		fronts[random.IntN(len(fronts))].blow(c.t, link, least+time.Duration(random.Int64N(int64(most-least))))
		n++
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(random.IntN(500)) * time.Millisecond):
		}
	}
	return n
}

// The network between the program and Redis, Discord and WhatsApp is slow, resets,
// loses answers and goes away: nothing is lost, repeated or out of order.
func TestBadNetwork(t *testing.T) {
	t.Parallel()
	random := chaosSeed(t)
	c := newClimate(t)
	c.prepare()
	k := c.keep()
	if !k.ready() {
		t.Fatalf("halo run is not ready:\n%s", k.now().log)
	}
	w := newCrowd(t, c.city, 5)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	var talk sync.WaitGroup
	talkers := rand.New(rand.NewPCG(random.Uint64(), 0))
	talk.Go(func() { w.talk(ctx, talkers, 30) })
	n := c.storms(ctx, random, 200*time.Millisecond, 1500*time.Millisecond)
	talk.Wait()
	if found := w.settled(); len(found) > 0 {
		t.Errorf("%s\n%s", bridgetest.Report(found), k.now().log)
	}
	log := k.end(syscall.SIGTERM)
	for _, line := range failures(log, "nothing more is taken in") {
		t.Errorf("unannounced error in the log: %s", line)
	}
	t.Log(fmt.Sprint(w.written.Load(), " messages, ", n, " fronts"))
}
