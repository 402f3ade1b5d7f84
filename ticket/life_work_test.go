package ticket

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
)

func steps(s *story) map[string]func() ([]ledger.Event, error) {
	return map[string]func() ([]ledger.Event, error){
		"data":      func() ([]ledger.Event, error) { return s.tk.RequestData([]string{"foto"}, "sari", s.at) },
		"access":    func() ([]ledger.Event, error) { return s.tk.RequestAccess("sari", s.at) },
		"checking":  func() ([]ledger.Event, error) { return s.tk.Checking("sari", s.at) },
		"escalate":  func() ([]ledger.Event, error) { return s.tk.Escalate("R-1", "POS", "sari", s.at) },
		"superior":  func() ([]ledger.Event, error) { return s.tk.EscalateToSupervisor("stuck", "sari", s.at) },
		"resolve":   func() ([]ledger.Event, error) { return s.tk.Resolve("a", "b", "sari", s.at) },
		"snooze":    func() ([]ledger.Event, error) { return s.tk.Snooze(s.at.Add(time.Hour), "sari", s.at, s.p) },
		"classify":  func() ([]ledger.Event, error) { return s.tk.Classify(Easy, "sari", s.at) },
		"issue":     func() ([]ledger.Event, error) { return s.tk.SetIssue("Sinkronisasi", "sari", s.at) },
		"complaint": func() ([]ledger.Event, error) { return s.tk.MarkComplaint(true, "sari", s.at) },
		"schedule": func() ([]ledger.Event, error) {
			return s.tk.Schedule(Scheduled{ID: "m1", Text: "halo", Due: noon.Add(time.Hour), By: "sari"}, s.at, s.p)
		},
		"claim":    func() ([]ledger.Event, error) { return s.tk.ClaimWarranty("sari", s.at) },
		"close":    func() ([]ledger.Event, error) { return s.tk.Close("sari", s.at) },
		"transfer": func() ([]ledger.Event, error) { return s.tk.Transfer("dewi", "sari", s.at) },
		"offer":    func() ([]ledger.Event, error) { return s.tk.Offer("dewi", s.at) },
		"rating":   func() ([]ledger.Event, error) { return s.tk.AskRating(time.Time{}, s.at, s.p) },
		"wrote":    func() ([]ledger.Event, error) { return s.tk.ClientWrote(s.at, false) },
	}
}

// Each step in each stage of a ticket: "" is done; else the refusal.
func TestStepsByStage(t *testing.T) {
	stages := map[string]func(*testing.T) *story{
		"new": tells,
		"assigned": func(t *testing.T) *story {
			s := tells(t)
			s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
			return s
		},
		"resolved": func(t *testing.T) *story { return tells(t).resolved(Normal) },
		"closed":   func(t *testing.T) *story { return tells(t).closed(Normal) },
	}
	order := []string{"new", "assigned", "resolved", "closed"}
	for step, want := range map[string][4]string{
		"data":      {"not_accepted", "", "resolved", "closed"},
		"access":    {"not_accepted", "", "resolved", "closed"},
		"checking":  {"not_accepted", "", "resolved", "closed"},
		"escalate":  {"not_accepted", "", "resolved", "closed"},
		"superior":  {"not_accepted", "", "resolved", "closed"},
		"resolve":   {"not_accepted", "not_classified", "", "closed"}, // again, in vain
		"snooze":    {"not_accepted", "", "resolved", "closed"},
		"classify":  {"", "", "", "closed"},
		"issue":     {"", "", "", "closed"},
		"complaint": {"", "", "", "closed"},
		"schedule":  {"", "", "", "closed"},
		"claim":     {"", "", "", "closed"},
		"close":     {"not_resolved", "not_resolved", "", ""},
		"transfer":  {"", "", "", "closed"},
		"offer":     {"", "taken", "resolved", "closed"},
		"rating":    {"not_closed", "not_closed", "not_closed", ""},
		"wrote":     {"", "", "", "closed"},
	} {
		for i, stage := range order {
			t.Run(step+"/"+stage, func(t *testing.T) {
				s := stages[stage](t)
				do := steps(s)[step]
				if want[i] != "" {
					s.refused(want[i], do)
					return
				}
				if _, err := do(); err != nil {
					t.Fatalf("refused: %v", err)
				}
				after := s.tk.State
				// Twice is once.
				if events, err := do(); len(events) > 0 || err != nil || s.tk.State != after {
					t.Errorf("the second time: %v %v", events, err)
				}
			})
		}
	}
}

