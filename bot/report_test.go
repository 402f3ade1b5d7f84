package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/haloerzap/halo/bot"
	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// posted gives a report its post, the thread 88.
func (r *room) posted(id string) {
	r.t.Helper()
	update(r.t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		rep, _, err := escalation.Load(tx, id)
		if err != nil {
			return err
		}
		rep.Thread = "88"
		if err := (ticket.Thread{ID: "88", Report: id, Cursor: "88"}).Save(tx); err != nil {
			return err
		}
		return rep.Save(tx)
	})
}

// shift changes a report as no button does.
func (r *room) shift(id string, fn func(rep *escalation.Report, at time.Time) ([]ledger.Event, error)) {
	r.t.Helper()
	update(r.t, r.st, ledger.Cause{}, func(tx *ledger.Tx) error {
		return quietBridge.ChangeReport(tx, id, func(rep *escalation.Report) ([]ledger.Event, error) { return fn(rep, tx.Now()) })
	})
}

// developer is somebody in the report's post.
func (r *room) developer(user string, roles ...string) *person {
	p := r.as(user, roles...)
	p.at = "88"
	return p
}

// reported is a room with a report to POS, in its post, of a hard ticket that sari has.
func reported(t *testing.T) (r *room, sari, toni *person) {
	t.Helper()
	r = newRoom(t)
	sari = r.hard()
	r.written(sari)
	r.posted("HE-1-R1")
	return r, sari, r.developer("toni", "POS")
}

// reportEvents are the names of what happened to the report.
func (r *room) reportEvents() (out []string) {
	r.t.Helper()
	for e, err := range r.st.Events(r.t.Context(), "HE-1-R1") {
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, e.What)
	}
	return out
}

// The life of a report by the buttons of its post and of the ticket's thread.
func TestAReportByItsButtons(t *testing.T) {
	r, sari, toni := reported(t)
	dina := r.developer("dina", "POS")
	r.silent(toni.button("r:take"))
	a := dina.button("r:take")
	r.says(a, "sudah diambil <@toni>")
	r.offers(a, "r:over")
	r.says(dina.button(a.Buttons[0].ID), "Laporan ini Anda kerjakan")
	r.silent(dina.fill("r:data", "question", "Versi aplikasinya?"))
	r.says(dina.send("fr:data", "question", "Versi aplikasinya?"), "sudah ditanyakan")
	if got := r.report("HE-1-R1"); got.Owner != "dina" || got.State != escalation.NeedsData || got.Question != "Versi aplikasinya?" {
		t.Errorf("it is %+v", got)
	}
	r.says(sari.button("r:pass:HE-1-R1"), "Belum ada yang dapat diuji")
	r.restart()

	r.shift("HE-1-R1", func(rep *escalation.Report, at time.Time) ([]ledger.Event, error) {
		return rep.ClientAnswered(escalation.Material{From: "w/c1/9/0.0", Text: "versi 4", At: at}, at), nil
	})
	r.silent(sari.button("r:forward:HE-1-R1"))
	r.says(sari.button("r:forward:HE-1-R1"), "sudah diteruskan")
	if got := r.report("HE-1-R1"); got.State != escalation.Taken || len(got.Words) != 0 {
		t.Errorf("after the answer it is %s with %v", got.State, got.Words)
	}

	r.silent(dina.fill("r:adjusted", "result", ""))
	r.says(dina.button("r:data"), "sedang diuji ulang")
	a = r.as("dewi", bot.Agent).button("r:fail:HE-1-R1")
	r.says(a, "Hanya <@sari>, agen tiket HE-1, atau supervisor")
	r.offers(a, "t:takeover")
	r.silent(sari.fill("r:fail:HE-1-R1", "reason", "Masih minus"))
	r.silent(dina.fill("r:adjusted", "result", "Diperbaiki di 4.2"))
	andi := r.developer("andi", bot.AssistantManager)
	r.silent(andi.button("r:pass"))
	r.says(sari.button("r:pass:HE-1-R1"), "sudah lolos uji ulang")
	r.says(toni.button("r:take"), "sudah ditutup")

	got, now := r.report("HE-1-R1"), r.ticket()
	if got.State != escalation.Closed || got.Ending != escalation.EndPassed || got.Failed != 1 || got.Result != "Diperbaiki di 4.2" || now.State != ticket.Assigned || len(now.Reports) != 0 {
		t.Errorf("at the end: %+v, the ticket %s", got, now.State)
	}
	r.silent(sari.button("r:reopen:HE-1-R1"))
	r.says(sari.button("r:reopen:HE-1-R1"), "memang terbuka")
	if got, now = r.report("HE-1-R1"), r.ticket(); got.State != escalation.Taken || got.Reopened != 1 || now.State != ticket.WaitingDeveloper {
		t.Errorf("re-opened: %+v, the ticket %s", got, now.State)
	}
	want := []string{"report_opened", "report_taken", "report_taken", "report_needs_data", "report_answer_proposed", "report_data_came", "report_adjusted", "report_failed", "report_adjusted", "report_passed", "report_reopened"}
	if events := r.reportEvents(); !isIn(events, want) {
		t.Errorf("events %v, want %v in this order", events, want)
	}
}

