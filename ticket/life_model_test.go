package ticket

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/haloerzap/halo/ledger"
)

// A witness knows of a ticket what its events say, and nothing else.
type witness struct {
	agent     string
	silent    bool            // the agent was said to be silent
	reports   map[string]bool // open
	class     Class
	escalated int
	asked     int
	closed    bool
	resolved  bool
	reopened  int
	responded int
	rest      bool // snoozed
	later     map[string]bool
}

func (w *witness) hear(e ledger.Event) error {
	wrong := func(why string) error { return fmt.Errorf("%s: %s (%+v)", e.What, why, e) }
	switch e.What {
	case "accepted":
		if w.agent != "" && !w.silent || e.Data["from"] != w.agent {
			return wrong("somebody has it: " + w.agent)
		}
		w.agent, w.silent = e.By, false
	case "transferred", "taken_over":
		if e.Data["from"] != w.agent || e.Data["to"] == "" || e.Data["to"] == w.agent {
			return wrong("it is not his to give: " + w.agent)
		}
		w.agent, w.silent = e.Data["to"], false
	case "released":
		if e.By != w.agent {
			return wrong("released by a stranger")
		}
		w.agent, w.silent = "", false
	case "agent_silent":
		w.silent = true
	case "responded":
		w.responded++
	case "classified", "reclassified":
		w.class = Class(e.Data["class"])
	case "escalated":
		w.escalated++
		w.open(e)
	case "escalated_again":
		if w.escalated == 0 {
			return wrong("again, but never before")
		}
		w.open(e)
	case "report_ended":
		delete(w.reports, e.Data["report"])
	case "resolved":
		if w.class == "" || w.class == Hard && w.escalated == 0 || len(w.reports) > 0 || w.resolved {
			return wrong("cannot be resolved")
		}
		w.resolved = true
	case "closed":
		if len(w.reports) > 0 || w.closed {
			return wrong("cannot be closed")
		}
		w.closed = true
	case "reopened":
		if !w.resolved && !w.closed {
			return wrong("was open")
		}
		w.resolved, w.closed = false, false
		w.reopened++
	case "rating_asked":
		if !w.closed {
			return wrong("not closed")
		}
		w.asked++
	case "rated":
		if w.asked == 0 {
			return wrong("not asked")
		}
	case "snoozed":
		w.rest = true
	case "woken":
		w.rest = false
	case "scheduled":
		w.later[e.Ref] = true
	case "unscheduled", "scheduled_due":
		if !w.later[e.Ref] {
			return wrong("not scheduled")
		}
		delete(w.later, e.Ref)
	}
	return nil
}

func (w *witness) open(e ledger.Event) {
	if id := e.Data["report"]; id != "" {
		w.reports[id] = true
	}
}

// life is one ticket to which anything happens at any time.
type life struct {
	tk   Ticket
	conv Conversation
	at   time.Time
	p    Policy
	c    Clock
	witness
	done map[string]int // what happened, over all
}

// act does a step twice at the same moment: the second time nothing happens; refused,
// nothing has.
func (l *life) act(t *rapid.T, step func() ([]ledger.Event, error)) {
	before := l.tk
	frozen := asStored(t, before)
	events, err := step()
	if _, refused := errors.AsType[*Refusal](err); err != nil && (!refused || len(events) > 0 || !reflect.DeepEqual(l.tk, before)) {
		t.Fatalf("refused with %v, events %q, and changed", err, whats(events))
	}
	if asStored(t, before) != frozen {
		t.Fatal("a step changed the copy that was taken before it")
	}
	l.hear(t, events)
	once := l.tk
	if events, err = step(); err == nil && (len(events) > 0 || !reflect.DeepEqual(l.tk, once)) {
		t.Fatalf("twice is not once: %q, %+v then %+v", whats(events), once, l.tk)
	}
	l.conv.Follow(l.tk)
}

func (l *life) hear(t *rapid.T, events []ledger.Event) {
	for _, e := range events {
		l.done[e.What]++
		if e.At.IsZero() || e.By == "" {
			t.Fatalf("event %+v says not when or by whom", e)
		}
		if err := l.witness.hear(e); err != nil {
			t.Fatal(err)
		}
	}
}

