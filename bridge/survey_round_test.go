package bridge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// Over two years with a leap day, with lists that are late and months without any, each
// moment lies in one window: none is in two, and none is left out in between.
func TestWindowsOfSurveys(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var before customer.Round
		days := rapid.IntRange(45, 120).Draw(t, "from")
		s := bridge.Surveys{From: time.Duration(days) * 24 * time.Hour, To: time.Duration(days+30) * 24 * time.Hour}
		for month := range 26 {
			if month > 0 && rapid.IntRange(0, 9).Draw(t, "skips") == 0 {
				continue
			}
			at := time.Date(2027, time.Month(1+month), 1, 0, 0, 0, 0, wib).Add(time.Duration(rapid.IntRange(0, 27*24*60).Draw(t, "minutes")) * time.Minute)
			from, to := bridge.SurveyWindow(s, at, wib, before)
			age := at.Sub(to)
			switch {
			case to.Before(from):
				t.Fatalf("window of %s: %s to %s", at, from, to)
			case before.To.IsZero() && (at.Sub(from) < s.To || at.Sub(from) >= s.To+24*time.Hour):
				t.Fatalf("the first window of %s begins %s", at, from)
			case !before.To.IsZero() && !from.Equal(before.To):
				t.Fatalf("window of %s begins %s, the one before ended %s", at, from, before.To)
			case age < s.From || age >= s.From+24*time.Hour:
				t.Fatalf("window of %s ends %s", at, to)
			}
			before = customer.Round{From: from, To: to}
		}
	})
}

// Each order of a year is on exactly one list, though months differ, one list is late and
// one month has none; a customer gets no two surveys of one window, nor two within days.
func TestEveryOrderIsOnOneList(t *testing.T) {
	t.Parallel()
	aPoll(t, "2027-12-01 08:30", func(p *poll) {
		p.company("ana", "Toko Ana")
		p.company("budi", "Toko Budi")
		ana := p.person(1, "Ana", "ana")
		p.person(2, "Budi", "budi")
		start := time.Now()
		for day := range 220 { // from 119 days ago on, one a day
			p.look(func(tx *ledger.Tx) error {
				done := start.AddDate(0, 0, day-119)
				_, err := customer.Place(tx, customer.Order{Number: fmt.Sprintf("PO-%03d", day), At: done, Done: done, Customer: []string{"ana", "budi"}[day%2]}, "sari")
				return err
			})
		}
		for _, at := range []string{"2027-12-01 08:31", "2028-01-03 08:00", "2028-02-22 16:00", "2028-03-01 08:00", "2028-05-02 08:00"} { // February late, no April
			p.until(at)
			p.job()
			p.pause(30 * time.Minute)
		}
		seen := map[string]string{}
		for _, round := range []string{"SV-2712", "SV-2801", "SV-2802", "SV-2803", "SV-2805"} {
			r := p.round(round)
			if !r.Done || r.Tally.Customers > 2 {
				t.Errorf("round %s is %+v", round, r)
			}
			for _, member := range p.listed(round) {
				l, ok := bridge.ParseListed(member)
				if !ok || seen[l.Order] != "" {
					t.Errorf("%s is on %s and on %s", l.Order, seen[l.Order], round)
				}
				seen[l.Order] = round
				if round == "SV-2803" && l.Why != "recent" && l.Why != "running" {
					t.Errorf("eight days after the last one: %s", member)
				}
			}
		}
		last := p.round("SV-2805").To
		for day := range 220 {
			number, done := fmt.Sprintf("PO-%03d", day), start.AddDate(0, 0, day-119)
			if _, ok := seen[number]; ok != done.Before(last) {
				t.Errorf("%s, completed %s, is listed: %v", number, done.In(wib), ok)
			}
		}
		invited := 0
		for _, text := range ana.sees() {
			if strings.Contains(text, "(1 dari 6)") {
				invited++
			}
		}
		if invited != 4 { // not in March
			t.Errorf("Ana was invited %d times", invited)
		}
	})
}

// A list that is cut off in the middle, and one that two instances make at once, comes out
// the same: each order, survey and invitation once.
func TestAListInterrupted(t *testing.T) {
	t.Parallel()
	aPoll(t, "2026-12-01 08:30", func(p *poll) {
		var guests []*guest
		for n := range 12 {
			id := fmt.Sprintf("toko%02d", n)
			p.company(id, "Toko "+id)
			guests = append(guests, p.person(n+1, "Kak "+id, id))
			p.ordered("PO-A-"+id, id, 100) // all completed at one time
			p.ordered("PO-B-"+id, id, 100)
		}
		p.closes()
		p.look(func(tx *ledger.Tx) error {
			_, err := p.policy.Jobs()["surveys"](tx, tx.Now())
			return err
		})
		fire := func() {
			p.look(func(tx *ledger.Tx) error {
				return p.policy.ListNext(tx, ledger.Timer{Kind: bridge.TimerSurveyList, ID: "SV-2612", Due: tx.Now()})
			})
		}
		fire()
		fire()
		p.open()
		fire()
		synctest.Wait()
		p.closes()
		p.open()
		p.pause(time.Hour)
		r := p.round("SV-2612")
		if !r.Done || r.Made != 12 || r.Tally.Orders != 24 || len(p.listed("SV-2612")) != 24 {
			t.Errorf("the round is %+v, %d listed", r, len(p.listed("SV-2612")))
		}
		p.till(time.Now().Add(26 * time.Hour))
		for _, g := range guests {
			if n, text := g.seen(); n != 1 || !strings.Contains(text, "PO-A-") || !strings.Contains(text, "PO-B-") {
				t.Errorf("%s got %q", g.name, g.sees())
			}
		}
		text := strings.Join(p.lines(p.ticket("SV-2612").Thread), "\n")
		var twice []string
		for n := range 12 {
			for _, order := range []string{"PO-A-", "PO-B-"} {
				if number := fmt.Sprintf("%stoko%02d", order, n); strings.Count(text, number+" ·") != 1 {
					twice = append(twice, number)
				}
			}
		}
		if slices.Sort(twice); len(twice) > 0 {
			t.Errorf("not once in the post: %v\n%s", twice, text)
		}
	})
}

// Every event that a survey can have is told, or there is a reason why not.
func TestEveryEventOfASurvey(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC)
	s, events, err := customer.NewSurvey(customer.Survey{ID: "SV-2612-0001", Round: "SV-2612", Customer: "ana"}, "halo", now)
	if err != nil {
		t.Fatal(err)
	}
	events = slices.Concat(events, s.Leave(now), s.Repeat(now), s.Rest("HE-1", now), s.Resume(now), s.Call("FU-1", now))
	lapsed := s
	events = append(events, lapsed.Lapse("silence", now)...)
	more, err := lapsed.Enter([customer.Promotion + 1]int{1, 2, 3, 4, 5}, "", "sari", now)
	if err != nil {
		t.Fatal(err)
	}
	events = append(events, more...)
	if _, err := s.Answer(1, "", "client", now); err != nil {
		t.Fatal(err)
	}
	if more, err = s.Correct(customer.Performance, 2, "client", now); err != nil {
		t.Fatal(err)
	}
	for _, e := range append(events, more...) {
		if told, untold := bridge.SurveyTold(e.What); told == untold {
			t.Errorf("%s is told: %v, untold: %v", e.What, told, untold)
		}
	}
}
