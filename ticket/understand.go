package ticket

import (
	"cmp"
	"slices"
	"strings"
)

// A Reply is what a client said about the work.
type Reply string

// The replies. Everything that is not clear is Unclear.
const (
	Unclear Reply = "unclear"
	Yes     Reply = "yes"    // it works now, or may be closed
	No      Reply = "no"     // it does not, or not yet
	Thanks  Reply = "thanks" // thanks, and not a word about the work
)

const (
	// mostAnswer is how long an answer may be, in bytes; a longer one tells a story.
	mostAnswer = 600
	// mostWords and mostWordsNo are how many words a clear yes and a clear no have.
	mostWords, mostWordsNo = 16, 24
)

// Confirms reads an answer to "is it as it should be now?", as people type it on
// WhatsApp in Indonesian or English. It is strict: a Yes closes the ticket, so Yes
// is an answer of which every word is known and none speaks against it. A question,
// a number, a story, or words that contradict each other are Unclear.
func Confirms(text string) Reply {
	a := answered(text)
	switch {
	case a.unfit || a.asks || a.odd || a.later || a.none:
		return Unclear
	case a.bad:
		if a.lastBad && a.words <= mostWordsNo && !(a.flat && a.thanks) { // "tidak, terima kasih" declines
			return No
		}
		return Unclear
	case a.strange || a.tried || a.but || a.words > mostWords:
		return Unclear
	case a.strong || a.weak && (!a.ack || a.thanks):
		return Yes
	case a.thanks:
		return Thanks
	}
	return Unclear
}

// IsThanks reports a message that only closes a talk: thanks, a late "it works",
// "ok", or nothing but emoji. It asks nothing and brings nothing new.
func IsThanks(text string) bool {
	a := answered(text)
	if a.unfit || a.asks {
		return false
	}
	if a.pictures > 0 && a.words == 0 && !a.odd && a.signs == 0 {
		return true
	}
	if a.odd || a.later || a.bad || a.strange || a.tried || a.but || a.words > mostWords {
		return false
	}
	if a.none { // "tidak ada lagi, terima kasih"
		return a.thanks && !a.things
	}
	return a.thanks || a.ack || a.weak || a.strong
}

// An answer is what was heard in a text.
type answer struct {
	unfit bool // too long, empty or a quote: nothing else was looked at

	asks    bool // a question
	odd     bool // it contradicts itself, or is half said
	later   bool // about another time than now
	strange bool // holds words that are not known
	tried   bool // was tried, and no word on how it went
	but     bool // there is a but
	strong  bool // good
	weak    bool // ok
	bad     bool
	lastBad bool // bad was said last
	flat    bool // all of it is one "tidak"
	none    bool // "tidak ada", and not what
	things  bool // something was named
	thanks  bool
	ack     bool // heard and understood

	thanked bool // the last words were thanks
	called  bool // and the very last stands before a name

	words    int
	pictures int
	signs    int // strange signs among them

	part part
}

// A part is what one part of a sentence has said so far.
type part struct {
	not     byte // wNot or wNotYet that waits for what it denies
	before  byte // what stood before it
	still   bool
	done    bool
	trouble bool // a trouble was named, and not yet what became of it
	gone    bool // "sudah" after it
	exists  bool // "ada" after a denial
	denied  bool // "tidak muncul", and not yet what
	begins  bool // "bisa" was the first that was said
	gap     bool // something strange or a thing stood between
	person  bool // the last word was "saya"
	last    byte // what the last word did that was no filler
}

func answered(text string) (a answer) {
	if len(text) > mostAnswer || strings.TrimSpace(text) == "" {
		return answer{unfit: true}
	}
	g := glyphs(text)
	begins := true
	for _, one := range g {
		if begins && one.r == '>' { // somebody else's words
			return answer{unfit: true}
		}
		begins = one.r == '\n' || begins && one.r == ' '
	}
	all := pieces(g)
	for i := 0; i < len(all); {
		i += a.hear(all[i:])
	}
	a.flush()
	return a
}

