package main

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/desk"
	"github.com/haloerzap/halo/ticket"
)

// A tenth is one ticket of the ten: what the client writes, how it is worked on, how it ends.
type tenth struct {
	says    string
	class   ticket.Class
	steps   string // of asking the client: data, access, check
	team    string // of developers that a Hard one is reported to; without it a supervisor is asked
	ends    string // how the client confirms: a text, 👍, vote, or silence
	rates   string // what the client answers to the rating; vote: in the poll
	stars   int
	comment string
}

var ten = []tenth{
	{says: "Kak, cara menambah pengguna di mana ya?", class: ticket.Easy, ends: "silence", rates: "5", stars: 5},
	{says: "Apakah laporan stok bisa diunduh?", class: ticket.Easy, ends: "ok, terima kasih kak", rates: "vote", stars: 4, comment: "cepat sekali"},
	{says: "Saran: tombol cetak dibuat lebih besar", class: ticket.Easy, ends: "silence", rates: "lima", stars: 5},
	{says: "Data pelanggan saya ganda", class: ticket.Normal, steps: "data", ends: "sudah, makasih", rates: "bintang 4", stars: 4},
	{says: "Stok barang tidak cocok", class: ticket.Normal, steps: "data access", ends: "vote", rates: "vote", stars: 4},
	{says: "Nota tercetak dua kali", class: ticket.Normal, steps: "check", ends: "silence", rates: "2", stars: 2, comment: "lama sekali menunggunya"},
	{says: "Harga di kasir salah", class: ticket.Normal, ends: "👍", rates: "3", stars: 3},
	{says: "Kasir tidak bisa dibuka di semua outlet", class: ticket.Hard, steps: "check", team: "POS", ends: "sudah bisa kak", rates: "5", stars: 5},
	{says: "Semua transaksi gagal disimpan", class: ticket.Hard, steps: "access", ends: "vote", rates: "1", stars: 1},
	{says: "Sinkronisasi berhenti total", class: ticket.Hard, team: "Sinkronisasi", ends: "silence", rates: "empat", stars: 4},
}

// TestTenTickets is a day of two agents who know nothing: they press what they are shown
// and fill in what opens, and ten tickets of all classes go from opening to rating.
func TestTenTickets(t *testing.T) {
	t.Parallel()
	// The policy is every desk's but for the pace of a message a second, which is most of the
	// time that this would take.
	b := start(t, options{Empty: true, Policy: func(c *desk.Config) { c.Replies = desk.Pace{} }})
	sari, dewi := newcomer{b, "sari"}, newcomer{b, "dewi"}
	panel := b.channelCalled("halo-intake")
	for _, n := range []newcomer{sari, dewi} {
		n.press(panel, "Mulai bertugas")
		n.told(panel, "bertugas")
	}
	numbers := make([]string, len(ten))
	phone := func(i int) string { return fmt.Sprintf("62812345671%02d", i) }
	// The ten go on side by side, as at a desk, up to the silence that some of them end with.
	// They mostly wait, so they are no subtests: of those only a few run at a time, and a
	// client would wait for a first answer until others are done.
	side := func(do func(b *bench, i int, c tenth)) {
		t.Helper()
		var all sync.WaitGroup
		for i, c := range ten {
			all.Go(func() {
				own := *b
				own.giveUp = func(format string, args ...any) {
					t.Errorf("%q: "+format, append([]any{c.says}, args...)...)
					runtime.Goexit()
				}
				do(&own, i, c)
			})
		}
		all.Wait()
		if t.Failed() {
			t.FailNow()
		}
	}
	for i := range ten {
		b.post("customers", obj{"phone": phone(i), "name": fmt.Sprintf("Klien %c", 'A'+i)}, nil)
		b.post("customers/"+phone(i)+"/messages", obj{"text": ten[i].says}, nil)
	}
	side(func(b *bench, i int, c tenth) {
		numbers[i] = c.work(b, phone(i), fmt.Sprintf("· Klien %c ·", 'A'+i))
	})
	b.settle()
	b.post("clock", obj{"advance": "21m"}, nil)
	side(func(b *bench, i int, c tenth) { c.rate(b, phone(i), numbers[i]) })
	b.settle()

	held := map[string]int{}
	for i, c := range ten {
		got := b.ticket(numbers[i])
		switch {
		case got.State != ticket.Closed, got.Class != c.class, got.Rating.Stars != c.stars, got.Summary == "", got.Solution == "":
			t.Errorf("%q: ticket %s is %s, %s, %d stars, %q, %q", c.says, got.Number, got.State, got.Class, got.Rating.Stars, got.Summary, got.Solution)
		case (got.Ending == ticket.EndSilence) != (c.ends == "silence"), c.ends != "silence" && got.Ending != ticket.EndConfirmed:
			t.Errorf("%q: closed by %s", c.says, got.Ending)
		case got.Responded.IsZero() || got.Responded.Sub(got.FirstWord) > 2*time.Minute:
			t.Errorf("%q: first response at %s, opened at %s", c.says, got.Responded, got.FirstWord)
		case got.Rating.Comment != c.comment:
			t.Errorf("%q: the comment is %q", c.says, got.Rating.Comment)
		case (c.class == ticket.Hard) == got.Escalated.IsZero():
			t.Errorf("%q: escalated %s", c.says, got.Escalated)
		case c.stars <= 2 && got.Rating.Review != ticket.ReviewDone:
			t.Errorf("%q: the review is %q", c.says, got.Rating.Review)
		}
		post, _ := b.s.discord.Channel(got.Thread)
		if !post.Archived || !slices.Contains(post.Tags, "closed") {
			t.Errorf("%q: the post is archived: %t, with tags %v", c.says, post.Archived, post.Tags)
		}
		held[got.Agent]++
	}
	if slices.Max(slices.Collect(maps.Values(held)))-slices.Min(slices.Collect(maps.Values(held))) > 2 || len(held) != 2 {
		t.Errorf("tickets of each agent: %v", held)
	}
}

