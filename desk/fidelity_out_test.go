package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge/discord/discordtest"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// From an agent to the client.
var fidelityOut = []story{
	{"text", outText},
	{"long_text", outLongText},
	{"image", outImage},
	{"video", outVideo},
	{"gif", outGIF},
	{"voice", outVoice},
	{"audio", outAudio},
	{"document", outDocument},
	{"sticker", outSticker},
	{"sticker_file", outStickerFile},
	{"album", outAlbum},
	{"reply", outReply},
	{"reply_to_own", outReplyToOwn},
	{"reply_to_file", outReplyToFile},
	{"reaction", outReaction},
	{"reaction_custom", outCustomReaction},
	{"edit", outEdit},
	{"edit_caption", outEditCaption},
	{"delete", outDelete},
	{"poll", outPoll},
	{"forwarded", outForwarded},
	{"link", outLink},
	{"typing", outTyping},
	{"read_mark", outReadMark},
	{"delivery_marks", outMarks},
	{"caption_too_long", outLongCaption},
	{"program", outProgram},
	{"upload_trouble", outUploadTrouble},
	{"large_image", outLargeImage},
	{"too_large", outTooLarge},
	{"contact_file", outContactFile},
	{"poll_too_long", outLongPoll},
	{"closed", outClosed},
	{"empty", outEmpty},
	{"notes", outNotes},
	{"others", outOthers},
	{"group", outGroup},
}

// file is a phone's message that shows a file of just these bytes.
func file(content []byte) func(whatsapptest.Message) bool {
	sum := sha256.Sum256(content)
	return func(m whatsapptest.Message) bool {
		return m.Media != nil && m.Media.Problem == "" && m.Media.SHA256 == hex.EncodeToString(sum[:])
	}
}

// attach sends one file as Sari.
func (c *chat) attach(name string, content []byte, text string) string {
	c.t.Helper()
	return c.post(text, discordtest.PostOptions{Files: []discordtest.File{{Name: name, Data: content}}})
}

func outText(c *chat) {
	c.post("**tebal** *miring* ~~coret~~ <:apa:123456789012345678>", discordtest.PostOptions{})
	c.plain("*tebal* _miring_ ~coret~ :apa:")
}

func outLongText(c *chat) {
	c.post(strings.Repeat("beras 5 kg ", 180), discordtest.PostOptions{})
	c.gets("all of it", func(m whatsapptest.Message) bool { return strings.Count(m.Text, "beras 5 kg") == 180 })
}

func outImage(c *chat) {
	picture := photo(c.t, 101)
	c.attach("foto.jpg", picture, "ini **fotonya**")
	m := c.gets("the picture", file(picture))
	if m.Kind != whatsapptest.KindImage || m.Text != "ini *fotonya*" || m.Media.Width != 64 || m.Media.Height != 48 {
		c.t.Errorf("the phone shows %+v with %+v", m, m.Media)
	}
}

func outVideo(c *chat) {
	video := film(102, 300_000)
	c.attach("video.mp4", video, "videonya")
	m := c.gets("the video", file(video))
	if m.Kind != whatsapptest.KindVideo || m.Text != "videonya" || m.Media.Length != 3*time.Second {
		c.t.Errorf("the phone shows %+v with %+v", m, m.Media)
	}
}

// WhatsApp has no GIF files: one goes as a document, which is said.
func outGIF(c *chat) {
	moving := cartoon(c.t)
	c.attach("lucu.gif", moving, "")
	if m := c.gets("the GIF", file(moving)); m.Kind != whatsapptest.KindDocument && m.Kind != whatsapptest.KindGIF && m.Kind != whatsapptest.KindImage {
		c.t.Errorf("the phone shows %+v", m)
	}
}

