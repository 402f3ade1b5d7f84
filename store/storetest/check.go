package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// An Invariant is something the domain promises of what is stored. It reports with
// t.Errorf. Keys are all keys of the desk, sorted by family and name.
type Invariant func(t testing.TB, s *store.Store, keys []store.Key)

// Check walks every key of the server and proves that what is stored is consistent:
// no unknown key, none outside the desk's hash tag, lanes, message tables, dead
// letters, timers, indexes and dedupe buckets agree. Nothing may be writing
// meanwhile.
func Check(t testing.TB, client store.Client, desk string, more ...Invariant) {
	t.Helper()
	c := checker{TB: t, ctx: context.WithoutCancel(t.Context()), client: client, desk: desk, letters: map[string]string{}, tables: map[string]map[string]string{}}
	keys := c.scan()
	for _, k := range keys {
		if k.Family == "messages" {
			c.tables[k.Name] = c.hash(c.name("m:" + k.Name))
		}
	}
	lanes := c.scores("lanes")
	buckets := c.scores("seen")
	for _, k := range keys {
		switch k.Family {
		case "doc":
			c.doc(k.Name)
		case "events":
			c.events(k.Name)
		case "messages":
			c.table(k.Name)
		case "lane":
			if _, ok := lanes[k.Name]; !ok {
				c.Errorf("lane %s has letters and is not among the lanes", k.Name)
			}
			c.lane(k.Name)
		case "timers":
			c.timers()
		case "dedupe":
			if _, ok := buckets[k.Name]; !ok {
				c.Errorf("dedupe bucket %s is not indexed", k.Name)
			}
		}
	}
	for lane := range lanes {
		if !slices.Contains(keys, store.Key{Family: "lane", Name: lane, Type: "list"}) {
			c.Errorf("lane %s is among the lanes and has no letter", lane)
		}
	}
	for name := range buckets {
		if !slices.Contains(keys, store.Key{Family: "dedupe", Name: name, Type: "hash"}) {
			c.Errorf("dedupe bucket %s is indexed and does not exist", name)
		}
	}
	c.dead()
	c.states()
	s := store.New(client, store.Options{Desk: desk})
	for _, inv := range more {
		inv(t, s, keys)
	}
}

type checker struct {
	testing.TB
	ctx    context.Context
	client store.Client
	desk   string

	letters map[string]string            // id -> where it is: a lane or "dead"
	tables  map[string]map[string]string // message tables by log
}

func (c *checker) name(rest string) string { return "{" + c.desk + "}:" + rest }

// scan returns the keys of the desk and reports all others.
func (c *checker) scan() (keys []store.Key) {
	c.Helper()
	walk := func(ctx context.Context, node redis.Cmdable) error {
		for it := node.Scan(ctx, 0, "", 500).Iterator(); ; {
			if !it.Next(ctx) {
				return it.Err()
			}
			k, ok := store.ParseKey(c.desk, it.Val())
			if !ok {
				c.Errorf("unknown key %q", it.Val())
				continue
			}
			if have := node.Type(ctx, it.Val()).Val(); have != k.Type {
				c.Errorf("key %q is a %s, want a %s", it.Val(), have, k.Type)
				continue
			}
			if ttl := node.PTTL(ctx, it.Val()).Val(); ttl >= 0 {
				c.Errorf("key %q expires by itself in %s", it.Val(), ttl)
			}
			keys = append(keys, k)
		}
	}
	var err error
	if cluster, ok := c.client.(*redis.ClusterClient); ok {
		err = cluster.ForEachMaster(c.ctx, func(ctx context.Context, node *redis.Client) error { return walk(ctx, node) })
	} else {
		err = walk(c.ctx, c.client)
	}
	if err != nil {
		c.Fatalf("walk the keys: %v", err)
	}
	slices.SortFunc(keys, func(a, b store.Key) int {
		return strings.Compare(a.Family+"\x00"+a.Name, b.Family+"\x00"+b.Name)
	})
	return slices.Compact(keys)
}

func (c *checker) hash(name string) map[string]string {
	m, err := c.client.HGetAll(c.ctx, name).Result()
	if err != nil {
		c.Fatalf("read %s: %v", name, err)
	}
	return m
}

func (c *checker) list(name string) []string {
	l, err := c.client.LRange(c.ctx, name, 0, -1).Result()
	if err != nil {
		c.Fatalf("read %s: %v", name, err)
	}
	return l
}

func (c *checker) scores(rest string) map[string]float64 {
	rows, err := c.client.ZRangeWithScores(c.ctx, c.name(rest), 0, -1).Result()
	if err != nil {
		c.Fatalf("read %s: %v", rest, err)
	}
	m := map[string]float64{}
	for _, z := range rows {
		m[z.Member.(string)] = z.Score
	}
	return m
}

func (c *checker) doc(name string) {
	row := c.hash(c.name("d:" + name))
	v, err := strconv.ParseInt(row["v"], 10, 64)
	high, _ := c.client.Get(c.ctx, c.name("hw")).Int64()
	if err != nil || v < 1 || v > high {
		c.Errorf("document %s has version %q, the last commit is %d", name, row["v"], high)
	}
	if _, ok := row["d"]; !ok || len(row) != 2 {
		c.Errorf("document %s has %d fields, want v and d", name, len(row))
	}
	if len(row["d"]) > store.MaxDoc {
		c.Errorf("document %s has %d bytes", name, len(row["d"]))
	}
	if kind, id, ok := strings.Cut(name, ":"); !ok || kind == "" || id == "" {
		c.Errorf("document %q has no kind or no id", name)
	}
}

