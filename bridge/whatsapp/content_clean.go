package whatsapp

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	textLimit = 128 << 10 // bytes of one message; WhatsApp's apps stop at 65,536 characters
	nameLimit = 100       // characters of a push name
	idLimit   = 64        // bytes of a message id
	fileLimit = 120       // characters of a file name
)

// cleanText makes text valid and printable: broken encoding is marked, control
// characters are left out, line ends are one kind, and what is longer than any
// app writes is cut, visibly.
func cleanText(text string) string {
	cut := 0
	if len(text) > textLimit {
		at := textLimit
		for at > 0 && !utf8.RuneStart(text[at]) {
			at--
		}
		cut, text = len(text)-at, text[:at]
	}
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, text)
	if cut > 0 {
		text += fmt.Sprintf("\n[... %d more bytes cut]", cut)
	}
	return text
}

func cleanName(name string) string {
	if len(name) > 64*nameLimit {
		name = name[:64*nameLimit]
	}
	name = strings.Join(strings.Fields(cleanText(name)), " ")
	if runes := []rune(name); len(runes) > nameLimit {
		name = string(runes[:nameLimit])
	}
	return name
}

// cleanID keeps an id as it is unless it is longer or stranger than any app
// makes them; then it becomes a short one that is the same every time.
func cleanID(id string) string {
	plain := id != "" && len(id) <= idLimit && !strings.ContainsFunc(id, func(r rune) bool {
		return r <= ' ' || r > '~' || r == '{' || r == '}' || r == '|'
	})
	if plain {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return oddID + hex.EncodeToString(sum[:16])
}

// cleanLine makes text fit for one line of at most most characters.
func cleanLine(text string, most int) string {
	if len(text) > 8*most {
		text = text[:8*most]
	}
	return shorten(strings.Join(strings.Fields(cleanText(text)), " "), most)
}

// shorten cuts text to at most most characters, visibly.
func shorten(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

// cleanFileName makes a name of a file one that is shown as it will be read and
// leads to no other folder. The end stays, with what tells its type.
func cleanFileName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`/\:*?"<>|`, r):
			return '_'
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r) && r != '\u200d':
			return -1 // also what turns the order of the letters around
		}
		return r
	}, cleanLine(name, 1000))
	name = strings.TrimLeft(strings.TrimSpace(name), ".")
	runes := []rune(name)
	if len(runes) <= fileLimit {
		return name
	}
	end := []rune(path.Ext(name))
	if len(end) > 12 {
		end = nil
	}
	return string(runes[:fileLimit-len(end)-1]) + "…" + string(end)
}

// cleanMIME is a type of content as its sender gives it, "" if it is none.
func cleanMIME(mime string) string {
	mime = strings.TrimSpace(mime)
	if len(mime) > 100 || !strings.Contains(mime, "/") || strings.ContainsFunc(mime, func(r rune) bool { return r < ' ' || r > '~' }) {
		return ""
	}
	return strings.ToLower(mime)
}
