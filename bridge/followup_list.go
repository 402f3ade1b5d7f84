package bridge

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// The list of a month is made in steps, each a commit of its own: the job begins it, a
// timer ranks all who ever bought and notes the first of them, and then makes one card at
// a time, for as long as there are cards to make. Who is left out is decided at his card.

// round is the id of a month's list.
func (d Desk) round(at time.Time) string { return "FU-" + at.In(d.zone()).Format("0601") }

func (d Desk) monthName(at time.Time) string { return monthName(at.In(d.zone())) }

// listFollowUps begins the list of this month, once, on its first working day or later.
func (d Desk) listFollowUps(tx *ledger.Tx, _ time.Time) (string, error) {
	id, name := d.round(tx.Now()), d.monthName(tx.Now())
	r, ok, err := customer.LoadRound(tx, id)
	switch {
	case err != nil:
		return "", err
	case ok && !r.Done:
		tx.Set(ledger.Timer{Kind: TimerFollowUpList, ID: id, Due: tx.Now()}) // whatever became of the one before
		return "daftar " + name + " sedang disusun", nil
	case ok:
		return fmt.Sprintf("daftar %s sudah ada: %d kartu", name, r.Made), nil
	}
	first, open := d.firstWorkday(d.month(tx.Now(), 0))
	switch {
	case !open:
		return "tidak ada hari kerja di " + name, nil
	case tx.Now().Before(d.midnight(first)):
		return "hari kerja pertama " + name + ": " + first.Format("2/1"), nil
	}
	t, begun := ticket.OpenTalk(id, ticket.TalkList, "Daftar tindak lanjut "+name, "", "", "", true, tx.Now())
	if err := d.BeginTalk(tx, t, begun); err != nil {
		return "", err
	}
	tx.Set(ledger.Timer{Kind: TimerFollowUpList, ID: id, Due: tx.Now()})
	return "daftar " + name + " mulai disusun", customer.Round{ID: id, Opened: tx.Now()}.Save(tx)
}

// chosenAtOnce is how many of those ranked are noted at a time.
const chosenAtOnce = 150

// listNext makes the next card of a list, or notes who comes next.
func (d Desk) listNext(tx *ledger.Tx, timer ledger.Timer) error {
	r, ok, err := customer.LoadRound(tx, timer.ID)
	if err != nil || !ok || r.Done {
		return err
	}
	if len(r.Chosen) == 0 {
		err = d.chooseBuyers(&r)
	} else {
		err = d.listCard(tx, &r)
	}
	if err != nil {
		return err
	}
	if r.Made >= d.followUps().List {
		r.Done = true
	}
	if r.Done {
		r.Chosen = nil
		tx.Send(letter("fl/"+r.ID+"/made", ThreadLane(r.ID), r.ID, kindSay, d.listMade(r)))
	} else {
		tx.Set(ledger.Timer{Kind: TimerFollowUpList, ID: r.ID, Due: tx.Now()})
	}
	RefreshCard(tx, r.ID)
	return r.Save(tx)
}

// listMade says that a list is complete, and calls sales.
func (d Desk) listMade(r customer.Round) sayBody {
	to, figures := Mention{Roles: d.Roles[maySell]}, d.followUps()
	line := fmt.Sprintf("daftar %s siap: %d kartu, target %d tindak lanjut bulan ini.", d.monthName(r.Opened), r.Made, figures.Target)
	if r.Made < figures.Target {
		line += "\nHanya sebanyak itu pelanggan yang boleh dihubungi: yang lain menolak info, punya keluhan terbuka, atau baru saja dihubungi."
	}
	return sayBody{Content: joinSigns("📋", to, line), PingRoles: to.Roles}
}

// joinSigns begins a line with a sign and whom it calls.
func joinSigns(sign string, to Mention, line string) string {
	if called := to.String(); called != "" {
		sign += " " + called
	}
	return sign + " " + line
}

// chooseBuyers ranks all who ever bought by how late they are, as of the list's beginning,
// and notes those behind the ones that were looked at.
func (d Desk) chooseBuyers(r *customer.Round) error {
	rows, err := d.rows(Page{Index: customer.IndexBuyers})
	if err != nil {
		return fmt.Errorf("look for who ever bought: %w", err)
	}
	buyers := make([]customer.Buyer, 0, len(rows))
	for _, row := range rows {
		if b, ok := customer.ParseBuyer(row.Member, row.Score, d.followUps().Usual); ok {
			buyers = append(buyers, b)
		}
	}
	buyers = customer.Rank(buyers, r.Opened)
	from := min(max(0, int(r.Cursor)), len(buyers))
	for _, b := range buyers[from:min(from+chosenAtOnce, len(buyers))] {
		r.Chosen = append(r.Chosen, b.Customer)
	}
	r.Cursor = int64(from + len(r.Chosen))
	r.Done = len(r.Chosen) == 0
	return nil
}

