package bridge_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
)

// forward is somebody's message that shows another one, by Discord's own menu.
func forward(channel, message, text string) func(*bridge.StaffMessage) {
	return func(m *bridge.StaffMessage) {
		m.Text, m.Snapshots, m.Forwarded = "", []bridge.Snapshot{{Text: text}}, bridge.Origin{Channel: channel, Message: message}
	}
}

// inTicket is what somebody writes in the ticket's thread; change completes the message.
func (b *bench) inTicket(who, text string, change ...func(*bridge.StaffMessage)) bridge.StaffMessage {
	b.t.Helper()
	b.pause(time.Second)
	m := bridge.StaffMessage{ID: snow(time.Now()), Channel: b.ticketThread(), Author: who, Name: who, Roles: rolesOf[who], Text: text, At: time.Now()}
	for _, c := range change {
		c(&m)
	}
	b.reply(m)
	return m
}

// Whatever was said inside, an agent who forwards it by Discord's own menu into the
// ticket's thread does not send it; what a client or an agent had written to the client
// still goes.
func TestForwardingInDiscordTakesNothingFromInside(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		post, thread := b.report(b.id).Thread, b.ticketThread()
		inPost, note := b.inPost("bayu", "indeksnya rusak"), b.inTicket("bayu", "jangan bilang klien")
		agents := b.inPost("sari", "tolong cepat")
		kept := b.inTicket("sari", "// klien rewel")
		b.adjusts("bayu", "sudah ditambal")
		b.silentToClients(func() {
			for _, f := range []func(*bridge.StaffMessage){
				forward(post, inPost.ID, inPost.Text), forward(thread, note.ID, note.Text), forward(post, agents.ID, agents.Text), forward(thread, kept.ID, "klien rewel"),
				forward(thread, b.inThread("> indeksnya rusak"), "💬 Bayu: indeksnya rusak"), forward(thread, b.inThread("sudah ditambal"), "sudah ditambal"), forward(post, post, "Stok minus"),
			} {
				m := b.inTicket("sari", "", f)
				if last := b.shown(); !strings.HasPrefix(last[len(last)-1], "🔒 Tidak dikirim ke klien: yang diteruskan ini isi laporan") {
					t.Errorf("the thread shows %q", last[len(last)-1])
				}
				if said := b.uses("sari", thread, bot.Interaction{Command: "Send to client", Target: &bot.Target{ID: m.ID, Author: "sari", Text: "x"}}).Text; !strings.Contains(said, "hanya berlaku") {
					t.Errorf("sending it all the same: %q", said)
				}
				b.inTicket("sari", "", forward(thread, m.ID, "lagi"))
			}
		})
		said := b.inTicket("sari", "kami cek ya")
		for _, f := range []func(*bridge.StaffMessage){forward(thread, b.inThread("stok minus"), "stok minus semua"), forward(thread, said.ID, "kami cek ya"), forward("4711", "4712", "harga baru")} {
			before := len(b.ana.sees())
			b.inTicket("sari", "", f)
			if now := len(b.ana.sees()); now != before+1 {
				t.Errorf("the client sees %q", b.ana.sees()[before:])
			}
		}
	})
}

// What an agent answers to a developer's words, in the ticket's thread, may be meant for
// him: it waits until somebody says that the client may read it.
func TestAnAnswerToDevelopersIsHeld(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.inPost("bayu", "versi berapa?")
		note := b.inTicket("bayu", "di saya aman")
		b.asks("nomor nota?")
		b.silentToClients(func() {
			for answered, line := range map[string]string{
				b.inThread("versi berapa?"):              "⏸️ Belum dikirim ke klien: pesan ini membalas isi laporan",
				b.inThread("membutuhkan data untuk lap"): "⏸️ Belum dikirim ke klien: pesan ini membalas isi laporan",
				note.ID:                                  "⏸️ Belum dikirim ke klien: pesan ini membalas pesan yang tidak dibaca klien",
			} {
				b.inTicket("sari", "sepertinya kasirnya salah pencet", func(m *bridge.StaffMessage) { m.ReplyTo, m.ReplyOurs = answered, answered != note.ID })
				if last := b.shown(); !strings.HasPrefix(last[len(last)-1], line) {
					t.Errorf("the thread shows %q", last[len(last)-1])
				}
			}
		})
		m := b.inTicket("sari", "boleh nomor notanya?", func(m *bridge.StaffMessage) { m.ReplyTo = b.inThread("stok minus") })
		if got := b.ana.sees(); !strings.Contains(got[len(got)-1], m.Text) {
			t.Errorf("an answer to the client is held: %q", got)
		}
	})
}

