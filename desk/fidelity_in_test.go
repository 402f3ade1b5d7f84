package desk

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.mau.fi/whatsmeow/proto/waE2E"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// From a client to the agents.
var fidelityIn = []story{
	{"text", inText},
	{"long_text", inLongText},
	{"image", inImage},
	{"video", inVideo},
	{"gif", inGIF},
	{"voice", inVoice},
	{"audio", inAudio},
	{"document", inDocument},
	{"sticker", inSticker},
	{"album", inAlbum},
	{"view_once", inViewOnce},
	{"view_once_withheld", inWithheld},
	{"reply", inReply},
	{"reply_to_own", inReplyToOwn},
	{"reply_to_old", inReplyToOld},
	{"reaction", inReaction},
	{"edit", inEdit},
	{"edit_caption", inEditCaption},
	{"delete", inDelete},
	{"poll", inPoll},
	{"location", inLocation},
	{"live_location", inLiveLocation},
	{"contact", inContact},
	{"contacts", inContacts},
	{"link", inLink},
	{"forwarded", inForwarded},
	{"fading", inFading},
	{"call", inCall},
	{"unknown", inUnknown},
	{"group", inGroup},
	{"typing", inTyping},
	{"own_phone", inOwnPhone},
	{"own_phone_file", inOwnPhoneFile},
	{"passing_fault", inPassingFault},
	{"too_large_for_discord", inTooLarge},
}

func inText(c *chat) {
	c.did(c.phone.Send("*tebal* _miring_ ~coret~ ```kode```"))
	c.shows("the text", said("**"+c.name+":** **tebal** _miring_ ~~coret~~ `kode`"))
}

func inLongText(c *chat) {
	words := strings.Repeat("beras lima kilogram ", 300)
	c.did(c.phone.Send(words))
	c.eventually("all words in the thread", func() bool {
		all := strings.Join(c.world.thread(c.thread), " ")
		return strings.Count(all, "beras lima kilogram") == 300
	})
}

func inImage(c *chat) {
	picture := photo(c.t, 1)
	c.did(c.phone.SendImage(picture, "ini *fotonya*"))
	m := c.shows("the picture", c.holds(picture))
	if !said(c.name, "ini **fotonya**")(m) {
		c.t.Errorf("the picture came with %q", m.Content)
	}
	if name := m.Attachments[0].Filename; !strings.HasSuffix(name, ".jpg") {
		c.t.Errorf("the picture is called %q", name)
	}
}

func inVideo(c *chat) {
	video := film(2, 300_000)
	c.did(c.phone.SendVideo(video, "videonya", 3*time.Second))
	m := c.shows("the video", both(c.holds(video), said("videonya")))
	if name := m.Attachments[0].Filename; !strings.HasSuffix(name, ".mp4") {
		c.t.Errorf("the video is called %q", name)
	}
}

func inGIF(c *chat) {
	moving := film(3, 20_000)
	c.did(c.phone.SendGIF(moving, "lucu"))
	c.shows("the GIF", both(c.holds(moving), said("lucu")))
}

func inVoice(c *chat) {
	voice := recording(4 * time.Second)
	c.did(c.phone.SendVoice(voice, 4*time.Second))
	m := c.shows("the voice note", c.holds(voice))
	if !m.Voice && !said("4")(m) {
		c.t.Errorf("neither a voice message nor a length: %+v", m)
	}
	if m.Voice && (m.Attachments[0].Seconds < 3.9 || m.Attachments[0].Seconds > 4.1 || m.Attachments[0].Waveform == "") {
		c.t.Errorf("the voice message is %+v", m.Attachments[0])
	}
}

func inAudio(c *chat) {
	sound := tone(2)
	c.did(c.phone.SendAudio(sound, 2*time.Second))
	c.shows("the sound", c.holds(sound))
}

func inDocument(c *chat) {
	c.did(c.phone.SendDocument(letterhead(), "Laporan Juli.pdf", "application/pdf", "mohon dicek"))
	m := c.shows("the document", both(c.holds(letterhead()), said("mohon dicek")))
	if name := m.Attachments[0].Filename; !strings.HasPrefix(name, "Laporan") || !strings.HasSuffix(name, "Juli.pdf") {
		c.t.Errorf("the document is called %q", name)
	}
}

