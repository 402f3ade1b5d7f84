package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/calendar"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// opening is when the desk opens on a day or after it; 08:00 for a desk without hours.
func (d *Desk) opening(midnight time.Time) time.Time {
	if d.bridge.Calendar != nil {
		if at, ok := d.bridge.Calendar.Next(midnight); ok {
			return at
		}
	}
	return midnight.Add(8 * time.Hour)
}

// when understands a time as people write it; a day alone is its opening.
func (d *Desk) when(i Interaction, text string, now time.Time) (time.Time, error) {
	at, day, err := calendar.ParseWhen(text, now.In(d.zone()))
	if err != nil {
		return time.Time{}, Refusal(i.say("Waktu “"+bridge.Clean(text, 40)+"” belum terbaca. Contoh: `30m`, `2 jam`, `besok 09:00`, `senin 08:00`, `2026-11-24 09:00`.",
			"The time “"+bridge.Clean(text, 40)+"” could not be read. For example: `30m`, `2h`, `tomorrow 09:00`, `monday 08:00`, `2026-11-24 09:00`."))
	}
	if day {
		at = d.opening(at)
	}
	return at, nil
}

// snoozes are the times offered in a list.
func snoozes() []Choice {
	return []Choice{
		{Value: "30m", Label: both("30 menit", "30 minutes")},
		{Value: "1h", Label: both("1 jam", "1 hour")},
		{Value: "3h", Label: both("3 jam", "3 hours")},
		{Value: "besok", Label: both("Besok, saat desk buka", "Tomorrow, when the desk opens")},
		{Value: "minggu depan", Label: both("Senin depan, saat desk buka", "Next Monday, when the desk opens")},
	}
}

// snooze lets the ticket of the thread rest.
func (d *Desk) snooze(ctx context.Context, i Interaction) (Answer, error) {
	text := i.Options["until"]
	if i.Button != "" {
		text = i.chosen()
	}
	if word := strings.ToLower(strings.TrimSpace(text)); word == "off" || word == "batal" {
		return d.wake(ctx, i)
	}
	t, err := d.change(ctx, i, "", func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		until, err := d.when(i, text, tx.Now())
		if err != nil {
			return nil, err
		}
		return t.Snooze(until.UTC(), i.User, tx.Now(), d.policy())
	})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Text: i.say("😴 Tiket "+t.Number+" ditunda sampai "+stamp(t.Snoozed, "f")+", atau sampai klien menulis. Targetnya tetap berjalan.",
		"😴 Ticket "+t.Number+" rests until "+stamp(t.Snoozed, "f")+", or until the client writes. Its target goes on.")}, nil
}

// policy is the desk's, or the usual one.
func (d *Desk) policy() ticket.Policy {
	if d.bridge.Policy == (ticket.Policy{}) {
		return ticket.DefaultPolicy()
	}
	return d.bridge.Policy
}

// wake ends the rest.
func (d *Desk) wake(ctx context.Context, i Interaction) (Answer, error) {
	t, err := d.change(ctx, i, "", func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.Wake(i.User, tx.Now()), nil
	})
	if err != nil {
		return Answer{}, err
	}
	if len(t.Events) == 0 {
		return Answer{Text: i.say("Tiket "+t.Number+" tidak sedang ditunda.", "Ticket "+t.Number+" does not rest.")}, nil
	}
	return Answer{Text: i.say("⏰ Penundaan tiket "+t.Number+" diakhiri.", "⏰ Ticket "+t.Number+" rests no longer.")}, nil
}

// longestPlanned is how many signs a scheduled message has at most.
const longestPlanned = 900

