package store_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/redis/go-redis/v9"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// A disk is a redis-server whose every fsync we see, as its debugger. What it wrote to
// its log before an fsync that ended well is on the platter; all later bytes are a
// power cut's to take. We can also hold the fsyncs back, as a slow disk does.
type disk struct {
	t      *testing.T
	dir    string
	binary string
	port   int
	policy string

	pid  int
	over chan error // the debugger is done

	mu     sync.Mutex
	synced map[string]int64 // bytes of each file on the platter; guarded by mu
	fsyncs int              // ended; guarded by mu
	hold   bool             // guarded by mu
	held   map[int]string   // threads held back before an fsync, and its file; guarded by mu
}

func newDisk(t *testing.T, policy string) *disk {
	t.Helper()
	node := storetest.StartNode(t) // finds us a folder and a port
	d := &disk{t: t, dir: node.Dir, binary: storetest.Binary(t), policy: policy}
	_, port, _ := strings.Cut(node.Address(), ":")
	d.port, _ = strconv.Atoi(port)
	node.Kill()
	t.Cleanup(d.kill)
	return d
}

// power starts the server on what is on the platter.
func (d *disk) power() store.Client {
	d.t.Helper()
	d.mu.Lock()
	d.synced, d.fsyncs, d.hold, d.held = d.sizes(), 0, false, map[int]string{}
	d.mu.Unlock()
	d.over = make(chan error, 1)
	started := make(chan error)
	go func() { d.over <- d.debug(started) }()
	if err := <-started; err != nil {
		if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENOSYS) {
			d.t.Skipf("debuggers are not allowed here: %v", err)
		}
		d.t.Fatalf("start redis-server under a debugger: %v", err)
	}
	c := redis.NewClient(store.Tame(&redis.Options{Addr: "127.0.0.1:" + strconv.Itoa(d.port)}))
	d.t.Cleanup(func() { c.Close() })
	eventually(d.t, "redis-server answers", func() bool { return c.Ping(d.t.Context()).Err() == nil })
	return c
}

// sizes are those of the files of the log. Without power all of it is on the platter.
func (d *disk) sizes() map[string]int64 {
	d.t.Helper()
	sizes := map[string]int64{}
	files, err := filepath.Glob(filepath.Join(d.dir, "appendonlydir", "*.incr.aof"))
	if err != nil {
		d.t.Fatal(err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			d.t.Fatal(err)
		}
		sizes[file] = info.Size()
	}
	return sizes
}

func (d *disk) kill() {
	if d.pid != 0 {
		_ = syscall.Kill(d.pid, syscall.SIGKILL)
		<-d.over
		d.pid = 0
	}
}

// cut ends the server as a power cut does: its log keeps what was on the platter. It
// returns how many bytes that took.
func (d *disk) cut() (gone int64) {
	d.t.Helper()
	d.kill()
	for file, size := range d.sizes() {
		gone += size - d.synced[file]
		if err := os.Truncate(file, d.synced[file]); err != nil {
			d.t.Fatal(err)
		}
	}
	return gone
}

// syncs counts the fsyncs that ended.
func (d *disk) syncs() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.fsyncs
}

// holdSyncs keeps fsyncs from now on from beginning.
func (d *disk) holdSyncs() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.hold = true
}

func (d *disk) holding() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.held)
}

const (
	traceSysGood, traceClone, traceExitKill = 0x1, 0x8, 0x100000
	requestInfo                             = 0x420e // PTRACE_GET_SYSCALL_INFO
	waitAll                                 = 0x40000000
)

// syscallInfo is the kernel's struct ptrace_syscall_info.
type syscallInfo struct {
	op   uint8 // 1 entry, 2 exit
	_    [3]byte
	_    uint32
	_, _ uint64
	a    uint64 // entry: number; exit: result
	args [6]uint64
	_    [4]uint64
}

