package bridge

import (
	"fmt"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Merge closes a ticket because another of the same contact goes on for it. It reports
// false when that had happened before. Errors are those of [ticket.Merge] and [Desk.Change].
func (d Desk) Merge(tx *ledger.Tx, into, from, by string) (merged bool, err error) {
	one, oneTalk, err := d.load(tx, into)
	if err != nil {
		return false, err
	}
	other, otherTalk, err := d.load(tx, from)
	if err != nil {
		return false, err
	}
	if other.Channel == ticket.WhatsApp && one.Channel != ticket.WhatsApp && other.MergedInto == "" {
		// The client's next message has to find the thread that goes on.
		return false, &ticket.Refusal{Key: "merge_bridge"}
	}
	talk := &otherTalk
	if oneTalk.ID == otherTalk.ID {
		talk = &oneTalk
	}
	oneBefore, otherBefore := one, other
	intoEvents, fromEvents, err := ticket.Merge(&one, &other, *talk, by, tx.Now())
	if err != nil || len(fromEvents) == 0 {
		return false, err
	}
	if err := d.keep(tx, otherBefore, &other, talk, fromEvents); err != nil {
		return false, err
	}
	if err := d.keep(tx, oneBefore, &one, &oneTalk, intoEvents); err != nil {
		return false, err
	}
	for _, c := range []*ticket.Conversation{&oneTalk, talk} {
		if c.ID == "" {
			continue
		}
		if err := c.Save(tx); err != nil {
			return false, err
		}
	}
	return true, nil
}

// load reads a ticket and its conversation, an empty one without the bridge.
func (d Desk) load(tx *ledger.Tx, number string) (t ticket.Ticket, c ticket.Conversation, err error) {
	t, ok, err := ticket.Load(tx, number)
	if err != nil {
		return t, c, err
	}
	if !ok {
		return t, c, fmt.Errorf("%w: %s", ErrNoTicket, number)
	}
	if t.Conversation == "" {
		return t, c, nil
	}
	c, ok, err = ticket.LoadConversation(tx, t.Conversation)
	if err == nil && !ok {
		err = fmt.Errorf("%w: ticket %s has no conversation %s", ledger.ErrCorrupt, number, t.Conversation)
	}
	return t, c, err
}
