package bridge

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

var fmtBoardMarks = map[byte][]fmtStyle{
	'*': {fmtItalic, fmtBold}, '_': {fmtItalicLow, fmtUnderline}, '~': {fmtStrike}, '|': {fmtSpoiler},
}

// fmtScanDiscord reads a text as Discord would show it.
func fmtScanDiscord(s string) []fmtToken {
	p := fmtScan{src: s}
	start, quoted := true, false
	labelEnd, address, addressEnd := -1, "", 0
	for p.i < len(s) {
		if start {
			start, quoted = false, p.boardPrefix(quoted)
			continue
		}
		if p.i == labelEnd {
			p.add(addressEnd-p.i, fmtToken{kind: fmtAddress, text: address})
			continue
		}
		switch s[p.i] {
		case '\n':
			p.add(1, fmtToken{kind: fmtNewline})
			start = true
		case '\\':
			p.boardEscape()
		case '`':
			p.boardCode()
		case '*', '_', '~', '|':
			p.boardMark()
		case '<':
			if n := fmtAtomLen(s[p.i:]); n > 0 {
				p.add(n, fmtToken{kind: fmtAtom, text: s[p.i+1 : p.i+n-1]})
			} else if !p.link(p.boardLinkEnd) {
				p.i++
			}
		case '[':
			if label, addr, end := p.boardMasked(); label > 0 {
				labelEnd, address, addressEnd = label, addr, end
				p.add(1, fmtToken{kind: fmtLabel})
			} else {
				p.i++
			}
		case 'h', 'H', 's', 'S', 'd', 'D':
			if p.i < labelEnd || !p.link(p.boardLinkEnd) {
				p.i++
			}
		default:
			p.i++
		}
	}
	p.flush()
	return p.toks
}

// boardPrefix takes what makes a line a quote, a list or a heading. Formatting
// does not reach over the start of such a line. It returns whether all that
// follows is quoted; all says that it was so before.
func (p *fmtScan) boardPrefix(all bool) bool {
	first := true
	for range fmtMaxSigns {
		rest := p.src[p.i:]
		in := fmtIndent(rest)
		s := rest[in:]
		n, more := 0, false
		switch {
		case first && !all && strings.HasPrefix(s, ">>> "):
			n, more, all = 4, true, true
		case first && !all && strings.HasPrefix(s, "> "):
			n, more = 2, true
		case fmtBullet(s) > 0:
			n, more = fmtBullet(s), true
		case fmtNumber(s) > 0:
			n, more = fmtNumber(s), true
		default:
			n = fmtHeading(s)
		}
		if n == 0 {
			return all
		}
		p.open = p.open[:0]
		p.add(in+n, fmtToken{kind: fmtPrefix, text: rest[:in+n]})
		if first = false; !more {
			break
		}
	}
	return all
}

// fmtHeading returns the length of the sign of a heading or of small print, with
// its space, or 0. A sign alone on its line is no heading.
func fmtHeading(s string) int {
	for _, sign := range [...]string{"# ", "## ", "### ", "-# "} {
		if rest, ok := strings.CutPrefix(s, sign); ok {
			rest = rest[fmtIndent(rest):]
			if rest != "" && rest[0] != '\n' {
				return len(sign)
			}
		}
	}
	return 0
}

func (p *fmtScan) boardEscape() {
	next, n := utf8.DecodeRuneInString(p.src[p.i+1:])
	if n == 0 || unicode.IsSpace(next) || next < utf8.RuneSelf && fmtIsWord(next) {
		p.i++
		return
	}
	p.add(1+n, fmtToken{kind: fmtEscaped, text: p.src[p.i+1 : p.i+1+n]})
}

