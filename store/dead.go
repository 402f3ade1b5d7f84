package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/ledger"
)

// DeadLetter returns a buried letter.
func (s *Store) DeadLetter(ctx context.Context, id string) (l ledger.Letter, ok bool, err error) {
	data, ok, err := s.field(ctx, s.keys.dead(), id)
	if err != nil || !ok {
		return l, false, wrap(err, "read dead letter "+id)
	}
	if err := json.Unmarshal([]byte(data), &l); err != nil {
		return l, false, fmt.Errorf("%w: dead letter %s: %w", ledger.ErrCorrupt, id, err)
	}
	return l, true, nil
}

// Dead yields all buried letters, in no order. One that is buried or revived
// meanwhile may or may not be among them. An error ends it.
func (s *Store) Dead(ctx context.Context) iter.Seq2[ledger.Letter, error] {
	return func(yield func(ledger.Letter, error) bool) {
		seen := map[string]bool{} // a scan may come by the same field twice
		for cursor := uint64(0); ; {
			var rows []string
			err := s.again(ctx, func() (err error) {
				rows, cursor, err = s.client.HScan(ctx, s.keys.dead().name, cursor, "", 100).Result()
				return err
			})
			if err != nil {
				yield(ledger.Letter{}, fmt.Errorf("read dead letters: %w", err))
				return
			}
			for i := 0; i+1 < len(rows); i += 2 {
				if seen[rows[i]] {
					continue
				}
				seen[rows[i]] = true
				var l ledger.Letter
				if err := json.Unmarshal([]byte(rows[i+1]), &l); err != nil {
					yield(l, fmt.Errorf("%w: dead letter %s: %w", ledger.ErrCorrupt, rows[i], err))
					return
				}
				if !yield(l, nil) {
					return
				}
			}
			if cursor == 0 {
				return
			}
		}
	}
}

// A Buried letter is one that needs a person.
type Buried struct {
	Letter   ledger.Letter
	At       time.Time // desk time of its burial
	Reason   string    // why it was given up, for people
	Attempts int       // sends begun, also before it was last revived
}

// DeadLetters returns a page of the buried letters, the one buried last first, and how
// many there are in all. One that is revived meanwhile may be missing from the page.
func (s *Store) DeadLetters(ctx context.Context, offset, limit int) (page []Buried, total int, err error) {
	if offset < 0 || limit < 1 {
		return nil, 0, fmt.Errorf("read dead letters: no page of %d from %d", limit, offset)
	}
	var rows []redis.Z
	for range 2 {
		var all int
		rows, total, all, err = s.buried(ctx, offset, limit)
		if err == nil && all > total {
			err = s.indexDead(ctx)
			continue
		}
		break
	}
	if err == nil && len(rows) > 0 {
		page, err = s.exhume(ctx, rows)
	}
	return page, total, wrap(err, "read dead letters")
}

// buried reads rows of the index of the dead, its size, and how many dead there are.
func (s *Store) buried(ctx context.Context, offset, limit int) (rows []redis.Z, indexed, all int, err error) {
	err = s.again(ctx, func() error {
		var r *redis.ZSliceCmd
		var n, m *redis.IntCmd
		_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			r = p.ZRevRangeWithScores(ctx, s.keys.buried().name, int64(offset), int64(offset)+int64(limit)-1)
			n = p.ZCard(ctx, s.keys.buried().name)
			m = p.HLen(ctx, s.keys.dead().name)
			return nil
		})
		rows, indexed, all = r.Val(), int(n.Val()), int(m.Val())
		return err
	})
	return rows, indexed, all, err
}

// indexDead gives letters that were buried before there was an index their rows, as if
// they had been buried when they were written.
func (s *Store) indexDead(ctx context.Context) error {
	for l, err := range s.Dead(ctx) {
		if err != nil {
			return err
		}
		b := newBatch()
		b.guard(wordDone, "with", s.keys.dead(), l.ID) // or it was revived meanwhile
		b.write("zfill", s.keys.buried(), l.ID, l.At.UnixMilli())
		err := s.again(ctx, func() error {
			_, _, err := s.run(ctx, b)
			return err
		})
		if err != nil {
			return fmt.Errorf("index letter %s: %w", l.ID, err)
		}
	}
	return nil
}

// exhume reads the letters that rows of the index name, and why they died.
func (s *Store) exhume(ctx context.Context, rows []redis.Z) ([]Buried, error) {
	ids := make([]string, len(rows))
	for i, z := range rows {
		ids[i] = text(z.Member)
	}
	var letters []any
	err := s.again(ctx, func() (err error) {
		letters, err = s.client.HMGet(ctx, s.keys.dead().name, ids...).Result()
		return err
	})
	if err != nil {
		return nil, err
	}
	var page []Buried
	for i, data := range letters {
		if data == nil {
			continue // revived between our two questions
		}
		b := Buried{At: time.UnixMilli(int64(rows[i].Score)).UTC()}
		if err := json.Unmarshal([]byte(text(data)), &b.Letter); err != nil {
			return nil, fmt.Errorf("%w: dead letter %s: %w", ledger.ErrCorrupt, ids[i], err)
		}
		page = append(page, b)
	}
	return page, s.explainDeaths(ctx, page)
}

// explainDeaths fills in what the message tables know.
func (s *Store) explainDeaths(ctx context.Context, page []Buried) error {
	if len(page) == 0 {
		return nil
	}
	tables := make([]*redis.SliceCmd, len(page))
	err := s.again(ctx, func() error {
		_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, b := range page {
				tables[i] = p.HMGet(ctx, s.keys.messages(b.Letter.Log).name, "r:"+b.Letter.ID, "a:"+b.Letter.ID)
			}
			return nil
		})
		return err
	})
	if err != nil {
		return err
	}
	for i := range page {
		row := tables[i].Val()
		page[i].Reason = text(row[0])
		page[i].Attempts, _ = strconv.Atoi(text(row[1])) // absent if it never was begun
	}
	return nil
}
