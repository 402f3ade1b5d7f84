package ticket

import (
	"encoding/json"
	"strings"
)

// How long texts may be, in bytes as stored: a ticket's document is at most 16 KB
// whatever people write.
const (
	longID        = 60
	longName      = 120
	longGist      = 200
	longAsked     = 500
	longSummary   = 600
	longSolution  = 1200
	longScheduled = 1000
	longComment   = 900
	longReason    = 400
	longField     = 240
)

// stored is how many bytes a text takes in a document.
func stored(s string) int {
	data, err := json.Marshal(s)
	if err != nil {
		return len(s)
	}
	return len(data) - len(`""`)
}

func tooLong(s string, most int) bool { return stored(s) > most }

// cut shortens a text that nobody can be asked to shorten.
func cut(s string, most int) string {
	s = strings.TrimSpace(s)
	if !tooLong(s, most) {
		return s
	}
	var b strings.Builder
	n := stored("…")
	for _, r := range s {
		if n += stored(string(r)); n > most {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String()) + "…"
}
