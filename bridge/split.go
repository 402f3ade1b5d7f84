package bridge

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Split cuts Discord Markdown into parts of at most limit characters, in order;
// none is empty. Discord's own limit for a message is 2000.
//
// Length is counted in UTF-16 units. Discord's API counts code points, which are
// never more, so a part fits whichever way it is counted. A limit below 2 is 2.
//
// A part ends at the end of a paragraph, line, sentence or word if it can be
// reached without leaving the part too short, else between two grapheme clusters,
// and inside a link, mention or escape only if that is longer than a part.
// Formatting open at a cut is closed there and opened again in the next part, and
// so is a quote or heading cut within its line. A part that would begin like a
// heading or list by accident begins with a zero-width space.
//
// Nothing else is added, and nothing is lost but white space at the cuts and at
// both ends of s, which Discord drops anyway; of a code block, only the line end
// at the cut. A text of white space alone has no parts.
func Split(s string, limit int) []string {
	return splitStrings(splitDialect{
		scan:  fmtScanDiscord,
		fence: "\n```",
		sign:  func(s string) bool { return fmtPhoneLine(s) || fmtHeading(s) > 0 || strings.HasPrefix(s, ">>> ") },
	}.split(s, limit))
}

// SplitPlain is [Split] for text in WhatsApp's dialect.
func SplitPlain(s string, limit int) []string {
	return splitStrings(splitDialect{scan: fmtScanWhatsApp, fence: "```", sign: fmtPhoneLine}.split(s, limit))
}

// A splitPart is one part: a stretch of the text between what was added to it.
type splitPart struct {
	open, body, close string
	start             int // of body in the text
}

func splitStrings(parts []splitPart) []string {
	var out []string
	for _, p := range parts {
		out = append(out, p.open+p.body+p.close)
	}
	return out
}

type splitDialect struct {
	scan  func(string) []fmtToken
	fence string                 // that ends a block of code
	sign  func(line string) bool // whether a line begins with a sign that changes it
}

// A splitText is a text with all that is to know for cutting it.
type splitText struct {
	splitDialect
	src    string
	toks   []fmtToken
	states []splitState // before each token
	units  []int32      // of src before each byte, in UTF-16
	cuts   []splitCut   // from first to last
}

// A splitState is the formatting that is open at a place.
type splitState struct {
	line  string // sign of the line, to be repeated
	open  string // markers, outermost first
	close string // the same, innermost first
	label bool   // inside the words of a masked link
}

// A splitCut is a place where a part may end and the next begin.
type splitCut struct {
	end, next int // what lies between is dropped
	rank      splitRank
}

type splitRank uint8

const (
	splitInside splitRank = iota // of something that should stay whole
	splitCluster
	splitWord
	splitSentence
	splitLine
	splitParagraph
	splitRanks
)

func (d splitDialect) split(s string, limit int) []splitPart {
	limit = max(limit, 2)
	end := len(strings.TrimRightFunc(s, unicode.IsSpace))
	start := len(s) - len(strings.TrimLeftFunc(s, unicode.IsSpace))
	if start >= end {
		return nil
	}
	if splitUnits(s[start:end]) <= limit {
		return []splitPart{{body: s[start:end], start: start}}
	}
	t := splitText{splitDialect: d, src: s[:end], toks: d.scan(s[:end])}
	t.measure()
	t.trace()
	t.search()
	return t.parts(start, limit)
}

func splitUnits(s string) int {
	n := 0
	for _, r := range s {
		n += splitWidth(r)
	}
	return n
}

func splitWidth(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}

func (t *splitText) measure() {
	t.units = make([]int32, len(t.src)+1)
	n := int32(0)
	for i := 0; i < len(t.src); {
		r, size := utf8.DecodeRuneInString(t.src[i:])
		for range size {
			t.units[i] = n
			i++
		}
		n += int32(splitWidth(r))
	}
	t.units[len(t.src)] = n
}

