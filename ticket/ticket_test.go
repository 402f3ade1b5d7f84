package ticket

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

var noon = time.Date(2025, 1, 14, 12, 0, 0, 0, time.UTC)

// shelf is a store of documents for one test.
type shelf map[ledger.Ref][]byte

func (s shelf) Doc(r ledger.Ref) (ledger.Doc, error) {
	if d, ok := s[r]; ok {
		return ledger.Doc{Version: 1, Data: d}, nil
	}
	return ledger.Doc{}, nil
}
func (shelf) Next(string) (int64, error) { return 1, nil }
func (shelf) Status(string, string) (ledger.Status, bool, error) {
	return ledger.Status{}, false, nil
}
func (shelf) LetterByExt(string, string) (string, bool, error) { return "", false, nil }
func (shelf) DeadLetter(string) (ledger.Letter, bool, error)   { return ledger.Letter{}, false, nil }

// do runs fn and keeps what it put.
func (s shelf) do(t *testing.T, fn func(tx *ledger.Tx) error) {
	t.Helper()
	tx := ledger.NewTx(noon, s)
	if err := fn(tx); err != nil {
		t.Fatal(err)
	}
	for _, p := range tx.Finish().Puts {
		s[p.Ref] = p.Data
	}
}

func TestNumber(t *testing.T) {
	jakarta := time.FixedZone("WIB", 7*3600)
	for _, test := range []struct {
		at   time.Time
		n    int64
		want string
	}{
		{noon.In(jakarta), 7, "HE-250114-0007"},
		{time.Date(2025, 1, 14, 17, 0, 0, 0, time.UTC).In(jakarta), 1, "HE-250115-0001"}, // the desk's day, not UTC's
		{noon.In(jakarta), 12345, "HE-250114-12345"},
	} {
		if got := Number("HE", test.at, test.n); got != test.want {
			t.Errorf("Number = %s, want %s", got, test.want)
		}
	}
}

func TestTitle(t *testing.T) {
	for _, test := range []struct{ name, phone, want string }{
		{"Ana", "628123456789", "HE-1 · Ana · 6789"},
		{"", "628123456789", "HE-1 · 6789"},
		{"Ana", "", "HE-1 · Ana"}, // only a LID is known: nothing that looks like a number
		{strings.Repeat("é", 200), "", "HE-1 · " + strings.Repeat("é", 92) + "…"},
	} {
		c := Conversation{Name: test.name, Phone: test.phone}
		if got := Open(&c, "HE-1", noon).Title; got != test.want {
			t.Errorf("title of %+v is %q, want %q", test, got, test.want)
		}
	}
}

// A ticket's life, every step taken twice.
func TestLifeTwice(t *testing.T) {
	c := Conversation{ID: "c1", Name: "Ana"}
	tk := Open(&c, "HE-1", noon)
	if tk.State != New || c.Open != "HE-1" || c.Tickets != 1 {
		t.Fatalf("opened: %+v %+v", tk, c)
	}
	if events := tk.Respond("sari", noon.Add(time.Minute)); whats(events) != "accepted responded" {
		t.Errorf("the first answer did not count: %v", events)
	}
	after := tk
	if len(tk.Respond("dewi", noon.Add(time.Hour))) > 0 || !reflect.DeepEqual(tk, after) {
		t.Errorf("the second answer changed the ticket: %+v", tk)
	}
	if tk.Agent != "sari" || tk.State != Assigned {
		t.Errorf("after the answer: %+v", tk)
	}
	if events, err := tk.Drop("spam", "sari", noon.Add(2*time.Hour)); whats(events) != "closed" || err != nil {
		t.Errorf("closing: %v %v", events, err)
	}
	c.Follow(tk)
	closed, conv := tk, c
	events, err := tk.Drop("spam", "sari", noon.Add(3*time.Hour))
	c.Follow(tk)
	if len(events) > 0 || err != nil || !reflect.DeepEqual(tk, closed) || !reflect.DeepEqual(c, conv) {
		t.Errorf("closing twice changed something: %+v %+v", tk, c)
	}
	if c.Open != "" || c.Last != "HE-1" {
		t.Errorf("conversation after closing: %+v", c)
	}
	if len(tk.Respond("sari", noon)) > 0 {
		t.Error("a closed ticket was answered")
	}
}

