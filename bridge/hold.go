package bridge

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Why a message is held, or stays inside.
const (
	keptNote    = "note"    // its writer, or somebody after him, wants it inside
	heldOther   = "other"   // its writer is not the ticket's agent
	heldMention = "mention" // it calls staff: that may be meant for them
	heldAside   = "aside"   // it answers what stayed inside
	heldReport  = "report"  // it answers what a report's party said

	heldTranscript = "transcript" // it brings one, with all that was said inside
)

// HoldSend and HoldNote start the custom ids of the buttons under a held message; the
// message's id follows.
const (
	HoldSend = "hold:send:"
	HoldNote = "hold:note:"
)

// calls are Discord's mentions: clients have no names there, so they are of staff.
var calls = regexp.MustCompile(`<@[!&]?[0-9]+>|@everyone|@here`)

// doubt says why it is not sure that an agent's words are for the client, "" when it is.
// Of m, only what would be sent is looked at.
func (r *Relay) doubt(t ticket.Ticket, m StaffMessage) string {
	if slices.ContainsFunc(m.allFiles(), r.transcript) {
		return heldTranscript
	}
	if t.Agent != "" && t.Agent != m.Author && !t.Silent {
		return heldOther
	}
	if callsStaff(m) {
		return heldMention
	}
	return ""
}

// transcript reports whether a file looks like a ticket's transcript, by its name.
func (r *Relay) transcript(f StaffFile) bool {
	return r.desk.Prefix != "" && strings.HasPrefix(f.Name, r.desk.Prefix+"-") && (strings.HasSuffix(f.Name, ".html") || strings.HasSuffix(f.Name, ".txt"))
}

// callsStaff reports whether a message calls somebody.
func callsStaff(m StaffMessage) bool {
	texts := []string{m.Text}
	for _, s := range m.Snapshots {
		texts = append(texts, s.Text)
	}
	if m.Poll != nil {
		texts = append(append(texts, m.Poll.Question), m.Poll.Options...)
	}
	return slices.ContainsFunc(texts, calls.MatchString)
}

// aside says why it is not sure that what answers a message is for the client: what it
// answers is not.
func aside(tx *ledger.Tx, number string, m StaffMessage) (why string, err error) {
	if m.ReplyTo == "" {
		return "", nil
	}
	if m.ReplyOurs {
		if err := noted(tx, number, m.ReplyTo); err != nil {
			return "", err
		}
	}
	letter, ours, err := tx.LetterByExt(number, m.ReplyTo)
	switch {
	case err != nil:
		return "", err
	case ours && ofReport(letter):
		return heldReport, nil
	case ours:
		return "", nil
	}
	if stays, err := staysInside(tx, m.ReplyTo); err != nil || stays {
		return heldAside, err
	}
	return "", nil
}

// hold keeps a message until somebody decides whether the client is to read it.
func (r *Relay) hold(tx *ledger.Tx, t ticket.Ticket, m StaffMessage, why string) error {
	k := kept{Ticket: t.Number, Channel: m.Channel, Author: m.Author, Why: why, State: keptHeld, Edited: nanos(m.Edited)}
	if err := k.put(tx, m); err != nil {
		return err
	}
	words{Ticket: t.Number, Channel: m.Channel}.index(tx, m.ID, m.At)
	tx.Log(t.Number, ledger.Event{What: "held", By: m.Author, Ref: m.ID, Data: map[string]string{"text": m.Text, "why": why}})
	tx.Refresh(keptView(m.Channel, m.ID))
	text, buttons, err := r.heldText(tx, t, m, why)
	if err != nil {
		return err
	}
	tx.Send(letter(holdLine(m.ID), ThreadLane(t.Number), t.Number, kindSay, sayBody{Content: text, ReplyTo: m.ID, Buttons: buttons}))
	return nil
}

func holdLine(message string) string { return "hold/" + message }