func inSticker(c *chat) {
	still, moving := sticker(512, 512, 1), sticker(512, 512, 3)
	c.did(c.phone.SendSticker(still, false))
	c.shows("the sticker", c.holds(still))
	c.did(c.phone.SendSticker(moving, true))
	c.shows("the sticker that moves", c.holds(moving))
}

// Three pictures sent as one come as one.
func inAlbum(c *chat) {
	var files []whatsapptest.Media
	for i := range 3 {
		files = append(files, whatsapptest.Media{Kind: whatsapptest.KindImage, Data: photo(c.t, uint64(10+i))})
	}
	if _, err := c.phone.SendAlbum("tiga foto", files...); err != nil {
		c.t.Fatal(err)
	}
	for _, f := range files {
		c.shows("a picture of the album", c.holds(f.Data))
	}
	if m := c.shows("the caption", said("tiga foto")); len(m.Attachments) != 3 {
		c.t.Errorf("the message with the caption holds %d pictures, want 3", len(m.Attachments))
	}
}

func inViewOnce(c *chat) {
	picture := photo(c.t, 20)
	c.did(c.phone.SendViewOnce(whatsapptest.Media{Kind: whatsapptest.KindImage, Data: picture}, "sekali saja"))
	c.shows("the picture and what it is", both(c.holds(picture), said("sekali lihat", "sekali saja")))
}

func inWithheld(c *chat) {
	c.did(c.phone.SendWithheld())
	c.shows("that there was one", said("sekali lihat", "ponsel"))
}

func inReply(c *chat) {
	answer := c.gets("the answer", func(m whatsapptest.Message) bool { return m.Text == "Baik kak" })
	c.did(c.phone.Reply(answer.ID, "yang ini?"))
	if m := c.shows("the reply", said("yang ini?")); m.ReplyTo != c.answer {
		c.t.Errorf("it answers %q, want Sari's message %q", m.ReplyTo, c.answer)
	}
}

func inReplyToOwn(c *chat) {
	first := c.shows("the first words", said("halo"))
	c.did(c.phone.Reply(c.hello, "maksud saya ini"))
	if m := c.shows("the reply", said("maksud saya ini")); m.ReplyTo != first.ID {
		c.t.Errorf("it answers %q, want the client's first %q", m.ReplyTo, first.ID)
	}
}

// A reply to a message of a ticket that is closed: the new thread tells what it was.
func inReplyToOld(c *chat) {
	answer := c.gets("the answer", func(m whatsapptest.Message) bool { return m.Text == "Baik kak" })
	old := c.reopened()
	c.did(c.phone.Reply(answer.ID, "soal yang kemarin"))
	m := c.shows("the reply", said("soal yang kemarin"))
	if m.ReplyTo == "" && !said("Baik kak")(m) {
		c.t.Errorf("nothing in %q says that it answers a message in %s", m.Content, old)
	}
}

// reopened closes the ticket and lets the client begin a new one; c is in its thread
// then. It returns the old thread.
func (c *chat) reopened() string {
	c.t.Helper()
	if _, err := c.sari.Command(c.t.Context(), c.thread, "ticket close", nil); err != nil {
		c.t.Fatal(err)
	}
	old := c.thread
	c.eventually("the archive", func() bool {
		post, _ := c.discord.Channel(old)
		return post.Archived
	})
	c.did(c.phone.Send("halo lagi"))
	c.eventually("a new post", func() bool {
		for _, p := range c.discord.Posts(c.discord.ChannelID("halo-desk")) {
			if strings.Contains(p.Name, c.name) && p.ID != old {
				c.thread = p.ID
			}
		}
		return c.thread != old
	})
	c.shows("the new words", said("halo lagi"))
	return old
}

func inReaction(c *chat) {
	answer := c.gets("the answer", func(m whatsapptest.Message) bool { return m.Text == "Baik kak" })
	c.did(c.phone.React(answer.ID, "👍🏽"))
	c.eventually("the sign on Sari's message", c.reactionOn(c.answer, "👍🏽"))
	c.did(c.phone.React(answer.ID, ""))
	c.eventually("the sign gone", func() bool { return !c.reactionOn(c.answer, "👍🏽")() })
}

// The thread keeps what was written first.
func inEdit(c *chat) {
	id := c.did(c.phone.Send("stok 10"))
	c.shows("the text", said("stok 10"))
	c.did(c.phone.Edit(id, "stok 12"))
	c.shows("the new words", said("stok 12"))
	c.shows("the earlier words", said("stok 10"))
}

