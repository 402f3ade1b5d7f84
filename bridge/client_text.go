package bridge

import (
	"fmt"
	"strings"
)

const (
	discordLimit  = 2000 // characters in one Discord message of a bot
	whatsAppLimit = 4096 // characters in one WhatsApp message: far below the network's own limit, but readable
)

// KindPlainText is the Kind of a message that is words and nothing else.
const KindPlainText = "text"

// clientText renders what came from WhatsApp as the agents read it, in the name of
// whoever wrote it. name and all of m are untrusted; nothing in the result pings or
// formats beyond the client's own emphasis. What a message answers is left to the
// caller. Pieces but the first are the words alone.
func clientText(m ClientMessage, name string, piece int) string {
	body := clientBody(m, piece)
	if Clean(body, 10) == "" { // also when there is nothing to be seen in it
		body = "*(pesan kosong)*"
	}
	if piece > 0 {
		return body
	}
	who := clientWho(m, name)
	if marks := clientMarks(m); marks != "" {
		return "**" + who + "**\n" + marks + "\n" + body
	}
	if strings.Contains(body, "\n") || strings.HasPrefix(body, ">") || strings.HasPrefix(body, "`") || strings.HasPrefix(body, "- ") {
		return "**" + who + "**\n" + body
	}
	return "**" + who + ":** " + body
}

const signPhone = "📱"

// clientWho is who wrote: the client, somebody in a group, or the desk's own phone.
func clientWho(m ClientMessage, name string) string {
	// The sign is the desk's phone's: nobody gets it by his name.
	who := strings.TrimSpace(ToDiscord(strings.ReplaceAll(name, signPhone, "")))
	if who == "" {
		who = "Klien"
	}
	if m.Group != nil && name == "" {
		who = "Anggota grup"
	}
	if m.Own {
		who = signPhone + " Dari ponsel desk"
	}
	return who
}

// clientMarks is the small line above a message: that it was forwarded, and how long
// the client's app keeps it. "" is for neither.
func clientMarks(m ClientMessage) string {
	var marks []string
	switch {
	case m.Forwarded >= 5:
		marks = append(marks, "⏩ Sering diteruskan")
	case m.Forwarded > 0:
		marks = append(marks, "↪️ Diteruskan")
	}
	if m.ViewOnce && m.Media == nil && m.Text != "" {
		marks = append(marks, "1️⃣ Sekali lihat")
	}
	if m.Fades > 0 && m.Kind != kindTimer {
		marks = append(marks, "⏳ hilang dari WhatsApp setelah "+spanText(m.Fades))
	}
	if len(marks) == 0 {
		return ""
	}
	return "-# " + strings.Join(marks, " · ")
}

// quoteGist is what a quote shows of its message, untrusted and in one line.
func quoteGist(q Quote) string {
	text := Clean(q.Text, 200)
	if kind := kindNames[q.Kind]; kind != "" && q.Kind != KindPlainText {
		text = strings.TrimSpace("(" + kind + ") " + text)
	}
	return text
}

// clientBody is what a message says, without what stands around it.
func clientBody(m ClientMessage, piece int) string {
	words := ToDiscord(m.Text)
	switch {
	case m.Unreadable != "" && m.ViewOnce:
		return viewOnceText(m)
	case m.Unreadable != "":
		return "⚠️ *Pesan ini belum dapat dibaca; perangkat pengirim sudah diminta mengirim ulang. Bila tidak muncul, mintalah klien menulis kembali.*"
	case piece > 0:
		return words
	case m.ViewOnce && m.Media == nil && words == "":
		return viewOnceText(m)
	case m.Media != nil:
		return below(mediaText(m), words)
	}
	switch m.Kind {
	case "", KindPlainText:
		return below(words, linkText(m))
	case KindLocation:
		if m.Place != nil {
			return below(placeText(*m.Place, m.Live), words)
		}
	case KindContact:
		if len(m.Contacts) > 0 {
			return below(contactsText(m.Contacts), words)
		}
	case KindPoll:
		if m.Poll != nil {
			return pollText(*m.Poll)
		}
	}
	return eventText(m, words)
}

// below puts what is not empty on lines below each other.
func below(parts ...string) string {
	var kept []string
	for _, part := range parts {
		if part != "" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "\n")
}

