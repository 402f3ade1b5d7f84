package customer

import (
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// enter takes a row in and returns what became of it; it must be taken.
func (w *world) enter(t tb, e Entry) Entered {
	t.Helper()
	got, bad := w.offer(t, e)
	if len(bad) > 0 {
		t.Fatalf("%+v has faults %v", e, bad)
	}
	return got
}

func (w *world) offer(t tb, e Entry) (got Entered, bad []Fault) {
	t.Helper()
	rows := w.do(t, func(tx *ledger.Tx) (err error) {
		got, bad, err = e.Enter(tx, DefaultTypes(), "import")
		return err
	})
	if len(bad) > 0 && rows > 0 {
		t.Errorf("%+v has faults %v and wrote %d rows", e, bad, rows)
	}
	return got, bad
}

// again enters everything once more and sees that nothing is new.
func (w *world) again(t tb, all ...Entry) {
	t.Helper()
	for _, e := range all {
		rows := w.do(t, func(tx *ledger.Tx) error {
			got, bad, err := e.Enter(tx, DefaultTypes(), "import")
			if got.New || got.Changed || len(bad) > 0 {
				t.Errorf("%+v again is %+v %v", e, got, bad)
			}
			return err
		})
		if rows > 0 {
			t.Errorf("%+v again writes %d rows", e, rows)
		}
	}
}

func (w *world) company(t tb, id string) Customer {
	t.Helper()
	c, err := DecodeCustomer(w.docs[ledger.Ref{Kind: KindCustomer, ID: id}].Data)
	if err != nil {
		t.Fatalf("company %s: %v", id, err)
	}
	return c
}

func TestEntryMakesCompanyAndPerson(t *testing.T) {
	t.Parallel()
	w := newWorld()
	e := Entry{
		Key: "C-001", Name: "PT Maju  Jaya", Place: "https://www.maju.example/login", Market: "Ekspor", Modules: "POS; BI, POS",
		Scheme: "a\nb", Owner: "<@112233445566778899>", Aliases: "MJ",
		Person: "Budi", Phone: "0812-3456-7890/0857 1234 5678", Type: "Kasir", Note: "pagi saja", Consent: "Ya",
	}
	got := w.enter(t, e)
	c := w.company(t, got.Customer)
	if c.Key != "C-001" || c.Name != "PT Maju Jaya" || c.System != Private || c.Place != "maju.example" ||
		strings.Join(c.Modules, "|") != "POS|BI" || c.Scheme != "a\nb" || c.Owner != "112233445566778899" || len(c.Aliases) != 1 {
		t.Errorf("company %+v", c)
	}
	p := w.contact(t, got.Contact)
	if p.Name != "Budi" || len(p.Phones) != 2 || p.Type != "kasir" || p.Note != "pagi saja" || p.Customer != c.ID ||
		p.Consent.Choice != Agreed || p.Consent.By != "import" || p.Registered.IsZero() {
		t.Errorf("contact %+v", p)
	}
	if !got.New {
		t.Error("it is not new")
	}
	w.again(t, e, Entry{Key: "c-001"}, Entry{Name: "maju jaya, pt"}, Entry{Place: "maju.example"}, Entry{Phone: "+62 812 3456 7890"})
	w.check(t)
}

// Two rows of one company are one company, however they name it.
func TestEntriesOfOneCompany(t *testing.T) {
	t.Parallel()
	w := newWorld()
	rows := []Entry{
		{Name: "PT Maju Jaya", Person: "Budi", Phone: "081234567890"},
		{Name: "P.T. MAJU JAYA", Person: "Siti", Phone: "081234567891"},
		{Name: "Maju Jaya", Place: "Grup Maju", Phone: "081234567892"},
		{Place: "grup maju", Phone: "081234567893"},
	}
	first := w.enter(t, rows[0])
	for _, e := range rows[1:] {
		if got := w.enter(t, e); got.Customer != first.Customer {
			t.Errorf("%+v is of %s, want %s", e, got.Customer, first.Customer)
		}
	}
	other := Entry{Name: "CV Maju Jaya"}
	if got := w.enter(t, other); got.Customer == first.Customer || !got.New {
		t.Errorf("the CV is %+v", got)
	}
	branch := Entry{Name: "Maju Jaya", Place: "Grup Lain"}
	if got := w.enter(t, branch); got.Customer == first.Customer {
		t.Errorf("the branch is %+v", got)
	}
	keyed := Entry{Key: "C-9", Name: "Maju Jaya", Place: "Grup Maju"}
	if got := w.enter(t, keyed); got.Customer != first.Customer || !got.Changed {
		t.Errorf("the key makes it %+v", got)
	}
	second := Entry{Key: "C-10", Name: "Maju Jaya", Place: "Grup Maju"}
	if got := w.enter(t, second); got.Customer == first.Customer {
		t.Errorf("another key is %+v", got)
	}
	w.again(t, other, branch, keyed, second)
	if _, bad := w.offer(t, Entry{Name: "Maju Jaya", Phone: "081234567894"}); len(bad) != 1 || bad[0].Why != "name_ambiguous" {
		t.Errorf("a name of three is %v", bad)
	}
	w.check(t)
}

func TestEntryRefusesWhatIsAnothers(t *testing.T) {
	t.Parallel()
	w := newWorld()
	a := w.enter(t, Entry{Key: "A", Name: "Satu", Person: "Budi", Phone: "081234567890"})
	w.enter(t, Entry{Key: "B", Name: "Dua", Person: "Siti", Phone: "081234567891"})
	for why, e := range map[string]Entry{
		"number_elsewhere": {Key: "B", Phone: "081234567890"},
		"number_taken":     {Phone: "081234567890, 081234567891"},
		"customer_unknown": {Key: "C", Phone: "081234567899"},
		"row_empty":        {},
		"number_needed":    {Name: "Satu", Person: "Ani"},
		"type_unknown":     {Phone: "081234567890", Type: "raja"},
		"market_unknown":   {Name: "Satu", Market: "bulan"},
		"consent_unknown":  {Phone: "081234567890", Consent: "mungkin"},
		"user_unknown":     {Name: "Satu", Owner: "Budi"},
		"place_missing":    {Name: "Satu", System: "panel"},
		"system_unknown":   {Name: "Satu", System: "kertas", Place: "x"},
		"field_long":       {Name: "Satu", Scheme: strings.Repeat("x", 9000)},
		"key_long":         {Name: "Satu", Key: strings.Repeat("x", 90)},
		"number_cut":       {Name: "Satu", Phone: "6,28E+12"},
	} {
		if _, bad := w.offer(t, e); len(bad) != 1 || bad[0].Why != why {
			t.Errorf("%+v has %v, want %s", e, bad, why)
		}
	}
	if c := w.company(t, a.Customer); c.Name != "Satu" {
		t.Errorf("company %+v", c)
	}
	w.check(t)
}

// A list never goes over what a person said.
func TestEntryKeepsTheNo(t *testing.T) {
	t.Parallel()
	w := newWorld()
	yes := Entry{Phone: "081234567890", Consent: "ya"}
	got := w.enter(t, yes)
	w.now = w.now.Add(time.Hour)
	w.do(t, func(tx *ledger.Tx) error {
		c, _, err := Load(tx, got.Contact)
		if err != nil {
			return err
		}
		c.Decline("client", "BERHENTI", tx.Now())
		return c.Save(tx)
	})
	w.now = w.now.Add(time.Hour)
	w.again(t, yes)
	if c := w.contact(t, got.Contact); c.Consent.Choice != Declined || c.Consent.By != "client" {
		t.Errorf("consent %+v", c.Consent)
	}
	w.check(t)
}

// An id that was given is never given to somebody else.
func TestEntryGivesNoIDTwice(t *testing.T) {
	t.Parallel()
	w := newWorld()
	first := w.enter(t, Entry{Person: "Budi", Phone: "081234567890"})
	w.do(t, func(tx *ledger.Tx) error {
		c, _, err := Load(tx, first.Contact)
		if err != nil {
			return err
		}
		return Detach(tx, &c, "6281234567890", "agent")
	})
	second := w.enter(t, Entry{Person: "Siti", Phone: "081234567890"})
	if second.Contact == first.Contact {
		t.Error("two people have one id")
	}
	company := w.enter(t, Entry{Name: "Satu"})
	w.do(t, func(tx *ledger.Tx) error {
		c, _, err := LoadCustomer(tx, company.Customer)
		if err != nil {
			return err
		}
		if _, err := c.Rename("Dua", "agent", tx.Now()); err != nil {
			return err
		}
		return c.Save(tx)
	})
	if again := w.enter(t, Entry{Name: "Satu"}); again.Customer == company.Customer || !again.New {
		t.Errorf("the name of old is %+v", again)
	}
	if c := w.company(t, company.Customer); c.Name != "Dua" {
		t.Errorf("company %+v", c)
	}
	w.check(t)
}
