package store

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haloerzap/halo/ledger"
)

// What one commit may hold.
const (
	MaxDoc    = 16 << 10  // bytes of a document
	MaxCommit = 256 << 10 // bytes written
	MaxRows   = 200       // documents, events, letters, timers, ... written
	maxName   = 200       // bytes of an id, lane, log, index, member
	maxReason = 1000      // bytes of a reason; longer ones are cut
	maxScore  = 1 << 53   // beyond it Redis' scores are not exact
)

// plan turns a change into a batch. Without write it only checks that the change
// could be made.
func (s *Store) plan(cause ledger.Cause, c ledger.Change, token string, write bool) (*batch, error) {
	if err := checkChange(cause, c); err != nil {
		return nil, err
	}
	b := newBatch()
	s.guardCause(b, cause)
	for _, ref := range sortedRefs(c.Reads) {
		b.guard(wordConflict, "version", s.keys.doc(ref), c.Reads[ref])
	}
	for _, id := range c.Revived {
		b.guard(wordConflict, "with", s.keys.dead(), id)
	}
	if !write {
		return b, nil
	}
	if rows(c) == 0 && !once(cause) {
		return b, nil
	}
	b.write("stamp", s.keys.commits())
	s.writeCause(b, cause, token)
	if err := s.writeChange(b, c); err != nil {
		return nil, err
	}
	if b.bytes > MaxCommit {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ledger.ErrTooLarge, b.bytes, MaxCommit)
	}
	return b, nil
}

// once reports whether the cause takes effect only once.
func once(c ledger.Cause) bool { return c.Inbox != nil || c.Timer != nil || c.Outcome != nil }

func (s *Store) guardCause(b *batch, cause ledger.Cause) {
	switch {
	case cause.Inbox != nil:
		b.guard(wordDone, "without", s.keys.dedupe(bucket(cause.Inbox.Source, cause.Inbox.At)), cause.Inbox.ID)
	case cause.Timer != nil:
		b.guard(wordDone, "score", s.keys.timers(), cause.Timer.Name(), due(*cause.Timer))
	case cause.Outcome != nil:
		o := cause.Outcome
		b.guard(wordStale, "string", s.keys.epoch(), o.Epoch)
		b.guard(wordNotHead, "head", s.keys.lane(o.Letter.Lane), o.Letter.ID)
		b.guard(wordUnknown, "with", s.keys.messages(o.Letter.Log), "s:"+o.Letter.ID)
	case cause.Hold != nil:
		b.guard(wordStale, "string", s.keys.epoch(), cause.Hold.Epoch)
		b.guard(wordNotHead, "head", s.keys.lane(cause.Hold.Letter.Lane), cause.Hold.Letter.ID)
	}
}

func (s *Store) writeCause(b *batch, cause ledger.Cause, token string) {
	switch {
	case cause.Inbox != nil:
		name := bucket(cause.Inbox.Source, cause.Inbox.At)
		day := cause.Inbox.At.UTC().Truncate(24 * time.Hour).UnixMilli()
		b.write("hset", s.keys.dedupe(name), cause.Inbox.ID, token)
		b.write("zadd", s.keys.dedupes(), name, day)
	case cause.Timer != nil:
		b.write("zrem", s.keys.timers(), cause.Timer.Name())
	case cause.Outcome != nil:
		s.writeOutcome(b, cause.Outcome)
	}
}

// writeOutcome takes the letter from the head of its lane. A receipt may have
// come before us: a state beyond Sent stays.
func (s *Store) writeOutcome(b *batch, o *ledger.Outcome) {
	lane, m, id := s.keys.lane(o.Letter.Lane), s.keys.messages(o.Letter.Log), o.Letter.ID
	if o.State == ledger.Dead {
		b.write("bury", lane, b.key(s.keys.lanes()), o.Letter.Lane, b.key(s.keys.dead()))
		b.write("zadd", s.keys.buried(), id, s.now().UnixMilli())
		b.write("hset", m, "s:"+id, int(ledger.Dead))
	} else {
		b.write("pop", lane, b.key(s.keys.lanes()), o.Letter.Lane)
		b.write("below", m, "s:"+id, int(ledger.Sent), int(ledger.Sent))
		b.write("hdel", m, "f:"+id)
	}
	if o.Ext != "" {
		b.write("hset", m, "e:"+id, o.Ext)
		b.write("hset", m, "x:"+o.Ext, id)
	}
	if o.Reason != "" {
		b.write("hset", m, "r:"+id, clip(o.Reason, maxReason))
	} else {
		b.write("hdel", m, "r:"+id)
	}
}

