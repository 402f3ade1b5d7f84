package bridge

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// An arrival is a piece of a message being taken in, by one attempt at one commit.
type arrival struct {
	r        *Relay
	tx       *ledger.Tx
	c        ticket.Conversation
	m        ClientMessage
	piece    int
	last     bool
	who      customer.Contact // zero in a group
	known    bool             // there was a contact of the person before
	at       time.Time        // when it was written, see written
	stood    ledger.Ref       // where a placeholder for it is kept
	q        question         // the sentence of ours that it answers
	read     string           // the ticket in which it stands already, since it could be read
	closing  func()           // says what belongs below the message
	noSurvey bool             // no survey takes it
	call     string           // what to tell the agent of a ticket in which it changes nothing

	open   ticket.Ticket // the open ticket, if c has one
	closed ticket.Ticket // the one that closed last, once asked for
}

// atOnce is within which a message counts as written when it came: WhatsApp's times are
// whole seconds of another clock.
const atOnce = 5 * time.Second

// written is when a message was written, for the clocks of a ticket.
func written(m ClientMessage, now time.Time) time.Time {
	if now.Sub(m.At) < atOnce || m.At.Year() <= 2009 { // an impossible time was replaced, see plausible
		return now
	}
	return m.At
}

// notBefore is a moment at which something can have happened to a ticket: what was written
// before the last step, and came after it, is taken to follow that step.
func notBefore(t ticket.Ticket, at time.Time) time.Time {
	asked, _ := t.Waiting(ticket.Staff, ticket.Client)
	for _, step := range []time.Time{t.ResolvedAt, t.ClosedAt, t.Rating.Asked, asked} {
		if step.After(at) {
			at = step
		}
	}
	return at
}

// expect says which documents lead to the person who wrote.
func (r *Relay) expect(tx *ledger.Tx, m ClientMessage) {
	refs := append(whereabouts(m.Chat, m.Alt), placeholderRef(conversationID(m.Chat), m), placeholderRef(conversationID(m.Alt), m))
	if m.Group == nil {
		refs = append(refs, r.leads(m)...)
	} else {
		refs = append(refs, member(m)...)
	}
	tx.Expect(refs...)
}

// ahead says which documents will be read now that the conversation is known.
func (a *arrival) ahead() {
	refs := []ledger.Ref{heardRef(a.c.ID, inboxRef(a.m))}
	numbers := []string{a.c.Open}
	if a.c.Open == "" {
		numbers = []string{a.c.Last}
		if a.c.Rated != a.c.Last && a.asksNear() {
			numbers = append(numbers, a.c.Rated)
		}
		if a.talkSince(time.Time{}) {
			numbers = append(numbers, a.c.Talk)
		}
	}
	for _, number := range numbers {
		if number != "" {
			refs = append(refs, ledger.Ref{Kind: ticket.KindTicket, ID: number})
		}
	}
	if a.who.ID != "" && a.c.Open == "" {
		refs = append(refs, OutageRef)
	}
	a.tx.Expect(append(refs, a.floodRefs()...)...)
}

// takeIn brings the message to where it belongs.
func (a *arrival) takeIn(subject spot, found bool) error {
	if err := a.findOpen(); err != nil {
		return err
	}
	var err error
	if a.q, err = a.question(); err != nil {
		return err
	}
	if found && !a.answersRating() && !a.lateConfirmation() {
		done, err := a.r.about(a.tx, a.c, a.m, subject, a.piece)
		if err != nil {
			return err
		}
		if done {
			if err := a.changedItsMind(subject.Ticket); err != nil {
				return err
			}
			if err := a.signOnTalk(subject.Ticket); err != nil {
				return err
			}
			return a.reacted()
		}
	}
	if done, err := a.r.desk.surveyEdited(a.tx, &a.c, a.m); err != nil || done {
		return cmp.Or(err, a.c.Save(a.tx))
	}
	if a.piece > 0 {
		if h, ok, err := heardIn(a.tx, a.c, a.m.ID, a.m.Own); err != nil || ok {
			return cmp.Or(err, a.goesOn(h.Ticket))
		}
	}
	return a.goes()
}

