package desk

import (
	"fmt"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// A hundred pictures at once, ten from each of ten clients, from the moment WhatsApp
// lets them go until all stand in their threads: fetched, decrypted, checked, on disk,
// uploaded.
func BenchmarkImages(b *testing.B) {
	const clients, each = 10, 10
	r := newRig(b)
	phones, threads := r.clients(clients)
	shown := func() (n int) {
		for _, id := range threads {
			for _, m := range r.discord.Messages(id) {
				n += len(m.Attachments)
			}
		}
		return n
	}
	picture := painted(b, 1, 400, 300)
	var size int64
	round := uint64(0)
	for b.Loop() {
		before := shown()
		r.whatsapp.SetFaults(whatsapptest.Faults{HoldPush: true})
		for i := range each {
			for j, p := range phones {
				round++
				content := fmt.Appendf(picture[:len(picture):len(picture)], "%d", round) // each another file
				size += int64(len(content))
				if _, err := p.SendImage(content, fmt.Sprint("foto ", i, " ", j)); err != nil {
					b.Fatal(err)
				}
			}
		}
		start := time.Now()
		r.whatsapp.ClearFaults()
		await(b, "all pictures", func() bool { return shown() == before+clients*each })
		took := time.Since(start)
		b.ReportMetric(clients*each/took.Seconds(), "images/s")
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(0, "ns/op")
		r.quiet("the rest")
	}
}
