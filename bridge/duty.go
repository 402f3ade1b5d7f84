package bridge

import (
	"errors"
	"fmt"
	"slices"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Go changes somebody's presence, and reports whether it was another before. Who comes
// on duty is asked at once about the tickets that found nobody; who goes, or takes a
// break, gives back the offers he has not answered. The tickets he has stay his.
func (d Desk) Go(tx *ledger.Tx, user string, to ticket.Presence, by string) (changed bool, err error) {
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
	if err := duty.Save(tx); err != nil {
		return false, err
	}
	if to == ticket.OnDuty {
		return true, d.ask(tx, user)
	}
	return true, d.letGo(tx, user, "", func(t ticket.Ticket) bool { return t.Agent != user })
}

// mostAsked bounds how many tickets somebody who comes on duty is asked about at once:
// the others come by their own clocks.
const mostAsked = 10

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

// letGo takes tickets, or their offers, from somebody who cannot keep them.
func (d Desk) letGo(tx *ledger.Tx, user, note string, which func(ticket.Ticket) bool) error {
	held, err := d.members(ticket.IndexAgent(user))
	if err != nil {
		return fmt.Errorf("look for the tickets of %s: %w", user, err)
	}
	for _, number := range held {
		err := d.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			if !which(*t) {
				return nil, nil
			}
			return t.Release(user, note, tx.Now())
		})
		if err != nil && !errors.Is(err, ErrNoTicket) {
			return err
		}
	}
	return nil
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
	changed, err := d.Go(tx, user, ticket.OffDuty, "halo")
	if err != nil || !changed {
		return err
	}
	others, err := d.othersOnDuty(tx, user)
	if err != nil {
		return err
	}
	if others {
		return d.letGo(tx, user, "shift selesai", clientWaits)
	}
	return d.leftBehind(tx, user, next.UnixMilli())
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
