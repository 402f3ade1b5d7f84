package bridge

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestClientText(t *testing.T) {
	jl := &Place{Latitude: -6.2, Longitude: 106.8, Name: "Kantor", Address: "Jl. A 1"}
	where := "-6.200000, 106.800000 · <https://www.google.com/maps/search/?api=1&query=-6.200000,106.800000>"
	for name, test := range map[string]struct {
		m    ClientMessage
		want string
	}{
		"text":         {ClientMessage{Text: "halo"}, "**Ana:** halo"},
		"empty":        {ClientMessage{Text: "\u200b"}, "**Ana:** *(pesan kosong)*"},
		"own":          {ClientMessage{Own: true, Text: "halo"}, "**📱 Dari ponsel desk:** halo"},
		"group":        {ClientMessage{Group: &Group{Name: "Arisan"}, Text: "halo"}, "**Ana:** halo"},
		"forwarded":    {ClientMessage{Text: "kabar", Forwarded: 1}, "**Ana**\n-# ↪️ Diteruskan\nkabar"},
		"often":        {ClientMessage{Text: "kabar", Forwarded: 9, Fades: 24 * time.Hour}, "**Ana**\n-# ⏩ Sering diteruskan · ⏳ hilang dari WhatsApp setelah 1 hari\nkabar"},
		"link":         {ClientMessage{Text: "https://x.id", Link: &Link{URL: "https://x.id", Title: "*Toko* [a](b)", Text: "murah"}}, "**Ana**\nhttps://x.id\n-# 🔗 Pratinjau di WhatsApp: Toko \\[a](b) murah"},
		"picture":      {ClientMessage{Kind: KindImage, Media: &Media{Kind: KindImage}}, "**Ana:** 🖼️ *Gambar*"},
		"captioned":    {ClientMessage{Kind: KindImage, Media: &Media{Kind: KindImage}, Text: "struk"}, "**Ana:** struk"},
		"once":         {ClientMessage{Kind: KindImage, Media: &Media{Kind: KindImage}, Text: "struk", ViewOnce: true}, "**Ana**\n🖼️ *Gambar sekali lihat*\nstruk"},
		"withheld":     {ClientMessage{Kind: kindViewOnce, ViewOnce: true, Unreadable: "x"}, "**Ana:** 1️⃣ *Pesan sekali lihat: hanya dapat dibuka di ponsel desk, satu kali. WhatsApp tidak memberikannya ke sini.*"},
		"voice":        {ClientMessage{Kind: KindVoice, Media: &Media{Kind: KindVoice, Length: 72 * time.Second}}, "**Ana:** 🎤 *Pesan suara (1:12)*"},
		"round":        {ClientMessage{Kind: kindRound, Media: &Media{Kind: KindVideo, Length: 3700 * time.Second}}, "**Ana:** ⏺️ *Pesan video (1:01:40)*"},
		"document":     {ClientMessage{Kind: KindDocument, Text: "ini", Media: &Media{Kind: KindDocument, Name: "a_b_[x](y).pdf", Size: 2048}}, "**Ana**\n📄 *Dokumen (2 KB):* a\\_b\\_\\[x](y).pdf\nini"},
		"sticker":      {ClientMessage{Kind: KindSticker, Media: &Media{Kind: KindSticker}}, "**Ana:** 🏷️ *Stiker*"},
		"place":        {ClientMessage{Kind: KindLocation, Place: jl}, "**Ana**\n📍 *Lokasi*: Kantor\nJl. A 1\n" + where},
		"live":         {ClientMessage{Kind: KindLocation, Live: true, Text: "jalan", Place: &Place{Latitude: -6.2, Longitude: 106.8}}, "**Ana**\n📡 *Lokasi langsung (bergerak; posisi terbaru ada di ponsel desk)*\n" + where + "\njalan"},
		"contact":      {ClientMessage{Kind: KindContact, Contacts: []Contact{{Name: "Sari", Card: "BEGIN:VCARD\nTEL;TYPE=CELL:+62 811\nEMAIL:s@x.id\nORG:PT <@1>\nEND:VCARD"}, {}}}, "**Ana**\n👤 *Kontak:* Sari\n📞 +62 811 (ponsel)\n✉️ s@x.id\n🏢 PT <\u200b@1>\n👤 *Kontak:* tanpa nama"},
		"poll":         {ClientMessage{Kind: KindPoll, Poll: &Poll{Question: "Kapan?", Options: []string{"Besok", "# Lusa"}, Choices: 1}}, "**Ana**\n📊 *Polling (pilih satu):* Kapan?\n- Besok\n- \\# Lusa"},
		"vote":         {ClientMessage{Kind: KindVote, Votes: []string{"Besok", "@everyone"}}, "**Ana:** 🗳️ *Memilih:* Besok, @\u200beveryone"},
		"no vote":      {ClientMessage{Kind: KindVote}, "**Ana:** 🗳️ *Menarik suaranya dari polling.*"},
		"reaction":     {ClientMessage{Kind: KindReaction, Text: "👍"}, "**Ana:** 💬 *Bereaksi pada sebuah pesan:* 👍"},
		"reaction off": {ClientMessage{Kind: KindReaction}, "**Ana:** 💬 *Bereaksi pada sebuah pesan:* (ditarik kembali)"},
		"edit":         {ClientMessage{Kind: KindEdit, Text: "baru"}, "**Ana**\n✏️ *Mengubah sebuah pesan menjadi:*\nbaru"},
		"delete":       {ClientMessage{Kind: KindDelete}, "**Ana:** 🗑️ *Menghapus sebuah pesan.*"},
		"timer":        {ClientMessage{Kind: kindTimer, Fades: 7 * 24 * time.Hour}, "**Ana:** ⏳ *Pesan sementara dinyalakan: pesan baru hilang dari WhatsApp setelah 7 hari. Di sini tetap tersimpan.*"},
		"timer off":    {ClientMessage{Kind: kindTimer}, "**Ana:** ⏳ *Pesan sementara dimatikan: pesan baru tidak lagi hilang.*"},
		"number":       {ClientMessage{Kind: kindNumber, Text: "+62811"}, "**Ana:** 📇 *Klien berganti nomor; sebelumnya +62811. Percakapan berlanjut di sini.*"},
		"order":        {ClientMessage{Kind: "order", Text: "2 buah"}, "**Ana**\n🛒 *Pesanan dari katalog:*\n2 buah"},
		"new kind":     {ClientMessage{Kind: "hologram_*", Text: "isi"}, "**Ana**\n📎 *[hologram\\_\\*] belum dapat ditampilkan di sini; lihat di ponsel desk.*\nisi"},
		"unreadable":   {ClientMessage{Unreadable: "x"}, "**Ana:** ⚠️ *Pesan ini belum dapat dibaca; perangkat pengirim sudah diminta mengirim ulang. Bila tidak muncul, mintalah klien menulis kembali.*"},
	} {
		if got := clientText(test.m, "Ana", 0); got != test.want {
			t.Errorf("%s\n got %q\nwant %q", name, got, test.want)
		}
	}
	if got := clientText(ClientMessage{Group: &Group{}, Text: "a"}, "", 0); got != "**Anggota grup:** a" {
		t.Errorf("nobody known: %q", got)
	}
}

