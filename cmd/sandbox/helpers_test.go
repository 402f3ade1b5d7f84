package main

import (
	"flag"
	"time"

	"go.uber.org/zap/zapcore"
)

var noisy = flag.Bool("desklog", false, "show everything the desk logs")

// zapLevel is how much of the desk's log a failing test shows.
func zapLevel() zapcore.Level {
	if *noisy {
		return zapcore.DebugLevel
	}
	return zapcore.WarnLevel
}

func jakarta() *time.Location { return time.FixedZone("WIB", 7*60*60) }
