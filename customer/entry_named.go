package customer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/haloerzap/halo/ledger"
)

// KindNamed documents lead from a key, a place or a name to the companies that bear it:
// what lists of customers and orders find a company by. Their ids are hashes.
const KindNamed ledger.Kind = "named"

// Bounds of what leads to companies.
const (
	longKey   = 60  // bytes of a customer's key
	mostNamed = 100 // companies of one name; further ones are not found by it
)

// A bearer is a company that bears a name, with the legal form it bears it in.
type bearer struct{ id, form string }

func named(what, text string) ledger.Ref {
	sum := sha256.Sum256([]byte(what + "|" + text))
	return ledger.Ref{Kind: KindNamed, ID: what + "-" + hex.EncodeToString(sum[:12])}
}

func foldKey(key string) string { return strings.ToLower(line(key, longKey)) }

func foldPlace(place string) string { return strings.ToLower(line(place, longPlace)) }

// forms are the words by which companies say what they are by law. The last two say
// nothing that tells companies apart.
var forms = []string{"pt", "cv", "ud", "fa", "pd", "ltd", "limited", "inc", "llc", "bhd", "gmbh", "tbk", "persero"}

// foldName is a company's name however it was written, and its legal form: "PT. Maju
// Jaya", "P.T. MAJU JAYA" and "Maju Jaya, PT" are one.
func foldName(name string) (bare, form string) {
	words := Words(name)
	if len(words) > 2 {
		if two := words[0] + words[1]; two == "pt" || two == "cv" || two == "ud" {
			words = append([]string{two}, words[2:]...)
		}
	}
	rest := words
	for len(rest) > 1 && slices.Contains(forms, rest[0]) {
		form, rest = firstForm(form, rest[0]), rest[1:]
	}
	for len(rest) > 1 && slices.Contains(forms, rest[len(rest)-1]) {
		form, rest = firstForm(form, rest[len(rest)-1]), rest[:len(rest)-1]
	}
	if bare = strings.Join(rest, " "); bare == "" {
		bare = strings.ToLower(line(name, longName))
	}
	return bare, form
}

func firstForm(had, word string) string {
	if had != "" || word == "tbk" || word == "persero" {
		return had
	}
	return word
}

// leads are the documents that lead to the company, with its legal form in each.
func (c Customer) leads() map[ledger.Ref]string {
	all := map[ledger.Ref]string{}
	for _, name := range append(slices.Clone(c.Aliases), c.Name) {
		if bare, form := foldName(name); bare != "" {
			all[named("name", bare)] = form
		}
	}
	if key := foldKey(c.Key); key != "" {
		all[named("key", key)] = ""
	}
	if place := foldPlace(c.Place); place != "" {
		all[named("place", place)] = ""
	}
	return all
}

// led are the leads of a stored company that are written: companies of an older halo have
// none.
func (c Customer) led(tx *ledger.Tx) (map[ledger.Ref]string, error) {
	if c.ID == "" {
		return nil, nil
	}
	data, err := tx.Doc(ledger.Ref{Kind: KindCustomer, ID: c.ID})
	if err != nil {
		return nil, err
	}
	var s struct {
		Led bool `json:"led"`
	}
	if err := json.Unmarshal(data, &s); err != nil || !s.Led {
		return nil, err
	}
	return c.leads(), nil
}

