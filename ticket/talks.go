package ticket

import (
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A Talk is what a thread is for that is no client's concern.
type Talk string

// The kinds of talks.
const (
	TalkFollowUp Talk = "follow_up" // sales and a customer: the thread of a follow-up's card
	TalkCall     Talk = "call"      // staff about a call to be made: a customer who is new, in the forum of follow-ups
	TalkCallback Talk = "callback"  // the same for agents, after low answers to a survey, in the forum of tickets
	TalkList     Talk = "list"      // a month's list, which has no client
)

// IsTalk reports whether the ticket is a talk, and so no client's concern.
func (t Ticket) IsTalk() bool { return t.Talk != "" }

// OpenTalk starts the thread of a card. It is a ticket as far as words travel: its post,
// its lane, its log, what an agent writes and a client answers, edits, files and marks are
// those of a ticket. It is none in everything else: it belongs to no conversation's open
// tickets, is offered to nobody, has no class, clock, target, closing sentence or rating,
// is in no list of tickets and in no figure; who may be heard in it is said by its kind.
// number is the card's id, title what the post is called after it. conversation is "" when
// nothing can be sent. post says whether the post is wanted at once; otherwise Posts is 0
// until [Ticket.WantPost].
func OpenTalk(number string, kind Talk, title, conversation, contact, customer string, post bool, at time.Time) (Ticket, []ledger.Event) {
	t := Ticket{
		Number: number, Talk: kind, Conversation: conversation, State: New, Channel: WhatsApp,
		Title: truncate(strings.TrimSuffix(number+" · "+strings.TrimSpace(title), " · "), 100), Opened: at,
	}
	if conversation == "" {
		t.Channel = Phone
	}
	if !tooLong(contact, longID) && !tooLong(customer, longID) {
		t.Contact, t.Customer = contact, customer
	}
	if post {
		t.Posts = 1
	}
	return t, []ledger.Event{event(at, "talk_opened", byHalo, "kind", string(kind), "conversation", conversation)}
}

// EndTalk closes it: its post goes into the archive, and what was scheduled in it is
// dropped.
func (t *Ticket) EndTalk(by string, at time.Time) []ledger.Event {
	if !t.IsTalk() || t.State == Closed {
		return nil
	}
	events := t.dropScheduled(by, at, func(Scheduled) bool { return true })
	t.ClosedAt = at
	t.settle()
	return append(events, event(at, "talk_ended", by))
}

// ResumeTalk opens a talk that was ended: somebody goes on in it.
func (t *Ticket) ResumeTalk(by string, at time.Time) []ledger.Event {
	if !t.IsTalk() || t.State != Closed {
		return nil
	}
	t.ClosedAt = time.Time{}
	t.settle()
	return []ledger.Event{event(at, "talk_resumed", by)}
}

// WantPost asks for the post of a talk that has none so far. It reports whether it has to
// be opened.
func (t *Ticket) WantPost() bool {
	if !t.IsTalk() || t.Posts > 0 {
		return false
	}
	t.Posts = 1
	return true
}

// ofTalks are the events of tickets that talks have as well: of words, and of who wrote.
var ofTalks = []string{"identified", "scheduled", "unscheduled", "scheduled_due", "access_came", "note"}

// Fits refuses ("talk") events that a talk cannot have: a step of a ticket was tried in
// one. Every step of a ticket fits it.
func (t Ticket) Fits(events []ledger.Event) error {
	for _, e := range events {
		if t.IsTalk() && !strings.HasPrefix(e.What, "talk_") && !strings.HasSuffix(e.What, "_wrote") && !slices.Contains(ofTalks, e.What) {
			return refuse("talk")
		}
	}
	return nil
}
