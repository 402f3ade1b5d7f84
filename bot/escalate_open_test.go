package bot_test

import (
	"fmt"
	"image/color"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// numbered is a ticket by its number.
func (r *room) numbered(number string) ticket.Ticket {
	r.t.Helper()
	doc, err := r.st.Doc(r.t.Context(), ledger.Ref{Kind: ticket.KindTicket, ID: number})
	if err != nil {
		r.t.Fatal(err)
	}
	t, err := ticket.Decode(doc.Data)
	if err != nil {
		r.t.Fatal(err)
	}
	return t
}

// lane is everything that waits in a lane, as one text.
func (r *room) lane(name string) string {
	r.t.Helper()
	all, err := r.st.Waiting(r.t.Context(), name, 0)
	if err != nil {
		r.t.Fatal(err)
	}
	var out strings.Builder
	for _, l := range all {
		out.Write(l.Body)
		out.WriteByte('\n')
	}
	return out.String()
}

// A ticket that cannot be resolved because of an open report leads to it; who joined one by
// mistake leaves it, alone, and whoever has the first ticket now withdraws it.
func TestNoTicketIsStuckWithAReport(t *testing.T) {
	r, sari, toni := reported(t)
	a := sari.button("t:resolve")
	r.says(a, "masih terbuka")
	r.offers(a, "t:reports")
	a = sari.button("t:reports")
	r.says(a, "`HE-1-R1` <#88> · POS · belum diambil")
	r.offers(a, "r:withdraw:HE-1-R1:aside")

	r.second(t)
	dewi := r.as("dewi", bot.Agent)
	dewi.at = "78"
	dewi.button("t:accept")
	r.says(dewi.choose(dewi.button("t:carry"), "t:carry", "HE-1-R1"), "kini menunggu")
	r.offers(sari.button("t:reports"), "r:leave:HE-1-R1:aside")
	other := r.as("nina", bot.Agent)
	other.at = "78"
	r.says(other.button("r:leave:HE-1-R1:aside"), "Hanya <@dewi>, agen tiket HE-2")
	for _, want := range []string{"Tiket HE-2 tidak lagi menunggu laporan", "Tiket HE-2 memang tidak menunggu"} {
		r.says(dewi.button("r:leave:HE-1-R1:aside"), want)
	}
	if got, now := r.report("HE-1-R1"), r.numbered("HE-2"); got.State != escalation.Open || !slices.Equal(got.Tickets, []string{"HE-1"}) || len(now.Reports) != 0 || now.State != ticket.Assigned {
		t.Errorf("left: %s with %v, the ticket %s with %v", got.State, got.Tickets, now.State, now.Reports)
	}
	if told := r.lane(bridge.ThreadLane("HE-2")); strings.Count(told, "tidak lagi menunggu") != 1 || strings.Contains(told, "ditarik") {
		t.Errorf("the ticket that left is told %s", told)
	}
	if told := r.lane(bridge.ReportLane("HE-1-R1")); strings.Count(told, "tidak lagi menunggu laporan ini") != 1 {
		t.Errorf("the post is told %s", told)
	}

	lia := r.as("lia", bot.Agent)
	r.says(lia.button("r:withdraw:HE-1-R1:aside"), "Hanya <@&")
	r.change(func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.TakeOver("lia", at) })
	a = lia.button("t:reports")
	r.says(lia.fill(a.Buttons[0].ID, "reason", "Kendalanya hilang sendiri"), "Laporan ini ditarik")
	r.says(lia.button("t:reports"), "tidak menunggu laporan apa pun")
	r.says(lia.button("r:leave:HE-1-R1"), "memang tidak menunggu")
	r.says(toni.button("r:take"), "sudah ditutup")
	if got, now := r.report("HE-1-R1"), r.ticket(); got.Ending != escalation.EndWithdrawn || now.State != ticket.Assigned || len(now.Reports) != 0 {
		t.Errorf("at the end: %+v, the ticket %s with %v", got, now.State, now.Reports)
	}
	if read := r.lane(bridge.ClientLane("c1")); strings.Contains(read, "hilang sendiri") || strings.Contains(read, "sesuaikan") {
		t.Errorf("the client reads %s", read)
	}
}

// The only ticket of a report that lets go of it withdraws it.
func TestTheLastTicketLeavesAReport(t *testing.T) {
	r, sari, _ := reported(t)
	r.says(sari.button("r:leave:HE-1-R1:aside"), "tidak lagi menunggu")
	if got, now := r.report("HE-1-R1"), r.ticket(); got.Ending != escalation.EndWithdrawn || now.State != ticket.Assigned || len(now.Reports) != 0 {
		t.Errorf("it is %+v, the ticket %s with %v", got, now.State, now.Reports)
	}
}

// Of several open reports each has its buttons, as far as a message has room for rows.
func TestAListOfManyReports(t *testing.T) {
	r, sari, toni := reported(t)
	toni.fill("r:adjusted", "result", "")
	for range 13 {
		f := sari.form(bot.Interaction{Button: "more:forward:qa", Message: "9"})
		sari.send(f.ID, "detail", strings.Repeat("Barang retak ", 100))
	}
	r.offers(sari.button("more:forward"), "t:report", "more:forward:sales", "more:forward:qa", "more:forward:engineering", "t:reports")
	a := sari.button("t:reports")
	r.says(a, "`HE-1-R1` <#88> · POS · selesai, menunggu agen · <@toni>")
	rows, labels := 1, ""
	for _, b := range a.Buttons {
		labels += b.Label + "\n"
		if b.Row {
			rows++
		}
	}
	if rows != 5 || !strings.HasPrefix(labels, "R1: Lolos\nR1: Belum sesuai\nR1: Tarik laporan\n") {
		t.Errorf("%d rows of %s", rows, labels)
	}
}

