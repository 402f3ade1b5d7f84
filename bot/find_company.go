package bot

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
)

// Buttons and forms about a person's company: the person's id follows.
const (
	companyJoin = personPrefix + "join:" // the select of companies
	companyNew  = personPrefix + "new:"  // + ":" and the name asked for

	formCompany = "f:company:" // + person:company, the latter "" for a new one
)

// noCompany is the choice of belonging to none.
const noCompany = "-"

// companies lets choose the company of a person by words, or makes the owner in sales
// known.
func (d *Desk) companies(ctx context.Context, i Interaction) (Answer, error) {
	who, err := d.known(ctx, i, i.Options["who"])
	if err != nil {
		return Answer{}, err
	}
	if owner := i.Options["owner"]; owner != "" && i.Options["name"] == "" {
		return d.owned(ctx, i, who, owner)
	}
	name := question(i.Options["name"])
	if name == "" {
		return d.companyCard(ctx, i, who)
	}
	if chosen, err := d.company(ctx, name); err != nil || chosen.ID != "" {
		return d.companyChosen(i, who, chosen), err
	}
	hits, more, err := d.search(ctx, customer.Customers.On(name, 20))
	if err != nil {
		return Answer{}, err
	}
	out := Answer{Text: fmt.Sprintf(i.say("Perusahaan untuk %s: pilih dari daftar, atau buat yang baru.", "The company of %s: choose one, or make a new one."), d.brief(i, who)),
		Buttons: []Button{{ID: companyNew + who.ID + ":" + clipped(name, 40), Label: i.say("Buat “", "Make “") + bridge.Clean(name, 50) + "”", Emoji: "➕", Style: "success"}}}
	if more {
		out.Text += i.say("\n-# Masih ada yang lain: pakai nama yang lebih lengkap.", "\n-# There are others: write more of the name.")
	}
	choose := Select{ID: companyJoin + who.ID, Hint: i.say("Pilih perusahaannya", "Choose the company")}
	for _, h := range hits {
		c, err := d.company(ctx, h.ID)
		if err != nil {
			return Answer{}, err
		}
		label := bridge.Clean(c.Name, 80)
		choose.Options = append(choose.Options, Choice{Value: h.ID, Label: both(label, label), Hint: bridge.Clean(c.Place, 100)})
	}
	if who.Customer != "" {
		choose.Options = append(choose.Options, Choice{Value: noCompany, Label: both("Tidak ada perusahaan", "No company")})
	}
	if i.Options["owner"] != "" {
		out.Text += i.say("\n-# Sales ditetapkan sesudah itu: /customer company owner:…", "\n-# The owner in sales is set after that: /customer company owner:…")
	}
	if len(choose.Options) > 0 {
		out.Selects = []Select{choose}
	}
	return out, nil
}

// companyChosen lets confirm a company that was chosen while its name was typed.
func (d *Desk) companyChosen(i Interaction, who customer.Contact, c customer.Customer) Answer {
	label := bridge.Clean(c.Name, 80)
	choose := Select{ID: companyJoin + who.ID, Hint: i.say("Pilih perusahaannya", "Choose the company"), Options: []Choice{
		{Value: c.ID, Label: both(label, label), Hint: bridge.Clean(c.Place, 100)},
	}}
	if who.Customer != "" {
		choose.Options = append(choose.Options, Choice{Value: noCompany, Label: both("Tidak ada perusahaan", "No company")})
	}
	return Answer{Text: fmt.Sprintf(i.say("Perusahaan untuk %s: pilih untuk menetapkannya.", "The company of %s: choose it to set it."), d.brief(i, who)), Selects: []Select{choose}}
}

// companyCard is the person's company with what may be done, or how to find one.
func (d *Desk) companyCard(ctx context.Context, i Interaction, who customer.Contact) (Answer, error) {
	if who.Customer == "" {
		return Answer{}, Refusal(i.say("Orang ini belum punya perusahaan. Tulis namanya: /customer company name:…", "This person has no company yet. Write its name: /customer company name:…"))
	}
	return d.personCard(ctx, i, who, "")
}