func inEditCaption(c *chat) {
	picture := photo(c.t, 30)
	id := c.did(c.phone.SendImage(picture, "kiri"))
	c.shows("the picture", c.holds(picture))
	c.did(c.phone.Edit(id, "kanan"))
	c.shows("the new caption", said("kanan"))
	c.shows("the picture still", both(c.holds(picture), said("kiri")))
}

func inDelete(c *chat) {
	id := c.did(c.phone.Send("rahasia"))
	m := c.shows("the text", said("rahasia"))
	c.did(c.phone.Delete(id))
	c.eventually("the mark", func() bool {
		now, _ := c.discord.Message(m.ID)
		return slices.ContainsFunc(now.Reactions, func(r discordtest.Reaction) bool { return strings.HasPrefix(r.Emoji, "🗑") }) ||
			strings.Contains(now.Content, "dihapus")
	})
	c.shows("the words still", said("rahasia"))
}

func inPoll(c *chat) {
	id := c.did(c.phone.SendPoll("Kirim kapan?", 1, "Senin", "Selasa"))
	c.shows("the poll", said("Kirim kapan?", "Senin", "Selasa"))
	c.did(c.phone.Vote(id, "Selasa"))
	c.shows("the vote", func(m discordtest.Message) bool {
		return said("Selasa")(m) && (said("memilih")(m) || said("1")(m))
	})
}

func inLocation(c *chat) {
	c.did(c.phone.SendLocation(whatsapptest.Place{Latitude: -6.2, Longitude: 106.816666, Name: "Gudang [utama]", Address: "Jl. Sudirman"}))
	c.shows("the place", said("-6.2", "106.81", "Gudang", "Sudirman", "https://"))
}

func inLiveLocation(c *chat) {
	c.did(c.phone.SendLiveLocation(whatsapptest.Place{Latitude: -6.9, Longitude: 107.6}, "di jalan"))
	c.shows("the place", said("-6.9", "107.6", "di jalan"))
}

func inContact(c *chat) {
	card := "BEGIN:VCARD\nVERSION:3.0\nFN:Budi Santoso\nTEL;type=CELL;waid=6281300000001:+62 813-0000-0001\nEND:VCARD"
	c.did(c.phone.SendContacts(whatsapptest.Contact{Name: "Budi Santoso", VCard: card}))
	m := c.shows("the card", said("Budi Santoso", "813"))
	if len(m.Attachments) != 1 || !strings.HasSuffix(m.Attachments[0].Filename, ".vcf") {
		c.t.Errorf("no vCard file: %+v", m.Attachments)
	}
}

func inContacts(c *chat) {
	var all []whatsapptest.Contact
	for _, name := range []string{"Satu", "Dua"} {
		all = append(all, whatsapptest.Contact{Name: name, VCard: "BEGIN:VCARD\nVERSION:3.0\nFN:" + name + "\nTEL:+628130000000\nEND:VCARD"})
	}
	c.did(c.phone.SendContacts(all...))
	c.shows("both cards", said("Satu", "Dua"))
}

func inLink(c *chat) {
	c.did(c.phone.SendLink("lihat https://contoh.id/a", whatsapptest.Link{URL: "https://contoh.id/a", Title: "Judul", Description: "Isi"}))
	c.shows("the text with its link", said("lihat https://contoh.id/a"))
}

func inForwarded(c *chat) {
	c.did(c.phone.Forward("berita", 6))
	c.shows("the mark", said("berita", "iteruskan"))
}

func inFading(c *chat) {
	c.did(c.phone.SetFading(24 * time.Hour))
	c.shows("the notice", said("dinyalakan", "1 hari"))
	c.did(c.phone.SendFading("sementara", 24*time.Hour))
	c.shows("the text", said("sementara", "hilang dari WhatsApp setelah 1 hari"))
}

// The answer to a call is sent once for each.
func inCall(c *chat) {
	call := c.phone.Call(false)
	c.shows("the call", said("elepon"))
	sentence := c.cfg.Texts["call"]
	c.gets("the sentence", func(m whatsapptest.Message) bool { return m.Text == sentence })
	c.phone.HangUp(call)
	c.never("two sentences", func(discordtest.Message) bool { return false })
	n := 0
	for _, m := range c.phone.Received() {
		if m.Text == sentence {
			n++
		}
	}
	if n != 1 {
		c.t.Errorf("the sentence came %d times", n)
	}
}