// hear takes in the next word or phrase and returns how many pieces it was.
func (a *answer) hear(rest []piece) int {
	p := rest[0]
	if p.kind != word {
		a.thanked, a.called = false, false
	}
	switch p.kind {
	case question:
		a.asks = true
	case pause:
		a.flush()
	case strange:
		a.strange = true
		a.signs++
	case emoji:
		a.pictures++
		// An emoji underlines what was said; it is not denied by the words before it.
		a.flush()
		a.take(does(p.word)[0])
		a.flush()
	case word:
		n, what := phrase(rest)
		a.asks = a.asks || a.words == 0 && slices.Contains(inversions, p.word)
		if a.called && n == 1 && named(p.word) { // "makasih kak Sari"
			what = string(wFiller)
		}
		a.thanked = strings.HasSuffix(what, string(wThanks)) || a.thanked && (what == string(wFiller) || what == string(wYa))
		a.called = a.thanked && slices.Contains(honorifics, p.word)
		a.words += n
		for i := range len(what) {
			a.take(what[i])
		}
		return n
	}
	return 1
}

// phrase returns how many of the pieces belong together, and what they do.
func phrase(rest []piece) (int, string) {
	var words []string
	for _, p := range rest[:min(len(rest), longestPhrase)] {
		if p.kind != word {
			break
		}
		words = append(words, cmp.Or(spellings[p.word], p.word))
	}
	for n := len(words); n > 1; n-- {
		if what, ok := phrases[strings.Join(words[:n], " ")]; ok {
			return n, what
		}
	}
	return 1, does(rest[0].word)
}

// take hears one word by what it does.
func (a *answer) take(what byte) {
	p := &a.part
	person := p.person
	p.person = false
	switch what {
	case wFiller:
		return
	case wOnly:
		a.strange = a.strange || p.last == wUse // "bisa login saja"
		return
	case wPerson:
		p.person = true
		return
	case wYa:
		if p.last == 0 && !a.said() {
			a.weak = true
		}
		return
	case wGreeting:
		a.strange = a.strange || p.done || p.not != 0
		return
	case wThing:
		p.gap, a.things = true, true
		return
	case wBut, wAnd:
		a.flush()
		a.but = a.but || what == wBut
		return
	case wThanks:
		a.odd = a.odd || p.not != 0
		a.flush()
		a.thanks = true
		return
	case wAck:
		a.ack = true
	case wAsk:
		a.asks = true
	case wLater:
		a.later = true
	case wStrange:
		a.strange = true
		a.odd = a.odd || p.gone
		*p = part{gap: true, trouble: p.trouble}
	case wTried:
		a.try(person)
	case wAgain:
		a.odd = a.odd || p.last == wResult || p.not != 0 && !p.exists
		return
	case wExists:
		a.strange = a.strange || p.not == 0 // "ada lagi": there is more
		p.exists = p.exists || p.not != 0
		return
	default:
		if what == wGood {
			p.begins = !person && !p.gap && !a.tried && !a.said()
		}
		a.state(what)
	}
	p.last = what
}

// said reports whether anything was said that counts.
func (a *answer) said() bool {
	return a.strong || a.weak || a.bad || a.odd || a.ack || a.thanks || a.strange || a.part.not != 0 || a.part.still || a.part.done || a.part.trouble
}

// state hears a word about the state of things.
func (a *answer) state(what byte) {
	p := &a.part
	switch what {
	case wDone:
		switch {
		case p.not != 0:
			a.odd = true
		case p.trouble:
			p.gone = true
		default:
			p.done = true
		}
	case wNot, wNotYet:
		if p.not != 0 { // tidak, belum: said twice
			a.worse()
		}
		if p.gone {
			a.odd = true
		}
		p.before, p.not, p.gap = p.last, what, false
	case wStill:
		if p.not != 0 { // "belum kak masih error"
			a.flush()
		}
		p.still = true
	case wSame:
		if p.still {
			a.worse()
		} else {
			a.strange = true
		}
		p.still, p.done = false, false
	case wTrouble:
		a.hearTrouble()
	case wGood, wFixed, wFine, wYes:
		a.hearGood(what)
	case wResult, wPassed, wUse, wClose:
		a.hearVerb(what)
	}
}

