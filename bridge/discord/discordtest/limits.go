package discordtest

import (
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"strconv"
	"time"
)

// Limit permits N uses in each window of length Per, which opens with its first
// use. N 0 means no limit.
type Limit struct {
	N   int
	Per time.Duration
}

// Limits are the rules about how much. Rates and sizes that Discord does not
// publish are observed ones (see DISCORD.md, section 4).
type Limits struct {
	// Off switches every rate off; sizes stay.
	Off bool
	// Global counts all requests of the bot except interaction answers.
	Global Limit
	// MessageCreate, MessageEdit, MessageDelete and Reaction count per channel
	// or thread and announce themselves in headers.
	MessageCreate, MessageEdit, MessageDelete, Reaction Limit
	// Other counts every further route, by route and major parameter.
	Other Limit
	// ThreadCreate counts posts per forum, hidden: no headers, 429 of scope
	// shared. Its figures are an assumption: Discord publishes none.
	ThreadCreate Limit
	// Rename counts changes of name or topic per channel or thread.
	Rename Limit
	// OldEdit counts edits of messages older than OldAge (desk time) per
	// channel; beyond it the answer is 429 with code 30046.
	OldEdit Limit
	OldAge  time.Duration
	// NonceWindow is how long a nonce with enforce_nonce returns the first
	// message instead of making another.
	NonceWindow time.Duration
	// AttachmentBytes bounds one file, RequestBytes one request: 413, 40005.
	AttachmentBytes, RequestBytes int64
	// ActiveThreads bounds the guild: 400, 160006.
	ActiveThreads int
	// FirstAnswer and TokenLife are the deadlines of interactions.
	FirstAnswer, TokenLife time.Duration
	// LinkLife is how long a file link works (desk time).
	LinkLife time.Duration
	// GatewaySend bounds what a client sends on one gateway connection: 4008.
	GatewaySend Limit
}

// DefaultLimits are Discord's as far as known.
func DefaultLimits() Limits {
	return Limits{
		Global:          Limit{50, time.Second},
		MessageCreate:   Limit{5, 5 * time.Second},
		MessageEdit:     Limit{5, 5 * time.Second},
		MessageDelete:   Limit{5, time.Second},
		Reaction:        Limit{1, 250 * time.Millisecond},
		Other:           Limit{},
		ThreadCreate:    Limit{10, 10 * time.Second},
		Rename:          Limit{2, 10 * time.Minute},
		OldEdit:         Limit{3, time.Hour},
		OldAge:          time.Hour,
		NonceWindow:     time.Minute,
		AttachmentBytes: 20 << 20,
		RequestBytes:    25 << 20,
		ActiveThreads:   1000,
		FirstAnswer:     3 * time.Second,
		TokenLife:       15 * time.Minute,
		LinkLife:        24 * time.Hour,
		GatewaySend:     Limit{120, time.Minute},
	}
}

// NoLimits are DefaultLimits with every rate off.
func NoLimits() *Limits {
	l := DefaultLimits()
	l.Off = true
	return &l
}

// SetLimits replaces the limits; running windows keep their counts.
func (s *Server) SetLimits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
}

// Limits are the ones in force.
func (s *Server) Limits() Limits {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limits
}

// window counts uses since it opened.
type window struct {
	opened time.Time
	used   int
}

// take uses one; it answers what remains, how long until the window closes, and
// whether there was one left.
func (w *window) take(l Limit, now time.Time) (remaining int, reset time.Duration, allowed bool) {
	if now.Sub(w.opened) >= l.Per || w.opened.IsZero() {
		*w = window{opened: now}
	}
	reset = w.opened.Add(l.Per).Sub(now)
	if w.used >= l.N {
		return 0, reset, false
	}
	w.used++
	return l.N - w.used, reset, true
}

// bucket says which limit a route counts against.
type bucket int

const (
	bucketOther bucket = iota
	bucketMessageCreate
	bucketMessageEdit
	bucketMessageDelete
	bucketReaction
	bucketInteraction // not counted at all
)

func (s *Server) limitOf(b bucket) Limit {
	switch b {
	case bucketMessageCreate:
		return s.limits.MessageCreate
	case bucketMessageEdit:
		return s.limits.MessageEdit
	case bucketMessageDelete:
		return s.limits.MessageDelete
	case bucketReaction:
		return s.limits.Reaction
	case bucketInteraction:
		return Limit{}
	default:
		return s.limits.Other
	}
}