func asStored(t *rapid.T, tk Ticket) string {
	data, err := json.Marshal(tk.stored())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// check is what must hold at any moment.
func (l *life) check(t *rapid.T) {
	tk := l.tk
	w := l.witness
	switch {
	case tk.Agent != w.agent:
		t.Fatalf("agent %q, by the events %q", tk.Agent, w.agent)
	case (tk.State == Closed) != w.closed, (tk.State == Resolved) != (w.resolved && !w.closed):
		t.Fatalf("state %s, by the events resolved %v closed %v", tk.State, w.resolved, w.closed)
	case len(tk.Reports) != len(w.reports):
		t.Fatalf("open reports %v, by the events %v", tk.Reports, w.reports)
	case tk.State == Closed && len(tk.Reports) > 0:
		t.Fatal("closed with an open report")
	case tk.State == Resolved && (tk.Class == "" || tk.Summary == "" || tk.Solution == "" || len(tk.Reports) > 0):
		t.Fatalf("resolved without all it takes: %+v", tk)
	case tk.State == Resolved && tk.Class == Hard && w.escalated == 0:
		t.Fatal("hard and resolved, but never escalated")
	case tk.Class != w.class, tk.Reopened != w.reopened, w.escalated > 1, w.asked > 1, w.responded > 1:
		t.Fatalf("the events say %+v of %+v", w, tk)
	case w.rest == tk.Snoozed.IsZero(), w.rest && (tk.State == Resolved || tk.State == Closed):
		t.Fatalf("rests %v, by the events %v", tk.Snoozed, w.rest)
	case len(tk.Scheduled) != len(w.later), tk.State == Closed && len(tk.Scheduled)+len(tk.Waits) > 0:
		t.Fatalf("scheduled %v, waits %v", tk.Scheduled, tk.Waits)
	case (l.conv.Open == tk.Number) != (tk.State != Closed):
		t.Fatalf("%s, and the conversation points at %q", tk.State, l.conv.Open)
	}
	if tk.settle(); tk.State != l.tk.State {
		t.Fatalf("%s by its facts, but says %s", tk.State, l.tk.State)
	}
	kinds := map[string]bool{}
	for _, d := range l.tk.Due(l.p, l.c) {
		if kinds[d.Kind] || l.tk.State == Closed && d.Kind != TimerRating {
			t.Fatalf("%s is due for a ticket that is %s", d.Kind, l.tk.State)
		}
		kinds[d.Kind] = true
	}
	doc := asStored(t, l.tk)
	if got, err := Decode([]byte(doc)); err != nil || asStored(t, got) != doc || !slices.Equal(got.Due(l.p, l.c), l.tk.Due(l.p, l.c)) {
		t.Fatalf("stored and loaded: %+v %v", got, err)
	}
}

// passes lets time pass. Timers fire in their order, at their time or some time late,
// some of them twice; afterwards none is overdue.
func (l *life) passes(t *rapid.T, until time.Time, late time.Duration) {
	for n := 0; ; n++ {
		if n > 2000 {
			t.Fatalf("timers pile up: %v", l.tk.Due(l.p, l.c))
		}
		due := l.tk.Due(l.p, l.c)
		if len(due) == 0 {
			break
		}
		next := slices.MinFunc(due, func(a, b ledger.Timer) int { return a.Due.Compare(b.Due) })
		if next.Due.After(until) {
			break
		}
		l.at = later(l.at, earlier(until, next.Due.Add(late)))
		l.act(t, func() ([]ledger.Event, error) { return l.tk.Fire(next.Kind, l.at, l.p, l.c), nil })
		l.check(t)
	}
	l.at = later(l.at, until)
}

// begin takes the ticket some way, so that short lives see the end too.
func (l *life) begin(t *rapid.T, stage int) {
	class := rapid.SampledFrom(Classes()).Draw(t, "class")
	for i, step := range []func() ([]ledger.Event, error){
		func() ([]ledger.Event, error) { return l.tk.ClientWrote(l.at, false) },
		func() ([]ledger.Event, error) { return l.tk.Accept("sari", l.at) },
		func() ([]ledger.Event, error) { return l.tk.Classify(class, "sari", l.at) },
		func() ([]ledger.Event, error) {
			if class != Hard {
				return nil, nil
			}
			return l.tk.EscalateToSupervisor("x", "sari", l.at)
		},
		func() ([]ledger.Event, error) { return l.tk.Resolve("a", "b", "sari", l.at) },
		func() ([]ledger.Event, error) { return l.tk.ClosingAccepted(l.at), nil },
		func() ([]ledger.Event, error) { return l.tk.Close("sari", l.at) },
	} {
		if i < []int{0, 4, 6, 7}[stage] {
			l.act(t, step)
		}
	}
}

var (
	staff    = []string{"sari", "dewi", "bayu"}
	allKinds = []string{
		TimerFirstReminder, TimerFirstResponse, TimerReply, TimerNews, TimerOffer, TimerSilentAgent, TimerTargetNear,
		TimerTarget, TimerSilence, TimerWake, TimerScheduled, TimerRating,
	}
)

func (l *life) actions() map[string]func(*rapid.T) {
	one := func(t *rapid.T, list []string) string { return rapid.SampledFrom(list).Draw(t, "of") }
	user := func(t *rapid.T) string { return one(t, staff) }
	do := func(step func(t *rapid.T, by string) func() ([]ledger.Event, error)) func(*rapid.T) {
		return func(t *rapid.T) { l.act(t, step(t, user(t))) }
	}
	sure := func(step func(t *rapid.T, by string) func() []ledger.Event) func(*rapid.T) {
		return do(func(t *rapid.T, by string) func() ([]ledger.Event, error) {
			s := step(t, by)
			return func() ([]ledger.Event, error) { return s(), nil }
		})
	}
	type step = func() ([]ledger.Event, error)
	type events = func() []ledger.Event
	return map[string]func(*rapid.T){
		"time": func(t *rapid.T) {
			d := rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 11 * time.Minute, 20 * time.Minute, 3 * time.Hour, 25 * time.Hour}).Draw(t, "for")
			l.passes(t, l.at.Add(d), rapid.SampledFrom([]time.Duration{0, 0, time.Second, time.Hour}).Draw(t, "late"))
		},
		"stray timer": sure(func(t *rapid.T, _ string) events {
			kind := one(t, allKinds)
			return func() []ledger.Event { return l.tk.Fire(kind, l.at, l.p, l.c) }
		}),
		"client writes": do(func(t *rapid.T, _ string) step {
			thanks := rapid.Bool().Draw(t, "thanks")
			return func() ([]ledger.Event, error) { return l.tk.ClientWrote(l.at, thanks) }
		}),
		"client answers": do(func(t *rapid.T, _ string) step {
			r := rapid.SampledFrom([]Reply{Yes, No, Thanks, Unclear}).Draw(t, "reply")
			return func() ([]ledger.Event, error) { return l.tk.Confirm(r, l.at) }
		}),
		"client re-opens": do(func(*rapid.T, string) step {
			return func() ([]ledger.Event, error) { return l.tk.ReopenByClient(l.at, l.p) }
		}),
		"staff write": sure(func(t *rapid.T, by string) events {
			return func() []ledger.Event { return l.tk.StaffWrote(by, l.at) }
		}),
		"offer": do(func(t *rapid.T, by string) step {
			return func() ([]ledger.Event, error) { return l.tk.Offer(by, l.at) }
		}),
		"nobody": do(func(*rapid.T, string) step {
			return func() ([]ledger.Event, error) { return l.tk.NobodyToOffer(l.at) }
		}),
		"accept": do(func(_ *rapid.T, by string) step {
			return func() ([]ledger.Event, error) { return l.tk.Accept(by, l.at) }
		}),
		"release": do(func(_ *rapid.T, by string) step {
			return func() ([]ledger.Event, error) { return l.tk.Release(by, "", l.at) }
		}),
		"transfer": do(func(t *rapid.T, by string) step {
			to := user(t)
			return func() ([]ledger.Event, error) { return l.tk.Transfer(to, by, l.at) }
		}),
		"take over": do(func(_ *rapid.T, by string) step {
			return func() ([]ledger.Event, error) { return l.tk.TakeOver(by, l.at) }
		}),
		"classify": do(func(t *rapid.T, by string) step {
			c := rapid.SampledFrom(append(Classes(), "")).Draw(t, "class")
			return func() ([]ledger.Event, error) { return l.tk.Classify(c, by, l.at) }
		}),
		"request data": do(func(_ *rapid.T, by string) step {
			return func() ([]ledger.Event, error) { return l.tk.RequestData([]string{"foto"}, by, l.at) }
		}),
		"request access": do(func(_ *rapid.T, by string) step {
			return func() ([]ledger.Event, error) { return l.tk.RequestAccess(by, l.at) }
		}),
		"checking": do(func(_ *rapid.T, by string) step {
			return func() ([]ledger.Event, error) { return l.tk.Checking(by, l.at) }
		}),
		"escalate": do(func(t *rapid.T, by string) step {
			report := one(t, []string{"R-1", "R-2"})
			return func() ([]ledger.Event, error) { return l.tk.Escalate(report, "POS", by, l.at) }
		}),
		"report ends": sure(func(t *rapid.T, by string) events {
			report := one(t, []string{"R-1", "R-2"})
			return func() []ledger.Event { return l.tk.ReportEnded(report, false, by, l.at) }
		}),
		"supervisor": do(func(_ *rapid.T, by string) step {
			return func() ([]ledger.Event, error) { return l.tk.EscalateToSupervisor("x", by, l.at) }
		}),
		"resolve": do(func(_ *rapid.T, by string) step {
			return func() ([]ledger.Event, error) { return l.tk.Resolve("a", "b", by, l.at) }
		}),
		"sentence sent": sure(func(*rapid.T, string) events {
			return func() []ledger.Event { return l.tk.ClosingAccepted(l.at) }
		}),
		"sentence lost": sure(func(*rapid.T, string) events {
			return func() []ledger.Event { return l.tk.ClosingFailed(l.at) }
		}),
		"words arrive": sure(func(t *rapid.T, by string) events {
			ago := time.Duration(rapid.IntRange(0, 100).Draw(t, "seconds ago")) * time.Second
			return func() []ledger.Event { return l.tk.WordsArrived(by, l.at.Add(-ago), l.at) }
		}),
		"close": do(func(_ *rapid.T, by string) step {
			return func() ([]ledger.Event, error) { return l.tk.Close(by, l.at) }
		}),
		"drop": func(t *rapid.T) {
			if rapid.IntRange(0, 5).Draw(t, "seldom") > 0 {
				return
			}
			l.act(t, func() ([]ledger.Event, error) { return l.tk.Drop("spam", "sari", l.at) })
		},
		"re-open": do(func(_ *rapid.T, by string) step {
			return func() ([]ledger.Event, error) { return l.tk.Reopen("", by, l.at) }
		}),
		"ask rating": do(func(*rapid.T, string) step {
			return func() ([]ledger.Event, error) { return l.tk.AskRating(time.Time{}, l.at, l.p) }
		}),
		"rate": do(func(t *rapid.T, _ string) step {
			stars := rapid.IntRange(0, 6).Draw(t, "stars")
			return func() ([]ledger.Event, error) { return l.tk.Rate(stars, l.at, l.p) }
		}),
		"comment": do(func(*rapid.T, string) step {
			return func() ([]ledger.Event, error) { return l.tk.Comment("bagus", l.at, l.p) }
		}),
		"snooze": do(func(_ *rapid.T, by string) step {
			return func() ([]ledger.Event, error) { return l.tk.Snooze(l.at.Add(time.Hour), by, l.at, l.p) }
		}),
		"schedule": do(func(t *rapid.T, by string) step {
			m := Scheduled{ID: one(t, []string{"1", "2", "3", "4", "5"}), Text: "halo", Due: l.at.Add(time.Hour), By: by, DropIfClientWrites: rapid.Bool().Draw(t, "drop")}
			return func() ([]ledger.Event, error) { return l.tk.Schedule(m, l.at, l.p) }
		}),
		"merge": func(t *rapid.T) {
			from := Open(&Conversation{ID: "c1"}, "HE-2", l.at)
			if rapid.Bool().Draw(t, "taken") {
				_, _ = from.Accept(rapid.SampledFrom(staff).Draw(t, "by"), l.at)
			}
			l.act(t, func() ([]ledger.Event, error) {
				into, _, err := Merge(&l.tk, &from, l.conv, "sari", l.at)
				return into, err
			})
		},
	}
}

