package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/store/storetest"
	"github.com/haloerzap/halo/ticket"
)

// A crew is a desk whose people work on tickets, on a Monday at ten.
type crew struct {
	*testing.T
	st     *store.Store
	bridge bridge.Desk
	desk   *bot.Desk

	mu  sync.Mutex
	now time.Time
	n   int
}

var wib = time.FixedZone("WIB", 7*3600)

func newCrew(t *testing.T) *crew {
	t.Helper()
	w := &crew{T: t, now: time.Date(2026, 11, 23, 10, 0, 0, 0, wib)}
	client := storetest.Memory(t)
	clock := func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.now
	}
	w.st = store.New(client, store.Options{Desk: "test", Now: clock})
	week := calendar.Hours{}
	for d := time.Monday; d <= time.Friday; d++ {
		week[d] = []calendar.Window{{Open: 8 * 60, Close: 17 * 60}}
	}
	christmas := calendar.Date{Year: 2026, Month: 12, Day: 25}
	hours, err := calendar.New(calendar.Plan{Zone: wib, Week: week, Holidays: []calendar.Holiday{{Days: calendar.Span{First: christmas, Last: christmas}, Name: "Natal"}}})
	if err != nil {
		t.Fatal(err)
	}
	w.bridge = bridge.Desk{
		Prefix: "HE", Zone: wib, Now: clock, Calendar: hours, Roles: rights,
		MessageID: func(letter string) string { return "3EB0" + letter },
		Members: func(ctx context.Context, index string, from int64) (all []string, err error) {
			rows, err := w.st.Index(ctx, index, store.Range{Min: &from})
			for _, r := range rows {
				all = append(all, r.Member)
			}
			return all, err
		},
	}
	w.desk = bot.NewDesk(bot.Options{Store: kept{w.st}, Rights: rights, Bridge: w.bridge, Log: zaptest.NewLogger(t)})
	t.Cleanup(func() { storetest.Check(t, client, "test") })
	return w
}

func (w *crew) passes(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// client opens a ticket of a person in a thread: the client has written and waits.
func (w *crew) client(number, conversation, thread string) {
	w.Helper()
	update(w.T, w.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		c, ok, err := ticket.LoadConversation(tx, conversation)
		if err != nil {
			return err
		}
		if !ok {
			c = ticket.Conversation{ID: conversation, Name: "Ana " + conversation}
		}
		open := c.Open
		tk := ticket.Open(&c, number, tx.Now())
		if open != "" {
			c.Open, c.Also = open, append(c.Also, number)
		}
		tk.Thread, tk.Contact = thread, "p-"+conversation
		events, err := tk.ClientWrote(tx.Now(), false)
		if err != nil {
			return err
		}
		if err := (ticket.Thread{ID: thread, Ticket: number, Cursor: thread}).Save(tx); err != nil {
			return err
		}
		if err := c.Save(tx); err != nil {
			return err
		}
		return tk.Keep(tx, ticket.Ticket{}, events, ticket.DefaultPolicy(), w.bridge.Calendar)
	})
}

// change makes a transition behind the scenes.
func (w *crew) change(number string, fn func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error)) {
	w.Helper()
	update(w.T, w.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		return w.bridge.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) { return fn(t, tx.Now()) })
	})
}

func (w *crew) ticket(number string) ticket.Ticket {
	w.Helper()
	doc, err := w.st.Doc(w.Context(), ledger.Ref{Kind: ticket.KindTicket, ID: number})
	if err != nil || doc.Data == nil {
		w.Fatalf("%s: %v", number, err)
	}
	t, err := ticket.Decode(doc.Data)
	if err != nil {
		w.Fatal(err)
	}
	return t
}

func (w *crew) duty(user string) ticket.Duty {
	w.Helper()
	doc, err := w.st.Doc(w.Context(), ledger.Ref{Kind: ticket.KindDuty, ID: user})
	if err != nil || doc.Data == nil {
		w.Fatalf("%s: %v", user, err)
	}
	d, err := ticket.DecodeDuty(doc.Data)
	if err != nil {
		w.Fatal(err)
	}
	return d
}

// asks lets somebody ask; andi is the supervisor, everybody else an agent.
func (w *crew) asks(user string, i bot.Interaction) bot.Answer {
	w.mu.Lock()
	w.n++
	i.ID, i.At = fmt.Sprint("i", w.n), w.now
	w.mu.Unlock()
	i.User, i.Roles = user, []string{"agent"}
	if user == "andi" {
		i.Roles = []string{"assistant"}
	}
	return w.desk.Handle(w.Context(), i)
}

