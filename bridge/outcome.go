package bridge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/haloerzap/halo/customer"
	"github.com/haloerzap/halo/ledger"
	"github.com/haloerzap/halo/ticket"
)

// sent records that the network took a letter, with what follows from it. st is what
// was known before this attempt.
func (c *Courier) sent(ctx context.Context, lease ledger.Lease, l ledger.Letter, st ledger.Status, ext string) error {
	told, err := c.tellsDelivery(ctx, l)
	if err != nil {
		return err
	}
	check := ""
	if v, ok := c.cards.LoadAndDelete(l.ID); ok {
		check, _ = v.(string)
	}
	out := ledger.Outcome{Letter: l, Epoch: lease.Epoch, State: ledger.Sent, Ext: ext}
	_, err = c.outbox.Update(ctx, ledger.Cause{Outcome: &out}, func(tx *ledger.Tx) error {
		if st.Tried() {
			if err := overcome(tx, l); err != nil {
				return err
			}
		}
		switch l.Kind {
		case kindPost:
			if strings.HasPrefix(l.Lane, laneReport) {
				return reportPosted(tx, l.Log, ext, check)
			}
			return posted(tx, l.Log, ext, check)
		case kindSay, kindEdit:
			return said(tx, l.Lane, ext)
		case kindText, kindPoll:
			if err := c.desk.outreachSent(tx, l); err != nil {
				return err
			}
			return c.desk.answered(tx, l, told)
		case kindMedia:
			if err := saidSo(tx, l); err != nil {
				return err
			}
			return c.desk.answered(tx, l, told)
		}
		return nil
	})
	if l.Kind == kindPost && ext != "" {
		// Somebody may have written in it before we knew it; an error may hide that
		// the commit took effect.
		c.board.CatchUp(ext)
	}
	return err
}

// tellsDelivery reports whether WhatsApp will say that a letter arrived: it does not of
// what went to a group.
func (c *Courier) tellsDelivery(ctx context.Context, l ledger.Letter) (bool, error) {
	if len(c.desk.Groups) == 0 || !strings.HasPrefix(l.Lane, laneClient) {
		return true, nil
	}
	to, err := c.client(ctx, l)
	if se, ok := errors.AsType[*SendError](err); ok && se.Certainty == Refused {
		return true, nil // whoever it was sent to is not known any more
	}
	return !slices.Contains(c.desk.Groups, string(to)), err
}

// said notes the last message known to have arrived in a lane. An earlier one may
// have been changed, and none be there because it was deleted since.
func said(tx *ledger.Tx, lane, message string) error {
	ref := ledger.Ref{Kind: kindSaidLast, ID: lane}
	last, err := tx.Doc(ref)
	if err != nil || message == "" || !newer(message, string(last)) {
		return err
	}
	return tx.Put(ref, []byte(message))
}

// posted ties the new thread to its ticket. check is the sum of what its card shows, ""
// when that is not known.
func posted(tx *ledger.Tx, number, thread, check string) error {
	t, ok, err := ticket.Load(tx, number)
	if err != nil || !ok {
		return err
	}
	t.Thread = thread
	tx.Unindex(ticket.IndexUnposted, number)
	// The starter message has the thread's id: reading starts after it.
	if err := (ticket.Thread{ID: thread, Ticket: number, Cursor: thread}).Save(tx); err != nil {
		return err
	}
	if err := tx.Put(ledger.Ref{Kind: kindSaidLast, ID: ThreadLane(number)}, []byte(thread)); err != nil {
		return err
	}
	if err := (shownCard{Thread: thread, Sum: check}).save(tx, number); err != nil {
		return err
	}
	RefreshCard(tx, number) // it may have changed meanwhile
	if err := postedOnList(tx, t); err != nil {
		return err
	}
	tx.Log(number, ledger.Event{What: "posted", By: "halo", Ref: thread})
	return t.Save(tx)
}

// postedOnList lets a month's list lead to the post of a card that is on it.
func postedOnList(tx *ledger.Tx, t ticket.Ticket) error {
	if !t.IsTalk() {
		return nil
	}
	f, ok, err := customer.LoadFollowUp(tx, t.Number)
	if err == nil && ok && f.Round != "" {
		RefreshCard(tx, f.Round)
	}
	return err
}

