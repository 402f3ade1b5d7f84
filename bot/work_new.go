package bot

import (
	"context"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// longestSummary is how many signs a registered ticket's summary has at most.
const longestSummary = 500

// registerTicket opens a ticket for a client who did not write on WhatsApp.
func (d *Desk) registerTicket(ctx context.Context, i Interaction) (Answer, error) {
	r := bridge.Registration{
		ID: "p" + i.ID, Channel: ticket.Channel(i.Options["channel"]), Name: i.Options["name"],
		Summary: strings.TrimSpace(i.Options["summary"]), By: i.User,
	}
	if bridge.Clean(r.Name, 60) == "" {
		return Answer{}, Refusal(i.say("Tuliskan nama klien.", "Write the client's name."))
	}
	if len([]rune(r.Summary)) > longestSummary {
		return Answer{}, d.said(i, &ticket.Refusal{Key: "too_long"})
	}
	var err error
	if phone := strings.TrimSpace(i.Options["phone"]); phone != "" {
		if r.Phone, err = customer.ParsePhone(phone); err != nil {
			return Answer{}, d.saidOf(i, err)
		}
	}
	var t ticket.Ticket
	err = d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		t, err = d.bridge.Register(tx, r)
		return err
	})
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	return Answer{Text: i.say("🎫 Tiket `"+t.Number+"` dibuat dan Anda yang menangani. Thread-nya muncul sebentar lagi di forum; yang ditulis di sana tetap di dalam.",
		"🎫 Ticket `"+t.Number+"` is open, and yours. Its thread appears in the forum in a moment; what is written there stays inside.")}, nil
}
