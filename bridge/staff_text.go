package bridge

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of WhatsApp's apps for what an agent sends.
const (
	captionLimit    = 1024 // characters under a file
	pollMost        = 12   // options of a poll
	pollLeast       = 2
	pollQuestionMax = 255 // characters
	pollOptionMax   = 100 // characters
)

// staffWords are an agent's message as the client reads it: its text, and in words
// what only Discord has. Files and a poll that WhatsApp takes are not part of it.
func staffWords(m StaffMessage, names Names) string {
	parts := []string{ToWhatsApp(m.Text, names)}
	for _, s := range m.Stickers[:min(len(m.Stickers), 10)] {
		parts = append(parts, "[stiker: "+plainName(s)+"]")
	}
	if m.Poll != nil && pollProblem(*m.Poll, names) != "" {
		parts = append(parts, pollWords(*m.Poll, names))
	}
	for _, s := range m.Snapshots[:min(len(m.Snapshots), 10)] {
		inner := []string{ToWhatsApp(s.Text, names)}
		for _, sticker := range s.Stickers[:min(len(s.Stickers), 10)] {
			inner = append(inner, "[stiker: "+plainName(sticker)+"]")
		}
		if words := below(inner...); words != "" {
			parts = append(parts, below("_Diteruskan:_", words))
		}
	}
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return below(parts...)
}

// plainName is a name that WhatsApp shows as it is.
func plainName(s string) string {
	var b strings.Builder
	for _, r := range Clean(s, 60) {
		if r < utf8.RuneSelf && (unicode.IsPunct(r) || unicode.IsSymbol(r)) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return ToWhatsApp(b.String(), Names{})
}

// pollWords is a poll that goes as text.
func pollWords(p Poll, names Names) string {
	lines := []string{"📊 " + ToWhatsApp(Clean(p.Question, 1000), names)}
	for i, option := range p.Options {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, ToWhatsApp(Clean(option, 200), names)))
	}
	return strings.Join(lines, "\n")
}

// pollProblem says why WhatsApp would not take a poll in its own words, "" if it would.
func pollProblem(p Poll, names Names) string {
	seen := map[string]bool{}
	for _, option := range p.Options {
		switch name := Clean(ToWhatsApp(option, names), 10*pollOptionMax); {
		case name == "":
			return "ada pilihan yang kosong"
		case seen[name]:
			return "ada dua pilihan yang sama"
		case splitUnits(name) > pollOptionMax:
			return fmt.Sprintf("ada pilihan yang lebih panjang dari %d huruf", pollOptionMax)
		default:
			seen[name] = true
		}
	}
	switch {
	case len(p.Options) > pollMost:
		return fmt.Sprintf("WhatsApp menerima paling banyak %d pilihan", pollMost)
	case len(p.Options) < pollLeast:
		return fmt.Sprintf("WhatsApp menerima paling sedikit %d pilihan", pollLeast)
	case Clean(ToWhatsApp(p.Question, names), 10) == "":
		return "pertanyaannya kosong"
	case splitUnits(ToWhatsApp(p.Question, names)) > pollQuestionMax:
		return fmt.Sprintf("pertanyaannya lebih panjang dari %d huruf", pollQuestionMax)
	}
	return ""
}
