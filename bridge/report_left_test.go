package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// samePerson makes tickets those of one contact, who may then be merged.
func (b *bench) samePerson(numbers ...string) {
	b.t.Helper()
	b.look(func(tx *ledger.Tx) error {
		for _, number := range numbers {
			err := b.policy.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
				return t.Identify("p1", "", "sari", tx.Now()), nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (b *bench) merges(into, from string) {
	b.t.Helper()
	b.look(func(tx *ledger.Tx) error { _, err := b.policy.Merge(tx, into, from, "sari"); return err })
}

// linked is the report as a sentence shows it, with the way to its post.
func (b *bench) linked() string {
	return "[**" + b.id + "**](https://discord.com/channels/77/" + b.report(b.id).Thread + ")"
}

// thread is what a ticket's thread says.
func (b *bench) thread(number string) []string { return b.lines(b.ticket(number).Thread) }

// The first ticket is dropped while the re-test is owed: the agent of the next one is
// called and has the buttons.
func TestTheNextTicketsAgentIsToldWhatIsOwed(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		_, numbers := b.carried(2)
		b.adjusts("bayu", "beres")
		b.drops(b.number)
		want := "👉 <@sari> tiket ini sekarang tiket pertama laporan " + b.linked() + ". Laporan " + b.linked() + " sudah disesuaikan dan menunggu uji ulang. → [sari] [r:pass:" + b.id + "] [r:fail:" + b.id + "]"
		if said := b.thread(numbers[0]); count(said, want) != 1 {
			t.Errorf("the next thread says %q", said)
		}
		if said := b.thread(numbers[1]); has(said, "👉") {
			t.Errorf("the last thread says %q", said)
		}
	})
}

// A ticket is merged into one that waits for the same report: the word that is owed is owed
// there.
func TestARetestGoesOverToATicketOfTheSameReport(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		_, numbers := b.carried(1)
		b.adjusts("bayu", "beres")
		b.samePerson(b.number, numbers[0])
		for range 2 {
			b.merges(numbers[0], b.number)
		}
		b.pause(10 * time.Second)
		into := b.ticket(numbers[0])
		if !slices.Equal(into.Back, []string{b.id}) || into.State != ticket.Assigned {
			t.Errorf("it is %s, back are %q", into.State, into.Back)
		}
		if said := b.thread(numbers[0]); !slices.ContainsFunc(said, func(s string) bool {
			return strings.HasPrefix(s, "➕ Tiket ini sekarang menunggu laporan") && strings.HasSuffix(s, "menunggu uji ulang. [r:pass:"+b.id+"] [r:fail:"+b.id+"]")
		}) {
			t.Errorf("its thread says %q", said)
		}
		b.verifies(true, "")
		if tk := b.ticket(numbers[0]); len(tk.Reports) > 0 {
			t.Errorf("it waits for %q", tk.Reports)
		}
	})
}

// A carried ticket is merged after the report passed and before its client was told: the
// ticket that goes on does not wait for ever, and the client is told.
func TestATicketMergedBeforeItHearsTheEnd(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		guests, numbers := b.carried(1)
		ani := b.guest(20, "Ani")
		ani.says("ini saya dari nomor lain")
		other := ani.conversation().Open
		b.pause(2 * time.Second)
		b.presses("sari", other, "t:accept")
		b.adjusts("bayu", "beres")
		b.clock() // the job waits for another process
		b.look(func(tx *ledger.Tx) error {
			return b.policy.ChangeReport(tx, b.id, func(r *escalation.Report) ([]ledger.Event, error) { return r.Verify(true, "", "sari", tx.Now()) })
		})
		b.samePerson(numbers[0], other)
		b.merges(other, numbers[0])
		if tk := b.ticket(other); !slices.Equal(tk.Reports, []string{b.id}) {
			t.Fatalf("it waits for %q", tk.Reports)
		}
		b.stop()
		b.open()
		b.pause(10 * time.Second)
		if tk, r := b.ticket(other), b.report(b.id); len(tk.Reports) > 0 || len(r.Untold) > 0 {
			t.Errorf("it waits for %q; untold are %q", tk.Reports, r.Untold)
		}
		adjusted := ticket.Defaults()[ticket.SayAdjusted]
		if !slices.Contains(ani.sees(), adjusted) || slices.Contains(guests[0].sees(), adjusted) {
			t.Errorf("Ani heard %q, the other number %q", ani.sees(), guests[0].sees())
		}
	})
}