// Each person's last vote counts, also when an earlier one comes later.
func TestVotesAreCounted(t *testing.T) {
	at := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	var all []ballot
	for i, step := range []struct {
		by    Address
		votes []string
		want  string
	}{
		{"a", []string{"*Besok*"}, "-# 🗳️ Suara sejauh ini: Besok 1"},
		{"b", []string{"Lusa", "*Besok*"}, "-# 🗳️ Suara sejauh ini: Besok 2 · Lusa 1"},
		{"a", []string{"Lusa"}, "-# 🗳️ Suara sejauh ini: Lusa 2 · Besok 1"},
		{"b", nil, "-# 🗳️ Suara sejauh ini: Lusa 1"},
		{"a", nil, ""},
	} {
		m := ClientMessage{Kind: KindVote, Votes: step.votes, At: at.Add(time.Duration(i) * time.Minute), Group: &Group{Sender: step.by}}
		all = cast(all, m)
		late := m
		late.At, late.Votes = at.Add(-time.Hour), []string{"terlambat"}
		all = cast(cast(all, m), late)
		if got := tallyText(all); got != step.want {
			t.Errorf("%d: %q, want %q", i, got, step.want)
		}
	}
}

// messages draws messages of every kind, with everything in them hostile.
func messages() *rapid.Generator[ClientMessage] {
	kinds := []string{"", KindPlainText, KindImage, KindVideo, KindGIF, KindVoice, KindAudio, KindDocument, KindSticker, KindLocation, KindContact,
		KindPoll, KindVote, KindReaction, KindEdit, KindDelete, KindCall, kindRound, kindViewOnce, kindTimer, kindPin, kindIdentity, kindNumber,
		"event", "order", "unknown", "<@1>*_"}
	text := pieces()
	return rapid.Custom(func(t *rapid.T) ClientMessage {
		m := ClientMessage{
			Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Text: text.Draw(t, "text"), Forwarded: rapid.IntRange(0, 9).Draw(t, "forwarded"),
			ViewOnce: rapid.Bool().Draw(t, "once"), Own: rapid.Bool().Draw(t, "own"), Live: rapid.Bool().Draw(t, "live"),
			Fades: time.Duration(rapid.Int64().Draw(t, "fades")), Votes: rapid.SliceOfN(text, 0, 3).Draw(t, "votes"),
		}
		switch m.Kind {
		case KindLocation:
			m.Place = &Place{Latitude: rapid.Float64().Draw(t, "lat"), Longitude: rapid.Float64().Draw(t, "lon"), Name: text.Draw(t, "name"), Address: text.Draw(t, "address"), URL: text.Draw(t, "url")}
		case KindContact:
			m.Contacts = []Contact{{Name: text.Draw(t, "name"), Card: "FN:" + text.Draw(t, "fn") + "\nTEL:" + text.Draw(t, "tel") + "\nORG:" + text.Draw(t, "org")}}
		case KindPoll:
			m.Poll = &Poll{Question: text.Draw(t, "question"), Options: rapid.SliceOfN(text, 0, 5).Draw(t, "options")}
		case KindPlainText:
			m.Link = &Link{URL: text.Draw(t, "url"), Title: text.Draw(t, "title"), Text: text.Draw(t, "about")}
		case KindImage, KindVideo, KindGIF, KindVoice, KindAudio, KindDocument, KindSticker, kindRound:
			m.Media = &Media{Kind: m.Kind, Name: text.Draw(t, "file"), Size: rapid.Int64().Draw(t, "size"), Length: time.Duration(rapid.Int64().Draw(t, "length"))}
		}
		return m
	})
}

