package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/store"
	"github.com/haloerzap/halo/ticket"
)

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
	// What the list did not offer is refused, and the note comes back.
	for _, other := range []string{"stranger", "dewi"} {
		w.want(w.asks("dewi", bot.Interaction{Form: "f:transfer:" + other, Fields: map[string]string{"note": "tolong lanjut"}, Channel: "77"}), "tidak bertugas", "tolong lanjut")
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
	w.want(fill(strings.Repeat("panjang ", 112), "kapan", "ya"), "belum terbaca", strings.Repeat("panjang ", 100))
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
	for range 3 {
		fill("Berikutnya", "3 jam", "tidak")
	}
	full := bot.Interaction{Command: "ticket schedule", Channel: "77"}
	a := w.asks("sari", full)
	w.want(a, "sudah penuh")
	if len(a.Buttons) != 1 || a.Buttons[0].ID != "more:planned" {
		t.Errorf("when there are enough: %+v", a.Buttons)
	}
}

// Forms that would be filled in in vain do not open.
func TestFormsThatCanLeadNowhere(t *testing.T) {
	w := newCrew(t)
	w.client("HE-1", "c1", "77")
	w.command("sari", "ticket close", "reason", "spam")
	for _, name := range []string{"ticket schedule", "ticket ask-sales"} {
		for channel, why := range map[string]string{"99": "hanya berlaku di thread", "77": "sudah ditutup"} {
			i := bot.Interaction{Command: name, Channel: channel, Roles: []string{"agent"}, At: w.now}
			if f, ok := w.desk.Form(t.Context(), i); ok {
				t.Errorf("%s in %s opens %s", name, channel, f.ID)
			}
			w.want(w.asks("sari", i), why)
		}
	}
}

// No line that is marked to stay inside reaches the client by a standard sentence.
func TestNotesInFormsStayInside(t *testing.T) {
	w := newCrew(t)
	w.bridge.NotePrefix = "//"
	w.desk = bot.NewDesk(bot.Options{Store: kept{w.st}, Rights: rights, Bridge: w.bridge, Log: zaptest.NewLogger(t)})
	w.client("HE-1", "c1", "77")
	w.command("sari", "ticket accept")
	text := "Halo kak\n // tanya panel dulu"
	had := w.events("HE-1")
	w.want(w.asks("sari", bot.Interaction{Form: "f:data", Channel: "77", Message: "9", Fields: map[string]string{"data": text}}), "diawali `//`", text)
	w.want(w.asks("andi", bot.Interaction{Form: "f:warranty:refuse", Channel: "77", Message: "9", Fields: map[string]string{"reason": text}}), "diawali `//`", text)
	if now := w.events("HE-1"); !slices.Equal(now, had) {
		t.Errorf("events: %v, were %v", now, had)
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

// The menu has the rarer steps, each person those he may use; every one of them works.
func TestTheMenu(t *testing.T) {
	w := newCrew(t)
	w.client("HE-1", "c1", "77")
	w.change("HE-1", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Accept("sari", at) })
	menu := func(user string) (ids []string) {
		a := w.asks(user, bot.Interaction{Button: "t:more", Channel: "77", Message: "9"})
		w.want(a, "HE-1")
		for _, b := range a.Buttons {
			ids = append(ids, b.ID)
		}
		return ids
	}
	for _, id := range []string{"more:schedule", "more:merge", "more:sales", "t:complaint:aside", "t:issue:aside", "t:escalate:aside", "t:warranty:claim:aside"} {
		if got := menu("sari"); !slices.Contains(got, id) {
			t.Errorf("%s is not in the menu: %v", id, got)
		}
	}
	for _, id := range menu("sari") {
		i := bot.Interaction{Button: id, Channel: "77", User: "sari", Roles: []string{"agent"}}
		if _, ok := w.desk.Form(t.Context(), i); ok {
			continue
		}
		if a := w.asks("sari", bot.Interaction{Button: id, Channel: "77", Message: "9"}); a.Empty() || strings.Contains(a.Text, "tidak dikenal") {
			t.Errorf("%s is answered %q", id, a.Text)
		}
	}
	if tk := w.ticket("HE-1"); !tk.Complaint || tk.Warranty.Claim != ticket.Claimed {
		t.Errorf("after all of it: complaint %v, claim %q", tk.Complaint, tk.Warranty.Claim)
	}
	w.change("HE-1", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
		return t.EscalateToSupervisor("mohon putusan", "sari", at)
	})
	if got := menu("andi"); !slices.Contains(got, "t:complaint:off:aside") || !slices.Contains(got, "t:answer:aside") || !slices.Contains(got, "t:takeover") {
		t.Errorf("a supervisor's menu: %v", got)
	}
	if got := menu("sari"); slices.Contains(got, "t:answer:aside") || slices.Contains(got, "t:takeover") {
		t.Errorf("the agent's menu: %v", got)
	}
	w.change("HE-1", func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Drop("", "sari", at) })
	if got := menu("sari"); !slices.Contains(got, "t:reopen:aside") || slices.Contains(got, "more:merge") {
		t.Errorf("the menu of a closed one: %v", got)
	}
}