// goes brings a message that stands for itself to where it belongs.
func (a *arrival) goes() error {
	switch {
	case a.c.Open == "" && slices.Contains(echoes, a.m.Kind) && a.q.about.Kind == "" && !a.answersRating() && !a.lateConfirmation():
		// It speaks of an earlier message: noted, but no new concern.
		logWrote(a.tx, cmp.Or(a.c.Last, "conversation/"+a.c.ID), a.m)
		return a.c.Save(a.tx)
	case a.m.Own:
		return a.fromPhone()
	}
	return a.route()
}

// changedItsMind makes an agent look at new words of the client in a closed ticket: he may
// have thanked, and add now that it does not work.
func (a *arrival) changedItsMind(number string) error {
	if a.m.Kind != KindEdit || a.m.Own || a.piece > 0 || ticket.IsThanks(a.m.Text) {
		return nil
	}
	t, ok, err := ticket.Load(a.tx, number)
	if err != nil || !ok || t.State != ticket.Closed || t.IsTalk() {
		return err
	}
	a.call = "klien mengubah pesannya setelah tiket ini ditutup. Bila ada yang perlu dikerjakan, buka kembali tiket ini."
	if err := a.callAgent(t, sayBody{Buttons: []Button{buttonReopen}}); err != nil {
		return err
	}
	a.tx.Send(Tags(number, "tag/"+number+"/call/"+clientLetterID(a.c.ID, a.m, 0, 0), t.Tag(), true))
	return nil
}

// findOpen loads the open ticket. One that is not there, or closed, is no open one.
func (a *arrival) findOpen() error {
	for a.c.Open != "" {
		t, ok, err := ticket.Load(a.tx, a.c.Open)
		if err != nil {
			return err
		}
		if ok && t.State != ticket.Closed {
			a.open = t
			return nil
		}
		if t.Number = a.c.Open; !ok {
			t.State, t.Conversation = ticket.Closed, a.c.ID
		}
		was := a.c.Open
		if a.c.Follow(t); a.c.Open == was {
			a.c.Open = ""
		}
	}
	return nil
}

// goesOn brings a further piece of a message to where the first one is.
func (a *arrival) goesOn(number string) error {
	if number == a.c.Open {
		return a.intoOpen()
	}
	return a.aside(number)
}

// intoOpen brings the message into the open ticket.
func (a *arrival) intoOpen() error {
	t := a.open
	events := append(a.identify(&t), wrote(a.m))
	if err := a.show(t.Number); err != nil {
		return err
	}
	said, err := a.said(&t)
	if err != nil {
		return err
	}
	return a.settle(a.open, &t, append(events, said...))
}

// fromPhone takes in what was typed on the linked phone: an answer in the open ticket, a
// last word in one that has just closed or in a follow-up of the last days, or the
// beginning of a new one.
func (a *arrival) fromPhone() error {
	if a.c.Open != "" {
		return a.intoOpen()
	}
	if _, err := a.lastClosed(); err != nil {
		return err
	}
	if t := a.closed; t.Number != "" && notBefore(t, a.at).Sub(t.ClosedAt) < a.r.desk.policy().ReopenWithin {
		if !a.talkSince(t.ClosedAt) {
			return a.aside(t.Number)
		}
	}
	if a.talkSince(time.Time{}) {
		return a.intoTalk(a.c.Talk)
	}
	return a.start()
}

// lastClosed loads the ticket that closed last, if there is one.
func (a *arrival) lastClosed() (ok bool, err error) {
	if a.c.Last == "" || a.closed.Number != "" {
		return a.closed.Number != "", nil
	}
	a.closed, ok, err = ticket.Load(a.tx, a.c.Last)
	return ok, err
}

