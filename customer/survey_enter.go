package customer

import (
	"time"

	"github.com/haloerzap/halo/ledger"
)

// Enter takes all answers at once, as somebody heard them on the phone or read them on
// paper. What was answered before is replaced; a survey that ended for want of answers is
// taken up again for it. [Refusal] answer_strange, survey_over of one that is done.
func (s *Survey) Enter(values [Promotion + 1]int, comment, by string, at time.Time) ([]ledger.Event, error) {
	if s.State == SurveyDone {
		return nil, refuse("survey_over")
	}
	for q, value := range values {
		if !Question(q).takes(value) {
			return nil, refuse("answer_strange")
		}
	}
	next := *s
	next.State, next.At, next.Answers, next.Comment = SurveyAsked, Performance, nil, ""
	next.Why, next.Ended, next.Ticket = "", time.Time{}, ""
	events := []ledger.Event{s.event("survey_entered", by, at, "state", string(s.State))}
	for _, value := range values {
		more, err := next.Answer(value, "", by, at)
		if err != nil {
			return nil, err
		}
		events = append(events, more...)
	}
	more, err := next.Answer(0, comment, by, at)
	if err != nil {
		return nil, err
	}
	*s = next
	return append(events, more...), nil
}
