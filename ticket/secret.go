package ticket

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Span is a range of bytes of a text, From up to but not including To. It begins and
// ends between runes.
type Span struct{ From, To int }

const (
	// Masked stands where a secret stood, however long that was.
	Masked = "••••••"
	// mostSecrets is how many secrets one text holds before all of it is one.
	mostSecrets = 40
	// mostCues is how many words for code, password and user are looked at; a text with
	// more is a secret as a whole.
	mostCues = 200
	// shortText is how long a text may be, in signs, for a number in it to be taken for a
	// code without a word that says so.
	shortText = 70
	// nearCode is how many words may stand between "kode" and the code.
	nearCode = 12
)

// FindSecrets returns where a text holds what only the ticket's agent may see: codes of
// 4 to 8 digits, alone or near a word for code; passwords; pairs of user and password;
// and each further place where the same secret stands. It is meant for what a client
// writes after he was asked for access, so it rather finds too much. Ranges are in
// order and apart.
func FindSecrets(text string) []Span {
	s := search{text: text, g: glyphs(text)}
	s.cut()
	for i := range s.chunks {
		s.cued(i)
	}
	s.codes()
	s.lone()
	return s.result()
}

// Mask returns the text with [Masked] in the place of every secret.
func Mask(text string) string {
	spans := FindSecrets(text)
	if len(spans) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		b.WriteString(text[at:s.From])
		b.WriteString(Masked)
		at = s.To
	}
	b.WriteString(text[at:])
	masked := b.String()
	for _, s := range spans {
		// What stood around two secrets may spell a third time when they are gone.
		if secret := text[s.From:s.To]; utf8.RuneCountInString(secret) >= leastRepeated && strings.Contains(masked, secret) {
			return Masked
		}
	}
	return masked
}

// leastRepeated is how many runes a secret has to be looked for inside other words too.
const leastRepeated = 4

// A search goes through one text.
type search struct {
	text   string
	g      []glyph
	chunks []chunk
	found  []Span // of glyphs
	passes bool   // a word for password is in it
	user   bool   // a word for user came so far
	cues   int    // words for code, password and user so far
}

// A chunk is what stands between blanks.
type chunk struct {
	from, to int // glyphs
	line     int
	word     string // without the signs around it
	digits   int
	letters  int
	signs    int // neither letters nor digits, inside the word
	known    bool
}

func (s *search) cut() {
	line := 0
	for i := 0; i < len(s.g); {
		switch s.g[i].r {
		case '\n':
			line++
			i++
			continue
		case ' ':
			i++
			continue
		}
		from := i
		for i < len(s.g) && s.g[i].r != ' ' && s.g[i].r != '\n' {
			i++
		}
		s.chunks = append(s.chunks, s.chunk(from, i, line))
	}
	s.passes = slices.ContainsFunc(s.chunks, func(c chunk) bool {
		_, _, what := s.cue(c, c.from)
		return what == cuePassword
	})
}

func (s *search) chunk(from, to, line int) chunk {
	c := chunk{from: from, to: to, line: line}
	a, b := from, to
	for a < b && !wordRune(s.g[a].r) {
		a++
	}
	for b > a && !wordRune(s.g[b-1].r) {
		b--
	}
	c.word = wordOf(s.g[a:b])
	for _, one := range s.g[a:b] {
		switch {
		case one.r >= '0' && one.r <= '9':
			c.digits++
		case wordRune(one.r):
			c.letters++
		default:
			c.signs++
		}
	}
	c.known = c.word == "" || common(c.word) || beside[c.word]
	return c
}

// take notes a secret, from glyph to glyph.
func (s *search) take(from, to int) {
	for from < to && strings.ContainsRune(" \n:=", s.g[from].r) {
		from++
	}
	for to > from && strings.ContainsRune(" \n", s.g[to-1].r) {
		to--
	}
	if slices.ContainsFunc(s.g[from:to], func(one glyph) bool { return one.r != '•' && one.r != '*' }) {
		s.found = append(s.found, Span{from, to})
	}
}

// cued finds what the words for code, password and user in a chunk speak of.
func (s *search) cued(i int) {
	c := s.chunks[i]
	for at := c.from; at < c.to; {
		_, to, what := s.cue(c, at)
		if what == cueNone {
			return
		}
		at = to
		if s.cues++; s.cues > mostCues {
			return
		}
		stated := s.stated(to)
		switch {
		case what == cueUser:
			s.user = true
		case what == cuePassword && !stated && s.user && i == len(s.chunks)-2 && easy[s.chunks[i+1].word]:
			s.take(s.chunks[i+1].from, s.chunks[i+1].to) // "user admin pass admin"
			return
		}
		switch {
		case what == cueUser && (!s.passes || !stated):
		case what == cueCode:
			s.code(i, to, stated)
		default:
			s.password(i, to, stated)
		}
	}
}

// stated reports whether : or = follows at glyph at, which says that the rest is it.
func (s *search) stated(at int) bool {
	for _, one := range s.g[at:] {
		switch {
		case one.r == ':' || one.r == '=':
			return true
		case one.r != ' ' && one.r != '*' && one.r != '_' && one.r != '"' && one.r != '\'':
			return false
		}
	}
	return false
}

