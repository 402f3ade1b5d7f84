package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// kindWords documents hold, per Discord message of an agent, what of it went to the
// client: enough to let an edit or a deletion follow.
const kindWords ledger.Kind = "words"

// Indexes of agents' messages by their time (UTC, ms).
const (
	indexWords  = "words/" // + ticket: its messages, by Discord's id
	indexRecent = "recent" // threads, by their last message
)

// words is a message of an agent as the client has it, or will have it when
// everything queued has left.
type words struct {
	V       int    `json:"v"`
	Ticket  string `json:"t"`
	Channel string `json:"c"`
	// Edited is the version last heard of, in Unix nanoseconds; 0 for the first.
	Edited int64       `json:"e,omitzero"`
	Head   string      `json:"h,omitzero"` // the first words, for notices
	Parts  []wordsPart `json:"p"`
	Notes  []string    `json:"n,omitzero"` // sums of lines that were notes in any version
	Gone   bool        `json:"g,omitzero"` // deleted in Discord, or made a note
	// Turn is how often it was taken back and sent anew: it tells the letters apart.
	Turn int `json:"k,omitzero"`
	// Away are the letters of earlier turns that had left when they were taken back, while
	// nobody knew yet whether WhatsApp took them.
	Away []string `json:"y,omitzero"`
	// Due is until when it waits before it leaves (desk time, ms), 0 for not at all.
	Due int64 `json:"d,omitzero"`
}

type wordsPart struct {
	Sum  string `json:"s"`          // of its text
	Sent int64  `json:"w,omitzero"` // when WhatsApp took it (desk time, ms)
	Gone bool   `json:"g,omitzero"` // taken back
	Left bool   `json:"l,omitzero"` // it has left, after it had waited
	Drop bool   `json:"x,omitzero"` // taken back before that: it never leaves
	// File is the attachment that this part is; Caption says that it has words below it.
	File    string `json:"f,omitzero"`
	Caption bool   `json:"cap,omitzero"`
	Poll    bool   `json:"poll,omitzero"`
}

func (p part) words() wordsPart {
	w := wordsPart{Sum: p.sum(), Caption: p.caption, Poll: p.poll != nil}
	if p.file != nil {
		w.File = p.file.ID
	}
	return w
}

// headOf is the beginning of a message, for lines that speak of it.
func headOf(parts []part) string {
	for _, p := range parts {
		if p.text != "" {
			return head(p.text)
		}
	}
	switch {
	case len(parts) == 0:
		return ""
	case parts[0].file != nil:
		return head(parts[0].file.Name)
	case parts[0].poll != nil:
		return head(parts[0].poll.Question)
	}
	return ""
}

// letter is the name of the letter of a part of message.
func (w words) letter(message string, part int) string {
	return agentPart{Message: message, Part: part, Parts: len(w.Parts), Turn: w.Turn}.id()
}

// live are the parts of the message that the client still has.
func (w words) live() (parts []int) {
	for i, p := range w.Parts {
		if !p.Gone {
			parts = append(parts, i)
		}
	}
	return parts
}

// texts are those of them that are nothing but words.
func (w words) texts() []int {
	return slices.DeleteFunc(w.live(), func(i int) bool { return w.Parts[i].File != "" || w.Parts[i].Poll })
}

// caption is the part that has the words below a file, -1 for none.
func (w words) caption() int {
	return slices.IndexFunc(w.Parts, func(p wordsPart) bool { return p.Caption && !p.Gone })
}

// lost are the parts whose files a message no longer has.
func (w words) lost(m StaffMessage) []int {
	files := m.allFiles()
	return slices.DeleteFunc(w.live(), func(i int) bool {
		id := w.Parts[i].File
		return id == "" || slices.ContainsFunc(files, func(f StaffFile) bool { return f.ID == id })
	})
}

// heed adds the lines of a version that are notes.
func (w *words) heed(notes []string, prefix string) {
	for _, n := range notes {
		if s := lineSum(n, prefix); s != "" && !slices.Contains(w.Notes, s) {
			w.Notes = append(w.Notes, s)
		}
	}
	// A document has its bounds; nobody writes so many notes in one message.
	w.Notes = w.Notes[max(0, len(w.Notes)-300):]
}

// reveals reports whether a line of text was a note in an earlier version.
func (w words) reveals(text, prefix string) bool {
	for line := range strings.SplitSeq(text, "\n") {
		if s := lineSum(line, prefix); s != "" && slices.Contains(w.Notes, s) {
			return true
		}
	}
	return false
}

// lineSum identifies the words of a line, whether it is marked as a note or not;
// "" for a line without any.
func lineSum(line, prefix string) string {
	line = strings.TrimSpace(unindented(line))
	if prefix != "" {
		line = strings.TrimSpace(strings.TrimPrefix(line, prefix))
	}
	if line == "" {
		return ""
	}
	return sum(line)
}

