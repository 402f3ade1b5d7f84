package main

import (
	"os"
	"testing"
	"time"
)

// TestSoakKilled is TestKilledInTheMiddle again and again, each time with other
// moments of the kills, for as long as HALO_TEST_SOAK says (make soak).
func TestSoakKilled(t *testing.T) {
	soak, err := time.ParseDuration(os.Getenv("HALO_TEST_SOAK"))
	if err != nil {
		t.Skip("a soak of hours: make soak")
	}
	for end := time.Now().Add(soak); time.Now().Before(end); {
		t.Run("life", killedInTheMiddle)
	}
}
