package customer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// The stored forms are separate from the structs the program works with: their
// JSON names and meanings stay readable for ever, whatever the domain becomes.
// A new meaning gets a new version, and decode keeps reading the old ones.

type storedContact struct {
	V          int            `json:"v"`
	ID         string         `json:"id"`
	Name       string         `json:"name,omitzero"`
	Push       string         `json:"push,omitzero"`
	Former     []string       `json:"former,omitzero"`
	Phones     []Phone        `json:"phones,omitzero"`
	Chats      []string       `json:"chats,omitzero"`
	Type       string         `json:"type,omitzero"`
	Customer   string         `json:"customer,omitzero"`
	Registered int64          `json:"registered,omitzero"`
	Wrote      int64          `json:"wrote,omitzero"`
	Consent    storedConsent  `json:"consent,omitzero"`
	Block      storedBlock    `json:"block,omitzero"`
	Note       string         `json:"note,omitzero"`
	Refused    storedRefused  `json:"refused,omitzero"`
	Tickets    int            `json:"tickets,omitzero"`
	Rated      int            `json:"rated,omitzero"`
	Stars      int            `json:"stars,omitzero"`
	Recent     []storedTicket `json:"recent,omitzero"`
	Into       string         `json:"into,omitzero"`
	Was        []string       `json:"was,omitzero"`
	Created    int64          `json:"created"`
	Updated    int64          `json:"updated"`
}

type storedConsent struct {
	Choice string `json:"choice,omitzero"`
	At     int64  `json:"at,omitzero"`
	By     string `json:"by,omitzero"`
	Why    string `json:"why,omitzero"`
}

type storedBlock struct {
	By  string `json:"by,omitzero"`
	At  int64  `json:"at,omitzero"`
	Why string `json:"why,omitzero"`
}

type storedRefused struct {
	Count int   `json:"count,omitzero"`
	First int64 `json:"first,omitzero"`
	Last  int64 `json:"last,omitzero"`
	Told  int64 `json:"told,omitzero"`
}

type storedTicket struct {
	Number string `json:"n"`
	Title  string `json:"title,omitzero"`
	Opened int64  `json:"opened,omitzero"`
	Closed int64  `json:"closed,omitzero"`
	Stars  int    `json:"stars,omitzero"`
}

type storedCustomer struct {
	V       int           `json:"v"`
	ID      string        `json:"id"`
	Key     string        `json:"key,omitzero"`
	Led     bool          `json:"led,omitzero"` // key, place and names lead to it: see KindNamed
	Name    string        `json:"name"`
	System  string        `json:"system,omitzero"`
	Place   string        `json:"place,omitzero"`
	Owner   string        `json:"owner,omitzero"`
	Modules []string      `json:"modules,omitzero"`
	Scheme  string        `json:"scheme,omitzero"`
	Aliases []string      `json:"aliases,omitzero"`
	Orders  []storedOrder `json:"orders,omitzero"`

	Market    string       `json:"market,omitzero"`
	Rhythm    storedRhythm `json:"rhythm,omitzero"`
	Contacted int64        `json:"contacted,omitzero"`
	FollowUp  string       `json:"followup,omitzero"`

	Created int64 `json:"created"`
	Updated int64 `json:"updated"`
}

