package customer

import (
	"time"

	"github.com/haloerzap/halo/ledger"
)

// KindOrder documents are orders, by their number.
const KindOrder ledger.Kind = "order"

// A Market is where a customer, and so an order, belongs in the figures.
type Market string

// The markets; "" counts as Local.
const (
	Local         Market = "local"
	International Market = "international"
)

// IndexCompleted holds the numbers of orders that were completed, scored by when in UTC
// milliseconds; orders older than [CompletedKept] when they came in are left out.
const IndexCompleted = "completed"

// CompletedKept is how long after its completion an order matters to surveys and checks.
const CompletedKept = 200 * 24 * time.Hour

// An Order is something bought. Its number is the company's own and names it for ever.
type Order struct {
	Number   string
	At       time.Time // when it was placed
	Done     time.Time // when it was delivered, or completed; zero while it is not
	Void     bool      // cancelled: it counts nowhere
	What     string
	Amount   int64  // minor units of Currency
	Currency string // ISO 4217, e.g. "IDR"
	Customer string // id of who bought it; "" in [Customer.Orders], where that is known
}

// Placed is what an order that came in made of what was known.
type Placed struct {
	Order    Order
	Before   Order    // as it was known, zero if it was not
	Customer Customer // as it is saved
	Events   []ledger.Event
	First    bool // it is the first order of the customer ever, as far as is known
}

// Changed reports whether anything did.
func (p Placed) Changed() bool { return len(p.Events) > 0 }

// Place takes in an order of a customer, new or known, and saves both: the last orders and
// the rhythm of the customer follow, and what is said of it is logged to [CustomerLog]
// ("ordered", "order_changed", "order_completed", "order_voided", with number, amount,
// currency, market, placed, first). The same again changes nothing. An order cannot go to
// another customer. [Refusal] order_missing, order_elsewhere, customer_unknown.
func Place(tx *ledger.Tx, o Order, by string) (Placed, error) {
	return Placed{}, nil
}

// LoadOrder reads an order by its number; ok is false when there is none.
func LoadOrder(tx *ledger.Tx, number string) (o Order, ok bool, err error) {
	return Order{}, false, nil
}

// DecodeOrder reads an order as stored.
func DecodeOrder(data []byte) (Order, error) { return Order{}, nil }
