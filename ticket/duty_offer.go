package ticket

import "time"

// OfferNow makes the next offer due at once, because somebody came on duty; that he let
// the ticket go before is forgotten. A ticket that looks for nobody, or waits for the
// answer to an offer, stays as it is.
func (t *Ticket) OfferNow(user string) {
	if t.Wanted.IsZero() || t.OfferedTo != "" || t.working() != nil {
		return
	}
	t.Tried = time.Time{}
	if t.Agent != user {
		t.keep(user)
	}
}

// NewRound begins another round of offers once everybody has let the ticket go: nobody was
// left, and the last offer was made as long ago as an agent may be silent. It reports
// whether it did; then those who let it go may be asked again.
func (t *Ticket) NewRound(at time.Time, p Policy, c Clock) bool {
	if !t.Nobody || t.OfferedTo != "" || len(t.Offers) == 0 {
		return false
	}
	if last := t.Offers[len(t.Offers)-1].At; c.Between(last, at) < p.SilentAgent {
		return false
	}
	for _, o := range t.Offers {
		t.keep(o.To)
	}
	return true
}