func (s *Store) writeChange(b *batch, c ledger.Change) error {
	for _, p := range c.Puts {
		if p.Data == nil {
			b.write("unlink", s.keys.doc(p.Ref))
		} else {
			b.write("put", s.keys.doc(p.Ref), p.Data)
		}
	}
	for _, e := range c.Events {
		data, err := json.Marshal(e.Event)
		if err != nil {
			return fmt.Errorf("encode event %s of %s: %w", e.Event.What, e.Log, err)
		}
		b.write("rpush", s.keys.events(e.Log), data)
	}
	if err := s.writeLetters(b, c); err != nil {
		return err
	}
	for _, t := range c.Cancelled {
		b.write("zrem", s.keys.timers(), t.Name())
	}
	for _, t := range c.Timers {
		b.write("zadd", s.keys.timers(), t.Name(), due(t))
	}
	for _, r := range c.Raised {
		b.write("below", s.keys.messages(r.Log), "s:"+r.Letter, int(r.To), int(r.To))
	}
	for _, v := range c.Views {
		b.write("zstamp", s.keys.views(), v)
	}
	for _, r := range c.Unindexed {
		b.write("zrem", s.keys.index(r.Index), r.Member)
	}
	for _, r := range c.Indexed {
		b.write("zadd", s.keys.index(r.Index), r.Member, r.Score)
	}
	return nil
}

func (s *Store) writeLetters(b *batch, c ledger.Change) error {
	revived := map[string]bool{}
	for _, id := range c.Revived {
		revived[id] = true
	}
	for i, l := range slices.Concat(c.First, c.Letters) {
		data, err := encodeLetter(l)
		if err != nil {
			return err
		}
		m, id := s.keys.messages(l.Log), l.ID
		if again, ok := revived[id]; ok {
			if !again {
				continue // revived twice by the same change
			}
			revived[id] = false
			b.write("hdel", s.keys.dead(), id)
			b.write("zrem", s.keys.buried(), id)
			b.write("hset", m, "s:"+id, int(ledger.Queued))
			b.write("hdel", m, "r:"+id)
		} else {
			rest := 2
			if l.Ext != "" {
				rest = 4
			}
			b.write("once", m, "s:"+id, int(ledger.Queued), rest)
			if l.Ext != "" {
				b.write("hset", m, "e:"+id, l.Ext)
				b.write("hset", m, "x:"+l.Ext, id)
			}
		}
		push := "rpush"
		if i < len(c.First) {
			push = "lpush"
		}
		b.write(push, s.keys.lane(l.Lane), data)
		b.write("zfill", s.keys.lanes(), l.Lane, 0)
	}
	return nil
}

// A lane holds letters as "id\nJSON", so that a script can tell whose turn it is.
func encodeLetter(l ledger.Letter) (string, error) {
	data, err := json.Marshal(l)
	if err != nil {
		return "", fmt.Errorf("encode letter %s: %w", l.ID, err)
	}
	return l.ID + "\n" + string(data), nil
}

func decodeLetter(row string) (l ledger.Letter, err error) {
	id, data, ok := strings.Cut(row, "\n")
	if !ok {
		return l, fmt.Errorf("%w: a letter without id: %.40q", ledger.ErrCorrupt, row)
	}
	if err := json.Unmarshal([]byte(data), &l); err != nil {
		return l, fmt.Errorf("%w: letter %s: %w", ledger.ErrCorrupt, id, err)
	}
	return l, nil
}

// due is a timer's row: milliseconds, never before the time meant.
func due(t ledger.Timer) int64 {
	ms := t.Due.UnixMilli()
	if time.UnixMilli(ms).Before(t.Due) {
		ms++
	}
	return ms
}

// clip cuts s to at most n bytes, at a rune's border.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func sortedRefs(m map[ledger.Ref]int64) []ledger.Ref {
	refs := make([]ledger.Ref, 0, len(m))
	for r := range m {
		refs = append(refs, r)
	}
	slices.SortFunc(refs, func(a, b ledger.Ref) int { return strings.Compare(a.String(), b.String()) })
	return refs
}

func rows(c ledger.Change) int {
	return len(c.Puts) + len(c.Events) + len(c.Letters) + len(c.First) + len(c.Timers) +
		len(c.Cancelled) + len(c.Raised) + len(c.Views) + len(c.Indexed) + len(c.Unindexed)
}

