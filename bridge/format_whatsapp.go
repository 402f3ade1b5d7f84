package bridge

import (
	"slices"
	"strings"
	"unicode/utf8"
)

var fmtPhoneMarks = map[byte]fmtStyle{'*': fmtBold, '_': fmtItalic, '~': fmtStrike}

// fmtScanWhatsApp reads a text as WhatsApp would. A single marker opens after a
// non-word character and before a non-space one, closes the other way round, and
// finds its partner on the same line; doubled markers are literal.
func fmtScanWhatsApp(s string) []fmtToken {
	p := fmtScan{src: s}
	start, prefixed := true, false
	for p.i < len(s) {
		if start {
			start, prefixed = false, p.phonePrefix()
			continue
		}
		switch s[p.i] {
		case '\n':
			p.add(1, fmtToken{kind: fmtNewline})
			p.open = p.open[:0]
			start = true
		case '`':
			p.phoneCode(prefixed)
		case '*', '_', '~':
			p.phoneMark()
		case 'h', 'H', 's', 'S', 'd', 'D', '<':
			if !p.link(p.phoneLinkEnd) {
				p.i++
			}
		default:
			p.i++
		}
	}
	p.flush()
	return p.toks
}

// phonePrefix takes the quote sign, then the bullet or number, of a line.
func (p *fmtScan) phonePrefix() bool {
	any := false
	for {
		rest := p.src[p.i:]
		in := fmtIndent(rest)
		n := 0
		switch {
		case !any && strings.HasPrefix(rest[in:], "> "):
			n = 2
		default:
			if n = fmtBullet(rest[in:]); n == 0 {
				n = fmtNumber(rest[in:])
			}
		}
		if n == 0 {
			return any
		}
		p.add(in+n, fmtToken{kind: fmtPrefix, text: rest[:in+n]})
		if any = true; rest[in] != '>' {
			return true
		}
	}
}

func (p *fmtScan) phoneMark() {
	n := p.run()
	if n > 1 {
		p.i += n
		return
	}
	before, after := p.around(1)
	p.mark(1, fmtPhoneMarks[p.src[p.i]],
		!fmtIsWord(before) && !fmtIsSpace(after),
		!fmtIsSpace(before) && !fmtIsWord(after))
}

// phoneLinkEnd takes markers off the end of an address, each once at most, as long
// as they close something.
func (p *fmtScan) phoneLinkEnd(s string, n int) int {
	for full := n; n > 0; n-- {
		style, ok := fmtPhoneMarks[s[n-1]]
		if !ok || p.waiting(style) < 0 || strings.IndexByte(s[n:full], s[n-1]) >= 0 {
			break
		}
	}
	return n
}

// phoneCode takes ```monospace```, over several lines unless the line is a quote
// or a list, and `inline code`.
func (p *fmtScan) phoneCode(prefixed bool) {
	n := p.run()
	if n >= 3 {
		if end := p.find("```", p.i+3); end >= 0 {
			in := p.src[p.i+3 : end]
			block := strings.Contains(in, "\n")
			if strings.TrimSpace(in) != "" && (!block || !prefixed) {
				p.add(end+3-p.i, fmtToken{kind: fmtCode, text: in, block: block})
				if block {
					p.open = p.open[:0]
				}
				return
			}
		}
	}
	if n == 1 {
		before, first := p.around(1)
		length := strings.IndexAny(p.src[p.i+1:], "`\n")
		if length > 0 && !fmtIsWord(before) && !fmtIsSpace(first) && p.src[p.i+1+length] == '`' {
			after := p.src[p.i+2+length:]
			next, _ := utf8.DecodeRuneInString(after)
			last, _ := utf8.DecodeLastRuneInString(p.src[:p.i+1+length])
			if (after == "" || !fmtIsWord(next) && next != '`') && !fmtIsSpace(last) {
				p.add(length+2, fmtToken{kind: fmtCode, text: p.src[p.i+1 : p.i+1+length]})
				return
			}
		}
	}
	p.i += n
}

// A fmtPhone writes WhatsApp's dialect, a line at a time. Markers are put down
// only where a visible character follows or precedes, so spaces at the edge of a
// pair, and pairs around nothing, vanish.
type fmtPhone struct {
	names Names
	out   strings.Builder

	want    []fmtStyle // what the words to come shall be, outermost first
	have    []fmtStyle // what the line has open
	heading bool
	quoting bool // every line to come is a quote
	quoted  bool // this line is

	prefix  string // of this line
	line    []byte // without the prefix
	pending []byte // white space not yet written
	literal []int  // where line has marker characters that must not format
	marked  bool   // the last byte of line is a marker of ours
}

