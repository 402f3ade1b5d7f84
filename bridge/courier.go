package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/haloerzap/halo/ledger"
)

// An Outbox keeps the letters in order, lane by lane. Everything that changes it
// carries the epoch of the lease and fails with [ledger.ErrStale] once a newer
// lease exists.
type Outbox interface {
	Updater
	// Lanes lists the lanes that have letters, also those whose time has not come.
	Lanes(ctx context.Context) ([]ledger.LaneHead, error)
	// Waiting lists the first letters of a lane, at most limit, 0 for all.
	Waiting(ctx context.Context, lane string, limit int64) ([]ledger.Letter, error)
	// Begin marks the head of a lane as being sent and returns it. ok is false
	// when the lane is empty.
	Begin(ctx context.Context, epoch int64, lane string) (l ledger.Letter, st ledger.Status, ok bool, err error)
	// Nack leaves the letter at the head of its lane, waiting until notBefore. An
	// attempt that does not count is given back.
	Nack(ctx context.Context, epoch int64, l ledger.Letter, notBefore time.Time, reason string, counts bool) error
	// Views lists what is to be rendered anew, oldest request first.
	Views(ctx context.Context, limit int) ([]ledger.View, error)
	// Viewed forgets a view unless it was asked for again since.
	Viewed(ctx context.Context, epoch int64, v ledger.View) error
	StatusReader
	// Subscribe signals after commits of this process that gave the courier work.
	Subscribe() (signal <-chan struct{}, cancel func())
}

// A CourierConfig is how the courier behaves.
type CourierConfig struct {
	Channels map[string]string // staff channels by their part in the desk: "forum", "ops", "intake" -> Discord channel id
	// Pace bounds messages to WhatsApp per second and Burst how many may go at
	// once; 0 switches pacing off.
	Pace    float64
	Burst   int
	Library Library // where files are kept; without it none is carried
	// LargestFile bounds a file that is fetched, in bytes; 0 for 100 MiB.
	LargestFile int64
	// Forbidden says why WhatsApp does not let the desk write first at the moment, "" when
	// it does: a reason of [Desk.PauseOutreach]. It is asked before each letter of that
	// sort; nil for never.
	Forbidden func() string
	Failpoint Failpoint
}

// A Courier takes letters out of the outbox and tells the world: one goroutine a
// lane, the head of a lane stays until it is sent or buried. It speaks only
// while its lease is valid.
type Courier struct {
	outbox Outbox
	phone  Phone
	board  Board
	lease  func() ledger.Lease
	desk   Desk
	cfg    CourierConfig
	log    *zap.Logger
	pace   *rate.Limiter // of WhatsApp; nil for none
	marks  *marks
	cards  sync.Map // what new posts show, by the letter that asked for them
	// resting are the channels whose views failed, or have to wait: until when, in real time.
	resting sync.Map

	// sending holds a token for each Discord lane that is at work. Discord takes about
	// 50 requests a second: of a thousand lanes at once most would only wait there
	// until their deadline, and then have to ask whether they arrived.
	sending chan struct{}
	posts   posts // bounds what opens forum posts, beside sending
	// fetching holds a token for each lane that fetches a file.
	fetching chan struct{}
	certain  certain
	cuts     cuts
	link     link // owned by Run
	stuck    stuck
	early    early

	poke  chan struct{} // a link came back: outages end here
	woken chan string   // lanes whose file came
	done  chan ended    // a lane's goroutine ended
}

type ended struct {
	lane  string
	pause bool
}

// NewCourier makes a courier; lease is asked before every effect.
func NewCourier(outbox Outbox, phone Phone, board Board, lease func() ledger.Lease, desk Desk, cfg CourierConfig, log *zap.Logger) *Courier {
	c := &Courier{
		outbox: outbox, phone: phone, board: board, lease: lease, desk: desk, cfg: cfg, log: log.Named("courier"),
		sending: make(chan struct{}, lanesAtOnce), posts: posts{slots: make(chan struct{}, postsAtOnce)}, poke: make(chan struct{}, 1), done: make(chan ended),
		fetching: make(chan struct{}, lanesFetching), woken: make(chan string, 64),
	}
	if cfg.Pace > 0 {
		c.pace = rate.NewLimiter(rate.Limit(cfg.Pace), max(1, cfg.Burst))
	}
	c.marks = newMarks(board)
	return c
}

// Poke makes the courier try at once what waits because of an outage: a link came
// back, or desk time was moved. Longer waits (a rate limit, a time-lock) are kept.
func (c *Courier) Poke() {
	select {
	case c.poke <- struct{}{}:
	default:
	}
}

// pause is how long a lane rests after the store or a failpoint stopped it.
const pause = time.Second

