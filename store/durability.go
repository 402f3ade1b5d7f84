package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// A Problem is a reason why this Redis may lose what it acknowledged.
type Problem struct {
	What string // the setting, e.g. "appendfsync"
	Have string
	Want string
	Mend string // what to do about it, for people
}

func (p Problem) String() string {
	return fmt.Sprintf("%s is %s, want %s: %s", p.What, p.Have, p.Want, p.Mend)
}

// Durability returns what keeps this Redis from holding the promise that nothing
// acknowledged is lost; none means that it holds.
func (s *Store) Durability(ctx context.Context) ([]Problem, error) {
	node, err := s.node(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at redis: %w", err)
	}
	about := map[string]string{}
	for _, section := range []string{"server", "replication", "persistence"} {
		text, err := node.Info(ctx, section).Result()
		if err != nil {
			return []Problem{{"INFO", "not answered (" + err.Error() + ")", "an answer", "use a Redis server that tells about itself"}}, s.Ping(ctx)
		}
		for line := range strings.Lines(text) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
				about[name] = value
			}
		}
	}
	problems := judge(about)
	for _, c := range []struct{ name, want string }{
		{"appendonly", "yes"}, {"appendfsync", "always"}, {"maxmemory-policy", "noeviction"}, {"no-appendfsync-on-rewrite", "no"},
	} {
		have, err := node.ConfigGet(ctx, c.name).Result()
		if err != nil {
			problems = append(problems, Problem{c.name, "not told (" + err.Error() + ")", c.want, "allow CONFIG GET, or use a Redis of your own"})
			continue
		}
		if have[c.name] != c.want {
			problems = append(problems, Problem{c.name, strconv.Quote(have[c.name]), c.want, "CONFIG SET " + c.name + " " + c.want + ", and put it into redis.conf"})
		}
	}
	return problems, nil
}

// judge looks at what INFO says.
func judge(about map[string]string) (problems []Problem) {
	major, rest, _ := strings.Cut(about["redis_version"], ".")
	minor, _, _ := strings.Cut(rest, ".")
	a, errA := strconv.Atoi(major)
	b, errB := strconv.Atoi(minor)
	if errA != nil || errB != nil || a < 6 || a == 6 && b < 2 {
		problems = append(problems, Problem{"redis_version", strconv.Quote(about["redis_version"]), "6.2 or newer", "update Redis"})
	}
	for _, c := range []struct{ name, want, mend string }{
		{"role", "master", "use the address of the primary"},
		{"loading", "0", "wait until Redis has read its data"},
		{"aof_last_write_status", "ok", "make room on its disk"},
		{"aof_last_bgrewrite_status", "ok", "make room on its disk"},
	} {
		if have := about[c.name]; have != c.want {
			problems = append(problems, Problem{c.name, strconv.Quote(have), c.want, c.mend})
		}
	}
	return problems
}

// node is the server that keeps this desk.
func (s *Store) node(ctx context.Context) (redis.Cmdable, error) {
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		return cluster.MasterForKey(ctx, s.keys.commits().name)
	}
	return s.client, nil
}
