package customer

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"pgregory.net/rapid"
)

func newFollowUp(t tb, kind FollowUpKind) FollowUp {
	t.Helper()
	f, events, err := NewFollowUp(FollowUp{
		ID: "FU-261201-0003", Kind: kind, Customer: "k1", Contact: "c1", Conversation: "chat1", Round: "FU-2612", Owner: "112233",
		Topic: "reminder", Text: "Halo kak", Last: nine.AddDate(0, -2, 0), Late: 150, Remind: nine.Add(day), Due: nine.Add(3 * day),
	}, "halo", nine)
	if err != nil || len(events) != 1 {
		t.Fatalf("begun: %v %v", events, err)
	}
	return f
}

func TestFollowUpLives(t *testing.T) {
	w := newWorld()
	f := newFollowUp(t, Reorder)
	before := FollowUp{}
	step := func(events []ledger.Event, err error) {
		t.Helper()
		if err != nil || len(events) != 1 {
			t.Fatalf("%v, %v", events, err)
		}
		w.do(t, func(tx *ledger.Tx) error { return f.Keep(tx, before, events) })
		w.do(t, func(tx *ledger.Tx) error {
			got, ok, err := LoadFollowUp(tx, f.ID)
			if before = got; !ok || !reflect.DeepEqual(got, f) {
				t.Errorf("%+v became %+v", f, got)
			}
			return err
		})
		w.check(t)
	}
	plain := func(events []ledger.Event) ([]ledger.Event, error) { return events, nil }
	step(f.Take("445566", nine))
	step(f.Reword("Halo kak, stoknya masih?", "445566", nine))
	step(f.Queue("445566", nine))
	step(plain(f.Return("halo", "Nomornya tidak aktif.", nine)))
	if f.State != FollowUpOpen || f.Failed == "" || f.Made() {
		t.Errorf("returned: %+v", f)
	}
	step(f.Queue("445566", nine.Add(time.Minute)))
	step(plain(f.Leave(nine.Add(time.Hour))))
	if !f.Made() || f.Failed != "" {
		t.Errorf("sent: %+v", f)
	}
	step(plain(f.Remember(TimerFollowUpRemind, nine.Add(day))))
	step(plain(f.Answer(nine.Add(day))))
	step(plain(f.Win("SO-9", nine.Add(2*day))))
	step(plain(f.Remember(TimerFollowUpDue, nine.Add(3*day))))
	step(plain(f.Forward("ES-1", "445566", nine)))
	step(f.Record(Response{WayWhatsApp, Ordered, "senang"}, "445566", nine.Add(3*day)))
	step(f.Record(Response{WayPhone, Later, ""}, "445566", nine.Add(4*day)))
	if !f.Over() || !f.Ended.Equal(nine.Add(3*day)) || f.Won != "SO-9" || len(w.timer) != 0 || len(w.index[IndexFollowUps]) != 0 {
		t.Errorf("recorded: %+v, timers %v", f, w.timer)
	}
	var what []string
	for _, e := range w.log[f.ID] {
		what = append(what, strings.TrimPrefix(e.What, "followup_"))
		if e.Data["customer"] != "k1" || e.Data["kind"] != "reorder" || e.Data["bought"] != "yes" {
			t.Errorf("a figure cannot use %+v", e)
		}
	}
	if got := strings.Join(what, " "); got != "taken reworded queued returned queued sent reminded answered won missed forwarded recorded corrected" {
		t.Errorf("the log says %s", got)
	}
	if _, ok := w.index[FollowUpsOf("k1")][f.ID]; !ok || len(w.index[FollowUpsIn("FU-2612")]) != 1 {
		t.Error("it is not on the lists of its customer and round")
	}
}

