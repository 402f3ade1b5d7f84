package bridge_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

var closedPost = bridge.PostState{Tags: []string{"Back End", "closed"}, Archived: true, Locked: true}

// passes brings the report to its end.
func (b *bench) passes() {
	b.t.Helper()
	b.adjusts("bayu", "beres "+time.Now().Format(time.TimeOnly))
	b.verifies(true, "")
}

// The client says "not yet" to the closing sentence: the report goes back to who had it,
// in a post that is open again, and the ticket waits for it. Once more after the closing.
func TestAClientsNotYetTakesTheReportUpAgain(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		b.passes()
		if answer := b.resolves("sari", b.number, "stok", "dihitung ulang"); strings.Contains(answer, "belum dapat") {
			t.Fatal(answer)
		}
		b.pause(5 * time.Second)
		m := b.mark()
		b.ana.says("belum kak, masih minus")
		b.pause(5 * time.Second)
		report := "[**" + b.id + "**](https://discord.com/channels/77/" + b.report(b.id).Thread + ")"
		if got := b.posted()[m.post:]; !slices.Equal(got, []string{"🔓 <@bayu> laporan ini dibuka kembali (ke-1): menurut klien tiket **" + b.number + "** kendalanya belum selesai. → [bayu]"}) {
			t.Errorf("the post says %q", got)
		}
		back := "🔓 Laporan " + report + " dibuka kembali dan developer (Back End) dipanggil: menurut klien kendalanya belum selesai."
		if got := b.shown()[m.thread:]; !slices.Contains(got, back) {
			t.Errorf("the thread says %q", got)
		}
		b.wantPost(bridge.PostState{Tags: []string{"Back End", "taken"}})
		if tk := b.ticket(b.number); !slices.Equal(tk.Reports, []string{b.id}) || tk.State != ticket.WaitingDeveloper || tk.Reopened != 1 {
			t.Errorf("the ticket is %s, waits for %q", tk.State, tk.Reports)
		}

		b.passes()
		b.resolves("sari", b.number, "stok", "dihitung ulang")
		b.pause(5 * time.Second)
		b.ana.says("sudah kak")
		b.pause(5 * time.Second)
		if tk := b.ticket(b.number); tk.State != ticket.Closed {
			t.Fatalf("the ticket is %s", tk.State)
		}
		b.wantPost(closedPost)
		b.ana.says("kak, minus lagi")
		b.pause(5 * time.Second)
		if r := b.report(b.id); r.Reopened != 2 || r.State != escalation.Taken || r.Owner != "bayu" {
			t.Errorf("the report is %s of %q, came back %d times", r.State, r.Owner, r.Reopened)
		}
		b.wantPost(bridge.PostState{Tags: []string{"Back End", "taken"}})
		if n := strings.Count(strings.Join(b.ana.sees(), "\n"), ticket.Defaults()[ticket.SayAdjusted]); n != 2 {
			t.Errorf("the client heard %d times that it is done, want twice", n)
		}
	})
}

// The agent hears on the phone that it is not mended, and presses the button.
func TestAnAgentTakesTheReportUpAgain(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.passes()
		b.resolves("sari", b.number, "stok", "dihitung ulang")
		for range 2 {
			b.look(func(tx *ledger.Tx) error { return b.policy.ReturnReport(tx, b.id, b.number, "sari") })
			b.pause(5 * time.Second)
		}
		if r, tk := b.report(b.id), b.ticket(b.number); r.Reopened != 1 || r.State != escalation.Taken || !slices.Equal(tk.Reports, []string{b.id}) || tk.State != ticket.WaitingDeveloper {
			t.Errorf("report %s, reopened %d; ticket %s waits for %q", r.State, r.Reopened, tk.State, tk.Reports)
		}
		err := b.tries(func(tx *ledger.Tx) error { return b.policy.ReturnReport(tx, b.id, "HE-0", "sari") })
		if err == nil {
			t.Error("a ticket that there is not took it up")
		}
	})
}

// tries makes a change that may be refused.
func (o *office) tries(fn func(tx *ledger.Tx) error) error {
	_, err := o.store.Update(o.t.Context(), ledger.Cause{}, fn)
	return err
}

