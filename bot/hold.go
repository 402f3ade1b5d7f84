package bot

import (
	"context"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
)

// The entries in the menu of a message. Discord gives back the name that is registered
// for no language.
const (
	menuSend = "Send to client"
	menuNote = "Make it a note"
)

// sendHeld answers the button under a held message that sends it.
func (d *Desk) sendHeld(ctx context.Context, i Interaction) (Answer, error) {
	return d.sendMessage(ctx, i, strings.TrimPrefix(i.Button, bridge.HoldSend))
}

// queueHeld answers the button under a held message that sends it by the queue.
func (d *Desk) queueHeld(ctx context.Context, i Interaction) (Answer, error) {
	return d.decideMessage(ctx, i, strings.TrimPrefix(i.Button, bridge.HoldQueue), d.bridge.QueueKept)
}

// noteHeld answers the button under a held message that keeps it inside.
func (d *Desk) noteHeld(ctx context.Context, i Interaction) (Answer, error) {
	return d.keepMessage(ctx, i, bridge.StaffMessage{ID: strings.TrimPrefix(i.Button, bridge.HoldNote)}, 0)
}

// sendTarget sends the message whose menu was used.
func (d *Desk) sendTarget(ctx context.Context, i Interaction) (Answer, error) {
	if i.Target == nil || i.Target.Bot {
		return notAnAgents(i), nil
	}
	return d.sendMessage(ctx, i, i.Target.ID)
}

// noteTarget makes the message whose menu was used a note.
func (d *Desk) noteTarget(ctx context.Context, i Interaction) (Answer, error) {
	if i.Target == nil || i.Target.Bot {
		return notAnAgents(i), nil
	}
	m := bridge.StaffMessage{ID: i.Target.ID, Author: i.Target.Author, Text: i.Target.Text, At: i.At}
	return d.keepMessage(ctx, i, m, len(i.Target.Files))
}

func notAnAgents(i Interaction) Answer {
	return Answer{Text: i.say("Ini hanya berlaku pada pesan seorang agen di thread tiket.", "This works only on an agent's message in the thread of a ticket.")}
}

func (d *Desk) sendMessage(ctx context.Context, i Interaction, message string) (Answer, error) {
	return d.decideMessage(ctx, i, message, d.bridge.SendKept)
}

// decideMessage lets a message of this thread be sent, in one way or another.
func (d *Desk) decideMessage(ctx context.Context, i Interaction, message string, send func(tx *ledger.Tx, thread, message, by string) (bridge.Verdict, error)) (Answer, error) {
	if message == "" {
		return notAnAgents(i), nil
	}
	var v bridge.Verdict
	err := d.once(ctx, i, "/send", func(tx *ledger.Tx) (err error) {
		if err := d.hears(tx, i); err != nil {
			return err
		}
		v, err = send(tx, i.Channel, message, i.User)
		return err
	})
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	switch v {
	case bridge.VerdictQueued, bridge.VerdictQueuedAlready:
		number := ""
		if t, err := d.threadTicket(ctx, i); err == nil {
			number = t.Number
		}
		return Answer{Text: d.queuedText(ctx, i, number, v == bridge.VerdictQueued)}, nil
	case bridge.VerdictWordsOnly:
		return Answer{Text: i.say("Tidak masuk antrean: lewat antrean hanya teks yang dapat dikirim, tanpa berkas atau polling. Hapus berkasnya, atau kirim setelah klien membalas.",
			"Not queued: only words go by the queue, no files or polls. Take the file out, or send it after the client has answered.")}, nil
	case bridge.VerdictSent:
		return Answer{Text: i.say("📤 Dikirim ke klien. Tandanya muncul di pesan aslinya.", "📤 Sent to the client. Its mark appears at the original message.")}, nil
	case bridge.VerdictAlready:
		return Answer{Text: i.say("Pesan ini sudah dikirim ke klien.", "This message was sent to the client already.")}, nil
	case bridge.VerdictGone:
		return Answer{Text: i.say("Tidak dikirim: pesan ini sudah dihapus. Bila klien perlu membacanya, tulislah sebagai pesan baru.",
			"Not sent: this message was deleted. If the client needs to read it, write it as a new message.")}, nil
	case bridge.VerdictEmpty:
		return Answer{Text: i.say("Tidak ada yang dikirim: pesan ini tidak berisi teks atau berkas.", "Nothing was sent: there is neither text nor a file in this message.")}, nil
	case bridge.VerdictFiles:
		return Answer{Text: i.say("Tidak dikirim: berkas pesan ini tidak tersimpan lagi. Kirimkan sekali lagi sebagai pesan baru.",
			"Not sent: the files of this message are no longer there. Send them once more as a new message.")}, nil
	}
	return notAnAgents(i), nil
}

func (d *Desk) keepMessage(ctx context.Context, i Interaction, m bridge.StaffMessage, files int) (Answer, error) {
	if m.ID == "" {
		return notAnAgents(i), nil
	}
	var v bridge.Verdict
	err := d.once(ctx, i, "/note", func(tx *ledger.Tx) (err error) {
		if err := d.hears(tx, i); err != nil {
			return err
		}
		v, err = d.bridge.KeepInside(tx, i.Channel, m, files, i.User)
		return err
	})
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	switch v {
	case bridge.VerdictNote:
		return Answer{Text: i.say("📝 Disimpan sebagai catatan; klien tidak menerimanya.", "📝 Kept as a note; the client does not get it.")}, nil
	case bridge.VerdictUndone:
		return Answer{Text: i.say("📝 Dijadikan catatan. Pesannya belum sempat dikirim, jadi klien tidak melihatnya.", "📝 Made a note. It had not left yet, so the client did not see it.")}, nil
	case bridge.VerdictBack:
		return Answer{Text: i.say("📝 Dijadikan catatan dan sedang ditarik dari klien. Bila sudah terlambat ditarik, thread ini memberi tahu.",
			"📝 Made a note, and being taken back from the client. If it is too late for that, this thread will say so.")}, nil
	case bridge.VerdictAlready:
		return Answer{Text: i.say("Pesan ini sudah menjadi catatan.", "This message is a note already.")}, nil
	case bridge.VerdictGone:
		return Answer{Text: i.say("Pesan ini sudah dihapus.", "This message was deleted.")}, nil
	}
	return notAnAgents(i), nil
}

// holdActions decide whether a client reads a message.
func holdActions() actions {
	return actions{
		commands: map[string]action{
			menuSend: {may: talkers, do: (*Desk).sendTarget},
			menuNote: {may: talkers, do: (*Desk).noteTarget},
		},
		buttons: map[string]action{
			bridge.HoldSend: {may: talkers, do: (*Desk).sendHeld},
			bridge.HoldNote: {may: talkers, do: (*Desk).noteHeld},

			bridge.HoldQueue: {may: talkers, do: (*Desk).queueHeld},
		},
	}
}

// holdCommands are the entries of a message's menu for it.
func holdCommands() []Command {
	return []Command{
		{Name: menuSend, Names: both("Kirim ke klien", menuSend), OnMessage: true},
		{Name: menuNote, Names: both("Jadikan catatan", menuNote), OnMessage: true},
	}
}
