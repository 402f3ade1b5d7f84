package bot

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Ids of the buttons, selects and forms by which a ticket goes to developers or to another
// party. Cards and lines show the first (bridge/card.go, bridge/tell_work.go).
const (
	buttonReport      = "t:report"       // what is written so far of the report
	buttonReportTeam  = "t:report-team"  // a select
	buttonReportProof = "t:report-proof" // a select of pictures and videos
	buttonReportText  = "t:report-text"  // opens the form; :missing asks for what is missing alone
	buttonReportSend  = "t:report-send"  //
	buttonReportDrop  = "t:report-drop"  // forgets the draft
	buttonReports     = "t:reports"      // lists the open ones, with what the desk can do
	buttonCarry       = "t:carry"        // lists open reports; a select of them has the same id
	buttonCarryFind   = "t:carry-find"   // opens a form
	buttonToReport    = "t:to-report:"   // + message: a select of where it goes
	buttonForward     = "more:forward"   // more:forward:PARTY opens a form

	formReport  = "f:report"  // + how its fields opened
	formCarry   = "f:carry"   //
	formForward = "f:forward" // :PARTY
)

// escalateActions are how a ticket goes to others of the house.
func escalateActions() actions {
	return actions{
		commands: map[string]action{
			"ticket forward": {may: staff, form: (*Desk).partyForm, do: (*Desk).forwardTo},
			menuReport:       {may: staff, do: (*Desk).toReport},
		},
		buttons: map[string]action{
			buttonReport:      {may: staff, do: (*Desk).writeReport},
			buttonReportTeam:  {may: staff, do: (*Desk).chooseTeam},
			buttonReportProof: {may: staff, do: (*Desk).chooseProof},
			buttonReportText:  {may: staff, form: (*Desk).reportForm},
			buttonReportSend:  {may: staff, do: (*Desk).sendReport},
			buttonReportDrop:  {may: staff, do: (*Desk).dropReport},
			buttonReports:     {may: staff, do: (*Desk).openHere},
			buttonCarry:       {may: staff, do: (*Desk).carry},
			buttonCarryFind:   {may: staff, form: (*Desk).carryForm},
			buttonToReport:    {may: staff, do: (*Desk).toChosenReport},
			buttonForward:     {may: staff, form: (*Desk).partyForm, do: (*Desk).forwardTo},
		},
		forms: map[string]action{
			formReport:  {may: staff, do: (*Desk).writtenReport},
			formCarry:   {may: staff, do: (*Desk).carry},
			formForward: {may: staff, do: (*Desk).forwardTo},
		},
	}
}

// escalateSubs are the commands of /ticket for it.
func escalateSubs() []Command {
	return []Command{
		{Name: "forward", Names: named("teruskan", "forward"), Description: both("Teruskan ke Sales, QA, atau Engineering, dengan jawaban di thread ini", "Forward to Sales, QA or Engineering; the answer comes in this thread"), Options: []Option{
			{Name: "to", Names: named("kepada", "to"), Description: both("Kepada siapa", "To whom"), Required: true, Choices: partyChoices()},
		}},
	}
}

// writeReport shows what is written so far of the ticket's report to developers, and what
// is missing. One that nobody began is begun with what is known.
func (d *Desk) writeReport(ctx context.Context, i Interaction) (Answer, error) {
	return d.drafting(ctx, i, "", func(draft *escalation.Draft) error {
		if detail := strings.TrimSpace(i.Options["reason"]); !strings.Contains(draft.Form.Detail, detail) {
			draft.Form.Detail = strings.TrimSpace(draft.Form.Detail + "\n" + detail)
		}
		return nil
	})
}

// drafting changes the draft of the thread's ticket and shows it; say stands above it.
func (d *Desk) drafting(ctx context.Context, i Interaction, say string, change func(*escalation.Draft) error) (Answer, error) {
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	if err := d.reportable(i, t); err != nil {
		return Answer{}, err
	}
	fresh, err := d.freshDraft(ctx, i, t)
	if err != nil {
		return Answer{}, err
	}
	draft, gone := fresh, false
	err = d.once(ctx, i, "/draft", func(tx *ledger.Tx) error {
		loaded, ok, err := escalation.LoadDraft(tx, t.Number)
		if err != nil {
			return err
		}
		if draft = loaded; !ok {
			draft = fresh
			draft.At = tx.Now()
		}
		if gone, err = d.letGo(ctx, &draft); err != nil {
			return err
		}
		if err := change(&draft); err != nil {
			return err
		}
		return draft.Save(tx)
	})
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	if gone {
		say += "\n" + i.say("⚠️ Ada berkas yang gagal diunduh, jadi dilepas dari laporan. Pilih yang lain, atau unggah ulang.",
			"⚠️ A file could not be fetched, so it is off the report. Choose another one, or upload it again.")
	}
	return d.board(ctx, i, t, draft, say)
}

