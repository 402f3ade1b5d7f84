package ticket

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Language is one that the desk writes to clients in.
type Language string

// The languages. A contact without one reads Indonesian.
const (
	Indonesian Language = "id"
	English    Language = "en"
)

// A Sentence is one standard text a client reads: its key in texts.yaml, the
// defaults, and the names that may stand in it between double braces.
type Sentence struct {
	Key, Text    string
	English      string
	Placeholders []string
	// Needs are the placeholders without which it would say nothing.
	Needs []string
}

// LongestSentence is how many runes a sentence or canned answer may have: more would
// leave as two messages.
const LongestSentence = 3000

var placeholder = regexp.MustCompile(`\{\{[^{}\n]*\}\}|\{\{|\}\}`)

// Unknown returns each thing in braces that would reach a client as it is: a
// name that is not filled in, or braces that do not close.
func (s Sentence) Unknown(text string) []string {
	var bad []string
	for _, found := range placeholder.FindAllString(text, -1) {
		name := strings.TrimSuffix(strings.TrimPrefix(found, "{{"), "}}")
		if !slices.Contains(s.Placeholders, name) && !slices.Contains(bad, found) {
			bad = append(bad, found)
		}
	}
	return bad
}

// Lacks returns the placeholders that have to stand in the text and do not.
func (s Sentence) Lacks(text string) []string {
	var missing []string
	for _, name := range s.Needs {
		if !strings.Contains(text, "{{"+name+"}}") {
			missing = append(missing, name)
		}
	}
	return missing
}

// Sentences are a desk's texts by key: standard sentences by their own, English ones
// by [EnglishKey], canned answers by [CannedKey]. Safe for concurrent use as long as
// nobody changes it.
type Sentences map[string]string

// EnglishKey is the key of a text in English.
func EnglishKey(key string) string { return "en." + key }

// Defaults are the standard sentences in both languages.
func Defaults() Sentences {
	all := make(Sentences)
	for _, s := range Standard() {
		all[s.Key], all[EnglishKey(s.Key)] = s.Text, s.English
	}
	return all
}

// Render fills a text in: in the contact's language, or in Indonesian where there is
// no other. What a variable holds is written as it is and not looked through again.
// The error is [*Unfilled] when a name in the text has no value or a blank one: half a
// sentence never reaches a client.
func (s Sentences) Render(key string, l Language, vars map[string]string) (string, error) {
	text := s[key]
	if l == English && s[EnglishKey(key)] != "" {
		text = s[EnglishKey(key)]
	}
	if text == "" {
		return "", fmt.Errorf("render sentence %q: there is none", key)
	}
	missing := &Unfilled{Key: key}
	text = placeholder.ReplaceAllStringFunc(text, func(found string) string {
		name := strings.TrimSuffix(strings.TrimPrefix(found, "{{"), "}}")
		value := strings.TrimSpace(vars[name])
		if value == "" && !slices.Contains(missing.Names, name) {
			missing.Names = append(missing.Names, name)
		}
		return value
	})
	if len(missing.Names) > 0 {
		return "", missing
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "\ufffd")
	}
	return text, nil
}

// Unfilled is a text that cannot be sent, because something it names is not known.
type Unfilled struct {
	Key   string
	Names []string
}

// Error names the sentence and what is missing in it.
func (u *Unfilled) Error() string {
	return fmt.Sprintf("render sentence %q: no value for %s", u.Key, strings.Join(u.Names, ", "))
}

// Numbered returns what a client is asked for as a list, for {{data}}.
func Numbered(items []string) string {
	var b strings.Builder
	n := 0
	for _, item := range items {
		if item = strings.TrimSpace(item); item != "" {
			n++
			b.WriteString(strconv.Itoa(n) + ". " + item + "\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