func (c *checker) events(log string) {
	for i, row := range c.list(c.name("e:" + log)) {
		var e ledger.Event
		if err := json.Unmarshal([]byte(row), &e); err != nil || e.What == "" || e.At.IsZero() {
			c.Errorf("event %d of %s is broken (%v): %.200s", i, log, err, row)
		}
	}
}

// table checks that the two directions of a message table agree.
func (c *checker) table(log string) {
	m := c.tables[log]
	for field, value := range m {
		prefix, id, ok := strings.Cut(field, ":")
		if !ok || id == "" || !strings.Contains("safexr", prefix) || len(prefix) != 1 {
			c.Errorf("message table %s has a field %q", log, field)
			continue
		}
		if _, known := m["s:"+id]; prefix != "x" && !known {
			c.Errorf("message table %s knows %q of a letter without state", log, field)
		}
		switch prefix {
		case "s":
			if n, err := strconv.Atoi(value); err != nil || ledger.State(n).String() == "unknown" {
				c.Errorf("letter %s of %s has state %q", id, log, value)
			}
		case "a", "f":
			if n, err := strconv.ParseInt(value, 10, 64); err != nil || n < 0 {
				c.Errorf("message table %s: %s is %q", log, field, value)
			}
		case "e":
			if m["x:"+value] == "" {
				c.Errorf("letter %s of %s has identifier %q, which leads nowhere", id, log, value)
			}
		case "x":
			if m["e:"+value] != id {
				c.Errorf("identifier %q of %s leads to letter %s, which has %q", id, log, value, m["e:"+value])
			}
		}
	}
}

// letter notes where a letter is and checks what its table knows.
func (c *checker) letter(where, id, data string, states ...ledger.State) {
	var l ledger.Letter
	if err := json.Unmarshal([]byte(data), &l); err != nil || l.ID != id || l.Lane == "" || l.Log == "" || l.At.IsZero() {
		c.Errorf("letter %s in %s is broken (%v): %.200s", id, where, err, data)
		return
	}
	if other, twice := c.letters[id]; twice {
		c.Errorf("letter %s is in %s and in %s", id, other, where)
	}
	c.letters[id] = where
	if where != "dead" && where != "lane "+l.Lane {
		c.Errorf("letter %s in %s belongs to lane %s", id, where, l.Lane)
	}
	n, err := strconv.Atoi(c.tables[l.Log]["s:"+id])
	if err != nil || !slices.Contains(states, ledger.State(n)) {
		c.Errorf("letter %s in %s has state %q in table %s, want one of %v", id, where, c.tables[l.Log]["s:"+id], l.Log, states)
	}
}

func (c *checker) lane(lane string) {
	for _, row := range c.list(c.name("q:" + lane)) {
		id, data, ok := strings.Cut(row, "\n")
		if !ok {
			c.Errorf("lane %s holds %.200q", lane, row)
			continue
		}
		// A receipt may have come while the letter still waits for its outcome.
		c.letter("lane "+lane, id, data, ledger.Queued, ledger.Sending, ledger.Waiting, ledger.Sent, ledger.Delivered, ledger.Read)
	}
}

func (c *checker) dead() {
	dead, buried := c.hash(c.name("dead")), c.scores("buried")
	for id, data := range dead {
		c.letter("dead", id, data, ledger.Dead)
		if at, ok := buried[id]; !ok || at != float64(int64(at)) {
			c.Errorf("letter %s is among the dead and was buried at %v (known %v)", id, at, ok)
		}
	}
	for id := range buried {
		if _, ok := dead[id]; !ok {
			c.Errorf("letter %s was buried and is not among the dead", id)
		}
	}
}

// states checks that every letter that has not ended is somewhere.
func (c *checker) states() {
	for log, m := range c.tables {
		for field, value := range m {
			id, ok := strings.CutPrefix(field, "s:")
			if !ok {
				continue
			}
			n, _ := strconv.Atoi(value)
			where := c.letters[id]
			switch s := ledger.State(n); {
			case s < ledger.Sent && where == "":
				c.Errorf("letter %s of %s is %s and in no lane: lost", id, log, s)
			case s == ledger.Dead && where != "dead":
				c.Errorf("letter %s of %s is dead and not among the dead but in %q", id, log, where)
			}
		}
	}
}

func (c *checker) timers() {
	for name, score := range c.scores("timers") {
		kind, id, ok := strings.Cut(name, "|")
		if !ok || kind == "" || id == "" || score != float64(int64(score)) {
			c.Errorf("timer %q is due at %v", name, score)
		}
	}
}

// Dump returns everything stored, as text that can be compared, for messages of
// failed tests.
func Dump(ctx context.Context, client store.Client) string {
	var b strings.Builder
	names, err := client.Keys(ctx, "*").Result()
	if err != nil {
		return err.Error()
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s\n", name)
		switch client.Type(ctx, name).Val() {
		case "hash":
			m := client.HGetAll(ctx, name).Val()
			fields := make([]string, 0, len(m))
			for f := range m {
				fields = append(fields, f)
			}
			slices.Sort(fields)
			for _, f := range fields {
				fmt.Fprintf(&b, "\t%s = %s\n", f, m[f])
			}
		case "list":
			for _, row := range client.LRange(ctx, name, 0, -1).Val() {
				fmt.Fprintf(&b, "\t%q\n", row)
			}
		case "zset":
			for _, z := range client.ZRangeWithScores(ctx, name, 0, -1).Val() {
				fmt.Fprintf(&b, "\t%v %s\n", int64(z.Score), z.Member)
			}
		default:
			fmt.Fprintf(&b, "\t%s\n", client.Get(ctx, name).Val())
		}
	}
	return b.String()
}
