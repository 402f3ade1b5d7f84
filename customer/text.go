package customer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/haloerzap/halo/ledger"
)

// longEvent bounds a text in an event, in bytes.
const longEvent = 200

// line makes one clean line of at most most bytes of a text that somebody else wrote:
// nothing that is invisible, turns the direction of writing or breaks the line, single
// spaces. Cleaning twice is cleaning once.
func line(s string, most int) string {
	return clean(s, most, false)
}

// block is [line] for texts that may have several lines; empty lines are dropped.
func block(s string, most int) string {
	return clean(s, most, true)
}

func clean(s string, most int, breaks bool) string {
	var b strings.Builder
	gap := ""
	for _, r := range s {
		switch {
		case breaks && (r == '\n' || r == '\u2028' || r == '\u2029'):
			gap = "\n"
			continue
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			gap = cmp.Or(gap, " ")
			continue
		case r == utf8.RuneError || !unicode.IsGraphic(r):
			continue
		}
		if b.Len() == 0 {
			gap = ""
		}
		if b.Len()+len(gap)+utf8.RuneLen(r) > most {
			break
		}
		b.WriteString(gap)
		b.WriteRune(r)
		gap = ""
	}
	return b.String()
}

// lines cleans each text and keeps those that say something, each once, at most n.
func lines(all []string, most, n int) (out []string) {
	for _, s := range all {
		if len(out) == n {
			break
		}
		if s = line(s, most); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func join(all []string) string { return strings.Join(all, ", ") }

func compare(a, b string) int { return cmp.Compare(a, b) }

// domain takes what people copy from a browser down to the name of the host.
func domain(s string) string {
	s = strings.ToLower(line(s, 4*longPlace))
	if _, after, ok := strings.Cut(s, "://"); ok {
		s = after
	}
	s, _, _ = strings.Cut(s, "/")
	return strings.TrimSuffix(strings.TrimPrefix(s, "www."), ".")
}

// snowflake reports whether s can be an id of Discord.
func snowflake(s string) bool {
	return len(s) >= 5 && len(s) <= 20 && digitsOnly(s)
}

func digitsOnly(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// checkID refuses an id that could not be stored or told from others.
func checkID(what, id string) error {
	if id == "" || len(id) > mostID || strings.ContainsAny(id, "|\n") || !utf8.ValidString(id) {
		return fmt.Errorf("%w: %s id %.50q, want 1 to %d bytes without |", ledger.ErrInvalid, what, id, mostID)
	}
	return nil
}

// event is one line of a log; pairs are names and values, empty values are left out.
func event(what, by string, at time.Time, pairs ...string) ledger.Event {
	e := ledger.Event{At: at, What: what, By: by}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			continue
		}
		if e.Data == nil {
			e.Data = map[string]string{}
		}
		e.Data[pairs[i]] = pairs[i+1]
	}
	return e
}

// millisecond is a time as it will be read back from the store.
func millisecond(t time.Time) time.Time { return fromMillis(millis(t)) }
