package discord

import (
	"context"
	"sync"
	"time"

	"github.com/haloerzap/halo/bridge"
)

// An intake holds what the gateway said until it is stored, in order. The
// gateway's reader appends and never waits; one goroutine takes.
//
// Its memory is bounded. A message that does not fit is forgotten, and its
// channel is behind: what follows there is forgotten as well, until all of it
// has been fetched.
type intake struct {
	mu        sync.Mutex
	items     []item
	bytes     int
	most      int
	behind    map[string]string // channel -> newest message known there
	strangers map[string]bool   // channels that are none of ours
	later     map[string]later  // fetches put off, by what is fetched
	lastLater time.Time         // the latest moment among them
	wasLater  bool              // one of them was taken last: now it is the others' turn
	holdBack  bool              // a channel is not heard before it has caught up
	epoch     int               // of the connection
	blind     bool              // a new session has not described the guild yet
	blindAt   time.Time         // since when
	listing   bool              // a question for the active threads waits
	wake      chan struct{}

	held map[string][]item // reactions, by channel, that wait for it to catch up

	amends    map[string]amendment // threads whose recent messages are to be compared
	amendWake chan struct{}
}

// later is a fetch put off.
type later struct {
	item
	at time.Time
}

// An item is one of: a message; a change of messages; a reaction; a channel to fetch; a forum
// whose archived posts are to be compared with what was stored; threads to compare,
// with the epoch for which nothing is missing after it.
type item struct {
	message  *message
	change   *change
	reaction *bridge.StaffReaction
	fetch    string
	forum    string
	whole    bool // fetch from the thread's first message on, whatever the cursor says
	compare  bool // threads are all that are active
	threads  []threadInfo
	list     bool // ask which threads are active, and compare them
	settled  int  // epoch, 0 for none
	size     int
}

func newIntake(most int) *intake {
	return &intake{most: most, holdBack: true, behind: map[string]string{}, strangers: map[string]bool{},
		later: map[string]later{}, wake: make(chan struct{}, 1), epoch: 1,
		held: map[string][]item{}, amends: map[string]amendment{}, amendWake: make(chan struct{}, 1)}
}

func (q *intake) add(it item) {
	q.items = append(q.items, it)
	q.bytes += it.size
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// message takes a message in, or reports that it had to be forgotten for want of
// memory.
func (q *intake) message(m message, size int) (forgotten bool) {
	return q.hear(m.Channel, m.ID, item{message: &m, size: size})
}

// hear queues what was heard from a channel. What is forgotten is found again by
// fetching the channel; id is the newest message that must be found then.
func (q *intake) hear(channel, id string, it item) (forgotten bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.strangers[channel] {
		return false
	}
	it.size += 512 // about what an item weighs beside its text
	newest, late := q.behind[channel]
	if !late && !q.blind && q.bytes+it.size <= q.most || !q.holdBack {
		q.add(it)
		return false
	}
	if !late {
		q.add(item{fetch: channel})
	}
	if compareIDs(id, newest) > 0 {
		newest = id
	}
	q.behind[channel] = newest
	return true
}

// foreign says that a channel is none of ours: nothing from it is heard until
// recover or familiar says otherwise. One that is behind is looked at again in any
// case: recover may have been called while the inbox still answered.
func (q *intake) foreign(channel string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, behind := q.behind[channel]; !behind {
		q.strangers[channel] = true
	}
}

// familiar says that a channel is ours.
func (q *intake) familiar(channel string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.strangers, channel)
}

// deaf reports whether messages of a channel are not to be heard one by one: it
// is none of ours, or will be fetched.
func (q *intake) deaf(channel string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, behind := q.behind[channel]
	return behind || q.strangers[channel]
}

// recover makes a thread be fetched whole: what came from it so far was not
// known to concern us.
func (q *intake) recover(thread string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.strangers, thread)
	if _, late := q.behind[thread]; !late {
		q.behind[thread] = ""
	}
	q.add(item{fetch: thread, whole: true})
}