// password takes what follows a word for password at a glyph: if stated, the rest of
// the line; else the words nobody uses in an answer. A line that says nothing more
// speaks of the next one.
func (s *search) password(i, at int, stated bool) {
	line := s.chunks[i].line
	from, to, words := -1, -1, 0
	for j := i; j < len(s.chunks) && s.chunks[j].line == line && words < 4; j++ {
		c := s.chunks[j]
		if j == i {
			if c = s.chunk(min(at, c.to), c.to, line); c.word == "" && !stated {
				continue
			}
		}
		if from < 0 && !stated && says[c.word] { // "password salah": about it, not the password
			return
		}
		plain := c.known && c.digits == 0 || c.letters+c.digits+c.signs == 0 && c.to-c.from < 3
		switch {
		case plain && from < 0 && !stated, j == i && c.from == c.to, plain && from < 0 && c.word == "":
			continue
		case plain && !stated:
			words = 4
			continue
		case from < 0:
			from = c.from
		}
		if !plain || to < 0 {
			to = c.to
		}
		if !stated {
			words++
		}
	}
	if from >= 0 {
		s.take(from, to)
	} else {
		s.nextLine(line, func(c chunk) bool { return !c.known || c.digits > 0 })
	}
	for j := i - 1; j >= max(0, i-3) && s.chunks[j].line == line && from < 0; j-- {
		if c := s.chunks[j]; c.digits > 0 && c.to-c.from >= leastRepeated {
			s.take(c.from, c.to)
		}
	}
}

// nextLine takes from the line behind one what fits.
func (s *search) nextLine(line int, fits func(chunk) bool) {
	first := slices.IndexFunc(s.chunks, func(c chunk) bool { return c.line > line })
	if first < 0 {
		return
	}
	for n, c := range s.chunks[first:] {
		if c.line != s.chunks[first].line || n == 4 {
			return
		}
		if fits(c) {
			s.take(c.from, c.to)
		}
	}
}

// code takes the code that a word for code speaks of: behind it, or else before it.
func (s *search) code(i, at int, stated bool) {
	spaced := func(c chunk) bool { return c.digits == 1 && c.letters == 0 && c.signs == 0 }
	isCode := func(j int) bool {
		c := s.chunks[j]
		return c.digits >= 3 && c.digits <= 10 && c.to-c.from <= 24 || c.digits == 2 && c.letters == 0 && c.signs == 0 && j+1 < len(s.chunks) && s.chunks[j+1].digits > 0 && s.chunks[j+1].letters == 0 ||
			spaced(c) && (j+1 < len(s.chunks) && spaced(s.chunks[j+1]) || j > 0 && spaced(s.chunks[j-1]))
	}
	run := func(j int) bool {
		c := s.chunks[j]
		if !isCode(j) {
			return false
		}
		to := c.to
		for k := j + 1; k < len(s.chunks) && s.chunks[k].digits > 0 && s.chunks[k].letters == 0 && s.chunks[k].line == c.line && k < j+8; k++ {
			to = s.chunks[k].to
		}
		s.take(c.from, to)
		return true
	}
	if c := s.chunk(min(at, s.chunks[i].to), s.chunks[i].to, s.chunks[i].line); c.digits > 0 || stated && c.word != "" {
		s.take(c.from, c.to) // kode:123456
		return
	}
	if i+1 < len(s.chunks) && notSecret[s.chunks[i+1].word] {
		return
	}
	if stated && i+1 < len(s.chunks) && !s.chunks[i+1].known && s.chunks[i+1].word != "" && s.chunks[i+1].digits == 0 && s.chunks[i+1].line == s.chunks[i].line {
		s.take(s.chunks[i+1].from, s.chunks[i+1].to) // kode: ABCDEF
		return
	}
	for j := i + 1; j < min(len(s.chunks), i+1+nearCode); j++ {
		if run(j) {
			return
		}
	}
	for j := i - 1; j >= max(0, i-nearCode/2); j-- { // "123456 is your OTP"
		if isCode(j) {
			for j > 0 && s.chunks[j-1].digits > 0 && s.chunks[j-1].letters == 0 && s.chunks[j-1].line == s.chunks[j].line {
				j--
			}
			run(j)
			return
		}
	}
}

// codes finds the numbers that are codes without a word that says so: alone, alone on
// their line, or in a short text that does not count something.
func (s *search) codes() {
	for i := 0; i < len(s.chunks); {
		first, digits := i, 0
		for i < len(s.chunks) && s.chunks[i].digits > 0 && s.chunks[i].letters == 0 && s.chunks[i].line == s.chunks[first].line {
			digits += s.chunks[i].digits
			i++
		}
		if first == i {
			i++
			continue
		}
		if last := i - 1; digits >= 4 && digits <= 8 && s.looksCode(first, last) {
			s.take(s.chunks[first].from, s.chunks[last].to)
		}
	}
}

