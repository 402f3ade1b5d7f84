package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"

	"go.uber.org/zap"
)

// A problem is an error that a caller is told, with the status that fits.
type problem struct {
	status int
	text   string
}

func (p problem) Error() string { return p.text }

func badRequest(format string, args ...any) error {
	return problem{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return problem{http.StatusNotFound, fmt.Sprintf(format, args...)}
}

// refused is what a network's own rules do not permit.
func refused(err error) error {
	if p, told := errors.AsType[problem](err); told {
		return p
	}
	text := err.Error()
	if found := discordRefusal.FindStringSubmatch(text); found != nil {
		status := http.StatusConflict
		switch found[2] {
		case "400":
			status = http.StatusBadRequest
		case "403":
			status = http.StatusForbidden
		case "413":
			status = http.StatusRequestEntityTooLarge
		}
		return problem{status, found[1] + ": Discord refuses: " + found[3]}
	}
	return problem{http.StatusConflict, text}
}

// discordRefusal is how the simulator spells what Discord answered: what was
// tried, the status, the answer's message.
var discordRefusal = regexp.MustCompile(`^(.*): (\d{3}) \{.*"message":"([^"]*)".*\}\s*$`)

// mostBody bounds a request without files, in bytes.
const mostBody = 1 << 20

// read fills body from a request: one JSON value, no field unknown, whatever kind
// of content a simple client calls it. An empty request is an empty object.
func read(r *http.Request, body any) error {
	switch {
	case r.ContentLength == 0:
		return nil
	case carriesFiles(r):
		return badRequest("no files belong here: send JSON")
	}
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(body); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return tooLarge(mostBody)
		}
		return badRequest("read request: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return badRequest("read request: more than one JSON value")
	}
	return nil
}

// answer writes what a call came to.
func (s *sandbox) answer(w http.ResponseWriter, r *http.Request, value any, err error) {
	status := http.StatusOK
	if err != nil {
		status = http.StatusInternalServerError
		if p, told := errors.AsType[problem](err); told {
			status = p.status
		} else if r.Context().Err() != nil {
			status = http.StatusServiceUnavailable
		} else {
			s.log.Error("control API", zap.String("path", r.URL.Path), zap.Error(err))
		}
		value = map[string]string{"error": err.Error()}
	}
	data, err := json.Marshal(value)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"error":"the answer could not be written"}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // a caller that went away needs no answer
}
