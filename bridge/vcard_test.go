package bridge

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestParseVCard(t *testing.T) {
	for name, test := range map[string]struct {
		in   string
		want VCard
	}{
		"whatsapp": {"BEGIN:VCARD\nVERSION:3.0\nN:;Sari;;;\nFN:Sari Dewi\nitem1.TEL;waid=62811:+62 811\nitem1.X-ABLabel:Ponsel\nTEL;type=CELL;type=VOICE:0812\nORG:PT Maju;Gudang\nEND:VCARD",
			VCard{Name: "Sari Dewi", Phones: []VCardLine{{"+62 811", ""}, {"0812", "ponsel"}}, Org: "PT Maju, Gudang"}},
		"version 2.1": {"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Santoso;Jos=C3=A9=\r\n\r\nTEL;WORK:021\r\nEND:VCARD\r\n",
			VCard{Name: "José Santoso", Phones: []VCardLine{{"021", "kantor"}}}},
		"folded":     {"BEGIN:VCARD\nFN:Nama ya\n ng panjang\nNOTE:a\\nb\\, c\\; d\\\\\nEND:VCARD", VCard{Name: "Nama yang panjang", Note: `a b, c; d\`}},
		"quoted":     {"BEGIN:VCARD\nTEL;X=\"a:b;c\";TYPE=\"home,voice\";VALUE=uri:tel:+62-1\nEND:VCARD", VCard{Phones: []VCardLine{{"+62-1", "rumah"}}}},
		"the first":  {"BEGIN:VCARD\nFN:A\nEND:VCARD\nBEGIN:VCARD\nFN:B\nEND:VCARD", VCard{Name: "A"}},
		"address":    {"ADR;TYPE=HOME:;;Jl. A 1;Bandung;;40111;ID\nEMAIL:a@b.id\nURL:https://x.id\nBDAY:1990-01-01", VCard{Addresses: []VCardLine{{"Jl. A 1, Bandung, 40111, ID", "rumah"}}, Emails: []VCardLine{{"a@b.id", ""}}, Pages: []VCardLine{{"https://x.id", ""}}, Birthday: "1990-01-01"}},
		"no card":    {"halo", VCard{}},
		"empty":      {"", VCard{}},
		"characters": {"FN:a\x00\u202eb\xff\nTEL:", VCard{Name: "a\ufffd\ufffdb\ufffd"}},
	} {
		if got := ParseVCard(test.in); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, test.want)
		}
	}
}

func TestCardFile(t *testing.T) {
	whole := "BEGIN:VCARD\nVERSION:4.0\nFN:Sari\nTEL:+62811\nX-ANY:tetap\nEND:VCARD"
	name, data := CardFile([]Contact{{Name: "Sa/ri\u202e", Card: whole}}, 64<<10)
	if name != "Sa_ri.vcf" && name != "Sa_ri_.vcf" || string(data) != strings.ReplaceAll(whole, "\n", "\r\n")+"\r\n" {
		t.Errorf("%q: %q", name, data)
	}
	two := whole + "\n" + whole // a card within a card counts once
	name, data = CardFile([]Contact{{Name: "Sari", Card: two}, {Name: "Dewi; \r\nTEL:666"}}, 64<<10)
	if name != "kontak.vcf" || strings.Count(string(data), "BEGIN:VCARD") != 2 || strings.Contains(string(data), "\r\nTEL:666") {
		t.Errorf("%q: %q", name, data)
	}
	if got := ParseVCard(string(data[strings.LastIndex(string(data), "BEGIN"):])); got.Name != "Dewi; TEL:666" {
		t.Errorf("%+v", got)
	}
	var many []Contact
	for i := range 50 {
		many = append(many, Contact{Name: fmt.Sprint("Orang ", i), Card: "BEGIN:VCARD\nFN:Orang " + fmt.Sprint(i) + "\nTEL:+62\nNOTE:" + strings.Repeat("x", 8000) + "\nEND:VCARD"})
	}
	if _, data = CardFile(many, 64<<10); len(data) > 64<<10 || strings.Count(string(data), "TEL:+62") != 50 {
		t.Errorf("%d bytes, %d numbers", len(data), strings.Count(string(data), "TEL:+62"))
	}
	if name, data = CardFile(nil, 1000); name != "" || data != nil {
		t.Errorf("of nothing: %q, %q", name, data)
	}
}

// A card written by us reads as it was, whatever is in it, and its lines are short.
func TestVCardRoundTrip(t *testing.T) {
	text := rapid.Map(pieces(), func(s string) string { return Clean(s, cardLineLimit) })
	line := rapid.Custom(func(t *rapid.T) VCardLine {
		return VCardLine{text.Filter(func(s string) bool { return s != "" }).Draw(t, "text"), rapid.SampledFrom([]string{"", "ponsel", "rumah", "kantor", "faks"}).Draw(t, "label")}
	})
	rapid.Check(t, func(t *rapid.T) {
		c := VCard{
			Name: text.Draw(t, "name"), Phones: rapid.SliceOfN(line, 0, 4).Draw(t, "phones"), Emails: rapid.SliceOfN(line, 0, 4).Draw(t, "emails"),
			Org: text.Draw(t, "org"), Note: text.Draw(t, "note"), Addresses: rapid.SliceOfN(line, 0, 2).Draw(t, "addresses"),
		}
		out := BuildVCard(c)
		got := ParseVCard(out)
		if c.Name == "" && len(c.Phones) > 0 {
			c.Name = c.Phones[0].Text
		}
		if again := BuildVCard(got); again != out {
			t.Fatalf("%q\n%q", out, again)
		}
		same := func(a, b []VCardLine) bool { return len(a) == len(b) && (len(a) == 0 || slices.Equal(a, b)) }
		if got.Name != c.Name || got.Org != c.Org || got.Note != c.Note || !same(got.Phones, c.Phones) || !same(got.Emails, c.Emails) || !same(got.Addresses, c.Addresses) {
			t.Fatalf("%q\n got %+v\nwant %+v", out, got, c)
		}
		for part := range strings.SplitSeq(out, "\r\n") {
			if len(part) > 75 {
				t.Fatalf("a line of %d bytes: %q", len(part), part)
			}
		}
	})
}

func FuzzVCard(f *testing.F) {
	for _, s := range []string{"BEGIN:VCARD\nFN:a\nTEL;TYPE=CELL:+62\nEND:VCARD", "N;ENCODING=QUOTED-PRINTABLE:a=\n=\nb", "item1.TEL:\n \n\t x", "ADR:;;;\\;\\", "FN:\u202e\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c := ParseVCard(s)
		for _, list := range [][]VCardLine{c.Phones, c.Emails, c.Addresses, c.Pages} {
			if len(list) > cardMostEntries {
				t.Fatalf("%d entries", len(list))
			}
		}
		short := ShortVCard(s, 1<<10)
		if len(short) > 1<<10 || !utf8.ValidString(short) || strings.Count(short, "BEGIN:VCARD\r\n") != 1 || unsafe(contactsText([]Contact{{Card: s}})) != "" {
			t.Fatalf("%q: %d bytes", short, len(short))
		}
		if _, data := CardFile([]Contact{{Name: s, Card: s}}, 4<<10); len(data) > 4<<10 || !utf8.Valid(data) {
			t.Fatalf("%q", data)
		}
	})
}
