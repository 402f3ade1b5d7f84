package bridge

import (
	"strconv"
	"strings"
)

// A fmtBoard writes Discord Markdown from what a client wrote on WhatsApp.
//
// Addresses and code cannot be escaped. A pair around one that holds the pair's
// own Discord marker would end too early there, so such a pair stays literal.
type fmtBoard struct {
	toks []fmtToken
	with []string // per token: how its pair is marked in Discord, "" for literal
	// bareLow says that every underscore is inside a word, where Discord ignores
	// it: addresses of mail then need no backslash.
	bareLow bool

	out     strings.Builder
	start   bool // of a line, after its quote sign or bullet
	glued   bool // the last thing written is the address of a page
	number  int  // of the list's last line, or -1
	counted bool // this line has a number
}

// fmtUse counts characters that stand unescaped in a stretch of the output.
type fmtUse struct{ star, low, tilde, slash int }

func (u *fmtUse) count(s string) {
	for i := range len(s) {
		switch s[i] {
		case '*':
			u.star++
		case '_':
			u.low++
		case '~':
			u.tilde++
		case '\\':
			u.slash++
		}
	}
}

// settle decides how each pair is written. Leaving one literal may put its marker
// unescaped at the end of an address, which pairs around it must know; as pairs
// of three styles nest at most three deep, that settles in as many rounds.
func (w *fmtBoard) settle() {
	w.with = make([]string, len(w.toks))
	uses := make([]fmtUse, len(w.toks)+1)
	for again := true; again; {
		again = false
		for i, t := range w.toks {
			u := uses[i]
			if t.kind == fmtLink || t.kind == fmtCode || t.kind == fmtMarker && t.glued && t.pair < 0 {
				u.count(t.text)
			}
			uses[i+1] = u
		}
		for i := range w.toks {
			t := &w.toks[i]
			if t.kind != fmtMarker || !t.opens {
				continue
			}
			mark := fmtBoardMark(t.style, uses[i+1], uses[t.pair])
			w.with[i], w.with[t.pair] = mark, mark
			if mark == "" {
				w.toks[t.pair].pair = -1
				t.pair, t.opens, again = -1, false, true
			}
		}
	}
	w.bareLow = w.lowsInWords(uses[len(w.toks)])
}

// fmtBoardMark returns Discord's marker for a style around text with these
// unescaped characters, or "".
func fmtBoardMark(style fmtStyle, before, after fmtUse) string {
	star, low := after.star > before.star, after.low > before.low
	switch {
	case after.slash > before.slash:
	case style == fmtBold && !star:
		return "**"
	case style == fmtItalic && !low:
		return "_"
	case style == fmtItalic && !star:
		return "*"
	case style == fmtStrike && after.tilde == before.tilde:
		return "~~"
	}
	return ""
}

func (w *fmtBoard) lowsInWords(unescaped fmtUse) bool {
	if unescaped.low > 0 {
		return false
	}
	for i, t := range w.toks {
		switch {
		case t.kind == fmtText && strings.Contains(t.text, "_"):
			return false
		case t.kind == fmtMarker && t.style == fmtItalic && !w.inWord(i):
			return false
		}
	}
	return true
}

// inWord reports whether token i stands between two plain letters or digits.
func (w *fmtBoard) inWord(i int) bool {
	if i == 0 || i == len(w.toks)-1 || w.toks[i-1].kind != fmtText || w.toks[i+1].kind != fmtText {
		return false
	}
	before, after := w.toks[i-1].text, w.toks[i+1].text
	if colon := strings.LastIndexByte(before, ':'); colon >= 0 && !strings.ContainsAny(before[colon:], " \t") {
		return false // :thumbs_up:
	}
	return fmtAlnum(before[len(before)-1]) && fmtAlnum(after[0])
}

func fmtAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func (w *fmtBoard) write() string {
	w.start, w.number = true, -1
	for i, t := range w.toks {
		if t.kind != fmtMarker && t.kind != fmtLink {
			w.glued = false
		}
		switch t.kind {
		case fmtText:
			w.words(t.text)
		case fmtMarker:
			w.marker(i, t)
		case fmtLink:
			w.link(t)
		case fmtCode:
			if i > 0 && w.toks[i-1].kind == fmtCode {
				w.out.WriteString(fmtInvisible) // two runs of backticks are not one
			}
			w.code(t)
		case fmtPrefix:
			w.prefix(t.text)
			continue
		case fmtNewline:
			w.out.WriteByte('\n')
			if !w.counted {
				w.number = -1
			}
			w.start, w.counted = true, false
			continue
		}
		w.start = false
	}
	return w.out.String()
}

