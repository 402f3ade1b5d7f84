package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// prospectForm is what is entered about a refused person.
func (d *Desk) prospectForm(ctx context.Context, i Interaction) (Form, error) {
	c, err := d.formPerson(ctx, i, bridge.ProspectPrefix)
	if err != nil {
		return Form{}, err
	}
	company, err := d.company(ctx, c.Customer)
	if err != nil {
		return Form{}, err
	}
	var keys []string
	for _, t := range d.types() {
		keys = append(keys, i.say(t.ID, t.EN))
	}
	return Form{ID: formProspect + c.ID, Title: i.say("Daftarkan orang ini", "Register this person"), Fields: []Field{
		{ID: "name", Label: i.say("Nama", "Name"), Value: c.Called(), Most: 80},
		{ID: "type", Label: i.say("Tipe pengguna", "User type"), Value: c.Type, Hint: clipped(strings.Join(keys, ", "), 100), Most: 40},
		{ID: "company", Label: i.say("Perusahaan (kosong bila tidak ada)", "Company (empty for none)"), Value: company.Name, Optional: true, Most: 120},
	}}, nil
}

// An enrolment is what is entered about somebody new.
type enrolment struct {
	name, kind string
	company    string // id, "" for none
	create     string // name of a company that is to be made, "" for none
}

// enrolled takes in the form of a refused person.
func (d *Desk) enrolled(ctx context.Context, i Interaction) (Answer, error) {
	e, err := d.enrolment(ctx, i, i.Fields["name"], i.Fields["type"], i.Fields["company"])
	if err != nil {
		return Answer{}, err
	}
	c, changed, err := d.amend(ctx, i, strings.TrimPrefix(i.Form, formProspect), "", func(tx *ledger.Tx, c *customer.Contact) ([]ledger.Event, error) {
		was := c.Known()
		events, err := d.enrol(tx, i, c, e)
		if err == nil && !was && len(events) > 0 {
			tx.Send(bridge.IntakeNote("enrolled/"+c.ID+"/"+i.ID, "📇 <@"+i.User+"> mendaftarkan **"+bridge.ToDiscord(bridge.Clean(c.Called(), 80))+"**. Pesan berikutnya menjadi tiket."))
		}
		return events, err
	})
	if err != nil || !changed {
		return d.amended(ctx, i, c, changed, err)
	}
	return d.shown(ctx, i, c.ID, i.say("✅ Terdaftar. Pesan berikutnya dari orang ini menjadi tiket; kabari dia bila perlu.", "✅ Registered. What this person writes next becomes a ticket; tell him if need be."))
}

// register enters somebody by number.
func (d *Desk) register(ctx context.Context, i Interaction) (Answer, error) {
	p, err := customer.ParsePhone(i.Options["number"])
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	e, err := d.enrolment(ctx, i, i.Options["name"], cmp.Or(i.Options["type"], customer.TypeOther), i.Options["company"])
	if err != nil {
		return Answer{}, err
	}
	var c customer.Contact
	err = d.once(ctx, i, "", func(tx *ledger.Tx) (err error) {
		sum := sha256.Sum256([]byte(p))
		if c, _, err = customer.Find(tx, "n"+hex.EncodeToString(sum[:8]), customer.Who{Phone: p}); err != nil {
			return err
		}
		events, err := d.enrol(tx, i, &c, e)
		if err != nil {
			return err
		}
		for _, e := range events {
			tx.Log(customer.Log(c.ID), e)
		}
		if err := c.Save(tx); err != nil {
			return err
		}
		return d.bridge.PersonChanged(tx, c, i.User)
	})
	if err != nil {
		return Answer{}, d.saidOf(i, err)
	}
	return d.shown(ctx, i, c.ID, i.say("✅ Terdaftar.", "✅ Registered."))
}

// enrol enters what is known of a person.
func (d *Desk) enrol(tx *ledger.Tx, i Interaction, c *customer.Contact, e enrolment) ([]ledger.Event, error) {
	events := c.Register(i.User, tx.Now())
	more, err := c.Rename(e.name, i.User, tx.Now())
	if err != nil {
		return nil, err
	}
	events = append(events, more...)
	if more, err = c.Become(d.types(), e.kind, i.User, tx.Now()); err != nil {
		return nil, err
	}
	events = append(events, more...)
	if e.create != "" {
		company, made, err := customer.Create(newCompany(i), e.create, i.User, tx.Now())
		if err != nil {
			return nil, err
		}
		for _, e := range made {
			tx.Log(customer.CustomerLog(company.ID), e)
		}
		if err := company.Save(tx); err != nil {
			return nil, err
		}
		e.company = company.ID
	}
	if e.company == "" {
		return events, nil
	}
	more, err = c.Join(e.company, i.User, tx.Now())
	return append(events, more...), err
}

// enrolment reads what was entered: a company of exactly that name or id is meant, any
// other is made.
func (d *Desk) enrolment(ctx context.Context, i Interaction, name, kind, company string) (enrolment, error) {
	e := enrolment{name: name, kind: d.typeKey(kind)}
	if !d.types().Has(e.kind) {
		var labels []string
		for _, t := range d.types() {
			labels = append(labels, i.say(t.ID, t.EN))
		}
		return e, Refusal(fmt.Sprintf(i.say("Tipe pengguna itu tidak ada. Pilih salah satu: %s.", "There is no such user type. Choose one of: %s."), strings.Join(labels, ", ")))
	}
	if company = strings.Join(strings.Fields(legible(company)), " "); company == "" {
		return e, nil
	}
	chosen, err := d.company(ctx, company)
	if e.company = chosen.ID; err != nil || e.company != "" {
		return e, err
	}
	hits, _, err := d.search(ctx, customer.Customers.On(question(company), 50))
	if err != nil {
		return e, err
	}
	for _, h := range hits {
		c, err := d.company(ctx, h.ID)
		if err != nil {
			return e, err
		}
		if slices.Equal(customer.Words(c.Name), customer.Words(company)) {
			e.company = c.ID
			return e, nil
		}
	}
	e.create = company
	return e, nil
}