// throttle counts a request; it answers the 429 when there is one, else the
// headers for the answer.
func (s *Server) throttle(c *call) (header http.Header, refusal *reply) {
	header = http.Header{}
	if s.limits.Off {
		return header, nil
	}
	now := time.Now()
	if c.route.bucket != bucketInteraction && s.limits.Global.N > 0 {
		if _, reset, allowed := s.global.take(s.limits.Global, now); !allowed {
			s.stats.GlobalLimited++
			return nil, new(rateLimited(reset, "global", nil))
		}
	}
	limit := s.limitOf(c.route.bucket)
	if limit.N == 0 {
		return header, nil
	}
	key := c.bucketKey()
	w := s.buckets[key]
	if w == nil {
		w = &window{}
		s.buckets[key] = w
	}
	remaining, reset, allowed := w.take(limit, now)
	bucketHeaders(header, key, limit, remaining, reset, now)
	if allowed {
		return header, nil
	}
	s.stats.BucketLimited++
	return nil, new(rateLimited(reset, "user", header))
}

// bucketKey is the route's bucket with its major parameter.
func (c *call) bucketKey() string {
	major := c.path("channel_id") + c.path("guild_id") + c.path("webhook_id") + c.path("webhook_token")
	if c.route.bucket != bucketOther {
		return fmt.Sprintf("%d:%s", c.route.bucket, major)
	}
	return c.route.name() + ":" + major
}

func bucketHeaders(h http.Header, key string, l Limit, remaining int, reset time.Duration, now time.Time) {
	hash := fnv.New64a()
	hash.Write([]byte(key))
	h.Set("X-RateLimit-Bucket", strconv.FormatUint(hash.Sum64(), 16))
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.N))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	h.Set("X-RateLimit-Reset", strconv.FormatFloat(float64(now.Add(reset).UnixMilli())/1000, 'f', 3, 64))
	h.Set("X-RateLimit-Reset-After", seconds(reset))
}

// rateLimited is a 429; a global one carries no bucket headers.
func rateLimited(after time.Duration, scope string, header http.Header) reply {
	if header == nil {
		header = http.Header{}
	}
	header.Set("X-RateLimit-Scope", scope)
	header.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(after.Seconds())))))
	if scope == "global" {
		header.Set("X-RateLimit-Global", "true")
	}
	return reply{status: http.StatusTooManyRequests, header: header, body: obj{
		"message":     "You are being rate limited.",
		"retry_after": math.Ceil(after.Seconds()*1000) / 1000,
		"global":      scope == "global",
		"code":        0,
	}}
}

func seconds(d time.Duration) string {
	return strconv.FormatFloat(math.Ceil(d.Seconds()*1000)/1000, 'f', 3, 64)
}

// hidden counts against a limit that no header announces.
func (s *Server) hidden(w *window, l Limit) *reply {
	if s.limits.Off || l.N == 0 {
		return nil
	}
	if _, reset, allowed := w.take(l, time.Now()); !allowed {
		s.stats.SharedLimited++
		return new(rateLimited(reset, "shared", nil))
	}
	return nil
}

// tooManyOldEdits is the one 429 that has a number of its own.
func tooManyOldEdits(after time.Duration) reply {
	r := rateLimited(after, "shared", nil)
	said := r.body.(obj)
	said["code"], said["message"] = 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later"
	return r
}

// Stats count what happened at the wire since the start.
type Stats struct {
	Requests                                                               map[string]int // by "METHOD /route"
	Errors                                                                 map[int]int    // answers by Discord's error code
	Invalid                                                                int            // 401, 403 and 429 that count towards the ban
	BucketLimited, GlobalLimited, SharedLimited, HTMLLimited, FaultLimited int            // 429 by kind
	LostAnswers, ServerErrors                                              int            // faults that struck
	Connections, Identifies, Resumes, Heartbeats                           int            // gateway
	Compressed                                                             int            // packets sent packed
	DeadLinks                                                              int            // downloads by a link that no longer works
	Linked                                                                 int            // sessions connected at this moment
}

// RateLimited is the number of all 429 answers.
func (st Stats) RateLimited() int {
	return st.BucketLimited + st.GlobalLimited + st.SharedLimited + st.HTMLLimited + st.FaultLimited
}
