package discord

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A heldError is a request that was never sent: a limit would have been broken
// and the caller's deadline comes before the end of the wait.
type heldError struct {
	why  string
	wait time.Duration
}

func (e *heldError) Error() string { return fmt.Sprintf("%s for another %s", e.why, e.wait) }

// sleep waits, or says at once that the wait is longer than ctx allows.
func sleep(ctx context.Context, d time.Duration, why string) error {
	if d <= 0 {
		return ctx.Err()
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return &heldError{why: why, wait: d}
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return &heldError{why: why, wait: d}
	}
}

// A gate is shut for everybody until a moment.
type gate struct {
	mu    sync.Mutex
	until time.Time
}

func (g *gate) shut(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if t := time.Now().Add(d); t.After(g.until) {
		g.until = t
	}
}

// left is how long it stays shut.
func (g *gate) left() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Until(g.until)
}

func (g *gate) wait(ctx context.Context) error {
	for {
		d := g.left()
		if d <= 0 {
			return nil
		}
		if err := sleep(ctx, d, "Discord asked everything to wait"); err != nil {
			return err
		}
	}
}

// A ban is what the proxy before Discord answers in HTML (error 1015). It may last an
// hour and mostly does not say how long; asking on makes it longer.
type ban struct {
	mu   sync.Mutex
	last time.Duration // 0: none
}

const (
	shortestBan = 15 * time.Second
	longestBan  = 10 * time.Minute
)

// length is how long to stop asking: twice as long each time.
func (b *ban) length() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = min(max(2*b.last, shortestBan), longestBan)
	return b.last
}

func (b *ban) over() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = 0
}

// A breaker counts the answers for which Discord blocks an address (401, 403,
// 429): 10,000 in ten minutes. It stops everything long before.
type breaker struct {
	mu    sync.Mutex
	most  int
	times []time.Time
}

const breakerSpan = 10 * time.Minute

func (b *breaker) prune(now time.Time) {
	i := 0
	for i < len(b.times) && now.Sub(b.times[i]) >= breakerSpan {
		i++
	}
	b.times = b.times[i:]
}

func (b *breaker) count() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.prune(time.Now())
	b.times = append(b.times, time.Now())
}

func (b *breaker) check() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.prune(now); len(b.times) < b.most {
		return nil
	}
	return &heldError{why: "Discord refused too many requests, all are stopped", wait: breakerSpan - now.Sub(b.times[len(b.times)-b.most])}
}

// buckets are Discord's limits per route, learned from its answers.
type buckets struct {
	mu     sync.Mutex
	routes map[string]string // route and object -> Discord's name of the limit
	all    map[string]*bucket
}

// postRoute is the route of new forum posts.
const postRoute = "POST/channels/threads"

type bucket struct {
	known     bool // remaining and reset are true until reset
	free      bool // answers carry no limit
	remaining int
	reset     time.Time
	inFlight  int
	changed   chan struct{} // closed at each answer
}

// acquire waits until the limit of a route allows one more request. The result
// must be called with the answer, or with nil when there was none.
func (l *buckets) acquire(ctx context.Context, method, path string) (func(*http.Response), error) {
	route, major := routeOf(method, path)
	for {
		b, wait, changed := l.take(route, major)
		if b != nil {
			return func(resp *http.Response) { l.release(b, route, major, resp) }, nil
		}
		if wait > 0 {
			if err := sleep(ctx, wait, "Discord's limit for this channel is used up"); err != nil {
				return nil, err
			}
			continue
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, &heldError{why: "waiting for an earlier request"}
		}
	}
}

// take is a bucket with one request taken from it, or how long to wait, or what
// to wait for.
func (l *buckets) take(route, major string) (*bucket, time.Duration, chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.find(route, major)
	now := time.Now()
	if b.known && !now.Before(b.reset) {
		b.known = false
	}
	switch {
	case b.free || !b.known && b.inFlight == 0:
	case b.known && b.remaining > 0:
		b.remaining--
	case b.known:
		return nil, b.reset.Sub(now), nil
	default:
		return nil, 0, b.changed
	}
	b.inFlight++
	return b, 0, nil
}