func (w *crew) want(a bot.Answer, words ...string) {
	w.Helper()
	for _, word := range words {
		if !strings.Contains(a.Text, word) {
			w.Errorf("%q is not in\n%s", word, a.Text)
		}
	}
	if n := len([]rune(a.Text)); n > 2000 {
		w.Errorf("the answer has %d characters", n)
	}
}

func (w *crew) command(user, name string, options ...string) bot.Answer {
	i := bot.Interaction{Command: name, Channel: "77", Options: map[string]string{}}
	for n := 0; n+1 < len(options); n += 2 {
		i.Options[options[n]] = options[n+1]
	}
	return w.asks(user, i)
}

func (w *crew) events(log string) (all []string) {
	w.Helper()
	for e, err := range w.st.Events(w.Context(), log) {
		if err != nil {
			w.Fatal(err)
		}
		all = append(all, e.What)
	}
	return all
}

// lane is what is to be said in a ticket's thread.
func (w *crew) lane(number string) string {
	w.Helper()
	letters, err := w.st.Waiting(w.Context(), bridge.ThreadLane(number), 0)
	if err != nil {
		w.Fatal(err)
	}
	var all []string
	for _, l := range letters {
		all = append(all, string(l.Body))
	}
	return strings.Join(all, "\n")
}

// due are the timers that are due by now.
func (w *crew) due() (all []string) {
	w.Helper()
	timers, _, err := w.st.Due(w.Context(), w.now, 100)
	if err != nil {
		w.Fatal(err)
	}
	for _, t := range timers {
		all = append(all, t.Kind+" "+t.ID)
	}
	return all
}

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

// Many press at once: one has it, and each of the others is told who.
func TestTakeOverAtOnce(t *testing.T) {
	w := newCrew(t)
	w.client("HE-1", "c1", "77")
	w.change("HE-1", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("old", at) })
	w.passes(time.Minute)
	answers := make([]bot.Answer, 8)
	var wg sync.WaitGroup
	for n := range answers {
		wg.Go(func() {
			answers[n] = w.asks(fmt.Sprint("agent", n), bot.Interaction{Button: "t:takeover", Channel: "77", Message: "9"})
		})
	}
	wg.Wait()
	agent, won := w.ticket("HE-1").Agent, 0
	for n, a := range answers {
		switch {
		case strings.Contains(a.Text, "kini Anda"):
			won++
			if agent != fmt.Sprint("agent", n) {
				t.Errorf("agent%d was told that it is his, but it is %s's", n, agent)
			}
		case !strings.Contains(a.Text, "<@"+agent+">"):
			t.Errorf("agent%d is told %q", n, a.Text)
		}
	}
	if won != 1 {
		t.Errorf("%d have won", won)
	}
	w.want(w.asks(agent, bot.Interaction{Button: "t:takeover", Channel: "77"}), "memang Anda")
	w.passes(time.Minute)
	w.want(w.command("dewi", "ticket take-over"), "kini Anda")
	if got := w.events("HE-1"); strings.Count(strings.Join(got, " "), "taken_over") != 2 {
		t.Errorf("events: %v", got)
	}
}

func TestTransfer(t *testing.T) {
	w := newCrew(t)
	w.client("HE-1", "c1", "77")
	w.want(w.command("sari", "duty on"), "bertugas")
	members := map[string][]string{"sari": {"agent"}, "guest": {"visitor"}, "dewi": {"agent"}}
	to := func(user string) bot.Interaction {
		return bot.Interaction{Command: "ticket transfer", Channel: "77", Options: map[string]string{"to": user, "note": "tolong lanjut"}, Members: members}
	}
	w.want(w.asks("andi", to("guest")), "tidak memiliki peran agen")
	w.want(w.asks("andi", to("stranger")), "tidak memiliki peran agen")
	w.want(w.asks("andi", to("sari")), "dialihkan kepada <@sari>")
	w.want(w.asks("andi", to("sari")), "memang ditangani <@sari>")
	w.want(w.asks("andi", to("dewi")), "baru saja")
	w.passes(time.Minute)
	w.want(w.asks("sari", to("dewi")), "dialihkan kepada <@dewi>", "tidak bertugas")

	// By the menu: a list of those on duty, a form for the note.
	more := w.asks("dewi", bot.Interaction{Button: "t:more", Channel: "77", Message: "9"})
	if len(more.Selects) != 2 || more.Selects[0].Options[0].Value != "sari" {
		t.Fatalf("the menu offers %+v", more.Selects)
	}
	if rows := len(more.Selects) + (len(more.Buttons)+4)/5; rows > 5 {
		t.Errorf("the menu has %d rows", rows)
	}
	choice := bot.Interaction{User: "dewi", Roles: []string{"agent"}, Button: more.Selects[0].ID, Values: []string{"sari"}, Channel: "77"}
	form, ok := w.desk.Form(t.Context(), choice)
	if !ok {
		t.Fatal("no form opens")
	}
	w.want(w.asks("dewi", bot.Interaction{Form: form.ID, Fields: map[string]string{"note": ""}, Channel: "77"}), "dialihkan kepada <@sari>")
	if tk := w.ticket("HE-1"); tk.Agent != "sari" {
		t.Errorf("it is %q's", tk.Agent)
	}
}

