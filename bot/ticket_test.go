package bot_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// The life of a normal ticket by the buttons of its card alone.
func TestATicketByItsButtons(t *testing.T) {
	r := newRoom(t)
	sari, dewi := r.as("sari", bot.Agent), r.as("dewi", bot.Agent)

	r.silent(sari.button("t:accept"))
	r.says(dewi.button("t:accept"), "sudah diterima oleh <@sari>")
	r.silent(sari.button("t:class:normal"))
	r.silent(sari.button("t:class:easy"))
	r.silent(sari.button("t:class:normal"))
	r.silent(sari.fill("t:data", "data", "1. Foto halaman\n\n- Nama outlet\n 2 struk terakhir"))
	if got := r.ticket(); got.State != ticket.WaitingClient || got.Asked != "Foto halaman\nNama outlet\n2 struk terakhir" {
		t.Errorf("after asking for data it is %s for %q", got.State, got.Asked)
	}
	r.restart()
	r.silent(sari.button("t:access"))
	r.silent(sari.button("t:check"))
	r.silent(sari.fill("t:resolve", "summary", "Stok minus", "solution", "Disesuaikan"))
	r.silent(sari.button("t:reopen"))
	f := sari.form(bot.Interaction{Button: "t:resolve", Message: "9"})
	r.restart()
	if f.Fields[0].Value != "Stok minus" || f.Fields[1].Value != "Disesuaikan" {
		t.Errorf("the second time it is prefilled with %q and %q", f.Fields[0].Value, f.Fields[1].Value)
	}
	r.silent(sari.send(f.ID, "summary", "Stok minus", "solution", "Disesuaikan lagi"))
	r.silent(sari.button("t:close"))

	got := r.ticket()
	if got.State != ticket.Closed || got.Ending != ticket.EndStaff || got.Agent != "sari" || got.Reopened != 1 || got.Solution != "Disesuaikan lagi" || len(got.Classes) != 3 {
		t.Errorf("at the end: %+v", got)
	}
	want := []string{"accepted", "responded", "classified", "reclassified", "reclassified", "data_requested", "access_requested", "checking", "resolved", "reopened", "resolved", "closed"}
	if events := r.events(); !isIn(events, want) {
		t.Errorf("events %v, want %v in this order", events, want)
	}
}

// isIn reports whether the wanted events are there in order, maybe among others that
// follow from them.
func isIn(events, want []string) bool {
	for _, e := range events {
		if len(want) > 0 && e == want[0] {
			want = want[1:]
		}
	}
	return len(want) == 0
}

// The same by commands, which are answered.
func TestATicketByCommands(t *testing.T) {
	r := newRoom(t)
	sari := r.as("sari", bot.Agent)
	sari.locale = "en-US"
	r.says(sari.command("ticket accept"), "You handle this ticket.")
	r.says(sari.command("ticket accept"), "already")
	r.says(sari.command("ticket classify", "class", "easy"), "Easy: to be resolved within 30 working minutes")
	r.says(sari.command("ticket issue", "type", "POS"), "POS")
	r.says(sari.command("ticket request-access"), "OTP")
	r.says(sari.command("ticket checking"), "looked into")
	r.says(sari.command("ticket complaint"), "is marked")
	r.says(sari.command("ticket complaint", "mark", "off"), "taken away")
	r.says(sari.command("ticket resolve", "summary", "Cara cetak", "solution", "Dijelaskan"), "is resolved")
	r.says(sari.command("ticket reopen", "reason", "Salah tiket"), "open again")
	r.says(sari.command("ticket reopen"), "is open")
	r.says(sari.command("ticket close", "reason", "Salah kirim"), "HE-1 is closed")
	if got := r.ticket(); got.Ending != ticket.EndDropped || got.Issue != "POS" || got.Complaint || r.event("closed").Data["reason"] != "Salah kirim" || r.event("reopened").Data["reason"] != "Salah tiket" {
		t.Errorf("at the end: %+v, %+v", got, r.event("closed"))
	}
}

