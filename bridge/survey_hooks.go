package bridge

import (
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// surveyParses reports whether a message answers the open question of the survey that runs
// in a conversation (c.Survey is not ""). It reads and changes nothing.
func (d Desk) surveyParses(tx *ledger.Tx, c ticket.Conversation, m ClientMessage) (bool, error) {
	return false, nil
}

// surveyHeard takes in a message for a survey (to.ID): one that parsed, or that quotes or
// votes on a question of it, also of one that is over. taken is false when it is to go
// where it would go without a survey. The conversation is saved by the caller.
func (d Desk) surveyHeard(tx *ledger.Tx, c *ticket.Conversation, m ClientMessage, to ticket.Destination) (taken bool, err error) {
	return false, nil
}

// surveyRests is told that a ticket opened, or opened again, in a conversation whose survey
// runs; surveyGoesOn that the conversation has no open ticket any more. The conversation is
// saved by the caller.
func (d Desk) surveyRests(tx *ledger.Tx, c *ticket.Conversation, number string) error { return nil }

func (d Desk) surveyGoesOn(tx *ledger.Tx, c *ticket.Conversation, number string) error { return nil }

// surveyTurns looks whether a change of a ticket opened or closed it. The conversation has
// followed already.
func (d Desk) surveyTurns(tx *ledger.Tx, before, t ticket.Ticket, c *ticket.Conversation) error {
	if c.Survey == "" {
		return nil
	}
	was, is := before.Number != "" && before.State != ticket.Closed, t.State != ticket.Closed
	switch {
	case is && !was:
		return d.surveyRests(tx, c, t.Number)
	case was && !is && c.Open == "":
		return d.surveyGoesOn(tx, c, t.Number)
	}
	return nil
}
