package ticket

import (
	"time"

	"github.com/haloerzap/halo/ledger"
)

const mostMerged = 10

// Merge closes one ticket because another of the same contact goes on for it: what the
// client waits for, who is at it, its reports, the look-out for a code and that it is a
// complaint go over. c is the contact's conversation. The events belong to the log of
// either ticket.
func Merge(into, from *Ticket, c Conversation, by string, at time.Time) (intoEvents, fromEvents []ledger.Event, err error) {
	if into.Number == from.Number {
		return nil, nil, refuse("same_ticket")
	}
	if from.MergedInto == into.Number {
		return nil, nil, nil
	}
	if !sameContact(*into, *from, c) {
		return nil, nil, refuse("other_contact")
	}
	if err := into.working(); err != nil {
		return nil, nil, err
	}
	if err := from.working(); err != nil {
		return nil, nil, err
	}
	since, waits := from.Waiting(Client, Staff)
	access, had := from.AccessFrom, *from
	if len(into.Reports)+len(from.Reports) > mostReports {
		return nil, nil, refuse("reports_full")
	}
	fromEvents, err = from.end(EndMerged, by, at, "into", into.Number)
	if err != nil {
		return nil, nil, err
	}
	from.MergedInto = into.Number
	intoEvents = []ledger.Event{event(at, "merged_from", by, "ticket", from.Number)}
	into.MergedFrom = with(into.MergedFrom, from.Number, mostMerged)
	if waits {
		into.waitedSince(since)
		intoEvents = append(intoEvents, into.wake(by, at)...) // he waits there now
	}
	if into.Agent == "" && from.Agent != "" {
		intoEvents = append(intoEvents, into.accept(from.Agent, "merge", at)...)
	}
	if from.Complaint && !into.Complaint {
		into.Complaint = true
		intoEvents = append(intoEvents, event(at, "complaint_marked", by))
	}
	intoEvents = append(intoEvents, into.takeReports(had, by, at)...)
	// Counted for the other one already, so without an event.
	if into.Escalated.IsZero() {
		into.Escalated = from.Escalated
	}
	into.LastClient = later(into.LastClient, from.LastClient)
	into.LastStaff = later(into.LastStaff, from.LastStaff)
	into.seals(access, from.SecretsTo)
	from.SecretsTo = time.Time{}
	into.settle()
	return intoEvents, fromEvents, nil
}

func sameContact(a, b Ticket, c Conversation) bool {
	return c.Has(a) && c.Has(b) || a.Contact != "" && a.Contact == b.Contact
}

// waitedSince makes the client wait since the earlier time.
func (t *Ticket) waitedSince(since time.Time) {
	var waits []Wait
	for _, w := range t.Waits {
		if w.Who == Client && w.For == Staff {
			since = earlier(since, w.Since)
			continue
		}
		waits = append(waits, w)
	}
	t.Waits = append(waits, Wait{Client, Staff, since})
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
