// Package ticket is what a ticket is: who wrote, what state the work is in, and
// how it moves. It does no I/O; documents are read and written through a
// [ledger.Tx], and time comes in as a parameter.
package ticket

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A State is where the work stands.
type State string

// The states of a ticket (SPEC section 1). It follows from the rest of the ticket:
// transitions set it, nobody else does.
const (
	New              State = "new"               // nobody has it
	Assigned         State = "assigned"          // somebody is at work
	WaitingClient    State = "waiting_client"    // for data or access the client was asked for
	WaitingDeveloper State = "waiting_developer" // for an open report
	Resolved         State = "resolved"          // the closing sentence is on its way
	Closed           State = "closed"
)

// A Channel is how a concern reached the desk. Only tickets of WhatsApp have the
// bridge, a first-response figure and a rating.
type Channel string

// The channels.
const (
	WhatsApp Channel = "whatsapp"
	Phone    Channel = "phone"
	SMS      Channel = "sms"
	Email    Channel = "email"
	InPerson Channel = "in_person"
)

// Channels are those that staff register tickets for.
func Channels() []Channel { return []Channel{Phone, SMS, Email, InPerson} }

// A Ticket is one concern of one client, from the first message to closing. Its
// methods are its transitions: each checks its rule, changes the value and returns
// the events to log, or a [Refusal] and nothing changed. A transition that has
// already happened returns no event. People are Discord user ids, times desk time.
// Slices are never changed in place, so a copy of a ticket stays as it is.
type Ticket struct {
	Number       string // readable, e.g. "HE-250114-0007"
	Conversation string // id of the conversation it belongs to, "" without the bridge
	State        State
	Title        string // of the forum post; never changes (Discord limits renames)
	Thread       string // Discord thread, "" until the post exists
	Posts        int    // forum posts asked for so far: more than one when a thread was deleted
	Step         int    // changes so far that were told: names what a change tells
	// Talk is what the thread is for when it is no client's concern: see [OpenTalk]. ""
	// for a ticket.
	Talk     Talk
	Channel  Channel
	Contact  string // id of the person, "" while unknown
	Customer string // id of the company, "" for none

	Agent      string    // who has it, "" until somebody accepted or answered
	Agents     []string  // who had it before, oldest first, the last few
	AgentSince time.Time // since when
	OnPhone    bool      // nobody has it, but somebody answered from the linked phone
	Offering

	Gist       string // how the client's first words began, "" until he said some
	Opened     time.Time
	FirstWord  time.Time // the client's first message, zero before it
	Responded  time.Time // first human sign the client got, zero before it
	LastClient time.Time // the client's last message
	LastStaff  time.Time // the last message of a person that WhatsApp took
	LastNews   time.Time // that, or a sentence that told the client something new
	Waits      []Wait    // that last
	Asked      string    // what the client was asked for last
	AccessFrom time.Time // access was requested then and has not come yet
	SecretsTo  time.Time // until then codes of the client are sealed, though access came
	Told       time.Time // the client was told that it is being looked into

	Class     Class     // "" until classified
	Classes   []Classed // how it was classified, oldest first, the last few
	Issue     string    // issue type
	Complaint bool

	Team       string    // developer team asked last
	Reports    []string  // open reports to developers
	Back       []string  // those of them that wait for the desk
	Passed     []string  // reports whose re-test passed, the last few
	Escalated  time.Time // for the first time, to whomever: it counts once
	Supervisor string    // who escalated it to a supervisor, "" when it is not there

	Summary     string
	Solution    string
	ResolvedAt  time.Time // zero unless resolved
	ClosingSent time.Time // when WhatsApp took the closing sentence of this resolution
	SilentFrom  time.Time // since when the client has been silent after it, zero once he wrote
	Unclear     bool      // what he wrote to it was neither yes nor no
	ClosedAt    time.Time // zero unless closed
	Ending      Ending    // why it closed
	Pauses      []Pause   // from a resolution to the reopening that cancelled it, oldest first
	Reopened    int
	Rating      Opinion
	Snoozed     time.Time // until then it rests; zero if it does not
	Woken       time.Time // when it last did: its agent is not silent before he could speak
	Scheduled   []Scheduled
	MergedInto  string
	MergedFrom  []string
	Warranty    Warranty
	Reminders   Reminders

	kept    string // whom it was stored under: its agent, else who had its offer
	watched bool   // it was stored as one that waits for a secret
}

// Number makes a readable ticket number from the desk's prefix, the local date
// and the day's counter: gaps are allowed, the same number twice is not.
func Number(prefix string, local time.Time, n int64) string {
	return fmt.Sprintf("%s-%s-%04d", prefix, local.Format("060102"), n)
}