// boardCode takes a ```block``` or a span between equal runs of backticks.
func (p *fmtScan) boardCode() {
	n := p.run()
	if n >= 3 {
		if end := p.find("```", p.i+3); end >= 0 {
			in := p.src[p.i+3 : end]
			lang, body, ok := strings.Cut(in, "\n")
			if !ok || !fmtLanguage(lang) || strings.Trim(body, "\n") == "" {
				lang, body = "", in
			}
			if body = strings.Trim(body, "\n"); body != "" {
				p.add(end+3-p.i, fmtToken{kind: fmtCode, text: body, lang: lang, block: true})
				return
			}
		}
	}
	if end := p.ticks(n); end > 0 {
		p.add(end-p.i, fmtToken{kind: fmtCode, text: p.src[p.i+n : end-n]})
		return
	}
	p.i += n
}

// ticks returns the end of the code span that begins with the n backticks here, or 0.
func (p *fmtScan) ticks(n int) int {
	if n > fmtMaxTicks || p.none[n] {
		return 0
	}
	for i := p.i + n; i < len(p.src); {
		if p.src[i] != '`' {
			i++
			continue
		}
		end := i
		for end < len(p.src) && p.src[end] == '`' {
			end++
		}
		if end-i == n {
			return end
		}
		i = end
	}
	p.none[n] = true
	return 0
}

func fmtLanguage(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') && strings.IndexByte("_+-.#", s[i]) < 0 {
			return false
		}
	}
	return len(s) <= 32
}

// boardMark takes a run of markers: first it ends what waits for an end, then it
// begins anew.
func (p *fmtScan) boardMark() {
	c, n := p.src[p.i], p.run()
	styles := fmtBoardMarks[c]
	if len(styles) == 1 {
		if n == 2 {
			p.mark(2, styles[0], p.i+2 < len(p.src), true)
		} else {
			p.i += n
		}
		return
	}
	single, double := styles[0], styles[1]
	before, after := p.around(n)
	opens, closes := !unicode.IsSpace(after), !unicode.IsSpace(before)
	if c == '_' {
		opens, closes = !fmtIsWord(before), !fmtIsWord(after)
	}
	left := n
	for left > 0 {
		took := p.boardClose(left, single, double, closes)
		if took == 0 {
			break
		}
		left -= took
	}
	switch {
	case left == 1 && opens:
		p.mark(1, single, true, false)
	case left == 2 && p.i+2 < len(p.src):
		p.mark(2, double, true, false)
	case left == 3 && opens:
		p.mark(1, single, true, false)
		p.mark(2, double, true, false)
	default:
		p.i += left
	}
}

// boardLinkEnd cuts an address at the first marker that closes something: Discord
// looks for the end of a pair before it looks for addresses.
func (p *fmtScan) boardLinkEnd(s string, n int) int {
	for i := range n {
		styles := fmtBoardMarks[s[i]]
		if len(styles) == 0 {
			continue
		}
		double := styles[len(styles)-1]
		if i+1 < len(s) && s[i+1] == s[i] && p.waiting(double) >= 0 {
			return i
		}
		after, _ := utf8.DecodeRuneInString(s[i+1:])
		if len(styles) == 2 && p.waiting(styles[0]) >= 0 && (s[i] == '*' || i+1 == len(s) || !fmtIsWord(after) && after != '_') {
			return i
		}
	}
	return n
}

// boardClose ends the innermost of two styles if a run of n markers can, and
// returns how many it took.
func (p *fmtScan) boardClose(n int, single, double fmtStyle, closes bool) int {
	s, d := p.waiting(single), p.waiting(double)
	if s >= 0 && s == d-1 && n < 2 && p.toks[p.open[s]].end == p.toks[p.open[d]].start {
		// ***both* bold**: the run that opened both did not say in which order.
		a, b := &p.toks[p.open[s]], &p.toks[p.open[d]]
		a.style, b.style = double, single
		a.end, b.start = a.start+2, a.start+2
		a.text, b.text = p.src[a.start:a.end], p.src[b.start:b.end]
		s, d = d, s
	}
	switch {
	case d >= 0 && d > s && n >= 2:
		p.mark(2, double, false, true)
		return 2
	case s >= 0 && s > d && closes && (n != 2 || d >= 0):
		p.mark(1, single, false, true)
		return 1
	}
	return 0
}

