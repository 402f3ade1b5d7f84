package storetest

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/store"
)

// ErrLost is the error of a call whose answer never came.
var ErrLost = &net.OpError{Op: "read", Net: "fault", Err: errors.New("connection lost")}

// Faults breaks calls of a client: before the server saw them, or after it did what
// they asked. Only the second kind shows who counts on an error meaning "not done".
// It is safe for concurrent use.
type Faults struct {
	mu      sync.Mutex
	calls   int  // script calls so far
	at      int  // the call to break, 0 for none
	applied bool // it happens nevertheless
	down    bool
}

// Inject puts faults between client and server; none until asked for.
func Inject(client store.Client) *Faults {
	f := &Faults{}
	client.AddHook(f)
	return f
}

// Break makes the nth script call from now (1 for the next) fail. If applied, the
// server carries it out and only its answer is lost.
func (f *Faults) Break(n int, applied bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at, f.applied = f.calls+n, applied
}

// Down makes every call fail while it is true.
func (f *Faults) Down(down bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = down
}

// Calls returns how many script calls there were.
func (f *Faults) Calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

// DialHook is part of [redis.Hook].
func (f *Faults) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessHook is part of [redis.Hook].
func (f *Faults) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		breaks, applied := f.count(cmd)
		if breaks && !applied {
			cmd.SetErr(ErrLost)
			return ErrLost
		}
		err := next(ctx, cmd)
		if breaks {
			cmd.SetErr(ErrLost)
			return ErrLost
		}
		return err
	}
}

func (f *Faults) count(cmd redis.Cmder) (breaks, applied bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return true, false
	}
	if !strings.HasPrefix(cmd.Name(), "eval") {
		return false, false
	}
	f.calls++
	return f.calls == f.at, f.applied
}

// ProcessPipelineHook is part of [redis.Hook]. A script call in a pipeline breaks like
// one by itself, together with all that is sent with it.
func (f *Faults) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		breaks, applied := f.broken(), false
		for _, cmd := range cmds {
			if b, a := f.count(cmd); b && !breaks {
				breaks, applied = true, a
			}
		}
		if !breaks {
			return next(ctx, cmds)
		}
		if applied {
			_ = next(ctx, cmds) // whatever it said is lost
		}
		for _, cmd := range cmds {
			cmd.SetErr(ErrLost)
		}
		return ErrLost
	}
}

func (f *Faults) broken() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.down
}
