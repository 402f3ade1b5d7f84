package customer

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"pgregory.net/rapid"
)

func newOutreach() Outreach {
	return Outreach{
		ID: "followup/FU-261201-0003", Kind: OutreachFollowUp, State: OutreachWaiting, Customer: "k1", Contact: "c1", Conversation: "chat1",
		Ref: "FU-261201-0003", Log: "FU-261201-0003", Text: "Halo\nkak", Say: "reminder", By: "112233", Asked: nine, Until: nine.Add(day),
	}
}

// Whatever happens in whatever order, each thing twice: what was sent stays so, what was
// dropped too unless it was sent all the same, a turn is one letter, and only what waits is in the queue.
func TestOutreachModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		o := newOutreach()
		w.do(t, o.Save)
		at := nine
		do := func(change func(*Outreach) bool) func(*rapid.T) {
			return func(t *rapid.T) {
				at = at.Add(time.Minute)
				before := o
				if moved := change(&o); moved == reflect.DeepEqual(o, before) {
					t.Fatalf("moved %v: %+v, %+v", moved, before, o)
				}
				if again := o; change(&again) || !reflect.DeepEqual(again, o) {
					t.Fatalf("the second time: %+v became %+v", o, again)
				}
				ended := before.State == OutreachSent || before.State == OutreachDropped && o.State != OutreachSent
				switch {
				case ended && !reflect.DeepEqual(before, o), o.Turn < before.Turn, o.Turn > before.Turn && o.State != OutreachLeaving:
					t.Fatalf("%+v became %+v", before, o)
				case (o.State == OutreachSent || o.State == OutreachDropped) == o.Ended.IsZero(), (o.State == OutreachDropped) != (o.Why != ""):
					t.Fatalf("%+v", o)
				}
				w.do(t, o.Save)
				w.do(t, func(tx *ledger.Tx) error {
					got, ok, err := LoadOutreach(tx, o.ID)
					if !ok || !reflect.DeepEqual(got, o) {
						t.Fatalf("%+v became %+v", o, got)
					}
					return err
				})
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"depart": do(func(o *Outreach) bool { return o.Depart(at) }),
			"back":   do(func(o *Outreach) bool { return o.Back(at) }),
			"arrive": do(func(o *Outreach) bool { return o.Arrive(at) }),
			"drop": func(t *rapid.T) {
				if rapid.IntRange(0, 4).Draw(t, "rarely") == 0 {
					do(func(o *Outreach) bool { return o.Drop("opted_out", at) })(t)
				}
			},
			"": func(t *rapid.T) { w.check(t) },
		})
	})
}

func TestOutreachIsNamed(t *testing.T) {
	w := newWorld()
	for _, id := range []string{"", "a\nb", " a", strings.Repeat("x", 201)} {
		o := newOutreach()
		o.ID = id
		if _, err := w.try(o.Save); err == nil {
			t.Errorf("%q was saved", id)
		}
	}
	w.do(t, func(tx *ledger.Tx) error {
		_, ok, err := LoadOutreach(tx, "followup/none")
		if ok {
			t.Error("nothing was found")
		}
		return err
	})
}
