package bridge

import (
	"cmp"
	"fmt"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// editedKept takes in the change of a message that is held or stays inside: what would be
// sent changes.
func (r *Relay) editedKept(tx *ledger.Tx, k kept, m StaffMessage) error {
	if k.State == keptGone || nanos(m.Edited) <= k.Edited {
		return nil
	}
	k.Edited, k.Lost = nanos(m.Edited), false
	if err := k.put(tx, m); err != nil {
		return err
	}
	if k.State == keptQueued {
		tx.Send(noticeOn(k.Ticket, fmt.Sprintf("unchanged/%s/%d", m.ID, k.Edited), m.ID, unchangedText["queued"]))
		return nil
	}
	if k.State != keptHeld {
		if r.desk.Mode != Command {
			r.editedInside(tx, k.Ticket, m)
			return nil
		}
		tx.Log(k.Ticket, ledger.Event{What: "note_edited", By: m.Author, Ref: m.ID, Data: map[string]string{"text": m.Text}})
		return nil
	}
	tx.Log(k.Ticket, ledger.Event{What: "held_edited", By: m.Author, Ref: m.ID, Data: map[string]string{"text": m.Text}})
	if _, _, inside := r.split(m); inside {
		k.State = keptInside
		k.decided(tx, m.ID, "📝 Pesan yang ditahan ini diubah menjadi catatan.")
		return k.save(tx, m.ID)
	}
	t, ok, err := ticket.Load(tx, k.Ticket)
	if err != nil || !ok {
		return err
	}
	text, _, err := r.heldText(tx, t, m, k.Why)
	if err != nil {
		return err
	}
	k.rewrite(tx, m.ID, text, Rewrite)
	return k.save(tx, m.ID)
}

// deleted takes in that a kept message was deleted: it can no longer be sent.
func (k kept) deleted(tx *ledger.Tx, message string) error {
	held, queued := k.State == keptHeld, k.State == keptQueued
	k.State = keptGone
	if queued {
		tx.Send(noticeOn(k.Ticket, "unchanged/"+message, "", unchangedText["queued"]))
	}
	if held {
		k.rewrite(tx, message, "🗑️ Pesan yang ditahan ini sudah dihapus. Klien tidak menerimanya.", conclude)
	}
	return k.save(tx, message)
}

// rethink takes in the change of a message of which nothing has left yet: it may be a
// note now, or be in doubt, or go in other parts. done is false when its parts stay as
// they are, with other words.
func (r *Relay) rethink(tx *ledger.Tx, w *words, m StaffMessage) (done bool, err error) {
	t, ok, err := ticket.Load(tx, w.Ticket)
	if err != nil || !ok {
		return false, fmt.Errorf("load ticket %s: %w", w.Ticket, cmp.Or(err, ledger.ErrCorrupt))
	}
	shown, notes, inside := r.split(m)
	texts := r.parts(shown)
	cannot := r.unchangeable(shown, *w, shown.Text, texts)
	doubt := r.doubt(t, shown)
	if cannot == "staff" || cannot == "reveal" {
		return false, nil
	}
	if !inside && doubt == "" && cannot == "" && len(w.lost(m)) == 0 {
		return false, nil
	}
	if err := r.withdraw(tx, w, m.ID, changeBody{}); err != nil {
		return false, err
	}
	tx.Log(w.Ticket, ledger.Event{What: "agent_edited", By: m.Author, Ref: m.ID, Data: map[string]string{"text": m.Text, "why": "undone"}})
	parts := r.layout(shown, shown.Text)
	if !inside && doubt == "" && len(parts) > 0 {
		return true, r.utter(tx, t, shown, parts, notes, utterance{undo: true, taken: true, turn: w.Turn + 1, notes: w.Notes, away: w.away(m.ID)})
	}
	if err := w.save(tx, m.ID); err != nil {
		return false, err
	}
	if doubt != "" && !inside {
		return true, r.hold(tx, t, m, doubt)
	}
	tx.Refresh(keptView(m.Channel, m.ID))
	return true, keepNote(tx, t, m)
}
