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

// The states of a ticket (SPEC section 1).
const (
	New      State = "new"
	Assigned State = "assigned"
	Closed   State = "closed"
)

// A Ticket is one concern of one client, from the first message to closing.
type Ticket struct {
	Number       string // readable, e.g. "HE-250114-0007"
	Conversation string // id of the conversation it belongs to
	State        State
	Title        string // of the forum post; never changes (Discord limits renames)
	Thread       string // Discord thread, "" until the post exists
	Posts        int    // forum posts asked for so far: more than one when a thread was deleted
	Agent        string // Discord user id, "" until somebody answered
	Opened       time.Time
	Responded    time.Time // first human sign the client got, zero before it
	ClosedAt     time.Time
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
		Opened:       now,
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

// Respond records a person's answer that reached the client: the first one ends
// the wait and assigns the agent. It reports whether it was the first.
func (t *Ticket) Respond(agent string, at time.Time) bool {
	if !t.Responded.IsZero() || t.State == Closed {
		return false
	}
	t.Responded = at
	if t.Agent == "" {
		t.Agent = agent
	}
	t.State = Assigned
	return true
}

// Close ends the ticket and frees its conversation for the next one. Closing a
// closed ticket changes nothing.
func (t *Ticket) Close(c *Conversation, at time.Time) (changed bool) {
	if t.State == Closed {
		return false
	}
	t.State = Closed
	t.ClosedAt = at
	c.Also = slices.DeleteFunc(c.Also, func(n string) bool { return n == t.Number })
	if c.Open == t.Number {
		c.Open = ""
		if len(c.Also) > 0 {
			c.Open, c.Also = c.Also[0], c.Also[1:]
		}
	}
	if c.Last != "" {
		c.Past = slices.Insert(c.Past, 0, c.Last)
		c.Past = c.Past[:min(len(c.Past), mostPast)]
	}
	c.Last = t.Number
	return true
}

// Tag is the forum tag that shows the state.
func (t Ticket) Tag() string { return string(t.State) }

// Documents of a desk that this package owns.
const (
	KindTicket       ledger.Kind = "ticket"
	KindConversation ledger.Kind = "conv"
	KindAlias        ledger.Kind = "alias"
	KindThread       ledger.Kind = "thread"
)

// IndexUnposted holds the numbers of tickets that wait for their forum post, scored by
// when it was asked for in UTC milliseconds.
const IndexUnposted = "unposted"

// IndexOpen holds the numbers of open tickets, scored by their opening in UTC milliseconds.
const IndexOpen = "open"
