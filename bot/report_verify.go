package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
)

// The outcomes of a re-test.
const (
	resultPass = "pass"
	resultFail = "fail"
)

func isAdjusted(r escalation.Report) bool { return r.State == escalation.Adjusted }

// reportIn is the identifier of a report in the id of a button or form, "" for none.
func reportIn(i Interaction, button, form string) string {
	if i.Form != "" {
		return arg(i.Form, form)
	}
	return arg(i.Button, button)
}

// with puts the identifier of a report into the id of a form.
func with(form, id string) string {
	if id == "" {
		return form
	}
	return form + ":" + id
}

// verifies is the step of a re-test.
func (d *Desk) verifies(i Interaction, id string, pass bool, note string) reportStep {
	s := reportStep{
		id: id, fits: isAdjusted, by: (*Desk).byDesk,
		do: func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Verify(pass, note, i.User, at)
		},
		done:   i.say("❌ Belum lolos. Laporan ini kembali ke yang mengerjakannya, dengan alasan Anda.", "❌ Failed. The report goes back to who worked on it, with your reason."),
		answer: [2]string{i.say("❌ Belum cukup. Pertanyaan ini kembali ke yang menjawabnya, dengan alasan Anda.", "❌ Not enough. The question goes back to who answered it, with your reason.")},
	}
	if pass {
		s.answer = [2]string{i.say("✅ Cukup. Pertanyaan ini ditutup.", "✅ Enough. The question is closed."), i.say("Jawabannya sudah dinyatakan cukup.", "The answer was said to be enough already.")}
		s.done = i.say("✅ Lolos. Laporan ini ditutup.", "✅ Passed. The report is closed.")
		s.was = i.say("Laporan ini sudah lolos uji ulang.", "This report has passed already.")
	}
	return s
}

// failForm asks what is still wrong; a pass needs no form.
func (d *Desk) failForm(ctx context.Context, i Interaction) (Form, error) {
	if i.Options["result"] == resultPass || strings.TrimSpace(i.Options["note"]) != "" {
		return Form{}, nil
	}
	id := reportIn(i, buttonFail, formFail)
	r, err := d.beforeStep(ctx, i, d.verifies(i, id, false, "-"))
	if err != nil {
		return Form{}, err
	}
	f := Form{ID: i.formID(with(formFail, cmp.Or(id, r.ID))), Title: i.say("Uji ulang belum lolos", "The re-test failed"), Fields: []Field{
		{ID: "reason", Label: i.say("Apa yang masih salah?", "What is still wrong?"), Hint: i.say("Langkah dan hasilnya di akun demo", "Steps and outcome in the demo account"), Long: true, Least: 1, Most: escalation.LongText},
	}}
	if r.ID != "" && r.Party != escalation.Developers {
		f.Title, f.Fields[0].Label, f.Fields[0].Hint = i.say("Jawabannya belum cukup", "The answer is not enough"), i.say("Apa yang masih perlu dijawab?", "What is still to be answered?"), ""
	}
	return f, nil
}

// verify is the outcome of a re-test, or the agent's word on an answer.
func (d *Desk) verify(ctx context.Context, i Interaction) (Answer, error) {
	switch {
	case i.Form != "":
		return d.takeStep(ctx, i, d.verifies(i, arg(i.Form, formFail), false, i.Fields["reason"]))
	case i.Button != "":
		return d.takeStep(ctx, i, d.verifies(i, arg(i.Button, buttonPass), true, ""))
	}
	return d.takeStep(ctx, i, d.verifies(i, "", i.Options["result"] == resultPass, i.Options["note"]))
}

// agree accepts that a report was closed without change.
func (d *Desk) agree(ctx context.Context, i Interaction) (Answer, error) {
	return d.takeStep(ctx, i, reportStep{
		id: arg(i.Button, buttonAgree), by: (*Desk).byDesk,
		do:   func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.Accept(i.User, at) },
		done: i.say("✅ Penutupan diterima. Jawab sendiri kliennya di thread tiket.", "✅ Accepted. Answer the client yourself in the ticket's thread."),
		was:  i.say("Penutupan ini sudah diterima.", "This closing was accepted already."),
	})
}

// objects is the step of not accepting it.
func (d *Desk) objects(i Interaction, reason string) reportStep {
	return reportStep{
		id: reportIn(i, buttonObject, formObject), by: (*Desk).byDesk,
		do:   func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.Object(reason, i.User, at) },
		done: i.say("✋ Keberatan Anda dikirim; laporan ini kembali ke yang mengerjakannya.", "✋ Your objection is sent; the report goes back to who worked on it."),
	}
}

