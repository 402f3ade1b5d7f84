package bridge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// RecordContact records what came of turning to a company without a card: on the one that
// is open, else on one made for it. [customer.Refusal] as [customer.FollowUp.Record], and
// customer_unknown.
func (d Desk) RecordContact(tx *ledger.Tx, company string, r customer.Response, by string) (id string, err error) {
	c, ok, err := customer.LoadCustomer(tx, company)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", &customer.Refusal{Key: "customer_unknown", Ref: company}
	}
	had, err := d.followUpsOf(tx, company, tx.Now().Add(-longestWait), mostAttributed)
	if err != nil {
		return "", err
	}
	if n := slices.IndexFunc(had, func(f customer.FollowUp) bool { return !f.Over() && !f.Kind.Calls() }); n >= 0 {
		id = had[n].ID
	} else if id, err = d.handMade(tx, c, by); err != nil {
		return "", err
	}
	return id, d.ChangeFollowUp(tx, id, func(f *customer.FollowUp) ([]ledger.Event, error) { return f.Record(r, by, tx.Now()) })
}

// handMade begins a follow-up by hand, on the list of this month if there is one.
func (d Desk) handMade(tx *ledger.Tx, c customer.Customer, by string) (id string, err error) {
	to, err := d.whomToTurn(tx, c.ID)
	if err != nil {
		return "", err
	}
	f := customer.FollowUp{Kind: customer.Reorder, Topic: TopicReminder, Owner: by, Due: d.listEnds(tx.Now())}
	_, listed, err := customer.LoadRound(tx, d.round(tx.Now()))
	if err != nil {
		return "", err
	}
	if listed {
		f.Round = d.round(tx.Now())
	}
	if err := d.suggest(tx, &f, c, to, ticket.SayFollowUpReminder); err != nil {
		return "", err
	}
	return d.OpenFollowUp(tx, f, by)
}

// A Satisfaction is the Customer Satisfaction Report of the call to a new customer.
type Satisfaction struct {
	Score    int    // 1 to 5
	Arrived  string // whether the product came as ordered
	Problems string // "" for none
	Note     string
}

// String is the report as it is kept.
func (s Satisfaction) String() string {
	lines := []string{fmt.Sprintf("Kepuasan: %d dari 5", s.Score)}
	for _, l := range [][2]string{{"Produk datang sesuai pesanan", s.Arrived}, {"Kendala", s.Problems}, {"Catatan", s.Note}} {
		if text := strings.TrimSpace(l[1]); text != "" {
			lines = append(lines, l[0]+": "+text)
		}
	}
	return strings.Join(lines, "\n")
}

// ForwardUnusual records a call in which something unusual came up, and brings it to the
// party concerned: a ticket is registered with the finding, and a report of it opened. Done
// again it changes nothing. [customer.Refusal] as [customer.FollowUp.Record],
// [*escalation.Refusal] for a party that there is none of.
func (d Desk) ForwardUnusual(tx *ledger.Tx, id string, party escalation.Party, s Satisfaction, by string) (number string, err error) {
	if party == escalation.Developers {
		return "", &escalation.Refusal{Key: "no_team"} // they need a report with its reproduction
	}
	f, ok, err := customer.LoadFollowUp(tx, id)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", fmt.Errorf("%w: %s", ErrNoFollowUp, id)
	}
	if f.State == customer.FollowUpDone && len(f.Forwarded) > 0 {
		return "", nil // somebody was faster
	}
	report := customer.Response{Way: customer.WayPhone, Result: customer.Unusual, Note: s.String()}
	if err := d.ChangeFollowUp(tx, id, func(f *customer.FollowUp) ([]ledger.Event, error) { return f.Record(report, by, tx.Now()) }); err != nil {
		return "", err
	}
	company, _, err := customer.LoadCustomer(tx, f.Customer)
	if err != nil {
		return "", err
	}
	who, _, err := customer.Load(tx, f.Contact)
	if err != nil {
		return "", err
	}
	t, err := d.Register(tx, Registration{Channel: ticket.Phone, Name: cmp.Or(who.Called(), company.Name), Summary: "Temuan pada telepon pelanggan baru " + company.Name + ":\n" + s.String(), By: by})
	if err != nil {
		return "", err
	}
	if err := d.Change(tx, t.Number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.Identify(who.ID, company.ID, by, tx.Now()), nil
	}); err != nil {
		return "", err
	}
	detail := fmtCut("Telepon pelanggan baru "+Clean(company.Name, 80)+" ("+f.ID+")\n"+s.String(), escalation.LongText)
	rep, err := d.OpenReport(tx, NewReport{Party: party, Ticket: t.Number, Form: escalation.Form{System: string(company.System), Place: Clean(company.Place, escalation.LongPlace), Detail: detail}, By: by})
	if err != nil {
		return "", err
	}
	return t.Number, d.ChangeFollowUp(tx, id, func(f *customer.FollowUp) ([]ledger.Event, error) { return f.Forward(rep, by, tx.Now()), nil })
}
