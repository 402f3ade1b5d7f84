package bridge

import (
	"strings"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// autoText owes the client of a new ticket the standard greeting, and the thread a line
// about it: what is out of order stands in it, and when the desk opens. A part that lacks
// something is left out.
func (r *Relay) autoText(tx *ledger.Tx, c ticket.Conversation, number string) error {
	var parts []string
	add := func(key string, vars map[string]string) {
		text, err := r.desk.Sentences.Render(key, ticket.Indonesian, vars)
		if err == nil && strings.TrimSpace(text) != "" {
			parts = append(parts, text)
		}
	}
	add(ticket.AutoText, nil)
	now := tx.Now().In(r.desk.Zone)
	if opening, ok := r.desk.hours().Next(now); ok && opening.After(now) {
		add(ticket.SayOutOfHours, map[string]string{"opening": ticket.Opening(now, opening, ticket.Indonesian)})
	}
	outage, err := OutageOf(tx)
	if err != nil {
		return err
	}
	if outage.On() {
		add(ticket.SayOutage, map[string]string{"notice": outage.Text})
	}
	if len(parts) > 0 {
		r.desk.sentence(tx, c, number, "auto/"+number, ticket.AutoText, strings.Join(parts, "\n\n"))
	}
	return nil
}
