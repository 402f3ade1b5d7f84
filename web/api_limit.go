package web

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// Wrong tokens from one address: so many at once, then one in so long.
	wrongBurst = 10
	wrongEvery = 10 * time.Second
	// mostStrangers bounds the addresses that are remembered; with more, all are forgotten.
	mostStrangers = 10_000
)

// strangers count the wrong tokens of each address.
type strangers struct {
	mu  sync.Mutex
	all map[netip.Addr]*rate.Limiter // guarded by mu
}

func newStrangers() *strangers { return &strangers{all: map[netip.Addr]*rate.Limiter{}} }

// blocked reports whether an address has sent too many wrong tokens, and for how long it is
// not listened to.
func (s *strangers) blocked(from netip.Addr) (wait time.Duration, blocked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.all[from]
	if l == nil {
		return 0, false
	}
	left := l.Tokens()
	if left >= wrongBurst {
		delete(s.all, from)
	}
	return time.Duration((1 - left) * float64(wrongEvery)), left < 1
}

// count notes a wrong token.
func (s *strangers) count(from netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) >= mostStrangers {
		clear(s.all)
	}
	l := s.all[from]
	if l == nil {
		l = rate.NewLimiter(rate.Every(wrongEvery), wrongBurst)
		s.all[from] = l
	}
	l.Allow()
}

// rates bound how often each token is used.
type rates struct {
	perSecond rate.Limit
	burst     int
	mu        sync.Mutex
	all       map[string]*rate.Limiter // by the name of the token; guarded by mu
}

func newRates(perSecond rate.Limit, burst int) *rates {
	return &rates{perSecond: perSecond, burst: burst, all: map[string]*rate.Limiter{}}
}

// take lets one request of a token through, or says after how long it may come again.
func (r *rates) take(name string) (wait time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.all[name]
	if l == nil {
		l = rate.NewLimiter(r.perSecond, r.burst)
		r.all[name] = l
	}
	asked := l.Reserve()
	if !asked.OK() {
		return time.Minute, false
	}
	if wait = asked.Delay(); wait > 0 {
		asked.Cancel()
		return wait, false
	}
	return 0, true
}
