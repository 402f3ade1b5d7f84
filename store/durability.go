package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// The classes of problems that an operator may choose to live with.
const (
	// ClassSecond: a power cut may cost what was acknowledged in the last second or,
	// while Redis rewrites its log, since the rewrite began.
	ClassSecond = "second"
	// ClassUnchecked: Redis does not tell; whether it is durable is the operator's word.
	ClassUnchecked = "unchecked"
)

// A Problem is a reason why this Redis may lose what it acknowledged, or will soon
// be unable to serve.
type Problem struct {
	Setting string // what was looked at, e.g. "appendfsync"
	What    string // what is wrong, for operators
	Mend    string // what to do about it, for operators
	Class   string // [ClassSecond], [ClassUnchecked], or "" for what no choice excuses
}

func (p Problem) String() string { return p.What + ": " + p.Mend }

// MaxSkew is how far Redis' clock may be from ours.
const MaxSkew = 2 * time.Second

// Durability returns what keeps this Redis from holding the promise that nothing
// acknowledged is lost; none means that it holds. The error means that Redis was not
// reached, or refused us; what is known nevertheless is returned with it.
func (s *Store) Durability(ctx context.Context) ([]Problem, error) {
	node, err := s.node(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at redis: %w", err)
	}
	about, problems, err := about(ctx, node)
	if err != nil {
		return problems, fmt.Errorf("look at redis: %w", err)
	}
	settings, more, err := settings(ctx, node)
	problems = append(problems, more...)
	if err != nil {
		return problems, fmt.Errorf("look at redis: %w", err)
	}
	if about != nil {
		problems = append(problems, judgeServer(about)...)
		problems = append(problems, judgeLog(about, settings["appendonly"])...)
		problems = append(problems, judgeMemory(about)...)
		problems = append(problems, judgeReplicas(about, s.replicas)...)
	}
	problems = append(problems, judgeSettings(settings)...)
	if save := settings["save"]; save != "" && about["rdb_last_bgsave_status"] == "err" {
		problems = append(problems, Problem{
			Setting: "rdb_last_bgsave_status",
			What:    "Redis could not write its snapshot and refuses all writes",
			Mend:    `make room on its disk and let it write to its folder, or switch snapshots off (CONFIG SET save "")`,
		})
	}
	skew, err := s.skew(ctx, node)
	if err != nil {
		return problems, fmt.Errorf("ask redis for the time: %w", err)
	}
	if skew.Abs() >= MaxSkew {
		problems = append(problems, Problem{
			Setting: "TIME",
			What:    fmt.Sprintf("the clock of Redis is %s %s ours", skew.Abs().Round(time.Millisecond), ahead(skew)),
			Mend:    "let both machines keep their clocks by NTP",
		})
	}
	return problems, nil
}

func ahead(skew time.Duration) string {
	if skew > 0 {
		return "ahead of"
	}
	return "behind"
}

// skew is how far the server's clock is ahead of ours. It was read somewhere
// between our question and its answer: half of that time counts for us.
func (s *Store) skew(ctx context.Context, node redis.Cmdable) (time.Duration, error) {
	start := s.clock()
	theirs, err := node.Time(ctx).Result()
	if err != nil {
		if refused(err) {
			return 0, nil
		}
		return 0, err
	}
	half := s.clock().Sub(start) / 2
	return theirs.Sub(start.Add(half)), nil
}

// refused reports whether Redis answered and does not offer what was asked. (Being
// let in, or able, is another matter.)
func refused(err error) bool {
	_, reply := errors.AsType[redis.Error](err)
	return reply && !isUnable(err) && !redis.HasErrorPrefix(err, "NOAUTH") && !redis.HasErrorPrefix(err, "WRONGPASS")
}

// about reads INFO; nil if it is not answered.
func about(ctx context.Context, node redis.Cmdable) (map[string]string, []Problem, error) {
	rows := map[string]string{}
	for _, section := range []string{"server", "replication", "persistence", "memory"} {
		text, err := node.Info(ctx, section).Result()
		if err != nil && !refused(err) {
			return nil, nil, err
		}
		if err != nil {
			return nil, []Problem{{
				Setting: "INFO",
				What:    "Redis does not tell about itself (INFO " + section + ": " + err.Error() + ")",
				Mend:    "allow INFO, or use a Redis of your own",
				Class:   ClassUnchecked,
			}}, nil
		}
		for line := range strings.Lines(text) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
				rows[name] = value
			}
		}
	}
	return rows, nil, nil
}

// settings reads CONFIG; nil if it is not answered.
func settings(ctx context.Context, node redis.Cmdable) (map[string]string, []Problem, error) {
	rows := map[string]string{}
	for _, name := range []string{"appendonly", "appendfsync", "no-appendfsync-on-rewrite", "maxmemory-policy", "save"} {
		have, err := node.ConfigGet(ctx, name).Result()
		if err != nil && !refused(err) {
			return nil, nil, err
		}
		if err != nil {
			return nil, []Problem{{
				Setting: "CONFIG",
				What:    "Redis does not tell how it is configured (" + err.Error() + ")",
				Mend:    "allow CONFIG GET, or use a Redis of your own; it needs appendonly yes, appendfsync always, maxmemory-policy noeviction",
				Class:   ClassUnchecked,
			}}, nil
		}
		rows[name] = have[name]
	}
	return rows, nil, nil
}

