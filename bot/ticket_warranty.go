package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// The steps of a warranty claim.
const (
	warrantyClaim  = "claim"
	warrantyRefuse = "refuse"
	warrantyAccept = "accept"
	warrantyClose  = "close"
)

type warrantyState struct {
	key    string
	id, en string
	style  string
}

// warrantyStates are what the status of a warranty can be. It is chosen before the form
// opens: a form has five fields, and a claim six.
var warrantyStates = []warrantyState{
	{"valid", "Masih berlaku", "Valid", "success"},
	{"extended", "Diperpanjang", "Extended", ""},
	{"goodwill", "Sudah habis, diterima sebagai kebijakan", "Expired, accepted as goodwill", ""},
}

func warrantySub() Command {
	status := Option{Name: "status", Names: named("status", "status"), Description: both("Status garansi, untuk menerima klaim", "Status of the warranty, to accept a claim")}
	for _, s := range warrantyStates {
		status.Choices = append(status.Choices, Choice{Value: s.key, Label: both(s.id, s.en)})
	}
	return Command{Name: "warranty", Names: named("garansi", "warranty"), Description: both("Klaim garansi: catat, tolak, terima, atau tutup", "Warranty claim: record, refuse, accept or close it"), Options: []Option{
		{Name: "step", Names: named("langkah", "step"), Description: both("Langkah klaim garansi", "Step of the warranty claim"), Required: true, Choices: []Choice{
			{Value: warrantyClaim, Label: both("Catat klaim", "Record the claim")},
			{Value: warrantyRefuse, Label: both("Tolak klaim", "Refuse the claim")},
			{Value: warrantyAccept, Label: both("Terima klaim", "Accept the claim")},
			{Value: warrantyClose, Label: both("Tutup klaim yang diterima", "Close the accepted claim")},
		}},
		status,
	}}
}

// warrantyStep is the step that is meant, and the status of the warranty if it is chosen.
func warrantyStep(i Interaction) (name, status string) {
	if i.Command != "" {
		return i.Options["step"], i.Options["status"]
	}
	name, status, _ = strings.Cut(cmp.Or(arg(i.Button, buttonWarranty), arg(i.Form, formWarranty)), ":")
	return name, status
}

// mayDecide refuses who may record a claim and not decide on it.
func (d *Desk) mayDecide(i Interaction, name string) error {
	if name != warrantyClaim && !d.may(i, claimDeciders) {
		return Refusal(d.refusal(i, claimDeciders))
	}
	return nil
}

// warrantyForm asks for what a step needs to know.
func (d *Desk) warrantyForm(ctx context.Context, i Interaction) (Form, error) {
	name, status := warrantyStep(i)
	if err := d.mayDecide(i, name); err != nil {
		return Form{}, err
	}
	switch name {
	case warrantyRefuse:
		_, err := d.before(ctx, i, func(t *ticket.Ticket) ([]ledger.Event, error) { return t.RefuseWarranty("-", i.User, i.At) })
		return Form{ID: i.formID(formWarranty + ":" + name), Title: i.say("Tolak klaim garansi", "Refuse the warranty claim"), Fields: []Field{{
			ID: "reason", Label: i.say("Alasan, sopan; dibaca klien setelah “karena”", "Reason, courteous; the client reads it"), Long: true, Least: 1, Most: 400,
			Hint: i.say("masa garansinya sudah berakhir pada 3 Maret 2026", "the warranty ended on 3 March 2026"),
		}}}, err
	case warrantyAccept:
		if status == "" {
			return Form{}, nil // it is asked for
		}
		t, err := d.before(ctx, i, func(t *ticket.Ticket) ([]ledger.Event, error) {
			return t.AcceptWarranty(ticket.WarrantyForm{Product: "-", Serial: "-", Purchased: "-", Status: "-", Complaint: "-", Action: "-"}, i.User, i.At)
		})
		return Form{ID: i.formID(formWarranty + ":" + name + ":" + status), Title: i.say("Terima klaim garansi", "Accept the warranty claim"), Fields: []Field{
			{ID: "product", Label: i.say("Produk", "Product"), Least: 1, Most: 120},
			{ID: "serial", Label: i.say("Nomor seri", "Serial number"), Least: 1, Most: 120},
			{ID: "purchased", Label: i.say("Tanggal pembelian", "Date of purchase"), Least: 1, Most: 60},
			{ID: "complaint", Label: i.say("Keluhan", "Complaint"), Value: short(t.Summary, 240), Long: true, Least: 1, Most: 240},
			{ID: "action", Label: i.say("Tindakan yang diminta", "Action requested"), Long: true, Least: 1, Most: 240},
		}}, err
	case warrantyClose:
		_, err := d.before(ctx, i, func(t *ticket.Ticket) ([]ledger.Event, error) {
			if t.Warranty.Claim == ticket.ClaimClosed {
				return nil, &ticket.Refusal{Key: "claim_decided"}
			}
			return t.CloseWarranty("-", i.User, i.At)
		})
		return Form{ID: i.formID(formWarranty + ":" + name), Title: i.say("Tutup klaim garansi", "Close the warranty claim"), Fields: []Field{
			{ID: "outcome", Label: i.say("Hasilnya, untuk sales dan catatan", "The outcome, for sales and the record"), Long: true, Least: 1, Most: 400},
		}}, err
	}
	return Form{}, nil
}

