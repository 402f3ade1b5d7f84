package bridge

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A Forward is something of a ticket's thread that is shown in a report's post.
type Forward struct {
	By      string // who forwards it
	Message string // Discord id of what is forwarded
	Ticket  string // in whose thread it stands; "" for the report's first one
	Author  string // who of the staff wrote it; "" for By, and of no weight for what the bot wrote
	Text    string
	Files   []StaffFile
}

// A shown is something to be shown in a report's post.
type shown struct {
	name  string // unique within the report: it is shown once
	from  string // who it is from, above the words
	link  string // to the message, "" for none
	text  string // in Discord's dialect, inert, without secrets
	files []fileRef
}

// ForwardMessage shows a message of a ticket's thread in a report's post, once. It answers
// what the party asked, also when it had been shown before that. A report that is closed refuses it ([*escalation.Refusal]).
func (d Desk) ForwardMessage(tx *ledger.Tx, id string, f Forward) error {
	r, err := openTo(tx, id)
	if err != nil {
		return err
	}
	f.Ticket, f.Author = cmp.Or(f.Ticket, r.First()), cmp.Or(f.Author, f.By)
	s, err := d.shownMessage(tx, id, f)
	if err != nil {
		return err
	}
	there, err := forwarded(tx, r, s.name)
	var events []ledger.Event
	switch {
	case err != nil:
		return err
	case !there:
		forward(tx, r, f.By, s)
		events = append(events, forwardedEvent(tx, f.By, f.Message, f.Ticket))
	case r.State == escalation.NeedsData:
		pointAt(tx, r, f.By, s.name)
	default:
		return nil
	}
	return d.ChangeReport(tx, id, func(r *escalation.Report) ([]ledger.Event, error) {
		return append(events, r.DataCame(f.By, tx.Now())...), nil
	})
}

// pointAt says that what a post shows already answers the party's question.
func pointAt(tx *ledger.Tx, r escalation.Report, by, name string) {
	tx.Send(letter(fmt.Sprintf("fp/%s/%d/%s", r.ID, r.Step, name), ReportLane(r.ID), r.ID, kindSay, sayBody{
		Content: "📨 " + user(by) + " menjawab dengan yang sudah diteruskan tadi.", Answers: &reference{r.ID, forwardedID(r, name, 0)},
	}))
}

// ForwardWords shows what the client answered since the party asked
// ([escalation.Report.Words]) in the report's post. It answers the party. When nothing
// waits to be forwarded it is refused ([*escalation.Refusal]).
func (d Desk) ForwardWords(tx *ledger.Tx, id, by string) error {
	r, err := openTo(tx, id)
	if err != nil {
		return err
	}
	if len(r.Words) == 0 {
		return &escalation.Refusal{Key: "no_words"}
	}
	var events []ledger.Event
	for _, w := range r.Words {
		there, err := forwarded(tx, r, w.From)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		s, err := d.shownWords(tx, w)
		if err != nil {
			return err
		}
		forward(tx, r, by, s)
		events = append(events, forwardedEvent(tx, by, w.From, ""))
	}
	return d.ChangeReport(tx, id, func(r *escalation.Report) ([]ledger.Event, error) {
		return append(events, r.DataCame(by, tx.Now())...), nil
	})
}

func openTo(tx *ledger.Tx, id string) (escalation.Report, error) {
	r, ok, err := escalation.Load(tx, id)
	switch {
	case err != nil:
		return r, err
	case !ok:
		return r, fmt.Errorf("%w: %s", ErrNoReport, id)
	case r.State == escalation.Closed:
		return r, &escalation.Refusal{Key: "closed"}
	}
	return r, nil
}

func forwardedEvent(tx *ledger.Tx, by, ref, number string) ledger.Event {
	e := ledger.Event{At: tx.Now(), What: "report_forwarded", By: by, Ref: ref}
	if number != "" {
		e.Data = map[string]string{"ticket": number}
	}
	return e
}

// forwardedID names part i of what is shown in a report's present post under a name. What
// an earlier post showed, which was deleted, may be shown again.
func forwardedID(r escalation.Report, name string, i int) string {
	if r.Posts > 1 {
		return fmt.Sprintf("fw/%s~%d/%s/%d", r.ID, r.Posts, name, i)
	}
	return fmt.Sprintf("fw/%s/%s/%d", r.ID, name, i)
}

