package customer

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// full is a contact with every list full and every text as long as it may be, of the
// signs that take most room, put in past the methods that bound it.
func full() Contact {
	long := strings.Repeat(`"\<`, 20_000)
	c := Contact{
		ID: strings.Repeat("c", mostID), Name: long, Push: long, Type: long, Customer: strings.Repeat("k", mostID),
		Registered: nine, Wrote: nine, Consent: Consent{Declined, nine, long, long}, Block: Block{long, nine, long},
		Note: strings.Repeat("\"\n", 20_000), Refused: Refused{1 << 40, nine, nine, nine},
		Figures: Figures{Tickets: 1 << 40, Rated: 1 << 40, Stars: 1 << 42}, Into: "", Created: nine, Updated: nine,
	}
	for i := range 100 {
		c.Former = append(c.Former, fmt.Sprint(i, long))
		c.Phones = append(c.Phones, Phone(fmt.Sprint(628111111111111+i)))
		c.Chats = append(c.Chats, fmt.Sprint(i, strings.Repeat("c", 198)))
		c.Was = append(c.Was, fmt.Sprintf("%040d", i))
		c.Figures.Recent = append(c.Figures.Recent, Ticket{fmt.Sprint(i, long), long, nine, nine, 5})
	}
	return c
}

// Whatever is put in, a document fits.
func TestDocumentsFit(t *testing.T) {
	w := newWorld()
	c := full()
	w.do(t, c.Save)
	data := w.docs[ledger.Ref{Kind: KindContact, ID: c.ID}].Data
	if len(data) > 16<<10 {
		t.Errorf("a contact has %d bytes", len(data))
	}
	if len(data) < 11<<10 {
		t.Errorf("the fullest contact has %d bytes: nothing was tried", len(data))
	}
	got := w.contact(t, c.ID)
	w.do(t, got.Save)
	if again := w.contact(t, c.ID); !reflect.DeepEqual(again, got) {
		t.Errorf("saved again it is another: %+v, %+v", got, again)
	}
	long := strings.Repeat(`"\<`, 20_000)
	k := Customer{ID: strings.Repeat("k", mostID), Name: long, System: Panel, Place: long, Owner: long, Scheme: long, Created: nine, Updated: nine}
	for i := range 100 {
		k.Modules = append(k.Modules, fmt.Sprint(i, long))
		k.Aliases = append(k.Aliases, fmt.Sprint(i, long))
		k.Orders = append(k.Orders, Order{Number: fmt.Sprint(i, long), At: nine, Done: nine, Void: true, What: long, Amount: 1 << 60, Currency: "IDR"})
		k.Rhythm.Days = append(k.Rhythm.Days, Day{90_000 - i, 1 << 40})
	}
	k.Market, k.FollowUp, k.Contacted = Market(long), long, nine
	k.Rhythm.Orders, k.Rhythm.First, k.Rhythm.Last, k.Rhythm.FirstBy = 1<<40, nine, nine, long
	w.do(t, k.Save)
	if n := len(w.docs[ledger.Ref{Kind: KindCustomer, ID: k.ID}].Data); n > 16<<10 || n < 9<<10 {
		t.Errorf("a company has %d bytes", n)
	}
}

// Two full contacts merge within one commit.
func TestFullContactsMerge(t *testing.T) {
	w := newWorld()
	fill := func(id string, from int) {
		w.do(t, func(tx *ledger.Tx) error {
			c := full()
			c.ID, c.Was, c.Phones, c.Chats = id, nil, nil, nil
			c.Name = "a b c d e f g h i j k l " + id
			for i := range mostPhones {
				c.Phones = append(c.Phones, Phone(fmt.Sprint(628111111111000+from+i)))
			}
			for i := range mostChats {
				c.Chats = append(c.Chats, fmt.Sprint(id, i))
			}
			for _, ref := range pointers(c) {
				if err := tx.Put(ref, []byte(id)); err != nil {
					return err
				}
			}
			return c.Save(tx)
		})
	}
	fill("c1", 0)
	fill("c2", 100)
	n := w.do(t, func(tx *ledger.Tx) error { _, err := Merge(tx, "c1", "c2", "maya"); return err })
	t.Logf("%d rows", n)
	// What the full list had no room for still leads to the person.
	w.do(t, func(tx *ledger.Tx) error {
		c, ok, err := ByPhone(tx, "628111111111107")
		if !ok || c.ID != "c1" {
			t.Errorf("found %+v", c)
		}
		return err
	})
	w.check(t)
}

