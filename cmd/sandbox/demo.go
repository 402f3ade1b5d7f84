package main

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/customer/customertest"
)

// A buyer is a company of the demonstration whose person has a phone.
type buyer struct {
	company, place string
	person, phone  string
	consent        customer.Choice
	market         customer.Market // "" for local
	orders         int
	// gap is its usual time from one order to the next, ago how long the last one is past,
	// in days before the start.
	gap, ago int
	// surveyed says that its first order was completed when the next month's survey asks.
	surveyed bool
}

// buyers are those companies: by the clock alone, each of them shows something of sales.
var buyers = []buyer{
	{company: "Kopi Kemang", place: "kopikemang", person: "Ana Wijaya", phone: "6281234567001", consent: customer.Agreed, orders: 6, gap: 30, ago: 28}, // with an open complaint
	{company: "CV Sinar Gemilang", place: "sinargemilang", person: "Citra Lestari", phone: "6281234567011", orders: 8, gap: 21, ago: 230},
	{company: "Apotek Sehat Sentosa", place: "sehatsentosa", person: "Dedi Kurniawan", phone: "6281234567012", orders: 5, gap: 25, ago: 260},
	{company: "Toko Berkah Jaya", place: "berkahjaya", person: "Eka Pratiwi", phone: "6281234567013", consent: customer.Agreed, orders: 7, gap: 30, ago: 27},
	{company: "UD Tirta Makmur", place: "tirtamakmur", person: declines, phone: "6281234567014", orders: 6, gap: 20, ago: 220},
	{company: "Bengkel Karya Mandiri", place: "karyamandiri", person: "Gita Permata", phone: "6281234567015", orders: 1, ago: 12},
	{company: "PT Mitra Nusantara", place: "mitra.example.co.id", person: "Hendra Gunawan", phone: "6281234567016", orders: 3, gap: 45, ago: 9, surveyed: true},
	{company: "Grosir Cahaya Abadi", place: "cahayaabadi", person: "Intan Maharani", phone: "6281234567017", orders: 4, gap: 40, ago: 6, surveyed: true},
	{company: "Borneo Trading", place: "borneo.example.com", person: "Joni Saputra", phone: "6281234567018", market: customer.International, orders: 5, gap: 28, ago: 270},
	{company: "Koperasi Bumi Lestari", place: "bumilestari", person: "Kartika Dewi", phone: "6281234567019", consent: customer.Agreed, orders: 9, gap: 22, ago: 210},
}

// declines is who wants no messages, and says so.
const declines = "Fajar Nugroho"

// Beside those there are companies made up from a seed, whose people never wrote.
const (
	others      = 30
	othersOrder = 170
	othersSeed  = 6
)

// A shop is what the company knew before it had a desk.
type shop struct {
	others *customertest.World
	buyers []customertest.Company
}

// newShop makes it as of the start of the desk. owner is the Discord user id of whose
// customers they are.
func newShop(start time.Time, zone *time.Location, owner string) shop {
	at := start.In(zone)
	s := shop{others: customertest.New(othersSeed, customertest.Options{
		Customers: others, Orders: othersOrder, From: at.AddDate(-2, 0, 0), To: at, Zone: zone, Owners: []string{owner},
	})}
	for n, b := range buyers {
		s.buyers = append(s.buyers, b.known(n, at, owner))
	}
	return s
}

// known is the nth buyer as a company of the shop.
func (b buyer) known(n int, start time.Time, owner string) customertest.Company {
	c := customertest.Company{
		Key: fmt.Sprintf("H-%03d", n+1), Name: b.company, System: customer.Panel, Place: b.place, Market: cmp.Or(b.market, customer.Local),
		Modules: []string{"kasir", "gudang"}, Owner: owner,
		People: []customertest.Person{{Name: b.person, Phone: b.phone, Type: "pemilik", Consent: b.consent}},
	}
	if strings.Contains(b.place, ".") {
		c.System = customer.Private
	}
	for i := range b.orders {
		at := start.AddDate(0, 0, -b.ago-b.gap*(b.orders-1-i))
		done := at.AddDate(0, 0, 5)
		if b.orders == 1 {
			done = start.AddDate(0, 0, -2)
		}
		if b.surveyed && i == 0 {
			next := time.Date(start.Year(), start.Month()+1, 1, 10, 0, 0, 0, start.Location())
			done = next.AddDate(0, 0, -100)
			at = done.AddDate(0, 0, -5)
		}
		o := customer.Order{Number: fmt.Sprintf("SO-%s-%02d%02d", at.Format("0601"), n+1, i+1), At: at, Customer: c.Key, What: "Kertas kasir 80 mm", Amount: int64(3+n) * 250_000_00, Currency: "IDR"}
		if c.Market == customer.International {
			o.Amount, o.Currency = int64(3+n)*120_00, "USD"
		}
		if done.Before(start) {
			o.Done = done
		}
		c.Orders = append(c.Orders, o)
	}
	return c
}

// companies are the rows of the list of customers.
func (s shop) companies() iter.Seq[customer.Entry] {
	return func(yield func(customer.Entry) bool) {
		for _, c := range s.buyers {
			for _, e := range c.Entries() {
				if !yield(e) {
					return
				}
			}
		}
		s.others.Entries()(yield)
	}
}

// orders are the rows of the list of orders, the oldest first.
func (s shop) orders() iter.Seq[customer.OrderEntry] {
	all := s.others.Placed()
	for _, c := range s.buyers {
		all = append(all, c.Orders...)
	}
	slices.SortFunc(all, func(a, b customer.Order) int { return a.At.Compare(b.At) })
	return func(yield func(customer.OrderEntry) bool) {
		for _, o := range all {
			if !yield(s.others.Entry(o)) {
				return
			}
		}
	}
}

func (s shop) writeCompanies(to io.Writer) error {
	return customertest.WriteEntries(to, s.companies())
}

func (s shop) writeOrders(to io.Writer) error {
	return customertest.WriteOrderEntries(to, s.orders())
}
