package customer

import (
	"slices"
	"strconv"
	"strings"
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

// Awaited is the shelf of the orders that are neither delivered nor cancelled, found by
// their numbers; those placed longer than [CompletedKept] before they came in are left out.
const Awaited Shelf = "words/order"

// CompletedKept is how long after its completion an order matters to surveys and checks.
const CompletedKept = 200 * 24 * time.Hour

// An Order is something bought. Its number is the company's own and names it for ever.
type Order struct {
	Number   string    // one line of at most 40 bytes, without "|"
	At       time.Time // when it was placed
	Done     time.Time // when it was delivered, or completed; zero while it is not
	Void     bool      // cancelled: it counts nowhere
	What     string
	Amount   int64  // minor units of Currency
	Currency string // ISO 4217, e.g. "IDR"
	Customer string // id of who bought it; "" in [Customer.Orders], where that is known
	Listed   string // id of the list of surveys it is on, "" in [Customer.Orders] and for none
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

// New reports whether the order was not known before.
func (p Placed) New() bool { return p.Before.Number == "" }

// Completed reports whether it was this that made the order a completed one.
func (p Placed) Completed() bool {
	done := func(o Order) bool { return !o.Done.IsZero() && !o.Void }
	return done(p.Order) && !done(p.Before)
}

// Place takes in an order of a customer, new or known, and saves both: the last orders and
// the rhythm of the customer follow, and what is said of it is logged to [CustomerLog].
// Empty fields of a known order leave what is known; Void is what it says. The same again
// changes nothing. An order cannot go to another customer. [Refusal] order_missing,
// order_undated, order_elsewhere, customer_unknown.
//
// The events are "ordered", "order_changed", "order_completed", "order_voided" and
// "order_restored". Each has number, amount, currency, market, placed and, for the first
// order of the customer, first; "order_changed" has also was_amount, was_currency and
// was_placed, "order_completed" done. Figures add what was ordered or restored, take away
// what was voided, and put a change in the place of what it was; void marks what is said of
// an order that was and is void.
func Place(tx *ledger.Tx, o Order, by string) (Placed, error) {
	if !orderNumber(o.Number) {
		return Placed{}, refuse("order_missing")
	}
	before, known, err := LoadOrder(tx, o.Number)
	if err != nil {
		return Placed{}, err
	}
	whose := o.Customer
	o = o.bounded()
	o.Customer = whose
	o = o.over(before)
	switch {
	case o.At.IsZero():
		return Placed{}, &Refusal{"order_undated", o.Number}
	case known && o.Customer != before.Customer:
		return Placed{}, &Refusal{"order_elsewhere", before.Customer}
	}
	c, ok, err := LoadCustomer(tx, o.Customer)
	if err != nil {
		return Placed{}, err
	}
	if !ok {
		return Placed{}, &Refusal{"customer_unknown", o.Customer}
	}
	p := Placed{Order: o, Before: before, Customer: c}
	if o == before {
		p.First = c.Rhythm.Began(o)
		return p, nil
	}
	p.Customer.place(o, before, tx.Now())
	p.First = p.Customer.Rhythm.Began(o)
	p.tell(by, tx.Now())
	for _, e := range p.Events {
		tx.Log(CustomerLog(c.ID), e)
	}
	if err := o.save(tx, before); err != nil {
		return Placed{}, err
	}
	return p, p.Customer.Save(tx)
}

// orderNumber reports whether s can name an order: what would be cut could name two.
func orderNumber(s string) bool { return s != "" && s == line(s, mostID) && !strings.Contains(s, "|") }

// over is the order with what is known of it where it says nothing.
func (o Order) over(known Order) Order {
	if o.At.IsZero() {
		o.At = known.At
	}
	if o.Done.IsZero() {
		o.Done = known.Done
	}
	if o.What == "" {
		o.What = known.What
	}
	if o.Customer == "" {
		o.Customer = known.Customer
	}
	o.Listed = known.Listed
	switch {
	case o.Amount == 0 && o.Currency == "":
		o.Amount, o.Currency = known.Amount, known.Currency
	case o.Currency == "":
		o.Currency = known.Currency
	}
	return o
}

// place keeps an order that is new or was another among the customer's.
func (c *Customer) place(o, before Order, at time.Time) {
	listed := o
	listed.Customer, listed.Listed = "", ""
	c.Ordered(listed, at)
	if before.counts() {
		c.Rhythm.drop(before, c.Orders)
	}
	if o.counts() {
		c.Rhythm.add(o)
	}
	c.Updated = at
}

// counts reports whether the order is one of the rhythm.
func (o Order) counts() bool { return o.Number != "" && !o.Void && !o.At.IsZero() }

// tell is what the log of the customer says of what changed.
func (p *Placed) tell(by string, at time.Time) {
	say := func(what string, more ...string) {
		o, first, void := p.Order, "", ""
		if p.First {
			first = "yes"
		}
		if o.Void && p.Before.Void {
			void = "yes"
		}
		pairs := []string{
			"number", o.Number, "amount", strconv.FormatInt(o.Amount, 10), "currency", o.Currency,
			"market", string(p.Customer.in()), "placed", moment(o.At), "first", first, "void", void,
		}
		p.Events = append(p.Events, event(what, by, at, append(pairs, more...)...))
	}
	o, was := p.Order, p.Before
	switch {
	case was.Number == "":
		say("ordered")
		if o.Void {
			say("order_voided")
		}
	case was.Void && !o.Void: // what is restored says all
	case o.Amount != was.Amount || o.Currency != was.Currency || !o.At.Equal(was.At) || o.What != was.What:
		say("order_changed", "was_amount", strconv.FormatInt(was.Amount, 10), "was_currency", was.Currency, "was_placed", moment(was.At))
	}
	switch {
	case o.Void && !was.Void && was.Number != "":
		say("order_voided")
	case was.Void && !o.Void:
		say("order_restored")
	}
	if !o.Done.IsZero() && !o.Done.Equal(was.Done) {
		say("order_completed", "done", moment(o.Done))
	}
}

// in is the market the customer counts in.
func (c Customer) in() Market {
	if c.Market == "" {
		return Local
	}
	return c.Market
}

// Mark says in which market the company counts, and so its orders from now on. [Refusal]
// market_unknown.
func (c *Customer) Mark(market Market, by string, at time.Time) ([]ledger.Event, error) {
	switch {
	case market != Local && market != International:
		return nil, refuse("market_unknown")
	case market == c.in():
		return nil, nil
	}
	e := event("market_changed", by, at, "from", string(c.in()), "to", string(market))
	c.Market, c.Updated = market, at
	return []ledger.Event{e}, nil
}

// Turned notes that somebody of the desk turned to the company by a follow-up, and reports
// whether that is later than what was known.
func (c *Customer) Turned(followup string, at time.Time) bool {
	at = millisecond(at)
	if at.IsZero() || followup == "" || at.Before(c.Contacted) || at.Equal(c.Contacted) && followup <= c.FollowUp {
		return false
	}
	c.Contacted, c.FollowUp, c.Updated = at, line(followup, mostID), at
	return true
}

// moment is a time as events say it.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

type storedOrderDoc struct {
	V int `json:"v"`
	storedOrder
	Customer string `json:"customer"`
	Listed   string `json:"listed,omitzero"`
}

type storedOrder struct {
	Number   string `json:"n"`
	At       int64  `json:"at,omitzero"`
	Done     int64  `json:"done,omitzero"`
	Void     bool   `json:"void,omitzero"`
	What     string `json:"what,omitzero"`
	Amount   int64  `json:"amount,omitzero"`
	Currency string `json:"cur,omitzero"`
}

func (o Order) stored() storedOrder {
	return storedOrder{o.Number, millis(o.At), millis(o.Done), o.Void, o.What, o.Amount, o.Currency}
}

func (s storedOrder) order() Order {
	return Order{
		Number: s.Number, At: fromMillis(s.At), Done: fromMillis(s.Done), Void: s.Void, What: s.What,
		Amount: s.Amount, Currency: s.Currency,
	}
}

// save writes the order, its row in [IndexCompleted] and those in [Awaited].
func (o Order) save(tx *ledger.Tx, before Order) error {
	relist(tx, before.completed(), o.kept(tx.Now()))
	waiting := o.waiting(tx.Now())
	for _, r := range waiting { // also of one that was left out before
		tx.Index(r.Index, r.Member, r.Score)
	}
	if len(waiting) == 0 && before.awaited() {
		for _, r := range Awaited.rows(o.Number, o.Number) {
			tx.Unindex(r.Index, r.Member)
		}
	}
	return o.write(tx)
}

func (o Order) write(tx *ledger.Tx) error {
	return put(tx, ledger.Ref{Kind: KindOrder, ID: o.Number}, storedOrderDoc{V: 1, storedOrder: o.stored(), Customer: o.Customer, Listed: o.Listed})
}

// List notes that the order, as it was loaded, is on a month's list of surveys: no other
// list has it too, whatever is corrected later.
func (o Order) List(tx *ledger.Tx, round string) error {
	o.Listed = line(round, mostID)
	return o.write(tx)
}

// awaited reports whether the order is known and to be delivered.
func (o Order) awaited() bool { return o.Number != "" && !o.Void && o.Done.IsZero() }

// waiting are the rows of an awaited order that still matters.
func (o Order) waiting(now time.Time) []ledger.IndexRow {
	if !o.awaited() || now.Sub(o.At) > CompletedKept {
		return nil
	}
	return Awaited.rows(o.Number, o.Number)
}

func (o Order) completed() []ledger.IndexRow {
	if o.Void || o.Done.IsZero() || millis(o.Done) < 0 {
		return nil
	}
	return []ledger.IndexRow{{Index: IndexCompleted, Member: o.Number, Score: millis(o.Done)}}
}

// kept are the rows of completed that still matter.
func (o Order) kept(now time.Time) []ledger.IndexRow {
	if now.Sub(o.Done) > CompletedKept {
		return nil
	}
	return o.completed()
}

// LoadOrder reads an order by its number; ok is false when there is none.
func LoadOrder(tx *ledger.Tx, number string) (o Order, ok bool, err error) {
	if !orderNumber(number) {
		return Order{}, false, nil
	}
	data, err := tx.Doc(ledger.Ref{Kind: KindOrder, ID: number})
	if err != nil || data == nil {
		return Order{}, false, err
	}
	o, err = DecodeOrder(data)
	return o, err == nil, err
}

// DecodeOrder reads an order as stored, of any version.
func DecodeOrder(data []byte) (Order, error) {
	var s storedOrderDoc
	if err := decodeAs("order", data, &s, &s.V); err != nil {
		return Order{}, err
	}
	o := s.order()
	o.Customer, o.Listed = s.Customer, s.Listed
	return o, nil
}

// latest is when the customer last ordered, of the orders on the list.
func latest(orders []Order) (at time.Time) {
	if i := slices.IndexFunc(orders, Order.counts); i >= 0 {
		return orders[i].At
	}
	return time.Time{}
}
