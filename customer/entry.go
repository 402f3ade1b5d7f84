package customer

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/haloerzap/halo/ledger"
)

// An Entry is one row of a list of customers as it comes from a file, the ERP or a form:
// texts as people wrote them. A row may name a company, a person or both.
type Entry struct {
	Key     string // the company's own id of the customer, "" for none
	Name    string // of the company
	System  string // "panel", "private", ...; "" with a place: what the place looks like
	Place   string // outlet group or domain
	Market  string // "lokal", "internasional", ...
	Modules string // separated by , or ;
	Scheme  string
	Owner   string // Discord user id of the owner in sales
	Aliases string // separated by , or ;

	Person  string // name of the contact
	Phone   string // several are separated by , ; or /
	Type    string // key or name of a user type
	Note    string
	Consent string // "ya", "tidak", ...: to messages that the desk sends first
}

// An Entered is what became of a row.
type Entered struct {
	Customer string // id of the company, "" for a row of a person alone
	Contact  string
	Order    string
	New      bool // something was made; else it was known
	Changed  bool // something was changed; neither: nothing to do
}

// mostEntered bounds a field of a row, in bytes: more is no text for it.
const mostEntered = 8000

// Check returns everything that is wrong with a row by itself.
func (e Entry) Check(types Types) []Fault {
	_, faults := e.read(types)
	return faults
}

// A row is an Entry as understood.
type row struct {
	whom
	system   System
	market   Market
	modules  []string
	aliases  []string
	owner    string
	person   string
	phones   []Phone
	userType string
	consent  Choice
}

func (e Entry) read(types Types) (r row, faults []Fault) {
	faults = tooLong(e.fields())
	wrong := func(field, why, value string) { faults = append(faults, fault(field, why, value)) }
	r.whom = whom{key: line(e.Key, longKey), place: line(e.Place, 4*longPlace), name: line(e.Name, longName)}
	r.person = line(e.Person, longPerson)
	if len(line(e.Key, mostEntered)) > longKey {
		wrong("key", "key_long", e.Key)
	}
	var ok bool
	if r.system, ok = systemOf(e.System, r.place); !ok {
		wrong("system", "system_unknown", e.System)
	} else if r.system != "" && r.place == "" {
		wrong("place", "place_missing", "")
	}
	if r.market, ok = marketOf(e.Market); !ok {
		wrong("market", "market_unknown", e.Market)
	}
	r.modules, r.aliases = split(e.Modules), split(e.Aliases)
	if r.owner = ownerOf(e.Owner); r.owner != "" && !snowflake(r.owner) {
		wrong("owner", "user_unknown", e.Owner)
	}
	var why string
	if r.phones, why = phonesOf(e.Phone); why != "" {
		wrong("phone", why, e.Phone)
	} else if len(r.phones) == 0 && r.person+line(e.Type+e.Note+e.Consent, longPerson) != "" {
		wrong("phone", "number_needed", "")
	}
	if r.userType, ok = types.entered(e.Type); !ok {
		wrong("type", "type_unknown", e.Type)
	}
	if r.consent, ok = choiceOf(e.Consent); !ok {
		wrong("consent", "consent_unknown", e.Consent)
	}
	if len(faults) == 0 && !r.ofCompany(e) && len(r.phones) == 0 {
		wrong("name", "row_empty", "")
	}
	return r, faults
}

// ofCompany reports whether the row says anything of a company.
func (r row) ofCompany(e Entry) bool {
	return r.key+r.name+r.place+r.owner != "" || r.market != "" || len(r.modules)+len(r.aliases) > 0 || line(e.Scheme, longName) != ""
}

