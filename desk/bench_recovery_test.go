package desk

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// The desk comes back after 10,000 messages of a hundred clients waited in WhatsApp's
// offline queue, and then after 10,000 answers waited in a hundred Discord threads:
// from the start of the desk until all are safe in the store (WhatsApp has its
// receipts), and until all are shown on the other side. Discord takes 50 requests a
// second, so 10,000 messages take it at least 200 seconds; WhatsApp has no limit here.
func BenchmarkRecovery(b *testing.B) {
	const clients, each = 100, 100
	r := newRig(b)
	phones, threads := r.clients(clients)
	for b.Loop() {
		r.stop()
		for n := range each {
			for _, p := range phones {
				send(b, p, fmt.Sprint("masuk ", n))
			}
		}
		start := time.Now()
		r.start()
		r.within("the offline queue", func() bool { return r.whatsapp.Unacked() == 0 })
		b.ReportMetric(time.Since(start).Seconds(), "whatsapp-stored-s")
		r.within("the words in the threads", func() bool { return r.shownWords(threads) >= clients*each })
		b.ReportMetric(time.Since(start).Seconds(), "whatsapp-shown-s")
		r.quiet("the end of it")

		r.stop()
		for n := range each {
			for _, id := range threads {
				if _, err := r.sari.Post(id, fmt.Sprint("keluar ", n), discordtest.PostOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		}
		start = time.Now()
		r.start()
		r.within("Discord", func() bool { return r.desk.Status().Discord.Ready })
		b.ReportMetric(time.Since(start).Seconds(), "discord-stored-s")
		r.within("the answers on the phones", func() bool { return r.shownAnswers(phones) >= clients*each })
		b.ReportMetric(time.Since(start).Seconds(), "discord-shown-s")
		b.ReportMetric(0, "ns/op")
		r.inOrder(phones, threads, each)
	}
}

// within is await for what takes many minutes and is costly to look at.
func (r *rig) within(what string, ok func() bool) {
	r.b.Helper()
	ctx, cancel := context.WithTimeout(r.b.Context(), 12*time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			r.b.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

func (r *rig) shownWords(threads []string) (n int) {
	for _, id := range threads {
		for _, m := range r.discord.Messages(id) {
			if _, ok := number(m.Content, "masuk "); ok {
				n++
			}
		}
	}
	return n
}

func (r *rig) shownAnswers(phones []*whatsapptest.Phone) (n int) {
	for _, p := range phones {
		n += max(0, len(p.Received())-2) // the auto-text and the first answer
	}
	return n
}

// inOrder makes sure that what was measured is what was asked for.
func (r *rig) inOrder(phones []*whatsapptest.Phone, threads []string, each int) {
	r.b.Helper()
	for i := range phones {
		next := 0
		for _, m := range r.discord.Messages(threads[i]) {
			if n, ok := number(m.Content, "masuk "); ok {
				if n != next {
					r.b.Errorf("message %d came where %d was due", n, next)
				}
				next++
			}
		}
		answers := 0
		for _, m := range phones[i].Received() {
			if n, ok := number(m.Text, "keluar "); ok {
				if n != answers {
					r.b.Errorf("answer %d came where %d was due", n, answers)
				}
				answers++
			}
		}
		if next != each || answers != each {
			r.b.Errorf("%d messages and %d answers of %s, not %d", next, answers, phones[i].Name(), each)
		}
	}
}