// debug runs the server to its end, on one thread as the kernel demands.
func (d *disk) debug(started chan<- error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	log, err := os.OpenFile(filepath.Join(d.dir, "log"), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		started <- err
		return err
	}
	defer log.Close()
	cmd := exec.Command(d.binary, "--dir", d.dir, "--port", strconv.Itoa(d.port), "--bind", "127.0.0.1", "--save", "",
		"--appendonly", "yes", "--appendfsync", d.policy, "--daemonize", "no")
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true, Setpgid: true}
	if err := cmd.Start(); err != nil {
		started <- err
		return err
	}
	pid := cmd.Process.Pid
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &ws, waitAll, nil); err != nil {
		started <- err
		return err
	}
	if err := syscall.PtraceSetOptions(pid, traceSysGood|traceClone|traceExitKill); err != nil {
		started <- err
		return err
	}
	d.pid = pid
	_ = syscall.PtraceSyscall(pid, 0)
	started <- nil
	under := map[int]syncing{}
	for {
		// Only this server's threads: others' children are not ours to wait for.
		tid, err := syscall.Wait4(-pid, &ws, waitAll, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return err
		case ws.Exited() || ws.Signaled():
			if tid == pid {
				return nil
			}
		case ws.Stopped():
			d.stopped(tid, ws.StopSignal(), under)
		}
	}
}

// syncing is an fsync under way: of which file, and what was in it when it began.
type syncing struct {
	file string
	size int64
}

// stopped looks at a thread that stopped, and lets it go on unless its fsync is held.
func (d *disk) stopped(tid int, signal syscall.Signal, under map[int]syncing) {
	pass := 0
	switch {
	case signal == syscall.SIGTRAP|0x80:
		if !d.atSyscall(tid, under) {
			return
		}
	case signal != syscall.SIGTRAP && signal != syscall.SIGSTOP:
		pass = int(signal)
	}
	_ = syscall.PtraceSyscall(tid, pass) // it may have been killed
}

func (d *disk) atSyscall(tid int, under map[int]syncing) (goOn bool) {
	var info syscallInfo
	_, _, errno := syscall.Syscall6(syscall.SYS_PTRACE, requestInfo, uintptr(tid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch info.op {
	case 1:
		if info.a != syscall.SYS_FDATASYNC && info.a != syscall.SYS_FSYNC {
			return true
		}
		file, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", d.pid, info.args[0]))
		if err != nil || !strings.HasSuffix(file, ".incr.aof") {
			return true
		}
		if d.hold {
			d.held[tid] = file
			return false
		}
		st, err := os.Stat(file)
		if err == nil {
			under[tid] = syncing{file, st.Size()}
		}
	case 2:
		if s, ok := under[tid]; ok {
			delete(under, tid)
			d.fsyncs++
			if int64(info.a) == 0 {
				d.synced[s.file] = max(d.synced[s.file], s.size)
			}
		}
	}
	return true
}

// load writes messages by several goroutines until stop, and returns which were
// acknowledged.
func load(t *testing.T, s *store.Store, prefix string, stop <-chan struct{}) (acknowledged func() []string, wait func()) {
	var mu sync.Mutex
	var list []string
	var writers sync.WaitGroup
	for w := range 6 {
		writers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("%s%d.%d", prefix, w, i)
				if receive(t.Context(), s, id) == nil {
					mu.Lock()
					list = append(list, id)
					mu.Unlock()
				}
			}
		})
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), list...)
	}, writers.Wait
}

// The power fails under load, again and again, at no particular moment. With
// appendfsync always, everything acknowledged is there, once.
func TestPowerCut(t *testing.T) {
	d := newDisk(t, "always")
	rounds, acknowledged := 3, []string{}
	if os.Getenv("HALO_TEST_SOAK") != "" {
		rounds = 40
	}
	var taken int64
	for round := range rounds {
		client := d.power()
		s := store.New(client, store.Options{Desk: "test", Patience: -1})
		stop := make(chan struct{})
		have, wait := load(t, s, fmt.Sprintf("r%d.", round), stop)
		eventually(t, "some are acknowledged", func() bool { return len(have()) > 50+17*round })
		taken += d.cut()
		close(stop)
		wait()
		acknowledged = append(acknowledged, have()...)
	}
	client := d.power()
	there := arrived(t, store.New(client, store.Options{Desk: "test"}))
	for _, id := range acknowledged {
		if there[id] != 1 {
			t.Errorf("message %s was acknowledged and is there %d times", id, there[id])
		}
	}
	storetest.Check(t, client, "test")
	t.Logf("%d acknowledged in %d rounds; the cuts took %d bytes that nobody was told of", len(acknowledged), rounds, taken)
}

