package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// retry answers the button under a message that did not get through.
func (d *Desk) retry(ctx context.Context, i Interaction) (Answer, error) {
	r, err := d.revive(ctx, i, strings.TrimPrefix(i.Button, bridge.RetryPrefix))
	if err != nil {
		return Answer{}, err
	}
	words := ""
	if r.words != "" {
		words = ": “" + r.words + "”"
	}
	switch {
	case r.gone:
		return Answer{Text: i.say("Tidak dikirim ulang: pesan aslinya sudah dihapus. Bila klien perlu membacanya, tulislah sebagai pesan baru.",
			"Not sent again: the original message was deleted. If the client needs to read it, write it as a new message.")}, nil
	case !r.ok:
		return Answer{Text: i.say("Pesan ini sudah dikirim ulang.", "This message was sent again already.")}, nil
	case r.changed:
		return Answer{Text: i.say("🔁 Dikirim ulang dengan teks terbaru"+words+". Tandanya muncul di pesan aslinya.", "🔁 Sent again in its newest words"+words+". Its mark appears at the original message.")}, nil
	}
	return Answer{Text: i.say("🔁 Dikirim ulang"+words+". Tandanya muncul di pesan aslinya.", "🔁 Sent again"+words+". Its mark appears at the original message.")}, nil
}

// A revival is what came of sending a dead letter again.
type revival struct {
	ok      bool   // it was dead, and is sent
	words   string // how what is sent begins, "" for a letter without words
	changed bool   // the words are newer than those it died with
	gone    bool   // it stays dead: its message was deleted since
}

// revive takes a dead letter out of the grave, and its mark follows. Doing it twice
// sends once.
func (d *Desk) revive(ctx context.Context, i Interaction, id string) (r revival, err error) {
	err = d.once(ctx, i, "/"+id, func(tx *ledger.Tx) error {
		r = revival{}
		l, found, err := tx.DeadLetter(id)
		if err != nil || !found {
			return err
		}
		if r.words, r.changed, r.gone, err = bridge.Resend(tx, l); err != nil || r.gone {
			return err
		}
		if _, r.ok, err = tx.Revive(id); err != nil || !r.ok {
			return err
		}
		tx.Log(l.Log, ledger.Event{What: "retried", By: i.User, Ref: l.ID})
		return bridge.RefreshMark(tx, l.Log, l.ID)
	})
	return r, err
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
		events, err := t.Drop("", i.User, tx.Now())
		if r, ok := errors.AsType[*ticket.Refusal](err); ok {
			return Refusal(r.Say(i.English()))
		}
		if err != nil {
			return err
		}
		if len(events) == 0 {
			text = i.say("Tiket "+t.Number+" sudah ditutup.", "Ticket "+t.Number+" is closed already.")
			return nil
		}
		c.Follow(t)
		text = i.say("Tiket "+t.Number+" ditutup.", "Ticket "+t.Number+" is closed.")
		for _, e := range events {
			tx.Log(t.Number, e)
		}
		tx.Send(bridge.Note(t.Number, "closed/"+t.Number+"/note", "🔒 Tiket ditutup oleh <@"+i.User+">."))
		tx.Send(bridge.Tags(t.Number, "tag/"+t.Number+"/closed", t.Tag(), true))
		if err := c.Save(tx); err != nil {
			return err
		}
		return t.Save(tx)
	})
	return Answer{Text: text}, err
}
