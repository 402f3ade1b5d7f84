package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"
)

// Bounds of one request.
const (
	MostRows = 100
	MostBody = 1 << 20 // bytes

	mostWork  = 45 * time.Second // on the rows of one request
	mostAtOne = 16               // requests worked on at a time
	longKey   = 200              // an Idempotency-Key, in bytes
)

// An API lets another system hand in customers and orders. It is all HTTP: who may, how
// often, what is well formed. What the rows mean is the affair of its Resources.
type API struct {
	// Resources are the paths below /v1/, e.g. "orders".
	Resources map[string]Resource
	Tokens    Tokens
	Answers   Answers
	Log       *zap.Logger
	Now       func() time.Time // desk time

	// PerSecond and Burst bound the requests of one token.
	PerSecond rate.Limit
	Burst     int
}

// A Resource takes in rows of one kind.
type Resource struct {
	Fields []Field
	// Take takes one row in: the texts of its fields, without those that are empty. Doing
	// it again changes nothing. by is the name of the token. [ErrAway] when it cannot at the
	// moment, or whatever the store says.
	Take func(ctx context.Context, row map[string]string, by string) (Outcome, error)
}

// ErrAway means that another process has to do it, or this one a little later.
var ErrAway = errors.New("this process does not take rows in now")

// An Outcome is what became of a row.
type Outcome struct {
	Row      int      `json:"row"`     // its place in the list, from 0
	Outcome  string   `json:"outcome"` // [Created], [Changed], [Unchanged] or [Refused]
	Customer string   `json:"customer,omitempty"`
	Contact  string   `json:"contact,omitempty"`
	Order    string   `json:"order,omitempty"`
	Errors   []Reason `json:"errors,omitempty"`
}

// Outcomes of a row.
const (
	Created   = "created"
	Changed   = "changed"
	Unchanged = "unchanged"
	Refused   = "refused"
)

// A Reason says what is wrong with one field.
type Reason struct {
	Field  string `json:"field,omitempty"`
	Why    string `json:"why"`             // for programs
	Detail string `json:"detail"`          // for people
	Value  string `json:"value,omitempty"` // what stood there, its beginning
}

// Tokens know who may.
type Tokens interface {
	// Check returns the name of whom a token belongs to; ok is false for a wrong one. It
	// takes as long for one as for the other, as far as can be told from outside.
	Check(ctx context.Context, token string) (name string, ok bool, err error)
}

// Handler answers POST /v1/NAME for each resource; errors are application/problem+json.
func (a *API) Handler() http.Handler {
	s := &apiServer{API: a, strangers: newStrangers(), rates: newRates(a.PerSecond, a.Burst), places: make(chan struct{}, mostAtOne)}
	mux := http.NewServeMux()
	for name, r := range a.Resources {
		mux.HandleFunc("/v1/"+name, func(w http.ResponseWriter, q *http.Request) { s.answer(w, q, name, r) })
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, q *http.Request) {
		refuse(w, "", &Problem{Status: http.StatusNotFound, Kind: "not-found", Title: "There is nothing at this path", Detail: "Post to " + s.paths() + "."})
	})
	return mux
}

type apiServer struct {
	*API
	strangers *strangers
	rates     *rates
	places    chan struct{}
}

// answer does one request. What it returns to the client is made by refuse and give alone.
func (s *apiServer) answer(w http.ResponseWriter, q *http.Request, name string, r Resource) {
	id, began := rand.Text(), time.Now()
	w.Header().Set("X-Request-Id", id)
	var who string
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("API request panicked", zap.String("request", id), zap.String("panic", fmt.Sprintf("%T", p)), zap.Stack("stack"))
			refuse(w, id, internal())
		}
	}()
	q.Body = http.MaxBytesReader(w, q.Body, MostBody)
	who, answer, problem := s.serve(w, q, name, r)
	status := answer.Status
	if problem != nil {
		status = problem.Status
		refuse(w, id, problem)
	} else {
		give(w, answer)
	}
	s.Log.Info("API request", zap.String("request", id), zap.String("token", who), zap.String("path", "/v1/"+name),
		zap.Int("status", status), zap.Int("rows", answer.rows), zap.Int("refused", answer.refused), zap.Duration("took", time.Since(began)))
}

