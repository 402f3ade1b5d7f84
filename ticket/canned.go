package ticket

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Canned answers are texts of the desk's own that agents send by name. They live
// beside the standard sentences, in the section canned of texts.yaml.

// MostCanned is how many canned answers a desk may have.
const MostCanned = 200

var cannedForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)

// CannedKey is the key of a canned answer in [Sentences].
func CannedKey(name string) string { return "canned." + name }

// CannedName reports whether an answer may be called so: 1 to 32 of a-z, 0-9, "-" and
// "_", a letter or digit first.
func CannedName(name string) bool { return cannedForm.MatchString(name) }

// Canned is the rule for the text of a canned answer: {{name}} is the client, {{agent}}
// who answers, {{company}} the client's company.
func Canned(name string) Sentence {
	return Sentence{Key: CannedKey(name), Placeholders: []string{"name", "agent", "ticket", "company"}}
}

// Canned returns the names of the canned answers, in order.
func (s Sentences) Canned() []string {
	var names []string
	for _, key := range slices.Sorted(maps.Keys(s)) {
		if name, ok := strings.CutPrefix(key, "canned."); ok {
			names = append(names, name)
		}
	}
	return names
}
