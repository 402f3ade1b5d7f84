package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// A video from a client's phone to the program, which runs as a process of its own: how
// fast, and how far the program's memory rises above what it had before. One of 64 MiB
// goes to the media store and has a line in the thread, since one request to Discord
// ends at 25 MiB; one of 20 MiB goes on to Discord.
func BenchmarkVideo(b *testing.B) {
	for _, size := range []int{64 << 20, 20 << 20} {
		b.Run(fmt.Sprintf("%d-MiB", size>>20), func(b *testing.B) { video(b, size) })
	}
}

func video(b *testing.B, size int) {
	const limit = 24 << 20 // of the server, in bytes
	c := newCity(b)
	limits := *discordtest.NoLimits()
	limits.AttachmentBytes, limits.RequestBytes = limit, 25<<20
	c.discord.SetLimits(limits)
	policy := quiet + fmt.Sprintf("files: {discord: %d}\n", limit>>20)
	for _, set := range c.env {
		if name, ok := strings.CutPrefix(set, "HALO_CONFIG="); ok {
			if err := os.WriteFile(name, []byte(policy), 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	c.prepare()
	r := c.run()
	defer r.stop(b)
	ana := c.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281200000001", Name: "Ana"})
	if _, err := ana.Send("halo"); err != nil {
		b.Fatal(err)
	}
	c.within(r, "a thread", c.told)
	thread := c.discord.Posts(c.discord.ChannelID("halo-desk"))[0].ID
	seed := byte(0)
	for b.Loop() {
		seed++
		content := append([]byte("\x00\x00\x00\x10ftypmp42\x00\x00\x00\x00\x04\x00\x00\x00mdat"), make([]byte, size)...)
		_, _ = rand.NewChaCha8([32]byte{seed}).Read(content[24:]) // never fails
		c.whatsapp.SetFaults(whatsapptest.Faults{HoldPush: true})
		words := fmt.Sprint("film ", seed)
		if _, err := ana.Do(whatsapptest.Draft{Text: words, Media: &whatsapptest.Media{
			Kind: whatsapptest.KindVideo, Content: bytes.NewReader(content),
		}}); err != nil {
			b.Fatal(err)
		}
		before := r.memory(b)
		start := time.Now()
		c.whatsapp.ClearFaults()
		peak := before
		defer func() {
			if b.Failed() {
				for _, m := range c.discord.Messages(thread) {
					b.Logf("thread: %q, %d files", m.Content, len(m.Attachments))
				}
			}
		}()
		c.soon(r, "the video", func() bool {
			peak = max(peak, r.memory(b))
			for _, m := range c.discord.Messages(thread) {
				if strings.Contains(m.Content, words) {
					if limit < size {
						return strings.Contains(m.Content, "terlalu besar untuk Discord")
					}
					return len(m.Attachments) == 1 && m.Attachments[0].Size == len(content)
				}
			}
			return false
		})
		b.ReportMetric(float64(size)/1e6/time.Since(start).Seconds(), "MB/s")
		b.ReportMetric(before, "before-MB")
		b.ReportMetric(peak, "peak-MB")
		b.ReportMetric(0, "ns/op")
	}
}

// soon is within, asked often.
func (c *city) soon(r *running, what string, ok func() bool) {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("waited in vain for %s:\n%s", what, r.log)
		}
	}
}