func judgeSettings(have map[string]string) (problems []Problem) {
	if have == nil {
		return nil
	}
	for _, c := range []struct{ name, want, loss, second string }{
		{"appendonly", "yes", "Redis keeps no log of its writes and loses the newest when it ends", ""},
		{"appendfsync", "always", "Redis acknowledges writes before they are on disk", "everysec"},
		{"no-appendfsync-on-rewrite", "no", "Redis acknowledges writes before they are on disk while it rewrites its log", "yes"},
		{"maxmemory-policy", "noeviction", "Redis throws data away when memory gets short", ""},
	} {
		v := have[c.name]
		if v == c.want {
			continue
		}
		p := Problem{
			Setting: c.name,
			What:    fmt.Sprintf("%s (%s is %q)", c.loss, c.name, v),
			Mend:    "CONFIG SET " + c.name + " " + c.want + ", and put it into redis.conf",
		}
		if c.second != "" && v == c.second {
			p.Class = ClassSecond
		}
		problems = append(problems, p)
	}
	return problems
}

func judgeServer(about map[string]string) (problems []Problem) {
	if version := about["redis_version"]; !atLeast(version, 6, 2) {
		problems = append(problems, Problem{
			Setting: "redis_version",
			What:    fmt.Sprintf("Redis is of version %q", version),
			Mend:    "install 6.2 or newer",
		})
	}
	if role := about["role"]; role != "master" {
		problems = append(problems, Problem{
			Setting: "role",
			What:    fmt.Sprintf("this Redis is a copy of another one (its role is %q)", role),
			Mend:    "use the address of the primary, or of the sentinels (redis-sentinel://)",
		})
	}
	return problems
}

func atLeast(version string, major, minor int) bool {
	first, rest, _ := strings.Cut(version, ".")
	second, _, _ := strings.Cut(rest, ".")
	a, errA := strconv.Atoi(first)
	b, errB := strconv.Atoi(second)
	return errA == nil && errB == nil && (a > major || a == major && b >= minor)
}

// judgeLog looks at how Redis gets on with its disk. That appendonly is set otherwise
// is told elsewhere.
func judgeLog(about map[string]string, appendonly string) (problems []Problem) {
	for _, c := range []struct{ name, want, what, mend string }{
		{"loading", "0", "Redis is still reading its data", "wait until it has"},
		{"aof_enabled", "1", "Redis keeps no log of its writes", "CONFIG SET appendonly yes, and put it into redis.conf"},
		{"aof_last_write_status", "ok", "Redis could not write its log", "make room on its disk"},
		{"aof_last_bgrewrite_status", "ok", "Redis could not rewrite its log, which grows until the disk is full", "make room on its disk and let it write to its folder, then BGREWRITEAOF"},
	} {
		if c.name == "aof_enabled" && appendonly != "" && appendonly != "yes" {
			continue
		}
		if have := about[c.name]; have != c.want {
			problems = append(problems, Problem{
				Setting: c.name,
				What:    fmt.Sprintf("%s (%s is %q)", c.what, c.name, have),
				Mend:    c.mend,
			})
		}
	}
	if about["async_loading"] == "1" {
		problems = append(problems, Problem{Setting: "async_loading", What: "Redis is reading another server's data", Mend: "wait until it has"})
	}
	return problems
}

// judgeMemory wants a fifth of the memory free: without memory Redis refuses writes.
func judgeMemory(about map[string]string) []Problem {
	used, _ := strconv.ParseInt(about["used_memory"], 10, 64)
	most, _ := strconv.ParseInt(about["maxmemory"], 10, 64)
	if most <= 0 || used < most/5*4 {
		return nil
	}
	return []Problem{{
		Setting: "used_memory",
		What:    fmt.Sprintf("Redis uses %d of its %d MB of memory and refuses writes when it is full", used>>20, most>>20),
		Mend:    "raise maxmemory, and put it into redis.conf",
	}}
}

// maxLag is how many seconds ago a replica that counts was heard of, at most.
const maxLag = 10

// judgeReplicas compares the replicas there are with those that are waited for.
func judgeReplicas(about map[string]string, wanted int) []Problem {
	connected, _ := strconv.Atoi(about["connected_slaves"])
	if wanted == 0 && connected > 0 {
		return []Problem{{
			Setting: "connected_slaves",
			What:    fmt.Sprintf("Redis has replicas (%d) and nobody waits for them: a fail-over may lose what was acknowledged", connected),
			Mend:    "set HALO_REDIS_REPLICAS to how many must confirm each write, usually 1",
		}}
	}
	good := 0
	for n := range connected {
		if goodReplica(about["slave"+strconv.Itoa(n)]) {
			good++
		}
	}
	if good >= wanted {
		return nil
	}
	return []Problem{{
		Setting: "connected_slaves",
		What:    fmt.Sprintf("%d replicas of Redis are connected and up to date, %d must confirm each write", good, wanted),
		Mend:    "bring the replicas back, or lower HALO_REDIS_REPLICAS",
	}}
}

// goodReplica reads "ip=...,port=...,state=online,offset=...,lag=1".
func goodReplica(row string) bool {
	online, lag := false, -1
	for field := range strings.SplitSeq(row, ",") {
		name, value, _ := strings.Cut(field, "=")
		switch name {
		case "state":
			online = value == "online"
		case "lag":
			if n, err := strconv.Atoi(value); err == nil {
				lag = n
			}
		}
	}
	return online && lag >= 0 && lag <= maxLag
}