// Two clients say that it is not mended, one of them in a ticket that was merged since: the
// report carries both, and both hear when it passes again. When the only one who
// complained is dropped, nobody is worked for any more.
func TestWhoComesBackToAnOpenReportIsCarried(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		_, numbers := b.carried(1)
		ani := b.guest(20, "Ani")
		ani.says("ini saya dari nomor lain")
		other := ani.conversation().Open
		b.pause(2 * time.Second)
		b.presses("sari", other, "t:accept")
		b.passes()
		b.pause(10 * time.Second)
		b.samePerson(b.number, other)
		b.merges(other, b.number)
		for range 2 {
			for _, number := range []string{numbers[0], other} {
				b.look(func(tx *ledger.Tx) error { return b.policy.ReturnReport(tx, b.id, number, "sari") })
			}
		}
		b.pause(10 * time.Second)
		if r := b.report(b.id); r.Reopened != 1 || r.First() != numbers[0] || !slices.Contains(r.Tickets, other) {
			t.Errorf("it came back %d times, of %q", r.Reopened, r.Tickets)
		}
		b.passes()
		b.pause(10 * time.Second)
		for _, number := range []string{numbers[0], other} {
			if tk := b.ticket(number); len(tk.Reports) > 0 {
				t.Errorf("ticket %s waits for %q", number, tk.Reports)
			}
		}

		b.look(func(tx *ledger.Tx) error { return b.policy.ReturnReport(tx, b.id, other, "sari") })
		b.pause(5 * time.Second)
		b.drops(other)
		if r := b.report(b.id); r.Ending != escalation.EndWithdrawn {
			t.Errorf("it is %s and goes on for %q", r.State, r.Tickets)
		}
		b.wantPost(closedPost)
	})
}

// The post is deleted while the re-test is owed, and the agent passes it from the ticket:
// nothing waits for a lead. When the client says not yet, there is another post.
func TestAReportPassesWithoutItsPost(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.adjusts("bayu", "beres")
		b.vanishes()
		if err := b.relay.PostDeleted(b.t.Context(), b.report(b.id).Thread); err != nil {
			t.Fatal(err)
		}
		b.verifies(true, "")
		b.pause(time.Minute)
		if r := b.report(b.id); r.State != escalation.Closed || b.waiting() != 0 {
			t.Errorf("it is %s, %d letters wait", r.State, b.waiting())
		}
		b.look(func(tx *ledger.Tx) error { return b.policy.ReturnReport(tx, b.id, b.number, "sari") })
		b.pause(time.Minute)
		posts := b.reportPosts()
		if len(posts) != 2 || !strings.HasPrefix(posts[1], b.id+" (2) · ") || b.waiting() != 0 {
			t.Errorf("posts %q, %d letters wait", posts, b.waiting())
		}
		if said := b.posted(); !has(said, "🔓 laporan ini dibuka kembali (ke-1)") || !has(said, "📎 ") {
			t.Errorf("the new post says %q", said)
		}
		b.passes()
		b.wantPost(closedPost)
	})
}