// scheduleForm asks for a message and its time.
func (d *Desk) scheduleForm(ctx context.Context, i Interaction) (Form, error) {
	_, err := d.before(ctx, i, func(t *ticket.Ticket) ([]ledger.Event, error) {
		return t.Schedule(ticket.Scheduled{ID: "-", Text: "-", Due: i.At.Add(time.Minute)}, i.At, d.policy())
	})
	if err != nil {
		return Form{}, err
	}
	return Form{ID: formSchedule, Title: i.say("Jadwalkan pesan untuk klien", "Schedule a message to the client"), Fields: []Field{
		{ID: "text", Label: i.say("Pesan yang dibaca klien", "The message that the client reads"), Long: true, Most: longestPlanned},
		{ID: "when", Label: i.say("Kapan dikirim", "When it leaves"), Hint: i.say("besok 09:00, senin 08:00, 2 jam, 2026-11-24 09:00", "tomorrow 09:00, monday 08:00, 2h, 2026-11-24 09:00"), Most: 60},
		{ID: "drop", Label: i.say("Batalkan bila klien menulis lebih dulu?", "Drop it if the client writes first?"), Value: i.say("ya", "yes"), Most: 10, Optional: true},
	}}, nil
}

// drops reads a yes; what is neither yes nor no is a refusal.
func drops(i Interaction, text string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "ya", "y", "yes", "iya":
		return true, nil
	case "", "tidak", "t", "n", "no", "tdk", "-":
		return false, nil
	}
	return false, Refusal(i.say("Isi kolom terakhir dengan ya atau tidak.", "Fill in the last field with yes or no."))
}

// schedule keeps a message until its time.
func (d *Desk) schedule(ctx context.Context, i Interaction) (Answer, error) {
	drop, err := drops(i, i.Fields["drop"])
	if err != nil {
		return Answer{}, err
	}
	t, err := d.change(ctx, i, "", func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		due, err := d.when(i, i.Fields["when"], tx.Now())
		if err != nil {
			return nil, err
		}
		return t.Schedule(ticket.Scheduled{ID: i.ID, Text: i.Fields["text"], Due: due.UTC(), By: i.User, DropIfClientWrites: drop}, tx.Now(), d.policy())
	})
	if err != nil {
		return Answer{}, err
	}
	return planned(i, t.Ticket, i.say("🗓️ Pesan dijadwalkan.", "🗓️ The message is scheduled.")), nil
}

// scheduled lists what is scheduled in the ticket of the thread.
func (d *Desk) scheduled(ctx context.Context, i Interaction) (Answer, error) {
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	return planned(i, t, ""), nil
}

// unschedule drops a scheduled message.
func (d *Desk) unschedule(ctx context.Context, i Interaction) (Answer, error) {
	id := strings.TrimPrefix(i.Button, buttonUnschedule)
	t, err := d.change(ctx, i, "", func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.Unschedule(id, i.User, tx.Now()), nil
	})
	if err != nil {
		return Answer{}, err
	}
	said := i.say("Pesan terjadwal dibatalkan.", "The scheduled message is cancelled.")
	if len(t.Events) == 0 {
		said = i.say("Pesan itu sudah tidak terjadwal: terkirim, atau dibatalkan.", "That message is scheduled no longer: it was sent, or cancelled.")
	}
	return planned(i, t.Ticket, said), nil
}

// planned shows the scheduled messages of a ticket.
func planned(i Interaction, t ticket.Ticket, said string) Answer {
	if len(t.Scheduled) == 0 {
		return Answer{Text: strings.TrimSpace(said + i.say("\nTidak ada pesan terjadwal.", "\nNo message is scheduled."))}
	}
	out := Answer{Text: said}
	for n, s := range t.Scheduled {
		out.Text += fmt.Sprintf("\n**%d.** %s · <@%s>", n+1, stamp(s.Due, "f"), s.By)
		if s.DropIfClientWrites {
			out.Text += i.say(" · batal bila klien menulis lebih dulu", " · dropped if the client writes first")
		}
		out.Text += "\n> " + bridge.ToDiscord(bridge.Clean(s.Text, 200))
		out.Buttons = append(out.Buttons, Button{ID: buttonUnschedule + s.ID, Label: i.say("Batalkan ", "Cancel ") + count(n+1), Emoji: "🗑️", Style: "danger"})
	}
	out.Text = strings.TrimSpace(out.Text)
	return out
}
