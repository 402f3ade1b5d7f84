package bridge

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// SayAs sends text to a ticket's client as the words of by, a member of the staff, and
// shows it in the thread. It counts as a message he wrote there: it accepts a ticket that
// nobody has, and ends the client's wait once WhatsApp took it. It does not wait to be
// undone, because whoever calls this has shown the words before. text is in WhatsApp's
// dialect; id names it for ever, so that sending it twice is sending it once. A ticket
// that is closed or has no chat gives a [*ticket.Refusal], a number that there is not
// [ErrNoTicket], no words [ledger.ErrInvalid].
func (d Desk) SayAs(tx *ledger.Tx, number, by, text, id string) error {
	t, ok, err := ticket.Load(tx, number)
	if err != nil || !ok {
		return cmp.Or(err, fmt.Errorf("%w: %s", ErrNoTicket, number))
	}
	parts := SplitPlain(text, whatsAppLimit)
	switch {
	case t.State == ticket.Closed:
		return &ticket.Refusal{Key: "closed"}
	case t.Channel != ticket.WhatsApp || t.Conversation == "":
		return &ticket.Refusal{Key: "no_bridge"}
	case strings.TrimSpace(text) == "":
		return fmt.Errorf("%w: nothing to say to the client of %s", ledger.ErrInvalid, number)
	}
	if err := MarkRead(tx, t); err != nil {
		return err
	}
	err = d.Change(tx, number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.Take(by, tx.Now()), nil
	})
	if err != nil {
		return err
	}
	for i, part := range parts {
		name := fmt.Sprintf("%s%s/%d", saidAs, id, i)
		l := letter(name, ClientLane(t.Conversation), number, kindText, textBody{Text: part, By: by})
		l.Ext = d.MessageID(name)
		tx.Send(l)
		tx.Log(number, ledger.Event{What: "agent_wrote", By: by, Ref: l.Ext, Data: map[string]string{"text": part, "message": name}})
	}
	for i, part := range Split("💬 <@"+by+"> kepada klien:\n"+quote(ToDiscord(text)), discordLimit) {
		tx.Send(Note(number, fmt.Sprintf("%s%s/note/%d", saidAs, id, i), part))
	}
	return nil
}

// saidAs begins the ids of letters with an agent's words that stand in no message of his.
const saidAs = "a/"