// serve goes through the questions that a request has to pass, the cheap ones first.
func (s *apiServer) serve(w http.ResponseWriter, q *http.Request, name string, r Resource) (who string, answer Answer, problem *Problem) {
	if q.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return "", answer, &Problem{Status: http.StatusMethodNotAllowed, Kind: "method", Title: "Only POST is possible here"}
	}
	if who, problem = s.identify(q); problem != nil {
		return who, answer, problem
	}
	if wait, ok := s.rates.take(who); !ok {
		return who, answer, tooMany(wait, "The token was used too often within a short time")
	}
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	default:
		return who, answer, &Problem{Status: http.StatusServiceUnavailable, Kind: "busy", Title: "Too many requests are worked on", Wait: time.Second}
	}
	body, problem := readBody(q)
	if problem != nil {
		return who, answer, problem
	}
	key, problem := keyOf(q)
	if problem != nil {
		return who, answer, problem
	}
	ctx, cancel := context.WithTimeout(q.Context(), mostWork)
	defer cancel()
	work := func(ctx context.Context) (Answer, *Problem) { return s.takeAll(ctx, r, body, who) }
	if key == "" {
		answer, problem = work(ctx)
	} else {
		answer, problem = s.once(ctx, who, key, name, body, work)
	}
	return who, answer, problem
}

// identify finds out whose token a request bears.
func (s *apiServer) identify(q *http.Request) (who string, problem *Problem) {
	from := source(q)
	token, ok := bearer(q.Header.Get("Authorization"))
	if wait, blocked := s.strangers.blocked(from); blocked && !s.strangers.knows(token) {
		return "", tooMany(wait, "Too many wrong tokens came from this address")
	}
	if ok {
		var err error
		if who, ok, err = s.Tokens.Check(q.Context(), token); err != nil {
			return "", s.trouble(err)
		}
		s.strangers.note(token, ok)
	}
	if !ok {
		s.strangers.count(from)
		return "", &Problem{Status: http.StatusUnauthorized, Kind: "unauthorized", Title: "A valid token is needed",
			Detail: "Send the header Authorization: Bearer TOKEN with a token made by: halo token new NAME"}
	}
	return who, nil
}

// bearer is the token in an Authorization header.
func bearer(header string) (token string, ok bool) {
	scheme, token, _ := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	return token, strings.EqualFold(scheme, "Bearer") && token != ""
}

// source is the address that a request came from. A proxy on this machine is believed
// about whom it speaks for.
func source(q *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(q.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	if all := q.Header.Values("X-Forwarded-For"); addr.IsLoopback() && len(all) > 0 {
		last := all[len(all)-1]
		if told, err := netip.ParseAddr(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])); err == nil {
			addr = told.Unmap()
		}
	}
	if addr.Is6() { // who has one has the whole network
		if p, err := addr.Prefix(64); err == nil {
			addr = p.Addr()
		}
	}
	return addr.WithZone("")
}

func readBody(q *http.Request) ([]byte, *Problem) {
	if kind, _, err := mime.ParseMediaType(q.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, &Problem{Status: http.StatusUnsupportedMediaType, Kind: "media-type", Title: "Only JSON is understood", Detail: "Send the header Content-Type: application/json."}
	}
	if q.Header.Get("Content-Encoding") != "" {
		return nil, &Problem{Status: http.StatusUnsupportedMediaType, Kind: "media-type", Title: "The body may not be compressed"}
	}
	body, err := io.ReadAll(q.Body)
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, &Problem{Status: http.StatusRequestEntityTooLarge, Kind: "too-large", Title: "The body is too large", Detail: fmt.Sprintf("At most %d bytes and %d rows fit into one request.", MostBody, MostRows)}
	}
	if err != nil {
		return nil, &Problem{Status: http.StatusBadRequest, Kind: "body", Title: "The body could not be read to its end"}
	}
	return body, nil
}

