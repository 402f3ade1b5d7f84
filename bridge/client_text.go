package bridge

import "strings"

const (
	discordLimit  = 2000 // characters in one Discord message of a bot
	whatsAppLimit = 4096 // characters in one WhatsApp message: far below the network's own limit, but readable
)

// KindPlainText is the Kind of a message that is words and nothing else.
const KindPlainText = "text"

// kindNames are what staff call the kinds that are not carried yet.
var kindNames = map[string]string{
	"image": "gambar", "video": "video", "voice": "pesan suara", "audio": "audio", "document": "dokumen",
	"sticker": "stiker", "location": "lokasi", "contact": "kontak", "poll": "polling", "view_once": "pesan sekali lihat",
	"call": "panggilan",
}

// echoText introduces what speaks of an earlier message.
var echoText = map[string]string{
	"edit":     "✏️ *Mengubah sebuah pesan menjadi:*\n",
	"reaction": "💬 *Bereaksi pada sebuah pesan:* ",
	"delete":   "🗑️ *Menghapus sebuah pesan.* ",
}

// clientText renders what came from WhatsApp as the agents read it. name and
// text are untrusted; nothing in the result pings or formats beyond the client's
// own emphasis.
func clientText(m ClientMessage, name string, piece int) string {
	who := ToDiscord(name)
	if who == "" {
		who = "Klien"
	}
	if m.Own {
		who = "📱 Dari ponsel desk"
	}
	var body string
	switch {
	case m.Unreadable != "":
		body = "⚠️ *Pesan ini belum dapat dibaca; perangkat pengirim sudah diminta mengirim ulang. Bila tidak muncul, mintalah klien menulis kembali.*"
	case m.Kind != "" && m.Kind != KindPlainText:
		kind := kindNames[m.Kind]
		if kind == "" {
			kind = ToDiscord(Clean(m.Kind, 40))
		}
		body = ToDiscord(m.Text)
		if echo, ok := echoText[m.Kind]; ok {
			body = strings.TrimSpace(echo + body)
		} else if piece == 0 {
			body = strings.TrimSpace("📎 *[" + kind + "] belum dapat ditampilkan di sini; lihat di ponsel desk.*\n" + body)
		}
	default:
		body = ToDiscord(m.Text)
	}
	if Clean(body, 10) == "" { // also when there is nothing to be seen in it
		body = "*(pesan kosong)*"
	}
	if piece > 0 {
		return body
	}
	if strings.Contains(body, "\n") || strings.HasPrefix(body, ">") || strings.HasPrefix(body, "`") || strings.HasPrefix(body, "- ") {
		return "**" + who + "**\n" + body
	}
	return "**" + who + ":** " + body
}
