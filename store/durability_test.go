package store_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// settingsOf lists what problems are about, with their classes.
func settingsOf(problems []store.Problem) string {
	var list []string
	for _, p := range problems {
		text := p.Setting
		if p.Class != "" {
			text += "=" + p.Class
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

// Each thing that may cost what was acknowledged is found, by itself, and is gone
// when it is mended.
func TestDurabilityGate(t *testing.T) {
	node := storetest.StartNode(t, "--appendonly", "yes", "--appendfsync", "always")
	client := node.Client(t)
	s := store.New(client, store.Options{Desk: "test"})
	set := func(pairs ...string) func() {
		return func() {
			t.Helper()
			for i := 0; i < len(pairs); i += 2 {
				if err := client.ConfigSet(t.Context(), pairs[i], pairs[i+1]).Err(); err != nil {
					t.Fatalf("set %s: %v", pairs[i], err)
				}
			}
		}
	}
	for _, c := range []struct {
		name        string
		spoil, mend func()
		want        string
	}{
		{"durable", set(), set(), ""},
		{"a second may be lost", set("appendfsync", "everysec"), set("appendfsync", "always"), "appendfsync=second"},
		{"thirty seconds may be lost", set("appendfsync", "no"), set("appendfsync", "always"), "appendfsync"},
		{"no fsync while rewriting", set("no-appendfsync-on-rewrite", "yes"), set("no-appendfsync-on-rewrite", "no"), "no-appendfsync-on-rewrite=second"},
		{"eviction", set("maxmemory-policy", "allkeys-lru"), set("maxmemory-policy", "noeviction"), "maxmemory-policy"},
		{"no log", set("appendonly", "no"), set("appendonly", "yes"), "appendonly"},
		{"memory is short", set("maxmemory", "1200000"), set("maxmemory", "0"), "used_memory"},
		{"memory suffices", set("maxmemory", "1gb"), set("maxmemory", "0"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.spoil()
			defer c.mend()
			problems, err := s.Durability(t.Context())
			if have := settingsOf(problems); err != nil || have != c.want {
				t.Errorf("found %q (error %v), want %q\n%v", have, err, c.want, problems)
			}
			for _, p := range problems {
				if p.What == "" || p.Mend == "" || !strings.Contains(p.String(), p.What) {
					t.Errorf("an operator reads %q", p)
				}
			}
		})
	}
	// Redis rewrites its log when the log is switched on again.
	eventually(t, "all is well in the end", func() bool {
		problems, err := s.Durability(t.Context())
		return err == nil && len(problems) == 0
	})
}

// A clock that differs is found; a slow answer alone is none that differs.
func TestDurabilityComparesClocks(t *testing.T) {
	client := storetest.Durable(t)
	for _, c := range []struct {
		off, trip time.Duration
		want      string
	}{
		{0, 0, ""},
		{1900 * time.Millisecond, 0, ""},
		{3 * time.Second, 0, "TIME"},
		{-3 * time.Second, 0, "TIME"},
		{-1500 * time.Millisecond, 3 * time.Second, ""}, // read in the middle of it
		{-time.Second, 8 * time.Second, "TIME"},
	} {
		asked := 0
		clock := func() time.Time {
			asked++
			return time.Now().Add(c.off + time.Duration(asked-1)*c.trip)
		}
		s := store.New(client, store.Options{Desk: "test", Clock: clock})
		problems, err := s.Durability(t.Context())
		if have := settingsOf(problems); err != nil || have != c.want {
			t.Errorf("off by %s over %s: %q (error %v), want %q", c.off, c.trip, have, err, c.want)
		}
	}
}

// Who has replicas and does not wait for them may lose by a fail-over; who waits for
// more than there are can write nothing.
func TestDurabilityCountsReplicas(t *testing.T) {
	durable := []string{"--appendonly", "yes", "--appendfsync", "always"}
	primary, replica := storetest.StartNode(t, durable...), storetest.StartNode(t, durable...)
	replica.Follow(t, primary.Address())
	client := primary.Client(t)
	for wanted, want := range []string{"connected_slaves", "", "connected_slaves"} {
		s := store.New(client, store.Options{Desk: "test", Replicas: wanted})
		eventually(t, fmt.Sprintf("%d wanted, one there: %q", wanted, want), func() bool {
			problems, err := s.Durability(t.Context())
			return err == nil && settingsOf(problems) == want
		})
	}
	s := store.New(replica.Client(t), store.Options{Desk: "test"})
	problems, err := s.Durability(t.Context())
	if have := settingsOf(problems); err != nil || have != "role" {
		t.Errorf("the replica: %q, error %v; want role", have, err)
	}
	row := func(state, lag string) map[string]string {
		return map[string]string{"connected_slaves": "1", "slave0": "ip=127.0.0.1,port=1,state=" + state + ",offset=1" + lag}
	}
	for name, about := range map[string]map[string]string{
		"reading all data": row("wait_bgsave", ",lag=0"), "long unheard of": row("online", ",lag=11"), "never heard of": row("online", ""),
	} {
		if len(store.JudgeReplicas(about, 1)) != 1 {
			t.Errorf("%s: such a replica counts", name)
		}
	}
}

// A Redis that keeps to itself is unchecked, one that does not let us in an error.
func TestDurabilityOfTheTaciturn(t *testing.T) {
	node := storetest.StartNode(t, "--appendonly", "yes", "--appendfsync", "always")
	client := node.Client(t)
	login := func(name string, rules ...any) store.Client {
		t.Helper()
		if err := client.Do(t.Context(), append([]any{"ACL", "SETUSER", name, "on", ">pw", "~*", "&*"}, rules...)...).Err(); err != nil {
			t.Fatal(err)
		}
		c := redis.NewClient(store.Tame(&redis.Options{Addr: node.Address(), Username: name, Password: "pw"}))
		t.Cleanup(func() { c.Close() })
		return c
	}
	for _, c := range []struct {
		client store.Client
		want   string
	}{
		{login("managed", "+@all", "-config"), "CONFIG=unchecked"},
		{login("mute", "+@all", "-info", "-config", "-time"), "INFO=unchecked CONFIG=unchecked"},
		{storetest.Memory(t), "INFO=unchecked CONFIG=unchecked"},
	} {
		problems, err := store.New(c.client, store.Options{Desk: "test"}).Durability(t.Context())
		if have := settingsOf(problems); err != nil || have != c.want {
			t.Errorf("%q, error %v; want %q", have, err, c.want)
		}
	}
	stranger := redis.NewClient(store.Tame(&redis.Options{Addr: node.Address(), Username: "managed", Password: "wrong"}))
	defer stranger.Close()
	if problems, err := store.New(stranger, store.Options{Desk: "test"}).Durability(t.Context()); err == nil {
		t.Errorf("not let in: %v, no error", problems)
	}
	faults := storetest.Inject(client)
	faults.Down(true)
	if problems, err := store.New(client, store.Options{Desk: "test"}).Durability(t.Context()); err == nil {
		t.Errorf("not reached: %v, no error", problems)
	}
}

func TestDurabilityOfACluster(t *testing.T) {
	s := store.New(storetest.Cluster(t), store.Options{Desk: "test"})
	problems, err := s.Durability(t.Context())
	if text := settingsOf(problems); err != nil || !strings.Contains(text, "appendonly") {
		t.Errorf("problems %s, error %v", text, err)
	}
}

// What a healthy server cannot be brought to say.
func TestDurabilityJudges(t *testing.T) {
	well := map[string]string{"loading": "0", "aof_enabled": "1", "aof_last_write_status": "ok", "aof_last_bgrewrite_status": "ok"}
	for _, c := range []struct{ name, value, want string }{
		{"loading", "1", "loading"},
		{"aof_enabled", "0", "aof_enabled"},
		{"aof_last_write_status", "err", "aof_last_write_status"},
		{"aof_last_bgrewrite_status", "err", "aof_last_bgrewrite_status"},
		{"async_loading", "1", "async_loading"},
	} {
		about := map[string]string{}
		maps.Copy(about, well)
		about[c.name] = c.value
		if have := settingsOf(store.JudgeLog(about, "yes")); have != c.want {
			t.Errorf("%s %s: %q", c.name, c.value, have)
		}
	}
	for version, good := range map[string]bool{"6.2.0": true, "6.0.16": false, "7.0.15": true, "10.1": true, "5.9": false, "": false, "seven": false} {
		if have := settingsOf(store.JudgeServer(map[string]string{"role": "master", "redis_version": version})); (have == "") != good {
			t.Errorf("version %q: %q", version, have)
		}
	}
}

func TestDiskFree(t *testing.T) {
	free, total, err := store.DiskFree(t.TempDir())
	if err != nil || free == 0 || total < free {
		t.Errorf("%d of %d bytes free, %v", free, total, err)
	}
	if _, _, err := store.DiskFree(t.TempDir() + "/nowhere"); err == nil {
		t.Error("a folder that is not there has a disk")
	}
}

// eventually polls until ok, for at most 10 s.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(10 * time.Second); !ok(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not so after 10 s: %s", what)
		}
	}
}