// work goes with one ticket, by a part of its post's name, up to what the client says to
// its end, and returns its number.
func (c tenth) work(b *bench, phone, name string) string {
	b.t.Helper()
	client := func(body obj) { b.post("customers/"+phone+"/messages", body, nil) }
	var opened ticket.Ticket
	b.eventually(c.says+" opens a ticket with an offer", func() bool {
		all, err := b.s.desk().Tickets(b.t.Context())
		if err != nil {
			b.giveUp("%v", err)
		}
		for _, t := range all {
			post, _ := b.s.discord.Channel(t.Thread)
			if strings.Contains(post.Name, name) && t.OfferedTo != "" {
				opened = t
			}
		}
		return opened.Number != ""
	})
	thread := opened.Thread
	agent, boss := newcomer{b, b.nameOf(opened.OfferedTo)}, newcomer{b, "andi"}
	agent.press(thread, "Terima")
	agent.press(thread, strings.ToUpper(string(c.class[:1]))+string(c.class[1:]))
	for step := range strings.FieldsSeq(c.steps) {
		switch step {
		case "data":
			agent.press(thread, "Minta data", "Nama outlet\nFoto halaman")
			b.onScreen(phone, "2. Foto halaman")
			client(obj{"text": "Outlet Kemang"})
		case "access":
			agent.press(thread, "Minta akses")
			b.onScreen(phone, "kode OTP")
			client(obj{"text": "kodenya 482913"})
			agent.press(thread, "Lihat kode")
			agent.told(thread, "482913")
		case "check":
			agent.press(thread, "Sedang dicek")
			b.onScreen(phone, "pengecekan lebih lanjut")
		}
	}
	switch {
	case c.team != "":
		c.report(b, agent, phone, opened)
	case c.class == ticket.Hard:
		agent.press(thread, "Eskalasi ke supervisor", "Semua outlet berhenti")
		boss.press(thread, "Jawab", "Pulihkan cadangan terakhir")
	}
	b.post("discord/channels/"+thread+"/messages", obj{"as": agent.name, "content": "Sudah kami perbaiki ya kak"}, nil)
	b.onScreen(phone, "Sudah kami perbaiki")
	agent.press(thread, "Selesaikan", c.says, "Sudah diperbaiki")
	closing := "mohon dibantu konfirmasi"
	if c.class == ticket.Easy {
		closing = "Saya izin untuk menutup"
	}
	switch asked := b.onScreen(phone, closing); c.ends {
	case "silence":
	case "vote":
		poll := b.onScreen(phone, "Apakah laporan kakak")
		client(obj{"vote": poll.Poll.Options[:1], "to": poll.ID})
	case "👍":
		client(obj{"react": c.ends, "to": asked.ID})
	default:
		client(obj{"text": c.ends})
	}
	return opened.Number
}

// report goes with a ticket to developers, who adjust something, and back.
func (c tenth) report(b *bench, agent newcomer, phone string, t ticket.Ticket) {
	b.t.Helper()
	b.put("customers/"+phone+"/messages", map[string]string{"caption": "begini kak"}, shot("layar.png"))
	b.eventually("the thread shows the picture", func() bool {
		var all []discordtest.Message
		b.get("discord/channels/"+t.Thread+"/messages", &all)
		return slices.ContainsFunc(all, func(m discordtest.Message) bool { return len(m.Attachments) > 0 })
	})
	agent.press(t.Thread, "Eskalasi ke developer")
	agent.choose(t.Thread, "Tim developer yang dituju", c.team)
	agent.press(t.Thread, "Isi laporan", "Grup Kemang", c.says, "Sama di akun demo")
	agent.press(t.Thread, "Kirim laporan")
	agent.told(t.Thread, "dikirim ke tim")
	post, forum := "", b.channelCalled("inquiry-reports")
	b.eventually("the report has a post", func() bool {
		for _, one := range b.s.discord.Posts(forum) {
			if strings.HasPrefix(one.Name, t.Number) && slices.Contains(one.Tags, c.team) {
				post = one.ID
			}
		}
		return post != ""
	})
	developer := newcomer{b, "joko"}
	developer.press(post, "Ambil")
	developer.press(post, "Sudah disesuaikan", "Versi baru dipasang")
	agent.press(t.Thread, "Lolos")
	b.onScreen(phone, "sudah kami sesuaikan")
}

