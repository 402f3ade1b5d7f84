package bot

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode"
)

// A transcript writes a ticket's log as a page and as plain text, entry by entry, in as
// much memory as the two files take. What people wrote is never trusted: in the page it is
// text and nothing else, in the plain text nobody can fake the beginning of an entry.
type transcript struct {
	head        transcriptHead
	page, plain sheet
}

// A transcriptHead is what stands above the entries.
type transcriptHead struct {
	English bool
	Number  string
	Facts   [][2]string // a name and what it is
	Made    string      // when, and for whom
}

// say is a sentence in the reader's language.
func (h transcriptHead) say(id, en string) string {
	if h.English {
		return en
	}
	return id
}

// An entry is one line of the log.
type entry struct {
	At    time.Time // in the zone it is read in
	Side  side
	Who   string
	Text  string   // may have several lines
	Files []string // names with sizes
	Marks []string // what became of it later, and what it was
}

// A side is where an entry comes from.
type side string

const (
	fromClient side = "client"
	fromStaff  side = "staff"
	fromHalo   side = "halo"
	fromInside side = "note" // never seen by the client
	happening  side = "step" // something happened
)

// A sheet is one of the files, and how full it may get.
type sheet struct {
	bytes.Buffer
	most int // bytes, with what ends it
	left int // entries that found no room
}

// sheetEnd is kept free for what ends a sheet.
const sheetEnd = 1 << 10

// newTranscript begins both files; either holds at most most bytes.
func newTranscript(head transcriptHead, most int) (*transcript, error) {
	t := &transcript{head: head, page: sheet{most: most}, plain: sheet{most: most}}
	head.Number, head.Made = legible(head.Number), legible(head.Made)
	facts := head.Facts
	head.Facts = nil
	for _, f := range facts {
		head.Facts = append(head.Facts, [2]string{legible(f[0]), legible(f[1])})
	}
	if err := pageParts.ExecuteTemplate(&t.page.Buffer, "head", head); err != nil {
		return nil, fmt.Errorf("write head of transcript: %w", err)
	}
	fmt.Fprintf(&t.plain, "%s %s\n", head.say("TRANSKRIP TIKET", "TRANSCRIPT OF TICKET"), head.Number)
	for _, f := range head.Facts {
		fmt.Fprintf(&t.plain, "%s: %s\n", f[0], indented(f[1]))
	}
	fmt.Fprintf(&t.plain, "%s\n\n", head.Made)
	return t, nil
}

// add writes one entry, or counts it where there is no more room: then none that follows
// is written either.
func (t *transcript) add(e entry) error {
	e.Who, e.Text = legible(e.Who), legible(e.Text)
	e.Files, e.Marks = legibleAll(e.Files), legibleAll(e.Marks)
	var row bytes.Buffer
	if err := pageParts.ExecuteTemplate(&row, "entry", e); err != nil {
		return fmt.Errorf("write entry of transcript: %w", err)
	}
	t.page.put(row.Bytes())
	t.plain.put([]byte(plainEntry(e)))
	return nil
}

func (s *sheet) put(row []byte) {
	if s.left > 0 || s.Len()+len(row) > s.most-sheetEnd {
		s.left++
		return
	}
	s.Write(row)
}

// plainEntry is an entry in plain text: only its first line begins at the margin.
func plainEntry(e entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s] %s", e.At.Format("02.01.2006 15:04:05"), strings.ReplaceAll(e.Who, "\n", " "))
	if len(e.Marks) > 0 {
		b.WriteString(" (" + strings.ReplaceAll(strings.Join(e.Marks, "; "), "\n", " ") + ")")
	}
	if e.Text != "" {
		b.WriteString(": " + indented(e.Text))
	}
	for _, f := range e.Files {
		b.WriteString("\n    + " + strings.ReplaceAll(f, "\n", " "))
	}
	return b.String() + "\n"
}

func indented(s string) string { return strings.ReplaceAll(s, "\n", "\n    ") }

