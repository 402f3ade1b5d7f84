package bridge

import (
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// AskSales puts a question to the owner of the ticket's customer in sales, else to all of
// sales, as a line in the thread: the client hears nothing, and it is no escalation. id
// names the line. The event is for the ticket's log. ok is false when there is nobody
// to ask.
func (d Desk) AskSales(tx *ledger.Tx, t ticket.Ticket, id, question, by string) (e ledger.Event, ok bool, err error) {
	to := Mention{Roles: d.Roles["sales"]}
	if t.Customer != "" {
		c, known, err := customer.LoadCustomer(tx, t.Customer)
		if err != nil {
			return ledger.Event{}, false, err
		}
		if known && c.Owner != "" {
			to = Mention{Users: []string{c.Owner}}
		}
	}
	if to.String() == "" {
		return ledger.Event{}, false, nil
	}
	tx.Send(letter("sales/"+t.Number+"/"+id, ThreadLane(t.Number), t.Number, kindSay, sayBody{
		Content:   "💬 " + to.String() + " pertanyaan dari <@" + by + "> untuk sales:\n" + quote(inert(question)) + "\n-# Jawaban di thread ini tetap di dalam; klien tidak membacanya.",
		PingUsers: to.Users, PingRoles: to.Roles,
	}))
	return ledger.Event{At: tx.Now(), What: "sales_asked", By: by, Data: map[string]string{"question": question}}, true, nil
}