func (w *fmtBoard) marker(i int, t fmtToken) {
	switch {
	case t.pair >= 0:
		w.out.WriteString(w.with[i])
		w.glued = false
	case w.glued, t.style == fmtItalic && w.bareLow:
		w.out.WriteString(t.text)
	default:
		w.out.WriteString(`\` + t.text)
	}
}

// prefix writes a quote sign, bullet or number. Discord counts lists on by itself;
// a number it would show as another one is escaped.
func (w *fmtBoard) prefix(s string) {
	value, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(s), "."))
	if err != nil {
		w.out.WriteString(s)
		return
	}
	digits := strings.TrimLeft(s, " \t")
	if w.number >= 0 && value != w.number+1 || digits[0] == '0' && value != 0 || value == 0 {
		w.out.WriteString(strings.TrimSuffix(s, ". ") + `\. `)
		w.number = -1
		return
	}
	w.number, w.counted = value, true
	w.out.WriteString(s)
}

// link writes the address of a page as it is.
func (w *fmtBoard) link(t fmtToken) {
	w.glued = true
	scheme := fmtScheme(t.text)
	s := strings.ToLower(t.text[:scheme]) + t.text[scheme:]
	host := strings.IndexAny(s[scheme:], "/?#")
	if host < 0 {
		host = len(s)
	} else {
		host += scheme
	}
	if t.end-t.start > len(t.text) {
		s = "<" + s + ">"
		host++
		w.glued = false
	}
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '@' || fmtEveryone(s[i+1:]) == 0:
			w.out.WriteByte(s[i])
		case i < host:
			w.out.WriteString("@" + fmtInvisible)
		default:
			w.out.WriteString("%40")
		}
	}
}

// code writes monospace so that every line of it is shown, the first too, which
// Discord would take for a language.
func (w *fmtBoard) code(t fmtToken) {
	if !t.block && !strings.Contains(t.text, "`") {
		w.out.WriteByte('`')
		fmtInert(&w.out, t.text)
		w.out.WriteByte('`')
		return
	}
	w.out.WriteString("```\n")
	fmtInert(&w.out, strings.Trim(t.text, "\n"))
	w.out.WriteString("\n```")
}

// words writes plain text with everything escaped that Discord would interpret.
func (w *fmtBoard) words(s string) {
	if w.start {
		in := fmtIndent(s)
		n := fmtLineSign(s[in:])
		w.out.WriteString(s[:in])
		if n > 0 {
			w.out.WriteString(s[in:in+n-1] + `\` + s[in+n-1:in+n])
		}
		s = s[in+n:]
	}
	var b strings.Builder
	fmtInert(&b, s)
	s = b.String()
	for i := range len(s) {
		if fmtSpecial(s, i) {
			w.out.WriteByte('\\')
		}
		w.out.WriteByte(s[i])
	}
}

// fmtLineSign returns how far into s the character is, counted from 1, that makes
// the line a heading, small print, a quote or a list; 0 if it is none.
func fmtLineSign(s string) int {
	if s == "" {
		return 0
	}
	if n := fmtNumber(s); n > 0 {
		return n - 1
	}
	switch {
	case s[0] == '#', s[0] == '>':
		return 1
	case s[0] == '-' && len(s) > 1 && strings.IndexByte("# \t", s[1]) >= 0:
		return 1
	}
	return 0
}

// fmtSpecial reports whether Discord would interpret the byte at i of plain text.
func fmtSpecial(s string, i int) bool {
	switch s[i] {
	case '*', '_', '~', '`', '\\', '[':
		return true
	case '|':
		return i > 0 && s[i-1] == '|' || i+1 < len(s) && s[i+1] == '|'
	case ':':
		return fmtShortcode(s[i+1:])
	}
	return false
}

// fmtShortcode reports whether s, after a colon, goes on as the name of an emoji
// that Discord would draw.
func fmtShortcode(s string) bool {
	letters := false
	for i := range min(len(s), 64) {
		switch c := s[i]; {
		case c == ':':
			return i > 0 && (letters || s[:i] == "100" || s[:i] == "1234")
		case fmtAlnum(c):
			letters = letters || c > '9'
		case c != '_' && c != '+' && c != '-':
			return false
		}
	}
	return false
}
