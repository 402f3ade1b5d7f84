package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// A shop is an API over a map.
type shop struct {
	*API
	mu      sync.Mutex
	orders  map[string]map[string]string
	answers map[string]Kept
	taken   int
	fault   error
	hold    chan struct{} // rows wait for it, unless nil
	logs    *observer.ObservedLogs
}

func (s *shop) Check(_ context.Context, token string) (string, bool, error) {
	return "erp", token == "right", nil
}

func (s *shop) Begin(_ context.Context, r Request) (Kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, ok := s.answers[r.Key]
	if !ok {
		s.answers[r.Key] = Kept{State: Working}
	}
	return k, nil
}

func (s *shop) End(_ context.Context, r Request, a Answer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[r.Key] = Kept{State: Done, Answer: a}
	return nil
}

func (s *shop) Forget(_ context.Context, r Request) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.answers, r.Key)
	return nil
}

func (s *shop) take(_ context.Context, row map[string]string, by string) (Outcome, error) {
	if s.hold != nil {
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken++
	number := row["number"]
	switch {
	case s.fault != nil:
		return Outcome{}, s.fault
	case number == "panic":
		panic("row of 628123456789")
	case number == "":
		return Outcome{Outcome: Refused, Errors: []Reason{{Field: "number", Why: "order_missing", Detail: "Write the number of the order."}}}, nil
	case s.orders[number] != nil:
		return Outcome{Outcome: Unchanged, Order: number}, nil
	}
	s.orders[number] = row
	return Outcome{Outcome: Created, Order: number}, nil
}

func newShop() *shop {
	core, logs := observer.New(zapcore.DebugLevel)
	s := &shop{orders: map[string]map[string]string{}, answers: map[string]Kept{}, logs: logs}
	fields := []Field{{Name: "number"}, {Name: "tags", Form: List}, {Name: "paid", Form: Yes}, {Name: "amount", Form: Amount}}
	s.API = &API{
		Resources: map[string]Resource{"orders": {Fields: fields, Take: s.take}}, Tokens: s, Answers: s,
		Log: zap.New(core), Now: time.Now, PerSecond: 1000, Burst: 1000,
	}
	return s
}

func post(body string, header ...string) *http.Request {
	q := httptest.NewRequest("POST", "/v1/orders", strings.NewReader(body))
	q.Header.Set("Authorization", "Bearer right")
	q.Header.Set("Content-Type", "application/json")
	for n := 0; n < len(header); n += 2 {
		q.Header.Set(header[n], header[n+1])
	}
	return q
}

func do(h http.Handler, q *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q)
	return w
}

// Each row is one request and what comes back.
func TestAPIRequests(t *testing.T) {
	for _, test := range []struct {
		name   string
		q      *http.Request
		status int
		holds  []string
	}{
		{"one order", post(`{"number":"A-1","tags":["x","y"],"paid":true,"amount":1250.5}`), 201, []string{`"created":1`, `"order":"A-1"`}},
		{"a list", post(`[{"number":"A-1"},{"number":null},{"nomor":"A-2"},{"number":"A-1"}]`), 200, []string{
			`"created":1`, `"unchanged":1`, `"refused":2`, `"row":1`, `"why":"order_missing"`, `"why":"unknown_field"`, `"field":"nomor"`}},
		{"one bad order", post(`{"number":""}`), 422, []string{"urn:halo:problem:row", "order_missing", "urn:halo:request:"}},
		{"an unknown field", post(`{"number":"1","phoen":"62"}`), 422, []string{"phoen", "There are number, tags, paid, amount."}},
		{"a field twice", post(`{"number":"1","number":"2"}`), 422, []string{"field_twice"}},
		{"a field of another type", post(`{"number":{"a":1}}`), 422, []string{"wrong_type", "a whole number"}},
		{"a number with an exponent", post(`{"number":"1","amount":1e6}`), 422, []string{"wrong_type"}},
		{"three decimals", post(`{"number":"1","amount":1.255}`), 422, []string{"two decimals"}},
		{"a list in a list", post(`[[]]`), 400, []string{"row 0: expected an object"}},
		{"a number", post(`7`), 400, []string{"expected an object"}},
		{"nothing", post(``), 400, []string{"empty"}},
		{"no JSON", post(`{"number":}`), 400, []string{"malformed", "invalid character"}},
		{"two values", post(`{"number":"1"}{"number":"2"}`), 400, []string{"after top-level value"}},
		{"no UTF-8", post("{\"number\":\"\xff\"}"), 400, []string{"UTF-8"}},
		{"too deep", post(strings.Repeat("[", 20000)), 400, []string{"malformed"}},
		{"an empty list", post(`[]`), 422, []string{"no-rows"}},
		{"too many rows", post("[" + strings.Repeat(`{"number":"1"},`, 100) + `{"number":"1"}]`), 422, []string{"At most 100 rows"}},
		{"too large", post(`{"number":"` + strings.Repeat("1", MostBody) + `"}`), 413, []string{"too-large"}},
		{"a form", post(`number=1`, "Content-Type", "application/x-www-form-urlencoded"), 415, []string{"application/json"}},
		{"compressed", post(`{}`, "Content-Encoding", "gzip"), 415, []string{"compressed"}},
		{"no token", post(`{}`, "Authorization", ""), 401, []string{"halo token new"}},
		{"a wrong token", post(`{}`, "Authorization", "Bearer wrong"), 401, []string{"unauthorized"}},
		{"another scheme", post(`{}`, "Authorization", "Basic right"), 401, []string{"unauthorized"}},
		{"a bad key", post(`{"number":"1"}`, "Idempotency-Key", "a b"), 400, []string{"Idempotency-Key"}},
		{"a long key", post(`{"number":"1"}`, "Idempotency-Key", strings.Repeat("k", 201)), 400, []string{"200"}},
		{"GET", httptest.NewRequest("GET", "/v1/orders", nil), 405, []string{"Only POST"}},
		{"elsewhere", httptest.NewRequest("POST", "/v1/invoices", nil), 404, []string{"/v1/orders"}},
		{"a panic", post(`{"number":"panic"}`), 500, []string{"internal"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newShop()
			w := do(s.Handler(), test.q)
			body := w.Body.String()
			if w.Code != test.status {
				t.Fatalf("answers %d %s, want %d", w.Code, body, test.status)
			}
			for _, part := range test.holds {
				if !strings.Contains(body, part) {
					t.Errorf("says %s, want %s in it", body, part)
				}
			}
			kind := "application/json"
			if w.Code >= 400 {
				kind = "application/problem+json"
			}
			if w.Header().Get("Content-Type") != kind || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s: %s", w.Header().Get("Content-Type"), body)
			}
			if (w.Code == 401) != (w.Header().Get("WWW-Authenticate") != "") || (w.Code == 405) != (w.Header().Get("Allow") == "POST") {
				t.Errorf("headers %v", w.Header())
			}
			for _, e := range s.logs.All() {
				if line := fmt.Sprint(e.Message, e.ContextMap()); strings.Contains(line, "A-1") || strings.Contains(line, "6281") {
					t.Errorf("the log shows data: %s", line)
				}
			}
		})
	}
}

