// Package store keeps a desk in Redis. It is the only importer of go-redis.
//
// A change is a function on a [ledger.Tx], handed to [Store.Update]: what it read
// is checked and what it wrote is stored by one short script, all or nothing, once
// for each cause. Letters written that way wait in lanes until the courier has
// begun ([Store.Begin]) and finished them; timers wait until [Store.Due] names them.
// A lease ([Store.Acquire]) with a rising epoch decides which process may speak.
//
// A client time-out means that the outcome is unknown. Every call here may be
// repeated, and repeats itself for a few seconds: also while Redis is there and
// cannot serve ([ErrUnable]), or too few replicas confirm ([ErrReplicas]).
package store

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
)

// Options say which desk a store keeps, and what time it is.
type Options struct {
	// Desk is the hash tag of every key: 1 to 40 of a-z, 0-9 and "-".
	Desk string
	// Now is desk time; time.Now if nil.
	Now func() time.Time
	// Clock is real time; time.Now if nil.
	Clock func() time.Time
	// Log takes what nobody is there to be told; nil for silence.
	Log *zap.Logger
	// Patience is how long a call repeats itself while Redis cannot be reached;
	// 5 s if 0, no repetition if negative. The context may end it sooner.
	Patience time.Duration
	// Replicas is how many replicas must confirm what a call wrote before the call
	// succeeds; 0 for a Redis without replicas. One that any replica may follow loses
	// nothing only if all that may be promoted have confirmed, or if the promotion
	// chooses the most advanced one, as Sentinel does among those it reaches.
	Replicas int
}

// A Client is a connection to Redis, made by [Dial].
type Client = redis.UniversalClient

// A Store is one desk in Redis. It is safe for use by many goroutines, and any
// number of processes may have a store of the same desk.
type Store struct {
	client   Client
	desk     string
	keys     keys
	now      func() time.Time
	clock    func() time.Time
	log      *zap.Logger
	patience time.Duration
	replicas int

	mu          sync.Mutex
	subscribers map[chan struct{}]bool // guarded by mu
}

var deskPattern = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// CheckDesk tells what is wrong with a desk's name, nil if nothing.
func CheckDesk(desk string) error {
	if !deskPattern.MatchString(desk) {
		return fmt.Errorf("desk %q: want 1 to 40 of a-z, 0-9 and \"-\"", desk)
	}
	return nil
}

// New returns the store of a desk. A desk's name that [CheckDesk] refuses makes
// every call fail. The client stays the caller's to close; it should not repeat
// commands by itself (MaxRetries -1), as the clients of [Dial] do not.
func New(client Client, o Options) *Store {
	s := &Store{
		client:      client,
		desk:        o.Desk,
		keys:        newKeys(o.Desk),
		now:         o.Now,
		clock:       o.Clock,
		log:         o.Log,
		patience:    o.Patience,
		replicas:    max(o.Replicas, 0),
		subscribers: map[chan struct{}]bool{},
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.log == nil {
		s.log = zap.NewNop()
	}
	if s.patience == 0 {
		s.patience = 5 * time.Second
	}
	return s
}

// Desk returns the name of the desk.
func (s *Store) Desk() string { return s.desk }

// Ping asks Redis whether it is there, once.
func (s *Store) Ping(ctx context.Context) error {
	if err := CheckDesk(s.desk); err != nil {
		return err
	}
	if err := s.client.Ping(ctx).Err(); err != nil {
		return fmt.Errorf("ping redis: %w", explain(err))
	}
	return nil
}

// HighWater is the number of the last commit. It never falls unless Redis lost
// what it had acknowledged. Numbers may be left out.
func (s *Store) HighWater(ctx context.Context) (int64, error) {
	var v string
	err := s.again(ctx, func() (err error) {
		v, err = s.client.Get(ctx, s.keys.commits().name).Result()
		return err
	})
	if errors.Is(err, redis.Nil) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read high water: %w", err)
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read high water: %w", err)
	}
	return n, nil
}

// RaiseHighWater makes the number of the last commit at least atLeast: 0 to 10^15-1.
// After Redis lost commits, it keeps their numbers, and so the versions of
// documents, from being given a second time. If it had to be raised, every series
// leaves out skip numbers, 0 to 10^12, so that none of those is given again that the
// lost commits took; also a series that begins within the next two days, of which
// Redis may have lost all. A higher number stays, and then nothing changes.
//
// Leases need no raising: their epochs follow the server's clock. One that was given
// before the loss and is unknown to Redis now is stale, and whoever acquires gets a
// newer one than anybody ever had.
func (s *Store) RaiseHighWater(ctx context.Context, atLeast, skip int64) error {
	err := CheckDesk(s.desk)
	if err == nil && (atLeast < 0 || atLeast >= 1e15) {
		err = fmt.Errorf("%d is no number of a commit", atLeast)
	}
	if err == nil && (skip < 0 || skip > 1e12) {
		err = fmt.Errorf("series cannot leave out %d numbers", skip)
	}
	if err == nil {
		b := newBatch()
		b.write("skip", s.keys.counters(), b.key(s.keys.commits()), atLeast, skip)
		b.write("hset", s.keys.counters(), "*until", s.now().Add(seriesSpan).UnixMilli())
		b.write("raise", s.keys.commits(), atLeast)
		_, err = s.ask(ctx, b)
	}
	return wrap(err, "raise high water")
}

// seriesSpan is for how long after a loss a series may begin of which numbers were
// given before it: those of tickets are of one day, in any zone.
const seriesSpan = 48 * time.Hour

//go:embed lua/next.lua
var nextSource string

var nextScript = redis.NewScript(nextSource)

// count takes the next number of a series. A repetition may leave some out.
func (s *Store) count(ctx context.Context, series string) (n int64, err error) {
	if err := checkName("series", series); err != nil {
		return 0, err
	}
	if strings.HasPrefix(series, "*") {
		return 0, fmt.Errorf("%w: series %q begins with \"*\"", ledger.ErrInvalid, series)
	}
	var reply []string
	err = s.again(ctx, func() (err error) {
		reply, err = s.script(ctx, nextScript, []string{s.keys.counters().name}, series, s.now().UnixMilli())
		return err
	})
	if err != nil {
		return 0, err
	}
	if len(reply) != 1 {
		return 0, fmt.Errorf("series script answered %d values", len(reply))
	}
	return strconv.ParseInt(reply[0], 10, 64)
}

// Subscribe returns a channel that gets a value after a commit of this process
// queued letters, dirtied views or set timers, and a function that ends that.
// Signals coalesce: one may stand for many. Commits of other processes give none,
// so poll as well.
func (s *Store) Subscribe() (wake <-chan struct{}, cancel func()) { return s.subscribe(true) }

// SubscribeTimers is like Subscribe, for timers alone.
func (s *Store) SubscribeTimers() (wake <-chan struct{}, cancel func()) { return s.subscribe(false) }

func (s *Store) subscribe(all bool) (wake <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscribers[c] = all
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subscribers, c)
	}
}

// wake signals after a commit; timers says whether it may have set some.
func (s *Store) wake(timers bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c, all := range s.subscribers {
		if !all && !timers {
			continue
		}
		select {
		case c <- struct{}{}:
		default: // a signal is waiting there already
		}
	}
}
