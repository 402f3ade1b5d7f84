package bot

import (
	"cmp"
	"context"
	"errors"

	"github.com/haloerzap/halo/bridge"
	"github.com/haloerzap/halo/customer"
)

// companiesLike are the companies that words may mean, most likely first; without words the
// one of this thread.
func (d *Desk) companiesLike(ctx context.Context, i Interaction, words string, most int) (out []customer.Customer, err error) {
	if words == "" {
		c, err := d.companyHere(ctx, i)
		if err != nil || c.ID == "" {
			return nil, err
		}
		return []customer.Customer{c}, nil
	}
	hits, _, err := d.search(ctx, customer.Customers.On(words, most))
	for _, h := range hits {
		c, err := d.company(ctx, h.ID)
		if err != nil {
			return out, err
		}
		if c.ID != "" {
			out = append(out, c)
		}
	}
	return out, err
}

// companyHere is the company of this thread, zero if there is none.
func (d *Desk) companyHere(ctx context.Context, i Interaction) (customer.Customer, error) {
	who, company, err := d.personHere(ctx, i)
	if err != nil {
		return customer.Customer{}, err
	}
	return d.company(ctx, cmp.Or(who.Customer, company))
}

// personHere is the person of this thread and the company that its ticket is about; both
// are zero elsewhere.
func (d *Desk) personHere(ctx context.Context, i Interaction) (who customer.Contact, company string, err error) {
	t, err := d.threadTicket(ctx, i)
	if _, elsewhere := errors.AsType[Refusal](err); elsewhere {
		return who, "", nil
	}
	if err != nil {
		return who, "", err
	}
	who, err = d.personOf(ctx, t)
	return who, t.Customer, err
}

// likelyCompanies are companies with their places, by id.
func (d *Desk) likelyCompanies(ctx context.Context, i Interaction, words string) (out []Choice, err error) {
	all, err := d.companiesLike(ctx, i, words, mostOffered)
	for _, c := range all {
		// Both are what it is found by: the label itself, sent or typed on, finds it again.
		out = append(out, labelled(c.ID, cmp.Or(bridge.Clean(c.Name, 60), c.ID), bridge.Clean(c.Place, 37)))
	}
	return out, err
}

// likelyPeople are people with number and company, by id; without words the one of this
// thread.
func (d *Desk) likelyPeople(ctx context.Context, i Interaction, words string) (out []Choice, err error) {
	var found []customer.Contact
	if words == "" {
		who, _, err := d.personHere(ctx, i)
		if err != nil {
			return nil, err
		}
		found = append(found, who)
	} else if found, _, err = d.people(ctx, words); err != nil {
		return nil, err
	}
	for _, c := range found[:min(len(found), mostOffered)] {
		if c.ID == "" {
			continue
		}
		company, err := d.company(ctx, c.Customer)
		if err != nil {
			return out, err
		}
		number := c.Number()
		if !d.may(i, clientele) && len(c.Phones) > 0 {
			number = c.Phones[0].Masked()
		}
		out = append(out, labelled(c.ID, cmp.Or(bridge.Clean(c.Called(), 40), "?"), number, bridge.Clean(company.Name, 33)))
	}
	return out, nil
}
