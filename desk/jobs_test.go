package desk

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/scheduler"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
)

// The jobs of a desk are planned when it leads, run from Discord and from a command beside
// it, and keep their plan.
func TestJobsOfADesk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := func() []JobLine {
		all, err := ListJobs(t.Context(), w.cfg, Options{Redis: w.redis})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	w.eventually("planned jobs", func() bool {
		return len(list()) == 3 && !slices.ContainsFunc(list(), func(j JobLine) bool { return j.Next.IsZero() })
	})
	before := list()
	andi := w.discord.AddMember("andi", "Assistant Manager")
	shown, err := andi.Command(t.Context(), w.discord.ChannelID("halo-ops"), "jobs", nil)
	if err != nil {
		t.Fatal(err)
	}
	button, ok := shown.Message.Button("Jalankan: Pengingat rencana sales")
	if !ok {
		t.Fatalf("no button below %s", shown.Message.Content)
	}
	if _, err := andi.Click(t.Context(), shown.Message.ID, button.CustomID); err != nil {
		t.Fatal(err)
	}
	w.eventually("the job", func() bool { return !list()[1].Ran.IsZero() })
	line, err := RunJob(t.Context(), w.cfg, Options{Redis: w.redis}, "surveys")
	if err != nil || line.Waits || line.Failed || line.Ran.IsZero() {
		t.Errorf("run beside the desk: %+v, %v", line, err)
	}
	if _, err := RunJob(t.Context(), w.cfg, Options{Redis: w.redis}, "backup"); !errors.Is(err, scheduler.ErrNoJob) || !strings.Contains(err.Error(), "nudge") {
		t.Errorf("an unknown job: %v", err)
	}
	for n, j := range list() {
		if !j.Next.Equal(before[n].Next) || j.Spec != before[n].Spec {
			t.Errorf("%+v was planned as %+v", j, before[n])
		}
	}
}

// Of a job that fails the ops channel reads one line, and of its recovery another.
func TestOpsHearOfJobs(t *testing.T) {
	st := store.New(storetest.Memory(t), store.Options{Desk: "test"})
	state := scheduler.JobState{Name: "followups", Next: time.Unix(1_800_000_000, 0), Last: scheduler.Run{At: time.Unix(1_700_000_000, 0), Error: "read *index* @everyone"}}
	var said []string
	_, err := st.Update(t.Context(), ledger.Cause{}, func(tx *ledger.Tx) error {
		tellOfJob(tx, state, false)
		state.Last.Again = state.Last.At.Add(10 * time.Minute)
		state.Last.At = state.Last.At.Add(time.Minute)
		tellOfJob(tx, state, false)
		state.Last.At = state.Last.At.Add(time.Minute)
		tellOfJob(tx, state, true)
		said = nil
		for _, l := range tx.Letters {
			said = append(said, l.Lane+" "+string(l.Body))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range []string{"Jadwal berikutnya <t:1800000000:f>", "Dicoba lagi <t:1700000600:R>", "kembali berhasil"} {
		body := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(said[n])
		if !strings.HasPrefix(body, "ch/ops ") || !strings.Contains(body, want) || strings.Contains(body, " @everyone") {
			t.Errorf("line %d is %s", n, body)
		}
	}
}
