package customer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// What is noted in a Tx can be stored, and searched with the store's indexes.
func TestOnTheStore(t *testing.T) {
	client := storetest.Memory(t)
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	s := store.New(client, store.Options{Desk: "halo", Now: func() time.Time { return now }})
	do := func(change func(*ledger.Tx) error) {
		t.Helper()
		if _, err := s.Update(t.Context(), ledger.Cause{}, change); err != nil {
			t.Fatal(err)
		}
	}
	do(func(tx *ledger.Tx) error {
		c, _, err := customer.Create("k1", "Toko Sinar Soeharto", "maya", now)
		if err != nil {
			return err
		}
		return c.Save(tx)
	})
	for i := range 30 {
		do(func(tx *ledger.Tx) error {
			who := customer.Who{Phone: customer.Phone(fmt.Sprint(6281234567800 + i)), Push: "Budi 陈大文", Chats: []string{fmt.Sprint("chat", i)}}
			c, _, err := customer.Find(tx, fmt.Sprint("c", i), who)
			if err != nil {
				return err
			}
			if _, err = c.Join("k1", "maya", now); err != nil {
				return err
			}
			return c.Save(tx)
		})
	}
	do(func(tx *ledger.Tx) error {
		c, _, err := customer.Find(tx, "again", customer.Who{Phone: "6281234567800", Chats: []string{"chat1"}})
		if c.ID != "c0" {
			t.Errorf("merged into %+v", c)
		}
		return err
	})
	search := func(q *customer.Search) string {
		t.Helper()
		for p, ok := q.Next(); ok; p, ok = q.Next() {
			rows, err := s.Index(t.Context(), p.Index, store.Range{Min: &p.Min, Max: &p.Max, Offset: p.Offset, Limit: p.Limit})
			if err != nil {
				t.Fatal(err)
			}
			q.Take(rows)
		}
		var ids []string
		for _, h := range q.Hits() {
			ids = append(ids, h.ID)
		}
		return strings.Join(ids, " ")
	}
	for what, got := range map[string][2]string{
		"the end of a number":        {search(customer.Numbers("7829", 5)), "6281234567829"},
		"a number of who was merged": {search(customer.Numbers("0812 3456 7801", 5)), "6281234567801"},
		"an old name":                {search(customer.Customers.On("suhart tok", 5)), "k1"},
		"a name of many":             {fmt.Sprint(len(strings.Fields(search(customer.Contacts.On("budi 陈", 50))))), "29"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s finds %q, want %q", what, got[0], got[1])
		}
	}
	if n, err := s.IndexLen(t.Context(), customer.PeopleOf("k1")); n != 29 || err != nil {
		t.Errorf("%d people at the company (%v), want 29", n, err)
	}
	storetest.Check(t, client, "halo")
}
