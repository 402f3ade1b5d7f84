package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Reply takes in what a person wrote in a thread. An agent's words go to the
// client; notes and other people's words stay inside, marked so. What is written in a
// report's post is shown in its ticket's thread. A channel that is neither gives
// [ErrNotOurs].
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
	raw := map[string]string{"text": ticket.Mask(m.Text), "channel": m.Channel, "author": m.Author}
	return r.once(ctx, ledger.Inbox{Source: "dc", ID: m.ID, At: m.At}, raw, func(tx *ledger.Tx) error {
		tx.Expect(ledger.Ref{Kind: ticket.KindThread, ID: m.Channel}, wordsRef(m.ID))
		th, ok, err := ticket.LoadThread(tx, m.Channel)
		if err != nil {
			return err
		}
		if !ok {
			return ErrNotOurs
		}
		if th.Ticket != "" {
			tx.Expect(ledger.Ref{Kind: ticket.KindTicket, ID: th.Ticket}, secretsRef(th.Ticket))
		}
		if newer(m.ID, th.Cursor) {
			th.Cursor = m.ID
			if err := th.Save(tx); err != nil {
				return err
			}
		}
		if th.Report != "" {
			return r.heardInPost(tx, th.Report, m, raw)
		}
		m, err := r.repeated(tx, th.Ticket, m, raw)
		if err != nil {
			return err
		}
		return r.reply(tx, th.Ticket, m)
	})
}

// ErrNotOurs means that a channel is no ticket's thread and no report's post; the message
// left no trace.
// The channel may become one: a post whose making was not confirmed is recognised
// later, and what was written in it meanwhile must still be new then.
var ErrNotOurs = errors.New("no ticket's thread and no report's post")

func (r *Relay) reply(tx *ledger.Tx, number string, m StaffMessage) error {
	t, ok, err := ticket.Load(tx, number)
	if err != nil || !ok {
		return err
	}
	m.talk = t.Talk
	shown, notes, inside := r.split(m)
	secret, err := internal(tx, m.Forwarded)
	switch {
	case err != nil:
		return err
	case !r.agent(m):
		r.stays(tx, number, m, "staff")
		r.notOfTalk(tx, t, m)
		return markInternal(tx, m.ID)
	case secret:
		return r.forwardStays(tx, number, m)
	case inside, t.Conversation == "", r.desk.Mode == Command:
		r.stays(tx, number, m, keptNote)
		return keepNote(tx, t, m)
	case t.State == ticket.Closed && !t.IsTalk():
		return r.tooLateToReply(tx, t, m)
	}
	why, err := r.desk.unasked(tx, t)
	if err != nil {
		return err
	}
	if why == "" {
		why = r.doubt(t, shown)
	}
	if why == "" {
		if why, err = aside(tx, number, m); err != nil {
			return err
		}
	}
	if why != "" {
		return r.hold(tx, t, m, why)
	}
	if m.Poll != nil {
		if why := pollProblem(*m.Poll, r.desk.Names); why != "" {
			tx.Send(noticeOn(number, "poll/"+m.ID, m.ID, "⚠️ Polling ini sampai di klien sebagai teks biasa, tanpa tombol pilihan: "+why+"."))
		}
	}
	parts := r.layout(shown, shown.Text)
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
	return r.utter(tx, t, shown, parts, notes, utterance{undo: true})
}

// notOfTalk says to somebody who can answer clients elsewhere that he cannot in a talk of
// sales.
func (r *Relay) notOfTalk(tx *ledger.Tx, t ticket.Ticket, m StaffMessage) {
	if !isTalkOfSales(t.Talk) || t.Conversation == "" || !r.desk.MayBeHeard("", m.Roles) {
		return
	}
	tx.Send(noticeOn(t.Number, "sales/"+m.ID, m.ID, "ℹ️ Pesan ini tetap di dalam: di kartu tindak lanjut, klien hanya dibalas oleh sales dan manager. "+
		"Bila klien melaporkan kendala, tekan *Jadikan tiket* di bawah pesannya, lalu balas di tiket itu."))
}

// stays notes a message that is not for the client.
func (r *Relay) stays(tx *ledger.Tx, number string, m StaffMessage, why string) {
	text := m.Text
	if text == "" {
		_, notes, _ := r.split(m)
		text = strings.Join(notes, "\n") // of what was forwarded
	}
	tx.Log(number, ledger.Event{What: "note", By: m.Author, Ref: m.ID, Data: map[string]string{"text": text, "why": why}})
	tx.Refresh(insideView(m.Channel, m.ID, why))
}

