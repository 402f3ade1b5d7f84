package desk

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// What a client sends to do harm, or what is broken. Each stands in visibly, and what
// follows comes through.
var fidelityHostile = []story{
	{"program_as_picture", hostileProgram},
	{"program_in_zip", hostileArchive},
	{"page_as_picture", hostilePage},
	{"polyglot", hostilePolyglot},
	{"sticker_bomb", hostileBomb},
	{"declared_4gb", hostileDeclaredSize},
	{"endless", hostileEndless},
	{"path_name", hostilePath},
	{"rtl_name", hostileRTL},
	{"long_name", hostileLongName},
	{"thousand_contacts", hostileContacts},
	{"long_card", hostileCard},
	{"invalid_utf8", hostileUTF8},
	{"emoji_sequences", hostileEmoji},
	{"zero_length", hostileEmpty},
	{"hash_mismatch", hostileMismatch},
	{"spoiled", hostileSpoiled},
	{"foreign_host", hostileHost},
	{"expired_for_good", hostileExpired},
	{"injection_in_caption", hostileCaption},
	{"quote_that_lies", hostileQuote},
	{"place_off_the_map", hostilePlace},
	{"poll_of_pings", hostilePoll},
}

// standsIn waits for a message about a file that is not shown, and makes sure that it
// never is.
func (c *chat) standsIn(content []byte, words ...string) {
	c.t.Helper()
	c.shows("the stand-in", func(m discordtest.Message) bool {
		return !c.looked[m.ID] && said(append(words, "⚠️")...)(m) && len(m.Attachments) == 0
	})
	if len(content) > 0 {
		c.never("what was refused is shown", c.holds(content))
	}
}

func hostileProgram(c *chat) {
	c.did(c.phone.SendImage(program(), "foto lucu"))
	c.standsIn(program(), "foto lucu")
}

func hostileArchive(c *chat) {
	content := archive(c.t, "faktur.pdf", "baca/setup.exe")
	c.did(c.phone.SendDocument(content, "faktur.zip", "application/zip", ""))
	c.standsIn(content, "faktur.zip")
}

// A page that says it is a picture is text, and is called so.
func hostilePage(c *chat) {
	page := []byte("<!DOCTYPE html><script>alert(1)</script>")
	c.did(c.phone.SendDocument(page, "foto.png", "image/png", ""))
	m := c.shows("the page", c.holds(page))
	if a := m.Attachments[0]; !strings.HasSuffix(a.Filename, ".txt") {
		c.t.Errorf("it is called %q", a.Filename)
	}
}

func hostilePolyglot(c *chat) {
	content := append(photo(c.t, 201), archive(c.t, "META-INF/MANIFEST.MF", "A.class")...)
	c.did(c.phone.SendImage(content, "dua sekaligus"))
	c.standsIn(content, "dua sekaligus")
}

func hostileBomb(c *chat) {
	bomb := sticker(16384, 16384, 1)
	c.did(c.phone.SendSticker(bomb, false))
	c.standsIn(bomb, "tiker", "membengkak")
	moving := sticker(4096, 4096, 200)
	c.did(c.phone.SendSticker(moving, true))
	c.standsIn(moving, "tiker", "membengkak")
}

func hostileDeclaredSize(c *chat) {
	c.did(c.phone.Do(whatsapptest.Draft{
		Media: &whatsapptest.Media{Kind: whatsapptest.KindDocument, Name: "besar.pdf", MIME: "application/pdf", Data: letterhead()},
		Alter: func(m *waE2E.Message) {
			if d := m.GetDocumentMessage(); d != nil {
				d.FileLength = new(uint64(4 << 30))
			}
		},
	}))
	c.standsIn(letterhead(), "besar.pdf", "4.0 GB", "terlalu besar untuk disimpan", "lihat di ponsel desk")
}

func hostileEndless(c *chat) {
	c.whatsapp.SetMediaFaults(whatsapptest.MediaFault{}, whatsapptest.MediaFault{Endless: true})
	defer c.whatsapp.SetMediaFaults(whatsapptest.MediaFault{}, whatsapptest.MediaFault{})
	c.did(c.phone.SendImage(photo(c.t, 202), "tanpa akhir"))
	c.standsIn(nil, "tanpa akhir")
}

