package bridge

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Somebody who writes faster than anybody can read gets one line in the thread for what
// he wrote, with every word of it in a file. Nothing else about his messages changes: each
// is stored, logged, answered and quoted as ever.

// TimerFlood shows what was folded. Its ID is that of the writer; its handler is
// [Desk.Unfold].
const TimerFlood = "flood"

const (
	kindFlood  ledger.Kind = "flood"  // how fast somebody writes, and what is folded of it
	kindFolded ledger.Kind = "folded" // words that are folded, as they will stand in the file
)

const (
	foldQuiet    = 10 * time.Second // without a further message: what was folded is shown
	foldPatience = time.Minute      // at most after its first message
	foldPiece    = 12 << 10         // bytes of a document with words
	foldPieces   = 3                // of them in one notice, each a file: as JSON they fit in one commit
	foldFiles    = 40               // files of a client in one notice
)

// A flood is how fast a person writes.
type flood struct {
	V     int     `json:"v"`
	Times []int64 `json:"t"` // of the last messages, ms, oldest first
	N     int     `json:"n"` // notices so far: names them
	// What is folded now: Ticket is "" for nothing.
	Ticket string       `json:"ticket,omitzero"`
	Name   string       `json:"name,omitzero"` // who wrote
	Since  int64        `json:"since,omitzero"`
	Count  int          `json:"count,omitzero"`
	Pieces []int        `json:"pieces,omitzero"` // bytes in each document with words
	Files  []foldedFile `json:"files,omitzero"`
}

type foldedFile struct {
	Key  string `json:"k"`
	Size int64  `json:"s,omitzero"` // the sender's word
	In   int    `json:"i"`          // which message shows it
}

func floodRef(writer string) ledger.Ref { return ledger.Ref{Kind: kindFlood, ID: writer} }

func foldedRef(writer string, n, i int) ledger.Ref {
	return ledger.Ref{Kind: kindFolded, ID: fmt.Sprintf("%s/%d/%d", writer, n, i)}
}

// writer names who is writing: a person, or a member of a group.
func (a *arrival) writer() string {
	if a.m.Group != nil {
		return a.c.ID + "~" + sum(string(a.m.Group.Sender))
	}
	return a.c.ID
}

// guarded reports whether what the message shows counts towards a flood.
func (a *arrival) guarded() bool {
	cards := 0
	for _, c := range a.m.Contacts {
		cards += len(c.Card)
	}
	return a.r.desk.Flood.Messages > 0 && !a.m.Own && a.m.Unreadable == "" && cards < foldPiece/2
}

func (a *arrival) floodRefs() []ledger.Ref {
	if !a.guarded() {
		return nil
	}
	return []ledger.Ref{floodRef(a.writer())}
}

func loadFlood(tx *ledger.Tx, writer string) (f flood, err error) {
	data, err := tx.Doc(floodRef(writer))
	if err != nil || data == nil {
		return f, err
	}
	if err := json.Unmarshal(data, &f); err != nil {
		return f, fmt.Errorf("%w: %s: %w", ledger.ErrCorrupt, floodRef(writer), err)
	}
	return f, nil
}

func (f flood) save(tx *ledger.Tx, writer string) error {
	f.V = 1
	data, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encode %s: %w", floodRef(writer), err)
	}
	return tx.Put(floodRef(writer), data)
}

// over counts a message, and reports whether there were too many before it.
func (f *flood) over(bound Flood, now time.Time) bool {
	most := min(bound.Messages, 500)
	over := len(f.Times) >= most && now.UnixMilli()-f.Times[len(f.Times)-most] < bound.Within.Milliseconds()
	f.Times = append(f.Times, now.UnixMilli())
	f.Times = f.Times[max(0, len(f.Times)-most):]
	return over
}

