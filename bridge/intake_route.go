package bridge

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// route brings a client's message to the first place of SPEC section 2 that takes it.
func (a *arrival) route() error {
	to, err := a.destination()
	if err != nil {
		return err
	}
	if a.lateConfirmation() && (to.Kind == ticket.ToNew || to.Kind == ticket.ToReopen && (to.ID != a.q.ticket || a.choice() == ticket.Yes)) {
		return a.aside(a.q.ticket)
	}
	talks := to.Kind == ticket.ToFollowUp
	if a.c.Survey != "" && a.c.Open == "" && (talks || to.Kind == ticket.ToNew || to.Kind == ticket.ToReopen) {
		if err := a.r.desk.surveyOverhears(a.tx, &a.c, a.m, talks); err != nil {
			return err
		}
	}
	return a.bring(to)
}

// bring does what the place of the message makes of it.
func (a *arrival) bring(to ticket.Destination) error {
	switch to.Kind {
	case ticket.ToOpt:
		return a.opt(to.Opt)
	case ticket.ToRating:
		return a.rate(to)
	case ticket.ToComment:
		return a.comment(to)
	case ticket.ToTicket:
		return a.intoOpen()
	case ticket.ToSurvey:
		return a.intoSurvey(to)
	case ticket.ToFollowUp:
		return a.intoTalk(to.ID)
	case ticket.ToNote:
		if to.Why == ticket.NotedStrange {
			if err := a.askAgain(to.ID); err != nil {
				return err
			}
		}
		return a.aside(to.ID)
	case ticket.ToReopen:
		if a.m.Unreadable != "" && a.m.Kind != kindViewOnce {
			// It may be thanks, or stars: what it is shows once it can be read.
			a.call = "klien menulis setelah tiket ditutup, tetapi pesannya belum terbaca. Bila tidak kunjung terbaca, buka kembali tiket ini dan tanyakan maksudnya."
			return a.aside(to.ID, buttonReopen)
		}
		return a.reopen()
	}
	return a.opens()
}

// destination asks for the place with what is known.
func (a *arrival) destination() (ticket.Destination, error) {
	in := ticket.RouteInput{
		At: a.at, Content: contentOf(a.m), Text: a.m.Text, Votes: a.m.Votes, Open: a.c.Open, Policy: a.r.desk.policy(), Words: a.r.desk.OptWords,
		Declined: a.who.Consent.Choice == customer.Declined,
		FollowUp: ticket.SentCard{Card: a.c.Talk, At: a.c.TalkAt}, About: a.q.about,
	}
	if a.c.Survey != "" && !a.noSurvey && in.Open == "" && a.m.Group == nil {
		parses, err := a.r.desk.surveyParses(a.tx, a.c, a.m)
		if err != nil {
			return ticket.Destination{}, err
		}
		in.Survey = ticket.Running{ID: a.c.Survey, Parses: parses}
	}
	if _, opt := a.r.desk.OptWords.Read(a.m.Text); opt && a.m.Group != nil {
		in.Content = "" // no member speaks for the group
	}
	if in.Open == "" {
		ok, err := a.lastClosed()
		if err != nil {
			return ticket.Destination{}, err
		}
		if t := a.closed; ok {
			in.Last = ticket.ClosedLast{Ticket: t.Number, At: t.ClosedAt, Merged: t.MergedInto != ""}
			in.At = notBefore(t, in.At)
		}
	}
	if a.answersRating() {
		in.About = ticket.About{Kind: ticket.AboutRating, ID: a.q.ticket}
	}
	if in.Open == "" || a.answersRating() {
		var err error
		if in.Rating, err = a.asked(); err != nil {
			return ticket.Destination{}, err
		}
	}
	to := ticket.Route(in)
	if in.Open != "" && (to.Kind == ticket.ToRating && to.Stars == 0 || to.Kind == ticket.ToComment && !commented(in)) {
		in.About = ticket.About{} // whatever he quoted, he speaks of his concern
		to = ticket.Route(in)
	}
	return to, nil
}

// commented reports whether words that quote the question for stars are the comment to
// them.
func commented(in ticket.RouteInput) bool {
	r := in.Rating
	return r.Ticket != in.Open && !r.Commented && in.At.Sub(r.Given) <= in.Policy.CommentWithin
}

// contentOf is the kind of a message as routing knows it.
func contentOf(m ClientMessage) string {
	switch {
	case m.Unreadable != "":
		return "unreadable"
	case m.Kind == "" || m.Kind == KindPlainText:
		return ticket.ContentText
	}
	return m.Kind // those that routing knows have the same names there
}

