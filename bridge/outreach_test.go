package bridge_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/scheduler"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

// firstMonday is the beginning of the stories: a working day, 09:00 in Jakarta, the first day
// of a week whose Wednesday is a holiday.
var firstMonday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

var standardRates = customer.Rates{Least: time.Minute, Most: 3 * time.Minute, Hour: 20, Day: 60, NewDay: 20, New: 720 * time.Hour}

// hoursOf are 08:00 to 17:00 on weekdays.
func hoursOf(t *testing.T, zone *time.Location, holidays ...calendar.Holiday) *calendar.Calendar {
	t.Helper()
	plan := calendar.Plan{Zone: zone, Holidays: holidays, Week: calendar.Hours{}}
	for day := time.Monday; day <= time.Friday; day++ {
		plan.Week[day] = []calendar.Window{{Open: 8 * 60, Close: 17 * 60}}
	}
	c, err := calendar.New(plan)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// first is a story about what the desk sends first: a desk with a clock.
type first struct {
	*world
	hours  *calendar.Calendar
	d      bridge.Desk
	mu     sync.Mutex
	landed []landing
	endTik func()
}

// A landing is a message that appeared on a client's phone.
type landing struct {
	at time.Time
	id string
}

func tellFirst(t *testing.T, story func(f *first)) {
	t.Helper()
	liveFrom(t, firstMonday, func(w *world) {
		f := &first{world: w, hours: hoursOf(t, w.policy.Zone, calendar.Holiday{Days: calendar.Span{First: calendar.Date{Year: 2026, Month: 11, Day: 25}, Last: calendar.Date{Year: 2026, Month: 11, Day: 25}}, Name: "Libur"})}
		w.desk(func(d *bridge.Desk) {
			d.Calendar, d.Rates = f.hours, standardRates
			d.Sentences = ticket.Sentences{ticket.SayOptOutHint: "Balas BERHENTI bila tidak ingin menerima info seperti ini.", ticket.SayOptOut: "Baik kak."}
			d.Rows = func(ctx context.Context, p bridge.Page) (all []ledger.IndexRow, err error) {
				rows, err := w.store.Index(ctx, p.Index, store.Range{Min: p.Min, Max: p.Max, Offset: p.Offset, Limit: p.Limit})
				for _, row := range rows {
					all = append(all, ledger.IndexRow{Index: p.Index, Member: row.Member, Score: row.Score})
				}
				return all, err
			}
		})
		f.d = w.policy
		w.phone.fail = func(id string, attempt int) (bool, error) {
			f.arrives(id)
			return true, nil
		}
		f.startTimers()
		defer func() { f.endTik() }()
		story(f)
		f.endTik()
		f.endTik = func() {}
	})
}

// startTimers runs the desk's durable timers.
func (f *first) startTimers() {
	kinds := map[string]scheduler.Kind{}
	for kind, fire := range f.world.policy.Timers() {
		kinds[kind] = scheduler.Kind{Fire: fire}
	}
	s := scheduler.New(f.store, kinds, f.now, func() bool { return true }, f.log)
	ctx, cancel := context.WithCancel(f.t.Context())
	var work sync.WaitGroup
	work.Go(func() { _ = s.Run(ctx) })
	f.endTik = func() { cancel(); work.Wait() }
}

func (f *first) arrives(id string) {
	if strings.Contains(id, "outreach/") {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.landed = append(f.landed, landing{time.Now(), id})
	}
}

// sent is what arrived so far: each message once, at its first time.
func (f *first) sent() (all []landing) {
	f.mu.Lock()
	defer f.mu.Unlock()
	known := map[string]bool{}
	for _, l := range f.landed {
		if !known[l.id] {
			known[l.id] = true
			all = append(all, l)
		}
	}
	return all
}

// person is a contact with a chat who has written before, of a company.
func (f *first) person(n int) (contact, conversation string) {
	f.t.Helper()
	contact, conversation = fmt.Sprintf("p%03d", n), fmt.Sprintf("c%03d", n)
	f.does(func(tx *ledger.Tx) error {
		address := fmt.Sprintf("62812%06d@s.whatsapp.net", n)
		if err := tx.Put(ledger.Ref{Kind: ticket.KindAlias, ID: address}, []byte(conversation)); err != nil {
			return err
		}
		conv := ticket.Conversation{ID: conversation, Addresses: []string{address}, Reply: address, Phone: fmt.Sprintf("62812%06d", n)}
		if err := conv.Save(tx); err != nil {
			return err
		}
		c, _, err := customer.Find(tx, contact, customer.Who{Chats: []string{conversation}, Push: "Ana"})
		if err != nil {
			return err
		}
		c.HasWritten(firstMonday.Add(-1000 * time.Hour))
		return c.Save(tx)
	})
	return contact, conversation
}

// asks puts a follow-up's message for person n into the queue.
func (f *first) asks(n int, change ...func(o *customer.Outreach)) string {
	f.t.Helper()
	id := fmt.Sprintf("FU-261123-%04d", n)
	o := customer.Outreach{
		ID: "followup/" + id, Kind: customer.OutreachFollowUp, Customer: "k1", Contact: fmt.Sprintf("p%03d", n),
		Conversation: fmt.Sprintf("c%03d", n), Ref: id, Log: id, Text: fmt.Sprintf("Halo %d", n), By: "maya",
	}
	for _, fn := range change {
		fn(&o)
	}
	f.does(func(tx *ledger.Tx) error {
		if o.Kind == customer.OutreachSurvey {
			return f.d.Approach(tx, o)
		}
		fu, _, err := customer.NewFollowUp(customer.FollowUp{ID: o.Ref, Kind: customer.Reorder, Customer: o.Customer, Contact: o.Contact, Conversation: cmp.Or(o.Conversation, "c000"), Text: o.Text}, "halo", tx.Now())
		if err != nil {
			return err
		}
		events, err := fu.Queue("maya", tx.Now())
		if err != nil {
			return err
		}
		if err := fu.Keep(tx, customer.FollowUp{}, events); err != nil {
			return err
		}
		return f.d.Approach(tx, o)
	})
	return o.ID
}

func (f *first) outreach(id string) (o customer.Outreach) {
	f.t.Helper()
	f.does(func(tx *ledger.Tx) (err error) {
		o, _, err = customer.LoadOutreach(tx, id)
		return err
	})
	return o
}

// waits lets desk time go by.
func (f *first) waits(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// wantQuiet checks that hours, gaps and caps were kept by all that arrived.
func (f *first) wantQuiet() {
	f.t.Helper()
	all := f.sent()
	gaps := map[time.Duration]int{}
	for i, l := range all {
		if !f.hours.Open(l.at) {
			f.t.Errorf("%s arrived at %s, outside working hours", l.id, l.at.In(f.policy.Zone))
		}
		hour, day := 0, 0
		for _, other := range all[:i+1] {
			if l.at.Sub(other.at) < time.Hour {
				hour++
			}
			if l.at.In(f.policy.Zone).Format(time.DateOnly) == other.at.In(f.policy.Zone).Format(time.DateOnly) {
				day++
			}
		}
		if hour > f.d.Rates.Hour || day > f.d.Rates.Day {
			f.t.Errorf("%s is number %d of an hour, %d of a day", l.id, hour, day)
		}
		if i == 0 {
			continue
		}
		gap := l.at.Sub(all[i-1].at)
		gaps[gap.Round(time.Second)]++
		if gap < f.d.Rates.Least {
			f.t.Errorf("%s came %s after the one before", l.id, gap)
		}
	}
	if len(all) > 20 && len(gaps) < len(all)/3 {
		f.t.Errorf("%d gaps are alike: %v", len(all), gaps)
	}
}

// Forty-one messages over three days with a holiday: in order, within hours, gaps and caps, none
// twice; and an answer to a client leaves at once while they wait.
func TestOutreachQueueOverDays(t *testing.T) {
	tellFirst(t, func(f *first) {
		var want []string
		for n := range 41 {
			f.person(n)
			want = append(want, "ID-outreach/"+f.asks(n))
			f.waits(10 * time.Millisecond)
		}
		f.client("m1", "Halo, kasir macet") // somebody who was not written to
		f.waits(time.Minute)
		f.staff(f.thread(), snow(time.Now()), "Kami cek ya")
		f.waits(10 * time.Second)
		f.phone.mu.Lock()
		if shown := f.phone.shown; !slices.ContainsFunc(shown, func(s string) bool { return strings.Contains(s, "Kami cek ya") }) {
			t.Errorf("an answer waits behind what is sent first: %q", shown)
		}
		f.phone.mu.Unlock()
		f.waits(3 * 24 * time.Hour)
		var got []string
		for _, l := range f.sent() {
			got = append(got, l.id)
		}
		if !slices.Equal(got, want) {
			t.Errorf("arrived\n%q\nwant\n%q", got, want)
		}
		f.wantQuiet()
		// 20 a day while the number is new: Monday, Tuesday, and Thursday the rest.
		perDay := map[string]int{}
		for _, l := range f.sent() {
			perDay[l.at.In(f.policy.Zone).Format(time.DateOnly)]++
		}
		if fmt.Sprint(perDay) != "map[2026-11-23:20 2026-11-24:20 2026-11-26:1]" {
			t.Errorf("%v", perDay)
		}
		f.phone.mu.Lock()
		for id, tries := range f.phone.tries {
			if tries > 1 && strings.Contains(id, "outreach") {
				t.Errorf("%s was sent %d times", id, tries)
			}
		}
		if last := f.phone.shown[len(f.phone.shown)-1]; last != "62812000040@s.whatsapp.net: Halo 40\n\nBalas BERHENTI bila tidak ingin menerima info seperti ini." {
			t.Errorf("it says %q", last)
		}
		f.phone.mu.Unlock()
		if o := f.outreach("followup/FU-261123-0040"); o.State != customer.OutreachSent || o.Turn != 1 {
			t.Errorf("%+v", o)
		}
	})
}
