package bridge

import "github.com/haloerzap/halo/ledger"

// Answered is what the courier does when WhatsApp took a letter.
func Answered(tx *ledger.Tx, l ledger.Letter) error {
	if l.Kind != kindText {
		return nil
	}
	return Desk{}.answered(tx, l, false)
}