// trace notes the formatting before each token.
func (t *splitText) trace() {
	t.states = make([]splitState, len(t.toks)+1)
	var state splitState
	all := ""
	for i, tok := range t.toks {
		t.states[i] = state
		switch {
		case tok.kind == fmtNewline:
			state.line = all
		case tok.kind == fmtPrefix:
			sign := strings.TrimLeft(tok.text, " \t")
			if sign == ">>> " {
				all = sign
			}
			if strings.IndexByte(">#", sign[0]) >= 0 || sign == "-# " {
				state.line += sign
			}
		case tok.kind == fmtLabel, tok.kind == fmtAddress:
			state.label = tok.kind == fmtLabel
		case tok.kind == fmtMarker && tok.pair >= 0 && tok.opens:
			state.open += tok.text
			state.close = tok.text + state.close
		case tok.kind == fmtMarker && tok.pair >= 0:
			state.open = state.open[:len(state.open)-len(tok.text)]
			state.close = state.close[len(tok.text):]
		}
	}
	t.states[len(t.toks)] = state
}

// at returns the formatting at a place; tok is the token that holds the byte there.
func (t *splitText) at(pos, tok int) splitState {
	state := t.states[tok]
	if tok == len(t.toks) || t.toks[tok].kind != fmtCode || t.toks[tok].start == pos {
		return state
	}
	c := t.toks[tok]
	ticks := strings.Repeat("`", (c.end-c.start-len(c.text))/2)
	fence := ticks
	if c.block {
		ticks, fence = "```", t.fence
		if fence != ticks {
			ticks += c.lang + "\n"
		}
	}
	state.open += ticks
	state.close = fence + state.close
	return state
}

// token returns the index of the token that holds the byte at pos, looking from
// token from on.
func (t *splitText) token(pos, from int) int {
	for from < len(t.toks) && t.toks[from].end <= pos {
		from++
	}
	return from
}

// search finds all places to cut at, walking over the grapheme clusters once.
func (t *splitText) search() {
	pos, tok, state := 0, 0, -1
	for rest := t.src; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if pos += len(cluster); rest == "" {
			return
		}
		tok = t.token(pos, tok)
		cut, ok := t.cut(pos, tok)
		if ok {
			t.cuts = append(t.cuts, cut)
		}
	}
}

// cut judges the place before the byte at pos, which token tok holds.
func (t *splitText) cut(pos, tok int) (splitCut, bool) {
	if c := t.toks[tok]; c.kind == fmtCode && c.start < pos {
		return t.cutCode(pos, c)
	}
	before, _ := utf8.DecodeLastRuneInString(t.src[:pos])
	if unicode.IsSpace(before) {
		// A gap is one place, judged where it begins.
		return splitCut{}, false
	}
	rest := strings.TrimLeftFunc(t.src[pos:], unicode.IsSpace)
	cut := splitCut{end: pos, next: len(t.src) - len(rest), rank: splitCluster}
	after := t.token(cut.next, tok)
	gap := t.src[pos:cut.next]
	switch {
	case t.whole(pos, tok) || t.whole(cut.next, after) || gap == "" && splitRun(t.src, pos):
		cut.rank = splitInside
	case strings.Count(gap, "\n") > 1:
		cut.rank = splitParagraph
	case strings.Contains(gap, "\n"):
		cut.rank = splitLine
	case gap != "" && strings.ContainsRune(".!?…。！？", before):
		cut.rank = splitSentence
	case gap != "":
		cut.rank = splitWord
	}
	return cut, true
}

// whole reports whether a cut at pos would part what belongs together: within an
// address or mention, between a marker and the words it formats, after a bullet.
func (t *splitText) whole(pos, tok int) bool {
	if t.states[tok].label {
		return true
	}
	if tok < len(t.toks) {
		c := t.toks[tok]
		if c.start < pos {
			return c.kind != fmtText && c.kind != fmtPrefix ||
				c.kind == fmtPrefix && strings.TrimSpace(t.src[c.start:pos]) != ""
		}
		if c.kind == fmtMarker && c.pair >= 0 && !c.opens {
			return true
		}
	}
	if tok == 0 {
		return false
	}
	b := t.toks[tok-1]
	return b.kind == fmtPrefix || b.kind == fmtMarker && b.pair >= 0 && b.opens
}

// splitRun reports whether pos is in the middle of a run of markers.
func splitRun(s string, pos int) bool {
	return s[pos-1] == s[pos] && strings.IndexByte("*_~|`", s[pos]) >= 0
}