func TestOfTwoWhoAcceptAtOnceOneIsTold(t *testing.T) {
	r := newRoom(t)
	var wg sync.WaitGroup
	answers := make([]bot.Answer, 2)
	for n, user := range []string{"sari", "dewi"} {
		i := r.as(user, bot.Agent).ask(bot.Interaction{Button: "t:accept", Message: "9"})
		wg.Go(func() { answers[n] = r.desk.Handle(t.Context(), i) })
	}
	wg.Wait()
	got := r.ticket()
	told := slices.DeleteFunc(answers, bot.Answer.Empty)
	if len(told) != 1 || !strings.Contains(told[0].Text, "sudah diterima oleh <@"+got.Agent+">") {
		t.Errorf("%s has it, and the answers are %+v", got.Agent, answers)
	}
	if n := count(r.events(), "accepted"); n != 1 {
		t.Errorf("accepted %d times", n)
	}
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

// Who cannot resolve yet is told so before the form opens, and every refusal leads on.
func TestARefusalLeadsOn(t *testing.T) {
	r := newRoom(t)
	sari, andi := r.as("sari", bot.Agent), r.as("andi", bot.AssistantManager)
	a := sari.button("t:resolve")
	r.says(a, "Belum ada yang menangani")
	r.offers(a, "t:accept")
	r.says(sari.button(a.Buttons[0].ID), "Anda tangani") // takes the refusal's place

	a = sari.button("t:resolve")
	r.says(a, "belum diklasifikasikan")
	r.offers(a, "t:class:easy", "t:class:normal", "t:class:hard")
	a = sari.button(a.Buttons[2].ID)
	r.says(a, "Hard: target selesai 720 menit kerja. Sebelum diselesaikan, tiket ini perlu dieskalasi.")
	r.offers(a, "t:report", "t:escalate")
	a = sari.button("t:resolve")
	r.says(a, "harus dieskalasi")
	r.offers(a, "t:report", "t:escalate")
	r.says(sari.fill(a.Buttons[1].ID, "reason", "Boleh ganti unit?"), "Supervisor dipanggil")
	r.says(sari.button("t:escalate"), "sudah dieskalasi")
	r.says(sari.command("ticket answer-escalation", "answer", "Boleh"), "Hanya <@&assistant_manager> atau <@&manager>")
	r.says(andi.command("ticket answer-escalation", "answer", " "), "Formulirnya belum sempat") // a person gets the form
	r.silent(andi.fill("t:answer", "answer", "Boleh"))
	r.says(andi.command("ticket answer-escalation", "answer", "Boleh"), "Tidak ada eskalasi yang menunggu")

	a = sari.button("t:close")
	r.says(a, "belum diselesaikan")
	r.offers(a, "t:resolve", "t:drop")
	f := sari.form(bot.Interaction{Button: a.Buttons[0].ID, Message: "9"})
	r.says(sari.send(f.ID, "summary", "Mati total", "solution", "Unit diganti"), "✅")
	a = sari.button("t:resolve")
	r.says(a, "sudah diselesaikan")
	r.offers(a, "t:reopen", "t:close")
	r.says(sari.button(a.Buttons[1].ID), "HE-1 ditutup")
	a = sari.button("t:class:easy")
	r.says(a, "sudah ditutup")
	r.offers(a, "t:reopen")
	r.says(sari.button(a.Buttons[0].ID), "dibuka kembali")
	r.silent(sari.fill("t:drop", "reason", "Tiket uji"))
	if got := r.ticket(); got.Ending != ticket.EndDropped || got.Supervisor != "" || r.event("supervisor_answered").Data["answer"] != "Boleh" {
		t.Errorf("at the end: %+v", got)
	}
}

func TestAnOpenReportForbidsToResolve(t *testing.T) {
	r := newRoom(t)
	sari := r.as("sari", bot.Agent)
	sari.button("t:accept")
	sari.button("t:class:hard")
	r.change(func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
		return t.Escalate("R-1", "POS", "sari", at)
	})
	r.says(sari.button("t:resolve"), "Laporan ke developer masih terbuka")
	r.says(sari.command("ticket close"), "Laporan ke developer masih terbuka")
	a := sari.command("ticket escalate", "to", "developer")
	r.says(a, "Laporan ke developer untuk HE-1") // another one is possible
	if got := r.ticket(); got.State != ticket.WaitingDeveloper {
		t.Errorf("it is %s", got.State)
	}
}

// What was typed into a form that is refused is given back: Discord forgets it.
func TestWhatWasTypedComesBack(t *testing.T) {
	r := newRoom(t)
	sari := r.as("sari", bot.Agent)
	a := sari.send("f:resolve", "summary", "Stok minus ```", "solution", strings.Repeat("ü", 1200))
	r.says(a, "Belum ada yang menangani")
	r.says(a, "Stok minus '''")
	if n := utf8.RuneCountInString(a.Text); n > 2000 {
		t.Errorf("the answer has %d characters", n)
	}
}

