package customer

import (
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A Choice is what a person said about messages the desk sends first.
type Choice string

// The choices. Who was not asked may get follow-ups, and no reminders, which only go
// to those who agreed.
const (
	Unasked  Choice = ""
	Agreed   Choice = "agreed"
	Declined Choice = "declined"
)

// A Consent is the last choice, with when, by whom and why: in the person's own words,
// or as staff heard it.
type Consent struct {
	Choice Choice
	At     time.Time
	By     string // "client", or a Discord user id
	Why    string
}

// over reports whether c stands when both were said: the later one, and of two at one
// time the one that declines.
func (c Consent) over(other Consent) bool {
	if n := c.At.Compare(other.At); n != 0 {
		return n > 0
	}
	if c.Choice != other.Choice {
		return c.Choice > other.Choice // declined, agreed, unasked
	}
	return compare(c.By+"|"+c.Why, other.By+"|"+other.Why) >= 0
}

// Agree notes that the person wants messages the desk sends first.
func (c *Contact) Agree(by, why string, at time.Time) []ledger.Event {
	return c.choose(Agreed, "consent_given", by, why, at)
}

// Decline notes that the person does not want them.
func (c *Contact) Decline(by, why string, at time.Time) []ledger.Event {
	return c.choose(Declined, "consent_declined", by, why, at)
}

// choose keeps the choice, unless it is the one that stands or one said later does: a
// word that arrives late overturns nothing.
func (c *Contact) choose(choice Choice, what, by, why string, at time.Time) []ledger.Event {
	said := Consent{Choice: choice, At: millisecond(at), By: line(by, mostID), Why: line(why, longReason)}
	if choice == c.Consent.Choice || !said.over(c.Consent) {
		return nil
	}
	c.Consent, c.Updated = said, at
	return []ledger.Event{event(what, by, at, "why", said.Why)}
}

// A Block says that what a person writes is dropped. The zero Block is none.
type Block struct {
	By  string // Discord user id
	At  time.Time
	Why string
}

// On reports whether there is a block.
func (b Block) On() bool { return !b.At.IsZero() }

// over reports whether b stands when both were set: the earlier one.
func (b Block) over(other Block) bool {
	switch {
	case !b.On() || !other.On():
		return b.On()
	case !b.At.Equal(other.At):
		return b.At.Before(other.At)
	}
	return compare(b.By+"|"+b.Why, other.By+"|"+other.Why) <= 0
}

// Shut puts the person on the block list, for a reason. Who is on it stays for the
// reason first given. [Refusal] reason_missing.
func (c *Contact) Shut(by, why string, at time.Time) ([]ledger.Event, error) {
	why = line(why, longReason)
	if why == "" {
		return nil, refuse("reason_missing")
	}
	if c.Block.On() {
		return nil, nil
	}
	c.Block, c.Updated = Block{By: line(by, mostID), At: millisecond(at), Why: why}, at
	return []ledger.Event{event("contact_blocked", by, at, "why", why)}, nil
}

// Admit takes the person off the block list.
func (c *Contact) Admit(by string, at time.Time) []ledger.Event {
	if !c.Block.On() {
		return nil
	}
	e := event("contact_unblocked", by, at, "blocked_by", c.Block.By, "why", c.Block.Why)
	c.Block, c.Updated = Block{}, at
	return []ledger.Event{e}
}
