package main

import (
	"embed"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

//go:embed page
var pageFiles embed.FS

// A call is one call of the control API: it reads the request and returns what
// is answered as JSON.
type call func(r *http.Request) (any, error)

// handler serves the page at / and the control API below /sandbox.
func (s *sandbox) handler() http.Handler {
	mux := http.NewServeMux()
	for path, calls := range s.calls() {
		mux.Handle(path, s.byMethod(calls))
	}
	mux.HandleFunc("GET /sandbox/events", s.serveEvents)
	mux.HandleFunc("GET /sandbox/discord/files/{id}/{name}", s.serveDiscordFile)
	mux.HandleFunc("GET /sandbox/customers/{phone}/files/{id}", s.servePhoneFile)
	mux.HandleFunc("/sandbox/", func(w http.ResponseWriter, r *http.Request) {
		s.answer(w, r, nil, notFound("no call %s", r.URL.Path))
	})
	files, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // "page" is embedded above
	}
	mux.Handle("/", page(http.FileServerFS(files)))
	return s.guard(mux)
}

// calls is the control API.
func (s *sandbox) calls() map[string]map[string]call {
	get := func(f call) map[string]call { return map[string]call{http.MethodGet: f} }
	post := func(f call) map[string]call { return map[string]call{http.MethodPost: f} }
	return map[string]map[string]call{
		"/sandbox/state":                          get(s.getState),
		"/sandbox/clock":                          post(s.postClock),
		"/sandbox/settle":                         post(s.postSettle),
		"/sandbox/faults":                         post(s.postFaults),
		"/sandbox/customers":                      post(s.postCustomer),
		"/sandbox/customers/{phone}/messages":     {http.MethodGet: s.getScreen, http.MethodPost: s.postCustomerMessage},
		"/sandbox/customers/{phone}/presence":     post(s.postPresence),
		"/sandbox/customers/{phone}/calls":        post(s.postCall),
		"/sandbox/discord/channels":               get(s.getChannels),
		"/sandbox/restart":                        post(s.postRestart),
		"/sandbox/discord/channels/{id}":          post(s.postPost),
		"/sandbox/discord/channels/{id}/messages": {http.MethodGet: s.getChannelMessages, http.MethodPost: s.postStaffMessage},
		"/sandbox/discord/channels/{id}/typing":   post(s.postStaffTyping),
		"/sandbox/discord/interactions":           post(s.postInteraction),
		"/sandbox/discord/completions":            post(s.postCompletion),
		"/sandbox/whatsapp/link":                  post(s.postLink),
		"/sandbox/tickets":                        get(s.getTickets),
		"/sandbox/tickets/{number}":               get(s.getTicket),
	}
}

func (s *sandbox) byMethod(calls map[string]call) http.Handler {
	var methods []string
	for method := range calls {
		methods = append(methods, method)
	}
	slices.Sort(methods)
	allowed := strings.Join(methods, ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, known := calls[r.Method]
		if !known {
			w.Header().Set("Allow", allowed)
			s.answer(w, r, nil, problem{http.StatusMethodNotAllowed, fmt.Sprintf("use %s for %s", allowed, r.URL.Path)})
			return
		}
		finish := bound(w, r)
		value, err := f(r)
		finish(err)
		s.answer(w, r, value, err)
	})
}

// guard keeps other web sites out: neither a name that resolves to this machine
// nor a form on a foreign page reaches the sandbox.
func (s *sandbox) guard(next http.Handler) http.Handler {
	foreign := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackHost(r.Host) {
			s.answer(w, r, nil, problem{http.StatusForbidden, "the sandbox answers only to localhost and loopback addresses"})
			return
		}
		if err := foreign.Check(r); err != nil {
			s.answer(w, r, nil, problem{http.StatusForbidden, "requests of other pages are refused"})
			return
		}
		next.ServeHTTP(w, r)
	})
}

func loopbackHost(hostport string) bool {
	u := url.URL{Host: hostport}
	host := u.Hostname()
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// page adds what keeps content of messages from ever running as code.
func page(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}

func (s *sandbox) postSettle(r *http.Request) (any, error) {
	if err := read(r, &struct{}{}); err != nil {
		return nil, err
	}
	type answer struct {
		Settled bool `json:"settled"`
		Waiting int  `json:"waiting,omitempty"`
	}
	settled, waiting := s.settle(r.Context())
	return answer{settled, waiting}, nil
}

func (s *sandbox) postClock(r *http.Request) (any, error) {
	var body struct {
		Advance *string    `json:"advance"`
		To      *time.Time `json:"to"`
	}
	if err := read(r, &body); err != nil {
		return nil, err
	}
	now := s.clock.Now()
	var at time.Time
	switch {
	case (body.Advance == nil) == (body.To == nil):
		return nil, badRequest("give either advance or to")
	case body.To != nil:
		at = *body.To
	default:
		by, err := time.ParseDuration(*body.Advance)
		if err != nil {
			return nil, badRequest("advance is %q: want a duration such as 20m or 1h30m", *body.Advance)
		}
		at = now.Add(by)
	}
	if at.Before(now) {
		return nil, badRequest("desk time only moves forward: it is %s", now.In(s.config.Zone).Format(time.RFC3339))
	}
	if at.Sub(now) > farthest {
		return nil, badRequest("desk time moves at most five years at once")
	}
	settled, err := s.advance(r.Context(), at)
	if err != nil {
		return nil, err
	}
	return map[string]any{"now": s.clock.Now().In(s.config.Zone), "settled": settled}, nil
}

func (s *sandbox) postFaults(r *http.Request) (any, error) {
	var want faultsWanted
	if err := read(r, &want); err != nil {
		return nil, err
	}
	return s.setFaults(want)
}
