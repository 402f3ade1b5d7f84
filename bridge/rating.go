package bridge

import (
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// againPrefix begins the ids of letters that ask for stars once more.
const againPrefix = "rating/"

// rate takes in an answer to the question for stars. It opens nothing, whatever it says:
// one that comes late is shown, one that is none of 1 to 5 is asked for once more.
func (a *arrival) rate(to ticket.Destination) error {
	t, ok, err := ticket.Load(a.tx, to.ID)
	if err != nil || !ok {
		return a.nowhere(to.ID, err)
	}
	before, at, p := t, notBefore(t, a.at), a.r.desk.policy()
	if to.Stars == 0 {
		if t.RatingPending(at, p) {
			if err := a.askAgain(t.Number); err != nil {
				return err
			}
		}
		a.concerns()
		return a.aside(t.Number, buttonReopen)
	}
	events, err := t.Rate(to.Stars, at, p)
	if forbidden(err) {
		if to.Comment == "" {
			return a.aside(t.Number)
		}
		a.concerns()
		return a.aside(t.Number, buttonReopen)
	}
	if err != nil {
		return err
	}
	if to.Comment != "" {
		more, err := t.Comment(to.Comment, at, p)
		if err != nil && !forbidden(err) {
			return err
		}
		events = append(events, more...)
	}
	return a.opinion(before, &t, events)
}

// comment takes in what the client says about his rating. One that comes late is shown.
func (a *arrival) comment(to ticket.Destination) error {
	t, ok, err := ticket.Load(a.tx, to.ID)
	if err != nil || !ok {
		return a.nowhere(to.ID, err)
	}
	before := t
	events, err := t.Comment(to.Comment, notBefore(t, a.at), a.r.desk.policy())
	if forbidden(err) || err == nil && len(events) == 0 {
		a.concerns()
		return a.aside(t.Number, buttonReopen)
	}
	if err != nil {
		return err
	}
	return a.opinion(before, &t, events)
}

// opinion shows what the client said of a ticket, and keeps it.
func (a *arrival) opinion(before ticket.Ticket, t *ticket.Ticket, events []ledger.Event) error {
	if err := a.show(t.Number); err != nil {
		return err
	}
	if err := a.r.desk.keep(a.tx, before, t, &a.c, a.record(events)); err != nil {
		return err
	}
	a.archive(*t)
	return a.save()
}

// nowhere logs a message about a ticket that is gone.
func (a *arrival) nowhere(number string, err error) error {
	if err != nil {
		return err
	}
	logWrote(a.tx, number, a.m)
	return a.c.Save(a.tx)
}

// concerns makes the agent look at words about a rating that are none: they open nothing
// by themselves.
func (a *arrival) concerns() {
	if a.m.Kind != KindVote && !a.thanks() {
		a.call = "klien menulis tentang penilaiannya. Bila ada yang perlu dikerjakan, buka kembali tiket ini."
	}
}

// askAgain asks once more for stars, once for each ticket.
func (a *arrival) askAgain(number string) error {
	id := againPrefix + number + "." + ticket.SayRatingAgain
	_, asked, err := a.tx.LetterByExt(number, a.r.desk.MessageID(id))
	if text := a.r.desk.Sentences[ticket.SayRatingAgain]; err == nil && !asked && text != "" {
		a.r.desk.sentence(a.tx, a.c, number, id, ticket.SayRatingAgain, text)
	}
	return err
}