// Closing an older ticket must not take the open one away from its client.
func TestClosingAnOlderTicket(t *testing.T) {
	c := Conversation{ID: "c1"}
	old := Open(&c, "HE-1", noon)
	Open(&c, "HE-2", noon)
	if _, err := old.Drop("", "sari", noon); err != nil {
		t.Fatal(err)
	}
	c.Follow(old)
	if c.Open != "HE-2" {
		t.Errorf("open ticket is %q, want HE-2", c.Open)
	}
}

func TestFind(t *testing.T) {
	s := shelf{}
	find := func(id string, addresses ...string) (c Conversation) {
		t.Helper()
		s.do(t, func(tx *ledger.Tx) (err error) {
			if c, err = Find(tx, id, addresses...); err != nil {
				return err
			}
			return c.Save(tx)
		})
		return c
	}
	if c := find("c1", "lid", ""); c.ID != "c1" || !slices.Equal(c.Addresses, []string{"lid"}) {
		t.Fatalf("new: %+v", c)
	}
	if c := find("other", "pn", "lid"); c.ID != "c1" || !slices.Equal(c.Addresses, []string{"lid", "pn"}) {
		t.Errorf("the other address was not tied to the same person: %+v", c)
	}
	if c := find("other", "pn"); c.ID != "c1" {
		t.Errorf("by the number alone: %+v", c)
	}
}

// Two conversations turn out to be one person: the open ticket wins.
func TestFindMerges(t *testing.T) {
	s := shelf{}
	s.do(t, func(tx *ledger.Tx) error {
		byLID, _ := Find(tx, "c1", "lid")
		if err := byLID.Save(tx); err != nil {
			return err
		}
		byNumber, _ := Find(tx, "c2", "pn")
		Open(&byNumber, "HE-1", noon)
		return byNumber.Save(tx)
	})
	s.do(t, func(tx *ledger.Tx) error {
		c, err := Find(tx, "c3", "lid", "pn")
		if c.ID != "c2" || c.Open != "HE-1" || !slices.Equal(c.Addresses, []string{"pn", "lid"}) {
			t.Errorf("merged: %+v", c)
		}
		return errors.Join(err, c.Save(tx))
	})
	s.do(t, func(tx *ledger.Tx) error {
		c, ok, err := ByAddress(tx, "", "lid")
		if !ok || c.ID != "c2" {
			t.Errorf("afterwards the LID leads to %+v", c)
		}
		return err
	})
}

// Both had tickets: none is forgotten, neither open nor closed, and the latest closed one is
// the last.
func TestFindMergesTickets(t *testing.T) {
	s := shelf{}
	s.do(t, func(tx *ledger.Tx) error {
		byLID, _ := Find(tx, "c1", "lid")
		byLID.Open, byLID.Last, byLID.Past, byLID.Name = "HE-3", "HE-2", []string{"HE-1"}, "Ana"
		byNumber, _ := Find(tx, "c2", "pn")
		byNumber.Open, byNumber.Also, byNumber.Last, byNumber.Phone = "HE-6", []string{"HE-7"}, "HE-5", "62"
		byNumber.Was = []string{"c0"}
		return errors.Join(byLID.Save(tx), byNumber.Save(tx))
	})
	for range 2 {
		s.do(t, func(tx *ledger.Tx) error {
			c, err := Find(tx, "c3", "lid", "pn")
			want := Conversation{ID: "c1", Addresses: []string{"lid", "pn"}, Name: "Ana", Phone: "62", Open: "HE-3", Also: []string{"HE-6", "HE-7"},
				Last: "HE-5", Past: []string{"HE-2", "HE-1"}, Was: []string{"c2", "c0"}}
			if !reflect.DeepEqual(c, want) {
				t.Errorf("merged: %+v", c)
			}
			if latest := c.Latest(); !slices.Equal(latest, []string{"HE-3", "HE-5", "HE-6", "HE-7", "HE-2", "HE-1"}) {
				t.Errorf("latest: %q", latest)
			}
			other, _, err2 := loadConversation(tx, "c2")
			if other.Into != "c1" || other.Open != "" || len(other.Also) > 0 {
				t.Errorf("the other one: %+v", other)
			}
			return errors.Join(err, err2, c.Save(tx))
		})
	}
}

