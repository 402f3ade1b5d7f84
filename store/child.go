package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/zap"
)

// ErrNoServer means that no redis-server is installed on this machine.
var ErrNoServer = errors.New("redis-server is not installed: apt install redis-server, or name another one with HALO_REDIS_URL")

// ServerOptions are those of [StartServer]. The zero value is good.
type ServerOptions struct {
	// Port makes the server listen on that port of 127.0.0.1 as well; 0 for the unix
	// socket alone.
	Port int
	// Log takes what happens to the server later; nil for silence.
	Log *zap.Logger
	// Died is told each time the server died without being told to; nil for nobody.
	Died func(error)
}

// A Server is a redis-server of our own, with its data in a folder. Every write is
// on disk before it is answered.
type Server struct {
	binary, dir, socket string
	port                int
	log                 *zap.Logger
	told                func(error) // of a death

	closing chan struct{} // closed by Close
	once    sync.Once
	over    chan struct{} // closed when the process is gone for good
}

// StartServer runs redis-server in dir, which must exist, and waits until it
// answers or ctx ends. It is started again when it dies. One left behind by a
// predecessor that was killed is ended first: the caller makes sure that no living
// instance uses the folder. Close ends it; ctx is for the start only.
func StartServer(ctx context.Context, dir string, o ServerOptions) (*Server, error) {
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, ErrNoServer
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find folder of redis-server: %w", err)
	}
	s := &Server{
		binary: binary, dir: dir, port: o.Port, log: o.Log, told: o.Died,
		closing: make(chan struct{}), over: make(chan struct{}),
	}
	if s.log == nil {
		s.log = zap.NewNop()
	}
	if s.socket, err = socketPath(dir); err != nil {
		return nil, fmt.Errorf("place the socket of redis-server: %w", err)
	}
	client := s.Client()
	defer client.Close()
	if err := s.endPredecessor(ctx, client); err != nil {
		return nil, fmt.Errorf("end the redis-server of a predecessor: %w", err)
	}
	died := make(chan error, 1)
	go s.keep(died)
	if err := s.awaitPong(ctx, client, died); err != nil {
		return nil, errors.Join(fmt.Errorf("start redis-server: %w", err), s.Close())
	}
	return s, nil
}

// ServerAddress is the URL, for [Dial], at which a server of [StartServer] answers in
// dir, whoever started it. There may be none at the moment.
func ServerAddress(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("find folder of redis-server: %w", err)
	}
	socket, err := socketPath(dir)
	if err != nil {
		return "", fmt.Errorf("place the socket of redis-server: %w", err)
	}
	return "unix://" + socket, nil
}

// Client returns a client of the server; close it when done.
func (s *Server) Client() Client {
	return redis.NewClient(Tame(&redis.Options{Network: "unix", Addr: s.socket}))
}

// Address is the server's URL, for [Dial].
func (s *Server) Address() string { return "unix://" + s.socket }

// Close ends the server and waits until it is gone; calling it twice is fine. A
// server that does not go within 3 s is killed, which loses nothing it answered.
func (s *Server) Close() error {
	s.once.Do(func() { close(s.closing) })
	<-s.over
	return nil
}

// patience is how long a server may take to end.
const patience = 3 * time.Second

// keep runs the server, again and again, until Close. The first death before it was
// wanted goes to died too. The thread is ours as long as the child lives: the
// kernel ends the child together with the thread that started it.
func (s *Server) keep(died chan<- error) {
	defer close(s.over)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		start := time.Now()
		err := s.run()
		select {
		case <-s.closing:
			return
		default:
		}
		select {
		case died <- err:
		default:
		}
		s.log.Error("redis-server died and is started again", zap.Error(err))
		if s.told != nil {
			s.told(err)
		}
		if time.Since(start) > time.Minute {
			wait = 100 * time.Millisecond
		}
		select {
		case <-s.closing:
			return
		case <-time.After(wait):
		}
	}
}

// run starts the server and returns when it has ended, by itself or by Close.
func (s *Server) run() error {
	var out tail
	cmd := exec.Command(s.binary,
		"--port", strconv.Itoa(s.port), "--bind", "127.0.0.1",
		"--unixsocket", s.socket, "--unixsocketperm", "700",
		"--appendonly", "yes", "--appendfsync", "always", "--save", "",
		"--maxmemory-policy", "noeviction", "--daemonize", "no")
	cmd.Dir = s.dir // its data goes to the folder it runs in
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = childAttributes()
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-ended:
			return
		case <-s.closing:
		}
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may be gone already
		select {
		case <-ended:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
		}
	})
	err := cmd.Wait()
	close(ended)
	watch.Wait()
	if err == nil {
		err = errors.New("it ended without being told to")
	}
	return fmt.Errorf("%w; its last words: %s", err, out.String())
}

// awaitPong waits until the server answers; a large log takes it a while to read.
func (s *Server) awaitPong(ctx context.Context, client Client, died <-chan error) error {
	for {
		if err := client.Ping(ctx).Err(); err == nil {
			return nil
		} else if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		select {
		case err := <-died:
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// endPredecessor ends a server that still listens on our socket: two on one folder
// would write over each other.
func (s *Server) endPredecessor(ctx context.Context, client Client) error {
	if _, err := os.Stat(s.socket); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	for told := false; ; {
		err := client.Ping(ctx).Err()
		if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && !told {
			s.log.Warn("a redis-server of a predecessor still runs and is ended")
			told = true
			_ = client.ShutdownNoSave(ctx).Err() // the answer is the end of the connection
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}

// socketPath is a place for the socket that is the same each time and short enough
// for a unix address (108 bytes), in a folder that is ours alone.
func socketPath(dir string) (string, error) {
	if path := filepath.Join(dir, "redis.sock"); len(path) <= 100 {
		return path, nil
	}
	sum := sha256.Sum256([]byte(dir))
	short := filepath.Join(os.TempDir(), "halo-redis-"+hex.EncodeToString(sum[:8]))
	if err := os.Mkdir(short, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	info, err := os.Lstat(short)
	if err != nil {
		return "", err
	}
	if !info.IsDir() || info.Mode().Perm() != 0o700 || !ownedByUs(info) {
		return "", fmt.Errorf("%s is not a folder of our own", short)
	}
	path := filepath.Join(short, "redis.sock")
	if len(path) > 100 {
		return "", fmt.Errorf("the path of %s is too long for a socket", path)
	}
	return path, nil
}

// A tail keeps the last words of a process.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - 500; over > 0 {
		t.kept = append([]byte(nil), t.kept[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.Join(bytes.Fields(t.kept), []byte(" ")))
}