func (s *search) looksCode(first, last int) bool {
	line := s.chunks[first].line
	before := first > 0 && s.chunks[first-1].line == line
	after := last+1 < len(s.chunks) && s.chunks[last+1].line == line
	if !before && !after {
		return true
	}
	number := strings.TrimRight(string(runes(s.g[s.chunks[first].from:s.chunks[first].to])), ".,:")
	thousands := first == last && strings.ContainsAny(number, ".,/:%")
	return len(s.g) <= shortText && !thousands &&
		(!before || !counting[s.chunks[first-1].word] && !notSecret[s.chunks[first-1].word]) && (!after || !counting[s.chunks[last+1].word] && !slices.Contains(units, s.chunks[last+1].word))
}

func runes(g []glyph) []rune {
	all := make([]rune, len(g))
	for i, one := range g {
		all[i] = one.r
	}
	return all
}

// lone finds passwords and pairs that make up a short message.
func (s *search) lone() {
	var strangers []chunk
	for _, c := range s.chunks {
		if !c.known || c.digits > 0 && c.letters > 0 && !common(c.word) {
			strangers = append(strangers, c)
		}
	}
	if len(strangers) == 0 || len(strangers) > 3 || len(s.g) > shortText {
		return
	}
	mixed := false
	for _, c := range strangers {
		if slices.ContainsFunc(s.found, func(f Span) bool { return f.From < c.to && c.from < f.To }) {
			mixed = true
			continue
		}
		isURL := strings.Contains(string(runes(s.g[c.from:c.to])), "://") || strings.HasPrefix(c.word, "www")
		if n := c.letters + c.digits + c.signs; n < leastRepeated || isURL {
			continue
		}
		if c.digits > 0 && c.letters > 0 && !s.counts(c) || c.digits > 0 && c.signs > 0 && c.letters > 0 || s.symbols(c) {
			s.take(c.from, c.to)
			mixed = true
		}
	}
	// admin / rahasia: nothing but two words and what joins them, "login:" before it or not
	pair := s.chunks
	for len(pair) > 1 {
		if _, _, what := s.cue(pair[0], pair[0].from); what == cueNone {
			break
		}
		pair = pair[1:]
	}
	if joined := strings.TrimSpace(string(runes(s.g[pair[0].from:]))); !mixed && !strings.Contains(joined, "://") {
		left, right, ok := strings.Cut(strings.ReplaceAll(joined, " ", ""), "/")
		if ok && len(pair) <= 3 && left != "" && right != "" && !strings.Contains(right, "/") && !common(right) && !beside[right] && len(right) >= leastRepeated {
			s.take(pair[0].from, len(s.g))
		}
	}
}

// symbols reports a word with signs in it that no word has.
func (s *search) symbols(c chunk) bool {
	if c.letters+c.digits < leastRepeated {
		return false
	}
	all := string(runes(s.g[c.from:c.to]))
	if user, host, ok := strings.Cut(all, "@"); ok && strings.Contains(host, ".") && user != "" {
		return false // a mail address
	}
	return strings.ContainsAny(strings.Trim(all, `*_~"'`), "#$%^&@=+<>{}[]|\\") || strings.Contains(strings.Trim(all, "*"), "*")
}

// counts reports 5rb, 20pcs, 17.30wib, 3x: a number with what it counts.
func (s *search) counts(c chunk) bool {
	unit := strings.TrimLeft(c.word, "0123456789.,")
	return slices.Contains(units, unit) || counting[strings.TrimRight(c.word, "0123456789.,")]
}

// result returns the ranges found and each further place of the same, in order.
func (s *search) result() []Span {
	if len(s.found) == 0 && s.cues <= mostCues {
		return nil
	}
	if len(s.found) > mostSecrets || s.cues > mostCues {
		return []Span{{0, len(s.text)}}
	}
	var spans []Span
	for _, f := range s.found {
		spans = append(spans, Span{s.g[f.From].at, end(s.g, f.To, len(s.text))})
	}
	for _, first := range slices.Clone(spans) {
		secret := s.text[first.From:first.To]
		inside := utf8.RuneCountInString(secret) >= leastRepeated
		for at := 0; ; {
			i := strings.Index(s.text[at:], secret)
			if i < 0 {
				break
			}
			one := Span{at + i, at + i + len(secret)}
			if inside || s.apart(one) {
				spans = append(spans, one)
			}
			at += i + len(secret)
		}
	}
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Or(a.From-b.From, b.To-a.To) })
	out := spans[:1]
	for _, next := range spans[1:] {
		if last := &out[len(out)-1]; next.From <= last.To {
			last.To = max(last.To, next.To)
		} else {
			out = append(out, next)
		}
	}
	return out
}

// apart reports a range with neither letter nor digit beside it.
func (s *search) apart(one Span) bool {
	before, _ := utf8.DecodeLastRuneInString(s.text[:one.From])
	after, _ := utf8.DecodeRuneInString(s.text[one.To:])
	return (one.From == 0 || !wordRune(before)) && (one.To == len(s.text) || !wordRune(after))
}