// forwardedName reads back the name that forwardedID wrote.
func forwardedName(letterID string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(letterID, "fw/")
	if !ok {
		return "", false
	}
	_, rest, _ = strings.Cut(rest, "/")
	i := strings.LastIndexByte(rest, '/')
	return rest[:max(0, i)], i > 0
}

// forwarded reports whether something has been shown in a report's post.
func forwarded(tx *ledger.Tx, r escalation.Report, name string) (bool, error) {
	_, ok, err := tx.Status(r.ID, forwardedID(r, name, 0))
	return ok, err
}

// forward shows something in a report's post.
func forward(tx *ledger.Tx, r escalation.Report, by string, s shown) {
	content := "📨 **" + s.from + "**\n-# Diteruskan oleh " + user(by)
	if s.link != "" {
		content += " · [pesan asli](" + s.link + ")"
	}
	if text := strings.TrimSpace(s.text); text != "" {
		content += "\n" + quote(text)
	}
	for i, part := range Split(content, textLimit(s.files)) {
		body := sayBody{Content: part}
		if i == 0 {
			body.Files = s.files
		}
		tx.Send(letter(forwardedID(r, s.name, i), ReportLane(r.ID), r.ID, kindSay, body))
	}
}

// withoutNamedSecrets masks what words say to be a code or a password. A short answer is
// not taken for one by its look: mostly it is the very number that was asked for. What is
// masked already stays as it is.
func withoutNamedSecrets(text string) string {
	if strings.Contains(text, ticket.Masked) {
		return text
	}
	long := preface + text
	for _, s := range slices.Backward(ticket.FindSecrets(long)) {
		if s.From >= len(preface) {
			long = long[:s.From] + ticket.Masked + long[s.To:]
		}
	}
	return long[len(preface):]
}

// ForwardText is what a report's post shows of words in a ticket's thread, and what may be
// kept of them: the client's secrets are masked.
func (d Desk) ForwardText(tx *ledger.Tx, number, text string) (string, error) {
	secrets, err := d.repeats(tx, number)
	return withoutNamedSecrets(secrets.mask(text)), err
}

// shownMessage is a message of a ticket's thread as a report's post shows it.
func (d Desk) shownMessage(tx *ledger.Tx, report string, f Forward) (shown, error) {
	s := shown{name: f.Message, link: d.messageLink(tx, f.Ticket, f.Message)}
	var err error
	if f.Text, err = d.ForwardText(tx, f.Ticket, f.Text); err != nil {
		return s, err
	}
	source, ok, err := tx.LetterByExt(f.Ticket, f.Message)
	if err != nil {
		return s, err
	}
	if ok {
		if client, ok, err := d.shownClient(tx, source, f, s); err != nil || ok {
			return client, err
		}
		s.from = "Dari thread tiket `" + f.Ticket + "`"
	} else {
		s.from = "Dari agen " + user(f.Author) + " · " + dayTime(snowflakeTime(f.Message, tx.Now()))
	}
	s.text = d.readable(f.Text)
	keys, err := d.fetchStaff(tx, f.Ticket, f.Message, ReportLane(report), f.Files)
	for _, key := range keys {
		s.files = append(s.files, fileRef{Key: key})
	}
	return s, err
}

// shownClient is what a client wrote, by the letter that shows it in the thread; ok is
// false for what a client did not write.
func (d Desk) shownClient(tx *ledger.Tx, source string, f Forward, s shown) (_ shown, ok bool, err error) {
	if key, late := strings.CutPrefix(source, "late/"); late { // a file that came later
		s.files = []fileRef{{Key: strings.TrimSuffix(key, "/again")}}
		file, _, err := loadFile(tx, s.files[0].Key)
		if err != nil {
			return s, false, err
		}
		f.Text, source = "", file.Late
	}
	conv, ref, ok := clientMessageOf(source)
	if !ok {
		return s, false, nil
	}
	h, _, err := loadHeard(tx, heardRef(conv, ref))
	if err != nil {
		return s, false, err
	}
	if len(s.files) == 0 {
		s.name = source
		if s.files, err = filesShown(tx, source, conv, ref); err != nil {
			return s, false, err
		}
	}
	who, err := clientName(tx, conv)
	if err != nil {
		return s, false, err
	}
	// Its first words say who wrote it, for who reads the thread.
	s.text = inert(f.Text)
	for _, end := range []string{":** ", "**\n"} {
		if rest, ok := strings.CutPrefix(f.Text, "**"+who+end); ok {
			s.text = inert(rest)
		}
	}
	if who == "" || h.Sender != "" {
		who = "Klien"
		s.text = inert(f.Text)
	}
	s.from = "Dari klien · " + who + " · " + dayTime(snowflakeTime(f.Message, tx.Now()))
	return s, true, nil
}

