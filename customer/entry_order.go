package customer

import (
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// An OrderEntry is one row of a list of orders, as an Entry.
type OrderEntry struct {
	Number   string
	Key      string // of the customer, or
	Name     string // his name, or
	Place    string // outlet group or domain, or
	Phone    string // the number of one of his people
	Placed   string // a date
	Done     string // a date, "" while it is not delivered
	Status   string // "batal" makes it void
	What     string
	Amount   string // "1.250.000", "Rp 1.250.000,00", "1250000", "99.50"
	Currency string // "" is IDR
}

// Check returns everything that is wrong with a row by itself.
func (e OrderEntry) Check() []Fault {
	_, bad := e.Order("", time.UTC)
	if e.whom() == (whom{}) {
		phones, why := phonesOf(e.Phone)
		switch {
		case why != "": // an unreadable number matters where it is all there is
			bad = append(bad, fault("phone", why, e.Phone))
		case len(phones) == 0:
			bad = append(bad, fault("name", "customer_missing", ""))
		}
	}
	return bad
}

// Order is the order of a customer that a row describes, for whoever places it. Dates are
// days of zone, or times in it. What cannot be understood comes back as faults.
func (e OrderEntry) Order(customer string, zone *time.Location) (o Order, bad []Fault) {
	bad = tooLong(e.fields())
	wrong := func(field, why, value string) { bad = append(bad, fault(field, why, value)) }
	o = Order{Customer: customer, What: e.What, Void: voidOf(e.Status)}
	o.Number = line(strings.TrimPrefix(strings.TrimSpace(e.Number), "'"), mostEntered)
	switch {
	case o.Number == "":
		wrong("number", "order_missing", "")
	case checkID("order", o.Number) != nil:
		wrong("number", "order_long", e.Number)
	}
	var ok bool
	switch o.At, ok = ParseDate(e.Placed, zone); {
	case silent(e.Placed):
		wrong("placed", "date_missing", "")
	case !ok:
		wrong("placed", "date_invalid", e.Placed)
	}
	if !silent(e.Done) {
		if o.Done, ok = ParseDate(e.Done, zone); !ok {
			wrong("done", "date_invalid", e.Done)
		} else if ymd(o.Done) < ymd(o.At) && !o.At.IsZero() {
			wrong("done", "done_early", e.Done)
		} else if o.Done.Before(o.At) {
			o.Done = o.At // a day without a time, on the day of a time
		}
	}
	amount, currency, why := parseAmount(e.Amount, e.Currency)
	o.Amount, o.Currency = amount, currency
	switch why {
	case "":
	case "currency_unknown", "currency_other":
		wrong("currency", why, e.Currency)
	default:
		wrong("amount", why, e.Amount)
	}
	return o, bad
}

func ymd(t time.Time) string { return t.Format("20060102") }

func (e OrderEntry) whom() whom {
	return whom{key: line(e.Key, longKey), place: line(e.Place, 4*longPlace), name: line(e.Name, longName)}
}

// Find returns the company of an order: by key, place or name as for an [Entry], else by
// the number of one of its people. ok is false for one that is not known; faults say that
// it could be several.
func (e OrderEntry) Find(tx *ledger.Tx) (c Customer, ok bool, bad []Fault, err error) {
	w := e.whom()
	c, ok, several, err := w.find(tx)
	if err != nil || ok {
		return c, ok, nil, err
	}
	phones, _ := phonesOf(e.Phone)
	for _, p := range phones {
		person, known, err := ByPhone(tx, p)
		if err != nil {
			return Customer{}, false, nil, err
		}
		if !known {
			continue
		}
		c, ok, err = LoadCustomer(tx, person.Customer)
		if err != nil {
			return Customer{}, false, nil, err
		}
		if ok && (w.key == "" || c.Key == "") {
			return c, true, nil, nil
		}
	}
	if several != nil {
		return Customer{}, false, []Fault{*several}, nil
	}
	return Customer{}, false, nil, nil
}

// tolerated is how far ahead of the desk's clock a date may be.
const tolerated = 48 * time.Hour

// Enter takes a row in: its company is found, or made when it has a name, because an order
// of somebody unknown must not be lost; then place places the order. Dates are those of
// zone. Doing it again changes nothing. Faults come back with nothing written.
func (e OrderEntry) Enter(tx *ledger.Tx, zone *time.Location, by string, place func(*ledger.Tx, Order, string) (Placed, error)) (Entered, []Fault, error) {
	bad := e.Check()
	o, _ := e.Order("", zone)
	if len(bad) == 0 {
		bad = e.early(o, tx.Now())
	}
	if len(bad) > 0 {
		return Entered{}, bad, nil
	}
	c, known, bad, err := e.Find(tx)
	if err != nil || len(bad) > 0 {
		return Entered{}, bad, err
	}
	w := e.whom()
	if !known && w.name == "" {
		if w == (whom{}) {
			return Entered{}, []Fault{fault("phone", "customer_unknown", e.Phone)}, nil
		}
		return Entered{}, []Fault{w.unknown()}, nil
	}
	before, placed, err := LoadOrder(tx, o.Number)
	if err != nil {
		return Entered{}, nil, err
	}
	if placed && (!known || before.Customer != c.ID) {
		return Entered{}, []Fault{fault("number", "order_elsewhere", e.Number)}, nil
	}
	if !known {
		made, bad, err := e.unknownCompany(tx, by)
		if err != nil || len(bad) > 0 {
			return Entered{}, bad, err
		}
		c.ID = made
	}
	if o.Customer = c.ID; silent(e.Status) {
		o.Void = before.Void
	}
	p, err := place(tx, o, by)
	if f, ok := faultOf("number", e.Number, err); ok && known {
		return Entered{}, []Fault{f}, nil
	} else if err != nil {
		return Entered{}, nil, err
	}
	return Entered{Customer: c.ID, Order: o.Number, New: !placed, Changed: placed && p.Changed()}, nil, nil
}

// early are the faults of dates that are still to come.
func (e OrderEntry) early(o Order, now time.Time) (bad []Fault) {
	if o.At.After(now.Add(tolerated)) {
		bad = append(bad, fault("placed", "date_future", e.Placed))
	}
	if o.Done.After(now.Add(tolerated)) {
		bad = append(bad, fault("done", "date_future", e.Done))
	}
	return bad
}

// unknownCompany makes the company of an order, with the person of its number where that
// can be read and is nobody else's.
func (e OrderEntry) unknownCompany(tx *ledger.Tx, by string) (id string, bad []Fault, err error) {
	row := Entry{Key: e.Key, Name: e.Name, Place: e.Place}
	if phones, why := phonesOf(e.Phone); why == "" && len(phones) > 0 {
		free := true
		for _, p := range phones {
			_, taken, err := ByPhone(tx, p)
			if err != nil {
				return "", nil, err
			}
			free = free && !taken
		}
		if free {
			row.Phone = e.Phone
		}
	}
	made, bad, err := row.Enter(tx, DefaultTypes(), by)
	return made.Customer, bad, err
}

func (e OrderEntry) fields() map[string]string {
	return map[string]string{
		"number": e.Number, "key": e.Key, "name": e.Name, "place": e.Place, "phone": e.Phone, "placed": e.Placed,
		"done": e.Done, "status": e.Status, "what": e.What, "amount": e.Amount, "currency": e.Currency,
	}
}