func (d *Desk) objectForm(ctx context.Context, i Interaction) (Form, error) {
	s := d.objects(i, "-")
	if _, err := d.beforeStep(ctx, i, s); err != nil {
		return Form{}, err
	}
	return Form{ID: i.formID(with(formObject, s.id)), Title: i.say("Keberatan", "Object"), Fields: []Field{
		{ID: "reason", Label: i.say("Mengapa masih perlu diubah?", "Why does it have to change?"), Long: true, Least: 1, Most: escalation.LongText},
	}}, nil
}

func (d *Desk) object(ctx context.Context, i Interaction) (Answer, error) {
	return d.takeStep(ctx, i, d.objects(i, i.Fields["reason"]))
}

// withdraws is the step of closing it because nobody waits for it.
func (d *Desk) withdraws(i Interaction, reason string) reportStep {
	return reportStep{
		id: reportIn(i, buttonWithdraw, formWithdraw), by: (*Desk).byReporter,
		do: func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Withdraw(reason, i.User, at)
		},
		done: i.say("↩️ Laporan ini ditarik.", "↩️ The report is withdrawn."),
		was:  i.say("Laporan ini sudah ditutup.", "This report is closed already."),
	}
}

func (d *Desk) withdrawForm(ctx context.Context, i Interaction) (Form, error) {
	s := d.withdraws(i, "-")
	r, err := d.beforeStep(ctx, i, s)
	if err != nil {
		return Form{}, err
	}
	if r.State == escalation.Closed {
		return Form{}, Refusal(s.was)
	}
	return Form{ID: i.formID(with(formWithdraw, s.id)), Title: i.say("Tarik laporan", "Withdraw the report"), Fields: []Field{
		{ID: "reason", Label: i.say("Alasan", "Reason"), Hint: i.say("Misalnya: kendalanya hilang sendiri", "Such as: the problem went away"), Long: true, Least: 1, Most: escalation.LongText},
	}}, nil
}

func (d *Desk) withdraw(ctx context.Context, i Interaction) (Answer, error) {
	return d.takeStep(ctx, i, d.withdraws(i, i.Fields["reason"]))
}

// postAgain makes another post of a report whose post was deleted.
func (d *Desk) postAgain(ctx context.Context, i Interaction) (Answer, error) {
	return d.takeStep(ctx, i, reportStep{
		id: arg(i.Button, buttonPostAgain), by: (*Desk).byLeads,
		do:   func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.PostAgain(i.User, at) },
		done: i.say("📌 Post laporan ini dibuat lagi.", "📌 The report gets another post."),
	})
}

// forwardWords shows what the client answered in the report's post.
func (d *Desk) forwardWords(ctx context.Context, i Interaction) (Answer, error) {
	var m meantReport
	none := false
	err := d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		if m, err = d.reportMeant(tx.Doc, i, arg(i.Button, buttonWords), func(r escalation.Report) bool { return r.Proposed }); err != nil {
			return err
		}
		if none = !m.Proposed; none {
			return nil
		}
		return d.bridge.ForwardWords(tx, m.ID, i.User)
	})
	switch {
	case err != nil:
		return Answer{}, d.ledReport(i, m.Report, err)
	case none:
		return Answer{Text: i.say("Jawaban klien ini sudah diteruskan.", "This answer of the client was forwarded already.")}, nil
	case i.shows() && (m.post || m.thread):
		return Answer{}, nil
	}
	return Answer{Text: i.say("📨 Jawaban klien diteruskan ke laporan "+reportLink(m.Report)+".", "📨 The client's answer went to report "+reportLink(m.Report)+".")}, nil
}

// putBack takes a report up again that had passed: the client of the thread's ticket says
// that it is not mended.
func (d *Desk) putBack(ctx context.Context, i Interaction) (Answer, error) {
	var m meantReport
	open := false
	err := d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		if m, err = d.reportMeant(tx.Doc, i, arg(i.Button, buttonPutBack), nil); err != nil {
			return err
		}
		number, err := d.numberHere(tx, i)
		if err != nil {
			return err
		}
		m.number = number
		if m.agent, err = agentOf(tx.Doc, number); err != nil {
			return err
		}
		if err := d.byDesk(i, m); err != nil {
			return err
		}
		if open = m.State != escalation.Closed; open && slices.Contains(m.Tickets, number) {
			return nil
		}
		open = false
		return d.bridge.ReturnReport(tx, m.ID, number, i.User)
	})
	switch {
	case err != nil:
		return Answer{}, d.ledReport(i, m.Report, err)
	case open:
		return Answer{Text: i.say("Laporan "+reportLink(m.Report)+" memang terbuka.", "Report "+reportLink(m.Report)+" is open.")}, nil
	case i.shows():
		return Answer{}, nil
	}
	return Answer{Text: i.say("🔓 Laporan "+reportLink(m.Report)+" dibuka kembali.", "🔓 Report "+reportLink(m.Report)+" is open again.")}, nil
}
