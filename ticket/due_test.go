package ticket

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

const ms = time.Millisecond

// kinds are the timers that are due, each with its time since the story began.
func (s *story) kinds() map[string]time.Duration {
	all := map[string]time.Duration{}
	for _, d := range s.tk.Due(s.p, s.c) {
		if _, again := all[d.Kind]; again || d.ID != s.tk.Number {
			s.Errorf("two timers of a kind, or a stranger's: %v", d)
		}
		all[d.Kind] = d.Due.Sub(noon)
	}
	return all
}

func (s *story) owes(want map[string]time.Duration) {
	s.Helper()
	if got := s.kinds(); !reflect.DeepEqual(got, want) {
		s.Errorf("the clock owes %v, want %v", got, want)
	}
}

// What the clock owes in each stage of a ticket.
func TestDue(t *testing.T) {
	s := tells(t)
	s.owes(map[string]time.Duration{TimerFirstReminder: time.Minute, TimerFirstResponse: 2*time.Minute + ms, TimerOffer: 0})
	s.did("offered", "")(s.tk.Offer("sari", s.at)) // a second later
	s.owes(map[string]time.Duration{TimerFirstReminder: time.Minute, TimerFirstResponse: 2*time.Minute + ms, TimerOffer: time.Second + s.p.OfferAgain})
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at)) // at 2 s
	s.owes(map[string]time.Duration{TimerReply: 10 * time.Minute, TimerSilentAgent: 2*time.Second + s.p.SilentAgent})
	s.did("classified", "")(s.tk.Classify(Easy, "sari", s.at))
	s.said("waited")(s.tk.StaffWrote("sari", s.at)) // at 4 s
	s.owes(map[string]time.Duration{TimerTargetNear: 22*time.Minute + 30*time.Second, TimerTarget: 30 * time.Minute})
	s.did("reclassified", "")(s.tk.Classify(Hard, "sari", s.at))
	s.owes(map[string]time.Duration{TimerTargetNear: 540 * time.Minute, TimerTarget: 720 * time.Minute, TimerNews: 4*time.Second + 2*time.Hour})
	s.did("reclassified", "")(s.tk.Classify(Normal, "sari", s.at))
	s.owes(map[string]time.Duration{TimerTargetNear: 90 * time.Minute, TimerTarget: 120 * time.Minute})
	s.did("snoozed", "")(s.tk.Snooze(noon.Add(time.Hour), "sari", s.at, s.p))
	s.owes(map[string]time.Duration{TimerTargetNear: 90 * time.Minute, TimerTarget: 120 * time.Minute, TimerWake: time.Hour})
	s.did("scheduled", "")(s.tk.Schedule(Scheduled{ID: "m", Text: "halo", Due: noon.Add(90 * time.Minute)}, s.at, s.p))
	s.did("woken resolved", "")(s.tk.Resolve("a", "b", "sari", s.at))
	s.owes(map[string]time.Duration{TimerScheduled: 90 * time.Minute}) // WhatsApp has not taken the sentence
	s.said("closing_sent")(s.tk.ClosingAccepted(noon.Add(time.Minute)))
	s.owes(map[string]time.Duration{TimerScheduled: 90 * time.Minute, TimerSilence: 21 * time.Minute})
	s.did("unscheduled closed", "")(s.tk.Close("sari", s.at))
	s.owes(map[string]time.Duration{})
	s.did("rating_asked", "")(s.tk.AskRating(time.Time{}, noon.Add(time.Minute), s.p))
	s.owes(map[string]time.Duration{TimerRating: 24*time.Hour + time.Minute})
	s.did("rated", "")(s.tk.Rate(5, s.at, s.p))
	s.owes(map[string]time.Duration{})
	if due := (Ticket{}).Due(s.p, s.c); len(due) > 0 {
		t.Errorf("no ticket owes %v", due)
	}
}