// lookedAt bounds those who are left out one after the other in one commit.
const lookedAt = 10

// listCard makes the card of the next who is not left out, of the first few.
func (d Desk) listCard(tx *ledger.Tx, r *customer.Round) error {
	for range min(lookedAt, len(r.Chosen)) {
		id := r.Chosen[0]
		r.Chosen = slices.Clone(r.Chosen[1:])
		f, wanted, err := d.reorderCard(tx, id)
		if err != nil {
			return err
		}
		if !wanted {
			continue
		}
		f.Round, f.Due = r.ID, d.listEnds(r.Opened)
		if _, err := d.OpenFollowUp(tx, f, "halo"); err != nil {
			return err
		}
		r.Made++
		return nil
	}
	return nil
}

// listEnds is when a list gives way to the next month's.
func (d Desk) listEnds(opened time.Time) time.Time {
	if first, ok := d.firstWorkday(d.month(opened, 1)); ok {
		return d.midnight(first)
	}
	return d.month(opened, 1)
}

// reorderCard is the follow-up of a company on a month's list; wanted is false for one that
// is left out.
func (d Desk) reorderCard(tx *ledger.Tx, company string) (f customer.FollowUp, wanted bool, err error) {
	c, ok, err := customer.LoadCustomer(tx, company)
	if err != nil || !ok || c.Rhythm.Last.IsZero() {
		return f, false, err
	}
	rest := tx.Now().Add(-d.followUps().Rest)
	if c.Contacted.After(rest) {
		return f, false, nil
	}
	if complains, err := d.openComplaint(tx, company); err != nil || complains {
		return f, false, err
	}
	had, err := d.followUpsOf(tx, company, tx.Now().Add(-longestWait), mostAttributed)
	if err != nil {
		return f, false, err
	}
	if slices.ContainsFunc(had, func(f customer.FollowUp) bool { return !f.Over() || made(f).After(rest) }) {
		return f, false, nil
	}
	to, err := d.whomToTurn(tx, company)
	if err != nil || to.Barred {
		return f, false, err
	}
	f = customer.FollowUp{Kind: customer.Reorder, Topic: TopicReminder}
	return f, true, d.suggest(tx, &f, c, to, ticket.SayFollowUpReminder)
}

// AddFollowUp begins a follow-up that somebody asked for by hand: it counts for the list of
// this month. One that is not over is the same one. [customer.Refusal] customer_unknown,
// and contact_barred when nobody of the company may be turned to.
func (d Desk) AddFollowUp(tx *ledger.Tx, company, by string) (id string, fresh bool, err error) {
	c, ok, err := customer.LoadCustomer(tx, company)
	if err != nil || !ok {
		return "", false, errors.Join(err, refuseUnknown(ok, company))
	}
	had, err := d.followUpsOf(tx, company, tx.Now().Add(-longestWait), mostAttributed)
	if err != nil {
		return "", false, err
	}
	if n := slices.IndexFunc(had, func(f customer.FollowUp) bool { return !f.Over() && f.Kind == customer.Reorder }); n >= 0 {
		return had[n].ID, false, nil
	}
	to, err := d.whomToTurn(tx, company)
	switch {
	case err != nil:
		return "", false, err
	case to.Barred:
		return "", false, &customer.Refusal{Key: "contact_barred", Ref: company}
	}
	id, err = d.handMade(tx, c, by)
	return id, true, err
}

func refuseUnknown(known bool, company string) error {
	if known {
		return nil
	}
	return &customer.Refusal{Key: "customer_unknown", Ref: company}
}

// RoundOf is the id of the list of follow-ups of the month of a moment.
func (d Desk) RoundOf(at time.Time) string { return d.round(at) }

// MonthTarget is how many customers are to be followed up in a month.
func (d Desk) MonthTarget() int { return d.followUps().Target }

// Usual is the time from order to order of a customer without a rhythm of his own.
func (d Desk) Usual() time.Duration { return d.followUps().Usual }