func TestAPIReadsFields(t *testing.T) {
	s := newShop()
	for body, want := range map[string]string{
		`{"number":7,"amount":1250000}`:         "map[amount:1250000 number:7]",
		`{"number":"a","amount":1.250}`:         "map[amount:1.25 number:a]",
		`{"number":"b","amount":99.5}`:          "map[amount:99.50 number:b]",
		`{"number":"c","amount":1250000.000}`:   "map[amount:1250000 number:c]",
		`{"number":"d","amount":"Rp 1.250"}`:    "map[amount:Rp 1.250 number:d]",
		`{"number":"e","paid":false,"tags":[]}`: "map[number:e paid:tidak]",
		`{"number":"f","tags":["a b","c"]}`:     "map[number:f tags:a b; c]",
		`{"number":"g","tags":"a, b"}`:          "map[number:g tags:a, b]",
	} {
		if w := do(s.Handler(), post(body)); w.Code != 201 {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
			continue
		}
		found := false
		for _, row := range s.orders {
			found = found || fmt.Sprint(row) == want
		}
		if !found {
			t.Errorf("%s is not %s among %v", body, want, s.orders)
		}
	}
}

// The same key and body give the same answer, and the work is done once; of two at once the
// second is sent away; another body is refused; a failure of ours is kept for nobody.
func TestAPIIdempotencyKey(t *testing.T) {
	s := newShop()
	h := s.Handler()
	first := do(h, post(`[{"number":"1"},{"number":""}]`, "Idempotency-Key", `"k1"`))
	again := do(h, post(`[{"number":"1"},{"number":""}]`, "Idempotency-Key", "k1"))
	if first.Code != 200 || again.Code != first.Code || again.Body.String() != first.Body.String() || s.taken != 2 {
		t.Errorf("answers %d %s and %d %s, %d rows taken", first.Code, first.Body, again.Code, again.Body, s.taken)
	}
	if bad, twice := do(h, post(`{"number":""}`, "Idempotency-Key", "k2")), do(h, post(`{"number":""}`, "Idempotency-Key", "k2")); bad.Code != 422 || twice.Code != 422 || s.taken != 3 {
		t.Errorf("answers %d and %d, %d rows taken", bad.Code, twice.Code, s.taken)
	}
	s.answers["k3"] = Kept{State: Other}
	if w := do(h, post(`{"number":"3"}`, "Idempotency-Key", "k3")); w.Code != 422 || !strings.Contains(w.Body.String(), "key-reused") {
		t.Errorf("another body: %d %s", w.Code, w.Body)
	}
	s.fault = errors.New("store is down at 10.0.0.1")
	if w := do(h, post(`{"number":"4"}`, "Idempotency-Key", "k4")); w.Code != 503 || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "10.0") {
		t.Errorf("without a store: %d %s", w.Code, w.Body)
	}
	s.fault = nil
	if w := do(h, post(`{"number":"panic"}`, "Idempotency-Key", "k4")); w.Code != 500 {
		t.Errorf("a panic: %d", w.Code)
	}
	s.hold = make(chan struct{})
	done := make(chan *httptest.ResponseRecorder)
	go func() { done <- do(h, post(`{"number":"4"}`, "Idempotency-Key", "k4")) }()
	for working := false; !working; {
		s.mu.Lock()
		working = s.answers["k4"].State == Working
		s.mu.Unlock()
	}
	if w := do(h, post(`{"number":"4"}`, "Idempotency-Key", "k4")); w.Code != 409 || w.Header().Get("Retry-After") != "1" {
		t.Errorf("at once: %d %s", w.Code, w.Body)
	}
	close(s.hold)
	if w := <-done; w.Code != 201 {
		t.Errorf("the first of two: %d %s", w.Code, w.Body)
	}
}

