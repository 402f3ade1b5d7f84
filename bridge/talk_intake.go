package bridge

import (
	"time"

	"github.com/haloerzap/halo/ticket"
)

// TalkTicket is the custom id of the button below a client's words in a talk that makes a
// ticket of them.
const TalkTicket = "f:ticket"

var buttonMakeTicket = Button{ID: TalkTicket, Label: "Jadikan tiket", Emoji: "🎫", Style: "secondary"}

// talkPause is a silence after which the client's words in a talk begin anew.
const talkPause = time.Hour

// talkSince reports whether a message of a talk was sent after some time and within the
// days in which the person may be answering it.
func (a *arrival) talkSince(at time.Time) bool {
	c := a.c
	return c.Talk != "" && c.TalkAt.After(at) && a.at.Sub(c.TalkAt) < ticket.FollowUpWithin
}

// intoTalk brings the message into the thread of a follow-up's card: no ticket, no
// sentence. What the follow-up makes of it is [Desk.talkHeard]'s.
func (a *arrival) intoTalk(number string) error {
	t, ok, err := ticket.Load(a.tx, number)
	switch {
	case err != nil:
		return err
	case (!ok || !t.IsTalk()) && a.c.Open != "":
		return a.intoOpen()
	case !ok || !t.IsTalk():
		return a.opens()
	}
	before, speaks := t, !a.m.Own && a.m.speaks()
	var buttons []Button
	if speaks && a.last && a.begins(t) {
		buttons = []Button{buttonMakeTicket}
	}
	events := append(t.ResumeTalk(authorOfEvent(a.m), a.tx.Now()), wrote(a.m))
	if err := a.show(number, buttons...); err != nil {
		return err
	}
	switch {
	case speaks:
		said, err := t.ClientWrote(a.at, a.thanks())
		if err != nil {
			return err
		}
		events = append(events, said...)
	case a.m.Own:
		events = append(events, t.StaffWrote("", a.at)...)
	}
	if err := a.settle(before, &t, events); err != nil || !speaks {
		return err
	}
	return a.r.desk.talkHeard(a.tx, number)
}

// begins reports whether the client begins to speak in a talk, or does so again after an
// answer, its end or a silence.
func (a *arrival) begins(t ticket.Ticket) bool {
	return t.State == ticket.Closed || !t.LastClient.After(t.LastStaff) || a.at.Sub(t.LastClient) > talkPause
}

func authorOfEvent(m ClientMessage) string { return wrote(m).By }

// signOnTalk makes a client's reaction in a talk count as his answer.
func (a *arrival) signOnTalk(number string) error {
	if a.m.Kind != KindReaction || a.m.Own || a.m.Text == "" {
		return nil
	}
	t, ok, err := ticket.Load(a.tx, number)
	if err != nil || !ok || !t.IsTalk() {
		return err
	}
	if err := a.r.desk.resumeTalk(a.tx, t, "client"); err != nil {
		return err
	}
	return a.r.desk.talkHeard(a.tx, number)
}

// intoSurvey gives the message to the survey. One that it does not take goes where it
// would go without a survey.
func (a *arrival) intoSurvey(to ticket.Destination) error {
	taken, err := a.r.desk.surveyHeard(a.tx, &a.c, a.m, to)
	if err != nil {
		return err
	}
	if taken {
		return a.c.Save(a.tx)
	}
	a.q, a.noSurvey = question{}, true
	return a.goes()
}

// aboutLog is what a message of the desk is to routing that stands in a log: a talk's, a
// survey's, or nothing of a place of its own.
func (a *arrival) aboutLog(number string) (ticket.About, error) {
	if number == a.c.Survey {
		return ticket.About{Kind: ticket.AboutSurvey, ID: number}, nil
	}
	t, ok, err := ticket.Load(a.tx, number)
	switch {
	case err != nil:
		return ticket.About{}, err
	case !ok: // no ticket and no talk: a survey of before
		return ticket.About{Kind: ticket.AboutSurvey, ID: number}, nil
	case t.IsTalk():
		return ticket.About{Kind: ticket.AboutFollowUp, ID: number}, nil
	}
	return ticket.About{}, nil
}