// Every refusal that anything gives is a sentence in both languages.
func TestRefusals(t *testing.T) {
	for k, s := range refusals {
		for _, text := range s {
			if text == "" || !strings.HasSuffix(text, ".") {
				t.Errorf("%s: %q", k, text)
			}
		}
		if s[0] == s[1] || strings.Contains(s[0], "{{who}}") != strings.Contains(s[1], "{{who}}") {
			t.Errorf("%s: %q", k, s)
		}
		if got := (&Refusal{Key: k}).Error(); !strings.Contains(got, "refused: ") {
			t.Errorf("%s: %q", k, got)
		}
	}
	if got := refuse("unheard of").Say(false); !strings.HasPrefix(got, "Langkah ini") {
		t.Errorf("an unknown key: %q", got)
	}
}

func TestWaits(t *testing.T) {
	s := tells(t)
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	if since, ok := s.tk.Waiting(Client, Staff); !ok || !since.Equal(noon) {
		t.Errorf("the client waits since %s %v", since, ok)
	}
	s.did("", "")(s.tk.ClientWrote(s.at, false)) // still the same wait
	s.twice("data_requested", func() ([]ledger.Event, error) {
		return s.tk.RequestData([]string{" nomor order ", "", "foto"}, "sari", s.at)
	})
	if s.tk.Asked != "nomor order\nfoto" {
		t.Errorf("asked %q", s.tk.Asked)
	}
	s.state(WaitingClient)
	s.said("waited")(s.tk.StaffWrote("sari", s.at)) // what was asked has arrived
	s.state(WaitingClient)
	s.did("escalated", "")(s.tk.Escalate("R-1", "POS", "sari", s.at))
	s.state(WaitingClient)
	s.did("waited", "")(s.tk.ClientWrote(s.at, false))
	s.state(WaitingDeveloper)
	s.said("report_ended waited")(s.tk.ReportEnded("R-1", false, "sari", s.at))
	s.state(Assigned)
	if len(s.tk.Waits) != 1 {
		t.Errorf("waits %v", s.tk.Waits)
	}
	var ended []string
	for _, e := range s.log {
		if e.What == "waited" {
			ended = append(ended, e.Data["who"]+">"+e.Data["for"])
			if since, err := time.Parse(time.RFC3339Nano, e.Data["since"]); err != nil || !since.Before(e.At) {
				t.Errorf("waited from %s to %s", e.Data["since"], e.At)
			}
		}
	}
	if !slices.Equal(ended, []string{"client>staff", "staff>client", "staff>developer"}) {
		t.Errorf("waits that ended: %q", ended)
	}
	s.refused("no_data", func() ([]ledger.Event, error) { return s.tk.RequestData([]string{" "}, "sari", s.at) })
	s.refused("too_long", func() ([]ledger.Event, error) {
		return s.tk.RequestData([]string{strings.Repeat("x", longAsked+1)}, "sari", s.at)
	})
}

// Thanks wait for nothing, unless they are the first words.
func TestThanks(t *testing.T) {
	s := tells(t)
	s.said("accepted responded waited")(s.tk.StaffWrote("sari", s.at))
	s.did("", "")(s.tk.ClientWrote(s.at, true))
	if len(s.tk.Waits) > 0 {
		t.Errorf("waits %v", s.tk.Waits)
	}
	conv := Conversation{ID: "c1"}
	tk := Open(&conv, "HE-2", noon)
	if _, err := tk.ClientWrote(noon, true); err != nil || len(tk.Waits) != 1 {
		t.Errorf("first words: %v %v", tk.Waits, err)
	}
}

func TestAccess(t *testing.T) {
	s := tells(t)
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	s.twice("access_requested", func() ([]ledger.Event, error) { return s.tk.RequestAccess("sari", s.at) })
	s.did("waited", "")(s.tk.ClientWrote(s.at, false)) // words, but no code
	if s.tk.AccessFrom.IsZero() {
		t.Error("the code is looked for no more")
	}
	s.twice("access_came", func() ([]ledger.Event, error) { return s.tk.AccessCame(s.at), nil })
}

