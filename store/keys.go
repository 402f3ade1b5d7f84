package store

import (
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A key is a Redis key and the type it must have. Every key of the product is
// made by one of the functions below; all of a desk carry its hash tag, so they
// live in one slot and one script may touch them together.
type key struct {
	name string
	kind byte // h hash, l list, z sorted set, s string
}

// keys makes the keys of one desk.
type keys struct{ tag string } // "{desk}:"

func newKeys(desk string) keys { return keys{"{" + desk + "}:"} }

// doc is one document: v, the number of the commit that wrote it, and d, its
// bytes. A deleted document has no key: commit numbers never come back, so
// neither do versions.
func (k keys) doc(r ledger.Ref) key { return key{k.tag + "d:" + string(r.Kind) + ":" + r.ID, 'h'} }

// events is a log: JSON of [ledger.Event], oldest first.
func (k keys) events(log string) key { return key{k.tag + "e:" + log, 'l'} }

// messages is the message table of a log. For each letter id: s:id state,
// a:id attempts, f:id first attempt (real time, ms), e:id identifier at the
// destination, r:id reason; and x:ext, the letter that has that identifier.
func (k keys) messages(log string) key { return key{k.tag + "m:" + log, 'h'} }

// lane is a queue of letters, the next one first: "id\nJSON".
func (k keys) lane(lane string) key { return key{k.tag + "q:" + lane, 'l'} }

// lanes scores each lane that is not empty by the real time (ms) before which
// its head is not to be tried, 0 for at once.
func (k keys) lanes() key { return key{k.tag + "lanes", 'z'} }

// dead keeps buried letters, id to JSON. It is never trimmed.
func (k keys) dead() key { return key{k.tag + "dead", 'h'} }

// buried scores the letters among the dead by the desk time (ms) of their burial.
func (k keys) buried() key { return key{k.tag + "buried", 'z'} }

// timers scores timer names, "kind|id", by the desk time (ms) they are due.
func (k keys) timers() key { return key{k.tag + "timers", 'z'} }

// views scores the views to be rendered anew by the number of the commit that
// asked for it last.
func (k keys) views() key { return key{k.tag + "views", 'z'} }

// index is a sorted index: member to score.
func (k keys) index(name string) key { return key{k.tag + "i:" + name, 'z'} }

// counters holds the last number given of each series. After a loss "*" is the number
// after which a series begins that is not there, until the desk time (ms) "*until".
func (k keys) counters() key { return key{k.tag + "counters", 'h'} }

// dedupe remembers what came from one source on one day (of the things' own
// time): id to the token of the commit that took it.
func (k keys) dedupe(bucket string) key { return key{k.tag + "seen:" + bucket, 'h'} }

// dedupes scores the names of all dedupe buckets by their day's start (ms).
func (k keys) dedupes() key { return key{k.tag + "seen", 'z'} }

// commits is the number of the last commit. It only ever rises: a smaller one
// than seen before means that Redis lost what it had acknowledged.
func (k keys) commits() key { return key{k.tag + "hw", 's'} }

// epoch is the newest epoch given to a lease holder.
func (k keys) epoch() key { return key{k.tag + "epoch", 's'} }

// lease is the present holder: owner, epoch, until (server time, ms).
func (k keys) lease() key { return key{k.tag + "lease", 'h'} }

// bucket names the dedupe bucket of a thing.
func bucket(source string, at time.Time) string {
	return source + ":" + at.UTC().Format("20060102")
}

// A Key says what a Redis key of a desk is for.
type Key struct {
	// Family is "doc", "events", "messages", "lane", "index", "dedupe", or the name
	// of one of the keys that exist once: "lanes", "dead", "buried", "timers", "views",
	// "counters", "dedupes", "commits", "epoch", "lease".
	Family string
	// Name is the rest: a document as "kind:id", a log, a lane, an index, a bucket.
	Name string
	// Type is the Redis type, as the TYPE command answers.
	Type string
}

// ParseKey reads a key of the desk. ok is false for a key that no desk of that
// name has.
func ParseKey(desk, name string) (k Key, ok bool) {
	rest, ok := strings.CutPrefix(name, "{"+desk+"}:")
	if !ok {
		return Key{}, false
	}
	switch rest {
	case "lanes", "buried", "timers", "views":
		return Key{Family: rest, Type: "zset"}, true
	case "dead", "counters", "lease":
		return Key{Family: rest, Type: "hash"}, true
	case "seen":
		return Key{Family: "dedupes", Type: "zset"}, true
	case "hw":
		return Key{Family: "commits", Type: "string"}, true
	case "epoch":
		return Key{Family: "epoch", Type: "string"}, true
	}
	prefix, id, ok := strings.Cut(rest, ":")
	if !ok || id == "" {
		return Key{}, false
	}
	switch prefix {
	case "d":
		return Key{"doc", id, "hash"}, true
	case "e":
		return Key{"events", id, "list"}, true
	case "m":
		return Key{"messages", id, "hash"}, true
	case "q":
		return Key{"lane", id, "list"}, true
	case "i":
		return Key{"index", id, "zset"}, true
	case "seen":
		return Key{"dedupe", id, "hash"}, true
	}
	return Key{}, false
}
