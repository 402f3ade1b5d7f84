package desk

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// startOf is when a process began, in ticks since the start of the system; "" when
// there is no such process. Together with its id it names a process for ever.
func startOf(pid int) string {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The name, in brackets, may hold anything.
	_, rest, ok := strings.Cut(string(data[max(0, bytes.LastIndexByte(data, ')')):]), ") ")
	fields := strings.Fields(rest)
	const startField = 22 - 3 // the first after the name is the third
	if !ok || len(fields) <= startField {
		return ""
	}
	return fields[startField]
}

// holdsLock reports whether the process is known to hold the lock of a file that is
// locked as a whole.
func holdsLock(pid int, path string) bool {
	for _, l := range locksOf(pid) {
		if l.kind == "FLOCK" && l.inode == inode(path) {
			return true
		}
	}
	return false
}

// blocksSession reports whether the process keeps others from writing to the session
// database of the folder: SQLite locks bytes of the database, or, with a write-ahead
// log, of the file beside it, where those above 122 do not keep writers out.
func blocksSession(pid int, dir string) bool {
	path := filepath.Join(dir, "whatsapp.db")
	for _, l := range locksOf(pid) {
		if l.kind != "POSIX" {
			continue
		}
		if l.inode == inode(path) || l.inode == inode(path+"-shm") && l.first <= 122 {
			return true
		}
	}
	return false
}

// A fileLock is an exclusive lock.
type fileLock struct {
	kind  string // FLOCK for a whole file, POSIX for some of its bytes
	inode string
	first int64 // byte
}

// locksOf are the exclusive locks of a process; none where the system does not say.
func locksOf(pid int) (all []fileLock) {
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return nil
	}
	// 3: FLOCK  ADVISORY  WRITE 4711 08:01:131 0 EOF
	for line := range strings.Lines(string(locks)) {
		f := strings.Fields(line)
		if len(f) < 7 || f[3] != "WRITE" || f[4] != strconv.Itoa(pid) {
			continue
		}
		first, err := strconv.ParseInt(f[6], 10, 64)
		if err != nil {
			continue
		}
		all = append(all, fileLock{kind: f[1], inode: f[5][strings.LastIndexByte(f[5], ':')+1:], first: first})
	}
	return all
}

// inode is the number of a file in its file system; "-" when there is none.
func inode(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "-"
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "-"
	}
	return strconv.FormatUint(st.Ino, 10)
}
