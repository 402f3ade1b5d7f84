package ticket

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

func TestResolveAsksForAll(t *testing.T) {
	s := tells(t)
	resolve := func(summary, solution string) func() ([]ledger.Event, error) {
		return func() ([]ledger.Event, error) { return s.tk.Resolve(summary, solution, "sari", s.at) }
	}
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	s.refused("not_classified", resolve("a", "b"))
	s.did("classified", "")(s.tk.Classify(Normal, "sari", s.at))
	s.refused("no_summary", resolve(" ", "b"))
	s.refused("no_solution", resolve("a", "\n"))
	s.refused("too_long", resolve(strings.Repeat("x", longSummary+1), "b"))
	s.refused("too_long", resolve("a", strings.Repeat("x", longSolution+1)))
	s.twice("waited resolved", resolve(" a ", "b"))
	s.state(Resolved)
	if s.tk.Summary != "a" || s.tk.ResolvedAt.IsZero() || len(s.tk.Waits) > 0 {
		t.Errorf("resolved: %+v", s.tk)
	}
	if e := s.log[len(s.log)-1]; e.Data["class"] != "normal" || e.Data["agent"] != "sari" {
		t.Errorf("event %+v", e)
	}
}

// Silence closes after 20 minutes by the wall clock, from when WhatsApp took the closing
// sentence: not from resolving, and at night too.
func TestSilence(t *testing.T) {
	s := tells(t)
	s.c = office{}
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	s.did("classified", "")(s.tk.Classify(Easy, "sari", s.at))
	s.runs(noon.Add(6 * time.Hour))
	s.did("waited resolved", "")(s.tk.Resolve("a", "b", "sari", s.at))
	s.runs(s.at.Add(time.Hour)) // WhatsApp is away
	s.state(Resolved)
	sent := s.at
	s.twice("closing_sent", func() ([]ledger.Event, error) { return s.tk.ClosingAccepted(sent), nil })
	s.runs(sent.Add(20*time.Minute - ms))
	s.state(Resolved)
	s.runs(sent.Add(20 * time.Minute))
	s.state(Closed)
	if s.tk.Ending != EndSilence || s.conv.Open != "" || s.conv.Last != "HE-1" {
		t.Errorf("closed: %s, conversation %+v", s.tk.Ending, s.conv)
	}
}

// Any words of the client stop the closing by silence, also those that crossed with the
// closing sentence; it begins anew once staff have answered.
func TestWordsStopSilence(t *testing.T) {
	s := tells(t).resolved(Normal)
	s.runs(s.at.Add(19 * time.Minute))
	s.did("", "")(s.tk.ClientWrote(s.at, false))
	s.twice("confirmation_unclear", func() ([]ledger.Event, error) { return s.tk.Confirm(Unclear, s.at) })
	s.runs(s.at.Add(5 * time.Hour))
	s.state(Resolved)
	if len(s.times("reply_reminder")) == 0 || len(s.times("agent_silent")) > 0 {
		t.Errorf("while the client waits: %q", whats(s.log))
	}
	s.said("waited")(s.tk.StaffWrote("sari", s.at))
	s.runs(s.at.Add(20 * time.Minute))
	s.state(Closed)

	s = tells(t)
	s.said("accepted responded waited")(s.tk.StaffWrote("sari", s.at))
	s.did("classified", "")(s.tk.Classify(Easy, "sari", s.at))
	s.did("resolved", "")(s.tk.Resolve("a", "b", "sari", s.at))
	s.did("", "")(s.tk.ClientWrote(s.at, true))
	s.said("closing_sent")(s.tk.ClosingAccepted(s.at))
	s.runs(s.at.Add(time.Hour))
	s.state(Resolved)
}

// A message of staff that was under way before the closing sentence starts nothing.
func TestSilenceNeedsTheClosingSentence(t *testing.T) {
	s := tells(t)
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	s.did("classified", "")(s.tk.Classify(Easy, "sari", s.at))
	s.did("waited resolved", "")(s.tk.Resolve("a", "b", "sari", s.at))
	s.said("")(s.tk.StaffWrote("sari", s.at))
	s.runs(s.at.Add(time.Hour))
	s.state(Resolved)
}