// What this version does not know has a name.
func inUnknown(c *chat) {
	c.did(c.phone.Do(whatsapptest.Draft{Message: &waE2E.Message{OrderMessage: &waE2E.OrderMessage{OrderTitle: new("Pesanan"), ItemCount: new(int32(3))}}}))
	c.shows("a placeholder", said("esanan"))
	c.did(c.phone.Do(whatsapptest.Draft{Message: &waE2E.Message{StickerPackMessage: &waE2E.StickerPackMessage{Name: new("Kucing")}}}))
	c.shows("a placeholder", said("Kucing"))
	c.did(c.phone.Do(whatsapptest.Draft{Message: &waE2E.Message{RequestPhoneNumberMessage: &waE2E.RequestPhoneNumberMessage{}}}))
	c.shows("a placeholder", said("ponsel desk"))
}

// Groups speak with the sender's name; those that are not listened to are silent.
func inGroup(c *chat) {
	other := c.whatsapp.AddGroup("Arisan", c.phone)
	c.did(c.phone.SendToGroup(other, "bukan urusan desk"))
	c.did(c.member.SendToGroup(c.group, "pesan dari grup"))
	var found discordtest.Message
	c.eventually("the group's post", func() bool {
		for _, p := range c.discord.Posts(c.discord.ChannelID("halo-desk")) {
			for _, m := range c.discord.Messages(p.ID) {
				if said("pesan dari grup")(m) {
					found = m
				}
			}
		}
		return found.ID != ""
	})
	if found.Channel == c.thread || !said("Budi")(found) {
		c.t.Errorf("the group's message is %q in %s", found.Content, found.Channel)
	}
	for _, p := range c.discord.Posts(c.discord.ChannelID("halo-desk")) {
		for _, m := range c.discord.History(p.ID) {
			if said("bukan urusan desk")(m) {
				c.t.Errorf("a group that is not listened to speaks in %s", p.Name)
			}
		}
	}
}

func inTyping(c *chat) {
	before := c.discord.TypingCount(c.thread)
	c.eventually("that the client types", func() bool {
		c.phone.Compose(true)
		return c.discord.TypingCount(c.thread) > before
	})
}

func inOwnPhone(c *chat) {
	c.did(c.whatsapp.Business().Send(c.phone, "saya jawab dari ponsel"))
	c.shows("the answer of the phone", said("onsel desk", "saya jawab dari ponsel"))
}

func inOwnPhoneFile(c *chat) {
	picture := photo(c.t, 40)
	c.did(c.whatsapp.Business().Do(c.phone, whatsapptest.Draft{Media: &whatsapptest.Media{Kind: whatsapptest.KindImage, Data: picture}, Text: "fotonya"}))
	c.shows("the picture of the phone", both(c.holds(picture), said("onsel desk", "fotonya")))
}

// Servers that fail once or twice: the file comes.
func inPassingFault(c *chat) {
	picture := photo(c.t, 50)
	c.whatsapp.FailDownloads(whatsapptest.MediaFault{Status: 503}, whatsapptest.MediaFault{Cut: true})
	c.did(c.phone.SendImage(picture, "sesudah gangguan"))
	c.shows("the picture, after trouble", c.holds(picture))
}

// A file that Discord does not take stands in, with its name and size; it is not tried
// twice.
func inTooLarge(c *chat) {
	limits := c.discord.Limits()
	defer c.discord.SetLimits(limits)
	smaller := limits
	smaller.AttachmentBytes = 200_000
	c.discord.SetLimits(smaller)
	for i := range 2 {
		before := c.discord.Stats().Errors[40005]
		words := fmt.Sprint("film ", i)
		c.did(c.phone.SendDocument(film(uint64(60+i), 300_000), "panjang.mp4", "video/mp4", words+" besar"))
		c.shows("the stand-in", func(m discordtest.Message) bool {
			return said("panjang.mp4", "besar", words, "terlalu besar untuk Discord")(m) && len(m.Attachments) == 0
		})
		if i == 1 && c.discord.Stats().Errors[40005] != before {
			c.t.Error("what is known to be too large was tried")
		}
	}
}