func TestFollowUpRefuses(t *testing.T) {
	_, _, err := NewFollowUp(FollowUp{ID: "FU-1", Kind: Reorder}, "halo", nine)
	refused(t, err, "customer_unknown")
	if _, _, err := NewFollowUp(FollowUp{ID: "a|b", Customer: "k1"}, "halo", nine); err == nil {
		t.Error("a strange id was taken")
	}
	open := newFollowUp(t, Reorder)
	silent, mute, call, back := open, open, newFollowUp(t, NewCustomer), newFollowUp(t, Callback)
	silent.Text, mute.Conversation = "", ""
	sent, over, skipped := open, open, open
	sent.Leave(nine)
	if _, err := over.Record(Response{WayPhone, Later, ""}, "maya", nine); err != nil {
		t.Fatal(err)
	}
	if _, err := skipped.Skip("tutup", "maya", nine); err != nil {
		t.Fatal(err)
	}
	answered := open
	answered.Answer(nine)
	record := func(way Way, result Result, note string) func(*FollowUp) ([]ledger.Event, error) {
		return func(f *FollowUp) ([]ledger.Event, error) {
			return f.Record(Response{way, result, note}, "maya", nine)
		}
	}
	reword := func(text string) func(*FollowUp) ([]ledger.Event, error) {
		return func(f *FollowUp) ([]ledger.Event, error) { return f.Reword(text, "maya", nine) }
	}
	queue := func(f *FollowUp) ([]ledger.Event, error) { return f.Queue("maya", nine) }
	skip := func(f *FollowUp) ([]ledger.Event, error) { return f.Skip("libur", "maya", nine) }
	take := func(f *FollowUp) ([]ledger.Event, error) { return f.Take("maya", nine) }
	for i, test := range []struct {
		f    FollowUp
		do   func(*FollowUp) ([]ledger.Event, error)
		want string
	}{
		{open, reword(" \n"), "text_missing"}, {sent, reword("x"), "followup_sent"}, {over, reword("x"), "followup_over"}, {skipped, reword("x"), "followup_over"},
		{silent, queue, "text_missing"}, {mute, queue, "no_chat"}, {call, queue, "is_a_call"}, {sent, queue, "followup_sent"}, {answered, queue, "followup_sent"}, {over, queue, "followup_over"},
		{sent, skip, "followup_sent"}, {answered, skip, "followup_sent"}, {over, skip, "followup_over"},
		{open, func(f *FollowUp) ([]ledger.Event, error) { return f.Skip(" ", "maya", nine) }, "reason_missing"},
		{over, take, "followup_over"},
		{open, record("pigeon", Later, ""), "way_unknown"}, {open, record(WayPhone, "maybe", ""), "result_unknown"}, {open, record(WayPhone, Fine, ""), "result_unknown"},
		{call, record(WayPhone, Unusual, " "), "note_missing"}, {back, record(WayPhone, Fine, ""), "note_missing"},
	} {
		f := test.f
		events, err := test.do(&f)
		refused(t, err, test.want)
		if len(events) != 0 || !reflect.DeepEqual(f, test.f) {
			t.Errorf("%d: refused, and %+v", i, f)
		}
	}
	if events, err := record(WayPhone, Later, "")(&skipped); len(events) != 1 || err != nil || skipped.State != FollowUpDone || skipped.Why != "" {
		t.Errorf("taken up again: %+v %v", skipped, err)
	}
}

// Every refusal says something to do in both languages.
func TestRefusalsAreSaid(t *testing.T) {
	for key, w := range refusals {
		if len(w.id) < 20 || len(w.en) < 20 || w.id == w.en || !strings.HasSuffix(w.id, ".") || !strings.HasSuffix(w.en, ".") {
			t.Errorf("%s: %q, %q", key, w.id, w.en)
		}
		if r := refuse(key); r.Say("en") != w.en || r.Say("id") != w.id {
			t.Errorf("%s is not said", key)
		}
	}
}