// sum identifies a text.
func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:8])
}

func wordsRef(message string) ledger.Ref { return ledger.Ref{Kind: kindWords, ID: message} }

func loadWords(tx *ledger.Tx, message string) (w words, ok bool, err error) {
	data, err := tx.Doc(wordsRef(message))
	if err != nil || data == nil {
		return w, false, err
	}
	w, err = decodeWords(data)
	return w, err == nil, err
}

func decodeWords(data []byte) (w words, err error) {
	if err := json.Unmarshal(data, &w); err != nil {
		return w, fmt.Errorf("%w: words: %w", ledger.ErrCorrupt, err)
	}
	if w.V != 1 {
		return w, fmt.Errorf("%w: words of version %d were written by a newer halo, update this program", ledger.ErrCorrupt, w.V)
	}
	return w, nil
}

func (w words) save(tx *ledger.Tx, message string) error {
	w.V = 1
	data, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode words of %s: %w", message, err)
	}
	return tx.Put(wordsRef(message), data)
}

// index notes that a message can be changed or taken back for some time.
func (w words) index(tx *ledger.Tx, message string, at time.Time) {
	ms := snowflakeTime(message, at).UnixMilli()
	tx.Index(indexWords+w.Ticket, message, ms)
	tx.Index(indexRecent, w.Channel, ms)
}

// snowflakeTime is when Discord made an id, or fallback for one that is none.
func snowflakeTime(id string, fallback time.Time) time.Time {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n>>22 == 0 {
		return fallback
	}
	return time.UnixMilli(n>>22 + 1420070400000).UTC()
}

func fromNanos(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// Recent lists agents' messages of a thread that went to the client, or will or may, and
// can still be changed or taken back there: younger than two days, oldest first.
// Deleted ones are not among them. Of a report's post they are people's messages that its
// ticket's thread shows. Other channels have none.
func (r *Relay) Recent(ctx context.Context, thread string) ([]Recent, error) {
	if r.desk.Members == nil {
		return nil, nil
	}
	if rep, ok, err := r.reportOf(ctx, thread); err != nil || ok {
		if err != nil {
			return nil, err
		}
		return r.recentRemarks(ctx, rep.ID)
	}
	t, ok, err := r.ticketOf(ctx, thread)
	if err != nil || !ok {
		return nil, err
	}
	ids, err := r.desk.Members(ctx, indexWords+t.Number, r.now().Add(-revokeWindow).UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("list recent messages of %s: %w", t.Number, err)
	}
	var all []Recent
	for _, id := range ids {
		d, err := r.store.Doc(ctx, wordsRef(id))
		if err != nil {
			return nil, fmt.Errorf("list recent messages of %s: %w", t.Number, err)
		}
		w := words{Gone: true}
		if d.Data != nil {
			if w, err = decodeWords(d.Data); err != nil {
				return nil, fmt.Errorf("list recent messages of %s: %w", t.Number, err)
			}
		}
		if w.Gone {
			recent, ok, err := r.recentHeld(ctx, thread, id)
			if err != nil {
				return nil, fmt.Errorf("list recent messages of %s: %w", t.Number, err)
			}
			if ok {
				all = append(all, recent)
			}
			continue
		}
		if w.Channel == thread {
			all = append(all, Recent{ID: id, Edited: fromNanos(w.Edited)})
		}
	}
	return all, nil
}

// RecentThreads lists the threads of open tickets and reports that have messages as in [Relay.Recent].
func (r *Relay) RecentThreads(ctx context.Context) ([]string, error) {
	if r.desk.Members == nil {
		return nil, nil
	}
	threads, err := r.desk.Members(ctx, indexRecent, r.now().Add(-revokeWindow).UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("list threads with recent messages: %w", err)
	}
	var open []string
	for _, th := range threads {
		rep, ok, err := r.reportOf(ctx, th)
		if err != nil {
			return nil, err
		}
		if ok && rep.State != escalation.Closed {
			open = append(open, th)
			continue
		}
		t, ok, err := r.ticketOf(ctx, th)
		if err != nil {
			return nil, err
		}
		if ok && t.State != ticket.Closed && t.Thread == th {
			open = append(open, th)
		}
	}
	return open, nil
}

func (r *Relay) ticketOf(ctx context.Context, thread string) (t ticket.Ticket, ok bool, err error) {
	th, ok, err := r.threadOf(ctx, thread)
	if err != nil || !ok || th.Ticket == "" {
		return t, false, err
	}
	d, err := r.store.Doc(ctx, ledger.Ref{Kind: ticket.KindTicket, ID: th.Ticket})
	if err != nil || d.Data == nil {
		return t, false, err
	}
	t, err = ticket.Decode(d.Data)
	return t, err == nil, err
}
