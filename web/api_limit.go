package web

import (
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// Wrong tokens from one address: so many at once, then one in so long.
	wrongBurst = 10
	wrongEvery = 10 * time.Second
	// mostStrangers bounds the addresses that are remembered, mostFriends the right tokens;
	// with more, all are forgotten.
	mostStrangers = 10_000
	mostFriends   = 1000
)

// strangers count the wrong tokens of each address, and know which tokens were right: behind
// a proxy everybody has one address, and no stranger is to shut out who has a token.
type strangers struct {
	mu      sync.Mutex
	all     map[netip.Addr]*rate.Limiter   // guarded by mu
	friends map[[sha256.Size]byte]struct{} // hashes of right tokens; guarded by mu
}

func newStrangers() *strangers {
	return &strangers{all: map[netip.Addr]*rate.Limiter{}, friends: map[[sha256.Size]byte]struct{}{}}
}

// knows reports whether a token was right when it was looked at last.
func (s *strangers) knows(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.friends[sha256.Sum256([]byte(token))]
	return ok
}

// note remembers whether a token was right.
func (s *strangers) note(token string, right bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hash := sha256.Sum256([]byte(token))
	if !right {
		delete(s.friends, hash)
		return
	}
	if len(s.friends) >= mostFriends {
		clear(s.friends)
	}
	s.friends[hash] = struct{}{}
}

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
