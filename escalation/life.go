package escalation

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haloerzap/halo/ledger"
)

// Missing are the keys of the refusals that keep a form from being sent to developers, in
// the order of the form; none when it is complete. Other parties need the detail alone.
func (f Form) Missing(p Party) []string {
	var missing []string
	need := func(there bool, key string) {
		if !there {
			missing = append(missing, key)
		}
	}
	if p == Developers {
		need(f.Place != "", "no_place")
	}
	need(f.Detail != "", "no_detail")
	if p == Developers {
		need(f.Reproduction != "" || f.NotReproducible != "", "no_reproduction")
		need(len(f.Evidence) > 0, "no_evidence")
	}
	return missing
}

// Trimmed is the form without blanks around what was typed.
func (f Form) Trimmed() Form {
	for _, s := range []*string{&f.Place, &f.Detail, &f.Reproduction, &f.NotReproducible} {
		*s = strings.TrimSpace(*s)
	}
	return f
}

// New makes a report of a ticket. team is of developers only.
func New(id string, party Party, team, ticket string, f Form, by string, at time.Time) (Report, []ledger.Event, error) {
	f = f.Trimmed()
	switch {
	case party == Developers && team == "":
		return Report{}, nil, refuse("no_team")
	case party != Developers && !slices.Contains(Parties(), party):
		return Report{}, nil, refuse("no_party")
	case tooLong(f.Place, LongPlace), tooLong(f.Detail, LongText), tooLong(f.Reproduction, LongText), tooLong(f.NotReproducible, LongText),
		len(f.Evidence) > MostEvidence:
		return Report{}, nil, refuse("too_long")
	}
	if missing := f.Missing(party); len(missing) > 0 {
		return Report{}, nil, refuse(missing[0])
	}
	r := Report{ID: id, Party: party, Team: team, State: Open, Posts: 1, Form: f, By: by, Opened: at, Tickets: []string{ticket}, Since: at}
	return r, []ledger.Event{event(at, "report_opened", by, "party", string(party), "team", team, "ticket", ticket)}, nil
}

// Take says who of the party works on it. over takes it from somebody else.
func (r *Report) Take(by string, over bool, at time.Time) ([]ledger.Event, error) {
	switch {
	case r.Owner == by && r.State != Open:
		return nil, r.workable()
	case r.workable() != nil:
		return nil, r.workable()
	case r.Owner != "" && r.Owner != by && !over:
		return nil, &Refusal{Key: "taken", Who: r.Owner}
	}
	from := r.Owner
	r.Owner = by
	e := event(at, "report_taken", by, "from", from)
	if r.State == Open {
		e = r.enter(Taken, e)
	}
	return []ledger.Event{e}, nil
}

// NeedData asks the desk for something. Who asks has the report, if nobody had.
func (r *Report) NeedData(question, by string, at time.Time) ([]ledger.Event, error) {
	question = strings.TrimSpace(question)
	if err := r.workable(); err != nil {
		return nil, err
	}
	switch {
	case question == "":
		return nil, refuse("no_question")
	case tooLong(question, LongText):
		return nil, refuse("too_long")
	case r.State == NeedsData && r.Question == question:
		return nil, nil
	}
	r.Question, r.Words, r.Proposed = question, nil, false
	r.own(by)
	return []ledger.Event{r.enter(NeedsData, event(at, "report_needs_data", by, "question", question))}, nil
}

// DataCame notes that the desk sent what the party had asked for, or wrote to it.
func (r *Report) DataCame(by string, at time.Time) []ledger.Event {
	if r.State != NeedsData {
		return nil
	}
	return []ledger.Event{r.enter(r.held(), event(at, "report_data_came", by))}
}

