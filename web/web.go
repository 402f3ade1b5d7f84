// Package web is what can be looked at from outside: whether the desk works.
package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"
)

// Roles of a process.
const (
	Starting   = "starting"
	StandingBy = "standing by"
	Leading    = "leading"
)

// A Desk says how it stands; it is asked once a request and must be quick.
type Desk interface {
	Health() Health
}

// Health is how a desk stands. It holds no secret, no number and no word of a client.
type Health struct {
	Ready     bool       `json:"ready"` // see [Handler]
	Role      string     `json:"role"`
	Gate      Gate       `json:"gate"`
	WhatsApp  Link       `json:"whatsapp"`
	Discord   Link       `json:"discord"`
	Incidents []Incident `json:"incidents"` // open ones
	Letters   Letters    `json:"letters"`
}

// A Gate lets the number be connected while the store keeps its promise.
type Gate struct {
	Open bool     `json:"open"`
	Why  []string `json:"why,omitempty"` // it is closed
}

// A Link is the way to one of the two networks.
type Link struct {
	State  string    `json:"state"`
	Reason string    `json:"reason,omitempty"`
	Until  time.Time `json:"until,omitzero"` // of the next attempt, if it is known
}

// An Incident is trouble that the ops channel was told of and that is not over.
type Incident struct {
	Kind  string    `json:"kind"`
	Since time.Time `json:"since"`
}

// Letters are what the desk owes the world, as of a few seconds ago.
type Letters struct {
	Lanes   int     `json:"lanes"` // destinations that wait
	Waiting int64   `json:"waiting"`
	Oldest  float64 `json:"oldest_seconds"` // age
	Dead    int     `json:"dead"`
}

// Handler answers GET /healthz (200 as long as the process lives) and GET /readyz:
// 200 when this process does what it is there for, else 503, and [Health] as JSON
// either way. A process that leads is ready when the gate is open and both links
// are; one that stands by is ready when it could take over.
func Handler(desk Desk) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		h := desk.Health()
		if h.Incidents == nil {
			h.Incidents = []Incident{} // a list for whoever reads it
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if !h.Ready {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_ = json.NewEncoder(w).Encode(h) // whoever asked is gone
	})
	return mux
}

// Serve answers at address until ctx ends. While the address is taken, by the leader
// of a standby pair for one, it tries again every second: the end of that process
// frees it.
func Serve(ctx context.Context, address string, desk Desk, log *zap.Logger) error {
	listener, err := listen(ctx, address, "health", log)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: Handler(desk), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: time.Minute, MaxHeaderBytes: 1 << 14,
	}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("answer at %s: %w", address, err)
	}
	return nil
}

func listen(ctx context.Context, address, what string, log *zap.Logger) (net.Listener, error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for said := false; ; said = true {
		var c net.ListenConfig
		listener, err := c.Listen(ctx, "tcp", address)
		if err == nil {
			log.Info("answering at", zap.String("what", what), zap.String("address", listener.Addr().String()))
			return listener, nil
		}
		if !said {
			log.Warn("cannot answer yet", zap.String("what", what), zap.String("address", address), zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}
