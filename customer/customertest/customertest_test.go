package customertest_test

import (
	"bytes"
	"encoding/csv"
	"io"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/customer/customertest"
)

func options(customers, orders int) customertest.Options {
	return customertest.Options{
		Customers: customers, Orders: orders, Owners: []string{"112233445566778201", "112233445566778202"},
		From: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// The same seed is the same world, however it is asked; another seed is another one.
func TestTheSameSeedIsTheSameWorld(t *testing.T) {
	a, b, other := customertest.New(7, options(2500, 9000)), customertest.New(7, options(2500, 9000)), customertest.New(8, options(2500, 9000))
	n, differ := 0, 0
	for c := range a.Companies() {
		if n%97 == 0 && !reflect.DeepEqual(c, b.Company(n)) {
			t.Fatalf("company %d is\n%+v\nand\n%+v", n, c, b.Company(n))
		}
		if c.Name != other.Company(n).Name {
			differ++
		}
		n++
	}
	if n != 2500 || differ < 2000 {
		t.Errorf("%d companies, %d of another name with another seed", n, differ)
	}
}

// What has to be unlike is, the orders are as many as wanted, and every habit is there.
func TestAWorldIsWhole(t *testing.T) {
	o := options(2000, 20000)
	w := customertest.New(1, o)
	seen := map[string]bool{}
	once := func(what string) {
		t.Helper()
		if seen[what] {
			t.Errorf("%s is there twice", what)
		}
		seen[what] = true
	}
	habits, consents, orders, markets := map[customertest.Habit]int{}, map[customer.Choice]int{}, 0, map[customer.Market]int{}
	for c := range w.Companies() {
		once(c.Key)
		once(c.Place)
		habits[c.Habit]++
		markets[c.Market]++
		for _, p := range c.People {
			once(p.Phone)
			consents[p.Consent]++
			if number, err := phonenumbers.Parse("+"+p.Phone, ""); err != nil || !phonenumbers.IsValidNumber(number) {
				t.Errorf("%s has the number %s", p.Name, p.Phone)
			}
		}
		last := o.From
		for _, order := range c.Orders {
			once(order.Number)
			if order.At.Before(last) || !order.At.Before(o.To) || order.Customer != c.Key || order.Amount <= 0 ||
				!order.Done.IsZero() && (order.Done.Before(order.At) || order.Void) {
				t.Errorf("%s has the order %+v after %s", c.Key, order, last)
			}
			last = order.At
			orders++
		}
	}
	if orders != o.Orders || len(w.Placed()) != orders {
		t.Errorf("%d orders, %d in their order, want %d", orders, len(w.Placed()), o.Orders)
	}
	if len(habits) != 7 || len(consents) != 3 || len(markets) != 2 {
		t.Errorf("habits %v, consents %v, markets %v", habits, consents, markets)
	}
}

// As rows and as files they are the same, and good.
func TestRowsAreGood(t *testing.T) {
	w := customertest.New(3, options(300, 1000))
	types := customer.DefaultTypes()
	var rows, orders int
	for e := range w.Entries() {
		rows++
		if faults := e.Check(types); len(faults) > 0 {
			t.Fatalf("%+v: %v", e, faults)
		}
	}
	for e := range w.OrderEntries() {
		orders++
		if faults := e.Check(); len(faults) > 0 {
			t.Fatalf("%+v: %v", e, faults)
		}
	}
	for _, f := range []struct {
		write   func(io.Writer) error
		rows    int
		columns []customer.Column
	}{{w.WriteCustomers, rows, customer.EntryColumns()}, {w.WriteOrders, orders, customer.OrderColumns()}} {
		var file bytes.Buffer
		if err := f.write(&file); err != nil {
			t.Fatal(err)
		}
		all, err := csv.NewReader(&file).ReadAll()
		if err != nil || len(all) != f.rows+1 {
			t.Fatalf("%d rows in the file (%v), want %d", len(all), err, f.rows+1)
		}
		if h := customer.ReadHeader(all[0], f.columns); len(h.Unknown()) > 0 || h.Known() != len(all[0]) {
			t.Errorf("of %v an import does not know %v", all[0], h.Unknown())
		}
	}
}

// A hundred thousand companies with a million orders are written without being held.
func TestMuchIsNotHeld(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	w := customertest.New(5, options(100_000, 1_000_000))
	n, most := 0, uint64(0)
	for range w.OrderEntries() {
		if n++; n%100_000 == 0 {
			runtime.ReadMemStats(&after)
			most = max(most, after.HeapInuse)
		}
	}
	if n != 1_000_000 || most > before.HeapInuse+60<<20 {
		t.Errorf("%d orders, %d MB held", n, most>>20)
	}
	runtime.KeepAlive(w)
}
