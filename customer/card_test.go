package customer

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

func TestCard(t *testing.T) {
	c := Contact{
		ID: "c1", Name: "Bu Sari", Push: "Sari🌸", Phones: []Phone{"6281234567890", "12125552368"}, Type: "kasir", Customer: "k1",
		Registered: nine, Note: "likes tea",
	}
	for i := range 8 {
		c.Track(Ticket{Number: fmt.Sprint("HE-", i), Opened: nine.Add(time.Duration(i) * time.Hour), Stars: i % 6}, nine)
	}
	k := Customer{ID: "k1", Name: "Toko Budi", System: Panel, Place: "BUDI GROUP", Modules: []string{"POS"}, Scheme: "s", Owner: "112233"}
	for i := range 3 {
		k.Ordered(Order{Number: fmt.Sprint("O", i), At: nine.Add(time.Duration(i) * time.Hour)}, nine)
	}
	card := NewCard(c, k, "HE-7")
	want := Card{
		Contact: "c1", Name: "Bu Sari", Push: "Sari🌸", Number: "+62 812-3456-7890", Numbers: []string{"+1 212-555-2368"}, Type: "kasir",
		Note: "likes tea", Registered: true, Customer: "k1", Company: "Toko Budi", System: Panel, Place: "BUDI GROUP",
		Modules: []string{"POS"}, Scheme: "s", Owner: "112233", Orders: k.Orders, Tickets: 8, Last: c.Figures.Recent[1:6], Average: 16.0 / 6, Rated: 6,
	}
	if !reflect.DeepEqual(card, want) {
		t.Errorf("%+v, want %+v", card, want)
	}
	// Of a stranger who shows only a LID there is little to say.
	card = NewCard(Contact{ID: "c2", Push: "Anton"}, Customer{}, "")
	if want := (Card{Contact: "c2", Name: "Anton", Type: TypeProspect}); !reflect.DeepEqual(card, want) {
		t.Errorf("%+v, want %+v", card, want)
	}
}
