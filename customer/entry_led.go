package customer

import (
	"strings"

	"github.com/haloerzap/halo/ledger"
)

// Lead makes a company that an older halo stored found by its key, its place and its names,
// as one that is saved now. It reports whether that was to be done.
func Lead(tx *ledger.Tx, id string) (bool, error) {
	c, ok, err := LoadCustomer(tx, id)
	if err != nil || !ok {
		return false, err
	}
	if led, err := c.led(tx); err != nil || led != nil {
		return false, err
	}
	return true, c.Save(tx)
}

// OnShelf is the thing that a row of a [Shelf] stands for, "" for no such row.
func OnShelf(member string) (id string) {
	if _, rest, ok := strings.Cut(member, "|"); ok {
		id, _, _ = strings.Cut(rest, "|")
	}
	return id
}