// Evidence that cannot be had any more is not sent for evidence.
func TestEvidenceThatIsGone(t *testing.T) {
	r := newRoom(t)
	r.company()
	first := r.sends("first", bridge.KindImage, "image/png", painted(t, 8, 8, color.White))
	second := r.sends("second", bridge.KindImage, "image/png", painted(t, 8, 8, color.White))
	sari := r.hard()
	a := sari.choose(sari.button("t:report"), "t:report-team", "POS")
	sari.choose(a, "t:report-proof", "1 · gambar", "2 · gambar")
	sari.fill("t:report-text", "place", "Grup Maju", "detail", "Stok minus", "reproduction", "Opname")
	lost := func(key string) {
		r.filed(key, map[string]any{"v": 1, "st": "failed", "t": "HE-1", "k": "image", "m": "image/png", "e": "gone"})
	}
	lost(first)
	a = sari.button("t:report-send")
	r.says(a, "Belum dikirim")
	r.says(a, "gagal diunduh")
	r.says(a, "1 berkas (nomor 1)")
	lost(second)
	r.says(sari.button("t:report-send"), "Masih kurang:** screenshot atau video")
	if d, ok := r.draft(); !ok || len(d.Form.Evidence) != 0 {
		t.Errorf("the draft is %+v", d)
	}
	third := r.sends("third", bridge.KindImage, "image/png", painted(t, 8, 8, color.White))
	sari.choose(sari.button("t:report"), "t:report-proof", "1 · gambar")
	r.says(sari.button("t:report-send"), "HE-1-R1")
	if got := r.report("HE-1-R1").Form.Evidence; !slices.Equal(got, []string{third}) {
		t.Errorf("the evidence is %v", got)
	}
}

// A picture that newer ones have pushed off the list while somebody chose is chosen.
func TestAChoiceOutlivesNewerPictures(t *testing.T) {
	r := newRoom(t)
	old := r.sends("old", bridge.KindImage, "image/png", painted(t, 8, 8, color.White))
	for n := range 24 {
		r.sends(fmt.Sprintf("more-%02d", n), bridge.KindImage, "image/png", painted(t, 8, 8, color.White))
	}
	sari := r.hard()
	a := sari.button("t:report")
	r.sends("late", bridge.KindImage, "image/png", painted(t, 8, 8, color.White))
	sari.choose(a, "t:report-proof", a.Selects[1].Options[0].Value)
	if d, _ := r.draft(); !slices.Contains(d.Form.Evidence, old) {
		t.Errorf("the evidence is %v", d.Form.Evidence)
	}
}

// What is kept until somebody says which report it is for holds no secret.
func TestWhatIsKeptToForwardHoldsNoSecret(t *testing.T) {
	r, sari, _ := reported(t)
	f := sari.form(bot.Interaction{Button: "more:forward:qa", Message: "9"})
	sari.send(f.ID, "detail", "Barang retak")
	a := sari.menu("Send to report", bot.Target{ID: "9004", Author: "sari", Text: "Di akun kasir, password: rahasia77"})
	r.says(a, "Ke laporan mana")
	doc, err := r.st.Doc(t.Context(), ledger.Ref{Kind: escalation.KindDraft, ID: "HE-1/forward"})
	if err != nil || !strings.Contains(string(doc.Data), "kasir") || strings.Contains(string(doc.Data), "rahasia77") {
		t.Errorf("kept is %s, %v", doc.Data, err)
	}
	sari.choose(a, "t:to-report:9004", "HE-1-R1")
	if all := r.forwarded("HE-1-R1"); len(all) != 1 || !strings.Contains(all[0], "kasir") || strings.Contains(all[0], "rahasia77") {
		t.Errorf("the post is shown %v", all)
	}
}

// What was written before two tickets became one goes to the report of the one that goes
// on, by the menu in the old thread.
func TestSendToReportFromAMergedTicket(t *testing.T) {
	r := newRoom(t)
	r.second(t)
	dewi := r.as("dewi", bot.Agent)
	dewi.at = "78"
	update(t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		tk, _, err := ticket.Load(tx, "HE-2")
		if err != nil {
			return err
		}
		tk.State, tk.Ending, tk.MergedInto = ticket.Closed, ticket.EndMerged, "HE-1"
		return tk.Save(tx)
	})
	old := bot.Target{ID: "9008", Bot: true, Author: "halo", Text: "Layarnya kosong sejak pagi"}
	r.says(dewi.menu("Send to report", old), "digabungkan ke tiket HE-1, yang belum punya laporan")
	r.written(r.hard())
	r.says(dewi.menu("Send to report", old), "Diteruskan ke laporan `HE-1-R1`")
	f := r.as("sari", bot.Agent).form(bot.Interaction{Button: "more:forward:qa", Message: "9"})
	r.as("sari", bot.Agent).send(f.ID, "detail", "Barang retak")
	old.ID = "9009"
	a := dewi.menu("Send to report", old)
	r.says(a, "Ke laporan mana")
	r.says(dewi.choose(a, "t:to-report:9009", "HE-1-R2"), "Diteruskan ke laporan `HE-1-R2`")
	for _, id := range []string{"HE-1-R1", "HE-1-R2"} {
		if all := r.forwarded(id); len(all) != 1 || !strings.Contains(all[0], "Layarnya kosong") {
			t.Errorf("the post of %s is shown %v", id, all)
		}
	}
}
