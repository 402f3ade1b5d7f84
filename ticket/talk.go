package ticket

import (
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A Party is a side that waits or is waited for.
type Party string

// The parties.
const (
	Client    Party = "client"
	Staff     Party = "staff"
	Developer Party = "developer"
)

// A Wait lasts: who waits for whom, since when. Its end is an event "waited".
type Wait struct {
	Who, For Party
	Since    time.Time
}

// Waiting reports since when one party waits for another; ok is false when it does not.
func (t Ticket) Waiting(who, whom Party) (since time.Time, ok bool) {
	for _, w := range t.Waits {
		if w.Who == who && w.For == whom {
			return w.Since, true
		}
	}
	return time.Time{}, false
}

func (t *Ticket) wait(who, whom Party, at time.Time) {
	if _, lasts := t.Waiting(who, whom); !lasts {
		t.Waits = append(slices.Clone(t.Waits), Wait{who, whom, at})
	}
}

func (t *Ticket) waited(who, whom Party, at time.Time) (events []ledger.Event) {
	var left []Wait
	for _, w := range t.Waits {
		if w.Who != who || w.For != whom {
			left = append(left, w)
			continue
		}
		events = append(events, event(at, "waited", byHalo, "who", string(who), "for", string(whom), "since", moment(w.Since)))
	}
	t.Waits = left
	return events
}

// waitedAll ends every wait.
func (t *Ticket) waitedAll(at time.Time) (events []ledger.Event) {
	for _, w := range slices.Clone(t.Waits) {
		events = append(events, t.waited(w.Who, w.For, at)...)
	}
	return events
}

// ClientWrote takes in that the client wrote: he waits for an answer, nothing is waited
// for from him, a closing by silence is off, the ticket wakes. After thanks alone he
// waits for nothing. The message itself is the caller's to log.
func (t *Ticket) ClientWrote(at time.Time, thanks bool) ([]ledger.Event, error) {
	if t.State == Closed {
		return nil, refuse("closed")
	}
	begins := t.FirstWord.IsZero()
	if begins {
		t.FirstWord = at
	}
	t.LastClient, t.SilentFrom = later(t.LastClient, at), time.Time{}
	if t.IsTalk() {
		return t.dropScheduled(byClient, at, func(s Scheduled) bool { return s.DropIfClientWrites }), nil
	}
	events := t.waited(Staff, Client, at)
	if begins || !thanks {
		if _, lasts := t.Waiting(Client, Staff); !lasts {
			t.Reminders.Reply = time.Time{}
		}
		t.wait(Client, Staff, at)
	}
	events = append(events, t.wake(byClient, at)...)
	events = append(events, t.dropScheduled(byClient, at, func(s Scheduled) bool { return s.DropIfClientWrites })...)
	t.settle()
	return events, nil
}

// Begin keeps how the client's first words began; later ones change nothing.
func (t *Ticket) Begin(words string) {
	if t.Gist == "" {
		t.Gist = cut(words, longGist)
	}
}

// StaffWrote takes in that WhatsApp took a person's message to the client: by is "" for
// somebody at the linked phone. It ends the client's wait; it is the first response if
// there was none, and accepts a ticket that nobody has. On a closed ticket it is
// nothing: the message was under way.
func (t *Ticket) StaffWrote(by string, at time.Time) []ledger.Event {
	if t.IsTalk() {
		t.LastStaff = later(t.LastStaff, at)
	}
	if t.IsTalk() || t.State == Closed {
		return nil
	}
	return append(t.Respond(by, at), t.arrived(by, at)...)
}

// WordsArrived is [Ticket.StaffWrote] for words that were written a while before WhatsApp
// took them. Their writer took the ticket, if nobody had it, when he wrote them
// ([Ticket.Take]); one that he let go meanwhile does not come back to him. What the client
// wrote since is not answered by them.
func (t *Ticket) WordsArrived(by string, written, at time.Time) []ledger.Event {
	if t.IsTalk() {
		t.LastStaff = later(t.LastStaff, at)
	}
	if t.IsTalk() || t.State == Closed {
		return nil
	}
	events := t.responded(by, at)
	if !t.LastClient.After(written) {
		return append(events, t.arrived(by, at)...)
	}
	t.LastStaff = later(t.LastStaff, at)
	t.NewsSent(at)
	if since, waits := t.Waiting(Client, Staff); waits && !since.After(written) {
		t.Reminders.Reply = time.Time{}
		events = append(events, t.waited(Client, Staff, at)...)
		t.wait(Client, Staff, t.LastClient)
	}
	t.settle()
	return events
}

// arrived is what words make of a ticket that answer all that the client wrote.
func (t *Ticket) arrived(by string, at time.Time) []ledger.Event {
	t.LastStaff = later(t.LastStaff, at)
	t.Reminders.Reply = time.Time{}
	t.NewsSent(at)
	if t.Silent && (by == t.Agent || by == "") {
		t.heard(at)
	}
	var events []ledger.Event
	if t.closingLost() {
		events = t.ClosingAccepted(at) // they stand for it
	}
	events = append(events, t.waited(Client, Staff, at)...)
	if t.State == Resolved && !t.ClosingSent.IsZero() {
		t.SilentFrom = at
	}
	t.Unclear = false
	t.settle()
	return events
}

// NewsSent takes in that WhatsApp took a sentence that tells the client something new
// without a person writing it.
func (t *Ticket) NewsSent(at time.Time) {
	if t.State != Closed {
		t.LastNews, t.Reminders.News = later(t.LastNews, at), time.Time{}
	}
}

// Respond records the first human sign that the client got, and gives the ticket to who
// gave it if nobody has it: by is "" for somebody at the linked phone.
func (t *Ticket) Respond(by string, at time.Time) []ledger.Event {
	if t.IsTalk() || t.State == Closed {
		return nil
	}
	var events []ledger.Event
	switch {
	case t.Agent != "":
	case by != "":
		events = t.accept(by, "reply", at)
	case !t.OnPhone:
		t.OnPhone = true
		t.found()
	}
	events = append(events, t.responded(by, at)...)
	t.settle()
	return events
}

func (t *Ticket) responded(by string, at time.Time) []ledger.Event {
	if !t.Responded.IsZero() || t.Channel != WhatsApp {
		return nil
	}
	t.Responded = at
	if by == "" {
		by = "phone"
	}
	return []ledger.Event{event(at, "responded", by)}
}

// RequestData asks the client for what is missing; he is waited for until he writes.
func (t *Ticket) RequestData(items []string, by string, at time.Time) ([]ledger.Event, error) {
	items = slices.DeleteFunc(trimmed(items), func(s string) bool { return s == "" })
	asked := strings.Join(items, "\n")
	if err := t.askable(); err != nil {
		return nil, err
	}
	if asked == "" {
		return nil, refuse("no_data")
	}
	if tooLong(asked, longAsked) {
		return nil, refuse("too_long")
	}
	if _, waits := t.Waiting(Staff, Client); waits && t.Asked == asked {
		return nil, nil
	}
	t.Asked = asked
	t.wait(Staff, Client, at)
	t.settle()
	return []ledger.Event{event(at, "data_requested", by, "data", asked)}, nil
}

// RequestAccess asks the client for a code; he is waited for until he writes, and the
// code until it comes.
func (t *Ticket) RequestAccess(by string, at time.Time) ([]ledger.Event, error) {
	if err := t.askable(); err != nil {
		return nil, err
	}
	if _, waits := t.Waiting(Staff, Client); waits && !t.AccessFrom.IsZero() {
		return nil, nil
	}
	t.AccessFrom = at
	t.wait(Staff, Client, at)
	t.settle()
	return []ledger.Event{event(at, "access_requested", by)}, nil
}

// Checking tells the client that it is being looked into; once for each time he wrote.
func (t *Ticket) Checking(by string, at time.Time) ([]ledger.Event, error) {
	if err := t.askable(); err != nil {
		return nil, err
	}
	if !t.Told.IsZero() && !t.LastClient.After(t.Told) {
		return nil, nil
	}
	t.Told = at
	return []ledger.Event{event(at, "checking", by)}, nil
}

// askable refuses what only the agent of a ticket at work can do.
func (t Ticket) askable() error {
	if err := t.working(); err != nil {
		return err
	}
	if t.Agent == "" {
		return refuse("not_accepted")
	}
	return nil
}

func trimmed(all []string) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = strings.TrimSpace(s)
	}
	return out
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
