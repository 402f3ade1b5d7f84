package bridge

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// What a client sends after he was asked for access may hold a code or a password. It is
// taken out before anything of the message is stored, logged or shown: the words that
// were found go into a [Vault]'s seal, and the message goes on with them masked.

// kindSecret documents hold, by ticket and secret, what was sealed. They are deleted
// when it ends.
const kindSecret ledger.Kind = "secret"

// TimerSecret deletes a secret. Its ID is that of the document.
const TimerSecret = "secret"

// The beginnings of the buttons' ids.
const (
	SecretPrefix      = "secret:"       // + ticket, colon, secret: shows it to the ticket's agent
	SecretAgainPrefix = "secret-again:" // + ticket: asks the client again
)

type sealedDoc struct {
	V     int    `json:"v"`
	Until int64  `json:"until"` // desk time, ms
	Box   []byte `json:"box"`
}

func secretRef(number, id string) ledger.Ref {
	return ledger.Ref{Kind: kindSecret, ID: number + "/" + id}
}

// seal keeps the secrets that were taken out of what a client wrote, for the agent of a
// ticket. The ticket learns that access came.
func (d Desk) seal(tx *ledger.Tx, t *ticket.Ticket, m ClientMessage, secrets []string) ([]ledger.Event, error) {
	id := sum(fmt.Sprintf("%s/%s/%d", t.Conversation, inboxRef(m), m.piece))
	until := tx.Now().Add(ticket.SecretKept)
	if err := d.lock(tx, t.Number, id, until, secrets); err != nil {
		return nil, err
	}
	tx.Send(letter("secret/"+t.Number+"/"+id, ThreadLane(t.Number), t.Number, kindSay, sayBody{
		Content: fmt.Sprintf("🔐 Klien mengirim kode atau kata sandi; di pesannya disamarkan. Hanya agen tiket ini yang dapat melihatnya, sampai <t:%d:t>.", until.Unix()),
		Buttons: []Button{{ID: SecretPrefix + t.Number + ":" + id, Label: "Lihat kode", Emoji: "🔑", Style: "primary"}},
	}))
	events := []ledger.Event{{At: tx.Now(), What: "secret_sealed", By: "client", Ref: m.ID, Data: map[string]string{"secret": id}}}
	return append(events, t.AccessCame(tx.Now())...), nil
}

// mostSecrets is how many secrets of a ticket can be read at a time: all are looked at
// whenever somebody writes there.
const mostSecrets = 40

// lock writes the document of a secret, and when it ends. Beyond [mostSecrets] the oldest
// ends now.
func (d Desk) lock(tx *ledger.Tx, number, id string, until time.Time, secrets []string) error {
	ref := secretRef(number, id)
	if _, err := tx.Doc(ref); err != nil {
		return err
	}
	ids, err := secretsOf(tx, number)
	if err != nil {
		return err
	}
	for _, old := range ids[:max(0, len(ids)+1-mostSecrets)] {
		oldest := ledger.Timer{Kind: TimerSecret, ID: secretRef(number, old).ID}
		if err := EndSecret(tx, oldest); err != nil {
			return err
		}
		tx.Cancel(oldest.Kind, oldest.ID)
	}
	words, err := json.Marshal(secrets)
	if err != nil {
		return fmt.Errorf("seal a secret: %w", err)
	}
	data, err := json.Marshal(sealedDoc{V: 1, Until: until.UnixMilli(), Box: d.vault().seal(ref.ID, words)})
	if err != nil {
		return fmt.Errorf("seal a secret: %w", err)
	}
	tx.Set(ledger.Timer{Kind: TimerSecret, ID: ref.ID, Due: until})
	if err := listSecrets(tx, number, func(ids []string) []string { return append(ids, id) }); err != nil {
		return err
	}
	return tx.Put(ref, data)
}

// Reveal opens a secret of a ticket: what the client wrote, piece by piece, and until
// when it can be read. ok is false when it ended, or this process did not seal it. Who
// asks is the caller's to check.
func (d Desk) Reveal(tx *ledger.Tx, number, id string) (words []string, until time.Time, ok bool, err error) {
	ref := secretRef(number, id)
	data, err := tx.Doc(ref)
	if err != nil || data == nil {
		return nil, until, false, err
	}
	var s sealedDoc
	if err := json.Unmarshal(data, &s); err != nil {
		return nil, until, false, fmt.Errorf("%w: a secret of %s", ledger.ErrCorrupt, number)
	}
	until = time.UnixMilli(s.Until).UTC()
	if !tx.Now().Before(until) {
		return nil, until, false, nil
	}
	opened, ok := d.vault().open(ref.ID, s.Box)
	if !ok {
		return nil, until, false, nil
	}
	if err := json.Unmarshal(opened, &words); err != nil {
		return nil, until, false, fmt.Errorf("%w: a secret of %s", ledger.ErrCorrupt, number)
	}
	return words, until, true, nil
}

