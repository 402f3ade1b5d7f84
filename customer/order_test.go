package customer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"pgregory.net/rapid"
)

func (w *world) found(t tb, ids ...string) {
	t.Helper()
	for _, id := range ids {
		w.do(t, func(tx *ledger.Tx) error {
			c, _, err := Create(id, "Toko "+id, "maya", w.now)
			if err != nil {
				return err
			}
			return c.Save(tx)
		})
	}
}

func (w *world) place(t tb, o Order) (p Placed) {
	t.Helper()
	w.do(t, func(tx *ledger.Tx) (err error) { p, err = Place(tx, o, "maya"); return err })
	return p
}

// said are the events of a log, with what they say.
func (w *world) said(log string) (all []string) {
	for _, e := range w.log[log] {
		var s strings.Builder
		s.WriteString(e.What)
		for _, key := range slices.Sorted(maps.Keys(e.Data)) {
			s.WriteString(" " + key + "=" + e.Data[key])
		}
		all = append(all, s.String())
	}
	return all
}

func TestOrderLives(t *testing.T) {
	w := newWorld()
	w.found(t, "k1")
	second := Order{Number: "SO-2", At: nine, What: "Lisensi", Amount: 125000000, Currency: "IDR", Customer: "k1"}
	p := w.place(t, second)
	if !p.New() || !p.First || !p.Changed() || p.Completed() || p.Customer.Rhythm.Orders != 1 {
		t.Errorf("the first order: %+v", p)
	}
	if p = w.place(t, second); p.New() || p.Changed() || !p.First {
		t.Errorf("the same again: %+v", p)
	}
	// Empty fields say nothing.
	if p = w.place(t, Order{Number: "SO-2", Done: nine.Add(48 * time.Hour)}); !p.Completed() || p.Order.Amount != second.Amount || p.Order.Customer != "k1" {
		t.Errorf("delivered: %+v", p)
	}
	// An older one comes in late: it was the first.
	if p = w.place(t, Order{Number: "SO-1", At: nine.Add(-10 * day), Amount: 5, Currency: "USD", Customer: "k1"}); !p.First {
		t.Errorf("an older order: %+v", p)
	}
	if p = w.place(t, Order{Number: "SO-2", Amount: 7}); p.First || p.Order.Currency != "IDR" {
		t.Errorf("another amount: %+v", p)
	}
	if p = w.place(t, Order{Number: "SO-1", Void: true}); p.First || p.Customer.Rhythm.Orders != 1 || p.Customer.Rhythm.FirstBy != "SO-2" || !p.Customer.Rhythm.First.Equal(nine) {
		t.Errorf("cancelled: %+v", p)
	}
	if p = w.place(t, Order{Number: "SO-1", Amount: 6, Currency: "USD"}); !p.First || p.Customer.Rhythm.Orders != 2 {
		t.Errorf("after all: %+v", p)
	}
	want := strings.Split(strings.TrimSpace(`
ordered amount=125000000 currency=IDR first=yes market=local number=SO-2 placed=2026-11-23T02:00:00Z
order_completed amount=125000000 currency=IDR done=2026-11-25T02:00:00Z first=yes market=local number=SO-2 placed=2026-11-23T02:00:00Z
ordered amount=5 currency=USD first=yes market=local number=SO-1 placed=2026-11-13T02:00:00Z
order_changed amount=7 currency=IDR market=local number=SO-2 placed=2026-11-23T02:00:00Z was_amount=125000000 was_currency=IDR was_placed=2026-11-23T02:00:00Z
order_voided amount=5 currency=USD market=local number=SO-1 placed=2026-11-13T02:00:00Z
order_restored amount=6 currency=USD first=yes market=local number=SO-1 placed=2026-11-13T02:00:00Z`), "\n")
	if got := w.said(CustomerLog("k1")); !slices.Equal(got, want) {
		t.Errorf("the log says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := w.index[IndexCompleted]; !maps.Equal(got, map[string]int64{"SO-2": nine.Add(48 * time.Hour).UnixMilli()}) {
		t.Errorf("completed: %v", got)
	}
	w.check(t)
}

func TestOrderRefused(t *testing.T) {
	w := newWorld()
	w.found(t, "k1", "k2")
	w.place(t, Order{Number: "SO-1", At: nine, Customer: "k1"})
	before := len(w.log[CustomerLog("k1")])
	for _, test := range []struct {
		o    Order
		want string
	}{
		{Order{At: nine, Customer: "k1"}, "order_missing"},
		{Order{Number: strings.Repeat("x", 41), At: nine, Customer: "k1"}, "order_missing"},
		{Order{Number: "a|b", At: nine, Customer: "k1"}, "order_missing"},
		{Order{Number: " SO-1", At: nine, Customer: "k1"}, "order_missing"},
		{Order{Number: "SO-2", Customer: "k1"}, "order_undated"},
		{Order{Number: "SO-1", At: nine, Customer: "k2"}, "order_elsewhere"},
		{Order{Number: "SO-2", At: nine, Customer: "k9"}, "customer_unknown"},
		{Order{Number: "SO-2", At: nine}, "customer_unknown"},
	} {
		_, err := w.try(func(tx *ledger.Tx) error { _, err := Place(tx, test.o, "maya"); return err })
		refused(t, err, test.want)
	}
	if len(w.log[CustomerLog("k1")]) != before {
		t.Error("what was refused is logged")
	}
	w.check(t)
}

func TestMarkAndTurned(t *testing.T) {
	c := Customer{ID: "k1"}
	if events, err := c.Mark(Local, "maya", nine); len(events) != 0 || err != nil {
		t.Errorf("local is where everybody is: %v %v", events, err)
	}
	_, err := c.Mark("mars", "maya", nine)
	refused(t, err, "market_unknown")
	for i := range 2 {
		if events, err := c.Mark(International, "maya", nine); len(events) != 1-i || err != nil || c.Market != International {
			t.Errorf("marked %+v %v", events, err)
		}
	}
	if !c.Turned("FU-1", nine) || c.Turned("FU-1", nine) || c.Turned("FU-0", nine.Add(-1e9)) || c.FollowUp != "FU-1" || !c.Contacted.Equal(nine) {
		t.Errorf("turned to: %+v", c)
	}
	if !c.Turned("FU-2", nine.Add(1e9)) || c.FollowUp != "FU-2" || c.Turned("", nine.Add(2e9)) {
		t.Errorf("turned to again: %+v", c)
	}
}

// truth is the rhythm as it is when all orders are known.
func truth(orders map[string]Order, customer string) (r Rhythm) {
	per := map[int]int{}
	all := slices.SortedFunc(maps.Values(orders), func(a, b Order) int { return cmp.Or(a.At.Compare(b.At), compare(a.Number, b.Number)) })
	for _, o := range all {
		if o.Void || o.Customer != customer {
			continue
		}
		if r.Orders++; r.Orders == 1 {
			r.First = o.At
		}
		r.Last = o.At
		per[dayOf(o.At)]++
	}
	for n, orders := range per {
		r.Days = append(r.Days, Day{n, orders})
	}
	slices.SortFunc(r.Days, func(a, b Day) int { return b.Number - a.Number })
	return r
}

// Whatever comes in, in whatever order, twice: the rhythm is that of the orders there are.
func TestRhythmIsThatOfTheOrders(t *testing.T) {
	for name, days := range map[string]int{"few days": mostDays, "many days": 60} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { rhythmModel(t, days) })
		})
	}
}

