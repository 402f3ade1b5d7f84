package scheduler

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/haloerzap/halo/ledger"
)

// A Job is work that the clock starts again and again.
type Job struct {
	Name string // small letters
	Plan Plan
	// Do works in the commit that notes that it ran, and may run several times before that
	// commits. at is when it was due, or when somebody asked for it. The result is one line
	// for people.
	Do func(tx *ledger.Tx, at time.Time) (result string, err error)
}

// KindJob documents say how jobs stand, by their name; its timers start them.
const KindJob ledger.Kind = "job"

// jobsRef is the document that names the jobs there were when they were planned last.
var jobsRef = ledger.Ref{Kind: "jobs", ID: "planned"}

// The ids of a job's timers: NAME for its plan, and these behind it.
const (
	againID = "/again" // after it failed
	nowID   = "/now"   // somebody asked
)

const (
	// tryAgain is when a job that failed is tried once more, unless it is due before.
	tryAgain = 10 * time.Minute
	// justRan is how soon after a run that somebody asked for another is the same one:
	// two people press at once.
	justRan = 10 * time.Second
	// jobGrace is how late a job may start without being called late.
	jobGrace = time.Minute
	// longestLine bounds results and errors, in characters.
	longestLine = 300
)

// By values of a [Run] that no person asked for.
const (
	ByClock = "clock"
	ByAgain = "again" // the second try after an error
)

// A JobState is how a job stands.
type JobState struct {
	Name    string
	Spec    string    // as configured
	Next    time.Time // zero while it is off
	Asked   time.Time // when somebody asked for it, if it has not run since
	AskedBy string
	Last    Run // zero before the first
	Runs    int // so far, also failed ones
	Failed  int // in a row until now
}

// A Run is one time that a job ran.
type Run struct {
	At     time.Time     // it began
	Due    time.Time     // it should have
	Took   time.Duration // real time
	Result string
	Error  string // "" when it went well
	By     string // [ByClock], [ByAgain], or who asked for it
	// Again is when it is tried once more after an error, zero for not before it is due.
	Again time.Time
}

// Late reports whether it ran noticeably after it was due.
func (r Run) Late() bool { return r.At.Sub(r.Due) > jobGrace }

// Jobs are the jobs of one desk.
type Jobs struct {
	all  []Job
	tell func(tx *ledger.Tx, s JobState, recovered bool)
}

// NewJobs makes them; names are all different. tell, unless nil, is told in the commit
// that notes that a job failed, or (recovered) went well after it had failed.
func NewJobs(all []Job, tell func(tx *ledger.Tx, s JobState, recovered bool)) *Jobs {
	if tell == nil {
		tell = func(*ledger.Tx, JobState, bool) {}
	}
	return &Jobs{all: slices.SortedFunc(slices.Values(all), func(a, b Job) int { return strings.Compare(a.Name, b.Name) }), tell: tell}
}

// Kinds are the timers that start jobs, for [New].
func (j *Jobs) Kinds() map[string]Kind {
	return map[string]Kind{string(KindJob): {Fire: j.fire, Failed: j.fail, Late: FireOnce, Grace: jobGrace, Apart: true}}
}

// Names are the names of all jobs, in their order.
func (j *Jobs) Names() (all []string) {
	for _, one := range j.all {
		all = append(all, one.Name)
	}
	return all
}

func (j *Jobs) find(name string) (Job, bool) {
	n := slices.IndexFunc(j.all, func(one Job) bool { return one.Name == name })
	if n < 0 {
		return Job{}, false
	}
	return j.all[n], true
}

// Plan sets the timers of jobs that are new or whose plan is another than before, and
// takes away what is left of jobs that are no more. Doing it again changes nothing.
func (j *Jobs) Plan(tx *ledger.Tx) error {
	data, err := tx.Doc(jobsRef)
	if err != nil {
		return err
	}
	before := map[string]string{}
	if data != nil {
		if err := json.Unmarshal(data, &before); err != nil {
			return fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, jobsRef, err)
		}
	}
	plans := map[string]string{}
	for _, one := range j.all {
		plans[one.Name] = one.Plan.key()
		if before[one.Name] == one.Plan.key() {
			continue
		}
		if err := plan(tx, one); err != nil {
			return err
		}
	}
	for name := range before {
		if _, is := plans[name]; is {
			continue
		}
		forget(tx, name)
		if err := tx.Put(ledger.Ref{Kind: KindJob, ID: name}, nil); err != nil {
			return err
		}
	}
	if maps.Equal(before, plans) {
		return nil
	}
	if data, err = json.Marshal(plans); err != nil {
		return fmt.Errorf("encode %s: %w", jobsRef, err)
	}
	return tx.Put(jobsRef, data)
}

