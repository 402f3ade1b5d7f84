package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A Problem is an error as RFC 9457 has it.
type Problem struct {
	Status int
	Kind   string // ends its type, urn:halo:problem:KIND
	Title  string
	Detail string
	Errors []Reason
	Wait   time.Duration // after which it may be tried again; zero for no hint
}

const problemType = "urn:halo:problem:"

func internal() *Problem {
	return &Problem{Status: http.StatusInternalServerError, Kind: "internal", Title: "This did not work", Detail: "Tell the operator the request's id."}
}

func tooMany(wait time.Duration, title string) *Problem {
	return &Problem{Status: http.StatusTooManyRequests, Kind: "too-many", Title: title, Wait: wait}
}

// refuse answers with a problem.
func refuse(w http.ResponseWriter, request string, p *Problem) {
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="halo"`)
	}
	if p.Wait > 0 {
		w.Header().Set("Retry-After", seconds(p.Wait))
	}
	give(w, p.answer(request))
}

// answer is the problem as it is told; request is the id of what it is about, "" for none.
func (p *Problem) answer(request string) Answer {
	body := struct {
		Type     string   `json:"type"`
		Title    string   `json:"title"`
		Status   int      `json:"status"`
		Detail   string   `json:"detail,omitempty"`
		Instance string   `json:"instance,omitempty"`
		Errors   []Reason `json:"errors,omitempty"`
	}{problemType + p.Kind, p.Title, p.Status, p.Detail, "", p.Errors}
	if request != "" {
		body.Instance = "urn:halo:request:" + request
	}
	data, err := json.Marshal(body)
	if err != nil {
		data = []byte(`{"type":"urn:halo:problem:internal","title":"This did not work","status":500}`)
	}
	return Answer{Status: p.Status, Type: "application/problem+json", Body: data, refused: len(p.Errors)}
}

// An Answer is one that can be given again.
type Answer struct {
	Status int
	Type   string // media type
	Body   []byte

	rows, refused int // for the log
}

func answerOf(status int, s summary) (Answer, *Problem) {
	data, err := json.Marshal(s)
	if err != nil {
		return Answer{}, internal()
	}
	return Answer{Status: status, Type: "application/json", Body: data, rows: len(s.Rows), refused: s.Refused}, nil
}

func give(w http.ResponseWriter, a Answer) { write(w, a.Type, a.Status, a.Body) }

func write(w http.ResponseWriter, kind string, status int, data []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "%s\n", data) // whoever asked is gone
}

func joinSorted(all []string) string {
	slices.Sort(all)
	return strings.Join(all, " or ")
}