// Enter takes a row in: company and person are found by key, place, name or number, else
// made. Empty fields leave what is known; modules replace those known, aliases are added. A "yes" to messages never goes over the "no" that is known: only the
// person takes that back. Doing it again changes nothing. Faults that only the store can
// tell (a number of another company's person) come back with nothing written.
func (e Entry) Enter(tx *ledger.Tx, types Types, by string) (Entered, []Fault, error) {
	r, faults := e.read(types)
	if len(faults) > 0 {
		return Entered{}, faults, nil
	}
	var company Customer
	var known bool
	if r.ofCompany(e) {
		var bad *Fault
		var err error
		if company, known, bad, err = r.find(tx); err != nil {
			return Entered{}, nil, err
		}
		switch {
		case bad != nil:
			return Entered{}, []Fault{*bad}, nil
		case !known && r.name == "":
			return Entered{}, []Fault{r.unknown()}, nil
		}
	}
	person, bad, err := r.whose(tx, e, company)
	if err != nil || bad != nil {
		return Entered{}, bad, err
	}
	out := Entered{}
	if known || r.ofCompany(e) {
		changed, err := r.enterCompany(tx, e, &company, known, by)
		if err != nil {
			return Entered{}, nil, err
		}
		out.Customer, out.New, out.Changed = company.ID, !known, changed
	}
	if len(r.phones) > 0 {
		err = r.enterPerson(tx, e, types, company.ID, person, by, &out)
	}
	return out, nil, err
}

// whose finds the people of the row's numbers and refuses a row that cannot be taken in:
// numbers of two people, or of somebody of another company.
func (r row) whose(tx *ledger.Tx, e Entry, company Customer) (person string, bad []Fault, err error) {
	for _, p := range r.phones {
		c, ok, err := ByPhone(tx, p)
		if err != nil {
			return "", nil, err
		}
		switch {
		case !ok:
		case person != "" && person != c.ID:
			return "", []Fault{fault("phone", "number_taken", e.Phone)}, nil
		case r.ofCompany(e) && c.Customer != "" && c.Customer != company.ID:
			return "", []Fault{fault("phone", "number_elsewhere", e.Phone)}, nil
		case ok && person == "":
			person = c.ID
		}
	}
	return person, nil, nil
}

// enterCompany makes the company, if need be, and saves what the row says of it if that is
// new.
func (r row) enterCompany(tx *ledger.Tx, e Entry, c *Customer, known bool, by string) (changed bool, err error) {
	at := tx.Now()
	var events []ledger.Event
	if !known {
		id, err := fresh(tx, KindCustomer, "c", r.seed())
		if err != nil {
			return false, err
		}
		if *c, events, err = Create(id, r.name, by, at); err != nil {
			return false, err
		}
	}
	more, err := r.describe(e, c, by, at)
	if err != nil {
		return false, err
	}
	if events = append(events, more...); len(events) == 0 {
		return false, nil
	}
	for _, v := range events {
		tx.Log(CustomerLog(c.ID), v)
	}
	return true, c.Save(tx)
}

// describe makes the company say what the row says.
func (r row) describe(e Entry, c *Customer, by string, at time.Time) (events []ledger.Event, err error) {
	add := func(more []ledger.Event, failed error) {
		events = append(events, more...)
		err = cmpErr(err, failed)
	}
	add(r.rename(c, by, at))
	if r.key != "" && foldKey(r.key) != foldKey(c.Key) {
		add(c.change(&c.Key, r.key, "key_changed", by, at), nil)
	}
	if r.place != "" && (!silent(e.System) || !c.at(r.place)) {
		add(c.Settle(r.system, r.place, by, at))
	}
	if r.market != "" {
		add(c.Mark(r.market, by, at))
	}
	if r.owner != "" {
		add(c.Assign(r.owner, by, at))
	}
	modules, scheme := c.Modules, c.Scheme
	if len(r.modules) > 0 {
		modules = r.modules
	}
	if block(e.Scheme, longScheme) != "" {
		scheme = e.Scheme
	}
	add(c.Map(modules, scheme, by, at), nil)
	if aliases := lines(append(slices.Clone(c.Aliases), r.aliases...), longAlias, mostAliases); len(r.aliases) > 0 {
		add(c.Alias(aliases, by, at), nil)
	}
	return events, err
}

