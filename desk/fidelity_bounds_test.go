package desk

import (
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// What an agent writes and the client cannot get, or gets as something else: the line
// on the message says so.

// largest makes Discord take files that it otherwise would not.
func (c *chat) largest(bytes int64) {
	limits := c.discord.Limits()
	c.t.Cleanup(func() { c.discord.SetLimits(limits) })
	larger := limits
	larger.AttachmentBytes, larger.RequestBytes = bytes, bytes
	c.discord.SetLimits(larger)
}

// A picture beyond WhatsApp's limit goes as a document, whole.
func outLargeImage(c *chat) {
	c.largest(30 << 20)
	picture := append(photo(c.t, 170), make([]byte, 16<<20)...)
	c.attach("spanduk.jpg", picture, "spanduknya")
	m := c.gets("the picture", file(picture))
	if m.Kind != whatsapptest.KindDocument || m.Text != "spanduknya" || m.Media.Name != "spanduk.jpg" || m.Media.MIME != "image/jpeg" {
		c.t.Errorf("the phone shows %+v with %+v", m, m.Media)
	}
}

// A file beyond what the desk carries is not fetched.
func outTooLarge(c *chat) {
	c.largest(30 << 20)
	id := c.attach("cadangan.pdf", append(letterhead(), make([]byte, 21<<20)...), "cadangannya")
	c.ends(id, "❌")
	c.answered(id, "❌", "`cadangan.pdf`", "terlalu besar")
}

func outContactFile(c *chat) {
	card := []byte("BEGIN:VCARD\nVERSION:3.0\nFN:Gudang\nTEL:+628130000000\nEND:VCARD\n")
	c.attach("gudang.vcf", card, "ini nomornya")
	if m := c.gets("the card", file(card)); m.Kind != whatsapptest.KindDocument || m.Text != "ini nomornya" || !strings.HasPrefix(m.Media.Name, "gudang") {
		c.t.Errorf("the phone shows %+v with %+v", m, m.Media)
	}
}

// A question that WhatsApp's polls do not take goes in words.
func outLongPoll(c *chat) {
	question := strings.Repeat("Kapan kami boleh datang? ", 11)
	id := c.post("", discordtest.PostOptions{Poll: &discordtest.Poll{Question: question, Answers: []string{"Senin", "Selasa"}}})
	c.plain("📊 " + strings.TrimSpace(question) + "\n1. Senin\n2. Selasa")
	c.answered(id, "sebagai teks biasa", "lebih panjang dari 255")
}

// Nothing goes out of a ticket that is closed.
func outClosed(c *chat) {
	old := c.reopened()
	m, err := c.sari.Post(old, "masih soal yang lama", discordtest.PostOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	c.ends(m.ID, "")
	c.eventually("the line on the message, and the archive", func() bool {
		post, _ := c.discord.Channel(old)
		return post.Archived && slices.ContainsFunc(c.discord.Messages(old), func(line discordtest.Message) bool {
			return line.ReplyTo == m.ID && said("sudah ditutup")(line)
		})
	})
}

func outEmpty(c *chat) {
	id := c.post("\u200b", discordtest.PostOptions{})
	c.ends(id, "")
	c.answered(id, "Tidak ada yang dikirim", "kata-kata")
}

// Lines that begin with the sign for notes stay inside; the others go.
func outNotes(c *chat) {
	c.ends(c.post("// pelanggan lama", discordtest.PostOptions{}), "📝")
	c.ends(c.post("harga 10\n// modal 8", discordtest.PostOptions{}), "✅ 📝")
	c.plain("harga 10")
}

// Whoever is no agent is not heard by clients.
func outOthers(c *chat) {
	andi := c.discord.AddMember("andi-"+strings.ReplaceAll(c.name, " ", "-"), "Assistant Manager")
	m, err := andi.Post(c.thread, "beri diskon saja", discordtest.PostOptions{})
	if err != nil {
		c.t.Fatal(err)
	}
	c.ends(m.ID, "🔒")
}

// Answers in a group's ticket reach the group.
func outGroup(c *chat) {
	c.did(c.member.SendToGroup(c.group, "siapa di sana?"))
	m := c.inGroup("siapa di sana?")
	picture := photo(c.t, 180)
	for _, o := range []discordtest.PostOptions{{ReplyTo: m.ID}, {Files: []discordtest.File{{Name: "foto.jpg", Data: picture}}}} {
		if _, err := c.sari.Post(m.Channel, "desk di sini", o); err != nil {
			c.t.Fatal(err)
		}
	}
	var got []whatsapptest.Message
	defer func() {
		if c.t.Failed() {
			for _, l := range []any{c.discord.Messages(m.Channel), c.member.Received(), got} {
				c.t.Logf("%+v", l)
			}
		}
	}()
	c.eventually("both answers on a member's phone", func() bool {
		got = nil
		for _, m := range c.member.Received() {
			if m.Group == c.group.JID().String() && m.Text == "desk di sini" {
				got = append(got, m)
			}
		}
		return len(got) == 2 && got[0].Quote == "siapa di sana?" && file(picture)(got[1])
	})
}
