package web

import (
	"context"
	"crypto/sha256"
	"net/http"
	"strings"
	"time"
)

// Answers keep what was answered to requests that bear an Idempotency-Key, for a day.
type Answers interface {
	// Begin notes that a request of a token is worked on, unless one with its key is
	// already. What is known of that one comes back.
	Begin(ctx context.Context, r Request) (Kept, error)
	// End keeps the answer to a request that was begun.
	End(ctx context.Context, r Request, a Answer) error
	// Forget takes back the beginning of a request that has no answer.
	Forget(ctx context.Context, r Request) error
}

// A Request is one with a key.
type Request struct {
	Token string // the name of its token
	Key   string
	Body  [sha256.Size]byte // of path and body
	At    time.Time         // desk time
}

// Kept is what is known of a request with the same token and key.
type Kept struct {
	State  KeptState
	Answer Answer // of one that is Done
}

// A KeptState is how a request stands that came before with the same key.
type KeptState int

// The states of a request with a key.
const (
	New     KeptState = iota // there was none: this one is to be worked on
	Working                  // it is worked on at the moment
	Other                    // it was another request
	Done
)

// MostWork is after how long a request that is worked on counts as broken off.
const MostWork = mostWork + 15*time.Second

// once does a request unless it was done before, and gives the same answer then.
func (s *apiServer) once(ctx context.Context, who, key, path string, body []byte, work func(context.Context) (Answer, *Problem)) (Answer, *Problem) {
	r := Request{Token: who, Key: key, Body: sha256.Sum256([]byte(path + "\n" + string(body))), At: s.Now()}
	kept, err := s.Answers.Begin(ctx, r)
	if err != nil {
		return Answer{}, s.trouble(err)
	}
	switch kept.State {
	case Working:
		return Answer{}, &Problem{Status: http.StatusConflict, Kind: "in-progress", Title: "A request with this Idempotency-Key is worked on", Wait: time.Second}
	case Other:
		return Answer{}, &Problem{Status: http.StatusUnprocessableEntity, Kind: "key-reused", Title: "This Idempotency-Key belongs to another request", Detail: "Use a new key for each request, and the same one only to send it again."}
	case Done:
		return kept.Answer, nil
	}
	answer, problem := s.guardedWork(ctx, r, work)
	// What was done is kept although whoever asked may be gone.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if problem != nil {
		if problem.Status >= http.StatusInternalServerError {
			s.forget(last, r)
			return Answer{}, problem
		}
		answer = problem.answer("")
	}
	if err := s.Answers.End(last, r, answer); err != nil {
		return Answer{}, s.trouble(err)
	}
	return answer, nil
}

// guardedWork works on a request; one that panics is not kept as being worked on.
func (s *apiServer) guardedWork(ctx context.Context, r Request, work func(context.Context) (Answer, *Problem)) (Answer, *Problem) {
	done := false
	defer func() {
		if !done {
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			s.forget(last, r)
		}
	}()
	answer, problem := work(ctx)
	done = true
	return answer, problem
}

func (s *apiServer) forget(ctx context.Context, r Request) {
	if err := s.Answers.Forget(ctx, r); err != nil {
		_ = s.trouble(err) // it ends by itself after MostWork
	}
}

// keyOf is the Idempotency-Key of a request, "" for none. It may stand in quotes.
func keyOf(q *http.Request) (string, *Problem) {
	all := q.Header.Values("Idempotency-Key")
	if len(all) == 0 {
		return "", nil
	}
	key := strings.TrimSpace(all[0])
	if inner, ok := strings.CutPrefix(key, `"`); ok {
		key = strings.TrimSuffix(inner, `"`)
	}
	bad := strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' })
	if len(all) > 1 || key == "" || len(key) > longKey || bad {
		return "", &Problem{Status: http.StatusBadRequest, Kind: "key", Title: "The Idempotency-Key cannot be used", Detail: "Send one of 1 to 200 visible ASCII characters, such as a UUID."}
	}
	return key, nil
}
