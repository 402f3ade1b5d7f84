package customertest

import (
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/customer"
)

// Entries are the companies and people as rows of a list, with numbers as people write
// them: a row for each person with his company, and one for a company that has nobody.
func (w *World) Entries() iter.Seq[customer.Entry] {
	return func(yield func(customer.Entry) bool) {
		for c := range w.Companies() {
			for _, e := range c.Entries() {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Entries are the rows of one company.
func (c Company) Entries() []customer.Entry {
	company := customer.Entry{
		Key: c.Key, Name: c.Name, System: string(c.System), Place: c.Place, Market: "lokal",
		Modules: strings.Join(c.Modules, ", "), Scheme: c.Scheme, Owner: c.Owner, Aliases: strings.Join(c.Aliases, ", "),
	}
	if c.Market == customer.International {
		company.Market = "internasional"
	}
	if len(c.People) == 0 {
		return []customer.Entry{company}
	}
	var all []customer.Entry
	for i, p := range c.People {
		e := company
		e.Person, e.Phone, e.Type, e.Note = p.Name, written(p.Phone, i+len(c.Name)), p.Type, p.Note
		e.Consent = map[customer.Choice]string{customer.Agreed: "ya", customer.Declined: "tidak"}[p.Consent]
		all = append(all, e)
	}
	return all
}

// written is a number in one of the ways people write it.
func written(digits string, way int) string {
	national, local := strings.CutPrefix(digits, "62")
	switch {
	case !local:
		return "+" + digits
	case way%4 == 0:
		return "0" + national
	case way%4 == 1:
		return "+62 " + national[:3] + "-" + national[3:7] + "-" + national[7:]
	case way%4 == 2:
		return "0" + national[:3] + " " + national[3:7] + " " + national[7:]
	}
	return digits
}

// OrderEntries are the orders as rows of a list, company by company.
func (w *World) OrderEntries() iter.Seq[customer.OrderEntry] {
	return func(yield func(customer.OrderEntry) bool) {
		for c := range w.Companies() {
			for _, o := range c.Orders {
				if !yield(w.Entry(o)) {
					return
				}
			}
		}
	}
}

// Entry is an order as the row of a list; its Customer is a company's Key.
func (w *World) Entry(o customer.Order) customer.OrderEntry {
	e := customer.OrderEntry{
		Number: o.Number, Key: o.Customer, Placed: o.At.In(w.o.Zone).Format(time.DateOnly), What: o.What,
		Currency: o.Currency, Amount: amount(o),
	}
	if !o.Done.IsZero() {
		e.Done = o.Done.In(w.o.Zone).Format(time.DateOnly)
	}
	if o.Void {
		e.Status = "batal"
	}
	return e
}

// amount is what was paid, as it is written where it was.
func amount(o customer.Order) string {
	if o.Currency != "IDR" {
		return fmt.Sprintf("%d.%02d", o.Amount/100, o.Amount%100)
	}
	digits := strconv.FormatInt(o.Amount/100, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "." + digits[at:]
	}
	return digits
}

// Placed are all orders, the oldest first. It holds them all at once.
func (w *World) Placed() []customer.Order {
	all := make([]customer.Order, 0, w.o.Orders)
	for c := range w.Companies() {
		all = append(all, c.Orders...)
	}
	slices.SortFunc(all, func(a, b customer.Order) int {
		if n := a.At.Compare(b.At); n != 0 {
			return n
		}
		return strings.Compare(a.Number, b.Number)
	})
	return all
}

// WriteCustomers writes [World.Entries] as CSV.
func (w *World) WriteCustomers(to io.Writer) error { return WriteEntries(to, w.Entries()) }

// WriteEntries writes rows of a list of customers as CSV.
func WriteEntries(to io.Writer, all iter.Seq[customer.Entry]) error {
	head := []string{"kode", "nama", "sistem", "outlet", "pasar", "modul", "skema", "sales", "alias", "kontak", "telepon", "jabatan", "catatan", "persetujuan"}
	return write(to, head, all, func(e customer.Entry) []string {
		return []string{e.Key, e.Name, e.System, e.Place, e.Market, e.Modules, e.Scheme, e.Owner, e.Aliases, e.Person, e.Phone, e.Type, e.Note, e.Consent}
	})
}

// WriteOrders writes [World.OrderEntries] as CSV.
func (w *World) WriteOrders(to io.Writer) error { return WriteOrderEntries(to, w.OrderEntries()) }

// WriteOrderEntries writes rows of a list of orders as CSV.
func WriteOrderEntries(to io.Writer, all iter.Seq[customer.OrderEntry]) error {
	head := []string{"no. pesanan", "kode pelanggan", "tanggal", "selesai", "status", "barang", "jumlah", "mata uang"}
	return write(to, head, all, func(e customer.OrderEntry) []string {
		return []string{e.Number, e.Key, e.Placed, e.Done, e.Status, e.What, e.Amount, e.Currency}
	})
}

func write[E any](to io.Writer, head []string, all iter.Seq[E], row func(E) []string) error {
	out := csv.NewWriter(to)
	if err := out.Write(head); err != nil {
		return fmt.Errorf("write head: %w", err)
	}
	for e := range all {
		if err := out.Write(row(e)); err != nil {
			return fmt.Errorf("write row: %w", err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}