// asksNear reports whether the rating asked last may still be answered or commented on.
func (a *arrival) asksNear() bool {
	p := a.r.desk.policy()
	return a.c.Rated != "" && a.at.Sub(a.c.RatedAt) < p.RatingValid+p.CommentWithin
}

// asked is the rating that was asked for last.
func (a *arrival) asked() (ticket.Asked, error) {
	if a.c.Rated == "" || a.m.Group != nil {
		return ticket.Asked{}, nil
	}
	asked := ticket.Asked{Ticket: a.c.Rated, At: a.c.RatedAt}
	if !a.asksNear() && a.q.ticket != a.c.Rated {
		return asked, nil // too late for anything but a note
	}
	t := a.closed
	if t.Number != a.c.Rated {
		var ok bool
		var err error
		if t, ok, err = ticket.Load(a.tx, a.c.Rated); err != nil || !ok {
			return ticket.Asked{}, err
		}
	}
	asked.Lapsed, asked.Given, asked.Commented = t.Rating.Lapsed, t.Rating.Given, t.Rating.Comment != ""
	return asked, nil
}

// opens opens a ticket, for whom the policy lets in.
func (a *arrival) opens() error {
	if a.m.Group == nil {
		if v := customer.Allows(a.r.desk.Access, a.who, a.known); !v.Allowed() {
			return a.turnAway(v)
		}
	}
	return a.start()
}

// reopen takes the work up again in the ticket that has just closed.
func (a *arrival) reopen() error {
	t := a.closed
	events, err := t.ReopenByClient(notBefore(t, a.at), a.r.desk.policy())
	if forbidden(err) {
		return a.opens()
	}
	if err != nil {
		return err
	}
	events = append(append(events, a.identify(&t)...), wrote(a.m))
	if err := a.show(t.Number); err != nil {
		return err
	}
	said, err := a.said(&t)
	if err != nil {
		return err
	}
	return a.settle(a.closed, &t, append(events, said...))
}

// opt takes in a wish about messages that the desk sends first, and confirms it when it
// is a new one.
func (a *arrival) opt(wish ticket.Opt) error {
	choose, key := a.who.Decline, ticket.SayOptOut
	if wish == ticket.OptIn {
		choose, key = a.who.Agree, ticket.SayOptIn
	}
	events := choose("client", a.m.Text, a.at)
	for _, e := range events {
		a.tx.Log(customer.Log(a.who.ID), e)
	}
	if err := a.who.Save(a.tx); err != nil {
		return err
	}
	if a.who.Consent.Choice == customer.Declined {
		if err := a.r.desk.DropOutreachTo(a.tx, a.who.ID, unfitOptedOut); err != nil {
			return err
		}
		if err := a.r.desk.surveyStops(a.tx, &a.c, unfitOptedOut); err != nil {
			return err
		}
	}
	id := "opt/" + clientLetterID(a.c.ID, a.m, 0, 0)
	number := a.c.Open
	if number == "" && a.talkSince(time.Time{}) {
		number = a.c.Talk
	}
	if number == "" {
		number = a.c.Last
	}
	if number == "" {
		logWrote(a.tx, "conversation/"+a.c.ID, a.m)
		if len(events) > 0 {
			a.r.desk.reply(a.tx, a.c, id, key)
		}
		return a.c.Save(a.tx)
	}
	if text := a.r.desk.Sentences[key]; text != "" && len(events) > 0 {
		a.closing = func() { a.r.desk.sentence(a.tx, a.c, number, id, key, text) }
	}
	if t := a.open; t.State == ticket.Resolved {
		// Whatever a client writes ends the clock of his silence.
		events, err := t.Confirm(ticket.Unclear, notBefore(t, a.at))
		if err != nil {
			return err
		}
		if err := a.show(number); err != nil {
			return err
		}
		return cmp.Or(a.settle(a.open, &t, a.record(events)), a.conclude())
	}
	if err := a.aside(number); err != nil || number != a.c.Talk {
		return err
	}
	return a.r.desk.talkHeard(a.tx, number) // nobody is asked to phone who has said so much
}

// conclude says what stands below the message, once.
func (a *arrival) conclude() error {
	if a.closing != nil {
		a.closing()
		a.closing = nil
	}
	return nil
}

// forbidden reports whether a rule of the ticket forbids something.
func forbidden(err error) bool {
	_, ok := errors.AsType[*ticket.Refusal](err)
	return ok
}

// speaks reports whether a message is to be read by staff as words of the client, rather
// than as a sign on what is there.
func (m ClientMessage) speaks() bool {
	return !slices.Contains(echoes, m.Kind) || m.Kind == KindEdit || m.Kind == KindVote && len(m.Votes) > 0
}

