package bridge

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Go changes somebody's presence, and reports whether it was another before. Who comes
// on duty is asked at once about the tickets that found nobody; who goes, or takes a
// break, gives back the offers he has not answered. The tickets he has stay his.
func (d Desk) Go(tx *ledger.Tx, user string, to ticket.Presence, by string) (changed bool, err error) {
	if changed, err = d.attend(tx, user, to, by); err != nil || !changed {
		return false, err
	}
	if to == ticket.OnDuty {
		return true, d.ask(tx, user)
	}
	_, err = d.letGo(tx, user, "", mostOffers, func(t ticket.Ticket) bool { return t.Agent != user })
	return true, err
}

// attend changes somebody's presence, and nothing about tickets.
func (d Desk) attend(tx *ledger.Tx, user string, to ticket.Presence, by string) (changed bool, err error) {
	duty, err := ticket.LoadDuty(tx, user)
	if err != nil {
		return false, err
	}
	events := duty.Go(to, by, tx.Now())
	if len(events) == 0 {
		return false, nil
	}
	for _, e := range events {
		tx.Log(ticket.DutyLog(user), e)
	}
	d.RefreshPanel(tx)
	return true, duty.Save(tx)
}

// How many tickets one commit, which holds 200 rows, brings to somebody or takes from him.
const (
	mostAsked  = 10 // he is asked about: the others come by their own clocks
	mostOffers = 7  // offers he gives back: the others go on by their own clocks
	mostHanded = 4  // tickets he hands over: the others follow, see [Desk.Left]
)

// ask makes the next offers due of the tickets that wait for somebody.
func (d Desk) ask(tx *ledger.Tx, user string) error {
	lonely, err := d.members(ticket.IndexNobody)
	if err != nil {
		return fmt.Errorf("look for tickets that nobody has: %w", err)
	}
	for _, number := range lonely[:min(len(lonely), mostAsked)] {
		err := d.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			t.OfferNow(user)
			return nil, nil
		})
		if err != nil && !errors.Is(err, ErrNoTicket) {
			return err
		}
	}
	return nil
}

// letGo takes tickets, or their offers, from somebody who cannot keep them: at most so
// many, and more reports whether others may be left.
func (d Desk) letGo(tx *ledger.Tx, user, note string, most int, which func(ticket.Ticket) bool) (more bool, err error) {
	held, err := d.members(ticket.IndexAgent(user))
	if err != nil {
		return false, fmt.Errorf("look for the tickets of %s: %w", user, err)
	}
	gone := 0
	for _, number := range held {
		t, ok, err := ticket.Load(tx, number)
		if err != nil {
			return false, err
		}
		if !ok || t.State == ticket.Closed || !which(t) {
			continue // writing it again would fill the commit
		}
		if gone == most {
			return true, nil
		}
		gone++
		err = d.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			return t.Release(user, note, tx.Now())
		})
		if err != nil {
			return false, err
		}
	}
	return false, nil
}

// Roster gives somebody weekly hours, or none, and sets the clock for them. Presence
// stays as it is until the next beginning or end.
func (d Desk) Roster(tx *ledger.Tx, user string, shift ticket.Shift, by string) error {
	duty, err := ticket.LoadDuty(tx, user)
	if err != nil || duty.Shift == shift {
		return err
	}
	tx.Log(ticket.DutyLog(user), ledger.Event{What: "shift_set", By: by, Data: map[string]string{"user": user, "shift": string(shift), "from": string(duty.Shift)}})
	duty.Shift = shift
	d.nextShift(tx, duty)
	return duty.Save(tx)
}

func (d Desk) nextShift(tx *ledger.Tx, duty ticket.Duty) {
	if _, next, ok := duty.Shift.At(tx.Now(), d.Zone); ok {
		tx.Set(ledger.Timer{Kind: ticket.TimerShift, ID: duty.User, Due: next.UTC()})
		return
	}
	tx.Cancel(ticket.TimerShift, duty.User)
}