// The other ways: without change, to another team, withdrawn, posted again; by commands.
func TestAReportByCommands(t *testing.T) {
	r, sari, toni := reported(t)
	toni.locale = "en-US"
	r.says(toni.command("report take"), "You work on this report.")
	r.says(toni.command("report take"), "already")
	r.says(toni.command("report need-data", "question", "Which version?"), "The agent is asked.")
	r.says(toni.command("report close"), "Why is this report closed without change?")
	a := toni.command("report close", "reason", "Meant so: the total leaves out what was cancelled")
	r.says(a, "leaves out what was cancelled") // to be copied: the choice of a cause opens a form
	r.offers(a, "r:reject:duplicate", "r:reject:as_designed", "r:reject:not_reproducible")
	r.says(toni.fill(a.Buttons[1].ID, "reason", "Meant so"), "Closed without change")
	for _, a = range []bot.Answer{sari.command("report verify", "result", "pass"), sari.command("report verify", "result", "fail"), sari.button("r:pass:HE-1-R1")} {
		r.says(a, "belum dinyatakan disesuaikan")
		r.offers(a, "r:accept:HE-1-R1", "r:object:HE-1-R1")
	}
	r.says(sari.fill(a.Buttons[1].ID, "reason", "Tidak sesuai buku"), "Keberatan Anda dikirim")
	r.says(sari.button("r:accept:HE-1-R1"), "tidak sedang menunggu persetujuan")

	a = toni.command("report move", "reason", "The printer's driver is theirs, not ours")
	r.says(a, "driver is theirs")
	if len(a.Selects) != 1 || len(a.Selects[0].Options) != 5 {
		t.Fatalf("the teams are %+v", a.Selects)
	}
	f := toni.form(bot.Interaction{Button: a.Selects[0].ID, Values: []string{"Smart Repair"}, Message: "9"})
	r.says(toni.send(f.ID, "reason", "Printer"), "Moved to the team **Smart Repair**")
	r.says(toni.command("report take"), "with the team **Smart Repair**: only <@&Smart Repair>, <@&Smart Repair lead>, <@&developer_lead>")
	lia := r.developer("lia", "Smart Repair lead")
	r.says(lia.command("report move", "team", "smart repair", "reason", "x"), "sudah berada di tim itu")
	r.says(lia.command("report move", "team", "Kasir", "reason", "x"), "Tim itu tidak ada. Tim developer: Back End, POS")
	r.says(lia.command("report adjusted", "result", "Kabel diganti"), "Agen diberi tahu")
	r.says(sari.command("report verify", "result", "fail", "note", "Masih mati"), "Belum lolos")
	lia.command("report adjusted", "result", "Unit diganti")
	r.says(sari.command("report verify", "result", "pass"), "Lolos")
	r.says(sari.command("report verify", "result", "pass"), "tidak punya laporan yang terbuka")
	if got := r.report("HE-1-R1"); got.Ending != escalation.EndPassed || got.Team != "Smart Repair" || got.Objected != 1 || got.Moved != 1 || got.Failed != 1 || got.Owner != "lia" {
		t.Errorf("at the end: %+v", got)
	}
}