func rhythmModel(t *rapid.T, days int) {
	w := newWorld()
	w.found(t, "k1", "k2")
	known := map[string]Order{}
	at := rapid.Custom(func(t *rapid.T) time.Time {
		return nine.Add(time.Duration(rapid.IntRange(0, days-1).Draw(t, "day"))*day + time.Duration(rapid.IntRange(0, 3).Draw(t, "hour"))*time.Hour)
	})
	pick := rapid.IntRange(0, 39)
	place := func(t *rapid.T, o Order) {
		log := len(w.log[CustomerLog(o.Customer)])
		p := w.place(t, o)
		known[o.Number] = p.Order
		if again := w.place(t, o); again.Changed() || len(w.log[CustomerLog(o.Customer)]) != log+len(p.Events) {
			t.Fatalf("the same again: %+v", again)
		}
	}
	t.Repeat(map[string]func(*rapid.T){
		"order": func(t *rapid.T) {
			n := pick.Draw(t, "order")
			place(t, Order{Number: fmt.Sprint("SO-", n), At: at.Draw(t, "at"), Amount: 1, Currency: "IDR", Customer: []string{"k1", "k2"}[n%2]})
		},
		"void": func(t *rapid.T) {
			if o, ok := known[fmt.Sprint("SO-", pick.Draw(t, "order"))]; ok {
				o.Void = !o.Void
				place(t, o)
			}
		},
		"complete": func(t *rapid.T) {
			if o, ok := known[fmt.Sprint("SO-", pick.Draw(t, "order"))]; ok {
				o.Done = o.At.Add(day)
				place(t, o)
			}
		},
		"": func(t *rapid.T) {
			for _, id := range []string{"k1", "k2"} {
				checkRhythm(t, w.company(t, id), truth(known, id), days <= mostDays)
			}
			w.check(t)
		},
	})
}

func checkRhythm(t *rapid.T, c Customer, want Rhythm, whole bool) {
	got := c.Rhythm
	switch {
	case got.Orders != want.Orders:
		t.Fatalf("%d orders, want %d", got.Orders, want.Orders)
	case len(got.Days) > mostDays || !slices.IsSortedFunc(got.Days, func(a, b Day) int { return b.Number - a.Number }):
		t.Fatalf("days %v", got.Days)
	case want.Orders == 0:
		if !got.First.IsZero() || !got.Last.IsZero() || len(got.Days) != 0 {
			t.Fatalf("nothing is left, and %+v", got)
		}
	case got.First.After(want.First) && dayOf(got.First) != dayOf(want.First):
		t.Fatalf("first %v, want %v", got.First, want.First)
	case got.Last.Before(got.First) && dayOf(got.First) != dayOf(got.Last):
		t.Fatalf("last %v before first %v", got.Last, got.First)
	case whole && (!slices.Equal(got.Days, want.Days) || dayOf(got.First) != dayOf(want.First) || dayOf(got.Last) != dayOf(want.Last)):
		t.Fatalf("%+v, want %+v", got, want)
	}
}
