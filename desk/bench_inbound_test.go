package desk

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"
	"go.mau.fi/whatsmeow/proto/waE2E"
	"go.mau.fi/whatsmeow/store/sqlstore"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// Messages from the wire to durable and acknowledged: the whole desk's inbound side
// beside the bare library with the same settings and a handler that does nothing,
// in turns. Discord is away, so the letters stay in the outbox. The messages are
// encrypted before the clock starts; the simulated server that hands them out and
// takes the acknowledgements is in both figures alike.
func BenchmarkInbound(b *testing.B) {
	const clients, each, rounds = 50, 10, 9
	r := newRig(b)
	phones, _ := r.clients(clients)
	bare := newBareRig(b)
	strangers := bare.clients(clients)
	for b.Loop() {
		r.discord.SetFaults(discordtest.Faults{Outage: true})
		await(b, "the end of Discord", func() bool { return !r.desk.Status().Discord.Ready })
		const total = clients * each
		var ours, plain, ratios []float64 // of each round: messages a second, and their ratio
		for range rounds {
			plain = append(plain, total/burst(b, bare.whatsapp, strangers, each).Seconds())
			ours = append(ours, total/burst(b, r.whatsapp, phones, each).Seconds())
			ratios = append(ratios, ours[len(ours)-1]/plain[len(plain)-1])
		}
		r.stored(rounds * total)
		b.ReportMetric(median(ours), "msg/s")
		b.ReportMetric(median(plain), "bare-msg/s")
		b.ReportMetric(median(ratios), "ratio")
		b.ReportMetric(0, "ns/op")
	}
}

func median(all []float64) float64 {
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}

// burst lets every phone send so many messages, and takes the time from the moment
// the server lets them go until all are acknowledged.
func burst(b *testing.B, n *whatsapptest.Network, phones []*whatsapptest.Phone, each int) time.Duration {
	b.Helper()
	n.SetFaults(whatsapptest.Faults{HoldPush: true})
	for i := range each {
		for _, p := range phones {
			send(b, p, fmt.Sprint("stok di gudang tidak cocok dengan laporan, mohon dicek ", i))
		}
	}
	start := time.Now()
	n.ClearFaults()
	if err := n.WaitAcked(b.Context()); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// stored makes sure that what was acknowledged is in the logs of the tickets.
func (r *rig) stored(least int) {
	r.b.Helper()
	tickets, err := r.desk.Tickets(r.b.Context())
	if err != nil {
		r.b.Fatal(err)
	}
	n := 0
	for _, t := range tickets {
		_, log, _, err := r.desk.Ticket(r.b.Context(), t.Number)
		if err != nil {
			r.b.Fatal(err)
		}
		for _, e := range log {
			if e.What == "client_wrote" {
				n++
			}
		}
	}
	if n < least {
		r.b.Errorf("%d messages are stored, not %d", n, least)
	}
}

// A bareRig is the library alone, as its users are told to set it up for not
// losing messages, on the session database that the desk would use.
type bareRig struct {
	b        *testing.B
	whatsapp *whatsapptest.Network
	client   *whatsmeow.Client
}

func newBareRig(b *testing.B) *bareRig {
	b.Helper()
	r := &bareRig{b: b, whatsapp: whatsapptest.Start(b, whatsapptest.Options{BusinessPhone: "6281100000002"})}
	cfg := Default()
	cfg.Data = b.TempDir()
	cfg.WhatsAppEndpoint = r.whatsapp.URL()
	key := r.whatsapp.RootKey()
	cfg.WhatsAppRootKey = key[:]
	link(b, cfg, r.whatsapp)
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(20000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)",
	}}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(cfg.Data, "whatsapp.db")+"?"+query.Encode())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	container := sqlstore.NewWithDB(db, "sqlite", nil)
	if err := container.LIDMap.FillCache(b.Context()); err != nil {
		b.Fatal(err)
	}
	device, err := container.GetFirstDevice(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	r.client = whatsmeow.NewClient(device, nil)
	r.client.EnableDecryptedEventBuffer = true
	r.client.SynchronousAck = true
	r.client.UseRetryMessageStore = true
	r.client.AutomaticMessageRerequestFromPhone = true
	r.client.AddEventHandlerWithSuccessStatus(func(any) bool { return true })
	door := &http.Client{Transport: detour(strings.TrimPrefix(r.whatsapp.URL(), "http://"))}
	r.client.SetPreLoginHTTPClient(door)
	r.client.SetWebsocketHTTPClient(door)
	if err := r.client.Connect(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(r.client.Disconnect)
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	if err := r.whatsapp.WaitConnected(ctx); err != nil {
		b.Fatal(err)
	}
	return r
}

// clients are customers who got an answer, as those of a desk get the auto-text.
func (r *bareRig) clients(n int) []*whatsapptest.Phone {
	r.b.Helper()
	phones := customers(r.whatsapp, n)
	for _, p := range phones {
		send(r.b, p, "mulai")
	}
	if err := r.whatsapp.WaitAcked(r.b.Context()); err != nil {
		r.b.Fatal(err)
	}
	for _, p := range phones {
		if _, err := r.client.SendMessage(r.b.Context(), p.Address(), &waE2E.Message{Conversation: new("ya")}); err != nil {
			r.b.Fatal(err)
		}
	}
	await(r.b, "the receipts", r.whatsapp.Quiet)
	return phones
}

// A detour leads what is meant for WhatsApp to the address of a simulator.
type detour string

// RoundTrip implements [http.RoundTripper].
func (d detour) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Host = request.URL.Hostname()
	request.URL.Scheme, request.URL.Host = "http", string(d)
	return http.DefaultTransport.RoundTrip(request)
}
