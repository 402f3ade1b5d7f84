package ticket

import (
	"time"

	"github.com/haloerzap/halo/ledger"
)

// SecretKept is how long a client's secret can be read, and how long further ones are
// looked for after the first.
const SecretKept = 15 * time.Minute

// AccessCame ends the look-out for a code: further ones are sealed for [SecretKept] yet.
// The caller has sealed it.
func (t *Ticket) AccessCame(at time.Time) []ledger.Event {
	until := at.Add(SecretKept)
	if t.AccessFrom.IsZero() {
		if until.Before(t.SecretsTo) { // it came late
			t.SecretsTo = until
		}
		return nil
	}
	t.AccessFrom, t.SecretsTo = time.Time{}, until
	return []ledger.Event{event(at, "access_came", byClient)}
}

// lateSecret is how long after a ticket's end the code that was asked for there is sealed
// yet: the client may find the request hours later.
const lateSecret = 24 * time.Hour

// accessMissed is the end of a ticket for which the code did not come.
func (t *Ticket) accessMissed(at time.Time) {
	if !t.AccessFrom.IsZero() {
		t.AccessFrom, t.SecretsTo = time.Time{}, later(t.SecretsTo, at.Add(lateSecret))
	}
}

// seals takes over the look-out of another ticket.
func (t *Ticket) seals(from, to time.Time) {
	switch {
	case !t.AccessFrom.IsZero():
	case !from.IsZero():
		t.AccessFrom = from
	default:
		t.SecretsTo = later(t.SecretsTo, to)
	}
}

// Seals reports whether a secret that the client sends now is to be sealed.
func (t Ticket) Seals(at time.Time) bool {
	return !t.AccessFrom.IsZero() || at.Before(t.SecretsTo)
}

// IndexSecrets has the tickets that wait for a secret, or did a while ago, by the time
// until which what their clients write must not be kept in clear anywhere.
const IndexSecrets = "secrets"

const (
	// watchedFor bounds the look-out that nothing ends.
	watchedFor = 365 * 24 * time.Hour
	// watchedAfter is how long after it the client may still change what he wrote.
	watchedAfter = time.Hour
)

func (t Ticket) indexSecrets(tx *ledger.Tx) {
	switch now := tx.Now(); {
	case !t.AccessFrom.IsZero():
		tx.Index(IndexSecrets, t.Number, t.AccessFrom.Add(watchedFor).UnixMilli())
	case now.Before(t.SecretsTo.Add(watchedAfter)):
		tx.Index(IndexSecrets, t.Number, t.SecretsTo.Add(watchedAfter).UnixMilli())
	case t.watched:
		tx.Unindex(IndexSecrets, t.Number)
	}
}
