package bridge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// An Updater commits a change once per cause.
type Updater interface {
	// Update runs fn and commits what it asked for, all or nothing. It reports
	// false when the cause had taken effect before. fn may run several times.
	Update(ctx context.Context, cause ledger.Cause, fn func(*ledger.Tx) error) (applied bool, err error)
	// Doc reads one document; version 0 when there is none.
	Doc(ctx context.Context, ref ledger.Ref) (ledger.Doc, error)
}

// A Desk is the policy the bridge needs to know.
type Desk struct {
	Prefix     string         // of ticket numbers, e.g. "HE"
	Zone       *time.Location // of dates people read
	Sentences  ticket.Sentences
	AgentRoles []string // Discord role ids whose holders may be heard by a client
	NotePrefix string   // a line that starts with it stays inside, e.g. "//"
	// MessageID makes the WhatsApp id of a letter, the same each time it is asked.
	MessageID func(letter string) string
	// Names makes Discord's mentions readable.
	Names Names
}

// A Relay takes in what the networks report. Every method returns nil only when
// the report is durable: the caller acknowledges then, and never before. Methods
// may be called concurrently; order is kept per caller.
type Relay struct {
	store Updater
	desk  Desk
	log   *zap.Logger
	seen  seen
}

// NewRelay makes a relay that commits to store.
func NewRelay(store Updater, desk Desk, log *zap.Logger) *Relay {
	return &Relay{store: store, desk: desk, log: log.Named("relay")}
}

// pieceLimit bounds the text of one commit, in characters: a longer message is
// taken in as several commits, the last of which carries the message's own id.
const pieceLimit = 4000

// Receive takes in what a client wrote, or what was typed to him on the linked
// phone. The first message opens a ticket and owes the client the auto-text.
func (r *Relay) Receive(ctx context.Context, m ClientMessage) error {
	m.Name = Clean(m.Name, 60)
	pieces := SplitPlain(m.Text, pieceLimit)
	if len(pieces) == 0 {
		pieces = []string{""}
	}
	id := inboxID(m)
	for i, piece := range pieces {
		cause := ledger.Inbox{Source: "wa", ID: id, At: m.At}
		if i < len(pieces)-1 {
			cause.ID = fmt.Sprintf("%s|%d", id, i)
		}
		part := m
		part.Text = piece
		err := r.once(ctx, cause, eventData(part), func(tx *ledger.Tx) error { return r.receive(tx, part, i) })
		if err != nil {
			return fmt.Errorf("take in WhatsApp message %s: %w", m.ID, err)
		}
	}
	return nil
}

// inboxID is what makes a redelivery recognisable. A message that could not be
// read is another thing than the same message once it can.
func inboxID(m ClientMessage) string {
	id := string(m.Chat) + "|" + m.ID
	if m.Own {
		id += "|own"
	}
	if m.Unreadable != "" {
		id += "|unreadable"
	}
	return id
}

func (r *Relay) receive(tx *ledger.Tx, m ClientMessage, piece int) error {
	c, err := ticket.Find(tx, conversationID(m.Chat), string(m.Chat), string(m.Alt))
	if err != nil {
		return err
	}
	if !m.Own {
		c.Reply = string(m.Chat)
		if m.Name != "" {
			c.Name = m.Name
		}
	} else if c.Reply == "" {
		c.Reply = string(m.Chat)
	}
	if m.Phone != "" {
		c.Phone = m.Phone
	}
	opened := c.Open == ""
	if opened {
		if err := r.open(tx, &c, !m.Own); err != nil {
			return err
		}
	}
	number := c.Open
	base := fmt.Sprintf("w/%s/%s/%d", c.ID, inboxRef(m), piece)
	for i, content := range Split(clientText(m, c.Name, piece), discordLimit) {
		tx.Send(letter(fmt.Sprintf("%s.%d", base, i), ThreadLane(number), number, kindSay, sayBody{Content: content}))
	}
	what, by := "client_wrote", "client"
	if m.Own {
		what, by = "phone_wrote", "phone"
	}
	tx.Log(number, ledger.Event{What: what, By: by, Ref: m.ID, Data: eventData(m)})
	if opened && !m.Own {
		r.autoText(tx, c)
	}
	return c.Save(tx)
}

func inboxRef(m ClientMessage) string {
	ref := m.ID
	if m.Own {
		ref += "~own"
	}
	if m.Unreadable != "" {
		ref += "~u"
	}
	return ref
}

func eventData(m ClientMessage) map[string]string {
	d := map[string]string{"text": m.Text, "at": m.At.UTC().Format(time.RFC3339)}
	if m.Kind != "" && m.Kind != KindPlainText {
		d["kind"] = m.Kind
	}
	if m.Unreadable != "" {
		d["unreadable"] = m.Unreadable
	}
	return d
}

