package bridge

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// MaxMarks is how many combining or invisible joining characters one base keeps.
// Real writing needs no more than a handful; the flag of England needs six.
const MaxMarks = 8

// fmtInvisible separates what must not be read together: it shows nothing, and
// the patterns of Discord and WhatsApp do not look through it.
const fmtInvisible = "\u200b"

// fmtSanitize makes s safe to show, as promised at [ToDiscord]. Line ends of all
// kinds become \n.
func fmtSanitize(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	marks := 0
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == '\r':
			if i < len(s) && s[i] == '\n' {
				continue
			}
			r = '\n'
		case r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			r = '\n'
		case r == '\n' || r == '\t':
		case unicode.IsControl(r), fmtBidi(r):
			r = utf8.RuneError
		case fmtDirectionMark(r):
			continue
		case fmtMark(r):
			if marks++; marks > MaxMarks {
				continue
			}
			b.WriteRune(r)
			continue
		}
		marks = 0
		b.WriteRune(r)
	}
	return b.String()
}

// fmtBidi reports whether r changes the order in which others are shown.
func fmtBidi(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x206f
}

// fmtDirectionMark reports whether r is invisible and only hints at a direction or
// an annotation; leaving it out loses nothing to read.
func fmtDirectionMark(r rune) bool {
	return r == 0x200e || r == 0x200f || r == 0x061c || r == 0xfeff || r >= 0xfff9 && r <= 0xfffb
}

// fmtMark reports whether r stacks on, or joins, what stands before it.
func fmtMark(r rune) bool {
	return r >= 0x300 && unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf)
}

// Clean makes an untrusted name fit for one line of at most max UTF-16 units: no
// control or bidi characters, no line ends, single spaces, no live mention. What
// is too long is cut between grapheme clusters and ends in "…". A name that
// would show nothing is "". Markdown is left as it is: a title shows it, and for
// message text there is [ToDiscord].
func Clean(s string, max int) string {
	var b strings.Builder
	visible, gap := false, false
	for _, r := range fmtSanitize(s) {
		if unicode.IsSpace(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
		visible = visible || !fmtMark(r)
	}
	if !visible {
		return ""
	}
	var out strings.Builder
	fmtInert(&out, b.String())
	return fmtCut(out.String(), max)
}

// fmtCut cuts s to max UTF-16 units, the last of them "…" if anything was cut.
func fmtCut(s string, max int) string {
	if splitUnits(s) <= max {
		return s
	}
	if max < 1 {
		return ""
	}
	end, used, state := 0, 0, -1
	for rest := s; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += splitUnits(cluster); used > max-1 {
			break
		}
		end += len(cluster)
	}
	return strings.TrimRight(s[:end], " ") + "…"
}

// inert is what a colleague typed in Discord, as it may stand in a line of ours: his
// formatting stays, and nothing in it is a mention.
func inert(s string) string {
	var out strings.Builder
	fmtInert(&out, fmtSanitize(s))
	return out.String()
}

// fmtInert writes s so that nothing in it is a mention, a custom emoji, a
// timestamp or another of Discord's <...>.
func fmtInert(b *strings.Builder, s string) {
	done := 0
	for i := range len(s) {
		if s[i] == '@' && fmtEveryone(s[i+1:]) > 0 || s[i] == '<' && fmtAngle(s[i+1:]) {
			b.WriteString(s[done : i+1])
			b.WriteString(fmtInvisible)
			done = i + 1
		}
	}
	b.WriteString(s[done:])
}

// fmtAngle reports whether s, after a <, begins like something Discord replaces.
func fmtAngle(s string) bool {
	if s == "" {
		return false
	}
	return strings.IndexByte("@#:/", s[0]) >= 0 ||
		strings.HasPrefix(s, "a:") || strings.HasPrefix(s, "t:") || strings.HasPrefix(s, "id:")
}

func fmtIsSpace(r rune) bool { return unicode.IsSpace(r) || r == '\u200b' }

// fmtIsWord reports whether r is part of a word, so that a marker next to it is
// in the middle of one.
func fmtIsWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) ||
		unicode.IsMark(r) && !unicode.Is(unicode.Variation_Selector, r)
}