func outVoice(c *chat) {
	voice := recording(3 * time.Second)
	c.post("", discordtest.PostOptions{Voice: &discordtest.Voice{Data: voice, Length: 3 * time.Second, Waveform: make([]byte, 64)}})
	m := c.gets("the voice note", file(voice))
	if m.Kind != whatsapptest.KindVoice || m.Media.Length != 3*time.Second || m.Media.MIME != "audio/ogg; codecs=opus" {
		c.t.Errorf("the phone shows %+v with %+v", m, m.Media)
	}
}

// A sound file becomes a voice note when ffmpeg is installed; otherwise it stays a sound
// file, which is said.
func outAudio(c *chat) {
	sound := tone(2)
	id := c.attach("suara.wav", sound, "")
	if _, err := exec.LookPath("ffmpeg"); errors.Is(err, exec.ErrNotFound) {
		if m := c.gets("the sound", file(sound)); m.Kind != whatsapptest.KindAudio && m.Kind != whatsapptest.KindDocument {
			c.t.Errorf("the phone shows %+v", m)
		}
		c.answered(id, "berkas audio, bukan pesan suara", "ffmpeg")
		return
	}
	c.gets("the voice note", func(m whatsapptest.Message) bool {
		return m.Kind == whatsapptest.KindVoice && m.Media.Problem == "" && m.Media.Length == 2*time.Second
	})
}

func outDocument(c *chat) {
	c.attach("Faktur Juli.pdf", letterhead(), "terlampir")
	m := c.gets("the document", file(letterhead()))
	if m.Kind != whatsapptest.KindDocument || m.Text != "terlampir" || !strings.HasSuffix(m.Media.Name, "Juli.pdf") || m.Media.MIME != "application/pdf" {
		c.t.Errorf("the phone shows %+v with %+v", m, m.Media)
	}
}

// A sticker of Discord is not a file that we may copy: its name goes, below the words.
func outSticker(c *chat) {
	c.post("", discordtest.PostOptions{Stickers: []string{"Halo"}})
	c.plain("[stiker: Halo]")
	c.post("makasih **kak**", discordtest.PostOptions{Stickers: []string{"Wah", "Jempol"}})
	c.plain("makasih *kak*\n[stiker: Wah]\n[stiker: Jempol]")
}

// plain waits for a message on the phone that is these words and nothing else.
func (c *chat) plain(words string) {
	c.t.Helper()
	m := c.gets(words, text(words))
	if m.Kind != whatsapptest.KindText || m.Media != nil || m.ReplyTo != "" || m.Forwarded > 0 || m.Edited {
		c.t.Errorf("the phone shows %+v", m)
	}
}

// A file that is a sticker by its bytes is one.
func outStickerFile(c *chat) {
	still := sticker(512, 512, 1)
	c.attach("tempel.webp", still, "")
	if m := c.gets("the sticker", file(still)); m.Kind != whatsapptest.KindSticker || m.Text != "" {
		c.t.Errorf("the phone shows %+v with %+v", m, m.Media)
	}
	moving := sticker(512, 512, 2)
	c.attach("gerak.webp", moving, "semangat")
	if m := c.gets("the sticker that moves", file(moving)); m.Kind != whatsapptest.KindSticker || m.Text != "" {
		c.t.Errorf("the phone shows %+v with %+v", m, m.Media)
	}
	c.plain("semangat")
}

func outAlbum(c *chat) {
	var o discordtest.PostOptions
	for i := range 4 {
		o.Files = append(o.Files, discordtest.File{Name: "foto.jpg", Data: photo(c.t, uint64(110+i))})
	}
	c.post("empat foto", o)
	var at []time.Time
	for _, f := range o.Files {
		at = append(at, c.gets("a picture", file(f.Data)).Time)
	}
	if !slices.IsSortedFunc(at, time.Time.Compare) {
		c.t.Error("the pictures came in another order")
	}
	if n := strings.Count(strings.Join(screen(c.phone), "\n"), "empat foto"); n != 1 {
		c.t.Errorf("the caption came %d times", n)
	}
}

