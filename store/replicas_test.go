package store_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// A store that waits for a replica keeps all promises of one that does not.
func TestConformanceWithReplica(t *testing.T) {
	storetest.Run(t, storetest.Replicated)
}

// A pair is a primary and a replica with a line between them that can be cut.
type pair struct {
	primary, replica *storetest.Node
	line             *toxiproxy.Proxy
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{primary: storetest.StartNode(t), replica: storetest.StartNode(t)}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p.line = toxiproxy.NewProxy(server, "replication", "127.0.0.1:0", p.primary.Address())
	if err := p.line.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.line.Stop)
	p.replica.Follow(t, p.line.Listen)
	storetest.AwaitReplicas(t, p.primary.Client(t), 1)
	return p
}

// cut makes the line swallow all that is sent, as a partition does: neither end hears
// that the other is gone.
func (p *pair) cut(t *testing.T) {
	t.Helper()
	for _, direction := range []string{"upstream", "downstream"} {
		toxic := fmt.Sprintf(`{"name":%q,"type":"timeout","stream":%q,"attributes":{"timeout":0}}`, direction, direction)
		if _, err := p.line.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			t.Fatal(err)
		}
	}
}

func (p *pair) heal(t *testing.T) {
	t.Helper()
	p.line.Toxics.ResetToxics(t.Context())
	p.line.Stop() // what was swallowed is gone: they have to meet anew
	if err := p.line.Start(); err != nil {
		t.Fatal(err)
	}
}

// receive commits the message of a client, and tells whether it may be acknowledged.
func receive(ctx context.Context, s *store.Store, id string) error {
	cause := ledger.Cause{Inbox: &ledger.Inbox{Source: "wa", ID: id, At: time.Now()}}
	_, err := s.Update(ctx, cause, func(tx *ledger.Tx) error {
		tx.Log("T-1", ledger.Event{What: "client_wrote", Ref: id})
		return nil
	})
	return err
}

// arrived counts the messages in the log.
func arrived(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	all := map[string]int{}
	for e, err := range s.Events(t.Context(), "T-1") {
		if err != nil {
			t.Fatal(err)
		}
		all[e.Ref]++
	}
	return all
}

// The line to the replica is cut, clients go on writing, the primary dies, the replica
// takes over. Who waited for the replica has acknowledged nothing that is lost; who did
// not has.
func TestFailoverLosesNothingAcknowledged(t *testing.T) {
	for _, c := range []struct {
		name     string
		replicas int
		lost     int // of 20 written behind the cut
	}{{"waiting for the replica", 1, 0}, {"not waiting", 0, 20}} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t)
			patient := store.New(p.primary.Client(t), store.Options{Desk: "test", Replicas: c.replicas, Patience: 30 * time.Second})
			hasty := store.New(p.primary.Client(t), store.Options{Desk: "test", Replicas: c.replicas, Patience: 100 * time.Millisecond})
			var mu sync.Mutex
			var acknowledged []string
			write := func(s *store.Store, from, to int) {
				var writers sync.WaitGroup
				for i := from; i < to; i++ {
					writers.Go(func() {
						id := fmt.Sprint("m", i)
						err := receive(t.Context(), s, id)
						mu.Lock()
						defer mu.Unlock()
						if err == nil {
							acknowledged = append(acknowledged, id)
						} else if !errors.Is(err, store.ErrReplicas) {
							t.Errorf("message %s: %v", id, err)
						}
					})
				}
				writers.Wait()
			}
			write(patient, 0, 20)
			// Who has not waited does now: what is lost later was written behind the cut.
			if err := receive(t.Context(), store.New(p.primary.Client(t), store.Options{Desk: "test", Replicas: 1, Patience: 30 * time.Second}), "last"); err != nil {
				t.Fatal(err)
			}
			if len(acknowledged) != 20 {
				t.Fatalf("%d acknowledged before the cut", len(acknowledged))
			}
			p.cut(t)
			write(hasty, 20, 40)
			p.primary.Kill()
			p.replica.Promote(t)
			client := p.replica.Client(t)
			there := arrived(t, store.New(client, store.Options{Desk: "test"}))
			lost := 0
			for _, id := range acknowledged {
				if there[id] == 0 {
					lost++
				}
			}
			if lost != c.lost {
				t.Errorf("%d of %d acknowledged messages are lost, want %d", lost, len(acknowledged), c.lost)
			}
			for id, n := range there {
				if n != 1 {
					t.Errorf("message %s is there %d times", id, n)
				}
			}
			storetest.Check(t, client, "test")
		})
	}
}

