package ticket

import (
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A Claim is how far a warranty claim has come; "" is none.
type Claim string

// The states of a claim.
const (
	Claimed       Claim = "claimed"
	ClaimRefused  Claim = "refused"
	ClaimAccepted Claim = "accepted"
	ClaimClosed   Claim = "closed"
)

// A Warranty is the claim of a ticket. It lives on after the ticket has closed.
type Warranty struct {
	Claim   Claim
	At      time.Time // of the last step
	Reason  string    // of the refusal
	Form    WarrantyForm
	Outcome string // of an accepted claim that is closed
}

// A WarrantyForm is what an accepted claim says; every field is required.
type WarrantyForm struct {
	Product   string
	Serial    string
	Purchased string // date, as written
	Status    string // of the warranty
	Complaint string
	Action    string // requested
}

func (f WarrantyForm) fields() []string {
	return []string{f.Product, f.Serial, f.Purchased, f.Status, f.Complaint, f.Action}
}

// ClaimWarranty records that the client claims warranty; after a refusal he may again.
func (t *Ticket) ClaimWarranty(by string, at time.Time) ([]ledger.Event, error) {
	switch {
	case t.Warranty.Claim == Claimed:
		return nil, nil
	case t.State == Closed:
		return nil, refuse("closed")
	case t.Warranty.Claim == ClaimAccepted || t.Warranty.Claim == ClaimClosed:
		return nil, refuse("claim_decided")
	}
	t.Warranty = Warranty{Claim: Claimed, At: at}
	return []ledger.Event{event(at, "warranty_claimed", by)}, nil
}

// RefuseWarranty refuses the claim, with the reason that the client reads.
func (t *Ticket) RefuseWarranty(reason, by string, at time.Time) ([]ledger.Event, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case t.Warranty.Claim == ClaimRefused && t.Warranty.Reason == reason:
		return nil, nil
	case reason == "":
		return nil, refuse("no_reason")
	case tooLong(reason, longReason):
		return nil, refuse("too_long")
	}
	if err := t.claimed(); err != nil {
		return nil, err
	}
	t.Warranty = Warranty{Claim: ClaimRefused, At: at, Reason: reason}
	return []ledger.Event{event(at, "warranty_refused", by, "reason", reason)}, nil
}

// AcceptWarranty accepts the claim, with its form.
func (t *Ticket) AcceptWarranty(f WarrantyForm, by string, at time.Time) ([]ledger.Event, error) {
	fields := trimmed(f.fields())
	f = WarrantyForm{fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]}
	switch {
	case t.Warranty.Claim == ClaimAccepted && t.Warranty.Form == f:
		return nil, nil
	case slices.Contains(fields, ""):
		return nil, refuse("form_incomplete")
	case slices.ContainsFunc(fields, func(s string) bool { return tooLong(s, longField) }):
		return nil, refuse("too_long")
	}
	if err := t.claimed(); err != nil {
		return nil, err
	}
	t.Warranty = Warranty{Claim: ClaimAccepted, At: at, Form: f}
	return []ledger.Event{event(at, "warranty_accepted", by, "product", f.Product, "serial", f.Serial)}, nil
}

func (t Ticket) claimed() error {
	switch t.Warranty.Claim {
	case "":
		return refuse("no_claim")
	case Claimed:
		return nil
	}
	return refuse("claim_decided")
}

// CloseWarranty ends an accepted claim; the owner in sales is told of it.
func (t *Ticket) CloseWarranty(outcome, by string, at time.Time) ([]ledger.Event, error) {
	outcome = strings.TrimSpace(outcome)
	switch {
	case t.Warranty.Claim == ClaimClosed:
		return nil, nil
	case t.Warranty.Claim == "":
		return nil, refuse("no_claim")
	case t.Warranty.Claim != ClaimAccepted:
		return nil, refuse("claim_open")
	case outcome == "":
		return nil, refuse("no_solution")
	case tooLong(outcome, longReason):
		return nil, refuse("too_long")
	}
	t.Warranty.Claim, t.Warranty.At, t.Warranty.Outcome = ClaimClosed, at, outcome
	return []ledger.Event{event(at, "warranty_closed", by, "outcome", outcome)}, nil
}
