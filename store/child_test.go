package store_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

func start(t *testing.T, dir string, log *zap.Logger) *store.Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	server, err := store.StartServer(ctx, dir, store.ServerOptions{Log: log})
	if errors.Is(err, store.ErrNoServer) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server
}

func pid(t *testing.T, client store.Client) int {
	t.Helper()
	info, err := client.Info(t.Context(), "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(info, "process_id:")
	n, err := strconv.Atoi(strings.TrimSpace(rest[:strings.IndexByte(rest, '\n')]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// The server of our own is durable, survives its own death, and leaves everything
// to the next one.
func TestServerKeepsWhatItAnswered(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a folder with spaces")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	core, logged := observer.New(zap.ErrorLevel)
	server := start(t, dir, zap.New(core))
	client := server.Client()
	defer client.Close()
	s := store.New(client, store.Options{Desk: "test"})
	if problems, err := s.Durability(t.Context()); err != nil || len(problems) > 0 {
		t.Errorf("not durable: %v, %v", problems, err)
	}
	ref := ledger.Ref{Kind: "k", ID: "1"}
	write := func(value string) {
		t.Helper()
		_, err := s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { return tx.Put(ref, []byte(value)) })
		if err != nil {
			t.Fatal(err)
		}
	}
	write("one")
	if err := syscall.Kill(pid(t, client), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	d, err := s.Doc(t.Context(), ref) // waits until it is back
	if err != nil || string(d.Data) != "one" {
		t.Errorf("after its death: %q, %v", d.Data, err)
	}
	if logged.Len() != 1 {
		t.Errorf("%d errors logged, want one for its death", logged.Len())
	}
	write("two")
	if err := errors.Join(server.Close(), server.Close()); err != nil {
		t.Fatal(err)
	}
	if err := client.Ping(t.Context()).Err(); err == nil {
		t.Error("it answers after Close")
	}

	again := start(t, dir, nil)
	address, err := store.ServerAddress(dir)
	if err != nil || address != again.Address() {
		t.Errorf("the address of a server there is %q, %v; want %q", address, err, again.Address())
	}
	c, err := store.Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if d, err := store.New(c, store.Options{Desk: "test"}).Doc(t.Context(), ref); err != nil || string(d.Data) != "two" {
		t.Errorf("in the next life: %q, %v", d.Data, err)
	}
}

// A server left behind by a predecessor is ended before ours starts.
func TestServerLeftBehind(t *testing.T) {
	binary, err := exec.LookPath("redis-server")
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip(store.ErrNoServer)
	}
	dir := t.TempDir()
	old := exec.Command(binary, "--port", "0", "--unixsocket", filepath.Join(dir, "redis.sock"), "--appendonly", "yes")
	old.Dir = dir
	if err := old.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = old.Wait()
	}()
	t.Cleanup(func() {
		_ = old.Process.Kill()
		<-gone
	})
	c, err := store.Dial("unix://" + filepath.Join(dir, "redis.sock"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := store.New(c, store.Options{Desk: "test"})
	ref := ledger.Ref{Kind: "k", ID: "1"}
	if _, err := s.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error { return tx.Put(ref, []byte("kept")) }); err != nil {
		t.Fatal(err)
	}
	start(t, dir, nil)
	<-gone
	if d, err := s.Doc(t.Context(), ref); err != nil || string(d.Data) != "kept" {
		t.Errorf("what it kept: %q, %v", d.Data, err)
	}
}

func TestServerInALongFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	server := start(t, dir, nil)
	path := strings.TrimPrefix(server.Address(), "unix://")
	t.Cleanup(func() { os.Remove(filepath.Dir(path)) })
	if len(path) > 100 || strings.HasPrefix(path, dir) {
		t.Errorf("its socket is %s", path)
	}
}

func TestServerThatCannotStart(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "appendonlydir"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := store.StartServer(ctx, dir, store.ServerOptions{})
	if errors.Is(err, store.ErrNoServer) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err == nil || ctx.Err() != nil || !strings.Contains(err.Error(), "last words") {
		t.Errorf("error %v, want its last words at once", err)
	}
	t.Setenv("PATH", "")
	if _, err := store.StartServer(ctx, dir, store.ServerOptions{}); !errors.Is(err, store.ErrNoServer) || !strings.Contains(err.Error(), "apt install redis-server") {
		t.Errorf("error %v, want how to install it", err)
	}
}