// heldText says why a message is held, and how the client would read it if that is not
// plain to see. The buttons are those that decide about it.
func (r *Relay) heldText(tx *ledger.Tx, t ticket.Ticket, m StaffMessage, why string) (text string, buttons []Button, err error) {
	shown, _, _ := r.split(m)
	buttons = []Button{
		{ID: HoldSend + m.ID, Label: "Kirim ke klien", Emoji: "📤", Style: "primary"},
		{ID: HoldNote + m.ID, Label: "Jadikan catatan", Emoji: "📝", Style: "secondary"},
	}
	text = "⏸️ Belum dikirim ke klien. Tekan *Kirim ke klien* bila klien boleh membacanya." // the reason is gone
	switch {
	case isHeldFirst(why):
		if text, buttons, err = r.desk.firstText(tx, t, m.ID, why); err != nil {
			return "", nil, err
		}
	case why == heldMention && callsStaff(shown):
		text = "⏸️ Belum dikirim ke klien: pesan ini menyebut rekan kerja."
	case why == heldTranscript:
		text = "⏸️ Belum dikirim ke klien: berkas ini tampaknya transkrip tiket, yang memuat catatan internal dan tulisan developer."
	case why == heldReport:
		text = "⏸️ Belum dikirim ke klien: pesan ini membalas isi laporan, yang tidak dibaca klien. Bila ini jawaban untuk laporannya, pakai menu pesan *Kirim ke laporan*."
	case why == heldAside:
		text = "⏸️ Belum dikirim ke klien: pesan ini membalas pesan yang tidak dibaca klien."
	case why == heldOther && t.Agent != "" && t.Agent != m.Author:
		text = "⏸️ Belum dikirim ke klien: tiket ini sedang ditangani <@" + t.Agent + ">, bukan <@" + m.Author + ">."
	}
	if calls.MatchString(m.Text) && shown.Text != "" {
		text += "\nBila dikirim, klien membaca:\n" + quote(ToDiscord(Clean(strings.Join(r.parts(shown), " "), 300)))
	}
	return text + "\n-# Mengubah pesannya mengubah apa yang akan dikirim; menghapusnya membatalkan.", buttons, nil
}

// split cuts a message into what is for the client and its notes; inside reports that
// there is nothing but notes.
func (r *Relay) split(m StaffMessage) (shown StaffMessage, notes []string, inside bool) {
	shown = m
	shown.Text, notes = r.cutNotes(m.Text)
	forwarded := r.cutForwarded(&shown)
	inside = strings.TrimSpace(shown.Text) == "" && (len(notes) > 0 || len(forwarded) > 0 && len(shown.Snapshots) == 0)
	return shown, append(notes, forwarded...), inside
}

// StaysInside reports whether a line of a text is marked to stay inside.
func (d Desk) StaysInside(text string) bool {
	_, notes := (&Relay{desk: d}).cutNotes(text)
	return len(notes) > 0
}

// keepNote keeps a message that stays inside, so that it can be sent later all the same.
func keepNote(tx *ledger.Tx, t ticket.Ticket, m StaffMessage) error {
	k := kept{Ticket: t.Number, Channel: m.Channel, Author: m.Author, Why: keptNote, State: keptInside, Edited: nanos(m.Edited)}
	return k.put(tx, m)
}

// A Verdict is what came of deciding about a message.
type Verdict string

// The verdicts.
const (
	VerdictSent    Verdict = "sent"    // it is on its way to the client
	VerdictNote    Verdict = "note"    // it stays inside
	VerdictUndone  Verdict = "undone"  // it stays inside: it had not left yet
	VerdictBack    Verdict = "back"    // it left, and is being taken back from the client
	VerdictAlready Verdict = "already" // it was so before
	VerdictGone    Verdict = "gone"    // it was deleted
	VerdictEmpty   Verdict = "empty"   // there is nothing in it to be sent
	VerdictFiles   Verdict = "files"   // its files were not kept
	VerdictUnknown Verdict = "unknown" // it is no message of an agent in this thread

	VerdictQueued        Verdict = "queued"         // it is the text of its follow-up, and waits for its turn
	VerdictQueuedAlready Verdict = "queued_already" // it was so before
	VerdictWordsOnly     Verdict = "words_only"     // there is more to it than words, which the queue does not take
)

