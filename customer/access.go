package customer

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A Mode is how wide the door is.
type Mode string

// The modes.
const (
	Everyone   Mode = "open"       // whoever is not blocked
	Registered Mode = "registered" // whom staff or an import entered
	ByType     Mode = "type"       // whose user type is on the list
)

// A Policy says who may open tickets. The zero Policy is open.
type Policy struct {
	Mode  Mode
	Types []string // keys of user types, for ByType
}

// Check returns everything that is wrong with a configured policy.
func (p Policy) Check(types Types) error {
	var wrong []error
	switch p.Mode {
	case "", Everyone, Registered:
		if len(p.Types) > 0 {
			wrong = append(wrong, fmt.Errorf("access %q has user types; they belong to access %q", p.Mode, ByType))
		}
	case ByType:
		if len(p.Types) == 0 {
			wrong = append(wrong, fmt.Errorf("access %q names no user type: nobody could write", ByType))
		}
	default:
		wrong = append(wrong, fmt.Errorf("access %q, want %q, %q or %q", p.Mode, Everyone, Registered, ByType))
	}
	for _, key := range p.Types {
		if !types.Has(key) {
			wrong = append(wrong, fmt.Errorf("access: user type %q is not on the list", key))
		}
	}
	return errors.Join(wrong...)
}

// A Verdict is what a policy says of a person.
type Verdict string

// The verdicts. Blocked people hear nothing; the other refused ones hear
// not_registered, and staff and sales see a [Prospect].
const (
	Welcome       Verdict = "welcome"
	Blocked       Verdict = "blocked"
	NotRegistered Verdict = "not_registered"
	NotServed     Verdict = "type_not_served"
)

// Allowed reports whether the person may open a ticket.
func (v Verdict) Allowed() bool { return v == Welcome }

// Allows says whether a person may open a ticket. Known is false when there was no
// contact of the person before; c is then the new one or the zero Contact. A block goes
// before everything; a mode that is none lets nobody in but whom somebody entered.
func Allows(p Policy, c Contact, known bool) Verdict {
	switch {
	case c.Block.On():
		return Blocked
	case p.Mode == "" || p.Mode == Everyone:
		return Welcome
	case p.Mode == ByType:
		if slices.Contains(p.Types, c.UserType()) {
			return Welcome
		}
		return NotServed
	case known && c.Known():
		return Welcome
	}
	return NotRegistered
}

// quiet is for how long a refused person is neither answered nor shown again.
const quiet = 24 * time.Hour

// Refused counts the messages of a person the policy does not let in.
type Refused struct {
	Count       int
	First, Last time.Time
	Told        time.Time // when the person was last answered and staff last shown
}

// TurnAway counts a message of a person the policy does not let in. With tell the person
// is to be told and staff and sales are to see the [Prospect]: at the first one, and
// again after 24 hours. A message older than the last one counted, or as old, is no new
// one.
func (c *Contact) TurnAway(v Verdict, at time.Time) (events []ledger.Event, tell bool) {
	r, sent := &c.Refused, millisecond(at)
	if v.Allowed() || v == Blocked || sent.IsZero() || !r.Last.IsZero() && !sent.After(r.Last) {
		return nil, false
	}
	r.Count++
	r.First, r.Last, c.Updated = earlier(r.First, sent), sent, at
	if !r.Told.IsZero() && sent.Sub(r.Told) < quiet {
		return nil, false
	}
	r.Told = sent
	return []ledger.Event{event("attempt_refused", "halo", at, "why", string(v), "attempts", number(r.Count))}, true
}

func (r *Refused) absorb(other Refused) {
	r.Count += other.Count
	r.First = earlier(r.First, other.First)
	r.Last = later(r.Last, other.Last)
	r.Told = later(r.Told, other.Told)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// A Prospect is what staff and sales see of a person the policy does not let in.
type Prospect struct {
	Contact  string // id
	Name     string // "" when the person gave none
	Number   string // as shown to people, "" while only a LID is known
	Type     string // key of the user type
	Customer string // name of the company, "" for none
	Owner    string // Discord user id of its owner in sales, "" for none
	Text     string // beginning of the message, several lines
	Attempts int
	At       time.Time
	Why      Verdict
}

// longWords bounds what a Prospect shows of the message, in bytes.
const longWords = 500

// Prospect is a refused attempt of c for staff and sales; company is the zero Customer
// if c belongs to none.
func (c Contact) Prospect(company Customer, text string, v Verdict, at time.Time) Prospect {
	return Prospect{
		Contact: c.ID, Name: c.Called(), Number: c.Number(), Type: c.UserType(),
		Customer: company.Name, Owner: company.Owner,
		Text: block(text, longWords), Attempts: c.Refused.Count, At: at, Why: v,
	}
}
