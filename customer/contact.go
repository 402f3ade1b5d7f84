package customer

import (
	"cmp"
	"slices"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A Contact is a person who writes to the desk, or of whom the desk knows. Change it
// by its methods, which keep what it holds clean and bounded.
type Contact struct {
	ID     string
	Name   string   // what staff call the person, "" while nobody has said
	Push   string   // what the person calls himself on WhatsApp; cleaned, and may be anything
	Former []string // names staff gave before, newest first
	Phones []Phone  // oldest first; empty while only a LID is known
	Chats  []string // ids of the person's conversations, oldest first
	Type   string   // key of a user type, "" while nobody has said: see UserType
	// Customer is the id of the company the person belongs to, "" for none.
	Customer string
	// Registered is when staff or an import entered the person: zero for one who only
	// wrote.
	Registered time.Time
	// Wrote is when the person first wrote to the desk's number: zero for never, and
	// then nothing may be sent first.
	Wrote   time.Time
	Consent Consent
	Block   Block
	Note    string // of staff; may have several lines
	Refused Refused
	Figures Figures
	// Into is the contact that goes on for this one, "" if this one does.
	Into string
	// Was are the contacts that go on in this one; their documents and logs stay.
	Was []string

	Created, Updated time.Time
}

// Called is the name to show: staff's, else the person's own; "" if there is none.
func (c Contact) Called() string { return cmp.Or(c.Name, c.Push) }

// Known reports whether staff or an import entered the person, rather than only the
// person having written.
func (c Contact) Known() bool { return c.Customer != "" || !c.Registered.IsZero() }

// UserType is the key of the person's user type: who only wrote is a prospect.
func (c Contact) UserType() string {
	switch {
	case c.Type != "":
		return c.Type
	case c.Known():
		return TypeOther
	}
	return TypeProspect
}

// Proactive reports whether the desk may write first: the person has written before,
// has not declined, and is not blocked. Replies need none of it.
func (c Contact) Proactive() bool {
	return !c.Wrote.IsZero() && c.Consent.Choice != Declined && !c.Block.On()
}

// Rename is staff giving the person a name. [Refusal] name_missing.
func (c *Contact) Rename(name, by string, at time.Time) ([]ledger.Event, error) {
	name = line(name, longPerson)
	if name == "" {
		return nil, refuse("name_missing")
	}
	if name == c.Name {
		return nil, nil
	}
	e := event("contact_renamed", by, at, "from", c.Name, "to", name)
	c.Former = former(name, append([]string{c.Name}, c.Former...))
	c.Name, c.Updated = name, at
	return []ledger.Event{e}, nil
}

// former are the names that are not the present one.
func former(name string, all []string) []string {
	all = slices.DeleteFunc(lines(all, longPerson, mostFormer+1), func(s string) bool { return s == name })
	return all[:min(len(all), mostFormer)]
}

// Call notes what the person calls himself, and reports whether that is new.
func (c *Contact) Call(push string, at time.Time) bool {
	push = line(push, longPerson)
	if push == "" || push == c.Push {
		return false
	}
	c.Push, c.Updated = push, at
	return true
}

// HasWritten notes a message of the person to the desk's number, and reports whether
// it is the first one known.
func (c *Contact) HasWritten(at time.Time) bool {
	at = millisecond(at)
	if at.IsZero() || !c.Wrote.IsZero() && !at.Before(c.Wrote) {
		return false
	}
	c.Wrote = at
	return true
}

// Register is staff or an import entering the person.
func (c *Contact) Register(by string, at time.Time) []ledger.Event {
	if !c.Registered.IsZero() {
		return nil
	}
	c.Registered, c.Updated = millisecond(at), at
	return []ledger.Event{event("contact_registered", by, at)}
}

// Become says what the person does at the company. [Refusal] type_unknown.
func (c *Contact) Become(types Types, key, by string, at time.Time) ([]ledger.Event, error) {
	if !types.Has(key) {
		return nil, refuse("type_unknown")
	}
	if key == c.Type {
		return nil, nil
	}
	e := event("contact_typed", by, at, "from", c.Type, "to", key)
	c.Type, c.Updated = key, at
	return []ledger.Event{e}, nil
}

// Join ties the person to a company by its id, "" to none. The caller has made sure
// that there is one.
func (c *Contact) Join(customer, by string, at time.Time) ([]ledger.Event, error) {
	if customer == c.Customer {
		return nil, nil
	}
	if customer != "" {
		if err := checkID("customer", customer); err != nil {
			return nil, err
		}
	}
	e := event("contact_joined", by, at, "from", c.Customer, "to", customer)
	c.Customer, c.Updated = customer, at
	return append(c.Register(by, at), e), nil
}

// Annotate replaces the note, "" for none.
func (c *Contact) Annotate(note, by string, at time.Time) []ledger.Event {
	note = block(note, longNote)
	if note == c.Note {
		return nil
	}
	c.Note, c.Updated = note, at
	return []ledger.Event{event("contact_noted", by, at, "to", line(note, longEvent))}
}

// Log is the log of a contact.
func Log(id string) string { return "contact/" + id }
