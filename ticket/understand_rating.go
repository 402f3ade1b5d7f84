package ticket

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// mostRating is how long a text may be, in bytes, to be looked through for a rating.
	mostRating = 4096
	// mostComment bounds a comment, in runes.
	mostComment = 1000
)

// Rating reads a rating of 1 to 5: a number, stars, a word ("lima"), "4/5",
// "bintang 4", "kasih 5 deh, mantap". Comment is the rest, "" for none. A number
// that may be about something else ("jam 5", "5 outlet"), several different ones,
// one out of range and one in a question are none.
func Rating(text string) (stars int, comment string, ok bool) {
	s, ok := rated(text)
	if !ok || s.value < 1 || s.value > 5 {
		return 0, "", false
	}
	return s.value, s.comment(text), true
}

// RatingOptions are the options of a poll that asks for a rating, best first; a vote
// for one is read by [Rating].
func RatingOptions() []string {
	var all []string
	for stars := 5; stars > 0; stars-- {
		all = append(all, strconv.Itoa(stars)+" "+strings.Repeat("⭐", stars))
	}
	return all
}

// soundsRated reports a text that is nothing but a rating, also one that cannot be
// taken: out of range, with a fraction, too late. It brings nothing new.
func soundsRated(text string) bool {
	if len(text) > 80 {
		return false
	}
	g := glyphs(text)
	digits, only := 0, len(g) > 0
	for _, one := range g {
		switch {
		case one.r >= '0' && one.r <= '9':
			digits++
		case one.r != ' ' && one.r != '\n' && !strings.ContainsRune(".,/+-*!", one.r) && !starred(one.r):
			only = false
		}
	}
	if digits > 4 || only && digits > 0 {
		return digits <= 4
	}
	s, ok := rated(text)
	return ok && s.comment(text) == ""
}

// satisfied reports a text that answers "how satisfied are you?" in words alone: "sangat
// puas kak". good is false for "kurang puas".
func satisfied(text string) (good, ok bool) {
	if len(text) > 80 {
		return false, false
	}
	good = true
	for _, p := range pieces(glyphs(text)) {
		switch what := does(p.word); {
		case p.kind == question || p.kind == strange:
			return false, false
		case p.kind != word:
		case slices.Contains(satisfaction, p.word):
			ok = true
		case slices.Contains(disappointment, p.word):
			good, ok = false, true
		case what == string(wNot) || what == string(wNotYet):
			good = false
		case !slices.Contains(degrees, p.word) && (len(what) > 1 || !strings.Contains(polite, what)):
			return false, false
		}
	}
	return good && ok, ok
}

var (
	satisfaction   = strings.Fields("puas memuaskan satisfied")
	disappointment = strings.Fields("kecewa mengecewakan disappointed dissatisfied")
	degrees        = strings.Fields("sangat cukup lumayan agak terlalu merasa pelayanan layanan terima kasih very quite im")
)

// polite is what the words do that change nothing about an opinion.
const polite = string(wFiller) + string(wThanks) + string(wPerson) + string(wFine) + string(wYa) + string(wYes)

// A score is a rating as found in a text.
type score struct {
	value    int
	from, to int // bytes of the text it takes
}

var numerals = map[string]int{
	"satu": 1, "dua": 2, "tiga": 3, "empat": 4, "lima": 5, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
	"siji": 1, "loro": 2, "telu": 3, "papat": 4, "limo": 5, "enam": 6, "tujuh": 7, "delapan": 8, "sembilan": 9, "sepuluh": 10, "nol": 0, "zero": 0, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
}

// Words around a number.
var (
	starWords = strings.Fields("bintang star stars bintangnya")
	// cues say that the number after them is a rating.
	cues = slices.Concat(starWords, strings.Fields("rating ratingnya rate skor score nilai nilainya penilaian poin point"))
	// leads may stand before a number without making it something else.
	leads = strings.Fields("kasih kasi ksh beri memberi berikan kukasih ngasih aja saya sy aku kami kita i ill id give we would dari for deh ya kak ka kakak kk min sih nih ini itu oke ok okay baik iya my the is of " +
		"puas sangat cukup kurang mantap bagus keren good great halo makasih makasi terima kasih terimakasih trims thanks thx " +
		"untuk utk pelayanan pelayanannya layanan layanannya respon responnya overall pasti")
	// follows may stand after a number without making it something else.
	follows = strings.Fields("kak ka kakak kk min mas mba mbak pak bu ya yaa deh dong sih nih lah aja saja saj untuk utk karena karna krn sebab soalnya for because " +
		"mantap mantab mantul bagus baik keren puas sangat cukup lumayan ramah cepat sip oke ok okay good great excellent nice perfect awesome best terbaik top jempol thanks thank thx makasih makasi terima terimakasih trims pelayanan pelayanannya respon responnya semoga sukses terus tetap overall kurang lambat kecewa buruk jelek poin point skor " +
		"buat bwt atas sempurna biasa standar memuaskan adminnya csnya layanannya membantu responsif solutif jelas banget bgt alhamdulillah")
	// units say that the number before them counts something else, whatever else stands there.
	units = strings.Fields("outlet cabang toko jam menit detik hari minggu bulan tahun ribu rb juta jt k rupiah idr persen kali x orang user item barang pcs unit buah data nota faktur invoice transaksi printer laptop hp device karyawan gb mb kg pagi siang sore malam wib wita wit am pm hours hour days day minutes minute weeks month")
	// deniers before a number take it back, or say that it is no rating.
	deniers = strings.Fields("bukan jangan not no jam pukul tgl tanggal tahun rp idr sisa tinggal total jumlah nomor nomer hal pasal versi")
)

