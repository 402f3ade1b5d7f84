package bridge_test

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/bridge/bridgetest"
	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/scheduler"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

const (
	yearLeast, yearMost  = time.Minute, 3 * time.Minute
	yearHour, yearDay    = 20, 60
	yearNewDay           = 20
	yearNew              = 30 * 24 * time.Hour
	yearList             = 20
	yearRest, yearWins   = 30 * 24 * time.Hour, 30 * 24 * time.Hour
	yearUsual            = 90 // days
	yearOldest, yearYoun = 120, 90
)

// feasts are the holidays of the year: a whole week at Lebaran, from the last days of
// February over the leap day into March.
var feasts = []string{
	"2028-01-01", "2028-02-24", "2028-02-25", "2028-02-26", "2028-02-28", "2028-02-29", "2028-03-01",
	"2028-05-01", "2028-08-17", "2028-12-25",
}

// promise is what the year is judged by, in words of its own.
func (y *year) promise() *bridgetest.Year {
	open := map[time.Weekday][2]int{time.Saturday: {8 * 60, 14 * 60}}
	for day := time.Monday; day <= time.Friday; day++ {
		open[day] = [2]int{8 * 60, 17 * 60}
	}
	return &bridgetest.Year{
		Promise: bridgetest.Promise{
			Zone: wib, Open: open, Holidays: feasts, Least: yearLeast, Hour: yearHour, Day: yearDay, NewDay: yearNewDay, New: yearNew,
			Linked: y.plan.from, List: yearList, Rest: yearRest, Attribute: yearWins, Usual: yearUsual, Oldest: yearOldest, Youngest: yearYoun,
			Call: [3]int{5, 8, 10},
		},
		Until: y.plan.to, People: map[string]string{},
	}
}

// desk is the policy of the desk, and what an ablation leaves out of it.
func (y *year) desk() bridge.Desk {
	week := calendar.Hours{time.Saturday: {{Open: 8 * 60, Close: 14 * 60}}}
	for day := time.Monday; day <= time.Friday; day++ {
		week[day] = []calendar.Window{{Open: 8 * 60, Close: 17 * 60}}
	}
	plan := calendar.Plan{Zone: wib, Week: week}
	if !y.plan.without.holidays {
		for _, day := range feasts {
			h, err := calendar.ParseHoliday(day + " libur")
			if err != nil {
				y.t.Fatal(err)
			}
			plan.Holidays = append(plan.Holidays, h)
		}
	}
	hours, err := calendar.New(plan)
	if err != nil {
		y.t.Fatal(err)
	}
	rates := customer.Rates{Least: yearLeast, Most: yearMost, Hour: yearHour, Day: yearDay, NewDay: yearNewDay, New: yearNew}
	if y.plan.without.caps {
		rates.Hour, rates.Day, rates.NewDay = 1000, 1000, 1000
	}
	if y.plan.without.gap {
		rates.Least, rates.Most = 0, 0
	}
	d := bridge.Desk{
		Prefix: "HE", Zone: wib, Sentences: ticket.Defaults(), AgentRoles: []string{agentRole}, NotePrefix: "//",
		MessageID: func(s string) string { return "ID-" + s }, Calendar: hours, Policy: ticket.DefaultPolicy(), Now: y.now,
		Greet: bridge.GreetNever, Mode: bridge.Plain, Types: customer.DefaultTypes(), Rates: rates, Vault: bridge.NewVault(),
		Members: func(ctx context.Context, index string, from int64) (members []string, err error) {
			rows, err := y.store.Index(ctx, index, store.Range{Min: &from})
			for _, row := range rows {
				members = append(members, row.Member)
			}
			return members, err
		},
		Rows: func(ctx context.Context, p bridge.Page) ([]ledger.IndexRow, error) {
			return y.store.Index(ctx, p.Index, store.Range{Min: p.Min, Max: p.Max, Offset: p.Offset, Limit: p.Limit})
		},
	}
	return d
}