// So does what is long of a command that came to nothing.
func TestWhatWasTypedInACommandComesBack(t *testing.T) {
	r := newRoom(t)
	sari := r.as("sari", bot.Agent)
	sari.button("t:accept")
	const summary = "Stok di cabang tidak berubah setelah penjualan"
	a := sari.command("ticket resolve", "summary", summary, "solution", "Sinkron ulang")
	r.says(a, "```\n"+summary+"\n```")
	r.offers(a, "t:class:easy:resolve", "t:class:normal:resolve", "t:class:hard:resolve")
}

func TestTheTypeOfTheIssueIsChosenOrWritten(t *testing.T) {
	r := newRoom(t)
	sari := r.as("sari", bot.Agent)
	a := sari.command("ticket issue")
	if len(a.Selects) != 1 || len(a.Selects[0].Options) != 6 || a.Selects[0].Options[1].Value != "POS" {
		t.Fatalf("the list is %+v", a.Selects)
	}
	r.says(sari.desk.Handle(t.Context(), sari.ask(bot.Interaction{Button: a.Selects[0].ID, Values: []string{"POS"}, Message: "9"})), "Jenis kendala: POS")
	if a = sari.command("ticket issue"); !a.Selects[0].Options[1].Given {
		t.Errorf("what it is already is not chosen: %+v", a.Selects)
	}
	r.says(sari.fill(a.Buttons[0].ID, "type", "Printer"), "Jenis kendala: Printer")
	r.says(sari.command("ticket issue"), "Saat ini: Printer")
	if got := r.ticket(); got.Issue != "Printer" {
		t.Errorf("the type is %q", got.Issue)
	}
}

// A note is in the thread and in the log, and nothing goes to the client.
func TestANoteStaysInside(t *testing.T) {
	r := newRoom(t)
	maya := r.as("maya", bot.Sales)
	maya.command("ticket note", "text", "Klien ini @everyone prioritas")
	maya.fill("t:note", "text", strings.Repeat("panjang sekali\n", 200))
	lines, err := r.st.Waiting(t.Context(), bridge.ThreadLane("HE-1"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) < 3 || !strings.Contains(string(lines[0].Body), "📝 \\u003c@maya\\u003e: Klien ini") || strings.Contains(string(lines[0].Body), "ping") {
		t.Errorf("the thread shows %s", lines)
	}
	if words, err := r.st.Waiting(t.Context(), bridge.ClientLane("c1"), 0); err != nil || len(words) != 0 {
		t.Errorf("the client gets %v %v", words, err)
	}
	if n := count(r.events(), "note"); n != 2 {
		t.Errorf("%d notes", n)
	}
}

// The menu of the rarer steps leads to every step of these files that has no button on the
// card, for those who may take it.
func TestTheMenuOfTheRarerSteps(t *testing.T) {
	r := newRoom(t)
	sari, andi := r.as("sari", bot.Agent), r.as("andi", bot.AssistantManager)
	sari.button("t:accept")
	has := func(p *person, want string) (id string) {
		t.Helper()
		a := p.button("t:more")
		for _, b := range a.Buttons {
			if strings.HasPrefix(b.ID, want) {
				return b.ID
			}
		}
		t.Errorf("%s is not offered %s: %v", p.user, want, a.Buttons)
		return want
	}
	r.says(sari.button(has(sari, "t:complaint")), "ditandai sebagai keluhan")
	r.says(sari.button(has(sari, "t:complaint:off")), "dilepas")
	r.says(sari.button(has(sari, "t:issue")), "Jenis kendala apa?")
	r.says(sari.button(has(sari, "t:warranty:claim")), "tercatat")
	sari.fill(has(sari, "t:note"), "text", "Sudah ditelepon")
	r.says(sari.fill(has(sari, "t:escalate"), "reason", "Boleh?"), "Supervisor dipanggil")
	if a := sari.button("t:more"); slices.ContainsFunc(a.Buttons, func(b bot.Button) bool { return strings.HasPrefix(b.ID, "t:answer") }) {
		t.Errorf("an agent is offered to answer an escalation: %v", a.Buttons)
	}
	r.says(andi.fill(has(andi, "t:answer"), "answer", "Boleh"), "Jawaban Anda")
	r.says(sari.fill(has(sari, "t:drop"), "reason", "Salah kirim"), "HE-1 ditutup")
	if got := r.ticket(); got.Complaint || got.Warranty.Claim != ticket.Claimed || got.Supervisor != "" || got.Ending != ticket.EndDropped || count(r.events(), "note") != 1 {
		t.Errorf("at the end: %+v", got)
	}
}

func TestAReviewOfALowRating(t *testing.T) {
	r := newRoom(t)
	sari, andi := r.as("sari", bot.Agent), r.as("andi", bot.AssistantManager)
	sari.button("t:accept")
	sari.button("t:class:easy")
	sari.fill("t:resolve", "summary", "a", "solution", "b")
	sari.button("t:close")
	r.says(andi.button("t:review"), "Tidak ada peninjauan")
	p := ticket.DefaultPolicy()
	r.change(func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
		_, err := t.AskRating(time.Time{}, at, p)
		return nil, err
	})
	r.change(func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.Rate(1, at, p) })
	r.says(sari.button("t:review"), "Hanya <@&assistant_manager>")
	elsewhere := andi.ask(bot.Interaction{Button: "t:review:HE-1", Message: "9"})
	elsewhere.Channel = "alerts"
	f, ok := r.desk.Form(t.Context(), elsewhere)
	if !ok || f.ID != "f:review:HE-1" {
		t.Errorf("in another channel it opens %+v", f)
	}
	elsewhere.Button, elsewhere.Form, elsewhere.Fields = "", f.ID, map[string]string{"finding": "Lambat dijawab"}
	r.silent(r.desk.Handle(t.Context(), elsewhere))
	r.says(andi.send("f:review", "finding", "Lambat dijawab"), "sudah selesai")
	if got := r.ticket(); got.Rating.Review != ticket.ReviewDone || r.event("review_done").Data["finding"] != "Lambat dijawab" {
		t.Errorf("review %q, %+v", got.Rating.Review, r.event("review_done"))
	}
}

