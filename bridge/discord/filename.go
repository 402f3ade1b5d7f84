package discord

import (
	"cmp"
	"mime"
	"path"
	"strings"
	"unicode"
)

const mostFileName = 120 // characters

// fileName is a name that can stand in a header and deceives nobody: without a path,
// quotes, control characters, or signs that turn the direction of writing.
func fileName(name string) string {
	name = strings.ToValidUTF8(name, "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		case unicode.IsControl(r), strings.ContainsRune(`"<>:|?*;%`+"`", r):
			return '_'
		}
		return r
	}, name)
	name = strings.TrimLeftFunc(strings.TrimSpace(name), func(r rune) bool { return r == '.' || unicode.IsSpace(r) })
	if r := []rune(name); len(r) > mostFileName {
		end := []rune(path.Ext(name))
		if len(end) > 12 {
			end = nil
		}
		name = strings.TrimSpace(string(r[:mostFileName-len(end)])) + string(end)
	}
	return cmp.Or(name, "file")
}

// fileType is a media type that can stand in a header.
func fileType(kind string) string {
	main, _, err := mime.ParseMediaType(kind)
	if err != nil || !strings.Contains(main, "/") {
		return "application/octet-stream"
	}
	return main
}
