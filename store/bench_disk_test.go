package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

// phone and board take everything at once.
type phone struct{ bridge.Phone }

func (phone) MarkRead(context.Context, bridge.Address, []string, time.Time) error { return nil }
func (phone) Send(context.Context, bridge.Address, string, bridge.Outgoing) error { return nil }
func (phone) Ready() bool                                                         { return true }

type board struct {
	bridge.Board
	ids *atomic.Int64
}

func (b board) id() string { return strconv.FormatInt(b.ids.Add(1), 10) }

func (b board) CreatePost(context.Context, bridge.Post) (string, error)       { return b.id(), nil }
func (b board) Say(context.Context, bridge.Message) (string, error)           { return b.id(), nil }
func (b board) Settle(context.Context, string, string, bool) error            { return nil }
func (b board) React(context.Context, string, string, string, bool) error     { return nil }
func (b board) Update(context.Context, string, bridge.Message) error          { return nil }
func (b board) Delete(context.Context, string, string) error                  { return nil }
func (b board) CatchUp(string)                                                {}
func (b board) Ready() bool                                                   { return true }
func (b board) FindPost(context.Context, string, string) (string, error)      { return "", nil }
func (b board) FindMessage(_ context.Context, _, _, _ string) (string, error) { return "", nil }

// desk is the real relay and the real courier between networks that cost nothing.
type desk struct {
	b       *testing.B
	client  store.Client
	store   *store.Store
	relay   *bridge.Relay
	ids     atomic.Int64
	threads []string // of clients that have a ticket
}

const deskClients = 20