// What is there when a post was deleted: a lead decides.
func TestAReportWithoutItsPost(t *testing.T) {
	r, sari, _ := reported(t)
	r.shift("HE-1-R1", func(rep *escalation.Report, at time.Time) ([]ledger.Event, error) { return rep.PostLost(at), nil })
	r.says(sari.button("r:again:HE-1-R1"), "Hanya <@&")
	lia := r.as("lia", "POS lead") // in the ticket's thread, as she is called there
	r.silent(lia.button("r:again:HE-1-R1"))
	r.says(lia.button("r:again:HE-1-R1"), "masih ada")
	if got := r.report("HE-1-R1"); got.Lost || got.Posts != 2 {
		t.Errorf("it is %+v", got)
	}
	r.says(r.as("dewi", bot.Agent).button("r:withdraw:HE-1-R1"), "Hanya <@&developer_lead>, <@&assistant_manager> atau <@&manager>")
	r.silent(sari.fill("r:withdraw:HE-1-R1", "reason", "Hilang sendiri"))
	r.says(sari.button("r:withdraw:HE-1-R1"), "sudah ditutup")
	if got := r.report("HE-1-R1"); got.Ending != escalation.EndWithdrawn || r.ticket().State != ticket.Assigned {
		t.Errorf("it is %+v, the ticket %s", got, r.ticket().State)
	}
}

// A party answers, and the agent says whether that is enough.
func TestAPartyAnswers(t *testing.T) {
	r := newRoom(t)
	sari := r.hard()
	f := sari.form(bot.Interaction{Button: "more:forward:sales", Message: "9"})
	sari.send(f.ID, "detail", "Boleh diskon?")
	r.posted("HE-1-R1")
	maya, tono := r.developer("maya", bot.Sales), r.developer("tono", "POS")
	r.says(tono.button("r:take"), "Hanya <@&sales> yang dapat")
	r.silent(maya.button("r:take"))
	r.says(maya.command("report move", "team", "POS", "reason", "x"), "Hanya laporan ke developer yang punya tim")
	f = maya.form(bot.Interaction{Button: "r:adjusted", Message: "9"})
	if f.Title != "Jawab" || f.Fields[0].Optional {
		t.Errorf("the form is %+v", f)
	}
	r.silent(maya.send(f.ID, "result", "Boleh 5 %"))
	f = sari.form(bot.Interaction{Button: "r:fail:HE-1-R1", Message: "9"})
	if f.Title != "Jawabannya belum cukup" {
		t.Errorf("the form is %+v", f)
	}
	r.silent(sari.send(f.ID, "reason", "Sampai kapan?"))
	r.silent(maya.fill("r:adjusted", "result", "Sampai Desember"))
	r.says(sari.command("report verify", "result", "pass"), "Cukup. Pertanyaan ini ditutup")
	if got := r.report("HE-1-R1"); got.Ending != escalation.EndPassed || got.Result != "Sampai Desember" {
		t.Errorf("at the end: %+v", got)
	}
}