// answered notes that WhatsApp took a message: from now on a day may pass until it
// arrives, if that is told. What the ticket makes of it follows.
func (d Desk) answered(tx *ledger.Tx, l ledger.Letter, told bool) error {
	if told && l.Log != ledger.DeskLog { // receipts are looked for in a person's tickets
		tx.Set(ledger.Timer{Kind: TimerUndelivered, ID: l.Log + "/" + l.ID, Due: tx.Now().Add(undeliveredAfter)})
	}
	var body struct {
		By  string `json:"by"`
		Say string `json:"say"`
		// Outreach is what the desk sends first, by its reason.
		Outreach string `json:"outreach"`
	}
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return fmt.Errorf("%w: letter %s: %w", ledger.ErrCorrupt, l.ID, err)
	}
	p, byAgent := staffPart(l.ID)
	what := taken(tx, l, body.By, body.Say)
	if body.Outreach != "" {
		return d.talkBegan(tx, l, body.Outreach)
	}
	refs := []ledger.Ref{{Kind: ticket.KindTicket, ID: l.Log}}
	if conv, ok := strings.CutPrefix(l.Lane, laneClient); ok && what != nil {
		refs = append(refs, ledger.Ref{Kind: ticket.KindConversation, ID: conv})
	}
	if byAgent {
		refs = append(refs, wordsRef(p.Message))
	}
	if byAgent || what != nil {
		tx.Expect(refs...)
	}
	if byAgent {
		if err := partSent(tx, l, p); err != nil {
			return err
		}
	}
	if what == nil {
		return nil
	}
	if err := d.Change(tx, l.Log, what); !errors.Is(err, ErrNoTicket) {
		return err
	}
	return nil
}

// partSent notes when WhatsApp took a part of an agent's message, and the message shows it.
func partSent(tx *ledger.Tx, l ledger.Letter, p agentPart) error {
	w, ok, err := loadWords(tx, p.Message)
	if err != nil {
		return err
	}
	if ok && p.Turn == w.Turn && p.Part < len(w.Parts) {
		w.Parts[p.Part].Sent = tx.Now().UnixMilli()
		if err := w.save(tx, p.Message); err != nil {
			return err
		}
	}
	return RefreshMark(tx, l.Log, l.ID)
}

// newsOf are the sentences that tell the client something new of his concern.
var newsOf = []string{
	ticket.SayNewAgent, ticket.SayChecking, ticket.SayWillUpdate, ticket.SayRequestData, ticket.SayRequestAccess, ticket.SayAccessAgain,
	ticket.SayAdjusted, ticket.SayReopened, ticket.SayWarrantyRefused, ticket.SayWarrantyTaken,
}

// taken is what it means for a ticket that WhatsApp took a letter, nil for nothing: it is
// a person's words, the sentence that closes, or one that tells the client something new.
func taken(tx *ledger.Tx, l ledger.Letter, by, say string) Transition {
	now := tx.Now()
	switch {
	case by != "":
		return func(t *ticket.Ticket, c *ticket.Conversation) ([]ledger.Event, error) {
			if t.IsTalk() && c.ID != "" {
				c.TalkSent(t.Number, now)
			}
			return refer(t.WordsArrived(by, l.At, now), l.Ext), nil
		}
	case closes(say):
		return func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			if earlierClosing(l, *t) {
				return nil, nil
			}
			return refer(t.ClosingAccepted(now), l.Ext), nil
		}
	case slices.Contains(newsOf, say):
		return func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
			t.NewsSent(now)
			return nil, nil
		}
	}
	return nil
}

// refer makes events name the message that they are about.
func refer(events []ledger.Event, ext string) []ledger.Event {
	for i := range events {
		events[i].Ref = cmp.Or(events[i].Ref, ext)
	}
	return events
}

// saidSo tells the agent when a recording went out as a plain file.
func saidSo(tx *ledger.Tx, l ledger.Letter) error {
	var body mediaBody
	if err := json.Unmarshal(l.Body, &body); err != nil {
		return fmt.Errorf("%w: letter %s: %w", ledger.ErrCorrupt, l.ID, err)
	}
	f, ok, err := loadFile(tx, body.Key)
	if message, _, byAgent := staffMessageOf(l.ID); err == nil && ok && byAgent && f.Sending != nil && f.Sending.Silent {
		tx.Send(noticeOn(l.Log, "plain/"+l.ID, message,
			"ℹ️ Rekaman ini sampai di klien sebagai berkas audio, bukan pesan suara: program ffmpeg belum terpasang di desk atau tidak dapat membaca rekaman ini."))
	}
	return err
}

