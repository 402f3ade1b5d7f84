package ticket

import (
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// An Ending is why a ticket closed.
type Ending string

// The endings.
const (
	EndConfirmed Ending = "confirmed" // the client said yes
	EndSilence   Ending = "silence"   // he said nothing
	EndStaff     Ending = "staff"     // staff closed what was resolved
	EndDropped   Ending = "dropped"   // without a resolution: spam, a slip
	EndMerged    Ending = "merged"    // it goes on in another ticket
)

// A Pause is the time from a resolution to the reopening that cancelled it; it does
// not count towards the next one.
type Pause struct{ From, To time.Time }

const mostPauses = 12

// Resolve ends the work. The closing sentence is the caller's to send; from when
// WhatsApp takes it ([Ticket.ClosingAccepted]) the client's silence counts.
func (t *Ticket) Resolve(summary, solution, by string, at time.Time) ([]ledger.Event, error) {
	if t.State == Resolved {
		return nil, nil
	}
	summary, solution = strings.TrimSpace(summary), strings.TrimSpace(solution)
	if err := t.resolvable(); err != nil {
		return nil, err
	}
	switch {
	case summary == "":
		return nil, refuse("no_summary")
	case solution == "":
		return nil, refuse("no_solution")
	case tooLong(summary, longSummary) || tooLong(solution, longSolution):
		return nil, refuse("too_long")
	}
	t.Summary, t.Solution = summary, solution
	t.ResolvedAt, t.ClosingSent, t.SilentFrom, t.Unclear = at, time.Time{}, time.Time{}, false
	if t.Channel != WhatsApp {
		t.ClosingSent, t.SilentFrom = at, at
	}
	t.Asked = ""
	t.found()
	events := append(t.waitedAll(at), t.wake(by, at)...)
	t.settle()
	return append(events, event(at, "resolved", by, "class", string(t.Class), "agent", t.Agent)), nil
}

// resolvable is the first rule that forbids to resolve it, whatever is written.
func (t Ticket) resolvable() error {
	switch {
	case t.State == Closed:
		return refuse("closed")
	case t.Agent == "":
		return refuse("not_accepted")
	case t.Class == "":
		return refuse("not_classified")
	case t.Class == Hard && t.Escalated.IsZero():
		return refuse("not_escalated")
	case len(t.Reports) > 0:
		return refuse("report_open")
	}
	return nil
}

// ClosingAccepted takes in that WhatsApp took the closing sentence: from now on
// silence closes the ticket, unless the client has written meanwhile.
func (t *Ticket) ClosingAccepted(at time.Time) []ledger.Event {
	if t.State != Resolved || !t.ClosingSent.IsZero() {
		return nil
	}
	var events []ledger.Event
	if t.closingLost() {
		events = t.waited(Client, Staff, at)
	}
	t.ClosingSent = at
	if _, waits := t.Waiting(Client, Staff); !waits && !t.LastClient.After(t.ResolvedAt) {
		t.SilentFrom = at
	}
	return append(events, event(at, "closing_sent", byHalo))
}

// ClosingFailed takes in that the closing sentence was given up. No silence would close
// the ticket then, so the client counts as waiting until staff do something: whoever has
// the ticket is reminded. If he waits for an answer, that answer will stand for the
// sentence.
func (t *Ticket) ClosingFailed(at time.Time) []ledger.Event {
	if t.State != Resolved || !t.ClosingSent.IsZero() || t.closingLost() {
		return nil
	}
	if _, waits := t.Waiting(Client, Staff); waits {
		t.ClosingSent = at
	}
	t.wait(Client, Staff, later(at, t.LastClient.Add(time.Millisecond))) // told apart by that
	return []ledger.Event{event(at, "closing_failed", byHalo)}
}

// closingLost reports whether the client waits for nothing but the closing sentence.
func (t Ticket) closingLost() bool {
	since, waits := t.Waiting(Client, Staff)
	return waits && t.State == Resolved && t.ClosingSent.IsZero() && !t.Unclear && since.After(t.LastClient)
}

// Confirm takes in what the client said to the closing sentence, after
// [Ticket.ClientWrote]: yes closes, no takes the work up again and counts as a
// reopening, anything else is for the agent. Thanks alone are a yes to an easy ticket,
// whose sentence asks nothing. On a ticket that is not resolved it is nothing.
func (t *Ticket) Confirm(r Reply, at time.Time) ([]ledger.Event, error) {
	switch {
	case t.State != Resolved:
		return nil, nil
	case r == Yes, r == Thanks && t.Class == Easy:
		return t.end(EndConfirmed, byClient, at)
	case r == No:
		return t.reopen("not_yet", byClient, "", at), nil
	}
	if t.Unclear {
		return nil, nil
	}
	t.Unclear, t.SilentFrom = true, time.Time{}
	t.wait(Client, Staff, at)
	return []ledger.Event{event(at, "confirmation_unclear", byClient)}, nil
}

// Close closes a resolved ticket without waiting for the client. The conversation has
// to follow (see [Conversation.Follow]), here and wherever a ticket closes.
func (t *Ticket) Close(by string, at time.Time) ([]ledger.Event, error) {
	switch t.State {
	case Closed:
		return nil, nil
	case Resolved:
		return t.end(EndStaff, by, at)
	}
	return nil, refuse("not_resolved")
}

// Drop closes a ticket without a resolution, because there is nothing to resolve; a
// resolved one it closes. No rating is asked for. Its open reports are let go
// (escalation.Report.Drop), which takes a reason.
func (t *Ticket) Drop(reason, by string, at time.Time) ([]ledger.Event, error) {
	switch t.State {
	case Closed:
		return nil, nil
	case Resolved:
		return t.end(EndStaff, by, at)
	}
	if len(t.Reports) > 0 && strings.TrimSpace(reason) == "" {
		return nil, refuse("report_open")
	}
	return t.end(EndDropped, by, at, "reason", cut(reason, longReason))
}

// end closes the ticket: nothing is waited for or scheduled any more; a code that
// was asked for may come late. What ends without a resolution lets its reports go.
func (t *Ticket) end(why Ending, by string, at time.Time, data ...string) ([]ledger.Event, error) {
	if len(t.Reports) > 0 && why != EndDropped && why != EndMerged {
		return nil, refuse("report_open")
	}
	events := append(t.letReportsGo(why, by, at), t.waitedAll(at)...)
	events = append(events, t.wake(by, at)...)
	events = append(events, t.dropScheduled(byHalo, at, func(Scheduled) bool { return true })...)
	t.ClosedAt, t.Ending = at, why
	t.SilentFrom, t.Asked, t.Unclear = time.Time{}, "", false
	t.accessMissed(at)
	t.found()
	t.settle()
	data = append([]string{"why", string(why), "class", string(t.Class), "agent", t.Agent}, data...)
	return append(events, event(at, "closed", by, data...)), nil
}

// Reopenable reports whether the client's words would re-open the ticket.
func (t Ticket) Reopenable(at time.Time, p Policy) bool {
	return t.State == Closed && t.MergedInto == "" && at.Sub(t.ClosedAt) < p.ReopenWithin
}

// ReopenByClient re-opens a ticket that closed a short while ago because the client
// wrote; his words follow with [Ticket.ClientWrote].
func (t *Ticket) ReopenByClient(at time.Time, p Policy) ([]ledger.Event, error) {
	switch {
	case t.State != Closed:
		return nil, nil
	case t.MergedInto != "":
		return nil, refuse("merged")
	case !t.Reopenable(at, p):
		return nil, refuse("reopen_late")
	}
	return t.reopen("client", byClient, "", at), nil
}

// Reopen takes the work up again, after a resolution or a closing however long ago.
func (t *Ticket) Reopen(reason, by string, at time.Time) ([]ledger.Event, error) {
	switch {
	case t.MergedInto != "":
		return nil, refuse("merged")
	case t.State != Closed && t.State != Resolved:
		return nil, nil
	}
	return t.reopen("staff", by, cut(reason, longReason), at), nil
}

func (t *Ticket) reopen(why, by, reason string, at time.Time) []ledger.Event {
	from := t.State
	pause := Pause{t.ResolvedAt, at}
	if pause.From.IsZero() {
		pause.From = t.ClosedAt
	}
	e := event(at, "reopened", by, "why", why, "from", string(from), "since", moment(pause.From), "reason", reason)
	t.pause(pause)
	t.ResolvedAt, t.ClosingSent, t.SilentFrom, t.ClosedAt = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	t.Ending, t.Unclear, t.Rating.Skipped = "", false, false
	t.Reopened++
	t.Offers, t.Reminders.News = nil, time.Time{}
	if t.Agent == "" {
		t.want(at)
	}
	t.settle()
	return []ledger.Event{e}
}

// pause keeps the list short by making one of the two oldest.
func (t *Ticket) pause(p Pause) {
	pauses := append(slices.Clone(t.Pauses), p)
	if len(pauses) > mostPauses {
		pauses[1].From = pauses[0].From
		pauses = pauses[1:]
	}
	t.Pauses = pauses
}

// Worked is the working time from opening to its resolution, or until then if it is
// not resolved; what lay between a resolution and its reopening is not in it.
func (t Ticket) Worked(until time.Time, c Clock) time.Duration {
	if !t.ResolvedAt.IsZero() && t.ResolvedAt.Before(until) {
		until = t.ResolvedAt
	}
	var d time.Duration
	from := t.Opened
	for _, p := range t.Pauses {
		if !p.From.Before(until) {
			break
		}
		d += c.Between(from, p.From)
		from = p.To
	}
	return d + c.Between(from, until)
}

// reaches is when the ticket, unresolved, will have been worked on for d.
func (t Ticket) reaches(d time.Duration, c Clock) time.Time {
	from := t.Opened
	for _, p := range t.Pauses {
		if w := c.Between(from, p.From); w < d {
			d -= w
			from = p.To
			continue
		}
		break
	}
	return after(c, from, d)
}
