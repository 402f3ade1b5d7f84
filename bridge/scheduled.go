package bridge

import (
	"fmt"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// scheduledDue sends a message whose time has come, as the words of who wrote it, and
// shows it in the thread.
func (s *telling) scheduledDue(e ledger.Event) error {
	author, text := e.Data["author"], e.Data["text"]
	if !s.bridged() || s.t.State == ticket.Closed {
		return nil
	}
	for i, part := range SplitPlain(ToWhatsApp(text, s.desk.Names), whatsAppLimit) {
		id := fmt.Sprintf("%ss/%s/%s/%d", saidAs, s.t.Number, e.Ref, i)
		l := letter(id, ClientLane(s.c.ID), s.t.Number, kindText, textBody{Text: part, By: author})
		l.Ext = s.desk.MessageID(id)
		s.tx.Send(l)
		s.tx.Log(s.t.Number, ledger.Event{What: "agent_wrote", By: author, Ref: l.Ext, Data: map[string]string{"text": part, "message": id, "scheduled": e.Ref}})
	}
	for _, part := range Split("🕰️ Pesan terjadwal dari <@"+author+"> dikirim ke klien:\n"+quote(text), discordLimit) {
		s.line(part, Mention{})
	}
	return nil
}