// A transcript holds all that was said inside: one that an agent uploads waits.
func TestATranscriptIsHeld(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.board.put("f1", "berkas")
		with := func(name string) func(*bridge.StaffMessage) {
			return func(m *bridge.StaffMessage) {
				m.Files = []bridge.StaffFile{{ID: "1", Name: name, MIME: "text/html", Size: 6, Ref: refTo("f1")}}
			}
		}
		b.silentToClients(func() {
			for _, name := range []string{b.number + ".html", b.number + "_1.txt"} {
				b.inTicket("sari", "ini riwayatnya", with(name))
				if last := b.shown(); !strings.HasPrefix(last[len(last)-1], "⏸️ Belum dikirim ke klien: berkas ini tampaknya transkrip tiket") {
					t.Errorf("of %s the thread shows %q", name, last[len(last)-1])
				}
			}
		})
		before := len(b.ana.sees())
		b.inTicket("sari", "ini panduannya", with("panduan.html"))
		if now := b.ana.sees(); len(now) != before+1 {
			t.Errorf("the client sees %q", now[before:])
		}
	})
}

// A babble is random work of everybody at a report: what is said for the house alone bears
// a mark, and nothing marked may ever stand on a phone.
type babble struct {
	*bench
	*rand.Rand
	written []bridge.StaffMessage
	marked  map[string]bool // by message id
	said    int
}

const insideMark = "DALAM"

func (b *babble) pick(of ...string) string { return of[b.IntN(len(of))] }

// words are something new to say, marked when it is for the house alone.
func (b *babble) words(inside bool) string {
	b.said++
	if inside {
		return fmt.Sprintf("%s%d %s", insideMark, b.said, b.pick("sudah dicek", "versi berapa?", "**rusak**", "<@sari> cek ya", "// catatan", "https://contoh.id/x"))
	}
	return fmt.Sprintf("kabar %d%s", b.said, b.pick("", " ya kak", "\n// "+insideMark+" baris catatan", " <@bayu>"))
}

// known is some message of somebody's or of the bot's, and where it stands.
func (b *babble) known() (channel, id, text string, bots bool) {
	b.board.mu.Lock()
	defer b.board.mu.Unlock()
	channel = b.ticketThread()
	if post := b.postNow(); post != "" && b.IntN(2) == 0 {
		channel = post
	}
	if lines := b.board.threads[channel]; len(lines) > 0 && b.IntN(2) == 0 {
		s := lines[b.IntN(len(lines))]
		return channel, s.id, s.content, true
	}
	if len(b.written) == 0 {
		return channel, "1", "", false
	}
	m := b.written[b.IntN(len(b.written))]
	return m.Channel, m.ID, m.Text, false
}

// postNow is the newest post of a report; the board is held.
func (b *babble) postNow() string { return b.board.made[len(b.board.made)-1] }

// writes is somebody who writes something somewhere, or forwards or answers something.
func (b *babble) write() {
	who := b.pick("bayu", "joko", "rudi", "maya", "sari", "sari", "dewi")
	inPost := b.IntN(2) == 0
	inside := inPost || !slices.Contains(rolesOf[who], agentRole)
	channel, id, text, bots := b.known()
	m := bridge.StaffMessage{ID: snow(time.Now()), Channel: b.ticketThread(), Author: who, Name: who, Roles: rolesOf[who], Text: b.words(inside), At: time.Now()}
	if inPost {
		b.board.mu.Lock()
		m.Channel = b.postNow()
		b.board.mu.Unlock()
	}
	if channel == m.Channel && b.IntN(3) == 0 {
		m.ReplyTo, m.ReplyOurs = id, bots
	}
	switch b.IntN(6) {
	case 0:
		// Of a message of the bot's it may be what the client wrote.
		b.marked[m.ID] = inside || b.marked[id] || strings.Contains(text, insideMark)
		forward(channel, id, text)(&m)
	case 1:
		name := fmt.Sprint("f", b.said)
		b.board.put(name, m.Text)
		m.Files = []bridge.StaffFile{{ID: name, Name: m.Text, MIME: "image/png", Size: 9, Ref: refTo(name)}}
	case 2:
		m.Poll = &bridge.Poll{Question: m.Text, Options: []string{m.Text, "dua"}}
		if strings.Contains(m.Text, "\n") {
			m.Poll = nil
		}
	}
	b.marked[m.ID] = b.marked[m.ID] || inside
	if err := b.relay.Reply(b.t.Context(), m); err != nil {
		b.t.Errorf("%s writes %q: %v", who, m.Text, err)
	}
	b.written = append(b.written, m)
}

