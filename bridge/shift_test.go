package bridge_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest"
	"go.uber.org/zap/zaptest/observer"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/scheduler"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

var wib = time.FixedZone("WIB", 7*3600)

// clockTime is a moment of the desk: "2026-11-23 09:00", or with seconds and milliseconds.
func clockTime(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s+strings.Repeat(":00", 2-strings.Count(s, ":")), wib)
	if err != nil {
		panic(err)
	}
	return t
}

// officeHours are those of an office with a lunch break, a half day and a holiday.
func officeHours(t testing.TB) *calendar.Calendar {
	t.Helper()
	windows := func(s string) []calendar.Window {
		w, err := calendar.ParseWindows(s)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	week := calendar.Hours{time.Saturday: windows("08:00-14:00")}
	for d := time.Monday; d <= time.Friday; d++ {
		week[d] = windows("08:00-12:00, 13:00-17:00")
	}
	half, err := calendar.ParseSpan("2026-11-26")
	if err != nil {
		t.Fatal(err)
	}
	holiday, err := calendar.ParseHoliday("2026-11-25 Hari Guru")
	if err != nil {
		t.Fatal(err)
	}
	c, err := calendar.New(calendar.Plan{
		Zone: wib, Week: week, Holidays: []calendar.Holiday{holiday},
		Special: []calendar.Special{{Days: half, Hours: calendar.Hours{time.Thursday: windows("08:00-12:00")}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A shift is the clock of a desk at work: the store, the scheduler and the policy, in
// virtual time. Nothing leaves: what would be told waits in its lanes.
type shift struct {
	t     *testing.T
	store *store.Store
	desk  bridge.Desk
	log   *zap.Logger
	end   func() // of the scheduler; nil while the desk is down
	n     int
}

// onShift tells a story that begins at a moment, and ends with a look at every timer and
// at the store.
func onShift(t *testing.T, start string, story func(s *shift)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(clockTime(start)))
		client, shut := storetest.NewMemory()
		defer shut()
		core, logs := observer.New(zapcore.ErrorLevel)
		s := &shift{
			t: t, store: store.New(client, store.Options{Desk: "test"}),
			log: zap.New(zapcore.NewTee(core, zaptest.NewLogger(t, zaptest.Level(zapcore.WarnLevel)).Core())),
		}
		s.desk = bridge.Desk{
			Prefix: "HE", Zone: wib, Sentences: ticket.Defaults(), AgentRoles: []string{agentRole}, NotePrefix: "//",
			MessageID: func(s string) string { return "ID-" + s }, Calendar: officeHours(t),
			Members: func(ctx context.Context, index string, from int64) (members []string, err error) {
				rows, err := s.store.Index(ctx, index, store.Range{Min: &from})
				for _, row := range rows {
					members = append(members, row.Member)
				}
				return members, err
			},
		}
		s.up()
		story(s)
		s.down()
		s.checkTimers()
		storetest.Check(t, client, "test")
		for _, e := range logs.All() {
			t.Errorf("unannounced error in the log: %s %v", e.Message, e.ContextMap())
		}
	})
}

// up starts the scheduler, down ends it.
func (s *shift) up() {
	kinds := map[string]scheduler.Kind{}
	for kind, fire := range s.desk.Timers() {
		kinds[kind] = scheduler.Kind{Fire: fire}
	}
	clock := scheduler.New(s.store, kinds, time.Now, func() bool { return true }, s.log)
	ctx, cancel := context.WithCancel(s.t.Context())
	var work sync.WaitGroup
	work.Go(func() {
		if err := clock.Run(ctx); err != nil {
			s.t.Errorf("scheduler: %v", err)
		}
	})
	s.end = func() { cancel(); work.Wait() }
}

func (s *shift) down() {
	if s.end != nil {
		s.end()
		s.end = nil
	}
}

// until lets the desk work until a moment. Where nothing is due for a while the scheduler
// is not asked each second.
func (s *shift) until(at string) {
	s.t.Helper()
	to := clockTime(at)
	if to.Before(time.Now()) {
		s.t.Fatalf("%s is past", at)
	}
	for time.Now().Before(to) {
		synctest.Wait()
		_, next, err := s.store.Due(s.t.Context(), time.Now(), 1)
		if err != nil {
			s.t.Fatal(err)
		}
		if next.IsZero() || next.After(to) {
			next = to
		}
		if s.end != nil && time.Until(next) > time.Minute {
			s.down()
			time.Sleep(time.Until(next) - time.Second)
			s.up()
		}
		time.Sleep(time.Until(next))
	}
	synctest.Wait()
}

func (s *shift) update(fn func(tx *ledger.Tx) error) {
	s.t.Helper()
	if _, err := s.store.Update(s.t.Context(), ledger.Cause{}, fn); err != nil {
		s.t.Fatal(err)
	}
}

// opens is a client who writes now; it returns the number of his ticket.
func (s *shift) opens() (number string) {
	s.t.Helper()
	s.n++
	id := fmt.Sprint("c", s.n)
	s.update(func(tx *ledger.Tx) error {
		number = fmt.Sprintf("HE-%04d", s.n)
		c, err := ticket.Find(tx, id, fmt.Sprintf("62812%04d@s.whatsapp.net", s.n))
		if err != nil {
			return err
		}
		c.Reply = c.Addresses[0]
		t := ticket.Open(&c, number, tx.Now())
		events, err := t.ClientWrote(tx.Now(), false)
		if err != nil {
			return err
		}
		tx.Log(number, ledger.Event{What: "opened", By: "client"})
		if err := t.Keep(tx, ticket.Ticket{}, events, ticket.DefaultPolicy(), s.desk.Calendar); err != nil {
			return err
		}
		return c.Save(tx)
	})
	synctest.Wait() // it is offered, if somebody is there
	return number
}

// do makes a transition now, and reports what a rule forbids.
func (s *shift) do(number string, fn func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error)) {
	s.t.Helper()
	s.update(func(tx *ledger.Tx) error {
		return s.desk.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return fn(t, tx.Now()) })
	})
}

