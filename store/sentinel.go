package store

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/redis/go-redis/v9"
)

// parseSentinel reads what follows redis-sentinel://, for [Dial].
func parseSentinel(secure bool, rest string) (*redis.FailoverOptions, error) {
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndex(rest[:end], "@") + 1
	hosts := strings.Split(rest[at:end], ",")
	u, err := url.Parse("redis://" + rest[:at] + hosts[0] + rest[end:])
	if err != nil {
		return nil, bare(err)
	}
	name := strings.Trim(u.Path, "/")
	if name == "" || strings.Contains(name, "/") {
		return nil, errors.New("want redis-sentinel://host:port/name, with the name the sentinels give the primary")
	}
	q := u.Query()
	for _, foreign := range []string{"master_name", "replica_only", "route_by_latency", "route_randomly", "use_disconnected_replicas"} {
		if q.Has(foreign) {
			return nil, fmt.Errorf("%s is not for a store: it speaks to the primary alone", foreign)
		}
	}
	for _, host := range hosts[1:] {
		q.Add("addr", host)
	}
	q.Set("master_name", name)
	sentinelUser, sentinelPassword := q.Get("sentinel_username"), q.Get("sentinel_password")
	q.Del("sentinel_username")
	q.Del("sentinel_password")
	user := u.User
	u.User, u.Path, u.RawQuery = nil, "", q.Encode()
	o, err := redis.ParseFailoverURL(u.String())
	if err != nil {
		return nil, bare(err)
	}
	o.SentinelUsername, o.SentinelPassword = sentinelUser, sentinelPassword
	if user != nil {
		o.Username = user.Username()
		o.Password, _ = user.Password()
	}
	if secure {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12} // the name to verify is each host's own
	}
	o.MaxRetries = -1
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	o.DisableIdentity = true
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = limit(o.DialTimeout, dialTimeout), limit(o.ReadTimeout, ioTimeout), limit(o.WriteTimeout, ioTimeout)
	return o, nil
}