// ClientAnswered keeps a client's message that may answer the question, until somebody
// forwards it. The event is there for the first one.
func (r *Report) ClientAnswered(m Material, at time.Time) []ledger.Event {
	if r.State != NeedsData || len(r.Words) >= mostWords || slices.ContainsFunc(r.Words, func(w Material) bool { return w.From == m.From }) {
		return nil
	}
	m.Text = cut(m.Text, LongText)
	size := len(m.Text)
	for _, w := range r.Words {
		size += len(w.Text)
	}
	if size > mostWordBytes {
		return nil // whoever forwards it takes the message itself
	}
	r.Words = append(slices.Clone(r.Words), m)
	if r.Proposed {
		return nil
	}
	r.Proposed = true
	return []ledger.Event{event(at, "report_answer_proposed", byHalo)}
}

// Adjust says that it is done: of developers the agent re-tests, of others reads the
// answer. result says what was done; of developers it may be empty.
func (r *Report) Adjust(result, by string, at time.Time) ([]ledger.Event, error) {
	result = strings.TrimSpace(result)
	if r.State == Adjusted && r.Result == result {
		return nil, nil
	}
	if err := r.workable(); err != nil {
		return nil, err
	}
	switch {
	case r.Party != Developers && result == "":
		return nil, refuse("no_answer")
	case tooLong(result, LongText):
		return nil, refuse("too_long")
	}
	r.own(by)
	r.Result, r.Cause = result, ""
	return []ledger.Event{r.enter(Adjusted, event(at, "report_adjusted", by, "result", result))}, nil
}

// Reject closes it without change: the agent accepts that or objects.
func (r *Report) Reject(cause Cause, reason, by string, at time.Time) ([]ledger.Event, error) {
	reason = strings.TrimSpace(reason)
	if r.State == Rejected && r.Cause == cause && r.Result == reason {
		return nil, nil
	}
	if err := r.workable(); err != nil {
		return nil, err
	}
	switch {
	case !slices.Contains(Causes(), cause):
		return nil, refuse("no_cause")
	case reason == "":
		return nil, refuse("no_reason")
	case tooLong(reason, LongText):
		return nil, refuse("too_long")
	}
	r.own(by)
	r.Result, r.Cause = reason, cause
	return []ledger.Event{r.enter(Rejected, event(at, "report_rejected", by, "cause", string(cause), "reason", reason))}, nil
}

// Move gives it to another developer team, where nobody has it.
func (r *Report) Move(team, reason, by string, at time.Time) ([]ledger.Event, error) {
	reason = strings.TrimSpace(reason)
	if err := r.workable(); err != nil {
		return nil, err
	}
	switch {
	case r.Party != Developers || team == "":
		return nil, refuse("no_team")
	case team == r.Team:
		return nil, refuse("same_team")
	case reason == "":
		return nil, refuse("no_reason")
	case tooLong(reason, LongText):
		return nil, refuse("too_long")
	}
	from := r.Team
	r.Team, r.Owner = team, ""
	r.Moved++
	return []ledger.Event{r.enter(Open, event(at, "report_moved", by, "from", from, "team", team, "reason", reason))}, nil
}

// Verify is the agent's re-test of what was adjusted, or his word on an answer. A failed
// one needs a reason, and the report goes back to who had it.
func (r *Report) Verify(pass bool, note, by string, at time.Time) ([]ledger.Event, error) {
	note = strings.TrimSpace(note)
	switch {
	case r.State == Closed && r.Ending == EndPassed && pass:
		return nil, nil
	case r.State == Closed:
		return nil, refuse("closed")
	case r.State != Adjusted:
		return nil, refuse("not_adjusted")
	case !pass && note == "":
		return nil, refuse("no_reason")
	case tooLong(note, LongText):
		return nil, refuse("too_long")
	case pass:
		return []ledger.Event{r.end(EndPassed, event(at, "report_passed", by, "note", note))}, nil
	}
	r.Failed++
	return []ledger.Event{r.enter(r.held(), event(at, "report_failed", by, "reason", note, "times", count(r.Failed)))}, nil
}