func hostilePath(c *chat) {
	for i, name := range []string{`../../../etc/passwd`, `C:\Windows\system32\cmd.exe`, "a\x00b/c", "CON", "..", "`@everyone`"} {
		content := fmt.Appendf(letterhead(), "%d", i)
		c.did(c.phone.SendDocument(content, name, "application/pdf", ""))
		m := c.shows("the document "+name, c.holds(content))
		if a := m.Attachments[0].Filename; strings.ContainsAny(a, "/\\\x00:") || !strings.HasSuffix(a, ".pdf") || strings.HasPrefix(strings.ToUpper(a), "CON.") {
			c.t.Errorf("%q is called %q", name, a)
		}
		if !m.Pings.None() {
			c.t.Errorf("%q pings", name)
		}
	}
}

func hostileRTL(c *chat) {
	c.did(c.phone.SendDocument(letterhead(), "gambar\u202egpj.pdf", "application/pdf", "\u202ehalo\u202c"))
	m := c.shows("the document", c.holds(letterhead()))
	for _, r := range m.Attachments[0].Filename + m.Content {
		if unicode.Is(unicode.Bidi_Control, r) {
			c.t.Errorf("%U stays in %q", r, m.Attachments[0].Filename+m.Content)
		}
	}
}

func hostileLongName(c *chat) {
	c.did(c.phone.SendDocument(letterhead(), strings.Repeat("panjang🌾", 500)+".pdf", "application/pdf", ""))
	m := c.shows("the document", c.holds(letterhead()))
	if a := m.Attachments[0].Filename; utf8.RuneCountInString(a) > 100 {
		c.t.Errorf("it is called %q", a)
	}
}

func hostileContacts(c *chat) {
	var all []whatsapptest.Contact
	for i := range 1000 {
		name := fmt.Sprintf("Orang %04d", i)
		all = append(all, whatsapptest.Contact{Name: name, VCard: "BEGIN:VCARD\nVERSION:3.0\nFN:" + name + "\nTEL:+62813" + fmt.Sprintf("%07d", i) + "\nEND:VCARD"})
	}
	before := len(c.discord.Messages(c.thread))
	c.did(c.phone.SendContacts(all...))
	c.shows("the first", said("Orang 0000"))
	c.never("none", func(discordtest.Message) bool { return false })
	if n := len(c.discord.Messages(c.thread)) - before; n > 5 {
		c.t.Errorf("a thousand cards became %d messages", n)
	}
}

func hostileCard(c *chat) {
	card := "BEGIN:VCARD\nVERSION:3.0\nFN:@everyone [x](https://jahat.id)\nNOTE:" + strings.Repeat("x", 500_000) + "\n" + strings.Repeat("TEL:+628\n", 5000) + "END:VCARD"
	c.did(c.phone.SendContacts(whatsapptest.Contact{Name: "`x` # besar", VCard: card}))
	m := c.shows("the card", func(m discordtest.Message) bool { return said("x")(m) && m.ID > c.answer })
	if !m.Pings.None() || strings.Contains(m.Content, "](https://jahat.id)") {
		c.t.Errorf("the card says %q", m.Content)
	}
}

func hostileUTF8(c *chat) {
	c.did(c.phone.SendDocument(letterhead(), "a\xff\xfe.pdf", "application/pdf", "rusak \xc3\x28 di sini"))
	m := c.shows("the document or its stand-in", said("di sini"))
	if !utf8.ValidString(m.Content) {
		c.t.Errorf("%q is no text", m.Content)
	}
}

func hostileEmoji(c *chat) {
	words := "👩‍👩‍👧‍👦🏳️‍🌈👍🏽🇮🇩" + strings.Repeat("👨‍👩‍👧", 300)
	c.did(c.phone.Send(words))
	c.showsAll("all of it", "👨‍👩‍👧", 300)
	answer := c.gets("the answer", text("Baik kak"))
	c.did(c.phone.React(answer.ID, strings.Repeat("👩‍👩‍👧‍👦", 50)))
	c.discord.ExpectProblem("bukan emoji") // only Discord knows which signs it has
	c.did(c.phone.React(answer.ID, "bukan emoji @everyone"))
	c.shows("what is no sign, in words", said("bukan emoji"))
	c.never("a ping", func(m discordtest.Message) bool { return !m.Pings.None() })
}

func hostileEmpty(c *chat) {
	c.did(c.phone.SendDocument(nil, "kosong.pdf", "application/pdf", ""))
	c.standsIn(nil, "kosong.pdf")
}

