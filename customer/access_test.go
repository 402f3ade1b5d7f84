package customer

import (
	"strings"
	"testing"
	"time"
)

func TestAllows(t *testing.T) {
	stranger := Contact{ID: "c1"}
	entered := Contact{ID: "c2", Registered: nine}
	cashier := Contact{ID: "c3", Customer: "k1", Type: "kasir"}
	blocked := Contact{ID: "c4", Customer: "k1", Type: "kasir", Block: Block{"andi", nine, "spam"}}
	typed := Contact{ID: "c5", Type: "kasir"}
	for _, test := range []struct {
		policy Policy
		who    Contact
		known  bool
		want   Verdict
	}{
		{Policy{}, stranger, false, Welcome},
		{Policy{}, Contact{}, false, Welcome},
		{Policy{Mode: Everyone}, stranger, true, Welcome},
		{Policy{Mode: Everyone}, blocked, true, Blocked},
		{Policy{Mode: Registered}, Contact{}, false, NotRegistered},
		{Policy{Mode: Registered}, stranger, true, NotRegistered},
		{Policy{Mode: Registered}, typed, true, NotRegistered},
		{Policy{Mode: Registered}, entered, true, Welcome},
		{Policy{Mode: Registered}, entered, false, NotRegistered},
		{Policy{Mode: Registered}, cashier, true, Welcome},
		{Policy{Mode: Registered}, blocked, true, Blocked},
		{Policy{ByType, []string{"kasir"}}, cashier, true, Welcome},
		{Policy{ByType, []string{"kasir"}}, typed, true, Welcome},
		{Policy{ByType, []string{"kasir"}}, entered, true, NotServed},
		{Policy{ByType, []string{"kasir"}}, stranger, false, NotServed},
		{Policy{ByType, []string{TypeProspect}}, stranger, false, Welcome},
		{Policy{ByType, []string{TypeOther}}, entered, true, Welcome},
		{Policy{ByType, []string{"kasir"}}, blocked, true, Blocked},
		{Policy{Mode: "strange"}, stranger, true, NotRegistered},
		{Policy{Mode: "strange"}, entered, true, Welcome},
	} {
		if got := Allows(test.policy, test.who, test.known); got != test.want || got.Allowed() != (test.want == Welcome) {
			t.Errorf("%+v for %+v, known %v: %s, want %s", test.policy, test.who, test.known, got, test.want)
		}
	}
}

func TestPolicyCheck(t *testing.T) {
	for want, p := range map[string]Policy{
		"":                {},
		"names no user":   {Mode: ByType},
		`want "open"`:     {Mode: "shut"},
		`"raja" is not`:   {ByType, []string{"kasir", "raja"}},
		"they belong to ": {Registered, []string{"kasir"}},
	} {
		err := p.Check(DefaultTypes())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", p, err, want)
		}
	}
	if err := (Policy{ByType, []string{"kasir"}}).Check(DefaultTypes()); err != nil {
		t.Error(err)
	}
}

// A stranger writes all day: told and shown once a day, every message counted once.
func TestTurnAway(t *testing.T) {
	c := Contact{ID: "c1", Push: "Anton", Phones: []Phone{"6281234567890"}}
	told := 0
	for hour := range 50 {
		at := nine.Add(time.Duration(hour) * time.Hour)
		for range 2 { // redelivery
			events, tell := c.TurnAway(NotRegistered, at)
			if (len(events) == 1) != tell {
				t.Errorf("told %v, events %v", tell, events)
			}
			if tell {
				told++
			}
		}
	}
	if told != 3 || c.Refused.Count != 50 || !c.Refused.First.Equal(nine) || !c.Refused.Last.Equal(nine.Add(49*time.Hour)) {
		t.Errorf("told %d times: %+v", told, c.Refused)
	}
	for _, v := range []Verdict{Welcome, Blocked} {
		if _, tell := c.TurnAway(v, nine.Add(1000*time.Hour)); tell || c.Refused.Count != 50 {
			t.Errorf("%s was turned away", v)
		}
	}
	p := c.Prospect(Customer{}, "Halo,\n\nmau tanya harga\u202e "+strings.Repeat("x", 1000), NotRegistered, nine)
	want := Prospect{
		Contact: "c1", Name: "Anton", Number: "+62 812-3456-7890", Type: TypeProspect, Attempts: 50, At: nine, Why: NotRegistered, Text: p.Text,
	}
	if p != want || len(p.Text) != longWords || !strings.HasPrefix(p.Text, "Halo,\nmau tanya harga x") {
		t.Errorf("%+v", p)
	}
	c.Customer, c.Phones = "k1", nil
	if p := c.Prospect(Customer{ID: "k1", Name: "Toko", Owner: "12345"}, "", NotServed, nine); p.Owner != "12345" || p.Customer != "Toko" || p.Number != "" {
		t.Errorf("%+v", p)
	}
}
