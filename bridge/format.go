package bridge

import (
	"strconv"
	"strings"
	"time"
)

// ToDiscord turns text as a client typed it on WhatsApp into Discord Markdown.
//
// What WhatsApp would show as formatting (bold, italic, strike, inline code,
// monospace, quotes, bullets, numbers) is formatting in Discord too. Everything
// else reads as it was typed: other Markdown is escaped, and mentions, custom
// emoji and timestamps are made inert by a zero-width space, so the result can
// ping nobody. Addresses of web pages stay as they were typed and clickable;
// only the letter case of their scheme is lowered, and an @everyone or @here
// inside one is written %40.
//
// s is first made safe to show: invalid UTF-8, control characters and bidi
// embeddings, overrides and isolates become U+FFFD; other invisible direction
// marks go; a base keeps at most [MaxMarks] combining marks.
//
// It takes time linear in the length of s. The result may be longer than s, up
// to about three times; see [Split].
func ToDiscord(s string) string {
	w := fmtBoard{toks: fmtScanWhatsApp(fmtSanitize(s))}
	w.settle()
	return w.write()
}

// Names makes what Discord writes as ids readable. A nil function, and a name
// that is empty, mean: not known, say a neutral word.
type Names struct {
	User    func(id string) string // without the @
	Role    func(id string) string // without the @
	Channel func(id string) string // without the #
	Zone    *time.Location         // of dates; nil means UTC
}

// ToWhatsApp turns an agent's Discord message into WhatsApp's dialect.
//
// Bold, italic, strike, code, quotes and lists are kept; a heading is a bold
// line; underline, spoilers and small print are plain text; links show their
// address; mentions, custom emoji, commands and timestamps become words.
// Characters that are literal in Discord but would format on WhatsApp get a
// zero-width space beside them, as do markers in the middle of a word, which
// WhatsApp would not take for markers otherwise.
//
// Control characters are treated as by [ToDiscord]. It takes time linear in the
// length of s.
func ToWhatsApp(s string, names Names) string {
	toks := fmtScanDiscord(fmtSanitize(s))
	w := fmtPhone{names: names}
	for i := range toks {
		w.token(&toks[i])
	}
	w.endLine()
	return w.out.String()
}

// Mentions returns whom a Discord text mentions, in order and with repetition:
// ids of users and roles, and the words "everyone" and "here". Code, escapes and
// addresses mention nobody.
func Mentions(s string) []string {
	var ids []string
	for _, t := range fmtScanDiscord(s) {
		switch t.kind {
		case fmtAtom:
			if id, ok := strings.CutPrefix(t.text, "@"); ok {
				ids = append(ids, strings.TrimLeft(id, "!&"))
			}
		case fmtText:
			for rest := t.text; ; {
				_, after, ok := strings.Cut(rest, "@")
				if !ok {
					break
				}
				if word := fmtEveryone(after); word > 0 {
					ids = append(ids, after[:word])
				}
				rest = after
			}
		}
	}
	return ids
}

// fmtEveryone returns the length of the word after an @ that pings many people, or 0.
func fmtEveryone(s string) int {
	for _, w := range [...]string{"everyone", "here"} {
		if len(s) >= len(w) && strings.EqualFold(s[:len(w)], w) {
			return len(w)
		}
	}
	return 0
}

func (n Names) user(id string) string    { return "@" + fmtName(n.User, id, "seseorang") }
func (n Names) role(id string) string    { return "@" + fmtName(n.Role, id, "tim") }
func (n Names) channel(id string) string { return "#" + fmtName(n.Channel, id, "saluran") }

func fmtName(f func(string) string, id, unknown string) string {
	if f != nil {
		if name := Clean(f(id), 100); name != "" {
			return name
		}
	}
	return unknown
}

var (
	fmtMonths = [...]string{"Januari", "Februari", "Maret", "April", "Mei", "Juni",
		"Juli", "Agustus", "September", "Oktober", "November", "Desember"}
	fmtDays = [...]string{"Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"}
)

// date writes a Discord timestamp in words. A relative one is written as the
// moment it means, since words on a phone do not age with the clock.
func (n Names) date(unix int64, style string) string {
	zone := n.Zone
	if zone == nil {
		zone = time.UTC
	}
	t := time.Unix(unix, 0).In(zone)
	long := strconv.Itoa(t.Day()) + " " + fmtMonths[t.Month()-1] + " " + strconv.Itoa(t.Year())
	switch style {
	case "t":
		return t.Format("15:04 MST")
	case "T":
		return t.Format("15:04:05 MST")
	case "d":
		return t.Format("02/01/2006")
	case "D":
		return long
	case "F":
		return fmtDays[t.Weekday()] + ", " + long + " " + t.Format("15:04 MST")
	}
	return long + " " + t.Format("15:04 MST")
}

// atom makes the inside of a Discord <...> readable.
func (n Names) atom(in string) string {
	switch {
	case strings.HasPrefix(in, "@&"):
		return n.role(in[2:])
	case strings.HasPrefix(in, "@"):
		return n.user(strings.TrimPrefix(in[1:], "!"))
	case strings.HasPrefix(in, "#"):
		return n.channel(in[1:])
	case strings.HasPrefix(in, "/"):
		return in[:strings.LastIndexByte(in, ':')]
	case strings.HasPrefix(in, "t:"):
		unix, style, _ := strings.Cut(in[2:], ":")
		sec, _ := strconv.ParseInt(unix, 10, 64)
		return n.date(sec, style)
	case strings.HasPrefix(in, "id:"):
		return n.channel("")
	}
	name := strings.TrimPrefix(in, "a")
	return name[:strings.LastIndexByte(name, ':')+1]
}
