package bridge

import (
	"context"
	"slices"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// plannedAhead bounds the messages before one that are reckoned with: a day's and more.
const plannedAhead = 200

// FollowUpGoes is when the message of a follow-up leaves, as far as the queue tells now:
// waiting are the rows of [customer.IndexOutreach], the first ones. ok is false for one
// that is not among them, or whose time nobody knows.
func (d Desk) FollowUpGoes(p customer.Pace, waiting []ledger.IndexRow, id string, now time.Time) (at time.Time, ok bool) {
	n := slices.IndexFunc(waiting, func(r ledger.IndexRow) bool { return r.Member == followUpOutreach(id) })
	if n < 0 || n >= plannedAhead {
		return at, false
	}
	queue := make([]customer.Outreach, n+1)
	for i := range queue {
		queue[i] = customer.Outreach{ID: waiting[i].Member, State: customer.OutreachWaiting}
	}
	times := d.OutreachTimes(p, queue, now)
	if len(times) <= n {
		return at, false
	}
	return times[n], true
}

// queuedHint says when the message of a follow-up that waits will go.
func (c *Courier) queuedHint(ctx context.Context, f customer.FollowUp) (string, error) {
	const look = " Yang terkini ada di `/desk outreach`."
	var pace customer.Pace
	if _, err := c.maybe(ctx, ledger.Ref{Kind: customer.KindPace, ID: "desk"}, func(data []byte) (err error) {
		pace, err = customer.DecodePace(data)
		return err
	}); err != nil {
		return "", err
	}
	if pace.Paused.On() {
		return "⏸️ Pesannya menunggu: pesan proaktif sedang dijeda. Lanjutkan dengan `/desk resume`." + look, nil
	}
	waiting, err := c.desk.rows(Page{Index: customer.IndexOutreach, Limit: plannedAhead})
	if err != nil {
		return "", err
	}
	if at, ok := c.desk.FollowUpGoes(pace, waiting, f.ID, c.desk.now()); ok {
		return "⏳ Pesannya menunggu giliran; perkiraan terkirim **" + dayTime(at) + "**." + look, nil
	}
	return "⏳ Pesannya menunggu giliran: dikirim pada jam kerja, berjarak dari pesan lain." + look, nil
}
