// Package customer is who writes to the desk: the person (a [Contact]), the company
// the person belongs to (a [Customer]), who may open tickets, and how both are found
// again. It does no I/O; documents are read and written through a [ledger.Tx], and
// time comes in as a parameter.
//
// A transition cleans and bounds what it is given, changes the value, and returns the
// events for the log of that value ([Log], [CustomerLog]); Save writes the value. Doing
// the same again changes nothing and returns no event. Functions of a Tx ([Find],
// [Merge], [Attach], [Detach]) save and log by themselves. A [Refusal] says why
// something may not be done; any other error comes from the store.
package customer

import (
	"slices"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// Documents of a desk that this package owns.
const (
	KindContact  ledger.Kind = "contact"
	KindCustomer ledger.Kind = "customer"
	// KindPhone ties a number (digits of E.164) to the id of its contact.
	KindPhone ledger.Kind = "phone"
	// KindWriter ties a conversation's id to the id of the contact who writes in it.
	KindWriter ledger.Kind = "writer"
)

// A System is how a company uses the software.
type System string

// The systems. A company on the panel is known by its outlet group, one with an
// installation of its own by its domain.
const (
	Panel   System = "panel"
	Private System = "private"
)

// A Customer is a company. Its contacts point at it; [PeopleOf] names the index that
// lists them.
type Customer struct {
	ID      string // at most 40 bytes, without "|"
	Key     string // the company's own id of it in its books, "" while nobody has said
	Name    string
	System  System   // "" while nobody has said
	Place   string   // outlet group (panel) or domain (private)
	Owner   string   // Discord user id of who owns it in sales, "" for nobody
	Modules []string // of the software that it uses, in the order entered
	Scheme  string   // notes on how it uses them; may have several lines
	Aliases []string // further words it is found by
	Orders  []Order  // the last few, newest first
	Market  Market   // "" counts as Local
	Rhythm  Rhythm   // how it buys
	// Contacted is when somebody of the desk last turned to it by a follow-up, whatever
	// way; FollowUp is that follow-up.
	Contacted time.Time
	FollowUp  string

	Created, Updated time.Time
}

// Create starts a company. The id is the caller's to choose and new.
func Create(id, name, by string, at time.Time) (Customer, []ledger.Event, error) {
	if err := checkID("customer", id); err != nil {
		return Customer{}, nil, err
	}
	name = line(name, longName)
	if name == "" {
		return Customer{}, nil, refuse("name_missing")
	}
	c := Customer{ID: id, Name: name, Created: at, Updated: at}
	return c, []ledger.Event{event("customer_created", by, at, "name", name)}, nil
}

// Rename gives the company another name. [Refusal] name_missing.
func (c *Customer) Rename(name, by string, at time.Time) ([]ledger.Event, error) {
	name = line(name, longName)
	if name == "" {
		return nil, refuse("name_missing")
	}
	return c.change(&c.Name, name, "customer_renamed", by, at), nil
}

// Settle says where the company's data live: the outlet group on the panel, or the
// domain of its own installation. Both empty: nobody knows. [Refusal] system_unknown,
// place_missing.
func (c *Customer) Settle(system System, place, by string, at time.Time) ([]ledger.Event, error) {
	if system == Private {
		place = domain(place)
	}
	place = line(place, longPlace)
	switch {
	case system != "" && system != Panel && system != Private:
		return nil, refuse("system_unknown")
	case (system == "") != (place == ""):
		return nil, refuse("place_missing")
	case system == c.System && place == c.Place:
		return nil, nil
	}
	e := event("customer_settled", by, at, "system", string(system), "from", c.Place, "to", place)
	c.System, c.Place, c.Updated = system, place, at
	return []ledger.Event{e}, nil
}

// Assign makes a Discord user the owner in sales, "" for nobody. [Refusal]
// user_unknown for what is no id of Discord.
func (c *Customer) Assign(owner, by string, at time.Time) ([]ledger.Event, error) {
	if owner != "" && !snowflake(owner) {
		return nil, refuse("user_unknown")
	}
	return c.change(&c.Owner, owner, "owner_changed", by, at), nil
}

// Map notes which modules the company uses, and how. Modules are kept once each, at
// most 30.
func (c *Customer) Map(modules []string, scheme, by string, at time.Time) []ledger.Event {
	modules, scheme = lines(modules, longModule, mostModules), block(scheme, longScheme)
	if slices.Equal(modules, c.Modules) && scheme == c.Scheme {
		return nil
	}
	c.Modules, c.Scheme, c.Updated = modules, scheme, at
	return []ledger.Event{event("mapping_changed", by, at, "modules", line(join(modules), longEvent), "scheme", line(scheme, longEvent))}
}

// Alias sets the further words the company is found by, at most 10.
func (c *Customer) Alias(aliases []string, by string, at time.Time) []ledger.Event {
	aliases = lines(aliases, longAlias, mostAliases)
	if slices.Equal(aliases, c.Aliases) {
		return nil
	}
	c.Aliases, c.Updated = aliases, at
	return []ledger.Event{event("aliases_changed", by, at, "to", line(join(aliases), longEvent))}
}

// Ordered keeps an order among the last ones, by its number: the same number again
// replaces what was known. It reports whether anything changed; an order older than
// all of a full list does not.
func (c *Customer) Ordered(o Order, at time.Time) bool {
	o = o.bounded()
	if o.Number == "" || slices.Contains(c.Orders, o) {
		return false
	}
	orders := slices.DeleteFunc(slices.Clone(c.Orders), func(old Order) bool { return old.Number == o.Number })
	orders = append(orders, o)
	slices.SortFunc(orders, newestOrder)
	orders = orders[:min(len(orders), mostOrders)]
	if slices.Equal(orders, c.Orders) {
		return false
	}
	c.Orders, c.Updated = orders, at
	return true
}

func newestOrder(a, b Order) int {
	if n := b.At.Compare(a.At); n != 0 {
		return n
	}
	return compare(b.Number, a.Number)
}

func (o Order) bounded() Order {
	return Order{
		Number: line(o.Number, mostID), At: millisecond(o.At), Done: millisecond(o.Done), Void: o.Void, What: line(o.What, longOrder),
		Amount: o.Amount, Currency: line(o.Currency, 3),
	}
}

// change sets a field and says so, if that changes it.
func (c *Customer) change(field *string, to, what, by string, at time.Time) []ledger.Event {
	if *field == to {
		return nil
	}
	e := event(what, by, at, "from", *field, "to", to)
	*field, c.Updated = to, at
	return []ledger.Event{e}
}

// CustomerLog is the log of a company.
func CustomerLog(id string) string { return "customer/" + id }