// filesShown are the files that a letter to a ticket's thread shows of a client's message.
func filesShown(tx *ledger.Tx, source, conv, ref string) ([]fileRef, error) {
	a, err := loadAlbum(tx, source)
	if err != nil || len(a.Files) > 0 {
		return a.Files, err
	}
	if part := source[strings.LastIndexByte(source, '/')+1:]; part != "0.0" && part != "file" {
		return nil, nil // a further piece of the words
	}
	key := "w/" + conv + "/" + ref
	if _, ok, err := loadFile(tx, key); err != nil || !ok {
		return nil, err
	}
	return []fileRef{{Key: key}}, nil
}

// clientName is who a conversation is with, as Discord shows it.
func clientName(tx *ledger.Tx, conversation string) (string, error) {
	c, ok, err := ticket.LoadConversation(tx, conversation)
	if err != nil || !ok {
		return "", err
	}
	return strings.TrimSpace(ToDiscord(strings.ReplaceAll(c.Name, signPhone, ""))), nil
}

// shownWords is what a client answered, as a report's post shows it.
func (d Desk) shownWords(tx *ledger.Tx, w escalation.Material) (shown, error) {
	s := shown{name: w.From, text: ToDiscord(withoutNamedSecrets(w.Text))}
	for _, key := range w.Keys {
		s.files = append(s.files, fileRef{Key: key})
	}
	who := ""
	if conv, ref, ok := clientMessageOf(strings.TrimSuffix(w.From, moreWords)); ok {
		var err error
		if who, err = clientName(tx, conv); err != nil {
			return s, err
		}
		h, ok, err := loadHeard(tx, heardRef(conv, ref))
		if err != nil {
			return s, err
		}
		if ok {
			st, _, err := tx.Status(h.Ticket, h.Letter)
			if err != nil {
				return s, err
			}
			s.link = d.messageLink(tx, h.Ticket, st.Ext)
		}
	}
	s.from = "Jawaban klien · " + cmp.Or(who, "Klien") + " · " + dayTime(w.At)
	return s, nil
}

// messageLink is the address of a message in a ticket's thread, "" when it has none.
func (d Desk) messageLink(tx *ledger.Tx, number, message string) string {
	t, ok, err := ticket.Load(tx, number)
	if err != nil || !ok || t.Thread == "" || d.Guild == "" || message == "" {
		return "" // words matter more than a way to them
	}
	return "https://discord.com/channels/" + d.Guild + "/" + t.Thread + "/" + message
}

// KeepFiles fetches files of a message in a ticket's thread into the library, and returns
// their keys: evidence of a report that is being written. Of a client's message they are
// there already. Asking again changes nothing.
func (d Desk) KeepFiles(tx *ledger.Tx, number, message string, files []StaffFile) (keys []string, err error) {
	source, ok, err := tx.LetterByExt(number, message)
	if err != nil {
		return nil, err
	}
	if conv, ref, client := clientMessageOf(source); ok && client {
		there, err := filesShown(tx, source, conv, ref)
		for _, f := range there {
			if f.Key != "" {
				keys = append(keys, f.Key)
			}
		}
		if err != nil || len(keys) > 0 {
			return keys, err
		}
	}
	return d.fetchStaff(tx, number, message, ThreadLane(number), files)
}

// fetchStaff asks for files of a message in Discord that are not on their way yet.
func (d Desk) fetchStaff(tx *ledger.Tx, number, message, wakes string, files []StaffFile) (keys []string, err error) {
	t, ok, err := ticket.Load(tx, number)
	if err != nil {
		return nil, err
	}
	conversation := number
	if ok && t.Conversation != "" {
		conversation = t.Conversation
	}
	for _, f := range files[:min(len(files), escalation.MostEvidence)] {
		key := "k/" + message + "/" + f.ID
		_, known, err := loadFile(tx, key)
		if err != nil {
			return nil, err
		}
		if !known {
			if err := expectFile(tx, key, number, conversation, fromDiscord, wakes, mediaOf(f)); err != nil {
				return nil, err
			}
		}
		if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}