// The first response: reminded at 60 s, breached after 120 s, in working time from the
// client's first message; outside hours the clock starts at the next opening.
func TestFirstResponse(t *testing.T) {
	evening := time.Date(2025, 1, 14, 22, 0, 0, 0, time.UTC)
	opening := time.Date(2025, 1, 15, 8, 0, 0, 0, time.UTC)
	beforeClosing := time.Date(2025, 1, 14, 16, 59, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		wrote            time.Time
		answers          time.Time // zero for never
		remind, breached time.Time // zero for never
	}{
		"never answered":             {noon, time.Time{}, noon.Add(time.Minute), noon.Add(2*time.Minute + ms)},
		"at 59 s":                    {noon, noon.Add(59 * time.Second), time.Time{}, time.Time{}},
		"at exactly 60 s":            {noon, noon.Add(60 * time.Second), noon.Add(time.Minute), time.Time{}},
		"at exactly 120 s":           {noon, noon.Add(120 * time.Second), noon.Add(time.Minute), time.Time{}},
		"a blink too late":           {noon, noon.Add(120*time.Second + ms), noon.Add(time.Minute), noon.Add(2*time.Minute + ms)},
		"in the evening":             {evening, time.Time{}, opening.Add(time.Minute), opening.Add(2*time.Minute + ms)},
		"before opening":             {evening, opening.Add(-time.Hour), time.Time{}, time.Time{}},
		"two minutes after opening":  {evening, opening.Add(2 * time.Minute), opening.Add(time.Minute), time.Time{}},
		"a minute before closing":    {beforeClosing, time.Time{}, beforeClosing.Add(time.Minute), opening.Add(time.Minute + ms)},
		"answered on the next day":   {beforeClosing, opening.Add(time.Minute), beforeClosing.Add(time.Minute), time.Time{}},
		"answered in between closed": {beforeClosing, opening.Add(-time.Hour), beforeClosing.Add(time.Minute), time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			s := &story{T: t, at: test.wrote, p: DefaultPolicy(), c: office{}, conv: Conversation{ID: "c1"}}
			s.tk = Open(&s.conv, "HE-1", s.at)
			s.did("", "")(s.tk.ClientWrote(s.at, false))
			if !test.answers.IsZero() {
				s.runs(test.answers)
				s.did("accepted responded", "")(s.tk.Accept("sari", test.answers))
			}
			s.runs(test.wrote.Add(48 * time.Hour))
			for what, want := range map[string]time.Time{"first_reminder": test.remind, "first_response_breached": test.breached} {
				var at []time.Time
				for _, e := range s.log {
					if e.What == what {
						at = append(at, e.At)
					}
				}
				if want.IsZero() && len(at) > 0 || !want.IsZero() && (len(at) != 1 || !at[0].Equal(want)) {
					t.Errorf("%s at %v, want %v", what, at, want)
				}
			}
		})
	}
}

// After an outage what is overdue is said once: the breach, not the reminder before it.
func TestOverdueIsSaidOnce(t *testing.T) {
	s := tells(t)
	s.did("classified", "")(s.tk.Classify(Easy, "sari", s.at))
	s.at = noon.Add(5 * time.Hour)
	s.runs(s.at)
	for what, want := range map[string]int{
		"first_reminder": 0, "first_response_breached": 1, "target_near": 0, "target_missed": 1, "offer_due": 1, "reply_reminder": 0,
	} {
		if got := len(s.times(what)); got != want {
			t.Errorf("%s %d times, want %d", what, got, want)
		}
	}
}

// While a client waits the agent is reminded every ten working minutes, and hears
// nothing of the nights between; an outage makes one reminder.
func TestReplyReminder(t *testing.T) {
	s := tells(t)
	s.said("accepted responded waited")(s.tk.StaffWrote("sari", s.at))
	s.p.SilentAgent = 1000 * time.Hour
	s.at = noon.Add(time.Hour)
	s.did("", "")(s.tk.ClientWrote(s.at, false))
	s.did("", "")(s.tk.ClientWrote(s.at, false)) // more words make no other wait
	s.runs(noon.Add(time.Hour + 35*time.Minute))
	want := []time.Duration{70 * time.Minute, 80 * time.Minute, 90 * time.Minute}
	if got := s.times("reply_reminder"); !slices.Equal(got, want) {
		t.Errorf("reminded at %v, want %v", got, want)
	}
	s.at = noon.Add(4 * time.Hour) // nothing fired meanwhile
	s.runs(s.at)
	if got := s.times("reply_reminder"); len(got) != 4 {
		t.Errorf("reminded at %v after an outage", got)
	}
	s.c = office{}
	s.runs(noon.Add(20*time.Hour + 5*time.Minute)) // 08:05 the next morning
	s.said("waited")(s.tk.StaffWrote("sari", s.at))
	got := s.times("reply_reminder")
	if evening := noon.Add(5 * time.Hour).Sub(noon); got[len(got)-1] > evening {
		t.Errorf("reminded at %v, closing is at %v", got, evening)
	}
	s.runs(s.at.Add(9 * time.Hour))
	if n := len(s.times("reply_reminder")); n != len(got) {
		t.Errorf("reminded %d times after the answer", n-len(got))
	}
}

