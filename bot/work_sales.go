package bot

import (
	"context"
	"strings"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// longestQuestion is how many signs a question to sales has at most.
const longestQuestion = 500

func (d *Desk) salesForm(ctx context.Context, i Interaction) (Form, error) {
	_, err := d.before(ctx, i, func(t *ticket.Ticket) ([]ledger.Event, error) {
		if t.State == ticket.Closed {
			return nil, &ticket.Refusal{Key: "closed"}
		}
		return nil, nil
	})
	if err != nil {
		return Form{}, err
	}
	return Form{ID: formSales, Title: i.say("Tanya sales", "Ask sales"), Fields: []Field{{
		ID: "question", Label: i.say("Pertanyaan; klien tidak membacanya", "The question; the client does not read it"), Long: true, Most: longestQuestion,
	}}}, nil
}

// askSales puts a question to sales in the thread.
func (d *Desk) askSales(ctx context.Context, i Interaction) (Answer, error) {
	question := strings.TrimSpace(i.Fields["question"])
	if question == "" {
		return Answer{}, Refusal(i.say("Tuliskan pertanyaannya.", "Write the question."))
	}
	_, err := d.change(ctx, i, "", func(tx *ledger.Tx, t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		if t.State == ticket.Closed {
			return nil, &ticket.Refusal{Key: "closed"}
		}
		e, ok, err := d.bridge.AskSales(tx, *t, i.ID, question, i.User)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, Refusal(i.say("Klien ini belum punya pemilik di sales, dan peran sales belum ditetapkan. Tanyakan kepada supervisor.",
				"This client has no owner in sales yet, and there is no sales role. Ask a supervisor."))
		}
		return []ledger.Event{e}, nil
	})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Text: i.say("💬 Pertanyaan terkirim ke sales di thread ini.", "💬 Sales is asked in this thread.")}, nil
}
