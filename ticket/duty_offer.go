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
