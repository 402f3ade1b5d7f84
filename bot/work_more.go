package bot

import (
	"context"

	"github.com/haloerzap/halo/ticket"
)

// more is the menu of the rarer steps of the ticket of the thread.
func (d *Desk) more(ctx context.Context, i Interaction) (Answer, error) {
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	if t.State == ticket.Closed {
		return Answer{Text: i.say("Tiket "+t.Number+" sudah ditutup.", "Ticket "+t.Number+" is closed."), Buttons: append(
			d.answerable(i, []Button{{ID: buttonReopen + aside, Label: i.say("Buka kembali", "Re-open"), Emoji: "↩️", Style: "primary"}}), d.records(i, t)...)}, nil
	}
	out := Answer{Text: i.say("**Langkah lain untuk tiket "+t.Number+"**", "**More for ticket "+t.Number+"**")}
	others, err := d.colleagues(ctx, i, t.Agent)
	if err != nil {
		return Answer{}, err
	}
	if len(others) > 0 {
		out.Selects = append(out.Selects, Select{ID: buttonTransfer, Hint: i.say("Alihkan kepada …", "Transfer to …"), Options: others})
	}
	if t.State != ticket.Resolved {
		out.Selects = append(out.Selects, Select{ID: buttonSnooze, Hint: i.say("Tunda sampai … (waktu lain: /ticket snooze)", "Rest until … (other times: /ticket snooze)"), Options: snoozes()})
	}
	out.Buttons = append(d.workButtons(i, t), d.records(i, t)...)
	return out, nil
}

// workButtons are the steps that a ticket's state has, those of other files by their ids.
func (d *Desk) workButtons(i Interaction, t ticket.Ticket) (all []Button) {
	add := func(id, emoji, indonesian, english string) {
		all = append(all, Button{ID: id, Label: i.say(indonesian, english), Emoji: emoji})
	}
	if t.Agent != i.User {
		add(buttonTakeOver, "🔁", "Ambil alih", "Take over")
	}
	if !t.Snoozed.IsZero() {
		add(buttonWake, "⏰", "Akhiri penundaan", "End the rest")
	}
	if t.Channel == ticket.WhatsApp {
		add(buttonSchedule, "🗓️", "Jadwalkan pesan", "Schedule a message")
	}
	if n := len(t.Scheduled); n > 0 {
		add(buttonScheduled, "📋", "Terjadwal ("+count(n)+")", "Scheduled ("+count(n)+")")
	}
	if t.State != ticket.Resolved {
		add(buttonMerge, "🔀", "Gabungkan", "Merge")
	}
	add(buttonForward, "📨", "Developer, QA, …", "Developers, QA, …")
	add(buttonSales, "💬", "Tanya sales", "Ask sales")
	if t.Complaint {
		add(buttonComplaint+":off"+aside, "🏳️", "Bukan keluhan", "Not a complaint")
	} else {
		add(buttonComplaint+aside, "🚩", "Tandai keluhan", "Mark as a complaint")
	}
	add(buttonIssue+aside, "🏷️", "Jenis kendala", "Type of the issue")
	if t.Supervisor == "" {
		add(buttonEscalate+aside, "🆙", "Eskalasi ke supervisor", "Escalate to a supervisor")
	} else {
		add(buttonAnswer+aside, "🆗", "Jawab eskalasi", "Answer the escalation")
	}
	if t.Warranty.Claim == "" {
		add(buttonWarranty+":"+warrantyClaim+aside, "🛡️", "Klaim garansi", "Warranty claim")
	}
	add(buttonNote+aside, "📝", "Catatan", "Note")
	if t.State != ticket.Resolved {
		add(buttonDrop+aside, "🗑️", "Tutup tanpa penyelesaian", "Close without a resolution")
	}
	return d.answerable(i, all)
}

// records are the buttons that show what is kept of the ticket and its client.
func (d *Desk) records(i Interaction, t ticket.Ticket) []Button {
	var all []Button
	if _, ok := d.table.commands[transcriptCommand]; ok {
		all = append(all, Button{ID: buttonTranscript, Label: i.say("Transkrip", "Transcript"), Emoji: "📜"})
	}
	if t.Contact != "" {
		all = append(all, Button{ID: "cu:show:" + t.Contact, Label: i.say("Kartu klien", "The client's card"), Emoji: "👤"})
	}
	return d.answerable(i, all)
}

const transcriptCommand = "ticket transcript"

// asCommand is the transcript of the thread's ticket, as its command shows it.
func (d *Desk) asCommand(ctx context.Context, i Interaction) (Answer, error) {
	i.Button, i.Command = "", transcriptCommand
	return d.do(ctx, i)
}

// answerable leaves out the buttons that the person may not use.
func (d *Desk) answerable(i Interaction, all []Button) (out []Button) {
	for _, b := range all {
		if a, ok := d.table.find(Interaction{Button: b.ID}); ok && (a.anybody || d.may(i, a.may)) {
			out = append(out, b)
		}
	}
	return out
}