func newDesk(b *testing.B, policy string) *desk {
	b.Helper()
	args := []string{"--appendonly", "yes", "--appendfsync", policy, "--auto-aof-rewrite-percentage", "0"}
	client := storetest.StartNode(b, args...).Client(b)
	d := &desk{b: b, client: client, store: store.New(client, store.Options{Desk: "bench"})}
	d.ids.Store(1 << 60) // as long as Discord's
	l, err := d.store.Acquire(b.Context(), "bench", time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	policies := bridge.Desk{
		Prefix: "HE", Zone: time.FixedZone("WIB", 7*3600), Sentences: ticket.Sentences{ticket.AutoText: "Selamat datang."},
		AgentRoles: []string{"agent"}, NotePrefix: "//",
		MessageID: func(s string) string {
			sum := sha256.Sum256([]byte(s))
			return fmt.Sprintf("3EB0%X", sum[:9])
		},
	}
	d.relay = bridge.NewRelay(d.store, policies, zap.NewNop())
	courier := bridge.NewCourier(d.store, phone{}, board{ids: &d.ids}, func() ledger.Lease { return l }, policies,
		bridge.CourierConfig{Channels: map[string]string{"forum": "forum", "ops": "ops", "intake": "intake"}}, zap.NewNop())
	ctx, cancel := context.WithCancel(b.Context())
	var work sync.WaitGroup
	work.Go(func() {
		if err := courier.Run(ctx); err != nil {
			b.Errorf("courier: %v", err)
		}
	})
	b.Cleanup(func() { cancel(); work.Wait() })
	for c := range deskClients {
		d.in(c, fmt.Sprint("first", c))
	}
	d.settle()
	for c := range deskClients {
		d.threads = append(d.threads, d.thread(c))
	}
	for c := range deskClients {
		d.out(c)
	}
	d.settle()
	return d
}

// words are what people write, of the usual length.
const words = "Selamat pagi, printer kasir kami tidak mau mencetak struk sejak tadi malam. Mohon dibantu ya."

func address(client int) bridge.Address {
	return bridge.Address(fmt.Sprintf("6281234567%03d@s.whatsapp.net", client))
}

func (d *desk) in(client int, id string) {
	d.b.Helper()
	if err := d.relay.Receive(d.b.Context(), bridge.ClientMessage{
		ID: id, Chat: address(client), Phone: fmt.Sprintf("6281234567%03d", client), Name: "Ana", At: time.Now(), Text: words, Kind: "text",
	}); err != nil {
		d.b.Fatalf("receive: %v", err)
	}
}

func (d *desk) out(client int) {
	d.b.Helper()
	if err := d.relay.Reply(d.b.Context(), bridge.StaffMessage{
		ID: strconv.FormatInt(d.ids.Add(1), 10), Channel: d.threads[client], Author: "100000000000000001", Name: "Sari", Roles: []string{"agent"}, Text: words, At: time.Now(),
	}); err != nil {
		d.b.Fatalf("reply: %v", err)
	}
}

// receipts says that a client's phone has, and then shows, all that it was sent.
func (d *desk) receipts(client int, read bool) {
	d.b.Helper()
	number := d.number(client)
	all, err := d.store.Statuses(d.b.Context(), number)
	if err != nil {
		d.b.Fatal(err)
	}
	var ids []string
	for _, st := range all {
		if st.State == ledger.Sent || read && st.State == ledger.Delivered {
			ids = append(ids, st.Ext)
		}
	}
	for page := range slices.Chunk(ids, 1) { // phones tell of each by itself
		if err := d.relay.Receipts(d.b.Context(), bridge.Receipt{Chat: address(client), IDs: page, Read: read, At: time.Now()}); err != nil {
			d.b.Fatalf("receipt: %v", err)
		}
	}
}

func (d *desk) number(client int) string {
	d.b.Helper()
	alias, err := d.store.Doc(d.b.Context(), ledger.Ref{Kind: ticket.KindAlias, ID: string(address(client))})
	if err != nil {
		d.b.Fatal(err)
	}
	doc, err := d.store.Doc(d.b.Context(), ledger.Ref{Kind: ticket.KindConversation, ID: string(alias.Data)})
	if err != nil {
		d.b.Fatal(err)
	}
	c, err := ticket.DecodeConversation(doc.Data)
	if err != nil || len(c.Latest()) == 0 {
		d.b.Fatalf("conversation of client %d: %v", client, err)
	}
	return c.Latest()[0]
}

func (d *desk) thread(client int) string {
	d.b.Helper()
	doc, err := d.store.Doc(d.b.Context(), ledger.Ref{Kind: ticket.KindTicket, ID: d.number(client)})
	if err != nil {
		d.b.Fatal(err)
	}
	t, err := ticket.Decode(doc.Data)
	if err != nil || t.Thread == "" {
		d.b.Fatalf("ticket of client %d has no thread: %v", client, err)
	}
	return t.Thread
}

// settle waits until nothing is owed any more.
func (d *desk) settle() {
	d.b.Helper()
	for end := time.Now().Add(2 * time.Minute); ; {
		lanes, err := d.store.Lanes(d.b.Context())
		if err != nil {
			d.b.Fatal(err)
		}
		views, err := d.store.Views(d.b.Context(), 1)
		if err != nil {
			d.b.Fatal(err)
		}
		if len(lanes)+len(views) == 0 {
			return
		}
		if time.Now().After(end) {
			d.b.Fatalf("still owed: %v %v", lanes, views)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// size is how many bytes Redis has in its log and in memory.
func (d *desk) size() (log, memory int64) {
	d.b.Helper()
	for name, into := range map[string]*int64{"aof_current_size": &log, "used_memory_dataset": &memory} {
		for _, section := range []string{"persistence", "memory"} {
			text := d.client.Info(d.b.Context(), section).Val()
			if _, rest, ok := strings.Cut(text, "\n"+name+":"); ok {
				value, _, _ := strings.Cut(rest, "\r\n")
				n, err := strconv.ParseInt(value, 10, 64)
				if err != nil {
					d.b.Fatal(err)
				}
				*into = n
			}
		}
	}
	return log, memory
}

// What one message costs Redis, from its commit until nothing is owed any more: in its
// log, and in memory for as long as the ticket is kept. "in" is a client's message
// that is shown in the thread; "out" an agent's, with its receipts and marks. The time
// is that of the commit that takes the message in.
func BenchmarkMessageBytes(b *testing.B) {
	for _, c := range []struct {
		name string
		one  func(d *desk, n int)
		then func(d *desk)
	}{
		{"in", func(d *desk, n int) { d.in(n%deskClients, fmt.Sprintf("3EB0%018d", n)) }, func(*desk) {}},
		{"out", func(d *desk, n int) { d.out(n % deskClients) }, func(d *desk) {
			for _, read := range []bool{false, true} {
				for client := range deskClients {
					d.receipts(client, read)
				}
				d.settle()
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := newDesk(b, "always")
			log, memory := d.size()
			n := 0
			for b.Loop() {
				c.one(d, n)
				n++
			}
			d.settle()
			c.then(d)
			log2, memory2 := d.size()
			b.ReportMetric(float64(log2-log)/float64(n), "aof-B/msg")
			b.ReportMetric(float64(memory2-memory)/float64(n), "mem-B/msg")
		})
	}
}

// What it costs to have every commit on disk before it is answered: one caller after
// the other, and 8 at once.
func BenchmarkCommitLatency(b *testing.B) {
	for _, policy := range []string{"always", "everysec"} {
		for _, callers := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/callers=%d", policy, callers), func(b *testing.B) {
				client := storetest.StartNode(b, "--appendonly", "yes", "--appendfsync", policy).Client(b)
				s := store.New(client, store.Options{Desk: "bench"})
				var mu sync.Mutex
				var took []time.Duration
				var n atomic.Int64
				b.ResetTimer()
				var work sync.WaitGroup
				for caller := range callers {
					work.Go(func() {
						var mine []time.Duration
						for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
							start := time.Now()
							if err := inbound(s, b, int64(caller), i); err != nil {
								b.Error(err)
								return
							}
							mine = append(mine, time.Since(start))
						}
						mu.Lock()
						defer mu.Unlock()
						took = append(took, mine...)
					})
				}
				work.Wait()
				b.StopTimer()
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			})
		}
	}
}
