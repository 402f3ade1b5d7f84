package bot

import (
	"context"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// atOnce is how long after a ticket went to somebody another who presses is told of it
// instead of taking it away: he had not seen it. Desk time.
const atOnce = 10 * time.Second

// crossed refuses to move a ticket that went to somebody else a moment ago.
func (d *Desk) crossed(i Interaction, t ticket.Ticket, now time.Time) error {
	if t.Agent == "" || t.Agent == i.User || t.State == ticket.Closed || now.Sub(t.AgentSince) >= atOnce || now.Before(t.AgentSince) {
		return nil
	}
	return Refusal(i.say("<@"+t.Agent+"> baru saja menerima tiket ini. Bila memang perlu, ulangi sebentar lagi.",
		"<@"+t.Agent+"> got this ticket a moment ago. If you must, try again shortly."))
}

// takeOver gives the ticket of the thread to who asks.
func (d *Desk) takeOver(ctx context.Context, i Interaction) (Answer, error) {
	t, err := d.change(ctx, i, "", func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		if err := d.crossed(i, *t, tx.Now()); err != nil {
			return nil, err
		}
		return t.TakeOver(i.User, tx.Now())
	})
	if err != nil {
		return Answer{}, err
	}
	if len(t.Events) == 0 {
		return Answer{Text: i.say("Tiket "+t.Number+" memang Anda yang menangani.", "You handle ticket "+t.Number+" already.")}, nil
	}
	return Answer{Text: i.say("Tiket "+t.Number+" kini Anda yang menangani.", "You handle ticket "+t.Number+" now.")}, nil
}

// transferForm asks for a note to a transfer.
func (d *Desk) transferForm(_ context.Context, i Interaction) (Form, error) {
	to := i.chosen()
	if to == "" {
		return Form{}, Refusal(i.say("Pilih anggota tim yang dituju.", "Choose a member of the team."))
	}
	return Form{ID: formTransfer + to, Title: i.say("Alihkan tiket", "Transfer the ticket"), Fields: []Field{noteField(i)}}, nil
}

// transfer gives the ticket of the thread to somebody else.
func (d *Desk) transfer(ctx context.Context, i Interaction) (Answer, error) {
	to, note := i.Options["to"], i.Options["note"]
	if i.Form != "" {
		to, note = strings.TrimPrefix(i.Form, formTransfer), i.Fields["note"]
	}
	if err := d.stranger(i, to); err != nil {
		return Answer{}, err
	}
	if r := []rune(note); len(r) > longestNote {
		return Answer{}, d.said(i, &ticket.Refusal{Key: "too_long"})
	}
	duty, err := d.duty(ctx, to)
	if err != nil {
		return Answer{}, err
	}
	if i.Form != "" && duty.Presence != ticket.OnDuty { // the list has those on duty alone
		return Answer{}, Refusal(i.say("<@"+to+"> sudah tidak bertugas. Pilih yang lain.", "<@"+to+"> is no longer on duty. Choose somebody else."))
	}
	t, err := d.change(ctx, i, "", func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		if t.Agent == to {
			return nil, nil
		}
		if err := d.crossed(i, *t, tx.Now()); err != nil {
			return nil, err
		}
		return noted(note)(t.Transfer(to, i.User, tx.Now()))
	})
	if err != nil {
		return Answer{}, err
	}
	if len(t.Events) == 0 {
		return Answer{Text: i.say("Tiket "+t.Number+" memang ditangani <@"+to+">.", "<@"+to+"> handles ticket "+t.Number+" already.")}, nil
	}
	said := i.say("Tiket "+t.Number+" dialihkan kepada <@"+to+">.", "Ticket "+t.Number+" went to <@"+to+">.")
	if duty.Presence != ticket.OnDuty {
		said += i.say("\n⚠️ <@"+to+"> sedang tidak bertugas. Pastikan klien tidak menunggu.", "\n⚠️ <@"+to+"> is not on duty. Make sure that the client does not wait.")
	}
	return Answer{Text: said}, nil
}