// letGo takes evidence off a draft that cannot be had any more, and reports whether there
// was any.
func (d *Desk) letGo(ctx context.Context, draft *escalation.Draft) (gone bool, err error) {
	left := draft.Form.Evidence[:0:0]
	for _, key := range draft.Form.Evidence {
		_, ok, err := bridge.FileOf(ctx, d.store, key)
		if err != nil {
			return false, err
		}
		if ok {
			left = append(left, key)
		}
	}
	gone = len(left) < len(draft.Form.Evidence)
	draft.Form.Evidence = left
	return gone, nil
}

// reportable refuses what cannot go to developers now, with the way on.
func (d *Desk) reportable(i Interaction, t ticket.Ticket) error {
	tried := t
	if _, err := tried.Escalate("-", "-", i.User, i.At); err != nil {
		return d.led(i, err)
	}
	if len(d.bridge.Teams) == 0 {
		return wayOn{Refusal(i.say("Desk ini belum punya tim developer: pengelola menetapkannya di `teams` pada halo.yaml. Untuk sekarang, eskalasi ke supervisor.",
			"This desk has no developer teams yet: the operator names them under `teams` in halo.yaml. For now, escalate to a supervisor.")), raiseButtons(i)}
	}
	return nil
}

func raiseButtons(i Interaction) []Button {
	return []Button{{ID: buttonEscalate + aside, Label: i.say("Eskalasi ke supervisor", "Escalate to a supervisor"), Emoji: "🆙", Style: "primary"}}
}

// freshDraft is a draft with what is known without asking: the company's place, the team of
// the issue's name, and a picture that is the only one. Where there is one already it is
// empty.
func (d *Desk) freshDraft(ctx context.Context, i Interaction, t ticket.Ticket) (escalation.Draft, error) {
	draft := escalation.Draft{Ticket: t.Number, By: i.User, At: i.At}
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: escalation.KindDraft, ID: t.Number})
	if err != nil || doc.Data != nil {
		return draft, err
	}
	if slices.Contains(d.teams, t.Issue) {
		draft.Team = t.Issue
	}
	shots, err := d.shots(ctx, t.Number, nil)
	if err != nil {
		return draft, err
	}
	if len(shots) == 1 {
		draft.Attach(shots[0].Key)
	}
	draft.Form.System, draft.Form.Place, err = d.placeOfTicket(ctx, t)
	return draft, err
}

// placeOfTicket is the outlet group or domain of a ticket's company, if it is known.
func (d *Desk) placeOfTicket(ctx context.Context, t ticket.Ticket) (system, place string, err error) {
	id := t.Customer
	if id == "" {
		p, err := d.personOf(ctx, t)
		if err != nil {
			return "", "", err
		}
		id = p.Customer
	}
	c, err := d.company(ctx, id)
	return string(c.System), clippedRunes(c.Place, escalation.LongPlace), err
}

