package bridge

import (
	"fmt"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// A progress is how far a month's follow-ups have come.
type progress struct {
	Made     int // distinct customers turned to
	Target   int
	Left     int // working days, today among them
	Expected int // by now, if all days were alike
}

// behind reports whether sales are behind plan.
func (p progress) behind() bool { return p.Made < p.Target && p.Made < p.Expected }

// String is what people read: "9 dari 15, 8 hari kerja lagi".
func (p progress) String() string {
	return fmt.Sprintf("%d dari %d, %d hari kerja lagi", p.Made, p.Target, p.Left)
}

// progressOf is how far a list has come by the follow-ups on it, as of now. In a month that
// is over no day is left.
func (d Desk) progressOf(r customer.Round, all []customer.FollowUp, now time.Time) progress {
	p := progress{Target: d.followUps().Target}
	turned := map[string]bool{}
	for _, f := range all {
		if f.Made() {
			turned[f.Customer] = true
		}
	}
	p.Made = len(turned)
	begins, ends := d.month(r.Opened, 0), d.month(r.Opened, 1)
	if !now.Before(ends) {
		p.Expected = p.Target
		return p
	}
	p.Left = d.workdaysIn(now, ends)
	if days := d.workdaysIn(begins, ends); days > 0 {
		p.Expected = p.Target * d.workdaysIn(begins, now) / days
	}
	return p
}

// mostOnList bounds the cards of a list that are looked at: those made, and those added by
// hand.
const mostOnList = 400

// onList are the follow-ups on a list, in their order.
func (d Desk) onList(r customer.Round, load func(id string) (customer.FollowUp, bool, error)) (all []customer.FollowUp, err error) {
	ids, err := d.members(customer.FollowUpsIn(r.ID))
	if err != nil {
		return nil, fmt.Errorf("look for the cards of a list: %w", err)
	}
	for _, id := range ids[:min(len(ids), mostOnList)] {
		f, ok, err := load(id)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, f)
		}
	}
	return all, nil
}

// nudge calls sales in the talk of this month's list when they are behind plan, at most
// once a day and on working days only.
func (d Desk) nudge(tx *ledger.Tx, _ time.Time) (string, error) {
	if !d.workdayOf(tx.Now()) {
		return "bukan hari kerja", nil
	}
	r, ok, err := customer.LoadRound(tx, d.round(tx.Now()))
	if err != nil || !ok {
		return "belum ada daftar bulan ini", err
	}
	all, err := d.onList(r, func(id string) (customer.FollowUp, bool, error) { return customer.LoadFollowUp(tx, id) })
	if err != nil {
		return "", err
	}
	p := d.progressOf(r, all, tx.Now())
	if !p.behind() {
		return "sesuai rencana: " + p.String(), nil
	}
	id := "fl/" + r.ID + "/nudge/" + tx.Now().In(d.zone()).Format("060102")
	if _, known, err := tx.Status(r.ID, id); err != nil || known {
		return "sudah diingatkan hari ini: " + p.String(), err
	}
	to := Mention{Roles: d.Roles[maySell]}
	tx.Send(letter(id, ThreadLane(r.ID), r.ID, kindSay, sayBody{
		Content: joinSigns("📣", to, fmt.Sprintf("tindak lanjut baru %s; menurut rencana seharusnya sudah %d. Kartu yang belum ditangani ada di pesan pertama.", p, p.Expected)), PingRoles: to.Roles,
	}))
	RefreshCard(tx, r.ID)
	return "sales diingatkan: " + p.String(), nil
}
