package customer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is searched. Lengths are bytes.
const (
	mostWords = 12
	longWord  = 20
	longText  = 1000 // of what words are taken from
)

// noise are the words of addresses that tell nobody apart.
var noise = []string{"http", "https", "www", "com"}

// Words are the words a text is found by: lower case, accents folded, each once, in
// order, at most 12 of at most 20 bytes. Everything that is no letter and no digit
// parts words.
func Words(text string) []string {
	out := make([]string, 0, 4)
	var b strings.Builder
	end := func() {
		w := b.String()
		b.Reset()
		if w != "" && len(out) < mostWords && !slices.Contains(noise, w) && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	for _, r := range clip(text, longText) {
		folded, ok := fold(r)
		if !ok {
			end()
		} else if b.Len()+len(folded) <= longWord {
			b.WriteString(folded)
		}
	}
	end()
	return out
}

// Modern is a word in today's spelling of Indonesian: many names keep the old one, and
// who looks for "Suharto" does not know that it is written "Soeharto".
func Modern(word string) string {
	return modern.Replace(word)
}

var modern = strings.NewReplacer("oe", "u", "dj", "j", "tj", "c")

// fold is what a sign counts as; ok is false for one that parts words. Signs that only
// mark others count as nothing.
func fold(r rune) (s string, ok bool) {
	switch {
	case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
		return string(r), true
	case r == utf8.RuneError:
		return "", false
	case r == '\'' || r == '’' || r == '`':
		return "", true // Ma'ruf, Jum’at
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		return "", true
	}
	r = unicode.ToLower(plain(r))
	if s, ok := folds[r]; ok {
		return s, true
	}
	if unicode.IsDigit(r) {
		return string(rune(digit(r))), true
	}
	return string(r), unicode.IsLetter(r)
}

// plain is the letter behind one in fancy dress, which people like in their names on
// WhatsApp: wide, in a circle, or of the alphabets of mathematics.
func plain(r rune) rune {
	switch {
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r >= 'Ⓐ' && r <= 'Ⓩ':
		return r - 'Ⓐ' + 'a'
	case r >= 'ⓐ' && r <= 'ⓩ':
		return r - 'ⓐ' + 'a'
	case r >= 0x1D400 && r <= 0x1D6A3: // thirteen alphabets, capitals first
		return 'a' + (r-0x1D400)%26
	case r >= 0x1D7CE && r <= 0x1D7FF:
		return '0' + (r-0x1D7CE)%10
	case r >= 0x1F130 && r <= 0x1F149:
		return r - 0x1F130 + 'a'
	}
	return r
}

// folds are the Latin letters with accents, lower case.
var folds = func() map[rune]string {
	all := map[rune]string{}
	for _, group := range []string{
		"aàáâãäåāăąǎạả", "cçćĉċč", "dďđð", "eèéêëēĕėęěẹẻẽ", "gĝğġģ", "hĥħ", "iìíîïĩīĭįıǐịỉ", "jĵ", "kķ", "lĺļľŀł",
		"nñńņňŉ", "oòóôõöøōŏőơǒọỏ", "rŕŗř", "sśŝşšș", "tţťŧț", "uùúûüũūŭůűųưǔụủ", "wŵẁẃẅ", "yýÿŷỳỵỷỹ", "zźżž",
	} {
		for _, r := range group[1:] {
			all[r] = group[:1]
		}
	}
	all['æ'], all['œ'], all['ß'], all['þ'] = "ae", "oe", "ss", "th"
	return all
}()

// clip cuts s to at most n bytes, at a rune's border.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
