package discordtest

import (
	"crypto/hmac"
	"io"
	"net/http"
	"slices"
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
	fault := s.fileFault()
	valid := a != nil && !a.gone && a.channel == parts[0] && a.name == parts[2] &&
		hmac.Equal([]byte(q.Get("hm")), []byte(s.signature(a.id, q.Get("ex"), q.Get("is"))))
	expiry, err := strconv.ParseInt(q.Get("ex"), 16, 64)
	expired := err != nil || !s.now().Before(time.Unix(expiry, 0))
	if (!valid || expired) && answer == nil {
		s.stats.DeadLinks++
	}
	s.mu.Unlock()
	switch {
	case answer != nil:
		write(w, *answer)
	case fault.Status != 0:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(fault.Status)
		io.WriteString(w, "<html><body>"+http.StatusText(fault.Status)+"</body></html>") //nolint:errcheck
	case !valid || expired:
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, "This content is no longer available.") //nolint:errcheck
	default:
		w.Header().Set("Content-Type", a.contentType)
		s.sendFile(w, r, a.data, fault)
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

// FileFailure strikes the next N downloads (0 means one) of files. One field says how.
type FileFailure struct {
	N int
	// Status answers instead of the file.
	Status int
	// Cut ends the connection after that many bytes; Stall falls silent there instead.
	Cut, Stall int
	// Slow is the pause after each tenth of the file.
	Slow time.Duration
	// Extra are bytes that do not belong to the file, at its end; negative: bytes that
	// are missing there. The length told is that of what is sent, or none with Unsaid.
	Extra  int
	Unsaid bool
}

// InjectFile queues a failure of downloads.
func (s *Server) InjectFile(f FileFailure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.N = max(1, f.N)
	s.fileFailures = append(s.fileFailures, f)
}

func (s *Server) fileFault() FileFailure {
	if len(s.fileFailures) == 0 {
		return FileFailure{}
	}
	f := s.fileFailures[0]
	if s.fileFailures[0].N--; s.fileFailures[0].N == 0 {
		s.fileFailures = s.fileFailures[1:]
	}
	return f
}

func (s *Server) sendFile(w http.ResponseWriter, r *http.Request, data []byte, f FileFailure) {
	switch {
	case f.Extra > 0:
		data = append(slices.Clone(data), make([]byte, f.Extra)...)
	case f.Extra < 0:
		data = data[:max(0, len(data)+f.Extra)]
	}
	if !f.Unsaid {
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	}
	out := http.NewResponseController(w)
	piece, stop := len(data), len(data)
	if f.Slow > 0 {
		piece = len(data)/10 + 1
	}
	if at := f.Cut + f.Stall; at > 0 {
		stop = min(at, len(data))
	}
	for sent := 0; sent < stop; {
		n := min(piece, stop-sent)
		if _, err := w.Write(data[sent : sent+n]); err != nil {
			return
		}
		sent += n
		if sent == len(data) {
			return
		}
		out.Flush() //nolint:errcheck // the client may be gone
		if !s.wait(r, f.Slow) {
			return
		}
	}
	switch {
	case f.Stall > 0:
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
	case f.Cut > 0:
		panic(http.ErrAbortHandler)
	}
}

// wait is false when the client is gone or the server closes.
func (s *Server) wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
	case <-s.done:
	}
	return false
}

// LieAboutSize lets a file be announced with a size that is not its own.
func (s *Server) LieAboutSize(attachmentID string, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.attachments[attachmentID]; a != nil {
		a.declared = size
	}
}