// Accept agrees to a closing without change.
func (r *Report) Accept(by string, at time.Time) ([]ledger.Event, error) {
	switch {
	case r.State == Closed && r.Ending == EndAccepted:
		return nil, nil
	case r.State == Closed:
		return nil, refuse("closed")
	case r.State != Rejected:
		return nil, refuse("not_rejected")
	}
	return []ledger.Event{r.end(EndAccepted, event(at, "report_accepted", by))}, nil
}

// Object sends a report that was closed without change back to who had it.
func (r *Report) Object(reason, by string, at time.Time) ([]ledger.Event, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case r.State == Closed:
		return nil, refuse("closed")
	case r.State != Rejected:
		return nil, refuse("not_rejected")
	case reason == "":
		return nil, refuse("no_reason")
	case tooLong(reason, LongText):
		return nil, refuse("too_long")
	}
	r.Objected++
	return []ledger.Event{r.enter(r.held(), event(at, "report_objected", by, "reason", reason, "times", count(r.Objected)))}, nil
}

// Withdraw closes it because nobody waits for it any more.
func (r *Report) Withdraw(reason, by string, at time.Time) ([]ledger.Event, error) {
	if r.State == Closed {
		return nil, nil
	}
	reason = strings.TrimSpace(reason)
	if tooLong(reason, LongText) {
		return nil, refuse("too_long")
	}
	return []ledger.Event{r.end(EndWithdrawn, event(at, "report_withdrawn", by, "reason", reason))}, nil
}

// Reopen takes it up again after it had passed: the client says that it is not mended.
// ticket is whose client said so, and is waited for again; it becomes the first one. A
// post that was deleted meanwhile is made anew.
func (r *Report) Reopen(ticket, by string, at time.Time) ([]ledger.Event, error) {
	if r.State != Closed || r.Ending != EndPassed {
		return nil, refuse("not_closed")
	}
	r.Reopened++
	if r.Thread == "" {
		r.Posts++
	}
	r.Ending, r.ClosedAt = "", time.Time{}
	r.Tickets = append([]string{ticket}, without(r.Tickets, ticket)...)
	return []ledger.Event{r.enter(r.held(), event(at, "report_reopened", by, "ticket", ticket, "times", count(r.Reopened)))}, nil
}

// Carry makes a further ticket wait for it.
func (r *Report) Carry(ticket, by string, at time.Time) ([]ledger.Event, error) {
	switch {
	case slices.Contains(r.Tickets, ticket):
		return nil, nil
	case r.State == Closed:
		return nil, refuse("closed")
	case len(r.Tickets) >= MostTickets:
		return nil, refuse("tickets_full")
	}
	r.Tickets = append(slices.Clone(r.Tickets), ticket)
	return []ledger.Event{event(at, "report_carries", by, "ticket", ticket)}, nil
}

// Drop lets a ticket go that does not wait for it any more; into goes on for it, "" for
// none. A report without tickets is withdrawn. Of a closed one, the ticket that goes on
// hears how it ended in the place of the other.
func (r *Report) Drop(ticket, into, by string, at time.Time) []ledger.Event {
	switch {
	case !slices.Contains(r.Tickets, ticket):
		return nil
	case r.State == Closed:
		return r.passOn(ticket, into, by, at)
	}
	var left []string
	for _, t := range r.Tickets {
		if t == ticket {
			t = into
		}
		if t != "" && !slices.Contains(left, t) {
			left = append(left, t)
		}
	}
	events := []ledger.Event{event(at, "report_dropped_ticket", by, "ticket", ticket, "into", into)}
	if len(left) == 0 {
		more, _ := r.Withdraw("", by, at) // nothing was typed that could be refused
		return append(events, more...)
	}
	r.Tickets = left
	return events
}