// EndSecret deletes a secret whose time is over.
func EndSecret(tx *ledger.Tx, timer ledger.Timer) error {
	ref := ledger.Ref{Kind: kindSecret, ID: timer.ID}
	data, err := tx.Doc(ref)
	if err != nil || data == nil {
		return err
	}
	number, id, _ := strings.Cut(timer.ID, "/")
	if err := listSecrets(tx, number, func(ids []string) []string {
		return slices.DeleteFunc(ids, func(one string) bool { return one == id })
	}); err != nil {
		return err
	}
	return tx.Put(ref, nil)
}

// sealed takes the secrets out of a message before anything else is done with it, for
// the ticket that it belongs to: the open one, that of the message it speaks of, or the
// last. What a sealed message is quoted with is what stands in its place.
func (r *Relay) sealed(tx *ledger.Tx, c *ticket.Conversation, m ClientMessage) (ClientMessage, error) {
	m, of, err := r.unquoted(tx, *c, m)
	if err != nil {
		return m, err
	}
	if !m.Own && m.Unreadable == "" {
		if m, err = r.sealIn(tx, c, m, of); err != nil {
			return m, err
		}
	}
	if m.hasSecret && m.Target != "" {
		if err := sealedTarget(tx, *c, m); err != nil {
			return m, err
		}
	}
	if m.aside != nil { // it may be stored as it stands now
		clear(m.aside)
		maps.Copy(m.aside, eventData(m))
	}
	return m, nil
}

// sealIn masks the message and seals what was in it, if a ticket of the conversation
// seals; of is the ticket of a sealed message that this one changes, "" for none.
func (r *Relay) sealIn(tx *ledger.Tx, c *ticket.Conversation, m ClientMessage, of string) (ClientMessage, error) {
	masked, secrets := m.withoutSecrets()
	if !masked.hasSecret {
		return m, nil
	}
	t, ok, err := sealer(tx, *c, of)
	if err != nil || !ok {
		return m, err
	}
	if len(secrets) == 0 {
		return masked, nil // they are in another piece of the message
	}
	before := t
	events, err := r.desk.seal(tx, &t, masked, secrets)
	if err != nil {
		return masked, err
	}
	about := c
	if t.Conversation != c.ID {
		about = &ticket.Conversation{}
	}
	return masked, r.desk.keep(tx, before, &t, about, events)
}

// sealer is the ticket whose agent may see a secret that comes now: an open one that
// waits for it; the open one, when another did that ended meanwhile; that one, when none
// is open; or of. ok is false when nobody asked for it.
func sealer(tx *ledger.Tx, c ticket.Conversation, of string) (t ticket.Ticket, ok bool, err error) {
	for _, number := range slices.Concat([]string{c.Open}, c.Also, []string{c.Last}) {
		if number == "" {
			continue
		}
		if t, ok, err = ticket.Load(tx, number); err != nil {
			return t, false, err
		}
		if !ok || !t.Seals(tx.Now()) {
			continue
		}
		if number == c.Last && c.Open != "" {
			return ticket.Load(tx, c.Open)
		}
		return t, true, nil
	}
	if of == "" {
		return t, false, nil
	}
	return ticket.Load(tx, of)
}

// unquoted takes the words of a sealed message out of a quote of it. of is the ticket of
// a sealed message that this one changes or speaks of.
func (r *Relay) unquoted(tx *ledger.Tx, c ticket.Conversation, m ClientMessage) (_ ClientMessage, of string, err error) {
	if m.Quote != nil && !m.Quote.Own {
		h, ok, err := heardIn(tx, c, m.Quote.ID, false)
		if err != nil {
			return m, "", err
		}
		if ok && h.Secret {
			q := *m.Quote
			q.Text = h.Text
			m.Quote = &q
		}
	}
	if m.Target != "" && !m.TargetOwn && m.Unreadable == "" {
		h, ok, err := heardIn(tx, c, m.Target, false)
		if err != nil {
			return m, "", err
		}
		if ok && h.Secret {
			of = h.Ticket
		}
	}
	return m, of, nil
}

// sealedTarget notes that a message has a secret in it since it was changed.
func sealedTarget(tx *ledger.Tx, c ticket.Conversation, m ClientMessage) error {
	if m.TargetOwn {
		return nil
	}
	ref := heardRef(c.ID, shortID(m.Target))
	h, ok, err := loadHeard(tx, ref)
	if err != nil || !ok || h.Secret {
		return err
	}
	h.Secret = true
	data, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("encode %s: %w", ref, err)
	}
	return tx.Put(ref, data)
}

// setAside is what is stored of a message that cannot be handled. Until it is known
// whether its secrets are to be sealed, they are left out.
func setAside(m ClientMessage) map[string]string {
	masked, _ := m.withoutSecrets()
	return eventData(masked)
}
