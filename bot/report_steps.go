package bot

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
)

// bridgeName is a name as it is shown in bold.
func bridgeName(name string) string { return "**" + bridge.ToDiscord(bridge.Clean(name, 60)) + "**" }

// takeReport says who of the party works on the report. Of two at once one has it, and the
// other is told.
func (d *Desk) takeReport(ctx context.Context, i Interaction) (Answer, error) {
	over := strings.HasPrefix(i.Button, buttonOver)
	return d.takeStep(ctx, i, reportStep{
		by:   (*Desk).byParty,
		do:   func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.Take(i.User, over, at) },
		done: i.say("✋ Laporan ini Anda kerjakan.", "✋ You work on this report."),
		was:  i.say("Laporan ini memang Anda yang mengerjakan.", "You work on this report already."),
	})
}

// asks is the step of asking the desk for data.
func (d *Desk) asks(i Interaction, question string) reportStep {
	return reportStep{
		by: (*Desk).byParty,
		do: func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.NeedData(question, i.User, at)
		},
		done: i.say("📋 Agen diminta menjawab. Jawabannya muncul di post ini.", "📋 The agent is asked. The answer appears in this post."),
		was:  i.say("Ini sudah ditanyakan dan masih ditunggu.", "This was asked already, and is waited for."),
	}
}

func (d *Desk) needDataForm(ctx context.Context, i Interaction) (Form, error) {
	if strings.TrimSpace(i.Options["question"]) != "" {
		return Form{}, nil
	}
	if _, err := d.beforeStep(ctx, i, d.asks(i, "-")); err != nil {
		return Form{}, err
	}
	return Form{ID: i.formID(formNeedData), Title: i.say("Butuh data", "Data is needed"), Fields: []Field{
		{ID: "question", Label: i.say("Data apa yang dibutuhkan?", "Which data is needed?"), Hint: i.say("Klien tidak membacanya; agen yang menanyakannya", "The client does not read it; the agent asks"),
			Long: true, Least: 1, Most: escalation.LongText},
	}}, nil
}

func (d *Desk) needData(ctx context.Context, i Interaction) (Answer, error) {
	return d.takeStep(ctx, i, d.asks(i, cmp.Or(i.Options["question"], i.Fields["question"])))
}

// adjusts is the step of saying that it is done.
func (d *Desk) adjusts(i Interaction, result string) reportStep {
	return reportStep{
		by:   (*Desk).byParty,
		do:   func(r *escalation.Report, at time.Time) ([]ledger.Event, error) { return r.Adjust(result, i.User, at) },
		done: i.say("🔧 Tercatat. Agen diberi tahu, dan hasilnya muncul di post ini.", "🔧 Noted. The agent is told, and the outcome appears in this post."),
		was:  i.say("Ini sudah dinyatakan selesai dan menunggu agen.", "It was said to be done already, and waits for the agent."),
	}
}

func (d *Desk) adjustedForm(ctx context.Context, i Interaction) (Form, error) {
	if strings.TrimSpace(i.Options["result"]) != "" {
		return Form{}, nil
	}
	r, err := d.beforeStep(ctx, i, d.adjusts(i, "-"))
	if err != nil {
		return Form{}, err
	}
	f := Form{ID: i.formID(formAdjusted), Title: i.say("Sudah disesuaikan", "Adjusted"), Fields: []Field{
		{ID: "result", Label: i.say("Apa yang disesuaikan? (boleh kosong)", "What was adjusted? (may be empty)"), Hint: i.say("Membantu agen menguji ulang", "Helps the agent to re-test"),
			Long: true, Optional: true, Most: escalation.LongText},
	}}
	if r.Party != escalation.Developers && r.ID != "" {
		f.Title, f.Fields[0].Label, f.Fields[0].Hint = i.say("Jawab", "Answer"), i.say("Jawaban untuk agen", "Answer for the agent"), ""
		f.Fields[0].Optional, f.Fields[0].Least = false, 1
	}
	return f, nil
}

func (d *Desk) adjusted(ctx context.Context, i Interaction) (Answer, error) {
	return d.takeStep(ctx, i, d.adjusts(i, cmp.Or(i.Options["result"], i.Fields["result"])))
}

// causeWords name the causes.
var causeWords = map[escalation.Cause][2]string{
	escalation.Duplicate: {"Duplikat laporan lain", "Duplicate of another report"}, escalation.AsDesigned: {"Sesuai rancangan", "Works as designed"},
	escalation.NotReproducible: {"Tidak dapat direproduksi", "Not reproducible"},
}

func causeChoices() (all []Choice) {
	for _, c := range escalation.Causes() {
		all = append(all, Choice{Value: string(c), Label: both(causeWords[c][0], causeWords[c][1])})
	}
	return all
}

func causeButtons(i Interaction) (all []Button) {
	for _, c := range escalation.Causes() {
		all = append(all, Button{ID: buttonReject + ":" + string(c) + aside, Label: i.say(causeWords[c][0], causeWords[c][1])})
	}
	return all
}

// rejects is the step of closing it without change.
func (d *Desk) rejects(i Interaction, cause escalation.Cause, reason string) reportStep {
	return reportStep{
		by: (*Desk).byParty,
		do: func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			return r.Reject(cause, reason, i.User, at)
		},
		done: i.say("🚫 Ditutup tanpa perubahan. Agen menyetujuinya atau berkeberatan.", "🚫 Closed without change. The agent accepts that or objects."),
		was:  i.say("Laporan ini sudah ditutup tanpa perubahan dengan alasan itu.", "This report was closed without change for that reason already."),
	}
}

