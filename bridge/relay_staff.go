package bridge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Reply takes in what a person wrote in a thread. An agent's words go to the
// client; notes and other people's words stay inside, marked so. A channel that
// is no ticket's thread gives [ErrNotOurs].
func (r *Relay) Reply(ctx context.Context, m StaffMessage) error {
	early := m.ReplyOurs && fresh(m.ReplyTo, m.At)
	err := untilNoted(ctx, func(patient bool) error {
		m.ReplyOurs = early && patient
		return r.takeReply(ctx, m)
	})
	if err != nil {
		return fmt.Errorf("take in Discord message %s: %w", m.ID, err)
	}
	return nil
}

func (r *Relay) takeReply(ctx context.Context, m StaffMessage) error {
	raw := map[string]string{"text": m.Text, "channel": m.Channel, "author": m.Author}
	return r.once(ctx, ledger.Inbox{Source: "dc", ID: m.ID, At: m.At}, raw, func(tx *ledger.Tx) error {
		tx.Expect(ledger.Ref{Kind: ticket.KindThread, ID: m.Channel}, wordsRef(m.ID))
		th, ok, err := ticket.LoadThread(tx, m.Channel)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNotOurs
		}
		if newer(m.ID, th.Cursor) {
			th.Cursor = m.ID
			if err := th.Save(tx); err != nil {
				return err
			}
		}
		return r.reply(tx, th.Ticket, m)
	})
}

// ErrNotOurs means that a channel is no ticket's thread; the message left no trace.
// The channel may become one: a post whose making was not confirmed is recognised
// later, and what was written in it meanwhile must still be new then.
var ErrNotOurs = errors.New("no ticket's thread")

func (r *Relay) reply(tx *ledger.Tx, number string, m StaffMessage) error {
	t, ok, err := ticket.Load(tx, number)
	if err != nil || !ok {
		return err
	}
	text, notes := r.cutNotes(m.Text)
	forwarded := r.cutForwarded(&m)
	why := r.inside(m, text, notes)
	if why == "" && len(forwarded) > 0 && len(m.Snapshots) == 0 && strings.TrimSpace(text) == "" {
		why = "note"
	}
	notes = append(notes, forwarded...)
	if why != "" {
		tx.Log(number, ledger.Event{What: "note", By: m.Author, Ref: m.ID, Data: map[string]string{"text": cmp.Or(m.Text, strings.Join(notes, "\n")), "why": why}})
		tx.Refresh(insideView(m.Channel, m.ID, why))
		return nil
	}
	if t.State == ticket.Closed {
		tx.Log(number, ledger.Event{What: "note", By: m.Author, Ref: m.ID, Data: map[string]string{"text": m.Text, "why": "closed"}})
		tx.Send(letter("closed/"+m.ID, ThreadLane(number), number, kindSay, sayBody{
			Content: "🔒 Tiket ini sudah ditutup, jadi pesan ini tidak dikirim ke klien. Tiket baru terbuka saat klien menulis lagi.",
			ReplyTo: m.ID,
		}))
		// Writing in it has taken the post out of the archive.
		tx.Send(Tags(number, "tag/"+number+"/closed/"+m.ID, t.Tag(), true))
		return nil
	}
	if m.Poll != nil {
		if why := pollProblem(*m.Poll, r.desk.Names); why != "" {
			tx.Send(noticeOn(number, "poll/"+m.ID, m.ID, "⚠️ Polling ini sampai di klien sebagai teks biasa, tanpa tombol pilihan: "+why+"."))
		}
	}
	parts := r.layout(m, text)
	if len(parts) == 0 {
		tx.Log(number, ledger.Event{What: "note", By: m.Author, Ref: m.ID, Data: map[string]string{"text": m.Text, "why": "empty"}})
		tx.Send(letter("empty/"+m.ID, ThreadLane(number), number, kindSay, sayBody{
			Content: "⚠️ Tidak ada yang dikirim ke klien: pesan ini tidak berisi teks. Tuliskan maksudnya dengan kata-kata.",
			ReplyTo: m.ID,
		}))
		return nil
	}
	if len(notes) > 0 {
		tx.Log(number, ledger.Event{What: "note", By: m.Author, Ref: m.ID, Data: map[string]string{"text": strings.Join(notes, "\n"), "why": "note"}})
		tx.Refresh(insideView(m.Channel, m.ID, "note"))
	}
	// Should nothing leave for now, the message says so.
	tx.Refresh(stateView(number, m.Channel, m.ID, len(parts)))
	return r.utter(tx, t, m, parts, notes)
}

// utter queues an agent's words for the client and remembers what they were.
func (r *Relay) utter(tx *ledger.Tx, t ticket.Ticket, m StaffMessage, parts []part, notes []string) error {
	if err := MarkRead(tx, t); err != nil {
		return err
	}
	if m.ReplyOurs {
		if err := noted(tx, t.Number, m.ReplyTo); err != nil {
			return err
		}
	}
	q, err := r.quoteOf(tx, t.Number, m.ReplyTo)
	if err != nil {
		return err
	}
	w := words{Ticket: t.Number, Channel: m.Channel, Edited: nanos(m.Edited), Head: headOf(parts)}
	w.heed(notes, r.desk.NotePrefix)
	for i, p := range parts {
		l, err := r.partLetter(tx, t, m, staffLetterID(m.ID, i, len(parts)), i, p, q)
		if err != nil {
			return err
		}
		q = nil // the first part answers
		tx.Send(l)
		logPart(tx, t.Number, m, l.Ext, p)
		w.Parts = append(w.Parts, p.words())
	}
	w.index(tx, m.ID, m.At)
	return w.save(tx, m.ID)
}

// cutNotes takes the lines out of a text that are to stay inside.
func (r *Relay) cutNotes(text string) (words string, notes []string) {
	if r.desk.NotePrefix == "" {
		return text, nil
	}
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(strings.TrimLeft(line, " \t"), r.desk.NotePrefix) {
			notes = append(notes, line)
		} else {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n"), notes
}

// cutForwarded takes the notes out of what a message forwards; of a message that was a
// note nothing is left, its files neither.
func (r *Relay) cutForwarded(m *StaffMessage) (notes []string) {
	var kept []Snapshot
	for _, s := range m.Snapshots {
		words, cut := r.cutNotes(s.Text)
		notes = append(notes, cut...)
		if len(cut) > 0 && strings.TrimSpace(words) == "" {
			continue
		}
		s.Text = words
		kept = append(kept, s)
	}
	m.Snapshots = kept
	return notes
}

// inside says why nothing of a message is for the client, "" when something is:
// "staff" when the writer is no agent, "note" when the writer chose so.
func (r *Relay) inside(m StaffMessage, words string, notes []string) string {
	switch {
	case !slices.ContainsFunc(m.Roles, func(role string) bool { return slices.Contains(r.desk.AgentRoles, role) }):
		return "staff"
	case len(notes) > 0 && strings.TrimSpace(words) == "":
		return "note"
	}
	return ""
}