// A closing sentence that was given up closes nothing: staff are reminded until it gets
// through after all, or they write themselves; then silence counts.
func TestClosingSentenceIsLost(t *testing.T) {
	for name, end := range map[string]func(s *story){
		"retried": func(s *story) { s.said("waited closing_sent")(s.tk.ClosingAccepted(s.at)) },
		"written": func(s *story) { s.said("waited closing_sent")(s.tk.WordsArrived("sari", s.at, s.at)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := tells(t)
			s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
			s.did("classified", "")(s.tk.Classify(Normal, "sari", s.at))
			s.said("")(s.tk.ClosingFailed(s.at)) // of an earlier resolution
			s.did("waited resolved", "")(s.tk.Resolve("a", "b", "sari", s.at))
			s.runs(s.at.Add(time.Minute))
			s.twice("closing_failed", func() ([]ledger.Event, error) { return s.tk.ClosingFailed(s.at), nil })
			s.runs(s.at.Add(time.Hour))
			s.state(Resolved)
			if n := len(s.times("reply_reminder")); n < 2 {
				t.Errorf("reminded %d times", n)
			}
			end(s)
			s.said("")(s.tk.ClosingFailed(s.at))
			s.runs(s.at.Add(20 * time.Minute))
			s.state(Closed)
		})
	}
	s := tells(t)
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	s.did("classified", "")(s.tk.Classify(Normal, "sari", s.at))
	s.did("waited resolved", "")(s.tk.Resolve("a", "b", "sari", s.at))
	s.said("closing_failed")(s.tk.ClosingFailed(s.at.Add(time.Minute)))
	s.did("", "")(s.tk.ClientWrote(s.at.Add(2*time.Minute), false)) // this waits for an answer
	s.said("closing_sent")(s.tk.ClosingAccepted(s.at.Add(3 * time.Minute)))
	if !s.tk.SilentFrom.IsZero() {
		t.Error("silence counts while the client waits")
	}

	s = tells(t)
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	s.did("classified", "")(s.tk.Classify(Normal, "sari", s.at))
	s.did("waited resolved", "")(s.tk.Resolve("a", "b", "sari", s.at))
	s.did("", "")(s.tk.ClientWrote(s.at.Add(time.Second), false))
	s.twice("closing_failed", func() ([]ledger.Event, error) { return s.tk.ClosingFailed(s.at.Add(time.Minute)), nil })
	s.runs(s.at.Add(time.Hour))
	s.said("waited")(s.tk.StaffWrote("sari", s.at))
	s.runs(s.at.Add(20 * time.Minute))
	s.state(Closed)
}

func TestConfirm(t *testing.T) {
	for _, test := range []struct {
		class  Class
		reply  Reply
		events string
		state  State
	}{
		{Easy, Yes, "closed", Closed},
		{Normal, Yes, "closed", Closed},
		{Hard, Yes, "closed", Closed},
		{Easy, Thanks, "closed", Closed},
		{Normal, Thanks, "confirmation_unclear", Resolved},
		{Hard, Thanks, "confirmation_unclear", Resolved},
		{Easy, Unclear, "confirmation_unclear", Resolved},
		{Normal, No, "reopened", Assigned},
		{Easy, No, "reopened", Assigned},
	} {
		t.Run(string(test.class)+"/"+string(test.reply), func(t *testing.T) {
			s := tells(t).resolved(test.class)
			s.did("", "")(s.tk.ClientWrote(s.at, true))
			s.twice(test.events, func() ([]ledger.Event, error) { return s.tk.Confirm(test.reply, s.at) })
			s.state(test.state)
			if e := s.log[len(s.log)-1]; e.What == "closed" && (e.Data["why"] != "confirmed" || e.By != "client") {
				t.Errorf("event %+v", e)
			}
			if e := s.log[len(s.log)-1]; e.What == "reopened" && (e.Data["why"] != "not_yet" || e.Data["from"] != "resolved" || s.tk.Reopened != 1) {
				t.Errorf("event %+v", e)
			}
		})
	}
	s := tells(t)
	s.did("", "")(s.tk.Confirm(Yes, s.at)) // nothing was asked
	s.state(New)
}

