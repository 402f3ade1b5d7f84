package ticket

import (
	"cmp"
	"slices"

	"github.com/haloerzap/halo/ledger"
)

// A Conversation is one person's 1:1 chat with the desk, whatever addresses
// WhatsApp shows that person under. It points at the open ticket, so that two
// first messages make one ticket.
type Conversation struct {
	ID        string
	Addresses []string // every WhatsApp address known, oldest first
	Reply     string   // the address the person wrote from last: answers go there
	Phone     string   // digits, "" while only a LID is known; a LID is never shown as a number
	Name      string   // cleaned push name
	Open      string   // number of the open ticket, "" for none
	Also      []string // further open tickets, of conversations that turned out to be the same person's
	Last      string   // number of the ticket closed last
	Tickets   int
	// Into is the conversation that goes on for this one, "" if this one does.
	Into string
}

// Latest are the tickets that messages of the person may still concern.
func (c Conversation) Latest() []string {
	return slices.DeleteFunc(append([]string{c.Open, c.Last}, c.Also...), func(n string) bool { return n == "" })
}

// Find returns the conversation of a person, by any of the addresses, or a new
// one, and ties every address to it. When two conversations turn out to be one
// person, the one with an open ticket (else the older address) goes on; the
// other keeps its history under its own id.
func Find(tx *ledger.Tx, newID string, addresses ...string) (Conversation, error) {
	addresses = slices.DeleteFunc(slices.Clone(addresses), func(a string) bool { return a == "" })
	var found []Conversation
	missing := []string{}
	for _, a := range addresses {
		id, err := tx.Doc(ledger.Ref{Kind: KindAlias, ID: a})
		if err != nil {
			return Conversation{}, err
		}
		if id == nil {
			missing = append(missing, a)
			continue
		}
		c, ok, err := LoadConversation(tx, string(id))
		if err != nil {
			return Conversation{}, err
		}
		if !ok {
			missing = append(missing, a)
		} else if !slices.ContainsFunc(found, func(f Conversation) bool { return f.ID == c.ID }) {
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		found = []Conversation{{ID: newID}}
	}
	c := found[0]
	if c.Open == "" {
		if i := slices.IndexFunc(found, func(f Conversation) bool { return f.Open != "" }); i > 0 {
			c = found[i]
		}
	}
	for _, other := range found {
		if other.ID == c.ID {
			continue
		}
		missing = append(missing, other.Addresses...)
		c.Also = append(c.Also, slices.DeleteFunc(append([]string{other.Open}, other.Also...), func(n string) bool { return n == "" })...)
		c.Last = cmp.Or(c.Last, other.Last)
		c.Tickets += other.Tickets
		other.Open, other.Also, other.Into = "", nil, c.ID
		if err := other.Save(tx); err != nil {
			return Conversation{}, err
		}
	}
	for _, a := range missing {
		if err := tx.Put(ledger.Ref{Kind: KindAlias, ID: a}, []byte(c.ID)); err != nil {
			return Conversation{}, err
		}
		if !slices.Contains(c.Addresses, a) {
			c.Addresses = append(c.Addresses, a)
		}
	}
	return c, nil
}

// ByAddress returns the conversation of an address that has written before.
func ByAddress(tx *ledger.Tx, addresses ...string) (Conversation, bool, error) {
	for _, a := range addresses {
		if a == "" {
			continue
		}
		id, err := tx.Doc(ledger.Ref{Kind: KindAlias, ID: a})
		if err != nil {
			return Conversation{}, false, err
		}
		if id != nil {
			return LoadConversation(tx, string(id))
		}
	}
	return Conversation{}, false, nil
}
