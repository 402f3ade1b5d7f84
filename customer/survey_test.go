package customer

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"pgregory.net/rapid"
)

func newSurvey(t tb) Survey {
	t.Helper()
	s, events, err := NewSurvey(Survey{
		ID: "SV-2612-0012", Round: "SV-2612", Customer: "k1", Contact: "c1", Conversation: "chat1", Owner: "112233", Orders: []string{"SO-1", "SO-2"},
	}, "halo", nine)
	if err != nil || len(events) != 1 || s.State != SurveyPlanned {
		t.Fatalf("planned: %+v %v %v", s, events, err)
	}
	return s
}

// A survey over several days, with a ticket in between.
func TestSurveyLives(t *testing.T) {
	w := newWorld()
	s := newSurvey(t)
	before := Survey{}
	at := nine
	step := func(events []ledger.Event, err error) {
		t.Helper()
		if err != nil || len(events) == 0 {
			t.Fatalf("%v, %v", events, err)
		}
		w.do(t, func(tx *ledger.Tx) error { return s.Keep(tx, before, events) })
		w.do(t, func(tx *ledger.Tx) error {
			got, ok, err := LoadSurvey(tx, s.ID)
			if before = got; !ok || !reflect.DeepEqual(got, s) {
				t.Errorf("%+v became %+v", s, got)
			}
			return err
		})
		w.check(t)
		at = at.Add(day)
	}
	plain := func(events []ledger.Event) ([]ledger.Event, error) { return events, nil }
	step(plain(s.Leave(at)))
	step(s.Answer(4, "karena cepat", "client", at))
	step(plain(s.Repeat(at)))
	step(plain(s.Rest("HE-261201-0001", at)))
	if len(w.timer) != 0 || s.Again != 1 {
		t.Errorf("resting, with %v: %+v", w.timer, s)
	}
	step(plain(s.Resume(at)))
	if due := w.timer[TimerSurvey+"|"+s.ID]; !due.Equal(at.Add(-day).Add(SurveyWaits)) {
		t.Errorf("it lapses at %v", due)
	}
	step(s.Answer(2, "", "client", at))
	step(s.Answer(5, "", "client", at))
	step(s.Correct(Performance, 1, "client", at))
	step(s.Answer(3, "", "client", at))
	if s.Returned() {
		t.Error("returned without the last number")
	}
	step(s.Answer(0, "", "112233", at))
	if !s.Returned() || s.Over() {
		t.Errorf("all numbers: %+v", s)
	}
	step(s.Answer(0, "Tolong dipercepat.\nTerima kasih", "client", at))
	step(plain(s.Call("FU-261201-0004", at)))
	if !s.Over() || s.Comment != "karena cepat\nTolong dipercepat.\nTerima kasih" || !slices.Equal(s.Low(), []Question{Performance, Quality}) || len(w.timer) != 0 {
		t.Errorf("done: %+v, low %v, timers %v", s, s.Low(), w.timer)
	}
	said := w.said(s.ID)
	for _, want := range []string{
		"survey_returned conformity=5 customer=k1 performance=1 promotion=0 quality=2 round=SV-2612 service=3",
		"survey_done comment=karena cepat Tolong dipercepat. Terima kasih conformity=5 customer=k1 performance=1 promotion=0 quality=2 round=SV-2612 service=3",
		"survey_corrected customer=k1 from=4 question=performance round=SV-2612 to=1",
	} {
		if !slices.Contains(said, want) {
			t.Errorf("nothing says %q:\n%s", want, strings.Join(said, "\n"))
		}
	}
	if len(w.index[SurveysOf("k1")]) != 1 || len(w.index[SurveysIn("SV-2612")]) != 1 {
		t.Error("it is not on the lists of its customer and round")
	}
}

func TestSurveyRefuses(t *testing.T) {
	_, _, err := NewSurvey(Survey{ID: "SV-1"}, "halo", nine)
	refused(t, err, "customer_unknown")
	if _, _, err := NewSurvey(Survey{ID: "a|b", Customer: "k1"}, "halo", nine); err == nil {
		t.Error("a strange id was taken")
	}
	asked := newSurvey(t)
	asked.Leave(nine)
	promotion := asked
	promotion.At = Promotion
	lapsed := asked
	lapsed.Lapse("silence", nine)
	for i, test := range []struct {
		s     Survey
		value int
		want  string
	}{
		{asked, 0, "answer_strange"}, {asked, 6, "answer_strange"}, {asked, -1, "answer_strange"}, {promotion, 11, "answer_strange"}, {promotion, -1, "answer_strange"},
		{lapsed, 5, "survey_over"},
	} {
		s := test.s
		events, err := s.Answer(test.value, "x", "client", nine)
		refused(t, err, test.want)
		if len(events) != 0 || !reflect.DeepEqual(s, test.s) {
			t.Errorf("%d: refused, and %+v", i, s)
		}
	}
	_, err = lapsed.Correct(Performance, 3, "client", nine)
	refused(t, err, "survey_over")
	_, err = asked.Correct(Performance, 3, "client", nine)
	refused(t, err, "answer_strange")
	_, err = asked.Correct(Comment, 3, "client", nine)
	refused(t, err, "answer_strange")
}