func outReply(c *chat) {
	first := c.shows("the first words", said(":** halo"))
	c.post("soal ini", discordtest.PostOptions{ReplyTo: first.ID})
	if m := c.gets("the reply", text("soal ini")); m.ReplyTo != c.hello || m.Quote != "halo" {
		c.t.Errorf("it quotes %q of %s, want the client's words", m.Quote, m.ReplyTo)
	}
}

func text(s string) func(whatsapptest.Message) bool {
	return func(m whatsapptest.Message) bool { return m.Text == s }
}

func outReplyToOwn(c *chat) {
	first := c.gets("the answer", text("Baik kak"))
	c.post("maksud saya", discordtest.PostOptions{ReplyTo: c.answer})
	if m := c.gets("the reply", text("maksud saya")); m.ReplyTo != first.ID {
		c.t.Errorf("it quotes %s, want our own %s", m.ReplyTo, first.ID)
	}
}

func outReplyToFile(c *chat) {
	picture := photo(c.t, 120)
	id := c.did(c.phone.SendImage(picture, "lihat"))
	m := c.shows("the picture", c.holds(picture))
	c.post("sudah kami lihat", discordtest.PostOptions{ReplyTo: m.ID})
	if m := c.gets("the reply", text("sudah kami lihat")); m.ReplyTo != id {
		c.t.Errorf("it quotes %s, want the picture %s", m.ReplyTo, id)
	}
}

func outReaction(c *chat) {
	first := c.shows("the first words", said(":** halo"))
	on := func(emoji string) func() bool {
		return func() bool {
			for _, m := range c.phone.Screen() {
				if m.ID == c.hello {
					return m.Reactions["them"] == emoji
				}
			}
			return false
		}
	}
	if err := c.sari.React(first.ID, "👍"); err != nil {
		c.t.Fatal(err)
	}
	c.eventually("the sign on the phone", on("👍"))
	if err := c.sari.Unreact(first.ID, "👍"); err != nil {
		c.t.Fatal(err)
	}
	c.eventually("the sign gone", on(""))
}

// WhatsApp does not know the server's own signs: a word on it stays inside.
func outCustomReaction(c *chat) {
	first := c.shows("the first words", said(":** halo"))
	if err := c.sari.React(first.ID, "mantap:123456789012345678"); err != nil {
		c.t.Fatal(err)
	}
	c.answered(first.ID, ":mantap:", "tidak sampai ke klien")
}

func outEdit(c *chat) {
	id := c.post("harga 10", discordtest.PostOptions{})
	first := c.gets("the text", text("harga 10"))
	if err := c.sari.Edit(id, "harga 12"); err != nil {
		c.t.Fatal(err)
	}
	if m := c.gets("the new words", text("harga 12")); m.ID != first.ID || !m.Edited {
		c.t.Errorf("the phone shows %+v, want the same message edited", m)
	}
}

// A caption changes and its file stays.
func outEditCaption(c *chat) {
	picture := photo(c.t, 150)
	id := c.attach("foto.jpg", picture, "kiri")
	first := c.gets("the picture", file(picture))
	if err := c.sari.Edit(id, "kanan"); err != nil {
		c.t.Fatal(err)
	}
	if m := c.gets("the new caption", text("kanan")); m.ID != first.ID || !m.Edited || !file(picture)(m) {
		c.t.Errorf("the phone shows %+v, want the same picture with new words", m)
	}
}

func outDelete(c *chat) {
	picture := photo(c.t, 160)
	ids := []string{c.post("salah kirim", discordtest.PostOptions{}), c.attach("foto.jpg", picture, "salah juga")}
	for i, first := range []whatsapptest.Message{c.gets("the text", text("salah kirim")), c.gets("the picture", file(picture))} {
		if err := c.sari.Delete(ids[i]); err != nil {
			c.t.Fatal(err)
		}
		c.eventually("it gone", func() bool {
			return slices.ContainsFunc(c.phone.Screen(), func(m whatsapptest.Message) bool { return m.ID == first.ID && m.Deleted })
		})
	}
}

