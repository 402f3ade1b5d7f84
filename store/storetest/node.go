package storetest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/store"
)

// A Node is a redis-server of a test, with its data in a folder of its own. It can be
// killed and started again on what it left. Its methods are for one goroutine.
type Node struct {
	Dir  string
	args []string
	port int
	cmd  *exec.Cmd
	gone chan struct{} // closed when cmd has ended
	log  *os.File
}

// StartNode runs a redis-server on a port of 127.0.0.1 until the test ends. Without
// arguments it writes nothing to disk. The test is skipped where there is no
// redis-server, and fails instead if CI=true.
func StartNode(t testing.TB, args ...string) *Node {
	t.Helper()
	return onPort(t, func() []string { return args })
}

// onPort runs a server on a free port; args makes its further arguments. Between
// finding a port and listening there somebody else may take it: then another is tried.
func onPort(t testing.TB, args func() []string) *Node {
	t.Helper()
	for range 5 {
		port := freePort(t)
		n := newNode(t, append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1"}, args()...))
		n.port = port
		if n.up(t) {
			return n
		}
	}
	t.Fatalf("redis-server finds no port")
	return nil
}

// up waits until the server itself answers on its port; false if it has ended.
func (n *Node) up(t testing.TB) bool {
	t.Helper()
	c := redis.NewClient(store.Tame(&redis.Options{Addr: n.Address()}))
	defer c.Close()
	ended := false
	await(t, "redis-server", func() error {
		select {
		case <-n.gone:
			ended = true
			return nil
		default:
		}
		info, err := c.Info(t.Context(), "server").Result()
		if err == nil && !strings.Contains(info, fmt.Sprintf("process_id:%d\r", n.Pid())) {
			err = errors.New("another server answers")
		}
		return err
	})
	return !ended
}

// Binary finds redis-server, as [StartNode] does.
func Binary(t testing.TB) string {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no redis-server on PATH: apt install redis-server")
		}
		t.Skipf("no redis-server on PATH: apt install redis-server")
	}
	return binary
}

// newNode makes a folder, whose path is short enough for a socket, and runs a
// server in it.
func newNode(t testing.TB, args []string) *Node {
	t.Helper()
	Binary(t)
	dir, err := os.MkdirTemp("", "halo-redis")
	if err != nil {
		t.Fatalf("make folder: %v", err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatalf("make log: %v", err)
	}
	n := &Node{Dir: dir, log: log}
	n.args = append([]string{"--dir", dir, "--save", "", "--maxmemory-policy", "noeviction", "--daemonize", "no",
		"--repl-diskless-sync-delay", "0"}, args...)
	n.start(t)
	t.Cleanup(func() {
		n.Kill()
		log.Close()
		os.RemoveAll(dir)
	})
	return n
}

func (n *Node) start(t testing.TB, more ...string) {
	t.Helper()
	cmd := exec.Command(Binary(t), append(n.args, more...)...)
	cmd.Dir = n.Dir
	cmd.Stdout, cmd.Stderr = n.log, n.log
	if err := cmd.Start(); err != nil {
		t.Fatalf("start redis-server: %v", err)
	}
	gone := make(chan struct{})
	n.cmd, n.gone = cmd, gone
	go func() {
		defer close(gone)
		cmd.Wait()
	}()
}

// Start runs the server again, after [Node.Kill], on the data it left. More arguments
// may follow those it was made with. It does not wait.
func (n *Node) Start(t testing.TB, more ...string) {
	t.Helper()
	n.start(t, more...)
}

// Kill ends the server by SIGKILL and waits until it is gone. One that is gone is left
// alone.
func (n *Node) Kill() {
	if n.cmd == nil {
		return
	}
	n.cmd.Process.Kill()
	<-n.gone
	n.cmd = nil
}

// Pid is the process of the server.
func (n *Node) Pid() int { return n.cmd.Process.Pid }

// Address is where the server listens: host:port.
func (n *Node) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.port)) }

// Client waits until the server answers and returns a client of it, closed at the end
// of the test.
func (n *Node) Client(t testing.TB) store.Client {
	t.Helper()
	return open(t, store.Tame(&redis.Options{Addr: n.Address()}))
}

// Follow makes the server a replica of another one and waits until it has its data.
func (n *Node) Follow(t testing.TB, address string) {
	t.Helper()
	host, port, _ := net.SplitHostPort(address)
	c := n.Client(t)
	if err := c.SlaveOf(t.Context(), host, port).Err(); err != nil {
		t.Fatalf("follow %s: %v", address, err)
	}
	await(t, "replication", func() error {
		info, err := c.Info(t.Context(), "replication").Result()
		if err == nil && !strings.Contains(info, "master_link_status:up") {
			err = errors.New("the link is not up")
		}
		return err
	})
}

// AwaitReplicas waits until that many replicas confirm what a primary sends them.
func AwaitReplicas(t testing.TB, primary store.Client, n int) {
	t.Helper()
	await(t, "confirmation", func() error {
		have, err := primary.Do(t.Context(), "WAIT", n, 100).Int()
		if err == nil && have < n {
			err = errors.New("too few replicas confirm")
		}
		return err
	})
}

// Promote makes a replica a primary.
func (n *Node) Promote(t testing.TB) {
	t.Helper()
	if err := n.Client(t).SlaveOf(t.Context(), "NO", "ONE").Err(); err != nil {
		t.Fatalf("promote: %v", err)
	}
}

// StartSentinel runs a redis-server in sentinel mode on a file of configuration, which
// it rewrites.
func StartSentinel(t testing.TB, file string) *Node {
	t.Helper()
	n := &Node{Dir: filepath.Dir(file), port: freePort(t)}
	log, err := os.Create(filepath.Join(n.Dir, "sentinel.log"))
	if err != nil {
		t.Fatalf("make log: %v", err)
	}
	n.log = log
	n.args = []string{file, "--port", strconv.Itoa(n.port), "--bind", "127.0.0.1", "--sentinel"}
	n.start(t)
	t.Cleanup(func() {
		n.Kill()
		log.Close()
	})
	if !n.up(t) {
		t.Fatalf("the sentinel ended")
	}
	return n
}
