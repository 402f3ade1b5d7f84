package bot

import (
	"context"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
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
	case r.first:
		return Answer{Text: i.say("Tidak dikirim ulang dari sini: pesan proaktif hanya lewat antrean. Kirim lagi dengan tombol kartunya, bila klien masih boleh dihubungi.",
			"Not sent again from here: what the desk sends first goes by the queue only. Send it again by its card's button, if the client may still be turned to.")}, nil
	case r.unasked:
		return Answer{Text: i.say("Tidak dikirim ulang: klien tidak lagi menunggu balasan di kartu ini. Telepon kliennya, atau kirim pesan baru lewat kartunya.",
			"Not sent again: the client no longer waits for an answer in this card. Phone him, or send a new message by the card.")}, nil
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
	unasked bool   // it stays dead: nobody waits for it any more
	first   bool   // it is out of the grave, but the queue alone sends such messages
}

// revive takes a dead letter out of the grave, and its mark follows. Doing it twice
// sends once.
func (d *Desk) revive(ctx context.Context, i Interaction, id string) (r revival, err error) {
	err = d.once(ctx, i, "/"+id, func(tx *ledger.Tx) error {
		r = revival{}
		if strings.HasPrefix(i.Button, bridge.RetryPrefix) {
			if err := d.hears(tx, i); err != nil {
				return err
			}
		}
		l, found, err := tx.DeadLetter(id)
		if err != nil || !found {
			return err
		}
		why, err := d.bridge.Resendable(tx, l)
		if err != nil {
			return err
		}
		if r.unasked = why == "talk"; r.unasked {
			return nil
		}
		if r.first = why == "queue"; r.first {
			_, _, err = tx.Revive(id) // the courier takes it out of its lane
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
