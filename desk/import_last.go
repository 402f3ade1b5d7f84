package desk

import (
	"context"
	"hash/maphash"
	"strings"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/sheet"
)

// lastSaid are, for each company or order of which rows of a list say different things, the
// last ones said. Every row is taken in with them: otherwise the rows would change what is
// known in turns, at each import anew.
type lastSaid struct {
	seed   maphash.Seed
	seen   map[uint64]uint64 // by what a row is about: what the first row said
	people map[uint64]customer.Entry
	orders map[uint64]customer.OrderEntry
}

func newLastSaid() *lastSaid {
	return &lastSaid{seed: maphash.MakeSeed(), seen: map[uint64]uint64{}, people: map[uint64]customer.Entry{}, orders: map[uint64]customer.OrderEntry{}}
}

func (s *lastSaid) hash(texts ...string) uint64 {
	return maphash.String(s.seed, strings.Join(texts, "\x00"))
}

// differs notes what a row says and reports whether another said something else.
func (s *lastSaid) differs(about, said uint64) bool {
	first, known := s.seen[about]
	if !known {
		s.seen[about] = said
	}
	return known && first != said
}

// lookAhead reads the list for what its last rows say. What cannot be read is left: it is
// told when the rows are taken in.
func (r *intake) lookAhead(ctx context.Context) error {
	table, err := sheet.Open(r.what.Path, sheet.Options{Sheet: r.what.Sheet})
	if err != nil {
		return err
	}
	defer table.Close()
	above, known := 0, false
	for row, err := range table.Rows() {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
		case known:
			r.note(r.listed(row))
		case above == headerWithin:
			return nil
		default:
			above++
			known = r.readHeader(row.Cells) == nil
		}
	}
	return nil
}

// note keeps what a row says, if an earlier one said something else of the same. A row that
// will be refused says nothing.
func (r *intake) note(l listed) {
	s := r.last
	if r.what.List == ListOrders {
		e := l.order
		about := s.hash(l.group, e.Number)
		_, more := s.orders[about]
		if differs := s.differs(about, s.hash(e.Placed, e.Done, e.Status, e.What, e.Amount, e.Currency)); (more || differs) && len(e.Check()) == 0 {
			s.orders[about] = overOrder(s.orders[about], e)
		}
		return
	}
	e := l.entry
	about := s.hash(l.group)
	_, more := s.people[about]
	if differs := s.differs(about, s.hash(e.Name, e.System, e.Place, e.Market, e.Modules, e.Scheme, e.Owner)); (more || differs) && len(e.Check(r.policy.Types)) == 0 {
		s.people[about] = overCompany(s.people[about], e)
	}
}

// settle makes a row say what the last one says of the same company or order.
func (r *intake) settle(l listed) listed {
	if r.what.List == ListOrders {
		if last, ok := r.last.orders[r.last.hash(l.group, l.order.Number)]; ok && len(l.order.Check()) == 0 {
			l.order = overOrder(l.order, last)
		}
		return l
	}
	if last, ok := r.last.people[r.last.hash(l.group)]; ok && len(l.entry.Check(r.policy.Types)) == 0 {
		l.entry = overCompany(l.entry, last)
	}
	return l
}

// overCompany is a row with what a later one says of its company.
func overCompany(e, later customer.Entry) customer.Entry {
	if later.Place != "" {
		e.Place, e.System = later.Place, later.System
	}
	for was, is := range map[*string]string{&e.Name: later.Name, &e.Market: later.Market, &e.Modules: later.Modules, &e.Scheme: later.Scheme, &e.Owner: later.Owner} {
		if is != "" {
			*was = is
		}
	}
	return e
}

// overOrder is a row with what a later one says of its order.
func overOrder(e, later customer.OrderEntry) customer.OrderEntry {
	if later.Amount != "" {
		e.Amount, e.Currency = later.Amount, later.Currency
	}
	for was, is := range map[*string]string{&e.Placed: later.Placed, &e.Done: later.Done, &e.Status: later.Status, &e.What: later.What} {
		if is != "" {
			*was = is
		}
	}
	return e
}
