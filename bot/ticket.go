package bot

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// retry answers the button under a message that did not get through.
func (d *Desk) retry(ctx context.Context, i Interaction) (Answer, error) {
	ok, err := d.revive(ctx, i, strings.TrimPrefix(i.Button, bridge.RetryPrefix))
	if err != nil {
		return Answer{}, err
	}
	if !ok {
		return Answer{Text: i.say("Pesan ini sudah dikirim ulang.", "This message was sent again already.")}, nil
	}
	return Answer{Text: i.say("🔁 Dikirim ulang. Tandanya muncul di pesan aslinya.", "🔁 Sent again. Its mark appears at the original message.")}, nil
}

// revive takes a dead letter out of the grave, and its mark follows. Doing it twice
// sends once: ok is false when no dead letter was found.
func (d *Desk) revive(ctx context.Context, i Interaction, id string) (ok bool, err error) {
	err = d.once(ctx, i, "/"+id, func(tx *ledger.Tx) error {
		l, found, err := tx.Revive(id)
		if ok = found; err != nil || !found {
			return err
		}
		tx.Log(l.Log, ledger.Event{What: "retried", By: i.User, Ref: l.ID})
		return bridge.RefreshMark(tx, l.Log, l.ID)
	})
	return ok, err
}

func (d *Desk) close(ctx context.Context, i Interaction) (Answer, error) {
	var text string
	err := d.once(ctx, i, "", func(tx *ledger.Tx) error {
		th, ok, err := ticket.LoadThread(tx, i.Channel)
		if err != nil {
			return err
		}
		if !ok {
			return Refusal(i.say("Perintah ini hanya berlaku di thread sebuah tiket.", "This command works only in the thread of a ticket."))
		}
		t, ok, err := ticket.Load(tx, th.Ticket)
		if err != nil || !ok {
			return fmt.Errorf("load ticket %s of thread %s: %w", th.Ticket, th.ID, cmp.Or(err, ledger.ErrCorrupt))
		}
		c, ok, err := ticket.LoadConversation(tx, t.Conversation)
		if err != nil || !ok {
			return fmt.Errorf("load conversation %s of ticket %s: %w", t.Conversation, t.Number, cmp.Or(err, ledger.ErrCorrupt))
		}
		if !t.Close(&c, tx.Now()) {
			text = i.say("Tiket "+t.Number+" sudah ditutup.", "Ticket "+t.Number+" is closed already.")
			return nil
		}
		text = i.say("Tiket "+t.Number+" ditutup.", "Ticket "+t.Number+" is closed.")
		tx.Log(t.Number, ledger.Event{What: "closed", By: i.User})
		tx.Send(bridge.Note(t.Number, "closed/"+t.Number+"/note", "🔒 Tiket ditutup oleh <@"+i.User+">."))
		tx.Send(bridge.Tags(t.Number, "tag/"+t.Number+"/closed", t.Tag(), true))
		if err := c.Save(tx); err != nil {
			return err
		}
		return t.Save(tx)
	})
	return Answer{Text: text}, err
}
