package discord

import (
	"context"
	"hash/maphash"
)

// shelves let one at a time change whether a post is in the archive: an edit that takes a
// post out for a moment must not put it back when it was re-opened meanwhile.
type shelves struct {
	seed maphash.Seed
	of   [32]chan struct{} // by a sum of the post's id; each has room for one
}

func newShelves() (s shelves) {
	s.seed = maphash.MakeSeed()
	for i := range s.of {
		s.of[i] = make(chan struct{}, 1)
	}
	return s
}

// enter waits for the turn of who changes a post; leave ends it. It fails when ctx ends.
func (s shelves) enter(ctx context.Context, thread string) (leave func(), err error) {
	shelf := s.of[maphash.String(s.seed, thread)%uint64(len(s.of))]
	select {
	case shelf <- struct{}{}:
		return func() { <-shelf }, nil
	case <-ctx.Done():
		return nil, &apiError{held: true, cause: context.Cause(ctx)}
	}
}