func TestStoredForms(t *testing.T) {
	s := shelf{}
	tk := Ticket{Number: "HE-1", Conversation: "c1", State: Assigned, Title: "HE-1 · Ana", Thread: "77", Posts: 2, Agent: "sari",
		Opened: noon, Responded: noon.Add(time.Second), ClosedAt: noon.Add(time.Hour)}
	c := Conversation{ID: "c1", Addresses: []string{"a", "b"}, Reply: "b", Phone: "62", Name: "Ana", Open: "HE-1", Last: "HE-0", Tickets: 2,
		Also: []string{"HE-3"}, Past: []string{"HE-8"}, Was: []string{"c9"}}
	th := Thread{ID: "77", Ticket: "HE-1", Cursor: "99"}
	s.do(t, func(tx *ledger.Tx) error { return errors.Join(tk.Save(tx), c.Save(tx), th.Save(tx)) })
	s.do(t, func(tx *ledger.Tx) error {
		if got, ok, err := Load(tx, "HE-1"); err != nil || !ok || !reflect.DeepEqual(got, loaded(tk)) {
			t.Errorf("ticket: %+v %v %v", got, ok, err)
		}
		if got, ok, err := LoadConversation(tx, "c1"); err != nil || !ok || !reflect.DeepEqual(got, c) {
			t.Errorf("conversation: %+v %v %v", got, ok, err)
		}
		if got, ok, err := LoadThread(tx, "77"); err != nil || !ok || got != th {
			t.Errorf("thread: %+v %v %v", got, ok, err)
		}
		if _, ok, err := Load(tx, "HE-2"); ok || err != nil {
			t.Errorf("a ticket that does not exist: %v %v", ok, err)
		}
		return nil
	})
	// What the first version wrote stays readable, byte for byte.
	old := `{"v":1,"number":"HE-250114-0001","conv":"c1","state":"new","title":"HE-250114-0001 · Ana","posts":1,"opened":1736856000000}`
	if got, err := Decode([]byte(old)); err != nil || got.Opened != noon || got.State != New {
		t.Errorf("version 1: %+v %v", got, err)
	}
	for _, bad := range []string{`{`, `{"v":3}`, `{"v":0}`, `[]`, ``} {
		if _, err := Decode([]byte(bad)); !errors.Is(err, ledger.ErrCorrupt) {
			t.Errorf("Decode(%s) answered %v, want ErrCorrupt", bad, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"v":1,"number":"HE-1","opened":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		tk, err := Decode(data)
		if err != nil && !errors.Is(err, ledger.ErrCorrupt) {
			t.Errorf("%v is not ErrCorrupt", err)
		}
		if err == nil && !json.Valid(data) {
			t.Errorf("invalid JSON became %+v", tk)
		}
	})
}

func TestSentences(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Standard() {
		if seen[s.Key] || s.Text == "" || len(s.Unknown(s.Text)) > 0 {
			t.Errorf("sentence %q is not in order: %q", s.Key, s.Text)
		}
		seen[s.Key] = true
	}
	s := Sentence{Placeholders: []string{"agent"}}
	if got := s.Unknown("Saya {{agent}}, {{agen}} {{ }} {{"); !slices.Equal(got, []string{"{{agen}}", "{{ }}", "{{"}) {
		t.Errorf("unknown placeholders: %q", got)
	}
}