// start opens the next ticket of the conversation with the message.
func (a *arrival) start() error {
	number, err := a.r.desk.number(a.tx)
	if err != nil {
		return err
	}
	t := ticket.Open(&a.c, number, a.tx.Now())
	by := "client"
	if a.m.Own {
		by = "phone"
	}
	events := []ledger.Event{{At: a.tx.Now(), What: "opened", By: by, Data: map[string]string{"conversation": a.c.ID}}}
	events = append(append(events, a.identify(&t)...), wrote(a.m))
	a.tx.Send(OpenPost(t.Number, t.Posts))
	a.tx.Index(ticket.IndexUnposted, t.Number, a.tx.Now().UnixMilli())
	if err := a.show(t.Number); err != nil {
		return err
	}
	if a.m.Own {
		return a.settle(ticket.Ticket{}, &t, events)
	}
	if a.m.Group == nil {
		if err := a.r.autoText(a.tx, a.c, t.Number); err != nil {
			return err
		}
	}
	said, err := a.said(&t)
	if err != nil {
		return err
	}
	return a.settle(ticket.Ticket{}, &t, append(events, said...))
}

// said is what the message does to a ticket that is open.
func (a *arrival) said(t *ticket.Ticket) ([]ledger.Event, error) {
	at := notBefore(*t, a.at)
	if a.m.Own {
		if slices.Contains(echoes, a.m.Kind) || a.m.Unreadable != "" {
			return nil, nil
		}
		if t.LastClient.After(at) { // it was read late, and he has gone on
			return append(t.Respond("", at), t.WordsArrived("", at, a.tx.Now())...), nil
		}
		return t.StaffWrote("", at), nil
	}
	var events []ledger.Event
	if a.m.speaks() {
		var err error
		if events, err = t.ClientWrote(at, a.thanks()); err != nil {
			return nil, err
		}
		t.Begin(Clean(a.m.Text, 160))
	}
	reply, ok := a.reply(*t)
	if !ok {
		return events, nil
	}
	more, err := t.Confirm(reply, at)
	return append(events, more...), err
}

// settle writes the ticket that the message went into, and the conversation.
func (a *arrival) settle(before ticket.Ticket, t *ticket.Ticket, events []ledger.Event) error {
	if err := a.standIn(t.Number); err != nil {
		return err
	}
	if err := a.r.desk.keep(a.tx, before, t, &a.c, events); err != nil {
		return err
	}
	if a.last {
		a.r.answerCall(a.tx, a.c, t.Number, a.m)
	}
	if err := a.save(); err != nil {
		return err
	}
	return a.answers(t.Number)
}

// standIn notes that a line stands in for a message that cannot be read yet.
func (a *arrival) standIn(number string) error {
	if a.m.Unreadable == "" {
		return nil
	}
	p := placeholder{Ticket: number, Letter: clientLetterID(a.c.ID, a.m, 0, 0), At: a.tx.Now().UnixMilli(), By: authorOf(a.m)}
	return p.save(a.tx, a.stood)
}

// save ends the piece.
func (a *arrival) save() error {
	if a.last {
		waits(&a.c, a.m)
	}
	return a.c.Save(a.tx)
}

// aside shows the message in a ticket to which it does nothing, mostly a closed one.
func (a *arrival) aside(number string, buttons ...Button) error {
	t, ok, err := ticket.Load(a.tx, number)
	if err != nil {
		return err
	}
	if ok {
		if err := a.show(number, buttons...); err != nil {
			return err
		}
		if err := a.standIn(number); err != nil {
			return err
		}
		if err := cmp.Or(a.callAgent(t, sayBody{}), a.conclude()); err != nil {
			return err
		}
		a.archive(t)
	}
	logWrote(a.tx, number, a.m)
	return cmp.Or(a.conclude(), a.save())
}

// callAgent makes the agent of a closed ticket look at what stands in it now.
func (a *arrival) callAgent(t ticket.Ticket, body sayBody) error {
	if a.call == "" || t.State != ticket.Closed {
		return nil
	}
	body.Content = a.call
	return a.r.desk.callTo(a.tx, clientLetterID(a.c.ID, a.m, a.piece, 0)+"/call", t, body)
}