// The disk is slow and then the power fails. With always, nobody was told of what the
// disk had not taken; with everysec somebody was. (That shows that the cut does cut.)
func TestPowerCutBehindASlowDisk(t *testing.T) {
	for _, c := range []struct {
		policy string
		told   bool
	}{{"always", false}, {"everysec", true}} {
		t.Run(c.policy, func(t *testing.T) {
			d := newDisk(t, c.policy)
			client := d.power()
			s := store.New(client, store.Options{Desk: "test", Patience: -1})
			before := d.syncs()
			if err := receive(t.Context(), s, "before"); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the disk has the first message", func() bool { return d.syncs() > before })
			if c.policy == "everysec" {
				// The fsync we saw may have begun before the message was written.
				before = d.syncs()
				if err := receive(t.Context(), s, "more"); err != nil {
					t.Fatal(err)
				}
				eventually(t, "the disk has it for sure", func() bool { return d.syncs() > before })
			}
			d.holdSyncs()
			told := make(chan error, 1)
			go func() { told <- receive(t.Context(), s, "behind") }()
			if c.told {
				if err := <-told; err != nil {
					t.Fatal(err)
				}
			} else {
				eventually(t, "the server waits for the disk", func() bool { return d.holding() > 0 })
				select {
				case err := <-told:
					t.Fatalf("told (%v) of what is not on the disk", err)
				default:
				}
			}
			d.cut()
			if !c.told && <-told == nil {
				t.Error("acknowledged by a server without power")
			}
			client = d.power()
			there := arrived(t, store.New(client, store.Options{Desk: "test"}))
			if there["before"] != 1 || there["behind"] != 0 {
				t.Errorf("there is %v, want the first message and not the last", there)
			}
			storetest.Check(t, client, "test")
		})
	}
}

// Redis alone is killed under load, again and again. The store waits for it to come
// back: every message is acknowledged and there once.
func TestRedisKilledUnderLoad(t *testing.T) {
	node := storetest.StartNode(t, "--appendonly", "yes", "--appendfsync", "always")
	client := node.Client(t)
	s := store.New(client, store.Options{Desk: "test", Patience: 30 * time.Second})
	lease, err := s.Acquire(t.Context(), "a", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	rounds := 3
	if os.Getenv("HALO_TEST_SOAK") != "" {
		rounds = 40
	}
	stop := make(chan struct{})
	have, wait := load(t, s, "m", stop)
	var sent int
	var courier sync.WaitGroup
	courier.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := oneLetter(t, s, lease.Epoch, i); err != nil {
				t.Errorf("letter %d: %v", i, err)
				return
			}
			sent++
		}
	})
	for range rounds {
		more := len(have()) + 60
		eventually(t, "some are acknowledged", func() bool { return len(have()) > more })
		node.Kill()
		node.Start(t)
	}
	close(stop)
	wait()
	courier.Wait()
	there := arrived(t, s)
	for _, id := range have() {
		if there[id] != 1 {
			t.Errorf("message %s was acknowledged and is there %d times", id, there[id])
		}
	}
	statuses, err := s.Statuses(t.Context(), "T-2")
	if err != nil || len(statuses) < sent || sent == 0 {
		t.Errorf("%d letters known, %d sent, %v", len(statuses), sent, err)
	}
	storetest.Check(t, client, "test")
}

// oneLetter writes a letter, begins and finishes it.
func oneLetter(t *testing.T, s *store.Store, epoch int64, i int) error {
	id := fmt.Sprint("L", i)
	if _, err := s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		tx.Send(ledger.Letter{ID: id, Lane: "wa:1", Log: "T-2"})
		return nil
	}); err != nil {
		return err
	}
	l, _, ok, err := s.Begin(t.Context(), epoch, "wa:1")
	if err != nil || !ok || l.ID != id {
		return fmt.Errorf("begun %q, %v, %w", l.ID, ok, err)
	}
	applied, err := s.Update(t.Context(), outcome(l, epoch, ledger.Sent, "X"+id), nothing)
	if err == nil && !applied {
		err = errors.New("finished by somebody else")
	}
	return err
}