// alters is somebody who changes or deletes what he wrote.
func (b *babble) alter() {
	if len(b.written) == 0 {
		return
	}
	m := b.written[b.IntN(len(b.written))]
	if len(m.Snapshots) > 0 || b.IntN(3) == 0 {
		if err := b.relay.Deleted(b.t.Context(), m.Channel, m.ID, time.Now()); err != nil {
			b.t.Errorf("delete: %v", err)
		}
		return
	}
	m.Text, m.Edited = b.words(b.marked[m.ID]), time.Now()
	if b.IntN(4) == 0 {
		m.Roles = rolesOf["sari"] // his roles changed meanwhile
	}
	if err := b.relay.Edited(b.t.Context(), m); err != nil {
		b.t.Errorf("edit: %v", err)
	}
}

// press is somebody who uses a menu, a button or a form, also where there is none.
func (b *babble) press() {
	who := b.pick("bayu", "joko", "rudi", "sari", "sari", "dewi", "maya")
	channel, id, text, bots := b.known()
	on := func(id string) string { return b.pick(id, id+":"+b.id) }
	fields := map[string]string{}
	for _, name := range []string{"question", "result", "reason", "note"} {
		fields[name] = b.words(true)
	}
	i := bot.Interaction{Message: id}
	switch b.IntN(5) {
	case 0, 1:
		i.Command = b.pick("Send to client", "Send to client", "Make it a note", "Send to report")
		i.Target = &bot.Target{ID: id, Author: who, Bot: bots && b.IntN(2) == 0, Text: text}
	case 2:
		i.Button = b.pick(bridge.HoldSend, bridge.HoldSend, bridge.HoldNote) + id
	case 3:
		i.Button = on(b.pick("r:take", "r:over", "r:pass", "r:accept", "r:forward", "r:again", "r:reopen", "t:accept"))
	case 4:
		i.Form, i.Fields = on(b.pick("fr:data", "fr:adjusted", "fr:reject:duplicate", "fr:fail", "fr:object")), fields
	}
	b.uses(who, channel, i)
}

// Random people write in the post and in the thread, change and delete it, forward, answer
// and press what they find, while the networks fail: no word of the house reaches a phone.
func TestNoWordFromInsideReachesAClient(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			aReport(t, func(bench *bench) {
				b := &babble{bench: bench, Rand: rand.New(rand.NewPCG(seed, 7)), marked: map[string]bool{}}
				for range 120 {
					b.pause(time.Duration(1+b.IntN(5)) * time.Second)
					switch n := b.IntN(20); {
					case n < 9:
						b.write()
					case n < 12:
						b.alter()
					case n < 17:
						b.press()
					case n < 18:
						b.ana.says(fmt.Sprint("jawaban klien ", n))
					default:
						b.discord(b.IntN(2) == 0)
						b.phone.mu.Lock()
						b.phone.up = b.IntN(2) == 0
						b.phone.mu.Unlock()
					}
					synctest.Wait()
					b.listens()
				}
				b.discord(true)
				b.phone.mu.Lock()
				b.phone.up = true
				b.phone.mu.Unlock()
				b.pause(3 * time.Minute)
				b.listens()
				if len(b.ana.sees()) < 8 {
					t.Errorf("the client hears too little for this to mean something: %q", b.ana.sees())
				}
			})
		})
	}
}

// listens checks what stands on all phones.
func (b *babble) listens() {
	b.phone.mu.Lock()
	defer b.phone.mu.Unlock()
	for _, line := range b.phone.shown {
		if strings.Contains(line, insideMark) {
			b.t.Fatalf("a client sees %q", line)
		}
	}
}
