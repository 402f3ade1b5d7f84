package customer

import (
	"slices"
	"time"
)

// A Ticket is one line about a ticket of the person, as it stands.
type Ticket struct {
	Number string
	Title  string // what it was about, e.g. the summary
	Opened time.Time
	Closed time.Time // zero while it is open
	Stars  int       // 1 to 5, 0 while it is not rated
}

// Figures are what the header card shows of a person's tickets. They are for the eye:
// what is reported is computed from events.
type Figures struct {
	Tickets int      // all there ever were
	Rated   int      // of these, rated ones
	Stars   int      // sum of the ratings
	Recent  []Ticket // the last few, newest first
}

// Average is the mean rating, 1 to 5; ok is false without any.
func (f Figures) Average() (mean float64, ok bool) {
	if f.Rated <= 0 {
		return 0, false
	}
	return float64(f.Stars) / float64(f.Rated), true
}

// Track takes in how a ticket of the person stands now: when it was opened, closed,
// re-opened, rated, whenever. It reports whether anything changed. A ticket older than
// all of a full list is past: nothing about it counts any more.
func (c *Contact) Track(t Ticket, at time.Time) bool {
	t = t.bounded()
	f := &c.Figures
	if t.Number == "" {
		return false
	}
	i := slices.IndexFunc(f.Recent, func(old Ticket) bool { return old.Number == t.Number })
	switch {
	case i >= 0 && f.Recent[i] == t:
		return false
	case i < 0 && len(f.Recent) >= mostTickets && newestTicket(t, f.Recent[len(f.Recent)-1]) > 0:
		return false
	case i >= 0:
		f.drop(i)
	}
	f.Recent = append(slices.Clone(f.Recent), t)
	f.count(t, 1)
	f.sort()
	c.Updated = at
	return true
}

// Untrack forgets a ticket that was merged into another one, and reports whether it
// was among the recent ones.
func (c *Contact) Untrack(number string, at time.Time) bool {
	i := slices.IndexFunc(c.Figures.Recent, func(t Ticket) bool { return t.Number == number })
	if i < 0 {
		return false
	}
	c.Figures.drop(i)
	c.Updated = at
	return true
}

// absorb adds the figures of another contact of the same person. A ticket that both
// know is one.
func (f *Figures) absorb(other Figures) {
	f.Recent, other.Recent = slices.Clone(f.Recent), slices.Clone(other.Recent)
	for i := 0; i < len(other.Recent); {
		t := other.Recent[i]
		mine := slices.IndexFunc(f.Recent, func(m Ticket) bool { return m.Number == t.Number })
		switch {
		case mine < 0:
			i++
		case fuller(f.Recent[mine], t):
			other.drop(i)
		default:
			f.drop(mine)
			i++
		}
	}
	f.Tickets += other.Tickets
	f.Rated += other.Rated
	f.Stars += other.Stars
	f.Recent = append(f.Recent, other.Recent...)
	f.sort()
}

// fuller reports whether of two lines about one ticket a says more.
func fuller(a, b Ticket) bool {
	if (a.Stars > 0) != (b.Stars > 0) {
		return a.Stars > 0
	}
	if n := a.Closed.Compare(b.Closed); n != 0 {
		return n > 0
	}
	return newestTicket(a, b) <= 0
}

func (f *Figures) drop(i int) {
	f.count(f.Recent[i], -1)
	f.Recent = slices.Delete(slices.Clone(f.Recent), i, i+1)
}

func (f *Figures) count(t Ticket, n int) {
	f.Tickets += n
	if t.Stars > 0 {
		f.Rated += n
		f.Stars += n * t.Stars
	}
}

func (f *Figures) sort() {
	slices.SortFunc(f.Recent, newestTicket)
	f.Recent = f.Recent[:min(len(f.Recent), mostTickets)]
}

func newestTicket(a, b Ticket) int {
	if n := b.Opened.Compare(a.Opened); n != 0 {
		return n
	}
	if n := compare(b.Number, a.Number); n != 0 {
		return n
	}
	if n := b.Stars - a.Stars; n != 0 {
		return n
	}
	return compare(b.Title, a.Title)
}

func (t Ticket) bounded() Ticket {
	t.Number, t.Title = line(t.Number, mostID), line(t.Title, longTitle)
	t.Opened, t.Closed = millisecond(t.Opened), millisecond(t.Closed)
	if t.Stars < 1 || t.Stars > 5 {
		t.Stars = 0
	}
	return t
}