// causeMeant is the cause that an interaction names, "" for none.
func causeMeant(i Interaction) escalation.Cause {
	return escalation.Cause(i.meant(formReject, buttonReject, "cause"))
}

// rejectForm asks for the reason once the cause is known.
func (d *Desk) rejectForm(ctx context.Context, i Interaction) (Form, error) {
	cause := causeMeant(i)
	if cause == "" || strings.TrimSpace(i.Options["reason"]) != "" {
		return Form{}, nil
	}
	if _, err := d.beforeStep(ctx, i, d.rejects(i, cause, "-")); err != nil {
		return Form{}, err
	}
	return Form{ID: i.formID(formReject + ":" + string(cause)), Title: i.say("Tutup tanpa perubahan", "Close without change"), Fields: []Field{
		{ID: "reason", Label: i.say("Penjelasan untuk agen", "What the agent has to know"), Hint: i.say(causeWords[cause][0], causeWords[cause][1]), Long: true, Least: 1, Most: escalation.LongText},
	}}, nil
}

// reject closes a report without change; without a cause it offers those there are.
func (d *Desk) reject(ctx context.Context, i Interaction) (Answer, error) {
	cause := causeMeant(i)
	if cause == "" {
		if _, err := d.beforeStep(ctx, i, d.rejects(i, escalation.Duplicate, "-")); err != nil {
			return Answer{}, err
		}
		return Answer{Text: i.say("Mengapa laporan ini ditutup tanpa perubahan?", "Why is this report closed without change?") + typed(i), Buttons: causeButtons(i)}, nil
	}
	return d.takeStep(ctx, i, d.rejects(i, cause, cmp.Or(i.Options["reason"], i.Fields["reason"])))
}

// moves is the step of giving it to another team.
func (d *Desk) moves(i Interaction, team, reason string) reportStep {
	return reportStep{
		by: (*Desk).byParty,
		do: func(r *escalation.Report, at time.Time) ([]ledger.Event, error) {
			if r.Party != escalation.Developers {
				return nil, Refusal(i.say("Hanya laporan ke developer yang punya tim. Bila ini bukan urusan Anda, tulis itu kepada agen sebagai jawaban.",
					"Only reports to developers have teams. If this is not yours to answer, tell the agent so in your answer."))
			}
			return r.Move(team, reason, i.User, at)
		},
		done: i.say("↪️ Dipindahkan ke tim "+bridgeName(team)+".", "↪️ Moved to the team "+bridgeName(team)+"."),
		was:  i.say("Laporan ini sudah berada di tim itu.", "This report is with that team already."),
	}
}

// teamMeant is the team that an interaction names as it is configured, "" for none.
func (d *Desk) teamMeant(i Interaction) (team string, err error) {
	name := strings.TrimSpace(i.Options["team"])
	switch {
	case i.Form != "":
		name = arg(i.Form, formMove)
	case i.Button != "":
		name = i.chosen()
	}
	for _, known := range d.teams {
		if strings.EqualFold(known, name) {
			return known, nil
		}
	}
	if name == "" {
		return "", nil
	}
	return "", Refusal(i.say("Tim itu tidak ada. Tim developer: ", "There is no such team. The developer teams: ") + bridge.ToDiscord(strings.Join(d.teams, ", ")) + ".")
}

// moveForm asks for the reason once the team is known.
func (d *Desk) moveForm(ctx context.Context, i Interaction) (Form, error) {
	team, err := d.teamMeant(i)
	if err != nil || team == "" || strings.TrimSpace(i.Options["reason"]) != "" {
		return Form{}, err
	}
	if _, err := d.beforeStep(ctx, i, d.moves(i, team, "-")); err != nil {
		return Form{}, err
	}
	return Form{ID: i.formID(formMove + ":" + team), Title: i.say("Pindah ke tim ", "Move to ") + team, Fields: []Field{
		{ID: "reason", Label: i.say("Mengapa tim itu?", "Why that team?"), Long: true, Least: 1, Most: escalation.LongText},
	}}, nil
}

// move gives a report to another team; without one it offers those there are.
func (d *Desk) move(ctx context.Context, i Interaction) (Answer, error) {
	team, err := d.teamMeant(i)
	if err != nil {
		return Answer{}, err
	}
	if team != "" {
		return d.takeStep(ctx, i, d.moves(i, team, cmp.Or(i.Options["reason"], i.Fields["reason"])))
	}
	r, err := d.beforeStep(ctx, i, d.moves(i, "-", "-"))
	if err != nil {
		return Answer{}, err
	}
	choose := Select{ID: buttonMove + aside, Hint: i.say("Tim yang dituju", "The team")}
	for _, name := range d.teams[:min(len(d.teams), mostChoices)] {
		if name != r.Team {
			choose.Options = append(choose.Options, Choice{Value: name, Emoji: "👥"})
		}
	}
	if len(choose.Options) == 0 {
		return Answer{}, Refusal(i.say("Desk ini tidak punya tim developer lain.", "This desk has no other developer team."))
	}
	return Answer{Text: i.say("Ke tim mana laporan ini dipindahkan?", "Which team does this report go to?") + typed(i), Selects: []Select{choose}}, nil
}