// thanks reports whether the message only closes a talk.
func (a *arrival) thanks() bool {
	return a.piece == 0 && a.last && a.m.Unreadable == "" && (contentOf(a.m) == ticket.ContentText && ticket.IsThanks(a.m.Text) || a.m.Kind == KindSticker)
}

// reply is what the message answers to the closing sentence; ok is false when it is no
// answer to anything.
func (a *arrival) reply(t ticket.Ticket) (r ticket.Reply, ok bool) {
	m := a.m
	answers := a.q.closes() && a.q.ticket == t.Number
	switch {
	case t.State != ticket.Resolved || m.Own:
		return "", false
	case m.Kind == KindReaction:
		return ticket.Confirms(m.Text), answers && m.Text != ""
	case !m.speaks():
		return "", false
	case a.piece > 0 || !a.last || m.Kind == KindEdit || m.Unreadable != "" || a.at.Before(t.ResolvedAt):
		return ticket.Unclear, true
	case m.Kind == KindVote:
		if !answers {
			return ticket.Unclear, true
		}
		return a.choice(), true
	case m.Kind == KindSticker:
		return ticket.Thanks, true
	}
	return ticket.Confirms(m.Text), true
}

// choice is what a vote in the poll beside the closing sentence says.
func (a *arrival) choice() ticket.Reply {
	chosen := strings.Join(a.m.Votes, ", ")
	for key, r := range map[string]ticket.Reply{ticket.SayConfirmYes: ticket.Yes, ticket.SayConfirmNo: ticket.No} {
		if chosen == a.r.desk.Sentences[key] || chosen == a.r.desk.Sentences[ticket.EnglishKey(key)] {
			return r
		}
	}
	return ticket.Confirms(chosen)
}

// reacted takes in a sign on the closing sentence, which stands in the thread already.
func (a *arrival) reacted() error {
	r, ok := a.reply(a.open)
	if !ok || a.m.Kind != KindReaction {
		return a.c.Save(a.tx)
	}
	t := a.open
	events, err := t.Confirm(r, notBefore(t, a.at))
	if err != nil {
		return err
	}
	if err := a.r.desk.keep(a.tx, a.open, &t, &a.c, events); err != nil {
		return err
	}
	return a.c.Save(a.tx)
}

// A question is a standard sentence that a client answers: its key and its ticket. The
// zero question is none.
type question struct {
	key, ticket string
	about       ticket.About // it is a message of a talk or a survey
}

// closes reports whether it asks if the work is done.
func (q question) closes() bool {
	return q.key == ticket.SayClosingConfirm || q.key == ticket.SayConfirmQuestion || q.key == ticket.SayClosingEasy
}

// rates reports whether it asks for stars.
func (q question) rates() bool { return q.key == ticket.SayRating || q.key == ticket.SayRatingAgain }

// question finds the sentence that the message quotes, votes on or has a sign for.
func (a *arrival) question() (question, error) {
	id, own := "", false
	switch m := a.m; {
	case m.Unreadable != "" || m.Own:
	case m.Kind == KindVote || m.Kind == KindReaction:
		id, own = m.Target, m.TargetOwn
	case m.Quote != nil && m.Target == "":
		id, own = m.Quote.ID, m.Quote.Own
	}
	if id == "" || !own {
		return question{}, nil
	}
	for _, number := range a.c.Latest() {
		letter, ok, err := a.tx.LetterByExt(number, id)
		if err != nil {
			return question{}, err
		}
		if ok {
			about, err := a.aboutLog(number)
			return question{sentenceKey(letter), number, about}, err
		}
	}
	return question{}, nil
}

// sentenceKey is the key of the standard sentence that a letter says, "" for other letters.
func sentenceKey(letter string) string {
	if !strings.HasPrefix(letter, "t/") && !strings.HasPrefix(letter, againPrefix) {
		return ""
	}
	return letter[strings.LastIndexByte(letter, '.')+1:]
}

// answersRating reports whether the message is about the question for stars, as far as it
// can be one: a sign on it has to be one of stars.
func (a *arrival) answersRating() bool {
	if !a.q.rates() || a.m.Group != nil {
		return false
	}
	if a.m.Kind != KindReaction {
		return true
	}
	_, _, ok := ticket.Rating(a.m.Text)
	return ok
}

// lateConfirmation reports whether the message votes on the closing sentence of a ticket
// that is closed.
func (a *arrival) lateConfirmation() bool {
	return a.m.Kind == KindVote && a.c.Open == "" && a.q.closes()
}

// record logs that the message came, for changes that do not carry it themselves.
func (a *arrival) record(events []ledger.Event) []ledger.Event {
	return append([]ledger.Event{wrote(a.m)}, events...)
}