// mostStars is the best rating.
const mostStars = 5

// rated finds the one rating of a text.
func rated(text string) (score, bool) { return scored(text, mostStars, false) }

// scored finds the one answer of a text to a question of which most is the best answer.
// beside lets numbers behind it count other things: "4, balasnya 5 menit".
func scored(text string, most int, beside bool) (score, bool) {
	if len(text) > mostRating || !utf8.ValidString(text) {
		return score{}, false
	}
	g := glyphs(text)
	found, any := runOfStars(g, len(text))
	all := pieces(g)
	for i := 0; i < len(all); i++ {
		value, n := number(all[i:], most)
		if n == 0 || beside && any && slices.Contains(units, firstWord(all[i+n:])) {
			continue
		}
		if !meant(all, i, i+n) {
			if _, inWords := numerals[all[i].word]; inWords {
				continue // "dua admin"
			}
			return score{}, false
		}
		s := score{value: value, from: g[all[i].from].at, to: end(g, all[i+n-1].to, len(text))}
		if any && found.value != s.value {
			return score{}, false
		}
		if any {
			s.from, s.to = min(s.from, found.from), max(s.to, found.to)
		}
		found, any = s, true
		i += n - 1
	}
	return found, any
}

// end returns the byte behind the glyph before i: what is invisible belongs to it.
func end(g []glyph, i, length int) int {
	if i < len(g) {
		return g[i].at
	}
	return length
}

func starred(r rune) bool { return strings.ContainsRune("⭐🌟★☆✭✮✯", r) }

// runOfStars counts stars drawn in one row; empty ones are not given.
func runOfStars(g []glyph, length int) (score, bool) {
	var s score
	first, last := -1, -1
	for i, one := range g {
		switch {
		case one.r == '☆' && first >= 0, one.r == ' ' && first >= 0:
		case starred(one.r) && one.r != '☆':
			if first < 0 {
				first = i
			} else if i > last+2 {
				return score{}, false // in two places
			}
			s.value++
		default:
			continue
		}
		if one.r != ' ' {
			last = i
		}
	}
	if first < 0 || s.value == 1 && slices.ContainsFunc(g, func(o glyph) bool { return o.r >= '0' && o.r <= '9' }) {
		return score{}, false // one star beside a number only says what is counted
	}
	s.from, s.to = g[first].at, end(g, last+1, length)
	return s, true
}

// number reads a number at the beginning of the pieces, n of them; n is 0 when
// there is none. One that no answer can be is still a number.
func number(rest []piece, most int) (value, n int) {
	value, ok := small(rest[0], most)
	if !ok {
		return 0, 0
	}
	n = 1
	if len(rest) < 3 {
		return value, n
	}
	second, ok := small(rest[2], most)
	joined := rest[1].from == rest[0].to && rest[2].from == rest[1].to
	switch of := rest[1].word; {
	case ok && (of == "/" || of == "dari" || of == "of" || of == "per"):
		if n = 3; second != most {
			value = -1
		}
	case ok && joined && (of == "." || of == "," || of == ":" || of == "-"): // 4.5, 5:00, 1-5
		return -1, 3
	case len(rest) > 3 && of == "out" && rest[2].word == "of":
		if second, ok = small(rest[3], most); ok {
			if n = 4; second != most {
				value = -1
			}
		}
	}
	return value, n
}