func (w *fmtPhone) token(t *fmtToken) {
	switch t.kind {
	case fmtText, fmtEscaped:
		w.say(t.text, true)
	case fmtLink:
		w.say(t.text, false)
	case fmtAddress:
		if t.text != "" {
			w.say(" ("+t.text+")", false)
		}
	case fmtAtom:
		w.say(w.names.atom(t.text), true)
	case fmtCode:
		w.code(t)
	case fmtMarker:
		w.marker(t)
	case fmtPrefix:
		w.linePrefix(t)
	case fmtNewline:
		w.endLine()
		w.out.WriteByte('\n')
		w.startLine()
	}
}

func (w *fmtPhone) marker(t *fmtToken) {
	switch {
	case t.pair < 0:
		w.say(t.text, true)
	case t.opens:
		w.want = append(w.want, t.style)
	default:
		w.want = w.want[:len(w.want)-1]
		var marks [3]fmtStyle
		w.close(w.common(w.target(marks[:0])))
	}
}

func (w *fmtPhone) linePrefix(t *fmtToken) {
	switch sign := strings.TrimSpace(t.text); {
	case sign == "-#":
	case strings.HasPrefix(sign, "#"):
		w.heading = true
	case strings.HasPrefix(sign, ">"):
		w.quoting = w.quoting || sign == ">>>"
		w.quoted = true
		w.prefix += "> "
	default:
		w.prefix += t.text
	}
}

func (w *fmtPhone) startLine() {
	w.heading, w.quoted = false, w.quoting
	if w.quoting {
		w.prefix = "> "
	}
}

// say writes words; plain ones must not gain a format by what is in them.
func (w *fmtPhone) say(s string, plain bool) {
	for _, r := range s {
		if fmtIsSpace(r) && r != '\u200b' {
			w.pending = utf8.AppendRune(w.pending, r)
			continue
		}
		w.sync(r)
		if plain && strings.ContainsRune("*_~`", r) {
			w.literal = append(w.literal, len(w.line))
		}
		w.line = utf8.AppendRune(w.line, r)
		w.marked = false
	}
}

// sync makes the line have what is wanted, before r is written.
func (w *fmtPhone) sync(r rune) {
	var marks [3]fmtStyle
	target := w.target(marks[:0])
	same := w.common(target)
	w.close(same)
	next := r
	if same < len(target) {
		next = rune(fmtPhoneMark(target[same]))
	}
	if w.marked && len(w.pending) == 0 && (fmtIsWord(next) || next == rune(w.line[len(w.line)-1])) {
		w.line = append(w.line, fmtInvisible...)
	}
	w.line = append(w.line, w.pending...)
	w.pending = w.pending[:0]
	if same < len(target) {
		if last, _ := utf8.DecodeLastRune(w.line); fmtIsWord(last) && len(w.line) > 0 {
			w.line = append(w.line, fmtInvisible...)
		}
	}
	for _, style := range target[same:] {
		w.have = append(w.have, style)
		w.line = append(w.line, fmtPhoneMark(style))
		w.marked = false
	}
}

// target appends to styles those that WhatsApp has of the ones wanted.
func (w *fmtPhone) target(styles []fmtStyle) []fmtStyle {
	if w.heading {
		styles = append(styles, fmtBold)
	}
	for _, style := range w.want {
		if style = fmtPhoneStyle(style); style < fmtUnderline && !slices.Contains(styles, style) {
			styles = append(styles, style)
		}
	}
	return styles
}

// common returns how many of the styles the line has open may stay open.
func (w *fmtPhone) common(target []fmtStyle) int {
	same := 0
	for same < len(target) && same < len(w.have) && target[same] == w.have[same] {
		same++
	}
	return same
}

func (w *fmtPhone) close(keep int) {
	for len(w.have) > keep {
		last := len(w.have) - 1
		w.line = append(w.line, fmtPhoneMark(w.have[last]))
		w.have = w.have[:last]
		w.marked = true
	}
}

