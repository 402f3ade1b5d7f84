package customer

import (
	"errors"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

var jakarta = time.FixedZone("WIB", 7*3600)

func (w *world) order(t tb, e OrderEntry) (got Entered, bad []Fault, rows int) {
	t.Helper()
	rows = w.do(t, func(tx *ledger.Tx) (err error) {
		got, bad, err = e.Enter(tx, jakarta, "import", Place)
		return err
	})
	if len(bad) > 0 && rows > 0 {
		t.Errorf("%+v has faults %v and wrote %d rows", e, bad, rows)
	}
	return got, bad, rows
}

func TestOrderEntryFindsItsCompany(t *testing.T) {
	t.Parallel()
	w := newWorld()
	c := w.enter(t, Entry{Key: "C-1", Name: "PT Maju Jaya", Place: "Grup Maju", Person: "Budi", Phone: "081234567890"}).Customer
	rows := []OrderEntry{
		{Number: "O1", Key: "c-1", Placed: "20/11/2026", Amount: "1.250.000", What: "kasir"},
		{Number: "O2", Name: "maju jaya", Placed: "2026-11-19", Done: "46346", Amount: "99.50", Currency: "USD"},
		{Number: "O3", Place: "GRUP MAJU", Placed: "18 Nov 2026", Status: "Dibatalkan"},
		{Number: "O4", Phone: "+62 812-3456-7890", Placed: "17-11-26"},
		{Number: "O5", Name: "Toko Baru", Phone: "081299998888", Placed: "16/11/2026"},
	}
	for i, e := range rows {
		got, bad, _ := w.order(t, e)
		if len(bad) > 0 || !got.New || (got.Customer == c) != (i < 4) {
			t.Errorf("%+v is %+v %v", e, got, bad)
		}
	}
	for _, e := range rows {
		if got, bad, n := w.order(t, e); got.New || got.Changed || len(bad) > 0 || n > 0 {
			t.Errorf("%+v again is %+v %v and writes %d rows", e, got, bad, n)
		}
	}
	o := w.stored(t, "O1")
	if o.Amount != 125000000 || o.Currency != "IDR" || !o.At.Equal(time.Date(2026, 11, 20, 0, 0, 0, 0, jakarta)) || o.Customer != c {
		t.Errorf("order %+v", o)
	}
	if o := w.stored(t, "O2"); o.Amount != 9950 || o.Done.IsZero() {
		t.Errorf("order %+v", o)
	}
	// A list without some columns takes nothing back.
	if _, bad, n := w.order(t, OrderEntry{Number: "O3", Key: "C-1", Placed: "18/11/2026"}); len(bad) > 0 || n > 0 || !w.stored(t, "O3").Void {
		t.Errorf("the void order is %+v %v", w.stored(t, "O3"), bad)
	}
	got, bad, _ := w.order(t, OrderEntry{Number: "O1", Key: "C-1", Placed: "20/11/2026", Done: "21/11/2026"})
	if o := w.stored(t, "O1"); len(bad) > 0 || !got.Changed || got.New || o.Done.IsZero() || o.Amount != 125000000 {
		t.Errorf("the delivered order is %+v %+v %v", got, o, bad)
	}
	w.check(t)
}

func (w *world) stored(t tb, number string) (o Order) {
	t.Helper()
	w.do(t, func(tx *ledger.Tx) (err error) {
		var ok bool
		if o, ok, err = LoadOrder(tx, number); !ok && err == nil {
			err = errors.New("no order " + number)
		}
		return err
	})
	return o
}

func TestOrderEntryFaults(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.enter(t, Entry{Key: "A", Name: "Satu"})
	w.enter(t, Entry{Key: "B", Name: "Dua"})
	w.enter(t, Entry{Phone: "081234567890"})
	w.order(t, OrderEntry{Number: "O1", Key: "A", Placed: "20/11/2026"})
	good := OrderEntry{Number: "O2", Key: "A", Placed: "20/11/2026"}
	for _, test := range []struct {
		spoil func(*OrderEntry)
		field string
		why   string
	}{
		{func(e *OrderEntry) { e.Number = " " }, "number", "order_missing"},
		{func(e *OrderEntry) { e.Number = "a|b" }, "number", "order_long"},
		{func(e *OrderEntry) { e.Placed = "" }, "placed", "date_missing"},
		{func(e *OrderEntry) { e.Placed = "11/23/2026" }, "placed", "date_invalid"},
		{func(e *OrderEntry) { e.Placed = "20/11/2062" }, "placed", "date_future"},
		{func(e *OrderEntry) { e.Done = "besok" }, "done", "date_invalid"},
		{func(e *OrderEntry) { e.Done = "19/11/2026" }, "done", "done_early"},
		{func(e *OrderEntry) { e.Done = "19/11/2027" }, "done", "date_future"},
		{func(e *OrderEntry) { e.Amount = "-5" }, "amount", "amount_negative"},
		{func(e *OrderEntry) { e.Amount = "lima" }, "amount", "amount_invalid"},
		{func(e *OrderEntry) { e.Amount, e.Currency = "5", "rupee" }, "currency", "currency_unknown"},
		{func(e *OrderEntry) { e.Key = "" }, "name", "customer_missing"},
		{func(e *OrderEntry) { e.Key = "C" }, "key", "customer_unknown"},
		{func(e *OrderEntry) { e.Key, e.Phone = "", "081234567890" }, "phone", "customer_unknown"},
		{func(e *OrderEntry) { e.Key, e.Phone = "", "12" }, "phone", "number_invalid"},
		{func(e *OrderEntry) { e.Number, e.Key = "O1", "B" }, "number", "order_elsewhere"},
		{func(e *OrderEntry) { e.Number, e.Key, e.Name = "O1", "", "Tiga" }, "number", "order_elsewhere"},
	} {
		e := good
		test.spoil(&e)
		if _, bad, _ := w.order(t, e); len(bad) != 1 || bad[0].Why != test.why || bad[0].Field != test.field {
			t.Errorf("%+v has %v, want %s of %s", e, bad, test.why, test.field)
		}
	}
	w.check(t)
}
