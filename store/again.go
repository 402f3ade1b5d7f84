package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

var (
	// ErrUnable means that Redis is there and cannot serve now: it reads its data, is a
	// replica, has no memory or disk left, or waits for others. Nothing was written,
	// and trying again later may help.
	ErrUnable = errors.New("redis cannot serve now")
	// ErrReplicas means that too few replicas confirmed a write: it is in the primary,
	// and a fail-over may lose it. The outcome is unknown.
	ErrReplicas = errors.New("too few replicas confirmed the write")
)

// unable are the first words of replies that say so.
var unable = []string{
	"LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "MISCONF", "OOM", "NOREPLICAS",
	"MOVED", "ASK", // a cluster is moving the slot, and we asked the former node
}

// isUnable reports whether err is a reply of a Redis that cannot serve now.
func isUnable(err error) bool {
	if _, reply := errors.AsType[redis.Error](err); !reply {
		return false
	}
	text := err.Error()
	first, _, _ := strings.Cut(text, " ")
	if slices.Contains(unable, first) || strings.HasPrefix(text, "ERR max number of clients") {
		return true
	}
	// Before 7.0 the reply to a command of a script stands inside the script's error.
	return strings.HasPrefix(text, "ERR Error running script") &&
		slices.ContainsFunc(unable, func(word string) bool { return strings.Contains(text, ": -"+word+" ") })
}

// explain makes err tell programs what kind it is.
func explain(err error) error {
	if isUnable(err) {
		return fmt.Errorf("%w: %w", ErrUnable, err)
	}
	return err
}

// transient reports whether err may go away by itself: the server was not reached,
// did not answer, or cannot serve now.
func transient(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil || errors.Is(err, redis.ErrClosed) {
		return false
	}
	if _, reply := errors.AsType[redis.Error](err); reply {
		return isUnable(err)
	}
	return true
}

// again calls op until it succeeds, fails for good, ctx ends, or the store's
// patience is over. op must be safe to repeat.
func (s *Store) again(ctx context.Context, op func() error) error {
	var failures int
	var spent time.Duration
	for {
		err := op()
		if err == nil || !s.patient(ctx, err, &failures, &spent) {
			return explain(err)
		}
	}
}

// patient waits and reports whether to try again after err. It counts failures, and
// what they cost.
func (s *Store) patient(ctx context.Context, err error, failures *int, spent *time.Duration) bool {
	if !transient(ctx, err) || *spent >= s.patience {
		return false
	}
	wait := backoff(*failures)
	*failures++
	*spent += wait
	if errors.Is(err, ErrReplicas) {
		*spent += s.confirmTime()
	}
	return pause(ctx, wait) == nil
}
