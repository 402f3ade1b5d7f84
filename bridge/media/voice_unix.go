//go:build unix

package media

import (
	"os"
	"syscall"
)

// lower makes room for everything else on the machine. A child that has ended already
// needs none.
func lower(pid int) { _ = syscall.Setpriority(syscall.PRIO_PROCESS, pid, 15) }

// input is how a child names its standard input as a file it can seek in.
func input(*os.File) string { return "/dev/stdin" }
