package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

func TestOffDutyHandsTicketsOver(t *testing.T) {
	w := newCrew(t)
	w.client("HE-1", "c1", "77")
	w.client("HE-2", "c2", "78")
	w.client("HE-3", "c3", "79")
	for _, user := range []string{"sari", "dewi"} {
		w.want(w.command(user, "duty on"), "bertugas")
	}
	w.want(w.command("sari", "duty on"), "sudah bertugas")
	for _, number := range []string{"HE-1", "HE-2"} {
		w.change(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("sari", at) })
	}
	w.change("HE-3", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Offer("sari", at) })

	off := w.command("sari", "duty off")
	w.want(off, "selesai bertugas", "Tiket terbuka: 2", "`HE-1` <#77>", "`HE-2`", "klien menunggu")
	if tk := w.ticket("HE-3"); tk.OfferedTo != "" || tk.Agent != "" {
		t.Errorf("the offer stays: %+v", tk.Offering)
	}
	if len(off.Selects) != 1 || len(off.Selects[0].Options) != 2 || off.Selects[0].Options[1].Value != "dewi" {
		t.Fatalf("she may choose of %+v", off.Selects)
	}
	choice := bot.Interaction{ID: "f", User: "sari", Roles: []string{"agent"}, Button: off.Selects[0].ID, Values: []string{"dewi"}, Channel: "5"}
	form, ok := w.desk.Form(t.Context(), choice)
	if !ok {
		t.Fatal("no form opens")
	}
	filled := bot.Interaction{Form: form.ID, Fields: map[string]string{"note": "menunggu OTP"}, Channel: "5"}
	w.want(w.asks("sari", filled), "2 tiket diserahkan kepada <@dewi>")
	w.want(w.asks("sari", filled), "Tidak ada lagi tiket")
	w.want(w.asks("budi", filled), "Hanya ")
	for _, number := range []string{"HE-1", "HE-2"} {
		if tk := w.ticket(number); tk.Agent != "dewi" {
			t.Errorf("%s is %q's", number, tk.Agent)
		}
		if got := w.events(number); !slices.Contains(got, "transferred") || slices.Index(got, "transferred") != len(got)-1 {
			t.Errorf("%s: %v", number, got)
		}
	}
	w.want(w.command("sari", "duty off"), "memang tidak sedang bertugas", "Tidak ada tiket terbuka")

	// To the team: they are wanted again, each with the note.
	w.want(w.command("dewi", "duty off"), "Tiket terbuka: 2")
	press := bot.Interaction{Button: "leave:dewi", Values: []string{"team"}, User: "sari", Roles: []string{"agent"}}
	if f, ok := w.desk.Form(t.Context(), press); ok {
		t.Errorf("sari opens %s", f.ID)
	}
	w.want(w.asks("sari", press), "Hanya <@&assistant>")
	w.want(w.asks("sari", bot.Interaction{Form: "f:leave:dewi:team", Fields: map[string]string{"note": "diam-diam"}}), "Hanya <@&assistant>", "diam-diam")
	w.want(w.asks("andi", bot.Interaction{Form: "f:leave:dewi:team", Fields: map[string]string{"note": "lanjutkan"}}), "2 tiket diserahkan kepada tim")
	if tk := w.ticket("HE-1"); tk.Agent != "" || tk.Wanted.IsZero() || !tk.LetGo("dewi") {
		t.Errorf("HE-1 after: %+v", tk.Offering)
	}
	// Somebody who has gone meanwhile is not given any.
	w.change("HE-1", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("dewi", at) })
	w.want(w.asks("dewi", bot.Interaction{Form: "f:leave:dewi:sari"}), "sudah tidak bertugas")
	if got := w.events("duty/sari"); !slices.Equal(got, []string{"came_on_duty", "went_off_duty"}) {
		t.Errorf("sari's log: %v", got)
	}
}

