package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/bridge/bridgetest"
	"github.com/haloerzap/halo/store/storetest"
)

// A keeper runs a program and starts it again whenever it ends, as systemd would.
type keeper struct {
	c    *city
	mu   sync.Mutex
	r    *running      // guarded by mu
	live chan struct{} // guarded by mu; closed when the present process is ready
	stop chan struct{}
	over chan struct{}
	kept []string // logs of ended processes; guarded by mu
}

// keep starts a process and returns at once.
func (c *city) keep() *keeper {
	k := &keeper{c: c, stop: make(chan struct{}), over: make(chan struct{}), live: make(chan struct{})}
	k.begin()
	go k.watch()
	return k
}

func (k *keeper) begin() {
	r := &running{cmd: k.c.command(context.Background(), "run"), log: &syncBuffer{}}
	stdout, err := r.cmd.StdoutPipe()
	r.cmd.Stderr = r.log
	if err = errors.Join(err, r.cmd.Start()); err != nil {
		k.c.t.Errorf("start halo run: %v", err)
		return
	}
	k.mu.Lock()
	k.r = r
	live := make(chan struct{})
	k.live = live
	k.mu.Unlock()
	go func() {
		lines := bufio.NewScanner(stdout)
		for ready := false; lines.Scan(); {
			r.log.Write(append(lines.Bytes(), '\n'))
			if !ready && strings.TrimSpace(lines.Text()) == "halo ready" {
				ready = true
				close(live)
			}
		}
	}()
}

func (k *keeper) watch() {
	defer close(k.over)
	for {
		r := k.now()
		r.cmd.Wait() // however it ends, it is started again
		k.mu.Lock()
		k.kept = append(k.kept, r.log.String())
		k.mu.Unlock()
		select {
		case <-k.stop:
			return
		default:
			k.begin()
		}
	}
}

func (k *keeper) now() *running {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.r
}

func (k *keeper) signal(s syscall.Signal) { k.now().cmd.Process.Signal(s) }

// ready waits until the present process, whichever that is by then, is ready, as long
// as something happens.
func (k *keeper) ready() bool {
	return k.c.await(func() bool {
		k.mu.Lock()
		defer k.mu.Unlock()
		select {
		case <-k.live:
			return true
		default:
			return false
		}
	})
}

// end stops the process for good and returns all that was logged.
func (k *keeper) end(s syscall.Signal) string {
	close(k.stop)
	k.signal(s)
	<-k.over
	k.mu.Lock()
	defer k.mu.Unlock()
	return strings.Join(k.kept, "\n")
}

// failures are error lines that a fault of the tests does not explain.
func failures(log string, explained ...string) (lines []string) {
next:
	for line := range strings.Lines(log) {
		if strings.Contains(line, "DATA RACE") || strings.HasPrefix(line, "panic:") || strings.HasPrefix(line, "fatal error:") {
			lines = append(lines, line)
			continue
		}
		if !strings.Contains(line, `"level":"error"`) {
			continue
		}
		for _, part := range explained {
			if strings.Contains(line, part) {
				continue next
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// An ownRedis is a redis-server of the test's own, with every write on disk before it
// is answered, or synced every second.
type ownRedis struct {
	t    testing.TB
	dir  string
	port int
	sync string
	cmd  *exec.Cmd
}

func newRedis(t testing.TB, appendfsync string) *ownRedis {
	t.Helper()
	r := &ownRedis{t: t, dir: t.TempDir(), port: freePort(t), sync: appendfsync}
	r.start()
	t.Cleanup(r.kill)
	return r
}

// freePort is a port that nobody listens at, below those that systems give to
// connections: it stays free while its server is away.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 15_000 + rand.IntN(15_000)
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			l.Close()
			return port
		}
	}
	t.Fatal("no free port was found")
	return 0
}

func (r *ownRedis) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(r.port)) }

func (r *ownRedis) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: r.address(), MaxRetries: -1})
}

func (r *ownRedis) start() {
	r.t.Helper()
	r.cmd = exec.Command("redis-server", "--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--save", "",
		"--appendonly", "yes", "--appendfsync", r.sync, "--maxmemory-policy", "noeviction", "--daemonize", "no")
	r.cmd.Dir = r.dir
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	client := r.client()
	defer client.Close()
	if !poll(stillness, func() bool { return client.Ping(context.Background()).Err() == nil }) {
		r.t.Fatal("redis-server does not answer")
	}
}

func (r *ownRedis) kill() {
	r.cmd.Process.Kill()
	r.cmd.Wait() // it was killed
}

// log is the file that redis-server appends to.
func (r *ownRedis) log() string {
	r.t.Helper()
	all, err := filepath.Glob(filepath.Join(r.dir, "appendonlydir", "*.incr.aof"))
	if err != nil || len(all) != 1 {
		r.t.Fatalf("logs of redis-server: %v, %v", all, err)
	}
	return all[0]
}