// boardMasked looks at [words](address) and returns where its ] is, its address,
// and where it ends; or zeroes.
func (p *fmtScan) boardMasked() (label int, address string, end int) {
	label = p.find("](", p.i+1)
	if label < 0 || strings.ContainsAny(p.src[p.i+1:min(label, p.i+1+fmtMaxLabel)], "[\n") ||
		label-p.i > fmtMaxLabel || strings.TrimSpace(p.src[p.i+1:label]) == "" {
		return 0, "", 0
	}
	rest := p.src[label+2:]
	rest = rest[:min(len(rest), fmtMaxAddress)]
	angle := strings.HasPrefix(rest, "<")
	from := 0
	if angle {
		from = 1
	}
	if fmtScheme(rest[from:]) == 0 {
		return 0, "", 0
	}
	n, depth := from, 0
	for ; n < len(rest); n++ {
		c := rest[n]
		if c <= ' ' || c == '<' || angle && c == '>' || !angle && c == ')' && depth == 0 {
			break
		}
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		}
	}
	address = rest[from:n]
	if angle && strings.HasPrefix(rest[n:], ">") {
		n++
	} else if angle {
		return 0, "", 0
	}
	n += fmtTitle(rest[n:])
	if !strings.HasPrefix(rest[n:], ")") {
		return 0, "", 0
	}
	if strings.TrimSpace(p.src[p.i+1:label]) == address {
		address = ""
	}
	return label, address, label + 2 + n + 1
}

const (
	fmtMaxSigns   = 4 // quote, bullet and so on before the words of a line
	fmtMaxLabel   = 1000
	fmtMaxAddress = 2100
)

// fmtTitle returns the length of the quoted title after a masked link's address.
func fmtTitle(s string) int {
	in := fmtIndent(s)
	if in > 0 && strings.HasPrefix(s[in:], `"`) {
		if end := strings.IndexByte(s[in+1:], '"'); end >= 0 {
			return in + end + 2
		}
	}
	return 0
}

// fmtAtomLen returns the length of the mention, emoji, timestamp or command that
// s begins with, or 0.
func fmtAtomLen(s string) int {
	end := strings.IndexByte(s[:min(len(s), 200)], '>')
	if end < 0 || !fmtAtomBody(s[1:end]) {
		return 0
	}
	return end + 1
}

func fmtAtomBody(s string) bool {
	if id, ok := strings.CutPrefix(s, "@"); ok {
		if id != "" && (id[0] == '!' || id[0] == '&') {
			id = id[1:]
		}
		return fmtDigits(id)
	}
	if id, ok := strings.CutPrefix(s, "#"); ok {
		return fmtDigits(id)
	}
	if in, ok := strings.CutPrefix(s, "/"); ok {
		name, id, ok := strings.Cut(in, ":")
		return ok && name != "" && !strings.ContainsAny(name, "\n<") && fmtDigits(id)
	}
	if in, ok := strings.CutPrefix(s, "id:"); ok {
		return in != "" && strings.Trim(in, "abcdefghijklmnopqrstuvwxyz-0123456789") == ""
	}
	if in, ok := strings.CutPrefix(s, "t:"); ok {
		unix, style, _ := strings.Cut(in, ":")
		sec, err := strconv.ParseInt(unix, 10, 64)
		return err == nil && sec > -8_640_000_000_000 && sec < 8_640_000_000_000 &&
			len(style) <= 1 && strings.Trim(style, "tTdDfFRsS") == ""
	}
	name, id, ok := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(s, "a"), ":"), ":")
	return (strings.HasPrefix(s, ":") || strings.HasPrefix(s, "a:")) && ok && fmtEmojiName(name) && fmtDigits(id)
}

func fmtDigits(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

func fmtEmojiName(s string) bool {
	for i := range len(s) {
		if s[i] != '_' && (s[i] >= utf8.RuneSelf || !fmtIsWord(rune(s[i]))) {
			return false
		}
	}
	return s != ""
}