// joined ties a person to the company that was chosen.
func (d *Desk) joined(ctx context.Context, i Interaction) (Answer, error) {
	if len(i.Values) != 1 {
		return Answer{}, fmt.Errorf("%w: %d values of %q", ledger.ErrInvalid, len(i.Values), i.Button)
	}
	to := i.Values[0]
	if to == noCompany {
		to = ""
	}
	c, changed, err := d.amend(ctx, i, strings.TrimPrefix(i.Button, companyJoin), "", func(tx *ledger.Tx, c *customer.Contact) ([]ledger.Event, error) {
		if to != "" {
			if _, ok, err := customer.LoadCustomer(tx, to); err != nil || !ok {
				return nil, cmp.Or(err, error(d.noCompany(i)))
			}
		}
		return c.Join(to, i.User, tx.Now())
	})
	return d.amended(ctx, i, c, changed, err)
}

func (d *Desk) noCompany(i Interaction) Refusal {
	return Refusal(i.say("Perusahaan itu tidak ditemukan. Cari lagi dengan namanya.", "That company was not found. Search again by its name."))
}

// companyForm is what is entered about a person's company, or about a new one.
func (d *Desk) companyForm(ctx context.Context, i Interaction) (Form, error) {
	ctx, cancel := context.WithTimeout(ctx, formPatience)
	defer cancel()
	id, name, fresh := strings.Cut(strings.TrimPrefix(i.Button, companyNew), ":")
	if !strings.HasPrefix(i.Button, companyNew) {
		id, name, fresh = strings.TrimPrefix(i.Button, personCompany), "", false
	}
	c := customer.Customer{Name: name}
	if !fresh {
		who, err := d.formPerson(ctx, i, personCompany)
		if err != nil {
			return Form{}, err
		}
		if c, err = d.company(ctx, who.Customer); err != nil {
			return Form{}, err
		}
		id = who.ID
	}
	place := c.Place
	if c.System != "" {
		place = string(c.System) + ": " + c.Place
	}
	return Form{ID: formCompany + id + ":" + c.ID, Title: i.say("Data perusahaan", "About the company"), Fields: []Field{
		{ID: "name", Label: i.say("Nama perusahaan", "Name of the company"), Value: c.Name, Most: 120},
		{ID: "place", Label: i.say("Grup outlet (panel) atau domain (private)", "Outlet group (panel) or domain (private)"), Value: place,
			Hint: i.say("panel: Grup Maju · private: maju.example.com", "panel: Maju Group · private: maju.example.com"), Optional: true, Most: 130},
		{ID: "modules", Label: i.say("Modul yang dipakai, dipisah koma", "Modules used, separated by commas"), Value: strings.Join(c.Modules, ", "), Optional: true, Long: true, Most: 1300},
		{ID: "scheme", Label: i.say("Catatan skema", "Notes on the scheme"), Value: c.Scheme, Optional: true, Long: true, Most: 3000},
		{ID: "aliases", Label: i.say("Sebutan lain, dipisah koma", "Other names, separated by commas"), Value: strings.Join(c.Aliases, ", "), Optional: true, Most: 450},
	}}, nil
}

// companyEdited takes in the form: a company that there was changes, a new one is made
// and the person belongs to it.
func (d *Desk) companyEdited(ctx context.Context, i Interaction) (Answer, error) {
	person, id, _ := strings.Cut(strings.TrimPrefix(i.Form, formCompany), ":")
	c, changed, err := d.amend(ctx, i, person, "", func(tx *ledger.Tx, c *customer.Contact) ([]ledger.Event, error) {
		company, events, err := d.companyOf(tx, i, id)
		if err != nil {
			return nil, err
		}
		more, err := described(&company, i, tx)
		if err != nil {
			return nil, err
		}
		if events = append(events, more...); len(events) == 0 {
			return nil, nil
		}
		for _, e := range events {
			tx.Log(customer.CustomerLog(company.ID), e)
		}
		if err := errors.Join(company.Save(tx), d.bridge.CompanyChanged(tx, company.ID)); err != nil {
			return nil, err
		}
		var joined []ledger.Event
		if id == "" { // to what there was the person belongs already, or no longer
			if joined, err = c.Join(company.ID, i.User, tx.Now()); err != nil {
				return nil, err
			}
		}
		return append(joined, ledger.Event{At: tx.Now(), What: "company_edited", By: i.User, Ref: company.ID}), nil
	})
	return d.amended(ctx, i, c, changed, err)
}

