package customer

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// twice does something two times: the second one changes nothing and says nothing.
func twice[T any](t *testing.T, what string, v *T, do func() ([]ledger.Event, error), event string) {
	t.Helper()
	events, err := do()
	if err != nil || len(events) == 0 || events[len(events)-1].What != event {
		t.Fatalf("%s: %v %v, want %s", what, events, err, event)
	}
	was := *v
	events, err = do()
	if len(events) != 0 || err != nil || !reflect.DeepEqual(was, *v) {
		t.Errorf("%s again: %v %v, %+v became %+v", what, events, err, was, *v)
	}
}

func TestContactTransitionsTwice(t *testing.T) {
	c := Contact{ID: "c1", Created: nine}
	at := nine.Add(time.Hour)
	twice(t, "rename", &c, func() ([]ledger.Event, error) { return c.Rename(" Bu  Sari ", "maya", at) }, "contact_renamed")
	twice(t, "rename", &c, func() ([]ledger.Event, error) { return c.Rename("Sari", "maya", at) }, "contact_renamed")
	twice(t, "type", &c, func() ([]ledger.Event, error) { return c.Become(DefaultTypes(), "kasir", "maya", at) }, "contact_typed")
	twice(t, "join", &c, func() ([]ledger.Event, error) { return c.Join("k1", "maya", at) }, "contact_joined")
	twice(t, "note", &c, func() ([]ledger.Event, error) { return c.Annotate("a\nb", "maya", at), nil }, "contact_noted")
	twice(t, "agree", &c, func() ([]ledger.Event, error) { return c.Agree("maya", "on the phone", at), nil }, "consent_given")
	twice(t, "decline", &c, func() ([]ledger.Event, error) { return c.Decline("client", "STOP", at.Add(1e9)), nil }, "consent_declined")
	twice(t, "block", &c, func() ([]ledger.Event, error) { return c.Shut("andi", "spam", at) }, "contact_blocked")
	if c.Block != (Block{"andi", at, "spam"}) || c.Name != "Sari" || c.Former[0] != "Bu Sari" || !c.Known() || c.Note != "a\nb" {
		t.Errorf("%+v", c)
	}
	twice(t, "unblock", &c, func() ([]ledger.Event, error) { return c.Admit("andi", at), nil }, "contact_unblocked")
	twice(t, "leave", &c, func() ([]ledger.Event, error) { return c.Join("", "maya", at) }, "contact_joined")
	if !c.Known() {
		t.Error("who left a company is no longer known")
	}
	fresh := Contact{ID: "c2"}
	twice(t, "register", &fresh, func() ([]ledger.Event, error) { return fresh.Register("import", at), nil }, "contact_registered")
	if !c.Call("Sari🌸", at) || c.Call("Sari🌸", at) || c.Call("", at) || c.Called() != "Sari" {
		t.Errorf("%+v", c)
	}
	if !c.HasWritten(at) || c.HasWritten(at) || c.HasWritten(at.Add(1)) || !c.HasWritten(nine) || !c.Wrote.Equal(nine) {
		t.Errorf("wrote first %v", c.Wrote)
	}
}

func TestContactRefusals(t *testing.T) {
	c := Contact{ID: "c1"}
	_, err := c.Rename(" \u200b", "maya", nine)
	refused(t, err, "name_missing")
	_, err = c.Become(DefaultTypes(), "raja", "maya", nine)
	refused(t, err, "type_unknown")
	_, err = c.Shut("andi", " ", nine)
	refused(t, err, "reason_missing")
	if _, err = c.Join("a|b", "maya", nine); err == nil {
		t.Error("joined a company that cannot be")
	}
	if !reflect.DeepEqual(c, Contact{ID: "c1"}) {
		t.Errorf("refusals left %+v", c)
	}
	for key, words := range refusals {
		r := &Refusal{Key: key}
		if r.Say("id") != words.id || r.Say("en") != words.en || words.id == "" || words.en == "" || r.Say("") != words.id {
			t.Errorf("%s says %q and %q", key, r.Say("id"), r.Say("en"))
		}
	}
	if err := error(&Refusal{Key: "name_missing"}); err.Error() != "refused: name_missing" {
		t.Error(err)
	}
	if (&Refusal{Key: "strange"}).Say("id") != refusals[""].id {
		t.Error("a strange refusal says nothing")
	}
}

// What was said later stands, whatever arrives first; of two at one time the no.
func TestConsentLaterWins(t *testing.T) {
	c := Contact{ID: "c1", Wrote: nine}
	if c.Decline("client", "STOP", nine.Add(time.Minute)) == nil || c.Agree("maya", "before", nine) != nil || c.Proactive() {
		t.Errorf("an older yes overturned a no: %+v", c.Consent)
	}
	if c.Agree("client", "MULAI", nine.Add(time.Minute)) != nil {
		t.Error("a yes of the same moment overturned a no")
	}
	if c.Agree("client", "MULAI", nine.Add(time.Hour)) == nil || !c.Proactive() {
		t.Errorf("a later yes counts for nothing: %+v", c.Consent)
	}
	c.Shut("andi", "spam", nine)
	if c.Proactive() || (Contact{Consent: Consent{Choice: Agreed}}).Proactive() {
		t.Error("the desk may write to who is blocked, or never wrote")
	}
}

