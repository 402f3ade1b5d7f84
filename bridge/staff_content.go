package bridge

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// A part is one WhatsApp message of those that an agent's message becomes.
type part struct {
	text    string // words, or the caption of file
	file    *StaffFile
	poll    *Poll
	caption bool // text stands below file
}

// sum identifies what a part says in words; it changes when its words do.
func (p part) sum() string { return sum(p.text) }

// layout cuts an agent's message into parts: its files, the first with the words as
// its caption if they fit, then the words, what was forwarded, and the poll.
func (r *Relay) layout(m StaffMessage, text string) (parts []part) {
	m.Text = text
	texts := r.parts(m)
	files := m.allFiles()
	for i := range files {
		p := part{file: &files[i]}
		if i == 0 && len(texts) == 1 && splitUnits(texts[0]) <= captionLimit && captionable(files[i]) {
			p.text, p.caption, texts = texts[0], true, nil
		}
		parts = append(parts, p)
	}
	for _, t := range texts {
		parts = append(parts, part{text: t})
	}
	if m.Poll != nil && pollProblem(*m.Poll, r.desk.Names) == "" {
		parts = append(parts, part{poll: m.Poll})
	}
	return parts
}

// captionable reports whether words may stand below a file: WhatsApp has none below
// recordings and stickers.
func captionable(f StaffFile) bool {
	return !f.Voice && !strings.HasPrefix(f.MIME, "audio/") && f.MIME != "image/webp"
}

// parts cuts an agent's words into the messages that the client gets.
func (r *Relay) parts(m StaffMessage) []string {
	return slices.DeleteFunc(SplitPlain(staffWords(m, r.desk.Names), whatsAppLimit), func(p string) bool { return Clean(p, 10) == "" })
}

// allFiles are a message's files and those of what it forwards.
func (m StaffMessage) allFiles() []StaffFile {
	files := slices.Clone(m.Files)
	for _, s := range m.Snapshots {
		files = append(files, s.Files...)
	}
	return files
}

// partLetter makes the letter of one part. turn is how often the message was taken back
// before: its files are others' then.
func (r *Relay) partLetter(tx *ledger.Tx, t ticket.Ticket, m StaffMessage, id string, i, turn int, p part, q *Quote) (ledger.Letter, error) {
	switch {
	case p.file != nil:
		key := fmt.Sprintf("d/%s/%d", m.ID, i)
		if turn > 0 {
			key += fmt.Sprintf("~%d", turn)
		}
		f := Media{Kind: KindDocument, Name: p.file.Name, MIME: p.file.MIME, Size: p.file.Size, Length: p.file.Length, Ref: p.file.Ref}
		if p.file.Voice {
			f.Kind = KindVoice
		}
		if err := expectFile(tx, key, t.Number, t.Conversation, fromDiscord, ClientLane(t.Conversation), f); err != nil {
			return ledger.Letter{}, err
		}
		return r.toClient(id, t, kindMedia, mediaBody{Key: key, Text: p.text, By: m.Author, Quote: q}), nil
	case p.poll != nil:
		return r.toClient(id, t, kindPoll, pollBody{Poll: r.plainPoll(*p.poll), By: m.Author, Quote: q}), nil
	}
	return r.toClient(id, t, kindText, textBody{Text: p.text, By: m.Author, Quote: q}), nil
}

// plainPoll is a poll in WhatsApp's words.
func (r *Relay) plainPoll(p Poll) Poll {
	p.Question = Clean(ToWhatsApp(p.Question, r.desk.Names), pollQuestionMax)
	options := make([]string, 0, len(p.Options))
	for _, o := range p.Options {
		options = append(options, Clean(ToWhatsApp(o, r.desk.Names), pollOptionMax))
	}
	p.Options = options
	return p
}

// logPart notes what an agent wrote. A file's caption is no text of its own: a phone
// that asks for the message again must not get it as one.
func logPart(tx *ledger.Tx, number string, m StaffMessage, ext string, p part) {
	e := ledger.Event{What: "agent_wrote", By: m.Author, Ref: ext, Data: map[string]string{"text": p.text, "message": m.ID, "name": m.Name}}
	switch {
	case p.file != nil:
		e.What = "agent_sent_file"
		e.Data["file"], e.Data["mime"], e.Data["size"] = Clean(p.file.Name, 200), Clean(p.file.MIME, 100), fmt.Sprint(p.file.Size)
	case p.poll != nil:
		e.What = "agent_asked"
		e.Data["text"] = Clean(p.poll.Question+" | "+strings.Join(p.poll.Options, " | "), 1000)
	}
	tx.Log(number, e)
}