func TestSnooze(t *testing.T) {
	w := newCrew(t)
	w.client("HE-1", "c1", "77")
	w.change("HE-1", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("sari", at) })
	until := func() string { return w.ticket("HE-1").Snoozed.In(wib).Format("2006-01-02 15:04") }
	for text, want := range map[string]string{
		"2h": "2026-11-23 12:00", "besok 09:00": "2026-11-24 09:00", "besok": "2026-11-24 08:00", "sabtu": "2026-11-30 08:00", "2026-11-24 09:00": "2026-11-24 09:00",
	} {
		w.want(w.command("sari", "ticket snooze", "until", text), "ditunda sampai")
		if until() != want {
			t.Errorf("%s is until %s, want %s", text, until(), want)
		}
	}
	for text, want := range map[string]string{"30m": "2026-11-23 10:30", "besok": "2026-11-24 08:00", "minggu depan": "2026-11-30 08:00"} {
		for range 2 {
			w.want(w.asks("sari", bot.Interaction{Button: "more:snooze", Values: []string{text}, Channel: "77"}), "ditunda sampai")
		}
		if until() != want {
			t.Errorf("%s is until %s, want %s", text, until(), want)
		}
	}
	w.want(w.command("sari", "ticket snooze", "until", "kapan-kapan"), "belum terbaca")
	w.want(w.command("sari", "ticket snooze", "until", "hari ini 08:00"), "masa depan")
	w.want(w.command("sari", "ticket snooze", "until", "40 hari"), "terlalu lama")
	w.want(w.command("sari", "ticket snooze", "until", "off"), "diakhiri")
	w.want(w.asks("sari", bot.Interaction{Button: "more:wake", Channel: "77"}), "tidak sedang ditunda")
	if tk := w.ticket("HE-1"); !tk.Snoozed.IsZero() {
		t.Errorf("it rests until %s", tk.Snoozed)
	}
}

func TestScheduledMessages(t *testing.T) {
	w := newCrew(t)
	w.client("HE-1", "c1", "77")
	fill := func(text, when, drop string) bot.Answer {
		return w.asks("sari", bot.Interaction{Form: "f:schedule", Channel: "77", Fields: map[string]string{"text": text, "when": when, "drop": drop}})
	}
	if form, ok := w.desk.Form(t.Context(), bot.Interaction{Command: "ticket schedule", Channel: "77", Roles: []string{"agent"}}); !ok || form.ID != "f:schedule" {
		t.Errorf("the form is %+v", form)
	}
	w.want(fill("Halo kak", "kapan", "ya"), "belum terbaca", "Halo kak")
	w.want(fill("Halo kak", "besok", "mungkin"), "ya atau tidak", "Halo kak")
	w.want(fill("Halo kak", "hari ini 07:00", ""), "masa depan", "Halo kak")
	w.want(fill("Halo kak, besok kami kabari @everyone", "besok 09:00", "ya"), "dijadwalkan", "batal bila klien menulis lebih dulu")
	all := fill("Kedua", "2 jam", "tidak")
	w.want(all, "**2.**", "Kedua")
	if strings.Contains(all.Text, "@everyone") || len(all.Buttons) != 2 {
		t.Errorf("shown: %+v", all)
	}
	if len(w.ticket("HE-1").Scheduled) != 2 {
		t.Errorf("scheduled: %+v", w.ticket("HE-1").Scheduled)
	}
	w.want(w.asks("sari", bot.Interaction{Button: all.Buttons[0].ID, Channel: "77"}), "dibatalkan", "Kedua")
	w.want(w.asks("sari", bot.Interaction{Button: all.Buttons[0].ID, Channel: "77"}), "tidak terjadwal")
	w.want(w.asks("sari", bot.Interaction{Button: "more:planned", Channel: "77"}), "Kedua")
	if left := w.ticket("HE-1").Scheduled; len(left) != 1 || left[0].Text != "Kedua" || left[0].By != "sari" || left[0].DropIfClientWrites {
		t.Errorf("left: %+v", left)
	}
}

