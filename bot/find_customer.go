package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// Buttons and forms about a person: his id follows, and then what else it takes.
const (
	personPrefix  = "cu:"
	personShow    = personPrefix + "show:"
	personChoose  = personPrefix + "choose:" // the select of people
	personEdit    = personPrefix + "edit:"
	personType    = personPrefix + "type:"
	personAs      = personPrefix + "as:" // the select of types
	personCompany = personPrefix + "company:"
	personBlock   = personPrefix + "block:"
	personUnblock = personPrefix + "unblock:"
	personMerge   = personPrefix + "merge:" // + the other one

	formPerson   = "f:person:"
	formBlock    = "f:block:"
	formProspect = "f:prospect:"
)

// clientele may look after people and companies.
var clientele = []string{Agent, Sales, AssistantManager, Manager}

// types are the user types of this desk.
func (d *Desk) types() customer.Types {
	if len(d.bridge.Types) == 0 {
		return customer.DefaultTypes()
	}
	return d.bridge.Types
}

// language is the one package customer speaks to a person.
func language(i Interaction) string { return i.say("id", "en") }

// saidOf is said for what package customer refuses, too.
func (d *Desk) saidOf(i Interaction, err error) error {
	if r, ok := errors.AsType[*customer.Refusal](err); ok {
		return Refusal(r.Say(language(i)))
	}
	return d.said(i, err)
}

// whom is the person somebody means: by number or name, or of this thread if nothing is
// said. A person without an id only has a chat so far. Who several may be is refused.
func (d *Desk) whom(ctx context.Context, i Interaction, who string) (customer.Contact, error) {
	if who = question(who); who == "" {
		t, err := d.threadTicket(ctx, i)
		if err != nil {
			return customer.Contact{}, err
		}
		return d.personOf(ctx, t)
	}
	found, more, err := d.people(ctx, who)
	switch {
	case err != nil:
		return customer.Contact{}, err
	case len(found) == 0:
		return customer.Contact{}, Refusal(i.say("Tidak ada orang dengan nomor atau nama itu. Daftarkan dengan /customer register.", "There is nobody of that number or name. Enter the person with /customer register."))
	case len(found) > 1 || more:
		return customer.Contact{}, Refusal(i.say("Ada beberapa orang yang cocok. Tulis nomornya lebih lengkap, atau pilih lewat /customer show.", "Several people match. Write more of the number, or choose one by /customer show."))
	}
	return found[0], nil
}

// inTx is the person of an id, or of this thread if it is "".
func (d *Desk) inTx(tx *ledger.Tx, i Interaction, id string) (c customer.Contact, thread string, err error) {
	if th, err := d.threadHere(tx, i); err == nil {
		thread = th
	} else if _, ok := errors.AsType[Refusal](err); !ok || id == "" {
		return c, "", err
	}
	ok := false
	if id != "" {
		c, ok, err = customer.Load(tx, id)
	} else {
		c, ok, err = d.bridge.Person(tx, thread, i.User)
	}
	if err != nil || ok {
		return c, thread, err
	}
	if id != "" {
		return c, "", Refusal((&customer.Refusal{Key: "contact_unknown", Ref: id}).Say(language(i)))
	}
	return c, "", Refusal(i.say("Orang di tiket ini belum dikenal. Daftarkan dengan /customer register.", "The person of this ticket is not known yet. Enter him with /customer register."))
}

// amend changes a person, once an interaction, with the events for his log; the cards of
// his open tickets follow. changed is false when nothing had to change.
func (d *Desk) amend(ctx context.Context, i Interaction, id, part string, fn func(tx *ledger.Tx, c *customer.Contact) ([]ledger.Event, error)) (c customer.Contact, changed bool, err error) {
	err = d.once(ctx, i, part, func(tx *ledger.Tx) error {
		changed = false
		found, thread, err := d.inTx(tx, i, id)
		if err != nil {
			return err
		}
		c = found
		events, err := fn(tx, &c)
		if err != nil || len(events) == 0 && slices.Equal(c.Phones, found.Phones) {
			return err
		}
		changed = true
		for _, e := range events {
			tx.Log(customer.Log(c.ID), e)
		}
		if err := c.Save(tx); err != nil {
			return err
		}
		return d.follow(tx, i, c, thread)
	})
	return c, changed, d.saidOf(i, err)
}

// follow makes tickets follow a person: also that of this thread, if it is his.
func (d *Desk) follow(tx *ledger.Tx, i Interaction, c customer.Contact, thread string) error {
	if thread == "" {
		return d.bridge.PersonChanged(tx, c, i.User)
	}
	mine, ok, err := d.bridge.Person(tx, thread, i.User)
	if err != nil || !ok || mine.ID != c.ID {
		return cmp.Or(err, d.bridge.PersonChanged(tx, c, i.User))
	}
	return d.bridge.PersonChanged(tx, c, i.User, thread)
}

// person shows who somebody is, or lets choose among those who match.
func (d *Desk) person(ctx context.Context, i Interaction) (Answer, error) {
	who := question(i.Options["who"])
	if who == "" {
		c, err := d.whom(ctx, i, "")
		if err != nil {
			return Answer{}, d.saidOf(i, err)
		}
		return d.personCard(ctx, i, c, "")
	}
	found, more, err := d.people(ctx, who)
	if err != nil {
		return Answer{}, err
	}
	if len(found) == 1 && !more {
		return d.personCard(ctx, i, found[0], "")
	}
	if len(found) == 0 {
		_, err := d.whom(ctx, i, who)
		return Answer{}, err
	}
	choose := Select{ID: personChoose, Hint: i.say("Pilih orangnya", "Choose the person")}
	for _, c := range found[:min(len(found), 25)] {
		company, err := d.company(ctx, c.Customer)
		if err != nil {
			return Answer{}, err
		}
		label := bridge.Clean(cmp.Or(c.Called(), c.Number(), "?"), 60)
		choose.Options = append(choose.Options, Choice{Value: c.ID, Label: both(label, label), Hint: bridge.Clean(strings.TrimSpace(c.Number()+" "+company.Name), 100)})
	}
	return Answer{Text: i.say("Beberapa orang cocok. Pilih orangnya:", "Several people match. Choose the person:"), Selects: []Select{choose}}, nil
}