func TestCheckingAgainAfterWords(t *testing.T) {
	s := tells(t)
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	s.twice("checking", func() ([]ledger.Event, error) { return s.tk.Checking("sari", s.at) })
	s.did("", "")(s.tk.ClientWrote(s.at, false))
	s.twice("checking", func() ([]ledger.Event, error) { return s.tk.Checking("sari", s.at) })
}

func TestClassify(t *testing.T) {
	s := tells(t)
	s.refused("no_class", func() ([]ledger.Event, error) { return s.tk.Classify("heavy", "sari", s.at) })
	s.twice("classified", func() ([]ledger.Event, error) { return s.tk.Classify(Easy, "sari", s.at) })
	s.twice("reclassified", func() ([]ledger.Event, error) { return s.tk.Classify(Hard, "dewi", s.at) })
	if len(s.tk.Classes) != 2 || s.tk.Classes[0].Class != Easy || s.tk.Classes[1].By != "dewi" {
		t.Errorf("history %+v", s.tk.Classes)
	}
	if e := s.log[len(s.log)-1]; e.Data["from"] != "easy" || e.Data["class"] != "hard" {
		t.Errorf("event %+v", e)
	}
	for range 20 {
		s.did("reclassified", "")(s.tk.Classify(Easy, "sari", s.at))
		s.did("reclassified", "")(s.tk.Classify(Hard, "sari", s.at))
	}
	if len(s.tk.Classes) != mostClasses {
		t.Errorf("history of %d", len(s.tk.Classes))
	}
	// What was resolved lightly does not become hard behind the rule's back.
	s = tells(t).resolved(Normal)
	s.refused("not_escalated", func() ([]ledger.Event, error) { return s.tk.Classify(Hard, "sari", s.at) })
}

// A ticket counts as escalated once, and neither resolves nor closes while a report is
// open.
func TestEscalate(t *testing.T) {
	s := tells(t)
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	s.did("classified", "")(s.tk.Classify(Hard, "sari", s.at))
	s.refused("not_escalated", func() ([]ledger.Event, error) { return s.tk.Resolve("a", "b", "sari", s.at) })
	s.refused("no_report", func() ([]ledger.Event, error) { return s.tk.Escalate("", "POS", "sari", s.at) })
	s.twice("escalated", func() ([]ledger.Event, error) { return s.tk.Escalate("R-1", "POS", "sari", s.at) })
	s.twice("escalated_again", func() ([]ledger.Event, error) { return s.tk.Escalate("R-2", "BI", "sari", s.at) })
	s.twice("escalated_again", func() ([]ledger.Event, error) { return s.tk.EscalateToSupervisor("urgent", "sari", s.at) })
	s.twice("report_ended", func() ([]ledger.Event, error) { return s.tk.ReportEnded("R-1", false, "sari", s.at), nil })
	s.refused("report_open", func() ([]ledger.Event, error) { return s.tk.Resolve("a", "b", "sari", s.at) })
	s.refused("report_open", func() ([]ledger.Event, error) { return s.tk.Drop("", "sari", s.at) })
	dropped := s.tk // for a reason it lets its reports go
	if events, err := dropped.Drop("spam", "sari", s.at); err != nil || len(dropped.Reports) > 0 || dropped.State != Closed || events[0].What != "report_ended" || events[0].Data["why"] != "dropped" {
		t.Errorf("dropped: %v %v, waits for %q", events, err, dropped.Reports)
	}
	s.twice("report_ended waited", func() ([]ledger.Event, error) { return s.tk.ReportEnded("R-2", false, "sari", s.at), nil })
	s.twice("supervisor_answered", func() ([]ledger.Event, error) { return s.tk.SupervisorAnswered("ok", "andi", s.at), nil })
	// A report that opens again after a pass.
	s.twice("escalated_again", func() ([]ledger.Event, error) { return s.tk.Escalate("R-1", "POS", "bayu", s.at) })
	s.said("report_ended waited")(s.tk.ReportEnded("R-1", false, "sari", s.at))
	s.did("waited resolved", "")(s.tk.Resolve("a", "b", "sari", s.at))
	if s.tk.Team != "POS" {
		t.Errorf("team %q", s.tk.Team)
	}
	s = tells(t)
	s.did("accepted responded", "")(s.tk.Accept("sari", s.at))
	for i := range mostReports {
		if _, err := s.tk.Escalate(string(rune('a'+i)), "POS", "sari", s.at); err != nil {
			t.Fatal(err)
		}
	}
	s.refused("reports_full", func() ([]ledger.Event, error) { return s.tk.Escalate("z", "POS", "sari", s.at) })
}

