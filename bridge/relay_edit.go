package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// errNotYet means that a message was changed before it was taken in: it will be
// taken in with the words it has now. Nothing is noted, so that it may come again.
var errNotYet = errors.New("not taken in yet")

// Edited takes in that a message in a thread was changed. What an agent changed
// follows to the client as long as WhatsApp allows it; where it cannot follow, the
// message gets a line that says so. A change never sends what was not sent before:
// neither a note nor somebody else's words. A channel that is no ticket's thread
// gives [ErrNotOurs].
func (r *Relay) Edited(ctx context.Context, m StaffMessage) error {
	if m.Edited.IsZero() {
		return nil // Discord added a preview to it: the words are the same
	}
	in := ledger.Inbox{Source: "dc", ID: "edit|" + strconv.FormatInt(m.Edited.UnixNano(), 10) + "|" + m.ID, At: m.Edited}
	raw := map[string]string{"text": ticket.Mask(m.Text), "channel": m.Channel, "author": m.Author, "edited": m.Edited.UTC().Format(time.RFC3339Nano)}
	err := r.once(ctx, in, raw, func(tx *ledger.Tx) error { return r.edited(tx, m, raw) })
	if err != nil && !errors.Is(err, errNotYet) {
		return fmt.Errorf("take in edit of Discord message %s: %w", m.ID, err)
	}
	return nil
}

func (r *Relay) edited(tx *ledger.Tx, m StaffMessage, raw map[string]string) error {
	tx.Expect(ledger.Ref{Kind: ticket.KindThread, ID: m.Channel}, wordsRef(m.ID), keptRef(m.ID))
	th, ok, err := ticket.LoadThread(tx, m.Channel)
	if err != nil {
		return err
	}
	if !ok {
		return ErrNotOurs
	}
	if th.Report != "" {
		return r.editedInPost(tx, th, m, raw)
	}
	if m, err = r.repeated(tx, th.Ticket, m, raw); err != nil {
		return err
	}
	w, ok, err := loadWords(tx, m.ID)
	if err != nil {
		return err
	}
	if m.talk, err = talkOf(tx, th.Ticket); err != nil {
		return err
	}
	k, isKept, err := loadKept(tx, m.ID)
	switch {
	case err != nil:
		return err
	case isKept && (!ok || w.Gone):
		return r.editedKept(tx, k, m)
	case !ok && newer(m.ID, th.Cursor):
		return errNotYet
	case !ok:
		r.editedInside(tx, th.Ticket, m)
		return nil
	case w.Gone || nanos(m.Edited) <= w.Edited:
		return nil
	}
	w.Edited = nanos(m.Edited)
	if w.whole() {
		if done, err := r.rethink(tx, &w, m); err != nil || done {
			return err
		}
	}
	whole := m.Text
	text, notes := r.cutNotes(whole)
	m.Text = text
	notes = append(notes, r.cutForwarded(&m)...)
	parts := r.parts(m)
	why := r.unchangeable(m, w, text, parts)
	if why == "" && !isKept && callsStaff(m) { // nobody has decided that the client may read it
		why = heldMention
	}
	w.heed(notes, r.desk.NotePrefix)
	data := map[string]string{"text": whole}
	if why != "" {
		data["why"] = why
		tx.Send(noticeOn(w.Ticket, fmt.Sprintf("unchanged/%s/%d", m.ID, w.Edited), m.ID, unchangedText[why]))
	} else if err := r.change(tx, &w, m, parts); err != nil {
		return err
	}
	tx.Log(w.Ticket, ledger.Event{What: "agent_edited", By: m.Author, Ref: m.ID, Data: data})
	return w.save(tx, m.ID)
}

// editedInside notes the change of a message of which nothing went to the client.
// Somebody who meant the client to read it is told that he does not.
func (r *Relay) editedInside(tx *ledger.Tx, number string, m StaffMessage) {
	text, notes := r.cutNotes(m.Text)
	tx.Log(number, ledger.Event{What: "note_edited", By: m.Author, Ref: m.ID, Data: map[string]string{"text": m.Text}})
	m.Text = text
	r.cutForwarded(&m)
	if r.inside(m, text, notes) == "" && len(r.parts(m)) > 0 {
		tx.Send(noticeOn(number, fmt.Sprintf("unchanged/%s/%d", m.ID, m.Edited.UnixNano()), m.ID, unchangedText["inside"]))
	}
}

// unchangedText says, by the reason, why an edit did not follow and what to do.
var unchangedText = map[string]string{
	"inside":  "⚠️ Pesan ini tadinya tidak dikirim ke klien, dan perubahannya juga tidak. Bila klien perlu membacanya, tulislah sebagai pesan baru.",
	"queued":  "⚠️ Pesan ini sudah menjadi pesan kartu, jadi mengubah atau menghapusnya di sini tidak mengubah yang dikirim. Selama masih dalam antrean, ubah atau batalkan dengan tombol kartu.",
	"staff":   "⚠️ Perubahan ini tidak dikirim ke klien: penulisnya tidak lagi berperan yang boleh membalas klien di sini. Klien tetap melihat teks semula.",
	"note":    "⚠️ Perubahan ini tidak dikirim: klien tetap melihat teks semula. Untuk menariknya dari klien, hapuslah pesan ini.",
	"reveal":  "⚠️ Perubahan ini tidak dikirim ke klien karena ada baris yang tadinya catatan. Bila klien perlu membacanya, tulislah sebagai pesan baru.",
	"mention": "⚠️ Perubahan ini tidak dikirim ke klien karena menyebut rekan kerja. Klien tetap melihat teks semula; hapuslah sebutannya, atau tulislah sebagai pesan baru.",
	"caption": "⚠️ Perubahan ini tidak dikirim ke klien: teksnya terlalu panjang untuk berdiri di bawah berkas. Klien tetap melihat teks semula; tulislah ralatnya sebagai pesan baru.",
	"file":    "⚠️ Berkas ini ditarik dari klien, dan teks di bawahnya ikut tertarik. Bila klien masih perlu membacanya, tulislah teksnya sebagai pesan baru.",
	"long":    "⚠️ Perubahan ini tidak dikirim ke klien: teksnya menjadi lebih panjang daripada yang dapat diubah di WhatsApp. Klien tetap melihat teks semula; tulislah tambahannya sebagai pesan baru.",
}

