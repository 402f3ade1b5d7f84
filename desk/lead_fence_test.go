package desk

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge/whatsapp"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// A leader frozen in the middle of writing to the session database keeps the next
// one from using it, and is killed for that; the next one goes on.
func TestFrozenWriterIsKilled(t *testing.T) {
	t.Parallel()
	if startOf(os.Getpid()) == "" {
		t.Skip("this system does not say who holds a lock")
	}
	w := newWorld(t)
	w.stop()
	ana := w.whatsapp.AddCustomer(whatsapptest.Customer{Phone: "6281234567001", Name: "Ana"})
	frozen := freezeWriter(t, w.cfg.Data)

	m := w.join(w.cfg, nil)
	m.untilUp()
	select {
	case <-frozen:
	case <-time.After(stillness):
		t.Error("the frozen process lives")
	}
	if !m.says("it is killed") {
		t.Error("nothing is said about it")
	}
	w.eventually("the folder to be held", func() bool { return holderOf(w.cfg.Data).pid == os.Getpid() })
	w.talk(ana, "satu")
}

// Others than a frozen leader are left alone: one that does not hold the folder, one
// whose id was used again, one that is at other work, and this process.
func TestOnlyAFrozenLeaderIsKilled(t *testing.T) {
	t.Parallel()
	if startOf(os.Getpid()) == "" {
		t.Skip("this system does not say who holds a lock")
	}
	dir := t.TempDir()
	frozen := freezeWriter(t, dir)
	p := holderOf(dir)
	if !p.holds(dir) || !blocksSession(p.pid, dir) {
		t.Fatalf("the frozen leader %+v is not recognised", p)
	}
	d := &Desk{log: zap.NewNop()}
	for name, other := range map[string]holder{
		"another start":  {pid: p.pid, start: p.start + "1", purpose: p.purpose},
		"unknown start":  {pid: p.pid, purpose: p.purpose},
		"pairing":        {pid: p.pid, start: p.start, purpose: forPair},
		"not the holder": {pid: os.Getppid(), start: startOf(os.Getppid()), purpose: forRun},
		"this process":   {pid: os.Getpid(), start: startOf(os.Getpid()), purpose: forRun},
		"nobody":         {},
	} {
		if other.holds(dir) {
			t.Errorf("%s is taken for the holder", name)
		}
		d.end(other, dir)
	}
	select {
	case <-frozen:
		t.Error("it was killed")
	default:
	}
	var b blockade
	now := time.Now()
	if _, ok := b.look(dir, now, time.Second); ok {
		t.Error("a blockade at first sight")
	}
	if _, ok := b.look(dir, now.Add(time.Second), time.Second); !ok {
		t.Error("no blockade after a second")
	}
	d.end(p, dir)
	<-frozen
	if _, ok := b.look(dir, now.Add(time.Hour), time.Second); ok {
		t.Error("a blockade by the dead")
	}
}

// Whoever asks finds somebody, also while the folder changes hands.
func TestTheHolderIsAlwaysNamed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	take := func(purpose string) {
		h, err := holdHome(dir, purpose)
		// A process that another test starts at this moment has our lock until it becomes
		// the program it is to run.
		for end := time.Now().Add(stillness); errors.Is(err, errHomeInUse) && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
			h, err = holdHome(dir, purpose)
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := h.letGo(); err != nil {
			t.Fatal(err)
		}
	}
	take(forRun)
	asked, over := make(chan int), make(chan struct{})
	go func() {
		nobody := 0
		defer func() { asked <- nobody }()
		for {
			if p := holderOf(dir); p.pid != os.Getpid() || p.purpose == "" {
				nobody++
			}
			select {
			case <-over:
				return
			default:
			}
		}
	}()
	for range 500 {
		take(forCheck)
		take(forRun)
	}
	close(over)
	if n := <-asked; n > 0 {
		t.Errorf("nobody was named %d times", n)
	}
}

// freezeWriter starts a process that holds the folder as a leader would, is in the
// middle of a write to the session database, and is stopped there. The channel is
// closed when it is dead.
func freezeWriter(t *testing.T, dir string) <-chan struct{} {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestFreezeHere$")
	cmd.Env = append(os.Environ(), "HALO_TEST_FREEZE="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dead := make(chan struct{})
	if n, err := out.Read(make([]byte, 100)); n == 0 {
		t.Fatalf("the writer said nothing: %v", err)
	}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(dead)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-dead
	})
	return dead
}

// TestFreezeHere is the process of freezeWriter.
func TestFreezeHere(t *testing.T) {
	dir := os.Getenv("HALO_TEST_FREEZE")
	if dir == "" {
		t.Skip("part of another test")
	}
	h, err := holdHome(dir, forRun)
	if err != nil {
		t.Fatal(err)
	}
	// Nobody may think it unused: a file that is collected is closed, and its lock gone.
	defer runtime.KeepAlive(h)
	c, err := whatsapp.Open(t.Context(), whatsapp.Options{Dir: dir})
	if err == nil {
		err = c.Close()
	}
	if err != nil && !errors.Is(err, whatsapp.ErrOtherNetwork) {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "whatsapp.db")+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	fmt.Println("writing")
	time.Sleep(time.Hour) // until it is stopped
}
