package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// newBusyCity is a city whose Discord has room for so many open tickets.
func newBusyCity(b *testing.B, tickets int) *city {
	b.Helper()
	c := newCity(b)
	limits := *discordtest.NoLimits()
	limits.ActiveThreads = tickets + 100
	c.discord.SetLimits(limits)
	c.prepare()
	return c
}

// The memory of halo run after a thousand clients have written to it for the first
// time, so that a thousand tickets are open, and after a restart with them.
func BenchmarkMemory(b *testing.B) {
	const tickets = 1000
	c := newBusyCity(b, tickets)
	for b.Loop() {
		r := c.run()
		idle := r.memory(b)
		for i := range tickets {
			p := c.whatsapp.AddCustomer(whatsapptest.Customer{
				Phone: fmt.Sprintf("62812%07d", i), Name: fmt.Sprint("Klien ", i),
				Addressing: []whatsapptest.Addressing{whatsapptest.ByLID, whatsapptest.ByPhoneNumber}[i%2],
			})
			if _, err := p.Send("stok di gudang tidak cocok dengan laporan, mohon dicek"); err != nil {
				b.Fatal(err)
			}
			c.within(r, "acknowledgements", func() bool { return c.whatsapp.Unacked() < 1000 })
		}
		c.within(r, "every thread", func() bool {
			return c.discord.Stats().Requests["POST /channels/{channel_id}/messages"] >= 2*tickets
		})
		c.within(r, "every auto-text", c.told)
		opened := r.memory(b)
		r.stop(b)
		r = c.run()
		restarted := r.memory(b)
		r.stop(b)
		b.ReportMetric(idle, "idle-MB")
		b.ReportMetric(opened, "opened-MB")
		b.ReportMetric(restarted, "restarted-MB")
		b.ReportMetric(0, "ns/op")
	}
}

// told reports whether every client has a thread with the card, the message and the
// line about the auto-text, and the auto-text.
func (c *city) told() bool {
	posts, phones := c.discord.Posts(c.discord.ChannelID("halo-desk")), c.whatsapp.Phones()
	if len(posts) < len(phones) {
		return false
	}
	return !slices.ContainsFunc(posts, func(post discordtest.Channel) bool { return len(c.discord.Messages(post.ID)) < 3 }) &&
		!slices.ContainsFunc(phones, func(p *whatsapptest.Phone) bool { return len(p.Received()) == 0 })
}

// within is like eventually, for what takes minutes and is costly to look at.
func (c *city) within(r *running, what string, ok func() bool) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 5*time.Minute)
	defer cancel()
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			c.t.Fatalf("waited in vain for %s:\n%s", what, r.log)
		case <-tick.C:
		}
	}
}

// memory is the resident memory of the process (not of its redis-server) in MB.
func (r *running) memory(b *testing.B) float64 {
	b.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		b.Skip("the system does not say how much memory a process has: ", err)
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kB, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			if err != nil {
				b.Fatal(err)
			}
			return kB / 1024
		}
	}
	b.Fatal("the system does not say how much memory a process has")
	return 0
}

// From the start of the process to "halo ready" with ten thousand open tickets:
// redis-server reads its log, both links come up, and every thread is compared with
// how far it was read. Nothing was missed.
func BenchmarkStart(b *testing.B) {
	const tickets, starts = 10_000, 5
	c := newBusyCity(b, tickets)
	c.seed(tickets)
	for b.Loop() {
		var took []float64
		for range starts {
			began := time.Now()
			r := c.run()
			took = append(took, time.Since(began).Seconds())
			r.stop(b)
		}
		least, most := took[0], took[0]
		for _, s := range took {
			least, most = min(least, s), max(most, s)
		}
		b.ReportMetric(least, "best-s")
		b.ReportMetric(most, "worst-s")
		b.ReportMetric(0, "ns/op")
	}
}

// seed writes open tickets as the relay and the courier leave them, and makes their
// threads.
func (c *city) seed(tickets int) {
	c.t.Helper()
	owner, err := c.discord.Member(c.discord.Members()[0].ID) // who may post in the forum beside the bot
	if err != nil {
		c.t.Fatal(err)
	}
	forum := c.discord.ChannelID("halo-desk")
	dir := filepath.Join(c.data, "redis")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		c.t.Fatal(err)
	}
	server, err := store.StartServer(c.t.Context(), dir, store.ServerOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	defer server.Close()
	client := server.Client()
	defer client.Close()
	s := store.New(client, store.Options{Desk: "halo"})
	const atOnce = 20 // a commit holds 200 rows
	for first := 0; first < tickets; first += atOnce {
		var threads []discordtest.Channel
		for i := range atOnce {
			post, err := owner.OpenPost(forum, fmt.Sprintf("HE-261121-%04d · Klien %d · %04d", first+i+1, first+i, (first+i)%10000), "stok tidak cocok", "new")
			if err != nil {
				c.t.Fatal(err)
			}
			threads = append(threads, post)
		}
		_, err := s.Update(context.Background(), ledger.Cause{}, func(tx *ledger.Tx) error {
			for i, post := range threads {
				if err := openTicket(tx, first+i, post.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			c.t.Fatal(err)
		}
	}
}

func openTicket(tx *ledger.Tx, i int, thread string) error {
	phone := fmt.Sprintf("62812%07d", i)
	address := phone + "@s.whatsapp.net"
	conversation, err := ticket.Find(tx, fmt.Sprintf("c%016x", i), address, fmt.Sprintf("1%014d@lid", i))
	if err != nil {
		return err
	}
	conversation.Reply, conversation.Phone, conversation.Name = address, phone, fmt.Sprint("Klien ", i)
	t := ticket.Open(&conversation, fmt.Sprintf("HE-261121-%04d", i+1), tx.Now())
	t.Thread = thread
	tx.Log(t.Number, ledger.Event{What: "opened", By: "client", Data: map[string]string{"conversation": conversation.ID}})
	tx.Log(t.Number, ledger.Event{What: "client_wrote", By: "client", Ref: "3EB0" + phone, Data: map[string]string{"text": "stok tidak cocok"}})
	tx.Log(t.Number, ledger.Event{What: "posted", By: "halo", Ref: thread})
	if err := (ticket.Thread{ID: thread, Ticket: t.Number, Cursor: thread}).Save(tx); err != nil {
		return err
	}
	return errors.Join(conversation.Save(tx), t.Save(tx))
}
