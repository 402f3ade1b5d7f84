package bridge

import (
	"reflect"
	"slices"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// keepReport writes a report that was changed, lets its tickets follow, and tells the
// world. before is the report as it was loaded, zero for a new one.
func (d Desk) keepReport(tx *ledger.Tx, before escalation.Report, r *escalation.Report, events []ledger.Event) error {
	if len(events) == 0 && reflect.DeepEqual(before, *r) {
		return nil
	}
	if len(events) > 0 {
		r.Step++
	}
	// What its tickets tell of it, they read.
	if err := r.Keep(tx, before, events, d.Reports, d.hours()); err != nil {
		return err
	}
	shelveReport(tx, before, *r)
	if err := d.tellReport(tx, before, r, events); err != nil {
		return err
	}
	if err := d.ticketsFollow(tx, before, *r, events); err != nil {
		return err
	}
	if r.Thread != "" {
		RefreshReport(tx, r.ID)
	}
	return nil
}

// ticketsFollow tells the first ticket whom a report to developers waits for, or that it
// is over. Further ones wait for the developers all the while; [Desk.TellNext] ends them.
func (d Desk) ticketsFollow(tx *ledger.Tx, before, r escalation.Report, events []ledger.Event) error {
	if r.Party != escalation.Developers || before.ID == "" || len(events) == 0 {
		return nil
	}
	if r.State == escalation.Closed {
		if before.State == escalation.Closed {
			return nil
		}
		return d.reportOver(tx, r, r.First(), events[len(events)-1].By)
	}
	if slices.ContainsFunc(events, func(e ledger.Event) bool { return e.Data["into"] != "" }) {
		return nil // the ticket that goes on took it over as it stood
	}
	return d.ball(tx, r, r.First())
}

// ball tells a ticket whether a report waits for its developers or for the desk.
func (d Desk) ball(tx *ledger.Tx, r escalation.Report, number string) error {
	t, ok, err := ticket.Load(tx, number)
	back := !r.WithParty()
	if err != nil || !ok || !slices.Contains(t.Reports, r.ID) || slices.Contains(t.Back, r.ID) == back {
		return err
	}
	return d.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.ReportWaits(r.ID, back, tx.Now()), nil
	})
}

// reportOver tells a ticket that a report is over, or that it waits for it no longer.
func (d Desk) reportOver(tx *ledger.Tx, r escalation.Report, number, by string) error {
	t, ok, err := ticket.Load(tx, number)
	if err != nil || !ok || !slices.Contains(t.Reports, r.ID) {
		return err
	}
	return d.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.ReportEnded(r.ID, r.Ending == escalation.EndPassed, by, tx.Now()), nil
	})
}

// notMended reports whether an event says that the client has the problem still.
func notMended(e ledger.Event) bool {
	return e.What == "reopened" && (e.Data["why"] == "not_yet" || e.Data["why"] == "client")
}

// reportsReturn makes a ticket wait again for the reports that had passed their re-test
// when its client says that it is not mended. It returns the events with what follows,
// and which reports are to be taken up again once the ticket is saved.
func (d Desk) reportsReturn(tx *ledger.Tx, t *ticket.Ticket, events []ledger.Event) (all []ledger.Event, returned []string, err error) {
	if len(t.Passed) == 0 || !slices.ContainsFunc(events, notMended) {
		return events, nil, nil
	}
	for _, id := range slices.Clone(t.Passed) {
		r, ok, err := escalation.Load(tx, id)
		if err != nil {
			return nil, nil, err
		}
		if !ok || r.State == escalation.Closed && r.Ending != escalation.EndPassed {
			continue
		}
		if r.State != escalation.Closed && !slices.Contains(r.Tickets, t.Number) && len(r.Tickets) >= escalation.MostTickets {
			continue // it is open for others; nobody would say to this ticket that it is over
		}
		events = append(events, t.ReportReturned(id, r.Team, "client", tx.Now())...)
		returned = append(returned, id)
	}
	return events, returned, nil
}

// reportsHear tells reports what became of a ticket that was changed and saved: returned
// are taken up again, and one that ended without a resolution waits for none any more.
func (d Desk) reportsHear(tx *ledger.Tx, before, t ticket.Ticket, returned []string) error {
	for _, id := range returned {
		if err := d.reopenReport(tx, id, t.Number, "client"); err != nil {
			return err
		}
	}
	if t.State != ticket.Closed || before.State == ticket.Closed || t.Ending != ticket.EndDropped && t.Ending != ticket.EndMerged {
		return nil
	}
	left := union(before.Reports, t.Passed)
	asked, err := d.members(indexReports + t.Number)
	if err != nil {
		return err
	}
	for _, id := range union(left, asked) {
		_, known, err := escalation.Load(tx, id)
		if err != nil {
			return err
		}
		if !known {
			continue
		}
		if err := d.ChangeReport(tx, id, func(r *escalation.Report) ([]ledger.Event, error) {
			return letGo(tx, r, t.Number, t.MergedInto, "halo")
		}); err != nil {
			return err
		}
	}
	return nil
}

// letGo takes a ticket off a report that waits for it no longer; into goes on for it, ""
// for none. Behind it the next one that waits for the report comes first; tickets that
// heard that it passed, and took that for good, wait no more.
func letGo(tx *ledger.Tx, r *escalation.Report, number, into, by string) ([]ledger.Event, error) {
	events := r.Drop(number, into, by, tx.Now())
	for len(events) > 0 && r.Party == escalation.Developers && r.State != escalation.Closed && r.First() != into {
		first, ok, err := ticket.Load(tx, r.First())
		if err != nil || ok && slices.Contains(first.Reports, r.ID) {
			return events, err
		}
		events = append(events, r.Drop(r.First(), "", by, tx.Now())...)
	}
	return events, nil
}

// indexReports rows are the open questions of a ticket to parties beside developers, which
// the ticket itself does not know: + its number.
const indexReports = "reports/"

// QuestionsOf is the index of a ticket's open questions to parties beside developers.
func QuestionsOf(number string) string { return indexReports + number }

// reopenReport takes a report up again that had passed. One that is open again already
// keeps its first ticket, and carries this one.
func (d Desk) reopenReport(tx *ledger.Tx, id, number, by string) error {
	return d.ChangeReport(tx, id, func(r *escalation.Report) ([]ledger.Event, error) {
		switch {
		case r.State != escalation.Closed:
			return r.Carry(number, by, tx.Now())
		case r.Ending != escalation.EndPassed:
			return nil, nil
		}
		return r.Reopen(number, by, tx.Now())
	})
}

// shelveReport keeps the row by which a ticket finds an open question to a party.
func shelveReport(tx *ledger.Tx, before, r escalation.Report) {
	if r.Party == escalation.Developers {
		return
	}
	for _, number := range union(before.Tickets, r.Tickets) {
		if r.State != escalation.Closed && slices.Contains(r.Tickets, number) {
			tx.Index(indexReports+number, r.ID, r.Opened.UnixMilli())
		} else {
			tx.Unindex(indexReports+number, r.ID)
		}
	}
}
