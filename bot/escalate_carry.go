package bot

import (
	"context"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
)

// mostReportsSeen is how many open reports a list is made of.
const mostReportsSeen = 100

// openReports are the reports of any party that are not closed, the newest first.
func (d *Desk) openReports(ctx context.Context) (all []escalation.Report, err error) {
	rows, err := d.store.Rows(ctx, Page{Index: escalation.IndexOpen, Down: true, Limit: mostReportsSeen})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		r, ok, err := d.reportOf(ctx, row.Member)
		if err != nil {
			return nil, err
		}
		if ok && r.State != escalation.Closed {
			all = append(all, r)
		}
	}
	return all, nil
}

// reportOf is a report as it stands; ok is false when there is none.
func (d *Desk) reportOf(ctx context.Context, id string) (r escalation.Report, ok bool, err error) {
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: escalation.KindReport, ID: id})
	if err != nil || doc.Data == nil {
		return r, false, err
	}
	r, err = escalation.Decode(doc.Data)
	return r, err == nil, err
}

// reportChoice is a report in a list.
func reportChoice(r escalation.Report) Choice {
	label := bridge.Clean(r.ID+" · "+reportName(r), 100)
	return Choice{Value: r.ID, Label: both(label, label), Hint: bridge.Clean(r.Form.Detail, 100), Emoji: "🛠️"}
}

// reportLink is a report as a way to its post.
func reportLink(r escalation.Report) string {
	out := "`" + r.ID + "`"
	if r.Thread != "" {
		out += " <#" + r.Thread + ">"
	}
	return out
}

// carry makes the thread's ticket wait for a report that there is: many tickets may wait
// for one mistake. Without a choice it lists those of the draft's team, then the others.
func (d *Desk) carry(ctx context.Context, i Interaction) (Answer, error) {
	id := strings.ToUpper(strings.TrimSpace(i.Fields["report"]))
	if i.Form == "" {
		id = i.chosen()
	}
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	if id == "" {
		return d.carryList(ctx, i, t.Number)
	}
	r, ok, err := d.reportOf(ctx, clipped(id, 60))
	if err != nil {
		return Answer{}, err
	}
	if !ok || r.Party != escalation.Developers {
		return Answer{}, wayOn{Refusal(i.say("Tidak ada laporan ke developer bernomor itu. Nomornya ada di judul post, misalnya HE-250114-0007-R1.",
			"There is no report to developers of that number. It is in the title of the post, such as HE-250114-0007-R1.")), carryButtons(i)}
	}
	was := slices.Contains(t.Reports, id)
	err = d.once(ctx, i, "", func(tx *ledger.Tx) error {
		if err := d.bridge.CarryTicket(tx, id, t.Number, i.User); err != nil {
			return err
		}
		if draft, ok, err := escalation.LoadDraft(tx, t.Number); err != nil || !ok || draft.Form.Detail != "" {
			return err // what somebody typed stays
		}
		return escalation.DropDraft(tx, t.Number)
	})
	if err != nil {
		return Answer{}, d.led(i, err)
	}
	if was {
		return Answer{Text: i.say("Tiket "+t.Number+" memang sudah menunggu laporan "+reportLink(r)+".", "Ticket "+t.Number+" waits for report "+reportLink(r)+" already.")}, nil
	}
	return Answer{Text: i.say("🔗 Tiket "+t.Number+" kini menunggu laporan "+reportLink(r)+". Bila laporan itu lolos uji ulang, kliennya diberi tahu dengan sendirinya.",
		"🔗 Ticket "+t.Number+" waits for report "+reportLink(r)+" now. When that passes its re-test, the client is told by itself.")}, nil
}

func carryButtons(i Interaction) []Button {
	return []Button{{ID: buttonCarryFind, Label: i.say("Cari nomor…", "Find a number…"), Emoji: "🔎"},
		{ID: buttonReport, Label: i.say("Kembali ke draf", "Back to the draft"), Emoji: "↩️"}}
}

func (d *Desk) carryList(ctx context.Context, i Interaction, number string) (Answer, error) {
	all, err := d.openReports(ctx)
	if err != nil {
		return Answer{}, err
	}
	draft, t, err := d.draftHere(ctx, i)
	if err != nil {
		return Answer{}, err
	}
	all = slices.DeleteFunc(all, func(r escalation.Report) bool {
		return r.Party != escalation.Developers || slices.Contains(r.Tickets, t.Number)
	})
	rank := func(r escalation.Report) int {
		if r.Team == draft.Team {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b escalation.Report) int { return rank(a) - rank(b) })
	out := Answer{Buttons: carryButtons(i)}
	if len(all) == 0 {
		out.Text = i.say("Belum ada laporan lain yang terbuka. Tulis laporan baru.", "No other report is open. Write a new one.")
		return out, nil
	}
	choose := Select{ID: buttonCarry, Hint: i.say("Laporan yang ditunggu", "The report to wait for")}
	for _, r := range all[:min(len(all), mostChoices)] {
		choose.Options = append(choose.Options, reportChoice(r))
	}
	out.Text = i.say("Laporan mana yang ditunggu tiket "+number+"? Pilih bila kendalanya sama; klien tiket ini diberi tahu saat laporan itu lolos uji ulang.",
		"Which report does ticket "+number+" wait for? Choose one if the problem is the same; this client is told when that report passes its re-test.")
	out.Selects = []Select{choose}
	return out, nil
}

// carryForm asks for the number of a report.
func (d *Desk) carryForm(_ context.Context, i Interaction) (Form, error) {
	return Form{ID: formCarry, Title: i.say("Gabung ke laporan", "Join a report"), Fields: []Field{
		{ID: "report", Label: i.say("Nomor laporan", "Number of the report"), Hint: "HE-250114-0007-R1", Least: 1, Most: 60},
	}}, nil
}
