package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
)

// Jobs are the jobs that the clock starts.
type Jobs interface {
	// Jobs are all of them, in their order.
	Jobs(ctx context.Context) ([]Job, error)
	// RunJob starts one as soon as can be, in the commit of tx; false when somebody asked
	// for it a moment before.
	RunJob(tx *ledger.Tx, name, by string) (asked bool, err error)
}

// A Job is one of them and how it stands.
type Job struct {
	Name, Spec string
	Next       time.Time // zero while it is off
	Asked      time.Time // when somebody asked for it, if it has not run since
	Runs       int

	// The last run; all zero before the first.
	Ran           time.Time
	Took          time.Duration
	Result, Error string
	Late          bool
	By            string    // the person who asked for it, "" for the clock
	Again         time.Time // when it is tried again after an error, zero for not before Next
}

// jobTitles are what people call the jobs.
var jobTitles = map[string][2]string{
	"followups": {"Daftar tindak lanjut bulanan", "Monthly follow-up list"},
	"surveys":   {"Daftar survei bulanan", "Monthly survey list"},
	"nudge":     {"Pengingat rencana sales", "Reminder of the sales plan"},
}

// JobTitle is what people call a job.
func JobTitle(name string, english bool) string {
	title, ok := jobTitles[name]
	switch {
	case !ok:
		return name
	case english:
		return title[1]
	}
	return title[0]
}

// salesJobs are those that are about sales, and theirs to run.
var salesJobs = []string{"followups", "nudge"}

const (
	jobsPrefix = "jobs:"
	jobsRun    = jobsPrefix + "run:"
	jobsNow    = jobsPrefix + "now"
)

// mayJobs see the jobs.
var mayJobs = []string{AssistantManager, Manager, Sales}

func jobActions() actions {
	return actions{
		commands: map[string]action{"jobs": {may: mayJobs, do: (*Desk).jobs}},
		buttons: map[string]action{
			jobsPrefix: {may: mayJobs, do: (*Desk).jobs},
			jobsRun:    {may: mayJobs, do: (*Desk).runJob},
		},
	}
}

func jobCommands() []Command {
	return []Command{{Name: "jobs", Names: named("pekerjaan", "jobs"), Description: both("Pekerjaan terjadwal: kapan terakhir, hasilnya, kapan berikutnya",
		"Scheduled jobs: when they ran last, with what result, when next"), Options: []Option{
		{Name: "run", Names: named("jalankan", "run"), Description: both("Pekerjaan yang dijalankan sekarang juga", "A job to run at once"), Complete: FromJobs},
	}}}
}

// jobs shows the jobs, with buttons for those that the person may run, or runs the one that
// is named.
func (d *Desk) jobs(ctx context.Context, i Interaction) (Answer, error) {
	if i.Command != "" && strings.TrimSpace(i.Options["run"]) != "" {
		return d.runJob(ctx, i)
	}
	all, err := d.everyJob(ctx, i)
	if err != nil {
		return Answer{}, err
	}
	return d.jobsAnswer(i, all), nil
}

func (d *Desk) everyJob(ctx context.Context, i Interaction) ([]Job, error) {
	if d.clockwork == nil {
		return nil, Refusal(i.say("Pekerjaan terjadwal tidak tersedia.", "Scheduled jobs are not available."))
	}
	return d.clockwork.Jobs(ctx)
}

func (d *Desk) jobsAnswer(i Interaction, all []Job) Answer {
	var text strings.Builder
	text.WriteString(i.say("🗓️ **Pekerjaan terjadwal**", "🗓️ **Scheduled jobs**"))
	var buttons []Button
	for _, one := range all {
		text.WriteString("\n" + jobLines(i, one))
		if d.mayRun(i, one.Name) && one.Asked.IsZero() && len(buttons) < 20 {
			buttons = append(buttons, Button{ID: jobsRun + one.Name, Label: i.say("Jalankan: ", "Run now: ") + JobTitle(one.Name, i.English()), Emoji: "▶️"})
		}
	}
	buttons = append(buttons, Button{ID: jobsNow, Label: i.say("Muat ulang", "Refresh"), Emoji: "🔄", Row: len(buttons) > 0})
	return Answer{Text: clip(text.String()), Buttons: buttons}
}

