package bot

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// toTeam is the choice of handing tickets over to whoever is offered them.
const toTeam = "team"

// longestNote is how many signs a note for who goes on has at most.
const longestNote = 400

// handOver lists the open tickets of somebody who goes, with a choice of who goes on.
func (d *Desk) handOver(ctx context.Context, i Interaction, user, said string) (Answer, error) {
	held, err := d.held(ctx, user)
	if err != nil {
		return Answer{}, err
	}
	if len(held) == 0 {
		return Answer{Text: said + i.say(" Tidak ada tiket terbuka yang tertinggal.", " No open ticket is left behind.")}, nil
	}
	others, err := d.colleagues(ctx, i, user)
	if err != nil {
		return Answer{}, err
	}
	choices := append([]Choice{{
		Value: toTeam, Label: both("Tawarkan ke tim", "Offer to the team"), Emoji: "📣",
		Hint: i.say("Setiap tiket ditawarkan kepada yang paling luang", "Each ticket is offered to who has the fewest"),
	}}, others...)
	return Answer{
		Text:    said + d.listed(i, held) + i.say("\nPilih siapa yang melanjutkan; catatannya ditulis sesudah itu.", "\nChoose who goes on; a note can be written after that."),
		Selects: []Select{{ID: buttonLeave + user, Hint: i.say("Serahkan semua tiket ini kepada …", "Hand all of these over to …"), Options: choices}},
	}, nil
}

// leaveForm asks for a note to the tickets that are handed over.
func (d *Desk) leaveForm(_ context.Context, i Interaction) (Form, error) {
	user, to := strings.TrimPrefix(i.Button, buttonLeave), i.chosen()
	if err := d.handsOver(i, user); err != nil {
		return Form{}, err
	}
	if to == "" {
		return Form{}, Refusal(i.say("Pilih siapa yang melanjutkan.", "Choose who goes on."))
	}
	return Form{ID: formLeave + user + ":" + to, Title: i.say("Serah terima tiket", "Handing tickets over"), Fields: []Field{noteField(i)}}, nil
}

// handsOver refuses who may not hand over somebody's tickets.
func (d *Desk) handsOver(i Interaction, user string) error {
	if user != i.User && !d.may(i, supervisors) {
		return Refusal(d.refusal(i, supervisors))
	}
	return nil
}

func noteField(i Interaction) Field {
	return Field{
		ID: "note", Label: i.say("Catatan untuk yang melanjutkan (opsional)", "A note for who goes on (optional)"), Long: true, Optional: true, Most: longestNote,
		Hint: i.say("Apa yang sudah dilakukan, apa yang masih ditunggu", "What was done, what is still waited for"),
	}
}

// leave hands the tickets of somebody over, one by one: what was interrupted goes on when
// it is asked for again.
func (d *Desk) leave(ctx context.Context, i Interaction) (Answer, error) {
	user, to, _ := strings.Cut(strings.TrimPrefix(i.Form, formLeave), ":")
	if err := d.handsOver(i, user); err != nil {
		return Answer{}, err
	}
	if to != toTeam {
		duty, err := d.duty(ctx, to)
		if err != nil {
			return Answer{}, err
		}
		if duty.Presence != ticket.OnDuty {
			return d.handOver(ctx, i, user, i.say("<@"+to+"> sudah tidak bertugas. Pilih yang lain.", "<@"+to+"> is no longer on duty. Choose somebody else."))
		}
	}
	held, err := d.held(ctx, user)
	if err != nil {
		return Answer{}, err
	}
	moved := 0
	for _, t := range held {
		done, err := d.handOne(ctx, i, t.Number, user, to)
		if _, refused := errors.AsType[Refusal](err); refused {
			continue // it closed meanwhile
		}
		if err != nil {
			return Answer{}, err
		}
		if done {
			moved++
		}
	}
	whom := "<@" + to + ">"
	if to == toTeam {
		whom = i.say("tim", "the team")
	}
	if moved == 0 {
		return Answer{Text: i.say("Tidak ada lagi tiket yang perlu diserahkan.", "There is no ticket left to hand over.")}, nil
	}
	return Answer{Text: i.say(count(moved)+" tiket diserahkan kepada "+whom+".", "Handed "+count(moved)+" tickets over to "+whom+".")}, nil
}

// handOne hands one ticket over, unless it is somebody else's by now.
func (d *Desk) handOne(ctx context.Context, i Interaction, number, user, to string) (done bool, err error) {
	note := strings.TrimSpace(i.Fields["note"])
	t, err := d.changeOf(ctx, i, number, "/"+number, func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		switch {
		case t.Agent != user:
			return nil, nil
		case to == toTeam:
			return t.Release(user, note, tx.Now())
		}
		return noted(note)(t.Transfer(to, i.User, tx.Now()))
	})
	return len(t.Events) > 0, err
}

// noted puts a note into what happened.
func noted(note string) func([]ledger.Event, error) ([]ledger.Event, error) {
	return func(events []ledger.Event, err error) ([]ledger.Event, error) {
		if note = strings.TrimSpace(note); err != nil || note == "" || len(events) == 0 {
			return events, err
		}
		data := map[string]string{"note": note}
		maps.Copy(data, events[0].Data)
		events[0].Data = data
		return events, nil
	}
}
