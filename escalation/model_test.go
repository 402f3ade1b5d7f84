package escalation

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/haloerzap/halo/ledger"
)

// Whatever people do in whatever order, a report never stands where it must not, and
// comes back from the store as it was.
func TestReportModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r, _, err := New("HE-1-R1", Developers, "POS", "HE-1", whole(), "sari", noon)
		if err != nil {
			t.Fatal(err)
		}
		at, passed := noon, 0
		person := rapid.SampledFrom([]string{"bayu", "rudi", "sari"})
		text := rapid.SampledFrom([]string{"", "karena", strings.Repeat("x", LongText+1)})
		ticket := rapid.SampledFrom([]string{"HE-1", "HE-2", "HE-3"})
		steps := map[string]func() ([]ledger.Event, error){
			"take": func() ([]ledger.Event, error) { return r.Take(person.Draw(t, "by"), rapid.Bool().Draw(t, "over"), at) },
			"data": func() ([]ledger.Event, error) { return r.NeedData(text.Draw(t, "text"), person.Draw(t, "by"), at) },
			"came": func() ([]ledger.Event, error) { return r.DataCame("sari", at), nil },
			"words": func() ([]ledger.Event, error) {
				return r.ClientAnswered(Material{From: fmt.Sprint(at.Unix()), At: at}, at), nil
			},
			"adjust": func() ([]ledger.Event, error) { return r.Adjust(text.Draw(t, "text"), person.Draw(t, "by"), at) },
			"reject": func() ([]ledger.Event, error) {
				return r.Reject(Duplicate, text.Draw(t, "text"), person.Draw(t, "by"), at)
			},
			"move": func() ([]ledger.Event, error) {
				return r.Move(rapid.SampledFrom([]string{"POS", "BI"}).Draw(t, "team"), text.Draw(t, "text"), "joko", at)
			},
			"verify": func() ([]ledger.Event, error) {
				return r.Verify(rapid.Bool().Draw(t, "pass"), text.Draw(t, "text"), "sari", at)
			},
			"accept": func() ([]ledger.Event, error) { return r.Accept("sari", at) },
			"object": func() ([]ledger.Event, error) { return r.Object(text.Draw(t, "text"), "sari", at) },
			"end":    func() ([]ledger.Event, error) { return r.Withdraw("", "joko", at) },
			"reopen": func() ([]ledger.Event, error) { return r.Reopen(ticket.Draw(t, "ticket"), "client", at) },
			"carry":  func() ([]ledger.Event, error) { return r.Carry(ticket.Draw(t, "ticket"), "sari", at) },
			"drop":   func() ([]ledger.Event, error) { return r.Drop(ticket.Draw(t, "ticket"), "", "sari", at), nil },
			"lost":   func() ([]ledger.Event, error) { return r.PostLost(at), nil },
			"again":  func() ([]ledger.Event, error) { return r.PostAgain("joko", at) },
			"climb":  func() ([]ledger.Event, error) { return r.Climb(at, DefaultPolicy(), always{}), nil },
			"told":   func() ([]ledger.Event, error) { r.Told(); return nil, nil },
		}
		actions := map[string]func(*rapid.T){"": func(t *rapid.T) { sound(t, r) }}
		for name, step := range steps {
			actions[name] = func(t *rapid.T) {
				at = at.Add(time.Duration(rapid.IntRange(1, 7200).Draw(t, "seconds")) * time.Second)
				before := r
				events, err := step()
				if _, refused := errors.AsType[*Refusal](err); err != nil && (!refused || len(events) > 0 || !reflect.DeepEqual(r, before)) {
					t.Fatalf("%s was refused and did something: %v", name, err)
				}
				for _, e := range events {
					if e.What == "report_passed" {
						passed++
					}
					if e.What == "report_passed" && before.State != Adjusted || e.What == "report_accepted" && before.State != Rejected {
						t.Fatalf("%s from %s", e.What, before.State)
					}
				}
			}
		}
		t.Repeat(actions)
		if r.Reopened > passed {
			t.Fatalf("back %d times, passed %d times", r.Reopened, passed)
		}
	})
}

