package ticket

import (
	"cmp"
	"slices"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// Offering is how a ticket finds somebody.
type Offering struct {
	Wanted    time.Time // since when somebody is looked for, zero if nobody is
	Tried     time.Time // last offer, or attempt at one, since Wanted
	OfferedTo string    // who has the offer now
	Offers    []Offered // made so far, oldest first, the last few
	Silent    bool      // the agent was silent too long: the ticket is offered although he has it
	Nobody    bool      // it was told that there is nobody to offer it to
}

// An Offered is one offer.
type Offered struct {
	To    string
	At    time.Time
	LetGo bool // he had it, or the ticket, and let it go
}

const mostOffers = 10

// Offer offers the ticket to somebody. Whoever had the offer before has let it go.
func (t *Ticket) Offer(user string, at time.Time) ([]ledger.Event, error) {
	if err := t.offerable(); err != nil {
		return nil, err
	}
	if user == "" {
		return nil, refuse("nobody")
	}
	if t.OfferedTo == user {
		return nil, nil
	}
	if t.OfferedTo != "" {
		t.letGo(t.OfferedTo, at)
	}
	t.Offers = with(t.Offers, Offered{To: user, At: at}, mostOffers)
	t.OfferedTo, t.Tried, t.Nobody = user, at, false
	return []ledger.Event{event(at, "offered", byHalo, "to", user)}, nil
}

// NobodyToOffer records that nobody could be offered the ticket; once, until it is
// offered or wanted anew.
func (t *Ticket) NobodyToOffer(at time.Time) ([]ledger.Event, error) {
	if err := t.offerable(); err != nil {
		return nil, err
	}
	if t.OfferedTo != "" {
		t.letGo(t.OfferedTo, at)
		t.OfferedTo = ""
	}
	t.Tried = at
	if t.Nobody {
		return nil, nil
	}
	t.Nobody = true
	return []ledger.Event{event(at, "nobody_to_offer", byHalo)}, nil
}

// offerable refuses an offer of a ticket that looks for nobody.
func (t Ticket) offerable() error {
	if err := t.working(); err != nil {
		return err
	}
	if t.Agent != "" && !t.Silent {
		return &Refusal{Key: "taken", Who: t.Agent}
	}
	return nil
}

// want looks for somebody from then on.
func (t *Ticket) want(at time.Time) {
	t.Wanted, t.Tried, t.OfferedTo, t.Nobody = at, time.Time{}, "", false
}

// found ends the search; what was let go stays known.
func (t *Ticket) found() {
	t.Offering = Offering{Offers: t.Offers}
}

// letGo remembers that somebody did not keep the offer or the ticket.
func (t *Ticket) letGo(user string, at time.Time) {
	offers := slices.Clone(t.Offers)
	for i := range offers {
		if offers[i].To == user {
			offers[i].LetGo = true
		}
	}
	if !slices.ContainsFunc(offers, func(o Offered) bool { return o.To == user }) {
		offers = with(offers, Offered{To: user, At: at, LetGo: true}, mostOffers)
	}
	t.Offers = offers
}

// LetGo reports whether somebody had the offer or the ticket and let it go.
func (t Ticket) LetGo(user string) bool {
	return slices.ContainsFunc(t.Offers, func(o Offered) bool { return o.To == user && o.LetGo })
}

// A Candidate is somebody who might be offered a ticket.
type Candidate struct {
	User     string
	Presence Presence
	Open     int       // open tickets he has
	Capacity int       // of them at most; 0 or less for none
	Offered  time.Time // his last offer of any ticket, zero for never
	LetGo    bool      // he had this ticket or its offer and let it go
}

// Pick returns who is offered a ticket next: on duty, under capacity, did not let it
// go; of these the one with the fewest open tickets, then the longest without an
// offer, then the smallest id. ok is false when there is nobody.
func Pick(candidates []Candidate) (user string, ok bool) {
	fit := slices.DeleteFunc(slices.Clone(candidates), func(c Candidate) bool {
		return c.User == "" || c.Presence != OnDuty || c.Open >= c.Capacity || c.LetGo
	})
	if len(fit) == 0 {
		return "", false
	}
	return slices.MinFunc(fit, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.Open, b.Open), a.Offered.Compare(b.Offered), cmp.Compare(a.User, b.User))
	}).User, true
}

// Pick is [Pick] for this ticket: who let it go, or has it or its offer, is passed over.
func (t Ticket) Pick(candidates []Candidate) (user string, ok bool) {
	candidates = slices.Clone(candidates)
	for i, c := range candidates {
		candidates[i].LetGo = c.LetGo || t.LetGo(c.User) || c.User == t.Agent || c.User == t.OfferedTo
	}
	return Pick(candidates)
}
