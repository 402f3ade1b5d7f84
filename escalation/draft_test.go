package escalation

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// nothing is a store in which there is nothing yet.
type nothing struct{ ledger.Reader }

func (nothing) Doc(ledger.Ref) (ledger.Doc, error) { return ledger.Doc{}, nil }

// A draft comes back as it was kept, and is gone when it was dropped.
func TestADraftIsKept(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	tx := ledger.NewTx(at, nothing{})
	want := Draft{Ticket: "HE-1", Team: "POS", By: "sari", At: at, Form: Form{System: "panel", Place: "Grup Maju", Detail: "Stok\nminus", NotReproducible: "x", Evidence: []string{"k1", "k2"}}}
	if _, ok, err := LoadDraft(tx, "HE-1"); ok || err != nil {
		t.Errorf("before it: %v %v", ok, err)
	}
	if err := want.Save(tx); err != nil {
		t.Fatal(err)
	}
	got, ok, err := LoadDraft(tx, "HE-1")
	if err != nil || !ok || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("it comes back as %+v %v %v", got, ok, err)
	}
	for range 2 {
		if err := DropDraft(tx, "HE-1"); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok, err := LoadDraft(tx, "HE-1"); ok || err != nil {
		t.Errorf("after it was dropped: %v %v", ok, err)
	}
	for _, data := range []string{`{`, `{"v":2}`, ``} {
		if _, err := DecodeDraft([]byte(data)); !errors.Is(err, ledger.ErrCorrupt) {
			t.Errorf("%q is read: %v", data, err)
		}
	}
}

// What is missing is named in the order in which it is filled in.
func TestWhatADraftIsMissing(t *testing.T) {
	var d Draft
	if got := d.Missing(); !slices.Equal(got, []string{"no_team", "no_place", "no_detail", "no_reproduction", "no_evidence"}) {
		t.Errorf("of an empty one %v is missing", got)
	}
	d = Draft{Team: "POS", Form: Form{Place: "a", Detail: "b", Reproduction: "c", Evidence: []string{"d"}}}
	if got := d.Missing(); len(got) != 0 {
		t.Errorf("of a whole one %v is missing", got)
	}
}

// Evidence is there once, up to its bound, and a copy stays as it was.
func TestEvidenceOfADraft(t *testing.T) {
	var d Draft
	if !d.Attach("a", "b", "a") || !d.Attach("b", "c") || !slices.Equal(d.Form.Evidence, []string{"a", "b", "c"}) {
		t.Errorf("the evidence is %v", d.Form.Evidence)
	}
	before := d
	var more []string
	for n := range MostEvidence {
		more = append(more, fmt.Sprint(n))
	}
	if d.Attach(more...) || len(d.Form.Evidence) != MostEvidence || len(before.Form.Evidence) != 3 {
		t.Errorf("the evidence is %v, before %v", d.Form.Evidence, before.Form.Evidence)
	}
}

// One that no report could hold is refused: what was there stays.
func TestADraftThatIsTooLarge(t *testing.T) {
	tx := ledger.NewTx(time.Time{}, nothing{})
	long := strings.Repeat("😀", LongText)
	err := Draft{Ticket: "HE-1", Form: Form{Detail: long, Reproduction: long, NotReproducible: long}}.Save(tx)
	if r, ok := errors.AsType[*Refusal](err); !ok || r.Key != "too_long" {
		t.Errorf("it is kept: %v", err)
	}
}
