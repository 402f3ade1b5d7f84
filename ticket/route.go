package ticket

import (
	"strings"
	"time"
)

// FollowUpWithin is how long after a follow-up was sent what the contact writes is an
// answer to it, in wall clock.
const FollowUpWithin = 7 * 24 * time.Hour

// Content of a message, as far as routing asks. Anything else (a picture, a voice note)
// has no rule of its own.
const (
	ContentText     = "text"
	ContentVote     = "vote"
	ContentSticker  = "sticker"
	ContentReaction = "reaction"
)

// A RouteInput is what is known when a client's message arrives. Times are desk time;
// zero values say that there is none.
type RouteInput struct {
	At      time.Time // when the message came
	Content string    // ContentText, ..., or any other kind
	Text    string    // the words, or the caption
	Votes   []string  // the options chosen now, of a vote

	Blocked  bool   // the contact is on the block list
	Declined bool   // he wants no proactive messages: only then is an opt-in word one
	About    About  // what the message votes on or quotes
	Open     string // number of the open ticket
	Rating   Asked
	Survey   Running
	FollowUp SentCard
	Last     ClosedLast

	Policy Policy
	Words  OptWords // nil for the built-in ones
}

// About is a message of the desk that the client voted on or quoted.
type About struct {
	Kind AboutKind
	ID   string // the rated ticket, the survey, the follow-up's card
}

// An AboutKind is what kind of message it was.
type AboutKind string

// The kinds that have a place of their own; "" is any other message, or none.
const (
	AboutRating   AboutKind = "rating"
	AboutSurvey   AboutKind = "survey"
	AboutFollowUp AboutKind = "follow_up"
)

// Asked is the rating that was asked for last.
type Asked struct {
	Ticket    string
	At        time.Time
	Lapsed    bool
	Given     time.Time // zero until the stars came
	Commented bool      // a comment came with them, or after
}

// Running is the survey that waits for an answer.
type Running struct {
	ID     string
	Parses bool // the message is an answer to its open question
}

// SentCard is the follow-up sent last.
type SentCard struct {
	Card string
	At   time.Time
}

// ClosedLast is the ticket that closed last.
type ClosedLast struct {
	Ticket string
	At     time.Time
	Merged bool // it goes on in another one and cannot re-open
}

// A Destination is where a message goes, and what it concerns.
type Destination struct {
	Kind DestinationKind
	// ID is the ticket, survey or card, "" for a new ticket.
	ID  string
	Opt Opt // of ToOpt
	// Stars and Comment are what ToRating read; Stars is 0 when a message about a rating
	// says none.
	Stars   int
	Comment string
	// Why is what made ToNote of it.
	Why Noted
}

// A DestinationKind is one line of the list.
type DestinationKind string

// The destinations, in the order in which they are tried.
const (
	ToNowhere  DestinationKind = "nowhere"   // dropped, and counted
	ToOpt      DestinationKind = "opt"       // his wish about proactive messages
	ToRating   DestinationKind = "rating"    // an answer to the rating
	ToComment  DestinationKind = "comment"   // the comment to it, shown with a way to re-open
	ToSurvey   DestinationKind = "survey"    // an answer to the survey
	ToFollowUp DestinationKind = "follow_up" // into that card's thread
	ToTicket   DestinationKind = "ticket"    // into the open ticket
	ToNote     DestinationKind = "note"      // shown in the closed ticket, opens nothing
	ToReopen   DestinationKind = "reopen"    // the closed ticket opens again
	ToNew      DestinationKind = "new"       // a ticket of its own
)

// A Noted is why a message opens nothing.
type Noted string

// The reasons.
const (
	NotedThanks  Noted = "thanks"         // thanks, a lone emoji, a late yes
	NotedLate    Noted = "rating_late"    // a rating when none is waited for any more
	NotedStrange Noted = "rating_strange" // a rating that is none: 7, 4.5, "sangat puas"
)

// Route decides where an inbound message goes: the first line of SPEC section 2 that
// matches. An answer to a rating that comes late, or is none of 1 to 5, opens nothing
// either; it is noted where thanks are.
func Route(in RouteInput) Destination {
	for _, line := range lines {
		if to, ok := line(in); ok {
			return to
		}
	}
	return Destination{Kind: ToNew}
}

var lines = []func(RouteInput) (Destination, bool){
	toNowhere, toOpt, toWhatItIsAbout, toTicket, toRating, toSurvey, toFollowUp, toNote, toReopen,
}