// Open starts the next ticket of a conversation and points the conversation at
// it. The caller has made sure that none is open.
func Open(c *Conversation, number string, now time.Time) Ticket {
	c.Open = number
	c.Tickets++
	return Ticket{
		Number:       number,
		Conversation: c.ID,
		State:        New,
		Title:        title(number, c),
		Posts:        1,
		Channel:      WhatsApp,
		Opened:       now,
		Offering:     Offering{Wanted: now},
	}
}

// title names the post: number, name, the phone's last four digits. The number
// comes first because an orphaned post is found again by it.
func title(number string, c *Conversation) string {
	parts := []string{number}
	if c.Name != "" {
		parts = append(parts, c.Name)
	}
	if n := len(c.Phone); n >= 4 {
		parts = append(parts, c.Phone[n-4:])
	}
	return truncate(strings.Join(parts, " · "), 100)
}

func truncate(s string, max int) string {
	r := []rune(s)
	if len(r) <= max {
		return s
	}
	return string(r[:max-1]) + "…"
}

// Register starts a ticket for a client who phoned, sent an SMS or e-mail, or spoke
// in person. It belongs to no conversation: what was said stays with the people. name
// and phone are for its title.
func Register(number string, channel Channel, name, phone, by string, at time.Time) (Ticket, []ledger.Event, error) {
	if !slices.Contains(Channels(), channel) {
		return Ticket{}, nil, refuse("no_channel")
	}
	t := Ticket{
		Number: number, State: New, Title: title(number, &Conversation{Name: name, Phone: phone}), Posts: 1,
		Channel: channel, Opened: at, Offering: Offering{Wanted: at},
	}
	return t, []ledger.Event{event(at, "opened", by, "channel", string(channel))}, nil
}

// Identify says who the client is: the ids of a person and of the company he belongs to,
// either may be "". Ids are at most 60 bytes; a longer one is nobody's.
func (t *Ticket) Identify(contact, customer, by string, at time.Time) []ledger.Event {
	if tooLong(contact, longID) || tooLong(customer, longID) || t.Contact == contact && t.Customer == customer {
		return nil
	}
	t.Contact, t.Customer = contact, customer
	return []ledger.Event{event(at, "identified", by, "contact", contact, "customer", customer)}
}

// Tag is the forum tag that shows the state.
func (t Ticket) Tag() string {
	switch t.State {
	case WaitingClient:
		return "waiting"
	case WaitingDeveloper:
		return "developer"
	}
	return string(t.State)
}

// settle makes the state follow from the rest.
func (t *Ticket) settle() {
	_, asked := t.Waiting(Staff, Client)
	switch {
	case !t.ClosedAt.IsZero():
		t.State = Closed
	case !t.ResolvedAt.IsZero():
		t.State = Resolved
	case asked:
		t.State = WaitingClient
	case len(t.Reports) > len(t.Back):
		t.State = WaitingDeveloper
	case t.Agent != "" || t.OnPhone:
		t.State = Assigned
	default:
		t.State = New
	}
}

// working refuses what is done only while the work goes on.
func (t Ticket) working() error {
	if t.IsTalk() {
		return refuse("talk")
	}
	switch t.State {
	case Closed:
		return refuse("closed")
	case Resolved:
		return refuse("resolved")
	}
	return nil
}

// event is one line of the log; data are names and values in turn, and empty values
// are left out.
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

// Who acts when nobody of the staff does (ledger.Event.By).
const (
	byClient = "client"
	byHalo   = "halo"
)

// moment is a time inside an event.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// with is the list with one more, of which the last most stay.
func with[T any](list []T, one T, most int) []T {
	list = append(slices.Clone(list), one)
	return list[max(0, len(list)-most):]
}

// without is the list without every element equal to one.
func without(list []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == one })
}

// Documents of a desk that this package owns.
const (
	KindTicket       ledger.Kind = "ticket"
	KindConversation ledger.Kind = "conv"
	KindAlias        ledger.Kind = "alias"
	KindThread       ledger.Kind = "thread"
	KindDuty         ledger.Kind = "duty"
)

// IndexUnposted holds the numbers of tickets that wait for their forum post, scored by
// when it was asked for in UTC milliseconds.
const IndexUnposted = "unposted"

// IndexOpen holds the numbers of open tickets, scored by their opening in UTC milliseconds.
const IndexOpen = "open"

// IndexClosed holds the numbers of closed tickets, scored by their closing in UTC
// milliseconds.
const IndexClosed = "closed"

// IndexWaiting holds the numbers of open tickets whose client waits for an answer, scored
// by since when in UTC milliseconds.
const IndexWaiting = "waiting"

// IndexAgent holds the numbers of the open tickets that one person has, or was offered
// while nobody has them, scored by their opening in UTC milliseconds.
func IndexAgent(user string) string { return "agent/" + user }

// IndexNobody holds the numbers of open tickets for which somebody is looked for while
// nobody has the offer, scored by since when in UTC milliseconds.
const IndexNobody = "nobody"