// lead makes what leads to a company follow it. before are the leads that are written.
func (c Customer) lead(tx *ledger.Tx, before map[ledger.Ref]string) error {
	after := c.leads()
	var refs []ledger.Ref
	for ref, form := range after {
		if had, ok := before[ref]; !ok || had != form {
			refs = append(refs, ref)
		}
	}
	for ref := range before {
		if _, ok := after[ref]; !ok {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, func(a, b ledger.Ref) int { return compare(a.ID, b.ID) })
	tx.Expect(refs...)
	for _, ref := range refs {
		all, err := bearers(tx, ref)
		if err != nil {
			return err
		}
		all = slices.DeleteFunc(all, func(b bearer) bool { return b.id == c.ID })
		if form, ok := after[ref]; ok && len(all) < mostNamed {
			all = append(all, bearer{c.ID, form})
		}
		if err := putBearers(tx, ref, all); err != nil {
			return err
		}
	}
	return nil
}

func bearers(tx *ledger.Tx, ref ledger.Ref) (all []bearer, err error) {
	data, err := tx.Doc(ref)
	if err != nil {
		return nil, err
	}
	for row := range strings.SplitSeq(string(data), "\n") {
		if id, form, _ := strings.Cut(row, "|"); id != "" {
			all = append(all, bearer{id, form})
		}
	}
	return all, nil
}

func putBearers(tx *ledger.Tx, ref ledger.Ref, all []bearer) error {
	if len(all) == 0 {
		return tx.Put(ref, nil)
	}
	rows := make([]string, len(all))
	for i, b := range all {
		rows[i] = b.id + "|" + b.form
	}
	return tx.Put(ref, []byte(strings.Join(rows, "\n")))
}

// whom is a company as a row speaks of it.
type whom struct{ key, place, name string }

// find returns the company that is meant: the one of the key, else the only one at the
// place, else the only one of the name. A company with another key, or of this name at
// another place, is another one. bad says that it could be several.
func (w whom) find(tx *ledger.Tx) (c Customer, ok bool, bad *Fault, err error) {
	if key := foldKey(w.key); key != "" {
		all, err := w.bearing(tx, named("key", key))
		if err != nil || len(all) > 0 {
			return firstOf(all), len(all) > 0, nil, err
		}
	}
	if w.place != "" {
		c, ok, bad, err := w.placed(tx)
		if err != nil || ok || bad != nil {
			return c, ok, bad, err
		}
	}
	bare, _ := foldName(w.name)
	if bare == "" {
		return Customer{}, false, nil, nil
	}
	all, err := w.bearing(tx, named("name", bare))
	if err != nil {
		return Customer{}, false, nil, err
	}
	if w.place != "" {
		all = slices.DeleteFunc(all, func(c Customer) bool { return c.Place != "" })
	}
	all = w.called(all)
	switch {
	case len(all) == 1:
		return all[0], true, nil, nil
	case len(all) > 1 && w.key == "" && w.place == "":
		f := fault("name", "name_ambiguous", w.name)
		return Customer{}, false, &f, nil
	}
	return Customer{}, false, nil, nil
}

// placed is find by place. A domain is known however it was copied.
func (w whom) placed(tx *ledger.Tx) (c Customer, ok bool, bad *Fault, err error) {
	all, err := w.bearing(tx, named("place", foldPlace(w.place)))
	if err != nil {
		return Customer{}, false, nil, err
	}
	if host := domain(w.place); len(all) == 0 && host != "" && host != foldPlace(w.place) {
		if all, err = w.bearing(tx, named("place", host)); err != nil {
			return Customer{}, false, nil, err
		}
		all = slices.DeleteFunc(all, func(c Customer) bool { return c.System != Private })
	}
	if len(all) > 1 && w.name != "" {
		all = w.called(all)
	}
	switch {
	case len(all) == 1:
		return all[0], true, nil, nil
	case len(all) > 1 && w.key == "":
		f := fault("place", "place_ambiguous", w.place)
		return Customer{}, false, &f, nil
	}
	return Customer{}, false, nil, nil
}

// bearing loads the companies that a document leads to, without those that have another
// key than the row's.
func (w whom) bearing(tx *ledger.Tx, ref ledger.Ref) (all []Customer, err error) {
	leads, err := bearers(tx, ref)
	if err != nil {
		return nil, err
	}
	refs := make([]ledger.Ref, len(leads))
	for i, b := range leads {
		refs[i] = ledger.Ref{Kind: KindCustomer, ID: b.id}
	}
	tx.Expect(refs...)
	for _, b := range leads {
		c, ok, err := LoadCustomer(tx, b.id)
		if err != nil {
			return nil, err
		}
		if ok && (w.key == "" || c.Key == "" || foldKey(c.Key) == foldKey(w.key)) {
			all = append(all, c)
		}
	}
	return all, nil
}

// called are those of the row's name in the same legal form; if none is, those of which
// one of both says no form.
func (w whom) called(all []Customer) (same []Customer) {
	bare, form := foldName(w.name)
	var near []Customer
	for _, c := range all {
		its, ok := c.leads()[named("name", bare)]
		switch {
		case !ok:
		case its == form:
			same = append(same, c)
		case its == "" || form == "":
			near = append(near, c)
		}
	}
	if len(same) == 0 {
		return near
	}
	return same
}

func firstOf(all []Customer) Customer {
	if len(all) == 0 {
		return Customer{}
	}
	return all[0]
}

// unknown is the fault of a row whose company is not known and cannot be made.
func (w whom) unknown() Fault {
	switch {
	case w.key != "":
		return fault("key", "customer_unknown", w.key)
	case w.place != "":
		return fault("place", "customer_unknown", w.place)
	}
	return fault("name", "customer_unknown", w.name)
}

// seed is what the id of a company is made from.
func (w whom) seed() string {
	if w.key != "" {
		return "key|" + foldKey(w.key)
	}
	bare, form := foldName(w.name)
	return "place|" + foldPlace(w.place) + "|" + bare + "|" + form
}

// fresh is an id for a new document of a kind, the same for the same seed unless
// something has it.
func fresh(tx *ledger.Tx, kind ledger.Kind, prefix, seed string) (string, error) {
	for n := range 50 {
		sum := sha256.Sum256([]byte(seed + "|" + strconv.Itoa(n)))
		id := prefix + hex.EncodeToString(sum[:8])
		data, err := tx.Doc(ledger.Ref{Kind: kind, ID: id})
		if err != nil || data == nil {
			return id, err
		}
	}
	return "", fmt.Errorf("%w: no id for a new %s", ledger.ErrInvalid, kind)
}

// asks are the documents by which a company is looked for.
func (w whom) asks() (refs []ledger.Ref) {
	if key := foldKey(w.key); key != "" {
		refs = append(refs, named("key", key))
	}
	if place := foldPlace(w.place); place != "" {
		refs = append(refs, named("place", place))
	}
	if bare, _ := foldName(w.name); bare != "" {
		refs = append(refs, named("name", bare))
	}
	return refs
}

func asksPhones(text string) (refs []ledger.Ref) {
	phones, _ := phonesOf(text) // a fault is found when the row is taken in
	for _, p := range phones {
		refs = append(refs, ledger.Ref{Kind: KindPhone, ID: string(p)})
	}
	return refs
}

// Asks are documents that [Entry.Enter] will ask for, to be read with those of other rows.
func (e Entry) Asks() []ledger.Ref {
	w := whom{key: e.Key, place: e.Place, name: line(e.Name, longName)}
	return append(w.asks(), asksPhones(e.Phone)...)
}

// Asks are documents that [OrderEntry.Enter] will ask for, to be read with those of other
// rows.
func (e OrderEntry) Asks() []ledger.Ref {
	refs := e.whom().asks()
	if number := line(e.Number, mostID); number != "" {
		refs = append(refs, ledger.Ref{Kind: KindOrder, ID: number})
	}
	return append(refs, asksPhones(e.Phone)...)
}