// No sequence of actions reaches a forbidden state: closed with an open report, two
// agents, a rating asked twice, resolved without a class, hard and resolved without an
// escalation, a timer for a closed ticket but the one of its rating.
func TestLifeModel(t *testing.T) {
	done := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		l := &life{
			at: noon, p: DefaultPolicy(), done: done, conv: Conversation{ID: "c1"},
			witness: witness{reports: map[string]bool{}, later: map[string]bool{}},
		}
		l.c = rapid.SampledFrom([]Clock{always{}, office{}, never{}}).Draw(t, "clock")
		l.tk = Open(&l.conv, "HE-1", l.at)
		l.begin(t, rapid.IntRange(0, 3).Draw(t, "stage"))
		actions := l.actions()
		names := slices.Sorted(maps.Keys(actions))
		for range rapid.SampledFrom([]int{100, 30, 5}).Draw(t, "length") {
			actions[rapid.SampledFrom(names).Draw(t, "action")](t)
			l.check(t)
		}
	})
	t.Log(done)
	// A test that reaches nothing forbids nothing.
	for _, what := range []string{
		"accepted", "released", "transferred", "resolved", "closed", "reopened", "rating_asked", "escalated", "reclassified",
		"snoozed", "scheduled", "merged_from",
	} {
		if done[what] == 0 {
			t.Errorf("%s never happened in %v", what, done)
		}
	}
}