// A file that is not what the message says could not be verified.
func hostileMismatch(c *chat) {
	picture := photo(c.t, 203)
	c.did(c.phone.Do(whatsapptest.Draft{
		Media: &whatsapptest.Media{Kind: whatsapptest.KindImage, Data: picture}, Text: "bukan itu",
		Alter: func(m *waE2E.Message) {
			if i := m.GetImageMessage(); i != nil {
				i.FileSHA256 = make([]byte, 32)
			}
		},
	}))
	c.standsIn(picture, "bukan itu", "tidak dapat dipastikan")
}

func hostileSpoiled(c *chat) {
	c.whatsapp.SetMediaFaults(whatsapptest.MediaFault{}, whatsapptest.MediaFault{Spoil: true})
	defer c.whatsapp.SetMediaFaults(whatsapptest.MediaFault{}, whatsapptest.MediaFault{})
	picture := photo(c.t, 204)
	c.did(c.phone.SendImage(picture, "rusak di jalan"))
	c.standsIn(nil, "rusak di jalan", "tidak dapat dipastikan")
}

// Whatever a message says, WhatsApp's own hosts are asked, and do not have it.
func hostileHost(c *chat) {
	c.whatsapp.ExpectProblem("mmg.whatsapp.net/jahat.id/x.enc")
	picture := photo(c.t, 205)
	c.did(c.phone.Do(whatsapptest.Draft{
		Media: &whatsapptest.Media{Kind: whatsapptest.KindImage, Data: picture}, Text: "dari tempat lain",
		Alter: func(m *waE2E.Message) {
			if i := m.GetImageMessage(); i != nil {
				i.URL, i.DirectPath = new("https://jahat.id/x.enc"), new("//jahat.id/x.enc")
			}
		},
	}))
	c.standsIn(picture, "dari tempat lain")
}

func hostileExpired(c *chat) {
	c.whatsapp.Business().SetReuploads(false)
	defer c.whatsapp.Business().SetReuploads(true)
	c.whatsapp.SetMediaFaults(whatsapptest.MediaFault{}, whatsapptest.MediaFault{Status: 410})
	defer c.whatsapp.SetMediaFaults(whatsapptest.MediaFault{}, whatsapptest.MediaFault{})
	picture := photo(c.t, 206)
	c.did(c.phone.SendImage(picture, "sudah lama"))
	c.standsIn(picture, "sudah lama")
}

func hostileCaption(c *chat) {
	picture := photo(c.t, 207)
	c.did(c.phone.SendImage(picture, "@everyone <@1> [masuk](https://jahat.id) # besar\n# besar ||x||"))
	m := c.shows("the picture", c.holds(picture))
	if !m.Pings.None() || strings.Contains(strings.ReplaceAll(m.Content, `\[`, ""), "[masuk](") || strings.Contains(m.Content, "\n# ") {
		c.t.Errorf("the caption says %q, pings %+v", m.Content, m.Pings)
	}
}

// Words in somebody's mouth: a quote of a message that we know shows ours.
func hostileQuote(c *chat) {
	answer := c.gets("the answer", text("Baik kak"))
	c.did(c.phone.Do(whatsapptest.Draft{
		Text: "katanya begitu", ReplyTo: answer.ID,
		Alter: func(m *waE2E.Message) {
			if q := m.GetExtendedTextMessage().GetContextInfo(); q != nil {
				q.QuotedMessage = &waE2E.Message{Conversation: new("kami ganti uangnya @everyone")}
			}
		},
	}))
	m := c.shows("the reply", said("katanya begitu"))
	if m.ReplyTo != c.answer || !m.Pings.None() || strings.Contains(m.Content, "ganti uangnya") {
		c.t.Errorf("it answers %q and says %q", m.ReplyTo, m.Content)
	}
}

func hostilePlace(c *chat) {
	c.did(c.phone.SendLocation(whatsapptest.Place{Latitude: 1e300, Longitude: -1e300, Name: "@everyone", URL: "https://jahat.id"}))
	m := c.shows("something", func(m discordtest.Message) bool { return m.ID > c.answer && said(c.name)(m) })
	if !m.Pings.None() || strings.Contains(m.Content, "](") || !strings.Contains(m.Content, "90.000000, -180.000000") {
		c.t.Errorf("the place says %q", m.Content)
	}
}

func hostilePoll(c *chat) {
	var options []string
	for i := range 12 {
		options = append(options, fmt.Sprint("@everyone ", i, strings.Repeat(" x", 50)))
	}
	c.did(c.phone.SendPoll("<@&1> # pilih", 0, options...))
	m := c.shows("the poll", said("pilih", "everyone 11"))
	if !m.Pings.None() {
		c.t.Errorf("the poll pings %+v", m.Pings)
	}
}