func TestQuestions(t *testing.T) {
	for q := range Questions {
		least, most, ok := q.Bounds()
		back, known := QuestionOf(q.Key())
		if !known || back != q || ok != (q != Comment) || ok && (least >= most || !q.takes(least) || !q.takes(most) || q.takes(most+1) || q.takes(least-1)) {
			t.Errorf("%d %s: %d to %d, %v", q, q.Key(), least, most, ok)
		}
	}
	if _, ok := QuestionOf(""); ok || Questions.Key() != "" || Question(-1).Key() != "" {
		t.Error("there are more questions than there are")
	}
}

// Whatever comes in whatever order: answers stay in bounds and are never lost, questions are
// asked in their order, and what is over stays so.
func TestSurveyModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		s := newSurvey(t)
		w.do(t, func(tx *ledger.Tx) error { return s.Keep(tx, Survey{}, nil) })
		at := nine
		var tally, fresh Tally
		tally.Recount(Survey{}, s)
		keep := func(before Survey, events []ledger.Event) {
			tally.Recount(before, s)
			fresh = Tally{}
			if fresh.Recount(Survey{}, s); tally != fresh || tally.stored().tally() != fresh {
				t.Fatalf("counted %+v, it is %+v", tally, fresh)
			}
			at = at.Add(time.Hour)
			if (len(events) == 0) != reflect.DeepEqual(s, before) {
				t.Fatalf("%d events of %+v, %+v", len(events), before, s)
			}
			w.do(t, func(tx *ledger.Tx) error { return s.Keep(tx, before, events) })
			checkSurvey(t, before, s)
		}
		told := func(change func(*Survey) []ledger.Event, once bool) func(*rapid.T) {
			return func(t *rapid.T) {
				before := s
				events := change(&s)
				keep(before, events)
				again := s
				if events := change(&again); once && (len(events) != 0 || !reflect.DeepEqual(again, s)) {
					t.Fatalf("the second time: %v, %+v became %+v", events, s, again)
				}
			}
		}
		value := rapid.IntRange(-1, 11)
		t.Repeat(map[string]func(*rapid.T){
			"leave":  told(func(s *Survey) []ledger.Event { return s.Leave(at) }, true),
			"rest":   told(func(s *Survey) []ledger.Event { return s.Rest("HE-1", at) }, true),
			"resume": told(func(s *Survey) []ledger.Event { return s.Resume(at) }, true),
			"call":   told(func(s *Survey) []ledger.Event { return s.Call("FU-1", at) }, true),
			"repeat": told(func(s *Survey) []ledger.Event { return s.Repeat(at) }, false),
			"lapse": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "rarely") == 0 {
					told(func(s *Survey) []ledger.Event { return s.Lapse("silence", at) }, true)(t)
				}
			},
			"answer": func(t *rapid.T) {
				before := s
				events, err := s.Answer(value.Draw(t, "value"), rapid.SampledFrom([]string{"", "bagus"}).Draw(t, "words"), "client", at)
				if err == nil && len(events) == 0 {
					t.Fatal("an answer was taken and is not told")
				}
				keep(before, events)
			},
			"correct": func(t *rapid.T) {
				before := s
				q, v := Question(rapid.IntRange(-1, 7).Draw(t, "question")), value.Draw(t, "value")
				events, _ := s.Correct(q, v, "client", at)
				keep(before, events)
				if events, _ := s.Correct(q, v, "client", at); len(events) != 0 {
					t.Fatalf("corrected twice: %v", events)
				}
			},
			"": func(t *rapid.T) { w.check(t) },
		})
		returned := 0
		for _, e := range w.log[s.ID] {
			if e.What == "survey_returned" {
				returned++
			}
		}
		if (returned == 1) != s.Returned() || returned > 1 {
			t.Fatalf("returned %d times, and %v", returned, s.Returned())
		}
	})
}

func checkSurvey(t *rapid.T, before, s Survey) {
	for q := range before.Answers {
		if _, ok := s.Answers[q]; !ok {
			t.Fatalf("the answer to %s is gone", q.Key())
		}
	}
	for q, v := range s.Answers {
		if !q.takes(v) || q > s.At {
			t.Fatalf("%d to %s, at %s", v, q.Key(), s.At.Key())
		}
	}
	switch {
	case s.At < before.At, s.At > before.At+1, s.At > Comment:
		t.Fatalf("from question %d to %d", before.At, s.At)
	case before.Over() && (s.State != before.State || !maps.Equal(s.Answers, before.Answers)):
		t.Fatalf("%s became %s", before.State, s.State)
	case (s.State == SurveyRests) != (s.Ticket != ""), s.Over() == s.Ended.IsZero():
		t.Fatalf("%s: %+v", s.State, s)
	case s.State == SurveyDone && !s.Returned(), len(s.Answers) != min(int(s.At), int(Comment)):
		t.Fatalf("%s at %s with %v", s.State, s.At.Key(), s.Answers)
	}
}
