package desk

import (
	"errors"
	"sync"
)

// A crash is a failpoint that stops everything from its nth hit on: whatever
// passes a step afterwards stops there too, as in a process that is gone.
type crash struct {
	mu    sync.Mutex
	point string
	n     int
	dead  bool
	over  chan struct{}
}

var errCrash = errors.New("crashed here")

func (c *crash) hit(point string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dead {
		return errCrash
	}
	if point != c.point {
		return nil
	}
	if c.n--; c.n > 0 {
		return nil
	}
	c.dead = true
	close(c.over)
	return errCrash
}