// Whom else a desk puts on its ladders is told what is the case.
func TestOtherLadders(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		// The timer was set for the usual 30 minutes; the desk comes back with others.
		b.closes()
		b.policy.Reports = escalation.Policy{
			Untaken:    escalation.Ladder{{After: time.Hour, Calls: escalation.CallAgent}, {After: 2 * time.Hour, Calls: escalation.CallManager}},
			Unanswered: escalation.Ladder{{After: 30 * time.Minute, Calls: escalation.CallTeam}, {After: time.Hour, Calls: escalation.CallLead}},
		}
		b.open()
		thread := len(b.shown())
		b.until("2026-11-23 11:50")
		report := "laporan " + b.linked()
		var got []string
		for _, s := range b.shown()[thread:] {
			if strings.Contains(s, b.id) {
				got = append(got, s)
			}
		}
		if len(got) != 2 || !strings.HasPrefix(got[0], "⏰ <@sari> "+report+" untuk Back End belum diambil siapa pun sejak <t:") || !strings.HasPrefix(got[1], "🚨 <@&"+managerRole+"> "+report+" untuk Back End belum diambil") {
			t.Errorf("the thread says %q", got)
		}
		b.adjusts("bayu", "beres")
		m := len(b.posted())
		b.until("2026-11-23 14:30")
		post := b.posted()[m:]
		if len(post) != 2 || !strings.HasPrefix(post[0], "⏰ <@&"+backRole+"> laporan ini masih menunggu agen sejak <t:") || !strings.HasPrefix(post[1], "🚨 <@&"+leadRole+"> laporan untuk **Back End** ini masih menunggu agen sejak <t:") {
			t.Errorf("the post says %q", post)
		}
	})
}

// A post that was deleted does not rest because nobody pressed a button the first time.
func TestALostReportIsCalledForAgain(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		if err := b.relay.PostDeleted(b.t.Context(), b.report(b.id).Thread); err != nil {
			t.Fatal(err)
		}
		b.pause(time.Minute)
		m := len(b.shown())
		b.until("2026-11-23 12:00")
		said := b.shown()[m:]
		if n := len(slices.DeleteFunc(said, func(s string) bool {
			return !strings.Contains(s, "dihapus di Discord dan belum ada yang memutuskan kelanjutannya.") || !strings.HasSuffix(s, "[r:again:"+b.id+"] [r:withdraw:"+b.id+"]")
		})); n != 1 {
			t.Errorf("the thread says %q", said)
		}
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.PostAgain("joko", at) })
		b.pause(time.Minute)
		if r := b.report(b.id); r.Thread == "" || r.State != escalation.Taken || r.Owner != "bayu" {
			t.Errorf("it is %s of %q, its post %q", r.State, r.Owner, r.Thread)
		}
	})
}

// A report of a team that the desk names no more calls who can move it, not every developer.
func TestAReportOfATeamThatIsNoMore(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.closes()
		b.policy.Teams = b.policy.Teams[1:]
		b.policy.Roles["developer"] = []string{posRole}
		b.open()
		m := len(b.posted())
		b.until("2026-11-23 09:50")
		if got := b.posted()[m:]; len(got) != 1 || !strings.HasPrefix(got[0], "⏰ <@&"+leadRole+"> laporan ini belum diambil siapa pun") {
			t.Errorf("the post says %q", got)
		}
	})
}

// Of a ticket of the phone nothing is sent to the client: the agent is told to call.
func TestAReportOfAPhoneTicketPasses(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.look(func(tx *ledger.Tx) error {
			tk, err := b.policy.Register(tx, bridge.Registration{ID: "p1", Channel: ticket.Phone, Name: "Ibu Ana", Phone: customer.Phone("6281234567890"), Summary: "stok minus", By: "sari"})
			b.number = tk.Number
			return err
		})
		b.pause(5 * time.Second)
		b.id = b.opens(escalation.Developers, "POS")
		b.pause(10 * time.Second)
		b.passes()
		if said := b.shown(); !has(said, "✅ Laporan "+b.linked()+" lolos uji ulang dan ditutup. Kabari klien; tidak ada yang terkirim otomatis.") {
			t.Errorf("the thread says %q", said)
		}
		if tk := b.ticket(b.number); len(tk.Reports) > 0 {
			t.Errorf("it waits for %q", tk.Reports)
		}
	})
}
