package customer

import (
	"math"
	"strings"
	"testing"
	"time"
)

// Whatever stands in a cell, a date is one of the years that are kept, and the same day in
// every zone it is read in.
func FuzzDate(f *testing.F) {
	for _, s := range []string{"23/11/2026", "46349,5", "=TODAY()", "Senin, 23 Nov 2026 14.05 WIB", "\ufeff2026-11-23T07:05:00Z", "1e5", strings.Repeat("9", 100), "23\xff11"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := ParseDate(s, time.UTC)
		if ok && (got.Year() < firstYear-1 || got.Year() > lastYear+1) {
			t.Errorf("%q is %v", s, got)
		}
		if _, here := ParseDate(s, jakarta); here != ok {
			t.Errorf("%q is a date in one zone only", s)
		}
		_ = Since1904(s)
	})
}

// Whatever stands in a cell, an amount is in bounds, of a currency there is.
func FuzzAmount(f *testing.F) {
	for _, s := range []string{"Rp 1.250.000,00", "1,250,000.50", "(5)", "=1+1", "9223372036854775807", "6,28E+12", "-", "Rp", "1..2", "\xff1", "１２"} {
		f.Add(s, "")
		f.Add(s, "USD")
	}
	f.Fuzz(func(t *testing.T, s, currency string) {
		got, code, why := parseAmount(s, currency)
		if got < 0 || got > math.MaxInt64/1000 || why != "" && got != 0 {
			t.Errorf("%q %q is %d, %q", s, currency, got, why)
		}
		if _, ok := Minor(code); !ok && code != "" {
			t.Errorf("%q %q is of %q", s, currency, code)
		}
		if _, ok := faults[why]; !ok && why != "" {
			t.Errorf("nobody says %q", why)
		}
	})
}

// Whatever the first row of a list is, rows below it are read by it.
func FuzzHeader(f *testing.F) {
	for _, s := range []string{"Nama;No. HP;WA", "\ufeffKode;=1+1;;", "No;Tgl;Pelanggan", strings.Repeat("HP;", 300), "a\xff;b\x00"} {
		f.Add(s, "x;0812;6,28E+12")
	}
	f.Fuzz(func(t *testing.T, header, row string) {
		cells := strings.Split(row, ";")
		h := ReadHeader(strings.Split(header, ";"), EntryColumns())
		_ = h.CheckEntries()
		for _, fault := range h.Entry(cells).Check(DefaultTypes()) {
			if fault.Say("id") == "" || len(fault.Value) > longValue {
				t.Errorf("%+v", fault)
			}
		}
		h = ReadHeader(strings.Split(header, ";"), OrderColumns())
		_ = h.CheckOrders()
		for _, fault := range h.Order(cells).Check() {
			if fault.Say("en") == "" {
				t.Errorf("%+v", fault)
			}
		}
	})
}
