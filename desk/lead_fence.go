package desk

import (
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"
)

// A blockade is a process that holds the folder although it lost the lease, and
// keeps the session database locked.
type blockade struct {
	by    holder
	since time.Time
}

// look reports the process that holds the folder and has kept others from writing
// to the session database at every look for so long. One that is merely slow to
// notice that it lost the lease is done sooner.
func (b *blockade) look(dir string, now time.Time, limit time.Duration) (holder, bool) {
	p := holderOf(dir)
	if !p.holds(dir) || !blocksSession(p.pid, dir) {
		*b = blockade{}
		return p, false
	}
	if b.by != p {
		*b = blockade{by: p, since: now}
	}
	return p, now.Sub(b.since) >= limit
}

// holds reports whether the process of the note lives, is the one that wrote the
// note, and holds the folder. It is never this one.
func (p holder) holds(dir string) bool {
	return p.purpose == forRun && p.pid > 1 && p.pid != os.Getpid() &&
		p.start != "" && p.start == startOf(p.pid) && holdsLock(p.pid, filepath.Join(dir, "lock"))
}

// end kills a frozen process that blocks the session database. A handle on the
// process is taken before the last look, so that no other can get its id between.
func (d *Desk) end(p holder, dir string) {
	process, err := os.FindProcess(p.pid)
	if err != nil {
		return // it is gone
	}
	defer process.Release()
	if !p.holds(dir) {
		return
	}
	d.log.Warn("a halo that lost the lead is frozen and blocks the session database; it is killed", zap.Int("process", p.pid))
	if err := process.Kill(); err != nil {
		d.log.Warn("kill the frozen halo", zap.Int("process", p.pid), zap.Error(err))
	}
}
