package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// A transport is the one way to Discord's REST: it aims at the right network,
// keeps every limit before breaking it, and reads each answer whole.
//
// Answers to interactions have a lane of their own: Discord does not count them,
// and a person is waiting.
type transport struct {
	network Network
	base    http.RoundTripper
	timeout time.Duration // of one exchange, without the waits before it
	pace    pace
	gate    gate
	ban     ban
	breaker breaker
	buckets buckets
	uploads chan struct{} // one for each request with files
}

// An exchange is what became of a request, kept for the one who asked.
type exchange struct {
	sent   bool  // it reached the wire
	status int   // 0: no answer
	code   int   // Discord's own number beside a 429, 0 for none
	broken error // a file that was to be sent is not what was said
	retry  time.Duration
}

type exchangeKey struct{}

const mostAnswer = 32 << 20

// headerNoBucket marks, between learn and the buckets, a 429 that says nothing of its
// route's limit.
const headerNoBucket = "X-Halo-No-Bucket"

func newTransport(n Network, s settings) *transport {
	t := &transport{network: n, base: n.roundTripper(), timeout: s.exchange, uploads: make(chan struct{}, uploadsAtOnce)}
	if s.perSecond > 0 {
		t.pace.every = time.Second / time.Duration(s.perSecond)
	}
	t.breaker.most = s.mostInvalid
	return t
}

// RoundTrip sends one request when the limits allow. It is safe for concurrent use.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	x, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		x = new(exchange)
	}
	out, err := t.network.aim(req)
	if err != nil {
		return nil, err
	}
	if err := t.breaker.check(); err != nil {
		return nil, err
	}
	ctx := req.Context()
	done := func(*http.Response) {}
	if !isCallback(req.URL.Path) {
		if done, err = t.acquire(ctx, req.Method, req.URL.Path); err != nil {
			return nil, err
		}
	}
	upload, _ := ctx.Value(formKey{}).(*form)
	if upload != nil {
		leave, err := t.enterUpload(ctx)
		if err != nil {
			done(nil)
			return nil, err
		}
		defer leave()
	}
	answered, err := t.queue(ctx, req.Method, req.URL.Path)
	if err != nil {
		done(nil)
		return nil, err
	}
	var resp *http.Response
	if upload != nil {
		resp, err = t.upload(out, upload, x)
	} else {
		resp, err = t.exchange(out, x)
	}
	answered(true)
	done(resp)
	return resp, err
}

// CloseIdleConnections lets go of connections that nobody uses.
func (t *transport) CloseIdleConnections() {
	if b, ok := t.base.(interface{ CloseIdleConnections() }); ok {
		b.CloseIdleConnections()
	}
}

// markPatience is how long a mark waits for the limit of its channel: who shows marks
// does so in a few channels at a time, and must not be stuck in those that are slow.
const markPatience = time.Second

func (t *transport) acquire(ctx context.Context, method, path string) (func(*http.Response), error) {
	if isMark(path) {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, markPatience)
		defer cancel()
	}
	return t.buckets.acquire(ctx, method, path)
}

// queue waits for a request's turn; the result must be called when it is
// answered. The gate comes first and again last: those whom it held up must not
// leave all at once when it opens.
func (t *transport) queue(ctx context.Context, method, path string) (answered func(left bool), err error) {
	for {
		if err := t.gate.wait(ctx); err != nil {
			return nil, err
		}
		if isInteraction(path) {
			return func(bool) {}, nil
		}
		over, err := t.turn(ctx, method, path)
		if err != nil {
			return nil, err
		}
		if t.gate.left() <= 0 {
			return over, nil
		}
		over(false)
	}
}

// turn is a request's place in the pace. Words in threads that are open go first.
func (t *transport) turn(ctx context.Context, method, path string) (over func(left bool), err error) {
	switch {
	case isMark(path):
		return t.pace.yield(ctx, &t.pace.marks)
	case isPost(method, path):
		return t.pace.yield(ctx, &t.pace.posts)
	case isYielding(ctx):
		return t.pace.yield(ctx, &t.pace.looks)
	}
	return t.pace.wait(ctx)
}

// enterUpload waits until a request with files may be sent: a few at a time, so that
// words always find a connection and a share of it.
func (t *transport) enterUpload(ctx context.Context) (leave func(), err error) {
	select {
	case t.uploads <- struct{}{}:
		return func() { <-t.uploads }, nil
	case <-ctx.Done():
		return nil, &heldError{why: "other files are on their way", wait: t.timeout}
	}
}