// companyOf is the company of an id, or a new one of this interaction.
func (d *Desk) companyOf(tx *ledger.Tx, i Interaction, id string) (customer.Customer, []ledger.Event, error) {
	if id == "" {
		return customer.Create(newCompany(i), i.Fields["name"], i.User, tx.Now())
	}
	company, ok, err := customer.LoadCustomer(tx, id)
	if err != nil || !ok {
		return company, nil, cmp.Or(err, error(d.noCompany(i)))
	}
	events, err := company.Rename(i.Fields["name"], i.User, tx.Now())
	return company, events, err
}

// newCompany is the id of a company that this interaction makes.
func newCompany(i Interaction) string {
	sum := sha256.Sum256([]byte(i.ID))
	return "k" + hex.EncodeToString(sum[:8])
}

// described takes the form's fields over, but for the name.
func described(c *customer.Customer, i Interaction, tx *ledger.Tx) ([]ledger.Event, error) {
	system, place := placeOf(i.Fields["place"])
	events, err := c.Settle(system, place, i.User, tx.Now())
	if err != nil {
		return nil, err
	}
	events = append(events, c.Map(strings.Split(i.Fields["modules"], ","), i.Fields["scheme"], i.User, tx.Now())...)
	return append(events, c.Alias(strings.Split(i.Fields["aliases"], ","), i.User, tx.Now())...), nil
}

// placeOf reads "panel: group" and "private: domain"; without a word in front a domain is
// told by its dots.
func placeOf(text string) (customer.System, string) {
	text = strings.TrimSpace(text)
	system, place, ok := strings.Cut(text, ":")
	switch system = strings.ToLower(strings.TrimSpace(system)); {
	case text == "":
		return "", ""
	case ok && (system == string(customer.Panel) || system == string(customer.Private)):
		return customer.System(system), strings.TrimSpace(place)
	case strings.Contains(text, "://") || strings.Contains(text, ".") && !strings.Contains(text, " "):
		return customer.Private, text
	}
	return customer.Panel, text
}

// owned makes somebody the owner in sales of a person's company.
func (d *Desk) owned(ctx context.Context, i Interaction, who customer.Contact, owner string) (Answer, error) {
	if who.Customer == "" {
		return d.companyCard(ctx, i, who)
	}
	if !d.may(Interaction{Roles: i.Members[owner]}, clientele) {
		return Answer{}, Refusal(i.say("<@"+owner+"> tidak memiliki peran sales atau agen. Pilih orang sales yang memegang perusahaan ini.",
			"<@"+owner+"> has neither a sales role nor that of an agent. Choose the person in sales who looks after this company."))
	}
	c, changed, err := d.amend(ctx, i, who.ID, "", func(tx *ledger.Tx, c *customer.Contact) ([]ledger.Event, error) {
		company, ok, err := customer.LoadCustomer(tx, c.Customer)
		if err != nil || !ok {
			return nil, cmp.Or(err, error(d.noCompany(i)))
		}
		events, err := company.Assign(owner, i.User, tx.Now())
		if err != nil || len(events) == 0 {
			return nil, err
		}
		for _, e := range events {
			tx.Log(customer.CustomerLog(company.ID), e)
		}
		return []ledger.Event{{At: tx.Now(), What: "company_edited", By: i.User, Ref: company.ID}}, errors.Join(company.Save(tx), d.bridge.CompanyChanged(tx, company.ID))
	})
	return d.amended(ctx, i, c, changed, err)
}

// clipped is at most most bytes of a text.
func clipped(s string, most int) string {
	for len(s) > most {
		r := []rune(s)
		s = string(r[:len(r)-1])
	}
	return s
}
