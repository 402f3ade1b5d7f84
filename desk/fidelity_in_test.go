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
	{"long_caption", inLongCaption},
	{"video", inVideo},
	{"round", inRound},
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
	{"reaction_mark", inReactionMark},
	{"edit", inEdit},
	{"edit_caption", inEditCaption},
	{"delete", inDelete},
	{"edit_old", inEditOld},
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
	{"group_edit", inGroupEdit},
	{"typing", inTyping},
	{"own_phone", inOwnPhone},
	{"own_phone_file", inOwnPhoneFile},
	{"passing_fault", inPassingFault},
	{"too_large_for_discord", inTooLarge},
	{"new_phone", inNewPhone},
	{"new_number", inNewNumber},
}

func inText(c *chat) {
	c.did(c.phone.Send("*tebal* _miring_ ~coret~ ```kode```"))
	c.shows("the text", said("**"+c.name+":** **tebal** _miring_ ~~coret~~ `kode`"))
}

func inLongText(c *chat) {
	c.did(c.phone.Send(strings.Repeat("beras lima kilogram ", 300)))
	c.showsAll("all words", "kilogram", 300)
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

// What does not fit below a picture follows it.
func inLongCaption(c *chat) {
	picture := photo(c.t, 4)
	c.did(c.phone.SendImage(picture, strings.Repeat("baris yang panjang ", 150)))
	if m := c.shows("the picture", c.holds(picture)); !said(c.name, "baris yang panjang")(m) {
		c.t.Errorf("the picture came with %q", m.Content)
	}
	c.showsAll("all words", "panjang", 150)
}

func inVideo(c *chat) {
	video := film(2, 300_000)
	c.did(c.phone.SendVideo(video, "videonya", 3*time.Second))
	m := c.shows("the video", both(c.holds(video), said("videonya")))
	if name := m.Attachments[0].Filename; !strings.HasSuffix(name, ".mp4") {
		c.t.Errorf("the video is called %q", name)
	}
}

// A round video is one, with its length.
func inRound(c *chat) {
	video := film(5, 20_000)
	c.did(c.phone.Do(whatsapptest.Draft{
		Media: &whatsapptest.Media{Kind: whatsapptest.KindVideo, Data: video, Length: 3 * time.Second},
		Alter: func(m *waE2E.Message) { m.PtvMessage, m.VideoMessage = m.VideoMessage, nil },
	}))
	c.shows("the video", both(c.holds(video), said("Pesan video", "0:03")))
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
	// An archived post keeps the marks it has.
	c.eventually("the mark on the answer", func() bool { return marked(c.world, c.answer, "✅") && !marked(c.world, c.answer, "☑️") })
	if _, err := c.sari.Command(c.t.Context(), c.thread, "ticket close", nil); err != nil {
		c.t.Fatal(err)
	}
	old := c.thread
	c.eventually("the archive", func() bool {
		post, _ := c.discord.Channel(old)
		return post.Archived
	})
	c.did(c.phone.Send("halo lagi"))
	c.opens(old)
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

// A sign that is a mark of the desk stays in words: the marks on the message are ours.
func inReactionMark(c *chat) {
	answer := c.gets("the answer", text("Baik kak"))
	c.did(c.phone.React(answer.ID, "👀"))
	if m := c.shows("the reaction in words", said(c.name, "Bereaksi", "👀")); m.ReplyTo != c.answer {
		c.t.Errorf("it answers %q, want Sari's message %q", m.ReplyTo, c.answer)
	}
}

// What changes in a closed ticket is told there, and the post goes back to the archive.
func inEditOld(c *chat) {
	old := c.reopened()
	c.did(c.phone.Edit(c.hello, "halo semua"))
	c.eventually("the new words in the old thread, and the archive", func() bool {
		post, _ := c.discord.Channel(old)
		return post.Archived && slices.ContainsFunc(c.discord.Messages(old), said("Mengubah sebuah pesan", "halo semua"))
	})
	c.did(c.phone.Delete(c.hello))
	c.eventually("the deletion in the old thread, and the archive", func() bool {
		post, _ := c.discord.Channel(old)
		return post.Archived && slices.ContainsFunc(c.discord.Messages(old), said("Menghapus sebuah pesan"))
	})
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
	c.eventually("the sign on it", c.reactionOn(m.ID, "🗑️"))
	if line := c.shows("the line", said("Menghapus sebuah pesan")); line.ReplyTo != m.ID {
		c.t.Errorf("the line answers %q, want %q", line.ReplyTo, m.ID)
	}
	c.shows("the words still", said("rahasia"))
}

func inPoll(c *chat) {
	id := c.did(c.phone.SendPoll("Kirim kapan?", 1, "Senin", "Selasa"))
	asked := c.shows("the poll", said("Kirim kapan?", "pilih satu", "Senin", "Selasa"))
	c.did(c.phone.Vote(id, "Selasa"))
	if m := c.shows("the vote", said("Memilih:", "Suara sejauh ini: Selasa 1")); m.ReplyTo != asked.ID {
		c.t.Errorf("the vote answers %q, want the poll", m.ReplyTo)
	}
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
	c.did(c.phone.SendFading("rahasia dulu", 24*time.Hour))
	c.shows("the text", said("rahasia dulu", "hilang dari WhatsApp setelah 1 hari"))
}

// The answer to a call is sent once for each.
func inCall(c *chat) {
	call := c.phone.Call(false)
	c.shows("the call", said("elepon"))
	sentence := c.cfg.Texts["call"]
	c.plain(sentence)
	c.shows("that it was said", said("Teks otomatis", "panggilan"))
	c.phone.HangUp(call)
	c.did(c.phone.Send("penutup"))
	c.shows("what comes after it", said("penutup"))
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
