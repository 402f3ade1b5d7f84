package bridge

import (
	"time"

	"github.com/haloerzap/halo/customer"
)

// SurveyWindow is the window of a list, for tests.
func SurveyWindow(s Surveys, at time.Time, zone *time.Location, before customer.Round) (from, to time.Time) {
	return s.window(at, zone, before)
}
