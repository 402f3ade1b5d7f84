package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/haloerzap/halo/desk"
)

// desk is the one at work; after a restart it is another.
func (s *sandbox) desk() *desk.Desk { return s.current.Load() }

// renew makes a desk of what is kept.
func (s *sandbox) renew() error {
	d, err := desk.New(s.config, s.kept)
	if err != nil {
		return err
	}
	s.current.Store(d)
	return nil
}

// runDesks runs a desk until ctx ends, and another one in its place whenever that is asked
// for.
func (s *sandbox) runDesks(ctx context.Context) error {
	for {
		life, end := context.WithCancel(ctx)
		over := make(chan error, 1)
		go func() { over <- s.desk().Run(life) }()
		select {
		case err := <-over:
			end()
			return err
		case told := <-s.restarts:
			end()
			err := errors.Join(<-over, s.renew())
			told <- err
			if err != nil {
				return err
			}
		}
	}
}

// postRestart ends the desk as an operator does, and starts it again with what it kept. It
// answers when both links are up again.
func (s *sandbox) postRestart(r *http.Request) (any, error) {
	if err := read(r, &struct{}{}); err != nil {
		return nil, err
	}
	told := make(chan error, 1)
	select {
	case s.restarts <- told:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if err := <-told; err != nil {
		return nil, fmt.Errorf("restart the desk: %w", err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), settleBound)
	defer cancel()
	if err := s.desk().Ready(ctx); err != nil && !s.currentFaults().block() {
		return nil, fmt.Errorf("restart the desk: %w", err)
	}
	s.hub.changed(allOfState)
	return struct{}{}, nil
}
