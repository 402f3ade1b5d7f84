package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/store"
)

// A home is the data folder of one process. Holding it, by a lock on the folder,
// proves that no other process does: the last holder is dead or has let go. A
// folder may be used without being held while its holder is frozen; then the lease
// alone says who may. Not for several goroutines at once.
type home struct {
	dir  string
	lock *os.File // nil while the folder is not held
	// name is the owner of the lease under which the folder's last holder led: who
	// holds the folder may take that lease over at once. "" while not held.
	name string
	// alias is the owner under which this process takes a lease without holding the
	// folder. It is never used again after it was lost.
	alias string
	// folder is a name of the folder that it keeps, also on another machine; "" before
	// it was held once.
	folder string

	died      func(error) // told when a redis-server of our own died; may be nil
	serverDir string      // of a redis-server of our own; "" when Redis is elsewhere
	server    *store.Server
}

var errHomeInUse = errors.New("another halo uses the data folder")

// What a process holds a folder for.
const (
	forRun   = "run"
	forPair  = "pair"
	forCheck = "check"
)

// openHome makes the folder when missing, without holding it.
func openHome(dir string) (*home, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	folder, err := readName(filepath.Join(dir, "folder"))
	return &home{dir: dir, alias: rand.Text(), folder: folder}, err
}

// holdHome opens the folder and holds it, or says that another process does.
func holdHome(dir, purpose string) (*home, error) {
	h, err := openHome(dir)
	if err != nil {
		return nil, err
	}
	held, err := h.hold(purpose)
	if err != nil {
		return nil, err
	}
	if !held {
		return nil, fmt.Errorf("%w %s: stop it first, or give this one another folder by HALO_DATA", errHomeInUse, dir)
	}
	return h, nil
}

func (h *home) held() bool { return h.lock != nil }

// hold takes the folder unless another process holds it; holding it already is fine.
func (h *home) hold(purpose string) (bool, error) {
	if h.held() {
		return true, nil
	}
	lock, err := os.OpenFile(filepath.Join(h.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return false, fmt.Errorf("open data folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return false, nil
		}
		return false, fmt.Errorf("lock data folder %s: %w", h.dir, err)
	}
	self := holder{pid: os.Getpid(), start: startOf(os.Getpid()), purpose: purpose}
	if err := writeNote(lock, self.String()); err != nil {
		lock.Close()
		return false, fmt.Errorf("note who holds the data folder: %w", err)
	}
	name, err := keepName(h.namePath())
	if err == nil {
		h.folder, err = keepName(filepath.Join(h.dir, "folder"))
	}
	if err != nil {
		lock.Close()
		return false, err
	}
	h.lock, h.name = lock, name
	return true, nil
}

// writeNote replaces the line in a file. Who reads it meanwhile finds the old line or
// the new one, never none.
func writeNote(f *os.File, line string) error {
	if _, err := f.WriteAt([]byte(line), 0); err != nil {
		return err
	}
	return f.Truncate(int64(len(line)))
}

// letGo ends the server and lets another process hold the folder.
func (h *home) letGo() error {
	if !h.held() {
		return nil
	}
	var err error
	if h.server != nil {
		err = h.server.Close()
		h.server = nil
	}
	h.lock.Close() // ends the lock
	h.lock, h.name = nil, ""
	return err
}

// owner is the name under which this process takes the lease now.
func (h *home) owner() string {
	if h.held() {
		return h.name
	}
	return h.alias
}

// rename makes name the one under which the next holder may lead at once. The
// folder must be held.
func (h *home) rename(name string) error {
	if h.name == name {
		return nil
	}
	if err := writeName(h.namePath(), name); err != nil {
		return err
	}
	h.name = name
	return nil
}

// forsake takes another alias: the one so far may have been lost.
func (h *home) forsake() { h.alias = rand.Text() }

// serve starts the redis-server of the folder, if it has one of its own and it does
// not run yet. The folder must be held.
func (h *home) serve(ctx context.Context, log *zap.Logger) error {
	if h.serverDir == "" || h.server != nil {
		return nil
	}
	server, err := store.StartServer(ctx, h.serverDir, store.ServerOptions{Log: log, Died: h.died})
	if err != nil {
		return err
	}
	h.server = server
	return nil
}

func (h *home) namePath() string { return filepath.Join(h.dir, "instance") }

// keepName reads a name of the folder, or makes one.
func keepName(path string) (string, error) {
	name, err := readName(path)
	if err != nil || name != "" {
		return name, err
	}
	name = rand.Text()
	return name, writeName(path, name)
}

// readName returns "" when there is none.
func readName(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read name: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// writeName writes a name so that a reader finds the old or the new one.
func writeName(path, name string) error {
	next := path + ".new"
	if err := os.WriteFile(next, []byte(name+"\n"), 0o600); err != nil {
		return fmt.Errorf("write name: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("write name: %w", err)
	}
	return nil
}

// A holder is the process that holds a folder, as it noted itself in the lock file.
type holder struct {
	pid     int
	start   string // when the process began, as the system counts; "" when it does not say
	purpose string
}

func (p holder) String() string { return fmt.Sprintf("%d %s %s\n", p.pid, p.purpose, p.start) }

// holderOf reads who holds a folder, or held it last; the zero value when that is not
// known.
func holderOf(dir string) holder {
	data, err := os.ReadFile(filepath.Join(dir, "lock"))
	if err != nil {
		return holder{}
	}
	line, _, _ := strings.Cut(string(data), "\n")
	fields := strings.Fields(line)
	if len(fields) < 2 {
		return holder{}
	}
	pid, err := strconv.Atoi(fields[0])
	if err != nil || pid <= 0 {
		return holder{}
	}
	p := holder{pid: pid, purpose: fields[1]}
	if len(fields) > 2 {
		p.start = fields[2]
	}
	return p
}