func TestSnooze(t *testing.T) {
	s := tells(t)
	s.said("accepted responded waited")(s.tk.StaffWrote("sari", s.at))
	until := s.at.Add(2 * time.Hour)
	s.refused("snooze_past", func() ([]ledger.Event, error) { return s.tk.Snooze(s.at, "sari", s.at, s.p) })
	s.refused("snooze_long", func() ([]ledger.Event, error) {
		return s.tk.Snooze(s.at.Add(s.p.LongestSnooze+time.Second), "sari", s.at, s.p)
	})
	s.twice("snoozed", func() ([]ledger.Event, error) { return s.tk.Snooze(until, "sari", s.at, s.p) })
	s.twice("woken", func() ([]ledger.Event, error) { return s.tk.Wake("sari", s.at), nil })
	s.did("snoozed", "")(s.tk.Snooze(until, "sari", s.at, s.p))
	s.did("woken", "")(s.tk.ClientWrote(s.at, false)) // the client wakes it
	s.did("snoozed", "")(s.tk.Snooze(until, "sari", s.at, s.p))
	s.runs(until.Add(-time.Second))
	if len(s.times("reply_reminder")) > 0 {
		t.Error("reminded while it rests")
	}
	s.runs(until)
	if !s.tk.Snoozed.IsZero() || len(s.times("reply_reminder")) != 1 {
		t.Errorf("after the rest: %q", whats(s.log))
	}
}

func TestSchedule(t *testing.T) {
	s := tells(t)
	m := Scheduled{ID: "m1", Text: " halo ", Due: noon.Add(time.Hour), By: "sari"}
	change := func(f func(*Scheduled)) func() ([]ledger.Event, error) {
		n := m
		n.ID = "other"
		f(&n)
		return func() ([]ledger.Event, error) { return s.tk.Schedule(n, s.at, s.p) }
	}
	s.twice("scheduled", func() ([]ledger.Event, error) { return s.tk.Schedule(m, s.at, s.p) })
	s.refused("schedule_empty", change(func(n *Scheduled) { n.Text = " " }))
	s.refused("schedule_past", change(func(n *Scheduled) { n.Due = s.at }))
	s.refused("schedule_long", change(func(n *Scheduled) { n.Due = s.at.Add(s.p.LongestSchedule + time.Minute) }))
	s.refused("too_long", change(func(n *Scheduled) { n.Text = strings.Repeat("<", longScheduled/6+1) }))
	s.did("scheduled", "")(s.tk.Schedule(Scheduled{ID: "m2", Text: "b", Due: noon.Add(30 * time.Minute), By: "sari", DropIfClientWrites: true}, s.at, s.p))
	s.did("scheduled", "")(s.tk.Schedule(Scheduled{ID: "m3", Text: "c", Due: noon.Add(2 * time.Hour), By: "sari"}, s.at, s.p))
	s.did("scheduled", "")(s.tk.Schedule(Scheduled{ID: "m4", Text: "d", Due: noon.Add(3 * time.Hour), By: "sari"}, s.at, s.p))
	s.refused("schedule_full", change(func(*Scheduled) {}))
	s.did("unscheduled", "")(s.tk.ClientWrote(s.at, false)) // the one that was to be dropped
	s.twice("unscheduled", func() ([]ledger.Event, error) { return s.tk.Unschedule("m4", "sari", s.at), nil })
	s.runs(noon.Add(time.Hour))
	last := s.log[len(s.log)-1]
	for _, e := range s.log {
		if e.What == "scheduled_due" {
			last = e
		}
	}
	if last.Ref != "m1" || last.Data["text"] != "halo" || last.Data["author"] != "sari" || !last.At.Equal(noon.Add(time.Hour)) {
		t.Errorf("due: %+v", last)
	}
	// Closing drops the rest.
	s.did("unscheduled closed", "")(func() ([]ledger.Event, error) {
		s.tk.Waits = nil
		return s.tk.Drop("", "sari", s.at)
	}())
	phoned, _, _ := Register("HE-9", Phone, "Ana", "", "sari", noon)
	if _, err := phoned.Schedule(m, noon, s.p); key(err) != "no_bridge" {
		t.Errorf("without WhatsApp: %v", err)
	}
}

