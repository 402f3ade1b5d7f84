package store

import (
	"fmt"
	"syscall"
)

// DiskFree returns how many bytes may still be written to the file system of a
// folder (by us: not what is kept for root), and how many it has.
func DiskFree(dir string) (free, total uint64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0, fmt.Errorf("look at the disk of %s: %w", dir, err)
	}
	size := uint64(st.Bsize)
	return st.Bavail * size, st.Blocks * size, nil
}