// clippedRunes is at most most characters of a text.
func clippedRunes(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// chooseTeam puts the team that was chosen into the draft.
func (d *Desk) chooseTeam(ctx context.Context, i Interaction) (Answer, error) {
	team := i.chosen()
	if !slices.Contains(d.teams, team) {
		return Answer{}, d.said(i, &escalation.Refusal{Key: "no_team"})
	}
	return d.drafting(ctx, i, "", func(draft *escalation.Draft) error {
		draft.Team = team
		return nil
	})
}

// chooseProof puts the pictures and videos that were chosen into the draft, in the place of
// those that could be chosen from.
func (d *Desk) chooseProof(ctx context.Context, i Interaction) (Answer, error) {
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	left := false
	answer, err := d.drafting(ctx, i, "", func(draft *escalation.Draft) error {
		shots, err := d.shots(ctx, t.Number, draft.Form.Evidence)
		if err != nil {
			return err
		}
		offered := offeredShots(shots)
		draft.Form.Evidence = slices.DeleteFunc(slices.Clone(draft.Form.Evidence), func(key string) bool {
			return slices.ContainsFunc(offered, func(s shot) bool { return s.Key == key })
		})
		for _, f := range shots { // also one that newer ones have pushed off the list
			if slices.Contains(i.Values, shot{TicketFile: f}.value()) && !draft.Attach(f.Key) {
				left = true
			}
		}
		return nil
	})
	if left {
		answer.Text = tooManyShots(i) + "\n" + answer.Text
	}
	return answer, err
}

func tooManyShots(i Interaction) string {
	return i.say("⚠️ Satu laporan membawa paling banyak 10 berkas; yang lain ditinggalkan.", "⚠️ A report carries 10 files at most; the others were left out.")
}

// dropReport forgets the draft.
func (d *Desk) dropReport(ctx context.Context, i Interaction) (Answer, error) {
	err := d.once(ctx, i, "", func(tx *ledger.Tx) error {
		number, err := d.numberHere(tx, i)
		if err != nil {
			return err
		}
		return escalation.DropDraft(tx, number)
	})
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	return Answer{Text: i.say("🗑️ Draf laporan dibuang. Tidak ada yang dikirim ke developer.", "🗑️ The draft is gone. Nothing was sent to developers."),
		Buttons: []Button{{ID: buttonReport, Label: i.say("Tulis laporan baru", "Write a new report"), Emoji: "🛠️"}}}, nil
}

// Why a draft is not sent, but shown once more.
var (
	errIncomplete = errors.New("parts of the draft are missing")
	errGone       = errors.New("evidence of the draft cannot be had")
)

// sendReport makes a report of the draft. Of two who press at once one sends, and the other
// is told.
func (d *Desk) sendReport(ctx context.Context, i Interaction) (Answer, error) {
	id, team := "", ""
	err := d.once(ctx, i, "", func(tx *ledger.Tx) error {
		id = ""
		number, err := d.numberHere(tx, i)
		if err != nil {
			return err
		}
		draft, ok, err := escalation.LoadDraft(tx, number)
		if err != nil || !ok {
			return err
		}
		if gone, err := d.letGo(ctx, &draft); err != nil || gone {
			return cmp.Or(err, errGone)
		}
		if len(draft.Missing()) > 0 {
			return errIncomplete
		}
		team = draft.Team
		if id, err = d.bridge.OpenReport(tx, bridge.NewReport{Party: escalation.Developers, Team: draft.Team, Ticket: number, Form: draft.Form, By: i.User}); err != nil {
			return err
		}
		return escalation.DropDraft(tx, number)
	})
	switch {
	case errors.Is(err, errGone):
		return d.drafting(ctx, i, i.say("⚠️ **Belum dikirim.**", "⚠️ **Not sent yet.**"), func(*escalation.Draft) error { return nil })
	case errors.Is(err, errIncomplete):
		return d.drafting(ctx, i, i.say("⚠️ **Belum lengkap, jadi belum dikirim.**", "⚠️ **Not complete, so not sent yet.**"), func(*escalation.Draft) error { return nil })
	case err != nil:
		return Answer{}, d.led(i, err)
	case id == "":
		return Answer{Text: i.say("Draf ini sudah dikirim atau dibuang.", "This draft was sent or thrown away already."),
			Buttons: []Button{{ID: buttonReport, Label: i.say("Tulis laporan baru", "Write a new report"), Emoji: "🛠️"}}}, nil
	}
	return Answer{Text: i.say("🛠️ Laporan `"+id+"` dikirim ke tim **"+bridge.ToDiscord(team)+"**. Jawaban developer muncul di thread ini. Pesan klien dan temuan Anda diteruskan lewat menu pesannya: Aplikasi → *Kirim ke laporan*.",
		"🛠️ Report `"+id+"` went to the team **"+bridge.ToDiscord(team)+"**. What the developers answer appears in this thread. Forward the client's messages and your own findings by the menu of the message: Apps → *Send to report*.")}, nil
}

// partyNames are what staff call a party.
func partyName(p escalation.Party) string {
	switch p {
	case escalation.Developers:
		return "Developer"
	case escalation.Sales:
		return "Sales"
	case escalation.QA:
		return "QA"
	case escalation.Engineering:
		return "Engineering"
	}
	return string(p)
}

// reportName says whose report it is: the team's, or the party's.
func reportName(r escalation.Report) string { return cmp.Or(r.Team, partyName(r.Party)) }
