package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/scheduler"
)

// job is one that writes down when it ran and for when.
func (s *shop) job(name, spec string) scheduler.Job {
	p, err := scheduler.ParsePlan(spec, zone(s.t, "Asia/Jakarta"))
	if err != nil {
		s.t.Fatal(err)
	}
	return scheduler.Job{Name: name, Plan: p, Do: func(tx *ledger.Tx, at time.Time) (string, error) {
		tx.Log("bell", ledger.Event{What: "rang", Ref: fmt.Sprintf("%s for %s at %s", name, s.clock(at), s.clock(tx.Now()))})
		return "rang " + name, nil
	}}
}

func (s *shop) clock(t time.Time) string {
	return t.In(zone(s.t, "Asia/Jakarta")).Format("0102 15:04")
}

// opens plans the jobs and runs n schedulers for them.
func (s *shop) opens(n int, tell func(*ledger.Tx, scheduler.JobState, bool), all ...scheduler.Job) (jobs *scheduler.Jobs, stop func()) {
	s.t.Helper()
	jobs = scheduler.NewJobs(all, tell)
	s.change(jobs.Plan)
	s.change(jobs.Plan) // again changes nothing
	return jobs, s.run(n, jobs.Kinds())
}

func (s *shop) change(fn func(*ledger.Tx) error) {
	s.t.Helper()
	if _, err := s.store.Update(s.t.Context(), ledger.Cause{}, fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) state(name string) scheduler.JobState {
	s.t.Helper()
	doc, err := s.store.Doc(s.t.Context(), ledger.Ref{Kind: scheduler.KindJob, ID: name})
	if err != nil {
		s.t.Fatal(err)
	}
	state, err := scheduler.DecodeJob(name, doc.Data)
	if err != nil {
		s.t.Fatal(err)
	}
	return state
}

// until moves the clock to a moment, given as in Jakarta, and stays a while around all that
// is due on the way: a year of looks at the store would take too long.
func (s *shop) until(moment string) {
	s.t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", moment, zone(s.t, "Asia/Jakarta"))
	if err != nil {
		s.t.Fatal(err)
	}
	for {
		_, next, err := s.store.Due(s.t.Context(), s.now(), 1)
		if err != nil {
			s.t.Fatal(err)
		}
		if next.IsZero() || !next.Before(at) {
			s.ahead.Add(int64(at.Sub(s.now())))
			return
		}
		if wait := next.Add(-2 * time.Second).Sub(s.now()); wait > 0 {
			s.ahead.Add(int64(wait))
		}
		time.Sleep(3 * time.Second)
	}
}

func (s *shop) wants(want ...string) {
	s.t.Helper()
	if got := s.rang(); !slices.Equal(got, want) {
		s.t.Errorf("rang\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (s *shop) timers() (names []string) {
	s.t.Helper()
	due, _, err := s.store.Due(s.t.Context(), s.now().AddDate(100, 0, 0), 100)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, t := range due {
		names = append(names, t.Name()+" "+s.clock(t.Due))
	}
	return names
}

// A year of mornings: on its days, once a day, whoever leads; what was missed while nobody
// did runs once, late, for the last time that it should have.
func TestJobsOfAYear(t *testing.T) {
	open(t, func(s *shop) {
		s.until("2027-02-25 00:00")
		_, stop := s.opens(3, nil, s.job("lists", "0 8 1-2 * *"), s.job("ends", "30 23 31 * *"), s.job("leap", "0 9 29 2 *"))
		s.until("2027-04-02 07:00")
		stop()
		s.until("2027-06-02 12:00") // down: four lists and one end were missed
		_, stop = s.opens(2, nil, s.job("lists", "0 8 1-2 * *"), s.job("ends", "30 23 31 * *"), s.job("leap", "0 9 29 2 *"))
		time.Sleep(2 * time.Second)
		if last := s.state("lists").Last; !last.Late() || last.By != scheduler.ByClock || last.Result != "rang lists" {
			t.Errorf("the late run is %+v", last)
		}
		s.until("2028-03-01 07:00")
		stop()
		s.wants(
			"lists for 0301 08:00 at 0301 08:00", "lists for 0302 08:00 at 0302 08:00", "ends for 0331 23:30 at 0331 23:30",
			"lists for 0401 08:00 at 0401 08:00",
			"lists for 0602 08:00 at 0602 12:00", "ends for 0531 23:30 at 0602 12:00",
			"lists for 0701 08:00 at 0701 08:00", "lists for 0702 08:00 at 0702 08:00", "ends for 0731 23:30 at 0731 23:30",
			"lists for 0801 08:00 at 0801 08:00", "lists for 0802 08:00 at 0802 08:00", "ends for 0831 23:30 at 0831 23:30",
			"lists for 0901 08:00 at 0901 08:00", "lists for 0902 08:00 at 0902 08:00",
			"lists for 1001 08:00 at 1001 08:00", "lists for 1002 08:00 at 1002 08:00", "ends for 1031 23:30 at 1031 23:30",
			"lists for 1101 08:00 at 1101 08:00", "lists for 1102 08:00 at 1102 08:00",
			"lists for 1201 08:00 at 1201 08:00", "lists for 1202 08:00 at 1202 08:00", "ends for 1231 23:30 at 1231 23:30",
			"lists for 0101 08:00 at 0101 08:00", "lists for 0102 08:00 at 0102 08:00", "ends for 0131 23:30 at 0131 23:30",
			"lists for 0201 08:00 at 0201 08:00", "lists for 0202 08:00 at 0202 08:00", "leap for 0229 09:00 at 0229 09:00",
		)
		if got, want := s.timers(), []string{"job|lists 0301 08:00", "job|ends 0331 23:30", "job|leap 0229 09:00"}; !slices.Equal(got, want) {
			t.Errorf("timers %q, want %q", got, want)
		}
		if state := s.state("lists"); state.Runs != 20 || state.Failed != 0 || s.clock(state.Next) != "0301 08:00" {
			t.Errorf("it stands at %+v", state)
		}
	})
}

// Another specification holds from now on; a job that is switched off or is no more leaves
// no timer, and one that comes back begins anew.
func TestJobsArePlannedAnew(t *testing.T) {
	open(t, func(s *shop) {
		s.until("2027-01-01 00:00")
		_, stop := s.opens(1, nil, s.job("a", "0 8 * * *"), s.job("b", "0 9 * * *"), s.job("c", "0 10 * * *"))
		s.until("2027-01-01 08:30")
		stop()
		_, stop = s.opens(1, nil, s.job("a", "30 8 * * *"), s.job("b", "off"))
		if got := s.timers(); !slices.Equal(got, []string{"job|a 0102 08:30"}) {
			t.Errorf("timers %q", got)
		}
		if state := s.state("b"); state.Spec != "off" || !state.Next.IsZero() {
			t.Errorf("what is off stands at %+v", state)
		}
		if state := s.state("c"); state.Spec != "" {
			t.Errorf("what is no more stands at %+v", state)
		}
		if state := s.state("a"); state.Runs != 1 || state.Spec != "30 8 * * *" {
			t.Errorf("what has another plan stands at %+v", state)
		}
		s.until("2027-01-02 09:30")
		stop()
		s.wants("a for 0101 08:00 at 0101 08:00", "a for 0102 08:30 at 0102 08:30")
	})
}

// Who asks for a job gets it at once, once; its plan stays.
func TestRunNow(t *testing.T) {
	open(t, func(s *shop) {
		s.until("2027-01-01 12:00")
		jobs, stop := s.opens(2, nil, s.job("a", "0 8 * * *"), s.job("b", "off"))
		ask := func(name, by string) (asked bool) {
			s.change(func(tx *ledger.Tx) (err error) {
				_, asked, err = jobs.RunNow(tx, name, by)
				return err
			})
			return asked
		}
		if !ask("a", "sari") || ask("a", "andi") {
			t.Error("two people asked at once, and not the first of them was heard")
		}
		time.Sleep(time.Second)
		if ask("a", "andi") {
			t.Error("it ran twice for two who pressed within a second")
		}
		if last := s.state("a").Last; last.By != "sari" || last.Result != "rang a" || last.Late() {
			t.Errorf("it ran as %+v", last)
		}
		time.Sleep(time.Minute)
		if !ask("a", "andi") || !ask("b", "andi") {
			t.Error("a minute later nobody is heard")
		}
		time.Sleep(time.Minute)
		if _, err := s.store.Update(s.t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
			_, _, err := jobs.RunNow(tx, "z", "andi")
			return err
		}); !errors.Is(err, scheduler.ErrNoJob) {
			t.Errorf("an unknown job: %v", err)
		}
		s.until("2027-01-02 08:30")
		stop()
		s.wants("a for 0101 12:00 at 0101 12:00", "a for 0101 12:01 at 0101 12:01", "b for 0101 12:01 at 0101 12:01", "a for 0102 08:00 at 0102 08:00")
	})
}

// An error is kept and told, tried once more after ten minutes, and again when it is due;
// nothing of what a job wrote before it failed stays.
func TestJobsThatFail(t *testing.T) {
	open(t, func(s *shop) {
		s.until("2027-01-01 07:00")
		a := s.job("a", "0 8 * * *")
		ring := a.Do
		a.Do = func(tx *ledger.Tx, at time.Time) (string, error) {
			result, err := ring(tx, at)
			switch now := s.clock(tx.Now()); now {
			case "0101 08:00", "0102 08:00", "0102 08:10":
				return "", fmt.Errorf("not\nat %s", now)
			case "0101 08:10":
				panic("boom")
			}
			return result, err
		}
		tell := func(tx *ledger.Tx, state scheduler.JobState, recovered bool) {
			tx.Log("told", ledger.Event{What: "told", Ref: fmt.Sprintf("%s %v %s again %s", s.clock(tx.Now()), recovered, state.Last.Error, s.clock(state.Last.Again))})
		}
		_, stop := s.opens(2, tell, a)
		s.until("2027-01-01 08:05")
		if state := s.state("a"); state.Failed != 1 || state.Last.Error != "not at 0101 08:00" || s.clock(state.Last.Again) != "0101 08:10" || s.clock(state.Next) != "0102 08:00" {
			t.Errorf("after an error it stands at %+v", state)
		}
		s.until("2027-01-03 08:05")
		stop()
		if state := s.state("a"); state.Failed != 0 || state.Runs != 5 || state.Last.Error != "" {
			t.Errorf("at the end it stands at %+v", state)
		}
		s.wants("a for 0103 08:00 at 0103 08:00")
		var told []string
		for e := range s.store.Events(s.t.Context(), "told") {
			told = append(told, e.Ref)
		}
		zero := s.clock(time.Time{})
		want := []string{
			"0101 08:00 false not at 0101 08:00 again 0101 08:10", "0101 08:10 false panic: boom again " + zero,
			"0102 08:00 false not at 0102 08:00 again 0102 08:10", "0102 08:10 false not at 0102 08:10 again " + zero,
			"0103 08:00 true  again " + zero,
		}
		if !slices.Equal(told, want) {
			t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
		}
		if n := len(s.logs.FilterMessage("timer failed, tried again shortly").All()); n > 0 {
			t.Errorf("%d failures were taken for those of the scheduler", n)
		}
	})
}

// A sandbox moves the desk's clock over a month: what was due on the way runs once.
func TestJobsAfterTheClockWasMoved(t *testing.T) {
	open(t, func(s *shop) {
		s.until("2027-01-01 12:00")
		jobs := scheduler.NewJobs([]scheduler.Job{s.job("a", "0 8 1-10 * *")}, nil)
		s.change(jobs.Plan)
		sched := scheduler.New(s.store, jobs.Kinds(), s.now, func() bool { return true }, s.log)
		ctx, cancel := context.WithCancel(s.t.Context())
		over := make(chan struct{})
		go func() { defer close(over); _ = sched.Run(ctx) }()
		s.ahead.Add(int64(33 * 24 * time.Hour))
		sched.Poke()
		time.Sleep(time.Second)
		s.wants("a for 0203 08:00 at 0203 12:00")
		s.until("2027-02-04 09:00")
		cancel()
		<-over
		s.wants("a for 0203 08:00 at 0203 12:00", "a for 0204 08:00 at 0204 08:00")
	})
}

// A job of many seconds keeps no other timer waiting, is alone among its kind, and Run ends
// after it.
func TestSlowJobsRunApart(t *testing.T) {
	open(t, func(s *shop) {
		s.until("2027-01-01 07:59")
		s.start = s.now()
		var at, most, ended atomic.Int64
		slow := func(name string) scheduler.Job {
			j := s.job(name, "0 8 * * *")
			j.Do = func(*ledger.Tx, time.Time) (string, error) {
				most.Store(max(most.Load(), at.Add(1)))
				time.Sleep(20 * time.Second)
				at.Add(-1)
				ended.Add(1)
				return "", nil
			}
			return j
		}
		jobs := scheduler.NewJobs([]scheduler.Job{slow("a"), slow("b"), slow("c")}, nil)
		s.change(jobs.Plan)
		kinds := jobs.Kinds()
		kinds["ring"] = scheduler.Kind{Fire: s.ring}
		stop := s.run(1, kinds)
		var want []string
		for i := range 100 {
			after := time.Minute + time.Duration(i)*700*time.Millisecond
			s.set(fmt.Sprintf("t%03d", i), after)
			want = append(want, fmt.Sprintf("t%03d due +%s at +%s", i, after.Round(time.Second), after.Truncate(50*time.Millisecond)))
		}
		time.Sleep(3 * time.Minute)
		if !slices.Equal(s.rang(), want) {
			t.Errorf("rang\n%s\nwant\n%s", strings.Join(s.rang(), "\n"), strings.Join(want, "\n"))
		}
		if state := s.state("c"); most.Load() != 1 || ended.Load() != 3 || state.Last.Took != 20*time.Second {
			t.Errorf("%d at once, %d ended, the last took %s", most.Load(), ended.Load(), state.Last.Took)
		}
		s.until("2027-01-02 08:00")
		time.Sleep(2 * time.Second)
		stop()
		if at.Load() != 0 {
			t.Error("Run ended before what it had begun")
		}
	})
}

// More timers of a kind apart than one look takes in hide nothing behind them.
func TestCrowdApart(t *testing.T) {
	open(t, func(s *shop) {
		var fired atomic.Int64
		stop := s.run(1, map[string]scheduler.Kind{
			"ring": {Fire: s.ring},
			"slow": {Apart: true, Fire: func(*ledger.Tx, ledger.Timer) error {
				time.Sleep(time.Second)
				fired.Add(1)
				return nil
			}},
		})
		for n := range 3 {
			s.change(func(tx *ledger.Tx) error {
				for i := range 100 {
					tx.Set(ledger.Timer{Kind: "slow", ID: fmt.Sprint(n, "-", i), Due: s.start.Add(time.Minute)})
				}
				return nil
			})
		}
		s.set("x", time.Minute+time.Second/2)
		time.Sleep(90 * time.Second)
		if got := s.rang(); !slices.Equal(got, []string{"x due +1m1s at +1m0.5s"}) {
			t.Errorf("rang %q", got)
		}
		time.Sleep(5 * time.Minute)
		stop()
		if fired.Load() != 300 {
			t.Errorf("%d of 300 fired", fired.Load())
		}
	})
}
