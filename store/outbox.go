package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/ledger"
)

// Lanes returns all lanes that have letters, those that may be tried first in front.
func (s *Store) Lanes(ctx context.Context) ([]ledger.LaneHead, error) {
	var rows []redis.Z
	err := s.again(ctx, func() (err error) {
		rows, err = s.client.ZRangeWithScores(ctx, s.keys.lanes().name, 0, -1).Result()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read lanes: %w", err)
	}
	heads := make([]ledger.LaneHead, len(rows))
	for i, z := range rows {
		heads[i].Lane = text(z.Member)
		if z.Score > 0 {
			heads[i].NotBefore = time.UnixMilli(int64(z.Score)).UTC()
		}
	}
	return heads, nil
}

// LaneLen returns how many letters a lane has.
func (s *Store) LaneLen(ctx context.Context, lane string) (n int64, err error) {
	err = s.again(ctx, func() (err error) {
		n, err = s.client.LLen(ctx, s.keys.lane(lane).name).Result()
		return err
	})
	return n, wrap(err, "count lane "+lane)
}

// Begin starts an attempt at the first letter of a lane: it is sending, has one
// attempt more, and the time of its first attempt is fixed. A status beyond
// Sending means that the letter did arrive at an earlier attempt (a receipt said
// so): all that is left is its outcome.
//
// ok is false when the lane is empty. An epoch that is not the newest gives
// [ledger.ErrStale], a letter whose own NotBefore has not come a [*ledger.EarlyError],
// and then nothing was written. Begin does not look at the lane's NotBefore. Its answer may get
// lost and the call be repeated: then an attempt is counted that was none.
func (s *Store) Begin(ctx context.Context, epoch int64, lane string) (l ledger.Letter, st ledger.Status, ok bool, err error) {
	for {
		l, st, ok, err = s.begin(ctx, epoch, lane)
		if errors.Is(err, ledger.ErrNotHead) && ctx.Err() == nil {
			continue // it was finished between our two questions
		}
		return l, st, ok, wrap(err, "begin lane "+lane)
	}
}

func (s *Store) begin(ctx context.Context, epoch int64, lane string) (l ledger.Letter, st ledger.Status, ok bool, err error) {
	if err := errors.Join(CheckDesk(s.desk), checkName("lane", lane)); err != nil {
		return l, st, false, err
	}
	var row string
	err = s.again(ctx, func() (err error) {
		row, err = s.client.LIndex(ctx, s.keys.lane(lane).name, 0).Result()
		return err
	})
	if errors.Is(err, redis.Nil) {
		return l, st, false, nil
	}
	if err != nil {
		return l, st, false, err
	}
	if l, err = decodeLetter(row); err != nil {
		return l, st, false, err
	}
	if l.NotBefore.After(s.now()) {
		return l, st, false, &ledger.EarlyError{Until: l.NotBefore}
	}
	b := s.outboxBatch(epoch, l)
	m := s.keys.messages(l.Log)
	b.write("below", m, "s:"+l.ID, int(ledger.Sending), int(ledger.Sent))
	b.write("add", m, "a:"+l.ID, 1)
	b.write("fill", m, "f:"+l.ID, s.clock().UnixMilli())
	for _, prefix := range []string{"s:", "a:", "f:", "e:", "r:"} {
		b.write("hget", m, prefix+l.ID)
	}
	r, err := s.ask(ctx, b)
	if err != nil {
		return l, st, false, err
	}
	if len(r) != 5 {
		return l, st, false, fmt.Errorf("commit script answered %d values, not 5", len(r))
	}
	st, err = parseStatus(r[0], r[1], r[2], r[3], r[4])
	return l, st, err == nil, err
}

// Nack ends an attempt that brought nothing: the letter stays at the head of its
// lane, which is not to be tried before notBefore (real time). When the attempt
// does not count (an outage, a rate limit) it is given back. Reason is for people.
func (s *Store) Nack(ctx context.Context, epoch int64, l ledger.Letter, notBefore time.Time, reason string, counts bool) error {
	if err := errors.Join(CheckDesk(s.desk), checkLetter(l)); err != nil {
		return fmt.Errorf("nack letter: %w", err)
	}
	b := s.outboxBatch(epoch, l)
	m := s.keys.messages(l.Log)
	rest := 2
	if !counts {
		rest = 3
	}
	// Only from sending: a repetition must not give the attempt back twice.
	b.write("when", m, "s:"+l.ID, int(ledger.Sending), rest)
	b.write("hset", m, "r:"+l.ID, clip(reason, maxReason))
	if !counts {
		b.write("add", m, "a:"+l.ID, -1)
	}
	b.write("hset", m, "s:"+l.ID, int(ledger.Waiting))
	b.write("zadd", s.keys.lanes(), l.Lane, max(notBefore.UnixMilli(), 0))
	_, err := s.ask(ctx, b)
	return wrap(err, "nack letter "+l.ID)
}

// outboxBatch starts a batch that only the newest epoch may write, and only while
// l leads its lane.
func (s *Store) outboxBatch(epoch int64, l ledger.Letter) *batch {
	b := newBatch()
	b.guard(wordStale, "string", s.keys.epoch(), epoch)
	b.guard(wordNotHead, "head", s.keys.lane(l.Lane), l.ID)
	b.guard(wordUnknown, "with", s.keys.messages(l.Log), "s:"+l.ID)
	return b
}

// ask runs a batch that bears repetition.
func (s *Store) ask(ctx context.Context, b *batch) (results []string, err error) {
	var word string
	err = s.again(ctx, func() (err error) {
		word, results, err = s.run(ctx, b)
		return err
	})
	if err != nil {
		return nil, err
	}
	return results, verdict(word)
}

// Views returns what is to be rendered anew, the oldest wish first, at most limit.
func (s *Store) Views(ctx context.Context, limit int) ([]ledger.View, error) {
	var rows []redis.Z
	err := s.again(ctx, func() (err error) {
		rows, err = s.client.ZRangeWithScores(ctx, s.keys.views().name, 0, int64(limit)-1).Result()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read views: %w", err)
	}
	views := make([]ledger.View, len(rows))
	for i, z := range rows {
		views[i] = ledger.View{Name: text(z.Member), Gen: int64(z.Score)}
	}
	return views, nil
}

// Viewed notes that v was rendered. If somebody asked for it again meanwhile, it
// stays on the list.
func (s *Store) Viewed(ctx context.Context, epoch int64, v ledger.View) error {
	b := newBatch()
	b.guard(wordStale, "string", s.keys.epoch(), epoch)
	b.guard(wordConflict, "score", s.keys.views(), v.Name, v.Gen)
	b.write("zrem", s.keys.views(), v.Name)
	var word string
	err := s.again(ctx, func() (err error) {
		word, _, err = s.run(ctx, b)
		return err
	})
	if err == nil && word != wordConflict {
		err = verdict(word)
	}
	return wrap(err, "finish view "+v.Name)
}