func jobLines(i Interaction, one Job) string {
	text := "**" + JobTitle(one.Name, i.English()) + "** · `" + bridge.Clean(cmp.Or(one.Spec, "off"), 60) + "`\n"
	switch {
	case one.Runs == 0:
		text += i.say("> Belum pernah berjalan", "> It has not run yet")
	case one.Error != "":
		text += "> ❌ " + relative(one.Ran) + ": " + bridge.ToDiscord(bridge.Clean(one.Error, 200))
	default:
		text += "> ✅ " + relative(one.Ran)
		if one.Result != "" {
			text += ": " + bridge.ToDiscord(bridge.Clean(one.Result, 200))
		}
		text += " · " + shortly(one.Took)
	}
	if one.Late {
		text += i.say(" · terlambat", " · late")
	}
	if one.By != "" && strings.Trim(one.By, "0123456789") == "" {
		text += " · <@" + one.By + ">"
	}
	switch {
	case !one.Asked.IsZero():
		text += i.say("\n> ⏳ Diminta ", "\n> ⏳ Asked for ") + relative(one.Asked)
	case !one.Again.IsZero():
		text += i.say("\n> 🔁 Dicoba lagi ", "\n> 🔁 Tried again ") + relative(one.Again)
	}
	if one.Next.IsZero() {
		return text + i.say("\n> ⏸️ Tidak dijadwalkan", "\n> ⏸️ Not scheduled")
	}
	return text + i.say("\n> ⏭️ Berikutnya ", "\n> ⏭️ Next ") + stamp(one.Next, "f")
}

// shortly is how long something took.
func shortly(took time.Duration) string {
	if took < time.Second {
		return strconv.FormatInt(took.Milliseconds(), 10) + " ms"
	}
	return fmt.Sprintf("%.1f s", took.Seconds())
}

func (d *Desk) mayRun(i Interaction, name string) bool {
	return d.may(i, supervisors) || d.may(i, []string{Sales}) && slices.Contains(salesJobs, name)
}

const (
	jobShown = time.Minute            // how long an answer follows a job
	jobLook  = 500 * time.Millisecond // between two looks at it
)

// runJob starts a job and shows how it went.
func (d *Desk) runJob(ctx context.Context, i Interaction) (Answer, error) {
	all, err := d.everyJob(ctx, i)
	if err != nil {
		return Answer{}, err
	}
	name := strings.TrimSpace(strings.TrimPrefix(i.Button, jobsRun) + i.Options["run"])
	n := slices.IndexFunc(all, func(one Job) bool {
		return one.Name == name || i.Command != "" && (strings.EqualFold(name, JobTitle(one.Name, false)) || strings.EqualFold(name, JobTitle(one.Name, true)))
	})
	if n < 0 {
		return Answer{}, Refusal(i.say("Pekerjaan itu tidak ada lagi. Buka daftarnya dengan `/jobs`.", "That job is no more. Open the list by `/jobs`."))
	}
	if name = all[n].Name; !d.mayRun(i, name) {
		return Answer{}, Refusal(d.refusal(i, supervisors))
	}
	before, asked := all[n], true
	err = d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		asked, err = d.clockwork.RunJob(tx, name, i.User)
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	if !asked {
		answer := d.jobsAnswer(i, all)
		answer.Text = i.say("Pekerjaan itu baru saja dijalankan.\n", "That job was started a moment ago.\n") + answer.Text
		return answer, nil
	}
	follow := func(ctx context.Context, show func(Answer) error) { d.followJob(ctx, i, before, show) }
	return Answer{Text: i.say("⏳ **", "⏳ **") + JobTitle(name, i.English()) + i.say("** sedang berjalan…", "** is running…"), Follow: follow}, nil
}

// followJob shows the jobs once one has run, or has not for a while.
func (d *Desk) followJob(ctx context.Context, i Interaction, before Job, show func(Answer) error) {
	tick := time.NewTicker(jobLook)
	defer tick.Stop()
	for until := time.Now().Add(jobShown); ; {
		all, err := d.clockwork.Jobs(ctx)
		ran := slices.ContainsFunc(all, func(one Job) bool { return one.Name == before.Name && one.Runs > before.Runs })
		if err == nil && (ran || time.Now().After(until)) {
			_ = show(d.jobsAnswer(i, all)) // who does not see it asks again
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
