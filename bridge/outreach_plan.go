package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// OutreachUnderway is the message of the queue that stands in its client's lane; ok is false
// when none does. read reads a document.
func OutreachUnderway(ctx context.Context, read func(context.Context, ledger.Ref) (ledger.Doc, error)) (o customer.Outreach, ok bool, err error) {
	doc, err := read(ctx, underwayRef)
	if err != nil || doc.Data == nil {
		return o, false, err
	}
	var u underway
	if err := json.Unmarshal(doc.Data, &u); err != nil {
		return o, false, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, underwayRef, err)
	}
	if u.ID == "" {
		return o, false, nil
	}
	if doc, err = read(ctx, ledger.Ref{Kind: customer.KindOutreach, ID: u.ID}); err != nil || doc.Data == nil {
		return o, false, err
	}
	o, err = customer.DecodeOutreach(doc.Data)
	return o, err == nil && o.State == customer.OutreachLeaving, err
}

// OutreachTimes are when the messages of a queue leave, in its order, if nothing comes in
// between and there is no pause from now on. It ends where one never would.
func (d Desk) OutreachTimes(p customer.Pace, queue []customer.Outreach, now time.Time) (times []time.Time) {
	p.Paused = customer.Pause{}
	for _, o := range queue {
		at, ok := p.When(now, d.Rates, d.Calendar)
		if !ok {
			return times
		}
		if o.State == customer.OutreachWaiting {
			o.Turn++ // of the letter that will be written
		}
		p.Went(at, d.gapAfter(o))
		times = append(times, at)
	}
	return times
}

// OutreachToday is how much of the caps is used: what left within the last 60 minutes and
// on this day, and how many may on a day; fresh says that the number is new, with its lower
// cap, until a time (zero when that is not known).
func (d Desk) OutreachToday(p customer.Pace, now time.Time) (hour, day, most int, fresh bool, until time.Time) {
	zone := d.zone()
	today := now.In(zone).Format(time.DateOnly)
	for _, at := range p.Sent {
		if now.Sub(at) < time.Hour {
			hour++
		}
		if at.In(zone).Format(time.DateOnly) == today {
			day++
		}
	}
	most = d.Rates.Day
	if d.Rates.New <= 0 {
		return hour, day, most, false, time.Time{}
	}
	if !p.Since.IsZero() {
		until = p.Since.Add(d.Rates.New)
	}
	if until.IsZero() || now.Before(until) {
		return hour, day, min(most, d.Rates.NewDay), true, until
	}
	return hour, day, most, false, time.Time{}
}