// passOn lets into hear how the report ended if ticket has not heard it yet.
func (r *Report) passOn(ticket, into, by string, at time.Time) []ledger.Event {
	if into == "" || !slices.Contains(r.Untold, ticket) {
		return nil
	}
	r.Tickets, r.Untold = without(r.Tickets, ticket), without(r.Untold, ticket)
	if !slices.Contains(r.Untold, into) {
		r.Tickets, r.Untold = append(without(r.Tickets, into), into), append(r.Untold, into)
	}
	return []ledger.Event{event(at, "report_dropped_ticket", by, "ticket", ticket, "into", into)}
}

// PostLost notes that the post was deleted by hand. From now on a ladder of its own runs.
func (r *Report) PostLost(at time.Time) []ledger.Event {
	if r.Lost || r.State == Closed {
		return nil
	}
	r.Lost, r.Thread = true, ""
	r.Rungs, r.Called = 0, at
	return []ledger.Event{event(at, "report_post_lost", "discord")}
}

// PostAgain asks for another post in the place of one that was deleted. The state's ladder
// begins anew: nobody could work on what is not there.
func (r *Report) PostAgain(by string, at time.Time) ([]ledger.Event, error) {
	if !r.Lost {
		return nil, refuse("not_lost")
	}
	r.Lost = false
	r.Posts++
	return []ledger.Event{r.enter(r.State, event(at, "report_posted_again", by))}, nil
}

// Told takes the next ticket off the list of those whose clients hear how it ended; ok is
// false when all have.
func (r *Report) Told() (ticket string, ok bool) {
	if len(r.Untold) == 0 {
		return "", false
	}
	ticket = r.Untold[0]
	if r.Untold = slices.Clone(r.Untold[1:]); len(r.Untold) == 0 {
		r.Untold = nil
	}
	return ticket, true
}

// workable refuses what the party does only while it is waited for, or waits itself.
func (r Report) workable() error {
	switch r.State {
	case Closed, Adjusted, Rejected:
		return refuse(string(r.State))
	}
	return nil
}

func (r *Report) own(by string) {
	if r.Owner == "" {
		r.Owner = by
	}
}

// held is the state of a report that the party is waited for.
func (r Report) held() State {
	if r.Owner == "" {
		return Open
	}
	return Taken
}

// enter begins a state; the event says how long the last one was.
func (r *Report) enter(s State, e ledger.Event) ledger.Event {
	if e.Data == nil {
		e.Data = map[string]string{}
	}
	e.Data["was"], e.Data["since"] = string(r.State), r.Since.UTC().Format(time.RFC3339Nano)
	spent := maps.Clone(r.Spent)
	if spent == nil {
		spent = map[State]time.Duration{}
	}
	spent[r.State] += max(0, e.At.Sub(r.Since))
	r.Spent, r.State, r.Since = spent, s, e.At
	r.Rungs, r.Called = 0, time.Time{}
	if s != NeedsData {
		r.Words, r.Proposed = nil, false
	}
	if s != Closed {
		r.Untold = nil
	}
	return e
}

func (r *Report) end(why Ending, e ledger.Event) ledger.Event {
	e = r.enter(Closed, e)
	r.Ending, r.ClosedAt = why, e.At
	r.Question, r.Lost = "", false // nobody misses the post of a closed report
	if len(r.Tickets) > 1 {
		r.Untold = slices.Clone(r.Tickets[1:])
	}
	return e
}

// byHalo is who acts when nobody of the staff does (ledger.Event.By).
const byHalo = "halo"

// event is one line of the log; data are names and values in turn, and empty values are
// left out.
func event(at time.Time, what, by string, data ...string) ledger.Event {
	e := ledger.Event{At: at, What: what, By: by}
	for i := 0; i+1 < len(data); i += 2 {
		if data[i+1] == "" {
			continue
		}
		if e.Data == nil {
			e.Data = map[string]string{}
		}
		e.Data[data[i]] = data[i+1]
	}
	return e
}

// tooLong bounds a text in characters, and in bytes somewhat above that: the report has to
// fit into a document.
func tooLong(s string, most int) bool {
	return utf8.RuneCountInString(s) > most || len(s) > most+max(most/2, 200)
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func without(list []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == one })
}
