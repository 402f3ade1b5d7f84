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
	if err != nil || !reflect.DeepEqual(back, r) {
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

// A full report stays far below what one commit may hold.
func TestFullReport(t *testing.T) {
	long := strings.Repeat("ß", LongText)
	r := Report{
		ID: "HE-261123-0007-R1", Party: Developers, Team: long[:60], State: NeedsData, Title: long[:200], Thread: "1", Posts: 1, Step: 9,
		Form: Form{"panel", long[:240], long, long, long, nil}, By: "1", Opened: noon, Since: noon, Question: long, Result: long,
	}
	for range MostTickets {
		r.Tickets = append(r.Tickets, "HE-261123-0007")
	}
	r.Untold = r.Tickets
	for range mostWords {
		r.Words = append(r.Words, Material{From: long[:100], Text: long, Keys: []string{long[:200]}, At: noon})
	}
	data, err := json.Marshal(r.stored())
	if err != nil || len(data) > 96<<10 {
		t.Errorf("a full report takes %d bytes: %v", len(data), err)
	}
	if _, err := Decode([]byte(`{"v":2}`)); !errors.Is(err, ledger.ErrCorrupt) {
		t.Errorf("a newer version gives %v", err)
	}
}