type storedRhythm struct {
	Orders  int    `json:"orders"`
	First   int64  `json:"first,omitzero"`
	Last    int64  `json:"last,omitzero"`
	FirstBy string `json:"by,omitzero"`
	Days    []int  `json:"days,omitzero"` // since 1970, newest first
	Per     []int  `json:"per,omitzero"`  // orders of each day; none when each has one
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// Save writes the contact, and the rows of the indexes it is found by.
func (c Contact) Save(tx *ledger.Tx) error {
	if err := checkID("contact", c.ID); err != nil {
		return err
	}
	c = c.bounded()
	stood, _, err := load(tx, c.ID)
	if err != nil {
		return err
	}
	if err := put(tx, ledger.Ref{Kind: KindContact, ID: c.ID}, c.stored()); err != nil {
		return err
	}
	relist(tx, stood.rows(), c.rows())
	return nil
}

func (c Contact) stored() storedContact {
	s := storedContact{
		V: 1, ID: c.ID, Name: c.Name, Push: c.Push, Former: c.Former, Phones: c.Phones, Chats: c.Chats,
		Type: c.Type, Customer: c.Customer, Registered: millis(c.Registered), Wrote: millis(c.Wrote),
		Consent: storedConsent{string(c.Consent.Choice), millis(c.Consent.At), c.Consent.By, c.Consent.Why},
		Block:   storedBlock{c.Block.By, millis(c.Block.At), c.Block.Why},
		Note:    c.Note,
		Refused: storedRefused{c.Refused.Count, millis(c.Refused.First), millis(c.Refused.Last), millis(c.Refused.Told)},
		Tickets: c.Figures.Tickets, Rated: c.Figures.Rated, Stars: c.Figures.Stars,
		Into: c.Into, Was: c.Was, Created: millis(c.Created), Updated: millis(c.Updated),
	}
	for _, t := range c.Figures.Recent {
		s.Recent = append(s.Recent, storedTicket{t.Number, t.Title, millis(t.Opened), millis(t.Closed), t.Stars})
	}
	return s
}

// Load reads a contact by id, or the one that goes on for it; ok is false when there
// is none.
func Load(tx *ledger.Tx, id string) (c Contact, ok bool, err error) {
	for range 50 { // each time is a merging in which the survivor lost later
		c, ok, err = load(tx, id)
		if err != nil || !ok || c.Into == "" {
			return c, ok, err
		}
		id = c.Into
	}
	return c, false, fmt.Errorf("%w: contact %s goes on in a circle", ledger.ErrCorrupt, id)
}

func load(tx *ledger.Tx, id string) (c Contact, ok bool, err error) {
	data, err := tx.Doc(ledger.Ref{Kind: KindContact, ID: id})
	if err != nil || data == nil {
		return Contact{}, false, err
	}
	c, err = Decode(data)
	return c, err == nil, err
}

// Decode reads a stored contact of any version.
func Decode(data []byte) (Contact, error) {
	var s storedContact
	if err := decode(data, &s, &s.V); err != nil {
		return Contact{}, fmt.Errorf("decode contact: %w", err)
	}
	c := Contact{
		ID: s.ID, Name: s.Name, Push: s.Push, Former: s.Former, Phones: s.Phones, Chats: s.Chats,
		Type: s.Type, Customer: s.Customer, Registered: fromMillis(s.Registered), Wrote: fromMillis(s.Wrote),
		Consent: Consent{Choice(s.Consent.Choice), fromMillis(s.Consent.At), s.Consent.By, s.Consent.Why},
		Block:   Block{s.Block.By, fromMillis(s.Block.At), s.Block.Why},
		Note:    s.Note,
		Refused: Refused{s.Refused.Count, fromMillis(s.Refused.First), fromMillis(s.Refused.Last), fromMillis(s.Refused.Told)},
		Figures: Figures{Tickets: s.Tickets, Rated: s.Rated, Stars: s.Stars},
		Into:    s.Into, Was: s.Was, Created: fromMillis(s.Created), Updated: fromMillis(s.Updated),
	}
	for _, t := range s.Recent {
		c.Figures.Recent = append(c.Figures.Recent, Ticket{t.Number, t.Title, fromMillis(t.Opened), fromMillis(t.Closed), t.Stars})
	}
	return c, nil
}

// Save writes the company, and the rows of the index it is found by.
func (c Customer) Save(tx *ledger.Tx) error {
	if err := checkID("customer", c.ID); err != nil {
		return err
	}
	c = c.bounded()
	stood, _, err := LoadCustomer(tx, c.ID)
	if err != nil {
		return err
	}
	leads, err := stood.led(tx)
	if err != nil {
		return err
	}
	if err := put(tx, ledger.Ref{Kind: KindCustomer, ID: c.ID}, c.stored()); err != nil {
		return err
	}
	relist(tx, stood.rows(), c.rows())
	return c.lead(tx, leads)
}

func (c Customer) stored() storedCustomer {
	s := storedCustomer{
		V: 1, ID: c.ID, Key: c.Key, Led: true, Name: c.Name, System: string(c.System), Place: c.Place, Owner: c.Owner, Modules: c.Modules,
		Scheme: c.Scheme, Aliases: c.Aliases, Created: millis(c.Created), Updated: millis(c.Updated),
		Market: string(c.Market), Rhythm: c.Rhythm.stored(), Contacted: millis(c.Contacted), FollowUp: c.FollowUp,
	}
	for _, o := range c.Orders {
		s.Orders = append(s.Orders, o.stored())
	}
	return s
}

// LoadCustomer reads a company; ok is false when there is none of that id.
func LoadCustomer(tx *ledger.Tx, id string) (c Customer, ok bool, err error) {
	if id == "" {
		return Customer{}, false, nil
	}
	data, err := tx.Doc(ledger.Ref{Kind: KindCustomer, ID: id})
	if err != nil || data == nil {
		return Customer{}, false, err
	}
	c, err = DecodeCustomer(data)
	return c, err == nil, err
}

// DecodeCustomer reads a stored company of any version.
func DecodeCustomer(data []byte) (Customer, error) {
	var s storedCustomer
	if err := decode(data, &s, &s.V); err != nil {
		return Customer{}, fmt.Errorf("decode customer: %w", err)
	}
	c := Customer{
		ID: s.ID, Key: s.Key, Name: s.Name, System: System(s.System), Place: s.Place, Owner: s.Owner, Modules: s.Modules,
		Scheme: s.Scheme, Aliases: s.Aliases, Created: fromMillis(s.Created), Updated: fromMillis(s.Updated),
		Market: Market(s.Market), Rhythm: s.Rhythm.rhythm(), Contacted: fromMillis(s.Contacted), FollowUp: s.FollowUp,
	}
	for _, o := range s.Orders {
		c.Orders = append(c.Orders, o.order())
	}
	return c, nil
}

// put writes v. Signs that JSON need not escape are not: bounds of texts are bounds of
// the document.
func put(tx *ledger.Tx, ref ledger.Ref, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encode %s: %w", ref, err)
	}
	return tx.Put(ref, slices.Clip(bytes.TrimSpace(b.Bytes())))
}

// decode reads into v and refuses a version newer than this program knows, so
// that a downgrade cannot quietly drop what it does not understand.
func decode(data []byte, v any, version *int) error {
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %w", ledger.ErrCorrupt, err)
	}
	if *version != 1 {
		return fmt.Errorf("%w: version %d was written by a newer halo, update this program", ledger.ErrCorrupt, *version)
	}
	return nil
}

// decodeAs is [decode], and says of what.
func decodeAs(what string, data []byte, v any, version *int) error {
	if err := decode(data, v, version); err != nil {
		return fmt.Errorf("decode %s: %w", what, err)
	}
	return nil
}