// The client of a hard ticket has news every two working hours.
func TestNewsReminder(t *testing.T) {
	s := tells(t)
	s.said("accepted responded waited")(s.tk.StaffWrote("sari", s.at))
	s.did("classified", "")(s.tk.Classify(Hard, "sari", s.at))
	start := time.Second * 0
	for _, e := range s.log {
		if e.What == "responded" {
			start = e.At.Sub(noon)
		}
	}
	s.runs(noon.Add(5 * time.Hour))
	if got := s.times("news_reminder"); !slices.Equal(got, []time.Duration{start + 2*time.Hour, start + 4*time.Hour}) {
		t.Errorf("reminded at %v", got)
	}
	s.tk.NewsSent(s.at) // at 5 h
	s.runs(noon.Add(6*time.Hour + 59*time.Minute))
	if got := s.times("news_reminder"); len(got) != 2 {
		t.Errorf("reminded at %v in spite of news", got)
	}
	s.runs(noon.Add(7 * time.Hour))
	if got := s.times("news_reminder"); len(got) != 3 {
		t.Errorf("reminded at %v, want one more", got)
	}
}

// Targets count from opening whatever the moment of classifying, each class is
// announced once, and what lies between a resolution and its reopening is not counted.
func TestTargets(t *testing.T) {
	s := tells(t)
	s.said("accepted responded waited")(s.tk.StaffWrote("sari", s.at))
	s.runs(noon.Add(20 * time.Minute))
	s.did("classified", "")(s.tk.Classify(Easy, "sari", s.at))
	s.runs(noon.Add(40 * time.Minute))
	s.did("reclassified", "")(s.tk.Classify(Normal, "sari", s.at))
	s.did("reclassified", "")(s.tk.Classify(Easy, "sari", s.at)) // a slip
	s.did("reclassified", "")(s.tk.Classify(Normal, "sari", s.at))
	s.runs(noon.Add(80 * time.Minute))
	s.did("resolved", "")(s.tk.Resolve("a", "b", "sari", s.at)) // at 80 min
	s.runs(noon.Add(300 * time.Minute))
	s.did("reopened", "")(s.tk.Reopen("", "sari", noon.Add(380*time.Minute)))
	if got := s.tk.Worked(noon.Add(390*time.Minute), s.c); got != 90*time.Minute {
		t.Errorf("worked on it for %s", got)
	}
	s.runs(noon.Add(1000 * time.Minute))
	if got, want := s.times("target_near"), []time.Duration{22*time.Minute + 30*time.Second, 390 * time.Minute}; !slices.Equal(got, want) {
		t.Errorf("near at %v, want %v", got, want)
	}
	if got, want := s.times("target_missed"), []time.Duration{30 * time.Minute, 420 * time.Minute}; !slices.Equal(got, want) {
		t.Errorf("missed at %v, want %v", got, want)
	}
}

// A target runs in working time, through the night.
func TestTargetOverNight(t *testing.T) {
	s := tells(t)
	s.c = office{}
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	s.did("classified", "")(s.tk.Classify(Hard, "sari", s.at))
	// 12:00 to 17:00 are 5 h, so 12 h end at 15:00 the next day.
	if got := s.kinds()[TimerTarget]; got != 27*time.Hour {
		t.Errorf("target at %s", got)
	}
	s.did("escalated", "")(s.tk.EscalateToSupervisor("x", "sari", s.at))
	s.did("waited resolved", "")(s.tk.Resolve("a", "b", "sari", noon.Add(4*time.Hour)))
	s.did("reopened", "")(s.tk.Reopen("", "sari", noon.Add(21*time.Hour))) // 09:00
	// One hour, 16:00 to 17:00, and 08:00 to 09:00 did not count.
	if got := s.kinds()[TimerTarget]; got != 29*time.Hour {
		t.Errorf("target at %s after the pause", got)
	}
	if got := s.tk.Worked(noon.Add(29*time.Hour), s.c); got != 12*time.Hour {
		t.Errorf("worked on it for %s by then", got)
	}
}