// conversationID is derived from the first address seen, so that two attempts
// at the same first message agree.
func conversationID(a Address) string {
	sum := sha256.Sum256([]byte(a))
	return "c" + hex.EncodeToString(sum[:8])
}

// open starts the conversation's next ticket and asks for its post.
func (r *Relay) open(tx *ledger.Tx, c *ticket.Conversation, byClient bool) error {
	local := tx.Now().In(r.desk.Zone)
	n, err := tx.Next("ticket-" + local.Format("060102"))
	if err != nil {
		return fmt.Errorf("number a ticket: %w", err)
	}
	t := ticket.Open(c, ticket.Number(r.desk.Prefix, local, n), tx.Now())
	by := "client"
	if !byClient {
		by = "phone"
	}
	tx.Log(t.Number, ledger.Event{What: "opened", By: by, Data: map[string]string{"conversation": c.ID}})
	tx.Send(OpenPost(t.Number, t.Posts))
	return t.Save(tx)
}

// autoText owes the client the standard greeting, and the thread a line about it.
func (r *Relay) autoText(tx *ledger.Tx, c ticket.Conversation) {
	text := r.desk.Sentences[ticket.AutoText]
	if text == "" {
		return
	}
	id := "auto/" + c.Open
	l := letter(id, ClientLane(c.ID), c.Open, kindText, textBody{Text: text})
	l.Ext = r.desk.MessageID(id)
	tx.Send(l)
	tx.Log(c.Open, ledger.Event{What: "auto_text", By: "halo", Ref: l.Ext, Data: map[string]string{"text": text}})
	for i, part := range Split("-# 🤖 Teks otomatis kepada klien:\n"+quote(ToDiscord(text)), discordLimit) {
		tx.Send(Note(c.Open, fmt.Sprintf("%s/note/%d", id, i), part))
	}
}

func quote(s string) string { return "> " + strings.ReplaceAll(s, "\n", "\n> ") }