// newEpoch says that the connection ended: nothing queued before makes it ready.
func (q *intake) newEpoch() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.epoch++
}

// newSession says that messages may have been missed, and that the guild will
// be described.
func (q *intake) newSession() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.epoch++
	q.blind, q.blindAt = true, time.Now()
}

// overdue reports that the guild should have been described by now. Then the threads
// are asked for instead.
func (q *intake) overdue(patience time.Duration) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.blind || time.Since(q.blindAt) < patience {
		return false
	}
	q.blind = false
	q.add(item{list: true, settled: q.epoch})
	q.letAllGo()
	return true
}

// missed says that events were lost, and which is not known: every thread is compared.
func (q *intake) missed() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.blind || q.listing {
		return // it will be found so, too
	}
	q.listing = true
	q.add(item{list: true})
}

func (q *intake) guild(threads []threadInfo) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.blind = false
	q.add(item{compare: true, threads: threads, settled: q.epoch})
	q.letAllGo()
}

func (q *intake) resumed(long bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.epoch++
	if !q.blind {
		q.add(item{list: long, settled: q.epoch})
	}
}

// putOff makes a fetch (of a channel or a forum) wait for at least d, and a channel
// be behind until then. gap is the least time between two that were put off: a
// whole forum that may not be read must not use up what Discord allows of refusals.
func (q *intake) putOff(it item, d, gap time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	at := time.Now().Add(d)
	if next := q.lastLater.Add(gap); next.After(at) {
		at = next
	}
	q.lastLater = at
	if _, late := q.behind[it.fetch]; !late && it.fetch != "" {
		q.behind[it.fetch] = ""
	}
	key := it.fetch + it.forum
	it.whole = it.whole || q.later[key].whole
	q.later[key] = later{it, at}
}

// unread is how many channels' fetches wait for their time.
func (q *intake) unread() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.later)
}

// isPutOff reports whether a channel's or forum's fetch waits for its time.
func (q *intake) isPutOff(id string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	_, ok := q.later[id]
	return ok
}

// due is a fetch whose time has come, or else how long the next one has (an hour at
// most). The caller holds the lock.
func (q *intake) due() (it item, ok bool, wait time.Duration) {
	wait = time.Hour
	for key, l := range q.later {
		d := time.Until(l.at)
		if d <= 0 {
			delete(q.later, key)
			return l.item, true, 0
		}
		wait = min(wait, d)
	}
	return item{}, false, wait
}

// next waits for an item; false means that ctx ended.
func (q *intake) next(ctx context.Context) (item, bool) {
	for {
		it, ok, wait := q.pop()
		if ok {
			return it, ctx.Err() == nil
		}
		t := time.NewTimer(wait)
		select {
		case <-q.wake:
			t.Stop()
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return item{}, false
		}
	}
}

// pop is the next item, or else how long to wait for one at most.
func (q *intake) pop() (it item, ok bool, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 || !q.wasLater {
		it, ok, wait = q.due()
	}
	if q.wasLater = ok; ok || len(q.items) == 0 {
		return it, ok, wait
	}
	it = q.items[0]
	q.items[0] = item{}
	if q.items = q.items[1:]; len(q.items) == 0 {
		q.items = nil
	}
	q.bytes -= it.size
	if it.list {
		q.listing = false
	}
	return it, true, 0
}

// newest is the newest message known of a channel that is behind.
func (q *intake) newest(channel string) string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.behind[channel]
}

// caughtUp ends being behind, unless something newer than seen came meanwhile. Changes
// that came meanwhile were forgotten, so the channel is to be amended.
func (q *intake) caughtUp(channel, seen string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if compareIDs(q.behind[channel], seen) > 0 {
		return false
	}
	if _, was := q.behind[channel]; was {
		q.addAmend(channel, time.Time{}, 0)
	}
	delete(q.behind, channel)
	delete(q.later, channel)
	q.letGo(channel)
	return true
}

func (q *intake) current(epoch int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.epoch == epoch
}