// What the replica has not confirmed is not called done either when it is brought
// again, nor is a letter called finished, until the replica has it.
func TestDoneIsSaidOnlyOfWhatIsSafe(t *testing.T) {
	p := newPair(t)
	client := p.primary.Client(t)
	s := store.New(client, store.Options{Desk: "test", Replicas: 1, Patience: 50 * time.Millisecond})
	patient := store.New(client, store.Options{Desk: "test", Replicas: 1, Patience: 30 * time.Second})
	lease, err := patient.Acquire(t.Context(), "a", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := patient.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		tx.Send(ledger.Letter{ID: "1", Lane: "wa:1", Log: "T-1"})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	l, _, _, err := patient.Begin(t.Context(), lease.Epoch, "wa:1")
	if err != nil {
		t.Fatal(err)
	}
	p.cut(t)
	finish := func() error {
		_, err := s.Update(t.Context(), outcome(l, lease.Epoch, ledger.Sent, "X1"), nothing)
		return err
	}
	number := func() error {
		_, err := s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { _, err := tx.Next("ticket"); return err })
		return err
	}
	look := func() error { // it is as it should be: nothing is written
		_, err := s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
			_, err := tx.Doc(ledger.Ref{Kind: "k", ID: "1"})
			return err
		})
		return err
	}
	renew := func() error { _, err := s.Renew(t.Context(), "a", lease, time.Minute); return err }
	for range 2 {
		for name, call := range map[string]func() error{
			"message": func() error { return receive(t.Context(), s, "m1") }, "outcome": finish, "number": number, "look": look, "renew": renew,
		} {
			if err := call(); !errors.Is(err, store.ErrReplicas) {
				t.Errorf("%s: error %v, want ErrReplicas", name, err)
			}
		}
	}
	p.heal(t)
	if err := receive(t.Context(), patient, "m1"); err != nil {
		t.Errorf("after the cut: %v", err)
	}
	if _, err := patient.Update(t.Context(), outcome(l, lease.Epoch, ledger.Sent, "X1"), nothing); err != nil {
		t.Errorf("finish after the cut: %v", err)
	}
	if n := arrived(t, s)["m1"]; n != 1 {
		t.Errorf("the message is there %d times", n)
	}
	storetest.Check(t, client, "test")
}

// A cluster has no replicas here: the answer comes from the node of the slot, and says
// so.
func TestReplicasOfACluster(t *testing.T) {
	s := store.New(storetest.Cluster(t), store.Options{Desk: "test", Replicas: 1, Patience: 10 * time.Millisecond})
	if err := receive(t.Context(), s, "m1"); !errors.Is(err, store.ErrReplicas) {
		t.Errorf("error %v, want ErrReplicas", err)
	}
}

func TestSentinelAddress(t *testing.T) {
	o, err := store.ParseSentinel(true, "bot:p%40ss@a:1,b:2/desk?db=3&sentinel_username=eye&sentinel_password=look&pool_size=4")
	if err != nil {
		t.Fatal(err)
	}
	have := fmt.Sprint(o.MasterName, o.SentinelAddrs, o.DB, o.Username, o.Password, o.SentinelUsername, o.SentinelPassword, o.PoolSize, o.MaxRetries, o.TLSConfig != nil)
	if want := "desk[a:1 b:2]3botp@sseyelook4-1true"; strings.ReplaceAll(have, " ", "") != strings.ReplaceAll(want, " ", "") {
		t.Errorf("read %s, want %s", have, want)
	}
}

// A sentinel notices that the primary is dead and promotes a replica; the store follows
// it by itself, and everything acknowledged is there once.
func TestSentinelFailover(t *testing.T) {
	primary, one, two := storetest.StartNode(t), storetest.StartNode(t), storetest.StartNode(t)
	one.Follow(t, primary.Address())
	two.Follow(t, primary.Address())
	host, port, _ := net.SplitHostPort(primary.Address())
	file := filepath.Join(primary.Dir, "sentinel.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, "sentinel monitor desk %s %s 1\nsentinel down-after-milliseconds desk 300\nsentinel failover-timeout desk 5000\n", host, port), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel := storetest.StartSentinel(t, file)
	eventually(t, "the sentinel knows both replicas", func() bool {
		return strings.Contains(fmt.Sprint(sentinel.Client(t).Info(t.Context(), "sentinel").Val()), "slaves=2")
	})
	client, err := store.Dial("redis-sentinel://" + sentinel.Address() + "/desk")
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	s := store.New(client, store.Options{Desk: "test", Replicas: 1, Patience: 30 * time.Second})
	var acknowledged atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	ids := make([][]string, 4)
	for w := range ids {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				id := fmt.Sprintf("m%d.%d", w, i)
				if err := receive(t.Context(), s, id); err != nil {
					t.Errorf("message %s: %v", id, err)
					return
				}
				ids[w] = append(ids[w], id)
				acknowledged.Add(1)
			}
		})
	}
	eventually(t, "some are acknowledged", func() bool { return acknowledged.Load() > 200 })
	primary.Kill()
	killed := acknowledged.Load()
	awaitMore := time.After(30 * time.Second)
	for acknowledged.Load() < killed+200 {
		select {
		case <-awaitMore:
			t.Fatal("the store does not follow the sentinel")
		case <-time.After(5 * time.Millisecond):
		}
	}
	stop()
	writers.Wait()
	there := arrived(t, s)
	for _, list := range ids {
		for _, id := range list {
			if there[id] != 1 {
				t.Errorf("message %s was acknowledged and is there %d times", id, there[id])
			}
		}
	}
	storetest.Check(t, client, "test")
}
