package whatsapp

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.mau.fi/whatsmeow"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/whatsapp/whatsapptest"
)

// journal is an inbox that appends to a file, as durable as a file is.
type journal struct{ file *os.File }

func (j journal) Receive(_ context.Context, m bridge.ClientMessage) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return err
	}
	return j.file.Sync()
}

func (j journal) Receipts(context.Context, bridge.Receipt) error { return nil }

// child is the desk in a process of its own. It runs until it is killed: by the
// parent, or by itself at a step.
func child(story string) int {
	set := quick()
	if story == "soft parsers" {
		set.hardParsers = false
	}
	fail := func(err error) int {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dir := os.Getenv("WHATSAPP_DIR")
	network, err := ParseNetwork(os.Getenv("WHATSAPP_ENDPOINT"), os.Getenv("WHATSAPP_ROOT"))
	if err != nil {
		return fail(err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "journal"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fail(err)
	}
	statuses, err := os.OpenFile(filepath.Join(dir, "statuses"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fail(err)
	}
	if story == "quick pings" {
		whatsmeow.KeepAliveIntervalMin, whatsmeow.KeepAliveIntervalMax = 20*time.Millisecond, 40*time.Millisecond
		whatsmeow.KeepAliveResponseDeadline, whatsmeow.KeepAliveMaxFailTime = 300*time.Millisecond, 2*time.Second
	}
	step, hits := os.Getenv("WHATSAPP_KILL_AT"), atomic.Int32{}
	options := Options{Dir: dir, Network: network, Inbox: journal{file}, Changed: statusFile(statuses), Failpoint: func(at string) error {
		if at == step && hits.Add(1) == 3 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
		return nil
	}}
	if story == "locker" {
		return fail(lockForever(dir, statuses))
	}
	c, err := open(context.Background(), options, set)
	if err != nil {
		return fail(err)
	}
	if err := c.Run(context.Background()); err != nil {
		return fail(err)
	}
	return 0
}

// lockForever keeps the write lock of the database, and says so.
func lockForever(dir string, ready *os.File) error {
	db, err := openDatabase(context.Background(), dir, false, time.Second)
	if err != nil {
		return err
	}
	if _, err := db.BeginTx(context.Background(), nil); err != nil {
		return err
	}
	statusFile(ready)(Status{State: StateReady})
	time.Sleep(time.Hour)
	return nil
}

// program is a child process.
type program struct {
	*exec.Cmd
	over chan error
}

func start(t *testing.T, d *desk, story, killAt string) *program {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "WHATSAPP_CHILD="+story, "WHATSAPP_DIR="+d.dir, "WHATSAPP_KILL_AT="+killAt,
		"WHATSAPP_ENDPOINT="+d.net.URL(), fmt.Sprintf("WHATSAPP_ROOT=%x", d.net.RootKey()))
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{Cmd: cmd, over: make(chan error, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.over <- cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-done
		if t.Failed() && output.Len() > 0 {
			t.Logf("child: %.4000s", output.String())
		}
	})
	return p
}

func (p *program) awaitDeath(t *testing.T) {
	t.Helper()
	select {
	case <-p.over:
	case <-time.After(atMost):
		t.Fatal("the child lives on")
	}
}

func written(t *testing.T, d *desk) (out []bridge.ClientMessage) {
	t.Helper()
	file, err := os.Open(filepath.Join(d.dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var m bridge.ClientMessage
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// forChild is a desk that is paired and closed, so that a child can be it.
func forChild(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t, quick())
	d.pair()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestNothingIsLostWhenTheProcessIsKilled(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		step string
		want string
	}{
		{"wa.recv", "1 2 3 4 5 6"},
		{"wa.decrypted", "1 2 3 4 5 6"},
		// Stored, but not acknowledged: it comes again, and the store knows it.
		{"wa.persisted", "1 2 3 3 4 5 6"},
	} {
		t.Run(test.step, func(t *testing.T) {
			d := forChild(t)
			budi := d.customer("Budi")
			first := start(t, d, "inbox", test.step)
			if err := d.net.WaitConnected(soon(t)); err != nil {
				t.Fatal(err)
			}
			for _, text := range numbers(1, 5) {
				must(budi.Send(text))
			}
			first.awaitDeath(t)
			must(budi.Send("6"))
			start(t, d, "inbox", "")
			d.acked()
			if got := strings.Join(texts(written(t, d)), " "); got != test.want {
				t.Fatalf("stored %q, want %q", got, test.want)
			}
		})
	}
}

// Without the checks the three ciphertexts do harm; which, depends on the
// library. With them the next message comes through.
func TestHardenedParsersKeepTheProcessAlive(t *testing.T) {
	t.Parallel()
	held := func(t *testing.T, story string) bool {
		d := forChild(t)
		budi := d.customer("Budi")
		p := start(t, d, story, "")
		if err := d.net.WaitConnected(soon(t)); err != nil {
			t.Fatal(err)
		}
		must(budi.Send("1"))
		d.acked()
		for _, attack := range []whatsapptest.Attack{whatsapptest.HollowPreKeyMessage, whatsapptest.BrokenBlocks} {
			must(budi.Attack(attack))
		}
		must(budi.Send("2"))
		ctx, cancel := context.WithTimeout(t.Context(), longIf(story == "hard parsers"))
		defer cancel()
		arrived := d.net.WaitFor(ctx, func() bool { return d.net.Unacked() == 0 }) == nil
		select {
		case <-p.over:
			return false
		default:
		}
		return arrived && slices.Contains(texts(written(t, d)), "2")
	}
	if !held(t, "hard parsers") {
		t.Error("not held with the checks")
	}
	if held(t, "soft parsers") {
		t.Error("held without the checks: they are not needed any more")
	}
}
