package customer

import (
	"fmt"
	"slices"

	"github.com/haloerzap/halo/ledger"
)

// Who is what is known of a person who writes, or of whom staff speak.
type Who struct {
	Chats []string // ids of conversations known to be the person's, the present one first
	Phone Phone    // "" while only a LID is known
	Push  string   // name on WhatsApp, as received
}

// Find returns the contact of a person, or a new one with the id newID, saves it if
// that changed anything, and ties number and conversations to it. known is false for a
// new one. When two contacts turn out to be one person, the one that somebody entered
// (else the older one) goes on; the other keeps its history under its own id.
//
// A number that has gone over to somebody else must be taken from its contact
// ([Detach]) before the new owner writes.
func Find(tx *ledger.Tx, newID string, who Who) (c Contact, known bool, err error) {
	if err := checkID("contact", newID); err != nil {
		return Contact{}, false, err
	}
	refs := pointers(Contact{Phones: first(1, []Phone{who.Phone}), Chats: first(mostChats, who.Chats)})
	if len(refs) == 0 {
		return Contact{}, false, fmt.Errorf("%w: a contact with neither number nor conversation", ledger.ErrInvalid)
	}
	found, missing, err := follow(tx, refs)
	if err != nil {
		return Contact{}, false, err
	}
	known = len(found) > 0
	changed := !known || len(found) > 1
	if !known {
		c = Contact{ID: newID, Created: tx.Now(), Updated: tx.Now()}
		tx.Log(Log(c.ID), event("contact_created", "halo", tx.Now()))
	} else {
		slices.SortFunc(found, before)
		c = found[0]
		for _, other := range found[1:] {
			if err := merge(tx, &c, other, "halo"); err != nil {
				return Contact{}, false, err
			}
		}
	}
	for _, ref := range missing {
		if err := tx.Put(ref, []byte(c.ID)); err != nil {
			return Contact{}, false, err
		}
	}
	changed = c.hold(refs, tx) || changed
	changed = c.Call(who.Push, tx.Now()) || changed
	if changed {
		err = c.Save(tx)
	}
	return c, known, err
}

// follow loads the contacts that the pointers lead to, each once, and returns the
// pointers that lead nowhere.
func follow(tx *ledger.Tx, refs []ledger.Ref) (found []Contact, missing []ledger.Ref, err error) {
	tx.Expect(refs...)
	for _, ref := range refs {
		c, ok, err := led(tx, ref)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			missing = append(missing, ref)
		} else if !slices.ContainsFunc(found, func(f Contact) bool { return f.ID == c.ID }) {
			found = append(found, c)
		}
	}
	return found, missing, nil
}

// hold lists what leads to the contact, and reports whether that is new. A full list of
// numbers keeps those it has; of conversations the last ones count.
func (c *Contact) hold(refs []ledger.Ref, tx *ledger.Tx) (changed bool) {
	for _, ref := range refs {
		switch {
		case ref.Kind == KindPhone && !slices.Contains(c.Phones, Phone(ref.ID)) && len(c.Phones) < mostPhones:
			c.Phones = append(slices.Clone(c.Phones), Phone(ref.ID))
		case ref.Kind == KindWriter && !slices.Contains(c.Chats, ref.ID):
			c.Chats = append(slices.Clone(c.Chats), ref.ID)
			c.Chats = c.Chats[max(0, len(c.Chats)-mostChats):]
		default:
			continue
		}
		changed, c.Updated = true, tx.Now()
	}
	return changed
}

// ByPhone returns the contact of a number; ok is false if there is none.
func ByPhone(tx *ledger.Tx, p Phone) (c Contact, ok bool, err error) {
	if p == "" {
		return Contact{}, false, nil
	}
	return led(tx, ledger.Ref{Kind: KindPhone, ID: string(p)})
}

// ByChat returns the contact who writes in a conversation; ok is false if there is none.
func ByChat(tx *ledger.Tx, conversation string) (c Contact, ok bool, err error) {
	if conversation == "" {
		return Contact{}, false, nil
	}
	return led(tx, ledger.Ref{Kind: KindWriter, ID: conversation})
}

func led(tx *ledger.Tx, pointer ledger.Ref) (c Contact, ok bool, err error) {
	id, err := tx.Doc(pointer)
	if err != nil || len(id) == 0 {
		return Contact{}, false, err
	}
	return Load(tx, string(id))
}

// Attach gives the contact a further number, and saves it. [Refusal] number_taken with
// the id of the contact that has it, numbers_full.
func Attach(tx *ledger.Tx, c *Contact, p Phone, by string) error {
	if p == "" {
		return refuse("number_missing")
	}
	owner, ok, err := ByPhone(tx, p)
	switch {
	case err != nil:
		return err
	case ok && owner.ID != c.ID:
		return &Refusal{"number_taken", owner.ID}
	case slices.Contains(c.Phones, p):
		return nil
	case len(c.Phones) >= mostPhones:
		return refuse("numbers_full")
	}
	ref := ledger.Ref{Kind: KindPhone, ID: string(p)}
	if err := tx.Put(ref, []byte(c.ID)); err != nil {
		return err
	}
	c.hold([]ledger.Ref{ref}, tx)
	tx.Log(Log(c.ID), event("number_added", by, tx.Now(), "number", p.Masked()))
	return c.Save(tx)
}

// Detach takes a number from the contact, and saves it: the number goes to whoever
// writes from it next. A number that is not the contact's is fine.
func Detach(tx *ledger.Tx, c *Contact, p Phone, by string) error {
	owner, ok, err := ByPhone(tx, p)
	if err != nil {
		return err
	}
	mine := ok && owner.ID == c.ID
	if mine {
		if err := tx.Put(ledger.Ref{Kind: KindPhone, ID: string(p)}, nil); err != nil {
			return err
		}
	}
	i := slices.Index(c.Phones, p)
	if i < 0 && !mine {
		return nil
	}
	if i >= 0 {
		c.Phones = slices.Delete(slices.Clone(c.Phones), i, i+1)
	}
	c.Updated = tx.Now()
	tx.Log(Log(c.ID), event("number_removed", by, tx.Now(), "number", p.Masked()))
	return c.Save(tx)
}