func TestComingOnDutyIsOfferedWhatWaits(t *testing.T) {
	w := newCrew(t)
	w.client("HE-1", "c1", "77")
	w.client("HE-2", "c2", "78")
	w.change("HE-2", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("dewi", at) })
	w.change("HE-1", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Offer("sari", at) })
	w.want(w.command("sari", "duty on"), "bertugas")
	w.want(w.command("sari", "duty break"), "istirahat")
	w.want(w.command("sari", "duty break"), "sudah istirahat")
	w.change("HE-1", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.NobodyToOffer(at) })
	tk := w.ticket("HE-1")
	if tk.OfferedTo != "" || !tk.LetGo("sari") || !tk.Nobody {
		t.Fatalf("a break keeps the offer: %+v", tk.Offering)
	}
	offer := ticket.TimerOffer + " HE-1"
	if slices.Contains(w.due(), offer) {
		t.Fatal("the next offer is due before somebody comes")
	}
	w.want(w.command("sari", "duty on"), "bertugas")
	if !slices.Contains(w.due(), offer) || slices.Contains(w.due(), ticket.TimerOffer+" HE-2") {
		t.Errorf("due: %v", w.due())
	}
	if user, ok := w.ticket("HE-1").Pick([]ticket.Candidate{w.duty("sari").Candidate(0, ticket.DefaultPolicy())}); !ok || user != "sari" {
		t.Errorf("picked %q: who came back is passed over", user)
	}
	if rows, err := w.st.Index(t.Context(), ticket.IndexNobody, store.Range{}); err != nil || len(rows) != 1 || rows[0].Member != "HE-1" {
		t.Errorf("looked for: %v %v", rows, err)
	}
}

func TestSupervisorsSetOthers(t *testing.T) {
	w := newCrew(t)
	members := map[string][]string{"sari": {"agent"}, "guest": {"visitor"}}
	for _, command := range []string{"duty on", "duty break", "duty off"} {
		i := bot.Interaction{Command: command, Options: map[string]string{"user": "sari"}, Members: members}
		w.want(w.asks("dewi", i), "Hanya <@&assistant>")
		w.want(w.asks("andi", i), "<@sari>")
		i.Options = map[string]string{"user": "guest"}
		if command != "duty off" {
			w.want(w.asks("andi", i), "tidak memiliki peran agen")
		}
	}
	if got := w.events("duty/sari"); len(got) != 3 {
		t.Errorf("sari's log: %v", got)
	}
	if got := w.events("duty/guest"); len(got) != 0 {
		t.Errorf("the guest's log: %v", got)
	}
	w.want(w.command("sari", "duty name", "name", "  Sari @everyone\n"), "Sari")
	if name := w.duty("sari").Name; strings.ContainsAny(name, "\n") || !strings.HasPrefix(name, "Sari") || strings.Contains(name, "@everyone") {
		t.Errorf("clients read %q", name)
	}
	w.want(w.command("sari", "duty name", "name", "{{agent}}"), "Tulis nama")
	w.want(w.command("sari", "duty name", "name", strings.Repeat("x", 90)), "…")
	w.want(w.command("sari", "duty name", "name", "-"), "“sari”")
	w.want(w.command("sari", "duty on"), "bertugas")
	w.want(w.command("sari", "duty status"), "🟢 <@sari> · 0 tiket")
}

// A store that fails after the first change of a hand-over: pressing again goes on.
func TestAHandOverThatIsInterrupted(t *testing.T) {
	w := newCrew(t)
	for n := range 4 {
		number := fmt.Sprint("HE-", n)
		w.client(number, fmt.Sprint("c", n), fmt.Sprint(77+n))
		w.change(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("sari", at) })
	}
	w.want(w.command("dewi", "duty on"), "bertugas")
	whole := w.desk
	w.desk = bot.NewDesk(bot.Options{Store: &tired{kept: kept{w.st}, left: 2}, Rights: rights, Bridge: w.bridge, Log: zaptest.NewLogger(t)})
	filled := bot.Interaction{Form: "f:leave:sari:dewi", Fields: map[string]string{"note": "x"}}
	w.want(w.asks("sari", filled), "coba sekali lagi")
	w.desk = whole
	w.want(w.asks("sari", filled), "2 tiket diserahkan kepada <@dewi>")
	for n := range 4 {
		number := fmt.Sprint("HE-", n)
		if got := strings.Count(strings.Join(w.events(number), " "), "transferred"); got != 1 || w.ticket(number).Agent != "dewi" {
			t.Errorf("%s was transferred %d times and is %q's", number, got, w.ticket(number).Agent)
		}
	}
}

// tired is a store that takes so many changes and no more.
type tired struct {
	kept
	left int
}

func (f *tired) Update(ctx context.Context, cause ledger.Cause, fn func(*ledger.Tx) error) (bool, error) {
	if f.left--; f.left < 0 {
		return false, context.DeadlineExceeded
	}
	return f.kept.Update(ctx, cause, fn)
}

