package bridge

import (
	"fmt"
	"strings"
	"time"
)

// Kinds that are words to people and need no name elsewhere.
const (
	kindRound    = "round"
	kindViewOnce = "view_once"
	kindTimer    = "timer"
	kindPin      = "pin"
	kindIdentity = "identity"
	kindNumber   = "number"
)

// kindNames are what staff call kinds, within a sentence.
var kindNames = map[string]string{
	KindPlainText: "teks", KindImage: "gambar", KindVideo: "video", kindRound: "pesan video", KindGIF: "GIF", KindVoice: "pesan suara",
	KindAudio: "audio", KindDocument: "dokumen", KindSticker: "stiker", "sticker_pack": "paket stiker", KindLocation: "lokasi",
	KindContact: "kontak", KindPoll: "polling", "poll_result": "hasil polling", KindVote: "suara polling", kindViewOnce: "pesan sekali lihat",
	KindCall: "panggilan", "event": "acara", "invite": "undangan grup", "order": "pesanan", "product": "produk", "payment": "pembayaran",
	"request_payment": "permintaan pembayaran", "invoice": "tagihan", "unknown": "pesan jenis baru",
}

// worded are kinds that are carried by their words, with the sign before them.
var worded = map[string]string{
	"event": "📅 *Acara:*", "invite": "👥 *Undangan grup:*", "order": "🛒 *Pesanan dari katalog:*", "product": "🛍️ *Produk:*",
	"payment": "💳 *Pembayaran:*", "poll_result": "📊 *Hasil polling:*", "sticker_pack": "🏷️ *Paket stiker:*",
}

// echoText introduces what speaks of an earlier message.
var echoText = map[string]string{
	KindEdit:     "✏️ *Mengubah sebuah pesan menjadi:*\n",
	KindReaction: "💬 *Bereaksi pada sebuah pesan:* ",
	KindDelete:   "🗑️ *Menghapus sebuah pesan.* ",

	kindOthersEdit:   "⚠️ *Mencoba mengubah pesan yang bukan tulisannya; pesan itu tetap seperti semula. Teks darinya:*\n",
	kindOthersDelete: "⚠️ *Menghapus pesan yang bukan tulisannya; di sini pesan itu tetap seperti semula.* ",
	kindPin:          "📌 *Menyematkan sebuah pesan.* ",
}

// eventText renders what is no plain content: what speaks of another message, what
// happened in the chat, and kinds that have no form of their own here. words are
// those of the message, made safe.
func eventText(m ClientMessage, words string) string {
	if echo, ok := echoText[m.Kind]; ok {
		if m.Kind == KindReaction && words == "" {
			words = "(ditarik kembali)"
		}
		return strings.TrimSpace(echo + words)
	}
	if sign, ok := worded[m.Kind]; ok && words != "" {
		return below(sign, words)
	}
	switch m.Kind {
	case KindVote:
		return voteText(m.Votes)
	case KindCall:
		return "📞 *Menelepon lewat WhatsApp. Panggilan tidak dapat diterima di sini; balaslah dengan pesan.*"
	case kindTimer:
		if m.Fades <= 0 {
			return "⏳ *Pesan sementara dimatikan: pesan baru tidak lagi hilang.*"
		}
		return "⏳ *Pesan sementara dinyalakan: pesan baru hilang dari WhatsApp setelah " + spanText(m.Fades) + ". Di sini tetap tersimpan.*"
	case kindIdentity:
		return "🔐 *Kode keamanan klien berubah: WhatsApp-nya mungkin dipasang ulang atau pindah ponsel. Pastikan orangnya sama sebelum memberi hal yang penting.*"
	case kindNumber:
		if words == "" {
			return "📇 *Klien berganti nomor. Percakapan berlanjut di sini.*"
		}
		return "📇 *Klien berganti nomor; sebelumnya " + words + ". Percakapan berlanjut di sini.*"
	}
	kind := kindNames[m.Kind]
	if kind == "" {
		kind = ToDiscord(Clean(m.Kind, 40))
	}
	return strings.TrimSpace("📎 *[" + kind + "] belum dapat ditampilkan di sini; lihat di ponsel desk.*\n" + words)
}

// voteText says what was chosen in a poll.
func voteText(votes []string) string {
	if len(votes) == 0 {
		return "🗳️ *Menarik suaranya dari polling.*"
	}
	var names []string
	for _, v := range votes[:min(len(votes), pollShown)] {
		names = append(names, ToDiscord(Clean(v, 200)))
	}
	return "🗳️ *Memilih:* " + strings.Join(names, ", ")
}

// pollShown is how many options of a poll are written out.
const pollShown = 30

// pollText renders a poll.
func pollText(p Poll) string {
	how := "boleh memilih lebih dari satu"
	switch {
	case p.Choices == 1:
		how = "pilih satu"
	case p.Choices > 1:
		how = fmt.Sprintf("pilih paling banyak %d", p.Choices)
	}
	lines := []string{"📊 *Polling (" + how + "):* " + ToDiscord(Clean(p.Question, 1000))}
	for _, option := range p.Options[:min(len(p.Options), pollShown)] {
		lines = append(lines, "- "+ToDiscord(Clean(option, 200)))
	}
	if more := len(p.Options) - pollShown; more > 0 {
		lines = append(lines, fmt.Sprintf("… dan %d pilihan lagi", more))
	}
	return strings.Join(lines, "\n")
}

// lengthText is how long something plays.
func lengthText(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// spanText is a span of time in words.
func spanText(d time.Duration) string {
	switch {
	case d >= 48*time.Hour || d > 0 && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d hari", d/(24*time.Hour))
	case d >= time.Hour:
		return fmt.Sprintf("%d jam", d/time.Hour)
	case d >= time.Minute:
		return fmt.Sprintf("%d menit", d/time.Minute)
	}
	return fmt.Sprintf("%d detik", d/time.Second)
}
