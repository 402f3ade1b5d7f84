package ticket

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// SoundsScored reports a text that is meant as an answer in numbers, or says how satisfied
// somebody is, whether or not it can be taken: "7" of 5, "4.5", "sangat puas kak".
func SoundsScored(text string) bool {
	if soundsRated(text) {
		return true
	}
	_, ok := satisfied(text)
	return ok
}

// Postpones reports a text that says nothing but that somebody has no time now: "nanti ya
// kak, lagi sibuk".
func Postpones(text string) bool { return onlyWords(text, laterWords, laterFillers) }

// Declines reports a text that says nothing but that somebody does not want to: "tidak
// usah kak", "no thanks".
func Declines(text string) bool {
	return onlyWords(text, declineWords, laterFillers) && slices.ContainsFunc(wordsOf(text), func(w string) bool { return slices.Contains(refusing, w) })
}

var (
	laterWords   = strings.Fields("nanti nnti ntar entar tar besok bsk lusa sibuk later tomorrow busy bentar sebentar sbntr")
	laterFillers = strings.Fields("ya yaa y kak ka kakak kk min mas mba mbak pak bu dulu aja saja sja lagi lg masih msh saya sy aku maaf mohon maap sori sorry blm belum belom sempat sempet bisa jawab isi dijawab diisi sore siang malam malem pagi deh dah oke ok okay baik di lain kali waktu sedang meeting rapat kerja jalan agak im i am will do it now not ill answer fill in this evening please makasih terima kasih trims thanks thank you untuk survei surveinya survey surveynya ini itu pertanyaan")
	declineWords = strings.Fields("tidak tdk gak ga nggak ngga enggak gk ndak nda jangan no stop malas males mls skip berhenti lewati mau perlu usah bersedia want dont do not interested tertarik ikut need")
	refusing     = strings.Fields("mau perlu usah bersedia tertarik malas males mls ikut thanks interested want need")
)

// onlyWords reports a short text, no question, of fillers and at least one of the words
// that are looked for.
func onlyWords(text string, wanted, fillers []string) bool {
	if len(text) > 120 || !utf8.ValidString(text) || strings.Contains(text, "?") {
		return false
	}
	found := false
	for _, w := range wordsOf(text) {
		switch {
		case slices.Contains(wanted, w):
			found = true
		case !slices.Contains(fillers, w):
			return false
		}
	}
	return found
}

// wordsOf are the words of a text as they are compared: small, accents folded.
func wordsOf(text string) (words []string) {
	for _, p := range pieces(glyphs(text)) {
		if p.kind == word {
			words = append(words, p.word)
		}
	}
	return words
}
