package ticket

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// An Opt is a client's wish about proactive messages.
type Opt string

// The wishes.
const (
	OptOut Opt = "out" // no follow-ups, reminders and surveys any more
	OptIn  Opt = "in"  // again, please
)

// OptWords are the messages that are a wish, word for word, folded as messages are. nil
// are the built-in ones.
type OptWords map[string]Opt

var builtIn = OptWords{
	"berhenti": OptOut, "stop": OptOut, "unsubscribe": OptOut, "unsub": OptOut, "opt out": OptOut, "optout": OptOut,
	"berhenti langganan": OptOut, "berhenti berlangganan": OptOut, "stop promo": OptOut,
	"mulai": OptIn, "start": OptIn, "subscribe": OptIn, "opt in": OptIn, "optin": OptIn, "mulai lagi": OptIn, "unstop": OptIn,
}

// BuiltInOptWords are the built-in words for a wish, sorted.
func BuiltInOptWords(wish Opt) (words []string) {
	for word, opt := range builtIn {
		if opt == wish {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return words
}

// NewOptWords makes a desk's own words of what is written in its configuration. The error
// has a line for each word that no message could be, that stands twice or for both wishes,
// and for a list without any.
func NewOptWords(out, in []string) (OptWords, error) {
	words, faults := OptWords{}, []error(nil)
	for _, list := range []struct {
		wish  Opt
		words []string
	}{{OptOut, out}, {OptIn, in}} {
		if len(list.words) == 0 {
			faults = append(faults, fmt.Errorf("no word for opt-%s", list.wish))
		}
		for _, written := range list.words {
			folded, ok := wholeMessage(written)
			was, again := words[folded]
			switch {
			case !ok || folded == "":
				faults = append(faults, fmt.Errorf("%q is not a message of plain words", written))
			case again && was == list.wish:
				faults = append(faults, fmt.Errorf("%q stands twice", written))
			case again:
				faults = append(faults, fmt.Errorf("%q means both", written))
			default:
				words[folded] = list.wish
			}
		}
	}
	return words, errors.Join(faults...)
}

// OptWord reads a message by the built-in words, as [OptWords.Read] does.
func OptWord(text string) (Opt, bool) { return builtIn.Read(text) }

// Read reads a message that is an opt-out or opt-in word and nothing else.
// Capitals, emphasis, quotation marks and what follows a sentence do not count; a
// question mark, an emoji or any other word does.
func (w OptWords) Read(text string) (Opt, bool) {
	if w == nil {
		w = builtIn
	}
	folded, ok := wholeMessage(text)
	if !ok {
		return "", false
	}
	opt, ok := w[folded]
	return opt, ok
}

// wholeMessage is a message of words and nothing else, folded.
func wholeMessage(text string) (string, bool) {
	if len(text) > 120 { // room for the invisible
		return "", false
	}
	var words []string
	ended := false
	for _, p := range pieces(glyphs(text)) {
		switch {
		case p.kind == word && !ended:
			words = append(words, p.word)
		case p.kind == pause && p.word == "-" && len(words) == 0, p.kind == pause && (p.word == "." || p.word == "!" || p.word == "\n"):
			ended = ended || len(words) > 0
		default:
			return "", false
		}
	}
	return strings.Join(words, " "), true
}