// unchangeable says why an edit does not go to the client, "" when it does.
func (r *Relay) unchangeable(m StaffMessage, w words, text string, parts []string) string {
	switch {
	case r.inside(m, "words", nil) != "":
		return "staff"
	case len(parts) == 0 && (len(w.texts()) > 0 || w.caption() >= 0):
		return "note"
	case w.reveals(text, r.desk.NotePrefix):
		return "reveal"
	case w.caption() >= 0 && (len(parts) != 1 || splitUnits(parts[0]) > captionLimit):
		return "caption"
	case w.caption() < 0 && len(parts) > len(w.texts()):
		// Further messages would stand below what was written since.
		return "long"
	}
	return ""
}

// change queues what turns the message as the client has it into its new parts:
// behind everything that is on its way to him.
func (r *Relay) change(tx *ledger.Tx, w *words, m StaffMessage, parts []string) error {
	t, ok, err := ticket.Load(tx, w.Ticket)
	if err != nil || !ok {
		return fmt.Errorf("load ticket %s: %w", w.Ticket, cmp.Or(err, ledger.ErrCorrupt))
	}
	revoke := func(i int) {
		if w.here(i) {
			w.drop(i)
			return
		}
		w.Parts[i].Gone = true
		tx.Send(r.toClient(fmt.Sprintf("e/%s/%d/%d", m.ID, w.Edited, i), t, kindRevoke, changeBody{
			Of: w.letter(m.ID, i), Message: m.ID, Part: i, Text: w.Head, By: m.Author,
		}))
	}
	for _, i := range w.lost(m) {
		if w.Parts[i].Caption && len(parts) > 0 {
			tx.Send(noticeOn(w.Ticket, fmt.Sprintf("unchanged/%s/%d", m.ID, w.Edited), m.ID, unchangedText["file"]))
		}
		revoke(i)
	}
	if len(parts) == 0 {
		return nil // it had no words
	}
	w.Head = head(parts[0])
	worded := w.texts()
	if below := w.caption(); below >= 0 {
		worded = []int{below}
	}
	for n, i := range worded {
		switch {
		case n >= len(parts):
			revoke(i)
		case sum(parts[n]) != w.Parts[i].Sum:
			w.Parts[i].Sum = sum(parts[n])
			if w.here(i) {
				if err := (rewording{Text: parts[n]}).put(tx, w.letter(m.ID, i)); err != nil {
					return err
				}
				continue
			}
			tx.Send(r.toClient(fmt.Sprintf("e/%s/%d/%d", m.ID, w.Edited, i), t, kindChange, changeBody{
				Of: w.letter(m.ID, i), Message: m.ID, Part: i, Text: parts[n], By: m.Author,
			}))
		}
	}
	return nil
}

// toClient is a letter to a ticket's client.
func (r *Relay) toClient(id string, t ticket.Ticket, kind string, body any) ledger.Letter {
	l := letter(id, ClientLane(t.Conversation), t.Number, kind, body)
	l.Ext = r.desk.MessageID(id)
	return l
}

// head is the beginning of a text, for a line that speaks of it.
func head(text string) string { return Clean(text, 60) }

// Deleted takes in that a message in a thread was deleted: what of it went to the
// client is taken back there as long as WhatsApp allows it, and else a line says
// that it was not. A channel that is no ticket's thread gives [ErrNotOurs].
func (r *Relay) Deleted(ctx context.Context, thread, message string, at time.Time) error {
	in := ledger.Inbox{Source: "dc", ID: "delete|" + message, At: snowflakeTime(message, at)}
	raw := map[string]string{"channel": thread, "message": message}
	err := r.once(ctx, in, raw, func(tx *ledger.Tx) error { return r.deleted(tx, thread, message) })
	if err != nil && !errors.Is(err, errNotYet) {
		return fmt.Errorf("take in deletion of Discord message %s: %w", message, err)
	}
	return nil
}

func (r *Relay) deleted(tx *ledger.Tx, thread, message string) error {
	tx.Expect(ledger.Ref{Kind: ticket.KindThread, ID: thread}, wordsRef(message), keptRef(message))
	th, ok, err := ticket.LoadThread(tx, thread)
	if err != nil {
		return err
	}
	if !ok {
		return ErrNotOurs
	}
	if th.Report != "" {
		return r.deletedInPost(tx, th, message)
	}
	w, ok, err := loadWords(tx, message)
	if err != nil {
		return err
	}
	k, isKept, err := loadKept(tx, message)
	if err != nil {
		return err
	}
	if isKept && k.State != keptGone {
		if err := k.deleted(tx, message); err != nil {
			return err
		}
	}
	switch {
	case !ok && !isKept && newer(message, th.Cursor):
		return errNotYet // whatever came too late to be read
	case !ok:
		tx.Log(th.Ticket, ledger.Event{What: "note_deleted", Ref: message})
		return nil
	case w.Gone:
		return nil
	}
	if err := r.withdraw(tx, &w, message, changeBody{Deleted: true}); err != nil {
		return err
	}
	tx.Unindex(indexWords+w.Ticket, message)
	tx.Log(w.Ticket, ledger.Event{What: "agent_deleted", Ref: message})
	return w.save(tx, message)
}
