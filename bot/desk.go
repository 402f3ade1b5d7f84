package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// An Updater commits a change once per cause.
type Updater interface {
	Update(ctx context.Context, cause ledger.Cause, fn func(*ledger.Tx) error) (applied bool, err error)
}

// A Desk answers what staff ask of one desk.
type Desk struct {
	store  Updater
	agents []string // role ids that may work on tickets
	log    *zap.Logger
}

// NewDesk makes the handler; agents are the Discord roles that may work on tickets.
func NewDesk(store Updater, agents []string, log *zap.Logger) *Desk {
	return &Desk{store: store, agents: agents, log: log.Named("bot")}
}

// Commands is the table of slash commands, as registered with Discord.
func Commands() []Command {
	return []Command{{
		Name:        "ticket",
		Description: map[string]string{"id": "Tiket di thread ini", "en-US": "The ticket of this thread"},
		Sub: []Command{{
			Name:        "close",
			Description: map[string]string{"id": "Tutup tiket ini dan arsipkan thread-nya", "en-US": "Close this ticket and archive its thread"},
		}},
	}}
}

// A Refusal is a sentence for the person who asked: what is not possible, and
// what to do instead.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// Handle does what was asked, once, and says what came of it.
func (d *Desk) Handle(ctx context.Context, i Interaction) Answer {
	text, err := d.do(ctx, i)
	if err == nil {
		return Answer{Text: text}
	}
	if r, ok := errors.AsType[Refusal](err); ok {
		return Answer{Text: string(r)}
	}
	d.log.Error("interaction failed", zap.String("interaction", i.ID), zap.String("command", i.Command), zap.String("button", i.Button), zap.Error(err))
	return Answer{Text: "Maaf, ini belum berhasil. Silakan coba sekali lagi; bila tetap gagal, sebutkan kode " + i.ID + " kepada pengelola."}
}

func (d *Desk) do(ctx context.Context, i Interaction) (string, error) {
	if !slices.ContainsFunc(i.Roles, func(r string) bool { return slices.Contains(d.agents, r) }) {
		return "", Refusal("Hanya CS Agent yang dapat memakai ini.")
	}
	if letter, ok := strings.CutPrefix(i.Button, bridge.RetryPrefix); ok {
		return d.retry(ctx, i, letter)
	}
	if i.Command == "ticket close" {
		return d.close(ctx, i)
	}
	return "", Refusal("Tombol atau perintah ini tidak dikenal lagi. Muat ulang Discord (Ctrl+R), lalu coba kembali.")
}

// retry takes a dead letter out of the grave. Pressing twice sends once: the
// second press finds no dead letter.
func (d *Desk) retry(ctx context.Context, i Interaction, id string) (string, error) {
	return d.once(ctx, i, func(tx *ledger.Tx) (string, error) {
		l, ok, err := tx.Revive(id)
		if err != nil {
			return "", err
		}
		if !ok {
			return "Pesan ini sudah dikirim ulang.", nil
		}
		tx.Log(l.Log, ledger.Event{What: "retried", By: i.User, Ref: l.ID})
		return "🔁 Dikirim ulang. Tandanya muncul di pesan aslinya.", bridge.RefreshMark(tx, l.Log, l.ID)
	})
}

func (d *Desk) close(ctx context.Context, i Interaction) (string, error) {
	return d.once(ctx, i, func(tx *ledger.Tx) (string, error) {
		th, ok, err := ticket.LoadThread(tx, i.Channel)
		if err != nil {
			return "", err
		}
		if !ok {
			return "", Refusal("Perintah ini hanya berlaku di thread sebuah tiket.")
		}
		t, ok, err := ticket.Load(tx, th.Ticket)
		if err != nil || !ok {
			return "", fmt.Errorf("load ticket %s of thread %s: %w", th.Ticket, th.ID, cmp.Or(err, ledger.ErrCorrupt))
		}
		c, ok, err := ticket.LoadConversation(tx, t.Conversation)
		if err != nil || !ok {
			return "", fmt.Errorf("load conversation %s of ticket %s: %w", t.Conversation, t.Number, cmp.Or(err, ledger.ErrCorrupt))
		}
		if !t.Close(&c, tx.Now()) {
			return "Tiket " + t.Number + " sudah ditutup.", nil
		}
		tx.Log(t.Number, ledger.Event{What: "closed", By: i.User})
		tx.Send(bridge.Note(t.Number, "closed/"+t.Number+"/note", "🔒 Tiket ditutup oleh <@"+i.User+">."))
		tx.Send(bridge.Tags(t.Number, "tag/"+t.Number+"/closed", t.Tag(), true))
		if err := c.Save(tx); err != nil {
			return "", err
		}
		return "Tiket " + t.Number + " ditutup.", t.Save(tx)
	})
}

// once commits what an interaction asks for. Discord delivers an interaction
// once, but a retry of ours must not act twice.
func (d *Desk) once(ctx context.Context, i Interaction, fn func(*ledger.Tx) (string, error)) (string, error) {
	var text string
	in := ledger.Inbox{Source: "dci", ID: i.ID, At: i.At}
	_, err := d.store.Update(ctx, ledger.Cause{Inbox: &in}, func(tx *ledger.Tx) (err error) {
		text, err = fn(tx)
		return err
	})
	return text, err
}