func TestMerge(t *testing.T) {
	w := newCrew(t)
	w.client("HE-1", "c1", "77")
	w.client("HE-2", "c1", "78")
	w.client("HE-3", "c3", "79")
	w.change("HE-1", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("sari", at) })
	choice := w.asks("sari", bot.Interaction{Button: "more:merge", Channel: "77"})
	if len(choice.Selects) != 1 || len(choice.Selects[0].Options) != 1 || choice.Selects[0].Options[0].Value != "HE-2" {
		t.Fatalf("she may choose of %+v", choice.Selects)
	}
	w.want(w.command("sari", "ticket merge", "into", "HE-9"), "tidak ditemukan")
	w.want(w.command("sari", "ticket merge", "into", "HE-3"), "kontak yang berbeda")
	w.want(w.command("sari", "ticket merge", "into", "he-1"), "dirinya sendiri")
	into := bot.Interaction{Button: choice.Selects[0].ID, Values: []string{"HE-2"}, Channel: "77"}
	w.want(w.asks("sari", into), "digabungkan", "<#78>")
	w.want(w.asks("sari", into), "sudah digabungkan")
	one, two := w.ticket("HE-1"), w.ticket("HE-2")
	if one.State != ticket.Closed || one.MergedInto != "HE-2" || two.Agent != "sari" || two.State == ticket.Closed {
		t.Errorf("after: %q into %q, %q of %q", one.State, one.MergedInto, two.State, two.Agent)
	}
	update(t, w.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		c, _, err := ticket.LoadConversation(tx, "c1")
		if c.Open != "HE-2" || len(c.Also) != 0 || c.Last != "HE-1" {
			t.Errorf("the client's next message goes to %q, %v; last was %q", c.Open, c.Also, c.Last)
		}
		return err
	})
	w.want(w.asks("sari", bot.Interaction{Button: "more:merge", Channel: "78"}), "tidak punya tiket terbuka yang lain")
}

// Two merge the same two tickets into each other: one of them goes on.
func TestMergeBothWaysAtOnce(t *testing.T) {
	w := newCrew(t)
	w.client("HE-1", "c1", "77")
	w.client("HE-2", "c1", "78")
	var wg sync.WaitGroup
	for from, into := range map[string]string{"77": "HE-2", "78": "HE-1"} {
		for range 3 {
			wg.Go(func() {
				w.asks("sari", bot.Interaction{Button: "more:merge", Values: []string{into}, Channel: from})
			})
		}
	}
	wg.Wait()
	one, two := w.ticket("HE-1"), w.ticket("HE-2")
	if (one.State == ticket.Closed) == (two.State == ticket.Closed) || one.MergedInto == "" && two.MergedInto == "" {
		t.Errorf("%q into %q, %q into %q", one.State, one.MergedInto, two.State, two.MergedInto)
	}
	if rows, err := w.st.Index(t.Context(), ticket.IndexOpen, store.Range{}); err != nil || len(rows) != 1 {
		t.Errorf("open: %v %v", rows, err)
	}
}

