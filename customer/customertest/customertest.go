// Package customertest makes up companies, their people and what they order: as many as
// a demonstration, a simulated year or a measurement wants, and the same ones for the
// same seed. They are nobody.
//
// A [World] holds a few bytes for each company and makes each one when it is asked for,
// so that a hundred thousand of them with a million orders cost no memory.
package customertest

import (
	"iter"
	"math/rand/v2"
	"time"

	"github.com/haloerzap/halo/customer"
)

// A Habit is how a company buys.
type Habit string

// The habits.
const (
	Regular   Habit = "regular"   // at its own distance, a few days more or less
	Irregular Habit = "irregular" // at any distance
	Newcomer  Habit = "new"       // regular, with its first order in the last third of the time
	Stopped   Habit = "stopped"   // regular, until it went away
	Once      Habit = "once"      // one order
	Seasonal  Habit = "seasonal"  // before the same feasts every year
	Never     Habit = "never"     // asked for a price, and bought nothing
)

// Options say what a world is like.
type Options struct {
	Customers int
	// Orders are all there are, void ones among them, placed from From until before To.
	// There are fewer where nobody is to place them.
	Orders   int
	From, To time.Time
	// Zone is where the companies keep their days; nil for Jakarta's.
	Zone *time.Location
	// Owners are the Discord user ids of sales, to whom the companies are given in turn;
	// none for companies without an owner.
	Owners []string
}

// A Company is one customer.
type Company struct {
	Key     string // its number in the company's own books: "K-000017"
	Name    string
	System  customer.System
	Place   string // outlet group or domain: no two have the same
	Market  customer.Market
	Modules []string
	Scheme  string
	Owner   string
	Aliases []string
	Habit   Habit
	People  []Person // one to three; a few companies have nobody
	// Orders are the oldest first. Their Customer is the company's Key.
	Orders []customer.Order
}

// A Person works at a company.
type Person struct {
	Name    string
	Phone   string // digits of E.164; no two have the same
	Type    string // key of a user type of [customer.DefaultTypes]
	Note    string
	Consent customer.Choice
	// Wrote is when he first wrote to the desk's number: before From for most, some time
	// until To for some, zero for who never does.
	Wrote time.Time
}

// A World is all of them. It may be used by several at a time.
type World struct {
	seed   uint64
	o      Options
	habits []uint8 // by company
	counts []int32 // of orders, by company
	first  []int   // number of the first order of every thousandth company
}

// chunk is how many companies share an entry of World.first.
const chunk = 1000

// New makes a world from a seed.
func New(seed uint64, o Options) *World {
	if o.Zone == nil {
		o.Zone = time.FixedZone("WIB", 7*60*60)
	}
	w := &World{seed: seed, o: o, habits: make([]uint8, o.Customers), counts: make([]int32, o.Customers)}
	weights := make([]int32, o.Customers)
	total, rest := 0, o.Orders
	for n := range o.Customers {
		random := w.random(n, drawHabit)
		h := drawn(random, shares)
		w.habits[n] = uint8(h)
		switch habits[h] {
		case Never:
		case Once:
			w.counts[n] = int32(min(1, max(0, rest)))
			rest--
		default:
			weights[n] = int32(habitWeights[h] * (1 + random.IntN(4)))
			total += int(weights[n])
		}
	}
	w.spread(weights, total, max(0, rest))
	return w
}

// spread gives the orders to the companies by their weights, to the last one.
func (w *World) spread(weights []int32, total, orders int) {
	sum, given, number := 0, 0, 0
	for n, weight := range weights {
		if n%chunk == 0 {
			w.first = append(w.first, number)
		}
		if weight > 0 {
			sum += int(weight)
			due := int(int64(orders) * int64(sum) / int64(total))
			w.counts[n] = int32(due - given)
			given = due
		}
		number += int(w.counts[n])
	}
}

// Options are those it was made with.
func (w *World) Options() Options { return w.o }

// What is drawn for a company, each from numbers of its own, so that more of one thing
// leaves the others as they are.
const (
	drawHabit = iota
	drawCompany
	drawPeople
	drawOrders
	draws
)

func (w *World) random(company, what int) *rand.Rand {
	return rand.New(rand.NewPCG(w.seed, uint64(company)*draws+uint64(what)))
}

// drawn is the place of a share drawn from shares of a hundred.
func drawn(random *rand.Rand, shares []int) int {
	at := random.IntN(100)
	for i, s := range shares {
		if at < s {
			return i
		}
		at -= s
	}
	return len(shares) - 1
}

// Companies are all companies, one after the other.
func (w *World) Companies() iter.Seq[Company] {
	return func(yield func(Company) bool) {
		number := 0
		for n := range w.o.Customers {
			c := w.company(n, number)
			number += len(c.Orders)
			if !yield(c) {
				return
			}
		}
	}
}

// Company is the nth company, from 0 on.
func (w *World) Company(n int) Company {
	number := w.first[n/chunk]
	for _, count := range w.counts[n-n%chunk : n] {
		number += int(count)
	}
	return w.company(n, number)
}

// company is the nth company; number orders are those of companies before it.
func (w *World) company(n, number int) Company {
	random := w.random(n, drawCompany)
	c := Company{Key: key(n), Market: customer.Local, Habit: habits[w.habits[n]]}
	if random.IntN(100) < 6 {
		c.Market = customer.International
	}
	c.Name, c.Aliases = name(random, c.Market)
	c.System, c.Place = place(random, n, c.Name, c.Market)
	c.Modules, c.Scheme = use(random)
	if len(w.o.Owners) > 0 {
		c.Owner = w.o.Owners[n%len(w.o.Owners)]
	}
	c.People = w.people(n, c)
	c.Orders = w.orders(n, number, c)
	return c
}