func toNowhere(in RouteInput) (Destination, bool) {
	return Destination{Kind: ToNowhere}, in.Blocked
}

func toOpt(in RouteInput) (Destination, bool) {
	if in.Content != ContentText {
		return Destination{}, false
	}
	opt, ok := in.Words.Read(in.Text)
	// "Mulai" is how some begin their first message.
	return Destination{Kind: ToOpt, Opt: opt}, ok && (opt == OptOut || in.Declined)
}

func toWhatItIsAbout(in RouteInput) (Destination, bool) {
	id := in.About.ID
	switch in.About.Kind {
	case AboutSurvey:
		return Destination{Kind: ToSurvey, ID: id}, true
	case AboutFollowUp:
		return Destination{Kind: ToFollowUp, ID: id}, true
	case AboutRating:
		stars, comment, ok := Rating(in.said())
		if !ok && in.Content == ContentText && in.Rating.Ticket == id && !in.Rating.Given.IsZero() {
			return Destination{Kind: ToComment, ID: id, Comment: strings.TrimSpace(in.Text)}, true
		}
		if !ok {
			comment = strings.TrimSpace(in.Text)
		}
		return Destination{Kind: ToRating, ID: id, Stars: stars, Comment: comment}, true
	}
	return Destination{}, false
}

func toTicket(in RouteInput) (Destination, bool) {
	return Destination{Kind: ToTicket, ID: in.Open}, in.Open != ""
}

func toRating(in RouteInput) (Destination, bool) {
	asked := in.Rating
	if in.Content != ContentText || asked.Ticket == "" || strings.TrimSpace(in.Text) == "" {
		return Destination{}, false
	}
	if !asked.Given.IsZero() {
		comment := !asked.Commented && in.At.Sub(asked.Given) <= in.Policy.CommentWithin
		return Destination{Kind: ToComment, ID: asked.Ticket, Comment: strings.TrimSpace(in.Text)}, comment
	}
	stars, comment, ok := Rating(in.Text)
	return Destination{Kind: ToRating, ID: asked.Ticket, Stars: stars, Comment: comment}, ok && asked.waited(in)
}

// waited reports a rating that is still waited for.
func (a Asked) waited(in RouteInput) bool {
	return a.Ticket != "" && a.Given.IsZero() && !a.Lapsed && in.At.Sub(a.At) < in.Policy.RatingValid
}

func toSurvey(in RouteInput) (Destination, bool) {
	return Destination{Kind: ToSurvey, ID: in.Survey.ID}, in.Survey.ID != "" && in.Survey.Parses
}

func toFollowUp(in RouteInput) (Destination, bool) {
	return Destination{Kind: ToFollowUp, ID: in.FollowUp.Card}, in.FollowUp.Card != "" && in.At.Sub(in.FollowUp.At) < FollowUpWithin
}

func toNote(in RouteInput) (Destination, bool) {
	if in.Last.Ticket == "" {
		return Destination{}, false
	}
	to := Destination{Kind: ToNote, ID: in.Last.Ticket}
	switch in.Content {
	case ContentSticker, ContentReaction:
		to.Why = NotedThanks
	case ContentText, ContentVote:
		switch {
		case in.Content == ContentVote && len(in.Votes) == 0, IsThanks(in.said()):
			to.Why = NotedThanks
		case in.Rating.Ticket != "" && in.rates():
			if to.ID, to.Why = in.Rating.Ticket, NotedLate; in.Rating.waited(in) {
				to.Why = NotedStrange
			}
		}
	}
	return to, to.Why != ""
}

func toReopen(in RouteInput) (Destination, bool) {
	last := in.Last
	return Destination{Kind: ToReopen, ID: last.Ticket}, last.Ticket != "" && !last.Merged && in.At.Sub(last.At) < in.Policy.ReopenWithin
}

// rates reports words that bring nothing but an opinion on the service. One that is not
// satisfied is heard, unless he can still be asked for stars.
func (in RouteInput) rates() bool {
	good, ok := satisfied(in.said())
	return soundsRated(in.said()) || ok && (good || in.Rating.waited(in))
}

// said is what the client said: the options of a vote, else the words.
func (in RouteInput) said() string {
	if in.Content == ContentVote {
		return strings.Join(in.Votes, ", ")
	}
	return in.Text
}