// cutCode judges a place in code. White space in a block is part of the text, but
// for the line end at the cut.
func (t *splitText) cutCode(pos int, c fmtToken) (splitCut, bool) {
	from, to := splitContent(t.src, c)
	cut := splitCut{end: pos, next: pos, rank: splitCluster}
	if pos <= from || pos >= to {
		cut.rank = splitInside
		return cut, true
	}
	switch {
	case t.src[pos] == '\n':
		cut.next, cut.rank = pos+1, splitLine
	case t.src[pos-1] == '\n':
		return cut, false
	case !c.block && t.src[pos-1] == ' ':
		return cut, false
	case !c.block && t.src[pos] == ' ':
		cut.next, cut.rank = pos+fmtIndent(t.src[pos:]), splitWord
	case t.src[pos-1] == ' ':
		cut.rank = splitWord
	}
	if cut.next >= to || splitRun(t.src, pos) || t.src[pos-1] == '`' || t.src[cut.next] == '`' {
		cut.rank = splitInside
	}
	return cut, true
}

// splitContent returns where the visible content of code begins and ends.
func splitContent(s string, c fmtToken) (from, to int) {
	for from = c.start; s[from] == '`'; {
		from++
	}
	if c.lang != "" {
		from += len(c.lang) + 1
	}
	to = c.end
	for to > from && s[to-1] == '`' {
		to--
	}
	in := s[from:to]
	from += len(in) - len(strings.TrimLeftFunc(in, unicode.IsSpace))
	return from, from + len(strings.TrimSpace(in))
}

// parts cuts the text from start on.
func (t *splitText) parts(start, limit int) []splitPart {
	var parts []splitPart
	open, first, tok := "", 0, 0
	for start < len(t.src) {
		room := limit - splitUnits(open)
		if t.width(start, len(t.src)) <= room {
			return append(parts, splitPart{open: open, body: t.src[start:], start: start})
		}
		for first < len(t.cuts) && t.cuts[first].end <= start {
			first++
		}
		cut, ok := t.best(start, first, tok, room)
		if !ok {
			open = ""
			cut = t.force(start, limit)
		}
		tok = t.token(cut.end, tok)
		part := splitPart{open: open, body: t.src[start:cut.end], start: start}
		if ok {
			part.close = t.at(cut.end, tok).close
		}
		if strings.TrimSpace(part.body) != "" {
			parts = append(parts, part)
		}
		start, tok = cut.next, t.token(cut.next, tok)
		open = t.reopen(start, tok)
	}
	return parts
}

func (t *splitText) width(from, to int) int { return int(t.units[to] - t.units[from]) }

// best returns the cut that ends a part beginning at start with the given room.
func (t *splitText) best(start, first, tok, room int) (splitCut, bool) {
	var last [splitRanks]int
	for i := first; i < len(t.cuts); i++ {
		c := t.cuts[i]
		width := t.width(start, c.end)
		if width > room {
			break
		}
		tok = t.token(c.end, tok)
		if width+len(t.at(c.end, tok).close) <= room {
			last[c.rank] = i + 1
		}
	}
	far := 0
	for rank := splitParagraph; rank > splitInside; rank-- {
		enough := room / 2
		if rank == splitWord {
			enough = room / 4
		}
		if i := last[rank]; rank > splitCluster && i > 0 && t.width(start, t.cuts[i-1].end) >= enough {
			return t.cuts[i-1], true
		}
		far = max(far, last[rank])
	}
	if far == 0 {
		far = last[splitInside]
	}
	if far == 0 {
		return splitCut{}, false
	}
	return t.cuts[far-1], true
}

// force cuts after as many runes as fit, for a cluster longer than a part.
func (t *splitText) force(start, limit int) splitCut {
	end := start
	for end < len(t.src) {
		_, size := utf8.DecodeRuneInString(t.src[end:])
		if t.width(start, end+size) > limit {
			break
		}
		end += size
	}
	return splitCut{end: end, next: end}
}

// reopen returns what the part beginning at pos has to begin with.
func (t *splitText) reopen(pos, tok int) string {
	state := t.at(pos, tok)
	line := pos
	for line > 0 && (t.src[line-1] == ' ' || t.src[line-1] == '\t') {
		line--
	}
	if state.open == "" && line > 0 && t.src[line-1] != '\n' && t.sign(t.src[pos:]) {
		return state.line + fmtInvisible
	}
	return state.line + state.open
}