// reopenThread asks for a new post when somebody deleted the ticket's thread;
// the letter stays in the lane, behind the new post.
func (c *Courier) reopenThread(ctx context.Context, lease ledger.Lease, l ledger.Letter, se *SendError) (more bool, err error) {
	number := strings.TrimPrefix(l.Lane, laneThread)
	if err := c.outbox.Nack(ctx, lease.Epoch, l, time.Now(), se.Reason, false); err != nil {
		return false, fmt.Errorf("put letter %s back: %w", l.ID, err)
	}
	hold := ledger.Hold{Letter: l, Epoch: lease.Epoch}
	_, err = c.outbox.Update(ctx, ledger.Cause{Hold: &hold}, func(tx *ledger.Tx) error {
		t, ok, err := ticket.Load(tx, number)
		if err != nil || !ok || t.Thread == "" {
			return err
		}
		tx.Log(number, ledger.Event{What: "thread_lost", By: "discord", Ref: t.Thread})
		t.Thread = ""
		t.Posts++
		tx.SendFirst(OpenPost(number, t.Posts))
		if !t.IsTalk() { // no client waits for it
			tx.Index(ticket.IndexUnposted, number, tx.Now().UnixMilli())
		}
		return t.Save(tx)
	})
	return false, err // the lane begins anew, with the post
}

// stalled puts back a letter that waits for a person: a post that Discord will not
// take, or anything for which a right is missing. What is behind it waits too, and
// the ops channel says so once.
func (c *Courier) stalled(ctx context.Context, lease ledger.Lease, l ledger.Letter, se *SendError) error {
	if err := c.outbox.Nack(ctx, lease.Epoch, l, time.Now().Add(max(stalledPause, se.RetryAfter)), cmp.Or(se.Reason, "refused"), false); err != nil {
		return fmt.Errorf("put letter %s back: %w", l.ID, err)
	}
	once := ledger.Inbox{Source: "halo", ID: "stalled/" + l.ID, At: l.At}
	_, err := c.outbox.Update(ctx, ledger.Cause{Inbox: &once}, func(tx *ledger.Tx) error {
		tx.Log(l.Log, ledger.Event{What: "held_up", By: "discord", Data: map[string]string{"reason": se.Reason}})
		what := "Tiket " + l.Log
		if t, ok, err := ticket.Load(tx, l.Log); err != nil {
			return err
		} else if ok && t.IsTalk() {
			what = "Kartu tindak lanjut " + l.Log
		}
		if strings.HasPrefix(l.Lane, laneReport) {
			what = "Laporan " + l.Log
		}
		if l.Log == ledger.DeskLog {
			what = "Kiriman " + errand(l)
		}
		tx.Send(OpsNote("stalled/"+l.ID, "⚠️ "+what+" tertahan: "+reasonForStaff(se.Reason)+
			". Semua pesannya menunggu dan dikirim sendiri setelah penyebabnya diperbaiki (`halo check` menunjukkannya)."))
		return nil
	})
	return err
}

// stalledPause is the wait before a refused post is tried again.
const stalledPause = time.Minute

// refreshMark shows anew how far an agent's message has come.
func (c *Courier) refreshMark(ctx context.Context, l ledger.Letter) error {
	if _, _, byAgent := staffMessageOf(l.ID); !byAgent {
		return nil
	}
	_, err := c.outbox.Update(ctx, ledger.Cause{}, func(tx *ledger.Tx) error { return RefreshMark(tx, l.Log, l.ID) })
	return err
}

// lost is what it means for a ticket that a letter to its client was given up.
func (d Desk) lost(tx *ledger.Tx, l ledger.Letter) error {
	var body textBody
	if l.Kind != kindText || l.Log == ledger.DeskLog || json.Unmarshal(l.Body, &body) != nil || !closes(body.Say) {
		return nil
	}
	err := d.Change(tx, l.Log, func(t *ticket.Ticket, _ *ticket.Conversation) ([]ledger.Event, error) {
		if earlierClosing(l, *t) {
			return nil, nil
		}
		return t.ClosingFailed(tx.Now()), nil
	})
	if errors.Is(err, ErrNoTicket) {
		return nil
	}
	return err
}

// closes reports whether a sentence closes a ticket.
func closes(say string) bool { return say == ticket.SayClosingEasy || say == ticket.SayClosingConfirm }

// earlierClosing reports whether a closing sentence is of an earlier resolution.
func earlierClosing(l ledger.Letter, t ticket.Ticket) bool {
	return l.At.Add(time.Millisecond).Before(t.ResolvedAt)
}