// Run delivers until ctx ends or the lease is lost ([ledger.ErrStale]). It
// returns when no letter is in flight any more.
func (c *Courier) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	signal, unsubscribe := c.outbox.Subscribe()
	defer unsubscribe()
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { c.runViews(ctx) })
	work.Go(func() { c.runBursts(ctx) })

	running := map[string]bool{}
	resting := map[string]time.Time{} // lanes stopped by an error, until when
	tick := time.NewTicker(glance)
	defer tick.Stop()
	eager := false // ignore waiting times once: a fault may have cleared
	woken := map[string]bool{}
	for {
		next, err := c.start(ctx, stop, running, resting, eager, woken, &work)
		if err != nil && ctx.Err() == nil {
			c.log.Warn("look for letters", zap.Error(err))
		}
		eager = false
		clear(woken)
		seen := c.outlook()
		wait := time.NewTimer(next)
		for idle := true; idle; {
			idle = false
			select {
			case <-ctx.Done():
				wait.Stop()
				return c.finish(ctx, running)
			case e := <-c.done:
				delete(running, e.lane)
				delete(resting, e.lane)
				if e.pause {
					resting[e.lane] = time.Now().Add(pause)
				}
			case <-signal:
			case <-tick.C:
				idle = !c.outlook().unlike(seen)
			case <-wait.C:
			case <-c.poke:
				eager = true
			case lane := <-c.woken:
				woken[lane] = true
			}
		}
		wait.Stop()
	}
}

// finish waits for the lanes that are at work.
func (c *Courier) finish(ctx context.Context, running map[string]bool) error {
	for len(running) > 0 {
		delete(running, (<-c.done).lane)
	}
	if cause := context.Cause(ctx); errors.Is(cause, ledger.ErrStale) {
		return cause
	}
	return nil
}

// start sends a goroutine to every lane that may move and has none, and returns
// how long the next one has to wait.
func (c *Courier) start(ctx context.Context, stop context.CancelCauseFunc, running map[string]bool, resting map[string]time.Time, eager bool, woken map[string]bool, work *sync.WaitGroup) (time.Duration, error) {
	next := time.Hour
	heads, err := c.outbox.Lanes(ctx)
	if err != nil {
		return next, err
	}
	now := time.Now()
	if !c.lease().Valid(now) {
		return next, nil
	}
	if c.link.wentDown(c.phone.Ready(), now) {
		work.Go(func() { c.showWaiting(ctx, heads) })
	}
	for _, h := range heads {
		if running[h.Lane] || !c.open(h.Lane) {
			continue
		}
		if wait := resting[h.Lane].Sub(now); wait > 0 {
			next = min(next, wait)
			continue
		}
		if wait := c.early.wait(h.Lane, c.desk.now()); wait > 0 {
			next = min(next, wait)
			continue
		}
		if wait := h.NotBefore.Sub(now); wait > 0 && !((eager || woken[h.Lane]) && wait <= longestOutageWait) {
			next = min(next, wait)
			continue
		}
		running[h.Lane] = true
		work.Go(func() {
			err := c.drain(ctx, h.Lane)
			if errors.Is(err, ledger.ErrStale) {
				stop(err)
			} else if err != nil && ctx.Err() == nil {
				c.log.Warn("lane rests", zap.String("lane", h.Lane), zap.Error(err))
			}
			c.done <- ended{h.Lane, err != nil}
		})
	}
	return next, nil
}

// open reports whether the network behind a lane takes anything now.
func (c *Courier) open(lane string) bool {
	if strings.HasPrefix(lane, laneClient) || strings.HasPrefix(lane, fetchLane(fromWhatsApp, "")) {
		return c.phone.Ready()
	}
	return c.board.Ready()
}

// lanesAtOnce bounds the Discord lanes at work: their turn comes in three seconds, so
// that a channel's own limit of five fits into sendTimeout as well.
const lanesAtOnce = 128

// drain sends a lane's letters one after the other until it is empty or has to wait.
func (c *Courier) drain(ctx context.Context, lane string) error {
	post, err := c.opensPost(ctx, lane)
	if err != nil {
		return err
	}
	for ctx.Err() == nil && c.open(lane) {
		if more, err := c.next(ctx, lane, post); err != nil || !more {
			return err
		}
		post = false // a further one is found by the next drain
	}
	return nil
}

