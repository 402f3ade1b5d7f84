package desk

import (
	"context"
	"fmt"
	"math"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/store/storetest"
)

// A rig is a desk under measurement: both networks on loopback in this process,
// a redis-server child that has every write on disk before it answers, the reply
// pace off. Discord's limits are off until a benchmark sets them.
type rig struct {
	b        *testing.B
	cfg      Config
	whatsapp *whatsapptest.Network
	discord  *discordtest.Server
	sari     *discordtest.Member
	redis    Redis // nil for a child of the desk
	desk     *Desk
	stop     func()
}

func newRig(b *testing.B) *rig {
	b.Helper()
	return newRigOn(b, nil, Strict)
}

// newRigOn is newRig on a Redis that is there already, with what is asked of it.
func newRigOn(b *testing.B, redis Redis, promise Promise) *rig {
	b.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		b.Skip("redis-server is not installed: make tools")
	}
	r := &rig{
		b:        b,
		whatsapp: whatsapptest.Start(b, whatsapptest.Options{BusinessPhone: "6281100000001", BusinessName: "HaloERZAP"}),
		discord:  discordtest.Start(b, discordtest.Options{Limits: discordtest.NoLimits()}),
		redis:    redis,
	}
	r.cfg = Default()
	quiet(&r.cfg) // undo 0 above all: what is measured leaves at once
	r.cfg.RedisPromise = promise
	r.cfg.Data = b.TempDir()
	r.cfg.DiscordToken = NewSecret(r.discord.Token())
	r.cfg.DiscordGuild = r.discord.GuildID()
	r.cfg.DiscordEndpoint = r.discord.URL()
	r.cfg.WhatsAppEndpoint = r.whatsapp.URL()
	key := r.whatsapp.RootKey()
	r.cfg.WhatsAppRootKey = key[:]
	if err := Setup(b.Context(), r.cfg, func(string) {}); err != nil {
		b.Fatal(err)
	}
	link(b, r.cfg, r.whatsapp)
	r.sari = r.discord.AddMember("sari", "CS Agent")
	r.start()
	b.Cleanup(func() { r.stop() })
	ready, done := context.WithTimeout(b.Context(), time.Minute)
	defer done()
	if err := r.desk.Ready(ready); err != nil {
		b.Fatal(err)
	}
	return r
}

// start runs the desk until stop.
func (r *rig) start() {
	r.b.Helper()
	d, err := New(r.cfg, Options{Redis: r.redis})
	if err != nil {
		r.b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- d.Run(ctx) }()
	r.desk = d
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-over; err != nil {
			r.b.Errorf("desk: %v", err)
		}
	})
}

// link pairs the data folder of cfg with the number of a network.
func link(b *testing.B, cfg Config, n *whatsapptest.Network) {
	b.Helper()
	err := Pair(b.Context(), cfg, Options{}, func(code string) {
		if err := n.Pair(b.Context(), code); err != nil {
			b.Error(err)
		}
	})
	if err != nil {
		b.Fatal(err)
	}
}

// customers adds n phones, in either addressing.
func customers(network *whatsapptest.Network, n int) []*whatsapptest.Phone {
	phones := make([]*whatsapptest.Phone, n)
	for i := range phones {
		phones[i] = network.AddCustomer(whatsapptest.Customer{
			Phone: fmt.Sprintf("62812%07d", i), Name: fmt.Sprint("Klien ", i),
			Addressing: []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber}[i%2],
		})
	}
	return phones
}

// clients are customers who have an open ticket with its thread, and a first answer of
// an agent. It returns their threads too.
func (r *rig) clients(n int) (phones []*whatsapptest.Phone, threads []string) {
	r.b.Helper()
	phones = customers(r.whatsapp, n)
	for _, p := range phones {
		send(r.b, p, "mulai")
	}
	r.quiet("the tickets")
	byName := map[string]string{}
	for _, post := range r.discord.Posts(r.discord.ChannelID("halo-desk")) {
		parts := strings.Split(post.Name, " · ")
		byName[parts[1]] = post.ID
	}
	for _, p := range phones {
		if byName[p.Name()] == "" || len(p.Received()) != 1 {
			r.b.Fatalf("%s has thread %q and %d messages", p.Name(), byName[p.Name()], len(p.Received()))
		}
		threads = append(threads, byName[p.Name()])
	}
	for _, id := range threads {
		if _, err := r.sari.Post(id, "siap", discordtest.PostOptions{}); err != nil {
			r.b.Fatal(err)
		}
	}
	await(r.b, "the answers", func() bool {
		return !slices.ContainsFunc(phones, func(p *whatsapptest.Phone) bool { return len(p.Received()) < 2 })
	})
	r.quiet("the marks")
	return phones, threads
}

func send(b *testing.B, p *whatsapptest.Phone, text string) {
	b.Helper()
	if _, err := p.Send(text); err != nil {
		b.Fatal(err)
	}
}

// quiet waits until everything sent was acknowledged and told to the world.
func (r *rig) quiet(what string) {
	r.b.Helper()
	await(r.b, what, func() bool {
		if r.whatsapp.Unacked() > 0 {
			return false
		}
		left, err := r.desk.Waiting(r.b.Context())
		if err != nil {
			r.b.Fatal(err)
		}
		return left == Backlog{} && r.whatsapp.Quiet() && r.discord.InFlight() == 0
	})
}

func await(b *testing.B, what string, ok func() bool) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 3*time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			b.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

// Wire to wire at 20 messages a second in each direction at the same time, over 20
// conversations: from a client's phone to the thread, and from the thread to the
// phone.
func BenchmarkLatency(b *testing.B) { latency(b, newRig(b)) }