// Closed less than 24 hours ago: the client's words re-open; staff may at any time.
func TestReopen(t *testing.T) {
	for after, want := range map[time.Duration]string{0: "", 24*time.Hour - ms: "", 24 * time.Hour: "reopen_late", 48 * time.Hour: "reopen_late"} {
		s := tells(t).closed(Easy)
		at := s.tk.ClosedAt.Add(after)
		if s.tk.Reopenable(at, s.p) != (want == "") {
			t.Errorf("after %s: re-openable %v", after, want != "")
		}
		if want != "" {
			s.refused(want, func() ([]ledger.Event, error) { return s.tk.ReopenByClient(at, s.p) })
			s.twice("reopened", func() ([]ledger.Event, error) { return s.tk.Reopen("asked by phone", "sari", at) })
			continue
		}
		s.twice("reopened", func() ([]ledger.Event, error) { return s.tk.ReopenByClient(at, s.p) })
		if s.tk.Reopened != 1 || !s.tk.ResolvedAt.IsZero() || !s.tk.ClosedAt.IsZero() || s.tk.Ending != "" || len(s.tk.Pauses) != 1 {
			t.Errorf("re-opened: %+v", s.tk)
		}
		s.state(Assigned)
		if s.conv.Open != "HE-1" || s.conv.Last != "" {
			t.Errorf("conversation %+v", s.conv)
		}
		s.did("waited resolved", "")(func() ([]ledger.Event, error) {
			events, err := s.tk.ClientWrote(at, false)
			more, err2 := s.tk.Resolve("c", "d", "sari", at.Add(time.Minute))
			return append(events, more...), errors.Join(err, err2)
		}())
	}
	// Without an agent somebody is looked for.
	s := tells(t)
	s.did("waited closed", "")(s.tk.Drop("spam", "sari", s.at))
	s.did("reopened", "")(s.tk.Reopen("no spam", "sari", s.at))
	s.state(New)
	if _, ok := s.kinds()[TimerOffer]; !ok {
		t.Error("nobody is looked for")
	}
	// However often, the list of pauses is bounded and its beginning is kept.
	s = tells(t).resolved(Easy)
	first := s.tk.ResolvedAt
	for range 2 * mostPauses {
		s.did("reopened", "")(s.tk.Reopen("", "sari", s.at))
		s.did("resolved", "")(s.tk.Resolve("a", "b", "sari", s.at))
	}
	if len(s.tk.Pauses) != mostPauses || !s.tk.Pauses[0].From.Equal(first) || s.tk.Reopened != 2*mostPauses {
		t.Errorf("pauses %v", s.tk.Pauses)
	}
}

func TestRating(t *testing.T) {
	s := tells(t)
	s.refused("not_closed", func() ([]ledger.Event, error) { return s.tk.AskRating(time.Time{}, s.at, s.p) })
	s.refused("not_rated", func() ([]ledger.Event, error) { return s.tk.Rate(5, s.at, s.p) })
	s = tells(t).closed(Easy)
	s.refused("not_rated", func() ([]ledger.Event, error) { return s.tk.Rate(5, s.at, s.p) })
	s.refused("no_review", func() ([]ledger.Event, error) { return s.tk.FinishReview("x", "andi", s.at) })
	s.twice("rating_asked", func() ([]ledger.Event, error) { return s.tk.AskRating(time.Time{}, s.at, s.p) })
	asked := s.tk.Rating.Asked
	for _, stars := range []int{-1, 0, 6} {
		s.refused("no_stars", func() ([]ledger.Event, error) { return s.tk.Rate(stars, s.at, s.p) })
	}
	s.refused("comment_late", func() ([]ledger.Event, error) { return s.tk.Comment("bagus", s.at, s.p) })
	last := asked.Add(24*time.Hour - ms)
	if !s.tk.RatingPending(last, s.p) || s.tk.RatingPending(last.Add(ms), s.p) {
		t.Error("a rating is valid for less than 24 hours")
	}
	s.refused("rating_late", func() ([]ledger.Event, error) { return s.tk.Rate(5, last.Add(ms), s.p) })
	s.twice("rated review_opened", func() ([]ledger.Event, error) { return s.tk.Rate(2, last, s.p) })
	s.twice("rated", func() ([]ledger.Event, error) { return s.tk.Rate(1, last, s.p) }) // he changes his mind, one review
	if s.tk.RatingPending(last, s.p) {
		t.Error("pending although given")
	}
	s.refused("comment_late", func() ([]ledger.Event, error) { return s.tk.Comment("lambat", last.Add(10*time.Minute+ms), s.p) })
	s.twice("commented", func() ([]ledger.Event, error) { return s.tk.Comment(" lambat ", last.Add(10*time.Minute), s.p) })
	s.refused("comment_late", func() ([]ledger.Event, error) { return s.tk.Comment("sekali", last, s.p) })
	s.refused("no_reason", func() ([]ledger.Event, error) { return s.tk.FinishReview(" ", "andi", s.at) })
	s.twice("review_done", func() ([]ledger.Event, error) { return s.tk.FinishReview("called him", "andi", s.at) })
	// Asked once, also after a reopening; while the work goes on nothing is rated.
	s.did("reopened", "")(s.tk.Reopen("", "andi", s.at))
	s.refused("not_rated", func() ([]ledger.Event, error) { return s.tk.Rate(5, s.at, s.p) })
	s.did("resolved", "")(s.tk.Resolve("a", "b", "sari", s.at))
	s.did("closed", "")(s.tk.Close("sari", s.at))
	s.did("", "")(s.tk.AskRating(time.Time{}, s.at, s.p))
}