// small reads a numeral or a number; larger ones than most are -1.
func small(p piece, most int) (int, bool) {
	if p.kind != word {
		return 0, false
	}
	for _, numeral := range []string{p.word, squeezed(p.word)} {
		if value, ok := numerals[numeral]; ok {
			return value, true
		}
	}
	if value, ok := glued(p.word); ok {
		return value, true
	}
	if strings.IndexFunc(p.word, func(r rune) bool { return r < '0' || r > '9' }) >= 0 {
		return 0, false
	}
	if len(p.word) > 1 {
		if p.word == strconv.Itoa(most) {
			return most, true
		}
		return -1, true
	}
	return int(p.word[0] - '0'), true
}

// glued reads "5bintang" and "bintang5".
func glued(w string) (int, bool) {
	for _, star := range starWords {
		if d := strings.TrimSuffix(strings.TrimPrefix(w, star), star); len(d) == 1 && d[0] >= '0' && d[0] <= '9' && len(w) == 1+len(star) {
			return int(d[0] - '0'), true
		}
	}
	return 0, false
}

// meant reports whether the number in the pieces from..to is a rating, by what stands
// around it in the same part of the sentence.
func meant(all []piece, from, to int) bool {
	first, last := from, to
	for first > 0 && all[first-1].kind != pause {
		first--
	}
	for last < len(all) && all[last].kind != pause {
		last++
	}
	before, after := all[first:from], all[to:last]
	asks := func(p piece) bool { return p.kind == question }
	if slices.ContainsFunc(before, asks) || slices.ContainsFunc(after, asks) || touches(all, from, to) {
		return false
	}
	prev, next := lastWord(before), firstWord(after)
	if slices.Contains(units, next) || prev == "tidak" || slices.ContainsFunc(before, func(p piece) bool { return slices.Contains(deniers, p.word) }) {
		return false
	}
	if slices.Contains(cues, prev) || slices.Contains(starWords, next) {
		return true
	}
	if next != "" && !slices.Contains(follows, next) {
		return false
	}
	return !slices.ContainsFunc(before, func(p piece) bool {
		return p.kind == strange || p.kind == word && !slices.Contains(leads, p.word) && !slices.Contains(cues, p.word)
	})
}

// touches reports a sign right beside the number that makes it another: 5%, +5.
func touches(all []piece, from, to int) bool {
	return from > 0 && all[from-1].kind == strange && all[from-1].to == all[from].from ||
		to < len(all) && all[to].kind == strange && all[to].word != "=" // "5 = sangat puas"
}

func firstWord(ps []piece) string {
	for _, p := range ps {
		if p.kind == word {
			return p.word
		}
	}
	return ""
}

func lastWord(ps []piece) string {
	for _, p := range slices.Backward(ps) {
		if p.kind == word {
			return p.word
		}
	}
	return ""
}

// comment returns what the text says besides the score.
func (s score) comment(text string) string {
	before, after := text[:s.from], text[s.to:]
	if all := pieces(glyphs(before)); !slices.ContainsFunc(all, func(p piece) bool {
		return p.kind != pause && !slices.Contains(leads, p.word) && !slices.Contains(cues, p.word) || praise[p.word]
	}) {
		before = ""
	}
	if all := pieces(glyphs(before)); slices.Contains(cues, lastWord(all)) {
		for i, p := range slices.Backward(all) {
			if p.kind == word {
				before = before[:glyphs(before)[all[i].from].at]
				break
			}
		}
	}
	before, after = bare(before), bare(after)
	for {
		word, rest := after, ""
		if i := strings.IndexFunc(after, func(r rune) bool { f := foldRune(r); return f >= 0 && !wordRune(f) }); i >= 0 {
			word, rest = after[:i], after[i:]
		}
		if all := pieces(glyphs(word)); len(all) != 1 || !slices.Contains(particles, all[0].word) {
			break
		}
		after = bare(rest)
	}
	said := strings.TrimSpace(strings.TrimSpace(before) + " " + strings.TrimSpace(after))
	if !slices.ContainsFunc(pieces(glyphs(said)), func(p piece) bool { return p.kind == word }) {
		return ""
	}
	if r := []rune(said); len(r) > mostComment {
		said = strings.TrimSpace(string(r[:mostComment]))
	}
	return said
}

// particles after a number say nothing by themselves.
var particles = slices.Concat(starWords, strings.Fields("kak ka kakak kk min mas mba mbak pak bu ya yaa deh dong sih nih lah aja saja saj poin point skor"))

// praise are the leads that a comment keeps.
var praise = map[string]bool{"puas": true, "sangat": true, "cukup": true, "kurang": true, "mantap": true, "bagus": true, "keren": true, "good": true, "great": true}

// bare returns a text without the blanks and signs around it.
func bare(text string) string {
	return strings.TrimFunc(text, func(r rune) bool {
		r = foldRune(r)
		return r < 0 || r == ' ' || strings.ContainsRune("\n.,;:-/=*_~\"'()", r) || starred(r)
	})
}
