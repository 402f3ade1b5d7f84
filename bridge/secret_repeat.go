package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/haloerzap/halo/escalation"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// Whoever was shown a secret may repeat it in the thread, in a form or to the client. As
// long as it can be read, it is masked there too before anything is stored.

// secretsRef has the ids of a ticket's secrets that have not ended.
func secretsRef(number string) ledger.Ref { return ledger.Ref{Kind: kindSecret, ID: number} }

// listSecrets changes which secrets a ticket has.
func listSecrets(tx *ledger.Tx, number string, change func(ids []string) []string) error {
	ids, err := secretsOf(tx, number)
	if err != nil {
		return err
	}
	if ids = change(ids); len(ids) == 0 {
		return tx.Put(secretsRef(number), nil)
	}
	data, err := json.Marshal(ids)
	if err != nil {
		return fmt.Errorf("list the secrets of %s: %w", number, err)
	}
	return tx.Put(secretsRef(number), data)
}

func secretsOf(tx *ledger.Tx, number string) (ids []string, err error) {
	data, err := tx.Doc(secretsRef(number))
	if err != nil || data == nil {
		return nil, err
	}
	if err := json.Unmarshal(data, &ids); err != nil {
		return nil, fmt.Errorf("%w: the secrets of %s", ledger.ErrCorrupt, number)
	}
	return ids, nil
}

// A repeats masks the secrets of a ticket, and of those that were merged into it, that can
// be read now, wherever they stand.
type repeats []string

// leastRepeat is how many signs a secret has to be looked for in the words of others.
const leastRepeat = 4

func (d Desk) repeats(tx *ledger.Tx, number string) (all repeats, err error) {
	t, _, err := ticket.Load(tx, number)
	if err != nil {
		return nil, err
	}
	for _, of := range append([]string{number}, t.MergedFrom[max(0, len(t.MergedFrom)-2):]...) { // within what one commit may read
		ids, err := secretsOf(tx, of)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			words, _, ok, err := d.Reveal(tx, of, id)
			if err != nil {
				return nil, err
			}
			if ok {
				all = append(all, secretsIn(words)...)
			}
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(all), nil
}

// secretsIn are the secrets in what was sealed that are long enough to be looked for.
func secretsIn(words []string) (all []string) {
	for _, w := range words {
		for _, s := range ticket.FindSecrets(w) {
			if secret := w[s.From:s.To]; utf8.RuneCountInString(secret) >= leastRepeat {
				all = append(all, secret)
			}
		}
	}
	return all
}

func (all repeats) mask(text string) string {
	for _, secret := range all {
		for at := 0; ; {
			i := strings.Index(text[at:], secret)
			if i < 0 {
				break
			}
			from, to := at+i, at+i+len(secret)
			if before, _ := utf8.DecodeLastRuneInString(text[:from]); wordSign(before) {
				at = to
				continue
			}
			if after, _ := utf8.DecodeRuneInString(text[to:]); wordSign(after) {
				at = to
				continue
			}
			text, at = text[:from]+ticket.Masked+text[to:], from+len(ticket.Masked)
		}
	}
	return text
}

func wordSign(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// unsaid takes the client's secrets out of what somebody wrote in a ticket's thread; was
// says that there were any.
func (d Desk) unsaid(tx *ledger.Tx, number string, m StaffMessage) (_ StaffMessage, was bool, err error) {
	all, err := d.repeats(tx, number)
	if err != nil || len(all) == 0 {
		return m, false, err
	}
	mask := func(text string) string {
		masked := all.mask(text)
		was = was || masked != text
		return masked
	}
	m.Text, m.Snapshots, m.Files = mask(m.Text), slices.Clone(m.Snapshots), slices.Clone(m.Files)
	for i := range m.Snapshots {
		m.Snapshots[i].Text = mask(m.Snapshots[i].Text)
	}
	for i := range m.Files {
		m.Files[i].Name = mask(m.Files[i].Name)
	}
	if m.Poll != nil {
		p := *m.Poll
		p.Question, p.Options = mask(p.Question), slices.Clone(p.Options)
		for i := range p.Options {
			p.Options[i] = mask(p.Options[i])
		}
		m.Poll = &p
	}
	return m, was, nil
}

// repeated is unsaid for a message that can be seen in the thread as it is: its writer is
// asked to delete it. raw is what is stored of it when it cannot be handled.
func (r *Relay) repeated(tx *ledger.Tx, number string, m StaffMessage, raw map[string]string) (StaffMessage, error) {
	m, was, err := r.desk.unsaid(tx, number, m)
	if err != nil {
		return m, err
	}
	if raw["text"] = m.Text; was {
		tx.Send(noticeOn(number, fmt.Sprintf("repeated/%s/%d", m.ID, nanos(m.Edited)), m.ID,
			"🔐 Pesan ini memuat kode atau kata sandi klien, dan di thread ini semua orang dapat membacanya. Hapuslah pesannya dan tulis ulang tanpa kodenya; yang disimpan atau dikirim ke klien sudah disamarkan."))
	}
	return m, nil
}

// Unsaid masks the secrets of the ticket of a thread, or of a report's post, in what was
// filled in there. Other channels have none.
func (d Desk) Unsaid(ctx context.Context, from Docs, thread string, texts ...map[string]string) error {
	if thread == "" {
		return nil
	}
	tx := ledger.NewTx(d.now(), reading{ctx: ctx, Docs: from}) // it commits nothing
	th, ok, err := ticket.LoadThread(tx, thread)
	if err != nil || !ok {
		return err
	}
	number := th.Ticket
	if th.Report != "" {
		rep, _, err := escalation.Load(tx, th.Report)
		if err != nil || rep.First() == "" {
			return err
		}
		number = rep.First()
	}
	all, err := d.repeats(tx, number)
	for _, fields := range texts {
		for name, text := range fields {
			fields[name] = all.mask(text)
		}
	}
	return err
}

// Docs are the documents of a store.
type Docs interface {
	// Doc reads one document; version 0 when there is none.
	Doc(ctx context.Context, ref ledger.Ref) (ledger.Doc, error)
}

// reading reads documents for a Tx that nobody commits, and nothing else.
type reading struct {
	ledger.Reader
	Docs
	ctx context.Context
}

func (r reading) Doc(ref ledger.Ref) (ledger.Doc, error) { return r.Docs.Doc(r.ctx, ref) }
