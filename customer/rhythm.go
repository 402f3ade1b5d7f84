package customer

import "time"

// IndexBuyers has a row for each customer who ever bought: see [Buyer].
const IndexBuyers = "buyers"

// A Rhythm is how a customer buys: kept at every order, so that nobody has to read them
// all again.
type Rhythm struct {
	Orders int       // all there ever were, without void ones
	First  time.Time // the first one
	Last   time.Time
	// Days are the last days on which something was ordered, newest first, at most
	// [mostDays], each once: days since 1 January 1970 in UTC.
	Days []int
}

const mostDays = 13

// Gap is the typical time from one order to the next: the median of the last twelve. With
// fewer than three gaps usual pulls it towards what is usual for all; a customer of one
// order has usual.
func (r Rhythm) Gap(usual time.Duration) time.Duration { return usual }

// Next is when the next order is to be expected; zero for who never bought.
func (r Rhythm) Next(usual time.Duration) time.Time { return time.Time{} }

// A Buyer is a row of [IndexBuyers]: enough to rank customers without reading them.
type Buyer struct {
	Customer string
	Last     time.Time
	Gap      time.Duration // whole days, at least one
}

// Late is how late the customer is, in gaps: 1 on the day expected, 2 when a whole gap has
// passed since then.
func (b Buyer) Late(now time.Time) float64 { return 0 }

// ParseBuyer reads a row of [IndexBuyers].
func ParseBuyer(member string, score int64) (Buyer, bool) { return Buyer{}, false }

// Rank orders buyers by how late they are, the latest first, and of equals by id. It
// changes the slice it is given.
func Rank(all []Buyer, now time.Time) []Buyer { return all }
