package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/ledger"
)

// Due returns the timers due at desk time now, the longest overdue first, at most
// limit, and the time the next one after now is due (zero if there is none).
// A timer fires by an [Store.Update] whose cause it is; until then it stays due.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) (due []ledger.Timer, next time.Time, err error) {
	ms := strconv.FormatInt(now.UnixMilli(), 10)
	key := s.keys.timers().name
	var rows, after []redis.Z
	err = s.again(ctx, func() error {
		var a, b *redis.ZSliceCmd
		_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			a = p.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: key, Start: "-inf", Stop: ms, ByScore: true, Count: int64(limit)})
			b = p.ZRangeArgsWithScores(ctx, redis.ZRangeArgs{Key: key, Start: "(" + ms, Stop: "+inf", ByScore: true, Count: 1})
			return nil
		})
		rows, after = a.Val(), b.Val()
		return err
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read timers: %w", err)
	}
	due = make([]ledger.Timer, len(rows))
	for i, z := range rows {
		kind, id, _ := strings.Cut(text(z.Member), "|")
		due[i] = ledger.Timer{Kind: kind, ID: id, Due: time.UnixMilli(int64(z.Score)).UTC()}
	}
	if len(after) > 0 {
		next = time.UnixMilli(int64(after[0].Score)).UTC()
	}
	return due, next, nil
}

// Prune forgets what was received on days that ended before the given time, and
// returns how many days of a source that were. Something that old, brought again,
// would be taken for new.
func (s *Store) Prune(ctx context.Context, before time.Time) (buckets int, err error) {
	day := before.UTC().Truncate(24 * time.Hour).Add(-24 * time.Hour)
	var names []string
	err = s.again(ctx, func() (err error) {
		names, err = s.client.ZRangeArgs(ctx, redis.ZRangeArgs{
			Key: s.keys.dedupes().name, Start: "-inf", Stop: strconv.FormatInt(day.UnixMilli(), 10), ByScore: true,
		}).Result()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read dedupe buckets: %w", err)
	}
	for _, name := range names {
		b := newBatch()
		b.write("unlink", s.keys.dedupe(name))
		b.write("zrem", s.keys.dedupes(), name)
		if _, err := s.ask(ctx, b); err != nil {
			return buckets, fmt.Errorf("forget %s: %w", name, err)
		}
		buckets++
	}
	return buckets, nil
}