// code writes monospace. A quote holds one line only, so each line of code in
// one is a quote of its own.
func (w *fmtPhone) code(t *fmtToken) {
	in := t.text
	if w.quoted && strings.Contains(in, "\n") {
		for i, line := range strings.Split(in, "\n") {
			if i > 0 {
				w.endLine()
				w.out.WriteByte('\n')
				w.prefix = "> "
			}
			if line = strings.TrimPrefix(strings.TrimPrefix(line, ">"), " "); strings.TrimSpace(line) != "" {
				w.code(&fmtToken{text: line})
			}
		}
		return
	}
	if strings.TrimSpace(in) == "" {
		w.pending = append(w.pending, ' ')
		return
	}
	w.sync('`')
	if last, _ := utf8.DecodeLastRune(w.line); fmtIsWord(last) && len(w.line) > 0 {
		w.line = append(w.line, fmtInvisible...)
	}
	fence := "`"
	if t.block || strings.ContainsAny(in, "`\n") || strings.TrimSpace(in) != in {
		fence = "```"
		in = strings.ReplaceAll(in, "``", "`"+fmtInvisible+"`")
		if strings.HasPrefix(in, "`") {
			in = fmtInvisible + in
		}
		if strings.HasSuffix(in, "`") {
			in += fmtInvisible
		}
	}
	w.line = append(append(append(w.line, fence...), in...), fence...)
	w.marked = true
}

// endLine writes the line. A literal marker that WhatsApp could take for half of
// a pair gets a zero-width space on its inner side.
func (w *fmtPhone) endLine() {
	w.close(0)
	w.line = append(w.line, w.pending...)
	w.out.WriteString(w.prefix)
	if w.prefix == "" && fmtPhoneLine(string(w.line)) {
		w.out.WriteString(fmtInvisible)
	}
	var first, last ['~' + 1]int
	for i, c := range w.line {
		if c <= '~' {
			if first[c] == 0 {
				first[c] = i + 1
			}
			last[c] = i + 1
		}
	}
	done, parted := 0, -1
	for _, at := range w.literal {
		c := w.line[at]
		opens, closes := w.active(at)
		if c != '`' && first[c] == last[c] {
			opens, closes = false, false
		}
		w.out.Write(w.line[done:at])
		done = at + 1
		if closes && parted != at {
			w.out.WriteString(fmtInvisible)
		}
		w.out.WriteByte(c)
		if opens {
			w.out.WriteString(fmtInvisible)
			parted = at + 1
		}
	}
	w.out.Write(w.line[done:])
	w.prefix, w.line, w.pending, w.literal, w.marked = "", w.line[:0], w.pending[:0], w.literal[:0], false
}

// active reports whether WhatsApp could take the character at a place of the line
// for the beginning or the end of a pair. Doubled markers are literal, but three
// backticks are not.
func (w *fmtPhone) active(at int) (opens, closes bool) {
	before, after := '\n', '\n'
	if at > 0 {
		before, _ = utf8.DecodeLastRune(w.line[:at])
	}
	if at+1 < len(w.line) {
		after, _ = utf8.DecodeRune(w.line[at+1:])
	}
	c := rune(w.line[at])
	if before == c || after == c {
		// Parted from its neighbour, each of several backticks could be half of a pair.
		return c == '`' && !fmtIsSpace(after), c == '`' && !fmtIsSpace(before)
	}
	if fmtIsWord(before) && fmtIsWord(after) || fmtIsSpace(before) && fmtIsSpace(after) {
		return false, false
	}
	// Parted on one side only it could be a marker towards the other.
	return !fmtIsSpace(after), !fmtIsSpace(before)
}

// fmtPhoneLine reports whether WhatsApp would take the beginning of a line for a
// quote or a list.
func fmtPhoneLine(s string) bool {
	s = s[fmtIndent(s):]
	return strings.HasPrefix(s, "> ") || fmtBullet(s) > 0 || fmtNumber(s) > 0
}

func fmtPhoneStyle(s fmtStyle) fmtStyle {
	if s == fmtItalicLow {
		return fmtItalic
	}
	if s == fmtStrike || s == fmtBold || s == fmtItalic {
		return s
	}
	return fmtUnderline
}

func fmtPhoneMark(s fmtStyle) byte {
	switch s {
	case fmtBold:
		return '*'
	case fmtItalic:
		return '_'
	}
	return '~'
}
