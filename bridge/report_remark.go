package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// kindRemark documents are messages of a report's post that a ticket's thread shows, by
// Discord's id.
const kindRemark ledger.Kind = "remark"

// indexRemarks rows are such messages by their time (UTC, ms): + report.
const indexRemarks = "remarks/"

// mostRemark is how much of somebody's words is shown, in characters.
const mostRemark = 4200

// A remark is a message of a report's post as a ticket's thread shows it, or will when
// everything queued has left.
type remark struct {
	V       int          `json:"v"`
	Report  string       `json:"r"`
	Ticket  string       `json:"t"`
	Head    string       `json:"h"`
	Text    string       `json:"x,omitzero"`
	Files   []remarkFile `json:"f,omitzero"`
	Edited  int64        `json:"e,omitzero"` // the version last heard of, in Unix nanoseconds; 0 for the first
	Changes int          `json:"n,omitzero"`
	Letters []string     `json:"l"` // that show it, in order: the first ones or the last rewrites
	Sums    []string     `json:"s"` // of what each shows
	Gone    bool         `json:"g,omitzero"`
}

type remarkFile struct {
	ID   string `json:"id"`
	Name string `json:"n"`
	Gone bool   `json:"g,omitzero"` // its writer took it off
}

func remarkRef(message string) ledger.Ref { return ledger.Ref{Kind: kindRemark, ID: message} }

func loadRemark(tx *ledger.Tx, message string) (a remark, ok bool, err error) {
	data, err := tx.Doc(remarkRef(message))
	if err != nil || data == nil {
		return a, false, err
	}
	a, err = decodeRemark(data)
	return a, err == nil, err
}

func decodeRemark(data []byte) (a remark, err error) {
	if err := json.Unmarshal(data, &a); err != nil {
		return a, fmt.Errorf("%w: remark: %w", ledger.ErrCorrupt, err)
	}
	if a.V != 1 {
		return a, fmt.Errorf("%w: a remark of version %d was written by a newer halo, update this program", ledger.ErrCorrupt, a.V)
	}
	return a, nil
}

func (a remark) save(tx *ledger.Tx, message string) error {
	a.V = 1
	data, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("encode remark %s: %w", message, err)
	}
	return tx.Put(remarkRef(message), data)
}

// layout is what the thread shows, in the messages it takes; the first has room for lines
// about files.
func (a remark) layout(limit int) []string {
	text := a.Text
	head := a.Head
	for _, f := range a.Files {
		if f.Gone && !a.Gone {
			text = below(text, "🗑️ *Berkas dihapus penulisnya:* "+ToDiscord(f.Name))
		}
	}
	if a.Gone {
		head, text = "🗑️ "+strings.TrimPrefix(head, "💬 ")+" · *dihapus penulisnya*", struck(text)
	}
	if text != "" {
		head += "\n" + quote(text)
	}
	return Split(head, limit)
}

// struck is a text with a line through it. Formatting goes: it could end the line early.
func struck(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if line = strings.TrimSpace(excerpt(line, mostRemark)); line != "" {
			lines[i] = "~~" + line + "~~"
		} else {
			lines[i] = ""
		}
	}
	return strings.Join(lines, "\n")
}

// add shows a further part.
func (a *remark) add(tx *ledger.Tx, id string, body sayBody) {
	tx.Send(sayLetter(id, a.Ticket, body))
	a.Letters, a.Sums = append(a.Letters, id), append(a.Sums, sum(body.Content))
}

