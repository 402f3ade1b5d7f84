package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// A Redis that is there and cannot serve writes nothing, says so by ErrUnable, and is
// asked again: what was to be written then is there once.
func TestUnableRedis(t *testing.T) {
	for _, c := range []struct {
		name, reply string
		args        []string
		spoil, mend func(t *testing.T, n *storetest.Node, client store.Client)
	}{
		{"a replica", "READONLY", nil,
			func(t *testing.T, n *storetest.Node, client store.Client) {
				do(t, client, "REPLICAOF", "127.0.0.1", "1")
			},
			func(t *testing.T, n *storetest.Node, client store.Client) {
				do(t, client, "REPLICAOF", "NO", "ONE")
			}},
		{"a replica without its primary", "MASTERDOWN", nil,
			func(t *testing.T, n *storetest.Node, client store.Client) {
				do(t, client, "CONFIG", "SET", "replica-serve-stale-data", "no")
				do(t, client, "REPLICAOF", "127.0.0.1", "1")
			},
			func(t *testing.T, n *storetest.Node, client store.Client) {
				do(t, client, "REPLICAOF", "NO", "ONE")
			}},
		{"no memory", "OOM", nil,
			func(t *testing.T, n *storetest.Node, client store.Client) {
				do(t, client, "CONFIG", "SET", "maxmemory", "1000000")
			},
			func(t *testing.T, n *storetest.Node, client store.Client) {
				do(t, client, "CONFIG", "SET", "maxmemory", "0")
			}},
		{"no replicas", "NOREPLICAS", nil,
			func(t *testing.T, n *storetest.Node, client store.Client) {
				do(t, client, "CONFIG", "SET", "min-replicas-to-write", "1")
			},
			func(t *testing.T, n *storetest.Node, client store.Client) {
				do(t, client, "CONFIG", "SET", "min-replicas-to-write", "0")
			}},
		{"no disk", "MISCONF", nil,
			func(t *testing.T, n *storetest.Node, client store.Client) {
				do(t, client, "CONFIG", "SET", "save", "3600 1000000")
				if err := os.RemoveAll(n.Dir); err != nil {
					t.Fatal(err)
				}
				do(t, client, "BGSAVE")
				eventually(t, "the snapshot fails", func() bool {
					return strings.Contains(client.Info(t.Context(), "persistence").Val(), "rdb_last_bgsave_status:err")
				})
				problems, err := store.New(client, store.Options{Desk: "test"}).Durability(t.Context())
				if err != nil || !strings.Contains(settingsOf(problems), "rdb_last_bgsave_status") {
					t.Errorf("the gate finds %q, error %v", settingsOf(problems), err)
				}
			},
			func(t *testing.T, n *storetest.Node, client store.Client) {
				do(t, client, "CONFIG", "SET", "save", "")
			}},
		{"busy with a script", "BUSY", []string{"--lua-time-limit", "1"},
			func(t *testing.T, n *storetest.Node, client store.Client) {
				endless := n.Client(t)
				go endless.Eval(context.WithoutCancel(t.Context()), "while true do end", nil)
				eventually(t, "the script is too long", func() bool {
					return strings.HasPrefix(fmt.Sprint(client.Ping(t.Context()).Err()), "BUSY")
				})
			},
			func(t *testing.T, n *storetest.Node, client store.Client) { do(t, client, "SCRIPT", "KILL") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			node := storetest.StartNode(t, c.args...)
			client := node.Client(t)
			unableThenAble(t, client, c.reply,
				func() { c.spoil(t, node, client) }, func() { c.mend(t, node, client) })
		})
	}
}

// While a cluster has lost slots, it serves nothing.
func TestUnableCluster(t *testing.T) {
	client := storetest.Cluster(t)
	unableThenAble(t, client, "CLUSTERDOWN",
		func() { slots(t, client, "DELSLOTSRANGE", "fail") }, func() { slots(t, client, "ADDSLOTSRANGE", "ok") })
}

func slots(t *testing.T, client store.Client, verb, state string) {
	t.Helper()
	node, err := client.(*redis.ClusterClient).MasterForKey(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	slot := client.ClusterKeySlot(t.Context(), "{other}").Val()
	if err := node.Do(t.Context(), "CLUSTER", verb, slot, slot).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the cluster is "+state, func() bool {
		return strings.HasPrefix(node.ClusterInfo(t.Context()).Val(), "cluster_state:"+state)
	})
}