// checkChange refuses what could not be stored or read again.
func checkChange(cause ledger.Cause, c ledger.Change) error {
	if n := max(rows(c), len(c.Reads)); n > MaxRows {
		return fmt.Errorf("%w: %d rows, at most %d", ledger.ErrTooLarge, n, MaxRows)
	}
	for _, p := range c.Puts {
		if len(p.Data) > MaxDoc {
			return fmt.Errorf("%w: %s has %d bytes, at most %d", ledger.ErrTooLarge, p.Ref, len(p.Data), MaxDoc)
		}
	}
	for _, l := range c.First {
		if lane := holder(cause).Lane; lane != l.Lane {
			return fmt.Errorf("letter %s: only who holds a letter of lane %s may put one first", l.ID, l.Lane)
		}
	}
	for _, l := range slices.Concat(c.First, c.Letters) {
		if err := checkLetter(l); err != nil {
			return err
		}
	}
	for _, e := range c.Events {
		if err := checkName("log", e.Log); err != nil {
			return err
		}
	}
	for _, t := range slices.Concat(c.Timers, c.Cancelled) {
		if err := checkTimer(t); err != nil {
			return err
		}
	}
	for _, r := range c.Raised {
		if r.To < ledger.Sent || r.To > ledger.Read {
			return fmt.Errorf("raise letter %s: a letter is not raised to %s", r.Letter, r.To)
		}
		if err := joinNames("log", r.Log, "letter", r.Letter); err != nil {
			return err
		}
	}
	for _, v := range c.Views {
		if err := checkName("view", v); err != nil {
			return err
		}
	}
	for _, r := range slices.Concat(c.Indexed, c.Unindexed) {
		if err := joinNames("index", r.Index, "member", r.Member); err != nil {
			return err
		}
		if math.Abs(float64(r.Score)) > maxScore {
			return fmt.Errorf("index %s: score %d of %s is beyond 2^53", r.Index, r.Score, r.Member)
		}
	}
	return nil
}

// holder is the letter that the cause says is in our hands, if it does.
func holder(c ledger.Cause) ledger.Letter {
	switch {
	case c.Outcome != nil:
		return c.Outcome.Letter
	case c.Hold != nil:
		return c.Hold.Letter
	}
	return ledger.Letter{}
}

func checkCause(c ledger.Cause) error {
	n := 0
	var err error
	if c.Inbox != nil {
		n++
		err = joinNames("source", c.Inbox.Source, "id", c.Inbox.ID)
		if err == nil && (c.Inbox.At.Year() < 2000 || c.Inbox.At.Year() > 9999) {
			err = fmt.Errorf("%w: cause from %s has no time of its own", ledger.ErrInvalid, c.Inbox.Source)
		}
	}
	if c.Timer != nil {
		n++
		err = checkTimer(*c.Timer)
	}
	if c.Outcome != nil {
		n++
		err = checkLetter(c.Outcome.Letter)
		if s := c.Outcome.State; err == nil && s != ledger.Sent && s != ledger.Dead {
			err = fmt.Errorf("outcome of letter %s: want sent or dead, have %s", c.Outcome.Letter.ID, s)
		}
		if err == nil && c.Outcome.Ext != "" {
			err = checkName("ext", c.Outcome.Ext)
		}
	}
	if c.Hold != nil {
		n++
		err = checkLetter(c.Hold.Letter)
	}
	if n > 1 {
		return fmt.Errorf("a change has one cause, not %d", n)
	}
	return err
}

func checkLetter(l ledger.Letter) error {
	if err := joinNames("letter", l.ID, "lane", l.Lane, "log", l.Log); err != nil {
		return err
	}
	if strings.Contains(l.ID, "\n") {
		return fmt.Errorf("letter %q: a line break in its id", l.ID)
	}
	if l.Ext == "" {
		return nil
	}
	return checkName("ext", l.Ext)
}

func checkTimer(t ledger.Timer) error {
	if strings.Contains(t.Kind, "|") {
		return fmt.Errorf("timer kind %q: a \"|\" in it", t.Kind)
	}
	return joinNames("timer kind", t.Kind, "timer id", t.ID)
}

func checkRef(r ledger.Ref) error {
	if strings.Contains(string(r.Kind), ":") {
		return fmt.Errorf("document kind %q: a \":\" in it", r.Kind)
	}
	return joinNames("document kind", string(r.Kind), "document id", r.ID)
}

func joinNames(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if err := checkName(pairs[i], pairs[i+1]); err != nil {
			return err
		}
	}
	return nil
}

func checkName(what, name string) error {
	if name == "" || len(name) > maxName {
		return fmt.Errorf("%w: %s of %d bytes, want 1 to %d", ledger.ErrInvalid, what, len(name), maxName)
	}
	return nil
}