// Who may do what to a report, by who it is with and where it is asked for; nothing has
// changed for those who may not, and no form opens.
func TestRightsOfAReport(t *testing.T) {
	r, _, toni := reported(t)
	people := map[string]*person{
		"agent": r.developer("sari", bot.Agent), "other agent": r.developer("dewi", bot.Agent), "supervisor": r.developer("andi", bot.AssistantManager),
		"team": toni, "team lead": r.developer("lia", "POS lead"), "all leads": r.developer("lisa", bot.DeveloperLead),
		"other team": r.developer("beni", "BI"), "other lead": r.developer("bela", "BI lead"), "no team": r.developer("nico", bot.Developer),
		"sales": r.developer("maya", bot.Sales), "nobody": r.developer("nina"), "team elsewhere": r.as("toni", "POS"),
	}
	party, desk := []string{"team", "team lead", "all leads"}, []string{"agent", "supervisor"}
	withForms := []string{"r:data", "r:adjusted", "r:reject:duplicate", "r:withdraw", "r:object", "r:fail"}
	adjusted := func(rep *escalation.Report, at time.Time) ([]ledger.Event, error) { return rep.Adjust("x", "toni", at) }
	rejected := func(rep *escalation.Report, at time.Time) ([]ledger.Event, error) {
		return rep.Reject(escalation.AsDesigned, "x", "toni", at)
	}
	lost := func(rep *escalation.Report, at time.Time) ([]ledger.Event, error) { return rep.PostLost(at), nil }
	back := func(rep *escalation.Report, at time.Time) ([]ledger.Event, error) {
		if rep.Lost {
			_, _ = rep.PostAgain("halo", at)
		}
		if rep.State == escalation.Rejected {
			return rep.Object("x", "sari", at)
		}
		return nil, nil
	}
	for _, one := range []struct {
		before func(*escalation.Report, time.Time) ([]ledger.Event, error)
		what   string
		may    []string
	}{
		{nil, "r:take", party}, {nil, "r:over", party}, {nil, "r:data", party}, {nil, "r:adjusted", party}, {nil, "r:reject", party},
		{nil, "r:reject:duplicate", party}, {nil, "r:move", party}, {nil, "/report take", party}, {nil, "/report need-data", party},
		{nil, "fr:data", party}, {nil, "fr:adjusted", party}, {nil, "fr:reject:duplicate", party}, {nil, "fr:move:BI", party},
		{nil, "r:withdraw", []string{"agent", "supervisor", "team lead", "all leads"}}, {nil, "fr:withdraw", []string{"agent", "supervisor", "team lead", "all leads"}},
		{rejected, "r:accept", desk}, {back, "", nil}, {rejected, "r:object", desk}, {rejected, "fr:object", desk}, {back, "", nil},
		{adjusted, "r:pass", desk}, {adjusted, "r:fail", desk}, {adjusted, "fr:fail", desk}, {adjusted, "/report verify", desk},
		{lost, "r:again", []string{"supervisor", "team lead", "all leads"}},
	} {
		if one.before != nil {
			r.shift("HE-1-R1", one.before)
		}
		if one.what == "" {
			continue
		}
		was := r.report("HE-1-R1")
		for name, p := range people {
			i := bot.Interaction{Message: "9"}
			switch {
			case strings.HasPrefix(one.what, "/"):
				i.Command, i.Message, i.Options = one.what[1:], "", map[string]string{"question": "x", "result": "pass"}
			case strings.HasPrefix(one.what, "fr:"):
				i.Form, i.Fields = one.what, map[string]string{"question": "x", "result": "x", "reason": "x"}
			default:
				i.Button = one.what
			}
			i = p.ask(i)
			may := slices.Contains(one.may, name)
			if may {
				// What follows for who may is told by the stories; here it is that his form opens.
				if _, opens := r.desk.Form(t.Context(), i); !opens && slices.Contains(withForms, one.what) {
					t.Errorf("%s opens no form for %s", one.what, name)
				}
				continue
			}
			if f, opens := r.desk.Form(t.Context(), i); opens {
				t.Errorf("%s opens %s for %s", one.what, f.ID, name)
			}
			if a := r.handle(i); !strings.HasPrefix(a.Text, "Hanya ") && !strings.Contains(a.Text, "Ini hanya berlaku di post") && !strings.Contains(a.Text, ": hanya <@&") {
				t.Errorf("%s is answered to %s with %q", one.what, name, a.Text)
			}
		}
		if now := r.report("HE-1-R1"); fmt.Sprint(now) != fmt.Sprint(was) {
			t.Errorf("%s has changed it:\n%+v\n%+v", one.what, was, now)
		}
	}
}

