package escalation

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/haloerzap/halo/ledger"
)

// A Draft is a report to developers that is being written: everything typed and chosen so
// far. A ticket has one at most, and whoever works on the ticket goes on with it.
type Draft struct {
	Ticket string // number
	Team   string
	Form   Form
	By     string    // who began it
	At     time.Time // when
}

// KindDraft documents are the drafts by the number of their ticket.
const KindDraft ledger.Kind = "draft"

// mostDraft is what a draft takes when stored, in bytes: a report of it has to leave room
// for its life.
const mostDraft = 9 << 10

// Missing are the keys of the refusals that keep the draft from being sent, in the order
// in which it is filled in.
func (d Draft) Missing() []string {
	missing := d.Form.Missing(Developers)
	if d.Team == "" {
		missing = slices.Insert(missing, 0, "no_team")
	}
	return missing
}

// Attach adds files to the evidence, each once, as many as there is room for. It reports
// whether all are there now.
func (d *Draft) Attach(keys ...string) bool {
	all := slices.Clone(d.Form.Evidence)
	for _, key := range keys {
		if !slices.Contains(all, key) {
			all = append(all, key)
		}
	}
	d.Form.Evidence = all[:min(len(all), MostEvidence)]
	return len(all) <= MostEvidence
}

type storedDraft struct {
	V      int        `json:"v"`
	Ticket string     `json:"ticket"`
	Team   string     `json:"team,omitzero"`
	Form   storedForm `json:"form"`
	By     string     `json:"by"`
	At     int64      `json:"at"`
}

// Save writes the draft. A [Refusal] too_long says that it is larger than a report may be.
func (d Draft) Save(tx *ledger.Tx) error {
	f := d.Form
	if tooLong(f.Place, LongPlace) || tooLong(f.Detail, LongText) || tooLong(f.Reproduction, LongText) || tooLong(f.NotReproducible, LongText) {
		return refuse("too_long")
	}
	data, err := encode(storedDraft{1, d.Ticket, d.Team, storedForm(d.Form), d.By, millis(d.At)})
	if err != nil {
		return fmt.Errorf("encode draft of %s: %w", d.Ticket, err)
	}
	if len(data) > mostDraft {
		return refuse("too_long")
	}
	return tx.Put(draftRef(d.Ticket), data)
}

// LoadDraft reads the draft of a ticket; ok is false when there is none.
func LoadDraft(tx *ledger.Tx, ticket string) (d Draft, ok bool, err error) {
	data, err := tx.Doc(draftRef(ticket))
	if err != nil || data == nil {
		return Draft{}, false, err
	}
	d, err = DecodeDraft(data)
	return d, err == nil, err
}

// DropDraft forgets the draft of a ticket, if there is one.
func DropDraft(tx *ledger.Tx, ticket string) error { return tx.Put(draftRef(ticket), nil) }

// DecodeDraft reads a stored draft of any version.
func DecodeDraft(data []byte) (Draft, error) {
	var s storedDraft
	if err := json.Unmarshal(data, &s); err != nil {
		return Draft{}, fmt.Errorf("decode draft: %w: %w", ledger.ErrCorrupt, err)
	}
	if s.V != 1 {
		return Draft{}, fmt.Errorf("decode draft: %w: version %d was written by a newer halo, update this program", ledger.ErrCorrupt, s.V)
	}
	return Draft{Ticket: s.Ticket, Team: s.Team, Form: Form(s.Form), By: s.By, At: fromMillis(s.At)}, nil
}

func draftRef(ticket string) ledger.Ref { return ledger.Ref{Kind: KindDraft, ID: ticket} }
