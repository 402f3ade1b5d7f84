package ticket

import "strings"

// An Opt is a client's wish about proactive messages.
type Opt string

// The wishes.
const (
	OptOut Opt = "out" // no follow-ups, reminders and surveys any more
	OptIn  Opt = "in"  // again, please
)

// optWords are the messages that are a wish, word for word.
var optWords = map[string]Opt{
	"berhenti": OptOut, "stop": OptOut, "unsubscribe": OptOut, "unsub": OptOut, "opt out": OptOut, "optout": OptOut,
	"berhenti langganan": OptOut, "berhenti berlangganan": OptOut, "stop promo": OptOut,
	"mulai": OptIn, "start": OptIn, "subscribe": OptIn, "opt in": OptIn, "optin": OptIn, "mulai lagi": OptIn, "unstop": OptIn,
}

// OptWord reads a message that is an opt-out or opt-in word and nothing else.
// Capitals, emphasis, quotation marks and what follows a sentence do not count; a
// question mark, an emoji or any other word does.
func OptWord(text string) (Opt, bool) {
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
	opt, ok := optWords[strings.Join(words, " ")]
	return opt, ok
}
