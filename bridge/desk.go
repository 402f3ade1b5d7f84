package bridge

import (
	"context"
	"time"

	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A Desk is the policy the bridge needs to know. What is not set is quiet: no working
// hours, no greeting, no delay, everybody served.
type Desk struct {
	Prefix     string         // of ticket numbers, e.g. "HE"
	Zone       *time.Location // of dates people read
	Sentences  ticket.Sentences
	AgentRoles []string // Discord role ids whose holders may be heard by a client
	NotePrefix string   // a line that starts with it stays inside, e.g. "//"
	// MessageID makes the WhatsApp id of a letter, the same each time it is asked.
	MessageID func(letter string) string
	// Groups are the groups whose messages are taken in, by address; others leave no trace.
	Groups []string
	// Guild is Discord's id of the server, for links to older messages; "" for none.
	Guild string
	// Names makes Discord's mentions readable.
	Names Names
	// Members lists the members of a sorted index whose score is at least from, the
	// lowest first. Without it nothing that needs a list works: see [Relay.Recent].
	Members func(ctx context.Context, index string, from int64) ([]string, error)
	// Rows lists a part of a sorted index with its scores, by score, then by member.
	// Without it nothing that walks along one works: the lists of a month are empty.
	Rows func(ctx context.Context, p Page) ([]ledger.IndexRow, error)
	// Now is desk time; nil for time.Now.
	Now func() time.Time

	// Policy is every figure of a ticket's life; the zero Policy is the default one.
	Policy ticket.Policy
	// Calendar counts working time; nil for a desk that never opens.
	Calendar *calendar.Calendar
	// Roles are the ids of the Discord roles that have a capability, by capability.
	Roles map[string][]string
	// Greet says when an agent's greeting is sent; "" for never.
	Greet Greet
	// Undo is how long an agent's message waits before it leaves, so that deleting it
	// within that time sends nothing; desk time, 0 for no wait.
	Undo time.Duration
	// Mode says what a message in a thread is; "" for [Plain].
	Mode Mode
	// Access says who may open tickets, Types the kinds of people there are.
	Access customer.Policy
	Types  customer.Types
	// Flood bounds what one person may send before it is folded; the zero Flood is no bound.
	Flood Flood
	// Panel keeps a live panel in the intake channel: who waits, and who is on duty.
	Panel bool
	// Teams are the developer teams; Reports is every figure of a report's life, the zero
	// Policy calls nobody.
	Teams   []Team
	Reports escalation.Policy
	// Rates bound what is sent first; the zero Rates send nothing. FollowUps and Surveys
	// are the figures of why it is.
	Rates     customer.Rates
	FollowUps FollowUps
	Surveys   Surveys
	// OptWords are the messages by which a client declines what is sent first, or wants it
	// again; nil for the built-in ones.
	OptWords ticket.OptWords
	// Vault seals what clients send as codes and passwords; nil for one of the process.
	Vault *Vault
}

// A Greet says when the standard greeting goes out in front of an agent's work.
type Greet string

// The choices.
const (
	GreetAlways Greet = "always" // when somebody accepts, by the button or by writing
	GreetButton Greet = "button" // only when the button was pressed: who writes greets himself
	GreetNever  Greet = "never"
)

// A Mode says what an agent's plain message in a ticket's thread is.
type Mode string

// The modes.
const (
	Plain   Mode = "plain"   // words for the client, unless marked as a note
	Command Mode = "command" // a note, unless sent by a command or the message's menu
)

// A Flood is more than Messages of one person within Within; what comes beyond is folded
// into one notice. Messages 0 is no bound.
type Flood struct {
	Messages int
	Within   time.Duration
}

func (d Desk) now() time.Time {
	if d.Now == nil {
		return time.Now()
	}
	return d.Now()
}

// policy are the figures in force.
func (d Desk) policy() ticket.Policy {
	if d.Policy == (ticket.Policy{}) {
		return ticket.DefaultPolicy()
	}
	return d.Policy
}

// hours is the clock of working time.
func (d Desk) hours() ticket.Clock {
	if d.Calendar == nil {
		return neverOpen{}
	}
	return d.Calendar
}

// neverOpen is the clock of a desk without working hours.
type neverOpen struct{}

func (neverOpen) Next(time.Time) (time.Time, bool)           { return time.Time{}, false }
func (neverOpen) Add(time.Time, time.Duration) time.Time     { return calendar.Never }
func (neverOpen) Between(time.Time, time.Time) time.Duration { return 0 }

// patience bounds a look at an index from inside a change.
const patience = 5 * time.Second

// A Page is a part of a sorted index, the lowest score first.
type Page struct {
	Index         string
	Min, Max      *int64 // scores, both included; nil for no bound
	Offset, Limit int64  // Limit 0 for all
}

// rows are a part of an index as it stands. It is a hint, as [Desk.members].
func (d Desk) rows(p Page) ([]ledger.IndexRow, error) {
	if d.Rows == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return d.Rows(ctx, p)
}

// members are the members of an index as they stand, the lowest score first. It is a
// hint: another change may be faster.
func (d Desk) members(index string) ([]string, error) {
	if d.Members == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return d.Members(ctx, index, 0)
}
