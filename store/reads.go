package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/ledger"
)

// Doc returns a document, version 0 if there is none.
func (s *Store) Doc(ctx context.Context, ref ledger.Ref) (ledger.Doc, error) {
	var row []any
	err := s.again(ctx, func() (err error) {
		row, err = s.client.HMGet(ctx, s.keys.doc(ref).name, "v", "d").Result()
		return err
	})
	if err != nil {
		return ledger.Doc{}, fmt.Errorf("read document %s: %w", ref, err)
	}
	return parseDoc(ref, row)
}

// docs returns documents by one round trip, or an error if one cannot be read.
func (s *Store) docs(ctx context.Context, refs []ledger.Ref) (map[ledger.Ref]ledger.Doc, error) {
	rows := make([]*redis.SliceCmd, len(refs))
	if _, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, ref := range refs {
			rows[i] = p.HMGet(ctx, s.keys.doc(ref).name, "v", "d")
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read %d documents: %w", len(refs), err)
	}
	docs := make(map[ledger.Ref]ledger.Doc, len(refs))
	for i, ref := range refs {
		d, err := parseDoc(ref, rows[i].Val())
		if err != nil {
			return nil, err
		}
		docs[ref] = d
	}
	return docs, nil
}

func parseDoc(ref ledger.Ref, row []any) (ledger.Doc, error) {
	if row[0] == nil {
		return ledger.Doc{}, nil
	}
	v, err := strconv.ParseInt(text(row[0]), 10, 64)
	if err != nil {
		return ledger.Doc{}, fmt.Errorf("read version of %s: %w", ref, err)
	}
	return ledger.Doc{Version: v, Data: []byte(text(row[1]))}, nil
}

// text is a field of a reply, "" when it is not there.
func text(v any) string {
	t, _ := v.(string)
	return t
}

// Events yields a log, oldest first. Events appended meanwhile may be among them.
// An error ends it.
func (s *Store) Events(ctx context.Context, log string) iter.Seq2[ledger.Event, error] {
	const page = 200
	return func(yield func(ledger.Event, error) bool) {
		for start := int64(0); ; start += page {
			var rows []string
			err := s.again(ctx, func() (err error) {
				rows, err = s.client.LRange(ctx, s.keys.events(log).name, start, start+page-1).Result()
				return err
			})
			if err != nil {
				yield(ledger.Event{}, fmt.Errorf("read events of %s: %w", log, err))
				return
			}
			for i, row := range rows {
				var e ledger.Event
				if err := json.Unmarshal([]byte(row), &e); err != nil {
					yield(e, fmt.Errorf("%w: event %d of %s: %w", ledger.ErrCorrupt, start+int64(i), log, err))
					return
				}
				if !yield(e, nil) {
					return
				}
			}
			if len(rows) < page {
				return
			}
		}
	}
}

// Status returns what the message table of log knows of a letter.
func (s *Store) Status(ctx context.Context, log, letter string) (st ledger.Status, ok bool, err error) {
	var row []any
	err = s.again(ctx, func() (err error) {
		row, err = s.client.HMGet(ctx, s.keys.messages(log).name,
			"s:"+letter, "a:"+letter, "f:"+letter, "e:"+letter, "r:"+letter).Result()
		return err
	})
	if err != nil {
		return st, false, fmt.Errorf("read status of letter %s: %w", letter, err)
	}
	if row[0] == nil {
		return st, false, nil
	}
	st, err = parseStatus(text(row[0]), text(row[1]), text(row[2]), text(row[3]), text(row[4]))
	if err != nil {
		return st, false, fmt.Errorf("read status of letter %s: %w", letter, err)
	}
	return st, true, nil
}

