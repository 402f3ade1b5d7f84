package bridge_test

import (
	"os"
	"runtime/debug"
	"testing"
)

// The tests keep little and make much garbage: the store in this process begins an
// interpreter for each script.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