func TestRegister(t *testing.T) {
	for _, channel := range Channels() {
		tk, events, err := Register("HE-9", channel, "Ana", "628123456789", "sari", noon)
		if err != nil || whats(events) != "opened" || tk.Title != "HE-9 · Ana · 6789" || tk.State != New {
			t.Errorf("%s: %+v %v %v", channel, tk, events, err)
		}
		// The same life, without a first response, a closing sentence or a rating.
		s := &story{T: t, tk: tk, at: noon, p: DefaultPolicy(), c: always{}}
		s.did("accepted", "")(s.tk.Accept("sari", s.at))
		s.did("classified", "")(s.tk.Classify(Easy, "sari", s.at))
		s.did("resolved", "")(s.tk.Resolve("a", "b", "sari", s.at))
		s.runs(s.at.Add(s.p.Silence))
		s.state(Closed)
		s.did("", "")(s.tk.AskRating(time.Time{}, s.at, s.p))
	}
	for _, channel := range []Channel{WhatsApp, "", "pigeon"} {
		if _, _, err := Register("HE-9", channel, "", "", "sari", noon); key(err) != "no_channel" {
			t.Errorf("%q: %v", channel, err)
		}
	}
	s := tells(t)
	s.twice("identified", func() ([]ledger.Event, error) { return s.tk.Identify("p1", "k1", "sari", s.at), nil })
}

func TestWarranty(t *testing.T) {
	s := tells(t)
	form := WarrantyForm{"Printer", "SN1", "2024-12-01", "active", "dead", "repair"}
	refuseIt := func() ([]ledger.Event, error) { return s.tk.RefuseWarranty("masa garansi habis", "tono", s.at) }
	accept := func() ([]ledger.Event, error) { return s.tk.AcceptWarranty(form, "tono", s.at) }
	end := func() ([]ledger.Event, error) { return s.tk.CloseWarranty("repaired", "tono", s.at) }
	claim := func() ([]ledger.Event, error) { return s.tk.ClaimWarranty("sari", s.at) }
	s.refused("no_claim", refuseIt)
	s.refused("no_claim", accept)
	s.refused("no_claim", end)
	s.twice("warranty_claimed", claim)
	s.refused("claim_open", end)
	s.refused("no_reason", func() ([]ledger.Event, error) { return s.tk.RefuseWarranty(" ", "tono", s.at) })
	s.twice("warranty_refused", refuseIt)
	s.refused("claim_decided", accept)
	s.twice("warranty_claimed", claim) // with better papers
	s.refused("form_incomplete", func() ([]ledger.Event, error) {
		f := form
		f.Serial = " "
		return s.tk.AcceptWarranty(f, "tono", s.at)
	})
	// The ticket may close meanwhile.
	s.did("waited closed", "")(s.tk.Drop("", "sari", s.at))
	s.twice("warranty_accepted", accept)
	s.refused("claim_decided", refuseIt)
	s.twice("warranty_closed", end)
	s.refused("closed", func() ([]ledger.Event, error) { return s.tk.ClaimWarranty("sari", s.at) })
	if s.tk.Warranty.Form != form || s.tk.Warranty.Outcome != "repaired" {
		t.Errorf("warranty %+v", s.tk.Warranty)
	}
}