// An undecided is a message that was kept, as it would be sent.
type undecided struct {
	k     kept
	t     ticket.Ticket
	shown StaffMessage
	notes []string // that stay inside
	w     words    // of earlier turns, if had
	had   bool
}

// decidable loads a message that was kept, for somebody to decide that it is sent. A
// verdict says that there is nothing to decide. A ticket that is closed or has no chat
// gives a [*ticket.Refusal].
func (d Desk) decidable(tx *ledger.Tx, thread, message string) (s undecided, v Verdict, err error) {
	tx.Expect(keptRef(message), wordsRef(message))
	ok := false
	if s.k, ok, err = loadKept(tx, message); err != nil {
		return s, "", err
	}
	s.w, s.had, err = loadWords(tx, message)
	switch {
	case err != nil:
		return s, "", err
	case !ok && s.had && !s.w.Gone && s.w.Channel == thread, ok && s.k.State == keptSent && s.k.Channel == thread:
		return s, VerdictAlready, nil
	case !ok || s.k.Channel != thread:
		return s, VerdictUnknown, nil
	case s.k.State == keptGone:
		return s, VerdictGone, nil
	case s.k.Lost:
		return s, VerdictFiles, nil
	}
	s.t, ok, err = ticket.Load(tx, s.k.Ticket)
	switch {
	case err != nil || !ok:
		return s, "", cmp.Or(err, fmt.Errorf("%w: %s", ErrNoTicket, s.k.Ticket))
	case s.t.State == ticket.Closed && !s.t.IsTalk():
		return s, "", &ticket.Refusal{Key: "closed"}
	case s.t.Conversation == "":
		return s, "", &ticket.Refusal{Key: "no_bridge"}
	}
	m, err := s.k.message(tx, message)
	if err != nil {
		return s, "", err
	}
	r, inside := &Relay{desk: d}, false
	if s.shown, s.notes, inside = r.split(m); inside {
		s.shown, s.notes = r.unmarked(m), nil
	}
	return s, "", nil
}

// SendKept sends a message of an agent that was held or stayed inside, as the agent's
// words: notes go without their mark, unless other words stand beside them. by is who
// asked for it. Sending twice is sending once. A ticket that is closed or has no chat
// gives a [*ticket.Refusal], and a talk whose client waits for no answer.
func (d Desk) SendKept(tx *ledger.Tx, thread, message, by string) (Verdict, error) {
	s, v, err := d.decidable(tx, thread, message)
	if err != nil || v != "" {
		return v, err
	}
	if err := d.answers(tx, s.t); err != nil {
		return "", err
	}
	r := &Relay{desk: d}
	parts := r.layout(s.shown, s.shown.Text)
	if len(parts) == 0 {
		return VerdictEmpty, nil
	}
	how := utterance{}
	if s.had {
		how.turn, how.away = s.w.Turn+1, s.w.away(message)
	}
	if err := r.utter(tx, s.t, s.shown, parts, s.notes, how); err != nil {
		return "", err
	}
	s.k.State, s.k.Notes = keptSent, len(s.notes) > 0
	tx.Log(s.k.Ticket, ledger.Event{What: "held_sent", By: by, Ref: message, Data: map[string]string{"why": s.k.Why}})
	s.k.decided(tx, message, "✅ Dikirim ke klien oleh <@"+by+">.")
	return VerdictSent, s.k.save(tx, message)
}

// unmarked is a note without what marks it as one.
func (r *Relay) unmarked(m StaffMessage) StaffMessage {
	unmark := func(text string) string {
		var lines []string
		for line := range strings.SplitSeq(text, "\n") {
			if rest, ok := strings.CutPrefix(unindented(line), r.desk.NotePrefix); ok {
				line = strings.TrimLeft(rest, " \t")
			}
			lines = append(lines, line)
		}
		return strings.Join(lines, "\n")
	}
	m.Text = unmark(m.Text)
	snapshots := m.Snapshots
	m.Snapshots = nil
	for _, s := range snapshots {
		s.Text = unmark(s.Text)
		m.Snapshots = append(m.Snapshots, s)
	}
	return m
}