// What people and the world do in whatever order, each thing twice: the second time changes
// nothing, what was sent or ended is never taken back, and what is stored is what it is.
func TestFollowUpModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		kind := rapid.SampledFrom([]FollowUpKind{Reorder, Reminder, NewCustomer, Callback}).Draw(t, "kind")
		f := newFollowUp(t, kind)
		w.do(t, func(tx *ledger.Tx) error { return f.Keep(tx, FollowUp{}, nil) })
		at := nine
		do := func(change func(*FollowUp) ([]ledger.Event, error)) func(*rapid.T) {
			return func(t *rapid.T) {
				at = at.Add(time.Hour)
				before := f
				events, err := change(&f)
				if _, ok := errors.AsType[*Refusal](err); err != nil && (!ok || !reflect.DeepEqual(f, before)) {
					t.Fatalf("%v, and %+v became %+v", err, before, f)
				}
				if (len(events) == 0) != reflect.DeepEqual(f, before) {
					t.Fatalf("%d events of %+v, %+v", len(events), before, f)
				}
				w.do(t, func(tx *ledger.Tx) error { return f.Keep(tx, before, events) })
				again := f
				if events, err := change(&again); err == nil && (len(events) != 0 || !reflect.DeepEqual(again, f)) {
					t.Fatalf("the second time: %v, %+v became %+v", events, f, again)
				}
				checkFollowUp(t, before, f)
			}
		}
		told := func(change func(*FollowUp) []ledger.Event) func(*rapid.T) {
			return do(func(f *FollowUp) ([]ledger.Event, error) { return change(f), nil })
		}
		text := func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"", "Halo", "Apa kabar?\nKak"}).Draw(t, "text")
		}
		t.Repeat(map[string]func(*rapid.T){
			"take":   do(func(f *FollowUp) ([]ledger.Event, error) { return f.Take("112233", at) }),
			"queue":  do(func(f *FollowUp) ([]ledger.Event, error) { return f.Queue("maya", at) }),
			"return": told(func(f *FollowUp) []ledger.Event { return f.Return("halo", "opted_out", at) }),
			"leave":  told(func(f *FollowUp) []ledger.Event { return f.Leave(at) }),
			"answer": told(func(f *FollowUp) []ledger.Event { return f.Answer(at) }),
			"win":    told(func(f *FollowUp) []ledger.Event { return f.Win(fmt.Sprint("SO-", at.Hour()), at) }),
			"remind": told(func(f *FollowUp) []ledger.Event { return f.Remember(TimerFollowUpRemind, at) }),
			"due":    told(func(f *FollowUp) []ledger.Event { return f.Remember(TimerFollowUpDue, at) }),
			"reword": func(t *rapid.T) {
				s := text(t)
				do(func(f *FollowUp) ([]ledger.Event, error) { return f.Reword(s, "maya", at) })(t)
			},
			"skip": func(t *rapid.T) {
				s := text(t)
				do(func(f *FollowUp) ([]ledger.Event, error) { return f.Skip(s, "maya", at) })(t)
			},
			"record": func(t *rapid.T) {
				r := Response{rapid.SampledFrom(Ways()).Draw(t, "way"), rapid.SampledFrom(kind.Results()).Draw(t, "result"), text(t)}
				do(func(f *FollowUp) ([]ledger.Event, error) { return f.Record(r, "maya", at) })(t)
			},
			"": func(t *rapid.T) { w.check(t) },
		})
	})
}

func checkFollowUp(t *rapid.T, before, f FollowUp) {
	kept := func(was, is time.Time) bool { return was.IsZero() || was.Equal(is) }
	switch {
	case !kept(before.Sent, f.Sent), !kept(before.Answered, f.Answered), !kept(before.Reminded, f.Reminded), !kept(before.Missed, f.Missed),
		before.Won != "" && before.Won != f.Won:
		t.Fatalf("%+v was taken back: %+v", before, f)
	case before.State == FollowUpDone && f.State != FollowUpDone, before.Made() && !f.Made():
		t.Fatalf("%s became %s", before.State, f.State)
	case f.Over() == f.Ended.IsZero():
		t.Fatalf("%s, ended %v", f.State, f.Ended)
	case f.State == FollowUpQueued && (f.Kind.Calls() || !f.Sent.IsZero() || f.Text == "" || f.Conversation == ""):
		t.Fatalf("queued: %+v", f)
	case f.State == FollowUpSkipped && f.Why == "", f.State == FollowUpDone && f.Response.Way == "":
		t.Fatalf("nobody knows why: %+v", f)
	case f.State == FollowUpSent && f.Sent.IsZero(), f.State == FollowUpAnswered && f.Answered.IsZero():
		t.Fatalf("%s: %+v", f.State, f)
	}
}

func TestRoundIsKept(t *testing.T) {
	w := newWorld()
	r := Round{
		ID: "FU-2612", Opened: nine, Chosen: []string{"k2", "k1"}, Made: 3, From: nine, To: nine.Add(day), Cursor: 7, Done: true,
		Last: "SO-1", Walked: true, Caught: true, Invited: 2, Tally: Tally{9, 8, 7, 6, 5, 4, [Promotion]int{3, 4, 5, 2}, [Promotion]int{1, 1, 1, 1}, 3, 2, 6},
	}
	allSet(t, r)
	allSet(t, r.Tally)
	w.do(t, r.Save)
	for range 200 {
		r.Chosen = append(r.Chosen, strings.Repeat("k", mostID))
	}
	w.do(t, func(tx *ledger.Tx) error {
		got, ok, err := LoadRound(tx, "FU-2612")
		want := r
		want.Chosen = []string{"k2", "k1"}
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v became %+v", want, got)
		}
		if _, ok, _ := LoadRound(tx, ""); ok {
			t.Error("there is a round without a name")
		}
		return err
	})
	w.do(t, r.Save)
	if _, err := w.try(Round{}.Save); err == nil {
		t.Error("a round without a name was saved")
	}
}