// short is the beginning of a text, of so many characters.
func short(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most])
	}
	return text
}

// warranty takes a step of the claim.
func (d *Desk) warranty(ctx context.Context, i Interaction) (Answer, error) {
	name, status := warrantyStep(i)
	if err := d.mayDecide(i, name); err != nil {
		return Answer{}, err
	}
	switch name {
	case warrantyClaim:
		return d.take(ctx, i, step{
			do:   func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.ClaimWarranty(i.User, at) },
			done: i.say("Klaim garansi tercatat. After-sales memutuskannya di thread ini.", "The warranty claim is recorded. After-sales decides on it in this thread."),
			was:  i.say("Klaim garansi tiket ini sudah tercatat.", "The warranty claim of this ticket is recorded already."),
		})
	case warrantyRefuse:
		reason := strings.TrimRight(strings.TrimSpace(i.Fields["reason"]), ".") // a sentence ends behind it
		if err := d.forClient(i, reason); err != nil {
			return Answer{}, err
		}
		return d.ask(ctx, i, step{
			do: func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
				return t.RefuseWarranty(reason, i.User, at)
			},
			done: i.say("Klaim garansi ditolak, dan klien membaca alasannya.", "The warranty claim is refused, and the client reads why."),
			was:  i.say("Klaim garansi ini sudah ditolak.", "This warranty claim is refused already."),
		})
	case warrantyAccept:
		if i.Form == "" {
			return d.askStatus(ctx, i)
		}
		return d.acceptWarranty(ctx, i, status)
	case warrantyClose:
		return d.take(ctx, i, step{
			do: func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) {
				return t.CloseWarranty(i.Fields["outcome"], i.User, at)
			},
			done: i.say("Klaim garansi ditutup, dan sales diberi tahu.", "The warranty claim is closed, and sales is told."),
			was:  i.say("Klaim garansi ini sudah ditutup.", "This warranty claim is closed already."),
		})
	}
	return Answer{}, fmt.Errorf("%w: step %q of a warranty claim", ledger.ErrInvalid, name)
}

// askStatus asks for the status of the warranty, by a button that opens the form.
func (d *Desk) askStatus(ctx context.Context, i Interaction) (Answer, error) {
	t, err := d.here(ctx, i)
	if err != nil {
		return Answer{}, err
	}
	if t.Warranty.Claim != ticket.Claimed {
		key := "claim_decided"
		if t.Warranty.Claim == "" {
			key = "no_claim"
		}
		return Answer{}, d.led(i, &ticket.Refusal{Key: key})
	}
	answer := Answer{Text: i.say("Bagaimana status garansinya? Setelah itu formulir klaim terbuka.", "What is the status of the warranty? The form of the claim opens after that.")}
	for _, s := range warrantyStates {
		answer.Buttons = append(answer.Buttons, Button{ID: buttonWarranty + ":" + warrantyAccept + ":" + s.key + aside, Label: i.say(s.id, s.en), Style: s.style})
	}
	return answer, nil
}

func (d *Desk) acceptWarranty(ctx context.Context, i Interaction, status string) (Answer, error) {
	n := slices.IndexFunc(warrantyStates, func(s warrantyState) bool { return s.key == status })
	if n < 0 {
		return d.askStatus(ctx, i)
	}
	f := ticket.WarrantyForm{
		Product: i.Fields["product"], Serial: i.Fields["serial"], Purchased: i.Fields["purchased"], Status: warrantyStates[n].id,
		Complaint: i.Fields["complaint"], Action: i.Fields["action"],
	}
	return d.ask(ctx, i, step{
		do:   func(t *ticket.Ticket, at time.Time) ([]ledger.Event, error) { return t.AcceptWarranty(f, i.User, at) },
		done: i.say("Klaim garansi diterima. Bila sudah selesai, tutup klaimnya.", "The warranty claim is accepted. Close it when it is done."),
		was:  i.say("Klaim garansi ini sudah diterima.", "This warranty claim is accepted already."),
	})
}

// decideButtons decide on a claim.
func decideButtons(i Interaction, end string) []Button {
	return []Button{
		{ID: buttonWarranty + ":" + warrantyAccept + end, Label: i.say("Terima klaim", "Accept the claim"), Emoji: "✅", Style: "success"},
		{ID: buttonWarranty + ":" + warrantyRefuse + end, Label: i.say("Tolak klaim", "Refuse the claim"), Emoji: "❌", Style: "danger"},
	}
}