// injected says what in a text for Discord the client must not be able to make, or "".
func injected(s string) string {
	if why := unsafe(s); why != "" {
		return why
	}
	if ids := Mentions(s); len(ids) > 0 {
		return "mentions " + strings.Join(ids, " ")
	}
	toks := fmtScanDiscord(s)
	for i, t := range toks {
		switch {
		case t.kind == fmtLabel:
			return "masked link"
		case t.kind == fmtMarker && t.pair >= 0 && t.style == fmtSpoiler:
			return "spoiler"
		case t.kind == fmtAtom:
			return "<" + t.text + ">"
		case t.kind == fmtPrefix && strings.Contains(t.text, "#") && (i+1 == len(toks) || !smallPrint(toks[i+1].text)):
			return "heading or small print"
		}
	}
	return ""
}

// smallPrint reports whether a small line begins as ours do.
func smallPrint(s string) bool {
	for _, sign := range []string{"↪️", "⏩", "⏳", "1️⃣", "🔗"} {
		if strings.HasPrefix(s, sign) {
			return true
		}
	}
	return false
}

// Whatever is in a message of whatever kind: it mentions nobody, hides no address, makes
// no heading, spoiler or small print, and all parts of it fit and are what was rendered.
func TestClientTextIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m, name := messages().Draw(t, "message"), Clean(pieces().Draw(t, "name"), 60)
		for piece := range 2 {
			out := clientText(m, name, piece)
			if why := injected(out); why != "" {
				t.Fatalf("%s in %q", why, out)
			}
			for _, part := range Split(out, discordLimit) {
				if splitUnits(part) > discordLimit || injected(part) != "" {
					t.Fatalf("part %q: %s", part, injected(part))
				}
			}
		}
	})
}

// The client's words are all there, in each kind that has words, and read back as they
// were.
func TestClientTextLosesNoWords(t *testing.T) {
	squeeze := func(s string) string {
		return strings.Join(strings.Fields(strings.NewReplacer(zw, "", "`", "", "%40", "@", "<http", "http", "<Http", "Http").Replace(s)), "")
	}
	rapid.Check(t, func(t *rapid.T) {
		m := messages().Draw(t, "message")
		switch m.Kind {
		case KindPoll, KindVote, KindCall, kindTimer, kindIdentity, kindNumber:
			t.Skip("no words")
		}
		if m.ViewOnce && m.Media == nil || Clean(m.Text, 10) == "" || strings.Contains(m.Text, "<http") || strings.Contains(m.Text, "<"+zw+"http") {
			t.Skip("withheld, nothing to be seen, or an address in angles")
		}
		out := ToWhatsApp(clientText(m, "Ana", 0), Names{})
		if want := squeeze(fmtSanitize(m.Text)); want != "" && !strings.Contains(squeeze(out), want) {
			t.Fatalf("%q is not in %q", want, squeeze(out))
		}
	})
}

func FuzzClientText(f *testing.F) {
	for _, kind := range []string{KindPlainText, KindContact, KindPoll, KindLocation, KindDocument, "order", "neu"} {
		f.Add(kind, "*a* @everyone [x](https://y.id)", "BEGIN:VCARD\nFN:<@1>\nEND:VCARD", int64(90_000_000_000))
	}
	f.Fuzz(func(t *testing.T, kind, text, more string, n int64) {
		m := ClientMessage{
			Kind: kind, Text: text, Contacts: []Contact{{Name: text, Card: more}}, Poll: &Poll{Question: text, Options: []string{more}},
			Place: &Place{Latitude: float64(n), Name: more}, Votes: []string{more}, Fades: time.Duration(n), Link: &Link{Title: more},
		}
		if n%3 == 0 {
			m.Media = &Media{Kind: kind, Name: more, Size: n, Length: time.Duration(n)}
		}
		out := clientText(m, Clean(more, 60), 0)
		if why := injected(out); why != "" || !utf8.ValidString(out) {
			t.Errorf("%s in %q", why, out)
		}
	})
}