func TestMerge(t *testing.T) {
	both := func() (*story, Ticket) {
		s := tells(t)
		other := Open(&Conversation{ID: "c0"}, "HE-2", noon.Add(-time.Hour))
		if _, err := other.ClientWrote(noon.Add(-time.Hour), false); err != nil {
			t.Fatal(err)
		}
		s.conv.Was, s.conv.Also = []string{"c0"}, []string{"HE-2"}
		return s, other
	}
	s, other := both()
	if _, err := other.Accept("dewi", noon); err != nil {
		t.Fatal(err)
	}
	if _, err := other.MarkComplaint(true, "dewi", noon); err != nil {
		t.Fatal(err)
	}
	into, from, err := Merge(&s.tk, &other, s.conv, "sari", s.at)
	if err != nil || whats(into) != "merged_from accepted complaint_marked" || whats(from) != "waited closed" {
		t.Fatalf("merged: %q %q %v", whats(into), whats(from), err)
	}
	if since, _ := s.tk.Waiting(Client, Staff); !since.Equal(noon.Add(-time.Hour)) || s.tk.Agent != "dewi" || !s.tk.Complaint {
		t.Errorf("goes on: %+v", s.tk)
	}
	if other.State != Closed || other.MergedInto != "HE-1" || !slices.Equal(s.tk.MergedFrom, []string{"HE-2"}) {
		t.Errorf("merged: %+v", other)
	}
	s.conv.Follow(other)
	s.conv.Follow(s.tk)
	if s.conv.Open != "HE-1" || len(s.conv.Also) > 0 || s.conv.Last != "HE-2" {
		t.Errorf("conversation %+v", s.conv)
	}
	into, from, err = Merge(&s.tk, &other, s.conv, "sari", s.at)
	if len(into)+len(from) > 0 || err != nil {
		t.Errorf("merged twice: %v %v %v", into, from, err)
	}
	if _, err := other.ReopenByClient(s.at, s.p); key(err) != "merged" {
		t.Errorf("re-opened: %v", err)
	}
	if _, err := other.Reopen("", "sari", s.at); key(err) != "merged" {
		t.Errorf("re-opened by staff: %v", err)
	}

	// Whoever waits in the one that rests is not forgotten there.
	s, other = both()
	if _, err := s.tk.Accept("sari", s.at); err != nil {
		t.Fatal(err)
	}
	if _, err := s.tk.Snooze(s.at.Add(48*time.Hour), "sari", s.at, s.p); err != nil {
		t.Fatal(err)
	}
	if into, _, err := Merge(&s.tk, &other, s.conv, "sari", s.at); err != nil || whats(into) != "merged_from woken" || !s.tk.Snoozed.IsZero() {
		t.Errorf("merged into one that rests: %q, until %s, %v", whats(into), s.tk.Snoozed, err)
	}

	for want, spoil := range map[string]func(s *story, other *Ticket){
		"same_ticket":   func(s *story, other *Ticket) { other.Number = s.tk.Number },
		"other_contact": func(_ *story, other *Ticket) { other.Conversation = "c9" },
		"reports_full":  func(_ *story, other *Ticket) { other.Reports = slices.Repeat([]string{"R-1"}, mostReports+1) },
		"closed":        func(s *story, _ *Ticket) { _, _ = s.tk.Drop("", "sari", s.at) },
		"resolved":      func(s *story, _ *Ticket) { s.resolved(Easy) },
	} {
		s, other := both()
		spoil(s, &other)
		if _, _, err := Merge(&s.tk, &other, s.conv, "sari", s.at); key(err) != want {
			t.Errorf("refused %v, want %s", err, want)
		}
	}
	// Its reports go over, with whom they wait for; one that passed may still come back.
	s, other = both()
	other.Reports, other.Back, other.Passed, other.Team = []string{"R-1", "R-2"}, []string{"R-2"}, []string{"R-3"}, "POS"
	if into, from, err = Merge(&s.tk, &other, s.conv, "sari", s.at); err != nil || !strings.Contains(whats(into), "report_came report_came") || !strings.HasPrefix(whats(from), "report_ended report_ended") {
		t.Errorf("merged with reports: %s; %s; %v", whats(into), whats(from), err)
	}
	if !slices.Equal(s.tk.Reports, []string{"R-1", "R-2"}) || !slices.Equal(s.tk.Back, []string{"R-2"}) || !slices.Equal(s.tk.Passed, []string{"R-3"}) || len(other.Reports) > 0 {
		t.Errorf("the reports are %q %q %q, left %q", s.tk.Reports, s.tk.Back, s.tk.Passed, other.Reports)
	}
	if _, waits := s.tk.Waiting(Staff, Developer); !waits {
		t.Error("nobody waits for the developers")
	}
	s, other = both()
	s.tk.Contact, other.Contact, other.Conversation = "p1", "p1", ""
	if _, _, err := Merge(&s.tk, &other, s.conv, "sari", s.at); err != nil {
		t.Errorf("the same person by phone: %v", err)
	}
}
