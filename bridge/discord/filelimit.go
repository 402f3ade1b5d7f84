package discord

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// A limit is the largest file that Discord takes, as far as it is known: what people
// say, else what interactions say, else Discord's default; and never what was refused.
// It is safe for concurrent use.
type limit struct {
	mu     sync.Mutex
	given  int64 // by people, 0 for nothing
	said   int64 // by Discord, 0 for nothing
	proven int64 // less than what was refused, 0 for nothing

	// What was refused although every server takes it, by a proxy perhaps, and for how
	// long that is believed.
	odd      int64
	oddUntil time.Time
}

// The limits that Discord is known to have had; which one holds depends on the server.
var fileLimits = []int64{8 << 20, 10 << 20, 20 << 20}

const (
	defaultFileLimit = 10 << 20
	largestFile      = mostRequest - requestRest
	oddLimitSpan     = time.Hour
)

// now is the limit in bytes.
func (l *limit) now() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	most := min(cmp.Or(l.given, l.said, defaultFileLimit), largestFile)
	if l.proven > 0 {
		most = min(most, l.proven)
	}
	if time.Now().Before(l.oddUntil) {
		most = min(most, l.odd)
	}
	return most
}

// tell notes what Discord itself calls the limit; anything but a size is ignored.
func (l *limit) tell(bytes int64) {
	if bytes <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.said = bytes
}

// refused lowers the limit after a file of that size was refused.
func (l *limit) refused(size int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if smallest := fileLimits[0]; size <= smallest {
		if now := time.Now(); !now.Before(l.oddUntil) || size <= l.odd {
			l.odd, l.oddUntil = size-1, now.Add(oddLimitSpan)
		}
		return
	}
	next := fileLimits[0]
	for _, known := range slices.Backward(fileLimits) {
		if known < size {
			next = known
			break
		}
	}
	if l.proven == 0 || next < l.proven {
		l.proven = next
	}
}

// Limit is the largest file that Discord takes, in bytes, as far as it is known.
func (c *Client) Limit() int64 { return c.limit.now() }