// carried makes n further clients with a ticket that waits for the report.
func (b *bench) carried(n int) (guests []*guest, numbers []string) {
	b.t.Helper()
	for i := range n {
		g := b.guest(10+i, "Klien")
		g.says("stok minus juga")
		number := g.conversation().Open
		b.pause(2 * time.Second)
		b.presses("sari", number, "t:accept")
		for range 2 {
			b.look(func(tx *ledger.Tx) error { return b.policy.CarryTicket(tx, b.id, number, "sari") })
		}
		guests, numbers = append(guests, g), append(numbers, number)
	}
	b.pause(10 * time.Second)
	return guests, numbers
}

// One bug, four tickets: all clients hear that it is mended, each once, one commit after
// the other, also when the process ends in between. One of them says not yet, and his
// ticket comes first then; when it passes again only he hears it.
func TestOneReportOfManyTickets(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		guests, numbers := b.carried(3)
		if r := b.report(b.id); !slices.Equal(r.Tickets, append([]string{b.number}, numbers...)) {
			t.Fatalf("it carries %q", r.Tickets)
		}
		adjusted := ticket.Defaults()[ticket.SayAdjusted]
		b.adjusts("bayu", "beres")
		b.clock() // the job waits for another process
		b.look(func(tx *ledger.Tx) error {
			return b.policy.ChangeReport(tx, b.id, func(r *escalation.Report) ([]ledger.Event, error) { return r.Verify(true, "", "sari", tx.Now()) })
		})
		for i, g := range guests {
			if slices.Contains(g.sees(), adjusted) || len(b.ticket(numbers[i]).Reports) != 1 {
				t.Errorf("client %d was told at once", i)
			}
		}
		b.stop()
		b.open()
		b.pause(10 * time.Second)
		heard := func() (n []int) {
			for _, g := range append([]*guest{b.ana}, guests...) {
				n = append(n, strings.Count(strings.Join(g.sees(), "\n"), adjusted))
			}
			return n
		}
		if got := heard(); !slices.Equal(got, []int{1, 1, 1, 1}) {
			t.Errorf("the clients heard it %v times", got)
		}
		if r := b.report(b.id); len(r.Untold) > 0 {
			t.Errorf("untold are %q", r.Untold)
		}

		b.presses("sari", numbers[1], "t:class:normal")
		b.resolves("sari", numbers[1], "stok", "beres")
		b.pause(5 * time.Second)
		guests[1].says("belum kak")
		b.pause(5 * time.Second)
		if r := b.report(b.id); r.First() != numbers[1] || r.State == escalation.Closed || len(r.Tickets) != 4 {
			t.Errorf("the report is %s, first is %s of %q", r.State, r.First(), r.Tickets)
		}
		b.passes()
		b.pause(10 * time.Second)
		if got := heard(); !slices.Equal(got, []int{1, 1, 2, 1}) {
			t.Errorf("after the second pass the clients heard it %v times", got)
		}
		if tk := b.ticket(b.number); len(tk.Reports) > 0 {
			t.Errorf("the first ticket waits for %q", tk.Reports)
		}
	})
}

// Closed without change: the agent objects, it comes back, he accepts. The client hears
// nothing of it.
func TestAReportClosedWithoutChange(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		m := b.mark()
		reject := func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Reject(escalation.AsDesigned, "memang begitu", "bayu", at)
		}
		b.does(reject)
		if tk := b.ticket(b.number); !slices.Equal(tk.Back, []string{b.id}) {
			t.Errorf("back are %q", tk.Back)
		}
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Object("nota tetap salah", "sari", at)
		})
		if tk := b.ticket(b.number); len(tk.Back) > 0 {
			t.Errorf("back are %q", tk.Back)
		}
		b.does(reject)
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.Accept("sari", at) })
		report := "[**" + b.id + "**](https://discord.com/channels/77/" + b.report(b.id).Thread + ")"
		why := "tanpa perubahan (sesuai rancangan):|> memang begitu"
		post := "🚫 <@bayu> menutup laporan ini " + why + "|-# Menunggu persetujuan agen. [r:accept] [r:object]"
		line := "🚫 <@sari> Back End (<@bayu>) menutup laporan " + report + " " + why +
			"|**Terima**, lalu jelaskan sendiri kepada klien; atau ajukan **keberatan** dengan alasannya. → [sari] [r:accept:" + b.id + "] [r:object:" + b.id + "]"
		b.wantSince(m, []string{
			post, "✋ <@bayu> <@sari> keberatan atas penutupan tanpa perubahan (ke-1):|> nota tetap salah → [bayu]", post,
			"✅ <@sari> menerima penutupan tanpa perubahan ini.",
		}, []string{
			line, "✋ <@sari> keberatan; laporan " + report + " kembali ke Back End.|> nota tetap salah", line,
			"✅ Laporan " + report + " ditutup tanpa perubahan (sesuai rancangan). Jelaskan sendiri kepada klien; tidak ada yang terkirim otomatis. [t:data] [t:access] [t:check] [t:resolve]",
		}, nil)
		b.wantPost(closedPost)
		if tk := b.ticket(b.number); len(tk.Reports)+len(tk.Passed) > 0 {
			t.Errorf("the ticket waits for %q, passed %q", tk.Reports, tk.Passed)
		}
	})
}