// callTo calls the agent of a closed ticket, in its thread. Where another ticket goes on
// for it that one's agent is called, in that one's thread.
func (d Desk) callTo(tx *ledger.Tx, id string, t ticket.Ticket, body sayBody) error {
	on := t
	for on.MergedInto != "" {
		next, ok, err := ticket.Load(tx, on.MergedInto)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		on = next
	}
	if on.Number != t.Number {
		body = sayBody{Content: "pesan klien baru tampil di tiket " + placeOf(t) + ", yang sudah digabungkan ke sini. Bacalah di sana, lalu jawab klien di sini."}
	}
	to := one(on.Agent)
	if on.Agent == "" {
		to = Mention{Roles: d.Roles[mayAnswer]}
	}
	body.Content = strings.TrimSpace("❔ "+to.String()) + " " + body.Content
	body.PingUsers, body.PingRoles = to.Users, to.Roles
	tx.Send(letter(id, ThreadLane(on.Number), on.Number, kindSay, body))
	if on.Number != t.Number && on.State == ticket.Closed {
		tx.Send(Tags(on.Number, id+"/tag", on.Tag(), true))
	}
	return nil
}

// archive puts the post of a closed ticket back into the archive: being written in has
// taken it out.
func (a *arrival) archive(t ticket.Ticket) {
	if t.State == ticket.Closed {
		a.tx.Send(Tags(t.Number, "tag/"+t.Number+"/about/"+clientLetterID(a.c.ID, a.m, a.piece, 0), t.Tag(), true))
	}
}

// show puts the message into a ticket's thread, or among what is folded for it.
func (a *arrival) show(number string, buttons ...Button) error {
	if number == a.read {
		return nil
	}
	folded, err := a.fold(number)
	if err != nil || folded {
		return err
	}
	return a.r.show(a.tx, a.c, a.m, number, a.piece, buttons...)
}

// readAtLast takes in the content of a message for which a line stands.
func (a *arrival) readAtLast(stood placeholder) error {
	if err := a.findOpen(); err != nil {
		return err
	}
	var err error
	if a.q, err = a.question(); err != nil {
		return err
	}
	to, closed, err := a.afterClosing(stood)
	if err != nil {
		return err
	}
	stood.reopens = closed && to.Kind == ticket.ToReopen
	if err := stood.fill(a.tx, a.c, a.m, a.piece, a.last); err != nil {
		return err
	}
	stood.Done = true
	if err := stood.save(a.tx, a.stood); err != nil {
		return err
	}
	switch {
	case closed:
		a.read = stood.Ticket
		return a.bring(to)
	case a.open.Number != stood.Ticket:
		return a.readAside(stood)
	}
	// Whoever answered meanwhile did not know these words: the client waits for an answer.
	// And what was typed on the linked phone is one.
	t := a.open
	said, err := a.said(&t)
	if err != nil {
		return err
	}
	if err := a.r.desk.keep(a.tx, a.open, &t, &a.c, a.record(said)); err != nil {
		return err
	}
	if err := a.save(); err != nil {
		return err
	}
	return a.answers(t.Number)
}

// readAside leaves what can be read at last where it stands: it changes nothing there, but
// somebody has to see it.
func (a *arrival) readAside(stood placeholder) error {
	number := stood.Ticket
	t, ok, err := ticket.Load(a.tx, number)
	if err != nil {
		return err
	}
	if ok {
		if a.last && a.m.speaks() && !a.m.Own && !a.thanks() {
			st, _, err := a.tx.Status(number, stood.Letter)
			if err != nil {
				return err
			}
			a.call = "pesan klien yang tadinya belum terbaca kini terbaca, padahal tiket ini sudah ditutup. Bila perlu dijawab, buka kembali tiket ini."
			if err := a.callAgent(t, sayBody{ReplyTo: st.Ext, Buttons: []Button{buttonReopen}}); err != nil {
				return err
			}
		}
		a.archive(t)
	}
	logWrote(a.tx, number, a.m)
	return a.save()
}

// afterClosing is where a message belongs that can be read at last, when the ticket in
// which it stands is closed: it may rate that ticket, or re-open it. ok is false when it
// changes nothing.
func (a *arrival) afterClosing(stood placeholder) (to ticket.Destination, ok bool, err error) {
	if a.c.Open != "" || a.c.Last != stood.Ticket || a.m.Own || a.piece > 0 {
		return to, false, nil
	}
	if to, err = a.destination(); err != nil || to.ID != stood.Ticket {
		return to, false, err
	}
	return to, to.Kind == ticket.ToRating || to.Kind == ticket.ToComment || to.Kind == ticket.ToReopen, nil
}