// Receipts takes in WhatsApp's word that messages of ours arrived or were read.
func (r *Relay) Receipts(ctx context.Context, rc Receipt) error {
	to := ledger.Delivered
	if rc.Read {
		to = ledger.Read
	}
	// At most a few dozen ids come at once; the bound keeps a hostile one small.
	for ids := range slices.Chunk(rc.IDs, 50) {
		_, err := r.store.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error {
			c, ok, err := ticket.ByAddress(tx, string(rc.Chat), string(rc.Alt))
			if err != nil || !ok {
				return err
			}
			for _, number := range []string{c.Open, c.Last} {
				if number == "" {
					continue
				}
				if err := r.raise(tx, number, ids, to); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("take in receipt of %d messages: %w", len(ids), err)
		}
	}
	return nil
}

func (r *Relay) raise(tx *ledger.Tx, number string, ids []string, to ledger.State) error {
	for _, ext := range ids {
		id, ok, err := tx.LetterByExt(number, ext)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		tx.Raise(number, id, to)
		message, parts, ok := staffMessageOf(id)
		if !ok {
			continue
		}
		t, ok, err := ticket.Load(tx, number)
		if err != nil {
			return err
		}
		if ok && t.Thread != "" {
			tx.Refresh(stateView(number, t.Thread, message, parts))
		}
	}
	return nil
}

// Reply takes in what a person wrote in a thread. An agent's words go to the
// client; notes and other people's words stay inside, marked so.
func (r *Relay) Reply(ctx context.Context, m StaffMessage) error {
	raw := map[string]string{"text": m.Text, "channel": m.Channel, "author": m.Author}
	err := r.once(ctx, ledger.Inbox{Source: "dc", ID: m.ID, At: m.At}, raw, func(tx *ledger.Tx) error {
		th, ok, err := ticket.LoadThread(tx, m.Channel)
		if err != nil {
			return err
		}
		if !ok {
			return errNotOurs
		}
		if newer(m.ID, th.Cursor) {
			th.Cursor = m.ID
			if err := th.Save(tx); err != nil {
				return err
			}
		}
		return r.reply(tx, th.Ticket, m)
	})
	if err != nil && !errors.Is(err, errNotOurs) {
		return fmt.Errorf("take in Discord message %s: %w", m.ID, err)
	}
	return nil
}

// errNotOurs leaves no trace of a message in a channel that is no ticket's
// thread. It may become one: a post whose making was not confirmed is recognised
// later, and what was written in it meanwhile must still be new then.
var errNotOurs = errors.New("no ticket's thread")

func (r *Relay) reply(tx *ledger.Tx, number string, m StaffMessage) error {
	t, ok, err := ticket.Load(tx, number)
	if err != nil || !ok {
		return err
	}
	if note, why := r.inside(m); note {
		tx.Log(number, ledger.Event{What: "note", By: m.Author, Ref: m.ID, Data: map[string]string{"text": m.Text, "why": why}})
		tx.Refresh(insideView(m.Channel, m.ID, why))
		return nil
	}
	if t.State == ticket.Closed {
		tx.Log(number, ledger.Event{What: "note", By: m.Author, Ref: m.ID, Data: map[string]string{"text": m.Text, "why": "closed"}})
		tx.Send(letter("closed/"+m.ID, ThreadLane(number), number, kindSay, sayBody{
			Content: "🔒 Tiket ini sudah ditutup, jadi pesan ini tidak dikirim ke klien. Tiket baru terbuka saat klien menulis lagi.",
			ReplyTo: m.ID,
		}))
		return nil
	}
	if m.Attachments > 0 {
		tx.Send(letter("files/"+m.ID, ThreadLane(number), number, kindSay, sayBody{
			Content: fmt.Sprintf("⚠️ %d lampiran tidak dikirim: berkas belum dapat diteruskan ke WhatsApp. Teksnya tetap dikirim.", m.Attachments),
			ReplyTo: m.ID,
		}))
	}
	parts := SplitPlain(ToWhatsApp(m.Text, r.desk.Names), whatsAppLimit)
	for i, part := range parts {
		id := staffLetterID(m.ID, i, len(parts))
		l := letter(id, ClientLane(t.Conversation), number, kindText, textBody{Text: part, By: m.Author})
		l.Ext = r.desk.MessageID(id)
		tx.Send(l)
		tx.Log(number, ledger.Event{What: "agent_wrote", By: m.Author, Ref: l.Ext, Data: map[string]string{
			"text": part, "message": m.ID, "name": m.Name,
		}})
	}
	return nil
}

// inside says whether a message is not for the client, and why: "note" when the
// writer chose so, "staff" when the writer is no agent, "empty" when nothing is left.
func (r *Relay) inside(m StaffMessage) (bool, string) {
	switch {
	case r.desk.NotePrefix != "" && strings.HasPrefix(strings.TrimSpace(m.Text), r.desk.NotePrefix):
		return true, "note"
	case !slices.ContainsFunc(m.Roles, func(role string) bool { return slices.Contains(r.desk.AgentRoles, role) }):
		return true, "staff"
	case strings.TrimSpace(m.Text) == "" && m.Attachments == 0:
		return true, "empty"
	}
	return false, ""
}

// Cursor returns the last message of a thread that was taken in; known is false
// for channels that are no ticket's thread.
func (r *Relay) Cursor(ctx context.Context, thread string) (last string, known bool, err error) {
	d, err := r.store.Doc(ctx, ledger.Ref{Kind: ticket.KindThread, ID: thread})
	if err != nil || d.Version == 0 || d.Data == nil {
		return "", false, err
	}
	th, err := ticket.DecodeThread(thread, d.Data)
	return th.Cursor, err == nil, err
}

// newer compares two snowflakes.
func newer(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

// A stuck error is one that another attempt would meet again.
type stuckError struct{ err error }

func (e *stuckError) Error() string { return e.err.Error() }
func (e *stuckError) Unwrap() error { return e.err }

// once commits fn for a cause. What fails for a reason that would come again
// must not block the network behind it: the cause is committed all the same,
// with the failure and what came (raw) in the stuck log and a visible line in the
// ops channel.
func (r *Relay) once(ctx context.Context, in ledger.Inbox, raw map[string]string, fn func(*ledger.Tx) error) error {
	_, err := r.store.Update(ctx, ledger.Cause{Inbox: &in}, func(tx *ledger.Tx) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = &stuckError{fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
			}
		}()
		return fn(tx)
	})
	_, panicked := errors.AsType[*stuckError](err)
	if !panicked && !errors.Is(err, ledger.ErrCorrupt) && !errors.Is(err, ledger.ErrTooLarge) {
		return err
	}
	r.log.Error("message set aside", zap.String("source", in.Source), zap.String("id", in.ID), zap.Error(err))
	_, err2 := r.store.Update(ctx, ledger.Cause{Inbox: &in}, func(tx *ledger.Tx) error {
		raw["error"] = firstLine(err.Error())
		tx.Log(StuckLog, ledger.Event{What: "set_aside", By: in.Source, Ref: in.ID, Data: raw})
		tx.Send(letter("stuck/"+in.Source+"/"+in.ID, ChannelLane("ops"), ledger.DeskLog, kindSay, sayBody{
			Content: "🧱 Sebuah pesan tidak dapat diproses dan disisihkan (`" + in.Source + " " + firstLine(in.ID) + "`). Periksa log, lalu tanyakan kembali kepada pengirimnya.",
		}))
		return nil
	})
	return err2
}

// StuckLog keeps what could not be handled, for a person to look at.
const StuckLog = "stuck"

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return Clean(s, 200)
}