// personButton shows the person of a button or select.
func (d *Desk) personButton(ctx context.Context, i Interaction) (Answer, error) {
	id := strings.TrimPrefix(i.Button, personShow)
	if len(i.Values) > 0 {
		id = i.Values[0]
	}
	return d.shown(ctx, i, id, "")
}

// shown is the card of a person by id, below what was just done.
func (d *Desk) shown(ctx context.Context, i Interaction, id, said string) (Answer, error) {
	c, ok, err := d.contact(ctx, id)
	if err != nil {
		return Answer{}, err
	}
	if !ok {
		return Answer{}, Refusal((&customer.Refusal{Key: "contact_unknown"}).Say(language(i)))
	}
	return d.personCard(ctx, i, c, said)
}

// personCard is everything known of a person, with what may be done.
func (d *Desk) personCard(ctx context.Context, i Interaction, c customer.Contact, said string) (Answer, error) {
	company, err := d.company(ctx, c.Customer)
	if err != nil {
		return Answer{}, err
	}
	lines := d.cardLines(i, customer.NewCard(c, company, ""))
	if company.ID != "" {
		buys, err := d.buyingLines(ctx, i, company)
		if err != nil {
			return Answer{}, err
		}
		lines = append(lines, buys...)
	}
	if said != "" {
		lines = append([]string{said, ""}, lines...)
	}
	text := strings.Join(lines, "\n")
	for len(text) > mostAnswer && len(lines) > 1 {
		lines = lines[:len(lines)-1]
		text = strings.Join(lines, "\n")
	}
	buttons := []Button{
		{ID: personEdit + c.ID, Label: i.say("Ubah", "Edit"), Emoji: "✏️"},
		{ID: personType + c.ID, Label: i.say("Tipe", "Type"), Emoji: "🏷️"},
		{ID: personCompany + c.ID, Label: i.say("Perusahaan", "Company"), Emoji: "🏢"},
	}
	if c.ID != "" {
		buttons = append(buttons, Button{ID: personConsent + c.ID, Label: i.say("Info & penawaran", "Offers"), Emoji: "🔔"})
	}
	switch {
	case c.ID == "" || !d.may(i, supervisors):
	case c.Block.On():
		buttons = append(buttons, Button{ID: personUnblock + c.ID, Label: i.say("Buka blokir", "Unblock"), Emoji: "🔓"})
	default:
		buttons = append(buttons, Button{ID: personBlock + c.ID, Label: i.say("Blokir", "Block"), Emoji: "⛔", Style: "danger"})
	}
	return Answer{Text: text, Buttons: buttons}, nil
}

// cardLines are the lines of a card, the most important ones first.
func (d *Desk) cardLines(i Interaction, card customer.Card) []string {
	show := func(s string, most int) string { return bridge.ToDiscord(bridge.Clean(s, most)) }
	lines := []string{"👤 **" + cmp.Or(show(card.Name, 80), i.say("Tanpa nama", "No name")) + "**"}
	add := func(id, en, value string) {
		if value != "" {
			lines = append(lines, "**"+i.say(id, en)+"**: "+value)
		}
	}
	if card.Block.On() {
		add("⛔ Diblokir", "⛔ Blocked", show(card.Block.Why, 200)+" · "+bridge.By(card.Block.By, i.English())+" "+stamp(card.Block.At, "d"))
	}
	add("Nomor", "Number", strings.Join(append([]string{card.Number}, card.Numbers...), ", "))
	add("Nama di WhatsApp", "Name on WhatsApp", show(card.Push, 60))
	add("Tipe", "Type", show(d.types().Label(card.Type, language(i)), 40))
	if !card.Registered {
		add("Terdaftar", "Registered", i.say("belum", "not yet"))
	}
	add("Perusahaan", "Company", show(card.Company, 80))
	switch card.System {
	case customer.Panel:
		add("Grup outlet (panel)", "Outlet group (panel)", show(card.Place, 80))
	case customer.Private:
		add("Domain (private)", "Domain (private)", show(card.Place, 80))
	}
	if card.Owner != "" {
		add("Sales", "Owner in sales", "<@"+card.Owner+">")
	}
	add("Modul", "Modules", show(strings.Join(card.Modules, ", "), 200))
	add("Skema", "Scheme", show(card.Scheme, 200))
	add("Catatan", "Note", show(card.Note, 300))
	add("Info dan penawaran", "Information and offers", consentLine(i, card.Consent))
	if card.Tickets > 0 {
		figures := fmt.Sprint(card.Tickets)
		if card.Rated > 0 {
			figures += fmt.Sprintf(" · ⭐ %.1f (%d)", card.Average, card.Rated)
		}
		add("Tiket", "Tickets", figures)
	}
	for _, t := range card.Last {
		lines = append(lines, "- `"+bridge.Clean(t.Number, 40)+"` "+stamp(t.Opened, "d")+" "+show(t.Title, 60))
	}
	for _, o := range card.Orders {
		lines = append(lines, "- 🧾 "+show(o.Number, 30)+" "+stamp(o.At, "d")+" "+show(o.What, 60))
	}
	return lines
}
