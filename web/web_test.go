package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
)

type desk Health

func (d desk) Health() Health { return Health(d) }

func TestReadiness(t *testing.T) {
	for _, test := range []struct {
		path   string
		health Health
		status int
		holds  []string
	}{
		{"/healthz", Health{}, 200, []string{"ok"}},
		{"/readyz", Health{Ready: true, Role: Leading, Gate: Gate{Open: true}}, 200, []string{`"role":"leading"`, `"incidents":[]`, `"open":true`}},
		{"/readyz", Health{Ready: true, Role: StandingBy}, 200, []string{`"role":"standing by"`}},
		{"/readyz", Health{
			Role: Leading, Gate: Gate{Why: []string{"appendfsync is \"everysec\""}}, WhatsApp: Link{State: "banned", Until: time.Unix(0, 0).UTC()},
			Incidents: []Incident{{Kind: "store-unsafe"}}, Letters: Letters{Lanes: 1, Waiting: 2, Oldest: 3.5, Dead: 4},
		}, 503, []string{`"why":["appendfsync`, `"until":"1970-01-01T00:00:00Z"`, `"kind":"store-unsafe"`, `"oldest_seconds":3.5`}},
		{"/", Health{}, 404, nil},
	} {
		answer := httptest.NewRecorder()
		Handler(desk(test.health)).ServeHTTP(answer, httptest.NewRequest("GET", test.path, nil))
		if answer.Code != test.status {
			t.Errorf("%s of %+v answers %d, want %d", test.path, test.health, answer.Code, test.status)
		}
		for _, part := range test.holds {
			if !strings.Contains(answer.Body.String(), part) {
				t.Errorf("%s says %s, want %s in it", test.path, answer.Body, part)
			}
		}
		if test.path == "/readyz" && !json.Valid(answer.Body.Bytes()) {
			t.Errorf("no JSON: %s", answer.Body)
		}
	}
}

// Of two processes with one address the second answers as soon as the first is gone.
func TestServeTakesTheAddressOver(t *testing.T) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() {
		over <- Serve(ctx, first.Addr().String(), desk{Ready: true, Role: StandingBy}, zap.NewNop())
	}()
	first.Close()
	client := http.Client{Timeout: 5 * time.Second}
	defer client.CloseIdleConnections()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		answer, err := client.Get("http://" + first.Addr().String() + "/readyz")
		if err == nil {
			body, _ := io.ReadAll(answer.Body)
			answer.Body.Close()
			if answer.StatusCode != 200 || !strings.Contains(string(body), StandingBy) {
				t.Errorf("answers %d %s", answer.StatusCode, body)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	cancel()
	if err := <-over; err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Serve ends with %v", err)
	}
}
