package customer

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// IndexBuyers has a row for each customer who ever bought, scored by the last order in UTC
// milliseconds: see [Buyer].
const IndexBuyers = "buyers"

// A Rhythm is how a customer buys: kept at every order, so that nobody has to read them
// all again.
type Rhythm struct {
	Orders int       // all there ever were, without void ones
	First  time.Time // the first one
	Last   time.Time
	// FirstBy is the number of the first one, "" when that order is gone and the next one
	// is not known by its number.
	FirstBy string
	// Days are the last days on which something was ordered, newest first, at most
	// [mostDays], each once.
	Days []Day
}

// A Day is one on which something was ordered.
type Day struct {
	Number int // days since 1 January 1970 in UTC
	Orders int // how many, at least one
}

const mostDays = 13

const day = 24 * time.Hour

func dayOf(t time.Time) int {
	n := t.Unix() / 86400
	if t.Unix()%86400 < 0 {
		n--
	}
	return int(n)
}

func (d Day) start() time.Time { return time.Unix(int64(d.Number)*86400, 0).UTC() }

// add takes in an order that counts.
func (r *Rhythm) add(o Order) {
	if r.Orders == 0 {
		*r = Rhythm{}
	}
	r.Orders++
	if r.First.IsZero() || o.At.Before(r.First) {
		r.First, r.FirstBy = o.At, o.Number
	}
	if o.At.After(r.Last) || r.Last.IsZero() {
		r.Last = o.At
	}
	n := dayOf(o.At)
	r.Days = slices.Clone(r.Days)
	i, found := slices.BinarySearchFunc(r.Days, n, func(d Day, n int) int { return cmp.Compare(n, d.Number) })
	if found {
		r.Days[i].Orders++
		return
	}
	r.Days = slices.Insert(r.Days, i, Day{n, 1})
	r.Days = r.Days[:min(len(r.Days), mostDays)]
}

// drop takes out an order that counted, void now or of another day. last are the
// customer's last orders as they are without it: they know the times of which Days only
// know the day.
func (r *Rhythm) drop(o Order, last []Order) {
	if r.Orders <= 1 {
		*r = Rhythm{}
		return
	}
	all := r.whole()
	r.Orders--
	n := dayOf(o.At)
	r.Days = slices.Clone(r.Days)
	if i := slices.IndexFunc(r.Days, func(d Day) bool { return d.Number == n }); i >= 0 {
		if r.Days[i].Orders--; r.Days[i].Orders <= 0 {
			r.Days = slices.Delete(r.Days, i, i+1)
		}
	}
	if len(r.Days) == 0 {
		r.Days = nil
	}
	last = slices.DeleteFunc(slices.Clone(last), func(l Order) bool { return l.Number == o.Number || !l.counts() })
	if !o.At.Before(r.Last) {
		r.Last = r.lastOf(last)
	}
	gone := all && len(r.Days) > 0 && dayOf(r.First) != r.Days[len(r.Days)-1].Number
	if gone || o.Number == r.FirstBy {
		r.begin(last, all)
	}
}

// whole reports whether Days hold every order there was.
func (r Rhythm) whole() bool {
	n := 0
	for _, d := range r.Days {
		n += d.Orders
	}
	return n == r.Orders
}

func (r Rhythm) lastOf(last []Order) time.Time {
	at := latest(last)
	if len(r.Days) == 0 {
		if at.IsZero() {
			return r.First // older than all that is remembered
		}
		return at
	}
	if newest := r.Days[0]; at.IsZero() || dayOf(at) < newest.Number {
		return newest.start()
	}
	return at
}

// begin finds the first order after the one that was is gone. all says that Days know every
// day; else the true one lies between First and the oldest day, and First stays.
func (r *Rhythm) begin(last []Order, all bool) {
	r.FirstBy = ""
	if !all || len(r.Days) == 0 {
		return
	}
	r.First = r.Days[len(r.Days)-1].start()
	if len(last) == r.Orders { // nothing but these
		oldest := last[len(last)-1]
		r.First, r.FirstBy = oldest.At, oldest.Number
	}
}

// Began reports whether the order is the customer's first, as far as is known.
func (r Rhythm) Began(o Order) bool {
	if !o.counts() || r.Orders == 0 {
		return false
	}
	if r.FirstBy != "" {
		return o.Number == r.FirstBy
	}
	return dayOf(o.At) == dayOf(r.First)
}

// pulse is the time from one order to the next in days, as a row of [IndexBuyers] keeps
// it. low and high are the same but of two gaps, which are both there.
type pulse struct {
	gaps      int // known, at most 3: more say no more
	low, high int
}

func (r Rhythm) pulse() pulse {
	if len(r.Days) < 2 {
		return pulse{}
	}
	gaps := make([]int, 0, mostDays-1)
	for i := range r.Days[:len(r.Days)-1] {
		gaps = append(gaps, max(r.Days[i].Number-r.Days[i+1].Number, 1))
	}
	slices.Sort(gaps)
	n := len(gaps)
	if n == 2 {
		return pulse{2, gaps[0], gaps[1]}
	}
	median := (gaps[(n-1)/2] + gaps[n/2]) / 2
	return pulse{min(n, 3), median, median}
}

// over is the gap, with what is usual where the customer has too few of his own: of one gap
// the mean of both, of two the median of the three, so that a single long pause says
// little. Whole days, at least one.
func (p pulse) over(usual time.Duration) time.Duration {
	days := max(int(usual/day), 1)
	switch p.gaps {
	case 1:
		days = (p.low + days) / 2
	case 2:
		days = min(max(days, p.low), p.high)
	case 3:
		days = p.low
	}
	return time.Duration(min(max(days, 1), mostGap)) * day
}

