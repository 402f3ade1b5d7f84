package customer

import "slices"

// onCard is how many of the last tickets and orders a card shows.
const onCard = 5

// A Card is everything a ticket's header says about who writes. Texts are clean, and
// still a client's: whoever shows them escapes them.
type Card struct {
	Contact    string   // id
	Name       string   // what staff call the person, else the person's own; may be ""
	Push       string   // what the person calls himself, if that is something else
	Number     string   // as shown to people, "" while only a LID is known
	Numbers    []string // the further ones
	Type       string   // key of the user type, see Types.Label
	Note       string
	Registered bool // staff or an import entered the person
	Declined   bool // wants no messages that the desk sends first
	Consent    Consent
	Block      Block

	Customer string // id of the company, "" for none
	Company  string // its name
	System   System
	Place    string // outlet group (panel) or domain (private)
	Modules  []string
	Scheme   string
	Owner    string // Discord user id of the owner in sales
	Orders   []Order

	Tickets int      // all of the person, with the present one
	Last    []Ticket // the last ones before the present one, newest first
	Average float64  // of the ratings, 1 to 5; 0 without any
	Rated   int
}

// NewCard gathers the card of the ticket with a number ("" for a card of no ticket).
// company is the zero Customer if the person belongs to none, or to one that is gone.
func NewCard(c Contact, company Customer, ticket string) Card {
	card := Card{
		Contact: c.ID, Name: c.Called(), Number: c.Number(), Type: c.UserType(), Note: c.Note,
		Registered: c.Known(), Declined: c.Consent.Choice == Declined, Consent: c.Consent, Block: c.Block,
		Customer: company.ID, Company: company.Name, System: company.System, Place: company.Place,
		Modules: slices.Clone(company.Modules), Scheme: company.Scheme, Owner: company.Owner,
		Orders:  slices.Clone(company.Orders[:min(len(company.Orders), onCard)]),
		Tickets: c.Figures.Tickets, Rated: c.Figures.Rated,
	}
	if c.Push != card.Name {
		card.Push = c.Push
	}
	for _, p := range c.Phones[min(len(c.Phones), 1):] {
		card.Numbers = append(card.Numbers, p.String())
	}
	card.Average, _ = c.Figures.Average()
	for _, t := range c.Figures.Recent {
		if t.Number != ticket && len(card.Last) < onCard {
			card.Last = append(card.Last, t)
		}
	}
	return card
}

// Number is the person's first number as shown to people, "" while only a LID is known.
func (c Contact) Number() string {
	if len(c.Phones) == 0 {
		return ""
	}
	return c.Phones[0].String()
}
