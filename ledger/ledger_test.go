package ledger

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// An address or a telephone number in a reference never shows whole.
func TestRefMasksAddresses(t *testing.T) {
	for ref, want := range map[Ref]string{
		{"alias", "628123456789@s.whatsapp.net"}: "alias:…6789@s.whatsapp.net",
		{"alias", "1@lid"}:                       "alias:…1@lid",
		{"phone", "6281234567890"}:               "phone:…7890",
		{"thread", "1300000000000000077"}:        "thread:1300000000000000077",
		{"ticket", "HE-250114-0007"}:             "ticket:HE-250114-0007",
	} {
		if got := ref.String(); got != want {
			t.Errorf("%#v prints as %s, want %s", ref, got, want)
		}
	}
}

// shelf answers from a map and counts the questions.
type shelf struct {
	docs  map[Ref]Doc
	asked int
	err   error
}

func (s *shelf) Doc(r Ref) (Doc, error)                           { s.asked++; return s.docs[r], s.err }
func (s *shelf) Next(string) (int64, error)                       { return 1, nil }
func (s *shelf) Status(string, string) (Status, bool, error)      { return Status{}, false, nil }
func (s *shelf) LetterByExt(string, string) (string, bool, error) { return "", false, nil }
func (s *shelf) DeadLetter(id string) (l Letter, ok bool, _ error) {
	return Letter{ID: id}, id == "dead", nil
}

func TestTx(t *testing.T) {
	a, b := Ref{"ticket", "a"}, Ref{"ticket", "b"}
	s := &shelf{docs: map[Ref]Doc{a: {Version: 7, Data: []byte("old")}}}
	now := time.Date(2025, 1, 14, 9, 0, 0, 0, time.UTC)
	tx := NewTx(now, s)
	if data, err := tx.Doc(a); string(data) != "old" || err != nil {
		t.Fatalf("read %q %v", data, err)
	}
	if err := errors.Join(tx.Put(b, []byte("1")), tx.Put(a, []byte("new")), tx.Put(b, []byte("2"))); err != nil {
		t.Fatal(err)
	}
	if data, _ := tx.Doc(a); string(data) != "new" {
		t.Errorf("a Tx does not see what it put: %q", data)
	}
	tx.Log("a", Event{What: "moved"})
	tx.Send(Letter{ID: "l"})
	if _, ok, _ := tx.Revive("alive"); ok {
		t.Error("a letter that is not dead was revived")
	}
	if _, ok, _ := tx.Revive("dead"); !ok {
		t.Error("a dead letter was not revived")
	}
	c := tx.Finish()
	if s.asked != 2 {
		t.Errorf("the store was asked %d times for two documents", s.asked)
	}
	if c.Reads[a] != 7 || c.Reads[b] != 0 || len(c.Reads) != 2 {
		t.Errorf("versions to hold: %v", c.Reads)
	}
	if len(c.Puts) != 2 || c.Puts[0].Ref != b || string(c.Puts[0].Data) != "2" || c.Puts[1].Ref != a {
		t.Errorf("puts, in the order first put: %v", c.Puts)
	}
	if c.Events[0].Event.At != now || c.Letters[0].At != now {
		t.Error("events and letters without a time did not get the Tx's")
	}
	if !slices.Equal(c.Revived, []string{"dead"}) || len(c.Letters) != 2 {
		t.Errorf("revived %v with letters %v", c.Revived, c.Letters)
	}
	s.err = errors.New("down")
	if _, err := tx.Doc(Ref{"ticket", "c"}); !errors.Is(err, s.err) {
		t.Errorf("a broken store answered %v", err)
	}
}

func TestLeaseEndsOnTime(t *testing.T) {
	now := time.Now()
	for _, test := range []struct {
		lease Lease
		want  bool
	}{{Lease{}, false}, {Lease{Epoch: 1, Until: now}, false}, {Lease{Epoch: 1, Until: now.Add(1)}, true}, {Lease{Until: now.Add(1)}, false}} {
		if got := test.lease.Valid(now); got != test.want {
			t.Errorf("%+v valid: %v", test.lease, got)
		}
	}
}
