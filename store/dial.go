package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Dial returns a client for the server named by a URL: redis://[user:password@]host:port[/db],
// rediss:// for TLS, unix:///path/of.sock, or a cluster: redis://host:port?cluster=true
// or several hosts, redis://host:port,host2:port. Options of go-redis may follow as
// query parameters. It connects at the first call, not here; close it when done.
//
// redis-sentinel://[user:password@]host:port[,host2:port]/name[?db=0] asks the
// sentinels at these addresses for the primary they call name, and follows it when
// they promote another (rediss-sentinel:// for TLS). User and password are those of
// Redis; the sentinels' own are sentinel_username and sentinel_password. A fail-over
// loses nothing only with [Options.Replicas].
//
// Its errors never hold the URL, which may have a password in it.
func Dial(address string) (Client, error) {
	if scheme, rest, _ := strings.Cut(address, "://"); scheme == "redis-sentinel" || scheme == "rediss-sentinel" {
		o, err := parseSentinel(scheme == "rediss-sentinel", rest)
		if err != nil {
			return nil, fmt.Errorf("redis address: %w", bare(err))
		}
		hush()
		return redis.NewFailoverClient(o), nil
	}
	u, more, cluster, err := parseAddress(address)
	if err != nil {
		return nil, fmt.Errorf("redis address: %w", err)
	}
	if !cluster {
		o, err := redis.ParseURL(u.String())
		if err != nil {
			return nil, fmt.Errorf("redis address: %w", bare(err))
		}
		return redis.NewClient(Tame(o)), nil
	}
	q := u.Query()
	for _, a := range more {
		q.Add("addr", a)
	}
	u.RawQuery = q.Encode()
	o, err := redis.ParseClusterURL(u.String())
	if err != nil {
		return nil, fmt.Errorf("redis address: %w", bare(err))
	}
	hush()
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.MaintNotificationsConfig = quiet()
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = limit(o.DialTimeout, dialTimeout), limit(o.ReadTimeout, ioTimeout), limit(o.WriteTimeout, ioTimeout)
	return redis.NewClusterClient(o), nil
}

const (
	dialTimeout = 2 * time.Second
	ioTimeout   = 5 * time.Second
)

// Tame sets the options a store needs of a client made by hand: the store repeats
// calls itself, and contexts end them. It returns o.
func Tame(o *redis.Options) *redis.Options {
	hush()
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.MaintNotificationsConfig = quiet()
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = limit(o.DialTimeout, dialTimeout), limit(o.ReadTimeout, ioTimeout), limit(o.WriteTimeout, ioTimeout)
	return o
}

// hush keeps go-redis from writing to stderr: what it would say there comes back as
// the error of a call.
var hush = sync.OnceFunc(func() { redis.SetLogger(silence{}) })

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// quiet keeps go-redis from looking up names to learn of planned maintenance.
func quiet() *maintnotifications.Config {
	return &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
}

func limit(set, otherwise time.Duration) time.Duration {
	if set == 0 {
		return otherwise
	}
	return set
}

// parseAddress splits the hosts of a cluster off and takes out "cluster", which is
// ours alone.
func parseAddress(address string) (u *url.URL, more []string, cluster bool, err error) {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return nil, nil, false, errors.New("want redis://host:port, rediss://host:port, redis-sentinel://host:port/name or unix:///path")
	}
	if scheme != "unix" {
		end := strings.IndexAny(rest, "/?")
		if end < 0 {
			end = len(rest)
		}
		at := strings.LastIndex(rest[:end], "@") + 1
		hosts := strings.Split(rest[at:end], ",")
		more, cluster = hosts[1:], len(hosts) > 1
		rest = rest[:at] + hosts[0] + rest[end:]
	}
	u, err = url.Parse(scheme + "://" + rest)
	if err != nil {
		return nil, nil, false, bare(err)
	}
	q := u.Query()
	switch q.Get("cluster") {
	case "":
	case "true", "1":
		cluster = true
	case "false", "0":
	default:
		return nil, nil, false, fmt.Errorf("cluster=%q: want true or false", q.Get("cluster"))
	}
	q.Del("cluster")
	cluster = cluster || q.Has("addr")
	u.RawQuery = q.Encode()
	if cluster && scheme == "unix" {
		return nil, nil, false, errors.New("a cluster has no unix socket")
	}
	return u, more, cluster, nil
}

// bare is err without the address it complains about.
func bare(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
