package bridge

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// ProspectPrefix starts the id of the button that registers a person who was refused; the
// contact's id follows.
const ProspectPrefix = "prospect:"

// contactID is the id of the contact of whoever began a conversation: two attempts at the
// same first message agree.
func contactID(conversation string) string { return "p" + strings.TrimPrefix(conversation, "c") }

// phoneOf is a number as WhatsApp writes it, "" for what is none.
func phoneOf(digits string) customer.Phone {
	if digits == "" {
		return ""
	}
	p, err := customer.ParsePhone("+" + digits)
	if err != nil {
		return "" // a person without a number is one as well
	}
	return p
}

// leads are the documents that lead to the contact of whoever wrote.
func (r *Relay) leads(m ClientMessage) (refs []ledger.Ref) {
	for _, a := range []Address{m.Chat, m.Alt} {
		if a != "" {
			id := conversationID(a)
			refs = append(refs, ledger.Ref{Kind: customer.KindWriter, ID: id}, ledger.Ref{Kind: customer.KindContact, ID: contactID(id)})
		}
	}
	if p := phoneOf(m.Phone); p != "" {
		refs = append(refs, ledger.Ref{Kind: customer.KindPhone, ID: string(p)})
	}
	return refs
}

// member are the documents that lead to whoever wrote in a group.
func member(m ClientMessage) []ledger.Ref {
	refs := []ledger.Ref{{Kind: customer.KindWriter, ID: conversationID(m.Group.Sender)}}
	if p := phoneOf(m.Group.SenderPhone); p != "" {
		refs = append(refs, ledger.Ref{Kind: customer.KindPhone, ID: string(p)})
	}
	return refs
}

// shutOut reports whether a message comes from somebody on the block list, also in a
// group: who is the contact of the conversation, shut that of whoever wrote.
func shutOut(tx *ledger.Tx, m ClientMessage, who customer.Contact) (shut customer.Contact, ok bool, err error) {
	if m.Own || m.Group == nil {
		return who, who.Block.On() && !m.Own, nil
	}
	if who, ok, err = customer.ByChat(tx, conversationID(m.Group.Sender)); err == nil && !ok {
		who, ok, err = customer.ByPhone(tx, phoneOf(m.Group.SenderPhone))
	}
	return who, ok && who.Block.On(), err
}

// contact is the person who writes in a conversation, known or new; nobody in a group.
func (r *Relay) contact(tx *ledger.Tx, c ticket.Conversation, m ClientMessage) (who customer.Contact, known bool, err error) {
	if m.Group != nil {
		return who, false, nil
	}
	w := customer.Who{Chats: append([]string{c.ID}, c.Was...), Phone: phoneOf(c.Phone)}
	if !m.Own { // the name is the desk's own then
		w.Push = m.Name
	}
	who, known, err = customer.Find(tx, contactID(c.ID), w)
	if err != nil {
		return who, known, fmt.Errorf("find who writes in %s: %w", c.ID, err)
	}
	if !m.Own && who.HasWritten(written(m, tx.Now())) {
		err = who.Save(tx)
	}
	return who, known, err
}

// identify notes on a ticket whose it is.
func (a *arrival) identify(t *ticket.Ticket) []ledger.Event {
	if a.who.ID == "" {
		return nil
	}
	return t.Identify(a.who.ID, a.who.Customer, "halo", a.tx.Now())
}

// dropped counts a message of somebody on the block list: nothing of it is kept.
func dropped(tx *ledger.Tx, c ticket.Conversation, m ClientMessage, who customer.Contact, last bool) error {
	if last {
		tx.Log(customer.Log(who.ID), ledger.Event{What: "message_dropped", By: "client", Ref: m.ID})
	}
	return c.Save(tx)
}

// turnAway answers a person whom the policy does not let in, and shows him to staff and
// sales; both once a day.
func (a *arrival) turnAway(v customer.Verdict) error {
	events, tell := a.who.TurnAway(v, a.m.At)
	if err := a.who.Save(a.tx); err != nil {
		return err
	}
	log := customer.Log(a.who.ID)
	a.tx.Log(log, wrote(a.m))
	for _, e := range events {
		a.tx.Log(log, e)
	}
	if tell {
		id := fmt.Sprintf("refused/%s/%d", a.who.ID, a.who.Refused.Count)
		a.r.desk.reply(a.tx, a.c, id, ticket.SayNotRegistered)
		if err := a.prospect(v, id); err != nil {
			return err
		}
	}
	return a.c.Save(a.tx)
}

// reply says a standard sentence to somebody who has no ticket.
func (d Desk) reply(tx *ledger.Tx, c ticket.Conversation, id, key string) {
	text := d.Sentences[key]
	if text == "" {
		return
	}
	l := letter(id, ClientLane(c.ID), ledger.DeskLog, kindText, textBody{Text: text, Say: key})
	l.Ext = d.MessageID(id)
	tx.Send(l)
}

// prospect shows staff and sales that somebody could not be let in.
func (a *arrival) prospect(v customer.Verdict, id string) error {
	company, _, err := customer.LoadCustomer(a.tx, a.who.Customer)
	if err != nil {
		return err
	}
	p := a.who.Prospect(company, cmp.Or(a.m.Text, gistOf(a.m)), v, a.tx.Now())
	body := sayBody{Content: prospectText(p, a.r.desk), Buttons: []Button{{ID: ProspectPrefix + p.Contact, Label: "Daftarkan", Emoji: "📇", Style: "primary"}}}
	if p.Owner != "" {
		body.PingUsers = []string{p.Owner}
	} else {
		body.PingRoles = a.r.desk.Roles["sales"]
	}
	a.tx.Send(letter(id+"/seen", ChannelLane("intake"), ledger.DeskLog, kindSay, body))
	return nil
}

// prospectText says who wrote, what, and what can be done.
func prospectText(p customer.Prospect, d Desk) string {
	who := cmp.Or(ToDiscord(p.Name), "Tanpa nama")
	about := []string{cmp.Or(p.Number, "nomor belum diketahui")}
	if p.Customer != "" {
		about = append(about, ToDiscord(p.Customer))
	}
	if label := d.Types.Label(p.Type, "id"); label != "" {
		about = append(about, ToDiscord(label))
	}
	why := "belum terdaftar, jadi belum dilayani"
	if v := p.Why; v == customer.NotServed {
		why = "jenis penggunanya tidak dilayani di sini"
	}
	var called []string
	if p.Owner != "" {
		called = append(called, " <@"+p.Owner+">")
	} else {
		for _, role := range d.Roles["sales"] {
			called = append(called, " <@&"+role+">")
		}
	}
	lines := []string{
		"🚪 **" + who + "** (" + strings.Join(about, ", ") + ") menulis, tetapi " + why + "." + strings.Join(called, ""),
		quote(ToDiscord(p.Text)),
		fmt.Sprintf("-# Pesan ke-%d darinya. Daftarkan orangnya agar pesan berikutnya menjadi tiket.", p.Attempts),
	}
	return Split(strings.Join(lines, "\n"), discordLimit)[0]
}

// gistOf says what kind of message it is that has no words.
func gistOf(m ClientMessage) string {
	name := kindNames[m.Kind]
	if name == "" {
		name = "pesan"
	}
	return "(" + name + ")"
}
