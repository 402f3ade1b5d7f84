package store

import (
	"context"
	_ "embed"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/ledger"
)

//go:embed lua/commit.lua
var commitSource string

var commitScript = redis.NewScript(commitSource)

// What a guard answers when it does not hold.
const (
	wordOK       = "ok"
	wordDone     = "done"     // the cause took effect before
	wordStale    = "stale"    // the epoch is not the newest
	wordNotHead  = "nothead"  // another letter leads the lane
	wordConflict = "conflict" // something that was read has changed
	wordUnknown  = "unknown"  // the message table does not know the letter
)

// A batch is one call of the commit script: guards, and the writes that happen
// if all of them hold. Guards are checked in the order they were added.
type batch struct {
	names  []string
	kinds  []byte
	index  map[string]int
	guards []any
	writes []any
	bytes  int // of everything written

	writing bool // surely writes if all guards hold
}

func newBatch() *batch { return &batch{index: map[string]int{}} }

// key returns the script's index of k.
func (b *batch) key(k key) int {
	i, ok := b.index[k.name]
	if !ok {
		b.names = append(b.names, k.name)
		b.kinds = append(b.kinds, k.kind)
		i = len(b.names)
		b.index[k.name] = i
	}
	return i
}

// guard adds a condition and the word that is answered when it fails.
func (b *batch) guard(word, name string, k key, args ...any) {
	b.guards = append(b.guards, name, b.key(k))
	b.guards = append(b.guards, pad(args, 2)...)
	b.guards = append(b.guards, word)
}

// write adds a write; lua/commit.lua says which there are.
func (b *batch) write(name string, k key, args ...any) {
	b.writing = b.writing || name == "stamp"
	b.writes = append(b.writes, name, b.key(k))
	b.writes = append(b.writes, pad(args, 3)...)
	b.bytes += len(k.name)
	for _, a := range args {
		switch a := a.(type) {
		case string:
			b.bytes += len(a)
		case []byte:
			b.bytes += len(a)
		default:
			b.bytes += 8
		}
	}
}

func pad(args []any, n int) []any {
	for len(args) < n {
		args = append(args, "")
	}
	return args
}

// run calls the script once. Its error is a reply of the server (nothing was
// written) or means that the outcome is unknown.
func (s *Store) run(ctx context.Context, b *batch) (word string, results []string, err error) {
	args := make([]any, 0, 3+len(b.guards)+len(b.writes))
	args = append(args, string(b.kinds), len(b.guards)/5, len(b.writes)/5)
	args = append(args, b.guards...)
	args = append(args, b.writes...)
	reply, err := s.script(ctx, commitScript, b.names, args...)
	if err != nil {
		return "", nil, err
	}
	if len(reply) == 0 {
		return "", nil, fmt.Errorf("commit script answered nothing")
	}
	word = reply[0]
	if word != wordConflict && word != wordStale && !(word == wordOK && b.writing) {
		if err := s.fence(ctx); err != nil {
			return "", nil, err
		}
	}
	return word, reply[1:], nil
}

// verdict turns a word into an error; the words that ask for another attempt are
// the caller's business.
func verdict(word string) error {
	switch word {
	case wordOK:
		return nil
	case wordStale:
		return ledger.ErrStale
	case wordNotHead:
		return ledger.ErrNotHead
	case wordUnknown:
		return fmt.Errorf("the message table does not know the letter")
	}
	return fmt.Errorf("unexpected answer %q of the commit script", word)
}

// backoff is the jittered wait before repetition n+1: 5 to 250 ms.
func backoff(n int) time.Duration {
	top := 10 * time.Millisecond << min(n, 5)
	return min(top, 250*time.Millisecond)/2 + rand.N(min(top, 250*time.Millisecond)/2)
}

// pause waits, or returns the error of ctx when that ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