func TestAWarrantyClaim(t *testing.T) {
	r := newRoom(t)
	sari, tono := r.as("sari", bot.Agent), r.as("tono", bot.AfterSales)
	a := tono.command("ticket warranty", "step", "accept")
	r.says(a, "Belum ada klaim garansi")
	r.offers(a, "t:warranty:claim")
	r.says(sari.command("ticket warranty", "step", "claim"), "tercatat")
	r.says(sari.command("ticket warranty", "step", "refuse"), "Hanya <@&after_sales>")
	r.says(sari.button("t:warranty:accept"), "Hanya <@&after_sales>")
	r.silent(tono.fill("t:warranty:refuse", "reason", "masa garansinya sudah berakhir."))
	if got := r.ticket().Warranty; got.Claim != ticket.ClaimRefused || got.Reason != "masa garansinya sudah berakhir" {
		t.Errorf("refused: %+v", got)
	}
	r.says(tono.button("t:warranty:accept"), "sudah diputuskan")
	r.silent(sari.button("t:warranty:claim"))
	a = tono.button("t:warranty:close")
	r.says(a, "belum diterima")
	r.offers(a, "t:warranty:accept", "t:warranty:refuse")
	a = tono.button(a.Buttons[0].ID)
	r.offers(a, "t:warranty:accept:valid", "t:warranty:accept:extended", "t:warranty:accept:goodwill")
	f := tono.form(bot.Interaction{Button: a.Buttons[1].ID, Message: "9"})
	r.says(tono.send(f.ID, "product", "Printer", "serial", "", "purchased", "3 Maret", "complaint", "Mati", "action", "Ganti"), "belum lengkap")
	for _, want := range []string{"diterima", "sudah diterima"} {
		r.says(tono.send(f.ID, "product", "Printer", "serial", "X1", "purchased", "3 Maret", "complaint", "Mati", "action", "Ganti"), want)
	}
	sari.button("t:accept")
	r.says(sari.command("ticket close"), "ditutup") // the claim goes on
	r.silent(tono.fill("t:warranty:close", "outcome", "Unit diganti"))
	r.says(tono.send("f:warranty:close", "outcome", "Unit diganti"), "sudah ditutup")
	got := r.ticket().Warranty
	if got.Claim != ticket.ClaimClosed || got.Outcome != "Unit diganti" ||
		got.Form != (ticket.WarrantyForm{Product: "Printer", Serial: "X1", Purchased: "3 Maret", Status: "Diperpanjang", Complaint: "Mati", Action: "Ganti"}) {
		t.Errorf("at the end: %+v", got)
	}
}
