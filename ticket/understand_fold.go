package ticket

import (
	"strings"
	"unicode"
)

// A glyph is one visible sign of a text, folded: small letters, plain width, plain
// digits, look-alikes as Latin letters, every blank as ' ' and every line break as
// '\n'.
type glyph struct {
	r  rune
	at int // byte where the sign begins in the text
}

// glyphs folds a text. Invisible signs, variation selectors and skin tones are left
// out: they belong to the sign before them.
func glyphs(text string) []glyph {
	all := make([]glyph, 0, len(text))
	for at, r := range text {
		if r = foldRune(r); r >= 0 {
			all = append(all, glyph{r, at})
		}
	}
	return all
}

// foldRune returns what a rune is read as, or -1 for one that nobody sees.
func foldRune(r rune) rune {
	if r < 0x80 {
		return foldASCII(r)
	}
	if folded, ok := lookalikes[r]; ok {
		return folded
	}
	switch {
	case r >= 0xFF01 && r <= 0xFF5E: // full width
		return foldASCII(r - 0xFEE0)
	case invisible(r):
		return -1
	case unicode.IsSpace(r) || unicode.Is(unicode.Zs, r) || r == 0x2800: // Braille blank
		return ' '
	case unicode.Is(unicode.Nd, r):
		return digitOf(r)
	case r >= 0x1D400 && r <= 0x1D6A3: // mathematical alphabets
		return 'a' + (r-0x1D400)%26
	}
	for _, run := range lettered {
		if r >= run.from && r < run.from+run.many {
			return run.as + (r - run.from)
		}
	}
	return unicode.ToLower(r)
}

func foldASCII(r rune) rune {
	switch {
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A'
	case r == '\n' || r == '\r' || r == '\v' || r == '\f':
		return '\n'
	case r == '\t':
		return ' '
	case r == '`':
		return '\''
	case r < ' ' || r == 0x7F:
		return -1
	}
	return r
}

// invisible reports signs that take no room of their own.
func invisible(r rune) bool {
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r) && r != 0x85 || unicode.Is(unicode.Variation_Selector, r) ||
		r >= 0x1F3FB && r <= 0x1F3FF || // skin tones
		r == 0x20E3 || r == 0x034F || r == 0x115F || r == 0x1160 || r == 0x3164 || r == 0xFFA0
}

// digitOf returns the plain digit of a decimal digit in any script.
func digitOf(r rune) rune {
	for _, run := range unicode.Nd.R16 {
		if r >= rune(run.Lo) && r <= rune(run.Hi) {
			return '0' + (r-rune(run.Lo))%10
		}
	}
	for _, run := range unicode.Nd.R32 {
		if r >= rune(run.Lo) && r <= rune(run.Hi) {
			return '0' + (r-rune(run.Lo))%10
		}
	}
	return r
}

// lettered are runs of signs that draw letters or digits.
var lettered = []struct{ from, many, as rune }{
	{0x24D0, 26, 'a'}, {0x24B6, 26, 'a'}, {0x249C, 26, 'a'},
	{0x1F130, 26, 'a'}, {0x1F150, 26, 'a'}, {0x1F170, 26, 'a'},
	{0x2460, 9, '1'}, {0x2474, 9, '1'}, {0x2776, 9, '1'}, {0x2780, 9, '1'}, {0x278A, 9, '1'},
	{0x2074, 6, '4'}, {0x2080, 10, '0'},
}

// lookalikes are single signs that are read as another.
var lookalikes = func() map[rune]rune {
	m := map[rune]rune{
		'\u0085': '\n', '\u2028': '\n', '\u2029': '\n', '⓪': '0', '⁰': '0', '¹': '1', '²': '2', '³': '3',
		'…': '.', '。': '.', '、': ',', '？': '?', '¿': '?', '؟': '?', '⸮': '?', '❓': '?', '❔': '?', '⁉': '?', '⁇': '?', '⁈': '?', '‽': '?', '\u037e': '?',
		'！': '!', '‼': '!', '❗': '!', '❕': '!', '；': ';', '：': ':', '∶': ':', 'ː': ':', '⁄': '/', '∕': '/', '➗': '/',
	}
	pair := func(from, to string) {
		as := []rune(to)
		for i, r := range []rune(from) {
			m[r] = as[min(i, len(as)-1)]
		}
	}
	pair("’‘ʼ´‛′", "'")
	pair("–—‐‑‒―−﹣➖", "-")
	pair("“”„«»", `"`)
	// Cyrillic and Greek letters that look like Latin ones.
	pair("асеіјорѕухѵһԁԛԝᴏо", "aceijopsyxvhdqwoo")
	pair("АВСЕНІЈКМОРЅТХУ", "abcehijkmopstxy")
	pair("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abezhikmnoptyx")
	pair("οανι", "oavi")
	return m
}()

// A piece is one thing said: a word, a sign that separates, an emoji.
type piece struct {
	kind pieceKind
	word string // of a word; of an emoji, the sign itself
	// from and to are the glyphs it is made of.
	from, to int
}

type pieceKind byte

const (
	word     pieceKind = iota // letters and digits
	emoji                     // a picture
	pause                     // a comma, a full stop, the end of a line
	question                  // a question mark
	strange                   // anything else that is not mere decoration
)

// pieces takes a folded text apart.
func pieces(g []glyph) []piece {
	var all []piece
	for i := 0; i < len(g); {
		from := i
		switch r := g[i].r; {
		case wordRune(r):
			for i < len(g) && (wordRune(g[i].r) || g[i].r == '\'' && i+1 < len(g) && wordRune(g[i+1].r)) {
				i++
			}
			all = append(all, piece{word, wordOf(g[from:i]), from, i})
			continue
		case r == '?':
			all = append(all, piece{question, "?", i, i + 1})
		case r == '-' && within(g, i): // sama-sama
		case r == ':' && sad(g[i+1:]):
			all = append(all, piece{strange, ":(", i, i + 1})
		case strings.ContainsRune(".,;:!()-\n", r):
			all = append(all, piece{pause, string(r), i, i + 1})
		case r == '~' && i+1 < len(g) && wordRune(g[i+1].r) && !within(g, i):
			all = append(all, piece{strange, "~", i, i + 1}) // struck out
		case r == ' ' || strings.ContainsRune(`*_"'~^`, r):
		case picture(r):
			all = append(all, piece{emoji, string(r), i, i + 1})
		default:
			all = append(all, piece{strange, string(r), i, i + 1})
		}
		i++
	}
	return all
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || r >= '0' && r <= '9' || unicode.IsMark(r) }

func picture(r rune) bool {
	return unicode.Is(unicode.So, r) || r >= 0x1F000 && r <= 0x1FAFF
}

// within reports a sign with a letter or digit on both sides.
func within(g []glyph, i int) bool {
	return i > 0 && i+1 < len(g) && wordRune(g[i-1].r) && wordRune(g[i+1].r)
}

// sad reports the rest of :( or :'( or :-(.
func sad(g []glyph) bool {
	for i := 0; i < len(g) && i < 3; i++ {
		switch g[i].r {
		case '(', '[':
			return true
		case '\'', '-', ' ':
		default:
			return false
		}
	}
	return false
}

func wordOf(g []glyph) string {
	var b strings.Builder
	for _, one := range g {
		if one.r != '\'' {
			b.WriteRune(one.r)
		}
	}
	return b.String()
}

// squeezed returns a word without drawn-out letters: "okeee" is "oke".
func squeezed(w string) string {
	var b strings.Builder
	last := rune(-1)
	for _, r := range w {
		if r != last || r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}