func TestTicketsOfThePhone(t *testing.T) {
	w := newCrew(t)
	calls := func(phone string) bot.Answer {
		return w.command("sari", "ticket new", "channel", "phone", "name", "Ibu Ana", "phone", phone, "summary", "Stok tidak *cocok* @everyone")
	}
	w.want(calls("0812-3456-7890"), "HE-261123-0001", "Anda yang menangani")
	w.want(calls("+62 812 3456 7890"), "HE-261123-0002")
	w.want(calls("bukan nomor"), "bukan nomor telepon")
	w.want(w.command("sari", "ticket new", "channel", "whatsapp", "name", "Ana", "summary", "x"), "Pilih kanalnya")
	w.want(w.command("sari", "ticket new", "channel", "in_person", "name", "Ana", "summary", "x"), "HE-261123-000")
	one, two := w.ticket("HE-261123-0001"), w.ticket("HE-261123-0002")
	if one.Contact == "" || one.Contact != two.Contact || one.Agent != "sari" || one.Channel != ticket.Phone || one.State != ticket.Assigned {
		t.Errorf("registered: %+v", one)
	}
	if got := w.events(one.Number); !slices.Equal(got, []string{"opened", "identified", "accepted", "responded"}) && !slices.Equal(got, []string{"opened", "identified", "accepted"}) {
		t.Errorf("events: %v", got)
	}
	if said := w.lane(one.Number); strings.Contains(said, "@everyone") || !strings.Contains(said, "Stok") {
		t.Errorf("its thread:\n%s", said)
	}
	// The same person's phone ticket goes into the one on WhatsApp, and not the other way round.
	update(t, w.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		return (ticket.Thread{ID: "90", Ticket: one.Number, Cursor: "90"}).Save(tx)
	})
	w.client("HE-1", "c1", "77")
	w.change("HE-1", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
		return t.Identify(one.Contact, "", "sari", at), nil
	})
	w.want(w.command("sari", "ticket merge", "into", one.Number), "tiket WhatsApp-nya yang harus berlanjut")
	w.want(w.asks("sari", bot.Interaction{Button: "more:merge", Channel: "90"}), "Tiket mana")
	w.want(w.asks("sari", bot.Interaction{Button: "more:merge", Values: []string{"HE-1"}, Channel: "90"}), "digabungkan")
	if w.ticket("HE-1").State == ticket.Closed || w.ticket(one.Number).MergedInto != "HE-1" {
		t.Errorf("merged: %+v", w.ticket(one.Number))
	}
}

func TestTheQueue(t *testing.T) {
	w := newCrew(t)
	w.want(w.command("sari", "queue"), "Tidak ada klien yang menunggu")
	for n := range 12 {
		w.client(fmt.Sprintf("HE-%02d", n+1), fmt.Sprint("c", n), fmt.Sprint(100+n))
		w.passes(time.Minute)
	}
	w.change("HE-01", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("sari", at) })
	w.change("HE-02", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("sari", at) })
	w.change("HE-02", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.StaffWrote("sari", at), nil })
	first := w.command("sari", "queue")
	w.want(first, "1–10 dari 11", "`HE-01` <#100>", "<@sari>", "belum ada agen", "seluruhnya: 12", "<t:")
	if strings.Contains(first.Text, "HE-02") || strings.Index(first.Text, "HE-01") > strings.Index(first.Text, "HE-03") {
		t.Errorf("the first page:\n%s", first.Text)
	}
	w.want(w.asks("sari", bot.Interaction{Button: first.Buttons[0].ID, Message: "1"}), "11–11 dari 11", "HE-12")
	for _, wrong := range []string{"queue:", "queue:page:", "queue:page:x", "queue:page:999999", "queue:now:-5"} {
		w.want(w.asks("sari", bot.Interaction{Button: wrong, Message: "1"}), "dari 11")
	}
}

func TestAskingSales(t *testing.T) {
	w := newCrew(t)
	w.client("HE-1", "c1", "77")
	form, ok := w.desk.Form(t.Context(), bot.Interaction{Button: "more:sales", Channel: "77", Roles: []string{"agent"}})
	if !ok {
		t.Fatal("no form opens")
	}
	ask := bot.Interaction{Form: form.ID, Channel: "77", Fields: map[string]string{"question": "Modul apa yang dipakai? @here"}}
	w.want(w.asks("sari", ask), "belum punya pemilik di sales")
	w.bridge.Roles = map[string][]string{"sales": {"900"}}
	w.desk = bot.NewDesk(bot.Options{Store: kept{w.st}, Rights: rights, Bridge: w.bridge, Log: zaptest.NewLogger(t)})
	w.want(w.asks("sari", ask), "Pertanyaan terkirim")
	said := w.lane("HE-1")
	if !strings.Contains(said, `"ping_roles":["900"]`) || strings.Contains(said, "@here") {
		t.Errorf("the thread reads\n%s", said)
	}
	if got := w.events("HE-1"); !slices.Contains(got, "sales_asked") || slices.Contains(got, "escalated") {
		t.Errorf("events: %v", got)
	}
	if letters, err := w.st.Waiting(t.Context(), bridge.ClientLane("c1"), 0); err != nil || len(letters) != 0 {
		t.Errorf("the client hears %v %v", letters, err)
	}
}
