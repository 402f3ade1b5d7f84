//go:build !linux

package store

import (
	"errors"
	"fmt"
)

// DiskFree is not known on this system: the error is [errors.ErrUnsupported].
func DiskFree(dir string) (free, total uint64, err error) {
	return 0, 0, fmt.Errorf("look at the disk of %s: %w", dir, errors.ErrUnsupported)
}