// The stars that open a review.
func TestLowRating(t *testing.T) {
	for stars, want := range map[int]string{1: "rated review_opened", 2: "rated review_opened", 3: "rated", 5: "rated"} {
		s := tells(t).closed(Easy)
		s.did("rating_asked", "")(s.tk.AskRating(time.Time{}, s.at, s.p))
		s.did(want, "")(s.tk.Rate(stars, s.at, s.p))
	}
}

// The question lapses after 24 hours, and its answer is late from then on.
func TestRatingLapses(t *testing.T) {
	s := tells(t).closed(Easy)
	s.did("rating_asked", "")(s.tk.AskRating(time.Time{}, s.at, s.p))
	asked := s.tk.Rating.Asked
	s.runs(asked.Add(72 * time.Hour))
	if got := s.times("rating_lapsed"); !slices.Equal(got, []time.Duration{asked.Add(24 * time.Hour).Sub(noon)}) {
		t.Errorf("lapsed at %v", got)
	}
	s.refused("rating_late", func() ([]ledger.Event, error) { return s.tk.Rate(5, asked, s.p) })
}

// A contact is not asked more often than the policy says.
func TestRatingGap(t *testing.T) {
	for gap, want := range map[time.Duration]string{0: "rating_asked", time.Hour: "rating_asked", time.Hour + 1: "rating_skipped"} {
		s := tells(t).closed(Easy)
		s.p.RatingGap = gap
		s.twice(want, func() ([]ledger.Event, error) { return s.tk.AskRating(s.at.Add(-time.Hour), s.at, s.p) })
	}
	// Nobody rates spam.
	s := tells(t)
	s.did("waited closed", "")(s.tk.Drop("spam", "sari", s.at))
	s.did("", "")(s.tk.AskRating(time.Time{}, s.at, s.p))
}

func TestFollow(t *testing.T) {
	tk := func(number string, state State) Ticket {
		return Ticket{Number: number, Conversation: "c1", State: state}
	}
	for name, test := range map[string]struct {
		c    Conversation
		t    Ticket
		want Conversation
	}{
		"closed":                {Conversation{Open: "1", Also: []string{"2"}, Last: "0"}, tk("1", Closed), Conversation{Open: "2", Last: "1", Past: []string{"0"}}},
		"closed before":         {Conversation{Open: "2", Last: "1", Past: []string{"0"}}, tk("1", Closed), Conversation{Open: "2", Last: "1", Past: []string{"0"}}},
		"closed long before":    {Conversation{Open: "2", Last: "1", Past: []string{"0"}}, tk("0", Closed), Conversation{Open: "2", Last: "1", Past: []string{"0"}}},
		"one of the others":     {Conversation{Open: "1", Also: []string{"2", "3"}}, tk("2", Closed), Conversation{Open: "1", Also: []string{"3"}, Last: "2"}},
		"open":                  {Conversation{Open: "1"}, tk("1", Assigned), Conversation{Open: "1"}},
		"open again":            {Conversation{Last: "1", Past: []string{"0"}}, tk("1", New), Conversation{Open: "1", Last: "0"}},
		"open beside another":   {Conversation{Open: "2", Last: "1"}, tk("1", New), Conversation{Open: "2", Also: []string{"1"}}},
		"resolved is open":      {Conversation{Open: "1"}, tk("1", Resolved), Conversation{Open: "1"}},
		"somebody else's":       {Conversation{Open: "1"}, Ticket{Number: "9", Conversation: "c9", State: New}, Conversation{Open: "1"}},
		"of the absorbed one":   {Conversation{Open: "1", Was: []string{"c9"}}, Ticket{Number: "1", Conversation: "c9", State: Closed}, Conversation{Last: "1", Was: []string{"c9"}}},
		"without conversation":  {Conversation{}, Ticket{Number: "9", State: New}, Conversation{}},
		"the list stays short":  {Conversation{Open: "7", Last: "6", Past: []string{"5", "4", "3", "2", "1"}}, tk("7", Closed), Conversation{Last: "7", Past: []string{"6", "5", "4", "3", "2"}}},
		"unknown to it, closed": {Conversation{Open: "2"}, tk("1", Closed), Conversation{Open: "2", Last: "1"}},
	} {
		test.c.ID, test.want.ID = "c1", "c1"
		for range 2 {
			test.c.Follow(test.t)
			if len(test.c.Also) == 0 {
				test.c.Also = nil
			}
			if len(test.c.Past) == 0 {
				test.c.Past = nil
			}
			if !reflect.DeepEqual(test.c, test.want) {
				t.Errorf("%s: %+v, want %+v", name, test.c, test.want)
			}
		}
	}
}
