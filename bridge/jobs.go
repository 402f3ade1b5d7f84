package bridge

import (
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A Job is work that the clock starts: it runs in the commit that notes that it ran, may
// run several times, and sets timers for what takes many commits. at is when it was due.
// The result is for people, one line.
type Job func(tx *ledger.Tx, at time.Time) (result string, err error)

// Jobs are the desk's jobs by name: "followups" and "surveys" (the monthly lists: started
// every morning of a month's first days, they act on its first working day, once), "nudge"
// (sales who are behind plan).
func (d Desk) Jobs() map[string]Job {
	return map[string]Job{"followups": d.listFollowUps, "surveys": d.listSurveys, "nudge": d.nudge}
}