func size(t testing.TB, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// kill -9 of the program, of its redis-server, and of both, at random moments with a
// crowd writing from both sides: nothing is lost, repeated or out of order.
func TestKillsOfBotAndRedis(t *testing.T) {
	t.Parallel()
	const kills = 6
	random := chaosSeed(t)
	c := newCity(t)
	c.prepare()
	k := c.keep()
	defer func() {
		log := k.end(syscall.SIGTERM)
		for _, line := range failures(log, "redis-server died", "nothing more is taken in") {
			t.Errorf("unannounced error in the log: %s", line)
		}
	}()
	if !k.ready() {
		t.Fatalf("halo run is not ready:\n%s", k.now().log)
	}
	w := newCrowd(t, c, 5)
	ctx, cancel := context.WithCancel(t.Context())
	var talk sync.WaitGroup
	talkers := rand.New(rand.NewPCG(random.Uint64(), 0))
	talk.Go(func() { w.talk(ctx, talkers, 40) })
	for i := range kills {
		time.Sleep(time.Duration(300+random.IntN(900)) * time.Millisecond) // the moment is to be arbitrary
		switch i % 3 {
		case 0:
			k.signal(syscall.SIGKILL)
		case 1:
			killRedisOf(c)
		case 2:
			killRedisOf(c)
			time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
			k.signal(syscall.SIGKILL)
		}
		if !k.ready() {
			t.Errorf("halo run is not ready after kill %d:\n%s", i, k.now().log)
		}
	}
	cancel()
	talk.Wait()
	if found := w.settled(); len(found) > 0 {
		t.Errorf("%d violations:\n%s\n%s", len(found), bridgetest.Report(found[:min(20, len(found))]), k.now().log)
	}
	t.Logf("%d messages, %d kills", w.written.Load(), kills)
}

// killRedisOf kills the redis-server in the data folder, if it runs now.
func killRedisOf(c *city) {
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: filepath.Join(c.data, "redis", "redis.sock"), MaxRetries: -1})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	info, err := client.Info(ctx, "server").Result()
	if err != nil {
		return // it is being started just now
	}
	for line := range strings.Lines(info) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "process_id:"); ok {
			if pid, err := strconv.Atoi(rest); err == nil && pid > 1 {
				syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	}
}

// The power fails: the program and redis-server end at once, and of what redis-server
// wrote without having been able to say so, any part may be gone, down to half a
// command. The answers are held back before the cut, so that what is cut off was
// never confirmed to anybody.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	const cuts = 4
	random := chaosSeed(t)
	server := newRedis(t, "always")
	gate := newDam(t, server.address())
	c := newCity(t)
	c.env = append(c.env, "HALO_REDIS_URL=redis://"+gate.address())
	c.prepare()
	k := c.keep()
	if !k.ready() {
		t.Fatalf("halo run is not ready:\n%s", k.now().log)
	}
	w := newCrowd(t, c, 4)
	ctx, cancel := context.WithCancel(t.Context())
	var talk sync.WaitGroup
	talkers := rand.New(rand.NewPCG(random.Uint64(), 0))
	talk.Go(func() { w.talk(ctx, talkers, 40) })
	lost := int64(0)
	for range cuts {
		time.Sleep(time.Duration(300+random.IntN(900)) * time.Millisecond) // the moment is to be arbitrary
		gate.hold(true)
		probe := server.client()
		if err := probe.Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		probe.Close()
		sure := size(t, server.log()) // what was confirmed to the program is before this
		time.Sleep(time.Duration(random.IntN(300)) * time.Millisecond)
		k.signal(syscall.SIGKILL)
		server.kill()
		if all := size(t, server.log()); all > sure {
			keep := sure + random.Int64N(all-sure+1)
			lost += all - keep
			if err := os.Truncate(server.log(), keep); err != nil {
				t.Fatal(err)
			}
		}
		gate.hold(false)
		server.start()
		if !k.ready() {
			t.Errorf("halo run is not ready after the cut:\n%s", k.now().log)
		}
	}
	cancel()
	talk.Wait()
	if found := w.settled(); len(found) > 0 {
		t.Errorf("%s", bridgetest.Report(found))
	}
	log := k.end(syscall.SIGTERM)
	for _, line := range failures(log, "nothing more is taken in") {
		t.Errorf("unannounced error in the log: %s", line)
	}
	client := server.client()
	defer client.Close()
	storetest.Check(t, client, "halo")
	t.Logf("%d messages, %d cuts, %d bytes cut off", w.written.Load(), cuts, lost)
}

// A dam lets requests through to a server and may hold its answers back.
type dam struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	held     chan struct{} // guarded by mu; nil while answers flow
	work     sync.WaitGroup
	conns    map[net.Conn]bool // guarded by mu
}

func newDam(t testing.TB, target string) *dam {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &dam{listener: l, target: target, conns: map[net.Conn]bool{}}
	d.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			d.work.Go(func() { d.serve(conn) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		d.hold(false)
		d.mu.Lock()
		for conn := range d.conns {
			conn.Close()
		}
		d.mu.Unlock()
		d.work.Wait()
	})
	return d
}

func (d *dam) address() string { return d.listener.Addr().String() }

func (d *dam) hold(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if on && d.held == nil {
		d.held = make(chan struct{})
	}
	if !on && d.held != nil {
		// What was held back is never said: the connections end.
		for conn := range d.conns {
			conn.Close()
		}
		close(d.held)
		d.held = nil
	}
}

func (d *dam) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", d.target)
	if err != nil {
		return
	}
	defer server.Close()
	d.mu.Lock()
	d.conns[client], d.conns[server] = true, true
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		delete(d.conns, client)
		delete(d.conns, server)
		d.mu.Unlock()
	}()
	d.work.Go(func() {
		io.Copy(server, client)
		server.Close()
	})
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		d.mu.Lock()
		held := d.held
		if held == nil && n > 0 {
			_, err = client.Write(buffer[:n]) // under the lock: nothing passes after hold returned
		}
		d.mu.Unlock()
		if held != nil {
			<-held
			return
		}
		if err != nil {
			return
		}
	}
}
