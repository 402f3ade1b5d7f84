package bot

import (
	"context"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// talkers are those who may be heard somewhere; in which thread is looked at by
// [Desk.hears].
var talkers = []string{Agent, AssistantManager, Manager, Sales}

// talkActions are those in the thread of a follow-up's card.
func talkActions() actions {
	return actions{buttons: map[string]action{
		bridge.TalkTicket: {may: talkers, do: (*Desk).ticketOfTalk},
	}}
}

// threadHere is the number of the ticket or talk in whose thread something was asked for.
func (d *Desk) threadHere(tx *ledger.Tx, i Interaction) (string, error) {
	th, ok, err := ticket.LoadThread(tx, i.Channel)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", Refusal(i.say("Ini hanya berlaku di thread sebuah tiket.", "This works only in the thread of a ticket."))
	}
	return th.Ticket, ofReport(i, th)
}

// noTalk refuses what only a ticket can go through in a talk.
func (d *Desk) noTalk(i Interaction, t ticket.Ticket) error {
	if !t.IsTalk() {
		return nil
	}
	return d.said(i, &ticket.Refusal{Key: "talk"})
}

// hears refuses to let somebody speak for, or decide about, what the client of this thread
// reads: in a ticket that is the staff's, in a talk theirs who are heard in it.
func (d *Desk) hears(tx *ledger.Tx, i Interaction) error {
	th, _, err := ticket.LoadThread(tx, i.Channel)
	if err != nil {
		return err
	}
	heard := staff
	if th.Ticket != "" {
		t, _, err := ticket.Load(tx, th.Ticket)
		if err != nil {
			return err
		}
		if t.IsTalk() && t.Talk != ticket.TalkCallback {
			heard = sellers
		}
	}
	if !d.may(i, heard) {
		return Refusal(d.refusal(i, heard))
	}
	return nil
}

// sellers may be heard in the talks of sales.
var sellers = []string{Sales, Manager}

// ticketOfTalk makes a ticket of what the client wrote in a talk, from the message with the
// button on.
func (d *Desk) ticketOfTalk(ctx context.Context, i Interaction) (Answer, error) {
	talk, err := d.threadTicket(ctx, i)
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	if !talk.IsTalk() {
		return Answer{}, Refusal(i.say("Tombol ini hanya berlaku di kartu tindak lanjut.", "This button works only in a follow-up's card."))
	}
	words, err := bridge.TalkWords(ctx, d.store, talk.Number)
	if err != nil {
		return Answer{}, err
	}
	var t ticket.Ticket
	fresh := false
	err = d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		t, fresh, err = d.bridge.TicketOfTalk(tx, talk.Number, i.Message, i.User, words)
		return err
	})
	if err != nil {
		return Answer{}, d.said(i, err)
	}
	where := "`" + t.Number + "`"
	if t.Thread != "" {
		where += " <#" + t.Thread + ">"
	}
	if !fresh {
		return Answer{Text: i.say("Pesan ini sudah dijadikan tiket "+where+".", "This message was made ticket "+where+" already.")}, nil
	}
	return Answer{Text: i.say("🎫 Tiket "+where+" berisi pesan klien dari sini. Agen menanganinya di forum tiket; pesan klien berikutnya masuk ke sana.",
		"🎫 Ticket "+where+" holds the client's words from here on. Agents work on it in the forum of tickets; what the client writes next goes there.")}, nil
}
