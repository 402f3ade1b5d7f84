package ticket

import (
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

// OpenTalk starts the thread of a card. It is a ticket as far as words travel: its post,
// its lane, its log, what an agent writes and a client answers, edits, files and marks are
// those of a ticket. It is none in everything else: it belongs to no conversation's open
// tickets, is offered to nobody, has no class, clock, target, closing sentence or rating,
// is in no list of tickets and in no figure; who may be heard in it is said by its kind.
// number is the card's id, title what the post is called after it. conversation is "" when
// nothing can be sent. post says whether the post is wanted at once; otherwise posts is 0
// until the first word of the client.
func OpenTalk(number string, kind Talk, title, conversation, contact, customer string, post bool, at time.Time) (Ticket, []ledger.Event) {
	return Ticket{}, nil
}

// EndTalk closes it: the post gets the tag closed and goes into the archive. ResumeTalk
// opens it again, when the client writes.
func (t *Ticket) EndTalk(by string, at time.Time) []ledger.Event { return nil }

// ResumeTalk opens a talk that was ended.
func (t *Ticket) ResumeTalk(by string, at time.Time) []ledger.Event { return nil }