// next sends the letter at the head of a lane; post says that it opens a forum post.
// more reports whether the lane may go on with another.
func (c *Courier) next(ctx context.Context, lane string, post bool) (more bool, err error) {
	switch {
	case strings.HasPrefix(lane, laneClient):
	case post:
		if !c.posts.enter(ctx) {
			return false, nil
		}
		defer c.posts.leave()
		if !c.open(lane) { // it took its time
			return false, nil
		}
	default:
		slots := c.sending
		if strings.HasPrefix(lane, laneFiles) {
			slots = c.fetching
		}
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
		case <-ctx.Done():
			return false, nil
		}
	}
	if err := c.cfg.Failpoint.Hit(point(lane, "claimed")); err != nil {
		return false, err
	}
	lease := c.lease()
	if !lease.Valid(time.Now()) {
		return false, nil
	}
	l, st, ok, err := c.outbox.Begin(ctx, lease.Epoch, lane)
	if e, ok := errors.AsType[*ledger.EarlyError](err); ok {
		c.early.note(lane, e.Until)
		return false, nil
	}
	if err != nil || !ok {
		return false, err
	}
	if err := c.cfg.Failpoint.Hit(point(lane, "begun")); err != nil {
		return false, err
	}
	return c.handle(ctx, lease, l, st)
}

// point names a failpoint by its lane: w. to WhatsApp, d. to Discord, md. of files.
func point(lane, step string) string {
	switch {
	case strings.HasPrefix(lane, laneClient):
		return "w." + step
	case strings.HasPrefix(lane, laneFiles):
		return "md." + step
	}
	return "d." + step
}

// handle sends one letter and records what came of it. more reports whether the
// lane may go on with the next.
func (c *Courier) handle(ctx context.Context, lease ledger.Lease, l ledger.Letter, st ledger.Status) (more bool, err error) {
	if l.Kind == kindFetch {
		return c.fetch(ctx, lease, l, st)
	}
	ext, sendErr := st.Ext, error(nil)
	// A receipt may have told us that an earlier attempt arrived: only its outcome
	// is left to record then.
	if arrived := st.State >= ledger.Sent && st.State <= ledger.Read; !arrived {
		ext, sendErr = c.send(ctx, lease, l, st)
		c.certain.note(l.ID, st, sendErr)
	}
	// What happened is recorded even when we are told to stop: the lease and its
	// epoch, not our ctx, decide whether it still may be.
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if sendErr == nil {
		if err := c.cfg.Failpoint.Hit(point(l.Lane, "posted")); err != nil {
			return false, err
		}
		c.stuck.remove(l.Lane)
		if err := c.sent(after, lease, l, st, ext); err != nil {
			return false, fmt.Errorf("record letter %s: %w", l.ID, err)
		}
		return true, c.cfg.Failpoint.Hit(point(l.Lane, "committed"))
	}
	if moot, ok := errors.AsType[*mootError](sendErr); ok {
		c.stuck.remove(l.Lane)
		if err := c.moot(after, lease, l, moot); err != nil {
			return false, fmt.Errorf("record letter %s: %w", l.ID, err)
		}
		return true, c.cfg.Failpoint.Hit(point(l.Lane, "committed"))
	}
	if _, crashed := errors.AsType[crashError](sendErr); crashed || errors.Is(sendErr, context.Canceled) {
		return false, sendErr
	}
	return c.failed(after, lease, l, st, sendErr)
}

// crashError marks an error that a failpoint made: everything stops where it is.
type crashError struct{ error }

// send resolves the letter's destination and hands it to the network, under the
// lease's local deadline.
func (c *Courier) send(ctx context.Context, lease ledger.Lease, l ledger.Letter, st ledger.Status) (ext string, err error) {
	defer func() {
		if p := recover(); p != nil {
			c.log.Error("sending a letter panicked", zap.String("letter", l.ID), zap.Any("panic", p), zap.ByteString("stack", debug.Stack()))
			err = &SendError{Certainty: Unknown, Reason: "an internal error, see the log", Err: fmt.Errorf("panic: %v", p)}
		}
	}()
	if l.Kind == kindMedia {
		if err := c.withdrawn(ctx, l); err != nil {
			return "", err
		}
		if err := c.upload(ctx, l, st); err != nil {
			return "", err
		}
		lease = c.lease()
	}
	if c.pace != nil && strings.HasPrefix(l.Lane, laneClient) && l.Kind != kindRead {
		if err := c.pace.Wait(ctx); err != nil {
			return "", err
		}
		lease = c.lease()
	}
	// As late as can be: until here it can be taken back in silence.
	if !l.NotBefore.IsZero() {
		if err := c.leave(ctx, lease, l, st); err != nil {
			return "", err
		}
		lease = c.lease()
	}
	if id := outreachOf(l); id != "" {
		if err := c.leaveOutreach(ctx, lease, l, id); err != nil {
			return "", err
		}
		lease = c.lease()
	}
	now := time.Now()
	if !lease.Valid(now) {
		return "", &SendError{Certainty: Blocked, Reason: "this instance no longer leads the desk"}
	}
	ctx, cancel := c.bounded(ctx, lease, l, now)
	defer cancel()
	if err := c.cfg.Failpoint.Hit(point(l.Lane, "pre-post")); err != nil {
		return "", crashError{err}
	}
	return c.deliver(ctx, l, st)
}

