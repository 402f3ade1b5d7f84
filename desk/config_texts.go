package desk

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/haloerzap/halo/ticket"
)

// sentences are all keys of texts.yaml that every desk has; each has an English twin
// in the group en.
var sentences = ticket.Standard()

// cannedGroups are the groups of texts.yaml whose keys are the desk's own.
var cannedGroups = []string{"canned", "en.canned"}

// anyName stands for the names in a group of canned answers; it is none itself.
const anyName = "*"

func defaultTexts() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, s := range sentences {
			if !yield(s.Key, s.Text) {
				return
			}
		}
		for _, s := range sentences {
			if !yield(ticket.EnglishKey(s.Key), s.English) {
				return
			}
		}
	}
}

// textKeys are the keys of texts.yaml, with those of the canned answers in its text.
func textKeys(text []byte) []string {
	var keys []string
	for key := range defaultTexts() {
		keys = append(keys, key)
	}
	for _, group := range cannedGroups {
		keys = append(keys, group+"."+anyName)
	}
	for key := range ownKeys(text) {
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// ownKeys are the keys inside the groups of canned answers. A text that is no YAML has
// none: what is wrong with it is said when it is read.
func ownKeys(text []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		tree, err := parser.ParseBytes(text, 0)
		if err != nil || len(tree.Docs) == 0 {
			return
		}
		for _, group := range cannedGroups {
			node := tree.Docs[0].Body
			for name := range strings.SplitSeq(group, ".") {
				node = under(node, name)
			}
			for _, pair := range pairsOf(node) {
				// A dot would make it a group, which read refuses.
				if name := pair.Key.GetToken().Value; !strings.Contains(name, ".") && !yield(group+"."+name) {
					return
				}
			}
		}
	}
}

func pairsOf(node ast.Node) []*ast.MappingValueNode {
	switch n := node.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

func under(node ast.Node, name string) ast.Node {
	for _, pair := range pairsOf(node) {
		if pair.Key.GetToken().Value == name {
			return pair.Value
		}
	}
	return nil
}

// readTexts fills c from texts.yaml: a sentence that is not there keeps its
// default.
func (c *Config) readTexts(readFile func(string) ([]byte, error)) Problems {
	text, err := readFile(c.TextsFile)
	file := yamlFile{name: c.TextsFile, keys: textKeys(text)}
	again := func(string) ([]byte, error) { return text, err }
	values, found := file.read(again, c.TextsFile == Default().TextsFile)
	line := make(map[string]int)
	for _, v := range values {
		line[v.key] = v.line
		if p := file.textProblems(v); len(p) > 0 {
			found = append(found, p...)
			continue
		}
		c.Texts[v.key] = strings.TrimSpace(v.values[0])
	}
	return append(found, c.cannedProblems(file.name, line)...)
}

// textProblems returns what is wrong with one text.
func (f *yamlFile) textProblems(v yamlValue) (found Problems) {
	problem := func(line int, read, expected string) {
		found = append(found, Problem{Where: at(f.name, line), Field: v.key, Read: read, Expected: expected})
	}
	rule, ok := ruleOf(v.key)
	if !ok {
		problem(v.line, "a name that cannot be used", "1 to 32 of a-z, 0-9, - and _, a letter or digit first")
		return found
	}
	if v.form != oneValue || strings.TrimSpace(v.values[0]) == "" {
		problem(v.line, v.shown(), "a sentence")
		return found
	}
	text := strings.TrimSpace(v.values[0])
	for _, bad := range rule.Unknown(text) {
		problem(lineFrom(f.text, v.line, bad), quoted(bad), allowed(rule))
	}
	for _, name := range rule.Lacks(text) {
		problem(v.line, "a sentence without {{"+name+"}}", "{{"+name+"}} in it")
	}
	if n := utf8.RuneCountInString(text); n > ticket.LongestSentence {
		problem(v.line, fmt.Sprintf("%d characters", n), fmt.Sprintf("at most %d", ticket.LongestSentence))
	}
	switch strings.TrimPrefix(v.key, ticket.EnglishKey("")) {
	case ticket.SayConfirmYes:
		if ticket.Confirms(text) != ticket.Yes {
			problem(v.line, quoted(text), `words that are a clear yes, such as "Sudah sesuai"`)
		}
	case ticket.SayConfirmNo:
		if ticket.Confirms(text) != ticket.No {
			problem(v.line, quoted(text), `words that are a clear no, such as "Belum sesuai"`)
		}
	}
	return found
}

// ruleOf returns what may stand at a key; ok is false for the name of a canned answer
// that is none.
func ruleOf(key string) (rule ticket.Sentence, ok bool) {
	key = strings.TrimPrefix(key, ticket.EnglishKey(""))
	if name, canned := strings.CutPrefix(key, ticket.CannedKey("")); canned {
		return ticket.Canned(name), ticket.CannedName(name)
	}
	return sentences[slices.IndexFunc(sentences, func(s ticket.Sentence) bool { return s.Key == key })], true
}

// cannedProblems finds answers that exist in English only, and too many.
func (c *Config) cannedProblems(file string, line map[string]int) (found Problems) {
	names := ticket.Sentences(c.Texts).Canned()
	if len(names) > ticket.MostCanned {
		found = append(found, Problem{Where: file, Field: "canned", Read: fmt.Sprintf("%d answers", len(names)), Expected: fmt.Sprintf("at most %d", ticket.MostCanned)})
	}
	for _, key := range slices.Sorted(maps.Keys(line)) {
		name, canned := strings.CutPrefix(key, ticket.EnglishKey(ticket.CannedKey("")))
		if _, both := line[ticket.CannedKey(name)]; canned && !both {
			found = append(found, Problem{Where: at(file, line[key]), Field: key, Read: "an answer in English only", Expected: "the same name under canned"})
		}
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
