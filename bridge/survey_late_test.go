package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// told is an order of a company as the ERP tells it now, completed so many days ago.
func (p *poll) told(number, company string, days int, void bool) {
	p.t.Helper()
	p.look(func(tx *ledger.Tx) error {
		done := tx.Now().AddDate(0, 0, -days)
		o := customer.Order{Number: number, At: done.AddDate(0, 0, -7), Done: done, Void: void, Customer: company, What: "Lisensi", Amount: 100, Currency: "IDR"}
		_, err := p.policy.PlaceOrder(tx, o, "sari")
		return err
	})
}

// An order of which the desk hears only after the list of its days is on the next list,
// marked, and on no other; a history of before the first list asks nobody.
func TestAnOrderRecordedLate(t *testing.T) {
	t.Parallel()
	aPoll(t, "2026-12-01 08:30", func(p *poll) {
		for _, id := range []string{"ana", "budi", "citra", "dedi"} {
			p.company(id, "Toko "+id)
		}
		p.person(1, "Ana", "ana")
		budi := p.person(2, "Budi", "budi")
		p.person(3, "Dedi", "dedi")
		for n := range 130 {
			p.told(fmt.Sprintf("OLD-%03d", n), "ana", 130+n%60, false)
		}
		p.told("PO-1", "ana", 100, false)
		p.job()
		p.pause(10 * time.Minute)
		if got := p.listed("SV-2612"); !slices.Equal(got, []string{"PO-1|SV-2612-0001|"}) {
			t.Errorf("the first list has %q", got)
		}

		p.until("2026-12-10 10:00")
		for n := range 7 {
			p.told(fmt.Sprintf("LATE-%d", n), "budi", 130+n, false)
		}
		p.told("TOO-OLD", "citra", 190, false)
		p.told("VOIDED", "dedi", 140, false)
		p.told("VOIDED", "dedi", 140, true)
		p.told("LATE-0", "budi", 131, false) // a correction
		p.told("PO-1", "ana", 150, false)    // of one that a list has
		p.told("PO-2", "dedi", 80, false)    // belongs on the next list anyhow

		p.until("2027-01-04 08:00")
		p.job()
		p.pause(30 * time.Minute)
		r := p.round("SV-2701")
		var got []string
		for _, member := range p.listed("SV-2701") {
			l, _ := bridge.ParseListed(member)
			got = append(got, l.Order)
		}
		slices.Sort(got)
		want := []string{"LATE-0", "LATE-1", "LATE-2", "LATE-3", "LATE-4", "LATE-5", "LATE-6", "PO-2"}
		if !slices.Equal(got, want) || !r.Done || r.Tally.Orders != 8 || r.Tally.Customers != 2 {
			t.Errorf("the second list has %q: %+v", got, r)
		}
		list := strings.Join(p.lines(p.ticket("SV-2701").Thread), "\n")
		if n := strings.Count(list, "terlambat dicatat"); n != 7 {
			t.Errorf("%d lines are marked:\n%s", n, list)
		}
		p.wantLast(budi, 1, "(1 dari 6)")

		p.told("LATE-1", "budi", 150, false) // corrected when it was on a list
		p.until("2027-02-01 08:00")
		p.job()
		p.pause(10 * time.Minute)
		if got := p.listed("SV-2702"); len(got) != 0 {
			t.Errorf("the third list has %q", got)
		}
		rows, err := p.store.Index(p.t.Context(), "survey-late", store.Range{})
		if err != nil || len(rows) != 0 {
			t.Errorf("left for later: %v %v", rows, err)
		}
	})
}