// fold takes a message of a flood in among the others. Whatever is folded already and
// does not go on is shown first.
func (a *arrival) fold(number string) (folded bool, err error) {
	if !a.guarded() {
		return false, nil
	}
	writer := a.writer()
	f, err := loadFlood(a.tx, writer)
	if err != nil {
		return false, err
	}
	folded = f.over(a.r.desk.Flood, a.tx.Now())
	if f.Ticket != "" && (!folded || f.Ticket != number || f.full()) {
		if err := f.unfold(a.tx, a.r.desk, writer); err != nil {
			return false, err
		}
	}
	if folded {
		if err := a.foldInto(&f, writer, number); err != nil {
			return false, err
		}
	}
	return folded, f.save(a.tx, writer)
}

// full reports whether a notice has no room for another message, however long.
func (f flood) full() bool {
	return len(f.Pieces) >= foldPieces || len(f.Files) >= foldFiles
}

func (a *arrival) foldInto(f *flood, writer, number string) error {
	now := a.tx.Now()
	if f.Ticket == "" {
		f.N++
		f.Ticket, f.Since = number, now.UnixMilli()
	}
	f.Name = clientWho(a.m, whose(a.c, a.m))
	f.Count++
	due := min(now.Add(foldQuiet).UnixMilli(), f.Since+foldPatience.Milliseconds())
	a.tx.Set(ledger.Timer{Kind: TimerFlood, ID: writer, Due: time.UnixMilli(max(due, now.UnixMilli())).UTC()})
	letter := noticeID(writer, f.N)
	if a.piece == 0 && a.m.Media != nil {
		key := clientKey(a.c.ID, a.m)
		if err := expectFile(a.tx, key, number, a.c.ID, fromWhatsApp, ThreadLane(number), *a.m.Media); err != nil {
			return err
		}
		letter = filesID(writer, f.N, f.addFile(key, a.m.Media.Size))
	}
	if a.piece == 0 {
		if err := hear(a.tx, a.c, a.m, number, letter); err != nil {
			return err
		}
	}
	text := a.foldedText(f.Count)
	stands, err := tally(a.tx, a.c, a.m)
	if err != nil {
		return err
	}
	if stands != "" {
		text += stands + "\n"
	}
	return f.write(a.tx, writer, text)
}

func noticeID(writer string, n int) string { return fmt.Sprintf("flood/%s/%d", writer, n) }

func filesID(writer string, n, i int) string {
	return fmt.Sprintf("flood/%s/%d/files/%d", writer, n, i)
}

// addFile finds a message for a file, and returns which.
func (f *flood) addFile(key string, size int64) int {
	in, count, bytes := 0, 0, int64(0)
	for _, other := range f.Files {
		if other.In > in {
			in, count, bytes = other.In, 0, 0
		}
		count++
		bytes += other.Size
	}
	if count >= filesAtOnce || count > 0 && bytes+max(0, size) > bytesAtOnce {
		in++
	}
	f.Files = append(f.Files, foldedFile{Key: key, Size: max(0, size), In: in})
	return in
}

// foldedText is a message as the file has it.
func (a *arrival) foldedText(n int) string {
	if a.piece > 0 {
		return plain(a.m.Text) + "\n"
	}
	words := a.m.Text
	switch m := a.m; {
	case slices.Contains(echoes, m.Kind):
		words = clientBody(m, 0)
	case m.Kind != "" && m.Kind != KindPlainText:
		m.Text = ""
		words = below(clientBody(m, 0), words)
	}
	for _, c := range a.m.Contacts {
		words = below(words, c.Card)
	}
	if q := a.m.Quote; q != nil {
		words = below("> "+quoteGist(*q), words)
	}
	return fmt.Sprintf("%d. [%s] %s\n", n, a.at.In(a.r.desk.Zone).Format("15.04.05"), plain(words))
}

// plain keeps what can be seen of a text.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}