func (l *buckets) find(route, major string) *bucket {
	if l.all == nil {
		l.all, l.routes = map[string]*bucket{}, map[string]string{}
	}
	key := route + "|" + major
	if name, ok := l.routes[key]; ok {
		key = name + "|" + major
	}
	b, ok := l.all[key]
	if !ok {
		l.forget()
		b = &bucket{changed: make(chan struct{})}
		l.all[key] = b
	}
	return b
}

// forget keeps the map from growing for ever.
func (l *buckets) forget() {
	if len(l.all) < 4096 {
		return
	}
	now := time.Now()
	for key, b := range l.all {
		if b.inFlight == 0 && now.After(b.reset) {
			delete(l.all, key)
		}
	}
	clear(l.routes)
}

func (l *buckets) release(b *bucket, route, major string, resp *http.Response) {
	l.mu.Lock()
	defer l.mu.Unlock()
	b.inFlight--
	close(b.changed)
	b.changed = make(chan struct{})
	if resp == nil {
		return
	}
	if name := resp.Header.Get("X-RateLimit-Bucket"); name != "" && l.routes[route+"|"+major] != name {
		l.routes[route+"|"+major] = name
		if key := name + "|" + major; l.all[key] == nil {
			l.all[key] = b
		}
	}
	now := time.Now()
	if resp.StatusCode == http.StatusTooManyRequests {
		if resp.Header.Get("X-RateLimit-Global") == "" && resp.Header.Get(headerNoBucket) == "" {
			b.known, b.free, b.remaining, b.reset = true, false, 0, now.Add(retryAfter(resp))
		}
		return
	}
	remaining, err := strconv.Atoi(resp.Header.Get("X-RateLimit-Remaining"))
	after := seconds(resp.Header.Get("X-RateLimit-Reset-After"))
	if err != nil || after <= 0 {
		// Of the limit on new posts no answer speaks: they go one by one.
		b.free = route != postRoute && (b.free || !b.known && resp.StatusCode < 500)
		return
	}
	reset := now.Add(after + limitMargin)
	if b.known && !reset.After(b.reset.Add(50*time.Millisecond)) {
		b.remaining = min(b.remaining, remaining)
	} else {
		b.remaining = max(0, remaining-b.inFlight)
	}
	b.known, b.free, b.reset = true, false, reset
}

// routeOf splits a path into the template that Discord limits and the object it
// is limited for (channel, guild or webhook).
func routeOf(method, path string) (route, major string) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) > 2 && parts[0] == "api" {
		parts = parts[2:]
	}
	keep := 0
	if len(parts) > 1 {
		switch parts[0] {
		case "channels", "guilds":
			keep = 2
		case "webhooks":
			keep = 3
		}
	}
	keep = min(keep, len(parts))
	major = strings.Join(parts[:keep], "/")
	template := []string{method, parts[0]}
	for _, p := range parts[max(1, keep):] {
		if p == "reactions" {
			// Putting and removing them counts as one.
			template = []string{"", parts[0], p}
			break
		}
		if _, err := strconv.ParseUint(p, 10, 64); err == nil {
			p = ":id"
		}
		template = append(template, p)
	}
	return strings.Join(template, "/"), major
}

// limitMargin makes up for the rounding of what Discord announces.
const limitMargin = 15 * time.Millisecond

func seconds(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 1e6 {
		return 0
	}
	return time.Duration(f * float64(time.Second))
}

// retryAfter is how long a 429 asks to wait: at least a tenth of a second.
func retryAfter(resp *http.Response) time.Duration {
	return max(100*time.Millisecond, seconds(resp.Header.Get("Retry-After")), seconds(resp.Header.Get("X-RateLimit-Reset-After")))
}
