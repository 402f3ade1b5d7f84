package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"
)

// A home is the data folder of one running instance. Holding its lock proves
// that no other process uses the folder: a predecessor with the same owner name
// is dead, so its lease may be taken over at once.
type home struct {
	lock  *os.File
	owner string // name of this instance, the same after a restart
}

var errHomeInUse = errors.New("another halo uses the data folder")

// awaitHome opens the folder, standing by while another process has it.
func (d *Desk) awaitHome(ctx context.Context) (*home, error) {
	for said := false; ; said = true {
		h, err := openHome(d.cfg.Data)
		if !errors.Is(err, errHomeInUse) {
			return h, err
		}
		if !said {
			d.log.Info("another halo uses this data folder; standing by to take over", zap.String("folder", d.cfg.Data))
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(standBy):
		}
	}
}

// openHome makes the folder when missing and takes its lock.
func openHome(dir string) (*home, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open data folder: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w %s: stop it first, or give this one another folder by HALO_DATA", errHomeInUse, dir)
		}
		return nil, fmt.Errorf("lock data folder %s: %w", dir, err)
	}
	owner, err := ownerName(filepath.Join(dir, "instance"))
	if err != nil {
		lock.Close()
		return nil, err
	}
	return &home{lock: lock, owner: owner}, nil
}

// ownerName reads the folder's instance name, or makes one.
func ownerName(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err == nil && strings.TrimSpace(string(data)) != "" {
		return strings.TrimSpace(string(data)), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read instance name: %w", err)
	}
	name := rand.Text()
	if err := os.WriteFile(path, []byte(name+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("write instance name: %w", err)
	}
	return name, nil
}

func (h *home) close() {
	h.lock.Close() // releases the lock
}