// Statuses returns a whole message table, by letter.
func (s *Store) Statuses(ctx context.Context, log string) (map[string]ledger.Status, error) {
	var row map[string]string
	err := s.again(ctx, func() (err error) {
		row, err = s.client.HGetAll(ctx, s.keys.messages(log).name).Result()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read statuses of %s: %w", log, err)
	}
	all := map[string]ledger.Status{}
	for field, state := range row {
		id, ok := strings.CutPrefix(field, "s:")
		if !ok {
			continue
		}
		all[id], err = parseStatus(state, row["a:"+id], row["f:"+id], row["e:"+id], row["r:"+id])
		if err != nil {
			return nil, fmt.Errorf("read status of letter %s: %w", id, err)
		}
	}
	return all, nil
}

func parseStatus(state, attempts, first, ext, reason string) (ledger.Status, error) {
	n, err := strconv.Atoi(state)
	if err != nil {
		return ledger.Status{}, fmt.Errorf("state: %w", err)
	}
	st := ledger.Status{State: ledger.State(n), Ext: ext, Reason: reason}
	if attempts != "" {
		if st.Attempts, err = strconv.Atoi(attempts); err != nil {
			return st, fmt.Errorf("attempts: %w", err)
		}
	}
	if first != "" {
		ms, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			return st, fmt.Errorf("first attempt: %w", err)
		}
		st.First = time.UnixMilli(ms).UTC()
	}
	return st, nil
}

// LetterByExt finds the letter that has the identifier ext at its destination.
func (s *Store) LetterByExt(ctx context.Context, log, ext string) (letter string, ok bool, err error) {
	letter, ok, err = s.field(ctx, s.keys.messages(log), "x:"+ext)
	if err != nil {
		return "", false, fmt.Errorf("find letter by %s: %w", ext, err)
	}
	return letter, ok, nil
}

func (s *Store) field(ctx context.Context, k key, field string) (v string, ok bool, err error) {
	err = s.again(ctx, func() (err error) {
		v, err = s.client.HGet(ctx, k.name, field).Result()
		return err
	})
	if errors.Is(err, redis.Nil) {
		return "", false, nil
	}
	return v, err == nil, err
}

func wrap(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

// A Range chooses rows of an index. The zero Range is all of it, lowest first.
type Range struct {
	Min, Max *int64 // scores, inclusive; nil for no bound
	Offset   int64
	Limit    int64 // 0 for no limit
	Down     bool  // highest score first
}

// Index returns rows of a sorted index, by score, then by member.
func (s *Store) Index(ctx context.Context, index string, r Range) ([]ledger.IndexRow, error) {
	by := redis.ZRangeArgs{
		Key: s.keys.index(index).name, Start: "-inf", Stop: "+inf",
		ByScore: true, Rev: r.Down, Offset: r.Offset, Count: r.Limit,
	}
	if r.Min != nil {
		by.Start = *r.Min
	}
	if r.Max != nil {
		by.Stop = *r.Max
	}
	if r.Limit == 0 {
		by.Count = -1
	}
	if r.Down {
		by.Start, by.Stop = by.Stop, by.Start
	}
	var rows []redis.Z
	err := s.again(ctx, func() (err error) {
		rows, err = s.client.ZRangeArgsWithScores(ctx, by).Result()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read index %s: %w", index, err)
	}
	out := make([]ledger.IndexRow, len(rows))
	for i, z := range rows {
		out[i] = ledger.IndexRow{Index: index, Member: text(z.Member), Score: int64(z.Score)}
	}
	return out, nil
}

// IndexLen returns how many members an index has.
func (s *Store) IndexLen(ctx context.Context, index string) (n int64, err error) {
	err = s.again(ctx, func() (err error) {
		n, err = s.client.ZCard(ctx, s.keys.index(index).name).Result()
		return err
	})
	return n, wrap(err, "count index "+index)
}

// Waiting returns the first letters of a lane, at most limit, 0 for all.
func (s *Store) Waiting(ctx context.Context, lane string, limit int64) ([]ledger.Letter, error) {
	var rows []string
	err := s.again(ctx, func() (err error) {
		rows, err = s.client.LRange(ctx, s.keys.lane(lane).name, 0, limit-1).Result()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read lane %s: %w", lane, err)
	}
	letters := make([]ledger.Letter, len(rows))
	for i, row := range rows {
		if letters[i], err = decodeLetter(row); err != nil {
			return nil, fmt.Errorf("read lane %s: %w", lane, err)
		}
	}
	return letters, nil
}