// jobs gives the scheduler the desk's jobs: every morning, as the standard plan has it.
func (y *year) jobs(kinds map[string]scheduler.Kind) {
	plan, err := scheduler.ParsePlan("15 7 * * *", wib)
	if err != nil {
		y.t.Fatal(err)
	}
	var all []scheduler.Job
	for name, do := range y.policy.Jobs() {
		all = append(all, scheduler.Job{Name: name, Plan: plan, Do: do})
	}
	jobs := scheduler.NewJobs(all, nil)
	maps.Copy(kinds, jobs.Kinds())
	y.commit(jobs.Plan)
}

// reference is what a message was for, as far as its id tells.
func (y *year) reference(why, company string, m arrived) string {
	_, id, _ := strings.Cut(m.id, "survey/")
	round, rest, _ := strings.Cut(strings.TrimPrefix(id, "SV-"), "-")
	if why == bridgetest.ForRest {
		return round + "-" + rest
	}
	return round
}

// collect reads from the books what the judge compares: lists, cards, what was won.
func (y *year) collect() {
	for c := range y.world.Companies() {
		rows, err := y.store.Index(y.t.Context(), customer.FollowUpsOf(y.ids[c.Key]), store.Range{})
		if err != nil {
			y.t.Fatal(err)
		}
		for _, row := range rows {
			y.collectFollowUp(y.followUp(row.Member))
		}
	}
	for month := y.plan.from; month.Before(y.plan.to); month = month.AddDate(0, 1, 0) {
		y.collectLists(month.In(wib).Format("0601"))
	}
}

func (y *year) collectFollowUp(f customer.FollowUp) {
	seen := y.seen
	seen.Cards = append(seen.Cards, bridgetest.Card{Customer: f.Customer, List: f.Round, From: f.Opened, Sent: f.Sent, Answered: f.Answered, To: f.Ended})
	if f.Kind == customer.NewCustomer {
		seen.Tasks = append(seen.Tasks, bridgetest.Task{Customer: f.Customer, Opened: f.Opened, Reminded: f.Reminded, Late: f.Missed, Ended: f.Ended})
	}
	switch {
	case !f.Sent.IsZero():
		seen.Turns = append(seen.Turns, bridgetest.Turn{ID: f.ID, Customer: f.Customer, At: f.Sent, Won: f.Won})
	case f.State == customer.FollowUpDone:
		seen.Turns = append(seen.Turns, bridgetest.Turn{ID: f.ID, Customer: f.Customer, At: f.Ended, Call: f.Kind.Calls(), Won: f.Won})
	case f.Won != "":
		y.t.Errorf("%s won %s, and nobody turned to %s", f.ID, f.Won, f.Customer)
	}
}

func (y *year) collectLists(month string) {
	if r, ok := y.round("FU-" + month); ok {
		m := bridgetest.Month{ID: r.ID, At: r.Opened}
		rows, err := y.store.Index(y.t.Context(), customer.FollowUpsIn(r.ID), store.Range{})
		if err != nil {
			y.t.Fatal(err)
		}
		for _, row := range rows {
			m.Customers = append(m.Customers, y.followUp(row.Member).Customer)
		}
		y.seen.Months = append(y.seen.Months, m)
	}
	if r, ok := y.round("SV-" + month); ok {
		y.seen.Returns = append(y.seen.Returns, bridgetest.Return{ID: r.ID, At: r.Opened, Orders: y.listed(r.ID)})
	}
}

// listed are the orders on a list of surveys.
func (y *year) listed(round string) (all []string) {
	rows, err := y.store.Index(y.t.Context(), bridge.SurveyListed(round), store.Range{})
	if err != nil {
		y.t.Fatal(err)
	}
	for _, row := range rows {
		l, ok := bridge.ParseListed(row.Member)
		if !ok {
			y.t.Errorf("%s lists %q", round, row.Member)
		}
		all = append(all, l.Order)
	}
	return all
}

func (y *year) round(id string) (r customer.Round, ok bool) {
	d, err := y.store.Doc(y.t.Context(), ledger.Ref{Kind: customer.KindRound, ID: id})
	if err != nil {
		y.t.Fatal(err)
	}
	if d.Data == nil {
		return r, false
	}
	if r, err = customer.DecodeRound(d.Data); err != nil {
		y.t.Fatal(err)
	}
	return r, true
}