func TestFigures(t *testing.T) {
	c := Contact{ID: "c1"}
	if _, ok := c.Figures.Average(); ok {
		t.Error("an average of nothing")
	}
	stars := []int{5, 0, 3, 4, 1, 5, 5, 2, 4, 5, 3, 5}
	for i, s := range stars {
		line := Ticket{Number: "HE-" + string(rune('A'+i)), Opened: nine.Add(time.Duration(i) * time.Hour)}
		closed := line
		closed.Closed = line.Opened.Add(time.Minute)
		rated := closed
		rated.Stars = s
		for n, step := range []Ticket{line, closed, rated} {
			if changed := c.Track(step, nine); changed != (n < 2 || s > 0) {
				t.Errorf("%+v changed nothing", step)
			}
			if c.Track(step, nine) {
				t.Errorf("%+v changed something twice", step)
			}
		}
	}
	f := c.Figures
	if f.Tickets != 12 || f.Rated != 11 || f.Stars != 42 || len(f.Recent) != mostTickets || f.Recent[0].Number != "HE-L" {
		t.Errorf("%+v", f)
	}
	if c.Track(Ticket{Number: "HE-A", Opened: nine, Stars: 1}, nine) || c.Track(Ticket{}, nine) {
		t.Error("a ticket long past counted again")
	}
	if !c.Track(Ticket{Number: "HE-L", Opened: nine.Add(11 * time.Hour), Stars: 1}, nine) || c.Figures.Stars != 38 || c.Figures.Rated != 11 {
		t.Errorf("a rating changed: %+v", c.Figures)
	}
	if !c.Untrack("HE-L", nine) || c.Untrack("HE-L", nine) || c.Figures.Tickets != 11 || c.Figures.Stars != 37 {
		t.Errorf("a ticket merged away: %+v", c.Figures)
	}
	if mean, ok := c.Figures.Average(); !ok || mean != 3.7 {
		t.Errorf("average %v", mean)
	}
}

func TestCustomerTransitionsTwice(t *testing.T) {
	c, events, err := Create("k1", "  Toko\nBudi ", "maya", nine)
	if err != nil || len(events) != 1 || c.Name != "Toko Budi" {
		t.Fatal(c, events, err)
	}
	twice(t, "rename", &c, func() ([]ledger.Event, error) { return c.Rename("Toko Budi Jaya", "maya", nine) }, "customer_renamed")
	twice(t, "settle", &c, func() ([]ledger.Event, error) {
		return c.Settle(Private, "https://www.Budi.example/login", "maya", nine)
	}, "customer_settled")
	if c.Place != "budi.example" {
		t.Errorf("the domain is %q", c.Place)
	}
	twice(t, "settle", &c, func() ([]ledger.Event, error) { return c.Settle(Panel, "BUDI GROUP", "maya", nine) }, "customer_settled")
	twice(t, "assign", &c, func() ([]ledger.Event, error) { return c.Assign("112233445566778899", "lina", nine) }, "owner_changed")
	twice(t, "map", &c, func() ([]ledger.Event, error) {
		return c.Map([]string{"POS", " POS", "", "BI"}, "a\n\nb", "maya", nine), nil
	}, "mapping_changed")
	twice(t, "alias", &c, func() ([]ledger.Event, error) { return c.Alias([]string{"TBJ"}, "maya", nine), nil }, "aliases_changed")
	if strings.Join(c.Modules, " ") != "POS BI" || c.Scheme != "a\nb" {
		t.Errorf("%+v", c)
	}
	for i := range 8 {
		o := Order{Number: "O" + string(rune('1'+i)), At: nine.Add(time.Duration(i) * time.Hour), Amount: int64(i) * 100, Currency: "IDR"}
		if !c.Ordered(o, nine) || c.Ordered(o, nine) {
			t.Errorf("order %d", i)
		}
	}
	if CustomerLog(c.ID) != "customer/k1" || len(c.Orders) != mostOrders || c.Orders[0].Number != "O8" || c.Ordered(Order{Number: "O1", At: nine}, nine) || c.Ordered(Order{}, nine) {
		t.Errorf("%+v", c.Orders)
	}
	if !c.Ordered(Order{Number: "O8", At: nine.Add(7 * time.Hour), Amount: 1}, nine) || len(c.Orders) != mostOrders || c.Orders[0].Amount != 1 {
		t.Errorf("an order changed: %+v", c.Orders)
	}
	was := c
	_, err = c.Rename("", "maya", nine)
	refused(t, err, "name_missing")
	_, err = c.Assign("sari", "maya", nine)
	refused(t, err, "user_unknown")
	_, err = c.Settle("cloud", "x", "maya", nine)
	refused(t, err, "system_unknown")
	_, err = c.Settle(Panel, " ", "maya", nine)
	refused(t, err, "place_missing")
	_, _, err = Create("k2", "", "maya", nine)
	refused(t, err, "name_missing")
	if !reflect.DeepEqual(was, c) {
		t.Errorf("refusals left %+v", c)
	}
	if ev, err := c.Settle("", "", "maya", nine); err != nil || len(ev) != 1 || c.Place != "" {
		t.Errorf("nobody knows where: %v %v %+v", ev, err, c)
	}
	if _, _, err := Create(strings.Repeat("k", 41), "x", "maya", nine); err == nil {
		t.Error("an id of 41 bytes")
	}
}

func TestTypes(t *testing.T) {
	types := DefaultTypes()
	if err := types.Check(); err != nil {
		t.Error(err)
	}
	if types.Label("kasir", "id") != "Kasir" || types.Label("kasir", "en") != "Cashier" || types.Label("gone", "en") != "gone" {
		t.Error("labels")
	}
	bad := Types{{"kasir", "Kasir", "Cashier"}, {"kasir", "", "Two\nlines"}, {"Big Key", "a", "b"}}
	err := bad.Check()
	for _, want := range []string{"twice", `label ""`, `"Two\nlines"`, `"Big Key"`, `"lainnya" is missing`, `"prospek" is missing`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %s", err, want)
		}
	}
	for range mostTypes {
		types = append(types, UserType{})
	}
	if err := types.Check(); !strings.Contains(err.Error(), "at most 24") {
		t.Error(err)
	}
}
