package discordtest

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"time"
)

// Faults are what goes wrong until told otherwise. The zero value is a healthy
// Discord. Probabilities are 0..1, drawn from Options.Seed.
type Faults struct {
	// Outage cuts every connection, the gateway too, and refuses new ones.
	Outage bool
	// Latency delays every REST and file answer (before anything is applied).
	Latency time.Duration
	// LostAnswers is the probability that a request is applied and the
	// connection cut instead of answered (GET /gateway excepted).
	LostAnswers float64
	// ServerErrors is the probability of 500, 502 or 503; every second one, by
	// chance, after the request was applied.
	ServerErrors float64
	// Hang lets requests wait for ever, not applied.
	Hang bool
	// HTML429 answers everything with Cloudflare's page; NoRetryAfter leaves out for
	// how long.
	HTML429, NoRetryAfter bool
	// RateLimited answers everything with a global 429 of RetryAfter (default
	// 1 s).
	RateLimited bool
	RetryAfter  time.Duration
	// NoAck leaves gateway heartbeats unanswered.
	NoAck bool
	// NoHello lets a gateway connection be opened and never says a word.
	NoHello bool
	// NoGuild leaves the guild undescribed after READY.
	NoGuild bool
	// Twice sends every event twice, under the same sequence number.
	Twice bool
	// ReconnectFirst answers every login with op 7 instead of READY or RESUMED.
	ReconnectFirst bool
	// ResumeClose answers every resume with this close code (4007, 4009).
	ResumeClose int
	// LoginClose answers every identify with this close code (4004, 4014).
	LoginClose int
	// ResumeRefused answers every resume with op 9; ResumeAgain says that the
	// session may be resumed all the same.
	ResumeRefused, ResumeAgain bool
}

// SetFaults replaces all standing faults; waiting requests notice the end of a
// hang or outage at once.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	s.faults = f
	s.touch(Change{Kind: "faults"})
	s.mu.Unlock()
	s.listener.setRefuse(f.Outage)
}

// Faults are the standing ones.
func (s *Server) Faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// Failure strikes the next N matching requests (N 0 means one), before any
// standing fault.
type Failure struct {
	// Route is "METHOD /path/{with}/{names}" as in the API description, or empty
	// for every request that changes something.
	Route string
	N     int
	// Lost cuts the connection instead of answering.
	Lost bool
	// Status answers with this error (default 502 unless Lost).
	Status int
	// Code is Discord's own number in the answer, 0 for none; Body replaces the
	// whole answer, for example with a page of a proxy.
	Code int
	Body string
	// Applied says that the request takes effect all the same.
	Applied bool
}

// Inject queues a failure.
func (s *Server) Inject(f Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.N = max(1, f.N)
	s.failures = append(s.failures, f)
}

// LoseAnswers lets the next n changes take effect unanswered.
func (s *Server) LoseAnswers(n int) { s.Inject(Failure{N: n, Lost: true, Applied: true}) }

// ClearFailures forgets what Inject queued and did not strike yet.
func (s *Server) ClearFailures() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = nil
}

// fate is what the faults decided about one request.
type fate struct {
	lost    bool
	status  int
	code    int
	body    string
	applied bool
}

// reply is the answer that takes the place of the true one.
func (f fate) reply() reply {
	if f.body != "" {
		return reply{status: f.status, body: page(f.body), header: http.Header{"Content-Type": {"text/html"}}}
	}
	return fail(f.status, f.code, fmt.Sprintf("%d: %s", f.status, http.StatusText(f.status)))
}

// fateOf draws the fate of a request.
func (s *Server) fateOf(rt *route) fate {
	for i := range s.failures {
		f := &s.failures[i]
		if f.Route != rt.name() && (f.Route != "" || rt.method == http.MethodGet) {
			continue
		}
		out := fate{lost: f.Lost, applied: f.Applied, code: f.Code, body: f.Body}
		if !f.Lost {
			out.status = cmp.Or(f.Status, http.StatusBadGateway)
		}
		if f.N--; f.N == 0 {
			s.failures = append(s.failures[:i], s.failures[i+1:]...)
		}
		return s.struck(out)
	}
	if rt.path == "/gateway" || rt.path == "/gateway/bot" {
		return fate{applied: true}
	}
	if p := s.faults.ServerErrors; p > 0 && s.random.Float64() < p {
		statuses := []int{500, 502, 503}
		return s.struck(fate{status: statuses[s.random.IntN(3)], applied: s.random.IntN(2) == 0})
	}
	if p := s.faults.LostAnswers; p > 0 && s.random.Float64() < p {
		return s.struck(fate{lost: true, applied: true})
	}
	return fate{applied: true}
}

func (s *Server) struck(f fate) fate {
	switch {
	case f.lost:
		s.stats.LostAnswers++
	case f.status >= 500:
		s.stats.ServerErrors++
	}
	return f
}

// pause waits for latency and hangs; false when the request is to be dropped.
func (s *Server) pause(r *http.Request) bool {
	if d := s.Faults().Latency; d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.done:
			return false
		case <-r.Context().Done():
			return false
		}
	}
	for {
		s.mu.Lock()
		hang, changed := s.faults.Hang, s.changed
		s.mu.Unlock()
		if !hang {
			return true
		}
		select {
		case <-changed:
		case <-s.done:
			return false
		case <-r.Context().Done():
			return false
		}
	}
}

// standing answers the faults that spare no request.
func (s *Server) standing() *reply {
	switch {
	case s.faults.HTML429:
		s.stats.HTMLLimited++
		header := http.Header{"Content-Type": {"text/html"}}
		if !s.faults.NoRetryAfter {
			header.Set("Retry-After", "60")
		}
		return &reply{status: http.StatusTooManyRequests, body: htmlBanned, header: header}
	case s.faults.RateLimited:
		s.stats.FaultLimited++
		return new(rateLimited(cmp.Or(s.faults.RetryAfter, time.Second), "global", nil))
	}
	return nil
}

// page is a body that is no JSON of ours.
type page string

const htmlBanned page = `<!DOCTYPE html><html><head><title>Access denied | discord.com used Cloudflare to restrict access</title></head>` +
	`<body><h1>Error 1015</h1><p>You are being rate limited</p></body></html>`

// Stats are the counts so far.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.stats
	out.Requests = maps.Clone(s.stats.Requests)
	out.Errors = maps.Clone(s.stats.Errors)
	for l := range s.links {
		if l.session != nil {
			out.Linked++
		}
	}
	return out
}
