package ticket

import (
	"slices"
	"strings"
)

// mostScored is how long the answer to a question of a survey may be, in bytes: what is
// longer is about something.
const mostScored = 600

// Score reads the answer to a question that takes a number, least to most (1 to 5, or 0 to
// 10), as people give it in Indonesian and English: "4", "empat", "4/5", "8 dari 10",
// "nilai 4 kak", "⭐⭐⭐⭐", "4, karena cepat"; rest is what else was said, "" for nothing. It
// reads as [Rating] does, but a text with a question is none, whatever else it says, and
// stars are no answer to a question that goes beyond five of them.
func Score(text string, least, most int) (value int, rest string, ok bool) {
	text = strings.ReplaceAll(text, "🔟", "10")
	if len(text) > mostScored {
		return 0, "", false
	}
	s, ok := scored(text, most, true)
	if !ok || s.value < least || s.value > most {
		return 0, "", false
	}
	for _, p := range pieces(glyphs(text)) {
		if p.kind == question || most > mostStars && s.value <= mostStars && ofStars(p) {
			return 0, "", false
		}
	}
	return s.value, s.comment(text), true
}

// ScoreBeside reads an answer that a question of the client follows: "5, kapan rilis?". Who
// numbers his questions answers nothing.
func ScoreBeside(text string, least, most int) (value int, ok bool) {
	text = strings.TrimSpace(text)
	i := strings.IndexAny(text, ",;.!\n")
	if i < 0 {
		return 0, false
	}
	head, mark, tail := text[:i], text[i], strings.TrimSpace(text[i+1:])
	if numbered := mark == '.' && strings.Trim(head, "0123456789") == ""; numbered || tail == "" || tail[0] >= '0' && tail[0] <= '9' {
		return 0, false
	}
	asks := slices.ContainsFunc(pieces(glyphs(tail)), func(p piece) bool { return p.kind == question })
	value, rest, ok := Score(head, least, most)
	return value, ok && asks && rest == "" && len(wordsOf(tail)) > 1
}

// ofStars reports a piece that counts in stars.
func ofStars(p piece) bool {
	_, ok := glued(p.word)
	return p.kind == emoji && starred([]rune(p.word)[0]) || p.kind == word && (ok || slices.Contains(starWords, p.word))
}

// Skip reports an answer that says that there is nothing to say: "tidak ada", "-", "skip",
// "cukup kak, terima kasih". Signs and pictures alone say nothing either.
func Skip(text string) bool {
	if len(text) > 120 {
		return false
	}
	var said []string
	shown := false
	for _, p := range pieces(glyphs(text)) {
		switch {
		case p.kind == question:
			return false
		case p.kind == word && !empty(p.word):
			said = append(said, squeezed(p.word))
		}
		shown = shown || p.kind != word
	}
	if len(said) == 0 {
		return shown && !slices.ContainsFunc(pieces(glyphs(text)), func(p piece) bool { return p.kind == word })
	}
	return slices.Contains(nothing, strings.Join(said, " "))
}

// empty reports a word that says nothing beside an answer.
func empty(w string) bool {
	if w == "itu" {
		return false
	}
	what := does(w)
	return w == "terima" || w == "kasih" || slices.Contains(honorifics, w) || slices.Contains(particles, w) || what == string(wThanks) || what == string(wFiller)
}

// nothing are the answers that say that there is nothing to say.
var nothing = func() (all []string) {
	for not := range strings.FieldsSeq("tidak tdk tak ga gak gk nggak ngga enggak engga g belum blm") {
		all = append(all, not+" ada", not+" ada komentar", not+" ada saran", not+" ada masukan", not+" ada komentar saran", not)
	}
	all = append(all, "gada", "gaada", "gakada", "tidakada", "taada", "no", "nope", "none", "nothing", "no comment", "no coment", "nothing else", "not now",
		"skip", "lewat", "lewati", "lewatkan", "lewati saja", "cukup", "sudah cukup", "udah cukup", "cukup itu", "itu", "itu cukup", "sudah", "udah", "sdh", "kosong", "nihil",
		"na", "n", "n a", "that is all", "thats all", "that's all", "enough")
	for i, phrase := range all {
		words := strings.Fields(phrase)
		for j, w := range words {
			words[j] = squeezed(w)
		}
		all[i] = strings.Join(words, " ")
	}
	return all
}()