// tooLateToReply says that nobody hears what is written in a closed ticket.
func (r *Relay) tooLateToReply(tx *ledger.Tx, t ticket.Ticket, m StaffMessage) error {
	tx.Log(t.Number, ledger.Event{What: "note", By: m.Author, Ref: m.ID, Data: map[string]string{"text": m.Text, "why": "closed"}})
	body := sayBody{
		Content: "🔒 Tiket ini sudah ditutup, jadi pesan ini tidak dikirim ke klien. Tiket baru terbuka saat klien menulis lagi; " +
			"untuk melanjutkan tiket ini, buka kembali, lalu kirim lewat menu pesan *Kirim ke klien*.",
		ReplyTo: m.ID,
		Buttons: []Button{buttonReopen},
	}
	if t.MergedInto != "" { // it stays closed
		other, err := elsewhere(tx, t.MergedInto)
		if err != nil {
			return err
		}
		body.Content, body.Buttons = "🔀 Tiket ini sudah digabungkan ke tiket "+other+", jadi pesan ini tidak dikirim ke klien. Tulislah di sana.", nil
	}
	tx.Send(letter("closed/"+m.ID, ThreadLane(t.Number), t.Number, kindSay, body))
	// Writing in it has taken the post out of the archive.
	tx.Send(Tags(t.Number, "tag/"+t.Number+"/closed/"+m.ID, t.Tag(), true))
	return keepNote(tx, t, m)
}

// An utterance is how a message goes out.
type utterance struct {
	undo  bool     // it waits, so that it can be taken back in silence
	taken bool     // its writer took the ticket when he wrote it
	turn  int      // how often it was taken back before
	notes []string // sums of lines that were notes before
	away  []string // letters of earlier turns that left
}

// utter queues an agent's words for the client and remembers what they were. A ticket
// that nobody has is his from then on.
func (r *Relay) utter(tx *ledger.Tx, t ticket.Ticket, m StaffMessage, parts []part, notes []string, how utterance) error {
	if m.ReplyOurs {
		if err := noted(tx, t.Number, m.ReplyTo); err != nil {
			return err
		}
	}
	if err := r.desk.resumeTalk(tx, t, m.Author); err != nil {
		return err
	}
	if !how.taken {
		if err := r.take(tx, t, m.Author); err != nil {
			return err
		}
	}
	// Should nothing leave for now, the message says so.
	tx.Refresh(stateView(t.Number, m.Channel, m.ID, len(parts)))
	if err := MarkRead(tx, t); err != nil {
		return err
	}
	q, err := r.quoteOf(tx, t.Number, m.ReplyTo)
	if err != nil {
		return err
	}
	w := words{Ticket: t.Number, Channel: m.Channel, Edited: nanos(m.Edited), Head: headOf(parts), Turn: how.turn, Notes: how.notes, Away: how.away}
	w.heed(notes, r.desk.NotePrefix)
	for _, p := range parts {
		w.Parts = append(w.Parts, p.words())
	}
	var leaves time.Time
	if how.undo && r.desk.Undo > 0 {
		leaves = tx.Now().Add(r.desk.Undo)
		w.Due = leaves.UnixMilli()
	}
	for i, p := range parts {
		l, err := r.partLetter(tx, t, m, w.letter(m.ID, i), i, how.turn, p, q)
		if err != nil {
			return err
		}
		q = nil // the first part answers
		l.NotBefore = leaves
		tx.Send(l)
		logPart(tx, t.Number, m, l.Ext, p)
	}
	w.index(tx, m.ID, m.At)
	return w.save(tx, m.ID)
}

// take gives a ticket that nobody has, or whose agent is silent, to who answers. The
// client is greeted in front of the answer.
func (r *Relay) take(tx *ledger.Tx, t ticket.Ticket, author string) error {
	if len(t.Take(author, tx.Now())) == 0 { // of a copy: nothing changes for most messages
		return nil
	}
	return r.desk.Change(tx, t.Number, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		return t.Take(author, tx.Now()), nil
	})
}

// cutNotes takes the lines out of a text that are to stay inside.
func (r *Relay) cutNotes(text string) (words string, notes []string) {
	if r.desk.NotePrefix == "" {
		return text, nil
	}
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.HasPrefix(unindented(line), r.desk.NotePrefix) {
			notes = append(notes, line)
		} else {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n"), notes
}

// unindented is a line without what does not show in front of it.
func unindented(line string) string {
	return strings.TrimLeftFunc(line, func(c rune) bool { return unicode.IsSpace(c) || unicode.Is(unicode.Cf, c) })
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
	case !r.agent(m):
		return "staff"
	case len(notes) > 0 && strings.TrimSpace(words) == "":
		return keptNote
	}
	return ""
}

// agent reports whether who wrote may be heard by the client of the thread.
func (r *Relay) agent(m StaffMessage) bool {
	return r.desk.MayBeHeard(m.talk, m.Roles)
}