// write appends words to the last document, and to further ones when it is full.
func (f *flood) write(tx *ledger.Tx, writer, text string) error {
	for text != "" {
		last := len(f.Pieces) - 1
		if last < 0 || f.Pieces[last] >= foldPiece {
			f.Pieces, last = append(f.Pieces, 0), last+1
		}
		room := foldPiece - f.Pieces[last]
		head := text
		if len(head) > room {
			head = strings.ToValidUTF8(text[:room], "")
			if head == "" { // a sign that does not fit in the rest
				f.Pieces = append(f.Pieces, 0)
				continue
			}
		}
		ref := foldedRef(writer, f.N, last)
		was, err := tx.Doc(ref)
		if err != nil {
			return err
		}
		if err := tx.Put(ref, append(was[:len(was):len(was)], head...)); err != nil {
			return err
		}
		f.Pieces[last] += len(head)
		text = text[len(head):]
	}
	return nil
}

// Unfold is called when somebody has stopped writing, or wrote for long: what was folded
// is shown.
func (d Desk) Unfold(tx *ledger.Tx, timer ledger.Timer) error {
	f, err := loadFlood(tx, timer.ID)
	if err != nil || f.Ticket == "" {
		return err
	}
	if err := f.unfold(tx, d, timer.ID); err != nil {
		return err
	}
	return f.save(tx, timer.ID)
}

// unfold shows what is folded: one line with the words in files, and the files that came
// with them below it.
func (f *flood) unfold(tx *ledger.Tx, d Desk, writer string) error {
	body := sayBody{Content: fmt.Sprintf("🌊 **%s** mengirim banyak pesan sekaligus: %d pesan dilipat menjadi satu. Semua isinya, kata demi kata, ada di berkas ini.", f.Name, f.Count)}
	if len(f.Files) > 0 {
		body.Content += fmt.Sprintf(" %d berkas kiriman menyusul di bawah.", len(f.Files))
	}
	for i := range f.Pieces {
		ref := foldedRef(writer, f.N, i)
		words, err := tx.Doc(ref)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("pesan-%s-%d.txt", f.Ticket, f.N)
		if len(f.Pieces) > 1 {
			name = fmt.Sprintf("pesan-%s-%d-%d.txt", f.Ticket, f.N, i+1)
		}
		body.Files = append(body.Files, fileRef{Name: name, Text: string(words)})
		if err := tx.Put(ref, nil); err != nil {
			return err
		}
	}
	tx.Send(sayLetter(noticeID(writer, f.N), f.Ticket, body))
	for i := 0; len(f.Files) > 0; i++ {
		files := sayBody{Content: "📎 Berkas dari pesan-pesan itu:"}
		for len(f.Files) > 0 && f.Files[0].In == i {
			files.Files = append(files.Files, fileRef{Key: f.Files[0].Key})
			f.Files = f.Files[1:]
		}
		tx.Send(sayLetter(filesID(writer, f.N, i), f.Ticket, files))
	}
	t, ok, err := ticket.Load(tx, f.Ticket)
	if err != nil {
		return err
	}
	if ok && t.State == ticket.Closed {
		if t.ClosedAt.UnixMilli() >= f.Since && slices.Contains([]ticket.Ending{ticket.EndStaff, ticket.EndDropped, ticket.EndMerged}, t.Ending) {
			// Whoever closed it has not seen them.
			if err := d.callTo(tx, noticeID(writer, f.N)+"/call", t, sayBody{
				Content: "pesan-pesan di atas masuk sebelum tiket ini ditutup. Bila perlu dijawab, buka kembali tiket ini.", Buttons: []Button{buttonReopen},
			}); err != nil {
				return err
			}
		}
		tx.Send(Tags(f.Ticket, "tag/"+noticeID(writer, f.N), t.Tag(), true))
	}
	tx.Cancel(TimerFlood, writer)
	f.Ticket, f.Name, f.Since, f.Count, f.Pieces, f.Files = "", "", 0, 0, nil, nil
	return nil
}
