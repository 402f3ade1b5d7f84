package discordtest

import (
	"crypto/hmac"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// serveFile is cdn.discordapp.com and media.discordapp.net: a file by a signed
// link that has not expired.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	if !s.pause(r) {
		panic(http.ErrAbortHandler)
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/attachments/"), "/")
	q := r.URL.Query()
	s.mu.Lock()
	s.stats.Requests["GET /attachments"]++
	var a *attachment
	if len(parts) == 3 {
		a = s.attachments[parts[1]]
	}
	answer := s.standing()
	valid := a != nil && a.channel == parts[0] && a.name == parts[2] &&
		hmac.Equal([]byte(q.Get("hm")), []byte(s.signature(a.id, q.Get("ex"), q.Get("is"))))
	expiry, err := strconv.ParseInt(q.Get("ex"), 16, 64)
	expired := err != nil || !s.now().Before(time.Unix(expiry, 0))
	s.mu.Unlock()
	switch {
	case answer != nil:
		write(w, *answer)
	case !valid || expired:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "This content is no longer available.") //nolint:errcheck
	default:
		w.Header().Set("Content-Type", a.contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(a.data)))
		w.Write(a.data) //nolint:errcheck
	}
}

// File is the content of an attachment by its id.
func (s *Server) File(attachmentID string) (data []byte, found bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.attachments[attachmentID]
	if a == nil {
		return nil, false
	}
	return a.data, true
}