func sound(t *rapid.T, r Report) {
	data, err := json.Marshal(r.stored())
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(data)
	back.Words = r.Words // kept beside it
	if err != nil || !reflect.DeepEqual(back, r) || r.Proposed != (len(r.Words) > 0) {
		t.Fatalf("comes back as\n%+v\nnot\n%+v: %v", back, r, err)
	}
	switch {
	case (r.State == Closed) != (!r.ClosedAt.IsZero() && r.Ending != ""):
		t.Fatalf("closed by halves: %+v", r)
	case (r.State == Taken || r.State == Adjusted || r.State == Rejected) && r.Owner == "":
		t.Fatalf("%s, and nobody has it", r.State)
	case r.State != Closed && len(r.Tickets) == 0:
		t.Fatal("open for nobody")
	case r.State != NeedsData && len(r.Words) > 0:
		t.Fatalf("%s, and words wait to be forwarded", r.State)
	case len(r.Untold) > 0 && r.State != Closed:
		t.Fatalf("%s, and clients are told that it is over", r.State)
	}
}

// A full report fits into one document, the client's words into another, and all comes
// back as it was.
func TestFullReport(t *testing.T) {
	const mostBytes = 16 << 10 // of a document
	long, place := strings.Repeat("a", LongText), strings.Repeat("a", LongPlace)
	var keys []string
	for range MostEvidence {
		keys = append(keys, strings.Repeat("k", 50))
	}
	r := Report{
		ID: "HE-261123-0007-R1", Party: Developers, Team: long[:60], State: NeedsData, Title: long[:100], Thread: strings.Repeat("1", 20), Posts: 1, Step: 9,
		Form: Form{"panel", place, long, long, "", keys}, By: strings.Repeat("1", 20), Owner: strings.Repeat("1", 20), Opened: noon, Since: noon, Question: long, Result: long, Proposed: true,
	}
	for i := range MostTickets {
		r.Tickets = append(r.Tickets, fmt.Sprintf("HE-261123-%04d", i))
	}
	r.Untold = r.Tickets[1:]
	for i := 0; ; i++ {
		if had := len(r.Words); len(r.ClientAnswered(Material{From: fmt.Sprint(long[:90], i), Text: strings.Repeat("<", LongText), Keys: []string{long[:60]}, At: noon}, noon)) > 0 || len(r.Words) == had {
			break
		}
	}
	docs := map[ledger.Ref]ledger.Doc{}
	tx := ledger.NewTx(noon, shelf(docs))
	if err := r.Save(tx); err != nil {
		t.Fatal(err)
	}
	for _, p := range tx.Finish().Puts {
		t.Logf("%s: %d bytes", p.Ref, len(p.Data))
		if docs[p.Ref] = (ledger.Doc{Version: 1, Data: p.Data}); len(p.Data) > mostBytes {
			t.Errorf("%s takes %d bytes", p.Ref, len(p.Data))
		}
	}
	tx = ledger.NewTx(noon, shelf(docs))
	got, ok, err := Load(tx, r.ID)
	if err != nil || !ok || !reflect.DeepEqual(got, r) || len(got.Words) < 5 {
		t.Errorf("came back as %+v, %v %v", got, ok, err)
	}
	got.Words, got.Proposed = nil, false
	if err := got.Save(tx); err != nil {
		t.Fatal(err)
	}
	for _, p := range tx.Finish().Puts {
		if p.Ref.Kind == KindWords && p.Data != nil {
			t.Error("forwarded words are kept")
		}
	}
	if _, err := Decode([]byte(`{"v":2}`)); !errors.Is(err, ledger.ErrCorrupt) {
		t.Errorf("a newer version gives %v", err)
	}
}

// shelf is what is stored, for a transaction.
type shelf map[ledger.Ref]ledger.Doc

func (s shelf) Doc(r ledger.Ref) (ledger.Doc, error)                     { return s[r], nil }
func (shelf) Next(string) (int64, error)                                 { return 1, nil }
func (shelf) Status(string, string) (st ledger.Status, ok bool, _ error) { return st, false, nil }
func (shelf) LetterByExt(string, string) (string, bool, error)           { return "", false, nil }
func (shelf) DeadLetter(string) (l ledger.Letter, ok bool, err error)    { return l, false, nil }