// mediaText introduces a file. A picture with words under it needs no introduction.
func mediaText(m ClientMessage) string {
	media := *m.Media
	var about []string
	if media.Length > 0 {
		about = append(about, lengthText(media.Length))
	}
	if media.Kind == KindDocument && media.Size > 0 {
		about = append(about, sizeText(media.Size))
	}
	once := ""
	if m.ViewOnce {
		once = " sekali lihat"
	}
	aside := ""
	if len(about) > 0 {
		aside = " (" + strings.Join(about, ", ") + ")"
	}
	switch media.Kind {
	case KindVoice:
		return "🎤 *Pesan suara" + once + aside + "*"
	case KindAudio:
		return "🎵 *Audio" + aside + "*"
	case KindDocument:
		return "📄 *Dokumen" + aside + ":* " + ToDiscord(Clean(media.Name, 100))
	case KindSticker:
		return "🏷️ *Stiker*"
	}
	if m.Text != "" && once == "" {
		return ""
	}
	switch {
	case m.Kind == kindRound:
		return "⏺️ *Pesan video" + aside + "*"
	case media.Kind == KindVideo:
		return "🎬 *Video" + once + aside + "*"
	case media.Kind == KindGIF:
		return "🎞️ *GIF*"
	case media.Kind == KindImage:
		return "🖼️ *Gambar" + once + "*"
	}
	return "📎 *Berkas" + aside + "*"
}

func viewOnceText(m ClientMessage) string {
	what := fileNames[m.Kind]
	if what == "" {
		what = "Pesan"
	}
	return "1️⃣ *" + what + " sekali lihat: hanya dapat dibuka di ponsel desk, satu kali. WhatsApp tidak memberikannya ke sini.*"
}

// linkText is the preview that the client saw under an address, for agents to
// compare: Discord makes its own.
func linkText(m ClientMessage) string {
	if m.Link == nil {
		return ""
	}
	about := excerpt(below(m.Link.Title, m.Link.Text), 160)
	if about == "" {
		return ""
	}
	return "-# 🔗 Pratinjau di WhatsApp: " + about
}

// placeText is a point on the map, with a link to it.
func placeText(p Place, live bool) string {
	where := fmt.Sprintf("%.6f, %.6f", p.Latitude, p.Longitude)
	what := "📍 *Lokasi*"
	if live {
		what = "📡 *Lokasi langsung (bergerak; posisi terbaru ada di ponsel desk)*"
	}
	if name := ToDiscord(Clean(p.Name, 200)); name != "" {
		what += ": " + name
	}
	return below(what, ToDiscord(Clean(p.Address, 400)), ToDiscord(Clean(p.URL, 500)), where+" · <"+mapLink(p)+">")
}

// mapLink is the address of a place in Google Maps, in its documented form.
func mapLink(p Place) string {
	return fmt.Sprintf("https://www.google.com/maps/search/?api=1&query=%.6f,%.6f", p.Latitude, p.Longitude)
}

// contactsShown is how many cards of a message are written out.
const contactsShown = 10

// contactsText writes cards in words. Numbers stay as the card has them.
func contactsText(contacts []Contact) string {
	var lines []string
	for _, c := range contacts[:min(len(contacts), contactsShown)] {
		name := ToDiscord(contactName(c))
		if name == "" {
			name = "tanpa nama"
		}
		lines = append(lines, "👤 *Kontak:* "+name)
		card := ParseVCard(c.Card)
		for _, list := range []struct {
			sign  string
			lines []VCardLine
		}{{"📞", card.Phones}, {"✉️", card.Emails}, {"🏠", card.Addresses}} {
			for _, line := range list.lines[:min(len(list.lines), 5)] {
				text := list.sign + " " + ToDiscord(line.Text)
				if line.Label != "" {
					text += " (" + line.Label + ")"
				}
				lines = append(lines, text)
			}
		}
		if org := ToDiscord(card.Org); org != "" {
			lines = append(lines, "🏢 "+org)
		}
	}
	if more := len(contacts) - contactsShown; more > 0 {
		lines = append(lines, fmt.Sprintf("… dan %d kontak lagi", more))
	}
	return strings.Join(lines, "\n")
}
