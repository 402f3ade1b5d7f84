package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
)

func reportsButton(i Interaction) Button {
	return Button{ID: buttonReports, Label: i.say("Laporan yang terbuka", "Open reports"), Emoji: "📂"}
}

// stateNames are how people call the states of a report.
var stateNames = map[escalation.State][2]string{
	escalation.Open: {"belum diambil", "not taken yet"}, escalation.Taken: {"dikerjakan", "worked on"}, escalation.NeedsData: {"butuh data", "needs data"},
	escalation.Adjusted: {"selesai, menunggu agen", "done, waits for the agent"}, escalation.Rejected: {"tanpa perubahan, menunggu agen", "no change, waits for the agent"},
	escalation.Closed: {"ditutup", "closed"},
}

// mostSeen is how many reports are listed: within what an answer has.
const mostSeen = 12

// mostStepped is how many reports of a list have buttons: a message has five rows.
const mostStepped = 5

// openHere lists the open reports of the thread's ticket, with what the desk can do about
// each: nobody has to wait for one that was made by mistake.
func (d *Desk) openHere(ctx context.Context, i Interaction) (Answer, error) {
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	reports, err := d.reportsOf(ctx, t)
	if err != nil {
		return Answer{}, err
	}
	if len(reports) == 0 {
		return Answer{Text: i.say("Tiket "+t.Number+" tidak menunggu laporan apa pun.", "Ticket "+t.Number+" waits for no report.")}, nil
	}
	out := Answer{Text: i.say("📂 **Laporan yang ditunggu tiket "+t.Number+"**", "📂 **What ticket "+t.Number+" waits for**")}
	for n, r := range reports[:min(len(reports), mostSeen)] {
		name := stateNames[r.State]
		who := ""
		if r.Owner != "" {
			who = " · <@" + r.Owner + ">"
		}
		out.Text += fmt.Sprintf("\n%s · %s · %s%s", reportLink(r), bridge.ToDiscord(reportName(r)), i.say(name[0], name[1]), who)
		if n >= mostStepped {
			continue // when others are over
		}
		steps := openSteps(i, r)
		steps[0].Row = n > 0
		if len(reports) > 1 {
			for s := range steps {
				steps[s].Label = shortReport(r.ID, t.Number) + ": " + steps[s].Label
			}
		}
		out.Buttons = append(out.Buttons, steps...)
	}
	if len(reports) > mostStepped {
		out.Text += i.say("\n-# Tombol untuk laporan lain muncul di sini setelah yang di atas selesai.", "\n-# Buttons for the others appear here when those above are over.")
	}
	return out, nil
}

// shortReport is the identifier of a report without the ticket whose thread it is: "R1".
func shortReport(id, number string) string { return strings.TrimPrefix(id, number+"-") }

// openSteps are the buttons of a report in a list.
func openSteps(i Interaction, r escalation.Report) []Button {
	steps := verdictWays(i, r)
	if len(r.Tickets) > 1 {
		return append(steps, Button{ID: buttonLetGo + ":" + r.ID + aside, Label: i.say("Lepaskan tiket ini", "Let this ticket go"), Emoji: "➖"})
	}
	return append(steps, Button{ID: buttonWithdraw + ":" + r.ID + aside, Label: i.say("Tarik laporan", "Withdraw the report"), Emoji: "🗑️"})
}

// leaveReport lets the thread's ticket go on without a report for which others wait too.
func (d *Desk) leaveReport(ctx context.Context, i Interaction) (Answer, error) {
	var m meantReport
	number, had := "", false
	err := d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		if m, err = d.reportMeant(tx.Doc, i, arg(i.Button, buttonLetGo), nil); err != nil {
			return err
		}
		if number, err = d.numberHere(tx, i); err != nil {
			return err
		}
		own := m // this ticket's agent decides for his own
		own.number = number
		if own.agent, err = agentOf(tx.Doc, number); err != nil {
			return err
		}
		if err := d.byDesk(i, own); err != nil {
			return err
		}
		if had = m.State != escalation.Closed && slices.Contains(m.Tickets, number); !had {
			return nil
		}
		return d.bridge.LeaveReport(tx, m.ID, number, i.User)
	})
	switch {
	case err != nil:
		return Answer{}, d.ledReport(i, m.Report, err)
	case !had:
		return Answer{Text: i.say("Tiket "+number+" memang tidak menunggu laporan "+reportLink(m.Report)+".", "Ticket "+number+" does not wait for report "+reportLink(m.Report)+".")}, nil
	}
	return Answer{Text: i.say("➖ Tiket "+number+" tidak lagi menunggu laporan "+reportLink(m.Report)+". Kliennya tidak diberi tahu: jawab sendiri bila perlu.",
		"➖ Ticket "+number+" waits for report "+reportLink(m.Report)+" no longer. Its client is not told: answer yourself if need be.")}, nil
}
