package ledger

import "time"

// A LaneHead is a lane that has letters waiting.
type LaneHead struct {
	Lane      string
	NotBefore time.Time // real time of the next attempt; zero or past: now
}

// A View is something to be rendered anew, in the generation last asked for: a
// newer request raises it.
type View struct {
	Name string
	Gen  int64
}

// A Lease says who may speak for the desk.
type Lease struct {
	Epoch int64
	// Until is the local deadline (monotonic, real time): after it nothing may be
	// sent under this lease. It lies well before the end that others see.
	Until time.Time
}

// Valid reports whether the holder may still speak at real time now.
func (l Lease) Valid(now time.Time) bool { return l.Epoch > 0 && now.Before(l.Until) }
