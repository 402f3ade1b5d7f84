package bridge

import (
	"strings"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// What was said inside stays inside: Discord's own way of forwarding takes it to no client
// either. It shows nobody's name, so whose words they are follows from where they stand.

// kindInternal documents mark messages in tickets' threads by people who are no agents, by
// Discord's id.
const kindInternal ledger.Kind = "internal"

func internalRef(message string) ledger.Ref { return ledger.Ref{Kind: kindInternal, ID: message} }

// markInternal notes that a message is of somebody whom no client hears.
func markInternal(tx *ledger.Tx, message string) error {
	return tx.Put(internalRef(message), []byte("1"))
}

// staysInside reports whether a person's message is not for the client: a note, one that
// is held, or one of somebody whom no client hears.
func staysInside(tx *ledger.Tx, message string) (bool, error) {
	k, ok, err := loadKept(tx, message)
	if err != nil || ok && (k.State == keptInside || k.State == keptHeld) {
		return err == nil, err
	}
	mark, err := tx.Doc(internalRef(message))
	return mark != nil, err
}

// ofReport reports whether a letter to a ticket's thread shows what concerns a report: its
// party's words, or what became of it.
func ofReport(letterID string) bool {
	return strings.HasPrefix(letterID, "rm/") || strings.HasPrefix(letterID, "rt/")
}

// internal reports whether what a message forwards is not for the client: all of a
// report's post, and of a ticket's thread what was said inside.
func internal(tx *ledger.Tx, o Origin) (bool, error) {
	if o == (Origin{}) {
		return false, nil
	}
	th, ok, err := ticket.LoadThread(tx, o.Channel)
	if err != nil || !ok {
		return false, err
	}
	if th.Report != "" {
		return true, nil
	}
	letter, ok, err := tx.LetterByExt(th.Ticket, o.Message)
	if err != nil || ok {
		return ok && ofReport(letter), err
	}
	return staysInside(tx, o.Message)
}

// forwardStays notes a message that forwards what is not for the client. It cannot be sent
// later either: whoever wants the client to know it tells him so.
func (r *Relay) forwardStays(tx *ledger.Tx, number string, m StaffMessage) error {
	r.stays(tx, number, m, keptNote)
	tx.Send(noticeOn(number, "internal/"+m.ID, m.ID,
		"🔒 Tidak dikirim ke klien: yang diteruskan ini isi laporan atau catatan internal. Bila klien perlu mengetahuinya, tulislah dengan kata-kata Anda sendiri."))
	return markInternal(tx, m.ID)
}
