package customer

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"Toko Budi Jaya":                   "toko budi jaya",
		"PT. Sinar-Jaya (Bandung)":         "pt sinar jaya bandung",
		"Crème Brûlée Café":                "creme brulee cafe",
		"CRE\u0300ME":                      "creme",
		"https://www.tokobudi.erzap.com/x": "tokobudi erzap x",
		"Ma'ruf & Jum’at":                  "maruf jumat",
		"𝓑𝓾𝓭𝓲 Ⓢⓐⓡⓘ ｔｏｋｏ９ 𝟙𝟚": "budi sari toko9 12",
		"🛒 Toko ٣":                    "toko 3",
		"陈大文 toko":                    "陈大文 toko",
		"budi BUDI Budi":              "budi",
		"a b c d e f g h i j k l m n": "a b c d e f g h i j k l",
		strings.Repeat("x", 50):       strings.Repeat("x", 20),
		"Łódź straße ĳ":               "lodz strasse ĳ",
		"!!! ...":                     "",
		"www.com":                     "",
		"a\xffb":                      "a b",
		"Soeharto":                    "soeharto",
	} {
		if got := strings.Join(Words(text), " "); got != want {
			t.Errorf("%q has the words %q, want %q", text, got, want)
		}
	}
	for old, want := range map[string]string{"soeharto": "suharto", "djoko": "joko", "tjahja": "cahja", "budi": "budi"} {
		if got := Modern(old); got != want {
			t.Errorf("%s is %s today, want %s", old, got, want)
		}
	}
}

// checkWords holds for every text.
func checkWords(t tb, text string) {
	words := Words(text)
	if len(words) > mostWords {
		t.Errorf("%q has %d words", text, len(words))
	}
	for i, w := range words {
		if w == "" || len(w) > longWord || strings.ContainsAny(w, "|* ") || slices.Contains(words[:i], w) || !utf8.ValidString(w) {
			t.Errorf("%q has the word %q", text, w)
		}
	}
	if again := Words(strings.Join(words, " ")); !slices.Equal(again, words) {
		t.Errorf("%q has the words %q, and these %q", text, words, again)
	}
	for _, r := range Contacts.rows(strings.Repeat("i", mostID), text, text+"x") {
		if len(r.Member) > 200 || r.Score < 0 || r.Score > 1<<53 {
			t.Errorf("%q has the row %+v (%d bytes)", text, r, len(r.Member))
		}
	}
}

func TestWordsAreBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkWords(t, rapid.String().Draw(t, "text")) })
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"Toko Budi", "𝓑𝓾𝓭𝓲", "e\u0301", "\xff|*", "陈大文大文大文大文大文"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		checkWords(t, text)
		for _, most := range []int{1, 30, longNote} {
			for _, clean := range []func(string, int) string{line, block} {
				once := clean(text, most)
				if len(once) > most || !utf8.ValidString(once) || clean(once, most) != once {
					t.Errorf("%q cleaned to %d bytes is %q, then %q", text, most, once, clean(once, most))
				}
			}
		}
	})
}

func TestClean(t *testing.T) {
	for text, want := range map[string][2]string{
		"  Budi \t Jaya ":       {"Budi Jaya", "Budi Jaya"},
		"a\n\n b \r\nc":         {"a b c", "a\nb\nc"},
		"\u202eidub\u200b\x00":  {"idub", "idub"},
		"ab\xffc":               {"abc", "abc"},
		"Ibu Sari Wulandari 🌸🌸": {"Ibu Sari Wulandari", "Ibu Sari Wulandari"},
		"12345678901234567890é": {"12345678901234567890", "12345678901234567890"},
		"a\u2028b":              {"a b", "a\nb"},
		"":                      {"", ""},
	} {
		if got := line(text, 20); got != want[0] {
			t.Errorf("line %q is %q, want %q", text, got, want[0])
		}
		if got := block(text, 20); got != want[1] {
			t.Errorf("block %q is %q, want %q", text, got, want[1])
		}
	}
}
