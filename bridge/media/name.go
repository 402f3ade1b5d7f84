package media

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of a name for display, extension included.
const (
	longestName  = 100 // characters
	longestBytes = 200 // so that every file system takes it
	mostMarks    = 3   // combining marks on one letter
)

// endings are the extensions that fit a type, the usual one first. Each has an own
// set, so a name tells the truth about what opens it.
var endings = map[string][]string{
	"image/jpeg":                    {".jpg", ".jpeg", ".jpe", ".jfif"},
	"image/png":                     {".png", ".apng"},
	"image/gif":                     {".gif"},
	"image/webp":                    {".webp"},
	"image/bmp":                     {".bmp"},
	"image/tiff":                    {".tif", ".tiff"},
	"image/heic":                    {".heic", ".heif"},
	"image/avif":                    {".avif"},
	"video/mp4":                     {".mp4", ".m4v"},
	"video/quicktime":               {".mov"},
	"video/3gpp":                    {".3gp", ".3g2"},
	"video/webm":                    {".webm"},
	"video/x-matroska":              {".mkv"},
	"video/x-msvideo":               {".avi"},
	"video/ogg":                     {".ogv"},
	"audio/ogg":                     {".ogg", ".oga"},
	"audio/mpeg":                    {".mp3"},
	"audio/mp4":                     {".m4a", ".m4b"},
	"audio/aac":                     {".aac"},
	"audio/wav":                     {".wav"},
	"audio/flac":                    {".flac"},
	"audio/amr":                     {".amr"},
	"application/pdf":               {".pdf"},
	"application/zip":               {".zip"},
	"application/gzip":              {".gz", ".tgz"},
	"application/vnd.rar":           {".rar"},
	"application/x-7z-compressed":   {".7z"},
	"application/rtf":               {".rtf"},
	"application/msword":            {".doc"},
	"application/vnd.ms-excel":      {".xls"},
	"application/vnd.ms-powerpoint": {".ppt"},
	"application/vnd.ms-outlook":    {".msg"},
	"application/x-ole-storage":     {".ole"},

	officePrefix + "wordprocessingml.document":   {".docx"},
	officePrefix + "spreadsheetml.sheet":         {".xlsx"},
	officePrefix + "presentationml.presentation": {".pptx"},
	Plain:   {".txt", ".csv", ".tsv", ".log", ".json", ".xml", ".md", ".vcf", ".ics", ".sql", ".yaml", ".yml", ".ini", ".srt"},
	Unknown: {".bin", ".dat", ".bak", ".fdb", ".mdb", ".accdb", ".dbf", ".db", ".psd", ".dwg"},
}

// known are all endings that mean something to a computer: one that does not fit is
// taken off, any other is part of the name.
var known = func() map[string]bool {
	all := map[string]bool{".html": true, ".htm": true, ".svg": true, ".js": true, ".mjs": true, ".sh": true, ".py": true, ".php": true, ".docm": true, ".xlsm": true, ".pptm": true, ".dotm": true, ".xlsb": true}
	for _, set := range endings {
		for _, e := range set {
			all[e] = true
		}
	}
	for _, e := range programEndings {
		all[e] = true
	}
	return all
}()

// Ending is the usual extension of a type, with its dot.
func Ending(mime string) string {
	base, _, _ := strings.Cut(mime, ";")
	if set, ok := endings[strings.TrimSpace(base)]; ok {
		return set[0]
	}
	return endings[Unknown][0]
}

// Name makes a name that is safe to show and to save under, from what a stranger
// wrote and the type that was sniffed: one file name without folders, control or
// invisible characters, at most 100 characters, with an extension of that type. It
// is never empty and means nothing special to any system.
func Name(untrusted, mime string) string {
	base, _, _ := strings.Cut(mime, ";")
	base = strings.TrimSpace(base)
	fit, ok := endings[base]
	if !ok {
		fit = endings[Unknown]
	}
	name := tidy(untrusted)
	ending := fit[0]
	for dot := strings.LastIndexByte(name, '.'); dot >= 0; dot = strings.LastIndexByte(name, '.') {
		last := strings.ToLower(name[dot:])
		if slices.Contains(fit, last) {
			ending = last
		} else if !known[last] {
			break
		}
		name = trim(name[:dot])
		if ending == last {
			break
		}
	}
	if name == "" {
		name = nameless(base)
	}
	if reserved(name) {
		name = "_" + name
	}
	return shorten(name, longestName-len(ending), longestBytes-len(ending)) + ending
}

// tidy is the last part of a path, without what cannot be seen.
func tidy(s string) string {
	if len(s) > 4096 {
		s = s[:4096]
	}
	s = strings.ToValidUTF8(s, "")
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	var b strings.Builder
	marks := 0
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.Is(unicode.Me, r):
			if marks++; marks > mostMarks {
				continue
			}
		case unicode.IsSpace(r):
			r, marks = ' ', 0
		case strings.ContainsRune("<>:\"|?*／＼∕⧵⁄", r):
			r, marks = '_', 0
		case !unicode.IsGraphic(r), r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0', r == '\u2800', r == utf8.RuneError:
			continue // control, bidi, private, unassigned, blank letters
		default:
			marks = 0
		}
		b.WriteRune(r)
	}
	return trim(strings.Join(strings.Fields(b.String()), " "))
}

// trim takes off what systems drop or hide by.
func trim(s string) string { return strings.Trim(s, " .~") }

// shorten cuts a name to so many characters and bytes.
func shorten(s string, characters, size int) string {
	n := 0
	for i, r := range s {
		if n == characters || i+utf8.RuneLen(r) > size {
			return trim(s[:i])
		}
		n++
	}
	return s
}

// nameless is what a file without a name is called, for staff.
func nameless(mime string) string {
	kind, _, _ := strings.Cut(mime, "/")
	switch kind {
	case "image":
		return "gambar"
	case "video", "audio":
		return kind
	}
	return "dokumen"
}

// reserved reports whether Windows gives a name a meaning, whatever its extension.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	stem = strings.ToUpper(strings.TrimSpace(stem))
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	digit, ok := strings.CutPrefix(stem, "COM")
	if !ok {
		digit, ok = strings.CutPrefix(stem, "LPT")
	}
	return ok && utf8.RuneCountInString(digit) == 1 && strings.ContainsAny(digit, "0123456789¹²³")
}