// quoteOf is the message that an agent answers, in the client's words; nil for none,
// and for what the client does not have.
func (r *Relay) quoteOf(tx *ledger.Tx, number, message string) (*Quote, error) {
	if message == "" {
		return nil, nil
	}
	id, own, h, ok, err := r.meant(tx, number, message)
	if err != nil || !ok {
		return nil, err
	}
	q := &Quote{ID: id, Own: own, Sender: h.Sender, Kind: cmp.Or(h.Kind, KindPlainText), Text: h.Text}
	if _, ok, err = loadWords(tx, message); ok {
		q.Message = message
	}
	return q, err
}

// quotable is a quote as it may leave now: without words of an agent that were taken back,
// or have not left yet, nil for none.
func (c *Courier) quotable(ctx context.Context, q *Quote) (*Quote, error) {
	if q == nil || q.Message == "" {
		return q, nil
	}
	var w words
	if err := c.read(ctx, wordsRef(q.Message), func(data []byte) (err error) {
		w, err = decodeWords(data)
		return err
	}); err != nil {
		return nil, err
	}
	live := w.live()
	if w.Gone || len(live) == 0 || w.here(live[0]) {
		return nil, nil
	}
	now := *q
	now.ID, now.Text = c.desk.MessageID(w.letter(q.Message, live[0])), w.Head
	return &now, nil
}

// meant finds which WhatsApp message one in a thread stands for: what a client wrote,
// or what an agent did. ok is false for what is no message there.
func (r *Relay) meant(tx *ledger.Tx, number, message string) (id string, own bool, h heard, ok bool, err error) {
	w, ok, err := loadWords(tx, message)
	if err != nil {
		return "", false, h, false, err
	}
	if ok {
		live := slices.IndexFunc(w.Parts, func(p wordsPart) bool { return !p.Gone })
		if w.Gone || live < 0 {
			return "", false, h, false, nil
		}
		return r.desk.MessageID(w.letter(message, live)), true, heard{Text: w.Head}, true, nil
	}
	letter, ok, err := tx.LetterByExt(number, message)
	if err != nil || !ok {
		return "", false, h, false, err
	}
	if key, late := strings.CutPrefix(letter, "late/"); late { // a file that came later: its message is meant
		f, _, err := loadFile(tx, strings.TrimSuffix(key, "/again"))
		if err != nil {
			return "", false, h, false, err
		}
		letter = f.Late
	}
	conv, ref, ok := clientMessageOf(letter)
	if !ok {
		return "", false, h, false, nil
	}
	for range 3 {
		if h, ok, err = loadHeard(tx, heardRef(conv, ref)); err != nil || !ok {
			break
		}
		if h.Of == "" {
			break
		}
		// It speaks of another message: that one is meant.
		if h.OfOwn {
			if s, found, err := tx.LetterByExt(h.Ticket, h.Of); err != nil || found && s != "" {
				return h.Of, true, heard{Text: h.Text}, err == nil, err
			}
			ref = shortID(h.Of) + ownRef
			continue
		}
		ref = shortID(h.Of)
	}
	if err != nil {
		return "", false, h, false, err
	}
	id, marks, _ := strings.Cut(ref, "~")
	own = strings.HasPrefix("~"+marks, ownRef)
	return id, own, h, !strings.HasPrefix(id, "call-"), nil
}

// clientMessageOf reads back what clientLetterID wrote: the conversation, and the
// message as inboxRef names it.
func clientMessageOf(letterID string) (conversation, ref string, ok bool) {
	rest, ok := strings.CutPrefix(letterID, "w/")
	if !ok {
		return "", "", false
	}
	conversation, rest, ok = strings.Cut(rest, "/")
	if !ok {
		return "", "", false
	}
	rest = strings.TrimSuffix(rest, "/file")
	i := strings.LastIndexByte(rest, '/')
	if i <= 0 {
		return "", "", false
	}
	return conversation, rest[:i], true
}
