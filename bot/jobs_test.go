package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// clockwork are jobs that run when they are asked for.
type clockwork struct {
	all []bot.Job
	by  []string
}

func (c *clockwork) Jobs(context.Context) ([]bot.Job, error) { return c.all, nil }

func (c *clockwork) RunJob(_ *ledger.Tx, name, by string) (bool, error) {
	for n := range c.all {
		if c.all[n].Name != name {
			continue
		}
		if len(c.by) > 0 {
			return false, nil
		}
		c.by = append(c.by, by)
		c.all[n].Runs++
		c.all[n].Ran, c.all[n].Result, c.all[n].By = time.Unix(1_800_000_000, 0), "9 dari 15 @everyone", by
	}
	return true, nil
}

// Supervisors see the jobs and run each; sales run their own; who presses twice is told so.
func TestJobsInDiscord(t *testing.T) {
	jobs := &clockwork{all: []bot.Job{
		{Name: "followups", Spec: "0 8 1-10 * *", Next: time.Unix(1_800_000_600, 0), Runs: 3, Ran: time.Unix(1_700_000_000, 0), Took: 1500 * time.Millisecond, Result: "20 kartu", Late: true},
		{Name: "nudge", Spec: "off"},
		{Name: "surveys", Spec: "@monthly", Next: time.Unix(1_800_000_600, 0), Runs: 1, Ran: time.Unix(1_700_000_000, 0), Error: "tidak bisa", Again: time.Unix(1_700_000_600, 0)},
	}}
	all := bot.Rights{bot.Sales: {"sales"}, bot.AssistantManager: {"assistant"}, bot.Agent: {"agent"}}
	desk := bot.NewDesk(bot.Options{Store: kept{store.New(storetest.Memory(t), store.Options{Desk: "test"})}, Rights: all, Jobs: jobs, Bridge: bridge.Desk{}, Log: zaptest.NewLogger(t)})
	ask := func(id, button, role, locale string) bot.Answer {
		i := press(id, button, role)
		i.Locale = locale
		if button == "" {
			i.Command = "jobs"
		}
		return desk.Handle(t.Context(), i)
	}
	labels := func(a bot.Answer) (out string) {
		for _, b := range a.Buttons {
			out += b.ID + " "
		}
		return out
	}
	seen := ask("1", "", "assistant", "id")
	for _, want := range []string{"Daftar tindak lanjut bulanan", "`0 8 1-10 * *`", "✅ <t:1700000000:R>: 20 kartu · 1.5 s · terlambat", "Belum pernah berjalan", "Tidak dijadwalkan", "❌ <t:1700000000:R>: tidak bisa", "Dicoba lagi"} {
		if !strings.Contains(seen.Text, want) {
			t.Errorf("%q is not in\n%s", want, seen.Text)
		}
	}
	if labels(seen) != "jobs:run:followups jobs:run:nudge jobs:run:surveys jobs:now " {
		t.Errorf("buttons %s", labels(seen))
	}
	if seen = ask("2", "jobs:now", "sales", "en-US"); labels(seen) != "jobs:run:followups jobs:run:nudge jobs:now " || !strings.Contains(seen.Text, "Monthly survey list") {
		t.Errorf("sales see %s\n%s", labels(seen), seen.Text)
	}
	for _, refused := range []bot.Answer{ask("3", "", "agent", "id"), ask("4", "jobs:run:nudge", "agent", "id"), ask("5", "jobs:run:surveys", "sales", "id"), ask("6", "jobs:run:gone", "sales", "id")} {
		if refused.Follow != nil || len(refused.Buttons) > 0 || refused.Text == "" {
			t.Errorf("not refused: %s", refused.Text)
		}
	}
	first := ask("7", "jobs:run:nudge", "sales", "id")
	if first.Follow == nil || len(jobs.by) != 1 || jobs.by[0] != "u1" {
		t.Fatalf("run now answers %+v, asked by %v", first, jobs.by)
	}
	if twice := ask("8", "jobs:run:nudge", "sales", "id"); !strings.Contains(twice.Text, "baru saja dijalankan") {
		t.Errorf("the second answer is %s", twice.Text)
	}
	var last bot.Answer
	first.Follow(t.Context(), func(a bot.Answer) error { last = a; return nil })
	if !strings.Contains(last.Text, "9 dari 15") || strings.Contains(last.Text, " @everyone") {
		t.Errorf("in the end it shows\n%s", last.Text)
	}
}