// Whatever is put in, what is sold and asked fits, and reads as it was kept.
func TestSalesDocumentsFit(t *testing.T) {
	w := newWorld()
	long := strings.Repeat(`"\<`, 20_000)
	f := FollowUp{
		ID: strings.Repeat("f", mostID), Kind: FollowUpKind(long), State: FollowUpState(long), Step: 1 << 40, Customer: long, Contact: long, Conversation: long, Round: long,
		Survey: long, Owner: long, Topic: long, Text: long, Last: nine, Late: 1 << 40, Opened: nine, Remind: nine, Due: nine, Reminded: nine, Missed: nine,
		By: long, Queued: nine, Sent: nine, Answered: nine, Ended: nine, Failed: long, Response: Response{Way(long), Result(long), long}, Why: long, Won: long, WonAt: nine,
		Forwarded: slices.Repeat([]string{"a", long, "b"}, 20),
	}
	allSet(t, f)
	w.do(t, func(tx *ledger.Tx) error { return f.Keep(tx, FollowUp{}, nil) })
	s := Survey{
		ID: strings.Repeat("s", mostID), Round: long, State: SurveyState(long), Step: 1 << 40, Customer: long, Contact: long, Conversation: long, Owner: long,
		At: Promotion, Answers: map[Question]int{0: 5, 1: 5, 2: 5, 3: 5, 4: 10, 9: 9}, Comment: long, Opened: nine, Asked: nine, Sent: nine, Ended: nine,
		Ticket: long, Again: 1 << 40, Why: long, FollowUp: long,
	}
	for i := range 100 {
		s.Orders = append(s.Orders, fmt.Sprint(i, long))
	}
	allSet(t, s)
	w.do(t, func(tx *ledger.Tx) error { return s.Keep(tx, Survey{}, nil) })
	o := Outreach{
		ID: strings.Repeat("o", 200), Kind: OutreachKind(long), State: OutreachState(long), Customer: long, Contact: long, Conversation: long, Ref: long, Log: long,
		Text: long, Say: long, By: long, Asked: nine, Until: nine, Turn: 1 << 40, Ended: nine, Why: long,
	}
	allSet(t, o)
	w.do(t, o.Save)
	w.check(t)
	w.do(t, func(tx *ledger.Tx) error {
		got, _, err1 := LoadFollowUp(tx, f.ID)
		if !reflect.DeepEqual(got, f.bounded()) {
			t.Errorf("%+v became %+v", f, got)
		}
		asked, _, err2 := LoadSurvey(tx, s.ID)
		delete(s.Answers, 9)
		if !reflect.DeepEqual(asked, s.bounded()) {
			t.Errorf("%+v became %+v", s, asked)
		}
		return errors.Join(err1, err2)
	})
}

// A document of a newer program is not read as if it were this one's.
func TestSalesDocumentsOfAnotherVersion(t *testing.T) {
	for name, read := range map[string]func([]byte) error{
		"order":     func(d []byte) error { _, err := DecodeOrder(d); return err },
		"follow-up": func(d []byte) error { _, err := DecodeFollowUp(d); return err },
		"round":     func(d []byte) error { _, err := DecodeRound(d); return err },
		"outreach":  func(d []byte) error { _, err := DecodeOutreach(d); return err },
		"pace":      func(d []byte) error { _, err := DecodePace(d); return err },
		"survey":    func(d []byte) error { _, err := DecodeSurvey(d); return err },
	} {
		newer, _ := json.Marshal(map[string]int{"v": 2})
		for _, data := range []string{string(newer), "{", `{"v":0}`} {
			if err := read([]byte(data)); !errors.Is(err, ledger.ErrCorrupt) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %s reads with %v", name, data, err)
			}
		}
	}
}
