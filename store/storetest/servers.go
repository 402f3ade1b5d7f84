// Package storetest tests the store and what is built on it: servers to run on
// ([NewMemory], [Memory], [Redis], [Cluster]), the conformance suite ([Run]), a
// checker that walks every key ([Check]) and faults to inject ([Faults]).
package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/store"
)

// NewMemory returns a client of a new, empty Redis within this process, and a
// function that ends both. It keeps nothing, opens no socket, and works in bubbles
// of testing/synctest. The sandbox runs on it.
func NewMemory() (client store.Client, shut func()) {
	m := miniredis.NewMiniRedis()
	c := redis.NewClient(store.Tame(&redis.Options{
		Addr:     "memory",
		Protocol: 2,
		// Whoever waits for a connection uses a timer that go-redis shares with other
		// bubbles, which ends the process: nobody waits.
		PoolSize: 512,
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			return m.Dial()
		},
	}))
	return c, func() {
		c.Close()
		m.Close()
	}
}

// Memory returns a client of a store in this process, closed at the end of the test.
func Memory(t testing.TB) store.Client {
	t.Helper()
	c, shut := NewMemory()
	t.Cleanup(shut)
	return c
}

// Redis returns a client of a new redis-server that writes nothing to disk. The test is
// skipped where there is none, and fails instead if CI=true.
func Redis(t testing.TB) store.Client {
	t.Helper()
	return socket(t)
}

// Durable is like [Redis], with every write on disk before it is answered.
func Durable(t testing.TB) store.Client {
	t.Helper()
	return socket(t, "--appendonly", "yes", "--appendfsync", "always")
}

func socket(t testing.TB, args ...string) store.Client {
	t.Helper()
	n := newNode(t, append([]string{"--port", "0", "--unixsocket", "s"}, args...))
	return open(t, store.Tame(&redis.Options{Network: "unix", Addr: filepath.Join(n.Dir, "s")}))
}

// Replicated returns a client of a new redis-server with a replica. Stores that the
// conformance suite makes of it wait for the replica.
func Replicated(t testing.TB) store.Client {
	t.Helper()
	primary := StartNode(t)
	replica := StartNode(t)
	client := primary.Client(t)
	replica.Follow(t, primary.Address())
	AwaitReplicas(t, client, 1)
	return replicated{client}
}

// replicated marks a client whose stores are to wait for one replica.
type replicated struct{ store.Client }

// Cluster returns a client of a new redis-server in cluster mode, which refuses a
// script whose keys are not all in one slot.
func Cluster(t testing.TB) store.Client {
	t.Helper()
	n := onPort(t, func() []string {
		return []string{"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(freePort(t))}
	})
	address, node := n.Address(), n.Client(t)
	if err := node.Do(t.Context(), "CLUSTER", "ADDSLOTSRANGE", 0, 16383).Err(); err != nil {
		t.Fatalf("give slots to the cluster: %v", err)
	}
	await(t, "cluster", func() error {
		info, err := node.ClusterInfo(t.Context()).Result()
		if err == nil && len(info) > 16 && info[:16] != "cluster_state:ok" {
			err = fmt.Errorf("cluster answers %.30q", info)
		}
		return err
	})
	c, err := store.Dial("redis://" + address + "?cluster=true")
	if err != nil {
		t.Fatalf("dial cluster: %v", err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// An Opener opens one kind of server.
type Opener struct {
	Name string
	Open func(testing.TB) store.Client
}

// Servers returns every kind of server the store must work on.
func Servers() []Opener {
	return []Opener{{"memory", Memory}, {"redis", Redis}, {"cluster", Cluster}}
}

func open(t testing.TB, o *redis.Options) store.Client {
	t.Helper()
	c := redis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	await(t, "redis-server", func() error { return c.Ping(t.Context()).Err() })
	return c
}

// freePort finds a port that nobody listens on, below those that the system gives to
// outgoing connections.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 10_000 + rand.IntN(22_000)
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			continue
		}
		l.Close()
		return port
	}
	t.Fatal("find a free port: none of a hundred")
	return 0
}

// await polls until op succeeds, for at most 10 s.
func await(t testing.TB, what string, op func() error) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(10 * time.Second)
	for {
		err := op()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("%s does not come up: %v", what, err)
		}
	}
}

// Z is a member of a sorted set, for tests that write by hand.
func Z(member string, score float64) redis.Z { return redis.Z{Member: member, Score: score} }