// clipped is the beginning of a text of more than most characters.
func clipped(text string, most int) string {
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// shortened stands where a part is no more.
const shortened = "-# ✂️ Bagian ini dihapus penulisnya."

// show makes the thread show the message as it is now: behind all that is on its way
// there, so also what has not left yet ends up so.
func (a *remark) show(tx *ledger.Tx, message string) {
	a.Changes++
	parts := a.layout(discordLimit - 300)
	for len(parts) < len(a.Letters) {
		parts = append(parts, shortened)
	}
	for i, content := range parts {
		id := fmt.Sprintf("rm/%s/%d~%d", message, i, a.Changes)
		switch {
		case i >= len(a.Letters):
			a.add(tx, id, sayBody{Content: content})
		case a.Sums[i] != sum(content):
			tx.Send(Rewrite(id, ThreadLane(a.Ticket), a.Ticket, a.Letters[i], content))
			a.Letters[i], a.Sums[i] = id, sum(content)
		}
	}
}

// putBack lets the post of a closed ticket go back into the archive: being written in
// takes it out.
func (a remark) putBack(tx *ledger.Tx, t ticket.Ticket, why string) {
	if t.State == ticket.Closed {
		tx.Send(Tags(t.Number, "tag/"+t.Number+"/"+why, t.Tag(), true))
	}
}

// lose notes which files a new version of the message no longer has.
func (a *remark) lose(m StaffMessage) {
	a.Files = slices.Clone(a.Files)
	for i, f := range a.Files {
		a.Files[i].Gone = !slices.ContainsFunc(m.allFiles(), func(now StaffFile) bool { return now.ID == f.ID })
	}
}

// editedInPost takes in that a message in a report's post was changed: the line that shows
// it is rewritten.
func (r *Relay) editedInPost(tx *ledger.Tx, th ticket.Thread, m StaffMessage, raw map[string]string) error {
	rep, ok, err := escalation.Load(tx, th.Report)
	if err != nil || !ok {
		return err
	}
	if m, err = r.repeatedInPost(tx, rep, m, raw); err != nil {
		return err
	}
	a, ok, err := loadRemark(tx, m.ID)
	switch {
	case err != nil:
		return err
	case !ok && newer(m.ID, th.Cursor):
		return errNotYet
	case ok && (a.Gone || nanos(m.Edited) <= a.Edited):
		return nil
	}
	text := r.desk.postWords(m)
	tx.Log(th.Report, ledger.Event{What: "report_wrote_anew", By: m.Author, Ref: m.ID, Data: postData(m, text)})
	if !ok {
		return nil // an agent's, which is shown nowhere else
	}
	a.Edited = nanos(m.Edited)
	a.lose(m)
	a.Text = clipped(text, mostRemark)
	return a.changed(tx, m.ID, ledger.Event{What: "developer_edited", By: m.Author, Ref: m.ID, Data: withReport(postData(m, text), th.Report)})
}

// deletedInPost takes in that a message in a report's post was deleted: the line that
// shows it is struck out.
func (r *Relay) deletedInPost(tx *ledger.Tx, th ticket.Thread, message string) error {
	a, ok, err := loadRemark(tx, message)
	switch {
	case err != nil:
		return err
	case !ok && newer(message, th.Cursor):
		return errNotYet
	case ok && a.Gone:
		return nil
	}
	tx.Log(th.Report, ledger.Event{What: "report_deleted", Ref: message})
	if !ok {
		return nil
	}
	a.Gone = true
	tx.Unindex(indexRemarks+th.Report, message)
	return a.changed(tx, message, ledger.Event{What: "developer_deleted", Ref: message, Data: map[string]string{"report": th.Report}})
}

// changed shows a change in the thread, and notes it.
func (a *remark) changed(tx *ledger.Tx, message string, e ledger.Event) error {
	a.show(tx, message)
	tx.Log(a.Ticket, e)
	t, ok, err := ticket.Load(tx, a.Ticket)
	if err != nil {
		return err
	}
	if ok {
		a.putBack(tx, t, fmt.Sprintf("rm/%s~%d", message, a.Changes))
	}
	return a.save(tx, message)
}

// recentRemarks are the messages of a report's post whose changes are still followed.
func (r *Relay) recentRemarks(ctx context.Context, report string) ([]Recent, error) {
	ids, err := r.desk.Members(ctx, indexRemarks+report, r.now().Add(-revokeWindow).UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("list recent messages of %s: %w", report, err)
	}
	var all []Recent
	for _, id := range ids {
		d, err := r.store.Doc(ctx, remarkRef(id))
		if err != nil {
			return nil, fmt.Errorf("list recent messages of %s: %w", report, err)
		}
		if d.Data == nil {
			continue
		}
		a, err := decodeRemark(d.Data)
		if err != nil {
			return nil, fmt.Errorf("list recent messages of %s: %w", report, err)
		}
		if !a.Gone {
			all = append(all, Recent{ID: id, Edited: fromNanos(a.Edited)})
		}
	}
	return all, nil
}

// threadOf reads what a Discord channel is.
func (r *Relay) threadOf(ctx context.Context, channel string) (th ticket.Thread, ok bool, err error) {
	d, err := r.store.Doc(ctx, ledger.Ref{Kind: ticket.KindThread, ID: channel})
	if err != nil || d.Data == nil {
		return th, false, err
	}
	th, err = ticket.DecodeThread(channel, d.Data)
	return th, err == nil, err
}

// reportOf reads the report of a post; ok is false for other channels, and for a post in
// whose place there is another one.
func (r *Relay) reportOf(ctx context.Context, thread string) (rep escalation.Report, ok bool, err error) {
	th, ok, err := r.threadOf(ctx, thread)
	if err != nil || !ok || th.Report == "" {
		return rep, false, err
	}
	d, err := r.store.Doc(ctx, ledger.Ref{Kind: escalation.KindReport, ID: th.Report})
	if err != nil || d.Data == nil {
		return rep, false, err
	}
	rep, err = escalation.Decode(d.Data)
	return rep, err == nil && rep.Thread == thread, err
}