// fires lets the shift's timer fire at a time, as the scheduler would.
func (w *crew) fires(user, at string) {
	w.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04", at, wib)
	if err != nil {
		w.Fatal(err)
	}
	w.mu.Lock()
	w.now = when
	w.mu.Unlock()
	timers, _, err := w.st.Due(w.Context(), when, 100)
	if err != nil {
		w.Fatal(err)
	}
	for _, timer := range timers {
		if timer.Kind != ticket.TimerShift || timer.ID != user {
			continue
		}
		for range 2 { // a second time it is used up
			update(w.T, w.st, ledger.Cause{Timer: &timer}, func(tx *ledger.Tx) error { return w.bridge.Shift(tx, timer) })
		}
	}
}

func TestAWeekOfShifts(t *testing.T) {
	w := newCrew(t)
	w.want(w.command("sari", "duty shift", "hours", "senin-jumat 08.00-16.00, sabtu 8-12"), "Senin-Jumat 08:00-16:00, Sabtu 08:00-12:00")
	w.want(w.command("sari", "duty shift", "hours", "kapan saja"), "belum terbaca")
	w.want(w.asks("dewi", bot.Interaction{Command: "duty shift", Options: map[string]string{"hours": "none", "user": "sari"}}), "Hanya ")
	w.want(w.command("sari", "duty on"), "bertugas")
	w.client("HE-1", "c1", "77")
	w.client("HE-2", "c2", "78")
	for _, number := range []string{"HE-1", "HE-2"} {
		w.change(number, func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("sari", at) })
	}
	w.change("HE-2", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.StaffWrote("sari", at), nil })

	// Nobody else is there: all stay, and the thread of who waits says so.
	w.fires("sari", "2026-11-23 16:00")
	if d := w.duty("sari"); d.Presence != ticket.OffDuty {
		t.Errorf("after her shift she is %q", d.Presence)
	}
	if w.ticket("HE-1").Agent != "sari" || !strings.Contains(w.lane("HE-1"), "klien masih menunggu") || strings.Contains(w.lane("HE-2"), "Shift") {
		t.Errorf("HE-1 is %q's, its thread:\n%s\nthat of HE-2:\n%s", w.ticket("HE-1").Agent, w.lane("HE-1"), w.lane("HE-2"))
	}
	w.fires("sari", "2026-11-24 08:00")
	if d := w.duty("sari"); d.Presence != ticket.OnDuty {
		t.Errorf("at the start of her shift she is %q", d.Presence)
	}
	// What she sets by hand holds until the next change.
	w.want(w.command("sari", "duty off"), "selesai bertugas")
	w.fires("sari", "2026-11-24 12:00")
	if d := w.duty("sari"); d.Presence != ticket.OffDuty {
		t.Errorf("by hand she was off, now she is %q", d.Presence)
	}
	w.fires("sari", "2026-11-24 16:00")
	w.fires("sari", "2026-11-25 08:00")
	// Dewi is there: whoever waits goes to the team, the others stay.
	w.want(w.command("dewi", "duty on"), "bertugas")
	w.fires("sari", "2026-11-25 16:00")
	if one, two := w.ticket("HE-1"), w.ticket("HE-2"); one.Agent != "" || one.Wanted.IsZero() || two.Agent != "sari" {
		t.Errorf("after the shift HE-1 is %q's, HE-2 %q's", one.Agent, two.Agent)
	}
	// The program was down from Wednesday to Saturday at ten: she is on duty, once.
	w.fires("sari", "2026-11-28 10:00")
	if d := w.duty("sari"); d.Presence != ticket.OnDuty {
		t.Errorf("on Saturday she is %q", d.Presence)
	}
	// A holiday has no shift.
	w.fires("sari", "2026-12-24 16:00")
	w.fires("sari", "2026-12-25 08:00")
	if d := w.duty("sari"); d.Presence != ticket.OffDuty {
		t.Errorf("on a holiday she is %q", d.Presence)
	}
	w.want(w.command("sari", "duty shift", "hours", "none"), "tidak memakai jadwal")
	if _, next, err := w.st.Due(t.Context(), w.now, 100); err != nil || slices.Contains(w.due(), ticket.TimerShift+" sari") {
		t.Errorf("a timer is left: %v %s %v", w.due(), next, err)
	}
	if d := w.duty("sari"); d.Shift != "" {
		t.Errorf("her shift is %q", d.Shift)
	}
}