// Every step of a report that is taken twice, in its post, happens once.
func TestAReportTwiceIsOnce(t *testing.T) {
	for _, one := range []struct {
		before []string
		what   string
	}{
		{nil, "r:take"}, {[]string{"r:take"}, "r:over"}, {nil, "fr:data"}, {nil, "fr:adjusted"}, {nil, "fr:reject:duplicate"}, {nil, "fr:move:BI"},
		{[]string{"fr:adjusted"}, "r:pass"}, {[]string{"fr:adjusted"}, "fr:fail"}, {[]string{"fr:reject:as_designed"}, "r:accept"},
		{[]string{"fr:reject:as_designed"}, "fr:object"}, {nil, "fr:withdraw"},
	} {
		t.Run(one.what, func(t *testing.T) {
			r, _, _ := reported(t)
			// One who may do everything.
			boss := r.developer("boss", bot.DeveloperLead, bot.Manager, bot.Agent)
			other := r.developer("other", bot.DeveloperLead)
			use := func(p *person, id string) bot.Answer {
				if strings.HasPrefix(id, "fr:") {
					return p.send(id, "question", "x", "result", "x", "reason", "x")
				}
				return p.button(id)
			}
			for _, id := range one.before {
				who := boss
				if one.what == "r:over" {
					who = other
				}
				r.silent(use(who, id))
			}
			had := len(r.reportEvents())
			var wg sync.WaitGroup
			answers := make([]bot.Answer, 3)
			for n := range answers {
				i := bot.Interaction{Message: "9", Button: one.what}
				if strings.HasPrefix(one.what, "fr:") {
					i = bot.Interaction{Message: "9", Form: one.what, Fields: map[string]string{"question": "x", "result": "x", "reason": "x"}}
				}
				i = boss.ask(i)
				wg.Go(func() { answers[n] = r.desk.Handle(t.Context(), i) })
			}
			wg.Wait()
			if told := slices.DeleteFunc(answers, bot.Answer.Empty); len(told) != 2 {
				t.Errorf("three times at once is answered %+v", told)
			}
			events := r.reportEvents()
			if len(events) != had+1 {
				t.Errorf("it became %v", events[had:])
			}
		})
	}
}

// In a report's post there is no ticket: what is meant for one says where to go.
func TestTicketCommandsInAReportsPost(t *testing.T) {
	r, _, _ := reported(t)
	was, events := r.ticket(), len(r.events())
	boss := r.developer("boss", bot.Manager, bot.Agent, bot.Sales, bot.AfterSales)
	for name, may := range bot.Table() {
		if strings.HasPrefix(name, "/ticket ") && slices.Contains(may, bot.Manager) {
			i := bot.Interaction{Command: name[1:], Options: map[string]string{"class": "easy", "text": "x", "type": "POS", "summary": "x", "solution": "x", "reason": "x", "answer": "x", "note": "x", "until": "2h"}}
			switch name {
			case "/ticket new", "/ticket find":
				continue // of no thread
			case "/ticket transfer", "/ticket warranty":
				i.Options["step"] = "claim"
			}
			a := r.handle(boss.ask(i))
			if a.Text == "" || !strings.Contains(a.Text, "post sebuah laporan") && !strings.Contains(a.Text, "tidak memiliki peran") {
				t.Errorf("%s is answered %q %v", name, a.Text, a.Buttons)
			}
		}
	}
	for _, button := range []string{"t:accept", "t:class:hard", "t:report", "t:report-send", "t:carry", "t:more", "more:forward", "t:close", "more:merge"} {
		r.says(boss.button(button), "post sebuah laporan")
	}
	if now := r.ticket(); now.Step != was.Step || len(r.events()) != events {
		t.Errorf("it has changed: %v", r.events())
	}
	if lines, err := r.st.Waiting(t.Context(), bridge.ClientLane("c1"), 0); err != nil || slices.ContainsFunc(lines, func(l ledger.Letter) bool { return strings.Contains(string(l.Body), "Opname") }) {
		t.Errorf("the client reads %v %v", lines, err)
	}
}