func TestStoredRoundTrip(t *testing.T) {
	w := newWorld()
	c := Contact{
		ID: "c1", Name: "Sari", Push: "Sari🌸", Former: []string{"Bu Sari"}, Phones: []Phone{"6281234567890"}, Chats: []string{"chat1"},
		Type: "kasir", Customer: "k1", Registered: nine, Wrote: nine, Consent: Consent{Agreed, nine, "client", "MULAI"},
		Block: Block{"andi", nine, "spam"}, Note: "a\nb", Refused: Refused{3, nine, nine, nine},
		Figures: Figures{3, 2, 9, []Ticket{{"HE-2", "t", nine.Add(1e9), nine, 5}, {"HE-1", "", nine, time.Time{}, 4}}},
		Was:     []string{"c0"}, Created: nine, Updated: nine,
	}
	k := Customer{
		ID: "k1", Key: "C-01", Name: "Toko Budi", System: Private, Place: "budi.example", Owner: "112233", Modules: []string{"POS"}, Scheme: "a\nb",
		Aliases: []string{"TB"}, Orders: []Order{{Number: "O1", At: nine, What: "kasir", Amount: 100, Currency: "IDR", Done: nine, Void: true}}, Created: nine, Updated: nine,
		Market: International, Rhythm: Rhythm{5, nine.Add(-72 * time.Hour), nine, "O0", []Day{{20780, 2}, {20777, 3}}}, Contacted: nine, FollowUp: "FU-261123-0001",
	}
	allSet(t, c, "Into")
	allSet(t, k)
	w.do(t, c.Save)
	w.do(t, k.Save)
	if got := w.contact(t, "c1"); !reflect.DeepEqual(got, c) {
		t.Errorf("%+v became %+v", c, got)
	}
	w.do(t, func(tx *ledger.Tx) error {
		got, ok, err := LoadCustomer(tx, "k1")
		if !ok || !reflect.DeepEqual(got, k) {
			t.Errorf("%+v became %+v", k, got)
		}
		if _, ok, _ := LoadCustomer(tx, ""); ok {
			t.Error("nobody is a company")
		}
		return err
	})
	for _, id := range []string{"", "a|b", strings.Repeat("x", 41), "a\xff"} {
		if _, err := w.try(Contact{ID: id}.Save); err == nil {
			t.Errorf("a contact %q was saved", id)
		}
		if _, err := w.try(Customer{ID: id}.Save); err == nil {
			t.Errorf("a company %q was saved", id)
		}
	}
}

// allSet keeps the round trip honest when a field is added.
func allSet(t *testing.T, v any, but ...string) {
	t.Helper()
	for field, value := range reflect.ValueOf(v).Fields() {
		if value.IsZero() && !strings.Contains(strings.Join(but, " "), field.Name) {
			t.Errorf("%T: nothing in %s", v, field.Name)
		}
	}
}

// What the first version wrote is read for ever.
func TestOldDocuments(t *testing.T) {
	for name, read := range map[string]func([]byte) (any, error){
		"contact_v1":  func(d []byte) (any, error) { return Decode(d) },
		"customer_v1": func(d []byte) (any, error) { return DecodeCustomer(d) },
	} {
		data, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		v, err := read(data)
		if err != nil {
			t.Fatal(err)
		}
		allSet(t, v, "Into", "Market", "Rhythm", "Contacted", "FollowUp") // these came with orders
		var stored any
		switch v := v.(type) {
		case Contact:
			stored = v.stored()
		case Customer:
			stored = v.stored()
		}
		again, _ := json.Marshal(stored)
		var a, b any
		if json.Unmarshal(data, &a) != nil || json.Unmarshal(again, &b) != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s: %s became %s", name, data, again)
		}
		if _, err := read([]byte(strings.Replace(string(data), `"v": 1`, `"v": 2`, 1))); err == nil {
			t.Errorf("%s of version 2 was read", name)
		}
		if _, err := read([]byte("{")); err == nil {
			t.Errorf("half a %s was read", name)
		}
	}
}