// upload is exchange for a request with files. It takes as long as it takes, but gives
// up when nothing moves. The pace counts it again when it is whole: it is not known at
// which end Discord counts.
func (t *transport) upload(req *http.Request, f *form, x *exchange) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	defer cancel()
	patience := time.AfterFunc(t.timeout, cancel)
	defer patience.Stop()
	body := f.body(func(last bool) {
		if !last {
			patience.Reset(t.timeout)
			return
		}
		patience.Reset(2 * t.timeout) // Discord looks at the files before it answers
		if t.pace.every > 0 {
			t.pace.taken(time.Now())
		}
	})
	defer body.Close()
	// The library of the language waits for a reading of the body that is under way.
	defer context.AfterFunc(ctx, func() { body.Close() })()
	req.Body, req.ContentLength, req.GetBody = body, f.length, nil
	resp, err := t.converse(ctx, req, x)
	if err != nil {
		x.broken = body.broken()
	}
	return resp, err
}

func (t *transport) exchange(req *http.Request, x *exchange) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), t.timeout)
	defer cancel()
	return t.converse(ctx, req, x)
}

func (t *transport) converse(ctx context.Context, req *http.Request, x *exchange) (*http.Response, error) {
	x.sent = true
	resp, err := t.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	x.status = resp.StatusCode
	body, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswer))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	body = t.learn(resp, body, x)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// learn draws the conclusions of an answer that concern every request, and
// gives a 429 that is not Discord's own (the proxy before it answers in HTML)
// the form of one that is.
func (t *transport) learn(resp *http.Response, body []byte, x *exchange) []byte {
	if resp.StatusCode != http.StatusTooManyRequests {
		t.ban.over()
	}
	switch resp.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		t.breaker.count()
	case http.StatusTooManyRequests:
		if resp.Header.Get("X-RateLimit-Scope") != "shared" {
			t.breaker.count()
		}
		x.retry = retryAfter(resp)
		var said struct {
			RetryAfter float64 `json:"retry_after"`
			Global     bool    `json:"global"`
			Code       int     `json:"code"`
		}
		if json.Unmarshal(body, &said) != nil {
			said.Global = true
			if x.retry = max(x.retry, time.Second); resp.Header.Get("Retry-After") == "" {
				x.retry = t.ban.length()
			}
		}
		x.code = said.Code
		x.retry = max(x.retry, time.Duration(said.RetryAfter*float64(time.Second)))
		if said.Global || resp.Header.Get("X-RateLimit-Global") != "" || resp.Header.Get("X-RateLimit-Scope") == "global" {
			resp.Header.Set("X-RateLimit-Global", "true")
			t.gate.shut(x.retry)
		}
		resp.Header.Set("Retry-After", fmt.Sprintf("%.3f", x.retry.Seconds()))
		if said.Code == codeOldEdits {
			resp.Header.Set(headerNoBucket, "true") // newer messages of the channel can be edited
		}
		return fmt.Appendf(nil, `{"message":"rate limited","retry_after":%.3f,"global":%t}`, x.retry.Seconds(), said.Global)
	}
	return body
}

// isCallback reports a first answer to an interaction, which has no limit.
func isCallback(path string) bool { return strings.HasSuffix(path, "/callback") }

// isMark reports a reaction, or that somebody writes: the state of something, which may
// come a little later.
func isMark(path string) bool {
	return strings.Contains(path, "/reactions/") || strings.HasSuffix(path, "/typing")
}

// isPost reports that a forum post is opened: its limit is unpublished, and shared with
// everybody in the forum.
func isPost(method, path string) bool {
	return method == http.MethodPost && strings.HasSuffix(path, "/threads")
}

// yielding makes requests wait for everything else.
func yielding(ctx context.Context) context.Context {
	return context.WithValue(ctx, yieldingKey{}, true)
}

// unyielding takes that back.
func unyielding(ctx context.Context) context.Context {
	return context.WithValue(ctx, yieldingKey{}, nil)
}

func isYielding(ctx context.Context) bool { return ctx.Value(yieldingKey{}) != nil }

type yieldingKey struct{}

// isInteraction reports a request that Discord leaves out of the global limit.
func isInteraction(path string) bool { return isCallback(path) || strings.Contains(path, "/webhooks/") }