// done ends both files and returns them.
func (t *transcript) done() (page, plain []byte, err error) {
	err = pageParts.ExecuteTemplate(&t.page.Buffer, "end", t.cut(t.page.left))
	if err != nil {
		return nil, nil, fmt.Errorf("write end of transcript: %w", err)
	}
	if cut := t.cut(t.plain.left); cut != "" {
		t.plain.WriteString("\n" + cut + "\n")
	}
	return t.page.Bytes(), t.plain.Bytes(), nil
}

// cut says how many entries are not there, "" for none.
func (t *transcript) cut(left int) string {
	if left == 0 {
		return ""
	}
	return fmt.Sprintf(t.head.say("Dipotong di sini: %d baris berikutnya tidak muat dalam satu berkas Discord.",
		"Cut here: the %d entries that follow do not fit into one file of Discord."), left)
}

// legible is what somebody wrote without what would not be seen or turns the direction of
// writing; lines stay.
func legible(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\r\n", "\n")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\u2028' || r == '\u2029' || r == '\u0085' || r == '\r' || r == '\v' || r == '\f':
			return '\n'
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return '\ufffd'
		}
		return r
	}, s))
}

func legibleAll(all []string) (out []string) {
	for _, s := range all {
		out = append(out, legible(s))
	}
	return out
}

// pageParts are the parts of the page. It loads nothing and runs nothing, and its head
// forbids both to whatever might slip through.
var pageParts = template.Must(template.New("").Funcs(template.FuncMap{
	"day": func(t time.Time) string { return t.Format("02.01.2006 15:04:05") },
	"lang": func(english bool) string {
		if english {
			return "en"
		}
		return "id"
	},
}).Parse(`{{define "head"}}<!DOCTYPE html>
<html lang="{{lang .English}}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>{{.Number}}</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;color:#1d2523;background:#f4f6f5;margin:0 auto;max-width:52rem;padding:1.5rem}
h1{font-size:1.4rem;margin:0 0 .5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:0 0 .5rem}
dt{color:#5b6966}dd{margin:0}
.made{color:#5b6966;font-size:.85rem;margin:0 0 1.5rem}
.e{background:#fff;border-left:4px solid #c9d2cf;border-radius:4px;margin:.5rem 0;padding:.4rem .8rem;break-inside:avoid}
.e.client{border-color:#2f7d6b}.e.staff{border-color:#2b5ea8}.e.halo{border-color:#8a7a2f}
.e.note{border-color:#b5502e;background:#fdf3ee}
.e.step{background:none;border-color:transparent;color:#5b6966;font-size:.85rem;padding:0 .8rem}
.w{font-weight:600}time,.m{color:#5b6966;font-size:.8rem;margin-left:.5rem}
.m{font-style:italic}
.t{margin:.1rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
ul{margin:.2rem 0;padding-left:1.2rem}
.cut{font-weight:600;color:#b5502e}
@media print{body{background:#fff;max-width:none;padding:0;font-size:11pt}.e{border-radius:0}}
</style>
</head>
<body>
<h1>{{.Number}}</h1>
<dl>{{range .Facts}}<dt>{{index . 0}}</dt><dd><bdi>{{index . 1}}</bdi></dd>{{end}}</dl>
<p class="made">{{.Made}}</p>
{{end}}{{define "entry"}}<div class="e {{.Side}}"><span class="w"><bdi>{{.Who}}</bdi></span><time>{{day .At}}</time>{{range .Marks}}<span class="m">{{.}}</span>{{end}}{{if .Text}}<p class="t" dir="auto">{{.Text}}</p>{{end}}{{if .Files}}<ul>{{range .Files}}<li><bdi>{{.}}</bdi></li>{{end}}</ul>{{end}}</div>
{{end}}{{define "end"}}{{if .}}<p class="cut">{{.}}</p>
{{end}}</body>
</html>
{{end}}`))