func (s *shift) accepts(number, user string) {
	s.t.Helper()
	s.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept(user, at) })
}

func (s *shift) answers(number, user string) {
	s.t.Helper()
	s.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.StaffWrote(user, at), nil })
}

func (s *shift) writes(number string) {
	s.t.Helper()
	s.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.ClientWrote(at, false) })
}

func (s *shift) classifies(number string, class ticket.Class) {
	s.t.Helper()
	s.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Classify(class, "sari", at) })
}

// resolves ends the work, and WhatsApp takes the closing sentence at once.
func (s *shift) resolves(number string) {
	s.t.Helper()
	s.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
		return t.Resolve("stok", "diperbaiki", "sari", at)
	})
	s.do(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.ClosingAccepted(at), nil })
}

// comes puts people on duty.
func (s *shift) comes(users ...string) {
	s.t.Helper()
	for _, user := range users {
		s.goes(user, ticket.OnDuty)
	}
}

func (s *shift) goes(user string, to ticket.Presence) {
	s.t.Helper()
	s.update(func(tx *ledger.Tx) error {
		d, err := ticket.LoadDuty(tx, user)
		if err != nil {
			return err
		}
		d.Go(to, user, tx.Now())
		return d.Save(tx)
	})
}

// ticket is a ticket as it stands.
func (s *shift) ticket(number string) (t ticket.Ticket) {
	s.t.Helper()
	s.update(func(tx *ledger.Tx) (err error) {
		t, _, err = ticket.Load(tx, number)
		return err
	})
	return t
}

// events are what the clock did to a ticket, or the named events: "2026-11-23 09:01:00.000 offered sari".
func (s *shift) events(number string, only ...string) (all []string) {
	s.t.Helper()
	for e, err := range s.store.Events(s.t.Context(), number) {
		if err != nil {
			s.t.Fatal(err)
		}
		if len(only) == 0 && (e.By != "halo" || e.What == "waited") || len(only) > 0 && !slices.Contains(only, e.What) {
			continue
		}
		line := e.At.In(wib).Format("2006-01-02 15:04:05.000 ") + e.What
		if to := e.Data["to"]; to != "" {
			line += " " + to
		}
		all = append(all, line)
	}
	return all
}

func (s *shift) want(number string, want ...string) {
	s.t.Helper()
	if got := s.events(number); !slices.Equal(got, want) {
		s.t.Errorf("the clock did to %s\n%s\nwant\n%s", number, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// checkTimers compares the timers that are set with what the tickets say.
func (s *shift) checkTimers() {
	s.t.Helper()
	got := timersOf(s.t, s.store)
	var want []string
	for n := range s.n {
		for _, d := range s.ticket(fmt.Sprintf("HE-%04d", n+1)).Due(ticket.DefaultPolicy(), s.desk.Calendar) {
			want = append(want, d.Name()+" "+d.Due.In(wib).Format(time.DateTime))
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		s.t.Errorf("timers set\n%s\nand owed\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// timersOf are all timers of tickets that are set.
func timersOf(t testing.TB, st *store.Store) (all []string) {
	t.Helper()
	due, _, err := st.Due(context.Background(), time.Now().AddDate(200, 0, 0), 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range due {
		if strings.HasPrefix(d.Kind, "ticket_") || strings.HasPrefix(d.Kind, "report_") {
			all = append(all, d.Name()+" "+d.Due.In(wib).Format(time.DateTime))
		}
	}
	slices.Sort(all)
	return all
}