// rate lets the client answer the question for stars, and the assistant manager review
// what was rated low.
func (c tenth) rate(b *bench, phone, number string) {
	b.t.Helper()
	client := func(body obj) { b.post("customers/"+phone+"/messages", body, nil) }
	rating := b.onScreen(phone, "Seberapa puas")
	if c.rates == "vote" {
		client(obj{"vote": []string{rating.Poll.Options[5-c.stars]}, "to": rating.ID})
	} else {
		client(obj{"text": c.rates})
	}
	b.onScreen(phone, "komentar atau saran")
	if c.comment != "" {
		client(obj{"text": c.comment})
	}
	if c.stars <= 2 {
		newcomer{b, "andi"}.press(b.ticket(number).Thread, "Tinjau", "Klien dihubungi, antrean ditambah")
	}
}

// A newcomer is a member of the staff who presses what can be seen, and types no command.
type newcomer struct {
	*bench
	name string
}

// press presses the newest button with a label in a channel, and fills the form that opens
// field by field.
func (n newcomer) press(channel, label string, values ...string) {
	n.t.Helper()
	message, id := n.finds(channel, label)
	var answer seen
	n.post("discord/interactions", obj{"as": n.name, "message": message, "custom_id": id}, &answer)
	if answer.Modal != nil {
		fields := obj{}
		for i, f := range answer.Modal.Fields {
			fields[f.CustomID] = cmp.Or(slices.Concat(values, make([]string, len(answer.Modal.Fields)))[i], f.Value)
		}
		n.post("discord/interactions", obj{"as": n.name, "modal": answer.Modal.CustomID, "fields": fields}, nil)
	} else if len(values) > 0 {
		n.giveUp("%s opens no form: %+v", label, answer)
	}
}

// told waits for words that only this person sees in a channel.
func (n newcomer) told(channel, words string) {
	n.t.Helper()
	n.eventually(n.name+" is told "+words, func() bool {
		return slices.ContainsFunc(n.whispers(channel, n.name), func(m discordtest.Message) bool { return strings.Contains(readable(m), words) })
	})
}

// choose chooses from the newest list with a hint.
func (n newcomer) choose(channel, hint, value string) {
	n.t.Helper()
	message, id := n.finds(channel, hint)
	n.post("discord/interactions", obj{"as": n.name, "message": message, "custom_id": id, "values": []string{value}}, nil)
}

// finds waits for a button with a label, or a list with a hint, in a channel: the newest.
func (n newcomer) finds(channel, words string) (message, id string) {
	n.t.Helper()
	n.eventually(n.name+" sees "+words, func() bool {
		var all []discordtest.Message
		n.get("discord/channels/"+channel+"/messages?as="+n.name, &all)
		for _, m := range all {
			for _, row := range m.Components {
				for _, c := range row.Components {
					if (c.Label == words || c.Placeholder == words) && !c.Disabled && !m.Deleted {
						message, id = m.ID, c.CustomID
					}
				}
			}
		}
		return id != ""
	})
	return message, id
}

// eventually waits for something to be so.
func (b *bench) eventually(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			b.giveUp("never: %s", what)
		}
	}
}

// onScreen waits for a message of the desk on a phone.
func (b *bench) onScreen(phone, part string) (found onPhone) {
	b.t.Helper()
	b.eventually("the phone shows "+part, func() bool {
		var all []onPhone
		b.get("customers/"+phone+"/messages", &all)
		i := slices.IndexFunc(all, func(m onPhone) bool { return !m.FromMe && strings.Contains(m.saying(), part) })
		if i >= 0 {
			found = all[i]
		}
		return i >= 0
	})
	return found
}

// ticket is one as stored.
func (b *bench) ticket(number string) ticket.Ticket {
	b.t.Helper()
	t, _, known, err := b.s.desk().Ticket(b.t.Context(), number)
	if err != nil || !known {
		b.giveUp("ticket %s: known %t, %v", number, known, err)
	}
	return t
}

func (b *bench) channelCalled(name string) string {
	b.t.Helper()
	var all []inGuild
	b.get("discord/channels", &all)
	i := slices.IndexFunc(all, func(c inGuild) bool { return c.Name == name })
	if i < 0 {
		b.giveUp("no channel is called %s", name)
	}
	return all[i].ID
}

// nameOf is the member of the staff with an id.
func (b *bench) nameOf(id string) string {
	for _, one := range staff {
		if who, err := b.s.discord.Member(one.name); err == nil && who.ID() == id {
			return one.name
		}
	}
	return ""
}