// The same with every write on disk before it is answered, and with a sync every
// second, by turns.
func BenchmarkFsync(b *testing.B) {
	for _, policy := range []string{"always", "everysec", "always", "everysec"} {
		b.Run(policy, func(b *testing.B) {
			redis := storetest.Durable(b)
			if err := redis.ConfigSet(b.Context(), "appendfsync", policy).Err(); err != nil {
				b.Fatal(err)
			}
			latency(b, newRigOn(b, redis, Second))
		})
	}
}

func latency(b *testing.B, r *rig) {
	b.Helper()
	const pairs, perSecond, seconds = 20, 20, 20
	phones, threads := r.clients(pairs)
	for b.Loop() {
		total := perSecond * seconds
		in, out := make([]time.Time, total), make([]time.Time, total)
		steady := func(sent []time.Time, late time.Duration, do func(n int)) {
			start := time.Now().Add(late)
			for n := range sent {
				time.Sleep(time.Until(start.Add(time.Duration(n) * time.Second / perSecond)))
				sent[n] = time.Now()
				do(n)
			}
		}
		var both sync.WaitGroup
		both.Go(func() {
			steady(in, 0, func(n int) { send(b, phones[n%pairs], fmt.Sprint("masuk ", n)) })
		})
		both.Go(func() {
			steady(out, time.Second/perSecond/2, func(n int) {
				if _, err := r.sari.Post(threads[n%pairs], fmt.Sprint("keluar ", n), discordtest.PostOptions{}); err != nil {
					b.Error(err)
				}
			})
		})
		both.Wait()
		await(b, "the last message", func() bool {
			arrived := 0
			for _, p := range phones {
				arrived += len(p.Received()) - 2 // the auto-text and the first answer
			}
			return arrived >= total
		})
		r.quiet("the last mark")
		toDiscord, toPhone := []time.Duration{}, []time.Duration{}
		for i := range pairs {
			for _, m := range r.discord.Messages(threads[i]) {
				if n, ok := number(m.Content, "masuk "); ok {
					toDiscord = append(toDiscord, m.At.Sub(in[n]))
				}
			}
			for _, m := range phones[i].Received() {
				if n, ok := number(m.Text, "keluar "); ok {
					toPhone = append(toPhone, m.Time.Sub(out[n]))
				}
			}
		}
		report(b, "to-discord", toDiscord, total)
		report(b, "to-phone", toPhone, total)
	}
}

func number(text, word string) (n int, ok bool) {
	_, rest, ok := strings.Cut(text, word)
	if !ok {
		return 0, false
	}
	_, err := fmt.Sscan(rest, &n)
	return n, err == nil
}

// report gives the median and the 99th percentile in milliseconds.
func report(b *testing.B, what string, all []time.Duration, want int) {
	b.Helper()
	if len(all) != want {
		b.Fatalf("%s: %d messages arrived, not %d", what, len(all), want)
	}
	slices.Sort(all)
	for name, share := range map[string]float64{"p50": 0.50, "p99": 0.99} {
		at := all[int(math.Ceil(share*float64(len(all))))-1]
		b.ReportMetric(float64(at.Microseconds())/1000, what+"-"+name+"-ms")
	}
	b.ReportMetric(0, "ns/op")
}

// 2,000 messages for 100 threads wait in the outbox, and Discord comes back with
// the limits it is known for: 5 messages in 5 s per thread, 50 requests a second in
// all. A hundred threads may take 100 a second together, so the second one decides.
func BenchmarkDrain(b *testing.B) {
	const lanes, each = 100, 20
	r := newRig(b)
	phones, threads := r.clients(lanes)
	for b.Loop() {
		r.discord.SetFaults(discordtest.Faults{Outage: true})
		await(b, "the end of Discord", func() bool { return !r.desk.Status().Discord.Ready })
		for n := range each {
			for _, p := range phones {
				send(b, p, fmt.Sprint("masuk ", n))
			}
			if n%10 == 9 {
				await(b, "acknowledgements", func() bool { return r.whatsapp.Unacked() == 0 })
			}
		}
		limits := discordtest.DefaultLimits()
		r.discord.SetLimits(limits)
		before := r.discord.Stats().RateLimited()
		r.discord.SetFaults(discordtest.Faults{})
		r.quiet("the end of the drain")
		r.discord.SetLimits(*discordtest.NoLimits())

		var at []time.Time
		for _, id := range threads {
			next := 0
			for _, m := range r.discord.Messages(id) {
				if n, ok := number(m.Content, "masuk "); ok {
					if n != next {
						b.Errorf("message %d came where %d was due", n, next)
					}
					next++
					at = append(at, m.At)
				}
			}
		}
		if len(at) != lanes*each {
			b.Fatalf("%d messages arrived, not %d", len(at), lanes*each)
		}
		took := slices.MaxFunc(at, time.Time.Compare).Sub(slices.MinFunc(at, time.Time.Compare))
		pace, permitted := float64(len(at)-1)/took.Seconds(), permittedPace(limits, lanes)
		b.ReportMetric(pace, "msg/s")
		b.ReportMetric(permitted, "permitted-msg/s")
		b.ReportMetric(100*pace/permitted, "%-of-permitted")
		b.ReportMetric(float64(r.discord.Stats().RateLimited()-before), "429s")
		b.ReportMetric(0, "ns/op")
	}
}

// permittedPace is how many messages a second so many threads may take for long.
func permittedPace(l discordtest.Limits, threads int) float64 {
	perSecond := func(l discordtest.Limit) float64 { return float64(l.N) / l.Per.Seconds() }
	return min(float64(threads)*perSecond(l.MessageCreate), perSecond(l.Global))
}
