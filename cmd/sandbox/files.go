package main

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// shown are the types that a page shows, by what a look at the bytes says. Anything
// else, pages and drawings with scripts above all, is only kept.
var shown = map[string]string{
	"image/png": "", "image/jpeg": "", "image/gif": "", "image/webp": "",
	"audio/mpeg": "", "audio/wave": "audio/wav", "application/ogg": "audio/ogg", "audio/aiff": "",
	"video/mp4": "", "video/webm": "",
}

// serveContent answers with a file, or with parts of it. A page may show it only if
// its bytes are those of a picture, sound or film, whatever its sender says.
func serveContent(w http.ResponseWriter, r *http.Request, name string, content io.ReadSeeker) {
	var head [512]byte
	n, err := io.ReadFull(content, head[:])
	if err == nil || n > 0 {
		_, err = content.Seek(0, io.SeekStart)
	}
	kind, how := "application/octet-stream", "attachment"
	sniffed := http.DetectContentType(head[:n])
	if as, inline := shown[sniffed]; inline && (err == nil || n > 0) {
		kind, how = sniffed, "inline"
		if as != "" {
			kind = as
		}
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", disposition(how, name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", time.Time{}, content)
}

// disposition says how a file is to be kept; its name has neither folders nor
// characters that do not show.
func disposition(how, name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) { // also what turns the direction of writing
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	if name = strings.TrimLeft(name, ". "); name == "" {
		return how
	}
	return mime.FormatMediaType(how, map[string]string{"filename": name})
}

// serveDiscordFile is a file of a message in Discord.
func (s *sandbox) serveDiscordFile(w http.ResponseWriter, r *http.Request) {
	data, known := s.discord.File(r.PathValue("id"))
	if !known {
		s.answer(w, r, nil, notFound("no file has the id %q", r.PathValue("id")))
		return
	}
	serveContent(w, r, r.PathValue("name"), bytes.NewReader(data))
}

// servePhoneFile is the file of a message on a phone.
func (s *sandbox) servePhoneFile(w http.ResponseWriter, r *http.Request) {
	p, err := s.phone(r)
	if err != nil {
		s.answer(w, r, nil, err)
		return
	}
	id := r.PathValue("id")
	for _, m := range p.Screen() {
		if m.ID != id || m.Media == nil || m.Deleted {
			continue
		}
		data, err := p.File(id)
		if err != nil {
			s.answer(w, r, nil, problem{http.StatusConflict, err.Error()})
			return
		}
		serveContent(w, r, m.Media.Name, bytes.NewReader(data))
		return
	}
	s.answer(w, r, nil, notFound("no message with a file has the id %q on this phone", id))
}