// Who comes too often, or with wrong tokens, is sent away for a while; others are not.
func TestAPILimits(t *testing.T) {
	s := newShop()
	s.PerSecond, s.Burst = 1, 3
	h := s.Handler()
	for n := range 4 {
		w := do(h, post(`{"number":"1"}`))
		if over := n == 3; (w.Code == 429) != over || over && w.Header().Get("Retry-After") != "1" {
			t.Errorf("request %d: %d %v", n, w.Code, w.Header())
		}
	}
	wrong := func(from, forwarded, token string) int {
		q := post(`{"number":"1"}`, "Authorization", "Bearer "+token)
		q.RemoteAddr = from
		if forwarded != "" {
			q.Header.Set("X-Forwarded-For", forwarded)
		}
		return do(h, q).Code
	}
	for n := range wrongBurst {
		if code := wrong("192.0.2.1:1000", "", "wrong"); code != 401 {
			t.Errorf("wrong token %d: %d", n, code)
		}
	}
	for _, test := range []struct {
		from, forwarded, token string
		want                   int
	}{
		{"192.0.2.1:1000", "", "wrong", 429},
		{"192.0.2.1:2000", "", "right", 429},
		{"192.0.2.1:2000", "192.0.2.9", "wrong", 429}, // nobody but this machine is believed
		{"192.0.2.2:1000", "", "wrong", 401},
		{"127.0.0.1:1000", "192.0.2.8, 192.0.2.1", "wrong", 429},
		{"127.0.0.1:1000", "192.0.2.1, 192.0.2.8", "wrong", 401},
		{"127.0.0.1:1000", "nonsense", "wrong", 401},
	} {
		if code := wrong(test.from, test.forwarded, test.token); code != test.want {
			t.Errorf("%+v: %d", test, code)
		}
	}
}

// It ends when it is told to, after what it has begun.
func TestServeAPIEnds(t *testing.T) {
	s := newShop()
	s.hold = make(chan struct{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over, answered := make(chan error, 1), make(chan int, 1)
	go func() { over <- serveAPI(ctx, listener, s.API) }()
	go func() {
		q, _ := http.NewRequest("POST", "http://"+listener.Addr().String()+"/v1/orders", strings.NewReader(`{"number":"1"}`))
		q.Header = post("").Header
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			answered <- 0
			return
		}
		_, _ = io.Copy(io.Discard, a.Body)
		a.Body.Close()
		answered <- a.StatusCode
	}()
	s.hold <- struct{}{} // it is being worked on
	cancel()
	if code := <-answered; code != 201 {
		t.Errorf("what was begun ends with %d", code)
	}
	if err := <-over; err != nil {
		t.Errorf("it ends with %v", err)
	}
}

// Whatever is sent, an answer of JSON comes back, and nothing is taken in that was not there.
func FuzzAPIBody(f *testing.F) {
	for _, body := range []string{`{"number":"1"}`, `[{"number":1,"amount":1.5},{"x":[]}]`, `{"tags":["a",1]}`, "\xef\xbb\xbf{}", `[{"paid":null}`, `{"number":"1","number":"1"}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s := newShop()
		w := do(s.Handler(), post(string(body)))
		if !json.Valid(w.Body.Bytes()) || w.Code == 500 && !strings.Contains(string(body), "panic") {
			t.Fatalf("answers %d %s", w.Code, w.Body)
		}
		if len(s.orders) > 0 && w.Code >= 300 {
			t.Fatalf("%d, and took %v", w.Code, s.orders)
		}
	})
}

// Behind a proxy that is another machine everybody has one address: strangers there do not
// shut out who has a token, until it is revoked.
func TestAPIStrangersShutNobodyOut(t *testing.T) {
	s := newShop()
	s.PerSecond, s.Burst = 1000, 1000
	h := s.Handler()
	send := func(token string) int { return do(h, post(`{"number":"1"}`, "Authorization", "Bearer "+token)).Code }
	if code := send("right"); code != 201 {
		t.Fatalf("the right token: %d", code)
	}
	for range wrongBurst + 1 {
		send("wrong")
	}
	if code := send("wrong"); code != 429 {
		t.Errorf("one wrong token too many: %d", code)
	}
	if code := send("right"); code != 200 && code != 201 {
		t.Errorf("the right token behind the same proxy: %d", code)
	}
}
