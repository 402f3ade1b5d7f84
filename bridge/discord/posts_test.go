package discord

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/discord/discordtest"
)

const createPostRoute = "POST /channels/{channel_id}/threads"

// The limit on new posts is announced nowhere and may ask for minutes. It is asked once:
// the posts behind it wait here, and words in threads that are open are not held up.
func TestNewPostsHoldUpNoOpenThread(t *testing.T) {
	t.Parallel()
	limits := discordtest.DefaultLimits()
	limits.ThreadCreate = discordtest.Limit{N: 3, Per: 219 * time.Second}
	s := newStage(t, discordtest.Options{Limits: &limits})
	c := s.client()
	threads := []string{s.thread("HE-1"), s.thread("HE-2")}
	var rush sync.WaitGroup
	var mu sync.Mutex
	opened, held := 0, 0
	for i := range 20 {
		rush.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			_, err := c.CreatePost(ctx, bridge.Post{Forum: s.forum, Title: fmt.Sprint("HE-1", i), Message: bridge.Message{Content: "card"}})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				opened++
				return
			}
			if e := sendErr(t, err); e.Certainty != bridge.Blocked || e.RetryAfter < 200*time.Second || e.Outage {
				t.Errorf("post %d: %+v, want a wait of some 219 s", i, e)
			}
			held++
		})
	}
	began := time.Now()
	for i, thread := range []string{threads[0], threads[1], threads[0], threads[1]} {
		if _, err := c.Say(t.Context(), bridge.Message{Channel: thread, Content: fmt.Sprint("halo ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("four messages took %s in the rush", took)
	}
	rush.Wait()
	st := s.srv.Stats()
	if opened != 1 || held != 19 || st.SharedLimited != 1 || st.Requests[createPostRoute] != 4 || st.Invalid != 0 {
		t.Errorf("%d opened, %d held, %d answers 429 to %d requests, %d invalid", opened, held, st.SharedLimited, st.Requests[createPostRoute], st.Invalid)
	}
	if _, err := c.Say(t.Context(), bridge.Message{Channel: threads[0], Content: "sesudahnya"}); err != nil {
		t.Error(err)
	}
}

// When the limit is over, posts go on one by one: the first to be refused stops the rest.
func TestAfterTheLimitPostsGoOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := &forum{limit: 10, per: 10 * time.Second}
		tr := newTransport(Network{}, standard())
		tr.base = net
		var rush sync.WaitGroup
		began := time.Now()
		for range 35 {
			rush.Go(func() {
				for status := 0; status != http.StatusCreated; {
					req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://discord.com/api/v9/channels/1/threads", nil)
					if err != nil {
						t.Error(err)
						return
					}
					if resp, err := tr.RoundTrip(req); err == nil {
						status = resp.StatusCode
					}
				}
			})
		}
		rush.Wait()
		if took := time.Since(began); took > 45*time.Second {
			t.Errorf("35 posts took %s, want 10 in ten seconds", took)
		}
		if net.refused > 4 || net.most > 1 {
			t.Errorf("%d refused, %d at once", net.refused, net.most)
		}
	})
}

// A forum takes so many posts in a time and tells nobody.
type forum struct {
	limit         int
	per           time.Duration
	mu            sync.Mutex
	opened        time.Time
	used, refused int
	inside, most  int
}

func (f *forum) RoundTrip(*http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.inside++
	f.most = max(f.most, f.inside)
	f.mu.Unlock()
	time.Sleep(100 * time.Millisecond)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inside--
	if time.Since(f.opened) >= f.per {
		f.opened, f.used = time.Now(), 0
	}
	if f.used++; f.used <= f.limit {
		return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{}, Body: http.NoBody}, nil
	}
	f.refused++
	wait := fmt.Sprintf("%.3f", time.Until(f.opened.Add(f.per)).Seconds())
	return &http.Response{StatusCode: http.StatusTooManyRequests, Body: http.NoBody,
		Header: http.Header{"X-Ratelimit-Scope": {"shared"}, "Retry-After": {wait}}}, nil
}

// In a burst that fills the pace, words go before new posts, reactions and looking for
// changes, each of which gets on all the same.
func TestWordsGoFirstAndNothingStarves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace{every: 20 * time.Millisecond}
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		var mu sync.Mutex
		done := map[string]int{}
		work := func(name string, workers int, leave func(context.Context) (func(bool), error)) {
			for range workers {
				all.Go(func() {
					for ctx.Err() == nil {
						over, err := leave(ctx)
						if err != nil {
							return
						}
						over(true)
						mu.Lock()
						done[name]++
						mu.Unlock()
					}
				})
			}
		}
		work("marks", 50, func(ctx context.Context) (func(bool), error) { return p.yield(ctx, &p.marks) })
		work("posts", 50, func(ctx context.Context) (func(bool), error) { return p.yield(ctx, &p.posts) })
		work("looks", 1, func(ctx context.Context) (func(bool), error) { return p.yield(ctx, &p.looks) })
		time.Sleep(time.Second)
		at := time.Now()
		over, err := p.wait(ctx)
		must(t, err)
		over(true)
		if d := time.Since(at); d > 4*p.every {
			t.Errorf("with everything else waiting in numbers, a message waited %s", d)
		}
		work("words", 20, p.wait)
		before := map[string]int{}
		time.Sleep(time.Second)
		mu.Lock()
		maps.Copy(before, done)
		mu.Unlock()
		time.Sleep(20 * time.Second)
		mu.Lock()
		for name, least := range map[string]int{"words": 700, "posts": 20, "marks": 20, "looks": 20} {
			if got := done[name] - before[name]; got < least {
				t.Errorf("%d %s left in 20 s of full load, want %d at least", got, name, least)
			}
		}
		mu.Unlock()
		stop()
		all.Wait()
	})
}