// mostGap bounds a gap in days, so that no arithmetic of times ends.
const mostGap = 100 * 366

// Gap is the typical time from one order to the next, in whole days, at least one: the
// median of the last twelve. With fewer than three gaps usual pulls it towards what is
// usual for all; a customer of one order, or of one day, has usual.
func (r Rhythm) Gap(usual time.Duration) time.Duration { return r.pulse().over(usual) }

// Next is when the next order is to be expected; zero for who never bought.
func (r Rhythm) Next(usual time.Duration) time.Time {
	if r.Orders == 0 {
		return time.Time{}
	}
	return r.Last.Add(r.Gap(usual))
}

// A Buyer is a row of [IndexBuyers]: enough to rank customers without reading them.
type Buyer struct {
	Customer string
	Last     time.Time
	Gap      time.Duration // whole days, at least one
	// Turned is the day on which somebody of the desk turned to the customer after the last
	// order, zero for not since.
	Turned time.Time
}

// LongLate is the lateness, in gaps, beyond which a customer is lost rather than late: how
// much beyond says nothing any more.
const LongLate = 6

// Late is how late the customer is, in gaps: 1 on the day expected, 2 when a whole gap has
// passed since then.
func (b Buyer) Late(now time.Time) float64 {
	return float64(now.Sub(b.Last)) / float64(max(b.Gap, day))
}

// row is the member "customer|gap", the gap in days: "30", "0" for a customer of one
// order, "30?" when it is the only one, "20-40" when there are two. So a row outlives a
// change of what is usual. "@20412" behind it is the day, since 1 January 1970 in UTC, on
// which somebody turned to him after the last order.
func (c Customer) buyer() []ledger.IndexRow {
	if c.Rhythm.Orders <= 0 || millis(c.Rhythm.Last) < 0 {
		return nil
	}
	p := c.Rhythm.pulse()
	gap := strconv.Itoa(p.low)
	switch p.gaps {
	case 1:
		gap += "?"
	case 2:
		gap += "-" + strconv.Itoa(p.high)
	}
	if c.Contacted.After(c.Rhythm.Last) {
		gap += "@" + strconv.Itoa(dayOf(c.Contacted))
	}
	return []ledger.IndexRow{{Index: IndexBuyers, Member: c.ID + "|" + gap, Score: millis(c.Rhythm.Last)}}
}

// ParseBuyer reads a row of [IndexBuyers]. usual is the time from order to order of who
// bought too little to have a rhythm.
func ParseBuyer(member string, score int64, usual time.Duration) (Buyer, bool) {
	i := strings.LastIndexByte(member, '|')
	if i <= 0 {
		return Buyer{}, false
	}
	text, turned, wasTurned := strings.Cut(member[i+1:], "@")
	text, only := strings.CutSuffix(text, "?")
	low, high, two := strings.Cut(text, "-")
	p := pulse{gaps: 3}
	var err, err2 error
	p.low, err = strconv.Atoi(low)
	p.high = p.low
	switch {
	case two:
		p.gaps = 2
		p.high, err2 = strconv.Atoi(high)
	case only:
		p.gaps = 1
	case p.low == 0:
		p.gaps = 0
	}
	if err != nil || err2 != nil || p.low < 0 || p.high < p.low || two && only {
		return Buyer{}, false
	}
	b := Buyer{Customer: member[:i], Last: time.UnixMilli(score).UTC(), Gap: p.over(usual)}
	if wasTurned {
		n, err := strconv.Atoi(turned)
		if err != nil || n <= 0 || n > mostDay {
			return Buyer{}, false
		}
		b.Turned = Day{Number: n}.start()
	}
	return b, true
}

// mostDay bounds the day of a row: year 9999.
const mostDay = 2_932_896

// Rank orders buyers by how late they are, the latest first, and of equals by id. Beyond
// [LongLate] all are equally late at first: those come before to whom nobody turned since
// their last order, then those to whom it was longest ago. So who is lost for years has
// his turn like the others, and not on every list anew. It changes the slice it is given.
func Rank(all []Buyer, now time.Time) []Buyer {
	slices.SortFunc(all, func(a, b Buyer) int {
		late, than := b.Late(now), a.Late(now)
		if late > LongLate && than > LongLate {
			if turn := a.Turned.Compare(b.Turned); turn != 0 {
				return turn
			}
		}
		return cmp.Or(cmp.Compare(late, than), cmp.Compare(a.Customer, b.Customer))
	})
	return all
}

func (r Rhythm) stored() storedRhythm {
	s := storedRhythm{Orders: r.Orders, First: millis(r.First), Last: millis(r.Last), FirstBy: r.FirstBy}
	single := true
	for _, d := range r.Days {
		s.Days, s.Per = append(s.Days, d.Number), append(s.Per, d.Orders)
		single = single && d.Orders == 1
	}
	if single {
		s.Per = nil
	}
	return s
}

func (s storedRhythm) rhythm() Rhythm {
	r := Rhythm{Orders: s.Orders, First: fromMillis(s.First), Last: fromMillis(s.Last), FirstBy: s.FirstBy}
	for i, n := range s.Days {
		d := Day{n, 1}
		if i < len(s.Per) {
			d.Orders = s.Per[i]
		}
		r.Days = append(r.Days, d)
	}
	return r
}

// bounded is the rhythm as it may be stored.
func (r Rhythm) bounded() Rhythm {
	r.First, r.Last, r.FirstBy = millisecond(r.First), millisecond(r.Last), line(r.FirstBy, mostID)
	r.Days = r.Days[:min(len(r.Days), mostDays)]
	return r
}
