package bridge

import (
	"time"

	"github.com/haloerzap/halo/customer"
)

// SurveyWindow is the window of a list, for tests.
func SurveyWindow(s Surveys, at time.Time, zone *time.Location, before customer.Round) (from, to time.Time) {
	return s.window(at, zone, before)
}

// SurveyTold reports whether an event of a survey is told, and whether it needs no words.
func SurveyTold(event string) (told, untold bool) {
	_, told = surveyTellings[event]
	_, untold = surveyUntold[event]
	return told, untold
}