// Shift takes in that somebody's shift begins or ends ([ticket.TimerShift]): he goes on
// duty or off, whatever he set by hand meanwhile. What was missed while nobody was there
// to fire it is one: what counts is how the shift lies now. On a holiday of the desk no
// shift begins.
//
// At its end the tickets whose client waits go to the team, if somebody else is on duty
// to take them; the others stay his. Where nobody is, all stay, and the thread says so:
// the clocks of the client's wait run on.
func (d Desk) Shift(tx *ledger.Tx, timer ledger.Timer) error {
	user := timer.ID
	duty, err := ticket.LoadDuty(tx, user)
	if err != nil || duty.Shift == "" {
		return err
	}
	d.nextShift(tx, duty)
	inside, next, ok := duty.Shift.At(tx.Now(), d.Zone)
	if inside && ok && d.Calendar != nil {
		_, holiday := d.Calendar.Holiday(tx.Now())
		inside = !holiday || d.Calendar.Between(tx.Now(), next) > 0
	}
	if inside {
		_, err := d.Go(tx, user, ticket.OnDuty, "halo")
		return err
	}
	changed, err := d.attend(tx, user, ticket.OffDuty, "halo")
	if err != nil || !changed {
		return err
	}
	return d.handOver(tx, user, timer.Due)
}

// TimerLeft goes on with what somebody left behind at the end of his shift; its ID is his,
// its handler [Desk.Left].
const TimerLeft = "duty_left"

// Left hands over further tickets of somebody who has gone, unless he is back.
func (d Desk) Left(tx *ledger.Tx, timer ledger.Timer) error {
	duty, err := ticket.LoadDuty(tx, timer.ID)
	if err != nil || duty.Presence != ticket.OffDuty {
		return err
	}
	return d.handOver(tx, timer.ID, timer.Due)
}

// handOver gives to the team what somebody leaves behind who has gone at a time, a few
// tickets in each commit.
func (d Desk) handOver(tx *ledger.Tx, user string, at time.Time) error {
	others, err := d.othersOnDuty(tx, user)
	if err != nil {
		return err
	}
	more, err := d.letGo(tx, user, "shift selesai", mostHanded, func(t ticket.Ticket) bool {
		return t.Agent != user || others && clientWaits(t)
	})
	switch {
	case err != nil:
		return err
	case more:
		tx.Set(ledger.Timer{Kind: TimerLeft, ID: user, Due: tx.Now().Add(time.Millisecond)})
		return nil
	case others:
		return nil
	}
	return d.leftBehind(tx, user, at.UnixMilli())
}

func clientWaits(t ticket.Ticket) bool {
	_, is := t.Waiting(ticket.Client, ticket.Staff)
	return is
}

// othersOnDuty reports whether somebody else can be offered tickets.
func (d Desk) othersOnDuty(tx *ledger.Tx, user string) (bool, error) {
	present, err := d.members(ticket.IndexDuty)
	if err != nil {
		return false, fmt.Errorf("look for who is on duty: %w", err)
	}
	for _, other := range slices.DeleteFunc(present, func(u string) bool { return u == user }) {
		duty, err := ticket.LoadDuty(tx, other)
		if err != nil {
			return false, err
		}
		if duty.Presence == ticket.OnDuty {
			return true, nil
		}
	}
	return false, nil
}

// leftBehind tells the supervisors in the threads of clients who wait that their agent
// has gone and nobody is there; edge tells one end of a shift from the next.
func (d Desk) leftBehind(tx *ledger.Tx, user string, edge int64) error {
	held, err := d.members(ticket.IndexAgent(user))
	if err != nil {
		return fmt.Errorf("look for the tickets of %s: %w", user, err)
	}
	for _, number := range held {
		t, ok, err := ticket.Load(tx, number)
		if err != nil {
			return err
		}
		if !ok || t.Agent != user || t.State == ticket.Closed || !clientWaits(t) {
			continue
		}
		tx.Send(letter(fmt.Sprintf("left/%s/%s/%d", number, user, edge), ThreadLane(number), number, kindSay, sayBody{
			Content:   "🌙 Shift <@" + user + "> selesai, klien masih menunggu, dan tidak ada rekan lain yang bertugas. Tekan **Ambil alih** bila Anda dapat melanjutkan.",
			PingRoles: d.Roles["assistant_manager"], Buttons: []Button{{ID: "t:takeover", Label: "Ambil alih", Emoji: "🤝"}},
		}))
	}
	return nil
}
