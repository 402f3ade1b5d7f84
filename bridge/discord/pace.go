package discord

import (
	"context"
	"slices"
	"sync"
	"time"
)

// A pace lets requests through one by one, evenly, in the order they came.
//
// Discord takes 50 a second, over whatever second it counts. At 48 a second and
// never two together, no second holds more than 49 as we send them; but they
// arrive less evenly than they leave. So a request counts until a second after
// its answer, by when it has arrived for certain, and 50 is the most that count.
type pace struct {
	every time.Duration // 0: no pace

	once  sync.Once
	turn  chan struct{} // holds one: who is next, and waits for the time
	freed chan struct{} // a passage may count no longer

	marks, posts, looks patient

	mu    sync.Mutex
	ahead int       // waiting, the next one included
	next  time.Time // the earliest moment for the next
	out   []*passage
}

// A patient class of requests joins the queue one at a time and takes at most every
// share-th place, so that messages hardly wait for it and it still gets on.
type patient struct {
	share int
	turn  chan struct{} // holds one: who is next
	next  time.Time     // not before; of the one who is next
}

// Shares of the pace.
const (
	shareOfMarks = 2
	shareOfPosts = 3
	shareOfLooks = 4 // what was missed and may come later
)

// A passage is a request that was let through.
type passage struct{ counts time.Time } // until when

const (
	mostInSecond = 50
	// travelBound is how long a request without an answer is thought to travel.
	travelBound = time.Second
	paceFull    = "the queue to Discord is full"
)

// wait returns when a request may leave. over must be called when it is
// answered, or will not leave after all.
func (p *pace) wait(ctx context.Context) (over func(left bool), err error) {
	if p.every == 0 {
		return func(bool) {}, nil
	}
	p.once.Do(p.make)
	d := p.enter()
	defer p.leave()
	if end, ok := ctx.Deadline(); ok && time.Until(end) < d {
		return nil, &heldError{why: paceFull, wait: d}
	}
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, &heldError{why: paceFull, wait: d}
	}
	defer func() { <-p.turn }()
	for {
		d := time.Until(p.soonest(time.Now()))
		if d <= 0 {
			out := p.taken(time.Now())
			return func(left bool) { p.over(out, left, time.Now()) }, nil
		}
		t := time.NewTimer(d)
		select {
		case <-t.C:
		case <-p.freed:
		case <-ctx.Done():
			t.Stop()
			return nil, &heldError{why: paceFull, wait: d}
		}
		t.Stop()
	}
}

func (p *pace) make() {
	p.turn, p.freed = make(chan struct{}, 1), make(chan struct{}, 1)
	p.marks = patient{share: shareOfMarks, turn: make(chan struct{}, 1)}
	p.posts = patient{share: shareOfPosts, turn: make(chan struct{}, 1)}
	p.looks = patient{share: shareOfLooks, turn: make(chan struct{}, 1)}
}

// yield is wait for a patient class, one of p's.
func (p *pace) yield(ctx context.Context, class *patient) (over func(left bool), err error) {
	if p.every == 0 {
		return p.wait(ctx)
	}
	p.once.Do(p.make)
	select {
	case class.turn <- struct{}{}:
		defer func() { <-class.turn }()
	case <-ctx.Done():
		return nil, &heldError{why: paceFull, wait: p.every}
	}
	if err := sleep(ctx, time.Until(class.next), paceFull); err != nil {
		return nil, err
	}
	over, err = p.wait(ctx)
	class.next = time.Now().Add(time.Duration(class.share) * p.every)
	return over, err
}

// enter joins the queue and returns how long it is.
func (p *pace) enter() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := max(0, time.Until(p.next)) + time.Duration(p.ahead)*p.every
	p.ahead++
	return d
}

func (p *pace) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead--
}

// soonest is the earliest moment for the next request, as it looks now: answers
// can make it earlier.
func (p *pace) soonest(now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = slices.DeleteFunc(p.out, func(o *passage) bool { return !o.counts.After(now) })
	if len(p.out) < mostInSecond {
		return p.next
	}
	first := slices.MinFunc(p.out, func(a, b *passage) int { return a.counts.Compare(b.counts) })
	if first.counts.After(p.next) {
		return first.counts
	}
	return p.next
}

// taken counts a request that leaves now. One that leaves late lets the next
// one make up for it by half a step, so that slow timers cost no pace, and never
// more, so that a pause of the machine ends in no burst.
func (p *pace) taken(now time.Time) *passage {
	p.mu.Lock()
	defer p.mu.Unlock()
	if floor := now.Add(-p.every / 2); p.next.Before(floor) {
		p.next = floor
	}
	p.next = p.next.Add(p.every)
	out := &passage{counts: now.Add(travelBound + time.Second)}
	p.out = append(p.out, out)
	return out
}

// over says that a request was answered, or, when it never left, that it does
// not count.
func (p *pace) over(out *passage, left bool, now time.Time) {
	p.mu.Lock()
	if left {
		now = now.Add(time.Second)
	}
	if now.Before(out.counts) {
		out.counts = now
	}
	p.mu.Unlock()
	select {
	case p.freed <- struct{}{}:
	default:
	}
}