// rename gives the company the row's name. Only a row with the company's key renames it:
// otherwise rows that spell it differently would take turns, and the name becomes a
// further one.
func (r row) rename(c *Customer, by string, at time.Time) ([]ledger.Event, error) {
	if r.name == "" {
		return nil, nil
	}
	if r.key != "" {
		return c.Rename(r.name, by, at)
	}
	bare, _ := foldName(r.name)
	if _, known := c.leads()[named("name", bare)]; known || len(c.Aliases) == mostAliases {
		return nil, nil
	}
	return c.Alias(append(slices.Clone(c.Aliases), r.name), by, at), nil
}

// enterPerson makes the contact of the row's numbers say what the row says.
func (r row) enterPerson(tx *ledger.Tx, e Entry, types Types, company, known, by string, out *Entered) error {
	at := tx.Now()
	var c Contact
	var err error
	if known != "" {
		c, err = must(tx, known)
	} else {
		var id string
		if id, err = fresh(tx, KindContact, "p", string(r.phones[0])); err == nil {
			c, _, err = Find(tx, id, Who{Phone: r.phones[0]})
			out.New = true
		}
	}
	if err != nil {
		return err
	}
	numbers := len(c.Phones)
	if err := r.attach(tx, &c, by); err != nil {
		return err
	}
	events := c.Register(by, at)
	add := func(more []ledger.Event, failed error) {
		events = append(events, more...)
		err = cmpErr(err, failed)
	}
	if company != "" {
		add(c.Join(company, by, at))
	}
	if r.person != "" {
		add(c.Rename(r.person, by, at))
	}
	if r.userType != "" {
		add(c.Become(types, r.userType, by, at))
	}
	if block(e.Note, longNote) != "" {
		add(c.Annotate(e.Note, by, at), nil)
	}
	switch {
	case r.consent == Agreed && c.Consent.Choice == Unasked:
		add(c.Agree(by, line(e.Consent, longReason), at), nil)
	case r.consent == Declined:
		add(c.Decline(by, line(e.Consent, longReason), at), nil)
	}
	if err != nil {
		return err
	}
	out.Contact = c.ID
	out.Changed = out.Changed || len(events) > 0 || len(c.Phones) > numbers
	if len(events) == 0 {
		return nil
	}
	for _, v := range events {
		tx.Log(Log(c.ID), v)
	}
	return c.Save(tx)
}

// attach gives a contact those of the row's numbers that are new, as many as he may have.
func (r row) attach(tx *ledger.Tx, c *Contact, by string) error {
	for _, p := range r.phones {
		if len(c.Phones) == mostPhones || slices.Contains(c.Phones, p) {
			continue
		}
		if err := Attach(tx, c, p, by); err != nil {
			return err
		}
	}
	return nil
}

// at reports whether a place is the one that is known.
func (c Customer) at(place string) bool {
	return foldPlace(place) == foldPlace(c.Place) || c.System == Private && domain(place) == c.Place
}

func cmpErr(first, then error) error {
	if first != nil {
		return first
	}
	return then
}

func (e Entry) fields() map[string]string {
	return map[string]string{
		"key": e.Key, "name": e.Name, "system": e.System, "place": e.Place, "market": e.Market, "modules": e.Modules,
		"scheme": e.Scheme, "owner": e.Owner, "aliases": e.Aliases, "person": e.Person, "phone": e.Phone, "type": e.Type,
		"note": e.Note, "consent": e.Consent,
	}
}

// split parts a list of words as people write them.
func split(s string) []string {
	return lines(strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '|' }), longName, mostModules)
}

// ownerOf is the id of a Discord user, also in a mention.
func ownerOf(s string) string {
	s = strings.TrimFunc(s, unicode.IsSpace)
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(s, "<@"), "!"), ">")
}
