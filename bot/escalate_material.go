package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// menuReport is the entry in the menu of a message that shows it to who works on a report.
const menuReport = "Send to report"

// escalateCommands are the entries of a message's menu for it.
func escalateCommands() []Command {
	return []Command{{Name: menuReport, Names: both("Kirim ke laporan", menuReport), OnMessage: true}}
}

// toDraft is the choice of the report that is being written.
const toDraft = "draft"

// toReport shows a message of a ticket's thread, with its files, in the ticket's report. Of
// several it asks which; for one that is being written the files are evidence.
func (d *Desk) toReport(ctx context.Context, i Interaction) (Answer, error) {
	if i.Target == nil || i.Target.ID == "" {
		return Answer{}, Refusal(i.say("Ini hanya berlaku pada pesan di thread sebuah tiket.", "This works only on a message in the thread of a ticket."))
	}
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	f := bridge.Forward{By: i.User, Message: i.Target.ID, Ticket: t.Number, Text: strings.TrimSpace(i.Target.Text), Files: i.Target.Files}
	if !i.Target.Bot {
		f.Author = i.Target.Author
	}
	if f.Text == "" && len(f.Files) == 0 {
		return Answer{}, Refusal(i.say("Pesan ini tidak berisi teks atau berkas, jadi tidak ada yang dapat diteruskan.", "There is neither text nor a file in this message, so nothing to forward."))
	}
	on, err := d.goesOn(ctx, t)
	if err != nil {
		return Answer{}, err
	}
	choices, err := d.destinations(ctx, i, t, on)
	if err != nil {
		return Answer{}, err
	}
	switch {
	case len(choices) == 0 && on.Number != t.Number:
		return Answer{}, Refusal(i.say("Tiket ini digabungkan ke tiket "+on.Number+", yang belum punya laporan terbuka. Buat laporannya di thread tiket itu, lalu ulangi menu ini.",
			"This ticket was merged into ticket "+on.Number+", which has no open report. Make one in the thread of that ticket, then use this menu again."))
	case len(choices) == 0:
		return Answer{Text: i.say("Tiket ini belum punya laporan. Buat laporannya dulu, lalu ulangi menu ini untuk menyertakan pesannya.",
			"This ticket has no report yet. Make one first, then use this menu again to put the message into it."),
			Buttons: d.answerable(i, []Button{{ID: buttonReport, Label: i.say("Eskalasi ke developer", "Escalate to developers"), Emoji: "🛠️", Style: "primary"},
				{ID: buttonForward, Label: i.say("Teruskan ke pihak lain", "Forward to another party"), Emoji: "📨"}})}, nil
	case len(choices) == 1:
		return d.deliver(ctx, i, t, choices[0].Value, f)
	}
	if err := d.once(ctx, i, "/kept", func(tx *ledger.Tx) error { return d.keepForward(tx, t.Number, f) }); err != nil {
		return Answer{}, err
	}
	return Answer{Text: i.say("Ke laporan mana pesan ini diteruskan?", "Which report is this message for?"),
		Selects: []Select{{ID: buttonToReport + f.Message, Hint: i.say("Pilih laporannya", "Choose the report"), Options: choices}}}, nil
}

// reportsOf are the open reports that a ticket waits for, or has put to another party.
func (d *Desk) reportsOf(ctx context.Context, t ticket.Ticket) (all []escalation.Report, err error) {
	ids := slices.Clone(t.Reports)
	rows, err := d.store.Rows(ctx, Page{Index: bridge.QuestionsOf(t.Number), Limit: mostChoices})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		ids = append(ids, row.Member)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		r, ok, err := d.reportOf(ctx, id)
		if err != nil {
			return nil, err
		}
		if ok && r.State != escalation.Closed && slices.Contains(r.Tickets, t.Number) {
			all = append(all, r)
		}
	}
	return all, nil
}

// mostMerged is how often a ticket goes on in another one, and that one in a third.
const mostMerged = 5

// goesOn is the ticket in which a merged one goes on; any other is that itself.
func (d *Desk) goesOn(ctx context.Context, t ticket.Ticket) (ticket.Ticket, error) {
	for range mostMerged {
		if t.MergedInto == "" {
			break
		}
		next, err := d.ticket(ctx, t.MergedInto)
		if err != nil {
			return t, err
		}
		t = next
	}
	return t, nil
}

// destinations are where a message of a ticket can go, which goes on in on: a report is
// written in the thread of that alone.
func (d *Desk) destinations(ctx context.Context, i Interaction, t, on ticket.Ticket) (all []Choice, err error) {
	reports, err := d.reportsOf(ctx, on)
	if err != nil {
		return nil, err
	}
	for _, r := range reports[:min(len(reports), mostChoices-1)] {
		all = append(all, reportChoice(r))
	}
	doc, err := d.store.Doc(ctx, ledger.Ref{Kind: escalation.KindDraft, ID: t.Number})
	if err != nil {
		return nil, err
	}
	if doc.Data != nil && on.Number == t.Number {
		all = append(all, Choice{Value: toDraft, Emoji: "📝", Label: both("Laporan yang sedang ditulis", "The report that is being written"),
			Hint: i.say("Gambar dan videonya menjadi bukti", "Its pictures and videos become evidence")})
	}
	return all, nil
}