// KeepInside makes a message of an agent a note: one that was held stays, one that is on
// its way or was sent is taken back from the client, as its deletion would. m is the
// message as far as who asks knows it, with an ID, the Author and the Text; files are
// those that it has. Asking twice is asking once.
func (d Desk) KeepInside(tx *ledger.Tx, thread string, m StaffMessage, files int, by string) (Verdict, error) {
	tx.Expect(keptRef(m.ID), wordsRef(m.ID))
	k, isKept, err := loadKept(tx, m.ID)
	if err != nil {
		return "", err
	}
	w, had, err := loadWords(tx, m.ID)
	switch {
	case err != nil:
		return "", err
	case isKept && k.Channel != thread, !isKept && (!had || w.Channel != thread):
		return VerdictUnknown, nil
	case isKept && k.State == keptGone, !isKept && w.Gone:
		return VerdictGone, nil
	case isKept && k.State == keptInside:
		return VerdictAlready, nil
	case !isKept:
		k = kept{Ticket: w.Ticket, Channel: thread, Author: m.Author, Why: keptNote, Edited: w.Edited, Lost: files > 0}
		m.Channel = thread
		if m, _, err = d.unsaid(tx, w.Ticket, m); err != nil {
			return "", err
		}
		if err := k.put(tx, m); err != nil {
			return "", err
		}
	}
	verdict := VerdictNote
	if k.State == keptQueued {
		if err := d.unqueue(tx, k.Ticket, by); err != nil {
			return "", err
		}
		verdict = VerdictUndone
	}
	if had && !w.Gone {
		r := &Relay{desk: d}
		verdict = VerdictUndone
		if !w.whole() {
			verdict = VerdictBack
		}
		if err := r.withdraw(tx, &w, m.ID, changeBody{By: by, Note: true}); err != nil {
			return "", err
		}
		if err := w.save(tx, m.ID); err != nil {
			return "", err
		}
		tx.Refresh(stateView(w.Ticket, w.Channel, m.ID, len(w.Parts)))
	}
	k.State = keptInside
	tx.Log(k.Ticket, ledger.Event{What: "made_note", By: by, Ref: m.ID, Data: map[string]string{"how": string(verdict)}})
	k.decided(tx, m.ID, "📝 Dijadikan catatan oleh <@"+by+">.")
	return verdict, k.save(tx, m.ID)
}

// withdraw takes a whole message back: what has not left never leaves, what has is
// asked of WhatsApp. what says why.
func (r *Relay) withdraw(tx *ledger.Tx, w *words, message string, what changeBody) error {
	t, ok, err := ticket.Load(tx, w.Ticket)
	if err != nil || !ok {
		return fmt.Errorf("load ticket %s: %w", w.Ticket, cmp.Or(err, ledger.ErrCorrupt))
	}
	for _, i := range w.live() {
		if w.here(i) {
			w.drop(i)
			continue
		}
		w.Parts[i].Gone = true
		body := what
		body.Of, body.Message, body.Part, body.Text = w.letter(message, i), message, i, w.Head
		id := fmt.Sprintf("x/%s/%d", message, i)
		if w.Turn > 0 {
			id += fmt.Sprintf("~%d", w.Turn)
		}
		tx.Send(r.toClient(id, t, kindRevoke, body))
	}
	w.Gone = true
	return nil
}

// decided shows what became of a held message: on the message, and in the line under it.
func (k *kept) decided(tx *ledger.Tx, message, line string) {
	tx.Refresh(keptView(k.Channel, message))
	k.rewrite(tx, message, line, conclude)
}

// rewrite changes the line under a message that was held, by [Rewrite] or [conclude].
func (k *kept) rewrite(tx *ledger.Tx, message, line string, by func(id, lane, log, of, content string) ledger.Letter) {
	if k.Why == keptNote {
		return
	}
	k.Lines++
	tx.Send(by(fmt.Sprintf("%s/%d", holdLine(message), k.Lines), ThreadLane(k.Ticket), k.Ticket, holdLine(message), line))
}