// A Redis that reads its log after a restart is waited for.
func TestUnableWhileLoading(t *testing.T) {
	// With everysec, what is answered while an fsync is under way is not even written yet:
	// a killed server may lose it.
	node := storetest.StartNode(t, "--appendonly", "yes", "--appendfsync", "always")
	client := node.Client(t)
	_, err := client.Pipelined(t.Context(), func(p redis.Pipeliner) error {
		for i := range 10_000 { // between a thousand and the next it answers
			p.HSet(t.Context(), "{test}:counters", "s", i)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	unableThenAble(t, client, "LOADING", func() {
		node.Kill()
		node.Start(t, "--key-load-delay", "200") // microseconds a command
		var answer string
		defer func() {
			if t.Failed() {
				log, _ := os.ReadFile(node.Dir + "/log")
				t.Logf("last answer %q; the server's log:\n%s", answer, log)
			}
		}()
		eventually(t, "it is loading", func() bool {
			answer = say(node.Address(), "PING")
			return strings.HasPrefix(answer, "-LOADING")
		})
	}, func() {})
}

// say sends a line to a server and returns the line it answers, "" if it does not.
func say(address, line string) string {
	c, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return ""
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "%s\r\n", line); err != nil {
		return ""
	}
	answer, _ := bufio.NewReader(c).ReadString('\n')
	return answer
}

// unableThenAble writes before, while and after a server cannot serve.
func unableThenAble(t *testing.T, client store.Client, reply string, spoil, mend func()) {
	t.Helper()
	hasty := store.New(client, store.Options{Desk: "test", Patience: -1})
	patient := store.New(client, store.Options{Desk: "test", Patience: 20 * time.Second})
	ref := ledger.Ref{Kind: "k", ID: "1"}
	write := func(s *store.Store, id string) (bool, error) {
		cause := ledger.Cause{Inbox: &ledger.Inbox{Source: "wa", ID: id, At: time.Now()}}
		return s.Update(t.Context(), cause, func(tx *ledger.Tx) error {
			data, err := tx.Doc(ref)
			if err != nil {
				return err
			}
			tx.Cancel("close", "1") // a write that needs no memory, which must not come through alone
			tx.Send(ledger.Letter{ID: "L" + id, Lane: "wa:1", Log: "T-1"})
			return tx.Put(ref, append(data, id...))
		})
	}
	if _, err := hasty.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		tx.Set(ledger.Timer{Kind: "close", ID: "1", Due: time.Now()})
		return tx.Put(ref, []byte("a"))
	}); err != nil {
		t.Fatal(err)
	}
	spoil()
	applied, err := write(hasty, "b")
	if applied || !errors.Is(err, store.ErrUnable) || !strings.Contains(err.Error(), reply) {
		t.Errorf("applied %v, error %v; want ErrUnable for %s", applied, err, reply)
	}
	for _, domain := range []error{ledger.ErrStale, ledger.ErrNotHead, ledger.ErrCorrupt, ledger.ErrInvalid, ledger.ErrTooLarge} {
		if errors.Is(err, domain) {
			t.Errorf("%s is taken for %v", reply, domain)
		}
	}
	done := make(chan error, 1)
	go func() {
		applied, err := write(patient, "c")
		if err == nil && !applied {
			err = errors.New("not applied")
		}
		done <- err
	}()
	mend()
	if err := <-done; err != nil {
		t.Fatalf("afterwards: %v", err)
	}
	if applied, err := write(patient, "b"); !applied || err != nil {
		t.Errorf("what had failed comes again: applied %v, %v", applied, err)
	}
	if d, err := patient.Doc(t.Context(), ref); err != nil || string(d.Data) != "acb" {
		t.Errorf("stored is %q, %v; want acb", d.Data, err)
	}
	storetest.Check(t, client, "test")
}

func do(t *testing.T, client store.Client, args ...any) {
	t.Helper()
	if err := client.Do(t.Context(), args...).Err(); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
}

type reply string

func (r reply) Error() string { return string(r) }
func (reply) RedisError()     {}

// The forms in which servers say it, of several versions.
func TestUnableReplies(t *testing.T) {
	for text, want := range map[string]bool{
		"LOADING Redis is loading the dataset in memory":                                                                                     true,
		"OOM command not allowed when used memory > 'maxmemory'. script: 7a, on @user_script:1.":                                             true,
		"ERR Error running script (call to f_7a): @user_script:4: @user_script: 4: -READONLY You can't write against a read only replica.":   true,
		"ERR Error running script (call to f_7a): @user_script:4: @user_script: 4: -OOM command not allowed when used memory > 'maxmemory'.": true,
		"ERR max number of clients reached": true,
		"HALO cannot write OOM ":            false,
		"ERR Error running script (call to f_7a): user_script:1: attempt to index a nil value": false,
		"WRONGTYPE Operation against a key holding the wrong kind of value":                    false,
		"NOAUTH Authentication required.":                                                      false,
		"BUSYKEY Target key name already exists.":                                              false,
	} {
		if have := store.IsUnable(reply(text)); have != want {
			t.Errorf("%q: %v", text, have)
		}
	}
	if store.IsUnable(errors.New("LOADING")) || store.IsUnable(nil) {
		t.Error("what no server said is taken for a reply")
	}
}
