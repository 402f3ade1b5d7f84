package desk

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
)

// storeOlder stores a company as a halo before orders did: nothing leads to it but words.
func storeOlder(t *testing.T, st *store.Store, id, name, place string) {
	t.Helper()
	_, err := st.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		system := ""
		if place != "" {
			system = "panel"
		}
		doc := fmt.Sprintf(`{"v":1,"id":%q,"name":%q,"system":%q,"place":%q,"created":1700000000000,"updated":1700000000000}`, id, name, system, place)
		return errors.Join(customer.Customers.Place(tx, id, nil, []string{name, place}), tx.Put(ledger.Ref{Kind: customer.KindCustomer, ID: id}, []byte(doc)))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Companies of an older halo are found by place and by name, however many there are, and
// none is made anew.
func TestImportFindsCompaniesOfAnOlderHalo(t *testing.T) {
	t.Parallel()
	i := newImporting(t)
	storeOlder(t, i.st, "old1", "PT Lama Sekali", "")
	storeOlder(t, i.st, "old2", "Toko Lain", "Grup Lama")
	for n := range leadPage/2 + 7 { // of one word each: many rows with one score
		storeOlder(t, i.st, fmt.Sprintf("more%d", n), "Toko", "")
	}
	storeOlder(t, i.st, "old3", "Zebra Zaman Dahulu", "")
	orders := i.list("pesanan.csv", "No. Pesanan;Nama Perusahaan;Grup Outlet/Domain;Tgl Pesan\n"+
		"A-1;Lama Sekali, PT;;2026-11-02\nA-2;;grup lama;2026-11-02\nA-3;Zebra Zaman Dahulu;;2026-11-03\n")
	for range 2 {
		if _, err := RunImport(t.Context(), i.cfg, i.o, Import{List: ListOrders, Path: orders}); err != nil {
			t.Fatal(err)
		}
	}
	for number, want := range map[string]string{"A-1": "old1", "A-2": "old2", "A-3": "old3"} {
		if o, _ := i.order(number); o.Customer != want {
			t.Errorf("order %s is of %q, want %s", number, o.Customer, want)
		}
	}
}

// The API finds them too.
func TestAPIFindsCompaniesOfAnOlderHalo(t *testing.T) {
	o := openOffice(t)
	storeOlder(t, o.store, "old1", "Toko Maju", "TKMAJU")
	if status, answer := o.post("/v1/orders", anOrder, ""); status != 201 || !strings.Contains(answer, `"customer":"old1"`) {
		t.Errorf("%d %s", status, answer)
	}
}
