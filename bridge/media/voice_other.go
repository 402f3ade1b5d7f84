//go:build !unix

package media

import "os"

func lower(int) {}

// input is the child's standard input.
func input(*os.File) string { return "pipe:0" }