func (a *answer) hearTrouble() {
	p := &a.part
	switch {
	case p.not == wNot && !p.still:
		a.better(wGood)
	case p.not != 0 || p.denied: // "tidak muncul error"
		a.odd = true
	case p.still || p.done:
		a.worse()
	default:
		p.trouble = true
		return
	}
	p.not, p.still, p.done, p.exists = 0, false, false, false
}

func (a *answer) hearGood(what byte) {
	p := &a.part
	switch {
	case p.not != 0 && what == wYes:
		a.odd = true
	case p.not != 0:
		a.worse()
	case p.still:
		a.odd = true
	case p.trouble && (p.gone && what != wFine || what == wFixed):
		p.trouble, p.gone = false, false
		a.better(what)
	case p.trouble:
		a.odd = true
	default:
		a.better(what)
	}
	p.not, p.still, p.done, p.exists = 0, false, false, false
}

// hearVerb hears what one does with a program, or what it does by itself.
func (a *answer) hearVerb(what byte) {
	p := &a.part
	asks := p.begins && what != wClose // "bisa cetak laporan kak"
	able := p.last == wGood && !asks || p.last == wFine || p.last == wYes && what == wClose
	switch {
	case p.not != 0 && what == wUse: // has not logged in: not tried
		a.odd = true
	case p.not == wNot && (what == wResult || what == wPassed) && p.before == wDone: // "sudah tidak muncul"
		a.odd = true
	case p.not != 0:
		p.denied = what == wResult || what == wPassed
		a.worse()
	case p.trouble && !p.gone: // "error muncul"
		return
	case p.trouble || p.still && what != wResult:
		a.odd = true
	case p.still:
		a.worse()
	case what == wClose && p.done:
		a.strange = true
	case what == wClose && p.last == 0:
		a.weak = true
	case what == wResult && p.done:
		a.better(wGood)
	case p.done:
		a.tried = true
	case !able:
		a.strange = true
	}
	p.not, p.still, p.done = 0, false, false
}

// try hears that somebody tries; after "sudah" or "saya" it says how only by what
// follows, before that it is a wish.
func (a *answer) try(person bool) {
	p := &a.part
	switch {
	case p.not != 0 || p.last == wGood || p.last == wFine:
		a.odd = a.odd || p.not != 0 || p.last == wGood
		a.strange = true
	case p.done || person:
		a.tried = true
	default:
		a.strange = true
	}
	p.not, p.done = 0, false
}

// better notes that something is as it should be.
func (a *answer) better(what byte) {
	a.odd = a.odd || a.bad
	a.lastBad = false
	switch what {
	case wFine, wYes:
		a.weak = true
	default:
		a.strong = true
	}
	if what != wYes {
		a.tried = false
	}
}

// worse notes that something is not.
func (a *answer) worse() { a.bad, a.lastBad, a.flat = true, true, false }

// flush ends a part of a sentence: what waited for a word gets none.
func (a *answer) flush() {
	p := a.part
	a.part = part{}
	switch {
	case p.trouble && p.gone:
		a.odd = true
	case p.trouble:
		a.worse()
	}
	switch {
	case p.not == 0:
	case p.not == wNot && (p.before == 0 || p.before == wDone) && p.exists && !p.gap:
		a.none = true
	case !p.gap && slices.Contains([]byte{wDone, wGood, wFixed, wFine, wResult}, p.before), p.exists, p.done:
		a.odd = true // "bisa belum": he asks
	default:
		flat := !a.bad && p.not == wNot && p.before == 0 && !p.gap
		a.worse()
		a.flat = flat
	}
	if p.still && p.not == 0 && !p.trouble {
		a.odd = true
	}
	if p.done && p.not == 0 {
		a.better(wGood)
	}
}
