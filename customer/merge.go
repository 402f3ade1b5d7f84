package customer

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// absorb makes c go on for another contact of the same person, which keeps its own
// document and log. What staff entered goes before what the person said; a block stays;
// of two choices the later one stands. Doing it twice is doing it once.
func (c *Contact) absorb(other Contact) {
	if other.ID == c.ID || slices.Contains(c.Was, other.ID) {
		return
	}
	names := slices.Concat(c.Former, []string{other.Name}, other.Former)
	c.Name, c.Push = cmp.Or(c.Name, other.Name), cmp.Or(c.Push, other.Push)
	c.Former = former(c.Name, names)
	c.Phones = first(mostPhones, c.Phones, other.Phones)
	c.Chats = first(mostChats, c.Chats, other.Chats)
	c.Was = first(mostWas, c.Was, []string{other.ID}, other.Was)
	c.Type = cmp.Or(c.Type, other.Type)
	c.Customer = cmp.Or(c.Customer, other.Customer)
	c.Registered = earlier(c.Registered, other.Registered)
	c.Wrote = earlier(c.Wrote, other.Wrote)
	c.Created = earlier(c.Created, other.Created)
	if other.Updated.After(c.Updated) {
		c.Updated = other.Updated
	}
	if other.Consent.over(c.Consent) {
		c.Consent = other.Consent
	}
	if other.Block.over(c.Block) {
		c.Block = other.Block
	}
	if other.Note != "" && other.Note != c.Note {
		c.Note = block(c.Note+"\n"+other.Note, longNote)
	}
	c.Refused.absorb(other.Refused)
	c.Figures.absorb(other.Figures)
}

// before orders contacts of one person by which goes on: one that somebody entered,
// then the one known longer.
func before(a, b Contact) int {
	if a.Known() != b.Known() {
		if a.Known() {
			return -1
		}
		return 1
	}
	return cmp.Or(a.Created.Compare(b.Created), compare(a.ID, b.ID))
}

// merge makes keep go on for other, in this change: pointers, both documents, both
// logs. The caller saves keep.
func merge(tx *ledger.Tx, keep *Contact, other Contact, by string) error {
	kept := *keep
	keep.absorb(other)
	for _, ref := range pointers(other) {
		if err := tx.Put(ref, []byte(keep.ID)); err != nil {
			return err
		}
	}
	other.Into = keep.ID
	if err := other.Save(tx); err != nil {
		return err
	}
	// The rows of a number know no contact: those of a number both had are keep's now.
	for _, p := range other.Phones {
		if slices.Contains(kept.Phones, p) {
			relist(tx, nil, p.rows())
		}
	}
	into := event("contact_merged", by, tx.Now(), "name", other.Called(), "type", other.Type,
		"customer", other.Customer, "tickets", number(other.Figures.Tickets))
	into.Ref = other.ID
	tx.Log(Log(keep.ID), into)
	away := event("contact_merged_into", by, tx.Now())
	away.Ref = keep.ID
	tx.Log(Log(other.ID), away)
	return nil
}

// Merge makes the contact keep go on for other, because staff know both to be one
// person. What only other knew goes over to keep; other's document and log stay, and
// lead to keep. Merging twice is merging once. [Refusal] contact_unknown.
func Merge(tx *ledger.Tx, keep, other, by string) (Contact, error) {
	tx.Expect(ledger.Ref{Kind: KindContact, ID: keep}, ledger.Ref{Kind: KindContact, ID: other})
	k, err := must(tx, keep)
	if err != nil {
		return Contact{}, err
	}
	o, err := must(tx, other)
	if err != nil || o.ID == k.ID {
		return k, err
	}
	if err := merge(tx, &k, o, by); err != nil {
		return Contact{}, err
	}
	k.Updated = tx.Now()
	return k, k.Save(tx)
}

func must(tx *ledger.Tx, id string) (Contact, error) {
	if id == "" {
		return Contact{}, refuse("contact_unknown")
	}
	c, ok, err := Load(tx, id)
	if err != nil {
		return Contact{}, err
	}
	if !ok {
		return Contact{}, &Refusal{"contact_unknown", id}
	}
	return c, nil
}

// pointers are the documents that lead to a contact.
func pointers(c Contact) (refs []ledger.Ref) {
	for _, p := range c.Phones {
		refs = append(refs, ledger.Ref{Kind: KindPhone, ID: string(p)})
	}
	for _, chat := range c.Chats {
		refs = append(refs, ledger.Ref{Kind: KindWriter, ID: chat})
	}
	return refs
}

// first are the first n values of the lists, each once, without empty ones.
func first[T ~string](n int, lists ...[]T) (out []T) {
	for _, v := range slices.Concat(lists...) {
		if len(out) == n {
			break
		}
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