// deliver shows a message where it goes.
func (d *Desk) deliver(ctx context.Context, i Interaction, t ticket.Ticket, to string, f bridge.Forward) (Answer, error) {
	if to == toDraft {
		return d.attach(ctx, i, t, f)
	}
	r, ok, err := d.reportOf(ctx, to)
	if err != nil {
		return Answer{}, err
	}
	on, err := d.goesOn(ctx, t)
	if err != nil {
		return Answer{}, err
	}
	if !ok || !slices.Contains(r.Tickets, on.Number) {
		return Answer{}, Refusal(i.say("Laporan itu bukan milik tiket ini.", "That report is none of this ticket's."))
	}
	err = d.once(ctx, i, "/forward", func(tx *ledger.Tx) error {
		if err := d.bridge.ForwardMessage(tx, to, f); err != nil {
			return err
		}
		return tx.Put(keptForward(t.Number), nil)
	})
	if err != nil {
		return Answer{}, d.led(i, err)
	}
	return Answer{Text: i.say("📨 Diteruskan ke laporan "+reportLink(r)+".", "📨 Forwarded to report "+reportLink(r)+".")}, nil
}

// attach makes the pictures and videos of a message evidence of the report that is being
// written.
func (d *Desk) attach(ctx context.Context, i Interaction, t ticket.Ticket, f bridge.Forward) (Answer, error) {
	files := slices.DeleteFunc(slices.Clone(f.Files), func(s bridge.StaffFile) bool {
		return !strings.HasPrefix(s.MIME, "image/") && !strings.HasPrefix(s.MIME, "video/")
	})
	if len(files) == 0 {
		return Answer{}, Refusal(i.say("Laporan tiket ini masih ditulis, dan pesan ini tidak berisi gambar atau video untuk buktinya. Kirim laporannya dulu; sesudah itu pesan ini dapat diteruskan.",
			"The report of this ticket is still being written, and there is no picture or video in this message for it. Send the report first; then this message can be forwarded."))
	}
	var keys []string
	err := d.once(ctx, i, "/files", func(tx *ledger.Tx) (err error) {
		keys, err = d.bridge.KeepFiles(tx, t.Number, f.Message, files)
		if err != nil {
			return err
		}
		return tx.Put(keptForward(t.Number), nil)
	})
	if err != nil {
		return Answer{}, d.led(i, err)
	}
	left := false
	answer, err := d.drafting(ctx, i, i.say("📎 Ditambahkan sebagai bukti.", "📎 Added as evidence."), func(draft *escalation.Draft) error {
		left = !draft.Attach(keys...)
		return nil
	})
	if left {
		answer.Text = tooManyShots(i) + "\n" + answer.Text
	}
	return answer, err
}

// toChosenReport answers the list of where a message goes.
func (d *Desk) toChosenReport(ctx context.Context, i Interaction) (Answer, error) {
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	doc, err := d.store.Doc(ctx, keptForward(t.Number))
	if err != nil {
		return Answer{}, err
	}
	var f bridge.Forward
	if doc.Data != nil {
		if err := json.Unmarshal(doc.Data, &f); err != nil {
			return Answer{}, fmt.Errorf("decode what is to be forwarded of %s: %w", t.Number, errors.Join(ledger.ErrCorrupt, err))
		}
	}
	if f.Message == "" || f.Message != strings.TrimPrefix(i.Button, buttonToReport) {
		return Answer{}, Refusal(i.say("Pilihan ini sudah lewat. Buka menu pesannya sekali lagi: Aplikasi → Kirim ke laporan.", "This choice is over. Open the menu of the message once more: Apps → Send to report."))
	}
	f.By = i.User
	return d.deliver(ctx, i, t, i.chosen(), f)
}

// keptForward is the message of a ticket for which somebody was asked where it goes: the
// last one alone.
func keptForward(number string) ledger.Ref {
	return ledger.Ref{Kind: escalation.KindDraft, ID: number + "/forward"}
}

// mostKeptText leaves room for the files beside it, in characters.
const mostKeptText = 3000

func (d *Desk) keepForward(tx *ledger.Tx, number string, f bridge.Forward) error {
	text, err := d.bridge.ForwardText(tx, number, f.Text)
	if err != nil {
		return err
	}
	f.Text = clippedRunes(text, mostKeptText)
	for n := range f.Files {
		if !json.Valid(f.Files[n].Ref) {
			f.Files[n].Ref = nil
		}
	}
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode what is to be forwarded of %s: %w", number, err)
	}
	return tx.Put(keptForward(number), data)
}
