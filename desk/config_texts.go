package desk

import (
	"iter"
	"slices"
	"strings"

	"github.com/haloerzap/halo/ticket"
)

// sentences are all keys of texts.yaml.
var sentences = ticket.Standard()

func defaultTexts() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, s := range sentences {
			if !yield(s.Key, s.Text) {
				return
			}
		}
	}
}

// readTexts fills c from texts.yaml: a sentence that is not there keeps its
// default.
func (c *Config) readTexts(readFile func(string) ([]byte, error)) Problems {
	file := yamlFile{name: c.TextsFile}
	for _, s := range sentences {
		file.keys = append(file.keys, s.Key)
	}
	values, found := file.read(readFile, c.TextsFile == Default().TextsFile)
	for _, v := range values {
		if v.form != oneValue || strings.TrimSpace(v.values[0]) == "" {
			found = append(found, Problem{Where: at(file.name, v.line), Field: v.key, Read: v.shown(), Expected: "a sentence"})
			continue
		}
		s := sentences[slices.IndexFunc(sentences, func(s ticket.Sentence) bool { return s.Key == v.key })]
		text := strings.TrimSpace(v.values[0])
		for _, bad := range s.Unknown(text) {
			found = append(found, Problem{Where: at(file.name, lineFrom(file.text, v.line, bad)), Field: v.key, Read: quoted(bad), Expected: allowed(s)})
		}
		c.Texts[v.key] = text
	}
	return found
}

func allowed(s ticket.Sentence) string {
	if len(s.Placeholders) == 0 {
		return "a sentence without placeholders"
	}
	return "only {{" + strings.Join(s.Placeholders, "}}, {{") + "}}"
}

// lineFrom returns the first line, not before from, that contains part.
func lineFrom(text string, from int, part string) int {
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if number >= from && strings.Contains(line, part) {
			return number
		}
	}
	return from
}