// The wrong team: it is moved, the new team's role is called in the post, once.
func TestAReportMovesToAnotherTeam(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.takes("bayu")
		m := b.mark()
		b.does(func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Move("POS", "ini layar kasir", "bayu", at)
		})
		report := "[**" + b.id + "**](https://discord.com/channels/77/" + b.report(b.id).Thread + ")"
		b.wantSince(m, []string{"↪️ <@&" + posRole + "> <@bayu> memindahkan laporan ini dari Back End ke **POS**.|> ini layar kasir → [" + posRole + "] [r:take]"},
			[]string{"↪️ <@bayu> memindahkan laporan " + report + " dari Back End ke **POS**.|> ini layar kasir"}, nil)
		b.wantPost(bridge.PostState{Tags: []string{"POS", "open"}})
	})
}

// A question to sales is a note with an answer: the ticket waits for nobody, the client
// hears nothing, and it is no escalation.
func TestAQuestionToSales(t *testing.T) {
	t.Parallel()
	aReport(t, func(b *bench) {
		b.passes()
		before := b.ticket(b.number)
		heard := len(b.ana.sees())
		b.id = b.opens(escalation.Sales, "")
		b.pause(10 * time.Second)
		r := b.report(b.id)
		b.board.mu.Lock()
		head, tags := b.board.cards[r.Thread][0], b.board.tags[r.Thread]
		b.board.mu.Unlock()
		if !slices.Equal(head.PingRoles, []string{salesRole}) || tags != "forwarded,open" {
			t.Errorf("the head calls %q, tags %q", head.PingRoles, tags)
		}
		b.takes("maya")
		m := b.mark()
		b.adjusts("maya", "boleh 3 %")
		b.verifies(false, "klien minta tertulis")
		b.adjusts("maya", "boleh 3 %, surat menyusul")
		b.verifies(true, "")
		report := "[**" + b.id + "**](https://discord.com/channels/77/" + r.Thread + ")"
		asks := " → [sari] [r:pass:" + b.id + "] [r:fail:" + b.id + "]"
		b.wantSince(m, []string{
			"💬 <@maya> menjawab:|> boleh 3 %|-# Agen sudah dipanggil di thread tiketnya.",
			"❌ <@maya> menurut <@sari> jawabannya belum cukup:|> klien minta tertulis → [maya]",
			"💬 <@maya> menjawab:|> boleh 3 %, surat menyusul|-# Agen sudah dipanggil di thread tiketnya.",
			"✅ <@sari> menyatakan jawabannya cukup. Terima kasih.",
		}, []string{
			"💬 <@sari> jawaban Sales (<@maya>) atas laporan " + report + ":|> boleh 3 %|Sudah cukup?" + asks,
			"❌ <@sari> meminta jawaban yang lebih lengkap untuk laporan " + report + ":|> klien minta tertulis",
			"💬 <@sari> jawaban Sales (<@maya>) atas laporan " + report + ":|> boleh 3 %, surat menyusul|Sudah cukup?" + asks,
			"✅ Laporan " + report + " ditutup: jawabannya cukup (<@sari>).",
		}, nil)
		after := b.ticket(b.number)
		if after.State != before.State || len(after.Reports) > 0 || len(b.ana.sees()) != heard {
			t.Errorf("the ticket is %s, was %s; the client heard %d things, %d before", after.State, before.State, len(b.ana.sees()), heard)
		}
	})
}
