package bridge

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/haloerzap/halo/ticket"
)

// Wherever a secret may stand it is masked, and what was there is kept to be sealed; the
// message itself stays as it was.
func TestSecretsAreTakenOutOfEveryPart(t *testing.T) {
	const secret = "Kopi#77x"
	for name, m := range map[string]ClientMessage{
		"text":          {Text: "pw nya " + secret},
		"caption":       {Kind: KindImage, Text: "pass: " + secret, Media: &Media{Kind: KindImage}},
		"name of file":  {Kind: KindDocument, Media: &Media{Kind: KindDocument, Name: "password " + secret + ".txt"}},
		"quote":         {Text: "itu", Quote: &Quote{ID: "A", Text: "pw nya " + secret}},
		"question":      {Kind: KindPoll, Poll: &Poll{Question: "password: " + secret, Options: []string{"ya"}}},
		"option":        {Kind: KindPoll, Poll: &Poll{Question: "yang mana?", Options: []string{"tidak tahu", secret}}},
		"vote":          {Kind: KindVote, Votes: []string{secret}},
		"contact":       {Kind: KindContact, Contacts: []Contact{{Name: "sandi " + secret}}},
		"card":          {Kind: KindContact, Contacts: []Contact{{Name: "Budi", Card: "BEGIN:VCARD\nNOTE:sandi " + secret + "\nEND:VCARD"}}},
		"folded card":   {Kind: KindContact, Contacts: []Contact{{Name: "Budi", Card: "BEGIN:VCARD\r\nNOTE:sandi Kopi#\r\n 77x\r\nEND:VCARD"}}},
		"encoded card":  {Kind: KindContact, Contacts: []Contact{{Name: "Budi", Card: "BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE:" + secret + "\nEND:VCARD"}}},
		"place":         {Kind: KindLocation, Place: &Place{Name: "password: " + secret}},
		"preview":       {Text: "lihat", Link: &Link{Title: "password: " + secret}},
		"part of words": {Text: strings.Repeat("kami sudah mencoba ", 20) + " pass: " + secret, whole: strings.Repeat("kami sudah mencoba ", 20) + " pass: " + secret + strings.Repeat(" lalu", 900)},
	} {
		before, _ := json.Marshal(m)
		masked, secrets := m.withoutSecrets()
		after, _ := json.Marshal(masked)
		if len(secrets) == 0 || strings.Contains(string(after), secret) || strings.Contains(string(after), "77x") || !masked.hasSecret {
			t.Errorf("%s: %s keeps it; sealed %q", name, after, secrets)
		}
		if all := strings.Join(secrets, " "); !strings.Contains(all, secret) {
			t.Errorf("%s: %q is lost", name, all)
		}
		if again, _ := json.Marshal(m); string(again) != string(before) {
			t.Errorf("%s: the message became %s", name, again)
		}
		if twice, more := masked.withoutSecrets(); len(more) != 0 || !reflect.DeepEqual(twice, masked) {
			t.Errorf("%s: masking again seals %q", name, more)
		}
	}
}

// What clients send beside codes stays as it is.
func TestWhatIsNoSecretStays(t *testing.T) {
	for name, m := range map[string]ClientMessage{
		"picture":     {Kind: KindImage, Media: &Media{Kind: KindImage, Name: "IMG-20261122-WA0001.jpg"}},
		"document":    {Kind: KindDocument, Media: &Media{Kind: KindDocument, Name: "Laporan_stok_2026-11-22.xlsx"}},
		"place":       {Kind: KindLocation, Place: &Place{Name: "Toko Maju", Address: "Jl. Sudirman No. 1234, Jakarta 10220", URL: "https://maps.example/?q=123456"}},
		"number":      {Kind: KindContact, Contacts: []Contact{{Name: "Budi", Card: "BEGIN:VCARD\nVERSION:3.0\nFN:Budi\nTEL;waid=628123456789:+62 812-3456-789\nEND:VCARD"}}},
		"our message": {Text: "baik", Quote: &Quote{ID: "A", Own: true, Text: "nomor 482913"}},
	} {
		if _, secrets := m.withoutSecrets(); len(secrets) != 0 {
			t.Errorf("%s: took %q", name, secrets)
		}
	}
}

// However a long text is cut, no piece shows more than the whole does.
func TestPiecesOfALongTextAreMasked(t *testing.T) {
	for at := 3700; at < 3820; at += 7 {
		text := strings.Repeat("kami coba ", at/10) + strings.Repeat("x", at%10) + " password: Kopi rahasia#77 sekali\n" + strings.Repeat("lalu kami tunggu ", 100)
		var shown strings.Builder
		for i, piece := range SplitPlain(text, pieceLimit) {
			m, _ := ClientMessage{Text: piece, whole: text, piece: i}.withoutSecrets()
			shown.WriteString(m.Text + "\n")
		}
		if strings.Contains(shown.String(), "rahasia#77") || strings.Contains(shown.String(), "Kopi") {
			t.Fatalf("cut at %d: a piece shows it", at)
		}
	}
}

// Only the same vault opens, and only under the same label.
func TestVault(t *testing.T) {
	v, other := NewVault(), NewVault()
	box := v.seal("HE-1/a", []byte("482913"))
	if words, ok := v.open("HE-1/a", box); !ok || string(words) != "482913" {
		t.Errorf("opened %q %v", words, ok)
	}
	for name, open := range map[string]func() bool{
		"another key":   func() bool { _, ok := other.open("HE-1/a", box); return ok },
		"another label": func() bool { _, ok := v.open("HE-2/a", box); return ok },
		"nothing":       func() bool { _, ok := v.open("HE-1/a", nil); return ok },
		"another box":   func() bool { box[len(box)-1] ^= 1; _, ok := v.open("HE-1/a", box); return ok },
	} {
		if open() {
			t.Errorf("%s opens it", name)
		}
	}
	first, second := v.seal("x", []byte("482913")), v.seal("x", []byte("482913"))
	if bytes.Equal(first, second) {
		t.Error("the same words look the same")
	}
}

func FuzzWithoutSecrets(f *testing.F) {
	f.Add("kode 482913", "pass: Kopi#77x", "BEGIN:VCARD\nTEL:482913\nEND:VCARD")
	f.Fuzz(func(t *testing.T, text, name, card string) {
		m := ClientMessage{Text: text, whole: text + "\n" + text, Media: &Media{Name: name}, Contacts: []Contact{{Name: name, Card: card}}}
		masked, secrets := m.withoutSecrets()
		if len(secrets) == 0 && (masked.Text != m.Text || masked.Media.Name != name || masked.Contacts[0].Card != card) {
			t.Fatalf("changed and not sealed: %+v", masked)
		}
		for _, s := range ticket.FindSecrets(text) {
			if secret := text[s.From:s.To]; len(secret) >= 4 && strings.Contains(masked.Text, secret) && !strings.Contains(ticket.Mask(text), secret) {
				t.Fatalf("%q still holds %q", masked.Text, secret)
			}
		}
	})
}
