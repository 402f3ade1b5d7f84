package bridge

import (
	"errors"
	"maps"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// ticketTimers are the kinds that [Desk.Fire] takes.
var ticketTimers = []string{
	ticket.TimerFirstReminder, ticket.TimerFirstResponse, ticket.TimerReply, ticket.TimerNews,
	ticket.TimerOffer, ticket.TimerSilentAgent, ticket.TimerTargetNear, ticket.TimerTarget,
	ticket.TimerSilence, ticket.TimerWake, ticket.TimerScheduled, ticket.TimerRating,
}

// Timers are the handlers of the desk's durable timers by kind. Each of them looks again
// whether it is owed, and may come however late.
func (d Desk) Timers() map[string]func(*ledger.Tx, ledger.Timer) error {
	all := map[string]func(*ledger.Tx, ledger.Timer) error{
		TimerUndelivered: Undelivered, TimerSecret: EndSecret, TimerFlood: d.Unfold, ticket.TimerShift: d.Shift, TimerLeft: d.Left,
		escalation.TimerLadder: d.Climb, escalation.TimerTold: d.TellNext,
		customer.TimerOutreach: d.FireOutreach,
		customer.TimerSurvey:   d.LapseSurvey, TimerSurveyList: d.ListNext, TimerSurveyResume: d.ResumeSurvey,
	}
	for _, kind := range ticketTimers {
		all[kind] = d.Fire
	}
	maps.Copy(all, d.followUpTimers())
	return all
}

// Fire takes in that a timer of a ticket is due. A ticket that looks for somebody is
// offered.
func (d Desk) Fire(tx *ledger.Tx, timer ledger.Timer) error {
	err := d.Change(tx, timer.ID, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		events := t.Fire(timer.Kind, tx.Now(), d.policy(), d.hours())
		if timer.Kind != ticket.TimerOffer || len(events) == 0 {
			return events, nil
		}
		// What becomes of it says that it was due.
		return d.offer(tx, t)
	})
	if errors.Is(err, ErrNoTicket) {
		return nil
	}
	return err
}

// offer offers a ticket to whom it fits best, or notes that there is nobody.
func (d Desk) offer(tx *ledger.Tx, t *ticket.Ticket) ([]ledger.Event, error) {
	duties, candidates, err := d.candidates(tx)
	if err != nil {
		return nil, err
	}
	user, ok := t.Pick(candidates)
	if !ok && t.NewRound(tx.Now(), d.policy(), d.hours()) {
		user, ok = t.Pick(candidates)
	}
	if !ok {
		return t.NobodyToOffer(tx.Now())
	}
	events, err := t.Offer(user, tx.Now())
	if err != nil || len(events) == 0 {
		return nil, err
	}
	duty := duties[user]
	duty.Offered = tx.Now()
	return events, duty.Save(tx)
}

// candidates are those on duty, or on a break, with what they have. Of two offers at one
// time the second sees the first one's: each rewrites the duty of whom it picked, which
// both have read before they counted.
func (d Desk) candidates(tx *ledger.Tx) (map[string]ticket.Duty, []ticket.Candidate, error) {
	users, err := d.members(ticket.IndexDuty)
	if err != nil {
		return nil, nil, err
	}
	duties := make(map[string]ticket.Duty, len(users))
	for _, user := range users {
		if duties[user], err = ticket.LoadDuty(tx, user); err != nil {
			return nil, nil, err
		}
	}
	var candidates []ticket.Candidate
	for _, user := range users {
		has, err := d.members(ticket.IndexAgent(user))
		if err != nil {
			return nil, nil, err
		}
		candidates = append(candidates, duties[user].Candidate(len(has), d.policy()))
	}
	return duties, candidates, nil
}
