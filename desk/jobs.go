package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/scheduler"
	"github.com/haloerzap/halo/store"
)

// jobs are the desk's jobs by the plans of the configuration; one without a plan is off.
func (c Config) jobs(policy bridge.Desk) (*scheduler.Jobs, error) {
	var all []scheduler.Job
	for name, do := range policy.Jobs() {
		spec := c.Jobs[name]
		if spec == "" {
			spec = scheduler.Off
		}
		plan, err := scheduler.ParsePlan(spec, c.Zone)
		if err != nil {
			return nil, fmt.Errorf("plan job %s: %w", name, err)
		}
		all = append(all, scheduler.Job{Name: name, Plan: plan, Do: do})
	}
	return scheduler.NewJobs(all, tellOfJob), nil
}

// tellOfJob tells the ops channel that a job failed, or went well after it had failed.
func tellOfJob(tx *ledger.Tx, s scheduler.JobState, recovered bool) {
	id := fmt.Sprintf("job/%s/%d", s.Name, s.Last.At.UnixMilli())
	name := bot.JobTitle(s.Name, false)
	if recovered {
		tx.Send(bridge.OpsNote(id, fmt.Sprintf("✅ Pekerjaan terjadwal **%s** kembali berhasil.", name)))
		return
	}
	next := "Jadwalnya dimatikan; jalankan lagi dari `/jobs` sesudah penyebabnya diperbaiki."
	switch {
	case !s.Last.Again.IsZero():
		next = fmt.Sprintf("Dicoba lagi <t:%d:R>.", s.Last.Again.Unix())
	case !s.Next.IsZero():
		next = fmt.Sprintf("Jadwal berikutnya <t:%d:f>; bisa juga dijalankan dari `/jobs`.", s.Next.Unix())
	}
	tx.Send(bridge.OpsNote(id, fmt.Sprintf("⚠️ Pekerjaan terjadwal **%s** gagal: %s. %s", name, bridge.ToDiscord(bridge.Clean(s.Last.Error, 200)), next)))
}

// planJobs sets the jobs' timers as configured, as soon as the store lets it, and then
// waits for the end of ctx.
func (d *Desk) planJobs(ctx context.Context, st *store.Store, jobs *scheduler.Jobs) error {
	for {
		_, err := st.Update(ctx, ledger.Cause{}, jobs.Plan)
		if err == nil {
			break
		}
		if ctx.Err() == nil {
			d.log.Warn("plan the jobs", zap.Error(err))
		}
		if pause(ctx, d.rhythm.retry) != nil {
			return nil
		}
	}
	<-ctx.Done()
	return nil
}

// staffJobs are the jobs as bot wants them.
type staffJobs struct {
	store *store.Store
	jobs  *scheduler.Jobs
}

func (s staffJobs) Jobs(ctx context.Context) ([]bot.Job, error) {
	var all []bot.Job
	for _, name := range s.jobs.Names() {
		doc, err := s.store.Doc(ctx, ledger.Ref{Kind: scheduler.KindJob, ID: name})
		if err != nil {
			return nil, err
		}
		state, err := scheduler.DecodeJob(name, doc.Data)
		if err != nil {
			return nil, err
		}
		all = append(all, jobForStaff(state))
	}
	return all, nil
}

func (s staffJobs) RunJob(tx *ledger.Tx, name, by string) (bool, error) {
	_, asked, err := s.jobs.RunNow(tx, name, by)
	return asked, err
}

func jobForStaff(s scheduler.JobState) bot.Job {
	by := s.Last.By
	if by == scheduler.ByClock || by == scheduler.ByAgain {
		by = ""
	}
	return bot.Job{
		Name: s.Name, Spec: s.Spec, Next: s.Next, Asked: s.Asked, Runs: s.Runs,
		Ran: s.Last.At, Took: s.Last.Took, Result: s.Last.Result, Error: s.Last.Error, Late: s.Runs > 0 && s.Last.Late(), By: by, Again: s.Last.Again,
	}
}

// A JobLine is one job as a command shows it; times are in the desk's zone.
type JobLine struct {
	Name, Spec string
	Ran, Next  time.Time // zero for not yet, and for never
	Result     string    // of the last run; of one that failed its error
	Failed     bool
	Waits      bool // it was asked for and has not run yet
}

// ListJobs returns the desk's jobs, whether a desk runs or not.
func ListJobs(ctx context.Context, cfg Config, o Options) ([]JobLine, error) {
	st, _, shut, err := openBeside(ctx, cfg, o)
	if err != nil {
		return nil, err
	}
	defer shut()
	jobs, err := cfg.jobs(bridge.Desk{})
	if err != nil {
		return nil, err
	}
	var all []JobLine
	for _, name := range jobs.Names() {
		line, _, err := cfg.jobLine(ctx, st, name)
		if err != nil {
			return nil, err
		}
		all = append(all, line)
	}
	return all, nil
}

func (c Config) jobLine(ctx context.Context, st *store.Store, name string) (JobLine, scheduler.JobState, error) {
	doc, err := st.Doc(ctx, ledger.Ref{Kind: scheduler.KindJob, ID: name})
	if err != nil {
		return JobLine{}, scheduler.JobState{}, err
	}
	s, err := scheduler.DecodeJob(name, doc.Data)
	if err != nil {
		return JobLine{}, s, err
	}
	line := JobLine{Name: name, Spec: s.Spec, Result: s.Last.Result, Failed: s.Last.Error != "", Waits: !s.Asked.IsZero()}
	if line.Spec == "" {
		line.Spec = c.Jobs[name] // no desk has run with it yet
	}
	if line.Failed {
		line.Result = s.Last.Error
	}
	if s.Runs > 0 {
		line.Ran = s.Last.At.In(c.Zone)
	}
	if !s.Next.IsZero() {
		line.Next = s.Next.In(c.Zone)
	}
	return line, s, nil
}

const (
	// jobPatience is how long a command waits for a job that it asked for.
	jobPatience = 15 * time.Second
	jobLook     = 100 * time.Millisecond
)

// RunJob asks for a job and waits a while until the desk has run it. Line.Waits reports
// that it has not yet: it does as soon as a desk leads. An error of the job stands in the
// line.
func RunJob(ctx context.Context, cfg Config, o Options, name string) (JobLine, error) {
	jobs, err := cfg.jobs(bridge.Desk{})
	if err != nil {
		return JobLine{}, err
	}
	if names := jobs.Names(); !slices.Contains(names, name) {
		return JobLine{}, fmt.Errorf("%w %q; there are %v", scheduler.ErrNoJob, name, names)
	}
	st, alone, shut, err := openBeside(ctx, cfg, o)
	if err != nil {
		return JobLine{}, err
	}
	defer shut()
	var before scheduler.JobState
	_, err = st.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) (err error) {
		before, _, err = jobs.RunNow(tx, name, "halo jobs")
		return err
	})
	if err != nil {
		return JobLine{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, jobPatience)
	defer cancel()
	for {
		line, now, err := cfg.jobLine(context.WithoutCancel(ctx), st, name)
		if err != nil || alone || now.Runs > before.Runs || !line.Waits {
			return line, err
		}
		if pause(ctx, jobLook) != nil {
			return line, nil
		}
	}
}

// withJobs are the handlers of timers by kind, and those of the jobs.
func withJobs(kinds map[string]scheduler.Kind, jobs *scheduler.Jobs) map[string]scheduler.Kind {
	maps.Copy(kinds, jobs.Kinds())
	return kinds
}