// takeAll takes in all rows of a body, the good ones whatever the others are.
func (s *apiServer) takeAll(ctx context.Context, r Resource, body []byte, who string) (Answer, *Problem) {
	rows, list, problem := parseRows(body, r.Fields)
	if problem != nil {
		return Answer{}, problem
	}
	sum := summary{Rows: make([]Outcome, 0, len(rows))}
	for n, row := range rows {
		out := Outcome{Outcome: Refused, Errors: row.wrong}
		if len(row.wrong) == 0 {
			var err error
			if out, err = r.Take(ctx, row.texts, who); err != nil {
				p := s.trouble(err)
				p.Detail = cmp.Or(p.Detail, fmt.Sprintf("Of %d rows %d were looked at. Send all again: what was taken in is not taken in twice.", len(rows), n))
				return Answer{}, p
			}
		}
		out.Row = n
		sum.add(out)
	}
	if list {
		return answerOf(http.StatusOK, sum)
	}
	one := sum.Rows[0]
	switch one.Outcome {
	case Refused:
		return Answer{}, &Problem{Status: http.StatusUnprocessableEntity, Kind: "row", Title: "The row was refused", Errors: one.Errors}
	case Created:
		return answerOf(http.StatusCreated, sum)
	}
	return answerOf(http.StatusOK, sum)
}

// summary is the answer to a list.
type summary struct {
	Created   int       `json:"created"`
	Changed   int       `json:"changed"`
	Unchanged int       `json:"unchanged"`
	Refused   int       `json:"refused"`
	Rows      []Outcome `json:"rows"`
}

func (s *summary) add(o Outcome) {
	switch o.Outcome {
	case Created:
		s.Created++
	case Changed:
		s.Changed++
	case Unchanged:
		s.Unchanged++
	default:
		s.Refused++
	}
	s.Rows = append(s.Rows, o)
}

// trouble is what a client is told of an error of ours: nothing about it.
func (s *apiServer) trouble(err error) *Problem {
	if !errors.Is(err, ErrAway) && !errors.Is(err, context.Canceled) {
		s.Log.Warn("API request failed", zap.Error(err))
	}
	return &Problem{Status: http.StatusServiceUnavailable, Kind: "unavailable", Title: "The desk cannot take rows in at the moment", Wait: 5 * time.Second}
}

func (s *apiServer) paths() string {
	var all []string
	for name := range s.Resources {
		all = append(all, "/v1/"+name)
	}
	return joinSorted(all)
}

// ServeAPI answers at address until ctx ends, and then ends what it has begun within a few
// seconds. While the address is taken, it tries again every second.
func ServeAPI(ctx context.Context, address string, api *API) error {
	listener, err := listen(ctx, address, "the API", api.Log)
	if err != nil {
		return err
	}
	return serveAPI(ctx, listener, api)
}

const apiEnd = 3 * time.Second

func serveAPI(ctx context.Context, listener net.Listener, api *API) error {
	quiet, err := zap.NewStdLogAt(api.Log.Named("http"), zap.DebugLevel)
	if err != nil {
		return fmt.Errorf("make log of HTTP: %w", err)
	}
	server := &http.Server{
		Handler: api.Handler(), ErrorLog: quiet, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: mostWork + 40*time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 14,
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(ended)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), apiEnd)
		defer cancel()
		if server.Shutdown(last) != nil {
			server.Close()
		}
	})
	err = server.Serve(listener)
	if !stop() {
		<-ended
	}
	if !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("answer at %s: %w", listener.Addr(), err)
	}
	return nil
}

func seconds(wait time.Duration) string {
	return strconv.Itoa(max(1, int((wait+time.Second-1)/time.Second)))
}