func outPoll(c *chat) {
	id := c.post("", discordtest.PostOptions{Poll: &discordtest.Poll{Question: "Kirim kapan?", Answers: []string{"Senin", "Selasa"}}})
	m := c.gets("the poll", func(m whatsapptest.Message) bool { return m.Poll != nil })
	if m.Poll.Question != "Kirim kapan?" || !slices.Equal(m.Poll.Options, []string{"Senin", "Selasa"}) || m.Poll.Most != 1 {
		c.t.Errorf("the phone shows %+v", m.Poll)
	}
	c.did(c.phone.Vote(m.ID, "Senin"))
	if m := c.shows("the vote", said("Memilih:", "Senin", "Suara sejauh ini: Senin 1")); m.ReplyTo != id {
		c.t.Errorf("the vote answers %q, want the poll", m.ReplyTo)
	}
}

// What is forwarded within Discord goes as its content; a note stays inside.
func outForwarded(c *chat) {
	note := c.post("// catatan lama", discordtest.PostOptions{})
	c.ends(note, "📝")
	first := c.post("harga baru 15", discordtest.PostOptions{})
	c.plain("harga baru 15")
	c.forward(first)
	c.plain("_Diteruskan:_\nharga baru 15")
	again := c.forward(note)
	c.answered(again, "Tidak dikirim ke klien", "catatan internal")
	c.ends(again, "📝")
}

// forward shows a message once more in the thread.
func (c *chat) forward(message string) string {
	c.t.Helper()
	m, err := c.sari.Forward(message, c.thread)
	if err != nil {
		c.t.Fatal(err)
	}
	c.ends(m.ID, "✅")
	return m.ID
}

func outLink(c *chat) {
	c.post("lihat [di sini](https://contoh.id/a)", discordtest.PostOptions{})
	c.plain("lihat di sini (https://contoh.id/a)")
}

func outTyping(c *chat) {
	c.eventually("that somebody types", func() bool {
		if err := c.sari.Type(c.thread); err != nil {
			c.t.Fatal(err)
		}
		return c.phone.Typing() == "composing"
	})
}

// The client sees that he was read once an agent has answered.
func outReadMark(c *chat) {
	c.eventually("the read mark", func() bool {
		for _, m := range c.phone.Screen() {
			if m.ID == c.hello {
				return m.Status == whatsapptest.StatusRead
			}
		}
		return false
	})
}

func outMarks(c *chat) {
	id := c.post("sampai?", discordtest.PostOptions{})
	c.plain("sampai?")
	c.eventually("the delivered mark", func() bool { return marked(c.world, id, "✅") })
	c.phone.MarkRead()
	c.ends(id, "👀")
	c.ends(c.answer, "👀")
}

// Words too long for a caption follow the file.
func outLongCaption(c *chat) {
	picture := photo(c.t, 130)
	words := strings.Repeat("keterangan panjang ", 100)
	c.attach("foto.jpg", picture, words)
	if m := c.gets("the picture", file(picture)); m.Text != "" {
		c.t.Errorf("the picture has the words %q", m.Text)
	}
	c.plain(strings.TrimSpace(words))
}

// An agent's program does not reach the client, nor do the words below it, and the
// agent reads why.
func outProgram(c *chat) {
	id := c.attach("update.pdf", program(), "pasang ini")
	c.ends(id, "❌")
	line := c.answered(id, "❌", "`update.pdf`", "dapat menjalankan program", "pesan baru")
	if len(line.Components) > 0 || len(line.Attachments) > 0 || !line.Pings.None() {
		c.t.Errorf("the line is %+v", line)
	}
	c.post("maaf, salah berkas", discordtest.PostOptions{})
	c.plain("maaf, salah berkas")
}

// Trouble at WhatsApp's servers passes: the file arrives once.
func outUploadTrouble(c *chat) {
	c.whatsapp.FailUploads(whatsapptest.MediaFault{Status: 503}, whatsapptest.MediaFault{Cut: true})
	picture := photo(c.t, 140)
	c.attach("foto.jpg", picture, "akhirnya")
	c.gets("the picture", file(picture))
}
