package bridge

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// What only Discord has becomes words.
func TestStaffWords(t *testing.T) {
	for name, test := range map[string]struct {
		m    StaffMessage
		want string
	}{
		"text":      {StaffMessage{Text: "**halo** <@1> <:ok:12>"}, "*halo* @Sari :ok:"},
		"sticker":   {StaffMessage{Text: "ini", Stickers: []string{"Kucing *lucu*"}}, "ini\n[stiker: Kucing *" + zw + "lucu" + zw + "*]"},
		"forward":   {StaffMessage{Snapshots: []Snapshot{{Text: "# Kabar\n||x||", Stickers: []string{"A"}}}}, "_Diteruskan:_\n*Kabar*\nx\n[stiker: A]"},
		"good poll": {StaffMessage{Poll: &Poll{Question: "Kapan?", Options: []string{"a", "b"}}}, ""},
		"odd poll":  {StaffMessage{Poll: &Poll{Question: "Kapan?", Options: []string{"a"}}}, "📊 Kapan?\n1. a"},
	} {
		if got := staffWords(test.m, testNames); got != test.want {
			t.Errorf("%s\n got %q\nwant %q", name, got, test.want)
		}
	}
}

func TestPollProblem(t *testing.T) {
	options := func(n int) (all []string) {
		for i := range n {
			all = append(all, strings.Repeat("x", i+1))
		}
		return all
	}
	for want, p := range map[string]Poll{
		"": {Question: "a", Options: options(12)},
		"WhatsApp menerima paling banyak 12 pilihan":    {Question: "a", Options: options(13)},
		"WhatsApp menerima paling sedikit 2 pilihan":    {Question: "a", Options: options(1)},
		"ada pilihan yang kosong":                       {Question: "a", Options: []string{"a", "\u200b"}},
		"ada dua pilihan yang sama":                     {Question: "a", Options: []string{"a", " a"}},
		"ada pilihan yang lebih panjang dari 100 huruf": {Question: "a", Options: []string{"a", strings.Repeat("b", 101)}},
		"pertanyaannya kosong":                          {Options: options(2)},
		"pertanyaannya lebih panjang dari 255 huruf":    {Question: strings.Repeat("b", 256), Options: options(2)},
	} {
		if got := pollProblem(p, Names{}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	same := Poll{Question: "a", Options: []string{"__ya__", "ya"}} // on WhatsApp, which has no underline
	if got := pollProblem(same, Names{}); got != "ada dua pilihan yang sama" {
		t.Errorf("%q of options that WhatsApp shows alike", got)
	}
}

// A name of a sticker formats nothing on WhatsApp, and every word of what was forwarded
// is there.
func TestStaffWordsAreSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, text := pieces().Draw(t, "name"), pieces().Draw(t, "text")
		out := staffWords(StaffMessage{Text: text, Stickers: []string{name}, Snapshots: []Snapshot{{Text: text}}}, testNames)
		if !utf8.ValidString(out) {
			t.Fatalf("%q", out)
		}
		line := "[stiker: " + plainName(name) + "]"
		if strings.Contains(line, "\n") || !strings.Contains(out, line) {
			t.Fatalf("%q has no line %q", out, line)
		}
		for _, tok := range fmtScanWhatsApp(line) {
			if tok.kind == fmtMarker && tok.pair >= 0 || tok.kind == fmtCode {
				t.Fatalf("%q formats %q", line, tok.text)
			}
		}
		if words := strings.TrimSpace(ToWhatsApp(text, testNames)); strings.Count(out, words) < 2 && words != "" {
			t.Fatalf("%q does not have %q twice", out, words)
		}
	})
}
