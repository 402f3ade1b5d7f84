package customer

import "github.com/haloerzap/halo/ledger"

// An Entry is one row of a list of customers as it comes from a file, the ERP or a form:
// texts as people wrote them. A row may name a company, a person or both.
type Entry struct {
	Key     string // the company's own id of the customer, "" for none
	Name    string // of the company
	System  string // "panel", "private", ...
	Place   string // outlet group or domain
	Market  string // "lokal", "internasional", ...
	Modules string // separated by , or ;
	Scheme  string
	Owner   string // Discord user id of the owner in sales
	Aliases string // separated by , or ;

	Person  string // name of the contact
	Phone   string
	Type    string // key or name of a user type
	Note    string
	Consent string // "ya", "tidak", ...: to messages that the desk sends first
}

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

// A Fault is what is wrong with one field of a row.
type Fault struct {
	Field string // the Go name of the field of the Entry, lower case, e.g. "phone"
	Why   string // stable key, e.g. "number_invalid"; see [Fault.Say]
	Value string // what stood there, its beginning
}

// Say is what people read: what is the matter and what to write instead.
func (f Fault) Say(language string) string { return f.Why }

// An Entered is what became of a row.
type Entered struct {
	Customer string // id of the company, "" for a row of a person alone
	Contact  string
	Order    string
	New      bool // something was made; else it was known
	Changed  bool // something was changed; neither: nothing to do
}

// Check returns everything that is wrong with a row by itself.
func (e Entry) Check(types Types) []Fault { return nil }

// Check returns everything that is wrong with a row by itself. Dates are those of zone.
func (e OrderEntry) Check() []Fault { return nil }

// Enter takes a row in: company and person are found by key, place, name or number, else
// made. Empty fields leave what is known. Doing it again changes nothing. Faults that only
// the store can tell (a number of another company's person) come back with nothing written.
func (e Entry) Enter(tx *ledger.Tx, types Types, by string) (Entered, []Fault, error) {
	return Entered{}, nil, nil
}