// Who wrote outside hours is offered at the opening.
func TestOfferAtOpening(t *testing.T) {
	night := time.Date(2025, 1, 14, 22, 0, 0, 0, time.UTC)
	tk := Open(&Conversation{ID: "c1"}, "HE-1", night)
	for _, d := range tk.Due(DefaultPolicy(), office{}) {
		if d.Kind == TimerOffer && !d.Due.Equal(night.Add(10*time.Hour)) {
			t.Errorf("offered at %s", d.Due)
		}
	}
	if due := tk.Due(DefaultPolicy(), never{}); len(due) > 0 {
		t.Errorf("of a desk that never opens: %v", due)
	}
	if _, err := tk.ClientWrote(night, false); err != nil {
		t.Fatal(err)
	}
	if due := tk.Due(DefaultPolicy(), never{}); len(due) > 0 {
		t.Errorf("of a desk that never opens: %v", due)
	}
}

// never is a clock of a desk without hours.
type never struct{}

func (never) Next(time.Time) (time.Time, bool) { return time.Time{}, false }
func (never) Add(time.Time, time.Duration) time.Time {
	return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
}
func (never) Between(time.Time, time.Time) time.Duration { return 0 }

// A timer that is not owed, or not yet, or a stranger's, changes nothing.
func TestFireInVain(t *testing.T) {
	s := tells(t).closed(Easy)
	before := s.tk
	for _, kind := range []string{
		TimerFirstReminder, TimerFirstResponse, TimerReply, TimerNews, TimerOffer, TimerSilentAgent, TimerTargetNear,
		TimerTarget, TimerSilence, TimerWake, TimerScheduled, TimerRating, "undelivered", "",
	} {
		if events := s.tk.Fire(kind, s.at.Add(1000*time.Hour), s.p, s.c); len(events) > 0 || !reflect.DeepEqual(s.tk, before) {
			t.Errorf("%s did something: %v", kind, events)
		}
	}
	s = tells(t)
	if events := s.tk.Fire(TimerFirstReminder, noon.Add(59*time.Second), s.p, s.c); len(events) > 0 {
		t.Errorf("too early: %v", events)
	}
	at := noon.Add(time.Minute)
	if a, b := s.tk.Fire(TimerFirstReminder, at, s.p, s.c), s.tk.Fire(TimerFirstReminder, at, s.p, s.c); len(a) != 1 || len(b) != 0 {
		t.Errorf("fired twice: %v %v", a, b)
	}
}

func TestResetAndKeep(t *testing.T) {
	s := tells(t)
	before := s.tk
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	tx := ledger.NewTx(noon, shelf{})
	if err := s.tk.Keep(tx, before, s.log, s.p, s.c); err != nil {
		t.Fatal(err)
	}
	c := tx.Finish()
	var set, cancelled []string
	for _, timer := range c.Timers {
		set = append(set, timer.Kind)
	}
	for _, timer := range c.Cancelled {
		cancelled = append(cancelled, timer.Kind)
	}
	if !slices.Equal(set, []string{TimerReply, TimerSilentAgent}) || !slices.Equal(cancelled, []string{TimerFirstReminder, TimerFirstResponse, TimerOffer}) {
		t.Errorf("set %q, cancelled %q", set, cancelled)
	}
	if len(c.Events) != 2 || c.Events[0].Log != "HE-1" || len(c.Puts) != 1 {
		t.Errorf("written: %+v", c)
	}
	// The timer that has just fired is no longer set, so it is set again.
	tx = ledger.NewTx(noon, shelf{})
	if err := s.tk.Keep(tx, s.tk, nil, s.p, s.c); err != nil {
		t.Fatal(err)
	}
	if n := len(tx.Finish().Timers); n != 2 {
		t.Errorf("%d timers set", n)
	}
}

func TestPolicy(t *testing.T) {
	if err := DefaultPolicy().Check(); err != nil {
		t.Error(err)
	}
	for i, spoil := range []func(*Policy){
		func(p *Policy) { p.Silence = 0 }, func(p *Policy) { p.ReplyReminder = -time.Hour }, func(p *Policy) { p.RatingGap = -1 },
		func(p *Policy) { p.Warn = 100 }, func(p *Policy) { p.Warn = 0 }, func(p *Policy) { p.LowRating = 6 },
		func(p *Policy) { p.Backlog = 0 }, func(p *Policy) { p.Capacity = 0 },
	} {
		p := DefaultPolicy()
		spoil(&p)
		if p.Check() == nil {
			t.Errorf("policy %d is in order: %s", i, fmt.Sprintf("%+v", p))
		}
	}
	if _, ok := DefaultPolicy().Target(""); ok {
		t.Error("no class has a target")
	}
}
