package bridge_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Every step of a report that is told, played twice: as when two people press one button,
// or Discord and the clock bring something again. The second time nothing is said, and
// neither report nor ticket changes.
func TestEachStepOfAReportTwiceIsToldOnce(t *testing.T) {
	t.Parallel()
	s := newTale(t)
	s.desk.Reports = escalation.DefaultPolicy()
	s.desk.Calendar = officeHours(t)
	s.desk.Teams = []bridge.Team{{Name: "Back End", Roles: []string{"rb"}, Leads: []string{"rl"}}, {Name: "POS", Roles: []string{"rp"}}}
	s.run(func(tx *ledger.Tx) error {
		return s.desk.Change(tx, taleNumber, func(tk *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			return tk.Accept("sari", tx.Now())
		})
	})
	var id string
	played := map[string]bool{"report_opened": true}
	s.run(func(tx *ledger.Tx) (err error) {
		id, err = s.desk.OpenReport(tx, bridge.NewReport{Party: escalation.Developers, Team: "Back End", Ticket: taleNumber, Form: formOf(escalation.Developers), By: "sari"})
		return err
	})
	type step func(r *escalation.Report, at time.Time) ([]ledger.Event, error)
	quiet := func(fn func(r *escalation.Report, at time.Time) []ledger.Event) step { return quietly(fn) }
	take := func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.Take("bayu", true, at) }
	need := func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
		return r.NeedData("Nota?", "bayu", at)
	}
	adjust := func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.Adjust("beres", "bayu", at) }
	verify := func(pass bool) step {
		return func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Verify(pass, "coba", "sari", at)
		}
	}
	reject := func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
		return r.Reject(escalation.AsDesigned, "memang begitu", "bayu", at)
	}
	lost := quiet(func(r *escalation.Report, at time.Time) []ledger.Event { return r.PostLost(at) })
	for i, do := range []step{
		quiet(func(r *escalation.Report, at time.Time) []ledger.Event {
			return r.Climb(at, s.desk.Reports, s.desk.Calendar)
		}),
		take,
		func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.Take("joko", true, at) },
		need,
		quiet(func(r *escalation.Report, at time.Time) []ledger.Event {
			return r.ClientAnswered(escalation.Material{From: "M1", Text: "nota 7"}, at)
		}),
		quiet(func(r *escalation.Report, at time.Time) []ledger.Event {
			return r.Climb(at, s.desk.Reports, s.desk.Calendar)
		}),
		quiet(func(r *escalation.Report, at time.Time) []ledger.Event { return r.DataCame("sari", at) }),
		adjust, verify(false),
		func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Move("POS", "bukan kami", "bayu", at)
		},
		take, reject,
		func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Object("masih salah", "sari", at)
		},
		func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.Carry("HE-2", "sari", at) },
		quiet(func(r *escalation.Report, at time.Time) []ledger.Event { return r.Drop("HE-2", "", "halo", at) }),
		lost,
		func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.PostAgain("joko", at) },
		adjust, verify(true),
		func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Reopen(taleNumber, "client", at)
		},
		reject,
		func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.Accept("sari", at) },
	} {
		s.now = s.now.Add(40 * time.Minute)
		for _, what := range s.step(id, do, false) {
			played[what] = true
		}
		if t.Failed() {
			t.Fatalf("step %d", i)
		}
	}
	s.run(func(tx *ledger.Tx) (err error) {
		id, err = s.desk.OpenReport(tx, bridge.NewReport{Party: escalation.Sales, Ticket: taleNumber, Form: formOf(escalation.Sales), By: "sari"})
		return err
	})
	for _, do := range []step{
		need, adjust, verify(false), adjust, verify(true),
		func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Reopen(taleNumber, "sari", at)
		},
		func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Withdraw("tidak perlu", "sari", at)
		},
	} {
		s.now = s.now.Add(time.Minute)
		for _, what := range s.step(id, do, true) {
			played[what] = true
		}
	}
	s.once()
	told, _ := bridge.ReportTold()
	for _, name := range told {
		if !played[name] {
			t.Errorf("%s was not played", name)
		}
	}
}

// step makes a transition of a report twice and returns the events of the first time. It
// must be said in the post or the thread then, and the client of a party's report hears
// nothing.
func (s *tale) step(id string, do func(*escalation.Report, time.Time) ([]ledger.Event, error), inside bool) (names []string) {
	s.t.Helper()
	first := s.run(func(tx *ledger.Tx) error {
		return s.desk.ChangeReport(tx, id, func(r *escalation.Report) ([]ledger.Event, error) {
			events, err := do(r, tx.Now())
			names = nil
			for _, e := range events {
				names = append(names, e.What)
			}
			return events, err
		})
	})
	if len(names) == 0 || len(first) == 0 {
		s.t.Errorf("events %q, letters %d", names, len(first))
	}
	for _, l := range first {
		if inside && strings.HasPrefix(l.Lane, "wa/") {
			s.t.Errorf("%s: the client reads %q", names, shows(s.t, l))
		}
	}
	report, tk := ledger.Ref{Kind: escalation.KindReport, ID: id}, ledger.Ref{Kind: ticket.KindTicket, ID: taleNumber}
	was := slices.Concat(s.docs[report].Data, s.docs[tk].Data)
	s.now = s.now.Add(time.Second)
	again := s.run(func(tx *ledger.Tx) error {
		err := s.desk.ChangeReport(tx, id, func(r *escalation.Report) ([]ledger.Event, error) { return do(r, tx.Now()) })
		if _, refused := errors.AsType[*escalation.Refusal](err); refused {
			return nil
		}
		return err
	})
	if len(again) > 0 {
		s.t.Errorf("%s: said again %q", names, shows(s.t, again[0]))
	}
	if !bytes.Equal(was, slices.Concat(s.docs[report].Data, s.docs[tk].Data)) {
		s.t.Errorf("%s: it changed again", names)
	}
	return names
}

// No event of package escalation is forgotten.
func TestEveryEventOfAReportIsTold(t *testing.T) {
	t.Parallel()
	names := eventNames(t, "../escalation")
	if len(names) < 18 {
		t.Fatalf("only %d events were found: %q", len(names), names)
	}
	told, untold := bridge.ReportTold()
	for _, name := range names {
		if slices.Contains(told, name) == slices.Contains(untold, name) {
			t.Errorf("%s: told %v, untold %v", name, slices.Contains(told, name), slices.Contains(untold, name))
		}
	}
}
