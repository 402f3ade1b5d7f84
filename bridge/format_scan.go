package bridge

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type fmtKind uint8

const (
	fmtText    fmtKind = iota // words without meaning to the dialect
	fmtEscaped                // one character, written with a backslash
	fmtLink                   // the address of a page
	fmtCode                   // text is the content, block its manner
	fmtMarker                 // half of a pair, or literal without its partner
	fmtPrefix                 // at the start of a line: quote, list, heading
	fmtNewline
	fmtAtom    // the inside of Discord's <...>
	fmtLabel   // the [ of a masked link; its words follow
	fmtAddress // the ](address) of a masked link, "" if the words said it all
)

type fmtStyle uint8

const (
	fmtBold fmtStyle = iota
	fmtItalic
	fmtItalicLow // Discord's italic by underscore
	fmtStrike
	fmtUnderline
	fmtSpoiler
)

// A fmtToken is a piece of a text in either dialect. The tokens of a text cover
// it without gap or overlap.
type fmtToken struct {
	kind       fmtKind
	start, end int    // where it stands in the text
	text       string // what it says
	lang       string // of a code block
	block      bool   // of code: set apart from the line
	style      fmtStyle
	pair       int  // of a marker: its partner's index, or -1
	opens      bool // of a marker with a partner: it is the first of the two
	glued      bool // of a marker: it follows an address without a gap
}

// A fmtScan walks over a text once. Pairs of markers are found on the way with a
// stack that holds each style at most once; so work stays linear in the text.
type fmtScan struct {
	src  string
	i    int // next byte to look at
	done int // everything before it is in toks
	toks []fmtToken
	open []int // markers waiting for their partner, outermost first
	seen map[string]int
	none [fmtMaxTicks + 1]bool // runs of backticks of this length that are known to be over
}

// fmtMaxTicks is the longest run of backticks that is taken for code.
const fmtMaxTicks = 16

// add appends the token made of the next n bytes, after any plain text before it.
func (p *fmtScan) add(n int, t fmtToken) {
	p.flush()
	t.start, t.end = p.i, p.i+n
	if t.kind == fmtMarker {
		t.pair = -1
		if last := len(p.toks) - 1; last >= 0 {
			l := &p.toks[last]
			t.glued = l.kind == fmtLink && p.src[l.start] != '<' || l.kind == fmtMarker && l.glued
		}
	}
	p.toks = append(p.toks, t)
	p.i += n
	p.done = p.i
}

func (p *fmtScan) flush() {
	if p.done < p.i {
		p.toks = append(p.toks, fmtToken{kind: fmtText, start: p.done, end: p.i, text: p.src[p.done:p.i]})
		p.done = p.i
	}
}

// mark adds a marker of n bytes: the end of the open pair of its style, or else
// the beginning of one, or else (both false) a literal.
func (p *fmtScan) mark(n int, style fmtStyle, opens, closes bool) {
	at := p.waiting(style)
	p.add(n, fmtToken{kind: fmtMarker, style: style, text: p.src[p.i : p.i+n]})
	me := len(p.toks) - 1
	switch {
	case closes && at >= 0:
		first := p.open[at]
		p.toks[first].pair, p.toks[first].opens = me, true
		p.toks[me].pair = first
		p.open = p.open[:at]
	case opens:
		if at >= 0 {
			p.open = append(p.open[:at], p.open[at+1:]...)
		}
		p.open = append(p.open, me)
	}
}

// waiting returns where in the stack a style waits for its partner, or -1.
func (p *fmtScan) waiting(style fmtStyle) int {
	for k, at := range p.open {
		if p.toks[at].style == style {
			return k
		}
	}
	return -1
}

// find returns where needle stands next, at or after from, or -1. Repeated
// questions with growing from cost one walk over the text altogether.
func (p *fmtScan) find(needle string, from int) int {
	if at, ok := p.seen[needle]; ok && (at < 0 || at >= from) {
		return at
	}
	at := -1
	if from <= len(p.src) {
		if at = strings.Index(p.src[from:], needle); at >= 0 {
			at += from
		}
	}
	if p.seen == nil {
		p.seen = make(map[string]int)
	}
	p.seen[needle] = at
	return at
}

// run returns how often the next byte is repeated.
func (p *fmtScan) run() int {
	n := 1
	for p.i+n < len(p.src) && p.src[p.i+n] == p.src[p.i] {
		n++
	}
	return n
}

// around returns the runes before and after the next n bytes; a line end or the
// edge of the text is '\n'.
func (p *fmtScan) around(n int) (before, after rune) {
	before, after = '\n', '\n'
	if p.i > 0 {
		before, _ = utf8.DecodeLastRuneInString(p.src[:p.i])
	}
	if p.i+n < len(p.src) {
		after, _ = utf8.DecodeRuneInString(p.src[p.i+n:])
	}
	return before, after
}

// link adds the address that begins here, if one does: bare or in <>. Markers may
// end a bare one early: end is given a text and the length of the address it begins
// with, and returns how much of that is left.
func (p *fmtScan) link(end func(string, int) int) bool {
	rest := p.src[p.i:]
	if rest[0] == '<' {
		n := fmtLinkRun(rest[1:], true)
		if n == 0 || 1+n >= len(rest) || rest[1+n] != '>' {
			return false
		}
		p.add(n+2, fmtToken{kind: fmtLink, text: rest[1 : 1+n]})
		return true
	}
	n := fmtLinkRun(rest, false)
	if n == 0 {
		return false
	}
	n = end(rest, n)
	if n <= fmtScheme(rest) {
		return false
	}
	p.add(n, fmtToken{kind: fmtLink, text: rest[:n]})
	return true
}

// fmtScheme returns the length of the scheme, with ://, that s begins with, or 0.
func fmtScheme(s string) int {
	for _, w := range [...]string{"https://", "http://", "steam://", "discord://"} {
		if len(s) >= len(w) && strings.EqualFold(s[:len(w)], w) {
			return len(w)
		}
	}
	return 0
}

// fmtLinkRun returns the length of the address s begins with, as Discord sees it:
// it ends before a space or <, and without the punctuation after it.
func fmtLinkRun(s string, angle bool) int {
	scheme := fmtScheme(s)
	if scheme == 0 {
		return 0
	}
	end := len(s)
	parens := 0
	for i, r := range s {
		if r == '<' || angle && r == '>' || unicode.IsSpace(r) {
			end = i
			break
		}
		switch r {
		case '(':
			parens++
		case ')':
			parens--
		}
	}
	if angle {
		if end == scheme {
			return 0
		}
		return end
	}
	for end > scheme {
		c := s[end-1]
		if strings.IndexByte(".,:;\"']", c) < 0 && (c != ')' || parens >= 0) {
			break
		}
		if c == ')' {
			parens++
		}
		end--
	}
	if end == scheme {
		return 0
	}
	return end
}

// fmtNumber returns the length of a list number with its dot and space, or 0.
func fmtNumber(s string) int {
	n := 0
	for n < len(s) && n < 9 && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	if n > 0 && strings.HasPrefix(s[n:], ". ") {
		return n + 2
	}
	return 0
}

// fmtBullet returns the length of a bullet with its space, or 0.
func fmtBullet(s string) int {
	if strings.HasPrefix(s, "- ") || strings.HasPrefix(s, "* ") {
		return 2
	}
	return 0
}

// fmtIndent returns the length of the white space s begins with, on its line.
func fmtIndent(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }
