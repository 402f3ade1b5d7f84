package discord

import (
	"context"
	"time"
)

// An amendment is a thread to be looked at for changes that were not heard.
type amendment struct {
	at   time.Time     // not before
	wait time.Duration // since the last attempt failed, 0 for none
}

// allRecent stands, among the threads to amend, for the question which they are.
const allRecent = ""

// amend makes a thread be looked at, soon.
func (q *intake) amend(thread string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.addAmend(thread, time.Time{}, 0)
}

// amendAgain is amend after a failure: first after d, then each time twice as late,
// up to an hour.
func (q *intake) amendAgain(thread string, last, d time.Duration) (wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if last > 0 {
		d = min(2*last, time.Hour)
	}
	q.addAmend(thread, time.Now().Add(d), d)
	return d
}

// addAmend is called with the lock held. What is to be done sooner stays so.
func (q *intake) addAmend(thread string, at time.Time, wait time.Duration) {
	if old, there := q.amends[thread]; there && old.at.Before(at) {
		return
	}
	q.amends[thread] = amendment{at: at, wait: wait}
	select {
	case q.amendWake <- struct{}{}:
	default:
	}
}

// nextAmend waits for a thread to amend; wait is how long its last attempt was put
// off, 0 for none. false means that ctx ended.
func (q *intake) nextAmend(ctx context.Context) (thread string, wait time.Duration, ok bool) {
	for {
		thread, wait, left := q.popAmend()
		if left <= 0 {
			return thread, wait, ctx.Err() == nil
		}
		t := time.NewTimer(left)
		select {
		case <-q.amendWake:
			t.Stop()
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return "", 0, false
		}
	}
}

// popAmend is a thread whose time has come, or how long the next one has (an hour at
// most). A thread that is behind waits: messages first.
func (q *intake) popAmend() (thread string, wait, left time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	left = time.Hour
	for id, a := range q.amends {
		if _, behind := q.behind[id]; behind {
			continue // caughtUp brings it back
		}
		d := time.Until(a.at)
		if d <= 0 {
			delete(q.amends, id)
			return id, a.wait, 0
		}
		left = min(left, d)
	}
	return "", 0, left
}