// sendTimeout bounds one attempt; a lease ends sooner.
const sendTimeout = 10 * time.Second

// bounded gives an attempt its deadline. One that carries files may go on for as long
// as the lease is renewed.
func (c *Courier) bounded(ctx context.Context, lease ledger.Lease, l ledger.Letter, now time.Time) (context.Context, context.CancelFunc) {
	if l.Kind != kindSay || !carriesFiles(l) {
		return context.WithDeadline(ctx, now.Add(min(sendTimeout, lease.Until.Sub(now))))
	}
	ctx, cancel := context.WithTimeout(ctx, fileTimeout)
	var watch func()
	watch = func() {
		left := time.Until(c.lease().Until)
		if left <= 0 {
			cancel()
		}
		if ctx.Err() == nil {
			time.AfterFunc(left, watch)
		}
	}
	time.AfterFunc(lease.Until.Sub(now), watch)
	return ctx, cancel
}

// failed decides what a failed attempt means: wait and try again, or bury.
func (c *Courier) failed(ctx context.Context, lease ledger.Lease, l ledger.Letter, st ledger.Status, err error) (more bool, _ error) {
	se, ok := errors.AsType[*SendError](err)
	if !ok {
		se = &SendError{Certainty: Unknown, Reason: "no answer", Err: err}
	}
	if done, err := c.outreachWaits(ctx, lease, l, se); done || err != nil {
		return done && err == nil, err
	}
	counts := se.Certainty != Blocked && !se.Outage
	switch {
	case se.Denied || l.Kind == kindPost && (se.Certainty == Refused || se.Gone || counts && exhausted(st)):
		return false, c.stalled(ctx, lease, l, se)
	case se.Gone && strings.HasPrefix(l.Lane, laneThread):
		return c.reopenThread(ctx, lease, l, se)
	case se.Gone && strings.HasPrefix(l.Lane, laneReport):
		return false, c.lostPost(ctx, lease, l, se)
	case se.noPost:
		return false, c.firstPost(ctx, lease, l, se)
	case se.Certainty == Refused || counts && exhausted(st):
		c.stuck.remove(l.Lane)
		c.log.Warn("letter buried", zap.String("letter", l.ID), zap.String("reason", se.Reason), zap.Error(se.Err))
		if err := c.bury(ctx, lease, l, st, se); err != nil {
			return false, fmt.Errorf("bury letter %s: %w", l.ID, err)
		}
		return true, c.cfg.Failpoint.Hit(point(l.Lane, "buried"))
	}
	if l.Kind == kindPost && se.Certainty == Blocked {
		c.posts.shut(se.RetryAfter)
	}
	wait := backoff(st.Attempts)
	if !counts {
		wait = outageWait(st.First)
	}
	notBefore := time.Now().Add(max(wait, se.RetryAfter))
	if err := c.outbox.Nack(ctx, lease.Epoch, l, notBefore, cmp.Or(se.Reason, "no answer"), counts); err != nil {
		return false, fmt.Errorf("put letter %s back: %w", l.ID, err)
	}
	if st.Reason == "" { // it does not say yet that it waits
		if err := c.refreshMark(ctx, l); err != nil {
			return false, err
		}
	}
	if !st.First.IsZero() && time.Since(st.First) > linkGrace && c.stuck.add(l.Lane) {
		c.showWaiting(ctx, []ledger.LaneHead{{Lane: l.Lane}})
	}
	return false, c.cfg.Failpoint.Hit(point(l.Lane, "nacked"))
}

// A letter whose attempts fail for reasons of its own is given up at the first
// multiple of maxAttempts after giveUpAfter: with the waits below that is the 24th,
// about an hour after the first. Outages, rate limits and 5xx never count. After a
// person's retry it has maxAttempts more.
const (
	maxAttempts = 12
	giveUpAfter = 30 * time.Minute
)

func exhausted(st ledger.Status) bool {
	return st.Attempts > 0 && st.Attempts%maxAttempts == 0 && !st.First.IsZero() && time.Since(st.First) > giveUpAfter
}

// backoff is the wait after the nth attempt that counted: half a second,
// doubling to five minutes, with jitter so that lanes do not return in step.
func backoff(attempts int) time.Duration {
	d := 500 * time.Millisecond << min(max(attempts-1, 0), 10)
	return jitter(min(d, 5*time.Minute))
}

// longestOutageWait bounds the wait between attempts during an outage.
const longestOutageWait = 30 * time.Second

// outageWait grows with the time since the first attempt: the attempts of an
// outage are not counted.
func outageWait(first time.Time) time.Duration {
	d := 500 * time.Millisecond
	if !first.IsZero() {
		d = max(d, time.Since(first)/4)
	}
	return jitter(min(d, longestOutageWait))
}

func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }
