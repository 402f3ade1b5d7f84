package store

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/ledger"
)

//go:embed lua/lease.lua
var leaseSource string

var leaseScript = redis.NewScript(leaseSource)

// A HeldError says that another owner has the lease.
type HeldError struct {
	Owner string
	For   time.Duration // at most, unless it is renewed
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s speaks for this desk, for up to %s more", e.Owner, e.For)
}

// Acquire takes the lease under a new epoch, which makes all older ones stale. The
// same owner gets it again at once: whoever uses one owner name must be sure that
// its predecessor is gone. A [*HeldError] means that somebody else has it.
func (s *Store) Acquire(ctx context.Context, owner string, ttl time.Duration) (ledger.Lease, error) {
	if err := errors.Join(CheckDesk(s.desk), checkName("owner", owner)); err != nil {
		return ledger.Lease{}, fmt.Errorf("acquire lease: %w", err)
	}
	r, start, err := s.lease(ctx, "acquire", owner, ttl, 0)
	if err != nil {
		return ledger.Lease{}, fmt.Errorf("acquire lease: %w", err)
	}
	epoch, err := strconv.ParseInt(r[0], 10, 64)
	if err != nil {
		return ledger.Lease{}, fmt.Errorf("acquire lease: read epoch: %w", err)
	}
	if epoch == 0 {
		left, _ := strconv.ParseInt(r[len(r)-1], 10, 64)
		return ledger.Lease{}, &HeldError{Owner: r[1], For: time.Duration(left) * time.Millisecond}
	}
	return ledger.Lease{Epoch: epoch, Until: start.Add(ttl * 8 / 10)}, nil
}

// Renew extends a lease, also one that ran out if nobody took it since. If
// somebody did, the error is [ledger.ErrStale].
func (s *Store) Renew(ctx context.Context, owner string, l ledger.Lease, ttl time.Duration) (ledger.Lease, error) {
	r, start, err := s.lease(ctx, "renew", owner, ttl, l.Epoch)
	if err == nil && r[0] == "0" {
		err = ledger.ErrStale
	}
	if err != nil {
		return l, fmt.Errorf("renew lease: %w", err)
	}
	l.Until = start.Add(ttl * 8 / 10)
	return l, nil
}

// Release gives the lease back and makes its epoch stale. One that is not ours any
// more is left alone.
func (s *Store) Release(ctx context.Context, owner string, l ledger.Lease) error {
	_, _, err := s.lease(ctx, "release", owner, 0, l.Epoch)
	return wrap(err, "release lease")
}

// lease calls the script. start is the real time before the call that succeeded.
func (s *Store) lease(ctx context.Context, verb, owner string, ttl time.Duration, epoch int64) (reply []string, start time.Time, err error) {
	keys := []string{s.keys.lease().name, s.keys.epoch().name}
	err = s.again(ctx, func() (err error) {
		start = s.clock()
		reply, err = s.script(ctx, leaseScript, keys, verb, owner, ttl.Milliseconds(), epoch)
		return err
	})
	if err == nil && len(reply) < 2 {
		err = fmt.Errorf("lease script answered %d values", len(reply))
	}
	return reply, start, err
}
