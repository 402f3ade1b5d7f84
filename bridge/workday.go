package bridge

import (
	"context"
	"iter"
	"time"
)

// A working day is a day of the desk's zone on which it has hours.

// midnight is when the local day of t begins.
func (d Desk) midnight(t time.Time) time.Time { return d.dayAfter(t, 0) }

// dayAfter is when the nth local day after that of t begins.
func (d Desk) dayAfter(t time.Time, n int) time.Time {
	y, m, day := t.In(d.zone()).Date()
	return time.Date(y, m, day+n, 0, 0, 0, 0, d.zone())
}

// month is when the local month of t begins; the one that many months later for other n.
func (d Desk) month(t time.Time, n int) time.Time {
	y, m, _ := t.In(d.zone()).Date()
	return time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, d.zone())
}

// workdays are the openings of the working days from the local day of t on, one a day. It
// ends where the calendar does.
func (d Desk) workdays(t time.Time) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		for at := d.midnight(t); ; {
			opening, ok := d.hours().Next(at)
			if !ok || !yield(opening) {
				return
			}
			at = d.dayAfter(opening, 1)
		}
	}
}

// firstWorkday is the opening of the first working day of the month that begins then; ok
// is false when it has none.
func (d Desk) firstWorkday(month time.Time) (opening time.Time, ok bool) {
	for opening = range d.workdays(month) {
		return opening, opening.Before(d.month(month, 1))
	}
	return time.Time{}, false
}

// workdaysIn counts the working days from the local day of from until before that of to.
func (d Desk) workdaysIn(from, to time.Time) (n int) {
	end := d.midnight(to)
	for opening := range d.workdays(from) {
		if !opening.Before(end) {
			break
		}
		n++
	}
	return n
}

// workdayOf reports whether t is on a working day.
func (d Desk) workdayOf(t time.Time) bool { return d.workdaysIn(t, d.dayAfter(t, 1)) > 0 }

// since are the members of an index whose score is at least a time in UTC milliseconds,
// as [Desk.members].
func (d Desk) since(index string, from time.Time) ([]string, error) {
	if d.Members == nil {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	least := int64(0)
	if !from.IsZero() {
		least = max(0, from.UnixMilli())
	}
	return d.Members(ctx, index, least)
}
