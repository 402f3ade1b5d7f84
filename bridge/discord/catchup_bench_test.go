package discord

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

// A tally is an inbox that keeps no message: how many came, whether in order, and the
// most memory that was in use.
type tally struct {
	mu      sync.Mutex
	cursors map[string]string // thread -> last message
	astray  int
	count   atomic.Int64
	most    uint64 // bytes of heap, looked at now and then
}

func (n *tally) Reply(_ context.Context, m bridge.StaffMessage) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	last, ours := n.cursors[m.Channel]
	if !ours {
		return bridge.ErrNotOurs
	}
	if compareIDs(m.ID, last) <= 0 {
		n.astray++
		return nil
	}
	n.cursors[m.Channel] = m.ID
	if n.count.Add(1)%1000 == 0 {
		runtime.GC()
		var mem runtime.MemStats
		runtime.ReadMemStats(&mem)
		n.most = max(n.most, mem.HeapAlloc)
	}
	return nil
}

func (n *tally) Cursor(_ context.Context, thread string) (string, bool, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	last, ours := n.cursors[thread]
	return last, ours, nil
}

// waiting is a Discord in which so many messages wait in each of so many threads.
func waiting(tb testing.TB, threads, each int, latency time.Duration) (*discordtest.Server, *tally, Options) {
	tb.Helper()
	srv := discordtest.Start(tb, discordtest.Options{Limits: discordtest.NoLimits(), NoSpec: true})
	forum := srv.AddChannel(discordtest.NewChannel{Kind: channelForum, Name: "halo-desk"})
	sari := srv.AddMember("sari", "agent")
	inbox := &tally{cursors: map[string]string{}}
	for i := range threads {
		post, err := sari.OpenPost(forum, fmt.Sprint("HE-", i), "card")
		if err != nil {
			tb.Fatal(err)
		}
		inbox.cursors[post.ID] = post.ID
		for n := range each {
			if _, err := sari.Post(post.ID, fmt.Sprintf("balasan %d untuk klien, kira-kira sepanjang ini", n), discordtest.PostOptions{}); err != nil {
				tb.Fatal(err)
			}
		}
	}
	srv.SetFaults(discordtest.Faults{Latency: latency})
	net, err := Loopback(srv.URL())
	if err != nil {
		tb.Fatal(err)
	}
	return srv, inbox, Options{Token: srv.Token(), Guild: srv.GuildID(), Network: net, Inbox: inbox, Log: zap.NewNop()}
}

// takeAllIn runs a client until it has caught up.
func takeAllIn(tb testing.TB, o Options, s settings) (took time.Duration) {
	tb.Helper()
	c, err := newClient(o, s)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	began := time.Now()
	go func() { over <- c.Run(ctx) }()
	if !soon(3*time.Minute, c.Ready) {
		tb.Errorf("not caught up: %+v", c.Status())
	}
	took = time.Since(began)
	cancel()
	if err := <-over; err != nil {
		tb.Error(err)
	}
	return took
}

// However much waits, it is taken in page by page: memory holds a few pages, not all.
func TestCatchingUpHoldsFewPages(t *testing.T) {
	for name, of := range map[string]struct{ threads, each int }{"one thread": {1, 10_000}, "many threads": {1000, 10}} {
		_, inbox, o := waiting(t, of.threads, of.each, 0)
		s := quick()
		s.perSecond = 0
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		takeAllIn(t, o, s)
		if got := inbox.count.Load(); got != 10_000 || inbox.astray != 0 {
			t.Errorf("%s: %d messages taken in, %d out of order", name, got, inbox.astray)
		}
		if grown := int64(inbox.most) - int64(before.HeapAlloc); grown > 8<<20 {
			t.Errorf("%s: %d KiB of memory were used at most", name, grown>>10)
		}
	}
}

// How long 10,000 messages take that waited in Discord, from the start of the client
// until it is ready; each answer of Discord's takes 60 ms, storing costs nothing.
func BenchmarkCatchUp(b *testing.B) {
	for _, of := range []struct{ threads, each int }{{1, 10_000}, {100, 100}, {1000, 10}} {
		b.Run(fmt.Sprintf("threads=%d", of.threads), func(b *testing.B) {
			var took time.Duration
			var requests int
			for b.Loop() {
				b.StopTimer()
				srv, inbox, o := waiting(b, of.threads, of.each, 60*time.Millisecond)
				b.StartTimer()
				took += takeAllIn(b, o, standard())
				b.StopTimer()
				if got := inbox.count.Load(); got != 10_000 || inbox.astray != 0 {
					b.Fatalf("%d messages taken in, %d out of order", got, inbox.astray)
				}
				requests += srv.Stats().Requests[messagesRoute]
				srv.Close()
				b.StartTimer()
			}
			b.ReportMetric(took.Seconds()/float64(b.N), "s/10000msg")
			b.ReportMetric(float64(requests)/float64(b.N), "pages")
			b.ReportMetric(0, "ns/op")
		})
	}
}
