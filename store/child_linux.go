package store

import (
	"io/fs"
	"os"
	"syscall"
)

// childAttributes put the child into a group of its own, so that Ctrl-C in a
// terminal reaches us alone, and end it with us, also after kill -9.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

func ownedByUs(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid()
}