// plan makes a job due by another plan from now on.
func plan(tx *ledger.Tx, one Job) error {
	s, err := LoadJob(tx, one.Name)
	if err != nil {
		return err
	}
	s.Spec, s.Next = one.Plan.String(), one.Plan.Next(tx.Now())
	tx.Cancel(string(KindJob), one.Name)
	if !s.Next.IsZero() {
		tx.Set(ledger.Timer{Kind: string(KindJob), ID: one.Name, Due: s.Next})
	}
	return s.save(tx)
}

func forget(tx *ledger.Tx, name string) {
	for _, id := range []string{name, name + againID, name + nowID} {
		tx.Cancel(string(KindJob), id)
	}
}

// RunNow starts a job as soon as a process leads the desk, and leaves its plan alone. It
// says false for one that was asked for and has not run yet, or ran so a moment ago.
func (j *Jobs) RunNow(tx *ledger.Tx, name, by string) (s JobState, asked bool, err error) {
	if _, ok := j.find(name); !ok {
		return s, false, fmt.Errorf("%w: %q", ErrNoJob, name)
	}
	if s, err = LoadJob(tx, name); err != nil {
		return s, false, err
	}
	if !s.Asked.IsZero() {
		return s, false, nil
	}
	person := s.Last.By != ByClock && s.Last.By != ByAgain
	if ended := s.Last.At.Add(s.Last.Took); s.Runs > 0 && person && s.Last.Error == "" && tx.Now().Sub(ended) < justRan {
		return s, false, nil
	}
	s.Asked, s.AskedBy = tx.Now(), by
	tx.Set(ledger.Timer{Kind: string(KindJob), ID: name + nowID, Due: tx.Now()})
	return s, true, s.save(tx)
}

// ErrNoJob means that there is no job of that name.
var ErrNoJob = errors.New("there is no such job")

// fire runs the job of a timer and notes how it went.
func (j *Jobs) fire(tx *ledger.Tx, t ledger.Timer) error {
	name, way, _ := strings.Cut(t.ID, "/")
	one, ok := j.find(name)
	if !ok {
		return nil // it is no more
	}
	s, run, err := j.begin(tx, one, way, t)
	if err != nil {
		return err
	}
	began := time.Now()
	result, err := one.Do(tx, run.Due)
	if err != nil {
		return err
	}
	run.Took, run.Result = time.Since(began), line(result)
	recovered := s.Failed > 0
	s.Last, s.Failed = run, 0
	s.Runs++
	tx.Cancel(string(KindJob), name+againID)
	if recovered {
		j.tell(tx, s, true)
	}
	return s.save(tx)
}

// fail notes that the job of a timer failed, and plans another try.
func (j *Jobs) fail(tx *ledger.Tx, t ledger.Timer, fault error) error {
	name, way, _ := strings.Cut(t.ID, "/")
	one, ok := j.find(name)
	if !ok {
		return nil
	}
	s, run, err := j.begin(tx, one, way, t)
	if err != nil {
		return err
	}
	run.Error = line(fault.Error())
	if again := tx.Now().Add(tryAgain); run.By != ByAgain && (s.Next.IsZero() || again.Before(s.Next)) {
		run.Again = again
		tx.Set(ledger.Timer{Kind: string(KindJob), ID: name + againID, Due: again})
	}
	s.Last = run
	s.Runs++
	s.Failed++
	j.tell(tx, s, false)
	return s.save(tx)
}

// begin reads a job, plans its next time if this was one, and says what run this is.
func (j *Jobs) begin(tx *ledger.Tx, one Job, way string, t ledger.Timer) (JobState, Run, error) {
	s, err := LoadJob(tx, one.Name)
	if err != nil {
		return s, Run{}, err
	}
	run := Run{At: tx.Now(), Due: t.Due, By: ByClock}
	switch "/" + way {
	case nowID:
		run.By, run.Due = s.AskedBy, tx.Now()
		s.Asked, s.AskedBy = time.Time{}, ""
	case againID:
		run.By = ByAgain
	default:
		if !s.Next.IsZero() && s.Next.Before(t.Due) {
			run.Due = s.Next // late, and Due is now
		}
		if !one.Plan.Off() {
			run.Due = one.Plan.last(run.Due, tx.Now())
		}
		if s.Next = one.Plan.Next(tx.Now()); !s.Next.IsZero() {
			tx.Set(ledger.Timer{Kind: string(KindJob), ID: one.Name, Due: s.Next})
		}
	}
	return s, run, nil
}

// line makes one short line of a text.
func line(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if utf8.RuneCountInString(text) > longestLine {
		text = string([]rune(text)[:longestLine-1]) + "…"
	}
	return text
}
